"""Accounts are connected by saying yes at the network, in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from socialclaw_app.sandbox import networks

from .running import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Who says no comes back to a page that is an error by its status: the console tells of it."""
    return context.new_page()


def leave_for(page: Page, running: Demo, network: str) -> None:
    page.goto(running.url + "/accounts")
    offers = page.locator("article").filter(has=page.get_by_text(network, exact=True))
    offers.get_by_role("button", name="Connect", exact=True).click()
    page.wait_for_url(f"{running.sandbox}/**")


def test_whoever_says_yes_comes_back_with_an_account_to_post_to(page: Page, running: Demo) -> None:
    leave_for(page, running, "LinkedIn")
    expect(page.get_by_role("heading", name="SocialClaw wants to access your LinkedIn account")).to_be_visible()
    page.get_by_role("button", name="Continue as Sandbox Person").click()
    page.wait_for_url(f"{running.url}/accounts*")
    expect(page.get_by_text("linkedin:member:sandboxAb12")).to_be_visible()
    page.goto(running.url + "/compose")
    page.get_by_role("button", name="Sandbox Person").click()
    page.get_by_label("Text", exact=True).fill("From a page that asked first (and was allowed)")
    page.get_by_role("button", name="Publish now").click()
    page.wait_for_url(f"{running.url}/posts/post_*")
    expect(page.get_by_text("Published", exact=True).first).to_be_visible(timeout=20_000)
    page.goto(f"{running.sandbox}/_/linkedin")
    expect(page.get_by_text("From a page that asked first (and was allowed)")).to_be_visible()


def test_an_account_is_connected_by_its_token_and_what_the_network_refuses_is_told(page: Page, running: Demo) -> None:
    page.goto(running.url + "/accounts")
    offer = page.get_by_role("article").filter(has=page.get_by_role("button", name="Connect", exact=True))
    offer.filter(has_text="Telegram").get_by_role("button", name="Connect").click()
    dialog = page.get_by_role("dialog", name="Connect Telegram")
    dialog.get_by_label("Bot token").fill(networks()["telegram"].credentials["botToken"])
    dialog.get_by_label("Channel or chat").fill("@nobody_is_here")
    dialog.get_by_role("button", name="Connect").click()
    expect(dialog.get_by_role("alert").locator("visible=true")).to_contain_text("Telegram does not know this chat")
    dialog.get_by_label("Channel or chat").fill("@chat_7")
    dialog.get_by_role("button", name="Connect").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("telegram:@chat_7")).to_be_visible()


def test_whoever_says_no_is_told_what_that_means(page: Page, running: Demo) -> None:
    leave_for(page, running, "Reddit")
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{running.url}/oauth/reddit/callback*")
    expect(page.get_by_role("heading", name="Not connected")).to_be_visible()
    expect(page.get_by_text("You did not allow the access at Reddit")).to_be_visible()
    page.get_by_role("link", name="Back to your accounts").click()
    expect(page.get_by_text("reddit:user:")).to_have_count(0)
    page.go_back()
    page.get_by_role("link", name="Connect again").click()
    expect(page.get_by_text("Reddit is not connected. You did not allow the access")).to_be_visible()
    page.get_by_role("button", name="Connect again").click()
    page.wait_for_url(f"{running.sandbox}/**")


def test_a_permission_that_publishing_needs_and_was_not_given_is_named(page: Page, running: Demo) -> None:
    leave_for(page, running, "Pinterest")
    page.get_by_label("pins:write").uncheck()
    page.get_by_role("button", name="Continue as sandbox_studio").click()
    expect(page.get_by_text("pins:write")).to_be_visible()
    page.goto(running.url + "/accounts")
    expect(page.get_by_text("pinterest:board:")).to_have_count(0)


def test_whoever_schedules_past_the_end_of_a_login_is_warned_while_writing(page: Page, running: Demo) -> None:
    if page.goto(running.url + "/accounts") and page.get_by_text("linkedin:member:").count() == 0:
        leave_for(page, running, "LinkedIn")
        page.get_by_role("button", name="Continue as Sandbox Person").click()
        page.wait_for_url(f"{running.url}/accounts*")
    later = datetime.now(UTC) + timedelta(days=70)
    page.goto(f"{running.url}/compose?at={later:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Sandbox Person").click()
    expect(page.get_by_text("before this post is due")).to_be_visible()


