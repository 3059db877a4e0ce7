"""What the edges hand to services that do more than a transaction: settings, database, network, storage."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .db import Database
from .http import Outgoing
from .sealing import Sealer
from .settings import Settings
from .storage import Storage


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    settings: Settings
    db: Database
    http: Outgoing
    sealer: Sealer
    storage: Storage
    media_executor: Executor
    """Looks at files and makes pictures: seconds at most."""
    film_executor: Executor
    """Makes films, which takes minutes: uploads must not wait behind them."""
    nudge: Callable[[], None]
    """Wakes the publisher; losing it costs seconds, never a post."""
    now: Callable[[], datetime] = utc_now


def outgoing(settings: Settings) -> Outgoing:
    return Outgoing(
        allow_private_hosts=settings.allow_private_hosts, connect_seconds=min(10.0, settings.call_timeout_seconds)
    )


@asynccontextmanager
async def own_connections(context: Context) -> AsyncGenerator[Context]:
    """The same context for another event loop: connections belong to the loop that opened them."""
    async with outgoing(context.settings) as http:
        yield replace(context, http=http)
