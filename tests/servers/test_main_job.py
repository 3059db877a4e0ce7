"""The main job, ending on a network that nobody here wrote: applied over HTTP, published by the worker, seen on the site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backend.settings import load
from socialclaw_app.app import create_app
from socialclaw_app.parts import open_parts
from socialclaw_app.serving import ServerThread
from tests.api.conftest import Client, Server, eventually
from tests.api.files import image
from tests.servers import free_port
from tests.servers.losing_proxy import LosingProxy, losing_proxy
from tests.servers.wordpress import Wordpress

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]


@pytest.fixture
def proxy(wordpress_server: Wordpress) -> Iterator[LosingProxy]:
    with losing_proxy(wordpress_server.url) as running:
        yield running


@pytest.fixture
def client(proxy: LosingProxy, wordpress_server: Wordpress, tmp_path: Path) -> Iterator[Client]:
    port = free_port()
    settings = replace(
        load({}, data_dir=tmp_path),
        public_base_url=f"http://127.0.0.1:{port}",
        allow_private_hosts=frozenset({urlsplit(proxy.url).netloc, urlsplit(wordpress_server.url).netloc}),
        settle_scale=0.1,
    )
    with open_parts(settings) as parts:
        app = create_app(parts, pages=False)
        running = ServerThread(app, host="127.0.0.1", port=port)
        running.start()
        try:
            sandbox: object = None
            yield Server(parts=parts, app=app, url=settings.public_base_url, sandbox=sandbox).workspace("Site")  # type: ignore[arg-type]
        finally:
            running.stop()


def _scheduled(client: Client, account: dict[str, str], title: str) -> dict[str, str]:
    picture = client.upload(image(), "sea.png", altText="The sea")
    due = datetime.now(UTC) + timedelta(seconds=2)
    run = client.apply(
        {
            "account": account["handle"],
            "title": title,
            "text": f"{title}: words & <b>more</b>",
            "assets": [{"url": picture["publicUrl"], "altText": "The sea"}],
            "publish_at": due.isoformat(),
        }
    )
    return run["posts"][0]


def _account(client: Client, site: Wordpress, url: str) -> dict[str, str]:
    return client.connect("wordpress", siteUrl=url, username=site.user, applicationPassword=site.application_password)


def _standing(site: Wordpress, title: str) -> list[dict[str, object]]:
    return [post for post in site.posts() if post["title"]["rendered"] == title]


def test_a_scheduled_post_with_an_image_stands_on_the_site_once_and_is_deleted_there(
    client: Client, wordpress_server: Wordpress
) -> None:
    account = _account(client, wordpress_server, wordpress_server.url)
    title = f"Scheduled {free_port()}"
    post = client.over(_scheduled(client, account, title)["id"])
    assert (post["status"], post["attempts"]) == ("published", 1)
    standing = _standing(wordpress_server, title)
    assert len(standing) == 1
    assert standing[0]["featured_media"]
    assert post["providerUrl"] == standing[0]["link"]
    client.ok("POST", f"/v1/posts/{post['id']}/delete")
    assert _standing(wordpress_server, title) == []
    assert client.refused("POST", f"/v1/posts/{post['id']}/delete") == (409, "post_already_deleted")


def test_a_post_whose_answer_is_lost_is_found_again_and_not_sent_twice(
    client: Client, wordpress_server: Wordpress, proxy: LosingProxy
) -> None:
    account = _account(client, wordpress_server, proxy.url)
    title = f"Lost answer {free_port()}"
    proxy.lose_answers("POST", "/wp/v2/posts")
    id = _scheduled(client, account, title)["id"]
    post = eventually(lambda: found if (found := client.post(id))["status"] in ("published", "failed") else None, 60)
    assert (post["status"], post["reconciliationStatus"]) == ("published", "confirmed")
    assert len(_standing(wordpress_server, title)) == 1
    assert [path for method, path in proxy.record if method == "POST" and path.endswith("/wp/v2/posts")] != []
    assert sum(method == "POST" and path.endswith("/wp/v2/posts") for method, path in proxy.record) == 1
