"""Signing in and out: the only requests that change the session cookie."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from backend import identities, members, users
from backend.api.edge import Ctx, SameOrigin, object_body, ok
from backend.context import Context
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
    await _join(request, context, signed_in.user_id)
    await remember(request, context, signed_in.token)
    return RedirectResponse(inside(fields.get("next")), status_code=303) if is_form else ok(**signed_in.session)


@router.post("/logout")
async def logout(request: Request, context: Ctx, _: SameOrigin) -> Response:
    """``everywhere`` ends the sessions of all browsers and apps of the person."""
    fields, is_form = await _fields(request)
    token, now = request.session.get("sid"), context.now()
    if token and fields.get("everywhere") in ("true", "1", "on"):
        idle = timedelta(days=context.settings.session_idle_days)
        await context.db.write(users.sign_out_all, token, now, idle=idle)
    if token:
        await context.db.write(users.sign_out, token, now)
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
    await remember(request, context, signed_in.token)
    return RedirectResponse("/", status_code=303) if is_form else ok(201, **signed_in.session)


@router.post("/join")
async def join(request: Request, context: Ctx, _: SameOrigin) -> Response:
    """A new account by an invitation. Whoever has one already joins as it: the same link, while signed in."""
    fields, is_form = await _fields(request)
    token, agent = fields.get("token", ""), request.headers.get("user-agent")
    try:
        told = await context.db.write(members.join_as, context, request.session.get("sid", ""), token)
        if told is None:
            signed_in = await members.join(
                context, token, fields.get("password", ""), fields.get("name"), user_agent=agent
            )
            await remember(request, context, signed_in.token)
            told = signed_in.session
    except AppError as error:
        if not is_form:
            raise
        return RedirectResponse(f"/join?token={quote(token)}&error={error.code}", status_code=303)
    return RedirectResponse("/", status_code=303) if is_form else ok(201, **told)


@router.get("/link/{link}")
async def follow_link(link: str, request: Request, context: Ctx) -> Response:
    """A one-time sign-in link: printed by ``demo`` and opened by the desktop window."""
    try:
        signed_in = await users.follow_link(context, link, user_agent=request.headers.get("user-agent"))
    except AppError as error:
        return RedirectResponse(f"/signin?error={error.code}", status_code=303)
    await remember(request, context, signed_in.token)
    return RedirectResponse("/", status_code=303)


async def remember(request: Request, context: Ctx, token: str) -> None:
    """A new session from nothing: what a stranger planted before the sign-in is gone, and what was open here ends."""
    before = request.session.get("sid")
    if before:
        await context.db.write(users.sign_out, before, context.now())
    request.session.clear()
    request.session["sid"] = token


JOINING = "joining"
JOINING_LASTS = timedelta(minutes=10)


def may_join(request: Request, context: Context, person: identities.Person) -> None:
    """Who came through an identity provider to an account that nobody has proved to be theirs signs in with its
    password next, in the same browser. The cookie that remembers it until then is signed."""
    until = (context.now() + JOINING_LASTS).timestamp()
    request.session[JOINING] = [person.provider, person.subject, person.email, until]


async def _join(request: Request, context: Context, user_id: str) -> None:
    waiting = request.session.get(JOINING)
    if waiting is None:
        return
    provider, subject, email, until = waiting
    if context.now().timestamp() < until:
        await context.db.write(identities.join, provider, subject, email, user_id, context.now())


async def _fields(request: Request) -> tuple[dict[str, str], bool]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        form = await request.form(max_files=0, max_fields=20)
        return {name: value for name, value in form.items() if isinstance(value, str)}, True
    body: dict[str, Any] = await object_body(request)
    texts = {name: "true" if value is True else value for name, value in body.items()}
    return {name: value for name, value in texts.items() if isinstance(value, str)}, False


def inside(path: str | None) -> str:
    """Only an address of ours may follow a sign-in. Browsers read a backslash as a slash, and leave out tabs and line
    ends."""
    if path and re.match(r"/(?![/\\])", path) and path.isprintable() and "\\" not in path and len(path) <= 2000:
        return path
    return "/"
