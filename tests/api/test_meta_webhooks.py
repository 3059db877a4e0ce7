"""People who take a login back at their network, or ask to be forgotten: only signed messages count, and they do count."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

import providers
from backend import connections, signed_requests, withdrawals, workspaces
from backend.access import Actor, Role
from backend.context import utc_now
from backend.ids import new_id
from backend.models import Account, AccountHandle, Attempt, Base, Connection, Event, MetricSnapshot, Post, ProviderApp
from backend.settings import load
from socialclaw_app.app import create_app
from socialclaw_app.parts import Parts, open_parts
from socialclaw_app.serving import ServerThread, free_port
from tests.backend.fake_network import CODE, FakeNetwork, fake_network, identify, providers_of
from tests.backend.rows import add_post

from .conftest import refused

SECRET = "s3cret-of-the-app"
PERSON = "10158345678901234"
MARK = "alice"
"""Stands in everything that the network tells of the person."""


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(payload: Any = None, secret: str = SECRET, **changes: Any) -> str:
    now = int(time.time())
    said = {"algorithm": "HMAC-SHA256", "issued_at": now, "user_id": PERSON, **changes} if payload is None else payload
    text = encoded(said if isinstance(said, bytes) else json.dumps(said).encode())
    return f"{encoded(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}.{text}"


# --- the signature ----------------------------------------------------------------------------------------------------


def test_a_message_that_another_program_signed_is_read() -> None:
    """The signature is openssl's."""
    payload = "eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MSwidXNlcl9pZCI6IjQyIn0"

    found = signed_requests.read(f"NlsagfqR00aCmSuGAlLPnDZqSejbbi0nWHzkVJSj6Ls.{payload}", "s3cret")

    assert found == {"algorithm": "HMAC-SHA256", "issued_at": 1, "user_id": "42"}


@pytest.mark.parametrize("name", ["a", "ab", "abc", "abcd", "ÿþ~~>>??"])
def test_a_genuine_message_is_read_whatever_its_length(name: str) -> None:
    found = signed_requests.read(signed(note=name), SECRET)

    assert found is not None
    assert (found["user_id"], found["note"]) == (PERSON, name)


FORGED: dict[str, str] = {
    "another secret": signed(secret="another"),
    "another payload": signed().partition(".")[0] + "." + signed(user_id="1").partition(".")[2],
    "another signature": signed(user_id="1").partition(".")[0] + "." + signed().partition(".")[2],
    "another algorithm": signed(algorithm="none"),
    "no algorithm": signed({"user_id": PERSON}),
    "two dots": signed() + ".",
    "no dot": signed().replace(".", ""),
    "no signature": "." + signed().partition(".")[2],
    "no payload": signed().partition(".")[0] + ".",
    "empty": "",
    "a dot": ".",
    "not JSON": signed(b"no json"),
    "not UTF-8": signed(b"\xff\xfe"),
    "not an object": signed([PERSON]),
    "not base64": "!!!." + signed().partition(".")[2],
    "not ASCII": "ä." + signed().partition(".")[2],
    "half a byte": "A." + signed().partition(".")[2],
    "too long": signed(note="x" * signed_requests.LONGEST),
}


@pytest.mark.parametrize("name", FORGED)
def test_anything_else_is_not(name: str) -> None:
    assert signed_requests.read(FORGED[name], SECRET) is None


def test_an_app_without_a_secret_accepts_nothing() -> None:
    assert signed_requests.read(signed(secret=""), "") is None


# --- a server whose networks belong to the family ---------------------------------------------------------------------


