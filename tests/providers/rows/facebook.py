from __future__ import annotations

from collections.abc import Iterable

from . import BARE, GIF, JPG, MP4, PNG, Field, Leading, Refused, Rows, Table, Taken, refuses, takes

MODES, UPLOADS = ["auto", "feed", "photo", "video"], ["auto", "native", "remote_url"]
FIELDS = (
    Field(id="pagePostMode", type="enum", default="auto", options=tuple(MODES)),
    Field(id="facebookVideoUploadMode", type="enum", default="native", options=tuple(UPLOADS)),
)
AUTO = {"pagePostMode": "auto"}


def taken() -> Iterable[Taken]:
    yield takes(AUTO)
    yield takes(AUTO, settings={"pagePostMode": None, "facebookVideoUploadMode": ""})
    yield takes({"pagePostMode": "feed"}, settings={"pagePostMode": "feed"})
    yield takes({"pagePostMode": "photo"}, settings={"pagePostMode": "photo"}, assets=[JPG])
    yield takes({"pagePostMode": "video"}, settings={"pagePostMode": "video"}, assets=[MP4])
    for upload in UPLOADS:
        stored = {**AUTO, "facebookVideoUploadMode": upload}
        yield takes(stored, settings={"facebookVideoUploadMode": upload}, assets=[MP4])
    yield takes(AUTO, assets=[JPG] * 10)
    yield takes(AUTO, assets=[{"url": BARE, "kind": "image"}])


def refused(interaction: str, media: str) -> Iterable[Refused]:
    yield refuses("facebook_page_mode_invalid", {"supportedValues": MODES}, settings={"pagePostMode": "story"})
    yield refuses("facebook_page_mode_invalid", settings={"pagePostMode": "Feed"})
    yield refuses("facebook_page_mode_invalid", settings={"pagePostMode": "story", "facebookVideoUploadMode": "fast"})
    yield refuses(
        "facebook_video_upload_mode_invalid",
        {"supportedValues": UPLOADS},
        settings={"facebookVideoUploadMode": "fast"},
    )
    yield refuses(
        "facebook_video_upload_mode_invalid", settings={"pagePostMode": "photo", "facebookVideoUploadMode": "fast"}
    )
    for mode, assets in (
        ("photo", []),
        ("video", []),
        ("feed", [JPG]),
        ("video", [JPG]),
        ("feed", [MP4]),
        ("photo", [MP4]),
    ):
        yield refuses("facebook_page_mode_mismatch", settings={"pagePostMode": mode}, assets=assets)
    yield refuses(
        "facebook_page_mode_mismatch",
        settings={"pagePostMode": "video"},
        assets=[JPG] * 11,
        then=["facebook_media_limit_exceeded"],
    )
    yield refuses("facebook_media_limit_exceeded", {"count": 11, "maxCount": 10}, assets=[JPG] * 11)
    yield refuses("facebook_media_limit_exceeded", assets=[JPG] * 10 + [MP4], then=["facebook_multi_media_unsupported"])
    yield refuses("facebook_multi_media_unsupported", assets=[JPG, MP4])
    yield refuses("facebook_multi_media_unsupported", assets=[MP4, MP4])
    yield refuses("facebook_multi_media_unsupported", assets=[PNG, GIF])
    yield refuses("facebook_multi_media_unsupported", assets=[JPG, MP4], interaction_type="reply", then=[interaction])
    yield refuses(interaction, {"supportedValues": ["post"]}, interaction_type="reply")
    yield refuses(interaction, interaction_type="reply", assets=[GIF], then=[media])
    yield refuses(media, {"assetId": "asset_1", "url": GIF}, assets=[GIF])
    yield refuses(media, assets=[{"url": GIF, "kind": "image"}])
    yield refuses(media, assets=[BARE])


def page(provider: str, interaction: str, media: str) -> Table:
    return Table(
        provider=provider,
        account_type="facebook_page",
        post={"description": "Hello"},
        publish_shape="single_page_post",
        media_delivery="socialclaw_uploads_facebook_videos_natively",
        unknown_setting="facebook_page_settings_unsupported",
        no_reply=interaction,
        fields=FIELDS,
        taken=tuple(taken()),
        refused=tuple(refused(interaction, media)),
    )


ROWS = Rows(
    tables=(page("facebook", "facebook_interaction_unsupported", "facebook_media_unsupported"),),
    leading=(Leading(provider="facebook", account_type="facebook_user", handle="facebook:7001"),),
)
