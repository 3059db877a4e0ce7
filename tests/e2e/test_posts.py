"""Posts and runs in a real browser: found, understood, changed one by one and many at a time; campaigns as graphs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .running import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PUBLISHED_MS = 20_000
LIVE_MS = 2_000
"""What another window did is seen by then."""
NEWS = "telegram:@sandbox_news"
LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The demo, with an API key to make posts by."""

    demo: Demo
    api: httpx2.Client

    def apply(self, **schedule: Any) -> dict[str, Any]:
        answer = self.api.post("/v1/posts/apply", json=schedule)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def scheduled(self, *texts: str) -> list[str]:
        at = LATER.isoformat()
        made = self.apply(posts=[{"account": NEWS, "description": text, "publish_at": at} for text in texts])
        return [post["id"] for post in made["posts"]]

    def fault(self, kind: str, **more: Any) -> None:
        address = f"{self.demo.sandbox}/_/telegram/fault"
        httpx2.put(address, json={"kind": kind, "times": 1, "match": "sendMessage", **more}).raise_for_status()

    def status(self, post_id: str) -> str:
        return self.api.get(f"/v1/posts/{post_id}").json()["post"]["status"]


@pytest.fixture(scope="module")
def place(folder: Path, running: Demo) -> Iterator[Place]:
    headers = {"Authorization": f"Bearer {new_key(folder)}"}
    with httpx2.Client(base_url=running.url, headers=headers, timeout=30) as api:
        yield Place(demo=running, api=api)


def new_key(folder: Path) -> str:
    command = [sys.executable, "-m", "socialclaw_app", "keys", "create", "--data-dir", str(folder), "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["secret"]


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=text)


def test_a_failed_post_is_found_understood_and_retried(page: Page, place: Place) -> None:
    place.fault("refused")
    place.apply(posts=[{"account": NEWS, "description": "Refused at first"}])
    page.goto(place.demo.url + "/posts")
    page.get_by_role("link", name=re.compile("^Failed [1-9]")).click(timeout=PUBLISHED_MS)
    expect(page).to_have_url(place.demo.url + "/posts?status=failed")
    expect(row(page, "Refused at first")).to_contain_text("not enough rights")
    page.get_by_role("link", name="Refused at first").click()
    page.wait_for_url("**/posts/post_*")
    story = page.get_by_role("list").filter(has_text="It failed.")
    expect(story).to_contain_text("Try 1: the publisher took it")
    record = story.get_by_text('"event": "post.failed"')
    expect(record).to_be_hidden()
    story.get_by_text("Record").last.click()
    expect(record).to_contain_text('"code": "no_right_to_post"')
    page.get_by_role("button", name="Retry now").click()
    expect(page.get_by_text("Published", exact=True).first).to_be_visible(timeout=PUBLISHED_MS)
    expect(story).to_contain_text("Sent again by You.")
    expect(story).to_contain_text("It is out.")
    expect(record, "what was opened stays open while the story grows").to_be_visible()


def test_many_posts_are_selected_with_the_keyboard_and_canceled_and_other_windows_see_it(
    page: Page, browser: Browser, signed_in: dict[str, object], place: Place
) -> None:
    ids = place.scheduled("Rain one", "Rain two", "Rain three")
    other = browser.new_context(storage_state=signed_in).new_page()  # type: ignore[arg-type]
    other.goto(f"{place.demo.url}/posts/{ids[0]}")
    expect(other.get_by_text("Scheduled", exact=True).first).to_be_visible()
    page.goto(place.demo.url + "/posts?status=scheduled&q=rain")
    expect(row(page, "Rain")).to_have_count(3)
    for key in ("j", "x", "j", "j", "x", "k", "x"):
        page.keyboard.press(key)
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.keyboard.press("x")
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("checkbox", name="Select this page").click()
    page.get_by_role("toolbar").get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog", name="Cancel 3 posts?")
    expect(dialog).to_contain_text("They will not go out.")
    dialog.get_by_role("button", name="Cancel 3 posts").click()
    expect(other.get_by_text("Canceled", exact=True).first).to_be_visible(timeout=LIVE_MS)
    expect(page.get_by_text("3 posts were canceled.")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_text("No post fits.")).to_be_visible()
    assert {place.status(id) for id in ids} == {"canceled"}
    other.context.close()


