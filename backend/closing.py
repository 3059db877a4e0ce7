"""The end of a workspace: what goes with it is said first, and nothing that is on its way is torn off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from . import accounts, events, workspaces
from .access import Actor, Role, scoped
from .context import Context
from .errors import AppError
from .models import Account, ApiKey, Asset, Membership, Post, Workspace
from .status import AccountStatus, PostStatus


def what_goes(session: Session, actor: Actor) -> dict[str, int]:
    """What is deleted with the workspace, in numbers."""
    _owner(actor)

    def count(model: Any, *conditions: Any) -> int:
        return session.scalar(select(func.count()).select_from(scoped(actor, model).where(*conditions).subquery())) or 0

    return {
        "scheduled": count(Post, Post.status.in_((PostStatus.SCHEDULED, PostStatus.RETRY_PENDING))),
        "posts": count(Post),
        "accounts": count(Account, Account.status != AccountStatus.DISCONNECTED),
        "files": count(Asset, Asset.status == "ready"),
        "keys": count(ApiKey, ApiKey.revoked_at.is_(None)),
        "members": count(Membership),
    }


async def delete_workspace(context: Context, actor: Actor, name: str) -> None:
    """Ends the logins at the networks, then everything is gone. ``name`` is the workspace's, typed by a person.

    Raises ``forbidden`` for anyone but owners, ``workspace_name_wrong``, and ``workspace_busy`` while a post is on its
    way: it would go out, and nobody would ever know.
    """
    _owner(actor)
    for account_id in await context.db.write(_stop, actor, name, context.now()):
        await accounts.disconnect(context, actor, account_id)
    await context.db.write(_delete, context, actor, name)


def _owner(actor: Actor) -> None:
    if actor.role is not Role.OWNER:
        raise AppError("forbidden", "Only an owner may delete the workspace.")


def _stop(session: Session, actor: Actor, name: str, now: datetime) -> list[str]:
    """Nothing sets out any more from here on. The accounts whose logins have to end."""
    _check(session, actor, name)
    workspaces.hold(session, actor, paused=True, now=now)
    rows = session.scalars(scoped(actor, Account).where(Account.status != AccountStatus.DISCONNECTED))
    return [row.id for row in rows]


def _check(session: Session, actor: Actor, name: str) -> None:
    if session.get_one(Workspace, actor.workspace_id).name != name.strip():
        raise AppError("workspace_name_wrong", "Type the name of the workspace exactly as it is.")
    if session.scalar(scoped(actor, Post).where(Post.status == PostStatus.PUBLISHING).limit(1)) is not None:
        raise AppError("workspace_busy", "A post is on its way right now. Wait until it is out, then try again.")


def _delete(session: Session, context: Context, actor: Actor, name: str) -> None:
    _check(session, actor, name)
    session.execute(delete(Workspace).where(Workspace.id == actor.workspace_id))
    events.record(
        session,
        workspace_id=None,
        at=context.now(),
        kind="workspace.deleted",
        actor=actor.label,
        subject_id=actor.workspace_id,
    )
