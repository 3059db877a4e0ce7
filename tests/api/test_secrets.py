"""Secrets are planted wherever there can be one, everything is driven and made to fail, and then they are looked for: in
every answer, page, log line and file. A server of its own, as a process, with its log at DEBUG."""

from __future__ import annotations

import base64
import itertools
import os
import re
import secrets
import socket
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, quote_plus, urlsplit

import httpx2
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from sqlalchemy import delete
from sqlalchemy.orm import Session

import providers
from backend import provider_apps
from backend.api.operations import OPERATIONS, Auth, Operation
from backend.models import LimitWait, RateLevel
from backend.settings import load
from socialclaw_app import sandbox as copies
from socialclaw_app.parts import open_parts
from socialclaw_app.sandbox import SandboxThread, networks
from socialclaw_app.sandboxed import logins, pointed_at
from socialclaw_app.serving import free_port
from tests.networks import media
from tests.networks.consent import leave
from tests.networks.samples import samples
from tests.servers import s3

from . import drivers, issuer, shop
from .conftest import BOT_TOKEN, Client, Server, eventually
from .drivers import Ask
from .files import image
from .mischief import MODES, Mischief, mischief
from .whole import Around, around, known_to_drivers, member

pytestmark = [pytest.mark.slow, pytest.mark.servers, pytest.mark.timeout(400)]

MARK = "NobodyMaySeeThis"
_numbers = itertools.count(1)
SECRET_KEY, SMTP_PASSWORD = f"{MARK}-key-that-seals-everything", f"{MARK}-post"
ENTERED = f"{MARK}-entered-on-screen"
COOKIE = "socialclaw_session"


# --- what is looked for -----------------------------------------------------------------------------------------------


@dataclass
class Planted:
    """The secrets, by what they are."""

    secrets: dict[str, str] = field(default_factory=dict[str, str])
    _known: dict[str, str] = field(default_factory=dict[str, str])
    _begin: dict[bytes, list[tuple[bytes, str]]] = field(default_factory=dict)

    def add(self, what: str, secret: str) -> str:
        self.secrets[f"{what} {next(_numbers)}"] = secret
        return secret

    def found(self, content: bytes) -> set[str]:
        """Which of them stand there, as they are or as they are written on the way."""
        if len(self._known) != len(self.secrets):
            self._known = dict(self.secrets)
            self._begin = defaultdict(list)
            for what, secret in self.secrets.items():
                for form in forms(secret):
                    self._begin[form[:8]].append((form, what))
        there = {content[at : at + 8] for at in range(len(content) - 7)}
        return {what for begin in self._begin.keys() & there for form, what in self._begin[begin] if form in content}


def forms(secret: str) -> set[bytes]:
    """Plain, in an address, in small letters, and inside base64 wherever it begins."""
    raw = secret.encode()
    shifted = {base64.b64encode(b"-" * shift + raw)[_START[shift] : -4] for shift in range(3)}
    return {raw, raw.lower(), quote(secret, safe="").encode(), quote_plus(secret).encode(), *shifted}


_START = (0, 4, 4)
"""How many of the letters depend on what stands before."""


@pytest.mark.parametrize(
    "hidden",
    [
        b"a log line with s3cret/of somebody in it",
        b"GET /?token=s3cret%2Fof%20somebody",
        b"token=s3cret%2Fof+somebody",
        b'{"code": "S3CRET/OF SOMEBODY"}'.lower(),
        b"Authorization: Basic " + base64.b64encode(b"somebody:s3cret/of somebody"),
        b"Authorization: Basic " + base64.b64encode(b"else:s3cret/of somebody"),
    ],
)
def test_a_secret_is_found_in_every_form(hidden: bytes) -> None:
    planted = Planted({"password": "s3cret/of somebody"})

    assert planted.found(hidden) == {"password"}
    assert planted.found(b"a log line with s3cret of somebody else") == set()


# --- the place --------------------------------------------------------------------------------------------------------


