"""``make screenshots``: every screen at two widths, light and dark, into ``build/screenshots``.

Ends with an error when a page scrolls sideways on a phone or writes an error to the console.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
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
        forms = [(width, theme) for width in WIDTHS for theme in THEMES]
        with chromium() as browser:
            state = enter(browser, running, leave=_begin_the_tour)
            for width, theme in forms:
                wrong += _shoot_tour(browser, running, state, width, theme, last=(width, theme) == forms[-1])
        seed(Path(folder), running.url)
        with chromium() as browser:
            for width, theme in forms:
                wrong += _shoot(browser, running, state, width, theme)
            wrong += _shoot_signed_out(browser, running)
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")
    return 1 if wrong else 0


def _begin_the_tour(page: Page) -> None:
    page.get_by_role("button", name="Show me").click()
    page.wait_for_url("**/compose")


def _shoot_tour(
    browser: Browser, running: Demo, state: dict[str, object], width: str, theme: str, *, last: bool
) -> list[str]:
    """As long as nobody has posted anything. It ends with the ``last`` picture."""
    with _opened(browser, state, width, theme) as (page, wrong):
        for name, path in {"first-steps": "/", "tour": "/compose"}.items():
            page.goto(running.url + path)
            _shot(page, name, width, theme, wrong)
        if last:
            page.get_by_role("button", name="End the tour").click()
    return wrong


@contextmanager
def _opened(browser: Browser, state: dict[str, object], width: str, theme: str) -> Generator[tuple[Page, list[str]]]:
    """A page, and what was wrong on it."""
    across, down = WIDTHS[width]
    context = browser.new_context(
        storage_state=state,  # type: ignore[arg-type]
        viewport={"width": across, "height": down},
        color_scheme=theme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    heard, wrong = listen(page), list[str]()
    yield page, wrong
    wrong += heard
    context.close()


def _shot(page: Page, name: str, width: str, theme: str, wrong: list[str]) -> None:
    _settle(page)
    if scrolls_sideways(page):
        wrong.append(f"{name} scrolls sideways at {WIDTHS[width][0]} pixels, {theme}")
    page.screenshot(path=FOLDER / f"{name}-{width}-{theme}.png")


def _shoot(browser: Browser, running: Demo, state: dict[str, object], width: str, theme: str) -> list[str]:
    with _opened(browser, state, width, theme) as (page, wrong):
        found = {
            "post": _first(page, running.url + "/posts", "/posts/"),
            "figures-of-a-post": _first(page, running.url + "/analytics", "/analytics/posts/"),
        }
        for name, path in {**PAGES, **found}.items():
            page.goto(running.url + path)
            _shot(page, name, width, theme, wrong)
        _shoot_over_a_page(page, running, f"{width}-{theme}")
        _shoot_account(page, running, f"{width}-{theme}")
        _shoot_crop(page, running, f"{width}-{theme}")
    return wrong


def _shoot_account(page: Page, running: Demo, name: str) -> None:
    page.goto(running.url + "/accounts")
    _settle(page)
    card = page.get_by_role("article").filter(has_text="Sandbox News")
    card.get_by_role("button", name="More").click()
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / f"account-more-{name}.png")
    page.keyboard.press("Escape")
    card.get_by_role("button", name="Limits").click()
    page.get_by_role("dialog", name="Limits of Sandbox News").wait_for()
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / f"limits-{name}.png")


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


def _shoot_crop(page: Page, running: Demo, name: str) -> None:
    open_crop(page, running)
    page.get_by_role("button", name="4:5").click()
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / f"crop-{name}.png")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Start over").click()  # or the next page of the composer would begin with it
    page.wait_for_url("**/compose?draft=new")


def open_crop(page: Page, running: Demo) -> None:
    """A picture for two networks, about to be cropped."""
    page.goto(running.url + "/compose?draft=new")
    for account in ("Sandbox News", "Announcements"):
        page.get_by_role("button", name=account).click()
    content = io.BytesIO()
    Image.linear_gradient("L").resize((900, 420)).rotate(90, expand=True).save(content, "PNG")
    page.locator("input[type=file]").set_input_files(
        files=[{"name": "sea.png", "mimeType": "image/png", "buffer": content.getvalue()}]
    )
    page.get_by_role("button", name="Crop: sea.png").click()


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
