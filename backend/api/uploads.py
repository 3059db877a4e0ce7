"""Large files in parts, for people who are signed in."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from .. import uploads
from ..errors import AppError
from .edge import Ctx, PayingSession, Session, object_body, ok, text_of

router = APIRouter(prefix="/v1/dashboard/assets/upload", tags=["Dashboard"])


@router.post("/initiate")
async def initiate(request: Request, context: Ctx, actor: PayingSession) -> Response:
    body = await object_body(request)
    found = await uploads.initiate(
        context,
        actor,
        filename=text_of(body, "filename", "name") or "upload",
        size=_whole(body, "size"),
        mime=text_of(body, "mime", "contentType", "content_type"),
        resume=text_of(body, "uploadId", "upload_id"),
    )
    return ok(201, **found)


@router.post("/{asset_id}/part")
async def part(asset_id: str, request: Request, context: Ctx, actor: Session) -> Response:
    body = await object_body(request)
    number = _whole(body, "partNumber", "part_number", "PartNumber")
    return ok(**await uploads.part(context, actor, asset_id, upload_id=_upload_id(body), number=number))


@router.post("/{asset_id}/complete")
async def complete(asset_id: str, request: Request, context: Ctx, actor: Session) -> Response:
    body = await object_body(request)
    asset = await uploads.complete(
        context,
        actor,
        asset_id,
        upload_id=_upload_id(body),
        parts=body.get("parts"),
        duration=_measure(body, "duration"),
        width=_pixels(body, "width"),
        height=_pixels(body, "height"),
    )
    return ok(asset=asset)


@router.post("/{asset_id}/abort")
async def abort(asset_id: str, request: Request, context: Ctx, actor: Session) -> Response:
    body = await object_body(request)
    await uploads.abort(context, actor, asset_id, upload_id=text_of(body, "uploadId", "upload_id"))
    return ok()


def _upload_id(body: dict[str, Any]) -> str:
    found = text_of(body, "uploadId", "upload_id")
    if not found:
        raise AppError("bad_request", "Give the uploadId that the first answer named.", details={"field": "uploadId"})
    return found


def _whole(body: dict[str, Any], *names: str) -> int:
    value = next((body[name] for name in names if body.get(name) is not None), None)
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**53) < value < 2**53:
        raise AppError("bad_request", f"{names[0]} must be a whole number.", details={"field": names[0]})
    return value


def _measure(body: dict[str, Any], name: str) -> float | None:
    """What the browser saw of the file, for those of which the bytes do not tell."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**9:
        raise AppError("bad_request", f"{name} must be a number from 0.", details={"field": name})
    return float(value)


def _pixels(body: dict[str, Any], name: str) -> int | None:
    value = _measure(body, name)
    return None if value is None else int(value)