@dataclass
class Evidence:
    planted: Planted
    client: Client
    answers: list[tuple[str, bytes]] = field(default_factory=list)
    """What was asked, and the answer with its headers."""
    pages: list[tuple[str, bytes]] = field(default_factory=list)
    log: Path = Path()
    folder: Path = Path()
    gossip: Mischief = cast("Mischief", None)
    mails: list[tuple[str, str]] = field(default_factory=list)

    def note(self, answer: httpx2.Response) -> None:
        """A hook of the clients. A key is told once, to whoever makes it, and a cookie to whoever signs in: neither
        counts as seen there, and both are looked for everywhere else."""
        request = answer.request
        if not str(request.url).startswith(self.client.server.url):
            return
        answer.read()
        body = answer.content
        if re.fullmatch(r"/v1/(dashboard/)?keys(/\w+/rotate)?", request.url.path) and request.method == "POST":
            for secret in re.findall(rb"sc_live_[\w-]{20,}", body):
                self.planted.add("API key", secret.decode())
                body = body.replace(secret, b"")
        head: list[str] = []
        for name, value in answer.headers.multi_items():
            if name.lower() == "set-cookie" and value.startswith(COOKIE):
                self._cookie(value)
                value = value.partition(";")[2]
            head.append(f"{name}: {value}")
        self.answers.append((f"{request.method} {request.url.path}", "\n".join(head).encode() + b"\n\n" + body))

    def _cookie(self, header: str) -> None:
        value = header.partition("=")[2].partition(";")[0].strip('"')
        if len(value) > 20:
            self.planted.add("session cookie", value)
            with suppress(ValueError):
                token = re.search(rb'"sid": ?"([^"]+)"', base64.b64decode(value.partition(".")[0] + "=="))
                if token:
                    self.planted.add("session", token[1].decode())


class _Marking:
    """In place of the copies' source of chance: what they give out can be told from anything else."""

    def __init__(self, planted: Planted) -> None:
        self._planted = planted

    def token_urlsafe(self, size: int) -> str:
        return self._planted.add("token of a network", f"{MARK}.{secrets.token_urlsafe(size)}")

    def __getattr__(self, name: str) -> Any:
        return getattr(secrets, name)


def plant(planted: Planted, found: Around) -> None:
    """What the server is given, and what the copies and the shops know."""
    planted.add("secret key", SECRET_KEY)
    planted.add("mail password", SMTP_PASSWORD)
    planted.add("developer app entered on screen", ENTERED)
    planted.add("shop key", shop.API_KEY)
    planted.add("shop signing secret", shop.SECRET)
    planted.add("Google client secret", issuer.GOOGLE_SECRET)
    planted.add("storage secret", s3.SECRET)
    planted.add("password", drivers.PASSWORD)
    planted.add("bot token", BOT_TOKEN)
    for line in issuer.P8.as_pem(private=True).decode().split("\n")[1:-2]:
        planted.add("Apple private key", line)
    for id, network in networks().items():
        for name in {"clientSecret", "applicationPassword"} & set(network.credentials):
            planted.add(f"{name} of {id}", network.credentials[name])
            planted.add(f"{name} of {id}", network.credentials[name].replace(" ", ""))
        for value in network.credentials.values():
            for one in value if isinstance(value, list | tuple) else [value]:
                if isinstance(one, str) and (secret := re.search(r"/webhooks/\d+/(.+)$|^(\d+:.+)$", one)):
                    planted.add(f"credential of {id}", secret[1] or secret[2])


