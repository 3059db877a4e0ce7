from __future__ import annotations

from . import BARE, GIF, JPG, MP4, Field, Rows, Table, refuses, takes

FLAGS = ("tts", "suppressEmbeds")
STORED = dict.fromkeys(FLAGS, False)
REPLY = {"interaction_type": "reply"}

ROWS = Rows(
    tables=(
        Table(
            provider="discord",
            account_type="discord_webhook",
            post={"description": "Hello"},
            publish_shape="text_message_with_optional_single_media_upload",
            media_delivery="socialclaw_fetches_media_and_uploads_to_discord_webhook",
            unknown_setting="discord_settings_unsupported",
            no_reply="discord_interaction_unsupported",
            fields=tuple(Field(id=flag, type="boolean", default=False) for flag in FLAGS),
            taken=(
                takes(STORED),
                takes(STORED, settings=dict.fromkeys(FLAGS)),
                takes({"tts": True, "suppressEmbeds": True}, settings={"tts": True, "suppressEmbeds": True}),
                takes(STORED, description=None, assets=[JPG]),
                takes(STORED, assets=[MP4]),
                takes(STORED, assets=[{"url": BARE, "kind": "video"}]),
                takes(STORED, description="a" * 2000),
            ),
            refused=(
                *(refuses("discord_setting_invalid", settings={flag: "true"}) for flag in FLAGS),
                refuses("discord_setting_invalid", settings={"tts": 1}, assets=[GIF], then=["discord_media_unsupported"]),
                refuses("discord_media_unsupported", {"assetId": "asset_1", "url": GIF}, assets=[GIF]),
                refuses("discord_media_unsupported", assets=[{"url": GIF, "kind": "image"}]),
                refuses("discord_media_unsupported", assets=[BARE]),
                refuses("discord_media_unsupported", assets=[GIF, GIF], then=["provider_multi_asset_unsupported"]),
                refuses("provider_multi_asset_unsupported", {"count": 2, "maxCount": 1}, assets=[JPG, JPG]),
                refuses("provider_multi_asset_unsupported", assets=[JPG, JPG], then=["discord_interaction_unsupported"], **REPLY),
                refuses("discord_interaction_unsupported", {"supportedValues": ["post"]}, **REPLY),
                refuses("text_too_long", {"length": 2001, "maxLength": 2000}, description="a" * 2001),
            ),
        ),
    ),
)  # fmt: skip
