"""What the pages of figures show: posts and accounts over a stretch of days, beside the stretch before.

A figure that nobody knows is never a zero: it is None, and beside every sum stands of how many posts it is. The stretch before
is shown as it stood at its own end, so that posts of both had the same time to be seen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import providers

from . import analytics, runs
from .access import Action, Actor, allow, get, scoped
from .analytics import LIFETIME, Told
from .models import Account, MetricSnapshot, Post, Run
from .status import AccountStatus, PostStatus
from .times import local_day, midnight, shifted

STRETCHES = (7, 30, 90)
MOST_POSTS = 10_000
LONGEST_TEXT = 300
STILL_COUNTS = timedelta(days=2)
"""An account is looked at once a day: what was told longer ago than this says nothing about a moment."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From the first moment of a day in the workspace's zone."""

    since: datetime
    until: datetime
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFigures:
    """``metrics`` is None when nothing is known, and ``message`` says why."""

    id: str
    run_id: str
    account_id: str
    provider: str
    handle: str
    text: str
    url: str | None
    published_at: datetime
    deleted: bool
    offered: bool
    metrics: Mapping[str, float] | None
    told_at: datetime | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFigures:
    id: str
    provider: str
    name: str
    handle: str
    connected: bool
    offered: bool
    points: Sequence[Point]
    """Oldest first, from before the stretch before."""
    message: str | None


@dataclass(frozen=True, slots=True)
class Sum:
    value: float
    told: int
    """How many posts are in it."""


@dataclass(frozen=True, slots=True)
class Change:
    by: float
    percent: float | None
    """None where the beginning was zero."""


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    posts: int
    value: float | None
    """None when no post of the day has the figure, or none went out."""
    told: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    zone: str
    now: Stretch
    before: Stretch
    posts: Sequence[PostFigures]
    """Newest first."""
    posts_before: Sequence[PostFigures]
    left_out: int
    """Posts beyond the newest ten thousand."""
    accounts: Sequence[AccountFigures]

    @property
    def last_look(self) -> datetime | None:
        told = [post.told_at for post in self.posts] + [point.at for one in self.accounts for point in one.points[-1:]]
        return max((at for at in told if at is not None), default=None)


# --- pure -------------------------------------------------------------------------------------------------------------


def stretches(days: int, zone: str, now: datetime) -> tuple[Stretch, Stretch]:
    """Today and the days before it, and as many before those, up to the same time of day."""
    today = local_day(now, zone)

    def stretch(back: int, until: datetime) -> Stretch:
        named = tuple(today - timedelta(days=back + days - 1 - n) for n in range(days))
        return Stretch(midnight(named[0], zone), until, named)

    return stretch(0, now), stretch(days, shifted(now, zone, days=-days))


def sums(rows: Iterable[PostFigures]) -> dict[str, Sum]:
    """A figure that some posts do not have is the sum of those that do."""
    found: dict[str, Sum] = {}
    for row in rows:
        for name, value in (row.metrics or {}).items():
            so_far = found.get(name, Sum(0, 0))
            found[name] = Sum(so_far.value + value, so_far.told + 1)
    return found


def change(now: float | None, before: float | None) -> Change | None:
    """None unless both are known."""
    if now is None or before is None:
        return None
    return Change(now - before, (now - before) / before * 100 if before > 0 else None)


def by_day(rows: Sequence[PostFigures], metric: str, stretch: Stretch, zone: str) -> list[Day]:
    """By the day the posts went out."""
    of_day: dict[date, list[PostFigures]] = {}
    for row in rows:
        of_day.setdefault(local_day(row.published_at, zone), []).append(row)
    return [_day(day, of_day.get(day, []), metric) for day in stretch.days]


def _day(day: date, rows: Sequence[PostFigures], metric: str) -> Day:
    values = [row.metrics[metric] for row in rows if row.metrics is not None and metric in row.metrics]
    return Day(day, len(rows), sum(values) if values else None, len(values))


def daily(points: Sequence[Point], metric: str, days: Sequence[date], zone: str) -> list[float | None]:
    """What was told last on each day; None for days on which nobody asked or nothing was told."""
    last: dict[date, float] = {}
    for point in points:
        if metric in point.metrics:
            last[local_day(point.at, zone)] = point.metrics[metric]
    return [last.get(day) for day in days]


def since_first(values: Sequence[float | None]) -> list[float | None]:
    """What came since the first day that is known: accounts of any size are comparable then."""
    first = next((value for value in values if value is not None), None)
    return [None if value is None or first is None else value - first for value in values]


def value_at(points: Sequence[Point], metric: str, at: datetime) -> float | None:
    """As it stood then, as far as somebody had asked shortly before."""
    known = [point for point in points if metric in point.metrics]
    place = bisect_right([point.at for point in known], at)
    if place == 0 or at - known[place - 1].at > STILL_COUNTS:
        return None
    return known[place - 1].metrics[metric]


