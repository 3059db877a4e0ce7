"""Requests that mean harm: bent addresses and headers, two requests in one, hosts that are not ours, uploads that stop.
Each gets a clear code, changes nothing and tells nothing."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from sqlalchemy import func, select

from backend.models import Asset, Blob
from socialclaw_app.sandbox import SandboxThread

from . import drivers
from .conftest import Client, eventually
from .files import image
from .servers import another

EVIL = "evil.example"
LABEL = json.dumps({"label": "Smuggled"}).encode()


@pytest.fixture(scope="module")
def place(sandbox: SandboxThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server with a folder of its own, which is looked into."""
    with another(tmp_path_factory.mktemp("bad"), sandbox) as client:
        yield client


def raw(client: Client, request: bytes, *, then_close: bool = False) -> tuple[int, dict[str, str], bytes]:
    """Bytes as they are, and what comes back until the server ends the connection, or has answered in full."""
    place = urlsplit(client.server.url)
    with closing(socket.create_connection((place.hostname, place.port), timeout=10)) as wire:
        wire.sendall(request)
        if then_close:
            return 0, {}, b""
        received = b""
        while chunk := wire.recv(65536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}
    return int(first.split()[1]), headers, body


def head_of(
    client: Client, line: str, *lines: str, host: str | None = None, end: str = "Connection: close\r\n"
) -> bytes:
    named = urlsplit(client.server.url).netloc if host is None else host
    written = [f"{line} HTTP/1.1", f"Host: {named}", f"Authorization: Bearer {client.secret}", *lines]
    return ("\r\n".join(written) + f"\r\n{end}\r\n").encode("latin-1")


def told(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, str]:
    """Status and code of an answer that must have the documented error shape."""
    status, headers, body = answer
    assert headers["content-type"].startswith("application/json"), body
    assert headers["x-request-id"]
    found = json.loads(body)
    assert set(found) <= {"ok", "code", "message", "details"}
    assert found["ok"] is False
    return status, found["code"]


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "//v1/posts", "/v1//posts", "/./v1/posts", "/v1/../v1/posts", "/v1/./posts", "/v1%2fposts", "/v1/posts%2F",
        "/v1/posts%5c", "/v1/keys/..%2fposts", "/v1/keys/../posts", "/%2e%2e/v1/posts", "/V1/posts", "/v1/posts;a=b",
        "/media/a/b/..%2f..%2f..%2fetc%2fpasswd", "/media/../../etc/passwd", "/schemas/..%2f..%2fpyproject.json",
        "/schemas/../../pyproject.json", "/v1/posts/%2e%2e/keys", "/v1/posts/..", "*",
    ],
)  # fmt: skip
def test_an_address_that_is_written_otherwise_is_no_address(place: Client, path: str) -> None:
    status, code = told(raw(place, head_of(place, f"GET {path}")))

    assert status == 404
    assert code.endswith("not_found")


@pytest.mark.parametrize("path", ["/v1/posts/", "/health/", "/docs/api/", "/openapi.json/", "/v1/keys//"])
@pytest.mark.parametrize("host", [None, EVIL])
def test_a_slash_at_the_end_changes_nothing_and_sends_nobody_elsewhere(
    place: Client, path: str, host: str | None
) -> None:
    status, headers, _ = raw(place, head_of(place, f"GET {path}", host=host))

    assert status == 200
    assert "location" not in headers


def test_a_slash_at_the_end_of_what_is_written_to_changes_nothing_either(place: Client) -> None:
    answer = place.send("POST", "/v1/posts/validate/", {"posts": []})

    assert (answer.status_code, answer.json()["code"]) == (422, "schedule_items_required")


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "PROPFIND", "PUT"])
def test_a_method_nobody_takes_is_told(place: Client, method: str) -> None:
    assert told(raw(place, head_of(place, f"{method} /v1/keys"))) == (405, "method_not_allowed")


def test_another_method_in_a_header_is_not_listened_to(place: Client) -> None:
    key_id = drivers.key(place)
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        place.send("GET", "/v1/keys", headers={name: "DELETE"})
        place.refused("POST", f"/v1/keys/{key_id}", headers={name: "DELETE"})

    found = place.ok("GET", "/v1/keys")["keys"]
    assert [one["revokedAt"] for one in found if one["id"] == key_id] == [None]


