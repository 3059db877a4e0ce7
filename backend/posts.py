"""Posts as people and clients see and move them. The publisher's side is ``publishing`` and ``outcomes``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

import providers
from providers.contract import Absent, Flow, Found, Kind, PublishedPost, Unclear

from . import connections, events, fits, outcomes, publishing, recording
from .access import Action, Actor, allow, get, scoped
from .calls import CallFailed, run_for_account
from .context import Context
from .db import after_commit
from .errors import AppError
from .models import Account, Attempt, Campaign, Connection, Post, PostAsset, Step
from .snapshots import account_of
from .status import CANCELABLE, EDITABLE, AccountStatus, PostStatus, Reconciliation
from .times import wall_time
from .wire import iso

R = TypeVar("R")

DEFAULT_LIMIT = 100
MOST_LISTED = 500
NEAR = timedelta(seconds=90)
"""A post due within this is worth waking the publisher for; a later one is found in time anyway."""
STALLED_AFTER = timedelta(minutes=5)


# --- reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    run_id: str | None = None
    campaign_id: str | None = None
    statuses: tuple[str, ...] = ()
    provider: str | None = None
    account: str | None = None
    """A handle or an id."""
    since: datetime | None = None
    until: datetime | None = None
    search: str | None = None
    limit: int = DEFAULT_LIMIT
    offset: int = 0


def list_posts(session: Session, actor: Actor, filters: Filters) -> tuple[list[dict[str, Any]], int]:
    """Newest publish time first, and how many there are in all."""
    allow(actor, Action.READ)
    query = _filtered(scoped(actor, Post), filters)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page = (
        query.order_by(Post.publish_at.desc(), Post.id.desc())
        .limit(min(filters.limit, MOST_LISTED))
        .offset(filters.offset)
    )
    return posts_json(session, session.scalars(page).all()), total


def _filtered(query: Select[Post], filters: Filters) -> Select[Post]:
    if filters.run_id:
        query = query.where(Post.run_id == filters.run_id)
    if filters.campaign_id:
        campaign = select(Campaign.id).where(
            or_(Campaign.id == filters.campaign_id, Campaign.key == filters.campaign_id)
        )
        query = query.where(Post.campaign_id.in_(campaign))
    if filters.statuses:
        query = query.where(Post.status.in_(filters.statuses))
    if filters.provider:
        query = query.where(Post.provider == (providers.resolve(filters.provider) or filters.provider))
    if filters.account:
        query = query.where(
            or_(func.lower(Post.account_handle) == filters.account.lower(), Post.account_id == filters.account)
        )
    if filters.since:
        query = query.where(Post.publish_at >= filters.since)
    if filters.until:
        query = query.where(Post.publish_at <= filters.until)
    if filters.search:
        pattern = "%" + filters.search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(or_(Post.description.ilike(pattern, escape="\\"), Post.name.ilike(pattern, escape="\\")))
    return query


def detail(session: Session, actor: Actor, post_id: str) -> dict[str, Any]:
    """``post``, its ``account`` and its ``latestAttempt``."""
    allow(actor, Action.READ)
    post = get(session, actor, Post, post_id)
    account = session.get_one(Account, post.account_id)
    latest = session.scalar(
        select(Attempt).where(Attempt.post_id == post.id).order_by(Attempt.attempt_no.desc()).limit(1)
    )
    return {
        "post": post_json(session, post),
        "account": {
            "id": account.id,
            "provider": account.provider,
            "handle": account.handle,
            "displayName": account.display_name,
            "accountType": account.account_type,
            "status": account.status,
        },
        "latestAttempt": attempt_json(latest) if latest else None,
    }


def attempts(session: Session, actor: Actor, post_id: str) -> dict[str, Any]:
    allow(actor, Action.READ)
    post = get(session, actor, Post, post_id)
    rows = session.scalars(select(Attempt).where(Attempt.post_id == post.id).order_by(Attempt.attempt_no))
    return {"attempts": [attempt_json(row) for row in rows], "post": post_json(session, post)}


def story(session: Session, actor: Actor, post_id: str) -> list[dict[str, Any]]:
    """What happened to a post, oldest first: events and recorded calls, for its page."""
    allow(actor, Action.READ)
    post = get(session, actor, Post, post_id)
    told = [
        {"at": iso(row.at), "kind": row.kind, "actor": row.actor, **row.data}
        for row in events.of_subject(session, actor, post.id)
    ]
    steps = session.scalars(select(Step).where(Step.post_id == post.id))
    called = [
        {
            "at": iso(step.answered_at or step.intended_at),
            "kind": "step.answered" if step.answered_at else "step.intended",
            "step": step.name,
            "effect": step.effect,
            "generation": step.generation,
        }
        for step in steps
    ]
    return sorted(told + called, key=lambda entry: entry["at"] or "")


def jobs(session: Session, actor: Actor, filters: Filters, *, now: datetime) -> tuple[list[dict[str, Any]], int]:
    """One worker job per post, soonest first."""
    allow(actor, Action.READ)
    query = _filtered(scoped(actor, Post), filters)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(Post.due_at, Post.id).limit(min(filters.limit, MOST_LISTED))).all()
    accounts = {row.id: row for row in session.scalars(scoped(actor, Account))}
    linked = {row.id: row for row in session.scalars(scoped(actor, Connection))}
    parents = parent_statuses(session, rows)
    latest = _latest_attempts(session, [row.id for row in rows])
    return [
        {
            "postId": post.id,
            "runId": post.run_id,
            "provider": post.provider,
            "account": post.account_handle,
            "status": post.status,
            **job_state(post, accounts[post.account_id], parents.get(post.parent_post_id or "")),
            **_token_fields(accounts[post.account_id], linked, now),
            "latestAttempt": latest.get(post.id),
            "interactionType": post.interaction_type,
            "stepId": post.step_id,
            "parentStepId": post.parent_step_id,
            "nextAttemptAt": _next_attempt_at(post),
            "publishAtUtc": iso(post.publish_at),
        }
        for post in rows
    ], total


def _token_fields(account: Account, linked: Mapping[str, Connection], now: datetime) -> dict[str, str]:
    health = connections.token_health(account, linked[account.connection_id], now)
    return {"accountTokenHealth": health["tokenHealth"], "tokenRefreshStatus": health["tokenRefreshStatus"]}


def job_state(post: Post, account: Account, parent_status: str | None) -> dict[str, str]:
    """What the worker does with this post next, in two words a client can act on."""
    waits_for_parent = post.parent_post_id is not None and parent_status != PostStatus.PUBLISHED
    status = PostStatus(post.status)
    if status in (PostStatus.SCHEDULED, PostStatus.RETRY_PENDING):
        if account.status != AccountStatus.CONNECTED:
            return {"jobState": "blocked", "nextAction": "reconnect_account"}
        if waits_for_parent:
            return {"jobState": "blocked", "nextAction": "wait_for_parent"}
        if status is PostStatus.RETRY_PENDING:
            return {"jobState": "retry_wait", "nextAction": "retry"}
        return {"jobState": "waiting", "nextAction": "publish"}
    if status is PostStatus.PUBLISHING:
        return {"jobState": "running" if post.lease_owner else "waiting", "nextAction": "wait"}
    return {
        "jobState": {PostStatus.FAILED: "failed", PostStatus.DRAFT: "waiting"}.get(status, "done"),
        "nextAction": "none",
    }


def is_stalled(post: Post, now: datetime) -> bool:
    """Due for minutes, and nobody took it."""
    return post.lease_owner is None and post.due_at < now - STALLED_AFTER


def parent_statuses(session: Session, rows: Sequence[Post]) -> dict[str, str]:
    ids = {row.parent_post_id for row in rows if row.parent_post_id}
    return dict(session.execute(select(Post.id, Post.status).where(Post.id.in_(ids))).all()) if ids else {}


def _latest_attempts(session: Session, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    rows = session.scalars(select(Attempt).where(Attempt.post_id.in_(ids)).order_by(Attempt.attempt_no)) if ids else ()
    return {row.post_id: attempt_json(row) for row in rows}


# --- shapes -----------------------------------------------------------------------------------------------------------


def posts_json(session: Session, rows: Sequence[Post]) -> list[dict[str, Any]]:
    ids = [row.id for row in rows]
    assets: dict[str, list[PostAsset]] = {}
    for asset in (
        session.scalars(select(PostAsset).where(PostAsset.post_id.in_(ids)).order_by(PostAsset.position)) if ids else ()
    ):
        assets.setdefault(asset.post_id, []).append(asset)
    campaign_ids = {row.campaign_id for row in rows if row.campaign_id}
    campaigns = (
        {row.id: row for row in session.scalars(select(Campaign).where(Campaign.id.in_(campaign_ids)))}
        if campaign_ids
        else {}
    )
    return [_post_json(row, assets.get(row.id, []), campaigns.get(row.campaign_id or "")) for row in rows]


def post_json(session: Session, post: Post) -> dict[str, Any]:
    return posts_json(session, [post])[0]


def _post_json(post: Post, assets: Sequence[PostAsset], campaign: Campaign | None) -> dict[str, Any]:
    return {
        "id": post.id,
        "runId": post.run_id,
        "provider": post.provider,
        "account": post.account_handle,
        "accountId": post.account_id,
        "status": post.status,
        "name": post.name,
        "description": post.description,
        "publishAtUtc": iso(post.publish_at),
        "publishedAt": iso(post.published_at),
        "timezone": post.timezone,
        "wallTime": post.wall_time,
        "providerPostId": post.provider_post_id,
        "providerUrl": post.provider_url,
        "providerStatus": post.provider_status,
        "reconciliationStatus": post.reconciliation_status,
        "error": post.error,
        "lastError": post.error,
        "errorCode": post.error_code,
        "warning": post.warning or _unfit(post, assets),
        "attempts": post.attempt_count,
        "attemptCount": post.attempt_count,
        "nextAttemptAt": _next_attempt_at(post),
        "interactionType": post.interaction_type,
        "parentStepId": post.parent_step_id,
        "resolvedParentProviderPostId": post.parent_provider_post_id,
        "campaignId": campaign.key if campaign else None,
        "campaignName": campaign.name if campaign else None,
        **({"sequencePosition": post.sequence_position} if post.sequence_position is not None else {}),
        "stepId": post.step_id,
        "stepIndex": post.step_index,
        "targetIndex": post.target_index,
        "assets": [asset_json(asset) for asset in assets],
        "mediaLink": post.media_link,
        "settings": post.settings,
        "revision": post.revision,
        "deletedAt": iso(post.deleted_at),
        "createdAt": iso(post.created_at),
        "updatedAt": iso(post.updated_at),
    }


def _unfit(post: Post, assets: Sequence[PostAsset]) -> str | None:
    """Told before the post's time, so that somebody may still send another file."""
    if post.status not in (PostStatus.DRAFT, PostStatus.SCHEDULED, PostStatus.RETRY_PENDING):
        return None
    told = [fit.said for asset in assets if (fit := fits.post_fit(asset.fit)) is not None and fit.problem and fit.said]
    return " ".join(dict.fromkeys(told)) or None


