"""Running the app: in the foreground for ``serve`` and ``demo``, in a thread for the desktop window."""

from __future__ import annotations

import socket
import threading
from contextlib import closing
from dataclasses import replace

import uvicorn
from fastapi import FastAPI

from backend.settings import Settings

START_TIMEOUT = 60.0


def serve(app: FastAPI, *, host: str, port: int) -> None:
    uvicorn.Server(_config(app, host, port)).run()


def with_address(settings: Settings, host: str, port: int) -> Settings:
    """The public address is the one people open, unless a setting says another."""
    if settings.public_base_url:
        return replace(settings, public_base_url=settings.public_base_url.rstrip("/"))
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "127.0.0.1", "localhost") else host
    return replace(settings, public_base_url=f"http://{shown}:{port}")


def free_port(host: str, preferred: int) -> int:
    """The preferred port if nobody has it, else any."""
    for port in (preferred, 0):
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("there is no free port")


class ServerThread:
    """The server beside another main thread; ``stop`` waits until it has ended in good order."""

    def __init__(self, app: FastAPI, *, host: str, port: int) -> None:
        self._server = _ThreadedServer(_config(app, host, port))
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)

    def start(self) -> None:
        self._thread.start()
        if not self._server.ready.wait(START_TIMEOUT) or not self._server.started:
            raise RuntimeError("the server did not start; the log says why")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(START_TIMEOUT)


class _ThreadedServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()

    def install_signal_handlers(self) -> None:
        pass


def _config(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # ours reads them, from the proxies that the settings name
        timeout_graceful_shutdown=10,
        ws="websockets-sansio",
    )
