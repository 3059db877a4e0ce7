"""OAuth without sending: what is asked, and what answers mean."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from backend import oauth
from providers.contract import App, Kind, OAuth2, Problem, Provider, Request, Response, Token, Verdict

from .fake_network import FakeNetwork, providers_of

APP = App("app:1", "s%cret")
PROVIDER: Provider = providers_of(FakeNetwork(url="https://fakebook.example"))["fakebook"]
assert isinstance(PROVIDER.connect, OAuth2)
HOW: OAuth2 = PROVIDER.connect


def answer(status: int, body: Any) -> Response:
    text = body if isinstance(body, str) else json.dumps(body)
    return Response(status, {}, None if isinstance(body, str) else body, text)


def values_of(how: OAuth2, base: str = "https://fakebook.example/base/") -> tuple[str, dict[str, str]]:
    url = oauth.authorize_url(how, base, APP, redirect_uri="https://me.example/cb", state="s", code_verifier="v")
    parts = urlsplit(url)
    return url.partition("?")[0], {name: found[0] for name, found in parse_qs(parts.query).items()}


def test_the_challenge_is_the_hash_of_the_verifier() -> None:
    address, values = values_of(HOW)
    assert address == "https://fakebook.example/base/authorize"
    digest = hashlib.sha256(b"v").digest()
    assert values["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert values["scope"] == "read write"


def test_a_network_without_pkce_gets_no_challenge_and_its_own_parameters() -> None:
    how = replace(HOW, pkce=False, authorize_params={"access_type": "offline", "prompt": "consent"})
    _, values = values_of(how)
    assert "code_challenge" not in values
    assert (values["access_type"], values["prompt"]) == ("offline", "consent")


def test_an_authorize_address_may_be_whole_and_have_a_query() -> None:
    how = replace(HOW, authorize="https://login.fakebook.example/dialog?v=2")
    address, values = values_of(how)
    assert address == "https://login.fakebook.example/dialog"
    assert (values["v"], values["client_id"]) == ("2", "app:1")


def test_a_secret_goes_into_the_header_encoded_as_the_standard_says() -> None:
    request = oauth.exchange(HOW, APP, code="c", redirect_uri="https://me.example/cb", code_verifier="v")
    scheme, encoded = request.headers["Authorization"].split()
    assert (scheme, base64.b64decode(encoded).decode()) == ("Basic", "app%3A1:s%25cret")
    assert request.form == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "https://me.example/cb",
        "code_verifier": "v",
    }


@pytest.mark.parametrize(
    ("how", "app", "form"),
    [
        (replace(HOW, client_auth="post"), APP, {"client_id": "app:1", "client_secret": "s%cret"}),
        (HOW, App("app:1"), {"client_id": "app:1"}),
    ],
    ids=["secret in the body", "no secret"],
)
def test_other_networks_want_the_app_in_the_body(how: OAuth2, app: App, form: dict[str, str]) -> None:
    request = oauth.refresh(how, app, "old")
    assert request.form == {"grant_type": "refresh_token", "refresh_token": "old", **form}
    assert "Authorization" not in request.headers
    assert "s%cret" not in request.path


@pytest.mark.parametrize(
    ("body", "token"),
    [
        ({"access_token": "a"}, Token(access_token="a")),
        (
            {"access_token": "a", "refresh_token": "r", "expires_in": 7200, "scope": "read write"},
            Token(access_token="a", refresh_token="r", expires_in=7200.0, scopes=("read", "write")),
        ),
        ({"access_token": "a", "expires_in": "3600"}, Token(access_token="a", expires_in=3600.0)),
        ({"access_token": "a", "expires_in": 0}, Token(access_token="a")),
        ({"access_token": "a", "expires_in": None, "refresh_token": ""}, Token(access_token="a")),
        ({"access_token": "a", "scope": "read,write"}, Token(access_token="a", scopes=("read", "write"))),
        ({"access_token": "a", "scope": ["read", "write"]}, Token(access_token="a", scopes=("read", "write"))),
        ({"access_token": "a", "scope": ""}, Token(access_token="a")),
    ],
)
def test_token_answers_come_in_many_shapes(body: dict[str, Any], token: Token) -> None:
    assert oauth.read_token(PROVIDER, answer(200, body)) == token


@pytest.mark.parametrize(
    ("status", "body", "kind", "verdict", "code"),
    [
        (400, {"error": "invalid_grant"}, Kind.AUTH, Verdict.REFUSED, "invalid_grant"),
        (401, {"error": "invalid_client"}, Kind.AUTH, Verdict.REFUSED, "invalid_client"),
        (403, "<html>no</html>", Kind.AUTH, Verdict.REFUSED, "login_refused"),
        (400, {"error": "<b>odd</b>"}, Kind.AUTH, Verdict.REFUSED, "login_refused"),
        (400, {"error": {"message": "odd"}}, Kind.AUTH, Verdict.REFUSED, "login_refused"),
        (429, {"error": "slow_down"}, Kind.UNAVAILABLE, Verdict.REFUSED, "slow_down"),
        (503, "", Kind.UNAVAILABLE, Verdict.UNKNOWN, ""),
        (400, {"error": "temporarily_unavailable"}, Kind.UNAVAILABLE, Verdict.UNKNOWN, "temporarily_unavailable"),
        (200, {}, Kind.UNKNOWN, Verdict.UNKNOWN, "no_token"),
        (200, "<html>hello</html>", Kind.UNKNOWN, Verdict.UNKNOWN, "no_token"),
        (302, "", Kind.UNKNOWN, Verdict.UNKNOWN, "no_token"),
        (200, {"access_token": ""}, Kind.UNKNOWN, Verdict.UNKNOWN, "no_token"),
        (200, ["access_token"], Kind.UNKNOWN, Verdict.UNKNOWN, "no_token"),
    ],
)
def test_only_a_definite_no_ends_a_login(status: int, body: Any, kind: Kind, verdict: Verdict, code: str) -> None:
    problem = oauth.read_token(PROVIDER, answer(status, body))
    assert isinstance(problem, Problem)
    assert (problem.kind, problem.verdict, problem.code) == (kind, verdict, code)
    assert problem.message.startswith("Fakebook ")
    assert "<" not in problem.message


def test_tokens_are_not_shown() -> None:
    token = Token(access_token="very-secret", refresh_token="very-secret")
    assert "very-secret" not in repr(token)


def test_a_network_without_revocation_is_not_asked() -> None:
    assert oauth.revoke(replace(HOW, revoke=None), APP, {"access_token": "t"}) is None
    request = oauth.revoke(HOW, APP, {"access_token": "t"})
    assert request is not None
    assert (request.method, request.path, request.form) == ("POST", "/revoke", {"token": "t"})


def test_habits_of_a_network_are_declared() -> None:
    how = replace(
        HOW,
        client_id_name="client_key",
        scope_separator=",",
        challenge="hex",
        client_auth="post",
        token_params={"continuous": "true"},
    )
    url = oauth.authorize_url(
        how, "https://net.example", APP, redirect_uri="https://me.example/cb", state="s", code_verifier="v"
    )
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked["client_key"] == APP.client_id
    assert "client_id" not in asked
    assert asked["scope"] == ",".join(HOW.scopes)
    assert asked["code_challenge"] == hashlib.sha256(b"v").hexdigest()
    form = oauth.exchange(how, APP, code="c", redirect_uri="https://me.example/cb", code_verifier="v").form
    assert form is not None
    assert form["client_key"] == APP.client_id
    assert form["continuous"] == "true"


def test_a_network_that_wants_the_code_in_the_query_gets_it_there() -> None:
    how = replace(HOW, token_method="GET", client_auth="post")
    request = oauth.exchange(how, APP, code="c", redirect_uri="https://me.example/cb", code_verifier=None)
    assert (request.method, request.form, request.params["code"]) == ("GET", None, "c")


def test_a_token_is_renewed_by_itself_where_there_is_no_refresh_token() -> None:
    how = replace(HOW, renew=lambda app, values: Request("GET", "/renew", params={"t": values["access_token"]}))
    assert oauth.renewal(how, APP, {"access_token": "old"}) == Request("GET", "/renew", params={"t": "old"})
    assert oauth.renewal(HOW, APP, {"access_token": "old"}) is None
