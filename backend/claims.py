"""Which posts start now, and who owns them.

A claim is one conditional UPDATE: nothing else makes a row somebody's. It takes only what can start this moment: due, not
leased, its account free, connected and not paused, its parent out, no limit in the way.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

import providers

from . import limits, outcomes
from .models import Account, Connection, InstanceSetting, LimitWait, Post, UtcDateTime, Worker, Workspace
from .status import AccountStatus, PostStatus, Reconciliation

log = logging.getLogger(__name__)

WAITING = (PostStatus.SCHEDULED, PostStatus.RETRY_PENDING, PostStatus.PUBLISHING)
MOST_CANDIDATES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    post_id: str
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    posts: tuple[Claimed, ...]
    next_at: datetime | None
    """When something becomes claimable that is not now, as far as the rows tell."""


def claim(session: Session, *, owner: str, slots: int, now: datetime, lease: timedelta, grace: timedelta) -> Claims:
    """Up to ``slots`` posts for ``owner``, at most one per account: oldest first, those of one moment as they were written."""
    limits.forget_past(session, now)
    if slots <= 0 or is_paused(session):
        return Claims(posts=(), next_at=None)
    chosen = [row.id for row in _startable(session, _candidates(session, now), slots, now, grace)]
    return Claims(posts=_take(session, chosen, owner, now, lease), next_at=_next_at(session, now))


def is_paused(session: Session) -> bool:
    """Publishing of the whole instance is on hold."""
    row = session.get(InstanceSetting, "paused")
    return bool(row and row.value.get("since"))


def _candidates(session: Session, now: datetime) -> list[Any]:
    return list(session.execute(_candidates_query(), {"now": now}))


@cache
def _candidates_query() -> Select[Any]:
    """Built once: writing it down takes longer than running it."""
    now = bindparam("now", type_=UtcDateTime())
    parent, sibling, account, workspace = aliased(Post), aliased(Post), Account, Workspace
    waits = select(LimitWait.key).where(LimitWait.until > now)
    written = (Post.created_at, Post.campaign_index, Post.target_index, Post.step_index, Post.id)
    per_account = func.row_number().over(partition_by=Post.account_id, order_by=(Post.due_at, *written)).label("turn")
    rows = (
        select(
            Post.id,
            Post.status,
            Post.intent,
            Post.due_at,
            Post.publish_at,
            Post.schedulable_at,
            Post.provider,
            workspace.grace_seconds,
            account.external_id,
            account.credential_key,
            Connection.client_id,
            per_account,
        )
        .join(account, account.id == Post.account_id)
        .join(Connection, Connection.id == account.connection_id)
        .join(workspace, workspace.id == Post.workspace_id)
        .outerjoin(parent, parent.id == Post.parent_post_id)
        .where(
            Post.status.in_(WAITING),
            Post.due_at <= now,
            Post.lease_owner.is_(None),
            workspace.paused_at.is_(None),
            account.paused_at.is_(None),
            account.status == AccountStatus.CONNECTED,
            or_(Post.parent_post_id.is_(None), parent.status == PostStatus.PUBLISHED),
            (literal("account:") + Post.provider + ":" + account.external_id).not_in(waits),
            (literal("credential:") + Post.provider + ":" + account.credential_key).not_in(waits),
            (literal("app:") + Post.provider + ":" + func.coalesce(Connection.client_id, "")).not_in(waits),
            (literal("host:") + Post.provider + ":").not_in(waits),
            ~exists().where(sibling.account_id == Post.account_id, sibling.lease_owner.is_not(None)),
            ~_equal_post_in_doubt(aliased(Post)),
        )
        .subquery()
    )
    return select(rows).where(rows.c.turn == 1).order_by(rows.c.due_at, rows.c.id).limit(MOST_CANDIDATES)


def _equal_post_in_doubt(other: type[Post]) -> ColumnElement[bool]:
    """A sibling with the same words may be out or not: asking the network could not tell the two apart."""
    return exists().where(
        other.account_id == Post.account_id,
        other.id != Post.id,
        other.reconciliation_status == Reconciliation.PENDING,
        other.title == Post.title,
        other.description == Post.description,
        Post.intent.is_(None),
    )


def _startable(session: Session, rows: Sequence[Any], slots: int, now: datetime, grace: timedelta) -> list[Any]:
    levels = limits.Levels(session, [(providers.get(row.provider), _identity(row)) for row in rows])
    chosen: list[Any] = []
    full: dict[str, datetime] = {}
    for row in rows:
        if len(chosen) == slots:
            break
        allowed = timedelta(seconds=row.grace_seconds) if row.grace_seconds is not None else grace
        if row.intent is None and now > max(row.publish_at, row.schedulable_at) + allowed:
            outcomes.miss_window(session, row.id, now)
        elif row.status == PostStatus.PUBLISHING or _within_rates(levels, row, full, now):
            chosen.append(row)
    levels.write()
    for key, free_at in full.items():
        limits.wait_until(session, key, free_at, limits.OUR_OWN)
    return chosen


def _within_rates(levels: limits.Levels, row: Any, full: dict[str, datetime], now: datetime) -> bool:
    """Counts the post against its network's declared limits. A try that goes on was counted when it began."""
    provider, who = providers.get(row.provider), _identity(row)
    if any(who.key(rate.scope) in full for rate in provider.rates):
        return False
    refused = levels.take(provider, who, now)
    if refused is None:
        return True
    key, free_at = refused
    full[key] = free_at
    return False


def _identity(row: Any) -> limits.Identity:
    return limits.Identity(
        provider=row.provider,
        external_id=row.external_id,
        credential_key=row.credential_key,
        client_id=row.client_id or "",
    )


