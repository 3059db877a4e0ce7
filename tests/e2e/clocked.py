"""The demo at another time: what is shown of a day in March must not depend on when somebody looks.

    python -m tests.e2e.clocked --port 8765 --data-dir /tmp/x --now 2026-10-20T08:00:00+00:00 --zone Europe/Berlin

The clock is put forward or back and then runs on. An API key is written to ``key`` in the data folder.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import update
from sqlalchemy.orm import Session

from backend import keys, users, workspaces
from backend.access import Actor, Role
from backend.context import Context, utc_now
from backend.models import Workspace
from backend.settings import Settings
from socialclaw_app import demo
from socialclaw_app.app import create_app
from socialclaw_app.parts import open_parts
from socialclaw_app.sandboxed import sandboxed
from socialclaw_app.serving import serve, with_address

from .running import Demo, told

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocked:
    demo: Demo
    client: httpx2.Client
    folder: Path

    def apply(self, *posts: dict[str, Any], mode: str = "scheduled") -> list[str]:
        answer = self.client.post("/v1/posts/apply", json={"mode": mode, "posts": list(posts)})
        answer.raise_for_status()
        return [post["id"] for post in answer.json()["posts"]]

    def read(self, post_id: str) -> dict[str, Any]:
        return self.client.get(f"/v1/posts/{post_id}").raise_for_status().json()["post"]


@contextmanager
def clocked(folder: Path, *, port: int, now: datetime, zone: str = "UTC", worker: bool = True) -> Generator[Clocked]:
    """As a process of its own, stopped at the end."""
    command = [sys.executable, "-m", "tests.e2e.clocked", "--port", str(port), "--data-dir", str(folder)]
    command += ["--now", now.isoformat(), "--zone", zone, *([] if worker else ["--no-worker"])]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALCLAW_")}
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
    timer = threading.Timer(60, started.kill)
    timer.start()
    try:
        found = told(started)
        timer.cancel()
        key = (folder / "key").read_text()
        headers = {"Authorization": f"Bearer {key}"}
        transport = httpx2.HTTPTransport(retries=6)
        with httpx2.Client(base_url=found.url, headers=headers, transport=transport, timeout=30) as client:
            client.get("/health").raise_for_status()
            yield Clocked(demo=found, client=client, folder=folder)
    finally:
        timer.cancel()
        started.terminate()
        started.wait(timeout=60)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--now", type=datetime.fromisoformat, required=True)
    parser.add_argument("--zone", required=True)
    parser.add_argument("--no-worker", action="store_true")
    given = parser.parse_args()
    ahead = given.now - utc_now()
    settings = with_address(Settings(data_dir=given.data_dir), HOST, given.port)
    with sandboxed(settings, start=True, url=None) as settings, open_parts(settings) as real:
        parts = replace(real, context=replace(real.context, now=lambda: utc_now() + ahead))
        demo.prepare(parts.context)
        link, key = _set_up(parts.context, given.zone)
        (given.data_dir / "key").write_text(key)
        print(f"{settings.public_base_url}/auth/link/{link}", file=sys.stderr)
        print(f"audience sees:  {settings.sandbox_address}", file=sys.stderr, flush=True)
        serve(create_app(parts, worker=not given.no_worker), host=HOST, port=given.port)


def _set_up(context: Context, zone: str) -> tuple[str, str]:
    """A link to sign in with and a key, both of this clock."""
    return context.db.write_now(_doors, zone, context.now())


def _doors(session: Session, zone: str, now: datetime) -> tuple[str, str]:
    session.execute(update(Workspace).values(timezone=zone))
    user = users.find(session, demo.EMAIL)
    assert user is not None
    (workspace, role), *_ = workspaces.of_user(session, user.id)
    actor = Actor(workspace_id=workspace.id, label="test", role=Role(role))
    _key, secret = keys.create(session, actor, label="test", kind=None, now=now)
    lasts = timedelta(days=1)
    return users.make_link(session, user_id=user.id, workspace_id=workspace.id, now=now, lasts=lasts), secret


if __name__ == "__main__":
    main()
