"""What somebody is writing, kept as they type: one for each person in a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from .access import Action, Actor, allow, scoped
from .errors import AppError
from .ids import new_id
from .models import ComposeDraft


def latest(session: Session, actor: Actor) -> dict[str, Any] | None:
    allow(actor, Action.READ)
    row = session.scalar(scoped(actor, ComposeDraft).where(ComposeDraft.user_id == actor.user_id))
    return None if row is None else dict(row.data)


def keep(session: Session, actor: Actor, data: Mapping[str, Any], *, now: datetime) -> None:
    allow(actor, Action.PUBLISH)
    if actor.user_id is None:
        raise AppError("forbidden", "Only people keep drafts.")
    row = session.scalar(scoped(actor, ComposeDraft).where(ComposeDraft.user_id == actor.user_id))
    if row is None:
        row = ComposeDraft(
            id=new_id("draft", now), workspace_id=actor.workspace_id, user_id=actor.user_id, revision=0, created_at=now
        )
        session.add(row)
    row.data, row.updated_at, row.revision = dict(data), now, row.revision + 1


def discard(session: Session, actor: Actor) -> None:
    allow(actor, Action.PUBLISH)
    session.execute(
        delete(ComposeDraft).where(
            ComposeDraft.workspace_id == actor.workspace_id, ComposeDraft.user_id == actor.user_id
        )
    )
