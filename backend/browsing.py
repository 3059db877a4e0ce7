"""The list of posts as people go through it: by pages that stay where they are while posts come and go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from . import posts
from .access import Action, Actor, allow, scoped
from .models import Account, Campaign, Post, Run
from .posts import Filters
from .status import PostStatus
from .times import EPOCH, parse_time, within_reach
from .wire import iso

MOST_OFFERED = 200
"""Campaigns to choose from: the newest."""
MOST_CHOSEN = 1000
"""Posts that are acted on at once."""
GROUPS: Mapping[str, tuple[str, ...]] = {
    "scheduled": (PostStatus.SCHEDULED, PostStatus.RETRY_PENDING, PostStatus.PUBLISHING),
    "published": (PostStatus.PUBLISHED,),
    "failed": (PostStatus.FAILED, posts.UNKNOWN),
    "draft": (PostStatus.DRAFT,),
    "canceled": (PostStatus.CANCELED,),
    "deleted": (posts.DELETED,),
}
"""The states that people look at together, by the name they have in addresses."""
SPANS: Mapping[str, tuple[int, int]] = {
    "today": (0, 1),
    "next-7": (0, 7),
    "next-30": (0, 30),
    "past-7": (-6, 1),
    "past-30": (-29, 1),
}
"""Whole days of the workspace's zone, counted from today: from one up to before the other."""
KEYS = ("status", "network", "account", "campaign", "run", "when", "from", "to", "q", "order")
"""What a list of posts can be asked for, in addresses and in saved views."""
LONGEST_VALUE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    posts: list[dict[str, Any]]
    first: int
    """The number of the first post on the page, from 1; 0 when there is none."""
    total: int
    newer: str | None
    """The places where the pages around this one begin. The empty one is the beginning; None: there is no such page."""
    older: str | None


def asked(query: Mapping[str, object]) -> dict[str, str]:
    """What of an address or of a saved view means something; the rest is left out."""
    given = {key: _plain(query.get(key)) for key in KEYS}
    known = {"status": GROUPS, "when": SPANS, "order": ("soonest", "latest")}
    return {key: value for key, value in given.items() if value and value in known.get(key, (value,))}


def filters_of(query: Mapping[str, str], *, zone: str, now: datetime) -> Filters:
    """``query`` is what ``asked`` gave. Days are those of the zone; the last one is looked at to its end."""
    first, last = _day(query.get("from")), _day(query.get("to"))
    if query.get("when"):
        today = now.astimezone(ZoneInfo(zone)).date()
        begins, ends = SPANS[query["when"]]
        first, last = today + timedelta(days=begins), today + timedelta(days=ends - 1)
    return Filters(
        run_id=query.get("run"),
        campaign_id=query.get("campaign"),
        states=GROUPS.get(query.get("status", ""), ()),
        provider=query.get("network"),
        account=query.get("account"),
        since=_midnight(first, zone) if first else None,
        until=_midnight(last + timedelta(days=1), zone) - timedelta(microseconds=1) if last else None,
        search=query.get("q"),
    )


def is_soonest_first(query: Mapping[str, str]) -> bool:
    """Of what is still to come, what comes next is looked for, unless the query says otherwise."""
    return query.get("order", "soonest" if query.get("status") in ("scheduled", "draft") else "latest") == "soonest"


def _plain(value: object) -> str:
    return value.replace("\0", "").strip()[:LONGEST_VALUE] if isinstance(value, str) else ""


def _day(written: str | None) -> date | None:
    try:
        found = parse_time(f"{written}T00:00", "UTC") if written else None
    except ValueError:
        return None
    return found.date() if found else None


def _midnight(day: date, zone: str) -> datetime:
    return parse_time(f"{day.isoformat()}T00:00", zone)


@dataclass(frozen=True, slots=True)
class _Place:
    at: datetime
    id: str


def page(
    session: Session, actor: Actor, filters: Filters, *, place: str = "", size: int, soonest: bool = False
) -> Page:
    """The posts from a place on: the latest time first, or the ``soonest``.

    A place is a time and an id and not a number, so that the page stays the same when posts before it come or go. Where
    nothing is left from there on, the last page is shown.
    """
    allow(actor, Action.READ)
    wanted = posts.filtered(scoped(actor, Post), filters)
    total = _count(session, wanted)
    start = _read(place)
    rows = session.scalars(_ordered(_from(wanted, start, soonest), soonest).limit(size + 1)).all()
    if not rows and total:
        start = _start_of_page_before(session, wanted, None, size, soonest)
        rows = session.scalars(_ordered(_from(wanted, start, soonest), soonest).limit(size + 1)).all()
    before = _count(session, _before(wanted, _place_of(rows[0]), soonest)) if rows and start else 0
    newer = None
    if before:
        begins = _start_of_page_before(session, wanted, _place_of(rows[0]), size, soonest)
        newer = _written(begins) if begins and before > size else ""
    return Page(
        posts=posts.posts_json(session, rows[:size]),
        first=before + 1 if rows else 0,
        total=total,
        newer=newer,
        older=_written(_place_of(rows[size])) if len(rows) > size else None,
    )


