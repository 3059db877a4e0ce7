"""How a try ends. Each function is one transaction's worth: the post's row, its attempt, its run, the event.

Whoever holds a post says so with a ``Hold``; when the row has another holder by now, ``LeaseLost`` is raised and nothing is
written. Moves that time alone decides take rows that nobody holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from providers.contract import Published

from . import events
from .ids import new_id
from .models import Attempt, Post, Run
from .status import PostStatus, Reconciliation, RunStatus, run_status

UNKNOWN_OUTCOME = "publish_outcome_unknown"
LATE_SECONDS = 300.0
"""Later than this is told to people."""


class LeaseLost(Exception):
    """Somebody else decides about this post now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    post_id: str
    owner: str
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a try did not publish."""

    code: str
    message: str
    retryable: bool


def publish(
    session: Session, hold: Hold, published: Published, url: str | None, now: datetime, *, keep_lease: bool
) -> None:
    """The post is out. ``keep_lease``: the flow goes on with what comes after (a first comment)."""
    post = _move(
        session,
        hold,
        now,
        release=not keep_lease,
        status=PostStatus.PUBLISHED,
        provider_post_id=published.id,
        provider_url=published.url or url,
        provider_status=published.status,
        provider_meta=dict(published.meta),
        published_at=now,
        reconciliation_status=Reconciliation.CONFIRMED,
        error=None,
        error_code=None,
    )
    _end_attempt(session, post, now, ok=True, stage="published", provider_post_id=published.id)
    _told(session, post, "post.published", now, {"providerPostId": published.id})
    late = session.scalar(select(func.max(Attempt.lateness)).where(Attempt.post_id == post.id, Attempt.ok.is_(True)))
    if late is not None and late > LATE_SECONDS:
        _told(session, post, "post.late", now, {"seconds": round(late)})


def accept(session: Session, hold: Hold, provider_post_id: str | None, now: datetime) -> None:
    """Taken by the network, not out yet."""
    values: dict[str, Any] = {"provider_status": "accepted"}
    if provider_post_id:
        values["provider_post_id"] = provider_post_id
    post = _move(session, hold, now, release=False, **values)
    _told(session, post, "post.accepted", now, {})


def warn(session: Session, post_id: str, message: str, now: datetime) -> None:
    session.execute(update(Post).where(Post.id == post_id).values(warning=message, updated_at=now))


def hand_back(session: Session, hold: Hold, at: datetime, now: datetime) -> None:
    """The flow waits (a poll, a stopping worker): the same attempt goes on at ``at``, wherever it is claimed."""
    _move(session, hold, now, due_at=at)


def keep(session: Session, hold: Hold, now: datetime, **values: Any) -> None:
    """Write while the flow goes on. Raises LeaseLost."""
    changed = session.execute(
        update(Post).where(*_held(hold)).values(updated_at=now, **values),
        execution_options={"synchronize_session": False},
    )
    if not rows(changed):
        raise LeaseLost(hold.post_id)


def let_go(session: Session, hold: Hold, now: datetime) -> None:
    """Nothing more to do for a post whose outcome is written already."""
    _move(session, hold, now)


def retry(session: Session, hold: Hold, refusal: Refusal, at: datetime, now: datetime, *, counts: bool) -> None:
    post = _move(
        session,
        hold,
        now,
        status=PostStatus.RETRY_PENDING,
        due_at=at,
        error=refusal.message,
        error_code=refusal.code,
        reconciliation_status=None,
        provider_status=None,
        tries=Post.tries + (1 if counts else 0),
    )
    _end_attempt(
        session, post, now, ok=False, stage="retry", code=refusal.code, message=refusal.message, retryable=True
    )
    _told(session, post, "post.retry", now, {"code": refusal.code, "at": at.isoformat()})


def fail(session: Session, hold: Hold, refusal: Refusal, now: datetime) -> None:
    post = _move(
        session,
        hold,
        now,
        status=PostStatus.FAILED,
        error=refusal.message,
        error_code=refusal.code,
        reconciliation_status=None,
        provider_status=None,
    )
    _end_attempt(
        session,
        post,
        now,
        ok=False,
        stage="failed",
        code=refusal.code,
        message=refusal.message,
        retryable=refusal.retryable,
    )
    _told(session, post, "post.failed", now, {"code": refusal.code})


def doubt(session: Session, hold: Hold, reason: str, ask_at: datetime, now: datetime) -> None:
    """Nobody knows whether the ONCE happened: the network is asked at ``ask_at``."""
    post = _move(
        session,
        hold,
        now,
        reconciliation_status=Reconciliation.PENDING,
        error=reason,
        error_code=UNKNOWN_OUTCOME,
        due_at=ask_at,
        asked=0,
    )
    _told(session, post, "post.in_doubt", now, {"reason": reason})


def ask_again(session: Session, hold: Hold, at: datetime, asked: int, now: datetime) -> None:
    _move(session, hold, now, due_at=at, asked=asked)


def unknown(session: Session, hold: Hold, how: Reconciliation, message: str, now: datetime) -> None:
    """A person has to look: it is never sent again by itself."""
    post = _move(
        session,
        hold,
        now,
        status=PostStatus.FAILED,
        error=message,
        error_code=UNKNOWN_OUTCOME,
        reconciliation_status=how,
    )
    _end_attempt(session, post, now, ok=False, stage="unknown", code=UNKNOWN_OUTCOME, message=message, retryable=False)
    _told(session, post, "post.unknown", now, {})


def proven_absent(session: Session, hold: Hold, now: datetime) -> None:
    """The network was asked often enough and does not have it: the flow goes on at its ONCE."""
    keep(session, hold, now, tries=Post.tries + 1, reconciliation_status=None, asked=0, error=None, error_code=None)


def start_over(session: Session, hold: Hold, now: datetime) -> None:
    """Recorded answers are of no use any more and nothing was published: a new generation, due at once."""
    _move(
        session,
        hold,
        now,
        generation=Post.generation + 1,
        snapshot=None,
        intent=None,
        asked=0,
        tries=Post.tries + 1,
        due_at=now,
    )


# --- moves that time decides --------------------------------------------------------------------------------------------


def miss_window(session: Session, post_id: str, now: datetime) -> None:
    _fail_unheld(session, post_id, "publish_window_missed", "It could not go out in time and was left, so that nothing appears late. Give it a new time to publish it.", now)  # fmt: skip


def miss_parent(session: Session, post_id: str, now: datetime) -> None:
    _fail_unheld(session, post_id, "parent_not_published", "The post it answers was not published. Publish that one first, then retry this.", now)  # fmt: skip


def give_up_asking(session: Session, post_id: str, now: datetime) -> None:
    changed = _fail_unheld(session, post_id, UNKNOWN_OUTCOME, "Whether it is out could not be found out. Look at the network and say what you see.", now)  # fmt: skip
    if changed:
        session.execute(update(Post).where(Post.id == post_id).values(reconciliation_status=Reconciliation.FAILED))


def hold_for_login(session: Session, post_id: str, now: datetime) -> None:
    changed = session.execute(
        update(Post)
        .where(Post.id == post_id, Post.status == PostStatus.SCHEDULED, Post.lease_owner.is_(None))
        .values(
            status=PostStatus.RETRY_PENDING,
            error_code="account_needs_reconnect",
            error="The account has to be connected again. This post goes out as soon as it is.",
            updated_at=now,
        )
    )
    if rows(changed):
        post = session.get_one(Post, post_id, populate_existing=True)
        _told(session, post, "post.held", now, {})


def refresh_run(session: Session, run_id: str, now: datetime) -> RunStatus:
    statuses = session.scalars(select(Post.status).where(Post.run_id == run_id).distinct()).all()
    status = run_status(statuses)
    session.execute(update(Run).where(Run.id == run_id, Run.status != status).values(status=status, updated_at=now))
    return status


# --- attempts -------------------------------------------------------------------------------------------------------------


def open_attempt(session: Session, post: Post, owner: str, now: datetime) -> Attempt:
    """The attempt that is not finished, or a new one."""
    attempt = session.scalar(select(Attempt).where(Attempt.post_id == post.id, Attempt.finished_at.is_(None)))
    if attempt is not None:
        attempt.worker_id = owner
        return attempt
    post.attempt_count += 1
    attempt = Attempt(
        id=new_id("attempt", now),
        workspace_id=post.workspace_id,
        post_id=post.id,
        generation=post.generation,
        attempt_no=post.attempt_count,
        stage="publishing",
        worker_id=owner,
        started_at=now,
        lateness=(now - max(post.publish_at, post.schedulable_at)).total_seconds(),
    )
    session.add(attempt)
    return attempt


def _end_attempt(session: Session, post: Post, now: datetime, *, ok: bool, stage: str, **values: Any) -> None:
    session.execute(
        update(Attempt)
        .where(Attempt.post_id == post.id, Attempt.finished_at.is_(None))
        .values(finished_at=now, ok=ok, stage=stage, **values)
    )


# --- rows -----------------------------------------------------------------------------------------------------------------


def _move(session: Session, hold: Hold, now: datetime, *, release: bool = True, **values: Any) -> Post:
    """Write to the row if it is still ours. Raises LeaseLost."""
    if release:
        values |= {"lease_owner": None, "lease_until": None}
    changed = session.execute(
        update(Post).where(*_held(hold)).values(updated_at=now, **values),
        execution_options={"synchronize_session": False},
    )
    if not rows(changed):
        raise LeaseLost(hold.post_id)
    return session.get_one(Post, hold.post_id, populate_existing=True)


def _held(hold: Hold) -> tuple[ColumnElement[bool], ...]:
    return (Post.id == hold.post_id, Post.lease_owner == hold.owner, Post.fence == hold.fence)


def _fail_unheld(session: Session, post_id: str, code: str, message: str, now: datetime) -> bool:
    changed = session.execute(
        update(Post)
        .where(
            Post.id == post_id,
            Post.lease_owner.is_(None),
            Post.status.in_((PostStatus.SCHEDULED, PostStatus.RETRY_PENDING, PostStatus.PUBLISHING)),
        )
        .values(status=PostStatus.FAILED, error_code=code, error=message, updated_at=now)
    )
    if not rows(changed):
        return False
    post = session.get_one(Post, post_id, populate_existing=True)
    _end_attempt(session, post, now, ok=False, stage="failed", code=code, message=message, retryable=False)
    _told(session, post, "post.failed", now, {"code": code})
    return True


def _told(session: Session, post: Post, kind: str, now: datetime, data: Mapping[str, Any]) -> None:
    refresh_run(session, post.run_id, now)
    events.record(
        session,
        workspace_id=post.workspace_id,
        at=now,
        kind=kind,
        actor="worker",
        subject_id=post.id,
        data={"status": post.status, **data},
    )


def rows(result: Any) -> int:
    """How many rows a statement changed."""
    return int(result.rowcount)
