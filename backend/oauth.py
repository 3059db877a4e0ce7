"""OAuth 2 without sending: the address people are sent to, the token requests, and what their answers say."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote, urlencode

from providers.contract import App, Kind, OAuth2, Problem, Provider, Request, Response, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_in: float | None = None
    scopes: tuple[str, ...] | None = None
    """None when the answer does not say: then it is what was asked for (RFC 6749, 5.1)."""


def authorize_url(oauth: OAuth2, base: str, app: App, *, redirect_uri: str, state: str, code_verifier: str) -> str:
    values = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(oauth.scopes),
        "state": state,
        **oauth.authorize_params,
    }
    if oauth.pkce:
        digest = hashlib.sha256(code_verifier.encode()).digest()
        values["code_challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        values["code_challenge_method"] = "S256"
    path = oauth.authorize if "://" in oauth.authorize else f"{base.rstrip('/')}/{oauth.authorize.lstrip('/')}"
    return f"{path}{'&' if '?' in path else '?'}{urlencode(values, quote_via=quote)}"


def exchange(oauth: OAuth2, app: App, *, code: str, redirect_uri: str, code_verifier: str | None) -> Request:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if code_verifier is not None:
        form["code_verifier"] = code_verifier
    return _asked_by_app(oauth, app, oauth.token, form)


def refresh(oauth: OAuth2, app: App, refresh_token: str) -> Request:
    return _asked_by_app(oauth, app, oauth.token, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def revoke(oauth: OAuth2, app: App, token: str) -> Request | None:
    return None if oauth.revoke is None else _asked_by_app(oauth, app, oauth.revoke, {"token": token})


def _asked_by_app(oauth: OAuth2, app: App, path: str, form: Mapping[str, str]) -> Request:
    request = Request("POST", path, host=oauth.token_host, headers={"Accept": "application/json"}, form=form)
    if app.client_secret and oauth.client_auth == "basic":
        pair = f"{quote(app.client_id, safe='')}:{quote(app.client_secret, safe='')}"  # RFC 6749, 2.3.1
        return request.with_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
    named = {"client_id": app.client_id, **({"client_secret": app.client_secret} if app.client_secret else {})}
    return Request("POST", path, host=oauth.token_host, headers=request.headers, form={**form, **named})


def read_token(provider: Provider, response: Response) -> Token | Problem:
    """Kind AUTH is a definite no; anything else may be asked again later."""
    body = _object(response.json)
    access_token = body.get("access_token")
    if 200 <= response.status < 300 and isinstance(access_token, str) and access_token:
        return Token(
            access_token=access_token,
            refresh_token=_text(body.get("refresh_token")),
            expires_in=_seconds(body.get("expires_in")),
            scopes=_scopes(body.get("scope")),
        )
    return _problem(provider, response, _code(body.get("error")))


_SENTENCES = {
    "invalid_grant": "says that this login has ended, was withdrawn or was used before",
    "invalid_client": "does not accept the client id or client secret of the developer app",
    "unauthorized_client": "does not let this developer app do that",
    "invalid_scope": "does not know one of the permissions that were asked for",
    "redirect_uri_mismatch": "does not know our callback address; enter it in the settings of the developer app",
}


def _problem(provider: Provider, response: Response, code: str) -> Problem:
    if response.status == 429 or response.status >= 500 or code in ("temporarily_unavailable", "server_error"):
        verdict = Verdict.REFUSED if response.status == 429 else Verdict.UNKNOWN
        return Problem(
            kind=Kind.UNAVAILABLE, verdict=verdict, message=f"{provider.name} cannot answer at the moment.", code=code
        )
    if 400 <= response.status < 500:
        sentence = _SENTENCES.get(code, f"refused the login (it answered {code or response.status})")
        return Problem(
            kind=Kind.AUTH,
            verdict=Verdict.REFUSED,
            message=f"{provider.name} {sentence}.",
            code=code or "login_refused",
        )
    return Problem(
        kind=Kind.UNKNOWN,
        verdict=Verdict.UNKNOWN,
        message=f"{provider.name} answered without a token.",
        code="no_token",
    )


def why_denied(provider: Provider, error: str) -> str:
    """What the ``error`` of a callback means, for the person who was sent there."""
    if error in ("access_denied", "user_cancelled_login", "user_cancelled_authorize", "consent_required"):
        return f"You did not allow the access at {provider.name}. Connect again when you want to."
    if error in ("temporarily_unavailable", "server_error"):
        return f"{provider.name} cannot answer at the moment. Try again in a few minutes."
    sentence = _SENTENCES.get(error)
    return f"{provider.name} {sentence}." if sentence else f"{provider.name} did not connect the account. Try again."


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _code(value: Any) -> str:
    """A plain word, or nothing: it is shown and logged."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", value) else ""


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _seconds(value: Any) -> float | None:
    """A number, or the text of one; some networks write 0 for tokens without an end."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds < 10 * 365 * 86400 else None


def _scopes(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split()) or None
    if isinstance(value, list):
        return tuple(str(scope) for scope in cast("list[Any]", value)) or None
    return None
