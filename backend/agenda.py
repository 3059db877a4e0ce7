"""The calendar: what stands on some days, cut to what a screen can show, and giving posts other times.

Days are those of one zone, whose clocks may skip or repeat hours. A post keeps a zone of its own: it is shown where its
moment falls on the calendar's days, and moved by days of its own clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import CTE, ColumnElement, Integer, and_, case, column, exists, func, select, true, values
from sqlalchemy.orm import Session, aliased

import providers
from providers.contract import Rate, Scope

from . import limits, outcomes, posts
from .access import Action, Actor, allow, get, scoped
from .errors import AppError
from .models import Account, Attempt, Campaign, Connection, Post, PostAsset, UtcDateTime
from .status import EDITABLE, STANDING, PostStatus
from .times import midnight, moments, parse_time, shifted, wall_time

TEXT_SHOWN = 140
LATE = timedelta(seconds=outcomes.LATE_SECONDS)
WAITING = (PostStatus.SCHEDULED, PostStatus.RETRY_PENDING, PostStatus.PUBLISHING)
A_DAY = timedelta(days=1)
MOST_MOVED = 500
MOST_CAMPAIGNS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is looked at; an empty tuple means all."""

    accounts: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A post in so few words that hundreds fit on a page."""

    id: str
    revision: int
    provider: str
    account_id: str
    handle: str
    status: str
    error_code: str | None
    deleted: bool
    text: str
    media: int
    campaign: bool
    at: datetime
    timezone: str
    movable: bool
    late: timedelta | None
    """How much later than planned it went out, or how long it waits by now; None when that is not worth a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A stretch of time, its first posts, and how many there are in all."""

    since: datetime
    until: datetime
    entries: tuple[Entry, ...]
    total: int
    failed: int
    """How many of all failed: they must not hide among those that are not shown."""

    @property
    def hidden(self) -> int:
        return self.total - len(self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    date: date
    since: datetime
    until: datetime
    slots: tuple[Slot, ...]
    """One, or one for each hour that passes."""

    @property
    def total(self) -> int:
        return sum(slot.total for slot in self.slots)

    @property
    def failed(self) -> int:
        return sum(slot.failed for slot in self.slots)


# --- what stands there ------------------------------------------------------------------------------------------------


def between(
    session: Session, actor: Actor, first: date, last: date, *, zone: str, now: datetime, per_slot: int,
    filters: Filters = Filters(), by_hour: bool = False,
) -> list[Day]:  # fmt: skip
    """The days from ``first`` to ``last``, those in between too. At most ``per_slot`` posts of a day (or of an hour)
    come along, the earliest; one more does where it would be the only one left out."""
    allow(actor, Action.READ)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    bounds = [(midnight(day, zone), midnight(day + timedelta(days=1), zone)) for day in days]
    stretches = [hours(*whole, zone) if by_hour else [whole] for whole in bounds]
    spans = _spans([stretch for of_day in stretches for stretch in of_day])
    wanted = _wanted(actor, filters, spans)
    totals = _totals(session, spans, wanted)
    found = _entries(session, spans, wanted, per_slot + 1, now)
    made: list[Day] = []
    number = 0
    for day, (since, until), of_day in zip(days, bounds, stretches, strict=True):
        slots: list[Slot] = []
        for stretch in of_day:
            total, failed = totals.get(number, (0, 0))
            shown = found.get(number, [])[: per_slot + (total == per_slot + 1)]
            slots.append(Slot(since=stretch[0], until=stretch[1], entries=tuple(shown), total=total, failed=failed))
            number += 1
        made.append(Day(date=day, since=since, until=until, slots=tuple(slots)))
    return made


def hours(since: datetime, until: datetime, zone: str) -> list[tuple[datetime, datetime]]:
    """What passes between two readings of a full hour on the zone's clocks, or between one and a change of the clocks:
    an hour that is shown twice is two of these."""
    found: list[tuple[datetime, datetime]] = []
    while since < until:
        shown = since.astimezone(ZoneInfo(zone))
        left = timedelta(hours=1) - timedelta(
            minutes=shown.minute, seconds=shown.second, microseconds=shown.microsecond
        )
        found.append((since, min(since + left, until)))
        since += left
    return found


def _spans(stretches: Sequence[tuple[datetime, datetime]]) -> CTE:
    columns = (column("number", Integer), column("since", UtcDateTime()), column("until", UtcDateTime()))
    rows = [(number, since, until) for number, (since, until) in enumerate(stretches)]
    return values(*columns, name="spans").data(rows).cte("spans")


Wanted: TypeAlias = Callable[[type[Post]], ColumnElement[bool]]
"""The condition, for whatever name the table goes by in a query."""


def _wanted(actor: Actor, filters: Filters, spans: CTE) -> Wanted:
    def condition(post: type[Post]) -> ColumnElement[bool]:
        chosen = (
            (post.account_id, filters.accounts),
            (post.provider, filters.providers),
            (post.status, filters.statuses),
            (post.campaign_id, filters.campaigns),
        )
        return and_(
            post.workspace_id == actor.workspace_id,
            post.publish_at >= spans.c.since,
            post.publish_at < spans.c.until,
            *(attribute.in_(names) for attribute, names in chosen if names),
        )

    return condition


def _totals(session: Session, spans: CTE, wanted: Wanted) -> dict[int, tuple[int, int]]:
    failed = func.sum(case((Post.status == PostStatus.FAILED, 1), else_=0))
    query = (
        select(spans.c.number, func.count(), failed)
        .select_from(spans)
        .join(Post, wanted(Post))
        .group_by(spans.c.number)
    )
    return {number: (total, failures) for number, total, failures in session.execute(query)}


def _entries(session: Session, spans: CTE, wanted: Wanted, most: int, now: datetime) -> dict[int, list[Entry]]:
    """The index leads to the first posts of each stretch; the others are not read."""
    near = aliased(Post)
    first = select(near.id).where(wanted(near)).order_by(near.publish_at, near.id).limit(most)
    lateness = (
        select(func.max(Attempt.lateness)).where(Attempt.post_id == Post.id, Attempt.ok.is_(True)).scalar_subquery()
    )
    media = select(func.count()).where(PostAsset.post_id == Post.id).scalar_subquery()
    query = select(
        spans.c.number,
        Post.id,
        Post.revision,
        Post.provider,
        Post.account_id,
        Post.account_handle,
        Post.status,
        Post.error_code,
        Post.deleted_at,
        Post.publish_at,
        Post.schedulable_at,
        Post.timezone,
        func.substr(Post.name, 1, TEXT_SHOWN).label("name"),
        func.substr(Post.description, 1, TEXT_SHOWN).label("description"),
        Post.campaign_id.is_not(None).label("campaign"),
        media.label("media"),
        lateness.label("lateness"),
    ).select_from(spans)
    if session.get_bind().dialect.name == "sqlite":
        query = query.join(Post, Post.id.in_(first.correlate(spans)))
    else:
        nearest = first.lateral()
        query = query.join(nearest, true()).join(Post, Post.id == nearest.c.id)
    found: dict[int, list[Entry]] = {}
    for row in session.execute(query.order_by(Post.publish_at, Post.id)):
        found.setdefault(row.number, []).append(_entry(row, now))
    return found


def _entry(row: Any, now: datetime) -> Entry:
    return Entry(
        id=row.id,
        revision=row.revision,
        provider=row.provider,
        account_id=row.account_id,
        handle=row.account_handle,
        status=row.status,
        error_code=row.error_code,
        deleted=row.deleted_at is not None,
        text=" ".join(f"{row.name} {row.description}".split())[:TEXT_SHOWN],
        media=row.media,
        campaign=row.campaign,
        at=row.publish_at,
        timezone=row.timezone,
        movable=row.status in EDITABLE and row.error_code != outcomes.UNKNOWN_OUTCOME,
        late=_late(row, now),
    )


def _late(row: Any, now: datetime) -> timedelta | None:
    late = timedelta(0)
    if row.status in WAITING:
        late = now - max(row.publish_at, row.schedulable_at)
    elif row.status == PostStatus.PUBLISHED:
        late = timedelta(seconds=row.lateness or 0)
    return late if late > LATE else None


def campaigns(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Ids and names, the newest first: what the calendar can be narrowed down to."""
    allow(actor, Action.READ)
    used = exists().where(Post.campaign_id == Campaign.id)
    newest = scoped(actor, Campaign).where(used).order_by(Campaign.id.desc()).limit(MOST_CAMPAIGNS)
    return [(row.id, row.name or row.key) for row in session.scalars(newest)]


