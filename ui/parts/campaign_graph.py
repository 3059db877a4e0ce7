"""A campaign as people draw one: a lane for each account, a box for each step, a line to what answers or follows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from ..marks import badge, headline, network, status_of
from ..markup import Markup, icon, joined, tag
from ..run import Screen
from ..when import exact, moment
from ..words import _, plural

WIDTH, HEIGHT = 218, 142
GAP, ROW_GAP, EDGE = 46, 26, 4
"""Between boxes beside each other, between rows, and around the whole. In pixels."""

ANSWERS, FOLLOWS = "answers", "follows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a step stands: its place in the chain, and the row of its branch."""

    column: int
    row: int
    depth: int
    """How many posts it answers, one through the other."""
    after: int | None
    """The step that a line comes from, by its column."""
    kind: str = FOLLOWS


def spots(parents: Sequence[int | None]) -> list[Spot]:
    """For the steps of one account in their order; each names the step that it answers by its number.

    An answer goes on in the row of its post as long as nothing stands between them, else it opens a row. So no line
    runs through a box.
    """
    placed: list[Spot] = []
    last_of_row: dict[int, int] = {}
    for column, parent in enumerate(parents):
        before = last_of_row.get(0)
        if parent is None:
            spot = Spot(column=column, row=0, depth=0, after=before)
        else:
            above = placed[parent]
            alone = last_of_row[above.row] == parent
            row = above.row if alone else len(last_of_row)
            spot = Spot(column=column, row=row, depth=above.depth + 1, after=parent, kind=ANSWERS)
        placed.append(spot)
        last_of_row[spot.row] = column
    return placed


def lanes(found: Mapping[str, Any], screen: Screen) -> list[list[dict[str, Any]]]:
    """By campaign, what ``Lanes`` draws. ``found`` is what ``runs.campaign`` gives."""
    posts = {post["id"]: post for post in found["posts"]}
    return [
        [_lane(target, posts, screen) for target in campaign["targets"]] for campaign in found["campaign"]["campaigns"]
    ]


def _lane(target: Mapping[str, Any], posts: Mapping[str, Mapping[str, Any]], screen: Screen) -> dict[str, Any]:
    steps = target["steps"]
    numbers = {step["id"]: number for number, step in enumerate(steps)}
    parents = [_parent(number, step, numbers) for number, step in enumerate(steps)]
    placed = spots(parents)
    rows = max(spot.row for spot in placed) + 1
    first = posts[steps[0]["postId"]]
    name = screen.names.get(first["accountId"], target["account"])
    return {
        "key": target["id"],
        "label": _("The steps for {account}").format(account=name),
        "head": _head(target, name, screen),
        "width": len(steps) * (WIDTH + GAP) - GAP + 2 * EDGE,
        "height": rows * (HEIGHT + ROW_GAP) - ROW_GAP + 2 * EDGE,
        "edges": [asdict(edge) for edge in edges(placed)],
        "nodes": [
            {
                "key": step["postId"],
                "href": f"/posts/{step['postId']}",
                "x": _x(spot),
                "y": _y(spot),
                "depth": spot.depth,
                "html": _node(number, step, posts[step["postId"]], parents[number], screen),
            }
            for number, (step, spot) in enumerate(zip(steps, placed, strict=True))
        ],
    }


def _parent(number: int, step: Mapping[str, Any], numbers: Mapping[str, int]) -> int | None:
    """Steps that were given other times may stand before what they answer: then the line is left out."""
    parent = numbers.get(step["parentStepId"] or "")
    return parent if parent is not None and parent < number else None


# --- lines ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    d: str
    """An SVG path."""
    kind: str


def edges(placed: Sequence[Spot]) -> list[Edge]:
    return [Edge(d=_path(placed[spot.after], spot), kind=spot.kind) for spot in placed if spot.after is not None]


def _path(one: Spot, other: Spot) -> str:
    """Straight on in the same row; else down from the box and along the new row, where nothing stands before it."""
    middle = _y(other) + HEIGHT // 2
    if one.row == other.row:
        return f"M{_x(one) + WIDTH} {middle}H{_x(other)}"
    start, bend = _x(one) + WIDTH // 2, 12
    return f"M{start} {_y(one) + HEIGHT}V{middle - bend}Q{start} {middle} {start + bend} {middle}H{_x(other)}"


def _x(spot: Spot) -> int:
    return EDGE + spot.column * (WIDTH + GAP)


def _y(spot: Spot) -> int:
    return EDGE + spot.row * (HEIGHT + ROW_GAP)


# --- boxes ------------------------------------------------------------------------------------------------------------


def _head(target: Mapping[str, Any], name: str, screen: Screen) -> Markup:
    zone, now = screen.zone, screen.now()
    ends = f"{moment(target['firstPublishAtUtc'], zone, now)} – {moment(target['lastPublishAtUtc'], zone, now)}"
    steps = plural("{count} step", "{count} steps", target["stepCount"])
    return tag(
        "h3",
        network(target["provider"]),
        tag("span", name),
        tag("span", f"{steps}, {ends}", class_="sc-small sc-muted"),
        class_="sc-lane-head",
    )


def _node(number: int, step: Mapping[str, Any], post: Mapping[str, Any], parent: int | None, screen: Screen) -> Markup:
    at = post["publishAtUtc"]
    answers = _("answers step {number}").format(number=parent + 1) if parent is not None else None
    waits = _after(timedelta(milliseconds=step["stepDelayMs"])) if number else None
    told = " · ".join(part for part in (waits, answers) if part)
    when = tag("time", moment(at, screen.zone, screen.now()), datetime=at, title=exact(at, screen.zone))
    return joined(
        tag("span", tag("b", f"{number + 1}", class_="sc-node-number"), when, class_="sc-node-head"),
        tag("span", icon("reply") if parent is not None else None, told, class_="sc-node-how") if told else None,
        tag("span", headline(post), class_="sc-node-text"),
        tag("span", badge(status_of(post)), class_="sc-node-end"),
    )


def _after(wait: timedelta) -> str:
    """``10 min later``: since the step before."""
    minutes = round(wait.total_seconds() / 60)
    if minutes < 0:
        return _("{time} earlier").format(time=_length(-minutes))
    return _("{time} later").format(time=_length(minutes)) if minutes else _("at the same time")


def _length(minutes: int) -> str:
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    parts = ((days, _("{count} d")), (hours, _("{count} h")), (left, _("{count} min")))
    return " ".join(words.format(count=count) for count, words in parts if count)
