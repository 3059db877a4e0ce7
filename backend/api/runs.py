"""Runs: what became of a schedule."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .. import runs
from .edge import Ctx, Key, PayingKey, object_body, ok, text_of, time_of

router = APIRouter(prefix="/v1/runs", tags=["Runs"])


@router.get("/{run_id}/status")
async def status(run_id: str, context: Ctx, actor: Key) -> Response:
    return ok(**await context.db.read(runs.status, actor, run_id))


@router.get("/{run_id}/campaign")
async def campaign(run_id: str, context: Ctx, actor: Key) -> Response:
    return ok(**await context.db.read(runs.campaign, actor, run_id))


@router.get("/{run_id}")
async def detail(run_id: str, context: Ctx, actor: Key) -> Response:
    return ok(**await context.db.read(runs.detail, actor, run_id))


@router.post("/{run_id}/publish")
async def publish(run_id: str, request: Request, context: Ctx, actor: PayingKey) -> Response:
    body = await object_body(request)
    start_at = time_of(text_of(body, "startAt", "start_at"), "startAt")
    found = await context.db.write(
        runs.publish, actor, run_id, start_at=start_at, now=context.now(), nudge=context.nudge
    )
    return ok(mode=found["run"]["mode"], sourceModel=found["run"]["sourceModel"], **found)


@router.get("/{run_id}/table")
async def table(run_id: str, context: Ctx, actor: Key) -> Response:
    return ok(**await context.db.read(runs.table, actor, run_id))