def _take(session: Session, ids: list[str], owner: str, now: datetime, lease: timedelta) -> tuple[Claimed, ...]:
    if not ids:
        return ()
    ids = _lock_accounts(session, ids)
    sibling = aliased(Post)
    taken = session.execute(
        update(Post)
        .where(
            Post.id.in_(ids),
            Post.lease_owner.is_(None),
            Post.status.in_(WAITING),
            Post.due_at <= now,  # somebody may have moved it since we looked
            ~exists().where(sibling.account_id == Post.account_id, sibling.lease_owner.is_not(None)),
        )
        .values(
            status=PostStatus.PUBLISHING,
            lease_owner=owner,
            lease_until=now + lease,
            fence=Post.fence + 1,
            updated_at=now,
        )
        .returning(Post.id, Post.fence),
        execution_options={"synchronize_session": False},
    )
    fences: dict[str, int] = {row.id: row.fence for row in taken}
    return tuple(Claimed(post_id=id, fence=fences[id]) for id in ids if id in fences)


def _lock_accounts(session: Session, ids: list[str]) -> list[str]:
    """Two workers on PostgreSQL must not start two posts of one account; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "sqlite":
        return ids
    accounts = dict(session.execute(select(Post.id, Post.account_id).where(Post.id.in_(ids))).all())
    locked = set(
        session.scalars(select(Account.id).where(Account.id.in_(accounts.values())).with_for_update(skip_locked=True))
    )
    return [id for id in ids if accounts.get(id) in locked]


def _next_at(session: Session, now: datetime) -> datetime | None:
    due = session.scalar(
        select(func.min(Post.due_at)).where(Post.status.in_(WAITING), Post.lease_owner.is_(None), Post.due_at > now)
    )
    free = session.scalar(select(func.min(LimitWait.until)))
    return min((at for at in (due, free) if at is not None), default=None)


# --- sweeps ----------------------------------------------------------------------------------------------------------


def sweep(session: Session, now: datetime, grace: timedelta, follow: timedelta) -> None:
    """What time alone decides: missed windows, children of parents that never came out, accounts that need a login."""
    parent = aliased(Post)
    rows = session.execute(
        select(
            Post.id,
            Post.status,
            Post.intent,
            Post.publish_at,
            Post.schedulable_at,
            Workspace.grace_seconds,
            Account.status.label("account_status"),
            parent.status.label("parent_status"),
            Post.parent_post_id,
        )
        .join(Workspace, Workspace.id == Post.workspace_id)
        .join(Account, Account.id == Post.account_id)
        .outerjoin(parent, parent.id == Post.parent_post_id)
        .where(
            Post.status.in_(WAITING),
            or_(Post.due_at <= now, Post.intent.is_not(None)),  # asking that fails is always due a little later
            Post.lease_owner.is_(None),
        )
    ).all()
    for row in rows:
        allowed = timedelta(seconds=row.grace_seconds) if row.grace_seconds is not None else grace
        due = max(row.publish_at, row.schedulable_at)
        if row.intent is not None:
            if now > due + max(follow, allowed):
                outcomes.give_up_asking(session, row.id, now)
        elif now > due + allowed:
            if row.parent_post_id and row.parent_status != PostStatus.PUBLISHED:
                outcomes.miss_parent(session, row.id, now)
            else:
                outcomes.miss_window(session, row.id, now)
        elif row.account_status != AccountStatus.CONNECTED and row.status == PostStatus.SCHEDULED:
            outcomes.hold_for_login(session, row.id, now)


# --- owners ----------------------------------------------------------------------------------------------------------


def renew(session: Session, owner: str, now: datetime, lease: timedelta) -> None:
    session.execute(update(Worker).where(Worker.id == owner).values(heartbeat_at=now))
    session.execute(
        update(Post).where(Post.lease_owner == owner).values(lease_until=now + lease),
        execution_options={"synchronize_session": False},
    )


def owners(session: Session) -> list[tuple[str, datetime]]:
    """Who holds leases, and until when the latest of them lasts."""
    rows = session.execute(
        select(Post.lease_owner, func.max(Post.lease_until))
        .where(Post.lease_owner.is_not(None))
        .group_by(Post.lease_owner)
    )
    return [(owner, until) for owner, until in rows if owner and until]


def free(session: Session, owner: str, now: datetime) -> int:
    """The owner is dead: its posts are due at once, and what they had recorded stays.

    The worker's row first, as ``renew`` does: an owner that lives after all must not wait for us while we wait for it.
    """
    session.execute(update(Worker).where(Worker.id == owner, Worker.stopped_at.is_(None)).values(stopped_at=now))
    freed = session.execute(
        update(Post)
        .where(Post.lease_owner == owner)
        .values(
            lease_owner=None,
            lease_until=None,
            fence=Post.fence + 1,
        ),
        execution_options={"synchronize_session": False},
    )
    return freed.rowcount  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


class OwnerLock:
    """A file locked for as long as its worker lives: the kernel lets go of it however the process ends."""

    def __init__(self, folder: Path, owner: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{owner}.lock"
        self._file = self.path.open("a+b")
        if not _try_lock(self._file.fileno()):
            raise RuntimeError(f"another worker already uses the name {owner}")

    def release(self) -> None:
        self.path.unlink(missing_ok=True)
        self._file.close()


def is_alive(folder: Path, owner: str) -> bool | None:
    """None when this host cannot tell: the owner never had a lock file here, so only its lease counts."""
    path = folder / f"{owner}.lock"
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        return None
    with file:
        if not _try_lock(file.fileno()):
            return True
        path.unlink(missing_ok=True)
        return False


if os.name == "nt":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # pyright: ignore
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
