"""Plans: what the workspace has, buying and changing them, and what the shops say."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .. import appstore, billing, lemonsqueezy
from ..access import Actor
from ..context import Context
from .edge import Ctx, Session, object_body, ok, raw_body, text_of

router = APIRouter(prefix="/v1/billing", tags=["Billing"])


@router.get("/state")
async def state(context: Ctx, actor: Session) -> Response:
    return await _state(context, actor)


async def _state(context: Context, actor: Actor) -> Response:
    return ok(**await context.db.read(billing.state, actor, settings=context.settings, now=context.now()))


@router.post("/checkout")
async def checkout(request: Request, context: Ctx, actor: Session) -> Response:
    body = await object_body(request)
    interval = text_of(body, "billingInterval", "billing_interval")
    return ok(url=await lemonsqueezy.checkout(context, actor, plan=text_of(body, "plan"), interval=interval))


@router.post("/manage")
async def manage(context: Ctx, actor: Session) -> Response:
    return ok(url=await lemonsqueezy.manage(context, actor))


@router.get("/app-store/account-token")
async def account_token(context: Ctx, actor: Session) -> Response:
    token = await context.db.read(appstore.token_of, actor)
    return ok(accountToken=token, appAccountToken=token)


@router.get("/app-store/products")
async def products(context: Ctx, actor: Session) -> Response:
    return ok(**await context.db.read(appstore.products, actor, settings=context.settings))


@router.post("/app-store/transactions/claim")
async def claim(request: Request, context: Ctx, actor: Session) -> Response:
    body = await object_body(request)
    signed = text_of(body, "signedTransactionInfo", "signed_transaction_info", "transactionJws", "transaction_jws")
    await appstore.claim(context, actor, signed)
    return await _state(context, actor)


@router.post("/webhook")
async def webhook(request: Request, context: Ctx) -> Response:
    """The signature is over the bytes as they came: they are checked before anything reads them."""
    outcome = await lemonsqueezy.receive(context, await raw_body(request), request.headers.get("x-signature"))
    return ok(outcome=outcome)


@router.post("/app-store/notifications")
async def notifications(request: Request, context: Ctx) -> Response:
    body = await object_body(request)
    return ok(outcome=await appstore.receive(context, text_of(body, "signedPayload", "signed_payload")))