# --- what the networks take -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many posts of a day a network takes, from one account or from several that share it."""

    provider: str
    scope: Scope
    accounts: tuple[str, ...]
    limit: int
    used: Mapping[date, int]
    """What is planned for a day or went out on it; days without are left out."""


LONGEST_LOOK = 366
"""Days that are counted ahead for a schedule."""


def crowded(
    session: Session, actor: Actor, planned: Sequence[tuple[int, str, datetime]], *, zone: str
) -> list[dict[str, Any]]:
    """One warning for each day on which a network is asked for more posts than it takes. ``planned``: the number of each
    new post, its account's id and its time. The posts are made all the same: they wait until the network takes more."""
    days = {index: at.astimezone(ZoneInfo(zone)).date() for index, _, at in planned}
    if not days:
        return []
    first = min(days.values())
    last = min(max(days.values()), first + timedelta(days=LONGEST_LOOK))
    return [
        warning
        for quota in quotas(session, actor, first, last, zone=zone)
        for warning in _crowded(quota, [(index, days[index]) for index, id, _ in planned if id in quota.accounts])
    ]


def _crowded(quota: Quota, planned: Sequence[tuple[int, date]]) -> Iterable[dict[str, Any]]:
    for day in sorted({day for _, day in planned}):
        mine = [index for index, planned_day in planned if planned_day == day]
        total = quota.used.get(day, 0) + len(mine)
        if total > quota.limit:
            name = providers.get(quota.provider).name
            yield {
                "code": "post_limit_exceeded",
                "message": f"{name} takes {quota.limit} posts a day here, and with these {total} are planned for "
                f"{day.isoformat()}. Choose another day for some, or they wait until it takes more.",
                "posts": mine,
                "details": {"day": day.isoformat(), "limit": quota.limit, "planned": total, "scope": quota.scope},
            }


