"""OAuth 2 without sending: the address people are sent to, the token requests, and what their answers say."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import quote

from authlib.oauth2 import rfc7636
from authlib.oauth2.rfc6749 import parameters

from providers.contract import App, Kind, OAuth2, Problem, Provider, Request, Response, Token, Verdict

# Authlib has no types.
_rfc6749, _rfc7636 = cast("Any", parameters), cast("Any", rfc7636)


def s256(code_verifier: str) -> str:
    """The challenge that goes with it: https://www.rfc-editor.org/rfc/rfc7636#section-4.2. Of any text: what is no
    verifier has a challenge that fits nothing."""
    return _rfc7636.create_s256_code_challenge(code_verifier.encode())


def grant_uri(endpoint: str, client_id: str, *, redirect_uri: str, scope: str, state: str, **more: str) -> str:
    """Where people are sent for a code. A space is %20: not every network reads a plus as one."""
    given = {"redirect_uri": redirect_uri, "scope": scope, "state": state, **more}
    asked: str = _rfc6749.prepare_grant_uri(endpoint, client_id, "code", **given)
    return asked.replace("+", "%20")


def authorize_url(oauth: OAuth2, base: str, app: App, *, redirect_uri: str, state: str, code_verifier: str) -> str:
    more = dict(oauth.authorize_params)
    if oauth.pkce:
        more |= {"code_challenge": _challenge(oauth, code_verifier), "code_challenge_method": "S256"}
    path = oauth.authorize if "://" in oauth.authorize else f"{base.rstrip('/')}/{oauth.authorize.lstrip('/')}"
    scope = oauth.scope_separator.join(oauth.scopes)
    asked = grant_uri(path, app.client_id, redirect_uri=redirect_uri, scope=scope, state=state, **more)
    return asked.replace("&client_id=", f"&{oauth.client_id_name}=", 1)  # it follows the type: values are encoded


def made_with(provider: Provider, client_id: str | None) -> OAuth2 | None:
    """How a login was made by a developer app; None when it came through another door of its network."""
    return provider.oauth if client_id else None


def _challenge(oauth: OAuth2, code_verifier: str) -> str:
    return hashlib.sha256(code_verifier.encode()).hexdigest() if oauth.challenge == "hex" else s256(code_verifier)


def exchange(oauth: OAuth2, app: App, *, code: str, redirect_uri: str, code_verifier: str | None) -> Request:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if code_verifier is not None:
        form["code_verifier"] = code_verifier
    asked = _asked_by_app(oauth, app, oauth.token, {**form, **oauth.token_params})
    if oauth.token_method == "GET":
        return replace(asked, method="GET", params={**asked.params, **(asked.form or {})}, form=None)
    return asked


def renewal(oauth: OAuth2, app: App, values: Mapping[str, str]) -> Request | None:
    """The request that gets a newer token for a credential's values; None when there is no way."""
    if oauth.renew is not None:
        return oauth.renew(app, values)
    refresh_token = values.get("refresh_token")
    return None if refresh_token is None else refresh(oauth, app, refresh_token)


def refresh(oauth: OAuth2, app: App, refresh_token: str) -> Request:
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **oauth.token_params}
    return _asked_by_app(oauth, app, oauth.token, form)


def revoke(oauth: OAuth2, app: App, values: Mapping[str, str]) -> Request | None:
    """Takes back what a credential's values allow; None where the network has no such request."""
    if oauth.revoke_request is not None:
        return oauth.revoke_request(app, values)
    token = values.get("refresh_token") or values.get("access_token")
    return None if oauth.revoke is None or token is None else _asked_by_app(oauth, app, oauth.revoke, {"token": token})


def _asked_by_app(oauth: OAuth2, app: App, path: str, form: Mapping[str, str]) -> Request:
    headers = {"Accept": "application/json", **oauth.token_headers}
    if app.client_secret and oauth.client_auth == "basic":
        pair = f"{quote(app.client_id, safe='')}:{quote(app.client_secret, safe='')}"  # RFC 6749, 2.3.1
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form = {**form, oauth.client_id_name: app.client_id}
        form = {**form, "client_secret": app.client_secret} if app.client_secret else form
    return Request("POST", path, host=oauth.token_host, headers=headers, form=form)


def read_token(provider: Provider, response: Response) -> Token | Problem:
    """Kind AUTH is a definite no; anything else may be asked again later."""
    how = provider.oauth
    answer = how.read_token(response) if how is not None and how.read_token is not None else None
    if answer is not None:
        return answer
    body = _object(response.json)
    access_token = body.get("access_token")
    if 200 <= response.status < 300 and isinstance(access_token, str) and access_token:
        return Token(
            access_token=access_token,
            refresh_token=_text(body.get("refresh_token")),
            expires_in=_seconds(body.get("expires_in")),
            scopes=_scopes(body.get("scope")),
            login_ends_in=_seconds(body.get(how.login_end)) if how is not None and how.login_end else None,
        )
    return _problem(provider, response, _code(body.get("error")))


_SENTENCES = {
    "invalid_grant": "says that this login has ended, was withdrawn or was used before",
    "invalid_client": "does not accept the client id or client secret of the developer app",
    "unauthorized_client": "does not let this developer app do that",
    "invalid_scope": "does not know one of the permissions that were asked for",
    "unauthorized_scope_error": "does not let this developer app ask for one of the permissions; add the product that has it to the app",
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


DENIED = frozenset({"access_denied", "user_cancelled_login", "user_cancelled_authorize", "consent_required"})
"""What networks write into a callback when the person said no."""
OF_THE_APP = frozenset(
    {"invalid_client", "unauthorized_client", "invalid_scope", "unauthorized_scope_error", "redirect_uri_mismatch"}
)
"""Errors that whoever keeps the developer app has to mend."""


def why_denied(provider: Provider, error: str) -> str:
    """What the ``error`` of a callback means, for the person who was sent there."""
    if error in DENIED:
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
