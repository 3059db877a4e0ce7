"""Two hundred posts over fifty chats, all due in the same second, at a network that takes 0.4 s a call."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx2

from backend.settings import Settings
from providers.telegram import RATES

from .running import Running, percentile

POSTS, CHATS, LATENCY = 200, 50, 0.4


def floor() -> float:
    """Seconds that no scheduler can beat: the calls by the concurrency, and the limits that Telegram declares."""
    concurrency = Settings.__dataclass_fields__["concurrency"].default
    by_calls = POSTS * LATENCY / concurrency
    a_second = next(rate for rate in RATES if rate.scope == "credential")
    by_bot = (POSTS / a_second.count) * a_second.per.total_seconds()
    by_chat = (POSTS / CHATS - 1) * 1.0 + LATENCY
    return max(by_calls, by_bot, by_chat)


def measure(place: Running) -> dict[str, float]:
    handles = place.chats(CHATS)
    known = len(place.received())
    idle = sorted(_listing(place) for _ in range(60))
    place.latency(LATENCY)
    due = (datetime.now(UTC) + timedelta(seconds=4)).replace(microsecond=0)
    entries = [
        {"account": handles[number % CHATS], "description": f"burst {number}", "publish_at": due.isoformat()}
        for number in range(POSTS)
    ]
    place.apply(*entries)
    busy: list[float] = []
    over = threading.Event()
    watching = threading.Thread(target=_watch, args=(place, busy, over))
    time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
    watching.start()
    received = place.wait_until_received(known + POSTS, 120)[known:]
    over.set()
    watching.join()
    place.latency(0.0)
    times = Counter(post["text"] for post in received)
    last = max(datetime.fromisoformat(post["at"]) for post in received) + timedelta(seconds=LATENCY)
    took = (last - due).total_seconds()
    return {
        "posts": len(times),
        "doubled": sum(count > 1 for count in times.values()),
        "seconds": took,
        "floor": floor(),
        "ratio to the floor": took / floor(),
        "list p99 idle": percentile(idle, 0.99),
        "list p99 busy": percentile(sorted(busy), 0.99),
        "list p99 ratio": percentile(sorted(busy), 0.99) / percentile(idle, 0.99),
    }


def _listing(place: Running) -> float:
    began = time.perf_counter()
    place.client.get("/v1/posts?limit=50").raise_for_status()
    return time.perf_counter() - began


def _watch(place: Running, busy: list[float], over: threading.Event) -> None:
    headers = {"Authorization": place.client.headers["Authorization"]}
    with httpx2.Client(base_url=place.url, headers=headers, timeout=60) as client:
        while not over.is_set():
            began = time.perf_counter()
            client.get("/v1/posts?limit=50").raise_for_status()
            busy.append(time.perf_counter() - began)
            over.wait(0.05)