# --- what is no request -----------------------------------------------------------------------------------------------

SMUGGLED = b"GET /v1/keys HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(LABEL), LABEL)
LENGTH = f"Content-Length: {len(LABEL)}"
BENT: dict[str, tuple[str, list[str], bytes]] = {
    "two lengths": ("POST /v1/keys", [LENGTH, "Content-Length: 3"], LABEL),
    "the same length twice in one": ("POST /v1/keys", [f"{LENGTH}, {len(LABEL)}"], LABEL),
    "a length with a sign": ("POST /v1/keys", [f"Content-Length: +{len(LABEL)}"], LABEL),
    "a negative length": ("POST /v1/keys", ["Content-Length: -1"], LABEL),
    "a length in hexadecimal": ("POST /v1/keys", [f"Content-Length: {len(LABEL):#x}"], LABEL),
    "a length and chunks": ("POST /v1/keys", [LENGTH, "Transfer-Encoding: chunked"], b"0\r\n\r\n" + SMUGGLED),
    "chunks and a length": ("POST /v1/keys", ["Transfer-Encoding: chunked", "Content-Length: 4"], CHUNKED + SMUGGLED),
    "an encoding nobody knows": ("POST /v1/keys", ["Transfer-Encoding: xchunked"], CHUNKED),
    "chunks that are not last": ("POST /v1/keys", ["Transfer-Encoding: chunked, identity"], CHUNKED),
    "a blank before the colon": ("POST /v1/keys", ["Transfer-Encoding : chunked"], CHUNKED),
    "a chunk without a size": ("POST /v1/keys", ["Transfer-Encoding: chunked"], b"ZZ\r\n" + LABEL),
    "chunks with bare line feeds": ("POST /v1/keys", ["Transfer-Encoding: chunked"], CHUNKED.replace(b"\r\n", b"\n")),
    "a folded header": ("POST /v1/keys", ["X-A: b\r\n c", LENGTH], LABEL),
    "a header's name with a blank": ("POST /v1/keys", ["Bad Name: b", LENGTH], LABEL),
    "a NUL in a header": ("POST /v1/keys", ["X-A: a\0b", LENGTH], LABEL),
    "a method of its own": ("BREW /v1/keys", [], b""),
    "a method in small letters": ("get /v1/keys", [], b""),
    "bytes in the address": ("GET /v1/posts/\xff", [], b""),
    "an address without an end": ("GET /v1/posts?x=" + "a" * 70_000, [], b""),
}  # fmt: skip


@pytest.mark.parametrize("name", BENT)
def test_what_is_no_proper_request_is_refused_and_nothing_after_it_is_read(place: Client, name: str) -> None:
    line, headers, body = BENT[name]
    before = len(place.ok("GET", "/v1/keys")["keys"])

    answer = raw(place, head_of(place, line, *headers, end="") + body)

    assert told(answer) == (400, "bad_request")
    assert answer[2].count(b"ok") == 1, "one answer"
    assert len(place.ok("GET", "/v1/keys")["keys"]) == before


@pytest.mark.parametrize("lines", [["X-Long: " + "a" * 400_000], ["X-Some: " + "a" * 1000] * 400])
def test_headers_without_an_end_are_not_waited_for(place: Client, lines: list[str]) -> None:
    request = head_of(place, "GET /v1/posts", *lines)

    assert told(raw(place, request[:-4])) == (431, "bad_request")


def test_headers_of_a_usual_size_before_a_large_body_are_taken(place: Client) -> None:
    body = json.dumps({"label": "x", "unheard": "a" * 300_000}).encode()
    lines = ["X-Trace: " + "a" * 30_000, f"Content-Length: {len(body)}"]

    status, _, _ = raw(place, head_of(place, "POST /v1/keys", *lines) + body)

    assert status == 201


