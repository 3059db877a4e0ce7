"""A reply goes out after the post it answers, as a reply to it, or not at all; and nothing about it happens silently."""

from __future__ import annotations

from typing import Any

import pytest

from backend import posts
from backend.errors import AppError

from .scripted import HOUR, Gate, Place, answering, lost_before

GRACE = 6
"""Hours."""


async def thread(place: Place, *texts: str, provider: str = "chirper", **values: Any) -> list[str]:
    """Each but the first answers the one before it; ``values`` are the first one's."""
    (handle,) = await place.connect(provider)
    first, *others = ({"account": handle, "description": text} for text in texts)
    replies = [
        {**other, "interaction_type": "reply", "reply_to_step_id": f"post_{number}"}
        for number, other in enumerate(others, start=1)
    ]
    return await place.apply({**first, **values}, *replies)


async def canceled(place: Place, post_id: str) -> None:
    await place.context.db.write(posts.cancel, place.actor, post_id, now=place.clock())


async def assert_waits(place: Place, post_id: str) -> None:
    job = await place.job(post_id)
    assert (job["status"], job["jobState"], job["nextAction"]) == ("scheduled", "blocked", "wait_for_parent")


async def test_a_thread_goes_out_in_its_order_and_each_answers_the_one_before(place: Place) -> None:
    ids = await thread(place, "one", "two", "three")
    async with place.working():
        await place.published(*ids)
    assert [(post.text, post.parent) for post in place.network.shown] == [("one", None), ("two", "c1"), ("three", "c2")]
    assert [(await place.read(post_id))["resolvedParentProviderPostId"] for post_id in ids] == [None, "c1", "c2"]


async def test_a_reply_that_is_due_before_its_parent_waits_for_it(place: Place) -> None:
    parent, child = await thread(place, "one", "two", publish_at=(place.clock() + HOUR).isoformat())
    async with place.working() as worker:
        await worker.looked()
        await assert_waits(place, child)
        place.clock.forward(hours=1)
        await place.published(parent, child)
    assert [post.text for post in place.network.shown] == ["one", "two"]


async def test_a_reply_waits_while_its_parent_is_published(place: Place) -> None:
    on_its_way = Gate()
    place.network.next("POST /posts", on_its_way)
    parent, child = await thread(place, "one", "two")
    async with place.working() as worker:
        await on_its_way.arrived()
        await worker.looked()
        await assert_waits(place, child)
        on_its_way.open()
        await place.published(parent, child)


async def test_a_reply_waits_while_its_parent_is_tried_again(place: Place) -> None:
    place.network.next("POST /drafts", answering(503))
    parent, child = await thread(place, "one", "two")
    async with place.working() as worker:
        await place.until("retry_pending", parent)
        await worker.looked()
        await assert_waits(place, child)
        place.clock.forward(hours=1)
        await place.published(parent, child)


async def test_a_reply_waits_while_nobody_knows_whether_its_parent_is_out(place: Place) -> None:
    place.network.next("POST /posts", lost_before)
    parent, child = await thread(place, "one", "two")
    async with place.working() as worker:
        await place.doubted(parent)
        await worker.looked()
        await assert_waits(place, child)
        place.clock.forward(seconds=41)
        await place.published(parent, child)
    assert [(post.text, post.parent) for post in place.network.shown] == [("one", None), ("two", "c1")]


# --- a parent that does not come out -----------------------------------------------------------------------------------


async def test_after_its_parent_failed_a_reply_waits_to_its_own_end_and_says_why_it_failed(place: Place) -> None:
    place.network.next("POST /posts", answering(422))
    parent, child = await thread(place, "one", "two")
    async with place.working() as worker:
        await place.until("failed", parent)
        await worker.looked()
        await assert_waits(place, child)
        place.clock.forward(hours=GRACE)
        await worker.looked()
        await assert_waits(place, child)
        place.clock.forward(seconds=1)
        await place.until("failed", child)
    post = await place.read(child)
    assert (post["errorCode"], place.network.texts) == ("parent_not_published", [])
    assert "Publish that one first, then retry this." in post["error"]


async def test_a_parent_that_a_person_retried_frees_its_reply(place: Place) -> None:
    place.network.next("POST /posts", answering(422))
    parent, child = await thread(place, "one", "two")
    async with place.working() as worker:
        await place.until("failed", parent)
        place.clock.forward(hours=1)
        await worker.looked()
        await posts.retry(place.context, place.actor, parent)
        await place.published(parent, child)
    assert [(post.text, post.parent) for post in place.network.shown] == [("one", None), ("two", "c1")]


async def test_a_reply_that_failed_with_its_parent_is_retried_after_it(place: Place) -> None:
    place.network.next("POST /posts", answering(422))
    parent, child = await thread(place, "one", "two")
    async with place.working() as worker:
        await place.until("failed", parent)
        place.clock.forward(hours=GRACE, seconds=1)
        await place.until("failed", child)
        await posts.retry(place.context, place.actor, child)
        await worker.looked()
        await assert_waits(place, child)
        await posts.retry(place.context, place.actor, parent)
        await place.published(parent, child)
    assert [(post.text, post.parent) for post in place.network.shown] == [("one", None), ("two", "c1")]


async def test_canceling_a_parent_leaves_its_replies_waiting_and_they_say_so(place: Place) -> None:
    parent, middle, last = await thread(place, "one", "two", "three", publish_at=(place.clock() + HOUR).isoformat())
    await canceled(place, parent)
    async with place.working() as worker:
        place.clock.forward(hours=1)
        await worker.looked()
        await assert_waits(place, middle)
        await assert_waits(place, last)
        place.clock.forward(hours=GRACE)
        await place.until("failed", middle, last)
    for post_id in (middle, last):
        assert (await place.read(post_id))["errorCode"] == "parent_not_published"
        assert (await place.kinds(post_id))[-1] == "post.failed"
    assert place.network.seen == [
        call for call in place.network.seen if call.what not in ("POST /drafts", "POST /posts")
    ]


# --- a parent whose outcome a person told ------------------------------------------------------------------------------


async def unknown_parent(place: Place) -> list[str]:
    place.network.next("POST /posts", lost_before)
    ids = await thread(place, "one", "two", provider="mute")
    async with place.working() as worker:
        await place.until("failed", ids[0])
        await worker.looked()
    await assert_waits(place, ids[1])
    return ids


async def test_a_reply_answers_the_id_that_a_person_found(place: Place) -> None:
    parent, child = await unknown_parent(place)
    await posts.reconcile(place.context, place.actor, parent, outcome="published", provider_post_id="m77")
    async with place.working():
        await place.published(child)
    assert [(post.text, post.parent) for post in place.network.shown] == [("two", "m77")]


async def test_a_parent_is_not_said_to_be_there_without_its_id_while_a_reply_waits(place: Place) -> None:
    """Without it the reply would stand alone."""
    parent, child = await unknown_parent(place)
    with pytest.raises(AppError) as error:
        await posts.reconcile(place.context, place.actor, parent, outcome="published")
    assert (error.value.code, error.value.status) == ("provider_post_id_required", 422)
    async with place.working() as worker:
        await worker.looked()
    assert place.network.shown == []
    await canceled(place, child)
    found = await posts.reconcile(place.context, place.actor, parent, outcome="published")
    assert (found["status"], found["providerPostId"]) == ("published", None)
