"""How many requests a minute may come with one key and from one address, and how many came.

The headers are those of the IETF's draft: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
Each process counts for itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..buckets import Buckets, Level
from ..errors import STATUS
from ..key_usage import KeyCounts
from ..sealing import hash_secret
from .edge import error_response

MINUTE = 60
EXEMPT = "/health"

Networks: TypeAlias = Sequence[IPv4Network | IPv6Network]


class RequestLimits:
    """Counts before anything is read, so that a refusal costs next to nothing."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        per_key: int,
        per_address: int,
        counts: KeyCounts,
        today: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self._keys = Buckets(per_key, MINUTE) if per_key else None
        self._addresses = Buckets(per_address, MINUTE) if per_address else None
        self._counts = counts
        self._today = today
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == EXEMPT:
            await self.app(scope, receive, send)
            return
        levels = self._take(scope)
        told = headers_of(levels)
        refused = next((level for level in levels.values() if not level.allowed), None)
        if refused is not None:
            await _refusal(levels, refused, told)(scope, receive, send)
            return

        async def send_with_levels(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        try:
            await self.app(scope, receive, send_with_levels)
        finally:
            key_id = scope.get("state", {}).get("key_id")
            if key_id is not None:
                self._counts.add(key_id, self._today())

    def _take(self, scope: Scope) -> dict[str, Level]:
        """An address that has had enough uses up nothing of a key."""
        now, levels = self._clock(), dict[str, Level]()
        client = scope.get("client")
        if self._addresses is not None and client:
            levels["address"] = self._addresses.take(_address(client[0]), now)
            if not levels["address"].allowed:
                return levels
        scheme, _, secret = Headers(scope=scope).get("authorization", "").partition(" ")
        if self._keys is not None and scheme.lower() == "bearer" and secret.strip():
            levels["key"] = self._keys.take(hash_secret(secret.strip()), now)
        return levels


def headers_of(levels: dict[str, Level]) -> dict[str, str]:
    if not levels:
        return {}
    rows = levels.items()
    return {
        "RateLimit-Policy": ", ".join(f'"{name}";q={level.limit};w={MINUTE}' for name, level in rows),
        "RateLimit": ", ".join(f'"{name}";r={level.remaining};t={math.ceil(level.full_in)}' for name, level in rows),
    }


def _refusal(levels: dict[str, Level], refused: Level, told: dict[str, str]) -> ASGIApp:
    name = next(name for name, level in levels.items() if level is refused)
    wait = max(1, math.ceil(refused.next_in))
    whose = "with this API key" if name == "key" else "from your address"
    return error_response(
        "rate_limited",
        f"Too many requests {whose}: at most {refused.limit} a minute. Try again in {wait} s.",
        STATUS["rate_limited"],
        {"policy": name, "limit": refused.limit, "windowSeconds": MINUTE, "retryAfterSeconds": wait},
        {**told, "Retry-After": str(wait)},
    )


def _address(host: str) -> str:
    """Whoever has one IPv6 address has a whole /64 of them."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False))
    return str(address)


# --- behind a proxy ---------------------------------------------------------------------------------------------------


class ClientAddress:
    """Behind proxies that are trusted, the address and the scheme are those that the person used. For all that comes
    after: nobody else's header says who somebody is."""

    def __init__(self, app: ASGIApp, *, trusted: Iterable[str]) -> None:
        self.app = app
        self._trusted = networks(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if self._trusted and scope["type"] in ("http", "websocket") and client and _in(client[0], self._trusted):
            headers = Headers(scope=scope)
            scope["client"] = (client_of(client[0], headers.getlist("x-forwarded-for"), self._trusted), 0)
            secure = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
            if secure in ("http", "https"):
                plain = "ws" if scope["type"] == "websocket" else "http"
                scope["scheme"] = f"{plain}s" if secure == "https" else plain
        await self.app(scope, receive, send)


def networks(written: Iterable[str]) -> Networks:
    return [ip_network(one, strict=False) for one in written]


def client_of(peer: str, forwarded: Sequence[str], trusted: Networks) -> str:
    """The nearest address that no trusted proxy has: what stands left of it in the header, anybody may have written."""
    nearest = peer
    for written in reversed([part.strip() for line in forwarded for part in line.split(",")]):
        if not _in(nearest, trusted):
            break
        address = _without_port(written)
        if address is None:
            break
        nearest = address
    return nearest


def _without_port(written: str) -> str | None:
    host = written[1:].partition("]")[0] if written.startswith("[") else written
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def _in(host: str, trusted: Networks) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any((mapped or address) in network for network in trusted)
