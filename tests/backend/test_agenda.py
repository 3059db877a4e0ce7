"""The calendar's rules: days in any zone, counts that are cut but true, and posts that get other times."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from backend import agenda, posts
from backend.access import Actor, Role
from backend.agenda import Filters
from backend.context import Context
from backend.db import Database
from backend.errors import AppError
from backend.ids import new_id
from backend.models import Account, Attempt, Post
from backend.outcomes import UNKNOWN_OUTCOME
from backend.status import PostStatus
from backend.times import change_of_clocks, midnight, moments, shifted, wall_time
from providers.contract import Rate, Scope

from .conftest import NOON
from .rows import add_post
from .strategies import CHIRP, networks
from .test_composing import add_account

BERLIN = "Europe/Berlin"
A_DAY = timedelta(days=1)
TODAY = NOON.date()

every_zone = st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"}))
days = st.dates(date(2021, 1, 1), date(2036, 12, 31))


@pytest.fixture(autouse=True)
def invented_networks() -> Iterator[None]:
    with networks(CHIRP):
        yield


@pytest.fixture
def bird(database: Database, alice: Actor) -> str:
    return database.write_now(add_account, alice, "bird")


def add(database: Database, actor: Actor, account: str, at: datetime, **values: Any) -> str:
    return database.write_now(add_post, actor, account, NOON, publish_at=at, due_at=at, **values)


def look(database: Database, actor: Actor, first: date, last: date, **options: Any) -> list[agenda.Day]:
    given: dict[str, Any] = {"zone": "UTC", "now": NOON, "per_slot": 3, **options}
    return database.read_now(agenda.between, actor, first, last, **given)


# --- days and hours ---------------------------------------------------------------------------------------------------


@given(zone=every_zone, first=days, count=st.integers(1, 60))
def test_days_of_any_zone_follow_each_other_without_a_gap_and_hold_what_its_clocks_say(
    zone: str, first: date, count: int
) -> None:
    for day in (first + timedelta(days=number) for number in range(count)):
        since, until = midnight(day, zone), midnight(day + A_DAY, zone)
        assert timedelta(0) < until - since <= timedelta(hours=26)
        for at in (since, since + (until - since) / 2, until - timedelta(seconds=1)):
            assert at.astimezone(ZoneInfo(zone)).date() == day


@given(zone=every_zone, day=days)
def test_the_hours_of_a_day_are_all_that_passes_in_it(zone: str, day: date) -> None:
    since, until = midnight(day, zone), midnight(day + A_DAY, zone)
    found = agenda.hours(since, until, zone)
    assert [found[0][0], found[-1][1]] == [since, until]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(found))
    assert all(timedelta(0) < end - start <= timedelta(hours=1) for start, end in found)


@given(zone=every_zone, day=days)
def test_a_change_of_the_clocks_is_found_to_the_second(zone: str, day: date) -> None:
    since, until = midnight(day, zone), midnight(day + A_DAY, zone)
    offsets = [at.astimezone(ZoneInfo(zone)).utcoffset() for at in (since, until)]
    found = change_of_clocks(since, until, zone)
    assert (found is None) == (offsets[0] == offsets[1])
    if found is not None:
        at, moved = found
        around = [(at + step).astimezone(ZoneInfo(zone)).utcoffset() for step in (-timedelta(seconds=1), timedelta(0))]
        assert around == offsets
        assert offsets[0] is not None
        assert offsets[0] + moved == offsets[1]


def test_a_day_in_berlin_has_23_24_or_25_hours() -> None:
    lengths = {
        day: len(agenda.hours(midnight(day, BERLIN), midnight(day + A_DAY, BERLIN), BERLIN))
        for day in (date(2027, 3, 28), date(2027, 3, 29), date(2026, 10, 25))
    }
    assert list(lengths.values()) == [23, 24, 25]


# --- what stands there ------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(["UTC", BERLIN, "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo"]),
    minutes=st.lists(st.integers(-3 * 1440, 6 * 1440), max_size=14),
    first=st.sampled_from([date(2027, 3, 27), date(2026, 10, 24), date(2027, 4, 3), date(2027, 4, 29)]),
    by_hour=st.booleans(),
    per_slot=st.integers(1, 4),
)
def test_every_post_of_the_days_is_shown_at_its_time_or_counted(
    database: Database,
    alice: Actor,
    bird: str,
    zone: str,
    minutes: list[int],
    first: date,
    by_hour: bool,
    per_slot: int,
) -> None:
    def seeded(session: Session) -> None:
        session.execute(text("DELETE FROM posts"))
        for minute in minutes:
            at = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(minutes=minute)
            add_post(session, alice, bird, NOON, publish_at=at, due_at=at)

    database.write_now(seeded)
    last = first + timedelta(days=2)

    found = look(database, alice, first, last, zone=zone, per_slot=per_slot, by_hour=by_hour)

    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    times = sorted(start + timedelta(minutes=minute) for minute in minutes)
    for day in found:
        mine = [at for at in times if at.astimezone(ZoneInfo(zone)).date() == day.date]
        assert day.total == len(mine)
        for slot in day.slots:
            inside = [at for at in mine if slot.since <= at < slot.until]
            shown = [entry.at for entry in slot.entries]
            assert shown == inside[: len(shown)]
            assert len(shown) == (len(inside) if len(inside) <= per_slot + 1 else per_slot)
            assert slot.hidden == len(inside) - len(shown)


def test_failed_posts_are_counted_where_they_are_not_shown(database: Database, alice: Actor, bird: str) -> None:
    for minute in range(6):
        failed = {"status": PostStatus.FAILED, "error_code": "x"} if minute == 5 else {}
        add(database, alice, bird, NOON + timedelta(minutes=minute), **failed)
    (day,) = look(database, alice, TODAY, TODAY)
    assert (day.total, day.failed, day.slots[0].hidden) == (6, 1, 3)
    assert all(entry.status == PostStatus.SCHEDULED for entry in day.slots[0].entries)


def test_another_workspace_sees_nothing_of_it(database: Database, alice: Actor, bob: Actor, bird: str) -> None:
    add(database, alice, bird, NOON)
    assert [day.total for day in look(database, bob, TODAY, TODAY)] == [0]


def test_each_filter_leaves_only_what_it_names(database: Database, alice: Actor, bird: str) -> None:
    crow = database.write_now(add_account, alice, "crow")
    add(database, alice, bird, NOON, description="one")
    add(database, alice, crow, NOON, description="two", status=PostStatus.DRAFT)

    def seen(**filters: tuple[str, ...]) -> set[str]:
        (day,) = look(database, alice, TODAY, TODAY, filters=Filters(**filters))
        assert day.total == len(day.slots[0].entries)
        return {entry.text for entry in day.slots[0].entries}

    assert seen() == {"one", "two"}
    assert seen(accounts=(crow,)) == {"two"}
    assert seen(accounts=(crow, bird)) == {"one", "two"}
    assert seen(statuses=(PostStatus.SCHEDULED,)) == {"one"}
    assert seen(providers=("chirp",)) == {"one", "two"}
    assert seen(providers=("gazette",)) == set()
    assert seen(campaigns=("campaign_x",)) == set()


async def test_posts_of_a_campaign_are_found_by_it(context: Context, alice: Actor, bird: str) -> None:
    from .test_composing import thread

    await thread(context, alice, bird)
    ((id, name),) = await context.db.read(agenda.campaigns, alice)
    assert name
    tomorrow = TODAY + A_DAY
    (day,) = await context.db.read(
        agenda.between, alice, tomorrow, tomorrow, zone="UTC", now=NOON, per_slot=9, filters=Filters(campaigns=(id,))
    )
    assert [entry.campaign for entry in day.slots[0].entries] == [True, True]


def test_an_entry_says_late_only_of_what_was_or_is_late(database: Database, alice: Actor, bird: str) -> None:
    before = NOON - timedelta(hours=1)
    waits = {"schedulable_at": before - A_DAY}
    add(database, alice, bird, before, description="waits", **waits)
    add(database, alice, bird, NOON - timedelta(minutes=1), description="on time", **waits)
    add(database, alice, bird, before, description="draft", status=PostStatus.DRAFT, **waits)
    out = add(database, alice, bird, before, description="out", status=PostStatus.PUBLISHED)

    def tried(session: Session) -> None:
        attempt = {"generation": 1, "stage": "published", "ok": True, "started_at": NOON}
        session.add(
            Attempt(
                id=new_id("attempt", NOON), workspace_id=alice.workspace_id, post_id=out, attempt_no=1, lateness=1900.0, **attempt
            )
        )  # fmt: skip

    database.write_now(tried)
    (day,) = look(database, alice, TODAY, TODAY, per_slot=9)
    late = {entry.text: entry.late for entry in day.slots[0].entries}
    assert late == {
        "waits": timedelta(hours=1),
        "on time": None,
        "draft": None,
        "out": timedelta(seconds=1900),
    }


@pytest.mark.parametrize(
    ("values", "movable"),
    [
        ({}, True),
        ({"status": PostStatus.DRAFT}, True),
        ({"status": PostStatus.FAILED, "error_code": "refused"}, True),
        ({"status": PostStatus.FAILED, "error_code": UNKNOWN_OUTCOME}, False),
        ({"status": PostStatus.PUBLISHED}, False),
        ({"status": PostStatus.PUBLISHING}, False),
        ({"status": PostStatus.CANCELED}, False),
    ],
)
def test_only_what_may_get_another_time_is_movable(
    database: Database, alice: Actor, bird: str, values: dict[str, Any], movable: bool
) -> None:
    add(database, alice, bird, NOON, **values)
    (day,) = look(database, alice, TODAY, TODAY)
    assert [entry.movable for entry in day.slots[0].entries] == [movable]


def test_the_index_leads_to_the_posts_of_a_day(database: Database, alice: Actor, bird: str) -> None:
    """Whatever is in the table: a month is read by its own rows, and counted without reading them."""
    if not database.is_sqlite:
        pytest.skip("the planner of PostgreSQL decides by the size of the table")
    asked: list[tuple[str, Any]] = []
    from sqlalchemy import event

    def heard(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if "spans" in statement:
            asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", heard)
    look(database, alice, TODAY, TODAY + timedelta(days=30))
    event.remove(database.engine, "before_cursor_execute", heard)

    def plans(session: Session) -> list[str]:
        explained = [session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given) for sql, given in asked]
        return ["\n".join(row[3] for row in rows) for rows in explained]

    counting, reading = database.read_now(plans)
    assert "USING COVERING INDEX ix_posts_agenda (workspace_id=? AND publish_at>? AND publish_at<?)" in counting
    assert "INDEX ix_posts_agenda (workspace_id=? AND publish_at>? AND publish_at<?)" in reading
    assert "SCAN posts" not in counting + reading


# --- what the networks take -------------------------------------------------------------------------------------------


def quotas(database: Database, actor: Actor, last: date = TODAY, zone: str = "UTC") -> list[agenda.Quota]:
    return database.read_now(agenda.quotas, actor, TODAY, last, zone=zone)


def rated(*rates: Rate) -> Any:
    return networks(replace(CHIRP, rates=rates))


def test_a_network_without_a_limit_of_a_day_has_no_quota(database: Database, alice: Actor, bird: str) -> None:
    add(database, alice, bird, NOON)
    assert quotas(database, alice) == []
    with rated(Rate(count=20, per=timedelta(minutes=1), scope=Scope.ACCOUNT)):
        assert quotas(database, alice) == []


def test_a_quota_counts_what_goes_out_on_a_day_of_the_zone(database: Database, alice: Actor, bird: str) -> None:
    add(database, alice, bird, NOON)
    add(database, alice, bird, NOON, status=PostStatus.PUBLISHED)
    for status in (PostStatus.DRAFT, PostStatus.CANCELED, PostStatus.FAILED):
        add(database, alice, bird, NOON, status=status)
    add(database, alice, bird, datetime(2026, 11, 23, 23, 30, tzinfo=UTC))  # already the 24th in Berlin
    with rated(Rate(count=25, per=A_DAY, scope=Scope.ACCOUNT)):
        (found,) = quotas(database, alice, TODAY + A_DAY, BERLIN)
    assert (found.limit, found.accounts, found.used) == (25, (bird,), {TODAY: 2, TODAY + A_DAY: 1})


def test_accounts_that_share_a_limit_are_counted_together(database: Database, alice: Actor, bird: str) -> None:
    crow = database.write_now(add_account, alice, "crow")
    add(database, alice, bird, NOON)
    add(database, alice, crow, NOON)
    own, app = Rate(count=5, per=A_DAY, scope=Scope.ACCOUNT), Rate(count=9, per=A_DAY, scope=Scope.APP)
    with rated(own, app):
        found = quotas(database, alice)
    assert {(one.scope, frozenset(one.accounts), one.used.get(TODAY)) for one in found} == {
        (Scope.ACCOUNT, frozenset({bird}), 1),
        (Scope.APP, frozenset({bird, crow}), 2),
        (Scope.ACCOUNT, frozenset({crow}), 1),
    }


# --- giving other times -----------------------------------------------------------------------------------------------


def shift(database: Database, actor: Actor, revisions: dict[str, int], days: int) -> agenda.Changes:
    return database.write_now(agenda.shift, actor, revisions, days=days, now=NOON, nudge=lambda: None)


def row(database: Database, id: str) -> Post:
    return database.read_now(lambda session: session.get_one(Post, id))


@given(
    zone=every_zone,
    at=st.datetimes(datetime(2021, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    count=st.integers(-40, 40).filter(bool),
)
def test_a_post_keeps_its_reading_of_the_clocks_unless_they_skip_it(zone: str, at: datetime, count: int) -> None:
    at = at.replace(microsecond=0)
    wall = datetime.fromisoformat(wall_time(at, zone)) + timedelta(days=count)
    readings = moments(wall.isoformat(), zone)
    moved = shifted(at, zone, days=count)
    if readings:
        assert moved == readings[0]
    else:
        skipped = change_of_clocks(moved - A_DAY, moved + A_DAY, zone)
        assert skipped is not None
        assert datetime.fromisoformat(wall_time(moved, zone)) == wall + skipped[1]


@pytest.mark.parametrize(
    ("start", "days", "readings", "stands"),
    [
        (datetime(2027, 3, 27, 1, 30, tzinfo=UTC), 1, 0, "2027-03-28T03:30:00"),
        (datetime(2027, 3, 27, 8, 0, tzinfo=UTC), 1, 1, "2027-03-28T09:00:00"),
        (datetime(2027, 10, 30, 0, 30, tzinfo=UTC), 1, 2, "2027-10-31T02:30:00"),
    ],
)
def test_moved_onto_a_change_of_the_clocks_it_says_what_it_stands_at_now(
    database: Database, alice: Actor, bird: str, start: datetime, days: int, readings: int, stands: str
) -> None:
    post = add(database, alice, bird, start, timezone=BERLIN)

    (moved,) = shift(database, alice, {post: 1}, days).moved

    found = row(database, post)
    assert moved.readings == readings
    assert found.wall_time == wall_time(found.publish_at, BERLIN) == stands
    assert (moved.at, moved.revision, found.due_at) == (found.publish_at, found.revision, found.publish_at)


def test_of_a_reading_that_comes_twice_the_first_is_meant(database: Database, alice: Actor, bird: str) -> None:
    post = add(database, alice, bird, NOON + A_DAY, timezone=BERLIN)
    database.write_now(
        agenda.place, alice, post, wall="2027-10-31T02:30", zone=BERLIN, revision=1, now=NOON, nudge=lambda: None
    )
    assert row(database, post).publish_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_a_post_is_moved_by_days_of_its_own_zone_and_keeps_it(database: Database, alice: Actor, bird: str) -> None:
    """The clocks in New York change two weeks before those in Berlin."""
    at = datetime(2027, 3, 13, 14, 0, tzinfo=UTC)  # nine in the morning
    post = add(database, alice, bird, at, timezone="America/New_York")
    shift(database, alice, {post: 1}, 1)
    found = row(database, post)
    assert (found.timezone, found.wall_time) == ("America/New_York", "2027-03-14T09:00:00")
    assert found.publish_at - at == timedelta(hours=23)


def test_a_place_on_the_calendar_is_one_of_its_zone_and_the_post_keeps_its_own(
    database: Database, alice: Actor, bird: str
) -> None:
    post = add(database, alice, bird, NOON + A_DAY, timezone="America/New_York")
    values: dict[str, Any] = {"wall": "2027-03-28T02:30", "zone": BERLIN, "now": NOON, "nudge": lambda: None}
    moved = database.write_now(agenda.place, alice, post, revision=1, **values)
    found = row(database, post)
    assert (found.timezone, found.wall_time) == ("America/New_York", "2027-03-27T21:30:00")
    assert (moved.readings, moved.at) == (0, datetime(2027, 3, 28, 1, 30, tzinfo=UTC))
    database.write_now(agenda.place, alice, post, revision=2, keep_zone=False, **values)
    assert row(database, post).timezone == BERLIN


def test_undo_puts_it_back_as_it_was(database: Database, alice: Actor, bird: str) -> None:
    at = datetime(2027, 3, 27, 1, 30, tzinfo=UTC)
    post = add(database, alice, bird, at, timezone=BERLIN, wall_time="2027-03-27T02:30:00")
    moved = shift(database, alice, {post: 1}, 1).moved
    back = database.write_now(agenda.put_back, alice, moved, now=NOON, nudge=lambda: None)
    found = row(database, post)
    assert not back.refused
    assert (found.publish_at, found.wall_time, found.timezone) == (at, "2027-03-27T02:30:00", BERLIN)


def test_undo_leaves_alone_what_somebody_changed_since(database: Database, alice: Actor, bird: str) -> None:
    post = add(database, alice, bird, NOON + A_DAY)
    moved = shift(database, alice, {post: 1}, 1).moved
    shift(database, alice, {post: 2}, 5)
    back = database.write_now(agenda.put_back, alice, moved, now=NOON, nudge=lambda: None)
    assert [error.code for _, error in back.refused] == ["post_changed"]
    assert row(database, post).publish_at == NOON + 7 * A_DAY


def test_nothing_is_moved_into_the_past_but_a_draft(database: Database, alice: Actor, bird: str) -> None:
    """To the engine a time in the past means now: a slip of the hand must not publish."""
    post = add(database, alice, bird, NOON + timedelta(hours=3))
    draft = add(database, alice, bird, NOON + timedelta(hours=3), status=PostStatus.DRAFT)

    changes = shift(database, alice, {post: 1, draft: 1}, -1)

    assert [(id, error.code) for id, error in changes.refused] == [(post, "publish_at_past")]
    assert [one.post_id for one in changes.moved] == [draft]
    assert row(database, post).publish_at == NOON + timedelta(hours=3)
    assert row(database, draft).status == PostStatus.DRAFT


def test_one_that_cannot_be_moved_keeps_no_other_from_it(database: Database, alice: Actor, bird: str) -> None:
    good = add(database, alice, bird, NOON + A_DAY)
    out = add(database, alice, bird, NOON + A_DAY, status=PostStatus.PUBLISHED)
    stale = add(database, alice, bird, NOON + A_DAY)
    database.write_now(posts.reschedule, alice, stale, publish_at=NOON + 2 * A_DAY, timezone=None, revision=1, now=NOON)

    changes = shift(database, alice, {good: 1, out: 1, stale: 1}, 7)

    assert [one.post_id for one in changes.moved] == [good]
    assert {id: error.code for id, error in changes.refused} == {out: "post_not_editable", stale: "post_changed"}


def test_the_publisher_is_woken_for_a_post_that_is_due_soon(database: Database, alice: Actor, bird: str) -> None:
    woken: list[bool] = []
    post = add(database, alice, bird, NOON + A_DAY + timedelta(minutes=1))
    database.write_now(agenda.shift, alice, {post: 1}, days=-1, now=NOON, nudge=lambda: woken.append(True))
    assert woken == [True]


def test_several_are_canceled_and_the_others_say_why_not(database: Database, alice: Actor, bird: str) -> None:
    good, out = add(database, alice, bird, NOON), add(database, alice, bird, NOON, status=PostStatus.PUBLISHED)
    refused = database.write_now(agenda.cancel, alice, [good, out], now=NOON)
    assert [(id, error.code) for id, error in refused] == [(out, "post_not_cancelable")]
    assert row(database, good).status == PostStatus.CANCELED


def test_viewers_move_nothing_and_strangers_find_nothing(
    database: Database, alice: Actor, bob: Actor, bird: str
) -> None:
    post = add(database, alice, bird, NOON + A_DAY)
    with pytest.raises(AppError, match="may not do that"):
        shift(database, replace(alice, role=Role.VIEWER), {post: 1}, 1)
    changes = shift(database, bob, {post: 1}, 1)
    assert [error.code for _, error in changes.refused] == ["post_not_found"]


def test_too_many_at_once_are_refused_whole(database: Database, alice: Actor) -> None:
    with pytest.raises(AppError, match="at most 500"):
        shift(database, alice, {f"post_{number}": 1 for number in range(501)}, 1)


def test_a_disconnected_account_has_no_quota_any_more(database: Database, alice: Actor, bird: str) -> None:
    database.write_now(
        lambda session: session.execute(update(Account).where(Account.id == bird).values(disconnected_at=NOON))
    )
    with rated(Rate(count=25, per=A_DAY, scope=Scope.ACCOUNT)):
        assert quotas(database, alice) == []


def test_whoever_plans_more_for_a_day_than_a_network_takes_is_told(database: Database, alice: Actor, bird: str) -> None:
    add(database, alice, bird, NOON)

    def told(*days: date) -> list[tuple[list[int], dict[str, Any]]]:
        noon = [datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in days]
        planned = [(number, bird, at) for number, at in enumerate(noon)]
        found = database.read_now(agenda.crowded, alice, planned, zone="UTC")
        return [(warning["posts"], warning["details"]) for warning in found]

    tomorrow = TODAY + A_DAY
    with rated(Rate(count=2, per=A_DAY, scope=Scope.ACCOUNT)):
        assert told() == told(TODAY, tomorrow, tomorrow) == []
        assert told(TODAY, tomorrow, TODAY) == [
            ([0, 2], {"day": TODAY.isoformat(), "limit": 2, "planned": 3, "scope": "account"})
        ]
