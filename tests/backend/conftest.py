"""What tests of services stand on: a database for each test, a clock that stands still, a network on loopback.

``database`` is SQLite always, and PostgreSQL as well where the mark ``servers`` is chosen.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import providers
from backend import migrate, workspaces
from backend.access import Actor, Role
from backend.context import Context
from backend.db import Database
from backend.http import Outgoing
from backend.sealing import Sealer
from backend.settings import Settings
from backend.storage import FolderStorage
from tests.servers.postgres import Postgres

from .fake_network import FakeNetwork, fake_network, providers_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database without rows, made once."""
    folder = tmp_path_factory.mktemp("migrated")
    migrate.upgrade(f"sqlite:///{folder / 'empty.db'}", folder)
    return folder / "empty.db"


DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.servers)]


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    return request.getfixturevalue("postgres_server").create_database()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PostgreSQL database without rows, made once, to be copied."""
    url = postgres_server.create_database()
    migrate.upgrade(url, tmp_path_factory.mktemp("migrated"))
    return url


def migrated_url(request: pytest.FixtureRequest, kind: str, folder: Path) -> str:
    """The address of a database with tables and without rows. It is a copy: migrating each anew takes most of a second."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), folder / "test.db")
        return f"sqlite:///{folder / 'test.db'}"
    server: Postgres = request.getfixturevalue("postgres_server")
    url = server.create_database(like=request.getfixturevalue("migrated_postgres"))
    request.addfinalizer(lambda: server.drop_database(url))  # each takes megabytes, and there are hundreds
    return url


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    made = Database(migrated_url(request, request.param, tmp_path))
    yield made
    made.close()


@dataclass
class Clock:
    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def forward(self, step: timedelta) -> datetime:
        self.at += step
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def nudges() -> list[str]:
    """One entry for each time the publisher was woken."""
    return []


@pytest.fixture
async def context(database: Database, clock: Clock, nudges: list[str], tmp_path: Path) -> AsyncIterator[Context]:
    with ThreadPoolExecutor(1) as media:
        async with Outgoing() as http:
            yield Context(
                settings=Settings(
                    data_dir=tmp_path,
                    public_base_url="http://127.0.0.1:8765",
                    call_timeout_seconds=10.0,
                    environ={
                        "SOCIALCLAW_FAKEBOOK_CLIENT_ID": "app-1",
                        "SOCIALCLAW_FAKEBOOK_CLIENT_SECRET": "app-secret",
                    },
                ),
                db=database,
                http=http,
                sealer=Sealer({"test": bytes(32)}, current="test"),
                storage=FolderStorage(tmp_path / "media"),
                media_executor=media,
                film_executor=media,
                nudge=lambda: nudges.append("nudge"),
                now=clock,
            )


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNetwork]:
    """A network, known to the program as the providers ``fakebook`` (OAuth) and ``pasted``."""
    with fake_network() as made:
        known = providers_of(made)
        monkeypatch.setattr(providers, "all_providers", lambda: known)
        providers._names.cache_clear()  # pyright: ignore[reportPrivateUsage]
        yield made
    monkeypatch.undo()
    providers._names.cache_clear()  # pyright: ignore[reportPrivateUsage]


def _actor(database: Database, name: str) -> Actor:
    row = database.write_now(workspaces.create, name=name, now=NOON)
    return Actor(workspace_id=row.id, label=f"user:{name.lower()}", role=Role.OWNER)


@pytest.fixture
def alice(database: Database) -> Actor:
    return _actor(database, "Alice")


@pytest.fixture
def bob(database: Database) -> Actor:
    """The owner of another workspace."""
    return _actor(database, "Bob")
