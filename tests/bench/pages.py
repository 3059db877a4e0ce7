"""What open pages cost a server while nobody does anything: fifty of them in a real browser."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.e2e.running import chromium

from .calendar import register, signed_in
from .memory import of_process
from .running import Running

PAGES, SETTLING_SECONDS, IDLE_SECONDS = 50, 20, 30
WHERE = ("/", "/compose", "/calendar", "/posts", "/media-library", "/analytics", "/accounts")


def measure(place: Running, folder: Path) -> dict[str, float]:
    """The idle time before is that of the server with its worker and no page."""
    place.chats(3)
    register(folder)
    pid = place.process.pid
    with chromium() as browser:
        page = signed_in(browser, place)
        for path in WHERE:  # what is loaded once is no page's own
            page.goto(place.url + path, wait_until="networkidle")
        page.goto("about:blank")
        time.sleep(SETTLING_SECONDS)
        before_cpu, before = _busy(pid), of_process(pid)
        for number in range(PAGES):
            page.context.new_page().goto(place.url + WHERE[number % len(WHERE)], wait_until="networkidle")
        time.sleep(SETTLING_SECONDS)
        cpu, after = _busy(pid), of_process(pid)
    return {
        "pages": PAGES,
        "MiB a page": (after - before) / PAGES,
        "idle CPU % without": before_cpu * 100,
        "idle CPU % with": cpu * 100,
        "idle CPU % a page": (cpu - before_cpu) * 100 / PAGES,
    }


def _busy(pid: int) -> float:
    """The share of one core that a process took for a while."""
    began, used = time.monotonic(), _cpu_seconds(pid)
    time.sleep(IDLE_SECONDS)
    return (_cpu_seconds(pid) - used) / (time.monotonic() - began)


def _cpu_seconds(pid: int) -> float:
    """User and system time, fields 14 and 15 of proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
