"""Whether an account said the same before: a warning for people, never a refusal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from providers.contract import compose_text

from . import outcomes
from .access import Action, Actor, allow, scoped
from .models import Post, PostAsset
from .status import PostStatus
from .wire import iso

LOOKED_BACK = timedelta(days=30)
SAID = (PostStatus.SCHEDULED, PostStatus.PUBLISHING, PostStatus.RETRY_PENDING, PostStatus.PUBLISHED)
ROOM = 40
"""Characters by which two texts may differ in length and still be the same words: spaces, marks, what a link carries."""


def fingerprint(text: str, files: Sequence[str] = ()) -> str:
    """The same for texts that readers would call the same: case, spaces, punctuation and what links carry do not count.

    A text without a word is told by its files, which are given by their content.
    """
    plain = re.sub(r"(https?://[^\s?#]*)[?#]\S*", r"\1", unicodedata.normalize("NFKC", text).casefold())
    words = re.findall(r"\w+", plain)
    return " ".join(words) if words else " ".join(sorted(files))


def earlier(
    session: Session,
    actor: Actor,
    wanted: Mapping[str, tuple[str, Sequence[str]]],
    *,
    now: datetime,
    besides: str | None = None,
) -> list[dict[str, Any]]:
    """For each account the newest post of the last days, or of those to come, that says the same. ``wanted`` has the
    text and the files that shall go to each account; ``besides`` is the post that is being changed."""
    allow(actor, Action.READ)
    found: list[dict[str, Any]] = []
    for account_id, (text, files) in wanted.items():
        mark = fingerprint(text, files)
        rows = _candidates(session, actor, account_id, len(text), now) if mark else []
        for row in rows:
            if (
                row.id != besides
                and fingerprint(compose_text(row.title, row.description), _files(session, row)) == mark
            ):
                found.append({"account": account_id, "postId": row.id, "status": row.status, "at": _at(row)})
                break
    return found


def _candidates(session: Session, actor: Actor, account_id: str, length: int, now: datetime) -> list[Post]:
    """Judged by length first: nobody reads a month of posts again at every pause of the keys."""
    size = func.length(Post.title) + func.length(Post.description)
    query = (
        scoped(actor, Post)
        .where(
            Post.account_id == account_id,
            Post.publish_at >= now - LOOKED_BACK,
            or_(Post.status.in_(SAID), Post.error_code == outcomes.UNKNOWN_OUTCOME),
            Post.deleted_at.is_(None),
            size.between(length - ROOM - length // 4, length + ROOM + length // 4),
        )
        .order_by(Post.publish_at.desc())
    )
    return list(session.scalars(query))


def _files(session: Session, post: Post) -> list[str]:
    rows = session.execute(select(PostAsset.sha256, PostAsset.url).where(PostAsset.post_id == post.id))
    return [sha256 or url for sha256, url in rows]


def _at(row: Post) -> str | None:
    return iso(row.published_at or row.publish_at)
