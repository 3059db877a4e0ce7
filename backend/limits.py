"""Limits of the networks, kept in rows so that all workers and a restart agree.

Two kinds: waits that a network asked for (``limit_waits``), and the declared rates (``rate_levels``), which are counted
before the wall is reached. Both are keyed by external identity: two workspaces that publish to one chat share its limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from providers.contract import Provider, Rate, Scope

from .models import LimitWait, RateLevel

OUR_OWN = "declared rate"
"""The reason of a wait that no network asked for: a declared rate is used up."""
TENTHS = 10
"""A window is counted in tenths. Eleven of them are looked at, so that no stretch of one whole window is ever over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What the limits of one post are keyed by."""

    provider: str
    external_id: str
    credential_key: str
    client_id: str

    def key(self, scope: Scope) -> str:
        return limit_key(self.provider, scope, {
            Scope.ACCOUNT: self.external_id,
            Scope.CREDENTIAL: self.credential_key,
            Scope.APP: self.client_id,
            Scope.HOST: "",
        }[scope])  # fmt: skip


def limit_key(provider: str, scope: Scope, name: str) -> str:
    return f"{scope}:{provider}:{name}"


def wait_until(session: Session, key: str, until: datetime, reason: str) -> None:
    """Never shortens a wait that is there."""
    row = session.get(LimitWait, key)
    if row is None:
        session.add(LimitWait(key=key, until=until, reason=reason))
    elif row.until < until:
        row.until, row.reason = until, reason
    session.flush()


def forget_past(session: Session, now: datetime) -> None:
    session.execute(delete(LimitWait).where(LimitWait.until <= now))


class Levels:
    """The declared rates of some posts, read once and written once however many posts ask."""

    def __init__(self, session: Session, posts: Iterable[tuple[Provider, Identity]]) -> None:
        self._session = session
        keys = sorted({key for provider, who in posts for _, key in _keyed(provider, who)})
        rows = session.scalars(
            select(RateLevel).where(RateLevel.key.in_(keys)).order_by(RateLevel.key).with_for_update()
        )
        self._rows = {row.key: row for row in rows} if keys else {}
        self._counts = {key: dict(row.counts) for key, row in self._rows.items()}

    def take(self, provider: Provider, who: Identity, now: datetime) -> tuple[str, datetime] | None:
        """Count one post against every declared rate, or none: then the key that is full and when it has room again."""
        rates = list(_keyed(provider, who))
        for rate, key in rates:
            free_at = room(self._counts.get(key, {}), rate, now)
            if free_at is not None:
                return who.key(rate.scope), free_at
        for rate, key in rates:
            self._counts[key] = counted(self._counts.get(key, {}), rate, now)
        return None

    def write(self) -> None:
        for key, counts in self._counts.items():
            row = self._rows.get(key)
            if row is None:
                self._session.add(RateLevel(key=key, counts=counts))
            elif row.counts != counts:
                row.counts = counts
        self._session.flush()


def standing(session: Session, provider: Provider, who: Identity, now: datetime) -> list[tuple[Rate, int]]:
    """How many posts of each declared rate's last stretch were counted. Reads only."""
    found: list[tuple[Rate, int]] = []
    for rate, key in _keyed(provider, who):
        row = session.get(RateLevel, key)
        current = _tenth(now, rate.per / TENTHS)
        counts: Mapping[str, int] = row.counts if row is not None else {}
        found.append((rate, sum(count for tenth, count in counts.items() if int(tenth) >= current - TENTHS)))
    return found


def waits(session: Session, who: Identity, now: datetime) -> list[tuple[str, datetime]]:
    """What the network asked to wait for, and until when."""
    rows = session.scalars(
        select(LimitWait).where(LimitWait.key.in_([who.key(scope) for scope in Scope]), LimitWait.until > now)
    )
    return [(row.reason or "a limit", row.until) for row in rows if row.reason != OUR_OWN]


def _keyed(provider: Provider, who: Identity) -> Iterator[tuple[Rate, str]]:
    for number, rate in enumerate(provider.rates):
        yield rate, f"{who.key(rate.scope)}:{number}"


def room(counts: Mapping[str, int], rate: Rate, now: datetime) -> datetime | None:
    """None when one more fits now; else when it does."""
    width = rate.per / TENTHS
    current = _tenth(now, width)
    recent = sorted((int(tenth), count) for tenth, count in counts.items() if int(tenth) >= current - TENTHS)
    surplus = sum(count for _, count in recent) - rate.count + 1
    if surplus <= 0:
        return None
    for tenth, count in recent:
        surplus -= count
        if surplus <= 0:
            return datetime.fromtimestamp(0, UTC) + width * (tenth + TENTHS + 1)
    return now + rate.per


def counted(counts: Mapping[str, int], rate: Rate, now: datetime) -> dict[str, int]:
    current = _tenth(now, rate.per / TENTHS)
    kept = {tenth: count for tenth, count in counts.items() if int(tenth) >= current - TENTHS}
    return {**kept, str(current): kept.get(str(current), 0) + 1}


def _tenth(now: datetime, width: timedelta) -> int:
    return math.floor(now.timestamp() / width.total_seconds())
