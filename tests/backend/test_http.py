"""The outgoing client against servers on loopback that misbehave on purpose."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import socket
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.http import LostAnswer, NotSent, Outgoing, describe, is_public
from providers.contract import AssetBytes, AssetUrl, Part, Request, Response

T = TypeVar("T")
MIB = 1024 * 1024


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


@dataclass
class Server:
    """Reads whole requests and answers with ``script``; ``requests`` holds what arrived."""

    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def last(self) -> tuple[str, dict[str, str], bytes]:
        head, _, body = self.requests[-1].partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        return first, {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}, body


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def ok(body: bytes = b'{"ok":true}', *headers: str, status: str = "200 OK") -> Script:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()

    return answer


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    raise ConnectionError


@contextlib.asynccontextmanager
async def listening(
    script: Script, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """A port whose connections are handled by ``script``, and all gone at the end."""
    handlers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers[task] = writer
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await script(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    listener = await asyncio.start_server(connected, host, 0, ssl=context)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for writer in handlers.values():
            writer.transport.abort()
        await asyncio.gather(*handlers)


@contextlib.asynccontextmanager
async def serving(
    script: Script, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Server]:
    server = Server()

    async def requests(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        while True:
            server.requests.append(await read_request(reader))
            await script(reader, writer)

    async with listening(requests, context, host) as server.port:
        yield server


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    length = next((int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")), 0)
    return head + await reader.readexactly(length)


class Memory:
    """Assets made up while they are read."""

    def __init__(self, *contents: bytes) -> None:
        self.contents = contents

    def size(self, position: int) -> int:
        return len(self.contents[position])

    async def read(self, position: int, start: int, stop: int) -> AsyncIterator[bytes]:
        for at in range(start, stop, 1000):
            yield self.contents[position][at : min(at + 1000, stop)]

    def url(self, position: int, variant: str | None) -> str:
        return f"https://media.example/{position}{f'?{variant}' if variant else ''}"


def bases(server: Server) -> dict[str, str]:
    return {"api": f"{server.url}/api"}


# --- requests as they arrive -----------------------------------------------------------------------------------------


def arrived(request: Request, assets: Memory | None = None) -> tuple[str, dict[str, str], bytes]:
    async def scenario() -> tuple[str, dict[str, str], bytes]:
        async with serving(ok()) as server, Outgoing() as outgoing:
            await outgoing.send(request, bases=bases(server), assets=assets)
            return server.last()

    return run(scenario())


def test_a_path_is_joined_to_its_host_and_parameters_are_added() -> None:
    first, headers, _ = arrived(Request("GET", "/me?fields=id", params={"q": "a b&c"}, headers={"X-Own": "1"}))

    assert first == "GET /api/me?fields=id&q=a+b%26c HTTP/1.1"
    assert headers["x-own"] == "1"
    assert headers["user-agent"] == "SocialClaw"
    assert "cookie" not in headers


def test_a_provider_may_name_itself() -> None:
    _, headers, _ = arrived(Request("GET", "/", headers={"User-Agent": "linux:x:1"}))

    assert headers["user-agent"] == "linux:x:1"


def test_json_is_sent_with_asset_addresses_in_place() -> None:
    _, headers, body = arrived(
        Request("POST", "/x", json={"text": "é", "media": [{"url": AssetUrl(1, "jpeg")}]}), Memory(b"", b"")
    )

    assert headers["content-type"] == "application/json"
    assert body.decode() == '{"text":"é","media":[{"url":"https://media.example/1?jpeg"}]}'


def test_a_form_takes_text_as_it_is_and_the_rest_as_json() -> None:
    form = {"a": "x y", "b": True, "c": [1, "é"], "d": None, "e": AssetUrl(0), "f": 5}

    _, headers, body = arrived(Request("POST", "/x", form=form), Memory(b""))

    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert body == b"a=x+y&b=true&c=%5B1%2C%22%C3%A9%22%5D&e=https%3A%2F%2Fmedia.example%2F0&f=5"


def test_a_slice_of_an_asset_is_a_raw_body_of_known_length() -> None:
    content = bytes(range(256)) * 20

    _, headers, body = arrived(Request("PUT", "/x", body=AssetBytes(0, 100, 4000)), Memory(content))

    assert body == content[100:4000]
    assert headers["content-length"] == "3900"
    assert "transfer-encoding" not in headers


def test_a_multipart_body_holds_fields_and_files() -> None:
    parts = [
        Part("payload", '{"a":1}', content_type="application/json"),
        Part("file", AssetBytes(0), filename='a"b.png', content_type="image/png"),
        Part("link", AssetUrl(0)),
    ]

    _, headers, body = arrived(Request("POST", "/x", parts=parts), Memory(b"PNG" * 1000))

    boundary = headers["content-type"].partition("boundary=")[2].encode()
    assert int(headers["content-length"]) == len(body)
    sections = body.split(b"--" + boundary)
    assert sections[-1] == b"--\r\n"
    assert b'name="payload"\r\nContent-Type: application/json\r\n\r\n{"a":1}\r\n' in sections[1]
    assert b'name="file"; filename="a%22b.png"\r\nContent-Type: image/png\r\n\r\n' + b"PNG" * 1000 in sections[2]
    assert sections[3].endswith(b"\r\n\r\nhttps://media.example/0\r\n")


def test_a_post_without_a_body_says_so() -> None:
    assert arrived(Request("POST", "/x"))[1]["content-length"] == "0"


def test_a_large_upload_arrives_exactly_and_is_never_held_in_memory() -> None:
    size = 64 * MIB
    piece = bytes(range(256)) * 256

    class Video:
        def size(self, position: int) -> int:
            return size

        async def read(self, position: int, start: int, stop: int) -> AsyncIterator[bytes]:
            for _ in range(start, stop, len(piece)):
                yield piece

        def url(self, position: int, variant: str | None) -> str:
            return ""

    digest = hashlib.sha256()

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        left = size
        while left and (chunk := await reader.read(min(left, MIB))):
            digest.update(chunk)
            left -= len(chunk)
        await ok()(reader, writer)

    async def scenario() -> Response:
        async with listening(swallow) as port, Outgoing() as outgoing:
            request = Request("POST", "/x", body=AssetBytes(0))
            return await outgoing.send(request, bases={"api": f"http://127.0.0.1:{port}"}, assets=Video())

    tracemalloc.start()
    answer = run(scenario())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert answer.json == {"ok": True}
    assert digest.digest() == hashlib.sha256(piece * (size // len(piece))).digest()
    assert peak < 16 * MIB


# --- answers ---------------------------------------------------------------------------------------------------------


def answered(script: Script, method: str = "GET", **options: Any) -> Response:
    async def scenario() -> Response:
        async with serving(script) as server, Outgoing() as outgoing:
            return await outgoing.send(Request(method, "/x"), bases=bases(server), **options)

    return run(scenario())


def test_an_answer_has_lower_case_headers_and_parsed_json() -> None:
    answer = answered(ok(b'{"id": 1}', "X-Request-ID: 7", "Content-Type: text/html", status="201 Created"))

    assert (answer.status, answer.json, answer.headers["x-request-id"]) == (201, {"id": 1}, "7")


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b'\xef\xbb\xbf {"a": 1}', {"a": 1}),
        (b"[]", []),
        (b"<html>{}</html>", None),
        (b"{broken", None),
        (b"", None),
        (b"\xff\xfe", None),
    ],
)
def test_json_is_told_by_the_text(body: bytes, parsed: Any) -> None:
    assert answered(ok(body)).json == parsed


def test_a_compressed_answer_is_unpacked() -> None:
    assert answered(ok(gzip.compress(b'{"a": 1}'), "Content-Encoding: gzip")).json == {"a": 1}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirects_are_answers(method: str) -> None:
    answer = answered(ok(b"", "Location: http://127.0.0.1:1/x", status="302 Found"), method)

    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1:1/x")


def test_cookies_of_one_answer_are_not_sent_with_the_next_request() -> None:
    async def scenario() -> dict[str, str]:
        async with serving(ok(b"{}", "Set-Cookie: session=alice")) as server, Outgoing() as outgoing:
            for _ in range(2):
                await outgoing.send(Request("GET", "/x"), bases=bases(server))
            return server.last()[1]

    assert "cookie" not in run(scenario())


def test_a_kept_connection_is_used_again_but_not_for_what_must_happen_once() -> None:
    async def scenario() -> list[int]:
        async with serving(ok()) as server, Outgoing() as outgoing:
            counts: list[int] = []
            for fresh in (False, False, True, True):
                await outgoing.send(Request("POST", "/x"), bases=bases(server), fresh_connection=fresh)
                counts.append(server.connections)
            return counts

    assert run(scenario()) == [1, 1, 2, 3]


# --- failures --------------------------------------------------------------------------------------------------------


def failure(script: Script, request: Request | None = None, **options: Any) -> BaseException:
    with pytest.raises((NotSent, LostAnswer)) as raised:  # noqa: PT012  # what is raised is the result

        async def scenario() -> None:
            async with serving(script) as server, Outgoing() as outgoing:
                given = request or Request("POST", "/x", json={})
                await outgoing.send(given, bases=bases(server), fresh_connection=True, **options)

        run(scenario())
    return raised.value


def test_a_refused_connection_means_not_sent() -> None:
    async def scenario() -> None:
        async with serving(ok()) as server:
            gone = bases(server)
        async with Outgoing() as outgoing:
            await outgoing.send(Request("POST", "/x", json={}), bases=gone, fresh_connection=True)

    with pytest.raises(NotSent, match=r"refused|failed"):
        run(scenario())


def test_a_failed_handshake_means_not_sent() -> None:
    async def scenario() -> None:
        async with listening(reset) as port, Outgoing() as outgoing:
            await outgoing.send(Request("POST", "/x", json={}), bases={"api": f"https://127.0.0.1:{port}"})

    with pytest.raises(NotSent):
        run(scenario())


def test_a_reset_after_the_request_means_a_lost_answer() -> None:
    assert isinstance(failure(reset), LostAnswer)


def test_a_connection_closed_in_the_middle_of_an_answer_means_a_lost_answer() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.close()

    assert isinstance(failure(half), LostAnswer)


def test_an_answer_that_is_no_http_means_a_lost_answer() -> None:
    async def noise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example repeats your token\r\n\r\n")
        await writer.drain()

    error = failure(noise)
    assert isinstance(error, LostAnswer)
    assert "token" not in error.reason, "what came instead may be anything"


def test_silence_means_a_lost_answer() -> None:
    assert isinstance(failure(stall, timeout=0.05), LostAnswer)


def test_a_trickle_does_not_hold_a_slot_for_ever() -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)  # the pace of the trickle, not a wait for something

    assert isinstance(failure(trickle, timeout=0.2), LostAnswer)


def test_an_endless_answer_means_a_lost_answer() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * MIB)
            await writer.drain()

    error = failure(flood)

    assert isinstance(error, LostAnswer)
    assert "8 MiB" in error.reason


@pytest.mark.parametrize("actual", [2000, 7000])
def test_an_upload_of_another_length_than_announced_means_a_lost_answer(actual: int) -> None:
    class Changed(Memory):
        def size(self, position: int) -> int:
            return 5000

        async def read(self, position: int, start: int, stop: int) -> AsyncIterator[bytes]:
            yield b"x" * actual

    request = Request("POST", "/x", body=AssetBytes(0))

    assert isinstance(failure(ok(), request, assets=Changed()), LostAnswer)


def test_a_file_that_is_gone_means_not_sent() -> None:
    error = failure(ok(), Request("POST", "/x", body=AssetBytes(3)), assets=Memory(b"x"))

    assert isinstance(error, NotSent)


@pytest.mark.parametrize("raised", [OSError("disk"), RuntimeError("bucket")])
def test_a_storage_that_fails_before_the_end_means_a_lost_answer(raised: Exception) -> None:
    class Broken(Memory):
        async def read(self, position: int, start: int, stop: int) -> AsyncIterator[bytes]:
            yield b"x" * 1000
            raise raised

    request = Request("POST", "/x", body=AssetBytes(0))

    assert isinstance(failure(ok(), request, assets=Broken(b"x" * 5000)), LostAnswer)


def test_a_header_that_cannot_be_written_does_not_show_up_in_the_error() -> None:
    error = failure(ok(), Request("POST", "/x", headers={"Authorization": "Bearer secret\nX: 1"}))

    assert "secret" not in str(error)


# --- the guard -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001:0:1::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "not an address",
        "",
    ],
)
def test_private_addresses_are_told(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_told(address: str) -> None:
    assert is_public(address)


class Names:
    """A name server of ours; counts what it is asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.addresses


