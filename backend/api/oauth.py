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
    """A page for people; JSON for programs that ask for it.

    The query holds what is worth a login, and an address stays in a browser's bar and in its history. So a person is
    sent on at once, and what there is to say travels in the session's cookie.
    """
    wants_json = "application/json" in request.headers.get("accept", "")
    if not request.query_params and not wants_json:
        return _page(*request.session.pop(TOLD, UNTOLD))
    try:
        found = await connections.finish_oauth(
            context, provider, dict(request.query_params), request.session.get("sid")
        )
    except AppError as error:
        if wants_json:
            return error_response(error.code, error.message, error.status, error.details, SECRETIVE)
        return _sent_on(request, "Not connected", error.message)
    if wants_json:
        answer = ok(**found)
        answer.headers.update(SECRETIVE)
        return answer
    if request.session.get("sid"):
        return RedirectResponse(f"/accounts?connected={found['connection']['id']}", status_code=302, headers=SECRETIVE)
    return _sent_on(request, "Connected", "You can close this window and go on where you came from.")


TOLD = "told"
UNTOLD = ("You are back", "Look at your accounts to see what became of the login.")
"""For browsers that keep no cookies."""
SECRETIVE = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def _sent_on(request: Request, title: str, sentence: str) -> Response:
    request.session[TOLD] = [title, sentence]
    return RedirectResponse("callback", status_code=302, headers=SECRETIVE)


def _page(title: str, sentence: str) -> Response:
    return HTMLResponse(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui;max-width:32rem;"
        "margin:20vh auto;padding:0 1rem}</style>"
        f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p><p><a href=/accounts>Back to your accounts</a></p></html>",
        headers=SECRETIVE,
    )
