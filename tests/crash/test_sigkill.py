"""Real processes, really killed: at the claim, around the ONCE, and at the end."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

import pytest

from .scenarios import ALL, FILM, Named
from .victims import Victims, victims
from .world import OVER, World, points_of

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]

DECISION_SECONDS = 10.0
"""After a restart the first decision about an interrupted post comes within this."""


@pytest.fixture(scope="module")
def processes() -> Iterator[Victims]:
    with victims() as running:
        yield running


@pytest.mark.parametrize("named", ALL, ids=str)
def test_a_killed_worker_neither_loses_nor_doubles_a_post(on_sqlite: World, processes: Victims, named: Named) -> None:
    kill(on_sqlite, processes, named)


def test_wherever_it_is_killed_the_next_decides_within_seconds(on_sqlite: World, processes: Victims) -> None:
    kill(on_sqlite, processes, ALL[0], "claimed", "begun", "published")


@pytest.mark.servers
def test_wherever_it_is_killed_the_next_decides_within_seconds_on_postgres(
    on_postgres: World, processes: Victims
) -> None:
    kill(on_postgres, processes, ALL[0], "claimed", "begun", "published")


def kill(place: World, processes: Victims, named: Named, *further: str) -> None:
    """At every boundary of the ONCE, and where ``further`` says."""
    made, unknown = named.at(place), list[str]()
    passed = points_of(place, lambda: made.new()[0])
    once = next(point for point in passed if point.startswith("intending:")).removeprefix("intending:")
    for point in (f"intending:{once}", f"intended:{once}", f"answered:{once}", *further):
        place.forget_limits()
        victim = processes.start(place, point)
        post_id, words = made.new()
        assert victim.died() == -9, f"the worker never came to {point}"
        successor = processes.start(place)
        _until_over(place, post_id)
        successor.kill()
        post, shown = place.post(post_id), made.shown(words)
        assert shown <= 1, f"doubled after a kill at {point}"
        if post["status"] == "published":
            assert shown == 1, f"lost after a kill at {point}"
        else:
            assert post["errorCode"] == "publish_outcome_unknown"
            unknown.append(point)
    # who cannot be asked: only between the intent and the answer nobody can know
    assert unknown == ([] if made.can_be_asked else [f"intended:{once}", f"answered:{once}"])


def _until_over(place: World, post_id: str) -> None:
    restarted = time.monotonic()
    while place.post(post_id)["status"] not in OVER:
        assert time.monotonic() - restarted < DECISION_SECONDS, place.post(post_id)
        time.sleep(0.02)


def test_a_worker_that_is_killed_while_it_makes_a_film_leaves_nothing_half(
    on_sqlite: World, processes: Victims
) -> None:
    """In the middle, between the bytes and the row that knows them, and after."""
    made, folder = FILM.at(on_sqlite), on_sqlite.context.settings.data_dir / "media"
    for point in ("fitting+0.02", "converted-kept", "fitted"):
        victim = processes.start(on_sqlite, point)
        post_id, words = made.new()
        assert victim.died() == -9, f"the worker never came to {point}"
        on_sqlite.publish_until_over([post_id])

        [shown] = [post for post in on_sqlite.received("telegram") if f"{words}." in post["text"]]
        assert (on_sqlite.post(post_id)["status"], shown["media"][0]["kind"]) == ("published", "video"), point
    kept = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "incoming"]
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in kept)
