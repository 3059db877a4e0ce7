"""The server and the worker as two processes on one data folder, with the networks' copies as a third."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from socialclaw_app.sandbox import environment, networks
from tests.servers import free_port

from .test_cli import run, told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

QUICK = {"SOCIALCLAW_LEASE_SECONDS": "1.5", "SOCIALCLAW_POLL_SECONDS": "0.1"}
SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A server that leaves the publishing to others, and a sandbox."""

    folder: Path
    sandbox: str
    client: httpx2.Client
    environment: Mapping[str, str]

    @contextmanager
    def worker(self) -> Generator[subprocess.Popen[bytes]]:
        with _process(["worker", "--data-dir", str(self.folder)], self.environment) as process:
            yield process

    def health(self) -> dict[str, Any]:
        return self.client.get("/health").json()

    def chat(self, number: int = 1) -> str:
        """The handle of a chat that is connected now."""
        body = {"provider": "telegram", "botToken": _login()["botToken"], "chatId": f"@chat_{number}"}
        answer = self.client.post("/v1/connections/start", json=body).raise_for_status()
        return answer.json()["account"]["handle"]

    def apply(self, handle: str, *texts: str) -> list[str]:
        posts = [{"account": handle, "description": text} for text in texts]
        answer = self.client.post("/v1/posts/apply", json={"posts": posts}).raise_for_status()
        return [post["id"] for post in answer.json()["posts"]]

    def status(self, post_id: str) -> str:
        return self.client.get(f"/v1/posts/{post_id}").raise_for_status().json()["post"]["status"]

    def received(self) -> list[str]:
        return sorted(post["text"] for post in httpx2.get(f"{self.sandbox}/_/telegram/received").json())

    def sent(self) -> int:
        """How many posts reached the network's door, answered or not."""
        calls = httpx2.get(f"{self.sandbox}/_/telegram/calls").json()
        return sum("sendMessage" in call["path"] for call in calls)

    def latency(self, seconds: float) -> None:
        httpx2.put(f"{self.sandbox}/_/telegram/latency", json={"seconds": seconds}).raise_for_status()


@pytest.fixture
def place(started: Place) -> Place:
    """With an audience that has seen nothing yet."""
    httpx2.delete(f"{started.sandbox}/_/telegram").raise_for_status()
    return started


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("data")
    sandbox_port, port = free_port(), free_port()
    sandbox, url = f"http://127.0.0.1:{sandbox_port}", f"http://127.0.0.1:{port}"
    given = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALCLAW_")}
    given |= {**QUICK, **environment(sandbox), "SOCIALCLAW_ENVIRONMENT": "sandbox", "SOCIALCLAW_PUBLIC_BASE_URL": url}
    serving = ["serve", "--no-worker", "--port", str(port), "--data-dir", str(folder)]
    told(folder, "workspaces", "create", "Studio")
    key = told(folder, "keys", "create")["secret"]
    with (
        _process(["sandbox", "--port", str(sandbox_port)], given),
        _process(serving, given),
        httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client,
    ):
        _until(lambda: _answers(f"{sandbox}/_/telegram/received") and _answers(f"{url}/health"))
        yield Place(folder=folder, sandbox=sandbox, client=client, environment=given)


def test_a_worker_beside_the_server_publishes_what_the_server_took(place: Place) -> None:
    (post_id,) = place.apply(place.chat(), "from another process")
    before = place.health()
    assert (before["ready"], before["worker"]["alive"], before["worker"]["heartbeatAt"]) == (False, False, None)
    with place.worker() as worker:
        _until(lambda: place.status(post_id) == "published")
        assert place.received() == ["from another process"]
        _until(lambda: place.health()["ready"])
        _until_another_heartbeat(place)
        (next_id,) = place.apply(place.chat(), "while it runs")
        _until(lambda: place.status(next_id) == "published")
        assert _ended(worker) == 0
    after = place.health()
    assert (after["ready"], after["worker"]["alive"]) == (False, False), (
        "a worker that left in good order is not awaited"
    )
    assert place.received() == ["from another process", "while it runs"]


def test_a_worker_that_is_told_to_end_finishes_what_is_on_its_way_and_leaves_the_rest_to_the_next(place: Place) -> None:
    texts = [f"number {number}" for number in range(4)]
    place.latency(3.0)
    ids = [*place.apply(place.chat(1), *texts[:2]), *place.apply(place.chat(2), *texts[2:])]
    with place.worker() as worker:
        _until(lambda: place.sent() >= 2)
        assert _ended(worker) == 0
    statuses = [place.status(post_id) for post_id in ids]
    assert sorted(statuses) == ["published", "published", "scheduled", "scheduled"], "one of each chat was on its way"
    assert len(place.received()) == 2
    place.latency(0.0)
    with place.worker() as worker:
        _until(lambda: all(place.status(post_id) == "published" for post_id in ids))
        assert _ended(worker) == 0
    assert place.received() == texts
    assert place.sent() == len(texts)


def test_pause_holds_what_is_due_and_resume_frees_it(place: Place) -> None:
    handle = place.chat()
    with place.worker():
        _until(lambda: place.health()["ready"])
        assert run(place.folder, "pause").returncode == 0
        assert place.health()["worker"]["paused"] is True
        (post_id,) = place.apply(handle, "held")
        for _ in range(3):
            _until_another_heartbeat(place)
        assert (place.status(post_id), place.received()) == ("scheduled", [])
        assert run(place.folder, "resume").returncode == 0
        _until(lambda: place.status(post_id) == "published")
        assert place.health()["worker"]["paused"] is False
    assert place.received() == ["held"]


# --- processes ---------------------------------------------------------------------------------------------------------


@contextmanager
def _process(arguments: list[str], given: Mapping[str, str]) -> Generator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "socialclaw_app", *arguments]
    process = subprocess.Popen(command, env=dict(given), stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=SECONDS)
        process.kill()
        process.wait()


def _ended(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=SECONDS)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def _until_another_heartbeat(place: Place) -> None:
    last = place.health()["worker"]["heartbeatAt"]
    _until(lambda: place.health()["worker"]["heartbeatAt"] not in (last, None))


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url).is_success
    except httpx2.TransportError:
        return False


def _login() -> Mapping[str, Any]:
    return networks()["telegram"].credentials
