"""The whole story of a post, for people: made, due, claimed, each call, accepted, confirmed, figures; and its thread.

What a network answered to a step is sealed and stays so: it may hold an address that lets anybody write to an upload, or a
token. Told is that the step was, when, and what it could do; of events, the words in ``TOLD`` and no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import providers

from . import events, posts
from .access import Action, Actor, allow, get, scoped
from .models import Account, ApiKey, Attempt, Event, MetricSnapshot, Post, Step, User
from .wire import iso

TOLD = frozenset(
    {
        "status",
        "code",
        "at",
        "reason",
        "outcome",
        "providerPostId",
        "publishAtUtc",
        "seconds",
        "added",
        "removed",
        "message",
    }
)
"""What of an event may be shown: the rest may be somebody's."""
ENDS = ("post.retry", "post.failed", "post.unknown", "post.published")
"""Events that end an attempt, at the same moment."""
ORDER = ("post.made", "post.due", "attempt.started", "step", "event", "figures.read")
"""Of what happened in the same moment."""


def tell(session: Session, actor: Actor, post_id: str, *, now: datetime) -> list[dict[str, Any]]:
    """Oldest first. Each entry has ``at``, ``kind``, ``by`` (who did it, if that was no program), what its kind tells
    beside, and ``raw``: the record itself, as far as it may be shown."""
    allow(actor, Action.READ)
    post = get(session, actor, Post, post_id)
    attempts = session.scalars(select(Attempt).where(Attempt.post_id == post.id).order_by(Attempt.attempt_no)).all()
    steps = session.scalars(select(Step).where(Step.post_id == post.id).order_by(Step.generation, Step.position)).all()
    happened = events.of_subject(session, actor, post.id)
    names = _names(session, actor, [post.created_by or "", *(event.actor for event in happened)])
    entries = [
        _made(post, names),
        *_due(post, attempts, now),
        *(_started(attempt) for attempt in attempts),
        *(_step(step) for step in steps),
        *(_event(event, attempts, names) for event in happened),
        *_figures(session, actor, post),
    ]
    return sorted(entries, key=lambda entry: (entry["at"], _rank(entry["kind"])))


def thread(session: Session, actor: Actor, post_id: str) -> list[dict[str, Any]]:
    """The posts that answer each other, this one among them, each after the one it answers and with its ``depth``.
    Empty for a post that stands alone."""
    allow(actor, Action.READ)
    post = get(session, actor, Post, post_id)
    rows = session.scalars(scoped(actor, Post).where(Post.run_id == post.run_id).order_by(Post.publish_at, Post.id))
    by_id = {row.id: row for row in rows}
    root = post
    while (parent := by_id.get(root.parent_post_id or "")) is not None:
        root = parent
    found = list(_below(root, by_id.values(), 0))
    depths = {row.id: depth for row, depth in found}
    told = posts.posts_json(session, [row for row, _ in found]) if len(found) > 1 else []
    return [{**one, "depth": depths[one["id"]]} for one in told]


def outlook(session: Session, actor: Actor, post_id: str) -> dict[str, Any]:
    """What the publisher does with it next: ``jobState`` and ``nextAction``; and whether its network ``canBeAsked``
    about a post, and lets programs ``canDelete``."""
    allow(actor, Action.READ)
    post = get(session, actor, Post, post_id)
    account, provider = session.get_one(Account, post.account_id), providers.get(post.provider)
    parents = posts.parent_statuses(session, [post])
    return {
        **posts.job_state(post, account, parents.get(post.parent_post_id or "")),
        "parentId": post.parent_post_id,
        "canBeAsked": provider.reconcile is not None,
        "canDelete": provider.delete is not None,
        "isOnItsWay": posts.is_on_its_way(post),
    }


def _below(row: Post, rows: Iterable[Post], depth: int) -> Iterable[tuple[Post, int]]:
    yield row, depth
    for answer in rows:
        if answer.parent_post_id == row.id:
            yield from _below(answer, rows, depth + 1)


