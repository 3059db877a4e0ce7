"""Renewing tokens: once, by one caller, and never on a guess."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from backend import connections, credentials
from backend.access import Actor
from backend.context import Context
from backend.models import Account, Connection
from providers.contract import Kind

from .conftest import Clock
from .fake_network import FakeNetwork
from .test_connections import PASTE, connect

NEARLY_TWO_HOURS = timedelta(hours=2) - timedelta(minutes=4)


@pytest.fixture
async def account_id(context: Context, alice: Actor, network: FakeNetwork) -> str:
    """Alice's account, with a token that lasts two hours."""
    return (await connect(context, alice))["account"]["id"]


async def token(context: Context, account_id: str) -> str:
    return (await credentials.access(context, account_id))[0]["access_token"]


async def version(context: Context, account_id: str) -> credentials.Version:
    return (await credentials.access(context, account_id)).version


async def row(context: Context) -> Connection:
    return await context.db.read(lambda session: session.scalars(select(Connection)).one())


async def change(context: Context, **values: Any) -> None:
    await context.db.write(lambda session: session.execute(update(Connection).values(**values)) and None)


async def test_a_token_that_lasts_is_used_as_it_is(context: Context, account_id: str, network: FakeNetwork) -> None:
    credential, app, _ = await credentials.access(context, account_id)
    assert (credential["access_token"], app.client_id) == ("access-1", "app-1")
    assert network.refreshes == []


