"""What the sandbox networks share: memory, planted faults, the log of what their audience sees, and the control routes.

A network is one module of this package with ``NETWORK``. Its handlers are Starlette endpoints; ``state_of(request)`` is
what it remembers. Everything runs on one event loop, so what happens between two awaits needs no lock.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit
from urllib.request import Request as Fetch
from urllib.request import urlopen

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

JSON: TypeAlias = Any
Clock: TypeAlias = Callable[[], datetime]

KEPT_MEDIA = 256 * 1024**2
"""Bytes. The oldest files are forgotten beyond it: a demo may run for weeks."""
KEPT_CALLS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One network's copy. ``routes`` are mounted at ``/<id>``, ``controls`` at ``/_/<id>``."""

    id: str
    name: str
    hosts: Mapping[str, str]
    """What the provider's hosts become here: ``{"api": "/telegram"}``."""
    routes: Sequence[BaseRoute]
    memory: Callable[[], Any]
    """A fresh memory: at the start and after each reset."""
    page: Callable[[State, Request], str]
    """The inner HTML of what the audience sees. Escape everything."""
    refuse: Callable[[Fault], Response]
    """The network's own error answer, for the kinds in ``ANSWERED``."""
    credentials: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """What a newcomer pastes, or ``demo`` connects. Values that start with ``/`` are addresses on the sandbox."""
    controls: Sequence[BaseRoute] = ()
    without_secrets: Callable[[str], str] = lambda path: path
    """A path as the log of calls may show it."""


# --- faults -----------------------------------------------------------------------------------------------------------

ANSWERED = ("server_error", "rate_limited", "unauthorized", "refused")
FAULTS = (*ANSWERED, "drop_before", "drop_after", "slow", "processing_failed")


@dataclass(slots=True, kw_only=True)
class Fault:
    """Trouble for the next ``times`` calls whose path holds ``match`` (and whose method is ``method``).

    ``seconds`` is how long a slow answer takes, and what a rate-limited one asks to wait. ``after`` lets the route run
    before the error is answered.
    """

    kind: str
    times: int = 1
    seconds: float = 1.0
    match: str = ""
    method: str = ""
    after: bool = False

    def fits(self, method: str, path: str) -> bool:
        return self.match in path and self.method in ("", method)


def fault_of(body: JSON) -> Fault:
    """Raises ValueError with a sentence."""
    given: dict[str, Any] = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    unknown = set(given) - set(Fault.__dataclass_fields__)
    if unknown:
        raise ValueError(f"Unknown: {', '.join(sorted(unknown))}.")
    if given.get("kind") not in FAULTS:
        raise ValueError(f"kind must be one of {', '.join(FAULTS)}.")
    wanted: dict[str, Any] = {**given, "method": str(given.get("method") or "").upper()}
    return Fault(**wanted)


# --- what a network remembers ----------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Visible:
    """One post as the audience has it. ``shown`` holds what the network's own page and log add."""

    id: str
    at: datetime
    account: str
    text: str
    media: Sequence[Mapping[str, JSON]] = ()
    deleted: bool = False
    shown: Mapping[str, JSON] = field(default_factory=dict[str, JSON])

    def json(self) -> dict[str, JSON]:
        return {
            "id": self.id,
            "at": self.at.isoformat(timespec="microseconds"),
            "account": self.account,
            "text": self.text,
            "media": list(self.media),
            "deleted": self.deleted,
            **self.shown,
        }


