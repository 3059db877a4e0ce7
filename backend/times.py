"""Times as people and clients write them, and the zones they mean."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Far enough from the ends of Python's calendar that offsets and delays can be added."""

_WRITTEN = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[ T](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
    r" ?(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)


def parse_time(raw: object, zone: str) -> datetime:
    """ISO 8601, or a number of milliseconds since 1970, to the millisecond. Raises ValueError.

    A date alone is midnight UTC. A time without offset is one of ``zone``: one that the clocks skip in spring is moved
    on by what they skip, one that they show twice in autumn is the first.
    """
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise ValueError("not a time")
    try:
        if isinstance(raw, str):
            return within_reach(_parse_written(raw.strip(), zone))
        return within_reach(EPOCH + timedelta(milliseconds=math.floor(raw)))
    except OverflowError as error:
        raise ValueError("too far away") from error


def _parse_written(text: str, zone: str) -> datetime:
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("not a time")
    day = datetime.fromisoformat(found["date"]).replace(tzinfo=UTC)
    if found["hour"] is None:
        return day
    at = day.replace(
        hour=int(found["hour"]),
        minute=int(found["minute"]),
        second=int(found["second"] or 0),
        microsecond=int((found["fraction"] or "").ljust(3, "0")[:3]) * 1000,
    )
    if found["offset"] is None:
        return at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return at - _offset(found["offset"].upper())


def _offset(text: str) -> timedelta:
    if text == "Z":
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError("not an offset")
    ahead = timedelta(hours=hours, minutes=minutes)
    return -ahead if text[0] == "-" else ahead


def shifted(at: datetime, zone: str, *, days: int = 0, minutes: int = 0) -> datetime:
    """Moved on by days of the wall's clock in ``zone``, then by minutes that pass. Raises ValueError when that is too far.

    A post at nine stays at nine over a change of the clocks; a time that they skip is moved on by what they skip.
    """
    try:
        if days:
            wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) + timedelta(days=days)
            at = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        return within_reach(at + timedelta(minutes=minutes))
    except OverflowError as error:
        raise ValueError("too far away") from error


def within_reach(at: datetime) -> datetime:
    if not EARLIEST <= at <= LATEST:
        raise ValueError("too far away")
    return at


def milliseconds(at: datetime) -> datetime:
    """What is answered has milliseconds, so that is what is kept: it must be the same when it comes back."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def wall_time(at: datetime, zone: str) -> str:
    """What the clock on the wall shows there, without an offset."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(timespec="seconds")


def moments(wall: str, zone: str) -> tuple[datetime, ...]:
    """When the clocks of a zone show this time: never for what they skip in spring, twice for what autumn repeats."""
    shown = datetime.fromisoformat(wall).replace(tzinfo=None)
    read = {shown.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(at for at in read if at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == shown))


def change_of_clocks(since: datetime, until: datetime, zone: str) -> tuple[datetime, timedelta] | None:
    """When the clocks of a zone are moved in between, and by how much: forward when it is positive."""

    def offset(at: datetime) -> timedelta:
        return at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)

    before = offset(since)
    moved = offset(until) - before
    if not moved:
        return None
    while until - since > timedelta(seconds=1):
        middle = since + (until - since) / 2
        since, until = (middle, until) if offset(middle) == before else (since, middle)
    return until.replace(microsecond=0), moved


def local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def midnight(day: date, zone: str) -> datetime:
    """When the day begins: where the clocks skip midnight, after what they skip."""
    return parse_time(f"{day.isoformat()}T00:00", zone)


def zone_named(name: str) -> str | None:
    """The IANA name in its own spelling; None when there is no such zone."""
    return _zones().get(name.strip().lower())


@cache
def _zones() -> Mapping[str, str]:
    return {name.lower(): name for name in available_timezones() if name not in ("Factory", "localtime")}
