"""The only outgoing HTTP client.

It sends what providers describe and tells two failures apart that decide whether a post may be sent again: ``NotSent``
(no byte of the request left this machine) and ``LostAnswer`` (some may have). It follows no redirect, keeps no cookie
and uses no proxy: each of these would send something we did not decide to send, or blur that line.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import logging
import os
import re
import secrets
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Protocol, Self, TypeAlias, cast
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

import httpx2

from providers.contract import (
    JSON,
    AssetBytes,
    AssetUrl,
    EncryptedBytes,
    FileBytes,
    Part,
    Request,
    Response,
    encrypted_size,
)

from . import encrypting
from .clocks import Clocks
from .errors import AppError

MISSING_FILE = "a file could not be found"
MAX_ANSWER = 8 * 1024 * 1024
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
"""From the last byte of the request to the last byte of the answer."""
WRITE_SECONDS = 60.0
USER_AGENT = "SocialClaw"
MOST_REDIRECTS = 4
CLOCKS = Clocks()
"""What all clients of the process hear."""

# httpcore2 writes whole addresses at debug level, and some networks want their token in the address.
logging.getLogger("httpcore2").setLevel(logging.INFO)


class SendError(Exception):
    """``reason`` is for the attempt's record: it never holds an address's path, a header or a body."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotSent(SendError):
    """The connection did not come about, or was refused here: the network knows nothing of the request."""


class LostAnswer(SendError):
    """The request, or part of it, may have arrived; what became of it is unknown."""


