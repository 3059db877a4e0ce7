"""The files of a post made to fit its network: ahead of its time, at the latest before its job is frozen, once per content.

``PostAsset.fit`` says what was decided about a file of a post, ``BlobVariant`` has what was made, ``Conversion`` who makes it now.
A process that dies in the middle leaves bytes without a variant, which the sweep takes, and a lease, which ends.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import providers
from providers.contract import MediaFacts, Provider

from . import assets, converting, events, fitting, media, outcomes
from .assets import Deliverable
from .context import Context
from .errors import AppError
from .fitting import Fit, Unfit
from .ids import new_id
from .models import Account, Blob, BlobVariant, Conversion, Post, PostAsset
from .sealing import new_token
from .status import PostStatus
from .storage import Writer, fill, key_of

log = logging.getLogger(__name__)

MOST_TRIES = 3
"""How often a conversion is begun that ends its process."""
NOT_AGAIN = timedelta(minutes=10)
"""After this somebody may try again what failed."""
LOOK_EVERY = 5.0
"""Seconds between two looks for posts whose files nobody looked at yet."""
UNDONE = (PostStatus.SCHEDULED, PostStatus.RETRY_PENDING)


class Busy(Exception):
    """Another one is making this file just now."""


class FitFailed(Exception):
    """A file could not be made to fit. The sentence says why and what to do."""


# --- what is kept of it --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFit:
    """What was decided about one file of a post. All empty: it fits as it is."""

    variant: str | None = None
    made: MediaFacts | None = None
    sha256: str | None = None
    """Of what was made."""
    token: str | None = None
    """Whoever has the address with it may fetch what was made."""
    said: str | None = None
    """What was done, or why nothing could be done, for people."""
    problem: bool = False

    def json(self) -> dict[str, Any]:
        made = None if self.made is None else fitting.facts_json(self.made)
        return {name: value for name, value in {**asdict(self), "made": made}.items() if value}


def post_fit(data: Mapping[str, Any] | None) -> PostFit | None:
    """None while nobody looked."""
    if data is None:
        return None
    fields: dict[str, Any] = {**data, "made": fitting.facts_of(data.get("made"))}
    return PostFit(**fields)


def fitted_json(asset: PostAsset) -> dict[str, Any] | None:
    """For people and clients; None where there is nothing to tell. The address is a path on this server."""
    fit = post_fit(asset.fit)
    if fit is None or fit.said is None:
        return None
    told = {"message": fit.said, "problem": fit.problem}
    if fit.made is None:
        return told
    made = {name: getattr(fit.made, name) for name in ("mime", "size", "width", "height", "duration")}
    return {**told, "url": address("", asset, fit), **made}


def filename_of(asset: PostAsset, made: MediaFacts) -> str:
    stem = PurePosixPath(asset.original_filename or f"file-{asset.position + 1}").stem
    return f"{stem}.{made.extension}"


def address(base_url: str, asset: PostAsset, fit: PostFit) -> str:
    """Where networks that fetch media themselves find what was made."""
    extension = fit.made.extension if fit.made else "bin"
    name = f"file-{asset.position + 1}.{extension}"
    return f"{base_url}/media/posts/{quote(asset.post_id)}/{asset.position}/{fit.token}/{name}"


def deliverable(session: Session, post_id: str, position: str, token: str) -> Deliverable:
    """For whoever has the link. Raises ``asset_not_found`` for a wrong token as for a wrong post."""
    number = int(position) if re.fullmatch(r"\d{1,4}", position, re.ASCII) else -1
    asset = session.get(PostAsset, (post_id, number))
    fit = post_fit(asset.fit) if asset is not None else None
    if fit is None or fit.made is None or not fit.sha256 or not hmac.compare_digest(token.encode(), (fit.token or "").encode()):  # fmt: skip
        raise AppError("asset_not_found", "There is no file at this address.")
    return Deliverable(
        sha256=fit.sha256,
        kind=fit.made.kind,
        key=key_of(fit.sha256),
        mime=fit.made.mime,
        size=fit.made.size or 0,
        filename=f"file-{number + 1}.{fit.made.extension}",
    )


# --- deciding --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What still has to be done before the files of a post are decided about."""

    post_id: str
    position: int
    sha256: str
    facts: MediaFacts | None
    """None: the file has to be measured first."""
    fit: Fit | None


