"""The shop on the web, Lemon Squeezy: where its payment pages are, and what its messages mean.

https://docs.lemonsqueezy.com/api and https://docs.lemonsqueezy.com/help/webhooks, read 2026-10. Its messages carry the
whole subscription, signed; a daily look at all of them makes good for those that never arrived.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, ValidationError
from sqlalchemy import update
from sqlalchemy.orm import Session

from providers.contract import Request, Response

from . import billing, outcomes
from .access import Action, Actor, allow
from .billing import LEMON_SQUEEZY, Interval, News, Standing
from .context import Context
from .errors import AppError
from .http import SendError
from .models import InstanceSetting, Subscription, User
from .settings import Settings

log = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)

JSON_API = "application/vnd.api+json"
CHECKOUT_LASTS = timedelta(days=1)
LOOKS_EVERY = timedelta(days=1)
LOOKS_AGAIN = timedelta(hours=1)
"""After a look that failed."""
PAGE = 100
MOST_PAGES = 1000
LAST_LOOK = "lemonsqueezy_next_look"
APPLE_SUBSCRIPTIONS = "https://apps.apple.com/account/subscriptions"
"""Where people change what they bought in the App Store: nobody else can do it for them."""


# --- buying -----------------------------------------------------------------------------------------------------------


async def checkout(context: Context, actor: Actor, *, plan: str | None, interval: str | None) -> str:
    """The address of a payment page. Nothing is bought before the shop says so: coming back from there proves nothing."""
    settings = context.settings
    allow(actor, Action.MANAGE_WORKSPACE)
    _needs_set_up(settings)
    variant = _variant(settings, plan, interval)
    email = await context.db.read(_before_buying, actor, now=context.now())
    asked = _checkout_json(settings, actor, variant, email, ends_at=context.now() + CHECKOUT_LASTS)
    answer = await _send(context, Request("POST", "/v1/checkouts", json=asked))
    return _parsed(_Checkout, _parsed(_One, answer.json).data.attributes).url


def _variant(settings: Settings, plan: str | None, interval: str | None) -> str:
    if plan is None or plan not in billing.PLANS:
        names = ", ".join(billing.PLANS)
        raise AppError("plan_unknown", f"Choose one of the plans that are sold: {names}.", details={"field": "plan"})
    sold = {each: variant for each in Interval if (variant := billing.variant_of(settings, plan, each))}
    variant = next((found for each, found in sold.items() if each == interval), None)
    if variant is None:
        raise AppError(
            "billing_interval_unknown",
            f"This plan is not sold for that time. Choose one of: {', '.join(sold) or 'none yet'}.",
            details={"field": "billingInterval", "allowed": list(sold)},
        )
    return variant


def _before_buying(session: Session, actor: Actor, *, now: datetime) -> str | None:
    """The buyer's address. Somebody with a subscription changes it, or would pay twice."""
    held = billing.held_by(session, actor.workspace_id, now)
    if held.standing in (Standing.ACTIVE, Standing.TRIALING, Standing.PAST_DUE, Standing.PAUSED):
        raise AppError(
            "subscription_exists",
            "This workspace has a subscription already. Change it instead of buying another.",
            details={"status": held.standing},
        )
    user = session.get(User, actor.user_id) if actor.user_id else None
    return user.email if user else None


def _checkout_json(
    settings: Settings, actor: Actor, variant: str, email: str | None, *, ends_at: datetime
) -> dict[str, Any]:
    custom = {"workspace_id": actor.workspace_id, **({"user_id": actor.user_id} if actor.user_id else {})}
    return {
        "data": {
            "type": "checkouts",
            "attributes": {
                "test_mode": settings.lemonsqueezy_test_mode,
                "expires_at": ends_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
                "product_options": {
                    "redirect_url": billing.upgrade_path(settings),
                    "enabled_variants": [int(variant)],
                },
                "checkout_data": {**({"email": email} if email else {}), "custom": custom},
            },
            "relationships": {
                "store": {"data": {"type": "stores", "id": settings.lemonsqueezy_store_id}},
                "variant": {"data": {"type": "variants", "id": variant}},
            },
        }
    }


