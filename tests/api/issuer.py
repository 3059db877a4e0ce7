"""A strict little identity provider on loopback that is Google and Apple at once: it publishes keys, and gives signed
tokens for codes as the two do. People say yes to it by ``consent``, without a page.

https://developers.google.com/identity/openid-connect/openid-connect and
https://developer.apple.com/documentation/signinwithapplerestapi, read 2026-10.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import FastAPI
from joserfc import jwk, jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from backend.oauth import s256
from socialclaw_app.serving import ServerThread, free_port

GOOGLE_CLIENT, GOOGLE_SECRET = "client-1.apps.example", "secret-of-the-google-client"
SERVICES_ID, BUNDLE, TEAM, KEY_ID = "com.example.web", "com.example.app", "TEAM123456", "KEY1234567"
APPLE = "https://appleid.apple.com"
SCHEME = "com.example.social"

P8 = ECKey.generate_key("P-256")


@dataclass
class Issuer:
    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "key-1", "use": "sig"}))
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    """Put over those of the next tokens; None takes one away."""
    broken: int | None = None
    """The status that everything answers."""
    keys_asked: int = 0
    exchanges: list[dict[str, str]] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "google_client_id": GOOGLE_CLIENT,
            "google_client_secret": GOOGLE_SECRET,
            "google_issuer": self.url,
            "apple_services_id": SERVICES_ID,
            "apple_bundle_ids": f"com.example.other, {BUNDLE}",
            "apple_team_id": TEAM,
            "apple_key_id": KEY_ID,
            "apple_private_key": P8.as_pem(private=True).decode().replace("\n", "\\n"),
            "apple_auth_url": self.url,
            "mobile_callback_schemes": f"{SCHEME},com.example.second",
            "allow_sign_up": True,
        }

    def consent(self, url: str, **claims: Any) -> dict[str, str]:
        """What comes back to the callback when somebody says yes at the address that people are sent to."""
        asked = dict(parse_qsl(urlsplit(url).query, strict_parsing=True))
        assert url.startswith(self.url)
        assert asked["response_type"] == "code"
        assert len(asked["state"]) >= 32
        assert len(asked["nonce"]) >= 32
        if asked["client_id"] == GOOGLE_CLIENT:
            assert asked["scope"] == "openid email profile"
            assert asked["code_challenge_method"] == "S256"
            assert len(asked["code_challenge"]) == 43
        else:
            assert asked["client_id"] == SERVICES_ID
            assert asked["scope"] == "name email"
            assert asked["response_mode"] == "form_post"
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "claims": claims}
        return {"code": code, "state": asked["state"]}

    def token(
        self, *, key: jwk.Key | None = None, header: dict[str, Any] | None = None, alg: str = "RS256", **claims: Any
    ) -> str:
        """Apple's, for the app on a phone, unless told otherwise. None takes a claim away."""
        now = int(time.time())
        said = {
            "iss": APPLE,
            "aud": BUNDLE,
            "sub": f"person-{secrets.token_hex(6)}",
            "iat": now,
            "exp": now + 600,
            "email_verified": "true",
            **claims,
        }
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode({"alg": alg, "kid": "key-1", **(header or {})}, said, key or self.key, algorithms=[alg])

    def _id_token(self, told: dict[str, Any]) -> str:
        google = told["client_id"] == GOOGLE_CLIENT
        claims = {
            "iss": self.url if google else APPLE,
            "aud": told["client_id"],
            "nonce": told["nonce"],
            "email_verified": True if google else "true",
            **told["claims"],
            **self.claims,
        }
        return self.token(**claims)

    def _refusal(self, form: dict[str, str], told: dict[str, Any] | None) -> str | None:
        if form["client_id"] == GOOGLE_CLIENT:
            if form["client_secret"] != GOOGLE_SECRET:
                return "invalid_client"
        elif not is_apple_secret(form["client_secret"]):
            return "invalid_client"
        if told is None or form["grant_type"] != "authorization_code":
            return "invalid_grant"
        if form["redirect_uri"] != told["redirect_uri"] or form["client_id"] != told["client_id"]:
            return "invalid_grant"
        if "code_challenge" in told and s256(form.get("code_verifier", "")) != told["code_challenge"]:
            return "invalid_grant"
        return None

    async def exchange(self, request: Request) -> Response:
        if self.broken:
            return JSONResponse({}, self.broken)
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.exchanges.append(form)
        told = self.codes.pop(form.get("code", ""), None)
        refusal = self._refusal(form, told)
        if refusal or told is None:
            return JSONResponse({"error": refusal}, 400)
        return JSONResponse({"access_token": "not used", "token_type": "Bearer", "id_token": self._id_token(told)})

    async def keys(self, request: Request) -> Response:
        self.keys_asked += 1
        if self.broken:
            return JSONResponse({}, self.broken)
        return JSONResponse({"keys": [self.key.as_dict(private=False)]}, headers={"Cache-Control": "max-age=19800"})

    async def discovery(self, request: Request) -> Response:
        if self.broken:
            return JSONResponse({}, self.broken)
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }
        )


def is_apple_secret(written: str) -> bool:
    token = jwt.decode(written, P8, algorithms=["ES256"])
    claims = token.claims
    lasts = claims["exp"] - claims["iat"]
    named = (claims["iss"], claims["sub"], claims["aud"], token.header["kid"])
    return named == (TEAM, SERVICES_ID, APPLE, KEY_ID) and 0 < lasts <= 15_777_000 and claims["exp"] > time.time()


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer, port, app = Issuer(), free_port("127.0.0.1", 0), FastAPI(openapi_url=None)
    issuer.url = f"http://127.0.0.1:{port}"
    for path in ("/token", "/auth/token"):
        app.add_route(path, issuer.exchange, methods=["POST"])
    for path in ("/keys", "/auth/keys"):
        app.add_route(path, issuer.keys)
    app.add_route("/.well-known/openid-configuration", issuer.discovery)
    running = ServerThread(app, host="127.0.0.1", port=port)
    running.start()
    try:
        yield issuer
    finally:
        running.stop()
