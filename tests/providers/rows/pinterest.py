from __future__ import annotations

from typing import Any

from . import GIF, JPG, MP4, PNG, Field, Leading, Rows, Table, refuses, takes

MODES = ("auto", "standard", "video", "multi_image", "product")
TEXTS = ("link", "altText", "boardSectionId", "dominantColor", "coverImageUrl")
KNOWN = {"boardSectionId": "board-sections"}
STORED: dict[str, Any] = {"pinMode": "auto", **dict.fromkeys(TEXTS), "coverImageKeyFrameTime": None, "isAffiliateLink": False}  # fmt: skip
REPLY = {"interaction_type": "reply"}


def stored(**more: Any) -> dict[str, Any]:
    return {**STORED, **more}


ROWS = Rows(
    tables=(
        Table(
            provider="pinterest",
            account_type="pinterest_board",
            post={"description": "Hello", "assets": [JPG]},
            publish_shape="board_scoped_pin",
            media_delivery="pinterest_fetches_images_or_socialclaw_uploads_video_to_pinterest",
            unknown_setting="pinterest_settings_unsupported",
            no_reply="pinterest_interaction_unsupported",
            media_required=True,
            fields=(
                Field(id="pinMode", type="enum", default="auto", options=MODES),
                *(Field(id=name, type="string", choices=KNOWN.get(name)) for name in TEXTS),
                Field(id="coverImageKeyFrameTime", type="number"),
                Field(id="isAffiliateLink", type="boolean", default=False),
            ),
            unlisted=("destinationLink",),
            taken=(
                takes(STORED),
                takes(STORED, settings={**dict.fromkeys(STORED), "destinationLink": None}),
                takes(stored(pinMode="standard"), settings={"pinMode": "Standard"}),
                takes(stored(pinMode="video"), settings={"pinMode": "VIDEO"}, assets=[MP4]),
                takes(stored(pinMode="multi_image"), settings={"pinMode": "multi_image"}, assets=[JPG, PNG]),
                *(takes(stored(**{name: "https://example.com/1"}), settings={name: " https://example.com/1 "}) for name in TEXTS),
                takes(stored(link="https://example.com/2"), settings={"destinationLink": "https://example.com/2"}),
                takes(stored(link="https://example.com/1"), settings={"link": "https://example.com/1", "destinationLink": "https://example.com/2"}),
                takes(stored(coverImageKeyFrameTime=2.5), settings={"coverImageKeyFrameTime": "2.5"}, assets=[MP4]),
                takes(stored(coverImageKeyFrameTime=0.0), settings={"coverImageKeyFrameTime": 0}, assets=[MP4]),
                takes(stored(isAffiliateLink=True), settings={"isAffiliateLink": "yes"}),
                takes(STORED, assets=[JPG] * 5),
                takes(STORED, description=None),
                takes(STORED, name="a" * 100),
            ),
            refused=(
                refuses("pinterest_pin_mode_invalid", {"supportedValues": list(MODES)}, settings={"pinMode": "story"}),
                refuses("pinterest_product_pin_beta_required", settings={"pinMode": "product"}),
                refuses("pinterest_product_pin_beta_required", settings={"pinMode": "Product"}),
                refuses("pinterest_video_required", settings={"pinMode": "video"}),
                refuses("pinterest_multi_image_required", settings={"pinMode": "multi_image"}, assets=[JPG, MP4], then=["pinterest_multi_video_unsupported"]),
                *(refuses("pinterest_cover_keyframe_invalid", settings={"coverImageKeyFrameTime": bad}) for bad in ("soon", "nan", "inf", {}, [1])),
                refuses("pinterest_interaction_unsupported", {"supportedValues": ["post"]}, **REPLY),
                refuses("pinterest_interaction_unsupported", assets=[JPG] * 6, then=["pinterest_media_limit_exceeded"], **REPLY),
                refuses("pinterest_media_limit_exceeded", {"count": 6, "maxCount": 5}, assets=[JPG] * 6),
                refuses("pinterest_media_limit_exceeded", assets=[JPG] * 5 + [MP4], then=["pinterest_multi_video_unsupported"]),
                refuses("pinterest_multi_video_unsupported", assets=[MP4, MP4]),
                refuses("pinterest_multi_video_unsupported", assets=[JPG, MP4]),
                refuses("pinterest_multi_video_unsupported", assets=[MP4, GIF], then=["pinterest_media_unsupported"]),
                refuses("pinterest_media_unsupported", {"assetId": "asset_1", "url": GIF}, assets=[GIF]),
                refuses("pinterest_media_required", assets=None),
                refuses("pinterest_media_required", assets=None, description="a" * 801, then=["text_too_long"]),
                refuses("alt_text_too_long", {"length": 501, "maxLength": 500}, settings={"altText": "a" * 501}),
                *(refuses("pinterest_settings_unsupported", settings={name: bad}) for name in (*TEXTS, "destinationLink") for bad in ([], {}, True)),
                refuses("text_too_long", {"length": 101, "maxLength": 100}, name="a" * 101),
                refuses("text_too_long", {"length": 801, "maxLength": 800}, description="a" * 801),
            ),
        ),
    ),
    leading=(Leading(provider="pinterest", account_type="pinterest_user", handle="pinterest:user:7004"),),
)  # fmt: skip
