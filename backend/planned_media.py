"""The media a document names: our own files by address or id, and foreign addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast
from urllib.parse import urlsplit

from providers.contract import DraftAsset, Issue, MediaFacts
from providers.rules import IMAGE_EXTENSIONS, VIDEO_EXTENSIONS

from .documents import Object, first, label, list_at, measure, whole

MIME_OF = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "m4v": "video/x-m4v",
}

MOST_PIXELS = 2**31
"""What a column of the database holds; no picture is that wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedMedia:
    """One of our own files. ``url`` is what the post keeps: the address it was found by, or its own."""

    asset_id: str
    url: str
    mime: str
    kind: str
    extension: str
    size: int | None = None
    sha256: str | None = None
    original_filename: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    alt_text: str | None = None
    facts: MediaFacts | None = None


Media: TypeAlias = Callable[[str], ManagedMedia | None]
"""Our own file behind an address or an asset id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetSpec:
    key: str
    """The document's own id for it, else ``asset_<n>``."""
    url: str
    managed: bool = False
    asset_id: str | None = None
    sha256: str | None = None
    original_filename: str | None = None
    mime: str | None = None
    kind: str = "other"
    """image, video, audio or other; guessed from the address when nobody said."""
    extension: str = ""
    size: int | None = None
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    alt_text: str | None = None
    as_is: bool = False
    """Not to be made to fit (``"fit": false`` in the document)."""
    facts: MediaFacts | None = None
    """What we measured, of our own files."""


def read_assets(item: Object, media: Media) -> tuple[tuple[AssetSpec, ...], list[Issue]]:
    """``assets``, or the one file of ``media_link``; given both, they must begin with the same address."""
    read = [
        _asset(entry, position, media, f"assets.{position}") for position, entry in enumerate(list_at(item, "assets"))
    ]
    issues = [asset for asset in read if isinstance(asset, Issue)]
    assets = tuple(asset for asset in read if isinstance(asset, AssetSpec))
    link = first(item, "media_link", "mediaLink")
    if link is None or issues:
        return assets, issues
    only = _asset(link if isinstance(link, str) else None, 0, media, "mediaLink")
    if isinstance(only, Issue):
        return assets, [only]
    if assets and assets[0].url != only.url:
        message = "media_link and the first of assets must be the same address; leave one of them out."
        return assets, [Issue(code="asset_media_conflict", message=message, where="mediaLink")]
    return assets or (only,), []


def _asset(entry: object, position: int, media: Media, where: str) -> AssetSpec | Issue:
    if isinstance(entry, str):
        entry = {"url": entry}
    if not isinstance(entry, Mapping):
        return Issue(code="asset_invalid", message="A file must be an address or an object with a url.", where=where)
    fields = cast("Object", entry)
    said = first(fields, "url", "media_link", "mediaLink")
    address = _without_fragment(said.strip()) if isinstance(said, str) else ""
    reference = address or (label(fields, "id") or "" if said is None else "")
    ours = media(reference) if _splits(reference) else None
    key = label(fields, "id") or f"asset_{position + 1}"
    if ours is not None and ours.url:
        return _ours(fields, key, ours)
    if not address:
        return Issue(code="asset_url_required", message="This file needs a url.", where=where)
    if not _on_the_web(address):
        message = "The address of a file must start with https:// or http://."
        return Issue(code="asset_invalid", message=message, where=where)
    return _foreign(fields, key, address)


def _ours(fields: Object, key: str, media: ManagedMedia) -> AssetSpec:
    """What we measured counts, not what the document says."""
    return AssetSpec(
        key=key,
        url=media.url,
        managed=True,
        asset_id=media.asset_id,
        sha256=media.sha256,
        original_filename=label(fields, "originalFilename") or media.original_filename,
        mime=media.mime,
        kind=media.kind,
        extension=media.extension,
        size=media.size,
        duration=media.duration,
        width=media.width,
        height=media.height,
        alt_text=label(fields, "altText", "alt_text") or media.alt_text,
        as_is=fields.get("fit") is False,
        facts=media.facts,
    )


def _foreign(fields: Object, key: str, url: str) -> AssetSpec:
    extension = extension_of(url)
    mime = (label(fields, "mime") or "").partition(";")[0].strip().lower()
    return AssetSpec(
        key=key,
        url=url,
        managed=bool(fields.get("managed")),
        original_filename=label(fields, "originalFilename"),
        mime=mime or MIME_OF.get(extension),
        kind=_kind((label(fields, "kind") or "").lower(), extension),
        extension=extension,
        size=whole(fields.get("size")),
        duration=measure(fields.get("duration")),
        width=whole(fields.get("width"), MOST_PIXELS),
        height=whole(fields.get("height"), MOST_PIXELS),
        alt_text=label(fields, "altText", "alt_text"),
        as_is=fields.get("fit") is False,
    )


def _kind(said: str, extension: str) -> str:
    if said in ("image", "video"):
        return said
    if extension in IMAGE_EXTENSIONS:
        return "image"
    if extension in VIDEO_EXTENSIONS:
        return "video"
    return "audio" if said == "audio" else "other"


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]


def _splits(reference: str) -> bool:
    """Whether it can be taken apart as an address at all: ``http://[`` and ``http://a:port`` cannot."""
    try:
        _ = urlsplit(reference).port
    except ValueError:
        return False
    return bool(reference)


def _on_the_web(url: str) -> bool:
    if not _splits(url) or re.search(r"\s", url):
        return False
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def extension_of(url: str) -> str:
    """Of the file that the path of an address names; lower-case, without the dot."""
    name = urlsplit(url).path.rpartition("/")[2].lower()
    found = re.search(r"\.([a-z0-9]{1,12})$", name, re.ASCII)
    return found[1] if found else ""


def draft_asset(asset: AssetSpec) -> DraftAsset:
    return DraftAsset(
        key=asset.key,
        url=asset.url,
        kind="image" if asset.kind == "image" else "video" if asset.kind == "video" else "other",
        extension=asset.extension,
        mime=asset.mime,
        size=asset.size,
        width=asset.width,
        height=asset.height,
        duration=asset.duration,
        alt_text=asset.alt_text,
        facts=asset.facts,
        as_is=asset.as_is,
    )
