"""Real processes, really killed: at the claim, around the ONCE, and at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from socialclaw_app.sandbox import SandboxThread

from .scenarios import login
from .world import OVER, World, world

POINTS = ("claimed", "begun", "intending:", "intended:", "answered:", "published")
DECISION_SECONDS = 10.0
"""After a restart the first decision about an interrupted post comes within this."""


@pytest.fixture
def sandbox() -> Iterator[str]:
    with SandboxThread() as running:
        running.networks["telegram"].limits_enabled = False
        yield running.url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
def place(request: pytest.FixtureRequest, tmp_path: Path, sandbox: str) -> Iterator[tuple[World, Path, str]]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_server").create_database()
    with world(tmp_path / "data", sandbox, database_url=url) as made:
        yield made, tmp_path / "data", url


def _worker(folder: Path, sandbox: str, point: str, url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.crash.victim", str(folder), sandbox, point, url]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALCLAW_")}
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


@pytest.mark.crash
@pytest.mark.timeout(300)
def test_a_killed_worker_neither_loses_nor_doubles_a_post(place: tuple[World, Path, str]) -> None:
    made, folder, url = place
    handle = made.connect("telegram", **login("telegram"))
    outcomes: dict[str, str] = {}
    for point in POINTS:
        text = f"Killed at {point}"
        victim = _worker(folder, made.sandbox, point, url)
        try:
            post_id = made.apply({"account": handle, "description": text})[0]
            assert victim.wait(timeout=30) == -9, f"the worker never came to {point}"
        finally:
            victim.kill()
            victim.wait()
        successor = _worker(folder, made.sandbox, "", url)
        restarted = time.monotonic()
        try:
            while made.post(post_id)["status"] not in OVER:
                assert time.monotonic() - restarted < DECISION_SECONDS, made.post(post_id)
                time.sleep(0.02)
        finally:
            successor.terminate()
            successor.wait()
        post, shown = made.post(post_id), made.received("telegram", text)
        assert len(shown) <= 1, f"doubled after a kill at {point}"
        outcomes[point] = post["status"]
        if post["status"] == "published":
            assert len(shown) == 1, f"lost after a kill at {point}"
        else:
            assert post["errorCode"] == "publish_outcome_unknown"
    # Telegram cannot be asked: only between the intent and the answer nobody can know
    assert [point for point, status in outcomes.items() if status != "published"] == ["intended:", "answered:"]
