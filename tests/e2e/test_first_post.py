"""A newcomer's first minutes, in a real browser in front of the demo."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess

import httpx2
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.films import webm

from .running import Demo, scrolls_sideways

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PUBLISHED_MS = 20_000


def write(page: Page, running: Demo, text: str, account: str = "Sandbox News") -> None:
    page.goto(running.url + "/compose")
    page.get_by_role("button", name=account).click()
    page.get_by_label("Text").fill(text)


def test_the_first_post_is_published_and_stands_on_the_network(page: Page, running: Demo) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "PNG")
    write(page, running, "My very first post <b>& more</b>")
    page.locator("input[type=file]").set_input_files(
        {"name": "sea.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    )
    page.get_by_label("Describe it").fill("The sea")
    page.get_by_role("button", name="Publish now").click()
    page.wait_for_url(f"{running.url}/posts/post_*")
    expect(page.get_by_text("Published", exact=True).first).to_be_visible(timeout=PUBLISHED_MS)
    page.goto(f"{running.sandbox}/_/telegram")
    expect(page.get_by_text("My very first post <b>& more</b>").first).to_be_visible()
    assert page.locator("article img").count() >= 1


def test_a_film_of_the_wrong_form_is_told_of_made_to_fit_and_shown(page: Page, running: Demo) -> None:
    write(page, running, "From my browser")
    film = {"name": "screen.webm", "mimeType": "video/webm", "buffer": webm()}
    page.locator("input[type=file]").set_input_files(film)  # type: ignore[arg-type]
    told = page.get_by_text("The video is fitted for Telegram: WebM → MP4, VP8 → H.264")
    expect(told).to_be_visible(timeout=PUBLISHED_MS)
    page.get_by_text("Make it fit").click()
    expect(page.get_by_text("It is sent as it is; Telegram may refuse it.")).to_be_visible()
    page.get_by_text("Make it fit").click()
    expect(told).to_be_visible()

    page.get_by_role("button", name="Publish now").click()
    page.wait_for_url(f"{running.url}/posts/post_*")
    expect(page.get_by_text("Published", exact=True).first).to_be_visible(timeout=PUBLISHED_MS)
    expect(page.get_by_text("The video was fitted for Telegram").first).to_be_visible()
    made = page.get_by_role("link", name="See what goes out").get_attribute("href") or ""
    answer = page.request.get(running.url + made)
    assert (answer.status, answer.headers["content-type"]) == (200, "video/mp4")


def test_what_publishing_would_refuse_is_said_while_typing(page: Page, running: Demo) -> None:
    write(page, running, "x" * 2100, account="Announcements")
    expect(page.get_by_text("2100 / 2000")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="2000")).to_be_visible()
    page.get_by_label("Text").fill("short enough")
    expect(page.get_by_text("12 / 2000")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="2000")).to_have_count(0)


def test_a_draft_is_kept_as_it_is_typed_and_is_there_again_later(page: Page, running: Demo) -> None:
    write(page, running, "Half a thought")
    expect(page.get_by_text("Kept as you type")).to_be_visible()
    page.goto(running.url + "/")
    page.goto(running.url + "/compose")
    expect(page.get_by_label("Text")).to_have_value("Half a thought")
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_label("Text")).to_have_value("")


def test_a_scheduled_post_is_dragged_to_another_day_in_the_calendar(page: Page, running: Demo) -> None:
    page.goto(running.url + "/compose?at=2027-05-12T14:30")
    page.get_by_role("button", name="Sandbox Team").click()
    page.get_by_label("Text").fill("Spring news")
    page.get_by_role("button", name="Schedule").click()
    page.wait_for_url(f"{running.url}/posts/post_*")
    address = page.url
    page.goto(running.url + "/calendar?view=month&day=2027-05-01")
    page.get_by_text("Spring news").drag_to(page.locator("[data-drop='2027-05-20']"))
    expect(page.locator("[data-drop='2027-05-20']").get_by_text("Spring news")).to_be_visible()
    page.goto(address)
    expect(page.get_by_text("20 May").first).to_be_visible()


def test_a_key_is_shown_once_and_works_with_the_curl_that_is_shown(page: Page, running: Demo) -> None:
    page.goto(running.url + "/keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("What is it for?").fill("Newsletter robot")
    page.get_by_role("button", name="Make the key").click()
    shown = page.get_by_text(re.compile(r"^sc_live_\S{32}$"))
    expect(shown).to_be_visible()
    secret = shown.inner_text()
    answer = httpx2.get(running.url + "/v1/keys/validate", headers={"Authorization": f"Bearer {secret}"})
    assert answer.json()["tenant"]["name"] == "Demo workspace"
    page.get_by_role("button", name="I have it").click()

    written = page.locator("pre").filter(has_text="curl").inner_text()
    said = subprocess.run(
        ["bash", "-c", written],
        env={**os.environ, "SOCIALCLAW_API_KEY": secret},
        capture_output=True,
        text=True,
        check=True,
    )
    applied = json.loads(said.stdout)
    assert (applied["ok"], applied["posts"][0]["status"]) == (True, "scheduled")
    page.reload()
    expect(page.get_by_text("Newsletter robot")).to_be_visible()
    assert secret not in page.content()


def test_an_account_is_connected_through_the_consent_page(page: Page, running: Demo) -> None:
    page.goto(running.url + "/accounts")
    card = page.locator(".sc-card").filter(has=page.get_by_text("X account"))
    card.get_by_role("button", name="Connect").click()
    page.get_by_role("button", name="Authorize as @sandbox_studio").click()
    page.wait_for_url(f"{running.url}/accounts*")
    expect(page.get_by_text("x:@sandbox_studio")).to_be_visible()


def test_a_lost_answer_is_told_and_settled_by_a_person(page: Page, running: Demo) -> None:
    fault = {"kind": "drop_after", "times": 1, "match": "sendMessage"}
    httpx2.put(f"{running.sandbox}/_/telegram/fault", json=fault).raise_for_status()
    write(page, running, "Did this arrive?", account="Sandbox Updates")
    page.get_by_role("button", name="Publish now").click()
    page.wait_for_url(f"{running.url}/posts/post_*")
    expect(page.get_by_text("Outcome unknown").first).to_be_visible(timeout=PUBLISHED_MS)
    page.get_by_role("button", name="It is there").click()
    page.get_by_role("dialog").get_by_role("button", name="It is out").click()
    expect(page.get_by_text("Published", exact=True).first).to_be_visible(timeout=PUBLISHED_MS)


def test_nothing_scrolls_sideways_on_a_phone(page: Page, running: Demo) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/", "/compose", "/calendar", "/posts", "/accounts", "/keys", "/settings"):
        page.goto(running.url + path)
        page.wait_for_load_state("networkidle")
        assert not scrolls_sideways(page), path


def test_strangers_are_sent_to_the_sign_in_page(browser: Browser, running: Demo) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(running.url + "/compose")
    expect(page).to_have_url(f"{running.url}/signin?next=/compose")
    context.close()
