"""A ONCE whose outcome nobody knows: who is asked, when, and what is never done on a guess."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta

import pytest

from backend import posts
from backend.errors import AppError

from .scripted import MUTE, NOON, Behaviour, Gate, Place, Working, answering, lost_after, lost_before, only_known

SETTLE = (5, 15, 40)
SAID_NOTHING = answering(200, posts=[])


async def in_doubt(place: Place, text: str = "Hello", provider: str = "chirper") -> str:
    """The id of a post whose ONCE was answered by silence; a publisher has to run."""
    (handle,) = await place.connect(provider)
    post_id = await place.post(handle, text)
    if provider == "chirper":
        await place.doubted(post_id)
    else:
        await place.until("failed", post_id)
    return post_id


async def ask_until_the_last(place: Place, worker: Working, post_id: str) -> None:
    """Forward to each of the times in turn, and not a moment further."""
    began = place.clock()
    for number, seconds in enumerate(SETTLE, start=len(place.network.calls("GET /posts")) + 1):
        place.clock.at = began + timedelta(seconds=seconds) - timedelta(milliseconds=1)
        await worker.idle()
        assert len(place.network.calls("GET /posts")) == number - 1, f"asked before {seconds} s had passed"
        place.clock.at = began + timedelta(seconds=seconds)
        await worker.idle()
        assert len(place.network.calls("GET /posts")) == number
        if seconds != SETTLE[-1]:
            post = await place.read(post_id)
            assert (post["status"], post["reconciliationStatus"]) == ("publishing", "pending")


# --- a network that can be asked ---------------------------------------------------------------------------------------


async def test_absent_counts_at_the_last_ask_and_the_flow_goes_on_at_its_once(place: Place) -> None:
    place.network.next("POST /posts", lost_before)
    async with place.working() as worker:
        post_id = await in_doubt(place)
        asked_from = place.clock()
        await ask_until_the_last(place, worker, post_id)
        await place.published(post_id)
    assert [seen.at - asked_from for seen in place.network.calls("GET /posts")] == [
        timedelta(seconds=seconds) for seconds in SETTLE
    ]
    assert len(place.network.calls("POST /drafts")) == 1, "the step before the ONCE was recorded"
    first, second = place.network.calls("POST /posts")
    assert first.values == second.values
    assert place.network.texts == ["Hello"]
    post = await place.read(post_id)
    assert (post["attempts"], post["reconciliationStatus"], post["error"]) == (1, "confirmed", None)


@pytest.mark.parametrize("asks", [1, 2, 3])
async def test_found_counts_at_once_at_whichever_ask(place: Place, asks: int) -> None:
    """Some servers store a post only after the one who sent it has given up."""
    place.network.next("POST /posts", lost_after)
    place.network.next("GET /posts", *[SAID_NOTHING] * (asks - 1))
    async with place.working() as worker:
        post_id = await in_doubt(place)
        began = place.clock()
        for seconds in SETTLE[:asks]:
            place.clock.at = began + timedelta(seconds=seconds)
            await worker.idle()
        await place.published(post_id)
    assert len(place.network.calls("GET /posts")) == asks
    assert len(place.network.calls("POST /posts")) == 1
    post = await place.read(post_id)
    assert (post["providerPostId"], post["reconciliationStatus"], post["errorCode"]) == ("c1", "confirmed", None)


@pytest.mark.parametrize("status", [500, 503, 302])
async def test_an_answer_that_says_nothing_about_the_post_is_a_doubt_too(place: Place, status: int) -> None:
    place.network.next("POST /posts", answering(status))
    async with place.working():
        post_id = await in_doubt(place)
        post = await place.read(post_id)
        assert (post["status"], post["errorCode"]) == ("publishing", "publish_outcome_unknown")
        assert (await place.job(post_id))["nextAction"] == "wait"
    assert len(place.network.calls("POST /posts")) == 1


async def test_an_answer_without_an_id_is_a_doubt_too(place: Place) -> None:
    place.network.next("POST /posts", answering(200, ok=True))
    async with place.working():
        await in_doubt(place)
    assert len(place.network.calls("POST /posts")) == 1


async def test_asking_that_fails_is_no_answer_and_is_repeated(place: Place) -> None:
    place.network.next("POST /posts", lost_after)
    place.network.next("GET /posts", *[answering(503)] * 4)
    async with place.working() as worker:
        post_id = await in_doubt(place)
        for _ in range(4):
            place.clock.forward(seconds=31)
            await worker.idle()
            assert (await place.read(post_id))["reconciliationStatus"] == "pending"
        place.clock.forward(seconds=31)
        await place.published(post_id)
    assert len(place.network.calls("POST /posts")) == 1


async def test_a_doubt_that_nobody_could_clear_up_in_a_day_is_left_to_a_person(place: Place) -> None:
    place.network.next("POST /posts", lost_before)
    place.network.next("GET /posts", *[answering(503)] * 100)
    async with place.working() as worker:
        post_id = await in_doubt(place)
        place.clock.forward(hours=23)
        await worker.idle()
        await worker.looked()
        assert await place.status(post_id) == "publishing", "followed far beyond the time a post may be late"
        place.clock.forward(hours=2)
        await place.until("failed", post_id)
    post = await place.read(post_id)
    assert (post["errorCode"], post["reconciliationStatus"]) == ("publish_outcome_unknown", "failed")
    assert len(place.network.calls("POST /posts")) == 1


async def test_an_unclear_answer_is_left_to_a_person(place: Place) -> None:
    place.network.next("POST /posts", lost_before)
    place.network.next("GET /posts", *[answering(200, unclear="The list was too long.")] * 3)
    async with place.working() as worker:
        post_id = await in_doubt(place)
        await ask_until_the_last(place, worker, post_id)
        await place.until("failed", post_id)
        await worker.idle()
    post = await place.read(post_id)
    assert (post["errorCode"], post["reconciliationStatus"]) == ("publish_outcome_unknown", "failed")
    assert post["error"] == "The list was too long."
    assert len(place.network.calls("POST /posts")) == 1


async def test_a_post_that_never_appears_is_not_sent_for_ever(place: Place) -> None:
    tries = place.context.settings.max_tries
    place.network.next("POST /posts", *[lost_before] * tries)
    async with place.working():
        post_id = await in_doubt(place)
        for number in range(1, tries + 1):
            await place.doubted(post_id)
            assert len(place.network.calls("POST /posts")) == number
            place.clock.forward(seconds=41)
            if number < tries:
                await place.sent(number + 1)
        await place.until("failed", post_id)
    assert (await place.read(post_id))["errorCode"] == "publish_absent"


async def test_a_second_doubt_is_asked_about_as_long_as_the_first(place: Place) -> None:
    """The worker died, and the network is slow: one early no must not make it be sent a third time."""
    on_its_way = Gate()
    place.network.next("POST /posts", lost_before, on_its_way)
    async with place.working() as worker:
        post_id = await in_doubt(place)
        place.clock.forward(seconds=41)
        await on_its_way.arrived()
        await worker.kill()
    place.network.next("GET /posts", SAID_NOTHING, SAID_NOTHING)
    place.network.answer("POST /posts", {"account": "one", "text": "Hello", "parent": None}, "access-1")
    place.clock.forward(seconds=1)
    async with place.working() as worker:
        await worker.idle()
        place.clock.forward(seconds=41)
        await place.published(post_id)
    assert len(place.network.calls("POST /posts")) == 2
    assert place.network.texts == ["Hello"]


# --- two equal posts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first_is_there", [True, False])
async def test_of_two_equal_posts_the_second_waits_for_the_doubt_about_the_first(
    place: Place, first_is_there: bool
) -> None:
    place.network.next("POST /posts", lost_after if first_is_there else lost_before)
    async with place.working() as worker:
        first = await in_doubt(place)
        second = await place.post("chirper:one", "Hello")
        other = await place.post("chirper:one", "Something else")
        await place.published(other)
        await worker.idle()
        assert await place.status(second) == "scheduled"
        place.clock.forward(seconds=41)
        await place.published(first, second)
    ids = [(await place.read(post_id))["providerPostId"] for post_id in (first, second)]
    shown = [post.id for post in place.network.shown if post.text == "Hello"]
    assert ids == shown, "each has one of its own"
    assert len(set(ids)) == 2


async def test_a_post_never_adopts_the_id_of_an_equal_one_that_is_out(place: Place) -> None:
    (handle,) = await place.connect()
    async with place.working():
        first = await place.post(handle, "Hello")
        await place.published(first)
        place.network.next("POST /posts", lost_before)
        second = await place.post(handle, "Hello")
        await place.doubted(second)
        place.clock.forward(seconds=41)
        await place.published(second)
    assert [(await place.read(post_id))["providerPostId"] for post_id in (first, second)] == ["c1", "c2"]


# --- a network that cannot be asked ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [lost_after, lost_before])
async def test_where_nobody_can_be_asked_it_is_never_sent_again_by_itself(place: Place, what: Behaviour) -> None:
    place.network.next("POST /posts", what)
    async with place.working() as worker:
        post_id = await in_doubt(place, provider="mute")
        for _ in range(3):
            place.clock.forward(hours=2)
            await worker.idle()
    post = await place.read(post_id)
    assert (post["status"], post["errorCode"]) == ("failed", "publish_outcome_unknown")
    assert post["reconciliationStatus"] == "unsupported"
    assert "Mute cannot be asked" in post["error"]
    assert len(place.network.calls("POST /posts")) == 1


async def test_after_a_crash_between_intent_and_answer_it_is_not_sent_again(place: Place) -> None:
    gate = Gate()
    place.network.next("POST /posts", gate)
    (handle,) = await place.connect("mute")
    async with place.working() as worker:
        post_id = await place.post(handle, "Hello")
        await gate.arrived()
        await worker.kill()
    place.clock.forward(seconds=1)
    async with place.working():
        await place.until("failed", post_id)
    assert (await place.read(post_id))["errorCode"] == "publish_outcome_unknown"
    assert len(place.network.calls("POST /posts")) == 1


# --- what a person does ------------------------------------------------------------------------------------------------


async def unknown(place: Place, provider: str = "mute") -> str:
    """The id of a post whose doubt was left to a person; nobody publishes any more."""
    place.network.next("POST /posts", lost_before)
    place.network.next("GET /posts", *[answering(200, unclear="Who knows.")] * 3)
    async with place.working():
        post_id = await in_doubt(place, provider=provider)
        place.clock.forward(seconds=41)
        await place.until("failed", post_id)
    return post_id


async def refused(asked: Awaitable[object]) -> AppError:
    with pytest.raises(AppError) as error:
        await asked
    return error.value


async def test_it_is_there_ends_the_doubt(place: Place) -> None:
    post_id = await unknown(place)
    found = await posts.reconcile(place.context, place.actor, post_id, outcome="published", provider_post_id="m77")
    assert (found["status"], found["providerPostId"], found["errorCode"]) == ("published", "m77", None)
    assert (found["reconciliationStatus"], found["error"]) == ("confirmed", None)
    assert (await place.told(post_id))[-1]["actor"] == "user:alice"
    again = await refused(posts.reconcile(place.context, place.actor, post_id, outcome="absent"))
    assert again.code == "post_not_in_doubt"


@pytest.mark.parametrize("pasted", ["c77", "https://chirper.example/posts/c77"])
async def test_it_is_there_takes_what_a_person_copied_from_the_network(place: Place, pasted: str) -> None:
    with only_known(replace(MUTE, post_url=lambda id, account: f"https://chirper.example/posts/{id}")):
        place.network.next("POST /posts", lost_before)
        async with place.working():
            post_id = await in_doubt(place, provider="mute")
        await posts.reconcile(place.context, place.actor, post_id, outcome="published", pasted=pasted)
    post = await place.read(post_id)
    assert (post["status"], post["providerPostId"]) == ("published", "c77")
    assert post["providerUrl"] == "https://chirper.example/posts/c77"


async def test_an_address_that_tells_no_id_is_kept_unless_a_reply_needs_the_id(place: Place) -> None:
    place.network.next("POST /posts", lost_before)
    async with place.working():
        (handle,) = await place.connect("mute")
        steps = [{"description": "one"}, {"description": "two", "interaction_type": "reply", "delay_minutes": 5}]
        first, reply = await place.campaign({"name": "Launch", "targets": [{"account": handle, "publish_at": NOON.isoformat(), "steps": steps}]})  # fmt: skip
        await place.until("failed", first)
    pasted = "https://chirper.example/the-one-about-tea"
    with pytest.raises(AppError) as refused:
        await posts.reconcile(place.context, place.actor, first, outcome="published", pasted=pasted)
    assert refused.value.code == "provider_post_id_required"
    await place.context.db.write(posts.cancel, place.actor, reply, now=place.clock())
    await posts.reconcile(place.context, place.actor, first, outcome="published", pasted=pasted)
    post = await place.read(first)
    assert (post["status"], post["providerPostId"], post["providerUrl"]) == ("published", None, pasted)


async def test_the_address_of_another_post_is_not_taken_for_this_one(place: Place) -> None:
    async with place.working():
        (handle,) = await place.connect("mute")
        out = await place.post(handle, "First")
        await place.published(out)
        place.network.next("POST /posts", lost_before)
        lost = await place.post(handle, "Second")
        await place.until("failed", lost)
    with pytest.raises(AppError) as refused:
        await posts.reconcile(place.context, place.actor, lost, outcome="published", provider_post_id="c1")
    assert refused.value.code == "provider_post_id_taken"
    assert await place.status(lost) == "failed"


async def test_it_is_not_there_makes_it_a_failure_that_can_be_retried(place: Place) -> None:
    post_id = await unknown(place)
    found = await posts.reconcile(place.context, place.actor, post_id, outcome="absent")
    assert (found["status"], found["errorCode"]) == ("failed", "publish_absent")
    assert (await place.told(post_id))[-1] | {"at": ""} == {
        "at": "",
        "kind": "post.reconciled",
        "actor": "user:alice",
        "status": "failed",
        "outcome": "absent",
        "providerPostId": None,
    }
    assert (await posts.retry(place.context, place.actor, post_id))["status"] == "scheduled"
    async with place.working():
        await place.published(post_id)
    assert place.network.texts == ["Hello"]


async def test_retry_is_refused_while_it_cannot_be_told_unless_it_is_sent_again_knowingly(place: Place) -> None:
    post_id = await unknown(place)
    error = await refused(posts.retry(place.context, place.actor, post_id))
    assert (error.code, error.status) == ("publish_outcome_unknown", 409)
    assert await place.status(post_id) == "failed"
    assert (await posts.retry(place.context, place.actor, post_id, send_again=True))["status"] == "scheduled"
    async with place.working():
        await place.published(post_id)
    assert place.network.texts == ["Hello"]
    assert (await place.read(post_id))["attempts"] == 2


async def test_an_outcome_is_one_of_two_words(place: Place) -> None:
    post_id = await unknown(place)
    error = await refused(posts.reconcile(place.context, place.actor, post_id, outcome="maybe"))
    assert (error.code, error.status) == ("reconcile_outcome_invalid", 422)


@pytest.mark.parametrize("there", [True, False])
async def test_retry_asks_the_network_first_where_it_can_be_asked(place: Place, there: bool) -> None:
    post_id = await unknown(place, "chirper")
    if there:
        place.network.answer("POST /posts", {"account": "one", "text": "Hello", "parent": None}, "access-1")
    found = await posts.retry(place.context, place.actor, post_id)
    assert found["status"] == ("published" if there else "scheduled")
    async with place.working():
        await place.published(post_id)
    assert (await place.read(post_id))["providerPostId"] == "c1"
    assert place.network.texts == ["Hello"]


async def test_retry_is_refused_when_the_network_still_gives_an_unclear_answer(place: Place) -> None:
    post_id = await unknown(place, "chirper")
    place.network.next("GET /posts", answering(200, unclear="Who knows."))
    error = await refused(posts.retry(place.context, place.actor, post_id))
    assert (error.code, error.status) == ("publish_outcome_unknown", 409)
    assert len(place.network.calls("POST /posts")) == 1


async def test_reconcile_without_a_word_asks_the_network(place: Place) -> None:
    post_id = await unknown(place, "chirper")
    place.network.answer("POST /posts", {"account": "one", "text": "Hello", "parent": None}, "access-1")
    found = await posts.reconcile(place.context, place.actor, post_id)
    assert (found["status"], found["providerPostId"], found["reconciliationStatus"]) == ("published", "c1", "confirmed")


async def test_reconcile_without_a_word_says_that_a_mute_network_cannot_be_asked(place: Place) -> None:
    post_id = await unknown(place)
    found = await posts.reconcile(place.context, place.actor, post_id)
    assert (found["status"], found["reconciliationStatus"]) == ("failed", "unsupported")