def is_open(session: Session, provider: Provider, account: Account, asset: PostAsset) -> bool:
    """Whether what is kept about a file is not what would be decided now."""
    wanted = _wanted(session, provider, account, asset)
    kept = post_fit(asset.fit)
    if isinstance(wanted, Open):
        return wanted.fit is None or kept is None or kept.made is None or kept.variant != wanted.fit.key
    return False


def usable(session: Session, provider: Provider, account: Account, asset: PostAsset) -> PostFit | None:
    """What was made of a file, if that is what it needs now."""
    wanted, kept = _wanted(session, provider, account, asset), post_fit(asset.fit)
    if not isinstance(wanted, Open) or wanted.fit is None or kept is None or kept.variant != wanted.fit.key:
        return None
    return kept if kept.made is not None else None


def _wanted(session: Session, provider: Provider, account: Account, asset: PostAsset) -> Open | Unfit | None:
    """None: it goes out as it is."""
    limits = provider.limits_of(account.account_type).media(asset.kind or "", account.meta)
    blob = session.get(Blob, asset.sha256) if asset.sha256 and limits is not None and not asset.as_is else None
    if blob is None or limits is None:
        return None
    wanted = Open(post_id=asset.post_id, position=asset.position, sha256=blob.sha256, facts=None, fit=None)
    if blob.facts is None:
        return wanted
    facts = fitting.facts_of(blob.facts)
    planned = None if facts is None else fitting.plan(facts, limits)
    return replace(wanted, facts=facts, fit=planned) if isinstance(planned, Fit) else planned


def decide(session: Session, post_id: str, now: datetime) -> Open | None:
    """Write down what is decided about each file of a post. The first one that needs work; None when all is done.

    One that failed comes last, so that it keeps no other from being made.
    """
    post = session.get(Post, post_id)
    if post is None:
        return None
    account, provider = session.get_one(Account, post.account_id), providers.get(post.provider)
    rows = session.scalars(select(PostAsset).where(PostAsset.post_id == post_id).order_by(PostAsset.position)).all()
    failed: Open | None = None
    for asset in rows:
        wanted = _wanted(session, provider, account, asset) if asset.sha256 else None
        if isinstance(wanted, Open):
            made = None if wanted.fit is None else _variant(session, wanted.sha256, wanted.fit.key)
            if made is not None:
                _take(session, post, asset, provider, wanted, made, now)
            elif _has_failed(asset, wanted):
                failed = failed or wanted
            else:
                return wanted
        elif isinstance(wanted, Unfit):
            told = [fitting.sentence(breach, provider.name, asset.kind or "") for breach in wanted.breaches]
            asset.fit = PostFit(said=" ".join(told), problem=True).json()
        elif asset.sha256:
            asset.fit = {}
    return failed


def _has_failed(asset: PostAsset, wanted: Open) -> bool:
    kept = post_fit(asset.fit)
    return kept is not None and kept.problem and kept.variant == (wanted.fit.key if wanted.fit else None)


def _variant(session: Session, sha256: str, variant: str) -> tuple[str, MediaFacts] | None:
    """The sha256 and the measures of what was made."""
    row = session.get(BlobVariant, (sha256, variant))
    made = None if row is None else PurePosixPath(row.object_key).name
    facts = assets.measured(session, made)
    return None if made is None or facts is None else (made, facts)


def _take(
    session: Session,
    post: Post,
    asset: PostAsset,
    provider: Provider,
    wanted: Open,
    made: tuple[str, MediaFacts],
    now: datetime,
) -> None:
    assert wanted.fit is not None
    assert wanted.facts is not None
    kept = post_fit(asset.fit)
    if kept is not None and kept.variant == wanted.fit.key and kept.sha256 == made[0]:
        return
    said = fitting.told(provider.name, wanted.facts, wanted.fit, made[1])
    fit = PostFit(variant=wanted.fit.key, made=made[1], sha256=made[0], token=new_token(), said=said)
    asset.fit = fit.json()
    events.record(
        session,
        workspace_id=post.workspace_id,
        at=now,
        kind="post.fitted",
        actor="worker",
        subject_id=post.id,
        data={"position": asset.position, "message": said},
    )


# --- making ----------------------------------------------------------------------------------------------------------------


async def fit(context: Context, post_id: str, at: Callable[[str, str], None] = lambda point, post_id: None) -> None:
    """Until all files of a post are decided about. Raises Busy, FitFailed, and AppError where the storage fails."""
    while (todo := await context.db.write(decide, post_id, context.now())) is not None:
        if todo.fit is None:
            await _measure(context, todo)
        else:
            await _make(context, todo, todo.fit, at)


