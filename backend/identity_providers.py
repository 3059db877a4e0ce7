"""Signing in through Google and Apple: out to the provider, back with a code, and who came.

https://developers.google.com/identity/openid-connect/openid-connect and
https://developer.apple.com/documentation/signinwithapplerestapi, read 2026-10. What identity tokens must say is checked
in ``identity_tokens``, whose account it is in ``identities``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from joserfc import jwk, jwt
from joserfc.errors import JoseError
from sqlalchemy import update
from sqlalchemy.orm import Session

from providers.contract import Request

from . import billing, identities, outcomes, users
from .context import Context
from .errors import AppError
from .http import SendError
from .identities import Person
from .identity_tokens import Expected, NotAnswering, TokenRefused, checked, fingerprint, published
from .models import SeenToken, SignInState
from .oauth import grant_uri, s256
from .sealing import hash_secret, new_token
from .settings import PREFIX, Settings
from .users import SignedIn

STATE_LIFE = timedelta(minutes=10)
EXCHANGE_SECONDS = 20.0
SECRET_LIFE = timedelta(minutes=5)
DENIED = frozenset({"access_denied", "user_cancelled_authorize"})


# --- the providers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    base: str
    """The configured address: requests to its host are let through wherever that is."""
    authorize: str
    token: str
    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    id: str
    name: str
    needs: tuple[str, ...]
    """The settings without which nobody signs in here in a browser."""
    scope: str
    params: Mapping[str, str]
    pkce: bool
    algorithms: tuple[str, ...]
    issuers: Callable[[Settings], frozenset[str]]
    client_id: Callable[[Settings], str]
    client_secret: Callable[[Settings, datetime], str]
    endpoints: Callable[[Context], Awaitable[Endpoints]]


async def _google_endpoints(context: Context) -> Endpoints:
    base = context.settings.google_issuer.rstrip("/")
    told = await published(context, f"{base}/.well-known/openid-configuration", base=base)
    found = [told.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    if told.get("issuer") != base or not all(isinstance(url, str) and url.startswith(base[:5]) for url in found):
        raise NotAnswering  # somebody else's document, or one that leads from https to http
    authorize, token, keys = cast("list[str]", found)
    return Endpoints(base=base, authorize=authorize, token=token, keys=keys)


async def _apple_endpoints(context: Context) -> Endpoints:
    """Written down: Apple's own discovery document names an issuer that its tokens do not have."""
    base = context.settings.apple_auth_url.rstrip("/")
    return Endpoints(
        base=base, authorize=f"{base}/auth/authorize", token=f"{base}/auth/token", keys=f"{base}/auth/keys"
    )


def _apple_secret(settings: Settings, now: datetime) -> str:
    """https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret"""
    claims = {
        "iss": settings.apple_team_id,
        "sub": settings.apple_services_id,
        "aud": APPLE_ISSUER,
        "iat": int(now.timestamp()),
        "exp": int((now + SECRET_LIFE).timestamp()),
    }
    try:
        key = jwk.import_key(settings.apple_private_key.replace("\\n", "\n"), "EC")
        return jwt.encode({"alg": "ES256", "kid": settings.apple_key_id}, claims, key, algorithms=["ES256"])
    except (JoseError, ValueError, TypeError) as error:
        raise _not_configured("Apple", ("apple_private_key",)) from error


APPLE_ISSUER = "https://appleid.apple.com"

GOOGLE = IdentityProvider(
    id="google",
    name="Google",
    needs=("google_client_id", "google_client_secret"),
    scope="openid email profile",
    params={},
    pkce=True,
    algorithms=("RS256",),
    # Older tokens name it without https://.
    issuers=lambda settings: frozenset(
        {settings.google_issuer.rstrip("/"), settings.google_issuer.rstrip("/").removeprefix("https://")}
    ),
    client_id=lambda settings: settings.google_client_id,
    client_secret=lambda settings, now: settings.google_client_secret,
    endpoints=_google_endpoints,
)
APPLE = IdentityProvider(
    id="apple",
    name="Apple",
    needs=("apple_services_id", "apple_team_id", "apple_key_id", "apple_private_key"),
    scope="name email",
    params={"response_mode": "form_post"},
    pkce=False,  # not documented by Apple; the nonce does its work
    algorithms=("RS256", "ES256"),
    issuers=lambda settings: frozenset(
        {APPLE_ISSUER, "https://account.apple.com", settings.apple_auth_url.rstrip("/")}
    ),
    client_id=lambda settings: settings.apple_services_id,
    client_secret=_apple_secret,
    endpoints=_apple_endpoints,
)
PROVIDERS: Mapping[str, IdentityProvider] = {each.id: each for each in (GOOGLE, APPLE)}


