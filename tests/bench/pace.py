"""One post every tenth of a second over twenty chats, each applied three seconds ahead: how late do they arrive?"""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from .running import Running, lateness, percentile

CHATS, EVERY, AHEAD = 20, 0.1, 3.0


def measure(place: Running, seconds: float) -> dict[str, float]:
    handles = place.chats(CHATS)
    due: dict[str, datetime] = {}
    began = time.monotonic()
    for number in range(round(seconds / EVERY)):
        time.sleep(max(0.0, began + number * EVERY - time.monotonic()))
        at = (datetime.now(UTC) + timedelta(seconds=AHEAD)).replace(microsecond=0) + timedelta(
            milliseconds=number % 10 * 100
        )
        text = f"pace {number}"
        due[text] = at
        place.apply({"account": handles[number % CHATS], "description": text, "publish_at": at.isoformat()})
    received = place.wait_until_received(len(due), AHEAD + 30)
    times = Counter(post["text"] for post in received)
    late = lateness(received, due)
    return {
        "posts": len(due),
        "missing": len(due) - len(times),
        "doubled": sum(count > 1 for count in times.values()),
        "p50": percentile(late, 0.5),
        "p99": percentile(late, 0.99),
        "max": late[-1],
    }
