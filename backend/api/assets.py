"""Files: upload, register, delete."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from .. import assets
from ..access import Action, allow
from ..errors import AppError
from .edge import Ctx, Key, PayingKey, object_body, ok, text_of, time_of

router = APIRouter(prefix="/v1/assets", tags=["Assets"])

_PIECE = 1024 * 1024


@router.post("/upload")
async def upload(request: Request, context: Ctx, actor: PayingKey) -> Response:
    allow(actor, Action.PUBLISH)  # before the bytes are read
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return ok(201, asset=await _upload_form(request, context, actor))
    body = await object_body(request)
    content = _decoded(text_of(body, "contentBase64", "content_base64"), context.settings.max_asset_bytes)
    row = await assets.upload(
        context,
        actor,
        _pieces(content),
        filename=text_of(body, "filename", "name") or "upload",
        declared_mime=text_of(body, "mime", "contentType", "content_type"),
        duration=_number(body.get("duration")),
        alt_text=text_of(body, "altText", "alt_text"),
        delete_after=time_of(text_of(body, "deleteAfter", "delete_after"), "deleteAfter"),
    )
    return ok(201, asset=row)


async def _upload_form(request: Request, context: Ctx, actor: Key) -> dict[str, Any]:
    try:
        form = await request.form(max_files=1, max_fields=20)
    except HTTPException as error:
        raise AppError("bad_request", f"The form cannot be read: {error.detail}") from error
    async with _closing(form):
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise AppError(
                "asset_content_invalid", "Send the file in the form field named file.", details={"field": "file"}
            )
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        return await assets.upload(
            context,
            actor,
            _read(file),
            filename=fields.get("filename") or fields.get("name") or file.filename or "upload",
            declared_mime=fields.get("mime") or fields.get("contentType") or file.content_type,
            alt_text=fields.get("altText"),
            delete_after=time_of(fields.get("deleteAfter"), "deleteAfter"),
        )


class _closing:
    def __init__(self, form: Any) -> None:
        self.form = form

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *error: object) -> None:
        await self.form.close()


@router.post("")
async def register(request: Request, context: Ctx, actor: PayingKey) -> Response:
    body = await object_body(request)
    row = await context.db.write(
        assets.register, actor, body, base_url=context.settings.public_base_url, now=context.now()
    )
    return ok(201, asset=row)


@router.delete("/{asset_id}")
async def delete(asset_id: str, request: Request, context: Ctx, actor: Key) -> Response:
    body = await object_body(request)
    days = _number(body.get("retentionDays", body.get("retention_days")))
    if days is not None and not 0 <= days <= 3650:
        raise AppError("bad_request", "retentionDays must be from 0 to 3650.", details={"field": "retentionDays"})
    row = await context.db.write(
        assets.delete,
        actor,
        asset_id,
        retention_days=days,
        base_url=context.settings.public_base_url,
        now=context.now(),
    )
    return ok(asset=row)


def _decoded(text: str | None, limit: int) -> bytes:
    if text is None:
        raise AppError(
            "asset_content_invalid",
            "Send the file in contentBase64, or as a form with a field named file.",
            details={"field": "contentBase64"},
        )
    if len(text) > limit * 4 // 3 + 100:
        raise AppError(
            "asset_too_large",
            f"The file is larger than {limit} bytes. Choose a smaller one.",
            details={"maxAssetBytes": limit},
        )
    _, _, plain = text.rpartition(",") if text.startswith("data:") else ("", "", text)
    try:
        return base64.b64decode("".join(plain.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise AppError(
            "asset_content_invalid", "contentBase64 is not valid base64.", details={"field": "contentBase64"}
        ) from error


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _PIECE):
        yield content[start : start + _PIECE]


async def _read(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AppError("bad_request", "A number is expected.", details={"value": str(value)[:40]})
    return float(value)
