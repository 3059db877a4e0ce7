"""The servers do what the other tests rely on."""

import base64
import json
import socket
import struct
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from . import free_port
from .losing_proxy import losing_proxy
from .postgres import Postgres
from .process import temporary_place
from .wordpress import Wordpress

pytestmark = pytest.mark.servers

_loopback = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class TestWordpress:
    def test_it_publishes_a_post_with_an_image(self, wordpress_server: Wordpress) -> None:
        author = Author(wordpress_server)
        media = author.upload("red.png", png(640, 480))
        post = author.publish("With an image", slug="with-an-image", featured_media=media["id"])

        assert (media["mime_type"], media["media_details"]["width"]) == ("image/png", 640)
        assert (post["status"], post["slug"]) == ("publish", "with-an-image")
        assert post["featured_media"] == media["id"]
        assert b"With an image" in fetch(post["link"])
        assert fetch(media["source_url"]) == png(640, 480)

    def test_a_deleted_post_is_gone(self, wordpress_server: Wordpress) -> None:
        author = Author(wordpress_server)
        post = author.publish("Short-lived", slug="short-lived")
        assert author.call("DELETE", f"/wp-json/wp/v2/posts/{post['id']}?force=true")["deleted"]
        assert wordpress_server.posts(slug="short-lived") == []

    def test_it_lists_more_posts_than_one_page_holds(self, wordpress_server: Wordpress) -> None:
        author = Author(wordpress_server)
        for number in range(3):
            author.publish("Many", slug=f"many-{number}", status="draft")
        found = wordpress_server.posts("draft", search="Many", per_page="1")
        assert {post["slug"] for post in found} == {"many-0", "many-1", "many-2"}

    def test_a_contributor_may_not_publish(self, wordpress_server: Wordpress) -> None:
        password = wordpress_server.add_user("carol", "contributor")
        author = Author(wordpress_server, user="carol", password=password)
        with pytest.raises(Refused, match="403 rest_cannot_publish"):
            author.publish("Too early", slug="too-early")

    def test_a_revoked_password_opens_nothing(self, wordpress_server: Wordpress) -> None:
        password = wordpress_server.add_user("erin", "editor")
        wordpress_server.revoke_passwords("erin")
        with pytest.raises(Refused, match="401"):
            Author(wordpress_server, user="erin", password=password).publish("No", slug="no")

        fresh = wordpress_server.new_application_password("erin")
        Author(wordpress_server, user="erin", password=fresh).publish("Yes", slug="yes")
        assert [post["slug"] for post in wordpress_server.posts(slug="yes,no")] == ["yes"]


class TestLosingProxy:
    def test_a_post_whose_answer_was_lost_is_found_by_its_slug(self, wordpress_server: Wordpress) -> None:
        with losing_proxy(wordpress_server.url) as proxy:
            author = Author(wordpress_server, through=proxy.url)
            proxy.lose_answers("POST", "/wp/v2/posts")
            with pytest.raises(ConnectionError):
                author.publish("Lost", slug="lost")
            query = "/wp-json/wp/v2/posts?slug=lost&status=publish,draft&context=edit"
            assert [post["slug"] for post in author.call("GET", query)] == ["lost"]
            assert proxy.record == [("POST", "/wp-json/wp/v2/posts"), ("GET", query)]

    def test_a_refused_post_was_never_made(self, wordpress_server: Wordpress) -> None:
        with losing_proxy(wordpress_server.url) as proxy:
            author = Author(wordpress_server, through=proxy.url)
            proxy.refuse("POST", "/wp/v2/posts")
            with pytest.raises(ConnectionError):
                author.publish("Refused", slug="refused")
            assert wordpress_server.posts(slug="refused") == []
            author.publish("Refused", slug="refused")
            assert len(wordpress_server.posts(slug="refused")) == 1

    def test_an_image_passes_unchanged_in_chunks(self, wordpress_server: Wordpress) -> None:
        image = png(800, 600)
        with losing_proxy(wordpress_server.url) as proxy:
            author = Author(wordpress_server, through=proxy.url)
            media = author.upload("chunks.png", [image[:1000], image[1000:]])
        assert fetch(media["source_url"]) == image


