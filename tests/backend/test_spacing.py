"""Posts that stand nearer to each other than their account's people want."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from backend import runs, slots, spacing
from backend.access import Actor, Role
from backend.context import Context
from backend.errors import AppError

from .conftest import NOON
from .rows import add_post
from .strategies import CHIRP, networks
from .test_composing import add_account

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def invented_network() -> Iterator[None]:
    with networks(CHIRP):
        yield


async def told(context: Context, actor: Actor, *posts: dict[str, Any]) -> list[dict[str, Any]]:
    found = await context.db.read(runs.validate, actor, {"posts": list(posts)}, settings=context.settings, now=NOON)
    return [warning for warning in found["warnings"] if warning["code"] == "posts_too_near"]


def planned(minutes: int, name: str = "bird") -> dict[str, Any]:
    at = (NOON + minutes * MINUTE).isoformat()
    return {"account": f"chirp:@{name}", "name": "A", "description": f"At {minutes}", "publishAt": at}


@pytest.fixture
async def bird(context: Context, alice: Actor) -> str:
    return await context.db.write(add_account, alice, "bird")


async def keep_apart(context: Context, actor: Actor, account: str, minutes: int | None) -> None:
    await context.db.write(spacing.keep_apart, actor, account, minutes=minutes, now=NOON)


async def test_posts_of_one_document_are_compared_with_each_other(context: Context, alice: Actor, bird: str) -> None:
    assert await told(context, alice, planned(10), planned(15)) == []  # nobody asked for a distance
    await keep_apart(context, alice, bird, 30)

    (warning,) = await told(context, alice, planned(100), planned(10), planned(15))
    assert (warning["posts"], warning["details"]["nearest"], warning["details"]["minutes"]) == ([1, 2], 5, 30)
    assert await told(context, alice, planned(10), planned(40)) == []


@pytest.mark.parametrize(("status", "counts"), [("scheduled", True), ("published", True), ("canceled", False), ("draft", False)])  # fmt: skip
async def test_posts_that_stand_are_compared_with(
    context: Context, alice: Actor, bird: str, status: str, counts: bool
) -> None:
    await keep_apart(context, alice, bird, 30)
    await context.db.write(add_post, alice, bird, NOON + 60 * MINUTE, status=status)

    assert [warning["posts"] for warning in await told(context, alice, planned(45))] == ([[0]] if counts else [])
    assert await told(context, alice, planned(90)) == []


async def test_two_that_stand_near_each_other_already_are_no_ones_news(
    context: Context, alice: Actor, bird: str
) -> None:
    await keep_apart(context, alice, bird, 30)
    for minutes in (60, 61):
        await context.db.write(add_post, alice, bird, NOON + minutes * MINUTE)

    assert await told(context, alice, planned(180)) == []


async def test_replies_belong_to_the_post_they_answer(context: Context, alice: Actor, bird: str) -> None:
    await keep_apart(context, alice, bird, 30)
    await context.db.write(add_post, alice, bird, NOON + 60 * MINUTE, parent_step_id="step_0")

    assert await told(context, alice, planned(61)) == []


async def test_other_accounts_and_other_workspaces_are_not_compared_with(
    context: Context, alice: Actor, bob: Actor, bird: str
) -> None:
    crow = await context.db.write(add_account, alice, "crow")
    theirs = await context.db.write(add_account, bob, "bird")
    await keep_apart(context, alice, bird, 30)
    await context.db.write(add_post, alice, crow, NOON + 10 * MINUTE)
    await context.db.write(add_post, bob, theirs, NOON + 10 * MINUTE)

    assert await told(context, alice, planned(10), planned(11, "crow")) == []


async def test_proposed_times_keep_to_the_distance(context: Context, alice: Actor, bird: str) -> None:
    await context.db.write(add_post, alice, bird, NOON + 20 * MINUTE)

    async def proposed() -> str | None:
        return (await context.db.read(slots.suggest, alice, [bird], zone="UTC", now=NOON))["nextFree"]

    assert await proposed() == "2026-11-23T13:30:00"
    await keep_apart(context, alice, bird, 10)
    assert await proposed() == "2026-11-23T12:30:00"
    await keep_apart(context, alice, bird, 120)
    assert await proposed() == "2026-11-23T14:30:00"


@pytest.mark.parametrize("minutes", [0, -5, spacing.MOST_MINUTES + 1])
async def test_a_distance_that_makes_no_sense_changes_nothing(
    context: Context, alice: Actor, bird: str, minutes: int
) -> None:
    await keep_apart(context, alice, bird, 30)
    with pytest.raises(AppError, match="1 to 10080 minutes"):
        await keep_apart(context, alice, bird, minutes)

    assert (await context.db.read(spacing.standing, alice, bird, now=NOON)).minutes == 30


async def test_who_may_not_connect_wishes_for_nothing_and_strangers_see_nothing(
    context: Context, alice: Actor, bob: Actor, bird: str
) -> None:
    with pytest.raises(AppError, match="may not do that"):
        await keep_apart(context, replace(alice, role=Role.VIEWER), bird, 30)
    with pytest.raises(AppError) as refused:
        await context.db.read(spacing.standing, bob, bird, now=NOON)
    assert refused.value.code == "account_not_found"