def guarded(url: str, names: Names | None = None, *, allowed: Sequence[str] = ()) -> Coroutine[Any, Any, Response]:
    async def scenario() -> Response:
        options: dict[str, Any] = {} if names is None else {"resolve": names}
        async with Outgoing(allow_private_hosts=allowed, connect_seconds=0.5, **options) as outgoing:
            return await outgoing.send(Request("GET", url), bases={"api": "https://api.example"})

    return scenario()


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/x", "http://localhost:{port}/x", "http://2130706433:{port}/"])
def test_a_pasted_private_address_is_never_connected_to(url: str) -> None:
    async def scenario() -> int:
        async with serving(ok()) as server:
            with pytest.raises(NotSent, match="private"):
                await guarded(url.format(port=server.port))
            return server.connections

    assert run(scenario()) == 0


def test_an_allowed_private_host_is_reached_on_its_port_only() -> None:
    async def scenario() -> tuple[int, int]:
        async with serving(ok()) as server:
            answer = await guarded(f"{server.url}/x", allowed=[f"127.0.0.1:{server.port}"])
            with pytest.raises(NotSent):
                await guarded(f"{server.url}/x", allowed=["127.0.0.1:1"])
            return answer.status, server.connections

    assert run(scenario()) == (200, 1)


def test_a_configured_host_is_trusted_also_by_its_whole_address() -> None:
    async def scenario() -> Response:
        async with serving(ok()) as server, Outgoing() as outgoing:
            return await outgoing.send(Request("GET", f"{server.url}/elsewhere"), bases=bases(server))

    assert run(scenario()).status == 200


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.http.is_public", lambda address: address == "127.0.0.1")
    names = Names("10.0.0.1", "127.0.0.1")

    async def scenario() -> dict[str, str]:
        async with serving(ok()) as server:
            await guarded(f"http://blog.example:{server.port}/x", names)
            return {**server.last()[1], "port": str(server.port)}

    headers = run(scenario())

    assert names.asked == [("blog.example", int(headers["port"]))]
    assert headers["host"] == f"blog.example:{headers['port']}"


