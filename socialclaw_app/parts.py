"""The running parts of one process, built from settings and closed again."""

from __future__ import annotations

import logging
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import context, migrate, sealing, storage
from backend.context import Context
from backend.db import Database
from backend.models import Connection
from backend.settings import Settings
from backend.worker import Queue

MEDIA_THREADS, FILM_THREADS = 2, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    context: Context
    queue: Queue


@contextmanager
def open_parts(settings: Settings) -> Generator[Parts]:
    """Migrates the database first. ``Context.http`` belongs to no event loop yet; edges make their own."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrate.upgrade(settings.resolved_database_url, settings.data_dir)
    database = Database(settings.resolved_database_url)
    queue = Queue(settings)
    media = ThreadPoolExecutor(MEDIA_THREADS, thread_name_prefix="media")
    films = ThreadPoolExecutor(FILM_THREADS, thread_name_prefix="films")
    try:
        yield Parts(
            context=Context(
                settings=settings,
                db=database,
                http=context.outgoing(settings),
                sealer=sealing.load_key(
                    secret_key=settings.secret_key or None,
                    data_dir=settings.data_dir,
                    use_keyring=settings.use_keyring,
                    has_sealed=database.read_now(_holds_secrets),
                ),
                storage=storage.open_storage(settings),
                media_executor=media,
                film_executor=films,
                nudge=queue.nudge,
            ),
            queue=queue,
        )
    finally:
        films.shutdown(cancel_futures=True)
        media.shutdown(cancel_futures=True)
        database.close()


def _holds_secrets(session: Session) -> bool:
    return session.scalar(select(Connection.id).where(Connection.credential.is_not(None)).limit(1)) is not None


def configure_logging(level: str) -> None:
    """To standard error: standard output belongs to ``--json``."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("huey", "alembic", "httpx", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # At debug level it writes the headers with which each page opens its socket, the session's cookie among them.
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        logging.getLogger("uvicorn.error").setLevel(logging.INFO)
