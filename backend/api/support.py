"""Questions to the people who run this server."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .. import support
from ..access import Actor
from ..errors import AppError
from .edge import Ctx, object_body, ok, same_origin, text_of, visitor

router = APIRouter(prefix="/v1/support", tags=["Support"])


@router.post("/request")
async def ask(request: Request, context: Ctx) -> Response:
    body = await object_body(request)
    fields = {
        "email": text_of(body, "email"),
        "message": text_of(body, "message"),
        "page_url": text_of(body, "pageUrl", "page_url"),
        "page_title": text_of(body, "pageTitle", "page_title"),
        "source": text_of(body, "source"),
    }
    address = request.client.host if request.client else ""
    return ok(201, **await support.ask(context, await _known_visitor(request), fields, address=address))


async def _known_visitor(request: Request) -> Actor | None:
    """A page of another site may ask, but not in the name of whoever is signed in here."""
    try:
        same_origin(request)
    except AppError:
        return None
    return await visitor(request)
