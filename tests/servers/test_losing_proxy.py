"""The proxy passes everything but what it was told to lose."""

import http.client
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest

from . import free_port
from .losing_proxy import LosingProxy, losing_proxy


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(201, "Made")
        for name in ("Host", "X-Name"):
            self.send_header(f"Got-{name}", self.headers.get(name, ""))
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.send_response_only(200)
        self.send_header("Content-Length", "12345")
        self.end_headers()

    def do_DELETE(self) -> None:
        self.send_response_only(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def upstream() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def proxy(upstream: str) -> Iterator[LosingProxy]:
    with losing_proxy(upstream) as running:
        yield running


@pytest.fixture
def client(proxy: LosingProxy) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=10)
    yield connection
    connection.close()


def test_it_rewrites_host_and_nothing_else(client: http.client.HTTPConnection, upstream: str) -> None:
    image = bytes(range(256)) * 5000
    client.request("POST", "/", image, {"X-Name": "caf\xe9"})
    answer = client.getresponse()
    assert (answer.status, answer.reason, answer.read()) == (201, "Made", image)
    assert answer.headers["Got-Host"] == urlsplit(upstream).netloc
    assert answer.headers["Got-X-Name"] == "caf\xe9"
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]


def test_it_reads_bodies_sent_in_chunks(client: http.client.HTTPConnection) -> None:
    pieces = [b"one", b"\r\n0\r\n", b"three" * 1000]
    client.request("POST", "/", iter(pieces), encode_chunked=True)
    assert client.getresponse().read() == b"".join(pieces)


def test_one_connection_carries_many_requests(client: http.client.HTTPConnection) -> None:
    for method, status, length in (("HEAD", 200, "12345"), ("DELETE", 204, None)) * 2:
        client.request(method, "/")
        answer = client.getresponse()
        assert (answer.status, answer.headers["Content-Length"]) == (status, length)
        assert answer.read() == b""
    client.request("POST", "/", b"still here")
    assert client.getresponse().read() == b"still here"


@pytest.mark.parametrize("fault", ["lose_answers", "refuse"])
def test_a_fault_hits_matching_requests_as_often_as_asked(
    proxy: LosingProxy, client: http.client.HTTPConnection, fault: str
) -> None:
    getattr(proxy, fault)("POST", "/posts", times=2)
    for path, fails in (
        ("/media", False),
        ("/posts", True),
        ("/posts?x=1", True),
        ("/posts", False),
    ):
        client.request("POST", path, b"x" * 100_000)
        if fails:
            with pytest.raises(http.client.RemoteDisconnected):
                client.getresponse()
            client.close()
        else:
            assert len(client.getresponse().read()) == 100_000
    assert [path for _, path in proxy.record] == ["/media", "/posts", "/posts?x=1", "/posts"]


def test_only_a_lost_answer_was_given(proxy: LosingProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(Echo, "send_response_only", lambda self, *_: done.append(self.path))
    proxy.lose_answers("DELETE", "/lost")
    proxy.refuse("DELETE", "/refused")
    for path in ("/lost", "/refused"):
        client = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=10)
        client.request("DELETE", path)
        with pytest.raises(http.client.RemoteDisconnected):
            client.getresponse()
    assert done == ["/lost"]


@pytest.mark.parametrize("framing", ["Content-Length: 9\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n9\r\nhalf"])
def test_half_a_body_is_not_passed_on(proxy: LosingProxy, monkeypatch: pytest.MonkeyPatch, framing: str) -> None:
    done: list[str] = []
    monkeypatch.setattr(Echo, "send_response_only", lambda self, *_: done.append(self.path))
    address = urlsplit(proxy.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(f"POST /half HTTP/1.1\r\nHost: x\r\n{framing}".encode())
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert done == []
    assert proxy.record == [("POST", "/half")]


def test_reset_forgets_faults_and_record(proxy: LosingProxy, client: http.client.HTTPConnection) -> None:
    proxy.refuse("HEAD", "/", times=5)
    proxy.reset()
    client.request("HEAD", "/")
    assert client.getresponse().status == 200
    assert proxy.record == [("HEAD", "/")]


def test_a_dead_upstream_gives_no_answer() -> None:
    with losing_proxy(f"http://127.0.0.1:{free_port()}") as proxy:
        client = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=10)
        client.request("HEAD", "/")
        with pytest.raises(http.client.RemoteDisconnected):
            client.getresponse()
