"""Limits of the networks: declared ones are kept before the wall, and what a network asks for is kept by all workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from backend import workspaces
from backend.access import Actor, Role
from backend.models import Post
from providers.contract import Kind, Rate, Response, Scope

from .problems import OUTSPOKEN, OUTSPOKEN_MUTE, saying, with_bots
from .scripted import Clock, Gate, Place, only_known, response, until

MINUTE = timedelta(minutes=1)


async def row(place: Place, post_id: str) -> Post:
    return await place.context.db.read(lambda session: session.get_one(Post, post_id))


# --- declared rates -----------------------------------------------------------------------------------------------------


@dataclass
class Wall:
    """A network that lets ``count`` posts through in any minute, and remembers whom it had to stop."""

    clock: Clock
    count: int
    passed: list[datetime] = field(default_factory=list[datetime])
    stopped: int = 0

    async def __call__(self, do: Callable[[], Response]) -> Response:
        now = self.clock()
        if sum(at > now - MINUTE for at in self.passed) >= self.count:
            self.stopped += 1
            return response(429)
        self.passed.append(now)
        return do()


async def test_a_declared_rate_is_kept_by_two_workers_and_by_the_next_one(either: Place) -> None:
    either.network.accounts = ("red.one", "red.two")
    wall = Wall(either.clock, 3)
    either.network.next("POST /posts", *[wall] * 20)
    with only_known(with_bots(replace(OUTSPOKEN, rates=(Rate(count=3, per=MINUTE, scope=Scope.CREDENTIAL),)))):
        handles = await either.connect()
        await either.apply(*[{"account": handles[number % 2], "description": f"{number}"} for number in range(7)])
        async with either.working() as one, either.working() as other:
            await until(lambda: len(wall.passed) == 3)
            either.clock.forward(seconds=59)
            await one.looked()
            await other.looked()
            assert len(wall.passed) == 3
        async with either.working() as successor:
            await successor.looked()
            assert len(wall.passed) == 3
            either.clock.forward(seconds=7)
            await until(lambda: len(wall.passed) == 6)
            await successor.looked()
            assert len(wall.passed) == 6
            either.clock.forward(seconds=66)
            await until(lambda: len(wall.passed) == 7)
    assert wall.stopped == 0, "nobody ran into the wall"
    assert sorted(either.network.texts) == [f"{number}" for number in range(7)]


async def test_the_rate_of_an_account_holds_no_other_account(place: Place) -> None:
    place.network.accounts = ("one", "two")
    with only_known(replace(OUTSPOKEN, rates=(Rate(count=1, per=MINUTE, scope=Scope.ACCOUNT),))):
        handles = await place.connect()
        entries = [{"account": handle, "description": text} for text in ("First", "Second") for handle in handles]
        ids = await place.apply(*entries)
        first, second = ids[:2], ids[2:]
        async with place.working() as worker:
            await place.published(*first)
            await worker.looked()
            assert [await place.status(post_id) for post_id in second] == ["scheduled", "scheduled"]
            place.clock.forward(seconds=66)
            await place.published(*second)


async def test_the_stricter_of_two_rates_holds(place: Place) -> None:
    rates = (Rate(count=5, per=MINUTE, scope=Scope.ACCOUNT), Rate(count=1, per=timedelta(hours=1), scope=Scope.APP))
    with only_known(replace(OUTSPOKEN, rates=rates)):
        (handle,) = await place.connect()
        first, second = await place.apply(*[{"account": handle, "description": text} for text in ("First", "Second")])
        async with place.working() as worker:
            await place.published(first)
            place.clock.forward(minutes=59)
            await worker.looked()
            assert await place.status(second) == "scheduled"
            place.clock.forward(minutes=7)
            await place.published(second)


# --- what the network asks for ------------------------------------------------------------------------------------------


ALL = {"red.one", "red.two", "blue.one", "bob's red.one"}


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        (Scope.ACCOUNT, {"red.one", "bob's red.one"}),
        (Scope.CREDENTIAL, {"red.one", "red.two", "bob's red.one"}),
        (Scope.APP, {"red.one", "red.two", "blue.one"}),
        (Scope.HOST, ALL),
    ],
)
async def test_a_wait_that_the_network_asks_for_holds_whom_it_is_about(
    either: Place, scope: Scope, held: set[str]
) -> None:
    """By what things are called at the network: Bob's workspace, with an app of its own, has one account in common."""
    with only_known(with_bots(OUTSPOKEN), with_bots(OUTSPOKEN_MUTE)):
        either.network.accounts = ("red.one", "red.two", "blue.one")
        await either.connect()
        await either.connect("mute")
        bob = await _with_another_app(either)
        either.network.accounts = ("red.one",)
        await bob.connect()
        either.network.next("POST /posts", saying(Kind.RATE_LIMITED, retry_after=120, scope=scope))
        async with either.working():
            told = await either.post("chirper:red.one", "Too much")
            await either.until("retry_pending", told)
        waiting = {
            "red.one": (either, await either.post("chirper:red.one", "red.one")),
            "red.two": (either, await either.post("chirper:red.two", "red.two")),
            "blue.one": (either, await either.post("chirper:blue.one", "blue.one")),
            "bob's red.one": (bob, await bob.post("chirper:red.one", "bob's red.one")),
        }
        elsewhere = await either.post("mute:red.one", "elsewhere")
        async with either.working() as successor:
            await until(lambda: set(either.network.texts) == {*ALL - held, "elsewhere"})
            either.clock.forward(seconds=119)
            await successor.looked()
            assert {name for name, (of, id) in waiting.items() if await of.status(id) == "scheduled"} == held
            assert await either.status(told) == "retry_pending"
            either.clock.forward(seconds=14)
            for of, post_id in waiting.values():
                await of.published(post_id)
            await either.published(told, elsewhere)
    assert sorted(either.network.texts) == sorted([*ALL, "elsewhere", "Too much"])