def asset_json(asset: PostAsset) -> dict[str, Any]:
    fitted = fits.fitted_json(asset)
    return {
        "id": asset.key,
        "url": asset.url,
        "managed": asset.managed,
        "originalFilename": asset.original_filename,
        "mime": asset.mime,
        "kind": asset.kind,
        "size": asset.size,
        "width": asset.width,
        "height": asset.height,
        "duration": asset.duration,
        "altText": asset.alt_text,
        **({"fit": False} if asset.as_is else {}),
        **({"fitted": fitted} if fitted else {}),
    }


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "attemptNo": attempt.attempt_no,
        "stage": attempt.stage,
        "workerId": attempt.worker_id,
        "startedAt": iso(attempt.started_at),
        "finishedAt": iso(attempt.finished_at),
        "at": iso(attempt.finished_at or attempt.started_at),
        "ok": attempt.ok,
        "code": attempt.code,
        "message": attempt.message,
        "retryable": attempt.retryable,
        "providerPostId": attempt.provider_post_id,
        "latenessSeconds": attempt.lateness,
    }


def _next_attempt_at(post: Post) -> str | None:
    return (
        iso(post.due_at)
        if post.status in (PostStatus.SCHEDULED, PostStatus.RETRY_PENDING, PostStatus.PUBLISHING)
        else None
    )


