"""Workspaces: which one is meant, what it used, how it is, and publishing on hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from backend import accounts, connections, credentials, events, workspaces
from backend.access import Actor, Role
from backend.context import Context
from backend.errors import AppError

from .conftest import NOON
from .fake_network import FakeNetwork
from .rows import add_post
from .test_connections import PASTE, connect, refused


async def test_a_workspace_without_billing_may_do_everything(context: Context, alice: Actor) -> None:
    assert await context.db.read(workspaces.tenant, alice) == {
        "id": alice.workspace_id,
        "name": "Alice",
        "plan": "self_hosted",
        "subscriptionStatus": "active",
        "entitlements": None,
    }


async def test_the_first_start_makes_one_workspace_and_later_starts_find_it(context: Context) -> None:
    made = await context.db.write(workspaces.first, now=NOON)
    assert (await context.db.write(workspaces.first, now=NOON)).id == made.id
    assert (await context.db.read(workspaces.only, None)).id == made.id


async def test_of_several_workspaces_one_must_be_named(context: Context, alice: Actor, bob: Actor) -> None:
    error = await refused(context.db.read(workspaces.only, None))
    assert (error.code, error.status) == ("workspace_ambiguous", 409)
    assert alice.workspace_id in error.message
    assert bob.workspace_id in error.message
    assert (await context.db.read(workspaces.only, bob.workspace_id)).name == "Bob"
    assert (await refused(context.db.read(workspaces.only, "ws_nobody"))).code == "workspace_not_found"


async def test_without_a_workspace_one_must_be_made(context: Context) -> None:
    assert (await refused(context.db.read(workspaces.only, None))).code == "workspace_not_found"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
async def test_a_workspace_has_a_name_of_sensible_length(context: Context, name: str) -> None:
    error = await refused(context.db.write(workspaces.create, name=name, now=NOON))
    assert error.code == "workspace_name_invalid"


# --- usage and health -------------------------------------------------------------------------------------------------


async def test_usage_counts_from_the_first_of_the_month(context: Context, alice: Actor, network: FakeNetwork) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    await context.db.write(add_post, alice, id, NOON)
    await context.db.write(add_post, alice, id, NOON, created_at=NOON - timedelta(days=23))
    await context.db.write(add_post, alice, id, NOON, status="published", published_at=NOON)
    usage = await context.db.read(workspaces.usage, alice, now=NOON)
    assert usage == {
        "postsThisPeriod": 2,
        "publishedThisPeriod": 1,
        "connectedAccounts": 1,
        "assets": 0,
        "assetBytes": 0,
        "apiRequests": 0,
        "periodStart": "2026-11-01T00:00:00.000Z",
    }


async def test_health_counts_what_the_worker_has_to_do_with(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    good = (await connections.start(context, alice, PASTE))["account"]["id"]
    page, ended = (await connect(context, alice))["accounts"]
    if page["accountType"] == "fakebook_user":
        page, ended = ended, page
    await credentials.needs_reconnect(context, ended["id"], "The login has ended.")
    await accounts.disconnect(context, alice, page["id"])

    parent = await context.db.write(add_post, alice, good, NOON, due_at=NOON + timedelta(days=1))
    await context.db.write(add_post, alice, good, NOON, parent_post_id=parent)
    await context.db.write(add_post, alice, good, NOON)
    await context.db.write(add_post, alice, good, NOON, due_at=NOON - timedelta(minutes=6))
    await context.db.write(add_post, alice, good, NOON, status="publishing", lease_owner="worker", lease_until=NOON)
    await context.db.write(add_post, alice, ended["id"], NOON, due_at=NOON - timedelta(hours=1))
    await context.db.write(add_post, alice, good, NOON, status="failed")
    await context.db.write(add_post, alice, good, NOON, status="published")

    found = await context.db.read(workspaces.health, alice, now=NOON)
    assert found["jobs"] == {"total": 7, "ready": 1, "blocked": 2, "failed": 1, "stalled": 1}
    assert found["posts"]["total"] == 8
    assert found["posts"]["byStatus"] == {"scheduled": 5, "publishing": 1, "failed": 1, "published": 1}
    assert found["runs"] == {"total": 8, "byStatus": {"created": 8}}
    assert found["connections"] == {
        "total": 2,
        "publishable": 2,
        "revoked": 1,
        "tokenRefreshStatus": {"not_supported": 1, "never": 1},
    }
    assert found["storage"] == {"assets": 0, "analyticsSnapshots": 0}
    assert (found["connectedAccounts"], found["failingAccounts"]) == (2, 1)
    assert found["tenant"]["name"] == "Alice"


async def test_workspaces_do_not_count_each_others_rows(
    context: Context, alice: Actor, bob: Actor, network: FakeNetwork
) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    await context.db.write(add_post, alice, id, NOON)
    usage = await context.db.read(workspaces.usage, bob, now=NOON)
    found = await context.db.read(workspaces.health, bob, now=NOON)
    assert usage["postsThisPeriod"] == usage["connectedAccounts"] == 0
    assert found["jobs"] == {"total": 0, "ready": 0, "blocked": 0, "failed": 0, "stalled": 0}
    assert found["posts"]["total"] == found["runs"]["total"] == found["connections"]["total"] == 0


# --- publishing on hold -----------------------------------------------------------------------------------------------


async def test_a_workspace_and_the_instance_are_put_on_hold_apart(context: Context, alice: Actor, bob: Actor) -> None:
    async def holds(actor: Actor) -> dict[str, bool]:
        return await context.db.read(workspaces.holds, actor)

    await context.db.write(workspaces.hold, alice, paused=True, now=NOON)
    assert await holds(alice) == {"instance": False, "workspace": True}
    assert await holds(bob) == {"instance": False, "workspace": False}
    await context.db.write(workspaces.hold_instance, paused=True, actor="cli", now=NOON)
    await context.db.write(workspaces.hold, alice, paused=False, now=NOON)
    assert await holds(alice) == await holds(bob) == {"instance": True, "workspace": False}
    assert (await context.db.read(workspaces.health, bob, now=NOON))["paused"] is True
    await context.db.write(workspaces.hold_instance, paused=False, actor="cli", now=NOON)
    assert await holds(bob) == {"instance": False, "workspace": False}
    kinds = [row.kind for row in await context.db.read(events.latest, alice)]
    assert kinds[:2] == ["workspace.resumed", "workspace.paused"]


async def test_one_account_is_put_on_hold(context: Context, alice: Actor, bob: Actor, network: FakeNetwork) -> None:
    id = (await connections.start(context, alice, PASTE))["account"]["id"]
    await context.db.write(workspaces.hold_account, alice, id, paused=True, now=NOON)
    assert (await context.db.read(accounts.detail, alice, id))["pausedAt"] == "2026-11-23T12:00:00.000Z"
    other = context.db.write(workspaces.hold_account, bob, id, paused=False, now=NOON)
    assert (await refused(other)).code == "account_not_found"
    await context.db.write(workspaces.hold_account, alice, id, paused=False, now=NOON)
    assert (await context.db.read(accounts.detail, alice, id))["pausedAt"] is None


# --- settings ---------------------------------------------------------------------------------------------------------


async def test_the_second_of_two_people_who_change_the_settings_is_told(context: Context, alice: Actor) -> None:
    change = {"timezone": "Europe/Paris", "grace_seconds": 60.0, "revision": 1, "now": NOON}
    await context.db.write(workspaces.update_settings, alice, name="Acme", **change)
    error = await refused(context.db.write(workspaces.update_settings, alice, name="Other", **change))
    assert error.code == "workspace_changed"
    row = await context.db.read(workspaces.only, alice.workspace_id)
    assert (row.name, row.timezone, row.grace_seconds, row.revision) == ("Acme", "Europe/Paris", 60.0, 2)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "GMT+25:99"])
async def test_an_unknown_time_zone_is_refused(context: Context, alice: Actor, zone: str) -> None:
    change = context.db.write(
        workspaces.update_settings, alice, name=None, timezone=zone, grace_seconds=None, revision=1, now=NOON
    )
    assert (await refused(change)).code == "timezone_invalid"


@pytest.mark.parametrize("seconds", [-1.0, 8760 * 3600.0 + 1, float("inf"), float("nan")])
async def test_no_time_and_more_than_a_year_are_no_grace(context: Context, alice: Actor, seconds: float) -> None:
    change = context.db.write(
        workspaces.update_settings, alice, name=None, timezone=None, grace_seconds=seconds, revision=1, now=NOON
    )
    assert (await refused(change)).code == "grace_invalid"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_only_admins_change_a_workspace(context: Context, alice: Actor, role: Role) -> None:
    with pytest.raises(AppError) as error:
        await context.db.write(workspaces.hold, replace(alice, role=role), paused=True, now=NOON)
    assert error.value.code == "forbidden"
