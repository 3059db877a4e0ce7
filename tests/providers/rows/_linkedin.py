from __future__ import annotations

from collections.abc import Iterable

from . import GIB, GIF, JPG, MP4, Refused, Table, Taken, refuses, sized, takes, too_large

VIDEO = 5 * GIB
REPLY = {"interaction_type": "reply"}


def taken() -> Iterable[Taken]:
    yield takes({})
    yield takes({}, settings={})
    yield takes({}, settings=None)
    yield takes({}, assets=[JPG] * 20)
    yield takes({}, assets=[sized(MP4, VIDEO)])


def refused(interaction: str) -> Iterable[Refused]:
    yield refuses(interaction, {"supportedValues": ["post"]}, **REPLY)
    yield refuses(interaction, assets=[JPG] * 21, then=["linkedin_media_limit_exceeded"], **REPLY)
    yield refuses("linkedin_media_limit_exceeded", {"count": 21, "maxCount": 20}, assets=[JPG] * 21)
    yield refuses("linkedin_media_limit_exceeded", assets=[JPG] * 20 + [MP4], then=["linkedin_multi_video_unsupported"])
    yield refuses("linkedin_multi_video_unsupported", assets=[MP4, MP4])
    yield refuses("linkedin_multi_video_unsupported", assets=[JPG, MP4])
    yield refuses("linkedin_multi_video_unsupported", assets=[MP4, GIF], then=["linkedin_media_unsupported"])
    yield refuses("linkedin_media_unsupported", {"assetId": "asset_1", "url": GIF}, assets=[GIF])
    yield refuses("linkedin_media_unsupported", assets=[JPG, GIF])
    yield refuses("linkedin_video_too_large", too_large(MP4, VIDEO), assets=[sized(MP4, VIDEO + 1)])


def table(
    provider: str, account_type: str, setting: str, interaction: str, *, taken: Iterable[Taken], refused: Iterable[Refused]
) -> Table:  # fmt: skip
    return Table(
        provider=provider,
        account_type=account_type,
        post={"description": "Hello"},
        publish_shape="text_or_image_post",
        media_delivery="socialclaw_uploads_images_to_linkedin",
        unknown_setting=setting,
        no_reply=interaction,
        taken=tuple(taken),
        refused=tuple(refused),
    )
