"""Figures: what the networks told about posts and accounts, kept as snapshots.

Most networks tell totals only. The figures of a window are then the difference of two snapshots, and as long as there are
not two to compare, the answer says so: a figure that nobody knows is never a zero.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

import providers
from providers.contract import Flow, JobAccount, Kind, Metrics, Problem, Provider, PublishedPost, Scope, Verdict, Window

from . import connections, events, limits, posts, runs
from .access import Action, Actor, allow, get, scoped
from .calls import CallFailed, run_for_account
from .context import Context
from .errors import AppError
from .ids import new_id
from .models import Account, Connection, LimitWait, MetricSnapshot, Post, Run
from .snapshots import account_of
from .status import AccountStatus, PostStatus
from .wire import iso

log = logging.getLogger(__name__)

LIFETIME = "lifetime"
LENGTHS: Mapping[str, timedelta] = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
WINDOWS = (LIFETIME, *LENGTHS)

FIRST_AFTER = timedelta(minutes=10)
"""Right after publishing there is nothing to tell yet."""
FIRST_DAY = timedelta(hours=24)
FOLLOWED = timedelta(days=30)
HOURLY, DAILY = timedelta(hours=1), timedelta(hours=24)
MOST_AT_ONCE = 200
ACCOUNTS_AT_ONCE = 8
ROUND_SECONDS = 40.0
RATE_WAIT = timedelta(minutes=15)
QUOTA_WAIT = timedelta(hours=1)
STOPS_THE_ACCOUNT = frozenset({Kind.AUTH, Kind.PERMISSION, Kind.RATE_LIMITED, Kind.QUOTA, Kind.UNAVAILABLE})


class Told(StrEnum):
    """Of a snapshot: what came of asking."""

    COLLECTED = "collected"
    FAILED = "failed"
    GONE = "gone"
    """The network no longer knows the post: it is not asked again without a person."""
    UNSUPPORTED = "unsupported"
    INCOMPLETE = "incomplete"
    """Supported, but what is there does not cover the window."""


# --- reading ----------------------------------------------------------------------------------------------------------


def window_of(written: str | None) -> str:
    """Nothing means the whole life. Raises ``metric_window_invalid``."""
    window = (written or LIFETIME).strip().lower()
    if window not in WINDOWS:
        raise AppError(
            "metric_window_invalid",
            f"window must be one of: {', '.join(WINDOWS)}.",
            details={"field": "window", "supportedValues": list(WINDOWS)},
        )
    return window


def of_post(session: Session, actor: Actor, post_id: str, *, window: str, now: datetime) -> dict[str, Any]:
    """``post`` and ``latest``: its newest figures, None before there are any."""
    allow(actor, Action.READ)
    post = get(session, actor, Post, post_id)
    shown = _shown_posts(session, [post], window, now)[post.id]
    return {"post": posts.post_json(session, post), "latest": shown, **_told(shown, window)}


def of_account(session: Session, actor: Actor, account_id: str, *, window: str, now: datetime) -> dict[str, Any]:
    """``account`` and its newest figures as ``snapshot``."""
    allow(actor, Action.READ)
    row = get(session, actor, Account, account_id)
    provider = providers.get(row.provider)
    shown = _shown(session, {row.id: _About(provider, provider.account_metrics, provider.account_metrics_in)}, window, now)  # fmt: skip
    return {"account": connections.account_json(row), **_told(shown[row.id], window)}


def of_run(session: Session, actor: Actor, run_id: str, *, window: str, now: datetime) -> dict[str, Any]:
    """The figures of its posts added up, and in ``summary`` how many of them are in the sums."""
    allow(actor, Action.READ)
    run = get(session, actor, Run, run_id)
    rows = session.scalars(scoped(actor, Post).where(Post.run_id == run.id).order_by(Post.publish_at, Post.id)).all()
    shown = _shown_posts(session, rows, window, now)
    known = [snapshot["metrics"] for snapshot in shown.values() if snapshot and snapshot["metrics"]]
    summary = {"contributingPostCount": len(known), "totalPosts": len(rows), "metrics": added_up(known)}
    return {
        "run": runs.run_json(run),
        "summary": summary,
        "posts": [
            {"id": row.id, "provider": row.provider, "account": row.account_handle, "snapshot": shown[row.id]}
            for row in rows
        ],
        "window": window,
        "metricWindow": window,
        "metrics": summary["metrics"] or None,
        "analytics": summary if known else None,
    }


def history(session: Session, actor: Actor, subject_id: str) -> list[dict[str, Any]]:
    """The totals of a post or an account over time, oldest first, for charts."""
    allow(actor, Action.READ)
    rows = session.scalars(
        scoped(actor, MetricSnapshot)
        .where(
            MetricSnapshot.subject_id == subject_id,
            MetricSnapshot.metric_window == LIFETIME,
            MetricSnapshot.status == Told.COLLECTED,
        )
        .order_by(MetricSnapshot.collected_at)
    )
    return [{"collectedAt": iso(row.collected_at), "metrics": row.metrics} for row in rows]


def added_up(figures: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """A figure that some do not tell is the sum of those that do."""
    sums: dict[str, float] = {}
    for one in figures:
        for name, value in one.items():
            sums[name] = sums.get(name, 0) + value
    return sums


def _told(snapshot: dict[str, Any] | None, window: str) -> dict[str, Any]:
    return {
        "snapshot": snapshot,
        "window": window,
        "metricWindow": window,
        "metrics": snapshot["metrics"] if snapshot else None,
        "analytics": snapshot,
    }


# --- what a window shows ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _About:
    """A subject: who tells its figures, how, and since when there can be any."""

    provider: Provider
    total: Callable[..., Any] | None
    in_window: Callable[..., Any] | None
    born: datetime | None = None

    def can_tell(self, window: str) -> bool:
        return self.total is not None or (self.in_window is not None and window != LIFETIME)


@dataclass(frozen=True, slots=True)
class Entry:
    """A snapshot without its figures."""

    id: str
    window: str
    status: str
    at: datetime
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which snapshots answer for a window: ``newest`` alone, or what came after ``base``."""

    status: Told
    newest: Entry
    base: Entry | None = None
    since: datetime | None = None
    message: str | None = None


