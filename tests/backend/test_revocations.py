"""A login that is over here is ended at its network, too: later, when the network does not answer, and never one that
somebody still uses."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

import providers
from backend import accounts, connections, events, revocations
from backend.access import Actor
from backend.context import Context
from backend.models import EndedLogin
from providers.contract import OAuth2

from .conftest import NOON, Clock
from .fake_network import ALICE, FakeNetwork
from .test_connections import PASTE, connect


async def let_go(context: Context, actor: Actor, found: dict[str, Any]) -> None:
    for row in found["accounts"]:
        await accounts.disconnect(context, actor, row["id"])


async def owed(context: Context) -> list[EndedLogin]:
    return await context.db.read(lambda session: list(session.scalars(select(EndedLogin))))


async def kinds(context: Context, actor: Actor) -> list[str]:
    return [row.kind for row in await context.db.read(events.latest, actor)]


@pytest.fixture
def whole_grants(network: FakeNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fakebook ends every login of the person at once."""
    known = dict(providers.all_providers())
    how = known["fakebook"].connect
    assert isinstance(how, OAuth2)
    known["fakebook"] = replace(known["fakebook"], connect=replace(how, revokes="grant"))
    monkeypatch.setattr(providers, "all_providers", lambda: known)


async def test_a_network_that_answers_is_told_at_once(context: Context, alice: Actor, network: FakeNetwork) -> None:
    await let_go(context, alice, await connect(context, alice))
    assert network.revoked == ["refresh-1"]
    assert await owed(context) == []
    assert "connection.revoked" in await kinds(context, alice)


async def test_a_network_that_does_not_answer_is_told_later(
    context: Context, alice: Actor, network: FakeNetwork, clock: Clock
) -> None:
    network.deaf = 2
    await let_go(context, alice, await connect(context, alice))
    assert await context.db.read(accounts.list_accounts, alice) == []
    await revocations.tell_later(context)
    assert network.deaf == 1, "not before a minute has passed"
    for step in (timedelta(minutes=1), timedelta(minutes=5)):
        clock.forward(step)
        await revocations.tell_later(context)
    assert network.revoked == ["refresh-1"]
    assert await owed(context) == []


async def test_nobody_waits_for_a_network_that_hangs(
    context: Context, alice: Actor, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "PATIENCE", 0.05)
    found = await connect(context, alice)

    async def never(*args: Any, **options: Any) -> Any:
        await asyncio.Event().wait()

    with monkeypatch.context() as hanging:
        hanging.setattr(context.http, "send", never)
        await let_go(context, alice, found)
    (row,) = await owed(context)
    assert (row.tries, row.next_at) == (1, NOON + timedelta(minutes=1))


async def test_what_is_still_owed_is_sealed(context: Context, alice: Actor, network: FakeNetwork) -> None:
    network.deaf = 1
    await let_go(context, alice, await connect(context, alice))
    (row,) = await owed(context)
    assert "refresh-1" not in repr(vars(row))
    assert "access-1" not in repr(vars(row))


async def test_after_a_week_it_is_given_up_and_forgotten(
    context: Context, alice: Actor, network: FakeNetwork, clock: Clock
) -> None:
    network.deaf = 99
    await let_go(context, alice, await connect(context, alice))
    clock.forward(timedelta(days=7, seconds=1))
    await revocations.tell_later(context)
    assert await owed(context) == []
    assert "connection.not_revoked" in await kinds(context, alice)


async def test_two_workers_tell_it_once(context: Context, alice: Actor, network: FakeNetwork, clock: Clock) -> None:
    network.deaf = 1
    await let_go(context, alice, await connect(context, alice))
    clock.forward(timedelta(minutes=1))
    (row,) = await owed(context)
    messages = [
        await context.db.write(revocations._begin, context, row.id, clock())  # pyright: ignore[reportPrivateUsage]
        for _ in range(2)
    ]
    assert [message is not None for message in messages] == [True, False]


async def test_a_network_without_a_way_to_be_told_is_owed_nothing(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    await let_go(context, alice, await connections.start(context, alice, PASTE))
    assert await owed(context) == []


@pytest.mark.usefixtures("whole_grants")
@pytest.mark.parametrize(
    ("hers", "his", "told"),
    [("7", "7", []), ("7", None, []), ("7", "8", ["refresh-1"])],
    ids=["the same person", "nobody knows", "somebody else"],
)
async def test_a_login_of_the_same_person_elsewhere_is_not_ended_with_it(
    context: Context, alice: Actor, bob: Actor, network: FakeNetwork, hers: str, his: str | None, told: list[str]
) -> None:
    network.person = {**ALICE, "user_id": hers}
    first = await connect(context, alice)
    network.person = dict(ALICE) if his is None else {**ALICE, "user_id": his}
    await connect(context, bob)
    await let_go(context, alice, first)
    assert network.revoked == told
    assert await owed(context) == []


@pytest.mark.usefixtures("whole_grants")
async def test_whoever_connects_again_before_the_network_was_told_stays_connected(
    context: Context, alice: Actor, network: FakeNetwork, clock: Clock
) -> None:
    network.deaf = 1
    await let_go(context, alice, await connect(context, alice))
    await connect(context, alice)
    clock.forward(timedelta(minutes=1))
    await revocations.tell_later(context)
    assert network.revoked == []
    assert await owed(context) == []