def counts(session: Session, actor: Actor, filters: Filters) -> dict[str, int]:
    """How many posts there are in each state, whatever state is looked at."""
    allow(actor, Action.READ)
    wanted = posts.filtered(scoped(actor, Post), replace(filters, statuses=(), states=())).with_only_columns(
        posts.state().label("state")
    )
    found = wanted.order_by(None).subquery()
    return dict(session.execute(select(found.c.state, func.count()).group_by(found.c.state)).all())


def ids(session: Session, actor: Actor, filters: Filters, *, soonest: bool = False) -> list[str]:
    """The first ``MOST_CHOSEN`` of all pages."""
    allow(actor, Action.READ)
    wanted = _ordered(posts.filtered(scoped(actor, Post), filters), soonest).limit(MOST_CHOSEN)
    return [row.id for row in session.scalars(wanted)]


def choices(session: Session, actor: Actor) -> dict[str, list[dict[str, Any]]]:
    """What posts can be narrowed down to: accounts that have or may have some, their networks, the newest campaigns."""
    allow(actor, Action.READ)
    used = select(Post.account_id).where(Post.workspace_id == actor.workspace_id)
    accounts = session.scalars(
        scoped(actor, Account)
        .where(or_(Account.disconnected_at.is_(None), Account.id.in_(used)))
        .order_by(Account.created_at, Account.id)
    ).all()
    campaigns = session.execute(
        select(Campaign.id, Campaign.name, Run.created_at)
        .join(Run, Run.id == Campaign.run_id)
        .where(Campaign.workspace_id == actor.workspace_id)
        .order_by(Run.created_at.desc(), Campaign.campaign_index)
        .limit(MOST_OFFERED)
    )
    return {
        "accounts": [
            {"id": row.id, "provider": row.provider, "name": row.display_name or row.handle} for row in accounts
        ],
        "providers": [{"id": id} for id in dict.fromkeys(row.provider for row in accounts)],
        "campaigns": [{"id": id, "name": name, "createdAt": iso(at)} for id, name, at in campaigns],
    }


# --- places -----------------------------------------------------------------------------------------------------------


def _place_of(row: Post) -> _Place:
    return _Place(row.publish_at, row.id)


def _written(place: _Place) -> str:
    return f"{(place.at - EPOCH) // timedelta(microseconds=1)}.{place.id}"


def _read(written: str) -> _Place | None:
    """None for the beginning, and for what is no place."""
    found = re.fullmatch(r"(-?\d{1,18})\.(\w{1,64})", written, re.ASCII)
    try:
        return _Place(within_reach(EPOCH + timedelta(microseconds=int(found[1]))), found[2]) if found else None
    except (ValueError, OverflowError):
        return None


def _from(wanted: Select[Post], place: _Place | None, soonest: bool) -> Select[Post]:
    if place is None:
        return wanted
    return wanted.where(or_(_beyond(place, soonest), and_(Post.publish_at == place.at, Post.id == place.id)))


def _before(wanted: Select[Post], place: _Place | None, soonest: bool) -> Select[Post]:
    return wanted if place is None else wanted.where(_beyond(place, not soonest))


def _beyond(place: _Place, upwards: bool) -> ColumnElement[bool]:
    if upwards:
        return or_(Post.publish_at > place.at, and_(Post.publish_at == place.at, Post.id > place.id))
    return or_(Post.publish_at < place.at, and_(Post.publish_at == place.at, Post.id < place.id))


def _start_of_page_before(
    session: Session, wanted: Select[Post], place: _Place | None, size: int, soonest: bool
) -> _Place | None:
    """Where the page begins that ends right before ``place``, or at the very end."""
    rows = session.scalars(_ordered(_before(wanted, place, soonest), not soonest).limit(size)).all()
    return _place_of(rows[-1]) if rows else None


def _ordered(wanted: Select[Post], soonest: bool) -> Select[Post]:
    return wanted.order_by(*((Post.publish_at, Post.id) if soonest else (Post.publish_at.desc(), Post.id.desc())))


def _count(session: Session, wanted: Select[Post]) -> int:
    return session.scalar(select(func.count()).select_from(wanted.with_only_columns(Post.id).subquery())) or 0
