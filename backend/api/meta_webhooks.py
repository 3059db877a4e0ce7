"""What a network tells about people who take their login back, and the page on which they see what became of it.

The addresses without a network's name take messages of every app of the family; those with one only of that network's.
"""

from __future__ import annotations

from datetime import datetime
from html import escape

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

import providers

from .. import signed_requests, withdrawals
from ..errors import AppError
from .edge import Ctx, context_of, object_body, ok

router = APIRouter(tags=["Provider webhooks"])
FAMILY = "meta"


@router.post("/webhooks/meta/deauthorize")
@router.post("/webhooks/meta/{network}/deauthorize")
async def deauthorize(request: Request, context: Ctx, network: str | None = None) -> Response:
    await withdrawals.take_back(context, FAMILY, await _signed(request), _member(network))
    return ok()


@router.post("/webhooks/meta/data-deletion")
@router.post("/webhooks/meta/{network}/data-deletion")
async def data_deletion(request: Request, context: Ctx, network: str | None = None) -> Response:
    code = await withdrawals.forget(context, FAMILY, await _signed(request), _member(network))
    base = context_of(request).settings.public_base_url.rstrip("/")
    return ok(url=f"{base}/data-deletion/{code}", confirmation_code=code)


def _member(network: str | None) -> str | None:
    if network is None:
        return None
    found = providers.resolve(network)
    if found is None or providers.get(found).grant_family != FAMILY:
        raise AppError("not_found", "There is nothing at this address.")
    return found


async def _signed(request: Request) -> str:
    """As a form, which is what is sent, or as JSON. What cannot be read is refused like a wrong signature."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        try:
            form = await request.form(max_files=0, max_fields=20, max_part_size=signed_requests.LONGEST)
        except HTTPException:
            return ""
        value: object = form.get("signed_request")
    else:
        value = (await object_body(request)).get("signed_request")
    return value if isinstance(value, str) else ""


# --- for people -------------------------------------------------------------------------------------------------------


@router.get("/data-deletion/{code}")
async def deletion_status(code: str, context: Ctx) -> Response:
    found = await context.db.read(withdrawals.status, code)
    if found is None:
        sentences = ["No request has this code. Check that the whole address was copied."]
        return HTMLResponse(_page("Unknown code", sentences), status_code=404, headers=_PRIVATE)
    asked = _day(found["requestedAt"])
    if found["completedAt"] is None:
        title = "Your data is being deleted"
        sentences = [
            f"We received your request on {asked}. Our access to your account has ended.",
            "Something was being published in that moment; the rest is deleted as soon as that is over, usually within "
            "minutes. Load this page again to see when it is done.",
        ]
    else:
        title = "Your data is deleted"
        sentences = [
            f"We received your request on {asked} and finished on {_day(found['completedAt'])}.",
            _removed(found["removed"]),
        ]
    kept = "We keep this code, the two times and these numbers, so that this page can tell you; backups are overwritten with time."  # fmt: skip
    return HTMLResponse(_page(title, [*sentences, kept, f"Confirmation code: {found['code']}"]), headers=_PRIVATE)


_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
_NAMES = {
    "connections": "logins with their access tokens",
    "accounts": "accounts with their names, pictures and ids",
    "posts": "posts whose ids and addresses at the network were removed",
    "snapshots": "collected figures",
}


def _removed(removed: dict[str, int]) -> str:
    parts = [f"{removed[name]} {what}" for name, what in _NAMES.items() if removed.get(name)]
    return f"Deleted: {', '.join(parts)}." if parts else "We held nothing about you."


def _day(at: str) -> str:
    return datetime.fromisoformat(at).strftime("%d %B %Y, %H:%M UTC")


def _page(title: str, sentences: list[str]) -> str:
    body = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>:root{{color-scheme:light dark}}"
        "body{font:16px/1.5 system-ui;max-width:36rem;margin:15vh auto;padding:0 1rem}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
