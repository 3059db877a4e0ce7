"""What every route shares: who asks, the body, the answer, the error shape."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Annotated, Any, NoReturn, cast
from urllib.parse import urlsplit

import orjson
from fastapi import Depends, FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .. import billing, keys, planning, users
from ..access import Actor
from ..context import Context
from ..errors import STATUS, AppError
from ..posts import DEFAULT_LIMIT, Filters
from .operations import methods_at

log = logging.getLogger(__name__)


def context_of(request: Request) -> Context:
    if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        raise AppError("bad_request", "An address cannot hold the character NUL.")  # nor can PostgreSQL
    return request.app.state.context


async def key_actor(request: Request) -> Actor:
    """The workspace of the bearer key. A cookie means nothing here."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise AppError("auth_missing", "Send an API key: Authorization: Bearer sc_live_…")
    context = context_of(request)
    actor = await keys.actor(context, secret.strip())
    request.state.key_id = actor.key_id  # for the count of requests
    return actor


def same_origin(request: Request) -> None:
    """What a page on another site makes a browser send must change nothing here."""
    own = {request.headers.get("host"), urlsplit(context_of(request).settings.public_base_url).netloc}
    origin = request.headers.get("origin")
    elsewhere = origin is not None and origin.partition("://")[2] not in own
    if elsewhere or request.headers.get("sec-fetch-site") == "cross-site":
        raise AppError("origin_forbidden", "This request came from another site. Send it from SocialClaw's own pages.")


async def session_actor(request: Request) -> Actor:
    """Who sits at the browser, by its session cookie. A key means nothing here.

    Looked up at each request: what was signed out, ran out or was demoted since the last one counts at once.
    """
    if request.method not in ("GET", "HEAD"):
        same_origin(request)
    actor = await visitor(request)
    if actor is None:
        raise AppError("session_required", "Sign in first: this address is for people who are signed in.")
    return actor


async def visitor(request: Request) -> Actor | None:
    token = request.session.get("sid")
    return await users.visitor(context_of(request), token) if isinstance(token, str) else None


Ctx = Annotated[Context, Depends(context_of)]
Key = Annotated[Actor, Depends(key_actor)]
Session = Annotated[Actor, Depends(session_actor)]
SameOrigin = Annotated[None, Depends(same_origin)]


async def paying_key_actor(context: Ctx, actor: Key) -> Actor:
    """Before the body is read: nobody sends a film only to hear that they need a plan."""
    await billing.require(context, actor)
    return actor


async def paying_session_actor(context: Ctx, actor: Session) -> Actor:
    await billing.require(context, actor)
    return actor


PayingKey = Annotated[Actor, Depends(paying_key_actor)]
PayingSession = Annotated[Actor, Depends(paying_session_actor)]
"""For what needs a plan where plans are sold: the operations marked ``paid``."""


# --- bodies -----------------------------------------------------------------------------------------------------------


async def json_body(request: Request) -> Any:
    """The body as plain JSON values; an empty one is an empty object, whatever its content type.

    Read by hand: the key has been checked by now, and clients send JSON types with empty bodies.
    """
    raw = await raw_body(request)
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite)
        _refuse_unstorable(raw, value)
        return value
    except (ValueError, RecursionError) as error:
        reason = error.args[0] if isinstance(error, _BodyError) else "it is not valid JSON in UTF-8"
        raise AppError("json_invalid", f"The body cannot be read: {reason}.") from error


