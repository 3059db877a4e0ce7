"""Posts: list, look, move."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .. import posts, runs
from ..errors import AppError
from ..runs import Applied
from .edge import Ctx, Key, PayingKey, filters_of, json_body, object_body, ok, text_of

router = APIRouter(prefix="/v1", tags=["Posts"])


@router.get("/posts")
async def list_posts(request: Request, context: Ctx, actor: Key) -> Response:
    filters = filters_of(request)
    rows, total = await context.db.read(posts.list_posts, actor, filters)
    return ok(posts=rows, total=total, limit=min(filters.limit, posts.MOST_LISTED), offset=filters.offset)


@router.post("/posts/validate")
async def validate(request: Request, context: Ctx, actor: Key) -> Response:
    body = await json_body(request)
    return ok(**await context.db.read(runs.validate, actor, body, settings=context.settings, now=context.now()))


@router.post("/posts/apply")
async def apply(request: Request, context: Ctx, actor: PayingKey) -> Response:
    body = await json_body(request)
    return applied_answer(await runs.apply_once(context, actor, body))


def applied_answer(applied: Applied) -> Response:
    return ok(
        200 if applied.duplicate else 201,
        duplicate=applied.duplicate,
        **({"payloadChanged": True} if applied.payload_changed else {}),
        mode=applied.run["mode"],
        sourceModel=applied.run["sourceModel"],
        run=applied.run,
        posts=applied.posts,
    )


@router.post("/campaigns/preview")
async def preview(request: Request, context: Ctx, actor: Key) -> Response:
    body = await json_body(request)
    return ok(**await context.db.read(runs.preview, actor, body, settings=context.settings, now=context.now()))


@router.get("/posts/{post_id}")
async def detail(post_id: str, context: Ctx, actor: Key) -> Response:
    return ok(**await context.db.read(posts.detail, actor, post_id))


@router.get("/posts/{post_id}/attempts")
async def attempts(post_id: str, context: Ctx, actor: Key) -> Response:
    return ok(**await context.db.read(posts.attempts, actor, post_id))


@router.post("/posts/{post_id}/reconcile")
async def reconcile(post_id: str, request: Request, context: Ctx, actor: Key) -> Response:
    body = await object_body(request)
    found = await posts.reconcile(
        context,
        actor,
        post_id,
        outcome=text_of(body, "outcome"),
        provider_post_id=text_of(body, "providerPostId", "provider_post_id"),
    )
    return ok(post=found)


@router.post("/posts/{post_id}/retry")
async def retry(post_id: str, request: Request, context: Ctx, actor: PayingKey) -> Response:
    body = await object_body(request)
    send_again = body.get("sendAgain", body.get("send_again", False))
    if not isinstance(send_again, bool):
        raise AppError("bad_request", "sendAgain must be true or false.", details={"field": "sendAgain"})
    return ok(post=await posts.retry(context, actor, post_id, send_again=send_again))


@router.post("/posts/{post_id}/delete")
async def delete(post_id: str, context: Ctx, actor: Key) -> Response:
    return ok(post=await posts.delete(context, actor, post_id))


@router.delete("/posts/{post_id}")
async def cancel(post_id: str, context: Ctx, actor: Key) -> Response:
    return ok(post=await context.db.write(posts.cancel, actor, post_id, now=context.now()))
