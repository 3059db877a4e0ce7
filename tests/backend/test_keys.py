"""API keys: shown once, compared by hash, revoked and rotated."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from backend import keys
from backend.access import Actor, Role
from backend.context import Context
from backend.errors import AppError
from backend.models import ApiKey

from .conftest import NOON, Clock


async def test_a_key_is_a_known_beginning_and_24_random_bytes(context: Context, alice: Actor) -> None:
    key, secret = await context.db.write(keys.create, alice, label="Agent", kind="personal", now=NOON)
    assert secret.startswith("sc_live_")
    assert len(secret) == 40
    assert key["prefix"] == secret[:12]
    assert (key["label"], key["kind"], key["createdAt"]) == ("Agent", "personal", "2026-11-23T12:00:00.000Z")


async def test_nobody_can_read_a_secret_again(context: Context, alice: Actor) -> None:
    _, secret = await context.db.write(keys.create, alice, now=NOON)
    (listed,) = await context.db.read(keys.list_keys, alice)
    assert listed["secret"] is None
    stored = await context.db.read(lambda session: session.scalars(select(ApiKey)).one())
    assert secret not in repr(vars(stored))


async def test_a_key_tells_its_workspace(context: Context, alice: Actor) -> None:
    key, secret = await context.db.write(keys.create, alice, now=NOON)
    actor = await keys.actor(context, secret)
    assert (actor.workspace_id, actor.key_id) == (alice.workspace_id, key["id"])
    assert (await context.db.read(keys.current, actor))["id"] == key["id"]


@pytest.mark.parametrize("secret", ["sc_live_wrong", "", "sc_live_" + "a" * 32])
async def test_an_unknown_key_is_refused(context: Context, alice: Actor, secret: str) -> None:
    with pytest.raises(AppError) as refused:
        await keys.actor(context, secret)
    assert (refused.value.code, refused.value.status) == ("api_key_invalid", 401)


async def test_a_revoked_key_is_refused_and_stays_in_the_list(context: Context, alice: Actor) -> None:
    key, secret = await context.db.write(keys.create, alice, now=NOON)
    revoked = await context.db.write(keys.revoke, alice, key["id"], now=NOON)
    assert revoked["revokedAt"] == "2026-11-23T12:00:00.000Z"
    with pytest.raises(AppError, match="not valid"):
        await keys.actor(context, secret)
    (listed,) = await context.db.read(keys.list_keys, alice)
    assert listed["revokedAt"] == revoked["revokedAt"]


async def test_a_key_cannot_revoke_itself(context: Context, alice: Actor) -> None:
    key, secret = await context.db.write(keys.create, alice, now=NOON)
    actor = await keys.actor(context, secret)
    with pytest.raises(AppError) as refused:
        await context.db.write(keys.revoke, actor, key["id"], now=NOON)
    assert (refused.value.code, refused.value.status) == ("api_key_self_revoke", 409)
    assert (await keys.actor(context, secret)).key_id == key["id"]


async def test_a_rotated_key_keeps_its_id_and_changes_its_secret(context: Context, alice: Actor) -> None:
    key, old = await context.db.write(keys.create, alice, label="Agent", now=NOON)
    rotated, new = await context.db.write(keys.rotate, alice, key["id"], now=NOON)
    assert (rotated["id"], rotated["label"], rotated["prefix"]) == (key["id"], "Agent", new[:12])
    assert (await keys.actor(context, new)).key_id == key["id"]
    with pytest.raises(AppError, match="not valid"):
        await keys.actor(context, old)


async def test_a_revoked_key_is_not_rotated_back_to_life(context: Context, alice: Actor) -> None:
    key, _ = await context.db.write(keys.create, alice, now=NOON)
    await context.db.write(keys.revoke, alice, key["id"], now=NOON)
    with pytest.raises(AppError, match="was revoked"):
        await context.db.write(keys.rotate, alice, key["id"], now=NOON)


async def test_the_last_use_is_written_once_a_minute(context: Context, alice: Actor, clock: Clock) -> None:
    _, secret = await context.db.write(keys.create, alice, now=NOON)

    async def last_used_after(step: timedelta) -> str | None:
        clock.forward(step)
        await keys.actor(context, secret)
        return (await context.db.read(keys.list_keys, alice))[0]["lastUsedAt"]

    assert await last_used_after(timedelta()) == "2026-11-23T12:00:00.000Z"
    assert await last_used_after(timedelta(seconds=59)) == "2026-11-23T12:00:00.000Z"
    assert await last_used_after(timedelta(seconds=1)) == "2026-11-23T12:01:00.000Z"


async def test_workspaces_do_not_see_each_others_keys(context: Context, alice: Actor, bob: Actor) -> None:
    key, _ = await context.db.write(keys.create, alice, now=NOON)
    assert await context.db.read(keys.list_keys, bob) == []
    for change in (keys.revoke, keys.rotate):
        with pytest.raises(AppError) as refused:
            await context.db.write(change, bob, key["id"], now=NOON)
        assert (refused.value.code, refused.value.status) == ("api_key_not_found", 404)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_only_admins_make_keys(context: Context, alice: Actor, role: Role) -> None:
    with pytest.raises(AppError) as refused:
        await context.db.write(keys.create, replace(alice, role=role), now=NOON)
    assert refused.value.code == "forbidden"
