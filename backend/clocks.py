"""Whether this machine's clock is right, told by the Date of the networks' answers in ordinary traffic.

Posts go out by our clock and tokens end by theirs: a clock that is wrong by minutes makes posts late and logins fail in
ways that look like something else. One network may be wrong, or answer from a cache; that all of them are, nobody believes.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

WRONG = timedelta(seconds=60)
REMEMBERED = timedelta(hours=1)


class Clocks:
    """How far networks' clocks are ahead of ours: what the last answer of each host said."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[datetime, timedelta]] = {}

    def note(self, host: str, date: str | None, now: datetime) -> None:
        """``date`` is the header of an answer that has just arrived."""
        ahead = ahead_of(date, now)
        if ahead is not None:
            with self._lock:
                self._seen[host] = (now, ahead)

    def of(self, host: str) -> timedelta | None:
        found = self._seen.get(host)
        return None if found is None else found[1]

    def ahead(self, now: datetime) -> timedelta | None:
        """What the network that agrees with us best says; None when none answered lately."""
        with self._lock:
            self._seen = {host: seen for host, seen in self._seen.items() if abs(now - seen[0]) < REMEMBERED}
            return min((ahead for _, ahead in self._seen.values()), key=abs, default=None)


def ahead_of(date: str | None, now: datetime) -> timedelta | None:
    """None for a header that is missing or no date. It tells whole seconds, cut off: half of one is added."""
    try:
        told = parsedate_to_datetime(date or "")
    except (TypeError, ValueError):
        return None
    return told.replace(tzinfo=told.tzinfo or UTC) + timedelta(milliseconds=500) - now


def is_wrong(ahead: timedelta) -> bool:
    return abs(ahead) > WRONG


def sentence(ahead: timedelta) -> str:
    """For a clock that is wrong."""
    seconds = round(abs(ahead.total_seconds()))
    apart = f"{seconds} seconds" if seconds < 180 else f"{round(seconds / 60)} minutes"
    side = "behind" if ahead > timedelta() else "ahead of"
    return f"This server's clock is {apart} {side} the networks' clocks. Set it, or let NTP set it."