def choose(entries: Sequence[Entry], window: str, *, born: datetime | None, now: datetime, name: str) -> Choice | None:
    """Pure. ``entries`` oldest first; ``name`` is the network's, for the sentence. None when nothing was ever told."""
    failure = next((entry for entry in reversed(entries) if entry.status != Told.COLLECTED), None)
    found = [entry for entry in entries if entry.status == Told.COLLECTED]
    own = [entry for entry in found if entry.window == window]
    totals = [entry for entry in found if entry.window == LIFETIME]
    if own:
        since = None if window == LIFETIME else own[-1].at - LENGTHS[window]
        chosen = Choice(status=Told.COLLECTED, newest=own[-1], since=since)
    elif totals:
        chosen = _difference(totals, window, born, now, name)
    elif failure is not None:
        return Choice(status=Told(failure.status), newest=failure, message=failure.message)
    else:
        return None
    if failure is not None and failure.at > chosen.newest.at and chosen.message is None:
        return Choice(
            status=chosen.status,
            newest=chosen.newest,
            base=chosen.base,
            since=chosen.since,
            message=f"The last try to get newer figures failed: {failure.message}",
        )
    return chosen


def _difference(totals: Sequence[Entry], window: str, born: datetime | None, now: datetime, name: str) -> Choice:
    newest, length = totals[-1], LENGTHS[window]
    start = newest.at - length
    if now - newest.at > 2 * length:
        message = f"The newest figures are from {_day(newest.at)}. Ask {name} again to see the last {window}."
        return Choice(status=Told.INCOMPLETE, newest=newest, message=message)
    if born is not None and born >= start:
        return Choice(status=Told.COLLECTED, newest=newest, since=born)
    base = min(totals[:-1], key=lambda entry: abs(entry.at - start), default=None)
    if base is None or abs(base.at - start) > length / 2:
        message = (
            f"{name} tells totals only, and they have been collected since {_day(totals[0].at)}. "
            f"The last {window} can be told once that is {window} ago."
        )
        return Choice(status=Told.INCOMPLETE, newest=newest, message=message)
    covers = newest.at - base.at
    off = abs(covers - length) > length / 20
    hours = round(covers.total_seconds() / 3600)
    message = f"These figures cover {hours} hours: no totals were collected exactly {window} before." if off else None
    return Choice(status=Told.COLLECTED, newest=newest, base=base, since=base.at, message=message)


