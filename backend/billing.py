"""Plans: what can be bought, what a workspace has, and what it needs one for.

Shops report subscriptions (``lemonsqueezy``, ``appstore``); their rows say all there is to know, and the plan of a
workspace follows from them here. Without ``billing_enabled`` nobody needs a plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from .access import Actor, scoped
from .context import Context
from .errors import AppError
from .models import Subscription, Workspace

PRO = "pro"
NO_PLAN = "none"
LEMON_SQUEEZY, APP_STORE = "lemon_squeezy", "app_store"


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
    # https://developer.apple.com/documentation/appstoreserverapi/status: five numbers, in its words.
    APP_STORE: {
        "active": Standing.ACTIVE,
        "grace_period": Standing.ACTIVE,
        "billing_retry": Standing.PAST_DUE,
        "revoked": Standing.CANCELED,
    },
}
"""What a shop's word means while ``ends_at`` has not come. Words that are not here mean that it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a workspace has now, and the subscription that this comes from."""

    plan: str
    standing: Standing
    row: Subscription | None = None


async def require(context: Context, actor: Actor) -> None:
    """For the edges, before what costs money. Raises one of the five refusals of a plan."""
    if context.settings.billing_enabled:
        await context.db.read(require_plan, actor, upgrade_path=upgrade_path(context), now=context.now())


def require_plan(session: Session, actor: Actor, *, upgrade_path: str, now: datetime) -> None:
    held = held_by(session, actor.workspace_id, now)
    if held.standing not in OPEN:
        code, sentence = REFUSALS[held.standing]
        raise AppError(code, sentence, details={"upgradePath": upgrade_path})


def upgrade_path(context: Context) -> str:
    return f"{context.settings.public_base_url}/billing"


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
    workspace = session.scalar(select(Workspace).where(Workspace.id == workspace_id))
    if workspace is not None and (workspace.plan, workspace.subscription_status) != (held.plan, held.standing):
        workspace.plan, workspace.subscription_status = held.plan, held.standing
    return held