def identify_person() -> Any:
    """With the person's id at the app, as the networks of the family keep it."""
    found = yield from identify()
    return tuple(replace(one, meta={"user_id": PERSON, "name": MARK}, avatar_url=f"https://x.example/{MARK}") for one in found)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    parts: Parts
    http: httpx2.Client
    url: str
    network: FakeNetwork

    def workspace(self, name: str = "First") -> Actor:
        row = self.parts.context.db.write_now(workspaces.create, name=name, now=utc_now())
        return Actor(workspace_id=row.id, label="test", role=Role.OWNER)

    def read(self, model: type[Base]) -> list[Any]:
        return self.parts.context.db.read_now(lambda session: list(session.scalars(select(model))))

    def send(self, path: str, message: str) -> httpx2.Response:
        return self.http.post(path, data={"signed_request": message})

    async def connect(self, actor: Actor) -> list[str]:
        """The ids of a person's own account and of their page."""
        context = self.parts.context
        async with context.http as http:
            context = replace(context, http=http)
            started = await connections.start(context, actor, {"provider": "fakebook"})
            state = started["connection"]["authorizeUrl"].partition("state=")[2].partition("&")[0]
            done = await connections.finish_oauth(context, "fakebook", {"state": state, "code": CODE})
        return [account["id"] for account in done["accounts"]]

    def publish(self, actor: Actor, account_id: str, **values: Any) -> str:
        now = utc_now()
        post_id = self.parts.context.db.write_now(
            add_post,
            actor,
            account_id,
            now,
            **{
                "status": "published",
                "provider_post_id": f"{MARK}_1",
                "provider_url": f"https://x.example/{MARK}",
                "provider_meta": {"owner": MARK},
                "snapshot": {"account": {"handle": MARK}},
                "published_at": now,
                **values,
            },
        )
        self.parts.context.db.write_now(self._more, actor, post_id)
        return post_id

    def _more(self, session: Any, actor: Actor, post_id: str) -> None:
        now, shared = utc_now(), {"workspace_id": actor.workspace_id}
        session.add(
            Attempt(
                id=new_id("attempt", now),
                post_id=post_id,
                generation=1,
                attempt_no=1,
                stage="published",
                started_at=now,
                message=MARK,
                provider_post_id=f"{MARK}_1",
                **shared,
            )
        )
        session.add(
            MetricSnapshot(
                id=new_id("metric", now),
                subject_id=post_id,
                metric_window="lifetime",
                status="collected",
                supported=True,
                metrics={"likes": 1},
                collected_at=now,
                **shared,
            )
        )
        data = {"status": "published", "providerPostId": f"{MARK}_1"}
        session.add(Event(at=now, kind="post.published", actor="worker", subject_id=post_id, data=data, **shared))


@pytest.fixture
def family(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Family]:
    with fake_network() as network:
        made = providers_of(network)
        how = replace(made["fakebook"].connect, identify=identify_person)  # type: ignore[type-var]
        known = {**made, "fakebook": replace(made["fakebook"], connect=how, grant_family="meta")}
        monkeypatch.setattr(providers, "all_providers", lambda: known)
        providers._names.cache_clear()  # pyright: ignore[reportPrivateUsage]
        port = free_port("127.0.0.1", 0)
        environ = {"SOCIALCLAW_FAKEBOOK_CLIENT_ID": "app-1", "SOCIALCLAW_FAKEBOOK_CLIENT_SECRET": SECRET}
        settings = replace(load(environ, data_dir=tmp_path), public_base_url=f"http://127.0.0.1:{port}")
        with open_parts(settings) as parts:
            running = ServerThread(create_app(parts, worker=False, pages=False), host="127.0.0.1", port=port)
            running.start()
            with httpx2.Client(base_url=settings.public_base_url, timeout=30) as http:
                yield Family(parts=parts, http=http, url=settings.public_base_url, network=network)
            running.stop()
    monkeypatch.undo()
    providers._names.cache_clear()  # pyright: ignore[reportPrivateUsage]


PATHS = ("/webhooks/meta/deauthorize", "/webhooks/meta/data-deletion")
TWINS = ("/webhooks/meta/fakebook/deauthorize", "/webhooks/meta/fakebook/data-deletion")


def connected(family: Family) -> dict[str, str]:
    return {row.handle: row.status for row in family.read(Account)}


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PATHS, *TWINS])
async def test_a_message_that_is_not_genuine_changes_nothing_and_learns_nothing(family: Family, path: str) -> None:
    await family.connect(family.workspace())
    before = connected(family)

    answers = [family.send(path, message) for message in FORGED.values()]
    answers += [
        family.http.post(path),
        family.http.post(path, json={}),
        family.http.post(path, json={"signed_request": 3}),
    ]

    assert {refused(answer) for answer in answers} == {(400, "signed_request_invalid")}
    assert {answer.text for answer in answers} == {answers[0].text}, "the same words whatever was wrong"
    assert connected(family) == before
    assert family.read(withdrawals.DataDeletion) == []


DAY = 24 * 3600


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("ago", [DAY + 60, 365 * DAY, -600, "soon", True])
async def test_a_genuine_message_of_another_time_is_refused_in_the_same_words(
    family: Family, path: str, ago: Any
) -> None:
    await family.connect(family.workspace())
    before = connected(family)
    issued_at = time.time() - ago if type(ago) is int else ago

    answer = family.send(path, signed(issued_at=issued_at))

    assert refused(answer) == (400, "signed_request_invalid")
    assert answer.text == family.send(path, signed(secret="another")).text
    assert connected(family) == before
    assert family.read(withdrawals.DataDeletion) == []