def _day(at: datetime) -> str:
    return at.strftime("%d %B %Y, %H:%M UTC")


def _shown_posts(
    session: Session, rows: Sequence[Post], window: str, now: datetime
) -> dict[str, dict[str, Any] | None]:
    """None for posts that are not out."""
    about: dict[str, _About] = {}
    for row in rows:
        if row.status == PostStatus.PUBLISHED:
            provider = providers.get(row.provider)
            about[row.id] = _About(provider, provider.post_metrics, provider.post_metrics_in, row.published_at)
    shown = _shown(session, about, window, now)
    return {row.id: shown.get(row.id) for row in rows}


def _shown(
    session: Session, about: Mapping[str, _About], window: str, now: datetime
) -> dict[str, dict[str, Any] | None]:
    told = [id for id, one in about.items() if one.can_tell(window)]
    entries = _entries(session, told, window)
    choices = {
        id: choose(entries[id], window, born=about[id].born, now=now, name=about[id].provider.name) for id in told
    }
    figures = _figures(session, [choice for choice in choices.values() if choice is not None])
    return {
        id: _unsupported(one.provider, one, window, now) if id not in choices else _json(choices[id], window, figures)
        for id, one in about.items()
    }


def _entries(session: Session, ids: Sequence[str], window: str) -> dict[str, list[Entry]]:
    """Without their figures, of which there may be tens of thousands."""
    found: dict[str, list[Entry]] = defaultdict(list)
    if not ids:
        return found
    rows = session.execute(
        select(
            MetricSnapshot.subject_id,
            MetricSnapshot.id,
            MetricSnapshot.metric_window,
            MetricSnapshot.status,
            MetricSnapshot.collected_at,
            MetricSnapshot.message,
        )
        .where(MetricSnapshot.subject_id.in_(ids), MetricSnapshot.metric_window.in_({LIFETIME, window}))
        .order_by(MetricSnapshot.collected_at, MetricSnapshot.id)
    )
    for subject_id, id, asked, status, at, message in rows:
        found[subject_id].append(Entry(id, asked, status, at, message))
    return found


def _figures(session: Session, choices: Iterable[Choice]) -> dict[str, dict[str, float]]:
    ids = {entry.id for choice in choices for entry in (choice.newest, choice.base) if entry is not None}
    rows = session.execute(select(MetricSnapshot.id, MetricSnapshot.metrics).where(MetricSnapshot.id.in_(ids)))
    return {id: dict(metrics or {}) for id, metrics in rows} if ids else {}


def _json(choice: Choice | None, window: str, figures: Mapping[str, Mapping[str, float]]) -> dict[str, Any] | None:
    if choice is None:
        return None
    metrics = dict(figures.get(choice.newest.id, {})) if choice.status is Told.COLLECTED else None
    if metrics is not None and choice.base is not None:
        before = figures.get(choice.base.id, {})
        metrics = {name: value - before[name] for name, value in metrics.items() if name in before}
    return _snapshot(
        choice.status,
        window,
        choice.newest.at,
        metrics=metrics,
        message=choice.message,
        since=choice.since,
    )


def _unsupported(provider: Provider, one: _About, window: str, now: datetime) -> dict[str, Any]:
    message = no_totals(provider, None, one.in_window)
    return _snapshot(Told.UNSUPPORTED, window, now, supported=False, message=message)


def no_totals(provider: Provider, total: Callable[..., Any] | None, in_window: Callable[..., Any] | None) -> str | None:
    """Why a network that does not tell totals has none; None for one that does."""
    if total is not None:
        return None
    if in_window is not None:
        return f"{provider.name} tells no totals; it tells the figures of {', '.join(LENGTHS)}."
    return f"{provider.name} does not tell programs these figures."


