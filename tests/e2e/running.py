"""The demo as a newcomer starts it, and a browser in front of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium-headless-shell") or "chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    url: str
    link: str
    sandbox: str
    pid: int


@contextmanager
def demo(folder: Path, *, port: int, variables: Mapping[str, str] | None = None) -> Generator[Demo]:
    """``socialclaw demo`` as a process of its own, stopped at the end."""
    command = [sys.executable, "-m", "socialclaw_app", "demo", "--port", str(port), "--data-dir", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALCLAW_")}
    environment |= variables or {}
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
    timer = threading.Timer(START_SECONDS, started.kill)
    timer.start()
    try:
        found = told(started)
        timer.cancel()
        with httpx2.Client(transport=httpx2.HTTPTransport(retries=6)) as asking:  # the link is told before it is served
            asking.get(f"{found.url}/health").raise_for_status()
        yield found
    finally:
        timer.cancel()
        started.terminate()
        started.wait(timeout=60)


def told(started: subprocess.Popen[str]) -> Demo:
    """What the demo prints before it serves; the rest of its output is read and dropped."""
    assert started.stderr is not None
    seen = ""
    while not (
        (link := re.search(r"http\S+/auth/link/\S+", seen)) and (sandbox := re.search(r"audience sees:\s+(\S+)", seen))
    ):
        line = started.stderr.readline()
        assert line, f"the demo ended before it served:\n{seen}"
        seen += line
    threading.Thread(target=started.stderr.read, daemon=True).start()
    return Demo(url=link[0].partition("/auth/")[0], link=link[0], sandbox=sandbox[1], pid=started.pid)


@contextmanager
def chromium() -> Generator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which(CHROMIUM), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def enter(browser: Browser, running: Demo, *, leave: Callable[[Page], object] = lambda page: None) -> Any:
    """What a browser keeps of having followed the link, which works once; ``leave`` does something there first."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(running.link)
    page.wait_for_url(running.url + "/")
    leave(page)
    state = context.storage_state()
    context.close()
    return state


def listen(page: Page) -> list[str]:
    """Console errors and page errors from now on."""
    heard: list[str] = []

    def console(message: Any) -> None:
        if message.type == "error":
            heard.append(f"{page.url}: {message.text}")

    page.on("console", console)
    page.on("pageerror", lambda error: heard.append(f"{page.url}: {error}"))
    return heard


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))
