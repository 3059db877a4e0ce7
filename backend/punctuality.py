"""How late the publisher has been of late, from its own attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from .access import Action, Actor, allow
from .models import Attempt

SPAN = timedelta(hours=24)
MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Punctuality:
    """Seconds from the moment a post was due to its first request. ``usual`` is the median."""

    posts: int
    usual: float
    worst: float


def of_late(session: Session, actor: Actor, *, now: datetime) -> Punctuality | None:
    """Of what went out at the first try within a day; None when nothing did."""
    allow(actor, Action.READ)
    rows = session.scalars(
        select(Attempt.lateness)
        .where(
            Attempt.workspace_id == actor.workspace_id,
            Attempt.finished_at >= now - SPAN,
            Attempt.ok.is_(True),
            Attempt.attempt_no == 1,
            Attempt.lateness.is_not(None),
        )
        .order_by(Attempt.finished_at.desc())
        .limit(MOST)
    )
    return _summed(sorted(value for value in rows if value is not None))


def _summed(late: Sequence[float]) -> Punctuality | None:
    if not late:
        return None
    return Punctuality(posts=len(late), usual=max(0.0, late[len(late) // 2]), worst=max(0.0, late[-1]))
