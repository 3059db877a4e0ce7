"""A table becomes posts after a look at it, and everything leaves as an archive."""

from __future__ import annotations

import io
import zipfile

import pytest
from playwright.sync_api import Page, expect

from .running import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def choose(page: Page, text: str) -> None:
    file = {"name": "plan.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]


def test_a_table_is_looked_at_mended_and_scheduled_and_leaves_again(page: Page, running: Demo) -> None:
    wrong = "account,publish_at,text\ntelegram:@sandbox_news,2036-05-01 09:00,<b>Spring</b>\nnobody:x,2036-05-02 09:00,Lost\n"
    page.goto(running.url + "/settings/transfer")
    choose(page, wrong)
    expect(page.get_by_text("2 posts, 1 row is wrong")).to_be_visible()
    expect(page.get_by_text("<b>Spring</b>")).to_be_visible()
    expect(page.get_by_role("button", name="Schedule them all")).to_be_disabled()

    choose(page, wrong.replace("nobody:x", "telegram:@sandbox_updates"))
    expect(page.get_by_text("2 posts, all fine")).to_be_visible()
    page.get_by_role("button", name="Schedule them all").click()
    page.wait_for_url("**/calendar")

    page.goto(running.url + "/settings/transfer")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export").click()
    with zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes())) as archive:
        assert "<b>Spring</b>" in archive.read("posts.csv").decode()
