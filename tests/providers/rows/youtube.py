from __future__ import annotations

from typing import Any

from . import BARE, GIB, JPG, M4V, MOV, MP4, WEBM, Field, Rows, Table, refuses, sized, takes, too_large

VIDEO = 256 * GIB
PRIVACY = ("private", "unlisted", "public")
STORED: dict[str, Any] = {"privacyStatus": "private", "notifySubscribers": False, "madeForKids": False}
REPLY = {"interaction_type": "reply"}

ROWS = Rows(
    tables=(
        Table(
            provider="youtube",
            account_type="youtube_channel",
            post={"name": "A film", "description": "Hello", "assets": [MP4]},
            publish_shape="video_upload",
            media_delivery="socialclaw_uploads_video_to_youtube",
            unknown_setting="youtube_settings_unsupported",
            no_reply="youtube_interaction_unsupported",
            media_required=True,
            fields=(
                Field(id="privacyStatus", type="enum", default="private", options=PRIVACY),
                Field(id="notifySubscribers", type="boolean", default=False),
                Field(id="madeForKids", type="boolean", default=False),
            ),
            taken=(
                takes(STORED),
                takes(STORED, settings=dict.fromkeys(STORED)),
                *(takes({**STORED, "privacyStatus": one}, settings={"privacyStatus": one.upper()}) for one in PRIVACY),
                takes({**STORED, "notifySubscribers": True, "madeForKids": True}, settings={"notifySubscribers": 1, "madeForKids": "yes"}),
                *(takes(STORED, assets=[one]) for one in (MOV, WEBM, M4V, {"url": BARE, "kind": "video"})),
                takes(STORED, assets=[sized(MP4, VIDEO)]),
                takes(STORED, name="a" * 100),
            ),
            refused=(
                refuses("youtube_privacy_status_invalid", {"supportedValues": list(PRIVACY)}, settings={"privacyStatus": "friends"}),
                refuses("youtube_privacy_status_invalid", settings={"privacyStatus": "friends"}, assets=[JPG], then=["youtube_video_required"]),
                refuses("youtube_video_required", assets=[JPG]),
                refuses("youtube_video_required", assets=[JPG, MP4], then=["provider_multi_asset_unsupported"]),
                refuses("provider_multi_asset_unsupported", assets=[MP4, JPG]),
                refuses("provider_multi_asset_unsupported", assets=[MP4, MP4], then=["youtube_interaction_unsupported"], **REPLY),
                refuses("youtube_interaction_unsupported", {"supportedValues": ["post"]}, **REPLY),
                refuses("youtube_interaction_unsupported", assets=[sized(MP4, VIDEO + 1)], then=["youtube_video_too_large"], **REPLY),
                refuses("youtube_video_required", assets=None),
                refuses("youtube_video_required", assets=[{"url": "https://files.example/b.avi", "kind": "video"}]),
                refuses("youtube_video_required", assets=[BARE]),
                refuses("youtube_video_too_large", too_large(MP4, VIDEO), assets=[sized(MP4, VIDEO + 1)]),
                refuses("text_too_long", {"length": 101, "maxLength": 100}, name="a" * 101),
                refuses("text_too_long", {"length": 5001, "maxLength": 5000}, description="a" * 5001),
            ),
        ),
    ),
)  # fmt: skip
