"""Where somebody looks in the calendar: which view, around which day, at what. It stands in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from backend.agenda import Filters
from backend.status import PostStatus

from ..when import day_short, month_named, week_named
from .calendar_board import DAY, LIST, MONTH, WEEK

STATUSES: Mapping[str, tuple[PostStatus, ...]] = {
    "scheduled": (PostStatus.SCHEDULED, PostStatus.RETRY_PENDING, PostStatus.PUBLISHING),
    "published": (PostStatus.PUBLISHED,),
    "failed": (PostStatus.FAILED,),
    "draft": (PostStatus.DRAFT,),
    "canceled": (PostStatus.CANCELED,),
}
"""What people look at together, by the name it has in addresses."""
USUAL = tuple(status for name, group in STATUSES.items() if name != "canceled" for status in group)
"""Canceled posts are shown to those who ask for them."""
KEYS = ("account", "network", "status", "campaign")
EARLIEST, LATEST = date(1971, 1, 1), date(2999, 12, 1)


def within_reach(day: date) -> date:
    return min(max(day, EARLIEST), LATEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody looks: which view, around which day, at what."""

    view: str
    day: date
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    opened: frozenset[str] = frozenset()
    """Hours of which everything is shown; and ``EARLIER``."""

    @property
    def range(self) -> tuple[date, date]:
        if self.view == DAY:
            return self.day, self.day
        first = self.day if self.view == WEEK else self.day.replace(day=1)
        last = first if self.view == WEEK else next_month(first) - timedelta(days=1)
        if self.view == LIST:
            return first, last
        return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())

    @property
    def filters(self) -> Filters:
        groups = [group for name in self.chosen.get("status", ()) for group in STATUSES[name]]
        return Filters(
            accounts=self.chosen.get("account", ()),
            providers=self.chosen.get("network", ()),
            statuses=tuple(groups) or USUAL,
            campaigns=self.chosen.get("campaign", ()),
        )

    def turned(self, by: int) -> Place:
        if self.view in (MONTH, LIST):
            first = self.day.replace(day=1)
            day = next_month(first) if by > 0 else (first - timedelta(days=1)).replace(day=1)
        else:
            day = self.day + timedelta(days=by * (7 if self.view == WEEK else 1))
        return self.at(day)

    def at(self, day: date) -> Place:
        return replace(self, day=within_reach(day), opened=frozenset())

    @property
    def title(self) -> str:
        if self.view == DAY:
            return f"{day_short(self.day)} {self.day.year}"
        return week_named(*self.range) if self.view == WEEK else month_named(self.day)

    @property
    def address(self) -> str:
        chosen = {key: ",".join(names) for key, names in self.chosen.items() if names}
        return "/calendar?" + urlencode({"view": self.view, "day": self.day.isoformat(), **chosen}, safe=",")


def next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
