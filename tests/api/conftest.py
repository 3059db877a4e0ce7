"""The API as clients meet it: a real server with its worker, before the networks' copies. Started once; every test has
a workspace, keys and accounts of its own."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from backend import keys, users, workspaces
from backend.access import Actor, Role
from backend.context import utc_now
from backend.settings import load
from socialclaw_app.app import create_app
from socialclaw_app.parts import Parts, open_parts
from socialclaw_app.sandbox import SandboxThread
from socialclaw_app.sandbox.discord import sandbox_token
from socialclaw_app.sandboxed import pointed_at
from socialclaw_app.serving import ServerThread, free_port
from tests.backend.fake_parts import FolderOfParts
from tests.backend.rows import forget_limits

OPEN: Mapping[str, Any] = {"requests_per_minute_per_address": 0, "requests_per_minute_per_key": 0}
"""All tests come from one address, and those of a file share a key."""
OVER = ("published", "failed", "canceled")
SECRET = "SANDBOX_marked_half_that_nobody_may_see_x"
BOT_TOKEN = f"110201543:{SECRET}"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread() as running:
        for state in running.networks.values():
            state.limits_enabled = False
        yield running


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    parts: Parts
    app: FastAPI
    url: str
    sandbox: SandboxThread

    def workspace(self, name: str) -> Client:
        db = self.parts.context.db
        row = db.write_now(workspaces.create, name=name, now=utc_now())
        actor = Actor(workspace_id=row.id, label="test", role=Role.OWNER)
        _, secret = db.write_now(keys.create, actor, label="test", kind=None, now=utc_now())
        headers = {"Authorization": f"Bearer {secret}"}
        http = httpx2.Client(base_url=self.url, headers=headers, timeout=30)
        return Client(server=self, actor=actor, secret=secret, http=http)

    def stranger(self, *, user_id: str | None = None, workspace_id: str = "") -> Client:
        """A browser in which nobody is signed in."""
        actor = Actor(workspace_id=workspace_id, label="test", role=Role.OWNER, user_id=user_id)
        http = httpx2.Client(base_url=self.url, timeout=30)
        return Client(server=self, actor=actor, secret="", http=http)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    server: Server
    actor: Actor
    secret: str
    http: httpx2.Client

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        if body is not None:
            options["json"] = body
        return self.http.request(method, path, **options)

    def ok(self, method: str, path: str, body: Any = None, **options: Any) -> dict[str, Any]:
        answer = self.send(method, path, body, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str]:
        """Status and code of an answer that must have the documented error shape."""
        return refused(self.send(method, path, body, **options))

    def browser(self, role: Role = Role.OWNER) -> Client:
        """Somebody of this workspace at a browser, signed in."""
        db, email = self.server.parts.context.db, f"person{next(_numbers)}@example.com"
        workspace_id = self.actor.workspace_id
        user = db.write_now(
            users.create, email=email, password=None, workspace_id=workspace_id, role=role, now=utc_now()
        )
        link = db.write_now(users.make_link, user_id=user.id, workspace_id=workspace_id, now=utc_now())
        found = self.server.stranger(user_id=user.id, workspace_id=workspace_id)
        assert found.send("GET", f"/auth/link/{link}").status_code == 303
        return found

    def connect(self, provider: str, **values: Any) -> dict[str, Any]:
        return self.ok("POST", "/v1/connections/start", {"provider": provider, **values})["account"]

    def telegram(self) -> dict[str, Any]:
        return self.connect("telegram", botToken=BOT_TOKEN, chatId=f"@chat_{next(_numbers)}")

    def discord(self) -> dict[str, Any]:
        hook = str(700_000_000_000_000_000 + next(_numbers))
        url = f"{self.server.sandbox.url}/discord/api/v10/webhooks/{hook}/{sandbox_token(hook)}"
        return self.connect("discord", webhookUrl=url)

    def apply(self, *posts: dict[str, Any], **envelope: Any) -> dict[str, Any]:
        return self.ok("POST", "/v1/posts/apply", {"posts": list(posts), **envelope})

    def post(self, post_id: str) -> dict[str, Any]:
        return self.ok("GET", f"/v1/posts/{post_id}")["post"]

    def over(self, post_id: str) -> dict[str, Any]:
        """The post when the worker is done with it."""
        return eventually(partial(self._over, post_id))

    def _over(self, post_id: str) -> dict[str, Any] | None:
        found = self.post(post_id)
        return found if found["status"] in OVER else None

    def upload(self, content: bytes, filename: str = "picture.png", **fields: Any) -> dict[str, Any]:
        files = {"file": (filename, content, fields.pop("mime", "image/png"))}
        return self.ok("POST", "/v1/assets/upload", files=files, data=fields)["asset"]

    def received(self, network: str, text: str) -> list[dict[str, Any]]:
        found = httpx2.get(f"{self.server.sandbox.url}/_/{network}/received").json()
        return [post for post in found if post["text"] == text]

    def fault(self, network: str, **fault: Any) -> None:
        httpx2.put(f"{self.server.sandbox.url}/_/{network}/fault", json=fault).raise_for_status()


def refused(answer: httpx2.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["ok"] is False
    assert set(body) <= {"ok", "code", "message", "details"}, body
    assert body["message"].strip()
    return answer.status_code, body["code"]


def eventually(look: Any, seconds: float = 60.0) -> Any:
    """What ``look`` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


@pytest.fixture(scope="session")
def server(sandbox: SandboxThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port("127.0.0.1", 0)
    settings = replace(
        pointed_at(load({}, data_dir=tmp_path_factory.mktemp("data")), sandbox.url),
        public_base_url=f"http://127.0.0.1:{port}",
        settle_scale=0.002,
        retry_base_seconds=0.02,
        poll_seconds=0.05,
        max_tries=3,
        max_asset_bytes=2 * 1024 * 1024,
        **OPEN,
    )
    with open_parts(settings) as parts:
        app = create_app(parts, pages=False)
        running = ServerThread(app, host="127.0.0.1", port=port)
        running.start()
        try:
            yield Server(parts=parts, app=app, url=settings.public_base_url, sandbox=sandbox)
        finally:
            running.stop()


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    server.parts.context.db.write_now(forget_limits)
    found = server.workspace("First")
    yield found
    found.http.close()


@pytest.fixture
def stranger(server: Server) -> Iterator[Client]:
    """Another workspace on the same server."""
    found = server.workspace("Second")
    yield found
    found.http.close()


@pytest.fixture
def telegram(client: Client) -> str:
    """The handle of a connected account."""
    return client.telegram()["handle"]


@pytest.fixture
def discord(client: Client) -> str:
    return client.discord()["handle"]


@pytest.fixture(scope="session")
def taking_parts(sandbox: SandboxThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """On a server whose storage takes files in parts."""
    port, folder = free_port("127.0.0.1", 0), tmp_path_factory.mktemp("parts")
    settings = replace(load({}, data_dir=folder), public_base_url=f"http://127.0.0.1:{port}", **OPEN)
    with open_parts(settings) as parts:
        parts = replace(parts, context=replace(parts.context, storage=FolderOfParts(folder / "media")))
        app = create_app(parts, worker=False, pages=False)
        running = ServerThread(app, host="127.0.0.1", port=port)
        running.start()
        try:
            yield Server(parts=parts, app=app, url=settings.public_base_url, sandbox=sandbox).workspace("In parts")
        finally:
            running.stop()