async def manage(context: Context, actor: Actor) -> str:
    """The shop's page for this subscription. Its address works for a day, so it is asked for at the click."""
    allow(actor, Action.MANAGE_WORKSPACE)
    billing.needs_selling(context.settings)
    held = await context.db.read(billing.held_by, actor.workspace_id, context.now())
    if held.row is None:
        raise AppError("subscription_missing", "There is no subscription to change yet. Choose a plan first.")
    if held.row.source != LEMON_SQUEEZY:
        return APPLE_SUBSCRIPTIONS
    _needs_set_up(context.settings)
    answer = await _send(context, Request("GET", f"/v1/subscriptions/{held.row.external_id}"))
    found = _parsed(_One, answer.json).data
    await _take_all(context, [found])
    return _parsed(_Portal, found.attributes.get("urls")).customer_portal


# --- messages ---------------------------------------------------------------------------------------------------------


async def receive(context: Context, raw: bytes, signature: str | None) -> str:
    """What became of a message: ``applied``, ``seen`` or ``ignored``. Raises for those that are not ours."""
    settings = context.settings
    billing.needs_selling(settings)
    if not _is_signed(settings.lemonsqueezy_webhook_secret, raw, signature):
        raise AppError("webhook_signature_invalid", "The signature of this message is missing or wrong.")
    if raw.strip() == b"{}":
        return "ignored"  # it says nothing: how the documented example tries the address
    message = _read(raw)
    return await billing.written(context, _receive, raw, message, settings=settings, now=context.now())


def _is_signed(secret: str, raw: bytes, signature: str | None) -> bool:
    expected = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(expected.encode(), (signature or "").encode())


class _Pause(BaseModel):
    mode: str = "void"


class _Attributes(BaseModel):
    """What we use of a subscription: https://docs.lemonsqueezy.com/api/subscriptions/the-subscription-object"""

    store_id: int
    customer_id: int
    variant_id: int
    status: str
    cancelled: bool = False
    pause: _Pause | None = None
    renews_at: AwareDatetime | None
    ends_at: AwareDatetime | None
    updated_at: AwareDatetime
    test_mode: bool = False


class _Resource(BaseModel):
    type: str
    id: str
    attributes: dict[str, Any]


class _One(BaseModel):
    data: _Resource


class _Page(BaseModel):
    last: int = Field(alias="lastPage")


class _Pages(BaseModel):
    page: _Page


class _Many(BaseModel):
    data: list[_Resource]
    meta: _Pages


_Https = Annotated[str, StringConstraints(pattern="^https://")]


class _Checkout(BaseModel):
    url: _Https


class _Portal(BaseModel):
    customer_portal: _Https


class _Custom(BaseModel):
    workspace_id: str | None = None
    user_id: str | None = None


class _Meta(BaseModel):
    event_name: str
    test_mode: bool
    custom_data: _Custom | None = None


class _Message(BaseModel):
    meta: _Meta
    data: _Resource


def _read(raw: bytes) -> _Message:
    try:
        return _Message.model_validate(json.loads(raw))
    except (ValueError, RecursionError) as error:  # pydantic's error is a ValueError, and it quotes the message
        raise AppError("webhook_unreadable", "This message does not look like one of Lemon Squeezy's.") from error


def _receive(session: Session, raw: bytes, message: _Message, *, settings: Settings, now: datetime) -> str:
    kind = message.meta.event_name
    if message.meta.test_mode != settings.lemonsqueezy_test_mode:
        raise AppError("webhook_misdirected", "This message is of the other mode: test and live do not mix.")
    # Invoices and orders only announce: each change of a subscription also comes as the subscription itself.
    concerns_us = message.data.type == "subscriptions" and kind.startswith("subscription_")
    outcome = "applied" if concerns_us else "ignored"
    key = hashlib.sha256(raw).hexdigest()  # messages have no id of their own
    if not billing.is_new(session, LEMON_SQUEEZY, key, kind, outcome, now=now):
        return "seen"
    if concerns_us:
        _take(session, message.data, message.meta.custom_data, settings=settings, now=now)
    return outcome


def _take(
    session: Session, resource: _Resource, custom: _Custom | None, *, settings: Settings, now: datetime
) -> Subscription:
    try:
        said = _Attributes.model_validate(resource.attributes)
    except ValidationError as error:
        raise AppError("webhook_unreadable", "This subscription does not look like one of Lemon Squeezy's.") from error
    if str(said.store_id) != settings.lemonsqueezy_store_id or said.test_mode != settings.lemonsqueezy_test_mode:
        raise AppError("webhook_misdirected", "This message is about another store, or of the other mode.")
    bought = {variant: what for what, variant in billing.lemonsqueezy_variants(settings).items() if variant}
    plan, interval = bought.get(str(said.variant_id), (None, None))
    if plan is None:
        log.warning("subscription %s is of variant %s, which is no plan here", resource.id, said.variant_id)
    row = billing.take(
        session,
        News(
            source=LEMON_SQUEEZY,
            external_id=resource.id,
            status=said.status,
            plan=plan,
            interval=interval,
            environment="test" if said.test_mode else "live",
            changed_at=said.updated_at,
            workspace_id=custom.workspace_id if custom else None,
            user_id=custom.user_id if custom else None,
            customer_id=str(said.customer_id),
            product_id=str(said.variant_id),
            renews_at=said.renews_at,
            ends_at=said.ends_at,
            cancel_at=said.ends_at or said.updated_at if said.cancelled else None,
            data={"pauseMode": said.pause.mode} if said.pause else {},
        ),
        now=now,
    )
    if row.workspace_id is None:
        log.warning("subscription %s belongs to no workspace here", resource.id)
    return row


