"""What the edges hand to services that do more than a transaction: settings, database, network, storage."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
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
    nudge: Callable[[], None]
    """Wakes the publisher; losing it costs seconds, never a post."""
    now: Callable[[], datetime] = utc_now
