"""A network on loopback with OAuth and with pasted keys, strict about refresh tokens, and the providers that speak to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote

from pydantic import BaseModel, ConfigDict, Field, field_validator

from providers.contract import (
    AccountType,
    Action,
    App,
    Call,
    Credential,
    Door,
    Effect,
    Flow,
    FlowError,
    Identity,
    JobAccount,
    Kind,
    Limits,
    Manual,
    Media,
    OAuth2,
    Page,
    Problem,
    Provider,
    Published,
    Request,
    Response,
    SitePage,
    Verdict,
    Way,
    WayBack,
    bearer,
)

KEY = "key-of-the-account"
CODE = "code-from-the-network"
ALICE = {
    "id": "7",
    "name": "Alice",
    "handle": "alice",
    "pages": [{"id": "71", "name": "Alice's page", "token": "page-71"}],
}


@dataclass
class FakeNetwork:
    """What it was asked and what it answers. ``faults`` are used up, one for each token request."""

    person: dict[str, Any] = field(default_factory=lambda: dict(ALICE))
    scope: str | None = None
    expires_in: int | None = 7200
    gives_refresh_token: bool = True
    login_ends_in: int | None = None
    deaf: int = 0
    """So many withdrawals get no answer, and nothing comes of them."""
    faults: list[str] = field(default_factory=list)
    token_requests: list[dict[str, str]] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    asked_with: list[str] = field(default_factory=list)
    valid_refresh: set[str] = field(default_factory=set)
    issued: int = 0
    hold: threading.Event | None = None
    """Token requests wait for it."""
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def refreshes(self) -> list[dict[str, str]]:
        return [form for form in self.token_requests if form["grant_type"] == "refresh_token"]

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self.hold is not None:
            self.hold.wait(10)
        with self.lock:
            self.token_requests.append(form)
            fault = self.faults.pop(0) if self.faults else ""
            if fault == "down":
                return 503, {"error": "temporarily_unavailable"}
            if form["grant_type"] == "refresh_token":
                if fault == "refuse" or form["refresh_token"] not in self.valid_refresh:
                    return 400, {"error": "invalid_grant", "error_description": "no such token"}
                self.valid_refresh.discard(form["refresh_token"])
            elif form["code"] != CODE or fault == "refuse":
                return 400, {"error": "invalid_grant"}
            return (-1 if fault == "lose" else 200), self.issue()

    def issue(self) -> dict[str, Any]:
        self.issued += 1
        answer: dict[str, Any] = {"token_type": "bearer", "access_token": f"access-{self.issued}"}
        if self.expires_in is not None:
            answer["expires_in"] = self.expires_in
        if self.gives_refresh_token:
            answer["refresh_token"] = f"refresh-{self.issued}"
            self.valid_refresh.add(answer["refresh_token"])
        if self.login_ends_in is not None:
            answer["refresh_token_expires_in"] = self.login_ends_in
        if self.scope is not None:
            answer["scope"] = self.scope
        return answer

    def revoke(self, token: str) -> tuple[int, dict[str, Any]]:
        if self.deaf:
            self.deaf -= 1
            return -1, {}
        self.revoked.append(token)
        return 200, {}

    def asked(self, authorization: str) -> tuple[int, dict[str, Any]]:
        self.asked_with.append(authorization)
        known = {f"Bearer access-{number}" for number in range(1, self.issued + 1)} | {
            f"Bearer {KEY}",
            "Bearer page-71",
        }
        return (200, self.person) if authorization in known else (401, {"code": "unauthorized"})


@contextmanager
def fake_network() -> Generator[FakeNetwork]:
    network = FakeNetwork()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(*network.asked(self.headers.get("Authorization", "")))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            form["authorization"] = self.headers.get("Authorization", "")
            if self.path == "/revoke":
                self.answer(*network.revoke(form["token"]))
            else:
                self.answer(*network.token(form))

        def answer(self, status: int, body: dict[str, Any]) -> None:
            if status < 0:  # done, but nobody hears of it
                self.close_connection = True
                self.connection.close()
                return
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    network.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield network
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --- the providers that speak to it -----------------------------------------------------------------------------------


def read_error(response: Response) -> Problem | None:
    if response.status < 400:
        return None
    kind = Kind.AUTH if response.status == 401 else Kind.UNAVAILABLE
    return Problem(kind=kind, verdict=Verdict.REFUSED, message="Fakebook does not know this key.", code="fake_refused")


def identify() -> Flow[tuple[Identity, ...]]:
    person = yield Call("me", Request("GET", "/me"), Effect.READ, read=lambda response: response.json)
    if "handle" not in person:
        return ()
    owner = Identity(
        external_id=person["id"],
        handle=f"fakebook:@{person['handle']}",
        display_name=person["name"],
        account_type="fakebook_user",
        aliases=(f"fakebook:{person['id']}",),
        meta={"user_id": person["user_id"]} if "user_id" in person else {},
    )
    pages = [
        Identity(
            external_id=page["id"],
            handle=f"fakebook:page:{page['id']}",
            display_name=page["name"],
            account_type="fakebook_page",
            secret={"access_token": page["token"]},
        )
        for page in person.get("pages", ())
    ]
    return (owner, *pages)


class Login(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, hide_input_in_errors=True)

    api_key: str = Field(validation_alias="apiKey", title="Key", repr=False)
    site: str = Field(title="Site", default="")

    @field_validator("api_key")
    @classmethod
    def _shape(cls, value: str) -> str:
        if not value.startswith("key-"):
            raise ValueError("A key starts with key-.")
        return value


class Site(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    site: str = Field(title="Site")


def find(wanted: Site, back: WayBack) -> Flow[Page]:
    """Asked without a credential."""
    answer = yield Call("site", Request("GET", "/me"), Effect.READ, lambda response: {}, accepts=("fake_refused",))
    if wanted.site == "closed" or not answer:
        problem = Problem(kind=Kind.AUTH, verdict=Verdict.REFUSED, message="This site lets nobody in.", code="closed")
        raise FlowError(problem)
    url = f"https://{wanted.site}/allow?yes={quote(back.allowed, safe='')}&no={quote(back.denied, safe='')}"
    return Page(url=url, kept={"site": wanted.site})


def returned(kept: Mapping[str, Any], params: Mapping[str, str]) -> Mapping[str, Any] | Problem:
    if params.get("error"):
        message = f"You did not let us in at {kept['site']}."
        return Problem(kind=Kind.PERMISSION, verdict=Verdict.REFUSED, message=message, code=params["error"])
    return {"apiKey": params.get("key"), "site": kept["site"]}


def verify(login: Login) -> Flow[tuple[Identity, ...]]:
    found = yield from identify()
    return (replace(found[0], handle=found[0].handle.replace("fakebook", "pasted"), aliases=()),)


class Search(BaseModel):
    word: str


def search(account: JobAccount, wanted: Search) -> Flow[dict[str, Any]]:
    person = yield Call("search", Request("GET", "/me"), Effect.READ, read=lambda response: response.json)
    return {"found": f"{wanted.word} by {person['name']}"}


def publish(job: Any) -> Flow[Published]:
    made = yield Call("create", Request("POST", "/posts", json={"text": job.text}), Effect.ONCE, read=lambda r: r.json)
    return Published(id=made["id"])


def sign(request: Request, credential: Credential, app: App) -> Request:
    return bearer(request, credential, app) if credential.get("access_token") else request


def _provider(id: str, name: str, doors: tuple[Door, ...], accounts: tuple[AccountType, ...], url: str) -> Provider:
    return Provider(
        id=id,
        name=name,
        aliases=(id[:2],),
        docs="https://fakebook.example/docs",
        checked=date(2026, 11, 23),
        hosts={"api": url, "auth": url},
        accounts=accounts,
        connect=doors[0],
        other_doors=doors[1:],
        sign=sign,
        limits=Limits(text=lambda draft: 100, measure=lambda draft: len(draft.text), image=Media(extensions=("png",))),
        publish_shape="text",
        media_delivery="none",
        settings={},
        unknown_settings_code="fakebook_settings_unsupported",
        checks=(),
        publish=publish,
        read_error=read_error,
        account_type_of=lambda handle: accounts[0].id,
        interactions=("post", "reply"),
        actions=(Action(id="search", label="Search", description="Looks for a word.", input=Search, run=search),),
    )


def providers_of(network: FakeNetwork) -> dict[str, Provider]:
    oauth = OAuth2(
        authorize="/authorize",
        token="/token",
        scopes=("read", "write"),
        required_scopes=("write",),
        lost_without={"read": "Nothing can be looked up."},
        no_account="Make a profile first.",
        no_account_next=Way(label="Make one", url="https://fakebook.example/new"),
        identify=identify,
        login_end="refresh_token_expires_in",
        revoke="/revoke",
        rotates_refresh_token=True,
    )
    pasted = Manual(
        fields=Login,
        verify=verify,
        credential=lambda login: {"access_token": login.api_key},
        help="Copy it from the settings.",
    )
    kinds = (
        AccountType(id="fakebook_user", publishable=True, name="Fakebook account"),
        AccountType(id="fakebook_page", publishable=True, name="Fakebook page"),
    )
    page = SitePage(fields=Site, find=find, returned=returned, then=pasted, help="Your site will ask you.")
    made = (
        _provider("fakebook", "Fakebook", (oauth,), kinds, network.url),
        _provider("pasted", "Pasted", (pasted,), kinds, network.url),
        _provider("housed", "Housed", (replace(oauth, title="Housed.com"), page, pasted), kinds, network.url),
    )
    return {provider.id: provider for provider in made}


def secrets_of(credential: Credential) -> dict[str, str]:
    return dict(credential.values)
