"""Around every request, as plain ASGI: the usual middleware class costs most of the requests per second."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .edge import error_response

log = logging.getLogger(__name__)


class RequestIds:
    """``X-Request-Id`` on every answer: the caller's when it is a plain word, else a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = (
            given if given.isascii() and given.replace("-", "").isalnum() and len(given) <= 64 else secrets.token_hex(8)
        )
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        await self.app(scope, receive, send_with_id)


class Addresses:
    """One address for each thing: a slash at its end changes nothing, and none hides in an encoded one. Nobody is sent
    on for a slash either: the framework would build that address from whatever the Host header says."""

    def __init__(self, app: ASGIApp, *, kept: str) -> None:
        """``kept`` begins the addresses that are left as they are."""
        self.app = app
        self.kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] != "http" or path.startswith(self.kept):
            await self.app(scope, receive, send)
            return
        raw: bytes = scope.get("raw_path") or b""
        if b"%2f" in raw.lower() or b"%5c" in raw.lower():
            await error_response("not_found", "There is nothing at this address.", 404)(scope, receive, send)
            return
        if len(path) > 1 and path.endswith("/"):
            scope = {**scope, "path": path.rstrip("/") or "/", "raw_path": raw.rstrip(b"/") or b"/"}
        await self.app(scope, receive, send)


class BodyLimit:
    """Refuses bodies over a size, declared or not, before they are in memory."""

    def __init__(self, app: ASGIApp, *, limit_of: Callable[[str], int]) -> None:
        self.app = app
        self.limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limit_of(scope["path"])
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or int(declared) > limit:
            await _too_large(limit)(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _OverLimit
            return message

        started = False

        async def noticed(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, noticed)
        except _OverLimit:
            if not started:
                await _too_large(limit)(scope, receive, send)


class _OverLimit(Exception):
    pass


def _too_large(limit: int) -> ASGIApp:
    return error_response(
        "request_too_large",
        f"The request is too large; at most {limit} bytes are taken here.",
        413,
        {"maxBytes": limit},
        {"Connection": "close"},
    )
