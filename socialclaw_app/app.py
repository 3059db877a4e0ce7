"""One process: JSON API, pages and, unless told otherwise, the worker."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import BaseRoute, Match, Mount
from starlette.types import Scope

from backend import key_usage
from backend.api import (
    analytics,
    assets,
    billing,
    connections,
    dashboard,
    keys,
    media,
    meta_webhooks,
    oauth,
    openapi,
    posts,
    runs,
    support,
    uploads,
    workspace,
)
from backend.api.edge import install_error_handlers
from backend.api.middleware import Addresses, BodyLimit, RequestIds
from backend.api.throttle import ClientAddress, RequestLimits
from backend.context import Context
from backend.worker import WorkerThreads

from . import auth, auth_providers
from .parts import Parts

API_PATHS = (
    "/v1",
    "/health",
    "/media",
    "/oauth",
    "/auth",
    "/webhooks",
    "/data-deletion",
    "/openapi.json",
    "/schemas",
    "/docs",
)
"""What these prefixes do not know is answered in JSON, not with a page."""
JSON_BODY = 4 * 1024 * 1024
AROUND_A_FILE = 1024 * 1024
"""What an upload has beside the file; base64 makes the file itself a third larger."""
UPLOADS = ("/v1/assets/upload", "/v1/dashboard/assets/upload")
UI_PREFIX = "/_nicegui"
"""What the pages load and send, files among it."""


def create_app(parts: Parts, *, worker: bool = True, pages: bool = True) -> FastAPI:
    """``pages=False`` leaves NiceGUI out: for API tests, which need no interface."""
    context = parts.context
    threads = WorkerThreads(context, parts.queue) if worker else None
    counts = key_usage.KeyCounts()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            # connections belong to the loop that opens them: this one
            await stack.enter_async_context(context.http)
            await stack.enter_async_context(key_usage.written_down(context, counts))
            if threads is not None:
                threads.start()
            try:
                yield
            finally:
                if threads is not None:
                    threads.stop()

    app = FastAPI(
        title="SocialClaw",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.context = context
    for module in (
        workspace,
        keys,
        connections,
        oauth,
        posts,
        runs,
        assets,
        uploads,
        media,
        analytics,
        meta_webhooks,
        support,
        billing,
        dashboard,
        openapi,
        auth,
        auth_providers,
    ):
        app.include_router(module.router)
    install_error_handlers(app)
    _add_middleware(app, context, counts)
    if pages:
        _add_pages(app, context)
    return app


def _add_middleware(app: FastAPI, context: Context, counts: key_usage.KeyCounts) -> None:
    """The last one added is the first to see a request."""
    settings = context.settings
    app.add_middleware(
        SessionMiddleware,
        secret_key=context.sealer.derive("session-cookie").hex(),
        session_cookie="socialclaw_session",
        max_age=settings.session_days * 86400,
        same_site="lax",
        https_only=settings.public_base_url.startswith("https://"),
    )

    def limit_of(path: str) -> int:
        upload = path in UPLOADS or path.startswith(UI_PREFIX)
        return settings.max_asset_bytes * 4 // 3 + AROUND_A_FILE if upload else JSON_BODY

    app.add_middleware(BodyLimit, limit_of=limit_of)
    app.add_middleware(
        RequestLimits,
        per_key=settings.requests_per_minute_per_key,
        per_address=settings.requests_per_minute_per_address,
        counts=counts,
        today=context.now,
    )
    app.add_middleware(ClientAddress, trusted=settings.trusted_proxies)
    app.add_middleware(Addresses, kept=UI_PREFIX)
    app.add_middleware(RequestIds)


def _add_pages(app: FastAPI, context: Context) -> None:
    """NiceGUI reads its storage folder at import, so it is imported here, after the folder is known."""
    os.environ.setdefault("NICEGUI_STORAGE_PATH", str(context.settings.data_dir / "pages"))
    with _absent("aiohttp", "requests"):
        from nicegui import core
        from nicegui import ui as nicegui_ui

    import ui

    ui.register(context)
    nicegui_ui.run_with(  # pyright: ignore[reportUnknownMemberType]
        app,
        title="SocialClaw",
        dark=None,
        language="en-US",
        storage_secret=context.sealer.derive("session-cookie").hex(),
        binding_refresh_interval=None,
        show_welcome_message=False,
        tailwind=False,  # no page has a class of it, and its compiler looks at every change of a page
    )
    # the bar that the framework draws over a page for each upload has no name, and the upload shows how far it is
    config: Any = core.app.config
    config.quasar_config["loadingBar"] = {"skipHijack": True}
    sockets: Any = core.sio
    sockets.eio.cors_allowed_origins = _origins(context)
    _keep_api_paths(app)


@contextmanager
def _absent(*packages: str) -> Generator[None]:
    """NiceGUI's sockets also bring their client side, which we never open; without what only that one needs
    a start takes half a second and 14 MB less. engineio tells itself when a package is missing."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # pyright: ignore[reportArgumentType, reportCallIssue]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _origins(context: Context) -> list[str]:
    """Only our own pages may open a socket with a visitor's cookie."""
    base = urlsplit(context.settings.public_base_url)
    own = f"{base.scheme}://{base.netloc}"
    if base.hostname not in ("127.0.0.1", "localhost"):
        return [own]
    port = f":{base.port}" if base.port else ""
    return [own, f"http://127.0.0.1{port}", f"http://localhost{port}"]


def _keep_api_paths(app: FastAPI) -> None:
    """The pages are mounted at the root and would answer for the API's unknown paths and methods."""
    routes: list[BaseRoute] = app.router.routes
    for index, route in enumerate(routes):
        if isinstance(route, Mount) and route.path == "":
            routes[index] = _Pages("", app=route.app, name=route.name)


class _Pages(Mount):
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path: str = scope.get("path", "")
        if any(path == prefix or path.startswith(prefix + "/") for prefix in API_PATHS):
            return Match.NONE, {}
        return super().matches(scope)


def with_base_url(context: Context, base_url: str) -> Context:
    """For servers that learn their port only when they start."""
    return replace(context, settings=replace(context.settings, public_base_url=base_url))
