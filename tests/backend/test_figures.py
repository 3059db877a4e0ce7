"""Figures over a stretch of days, beside the stretch before: what is unknown stays unknown."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from backend import analytics, events, figures, figures_csv, look_again
from backend.access import Actor
from backend.context import Context
from backend.errors import AppError
from backend.figures import Point, PostFigures, Stretch
from backend.ids import new_id
from backend.look_again import Wanted
from backend.models import MetricSnapshot
from providers.contract import Kind, Problem, Verdict

from .conftest import NOON, Clock
from .fake_network import FakeNetwork
from .test_analytics import Figures, connect, publish, tell

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN = "Europe/Berlin"


@pytest.fixture
def told_figures(network: FakeNetwork, monkeypatch: pytest.MonkeyPatch) -> Figures:
    made = Figures()
    tell(network, monkeypatch, post_metrics=made.post, account_metrics=made.account)
    return made


def post(at: datetime, metrics: dict[str, float] | None = None, **more: Any) -> PostFigures:
    values: dict[str, Any] = {
        "id": f"post_{at:%d%H%M}", "run_id": "run_1", "account_id": "acc_1", "provider": "fakebook", "handle": "f:1",
        "text": "Hello", "url": None, "published_at": at, "deleted": False, "offered": True, "metrics": metrics,
        "told_at": at if metrics is not None else None, "message": None, **more,
    }  # fmt: skip
    return PostFigures(**values)


async def keep(context: Context, actor: Actor, subject: str, at: datetime, **metrics: float) -> None:
    def add(session: Session) -> None:
        session.add(
            MetricSnapshot(
                id=new_id("metric", at), workspace_id=actor.workspace_id, subject_id=subject, metric_window="lifetime",
                status="collected", supported=True, metrics=metrics, collected_at=at,
            )
        )  # fmt: skip

    await context.db.write(add)


# --- stretches --------------------------------------------------------------------------------------------------------


def test_seven_days_are_today_and_six_before_and_the_seven_before_end_at_the_same_time_of_day() -> None:
    now, before = figures.stretches(7, BERLIN, NOON)

    assert (now.since, now.until) == (datetime(2026, 11, 16, 23, 0, tzinfo=UTC), NOON)
    assert (now.days[0], now.days[-1], len(now.days)) == (date(2026, 11, 17), date(2026, 11, 23), 7)
    assert (before.since, before.until) == (now.since - 7 * DAY, NOON - 7 * DAY)


def test_a_stretch_over_the_end_of_summer_time_begins_at_midnight_and_ends_at_the_same_clock() -> None:
    now = datetime(2026, 10, 28, 9, 0, tzinfo=UTC)  # ten o'clock; the clocks went back on the 25th

    here, before = figures.stretches(7, BERLIN, now)

    assert here.since == datetime(2026, 10, 21, 22, 0, tzinfo=UTC)
    assert before.until == datetime(2026, 10, 21, 8, 0, tzinfo=UTC)


@given(
    minutes=st.integers(0, 98 * 365 * 24 * 60),
    zone=st.sampled_from([BERLIN, "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC"]),
    days=st.sampled_from(figures.STRETCHES),
)
def test_two_stretches_never_overlap_and_have_as_many_days(minutes: int, zone: str, days: int) -> None:
    now = datetime(2001, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    here, before = figures.stretches(days, zone, now)

    assert before.since < before.until <= here.since <= here.until
    assert len(here.days) == len(before.days) == days
    assert before.days[-1] + DAY == here.days[0]


# --- sums and series --------------------------------------------------------------------------------------------------

METRICS = st.none() | st.dictionaries(st.sampled_from(["likes", "views"]), st.integers(0, 10**6).map(float), max_size=2)


@given(st.lists(METRICS, max_size=12))
def test_a_sum_says_of_how_many_posts_it_is_and_the_unknown_is_in_none(told: list[dict[str, float] | None]) -> None:
    found = figures.sums(post(NOON, metrics) for metrics in told)

    for name in ("likes", "views"):
        values = [metrics[name] for metrics in told if metrics is not None and name in metrics]
        if values:
            assert (found[name].value, found[name].told) == (sum(values), len(values))
        else:
            assert name not in found


def test_a_change_needs_both_ends_and_a_percentage_a_beginning() -> None:
    assert figures.change(None, 5) is None
    assert figures.change(5, None) is None
    assert figures.change(5, 0) == figures.Change(5, None)
    assert figures.change(15, 10) == figures.Change(5, 50)


def test_days_without_a_post_or_without_its_figure_are_gaps() -> None:
    here, _ = figures.stretches(7, BERLIN, NOON)
    rows = [
        post(datetime(2026, 11, 17, 22, 59, tzinfo=UTC), {"likes": 2}),
        post(datetime(2026, 11, 17, 23, 0, tzinfo=UTC), {"likes": 3}),  # midnight in Berlin: the next day
        post(datetime(2026, 11, 18, 9, 0, tzinfo=UTC), {"likes": 0}),
        post(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), None),
    ]

    found = figures.by_day(rows, "likes", here, BERLIN)

    assert [(day.posts, day.value, day.told) for day in found] == [
        (1, 2, 1), (2, 3, 2), (0, None, 0), (1, None, 0), (0, None, 0), (0, None, 0), (0, None, 0),
    ]  # fmt: skip


def test_an_account_has_the_last_figure_of_each_day_and_gaps_between() -> None:
    days = [date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)]
    points = [Point(NOON - 2 * DAY, {"followers": 5}), Point(NOON - HOUR, {"followers": 8}), Point(NOON, {"followers": 9, "likes": 1})]  # fmt: skip

    assert figures.daily(points, "followers", days, "UTC") == [5, None, 9]
    assert figures.daily(points, "likes", days, "UTC") == [None, None, 1]


def test_growth_counts_from_the_first_day_that_is_known() -> None:
    assert figures.since_first([None, 5, None, 8, 3]) == [None, 0, None, 3, -2]
    assert figures.since_first([None, None]) == [None, None]


def test_what_was_gained_is_unknown_when_nobody_had_asked_at_the_beginning() -> None:
    week = Stretch(NOON - 7 * DAY, NOON, ())
    known = [Point(NOON - 8 * DAY, {"followers": 100}), Point(NOON - HOUR, {"followers": 112})]

    assert figures.gained(known, "followers", week) == 12
    assert figures.gained(known[1:], "followers", week) is None
    assert figures.gained([replace(known[0], at=NOON - 10 * DAY), known[1]], "followers", week) is None
    assert figures.gained(known, "likes", week) is None


def test_a_run_keeps_the_last_word_of_each_post_while_the_others_go_on() -> None:
    first = [Point(NOON - 2 * DAY, {"likes": 1}), Point(NOON, {"likes": 5})]
    second = [Point(NOON - DAY, {"likes": 10})]
    days = [(NOON - n * DAY).date() for n in (3, 2, 1, 0)]

    found = figures.running_total([first, second], "likes", days, "UTC")

    assert found == [(None, 0), (1, 1), (11, 2), (15, 2)]


def test_the_best_posts_come_first_and_those_without_the_figure_last() -> None:
    rows = [
        post(NOON - n * HOUR, metrics)
        for n, metrics in enumerate([{"views": 9.0}, {"likes": 2.0}, None, {"likes": 7.0}])
    ]

    assert [row.metrics for row in figures.best(rows, "likes")][:2] == [{"likes": 7.0}, {"likes": 2.0}]


def test_figures_stand_in_the_order_people_know_and_new_ones_after_them() -> None:
    assert figures.metric_names(["zeal", "likes", "impressions", "karma"]) == ["impressions", "likes", "karma", "zeal"]


# --- reading ----------------------------------------------------------------------------------------------------------


async def test_both_stretches_are_shown_as_they_stood_at_their_ends(
    context: Context, alice: Actor, told_figures: Figures
) -> None:
    account = await connect(context, alice)
    new = await publish(context, alice, account, NOON - 2 * DAY, "p1")
    old = await publish(context, alice, account, NOON - 9 * DAY, "p2")
    await publish(context, alice, account, NOON - 30 * DAY, "p3")
    await keep(context, alice, new, NOON - DAY, likes=3)
    await keep(context, alice, new, NOON - HOUR, likes=5)
    await keep(context, alice, old, NOON - 8 * DAY, likes=7)
    await keep(context, alice, old, NOON - DAY, likes=70)  # long after its stretch

    found = await context.db.read(figures.overview, alice, days=7, zone="UTC", now=NOON)

    assert [(row.id, row.metrics) for row in found.posts] == [(new, {"likes": 5})]
    assert [(row.id, row.metrics) for row in found.posts_before] == [(old, {"likes": 7})]
    assert (found.last_look, found.left_out) == (NOON - HOUR, 0)


async def test_a_network_without_figures_is_said_and_is_no_zero(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    account = await connect(context, alice)
    await publish(context, alice, account, NOON - DAY)

    found = await context.db.read(figures.overview, alice, days=7, zone="UTC", now=NOON)

    row, known = found.posts[0], found.accounts[0]
    assert (row.offered, row.metrics, row.message) == (False, None, "Pasted does not tell programs these figures.")
    assert (known.offered, known.points, known.message) == (False, [], row.message)
    assert figures.sums(found.posts) == {}


async def test_the_reason_why_a_post_has_no_figures_stands_beside_it(
    context: Context, alice: Actor, told_figures: Figures
) -> None:
    post_id = await publish(context, alice, await connect(context, alice), NOON - DAY)
    told_figures.problem = Problem(kind=Kind.NOT_FOUND, verdict=Verdict.REFUSED, message="It is gone.")
    with pytest.raises(AppError):
        await analytics.refresh_post(context, alice, post_id, window="lifetime")

    found = await context.db.read(figures.overview, alice, days=7, zone="UTC", now=NOON)

    assert (found.posts[0].offered, found.posts[0].message) == (True, "It is gone.")


async def test_another_workspace_has_figures_of_its_own(
    context: Context, alice: Actor, bob: Actor, told_figures: Figures
) -> None:
    account = await connect(context, alice)
    post_id = await publish(context, alice, account, NOON - DAY)
    await keep(context, alice, post_id, NOON, likes=3)

    found = await context.db.read(figures.overview, bob, days=30, zone="UTC", now=NOON)
    assert (found.posts, found.accounts) == ([], [])
    for ask in (
        lambda session: figures.overview(session, bob, days=7, zone="UTC", now=NOON, account_id=account),
        lambda session: figures.of_post(session, bob, post_id, zone="UTC", now=NOON),
    ):
        with pytest.raises(AppError, match="There is no"):
            await context.db.read(ask)
    assert (await look_again.look_again(context, bob, Wanted())).asked == 0


async def test_the_story_of_a_run_counts_the_posts_that_are_not_out(
    context: Context, alice: Actor, told_figures: Figures
) -> None:
    account = await connect(context, alice)
    post_id = await publish(context, alice, account, NOON - 2 * DAY)
    await keep(context, alice, post_id, NOON - DAY, likes=3)
    run_id = (await context.db.read(figures.of_post, alice, post_id, zone="UTC", now=NOON)).posts[0].run_id

    run, story = await context.db.read(figures.of_run, alice, run_id, zone="UTC", now=NOON)

    assert (run["id"], story.total, len(story.posts)) == (run_id, 1, 1)
    assert story.days == ((NOON - 2 * DAY).date(), (NOON - DAY).date())


# --- asking -----------------------------------------------------------------------------------------------------------


async def test_looking_again_asks_accounts_and_posts_and_tells_how_far_it_is(
    context: Context, alice: Actor, told_figures: Figures
) -> None:
    account = await connect(context, alice)
    await publish(context, alice, account, NOON - DAY, "p1")
    await publish(context, alice, account, NOON - 40 * DAY, "p2")
    steps: list[tuple[int, int]] = []

    looked = await look_again.look_again(
        context, alice, Wanted(since=NOON - 7 * DAY), on_step=lambda done, of: steps.append((done, of))
    )

    assert (looked.asked, looked.new, looked.failures) == (2, 2, {})
    assert steps == [(0, 2), (1, 2), (2, 2)]
    assert [asked.split()[0] for asked in told_figures.asked] == ["account", "post"]
    assert (await context.db.read(events.latest, alice))[0].kind == "figures.collected"


async def test_an_account_that_must_wait_is_asked_nothing_more_and_is_named(
    context: Context, alice: Actor, told_figures: Figures
) -> None:
    account = await connect(context, alice)
    for number in range(3):
        await publish(context, alice, account, NOON - DAY, f"p{number}")
    told_figures.problem = Problem(kind=Kind.RATE_LIMITED, verdict=Verdict.REFUSED, message="Slow down.")
    steps: list[tuple[int, int]] = []

    looked = await look_again.look_again(context, alice, Wanted(), on_step=lambda *step: steps.append(step))

    assert (looked.asked, looked.new, len(told_figures.asked)) == (1, 0, 1)
    assert [message for message in looked.failures.values() if "Slow down." in message]
    assert steps[-1] == (4, 4)


async def test_a_post_that_is_gone_does_not_keep_the_others_from_being_asked(
    context: Context, alice: Actor, told_figures: Figures
) -> None:
    account = await connect(context, alice)
    for number in range(2):
        await publish(context, alice, account, NOON - DAY, f"p{number}")
    told_figures.problem = Problem(kind=Kind.NOT_FOUND, verdict=Verdict.REFUSED, message="It is gone.")

    looked = await look_again.look_again(context, alice, Wanted(account_id=account, since=NOON - 7 * DAY))

    assert (looked.asked, looked.new) == (3, 0)


async def test_a_round_of_the_worker_tells_open_pages_once(
    context: Context, alice: Actor, told_figures: Figures, clock: Clock
) -> None:
    account = await connect(context, alice)
    for number in range(3):
        await publish(context, alice, account, NOON - DAY, f"p{number}")

    await analytics.collect(context)
    clock.forward(timedelta(minutes=1))
    await analytics.collect(context)  # nothing is due

    told = [event.kind for event in await context.db.read(events.latest, alice)]
    assert told.count("figures.collected") == 1


# --- CSV --------------------------------------------------------------------------------------------------------------


def rows_of(written: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written.removeprefix("\ufeff"))))


def test_a_table_of_posts_has_empty_cells_for_what_is_unknown_and_says_why() -> None:
    at = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    written = figures_csv.of_posts(
        [
            post(at, {"likes": 3.0, "karma": 1.5}, text='He said "no",\nthen left'),
            post(at, None, offered=False, message="Fakebook does not tell programs these figures."),
            post(at, None),
            post(at, {"likes": 0.0}, text="=HYPERLINK(1)"),
        ],
        BERLIN,
    )

    header, *rows = rows_of(written)
    assert header[-2:] == ["likes", "karma"]
    assert [row[-2:] for row in rows] == [["3", "1.5"], ["", ""], ["", ""], ["0", ""]]
    assert [row[8] for row in rows] == ["told", "not offered by this network", "no figures yet", "told"]
    assert (rows[0][0], rows[0][6]) == ("2026-11-23T12:00:00", 'He said "no",\nthen left')
    assert rows[3][6] == "'=HYPERLINK(1)"


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=5))
def test_no_cell_begins_a_formula_and_all_else_comes_back(cells: list[str]) -> None:
    (_header, row) = rows_of(figures_csv.table(["x"] * len(cells), [cells]))

    for cell, written in zip(cells, row, strict=True):
        assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert written.removeprefix("'") == cell.removeprefix("'")


def test_a_negative_number_stays_a_number() -> None:
    assert rows_of(figures_csv.table(["a", "b"], [[-3.0, -0.5]]))[1] == ["-3", "-0.5"]
