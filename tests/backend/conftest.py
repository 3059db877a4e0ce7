"""A database for each test: SQLite always, PostgreSQL as well where the mark ``servers`` is chosen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import migrate
from backend.db import Database


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database without rows, made once."""
    folder = tmp_path_factory.mktemp("migrated")
    migrate.upgrade(f"sqlite:///{folder / 'empty.db'}", folder)
    return folder / "empty.db"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    return request.getfixturevalue("postgres_server").create_database()


@pytest.fixture
def database(empty_url: str, tmp_path: Path, migrated_file: Path) -> Iterator[Database]:
    if empty_url.startswith("sqlite"):
        shutil.copy(migrated_file, tmp_path / "test.db")
    else:
        migrate.upgrade(empty_url, tmp_path)
    made = Database(empty_url)
    yield made
    made.close()
