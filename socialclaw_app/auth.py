"""Signing in and out: the only requests that change the session cookie."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from backend import users
from backend.api.edge import Ctx, SameOrigin, object_body, ok
from backend.errors import AppError

router = APIRouter(prefix="/auth", tags=["Sign-in"])


@router.post("/login")
async def login(request: Request, context: Ctx, _: SameOrigin) -> Response:
    fields, is_form = await _fields(request)
    try:
        signed_in = await users.sign_in(
            context,
            fields.get("email", ""),
            fields.get("password", ""),
            address=request.client.host if request.client else "",
            user_agent=request.headers.get("user-agent"),
        )
    except AppError as error:
        if not is_form:
            raise
        return RedirectResponse(f"/signin?error={error.code}", status_code=303)
    await _remember(request, context, signed_in.token)
    return RedirectResponse(_inside(fields.get("next")), status_code=303) if is_form else ok(**signed_in.session)


@router.post("/logout")
async def logout(request: Request, context: Ctx, _: SameOrigin) -> Response:
    is_form = (await _fields(request))[1]
    token = request.session.get("sid")
    if token:
        await context.db.write(users.sign_out, token, context.now())
    request.session.clear()
    return RedirectResponse("/signin", status_code=303) if is_form else ok()


@router.post("/setup")
async def setup(request: Request, context: Ctx, _: SameOrigin) -> Response:
    """The first owner of an instance, by the one-time link that the first start printed."""
    fields, is_form = await _fields(request)
    try:
        signed_in = await users.set_up(
            context,
            link=fields.get("token", ""),
            email=fields.get("email", ""),
            password=fields.get("password", ""),
            workspace_name=fields.get("workspace", ""),
            user_agent=request.headers.get("user-agent"),
        )
    except AppError as error:
        if not is_form:
            raise
        return RedirectResponse(f"/setup?token={fields.get('token', '')}&error={error.code}", status_code=303)
    await _remember(request, context, signed_in.token)
    return RedirectResponse("/", status_code=303) if is_form else ok(201, **signed_in.session)


@router.get("/link/{link}")
async def follow_link(link: str, request: Request, context: Ctx) -> Response:
    """A one-time sign-in link: printed by ``demo`` and opened by the desktop window."""
    try:
        signed_in = await users.follow_link(context, link, user_agent=request.headers.get("user-agent"))
    except AppError as error:
        return RedirectResponse(f"/signin?error={error.code}", status_code=303)
    await _remember(request, context, signed_in.token)
    return RedirectResponse("/", status_code=303)


async def _remember(request: Request, context: Ctx, token: str) -> None:
    """A new session from nothing: what a stranger planted before the sign-in is gone, and what was open here ends."""
    before = request.session.get("sid")
    if before:
        await context.db.write(users.sign_out, before, context.now())
    request.session.clear()
    request.session["sid"] = token


async def _fields(request: Request) -> tuple[dict[str, str], bool]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        form = await request.form(max_files=0, max_fields=20)
        return {name: value for name, value in form.items() if isinstance(value, str)}, True
    body: dict[str, Any] = await object_body(request)
    return {name: value for name, value in body.items() if isinstance(value, str)}, False


def _inside(path: str | None) -> str:
    """Only an address of ours may follow a sign-in."""
    if path and path.startswith("/") and not path.startswith(("//", "/\\")):
        return path
    return "/"