class TestPostgres:
    def test_it_runs_a_statement(self, postgres_server: Postgres) -> None:
        with psycopg.connect(plain(postgres_server.url)) as connection:
            assert connection.execute("SELECT 6 * 7").fetchone() == (42,)
            assert connection.execute("SHOW max_connections").fetchone() == ("50",)

    def test_a_fresh_database_is_empty(self, postgres_server: Postgres) -> None:
        first, second = postgres_server.create_database(), postgres_server.create_database()
        with psycopg.connect(plain(first)) as connection:
            connection.execute("CREATE TABLE posts (id int)")
        with psycopg.connect(plain(second)) as connection:
            assert connection.execute("SELECT to_regclass('posts')").fetchone() == (None,)


class TestProcess:
    def test_a_server_that_dies_at_once_shows_its_output(self) -> None:
        command = ["sh", "-c", "echo no such luck"]
        with (
            temporary_place("dies") as place,
            pytest.raises(RuntimeError, match="no such luck"),
            place.serving("dies", command, port=free_port()),
        ):
            pass

    def test_a_killed_test_process_leaves_no_server_behind(self) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", SERVES_UNTIL_KILLED],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        ) as tests:
            assert tests.stdout is not None
            port, folder = tests.stdout.readline().split()
            assert is_listening(int(port))
            tests.kill()
        wait_until(lambda: not is_listening(int(port)))
        wait_until(lambda: not Path(folder).exists())


SERVES_UNTIL_KILLED = textwrap.dedent("""
    import sys, time
    from tests.servers import free_port
    from tests.servers.process import temporary_place

    port = free_port()
    command = [sys.executable, '-m', 'http.server', '--bind', '127.0.0.1', str(port)]
    with temporary_place('killed') as place, place.serving('http', command, port=port):
        print(port, place.folder, flush=True)
        time.sleep(60)
""")


class Author:
    """Somebody who calls the REST API of a site, perhaps through a proxy."""

    def __init__(self, site: Wordpress, *, user: str = "", password: str = "", through: str = "") -> None:
        login = f"{user or site.user}:{password or site.application_password}"
        self.secret = "Basic " + base64.b64encode(login.encode()).decode()
        self.base = through or site.url

    def publish(self, title: str, **fields: object) -> Any:
        post = {"title": title, "content": "<p>Hello</p>", "status": "publish", **fields}
        headers = {"Content-Type": "application/json"}
        return self.call("POST", "/wp-json/wp/v2/posts", json.dumps(post).encode(), headers)

    def upload(self, name: str, image: bytes | list[bytes]) -> Any:
        headers = {
            "Content-Type": "image/png",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return self.call("POST", "/wp-json/wp/v2/media", image, headers)

    def call(
        self,
        method: str,
        path: str,
        body: bytes | list[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """The answer's JSON. A body in pieces is sent with chunked transfer encoding."""
        request = urllib.request.Request(self.base + path, data=body, method=method)
        for name, value in {**(headers or {}), "Authorization": self.secret}.items():
            request.add_header(name, value)
        try:
            with _loopback.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(f"{error.code} {json.load(error)['code']}") from None


class Refused(Exception):
    """The status and the code of an error answer."""


def fetch(url: str) -> bytes:
    with _loopback.open(url, timeout=30) as answer:
        return bytes(answer.read())


def plain(url: str) -> str:
    """The URL as psycopg itself reads it, without SQLAlchemy's driver name."""
    return url.replace("+psycopg", "")


def png(width: int, height: int) -> bytes:
    """A red picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        length, checksum = struct.pack(">I", len(data)), struct.pack(">I", zlib.crc32(kind + data))
        return length + kind + data + checksum

    rows = (b"\0" + b"\xff\0\0" * width) * height
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def wait_until(happens: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