def offered(settings: Settings) -> list[IdentityProvider]:
    """For the sign-in page: those that are set up."""
    return [each for each in PROVIDERS.values() if not _missing(settings, each.needs)]


def get(provider_id: str) -> IdentityProvider:
    found = PROVIDERS.get(provider_id)
    if found is None:
        raise AppError("not_found", "Nobody signs in through that here.")
    return found


def _needed(context: Context, provider: IdentityProvider) -> None:
    if _missing(context.settings, provider.needs):
        raise _not_configured(provider.name, provider.needs)


def _missing(settings: Settings, names: tuple[str, ...]) -> bool:
    return not all(getattr(settings, name) for name in names)


def _not_configured(name: str, needs: tuple[str, ...]) -> AppError:
    variables = [f"{PREFIX}{one.upper()}" for one in needs]
    return AppError(
        "provider_not_configured",
        f"Signing in through {name} is not set up on this server. Its operator has to set {', '.join(variables)}.",
        details={"provider": name.lower(), "variables": variables},
    )


def _unavailable(provider: IdentityProvider) -> AppError:
    return AppError(
        "identity_provider_unavailable", f"{provider.name} does not answer at the moment. Try again in a few minutes."
    )


# --- out --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MobileApp:
    """Who is sent back to an app on the phone, with a code in place of a session."""

    scheme: str
    client: str | None = None
    challenge: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    url: str
    state: str = field(repr=False)
    """Goes into a cookie too: only the browser that left may come back."""


def mobile_app(settings: Settings, query: Mapping[str, str]) -> MobileApp:
    """Raises ``callback_scheme_invalid`` and ``challenge_invalid``."""
    written = query.get("callbackScheme") or query.get("callback_scheme") or ""
    scheme = written.removesuffix("://").removesuffix(":").lower() or next(iter(settings.mobile_schemes), "")
    if scheme not in settings.mobile_schemes:
        raise AppError(
            "callback_scheme_invalid",
            "Nobody is sent back to an app of that scheme. The operator of this server allows schemes with "
            f"{PREFIX}MOBILE_CALLBACK_SCHEMES.",
        )
    challenge = query.get("challenge") or query.get("code_challenge") or None
    if challenge is not None and not re.fullmatch(r"[A-Za-z0-9_-]{43}", challenge):
        raise AppError(
            "challenge_invalid", "challenge must be the SHA-256 of your verifier in base64url, 43 characters."
        )
    return MobileApp(scheme=scheme, client=(query.get("client") or "")[:60] or None, challenge=challenge)


async def start(
    context: Context, provider_id: str, *, next_path: str | None = None, phone: Mapping[str, str] | None = None
) -> Leaving:
    """``next_path`` is where the browser goes afterwards, an address of ours; ``phone`` is what an app asked with.

    Raises ``provider_not_configured``, ``identity_provider_unavailable`` and what ``mobile_app`` raises."""
    provider = get(provider_id)
    _needed(context, provider)
    settings, state, nonce = context.settings, new_token(), new_token()
    app = None if phone is None else mobile_app(settings, phone)
    provider.client_secret(settings, context.now())  # a key that cannot sign is told before anybody leaves
    verifier = new_token() if provider.pkce else None
    try:
        endpoints = await provider.endpoints(context)
    except NotAnswering as error:
        raise _unavailable(provider) from error
    redirect_uri = f"{settings.public_base_url.rstrip('/')}/auth/{provider.id}/callback"
    url = grant_uri(
        endpoints.authorize,
        provider.client_id(settings),
        redirect_uri=redirect_uri,
        scope=provider.scope,
        state=state,
        nonce=nonce,
        **({"code_challenge": s256(verifier), "code_challenge_method": "S256"} if verifier else {}),
        **provider.params,
    )
    now, hashed = context.now(), hash_secret(state)
    row = SignInState(
        state_hash=hashed,
        provider=provider.id,
        nonce=nonce,
        code_verifier=verifier and context.sealer.seal(verifier, **_verifier_place(hashed)),
        redirect_uri=redirect_uri,
        next_path=next_path,
        client=app.client if app else None,
        callback_scheme=app.scheme if app else None,
        challenge=app.challenge if app else None,
        created_at=now,
        expires_at=now + STATE_LIFE,
    )
    await context.db.write(_keep, row)
    return Leaving(url=url, state=state)


def _keep(session: Session, row: SignInState) -> None:
    session.add(row)


def _verifier_place(state_hash: str) -> dict[str, str]:
    return {"table": "sign_in_states", "row": state_hash, "column": "code_verifier"}


# --- back -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Either a session of this browser, or the address that takes a code to the app."""

    signed_in: SignedIn | None = None
    next_path: str | None = None
    return_to: str | None = field(default=None, repr=False)


