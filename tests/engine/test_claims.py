"""Who may work on which post, and when: one flow at a time per account, oldest first, one owner, no late writers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import claims, posts
from backend.claims import Claims
from backend.models import Attempt, Post
from providers.contract import Call, Done, Effect, Flow, Job, Poll, Published, Request, Response, Wait

from .problems import OUTSPOKEN, body
from .scripted import HOUR, Behaviour, Gate, Place, answering, only_known, until

LEASE = timedelta(seconds=30)
GRACE = timedelta(hours=6)


async def row(place: Place, post_id: str) -> Post:
    return await place.context.db.read(lambda session: session.get_one(Post, post_id))


def ago(place: Place, minutes: int) -> str:
    return (place.clock() - timedelta(minutes=minutes)).isoformat()


async def claim(place: Place, owner: str, *, slots: int, lease: timedelta = LEASE) -> Claims:
    return await place.context.db.write(
        claims.claim, owner=owner, slots=slots, now=place.clock(), lease=lease, grace=GRACE
    )


# --- one flow at a time per account, oldest first ---------------------------------------------------------------------


async def test_each_account_has_one_flow_and_its_oldest_post_goes_first(either: Place) -> None:
    either.network.accounts = ("one", "two")
    handles = await either.connect()
    ids = [
        await either.post(handle, f"{handle}, due {minutes} minutes ago", publish_at=ago(either, minutes))
        for minutes in (10, 30, 20)
        for handle in handles
    ]
    gates = [Gate(), Gate()]
    either.network.next("POST /drafts", *gates)
    async with either.working() as worker:
        for gate in gates:
            await gate.arrived()
        await worker.looked()
        oldest = [f"{handle}, due 30 minutes ago" for handle in handles]
        assert sorted(call.values["text"] for call in either.network.calls("POST /drafts")) == sorted(oldest)
        untouched = [post_id for post_id in ids if (await row(either, post_id)).status == "scheduled"]
        assert len(untouched) == 4
        for gate in gates:
            gate.open()
        await either.published(*ids)
    for handle in handles:
        assert [text for text in either.network.texts if text.startswith(handle)] == [
            f"{handle}, due {minutes} minutes ago" for minutes in (30, 20, 10)
        ]


async def test_the_oldest_posts_of_all_accounts_come_first_when_not_all_can_start(either: Place) -> None:
    either.network.accounts = ("one", "two", "three")
    handles = await either.connect()
    due = dict(zip(handles, (1, 3, 2), strict=True))
    ids = [await either.post(handle, f"{minutes}", publish_at=ago(either, minutes)) for handle, minutes in due.items()]
    async with either.working(concurrency=1):
        await either.published(*ids)
    assert either.network.texts == ["3", "2", "1"]


async def test_posts_of_one_moment_go_out_in_the_order_they_were_written(either: Place) -> None:
    (handle,) = await either.connect()
    written = [f"Chapter {number}" for number in range(6)]
    ids = await either.apply(*[{"account": handle, "description": text} for text in written])
    async with either.working():
        await either.published(*ids)
    assert either.network.texts == written


async def test_a_post_that_is_not_due_is_left_until_it_is(either: Place) -> None:
    (handle,) = await either.connect()
    post_id = await either.post(handle, "Later", publish_at=ago(either, -60))
    async with either.working() as worker:
        either.clock.forward(minutes=59, seconds=59)
        await worker.looked()
        assert await either.status(post_id) == "scheduled"
        either.clock.forward(seconds=1)
        await either.published(post_id)


async def test_a_flow_that_waits_for_the_network_leaves_its_account_to_the_next_post(place: Place) -> None:
    (handle,) = await place.connect()
    place.network.next("GET /drafts/draft-1", answering(200, ready=False), answering(200, ready=True))
    place.network.next("GET /drafts/draft-2", answering(200, ready=True))
    with only_known(replace(OUTSPOKEN, publish=_after_processing)):
        slow = await place.post(handle, "A long film")
        async with place.working() as worker:
            await until(lambda: worker.watched.done["hand_back"] == 1)
            quick = await place.post(handle, "A short note")
            await place.published(quick)
            await worker.looked()
            assert (await place.status(slow), place.network.texts) == ("publishing", ["A short note"])
            place.clock.forward(seconds=60)
            await place.published(slow)
    assert place.network.texts == ["A short note", "A long film"]
    assert len(place.network.calls("POST /drafts", "A long film")) == 1
    assert (await place.read(slow))["attempts"] == 1, "to wait is no new try"


def _after_processing(job: Job) -> Flow[Published]:
    account = job.account.external_id
    draft = Request("POST", "/drafts", json={"account": account, "text": job.text})
    drafted = yield Call("draft", draft, Effect.REPEATABLE, read=lambda answer: body(answer)["id"])
    yield Poll("processing", Request("GET", f"/drafts/{drafted}"), _readiness, until=job.started_at + HOUR)
    made = Request("POST", "/posts", json={"account": account, "text": job.text, "parent": None})
    return Published(id=(yield Call("create", made, Effect.ONCE, read=lambda answer: body(answer)["id"])))


def _readiness(answer: Response) -> Done | Wait:
    return Done(True) if body(answer)["ready"] else Wait(60)


# --- owners -----------------------------------------------------------------------------------------------------------


async def test_posts_of_a_living_owner_are_never_taken_and_those_of_a_dead_one_at_once(either: Place) -> None:
    """Its file lock alone decides: one lease is over long ago, the other lasts for an hour."""
    either.network.accounts = ("one", "two")
    handles = await either.connect()
    ids = [await either.post(handle, f"From {handle}") for handle in handles]
    owners = {"worker-late": -HOUR, "worker-early": HOUR}
    for owner, lease in owners.items():
        assert len((await claim(either, owner, slots=1, lease=lease)).posts) == 1
    async with either.working() as worker:
        with _another_process(either.context.settings.data_dir / "workers", *owners) as other:
            await worker.looked()
            assert {(await row(either, post_id)).lease_owner for post_id in ids} == set(owners)
            other.kill()
            other.wait()
            await either.published(*ids)
    assert sorted(either.network.texts) == sorted(f"From {handle}" for handle in handles)


@contextmanager
def _another_process(folder: Path, *owners: str) -> Generator[subprocess.Popen[str]]:
    """A process that holds the locks of these owners for as long as it lives."""
    program = (
        "import sys; from pathlib import Path; from backend.claims import OwnerLock;"
        "held = [OwnerLock(Path(sys.argv[1]), name) for name in sys.argv[2:]]; print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(folder), *owners]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


async def test_posts_of_an_owner_elsewhere_are_taken_when_its_lease_is_over(either: Place) -> None:
    """On another host there is no lock to try."""
    (handle,) = await either.connect()
    post_id = await either.post(handle, "Hello")
    await claim(either, "worker-elsewhere", slots=1)
    async with either.working() as worker:
        either.clock.forward(seconds=30)
        await worker.looked()
        assert (await row(either, post_id)).lease_owner == "worker-elsewhere"
        either.clock.forward(seconds=1)
        await either.published(post_id)


async def test_the_heartbeat_keeps_the_lease_of_a_long_call(place: Place) -> None:
    (handle,) = await place.connect()
    post_id, slow = await place.post(handle, "Hello"), Gate()
    place.network.next("POST /drafts", slow)
    async with place.working() as worker:
        await slow.arrived()
        place.clock.forward(minutes=10)
        await worker.looked()
        lease_until = (await row(place, post_id)).lease_until
        assert lease_until is not None
        assert lease_until > place.clock()
        slow.open()
        await place.published(post_id)


# --- two workers --------------------------------------------------------------------------------------------------------


async def test_two_workers_publish_a_hundred_posts_once_each(either: Place) -> None:
    either.network.accounts = tuple(f"account-{number}" for number in range(20))
    handles = await either.connect()
    texts = [f"Number {number}" for number in range(100)]
    entries = [{"account": handles[number % 20], "description": text} for number, text in enumerate(texts)]
    ids = await either.apply(*entries)
    published = select(func.count(Post.id)).where(Post.id.in_(ids), Post.status == "published")

    async def all_published() -> bool:
        return await either.context.db.read(lambda session: session.scalar(published)) == 100

    async with either.working(), either.working():
        await until(all_published, seconds=60)
    assert sorted(either.network.texts) == sorted(texts)
    assert len(either.network.calls("POST /drafts")) == 100
    for handle in either.network.accounts:
        calls = [
            (seen.what, seen.values["text"]) for seen in either.network.seen if seen.values.get("account") == handle
        ]
        in_turn = [(what, text) for _, text in calls[::2] for what in ("POST /drafts", "POST /posts")]
        assert calls == in_turn, "a second flow of this account began before the first was over"
    tried = await either.context.db.read(lambda session: session.scalars(select(Attempt.worker_id)).all())
    assert (len(tried), len(set(tried))) == (100, 2)


@pytest.mark.parametrize("either", [pytest.param("postgres", marks=pytest.mark.servers)], indirect=True)
async def test_a_worker_leaves_an_account_that_another_is_taking_this_moment(either: Place) -> None:
    """On SQLite one waits for the other; on PostgreSQL neither sees yet what the other has written."""
    (handle,) = await either.connect()
    await either.post(handle, "Taken")
    moved = await either.post(handle, "Moved to an earlier time", publish_at=ago(either, -60))
    with Session(either.context.db.engine) as first:
        taken = claims.claim(first, owner="worker-1", slots=8, now=either.clock(), lease=LEASE, grace=GRACE)
        earlier = {"publish_at": either.clock() - HOUR, "timezone": None, "revision": None, "now": either.clock()}
        await either.context.db.write(posts.reschedule, either.actor, moved, **earlier)
        assert (await claim(either, "worker-2", slots=8)).posts == ()
        first.commit()
    assert len(taken.posts) == 1
    assert (await claim(either, "worker-2", slots=8)).posts == ()


# --- who lost a post writes nothing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [answering(200, id="draft-9"), answering(422), answering(503)])
async def test_a_worker_that_lost_a_post_cannot_say_how_it_ended(either: Place, late: Behaviour) -> None:
    """It slept in the middle of a call, and wakes up when another one has published the post."""
    (handle,) = await either.connect()
    post_id, asleep = await either.post(handle, "Hello"), Gate(then=late)
    either.network.next("POST /drafts", asleep)
    async with either.working(concurrency=1) as sleeper:
        await asleep.arrived()
        async with either.working() as other:
            await either.context.db.write(claims.free, sleeper.publisher.owner, either.clock())
            await either.published(post_id)
            before = await _all_of(either, post_id)
            asleep.open()
            await _idle(sleeper.publisher)
            await other.looked()
            assert await _all_of(either, post_id) == before
    assert either.network.texts == ["Hello"]


@pytest.mark.parametrize("late", [None, answering(422), answering(503)])
async def test_not_even_after_its_once(place: Place, late: Behaviour | None) -> None:
    """The other worker asked the network, and found the post."""
    (handle,) = await place.connect()
    post_id, asleep = await place.post(handle, "Hello"), Gate(*([late] if late else []))

    async def shown_but_not_told(do: Callable[[], Response]) -> Response:
        told = do()
        return await asleep(lambda: told)

    place.network.next("POST /posts", shown_but_not_told)
    async with place.working(concurrency=1) as sleeper:
        await asleep.arrived()
        async with place.working() as other:
            await place.context.db.write(claims.free, sleeper.publisher.owner, place.clock())
            await place.published(post_id)
            before = await _all_of(place, post_id)
            asleep.open()
            await _idle(sleeper.publisher)
            await other.looked()
            assert await _all_of(place, post_id) == before
    assert (place.network.texts, (await place.read(post_id))["providerPostId"]) == (["Hello"], "c1")


async def _idle(publisher: object) -> None:
    await until(lambda: not publisher._flows)  # pyright: ignore


async def _all_of(place: Place, post_id: str) -> tuple[object, ...]:
    found = await row(place, post_id)
    columns = {name: getattr(found, name) for name in Post.__table__.columns.keys()}  # noqa: SIM118  # no mapping
    return columns, await place.kinds(post_id), (await place.read(post_id))["attempts"]
