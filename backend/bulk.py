"""One act on many posts: what would become of each is said first, and what did become of it afterwards, post by post.

Each post is changed in a transaction of its own, or in the requests that its network needs: one that is refused keeps no
other one from being done.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import providers
from providers.contract import Kind

from . import posts
from .access import Action, Actor, allow, get, scoped
from .context import Context
from .errors import AppError
from .models import Account, Post
from .status import CANCELABLE, EDITABLE, AccountStatus, PostStatus
from .times import shifted
from .wire import iso

log = logging.getLogger(__name__)

ACCOUNTS_AT_ONCE = 6
STOPS_THE_ACCOUNT = frozenset({Kind.RATE_LIMITED, Kind.QUOTA, Kind.UNAVAILABLE, "account_needs_reconnect"})


class Act(StrEnum):
    CANCEL = "cancel"
    RETRY = "retry"
    RESCHEDULE = "reschedule"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    days: int = 0
    minutes: int = 0

    def of(self, post: Post) -> datetime:
        """Raises ValueError."""
        return shifted(post.publish_at, post.timezone, days=self.days, minutes=self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What an act would do. Nothing was done yet."""

    will: tuple[dict[str, Any], ...]
    """The posts it would reach; with ``newPublishAtUtc`` where they get another time."""
    wont: Mapping[str, int]
    """How many it would leave alone, by reason: their state, ``on_its_way``, ``delete_unsupported``, ``id_unknown`` or
    ``out_of_reach``."""
    doubtful: int = 0
    """So many may be out already: their network is asked first."""
    at_once: int = 0
    """So many get a time that is over, and go out at once."""
    held: int = 0
    """So many belong to an account that has to be connected again first."""
    orphaned: int = 0
    """So many other posts answer these, and cannot go out without them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one post. ``message`` says why not."""

    post_id: str
    post: dict[str, Any] | None = None
    code: str | None = None
    message: str | None = None

    @property
    def done(self) -> bool:
        return self.post is not None


Told: TypeAlias = Callable[[Outcome], object]


def _nobody(outcome: Outcome) -> None:
    pass


# --- before -----------------------------------------------------------------------------------------------------------


def foresee(
    session: Session, actor: Actor, act: Act, ids: Sequence[str], *, now: datetime, shift: Shift | None = None
) -> Foresight:
    """In the order of ``ids``; those of other workspaces are passed over."""
    allow(actor, Action.READ)
    found = {row.id: row for row in session.scalars(scoped(actor, Post).where(Post.id.in_(ids)))}
    rows = [found[id] for id in dict.fromkeys(ids) if id in found]
    reasons = {row.id: _why_not(act, row, shift) for row in rows}
    reached = [row for row in rows if reasons[row.id] is None]
    times = {row.id: shift.of(row) for row in reached} if shift else {}
    return Foresight(
        will=tuple(
            {**post, **({"newPublishAtUtc": iso(times[post["id"]])} if times else {})}
            for post in posts.posts_json(session, reached)
        ),
        wont=Counter(reason for reason in reasons.values() if reason is not None),
        doubtful=sum(posts.state_of(row) == posts.UNKNOWN for row in reached),
        at_once=sum(times[row.id] <= now and row.status != PostStatus.DRAFT for row in reached) if times else 0,
        held=_held(session, reached) if act in (Act.RETRY, Act.DELETE) else 0,
        orphaned=_orphaned(session, reached) if act is Act.CANCEL else 0,
    )


def _why_not(act: Act, post: Post, shift: Shift | None) -> str | None:
    """The rules of the services that do it, before anything is done."""
    state = posts.state_of(post)
    if act is Act.DELETE:
        if state != PostStatus.PUBLISHED:
            return state
        if providers.get(post.provider).delete is None:
            return "delete_unsupported"
        return None if post.provider_post_id else "id_unknown"
    if act is Act.RETRY:
        return None if post.status == PostStatus.FAILED else state
    if post.status not in (CANCELABLE if act is Act.CANCEL else EDITABLE) or state == posts.UNKNOWN:
        return state
    if posts.is_on_its_way(post):
        return "on_its_way"
    return None if shift is None or _within_reach(shift, post) else "out_of_reach"


def _within_reach(shift: Shift, post: Post) -> bool:
    try:
        shift.of(post)
    except ValueError:
        return False
    return True


def _held(session: Session, rows: Iterable[Post]) -> int:
    counts = Counter(row.account_id for row in rows)
    away = select(Account.id).where(Account.id.in_(counts), Account.status != AccountStatus.CONNECTED)
    return sum(counts[id] for id in session.scalars(away))


