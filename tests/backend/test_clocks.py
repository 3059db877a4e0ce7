"""A clock that is wrong is noticed from the networks' answers, and said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import health
from backend.clocks import Clocks, ahead_of, sentence
from backend.context import Context
from backend.http import Outgoing
from providers.contract import Request

from .conftest import NOON, Clock

MINUTE = timedelta(minutes=1)


def date(ahead: timedelta = timedelta()) -> str:
    return format_datetime((NOON + ahead).replace(microsecond=0), usegmt=True)


@given(st.floats(-1e6, 1e6))
def test_a_date_tells_the_difference_to_within_half_a_second(seconds: float) -> None:
    ahead = ahead_of(date(timedelta(seconds=seconds)), NOON)
    assert ahead is not None
    assert abs(ahead.total_seconds() - seconds) <= 0.51


@pytest.mark.parametrize("header", [None, "", "yesterday", "Mon, 99 Nov 2026 12:00:00 GMT"])
def test_what_is_no_date_tells_nothing(header: str | None) -> None:
    clocks = Clocks()
    clocks.note("a", header, NOON)
    assert clocks.ahead(NOON) is None


def test_a_clock_is_wrong_only_when_all_networks_say_so() -> None:
    clocks = Clocks()
    clocks.note("a", date(5 * MINUTE), NOON)
    assert clocks.ahead(NOON) == timedelta(minutes=5, milliseconds=500)
    clocks.note("b", date(), NOON)
    assert clocks.ahead(NOON) == timedelta(milliseconds=500)
    assert clocks.of("a") == timedelta(minutes=5, milliseconds=500)


def test_what_was_heard_long_ago_counts_no_more() -> None:
    clocks = Clocks()
    clocks.note("a", date(5 * MINUTE), NOON)
    assert clocks.ahead(NOON + timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("ahead", "said"),
    [(timedelta(seconds=90), "90 seconds behind"), (timedelta(minutes=-5), "5 minutes ahead of the networks'")],
)
def test_the_sentence_tells_how_far_and_which_way(ahead: timedelta, said: str) -> None:
    assert said in sentence(ahead)


# --- from traffic to the screen -----------------------------------------------------------------------------------------


@contextmanager
def server(headers: dict[str, str]) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(200)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


async def test_ordinary_answers_are_listened_to() -> None:
    clocks = Clocks()
    told = format_datetime(datetime.now(UTC) + 10 * MINUTE, usegmt=True)
    with server({"Date": told}) as url:
        async with Outgoing(clocks=clocks) as http:
            await http.send(Request("GET", "/"), bases={"api": url})
    ahead = clocks.ahead(datetime.now(UTC))
    assert ahead is not None
    assert abs(ahead - 10 * MINUTE) < timedelta(seconds=5)


async def test_only_networks_are_believed() -> None:
    """Not the address that a post's file was said to have."""
    clocks = Clocks()
    with server({"Date": date()}) as url:
        async with Outgoing(clocks=clocks, allow_private_hosts=[url.removeprefix("http://")]) as http:
            async for _ in http.download(f"{url}/a.png", limit=10):
                pass
    assert clocks.ahead(datetime.now(UTC)) is None


async def test_a_wrong_clock_is_in_the_servers_health_until_it_is_right(context: Context, clock: Clock) -> None:
    clocks = Clocks()
    async with Outgoing(clocks=clocks) as http:
        context = replace(context, http=http)
        assert (await health.service(context))["clock"] == {"ok": True, "aheadSeconds": None, "message": None}
        clocks.note("a", date(3 * MINUTE), NOON)
        await health.note_clock(context)
        found = (await health.service(context))["clock"]
        assert (found["ok"], found["aheadSeconds"]) == (False, 180.5)
        assert found["message"] == sentence(timedelta(seconds=180.5))
        clocks.note("a", date(), clock.forward(timedelta(seconds=10)))
        await health.note_clock(context)
        assert (await health.service(context))["clock"]["ok"]
