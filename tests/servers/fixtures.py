"""Pytest plugin: one server of each kind, and one browser, for the whole run, started by the first test that asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from . import require
from .postgres import Postgres, postgres
from .s3 import S3, s3
from .wordpress import Wordpress, wordpress

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "servers: starts WordPress, PostgreSQL or an S3 server on loopback")


@pytest.fixture(scope="session")
def wordpress_server() -> Iterator[Wordpress]:
    with wordpress() as site:
        yield site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Its interface serves one at a time in a process, so all tests share it."""
    from tests.e2e.running import CHROMIUM, chromium

    require(CHROMIUM)
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    with s3() as server:
        yield server