# --- entries ----------------------------------------------------------------------------------------------------------


def _made(post: Post, names: Mapping[str, str]) -> dict[str, Any]:
    raw = {"postId": post.id, "runId": post.run_id, "createdBy": post.created_by}
    return {"at": iso(post.created_at), "kind": "post.made", "by": names.get(post.created_by or ""), "raw": raw}


def _due(post: Post, attempts: Sequence[Attempt], now: datetime) -> list[dict[str, Any]]:
    """Nothing as long as it is a plan. A post that was taken late says so at the attempt."""
    if post.publish_at > now and not attempts:
        return []
    raw = {"publishAtUtc": iso(post.publish_at), "schedulableAt": iso(post.schedulable_at)}
    due = max(post.publish_at, post.schedulable_at)
    if due > now:
        return []
    return [{"at": iso(due), "kind": "post.due", "by": None, "raw": raw}]


def _started(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": iso(attempt.started_at),
        "kind": "attempt.started",
        "by": None,
        "attemptNo": attempt.attempt_no,
        "latenessSeconds": attempt.lateness,
        "raw": {**posts.attempt_json(attempt), "generation": attempt.generation},
    }


def _step(step: Step) -> dict[str, Any]:
    told = {"step": step.name, "effect": step.effect, "answered": step.answered_at is not None}
    raw = {
        **told,
        "generation": step.generation,
        "position": step.position,
        "intendedAt": iso(step.intended_at),
        "answeredAt": iso(step.answered_at),
        "usableUntil": iso(step.usable_until),
    }
    return {"at": iso(step.answered_at or step.intended_at), "kind": "step", "by": None, **told, "raw": raw}


def _event(event: Event, attempts: Sequence[Attempt], names: Mapping[str, str]) -> dict[str, Any]:
    """With the words of the attempt that it ended."""
    data = {key: value for key, value in event.data.items() if key in TOLD}
    ended = next((one for one in attempts if event.kind in ENDS and one.finished_at == event.at), None)
    return {
        "at": iso(event.at),
        "kind": event.kind,
        "by": names.get(event.actor),
        "message": ended.message if ended else data.get("reason") or data.get("message"),
        **{key: data[key] for key in ("code", "outcome", "publishAtUtc", "seconds") if key in data},
        "raw": {"event": event.kind, "actor": event.actor, **data, **(posts.attempt_json(ended) if ended else {})},
    }


def _figures(session: Session, actor: Actor, post: Post) -> list[dict[str, Any]]:
    """When they were read first, and last."""
    rows = session.scalars(
        scoped(actor, MetricSnapshot)
        .where(MetricSnapshot.subject_id == post.id, MetricSnapshot.metrics.is_not(None))
        .order_by(MetricSnapshot.collected_at)
    ).all()
    shown = {row.id: row for row in (*rows[:1], *rows[-1:])}.values()
    return [
        {
            "at": iso(row.collected_at),
            "kind": "figures.read",
            "by": None,
            "metrics": dict(row.metrics or {}),
            "raw": {"window": row.metric_window, "metrics": row.metrics},
        }
        for row in shown
    ]


def _rank(kind: str) -> int:
    return ORDER.index(kind if kind in ORDER else "event")


def _names(session: Session, actor: Actor, labels: Iterable[str]) -> dict[str, str]:
    """What people call those who did something. Programs have no name."""
    ids = {label: label.partition(":")[2] for label in labels if ":" in label}
    people = session.execute(select(User.id, User.name, User.email).where(User.id.in_(ids.values())))
    keys = session.scalars(scoped(actor, ApiKey).where(ApiKey.id.in_(ids.values())))
    known = {id: name or email for id, name, email in people} | {key.id: key.label or key.prefix for key in keys}
    return {label: known[id] for label, id in ids.items() if id in known}
