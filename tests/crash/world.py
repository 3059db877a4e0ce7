"""A small world to crash in: a data folder, a database, networks, and workers that can be abandoned at any point."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import connections, posts, runs, workspaces
from backend.access import Actor, Role
from backend.context import Context, own_connections, utc_now
from backend.db import Database
from backend.models import Post
from backend.publishing import Publisher
from backend.settings import Settings, load
from backend.status import PostStatus
from socialclaw_app.app import create_app
from socialclaw_app.parts import Parts, open_parts
from socialclaw_app.sandboxed import pointed_at
from socialclaw_app.serving import ServerThread, free_port
from tests.backend.rows import forget_limits

QUICK: Mapping[str, Any] = {
    "settle_scale": 0.002,
    "poll_scale": 0.01,
    "retry_base_seconds": 0.02,
    "poll_seconds": 0.02,
    "lease_seconds": 0.3,
    "call_timeout_seconds": 5.0,
}
"""Waits shrunk; nothing else about the engine changes."""

OVER = (PostStatus.PUBLISHED, PostStatus.FAILED, PostStatus.CANCELED)


class Abandoned(BaseException):
    """The process is gone from here on."""


@dataclass(frozen=True, kw_only=True)
class World:
    parts: Parts
    actor: Actor
    sandbox: str
    handles: dict[str, str] = field(default_factory=dict[str, str])
    """Of the accounts connected so far, by network."""

    @cached_property
    def _sandbox(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.sandbox)

    @property
    def context(self) -> Context:
        return self.parts.context

    def connect(self, provider: str, **values: Any) -> str:
        """The handle of the new account."""
        found = self.alone(lambda context: connections.start(context, self.actor, {"provider": provider, **values}))
        return found["account"]["handle"]

    def apply(self, *entries: Mapping[str, Any]) -> list[str]:
        """The ids of the new posts."""
        applied = self.alone(lambda context: runs.apply_once(context, self.actor, {"posts": list(entries)}))
        return [post["id"] for post in applied.posts]

    def post(self, post_id: str) -> dict[str, Any]:
        return self.context.db.read_now(posts.detail, self.actor, post_id)["post"]

    def received(self, network: str) -> list[dict[str, Any]]:
        """What the audience was shown, also if it was deleted later."""
        return self._sandbox.get(f"/_/{network}/received").json()

    def fault(self, network: str, **fault: Any) -> None:
        self._sandbox.put(f"/_/{network}/fault", json=fault).raise_for_status()

    def publish_until_over(
        self, ids: Sequence[str], *, at: Callable[[str, str], None] | None = None, seconds: float = 30
    ) -> None:
        """One worker, until all posts are over, or until ``at`` raises Abandoned; then it is as if it had been killed."""
        self.forget_limits()
        with suppress(Abandoned):
            asyncio.run(self._publish(ids, at, seconds))

    async def _publish(self, ids: Sequence[str], at: Callable[[str, str], None] | None, seconds: float) -> None:
        gone = asyncio.Event()

        def watched(point: str, post_id: str) -> None:
            if gone.is_set():
                raise Abandoned
            try:
                if at is not None:
                    at(point, post_id)
            except Abandoned:
                gone.set()
                raise

        async with own_connections(self.context) as context:
            mortal: Any = _Mortal(context.db, gone)
            publisher = Publisher(replace(context, db=mortal), concurrency=4, at=watched)
            running = asyncio.create_task(publisher.run())
            deadline = time.monotonic() + seconds
            while not gone.is_set() and not await context.db.read(_all_over, ids):
                if running.done():
                    break
                if time.monotonic() > deadline:
                    raise TimeoutError("not over: " + str([await context.db.read(_state, post_id) for post_id in ids]))
                await asyncio.sleep(0.005)
            if gone.is_set():
                running.cancel()
                for task in asyncio.all_tasks() - {asyncio.current_task()}:
                    task.cancel()
            else:
                publisher.stop()
            await asyncio.gather(running, return_exceptions=True)
            if gone.is_set():  # the kernel lets go of a dead process's lock, and its file stays
                (context.settings.data_dir / "workers" / f"{publisher.owner}.lock").touch()

    def forget_limits(self) -> None:
        """So many posts a minute are more than the networks declare that they take."""
        self.context.db.write_now(forget_limits)

    def alone(self, work: Callable[[Context], Any]) -> Any:
        async def run() -> Any:
            async with own_connections(self.context) as context:
                return await work(context)

        return asyncio.run(run())


class _Mortal:
    """The database as a process sees it that can die: afterwards nothing of it reaches the disk."""

    def __init__(self, db: Database, gone: asyncio.Event) -> None:
        self._db = db
        self._gone = gone

    async def read(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return await self._db.read(fn, *args, **kwargs)

    async def write(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        if self._gone.is_set():
            raise Abandoned
        return await self._db.write(fn, *args, **kwargs)


@contextmanager
def world(folder: Path, sandbox: str, *, database_url: str = "", **changes: Any) -> Generator[World]:
    """Its files are served, for networks that fetch them."""
    port = free_port("127.0.0.1", 0)
    settings: Settings = replace(
        pointed_at(load({}, data_dir=folder), sandbox),
        database_url=database_url,
        public_base_url=f"http://127.0.0.1:{port}",
        **{**QUICK, **changes},
    )
    with open_parts(settings) as parts:
        row = parts.context.db.write_now(workspaces.create, name="Crash", now=utc_now())
        serving = ServerThread(create_app(parts, worker=False, pages=False), host="127.0.0.1", port=port)
        serving.start()
        try:
            yield World(parts=parts, actor=Actor(workspace_id=row.id, label="test", role=Role.OWNER), sandbox=sandbox)
        finally:
            serving.stop()


def _all_over(session: Session, ids: Sequence[str]) -> bool:
    return all(status in OVER for status in session.scalars(select(Post.status).where(Post.id.in_(ids))))


def _state(session: Session, post_id: str) -> tuple[Any, ...]:
    row = session.get_one(Post, post_id)
    return row.status, row.error_code, row.error, row.due_at, row.lease_owner, row.reconciliation_status


def points_of(world: World, make: Callable[[], str]) -> list[str]:
    """Every point that an undisturbed post passes, in order."""
    passed: list[str] = []
    world.publish_until_over([make()], at=lambda point, post_id: passed.append(point))
    return passed
