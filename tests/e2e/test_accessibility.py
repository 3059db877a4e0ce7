"""Every page, light and dark, on a desk and on a phone, looked at by axe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.screenshots import PAGES, WIDTHS, open_crop
from tests.servers import installed_from_npm

from .running import Demo

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

HERE = Path(__file__).parent
GRAVE = ("serious", "critical")
EXCUSED: dict[str, str] = {}
"""Rules that a library breaks and we cannot mend, with the reason and where it is reported."""


@pytest.fixture(scope="module")
def axe() -> str:
    return (installed_from_npm(HERE / "axe", "axe") / "node_modules/axe-core/axe.min.js").read_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_keeps_anybody_out(
    running: Demo, browser: Browser, signed_in: Any, axe: str, width: str, theme: Any
) -> None:
    size = {"width": WIDTHS[width][0], "height": WIDTHS[width][1]}
    context = browser.new_context(storage_state=signed_in, viewport=size, color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(running.url + "/posts")
    a_post = str(page.locator("a[href^='/posts/post_']").first.get_attribute("href"))
    found = {name: judged(page, running.url + path, axe) for name, path in {**PAGES, "post": a_post}.items()}
    page.goto(running.url + "/")
    page.keyboard.press("Control+k")
    page.get_by_role("option").first.wait_for()
    found["search"] = judged(page, "", axe)
    open_crop(page, running)
    page.get_by_role("group", name="The part that stays").wait_for()
    found["crop"] = judged(page, "", axe)
    context.close()
    stranger = browser.new_page(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
    found["signin"] = judged(stranger, running.url + "/signin", axe)
    stranger.close()

    told = [f"{name}: {line}" for name, lines in found.items() for line in lines]
    assert told == [], "\n".join(told)


def judged(page: Page, address: str, axe: str) -> list[str]:
    """What is serious or critical on the page that is open, or at an address."""
    if address:
        page.goto(address)
        page.wait_for_load_state("networkidle")
    page.evaluate(axe)
    told = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in told["violations"]
        if violation["impact"] in GRAVE and violation["id"] not in EXCUSED
        for node in violation["nodes"]
    ]