def _snapshot(
    status: Told,
    window: str,
    at: datetime,
    *,
    supported: bool = True,
    metrics: Mapping[str, float] | None = None,
    message: str | None = None,
    since: datetime | None = None,
) -> dict[str, Any]:
    return {
        "status": status,
        "supported": supported,
        "metricWindow": window,
        "collectedAt": iso(at),
        "metrics": metrics,
        "message": message,
        "since": iso(since),
        "until": iso(at) if metrics is not None else None,
    }


# --- asking -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A post or an account, as far as asking for its figures needs it."""

    id: str
    workspace_id: str
    account_id: str
    provider: Provider
    account: JobAccount
    post: PublishedPost | None
    limits: limits.Identity

    @property
    def windows(self) -> tuple[str, ...]:
        """What a round asks for: totals, where there are any."""
        total = self.provider.account_metrics if self.post is None else self.provider.post_metrics
        return (LIFETIME,) if total is not None else tuple(LENGTHS)

    def question(self, window: str, now: datetime) -> tuple[str, Callable[[], Flow[Metrics]]] | None:
        """The window that the network is asked for, and the flow; None when it cannot be asked."""
        asked = Window(name=window, since=now - LENGTHS[window], until=now) if window != LIFETIME else None
        provider, post, account = self.provider, self.post, self.account
        if post is None:
            total, within = provider.account_metrics, provider.account_metrics_in
            if asked is not None and within is not None:
                return window, lambda: within(account, asked)
            return (LIFETIME, lambda: total(account)) if total is not None else None
        of_post, of_post_within = provider.post_metrics, provider.post_metrics_in
        if asked is not None and of_post_within is not None:
            return window, lambda: of_post_within(post, asked)
        return (LIFETIME, lambda: of_post(post)) if of_post is not None else None


async def refresh_post(context: Context, actor: Actor, post_id: str, *, window: str) -> dict[str, Any]:
    """Ask the network now; the same answer as ``of_post``. A network that tells nothing is not asked."""
    subject = await context.db.read(_post_to_ask, actor, post_id)
    await _refresh(context, subject, window)
    return await context.db.read(of_post, actor, post_id, window=window, now=context.now())


async def refresh_account(context: Context, actor: Actor, account_id: str, *, window: str) -> dict[str, Any]:
    """Ask the network now; the same answer as ``of_account``."""
    subject = await context.db.read(_account_to_ask, actor, account_id)
    await _refresh(context, subject, window)
    return await context.db.read(of_account, actor, account_id, window=window, now=context.now())


async def _refresh(context: Context, subject: Subject, window: str) -> None:
    now = context.now()
    question = subject.question(window, now)
    if question is None:
        return
    until = await context.db.read(_waits_until, subject, now)
    if until is not None:
        raise AppError(
            "provider_error",
            f"{subject.provider.name} asked to be left alone for a while. Try again later.",
            details={"kind": Kind.RATE_LIMITED},
            retry_after=(until - now).total_seconds(),
        )
    asked, make = question
    try:
        metrics = await posts.ask_network(context, subject.account_id, make)
    except AppError as error:
        if isinstance(error.__cause__, CallFailed):
            await context.db.write(_keep_failure, subject, asked, error.__cause__.problem, context.now())
        raise
    await context.db.write(_keep, subject, asked, metrics, context.now())


def _post_to_ask(session: Session, actor: Actor, post_id: str) -> Subject:
    """Raises ``post_not_published`` and ``post_already_deleted``."""
    allow(actor, Action.READ)
    post = get(session, actor, Post, post_id)
    if post.status != PostStatus.PUBLISHED or not post.provider_post_id:
        reason = "nobody knows under which id" if post.status == PostStatus.PUBLISHED else "it is not out"
        raise AppError(
            "post_not_published",
            f"This post is {post.status}: {reason}, so there are no figures to ask for.",
            details={"status": post.status},
        )
    if post.deleted_at is not None:
        raise AppError(
            "post_already_deleted",
            "This post was deleted at its network; its last figures can still be read.",
            details={"deletedAt": iso(post.deleted_at)},
        )
    account = session.get_one(Account, post.account_id)
    return _subject(account, session.get_one(Connection, account.connection_id), post)


