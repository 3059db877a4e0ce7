"""The workspace: usage, health, jobs; and the health of the whole service."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .. import health, posts, workspaces
from ..wire import iso
from .edge import Ctx, Key, filters_of, ok

router = APIRouter(tags=["Workspace"])


@router.get("/health")
async def service_health(context: Ctx) -> Response:
    """200 while the process is alive; ``ready`` tells whether it can do its work."""
    return ok(service="socialclaw-api", now=iso(context.now()), **await health.service(context))


@router.get("/v1/me/usage")
async def usage(context: Ctx, actor: Key) -> Response:
    return ok(usage=await context.db.read(workspaces.usage, actor, now=context.now()))


@router.get("/v1/workspace/health")
async def workspace_health(context: Ctx, actor: Key) -> Response:
    return ok(health=await context.db.read(workspaces.health, actor, now=context.now()))


@router.get("/v1/jobs")
async def jobs(request: Request, context: Ctx, actor: Key) -> Response:
    rows, total = await context.db.read(posts.jobs, actor, filters_of(request), now=context.now())
    return ok(jobs=rows, total=total)