def test_the_next_address_is_tried_when_one_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.http.is_public", lambda address: True)

    async def scenario() -> int:
        async with serving(ok()) as server:
            names = Names("127.0.0.77", "127.0.0.1")
            return (await guarded(f"http://blog.example:{server.port}/x", names)).status

    assert run(scenario()) == 200


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for one host name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    shown, kept = folder / "certificate.pem", folder / "key.pem"
    shown.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    kept.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return shown, kept


@pytest.mark.parametrize(("named", "reached"), [("blog.example", True), ("other.example", False)])
def test_the_certificate_must_be_of_the_name_and_not_of_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, reached: bool
) -> None:
    shown, kept = certificate(tmp_path, named)
    monkeypatch.setenv("SSL_CERT_FILE", str(shown))
    monkeypatch.setattr("backend.http.is_public", lambda address: True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, kept)
    asked_for: list[str | None] = []
    context.sni_callback = lambda connection, name, _: asked_for.append(name)

    async def scenario() -> None:
        async with serving(ok(), context) as server:
            answer = await guarded(f"https://blog.example:{server.port}/x", Names("127.0.0.1"))
            assert answer.status == 200

    if reached:
        run(scenario())
    else:
        with pytest.raises(NotSent, match="certificate"):
            run(scenario())
    assert asked_for == ["blog.example"]