@pytest.fixture(scope="module")
def evidence(sandbox: SandboxThread, s3_server: s3.S3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    folder = tmp_path_factory.mktemp("secrets")
    planted = Planted()
    with ExitStack() as stack:
        found = stack.enter_context(around(folder))
        plant(planted, found)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for module in ("oauth", "x", "_meta", "youtube"):
            patch.setattr(getattr(copies, module), "secrets", _Marking(planted))
        gossip = stack.enter_context(mischief(sandbox.url))
        mails: list[tuple[str, str]] = []
        office = Controller(
            _Letters(),
            hostname="127.0.0.1",
            port=free_port("127.0.0.1", 0),
            authenticator=_noting(mails),
            auth_require_tls=False,
        )
        office.start()
        stack.callback(office.stop)
        port = free_port("127.0.0.1", 0)
        environment = {
            **found.environment,
            "SOCIALCLAW_SECRET_KEY": SECRET_KEY,
            "SOCIALCLAW_LOG_LEVEL": "DEBUG",
            "SOCIALCLAW_STORAGE_URL": s3_server.url(s3_server.create_bucket()),
            "SOCIALCLAW_S3_ACCESS_KEY_ID": s3.KEY,
            "SOCIALCLAW_S3_SECRET_ACCESS_KEY": s3.SECRET,
            "SOCIALCLAW_SUPPORT_EMAIL": "help@example.com",
            "SOCIALCLAW_SMTP_HOST": "127.0.0.1",
            "SOCIALCLAW_SMTP_PORT": str(office.port),
            "SOCIALCLAW_SMTP_SECURITY": "none",
            "SOCIALCLAW_SMTP_USER": "alice",
            "SOCIALCLAW_SMTP_PASSWORD": SMTP_PASSWORD,
            "SOCIALCLAW_ALLOW_PRIVATE_HOSTS": urlsplit(gossip.url).netloc,
            "SOCIALCLAW_PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        }
        log = folder / "log"
        stack.enter_context(_serving(environment, folder / "data", port, gossip.url, log))
        settings = pointed_at(load(environment, data_dir=folder / "data"), gossip.url)
        parts = stack.enter_context(open_parts(settings))
        server = Server(parts=parts, app=cast("Any", None), url=settings.public_base_url, sandbox=sandbox)
        known_to_drivers(server.url, found)
        client = member(server)
        found_out = Evidence(
            planted=planted, client=client, log=log, folder=folder / "data", gossip=gossip, mails=mails
        )
        drivers.OUTSIDE.event_hooks = {"response": [found_out.note]}
        stack.callback(lambda: setattr(drivers.OUTSIDE, "event_hooks", {}))
        everything(found_out)
        yield found_out


class _Letters:
    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        return "250 OK"


def _noting(mails: list[tuple[str, str]]) -> Callable[..., AuthResult]:
    def look(server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        if isinstance(data, LoginPassword):
            mails.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)

    return look


class _serving:
    def __init__(self, environment: Mapping[str, str], folder: Path, port: int, networks: str, log: Path) -> None:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALCLAW_")}
        command = [sys.executable, "-m", "socialclaw_app", "serve", "--port", str(port), "--data-dir", str(folder)]
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            [*command, "--sandbox-url", networks],
            env={**plain, **environment},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._url = f"http://127.0.0.1:{port}/health"

    def __enter__(self) -> None:
        eventually(self._ready, 60)

    def _ready(self) -> bool | None:
        assert self._process.poll() is None, "the server ended"
        try:
            return True if httpx2.get(self._url, timeout=5).json()["ready"] else None
        except httpx2.TransportError:
            return None

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)
        self._log.close()


# --- everything -------------------------------------------------------------------------------------------------------


def everything(evidence: Evidence) -> None:
    operations(evidence)
    uploads(evidence)
    failures(evidence)
    networks_in_trouble(evidence)
    pages(evidence)
    socket_of_a_page(evidence)
    eventually(lambda: evidence.mails or None, 70)  # they go out at each minute
    without_tables(evidence)


def fresh(evidence: Evidence, operation: Operation) -> Client:
    """Somebody with a workspace and a key that are looked at, too."""
    client = member(evidence.client.server, paying="/billing/" not in operation.path)
    evidence.planted.add("API key", client.secret)
    client.http.event_hooks = {"response": [evidence.note]}
    return client


def watched(evidence: Evidence, client: Client) -> httpx2.Client:
    """A browser of this workspace, signed in."""
    http = httpx2.Client(base_url=client.server.url, timeout=30)
    http.event_hooks = {"response": [evidence.note]}
    assert http.get(drivers.sign_in_link(client)).status_code == 303
    return http


def send(evidence: Evidence, client: Client, operation: Operation, ask: Ask) -> None:
    http = client.http
    if operation.auth is Auth.SESSION or ask.signed_in:
        http = watched(evidence, client)
    elif operation.auth is not Auth.KEY:
        http = httpx2.Client(base_url=client.server.url, timeout=30)
        http.event_hooks = {"response": [evidence.note]}
    body = {} if ask.body is None else {"json": ask.body}
    http.request(operation.method, ask.path, **body, **ask.options)


ELSEWHERE = {
    ("POST", "/auth/setup"): "there are people here already",
    ("POST", "/v1/dashboard/assets/upload/initiate"): "see uploads",
    ("POST", "/v1/dashboard/assets/upload/{assetId}/part"): "see uploads",
    ("POST", "/v1/dashboard/assets/upload/{assetId}/complete"): "see uploads",
    ("POST", "/v1/dashboard/assets/upload/{assetId}/abort"): "see uploads",
}


def operations(evidence: Evidence) -> None:
    for operation in OPERATIONS:
        if operation.key not in ELSEWHERE:
            client = fresh(evidence, operation)
            send(evidence, client, operation, drivers.SUCCESSES[operation.key](client))


def uploads(evidence: Evidence) -> None:
    """To a real storage server, with addresses that it signed."""
    client = fresh(evidence, OPERATIONS[0])
    http, content = watched(evidence, client), image()
    path = "/v1/dashboard/assets/upload"
    for last in ("complete", "abort"):
        begun = http.post(f"{path}/initiate", json={"filename": "a.png", "size": len(content)}).json()
        asset_id, upload_id = begun["asset"]["id"], begun["upload"]["uploadId"]
        part = http.post(f"{path}/{asset_id}/part", json={"uploadId": upload_id, "partNumber": 1}).json()
        address = next(value for value in _texts(part) if value.startswith("http"))
        etag = httpx2.put(address, content=content).headers["etag"]
        body = {"uploadId": upload_id, "parts": [{"PartNumber": 1, "ETag": etag}]}
        assert http.post(f"{path}/{asset_id}/{last}", json=body).is_success


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def failures(evidence: Evidence) -> None:
    """In every way that is documented, as far as this server can come to it."""
    for (method, path, status), arrange in drivers.ERRORS.items():
        operation = next(one for one in OPERATIONS if one.key == (method, path))
        if operation.key in ELSEWHERE or status >= 500:
            continue
        client = fresh(evidence, operation)
        with suppress(AssertionError):  # some need a server of their own
            send(evidence, client, operation, arrange(client))
        forget_faults(evidence)


def forget_faults(evidence: Evidence) -> None:
    evidence.gossip.mode = ""
    for state in evidence.client.server.sandbox.networks.values():
        state.faults.clear()
    for each in drivers.ISSUERS.values():
        each.broken = None
    evidence.client.server.parts.context.db.write_now(_forget_rates)


def _forget_rates(session: Session) -> None:
    """What networks allow in a minute is not what this is about."""
    session.execute(delete(LimitWait))
    session.execute(delete(RateLevel))


FAULTS = ("unauthorized", "server_error", "drop_after")


def networks_in_trouble(evidence: Evidence) -> None:
    """Posts, figures and logins while a network refuses, breaks off, or repeats what it was told."""
    for id, way in ways(evidence):
        client = fresh(evidence, OPERATIONS[0])
        found = connected(evidence, client, id, way)
        assert found.is_success, found.text
        entry = post_of(client, id, found.json()["account"]["handle"])
        made: list[str] = []
        for trouble in (*FAULTS, "repeats", "breaks off"):
            connected(evidence, client, id, way)
            begin(evidence, id, trouble)
            made += [client.apply({**entry, "description": f"Hello {next(_numbers)}"})["posts"][0]["id"]]
            eventually(lambda: tried(client, made[-1]))  # noqa: B023
            asked_about(client, made[-1])
            forget_faults(evidence)
        for trouble in (*FAULTS, *MODES):
            connected(evidence, client, id, way, trouble)
            forget_faults(evidence)
        for path in (*LISTS, *(f"/v1/posts/{post}/attempts" for post in made)):
            client.send("GET", path)


PASTED, CONSENT = "pasted", "consent"


def ways(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """How to connect each network that has a copy."""
    pasted = logins(evidence.client.server.parts.context.settings)
    for id in set(providers.all_providers()) & set(networks()):
        if id in pasted:
            yield id, PASTED
        if "clientId" in networks()[id].credentials:
            yield id, CONSENT


def begin(evidence: Evidence, id: str, trouble: str) -> None:
    if trouble in MODES:
        evidence.gossip.mode = trouble
    elif trouble:
        evidence.client.fault(id, kind=trouble, times=3)


def connected(evidence: Evidence, client: Client, id: str, way: str, trouble: str = "") -> httpx2.Response:
    """A login, which gets into trouble once the person has agreed."""
    path, settings = "/v1/connections/start", client.server.parts.context.settings
    if way == PASTED:
        begin(evidence, id, trouble)
        return client.send("POST", path, {"provider": id, **logins(settings)[id][0]})
    started = client.ok("POST", path, {"provider": id})["connection"]
    back = urlsplit(leave(started["authorizeUrl"]))
    begin(evidence, id, trouble)
    return client.send("GET", f"{back.path}?{back.query}", headers={"Accept": "application/json"})


def post_of(client: Client, id: str, handle: str) -> dict[str, Any]:
    shape = next(sample for sample in samples().values() if sample.provider == id).shapes[0]
    files = [client.upload(content, name, mime=mime) for content, name, mime in map(media.of, shape.media)]
    return {
        "account": handle,
        "name": shape.title,
        "settings": dict(shape.settings),
        "assets": [{"id": asset["id"]} for asset in files],
    }


def tried(client: Client, post: str) -> bool | None:
    """Whether something came of it; what may be out already is followed for hours."""
    attempts = client.ok("GET", f"/v1/posts/{post}/attempts")["attempts"]
    return True if client.post(post)["error"] or any(one["finishedAt"] for one in attempts) else None


LISTS = ("/v1/posts", "/v1/jobs", "/v1/accounts", "/v1/connections", "/v1/connections/health", "/v1/workspace/health",
         "/v1/accounts/capabilities", "/v1/keys", "/v1/me/usage", "/health")  # fmt: skip


def asked_about(client: Client, post: str) -> None:
    """All that asks the network about a post and its account."""
    for path in (f"/v1/posts/{post}/reconcile", f"/v1/posts/{post}/delete", f"/v1/posts/{post}/retry"):
        client.send("POST", path)
    client.send("POST", "/v1/analytics/refresh", {"postId": post})
    account = client.ok("GET", f"/v1/posts/{post}")["post"]["accountId"]
    for action in client.ok("GET", f"/v1/accounts/{account}/actions")["actions"]:
        client.send("POST", f"/v1/accounts/{account}/actions/{action['id']}", {"subreddit": "tea"})


PAGES = ("/", "/compose", "/calendar", "/posts", "/accounts", "/keys", "/settings", "/settings/networks", "/billing",
         "/docs/api", "/openapi.json", "/nothing")  # fmt: skip
ENTRANCES = ("/signin", "/setup", "/setup?token=any")


def pages(evidence: Evidence) -> None:
    """With an account of every network, a post that failed, and developer apps of its own."""
    client = fresh(evidence, OPERATIONS[0])
    context = client.server.parts.context
    saved = {"client_id": "mine", "client_secret": ENTERED, "context": context}
    for id, way in ways(evidence):
        if way == CONSENT:
            context.db.write_now(provider_apps.save, client.actor, id, **saved)
        connected(evidence, client, id, way)
    handle = client.telegram()["handle"]
    evidence.gossip.mode = "repeats"
    post = client.apply({"account": handle, "description": "No."})["posts"][0]["id"]
    assert client.over(post)["status"] == "failed"
    forget_faults(evidence)
    http = watched(evidence, client)
    for path in (*PAGES, f"/posts/{post}"):
        evidence.pages.append((path, http.get(path, headers={"Accept": "text/html"}).content))
    for path in ENTRANCES:
        evidence.pages.append((path, drivers.OUTSIDE.get(client.server.url + path).content))


def socket_of_a_page(evidence: Evidence) -> None:
    """Pages keep a socket open, which brings the cookie along. Its library logs much."""
    http = watched(evidence, evidence.client)
    place, value = urlsplit(evidence.client.server.url), http.cookies[COOKIE]
    with socket.create_connection((place.hostname, place.port)) as wire:
        wire.sendall(
            f"GET /_nicegui_ws/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {place.netloc}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(b'sixteen bytes 16').decode()}\r\n"
            f"Origin: {evidence.client.server.url}\r\nCookie: {COOKIE}={value}\r\n\r\n".encode()
        )
        assert b" 101 " in wire.recv(4096)


def without_tables(evidence: Evidence) -> None:
    """At last somebody takes the tables away, so that everything breaks where nobody expected it."""
    client = fresh(evidence, OPERATIONS[0])
    http, handle = watched(evidence, client), client.telegram()["handle"]
    asks = [
        (client.http, "POST", "/v1/connections/start", drivers.hook()),
        (client.http, "POST", "/v1/posts/apply", drivers.single(handle)),
        (client.http, "POST", "/v1/keys", {"label": "x"}),
        (client.http, "GET", "/v1/accounts", None),
        (http, "GET", "/v1/dashboard/session", None),
        (http, "POST", "/v1/dashboard/keys", {"label": "x"}),
        (http, "POST", "/auth/login", {"email": "somebody@example.com", "password": drivers.PASSWORD}),
        (http, "GET", "/accounts", None),
    ]
    database = sqlite3.connect(evidence.folder / "socialclaw.db")
    for broken in ("post_assets", "connections", "accounts", "api_keys", "sign_ins", "users"):
        with suppress(sqlite3.OperationalError):
            database.execute(f'ALTER TABLE "{broken}" RENAME TO "gone_{broken}"')
        for one, method, path, body in asks:
            one.request(method, path, **({} if body is None else {"json": body}))
    database.close()


# --- and where they were found ----------------------------------------------------------------------------------------


def test_the_secrets_went_where_they_are_needed(evidence: Evidence) -> None:
    """Or looking for them elsewhere would prove nothing."""
    heard = "\n".join(evidence.gossip.heard).encode()
    needed = {"token of a network", "bot token"}
    needed |= {f"{name} of {id}" for id, one in networks().items() for name in one.credentials if "ecret" in name or "assword" in name}  # fmt: skip
    used = {re.sub(r" \d+$", "", what) for what in evidence.planted.found(heard)}

    assert needed <= used
    assert ("alice", SMTP_PASSWORD) in evidence.mails
    assert sum("session" in what for what in evidence.planted.secrets) > 100
    assert sum("API key" in what for what in evidence.planted.secrets) > 100


def test_no_answer_holds_a_secret(evidence: Evidence) -> None:
    found = {(asked, what) for asked, answer in evidence.answers for what in evidence.planted.found(answer)}

    assert len(evidence.answers) > 1000
    assert found == set()


def test_no_page_holds_a_secret(evidence: Evidence) -> None:
    assert [path for path, content in evidence.pages if len(content) < 200] == []
    assert {(path, what) for path, page in evidence.pages for what in evidence.planted.found(page)} == set()


def test_no_line_of_the_log_holds_a_secret(evidence: Evidence) -> None:
    lines = evidence.log.read_bytes().splitlines()
    found = [(sorted(what), line[:300]) for line in lines if (what := evidence.planted.found(line))]

    assert any(b"DEBUG" in line for line in lines), "the log tells all it can"
    assert any(b"Traceback" in line for line in lines), "also of what nobody expected"
    assert found[:10] == []


def test_no_file_holds_a_secret(evidence: Evidence) -> None:
    """The database, the queue, what waits to be written to both, and whatever else lies there."""
    files = {path.name: path.read_bytes() for path in evidence.folder.rglob("*") if path.is_file()}

    assert {"socialclaw.db", "queue.db"} <= set(files)
    assert {(name, what) for name, content in files.items() for what in evidence.planted.found(content)} == set()
