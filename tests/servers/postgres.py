"""A PostgreSQL cluster of its own: empty, on loopback, fast because it may forget everything."""

import contextlib
import itertools
import os
import pwd
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from . import free_port, require, unavailable
from .process import START_SECONDS, temporary_place

INITDB = [
    "--username=postgres",
    "--auth=md5",  # tests connect thousands of times, and thousands of rounds of hashing keep nobody out here
    "--pwfile=password",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
]
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "50",
    "shared_buffers": "32MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A running cluster. `url` is the superuser's way into the database `postgres`."""

    port: int
    password: str
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def url(self) -> str:
        return self._url("postgres")

    def create_database(self, *, like: str | None = None) -> str:
        """The URL of a fresh database: an empty one, or a copy of the one at the URL ``like``."""
        name, template = f"test_{next(self._numbers)}", (like or "/template1").rpartition("/")[2]
        with self.connect() as connection:
            # Through the log, as is usual since version 15, a copy takes twice as long.
            how = "STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} {how}")
        return self._url(name)

    def drop_database(self, url: str) -> None:
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def connect(self) -> psycopg.Connection:
        """A connection of the superuser, each of whose statements commits by itself."""
        return psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres:{self.password}@127.0.0.1:{self.port}/{database}"


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a cluster, stop and delete it when the block ends."""
    programs = _programs()
    user = _unprivileged_user()
    become = _become(user)
    cluster = Postgres(port=free_port(), password=secrets.token_hex(16))
    with temporary_place("postgres") as place:
        _hand_over(place.folder, user, cluster.password)
        place.run([*become, f"{programs}/initdb", "-D", "data", *INITDB])
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        command = [*become, f"{programs}/postgres", "-D", "data", "-p", str(cluster.port)]
        # SIGINT: stop at once although clients are connected, but release the shared memory.
        with place.serving("postgres", [*command, *settings], port=cluster.port, stop_signal=signal.SIGINT):
            _wait_until_ready(cluster)
            yield cluster


def _programs() -> Path:
    """The folder of the newest server programs: Debian keeps them off the search path."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: float(path.parts[-3]), default=None)
    return newest.parent if newest else Path(require("initdb", "postgres")[0]).resolve().parent


def _unprivileged_user() -> str | None:
    """Whom to run PostgreSQL as, since it refuses to run as root. None: as who we are."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in ("postgres", "nobody") if name in names), None)
    return user or unavailable("no unprivileged user to run PostgreSQL as")


def _become(user: str | None) -> list[str]:
    """What to put before a command so that `user` runs it."""
    if user is None:
        return []
    group = pwd.getpwnam(user).pw_gid
    return [*require("setpriv"), f"--reuid={user}", f"--regid={group}", "--clear-groups", "--"]


def _hand_over(folder: Path, user: str | None, password: str) -> None:
    """Let `user` work in the folder, with the password of the superuser-to-be."""
    secret = folder / "password"
    secret.write_text(password)
    if user is not None:
        shutil.chown(secret, user)
        shutil.chown(folder, user)


def _wait_until_ready(cluster: Postgres) -> None:
    """PostgreSQL listens a moment before it lets anyone in."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return cluster.connect().close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.02)
