"""Running the app: in the foreground for ``serve`` and ``demo``, in a thread for the desktop window."""

from __future__ import annotations

import errno
import json
import secrets
import socket
import threading
from contextlib import closing
from dataclasses import replace
from http import HTTPStatus

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from backend.settings import Settings, SettingsError

START_TIMEOUT = 60.0
LARGEST_HEAD = 64 * 1024
LINGER_SECONDS = 1.0


def serve(app: FastAPI, *, host: str, port: int) -> None:
    uvicorn.Server(_config(app, host, port)).run()


def require_port(host: str, port: int) -> None:
    """Raises SettingsError before anything is started or said that a server without a port cannot keep."""
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OverflowError as error:
        raise SettingsError(f"{port} is no port: give one from 1 to 65535 with --port.") from error
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            reason = str(error.strerror).partition(" (")[0]
            raise SettingsError(f"Cannot listen on {host}, port {port}: {reason}.") from error
        raise SettingsError(
            f"Port {port} is in use, perhaps by a SocialClaw that runs already: "
            "stop that program, or choose another port with --port."
        ) from error


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


class _Protocol(HttpToolsProtocol):
    """What is no HTTP is refused in JSON like everything else, and a head without an end is not waited for."""

    _in_head = True
    _head = 0
    _refused = False

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > LARGEST_HEAD and not self._refused:
                self._refuse(431, f"The headers are too large; at most {LARGEST_HEAD} bytes are taken.")

    def on_message_begin(self) -> None:
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "This is not an HTTP request that can be read.")

    def _refuse(self, status: int, sentence: str) -> None:
        body = json.dumps({"ok": False, "code": "bad_request", "message": sentence})
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
        rest = f"Content-Length: {len(body)}\r\nX-Request-Id: {secrets.token_hex(8)}\r\nConnection: close\r\n\r\n"
        self.transport.write((head + rest + body).encode())
        self._refused = True
        if self.cycle and not self.cycle.response_complete:
            self.transport.close()  # in the middle of a body: whoever reads it learns that there is no more
        else:
            # closed at once, while they still send, the answer would not reach them
            self.transport.write_eof()
            self.loop.call_later(LINGER_SECONDS, self.transport.close)


def _config(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # ours reads them, from the proxies that the settings name
        timeout_graceful_shutdown=10,
        ws="websockets-sansio",
    )
