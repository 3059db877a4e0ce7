"""Figures of posts, accounts and runs."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .. import analytics
from ..errors import AppError
from .edge import Ctx, Key, PayingKey, object_body, ok, text_of

router = APIRouter(prefix="/v1/analytics", tags=["Analytics"])


def _window(request: Request) -> str:
    query = request.query_params
    return analytics.window_of(query.get("window") or query.get("metricWindow"))


@router.get("/posts/{post_id}")
async def post(post_id: str, request: Request, context: Ctx, actor: Key) -> Response:
    window = _window(request)
    return ok(**await context.db.read(analytics.of_post, actor, post_id, window=window, now=context.now()))


@router.get("/accounts/{account_id}")
async def account(account_id: str, request: Request, context: Ctx, actor: Key) -> Response:
    window = _window(request)
    return ok(**await context.db.read(analytics.of_account, actor, account_id, window=window, now=context.now()))


@router.get("/runs/{run_id}")
async def run(run_id: str, request: Request, context: Ctx, actor: Key) -> Response:
    window = _window(request)
    return ok(**await context.db.read(analytics.of_run, actor, run_id, window=window, now=context.now()))


@router.post("/refresh")
async def refresh(request: Request, context: Ctx, actor: PayingKey) -> Response:
    body = await object_body(request)
    post_id = text_of(body, "postId", "post_id")
    if not post_id:
        raise AppError("post_id_required", "Say which post: postId.", details={"field": "postId"})
    window = analytics.window_of(text_of(body, "window", "metricWindow", "metric_window"))
    return ok(**await analytics.refresh_post(context, actor, post_id, window=window))
