"""A worker is abandoned at every point of every flow; another goes on. Nothing is lost, nothing is doubled."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from socialclaw_app.sandbox import SandboxThread

from .world import Abandoned, World, points_of, world

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with SandboxThread() as running:
        for state in running.networks.values():
            state.limits_enabled = False
        yield running.url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
def place(request: pytest.FixtureRequest, tmp_path: Path, sandbox: str) -> Iterator[World]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_server").create_database()
    with world(tmp_path, sandbox, database_url=url) as made:
        yield made


def telegram_text(place: World) -> Callable[[], tuple[str, str]]:
    handle = place.connect("telegram", **_login("telegram"))
    return lambda: _post(place, handle)


def discord_text(place: World) -> Callable[[], tuple[str, str]]:
    login = _login("discord")
    handle = place.connect("discord", webhookUrl=place.sandbox + login["webhookUrl"])
    return lambda: _post(place, handle)


def _login(network: str) -> dict[str, str]:
    from socialclaw_app.sandbox import networks

    credentials = networks()[network].credentials
    return {name: value[0] if isinstance(value, list) else value for name, value in credentials.items()}


def _post(place: World, handle: str) -> tuple[str, str]:
    text = f"Post number {next(_numbers)}"
    return place.apply({"account": handle, "description": text})[0], text


@pytest.mark.crash
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("network", "make"), [("telegram", telegram_text), ("discord", discord_text)])
def test_a_worker_that_dies_anywhere_neither_loses_nor_doubles_a_post(
    place: World, network: str, make: Callable[[World], Callable[[], tuple[str, str]]]
) -> None:
    new = make(place)
    points = points_of(place, lambda: new()[0])
    assert any(point.startswith("intended:") for point in points)
    assert any(point.startswith("answered:") for point in points)
    unknown: list[str] = []
    for number, point in enumerate(points):
        post_id, text = new()
        place.publish_until_over([post_id], at=_die_at(number))
        place.publish_until_over([post_id])
        post, shown = place.post(post_id), place.received(network, text)
        assert len(shown) <= 1, f"doubled after a death at {point}"
        if post["status"] == "published":
            assert len(shown) == 1, f"lost after a death at {point}"
        else:
            assert (post["status"], post["errorCode"]) == ("failed", "publish_outcome_unknown"), (point, post)
            unknown.append(point)
    between = points[_index(points, "intended:") : _index(points, "answered:") + 1]
    assert set(unknown) <= set(between), f"unknown at {unknown}, but only {between} lie between intent and answer"


def _index(points: list[str], beginning: str) -> int:
    return next(number for number, point in enumerate(points) if point.startswith(beginning))


def _die_at(number: int) -> Callable[[str, str], None]:
    passed = itertools.count()

    def at(point: str, post_id: str) -> None:
        if next(passed) == number:
            raise Abandoned

    return at
