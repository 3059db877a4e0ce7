"""A change of a post and the publishing of it never mix: one of them comes first, and the other one is told so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from backend import claims, posts
from backend.access import get
from backend.errors import AppError
from backend.models import Post
from providers.contract import Call, Effect, Flow, Job, Published, Request

from .scripted import CHIRPER, HOUR, Gate, Place, answering, lost_before, only_known, publish


async def changed(place: Place, post_id: str, revision: int | None = None, **values: Any) -> dict[str, Any]:
    def edit(session: Session) -> dict[str, Any]:
        post = get(session, place.actor, Post, post_id)
        return posts.edit(session, place.actor, post, values, revision=revision, now=place.clock())

    return await place.context.db.write(edit)


async def moved(place: Place, post_id: str, to: datetime, revision: int | None = None) -> dict[str, Any]:
    return await place.context.db.write(
        posts.reschedule,
        place.actor,
        post_id,
        publish_at=to,
        timezone=None,
        revision=revision,
        now=place.clock(),
    )


async def canceled(place: Place, post_id: str) -> dict[str, Any]:
    return await place.context.db.write(posts.cancel, place.actor, post_id, now=place.clock())


async def no_to_change(place: Place, post_id: str, **options: Any) -> AppError:
    with pytest.raises(AppError) as error:
        await changed(place, post_id, description="Changed", **options)
    return error.value


async def no_to_cancel(place: Place, post_id: str) -> AppError:
    with pytest.raises(AppError) as error:
        await canceled(place, post_id)
    return error.value


# --- before it starts --------------------------------------------------------------------------------------------------


async def test_what_was_changed_before_it_was_due_goes_out_changed(place: Place) -> None:
    (handle,) = await place.connect()
    post_id = await place.post(handle, "Hello", publish_at=(place.clock() + HOUR).isoformat())
    found = await changed(place, post_id, description="Changed", revision=1)
    assert (found["status"], found["revision"], found["description"]) == ("scheduled", 2, "Changed")
    async with place.working():
        place.clock.forward(hours=1)
        await place.published(post_id)
    assert place.network.texts == ["Changed"]


async def test_a_canceled_post_never_goes_out(place: Place) -> None:
    (handle,) = await place.connect()
    post_id = await place.post(handle, "Hello")
    assert (await canceled(place, post_id))["status"] == "canceled"
    async with place.working() as worker:
        await worker.looked()
    assert place.network.calls("POST /drafts") == []
    assert (await no_to_cancel(place, post_id)).code == "post_not_cancelable"
    assert (await no_to_change(place, post_id)).code == "post_not_editable"


async def test_whoever_saw_an_older_revision_is_told_that_somebody_was_faster(place: Place) -> None:
    (handle,) = await place.connect()
    post_id = await place.post(handle, "Hello")
    await changed(place, post_id, description="First", revision=1)
    error = await no_to_change(place, post_id, revision=1)
    assert (error.code, error.status, error.details) == ("post_changed", 409, {"revision": 2})
    assert (await place.read(post_id))["description"] == "First"


async def test_of_several_changes_of_the_same_revision_one_wins(either: Place) -> None:
    (handle,) = await either.connect()
    post_id = await either.post(handle, "Hello", publish_at=(either.clock() + HOUR).isoformat())
    outcomes = await asyncio.gather(
        *(changed(either, post_id, description=f"Text {number}", revision=1) for number in range(6)),
        return_exceptions=True,
    )
    won = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    assert [error.code for error in outcomes if isinstance(error, AppError)] == ["post_changed"] * 5
    assert [found["description"] for found in won] == [(await either.read(post_id))["description"]]
    assert (await either.read(post_id))["revision"] == 2


# --- while it is published ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["POST /drafts", "POST /posts"])
async def test_a_post_that_is_being_published_is_neither_changed_nor_canceled(place: Place, call: str) -> None:
    (handle,) = await place.connect()
    on_its_way = Gate()
    place.network.next(call, on_its_way)
    async with place.working():
        post_id = await place.post(handle, "Hello")
        await on_its_way.arrived()
        change, cancel = await no_to_change(place, post_id), await no_to_cancel(place, post_id)
        on_its_way.open()
        await place.published(post_id)
    assert (change.code, change.status, change.details) == ("post_not_editable", 409, {"status": "publishing"})
    assert (cancel.code, cancel.status, cancel.details) == ("post_not_cancelable", 409, {"status": "publishing"})
    post = await place.read(post_id)
    assert (post["description"], place.network.texts, post["revision"]) == ("Hello", ["Hello"], 1)
    assert {(await no_to_change(place, post_id)).code, (await no_to_cancel(place, post_id)).code} == {
        "post_not_editable",
        "post_not_cancelable",
    }


async def test_a_post_in_doubt_is_neither_changed_nor_canceled(place: Place) -> None:
    (handle,) = await place.connect()
    place.network.next("POST /posts", lost_before)
    async with place.working():
        post_id = await place.post(handle, "Hello")
        await place.doubted(post_id)
        assert (await no_to_change(place, post_id)).code == "post_not_editable"
        assert (await no_to_cancel(place, post_id)).code == "post_not_cancelable"


async def test_a_post_whose_outcome_nobody_knows_is_not_changed_until_somebody_says_it(place: Place) -> None:
    """Changed and scheduled again, it would go out a second time."""
    (handle,) = await place.connect("mute")
    place.network.next("POST /posts", lost_before)
    async with place.working():
        post_id = await place.post(handle, "Hello")
        await place.until("failed", post_id)
    error = await no_to_change(place, post_id)
    assert (error.code, error.status) == ("post_not_editable", 409)
    assert "Say first whether this post is at the network" in error.message
    await posts.reconcile(place.context, place.actor, post_id, outcome="absent")
    assert (await changed(place, post_id, description="Changed"))["status"] == "scheduled"


# --- between two tries -------------------------------------------------------------------------------------------------


async def test_a_change_between_two_tries_starts_from_nothing_recorded(place: Place) -> None:
    (handle,) = await place.connect()
    place.network.next("POST /posts", answering(429))
    async with place.working() as worker:
        post_id = await place.post(handle, "Hello")
        await place.until("retry_pending", post_id)
        found = await changed(place, post_id, description="Changed")
        assert (found["status"], found["errorCode"]) == ("scheduled", None)
        await worker.looked()
        place.clock.forward(hours=1)
        await place.published(post_id)
    assert [seen.values["text"] for seen in place.network.calls("POST /drafts")] == ["Hello", "Changed"]
    assert place.network.texts == ["Changed"]


async def test_a_post_is_canceled_between_two_tries(place: Place) -> None:
    (handle,) = await place.connect()
    place.network.next("POST /posts", answering(429))
    async with place.working() as worker:
        post_id = await place.post(handle, "Hello")
        await place.until("retry_pending", post_id)
        await canceled(place, post_id)
        place.clock.forward(hours=1)
        await worker.looked()
    assert (await place.status(post_id), place.network.texts) == ("canceled", [])


async def test_a_failed_post_is_changed_and_goes_out(place: Place) -> None:
    (handle,) = await place.connect()
    place.network.next("POST /posts", answering(422))
    async with place.working():
        post_id = await place.post(handle, "Hello")
        await place.until("failed", post_id)
        assert (await no_to_cancel(place, post_id)).code == "post_not_cancelable"
        await changed(place, post_id, description="Changed")
        await place.published(post_id)
    assert place.network.texts == ["Changed"]


def _publish_and_pin(job: Job) -> Flow[Published]:
    """A second call after the ONCE, before the post counts as published."""
    made = yield from publish(job)
    pin = Request("POST", "/drafts", json={"pin": made.id, "text": "pin"})
    yield Call("pin", pin, Effect.REPEATABLE, read=lambda answer: True)
    return made


async def test_a_post_that_waits_after_its_once_is_neither_changed_nor_canceled(place: Place) -> None:
    """The audience may see it already."""
    (handle,) = await place.connect()
    place.network.next("POST /drafts", lambda do: answering(200, id="draft")(do), answering(429))
    with only_known(replace(CHIRPER, publish=_publish_and_pin)):
        async with place.working():
            post_id = await place.post(handle, "Hello")
            await place.until("retry_pending", post_id)
            assert (await no_to_change(place, post_id)).code == "post_not_editable"
            assert (await no_to_cancel(place, post_id)).code == "post_not_cancelable"
            place.clock.forward(hours=1)
            await place.published(post_id)
    assert place.network.texts == ["Hello"]


# --- against the claim -------------------------------------------------------------------------------------------------


async def test_of_a_change_and_a_claim_at_the_same_moment_exactly_one_wins(either: Place) -> None:
    either.network.accounts = tuple(f"account-{number}" for number in range(12))
    handles = await either.connect()
    at = either.clock() + HOUR
    ids = [await either.post(handle, "old", publish_at=at.isoformat()) for handle in handles]
    async with either.working(concurrency=4):
        either.clock.forward(hours=1)
        outcomes = await asyncio.gather(
            *(changed(either, post_id, description="new", publish_at=at + HOUR) for post_id in ids),
            return_exceptions=True,
        )
        won = {post_id for post_id, outcome in zip(ids, outcomes, strict=True) if isinstance(outcome, dict)}
        assert {error.code for error in outcomes if isinstance(error, AppError)} <= {"post_not_editable"}
        assert not any(isinstance(error, Exception) and not isinstance(error, AppError) for error in outcomes)
        await either.published(*(set(ids) - won))
        assert {post.text for post in either.network.shown} <= {"old"}
        for post_id in won:
            assert (await either.status(post_id), (await either.read(post_id))["attempts"]) == ("scheduled", 0)
        either.clock.forward(hours=1)
        await either.published(*ids)
    assert sorted(either.network.texts) == ["new"] * len(won) + ["old"] * (len(ids) - len(won))


@pytest.mark.servers
@pytest.mark.parametrize(
    "change",
    [
        lambda place, post_id: moved(place, post_id, place.clock() + timedelta(days=7)),
        lambda place, post_id: canceled(place, post_id),
    ],
    ids=["moved", "canceled"],
)
async def test_a_post_that_is_changed_between_look_and_take_is_not_taken(
    request: pytest.FixtureRequest, either: Place, change: Callable[[Place, str], Any]
) -> None:
    """PostgreSQL lets others write between the two statements of a claim."""
    if either.context.db.is_sqlite:
        pytest.skip("SQLite has one writer")
    (handle,) = await either.connect()
    post_id = await either.post(handle, "Hello")
    between: list[str] = []

    def run(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.startswith("UPDATE posts SET") and "lease_owner" in statement and not between:
            between.append(statement)
            asyncio.run(change(either, post_id))

    engine = either.context.db.engine
    event.listen(engine, "before_cursor_execute", run)
    try:
        found = await either.context.db.write(
            claims.claim, owner="worker", slots=1, now=either.clock(), lease=timedelta(seconds=30), grace=6 * HOUR
        )
    finally:
        event.remove(engine, "before_cursor_execute", run)
    assert between, "the change came between"
    assert found.posts == ()
    assert await either.status(post_id) in ("scheduled", "canceled")
