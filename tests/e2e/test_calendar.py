"""The calendar in a real browser: dragging over changes of the clocks, undo, filters, keys, several at once, two browsers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from socialclaw_app.sandbox import environment
from tests.servers import free_port

from .clocked import Clocked, clocked
from .running import enter, listen, scrolls_sideways

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 10, 20, 8, 0, tzinfo=UTC)
SEEN_MS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A workspace in Berlin in October 2026, and somebody who is signed in."""

    place: Clocked
    browser: Browser
    state: Any

    @contextmanager
    def page(self, **options: Any) -> Iterator[Page]:
        given = {"storage_state": self.state, "viewport": {"width": 1280, "height": 900}, **options}
        context = self.browser.new_context(**given)
        page = context.new_page()
        heard = listen(page)
        yield page
        context.close()
        assert heard == [], "the console had errors"

    def post(self, text: str, at: str, *, mode: str = "scheduled", **more: Any) -> str:
        entry = {"account": "telegram:@sandbox_news", "description": text, "publish_at": at, "timezone": BERLIN, **more}
        return self.place.apply(entry, mode=mode)[0]

    def open(self, page: Page, **query: str) -> None:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        page.goto(f"{self.place.demo.url}/calendar?{asked}")
        page.wait_for_function("window.socket?.connected")


@pytest.fixture(scope="module")
def desk(folder: Path, browser: Browser) -> Iterator[Desk]:
    with clocked(folder, port=free_port(), now=NOW, zone=BERLIN) as place:
        yield Desk(place=place, browser=browser, state=enter(browser, place.demo))


@pytest.fixture
def page(desk: Desk) -> Iterator[Page]:
    with desk.page() as opened:
        yield opened


def post(page: Page | Locator, text: str) -> Locator:
    return page.locator("[data-post]").filter(has_text=text)


def cell(page: Page, key: str) -> Locator:
    return page.locator(f"[data-cell='{key}']")


def drag(page: Page, chip: Locator, target: Locator) -> None:
    """In several steps, as a hand does it."""
    start, end = chip.bounding_box(), target.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 20, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + 32, start["y"] + start["height"] / 2 + 6)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=6)


def test_a_post_dragged_into_the_gap_of_spring_stands_at_the_time_that_is_kept(desk: Desk, page: Page) -> None:
    id = desk.post("Into the gap", "2027-03-27T02:30")
    desk.open(page, view="month", day="2027-03-27")

    drag(page, post(page, "Into the gap"), cell(page, "2027-03-28"))
    expect(page.get_by_text("Sun 28 Mar 02:30: 02:30 does not exist, it goes out at 03:30")).to_be_visible()
    page.mouse.up()

    told = page.get_by_role("status").filter(has_text="Moved to Sun 28 Mar 2027, 03:30 Europe/Berlin")
    expect(told).to_contain_text("02:30 does not exist on Sun 28 Mar in Europe/Berlin")
    expect(post(cell(page, "2027-03-28"), "Into the gap")).to_contain_text("03:30")
    kept = desk.place.read(id)
    assert (kept["wallTime"], kept["timezone"]) == ("2027-03-28T03:30:00", BERLIN)
    assert kept["publishAtUtc"].startswith("2027-03-28T01:30:00")

    page.get_by_role("button", name="Undo").click()
    expect(post(cell(page, "2027-03-27"), "Into the gap")).to_contain_text("02:30")
    assert desk.place.read(id)["wallTime"] == "2027-03-27T02:30:00"


def test_in_the_week_a_day_that_skips_an_hour_says_so_and_takes_a_post_after_it(desk: Desk, page: Page) -> None:
    id = desk.post("Week gap", "2027-03-27T02:30")
    desk.open(page, view="week", day="2027-03-27")
    skipped = cell(page, "2027-03-28T02")
    expect(skipped).to_contain_text("The clocks skip this hour")
    skipped.scroll_into_view_if_needed()
    drag(page, post(page, "Week gap"), skipped)
    page.mouse.up()
    expect(post(cell(page, "2027-03-28T03"), "Week gap")).to_contain_text("03:30")
    assert desk.place.read(id)["publishAtUtc"].startswith("2027-03-28T01:30:00")


def test_a_post_dragged_onto_the_hour_that_comes_twice_goes_out_the_first_time(desk: Desk, page: Page) -> None:
    id = desk.post("Into the fold", "2026-10-24T02:30")
    desk.open(page, view="month", day="2026-10-24")
    drag(page, post(page, "Into the fold"), cell(page, "2026-10-25"))
    expect(page.get_by_text("02:30 comes twice, it goes out the first time")).to_be_visible()
    page.mouse.up()
    expect(page.get_by_role("status").filter(has_text="comes twice on Sun 25 Oct")).to_be_visible()
    expect(post(cell(page, "2026-10-25"), "Into the fold")).to_contain_text("02:30 CEST")
    kept = desk.place.read(id)
    assert kept["wallTime"] == "2026-10-25T02:30:00"
    assert kept["publishAtUtc"].startswith("2026-10-25T00:30:00")