async def _measure(context: Context, todo: Open) -> None:
    """Files that were stored before anybody measured all of this."""
    work = asyncio.get_running_loop().run_in_executor(context.media_executor, _measured, context, todo.sha256)
    try:
        await context.db.write(_remember_facts, todo.sha256, await work)
    except AppError as error:
        if error.code == "storage_unavailable":
            raise
        await _give_up(context, todo, error.message)


def _measured(context: Context, sha256: str) -> MediaFacts | None:
    try:
        with context.storage.as_file(key_of(sha256)) as path:
            return media.probe(path, declared=None, max_pixels=context.settings.max_image_pixels)
    except FileNotFoundError:
        raise assets.bytes_missing() from None
    except AppError as error:
        if error.code == "storage_unavailable":
            raise
        return None


def _remember_facts(session: Session, sha256: str, facts: MediaFacts | None) -> None:
    kept = {} if facts is None else fitting.facts_json(facts)
    session.execute(update(Blob).where(Blob.sha256 == sha256).values(facts=kept))


async def _make(context: Context, todo: Open, wanted: Fit, at: Callable[[str, str], None]) -> None:
    owner, lease = new_id("conversion", context.now()), timedelta(seconds=context.settings.lease_seconds)
    known = await context.db.write(_claim, todo.sha256, wanted.key, owner, context.now(), lease)
    if known is not None:
        await _give_up(context, todo, known)
    try:
        async with _leased(context, todo.sha256, wanted.key, owner, lease):
            await _convert(context, todo, wanted, at)
    except AppError as error:
        if error.code == "storage_unavailable":
            await context.db.write(_let_go, todo.sha256, wanted.key, owner)
            raise
        await context.db.write(_remember_error, todo.sha256, wanted.key, error.message, context.now())
        await _give_up(context, todo, error.message)
    except BaseException:
        await context.db.write(_let_go, todo.sha256, wanted.key, owner)
        raise


async def _give_up(context: Context, todo: Open, why: str) -> None:
    await context.db.write(_failed, todo, why)
    raise FitFailed(why)


async def _convert(context: Context, todo: Open, wanted: Fit, at: Callable[[str, str], None]) -> None:
    """The first writer is only a place to work in: what it holds is never kept."""
    stop = threading.Event()
    executor = context.film_executor if wanted.kind == "video" else context.media_executor
    at("fitting", todo.post_id)
    with context.storage.writer() as scratch, context.storage.writer() as writer:
        job = executor.submit(_converted, context, key_of(todo.sha256), scratch.path, writer, wanted, stop.is_set)
        work = asyncio.wrap_future(job)
        try:
            facts = await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()
            if not job.cancel():
                await asyncio.wait({work})  # the thread has the files in its hands
            raise
        at("converted", todo.post_id)
        await assets.keep(context, writer, facts)
    at("converted-kept", todo.post_id)
    await context.db.write(_made, todo, wanted, (writer.sha256, writer.size), facts, context.now())
    at("fitted", todo.post_id)


def _converted(
    context: Context, key: str, scratch: Path, writer: Writer, wanted: Fit, stopped: Callable[[], bool]
) -> MediaFacts:
    try:
        with context.storage.as_file(key) as source:
            converting.convert(source, scratch, wanted, stopped)
    except FileNotFoundError:
        raise assets.bytes_missing() from None
    facts = media.probe(scratch, declared=None, max_pixels=context.settings.max_image_pixels)
    fill(writer, scratch)
    return facts


# --- who makes it ------------------------------------------------------------------------------------------------------------


def _claim(session: Session, sha256: str, variant: str, owner: str, now: datetime, lease: timedelta) -> str | None:
    """The conversion is ours when this returns None; a sentence when it failed a moment ago. Raises Busy."""
    row = session.get(Conversion, (sha256, variant))
    if row is None:
        _insert(session, sha256, variant, owner, now + lease)
        return None
    if now < row.until:
        if row.error is None:
            raise Busy
        return row.error
    if row.error is None and row.tries >= MOST_TRIES:
        row.error, row.until = _ENDS_US, now + NOT_AGAIN
        return row.error
    mine = (
        update(Conversion)
        .where(Conversion.sha256 == sha256, Conversion.variant == variant, Conversion.until == row.until)
        .values(owner=owner, until=now + lease, tries=1 if row.error else row.tries + 1, error=None)
    )
    if not outcomes.rows(session.execute(mine, execution_options={"synchronize_session": False})):
        raise Busy
    return None


