"""A month of five thousand posts in a browser: how soon it is there, how a drag feels, and how much is sent."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.db import Database
from backend.ids import new_id
from backend.models import Account, Post, Run
from backend.status import PostStatus, RunStatus
from tests.e2e.running import chromium

from .running import Running

POSTS, CHATS, LOADS, DRAGS = 5_000, 10, 14, 9
EMAIL, PASSWORD = "bench@example.com", "a-password-for-the-bench"

WATCH = """
() => {
  window.shown = []
  document.addEventListener('pointermove', (event) => {
    const painted = new MessageChannel()
    painted.port1.onmessage = () => {
      if (document.querySelector('.sc-cal-ghost')) shown.push(performance.now() - event.timeStamp)
    }
    requestAnimationFrame(() => painted.port2.postMessage(null))
  })
  document.addEventListener('pointerup', (event) => {
    performance.clearMarks('calendar-settled')
    window.letGo = event.timeStamp
  }, true)
}
"""
READY = "performance.getEntriesByName('calendar-ready')[0]?.startTime"
SETTLED = "performance.getEntriesByName('calendar-settled')[0]?.startTime"


def measure(place: Running, folder: Path) -> dict[str, float]:
    place.chats(CHATS)
    month = next_month(next_month(datetime.now(UTC).date()))
    empty = month
    for _ in range(6):
        empty = next_month(empty)
    database = Database(f"sqlite:///{folder / 'socialclaw.db'}")
    database.write_now(fill, month)
    database.close()
    register(folder)
    with chromium() as browser:
        page = signed_in(browser, place)
        full_s, empty_s, kilobytes = loaded(page, place, month, empty)
        shown, settled = dragged(page, place, month)
    return {
        "posts in the month": POSTS,
        "empty ready s": empty_s,
        "full ready s": full_s,
        "ready ratio": full_s / empty_s,
        "page KB": kilobytes,
        "drag shown p50 s": statistics.median(shown) / 1000,
        "drag shown s": max(shown) / 1000,
        "drag confirmed p50 s": statistics.median(settled) / 1000,
        "drag confirmed s": max(settled) / 1000,
    }


def next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def fill(session: Session, month: date) -> None:
    chance = random.Random(7)
    accounts = session.scalars(select(Account)).all()
    now = datetime.now(UTC)
    workspace_id = accounts[0].workspace_id
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    minutes = (next_month(month) - month).days * 1440
    run = Run(
        id=new_id("run", now), workspace_id=workspace_id, status=RunStatus.CREATED, mode="scheduled",
        source_model="posts_v1", source="api", timezone="UTC", payload_hash="", total_posts=POSTS, created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(run)
    session.flush()
    rows: list[dict[str, Any]] = []
    for number in range(POSTS):
        account, at = chance.choice(accounts), start + timedelta(minutes=chance.randrange(minutes))
        rows.append({
            "id": new_id("post", now), "workspace_id": workspace_id, "run_id": run.id, "account_id": account.id,
            "provider": account.provider, "account_handle": account.handle, "status": PostStatus.SCHEDULED,
            "description": f"Post number {number} of a busy month: " + "what we learned about it. " * 6, "timezone": "UTC",
            "publish_at": at, "due_at": at, "schedulable_at": now, "step_id": f"post_{number}", "created_at": now, "updated_at": now,
        })  # fmt: skip
    session.execute(insert(Post), rows)


def register(folder: Path) -> None:
    command = [sys.executable, "-m", "socialclaw_app", "users", "create", "--email", EMAIL, "--password-stdin"]
    subprocess.run([*command, "--data-dir", str(folder)], input=PASSWORD, text=True, check=True, capture_output=True)


def signed_in(browser: Browser, place: Running) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    answer = page.request.post(f"{place.url}/auth/login", data={"email": EMAIL, "password": PASSWORD})
    assert answer.ok, answer.text()
    return page


def loaded(page: Page, place: Running, month: date, empty: date) -> tuple[float, float, float]:
    """Seconds from the click to the calendar being there, in turn, and the size of the page."""
    times: dict[date, list[float]] = {month: [], empty: []}
    size = 0.0
    for number in range(LOADS):
        for day in (empty, month):
            answer = page.goto(f"{place.url}/calendar?view=month&day={day}", wait_until="commit")
            page.wait_for_function(READY)
            assert answer is not None
            if day == month:
                size = len(answer.body()) / 1000
            if number:  # the first of each warms up
                times[day].append(page.evaluate(READY) / 1000)
    assert page.locator("[data-post]").count() > 100
    return statistics.median(times[month]), statistics.median(times[empty]), size


def dragged(page: Page, place: Running, month: date) -> tuple[list[float], list[float]]:
    page.goto(f"{place.url}/calendar?view=month&day={month}")
    page.wait_for_function(READY)
    page.wait_for_load_state("networkidle")
    page.evaluate(WATCH)
    settled: list[float] = []
    for number in range(DRAGS):
        source, target = month.replace(day=3 + number), month.replace(day=12 + number)
        chip = page.locator(f"[data-cell='{source}'] [data-post]").first.bounding_box()
        end = page.locator(f"[data-cell='{target}']").bounding_box()
        assert chip is not None
        assert end is not None
        page.mouse.move(chip["x"] + 20, chip["y"] + 10)
        page.mouse.down()
        page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=12)
        page.mouse.up()
        page.wait_for_function(SETTLED)
        settled.append(page.evaluate(f"{SETTLED} - letGo"))
    return page.evaluate("shown"), settled
