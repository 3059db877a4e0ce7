"""Plans: what can be bought, what a workspace has, and what it needs one for.

Shops report subscriptions (``lemonsqueezy``, ``appstore``); their rows say all there is to know, and the plan of a
workspace follows from them here. Without ``billing_enabled`` nobody needs a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from . import events
from .access import Action, Actor, allow, scoped
from .context import Context
from .errors import AppError
from .ids import new_id
from .models import Subscription, WebhookReceipt, Workspace
from .settings import Settings
from .wire import iso
from .workspaces import SELF_HOSTED

R = TypeVar("R")

NO_PLAN = "none"
LEMON_SQUEEZY, APP_STORE = "lemon_squeezy", "app_store"
RECEIPTS_KEPT = timedelta(days=90)
"""Longer than any shop repeats a message. After that its age alone keeps it from having an effect."""


class Interval(StrEnum):
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    id: str
    name: str
    intervals: Sequence[Interval]
    entitlements: Mapping[str, Any]


PRO = Plan(
    id="pro",
    name="Pro",
    intervals=(Interval.MONTHLY, Interval.YEARLY),
    entitlements={"publish": True, "connect": True, "upload": True, "refreshAnalytics": True},
)
PLANS: Mapping[str, Plan] = {plan.id: plan for plan in (PRO,)}


class Standing(StrEnum):
    """How a workspace stands with what it bought. The order is the order of preference among several."""

    ACTIVE = "active"
    TRIALING = "trialing"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    CANCELED = "canceled"
    INACTIVE = "inactive"
    NONE = "none"


OPEN = (Standing.ACTIVE, Standing.TRIALING)

REFUSALS: Mapping[Standing, tuple[str, str]] = {
    Standing.PAST_DUE: ("subscription_past_due", "The last payment did not go through. Pay it, then try again."),
    Standing.PAUSED: ("subscription_paused", "The subscription is paused. Resume it, then try again."),
    Standing.CANCELED: ("subscription_canceled", "The subscription was canceled and has ended. Choose a plan again."),
    Standing.INACTIVE: ("subscription_inactive", "The subscription has ended. Renew it, then try again."),
    Standing.NONE: ("plan_required", "This needs a plan. Choose one, then try again."),
}

_WORDS: Mapping[str, Mapping[str, Standing]] = {
    # https://docs.lemonsqueezy.com/help/products/subscription-statuses, read 2026-10. A failed renewal closes at once:
    # what is scheduled already still goes out, and the sentence brings the person to the card while the shop retries.
    LEMON_SQUEEZY: {
        "on_trial": Standing.TRIALING,
        "active": Standing.ACTIVE,
        "cancelled": Standing.ACTIVE,  # paid until ends_at
        "past_due": Standing.PAST_DUE,
        "unpaid": Standing.PAST_DUE,
        "paused": Standing.PAUSED,
    },
    # https://developer.apple.com/documentation/appstoreserverapi/status, read 2026-10: five numbers, in its words.
    APP_STORE: {
        "active": Standing.ACTIVE,
        "grace_period": Standing.ACTIVE,
        "billing_retry": Standing.PAST_DUE,
        "revoked": Standing.CANCELED,
    },
}
"""What a shop's word means while ``ends_at`` has not come. Words that are not here mean that it is over."""


# --- what a workspace has ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The plan of a workspace now, and the subscription that it comes from."""

    plan: str
    standing: Standing
    row: Subscription | None = None


def held_by(session: Session, workspace_id: str, now: datetime) -> Held:
    """From the rows and the clock alone, so that an end counts in the second it comes."""
    rows = session.scalars(scoped(Actor(workspace_id=workspace_id, label="billing"), Subscription)).all()
    order = list(Standing)
    found = [Held(plan=row.plan, standing=standing_of(row, now), row=row) for row in rows if row.plan is not None]
    nothing = Held(plan=NO_PLAN, standing=Standing.NONE)
    return min(found, key=lambda held: (order.index(held.standing), -_moment(held)), default=nothing)


def _moment(held: Held) -> float:
    return held.row.changed_at.timestamp() if held.row else 0.0


