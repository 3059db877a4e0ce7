"""Proposals of a time: free of other posts, within declared rates, by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import slots
from backend.access import Actor
from backend.context import Context
from backend.slots import Busy, Load, best_gap, is_free, next_free
from providers.contract import Rate, Scope

from .conftest import NOON
from .rows import add_post
from .strategies import CHIRP, networks, zones
from .test_composing import add_account

DAY = timedelta(days=1)
HOURLY = Rate(count=2, per=timedelta(hours=6), scope=Scope.ACCOUNT)
minutes = st.integers(-3000, 12_000).map(lambda count: NOON + timedelta(minutes=count))
times = st.lists(minutes, max_size=40).map(lambda found: tuple(sorted(found)))


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_the_next_slot_is_the_next_half_hour_that_can_still_be_read() -> None:
    assert next_free(Busy(), zone="UTC", now=at(12)) == at(12, 30)
    assert next_free(Busy(), zone="UTC", now=at(12, 20)) == at(12, 30)
    assert next_free(Busy(), zone="UTC", now=at(12, 25)) == at(13)


def test_a_slot_is_an_hour_from_every_other_post() -> None:
    assert next_free(Busy(times=(at(12, 50), at(14))), zone="UTC", now=at(12)) == at(15)


def test_nobody_is_proposed_to_post_at_night() -> None:
    assert next_free(Busy(), zone="UTC", now=at(20, 45)) == at(8, day=24)
    assert next_free(Busy(), zone="America/New_York", now=at(4)) == at(13)


def test_a_full_rate_moves_the_slot_to_when_it_has_room() -> None:
    busy = Busy(loads=(Load(rate=HOURLY, times=(at(9), at(10))),))

    assert next_free(busy, zone="UTC", now=at(12)) == at(15)


def test_what_is_planned_for_later_counts_against_a_rate_as_well() -> None:
    busy = Busy(loads=(Load(rate=HOURLY, times=(at(14), at(16))),))

    assert not is_free(busy, at(12, 30))
    assert is_free(busy, at(22))


@given(times, times, zones)
def test_a_proposal_is_free_ahead_and_by_day(
    planned: tuple[datetime, ...], counted: tuple[datetime, ...], zone: str
) -> None:
    busy = Busy(times=planned, loads=(Load(rate=HOURLY, times=counted),))

    for found in (next_free(busy, zone=zone, now=NOON), best_gap(busy, zone=zone, now=NOON)):
        if found is None:
            continue
        assert found >= NOON + slots.SOONEST
        assert slots.FIRST_HOUR <= found.astimezone(ZoneInfo(zone)).hour < slots.LAST_HOUR
        assert all(abs(found - other) >= slots.SPACING for other in planned)
        together = sorted([*counted, found])
        assert all(
            sum(start <= other < start + HOURLY.per for other in together) <= HOURLY.count
            for start in together
            if start <= found < start + HOURLY.per
        )


@given(times)
def test_the_best_gap_is_never_nearer_to_other_posts_than_the_next_free_slot(planned: tuple[datetime, ...]) -> None:
    busy = Busy(times=planned)
    soon, best = next_free(busy, zone="UTC", now=NOON), best_gap(busy, zone="UTC", now=NOON)
    if soon is None or best is None or not planned:
        return
    assert min(abs(best - other) for other in planned) >= min(abs(soon - other) for other in planned)


def test_without_any_post_the_best_gap_is_the_next_slot() -> None:
    assert best_gap(Busy(), zone="UTC", now=NOON) == next_free(Busy(), zone="UTC", now=NOON)


# --- from the rows ----------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def invented_networks() -> Iterator[None]:
    with networks(replace(CHIRP, rates=(Rate(count=1, per=DAY, scope=Scope.HOST),))):
        yield


async def test_posts_of_the_chosen_accounts_take_their_slots_and_canceled_ones_do_not(
    context: Context, alice: Actor
) -> None:
    bird = await context.db.write(add_account, alice, "bird")
    with networks(CHIRP):
        before = await context.db.read(slots.suggest, alice, [bird], zone="UTC", now=NOON)
        id = await context.db.write(add_post, alice, bird, NOON + timedelta(minutes=30))
        await context.db.write(add_post, alice, bird, NOON + timedelta(minutes=90), status="canceled")
        after = await context.db.read(slots.suggest, alice, [bird], zone="UTC", now=NOON)
        moving = await context.db.read(slots.suggest, alice, [bird], zone="UTC", now=NOON, besides=id)

    assert before["nextFree"] == moving["nextFree"] == "2026-11-23T12:30:00"
    assert after["nextFree"] == "2026-11-23T13:30:00"


async def test_a_rate_counts_the_posts_of_all_accounts_that_share_it(context: Context, alice: Actor) -> None:
    bird, crow = [await context.db.write(add_account, alice, name) for name in ("bird", "crow")]
    await context.db.write(add_post, alice, crow, NOON)

    found = await context.db.read(slots.suggest, alice, [bird], zone="UTC", now=NOON)

    assert found["nextFree"] == "2026-11-24T12:00:00"


async def test_another_workspace_takes_nobodys_slots(context: Context, alice: Actor, bob: Actor) -> None:
    mine, theirs = await context.db.write(add_account, alice, "bird"), await context.db.write(add_account, bob, "bird")
    await context.db.write(add_post, bob, theirs, NOON)

    found = await context.db.read(slots.suggest, alice, [mine], zone="UTC", now=NOON)

    assert found["nextFree"] == "2026-11-23T12:30:00"
