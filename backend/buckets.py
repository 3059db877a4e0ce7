"""Token buckets: how often somebody may do something, in the memory of this process."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

MOST_KEYS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A bucket after somebody took from it, or was refused."""

    allowed: bool
    limit: int
    remaining: int
    next_in: float
    """Seconds until there is one to take; 0 when there is."""
    full_in: float
    """Seconds until it is full again."""


class Buckets:
    """One bucket a key: ``count`` may be taken at once, and as many flow in again in ``per`` seconds."""

    def __init__(self, count: int, per: float, *, most_keys: int = MOST_KEYS) -> None:
        self.count = count
        self.per = per
        self._most_keys = most_keys
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """How much was in each, and when. Those that nobody took from for the longest time come first."""

    def take(self, key: str, now: float) -> Level:
        """``now`` in seconds, of any clock that does not go back."""
        held, at = self._levels.pop(key, (float(self.count), now))
        held = min(self.count, held + max(0.0, now - at) * self.count / self.per)
        allowed = held >= 1
        if allowed:
            held -= 1
        self._levels[key] = (held, now)
        if len(self._levels) > self._most_keys:
            self._levels.popitem(last=False)
        pace = self.per / self.count
        return Level(
            allowed=allowed,
            limit=self.count,
            remaining=int(held),
            next_in=max(0.0, (1 - held) * pace),
            full_in=(self.count - held) * pace,
        )
