"""``make screenshots``: every screen at two widths, light and dark, into ``build/screenshots``.

Ends with an error when a page scrolls sideways on a phone or writes an error to the console.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.e2e.running import Demo, chromium, demo, enter, listen, scrolls_sideways
from tests.seeds import seed
from tests.servers import free_port

FOLDER = Path("build/screenshots")
WIDTHS = {"wide": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
PAGES = {
    "home": "/",
    "compose": "/compose",
    "calendar": "/calendar",
    "posts": "/posts",
    "media-library": "/media-library",
    "analytics": "/analytics",
    "accounts": "/accounts",
    "keys": "/keys",
    "settings": "/settings",
    "networks": "/settings/networks",
    "members": "/settings/members",
    "activity": "/settings/activity",
    "transfer": "/settings/transfer",
}


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        demo(Path(folder), port=free_port()) as running,
    ):
        seed(Path(folder), running.url)
        with chromium() as browser:
            state = enter(browser, running)
            for width, size in WIDTHS.items():
                for theme in THEMES:
                    wrong += _shoot(browser, running, state, width, size, theme)
            wrong += _shoot_signed_out(browser, running)
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")
    return 1 if wrong else 0


def _shoot(
    browser: Browser, running: Demo, state: dict[str, object], width: str, size: tuple[int, int], theme: str
) -> list[str]:
    context = browser.new_context(
        storage_state=state,  # type: ignore[arg-type]
        viewport={"width": size[0], "height": size[1]},
        color_scheme=theme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    heard = listen(page)
    wrong: list[str] = []
    found = {
        "post": _first(page, running.url + "/posts", "/posts/"),
        "figures-of-a-post": _first(page, running.url + "/analytics", "/analytics/posts/"),
    }
    for name, path in {**PAGES, **found}.items():
        page.goto(running.url + path)
        _settle(page)
        if scrolls_sideways(page):
            wrong.append(f"{path} scrolls sideways at {size[0]} pixels, {theme}")
        page.screenshot(path=FOLDER / f"{name}-{width}-{theme}.png")
    _shoot_over_a_page(page, running, f"{width}-{theme}")
    context.close()
    return wrong + heard


def _shoot_over_a_page(page: Page, running: Demo, name: str) -> None:
    page.goto(running.url + "/")
    _settle(page)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search").fill("a")
    page.wait_for_timeout(600)
    page.screenshot(path=FOLDER / f"search-{name}.png")
    page.keyboard.press("Escape")
    page.wait_for_timeout(400)
    page.keyboard.press("?")
    page.wait_for_timeout(400)
    page.screenshot(path=FOLDER / f"keys-help-{name}.png")
    page.keyboard.press("Escape")
    page.wait_for_timeout(400)
    page.get_by_role("button", name="Notices").locator("visible=true").click()
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / f"notices-{name}.png")


def _first(page: Page, address: str, begins: str) -> str:
    """The first link on a page that leads to one of its things."""
    page.goto(address)
    _settle(page)
    return str(page.locator(f"a[href^='{begins}']").first.get_attribute("href"))


def _shoot_signed_out(browser: Browser, running: Demo) -> list[str]:
    page = browser.new_page()
    heard = listen(page)
    page.goto(running.url + "/signin")
    _settle(page)
    page.screenshot(path=FOLDER / "signin-wide-light.png")
    page.goto(running.sandbox)
    page.screenshot(path=FOLDER / "sandbox-wide-light.png")
    return heard


def _settle(page: Page) -> None:
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    sys.exit(main())
