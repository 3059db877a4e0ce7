"""What somebody is writing, kept as they type: as many drafts as they began, for nobody else's eyes.

Each save names the revision it stands on. A second window that saves the same draft later is told so and loses nothing:
what it has becomes a draft of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, update
from sqlalchemy.orm import Session

from . import compositions, outcomes
from .access import Action, Actor, allow, scoped
from .compositions import Composition
from .errors import AppError
from .ids import new_id
from .models import ComposeDraft
from .wire import iso

MOST_LISTED = 50
SENT_KEPT = timedelta(hours=1)
"""What went out is kept as long as somebody may still take it back, and a while longer."""


def mine(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """The unfinished ones, newest first. Changes to posts that stand are not among them: those begin at the post."""
    allow(actor, Action.READ)
    rows = session.scalars(_of(actor).order_by(ComposeDraft.updated_at.desc(), ComposeDraft.id.desc()))
    return [draft_json(row) for row in rows if not row.data.get("sent") and not row.data.get("change")][:MOST_LISTED]


def find(session: Session, actor: Actor, draft_id: str) -> dict[str, Any] | None:
    allow(actor, Action.READ)
    row = _row(session, actor, draft_id)
    return None if row is None else draft_json(row)


def of_post(session: Session, actor: Actor, post_id: str) -> dict[str, Any] | None:
    """The change to this post that they began and did not save."""
    allow(actor, Action.READ)
    begun = [draft_json(row) for row in session.scalars(_of(actor).order_by(ComposeDraft.updated_at.desc()))]
    changes = ((draft, draft["composition"].change) for draft in begun)
    return next((draft for draft, change in changes if change and change.post_id == post_id), None)


def draft_json(row: ComposeDraft) -> dict[str, Any]:
    return {
        "id": row.id,
        "revision": row.revision,
        "composition": compositions.read(row.data),
        "sent": row.data.get("sent"),
        "createdAt": iso(row.created_at),
        "updatedAt": iso(row.updated_at),
    }


def new(now: datetime) -> str:
    """The id of a draft that is not kept yet."""
    return new_id("draft", now)


def keep(
    session: Session, actor: Actor, draft_id: str, composition: Composition, *, revision: int, now: datetime
) -> dict[str, Any]:
    """``id`` and ``revision`` of what was kept. ``revision`` is the one this window saw last, 0 for a new draft.

    When another window was faster, what this one has is kept under a new id, and ``changed`` is the other one's draft.
    """
    allow(actor, Action.PUBLISH)
    if actor.user_id is None:
        raise AppError("forbidden", "Only people keep drafts.")
    row = _row(session, actor, draft_id)
    data = composition.model_dump(mode="json")
    if row is None and revision:  # sent or thrown away in another window: this one goes on by itself
        return _insert(session, actor, new(now), data, now)
    if row is None:
        return _insert(session, actor, draft_id, data, now)
    changed = session.execute(
        update(ComposeDraft)
        .where(ComposeDraft.id == row.id, ComposeDraft.revision == revision)
        .values(data=data, revision=ComposeDraft.revision + 1, updated_at=now)
    )
    if outcomes.rows(changed):
        return {"id": row.id, "revision": revision + 1}
    session.refresh(row)
    return {**_insert(session, actor, new(now), data, now), "changed": draft_json(row)}


def _insert(session: Session, actor: Actor, draft_id: str, data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    session.add(
        ComposeDraft(
            id=draft_id,
            workspace_id=actor.workspace_id,
            user_id=actor.user_id,
            data=dict(data),
            revision=1,
            created_at=now,
            updated_at=now,
        )
    )
    return {"id": draft_id, "revision": 1}


def discard(session: Session, actor: Actor, draft_id: str) -> None:
    allow(actor, Action.PUBLISH)
    session.execute(
        delete(ComposeDraft).where(
            ComposeDraft.id == draft_id,
            ComposeDraft.workspace_id == actor.workspace_id,
            ComposeDraft.user_id == actor.user_id,
        )
    )


def sent(session: Session, actor: Actor, draft_id: str, run_id: str, *, now: datetime) -> None:
    """It became a run. It is out of the list, and there again when the run is taken back."""
    allow(actor, Action.PUBLISH)
    for row in session.scalars(_of(actor).where(ComposeDraft.updated_at < now - SENT_KEPT)):
        if row.data.get("sent"):
            session.delete(row)
    row = _row(session, actor, draft_id)
    if row is not None:
        row.data, row.updated_at, row.revision = {**row.data, "sent": run_id}, now, row.revision + 1


def reopen(session: Session, actor: Actor, draft_id: str, *, now: datetime) -> None:
    allow(actor, Action.PUBLISH)
    row = _row(session, actor, draft_id)
    if row is not None:
        kept = {key: value for key, value in row.data.items() if key != "sent"}
        row.data, row.updated_at, row.revision = kept, now, row.revision + 1


def _of(actor: Actor) -> Select[ComposeDraft]:
    return scoped(actor, ComposeDraft).where(ComposeDraft.user_id == actor.user_id)


def _row(session: Session, actor: Actor, draft_id: str) -> ComposeDraft | None:
    return session.scalar(_of(actor).where(ComposeDraft.id == draft_id))
