"""The media library as people look through it: what is there, where it is used, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, distinct, exists, func, or_, select
from sqlalchemy.orm import Session

from . import assets, posts
from .access import Action, Actor, allow, get, scoped
from .errors import AppError
from .models import Asset, Post, PostAsset
from .wire import iso

PAGE = 60
MOST_AT_ONCE = 500
MOST_USES = 50
LONGEST_ALT_TEXT = 4000
READY, DELETED = "ready", "pending_delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What somebody looks for. ``deleted`` shows what can still be restored, and nothing else."""

    search: str = ""
    """In names and alt texts."""
    kind: str | None = None
    """image, video, audio, other."""
    used: bool | None = None
    deleted: bool = False
    limit: int = PAGE
    offset: int = 0


# --- looking ----------------------------------------------------------------------------------------------------------


def look(session: Session, actor: Actor, wanted: Look, *, base_url: str) -> tuple[list[dict[str, Any]], int]:
    """Newest first, each with ``uses``: the number of posts that have it; and how many there are in all."""
    allow(actor, Action.READ)
    query = _wanted(actor, wanted)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    newest = query.order_by(Asset.created_at.desc(), Asset.id.desc())
    page = session.scalars(newest.limit(min(wanted.limit, MOST_AT_ONCE)).offset(wanted.offset)).all()
    uses = _uses(session, [row.id for row in page])
    return [{**assets.asset_json(row, base_url), "uses": uses.get(row.id, 0)} for row in page], total


def _wanted(actor: Actor, wanted: Look) -> Select[Asset]:
    query = scoped(actor, Asset).where(Asset.status == (DELETED if wanted.deleted else READY))
    if wanted.kind:
        query = query.where(Asset.kind == wanted.kind)
    if wanted.used is not None:
        used = exists().where(PostAsset.asset_id == Asset.id)
        query = query.where(used if wanted.used else ~used)
    for word in wanted.search.split()[:10]:
        query = query.where(
            or_(
                Asset.original_filename.icontains(word, autoescape=True),
                Asset.alt_text.icontains(word, autoescape=True),
            )
        )
    return query


def _uses(session: Session, ids: Sequence[str]) -> dict[str, int]:
    counts = (
        select(PostAsset.asset_id, func.count(distinct(PostAsset.post_id)))
        .where(PostAsset.asset_id.in_(ids))
        .group_by(PostAsset.asset_id)
    )
    return {id: count for id, count in session.execute(counts) if id is not None} if ids else {}


def detail(session: Session, actor: Actor, asset_id: str, *, base_url: str) -> dict[str, Any]:
    """The file, and in ``posts`` the newest of the ``uses`` posts that have it. ``restorable`` while it is only marked."""
    allow(actor, Action.READ)
    row = get(session, actor, Asset, asset_id)
    if row.status not in (READY, DELETED):
        raise _gone(asset_id)
    having = (
        scoped(actor, Post)
        .where(exists().where(PostAsset.post_id == Post.id, PostAsset.asset_id == row.id))
        .order_by(Post.publish_at.desc(), Post.id.desc())
    )
    found = session.scalars(having.limit(MOST_USES)).all()
    return {
        **assets.asset_json(row, base_url),
        "createdBy": row.created_by,
        "uses": _uses(session, [row.id]).get(row.id, 0),
        "posts": posts.posts_json(session, found),
        "waiting": _waiting(session, actor, [row.id]),
        "restorable": row.status == DELETED,
    }


def storage_used(session: Session, actor: Actor) -> dict[str, int]:
    """Equal files count once, as they are kept once. ``deletedBytes`` is what goes when the deleted ones do."""
    allow(actor, Action.READ)

    def sums(statuses: Sequence[str]) -> int:
        kept = (
            select(func.max(Asset.size).label("size"))
            .where(Asset.workspace_id == actor.workspace_id, Asset.status.in_(statuses), Asset.sha256.is_not(None))
            .group_by(Asset.sha256)
            .subquery()
        )
        return int(session.scalar(select(func.coalesce(func.sum(kept.c.size), 0))) or 0)

    counted = select(Asset.status, func.count()).where(Asset.workspace_id == actor.workspace_id).group_by(Asset.status)
    count = dict(session.execute(counted).all())
    everything = sums((READY, DELETED))
    return {
        "files": count.get(READY, 0),
        "bytes": everything,
        "deletedFiles": count.get(DELETED, 0),
        "deletedBytes": everything - sums((READY,)),
    }


