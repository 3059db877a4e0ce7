"""Delivery of files to networks and browsers, by unguessable links."""

from __future__ import annotations

import asyncio
from itertools import chain

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from .. import assets, fits
from ..assets import Deliverable
from ..context import Context
from ..errors import AppError
from .edge import Ctx, error_response

router = APIRouter(prefix="/media", tags=["Media"])

INLINE = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "video/mp4",
    "video/quicktime",
    "video/webm",
    "audio/mpeg",
)
"""Types a browser shows without running anything; all others are downloads."""


@router.api_route("/{asset_id}/{delivery_token}/previews/{filename}", methods=["GET", "HEAD"])
async def preview(asset_id: str, delivery_token: str, filename: str, request: Request, context: Ctx) -> Response:
    file = await context.db.read(assets.deliverable, asset_id, delivery_token)
    return await _deliver(context, request, await assets.variant(context, file, "preview"))


@router.api_route("/posts/{post_id}/{position}/{delivery_token}/{filename}", methods=["GET", "HEAD"])
async def deliver_fitted(
    post_id: str, position: str, delivery_token: str, filename: str, request: Request, context: Ctx
) -> Response:
    """A file of a post as its network takes it."""
    file = await context.db.read(fits.deliverable, post_id, position, delivery_token)
    return await _deliver(context, request, file)


@router.api_route("/{asset_id}/{delivery_token}/{filename}", methods=["GET", "HEAD"])
async def deliver(asset_id: str, delivery_token: str, filename: str, request: Request, context: Ctx) -> Response:
    file = await context.db.read(assets.deliverable, asset_id, delivery_token)
    if request.query_params.get("format", "").lower() in ("jpeg", "jpg") and file.mime != "image/jpeg":
        file = await assets.variant(context, file, "jpeg")
    return await _deliver(context, request, file)


async def _deliver(context: Context, request: Request, file: Deliverable) -> Response:
    etag = f'"{file.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Content-Disposition": f'{"inline" if file.mime in INLINE else "attachment"}; filename="{file.filename}"',
    }
    if _unchanged(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("range") if request.headers.get("if-range", etag) == etag else None
    try:
        part = assets.parse_range(wanted, file.size) if request.method == "GET" else None
    except AppError as error:
        size = {"Content-Range": f"bytes */{file.size}"}
        return error_response(error.code, error.message, error.status, error.details, size)
    start, stop = part or (0, file.size)
    headers["Content-Length"] = str(stop - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    mime = file.mime if file.mime in INLINE else "application/octet-stream"
    if request.method == "HEAD":
        return Response(headers={**headers, "Content-Type": mime})
    body = context.storage.open_range(file.key, start, stop)
    try:
        first = await asyncio.to_thread(next, body, b"")  # what cannot be read is told before the answer begins
    except FileNotFoundError:
        raise assets.bytes_missing() from None
    return StreamingResponse(chain((first,), body), status_code=206 if part else 200, headers=headers, media_type=mime)


def _unchanged(header: str | None, etag: str) -> bool:
    return header is not None and (
        header.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in header.split(",")]
    )
