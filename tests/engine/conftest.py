"""Places for tests of the engine's rules: a real publisher, a database, a network in memory, a clock that stands still.

``place`` is on SQLite; ``either`` is on SQLite and, where the mark ``servers`` is chosen, on PostgreSQL as well: for rules
that the database has to keep.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.backend.conftest import DATABASES, migrated_file, migrated_postgres, migrated_url  # noqa: F401  # fixtures

from . import scripted
from .problems import OUTSPOKEN, OUTSPOKEN_MUTE
from .scripted import Place, only_known


@pytest.fixture
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with scripted.place(tmp_path, url=migrated_url(request, "sqlite", tmp_path)) as made:
        with only_known(OUTSPOKEN, OUTSPOKEN_MUTE):
            yield made


@pytest.fixture(params=DATABASES)
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with scripted.place(tmp_path, url=migrated_url(request, request.param, tmp_path)) as made:
        with only_known(OUTSPOKEN, OUTSPOKEN_MUTE):
            yield made
