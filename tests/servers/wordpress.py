"""A real WordPress with its own MariaDB, both on loopback and both gone when the block ends.

Needs what Debian calls wordpress, php-cli, php-mysql, php-gd, php-xml, php-mbstring and
mariadb-server. None of their system services is touched.
"""

import base64
import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import free_port, require, unavailable
from .process import Place, temporary_place

SOURCE = Path(os.environ.get("WORDPRESS_SOURCE", "/usr/share/wordpress"))
ADMIN = "admin"
# Reads for the tests' own checks, and keeps its password when a test revokes the others.
OBSERVER = "observer"
UPLOAD_LIMIT = "64M"
WORKERS = 4  # WordPress calls itself while it answers: one worker would wait for itself

_loopback = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordpress:
    """A running site. Tests that revoke passwords should do so to a user of their own."""

    url: str
    user: str
    application_password: str
    _observer_password: str
    _php: "Php"

    def posts(self, status: str = "any", **filters: str) -> list[dict[str, Any]]:
        """All posts as the REST API gives them for editing; `filters` such as slug='x'."""
        query = {"status": status, "context": "edit", "per_page": "100", **filters}
        found: list[dict[str, Any]] = []
        page = pages = 1
        while page <= pages:
            answer, pages = self._page_of_posts({**query, "page": str(page)})
            found += answer
            page += 1
        return found

    def add_user(self, login: str, role: str) -> str:
        """Create a user; returns an application password of theirs."""
        return str(self._php.run("add_user", login=login, role=role))

    def new_application_password(self, login: str = ADMIN) -> str:
        """One more application password, also for a user whose others were revoked."""
        return str(self._php.run("new_password", login=login))

    def revoke_passwords(self, login: str = ADMIN) -> None:
        """Revoke all application passwords of one user: requests with them now get 401."""
        self._php.run("revoke_passwords", login=login)

    def sign_in_password(self, login: str) -> str:
        """A new password to sign in with at the site's own pages."""
        password = secrets.token_urlsafe(12)
        self._php.run("set_sign_in_password", login=login, password=password)
        return password

    def given_passwords(self, login: str) -> list[str]:
        """The names of a user's application passwords."""
        return list(self._php.run("given_passwords", login=login))

    def _page_of_posts(self, query: dict[str, str]) -> tuple[list[dict[str, Any]], int]:
        address = f"{self.url}/wp-json/wp/v2/posts?{urllib.parse.urlencode(query)}"
        secret = base64.b64encode(f"{OBSERVER}:{self._observer_password}".encode()).decode()
        request = urllib.request.Request(address, headers={"Authorization": f"Basic {secret}"})
        with _loopback.open(request, timeout=30) as answer:
            return json.load(answer), int(answer.headers["X-WP-TotalPages"])


@contextlib.contextmanager
def wordpress() -> Iterator[Wordpress]:
    """Start MariaDB and PHP's server, install a site, stop and delete all when the block ends."""
    php, mariadbd, install_db = require("php", "mariadbd", "mariadb-install-db")
    _require_parts(php)
    with temporary_place("wordpress") as place:
        database = Database(place=place, port=free_port(), password=secrets.token_hex(16))
        site = Php(place=place, program=php, port=free_port())
        with ThreadPoolExecutor() as side:
            created = side.submit(database.create, install_db)
            site.copy_files(database)
            created.result()
        with database.running(mariadbd), site.running():
            passwords = site.run("install", admin=ADMIN, observer=OBSERVER)
            yield Wordpress(
                url=site.url,
                user=ADMIN,
                application_password=passwords[ADMIN],
                _observer_password=passwords[OBSERVER],
                _php=site,
            )