def test_what_cannot_be_done_is_said_before_and_afterwards_one_by_one(page: Page, place: Place) -> None:
    place.scheduled("Snow tomorrow")
    place.apply(posts=[{"account": NEWS, "description": "Snow today"}])
    page.goto(place.demo.url + "/posts?q=snow")
    expect(row(page, "Snow today")).to_contain_text("Published", timeout=PUBLISHED_MS)
    page.get_by_role("checkbox", name="Select this page").click()
    page.get_by_role("toolbar").get_by_role("button", name="Delete there").click()
    dialog = page.get_by_role("dialog", name="Delete 1 post at its network?")
    expect(dialog).to_contain_text("1 is scheduled")
    place.fault("refused", match="deleteMessage")
    dialog.get_by_role("button", name="Delete 1 post there").click()
    expect(page.get_by_text("0 posts were deleted")).to_be_visible()
    expect(page.get_by_role("dialog")).to_contain_text("1 could not be done:")
    expect(page.get_by_role("dialog").get_by_role("link", name="Snow today")).to_be_visible()


def test_posts_are_moved_by_days_and_the_new_times_are_shown_first(page: Page, place: Place) -> None:
    (id,) = place.scheduled("Wind from the west")
    page.goto(place.demo.url + "/posts?q=wind")
    page.get_by_role("checkbox", name="Select: Wind").check()
    page.get_by_role("toolbar").get_by_role("button", name="Move").click()
    dialog = page.get_by_role("dialog", name="Move 1 post")
    dialog.get_by_label("Days").fill("2")
    dialog.get_by_label("Hours").fill("3")
    moved = LATER + timedelta(days=2, hours=3)
    expect(dialog.locator("strong")).to_contain_text(f"{moved:%H:%M}")
    expect(dialog.locator("strong")).to_contain_text(f" {moved.day} ")
    dialog.get_by_role("button", name="Move 1 post").click()
    expect(page.get_by_text("1 post has a new time.")).to_be_visible()
    found = place.api.get(f"/v1/posts/{id}").json()["post"]["publishAtUtc"]
    assert datetime.fromisoformat(found) == moved


def test_a_view_is_kept_and_opened_again(page: Page, place: Place) -> None:
    place.scheduled("Fog in the valley", "Sun on the hills")
    page.goto(place.demo.url + "/posts")
    page.get_by_role("searchbox", name="Search").fill("fog")
    expect(page).to_have_url(re.compile("q=fog"))
    expect(row(page, "Fog in the valley")).to_be_visible()
    expect(row(page, "Sun on the hills")).to_have_count(0)
    page.get_by_role("button", name="Views").click()
    page.get_by_role("button", name="Save what you see now").click()
    page.get_by_label("Name").fill("Bad weather")
    page.get_by_role("button", name="Save the view").click()
    expect(page.get_by_text("Saved as Bad weather.")).to_be_visible()
    page.goto(place.demo.url + "/posts")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("link", name="Bad weather").click()
    expect(page).to_have_url(re.compile(r"/posts\?q=fog"))
    expect(row(page, "Fog in the valley")).to_be_visible()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("fog")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("button", name="Remove the view").click()
    expect(page.get_by_text("A view keeps what you filter by")).to_be_visible()


