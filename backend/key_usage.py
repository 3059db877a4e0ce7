"""How many requests are made with each key. Counted in memory and written down about once a minute, not at each request."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from .access import Action, Actor, allow, get
from .context import Context
from .models import ApiKey, KeyUsage

log = logging.getLogger(__name__)

WRITTEN_EVERY = 60.0


class KeyCounts:
    """What was not written down yet, by key and UTC day. Used by one event loop."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, key_id: str, at: datetime) -> None:
        self._counts[key_id, _day(at)] += 1

    def take(self) -> Mapping[tuple[str, str], int]:
        taken, self._counts = self._counts, Counter()
        return taken

    def give_back(self, counts: Mapping[tuple[str, str], int]) -> None:
        self._counts.update(counts)


@asynccontextmanager
async def written_down(context: Context, counts: KeyCounts, every: float = WRITTEN_EVERY) -> AsyncGenerator[None]:
    """As long as the server runs, and once more when it stops."""
    stopping = asyncio.Event()
    task = asyncio.create_task(_keep_writing(context, counts, every, stopping))
    try:
        yield
    finally:
        stopping.set()
        await task


async def _keep_writing(context: Context, counts: KeyCounts, every: float, stopping: asyncio.Event) -> None:
    # ended by the event and never cancelled: a write that is under way cannot be told from one that did not happen
    while not stopping.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), every)
        await write_down(context, counts)
    await write_down(context, counts)


async def write_down(context: Context, counts: KeyCounts) -> None:
    """What could not be written is kept for the next time."""
    taken = counts.take()
    if not taken:
        return
    try:
        await context.db.write(_add, taken)
    except Exception:
        log.exception("the requests of keys could not be written down; they are kept for the next minute")
        counts.give_back(taken)


def by_day(session: Session, actor: Actor, key_id: str, *, since: date) -> list[dict[str, Any]]:
    """Requests a key made, oldest day first; days without any are left out."""
    allow(actor, Action.READ)
    key = get(session, actor, ApiKey, key_id)
    rows = session.execute(
        select(KeyUsage.day, KeyUsage.requests)
        .where(KeyUsage.key_id == key.id, KeyUsage.day >= since.isoformat())
        .order_by(KeyUsage.day)
    )
    return [{"day": day, "requests": requests} for day, requests in rows]


def total(session: Session, actor: Actor, *, since: date) -> int:
    """Requests made with all keys of the workspace, those that were revoked too."""
    allow(actor, Action.READ)
    found = session.scalar(
        select(func.sum(KeyUsage.requests))
        .join(ApiKey, ApiKey.id == KeyUsage.key_id)
        .where(ApiKey.workspace_id == actor.workspace_id, KeyUsage.day >= since.isoformat())
    )
    return int(found or 0)


def _add(session: Session, counts: Mapping[tuple[str, str], int]) -> None:
    known = set(session.scalars(select(ApiKey.id).where(ApiKey.id.in_({key_id for key_id, _ in counts}))))
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for (key_id, day), number in sorted(counts.items()):
        if key_id in known:  # else the workspace went, with its keys
            session.execute(
                insert(KeyUsage)
                .values(key_id=key_id, day=day, requests=number)
                .on_conflict_do_update(index_elements=["key_id", "day"], set_={"requests": KeyUsage.requests + number})
            )


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
