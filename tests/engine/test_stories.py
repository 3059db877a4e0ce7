"""The story of a post as it is told to people, and what is never told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from backend import analytics, posts, stories, users
from backend.errors import AppError
from backend.models import Event, MetricSnapshot
from providers.contract import Kind

from .problems import saying
from .scripted import NOON, Place, answering, lost_after, lost_before

TOMORROW = (NOON + timedelta(days=1)).isoformat()


async def tell(place: Place, post_id: str) -> list[dict[str, Any]]:
    return await place.context.db.read(stories.tell, place.actor, post_id, now=place.clock())


async def kinds(place: Place, post_id: str) -> list[str]:
    return [
        f"{entry['kind']}:{entry['step']}" if "step" in entry else entry["kind"] for entry in await tell(place, post_id)
    ]


async def test_a_post_that_waits_has_only_been_made(place: Place) -> None:
    (handle,) = await place.connect()
    id = await place.post(handle, "Hello", publish_at=TOMORROW)
    assert await kinds(place, id) == ["post.made"]


async def test_the_way_of_a_post_is_told_from_its_making_to_its_figures(place: Place) -> None:
    (handle,) = await place.connect()
    id = await place.post(handle, "Hello")
    place.clock.forward(seconds=90)
    async with place.working():
        await place.published(id)
    place.clock.forward(hours=1)
    for views in (1.0, 7.0):
        place.clock.forward(hours=1)
        await place.context.db.write(lambda session, views=views: session.add(figures(place, id, views)))
    told = await tell(place, id)
    assert await kinds(place, id) == [
        "post.made", "post.due", "attempt.started", "step:draft", "step:create", "post.published", "figures.read", "figures.read",
    ]  # fmt: skip
    assert told[2]["latenessSeconds"] == 90
    assert [(step["effect"], step["answered"]) for step in told[3:5]] == [("repeatable", True), ("once", True)]
    assert [entry["metrics"] for entry in told[6:]] == [{"views": 1.0}, {"views": 7.0}]


def figures(place: Place, post_id: str, views: float) -> MetricSnapshot:
    return MetricSnapshot(
        id=f"metric_{views}",
        workspace_id=place.actor.workspace_id,
        subject_id=post_id,
        metric_window=analytics.LIFETIME,
        status=analytics.Told.COLLECTED,
        supported=True,
        metrics={"views": views},
        collected_at=place.clock(),
    )


async def test_a_refusal_says_what_the_network_said_and_who_sent_it_again(place: Place) -> None:
    alice = await place.context.db.write(
        users.create, email="alice@example.com", password=None, workspace_id=place.actor.workspace_id, name="Alice", now=NOON
    )  # fmt: skip
    place.actor = replace(place.actor, label=f"user:{alice.id}", user_id=alice.id)
    (handle,) = await place.connect()
    id = await place.post(handle, "Hello")
    place.network.next("POST /posts", saying(Kind.INVALID_CONTENT, code="too_rude"))
    async with place.working():
        await place.until("failed", id)
        place.clock.forward(minutes=5)
        await posts.retry(place.context, place.actor, id)
        await place.published(id)
    told = await tell(place, id)
    failed = next(entry for entry in told if entry["kind"] == "post.failed")
    assert (failed["message"], failed["code"], failed["by"]) == ("The network gave its reason.", "too_rude", None)
    retried = next(entry for entry in told if entry["kind"] == "post.retried")
    assert retried["by"] == "Alice"
    assert told[0]["by"] == "Alice"
    assert [entry["attemptNo"] for entry in told if entry["kind"] == "attempt.started"] == [1, 2]


async def test_a_call_without_an_answer_is_told_as_one(place: Place) -> None:
    (handle,) = await place.connect("mute")
    id = await place.post(handle, "Hello")
    place.network.next("POST /posts", lost_after)
    async with place.working():
        await place.until("failed", id)
    told = await tell(place, id)
    assert [(entry["step"], entry["answered"]) for entry in told if entry["kind"] == "step"] == [("draft", True), ("create", False)]  # fmt: skip
    assert told[-1]["kind"] == "post.unknown"
    assert "cannot be asked" in told[-1]["message"]


async def test_a_doubt_says_why_while_the_network_is_asked(place: Place) -> None:
    (handle,) = await place.connect()
    id = await place.post(handle, "Hello")
    place.network.next("POST /posts", lost_before)
    async with place.working():
        await place.doubted(id)
    (doubt,) = [entry for entry in await tell(place, id) if entry["kind"] == "post.in_doubt"]
    assert doubt["message"] == "The answer did not arrive: connection closed."


async def test_nothing_of_what_a_network_answered_to_a_step_is_told(place: Place) -> None:
    """An answer may hold an address that lets anybody write to an upload, or a token."""
    (handle,) = await place.connect()
    id = await place.post(handle, "Hello")
    place.network.next("POST /drafts", answering(200, id="https://upload.example/?signature=S3CRET"))
    async with place.working():
        await place.published(id)
    assert place.network.calls("POST /posts")[0].values["draft"].endswith("S3CRET"), "the flow was given it"
    told = json.dumps(await tell(place, id))
    for secret in ("S3CRET", "signature", "access-1", "refresh-1"):
        assert secret not in told


async def test_of_an_event_only_known_words_are_told(place: Place) -> None:
    (handle,) = await place.connect()
    id = await place.post(handle, "Hello", publish_at=TOMORROW)
    data: Mapping[str, Any] = {"status": "scheduled", "token": "S3CRET", "email": "alice@example.com"}
    event = Event(
        workspace_id=place.actor.workspace_id, at=place.clock(), kind="post.edited", actor="key:key_1", subject_id=id, data=data
    )  # fmt: skip
    await place.context.db.write(lambda session: session.add(event))
    edited = (await tell(place, id))[-1]
    assert edited["raw"] == {"event": "post.edited", "actor": "key:key_1", "status": "scheduled"}
    assert (edited["by"], edited["message"]) == (None, None)


async def test_the_story_of_another_workspaces_post_is_not_there(place: Place) -> None:
    (handle,) = await place.connect()
    id = await place.post(handle, "Hello")
    place.actor = replace(place.actor, workspace_id="ws_bob")
    for service in (tell, thread):
        with pytest.raises(AppError) as refused:
            await service(place, id)
        assert refused.value.code == "post_not_found"


# --- threads ----------------------------------------------------------------------------------------------------------


async def thread(place: Place, post_id: str) -> list[tuple[str, int]]:
    found = await place.context.db.read(stories.thread, place.actor, post_id)
    return [(post["description"], post["depth"]) for post in found]


async def test_a_thread_is_the_same_from_each_of_its_posts(place: Place) -> None:
    (handle,) = await place.connect()
    steps = [
        {"id": "a", "description": "one"},
        {"id": "b", "description": "two", "interaction_type": "reply", "delay_minutes": 5},
        {"id": "c", "description": "three", "interaction_type": "reply", "delay_minutes": 5},
        {
            "id": "d",
            "description": "also two",
            "interaction_type": "reply",
            "reply_to_step_id": "a",
            "delay_minutes": 5,
        },
        {"id": "e", "description": "alone", "delay_minutes": 5},
    ]
    ids = await place.campaign(
        {"name": "Launch", "targets": [{"account": handle, "publish_at": TOMORROW, "steps": steps}]}
    )
    for id in ids[:4]:
        assert await thread(place, id) == [("one", 0), ("two", 1), ("three", 2), ("also two", 1)]
    assert await thread(place, ids[4]) == []


async def test_the_outlook_says_what_a_post_waits_for_and_what_its_network_lets_one_do(place: Place) -> None:
    (handle,) = await place.connect()
    steps = [{"description": "one"}, {"description": "two", "interaction_type": "reply", "delay_minutes": 5}]
    target = {"account": handle, "publish_at": TOMORROW, "steps": steps}
    first, reply = await place.campaign({"name": "Launch", "targets": [target]})
    outlook = await place.context.db.read(stories.outlook, place.actor, reply)
    assert (outlook["nextAction"], outlook["parentId"]) == ("wait_for_parent", first)
    assert (outlook["canBeAsked"], outlook["canDelete"], outlook["isOnItsWay"]) == (True, False, False)
    assert (await place.context.db.read(stories.outlook, place.actor, first))["nextAction"] == "publish"
