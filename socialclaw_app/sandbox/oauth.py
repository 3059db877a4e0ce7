"""OAuth 2 as the networks' copies offer it: a consent page where somebody chooses who to be, codes, tokens, renewals.

What a network does in its own way is said in ``Rules``; its module writes routes around ``authorize``, ``decide`` and
``token``, and asks ``holder`` who a token belongs to.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, cast
from urllib.parse import unquote, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from . import pages
from .core import JSON, state_of


@dataclass(slots=True, kw_only=True)
class Grant:
    """A code, an access token or a refresh token."""

    user_id: str
    scopes: tuple[str, ...]
    expires_at: datetime
    issued_at: datetime
    challenge: str = ""
    redirect_uri: str = ""
    family: str = ""
    used: bool = False


@dataclass(slots=True)
class Grants:
    """What a network's memory holds of logins."""

    codes: dict[str, Grant] = field(default_factory=dict[str, Grant])
    tokens: dict[str, Grant] = field(default_factory=dict[str, Grant])
    refresh: dict[str, Grant] = field(default_factory=dict[str, Grant])

    def end_user(self, user_id: str) -> None:
        for table in (self.tokens, self.refresh):
            for key in [key for key, grant in table.items() if grant.user_id == user_id]:
                del table[key]

    def expire(self, now: datetime) -> int:
        """Every access token is over; refresh tokens stay."""
        for grant in self.tokens.values():
            grant.expires_at = now - timedelta(seconds=1)
        return len(self.tokens)


