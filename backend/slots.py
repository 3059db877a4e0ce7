"""When a post would stand well: the next free slot, and the best gap between what is planned already.

Pure, but for ``suggest``. Slots are half hours of the day. One is free when none of the chosen accounts has another post
near it and no declared rate of their networks is full then.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

import providers
from providers.contract import Rate, Scope

from .access import Action, Actor, allow, scoped
from .models import Account, Connection, Post
from .status import STANDING
from .times import wall_time

STEP = timedelta(minutes=30)
SPACING = timedelta(hours=1)
"""Posts of one account that are nearer to each other take each other's readers. Its people may want another distance."""
FIRST_HOUR, LAST_HOUR = 8, 21
"""Of the wall clock: nobody is proposed to post at night."""
AHEAD = timedelta(days=14)
GAPS_AHEAD = timedelta(days=7)
SOONEST = timedelta(minutes=10)
"""A proposal has to be still ahead when somebody has read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A declared rate, and when the posts that count against it go out, in order."""

    rate: Rate
    times: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """Everything that stands in the way of new posts on the chosen accounts."""

    times: tuple[datetime, ...] = ()
    """Of the posts on these accounts, in order."""
    spacing: timedelta = SPACING
    """From each of them."""
    loads: tuple[Load, ...] = ()


def next_free(busy: Busy, *, zone: str, now: datetime) -> datetime | None:
    """The first slot from now on; None when the next two weeks are full."""
    return next((at for at in slots(zone, now, AHEAD) if is_free(busy, at)), None)


def best_gap(busy: Busy, *, zone: str, now: datetime) -> datetime | None:
    """Of the free slots of the coming week the one farthest from every other post; the first of several."""
    free = [at for at in slots(zone, now, GAPS_AHEAD) if is_free(busy, at)]
    return max(free, key=lambda at: (_distance(busy.times, at), -at.timestamp()), default=None)


def is_free(busy: Busy, at: datetime) -> bool:
    return _distance(busy.times, at) >= busy.spacing and all(_fits(load, at) for load in busy.loads)


def slots(zone: str, now: datetime, ahead: timedelta) -> Iterator[datetime]:
    """The half hours of the day, by the clock of ``zone``: a day on which the clocks change has its own hours."""
    at = _rounded_up(now + SOONEST)
    while at <= now + ahead:
        if FIRST_HOUR <= at.astimezone(ZoneInfo(zone)).hour < LAST_HOUR:
            yield at
        at += STEP


def _rounded_up(at: datetime) -> datetime:
    """Every zone is a multiple of a quarter of an hour from UTC, nearly all of them of a half."""
    seconds = STEP.total_seconds()
    return datetime.fromtimestamp(-(-at.timestamp() // seconds) * seconds, at.tzinfo)


def _distance(times: Sequence[datetime], at: datetime) -> timedelta:
    """To the nearest of them; for ever when there are none."""
    place = bisect_left(times, at)
    return min((abs(at - other) for other in times[max(0, place - 1) : place + 1]), default=timedelta.max)


def _fits(load: Load, at: datetime) -> bool:
    """Whether no stretch of the rate's length would hold more than it allows, with one more at ``at``."""
    per, times = load.rate.per, load.times
    before = times[bisect_right(times, at - per) : bisect_right(times, at)]
    return all(bisect_left(times, start + per) - bisect_left(times, start) < load.rate.count for start in (*before, at))


# --- from the rows ------------------------------------------------------------------------------------------------------


def suggest(
    session: Session, actor: Actor, accounts: Sequence[str], *, zone: str, now: datetime, besides: str | None = None
) -> dict[str, str | None]:
    """``nextFree`` and ``bestGap`` as wall times of ``zone``. ``besides`` is the post that is being moved."""
    busy = busy_with(session, actor, accounts, now=now, besides=besides)
    found = {"nextFree": next_free(busy, zone=zone, now=now), "bestGap": best_gap(busy, zone=zone, now=now)}
    return {name: wall_time(at, zone) if at else None for name, at in found.items()}


def busy_with(
    session: Session, actor: Actor, accounts: Sequence[str], *, now: datetime, besides: str | None = None
) -> Busy:
    allow(actor, Action.READ)
    rows = session.execute(
        select(Account, Connection.client_id)
        .join(Connection, Connection.id == Account.connection_id)
        .where(Account.workspace_id == actor.workspace_id)
    ).all()
    chosen = [(account, client) for account, client in rows if account.id in accounts]
    wanted = [account.spacing_minutes for account, _ in chosen]
    spacing = max((SPACING if given is None else timedelta(minutes=given) for given in wanted), default=SPACING)
    longest = max((spacing, *(rate.per for account, _ in chosen for rate in providers.get(account.provider).rates)))
    times: dict[str, list[datetime]] = {}
    query = scoped(actor, Post).with_only_columns(Post.id, Post.account_id, Post.publish_at)
    query = query.where(
        Post.status.in_(STANDING), Post.publish_at >= now - longest, Post.publish_at <= now + AHEAD + longest
    )
    for id, account_id, at in session.execute(query):
        if id != besides:
            times.setdefault(account_id, []).append(at)
    loads: dict[tuple[object, ...], Load] = {}
    for account, client in chosen:
        for number, rate in enumerate(providers.get(account.provider).rates):
            key = _shared(account, client, rate.scope)
            together = [other.id for other, its in rows if _shared(other, its, rate.scope) == key]
            loads[(number, *key)] = Load(rate=rate, times=_sorted(times, together))
    return Busy(
        times=_sorted(times, [account.id for account, _ in chosen]), spacing=spacing, loads=tuple(loads.values())
    )


def _shared(account: Account, client: str | None, scope: Scope) -> tuple[str, ...]:
    """What accounts that share a limit have in common."""
    own = {
        Scope.ACCOUNT: account.external_id,
        Scope.CREDENTIAL: account.credential_key,
        Scope.APP: client or "",
        Scope.HOST: "",
    }
    return account.provider, scope, own[scope]


def _sorted(times: Mapping[str, Sequence[datetime]], accounts: Sequence[str]) -> tuple[datetime, ...]:
    return tuple(sorted(at for id in accounts for at in times.get(id, ())))