def _account_to_ask(session: Session, actor: Actor, account_id: str) -> Subject:
    allow(actor, Action.READ)
    account = get(session, actor, Account, account_id)
    return _subject(account, session.get_one(Connection, account.connection_id))


def _subject(account: Account, connection: Connection, post: Post | None = None) -> Subject:
    known = account_of(account)
    return Subject(
        id=account.id if post is None else post.id,
        workspace_id=account.workspace_id,
        account_id=account.id,
        provider=providers.get(account.provider),
        account=known,
        post=None if post is None else _published(post, known),
        limits=limits.Identity(
            provider=account.provider,
            external_id=account.external_id,
            credential_key=account.credential_key,
            client_id=connection.client_id or "",
        ),
    )


def _published(post: Post, account: JobAccount) -> PublishedPost:
    return PublishedPost(
        id=post.provider_post_id or "",
        url=post.provider_url,
        account=account,
        published_at=post.published_at or post.publish_at,
        meta=post.provider_meta or {},
    )


# --- keeping ----------------------------------------------------------------------------------------------------------


def _keep(session: Session, subject: Subject, window: str, metrics: Metrics, now: datetime) -> None:
    """What the network does not say is left out."""
    _forget_failures(session, subject, window)
    known = {name: value for name, value in metrics.items() if value is not None}
    session.add(_row(subject, window, Told.COLLECTED, now, metrics=known))


def _keep_failure(session: Session, subject: Subject, window: str, problem: Problem, now: datetime) -> None:
    """One at most for each subject: the last."""
    _forget_failures(session, subject, window)
    status = Told.GONE if problem.kind is Kind.NOT_FOUND else Told.FAILED
    session.add(_row(subject, window, status, now, message=problem.message))
    wait = {Kind.RATE_LIMITED: RATE_WAIT, Kind.QUOTA: QUOTA_WAIT}.get(problem.kind)
    if wait is not None:
        asked = timedelta(seconds=problem.retry_after) if problem.retry_after is not None else wait
        # a key of its own: reading too often must not keep posts from going out
        limits.wait_until(session, _reading(subject.limits.key(problem.scope)), now + asked, problem.code or "figures")


def _row(
    subject: Subject,
    window: str,
    status: Told,
    now: datetime,
    *,
    metrics: dict[str, float] | None = None,
    message: str | None = None,
) -> MetricSnapshot:
    return MetricSnapshot(
        id=new_id("metric", now),
        workspace_id=subject.workspace_id,
        subject_id=subject.id,
        metric_window=window,
        status=status,
        supported=True,
        metrics=metrics,
        message=message,
        collected_at=now,
    )


def _forget_failures(session: Session, subject: Subject, window: str) -> None:
    session.execute(
        delete(MetricSnapshot).where(
            MetricSnapshot.subject_id == subject.id,
            MetricSnapshot.metric_window == window,
            MetricSnapshot.status != Told.COLLECTED,
        )
    )


def _waits_until(session: Session, subject: Subject, now: datetime) -> datetime | None:
    """Both what publishing was asked to wait for, and what reading was."""
    keys = [subject.limits.key(scope) for scope in Scope]
    keys += [_reading(key) for key in keys]
    return session.scalar(select(func.max(LimitWait.until)).where(LimitWait.key.in_(keys), LimitWait.until > now))


def _reading(key: str) -> str:
    return f"reading:{key}"


# --- ahead of need ----------------------------------------------------------------------------------------------------


async def collect(context: Context) -> None:
    """Posts of the last day every hour, of the last month every day, and accounts every day. The subjects of one account
    come one after the other, and what an account has to wait for stops the rest of them."""
    due = await context.db.read(_due, context.settings.environment, context.now())
    ends, gate = time.monotonic() + ROUND_SECONDS, asyncio.Semaphore(ACCOUNTS_AT_ONCE)
    ordered = sorted(due, key=lambda subject: subject.account_id)
    told = await asyncio.gather(
        *(_collect(context, list(group), gate, ends) for _, group in groupby(ordered, key=lambda one: one.account_id))
    )
    workspaces = sorted({id for id in told if id is not None})
    if workspaces:
        await context.db.write(tell_pages, workspaces, "worker", context.now())


