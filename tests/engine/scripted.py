"""A network in memory that tests script call by call, and real publishers that speak to it by a clock that stands still.

``Chirper`` can be asked about a doubt, ``Mute`` cannot. A post takes two calls: a draft, which may be repeated, and the
ONCE. One login of either has several accounts, which share its token.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias, cast
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import func, select

import providers
from backend import connections, migrate, posts, runs, workspaces
from backend.access import Actor, Role
from backend.context import Context
from backend.db import Database
from backend.http import LostAnswer, Outgoing
from backend.models import Post
from backend.publishing import Publisher
from backend.sealing import Sealer
from backend.settings import Settings
from backend.storage import FolderStorage
from providers.contract import (
    Absent,
    AccountType,
    Call,
    Doubt,
    Effect,
    Flow,
    Found,
    Identity,
    Job,
    Kind,
    Limits,
    OAuth2,
    Problem,
    Provider,
    Published,
    Reconciled,
    Request,
    Response,
    Unclear,
    Verdict,
    bearer,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATIENCE = 20.0
"""Seconds that a test waits for something before it fails."""

Behaviour: TypeAlias = Callable[[Callable[[], Response]], Awaitable[Response]]
"""What becomes of one call: gets what the network would do and answer."""


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **units: float) -> None:
        self.at += timedelta(**units)


# --- the network -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A call as the network saw it."""

    at: datetime
    what: str
    """``POST /posts``."""
    values: Mapping[str, Any]
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A post as the audience sees it."""

    id: str
    account: str
    text: str
    parent: str | None


@dataclass
class Network:
    """Stands where ``Outgoing`` does. ``script`` holds the behaviours of the next calls of a kind."""

    clock: Clock
    accounts: tuple[str, ...] = ("one",)
    gives_refresh_token: bool = True
    seen: list[Seen] = field(default_factory=list[Seen])
    shown: list[Shown] = field(default_factory=list[Shown])
    script: dict[str, list[Behaviour]] = field(default_factory=dict[str, list[Behaviour]])
    access: set[str] = field(default_factory=set[str])
    refresh: set[str] = field(default_factory=set[str])
    issued: int = 0

    def next(self, what: str, *behaviours: Behaviour) -> None:
        self.script.setdefault(what, []).extend(behaviours)

    def calls(self, what: str, text: str | None = None) -> list[Seen]:
        return [call for call in self.seen if call.what == what and text in (None, call.values.get("text"))]

    @property
    def renewals(self) -> list[Seen]:
        return [call for call in self.calls("POST /token") if call.values["grant_type"] == "refresh_token"]

    @property
    def texts(self) -> list[str]:
        return [post.text for post in self.shown]

    async def send(
        self,
        request: Request,
        *,
        bases: Mapping[str, str],
        assets: Any = None,
        fresh_connection: bool = False,
        timeout: float = 0.0,
    ) -> Response:
        what = f"{request.method} {request.path}"
        values: Mapping[str, Any] = request.json or request.form or request.params
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.seen.append(Seen(at=self.clock(), what=what, values=values, token=token))
        waiting = self.script.get(what)
        behave = waiting.pop(0) if waiting else _as_usual
        return await behave(lambda: self.answer(what, values, token))

    def answer(self, what: str, values: Mapping[str, Any], token: str) -> Response:
        if what == "POST /token":
            return self._token(values)
        if token not in self.access:
            return response(401, error="unauthorized")
        if what == "GET /me":
            return response(200, accounts=list(self.accounts))
        if what == "POST /drafts":
            return response(200, id=f"draft-{len(self.calls('POST /drafts'))}")
        if what == "POST /posts":
            made = Shown(
                id=f"c{len(self.shown) + 1}",
                account=values["account"],
                text=values["text"],
                parent=values["parent"],
            )
            self.shown.append(made)
            return response(200, id=made.id)
        if what == "GET /posts":
            found = [post for post in self.shown if (post.account, post.text) == (values["account"], values["text"])]
            return response(200, posts=[post.id for post in found])
        raise AssertionError(f"nobody scripted {what}")

    def _token(self, values: Mapping[str, Any]) -> Response:
        if values["grant_type"] == "refresh_token":
            if values["refresh_token"] not in self.refresh:
                return response(400, error="invalid_grant")
            self.refresh.discard(values["refresh_token"])
        self.issued += 1
        access, refresh = f"access-{self.issued}", f"refresh-{self.issued}"
        self.access.add(access)
        if not self.gives_refresh_token:
            return response(200, access_token=access)
        self.refresh.add(refresh)
        return response(200, access_token=access, refresh_token=refresh, expires_in=7200)


def response(status: int, **body: Any) -> Response:
    return Response(status=status, headers={}, json=body, text="")


async def _as_usual(do: Callable[[], Response]) -> Response:
    return do()


async def lost_after(do: Callable[[], Response]) -> Response:
    """It happens, and nobody hears of it."""
    do()
    raise LostAnswer("connection closed")


async def lost_before(do: Callable[[], Response]) -> Response:
    raise LostAnswer("connection closed")


def answering(status: int, **body: Any) -> Behaviour:
    async def answer(do: Callable[[], Response]) -> Response:
        return response(status, **body)

    return answer


class Gate:
    """A call that waits at the network until the test opens it."""

    def __init__(self, then: Behaviour = _as_usual) -> None:
        self._then = then
        self._arrived = asyncio.Event()
        self._open = asyncio.Event()

    async def __call__(self, do: Callable[[], Response]) -> Response:
        self._arrived.set()
        await self._open.wait()
        return await self._then(do)

    async def arrived(self) -> None:
        await asyncio.wait_for(self._arrived.wait(), PATIENCE)

    def open(self) -> None:
        self._open.set()


# --- its providers -----------------------------------------------------------------------------------------------------


def publish(job: Job) -> Flow[Published]:
    account = job.account.external_id
    draft = Request("POST", "/drafts", json={"account": account, "text": job.text})
    drafted = yield Call("draft", draft, Effect.REPEATABLE, read=_id)
    wanted = {"account": account, "text": job.text, "parent": job.parent_id, "draft": drafted}
    made = Request("POST", "/posts", json=wanted)
    return Published(id=(yield Call("create", made, Effect.ONCE, read=_id)))


def _id(answer: Response) -> str:
    return cast("dict[str, str]", answer.json)["id"]


def reconcile(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    request = Request("GET", "/posts", params={"account": job.account.external_id, "text": job.text})
    found = yield Call("look", request, Effect.READ, read=lambda answer: answer.json)
    if "unclear" in found:
        return Unclear(found["unclear"])
    ids = cast("list[str]", found["posts"])
    return Found(tuple(Published(id=id) for id in ids)) if ids else Absent()


def read_error(answer: Response) -> Problem | None:
    if answer.status < 400:
        return None
    kinds = {401: Kind.AUTH, 403: Kind.PERMISSION, 422: Kind.INVALID_CONTENT, 429: Kind.RATE_LIMITED}
    kind = kinds.get(answer.status, Kind.UNAVAILABLE)
    verdict = Verdict.UNKNOWN if answer.status >= 500 else Verdict.REFUSED
    return Problem(kind=kind, verdict=verdict, message=f"Chirper answered {answer.status}.", code=f"chirper_{kind}")


def _identify(provider: str) -> Callable[[], Flow[tuple[Identity, ...]]]:
    def identify() -> Flow[tuple[Identity, ...]]:
        me = yield Call("me", Request("GET", "/me"), Effect.READ, read=lambda answer: answer.json)
        return tuple(
            Identity(external_id=name, handle=f"{provider}:{name}", display_name=name, account_type="chirper_user")
            for name in me["accounts"]
        )

    return identify


def _provider(id: str, name: str) -> Provider:
    connect = OAuth2(
        authorize="/authorize", token="/token", scopes=("write",), identify=_identify(id), rotates_refresh_token=True
    )
    return Provider(
        id=id,
        name=name,
        aliases=(),
        docs="https://chirper.example/docs",
        checked=date(2026, 11, 23),
        hosts={"api": "https://chirper.example", "auth": "https://chirper.example"},
        accounts=(AccountType(id="chirper_user", publishable=True, name="Chirper account"),),
        connect=connect,
        sign=bearer,
        limits=Limits(text=lambda draft: 500, measure=lambda draft: len(draft.text)),
        publish_shape="text",
        media_delivery="none",
        settings={},
        unknown_settings_code="chirper_settings_unsupported",
        checks=(),
        publish=publish,
        read_error=read_error,
        account_type_of=lambda handle: "chirper_user",
        interactions=("post", "reply"),
        settle=(5.0, 15.0, 40.0),
    )


CHIRPER = replace(_provider("chirper", "Chirper"), reconcile=reconcile)
MUTE = _provider("mute", "Mute")


@contextmanager
def only_known(*known: Provider) -> Generator[None]:
    """The program knows these networks and no others."""
    before = providers.all_providers
    by_id = {provider.id: provider for provider in known}
    providers.all_providers = cast("Any", lambda: by_id)
    providers._names.cache_clear()  # pyright: ignore[reportPrivateUsage]
    try:
        yield
    finally:
        providers.all_providers = before
        providers._names.cache_clear()  # pyright: ignore[reportPrivateUsage]


# --- the place ---------------------------------------------------------------------------------------------------------


class Gone(BaseException):
    """Its process was killed."""


class Watched:
    """One worker's own door to the database: counts what it finished, and can be cut off as a kill would."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.done: Counter[str] = Counter()
        self.gone = False

    async def read(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return await self.db.read(fn, *args, **kwargs)

    async def write(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        if self.gone:
            raise Gone
        result = await self.db.write(fn, *args, **kwargs)
        self.done[fn.__name__] += 1
        return result


@dataclass
class Working:
    """A publisher in its loop."""

    publisher: Publisher
    watched: Watched
    task: asyncio.Task[None]

    async def looked(self) -> None:
        """Until it has looked at all rows twice more: what it has not started by then, it leaves."""
        before = Counter(self.watched.done)
        for name in ("claim", "_beat"):
            await until(lambda name=name: self.watched.done[name] >= before[name] + 2)

    async def idle(self) -> None:
        """Until it has looked, and everything that it started has ended or waits for another time."""
        await self.looked()
        await self.flows_ended()

    async def stop(self) -> None:
        self.publisher.stop()
        await asyncio.wait_for(self.task, PATIENCE)

    async def flows_ended(self) -> None:
        """Of those too that a stop did not wait for."""
        await until(lambda: not self.publisher._flows)  # pyright: ignore[reportPrivateUsage]

    async def kill(self) -> None:
        """Nothing of it reaches the disk from here on, and nothing of it goes on."""
        self.watched.gone = True
        mine = [self.task, *self.publisher._flows]  # pyright: ignore[reportPrivateUsage]
        for task in mine:
            task.cancel()
        with suppress(BaseException):
            await asyncio.gather(*mine, return_exceptions=True)


@dataclass
class Place:
    context: Context
    network: Network
    clock: Clock
    actor: Actor

    @asynccontextmanager
    async def working(
        self, *, concurrency: int = 8, at: Callable[[str, str], None] | None = None
    ) -> AsyncGenerator[Working]:
        """One publisher with connections of its own, as a worker process has."""
        db = Database(self.context.settings.resolved_database_url)
        watched = Watched(db)
        publisher = Publisher(replace(self.context, db=cast("Any", watched)), concurrency=concurrency, at=at)
        working = Working(publisher, watched, asyncio.create_task(publisher.run()))
        try:
            yield working
        finally:
            if working.task.done():
                with suppress(asyncio.CancelledError):
                    working.task.result()
            else:
                await working.stop()
            db.close()

    async def connect(self, provider: str = "chirper") -> list[str]:
        """The handles of the accounts behind a new login."""
        started = await connections.start(self.context, self.actor, {"provider": provider})
        state = parse_qs(urlsplit(started["connection"]["authorizeUrl"]).query)["state"][0]
        found = await connections.finish_oauth(self.context, provider, {"state": state, "code": "code"})
        return [account["handle"] for account in found["accounts"]]

    async def apply(self, *entries: Mapping[str, Any], **envelope: Any) -> list[str]:
        applied = await runs.apply_once(self.context, self.actor, {"posts": list(entries), **envelope})
        return [post["id"] for post in applied.posts]

    async def post(self, handle: str, text: str, **values: Any) -> str:
        """The id of a post that is due now."""
        return (await self.apply({"account": handle, "description": text, **values}))[0]

    async def read(self, post_id: str) -> dict[str, Any]:
        return (await self.context.db.read(posts.detail, self.actor, post_id))["post"]

    async def status(self, post_id: str) -> str:
        return (await self.read(post_id))["status"]

    async def job(self, post_id: str) -> dict[str, Any]:
        found, _ = await self.context.db.read(posts.jobs, self.actor, posts.Filters(), now=self.clock())
        return next(job for job in found if job["postId"] == post_id)

    async def held_by(self, workers: int) -> None:
        """Until so many workers hold a post each."""
        owners = select(func.count(Post.lease_owner.distinct()))

        async def are() -> bool:
            return await self.context.db.read(lambda session: session.scalar(owners)) == workers

        await until(are)

    async def told(self, post_id: str) -> list[dict[str, Any]]:
        """What happened to a post, oldest first, without its calls."""
        told = await self.context.db.read(posts.story, self.actor, post_id)
        return [entry for entry in told if not entry["kind"].startswith("step.")]

    async def kinds(self, post_id: str) -> list[str]:
        return [entry["kind"] for entry in await self.told(post_id)]

    async def sent(self, times: int) -> None:
        """Until the ONCE has been sent so often."""
        await until(lambda: len(self.network.calls("POST /posts")) == times)

    async def until(self, status: str, *ids: str) -> None:
        async def arrived() -> bool:
            return all([await self.status(post_id) == status for post_id in ids])

        try:
            await until(arrived)
        except TimeoutError:
            raise AssertionError([await self.read(post_id) for post_id in ids]) from None

    async def doubted(self, post_id: str) -> None:
        """Until its ONCE was sent and nobody knows what became of it."""

        async def is_doubted() -> bool:
            post = await self.read(post_id)
            return post["reconciliationStatus"] == "pending"

        await until(is_doubted)

    async def published(self, *ids: str) -> None:
        await self.until("published", *ids)


@asynccontextmanager
async def place(folder: Path, *, url: str = "", accounts: Iterable[str] = ("one",)) -> AsyncGenerator[Place]:
    """``url``: an empty database; SQLite in the folder when not given."""
    clock = Clock()
    network = Network(clock=clock, accounts=tuple(accounts))
    settings = Settings(
        data_dir=folder,
        public_base_url="http://127.0.0.1:1",
        database_url=url or f"sqlite:///{folder / 'engine.db'}",
        poll_seconds=0.01,
        lease_seconds=0.15,
        call_timeout_seconds=5.0,
        environ={
            f"SOCIALCLAW_{name}_CLIENT_{part}": "app" for name in ("CHIRPER", "MUTE") for part in ("ID", "SECRET")
        },
    )
    migrate.upgrade(settings.resolved_database_url, folder)
    db = Database(settings.resolved_database_url)
    row = await db.write(workspaces.create, name="Engine", now=clock())
    with only_known(CHIRPER, MUTE), ThreadPoolExecutor(1) as media:
        context = Context(
            settings=settings,
            db=db,
            http=cast("Outgoing", network),
            sealer=Sealer({"test": bytes(32)}, current="test"),
            storage=FolderStorage(folder / "media"),
            media_executor=media,
            film_executor=media,
            nudge=lambda: None,
            now=clock,
        )
        yield Place(
            context=context,
            network=network,
            clock=clock,
            actor=Actor(workspace_id=row.id, label="user:alice", role=Role.OWNER),
        )
    db.close()


async def until(true: Callable[[], bool | Awaitable[bool]], *, seconds: float = PATIENCE) -> None:
    """Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while True:
        found = true()
        if found if isinstance(found, bool) else await found:
            return
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.005)