def gained(points: Sequence[Point], metric: str, stretch: Stretch) -> float | None:
    after, before = value_at(points, metric, stretch.until), value_at(points, metric, stretch.since)
    return None if after is None or before is None else after - before


def running_total(
    points_of: Iterable[Sequence[Point]], metric: str, days: Sequence[date], zone: str
) -> list[tuple[float | None, int]]:
    """Of several posts: the sum of what was told last of each until the end of the day, and of how many."""
    last = [
        {local_day(point.at, zone): point.metrics[metric] for point in points if metric in point.metrics}
        for points in points_of
    ]
    known: dict[int, float] = {}
    found: list[tuple[float | None, int]] = []
    for day in days:
        known |= {number: told[day] for number, told in enumerate(last) if day in told}
        found.append((sum(known.values()), len(known)) if known else (None, 0))
    return found


def best(rows: Iterable[PostFigures], metric: str) -> list[PostFigures]:
    """The greatest first; posts without the figure after all others."""
    return sorted(
        rows,
        key=lambda row: (
            row.metrics is None or metric not in row.metrics,
            -(row.metrics or {}).get(metric, 0),
            -row.published_at.timestamp(),
        ),
    )


KNOWN = ("impressions", "reach", "views", "likes", "comments", "shares", "saves", "clicks")


def metric_names(found: Iterable[str]) -> list[str]:
    """Those of posts in the order that people expect, then all others by name."""
    there = set(found)
    return [name for name in KNOWN if name in there] + sorted(there - set(KNOWN))


# --- reading ----------------------------------------------------------------------------------------------------------


def overview(
    session: Session, actor: Actor, *, days: int, zone: str, now: datetime, account_id: str | None = None
) -> Overview:
    allow(actor, Action.READ)
    if account_id is not None:
        get(session, actor, Account, account_id)
    here, before = stretches(days, zone, now)
    posts, left_out = posts_in(session, actor, here, account_id=account_id)
    return Overview(
        zone=zone,
        now=here,
        before=before,
        posts=posts,
        posts_before=posts_in(session, actor, before, account_id=account_id)[0],
        left_out=left_out,
        accounts=accounts_in(session, actor, before.since - STILL_COUNTS, account_id=account_id),
    )


def posts_in(
    session: Session, actor: Actor, stretch: Stretch, *, account_id: str | None = None
) -> tuple[list[PostFigures], int]:
    """Posts that went out in it, with their figures as they stood at its end; and how many are left out."""
    out = [
        Post.workspace_id == actor.workspace_id,
        Post.status == PostStatus.PUBLISHED,
        Post.published_at >= stretch.since,
        Post.published_at < stretch.until,
        *([Post.account_id == account_id] if account_id else []),
    ]
    rows = _with_figures(session, out, stretch.until)
    total = len(rows)
    if total == MOST_POSTS:
        total = session.scalar(select(func.count()).select_from(Post).where(*out)) or 0
    return rows, total - len(rows)


def _with_figures(session: Session, of: Sequence[Any], until: datetime) -> list[PostFigures]:
    newest = (
        select(MetricSnapshot.id)
        .where(
            MetricSnapshot.subject_id == Post.id,
            MetricSnapshot.metric_window == LIFETIME,
            MetricSnapshot.status == Told.COLLECTED,
            MetricSnapshot.collected_at <= until,
        )
        .order_by(MetricSnapshot.collected_at.desc(), MetricSnapshot.id.desc())
        .limit(1)
        .correlate(Post)
        .scalar_subquery()
    )
    found = session.execute(
        select(
            Post.id,
            Post.run_id,
            Post.account_id,
            Post.provider,
            Post.account_handle,
            func.substr(Post.title, 1, LONGEST_TEXT),
            func.substr(Post.description, 1, LONGEST_TEXT),
            Post.provider_url,
            Post.published_at,
            Post.deleted_at,
            MetricSnapshot.metrics,
            MetricSnapshot.collected_at,
        )
        .outerjoin(MetricSnapshot, MetricSnapshot.id == newest)
        .where(*of)
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(MOST_POSTS)
    ).all()
    why = _failures(session, [row[0] for row in found if row[10] is None])
    return [_post(row, why) for row in found]


def _post(row: Any, why: Mapping[str, str | None]) -> PostFigures:
    id, run_id, account_id, network, handle, title, text, url, published_at, deleted_at, metrics, told_at = row
    provider = providers.get(network)
    refusal = analytics.no_totals(provider, provider.post_metrics, provider.post_metrics_in)
    return PostFigures(
        id=id,
        run_id=run_id,
        account_id=account_id,
        provider=network,
        handle=handle,
        text=" ".join(f"{title} {text}".split()),
        url=url,
        published_at=published_at,
        deleted=deleted_at is not None,
        offered=refusal is None,
        metrics=metrics,
        told_at=told_at,
        message=refusal if refusal is not None else why.get(id) if metrics is None else None,
    )