def test_an_account_is_checked_and_what_is_wrong_comes_with_what_to_do(page: Page, running: Demo) -> None:
    news = {"id": -1001000000001, "type": "channel", "title": "Sandbox News", "username": "sandbox_news"}
    card = page.locator("article").filter(has=page.get_by_text("telegram:@sandbox_news"))
    page.goto(running.url + "/accounts")
    card.get_by_role("button", name="Check").click()
    expect(page.get_by_text("Nothing is wrong.")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    httpx2.put(f"{running.sandbox}/_/telegram/chats", json={**news, "rights": "no_posting"}).raise_for_status()
    card.get_by_role("button", name="Check").click()
    expect(page.get_by_text("The bot may not post there")).to_be_visible()
    expect(page.get_by_text("the right to post messages in the channel")).to_be_visible()
    httpx2.put(f"{running.sandbox}/_/telegram/chats", json=news).raise_for_status()


def test_what_the_network_knows_of_an_account_is_asked_on_its_card(page: Page, running: Demo) -> None:
    leave_for(page, running, "Reddit")
    page.get_by_role("button", name="Continue as u/sandbox_writer").click()
    page.wait_for_url(f"{running.url}/accounts*")
    card = page.locator("article").filter(has=page.get_by_text("reddit:user:"))
    card.get_by_role("button", name="More").click()
    page.get_by_text("Ask the network", exact=True).click()
    asked = page.get_by_role("dialog").get_by_role("region", name="My subreddits")
    asked.get_by_role("button", name="Go").click()
    expect(asked.get_by_role("cell", name="flaired").first).to_be_visible()

    rules = page.get_by_role("dialog").get_by_role("region", name="What a subreddit asks for")
    rules.get_by_role("button", name="Go").click()
    expect(rules.get_by_role("alert").locator("visible=true")).to_be_visible()
    rules.get_by_label("Subreddit").fill("flaired")
    rules.get_by_role("button", name="Go").click()
    expect(rules.get_by_text("Is flair required")).to_be_visible()


def test_a_developer_app_shows_its_redirect_address_and_is_tested(page: Page, running: Demo) -> None:
    page.goto(running.url + "/settings/networks")
    card = page.locator("article").filter(has=page.get_by_text("Pinterest", exact=True))
    expect(card.get_by_text(f"{running.url}/oauth/pinterest/callback")).to_be_visible()
    card.get_by_role("button", name="Test").click()
    expect(page.get_by_text("Pinterest knows it by client id and secret.")).to_be_visible()
    expect(page.get_by_text("The redirect address leads to this server.")).to_be_visible()


def test_a_network_with_several_doors_asks_which_one(page: Page, running: Demo) -> None:
    choose(page, running, "WordPress", "WordPress.com")
    page.wait_for_url(f"{running.sandbox}/**")
    page.get_by_role("button", name="Continue as sandbox_editor, only Sandbox Notes").click()
    page.wait_for_url(f"{running.url}/accounts*")
    expect(page.get_by_text("wordpress:site:50000002")).to_be_visible()
    expect(page.get_by_text("wordpress:site:50000001")).to_have_count(0)


def test_a_site_of_ones_own_is_asked_on_its_own_page(page: Page, running: Demo) -> None:
    choose(page, running, "WordPress", "A site of your own")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Site address").fill("https://")
    dialog.get_by_role("button", name="Go on at the site").click()
    expect(dialog.get_by_text("Write the address of the site")).to_be_visible()
    dialog.get_by_label("Site address").fill(f"{running.sandbox}/wordpress/blog")
    dialog.get_by_role("button", name="Go on at the site").click()
    page.wait_for_url(f"{running.sandbox}/**")
    page.get_by_role("button", name="Yes, I approve of this connection").click()
    page.wait_for_url(f"{running.url}/accounts?connected=*")
    expect(page.get_by_text("Connected. Write a post for it whenever you like.")).to_be_visible()
    expect(page.get_by_text("Sandbox Blog", exact=True)).to_have_count(1)


def choose(page: Page, running: Demo, network: str, door: str) -> None:
    page.goto(running.url + "/accounts")
    offers = page.locator("article").filter(has=page.get_by_text(network, exact=True))
    offers.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_role("dialog").get_by_role("button").filter(has=page.get_by_text(door, exact=True)).click()