# --- moving -----------------------------------------------------------------------------------------------------------


def cancel(session: Session, actor: Actor, post_id: str, *, now: datetime) -> dict[str, Any]:
    """Never reaches a post that is being published. A canceled parent leaves its replies to their own fate."""
    allow(actor, Action.PUBLISH)
    post = get(session, actor, Post, post_id)
    if not _change(session, post, CANCELABLE, None, now, status=PostStatus.CANCELED, error=None, error_code=None):
        raise AppError(
            "post_not_cancelable",
            f"This post is {post.status} and cannot be canceled any more.",
            details={"status": post.status},
        )
    return _changed(session, actor, post, "post.canceled", now, {})


def reschedule(
    session: Session, actor: Actor, post_id: str, *, publish_at: datetime, timezone: str | None, revision: int | None, now: datetime,
    nudge: Callable[[], None] = lambda: None,
) -> dict[str, Any]:  # fmt: skip
    """Give a post another time. ``revision`` is the one the caller saw; another means somebody was faster."""
    allow(actor, Action.PUBLISH)
    post = get(session, actor, Post, post_id)
    zone = timezone or post.timezone
    values = {"publish_at": publish_at, "timezone": zone, "wall_time": wall_time(publish_at, zone)}
    return edit(session, actor, post, values, revision=revision, now=now, nudge=nudge)


