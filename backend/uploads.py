"""Large files that a browser sends in parts, straight to the storage: begin, send, finish, or give up.

The row of an upload says how far it is. Every step may be repeated: a caller whose answer was lost asks again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from . import assets, media
from .access import Action, Actor, allow, get, scoped
from .assets import StoredBlob
from .context import Context
from .errors import AppError
from .ids import new_id
from .models import Asset, MultipartUpload
from .sealing import new_token
from .storage import Part, Parts, PartsRefused, UploadGone

log = logging.getLogger(__name__)

PLACE = "uploads"
PART_BYTES = 8 * 1024 * 1024
MOST_PARTS = 10_000
LIFE = timedelta(days=1)
ADDRESS_SECONDS = 900
HEAD_BYTES = 4096
LEFTOVER_AGE = timedelta(days=2)
"""More than the life of an upload, so that nothing of one that still runs is taken for a leftover."""
LEFTOVERS_EVERY = 256
"""Minutes between two looks for leftovers: that asks for lists of the whole place."""
MOST_SWEPT = 50
UNFINISHED = ("open", "completing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What the steps need of the two rows."""

    id: str
    asset_id: str
    storage_id: str
    key: str
    size: int
    part_size: int
    status: str
    mime: str
    expires_at: datetime

    @property
    def total_parts(self) -> int:
        return -(-self.size // self.part_size)

    def length_of(self, number: int) -> int:
        return min(self.part_size, self.size - (number - 1) * self.part_size)


# --- begin and send ---------------------------------------------------------------------------------------------------


async def initiate(
    context: Context, actor: Actor, *, filename: str, size: int, mime: str | None = None, resume: str | None = None
) -> dict[str, Any]:
    """``resume`` is the id of an upload of the same file: its answer also names the parts that have arrived."""
    allow(actor, Action.PUBLISH)
    limit = context.settings.max_asset_bytes
    if size < 1:
        raise AppError("asset_empty", "The file is empty. Choose another one.", details={"field": "size"})
    if size > limit:
        raise _too_large(limit)
    parts = context.storage.parts
    if parts is None:
        return {"mode": "base64", "maxAssetBytes": limit}
    if resume is not None:
        return await _resumed(context, actor, parts, resume, size)
    declared = (mime or "").partition(";")[0].strip().lower() or _mime_of(filename)
    key = f"{PLACE}/{new_token()}"
    storage_id = await asyncio.to_thread(parts.begin, key, declared)
    upload, asset = await context.db.write(
        _begin,
        actor,
        filename=filename.strip()[:255] or "upload",
        size=size,
        mime=declared,
        key=key,
        storage=context.storage.name,
        storage_id=storage_id,
        base_url=context.settings.public_base_url,
        now=context.now(),
    )
    return _answer(upload, asset, [])


def _mime_of(filename: str) -> str:
    return media.BY_EXTENSION.get(PurePosixPath(filename).suffix.lstrip(".").lower(), "application/octet-stream")


def _begin(
    session: Session,
    actor: Actor,
    *,
    filename: str,
    size: int,
    mime: str,
    key: str,
    storage: str,
    storage_id: str,
    base_url: str,
    now: datetime,
) -> tuple[Upload, dict[str, Any]]:
    kind = mime.partition("/")[0]
    asset = Asset(
        id=new_id("asset", now),
        workspace_id=actor.workspace_id,
        storage=storage,
        delivery_token=new_token(),
        original_filename=filename,
        mime=mime,
        kind=kind if kind in ("image", "video", "audio") else "other",
        size=size,
        status="uploading",
        created_by=actor.label,
        created_at=now,
        updated_at=now,
    )
    session.add(asset)
    session.flush()
    row = MultipartUpload(
        id=new_id("up", now),
        workspace_id=actor.workspace_id,
        asset_id=asset.id,
        storage_upload_id=storage_id,
        object_key=key,
        size=size,
        part_size=max(PART_BYTES, -(-size // MOST_PARTS)),
        status="open",
        created_at=now,
        expires_at=now + LIFE,
    )
    session.add(row)
    session.flush()
    return _upload(row, asset), assets.asset_json(asset, base_url)


async def _resumed(context: Context, actor: Actor, parts: Parts, upload_id: str, size: int) -> dict[str, Any]:
    upload, asset = await context.db.read(_by_id, actor, upload_id, context.settings.public_base_url)
    _refuse_ended(upload, context.now())
    if upload.size != size:
        raise AppError(
            "upload_file_changed",
            f"That upload was begun for a file of {upload.size} bytes. Choose the same file, or begin anew.",
            details={"size": upload.size},
        )
    try:
        arrived = await asyncio.to_thread(parts.arrived, upload.key, upload.storage_id)
    except UploadGone:
        raise _ended() from None
    whole = [
        part for part in arrived if part.number <= upload.total_parts and part.size == upload.length_of(part.number)
    ]
    return _answer(upload, asset, whole)


def _by_id(session: Session, actor: Actor, upload_id: str, base_url: str) -> tuple[Upload, dict[str, Any]]:
    row = session.scalar(scoped(actor, MultipartUpload).where(MultipartUpload.id == upload_id))
    if row is None:
        raise _unknown(upload_id)
    asset = get(session, actor, Asset, row.asset_id)
    return _upload(row, asset), assets.asset_json(asset, base_url)


def _answer(upload: Upload, asset: dict[str, Any], arrived: Sequence[Part]) -> dict[str, Any]:
    return {
        "mode": "multipart",
        "asset": asset,
        "upload": {
            "uploadId": upload.id,
            "partSize": upload.part_size,
            "totalParts": upload.total_parts,
            "parts": [{"PartNumber": part.number, "ETag": part.etag} for part in arrived],
        },
    }


async def part(context: Context, actor: Actor, asset_id: str, *, upload_id: str, number: int) -> dict[str, Any]:
    """Where the part goes. The address is good for these bytes' number and place only, and for some minutes."""
    allow(actor, Action.PUBLISH)
    upload = await context.db.read(_found, actor, asset_id, upload_id)
    now = context.now()
    _refuse_ended(upload, now)
    if not 1 <= number <= upload.total_parts:
        raise AppError(
            "upload_part_invalid",
            f"This upload has the parts 1 to {upload.total_parts}.",
            details={"field": "partNumber", "totalParts": upload.total_parts},
        )
    seconds = max(1, min(ADDRESS_SECONDS, int((upload.expires_at - now).total_seconds())))
    url = await asyncio.to_thread(
        _parts_of(context).address,
        upload.key,
        upload.storage_id,
        number,
        length=upload.length_of(number),
        seconds=seconds,
    )
    return {"assetId": asset_id, "uploadId": upload.id, "partNumber": number, "url": url, "expiresIn": seconds}


# --- finish -----------------------------------------------------------------------------------------------------------


async def complete(
    context: Context,
    actor: Actor,
    asset_id: str,
    *,
    upload_id: str,
    parts: Any,
    duration: float | None = None,
    width: int | None = None,
    height: int | None = None,
) -> dict[str, Any]:
    """Put the parts together, look at what they are, and make the file ready. What is refused is removed."""
    allow(actor, Action.PUBLISH)
    base_url = context.settings.public_base_url
    upload = await context.db.read(_found, actor, asset_id, upload_id)
    if upload.status == "completed":
        return await context.db.read(_json, actor, asset_id, base_url)
    _refuse_ended(upload, context.now())
    named = parts_of(parts, upload.total_parts)
    await context.db.write(_move, upload.id, ("open",), "completing")
    try:
        await _join(context, upload, named)
        stored = await _taken_over(context, upload)
    except FileNotFoundError:  # another request for the same upload was quicker, and cleared up behind itself
        return await _done_elsewhere(context, actor, upload, base_url)
    given = {"duration": duration, "width": width, "height": height}
    finished = await context.db.write(_finish, actor, upload, stored, given, base_url, context.now())
    with suppress(AppError):  # the sweep removes it as well
        await asyncio.to_thread(context.storage.delete, upload.key)
    return finished


def parts_of(given: Any, total: int) -> list[Part]:
    """Every part once, in order. Raises ``upload_parts_invalid``."""
    rows = cast("list[Any]", given) if isinstance(given, list) else []
    parts = [_part_of(row) for row in rows]
    numbers = [part.number for part in parts]
    missing = sorted(set(range(1, total + 1)) - set(numbers))
    if missing:
        raise _parts_invalid("Parts are missing. Send them, then name all parts.", missing=missing[:100])
    if numbers != list(range(1, total + 1)):
        raise _parts_invalid(f"Name the parts 1 to {total} once each, in this order.", numbers=numbers[:100])
    return parts


def _part_of(row: Any) -> Part:
    fields: Mapping[str, Any] = cast("Mapping[str, Any]", row) if isinstance(row, dict) else {}
    etag = fields.get("ETag", fields.get("etag"))
    number = fields.get("PartNumber", fields.get("partNumber"))
    if not isinstance(etag, str) or not etag.strip('" ') or len(etag) > 200 or not etag.isprintable():
        raise _parts_invalid("Each part needs the ETag that the storage answered when it was sent.")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise _parts_invalid("Each part needs its PartNumber, counted from 1.")
    return Part(number=number, etag=f'"{etag.strip(chr(34) + " ")}"')


def _parts_invalid(sentence: str, **details: Any) -> AppError:
    return AppError("upload_parts_invalid", sentence, details={"field": "parts", **details})


async def _join(context: Context, upload: Upload, named: Sequence[Part]) -> None:
    """Joined for sure afterwards. A lost answer is no failure: what counts is whether the file is there."""
    parts = _parts_of(context)
    try:
        await asyncio.to_thread(parts.join, upload.key, upload.storage_id, named)
    except PartsRefused as refused:
        await context.db.write(_move, upload.id, ("completing",), "open")
        raise _parts_invalid(
            "The storage does not have the parts as you name them. Send those that differ again, and use the ETags of its answers.",
            reason=refused.code,
        ) from None
    except (UploadGone, AppError) as error:
        if await asyncio.to_thread(context.storage.exists, upload.key):
            return
        if isinstance(error, UploadGone) or await asyncio.to_thread(_is_gone, parts, upload):
            raise FileNotFoundError(upload.key) from None
        raise


def _is_gone(parts: Parts, upload: Upload) -> bool:
    """Ceph answers the joining of an upload that is gone as a fault of its own; the list of parts is plainer."""
    try:
        parts.arrived(upload.key, upload.storage_id)
    except UploadGone:
        return True
    return False


async def _taken_over(context: Context, upload: Upload) -> StoredBlob:
    """The joined file under the name of its content, after a look at all its bytes."""
    try:
        await asyncio.to_thread(_refuse_other_size, context, upload)
        return await _examined(context, upload)
    except AppError as error:
        if error.code != "storage_unavailable":
            await _discard(context, upload)
        raise


def _refuse_other_size(context: Context, upload: Upload) -> None:
    size, limit = context.storage.size(upload.key), context.settings.max_asset_bytes
    if size > limit:
        raise _too_large(limit)
    if size != upload.size:
        raise AppError(
            "asset_size_mismatch",
            f"The file was announced with {upload.size} bytes, but {size} came. Begin the upload anew.",
            details={"announced": upload.size, "size": size},
        )


async def _examined(context: Context, upload: Upload) -> StoredBlob:
    """Through a file on this machine: libraries want one, and a whole video does not go into memory."""
    loop = asyncio.get_running_loop()
    with context.storage.writer() as writer:

        def fetch(start: int, stop: int) -> None:
            for chunk in context.storage.open_range(upload.key, start, stop):
                writer.write(chunk)

        await asyncio.to_thread(fetch, 0, min(HEAD_BYTES, upload.size))
        await asyncio.to_thread(lambda: media.refuse_lie(upload.mime, media.sniff(writer.path.read_bytes())))
        await asyncio.to_thread(fetch, min(HEAD_BYTES, upload.size), upload.size)
        limit = context.settings.max_image_pixels
        facts = await loop.run_in_executor(
            context.media_executor, lambda: media.probe(writer.path, declared=upload.mime, max_pixels=limit)
        )
        stored = StoredBlob(sha256=writer.sha256, size=writer.size, facts=facts, storage=context.storage.name)
    await context.db.write(assets.reserve, sha256=stored.sha256, size=stored.size, storage=stored.storage, now=context.now(), facts=facts)  # fmt: skip
    await asyncio.to_thread(_parts_of(context).adopt, upload.key, stored.sha256)
    return stored


def _finish(
    session: Session,
    actor: Actor,
    upload: Upload,
    stored: StoredBlob,
    given: Mapping[str, Any],
    base_url: str,
    now: datetime,
) -> dict[str, Any]:
    row = get(session, actor, Asset, upload.asset_id)
    if not _move(session, upload.id, UNFINISHED, "completed"):
        return _outcome(session, actor, upload, base_url)
    facts = stored.facts
    row.sha256, row.object_key, row.size = stored.sha256, assets.blob_key(stored.sha256), stored.size
    row.mime, row.kind = facts.mime, facts.kind
    row.width, row.height = facts.width or given["width"], facts.height or given["height"]
    row.duration = facts.duration or given["duration"]
    row.status, row.updated_at = "ready", now
    session.flush()
    assets.record(session, actor, "added", row, now)
    return assets.asset_json(row, base_url)


async def _done_elsewhere(context: Context, actor: Actor, upload: Upload, base_url: str) -> dict[str, Any]:
    found = await context.db.read(_found, actor, upload.asset_id, upload.id)
    if found.status in UNFINISHED:  # the storage lost it, or somebody dropped it there
        await context.db.write(_give_up, upload.id, context.now())
    return await context.db.read(_outcome, actor, upload, base_url)


def _outcome(session: Session, actor: Actor, upload: Upload, base_url: str) -> dict[str, Any]:
    if _found(session, actor, upload.asset_id, upload.id).status != "completed":
        raise _ended()
    return _json(session, actor, upload.asset_id, base_url)


# --- give up ----------------------------------------------------------------------------------------------------------


async def abort(context: Context, actor: Actor, asset_id: str, *, upload_id: str | None = None) -> None:
    allow(actor, Action.PUBLISH)
    upload = await context.db.read(_found, actor, asset_id, upload_id)
    if upload.status == "completed":
        raise AppError("upload_ended", "This upload is finished. Delete the file instead.")
    await _discard(context, upload)


async def _discard(context: Context, upload: Upload) -> None:
    """The rows first: should the storage not answer, the sweep finds what is left there."""
    if not await context.db.write(_give_up, upload.id, context.now()):
        return
    with suppress(AppError):
        await asyncio.to_thread(_clear, context, upload.key, upload.storage_id)


def _clear(context: Context, key: str, storage_id: str) -> None:
    with suppress(UploadGone, FileNotFoundError):
        _parts_of(context).drop(key, storage_id)
    context.storage.delete(key)


def _give_up(session: Session, upload_id: str, now: datetime) -> bool:
    if not _move(session, upload_id, UNFINISHED, "aborted"):
        return False
    of_upload = select(MultipartUpload.asset_id).where(MultipartUpload.id == upload_id).scalar_subquery()
    session.execute(update(Asset).where(Asset.id == of_upload).values(status="deleted", updated_at=now))
    return True


async def sweep(context: Context) -> None:
    """Give up what nobody finished in a day, and clear what crashes left in the storage."""
    if context.storage.parts is None:
        return
    now = context.now()
    for upload in await context.db.read(_expired, now):
        await _discard(context, upload)
    if int(now.timestamp() // 60) % LEFTOVERS_EVERY == 0:
        await clear_leftovers(context)


async def clear_leftovers(context: Context) -> None:
    before = context.now() - LEFTOVER_AGE
    parts = _parts_of(context)
    begun = await asyncio.to_thread(lambda: list(parts.unjoined(PLACE)))
    kept = await asyncio.to_thread(lambda: list(context.storage.kept(PLACE)))
    needed = await context.db.read(_keys_in_use)
    for key, storage_id, at in begun:
        if at < before and key not in needed:
            await asyncio.to_thread(_clear, context, key, storage_id)
    for thing in kept:
        if thing.at < before and thing.key not in needed:
            await asyncio.to_thread(context.storage.delete, thing.key)


def _expired(session: Session, now: datetime) -> list[Upload]:
    late = (
        select(MultipartUpload, Asset)
        .join(Asset, Asset.id == MultipartUpload.asset_id)
        .where(MultipartUpload.status.in_(UNFINISHED), MultipartUpload.expires_at < now)
        .limit(MOST_SWEPT)
    )
    return [_upload(row, asset) for row, asset in session.execute(late)]


def _keys_in_use(session: Session) -> frozenset[str]:
    query = select(MultipartUpload.object_key).where(MultipartUpload.status.in_(UNFINISHED))
    return frozenset(session.scalars(query))


# --- rows -------------------------------------------------------------------------------------------------------------


def _found(session: Session, actor: Actor, asset_id: str, upload_id: str | None) -> Upload:
    asset = get(session, actor, Asset, asset_id)
    row = session.scalar(scoped(actor, MultipartUpload).where(MultipartUpload.asset_id == asset.id))
    if row is None or upload_id not in (None, row.id):
        raise _unknown(upload_id)
    return _upload(row, asset)


def _upload(row: MultipartUpload, asset: Asset) -> Upload:
    return Upload(
        id=row.id,
        asset_id=row.asset_id,
        storage_id=row.storage_upload_id,
        key=row.object_key,
        size=row.size,
        part_size=row.part_size,
        status=row.status,
        mime=asset.mime,
        expires_at=row.expires_at,
    )


def _json(session: Session, actor: Actor, asset_id: str, base_url: str) -> dict[str, Any]:
    return assets.asset_json(get(session, actor, Asset, asset_id), base_url)


def _move(session: Session, upload_id: str, out_of: Sequence[str], status: str) -> bool:
    change = (
        update(MultipartUpload)
        .where(MultipartUpload.id == upload_id, MultipartUpload.status.in_(out_of))
        .values(status=status)
    )
    return cast("Any", session.execute(change)).rowcount == 1


def _refuse_ended(upload: Upload, now: datetime) -> None:
    if upload.status not in UNFINISHED or upload.expires_at <= now:
        raise _ended()


def _ended() -> AppError:
    return AppError("upload_ended", "This upload has ended. Begin it anew.")


def _unknown(upload_id: str | None) -> AppError:
    return AppError("upload_not_found", "There is no such upload of this file.", details={"uploadId": upload_id})


def _too_large(limit: int) -> AppError:
    return AppError(
        "asset_too_large",
        f"The file is larger than {limit} bytes. Choose a smaller one.",
        details={"maxAssetBytes": limit},
    )


def _parts_of(context: Context) -> Parts:
    if context.storage.parts is None:
        raise AppError("upload_ended", "This server no longer takes files in parts. Send the file whole.")
    return context.storage.parts