class NotSignedIn(AppError):
    """It began here and did not work out. ``return_to`` leads back to the app that asked; ``person`` was proved, and may
    be joined to an account whose password is given next."""

    def __init__(self, why: AppError, *, return_to: str | None, person: Person | None) -> None:
        super().__init__(why.code, why.message, details=why.details)
        self.return_to = return_to
        self.person = person if why.code == "password_needed" else None


async def finish(
    context: Context,
    provider_id: str,
    params: Mapping[str, str],
    *,
    held_state: str | None,
    user_agent: str | None = None,
) -> Arrived:
    """``held_state`` is what the browser itself kept. Raises ``sign_in_state_invalid`` and NotSignedIn."""
    provider = get(provider_id)
    state = params.get("state", "")
    if not state or not hmac.compare_digest(state.encode(), (held_state or "").encode()):
        raise _state_invalid()
    left = await context.db.write(_take_state, context, provider.id, state, context.now())
    person = None
    try:
        person = await _person(context, provider, left, params)
        return await billing.written(context, _arrive, context, person, left, user_agent)
    except AppError as why:
        return_to = f"{left.callback_scheme}://auth/callback?error={why.code}" if left.callback_scheme else None
        raise NotSignedIn(why, return_to=return_to, person=person) from why


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    nonce: str
    code_verifier: str | None = field(repr=False)
    redirect_uri: str
    next_path: str | None
    callback_scheme: str | None
    challenge: str | None


def _take_state(session: Session, context: Context, provider_id: str, state: str, now: datetime) -> _Left:
    """Uses the state up."""
    hashed = hash_secret(state)
    taken = session.execute(
        update(SignInState)
        .where(
            SignInState.state_hash == hashed,
            SignInState.provider == provider_id,
            SignInState.used_at.is_(None),
            SignInState.expires_at > now,
        )
        .values(used_at=now)
    )
    if not outcomes.rows(taken):
        raise _state_invalid()
    row = session.get_one(SignInState, hashed)
    sealed = row.code_verifier
    return _Left(
        nonce=row.nonce,
        code_verifier=None if sealed is None else context.sealer.open(sealed, **_verifier_place(hashed)),
        redirect_uri=row.redirect_uri,
        next_path=row.next_path,
        callback_scheme=row.callback_scheme,
        challenge=row.challenge,
    )


def _state_invalid() -> AppError:
    return AppError(
        "sign_in_state_invalid",
        "This sign-in was not begun in this browser, took longer than ten minutes or was finished already. Sign in again.",
    )


async def _person(context: Context, provider: IdentityProvider, left: _Left, params: Mapping[str, str]) -> Person:
    if params.get("error") in DENIED:
        raise AppError("sign_in_denied", f"You did not sign in at {provider.name}. Try again when you want to.")
    if params.get("error") or not params.get("code"):
        raise _refused(provider, params.get("error"))
    _needed(context, provider)
    settings = context.settings
    try:
        endpoints = await provider.endpoints(context)
        token = await _exchanged(context, provider, endpoints, left, params["code"])
        expected = _expected(provider, settings, frozenset({provider.client_id(settings)}))
        claims = await checked(
            context, token, keys_url=endpoints.keys, base=endpoints.base, expected=expected, nonce=left.nonce
        )
    except (NotAnswering, SendError) as error:
        raise _unavailable(provider) from error
    except TokenRefused as refused:
        raise _token_invalid(provider, refused) from refused
    return _of_claims(provider, claims, name_of(params.get("user")))


async def _exchanged(context: Context, provider: IdentityProvider, endpoints: Endpoints, left: _Left, code: str) -> str:
    settings = context.settings
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": left.redirect_uri,
        "client_id": provider.client_id(settings),
        "client_secret": provider.client_secret(settings, context.now()),
        **({"code_verifier": left.code_verifier} if left.code_verifier else {}),
    }
    response = await context.http.send(
        Request("POST", endpoints.token, headers={"Accept": "application/json"}, form=form),
        bases={"api": endpoints.base},
        fresh_connection=True,  # a code works once
        timeout=EXCHANGE_SECONDS,
    )
    told: Any = response.json
    body = cast("dict[str, Any]", told) if isinstance(told, dict) else dict[str, Any]()
    token = body.get("id_token")
    if response.status == 200 and isinstance(token, str):
        return token
    if response.status == 429 or response.status >= 500:
        raise _unavailable(provider)
    raise _refused(provider, body.get("error"))


def _refused(provider: IdentityProvider, error: object) -> AppError:
    word = error if isinstance(error, str) and re.fullmatch(r"[a-z_]{1,40}", error) else "unknown"
    return AppError(
        "sign_in_refused",
        f"{provider.name} did not finish the sign-in ({word}). Try again; if it stays so, tell the people who run this "
        "SocialClaw.",
        details={"provider": provider.id, "error": word},
    )


