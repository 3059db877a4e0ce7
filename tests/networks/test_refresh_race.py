"""Eight workers, one expired token that rotates: it is renewed once, and everything goes out. Over HTTP, before the
network's copy, which ends a login whose refresh token comes twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backend.context import Context, outgoing, utc_now
from backend.db import Database
from backend.http import Outgoing
from backend.models import Attempt, Connection, Post
from backend.publishing import Publisher
from providers.contract import Request, Response
from socialclaw_app.sandbox import SandboxThread
from socialclaw_app.sandbox.pinterest import USERS, Memory
from tests.api.conftest import Client
from tests.api.files import image
from tests.api.servers import another

from .samples import samples
from .test_lifecycle import connected

WORKERS = 8
TOKEN = "/oauth/token"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    """A server whose workers the test starts itself."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_server").create_database()
    with SandboxThread() as own, another(tmp_path, own, database_url=url, poll_seconds=0.05) as found:
        yield found


@pytest.mark.parametrize("over", ["and we know it", "and only the network knows it"])
async def test_eight_workers_renew_one_expired_token_once_and_all_posts_go_out(client: Client, over: str) -> None:
    ids = await asyncio.to_thread(_planned, client)
    context, network = client.server.parts.context, client.server.sandbox.networks["pinterest"]
    if over == "and we know it":
        await context.db.write(_token_is_over)
    for grant in cast("Memory", network.memory).grants.tokens.values():
        grant.expires_at = utc_now() - timedelta(seconds=1)
    network.calls.clear()
    gate = asyncio.Event()
    async with AsyncExitStack() as stack:
        for _ in range(WORKERS):
            await stack.enter_async_context(_worker(context, gate))
        await _until(context, _all_hold_one)
        gate.set()
        await _until(context, _all_out)
    renewals = [call for call in network.calls if call["path"].endswith(TOKEN)]
    assert len(renewals) == 1
    assert len([post for post in network.posts.values() if not post.deleted]) == len(ids) == 2 * WORKERS
    tried = await context.db.read(lambda session: session.execute(select(Attempt.worker_id, Attempt.ok)).all())
    assert len({worker for worker, _ in tried}) == WORKERS
    assert all(ok for _, ok in tried), "an expired token costs nobody a try"


def _planned(client: Client) -> list[str]:
    """Two posts for each of eight boards of one person."""
    memory = cast("Memory", client.server.sandbox.networks["pinterest"].memory)
    memory.boards = {
        str(54_975_581_400 + n): {"name": f"Board {n}", "owner": next(iter(USERS))} for n in range(WORKERS)
    }
    connected(client, samples()["pinterest"])
    boards = [row["handle"] for row in client.ok("GET", "/v1/accounts")["accounts"] if row["publishable"]]
    assert len(boards) == WORKERS
    asset = client.upload(image())
    entries = [
        {"account": board, "description": f"{turn} on {board}", "assets": [{"id": asset["id"]}]}
        for turn in ("First", "Second")
        for board in boards
    ]
    return [post["id"] for post in client.apply(*entries)["posts"]]


def _token_is_over(session: Session) -> None:
    session.execute(update(Connection).values(token_expires_at=utc_now() - timedelta(minutes=1)))


class Gated:
    """One worker's connections. A renewal waits until the gate is open."""

    def __init__(self, http: Outgoing, gate: asyncio.Event) -> None:
        self._http = http
        self._gate = gate

    async def send(self, request: Request, **options: Any) -> Response:
        if request.path.endswith(TOKEN):
            await self._gate.wait()
        return await self._http.send(request, **options)


@asynccontextmanager
async def _worker(context: Context, gate: asyncio.Event) -> AsyncGenerator[None]:
    """With a database and connections of its own, as a process has them."""
    db = Database(context.settings.resolved_database_url)
    async with outgoing(context.settings) as http:
        own = replace(context, db=db, http=cast("Outgoing", Gated(http, gate)))
        publisher = Publisher(own, concurrency=1)
        running = asyncio.create_task(publisher.run())
        try:
            yield
        finally:
            publisher.stop()
            await asyncio.wait_for(running, 20)
            db.close()


async def _until(context: Context, true: Any) -> None:
    async with asyncio.timeout(40):
        while not await context.db.read(true):
            await asyncio.sleep(0.02)


def _all_hold_one(session: Session) -> bool:
    return session.scalar(select(func.count(Post.lease_owner.distinct()))) == WORKERS


def _all_out(session: Session) -> bool:
    left = session.scalar(select(func.count()).select_from(Post).where(Post.status != "published"))
    return left == 0
