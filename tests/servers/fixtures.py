"""Pytest plugin: one server of each kind for the whole run, started by the first test that asks."""

from collections.abc import Iterator

import pytest

from .postgres import Postgres, postgres
from .s3 import S3, s3
from .wordpress import Wordpress, wordpress


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "servers: starts WordPress, PostgreSQL or an S3 server on loopback")


@pytest.fixture(scope="session")
def wordpress_server() -> Iterator[Wordpress]:
    with wordpress() as site:
        yield site


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    with s3() as server:
        yield server
