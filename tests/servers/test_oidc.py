"""Signing in through an OpenID provider that nobody here wrote, as a browser does it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import httpx2
import pytest

from backend import users, workspaces
from backend.access import Role
from backend.context import utc_now
from backend.db import Database
from backend.settings import load
from socialclaw_app.app import create_app
from socialclaw_app.parts import Parts, open_parts
from socialclaw_app.serving import ServerThread, free_port

from .oidc import CLIENT, SECRET, openid

pytestmark = pytest.mark.servers

MOST_PAGES = 15


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    """A running server that lets people in through the provider."""
    port = free_port("127.0.0.1", 0)
    url = f"http://127.0.0.1:{port}"
    with openid(f"{url}/auth/google/callback") as provider:
        settings = replace(
            load({}, data_dir=tmp_path),
            public_base_url=url,
            google_client_id=CLIENT,
            google_client_secret=SECRET,
            google_issuer=provider.issuer,
            allow_sign_up=True,
        )
        with open_parts(settings) as opened:
            running = ServerThread(create_app(opened, worker=False, pages=False), host="127.0.0.1", port=port)
            running.start()
            try:
                yield opened
            finally:
                running.stop()


def sign_in(parts: Parts, name: str, *, cancel: bool = False) -> tuple[httpx2.Client, str]:
    """The browser afterwards, and where our callback sent it."""
    ours = parts.context.settings.public_base_url
    browser = httpx2.Client(timeout=30)
    url = f"{ours}/auth/google/start"
    for _ in range(MOST_PAGES):
        answer = browser.get(url)
        if answer.is_redirect:
            if url.startswith(f"{ours}/auth/google/callback"):
                return browser, answer.headers["location"]
            url = urljoin(url, answer.headers["location"])
            continue
        url = _submitted(browser, url, answer.text, name) if not cancel else _canceled(url, answer.text)
    raise AssertionError(f"still at {url}")


def _submitted(browser: httpx2.Client, url: str, page: str, name: str) -> str:
    """Both of its pages: who are you, and may they know."""
    action = re.search(r'<form[^>]* action="([^"]+)"', page)
    assert action, page
    fields = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))
    answer = browser.post(urljoin(url, html.unescape(action[1])), data={**fields, "login": name, "password": "any"})
    assert answer.is_redirect, answer.text
    return urljoin(url, answer.headers["location"])


def _canceled(url: str, page: str) -> str:
    abort = re.search(r'href="([^"]+/abort)"', page)
    assert abort, page
    return urljoin(url, html.unescape(abort[1]))


def account(db: Database, email: str) -> str:
    workspace = db.write_now(workspaces.create, name="Theirs", now=utc_now())
    facts = {"password": None, "workspace_id": workspace.id, "role": Role.OWNER, "verified": True}
    return db.write_now(users.create, email=email, now=utc_now(), **facts).id


def session_of(parts: Parts, browser: httpx2.Client) -> dict[str, object]:
    return browser.get(f"{parts.context.settings.public_base_url}/v1/dashboard/session").json()


def test_a_stranger_signs_in_and_has_a_workspace(parts: Parts) -> None:
    browser, came_to = sign_in(parts, "alice")

    told = session_of(parts, browser)
    assert came_to == "/"
    assert told["user"] == {**told["user"], "email": "alice@example.com", "name": "Alice Example"}
    assert told["membership"] == {**told["membership"], "role": "owner"}


def test_who_has_an_account_comes_to_it_each_time(parts: Parts) -> None:
    user_id = account(parts.context.db, "bob@example.com")

    seen = [session_of(parts, sign_in(parts, "bob")[0])["user"]["id"] for _ in range(2)]

    assert seen == [user_id, user_id]


def test_an_address_that_the_provider_does_not_vouch_for_opens_nobodys_account(parts: Parts) -> None:
    account(parts.context.db, "unproved@example.com")

    browser, came_to = sign_in(parts, "unproved")

    assert came_to == "/signin?error=user_exists"
    assert session_of(parts, browser)["authenticated"] is False


def test_who_turns_back_is_told_so(parts: Parts) -> None:
    browser, came_to = sign_in(parts, "charlie", cancel=True)

    assert came_to == "/signin?error=sign_in_denied"
    assert session_of(parts, browser)["authenticated"] is False
