"""Signing in and out: the only requests that change the session cookie."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from backend import users, workspaces
from backend.api.edge import Ctx, object_body, ok
from backend.context import Context
from backend.errors import AppError
from backend.models import User

router = APIRouter(prefix="/auth", tags=["Sign-in"])


def same_origin(request: Request, context: Ctx) -> None:
    """A form on another site must not sign anybody in or out."""
    origin = request.headers.get("origin")
    own = {request.headers.get("host", ""), urlsplit(context.settings.public_base_url).netloc}
    if origin is not None and urlsplit(origin).netloc not in own:
        raise AppError("origin_forbidden", "This request came from another site.")
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise AppError("origin_forbidden", "This request came from another site.")


SameOrigin = Annotated[None, Depends(same_origin)]


@router.post("/login")
async def login(request: Request, context: Ctx, _: SameOrigin) -> Response:
    fields, is_form = await _fields(request)
    address = request.client.host if request.client else ""
    agent = request.headers.get("user-agent")
    try:
        visit = await users.sign_in(
            context, fields.get("email", ""), fields.get("password", ""), address=address, user_agent=agent
        )
    except AppError as error:
        if not is_form:
            raise
        return RedirectResponse(f"/signin?error={error.code}", status_code=303)
    return await _welcome(request, context, visit, _inside(fields.get("next")) if is_form else None)


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
    link = fields.get("token", "")
    try:
        visit = await users.set_up(
            context,
            link,
            email=fields.get("email", ""),
            password=fields.get("password", ""),
            name=fields.get("name"),
            user_agent=request.headers.get("user-agent"),
        )
    except AppError as error:
        if not is_form:
            raise
        return RedirectResponse(f"/setup?token={quote(link)}&error={error.code}", status_code=303)
    return await _welcome(request, context, visit, "/" if is_form else None)


@router.get("/link/{link}")
async def follow_link(link: str, request: Request, context: Ctx) -> Response:
    """A one-time sign-in link: printed by ``demo`` and opened by the desktop window."""
    agent = request.headers.get("user-agent")
    try:
        visit = await context.db.write(users.sign_in_by_link, link, context.settings, context.now(), user_agent=agent)
    except AppError as error:
        return RedirectResponse(f"/signin?error={error.code}", status_code=303)
    return await _welcome(request, context, visit, "/")


async def _welcome(request: Request, context: Context, visit: users.Visit, onward: str | None) -> Response:
    """A new session from nothing: what a stranger planted before the sign-in is gone."""
    request.session.clear()
    request.session["sid"] = visit.token
    if onward is not None:
        return RedirectResponse(onward, status_code=303)
    return ok(authenticated=True, **await context.db.read(_session_json, visit.user_id))


def _session_json(session: Session, user_id: str) -> dict[str, Any]:
    known = workspaces.of_user(session, user_id)
    return {
        "user": users.user_json(session.get_one(User, user_id)),
        "tenant": workspaces.tenant_json(known[0][0]) if known else None,
    }


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