def tell_pages(session: Session, workspace_ids: Sequence[str], actor: str, now: datetime) -> None:
    """One event for a whole round: open pages draw again."""
    for workspace_id in workspace_ids:
        events.record(session, workspace_id=workspace_id, at=now, kind="figures.collected", actor=actor)


async def _collect(context: Context, subjects: Sequence[Subject], gate: asyncio.Semaphore, ends: float) -> str | None:
    """The workspace, if anything was told."""
    told: str | None = None
    async with gate:
        for subject in subjects:
            for window in subject.windows:
                if time.monotonic() > ends or not await _collect_one(context, subject, window):
                    return told
                told = subject.workspace_id
    return told


async def _collect_one(context: Context, subject: Subject, window: str) -> bool:
    """Whether the account may be asked for more."""
    now = context.now()
    question = subject.question(window, now)
    if question is None or await context.db.read(_waits_until, subject, now) is not None:
        return False
    asked, make = question
    try:
        metrics = await run_for_account(context, subject.account_id, subject.provider, make)
    except CallFailed as failed:
        await context.db.write(_keep_failure, subject, asked, failed.problem, context.now())
        return failed.problem.kind not in STOPS_THE_ACCOUNT
    except Exception:  # an answer in a shape that nobody expected must not keep the others from being asked
        log.exception("the figures of %s could not be read", subject.id)
        await context.db.write(_keep_failure, subject, asked, _unreadable(subject.provider), context.now())
        return True
    await context.db.write(_keep, subject, asked, metrics, context.now())
    return True


def _unreadable(provider: Provider) -> Problem:
    message = f"{provider.name} answered in a way that could not be read."
    return Problem(kind=Kind.UNKNOWN, verdict=Verdict.UNKNOWN, message=message)


def _due(session: Session, environment: str, now: datetime) -> list[Subject]:
    known = providers.all_providers().values()
    posts_due = _posts_due(environment, now, [one.id for one in known if one.post_metrics or one.post_metrics_in])
    accounts_due = _accounts_due(
        environment, now, [one.id for one in known if one.account_metrics or one.account_metrics_in]
    )
    return [
        *(_subject(account, link) for account, link in session.execute(accounts_due)),
        *(_subject(account, link, post) for post, account, link in session.execute(posts_due)),
    ]


def _posts_due(environment: str, now: datetime, networks: Sequence[str]) -> Select[Post, Account, Connection]:
    last = _last(Post.id)
    gone = select(MetricSnapshot.id).where(MetricSnapshot.subject_id == Post.id, MetricSnapshot.status == Told.GONE)
    young = Post.published_at > now - FIRST_DAY
    return (
        select(Post, Account, Connection)
        .join(Account, Account.id == Post.account_id)
        .join(Connection, Connection.id == Account.connection_id)
        .where(
            Post.status == PostStatus.PUBLISHED,
            Post.provider.in_(networks),
            Post.provider_post_id.is_not(None),
            Post.deleted_at.is_(None),
            Post.published_at > now - FOLLOWED,
            Post.published_at <= now - FIRST_AFTER,
            Account.status == AccountStatus.CONNECTED,
            Account.environment == environment,
            or_(last.is_(None), last <= now - DAILY, young & (last <= now - HOURLY)),
            ~gone.exists(),
        )
        .order_by(last.is_not(None), last, Post.published_at)
        .limit(MOST_AT_ONCE)
    )


def _accounts_due(environment: str, now: datetime, networks: Sequence[str]) -> Select[Account, Connection]:
    last = _last(Account.id)
    return (
        select(Account, Connection)
        .join(Connection, Connection.id == Account.connection_id)
        .where(
            Account.provider.in_(networks),
            Account.status == AccountStatus.CONNECTED,
            Account.environment == environment,
            or_(last.is_(None), last <= now - DAILY),
        )
        .order_by(last.is_not(None), last, Account.id)
        .limit(MOST_AT_ONCE)
    )


def _last(subject_id: Any) -> Any:
    """When it was asked about last, whatever came of it."""
    return (
        select(func.max(MetricSnapshot.collected_at))
        .where(MetricSnapshot.subject_id == subject_id)
        .correlate(Post, Account)
        .scalar_subquery()
    )