async def test_a_token_that_ends_soon_is_renewed_before_it_is_used(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    clock.forward(NEARLY_TWO_HOURS)
    assert await token(context, account_id) == "access-2"
    (refresh,) = network.refreshes
    assert (refresh["refresh_token"], refresh["authorization"][:6]) == ("refresh-1", "Basic ")
    found = await row(context)
    assert (found.token_version, found.refreshed_at, found.refresh_owner) == (2, clock(), None)
    assert found.token_expires_at == clock() + timedelta(hours=2)
    clock.forward(NEARLY_TWO_HOURS)
    assert await token(context, account_id) == "access-3"
    assert network.refreshes[1]["refresh_token"] == "refresh-2"


async def test_eight_callers_renew_a_rotating_token_once(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    clock.forward(timedelta(hours=3))
    tokens = await asyncio.gather(*(token(context, account_id) for _ in range(8)))
    assert tokens == ["access-2"] * 8
    assert len(network.refreshes) == 1


async def test_a_network_that_keeps_the_refresh_token_is_asked_with_it_again(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    network.gives_refresh_token = False
    clock.forward(NEARLY_TWO_HOURS)
    assert await token(context, account_id) == "access-2"
    network.valid_refresh.add("refresh-1")
    clock.forward(NEARLY_TWO_HOURS)
    assert await token(context, account_id) == "access-3"
    assert [form["refresh_token"] for form in network.refreshes] == ["refresh-1", "refresh-1"]


async def test_the_intent_is_on_disk_before_the_token_is_sent(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a crash at this moment leaves behind is what the next caller goes by."""
    clock.forward(timedelta(hours=3))
    seen: list[Connection] = []
    send = context.http.send

    async def look_first(*args: Any, **options: Any) -> Any:
        seen.append(await row(context))
        return await send(*args, **options)

    monkeypatch.setattr(context.http, "send", look_first)
    await token(context, account_id)
    (found,) = seen
    assert found.refresh_owner is not None
    assert found.refresh_started_at == clock()


async def test_after_a_crash_the_old_token_is_tried_once_more(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    clock.forward(timedelta(hours=3))
    await change(context, refresh_owner="dead", refresh_started_at=clock())
    clock.forward(credentials.DEAD_AFTER + timedelta(seconds=1))
    assert await token(context, account_id) == "access-2"


async def test_after_a_crash_that_used_the_token_up_the_account_needs_a_new_login(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    clock.forward(timedelta(hours=3))
    network.valid_refresh.clear()
    await change(context, refresh_owner="dead", refresh_started_at=clock())
    clock.forward(credentials.DEAD_AFTER + timedelta(seconds=1))
    for _ in range(3):
        with pytest.raises(credentials.NeedsReconnect, match="has ended, was withdrawn or was used before"):
            await token(context, account_id)
    assert len(network.refreshes) == 1


async def test_a_renewal_that_is_on_its_way_is_waited_for(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    """The owner is another process: this one only sees its row."""
    clock.forward(timedelta(hours=3))
    await change(context, refresh_owner="other process", refresh_started_at=clock())
    waiting = asyncio.create_task(token(context, account_id))
    found = await row(context)
    renewed = credentials.seal_values(context.sealer, found.id, {"access_token": "theirs", "refresh_token": "r"})
    await change(
        context,
        credential=renewed,
        token_version=2,
        token_expires_at=clock() + timedelta(hours=2),
        refresh_owner=None,
    )
    assert await waiting == "theirs"
    assert network.refreshes == []


async def test_a_lost_answer_is_followed_by_one_more_try_and_then_by_a_new_login(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    clock.forward(timedelta(hours=3))
    network.faults = ["lose"]
    with pytest.raises(credentials.NoAccess) as passing:
        await token(context, account_id)
    assert (passing.value.problem.kind, passing.value.problem.code) == (Kind.UNAVAILABLE, "answer_lost")
    with pytest.raises(credentials.NeedsReconnect):
        await token(context, account_id)
    assert [form["refresh_token"] for form in network.refreshes] == ["refresh-1", "refresh-1"]


async def test_a_network_that_is_down_ends_no_login(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    clock.forward(timedelta(hours=3))
    network.faults = ["down", "down"]
    for _ in range(2):
        with pytest.raises(credentials.NoAccess) as passing:
            await token(context, account_id)
        assert not isinstance(passing.value, credentials.NeedsReconnect)
    assert await token(context, account_id) == "access-2"


async def test_a_token_that_still_works_is_used_when_it_cannot_be_renewed_now(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    clock.forward(NEARLY_TWO_HOURS)
    network.faults = ["down"]
    assert await token(context, account_id) == "access-1"
    assert await token(context, account_id) == "access-2"


async def test_those_who_waited_do_not_ask_a_network_that_is_down_again(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    clock.forward(timedelta(hours=3))
    network.faults = ["down"] * 8
    found = await asyncio.gather(*(token(context, account_id) for _ in range(8)), return_exceptions=True)
    assert {type(error) for error in found} == {credentials.NoAccess}
    assert len(network.refreshes) < 8


async def test_a_login_without_a_refresh_token_is_used_to_its_end(
    context: Context, alice: Actor, network: FakeNetwork, clock: Clock
) -> None:
    network.gives_refresh_token = False
    account_id = (await connect(context, alice))["account"]["id"]
    clock.forward(timedelta(hours=2) - timedelta(seconds=1))
    assert await token(context, account_id) == "access-1"
    clock.forward(timedelta(seconds=1))
    with pytest.raises(credentials.NeedsReconnect, match="The login at Fakebook has ended"):
        await token(context, account_id)


# --- refused by the network -------------------------------------------------------------------------------------------


async def test_a_refused_token_is_renewed_before_its_time(
    context: Context, account_id: str, network: FakeNetwork
) -> None:
    assert await credentials.refresh_refused(context, account_id, await version(context, account_id))
    assert await token(context, account_id) == "access-2"


async def test_callers_that_were_refused_together_renew_once(
    context: Context, account_id: str, network: FakeNetwork
) -> None:
    refused = await version(context, account_id)

    async def refused_then_again() -> str:
        assert await credentials.refresh_refused(context, account_id, refused)
        return await token(context, account_id)

    assert set(await asyncio.gather(*(refused_then_again() for _ in range(8)))) == {"access-2"}
    assert len(network.refreshes) == 1


async def test_pasted_values_cannot_be_renewed(context: Context, alice: Actor, network: FakeNetwork) -> None:
    account_id = (await connections.start(context, alice, PASTE))["account"]["id"]
    assert not await credentials.refresh_refused(context, account_id, await version(context, account_id))


# --- the end of a login -----------------------------------------------------------------------------------------------


async def statuses(context: Context) -> list[str]:
    return await context.db.read(lambda session: list(session.scalars(select(Account.status).order_by(Account.handle))))


async def test_the_end_of_a_login_is_the_end_of_all_its_accounts(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    clock.forward(timedelta(hours=3))
    network.faults = ["refuse"]
    with pytest.raises(credentials.NeedsReconnect):
        await token(context, account_id)
    assert await statuses(context) == ["needs_reconnect", "needs_reconnect"]
    found = await row(context)
    assert (found.refresh_owner, found.refresh_error, found.status) == (None, "invalid_grant", "connected")


async def test_an_account_with_its_own_token_outlives_the_refusal_of_another(
    context: Context, account_id: str, network: FakeNetwork
) -> None:
    await credentials.needs_reconnect(context, account_id, "Refused.")
    assert await statuses(context) == ["needs_reconnect", "connected"]


# --- ahead of need ----------------------------------------------------------------------------------------------------


async def test_every_minute_the_logins_that_end_soon_are_renewed(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    await credentials.refresh_ahead(context)
    assert network.refreshes == []
    clock.forward(timedelta(hours=2) - timedelta(minutes=9))
    await credentials.refresh_ahead(context)
    await credentials.refresh_ahead(context)
    assert len(network.refreshes) == 1


async def test_a_withdrawn_login_is_noticed_ahead_of_need(
    context: Context, account_id: str, network: FakeNetwork, clock: Clock
) -> None:
    clock.forward(timedelta(hours=2) - timedelta(minutes=9))
    network.valid_refresh.clear()
    await credentials.refresh_ahead(context)
    await credentials.refresh_ahead(context)
    assert await statuses(context) == ["needs_reconnect", "needs_reconnect"]
    assert len(network.refreshes) == 1