_ENDS_US = "The program ended each time it tried to convert this file. Export it anew, or send it as it is."


def _insert(session: Session, sha256: str, variant: str, owner: str, until: datetime) -> None:
    try:
        with session.begin_nested():
            session.add(Conversion(sha256=sha256, variant=variant, owner=owner, until=until, tries=1))
    except IntegrityError:
        raise Busy from None


@asynccontextmanager
async def _leased(context: Context, sha256: str, variant: str, owner: str, lease: timedelta) -> AsyncGenerator[None]:
    async def renew() -> None:
        while True:
            await asyncio.sleep(lease.total_seconds() / 3)
            await context.db.write(_renew, sha256, variant, owner, context.now() + lease)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()


def _renew(session: Session, sha256: str, variant: str, owner: str, until: datetime) -> None:
    session.execute(update(Conversion).where(*_mine(sha256, variant, owner)).values(until=until))


def _let_go(session: Session, sha256: str, variant: str, owner: str) -> None:
    session.execute(delete(Conversion).where(*_mine(sha256, variant, owner)))


def _mine(sha256: str, variant: str, owner: str) -> tuple[Any, ...]:
    return Conversion.sha256 == sha256, Conversion.variant == variant, Conversion.owner == owner


def _made(
    session: Session, todo: Open, wanted: Fit, content: tuple[str, int], facts: MediaFacts, now: datetime
) -> None:
    assets.remember_variant(
        session, todo.sha256, wanted.key, content, facts.mime, now, width=facts.width, height=facts.height
    )
    session.execute(delete(Conversion).where(Conversion.sha256 == todo.sha256, Conversion.variant == wanted.key))
    _hasten_those_with(session, todo.sha256, now)


def _remember_error(session: Session, sha256: str, variant: str, why: str, now: datetime) -> None:
    row = session.get(Conversion, (sha256, variant))
    if row is not None:
        row.error, row.until = why, now + NOT_AGAIN
    _hasten_those_with(session, sha256, now)


def _hasten_those_with(session: Session, sha256: str, now: datetime) -> None:
    hasten(session, select(PostAsset.post_id).where(PostAsset.sha256 == sha256), now)


def hasten(session: Session, posts: Any, now: datetime) -> None:
    """Posts that were begun and wait for their files have nothing to wait for any more. One that waits for something
    else asks a little earlier.
    """
    waiting = (Post.status == PostStatus.PUBLISHING, Post.lease_owner.is_(None), Post.intent.is_(None))
    session.execute(update(Post).where(Post.id.in_(posts), *waiting, Post.due_at > now).values(due_at=now))


def _failed(session: Session, todo: Open, why: str) -> None:
    """Unless somebody gave the post another file meanwhile."""
    asset = session.get(PostAsset, (todo.post_id, todo.position))
    if asset is not None and asset.sha256 == todo.sha256:
        asset.fit = PostFit(variant=todo.fit.key if todo.fit else None, said=why, problem=True).json()


# --- ahead of time -------------------------------------------------------------------------------------------------------------


async def keep_ahead(context: Context) -> None:
    """For as long as the worker lives: posts that wait for their time have their files looked at, the next one first."""
    while True:
        try:
            worked = await fit_next(context)
        except Exception:
            log.exception("files could not be fitted ahead of time; the next look is in a moment")
            worked = False
        if not worked:
            await asyncio.sleep(LOOK_EVERY)


async def fit_next(context: Context) -> bool:
    """Whether there was a post to work on, and something came of it."""
    post_id = await context.db.read(_next)
    if post_id is None:
        return False
    try:
        await fit(context, post_id)
    except Busy:
        return False
    except FitFailed as failed:
        log.info("a file of %s does not fit: %s", post_id, failed)
    return True


def _next(session: Session) -> str | None:
    query = (
        select(Post.id)
        .join(PostAsset, PostAsset.post_id == Post.id)
        .where(Post.status.in_(UNDONE), PostAsset.fit.is_(None), PostAsset.sha256.is_not(None))
        .order_by(Post.due_at, Post.id)
        .limit(1)
    )
    return session.scalar(query)


def look_again(session: Session, post_id: str) -> None:
    """The post goes elsewhere, or otherwise: what was decided about its files may be of no use."""
    session.execute(update(PostAsset).where(PostAsset.post_id == post_id).values(fit=None))
