from __future__ import annotations

from typing import Any

from . import BARE, GIB, GIF, JPG, M4V, MP4, PNG, Field, Rows, Table, refuses, sized, takes, too_large

VIDEO = 4 * GIB
LEVELS = ("PUBLIC_TO_EVERYONE", "FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
PUBLIC = {"privacyLevel": "PUBLIC_TO_EVERYONE"}
SWITCHES = ("commentEnabled", "duetEnabled", "stitchEnabled", "brandOrganicToggle", "brandContentToggle", "autoAddMusic")  # fmt: skip
STORED = {**PUBLIC, **dict.fromkeys((*SWITCHES, "commercialContentToggle"), False), "photoCoverIndex": 0}
REPLY = {"interaction_type": "reply"}


def public(**more: Any) -> dict[str, Any]:
    return {**PUBLIC, **more}


def stored(**more: Any) -> dict[str, Any]:
    return {**STORED, **more}


ROWS = Rows(
    tables=(
        Table(
            provider="tiktok",
            account_type="tiktok_user",
            post={"description": "Hello", "assets": [MP4], "settings": PUBLIC},
            publish_shape="single_video_or_photo_gallery",
            media_delivery="tiktok_pulls_public_media_url",
            unknown_setting="tiktok_settings_unsupported",
            no_reply="tiktok_interaction_unsupported",
            media_required=True,
            fields=(
                Field(id="privacyLevel", type="enum", options=LEVELS, required=True),
                *(Field(id=name, type="boolean", default=False) for name in (*SWITCHES, "commercialContentToggle")),
                Field(id="photoCoverIndex", type="number", default=0, min=0),
            ),
            taken=(
                takes(STORED),
                *(takes(stored(privacyLevel=level), settings={"privacyLevel": level}) for level in LEVELS),
                takes(stored(commentEnabled=True, duetEnabled=True, stitchEnabled=True), settings=public(commentEnabled=1, duetEnabled="yes", stitchEnabled=True)),
                takes(stored(brandOrganicToggle=True, commercialContentToggle=True), settings=public(brandOrganicToggle=True)),
                takes(stored(brandContentToggle=True, commercialContentToggle=True), settings=public(brandContentToggle=True)),
                takes(stored(brandOrganicToggle=True), settings=public(brandOrganicToggle=True, commercialContentToggle=False)),
                takes(stored(autoAddMusic=True, photoCoverIndex=1), settings=public(autoAddMusic=True, photoCoverIndex=1.0), assets=[JPG, PNG]),
                takes(STORED, settings=public(photoCoverIndex=None)),
                takes(STORED, assets=[JPG] * 35),
                takes(STORED, assets=[M4V]),
                takes(STORED, assets=[sized(MP4, VIDEO)]),
                takes(STORED, description=None),
                takes(STORED, name="a" * 90, assets=[JPG]),
            ),
            refused=(
                refuses("tiktok_privacy_level_required", settings={}),
                refuses("tiktok_privacy_level_required", settings={"privacyLevel": ""}),
                refuses("tiktok_privacy_level_required", settings={}, assets=None, then=["tiktok_media_required"]),
                refuses("tiktok_privacy_level_invalid", {"supportedValues": list(LEVELS)}, settings={"privacyLevel": "public_to_everyone"}),
                refuses("tiktok_commercial_content_required", settings=public(commercialContentToggle=True)),
                refuses("tiktok_brand_content_private_invalid", settings={"privacyLevel": "SELF_ONLY", "brandContentToggle": True}),
                *(refuses("tiktok_photo_cover_index_invalid", settings=public(photoCoverIndex=bad)) for bad in (-1, 1.5, "first", True, 1e300)),
                refuses("tiktok_interaction_unsupported", {"supportedValues": ["post"]}, **REPLY),
                refuses("tiktok_interaction_unsupported", assets=None, then=["tiktok_media_required"], **REPLY),
                refuses("tiktok_media_required", assets=None),
                refuses("tiktok_media_unsupported", {"assetId": "asset_1", "url": GIF}, assets=[GIF]),
                refuses("tiktok_media_unsupported", assets=[MP4, BARE], then=["tiktok_mixed_media_unsupported"]),
                refuses("tiktok_mixed_media_unsupported", assets=[MP4, JPG]),
                refuses("tiktok_mixed_media_unsupported", assets=[MP4, MP4]),
                refuses("tiktok_mixed_media_unsupported", assets=[JPG] * 36 + [MP4], then=["tiktok_photo_limit_exceeded"]),
                refuses("tiktok_photo_limit_exceeded", {"count": 36, "maxCount": 35}, assets=[JPG] * 36),
                refuses("tiktok_photo_limit_exceeded", assets=[JPG] * 36, settings=public(photoCoverIndex=36), then=["tiktok_photo_cover_index_invalid"]),
                refuses("tiktok_photo_cover_index_invalid", {"photoCount": 2}, assets=[JPG, PNG], settings=public(photoCoverIndex=2)),
                refuses("tiktok_video_too_large", too_large(MP4, VIDEO), assets=[sized(MP4, VIDEO + 1)]),
                refuses("text_too_long", {"length": 91, "maxLength": 90}, name="a" * 91, assets=[JPG]),
                refuses("text_too_long", {"length": 4001, "maxLength": 4000}, description="a" * 4001, assets=[JPG]),
                refuses("text_too_long", {"length": 2201, "maxLength": 2200}, description="a" * 2201),
            ),
        ),
    ),
)  # fmt: skip
