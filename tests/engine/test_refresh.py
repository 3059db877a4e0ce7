"""A token that rotates is renewed once, whoever needs it; and a no to an old token never ends a newer login."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from backend import credentials

from .scripted import HOUR, NOON, Gate, Place, answering


async def test_eight_workers_renew_one_expired_token_once_and_all_posts_go_out(either: Place) -> None:
    either.network.accounts = tuple(f"account-{number}" for number in range(8))
    handles = await either.connect()
    either.clock.forward(hours=3)
    texts = [f"{turn} of {handle}" for turn in ("first", "second") for handle in handles]
    ids = [await either.post(handle, text) for handle, text in zip(handles * 2, texts, strict=True)]
    first = Gate()
    either.network.next("POST /token", first)
    async with AsyncExitStack() as stack:
        for _ in range(8):
            await stack.enter_async_context(either.working(concurrency=1))
        await first.arrived()
        await either.held_by(8)
        assert either.network.calls("POST /drafts") == [], "all wait for the one that renews"
        first.open()
        await either.published(*ids)
    assert [call.values["refresh_token"] for call in either.network.renewals] == ["refresh-1"]
    assert sorted(either.network.texts) == sorted(texts)
    assert {call.token for call in either.network.calls("POST /posts")} == {"access-2"}


@pytest.mark.parametrize("call", ["POST /drafts", "POST /posts"])
async def test_a_token_refused_in_the_middle_is_renewed_and_the_same_call_is_made_again(
    place: Place, call: str
) -> None:
    """Even the ONCE: a no to the login is a no to the call."""
    (handle,) = await place.connect()
    place.network.next(call, answering(401))
    async with place.working():
        post_id = await place.post(handle, "Hello")
        await place.published(post_id)
    assert [(seen.token, dict(seen.values)) for seen in place.network.calls(call)] == [
        (token, {**place.network.calls(call)[0].values}) for token in ("access-1", "access-2")
    ]
    other = place.network.calls("POST /posts" if call == "POST /drafts" else "POST /drafts")
    assert len(other) == len(place.network.renewals) == len(place.network.shown) == 1
    assert (await place.read(post_id))["attempts"] == 1


async def test_a_login_that_is_refused_twice_holds_the_posts_until_somebody_connects_again(place: Place) -> None:
    (handle,) = await place.connect()
    place.network.next("POST /posts", answering(401), answering(401))
    ids = [await place.post(handle, "Hello"), await place.post(handle, "Hello again")]
    async with place.working() as worker:
        await place.until("retry_pending", *ids)
        await worker.looked()
        for post_id in ids:
            post, job = await place.read(post_id), await place.job(post_id)
            assert (post["status"], post["errorCode"]) == ("retry_pending", "account_needs_reconnect")
            assert (job["jobState"], job["nextAction"]) == ("blocked", "reconnect_account")
        assert (len(place.network.calls("POST /posts")), place.network.shown) == (2, [])
        await place.connect()
        await place.published(*ids)
    assert sorted(place.network.texts) == ["Hello", "Hello again"]


async def test_posts_that_waited_for_a_login_go_out_in_the_order_of_their_times(place: Place) -> None:
    (handle,) = await place.connect()
    hours = (2, 1, 3)
    ids = [
        await place.post(handle, f"in {number} hours", publish_at=(NOON + number * HOUR).isoformat())
        for number in hours
    ]
    place.network.access.clear()
    place.network.refresh.clear()
    place.clock.forward(hours=4)
    async with place.working() as worker:
        await place.until("retry_pending", *ids)
        await worker.looked()
        await place.connect()
        await place.published(*ids)
    assert place.network.texts == ["in 1 hours", "in 2 hours", "in 3 hours"]


async def test_after_a_crash_while_renewing_the_old_token_is_tried_once_more(place: Place) -> None:
    """The request never arrived: the old refresh token still works."""
    (handle,) = await place.connect()
    place.clock.forward(hours=3)
    post_id = await place.post(handle, "Hello")
    await _die_while_renewing(place)
    async with place.working():
        await place.published(post_id)
    assert [call.values["refresh_token"] for call in place.network.renewals] == ["refresh-1", "refresh-1"]
    assert place.network.texts == ["Hello"]


async def test_after_a_crash_that_used_the_token_up_posts_wait_for_a_new_login(place: Place) -> None:
    (handle,) = await place.connect()
    place.clock.forward(hours=3)
    ids = [await place.post(handle, text) for text in ("Hello", "Hello again")]
    await _die_while_renewing(place)
    place.network.refresh.clear()
    async with place.working() as worker:
        await place.until("retry_pending", *ids)
        await worker.looked()
        assert len(place.network.renewals) == 2, "the one that died, and one more"
        assert {(await place.job(post_id))["nextAction"] for post_id in ids} == {"reconnect_account"}
        await place.connect()
        await place.published(*ids)
    assert sorted(place.network.texts) == ["Hello", "Hello again"]


async def _die_while_renewing(place: Place) -> None:
    on_its_way = Gate()
    place.network.next("POST /token", on_its_way)
    async with place.working() as worker:
        await on_its_way.arrived()
        await worker.kill()
    place.clock.forward(seconds=(credentials.DEAD_AFTER + timedelta(seconds=1)).total_seconds())


# --- a no that comes late ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["POST /drafts", "POST /posts"])
async def test_a_late_no_to_an_old_token_does_not_end_a_fresh_login(place: Place, call: str) -> None:
    place.network.gives_refresh_token = False
    (handle,) = await place.connect()
    late = Gate(then=answering(401))
    place.network.next(call, late)
    async with place.working():
        post_id = await place.post(handle, "Hello")
        await late.arrived()
        await place.connect()
        late.open()
        await place.published(post_id)
    assert [seen.token for seen in place.network.calls(call)] == ["access-1", "access-2"]
    assert "post.retry" not in await place.kinds(post_id), "the same call was made again, signed with the new login"
    assert place.network.texts == ["Hello"]


async def test_a_late_no_does_not_end_a_fresh_login_where_the_token_was_renewed_before(place: Place) -> None:
    """A try renews once; its second no ends the login, but only the one it was about."""
    (handle,) = await place.connect()
    late = Gate(then=answering(401))
    place.network.next("POST /drafts", answering(401))
    place.network.next("POST /posts", late)
    async with place.working():
        post_id = await place.post(handle, "Hello")
        await late.arrived()
        await place.connect()
        late.open()
        await place.published(post_id)
    assert [seen.token for seen in place.network.calls("POST /posts")] == ["access-2", "access-3"]


async def test_a_renewal_refused_late_does_not_end_a_fresh_login(place: Place) -> None:
    (handle,) = await place.connect()
    place.clock.forward(hours=3)
    late = Gate(then=answering(400, error="invalid_grant"))
    place.network.next("POST /token", late)
    async with place.working():
        post_id = await place.post(handle, "Hello")
        await late.arrived()
        await place.connect()
        late.open()
        await place.published(post_id)
    assert [seen.token for seen in place.network.calls("POST /posts")] == ["access-2"]


async def test_a_late_no_to_a_question_does_not_end_a_fresh_login(place: Place) -> None:
    """Asking about a doubt is signed, too."""
    place.network.gives_refresh_token = False
    (handle,) = await place.connect()
    late = Gate(then=answering(401))
    place.network.next("POST /posts", answering(503))
    place.network.next("GET /posts", late)
    async with place.working():
        post_id = await place.post(handle, "Hello")
        await place.doubted(post_id)
        place.clock.forward(seconds=41)
        await late.arrived()
        await place.connect()
        late.open()
        await place.published(post_id)
    assert [seen.token for seen in place.network.calls("GET /posts")][:2] == ["access-1", "access-2"]
    assert place.network.texts == ["Hello"]
