"""Asking the networks for figures now, for many posts and accounts, with the progress told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

import providers
from providers.contract import Kind

from . import analytics
from .access import Action, Actor, allow, scoped
from .analytics import ACCOUNTS_AT_ONCE, LIFETIME
from .context import Context
from .errors import AppError
from .models import Account, Post
from .status import AccountStatus, PostStatus

MOST_ASKED = 200
"""Of posts, the newest: the others are looked at by themselves once a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All posts since then and all accounts, those of one account, those of one run, or one post."""

    since: datetime | None = None
    account_id: str | None = None
    run_id: str | None = None
    post_id: str | None = None


@dataclass(slots=True, kw_only=True)
class Looked:
    asked: int = 0
    new: int = 0
    left_out: int = 0
    failures: dict[str, str] = field(default_factory=dict[str, str])
    """The last sentence for each account that could not be asked, by its name."""


@dataclass(frozen=True, slots=True)
class _Ask:
    account_id: str
    name: str
    post_id: str | None


async def look_again(
    context: Context, actor: Actor, wanted: Wanted, *, on_step: Callable[[int, int], None] = lambda done, of: None
) -> Looked:
    """The questions of one account go one after the other, and what it has to wait for ends them.

    ``on_step`` hears how many of how many are done. Cancel it and nothing more is asked.
    """
    asks, left_out = await context.db.read(_asks, actor, wanted)
    looked, gate, done = Looked(left_out=left_out), asyncio.Semaphore(ACCOUNTS_AT_ONCE), 0
    on_step(0, len(asks))

    async def account(group: Sequence[_Ask]) -> None:
        nonlocal done
        async with gate:
            stopped = False
            for ask in group:
                if not stopped:
                    stopped = await _ask(context, actor, ask, looked)
                done += 1
                on_step(done, len(asks))

    by_account = groupby(sorted(asks, key=lambda ask: ask.account_id), key=lambda ask: ask.account_id)
    await asyncio.gather(*(account(list(group)) for _, group in by_account))
    if looked.new:
        await context.db.write(analytics.tell_pages, [actor.workspace_id], actor.label, context.now())
    return looked


async def _ask(context: Context, actor: Actor, ask: _Ask, looked: Looked) -> bool:
    """Whether the account is to be left alone now."""
    looked.asked += 1
    try:
        if ask.post_id is None:
            await analytics.refresh_account(context, actor, ask.account_id, window=LIFETIME)
        else:
            await analytics.refresh_post(context, actor, ask.post_id, window=LIFETIME)
    except AppError as error:
        looked.failures[ask.name] = error.message
        kind = (error.details or {}).get("kind")
        return kind is None or Kind(kind) in analytics.STOPS_THE_ACCOUNT
    looked.new += 1
    return False


def _asks(session: Session, actor: Actor, wanted: Wanted) -> tuple[list[_Ask], int]:
    allow(actor, Action.READ)
    known = providers.all_providers().values()
    accounts: Sequence[Account] = ()
    if wanted.run_id is None and wanted.post_id is None:
        tell = [one.id for one in known if one.account_metrics is not None]
        query = scoped(actor, Account).where(Account.status == AccountStatus.CONNECTED, Account.provider.in_(tell))
        accounts = session.scalars(query.where(Account.id == wanted.account_id) if wanted.account_id else query).all()
    tell = [one.id for one in known if one.post_metrics is not None]
    posts = session.execute(_posts(actor, wanted, tell).limit(MOST_ASKED + 1)).all()
    asks = [_Ask(row.id, row.display_name or row.handle, None) for row in accounts]
    asks += [_Ask(account_id, name or handle, id) for id, account_id, name, handle in posts[:MOST_ASKED]]
    return asks, max(0, len(posts) - MOST_ASKED)


def _posts(actor: Actor, wanted: Wanted, tell: Sequence[str]) -> Select[str, str, str | None, str]:
    query = (
        select(Post.id, Post.account_id, Account.display_name, Account.handle)
        .join(Account, Account.id == Post.account_id)
        .where(
            Post.workspace_id == actor.workspace_id,
            Post.status == PostStatus.PUBLISHED,
            Post.provider.in_(tell),
            Post.provider_post_id.is_not(None),
            Post.deleted_at.is_(None),
            Account.status == AccountStatus.CONNECTED,
        )
        .order_by(Post.published_at.desc(), Post.id)
    )
    for column, value in (
        (Post.account_id, wanted.account_id),
        (Post.run_id, wanted.run_id),
        (Post.id, wanted.post_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return query if wanted.since is None else query.where(Post.published_at >= wanted.since)
