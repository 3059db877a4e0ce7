"""A demo for each file, signed in to once, and a page that must not complain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.servers import free_port

from .running import Demo, demo, enter, listen

PATIENCE_MS = 15_000
"""A busy machine answers late; what has to be quick is asked for with a limit of its own."""


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo keeps its data."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def running(folder: Path, browser: Browser) -> Iterator[Demo]:
    with demo(folder, port=free_port()) as started:
        yield started


@pytest.fixture(scope="module")
def signed_in(running: Demo, browser: Browser) -> Any:
    """The state of a browser that followed the demo's link."""
    return enter(browser, running)


@pytest.fixture
def context(browser: Browser, signed_in: Any) -> Iterator[BrowserContext]:
    opened = browser.new_context(storage_state=signed_in, viewport={"width": 1280, "height": 1000})
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    heard = listen(opened)
    yield opened
    assert heard == [], "the console had errors"
