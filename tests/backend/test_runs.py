"""Runs as people look at them: what they are about, made again, and drafts on their way out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from backend import posts, runs
from backend.access import Actor
from backend.context import Context
from backend.errors import AppError
from backend.models import Account

from .conftest import NOON, Clock
from .strategies import CHIRP, networks
from .test_composing import add_account

LAUNCH: dict[str, Any] = {
    "name": "Launch",
    "targets": [
        {
            "account": "chirp:@bird",
            "timezone": "Europe/Berlin",
            "publish_at": "2026-12-01T09:00:00+01:00",
            "steps": [
                {"description": "One."},
                {"description": "Two.", "interaction_type": "reply", "delay_minutes": 90},
            ],
        },
    ],
}
FLAT: list[dict[str, Any]] = [
    {"account": "chirp:@bird", "description": f"Post {number}", "publish_at": f"2026-12-{day:02}T10:00:00Z"}
    for number, day in enumerate((4, 2, 3))
]


@pytest.fixture(autouse=True)
def invented_networks() -> Iterator[None]:
    with networks(CHIRP):
        yield


@pytest.fixture(autouse=True)
async def bird(context: Context, alice: Actor) -> str:
    return await context.db.write(add_account, alice, "bird")


async def made(context: Context, actor: Actor, **body: Any) -> str:
    return (await runs.apply_once(context, actor, body)).run["id"]


async def listed(context: Context, actor: Actor, **options: Any) -> tuple[list[dict[str, Any]], int]:
    return await context.db.read(runs.list_runs, actor, **options)


async def read(context: Context, actor: Actor, run_id: str) -> list[dict[str, Any]]:
    return (await context.db.read(runs.status, actor, run_id))["posts"]


def plain(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What is the same in a post that was made again."""
    kept = ("account", "description", "publishAtUtc", "timezone", "interactionType", "stepIndex", "targetIndex")
    return [tuple(post[key] for key in kept) for post in found]


# --- what they are about ----------------------------------------------------------------------------------------------


async def test_a_list_of_runs_tells_what_they_are_about(
    context: Context, alice: Actor, bob: Actor, clock: Clock
) -> None:
    first = await made(context, alice, posts=FLAT)
    clock.forward(timedelta(minutes=1))
    second = await made(context, alice, campaigns=[LAUNCH], mode="draft")
    (reply,) = [post for post in await read(context, alice, second) if post["interactionType"] == "reply"]
    await context.db.write(posts.cancel, alice, reply["id"], now=NOON)
    found, total = await listed(context, alice)
    assert (total, [run["id"] for run in found]) == (2, [second, first])
    assert found[0]["counts"] == {"draft": 1, "canceled": 1}
    assert (found[0]["campaigns"], found[0]["providers"], found[0]["words"]) == (["Launch"], ["chirp"], "One.")
    assert found[1]["counts"] == {"scheduled": 3}
    ends = (found[1]["firstPublishAtUtc"], found[1]["lastPublishAtUtc"])
    assert ends == ("2026-12-02T10:00:00.000Z", "2026-12-04T10:00:00.000Z")
    assert await context.db.read(runs.overview, alice, first) == found[1]
    assert await listed(context, bob) == ([], 0)


async def test_runs_are_listed_by_status_and_by_pages(context: Context, alice: Actor, clock: Clock) -> None:
    ids: list[str] = []
    for mode in ("draft", "scheduled", "draft"):
        clock.forward(timedelta(minutes=1))
        ids.append(await made(context, alice, posts=FLAT[:1], mode=mode))
    found, total = await listed(context, alice, statuses=("draft",))
    assert (total, [run["id"] for run in found]) == (2, [ids[2], ids[0]])
    found, total = await listed(context, alice, limit=2, offset=2)
    assert (total, [run["id"] for run in found]) == (3, [ids[0]])


# --- made again -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{"posts": FLAT}, {"campaigns": [LAUNCH], "timezone": "Europe/Berlin"}])
async def test_the_schedule_of_a_run_makes_the_same_posts_again_as_drafts(
    context: Context, alice: Actor, body: dict[str, Any]
) -> None:
    first = await made(context, alice, **body)
    again = await context.db.read(runs.schedule, alice, first)
    assert again["mode"] == "draft"
    second = await made(context, alice, **again)
    assert second != first
    copies = await read(context, alice, second)
    assert plain(copies) == plain(await read(context, alice, first))
    assert {post["status"] for post in copies} == {"draft"}
    assert await context.db.read(runs.schedule, alice, second) == again


async def test_the_schedule_of_another_workspaces_run_is_not_there(context: Context, alice: Actor, bob: Actor) -> None:
    id = await made(context, alice, posts=FLAT)
    for service in (runs.schedule, runs.overview):
        with pytest.raises(AppError) as refused:
            await context.db.read(service, bob, id)
        assert refused.value.code == "run_not_found"


# --- drafts on their way out ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [None, datetime(2027, 3, 27, 8, 0, tzinfo=UTC), NOON - timedelta(days=7)])
async def test_publishing_does_what_was_foreseen(context: Context, alice: Actor, start: datetime | None) -> None:
    id = await made(context, alice, posts=FLAT, mode="draft")
    foreseen = await context.db.read(runs.foresee_publish, alice, id, start_at=start, now=NOON)
    assert {post["status"] for post in await read(context, alice, id)} == {"draft"}, "nothing was done yet"
    await context.db.write(runs.publish, alice, id, start_at=start, now=NOON)
    times = sorted(post["publishAtUtc"] for post in await read(context, alice, id))
    assert (foreseen["posts"], foreseen["first"], foreseen["last"]) == (3, times[0], times[-1])
    assert foreseen["atOnce"] == (3 if start is not None and start < NOON else 0)
    with pytest.raises(AppError) as refused:
        await context.db.read(runs.foresee_publish, alice, id, start_at=start, now=NOON)
    assert refused.value.code == "run_not_draft"


async def test_posts_of_an_account_without_a_login_are_foreseen_to_wait(
    context: Context, alice: Actor, bird: str
) -> None:
    id = await made(context, alice, posts=FLAT, mode="draft")
    await context.db.write(lambda session: session.execute(update(Account).values(status="needs_reconnect")))
    assert (await context.db.read(runs.foresee_publish, alice, id, start_at=None, now=NOON))["held"] == 3
