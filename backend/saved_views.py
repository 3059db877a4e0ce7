"""Views of the list of posts that a person keeps under a name, in one workspace, for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from . import browsing
from .access import Action, Actor, allow, scoped
from .errors import AppError
from .ids import new_id
from .models import SavedView

MOST = 50
LONGEST_NAME = 60


def list_views(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """By name. An API key has none."""
    allow(actor, Action.READ)
    rows = session.scalars(scoped(actor, SavedView).where(SavedView.user_id == actor.user_id))
    return sorted((_json(row) for row in rows), key=lambda view: view["name"].lower())


def keep(session: Session, actor: Actor, *, name: str, query: Mapping[str, object], now: datetime) -> dict[str, Any]:
    """Under a name that this person has already, the new view takes the place of the old one.

    Raises ``view_name_required``, ``view_name_too_long``, ``view_empty`` and ``too_many_views``.
    """
    allow(actor, Action.READ)
    name, asked = " ".join(name.replace("\0", "").split()), browsing.asked(query)
    if actor.user_id is None:
        raise AppError("forbidden", "Only people keep views.")
    if not name:
        raise AppError("view_name_required", "Give the view a name.")
    if len(name) > LONGEST_NAME:
        raise AppError("view_name_too_long", f"A name may have {LONGEST_NAME} letters.", details={"most": LONGEST_NAME})
    if not asked:
        raise AppError("view_empty", "This is the list of all posts. Choose a filter first, then save it.")
    row = session.scalar(_named(actor, name))
    if row is None:
        if len(list_views(session, actor)) >= MOST:
            raise AppError(
                "too_many_views", f"You have {MOST} views already. Remove one first.", details={"most": MOST}
            )
        row = SavedView(
            id=new_id("view", now),
            workspace_id=actor.workspace_id,
            user_id=actor.user_id,
            name=name,
            query=asked,
            created_at=now,
        )
        session.add(row)
    row.query = asked
    return _json(row)


def remove(session: Session, actor: Actor, view_id: str) -> None:
    """Nothing happens when it is gone already."""
    allow(actor, Action.READ)
    session.execute(
        delete(SavedView).where(
            SavedView.workspace_id == actor.workspace_id, SavedView.user_id == actor.user_id, SavedView.id == view_id
        )
    )


def _named(actor: Actor, name: str) -> Any:
    return scoped(actor, SavedView).where(SavedView.user_id == actor.user_id, SavedView.name == name)


def _json(row: SavedView) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "query": browsing.asked(row.query)}