async def raw_body(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect as error:
        raise AppError("bad_request", "The request ended before its body was complete.") from error


async def object_body(request: Request) -> dict[str, Any]:
    body = await json_body(request)
    if not isinstance(body, dict):
        raise AppError("json_invalid", "The body must be a JSON object.")
    return cast("dict[str, Any]", body)


_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class _BodyError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _BodyError("a key stands in one object twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _BodyError(f"{name} is not JSON")


def _refuse_unstorable(raw: bytes, value: Any) -> None:
    """JSON can write halves of characters, and NUL: no database takes the first, PostgreSQL not the second."""
    if b"\\u0000" in raw and _NUL.search(raw):
        raise _BodyError("a text holds the character NUL")
    if _SURROGATE.search(raw):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise _BodyError("a text holds half a character") from None


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _BodyError("a number is too large")
    return value


def text_of(body: Mapping[str, Any], *names: str) -> str | None:
    """The first of the names that holds a text."""
    for name in names:
        value = body.get(name)
        if value is not None:
            if not isinstance(value, str):
                raise AppError("bad_request", f"{name} must be a text.", details={"field": name})
            return value
    return None


# --- queries ----------------------------------------------------------------------------------------------------------


def filters_of(request: Request, *, default_limit: int = DEFAULT_LIMIT) -> Filters:
    query = request.query_params
    return Filters(
        run_id=query.get("runId") or query.get("run_id"),
        campaign_id=query.get("campaignId") or query.get("campaign_id"),
        statuses=tuple(part for part in (query.get("status") or "").split(",") if part),
        provider=query.get("provider") or None,
        account=query.get("account") or None,
        since=time_of(query.get("from") or query.get("publishFrom") or query.get("publish_from"), "from"),
        until=time_of(query.get("to") or query.get("publishTo") or query.get("publish_to"), "to"),
        limit=whole_number(query.get("limit"), "limit", default_limit, least=1),
        offset=whole_number(query.get("offset"), "offset", 0),
    )


def whole_number(raw: str | None, name: str, default: int, *, least: int = 0) -> int:
    if raw is None or raw == "":
        return default
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9 or int(raw) < least:
        raise AppError("bad_request", f"{name} must be a whole number from {least}.", details={"field": name})
    return int(raw)


def time_of(raw: str | None, name: str) -> datetime | None:
    """Without an offset it is UTC."""
    if not raw:
        return None
    try:
        return planning.parse_time(raw, "UTC")
    except ValueError:
        raise AppError(
            "bad_request", f"{name} must be a time such as 2026-06-01T18:00:00Z.", details={"field": name}
        ) from None


# --- answers ----------------------------------------------------------------------------------------------------------


def ok(status: int = 200, **content: Any) -> Response:
    return Response(
        orjson.dumps({"ok": True, **content}, option=orjson.OPT_NON_STR_KEYS),
        status_code=status,
        media_type="application/json",
    )


def error_response(
    code: str, message: str, status: int, details: Any = None, headers: Mapping[str, str] | None = None
) -> Response:
    content = {"ok": False, "code": code, "message": message, **({"details": details} if details is not None else {})}
    return Response(
        orjson.dumps(content, default=str, option=orjson.OPT_NON_STR_KEYS),
        status_code=status,
        media_type="application/json",
        headers=dict(headers or {}),
    )


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


async def _app_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    headers = {"Retry-After": str(math.ceil(error.retry_after))} if error.retry_after else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return error_response(error.code, error.message, error.status, error.details, headers)


_PLAIN = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("request_too_large", "The request is too large."),
}


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, message = _PLAIN.get(error.status_code, ("bad_request", str(error.detail)))
    headers = error.headers
    if error.status_code == 405 and (methods := methods_at(request.scope["path"])):
        headers = {"Allow": ", ".join(methods)}  # the framework names those of its first route only
    return error_response(code, message, error.status_code, headers=headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    # the server logs the traceback, with the request's id beside it; this answer goes out around the middleware
    return error_response(
        "internal_error",
        "Something went wrong here, not on your side. The server's log has the details.",
        STATUS["internal_error"],
        # and the server ends the connection: a client that is not told loses its next request
        headers={"X-Request-Id": request.scope.get("state", {}).get("request_id", ""), "Connection": "close"},
    )


async def pieces(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if chunk:
            yield chunk
