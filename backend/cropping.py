"""A part of a picture as a file of its own: which part is somebody's choice, which shapes are offered the networks' limits."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

import providers
from providers.contract import MediaFacts

from . import assets, converting, media
from .access import Action, Actor, allow, get
from .assets import StoredBlob
from .context import Context
from .errors import AppError
from .models import Asset
from .plans import AccountFacts
from .storage import Writer, fill, key_of

SHAPES: tuple[tuple[int, int], ...] = ((1, 1), (4, 5), (3, 4), (2, 3), (9, 16), (4, 3), (3, 2), (16, 9))
"""Width to height, as people name them."""
LEAST = 16
"""Pixels of a side: less shows nothing."""


class Box(NamedTuple):
    """A part of a picture that stands upright, in fractions of its sides."""

    left: float
    top: float
    width: float
    height: float


WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Width through height, at least and at most; None where any will do."""

    least: float | None = None
    most: float | None = None

    def takes(self, shape: float) -> bool:
        return (self.least or 0) <= shape <= (self.most or shape)


def bounds_of(accounts: Sequence[AccountFacts]) -> Bounds:
    """What all of these take. Where no shape pleases them all, any shape: they can be cropped for one by one."""
    limits = [
        providers.get(account.provider).limits_of(account.account_type).media("image", account.meta)
        for account in accounts
    ]
    least = max((one.min_aspect for one in limits if one and one.min_aspect), default=None)
    most = min((one.max_aspect for one in limits if one and one.max_aspect), default=None)
    return Bounds() if least and most and least > most else Bounds(least=least, most=most)


def largest(width: int, height: int, bounds: Bounds, around: Box = WHOLE) -> Box:
    """The largest part within the bounds, its middle as near to that of ``around`` as it can be."""
    shape = width / height
    wanted = min(max(shape, bounds.least or 0), bounds.most or math.inf)
    wide, high = min(1.0, wanted / shape), min(1.0, shape / wanted)
    left = min(max(0.0, around.left + around.width / 2 - wide / 2), 1 - wide)
    top = min(max(0.0, around.top + around.height / 2 - high / 2), 1 - high)
    return Box(left, top, wide, high)


def within(box: Box, width: int, height: int, bounds: Bounds) -> Box:
    """The part as it is where its shape is allowed, else the largest around it."""
    shape = box.width * width / (box.height * height)
    return box if bounds.takes(shape) else largest(width, height, bounds, box)


def pixels(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom. Raises AppError for a part that is outside the picture or shows nothing."""
    left, top = round(box.left * width), round(box.top * height)
    right, bottom = round((box.left + box.width) * width), round((box.top + box.height) * height)
    least = min(LEAST, width), min(LEAST, height)
    inside = left >= 0 and top >= 0 and right <= width and bottom <= height
    if not inside or right - left < least[0] or bottom - top < least[1]:
        message = f"Choose a part inside the picture, of at least {LEAST} by {LEAST} pixels."
        raise AppError("bad_request", message, details={"field": "box"})
    return left, top, right, bottom


async def crop(context: Context, actor: Actor, asset_id: str, box: Box) -> dict[str, Any]:
    """The part as a file of the library; the same part of the same picture is there once."""
    allow(actor, Action.PUBLISH)
    source = await context.db.read(_source, actor, asset_id)
    with context.storage.writer() as scratch, context.storage.writer() as writer:
        facts = await asyncio.get_running_loop().run_in_executor(
            context.media_executor, _cut, context, source.sha256, box, scratch.path, writer
        )
        await assets.keep(context, writer, facts)
    stored = StoredBlob(sha256=writer.sha256, size=writer.size, facts=facts, storage=context.storage.name)
    return await context.db.write(
        assets.insert_once,
        actor,
        stored,
        filename=source.filename,
        alt_text=source.alt_text,
        base_url=context.settings.public_base_url,
        now=context.now(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    sha256: str
    filename: str
    alt_text: str | None


def _source(session: Session, actor: Actor, asset_id: str) -> _Source:
    row = get(session, actor, Asset, asset_id)
    if row.kind != "image" or row.sha256 is None:
        raise AppError("asset_invalid", "Only pictures that lie on this server can be cropped here.")
    name = PurePosixPath(row.original_filename or "picture")
    return _Source(sha256=row.sha256, filename=f"{name.stem} (cropped){name.suffix}", alt_text=row.alt_text)


def _cut(context: Context, sha256: str, box: Box, scratch: Path, writer: Writer) -> MediaFacts:
    try:
        with context.storage.as_file(key_of(sha256)) as source:
            converting.cut(source, scratch, lambda width, height: pixels(box, width, height))
    except FileNotFoundError:
        raise assets.bytes_missing() from None
    fill(writer, scratch)
    return media.probe(scratch, declared=None, max_pixels=context.settings.max_image_pixels)
