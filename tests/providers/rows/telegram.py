from __future__ import annotations

from . import BARE, GIF, JPG, MP4, Field, Rows, Table, refuses, takes

MODES = ("none", "HTML", "MarkdownV2")
FLAGS = ("disableNotification", "protectContent", "disableLinkPreview")
STORED = {"parseMode": None, **dict.fromkeys(FLAGS, False)}
REPLY = {"interaction_type": "reply"}

ROWS = Rows(
    tables=(
        Table(
            provider="telegram",
            account_type="telegram_chat",
            post={"description": "Hello"},
            publish_shape="text_message_with_optional_single_media",
            media_delivery="telegram_fetches_public_media_url",
            unknown_setting="telegram_settings_unsupported",
            no_reply="telegram_interaction_unsupported",
            fields=(
                Field(id="parseMode", type="enum", default="none", options=MODES),
                *(Field(id=flag, type="boolean", default=False) for flag in FLAGS),
            ),
            taken=(
                takes(STORED),
                takes(STORED, settings={"parseMode": "none"}),
                takes(STORED, settings=dict.fromkeys(STORED)),
                takes(STORED, settings={"parseMode": ""}),
                takes({**STORED, "parseMode": "HTML"}, settings={"parseMode": "HTML"}),
                takes({**STORED, "parseMode": "MarkdownV2"}, settings={"parseMode": "MarkdownV2"}),
                takes({**STORED, **dict.fromkeys(FLAGS, True)}, settings=dict.fromkeys(FLAGS, True)),
                takes(STORED, description=None, assets=[JPG]),
                takes(STORED, assets=[MP4]),
                takes(STORED, assets=[{"url": BARE, "kind": "image"}]),
                takes(STORED, description="a" * 4096),
                takes(STORED, description="a" * 1024, assets=[JPG]),
            ),
            refused=(
                refuses("telegram_parse_mode_invalid", {"supportedValues": list(MODES)}, settings={"parseMode": "html"}),
                refuses("telegram_parse_mode_invalid", settings={"parseMode": "Markdown", "protectContent": 1}),
                *(refuses("telegram_setting_invalid", settings={flag: "true"}) for flag in FLAGS),
                refuses("telegram_setting_invalid", settings={"protectContent": 1}, assets=[GIF], then=["telegram_media_unsupported"]),
                refuses("telegram_media_unsupported", {"assetId": "asset_1", "url": GIF}, assets=[GIF]),
                refuses("telegram_media_unsupported", assets=[{"url": GIF, "kind": "image"}]),
                refuses("telegram_media_unsupported", assets=[BARE]),
                refuses("telegram_media_unsupported", assets=[GIF, GIF], then=["provider_multi_asset_unsupported"]),
                refuses("provider_multi_asset_unsupported", {"count": 2, "maxCount": 1}, assets=[JPG, JPG]),
                refuses("provider_multi_asset_unsupported", assets=[JPG, JPG], then=["telegram_interaction_unsupported"], **REPLY),
                refuses("telegram_interaction_unsupported", {"supportedValues": ["post"]}, **REPLY),
                refuses("text_too_long", {"length": 4097, "maxLength": 4096}, description="a" * 4097),
                refuses("text_too_long", {"length": 1025, "maxLength": 1024}, description="a" * 1025, assets=[JPG]),
            ),
        ),
    ),
)  # fmt: skip
