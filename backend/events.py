"""What happened, append-only: the audit, the story of a post, and live screens all read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .access import Actor, scoped
from .models import Event


def record(
    session: Session,
    *,
    workspace_id: str | None,
    at: datetime,
    kind: str,
    actor: str,
    subject_id: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    session.add(
        Event(workspace_id=workspace_id, at=at, kind=kind, actor=actor, subject_id=subject_id, data=dict(data or {}))
    )


def of_subject(session: Session, actor: Actor, subject_id: str) -> list[Event]:
    return list(session.scalars(scoped(actor, Event).where(Event.subject_id == subject_id).order_by(Event.seq)))


def latest(session: Session, actor: Actor, limit: int = 50) -> list[Event]:
    return list(session.scalars(scoped(actor, Event).order_by(Event.seq.desc()).limit(limit)))


def last_seq(session: Session, workspace_id: str) -> int:
    """Rises with everything that changes in a workspace: open pages compare it."""
    return session.scalar(select(func.max(Event.seq)).where(Event.workspace_id == workspace_id)) or 0


def newest_of(session: Session, workspace_id: str, kinds: Sequence[str], *, after: int) -> int:
    """The last event of these kinds after another; that one when there is none. Cheap while little has happened since."""
    found = select(func.max(Event.seq)).where(
        Event.workspace_id == workspace_id, Event.seq > after, Event.kind.in_(kinds)
    )
    return session.scalar(found) or after
