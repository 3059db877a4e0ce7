"""Signing in through Google and Apple, over HTTP, before a provider made here: what works, and everything that is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import logging
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select, update

from backend import users, workspaces
from backend.access import Role
from backend.context import utc_now
from backend.models import ExternalIdentity, SeenToken, SignInState, User
from backend.sealing import hash_secret
from backend.settings import SettingsError, load
from socialclaw_app.app import create_app
from socialclaw_app.parts import Parts, open_parts
from socialclaw_app.serving import ServerThread, free_port
from tests.api.issuer import APPLE, BUNDLE, SCHEME, Issuer, running_issuer
from tests.specs.socialclaw import errors

PASSWORD = "four words make a sentence"
JSON = {"Accept": "application/json"}
VERIFIER = secrets.token_urlsafe(32)
_numbers = itertools.count(1)


class Instance:
    """A server of ours before one of theirs."""

    def __init__(self, parts: Parts, issuer: Issuer) -> None:
        self.parts, self.issuer = parts, issuer
        self.url = parts.context.settings.public_base_url
        self.db = parts.context.db

    def browser(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, timeout=30)

    def settings(self, **changes: Any) -> None:
        """For a moment; the fixture puts them back."""
        context = self.app.state.context
        self.app.state.context = replace(context, settings=replace(context.settings, **changes))

    def forward(self, step: timedelta) -> None:
        context = self.app.state.context
        self.app.state.context = replace(context, now=lambda: utc_now() + step)

    app: Any

    def user(self, email: str, **facts: Any) -> User:
        workspace = self.db.write_now(workspaces.create, name="Theirs", now=utc_now())
        facts = {"password": PASSWORD, "workspace_id": workspace.id, "role": Role.OWNER, **facts}
        return self.db.write_now(users.create, email=email, now=utc_now(), **facts)

    def rows(self, model: Any) -> list[Any]:
        return self.db.read_now(lambda session: list(session.scalars(select(model))))

    def signs_in(self, provider: str, browser: httpx2.Client | None = None, **claims: Any) -> httpx2.Response:
        """The whole way through a provider; the last answer."""
        browser = browser or self.browser()
        left = browser.get(f"/auth/{provider}/start")
        assert left.status_code == 302, left.text
        return self.comes_back(provider, browser, self.issuer.consent(left.headers["location"], **claims))

    def comes_back(
        self, provider: str, browser: httpx2.Client, told: dict[str, str], **headers: str
    ) -> httpx2.Response:
        if provider == "google":
            return browser.get(f"/auth/{provider}/callback", params=told, headers=headers)
        # as browsers do: a form from another site comes without cookies, the redirection after it with them
        bare = self.browser()
        came = bare.post(f"/auth/{provider}/callback", data=told, headers={"Origin": APPLE, "Sec-Fetch-Site": "cross-site"})  # fmt: skip
        assert (came.status_code, came.headers["location"]) == (303, f"/auth/{provider}/callback")
        browser.cookies.update(bare.cookies)
        return browser.get(came.headers["location"], headers=headers)


def new_address() -> str:
    return f"person{next(_numbers)}@example.com"


def session_of(browser: httpx2.Client) -> dict[str, Any]:
    return browser.get("/v1/dashboard/session").json()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture(scope="module")
def started(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    port = free_port("127.0.0.1", 0)
    settings = replace(
        load({}, data_dir=tmp_path_factory.mktemp("data")),
        public_base_url=f"http://127.0.0.1:{port}",
        requests_per_minute_per_address=0,
        **issuer.settings,
    )
    with open_parts(settings) as parts:
        app = create_app(parts, worker=False, pages=False)
        running = ServerThread(app, host="127.0.0.1", port=port)
        running.start()
        instance = Instance(parts, issuer)
        instance.app = app
        try:
            yield instance
        finally:
            running.stop()


@pytest.fixture
def here(started: Instance) -> Iterator[Instance]:
    context, key = started.app.state.context, started.issuer.key
    yield started
    started.app.state.context = context
    started.issuer.key, started.issuer.claims, started.issuer.broken = key, {}, None


both = pytest.mark.parametrize("provider", ["google", "apple"])


# --- in a browser -----------------------------------------------------------------------------------------------------


@both
def test_a_stranger_gets_a_workspace_of_their_own(here: Instance, provider: str) -> None:
    email, browser = new_address(), here.browser()

    arrived = here.signs_in(provider, browser, email=email, sub=f"s-{email}", name="Alice Example")

    assert (arrived.status_code, arrived.headers["location"]) == (302, "/")
    told = session_of(browser)
    assert errors("DashboardSessionResponse", told) == []
    assert (told["user"]["email"], told["user"]["name"]) == (email, "Alice Example")
    assert (told["tenant"]["name"], told["membership"]["role"]) == ("Alice Example", "owner")


@both
def test_the_same_person_comes_back_to_the_same_account_whatever_their_address(here: Instance, provider: str) -> None:
    subject, first, second = secrets.token_hex(8), here.browser(), here.browser()
    here.signs_in(provider, first, email=new_address(), sub=subject)
    here.signs_in(provider, second, email=new_address(), sub=subject)

    assert session_of(first)["user"] == session_of(second)["user"]
    assert session_of(first)["tenant"] == session_of(second)["tenant"]


@both
def test_another_person_with_an_address_of_before_is_another_person(here: Instance, provider: str) -> None:
    """Addresses are given away again; subjects are not."""
    email = new_address()
    here.user(email, verified=True)
    here.signs_in(provider, email=email, sub="a-" + email)

    browser = here.browser()
    here.signs_in("apple" if provider == "google" else "google", browser, email=new_address(), sub="a-" + email)

    assert session_of(browser)["user"]["email"] != email


@both
def test_an_address_that_both_sides_know_joins_the_accounts(here: Instance, provider: str) -> None:
    email, browser = new_address(), here.browser()
    user = here.user(email, verified=True)

    here.signs_in(provider, browser, email=email.upper())

    assert session_of(browser)["user"]["id"] == user.id


@both
@pytest.mark.parametrize(("verified", "code"), [(True, "password_needed"), (False, "user_exists")])
def test_an_address_that_nobody_proved_joins_nothing(here: Instance, provider: str, verified: bool, code: str) -> None:
    email, browser = new_address(), here.browser()
    here.user(email)

    arrived = here.signs_in(provider, browser, email=email, email_verified=verified)

    assert arrived.headers["location"] == f"/signin?error={code}"
    assert session_of(browser)["authenticated"] is False


@both
def test_the_password_given_next_in_the_same_browser_joins_them(here: Instance, provider: str) -> None:
    email, browser, subject = new_address(), here.browser(), secrets.token_hex(8)
    user = here.user(email)
    here.signs_in(provider, browser, email=email, sub=subject)

    assert browser.post("/auth/login", json={"email": email, "password": PASSWORD}).status_code == 200

    again = here.browser()
    here.signs_in(provider, again, email=email, sub=subject)
    assert session_of(again)["user"]["id"] == user.id


def test_the_password_of_another_account_joins_nothing(here: Instance) -> None:
    email, other, browser = new_address(), new_address(), here.browser()
    here.user(email)
    here.user(other)
    here.signs_in("google", browser, email=email, sub="s-" + email)
    browser.post("/auth/login", json={"email": other, "password": PASSWORD})

    assert [row for row in here.rows(ExternalIdentity) if row.subject == "s-" + email] == []


def test_a_password_given_much_later_joins_nothing(here: Instance) -> None:
    email, browser = new_address(), here.browser()
    here.user(email)
    here.signs_in("google", browser, email=email, sub="s-" + email)
    here.forward(timedelta(minutes=11))
    browser.post("/auth/login", json={"email": email, "password": PASSWORD})

    assert [row for row in here.rows(ExternalIdentity) if row.subject == "s-" + email] == []


@both
def test_strangers_are_refused_where_sign_up_is_closed(here: Instance, provider: str) -> None:
    here.settings(allow_sign_up=False)
    before = len(here.rows(User))

    assert here.signs_in(provider, email=new_address()).headers["location"] == "/signin?error=sign_up_closed"
    told = here.browser()
    left = told.get(f"/auth/{provider}/start", headers=JSON).json()
    refused = here.comes_back(provider, told, here.issuer.consent(left["url"], email=new_address()), **JSON)

    assert (refused.status_code, refused.json()["code"]) == (403, "sign_up_closed")
    assert len(here.rows(User)) == before


def test_who_has_an_account_signs_in_where_sign_up_is_closed(here: Instance) -> None:
    here.settings(allow_sign_up=False)
    email, browser = new_address(), here.browser()
    here.user(email, verified=True)

    here.signs_in("google", browser, email=email)

    assert session_of(browser)["user"]["email"] == email


def test_new_workspaces_have_no_plan_where_plans_are_sold(here: Instance) -> None:
    here.settings(billing_enabled=True)
    browser = here.browser()

    here.signs_in("google", browser, email=new_address())

    assert session_of(browser)["tenant"]["plan"] == "none"


def test_an_account_needs_an_address(here: Instance) -> None:
    assert here.signs_in("apple", email=None).headers["location"] == "/signin?error=email_missing"


@both
def test_a_disabled_person_stays_out(here: Instance, provider: str) -> None:
    email = new_address()
    user = here.user(email, verified=True)
    here.db.write_now(lambda session: session.execute(update(User).where(User.id == user.id).values(disabled_at=utc_now())) and None)  # fmt: skip

    assert here.signs_in(provider, email=email).headers["location"] == "/signin?error=account_disabled"


def test_the_name_that_apple_tells_once_is_kept(here: Instance) -> None:
    browser, email = here.browser(), new_address()
    left = browser.get("/auth/apple/start")
    said = json.dumps({"name": {"firstName": "Ada", "lastName": "Lo\tvelace"}, "email": "somebody@else.example"})
    here.comes_back("apple", browser, {**here.issuer.consent(left.headers["location"], email=email), "user": said})

    assert session_of(browser)["user"] | {"id": ""} == {"id": "", "email": email, "name": "Ada Lo velace"}


@pytest.mark.parametrize("said", ["", "{", "[]", '{"name": 5}', '{"name": {"firstName": 5}}', "[" * 1000, "x" * 5000])
def test_nonsense_beside_the_code_does_not_matter(here: Instance, said: str) -> None:
    browser = here.browser()
    left = browser.get("/auth/apple/start")
    told = {**here.issuer.consent(left.headers["location"], email=new_address()), "user": said}

    assert here.comes_back("apple", browser, told).headers["location"] == "/"


@pytest.mark.parametrize("verified", ["false", False, None, "True", 1])
def test_only_a_plain_yes_verifies_an_address(here: Instance, verified: Any) -> None:
    email = new_address()
    here.user(email, verified=True)

    arrived = here.signs_in("google", email=email, email_verified=verified)

    assert arrived.headers["location"] == "/signin?error=user_exists"


def test_a_session_of_before_ends_when_somebody_signs_in(here: Instance) -> None:
    browser, email = here.browser(), new_address()
    here.user(email)
    browser.post("/auth/login", json={"email": email, "password": PASSWORD})
    before = dict(browser.cookies)

    here.signs_in("google", browser, email=new_address())

    assert httpx2.get(f"{here.url}/v1/dashboard/session", cookies=before).json()["authenticated"] is False
    assert dict(browser.cookies)["socialclaw_session"] != before["socialclaw_session"]


# --- the page afterwards ----------------------------------------------------------------------------------------------


def lands(here: Instance, next_path: str) -> str:
    browser = here.browser()
    left = browser.get("/auth/google/start", params={"next": next_path})
    told = here.issuer.consent(left.headers["location"], email=new_address())
    return here.comes_back("google", browser, told).headers["location"]


def test_the_page_that_was_asked_for_is_opened(here: Instance) -> None:
    assert lands(here, "/posts?status=failed") == "/posts?status=failed"


@pytest.mark.parametrize(
    "next_path",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "/\t/elsewhere.example", "/\n//x",
     "javascript:alert(1)", "", "posts", "\\\\elsewhere.example", "/a\\b", "/" + "x" * 3000],
)  # fmt: skip
def test_nobody_is_sent_to_another_site_afterwards(here: Instance, next_path: str) -> None:
    assert lands(here, next_path) == "/"


# --- state ------------------------------------------------------------------------------------------------------------


def state_refused(answer: httpx2.Response) -> bool:
    return answer.headers["location"] == "/signin?error=sign_in_state_invalid"


@both
def test_a_state_works_once(here: Instance, provider: str) -> None:
    browser = here.browser()
    told = here.issuer.consent(browser.get(f"/auth/{provider}/start").headers["location"], email=new_address())
    cookies = dict(browser.cookies)
    assert here.comes_back(provider, browser, told).headers["location"] == "/"

    browser.cookies.update(cookies)
    assert state_refused(here.comes_back(provider, browser, told))


@both
def test_another_browser_cannot_finish_what_one_began(here: Instance, provider: str) -> None:
    """Else somebody could sign a victim in to their own account, by a link."""
    browser, other = here.browser(), here.browser()
    told = here.issuer.consent(browser.get(f"/auth/{provider}/start").headers["location"], email=new_address())
    other.get(f"/auth/{provider}/start")

    assert state_refused(here.comes_back(provider, other, told))
    assert here.comes_back(provider, browser, told).headers["location"] == "/", "nothing was used up"


@both
def test_a_state_ends_after_ten_minutes(here: Instance, provider: str) -> None:
    browser = here.browser()
    told = here.issuer.consent(browser.get(f"/auth/{provider}/start").headers["location"], email=new_address())
    here.forward(timedelta(minutes=10))

    assert state_refused(here.comes_back(provider, browser, told))


@both
@pytest.mark.parametrize("state", [None, "", "made-up", "x" * 3000, "é"])
def test_a_wrong_or_missing_state_is_refused(here: Instance, provider: str, state: str | None) -> None:
    browser = here.browser()
    told = here.issuer.consent(browser.get(f"/auth/{provider}/start").headers["location"], email=new_address())
    told = {name: value for name, value in {**told, "state": state}.items() if value is not None}

    assert state_refused(here.comes_back(provider, browser, told))


def test_the_state_of_one_provider_is_none_of_the_other(here: Instance) -> None:
    browser = here.browser()
    told = here.issuer.consent(browser.get("/auth/google/start").headers["location"], email=new_address())

    assert state_refused(here.comes_back("apple", browser, told))


def test_two_tabs_do_not_disturb_each_other(here: Instance) -> None:
    browser = here.browser()
    first = here.issuer.consent(browser.get("/auth/google/start").headers["location"], email=new_address())
    second = here.issuer.consent(browser.get("/auth/google/start").headers["location"], email=new_address())

    assert here.comes_back("google", browser, first).headers["location"] == "/"
    assert here.comes_back("google", browser, second).headers["location"] == "/"


def test_the_rows_keep_no_state_and_no_verifier(here: Instance) -> None:
    browser = here.browser()
    told = here.issuer.consent(browser.get("/auth/google/start").headers["location"], email=new_address())
    here.comes_back("google", browser, told)
    row = next(row for row in here.rows(SignInState) if row.state_hash == hash_secret(told["state"]))
    sent = here.issuer.exchanges[-1]

    assert told["state"] not in repr(vars(row))
    assert sent["code_verifier"] not in repr(vars(row))


def test_cookies_are_kept_from_scripts_and_other_sites(here: Instance) -> None:
    cookie = here.browser().get("/auth/google/start").headers["set-cookie"].lower()

    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age=600" in cookie
    here.settings(public_base_url=here.url.replace("http:", "https:"))
    cookie = here.browser().get("/auth/google/start").headers["set-cookie"].lower()
    assert cookie.startswith("__host-")
    assert "secure" in cookie


@both
@pytest.mark.parametrize(
    ("error", "code"),
    [("access_denied", "sign_in_denied"), ("user_cancelled_authorize", "sign_in_denied"),
     ("server_error", "sign_in_refused"), ("<script>", "sign_in_refused")],
)  # fmt: skip
def test_a_no_at_the_provider_is_told(here: Instance, provider: str, error: str, code: str) -> None:
    browser = here.browser()
    state = here.issuer.consent(browser.get(f"/auth/{provider}/start").headers["location"])["state"]

    told = here.comes_back(provider, browser, {"error": error, "state": state})

    assert told.headers["location"] == f"/signin?error={code}"
    assert state_refused(here.comes_back(provider, browser, {"error": error, "state": state}))


# --- what the provider answers ----------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "claims",
    [{"aud": "somebody-else"}, {"iss": "https://elsewhere.example"}, {"nonce": "another"}, {"nonce": None}, {"exp": 1},
     {"exp": None}, {"sub": ""}, {"sub": 5}, {"sub": "x" * 256}, {"aud": ["socialclaw", "somebody-else"]},
     {"azp": "somebody-else"}, {"iat": 9_999_999_999}, {"aud": None}],
)  # fmt: skip
def test_a_token_that_says_something_wrong_signs_nobody_in(
    here: Instance, provider: str, claims: dict[str, Any]
) -> None:
    browser = here.browser()

    arrived = here.signs_in(provider, browser, email=new_address(), **claims)

    assert arrived.headers["location"] == f"/signin?error={provider}_identity_token_invalid"
    assert session_of(browser)["authenticated"] is False


@both
def test_a_code_that_the_provider_does_not_take_signs_nobody_in(here: Instance, provider: str) -> None:
    browser = here.browser()
    told = here.issuer.consent(browser.get(f"/auth/{provider}/start").headers["location"])

    refused = here.comes_back(provider, browser, {**told, "code": "made-up"}, **JSON)

    assert (refused.status_code, refused.json()["code"]) == (502, "sign_in_refused")
    assert refused.json()["details"] == {"provider": provider, "error": "invalid_grant"}


@both
def test_a_provider_in_trouble_is_said_to_be(here: Instance, provider: str) -> None:
    browser = here.browser()
    told = here.issuer.consent(browser.get(f"/auth/{provider}/start").headers["location"])
    here.issuer.broken = 500

    assert here.comes_back(provider, browser, told, **JSON).status_code == 503


def test_a_wrong_client_secret_is_named(here: Instance) -> None:
    here.settings(google_client_secret="wrong")
    browser = here.browser()
    told = here.issuer.consent(browser.get("/auth/google/start").headers["location"])

    assert here.comes_back("google", browser, told, **JSON).json()["details"]["error"] == "invalid_client"


# --- what is not set up -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "setting"),
    [("/auth/google/start", "google_client_id"), ("/auth/mobile/google/start", "google_client_secret"),
     ("/auth/apple/start", "apple_private_key"), ("/auth/mobile/apple/start", "apple_services_id")],
)  # fmt: skip
def test_what_is_not_set_up_says_what_is_missing(here: Instance, path: str, setting: str) -> None:
    here.settings(**{setting: ""})
    refused = here.browser().get(path)

    assert (refused.status_code, refused.json()["code"]) == (409, "provider_not_configured")
    assert f"SOCIALCLAW_{setting.upper()}" in refused.json()["message"]


def test_a_key_that_cannot_sign_is_told_before_anybody_leaves(here: Instance) -> None:
    here.settings(apple_private_key="not a key")
    refused = here.browser().get("/auth/apple/start")

    assert (refused.status_code, refused.json()["code"]) == (409, "provider_not_configured")
    assert "not a key" not in refused.text


def test_other_providers_do_not_exist(here: Instance) -> None:
    assert here.browser().get("/auth/nowhere/start").status_code == 404
    assert here.browser().get("/auth/nowhere/callback").status_code == 404
    assert here.browser().post("/auth/nowhere/callback").status_code == 404


# --- on a phone -------------------------------------------------------------------------------------------------------


def code_on_phone(here: Instance, provider: str, **query: str) -> str:
    browser = here.browser()
    left = browser.get(f"/auth/mobile/{provider}/start", params={"client": "ios", "callbackScheme": SCHEME, **query})
    assert left.status_code == 302, left.text
    arrived = here.comes_back(provider, browser, here.issuer.consent(left.headers["location"], email=new_address()))
    place = urlsplit(arrived.headers["location"])
    assert (place.scheme, place.netloc, place.path) == (SCHEME, "auth", "/callback")
    assert session_of(browser)["authenticated"] is False, "the session is the app's"
    return parse_qs(place.query, strict_parsing=True)["code"][0]


@both
def test_an_app_gets_a_code_and_for_it_a_session(here: Instance, provider: str) -> None:
    code, app = code_on_phone(here, provider), here.browser()

    told = app.post("/auth/mobile/exchange", json={"code": code})

    assert told.status_code == 200
    assert errors("DashboardSessionResponse", told.json()) == []
    assert told.json()["authenticated"] is True
    assert session_of(app)["user"] == told.json()["user"]
    assert told.headers["cache-control"] == "no-store"


def refused_code(here: Instance, body: dict[str, Any]) -> tuple[int, str]:
    answer = here.browser().post("/auth/mobile/exchange", json=body)
    return answer.status_code, answer.json()["code"]


def test_a_code_works_once_and_for_two_minutes(here: Instance) -> None:
    used, late = code_on_phone(here, "google"), code_on_phone(here, "google")
    assert here.browser().post("/auth/mobile/exchange", json={"code": used}).status_code == 200

    assert refused_code(here, {"code": used}) == (401, "sign_in_code_invalid")
    here.forward(timedelta(seconds=120))
    assert refused_code(here, {"code": late}) == (401, "sign_in_code_invalid")


def test_a_code_with_a_challenge_needs_its_verifier(here: Instance) -> None:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    code = code_on_phone(here, "apple", challenge=challenge)

    assert refused_code(here, {"code": code}) == (401, "sign_in_code_invalid")
    for other in ("another", "é" * 43):
        assert refused_code(here, {"code": code, "verifier": other}) == (401, "sign_in_code_invalid")
    assert here.browser().post("/auth/mobile/exchange", json={"code": code, "verifier": VERIFIER}).status_code == 200


def test_a_verifier_without_a_challenge_shows_that_somebody_took_it_off(here: Instance) -> None:
    assert refused_code(here, {"code": code_on_phone(here, "google"), "verifier": VERIFIER}) == (401, "sign_in_code_invalid")  # fmt: skip


def test_other_links_are_no_codes(here: Instance) -> None:
    user = here.user(new_address())
    link = here.db.write_now(users.make_link, user_id=user.id, workspace_id=None, now=utc_now())

    assert refused_code(here, {"code": link}) == (401, "sign_in_code_invalid")
    assert here.browser().get(f"/auth/link/{code_on_phone(here, 'google')}").headers["location"] == "/signin?error=link_invalid"  # fmt: skip


@pytest.mark.parametrize(
    "scheme", ["http", "https", "javascript", "data", "file", "intent", "myapp", "com.example.social.evil", "com.example.social/x", "1a"]
)  # fmt: skip
@pytest.mark.parametrize("name", ["callbackScheme", "callback_scheme"])
def test_only_allowed_apps_are_called(here: Instance, scheme: str, name: str) -> None:
    refused = here.browser().get("/auth/mobile/google/start", params={name: scheme})

    assert (refused.status_code, refused.json()["code"]) == (422, "callback_scheme_invalid")


@pytest.mark.parametrize("scheme", ["http", "https", "javascript", "data", "file", "intent", "a b", "1a", "x/y"])
def test_no_operator_can_allow_what_a_browser_opens_itself(scheme: str) -> None:
    with pytest.raises(SettingsError, match="MOBILE_CALLBACK_SCHEMES"):
        load({"SOCIALCLAW_MOBILE_CALLBACK_SCHEMES": f"com.example.app,{scheme}"})


@pytest.mark.parametrize("query", [{}, {"callback_scheme": "COM.example.Social://"}, {"callbackScheme": f"{SCHEME}:"}])
def test_the_scheme_may_be_left_out_or_written_otherwise(here: Instance, query: dict[str, str]) -> None:
    browser = here.browser()
    left = browser.get("/auth/mobile/google/start", params=query)
    arrived = here.comes_back("google", browser, here.issuer.consent(left.headers["location"], email=new_address()))

    assert arrived.headers["location"].startswith(f"{SCHEME}://auth/callback?code=")


def test_without_any_allowed_app_nobody_is_sent_anywhere(here: Instance) -> None:
    here.settings(mobile_callback_schemes="")

    assert here.browser().get("/auth/mobile/google/start").json()["code"] == "callback_scheme_invalid"


@pytest.mark.parametrize("challenge", ["short", "x" * 44, "é" * 43, "+" * 43])
def test_a_challenge_that_is_none_is_refused(here: Instance, challenge: str) -> None:
    refused = here.browser().get("/auth/mobile/google/start", params={"challenge": challenge})

    assert (refused.status_code, refused.json()["code"]) == (422, "challenge_invalid")


def test_an_app_is_told_why_nobody_came(here: Instance) -> None:
    browser = here.browser()
    left = browser.get("/auth/mobile/apple/start", params={"callbackScheme": SCHEME})
    state = here.issuer.consent(left.headers["location"])["state"]

    told = here.comes_back("apple", browser, {"error": "user_cancelled_authorize", "state": state})

    assert told.headers["location"] == f"{SCHEME}://auth/callback?error=sign_in_denied"


@both
def test_programs_that_ask_for_json_get_json(here: Instance, provider: str) -> None:
    browser = here.browser()
    left = browser.get(f"/auth/mobile/{provider}/start", params={"callbackScheme": SCHEME}, headers=JSON)
    assert left.status_code == 200
    assert left.json()["ok"] is True

    told = here.comes_back(provider, browser, here.issuer.consent(left.json()["url"], email=new_address()), **JSON)

    assert told.status_code == 200
    assert told.json()["returnTo"].startswith(f"{SCHEME}://auth/callback?code=")


@pytest.mark.parametrize("path", ["/auth/mobile/exchange", "/auth/mobile/apple/native"])
def test_pages_of_other_sites_cannot_sign_a_browser_in(here: Instance, path: str) -> None:
    refused = here.browser().post(path, json={"code": "x"}, headers={"Origin": "https://elsewhere.example"})

    assert (refused.status_code, refused.json()["code"]) == (403, "origin_forbidden")


# --- natively ---------------------------------------------------------------------------------------------------------


def native(here: Instance, token: str, browser: httpx2.Client | None = None, **more: Any) -> httpx2.Response:
    return (browser or here.browser()).post("/auth/mobile/apple/native", json={"identityToken": token, **more})


def token_refused(answer: httpx2.Response) -> str:
    assert (answer.status_code, answer.json()["code"]) == (401, "apple_identity_token_invalid")
    assert errors("ErrorResponse", answer.json()) == []
    return answer.json()["details"]["reason"]


def test_a_token_from_the_phone_starts_a_session(here: Instance) -> None:
    app, email = here.browser(), new_address()

    told = native(here, here.issuer.token(email=email), app, givenName="Ada", familyName="Lovelace")

    assert told.status_code == 200
    assert errors("DashboardSessionResponse", told.json()) == []
    assert (told.json()["user"]["email"], told.json()["user"]["name"]) == (email, "Ada Lovelace")
    assert session_of(app)["user"] == told.json()["user"]


@pytest.mark.parametrize("name", [APPLE, "https://account.apple.com"])
def test_apple_has_two_names(here: Instance, name: str) -> None:
    assert native(here, here.issuer.token(email=new_address(), iss=name)).status_code == 200


def test_the_other_spelling_of_the_field_is_taken(here: Instance) -> None:
    body = {"identity_token": here.issuer.token(email=new_address())}

    assert here.browser().post("/auth/mobile/apple/native", json=body).status_code == 200


def test_one_person_has_one_account_on_the_phone_and_in_the_browser(here: Instance) -> None:
    subject, email, browser = secrets.token_hex(8), new_address(), here.browser()
    first = native(here, here.issuer.token(email=email, sub=subject)).json()["user"]

    here.signs_in("apple", browser, email=email, sub=subject)

    assert session_of(browser)["user"] == first


@pytest.mark.parametrize(
    ("claims", "reason"),
    [({"aud": "com.somebody.else"}, "aud"), ({"aud": [BUNDLE, "com.somebody.else"]}, "aud"), ({"aud": None}, "aud"),
     ({"iss": "https://appleid.apple.com.evil.example"}, "iss"), ({"iss": None}, "iss"), ({"exp": 1}, "exp"),
     ({"exp": "soon"}, "exp"), ({"exp": None}, "exp"), ({"sub": None}, "sub"), ({"iat": 9_999_999_999}, "iat")],
)  # fmt: skip
def test_a_token_from_the_phone_that_says_something_wrong_is_refused(
    here: Instance, claims: dict[str, Any], reason: str
) -> None:
    assert token_refused(native(here, here.issuer.token(email=new_address(), **claims))) == reason


def test_a_token_of_another_key_with_the_name_of_ours_is_refused(here: Instance) -> None:
    other = RSAKey.generate_key(2048)

    assert token_refused(native(here, here.issuer.token(key=other))) == "signature"


def test_a_token_whose_algorithm_makes_the_public_key_a_secret_is_refused(here: Instance) -> None:
    signed = unsigned(here, "HS256").rpartition(".")[0]
    digest = hmac.digest(here.issuer.key.as_pem(private=False), signed.encode(), "sha256")

    assert (
        token_refused(native(here, f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}")) == "signature"
    )


def test_a_token_of_another_kind_of_key_is_refused(here: Instance) -> None:
    assert token_refused(native(here, here.issuer.token(key=ECKey.generate_key("P-256"), alg="ES256"))) == "signature"


def unsigned(here: Instance, algorithm: str) -> str:
    _, claims, signature = here.issuer.token().split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": "key-1"}).encode()).rstrip(b"=").decode()
    return f"{header}.{claims}.{'' if algorithm == 'none' else signature}"


@pytest.mark.parametrize("algorithm", ["none", "None", "RS512", "made-up"])
def test_a_token_without_a_signature_that_counts_is_refused(here: Instance, algorithm: str) -> None:
    assert token_refused(native(here, unsigned(here, algorithm))) in ("form", "signature")


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c", "..", "e30.e30.e30", "é.é.é", "x" * 20_000, "bnVsbA.bnVsbA.x", "W10.W10.x"])  # fmt: skip
def test_nonsense_is_no_token(here: Instance, token: str) -> None:
    assert token_refused(native(here, token)) in ("form", "size", "key")


@pytest.mark.parametrize("body", [{}, {"identityToken": ""}, {"identityToken": None}])
def test_a_missing_token_is_asked_for(here: Instance, body: dict[str, Any]) -> None:
    refused = here.browser().post("/auth/mobile/apple/native", json=body)

    assert (refused.status_code, refused.json()["code"]) == (422, "identity_token_missing")


def test_a_token_is_good_once_however_it_is_written(here: Instance) -> None:
    token = here.issuer.token(email=new_address())
    assert native(here, token).status_code == 200
    # The last letter of a signature holds four bits that mean nothing.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    number = letters.index(token[-1])
    twins = {token[:-1] + letters[number - number % 16 + bits] for bits in range(16)} | {token + "="}

    assert {token_refused(native(here, twin)) for twin in twins} <= {"replayed", "signature", "form"}
    assert token_refused(native(here, token)) == "replayed"


def test_a_token_that_let_nobody_in_is_not_used_up(here: Instance) -> None:
    token = here.issuer.token(email=new_address())
    here.settings(allow_sign_up=False)
    assert native(here, token).json()["code"] == "sign_up_closed"
    here.settings(allow_sign_up=True)

    assert native(here, token).status_code == 200
    assert token not in repr([vars(row) for row in here.rows(SeenToken)])


RAW = "a raw nonce that the app made"
HASHED = hashlib.sha256(RAW.encode()).hexdigest()


@pytest.mark.parametrize(
    ("claim", "sent"),
    [(HASHED, {"nonceSha256": HASHED}), (HASHED, {"nonce": RAW}), (HASHED, {"nonce": HASHED}), (RAW, {"nonce": RAW}),
     (None, {}), (None, {"nonceSha256": None})],
)  # fmt: skip
def test_a_nonce_fits_in_each_way_that_apps_send_it(here: Instance, claim: str | None, sent: dict[str, Any]) -> None:
    assert native(here, here.issuer.token(email=new_address(), nonce=claim), **sent).status_code == 200


@pytest.mark.parametrize(
    ("claim", "sent"),
    [(HASHED, {"nonceSha256": HASHED.replace("a", "b")}), (HASHED, {"nonce": "another"}), (HASHED, {}), (5, {"nonce": "5"}),
     (None, {"nonceSha256": HASHED}), (None, {"nonce": RAW})],
)  # fmt: skip
def test_a_nonce_that_does_not_fit_is_refused(here: Instance, claim: Any, sent: dict[str, Any]) -> None:
    token = here.issuer.token(email=new_address(), nonce=claim, nonce_supported=True)

    assert token_refused(native(here, token, **sent)) == "nonce"


def test_a_phone_that_knows_no_nonce_is_let_in_without(here: Instance) -> None:
    token = here.issuer.token(email=new_address(), nonce_supported=False)

    assert native(here, token, nonce=RAW).status_code == 200


def test_the_address_that_an_app_claims_opens_no_account(here: Instance) -> None:
    email = new_address()
    here.user(email, verified=True)

    refused = native(here, here.issuer.token(email=None), email=email)

    assert (refused.status_code, refused.json()["code"]) == (409, "user_exists")


def test_the_address_that_an_app_claims_is_written_down_unproved(here: Instance) -> None:
    email = new_address()
    told = native(here, here.issuer.token(email=None), email=email).json()

    row = next(row for row in here.rows(User) if row.id == told["user"]["id"])
    assert (row.email, row.email_verified_at) == (email, None)


def test_native_sign_in_needs_an_app(here: Instance) -> None:
    here.settings(apple_bundle_ids="")
    refused = native(here, "x")

    assert (refused.status_code, refused.json()["code"]) == (409, "provider_not_configured")
    assert refused.json()["details"]["variables"] == ["SOCIALCLAW_APPLE_BUNDLE_IDS"]


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def moving(here: Instance) -> Iterator[Instance]:
    """Before an Apple of its own, whose keys are at hand; and some time goes by."""
    with running_issuer() as another:
        found = Instance(here.parts, another)
        found.app = here.app
        found.settings(apple_auth_url=another.url)
        assert native(found, another.token(email=new_address())).status_code == 200
        found.forward(timedelta(minutes=1))
        yield found


def test_keys_are_fetched_once(moving: Instance) -> None:
    asked = moving.issuer.keys_asked
    for _ in range(3):
        assert native(moving, moving.issuer.token(email=new_address())).status_code == 200

    assert moving.issuer.keys_asked == asked


def test_a_new_key_is_found(moving: Instance) -> None:
    moving.issuer.key = RSAKey.generate_key(2048, {"kid": "key-2", "use": "sig"})

    assert native(moving, moving.issuer.token(email=new_address(), header={"kid": "key-2"})).status_code == 200
    assert token_refused(native(moving, moving.issuer.token(email=new_address()))) == "key", "the old one is withdrawn"


def test_made_up_key_names_do_not_make_us_ask_each_time(moving: Instance) -> None:
    asked = moving.issuer.keys_asked
    for number in range(5):
        assert token_refused(native(moving, moving.issuer.token(header={"kid": f"made-up-{number}"}))) == "key"

    assert moving.issuer.keys_asked == asked + 1


def test_keys_of_before_serve_while_apple_does_not_answer(moving: Instance) -> None:
    moving.issuer.broken = 500
    moving.forward(timedelta(days=2))
    now = int(utc_now().timestamp()) + 2 * 86400

    assert native(moving, moving.issuer.token(email=new_address(), iat=now, exp=now + 60)).status_code == 200


def test_without_any_keys_the_answer_is_to_come_later(here: Instance) -> None:
    here.settings(apple_auth_url=f"http://127.0.0.1:{free_port('127.0.0.1', 0)}")
    refused = native(here, here.issuer.token())

    assert (refused.status_code, refused.json()["code"]) == (503, "identity_provider_unavailable")


def test_a_discovery_document_of_somebody_else_is_not_followed(here: Instance) -> None:
    here.settings(google_issuer=here.issuer.url.replace("127.0.0.1", "localhost"))

    assert here.browser().get("/auth/google/start").status_code == 503


# --- signing out ------------------------------------------------------------------------------------------------------


def test_signing_out_everywhere_ends_the_sessions_of_all_browsers(here: Instance) -> None:
    email, subject = new_address(), secrets.token_hex(8)
    one, two, other = here.browser(), here.browser(), here.browser()
    for browser in (one, two):
        here.signs_in("google", browser, email=email, sub=subject)
    here.signs_in("google", other, email=new_address())
    code = here.db.write_now(
        users.make_link, user_id=session_of(one)["user"]["id"], workspace_id=None, now=utc_now(), purpose=users.MOBILE
    )

    assert one.post("/auth/logout", json={"everywhere": True}).json() == {"ok": True}

    assert session_of(one)["authenticated"] is False
    assert session_of(two)["authenticated"] is False
    assert session_of(other)["authenticated"] is True
    assert refused_code(here, {"code": code}) == (401, "sign_in_code_invalid")


@pytest.mark.parametrize("body", [{}, {"everywhere": False}, {"everywhere": "no"}])
def test_signing_out_here_leaves_the_others(here: Instance, body: dict[str, Any]) -> None:
    email, subject, one, two = new_address(), secrets.token_hex(8), here.browser(), here.browser()
    for browser in (one, two):
        here.signs_in("google", browser, email=email, sub=subject)

    one.post("/auth/logout", json=body)

    assert session_of(two)["authenticated"] is True


def test_an_old_cookie_signs_nobody_out(here: Instance) -> None:
    email, subject, one, two = new_address(), secrets.token_hex(8), here.browser(), here.browser()
    for browser in (one, two):
        here.signs_in("google", browser, email=email, sub=subject)
    old = dict(one.cookies)
    one.post("/auth/logout", json={})

    httpx2.post(f"{here.url}/auth/logout", json={"everywhere": True}, cookies=old)

    assert session_of(two)["authenticated"] is True


def test_another_site_cannot_sign_anybody_out(here: Instance) -> None:
    browser = here.browser()
    here.signs_in("google", browser, email=new_address())
    refused = browser.post("/auth/logout", json={"everywhere": True}, headers={"Origin": "https://elsewhere.example"})

    assert refused.status_code == 403
    assert session_of(browser)["authenticated"] is True


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_no_secret_reaches_the_log_or_an_answer(here: Instance, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    browser = here.browser()
    told = here.issuer.consent(browser.get("/auth/apple/start").headers["location"], email=new_address())
    arrived = here.comes_back("apple", browser, told)
    token = here.issuer.token(email=new_address(), aud="wrong")
    refused = native(here, token)
    sent = here.issuer.exchanges[-1]

    secret = [sent["client_secret"], sent["code"], token, told["state"]]
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore")))  # fmt: skip
    assert [one for one in secret if one in ours] == []
    assert [one for one in secret if one in refused.text + arrived.text + str(arrived.headers["location"])] == []