def test_a_thread_is_shown_as_a_graph_and_its_draft_goes_out_with_a_shifted_start(page: Page, place: Place) -> None:
    page.goto(place.demo.url + "/accounts")
    card = page.locator(".sc-card").filter(has=page.get_by_text("X account"))
    card.get_by_role("button", name="Connect").click()
    page.get_by_role("button", name="Authorize as @sandbox_studio").click()
    expect(page.get_by_text("x:@sandbox_studio")).to_be_visible()
    steps = [
        {"description": "A second bakery"},
        {"description": "In the old boathouse", "interaction_type": "reply", "delay_minutes": 10},
        {"description": "One week to go", "delay_minutes": 1440},
    ]
    target = {"account": "x:@sandbox_studio", "publish_at": LATER.isoformat(), "steps": steps}
    run = place.apply(mode="draft", campaigns=[{"name": "Opening", "targets": [target]}])["run"]["id"]
    page.goto(place.demo.url + "/runs")
    page.get_by_role("link", name="Opening").click()
    page.wait_for_url(f"**/runs/{run}")
    lane = page.get_by_role("group", name="The steps for Sandbox Studio")
    expect(lane.get_by_role("link")).to_have_count(3)
    expect(lane.get_by_role("link", name="In the old boathouse")).to_contain_text("10 min later · answers step 1")
    page.get_by_role("button", name="Schedule 3 posts").click()
    dialog = page.get_by_role("dialog", name="Schedule 3 posts")
    start = LATER + timedelta(days=3)
    dialog.get_by_label("Day").fill(f"{start:%Y-%m-%d}")
    dialog.get_by_label("Time", exact=True).fill("09:30")
    for end, at in (("First", start), ("Last", start + timedelta(days=1))):
        minutes = "09:30" if end == "First" else "09:40"
        expect(dialog.get_by_text(re.compile(rf" {at.day} \w+ {minutes} UTC"))).to_be_visible()
    dialog.get_by_role("button", name="Schedule 3 posts").click()
    expect(lane.get_by_role("link", name="A second bakery")).to_contain_text("Scheduled")
    times = [post["publishAtUtc"][:16] for post in place.api.get(f"/v1/runs/{run}/status").json()["posts"]]
    assert times[0] == f"{start:%Y-%m-%d}T09:30"
    lane.get_by_role("link", name="In the old boathouse").click()
    page.wait_for_url("**/posts/post_*")
    expect(page.get_by_text("It waits for the post it answers.")).to_be_visible()
    thread = page.get_by_role("list").filter(has=page.get_by_role("link", name="A second bakery"))
    expect(thread.get_by_role("link")).to_have_count(2)


def test_a_run_is_made_again_as_a_draft(page: Page, place: Place) -> None:
    made = place.apply(posts=[{"account": NEWS, "description": "Weekly cake", "publish_at": LATER.isoformat()}])
    page.goto(f"{place.demo.url}/runs/{made['run']['id']}")
    page.get_by_role("button", name="Clone").click()
    page.get_by_text("The schedule, to change it").click()
    expect(page.get_by_text('"description": "Weekly cake"')).to_be_visible()
    page.get_by_role("button", name="Make the draft").click()
    page.wait_for_url(lambda url: made["run"]["id"] not in url)
    expect(page.get_by_role("button", name="Schedule 1 post")).to_be_visible()
    page.get_by_role("button", name="Cancel what is not out (1)").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel 1 post").click()
    expect(page.get_by_text("1 post was canceled.")).to_be_visible()


def test_whoever_comes_back_from_a_post_goes_on_where_they_were(page: Page, place: Place) -> None:
    place.scheduled(*(f"Hail {number}" for number in range(60)))
    page.goto(place.demo.url + "/posts?q=hail")
    expect(page.get_by_text("1 to 50 of 60")).to_be_visible()
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("51 to 60 of 60")).to_be_visible()
    place.scheduled("Hail, and later than all of them")
    expect(page.get_by_text("52 to 61 of 61")).to_be_visible(timeout=LIVE_MS)
    chosen = row(page, "Hail").nth(7).get_by_role("link")
    name = chosen.inner_text().splitlines()[0]
    chosen.click()
    page.wait_for_url("**/posts/post_*")
    page.go_back()
    expect(page.get_by_role("link", name=name, exact=False).first).to_be_focused()
    page.keyboard.press("j")
    expect(row(page, "Hail").nth(8).get_by_role("link")).to_be_focused()


def test_a_post_that_is_there_is_named_by_its_id(page: Page, place: Place) -> None:
    place.fault("drop_after")
    (post,) = place.apply(posts=[{"account": NEWS, "description": "Lost and found"}])["posts"]
    page.goto(f"{place.demo.url}/posts/{post['id']}")
    page.get_by_role("button", name="It is there").click(timeout=PUBLISHED_MS)
    dialog = page.get_by_role("dialog", name="It is there")
    dialog.get_by_label("Address or id").fill("https://elsewhere.example/77")
    dialog.get_by_role("button", name="It is out").click()
    expect(page.get_by_text("This is not an address at Telegram.")).to_be_visible()
    dialog.get_by_label("Address or id").fill("4711")
    dialog.get_by_role("button", name="It is out").click()
    expect(page.get_by_text("Published", exact=True).first).to_be_visible()
    expect(page.get_by_text("4711", exact=True)).to_be_visible()
