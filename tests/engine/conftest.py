"""Places for tests of the engine's rules: a real publisher, a database, a network in memory, a clock that stands still.

``place`` is on SQLite; ``either`` is on SQLite and, where the mark ``servers`` is chosen, on PostgreSQL as well: for rules
that the database has to keep.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from psycopg.sql import SQL, Identifier

from tests.backend.conftest import migrated_file, migrated_postgres  # noqa: F401  # fixtures
from tests.servers.postgres import Postgres

from . import scripted
from .problems import OUTSPOKEN, OUTSPOKEN_MUTE
from .scripted import Place, only_known


@pytest.fixture
async def place(tmp_path: Path, migrated_file: Path) -> AsyncIterator[Place]:  # noqa: F811
    async with scripted.place(tmp_path, url=_sqlite(tmp_path, migrated_file)) as made:
        with only_known(OUTSPOKEN, OUTSPOKEN_MUTE):
            yield made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
async def either(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> AsyncIterator[Place]:  # noqa: F811
    url = _sqlite(tmp_path, migrated_file) if request.param == "sqlite" else _postgres(request)
    async with scripted.place(tmp_path, url=url) as made:
        with only_known(OUTSPOKEN, OUTSPOKEN_MUTE):
            yield made


def _sqlite(folder: Path, migrated: Path) -> str:
    shutil.copy(migrated, folder / "engine.db")
    return f"sqlite:///{folder / 'engine.db'}"


def _postgres(request: pytest.FixtureRequest) -> str:
    """A copy of a migrated database: migrating each anew takes most of a second."""
    server: Postgres = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("migrated_postgres").rpartition("/")[2]
    url = server.create_database()
    name = url.rpartition("/")[2]
    with server.connect() as connection:
        connection.execute(SQL("DROP DATABASE {}").format(Identifier(name)))
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
    return url
