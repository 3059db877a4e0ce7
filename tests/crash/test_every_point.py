"""A worker is abandoned at every point of every flow; another goes on. Nothing is lost, nothing is doubled."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from socialclaw_app.sandbox import SandboxThread

from . import scenarios
from .scenarios import Scenario
from .world import Abandoned, World, points_of, world


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with SandboxThread() as running:
        for state in running.networks.values():
            state.limits_enabled = False
        yield running.url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
def place(request: pytest.FixtureRequest, tmp_path: Path, sandbox: str) -> Iterator[World]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_server").create_database()
    private: set[str] = set()
    if request.node.get_closest_marker("servers") and "wordpress" in request.node.name:
        private.add(urlsplit(request.getfixturevalue("wordpress_server").url).netloc)
    with world(tmp_path, sandbox, database_url=url, allow_private_hosts=frozenset(private)) as made:
        yield made


@pytest.mark.crash
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "scenario",
    [
        scenarios.telegram_text,
        scenarios.telegram_photo,
        scenarios.discord_file,
        scenarios.x_text,
        scenarios.x_images,
        pytest.param(scenarios.wordpress_post, marks=pytest.mark.servers),
    ],
)
def test_a_worker_that_dies_anywhere_neither_loses_nor_doubles_a_post(
    place: World, request: pytest.FixtureRequest, scenario: Callable[[World, pytest.FixtureRequest], Scenario]
) -> None:
    made = scenario(place, request)
    points = points_of(place, lambda: made.new()[0])
    unknown: list[str] = []
    for number, point in enumerate(points):
        post_id, text = made.new()
        place.publish_until_over([post_id], at=_die_at(number))
        place.publish_until_over([post_id])
        post, shown = place.post(post_id), made.shown(text)
        assert shown <= 1, f"doubled after a death at {point}"
        if post["status"] == "published":
            assert shown == 1, f"lost after a death at {point}"
        else:
            assert (post["status"], post["errorCode"]) == ("failed", "publish_outcome_unknown"), (point, post)
            unknown.append(point)
    first, last = _once(points)
    between = [] if made.can_be_asked else points[first : last + 1]
    assert set(unknown) <= set(between), f"unknown at {unknown}, but only {between} lie between intent and answer"


def _once(points: list[str]) -> tuple[int, int]:
    """Where the intent of the ONCE is committed, and where its answer has come."""
    first = next(number for number, point in enumerate(points) if point.startswith("intended:"))
    return first, points.index(points[first].replace("intended:", "answered:"))


def _die_at(number: int) -> Callable[[str, str], None]:
    passed = itertools.count()

    def at(point: str, post_id: str) -> None:
        if next(passed) == number:
            raise Abandoned

    return at
