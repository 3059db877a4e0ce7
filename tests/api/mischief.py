"""A gossip between the server and the networks: it hands on what it is told, remembers all of it, and can answer in a
network's place by repeating everything that it was told, secrets included, as some proxies and error pages do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from socialclaw_app.serving import ServerThread, free_port

KEPT = ("connection", "transfer-encoding", "content-length", "content-encoding", "date", "server")
MODES = ("repeats", "repeats and denies", "breaks off", "shows a page")


@dataclass
class Mischief:
    networks: str
    """Where the real copies are."""
    url: str = ""
    mode: str = ""
    heard: list[str] = field(default_factory=list[str])
    _http: httpx2.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        told = await _told(request)
        self.heard.append(told)
        path = scope["path"]
        if self.mode and not path.startswith("/_"):
            response = _repeated(self.mode, told)
        else:
            response = await self._handed_on(request, await request.body())
        await response(scope, receive, send)

    async def _handed_on(self, request: Request, body: bytes) -> Response:
        self._http = self._http or httpx2.AsyncClient(timeout=30)
        target = self.networks + request.scope["raw_path"].decode()
        query = request.scope["query_string"].decode()
        headers = {
            name: value for name, value in request.headers.items() if name not in ("connection", "accept-encoding")
        }
        try:
            answer = await self._http.request(
                request.method, target + (f"?{query}" if query else ""), content=body, headers=headers
            )
        except httpx2.TransportError:
            return _Gone()
        told = [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in KEPT]
        response = Response(answer.content, answer.status_code)
        response.raw_headers = [*response.raw_headers, *((name.encode(), value.encode()) for name, value in told)]
        return response


class _Gone(Response):
    """Begins an answer and never ends it: whoever asked sees the connection close."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"99")]})


async def _told(request: Request) -> str:
    head = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
    return f"{request.method} {request.url}\n{head}\n\n{(await request.body()).decode(errors='replace')}"


def _repeated(mode: str, told: str) -> Response:
    names = ("message", "description", "detail", "error_description", "title", "explanation", "reason")
    said: dict[str, Any] = dict.fromkeys(names, told)
    error = {**said, "code": 100, "type": "OAuthException", "log_id": told, "errors": [said]}
    body = {**said, "ok": False, "error_code": 400, "code": told, "error": error, "errors": [error]}
    body["json"] = {"errors": [["BAD", told, "url"]]}
    if mode == "shows a page":
        return Response(f"<h1>Not found</h1><p>{told}</p>", 404, media_type="text/html")
    if mode == "breaks off":
        return Response(json.dumps(body)[:-20], 200, media_type="application/json")
    return JSONResponse(body, 401 if mode == "repeats and denies" else 400)


@contextmanager
def mischief(networks: str) -> Iterator[Mischief]:
    found = Mischief(networks)
    port = free_port("127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{port}"
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
    app = Starlette(routes=[Route("/{path:path}", found, methods=methods)])
    running = ServerThread(cast("FastAPI", app), host="127.0.0.1", port=port)
    running.start()
    try:
        yield found
    finally:
        running.stop()