def test_the_first_of_two_keys_counts_and_a_body_of_a_get_is_not_the_next_request(place: Client) -> None:
    other = place.server.workspace("Other")
    line = f"Authorization: Bearer {other.secret}"
    status, _, body = raw(place, head_of(place, "GET /v1/keys", line, f"Content-Length: {len(SMUGGLED)}") + SMUGGLED)

    assert status == 200
    assert {key["id"] for key in json.loads(body)["keys"]} == {key["id"] for key in place.ok("GET", "/v1/keys")["keys"]}


# --- hosts that are not ours ------------------------------------------------------------------------------------------

STRANGERS = {
    "Host": EVIL,
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "192.0.2.7",
    "X-Forwarded-Port": "444",
    "X-Forwarded-Prefix": "/evil.example",
    "X-Original-URL": "/v1/keys",
    "X-Rewrite-URL": "/v1/keys",
    "Forwarded": f"for=192.0.2.7;host={EVIL};proto=https",
}


def test_no_link_of_ours_is_made_of_what_a_request_says_about_the_host(place: Client) -> None:
    place.telegram()
    where = [
        ("GET", "/v1/connections", None),
        ("POST", "/v1/connections/start", {"provider": "x"}),
        ("POST", "/v1/assets/upload", drivers.UPLOAD),
        ("GET", "/openapi.json", None),
        ("GET", "/docs/api", None),
        ("GET", "/schemas/Post.json", None),
        ("GET", "/health", None),
        ("GET", "/oauth/x/callback?error=access_denied&state=none", None),
        ("GET", "/auth/google/start", None),
        ("POST", "/v1/billing/checkout", drivers.PLAN),
        ("GET", "/nothing", None),
    ]
    leaving = drivers.leaving(place, "/webhooks/meta/data-deletion")
    answers = [place.send(method, path, body, headers=STRANGERS) for method, path, body in where]
    answers.append(place.send("POST", leaving.path, headers=STRANGERS, **leaving.options))
    browser = place.browser()
    answers += [
        browser.send("POST", "/v1/dashboard/assets/upload", drivers.UPLOAD, headers={"Host": EVIL}),
        browser.send("GET", "/v1/dashboard/session", headers=STRANGERS),
        place.server.stranger().send("GET", drivers.sign_in_link(place), headers=STRANGERS),
    ]

    for answer in answers:
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        assert EVIL not in answer.text + head, answer.request.url
        assert "Secure" not in answer.headers.get("set-cookie", ""), "nobody's header says that there is TLS"
    assert answers[1].json()["connection"]["authorizeUrl"].count(urlsplit(place.server.url).netloc.replace(":", "%3A"))
    assert answers[2].json()["asset"]["publicUrl"].startswith(place.server.url)


def test_another_address_in_a_header_is_not_answered_instead(place: Client) -> None:
    answer = httpx2.get(f"{place.server.url}/health", headers={**STRANGERS, "Authorization": f"Bearer {place.secret}"})

    assert answer.json()["service"] == "socialclaw-api"


# --- uploads that stop ------------------------------------------------------------------------------------------------


def stored(client: Client) -> tuple[int, int, set[Path]]:
    """Rows of files, rows of bytes, and the bytes themselves wherever they lie."""
    folder = client.server.parts.context.settings.data_dir / "media"
    read = client.server.parts.context.db.read_now

    def count(model: Any) -> int:
        return read(lambda session: session.scalar(select(func.count()).select_from(model)) or 0)

    return count(Asset), count(Blob), {path for path in folder.rglob("*") if path.is_file()}


