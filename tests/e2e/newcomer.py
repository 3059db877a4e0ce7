"""The README's steps, done by a script: a fresh clone, an empty home, ``make run``, a first post.

    python -m tests.e2e.newcomer

Prints how many seconds it took until the post stood on the sandbox's page. Not part of the suite: it fetches all
dependencies.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import expect

from tests.servers import free_port

from .running import chromium, told

HERE = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 120.0


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        clone, home = Path(folder) / "socialclaw", Path(folder) / "home"
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(HERE), str(clone)], check=True)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SOCIALCLAW_", "VIRTUAL_ENV", "XDG_"))
        }
        began = time.monotonic()
        started = subprocess.Popen(
            ["make", "run", f"PORT={free_port()}"],
            cwd=clone,
            env={**environment, "HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            running = told(started)
            served = time.monotonic() - began
            with chromium() as browser:
                page = browser.new_page()
                page.goto(running.link)
                page.get_by_role("button", name="New post").first.click()
                page.get_by_role("button", name="Sandbox News").click()
                page.get_by_label("Text").fill("Hello from a newcomer")
                page.get_by_role("button", name="Publish now").click()
                page.wait_for_url("**/posts/post_*")
                page.goto(f"{running.sandbox}/_/telegram")
                expect(page.get_by_text("Hello from a newcomer").first).to_be_visible(timeout=20_000)
            took = time.monotonic() - began
        finally:
            os.killpg(started.pid, signal.SIGTERM)
            started.wait(timeout=60)
    print(
        f"served after {served:.1f} s, first post on the sandbox's page after {took:.1f} s (limit {LIMIT_SECONDS:.0f} s)"
    )
    return 0 if took <= LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
