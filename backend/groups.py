"""Sets of accounts that a workspace posts to again and again, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from .access import Action, Actor, allow, scoped
from .errors import AppError
from .models import Account, Workspace

KEY = "accountGroups"
MOST = 50
LONGEST_NAME = 60


def list_groups(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """``name`` and ``accounts`` of each, in the order of their names. Accounts that are gone are left out."""
    allow(actor, Action.READ)
    known = set(session.scalars(scoped(actor, Account).with_only_columns(Account.id)))
    groups = _groups(session.get_one(Workspace, actor.workspace_id))
    told = [{"name": group["name"], "accounts": [id for id in group["accounts"] if id in known]} for group in groups]
    return [group for group in told if group["accounts"]]


def save(session: Session, actor: Actor, name: str, accounts: Sequence[str]) -> None:
    """A name that is there already gets these accounts. Raises ``group_invalid``."""
    allow(actor, Action.PUBLISH)
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise AppError("group_invalid", f"Give the group a name of 1 to {LONGEST_NAME} characters.")
    if not accounts:
        raise AppError("group_invalid", "Choose the accounts of the group first.")
    row = _locked(session, actor)
    others = [group for group in _groups(row) if group["name"].casefold() != name.casefold()]
    if len(others) >= MOST:
        raise AppError("group_invalid", f"There are {MOST} groups already. Remove one first.")
    added: dict[str, Any] = {"name": name, "accounts": list(accounts)}
    row.settings = {**row.settings, KEY: sorted([*others, added], key=lambda group: group["name"].casefold())}


def remove(session: Session, actor: Actor, name: str) -> None:
    allow(actor, Action.PUBLISH)
    row = _locked(session, actor)
    row.settings = {**row.settings, KEY: [group for group in _groups(row) if group["name"] != name]}


def _groups(row: Workspace) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", row.settings.get(KEY, []))


def _locked(session: Session, actor: Actor) -> Workspace:
    """Two people may save groups at the same moment: the second adds to what the first wrote."""
    query = select(Workspace).where(Workspace.id == actor.workspace_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()
