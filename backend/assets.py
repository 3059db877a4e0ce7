"""Media of a workspace: upload, register, deliver, remove. Bytes are kept once per content, apart from the rows."""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, cast
from urllib.parse import quote, urlsplit

from sqlalchemy import delete as delete_rows
from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from providers.contract import MediaFacts

from . import events, fitting, media, outcomes
from .access import Action, Actor, allow, get, scoped
from .context import Context
from .errors import AppError
from .ids import new_id
from .models import Asset, Blob, BlobVariant, Post, PostAsset, Workspace
from .planned_media import ManagedMedia
from .sealing import new_token
from .status import PostStatus
from .storage import Kept, Writer, key_of
from .wire import iso

log = logging.getLogger(__name__)

DEFAULT_LIMIT = 24
MOST_LISTED = 500
RETENTION_DAYS = 7
MOST_SWEPT = 100
ORPHAN_AGE = timedelta(hours=1)
"""Bytes that nobody points to are this old when no upload of them can still be under way."""
FOREIGN_AGE = timedelta(days=1)
"""The same for bytes without a row."""
REMOVING = "removing"
"""The storage of a blob whose bytes are about to go."""
_BLOB = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}")
_DELIVERY = re.compile(r"^/media/(?P<asset>[^/]+)/(?P<token>[^/]+)/[^/]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlob:
    sha256: str
    size: int
    facts: MediaFacts
    storage: str


def blob_key(sha256: str) -> str:
    return key_of(sha256)


# --- in --------------------------------------------------------------------------------------------------------------


async def upload(
    context: Context,
    actor: Actor,
    chunks: AsyncIterator[bytes],
    *,
    filename: str,
    declared_mime: str | None = None,
    duration: float | None = None,
    alt_text: str | None = None,
    delete_after: datetime | None = None,
) -> dict[str, Any]:
    """Stream a file in, look at what it is, and make its row. Raises AppError; nothing stays of a refused file."""
    allow(actor, Action.PUBLISH)
    stored = await store(context, chunks, declared=declared_mime)
    return await context.db.write(
        _insert,
        actor,
        stored,
        filename=filename.strip()[:255] or "upload",
        duration=duration,
        alt_text=alt_text,
        delete_after=delete_after,
        base_url=context.settings.public_base_url,
        now=context.now(),
    )


async def store(context: Context, chunks: AsyncIterator[bytes], *, declared: str | None) -> StoredBlob:
    limit, loop = context.settings.max_asset_bytes, asyncio.get_running_loop()
    seen = 0
    with context.storage.writer() as writer:
        async for chunk in chunks:
            seen += len(chunk)
            if seen > limit:
                raise AppError(
                    "asset_too_large",
                    f"The file is larger than {limit} bytes. Choose a smaller one.",
                    details={"maxAssetBytes": limit},
                )
            await loop.run_in_executor(context.media_executor, writer.write, chunk)
        facts = await loop.run_in_executor(
            context.media_executor,
            lambda: media.probe(writer.path, declared=declared, max_pixels=context.settings.max_image_pixels),
        )
        await keep(context, writer, facts)
    return StoredBlob(sha256=writer.sha256, size=writer.size, facts=facts, storage=context.storage.name)


async def keep(context: Context, writer: Writer, facts: MediaFacts | None = None) -> None:
    """The written bytes, for good."""
    sha256, size, storage = writer.sha256, writer.size, context.storage.name
    await context.db.write(reserve, sha256=sha256, size=size, storage=storage, now=context.now(), facts=facts)
    await asyncio.to_thread(writer.commit)


def reserve(
    session: Session, *, sha256: str, size: int, storage: str, now: datetime, facts: MediaFacts | None = None
) -> None:
    """The row goes before the bytes: no crash leaves bytes that nobody knows of, and the sweep lets them be for an hour.

    Raises ``storage_unavailable`` while the same bytes are being removed.
    """
    again = (
        update(Blob)
        .where(Blob.sha256 == sha256, Blob.storage != REMOVING)
        .values(created_at=now, storage=storage, size=size)
    )
    if _count_of(session, again) or _added(session, sha256, size, storage, now) or _count_of(session, again):
        if facts is not None:
            session.execute(update(Blob).where(Blob.sha256 == sha256).values(facts=fitting.facts_json(facts)))
        return
    raise AppError("storage_unavailable", "The same file is being cleared away just now. Send it again.", retry_after=2)


def _added(session: Session, sha256: str, size: int, storage: str, now: datetime) -> bool:
    """False where somebody else's row stands."""
    try:
        with session.begin_nested():
            session.add(Blob(sha256=sha256, size=size, storage=storage, object_key=key_of(sha256), created_at=now))
    except IntegrityError:
        return False
    return True


def _count_of(session: Session, change: Any) -> int:
    return cast("Any", session.execute(change, execution_options={"synchronize_session": False})).rowcount


async def fetch(context: Context, url: str) -> StoredBlob:
    """A foreign file into our storage, through the guard for addresses a user gave."""
    return await store(context, context.http.download(url, limit=context.settings.max_asset_bytes), declared=None)


def _insert(
    session: Session,
    actor: Actor,
    stored: StoredBlob,
    *,
    filename: str,
    duration: float | None = None,
    alt_text: str | None,
    delete_after: datetime | None = None,
    base_url: str,
    now: datetime,
) -> dict[str, Any]:
    row = Asset(
        id=new_id("asset", now),
        workspace_id=actor.workspace_id,
        sha256=stored.sha256,
        storage=stored.storage,
        object_key=key_of(stored.sha256),
        delivery_token=new_token(),
        original_filename=filename,
        mime=stored.facts.mime,
        kind=stored.facts.kind,
        size=stored.size,
        width=stored.facts.width,
        height=stored.facts.height,
        duration=stored.facts.duration or duration,
        alt_text=alt_text,
        status="ready",
        delete_after=delete_after,
        created_by=actor.label,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    record(session, actor, "added", row, now)
    return asset_json(row, base_url)


def insert_once(
    session: Session,
    actor: Actor,
    stored: StoredBlob,
    *,
    filename: str,
    alt_text: str | None,
    base_url: str,
    now: datetime,
) -> dict[str, Any]:
    """The file with these bytes that is in the workspace already, or a new one."""
    same = scoped(actor, Asset).where(Asset.sha256 == stored.sha256, Asset.status == "ready").order_by(Asset.id)
    known = session.scalars(same.limit(1)).first()
    if known is not None:
        return asset_json(known, base_url)
    return _insert(session, actor, stored, filename=filename, alt_text=alt_text, base_url=base_url, now=now)


def register(
    session: Session, actor: Actor, body: Mapping[str, Any], *, base_url: str, now: datetime
) -> dict[str, Any]:
    """A file that lies elsewhere already; its bytes are fetched when a post needs them."""
    allow(actor, Action.PUBLISH)
    key, url = _text(body, "objectKey"), _text(body, "publicUrl") or None
    if not key:
        raise AppError("object_key_required", "Give the objectKey of the file.", details={"field": "objectKey"})
    if url is not None and not _is_address(url):
        message = "publicUrl must be an address that starts with http:// or https://, its special characters encoded."
        raise AppError("asset_url_invalid", message, details={"field": "publicUrl"})
    filename = _text(body, "originalFilename", "filename") or PurePosixPath(key).name
    mime = _text(body, "mime") or media.BY_EXTENSION.get(
        PurePosixPath(filename).suffix.lstrip(".").lower(), "application/octet-stream"
    )
    size = body.get("size")
    kind = body.get("kind") or mime.partition("/")[0]
    row = Asset(
        id=new_id("asset", now),
        workspace_id=actor.workspace_id,
        storage="external",
        object_key=key,
        external_url=url,
        delivery_token=new_token(),
        original_filename=filename,
        mime=mime,
        kind=kind if kind in ("image", "video", "audio") else "other",
        size=size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**62 else None,
        status=_text(body, "status") or "draft",
        created_by=actor.label,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    record(session, actor, "added", row, now)
    return asset_json(row, base_url)


_CHARACTER = r"(?:[\w.~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
_ADDRESS = re.compile(rf"https?://{_CHARACTER}+(?:#{_CHARACTER}*)?", re.ASCII)
"""RFC 3986, without addresses in brackets."""


def _is_address(written: str) -> bool:
    try:
        parts = urlsplit(written)
        return bool(_ADDRESS.fullmatch(written) and parts.hostname and parts.port != 0)
    except ValueError:
        return False


def _text(body: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = body.get(name)
        if value is not None:
            if not isinstance(value, str) or len(value) > 4000:
                raise AppError(
                    "bad_request", f"{name} must be a text of at most 4000 characters.", details={"field": name}
                )
            return value.strip() or None
    return None


# --- reading -----------------------------------------------------------------------------------------------------------


def list_assets(
    session: Session,
    actor: Actor,
    *,
    base_url: str,
    kind: str | None = None,
    limit: int = DEFAULT_LIMIT,
    offset: int = 0,
) -> tuple[list[dict[str, Any]], int]:
    """What posts can use, newest first, and how many there are in all."""
    allow(actor, Action.READ)
    query = scoped(actor, Asset).where(Asset.status == "ready")
    if kind:
        query = query.where(Asset.kind == kind)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    newest = query.order_by(Asset.created_at.desc(), Asset.id.desc())
    rows = session.scalars(newest.limit(min(limit, MOST_LISTED)).offset(offset))
    return [asset_json(row, base_url) for row in rows], total


def by_ids(session: Session, actor: Actor, ids: Sequence[str], *, base_url: str) -> dict[str, dict[str, Any]]:
    """Those of the assets that are there, by their ids."""
    allow(actor, Action.READ)
    there = scoped(actor, Asset).where(Asset.id.in_(set(ids)), Asset.status.not_in(("deleted", "uploading")))
    return {row.id: asset_json(row, base_url) for row in session.scalars(there)}


def asset_json(row: Asset, base_url: str) -> dict[str, Any]:
    url = delivery_url(row, base_url)
    return {
        "id": row.id,
        "tenantId": row.workspace_id,
        "storage": row.storage,
        "objectKey": row.object_key,
        "originalFilename": row.original_filename,
        "mime": row.mime,
        "kind": row.kind,
        "size": row.size or 0,
        "width": row.width,
        "height": row.height,
        "duration": row.duration,
        "altText": row.alt_text,
        "status": row.status,
        "publicUrl": url,
        "useAsMediaLink": url,
        "preview": {"url": preview_url(row, base_url)} if row.sha256 and row.kind in ("image", "video") else None,
        "deleteAfter": iso(row.delete_after),
        "createdAt": iso(row.created_at),
        "updatedAt": iso(row.updated_at),
    }


def delivery_url(row: Asset, base_url: str) -> str | None:
    if row.sha256 is None:
        return row.external_url
    return f"{base_url}/media/{row.id}/{row.delivery_token}/{quote(delivered_name(row))}"


def preview_url(row: Asset, base_url: str) -> str:
    return f"{base_url}/media/{row.id}/{row.delivery_token}/previews/preview.jpg"


def delivered_name(row: Asset) -> str:
    """With the extension of what it is: clients and networks judge by it."""
    extension = media.EXTENSIONS.get(row.mime, "bin")
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", PurePosixPath(row.original_filename or "file").stem).strip("-.") or "file"
    return f"{stem[:80]}.{extension}"


def managed_media(session: Session, workspace_id: str, reference: str, *, base_url: str) -> ManagedMedia | None:
    """Our own file behind an asset id or one of our delivery addresses, whatever host it names."""
    found = _DELIVERY.match(urlsplit(reference).path) if "/" in reference else None
    asset_id = found["asset"] if found else reference
    row = session.scalar(
        select(Asset).where(
            Asset.workspace_id == workspace_id, Asset.id == asset_id, Asset.status.not_in(("deleted", "uploading"))
        )
    )
    if row is None or (found and not hmac.compare_digest(found["token"].encode(), row.delivery_token.encode())):
        return None
    return ManagedMedia(
        asset_id=row.id,
        url=reference if found else (delivery_url(row, base_url) or ""),
        sha256=row.sha256,
        mime=row.mime,
        kind=row.kind,
        extension=media.EXTENSIONS.get(row.mime, ""),
        size=row.size,
        width=row.width,
        height=row.height,
        duration=row.duration,
        original_filename=row.original_filename,
        alt_text=row.alt_text,
        facts=measured(session, row.sha256),
    )


def measured(session: Session, sha256: str | None) -> MediaFacts | None:
    """None while nobody looked, or when nothing could be measured."""
    blob = session.get(Blob, sha256) if sha256 else None
    return None if blob is None else fitting.facts_of(blob.facts)


# --- out ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverable:
    sha256: str
    kind: str
    key: str
    mime: str
    size: int
    filename: str


def deliverable(session: Session, asset_id: str, token: str) -> Deliverable:
    """For whoever has the link. Raises ``asset_not_found`` for a wrong token as for a wrong id."""
    row = session.get(Asset, asset_id)
    right = row is not None and hmac.compare_digest(token.encode(), row.delivery_token.encode())
    if row is None or not right or row.status == "deleted" or row.sha256 is None:
        raise AppError("asset_not_found", "There is no file at this address.")
    return Deliverable(
        sha256=row.sha256,
        kind=row.kind,
        key=key_of(row.sha256),
        mime=row.mime,
        size=row.size or 0,
        filename=delivered_name(row),
    )


async def variant(context: Context, file: Deliverable, name: str) -> Deliverable:
    """``jpeg`` or ``preview``, made once."""
    known = await context.db.read(_variant, file.sha256, name)
    if known is None:
        made = await asyncio.get_running_loop().run_in_executor(context.media_executor, _made, context, file, name)
        with context.storage.writer() as writer:
            writer.write(made)
            await keep(context, writer)
        known = await context.db.write(
            remember_variant, file.sha256, name, (writer.sha256, writer.size), "image/jpeg", context.now()
        )
    stem = PurePosixPath(file.filename).stem
    return Deliverable(
        sha256=file.sha256 + name, kind="image", key=known[0], mime="image/jpeg", size=known[1], filename=f"{stem}.jpg"
    )


def _made(context: Context, file: Deliverable, name: str) -> bytes:
    if file.kind not in ("image", "video"):
        raise AppError("asset_not_found", "This file has no picture.")
    try:
        with context.storage.as_file(file.key) as path:
            return media.preview(path, file.kind) if name == "preview" or file.kind == "video" else media.jpeg(path)
    except FileNotFoundError:
        raise bytes_missing() from None


def bytes_missing() -> AppError:
    return AppError("asset_not_found", "The bytes of this file are no longer in the storage. Send the file again.")


def _variant(session: Session, sha256: str, name: str) -> tuple[str, int] | None:
    row = session.get(BlobVariant, (sha256, name))
    return None if row is None else (row.object_key, row.size)


def remember_variant(
    session: Session,
    sha256: str,
    name: str,
    content: tuple[str, int],
    mime: str,
    now: datetime,
    *,
    width: int | None = None,
    height: int | None = None,
) -> tuple[str, int]:
    """Key and size. Of two that made the same at once, the first is kept."""
    key = key_of(content[0])
    if session.get(BlobVariant, (sha256, name)) is None:
        session.add(
            BlobVariant(
                sha256=sha256,
                variant=name,
                object_key=key,
                mime=mime,
                size=content[1],
                width=width,
                height=height,
                created_at=now,
            )
        )
    return key, content[1]


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """``start, stop`` of the one range asked for; None for the whole file. Raises ``range_not_satisfiable``.

    Forms that are no single byte range are ignored, as the standard allows.
    """
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header or "")
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if first == "":
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= stop:
        raise AppError("range_not_satisfiable", f"The file has {size} bytes.", details={"size": size})
    return start, stop


# --- away -----------------------------------------------------------------------------------------------------------------


def delete(
    session: Session, actor: Actor, asset_id: str, *, retention_days: float | None, base_url: str, now: datetime
) -> dict[str, Any]:
    """Marked now, removed when the retention is over and no post needs it any more."""
    allow(actor, Action.PUBLISH)
    row = get(session, actor, Asset, asset_id)
    if row.status == "deleted":
        raise AppError(
            "asset_not_found", f"There is no asset {asset_id!r} in this workspace.", details={"id": asset_id}
        )
    row.status = "pending_delete"
    row.delete_after = now + timedelta(days=RETENTION_DAYS if retention_days is None else retention_days)
    row.updated_at = now
    record(session, actor, "deleted", row, now)
    return asset_json(row, base_url)


def record(session: Session, actor: Actor, what: str, row: Asset, now: datetime) -> None:
    """Open pages hear of it."""
    events.record(
        session, workspace_id=row.workspace_id, at=now, kind=f"asset.{what}", actor=actor.label, subject_id=row.id
    )


async def sweep_storage(context: Context) -> None:
    """Remove what is past its time; never bytes that a post may still need."""
    await context.db.write(_condemn_loose, context.now())
    await _remove_condemned(context)


async def collect_orphans(context: Context) -> None:
    """Bytes without a row, of crashes and of databases that were restored. Each call looks at one of 256 places, by
    the clock, so that all are seen several times a day and nobody has to remember which was the last.
    """
    now = context.now()
    await asyncio.to_thread(context.storage.drop_unfinished, now - FOREIGN_AGE)
    place = f"{int(now.timestamp() // 60) % 256:02x}"
    kept = await asyncio.to_thread(lambda: list(context.storage.kept(place)))
    await context.db.write(_condemn_unknown, kept, context.storage.name, now)
    await _remove_condemned(context)


def _condemn_loose(session: Session, now: datetime) -> None:
    for row in session.scalars(
        select(Asset).where(Asset.delete_after < now, Asset.status != "deleted", ~pinned(Asset.sha256))
    ):
        row.status, row.updated_at = "deleted", now
    session.flush()
    loose = (
        Blob.storage != REMOVING,
        Blob.created_at < now - ORPHAN_AGE,
        ~exists().where(Asset.sha256 == Blob.sha256, Asset.status != "deleted"),
        ~exists().where(BlobVariant.object_key == Blob.object_key),
        ~pinned(Blob.sha256),
    )
    for sha256 in session.scalars(select(Blob.sha256).where(*loose).limit(MOST_SWEPT)).all():
        # Asked again by the change itself: an upload of the same bytes may have reserved them a moment ago.
        condemn = update(Blob).where(Blob.sha256 == sha256, *loose).values(storage=REMOVING)
        if _count_of(session, condemn):
            session.execute(delete_rows(BlobVariant).where(BlobVariant.sha256 == sha256))
            session.execute(update(Asset).where(Asset.sha256 == sha256).values(sha256=None))


def _condemn_unknown(session: Session, kept: Sequence[Kept], storage: str, now: datetime) -> None:
    """Older than a day, younger than this database: a new database beside an old storage must not empty it."""
    born = session.scalar(select(func.min(Workspace.created_at)))
    ours = [thing for thing in kept if _BLOB.fullmatch(thing.key)]
    for thing in ours:
        if born is None or not born < thing.at < now - FOREIGN_AGE:
            continue
        sha256 = PurePosixPath(thing.key).name
        known = session.get(Blob, sha256) or session.scalar(
            select(BlobVariant.sha256).where(BlobVariant.object_key == thing.key).limit(1)
        )
        if known is None and _added(session, sha256, 0, REMOVING, now):
            log.info("a file without a row is removed from %s storage: %s", storage, thing.key)


async def _remove_condemned(context: Context) -> None:
    """No transaction is open while bytes are removed; until their row is gone too, nobody can send the same ones."""
    for sha256 in await context.db.read(_condemned):
        await asyncio.to_thread(context.storage.delete, key_of(sha256))
        await context.db.write(_forget_blob, sha256)


def _condemned(session: Session) -> list[str]:
    return list(session.scalars(select(Blob.sha256).where(Blob.storage == REMOVING).limit(MOST_SWEPT)))


def _forget_blob(session: Session, sha256: str) -> None:
    session.execute(delete_rows(Blob).where(Blob.sha256 == sha256, Blob.storage == REMOVING))


def pinned(sha256: Any) -> Any:
    """A post that is not over, or of which nobody knows whether it is out, still points at the bytes."""
    return exists().where(PostAsset.sha256 == sha256, PostAsset.post_id == Post.id, is_open())


def is_open() -> Any:
    """Of a post: it may still need its files."""
    return or_(
        Post.status.not_in((PostStatus.PUBLISHED, PostStatus.FAILED, PostStatus.CANCELED)),
        Post.error_code == outcomes.UNKNOWN_OUTCOME,
    )
