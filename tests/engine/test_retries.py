"""What is tried again, when, from where, and how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from backend import posts
from backend.http import NotSent
from backend.models import Post
from providers.contract import (
    Accepted,
    Call,
    Done,
    Effect,
    Flow,
    Job,
    Kind,
    Poll,
    Published,
    Request,
    Response,
    Verdict,
    Wait,
)

from .problems import OUTSPOKEN, body, saying
from .scripted import HOUR, Behaviour, Place, answering, only_known, until

NO_REASON = saying(Kind.UNKNOWN)
"""A no that may pass: tried again, a few times."""


async def row(place: Place, post_id: str) -> Post:
    return await place.context.db.read(lambda session: session.get_one(Post, post_id))


async def forward_to_next_try(place: Place, post_id: str) -> None:
    place.clock.at = (await row(place, post_id)).due_at


async def unreachable(do: Callable[[], Response]) -> Response:
    raise NotSent("connection refused")


def flow(
    *,
    draft: Mapping[str, Any] | None = None,
    made: Mapping[str, Any] | None = None,
    keep: timedelta | None = None,
    processed: bool = False,
    confirmed: bool = False,
) -> Callable[[Job], Flow[Published]]:
    """A draft and a ONCE, with waiting before or after it; ``draft`` and ``made`` are what a version of it says more."""

    def publish(job: Job) -> Flow[Published]:
        said = {"account": job.account.external_id, "text": job.text, "parent": None}
        drafting = Request("POST", "/drafts", json={**said, **job.constants, **(draft or {})})
        drafted = yield Call("draft", drafting, Effect.REPEATABLE, read=lambda answer: body(answer)["id"], keep=keep)
        if processed:
            yield Poll("processing", Request("GET", f"/drafts/{drafted}"), _readiness, until=job.started_at + HOUR)
        making = Request("POST", "/posts", json={**said, **(made or {})})
        id = yield Call("create", making, Effect.ONCE, read=lambda answer: body(answer)["id"])
        if confirmed:
            yield Accepted(id=id)
            yield Poll("confirmation", Request("GET", f"/posts/{id}"), _readiness, until=job.started_at + HOUR)
        return Published(id=id)

    return publish


def _readiness(answer: Response) -> Done | Wait:
    return Done(True) if body(answer)["ready"] else Wait(60)


# --- by kind --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["POST /drafts", "POST /posts"])
@pytest.mark.parametrize(
    "kind", [Kind.PERMISSION, Kind.INVALID_CONTENT, Kind.MEDIA_REJECTED, Kind.NOT_FOUND, Kind.DUPLICATE]
)
async def test_what_no_second_try_would_change_fails_at_once(place: Place, kind: Kind, call: str) -> None:
    (handle,) = await place.connect()
    place.network.next(call, saying(kind, code="their_reason"))
    post_id = await place.post(handle, "Hello")
    async with place.working() as worker:
        await place.until("failed", post_id)
        place.clock.forward(hours=1)
        await worker.looked()
    post = await place.read(post_id)
    assert (post["status"], post["errorCode"], post["error"]) == (
        "failed",
        "their_reason",
        "The network gave its reason.",
    )
    assert (len(place.network.calls(call)), post["attempts"], place.network.texts) == (1, 1, [])
    assert (await row(place, post_id)).intent is None


@pytest.mark.parametrize(
    ("call", "trouble"),
    [("POST /drafts", answering(503)), ("POST /drafts", unreachable), ("POST /posts", unreachable)],
)
async def test_a_network_that_is_down_before_the_once_uses_up_no_try(
    either: Place, call: str, trouble: Behaviour
) -> None:
    (handle,) = await either.connect()
    often = either.context.settings.max_tries + 3
    either.network.next(call, *[trouble] * often)
    post_id = await either.post(handle, "Hello")
    async with either.working():
        for number in range(1, often + 1):
            await until(lambda number=number: len(either.network.calls(call)) == number)
            await either.until("retry_pending", post_id)
            found = await row(either, post_id)
            assert (found.tries, found.intent, found.generation) == (0, None, 1)
            await forward_to_next_try(either, post_id)
        await either.published(post_id)
    assert (either.network.texts, (await either.read(post_id))["attempts"]) == (["Hello"], often + 1)


@pytest.mark.parametrize("trouble", [NO_REASON, saying(Kind.UNAVAILABLE)])
async def test_waits_double_with_jitter(place: Place, trouble: Behaviour) -> None:
    (handle,) = await place.connect()
    place.network.next("POST /drafts", *[trouble] * 4)
    post_id, waits = await place.post(handle, "Hello"), list[float]()
    async with place.working() as worker:
        for number in range(1, 5):
            await until(lambda number=number: worker.watched.done["_end"] == number)
            next_try = (await row(place, post_id)).due_at
            waits.append((next_try - place.clock()).total_seconds())
            place.clock.at = next_try - timedelta(seconds=0.1)
            await worker.looked()
            assert len(place.network.calls("POST /drafts")) == number, "tried before its time"
            place.clock.at = next_try
        await place.published(post_id)
    base = place.context.settings.retry_base_seconds
    for number, wait in enumerate(waits):
        assert 0.75 <= wait / (base * 2**number) <= 1.25, waits


async def test_many_posts_that_failed_together_do_not_come_back_together(place: Place) -> None:
    place.network.accounts = tuple(f"account-{number}" for number in range(8))
    handles = await place.connect()
    place.network.next("POST /drafts", *[NO_REASON] * 8)
    ids = await place.apply(*[{"account": handle, "description": "Hello"} for handle in handles])
    async with place.working():
        await place.until("retry_pending", *ids)
        times = {(await row(place, post_id)).due_at for post_id in ids}
    assert len(times) == 8


@pytest.mark.parametrize("call", ["POST /drafts", "POST /posts"])
async def test_other_troubles_end_after_so_many_tries(either: Place, call: str) -> None:
    (handle,) = await either.connect()
    often = either.context.settings.max_tries
    either.network.next(call, *[NO_REASON] * often)
    post_id = await either.post(handle, "Hello")
    async with either.working() as worker:
        for number in range(1, often):
            await until(lambda number=number: len(either.network.calls(call)) == number)
            await either.until("retry_pending", post_id)
            assert (await row(either, post_id)).tries == number
            await forward_to_next_try(either, post_id)
        await either.until("failed", post_id)
        either.clock.forward(hours=1)
        await worker.looked()
    assert (len(either.network.calls(call)), either.network.texts) == (often, [])
    assert (await either.read(post_id))["errorCode"] == "unknown"


# --- where it goes on -------------------------------------------------------------------------------------------------------


async def test_a_retry_keeps_its_generation_and_goes_on_after_what_is_recorded(either: Place) -> None:
    (handle,) = await either.connect()
    either.network.next("POST /posts", NO_REASON, NO_REASON)
    post_id = await either.post(handle, "Hello")
    for number in (1, 2):
        async with either.working() as worker:
            await until(lambda worker=worker: worker.watched.done["_end"] == 1)
            assert len(either.network.calls("POST /posts")) == number
        await forward_to_next_try(either, post_id)
    async with either.working():
        await either.published(post_id)
    assert len(either.network.calls("POST /drafts")) == 1, "the draft was there"
    assert [call.values["draft"] for call in either.network.calls("POST /posts")] == ["draft-1"] * 3
    assert ((await row(either, post_id)).generation, (await either.read(post_id))["attempts"]) == (1, 3)


async def test_a_recorded_answer_that_does_not_keep_is_asked_for_again(place: Place) -> None:
    (handle,) = await place.connect()
    place.network.next(
        "POST /posts", saying(Kind.RATE_LIMITED, retry_after=60), saying(Kind.RATE_LIMITED, retry_after=600)
    )
    with only_known(replace(OUTSPOKEN, publish=flow(keep=timedelta(minutes=5)))):
        post_id = await place.post(handle, "Hello")
        async with place.working():
            for drafts in (1, 1):
                await place.until("retry_pending", post_id)
                assert len(place.network.calls("POST /drafts")) == drafts
                posted = len(place.network.calls("POST /posts"))
                await forward_to_next_try(place, post_id)
                await until(lambda posted=posted: len(place.network.calls("POST /posts")) > posted)
            await place.published(post_id)
    assert len(place.network.calls("POST /drafts")) == 2
    assert (await row(place, post_id)).generation == 1


async def test_a_generation_ends_with_the_constants_it_began_with(place: Place) -> None:
    """A new version of the program speaks a newer API: what is on its way goes on as it began."""
    (handle,) = await place.connect()
    place.network.next("POST /posts", NO_REASON)
    with only_known(replace(OUTSPOKEN, publish=flow(), constants={"version": "1"})):
        post_id = await place.post(handle, "Hello")
        async with place.working():
            await place.until("retry_pending", post_id)
    with only_known(replace(OUTSPOKEN, publish=flow(), constants={"version": "2"})):
        await forward_to_next_try(place, post_id)
        async with place.working():
            await place.published(post_id)
            later = await place.post(handle, "Later")
            await place.published(later)
    assert [(call.values["text"], call.values["version"]) for call in place.network.calls("POST /drafts")] == [
        ("Hello", "1"),
        ("Later", "2"),
    ]


async def test_a_persons_retry_is_a_new_generation_from_the_beginning(either: Place) -> None:
    (handle,) = await either.connect()
    either.network.next("POST /posts", NO_REASON, saying(Kind.INVALID_CONTENT))
    post_id = await either.post(handle, "Hello")
    async with either.working():
        await either.until("retry_pending", post_id)
        await forward_to_next_try(either, post_id)
        await either.until("failed", post_id)
    either.clock.forward(hours=1)
    told = await posts.retry(either.context, either.actor, post_id)
    found = await row(either, post_id)
    assert (told["status"], found.generation, found.tries, found.due_at) == ("scheduled", 2, 0, either.clock())
    async with either.working():
        await either.published(post_id)
    assert len(either.network.calls("POST /drafts")) == 2
    post = await either.read(post_id)
    assert (post["attempts"], post["errorCode"], either.network.texts) == (3, None, ["Hello"])


# --- when the program changes underneath ------------------------------------------------------------------------------------


async def test_a_changed_program_starts_over_silently_before_the_once(either: Place) -> None:
    (handle,) = await either.connect()
    either.network.next("POST /posts", saying(Kind.RATE_LIMITED, retry_after=60))
    with only_known(replace(OUTSPOKEN, publish=flow())):
        post_id = await either.post(handle, "Hello")
        async with either.working():
            await either.until("retry_pending", post_id)
    with only_known(replace(OUTSPOKEN, publish=flow(draft={"language": "en"}))):
        either.clock.forward(seconds=66)
        async with either.working():
            await either.published(post_id)
    assert [call.values.get("language") for call in either.network.calls("POST /drafts")] == [None, "en"]
    assert ((await row(either, post_id)).generation, either.network.texts) == (2, ["Hello"])
    assert [kind for kind in await either.kinds(post_id) if kind.startswith("post.")] == [
        "post.retry",
        "post.published",
    ]


@pytest.mark.parametrize("changed", [{"draft": {"language": "en"}}, {"made": {"language": "en"}}])
async def test_a_changed_program_leaves_it_to_a_person_after_the_once(place: Place, changed: dict[str, Any]) -> None:
    (handle,) = await place.connect()
    place.network.next("GET /posts/c1", answering(200, ready=False), answering(200, ready=True))
    with only_known(replace(OUTSPOKEN, publish=flow(confirmed=True))):
        post_id = await place.post(handle, "Hello")
        async with place.working() as worker:
            await until(lambda: worker.watched.done["hand_back"] == 1)
    with only_known(replace(OUTSPOKEN, publish=flow(confirmed=True, **changed))):
        place.clock.forward(seconds=60)
        async with place.working() as worker:
            await place.until("failed", post_id)
            place.clock.forward(hours=1)
            await worker.looked()
    post = await place.read(post_id)
    assert (post["errorCode"], post["reconciliationStatus"]) == ("publish_outcome_unknown", "failed")
    assert (len(place.network.calls("POST /posts")), len(place.network.calls("POST /drafts"))) == (1, 1)


# --- what is stale ----------------------------------------------------------------------------------------------------------


async def test_what_has_become_stale_is_made_again_in_a_new_generation(either: Place) -> None:
    (handle,) = await either.connect()
    either.network.next("POST /posts", saying(Kind.UNKNOWN, verdict=Verdict.STALE))
    post_id = await either.post(handle, "Hello")
    async with either.working():
        await either.published(post_id)
    assert [call.values["draft"] for call in either.network.calls("POST /posts")] == ["draft-1", "draft-2"]
    assert ((await row(either, post_id)).generation, either.network.texts) == (2, ["Hello"])


async def test_what_is_always_stale_ends(place: Place) -> None:
    (handle,) = await place.connect()
    place.network.next("POST /posts", *[saying(Kind.UNKNOWN, verdict=Verdict.STALE)] * 50)
    post_id = await place.post(handle, "Hello")
    async with place.working():
        await place.until("failed", post_id)
    assert len(place.network.calls("POST /posts")) < 50
    assert place.network.texts == []


async def test_processing_that_never_ends_is_begun_anew(place: Place) -> None:
    (handle,) = await place.connect()
    place.network.next("GET /drafts/draft-1", *[answering(200, ready=False)] * 2)
    place.network.next("GET /drafts/draft-2", answering(200, ready=True))
    with only_known(replace(OUTSPOKEN, publish=flow(processed=True))):
        post_id = await place.post(handle, "Hello")
        async with place.working() as worker:
            await until(lambda: worker.watched.done["hand_back"] == 1)
            place.clock.forward(hours=1)
            await place.published(post_id)
    assert (len(place.network.calls("POST /drafts")), place.network.texts) == (2, ["Hello"])
    assert (await row(place, post_id)).generation == 2
