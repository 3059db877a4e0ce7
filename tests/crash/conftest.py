"""One world for all crashes on one database: what one of them leaves is over before the next begins."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from socialclaw_app.sandbox import SandboxThread

from .world import World, world


@pytest.fixture(scope="package")
def sandbox() -> Iterator[str]:
    with SandboxThread() as running:
        for state in running.networks.values():
            state.limits_enabled, state.pace = False, 0.0
        yield running.url


@pytest.fixture(scope="package")
def on_sqlite(sandbox: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("sqlite"), sandbox) as made:
        yield made


@pytest.fixture(scope="package")
def on_postgres(
    sandbox: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    url = request.getfixturevalue("postgres_server").create_database()
    with world(tmp_path_factory.mktemp("postgres"), sandbox, database_url=url) as made:
        yield made


@pytest.fixture
def before_a_real_site(
    sandbox: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    site = frozenset({urlsplit(request.getfixturevalue("wordpress_server").url).netloc})
    with world(tmp_path_factory.mktemp("site"), sandbox, allow_private_hosts=site) as made:
        yield made
