"""Workspaces: what they are called, what they used, how they are, and whether publishing is on hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from . import connections, events, key_usage, outcomes, posts
from .access import Action, Actor, Role, allow, get, scoped
from .claims import WAITING, is_paused
from .errors import AppError
from .ids import new_id
from .models import Account, Asset, Connection, InstanceSetting, Membership, MetricSnapshot, Post, Run, Workspace
from .status import AccountStatus, PostStatus
from .wire import iso

SELF_HOSTED = "self_hosted"
LONGEST_GRACE = 365 * 24 * 3600
"""Seconds."""


def create(
    session: Session,
    *,
    name: str,
    now: datetime,
    plan: str = SELF_HOSTED,
    subscription_status: str = "active",
    timezone: str = "UTC",
) -> Workspace:
    row = Workspace(
        id=new_id("ws", now),
        name=_name(name),
        plan=plan,
        subscription_status=subscription_status,
        timezone=timezone,
        settings={},
        created_at=now,
        revision=1,
    )
    session.add(row)
    session.flush()
    events.record(session, workspace_id=row.id, at=now, kind="workspace.created", actor="system", subject_id=row.id)
    return row


def first(session: Session, *, now: datetime) -> Workspace:
    """The oldest workspace; made when there is none."""
    found = session.scalar(select(Workspace).order_by(Workspace.created_at, Workspace.id).limit(1))
    return found or create(session, name="My workspace", now=now)


def all_workspaces(session: Session) -> list[Workspace]:
    return list(session.scalars(select(Workspace).order_by(Workspace.created_at, Workspace.id)))


def rename(row: Workspace, name: str) -> None:
    """An empty name changes nothing."""
    if name.strip():
        row.name = _name(name)


def _name(written: str) -> str:
    name = written.strip()
    if not name or len(name) > 200:
        raise AppError("workspace_name_invalid", "Give the workspace a name of 1 to 200 characters.")
    return name


def only(session: Session, workspace_id: str | None) -> Workspace:
    """The workspace with this id, or the only one there is."""
    if workspace_id:
        found = session.get(Workspace, workspace_id)
        if found is None:
            raise AppError("workspace_not_found", f"There is no workspace {workspace_id!r}.")
        return found
    rows = all_workspaces(session)
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise AppError("workspace_not_found", "There is no workspace yet. Create one first.")
    listed = ", ".join(f"{row.id} ({row.name})" for row in rows)
    raise AppError(
        "workspace_ambiguous",
        f"There are several workspaces; name one: {listed}.",
        details={"workspaces": [row.id for row in rows]},
    )


def of_user(session: Session, user_id: str) -> list[tuple[Workspace, Role]]:
    rows = session.execute(
        select(Workspace, Membership.role)
        .join(Membership, Membership.workspace_id == Workspace.id)
        .where(Membership.user_id == user_id)
        .order_by(Workspace.created_at)
    )
    return [(row, Role(role)) for row, role in rows]


def add_member(session: Session, workspace_id: str, user_id: str, role: Role, now: datetime) -> None:
    row = session.get(Membership, (workspace_id, user_id))
    if row is None:
        told = events.last_seq(session, workspace_id)  # what happened before is not news
        session.add(
            Membership(
                workspace_id=workspace_id, user_id=user_id, role=role, created_at=now, seen_seq=told, mailed_seq=told
            )
        )
    else:
        row.role = role
    session.flush()


def tenant_json(row: Workspace) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "plan": row.plan,
        "subscriptionStatus": row.subscription_status,
        "entitlements": None,
    }


def tenant(session: Session, actor: Actor) -> dict[str, Any]:
    return tenant_json(session.get_one(Workspace, actor.workspace_id))


def settings(session: Session, actor: Actor) -> dict[str, Any]:
    """What the settings page shows and every page needs."""
    allow(actor, Action.READ)
    row = session.get_one(Workspace, actor.workspace_id)
    return {
        "id": row.id,
        "name": row.name,
        "timezone": row.timezone,
        "graceSeconds": row.grace_seconds,
        "pausedAt": iso(row.paused_at),
        "revision": row.revision,
    }


def usage(session: Session, actor: Actor, *, now: datetime) -> dict[str, Any]:
    """Counted from the first of this month, UTC."""
    allow(actor, Action.READ)
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return {
        "postsThisPeriod": _count(session, scoped(actor, Post).where(Post.created_at >= start)),
        "publishedThisPeriod": _count(session, scoped(actor, Post).where(Post.published_at >= start)),
        "connectedAccounts": _count(
            session, scoped(actor, Account).where(Account.status != AccountStatus.DISCONNECTED)
        ),
        "assets": _count(session, scoped(actor, Asset).where(Asset.status != "deleted")),
        "assetBytes": session.scalar(
            select(func.coalesce(func.sum(Asset.size), 0)).where(
                Asset.workspace_id == actor.workspace_id, Asset.status != "deleted"
            )
        ),
        "apiRequests": key_usage.total(session, actor, since=start.date()),
        "periodStart": iso(start),
    }


def health(session: Session, actor: Actor, *, now: datetime) -> dict[str, Any]:
    allow(actor, Action.READ)
    row = session.get_one(Workspace, actor.workspace_id)
    accounts = list(session.scalars(scoped(actor, Account)))
    linked = {item.id: item for item in session.scalars(scoped(actor, Connection))}
    present = [account for account in accounts if account.status != AccountStatus.DISCONNECTED]
    tokens = Counter(
        connections.token_health(account, linked[account.connection_id], now)["tokenRefreshStatus"]
        for account in present
    )
    runs = _by_status(session, Run, actor)
    by_status = _by_status(session, Post, actor)
    return {
        "tenant": tenant_json(row),
        "paused": row.paused_at is not None or is_paused(session),
        "connections": {
            "total": len(present),
            "publishable": sum(account.publishable for account in present),
            "revoked": len(accounts) - len(present),
            "tokenRefreshStatus": dict(tokens),
        },
        "runs": {"total": sum(runs.values()), "byStatus": runs},
        "posts": {"total": sum(by_status.values()), "byStatus": by_status},
        "jobs": _job_counts(session, actor, now),
        "storage": {
            "assets": _count(session, scoped(actor, Asset).where(Asset.status != "deleted")),
            "analyticsSnapshots": _count(session, scoped(actor, MetricSnapshot)),
        },
        "connectedAccounts": len(present),
        "failingAccounts": sum(account.status == AccountStatus.NEEDS_RECONNECT for account in present),
    }


def _job_counts(session: Session, actor: Actor, now: datetime) -> dict[str, int]:
    """Posts that the worker has still to do with, and those that failed. Ready ones are due and nothing holds them."""
    rows = session.scalars(scoped(actor, Post).where(Post.status.in_(WAITING))).all()
    accounts = {row.id: row for row in session.scalars(scoped(actor, Account))}
    parents = posts.parent_statuses(session, rows)
    free = [
        row
        for row in rows
        if posts.job_state(row, accounts[row.account_id], parents.get(row.parent_post_id or ""))["jobState"]
        != "blocked"
    ]
    stalled = sum(posts.is_stalled(row, now) for row in free)
    failed = _count(session, scoped(actor, Post).where(Post.status == PostStatus.FAILED))
    return {
        "total": len(rows) + failed,
        "ready": sum(row.due_at <= now and row.lease_owner is None for row in free) - stalled,
        "blocked": len(rows) - len(free),
        "failed": failed,
        "stalled": stalled,
    }


def _by_status(session: Session, model: type[Post] | type[Run], actor: Actor) -> dict[str, int]:
    rows = session.execute(
        select(model.status, func.count()).where(model.workspace_id == actor.workspace_id).group_by(model.status)
    )
    return dict(rows.all())


def _count(session: Session, query: Any) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


# --- publishing on hold -----------------------------------------------------------------------------------------------


def hold_instance(session: Session, *, paused: bool, actor: str, now: datetime) -> None:
    """Publishing of every workspace: for the operator."""
    value: Mapping[str, Any] = {"since": now.isoformat()} if paused else {}
    row = session.get(InstanceSetting, "paused")
    if row is None:
        session.add(InstanceSetting(key="paused", value=dict(value), updated_at=now))
    else:
        row.value, row.updated_at = dict(value), now
    kind = "instance.paused" if paused else "instance.resumed"
    events.record(session, workspace_id=None, at=now, kind=kind, actor=actor)


def hold(session: Session, actor: Actor, *, paused: bool, now: datetime) -> None:
    allow(actor, Action.MANAGE_WORKSPACE)
    session.execute(
        update(Workspace).where(Workspace.id == actor.workspace_id).values(paused_at=now if paused else None)
    )
    kind = "workspace.paused" if paused else "workspace.resumed"
    events.record(
        session, workspace_id=actor.workspace_id, at=now, kind=kind, actor=actor.label, subject_id=actor.workspace_id
    )


def hold_account(session: Session, actor: Actor, account_id: str, *, paused: bool, now: datetime) -> None:
    allow(actor, Action.MANAGE_WORKSPACE)
    account = get(session, actor, Account, account_id)
    account.paused_at, account.updated_at = now if paused else None, now
    kind = "account.paused" if paused else "account.resumed"
    events.record(session, workspace_id=actor.workspace_id, at=now, kind=kind, actor=actor.label, subject_id=account.id)


def holds(session: Session, actor: Actor) -> dict[str, bool]:
    """What keeps posts from going out, for every screen."""
    return {
        "instance": is_paused(session),
        "workspace": session.get_one(Workspace, actor.workspace_id).paused_at is not None,
    }


def update_settings(
    session: Session,
    actor: Actor,
    *,
    name: str | None,
    timezone: str | None,
    grace_seconds: float | None,
    revision: int,
    now: datetime,
) -> None:
    allow(actor, Action.MANAGE_WORKSPACE)
    if grace_seconds is not None and not 0 <= grace_seconds <= LONGEST_GRACE:
        raise AppError("grace_invalid", f"Choose from 0 to {LONGEST_GRACE // 3600} hours, or leave it empty.")
    values: dict[str, Any] = {"revision": Workspace.revision + 1, "grace_seconds": grace_seconds}
    if name:
        values["name"] = _name(name)
    if timezone:
        values["timezone"] = _zone(timezone)
    changed = session.execute(
        update(Workspace).where(Workspace.id == actor.workspace_id, Workspace.revision == revision).values(**values)
    )
    if not outcomes.rows(changed):
        raise AppError(
            "workspace_changed", "Somebody else changed these settings meanwhile. Look again, then repeat your change."
        )
    events.record(
        session,
        workspace_id=actor.workspace_id,
        at=now,
        kind="workspace.changed",
        actor=actor.label,
        subject_id=actor.workspace_id,
    )


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise AppError("timezone_invalid", f"{name!r} is no time zone. Choose one such as Europe/Paris.") from None
    return name