def quotas(session: Session, actor: Actor, first: date, last: date, *, zone: str) -> list[Quota]:
    """The limits a day that networks declare, for the accounts of this workspace."""
    allow(actor, Action.READ)
    shared = _shared(session, actor)
    if not shared:
        return []
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    spans = _spans([(midnight(day, zone), midnight(day + timedelta(days=1), zone)) for day in days])
    ids = sorted({id for _, ids in shared for id in ids})
    wanted = _wanted(actor, Filters(accounts=tuple(ids), statuses=STANDING), spans)
    query = (
        select(spans.c.number, Post.account_id, func.count())
        .select_from(spans)
        .join(Post, wanted(Post))
        .group_by(spans.c.number, Post.account_id)
    )
    counts = {(number, account): count for number, account, count in session.execute(query)}
    made: list[Quota] = []
    for (provider, rate), accounts in shared:
        used = {day: sum(counts.get((number, id), 0) for id in accounts) for number, day in enumerate(days)}
        made.append(
            Quota(
                provider=provider,
                scope=rate.scope,
                accounts=accounts,
                limit=rate.count,
                used={day: count for day, count in used.items() if count},
            )
        )
    return made


def _shared(session: Session, actor: Actor) -> list[tuple[tuple[str, Rate], tuple[str, ...]]]:
    """Each declared limit of a day, and the accounts that use it up together."""
    rows = session.execute(
        select(Account, Connection.client_id)
        .join(Connection, Connection.id == Account.connection_id)
        .where(Account.workspace_id == actor.workspace_id, Account.disconnected_at.is_(None), Account.publishable)
        .order_by(Account.created_at, Account.id)
    )
    found: dict[tuple[str, int], tuple[tuple[str, Rate], list[str]]] = {}
    for account, client_id in rows:
        who = limits.Identity(
            provider=account.provider,
            external_id=account.external_id,
            credential_key=account.credential_key,
            client_id=client_id or "",
        )
        for number, rate in enumerate(providers.get(account.provider).rates):
            if rate.per == A_DAY:
                _, ids = found.setdefault((who.key(rate.scope), number), ((account.provider, rate), []))
                ids.append(account.id)
    return [(limit, tuple(ids)) for limit, ids in found.values()]


