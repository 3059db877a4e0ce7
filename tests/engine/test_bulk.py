"""One act on many posts: what is said before, what is done, and what is said about each afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from backend import bulk, posts, workspaces
from backend.access import Actor, Role
from backend.bulk import Act, Foresight, Outcome, Shift
from backend.models import Account, Post
from providers.contract import Call, Effect, Flow, Kind, PublishedPost, Request

from .problems import OUTSPOKEN, OUTSPOKEN_MUTE, saying
from .scripted import NOON, Place, answering, lost_after, lost_before, only_known

DAY = timedelta(days=1)


def delete(post: PublishedPost) -> Flow[None]:
    request = Request("DELETE", "/posts", params={"id": post.id})
    yield Call("delete", request, Effect.REPEATABLE, read=lambda answer: None)


@pytest.fixture(autouse=True)
def deletable(place: Place) -> Iterator[None]:
    """Chirper lets programs delete, Mute does not."""
    with only_known(replace(OUTSPOKEN, delete=delete), OUTSPOKEN_MUTE):
        yield


async def foresee(place: Place, act: Act, ids: Sequence[str], **options: Any) -> Foresight:
    return await place.context.db.read(bulk.foresee, place.actor, act, ids, now=place.clock(), **options)


def reached(foresight: Foresight) -> list[str]:
    return [post["id"] for post in foresight.will]


def codes(outcomes: Sequence[Outcome]) -> list[str | None]:
    return [outcome.code for outcome in outcomes]


async def scheduled(place: Place, handle: str, *texts: str) -> list[str]:
    later = [(NOON + DAY + timedelta(hours=hour)).isoformat() for hour in range(len(texts))]
    entries = [
        {"account": handle, "description": text, "publish_at": at} for text, at in zip(texts, later, strict=True)
    ]
    return await place.apply(*entries)


async def set_values(place: Place, post_id: str, **values: Any) -> None:
    await place.context.db.write(lambda session: session.execute(update(Post).where(Post.id == post_id).values(values)))


# --- cancel -----------------------------------------------------------------------------------------------------------


async def test_canceling_reaches_what_is_not_out_and_says_what_it_leaves(place: Place) -> None:
    (handle,) = await place.connect()
    ids = await scheduled(place, handle, "a", "b", "c", "d")
    await set_values(place, ids[1], status="published", published_at=NOON, provider_post_id="c1")
    await set_values(place, ids[2], status="retry_pending", intent="create")
    foresight = await foresee(place, Act.CANCEL, ids)
    assert (reached(foresight), foresight.wont) == ([ids[0], ids[3]], {"published": 1, "on_its_way": 1})
    said: list[Outcome] = []
    outcomes = await bulk.cancel(place.context, place.actor, ids, told=said.append)
    assert said == outcomes
    assert codes(outcomes) == [None, "post_not_cancelable", "post_not_cancelable", None]
    assert [await place.status(id) for id in ids] == ["canceled", "published", "retry_pending", "canceled"]


async def test_replies_that_would_lose_their_parent_are_counted_before_it_is_canceled(place: Place) -> None:
    (handle,) = await place.connect()
    steps = [{"description": "one"}, {"description": "two", "interaction_type": "reply", "delay_minutes": 5}]
    target = {"account": handle, "publish_at": (NOON + DAY).isoformat(), "steps": steps}
    made = await place.campaign({"name": "Launch", "targets": [target]})
    assert (await foresee(place, Act.CANCEL, made[:1])).orphaned == 1
    assert (await foresee(place, Act.CANCEL, made)).orphaned == 0


async def test_posts_of_another_workspace_are_neither_foreseen_nor_touched(place: Place) -> None:
    (handle,) = await place.connect()
    (id,) = await scheduled(place, handle, "a")
    row = await place.context.db.write(workspaces.create, name="Bob", now=NOON)
    bob = Actor(workspace_id=row.id, label="user:bob", role=Role.OWNER)
    assert await place.context.db.read(bulk.foresee, bob, Act.CANCEL, [id], now=NOON) == Foresight(will=(), wont={})
    for outcomes in (
        await bulk.cancel(place.context, bob, [id]),
        await bulk.retry(place.context, bob, [id]),
        await bulk.delete(place.context, bob, [id]),
        await bulk.reschedule(place.context, bob, {id: 1}, shift=Shift(days=1)),
    ):
        assert codes(outcomes) == ["post_not_found"]
    assert await place.status(id) == "scheduled"


async def test_who_may_only_look_changes_nothing(place: Place) -> None:
    (handle,) = await place.connect()
    (id,) = await scheduled(place, handle, "a")
    viewer = replace(place.actor, role=Role.VIEWER)
    for outcomes in (
        await bulk.cancel(place.context, viewer, [id]),
        await bulk.retry(place.context, viewer, [id]),
        await bulk.delete(place.context, viewer, [id]),
        await bulk.reschedule(place.context, viewer, {id: 1}, shift=Shift(days=1)),
    ):
        assert codes(outcomes) == ["forbidden"]
    assert await place.status(id) == "scheduled"


# --- another time -----------------------------------------------------------------------------------------------------


async def test_all_get_another_time_and_those_that_changed_meanwhile_keep_theirs(place: Place) -> None:
    (handle,) = await place.connect()
    ids = await scheduled(place, handle, "a", "b", "c")
    shift = Shift(days=-1, minutes=30)
    foresight = await foresee(place, Act.RESCHEDULE, ids, shift=shift)
    assert [post["newPublishAtUtc"][11:16] for post in foresight.will] == ["12:30", "13:30", "14:30"]
    assert foresight.at_once == 0
    faster = {"publish_at": NOON + 3 * DAY, "timezone": None, "revision": None, "now": NOON}
    await place.context.db.write(posts.reschedule, place.actor, ids[1], **faster)
    revisions = {post["id"]: post["revision"] for post in foresight.will}
    outcomes = await bulk.reschedule(place.context, place.actor, revisions, shift=shift)
    assert codes(outcomes) == [None, "post_changed", None]
    times = [(await place.read(id))["publishAtUtc"][:16] for id in ids]
    assert times == ["2026-11-23T12:30", "2026-11-26T12:00", "2026-11-23T14:30"]


async def test_posts_whose_new_time_is_over_are_counted_before(place: Place) -> None:
    (handle,) = await place.connect()
    ids = await scheduled(place, handle, "a", "b")
    (draft,) = await place.apply({"account": handle, "description": "c"}, mode="draft")
    foresight = await foresee(place, Act.RESCHEDULE, [*ids, draft], shift=Shift(days=-1))
    assert (len(foresight.will), foresight.at_once) == (3, 1)


async def test_a_time_beyond_all_calendars_is_left_alone(place: Place) -> None:
    (handle,) = await place.connect()
    (id,) = await scheduled(place, handle, "a")
    shift = Shift(days=9_000_000)
    assert (await foresee(place, Act.RESCHEDULE, [id], shift=shift)).wont == {"out_of_reach": 1}
    assert codes(await bulk.reschedule(place.context, place.actor, {id: 1}, shift=shift)) == ["publish_at_invalid"]


# --- retry ------------------------------------------------------------------------------------------------------------


async def test_failed_posts_are_sent_again_and_doubtful_ones_only_when_they_are_absent(place: Place) -> None:
    """Of the doubtful ones one is there, one is not, and one is of a network that cannot be asked."""
    (chirper,) = await place.connect()
    (mute,) = await place.connect("mute")
    ids = await place.apply(
        {"account": chirper, "description": "refused"},
        {"account": chirper, "description": "is there"},
        {"account": chirper, "description": "is not there"},
        {"account": mute, "description": "who knows"},
        {"account": chirper, "description": "tomorrow", "publish_at": (NOON + DAY).isoformat()},
    )
    for id in ids[:4]:
        await set_values(place, id, due_at=NOON + DAY)
    for id, behaviour in zip(ids, (saying(Kind.INVALID_CONTENT), lost_after, lost_before, lost_before), strict=False):
        place.network.next("POST /posts", behaviour)
        async with place.working() as worker:
            await set_values(place, id, due_at=NOON)
            await worker.idle()
    lost = {"status": "failed", "error_code": "publish_outcome_unknown", "due_at": NOON}
    for id in ids[1:3]:
        await set_values(place, id, **lost)
    foresight = await foresee(place, Act.RETRY, ids)
    assert (reached(foresight), foresight.doubtful, foresight.wont) == (ids[:4], 3, {"scheduled": 1})
    outcomes = await bulk.retry(place.context, place.actor, ids)
    assert codes(outcomes) == [None, None, None, "publish_outcome_unknown", "post_not_retryable"]
    assert [await place.status(id) for id in ids] == ["scheduled", "published", "scheduled", "failed", "scheduled"]
    async with place.working():
        await place.published(ids[0], ids[2])
    assert sorted(place.network.texts) == ["is not there", "is there", "refused"]


async def test_posts_of_an_account_without_a_login_are_counted_before_they_are_retried(place: Place) -> None:
    (handle,) = await place.connect()
    (id,) = await scheduled(place, handle, "a")
    await set_values(place, id, status="failed", error_code="refused")
    assert (await foresee(place, Act.RETRY, [id])).held == 0
    await place.context.db.write(lambda session: session.execute(update(Account).values(status="needs_reconnect")))
    assert (await foresee(place, Act.RETRY, [id])).held == 1


# --- delete -----------------------------------------------------------------------------------------------------------


async def out(place: Place, handle: str, count: int) -> list[str]:
    ids = await place.apply(*({"account": handle, "description": f"post {number}"} for number in range(count)))
    async with place.working():
        await place.published(*ids)
    return ids


async def test_what_is_out_is_deleted_where_the_network_lets_programs_do_it(place: Place) -> None:
    (chirper,) = await place.connect()
    (mute,) = await place.connect("mute")
    ids = [*await out(place, chirper, 2), *await out(place, mute, 1)]
    await set_values(place, ids[1], provider_post_id=None)
    foresight = await foresee(place, Act.DELETE, ids)
    assert (reached(foresight), foresight.wont) == (ids[:1], {"id_unknown": 1, "delete_unsupported": 1})
    place.network.next("DELETE /posts", answering(200))
    outcomes = await bulk.delete(place.context, place.actor, ids)
    assert codes(outcomes) == [None, "post_not_published", "provider_delete_unsupported"]
    assert outcomes[0].post is not None
    assert outcomes[0].post["deletedAt"] is not None
    assert [call.values["id"] for call in place.network.calls("DELETE /posts")] == ["c1"]


async def test_a_post_that_the_network_keeps_does_not_stop_the_others(place: Place) -> None:
    (handle,) = await place.connect()
    ids = await out(place, handle, 3)
    place.network.next("DELETE /posts", answering(200), saying(Kind.PERMISSION), answering(200))
    outcomes = await bulk.delete(place.context, place.actor, ids)
    assert codes(outcomes) == [None, "permission", None]
    assert outcomes[1].message == "Chirper: The network gave its reason."


async def test_a_network_that_asks_to_be_left_alone_is_not_asked_for_the_rest_of_the_account(place: Place) -> None:
    place.network.accounts = ("one", "two")
    one, two = await place.connect()
    ids = [*await out(place, one, 3), *await out(place, two, 1)]
    place.network.next("DELETE /posts", saying(Kind.RATE_LIMITED, retry_after=60))
    place.network.next("DELETE /posts", answering(200))
    said: list[str] = []
    outcomes = await bulk.delete(place.context, place.actor, ids, told=lambda outcome: said.append(outcome.post_id))
    assert codes(outcomes) == ["rate_limited", "not_tried", "not_tried", None]
    assert len(place.network.calls("DELETE /posts")) == 2
    assert sorted(said) == sorted(ids)


async def test_something_unexpected_with_one_post_leaves_the_others_alone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    (handle,) = await place.connect()
    ids = await out(place, handle, 2)
    place.network.next("DELETE /posts", answering(200))
    with breaking_at(ids[0], monkeypatch):
        outcomes = await bulk.delete(place.context, place.actor, ids)
    assert codes(outcomes) == ["internal_error", None]


@contextmanager
def breaking_at(id: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The network's own code meets a post that nobody thought of."""

    def broken(post: PublishedPost) -> Flow[None]:
        if post.id == "c1":
            raise RuntimeError(id)
        return delete(post)

    with only_known(replace(OUTSPOKEN, delete=broken)):
        yield
