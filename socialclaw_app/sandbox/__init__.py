"""Copies of the networks on this machine, for trying everything without a credential and for tests.

They run on a listener of their own and enforce the networks' documented rules. Nothing here is reached from the main
application: a provider's base URL is pointed at it, and nothing else differs.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from . import pages
from .core import Clock, Door, Network, State, control_routes, remembering, wall_clock

__all__ = ["SandboxThread", "create_sandbox", "credentials", "environment", "networks", "serve"]

log = logging.getLogger(__name__)


@cache
def networks() -> Mapping[str, Network]:
    """Every module here that defines ``NETWORK``, by id; nothing else lists them."""
    modules = (
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
        if module.name != "__main__"
    )
    found: list[Network] = [module.NETWORK for module in modules if hasattr(module, "NETWORK")]
    return {network.id: network for network in sorted(found, key=lambda network: network.id)}


def environment(base_url: str) -> dict[str, str]:
    """The variables that point the providers' hosts at a sandbox."""
    base = base_url.rstrip("/")
    return {
        f"SOCIALCLAW_{network.id.upper()}_{host.upper()}_URL": base + path
        for network in networks().values()
        for host, path in network.hosts.items()
    }


def credentials(network_id: str, base_url: str) -> dict[str, Any]:
    """What to connect a network of the sandbox with."""

    def whole(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [whole(one) for one in cast("Sequence[Any]", value)]
        return base_url.rstrip("/") + value if isinstance(value, str) and value.startswith("/") else value

    return {name: whole(value) for name, value in networks()[network_id].credentials.items()}


def create_sandbox(now: Clock = wall_clock) -> Starlette:
    """An ASGI application with a memory of its own: ``app.state.networks`` is the State of each network by id."""
    states = {network.id: State(network, now) for network in networks().values()}

    async def home(request: Request) -> Response:
        cards = [
            pages.card(
                state.network.name,
                f"/_/{id}",
                _shown(state),
                credentials(id, str(request.base_url)),
            )
            for id, state in states.items()
        ]
        note = "Copies of the networks on this machine. Nothing that is posted here leaves it."
        return pages.document(
            "Sandbox networks", f'<h1>Sandbox networks</h1><p class="note">{note}</p>{"".join(cards)}', live=True
        )

    async def told(request: Request) -> Response:
        base = str(request.base_url)
        described = [
            {"id": id, "name": state.network.name, "credentials": credentials(id, base)} for id, state in states.items()
        ]
        return JSONResponse({"networks": described, "environment": environment(base)})

    async def reset(request: Request) -> Response:
        for state in states.values():
            state.reset()
        return Response(status_code=204)

    async def style(request: Request) -> Response:
        return Response(pages.STYLE, media_type="text/css", headers=pages.HEADERS)

    async def script(request: Request) -> Response:
        return Response(pages.SCRIPT, media_type="text/javascript", headers=pages.HEADERS)

    routes: list[BaseRoute] = [
        Route("/", home, methods=["GET"]),
        Route("/_", told, methods=["GET"]),
        Route("/_", reset, methods=["DELETE"]),
        Route("/_/page.css", style, methods=["GET"]),
        Route("/_/page.js", script, methods=["GET"]),
    ]
    for id, state in states.items():
        routes.append(Route(f"/_/{id}", _audience(state), methods=["GET"]))
        routes.append(Route(f"/_/{id}", _forget(state), methods=["DELETE"]))
        routes.append(Mount(f"/_/{id}", app=remembering(Router(control_routes(state)), state)))
        routes.append(Mount(f"/{id}", app=Door(Router(state.network.routes), state, abort)))
    app = Starlette(routes=routes)
    app.state.networks = states
    return app


def _audience(state: State) -> Callable[[Request], Any]:
    async def page(request: Request) -> Response:
        return pages.document(f"{state.network.name} sandbox", state.network.page(state, request), live=True)

    return page


def _forget(state: State) -> Callable[[Request], Any]:
    async def reset(request: Request) -> Response:
        state.reset()
        return Response(status_code=204)

    return reset


def _shown(state: State) -> str:
    count = sum(not post.deleted for post in list(state.posts.values()))
    return f"{count} {'post' if count == 1 else 'posts'}. See what the audience sees."


# --- listening --------------------------------------------------------------------------------------------------------


class _Connection(HttpToolsProtocol):
    """Remembers its transport, because ASGI has no way to hang up on a client."""

    open: dict[tuple[Any, Any], Any] = {}  # noqa: RUF012  # one table for the process is the point

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.open[self.client, self.server] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.open.pop((self.client, self.server), None)
        super().connection_lost(exc)


def abort(scope: Scope) -> None:
    """Reset the TCP connection of a request: no answer, no orderly end."""
    transport = _Connection.open[scope["client"], scope["server"]]
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _server(app: Starlette) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=_Connection,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=2,
        )
    )


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _say(url: str) -> None:
    log.info("Sandbox networks on %s", url)


def serve(host: str = "127.0.0.1", port: int = 0, ready: Callable[[str], None] = _say) -> None:
    """Runs until it is interrupted. ``ready`` is told the address once clients can connect."""
    with _listen(host, port) as listener:
        ready(_url(listener))
        _server(create_sandbox()).run(sockets=[listener])


class SandboxThread:
    """The sandbox beside whatever else this process does. Clients may connect as soon as ``start`` returns.

    On ``port``, or on any other when somebody has that one.
    """

    def __init__(self, port: int = 0, now: Clock = wall_clock, host: str = "127.0.0.1") -> None:
        self.app = create_sandbox(now)
        self._host = host
        self._port = port
        self._listener: socket.socket | None = None
        self._server = _server(self.app)
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    @property
    def url(self) -> str:
        assert self._listener is not None, "start first"
        return _url(self._listener)

    @property
    def networks(self) -> Mapping[str, State]:
        return self.app.state.networks

    def start(self) -> SandboxThread:
        try:
            self._listener = _listen(self._host, self._port)
        except OSError:  # asking first whether it is free would leave a moment for another to take it
            self._listener = _listen(self._host, 0)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(10)

    def __enter__(self) -> SandboxThread:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _run(self) -> None:
        assert self._listener is not None
        self._server.run(sockets=[self._listener])
