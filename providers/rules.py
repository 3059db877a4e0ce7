"""Checks that many networks share, as small functions to list in ``Provider.checks`` in the order of their codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .contract import JSON, Check, Draft, DraftAsset, Issue

IMAGE_EXTENSIONS = ("jpg", "jpeg", "png", "webp")
VIDEO_EXTENSIONS = ("mp4", "mov", "webm", "m4v")


def at_most(count: int, code: str) -> Check:
    def check(draft: Draft) -> Issue | None:
        if len(draft.assets) <= count:
            return None
        what = "one file" if count == 1 else f"{count} files"
        return Issue(
            code=code,
            where="assets",
            message=f"Attach at most {what}; this post has {len(draft.assets)}.",
            details={"count": len(draft.assets), "maxCount": count},
        )

    return check


def only_images_and_videos(code: str) -> Check:
    def check(draft: Draft) -> Issue | None:
        for position, asset in enumerate(draft.assets):
            if asset.kind == "other":
                return _asset_issue(
                    code, position, asset, "Use a JPEG, PNG or WebP image, or an MP4, MOV or WebM video."
                )
        return None

    return check


def known_extension(code: str, extensions: Sequence[str] = IMAGE_EXTENSIONS + VIDEO_EXTENSIONS) -> Check:
    """The first asset's address itself must end in a known extension, if it has one."""

    def check(draft: Draft) -> Issue | None:
        if not draft.assets:
            return None
        asset = draft.assets[0]
        if asset.extension in extensions or (not asset.extension and asset.kind != "other"):
            return None
        return _asset_issue(
            code, 0, asset, f"Files ending in .{asset.extension} are not taken; use {_listed(extensions)}."
        )

    return check


def one_video_alone(code: str) -> Check:
    def check(draft: Draft) -> Issue | None:
        videos = [asset for asset in draft.assets if asset.kind == "video"]
        if not videos or len(draft.assets) == 1:
            return None
        return Issue(code=code, where="assets", message="A video goes alone: remove the other files, or the video.")

    return check


def images_only_when_several(code: str) -> Check:
    def check(draft: Draft) -> Issue | None:
        if len(draft.assets) < 2 or all(asset.kind == "image" for asset in draft.assets):
            return None
        return Issue(code=code, where="assets", message="Several files must all be images: remove the video.")

    return check


def max_bytes(kind: str, limit: int, code: str) -> Check:
    """Only known sizes count; exactly the limit passes."""

    def check(draft: Draft) -> Issue | None:
        for position, asset in enumerate(draft.assets):
            if asset.kind == kind and asset.size and asset.size > limit:
                return Issue(
                    code=code,
                    where=f"assets.{position}",
                    message=f"This {kind} is {readable_bytes(asset.size)}; at most {readable_bytes(limit)} are taken. Use a smaller one.",
                    details={"size": asset.size, "maxBytes": limit, "assetId": asset.key, "url": asset.url},
                )
        return None

    return check


def interaction_in(allowed: Iterable[str], code: str) -> Check:
    allowed = tuple(allowed)

    def check(draft: Draft) -> Issue | None:
        if draft.interaction in allowed:
            return None
        return Issue(
            code=code,
            where="interactionType",
            message=f"A {draft.interaction} is not possible here; use {_listed(allowed)}.",
            details={"interactionType": draft.interaction, "supportedValues": list(allowed)},
        )

    return check


def text_or_media(code: str) -> Check:
    def check(draft: Draft) -> Issue | None:
        if draft.text or draft.assets:
            return None
        return Issue(code=code, where="text", message="Write a text or attach a file.")

    return check


def media_required(code: str) -> Check:
    def check(draft: Draft) -> Issue | None:
        return (
            None if draft.assets else Issue(code=code, where="assets", message="Attach a file: this network needs one.")
        )

    return check


# --- settings ---------------------------------------------------------------------------------------------------------


def unknown_keys(raw: Mapping[str, JSON], allowed: Sequence[str], code: str) -> Issue | None:
    unknown = sorted(set(raw) - set(allowed))
    if not unknown:
        return None
    takes = f"this account takes {_listed(allowed)}" if allowed else "this account takes no settings"
    return Issue(
        code=code,
        where=f"settings.{unknown[0]}",
        message=f"Remove the setting {unknown[0]!r}: {takes}.",
        details={"unsupportedKeys": unknown, "allowedKeys": list(allowed)},
    )


def one_of(raw: Mapping[str, JSON], key: str, values: Sequence[str], code: str) -> Issue | None:
    """``raw[key]`` must be absent, null, empty or one of the values (compared exactly)."""
    value = raw.get(key)
    if value in (None, "") or value in values:
        return None
    return Issue(
        code=code,
        where=f"settings.{key}",
        message=f"{key} must be {_listed([value or '(empty)' for value in values], 'or')}.",
        details={
            "value": value if isinstance(value, str | int | float | bool) else None,
            "supportedValues": list(values),
        },
    )


def boolean(raw: Mapping[str, JSON], key: str, code: str) -> Issue | None:
    value: Any = raw.get(key)
    if value is None or isinstance(value, bool):
        return None
    return Issue(code=code, where=f"settings.{key}", message=f"{key} must be true or false.", details={"key": key})


def text(raw: Mapping[str, JSON], *keys: str) -> str | None:
    """The first of the keys that says something; clients write numbers where a text is meant."""
    for key in keys:
        value: Any = raw.get(key)
        written = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
        if written:
            return written
    return None


def texts(raw: Mapping[str, JSON], keys: Iterable[str], code: str) -> Issue | None:
    """None of these may hold what is no text."""
    for key in keys:
        value = raw.get(key)
        if isinstance(value, bool | dict | list):
            return Issue(code=code, where=f"settings.{key}", message=f"{key} must be a text.", details={"key": key})
    return None


# --- wording ------------------------------------------------------------------------------------------------------------


def readable_bytes(size: int) -> str:
    for unit, factor in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if size >= factor:
            return f"{size / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes"


def _listed(values: Iterable[str], word: str = "and") -> str:
    values = list(values)
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} {word} {values[-1]}"


def _asset_issue(code: str, position: int, asset: DraftAsset, message: str) -> Issue:
    return Issue(
        code=code, where=f"assets.{position}", message=message, details={"assetId": asset.key, "url": asset.url}
    )
