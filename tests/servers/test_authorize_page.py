"""A real WordPress lets us in on its own page, in a real browser; what follows is the main job, and its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.api.conftest import Client, eventually
from tests.api.files import image

from . import free_port
from .losing_proxy import LosingProxy
from .test_main_job import client, proxy
from .wordpress import Wordpress

__all__ = ["client", "proxy"]

pytestmark = [pytest.mark.servers, pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.route("**/*", _stay_here)
    yield context.new_page()
    context.close()


def _stay_here(route: Route) -> None:
    """WordPress shows pictures of its users from elsewhere."""
    if urlsplit(route.request.url).hostname in ("127.0.0.1", None):
        route.continue_()
    else:
        route.abort()


def start(client: Client, url: str) -> dict[str, Any]:
    return client.ok("POST", "/v1/connections/start", {"provider": "wordpress", "siteUrl": url})["connection"]


def ask(page: Page, site: Wordpress, login: str, address: str) -> None:
    """To the site's page, by way of its sign-in."""
    page.goto(address)
    page.get_by_label("Username or Email Address").fill(login)
    page.get_by_label("Password", exact=True).fill(site.sign_in_password(login))
    page.get_by_role("button", name="Log In").click()
    expect(page.get_by_role("heading", name="Authorize Application")).to_be_visible()
    expect(page.get_by_label("New Application Password Name")).to_have_value("SocialClaw")


def allow(page: Page) -> None:
    page.get_by_role("button", name="Yes, I approve of this connection").click()
    page.wait_for_url("**/oauth/wordpress/callback")


def connect(client: Client, page: Page, site: Wordpress, login: str, url: str) -> dict[str, Any]:
    connection = start(client, url)
    ask(page, site, login, connection["authorizeUrl"])
    allow(page)
    return client.ok("GET", f"/v1/connections/{connection['id']}")["connection"]


def post(client: Client, account: dict[str, Any], title: str, **fields: Any) -> str:
    entry = {"account": account["handle"], "title": title, "text": f"{title}: words", **fields}
    return str(client.apply(entry)["posts"][0]["id"])


def standing(site: Wordpress, title: str) -> list[dict[str, Any]]:
    return [one for one in site.posts() if one["title"]["rendered"] == title]


def over(client: Client, id: str) -> dict[str, Any]:
    return eventually(lambda: found if (found := client.post(id))["status"] in ("published", "failed") else None, 60)


def test_from_a_click_on_the_sites_page_to_a_post_there_and_back(
    client: Client, page: Page, wordpress_server: Wordpress, proxy: LosingProxy
) -> None:
    site, login = wordpress_server, f"alice{free_port()}"
    site.add_user(login, "author")
    connection = connect(client, page, site, login, proxy.url)
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    assert (connection["status"], connection["account"]["displayName"]) == ("connected", "Test site")
    assert "SocialClaw" in site.given_passwords(login)
    assert page.evaluate("performance.getEntriesByType('navigation')[0].name") == page.url
    assert "password" not in page.content().lower()

    picture = client.upload(image(), "sea.png", altText="The sea")
    title = f"With a picture {free_port()}"
    proxy.lose_answers("POST", "/wp/v2/posts")
    found = over(client, post(client, connection["account"], title, assets=[{"id": picture["id"], "altText": "Sea"}]))
    assert (found["status"], found["reconciliationStatus"]) == ("published", "confirmed")
    [there] = standing(site, title)
    assert there["featured_media"] > 0
    assert found["providerUrl"] == there["link"]
    client.ok("POST", f"/v1/posts/{found['id']}/delete")
    assert standing(site, title) == []
    client.ok("DELETE", f"/v1/accounts/{connection['account']['id']}")
    assert "SocialClaw" not in site.given_passwords(login), "the password goes with the account"


def test_who_says_no_there_is_told_so_here(client: Client, page: Page, wordpress_server: Wordpress) -> None:
    site, login = wordpress_server, f"bob{free_port()}"
    site.add_user(login, "author")
    connection = start(client, site.url)
    ask(page, site, login, connection["authorizeUrl"])
    page.get_by_role("button", name="No, I do not approve of this connection").click()
    page.wait_for_url("**/oauth/wordpress/callback")
    expect(page.get_by_role("heading", name="Not connected")).to_be_visible()
    expect(page.get_by_text("You did not let SocialClaw in at Test site.")).to_be_visible()
    told = client.ok("GET", f"/v1/connections/{connection['id']}")["connection"]
    assert (told["status"], told["errorCode"], told["accounts"]) == ("failed", "oauth_denied", [])
    assert "SocialClaw" not in site.given_passwords(login)


def test_who_may_not_write_there_is_told_so_here(client: Client, page: Page, wordpress_server: Wordpress) -> None:
    site, login = wordpress_server, f"reader{free_port()}"
    site.add_user(login, "subscriber")
    told = connect(client, page, site, login, site.url)
    expect(page.get_by_text("may not write posts on this site")).to_be_visible()
    assert (told["status"], told["errorCode"], told["accounts"]) == ("failed", "oauth_failed", [])


def test_a_password_that_was_taken_back_at_the_site_holds_its_posts_until_it_is_given_again(
    client: Client, page: Page, wordpress_server: Wordpress
) -> None:
    site, login = wordpress_server, f"charlie{free_port()}"
    site.add_user(login, "author")
    account = connect(client, page, site, login, site.url)["account"]
    site.revoke_passwords(login)
    title = f"Held {free_port()}"
    id = post(client, account, title)
    held = eventually(lambda: found if (found := client.post(id))["status"] == "retry_pending" else None, 60)
    assert held["errorCode"] == "account_needs_reconnect"
    [row] = client.ok("GET", "/v1/connections/health")["connections"]
    assert (row["status"], row["tokenHealth"], row["postsAtRisk"]) == ("needs_reconnect", "expired", 1)
    assert standing(site, title) == []
    page.goto(start(client, site.url)["authorizeUrl"])  # still signed in there
    allow(page)
    assert over(client, id)["status"] == "published"
    assert len(standing(site, title)) == 1
    assert [one["id"] for one in client.ok("GET", "/v1/accounts")["accounts"]] == [account["id"]]