class AssetSource(Protocol):
    """The media of one job, by position."""

    def size(self, position: int) -> int: ...

    def read(self, position: int, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes ``start:stop`` in pieces small enough to hold in memory."""
        ...

    def url(self, position: int, variant: str | None) -> str: ...


Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses, best first."""


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@cache
def _authorities(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Reading them takes longer than a whole request, so all clients of the process share them. The arguments are
    the variables that say where they are."""
    return httpx2.create_ssl_context()


class Outgoing:
    """One owner's connections. Belongs to the event loop it is used on; close it there."""

    def __init__(
        self,
        *,
        allow_private_hosts: Iterable[str] = (),
        user_agent: str = USER_AGENT,
        resolve: Resolve = resolve_by_system,
        connect_seconds: float = CONNECT_SECONDS,
        clocks: Clocks = CLOCKS,
    ) -> None:
        """``allow_private_hosts`` are ``host:port`` pairs that the private-address guard lets through."""
        self.clocks = clocks
        self._allowed = frozenset(host.strip().lower() for host in allow_private_hosts)
        self._user_agent = user_agent
        self._resolve = resolve
        self._connect_seconds = connect_seconds
        context = _authorities(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        self._kept = httpx2.AsyncHTTPTransport(verify=context, trust_env=False)
        self._fresh = httpx2.AsyncHTTPTransport(
            verify=context, trust_env=False, limits=httpx2.Limits(max_connections=100, max_keepalive_connections=0)
        )

    async def send(
        self,
        request: Request,
        *,
        bases: Mapping[str, str],
        assets: AssetSource | None = None,
        fresh_connection: bool = False,
        timeout: float = ANSWER_SECONDS,
    ) -> Response:
        """``bases`` are the configured hosts by name. Raises NotSent or LostAnswer.

        ``fresh_connection`` is for what must not happen twice: on a kept connection that the other side just closed,
        nobody can tell whether the request arrived.
        """
        url = _url(request, bases)
        try:
            # The sizes of files may have to be asked of a server.
            body = _body(request, None) if assets is None else await asyncio.to_thread(_body, request, assets)
        except (OSError, LookupError) as error:
            raise NotSent(MISSING_FILE) from error
        except AppError as error:
            raise NotSent("the media storage does not answer") from error
        headers = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip", **body.headers, **request.headers}
        if self._is_trusted(url, bases):
            transport = self._fresh if fresh_connection else self._kept
            answer = await self._exchange(transport, request.method, url, headers, body, timeout)
            self.clocks.note(url.host, answer.headers.get("date"), datetime.now(UTC))
            return answer
        return await self._send_guarded(request.method, url, headers, body, timeout)

    async def download(self, url: str, *, limit: int) -> AsyncIterator[bytes]:
        """A file from an address a user gave, piece by piece. Redirects are followed, each through the guard.

        Raises AppError: it never arrives in a post, so who gave the address is told.
        """
        for _ in range(MOST_REDIRECTS):
            location = None
            async with self._opened(url) as answered:
                if answered.status_code in (301, 302, 303, 307, 308):
                    location = answered.headers.get("location")
                elif answered.status_code != 200:
                    raise _no_file(f"it answers {answered.status_code}")
                else:
                    seen = 0
                    async for chunk in answered.aiter_bytes():
                        seen += len(chunk)
                        if seen > limit:
                            raise _no_file(f"it is larger than {limit} bytes")
                        yield chunk
            if location is None:
                return
            url = str(httpx2.URL(url).join(location))
        raise _no_file("it redirects too often")

    @contextlib.asynccontextmanager
    async def _opened(self, url: str) -> AsyncGenerator[httpx2.Response]:
        try:
            asked = _url(Request("GET", url), {})
            trusted = self._is_trusted(asked, {})
            address = None if trusted else (await self._public_addresses(asked))[0]
            pinned = asked if address is None else asked.copy_with(host=address)
            extensions: dict[str, Any] = {
                "timeout": dict.fromkeys(("connect", "pool", "write", "read"), ANSWER_SECONDS)
            }
            if address is not None:
                extensions["sni_hostname"] = asked.raw_host.decode()
            headers = {"User-Agent": self._user_agent, "Host": asked.netloc.decode()}
            request = httpx2.Request("GET", pinned, headers=headers, extensions=extensions)
            answered = await self._fresh.handle_async_request(request)
            async with contextlib.aclosing(answered):
                yield answered
        except (
            SendError,
            httpx2.TransportError,
            httpx2.DecodingError,
            httpx2.InvalidURL,
            OSError,
            TimeoutError,
        ) as error:
            raise _no_file(_reason(error) if not isinstance(error, SendError) else error.reason) from error

    async def _send_guarded(
        self, method: str, url: httpx2.URL, headers: Mapping[str, str], body: _Body, timeout: float
    ) -> Response:
        """To exactly the addresses that were checked: a second look-up could answer something else."""
        failure = NotSent("the host has no address")
        for address in (await self._public_addresses(url))[:4]:
            pinned = url.copy_with(host=address)
            named = {"Host": url.netloc.decode(), **headers}
            try:
                return await self._exchange(
                    self._fresh, method, pinned, named, body, timeout, sni=url.raw_host.decode()
                )
            except NotSent as error:
                failure = error
        raise failure

    async def _public_addresses(self, url: httpx2.URL) -> Sequence[str]:
        host = url.raw_host.decode()
        try:
            async with asyncio.timeout(self._connect_seconds):
                addresses = await self._resolve(host, _port(url))
        except (OSError, TimeoutError, UnicodeError) as error:
            raise NotSent(f"the host {host} is not known") from error
        public = [address for address in addresses if is_public(address)]
        if not public:
            raise NotSent(f"the host {host} has a private address; allow it in the settings if it is yours")
        return public

    def _is_trusted(self, url: httpx2.URL, bases: Mapping[str, str]) -> bool:
        origins = {_origin(httpx2.URL(base)) for base in bases.values()}
        return _origin(url) in origins or f"{url.host}:{_port(url)}".lower() in self._allowed

    async def _exchange(
        self,
        transport: httpx2.AsyncHTTPTransport,
        method: str,
        url: httpx2.URL,
        headers: Mapping[str, str],
        body: _Body,
        timeout: float,
        sni: str | None = None,
    ) -> Response:
        progress = _Progress(timeout)
        extensions: dict[str, Any] = {
            "timeout": {
                "connect": self._connect_seconds,
                "pool": self._connect_seconds,
                "write": WRITE_SECONDS,
                "read": timeout,
            },
            "trace": progress.trace,
        }
        if sni is not None:
            extensions["sni_hostname"] = sni
        try:
            asked = httpx2.Request(method, url, headers=dict(headers), content=body.content(), extensions=extensions)
            async with asyncio.timeout(None) as progress.limit:
                answered = await transport.handle_async_request(asked)
                async with contextlib.aclosing(answered):
                    return _response(answered, await _read(answered))
        except (httpx2.TransportError, httpx2.DecodingError, OSError, TimeoutError, ValueError) as error:
            reason = _reason(error)
            raise (LostAnswer(reason) if progress.left else NotSent(reason)) from error

    async def aclose(self) -> None:
        await self._kept.aclose()
        await self._fresh.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()


def _no_file(reason: str) -> AppError:
    return AppError("asset_fetch_failed", f"The file could not be fetched from its address: {reason}.")


class _Progress:
    """Hears from the connection when the first byte leaves, and starts the clock of the answer after the last."""

    def __init__(self, timeout: float) -> None:
        self.left = False
        self.limit: asyncio.Timeout | None = None
        self._timeout = timeout

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started"):
            self.left = True
        elif event.endswith(".receive_response_headers.started") and self.limit is not None:
            self.limit.reschedule(asyncio.get_running_loop().time() + self._timeout)


# --- the private-address guard ---------------------------------------------------------------------------------------


def is_public(address: str) -> bool:
    """Whether the address belongs to the internet at large, also when it is wrapped into an IPv6 address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or _behind_nat64(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local or ip.teredo:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _behind_nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None


def _origin(url: httpx2.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, _port(url)


def _port(url: httpx2.URL) -> int:
    return url.port or {"http": 80, "https": 443}.get(url.scheme, 0)


# --- from a provider's request to bytes ------------------------------------------------------------------------------


def _url(request: Request, bases: Mapping[str, str]) -> httpx2.URL:
    path = request.path
    if not re.match(r"^[A-Za-z][A-Za-z0-9+.-]*:", path):
        path = f"{bases[request.host].rstrip('/')}/{path.lstrip('/')}" if path else bases[request.host]
    if request.params:
        path += ("&" if "?" in path else "?") + urlencode(request.params)
    try:
        url = httpx2.URL(path)
    except httpx2.InvalidURL as error:
        raise NotSent("this is not a web address") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise NotSent("only http and https addresses are asked")
    if url.userinfo:
        raise NotSent("addresses with a user name or password are not asked")
    return url.copy_with(fragment=None)


@dataclass(frozen=True, slots=True)
class _Body:
    """``content`` makes the bytes anew for each try, so that a second address gets them from the start."""

    headers: Mapping[str, str]
    content: Callable[[], bytes | AsyncIterator[bytes] | None]


def _body(request: Request, assets: AssetSource | None) -> _Body:
    if request.json is not None:
        written = json.dumps(_resolved(request.json, assets), ensure_ascii=False, separators=(",", ":")).encode()
        return _Body({"Content-Type": "application/json"}, lambda: written)
    if request.form is not None:
        written = urlencode(_form_fields(request.form, assets)).encode()
        return _Body({"Content-Type": "application/x-www-form-urlencoded"}, lambda: written)
    if request.parts is not None:
        return _multipart(request.parts, assets)
    if request.body is not None:
        return _raw(request.body, _needed(assets))
    return _Body({}, lambda: None)


def _raw(part: FileBytes, assets: AssetSource) -> _Body:
    part = _measured(part, assets)
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(_length(part))}
    return _Body(headers, lambda: _exactly(assets, part))


def _multipart(parts: Sequence[Part], assets: AssetSource | None) -> _Body:
    boundary = secrets.token_hex(16)
    pieces: list[bytes | FileBytes] = []
    for part in parts:
        value = (
            _measured(part.value, _needed(assets))
            if isinstance(part.value, AssetBytes | EncryptedBytes)
            else str(_resolved(part.value, assets)).encode()
        )
        pieces += [_part_head(part, boundary), value, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    length = sum(len(piece) if isinstance(piece, bytes) else _length(piece) for piece in pieces)
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(length)}
    return _Body(headers, lambda: _stream(pieces, assets))


def _part_head(part: Part, boundary: str) -> bytes:
    lines = [f"--{boundary}", f'Content-Disposition: form-data; name="{_quoted(part.name)}"']
    if part.filename is not None:
        lines[-1] += f'; filename="{_quoted(part.filename)}"'
    content_type = part.content_type or ("application/octet-stream" if part.filename is not None else None)
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    return "\r\n".join([*lines, "", ""]).encode()


def _quoted(name: str) -> str:
    """As browsers write names in multipart bodies."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


async def _stream(pieces: Sequence[bytes | FileBytes], assets: AssetSource | None) -> AsyncIterator[bytes]:
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        async for chunk in _exactly(_needed(assets), piece):
            yield chunk


async def _exactly(assets: AssetSource, piece: FileBytes) -> AsyncIterator[bytes]:
    """The announced number of bytes or an error: an upload must not pass for whole when its file has changed."""
    missing = _length(piece)
    try:
        async for chunk in _read_piece(assets, piece, piece.start + missing):
            missing -= len(chunk)
            if missing < 0:
                break
            yield chunk
    except Exception as error:  # whatever storage raises: part of the request has left, and that must be said
        raise OSError("a file could not be read") from error
    if missing:
        raise ValueError("a file is not as long as it was")


_ENDS: WeakKeyDictionary[AssetSource, encrypting.Ends] = WeakKeyDictionary()
"""Where parts of encrypted files ended, for as long as somebody sends these files."""


def _read_piece(assets: AssetSource, piece: FileBytes, stop: int) -> AsyncIterator[bytes]:
    if isinstance(piece, AssetBytes):
        return assets.read(piece.position, piece.start, stop)
    read = partial(assets.read, piece.position)
    return encrypting.encrypted(piece, stop, read, _ENDS.setdefault(assets, {}))


def _measured(piece: FileBytes, assets: AssetSource) -> FileBytes:
    """Measured once and in advance: a storage may be a server that has to be asked."""
    if piece.stop is not None:
        return piece
    whole = assets.size(piece.position) if isinstance(piece, AssetBytes) else encrypted_size(piece.size)
    return replace(piece, stop=whole)


def _length(piece: FileBytes) -> int:
    assert piece.stop is not None
    return piece.stop - piece.start


def _needed(assets: AssetSource | None) -> AssetSource:
    if assets is None:
        raise ValueError("a request that names assets needs their source")
    return assets


def _resolved(value: Any, assets: AssetSource | None) -> Any:
    if isinstance(value, AssetUrl):
        return _needed(assets).url(value.position, value.variant)
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {name: _resolved(inner, assets) for name, inner in fields.items()}
    if isinstance(value, list | tuple):
        return [_resolved(inner, assets) for inner in cast("Sequence[Any]", value)]
    return value


def _form_fields(form: Mapping[str, Any], assets: AssetSource | None) -> list[tuple[str, str]]:
    """Text as it is; everything else as JSON, which is how networks take numbers, true and lists in forms."""
    resolved = {name: _resolved(value, assets) for name, value in form.items() if value is not None}
    return [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        for name, value in resolved.items()
    ]


# --- from bytes to an answer -----------------------------------------------------------------------------------------


async def _read(answered: httpx2.Response) -> bytes:
    content = bytearray()
    async for chunk in answered.aiter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER:
            raise ValueError(f"the answer is longer than {MAX_ANSWER // 1024**2} MiB")
    return bytes(content)


def _response(answered: httpx2.Response, content: bytes) -> Response:
    try:
        text = content.decode(answered.charset_encoding or "utf-8", "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    text = text.removeprefix("\ufeff")
    headers = {name.lower(): value for name, value in answered.headers.items()}
    return Response(status=answered.status_code, headers=headers, json=_json(text), text=text)


def _json(text: str) -> JSON | None:
    """By the text, not by its declared type: servers label JSON as text/html and pages as JSON."""
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _reason(error: Exception) -> str:
    if isinstance(error, httpx2.LocalProtocolError):
        return "the request could not be written"  # its message quotes the header, which may be the token
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    said = re.sub(r":? *bytearray\(.*", "", str(error), flags=re.DOTALL)  # what came instead of an answer
    return f"{name}: {said}"[:200] if said else name


# --- for logs --------------------------------------------------------------------------------------------------------


def describe(request: Request, bases: Mapping[str, str]) -> str:
    """Method, host and the shape of the path. Ids become ``*``, and so does whatever could be a token."""
    try:
        url = _url(request, bases)
    except NotSent:
        return f"{request.method} (no web address)"
    shape = "/".join(segment if _is_word(segment) else "*" for segment in url.path.split("/"))
    return f"{request.method} {url.host}{shape}"


def _is_word(segment: str) -> bool:
    return re.fullmatch(r"(v\d+(\.\d+)?|[A-Za-z]+([._-][A-Za-z]+)*|)", segment) is not None and len(segment) < 26
