"""Who did what in a workspace, for the people who answer for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from .access import Action, Actor, allow, scoped
from .models import Account, ApiKey, Asset, Event, Post, User
from .wire import iso

SHOWN = 100
TOLD = ("email", "role", "from", "to", "handle", "provider", "code", "outcome", "label", "seconds", "publishAtUtc")
"""What of an event is shown. The rest may be somebody's words, or a secret of a network."""
GROUPS: Mapping[str, tuple[str, ...]] = {
    "posts": ("post.", "run."),
    "accounts": ("account.", "connection."),
    "files": ("asset.",),
    "people": ("member.", "user."),
    "workspace": ("workspace.", "key."),
}
"""What the log can be narrowed down to, and how the kinds of those events begin."""


def entries(
    session: Session, actor: Actor, *, group: str = "", before: int | None = None, limit: int = SHOWN
) -> list[dict[str, Any]]:
    """The newest first; ``before`` is the ``seq`` of the last one that is known already."""
    allow(actor, Action.MANAGE_WORKSPACE)
    query = scoped(actor, Event).order_by(Event.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(Event.seq < before)
    if group in GROUPS:
        first, *rest = (Event.kind.startswith(start, autoescape=True) for start in GROUPS[group])
        for other in rest:
            first = first | other
        query = query.where(first)
    rows = session.scalars(query).all()
    names, subjects = _actors(session, rows), _subjects(session, actor, rows)
    return [
        {
            "seq": row.seq,
            "at": iso(row.at),
            "kind": row.kind,
            "by": names.get(row.actor, row.actor.partition(":")[0]),
            "postId": row.subject_id if (row.subject_id or "").startswith("post_") else None,
            "subject": subjects.get(row.subject_id or "", ""),
            "data": {key: value for key, value in row.data.items() if key in TOLD},
        }
        for row in rows
    ]


def _actors(session: Session, rows: Iterable[Event]) -> dict[str, str]:
    """What to call those who acted: people by name or address, keys by their label."""
    labels = {row.actor for row in rows}
    ids = [label.partition(":")[2] for label in labels]
    people = session.scalars(select(User).where(User.id.in_(ids)))
    keys = session.scalars(select(ApiKey).where(ApiKey.id.in_(ids)))
    return {
        **{f"user:{row.id}": row.name or row.email for row in people},
        **{f"key:{row.id}": row.label or f"{row.prefix}…" for row in keys},
    }


def _subjects(session: Session, actor: Actor, rows: Sequence[Event]) -> dict[str, str]:
    """What it was done to, in a few words."""
    ids = {row.subject_id for row in rows if row.subject_id}
    posts = session.scalars(scoped(actor, Post).where(Post.id.in_(ids)))
    accounts = session.scalars(scoped(actor, Account).where(Account.id.in_(ids)))
    people = session.scalars(select(User).where(User.id.in_(ids)))
    keys = session.scalars(scoped(actor, ApiKey).where(ApiKey.id.in_(ids)))
    files = session.scalars(scoped(actor, Asset).where(Asset.id.in_(ids)))
    return {
        **{row.id: row.original_filename or "" for row in files},
        **{row.id: " ".join(f"{row.title} {row.description}".split())[:80] for row in posts},
        **{row.id: row.display_name or row.handle for row in accounts},
        **{row.id: row.name or row.email for row in people},
        **{row.id: row.label or f"{row.prefix}…" for row in keys},
    }