def _token_invalid(provider: IdentityProvider, refused: TokenRefused) -> AppError:
    return AppError(
        f"{provider.id}_identity_token_invalid",
        f"This is no valid identity token of {provider.name} for this server. Sign in again.",
        details={"reason": refused.reason},
    )


def _expected(provider: IdentityProvider, settings: Settings, audiences: frozenset[str]) -> Expected:
    return Expected(issuers=provider.issuers(settings), audiences=audiences, algorithms=provider.algorithms)


def _of_claims(provider: IdentityProvider, claims: Mapping[str, Any], name: str | None) -> Person:
    email, verified = claims.get("email"), claims.get("email_verified")
    return Person(
        provider=provider.id,
        provider_name=provider.name,
        subject=claims["sub"],
        email=email.strip().lower() if isinstance(email, str) and email.strip() else None,
        email_verified=verified is True or verified == "true",  # Apple writes either
        name=name or _plain(claims.get("name")),
    )


def name_of(written: str | None) -> str | None:
    """What Apple tells beside the code, once ever: ``{"name": {"firstName", "lastName"}}``. Nobody signed it."""
    try:
        told: Any = json.loads(written or "null")
        name = told["name"]
        return _plain(" ".join(part for part in (name.get("firstName"), name.get("lastName")) if part))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _plain(name: object) -> str | None:
    if not isinstance(name, str):
        return None
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())[:120] or None


def _same(one: object, other: str | None) -> bool:
    return isinstance(one, str) and other is not None and hmac.compare_digest(one.encode(), other.encode())


def _arrive(session: Session, context: Context, person: Person, left: _Left, user_agent: str | None) -> Arrived:
    now = context.now()
    user = identities.user_of(session, person, settings=context.settings, now=now)
    if left.callback_scheme is None:
        signed_in = users.begin(session, context, user.id, None, user_agent)
        return Arrived(signed_in=signed_in, next_path=left.next_path)
    code = users.make_link(
        session,
        user_id=user.id,
        workspace_id=None,
        now=now,
        lasts=users.CODE_LIFE,
        purpose=users.MOBILE,
        challenge=left.challenge,
    )
    return Arrived(return_to=f"{left.callback_scheme}://auth/callback?{urlencode({'code': code})}")


# --- on the phone itself ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """What an iOS app got from the phone, and what it says beside that."""

    token: str = field(repr=False)
    nonce: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    name: str | None = None


async def sign_in_natively(context: Context, native: Native, *, user_agent: str | None = None) -> SignedIn:
    """Sign in with Apple without a browser. Each token is good once."""
    provider, bundles = APPLE, context.settings.apple_bundles
    if not bundles:
        raise _not_configured(provider.name, ("apple_bundle_ids",))
    expected = _expected(provider, context.settings, bundles)
    try:
        endpoints = await provider.endpoints(context)
        claims = await checked(context, native.token, keys_url=endpoints.keys, base=endpoints.base, expected=expected)
        _check_native_nonce(claims, native.nonce)
    except NotAnswering as error:
        raise _unavailable(provider) from error
    except TokenRefused as refused:
        raise _token_invalid(provider, refused) from refused
    person = replace(_of_claims(provider, claims, _plain(native.name)), unproved_email=native.email)
    seen = SeenToken(
        token_hash=fingerprint(native.token), expires_at=datetime.fromtimestamp(claims["exp"], UTC) + STATE_LIFE
    )
    try:
        return await billing.written(context, _arrive_natively, context, person, seen, user_agent)
    except AppError as why:
        raise NotSignedIn(why, return_to=None, person=person) from why


def _check_native_nonce(claims: Mapping[str, Any], given: str | None) -> None:
    """The app gave Apple the SHA-256 of a random text, or the text itself, and gives us either."""
    held = claims.get("nonce")
    if held is None and (given is None or claims.get("nonce_supported") is False):
        return
    if not _same(held, given) and not _same(held, hashlib.sha256((given or "").encode()).hexdigest()):
        raise TokenRefused("nonce")


def _arrive_natively(
    session: Session, context: Context, person: Person, seen: SeenToken, user_agent: str | None
) -> SignedIn:
    if session.get(SeenToken, seen.token_hash) is not None:
        raise _token_invalid(APPLE, TokenRefused("replayed"))
    session.add(SeenToken(token_hash=seen.token_hash, expires_at=seen.expires_at))
    session.flush()
    user = identities.user_of(session, person, settings=context.settings, now=context.now())
    return users.begin(session, context, user.id, None, user_agent)