# --- the daily look ---------------------------------------------------------------------------------------------------


async def reconcile(context: Context) -> None:
    """Takes in how all subscriptions stand, once a day."""
    settings = context.settings
    if not settings.billing_enabled or not _is_set_up(settings):
        return
    if not await context.db.write(_claim_look, context.now()):
        return
    for number in range(1, MOST_PAGES + 1):
        answer = await _send(context, _list_request(settings, number))
        found = _parsed(_Many, answer.json)
        await _take_all(context, found.data)
        if number >= found.meta.page.last:
            break
    await context.db.write(_look_next, context.now() + LOOKS_EVERY)


def _list_request(settings: Settings, number: int) -> Request:
    params = {
        "filter[store_id]": settings.lemonsqueezy_store_id,
        "page[number]": str(number),
        "page[size]": str(PAGE),
    }
    return Request("GET", "/v1/subscriptions", params=params)


def _claim_look(session: Session, now: datetime) -> bool:
    """One of several workers gets it. ``updated_at`` is when the next look is due."""
    if session.get(InstanceSetting, LAST_LOOK) is None:
        session.add(InstanceSetting(key=LAST_LOOK, value={}, updated_at=now + LOOKS_AGAIN))
        session.flush()
        return True
    claimed = session.execute(
        update(InstanceSetting)
        .where(InstanceSetting.key == LAST_LOOK, InstanceSetting.updated_at <= now)
        .values(updated_at=now + LOOKS_AGAIN)
    )
    return outcomes.rows(claimed) == 1


def _look_next(session: Session, at: datetime) -> None:
    session.execute(update(InstanceSetting).where(InstanceSetting.key == LAST_LOOK).values(updated_at=at))


async def _take_all(context: Context, found: list[_Resource]) -> None:
    for resource in found:
        try:
            await context.db.write(_take, resource, None, settings=context.settings, now=context.now())
        except AppError as error:
            log.warning("subscription %s was not taken in: %s", resource.id, error.message)


# --- asking the shop --------------------------------------------------------------------------------------------------


def _is_set_up(settings: Settings) -> bool:
    return bool(settings.lemonsqueezy_api_key and settings.lemonsqueezy_store_id)


def _needs_set_up(settings: Settings) -> None:
    billing.needs_selling(settings)
    if not _is_set_up(settings):
        raise AppError("billing_not_configured", "Paying is not set up on this server yet. Ask who runs it.")


async def _send(context: Context, request: Request) -> Response:
    settings = context.settings
    headers = {"Accept": JSON_API, "Authorization": f"Bearer {settings.lemonsqueezy_api_key}"}
    if request.json is not None:
        headers["Content-Type"] = JSON_API
    for name, value in headers.items():
        request = request.with_header(name, value)
    try:
        answer = await context.http.send(
            request, bases={"api": settings.lemonsqueezy_api_url}, timeout=settings.call_timeout_seconds
        )
    except SendError as error:
        raise _unavailable() from error
    if answer.status == 429 or answer.status >= 500:
        raise _unavailable(_seconds(answer.headers.get("retry-after")))
    if not 200 <= answer.status < 300:
        log.error("the shop refuses %s %s with %s", request.method, request.path, answer.status)
        raise _misconfigured()
    return answer


def _seconds(written: str | None) -> float | None:
    return float(written) if written and written.isascii() and written.isdigit() else None


def _unavailable(retry_after: float | None = None) -> AppError:
    return AppError(
        "billing_unavailable", "The shop does not answer. Try again in a minute.", retry_after=retry_after or 60
    )


def _misconfigured() -> AppError:
    return AppError("billing_misconfigured", "The shop does not take this server's request. Ask who runs the server.")


def _parsed(model: type[M], value: Any) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _misconfigured() from error
