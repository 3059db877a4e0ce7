"""Schedules become runs and posts. Validate, preview and apply are one path that stops at different places."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from . import (
    accounts,
    agenda,
    assets,
    campaigns,
    checking,
    draft_fits,
    events,
    outcomes,
    plan_json,
    planning,
    posts,
    reachability,
    spacing,
)
from .access import Action, Actor, allow, get, scoped
from .context import Context
from .db import after_commit
from .errors import AppError
from .ids import new_id
from .models import Account, Attempt, Campaign, Post, PostAsset, Run
from .planned_media import AssetSpec, ManagedMedia, Media
from .plans import AccountFacts, Directory, Plan, PostSpec
from .settings import Settings
from .status import AccountStatus, PostStatus, RunStatus
from .times import wall_time
from .wire import iso

SAMPLES = "demo"
"""The source of what is there to look at before anybody wrote anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A plan that may be applied, with the account of each of its posts."""

    plan: Plan
    accounts: tuple[AccountFacts, ...]
    warnings: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A schedule as it stands, right or wrong: all that is wrong with it, and the posts that can be read."""

    issues: list[dict[str, Any]]
    specs: tuple[PostSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    run: dict[str, Any]
    posts: list[dict[str, Any]]
    duplicate: bool
    payload_changed: bool
    warnings: Sequence[Mapping[str, Any]] = ()


# --- before rows ---------------------------------------------------------------------------------------------------------


def check(
    session: Session, actor: Actor, body: object, *, settings: Settings, now: datetime, alone: bool = False
) -> Checked:
    """The schedule as it would be applied. Raises the first issue, with all of them in ``details.issues``."""
    directory = Directory(accounts.facts(session, actor))
    why = reachability.reason(session, settings)
    plan = checking.checked_plan(
        body,
        directory=directory,
        media=_media(session, actor, settings),
        now=now,
        max_posts=settings.max_posts_per_apply,
        alone=alone,
        more=lambda draft: reachability.issue_of(draft, why),
    )
    known = [(spec, directory.by_id(spec.account_id or "")) for spec in plan.posts]
    planned = [(spec, account) for spec, account in known if account is not None]
    return Checked(
        plan=plan,
        accounts=tuple(account for _, account in planned),
        warnings=warnings(session, actor, planned, zone=plan.timezone),
    )


def warnings(
    session: Session, actor: Actor, planned: Sequence[tuple[PostSpec, AccountFacts]], *, zone: str
) -> list[dict[str, Any]]:
    """What may go wrong with posts, or not be meant, although nothing is wrong now."""
    return [
        *checking.login_warnings([(spec.index, account, spec.publish_at) for spec, account in planned]),
        *agenda.crowded(
            session, actor, [(spec.index, account.id, spec.publish_at) for spec, account in planned], zone=zone
        ),
        *spacing.too_near(session, actor, planned),
    ]


def validate(session: Session, actor: Actor, body: object, *, settings: Settings, now: datetime) -> dict[str, Any]:
    allow(actor, Action.READ)
    checked = check(session, actor, body, settings=settings, now=now)
    plan = checked.plan
    return {
        "tenantId": actor.workspace_id,
        "timezone": plan.timezone,
        "mode": plan.mode,
        "sourceModel": plan.source_model,
        "totalCampaigns": plan.total_campaigns,
        "totalPosts": len(plan.posts),
        "posts": [
            {**plan_json.post_json(spec), **_told_of_files(spec, account)}
            for spec, account in zip(plan.posts, checked.accounts, strict=True)
        ],
        "campaign": campaigns.graph_of_plan(plan) if plan.total_campaigns else None,
        "schedule": plan_json.normalised_envelope(plan),
        "warnings": checked.warnings,
    }


def _told_of_files(spec: PostSpec, account: AccountFacts) -> dict[str, Any]:
    """What is done to the files of a post before they are sent, where something is."""
    found = [note.message for note in draft_fits.notes(checking.draft_of(spec, account))]
    return {"notes": found} if found else {}


def look(
    session: Session, actor: Actor, body: object, *, settings: Settings, now: datetime, alone: bool = False
) -> Looked:
    """For those who are still writing: what ``check`` would refuse, and what can be read all the same."""
    allow(actor, Action.READ)
    issues: list[dict[str, Any]] = []
    try:
        check(session, actor, body, settings=settings, now=now, alone=alone)
    except AppError as error:
        issues = (error.details or {}).get("issues") or [
            {"post": None, "field": "", "code": error.code, "message": error.message}
        ]
    try:
        found = planning.read(
            body,
            directory=Directory(accounts.facts(session, actor)),
            media=_media(session, actor, settings),
            now=now,
            max_posts=settings.max_posts_per_apply,
            alone=alone,
        )
    except AppError:  # an envelope that cannot be read; the issues say why
        return Looked(issues=issues, specs=())
    return Looked(issues=issues, specs=found.plan.posts)


def _media(session: Session, actor: Actor, settings: Settings) -> Media:
    def media(reference: str) -> ManagedMedia | None:
        return assets.managed_media(session, actor.workspace_id, reference, base_url=settings.public_base_url)

    return media


def preview(session: Session, actor: Actor, body: object, *, settings: Settings, now: datetime) -> dict[str, Any]:
    """Like ``validate``, for campaigns only."""
    checked = validate(session, actor, body, settings=settings, now=now)
    if checked["campaign"] is None:
        raise _no_graph()
    return checked


# --- apply ---------------------------------------------------------------------------------------------------------------


def apply(
    session: Session,
    actor: Actor,
    body: object,
    *,
    settings: Settings,
    now: datetime,
    idempotency_key: str | None = None,
    source: str = "api",
    nudge: Callable[[], None] = lambda: None,
) -> Applied:
    """Rows for the whole schedule, or none. The same key again gives the run that is there."""
    allow(actor, Action.PUBLISH)
    envelope, inner_key = planning.unwrap(body)
    key = idempotency_key or inner_key
    payload = _hash(envelope)
    if key:
        existing = session.scalar(scoped(actor, Run).where(Run.idempotency_key == key))
        if existing is not None:
            return _again(session, existing, payload)
    checked = check(session, actor, body, settings=settings, now=now)
    run = _run_row(session, actor, checked.plan, key, payload, source, now)
    rows = _post_rows(session, actor, run, checked, now)
    session.flush()
    if run.mode != "draft" and any(row.due_at <= now + posts.NEAR for row in rows):
        after_commit(session, nudge)
    events.record(
        session,
        workspace_id=actor.workspace_id,
        at=now,
        kind="run.created",
        actor=actor.label,
        subject_id=run.id,
        data={"posts": len(rows)},
    )
    return Applied(
        run=run_json(run),
        posts=posts.posts_json(session, rows),
        duplicate=False,
        payload_changed=False,
        warnings=checked.warnings,
    )


async def apply_once(
    context: Context, actor: Actor, body: object, *, idempotency_key: str | None = None, source: str = "api"
) -> Applied:
    """``apply`` in a transaction of its own; the loser of a race for one key gets the winner's run."""
    options: dict[str, Any] = {
        "settings": context.settings,
        "idempotency_key": idempotency_key,
        "source": source,
        "nudge": context.nudge,
    }
    try:
        return await context.db.write(apply, actor, body, now=context.now(), **options)
    except IntegrityError:
        return await context.db.write(apply, actor, body, now=context.now(), **options)


def _again(session: Session, run: Run, payload: str) -> Applied:
    return Applied(
        run=run_json(run),
        posts=posts.posts_json(session, _posts_of(session, run)),
        duplicate=True,
        payload_changed=run.payload_hash != payload,
    )


def _hash(envelope: Any) -> str:
    text = json.dumps(envelope, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _run_row(
    session: Session, actor: Actor, plan: Plan, key: str | None, payload: str, source: str, now: datetime
) -> Run:
    run = Run(
        id=new_id("run", now),
        workspace_id=actor.workspace_id,
        status=RunStatus.DRAFT if plan.mode == "draft" else RunStatus.CREATED,
        mode=plan.mode,
        source_model=plan.source_model,
        source=source,
        timezone=plan.timezone,
        idempotency_key=key,
        payload_hash=payload,
        total_posts=len(plan.posts),
        created_by=actor.label,
        created_at=now,
        updated_at=now,
    )
    session.add(run)
    session.flush()  # the unique key decides a race here, before anything else is written
    return run


def _post_rows(session: Session, actor: Actor, run: Run, checked: Checked, now: datetime) -> list[Post]:
    campaign_rows: dict[int, Campaign] = {}
    rows: list[Post] = []
    for spec, account in zip(checked.plan.posts, checked.accounts, strict=True):
        campaign = _campaign_row(session, run, spec, campaign_rows, now)
        rows.append(_post_row(actor, run, campaign, spec, account, now))
    for row, spec in zip(rows, checked.plan.posts, strict=True):
        row.parent_post_id = None if spec.parent_index is None else rows[spec.parent_index].id
    session.add_all(_parents_first(rows))
    session.flush()
    for row, spec in zip(rows, checked.plan.posts, strict=True):
        session.add_all(asset_rows(row.id, spec))
    return rows


def _parents_first(rows: Sequence[Post]) -> list[Post]:
    """The order of insertion that the foreign key wants; planning has refused cycles."""
    by_id = {row.id: row for row in rows}
    ordered: dict[str, Post] = {}

    def place(row: Post) -> None:
        chain = [row]
        while (parent := by_id.get(chain[-1].parent_post_id or "")) is not None and parent.id not in ordered:
            chain.append(parent)
        for link in reversed(chain):
            ordered.setdefault(link.id, link)

    for row in rows:
        place(row)
    return list(ordered.values())


def _campaign_row(
    session: Session, run: Run, spec: PostSpec, rows: dict[int, Campaign], now: datetime
) -> Campaign | None:
    if spec.campaign is None:
        return None
    if spec.campaign.index not in rows:
        row = Campaign(
            id=new_id("campaign", now),
            workspace_id=run.workspace_id,
            run_id=run.id,
            campaign_index=spec.campaign.index,
            key=spec.campaign.id,
            name=spec.campaign.name,
        )
        session.add(row)
        session.flush()
        rows[spec.campaign.index] = row
    return rows[spec.campaign.index]


def _post_row(
    actor: Actor, run: Run, campaign: Campaign | None, spec: PostSpec, account: AccountFacts, now: datetime
) -> Post:
    return Post(
        id=new_id("post", now),
        workspace_id=actor.workspace_id,
        run_id=run.id,
        campaign_id=campaign.id if campaign else None,
        account_id=account.id,
        provider=spec.provider,
        account_handle=account.handle,
        status=PostStatus.DRAFT if run.mode == "draft" else PostStatus.SCHEDULED,
        name=spec.name,
        title=spec.title,
        description=spec.description,
        settings=dict(spec.settings),
        media_link=spec.media_link,
        timezone=spec.timezone,
        wall_time=spec.wall_time,
        publish_at=spec.publish_at,
        due_at=spec.publish_at,
        schedulable_at=now,
        interaction_type=spec.interaction_type,
        step_id=spec.step_id,
        step_index=spec.step_index,
        target_index=spec.target_index,
        campaign_index=spec.campaign.index if spec.campaign else None,
        sequence_position=spec.sequence_position,
        step_delay_ms=spec.step_delay_ms,
        parent_step_id=spec.parent_step_id,
        revision=1,
        generation=1,
        fence=0,
        tries=0,
        attempt_count=0,
        asked=0,
        created_by=actor.label,
        created_at=now,
        updated_at=now,
    )


def asset_rows(post_id: str, spec: PostSpec) -> list[PostAsset]:
    return [_asset_row(post_id, position, asset) for position, asset in enumerate(spec.assets)]


def _asset_row(post_id: str, position: int, asset: AssetSpec) -> PostAsset:
    return PostAsset(
        post_id=post_id,
        position=position,
        key=asset.key,
        asset_id=asset.asset_id,
        sha256=asset.sha256,
        url=asset.url,
        managed=asset.managed,
        kind=asset.kind,
        mime=asset.mime,
        original_filename=asset.original_filename,
        size=asset.size,
        width=asset.width,
        height=asset.height,
        duration=asset.duration,
        alt_text=asset.alt_text,
        as_is=asset.as_is,
    )


# --- reading ---------------------------------------------------------------------------------------------------------------


def status(session: Session, actor: Actor, run_id: str) -> dict[str, Any]:
    allow(actor, Action.READ)
    run = get(session, actor, Run, run_id)
    rows = _posts_of(session, run)
    return {"run": run_json(run), "posts": posts.posts_json(session, rows), "summary": summary(rows)}


def detail(session: Session, actor: Actor, run_id: str) -> dict[str, Any]:
    found = status(session, actor, run_id)
    ids = select(Post.id).where(Post.run_id == run_id)
    tries = session.scalars(select(Attempt).where(Attempt.post_id.in_(ids)).order_by(Attempt.started_at))
    return {
        **found,
        "mode": found["run"]["mode"],
        "sourceModel": found["run"]["sourceModel"],
        "attempts": [{"postId": row.post_id, **posts.attempt_json(row)} for row in tries],
    }


def table(session: Session, actor: Actor, run_id: str) -> dict[str, Any]:
    found = status(session, actor, run_id)
    ordered = sorted(found["posts"], key=lambda post: (post["publishAtUtc"], post["id"]))
    rows = [
        {
            "time": post["publishAtUtc"],
            "account": post["account"],
            "campaign": post["campaignName"],
            "step": post.get("sequencePosition"),
            "postName": post["name"],
            "description": post["description"],
            "mediaLink": post["mediaLink"],
            "timezone": post["timezone"],
            "status": post["status"],
            "postId": post["id"],
        }
        for post in ordered
    ]
    return {"run": found["run"], "rows": rows}


def campaign(session: Session, actor: Actor, run_id: str) -> dict[str, Any]:
    """The campaign graph of a run, and the schedule that makes it again as a draft."""
    found = status(session, actor, run_id)
    run = get(session, actor, Run, run_id)
    if run.source_model != "campaigns_v2":
        raise _no_graph()
    graph = campaigns.graph_of_posts(found["run"], _graph_posts(session, run, found["posts"]))
    return {**found, "campaign": graph, "schedule": campaigns.clone_payload(graph)}


def _graph_posts(session: Session, run: Run, found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = {row.id: row for row in _posts_of(session, run)}
    return [
        {**post, "campaignIndex": rows[post["id"]].campaign_index, "stepDelayMs": rows[post["id"]].step_delay_ms}
        for post in found
    ]


def any_planned(session: Session, actor: Actor, status: PostStatus | None = None) -> bool:
    """Whether somebody planned a post here, of this status if one is given; samples do not count."""
    allow(actor, Action.READ)
    wanted = [Post.workspace_id == actor.workspace_id, Run.source != SAMPLES]
    if status is not None:
        wanted.append(Post.status == status)
    return bool(session.scalar(select(select(Post.id).join(Run, Run.id == Post.run_id).where(*wanted).exists())))


def list_runs(
    session: Session, actor: Actor, *, statuses: Sequence[str] = (), limit: int = 50, offset: int = 0
) -> tuple[list[dict[str, Any]], int]:
    """The newest first, each with what its posts are about; and how many there are in all."""
    allow(actor, Action.READ)
    query = scoped(actor, Run)
    if statuses:
        query = query.where(Run.status.in_(statuses))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(Run.created_at.desc(), Run.id.desc()).limit(limit).offset(offset)).all()
    about = _about(session, [row.id for row in rows])
    return [{**run_json(row), **about[row.id]} for row in rows], total


def overview(session: Session, actor: Actor, run_id: str) -> dict[str, Any]:
    """A run as ``list_runs`` gives it."""
    allow(actor, Action.READ)
    run = get(session, actor, Run, run_id)
    return {**run_json(run), **_about(session, [run.id])[run.id]}


def _about(session: Session, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By run: how many of its posts are in each state, when they go out, on which networks, in which campaigns; and the
    words of the first."""
    mine = Post.run_id.in_(ids)
    states = select(Post.run_id, posts.state().label("state")).where(mine).subquery()
    counts = session.execute(
        select(states.c.run_id, states.c.state, func.count()).group_by(states.c.run_id, states.c.state)
    )
    ends = session.execute(
        select(Post.run_id, func.min(Post.publish_at), func.max(Post.publish_at)).where(mine).group_by(Post.run_id)
    )
    networks = session.execute(select(Post.run_id, Post.provider).where(mine).distinct().order_by(Post.provider))
    named = session.execute(
        select(Campaign.run_id, Campaign.name).where(Campaign.run_id.in_(ids)).order_by(Campaign.campaign_index)
    )
    first_of_all = (Post.target_index == 0, Post.step_index == 0, func.coalesce(Post.campaign_index, 0) == 0)
    words = session.execute(select(Post.run_id, Post.name, Post.description).where(mine, *first_of_all))
    about: dict[str, dict[str, Any]] = {
        id: {
            "counts": {},
            "firstPublishAtUtc": None,
            "lastPublishAtUtc": None,
            "providers": [],
            "campaigns": [],
            "words": "",
        }
        for id in ids
    }
    for id, state, count in counts:
        about[id]["counts"][state] = count
    for id, first, last in ends:
        about[id] |= {"firstPublishAtUtc": iso(first), "lastPublishAtUtc": iso(last)}
    for id, provider in networks:
        about[id]["providers"].append(provider)
    for id, name in named:
        about[id]["campaigns"].append(name)
    for id, name, description in words:
        about[id]["words"] = description or name
    return about


def schedule(session: Session, actor: Actor, run_id: str) -> dict[str, Any]:
    """The schedule that makes the posts of a run again, as a draft, with every time written out."""
    allow(actor, Action.READ)
    run = get(session, actor, Run, run_id)
    if run.source_model == "campaigns_v2":
        return campaign(session, actor, run_id)["schedule"]
    found = sorted(status(session, actor, run_id)["posts"], key=lambda post: post["targetIndex"])
    flat = [{"account": post["account"], "timezone": post["timezone"], **plan_json.input_json(post)} for post in found]
    return {"timezone": run.timezone, "mode": "draft", "posts": flat}


# --- publish a draft ---------------------------------------------------------------------------------------------------------


def publish(
    session: Session,
    actor: Actor,
    run_id: str,
    *,
    start_at: datetime | None,
    now: datetime,
    nudge: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """A draft run becomes a scheduled one. ``start_at`` moves every post by the same stretch."""
    allow(actor, Action.PUBLISH)
    run = get(session, actor, Run, run_id)
    changed = session.execute(
        update(Run).where(Run.id == run.id, Run.mode == "draft", Run.status == RunStatus.DRAFT).values(mode="scheduled", status=RunStatus.CREATED, updated_at=now)
    )  # fmt: skip
    if not outcomes.rows(changed):
        raise _not_a_draft(run)
    drafts = _drafts(session, run)
    times = _moved(drafts, start_at)
    for row in drafts:
        if start_at is not None:
            row.publish_at = times[row.id]
            row.wall_time = wall_time(row.publish_at, row.timezone)
        row.due_at, row.schedulable_at = row.publish_at, now
        row.status, row.revision, row.updated_at = PostStatus.SCHEDULED, row.revision + 1, now
    session.flush()
    if any(row.due_at <= now + posts.NEAR for row in drafts):
        after_commit(session, nudge)
    events.record(
        session,
        workspace_id=actor.workspace_id,
        at=now,
        kind="run.published",
        actor=actor.label,
        subject_id=run.id,
        data={"posts": len(drafts)},
    )
    outcomes.refresh_run(session, run.id, now)
    session.refresh(run)
    facts = {account.id: account for account in accounts.facts(session, actor)}
    known = [(index, facts[row.account_id], row.publish_at) for index, row in enumerate(drafts)]
    return {
        "run": run_json(run),
        "posts": posts.posts_json(session, _posts_of(session, run)),
        "warnings": checking.login_warnings(known),
    }


def foresee_publish(
    session: Session, actor: Actor, run_id: str, *, start_at: datetime | None, now: datetime
) -> dict[str, Any]:
    """What ``publish`` would do: how many ``posts`` from ``first`` to ``last`` (UTC), how many of them ``atOnce`` because
    their time is over, how many ``held`` until their account is connected again. Raises ``run_not_draft``."""
    allow(actor, Action.READ)
    run = get(session, actor, Run, run_id)
    if run.mode != "draft" or run.status != RunStatus.DRAFT:
        raise _not_a_draft(run)
    drafts = _drafts(session, run)
    times = _moved(drafts, start_at)
    away = select(Account.id).where(
        Account.id.in_({row.account_id for row in drafts}), Account.status != AccountStatus.CONNECTED
    )
    unreachable = set(session.scalars(away))
    return {
        "posts": len(drafts),
        "first": iso(min(times.values(), default=None)),
        "last": iso(max(times.values(), default=None)),
        "atOnce": sum(at <= now for at in times.values()),
        "held": sum(row.account_id in unreachable for row in drafts),
    }


def _drafts(session: Session, run: Run) -> list[Post]:
    return [row for row in _posts_of(session, run) if row.status == PostStatus.DRAFT]


def _moved(drafts: Sequence[Post], start_at: datetime | None) -> dict[str, datetime]:
    """Each by the same stretch, so that the first goes out at ``start_at``."""
    if not drafts:
        return {}
    first = min(row.publish_at for row in drafts)
    return {row.id: row.publish_at + ((start_at or first) - first) for row in drafts}


def _not_a_draft(run: Run) -> AppError:
    return AppError(
        "run_not_draft", f"Only a draft can be published; this run is {run.status}.", details={"status": run.status}
    )


# --- take it back ---------------------------------------------------------------------------------------------------------


def take_back(session: Session, actor: Actor, run_id: str, *, now: datetime) -> dict[str, Any]:
    """Cancels what has not begun: how many posts that were, and the ``posts`` that it was too late for."""
    allow(actor, Action.PUBLISH)
    rows = _posts_of(session, get(session, actor, Run, run_id))
    late: list[Post] = []
    for row in rows:
        try:
            posts.cancel(session, actor, row.id, now=now)
        except AppError as error:
            if error.code != "post_not_cancelable":
                raise
            late.append(row)
    return {"canceled": len(rows) - len(late), "posts": posts.posts_json(session, late)}


# --- shapes ------------------------------------------------------------------------------------------------------------------


def run_json(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "status": run.status,
        "mode": run.mode,
        "source": run.source,
        "sourceModel": run.source_model,
        "timezone": run.timezone,
        "idempotencyKey": run.idempotency_key,
        "totalPosts": run.total_posts,
        "createdAt": iso(run.created_at),
        "updatedAt": iso(run.updated_at),
    }


def summary(rows: Sequence[Post]) -> dict[str, int]:
    counts = Counter(row.status for row in rows)
    return {"total": len(rows), **{status.value: counts.get(status, 0) for status in PostStatus}}


def _posts_of(session: Session, run: Run) -> list[Post]:
    order = (Post.campaign_index, Post.target_index, Post.step_index, Post.id)
    return list(session.scalars(select(Post).where(Post.run_id == run.id).order_by(*order)))


def _no_graph() -> AppError:
    return AppError("campaign_graph_requires_campaigns", "This schedule has single posts; only campaigns have a graph.")