class State:
    """One network's memory between two resets."""

    def __init__(self, network: Network, now: Clock) -> None:
        self.network = network
        self.now = now
        self.latency = 0.0
        self.limits_enabled = True
        self.pace = 1.0
        """Multiplies how long processing takes."""
        self.reset()

    def reset(self) -> None:
        self.memory: Any = self.network.memory()
        self.posts: dict[tuple[str, str], Visible] = {}
        self.calls: deque[Mapping[str, JSON]] = deque(maxlen=KEPT_CALLS)
        self.faults: list[Fault] = []
        self.latency = 0.0
        self.limits_enabled = True
        self.files: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._kept_bytes = 0
        self._numbers = itertools.count(1)

    def after(self, processing: timedelta) -> datetime:
        """When something is ready that takes so long."""
        return self.now() + processing * self.pace

    def number(self) -> int:
        """1, 2, 3 … for ids."""
        return next(self._numbers)

    def show(self, post: Visible) -> Visible:
        self.posts[post.account, post.id] = post
        return post

    def post(self, account: str, id: str) -> Visible | None:
        """A post that is still there."""
        found = self.posts.get((account, id))
        return None if found is None or found.deleted else found

    def keep_file(self, kind: str, mime: str, content: bytes) -> dict[str, JSON]:
        """The file as an item of ``Visible.media``."""
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 not in self.files:
            self._kept_bytes += len(content)
        self.files[sha256] = (mime, content)
        self.files.move_to_end(sha256)
        while len(self.files) > 1 and self._kept_bytes > KEPT_MEDIA:
            _, (_, oldest) = self.files.popitem(last=False)
            self._kept_bytes -= len(oldest)
        return {"kind": kind, "sha256": sha256, "size": len(content), "mime": mime}

    def take_fault(self, method: str, path: str) -> Fault | None:
        fault = next((fault for fault in self.faults if fault.fits(method, path)), None)
        if fault is None:
            return None
        fault.times -= 1
        if fault.times <= 0:
            self.faults.remove(fault)
        return fault


def state_of(request: Request) -> State:
    return request.scope["sandbox"]