def test_nothing_is_dragged_into_the_past_and_it_returns_to_its_place(desk: Desk, page: Page) -> None:
    desk.post("Not back in time", "2026-10-22T09:00")
    desk.open(page, view="month", day="2026-10-20")
    drag(page, post(page, "Not back in time"), cell(page, "2026-10-14"))
    page.mouse.up()
    expect(page.get_by_text("That time is over. Choose a later one.")).to_be_visible()
    expect(post(cell(page, "2026-10-22"), "Not back in time")).to_be_visible()


def test_keys_alone_walk_the_days_move_a_post_and_choose_it(desk: Desk, page: Page) -> None:
    id = desk.post("By the keys", "2026-12-09T10:00")
    desk.open(page, view="month", day="2026-12-08")
    cell(page, "2026-12-08").focus()
    page.keyboard.press("ArrowRight")
    expect(cell(page, "2026-12-09")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    chip = post(page, "By the keys")
    expect(chip).to_be_focused()

    page.keyboard.press("Control+ArrowRight")
    expect(post(cell(page, "2026-12-10"), "By the keys")).to_be_focused()
    page.keyboard.press("Control+ArrowDown")
    expect(post(cell(page, "2026-12-17"), "By the keys")).to_be_focused()
    assert desk.place.read(id)["wallTime"] == "2026-12-17T10:00:00"
    page.keyboard.press("Control+z")
    expect(post(cell(page, "2026-12-10"), "By the keys")).to_be_visible()

    chip.focus()
    page.keyboard.press("Space")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("toolbar", name="Chosen posts")).to_contain_text("1 chosen")
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar", name="Chosen posts")).to_be_hidden()

    page.keyboard.press("Enter")
    card = page.get_by_role("dialog", name="Post")
    expect(card).to_contain_text("By the keys")
    expect(card.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(chip).to_be_focused()


def test_what_happens_elsewhere_shows_in_an_open_card_and_takes_no_focus(desk: Desk, page: Page) -> None:
    id = desk.post("Changed elsewhere", "2026-12-09T11:00")
    desk.open(page, view="month", day="2026-12-08")
    post(page, "Changed elsewhere").focus()
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog", name="Post")
    expect(card.get_by_role("button", name="Close")).to_be_focused()

    desk.place.client.delete(f"/v1/posts/{id}").raise_for_status()
    expect(card).to_contain_text("Canceled")
    expect(card.get_by_role("button", name="Close")).to_be_focused()


def test_several_are_chosen_moved_together_and_put_back(desk: Desk, page: Page) -> None:
    ids = [desk.post(f"Together {number}", f"2027-01-{12 + number}T09:00") for number in range(3)]
    desk.open(page, view="month", day="2027-01-12")
    post(page, "Together 0").click(modifiers=["Control"])
    post(page, "Together 2").click(modifiers=["Shift"])
    expect(page.get_by_text("3 chosen")).to_be_visible()
    page.get_by_label("Days", exact=True).fill("7")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("3 posts moved.")).to_be_visible()
    assert [desk.place.read(id)["wallTime"][8:10] for id in ids] == ["19", "20", "21"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("3 posts are back where they were.")).to_be_visible()
    assert [desk.place.read(id)["wallTime"][8:10] for id in ids] == ["12", "13", "14"]


def test_filters_stand_in_the_address_and_are_remembered(desk: Desk, page: Page) -> None:
    desk.post("Of the news", "2027-02-10T09:00")
    desk.post("Of the team", "2027-02-10T10:00", account="telegram:-1001000000003")
    desk.open(page, view="month", day="2027-02-10")
    expect(post(page, "Of the news")).to_be_visible()
    page.get_by_label("Account", exact=True).click()
    page.get_by_role("option", name="Sandbox Team").click()
    expect(post(page, "Of the news")).to_have_count(0)
    expect(post(page, "Of the team")).to_be_visible()
    expect(page).to_have_url(re.compile(r"view=month&day=2027-02-10&account=acct_\w+$"))

    page.goto(f"{desk.place.demo.url}/calendar?day=2027-02-10")
    expect(post(page, "Of the team")).to_be_visible()
    expect(post(page, "Of the news")).to_have_count(0)
    page.get_by_role("button", name="Clear filters").click()
    expect(post(page, "Of the news")).to_be_visible()