# --- giving other times -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A post that has another time now, and what it takes to put it back."""

    post_id: str
    revision: int
    at: datetime
    timezone: str
    asked: str
    """The reading of the clocks of ``asked_in`` that was meant. Where they skip or repeat it, ``at`` is what it became."""
    asked_in: str
    was_at: datetime
    was_in: str
    was_status: str

    @property
    def readings(self) -> int:
        """How often the clocks show what was asked for: not at all, once or twice."""
        return len(moments(self.asked, self.asked_in))


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What became of several posts: one that is refused keeps no other one from being changed."""

    moved: tuple[Moved, ...] = ()
    refused: tuple[tuple[str, AppError], ...] = ()


def shift(
    session: Session, actor: Actor, revisions: Mapping[str, int], *, days: int, now: datetime,
    nudge: Callable[[], None], hours: int = 0, zone: str = "UTC",
) -> Changes:  # fmt: skip
    """Move posts by days of their own clocks: one at nine stays at nine. With hours, by the clocks of ``zone``.

    ``revisions`` are those that were seen: another one means that somebody was faster.
    """
    allow(actor, Action.PUBLISH)

    def one(id: str) -> Moved:
        post = get(session, actor, Post, id)
        clocks = zone if hours else post.timezone
        try:
            wall = datetime.fromisoformat(wall_time(post.publish_at, clocks)) + timedelta(days=days, hours=hours)
            at = parse_time(wall.isoformat(), clocks) if hours else shifted(post.publish_at, clocks, days=days)
        except (ValueError, OverflowError):
            raise AppError("publish_at_invalid", "The new time would be too far away.") from None
        return _put(session, actor, post, at, post.timezone, (wall.isoformat(), clocks), revisions[id], now, nudge)

    return _each(revisions, one)


def place(
    session: Session, actor: Actor, post_id: str, *, wall: str, zone: str, revision: int, now: datetime,
    nudge: Callable[[], None], keep_zone: bool = True,
) -> Moved:  # fmt: skip
    """Give a post the time that the clocks of ``zone`` show then. The post keeps the zone it has, unless it shall not."""
    allow(actor, Action.PUBLISH)
    post = get(session, actor, Post, post_id)
    try:
        at = parse_time(wall, zone)
    except ValueError:
        raise AppError("publish_at_invalid", "Choose a day and a time.") from None
    own = post.timezone if keep_zone else zone
    return _put(session, actor, post, at, own, (wall, zone), revision, now, nudge)


def put_back(
    session: Session, actor: Actor, moved: Iterable[Moved], *, now: datetime, nudge: Callable[[], None]
) -> Changes:
    """Undo: each gets the time back that it had, unless somebody changed it since or that time is over."""
    allow(actor, Action.PUBLISH)
    by_id = {one.post_id: one for one in moved}

    def one(id: str) -> Moved:
        was = by_id[id]
        post = get(session, actor, Post, id)
        asked = (wall_time(was.was_at, was.was_in), was.was_in)
        return _put(session, actor, post, was.was_at, was.was_in, asked, was.revision, now, nudge)

    return _each(by_id, one)


def cancel(session: Session, actor: Actor, ids: Sequence[str], *, now: datetime) -> list[tuple[str, AppError]]:
    """Those that can be; the others come back with the reason."""
    allow(actor, Action.PUBLISH)
    refused: list[tuple[str, AppError]] = []
    for id in _ordered(ids):
        try:
            posts.cancel(session, actor, id, now=now)
        except AppError as error:
            refused.append((id, error))
    return refused


def _each(ids: Iterable[str], one: Callable[[str], Moved]) -> Changes:
    moved: list[Moved] = []
    refused: list[tuple[str, AppError]] = []
    for id in _ordered(ids):
        try:
            moved.append(one(id))
        except AppError as error:
            refused.append((id, error))
    return Changes(moved=tuple(moved), refused=tuple(refused))


def _ordered(ids: Iterable[str]) -> list[str]:
    """In one order for everybody, so that two who change the same posts never wait for each other."""
    ordered = sorted(ids)
    if len(ordered) > MOST_MOVED:
        raise AppError("posts_too_many", f"Choose at most {MOST_MOVED} posts at once.", details={"limit": MOST_MOVED})
    return ordered


def _put(
    session: Session, actor: Actor, post: Post, at: datetime, zone: str, asked: tuple[str, str], revision: int, now: datetime,
    nudge: Callable[[], None],
) -> Moved:  # fmt: skip
    """To a program a time in the past means now. Nobody who drags a post means that."""
    posts.refuse_change(session, post, revision)
    if at <= now and post.status != PostStatus.DRAFT:
        raise AppError("publish_at_past", "That time is over. Choose a later one.")
    was_at, was_in, was_status = post.publish_at, post.timezone, post.status
    changed = posts.reschedule(
        session, actor, post.id, publish_at=at, timezone=zone, revision=revision, now=now, nudge=nudge
    )
    return Moved(
        post_id=post.id,
        revision=changed["revision"],
        at=at,
        timezone=zone,
        asked=asked[0],
        asked_in=asked[1],
        was_at=was_at,
        was_in=was_in,
        was_status=was_status,
    )
