"""Identity tokens: who signed them, for whom, until when.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation. What providers publish (addresses, keys) is kept
as long as they allow, and an old copy serves while they do not answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from weakref import WeakKeyDictionary

from authlib.oidc.core import CodeIDToken
from joserfc import jwk, jws, jwt
from joserfc.errors import JoseError

from providers.contract import Request, Response

from .context import Context
from .db import Database
from .http import SendError
from .sealing import hash_secret

LEEWAY = timedelta(minutes=1)
LONGEST = 16 * 1024
FETCH_SECONDS = 10.0
KEPT_AT_LEAST, KEPT_AT_MOST = timedelta(minutes=5), timedelta(hours=24)
AGAIN_AFTER = timedelta(seconds=10)
"""Made-up key ids must not make us ask the provider at each request."""


class TokenRefused(Exception):
    """``reason`` is one word about the token, which it never holds."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotAnswering(Exception):
    """What a provider publishes cannot be had, and there is no copy of before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    issuers: frozenset[str]
    audiences: frozenset[str]
    algorithms: tuple[str, ...]


async def checked(
    context: Context, token: str, *, keys_url: str, base: str, expected: Expected, nonce: str | None = None
) -> Mapping[str, Any]:
    """The claims of a token that is good now. Without ``nonce``, that of the token is left to the caller.

    Raises TokenRefused and NotAnswering."""
    key_id = _key_id(token)
    entry = _entry(await published(context, keys_url, base=base), key_id)
    if entry is None:  # keys change without notice
        entry = _entry(await published(context, keys_url, base=base, again=True), key_id)
    if entry is None:
        raise TokenRefused("key")
    try:
        signed = jwt.decode(token, jwk.import_key(entry), algorithms=list(expected.algorithms))
        claims: Any = CodeIDToken(signed.claims, signed.header, _options(expected), {"nonce": nonce})
        claims.validate(int(context.now().timestamp()), int(LEEWAY.total_seconds()))
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused(getattr(error, "claim", None) or "signature") from error
    _refuse_further_audiences(claims, expected)
    if len(claims["sub"]) > 255:
        raise TokenRefused("sub")
    return claims


def fingerprint(token: str) -> str:
    """The same for all spellings of one token: the unused bits at the end of its signature can be written in many ways."""
    return hash_secret(token.rpartition(".")[0])


def _key_id(token: str) -> str:
    if len(token) > LONGEST:
        raise TokenRefused("size")
    try:
        header: Mapping[str, Any] = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused("form") from error
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise TokenRefused("key")
    return key_id


def _entry(document: Mapping[str, Any], key_id: str) -> dict[str, Any] | None:
    keys = document.get("keys")
    for one in cast("list[Any]", keys) if isinstance(keys, list) else []:
        if isinstance(one, dict) and (entry := cast("dict[str, Any]", one)).get("kid") == key_id:
            return entry
    return None


def _options(expected: Expected) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "values": sorted(expected.issuers)},
        "aud": {"essential": True, "values": sorted(expected.audiences)},
        "sub": {"essential": True},
        "exp": {"essential": True},
        "iat": {"essential": True},
    }


def _refuse_further_audiences(claims: Mapping[str, Any], expected: Expected) -> None:
    """A token that is also for somebody else may have been handed on by them."""
    audience, party = claims["aud"], claims.get("azp")
    named = {audience} if isinstance(audience, str) else set(cast("list[str]", audience))
    if not named <= expected.audiences:
        raise TokenRefused("aud")
    if party is not None and party not in expected.audiences:
        raise TokenRefused("azp")


# --- what providers publish -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    document: Mapping[str, Any]
    fetched_at: datetime
    good_until: datetime


_copies: WeakKeyDictionary[Database, dict[str, _Copy]] = WeakKeyDictionary()


async def published(context: Context, url: str, *, base: str, again: bool = False) -> Mapping[str, Any]:
    """A JSON document. ``base`` is the configured address of the provider, which may be a private one; ``again`` asks
    for a newer one than the copy. Raises NotAnswering."""
    copies, now = _copies.setdefault(context.db, {}), context.now()
    copy = copies.get(url)
    if copy is not None and (now < copy.fetched_at + AGAIN_AFTER if again else now < copy.good_until):
        return copy.document
    try:
        response = await context.http.send(Request("GET", url), bases={"api": base}, timeout=FETCH_SECONDS)
    except SendError as error:
        return _copied(copy, error)
    told: Any = response.json
    if response.status != 200 or not isinstance(told, dict):
        return _copied(copy, None)
    document = cast("Mapping[str, Any]", told)
    copies[url] = _Copy(document=document, fetched_at=now, good_until=now + _lasts(response))
    return document


def _copied(copy: _Copy | None, error: Exception | None) -> Mapping[str, Any]:
    if copy is None:
        raise NotAnswering from error
    return copy.document


def _lasts(response: Response) -> timedelta:
    told = re.search(r"max-age=(\d{1,9})", response.headers.get("cache-control", ""))
    return min(max(timedelta(seconds=int(told[1])) if told else KEPT_AT_MOST, KEPT_AT_LEAST), KEPT_AT_MOST)
