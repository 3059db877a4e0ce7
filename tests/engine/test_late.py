"""Late is said, too late is said too, and nothing is skipped silently."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from backend import posts, runs, workspaces
from backend.models import Account, Post, Workspace
from providers.contract import Kind

from .problems import saying
from .scripted import HOUR, Place, answering, lost_after, until

GRACE = timedelta(hours=6)


def at(place: Place, **ahead: float) -> str:
    return (place.clock() + timedelta(**ahead)).isoformat()


async def lateness(place: Place, post_id: str) -> list[float]:
    told = await place.context.db.read(posts.attempts, place.actor, post_id)
    return [attempt["latenessSeconds"] for attempt in told["attempts"]]


async def row(place: Place, post_id: str) -> Post:
    return await place.context.db.read(lambda session: session.get_one(Post, post_id))


async def missed(place: Place, post_id: str) -> None:
    """It is over, nothing went out, and everybody can see why."""
    await place.until("failed", post_id)
    post = await place.read(post_id)
    assert post["errorCode"] == "publish_window_missed"
    assert post["description"] not in place.network.texts
    assert "post.failed" in await place.kinds(post_id)


# --- from when it counts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [1, 10])
async def test_a_time_in_the_past_means_now(either: Place, hours: int) -> None:
    """Even one that is further back than the grace."""
    (handle,) = await either.connect()
    post_id = await either.post(handle, "Hello", publish_at=at(either, hours=-hours))
    either.clock.forward(seconds=90)
    async with either.working():
        await either.published(post_id)
    assert await lateness(either, post_id) == [90.0]
    assert "post.late" not in await either.kinds(post_id)


async def test_a_draft_is_late_from_the_moment_it_is_let_go(place: Place) -> None:
    (handle,) = await place.connect()
    entry = {"account": handle, "description": "Hello", "publish_at": at(place, hours=1)}
    drafted = await runs.apply_once(place.context, place.actor, {"posts": [entry], "mode": "draft"})
    (post_id,) = (post["id"] for post in drafted.posts)
    place.clock.forward(hours=10)
    async with place.working() as worker:
        await worker.looked()
        assert await place.status(post_id) == "draft"
        await place.context.db.write(runs.publish, place.actor, drafted.run["id"], start_at=None, now=place.clock())
        await place.published(post_id)
    assert await lateness(place, post_id) == [0.0]


async def test_a_persons_retry_is_late_from_the_moment_they_ask(place: Place) -> None:
    (handle,) = await place.connect()
    place.network.next("POST /drafts", saying(Kind.INVALID_CONTENT))
    post_id = await place.post(handle, "Hello")
    async with place.working():
        await place.until("failed", post_id)
        place.clock.forward(days=2)
        await posts.retry(place.context, place.actor, post_id)
        await place.published(post_id)
    assert await lateness(place, post_id) == [0.0, 0.0]


# --- how late is too late -----------------------------------------------------------------------------------------------


async def test_within_the_grace_it_goes_out_and_says_how_late(either: Place) -> None:
    (handle,) = await either.connect()
    post_id = await either.post(handle, "Hello", publish_at=at(either, hours=1))
    either.clock.at += HOUR + GRACE
    async with either.working():
        await either.published(post_id)
    assert await lateness(either, post_id) == [GRACE.total_seconds()]
    assert "post.late" in await either.kinds(post_id)


async def test_beyond_the_grace_it_fails_and_nothing_is_sent(either: Place) -> None:
    (handle,) = await either.connect()
    post_id = await either.post(handle, "Hello", publish_at=at(either, hours=1))
    either.clock.at += HOUR + GRACE + timedelta(seconds=1)
    async with either.working():
        await missed(either, post_id)
    assert either.network.calls("POST /drafts") == []


async def test_a_workspace_has_a_grace_of_its_own(place: Place) -> None:
    (handle,) = await place.connect()
    revision = (
        await place.context.db.read(lambda session: session.get_one(Workspace, place.actor.workspace_id))
    ).revision
    await place.context.db.write(
        workspaces.update_settings,
        place.actor,
        name=None,
        timezone=None,
        grace_seconds=600.0,
        revision=revision,
        now=place.clock(),
    )
    strict, lenient = await place.apply(
        {"account": handle, "description": "Strict"},
        {"account": handle, "description": "Lenient", "publish_at": at(place, seconds=1)},
    )
    place.clock.forward(seconds=601)
    async with place.working():
        await missed(place, strict)
        await place.published(lenient)
    assert await lateness(place, lenient) == [600.0]


async def test_a_post_that_missed_its_window_goes_out_when_somebody_asks_for_it(place: Place) -> None:
    (handle,) = await place.connect()
    post_id = await place.post(handle, "Hello")
    place.clock.forward(days=1)
    async with place.working():
        await missed(place, post_id)
        await posts.retry(place.context, place.actor, post_id)
        await place.published(post_id)


# --- tries end with the grace -------------------------------------------------------------------------------------------


async def test_tries_that_cost_nothing_end_with_the_grace(place: Place) -> None:
    (handle,) = await place.connect()
    place.network.next("POST /drafts", *[answering(503)] * 200)
    post_id, due = await place.post(handle, "Hello"), place.clock()
    async with place.working() as worker:
        tries = 0
        while await place.status(post_id) != "failed":
            tries += 1
            await until(lambda tries=tries: worker.watched.done["_end"] == tries)
            place.clock.at = (await row(place, post_id)).due_at
            assert place.clock() <= due + GRACE
    assert (await place.read(post_id))["errorCode"] == "chirper_unavailable", "what kept it from going out"
    assert place.clock() > due + GRACE - timedelta(hours=1)


async def test_a_wait_that_would_be_too_long_is_not_begun(either: Place) -> None:
    (handle,) = await either.connect()
    either.network.next("POST /posts", saying(Kind.QUOTA, retry_after=7 * 3600, code="enough_for_today"))
    post_id = await either.post(handle, "Hello")
    async with either.working():
        await either.until("failed", post_id)
    assert (await either.read(post_id))["errorCode"] == "enough_for_today"


async def test_what_may_be_out_is_followed_beyond_the_grace(either: Place) -> None:
    """The laptop slept for most of a day right after the post had left it."""
    (handle,) = await either.connect()
    either.network.next("POST /posts", lost_after)
    post_id = await either.post(handle, "Hello")
    async with either.working():
        await either.doubted(post_id)
    either.clock.forward(hours=20)
    async with either.working():
        await either.published(post_id)
    assert either.network.texts == ["Hello"]
    assert await lateness(either, post_id) == [0.0], "one try, which began in time"


# --- while nobody is logged in ------------------------------------------------------------------------------------------


async def test_an_ended_login_holds_posts_when_they_are_due_and_reconnecting_frees_them(either: Place) -> None:
    (handle,) = await either.connect()
    due = await either.post(handle, "Due")
    later = await either.post(handle, "Later", publish_at=at(either, hours=1))
    await _end_login(either)
    async with either.working() as worker:
        await either.until("retry_pending", due)
        await worker.looked()
        assert await either.status(later) == "scheduled", "its time has not come"
        either.clock.forward(hours=2)
        await either.until("retry_pending", due, later)
        for post_id in (due, later):
            job = await either.job(post_id)
            assert (job["jobState"], job["nextAction"]) == ("blocked", "reconnect_account")
            assert (await either.read(post_id))["errorCode"] == "account_needs_reconnect"
        assert either.network.calls("POST /drafts") == []
        await either.connect()
        await either.published(due, later)
    assert either.network.texts == ["Due", "Later"]
    assert [await lateness(either, post_id) for post_id in (due, later)] == [[7200.0], [3600.0]]
    assert {(await either.read(post_id))["errorCode"] for post_id in (due, later)} == {None}


async def test_posts_that_nobody_freed_in_time_say_so(place: Place) -> None:
    (handle,) = await place.connect()
    post_id = await place.post(handle, "Hello")
    await _end_login(place)
    async with place.working() as worker:
        await place.until("retry_pending", post_id)
        place.clock.at += GRACE
        await worker.looked()
        assert await place.status(post_id) == "retry_pending"
        place.clock.forward(seconds=1)
        await missed(place, post_id)
        await place.connect()
        await worker.looked()
    assert place.network.texts == []


async def _end_login(place: Place) -> None:
    """As when its renewal was refused while nothing was due."""
    values: dict[str, Any] = {"status": "needs_reconnect"}
    await place.context.db.write(lambda session: session.execute(update(Account).values(**values)) and None)
