"""The database door: no update is lost, no time without a zone gets in, nothing is announced before it is on disk."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, select, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from backend.db import Database, after_commit, make_engine
from backend.models import RateLevel, Workspace

from .conftest import NOON

THREADS, TIMES = 4, 100


def add_one(session: Session) -> None:
    """Reads, then writes what it read plus one: right only while nobody else does so meanwhile."""
    row = session.scalars(select(RateLevel).where(RateLevel.key == "count").with_for_update()).one()
    session.execute(update(RateLevel).where(RateLevel.key == "count").values(counts={"n": row.counts["n"] + 1}))


def in_threads(work: object) -> None:
    assert callable(work)
    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def count(database: Database) -> int:
    return database.read_now(lambda session: session.scalars(select(RateLevel)).one().counts["n"])


def start_at_zero(database: Database) -> None:
    database.write_now(lambda session: session.add(RateLevel(key="count", counts={"n": 0})))


def test_no_update_is_lost_between_threads(database: Database) -> None:
    start_at_zero(database)
    in_threads(lambda: [database.write_now(add_one) for _ in range(TIMES)])
    assert count(database) == THREADS * TIMES


def test_no_update_is_lost_between_processes_that_share_the_file(migrated_file: Path, tmp_path: Path) -> None:
    """Each thread has a Database of its own, as each process has."""
    url = copied(migrated_file, tmp_path)
    database = Database(url)
    start_at_zero(database)

    def work() -> None:
        own = Database(url)
        for _ in range(TIMES):
            own.write_now(add_one)
        own.close()

    in_threads(work)
    assert count(database) == THREADS * TIMES
    database.close()


def test_without_the_begin_hook_updates_would_be_lost(migrated_file: Path, tmp_path: Path) -> None:
    """Why the hook is there: SQLAlchemy's own SQLite transactions begin at the first write, after the read."""
    url = copied(migrated_file, tmp_path)
    database = Database(url)
    start_at_zero(database)
    engine = create_engine(url, connect_args={"timeout": 30})
    both_have_read = threading.Barrier(2, timeout=10)

    def work() -> None:
        with Session(engine) as session:
            row = session.scalars(select(RateLevel)).one()
            both_have_read.wait()
            session.execute(update(RateLevel).values(counts={"n": row.counts["n"] + 1}))
            session.commit()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 1
    engine.dispose()
    database.close()


def test_sqlite_writers_begin_immediate_and_readers_do_not_wait_for_them(migrated_file: Path, tmp_path: Path) -> None:
    database = Database(copied(migrated_file, tmp_path))
    begun: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("BEGIN"):
            begun.append(statement)

    database.read_now(lambda session: session.scalars(select(Workspace)).all())
    database.write_now(lambda session: session.scalars(select(Workspace)).all())
    assert begun == ["BEGIN DEFERRED", "BEGIN IMMEDIATE"]
    database.close()


def test_sqlite_keeps_what_is_committed_and_checks_references(migrated_file: Path, tmp_path: Path) -> None:
    engine = make_engine(copied(migrated_file, tmp_path))
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        database.write_now(lambda session: session.add(workspace(datetime(2026, 11, 23, 12))))  # noqa: DTZ001


def test_a_time_comes_back_as_the_same_moment_in_utc(database: Database) -> None:
    tokyo = datetime(2026, 11, 23, 21, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9)))
    database.write_now(lambda session: session.add(workspace(tokyo)))
    stored = database.read_now(lambda session: session.scalars(select(Workspace.created_at)).one())
    assert stored == tokyo
    assert stored.tzinfo is UTC


def test_times_of_different_zones_are_compared_as_moments(database: Database) -> None:
    database.write_now(lambda session: session.add(workspace(NOON)))
    just_before = (NOON - timedelta(seconds=1)).astimezone(timezone(timedelta(hours=-8)))
    found = database.read_now(
        lambda session: session.scalars(select(Workspace.id).where(Workspace.created_at > just_before)).all()
    )
    assert found == ["ws_1"]


def test_after_commit_runs_once_the_rows_are_there(database: Database) -> None:
    seen: list[int] = []

    def write(session: Session) -> None:
        session.add(workspace(NOON))
        after_commit(session, lambda: seen.append(len(database.read_now(all_ids))))

    database.write_now(write)
    assert seen == [1]


def test_after_commit_does_not_run_when_the_transaction_fails(database: Database) -> None:
    seen: list[str] = []

    def write(session: Session) -> None:
        session.add(workspace(NOON))
        after_commit(session, lambda: seen.append("ran"))
        raise LookupError("no")

    with pytest.raises(LookupError):
        database.write_now(write)
    assert seen == []
    assert database.read_now(all_ids) == []


def test_an_after_commit_that_fails_does_not_undo_the_write(database: Database) -> None:
    def write(session: Session) -> None:
        session.add(workspace(NOON))
        after_commit(session, lambda: 1 / 0)  # type: ignore[arg-type, return-value]

    database.write_now(write)
    assert database.read_now(all_ids) == ["ws_1"]


async def test_functions_run_off_the_event_loop(database: Database) -> None:
    here = threading.get_ident()
    assert await database.read(lambda session: threading.get_ident()) != here
    assert await database.write(lambda session: threading.get_ident()) != here


def all_ids(session: Session) -> list[str]:
    return list(session.scalars(select(Workspace.id)))


def workspace(at: datetime) -> Workspace:
    return Workspace(id="ws_1", name="One", plan="self_hosted", subscription_status="active", created_at=at)


def copied(file: Path, folder: Path) -> str:
    (folder / "copy.db").write_bytes(file.read_bytes())
    return f"sqlite:///{folder / 'copy.db'}"