def test_a_day_with_more_than_fits_says_how_many_and_opens(desk: Desk, page: Page) -> None:
    for number in range(9):
        desk.post(f"Crowd {number}", f"2027-05-03T10:{number * 5:02}")
    desk.open(page, view="month", day="2027-05-03")
    expect(cell(page, "2027-05-03").locator("[data-post]")).to_have_count(4)
    page.get_by_role("button", name="+5 more").click()
    expect(page.get_by_role("heading", name="Mon 3 May 2027")).to_be_visible()
    expect(post(page, "Crowd")).to_have_count(9)


def test_a_slot_leads_to_the_composer_and_a_card_to_the_post(desk: Desk, page: Page) -> None:
    id = desk.post("Nine in New York", "2027-06-16T09:00", timezone="America/New_York")
    desk.open(page, view="month", day="2027-06-16")
    post(page, "Nine in New York").click()
    card = page.get_by_role("dialog", name="Post")
    expect(card).to_contain_text("Wed 16 Jun 2027, 15:00 Europe/Berlin")
    expect(card).to_contain_text("Wed 16 Jun 2027, 09:00 America/New_York")
    card.get_by_role("button", name="Open").click()
    page.wait_for_url(f"**/posts/{id}")
    page.go_back()
    page.wait_for_function("window.socket?.connected")
    cell(page, "2027-06-17").click(position={"x": 60, "y": 80})
    page.wait_for_url("**/compose?at=2027-06-17T09*")


def test_two_browsers_see_each_other_and_a_drag_in_progress_is_not_lost(desk: Desk, page: Page) -> None:
    desk.post("Seen by both", "2027-07-06T09:00")
    held = desk.post("Held in the hand", "2027-07-07T09:00")
    desk.open(page, view="month", day="2027-07-06")
    with desk.page() as other:
        desk.open(other, view="month", day="2027-07-06")
        drag(page, post(page, "Held in the hand"), cell(page, "2027-07-15"))

        drag(other, post(other, "Seen by both"), cell(other, "2027-07-08"))
        other.mouse.up()

        expect(post(cell(page, "2027-07-08"), "Seen by both")).to_be_visible(timeout=SEEN_MS)
        page.mouse.up()
        expect(post(cell(page, "2027-07-15"), "Held in the hand")).to_be_visible()
        expect(post(cell(other, "2027-07-15"), "Held in the hand")).to_be_visible(timeout=SEEN_MS)
    assert desk.place.read(held)["wallTime"] == "2027-07-15T09:00:00"


def test_on_a_phone_the_list_comes_first_and_a_strip_leads_to_a_day(desk: Desk) -> None:
    desk.post("Far down", "2026-11-25T09:00")
    for number in range(12):
        desk.post(f"Before it {number}", f"2026-11-{number + 2:02}T09:00")
    with desk.page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as page:
        desk.open(page, day="2026-11-01")
        expect(page.get_by_role("button", name="List")).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name="Wed 25 1").tap()
        expect(post(page, "Far down")).to_be_in_viewport()
        post(page, "Far down").tap()
        expect(page.get_by_role("dialog", name="Post")).to_contain_text("Far down")
        page.get_by_role("button", name="Close").first.tap()
        page.get_by_role("button", name="Select").tap()
        post(page, "Far down").tap()
        expect(page.get_by_text("1 chosen")).to_be_visible()
        assert not scrolls_sideways(page)


@pytest.mark.timeout(120)
def test_what_a_worker_process_publishes_is_seen_within_two_seconds(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The server publishes nothing here; another process does, and tells nobody but the database."""
    folder: Path = tmp_path_factory.mktemp("workers")
    now = datetime.now(UTC)
    with clocked(folder, port=free_port(), now=now, worker=False) as place, desk.browser.new_context() as context:
        page = context.new_page()
        page.goto(place.demo.link)
        page.wait_for_url(place.demo.url + "/")
        page.goto(f"{place.demo.url}/calendar?view=day")
        at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        (id,) = place.apply({"account": "telegram:@sandbox_news", "description": "By a worker", "publish_at": at})
        chip = post(page, "By a worker")
        expect(chip).to_contain_text("Scheduled")
        variables = {**os.environ, **environment(place.demo.sandbox), "SOCIALCLAW_ENVIRONMENT": "sandbox"}
        command = [sys.executable, "-m", "socialclaw_app", "worker", "--data-dir", str(folder)]
        working = subprocess.Popen(command, env=variables, stderr=subprocess.DEVNULL)
        try:
            until_published(place, id)
            expect(chip).to_contain_text("Published", timeout=SEEN_MS)
        finally:
            working.terminate()
            working.wait(timeout=30)


def until_published(place: Clocked, id: str) -> None:
    deadline = time.monotonic() + 30
    while place.read(id)["status"] != "published":
        assert time.monotonic() < deadline
        time.sleep(0.1)
