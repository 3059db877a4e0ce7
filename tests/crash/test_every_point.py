"""A worker is abandoned at every point of every flow; another goes on. Nothing is lost, nothing is doubled."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest

from .scenarios import ALL, FILM, Named, Scenario, on_a_real_site
from .world import Abandoned, World, points_of

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]


@pytest.mark.parametrize("named", [*ALL, FILM], ids=str)
def test_a_worker_that_dies_anywhere_neither_loses_nor_doubles_a_post(on_sqlite: World, named: Named) -> None:
    die_everywhere(on_sqlite, named.at(on_sqlite))


@pytest.mark.servers
@pytest.mark.parametrize("named", ALL, ids=str)
def test_a_worker_that_dies_around_the_once_does_neither_on_postgres(on_postgres: World, named: Named) -> None:
    made = named.at(on_postgres)
    points = points_of(on_postgres, lambda: made.new()[0])
    first, last = _once(points)
    _die(on_postgres, made, points, range(first - 1, last + 1))


@pytest.mark.servers
def test_a_worker_that_dies_anywhere_does_neither_on_a_site_that_nobody_here_wrote(
    before_a_real_site: World, request: pytest.FixtureRequest
) -> None:
    die_everywhere(before_a_real_site, on_a_real_site(before_a_real_site, request))


def die_everywhere(place: World, made: Scenario) -> None:
    points = points_of(place, lambda: made.new()[0])
    _die(place, made, points, range(len(points)))


def _die(place: World, made: Scenario, points: Sequence[str], numbers: range) -> None:
    unknown: list[str] = []
    for number in numbers:
        point = points[number]
        post_id, words = made.new()
        place.publish_until_over([post_id], at=_die_at(number))
        place.publish_until_over([post_id])
        post, shown = place.post(post_id), made.shown(words)
        assert shown <= 1, f"doubled after a death at {point}"
        if post["status"] == "published":
            assert shown == 1, f"lost after a death at {point}"
        else:
            assert (post["status"], post["errorCode"]) == ("failed", "publish_outcome_unknown"), (point, post)
            unknown.append(point)
    first, last = _once(points)
    between = [] if made.can_be_asked else points[first : last + 1]
    assert set(unknown) <= set(between), f"unknown at {unknown}, but only {between} lie between intent and answer"


def _once(points: Sequence[str]) -> tuple[int, int]:
    """Where the intent of the ONCE is committed, and where its answer has come."""
    first = next(number for number, point in enumerate(points) if point.startswith("intended:"))
    return first, points.index(points[first].replace("intended:", "answered:"))


def _die_at(number: int) -> Callable[[str, str], None]:
    passed = itertools.count()

    def at(point: str, post_id: str) -> None:
        if next(passed) == number:
            raise Abandoned

    return at
