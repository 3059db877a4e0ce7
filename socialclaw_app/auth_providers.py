"""Signing in through Google and Apple: the way out, the way back, and the ends of both in apps on a phone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from backend import identity_providers, users
from backend.api.edge import Ctx, SameOrigin, object_body, ok, text_of
from backend.context import Context
from backend.errors import AppError
from backend.identity_providers import Leaving, Native, NotSignedIn
from backend.sealing import CannotOpen, hash_secret

from .auth import inside, may_join, remember

router = APIRouter(prefix="/auth", tags=["Sign-in"])

RETURNED = ("code", "state", "error", "user")
RETURNED_COOKIE = "socialclaw_returned"
RETURNED_SECONDS = 60
RETURNED_MOST = 2500
"""Browsers drop cookies of more than 4096 bytes."""


# --- out --------------------------------------------------------------------------------------------------------------


@router.get("/{provider}/start")
async def start(provider: str, request: Request, context: Ctx) -> Response:
    next_path = inside(request.query_params.get("next"))
    return _leave(request, context, await identity_providers.start(context, provider, next_path=next_path))


@router.get("/mobile/google/start")
async def start_google_on_a_phone(request: Request, context: Ctx) -> Response:
    return await _start_on_a_phone(request, context, identity_providers.GOOGLE.id)


@router.get("/mobile/apple/start")
async def start_apple_on_a_phone(request: Request, context: Ctx) -> Response:
    return await _start_on_a_phone(request, context, identity_providers.APPLE.id)


async def _start_on_a_phone(request: Request, context: Context, provider: str) -> Response:
    return _leave(request, context, await identity_providers.start(context, provider, phone=request.query_params))


def _leave(request: Request, context: Context, leaving: Leaving) -> Response:
    answer = ok(url=leaving.url) if _wants_json(request) else RedirectResponse(leaving.url, status_code=302)
    lasts = int(identity_providers.STATE_LIFE.total_seconds())
    _set_cookie(answer, context, state_cookie(context, leaving.state), leaving.state, lasts)
    return _private(answer)


def state_cookie(context: Context, state: str) -> str:
    """One for each sign-in, so that two tabs do not disturb each other. With TLS no other host can plant it."""
    name = f"socialclaw_leaving_{hash_secret(state)[:8]}"
    return f"__Host-{name}" if _is_secure(context) else name


# --- back -------------------------------------------------------------------------------------------------------------


@router.post("/{provider}/callback")
async def take_form(provider: str, request: Request, context: Ctx) -> Response:
    """A form that the provider makes the browser send. Such a request comes without our cookies, so nothing is done but
    asking the browser to come back with what was sent, and with the cookies."""
    identity_providers.get(provider)
    form = await request.form(max_files=0, max_fields=20)
    told = {name: value for name in RETURNED if isinstance(value := form.get(name), str)}
    if len(json.dumps(told)) > RETURNED_MOST:
        told.pop("user", None)
    sealed = context.sealer.seal(json.dumps(told)[:RETURNED_MOST], **_returned_place(provider))
    answer = RedirectResponse(f"/auth/{provider}/callback", status_code=303)
    _set_cookie(answer, context, RETURNED_COOKIE, sealed, RETURNED_SECONDS)
    return _private(answer)


@router.get("/{provider}/callback")
async def come_back(provider: str, request: Request, context: Ctx) -> Response:
    told = _told(provider, request, context)
    cookie = state_cookie(context, told.get("state", ""))
    try:
        arrived = await identity_providers.finish(
            context,
            provider,
            told,
            held_state=request.cookies.get(cookie),
            user_agent=request.headers.get("user-agent"),
        )
    except NotSignedIn as refused:
        if refused.person is not None:
            may_join(request, context, refused.person)
        answer = _not_signed_in(request, refused, refused.return_to)
    except AppError as refused:
        if refused.code == "not_found":
            raise
        answer = _not_signed_in(request, refused, None)
    else:
        if arrived.signed_in is not None:
            await remember(request, context, arrived.signed_in.token)
        going = arrived.return_to or inside(arrived.next_path)
        said: Mapping[str, Any] = arrived.signed_in.session if arrived.signed_in else {"returnTo": arrived.return_to}
        answer = ok(**said) if _wants_json(request) else RedirectResponse(going, status_code=302)
    for name in (cookie, RETURNED_COOKIE):
        _set_cookie(answer, context, name, "", 0)
    return _private(answer)


def _told(provider: str, request: Request, context: Context) -> dict[str, str]:
    """What the provider sent along, in the address or by the form that came just before."""
    query = request.query_params
    if "state" in query:
        return {name: query[name] for name in ("code", "state", "error") if name in query}
    try:
        return json.loads(context.sealer.open(request.cookies.get(RETURNED_COOKIE, ""), **_returned_place(provider)))
    except (CannotOpen, ValueError):
        return {}


def _returned_place(provider: str) -> dict[str, str]:
    return {"table": "", "row": provider, "column": RETURNED_COOKIE}


def _not_signed_in(request: Request, why: AppError, return_to: str | None) -> Response:
    if _wants_json(request):
        raise why
    return RedirectResponse(return_to or f"/signin?error={why.code}", status_code=302)


# --- in the app -------------------------------------------------------------------------------------------------------


@router.post("/mobile/exchange")
async def exchange(request: Request, context: Ctx, _: SameOrigin) -> Response:
    body = await object_body(request)
    signed_in = await users.exchange(
        context,
        text_of(body, "code") or "",
        text_of(body, "verifier", "code_verifier"),
        user_agent=request.headers.get("user-agent"),
    )
    await remember(request, context, signed_in.token)
    return _private(ok(**signed_in.session))


@router.post("/mobile/apple/native")
async def sign_in_natively(request: Request, context: Ctx, _: SameOrigin) -> Response:
    native = _native(await object_body(request))
    try:
        signed_in = await identity_providers.sign_in_natively(
            context, native, user_agent=request.headers.get("user-agent")
        )
    except NotSignedIn as refused:
        if refused.person is not None:
            may_join(request, context, refused.person)
        raise
    await remember(request, context, signed_in.token)
    return _private(ok(**signed_in.session))


def _native(body: Mapping[str, Any]) -> Native:
    token = text_of(body, "identityToken", "identity_token")
    if not token:
        raise AppError("identity_token_missing", "Send identityToken: what the phone got from Apple.")
    parts = (text_of(body, "givenName", "given_name"), text_of(body, "familyName", "family_name"))
    return Native(
        token=token,
        nonce=text_of(body, "nonceSha256", "nonce") or None,
        email=text_of(body, "email"),
        name=text_of(body, "name") or " ".join(part for part in parts if part) or None,
    )


# --- answers ----------------------------------------------------------------------------------------------------------


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _is_secure(context: Context) -> bool:
    return context.settings.public_base_url.startswith("https://")


def _set_cookie(answer: Response, context: Context, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(name, value, max_age=seconds, path="/", httponly=True, secure=_is_secure(context), samesite="lax")


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
