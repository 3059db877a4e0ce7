"""Where the steps of a campaign stand when they are drawn, and which lines run between them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.parts.campaign_graph import ANSWERS, FOLLOWS, GAP, HEIGHT, WIDTH, Spot, edges, spots


@st.composite
def chains(draw: st.DrawFn) -> list[int | None]:
    """Each step answers one before it, or none."""
    parents: list[int | None] = []
    for number in range(draw(st.integers(1, 12))):
        parents.append(draw(st.none() | st.integers(0, number - 1)) if number else None)
    return parents


def lines(placed: list[Spot]) -> list[tuple[tuple[int, int], tuple[int, int], str]]:
    """From where to where, by column and row."""
    found = [(placed[spot.after], spot) for spot in placed if spot.after is not None]
    return [((one.column, one.row), (other.column, other.row), other.kind) for one, other in found]


@pytest.mark.parametrize(
    ("parents", "rows"),
    [
        ([None], [0]),
        ([None, None, None], [0, 0, 0]),
        ([None, 0, 1, 2], [0, 0, 0, 0]),
        ([None, 0, 0], [0, 0, 1]),
        ([None, None, 0], [0, 0, 1]),
        ([None, 0, 0, 2, 1], [0, 0, 1, 1, 0]),
        ([None, 0, 0, 0], [0, 0, 1, 2]),
    ],
)
def test_an_answer_stays_in_the_row_of_its_post_until_something_stands_between(
    parents: list[int | None], rows: list[int]
) -> None:
    assert [spot.row for spot in spots(parents)] == rows


def test_what_answers_nothing_follows_what_stands_before_it() -> None:
    assert lines(spots([None, 0, None])) == [((0, 0), (1, 0), ANSWERS), ((1, 0), (2, 0), FOLLOWS)]


def test_the_depth_is_how_many_posts_are_answered_one_through_the_other() -> None:
    assert [spot.depth for spot in spots([None, 0, 1, 0, None])] == [0, 1, 2, 1, 0]


@given(chains())
def test_every_step_has_a_place_of_its_own_and_every_answer_a_line_from_its_post(parents: list[int | None]) -> None:
    placed = spots(parents)
    assert [spot.column for spot in placed] == list(range(len(parents)))
    for spot, parent in zip(placed, parents, strict=True):
        if parent is not None:
            assert (spot.after, spot.kind) == (parent, ANSWERS)


@given(chains())
def test_no_line_runs_through_a_step(parents: list[int | None]) -> None:
    """A line leaves its step to the right or down, and reaches the next in that one's row."""
    placed = spots(parents)
    taken = {(spot.column, spot.row) for spot in placed}
    for (column, row), (end, end_row), _kind in lines(placed):
        below = {(column, between) for between in range(row + 1, end_row + 1)}
        along = {(between, end_row) for between in range(column + (row == end_row), end)}
        assert not (below | along) & taken


@given(chains())
def test_lines_begin_and_end_at_the_borders_of_boxes(parents: list[int | None]) -> None:
    placed = spots(parents)
    drawn = [spot for spot in placed if spot.after is not None]
    for spot, edge in zip(drawn, edges(placed), strict=True):
        x, _y = map(int, re.match(r"M(\d+) (\d+)", edge.d).groups())  # type: ignore[union-attr]
        end = int(edge.d.rpartition("H")[2])
        one = placed[spot.after or 0]
        assert x - one.column * (WIDTH + GAP) in (4 + WIDTH, 4 + WIDTH // 2)
        assert end == 4 + spot.column * (WIDTH + GAP)
        assert edge.kind == spot.kind


def test_boxes_are_wider_apart_than_they_touch() -> None:
    assert GAP > 0
    assert HEIGHT > 0
    assert all(later.column > earlier.column for earlier, later in pairwise(spots([None, 0, None])))