async def _with_another_app(place: Place) -> Place:
    row = await place.context.db.write(workspaces.create, name="Bob", now=place.clock())
    actor = Actor(workspace_id=row.id, label="user:bob", role=Role.OWNER)
    environ = {f"SOCIALCLAW_CHIRPER_CLIENT_{part}": "another-app" for part in ("ID", "SECRET")}
    settings = replace(place.context.settings, environ=environ)
    return replace(place, actor=actor, context=replace(place.context, settings=settings))


@pytest.mark.parametrize(("kind", "after"), [(Kind.RATE_LIMITED, 60.0), (Kind.RATE_LIMITED, None), (Kind.QUOTA, None)])
@pytest.mark.parametrize("call", ["POST /drafts", "POST /posts"])
async def test_being_told_to_wait_uses_up_no_try(place: Place, kind: Kind, after: float | None, call: str) -> None:
    (handle,) = await place.connect()
    often = place.context.settings.max_tries + 2
    place.network.next(call, *[saying(kind, retry_after=after)] * often)
    post_id = await place.post(handle, "Hello")
    async with place.working():
        for number in range(1, often + 1):
            await place.until("retry_pending", post_id)
            found = await row(place, post_id)
            assert (found.tries, found.attempt_count, found.generation) == (0, number, 1)
            assert found.due_at >= place.clock() + timedelta(seconds=after or 10)
            place.clock.at = found.due_at
            await until(lambda number=number: len(place.network.calls(call)) == number + 1)
        await place.published(post_id)
    assert place.network.texts == ["Hello"]


async def test_a_short_wait_does_not_end_a_long_one(place: Place) -> None:
    place.network.accounts = ("red.one", "red.two")
    long = Gate(then=saying(Kind.RATE_LIMITED, retry_after=600, scope=Scope.CREDENTIAL))
    short = Gate(then=saying(Kind.RATE_LIMITED, retry_after=10, scope=Scope.CREDENTIAL))
    place.network.next("POST /drafts", long, short)
    with only_known(with_bots(OUTSPOKEN)):
        handles = await place.connect()
        ids = [await place.post(handle, f"Hello from {handle}") for handle in handles]
        async with place.working() as worker:
            await long.arrived()
            await short.arrived()
            long.open()
            await until(lambda: worker.watched.done["_end"] == 1)
            short.open()
            await place.until("retry_pending", *ids)
            place.clock.forward(seconds=599)
            await worker.looked()
            assert {await place.status(post_id) for post_id in ids} == {"retry_pending"}
            place.clock.forward(seconds=62)
            await place.published(*ids)
