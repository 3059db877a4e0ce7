"""An HTTP proxy that loses answers on request: what a publisher sees when a network fails it.

A client cannot tell the two faults apart, which is the point of them: `lose_answers` lets the
server finish its work first, `refuse` keeps the request from it. Both end in a closed connection.
"""

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

UPSTREAM_SECONDS = 60
# What belongs to one connection only, and so cannot pass through.
_HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "expect"}


class Fault(Enum):
    """What happens to a request that a rule matches."""

    LOSE_ANSWER = auto()
    REFUSE = auto()


class LosingProxy:
    """Stands at `url` in front of `upstream`. `record` lists (method, path) of all requests.

    Only Host and the framing of bodies are rewritten. Links inside answers still name upstream.
    """

    def __init__(self, url: str, upstream: str) -> None:
        self.url = url
        self.upstream = upstream
        self.record: list[tuple[str, str]] = []
        self._rules: list[tuple[Fault, str, str]] = []
        self._lock = threading.Lock()

    def lose_answers(self, method: str, path_contains: str, times: int = 1) -> None:
        """Let the next `times` matching requests be done, but close instead of answering."""
        self._expect(Fault.LOSE_ANSWER, method, path_contains, times)

    def refuse(self, method: str, path_contains: str, times: int = 1) -> None:
        """Read the next `times` matching requests, but close instead of forwarding them."""
        self._expect(Fault.REFUSE, method, path_contains, times)

    def reset(self) -> None:
        """Forget all faults that are still to come, and the record."""
        with self._lock:
            self._rules.clear()
            self.record.clear()

    def _expect(self, fault: Fault, method: str, path_contains: str, times: int) -> None:
        with self._lock:
            self._rules += [(fault, method, path_contains)] * times

    def note(self, method: str, path: str) -> Fault | None:
        """Record a request; returns the fault it meets, which is thereby used up."""
        with self._lock:
            self.record.append((method, path))
            for rule in self._rules:
                if rule[1] == method and rule[2] in path:
                    self._rules.remove(rule)
                    return rule[0]
        return None


@contextlib.contextmanager
def losing_proxy(upstream: str) -> Iterator[LosingProxy]:
    """A proxy on a free port, gone with all its connections when the block ends."""
    server = _Server(upstream)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.proxy
    finally:
        server.stop()
        thread.join()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = LosingProxy(f"http://127.0.0.1:{self.server_port}", upstream)
        self.connections: set[socket.socket] = set()

    def stop(self) -> None:
        self.shutdown()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.server.connections.add(self.connection)
        try:
            # The client may go away at any moment; that is no fault of the proxy.
            with contextlib.suppress(ConnectionError):
                super().handle()
        finally:
            self.server.connections.discard(self.connection)

    def pass_on(self) -> None:
        fault = self.server.proxy.note(self.command, self.path)
        body = self._read_body()
        answer = None if fault is Fault.REFUSE else self._ask_upstream(body)
        if fault is None and answer is not None:
            self._answer(*answer)
        else:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = pass_on

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._chunks())
        return self._read(int(self.headers.get("Content-Length", 0)))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._read_line().partition(b";")[0], 16):
            yield self._read(size)
            self._read_line()
        while self._read_line().strip():
            pass  # trailers

    def _read(self, size: int) -> bytes:
        """Exactly so many bytes: half a body of a killed client must not pass for a whole one."""
        data = self.rfile.read(size)
        if len(data) < size:
            raise ConnectionResetError("the client left in the middle of a body")
        return data

    def _read_line(self) -> bytes:
        line = self.rfile.readline()
        if not line.endswith(b"\n"):
            raise ConnectionResetError("the client left in the middle of a body")
        return line

    def _ask_upstream(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes] | None:
        upstream = urlsplit(self.server.proxy.upstream)
        host = upstream.hostname or ""
        connection = http.client.HTTPConnection(host, upstream.port, timeout=UPSTREAM_SECONDS)
        with contextlib.closing(connection):
            try:
                self._send(connection, upstream.netloc, upstream.path.rstrip("/"), body)
                response = connection.getresponse()
                return response, response.read()
            except (OSError, http.client.HTTPException):
                return None

    def _send(self, connection: http.client.HTTPConnection, host: str, prefix: str, body: bytes) -> None:
        connection.putrequest(self.command, prefix + self.path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host)
        for name, value in self.headers.items():
            if name.lower() not in _HOP_BY_HOP | {"host", "content-length"}:
                connection.putheader(name, value)
        if body or "Content-Length" in self.headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)

    def _answer(self, response: http.client.HTTPResponse, body: bytes) -> None:
        self.send_response_only(response.status, response.reason)
        for name, value in response.getheaders():
            if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        length = (
            response.headers.get("Content-Length")
            if self.command == "HEAD"
            else None
            if response.status in (204, 304)
            else str(len(body))
        )
        if length is not None:
            self.send_header("Content-Length", length)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
