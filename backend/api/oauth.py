"""Where providers send people back to."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from .. import connections
from ..errors import AppError
from .edge import Ctx, error_response, ok

router = APIRouter(prefix="/oauth", tags=["Connections"])

PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
"""The address of this page holds a code."""


@router.get("/{provider}/callback")
async def callback(provider: str, request: Request, context: Ctx) -> Response:
    """A page for people, or the way back to the app they came from; JSON for programs that ask for it."""
    wants_json = "application/json" in request.headers.get("accept", "")
    signed_in = bool(request.session.get("sid"))
    try:
        found = await connections.finish_oauth(
            context, provider, dict(request.query_params), request.session.get("sid")
        )
    except AppError as error:
        if wants_json:
            return error_response(error.code, error.message, error.status, error.details)
        return _not_connected(error, signed_in)
    if wants_json:
        return ok(**found)
    if "returnTo" in found:
        return RedirectResponse(found["returnTo"], status_code=302, headers=PRIVATE)
    if signed_in:
        path = f"/accounts?connected={found['connection']['id']}"
        return RedirectResponse(path, status_code=302, headers=PRIVATE)
    return _connected(found)


def _not_connected(error: AppError, signed_in: bool) -> Response:
    details = error.details or {}
    if "returnTo" in details:
        return RedirectResponse(details["returnTo"], status_code=302, headers=PRIVATE)
    sentences = [error.message]
    if not signed_in:
        sentences.append("Start again where you came from, or sign in here and connect from the page of your accounts.")
    return _page("Not connected", sentences, details.get("next"), error.status)


def _connected(found: Mapping[str, Any]) -> Response:
    names = ", ".join(account["displayName"] or account["handle"] for account in found["accounts"])
    lost = [missing["lost"] for missing in found["connection"]["missingScopes"]]
    allowed = ["Not everything was allowed, so some things do not work:", *lost] if lost else []
    return _page(
        "Connected",
        [f"{names} can be posted to now.", *allowed, "You can close this window and go on where you came from."],
        None,
        200,
    )


def _page(title: str, sentences: list[str], next: Mapping[str, str] | None, status: int) -> Response:
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    links = [f'<a href="{escape(address)}">{escape(label)}</a>' for label, address in _links(next)]
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · SocialClaw</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{told}<nav>{''.join(links)}</nav></main></body></html>"
    )
    return HTMLResponse(page, status_code=status, headers=PRIVATE)


def _links(next: Mapping[str, str] | None) -> list[tuple[str, str]]:
    first = [(next["label"], next.get("url") or next["path"])] if next and ("url" in next or "path" in next) else []
    return [*first, ("Back to your accounts", "/accounts")]


STYLE = (
    ":root{color-scheme:light dark;--line:#d5d9e2;--accent:#4657cf;--on:#fff}"
    "@media(prefers-color-scheme:dark){:root{--line:#333a4c;--accent:#98a4ff;--on:#12152a}}"
    "body{font:16px/1.55 system-ui,sans-serif;max-width:34rem;margin:16vh auto 0;padding:0 1.25rem}"
    "h1{font-size:1.6rem;line-height:1.2;margin:0 0 .75rem}nav{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.75rem}"
    "a{color:inherit;text-decoration:none;font-weight:600;padding:.6rem 1rem;border:1px solid var(--line);border-radius:9px}"
    "a:not(:only-child):first-child{background:var(--accent);border-color:var(--accent);color:var(--on)}"
)
