"""A workspace and its people: invited, demoted under an open page, the log of it, and the end of everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .running import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def pages(page: Page, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """The owner's, and that of somebody who has nothing yet."""
    with browser.new_context() as stranger:
        yield page, stranger.new_page()


def test_somebody_is_invited_works_is_demoted_and_the_workspace_ends(pages: tuple[Page, Page], running: Demo) -> None:
    owner, guest = pages
    owner.goto(running.url + "/settings/members")
    owner.get_by_role("button", name="Invite somebody").click()
    owner.get_by_label("E-mail").fill("bob@example.com")
    owner.get_by_role("button", name="Make the link").click()
    link = owner.locator(".sc-secret").inner_text()
    owner.get_by_role("button", name="I have it").click()
    expect(owner.get_by_text("Editor, until")).to_be_visible()

    guest.goto(link)
    guest.get_by_label("Your name").fill("Bob")
    guest.get_by_label("Password").fill("a long sentence of words")
    guest.get_by_role("button", name="Join").click()
    guest.wait_for_url(running.url + "/")
    guest.goto(running.url + "/keys")
    expect(guest.get_by_role("button", name="New key")).to_have_count(0)
    card = owner.get_by_role("article").filter(has_text="bob@example.com")
    expect(card).to_be_visible()  # without a reload
    guest.goto(link)
    expect(guest.get_by_text("This invitation does not work")).to_be_visible()

    guest.goto(running.url + "/calendar")
    owner.once("dialog", lambda dialog: dialog.accept())
    card.get_by_role("button", name="Take out").click()
    owner.get_by_role("dialog").get_by_role("button", name="Take out").click()
    expect(card).to_have_count(0)
    guest.wait_for_url("**/signin**", timeout=10_000)

    owner.goto(running.url + "/settings/activity")
    for done in ("Invited", "Joined", "Taken out", "Account connected"):
        expect(owner.get_by_role("cell", name=done).first).to_be_visible()

    owner.goto(running.url + "/settings")
    owner.get_by_role("button", name="Delete workspace").click()
    dialog = owner.get_by_role("dialog")
    expect(dialog.get_by_text("scheduled posts that will not go out")).to_be_visible()
    dialog.get_by_role("button", name="Delete everything").click()
    expect(owner.get_by_text("Type the name of the workspace exactly")).to_be_visible()
    dialog.get_by_label("Type Demo workspace to go on").fill("Demo workspace")
    dialog.get_by_role("button", name="Delete everything").click()
    owner.wait_for_url("**/signin**")
