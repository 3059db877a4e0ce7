"""The schema as migrations make it, on both databases."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Column, DateTime, Engine, MetaData, Table, func, insert, select
from sqlalchemy.types import Boolean, Float, Integer

from backend import migrate
from backend.db import make_engine
from backend.settings import SettingsError

LATER = """
from alembic import op
import sqlalchemy as sa

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    with op.batch_alter_table("workspaces") as table:
        table.alter_column("name", existing_type=sa.Text(), nullable=True)
"""


def test_an_empty_database_is_brought_to_the_newest_revision(empty_url: str, tmp_path: Path) -> None:
    assert migrate.current(empty_url) is None
    migrate.upgrade(empty_url, tmp_path)
    assert migrate.current(empty_url) == migrate.head()


def test_the_migrations_make_exactly_the_tables_of_the_models(empty_url: str, tmp_path: Path) -> None:
    migrate.upgrade(empty_url, tmp_path)
    engine = make_engine(empty_url)
    with engine.connect() as connection:
        command.check(migrate.config(connection))  # raises when they differ
        found = MetaData()
        found.reflect(connection)
    engine.dispose()
    assert "posts" in found.tables


def test_the_files_names_tell_the_revisions_in_their_order() -> None:
    walked = ScriptDirectory.from_config(migrate.config(None)).walk_revisions()
    assert [script.revision for script in walked][::-1] == migrate.revisions()


@pytest.mark.parametrize("revision", migrate.revisions())
def test_rows_of_each_earlier_revision_survive_the_upgrade(empty_url: str, tmp_path: Path, revision: str) -> None:
    """One row in every table the revision had. A revision that drops a table says here what becomes of its rows."""
    migrate.upgrade(empty_url, tmp_path, to=revision)
    engine = make_engine(empty_url)
    before = fill(engine)
    migrate.upgrade(empty_url, tmp_path)
    after = counts(engine)
    assert {table: after.get(table) for table in before} == before
    engine.dispose()


def test_processes_that_start_at_once_agree_on_who_migrates(empty_url: str, tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from backend import migrate; migrate.upgrade(sys.argv[1], Path(sys.argv[2]))"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, empty_url, str(tmp_path)], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    complaints = [process.communicate(timeout=60)[1] for process in processes]
    assert [(process.returncode, said) for process, said in zip(processes, complaints, strict=True)] == [(0, "")] * 3
    assert migrate.current(empty_url) == migrate.head()


def test_a_database_of_a_newer_program_is_refused_with_a_sentence(
    empty_url: str, tmp_path: Path, newer_scripts: Path
) -> None:
    migrate.upgrade(empty_url, tmp_path, scripts=newer_scripts)
    with pytest.raises(SettingsError, match="newer SocialClaw: its schema is 9999"):
        migrate.upgrade(empty_url, tmp_path)
    assert migrate.current(empty_url) == "9999"


def test_an_sqlite_file_is_copied_before_it_changes(tmp_path: Path, newer_scripts: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate.upgrade(url, tmp_path)
    assert not (tmp_path / "backups").exists()
    rows = fill(make_engine(url))
    migrate.upgrade(url, tmp_path, scripts=newer_scripts)
    (copy,) = (tmp_path / "backups").iterdir()
    assert migrate.current(f"sqlite:///{copy}") == migrate.head()
    assert counts(make_engine(f"sqlite:///{copy}")) == rows
    assert copy.stat().st_mode & 0o077 == 0


def test_making_a_table_anew_keeps_the_rows_that_point_at_it(
    empty_url: str, tmp_path: Path, newer_scripts: Path
) -> None:
    migrate.upgrade(empty_url, tmp_path)
    engine = make_engine(empty_url)
    before = fill(engine)
    migrate.upgrade(empty_url, tmp_path, scripts=newer_scripts)
    assert counts(engine) == before
    engine.dispose()


def test_a_migration_that_fails_changes_nothing(empty_url: str, tmp_path: Path, newer_scripts: Path) -> None:
    migrate.upgrade(empty_url, tmp_path)
    broken = next((newer_scripts / "versions").glob("9999*"))
    broken.write_text(broken.read_text() + "    op.drop_table('workspaces_of_another_program')\n")
    with pytest.raises(Exception, match="workspaces_of_another_program"):
        migrate.upgrade(empty_url, tmp_path, scripts=newer_scripts)
    assert migrate.current(empty_url) == migrate.head()


def test_an_upgraded_database_is_left_alone(empty_url: str, tmp_path: Path) -> None:
    migrate.upgrade(empty_url, tmp_path)
    migrate.upgrade(empty_url, tmp_path)
    assert not (tmp_path / "backups").exists()
    assert migrate.current(empty_url) == migrate.head()


@pytest.fixture
def newer_scripts(tmp_path: Path) -> Path:
    """The migrations of a later program, which makes a table anew that others point at."""
    scripts = tmp_path / "newer"
    shutil.copytree(migrate.SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "9999_later.py").write_text(LATER.format(head=migrate.head()))
    return scripts


def fill(engine: Engine) -> dict[str, int]:
    """One row in every table, whatever the tables are."""
    tables = reflected(engine)
    with engine.begin() as connection:
        for table in tables:
            connection.execute(
                insert(table).values({column.name: value_for(table, column) for column in table.columns})
            )
    return counts(engine)


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in reflected(engine)
        }


def reflected(engine: Engine) -> list[Table]:
    found = MetaData()
    found.reflect(engine)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def value_for(table: Table, column: Column[Any]) -> Any:
    """The only row of a table points at itself when it points at its own kind."""
    pointed = next(iter(column.foreign_keys), None)
    if pointed is not None:
        return value_for(pointed.column.table, pointed.column)
    if isinstance(column.type, DateTime):
        return datetime(2026, 1, 1, tzinfo=UTC)
    if isinstance(column.type, JSON):
        return {}
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Integer | Float):
        return 1
    return f"{table.name}.{column.name}"