def _orphaned(session: Session, rows: Sequence[Post]) -> int:
    ids = [row.id for row in rows]
    replies = select(func.count()).where(Post.parent_post_id.in_(ids), Post.id.not_in(ids), Post.status.in_(CANCELABLE))
    return session.scalar(replies) or 0


# --- doing it ---------------------------------------------------------------------------------------------------------


async def cancel(context: Context, actor: Actor, ids: Sequence[str], *, told: Told = _nobody) -> list[Outcome]:
    async def one(id: str) -> dict[str, Any]:
        return await context.db.write(posts.cancel, actor, id, now=context.now())

    return [await _outcome(one, id, told) for id in ids]


async def reschedule(
    context: Context, actor: Actor, revisions: Mapping[str, int], *, shift: Shift, told: Told = _nobody
) -> list[Outcome]:
    """``revisions`` are those that were foreseen: a post that was changed since is left as it is."""

    async def one(id: str) -> dict[str, Any]:
        now = context.now()
        return await context.db.write(_shift, actor, id, shift, revisions[id], now, context.nudge)

    return [await _outcome(one, id, told) for id in revisions]


def _shift(
    session: Session, actor: Actor, id: str, shift: Shift, revision: int, now: datetime, nudge: Callable[[], None]
) -> dict[str, Any]:
    try:
        at = shift.of(get(session, actor, Post, id))
    except ValueError:
        raise AppError("publish_at_invalid", "Its new time would be too far away.") from None
    return posts.reschedule(session, actor, id, publish_at=at, timezone=None, revision=revision, now=now, nudge=nudge)


async def retry(context: Context, actor: Actor, ids: Sequence[str], *, told: Told = _nobody) -> list[Outcome]:
    """Posts that may be out are looked for first. One that is found is published, and one that nobody can tell is left."""
    return await _by_account(context, actor, ids, lambda id: posts.retry(context, actor, id), told)


async def delete(context: Context, actor: Actor, ids: Sequence[str], *, told: Told = _nobody) -> list[Outcome]:
    """Off their networks. What cannot be taken off is left as it is."""
    return await _by_account(context, actor, ids, lambda id: posts.delete(context, actor, id), told)


async def _by_account(
    context: Context, actor: Actor, ids: Sequence[str], act: Callable[[str], Awaitable[dict[str, Any]]], told: Told
) -> list[Outcome]:
    """The posts of one account one after the other, several accounts at once; in the order of ``ids``."""
    lanes = await context.db.read(_lanes, actor, ids)
    gate = asyncio.Semaphore(ACCOUNTS_AT_ONCE)
    done = [found for lane in await asyncio.gather(*(_lane(lane, act, told, gate) for lane in lanes)) for found in lane]
    by_id = {outcome.post_id: outcome for outcome in done}
    return [by_id[id] for id in dict.fromkeys(ids)]


async def _lane(
    ids: Sequence[str], act: Callable[[str], Awaitable[dict[str, Any]]], told: Told, gate: asyncio.Semaphore
) -> list[Outcome]:
    """A network that asks to be left alone, or cannot be reached, is not asked for the rest."""
    done: list[Outcome] = []
    async with gate:
        for place, id in enumerate(ids):
            done.append(await _outcome(act, id, told))
            if done[-1].code in STOPS_THE_ACCOUNT:
                rest = [_not_tried(left, done[-1]) for left in ids[place + 1 :]]
                for outcome in rest:
                    told(outcome)
                return done + rest
    return done


def _not_tried(id: str, because: Outcome) -> Outcome:
    return Outcome(post_id=id, code="not_tried", message=f"Not tried, because of the one before. {because.message}")


async def _outcome(act: Callable[[str], Awaitable[dict[str, Any]]], id: str, told: Told) -> Outcome:
    try:
        outcome = Outcome(post_id=id, post=await act(id))
    except AppError as error:
        outcome = Outcome(post_id=id, code=_code(error), message=error.message)
    except Exception:  # what nobody expected of one post keeps no other one from being done
        log.exception("an act on many posts failed for %s", id)
        outcome = Outcome(
            post_id=id, code="internal_error", message="Something went wrong here. The log has the details."
        )
    told(outcome)
    return outcome


def _code(error: AppError) -> str:
    """Of an error of the network, its kind: that says whether to go on."""
    return str((error.details or {}).get("kind") or error.code)


def _lanes(session: Session, actor: Actor, ids: Sequence[str]) -> list[list[str]]:
    """By account; ids that are not there have one of their own, and are refused in it."""
    rows = session.execute(
        select(Post.id, Post.account_id).where(Post.workspace_id == actor.workspace_id, Post.id.in_(ids))
    )
    accounts = dict(rows.all())
    lanes: dict[str, list[str]] = {}
    for id in dict.fromkeys(ids):
        lanes.setdefault(accounts.get(id, ""), []).append(id)
    return list(lanes.values())
