from __future__ import annotations

from collections.abc import Iterable

from . import BARE, GIF, JPG, MP4, PNG, Field, Refused, Rows, Table, Taken, refuses, takes

MODES = ["auto", "image", "reel"]
AUTO = {"instagramPublishMode": "auto"}
FIELDS = (Field(id="instagramPublishMode", type="enum", default="auto", options=tuple(MODES)),)
REPLY = {"interaction_type": "reply"}
MODE = "instagramPublishMode"


def taken() -> Iterable[Taken]:
    yield takes(AUTO)
    yield takes(AUTO, settings={MODE: None})
    yield takes(AUTO, settings={MODE: "auto"}, assets=[MP4])
    yield takes({MODE: "image"}, settings={MODE: "image"})
    yield takes({MODE: "reel"}, settings={MODE: "reel"}, assets=[MP4])
    yield takes(AUTO, assets=[JPG, PNG])
    yield takes(AUTO, assets=[JPG] * 10)
    yield takes(AUTO, description=None)
    yield takes(AUTO, assets=[{"url": BARE, "kind": "image"}])


def refused(interaction: str, media: str) -> Iterable[Refused]:
    yield refuses("instagram_publish_mode_invalid", {"supportedValues": MODES}, settings={MODE: "story"})
    yield refuses("instagram_publish_mode_invalid", settings={MODE: "Reel"})
    yield refuses("instagram_publish_mode_mismatch", settings={MODE: "reel"})
    yield refuses("instagram_publish_mode_mismatch", settings={MODE: "image"}, assets=[MP4])
    yield refuses(
        "instagram_publish_mode_mismatch",
        settings={MODE: "reel"},
        assets=[JPG] * 11,
        then=["instagram_carousel_limit_exceeded"],
    )
    yield refuses("instagram_carousel_limit_exceeded", {"count": 11, "maxCount": 10}, assets=[JPG] * 11)
    yield refuses("instagram_carousel_limit_exceeded", assets=[JPG] * 11, then=[interaction], **REPLY)
    yield refuses("instagram_carousel_media_unsupported", assets=[JPG, MP4])
    yield refuses("instagram_carousel_media_unsupported", assets=[MP4, MP4])
    yield refuses("instagram_carousel_media_unsupported", assets=[JPG, GIF])
    yield refuses("instagram_carousel_media_unsupported", assets=[GIF, JPG], then=[media])
    yield refuses("instagram_carousel_media_unsupported", assets=[JPG, MP4], then=[interaction], **REPLY)
    yield refuses(interaction, {"supportedValues": ["post"]}, **REPLY)
    yield refuses(interaction, assets=[GIF], then=[media], **REPLY)
    yield refuses(media, {"assetId": "asset_1", "url": GIF}, assets=[GIF])
    yield refuses(media, assets=[{"url": GIF, "kind": "image"}])
    yield refuses(media, assets=[BARE])


def without_media(interaction: str, media: str) -> Iterable[Refused]:
    """What the settings say comes first, and they are the first to miss a file."""
    yield refuses("instagram_media_required", assets=None)
    yield refuses("instagram_media_required", assets=None, then=[interaction], **REPLY)
    yield refuses("instagram_publish_mode_invalid", settings={MODE: "story"}, assets=None, then=["instagram_media_required"])  # fmt: skip


def account(provider: str, account_type: str, delivery: str, interaction: str, media: str, *more: Refused) -> Table:
    return Table(
        provider=provider,
        account_type=account_type,
        post={"description": "Hello", "assets": [JPG]},
        publish_shape="single_media_post",
        media_delivery=delivery,
        unknown_setting="instagram_settings_unsupported",
        no_reply=interaction,
        media_required=True,
        fields=FIELDS,
        taken=tuple(taken()),
        refused=(*refused(interaction, media), *more),
    )


CODES = ("instagram_interaction_unsupported", "instagram_media_unsupported")
ROWS = Rows(
    tables=(
        account(
            "instagram",
            "instagram_standalone",
            "instagram_fetches_public_media_url",
            *CODES,
            *without_media(*CODES),
        ),
    )
)
