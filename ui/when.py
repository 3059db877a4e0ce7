"""Times as people read them, in the workspace's zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .words import _, later, plural

MONTHS = (
    later("Jan"), later("Feb"), later("Mar"), later("Apr"), later("May"), later("Jun"),
    later("Jul"), later("Aug"), later("Sep"), later("Oct"), later("Nov"), later("Dec"),
)  # fmt: skip
WHOLE_MONTHS = (
    later("January"), later("February"), later("March"), later("April"), later("May"), later("June"),
    later("July"), later("August"), later("September"), later("October"), later("November"), later("December"),
)  # fmt: skip
WHOLE_DAYS = (
    later("Monday"), later("Tuesday"), later("Wednesday"), later("Thursday"), later("Friday"), later("Saturday"),
    later("Sunday"),
)  # fmt: skip
DAYS = (later("Mon"), later("Tue"), later("Wed"), later("Thu"), later("Fri"), later("Sat"), later("Sun"))


def parsed(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def local(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone))


def moment(written: str | None, zone: str, now: datetime) -> str:
    """``Today 14:30``, ``Tue 3 Mar 14:30``, ``3 Mar 2027 14:30``."""
    at = parsed(written)
    if at is None:
        return "–"
    there = local(at, zone)
    return f"{day(there, local(now, zone))} {there:%H:%M}"


def day(there: datetime, today: datetime) -> str:
    apart = (there.date() - today.date()).days
    near = {0: _("Today"), 1: _("Tomorrow"), -1: _("Yesterday")}.get(apart)
    if near:
        return near
    date = f"{there.day} {_(MONTHS[there.month - 1])}"
    return f"{_(DAYS[there.weekday()])} {date}" if abs(apart) < 180 else f"{date} {there.year}"


def month_named(month: date) -> str:
    return f"{_(WHOLE_MONTHS[month.month - 1])} {month.year}"


def day_named(day: date) -> str:
    """``Sunday 28 March``."""
    return f"{_(WHOLE_DAYS[day.weekday()])} {day.day} {_(WHOLE_MONTHS[day.month - 1])}"


def day_short(day: date) -> str:
    """``Sun 28 Mar``."""
    return f"{_(DAYS[day.weekday()])} {day.day} {_(MONTHS[day.month - 1])}"


def week_named(first: date, last: date) -> str:
    """``22 – 28 Mar 2027``, with whatever else the two days do not share."""
    month = "" if first.month == last.month else f" {_(MONTHS[first.month - 1])}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day}{month}{year} – {last.day} {_(MONTHS[last.month - 1])} {last.year}"


def exact(written: str | None, zone: str) -> str:
    """To the second, with the offset: for stories and tooltips."""
    at = parsed(written)
    return f"{local(at, zone):%Y-%m-%d %H:%M:%S %Z}" if at else "–"


def ago(written: str | None, now: datetime) -> str:
    at = parsed(written)
    return _("never") if at is None else stretch(now - at)


def stretch(passed: timedelta) -> str:
    seconds = int(passed.total_seconds())
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return plural("{count} minute ago", "{count} minutes ago", seconds // 60)
    if seconds < 86400:
        return plural("{count} hour ago", "{count} hours ago", seconds // 3600)
    return plural("{count} day ago", "{count} days ago", seconds // 86400)


def seconds(count: float) -> str:
    """A length of time, roughly."""
    whole = round(count)
    if whole < 120:
        return plural("{count} second", "{count} seconds", whole)
    if whole < 7200:
        return plural("{count} minute", "{count} minutes", whole // 60)
    return plural("{count} hour", "{count} hours", whole // 3600)
