"""The media of one post while it is published: bytes from our storage, addresses for networks that fetch themselves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from providers.contract import Job

from . import assets
from .context import Context
from .errors import AppError
from .models import Post, PostAsset
from .status import PostStatus

log = logging.getLogger(__name__)

PIN_AHEAD = timedelta(minutes=15)


class PostAssets:
    """What ``Outgoing`` reads bodies from. Positions are those of the job."""

    def __init__(self, context: Context, job: Job) -> None:
        self._context = context
        self._assets = {asset.position: asset for asset in job.assets}

    def size(self, position: int) -> int:
        """Asked of the storage, so that a file which is gone is noticed before anything is sent."""
        return self._context.storage.size(self._key(position))

    async def read(self, position: int, start: int, stop: int) -> AsyncIterator[bytes]:
        chunks = self._context.storage.open_range(self._key(position), start, stop)
        while (chunk := await asyncio.to_thread(next, chunks, b"")) != b"":
            yield chunk

    def url(self, position: int, variant: str | None) -> str:
        address = self._assets[position].url
        if variant is None or not address.startswith(self._context.settings.public_base_url or "\0"):
            return address
        return f"{address}{'&' if '?' in address else '?'}format={variant}"

    def _key(self, position: int) -> str:
        sha256 = self._assets[position].sha256
        if sha256 is None:
            raise LookupError("the file could not be fetched from its address")
        return assets.blob_key(sha256)


async def pin(context: Context, post_id: str) -> None:
    """Fetch the post's media that stand at foreign addresses, so that what goes out is what was there when we looked.

    An address that cannot be fetched stays as it is: networks that fetch media themselves may still reach it.
    """
    for position, url in await context.db.read(_unpinned, post_id):
        try:
            stored = await assets.fetch(context, url)
        except AppError as error:
            log.info("a file of %s could not be fetched: %s", post_id, error.code)
            continue
        await context.db.write(_pin, post_id, position, stored)


async def pin_ahead(context: Context) -> None:
    """For posts that are due soon."""
    for post_id in await context.db.read(_due_soon, context.now() + PIN_AHEAD):
        await pin(context, post_id)


def _unpinned(session: Session, post_id: str) -> list[tuple[int, str]]:
    rows = select(PostAsset.position, PostAsset.url).where(PostAsset.post_id == post_id, PostAsset.sha256.is_(None))
    return [(position, url) for position, url in session.execute(rows)]


def _due_soon(session: Session, until: datetime) -> list[str]:
    query = (
        select(Post.id)
        .join(PostAsset, PostAsset.post_id == Post.id)
        .where(Post.status == PostStatus.SCHEDULED, Post.due_at < until, PostAsset.sha256.is_(None))
        .distinct()
        .limit(50)
    )
    return list(session.scalars(query))


def _pin(session: Session, post_id: str, position: int, stored: assets.StoredBlob) -> None:
    session.execute(
        update(PostAsset)
        .where(PostAsset.post_id == post_id, PostAsset.position == position)
        .values(
            sha256=stored.sha256,
            size=stored.size,
            mime=stored.facts.mime,
            width=stored.facts.width,
            height=stored.facts.height,
            duration=stored.facts.duration,
        )
    )
