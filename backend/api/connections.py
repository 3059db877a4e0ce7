"""Connections and accounts, and the address providers send people back to."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .. import accounts, connections, diagnosis
from .edge import Ctx, Key, PayingKey, object_body, ok

router = APIRouter(prefix="/v1", tags=["Connections"])


@router.post("/connections/start")
async def start(request: Request, context: Ctx, actor: PayingKey) -> Response:
    return ok(201, **await connections.start(context, actor, await object_body(request)))


@router.get("/connections")
async def list_connections(request: Request, context: Ctx, actor: Key) -> Response:
    return ok(
        connections=await context.db.read(connections.list_connections, actor, request.query_params.get("provider"))
    )


@router.get("/connections/health")
async def connections_health(request: Request, context: Ctx, actor: Key) -> Response:
    return ok(
        **await context.db.read(connections.health, actor, request.query_params.get("provider"), now=context.now())
    )


@router.get("/connections/{connection_id}")
async def connection(connection_id: str, context: Ctx, actor: Key) -> Response:
    return ok(**await context.db.read(connections.detail, actor, connection_id))


@router.get("/connections/{connection_id}/doctor")
async def connection_doctor(connection_id: str, context: Ctx, actor: Key) -> Response:
    return ok(**await diagnosis.of_connection(context, actor, connection_id))


@router.get("/accounts")
async def list_accounts(request: Request, context: Ctx, actor: Key) -> Response:
    return ok(accounts=await context.db.read(accounts.list_accounts, actor, request.query_params.get("provider")))


@router.get("/accounts/capabilities")
async def capabilities(request: Request, context: Ctx, actor: Key) -> Response:
    return ok(capabilities=await context.db.read(accounts.capabilities, actor, request.query_params.get("provider")))


@router.get("/accounts/{account_id}/capabilities")
async def account_capabilities(account_id: str, context: Ctx, actor: Key) -> Response:
    return ok(capabilities=[await context.db.read(accounts.capability, actor, account_id)])


@router.get("/accounts/{account_id}/settings")
async def account_settings(account_id: str, context: Ctx, actor: Key) -> Response:
    return ok(publishSettings=await context.db.read(accounts.publish_settings, actor, account_id))


@router.get("/accounts/{account_id}/actions")
async def account_actions(account_id: str, context: Ctx, actor: Key) -> Response:
    return ok(actions=await context.db.read(accounts.actions, actor, account_id))


@router.post("/accounts/{account_id}/actions/{action_id}")
async def run_action(account_id: str, action_id: str, request: Request, context: Ctx, actor: Key) -> Response:
    body = await object_body(request)
    return ok(result=await accounts.run_action(context, actor, account_id, action_id, body))


@router.delete("/accounts/{account_id}")
async def disconnect(account_id: str, context: Ctx, actor: Key) -> Response:
    return ok(**await accounts.disconnect(context, actor, account_id))
