"""The shop on the phone, Apple's App Store: what the app may sell, whose a purchase is, and what Apple says of it.

https://developer.apple.com/documentation/appstoreserverapi and …/appstoreservernotifications, read 2026-10. Everything
that counts is signed by Apple; its own library checks that (the extra ``billing``), and it is loaded at the first need.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID, uuid5

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select
from sqlalchemy.orm import Session

from . import billing
from .access import Action, Actor, allow
from .billing import APP_STORE, PRO, Interval, News
from .context import Context
from .errors import AppError
from .models import Workspace
from .settings import Settings

if TYPE_CHECKING:
    from appstoreserverlibrary.models.JWSRenewalInfoDecodedPayload import JWSRenewalInfoDecodedPayload as Renewal
    from appstoreserverlibrary.models.JWSTransactionDecodedPayload import JWSTransactionDecodedPayload as Transaction
    from appstoreserverlibrary.models.ResponseBodyV2DecodedPayload import ResponseBodyV2DecodedPayload as Notification
    from appstoreserverlibrary.signed_data_verifier import SignedDataVerifier, VerificationException

R = TypeVar("R")

log = logging.getLogger(__name__)

APPLE_ROOT = Path(__file__).with_name("apple_root_ca_g3.pem")
ENVIRONMENTS = ("Production", "Sandbox")
SUBSCRIPTION = "Auto-Renewable Subscription"
OLDEST = timedelta(days=8)
"""How long ago a message may have been signed. Apple tries again after 1, 12, 24, 48 and 72 hours:
https://developer.apple.com/documentation/appstoreservernotifications/responding-to-app-store-server-notifications"""
TOKENS = UUID("6f1d6f0e-7a0c-4d0b-9a0d-5c2b8f3e41a7")
STATUSES: Mapping[int, str] = {1: "active", 2: "expired", 3: "billing_retry", 4: "grace_period", 5: "revoked"}
CANCELED_BY_CUSTOMER = 1
"""Apple's expirationIntent."""


# --- what the app asks before it sells --------------------------------------------------------------------------------


def account_token(workspace_id: str) -> str:
    """The UUID that the app gives Apple with a purchase, and Apple hands back in everything about it.

    Made from the workspace's id, so that it is the same for ever and needs no column. It is no secret: who knows
    another workspace's can only pay for it.
    """
    return str(uuid5(TOKENS, workspace_id))


def token_of(session: Session, actor: Actor) -> str:
    allow(actor, Action.READ)
    return account_token(actor.workspace_id)


def products(session: Session, actor: Actor, *, settings: Settings) -> dict[str, Any]:
    allow(actor, Action.READ)
    enabled = settings.billing_enabled and _is_set_up(settings)
    return {
        "provider": "app-store",
        "enabled": enabled,
        "bundleId": settings.appstore_bundle_id or None,
        "environment": next((each for each in ENVIRONMENTS if each in settings.appstore_accepts), None),
        "products": [
            {"productId": product, "plan": plan, "billingInterval": interval}
            for product, (plan, interval) in _sold(settings).items()
            if enabled
        ],
    }


def _sold(settings: Settings) -> Mapping[str, tuple[str, Interval]]:
    sold = {
        settings.appstore_product_pro_monthly: (PRO.id, Interval.MONTHLY),
        settings.appstore_product_pro_yearly: (PRO.id, Interval.YEARLY),
    }
    return {product: what for product, what in sold.items() if product}


def _is_set_up(settings: Settings) -> bool:
    named = bool(settings.appstore_bundle_id and settings.appstore_accepts)
    return named and bool(settings.appstore_app_id or "Production" not in settings.appstore_accepts)


def _needs_set_up(settings: Settings) -> None:
    billing.needs_selling(settings)
    if not _is_set_up(settings):
        raise AppError("billing_not_configured", "Buying in the App Store is not set up on this server.")


# --- claiming a purchase ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What one signed transaction says about a subscription."""

    original_id: str
    """The same for all renewals."""
    product_id: str
    plan: str | None
    interval: str | None
    environment: str
    token: str | None
    signed_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


async def claim(context: Context, actor: Actor, signed: str | None) -> None:
    """Binds a purchase to the workspace. Raises a plan's refusal, after it was kept, when it is of no use any more:
    a signature stays good for ever, what it says does not."""
    settings = context.settings
    allow(actor, Action.MANAGE_WORKSPACE)
    _needs_set_up(settings)
    try:
        transaction = await _verified(settings, lambda by: by.verify_and_decode_signed_transaction(signed or ""))
    except _NotApples as error:
        raise AppError(
            "app_store_transaction_invalid",
            "This is no purchase in this app that Apple has signed. Send the transaction as StoreKit gave it.",
            details={"reason": error.reason},
        ) from error
    purchase = _purchase(settings, transaction)
    if purchase is None or purchase.plan is None:
        raise AppError("app_store_product_unknown", "This purchase is none of the plans that are sold here.")
    if transaction.isUpgraded:
        raise AppError("app_store_transaction_replaced", "An upgrade replaced this purchase. Send the newest one.")
    await billing.written(context, _claim, actor, purchase, now=context.now())
    await billing.require(context, actor)


