"""Connected accounts: listing, what they can do, discovery actions, and letting go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from backend import accounts, connections, credentials
from backend.access import Actor, Role
from backend.context import Context
from backend.errors import AppError
from backend.models import Account, Connection, Post

from .conftest import NOON
from .fake_network import KEY, FakeNetwork
from .rows import add_post
from .test_connections import PASTE, connect, refused


async def test_the_list_is_flat_and_filtered_by_network(context: Context, alice: Actor, network: FakeNetwork) -> None:
    await connect(context, alice)
    await connections.start(context, alice, PASTE)
    listed = await context.db.read(accounts.list_accounts, alice)
    assert [row["handle"] for row in listed] == ["fakebook:@alice", "fakebook:page:71", "pasted:@alice"]
    assert not [value for row in listed for value in row.values() if isinstance(value, dict | list)]
    for name in ("pasted", "PA"):
        assert [row["provider"] for row in await context.db.read(accounts.list_accounts, alice, name)] == ["pasted"]
    assert await context.db.read(accounts.list_accounts, alice, "nobook") == []


async def test_capabilities_settings_and_actions_come_from_the_declaration(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    (listed,) = await context.db.read(accounts.capabilities, alice, "pasted")
    one = await context.db.read(accounts.capability, alice, id)
    assert one == listed
    assert (one["accountId"], one["canPublish"], one["input"]["text"]["maxLength"]) == (id, True, 100)
    settings = await context.db.read(accounts.publish_settings, alice, id)
    assert settings["target"] == {"provider": "pasted", "accountType": "fakebook_user"}
    offered = await context.db.read(accounts.actions, alice, id)
    assert [action["id"] for action in offered] == ["publish-preview", "search"]


async def test_a_preview_asks_nobody(context: Context, alice: Actor, network: FakeNetwork) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    network.asked_with.clear()
    good = await accounts.run_action(context, alice, id, "publish-preview", {"description": "Hello"})
    assert (good["actionId"], good["valid"], good["account"]["handle"]) == ("publish-preview", True, "pasted:@alice")
    bad = await accounts.run_action(context, alice, id, "publish-preview", {"description": "x" * 101})
    assert (bad["valid"], bad["error"]["code"]) == (False, "text_too_long")
    assert network.asked_with == []


async def test_other_actions_ask_the_network(context: Context, alice: Actor, network: FakeNetwork) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    result = await accounts.run_action(context, alice, id, "search", {"word": "tea"})
    assert result == {
        "found": "tea by Alice",
        "actionId": "search",
        "account": {"id": id, "handle": "pasted:@alice", "provider": "pasted", "displayName": "Alice"},
    }
    assert network.asked_with[-1] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("action", "body", "code", "status"),
    [
        ("search", {}, "action_input_invalid", 422),
        ("search", {"word": None}, "action_input_invalid", 422),
        ("dance", {}, "discovery_action_not_found", 404),
    ],
)
async def test_an_action_that_cannot_run_says_why(
    context: Context, alice: Actor, network: FakeNetwork, action: str, body: Mapping[str, Any], code: str, status: int
) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    error = await refused(accounts.run_action(context, alice, id, action, body))
    assert (error.code, error.status) == (code, status)


async def test_an_action_on_an_ended_login_asks_for_a_new_one(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    await credentials.needs_reconnect(context, id, "The key was withdrawn.")
    error = await refused(accounts.run_action(context, alice, id, "search", {"word": "tea"}))
    assert error.code == "account_needs_reconnect"


async def test_facts_carry_old_handles_and_accounts_that_are_gone(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    found = await connect(context, alice)
    await accounts.disconnect(context, alice, found["accounts"][1]["id"])
    facts = {fact.handle: fact for fact in await context.db.read(accounts.facts, alice)}
    assert facts["fakebook:@alice"].aliases == ("fakebook:7",)
    assert facts["fakebook:@alice"].status == "connected"
    assert facts["fakebook:page:71"].status == "disconnected"


# --- letting go -------------------------------------------------------------------------------------------------------


async def test_a_disconnected_account_is_gone_from_lists_and_its_secrets_are_wiped(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    found = await accounts.disconnect(context, alice, id)
    assert (found["account"]["id"], found["account"]["status"]) == (id, "disconnected")
    assert found["connection"]["status"] == "disconnected"
    assert await context.db.read(accounts.list_accounts, alice) == []
    row = await context.db.read(lambda session: session.scalars(select(Connection)).one())
    assert row.credential is None
    with pytest.raises(credentials.NeedsReconnect):
        await credentials.access(context, id)


async def test_the_connection_goes_with_its_last_account(context: Context, alice: Actor, network: FakeNetwork) -> None:
    first, second = (await connect(context, alice))["accounts"]
    assert (await accounts.disconnect(context, alice, second["id"]))["connection"]["status"] == "connected"
    assert (await credentials.access(context, first["id"]))[0]["access_token"] == "access-1"
    secret = await context.db.read(lambda session: session.get_one(Account, second["id"]).secret)
    assert secret is None
    assert network.revoked == []
    assert (await accounts.disconnect(context, alice, first["id"]))["connection"]["status"] == "disconnected"
    assert network.revoked == ["refresh-1"]


async def test_a_network_that_cannot_be_told_does_not_keep_the_account(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    page, user = (await connect(context, alice))["accounts"]
    await accounts.disconnect(context, alice, page["id"])
    away = {**context.settings.environ, "SOCIALCLAW_FAKEBOOK_API_URL": "http://127.0.0.1:9"}
    offline = replace(context, settings=replace(context.settings, environ=away))
    assert (await accounts.disconnect(offline, alice, user["id"]))["account"]["status"] == "disconnected"


async def test_posts_stay_and_find_their_account_when_it_comes_back(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    post = await context.db.write(add_post, alice, id, NOON)
    await accounts.disconnect(context, alice, id)
    again = await connections.start(context, alice, PASTE)
    assert again["account"]["id"] == id
    kept = await context.db.read(lambda session: session.get_one(Post, post))
    assert (kept.account_id, kept.status) == (id, "scheduled")


async def test_disconnecting_twice_changes_nothing_more(context: Context, alice: Actor, network: FakeNetwork) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    first = await accounts.disconnect(context, alice, id)
    assert await accounts.disconnect(context, alice, id) == first


async def test_nobody_acts_on_accounts_of_another_workspace(
    context: Context, alice: Actor, bob: Actor, network: FakeNetwork
) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    attempts = [
        context.db.read(accounts.detail, bob, id),
        context.db.read(accounts.capability, bob, id),
        context.db.read(accounts.publish_settings, bob, id),
        context.db.read(accounts.actions, bob, id),
        accounts.run_action(context, bob, id, "search", {"word": "tea"}),
        accounts.run_action(context, bob, id, "publish-preview", {"description": "Hello"}),
        accounts.disconnect(context, bob, id),
    ]
    for attempt in attempts:
        error = await refused(attempt)
        assert (error.code, error.status) == ("account_not_found", 404)
    assert (await context.db.read(accounts.detail, alice, id))["status"] == "connected"
    assert await context.db.read(accounts.facts, bob) == []


async def test_only_admins_disconnect(context: Context, alice: Actor, network: FakeNetwork) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    with pytest.raises(AppError) as error:
        await accounts.disconnect(context, replace(alice, role=Role.EDITOR), id)
    assert error.value.code == "forbidden"