def _require_parts(php: str) -> None:
    if not (SOURCE / "wp-load.php").is_file():
        unavailable(f"not installed: WordPress in {SOURCE}")
    probe = [php, "-r", "exit(extension_loaded('mysqli') ? 0 : 1);"]
    if subprocess.run(probe, capture_output=True).returncode:
        unavailable("not installed: the mysqli extension of PHP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """The MariaDB of one site."""

    place: Place
    port: int
    password: str

    def create(self, install_db: str) -> None:
        self.place.run([install_db, *self._options(), "--skip-test-db"])

    @contextlib.contextmanager
    def running(self, mariadbd: str) -> Iterator[None]:
        folder = self.place.folder
        start = folder / "start.sql"
        start.write_text(
            "CREATE DATABASE wp CHARACTER SET utf8mb4;\n"
            f"CREATE USER wp@'127.0.0.1' IDENTIFIED BY '{self.password}';\n"
            "GRANT ALL ON wp.* TO wp@'127.0.0.1';\n"
        )
        command = [
            mariadbd,
            *self._options(),
            f"--socket={folder}/db.sock",
            f"--pid-file={folder}/db.pid",
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            f"--init-file={start}",
            "--skip-log-bin",
            "--skip-name-resolve",
        ]
        with self.place.serving("mariadbd", command, port=self.port):
            yield

    def _options(self) -> list[str]:
        return [
            "--no-defaults",
            *(["--user=root"] if os.geteuid() == 0 else []),
            f"--datadir={self.place.folder}/db",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=16M",
            "--innodb-flush-log-at-trx-commit=0",
            "--skip-innodb-doublewrite",
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Php:
    """The PHP side of one site: its files, its web server, and scripts run inside of it."""

    place: Place
    program: str
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def root(self) -> Path:
        return self.place.folder / "site"

    def copy_files(self, database: Database) -> None:
        """A copy without symbolic links: WordPress looks for its settings beside its real files."""
        shutil.copytree(SOURCE, self.root, ignore_dangling_symlinks=True)
        (self.root / "wp-config.php").write_text(_config(self.url, database))
        (self.place.folder / "opcache").mkdir()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        command = [*self._command(), "-S", f"127.0.0.1:{self.port}", "-t", str(self.root)]
        workers = {"PHP_CLI_SERVER_WORKERS": str(WORKERS)}
        # SIGINT: the one signal on which PHP's server waits for its workers.
        with self.place.serving("php", command, port=self.port, env=workers, stop_signal=signal.SIGINT):
            yield

    def run(self, action: str, **arguments: str) -> Any:
        """Call a function of wordpress.php inside the site; returns what it returns."""
        script = str(Path(__file__).with_suffix(".php"))
        command = [*self._command(), script, str(self.root), action, json.dumps(arguments)]
        return json.loads(self.place.run(command).rpartition("\n")[2])

    def _command(self) -> list[str]:
        options = {
            "upload_max_filesize": UPLOAD_LIMIT,
            "post_max_size": UPLOAD_LIMIT,
            "memory_limit": "256M",
            "sendmail_path": "true",
            "display_errors": "stderr",
            # Every script is a process of its own; this lets it start in a third of the time.
            "opcache.enable_cli": "1",
            "opcache.file_cache": f"{self.place.folder}/opcache",
        }
        return [self.program, *(f"-d{name}={value}" for name, value in options.items())]


def _config(url: str, database: Database) -> str:
    settings: dict[str, str | bool] = {
        "DB_NAME": "wp",
        "DB_USER": "wp",
        "DB_PASSWORD": database.password,
        "DB_HOST": f"127.0.0.1:{database.port}",
        "DB_CHARSET": "utf8mb4",
        "DB_COLLATE": "",
        "WP_HOME": url,
        "WP_SITEURL": url,
        "WP_ENVIRONMENT_TYPE": "local",  # application passwords need TLS anywhere else
        "WP_HTTP_BLOCK_EXTERNAL": True,
        "DISABLE_WP_CRON": True,
        "AUTOMATIC_UPDATER_DISABLED": True,
        "FS_METHOD": "direct",
    }
    for use in ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE"):
        settings |= {f"{use}_KEY": secrets.token_hex(32), f"{use}_SALT": secrets.token_hex(32)}
    lines = [f"define('{name}', {_literal(value)});" for name, value in settings.items()]
    return "\n".join(["<?php", *lines, _CONFIG_END])


def _literal(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else f"'{value}'"


_CONFIG_END = """
$table_prefix = 'wp_';
defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