def standing_of(row: Subscription, now: datetime) -> Standing:
    over = Standing.CANCELED if row.cancel_at is not None else Standing.INACTIVE
    said = _WORDS[row.source].get(row.status, over)
    if said is Standing.PAUSED and row.data.get("pauseMode") == "free":
        return Standing.ACTIVE  # collection rests, the service goes on
    if said not in OPEN or row.ends_at is None or now < row.ends_at:
        return said
    return Standing.PAST_DUE if row.status == "grace_period" else over


def settle(session: Session, workspace_id: str, now: datetime) -> Held:
    """Writes into the workspace what its subscriptions say."""
    held = held_by(session, workspace_id, now)
    _put(session, session.get_one(Workspace, workspace_id), held.plan, held.standing, now)
    return held


def _put(session: Session, workspace: Workspace, plan: str, status: str, now: datetime) -> None:
    if (workspace.plan, workspace.subscription_status) == (plan, status):
        return
    workspace.plan, workspace.subscription_status = plan, status
    events.record(
        session,
        workspace_id=workspace.id,
        at=now,
        kind="workspace.plan_changed",
        actor="billing",
        subject_id=workspace.id,
        data={"plan": plan, "status": status},
    )


# --- what needs a plan ------------------------------------------------------------------------------------------------


async def require(context: Context, actor: Actor) -> None:
    """For the edges, before what costs money. Raises one of the five refusals of a plan."""
    if context.settings.billing_enabled:
        await context.db.read(require_plan, actor, upgrade_path=upgrade_path(context.settings), now=context.now())


def require_plan(session: Session, actor: Actor, *, upgrade_path: str, now: datetime) -> None:
    held = held_by(session, actor.workspace_id, now)
    if held.standing not in OPEN:
        raise refusal(held.standing, upgrade_path)


def refusal(standing: Standing, upgrade_path: str) -> AppError:
    code, sentence = REFUSALS[standing]
    return AppError(code, sentence, details={"upgradePath": upgrade_path})


def upgrade_path(settings: Settings) -> str:
    return f"{settings.public_base_url}/billing"


def needs_selling(settings: Settings) -> None:
    if not settings.billing_enabled:
        raise AppError("billing_disabled", "No plans are sold on this server: every workspace may do everything.")


# --- what people are shown --------------------------------------------------------------------------------------------


def state(session: Session, actor: Actor, *, settings: Settings, now: datetime) -> dict[str, Any]:
    """What the route answers: the plan, and what can be bought."""
    allow(actor, Action.READ)
    if not settings.billing_enabled:
        free = {"enabled": False, "plan": SELF_HOSTED, "status": "active", "active": True, "entitlements": None}
        return {"billing": free, "plans": []}
    held = held_by(session, actor.workspace_id, now)
    return {"billing": _held_json(held, settings), "plans": [_plan_json(plan, settings) for plan in PLANS.values()]}


def _held_json(held: Held, settings: Settings) -> dict[str, Any]:
    row, is_open = held.row, held.standing in OPEN
    return {
        "enabled": True,
        "plan": held.plan,
        "status": held.standing,
        "active": is_open,
        "entitlements": dict(PLANS[held.plan].entitlements) if is_open else {},
        "source": row.source if row else None,
        "billingInterval": row.interval if row else None,
        "environment": row.environment if row else None,
        "renewsAt": iso(row.renews_at) if row else None,
        "endsAt": iso(row.ends_at) if row else None,
        "cancelAt": iso(row.cancel_at) if row else None,
        "upgradePath": upgrade_path(settings),
    }


def _plan_json(plan: Plan, settings: Settings) -> dict[str, Any]:
    return {
        "id": plan.id,
        "name": plan.name,
        "billingIntervals": [each for each in plan.intervals if variant_of(settings, plan.id, each)],
        "entitlements": dict(plan.entitlements),
    }


def variant_of(settings: Settings, plan: str, interval: str) -> str:
    """The number of what Lemon Squeezy sells; empty where it does not."""
    return lemonsqueezy_variants(settings).get((plan, interval), "")


def lemonsqueezy_variants(settings: Settings) -> Mapping[tuple[str, str], str]:
    return {
        (PRO.id, Interval.MONTHLY): settings.lemonsqueezy_variant_pro_monthly,
        (PRO.id, Interval.YEARLY): settings.lemonsqueezy_variant_pro_yearly,
    }


