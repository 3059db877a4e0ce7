"""Media of a workspace: upload, register, deliver, remove. Bytes are kept once per content, apart from the rows."""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

from sqlalchemy import delete as delete_rows
from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from . import media, outcomes
from .access import Action, Actor, allow, get, scoped
from .context import Context
from .errors import AppError
from .ids import new_id
from .media import MediaFacts
from .models import Asset, Blob, BlobVariant, Post, PostAsset
from .planned_media import ManagedMedia
from .sealing import new_token
from .status import PostStatus
from .storage import Storage, key_of
from .wire import iso

DEFAULT_LIMIT = 24
MOST_LISTED = 500
RETENTION_DAYS = 7
MOST_SWEPT = 100
ORPHAN_AGE = timedelta(hours=1)
"""Bytes without a row this old come from an upload that a crash cut off."""
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
        context.storage,
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
        sha256, size = await loop.run_in_executor(context.media_executor, writer.commit)
    return StoredBlob(sha256=sha256, size=size, facts=facts, storage=context.storage.name)


async def fetch(context: Context, url: str) -> StoredBlob:
    """A foreign file into our storage, through the guard for addresses a user gave."""
    return await store(context, context.http.download(url, limit=context.settings.max_asset_bytes), declared=None)


def _insert(
    session: Session,
    actor: Actor,
    stored: StoredBlob,
    storage: Storage,
    *,
    filename: str,
    duration: float | None,
    alt_text: str | None,
    delete_after: datetime | None,
    base_url: str,
    now: datetime,
) -> dict[str, Any]:
    remember_blob(session, stored, now)
    if not storage.exists(key_of(stored.sha256)):
        raise AppError("storage_unavailable", "The file was cleared away while it arrived. Send it again.")
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
    return asset_json(row, base_url)


def remember_blob(session: Session, stored: StoredBlob, now: datetime) -> None:
    if session.get(Blob, stored.sha256) is None:
        session.add(
            Blob(
                sha256=stored.sha256,
                size=stored.size,
                storage=stored.storage,
                object_key=key_of(stored.sha256),
                created_at=now,
            )
        )
        session.flush()


def register(
    session: Session, actor: Actor, body: Mapping[str, Any], *, base_url: str, now: datetime
) -> dict[str, Any]:
    """A file that lies elsewhere already; its bytes are fetched when a post needs them."""
    allow(actor, Action.PUBLISH)
    key, url = _text(body, "objectKey"), _text(body, "publicUrl")
    if not key:
        raise AppError("object_key_required", "Give the objectKey of the file.", details={"field": "objectKey"})
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
    return asset_json(row, base_url)


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
        select(Asset).where(Asset.workspace_id == workspace_id, Asset.id == asset_id, Asset.status != "deleted")
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
    )


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
        content = await asyncio.get_running_loop().run_in_executor(context.media_executor, _make, context, file, name)
        known = await context.db.write(_remember_variant, file.sha256, name, content, context.now())
    stem = PurePosixPath(file.filename).stem
    return Deliverable(
        sha256=file.sha256 + name, kind="image", key=known[0], mime="image/jpeg", size=known[1], filename=f"{stem}.jpg"
    )


def _make(context: Context, file: Deliverable, name: str) -> tuple[str, int]:
    path = context.storage.path(file.key)
    if file.kind not in ("image", "video"):
        raise AppError("asset_not_found", "This file has no picture.")
    content = media.preview(path, file.kind) if name == "preview" or file.kind == "video" else media.jpeg(path)
    with context.storage.writer() as writer:
        writer.write(content)
        sha256, size = writer.commit()
    return sha256, size


def _variant(session: Session, sha256: str, name: str) -> tuple[str, int] | None:
    row = session.get(BlobVariant, (sha256, name))
    return None if row is None else (row.object_key, row.size)


def _remember_variant(
    session: Session, sha256: str, name: str, content: tuple[str, int], now: datetime
) -> tuple[str, int]:
    key = key_of(content[0])
    if session.get(BlobVariant, (sha256, name)) is None:
        session.add(
            BlobVariant(sha256=sha256, variant=name, object_key=key, mime="image/jpeg", size=content[1], created_at=now)
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
    return asset_json(row, base_url)


async def sweep_storage(context: Context) -> None:
    """Remove what is past its time; never bytes that a post may still need."""
    await context.db.write(_sweep, context.storage, context.now())


def _sweep(session: Session, storage: Storage, now: datetime) -> None:
    """Bytes go inside the transaction: an upload of the same ones either keeps them or finds them gone."""
    for row in session.scalars(
        select(Asset).where(Asset.delete_after < now, Asset.status != "deleted", ~_pinned(Asset.sha256))
    ):
        row.status, row.updated_at = "deleted", now
    session.flush()
    loose = select(Blob).where(
        Blob.created_at < now - ORPHAN_AGE,
        ~exists().where(Asset.sha256 == Blob.sha256, Asset.status != "deleted"),
        ~_pinned(Blob.sha256),
    )
    for blob in session.scalars(loose.limit(MOST_SWEPT)).all():
        variants = session.scalars(select(BlobVariant.object_key).where(BlobVariant.sha256 == blob.sha256)).all()
        session.execute(delete_rows(BlobVariant).where(BlobVariant.sha256 == blob.sha256))
        for row in session.scalars(select(Asset).where(Asset.sha256 == blob.sha256)):
            row.sha256 = None
        session.flush()
        session.delete(blob)
        for key in (blob.object_key, *variants):
            storage.delete(key)


def _pinned(sha256: Any) -> Any:
    """A post that is not over, or of which nobody knows whether it is out, still points at the bytes."""
    return exists().where(
        PostAsset.sha256 == sha256,
        PostAsset.post_id == Post.id,
        or_(
            Post.status.not_in((PostStatus.PUBLISHED, PostStatus.FAILED, PostStatus.CANCELED)),
            Post.error_code == outcomes.UNKNOWN_OUTCOME,
        ),
    )
