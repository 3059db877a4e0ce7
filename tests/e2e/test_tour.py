"""Somebody new is led to their first published post; and an account whose posts shall stand apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from .running import Demo, scrolls_sideways

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_the_tour_leads_from_nothing_to_a_published_post_and_ends(page: Page, running: Demo) -> None:
    page.goto(running.url + "/accounts")
    tour = page.get_by_role("status", name="Tour")
    expect(tour).to_have_count(0)  # nobody is led who did not ask
    page.goto(running.url + "/")
    page.get_by_role("button", name="Show me").click()
    page.wait_for_url(running.url + "/compose")
    expect(tour).to_contain_text("Step 2 of 3")
    expect(tour).to_contain_text("Choose an account, write a sentence")

    page.goto(running.url + "/calendar")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(tour).to_contain_text("Write your first post")
    assert not scrolls_sideways(page)
    tour.get_by_role("button", name="Go").click()
    page.wait_for_url(running.url + "/compose")

    page.set_viewport_size({"width": 1280, "height": 1000})
    page.get_by_role("button", name="Sandbox News").click()
    page.get_by_label("Text", exact=True).fill("The first of many")
    page.get_by_role("button", name="Publish now").click()
    page.wait_for_url("**/posts/post_*")
    expect(tour).to_contain_text("Your first post is published")
    with page.context.expect_page() as opened:
        tour.get_by_role("link", name="See what the audience sees").click()
    expect(opened.value.get_by_text("The first of many").first).to_be_visible()
    opened.value.close()
    tour.get_by_role("button", name="Finish").click()
    expect(tour).to_have_count(0)
    page.goto(running.url + "/")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    expect(page.get_by_text("First steps")).to_have_count(0)


def test_whoever_wants_posts_apart_is_told_while_writing_and_may_do_it_all_the_same(page: Page, running: Demo) -> None:
    page.goto(running.url + "/accounts")
    card = page.get_by_role("article").filter(has_text="Sandbox Updates")
    card.get_by_role("button", name="Limits").click()
    dialog = page.get_by_role("dialog", name="Limits of Sandbox Updates")
    expect(dialog).to_contain_text("posts in the last")
    dialog.get_by_label("Minutes between two posts").fill("90000")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Choose from 1 to 10080 minutes")).to_be_visible()
    dialog.get_by_label("Minutes between two posts").fill("90")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    card.get_by_role("button", name="Limits").click()
    expect(dialog.get_by_label("Minutes between two posts")).to_have_value("90")
    dialog.get_by_role("button", name="Close").click()

    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    for hour in ("09:00", "10:00"):
        page.goto(f"{running.url}/compose?draft=new&at={day}T{hour}")
        page.get_by_role("button", name="Sandbox Updates").click()
        page.get_by_label("Text", exact=True).fill(f"At {hour}")
        if hour == "10:00":
            expect(page.get_by_text("shall stand 90 minutes apart, and here some are 60 apart")).to_be_visible()
        page.get_by_role("button", name="Schedule").click()
        page.wait_for_url(lambda url: "/compose" not in url)
