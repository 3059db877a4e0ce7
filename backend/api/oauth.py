"""Where providers send people back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from .. import connections
from ..errors import AppError
from .edge import Ctx, error_response, ok

router = APIRouter(prefix="/oauth", tags=["Connections"])

SECRETIVE = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
TOLD = "told"


@router.get("/{provider}/callback")
async def callback(provider: Annotated[str, Path(max_length=40)], request: Request, context: Ctx) -> Response:
    """A page for people, or the way back to the app they came from; JSON for programs that ask for it.

    The query holds what is worth a login, and an address stays in a browser's bar and in its history. So a person is
    sent on at once, and what there is to say travels in the session's cookie.
    """
    wants_json = "application/json" in request.headers.get("accept", "")
    if not request.query_params and not wants_json:
        return _page(_told(request, provider))
    signed_in = bool(request.session.get("sid"))
    try:
        found = await connections.finish_oauth(
            context, provider, dict(request.query_params), request.session.get("sid")
        )
    except AppError as error:
        if wants_json:
            return error_response(error.code, error.message, error.status, error.details, SECRETIVE)
        if error.details and "returnTo" in error.details:
            return _sent_to(error.details["returnTo"])
        return _sent_on(request, provider, _not_connected(error, signed_in))
    if wants_json:
        answer = ok(**found)
        answer.headers.update(SECRETIVE)
        return answer
    if "returnTo" in found:
        return _sent_to(found["returnTo"])
    if signed_in:
        request.session.pop(TOLD, None)
        return _sent_to(f"/accounts?connected={found['connection']['id']}")
    return _sent_on(request, provider, _connected(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What there is to say. As it is, for browsers that keep no cookies."""

    title: str = "You are back"
    sentences: Sequence[str] = ("Look at your accounts to see what became of the login.",)
    next: Mapping[str, str] | None = None
    status: int = 200


def _not_connected(error: AppError, signed_in: bool) -> _Told:
    sentences = [error.message]
    if not signed_in:
        sentences.append("Start again where you came from, or sign in here and connect from the page of your accounts.")
    next = (error.details or {}).get("next")
    return _Told(title="Not connected", sentences=sentences, next=next, status=error.status)


def _connected(found: Mapping[str, Any]) -> _Told:
    names = ", ".join(account["displayName"] or account["handle"] for account in found["accounts"])
    lost = [missing["lost"] for missing in found["connection"]["missingScopes"]]
    allowed = ["Not everything was allowed, so some things do not work:", *lost] if lost else []
    can = f"{names[:NAMES]}{'…' if len(names) > NAMES else ''} can be posted to now."
    go_on = "You can close this window and go on where you came from."
    return _Told(title="Connected", sentences=[can, *allowed, go_on])


NAMES = 100
"""Characters: a person may have hundreds of boards, and a cookie holds 4096 with everything else of the session."""


def _sent_on(request: Request, provider: str, told: _Told) -> Response:
    """It stays until the next login: whoever reloads the page, or goes back to it, is told the same."""
    request.session[TOLD] = {"provider": provider, "said": asdict(told)}
    return _sent_to("callback")


def _told(request: Request, provider: str) -> _Told:
    kept = request.session.get(TOLD, {})
    return _Told(**kept["said"]) if kept.get("provider") == provider else _Told()


def _sent_to(address: str) -> Response:
    return RedirectResponse(address, status_code=302, headers=SECRETIVE)


def _page(told: _Told) -> Response:
    sentences = "".join(f"<p>{escape(sentence)}</p>" for sentence in told.sentences)
    links = [f'<a href="{escape(address)}">{escape(label)}</a>' for label, address in _links(told.next)]
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(told.title)} · SocialClaw</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(told.title)}</h1>{sentences}<nav>{''.join(links)}</nav></main></body></html>"
    )
    return HTMLResponse(page, status_code=told.status, headers=SECRETIVE)


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
