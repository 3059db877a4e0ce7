from __future__ import annotations

from typing import Any

from . import GIB, JPG, MOV, MP4, Field, Rows, Table, refuses, sized, takes, too_large

VIDEO = 1 * GIB
MODES = ("spotlight", "story", "saved_story")
STORED: dict[str, Any] = {"snapchatPublishMode": "spotlight", "locale": "en_US", "skipSaveToProfile": False}
REPLY = {"interaction_type": "reply"}
STORY, SAVED = {"snapchatPublishMode": "story"}, {"snapchatPublishMode": "saved_story"}


def film(**facts: Any) -> list[dict[str, Any]]:
    return [{"url": MP4, **facts}]


ROWS = Rows(
    tables=(
        Table(
            provider="snapchat",
            account_type="snapchat_public_profile",
            post={"description": "Hello", "assets": [MP4]},
            publish_shape="single_video_post",
            media_delivery="socialclaw_fetches_encrypts_and_uploads_video_to_snapchat",
            unknown_setting="snapchat_settings_unsupported",
            no_reply="snapchat_interaction_unsupported",
            media_required=True,
            fields=(
                Field(id="snapchatPublishMode", type="enum", default="spotlight", options=MODES),
                Field(id="locale", type="string", default="en_US"),
                Field(id="skipSaveToProfile", type="boolean", default=False),
            ),
            taken=(
                takes(STORED),
                takes(STORED, settings=dict.fromkeys(STORED)),
                takes({**STORED, "locale": "de_DE", "skipSaveToProfile": True}, settings={"snapchatPublishMode": "Spotlight", "locale": "de_DE", "skipSaveToProfile": 1}),
                takes(STORY, settings={"snapchatPublishMode": "STORY", "locale": "de_DE", "skipSaveToProfile": True}),
                takes(SAVED, name="a" * 45, settings={**SAVED, "locale": "de_DE"}),
                takes(STORED, description=None),
                takes(STORED, assets=film(size=VIDEO)),
                takes(STORED, assets=film(duration=5)),
                takes(STORED, assets=film(duration=300)),
                takes(STORED, assets=film(width=540, height=960)),
                takes(STORED, assets=film(width=320)),
            ),
            refused=(
                refuses("snapchat_publish_mode_invalid", {"supportedValues": list(MODES)}, settings={"snapchatPublishMode": "snap"}),
                refuses("snapchat_publish_mode_invalid", settings={"snapchatPublishMode": "snap"}, assets=None, then=["snapchat_media_required"]),
                refuses("snapchat_media_required", assets=None),
                refuses("snapchat_media_required", assets=None, then=["snapchat_interaction_unsupported"], **REPLY),
                refuses("snapchat_media_required", assets=[MP4, MP4]),
                refuses("snapchat_video_required", assets=[JPG]),
                refuses("snapchat_video_required", assets=[MOV]),
                refuses("snapchat_video_required", assets=[JPG], then=["snapchat_interaction_unsupported"], **REPLY),
                refuses("snapchat_interaction_unsupported", {"supportedValues": ["post"]}, **REPLY),
                refuses("snapchat_interaction_unsupported", assets=[MP4, MP4], then=["snapchat_media_required"], **REPLY),
                refuses("snapchat_saved_story_title_required", settings=SAVED),
                refuses("snapchat_saved_story_title_required", settings=SAVED, assets=film(size=VIDEO + 1), then=["snapchat_video_too_large"]),
                refuses("snapchat_saved_story_title_too_long", {"maxLength": 45}, name="a" * 46, settings=SAVED),
                refuses("snapchat_video_too_large", too_large(MP4, VIDEO), assets=[sized(MP4, VIDEO + 1)]),
                refuses("snapchat_video_too_large", assets=film(size=VIDEO + 1, duration=301), then=["snapchat_video_duration_invalid"]),
                refuses("snapchat_video_duration_invalid", {"duration": 4.5, "minSeconds": 5, "maxSeconds": 300}, assets=film(duration=4.5)),
                refuses("snapchat_video_duration_invalid", {"duration": 301}, assets=film(duration=301)),
                refuses("snapchat_video_duration_invalid", assets=film(duration=1, width=320, height=480), then=["snapchat_video_resolution_invalid"]),
                refuses("snapchat_video_resolution_invalid", {"width": 539, "height": 960, "minWidth": 540, "minHeight": 960}, assets=film(width=539, height=960)),
                refuses("snapchat_video_resolution_invalid", {"height": 959}, assets=film(width=540, height=959)),
            ),
        ),
    ),
)  # fmt: skip
