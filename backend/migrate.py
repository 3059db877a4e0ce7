"""Brings a database to the schema of this program, in one transaction, also when several processes start at once.

Alembic is imported only when there is something to migrate: nearly every start finds nothing to do.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from .db import make_engine
from .settings import SettingsError

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 7_652_462_529
"""Any number that nothing else on the database server locks."""


def upgrade(url: str, data_dir: Path, *, to: str = "head", scripts: Path = SCRIPTS) -> None:
    """Raises SettingsError when the database is newer than this program. An SQLite file is copied before it changes."""
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            _lock(connection)
            present = _revision(connection)
            _refuse_newer(present, scripts, data_dir)
            if present == (head(scripts) if to == "head" else to):
                return
            if present is not None:
                _back_up(connection, data_dir, present)
            _run(connection, scripts, to)
            _refuse_broken_references(connection)
    finally:
        engine.dispose()


def current(url: str) -> str | None:
    """The revision of a database; None when it is empty."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            return _revision(connection)
    finally:
        engine.dispose()


def head(scripts: Path = SCRIPTS) -> str:
    """The revision of this program."""
    return revisions(scripts)[-1]


def revisions(scripts: Path = SCRIPTS) -> list[str]:
    """All of them, oldest first: files are named by their revisions, and those are numbered in order."""
    return sorted(path.name.partition("_")[0] for path in (scripts / "versions").glob("[0-9]*.py"))


def config(connection: Connection | None, scripts: Path = SCRIPTS) -> Config:
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(scripts).replace("%", "%%"))
    made.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def _run(connection: Connection, scripts: Path, to: str) -> None:
    from alembic import command

    command.upgrade(config(connection, scripts), to)


def _engine(url: str) -> Engine:
    engine = make_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _allow_rebuilding)
    return engine


def _allow_rebuilding(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    """SQLite changes a column by making the table anew; dropping the old one would delete the rows that point at it."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.close()


def _lock(connection: Connection) -> None:
    """One process migrates, the others wait and find nothing to do. SQLite's transaction is a lock already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _refuse_newer(present: str | None, scripts: Path, data_dir: Path) -> None:
    if present is not None and present not in revisions(scripts):
        raise SettingsError(
            f"The database was written by a newer SocialClaw: its schema is {present}, and this program knows "
            f"{head(scripts)}. Install the newer program again, or restore a copy from {data_dir / 'backups'}."
        )


def _back_up(connection: Connection, data_dir: Path, present: str) -> None:
    """A copy of an SQLite file as it is before the change. Whoever runs PostgreSQL has backups of their own."""
    file = connection.engine.url.database
    if connection.dialect.name != "sqlite" or not file:
        return
    folder = data_dir / "backups"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"before-migration-from-{present}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.db"
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
        target.chmod(0o600)
        source.backup(copy)


def _refuse_broken_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise SettingsError(
                f"The migration would leave rows in {broken[0][0]} that point at nothing. Nothing was changed."
            )
