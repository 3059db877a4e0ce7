"""Going through the posts of a workspace: pages that keep their place, counts, what can be chosen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from backend import browsing, runs
from backend.access import Actor
from backend.context import Context
from backend.models import Post
from backend.outcomes import UNKNOWN_OUTCOME
from backend.posts import Filters
from backend.status import PostStatus

from .conftest import NOON
from .rows import add_post
from .strategies import CHIRP, networks
from .test_composing import LATER, STEPS, add_account


@pytest.fixture(autouse=True)
def invented_networks() -> Iterator[None]:
    with networks(CHIRP):
        yield


@pytest.fixture
async def bird(context: Context, alice: Actor) -> str:
    return await context.db.write(add_account, alice, "bird")


def add_posts(session: Session, actor: Actor, account_id: str, hours: list[int]) -> list[str]:
    return [
        add_post(session, actor, account_id, NOON, publish_at=NOON + timedelta(hours=hour), description=f"At {hour}")
        for hour in hours
    ]


async def page(context: Context, actor: Actor, place: str = "", **options: Any) -> browsing.Page:
    filters = options.pop("filters", Filters())
    return await context.db.read(browsing.page, actor, filters, place=place, **{"size": 3, **options})


def told(page: browsing.Page) -> list[str]:
    return [post["description"].removeprefix("At ") for post in page.posts]


async def test_pages_follow_each_other_without_a_gap_in_both_directions(
    context: Context,
    alice: Actor,
    bird: str,
) -> None:
    await context.db.write(add_posts, alice, bird, [1, 2, 3, 4, 4, 4, 5, 6])
    first = await page(context, alice)
    second = await page(context, alice, first.older or "")
    third = await page(context, alice, second.older or "")
    assert [told(first), told(second), told(third)] == [["6", "5", "4"], ["4", "4", "3"], ["2", "1"]]
    assert [(one.first, one.total) for one in (first, second, third)] == [(1, 8), (4, 8), (7, 8)]
    assert (first.newer, third.older) == (None, None)
    assert await page(context, alice, third.newer or "") == second
    assert second.newer == ""
    assert len({post["id"] for one in (first, second, third) for post in one.posts}) == 8


async def test_the_soonest_can_come_first(context: Context, alice: Actor, bird: str) -> None:
    await context.db.write(add_posts, alice, bird, [3, 1, 2, 4])
    first = await page(context, alice, soonest=True)
    assert told(first) == ["1", "2", "3"]
    assert told(await page(context, alice, first.older or "", soonest=True)) == ["4"]


async def test_a_page_stays_where_it_is_when_a_newer_post_is_made(
    context: Context,
    alice: Actor,
    bird: str,
) -> None:
    await context.db.write(add_posts, alice, bird, [1, 2, 3, 4, 5])
    second = (await page(context, alice)).older or ""
    await context.db.write(add_posts, alice, bird, [9])
    again = await page(context, alice, second)
    assert (told(again), again.first, again.total) == (["2", "1"], 5, 6)
    assert told(await page(context, alice, again.newer or "")) == ["5", "4", "3"]


async def test_the_last_page_is_shown_when_nothing_is_left_from_a_place_on(
    context: Context,
    alice: Actor,
    bird: str,
) -> None:
    ids = await context.db.write(add_posts, alice, bird, [1, 2, 3, 4])
    last = (await page(context, alice)).older or ""

    def cancel(session: Session) -> None:
        session.execute(update(Post).where(Post.id == ids[0]).values(status=PostStatus.CANCELED))

    await context.db.write(cancel)
    shown = await page(context, alice, last, filters=Filters(states=("scheduled",)))
    assert (told(shown), shown.first, shown.older) == (["4", "3", "2"], 1, None)


@pytest.mark.parametrize("place", ["nonsense", "1.5", "9" * 60 + ".post_1", "-1e9.x", ".", "\0"])
async def test_what_is_no_place_is_the_beginning_or_beyond_the_end(
    context: Context,
    alice: Actor,
    bird: str,
    place: str,
) -> None:
    await context.db.write(add_posts, alice, bird, [1, 2])
    assert told(await page(context, alice, place)) == ["2", "1"]


async def test_lost_outcomes_and_deleted_posts_are_states_of_their_own(
    context: Context,
    alice: Actor,
    bird: str,
) -> None:
    def add(session: Session) -> None:
        published: dict[str, Any] = {"status": PostStatus.PUBLISHED, "published_at": NOON}
        failed: dict[str, Any] = {"status": PostStatus.FAILED, "error_code": "refused"}
        add_post(session, alice, bird, NOON, **published)
        add_post(session, alice, bird, NOON, **published, deleted_at=NOON, description="gone")
        add_post(session, alice, bird, NOON, **failed)
        add_post(session, alice, bird, NOON, **{**failed, "error_code": UNKNOWN_OUTCOME}, description="lost")
        add_post(session, alice, bird, NOON)

    await context.db.write(add)
    counts = await context.db.read(browsing.counts, alice, Filters(states=("failed",)))
    assert counts == {"published": 1, "deleted": 1, "failed": 1, "unknown": 1, "scheduled": 1}
    for state, words in (("unknown", "lost"), ("deleted", "gone")):
        shown = await page(context, alice, filters=Filters(states=(state,)))
        assert [post["description"] for post in shown.posts] == [words]
    assert (await page(context, alice, filters=Filters(states=("failed", "published")))).total == 2


async def test_a_post_is_found_by_its_words_its_id_and_its_address_at_the_network(
    context: Context,
    alice: Actor,
    bird: str,
) -> None:
    url = "https://chirp.example/posts/77"
    values = {"description": "100% wool", "provider_post_id": "77", "provider_url": url}
    id = await context.db.write(lambda session: add_post(session, alice, bird, NOON, **values))
    await context.db.write(add_posts, alice, bird, [1])
    for words in ("WOOL", "100%", id, "77", url):
        assert [post["id"] for post in (await page(context, alice, filters=Filters(search=words))).posts] == [id], words
    assert (await page(context, alice, filters=Filters(search="7"))).total == 0


async def test_what_can_be_chosen_is_what_there_is_in_this_workspace(
    context: Context,
    alice: Actor,
    bob: Actor,
    bird: str,
) -> None:
    await context.db.write(add_account, bob, "crow")
    target = {"account": bird, "publish_at": LATER, "steps": STEPS}
    made = await runs.apply_once(context, alice, {"campaigns": [{"name": "Launch", "targets": [target]}]})
    offered = await context.db.read(browsing.choices, alice)
    assert [(one["id"], one["name"]) for one in offered["accounts"]] == [(bird, "chirp:@bird")]
    assert offered["providers"] == [{"id": "chirp"}]
    (campaign,) = offered["campaigns"]
    assert campaign["name"] == "Launch"
    found = await context.db.read(browsing.ids, alice, Filters(campaign_id=campaign["id"]), soonest=True)
    assert found == [post["id"] for post in made.posts]
    assert await context.db.read(browsing.ids, bob, Filters()) == []


BERLIN = "Europe/Berlin"


def span(**query: str) -> tuple[str | None, str | None]:
    asked = browsing.asked({key.rstrip("_"): value for key, value in query.items()})
    found = browsing.filters_of(asked, zone=BERLIN, now=datetime(2026, 10, 25, 22, 30, tzinfo=UTC))
    return tuple(at and at.isoformat() for at in (found.since, found.until))  # pyright: ignore[reportReturnType]


def test_days_are_those_of_the_zone_and_the_last_is_looked_at_to_its_end() -> None:
    """In Berlin it is half past eleven at night, on the day when the clocks went back."""
    assert span(when="today") == ("2026-10-24T22:00:00+00:00", "2026-10-25T22:59:59.999999+00:00")
    assert span(when="next-7") == ("2026-10-24T22:00:00+00:00", "2026-10-31T22:59:59.999999+00:00")
    assert span(when="past-7") == ("2026-10-18T22:00:00+00:00", "2026-10-25T22:59:59.999999+00:00")
    assert span(from_="2026-10-26", to="2026-10-26") == (
        "2026-10-25T23:00:00+00:00",
        "2026-10-26T22:59:59.999999+00:00",
    )


@pytest.mark.parametrize("written", ["", "2026", "yesterday", "2026-13-01", "2026-01-01T10:00", "9999-12-31", "\0"])
def test_what_is_no_day_asks_for_nothing(written: str) -> None:
    assert span(from_=written, to=written) == (None, None)


@given(
    st.dictionaries(st.sampled_from((*browsing.KEYS, "page", "x")), st.none() | st.integers() | st.text(max_size=20))
)
def test_any_address_asks_for_something(query: dict[str, Any]) -> None:
    asked = browsing.asked(query)
    assert browsing.asked(asked) == asked
    browsing.filters_of(asked, zone=BERLIN, now=NOON)