# --- what shops say ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a shop says about one subscription at one moment."""

    source: str
    external_id: str
    status: str
    """The shop's own word."""
    plan: str | None
    """None for a product that is no plan of ours."""
    interval: str | None
    environment: str
    changed_at: datetime
    """By the shop's clock."""
    workspace_id: str | None = None
    """Whom the shop says it is for; a subscription never moves to another one."""
    user_id: str | None = None
    customer_id: str | None = None
    product_id: str | None = None
    renews_at: datetime | None = None
    ends_at: datetime | None = None
    """When access ends unless there is news before."""
    cancel_at: datetime | None = None
    """When it ends because it was canceled."""
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])


def find(session: Session, source: str, external_id: str) -> Subscription | None:
    """Held until the transaction ends, so that of two messages at the same time the newer one stays."""
    return session.scalar(
        select(Subscription)
        .where(Subscription.source == source, Subscription.external_id == external_id)
        .with_for_update()
    )


def take(session: Session, news: News, *, now: datetime) -> Subscription:
    """Takes the news in unless newer ones were; messages come in any order and more than once."""
    row = find(session, news.source, news.external_id)
    if row is None:
        row = Subscription(
            id=new_id("sub", now), source=news.source, external_id=news.external_id, created_at=now, data={}
        )
        session.add(row)
        _write(row, news, now)
    elif news.changed_at >= row.changed_at:
        _write(row, news, now)
    bind(session, row, news.workspace_id, news.user_id)
    session.flush()
    if row.workspace_id is not None:
        settle(session, row.workspace_id, now)
    return row


def _write(row: Subscription, news: News, now: datetime) -> None:
    row.plan, row.interval, row.status, row.environment = news.plan, news.interval, news.status, news.environment
    row.customer_id, row.product_id = news.customer_id, news.product_id
    row.renews_at, row.ends_at, row.cancel_at = news.renews_at, news.ends_at, news.cancel_at
    row.changed_at, row.updated_at, row.data = news.changed_at, now, dict(news.data)


def bind(session: Session, row: Subscription, workspace_id: str | None, user_id: str | None) -> None:
    """To the first workspace that it is said to be for, if that still exists."""
    if row.workspace_id is None and workspace_id is not None and session.get(Workspace, workspace_id) is not None:
        row.workspace_id, row.user_id = workspace_id, user_id


async def written(context: Context, service: Callable[..., R], *args: Any, **options: Any) -> R:
    """In a transaction; once more where a twin was written at the same moment: shops send several messages at once."""
    try:
        return await context.db.write(service, *args, **options)
    except IntegrityError:
        return await context.db.write(service, *args, **options)


def is_new(session: Session, source: str, key: str, kind: str, outcome: str, *, now: datetime) -> bool:
    """Notes that a message was taken in; False when it was before."""
    if session.get(WebhookReceipt, (source, key)) is not None:
        return False
    session.add(WebhookReceipt(source=source, key=key, kind=kind[:100], outcome=outcome, received_at=now))
    session.flush()
    return True


# --- every minute -----------------------------------------------------------------------------------------------------


async def keep(context: Context) -> None:
    """What ends without anybody saying so, and what follows from selling plans having been switched on or off."""
    await context.db.write(_keep, enabled=context.settings.billing_enabled, now=context.now())


def _keep(session: Session, *, enabled: bool, now: datetime) -> None:
    if not enabled:
        for workspace in session.scalars(select(Workspace).where(Workspace.plan != SELF_HOSTED)):
            _put(session, workspace, SELF_HOSTED, "active", now)
        return
    bought = select(Subscription.workspace_id).where(Subscription.workspace_id.is_not(None))
    told = select(Workspace.id).where(or_(Workspace.plan == SELF_HOSTED, Workspace.id.in_(bought)))
    for workspace_id in session.scalars(told).all():
        settle(session, workspace_id, now)
    session.execute(
        delete(WebhookReceipt).where(
            WebhookReceipt.source.in_((LEMON_SQUEEZY, APP_STORE)), WebhookReceipt.received_at < now - RECEIPTS_KEPT
        )
    )
