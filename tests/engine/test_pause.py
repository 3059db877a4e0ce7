"""A pause of everything, of a workspace or of an account holds what is due there, and its end lets it go at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from backend import workspaces
from backend.access import Actor, Role
from backend.models import Account

from .scripted import Gate, Place, until


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    """Alice's two accounts, and Bob's one in a workspace of his own."""

    alice: Place
    bob: Place

    async def instance(self, paused: bool) -> None:
        place = self.alice
        await place.context.db.write(workspaces.hold_instance, paused=paused, actor="cli", now=place.clock())

    async def workspace(self, paused: bool) -> None:
        place = self.alice
        await place.context.db.write(workspaces.hold, place.actor, paused=paused, now=place.clock())

    async def account(self, paused: bool) -> None:
        place = self.alice
        one = await place.context.db.read(
            lambda session: session.scalars(select(Account.id).where(Account.handle == "chirper:one")).one()
        )
        await place.context.db.write(workspaces.hold_account, place.actor, one, paused=paused, now=place.clock())


@pytest.fixture
async def two(either: Place) -> Two:
    either.network.accounts = ("one", "two")
    await either.connect()
    row = await either.context.db.write(workspaces.create, name="Bob", now=either.clock())
    bob = replace(either, actor=Actor(workspace_id=row.id, label="user:bob", role=Role.OWNER))
    either.network.accounts = ("bob",)
    await bob.connect()
    return Two(alice=either, bob=bob)


Pause = Callable[[Two, bool], Awaitable[None]]
PAUSES = [
    pytest.param(Two.instance, {"one", "two", "bob"}, id="instance"),
    pytest.param(Two.workspace, {"one", "two"}, id="workspace"),
    pytest.param(Two.account, {"one"}, id="account"),
]


@pytest.mark.parametrize(("pause", "held"), PAUSES)
async def test_a_pause_holds_what_is_due_there_and_its_end_lets_it_go_at_once(
    two: Two, pause: Pause, held: set[str]
) -> None:
    await pause(two, True)
    ids = {
        "one": (two.alice, await two.alice.post("chirper:one", "one")),
        "two": (two.alice, await two.alice.post("chirper:two", "two")),
        "bob": (two.bob, await two.bob.post("chirper:bob", "bob")),
    }
    async with two.alice.working() as worker:
        await until(lambda: set(two.alice.network.texts) == ids.keys() - held)
        two.alice.clock.forward(hours=1)
        await worker.looked()
        assert {name for name, (of, post_id) in ids.items() if await of.status(post_id) == "scheduled"} == held
        stopped_at = two.alice.clock()
        await pause(two, False)
        for of, post_id in ids.values():
            await of.published(post_id)
        assert two.alice.clock() == stopped_at
    assert sorted(two.alice.network.texts) == sorted(ids)


@pytest.mark.parametrize(("pause", "held"), PAUSES)
async def test_what_is_on_its_way_when_a_pause_begins_arrives(two: Two, pause: Pause, held: set[str]) -> None:
    on_its_way = Gate()
    two.alice.network.next("POST /drafts", on_its_way)
    async with two.alice.working() as worker:
        first = await two.alice.post("chirper:one", "one")
        await on_its_way.arrived()
        await pause(two, True)
        second = await two.alice.post("chirper:one", "another one")
        on_its_way.open()
        await two.alice.published(first)
        await worker.looked()
        assert await two.alice.status(second) == "scheduled"


@pytest.mark.parametrize(("pause", "held"), PAUSES)
async def test_what_a_pause_held_beyond_the_grace_says_so(two: Two, pause: Pause, held: set[str]) -> None:
    """It does not go out hours late when the pause ends."""
    await pause(two, True)
    post_id = await two.alice.post("chirper:one", "one")
    two.alice.clock.at += timedelta(hours=6, seconds=1)
    async with two.alice.working() as worker:
        await two.alice.until("failed", post_id)
        await pause(two, False)
        await worker.looked()
    assert (await two.alice.read(post_id))["errorCode"] == "publish_window_missed"
    assert two.alice.network.texts == []
