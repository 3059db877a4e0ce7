"""Who asks, and what they may see. The only place that filters by workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from . import models
from .errors import AppError

M = TypeVar("M")


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


class Action(StrEnum):
    READ = "read"
    PUBLISH = "publish"
    CONNECT = "connect"
    MANAGE_KEYS = "manage_keys"
    MANAGE_WORKSPACE = "manage_workspace"


_ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.VIEWER: frozenset({Action.READ}),
    Role.EDITOR: frozenset({Action.READ, Action.PUBLISH}),
    Role.ADMIN: frozenset(Action),
    Role.OWNER: frozenset(Action),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody acting inside one workspace: an API key, a signed-in person, or the program itself."""

    workspace_id: str
    label: str
    """For the audit: ``key:key_…``, ``user:user_…``, ``worker``, ``cli``."""
    role: Role = Role.ADMIN
    user_id: str | None = None
    key_id: str | None = None
    session_id: str | None = None


def may(actor: Actor, action: Action) -> bool:
    return action in _ALLOWED[actor.role]


def allow(actor: Actor, action: Action) -> None:
    """Raises ``forbidden``."""
    if not may(actor, action):
        raise AppError(
            "forbidden",
            f"Your role here ({actor.role}) may not do that. Ask an admin of the workspace.",
            details={"action": action},
        )


def scoped(actor: Actor, model: type[M]) -> Select[M]:
    """A select of this workspace's rows."""
    return select(model).where(cast("Any", model).workspace_id == actor.workspace_id)


_NOUNS: Mapping[type[Any], tuple[str, str]] = {
    models.Post: ("post_not_found", "post"),
    models.Run: ("run_not_found", "run"),
    models.Account: ("account_not_found", "account"),
    models.Connection: ("connection_not_found", "connection"),
    models.Asset: ("asset_not_found", "asset"),
    models.ApiKey: ("api_key_not_found", "API key"),
    models.ComposeDraft: ("draft_not_found", "draft"),
}


def get(session: Session, actor: Actor, model: type[M], id: str) -> M:
    """One row of this workspace. Another workspace's id is the same 404 as one that never was."""
    row = session.scalar(scoped(actor, model).where(cast("Any", model).id == id))
    if row is None:
        code, noun = _NOUNS[model]
        raise AppError(code, f"There is no {noun} {id!r} in this workspace.", details={"id": id})
    return row
