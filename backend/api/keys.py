"""API keys of the workspace."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from .. import keys, workspaces
from .edge import Ctx, Key, object_body, ok, text_of

router = APIRouter(prefix="/v1/keys", tags=["Keys"])


@router.post("/validate")
@router.get("/validate")
async def validate(context: Ctx, actor: Key) -> Response:
    return ok(
        tenant=await context.db.read(workspaces.tenant, actor),
        apiKey=await context.db.read(keys.current, actor),
    )


@router.get("")
async def list_keys(context: Ctx, actor: Key) -> Response:
    return ok(keys=await context.db.read(keys.list_keys, actor))


@router.post("")
async def create(request: Request, context: Ctx, actor: Key) -> Response:
    body = await object_body(request)
    key, secret = await context.db.write(
        keys.create, actor, label=text_of(body, "label"), kind=text_of(body, "kind"), now=context.now()
    )
    return with_secret(201, key, secret)


def with_secret(status: int, key: dict[str, Any], secret: str) -> Response:
    """The only answer that ever holds it."""
    shown = {**key, "secret": secret}
    return ok(status, key=shown, apiKey=shown, secret=secret)


@router.delete("/{key_id}")
async def revoke(key_id: str, context: Ctx, actor: Key) -> Response:
    key = await context.db.write(keys.revoke, actor, key_id, now=context.now())
    return ok(key=key, apiKey=key)