@pytest.mark.parametrize("changes", [{"issued_at": None}, {"issued_at": time.time() - DAY + 600}])
async def test_a_message_of_today_or_of_no_time_counts(family: Family, changes: dict[str, Any]) -> None:
    await family.connect(family.workspace())

    assert family.send(PATHS[0], signed(**changes)).json() == {"ok": True}

    assert set(connected(family).values()) == {"needs_reconnect"}


def test_a_genuine_message_without_a_person_is_refused(family: Family) -> None:
    assert refused(family.send(PATHS[1], signed(user_id=""))) == (400, "signed_request_invalid")


def test_a_network_outside_the_family_has_no_address_there(family: Family) -> None:
    assert refused(family.send("/webhooks/meta/pasted/deauthorize", signed())) == (404, "not_found")
    assert refused(family.send("/webhooks/meta/nothing/data-deletion", signed())) == (404, "not_found")


# --- a login ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PATHS[0], TWINS[0]])
async def test_who_removes_the_app_ends_the_login_and_posts_wait(family: Family, path: str) -> None:
    actor = family.workspace()
    accounts = await family.connect(actor)
    post = family.publish(actor, accounts[0], status="scheduled", provider_post_id=None, published_at=None)

    answer = family.send(path, signed())

    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    (connection,) = family.read(Connection)
    assert (connection.credential, connection.status, connection.error_code) == (None, "disconnected", "access_revoked")
    assert {row.status for row in family.read(Account)} == {"needs_reconnect"}
    assert {row.secret for row in family.read(Account)} == {None}
    assert next(row.status for row in family.read(Post) if row.id == post) == "scheduled"
    assert [event.kind for event in family.read(Event)].count("account.needs_reconnect") == 2

    assert await family.connect(actor) == accounts, "connected again they are the same accounts"
    assert set(connected(family).values()) == {"connected"}


async def test_the_same_message_again_does_not_end_a_newer_login(family: Family) -> None:
    actor = family.workspace()
    await family.connect(actor)
    message = signed()
    assert family.send(PATHS[0], message).status_code == 200
    await family.connect(actor)

    assert family.send(PATHS[0], message).json() == {"ok": True}
    assert set(connected(family).values()) == {"connected"}

    assert family.send(PATHS[0], signed(note="another")).json() == {"ok": True}
    assert set(connected(family).values()) == {"needs_reconnect"}


async def test_a_person_nobody_knows_is_no_error(family: Family) -> None:
    await family.connect(family.workspace())

    assert family.send(PATHS[0], signed(user_id="42")).json() == {"ok": True}
    assert set(connected(family).values()) == {"connected"}
    answer = family.send(PATHS[1], signed(user_id="42")).json()
    assert "We held nothing about you." in family.http.get(f"/data-deletion/{answer['confirmation_code']}").text


async def test_whoever_enters_an_app_of_their_own_reaches_their_own_logins_only(family: Family) -> None:
    await family.connect(family.workspace("First"))
    attacker = family.workspace("Second")
    context, now = family.parts.context, utc_now()
    for number, client_id in enumerate(("app-1", "app-2")):
        row = ProviderApp(
            id=f"app_{number}",
            workspace_id=attacker.workspace_id,
            provider="fakebook",
            environment=context.settings.environment if number else "sandbox",
            client_id=client_id,
            created_at=now,
            updated_at=now,
        )
        row.client_secret = context.sealer.seal("mine", table="provider_apps", row=row.id, column="client_secret")
        context.db.write_now(lambda session, row=row: session.add(row))

    assert family.send(PATHS[0], signed(secret="mine")).status_code == 200
    assert set(connected(family).values()) == {"connected"}, "another client id"

    context.db.write_now(lambda session: setattr(session.get(ProviderApp, "app_1"), "client_id", "app-1"))
    assert family.send(PATHS[0], signed(secret="mine", note="another")).status_code == 200
    assert set(connected(family).values()) == {"connected"}, "the same client id in another workspace"


# --- a person is forgotten --------------------------------------------------------------------------------------------


def everything(family: Family) -> str:
    """All rows of all tables as text."""

    def dump(session: Any) -> str:
        tables = (table for table in Base.metadata.sorted_tables)
        return "\n".join(f"{table.name} {tuple(row)}" for table in tables for row in session.execute(table.select()))

    return family.parts.context.db.read_now(dump)


