"""A publisher that is told to stop finishes what is on its way; the next one goes on where it left off, once."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from backend.models import Attempt, Worker

from .scripted import Gate, Place


async def test_what_is_on_its_way_finishes_and_the_rest_is_handed_back(place: Place) -> None:
    place.network.accounts = ("one", "two", "three")
    one, two, three = await place.connect()
    before_once, at_once = Gate(), Gate()
    async with place.working() as worker:
        place.network.next("POST /drafts", before_once)
        first = await place.post(one, "at its draft")
        await before_once.arrived()
        place.network.next("POST /posts", at_once)
        second = await place.post(two, "at its ONCE")
        await at_once.arrived()
        worker.publisher.stop()
        third = await place.post(three, "not begun")
        behind = await place.post(two, "behind another")
        assert not worker.task.done()
        before_once.open()
        at_once.open()
        await worker.stop()
    assert [await place.status(post_id) for post_id in (first, second)] == ["publishing", "published"]
    assert [(await place.job(post_id))["jobState"] for post_id in (first, third, behind)] == ["waiting"] * 3
    assert place.network.texts == ["at its ONCE"]
    assert len(place.network.calls("POST /posts")) == 1, "no new ONCE was begun"
    assert len(place.network.calls("POST /drafts")) == 2, "no new post was begun"
    async with place.working():
        await place.published(first, second, third, behind)
    assert sorted(place.network.texts) == ["at its ONCE", "at its draft", "behind another", "not begun"]
    assert len(place.network.calls("POST /drafts", "at its draft")) == 1, "its answer was recorded"
    assert len(place.network.calls("POST /posts")) == 4


async def test_a_post_that_was_handed_back_goes_on_with_the_same_attempt(place: Place) -> None:
    (handle,) = await place.connect()
    before_once = Gate()
    place.network.next("POST /drafts", before_once)
    async with place.working() as worker:
        post_id = await place.post(handle, "Hello")
        await before_once.arrived()
        worker.publisher.stop()
        before_once.open()
        await worker.stop()
        first = worker.publisher.owner
    async with place.working() as worker:
        await place.published(post_id)
        second = worker.publisher.owner
    attempts = await place.context.db.read(lambda session: list(session.scalars(select(Attempt))))
    assert [(attempt.attempt_no, attempt.ok, attempt.worker_id) for attempt in attempts] == [(1, True, second)]
    workers = await place.context.db.read(lambda session: {row.id: row for row in session.scalars(select(Worker))})
    assert set(workers) == {first, second}
    assert all(row.stopped_at is not None for row in workers.values())


async def test_a_stop_does_not_wait_for_ever_for_a_network_that_does_not_answer(place: Place) -> None:
    """Its post is in doubt then; and the answer that comes too late changes nothing."""
    place.context = replace(place.context, settings=replace(place.context.settings, call_timeout_seconds=0.3))
    (handle,) = await place.connect("mute")
    silent = Gate()
    place.network.next("POST /posts", silent)
    async with place.working() as worker:
        post_id = await place.post(handle, "Hello")
        await silent.arrived()
        await worker.stop()
        assert await place.status(post_id) == "publishing"
        async with place.working():
            await place.until("failed", post_id)
        silent.open()
        await worker.flows_ended()
    post = await place.read(post_id)
    assert (post["status"], post["errorCode"]) == ("failed", "publish_outcome_unknown")
    assert place.network.texts == ["Hello"]
    assert len(place.network.calls("POST /posts")) == 1