def _failures(session: Session, ids: Sequence[str]) -> dict[str, str | None]:
    """Why the last look brought nothing."""
    found: dict[str, str | None] = {}
    for start in range(0, len(ids), 500):  # an IN of SQLite has an end
        failed = select(MetricSnapshot.subject_id, MetricSnapshot.message).where(
            MetricSnapshot.subject_id.in_(ids[start : start + 500]),
            MetricSnapshot.metric_window == LIFETIME,
            MetricSnapshot.status != Told.COLLECTED,
        )
        found |= dict(session.execute(failed).all())
    return found


def accounts_in(
    session: Session, actor: Actor, since: datetime, *, account_id: str | None = None
) -> list[AccountFigures]:
    """Those that are connected, and what they told since."""
    query = scoped(actor, Account).where(Account.status != AccountStatus.DISCONNECTED)
    if account_id is not None:
        query = scoped(actor, Account).where(Account.id == account_id)
    rows = session.scalars(query.order_by(Account.created_at, Account.id)).all()
    points = points_of(session, [row.id for row in rows], since)
    why = _failures(session, [row.id for row in rows])
    return [_account(row, points.get(row.id, []), why.get(row.id)) for row in rows]


def _account(row: Account, points: Sequence[Point], failed: str | None) -> AccountFigures:
    provider = providers.get(row.provider)
    refusal = analytics.no_totals(provider, provider.account_metrics, provider.account_metrics_in)
    return AccountFigures(
        id=row.id,
        provider=row.provider,
        name=row.display_name or row.handle,
        handle=row.handle,
        connected=row.status == AccountStatus.CONNECTED,
        offered=refusal is None,
        points=points,
        message=refusal or failed,
    )


def points_of(session: Session, ids: Sequence[str], since: datetime | None = None) -> dict[str, list[Point]]:
    """The totals of posts or accounts over time, oldest first."""
    found: dict[str, list[Point]] = {}
    for start in range(0, len(ids), 500):
        told = select(MetricSnapshot.subject_id, MetricSnapshot.collected_at, MetricSnapshot.metrics).where(
            MetricSnapshot.subject_id.in_(ids[start : start + 500]),
            MetricSnapshot.metric_window == LIFETIME,
            MetricSnapshot.status == Told.COLLECTED,
        )
        if since is not None:
            told = told.where(MetricSnapshot.collected_at >= since)
        for subject_id, at, metrics in session.execute(told.order_by(MetricSnapshot.collected_at, MetricSnapshot.id)):
            found.setdefault(subject_id, []).append(Point(at, metrics or {}))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Of one post or of the posts of one run: their figures now, and over time since the first went out."""

    posts: Sequence[PostFigures]
    total: int
    """Published or not."""
    points: Mapping[str, Sequence[Point]]
    """Empty for more than a hundred posts: their course would take seconds to read."""
    days: tuple[date, ...]


MOST_DAYS = 120
MOST_FOLLOWED = 100


def of_run(session: Session, actor: Actor, run_id: str, *, zone: str, now: datetime) -> tuple[dict[str, Any], Story]:
    """The run as the API shows it, and its story."""
    allow(actor, Action.READ)
    run = get(session, actor, Run, run_id)
    return runs.run_json(run), _story(session, actor, Post.run_id == run.id, zone, now)


def of_post(session: Session, actor: Actor, post_id: str, *, zone: str, now: datetime) -> Story:
    allow(actor, Action.READ)
    post = get(session, actor, Post, post_id)
    return _story(session, actor, Post.id == post.id, zone, now)


def _story(session: Session, actor: Actor, which: Any, zone: str, now: datetime) -> Story:
    mine = Post.workspace_id == actor.workspace_id
    out = [mine, which, Post.status == PostStatus.PUBLISHED, Post.published_at.is_not(None)]
    posts = _with_figures(session, out, now)
    total = session.scalar(select(func.count()).select_from(Post).where(mine, which)) or 0
    points = points_of(session, [post.id for post in posts]) if len(posts) <= MOST_FOLLOWED else {}
    first = min((post.published_at for post in posts), default=now)
    newest = max((point.at for told in points.values() for point in told[-1:]), default=first)
    start, end = local_day(first, zone), local_day(max(newest, first), zone)
    length = min((end - start).days + 1, MOST_DAYS)
    return Story(posts=posts, total=total, points=points, days=tuple(start + timedelta(days=n) for n in range(length)))
