"""How far apart the posts of an account shall stand. It is the wish of the people who own it: what comes nearer is told
of and never moved, and proposals of times keep to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import or_
from sqlalchemy.orm import Session

import providers
from providers.contract import Rate

from . import events, limits
from .access import Action, Actor, allow, get, scoped
from .errors import AppError
from .models import Account, Connection, Post
from .plans import AccountFacts, PostSpec
from .status import STANDING

MOST_MINUTES = 7 * 24 * 60


def keep_apart(session: Session, actor: Actor, account_id: str, *, minutes: int | None, now: datetime) -> None:
    """``minutes`` between two posts of an account; None asks for nothing. Refuses ``spacing_invalid``."""
    allow(actor, Action.CONNECT)
    if minutes is not None and not 1 <= minutes <= MOST_MINUTES:
        raise AppError("spacing_invalid", f"Choose from 1 to {MOST_MINUTES} minutes, or leave it empty.")
    account = get(session, actor, Account, account_id)
    account.spacing_minutes, account.updated_at = minutes, now
    events.record(
        session, workspace_id=actor.workspace_id, at=now, kind="account.spaced", actor=actor.label,
        subject_id=account.id,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What bounds an account at this moment."""

    minutes: int | None
    """That its people want between two posts."""
    rates: Sequence[tuple[Rate, int]]
    """What its network declares, and how many posts of the running stretch are counted."""
    waits: Sequence[tuple[str, datetime]]
    """What the network asked for by itself, and until when."""


def standing(session: Session, actor: Actor, account_id: str, *, now: datetime) -> Standing:
    allow(actor, Action.READ)
    account = get(session, actor, Account, account_id)
    who = limits.Identity(
        provider=account.provider,
        external_id=account.external_id,
        credential_key=account.credential_key,
        client_id=session.get_one(Connection, account.connection_id).client_id or "",
    )
    return Standing(
        minutes=account.spacing_minutes,
        rates=limits.standing(session, providers.get(account.provider), who, now),
        waits=limits.waits(session, who, now),
    )


def too_near(session: Session, actor: Actor, planned: Sequence[tuple[PostSpec, AccountFacts]]) -> list[dict[str, Any]]:
    """One warning for each account of which posts would stand nearer to each other than its people want. Replies belong to
    the post they answer."""
    mine: dict[str, list[tuple[int, datetime]]] = {}
    accounts = {account.id: account for _, account in planned if account.spacing}
    for spec, account in planned:
        if account.id in accounts and spec.parent_step_id is None:
            mine.setdefault(account.id, []).append((spec.index, spec.publish_at))
    others = _others(session, actor, mine, accounts)
    return [warning for id, times in mine.items() if (warning := _warning(accounts[id], times, others.get(id, ())))]


def _others(
    session: Session,
    actor: Actor,
    mine: Mapping[str, Sequence[tuple[int, datetime]]],
    accounts: Mapping[str, AccountFacts],
) -> dict[str, list[datetime]]:
    """The times of posts that stand already, near enough to matter."""
    if not mine:
        return {}
    near = [
        (Post.account_id == id)
        & (Post.publish_at > min(at for _, at in times) - (accounts[id].spacing or timedelta()))
        & (Post.publish_at < max(at for _, at in times) + (accounts[id].spacing or timedelta()))
        for id, times in mine.items()
    ]
    query = scoped(actor, Post).with_only_columns(Post.account_id, Post.publish_at)
    query = query.where(Post.status.in_(STANDING), Post.parent_step_id.is_(None), or_(*near))
    found: dict[str, list[datetime]] = {}
    for id, at in session.execute(query):
        found.setdefault(id, []).append(at)
    return found


def _warning(
    account: AccountFacts, mine: Sequence[tuple[int, datetime]], others: Sequence[datetime]
) -> dict[str, Any] | None:
    spacing = account.spacing or timedelta()
    ordered = sorted([(at, index) for index, at in mine] + [(at, -1) for at in others])
    pairs = [
        (after - before, {first, second} - {-1})
        for (before, first), (after, second) in pairwise(ordered)
        if after - before < spacing
    ]
    near = [(distance, indexes) for distance, indexes in pairs if indexes]
    if not near:
        return None
    wanted, nearest = _minutes(spacing), _minutes(min(distance for distance, _ in near))
    return {
        "code": "posts_too_near",
        "message": f"Posts of {account.display_name or account.handle} shall stand {wanted} minutes apart, and here some "
        f"are {nearest} apart. Choose another time, or leave it: they go out as planned.",
        "posts": sorted(set[int]().union(*(indexes for _, indexes in near))),
        "details": {"account": account.handle, "minutes": wanted, "nearest": nearest},
    }


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds() // 60)