def edit(
    session: Session,
    actor: Actor,
    post: Post,
    values: Mapping[str, Any],
    *,
    revision: int | None,
    now: datetime,
    nudge: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Change what a post says or when; a new generation starts from nothing recorded.

    A failed post becomes scheduled again, unless nobody knows whether it is out.
    """
    status = PostStatus.DRAFT if post.status == PostStatus.DRAFT else PostStatus.SCHEDULED
    publish_at: datetime = values.get("publish_at", post.publish_at)
    if post.error_code == outcomes.UNKNOWN_OUTCOME or not _change(
        session,
        post,
        EDITABLE,
        revision,
        now,
        **values,
        status=status,
        generation=Post.generation + 1,
        snapshot=None,
        intent=None,
        tries=0,
        asked=0,
        due_at=publish_at,
        schedulable_at=now,
        error=None,
        error_code=None,
        reconciliation_status=None,
    ):
        raise _not_editable(session, post, revision)
    _wake_if_near(session, publish_at, now, nudge)
    return _changed(session, actor, post, "post.edited", now, {"publishAtUtc": iso(publish_at)})


def refuse_change(session: Session, post: Post, revision: int | None) -> None:
    """Before anybody looks at the change itself: raises what ``edit`` would raise."""
    editable = post.status in EDITABLE and post.error_code != outcomes.UNKNOWN_OUTCOME
    if not editable or revision not in (None, post.revision):
        raise _not_editable(session, post, revision)


def _not_editable(session: Session, post: Post, revision: int | None) -> AppError:
    session.refresh(post)
    if post.error_code == outcomes.UNKNOWN_OUTCOME:
        return AppError("post_not_editable", "Say first whether this post is at the network; then it can be changed.", details={"status": post.status})  # fmt: skip
    if revision is not None and post.revision != revision and post.status in EDITABLE:
        return AppError("post_changed", "Somebody else changed this post meanwhile. Look at it again, then repeat your change.", details={"revision": post.revision})  # fmt: skip
    return AppError(
        "post_not_editable",
        f"This post is {post.status} and cannot be changed any more.",
        details={"status": post.status},
    )


def _change(
    session: Session, post: Post, allowed: frozenset[PostStatus], revision: int | None, now: datetime, **values: Any
) -> bool:
    """One conditional UPDATE: nobody holds the row, its status allows it, nobody was faster."""
    untouched = or_(
        Post.status != PostStatus.RETRY_PENDING, Post.intent.is_(None)
    )  # its ONCE may have reached the network
    query = update(Post).where(Post.id == post.id, Post.status.in_(allowed), Post.lease_owner.is_(None), untouched)
    if revision is not None:
        query = query.where(Post.revision == revision)
    return outcomes.rows(session.execute(query.values(updated_at=now, revision=Post.revision + 1, **values))) == 1


def _changed(
    session: Session, actor: Actor, post: Post, kind: str, now: datetime, data: Mapping[str, Any]
) -> dict[str, Any]:
    post = session.get_one(Post, post.id, populate_existing=True)
    outcomes.refresh_run(session, post.run_id, now)
    events.record(
        session,
        workspace_id=actor.workspace_id,
        at=now,
        kind=kind,
        actor=actor.label,
        subject_id=post.id,
        data={"status": post.status, **data},
    )
    return post_json(session, post)


def _wake_if_near(session: Session, at: datetime, now: datetime, nudge: Callable[[], None]) -> None:
    if at <= now + NEAR:
        after_commit(session, nudge)


# --- retry, reconcile, delete: with the network ---------------------------------------------------------------------------


async def retry(context: Context, actor: Actor, post_id: str, *, send_again: bool = False) -> dict[str, Any]:
    """A person's retry: due now, from the beginning. A post that may be out is looked for first."""
    post = await context.db.read(_for_moving, actor, post_id)
    if post.status == PostStatus.FAILED and post.error_code == outcomes.UNKNOWN_OUTCOME and not send_again:
        looked = await _look(context, actor, post)
        if looked["status"] == PostStatus.PUBLISHED:
            return looked
        if looked["reconciliationStatus"] != "absent":
            raise AppError(
                "publish_outcome_unknown",
                "It cannot be told whether this post is out. Look at the network: say that it is there, or send it again knowingly.",
                details={"postId": post.id, "sendAgain": False},
            )
    return await context.db.write(_send_again, actor, post_id, context.now(), context.nudge)


async def reconcile(
    context: Context, actor: Actor, post_id: str, *, outcome: str | None = None, provider_post_id: str | None = None
) -> dict[str, Any]:
    """Ask the network, or take a person's word (``outcome``: published or absent)."""
    post = await context.db.read(_for_moving, actor, post_id)
    if outcome is None:
        return await _look(context, actor, post)
    if outcome not in ("published", "absent"):
        raise AppError(
            "reconcile_outcome_invalid",
            "outcome must be published or absent.",
            details={"supportedValues": ["published", "absent"]},
        )
    return await context.db.write(_take_word, actor, post_id, outcome, provider_post_id, context.now())


async def remove(context: Context, actor: Actor, post_id: str) -> dict[str, Any]:
    """Away with it, wherever it is: a published post off its network, any other one is canceled."""
    post = await context.db.read(_for_moving, actor, post_id)
    if post.status == PostStatus.PUBLISHED:
        return await delete(context, actor, post_id)
    return await context.db.write(cancel, actor, post_id, now=context.now())


async def delete(context: Context, actor: Actor, post_id: str) -> dict[str, Any]:
    """Take a published post off its network."""
    post = await context.db.read(_for_moving, actor, post_id)
    provider = providers.get(post.provider)
    if post.status != PostStatus.PUBLISHED or not post.provider_post_id:
        raise AppError(
            "post_not_published",
            f"This post is {post.status}: there is nothing at {provider.name} to delete.",
            details={"status": post.status},
        )
    if post.deleted_at is not None:
        raise AppError(
            "post_already_deleted", "This post was deleted already.", details={"deletedAt": iso(post.deleted_at)}
        )
    if provider.delete is None:
        raise AppError(
            "provider_delete_unsupported",
            f"{provider.name} does not let programs delete posts. Delete it there.",
            details={"provider": provider.id},
        )
    account = await context.db.read(_account, post.account_id)
    published = PublishedPost(
        id=post.provider_post_id,
        url=post.provider_url,
        account=account_of(account),
        published_at=post.published_at or post.publish_at,
        meta=post.provider_meta or {},
    )
    remove = provider.delete
    await ask_network(context, post.account_id, lambda: remove(published))
    return await context.db.write(_deleted, actor, post_id, context.now())


async def ask_network(context: Context, account_id: str, make: Callable[[], Flow[R]]) -> R:
    """Run a flow without stored steps with the account's credential. Network errors become AppErrors."""
    account = await context.db.read(_account, account_id)
    provider = providers.get(account.provider)
    try:
        return await run_for_account(context, account_id, provider, make)
    except CallFailed as failed:
        problem = failed.problem
        if problem.kind is Kind.AUTH:
            raise AppError("account_needs_reconnect", f"Connect {account.handle} again: {problem.message}") from failed
        raise AppError(
            "provider_error",
            f"{provider.name}: {problem.message}",
            details={"kind": problem.kind, "code": problem.code},
            retry_after=problem.retry_after,
        ) from failed


async def _look(context: Context, actor: Actor, post: Post) -> dict[str, Any]:
    """The post after the network was asked. ``reconciliationStatus`` is ``absent`` only in this answer."""
    provider = providers.get(post.provider)
    work = await context.db.read(recording.look, post.id, context.sealer)
    if work is None or provider.reconcile is None:
        status = None if post.status not in (PostStatus.PUBLISHED, PostStatus.FAILED) else Reconciliation.UNSUPPORTED
        return {
            **await context.db.read(_current, actor, post.id),
            **({"reconciliationStatus": status} if status else {}),
        }
    try:
        answer = await publishing.ask(context, work, work.steps[work.intent or ""])
    except CallFailed as failed:
        raise AppError(
            "provider_error", f"{provider.name}: {failed.problem.message}", details={"code": failed.problem.code}
        ) from failed
    return await context.db.write(_looked, actor, work, answer, context.now())


def _looked(session: Session, actor: Actor, work: recording.Work, answer: Any, now: datetime) -> dict[str, Any]:
    post = get(session, actor, Post, work.hold.post_id)
    if isinstance(answer, Found):
        mine = [candidate for candidate in answer.candidates if not publishing.owned(session, work, candidate.id)]
        if mine:
            _now_published(
                session,
                actor,
                post,
                mine[0].id,
                mine[0].url or work.provider.post_url(mine[0].id, work.job.account),
                now,
            )
            return post_json(session, session.get_one(Post, post.id, populate_existing=True))
        answer = Absent()
    found = post_json(session, post)
    if post.status == PostStatus.PUBLISHED:
        return found
    return {**found, "reconciliationStatus": "absent" if isinstance(answer, Absent) else Reconciliation.FAILED,
            **({"message": answer.reason} if isinstance(answer, Unclear) else {})}  # fmt: skip


def _take_word(
    session: Session, actor: Actor, post_id: str, outcome: str, provider_post_id: str | None, now: datetime
) -> dict[str, Any]:
    allow(actor, Action.PUBLISH)
    post = get(session, actor, Post, post_id)
    if post.status != PostStatus.FAILED or post.error_code != outcomes.UNKNOWN_OUTCOME:
        raise AppError(
            "post_not_in_doubt",
            f"This post is {post.status}; there is no doubt about it to settle.",
            details={"status": post.status},
        )
    if outcome == "published":
        url = None
        if not (provider_post_id or post.provider_post_id) and _is_awaited(session, post):
            raise AppError("provider_post_id_required", "A reply waits for this post. Give the post's id at the network too, so that the reply can answer it.")  # fmt: skip
        if provider_post_id:
            url = providers.get(post.provider).post_url(
                provider_post_id, account_of(session.get_one(Account, post.account_id))
            )
        _now_published(session, actor, post, provider_post_id, url, now)
    else:
        session.execute(
            update(Post)
            .where(Post.id == post.id)
            .values(error_code="publish_absent", error="It is not at the network. Retry it to send it.", reconciliation_status=Reconciliation.CONFIRMED, updated_at=now, revision=Post.revision + 1)
        )  # fmt: skip
    return _changed(
        session, actor, post, "post.reconciled", now, {"outcome": outcome, "providerPostId": provider_post_id}
    )


def _is_awaited(session: Session, post: Post) -> bool:
    done = (PostStatus.PUBLISHED, PostStatus.CANCELED)
    replies = select(Post.id).where(Post.parent_post_id == post.id, Post.status.not_in(done))
    return session.scalar(replies.limit(1)) is not None


def _now_published(
    session: Session, actor: Actor, post: Post, provider_post_id: str | None, url: str | None, now: datetime
) -> None:
    session.execute(
        update(Post)
        .where(Post.id == post.id, Post.status.in_((PostStatus.FAILED, PostStatus.PUBLISHED)))
        .values(
            status=PostStatus.PUBLISHED,
            provider_post_id=provider_post_id or Post.provider_post_id,
            provider_url=url or Post.provider_url,
            provider_status="published",
            reconciliation_status=Reconciliation.CONFIRMED,
            published_at=post.published_at or now,
            error=None,
            error_code=None,
            updated_at=now,
            revision=Post.revision + 1,
        )
    )
    events.record(
        session,
        workspace_id=actor.workspace_id,
        at=now,
        kind="post.published",
        actor=actor.label,
        subject_id=post.id,
        data={"status": "published"},
    )
    outcomes.refresh_run(session, post.run_id, now)


def _send_again(
    session: Session, actor: Actor, post_id: str, now: datetime, nudge: Callable[[], None]
) -> dict[str, Any]:
    allow(actor, Action.PUBLISH)
    post = get(session, actor, Post, post_id)
    if not _change(
        session,
        post,
        frozenset({PostStatus.FAILED}),
        None,
        now,
        status=PostStatus.SCHEDULED,
        generation=Post.generation + 1,
        snapshot=None,
        intent=None,
        tries=0,
        asked=0,
        due_at=now,
        schedulable_at=now,
        error=None,
        error_code=None,
        reconciliation_status=None,
        provider_status=None,
    ):
        raise AppError(
            "post_not_retryable",
            f"Only a failed post can be retried; this one is {post.status}.",
            details={"status": post.status},
        )
    after_commit(session, nudge)
    return _changed(session, actor, post, "post.retried", now, {})


def _deleted(session: Session, actor: Actor, post_id: str, now: datetime) -> dict[str, Any]:
    post = get(session, actor, Post, post_id)
    session.execute(
        update(Post)
        .where(Post.id == post.id)
        .values(
            provider_status="deleted", deleted_at=now, provider_url=None, updated_at=now, revision=Post.revision + 1
        )
    )
    return _changed(session, actor, post, "post.deleted", now, {})


def _for_moving(session: Session, actor: Actor, post_id: str) -> Post:
    allow(actor, Action.PUBLISH)
    return get(session, actor, Post, post_id)


def _current(session: Session, actor: Actor, post_id: str) -> dict[str, Any]:
    return post_json(session, get(session, actor, Post, post_id))


def _account(session: Session, account_id: str) -> Account:
    return session.get_one(Account, account_id)
