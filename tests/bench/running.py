"""A server and sandbox networks, each a process of its own, and accounts to post to."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from socialclaw_app.sandbox import networks
from tests.servers import free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    url: str
    sandbox: str
    process: subprocess.Popen[bytes]
    client: httpx2.Client
    started_after: float
    """Seconds from the start of the process to a /health that is ready."""

    def chats(self, count: int) -> list[str]:
        login: Mapping[str, Any] = networks()["telegram"].credentials
        handles: list[str] = []
        for number in range(count):
            body = {"provider": "telegram", "botToken": login["botToken"], "chatId": f"@chat_{number}"}
            answer = self.client.post("/v1/connections/start", json=body)
            answer.raise_for_status()
            handles.append(answer.json()["account"]["handle"])
        return handles

    def apply(self, *posts: Mapping[str, Any]) -> list[str]:
        answer = self.client.post("/v1/posts/apply", json={"posts": list(posts)})
        answer.raise_for_status()
        return [post["id"] for post in answer.json()["posts"]]

    def received(self) -> list[dict[str, Any]]:
        return httpx2.get(f"{self.sandbox}/_/telegram/received").json()

    def wait_until_received(self, count: int, seconds: float) -> list[dict[str, Any]]:
        deadline = time.monotonic() + seconds
        while len(found := self.received()) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def latency(self, seconds: float) -> None:
        httpx2.put(f"{self.sandbox}/_/telegram/latency", json={"seconds": seconds}).raise_for_status()


@contextmanager
def running(folder: Path) -> Generator[Running]:
    sandbox_port, port = free_port(), free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALCLAW_")}
    environment |= {"SOCIALCLAW_LOG_LEVEL": "ERROR", "SOCIALCLAW_MAX_ASSET_BYTES": str(2 * 1024**3)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a program that compiles itself at each start is nobody's
    sandbox = f"http://127.0.0.1:{sandbox_port}"
    networks_process = _start(["sandbox", "--port", str(sandbox_port)], environment)
    began = time.monotonic()
    serving = ["serve", "--port", str(port), "--data-dir", str(folder), "--sandbox-url", sandbox]
    process = _start(serving, environment)
    try:
        url = f"http://127.0.0.1:{port}"
        _ready(url)
        started_after = time.monotonic() - began
        key = _key(folder, environment)
        client = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        yield Running(url=url, sandbox=sandbox, process=process, client=client, started_after=started_after)
    finally:
        for one in (process, networks_process):
            one.terminate()
            one.wait(timeout=60)


def _start(arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "socialclaw_app", *arguments]
    return subprocess.Popen(command, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx2.get(f"{url}/health", timeout=5).json()["ready"]:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.02)
    raise TimeoutError("the server did not get ready")


def _key(folder: Path, environment: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", "socialclaw_app", "keys", "create", "--json", "--data-dir", str(folder)]
    printed = subprocess.run(command, env=dict(environment), check=True, capture_output=True, text=True).stdout
    import json

    return str(json.loads(printed)["secret"])


def lateness(received: Sequence[Mapping[str, Any]], due: Mapping[str, datetime]) -> list[float]:
    """Seconds from the publish time to the receipt at the network, sorted. Keys of ``due`` are the texts."""
    late = [
        (datetime.fromisoformat(post["at"]).astimezone(UTC) - due[post["text"]]).total_seconds() for post in received
    ]
    return sorted(late)


def percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
