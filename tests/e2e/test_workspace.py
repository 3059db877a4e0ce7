"""A workspace and its people: invited, demoted under an open page, the log of it, and the end of everything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from backend import events
from backend.access import Actor, scoped
from backend.ids import new_id
from backend.models import Account
from tests.seeds import workspace_of

from .running import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def pages(page: Page, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """The owner's, and that of somebody who has nothing yet."""
    with browser.new_context() as stranger:
        yield page, stranger.new_page()


def more_accounts(session: Session, actor: Actor, count: int, now: datetime) -> None:
    """Chats of the login that is there."""
    first = session.scalars(scoped(actor, Account).where(Account.provider == "telegram")).first()
    assert first is not None
    kept = {column.key: getattr(first, column.key) for column in Account.__table__.columns}
    for number in range(count):
        own = {"id": new_id("acct", now), "external_id": f"-100{number}", "handle": f"telegram:@chat_{number}"}
        session.add(Account(**{**kept, **own, "display_name": f"Chat number {number}"}))
    events.record(session, workspace_id=actor.workspace_id, at=now, kind="account.connected", actor=actor.label)


def test_many_accounts_are_shown_a_part_at_a_time_and_found_by_name(page: Page, running: Demo, folder: Path) -> None:
    page.goto(running.url + "/accounts")
    cards = page.get_by_role("article").filter(has=page.get_by_role("button", name="Limits"))
    expect(cards.first).to_be_visible()
    before = cards.count()
    expect(page.get_by_label("Search accounts")).to_be_hidden()
    with workspace_of(folder, running.url) as (context, actor):
        context.db.write_now(more_accounts, actor, 70, context.now())

    expect(cards).to_have_count(60)  # without a reload
    page.get_by_role("button", name=f"Show {before + 10} more").click()
    expect(cards).to_have_count(before + 70)
    page.get_by_label("Search accounts").fill("CHAT_6 telegram")
    expect(cards).to_have_count(11)
    page.get_by_label("Search accounts").fill("nowhere")
    expect(page.get_by_text("No account is called that.")).to_be_visible()


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
