"""Sets of accounts by name, shared by the people of a workspace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backend import groups
from backend.access import Actor, Role
from backend.context import Context

from .strategies import CHIRP, networks
from .test_composing import add_account
from .test_connections import refused


@pytest.fixture(autouse=True)
def invented_networks() -> Iterator[None]:
    with networks(CHIRP):
        yield


async def test_a_group_is_saved_changed_and_removed(context: Context, alice: Actor) -> None:
    bird, crow = [await context.db.write(add_account, alice, name) for name in ("bird", "crow")]
    await context.db.write(groups.save, alice, "  Every   bird ", [bird, crow])
    await context.db.write(groups.save, alice, "A", [crow])
    listed = await context.db.read(groups.list_groups, alice)
    assert listed == [{"name": "A", "accounts": [crow]}, {"name": "Every bird", "accounts": [bird, crow]}]

    await context.db.write(groups.save, alice, "every bird", [bird])
    await context.db.write(groups.remove, alice, "A")

    assert await context.db.read(groups.list_groups, alice) == [{"name": "every bird", "accounts": [bird]}]


async def test_accounts_of_others_are_never_among_them(context: Context, alice: Actor, bob: Actor) -> None:
    mine, theirs = await context.db.write(add_account, alice, "bird"), await context.db.write(add_account, bob, "bird")
    await context.db.write(groups.save, alice, "Birds", [mine, theirs])
    await context.db.write(groups.save, alice, "Theirs", [theirs])

    assert await context.db.read(groups.list_groups, alice) == [{"name": "Birds", "accounts": [mine]}]
    assert await context.db.read(groups.list_groups, bob) == []


@pytest.mark.parametrize(("name", "accounts"), [(" ", ["account_1"]), ("x" * 61, ["account_1"]), ("Nobody", [])])
async def test_a_group_has_a_short_name_and_an_account(
    context: Context, alice: Actor, name: str, accounts: list[str]
) -> None:
    assert (await refused(context.db.write(groups.save, alice, name, accounts))).code == "group_invalid"


async def test_there_is_an_end_to_groups(context: Context, alice: Actor) -> None:
    for number in range(groups.MOST):
        await context.db.write(groups.save, alice, f"Group {number}", ["account_1"])

    assert (await refused(context.db.write(groups.save, alice, "More", ["account_1"]))).code == "group_invalid"


async def test_whoever_only_reads_saves_none(context: Context, alice: Actor) -> None:
    viewer = Actor(workspace_id=alice.workspace_id, label="user:eve", role=Role.VIEWER)

    assert (await refused(context.db.write(groups.save, viewer, "Mine", ["account_1"]))).code == "forbidden"
