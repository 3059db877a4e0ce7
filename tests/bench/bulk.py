"""Every two seconds a thousand posts are applied at once while others are due: how late do these get?"""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from .running import Running, lateness, percentile

CHATS, EVERY, AHEAD, MANY, PAUSE = 20, 0.1, 3.0, 1000, 2.0
FAR = "2036-06-01T18:00:00Z"


def measure(place: Running, seconds: float) -> dict[str, float]:
    """As many thousands as there are pauses in the time: a slow machine does not get more of them at once."""
    handles = place.chats(CHATS)
    start = (datetime.now(UTC) + timedelta(seconds=AHEAD)).replace(microsecond=0)
    due = {f"bulk {number}": start + timedelta(seconds=number * EVERY) for number in range(round(seconds / EVERY))}
    place.apply(
        *({"account": handles[number % CHATS], "description": text, "publish_at": at.isoformat()}
          for number, (text, at) in enumerate(due.items()))
    )  # fmt: skip
    took: list[float] = []
    times = [start + timedelta(seconds=number * PAUSE) for number in range(round(seconds / PAUSE))]
    applying = threading.Thread(target=_apply_many, args=(place, handles, took, times))
    applying.start()
    received = place.wait_until_received(len(due), AHEAD + seconds + 30)
    applying.join()
    seen = Counter(post["text"] for post in received)
    late = lateness(received, due)
    return {
        "posts": len(due),
        "missing": len(due) - len(seen),
        "doubled": sum(count > 1 for count in seen.values()),
        "applied meanwhile": float(MANY * len(took)),
        "seconds for a thousand": percentile(sorted(took), 0.5),
        "p50": percentile(late, 0.5),
        "p99": percentile(late, 0.99),
        "max": late[-1],
    }


def _apply_many(place: Running, handles: list[str], took: list[float], times: list[datetime]) -> None:
    entries = [
        {"account": handles[number % CHATS], "description": f"later {number}", "publish_at": FAR}
        for number in range(MANY)
    ]
    for at in times:
        time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))
        began = time.monotonic()
        place.apply(*entries)
        took.append(time.monotonic() - began)