class OAuthRefused(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


def standard_error(refused: OAuthRefused) -> Response:
    """RFC 6749, 5.2."""
    return JSONResponse({"error": refused.error, "error_description": refused.description}, status_code=refused.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    name: str
    client_id: str
    client_secret: str
    grants: Callable[[Request], Grants]
    people: Callable[[Request], Mapping[str, str]]
    """Who can be chosen on the consent page: id and what is shown."""
    scopes: tuple[str, ...]
    """Those the network knows; others are refused."""
    code_life: timedelta = timedelta(minutes=10)
    token_life: timedelta = timedelta(hours=1)
    refresh_life: timedelta | None = timedelta(days=365)
    """None: there are no refresh tokens."""
    rotates: bool = False
    """A refresh token works once; used again, it ends all tokens of its family."""
    pkce: Literal["", "base64url", "hex"] = ""
    basic: bool = False
    """Client id and secret in a Basic header, and only there."""
    client_id_name: str = "client_id"
    separator: str = " "
    gives_refresh: Callable[[Grant, Mapping[str, str]], bool] = lambda grant, asked: True
    error: Callable[[OAuthRefused], Response] = standard_error
    cancelled: str = "access_denied"


# --- the consent page ------------------------------------------------------------------------------------------------


def authorize(rules: Rules, request: Request) -> Response:
    query = request.query_params
    wrong = _wrong(rules, query)
    if wrong:
        return _broken(wrong)
    asked = _scopes(rules, query.get("scope", ""))
    boxes = "".join(
        f'<label><input type="checkbox" name="granted" value="{html.escape(scope)}" checked> {html.escape(scope)}</label>'
        for scope in asked
    )
    people = "".join(
        f'<button name="user" value="{html.escape(id)}">Continue as {html.escape(label)}</button>'
        for id, label in rules.people(request).items()
    )
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in query.items()
    )
    page = pages.document(
        "Authorize",
        f"<h1>SocialClaw wants to access your {html.escape(rules.name)} account</h1>"
        f'<form method="post">{hidden}<fieldset><legend>It may</legend>{boxes}</fieldset>{people}'
        '<button name="user" value="">Cancel</button></form>',
    )
    # the browser counts the way back to whoever asked as a target of this form
    page.headers["Content-Security-Policy"] = pages.HEADERS["Content-Security-Policy"].replace(
        "form-action 'self'", "form-action *"
    )
    return page


def _broken(sentence: str) -> Response:
    return HTMLResponse(f"<h1>Something went wrong</h1><p>{html.escape(sentence)}</p>", status_code=400)


def _wrong(rules: Rules, query: Mapping[str, str]) -> str:
    if query.get("response_type") != "code":
        return "response_type must be code."
    if query.get(rules.client_id_name) != rules.client_id:
        return "There is no such client."
    if not query.get("redirect_uri", "").startswith(("http://127.0.0.1", "http://localhost", "https://")):
        return "The redirect address is not registered."
    if not query.get("state") or len(query["state"]) > 500:
        return "state is missing or too long."
    if rules.pkce and (query.get("code_challenge_method") != "S256" or not query.get("code_challenge")):
        return "A code challenge with S256 is required."
    unknown = [scope for scope in _scopes(rules, query.get("scope", "")) if scope not in rules.scopes]
    return f"There is no scope {unknown[0]}." if unknown else ""


def _scopes(rules: Rules, text: str) -> list[str]:
    return [scope for scope in text.split(rules.separator) if scope]


async def decide(rules: Rules, request: Request) -> Response:
    sent = await request.form()
    form = {name: str(value) for name, value in sent.items()}
    wrong = _wrong(rules, form)
    if wrong:
        return _broken(wrong)
    asked = _scopes(rules, form.get("scope", ""))
    # a program that posts this form without the boxes allows what was asked for
    ticked = [str(scope) for scope in sent.getlist("granted")] if "granted" in sent else asked
    if form.get("user") not in rules.people(request):
        answer = {"error": rules.cancelled, "state": form["state"]}
    else:
        now, code = state_of(request).now(), secrets.token_urlsafe(32)
        rules.grants(request).codes[code] = Grant(
            user_id=form["user"],
            scopes=tuple(scope for scope in asked if scope in ticked),
            issued_at=now,
            expires_at=now + rules.code_life,
            challenge=form.get("code_challenge", ""),
            redirect_uri=form["redirect_uri"],
        )
        answer = {"code": code, "state": form["state"]}
    joined = "&" if "?" in form["redirect_uri"] else "?"
    return RedirectResponse(form["redirect_uri"] + joined + urlencode(answer), status_code=302)


# --- tokens ----------------------------------------------------------------------------------------------------------


async def token(rules: Rules, request: Request) -> Response:
    """The standard endpoint: a code or a refresh token for an access token."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        check_client(rules, request, form)
        if form.get("grant_type") == "authorization_code":
            return JSONResponse(issue(rules, request, redeem_code(rules, request, form), form))
        if form.get("grant_type") == "refresh_token":
            return JSONResponse(issue(rules, request, redeem_refresh(rules, request, form), form))
        raise OAuthRefused("unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")
    except OAuthRefused as refused:
        return rules.error(refused)


def check_client(rules: Rules, request: Request, form: Mapping[str, str]) -> None:
    """Raises OAuthRefused."""
    given = (form.get(rules.client_id_name, ""), form.get("client_secret", ""))
    if rules.basic:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            name, _, secret = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            name, secret = "", ""
        given = (unquote(name), unquote(secret)) if scheme.lower() == "basic" else ("", "")
    if given != (rules.client_id, rules.client_secret):
        raise OAuthRefused("invalid_client", "Client authentication failed.", 401)


def redeem_code(rules: Rules, request: Request, form: Mapping[str, str]) -> Grant:
    """Uses the code up. Raises OAuthRefused."""
    grant = rules.grants(request).codes.pop(form.get("code", ""), None)
    if grant is None or grant.expires_at < state_of(request).now():
        raise OAuthRefused("invalid_grant", "The code is wrong, was used before, or has expired.")
    if grant.redirect_uri != form.get("redirect_uri"):
        raise OAuthRefused("invalid_grant", "The redirect address is not the one the code was given to.")
    if rules.pkce and _challenge(rules, form.get("code_verifier", "")) != grant.challenge:
        raise OAuthRefused("invalid_grant", "The code verifier does not match.")
    return grant


def _challenge(rules: Rules, verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode())
    if rules.pkce == "hex":
        return digest.hexdigest()
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def redeem_refresh(rules: Rules, request: Request, form: Mapping[str, str]) -> Grant:
    """Raises OAuthRefused. Where tokens rotate, one that comes twice ends its whole family."""
    grants = rules.grants(request)
    grant = grants.refresh.get(form.get("refresh_token", ""))
    if grant is not None and grant.used:
        for table in (grants.tokens, grants.refresh):
            for key in [key for key, other in table.items() if other.family == grant.family]:
                del table[key]
        raise OAuthRefused("invalid_grant", "The refresh token was used before.")
    if grant is None or grant.expires_at < state_of(request).now():
        raise OAuthRefused("invalid_grant", "The refresh token is wrong or has expired.")
    grant.used = rules.rotates
    return grant


def issue(rules: Rules, request: Request, grant: Grant, asked: Mapping[str, str]) -> dict[str, JSON]:
    """A new access token for whoever a code or refresh token belongs to, as the body of the answer."""
    grants, now = rules.grants(request), state_of(request).now()
    family = grant.family or secrets.token_hex(8)
    access = secrets.token_urlsafe(40)
    fresh = Grant(
        user_id=grant.user_id, scopes=grant.scopes, issued_at=now, expires_at=now + rules.token_life, family=family
    )
    grants.tokens[access] = fresh
    body: dict[str, JSON] = {
        "access_token": access,
        "token_type": "bearer",
        "expires_in": int(rules.token_life.total_seconds()),
        "scope": rules.separator.join(grant.scopes),
    }
    old = asked.get("refresh_token")
    if old and not rules.rotates:
        return {**body, "refresh_token": old}
    if rules.refresh_life is not None and rules.gives_refresh(grant, asked):
        renewed = secrets.token_urlsafe(40)
        ends = grant.expires_at if old else now + rules.refresh_life
        grants.refresh[renewed] = Grant(
            user_id=grant.user_id, scopes=grant.scopes, issued_at=now, expires_at=ends, family=family
        )
        body["refresh_token"] = renewed
    return body


def with_life_of_refresh(rules: Rules, request: Request, answer: Response) -> Response:
    """Some networks tell in how many seconds the refresh token ends."""
    body = cast("dict[str, JSON]", json.loads(bytes(answer.body)))
    grant = rules.grants(request).refresh.get(str(body.get("refresh_token")))
    if grant is None:
        return answer
    left = (grant.expires_at - state_of(request).now()).total_seconds()
    return JSONResponse({**body, "refresh_token_expires_in": int(left)})


def bearer_of(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret if scheme.lower() == "bearer" else ""


def holder(rules: Rules, request: Request, secret: str | None = None) -> Grant | None:
    """The living grant behind an access token: that of the header unless one is given."""
    grant = rules.grants(request).tokens.get(bearer_of(request) if secret is None else secret)
    return None if grant is None or grant.expires_at <= state_of(request).now() else grant


def lacking(grant: Grant, scopes: Sequence[str]) -> str | None:
    """The first scope that was not granted."""
    return next((scope for scope in scopes if scope not in grant.scopes), None)


def expire_route(rules: Rules) -> Callable[[Request], Response]:
    """A control: ``PUT /_/<id>/expire`` ends every access token."""

    def expire(request: Request) -> Response:
        return JSONResponse({"expired": rules.grants(request).expire(state_of(request).now())})

    return expire