def _claim(session: Session, actor: Actor, purchase: Purchase, *, now: datetime) -> None:
    row = billing.find(session, APP_STORE, purchase.original_id)
    elsewhere = row is not None and row.workspace_id not in (None, actor.workspace_id)
    if elsewhere or (purchase.token or account_token(actor.workspace_id)) != account_token(actor.workspace_id):
        raise AppError(
            "app_store_transaction_taken",
            "This purchase belongs to another workspace. Open that one, or buy a plan for this one.",
        )
    if row is not None and row.ends_at and purchase.expires_at <= row.ends_at and not purchase.revoked_at:
        # Apple's messages know more about the same stretch of time: a cancellation, a grace period.
        billing.bind(session, row, actor.workspace_id, actor.user_id)
        session.flush()
        billing.settle(session, actor.workspace_id, now)
        return
    news = News(
        source=APP_STORE,
        external_id=purchase.original_id,
        status="revoked" if purchase.revoked_at else "active",
        plan=purchase.plan,
        interval=purchase.interval,
        environment=purchase.environment,
        changed_at=purchase.signed_at,
        workspace_id=actor.workspace_id,
        user_id=actor.user_id,
        product_id=purchase.product_id,
        renews_at=None if purchase.revoked_at else purchase.expires_at,
        ends_at=purchase.revoked_at or purchase.expires_at,
        cancel_at=purchase.revoked_at,
    )
    billing.take(session, news, now=now)


