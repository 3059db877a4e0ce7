"""Figures as tables for other programs: CSV that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from .figures import AccountFigures, Point, PostFigures, metric_names
from .times import wall_time

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""https://owasp.org/www-community/attacks/CSV_Injection"""
NOT_OFFERED = "not offered by this network"
NOTHING_YET = "no figures yet"

Cell = str | float | None


def of_posts(posts: Sequence[PostFigures], zone: str) -> str:
    """A row for each post. What is not known is an empty cell; ``figures`` says why."""
    names = metric_names(name for post in posts for name in post.metrics or {})
    header = ["published", "zone", "network", "account", "post", "run", "text", "link", "figures", "figures of", *names]
    return table(header, (_post(post, names, zone) for post in posts))


def _post(post: PostFigures, names: Sequence[str], zone: str) -> list[Cell]:
    told: Mapping[str, float] = post.metrics or {}
    said = "told" if post.metrics is not None else (post.message or NOTHING_YET) if post.offered else NOT_OFFERED
    return [
        wall_time(post.published_at, zone),
        zone,
        post.provider,
        post.handle,
        post.id,
        post.run_id,
        post.text,
        post.url,
        said,
        _wall(post.told_at, zone),
        *(told.get(name) for name in names),
    ]


def of_accounts(accounts: Sequence[AccountFigures], zone: str) -> str:
    """A row for each time an account told its figures."""
    names = metric_names(name for one in accounts for point in one.points for name in point.metrics)
    rows = (
        [wall_time(point.at, zone), zone, one.provider, one.handle, one.name, *(point.metrics.get(n) for n in names)]
        for one in accounts
        for point in one.points
    )
    return table(["told", "zone", "network", "account", "name", *names], rows)


def of_history(points: Sequence[Point], zone: str) -> str:
    """A row for each time a post told its figures."""
    names = metric_names(name for point in points for name in point.metrics)
    rows = ([wall_time(point.at, zone), zone, *(point.metrics.get(name) for name in names)] for point in points)
    return table(["told", "zone", *names], rows)


def table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """With the mark by which spreadsheets know UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return "\ufeff" + out.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(STARTS_A_FORMULA) else value
    return str(int(value)) if float(value).is_integer() else str(value)


def _wall(at: datetime | None, zone: str) -> str | None:
    return None if at is None else wall_time(at, zone)