def test_an_address_of_the_new_kind_is_pinned_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.http.is_public", lambda address: True)

    async def scenario() -> str:
        async with serving(ok(), host="::1") as server:
            await guarded(f"http://blog.example:{server.port}/x", Names("::1"))
            return server.last()[1]["host"].partition(":")[0]

    if not socket.has_ipv6:
        pytest.skip("no IPv6 on this machine")
    try:
        assert run(scenario()) == "blog.example"
    except OSError:
        pytest.skip("no IPv6 loopback on this machine")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://files.example/x",
        "file:///etc/passwd",
        "http://alice:pw@blog.example/",
        "https://",
        "http://[::1",
        "gopher:x",
    ],
)
def test_other_kinds_of_addresses_are_refused(url: str) -> None:
    names = Names("93.184.216.34")

    with pytest.raises(NotSent):
        run(guarded(url, names))
    assert names.asked == []


def test_an_unknown_host_means_not_sent() -> None:
    class Nobody(Names):
        async def __call__(self, host: str, port: int) -> Sequence[str]:
            raise OSError("no such host")

    with pytest.raises(NotSent, match=r"blog\.example"):
        run(guarded("https://blog.example/secret-path", Nobody()))


# --- logs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/bot123456:AAE-x_y/sendMessage", "POST api.example/v1/*/sendMessage"),
        ("/webhooks/1234567890/aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgHiJ", "POST api.example/v1/webhooks/*/*"),
        ("/v22.0/me/media_publish?access_token=x", "POST api.example/v1/v22.0/me/media_publish"),
        ("https://alice:pw@evil.example/", "POST (no web address)"),
        ("https://blog.example/wp-json/wp/v2/posts/7", "POST blog.example/wp-json/wp/v2/posts/*"),
    ],
)
def test_logs_show_the_shape_of_an_address(path: str, shape: str) -> None:
    assert describe(Request("POST", path, params={"token": "x"}), {"api": "https://api.example/v1"}) == shape
