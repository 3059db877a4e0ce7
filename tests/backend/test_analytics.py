"""Figures over time: what a window shows, who is asked when, and what asking too often leads to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

import providers
from backend import analytics, connections, limits
from backend.access import Actor
from backend.analytics import Entry, Told, choose
from backend.context import Context
from backend.errors import AppError
from backend.models import Account, LimitWait, MetricSnapshot, Post
from backend.status import AccountStatus, PostStatus
from providers.contract import (
    Call,
    Effect,
    Flow,
    FlowError,
    JobAccount,
    Kind,
    Metrics,
    Problem,
    PublishedPost,
    Request,
    Scope,
    Verdict,
    Window,
)

from .conftest import NOON, Clock
from .fake_network import KEY, FakeNetwork, providers_of
from .rows import add_post

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Figures:
    """What the network tells, and what it was asked for."""

    likes: float | None = 10
    followers: float = 100
    problem: Problem | None = None
    asked: list[str] = field(default_factory=list)

    def post(self, post: PublishedPost) -> Flow[Metrics]:
        return self._ask(f"post {post.id}", {"likes": self.likes, "reach": None})

    def account(self, account: JobAccount) -> Flow[Metrics]:
        return self._ask(f"account {account.external_id}", {"followers": self.followers})

    def stretch(self, post: PublishedPost, window: Window) -> Flow[Metrics]:
        return self._ask(f"{window.name} {window.since:%d.%m. %H}-{window.until:%d.%m. %H}", {"views": 5})

    def _ask(self, what: str, told: Metrics) -> Flow[Metrics]:
        self.asked.append(what)
        yield Call("figures", Request("GET", "/me"), Effect.READ, read=lambda response: response.json)
        if self.problem is not None:
            raise FlowError(self.problem)
        return told


@pytest.fixture
def figures(network: FakeNetwork, monkeypatch: pytest.MonkeyPatch) -> Figures:
    """The network tells figures now."""
    made = Figures()
    tell(network, monkeypatch, post_metrics=made.post, account_metrics=made.account)
    return made


def tell(network: FakeNetwork, monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    known = {id: replace(provider, **fields) for id, provider in providers_of(network).items()}
    monkeypatch.setattr(providers, "all_providers", lambda: known)


async def connect(context: Context, actor: Actor) -> str:
    found = await connections.start(context, actor, {"provider": "pasted", "apiKey": KEY})
    return found["account"]["id"]


async def publish(context: Context, actor: Actor, account_id: str, at: datetime, name: str = "p1", **more: Any) -> str:
    values = {"status": PostStatus.PUBLISHED, "provider_post_id": name, "published_at": at, **more}
    return await context.db.write(add_post, actor, account_id, at, **values)


async def shown(context: Context, actor: Actor, post_id: str, window: str = "lifetime") -> dict[str, Any]:
    found = await context.db.read(analytics.of_post, actor, post_id, window=window, now=context.now())
    return found["latest"]


async def rows(context: Context, status: str = Told.COLLECTED) -> int:
    query = select(func.count()).select_from(MetricSnapshot).where(MetricSnapshot.status == status)
    return await context.db.read(lambda session: session.scalar(query) or 0)


# --- windows ----------------------------------------------------------------------------------------------------------


async def test_a_window_is_what_was_added_since_it_began(
    context: Context, alice: Actor, figures: Figures, clock: Clock
) -> None:
    post = await publish(context, alice, await connect(context, alice), NOON - 10 * DAY)
    await analytics.refresh_post(context, alice, post, window="lifetime")
    clock.forward(DAY)
    figures.likes = 14

    await analytics.refresh_post(context, alice, post, window="24h")

    told = await shown(context, alice, post, "24h")
    assert (told["metrics"], told["status"], told["message"]) == ({"likes": 4}, "collected", None)
    assert (told["since"], told["until"]) == ("2026-11-23T12:00:00.000Z", "2026-11-24T12:00:00.000Z")
    assert (await shown(context, alice, post))["metrics"] == {"likes": 14}


async def test_before_there_are_two_totals_to_compare_a_window_says_so(
    context: Context, alice: Actor, figures: Figures
) -> None:
    post = await publish(context, alice, await connect(context, alice), NOON - 10 * DAY)

    found = await analytics.refresh_post(context, alice, post, window="7d")

    told = found["snapshot"]
    assert (told["status"], told["supported"], told["metrics"], found["metrics"]) == ("incomplete", True, None, None)
    assert told["message"] == (
        "Pasted tells totals only, and they have been collected since 23 November 2026, 12:00 UTC. "
        "The last 7d can be told once that is 7d ago."
    )


async def test_what_the_network_does_not_say_is_left_out(context: Context, alice: Actor, figures: Figures) -> None:
    post = await publish(context, alice, await connect(context, alice), NOON - DAY)
    figures.likes = None

    found = await analytics.refresh_post(context, alice, post, window="lifetime")

    assert found["metrics"] == {}


def entry(at: datetime, status: str = Told.COLLECTED, window: str = "lifetime", message: str | None = None) -> Entry:
    return Entry(f"{status} {window} {at:%d %H}", window, status, at, message)


def chosen(*entries: Entry, window: str = "24h", born: datetime | None = None, now: datetime = NOON) -> Any:
    found = choose(entries, window, born=born, now=now, name="Fakebook")
    assert found is not None
    return found


def test_the_nearest_total_to_the_beginning_is_taken_and_the_stretch_is_told() -> None:
    far, near, newest = entry(NOON - 50 * HOUR), entry(NOON - 30 * HOUR), entry(NOON)

    found = chosen(far, near, newest)

    assert (found.newest, found.base, found.since) == (newest, near, near.at)
    assert found.message == "These figures cover 30 hours: no totals were collected exactly 24h before."


def test_a_total_that_is_too_far_from_the_beginning_is_not_used() -> None:
    assert chosen(entry(NOON - 37 * HOUR), entry(NOON)).status is Told.INCOMPLETE
    assert chosen(entry(NOON - 11 * HOUR), entry(NOON)).status is Told.INCOMPLETE
    assert chosen(entry(NOON - 36 * HOUR), entry(NOON)).status is Told.COLLECTED


def test_a_window_that_ended_long_ago_is_not_called_the_last_one() -> None:
    found = chosen(entry(NOON - 2 * DAY), entry(NOON - DAY), now=NOON + 2 * DAY)

    assert found.status is Told.INCOMPLETE
    assert found.message == "The newest figures are from 22 November 2026, 12:00 UTC. Ask Fakebook again to see the last 24h."  # fmt: skip


def test_figures_of_a_stretch_that_the_network_told_itself_come_first() -> None:
    own = entry(NOON, window="7d")

    found = chosen(entry(NOON - 7 * DAY), entry(NOON), own, window="7d")

    assert (found.newest, found.base, found.since) == (own, None, NOON - 7 * DAY)


def test_a_failure_is_all_there_is_to_tell_until_there_are_figures() -> None:
    found = chosen(entry(NOON, Told.FAILED, message="It is away."))

    assert (found.status, found.message) == (Told.FAILED, "It is away.")
    assert choose([], "24h", born=None, now=NOON, name="Fakebook") is None


async def test_a_network_that_tells_stretches_itself_is_asked_for_the_one_that_is_wanted(
    context: Context, alice: Actor, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = Figures()
    tell(network, monkeypatch, post_metrics_in=figures.stretch)
    post = await publish(context, alice, await connect(context, alice), NOON - 40 * DAY)

    found = await analytics.refresh_post(context, alice, post, window="7d")

    assert figures.asked == ["7d 16.11. 12-23.11. 12"]
    assert found["metrics"] == {"views": 5}
    totals = await shown(context, alice, post)
    assert (totals["supported"], totals["metrics"]) == (False, None)
    assert totals["message"] == "Pasted tells no totals; it tells the figures of 24h, 7d, 30d."


# --- ahead of need ----------------------------------------------------------------------------------------------------


async def test_young_posts_are_asked_about_every_hour_and_older_ones_every_day(
    context: Context, alice: Actor, figures: Figures, clock: Clock
) -> None:
    account = await connect(context, alice)
    await publish(context, alice, account, NOON - 5 * HOUR, "young")
    await publish(context, alice, account, NOON - 5 * DAY, "older")
    await publish(context, alice, account, NOON - 31 * DAY, "old")
    await publish(context, alice, account, NOON - timedelta(minutes=9), "new")

    await analytics.collect(context)
    first = sorted(figures.asked)
    await analytics.collect(context)
    assert sorted(figures.asked) == first == ["account 7", "post older", "post young"], "once"

    figures.asked.clear()
    for _ in range(18):
        clock.forward(HOUR)
        await analytics.collect(context)
    assert figures.asked.count("post young") == 18
    assert figures.asked.count("post new") == 18
    assert set(figures.asked) == {"post young", "post new"}

    figures.asked.clear()
    clock.forward(6 * HOUR)
    await analytics.collect(context)
    assert sorted(figures.asked) == ["account 7", "post older"], "the others are older than a day now"


@pytest.mark.parametrize(
    "change",
    [{"status": PostStatus.FAILED}, {"deleted_at": NOON}, {"provider_post_id": None}],
    ids=["failed", "deleted", "of unknown id"],
)
async def test_a_post_that_cannot_have_figures_is_not_asked_about(
    context: Context, alice: Actor, figures: Figures, change: dict[str, Any]
) -> None:
    await publish(context, alice, await connect(context, alice), NOON - HOUR, **change)

    await analytics.collect(context)

    assert figures.asked == ["account 7"]


@pytest.mark.parametrize(
    "change",
    [{"status": AccountStatus.NEEDS_RECONNECT}, {"environment": "sandbox"}],
    ids=["logged out", "of other networks"],
)
async def test_an_account_that_cannot_be_asked_is_left_alone(
    context: Context, alice: Actor, figures: Figures, change: dict[str, Any]
) -> None:
    account = await connect(context, alice)
    await publish(context, alice, account, NOON - HOUR)
    await context.db.write(
        lambda session: [setattr(session.get_one(Account, account), name, value) for name, value in change.items()]
    )

    await analytics.collect(context)

    assert figures.asked == []


async def test_a_network_that_asks_to_wait_is_left_alone_and_publishing_goes_on(
    context: Context, alice: Actor, figures: Figures, clock: Clock
) -> None:
    account = await connect(context, alice)
    for number in range(3):
        await publish(context, alice, account, NOON - HOUR, f"p{number}")
    figures.problem = Problem(
        kind=Kind.RATE_LIMITED, verdict=Verdict.REFUSED, message="Slow down.", retry_after=600, scope=Scope.ACCOUNT
    )

    await analytics.collect(context)
    clock.forward(timedelta(minutes=9))
    await analytics.collect(context)

    assert figures.asked == ["account 7"], "the first answer was enough"
    waits = await context.db.read(lambda session: session.scalars(select(LimitWait.key)).all())
    assert waits == ["reading:account:pasted:7"], "not a key that claims look at"
    with pytest.raises(AppError) as error:
        await analytics.refresh_account(context, alice, account, window="lifetime")
    assert (error.value.code, error.value.retry_after) == ("provider_error", 60)

    figures.problem = None
    clock.forward(timedelta(minutes=2))
    await analytics.collect(context)
    assert figures.asked[1:] == ["post p0", "post p1", "post p2"]


async def test_what_publishing_has_to_wait_for_reading_waits_for_too(
    context: Context, alice: Actor, figures: Figures
) -> None:
    await connect(context, alice)
    await context.db.write(limits.wait_until, "account:pasted:7", NOON + HOUR, "told to")

    await analytics.collect(context)

    assert figures.asked == []


async def test_a_post_that_is_gone_is_not_asked_about_again_until_somebody_does(
    context: Context, alice: Actor, figures: Figures, clock: Clock
) -> None:
    post = await publish(context, alice, await connect(context, alice), NOON - HOUR)
    figures.problem = Problem(kind=Kind.NOT_FOUND, verdict=Verdict.REFUSED, message="No such post.")
    await analytics.collect(context)
    clock.forward(3 * HOUR)
    figures.problem = None
    figures.asked.clear()

    await analytics.collect(context)
    assert figures.asked == []
    assert (await shown(context, alice, post))["status"] == "gone"

    await analytics.refresh_post(context, alice, post, window="lifetime")
    assert (await shown(context, alice, post))["status"] == "collected"
    clock.forward(HOUR)
    await analytics.collect(context)
    assert figures.asked == ["post p1", "post p1"]


async def test_an_answer_that_nobody_expected_is_kept_as_a_failure_and_the_next_post_is_asked_about(
    context: Context, alice: Actor, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def broken(post: PublishedPost) -> Flow[Metrics]:
        asked.append(post.id)
        answer = yield Call("figures", Request("GET", "/me"), Effect.READ, read=lambda response: None)
        return {"likes": answer["likes"]}

    tell(network, monkeypatch, post_metrics=broken)
    account = await connect(context, alice)
    for number in range(2):
        await publish(context, alice, account, NOON - HOUR, f"p{number}")

    await analytics.collect(context)
    await analytics.collect(context)

    assert sorted(asked) == ["p0", "p1"]
    assert await rows(context, Told.FAILED) == 2


async def test_only_the_last_failure_is_kept(context: Context, alice: Actor, figures: Figures, clock: Clock) -> None:
    post = await publish(context, alice, await connect(context, alice), NOON - HOUR)
    figures.problem = Problem(kind=Kind.UNAVAILABLE, verdict=Verdict.UNKNOWN, message="It is away.")
    for _ in range(3):
        with pytest.raises(AppError):
            await analytics.refresh_post(context, alice, post, window="lifetime")
        clock.forward(HOUR)

    assert await rows(context, Told.FAILED) == 1


# --- workspaces -------------------------------------------------------------------------------------------------------


async def test_figures_of_another_workspace_are_not_found(
    context: Context, alice: Actor, bob: Actor, figures: Figures
) -> None:
    account = await connect(context, alice)
    post = await publish(context, alice, account, NOON - HOUR)
    run = await context.db.read(lambda session: session.get_one(Post, post).run_id)
    await analytics.refresh_post(context, alice, post, window="lifetime")

    for read, id, code in (
        (analytics.of_post, post, "post_not_found"),
        (analytics.of_account, account, "account_not_found"),
        (analytics.of_run, run, "run_not_found"),
    ):
        with pytest.raises(AppError) as error:
            await context.db.read(read, bob, id, window="lifetime", now=NOON)
        assert error.value.code == code
    assert await context.db.read(analytics.history, bob, post) == []
    assert await context.db.read(analytics.history, alice, post) == [
        {"collectedAt": "2026-11-23T12:00:00.000Z", "metrics": {"likes": 10}}
    ]
