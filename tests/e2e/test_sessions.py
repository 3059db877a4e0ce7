"""Pages that are open when their session ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers import free_port

from .running import Demo, demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CLOSED_MS = 2_000


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for each test: its sign-in link works once."""
    with demo(tmp_path_factory.mktemp("demo"), port=free_port()) as started:
        yield started


@pytest.mark.parametrize("path", ["/compose", "/posts"])
def test_an_open_page_is_closed_within_two_seconds_of_signing_out_elsewhere(
    browser: Browser, running: Demo, path: str
) -> None:
    context = browser.new_context()
    page, other = context.new_page(), context.new_page()
    other.goto(running.link)
    page.goto(running.url + path)
    shown = page.get_by_role("heading").first
    expect(shown).to_be_visible()
    drawn = page.evaluate("window.drawn = Math.random()")
    lives(page)

    answer = other.request.post(f"{running.url}/auth/logout", data={})

    assert answer.ok
    expect(page).to_have_url(f"{running.url}/signin?next={path}", timeout=CLOSED_MS)
    assert page.evaluate("window.drawn") != drawn
    context.close()


def lives(page: Page) -> None:
    """Its socket is open: from here on the server can tell it something."""
    page.wait_for_function("window.socket?.connected")