def form(content: bytes) -> tuple[str, bytes]:
    head = (
        b'--limit\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    )
    return "multipart/form-data; boundary=limit", head + content + b"\r\n--limit--\r\n"


def as_json(content: bytes) -> tuple[str, bytes]:
    body = {"filename": "a.png", "mime": "image/png", "contentBase64": base64.b64encode(content).decode()}
    return "application/json", json.dumps(body).encode()


NOISE = image(size=(900, 900)) + bytes(range(256)) * 4000


@pytest.mark.parametrize("written", [form, as_json])
@pytest.mark.parametrize("sent", [0.0, 0.1, 0.9, 0.999])
def test_an_upload_that_stops_halfway_leaves_nothing(place: Client, written: Any, sent: float) -> None:
    kind, body = written(NOISE)
    before = stored(place)
    request = head_of(place, "POST /v1/assets/upload", f"Content-Type: {kind}", f"Content-Length: {len(body)}")

    raw(place, request + body[: int(len(body) * sent)], then_close=True)

    # the server sees the end some time; an upload after it is taken in full, and is all that there is
    place.ok("POST", "/v1/assets/upload", {**drivers.UPLOAD, "contentBase64": _fresh()})
    settled = eventually(lambda: stored(place) if len(stored(place)[2]) - len(before[2]) <= 2 else None)
    assert (settled[0], settled[1]) == (before[0] + 1, before[1] + 1)
    assert all(_is_of_blob(place, path) for path in settled[2] - before[2])


_colours = iter(range(1, 1000))


def _fresh() -> str:
    return base64.b64encode(image(colour=f"#{next(_colours):06x}")).decode()


def _is_of_blob(client: Client, path: Path) -> bool:
    """Whether these bytes belong to a file that is there; its preview does, too."""
    known = client.server.parts.context.db.read_now(lambda session: set(session.scalars(select(Blob.sha256))))
    return any(sha256 in str(path) for sha256 in known)


@pytest.mark.parametrize("written", [form, as_json])
def test_an_upload_that_says_more_than_it_sends_in_chunks_leaves_nothing(place: Client, written: Any) -> None:
    kind, body = written(NOISE)
    before = stored(place)
    head = head_of(place, "POST /v1/assets/upload", f"Content-Type: {kind}", "Transfer-Encoding: chunked", end="")

    raw(place, head + b"%x\r\n" % len(body) + body[:5000], then_close=True)
    answer = raw(place, head + b"%x\r\n%s\r\nZZ\r\n" % (len(body) // 2, body[: len(body) // 2]))

    assert told(answer) == (400, "bad_request")
    assert stored(place)[:2] == before[:2]


# --- files in parts ---------------------------------------------------------------------------------------------------

PARTS = "/v1/dashboard/assets/upload"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda parts: parts[::-1],
        lambda parts: [parts[0], parts[0]],
        lambda parts: parts[:1],
        lambda parts: [*parts, parts[-1]],
        lambda parts: [{**one, "PartNumber": one["PartNumber"] + 1} for one in parts],
        lambda parts: [{**one, "ETag": parts[1 - number]["ETag"]} for number, one in enumerate(parts)],
        lambda parts: [{**one, "PartNumber": 2**70} for one in parts],
        lambda parts: [],
        lambda parts: None,
        lambda parts: {"1": parts[0]},
    ],
    ids=range(10),
)
def test_parts_in_another_order_are_refused_and_can_be_named_again(taking_parts: Client, spoil: Any) -> None:
    storage: Any = taking_parts.server.parts.context.storage
    storage.down = False
    browser, content = taking_parts.browser(), image(size=(64, 64)) + bytes(9 * 1024 * 1024)
    begun = browser.ok("POST", f"{PARTS}/initiate", {"filename": "a.png", "size": len(content), "mime": "image/png"})
    asset_id, size, upload_id = begun["asset"]["id"], begun["upload"]["partSize"], begun["upload"]["uploadId"]
    pieces = [content[:size], content[size:]]
    place = list(storage.arriving)[-1]
    named = [{"PartNumber": at + 1, "ETag": storage.put(place, at + 1, piece)} for at, piece in enumerate(pieces)]
    complete = f"{PARTS}/{asset_id}/complete"

    answer = browser.send("POST", complete, {"uploadId": upload_id, "parts": spoil(named)})

    assert (answer.status_code, answer.json()["code"]) == (422, "upload_parts_invalid")
    listed = browser.ok("GET", "/v1/dashboard/assets")["assets"]
    assert [one for one in listed if one["id"] == asset_id and one["status"] == "ready"] == []
    done = browser.ok("POST", complete, {"uploadId": upload_id, "parts": named})
    assert (done["asset"]["status"], done["asset"]["size"]) == ("ready", len(content))
