"""What people who are signed in do in their browser: the routes of keys, with the session cookie instead of a key."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .. import assets, composing, keys, posts, users
from . import assets as asset_routes
from . import connections as connection_routes
from . import keys as key_routes
from . import posts as post_routes
from .edge import Ctx, PayingSession, Session, object_body, ok, visitor, whole_number

router = APIRouter(prefix="/v1/dashboard", tags=["Dashboard"])


@router.get("/session")
async def session(request: Request, context: Ctx) -> Response:
    """Strangers are told that they are none, without an error: pages ask before they know."""
    actor = await visitor(request)
    return ok(**(users.NOBODY if actor is None else await context.db.read(users.session_json, actor)))


# --- accounts ---------------------------------------------------------------------------------------------------------


@router.get("/accounts")
async def list_accounts(request: Request, context: Ctx, actor: Session) -> Response:
    return await connection_routes.list_accounts(request, context, actor)


@router.delete("/accounts/{account_id}")
async def disconnect(account_id: str, context: Ctx, actor: Session) -> Response:
    return await connection_routes.disconnect(account_id, context, actor)


@router.get("/accounts/{account_id}/publish-settings")
async def publish_settings(account_id: str, context: Ctx, actor: Session) -> Response:
    return await connection_routes.account_settings(account_id, context, actor)


@router.post("/connections/start")
async def start_connection(request: Request, context: Ctx, actor: PayingSession) -> Response:
    return await connection_routes.start(request, context, actor)


@router.get("/connections/{connection_id}")
async def connection(connection_id: str, context: Ctx, actor: Session) -> Response:
    return await connection_routes.connection(connection_id, context, actor)


# --- posts ------------------------------------------------------------------------------------------------------------


@router.post("/compose")
async def compose(request: Request, context: Ctx, actor: PayingSession) -> Response:
    return post_routes.applied_answer(await composing.compose(context, actor, await object_body(request)))


@router.get("/posts")
async def list_posts(request: Request, context: Ctx, actor: Session) -> Response:
    return await post_routes.list_posts(request, context, actor)


@router.patch("/posts/{post_id}")
async def change_post(post_id: str, request: Request, context: Ctx, actor: Session) -> Response:
    body = await object_body(request)
    changed = await context.db.write(
        composing.change, actor, post_id, body, settings=context.settings, now=context.now(), nudge=context.nudge
    )
    return ok(post=changed)


@router.delete("/posts/{post_id}")
async def remove_post(post_id: str, context: Ctx, actor: Session) -> Response:
    return ok(post=await posts.remove(context, actor, post_id))


@router.post("/posts/{post_id}/reconcile")
async def reconcile(post_id: str, request: Request, context: Ctx, actor: Session) -> Response:
    return await post_routes.reconcile(post_id, request, context, actor)


# --- files ------------------------------------------------------------------------------------------------------------


@router.get("/assets")
async def list_assets(request: Request, context: Ctx, actor: Session) -> Response:
    query = request.query_params
    limit = min(whole_number(query.get("limit"), "limit", assets.DEFAULT_LIMIT, least=1), assets.MOST_LISTED)
    offset = whole_number(query.get("offset"), "offset", 0)
    rows, total = await context.db.read(
        assets.list_assets,
        actor,
        base_url=context.settings.public_base_url,
        kind=query.get("kind"),
        limit=limit,
        offset=offset,
    )
    return ok(assets=rows, total=total, limit=limit, offset=offset)


@router.post("/assets/upload")
async def upload(request: Request, context: Ctx, actor: PayingSession) -> Response:
    return await asset_routes.upload(request, context, actor)


@router.delete("/assets/{asset_id}")
async def delete_asset(asset_id: str, request: Request, context: Ctx, actor: Session) -> Response:
    return await asset_routes.delete(asset_id, request, context, actor)


# --- keys -------------------------------------------------------------------------------------------------------------


@router.get("/keys")
async def list_keys(context: Ctx, actor: Session) -> Response:
    return await key_routes.list_keys(context, actor)


@router.post("/keys")
async def create_key(request: Request, context: Ctx, actor: Session) -> Response:
    return await key_routes.create(request, context, actor)


@router.delete("/keys/{key_id}")
async def revoke_key(key_id: str, context: Ctx, actor: Session) -> Response:
    return await key_routes.revoke(key_id, context, actor)


@router.post("/keys/{key_id}/rotate")
async def rotate_key(key_id: str, context: Ctx, actor: Session) -> Response:
    key, secret = await context.db.write(keys.rotate, actor, key_id, now=context.now())
    return key_routes.with_secret(200, key, secret)