def own_address(request: Request) -> str:
    """Where this network is, for addresses that it hands out."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def received_at(request: Request) -> datetime:
    """When the request arrived, before any planted delay."""
    return request.scope["sandbox.at"]


def processing_fails(request: Request) -> bool:
    """Whether a planted fault wants the processing that this call starts to fail."""
    return bool(request.scope.get("sandbox.processing_failed"))


async def pulled(state: State, kind: str, url: str) -> dict[str, JSON] | None:
    """A file that the network fetches itself, as an item of ``Visible.media``; None when it cannot be had.

    Only this machine is asked: an address elsewhere is believed, because nothing here reaches outside.
    """
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
        return {"kind": kind, "url": url}
    try:
        mime, content = await asyncio.to_thread(_fetch, url)
    except OSError:
        return None
    return state.keep_file(kind, mime, content)


def content_of(state: State, medium: Mapping[str, JSON]) -> bytes:
    """The bytes of an item that was kept or fetched; empty for what was only believed."""
    return state.files.get(str(medium.get("sha256")), ("", b""))[1]


def _fetch(url: str) -> tuple[str, bytes]:
    with urlopen(Fetch(url, headers={"User-Agent": "sandbox"}), timeout=20) as answer:  # http, loopback
        return answer.headers.get_content_type(), answer.read()


@dataclass(slots=True, kw_only=True)
class Bucket:
    """``size`` calls at once, refilled evenly over ``seconds``: how networks let short bursts pass."""

    size: int
    seconds: float
    spent: float = 0.0
    at: float = 0.0

    def wait(self, now: datetime, count: int = 1) -> float:
        """Seconds until there is room for ``count`` more; 0 when there is."""
        seconds = now.timestamp()
        self.spent = max(0.0, self.spent - (seconds - self.at) * self.size / self.seconds)
        self.at = seconds
        return max(0.0, (self.spent + count - self.size) * self.seconds / self.size)

    def take(self, count: int = 1) -> None:
        self.spent += count


def wait_for_room(buckets: Iterable[Bucket], now: datetime, count: int = 1) -> float:
    """Takes from all buckets and answers 0, or from none and answers the seconds to wait."""
    buckets = list(buckets)
    wait = max((bucket.wait(now, count) for bucket in buckets), default=0.0)
    if wait <= 0:
        for bucket in buckets:
            bucket.take(count)
    return wait


# --- the door of each network ----------------------------------------------------------------------------------------


class Door:
    """Stands before a network's routes: notes the call, then applies latency and faults."""

    def __init__(self, app: ASGIApp, state: State, abort: Callable[[Scope], None]) -> None:
        self.app = app
        self.state = state
        self.abort = abort

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state, method = self.state, str(scope["method"])
        path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
        at = state.now()
        scope["sandbox"], scope["sandbox.at"] = state, at
        seen = {
            "method": method,
            "path": state.network.without_secrets(path),
            "at": at.isoformat(timespec="microseconds"),
        }
        state.calls.append(seen)
        fault = state.take_fault(method, path)
        if state.latency:
            await asyncio.sleep(state.latency)
        if fault is None:
            await self.app(scope, receive, send)
        else:
            await self._fail(fault, scope, receive, send)

    async def _fail(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind == "drop_before":
            await self._drop(scope, receive)
        elif fault.kind == "drop_after":
            await self.app(scope, receive, _swallow)
            await self._drop(scope, receive)
        elif fault.kind in ANSWERED:
            if fault.after:
                await self.app(scope, receive, _swallow)
            await self.state.network.refuse(fault)(scope, receive, send)
        elif fault.kind == "slow":
            held: list[Message] = []
            await self.app(scope, receive, _into(held))
            await asyncio.sleep(fault.seconds)
            for message in held:
                await send(message)
        else:
            scope["sandbox.processing_failed"] = True
            await self.app(scope, receive, send)

    async def _drop(self, scope: Scope, receive: Receive) -> None:
        self.abort(scope)
        while (await receive())["type"] != "http.disconnect":
            continue  # what is left of the body; the server must see the end before it looks for an answer


def remembering(app: ASGIApp, state: State) -> ASGIApp:
    """For control routes, which no fault or delay touches."""

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        scope["sandbox"] = state
        await app(scope, receive, send)

    return with_state


async def _swallow(message: Message) -> None:
    return None


def _into(held: list[Message]) -> Send:
    async def keep(message: Message) -> None:
        held.append(message)

    return keep


# --- control ---------------------------------------------------------------------------------------------------------


def control_routes(state: State) -> list[BaseRoute]:
    """Mounted at ``/_/<id>``."""

    async def received(request: Request) -> Response:
        return JSONResponse([post.json() for post in list(state.posts.values())])

    async def calls(request: Request) -> Response:
        return JSONResponse(list(state.calls))

    async def add_fault(request: Request) -> Response:
        body = await _json(request)
        try:
            added = [fault_of(one) for one in (cast("list[JSON]", body) if isinstance(body, list) else [body])]
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        state.faults += [fault for fault in added if fault.times > 0]
        return JSONResponse({"waiting": [{"kind": fault.kind, "times": fault.times} for fault in state.faults]})

    async def forget_faults(request: Request) -> Response:
        state.faults.clear()
        return Response(status_code=204)

    async def set_latency(request: Request) -> Response:
        seconds = _field(await _json(request), "seconds")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds <= 600:
            return JSONResponse({"error": "seconds must be a number from 0 to 600."}, status_code=422)
        state.latency = float(seconds)
        return JSONResponse({"seconds": state.latency})

    async def set_limits(request: Request) -> Response:
        enabled = _field(await _json(request), "enabled")
        if not isinstance(enabled, bool):
            return JSONResponse({"error": "enabled must be true or false."}, status_code=422)
        state.limits_enabled = enabled
        return JSONResponse({"enabled": enabled})

    async def media(request: Request) -> Response:
        mime, content = state.files.get(request.path_params["sha256"], ("", b""))
        if not mime:
            return JSONResponse({"error": "This file is not here."}, status_code=404)
        return _file(request, mime, content)

    return [
        Route("/received", received, methods=["GET"]),
        Route("/calls", calls, methods=["GET"]),
        Route("/fault", add_fault, methods=["PUT"]),
        Route("/fault", forget_faults, methods=["DELETE"]),
        Route("/latency", set_latency, methods=["PUT"]),
        Route("/limits", set_limits, methods=["PUT"]),
        Route("/media/{sha256}", media, methods=["GET"]),
        *state.network.controls,
    ]


def _field(body: JSON, name: str) -> JSON:
    return cast("Mapping[str, JSON]", body).get(name) if isinstance(body, dict) else None


async def _json(request: Request) -> JSON:
    try:
        return await request.json()
    except ValueError:
        return None


def _file(request: Request, mime: str, content: bytes) -> Response:
    """Ranges, because some browsers play a film only when they can ask for parts of it."""
    shown = mime if mime in SHOWN else "application/octet-stream"
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=3600"}
    asked = request.headers.get("range", "")
    first, _, last = asked.removeprefix("bytes=").partition("-")
    if not asked.startswith("bytes=") or not first.isdecimal() or int(first) >= len(content):
        return Response(content, media_type=shown, headers=headers)
    stop = min(int(last) + 1, len(content)) if last.isdecimal() else len(content)
    headers["Content-Range"] = f"bytes {first}-{stop - 1}/{len(content)}"
    return Response(content[int(first) : stop], status_code=206, media_type=shown, headers=headers)


SHOWN = ("image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/webm", "video/quicktime")
"""Others are handed out as plain bytes: a picture that holds scripts must not run on this origin."""


def wall_clock() -> datetime:
    return datetime.now(UTC)