def _purchase(settings: Settings, transaction: Transaction, product_id: str | None = None) -> Purchase | None:
    """None for what is no subscription. ``product_id`` is the one in force, where that is known to be another."""
    signed_at, expires_at = _moment(transaction.signedDate), _moment(transaction.expiresDate)
    original_id, product_id = transaction.originalTransactionId, product_id or transaction.productId
    if transaction.rawType != SUBSCRIPTION or not (signed_at and expires_at and original_id and product_id):
        return None
    plan, interval = _sold(settings).get(product_id, (None, None))
    return Purchase(
        original_id=original_id,
        product_id=product_id,
        plan=plan,
        interval=interval,
        environment="live" if transaction.rawEnvironment == "Production" else "test",
        token=transaction.appAccountToken.lower() if transaction.appAccountToken else None,
        signed_at=signed_at,
        expires_at=expires_at,
        revoked_at=_moment(transaction.revocationDate),
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


# --- messages from Apple ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A notification with what it holds, all of it checked."""

    notification: Notification
    transaction: Transaction | None
    renewal: Renewal | None


async def receive(context: Context, signed: str | None) -> str:
    """What became of a message: ``applied``, ``seen`` or ``ignored``. Its signature is all that proves it."""
    settings = context.settings
    _needs_set_up(settings)
    try:
        message = await _verified(settings, lambda by: _opened(by, signed or ""))
    except _NotApples as error:
        raise AppError("webhook_signature_invalid", "Apple did not sign this message for this app.") from error
    if not message.notification.notificationUUID or not message.notification.signedDate:
        raise AppError("webhook_unreadable", "This message does not look like one of Apple's.")
    made_at = _moment(message.notification.signedDate)
    if made_at is not None and made_at < context.now() - OLDEST:
        raise AppError("webhook_signature_invalid", "Apple signed this message too long ago.")
    return await billing.written(context, _receive, message, settings=settings, now=context.now())


def _opened(by: SignedDataVerifier, signed: str) -> Message:
    notification = by.verify_and_decode_notification(signed)
    transaction = notification.data.signedTransactionInfo if notification.data else None
    renewal = notification.data.signedRenewalInfo if notification.data else None
    return Message(
        notification=notification,
        transaction=by.verify_and_decode_signed_transaction(transaction) if transaction else None,
        renewal=by.verify_and_decode_renewal_info(renewal) if renewal else None,
    )


def _receive(session: Session, message: Message, *, settings: Settings, now: datetime) -> str:
    """Whatever its type, a message about a subscription holds how that stands: the type itself is only kept."""
    notification = message.notification
    news = _news(session, message, settings)
    outcome = "applied" if news else "ignored"
    kind = ".".join(filter(None, (notification.rawNotificationType, notification.rawSubtype)))
    if not billing.is_new(session, APP_STORE, notification.notificationUUID or "", kind, outcome, now=now):
        return "seen"
    if news is not None:
        row = billing.take(session, news, now=now)
        if row.workspace_id is None:
            log.info("App Store subscription %s belongs to no workspace yet", row.external_id)
    return outcome


def _news(session: Session, message: Message, settings: Settings) -> News | None:
    renewal, transaction = message.renewal, message.transaction
    changed_at = _moment(message.notification.signedDate)
    if transaction is None or changed_at is None:
        return None
    purchase = _purchase(settings, transaction, renewal.productId if renewal else None)
    if purchase is None:
        return None
    if purchase.plan is None:
        log.warning("App Store product %s is no plan here", purchase.product_id)
    status = _status(message, purchase)
    ends_at = _end(status, purchase, renewal)
    return News(
        source=APP_STORE,
        external_id=purchase.original_id,
        status=status,
        plan=purchase.plan,
        interval=purchase.interval,
        environment=purchase.environment,
        changed_at=changed_at,
        workspace_id=_workspace_of(session, purchase.token),
        product_id=purchase.product_id,
        renews_at=ends_at if renewal and renewal.rawAutoRenewStatus == 1 and status == "active" else None,
        ends_at=ends_at,
        cancel_at=ends_at if _is_canceled(status, message) else None,
    )


def _status(message: Message, purchase: Purchase) -> str:
    data = message.notification.data
    said = STATUSES.get(data.rawStatus) if data and data.rawStatus is not None else None
    return said or ("revoked" if purchase.revoked_at else "active")


def _end(status: str, purchase: Purchase, renewal: Renewal | None) -> datetime:
    """The transaction may be an older one, refunded late; the renewal knows the end of the stretch that is paid."""
    if status == "revoked":
        return purchase.revoked_at or purchase.expires_at
    known = {
        "active": _moment(renewal.renewalDate) if renewal else None,
        "grace_period": _moment(renewal.gracePeriodExpiresDate) if renewal else None,
    }
    return known.get(status) or purchase.expires_at


def _is_canceled(status: str, message: Message) -> bool:
    renewal = message.renewal
    if status == "expired":
        intent = renewal.rawExpirationIntent if renewal else None
        return intent == CANCELED_BY_CUSTOMER or message.notification.rawSubtype == "VOLUNTARY"
    return status == "revoked" or (status == "active" and renewal is not None and renewal.rawAutoRenewStatus == 0)


def _workspace_of(session: Session, token: str | None) -> str | None:
    """Tokens are made from ids and stand nowhere, so they are made again: some microseconds for each workspace."""
    if token is None:
        return None
    return next((found for found in session.scalars(select(Workspace.id)) if account_token(found) == token), None)


# --- Apple's signature ------------------------------------------------------------------------------------------------


class _NotApples(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def _verified(settings: Settings, read: Callable[[SignedDataVerifier], R]) -> R:
    """In a thread: the library works without an event loop, and may ask Apple about the certificates."""
    return await asyncio.to_thread(_read_by_any, settings, read)


def _read_by_any(settings: Settings, read: Callable[[SignedDataVerifier], R]) -> R:
    """By the environment that it is of; the library knows one at a time. Raises _NotApples."""
    verifiers, refused = _verifiers(
        settings.appstore_root_certificate or str(APPLE_ROOT),
        settings.appstore_online_checks,
        tuple(each for each in ENVIRONMENTS if each in settings.appstore_accepts),
        settings.appstore_bundle_id,
        settings.appstore_app_id or None,
    )
    reasons: list[str] = []
    for verifier in verifiers:
        try:
            return read(verifier)
        except refused as error:
            reasons.append(error.status.name)
    if "RETRYABLE_VERIFICATION_FAILURE" in reasons:
        raise AppError(
            "billing_unavailable",
            "Apple does not answer about its certificates. Try again in a minute.",
            retry_after=60,
        )
    raise _NotApples(reasons[-1].lower())


@lru_cache(maxsize=4)
def _verifiers(
    root: str, online: bool, environments: tuple[str, ...], bundle_id: str, app_id: int | None
) -> tuple[list[SignedDataVerifier], type[VerificationException]]:
    """Kept, because they remember what Apple said about certificates."""
    try:
        from appstoreserverlibrary.models.Environment import Environment
        from appstoreserverlibrary.signed_data_verifier import SignedDataVerifier, VerificationException
    except ImportError as error:
        log.error("buying in the App Store needs Apple's library: install socialclaw[billing]")
        raise AppError("billing_not_configured", "Buying in the App Store is not set up on this server.") from error
    roots = [_certificate(Path(root))]
    made = [SignedDataVerifier(roots, online, Environment(each), bundle_id, app_id) for each in environments]
    return made, VerificationException


def _certificate(path: Path) -> bytes:
    content = path.read_bytes()
    if b"-----BEGIN" not in content:
        return content
    return x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER)