def _waiting(session: Session, actor: Actor, ids: Sequence[str]) -> int:
    """Posts that are not over and need one of the files."""
    using = exists().where(PostAsset.post_id == Post.id, PostAsset.asset_id.in_(ids))
    waiting = scoped(actor, Post).where(using, assets.is_open()).subquery()
    return session.scalar(select(func.count()).select_from(waiting)) or 0


# --- changing ---------------------------------------------------------------------------------------------------------


def describe(
    session: Session, actor: Actor, asset_id: str, alt_text: str, *, seen: str | None, base_url: str, now: datetime
) -> dict[str, Any]:
    """The alt text that posts get when they are given the file. ``seen`` is the one that was changed: somebody else's
    newer words are not written over."""
    allow(actor, Action.PUBLISH)
    row = _there(session, actor, asset_id)
    words = " ".join(alt_text.split()) or None
    if words is not None and len(words) > LONGEST_ALT_TEXT:
        message = f"The description has {len(words)} characters; at most {LONGEST_ALT_TEXT} are kept. Make it shorter."
        raise AppError("alt_text_too_long", message, details={"maxLength": LONGEST_ALT_TEXT})
    if (row.alt_text or None) != (seen or None) and row.alt_text != words:
        message = "Somebody else has described this file meanwhile. Look at their words, then change them."
        raise AppError("asset_changed", message, details={"altText": row.alt_text})
    if row.alt_text != words:
        row.alt_text, row.updated_at = words, now
        assets.record(session, actor, "described", row, now)
    return assets.asset_json(row, base_url)


def about_to_delete(session: Session, actor: Actor, ids: Sequence[str], *, now: datetime) -> dict[str, Any]:
    """What to say first: how many ``files``, until when they can be restored, how many ``waiting`` posts keep them longer."""
    allow(actor, Action.PUBLISH)
    rows = _rows(session, actor, ids, READY)
    return {
        "files": len(rows),
        "until": iso(now + timedelta(days=assets.RETENTION_DAYS)),
        "days": assets.RETENTION_DAYS,
        "waiting": _waiting(session, actor, [row.id for row in rows]),
    }


def delete(session: Session, actor: Actor, ids: Sequence[str], *, base_url: str, now: datetime) -> list[str]:
    """The ids of those that were there and are marked now."""
    allow(actor, Action.PUBLISH)
    rows = _rows(session, actor, ids, READY)
    for row in rows:
        assets.delete(session, actor, row.id, retention_days=None, base_url=base_url, now=now)
    return [row.id for row in rows]


def restore(session: Session, actor: Actor, ids: Sequence[str], *, now: datetime) -> list[str]:
    """The ids of those that are back. What is gone already stays gone."""
    allow(actor, Action.PUBLISH)
    rows = _rows(session, actor, ids, DELETED)
    for row in rows:
        row.status, row.delete_after, row.updated_at = READY, None, now
        assets.record(session, actor, "restored", row, now)
    return [row.id for row in rows]


def keep(session: Session, actor: Actor, asset_id: str, *, base_url: str, now: datetime) -> dict[str, Any]:
    """A file that was sent with an end of its own stays for good."""
    allow(actor, Action.PUBLISH)
    row = _there(session, actor, asset_id)
    if row.delete_after is not None:
        row.delete_after, row.updated_at = None, now
        assets.record(session, actor, "kept", row, now)
    return assets.asset_json(row, base_url)


def remove_now(session: Session, actor: Actor, asset_id: str, *, now: datetime) -> None:
    """A deleted file goes before its time; the sweep takes its bytes. Raises ``asset_in_use`` while posts wait for them."""
    allow(actor, Action.PUBLISH)
    row = get(session, actor, Asset, asset_id)
    if row.status != DELETED:
        raise _gone(asset_id)
    if row.sha256 is not None and session.scalar(select(assets.pinned(row.sha256))):
        message = (
            "Posts that are not out yet need this file. It goes by itself when they are over; or cancel them first."
        )
        raise AppError("asset_in_use", message, details={"id": asset_id})
    row.status, row.delete_after, row.updated_at = "deleted", now, now
    assets.record(session, actor, "removed", row, now)


def _there(session: Session, actor: Actor, asset_id: str) -> Asset:
    row = get(session, actor, Asset, asset_id)
    if row.status not in (READY, "draft"):
        raise _gone(asset_id)
    return row


def _rows(session: Session, actor: Actor, ids: Sequence[str], status: str) -> Sequence[Asset]:
    chosen = scoped(actor, Asset).where(Asset.id.in_(list(ids)[:MOST_AT_ONCE]), Asset.status == status)
    return session.scalars(chosen.order_by(Asset.id)).all()


def _gone(asset_id: str) -> AppError:
    return AppError("asset_not_found", "This file is no longer in the library.", details={"id": asset_id})
