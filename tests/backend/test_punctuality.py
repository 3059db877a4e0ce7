"""The publisher tells how late it has been."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from backend import punctuality
from backend.access import Actor
from backend.context import Context
from backend.ids import new_id
from backend.models import Attempt
from backend.punctuality import Punctuality

from .conftest import NOON
from .fake_network import FakeNetwork
from .rows import add_post
from .test_analytics import connect


async def tried(context: Context, actor: Actor, **values: Any) -> None:
    post_id = await context.db.write(add_post, actor, await connect(context, actor), NOON)
    usual = {"ok": True, "finished_at": NOON - timedelta(hours=1), "attempt_no": 1}
    row = Attempt(
        id=new_id("attempt", NOON),
        workspace_id=actor.workspace_id,
        post_id=post_id,
        generation=1,
        stage="published",
        started_at=NOON,
        **{**usual, **values},
    )
    await context.db.write(lambda session: session.add(row))


async def test_the_usual_and_the_worst_of_a_day_are_told(context: Context, network: FakeNetwork, alice: Actor) -> None:
    for late in (0.25, 0.5, 9.0):
        await tried(context, alice, lateness=late)

    assert await context.db.read(punctuality.of_late, alice, now=NOON) == Punctuality(posts=3, usual=0.5, worst=9.0)


async def test_only_first_tries_of_the_day_that_worked_count(
    context: Context, network: FakeNetwork, alice: Actor, bob: Actor
) -> None:
    await tried(context, alice, lateness=50.0, attempt_no=2)
    await tried(context, alice, lateness=60.0, ok=False)
    await tried(context, alice, lateness=70.0, finished_at=NOON - timedelta(hours=25))
    await tried(context, bob, lateness=80.0)

    assert await context.db.read(punctuality.of_late, alice, now=NOON) is None
