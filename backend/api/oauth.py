"""Where providers send people back to."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from .. import connections
from ..errors import AppError
from .edge import Ctx, error_response, ok

router = APIRouter(prefix="/oauth", tags=["Connections"])


@router.get("/{provider}/callback")
async def callback(provider: str, request: Request, context: Ctx) -> Response:
    """A page for people; JSON for programs that ask for it."""
    wants_json = "application/json" in request.headers.get("accept", "")
    try:
        found = await connections.finish_oauth(
            context, provider, dict(request.query_params), request.session.get("sid")
        )
    except AppError as error:
        if wants_json:
            return error_response(error.code, error.message, error.status, error.details)
        return HTMLResponse(_page("Not connected", error.message), status_code=error.status)
    if wants_json:
        return ok(**found)
    if request.session.get("sid"):
        return RedirectResponse(f"/accounts?connected={found['connection']['id']}", status_code=302)
    return HTMLResponse(_page("Connected", "You can close this window and go on where you came from."))


def _page(title: str, sentence: str) -> str:
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui;max-width:32rem;"
        "margin:20vh auto;padding:0 1rem}</style>"
        f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p><p><a href=/accounts>Back to your accounts</a></p></html>"
    )
