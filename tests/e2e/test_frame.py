"""What stands around every page: keys, search, notices, the theme, and what happens when the server goes away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers import free_port

from .running import Demo, told

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_keys_alone_lead_to_a_post(page: Page, running: Demo) -> None:
    page.goto(running.url + "/")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search")
    expect(field).to_be_focused()
    page.keyboard.type("reading along")
    expect(page.get_by_role("option").first).to_contain_text("Thank you for reading along")
    page.keyboard.press("Enter")
    page.wait_for_url("**/posts/post_*")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you for reading along")


def test_two_keys_lead_to_a_place_and_typing_them_does_not(page: Page, running: Demo) -> None:
    page.goto(running.url + "/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/calendar")
    page.goto(running.url + "/posts")
    page.get_by_role("searchbox", name="Search").click()
    page.keyboard.type("gc?n")
    expect(page).to_have_url(running.url + "/posts")


def test_a_failed_post_is_told_at_the_bell_until_somebody_looks(page: Page, running: Demo) -> None:
    fault = {"kind": "refused", "times": 1, "match": "sendMessage"}
    httpx2.put(f"{running.sandbox}/_/telegram/fault", json=fault).raise_for_status()
    page.goto(running.url + "/compose")
    page.get_by_role("button", name="Sandbox News").click()
    page.get_by_label("Text").fill("This will not arrive")
    page.get_by_role("button", name="Publish now").click()
    page.wait_for_url("**/posts/post_*")
    bell = page.get_by_role("button", name="Notices: 1 new").locator("visible=true")
    expect(bell).to_be_visible(timeout=20_000)
    bell.click()
    expect(page.get_by_role("dialog").get_by_text("A post to Sandbox News failed.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Notices", exact=True).locator("visible=true")).to_be_visible()


def test_a_chosen_theme_is_there_from_the_first_moment(page: Page, running: Demo) -> None:
    page.goto(running.url + "/")
    page.get_by_role("button", name="Demo workspace").click()
    for _ in range(2):
        page.get_by_role("button", name="Theme").click()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    page.goto(running.url + "/posts", wait_until="domcontentloaded")
    assert page.evaluate("document.documentElement.classList.contains('sc-dark')")
    page.get_by_role("button", name="Demo workspace").click()
    page.get_by_role("button", name="Theme").click()
    expect(page.get_by_role("button", name="Theme: as the system")).to_be_visible()


def test_it_can_be_installed_as_a_program(page: Page, running: Demo) -> None:
    page.goto(running.url + "/")
    address = page.locator("link[rel=manifest]").get_attribute("href")
    manifest = page.evaluate("address => fetch(address).then(answer => answer.json())", address)
    assert (manifest["start_url"], manifest["display"]) == ("/", "standalone")
    for icon in manifest["icons"]:
        assert page.evaluate("src => fetch(src).then(answer => answer.status)", icon["src"]) == 200


@contextmanager
def served(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], Demo]]:
    command = [sys.executable, "-m", "socialclaw_app", "demo", "--port", str(port), "--data-dir", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALCLAW_")}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        found = told(process)
        with httpx2.Client(transport=httpx2.HTTPTransport(retries=8)) as asking:
            asking.get(f"{found.url}/health").raise_for_status()
        yield process, found
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def test_a_restart_under_an_open_page_is_told_and_what_was_typed_stays(browser: Browser, tmp_path: Path) -> None:
    port, context = free_port(), browser.new_context()
    page = context.new_page()
    with served(tmp_path, port) as (_process, found):
        page.goto(found.link)
        page.wait_for_url(found.url + "/")
        page.goto(found.url + "/settings")
        expect(page.get_by_label("Name")).to_have_value("Demo workspace")
    expect(page.locator("#popup")).to_be_visible(timeout=15_000)
    page.get_by_label("Name").fill("Typed while it was away")
    with served(tmp_path, port):
        expect(page.locator("#popup")).to_be_hidden(timeout=30_000)
        expect(page.get_by_label("Name")).to_have_value("Typed while it was away", timeout=15_000)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
    context.close()
