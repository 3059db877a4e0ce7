"""How many requests a key and an address may make, who an address is, and what is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select
from starlette.types import Receive, Scope, Send

from backend import key_usage, keys, workspaces
from backend.access import Actor, Role
from backend.api.throttle import ClientAddress, RequestLimits, client_of, networks
from backend.buckets import Buckets
from backend.context import utc_now
from backend.errors import AppError
from backend.key_usage import KeyCounts
from backend.models import ApiKey, KeyUsage
from backend.settings import SettingsError, load
from socialclaw_app.app import create_app
from socialclaw_app.parts import Parts, open_parts
from socialclaw_app.serving import ServerThread, free_port

from .conftest import refused

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


# --- buckets ----------------------------------------------------------------------------------------------------------


def test_a_bucket_gives_what_it_holds_and_then_what_flows_in() -> None:
    buckets = Buckets(3, 60.0)
    assert [buckets.take("a", 0.0).remaining for _ in range(3)] == [2, 1, 0]

    empty = buckets.take("a", 0.0)
    assert (empty.allowed, empty.remaining, empty.next_in, empty.full_in) == (False, 0, 20.0, 60.0)
    assert buckets.take("a", 19.9).allowed is False
    assert buckets.take("a", 20.0).allowed is True
    assert buckets.take("a", 20.0).allowed is False
    assert [buckets.take("a", 10_000.0).remaining for _ in range(3)] == [2, 1, 0], "no more than it holds"


def test_each_key_has_a_bucket_and_the_longest_unused_is_forgotten() -> None:
    buckets = Buckets(1, 60.0, most_keys=2)
    for key in ("a", "b"):
        assert buckets.take(key, 0.0).allowed
    assert not buckets.take("a", 1.0).allowed

    assert buckets.take("c", 2.0).allowed

    assert not buckets.take("a", 3.0).allowed
    assert buckets.take("b", 3.0).allowed, "forgotten"


# --- the middleware ---------------------------------------------------------------------------------------------------


@dataclass
class Inner:
    """Answers 204, as a key or as nobody."""

    key_id: str | None = None
    seen: list[str] = field(default_factory=list)
    schemes: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(scope["client"][0])
        self.schemes.append(scope["scheme"])
        if self.key_id:
            scope.setdefault("state", {})["key_id"] = self.key_id
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def limited(inner: Inner, clock: Clock, counts: KeyCounts | None = None, **limits: int) -> RequestLimits:
    rates = {"per_key": 3, "per_address": 5, **limits}
    return RequestLimits(inner, counts=counts or KeyCounts(), today=lambda: NOON, clock=clock, **rates)


async def ask(
    app: Any, path: str = "/v1/posts", address: str = "192.0.2.1", **headers: str
) -> tuple[int, dict[str, str]]:
    answer: dict[str, Any] = {}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.update(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "scheme": "http",
        "query_string": b"",
        "client": (address, 4711),
        "headers": [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()],
    }
    await app(scope, None, send)
    return answer["status"], {name.decode(): value.decode() for name, value in answer["headers"]}


KEY = {"authorization": "Bearer sc_live_one"}
OTHER = {"authorization": "Bearer sc_live_other"}


async def test_every_answer_tells_how_much_is_left() -> None:
    app = limited(Inner(), Clock())

    assert await ask(app, **KEY) == (
        204,
        {
            "ratelimit-policy": '"address";q=5;w=60, "key";q=3;w=60',
            "ratelimit": '"address";r=4;t=12, "key";r=2;t=20',
        },
    )
    assert (await ask(app))[1]["ratelimit"] == '"address";r=3;t=24'


async def test_a_key_that_asks_too_often_waits_and_others_do_not() -> None:
    inner, clock = Inner(), Clock()
    app = limited(inner, clock, per_address=100)
    assert [(await ask(app, **KEY))[0] for _ in range(3)] == [204] * 3

    status, headers = await ask(app, **KEY)

    assert (status, headers["retry-after"], headers["ratelimit"]) == (429, "20", '"address";r=96;t=3, "key";r=0;t=60')
    assert len(inner.seen) == 3, "the rest of the program does not hear of it"
    assert (await ask(app, **OTHER))[0] == 204
    assert (await ask(app, address="192.0.2.2", **KEY))[0] == 429, "from anywhere"
    clock.now = 20.0
    assert (await ask(app, **KEY))[0] == 204


async def test_an_address_that_asks_too_often_waits_and_uses_up_nothing_of_a_key() -> None:
    app = limited(Inner(), Clock())
    assert [(await ask(app))[0] for _ in range(6)] == [204] * 5 + [429]

    assert [(await ask(app, **KEY))[0] for _ in range(5)] == [429] * 5
    assert (await ask(app, address="192.0.2.2", **KEY))[1]["ratelimit"] == '"address";r=4;t=12, "key";r=2;t=20'


async def test_the_health_is_told_at_any_time() -> None:
    app = limited(Inner(), Clock(), per_address=1)

    answers = [await ask(app, "/health") for _ in range(10)]

    assert answers == [(204, {})] * 10
    assert (await ask(app))[0] == 204


async def test_a_network_of_ipv6_is_one_address_and_an_ipv4_in_it_is_itself() -> None:
    app = limited(Inner(), Clock(), per_address=1)

    asked = [
        "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "::ffff:192.0.2.9", "192.0.2.9", "::ffff:192.0.2.10",
    ]  # fmt: skip
    assert [(await ask(app, address=one))[0] for one in asked] == [204, 429, 204, 204, 429, 204]


async def test_without_limits_nothing_is_said_of_them() -> None:
    app = limited(Inner(), Clock(), per_key=0, per_address=0)

    assert [await ask(app, **KEY) for _ in range(20)] == [(204, {})] * 20


async def test_requests_are_counted_for_the_key_that_was_let_in_and_for_no_other() -> None:
    counts = KeyCounts()
    for _ in range(2):
        await ask(limited(Inner("key_1"), Clock(), counts), **KEY)
    await ask(limited(Inner(None), Clock(), counts), **KEY)
    await ask(limited(Inner("key_1"), Clock(), counts, per_address=0, per_key=1), **KEY)

    assert counts.take() == {("key_1", "2026-11-24"): 3}
    assert counts.take() == {}


# --- who asks ---------------------------------------------------------------------------------------------------------

TRUSTED = networks(["10.0.0.0/8", "127.0.0.1", "2001:db8::/32"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["203.0.113.9, 198.51.100.7, 10.1.2.3"], "198.51.100.7"),
        ("127.0.0.1", ["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["10.0.0.9"], "10.0.0.9"),
        ("127.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("::ffff:10.0.0.1", ["[2001:db9::5]:443"], "2001:db9::5"),
        ("127.0.0.1", ["198.51.100.7, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.7, unknown, 10.0.0.4"], "10.0.0.4"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("testclient", ["198.51.100.7"], "testclient"),
    ],
)
def test_only_what_a_trusted_proxy_wrote_says_who_somebody_is(peer: str, forwarded: list[str], client: str) -> None:
    assert client_of(peer, forwarded, TRUSTED) == client


async def test_behind_a_trusted_proxy_address_and_scheme_are_the_persons() -> None:
    inner = Inner()
    app = ClientAddress(inner, trusted=["127.0.0.1"])
    told = {"x_forwarded_for": "198.51.100.7", "x_forwarded_proto": "https"}

    await ask(app, address="127.0.0.1", **told)
    await ask(app, address="192.0.2.1", **told)
    await ask(ClientAddress(inner, trusted=[]), address="127.0.0.1", **told)

    assert inner.seen == ["198.51.100.7", "192.0.2.1", "127.0.0.1"]
    assert inner.schemes == ["https", "http", "http"]


def test_a_proxy_that_is_no_address_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SOCIALCLAW_TRUSTED_PROXIES: 'nginx'"):
        load({"SOCIALCLAW_TRUSTED_PROXIES": "10.0.0.1, nginx"}, data_dir=tmp_path)

    settings = load({"SOCIALCLAW_TRUSTED_PROXIES": "10.0.0.1, 10.2.0.0/16"}, data_dir=tmp_path)
    assert settings.trusted_proxies == {"10.0.0.1", "10.2.0.0/16"}
    assert (settings.requests_per_minute_per_key, settings.requests_per_minute_per_address) == (1200, 2400)


# --- a server ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    parts: Parts
    actor: Actor
    key_id: str
    http: httpx2.Client
    stop: Any


@contextmanager
def small_server(folder: Path, **changes: Any) -> Iterator[Small]:
    port = free_port("127.0.0.1", 0)
    settings = replace(load({}, data_dir=folder), public_base_url=f"http://127.0.0.1:{port}", **changes)
    with open_parts(settings) as parts:
        db = parts.context.db
        workspace = db.write_now(workspaces.create, name="Small", now=utc_now())
        actor = Actor(workspace_id=workspace.id, label="test", role=Role.OWNER)
        key, secret = db.write_now(keys.create, actor, label="test", now=utc_now())
        running = ServerThread(create_app(parts, worker=False, pages=False), host="127.0.0.1", port=port)
        running.start()
        headers = {"Authorization": f"Bearer {secret}"}
        with httpx2.Client(base_url=settings.public_base_url, headers=headers, timeout=30) as http:
            yield Small(parts=parts, actor=actor, key_id=key["id"], http=http, stop=running.stop)
            running.stop()


def test_a_server_refuses_in_the_documented_shape_and_counts_what_it_let_in(tmp_path: Path) -> None:
    with small_server(tmp_path, requests_per_minute_per_key=3) as small:
        first = small.http.get("/v1/posts")
        others = [small.http.get("/v1/posts") for _ in range(2)]
        late = small.http.get("/v1/posts")

        assert {answer.status_code for answer in (first, *others)} == {200}
        assert first.headers["RateLimit-Policy"] == '"address";q=2400;w=60, "key";q=3;w=60'
        assert first.headers["RateLimit"].startswith('"address";r=2399;t=1, "key";r=2;t=')
        assert refused(late) == (429, "rate_limited")
        assert late.json()["details"] == {"policy": "key", "limit": 3, "windowSeconds": 60, "retryAfterSeconds": int(late.headers["Retry-After"])}  # fmt: skip
        assert late.headers["X-Request-Id"]
        assert small.http.get("/health").status_code == 200

        db, today = small.parts.context.db, utc_now().date()
        assert db.read_now(key_usage.total, small.actor, since=today) == 0, "nothing is written at each request"
        small.stop()
        assert db.read_now(key_usage.total, small.actor, since=today) == 3
        assert db.read_now(workspaces.usage, small.actor, now=utc_now())["apiRequests"] == 3


def test_a_header_of_anybody_does_not_give_them_another_address(tmp_path: Path) -> None:
    with small_server(tmp_path, requests_per_minute_per_address=2) as small:
        statuses = [
            small.http.get("/v1/posts", headers={"X-Forwarded-For": f"198.51.100.{number}"}).status_code
            for number in range(4)
        ]

    assert statuses == [200, 200, 429, 429]


def test_people_behind_a_trusted_proxy_have_addresses_of_their_own(tmp_path: Path) -> None:
    trusted = frozenset({"127.0.0.1"})
    with small_server(tmp_path, requests_per_minute_per_address=1, trusted_proxies=trusted) as small:
        statuses = [
            small.http.get("/v1/posts", headers={"X-Forwarded-For": address}).status_code
            for address in ("198.51.100.1", "198.51.100.2", "198.51.100.1")
        ]

    assert statuses == [200, 200, 429]


# --- counting ---------------------------------------------------------------------------------------------------------


async def test_counts_are_added_day_by_day_and_those_of_others_are_not_shown(tmp_path: Path) -> None:
    with small_server(tmp_path) as small:
        context, day = small.parts.context, datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
        counts = KeyCounts()
        for _ in range(2):
            counts.add(small.key_id, day)
            counts.add(small.key_id, day.replace(day=25))
            await key_usage.write_down(context, counts)
        stranger = context.db.write_now(workspaces.create, name="Other", now=utc_now())
        other = replace(small.actor, workspace_id=stranger.id)

        def read(actor: Actor, since: date) -> Any:
            return context.db.read_now(key_usage.by_day, actor, small.key_id, since=since)

        assert read(small.actor, day.date()) == [
            {"day": "2026-11-24", "requests": 2},
            {"day": "2026-11-25", "requests": 2},
        ]
        assert read(small.actor, date(2026, 11, 25)) == [{"day": "2026-11-25", "requests": 2}]
        assert context.db.read_now(key_usage.total, other, since=day.date()) == 0
        with pytest.raises(AppError, match="no API key"):
            read(other, day.date())


async def test_counts_that_cannot_be_written_wait_and_those_of_a_key_that_went_are_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with small_server(tmp_path) as small:
        context, counts = small.parts.context, KeyCounts()
        counts.add(small.key_id, NOON)
        counts.add("key_gone", NOON)

        class Down:
            async def write(self, *_: Any) -> None:
                raise OSError("the disk is full")

        await key_usage.write_down(replace(context, db=Down()), counts)  # type: ignore[arg-type]
        counts.add(small.key_id, NOON)
        await key_usage.write_down(context, counts)

        rows = context.db.read_now(lambda session: session.execute(select(KeyUsage.key_id, KeyUsage.requests)).all())
        assert rows == [(small.key_id, 2)]
        assert counts.take() == {}
        context.db.write_now(lambda session: session.execute(delete(ApiKey).where(ApiKey.id == small.key_id)))


async def test_counts_are_written_while_the_server_runs_and_when_it_stops(tmp_path: Path) -> None:
    with small_server(tmp_path) as small:
        context, counts = small.parts.context, KeyCounts()

        async def written() -> int:
            return await context.db.read(key_usage.total, small.actor, since=NOON.date())

        async with key_usage.written_down(context, counts, every=0.01):
            counts.add(small.key_id, NOON)
            async with asyncio.timeout(10):
                while await written() == 0:
                    await asyncio.sleep(0.01)
        async with key_usage.written_down(context, counts, every=3600):
            counts.add(small.key_id, NOON)
        assert await written() == 2