@pytest.mark.parametrize("path", [PATHS[1], TWINS[1]])
async def test_who_asks_to_be_forgotten_is(family: Family, path: str) -> None:
    actor = family.workspace()
    accounts = await family.connect(actor)
    post = family.publish(actor, accounts[0])
    waiting = family.publish(actor, accounts[1], status="scheduled", provider_post_id=None, published_at=None)
    assert MARK in everything(family)
    assert PERSON in everything(family)

    answer = family.send(path, signed())

    body = answer.json()
    assert (answer.status_code, set(body)) == (200, {"ok", "url", "confirmation_code"})
    assert body["url"] == f"{family.url}/data-deletion/{body['confirmation_code']}"
    assert len(body["confirmation_code"]) >= 16
    assert body["confirmation_code"].isalnum()
    left = everything(family)
    assert [line for line in left.splitlines() if MARK in line.lower()] == []
    assert [line for line in left.splitlines() if PERSON in line] == []
    (connection,) = family.read(Connection)
    assert (connection.credential, connection.scopes) == (None, [])
    assert {row.status for row in family.read(Account)} == {"disconnected"}
    assert family.read(AccountHandle) == []
    assert family.read(MetricSnapshot) == []
    posts = {row.id: row for row in family.read(Post)}
    assert (posts[post].status, posts[post].provider_post_id, posts[post].description) == ("published", None, "Hello")
    assert posts[waiting].status == "canceled"
    (row,) = family.read(withdrawals.DataDeletion)
    assert (row.state, row.removed) == ("done", {"connections": 1, "accounts": 2, "posts": 2, "snapshots": 2})


async def test_a_person_sees_what_became_of_it(family: Family) -> None:
    await family.connect(family.workspace())
    code = family.send(PATHS[1], signed()).json()["confirmation_code"]

    page = family.http.get(f"/data-deletion/{code}")

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "Your data is deleted" in page.text
    assert "1 logins with their access tokens, 2 accounts" in page.text
    assert code in page.text
    missing = family.http.get("/data-deletion/0000")
    assert (missing.status_code, "Unknown code" in missing.text) == (404, True)


async def test_asking_again_is_no_error_and_has_the_same_code(family: Family) -> None:
    actor = family.workspace()
    await family.connect(actor)
    message = signed()  # it names the second in which it was written
    first = family.send(PATHS[1], message).json()
    assert family.send(PATHS[1], message).json() == first
    await family.connect(actor)

    assert family.send(PATHS[1], message).json() == first
    assert list(connected(family).values()).count("connected") == 2, "a copy of an old message does nothing"
    assert family.send(PATHS[1], signed(note="another")).json() == first
    assert set(connected(family).values()) == {"disconnected"}


async def test_the_app_is_removed_first_and_then_the_person_is_forgotten(family: Family) -> None:
    await family.connect(family.workspace())
    family.send(PATHS[0], signed())

    family.send(PATHS[1], signed())

    assert MARK not in everything(family)


async def test_what_is_on_its_way_is_waited_for(family: Family) -> None:
    actor = family.workspace()
    accounts = await family.connect(actor)
    lease = {"lease_owner": "worker", "lease_until": utc_now() + timedelta(minutes=5)}
    post = family.publish(actor, accounts[0], status="publishing", provider_post_id=None, published_at=None, **lease)
    context = family.parts.context

    code = family.send(PATHS[1], signed()).json()["confirmation_code"]

    (connection,) = family.read(Connection)
    assert connection.credential is None, "the login ends at once"
    assert "is being deleted" in family.http.get(f"/data-deletion/{code}").text
    await withdrawals.finish(context)
    assert MARK in everything(family)

    await withdrawals.finish(replace(context, now=lambda: utc_now() + timedelta(minutes=6)))

    assert MARK not in everything(family)
    assert "Your data is deleted" in family.http.get(f"/data-deletion/{code}").text
    assert next((row.status, row.error_code) for row in family.read(Post) if row.id == post) == ("failed", "account_data_deleted")  # fmt: skip


def test_of_the_request_only_a_keyed_hash_is_kept(family: Family) -> None:
    family.send(PATHS[1], signed())

    (row,) = family.read(withdrawals.DataDeletion)
    guesses = {
        hashlib.sha256(guess.encode()).hexdigest() for guess in (PERSON, f"meta{PERSON}", f"meta\napp-1\n{PERSON}")
    }
    assert row.subject_hash not in guesses
    assert PERSON not in everything(family)
