"""The database door: plain functions ``fn(session, …)`` run in one transaction each, never on the event loop.

SQLite gets one reader thread and one writer thread. More threads are slower (they fight for the interpreter lock at every
step of a cursor), and SQLAlchemy's own transactions lose updates there without an error, so writers start with
``BEGIN IMMEDIATE``. PostgreSQL runs the same functions on a pool of threads.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

POSTGRES_THREADS = 8


class Database:
    """Readers and writers of one database. ``close`` waits for what is running."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = make_engine(url)
        if self.is_sqlite:
            self._reader = ThreadPoolExecutor(1, thread_name_prefix="db-read")
            self._writer = ThreadPoolExecutor(1, thread_name_prefix="db-write")
        else:
            self._reader = self._writer = ThreadPoolExecutor(POSTGRES_THREADS, thread_name_prefix="db")
        self._read_engine = self.engine.execution_options(sqlite_begin="DEFERRED")
        self._write_engine = self.engine.execution_options(sqlite_begin="IMMEDIATE")

    async def read(self, fn: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reader, lambda: self._run(self._read_engine, fn, args, kwargs))

    async def write(self, fn: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, lambda: self._run(self._write_engine, fn, args, kwargs))

    def read_now(self, fn: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """For callers without an event loop (command line, Huey tasks)."""
        return self._reader.submit(self._run, self._read_engine, fn, args, kwargs).result()

    def write_now(self, fn: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return self._writer.submit(self._run, self._write_engine, fn, args, kwargs).result()

    def close(self) -> None:
        self._writer.shutdown()
        self._reader.shutdown()
        self.engine.dispose()

    def _run(self, engine: Engine, fn: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
        with Session(engine, expire_on_commit=False, autoflush=True) as session:
            result = fn(session, *args, **kwargs)
            session.commit()
            for action in session.info.pop("after_commit", ()):
                _run_after_commit(action)
            return result


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Run ``action`` once this transaction is on disk; not at all if it rolls back. It must not touch the session."""
    session.info.setdefault("after_commit", []).append(action)


def _run_after_commit(action: Callable[[], None]) -> None:
    try:
        action()
    except (
        Exception
    ):  # the rows are committed: a lost wake-up costs seconds, an error here would look like a failed write
        log.exception("an after-commit action failed")


def make_engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=POSTGRES_THREADS, max_overflow=2, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 30})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # the begin hook below starts transactions, not the driver
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # NORMAL may lose the last commits on power loss: an intent must not vanish
        "foreign_keys=ON",
        "busy_timeout=30000",
        "temp_store=MEMORY",
        "cache_size=-8000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")
