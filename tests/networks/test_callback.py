"""Coming back from a network when something is wrong, for every network with a login page: what happened and what to do
next is said, on a page for people and as JSON, the connection keeps the reason, and nothing is half connected."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

import providers
from backend.context import utc_now
from backend.models import Account, Connection, OAuthState
from providers.contract import OAuth2, Provider
from socialclaw_app.sandbox import networks
from tests.api.conftest import Client

from .consent import leave
from .samples import sample_of

JSON = {"Accept": "application/json"}
LOGINS = {
    id: provider
    for id, provider in providers.all_providers().items()
    if provider.oauth is not None and id in networks()
}
EVERY = pytest.mark.parametrize("id", LOGINS)


def how_of(id: str) -> OAuth2:
    how = LOGINS[id].oauth
    assert how is not None
    return how


def started(client: Client, id: str) -> dict[str, Any]:
    return client.ok("POST", "/v1/connections/start", {"provider": id})["connection"]


def returned(connection: dict[str, Any], **how: Any) -> dict[str, str]:
    """What the network sends back with the person."""
    split = urlsplit(leave(connection["authorizeUrl"], **how))
    return dict(parse_qsl(split.query))


def back(client: Client, id: str, params: dict[str, str], **options: Any) -> httpx2.Response:
    return read(client.http, id, params, **options)


def read(http: httpx2.Client, id: str, params: dict[str, str], **options: Any) -> httpx2.Response:
    """What a browser ends at: what it came back with does not stay in its bar."""
    answer = http.get(f"/oauth/{id}/callback?{urlencode(params)}", **options)
    if answer.headers.get("location") != "callback":
        return answer
    assert (answer.status_code, answer.text) == (302, "")
    assert (answer.headers["referrer-policy"], answer.headers["cache-control"]) == ("no-referrer", "no-store")
    return http.get(f"/oauth/{id}/callback")


def look(client: Client, connection: dict[str, Any]) -> dict[str, Any]:
    return client.ok("GET", f"/v1/connections/{connection['id']}")["connection"]


def nothing_is_connected(client: Client, connection: dict[str, Any]) -> None:
    def rows(session: Session) -> tuple[list[Any], list[Any]]:
        mine = client.actor.workspace_id
        accounts = session.scalars(select(Account.id).where(Account.workspace_id == mine)).all()
        sealed = select(Connection.id).where(Connection.workspace_id == mine, Connection.credential.is_not(None))
        return list(accounts), list(session.scalars(sealed))

    assert client.server.parts.context.db.read_now(rows) == ([], [])
    told = look(client, connection)
    assert (told["account"], told["scopes"]) == (None, [])


def fails(client: Client, id: str, params: dict[str, str], connection: dict[str, Any], code: str) -> dict[str, Any]:
    """The login was ours and did not work out: its page, then what a program hears of it."""
    page = back(client, id, params)
    told = look(client, connection)
    assert (told["status"], told["errorCode"], told["authorizeUrl"]) == ("failed", code, None)
    says(page, told["error"])
    nothing_is_connected(client, connection)
    again = back(client, id, params, headers=JSON)
    assert (again.status_code, again.json()["code"]) == (409, "oauth_state_invalid"), "a state works once"
    assert look(client, connection)["error"] == told["error"]
    return told


def says(page: httpx2.Response, sentence: str) -> None:
    """A page for people: what happened, and where to go."""
    assert page.status_code in (409, 422), page.text
    assert page.headers["content-type"].startswith("text/html")
    text = html.unescape(page.text)
    assert "<h1>Not connected</h1>" in text
    assert f"<p>{sentence}</p>" in text
    targets = re.findall(r'<a href="(.*?)">', text)
    assert targets[-1] == "/accounts"
    assert len(targets) == 2, "the next click, and the way back"
    assert page.headers["referrer-policy"] == "no-referrer"


# --- whose login is it? -----------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("state", ["made-up", None, ""])
def test_a_wrong_or_missing_state_touches_nothing(client: Client, id: str, state: str | None) -> None:
    connection = started(client, id)
    params = {"code": "any", **({} if state is None else {"state": state})}
    page, told = back(client, id, params), back(client, id, params, headers=JSON)
    assert (told.status_code, told.json()["code"]) == (409, "oauth_state_invalid")
    says(page, told.json()["message"])
    assert told.json()["details"]["next"]["path"] == f"/accounts?again={id}"
    assert look(client, connection)["status"] == "pending"
    nothing_is_connected(client, connection)


@EVERY
def test_a_state_that_was_used_does_not_work_again(client: Client, id: str) -> None:
    connection = started(client, id)
    params = returned(connection)
    assert back(client, id, params, headers=JSON).json()["connection"]["status"] == "connected"
    page = back(client, id, params)
    says(page, back(client, id, params, headers=JSON).json()["message"])
    assert look(client, connection)["status"] == "connected"


@EVERY
def test_whoever_reloads_the_page_is_told_the_same_and_other_networks_say_nothing_of_it(
    client: Client, id: str
) -> None:
    http = client.server.stranger().http
    page = read(http, id, {"state": returned(started(client, id))["state"], "error": "access_denied"})
    says(page, f"You did not allow the access at {LOGINS[id].name}. Connect again when you want to.")
    assert http.get(f"/oauth/{id}/callback").text == page.text
    other = next(one for one in LOGINS if one != id)
    assert "<h1>You are back</h1>" in http.get(f"/oauth/{other}/callback").text


def test_nothing_long_is_kept_in_a_cookie_for_a_network_that_does_not_exist(client: Client) -> None:
    answer = client.server.stranger().http.get(f"/oauth/{'x' * 3000}/callback?code=any")
    assert (answer.status_code, "set-cookie" in answer.headers) == (422, False)


@EVERY
def test_a_state_ends_and_says_so(client: Client, id: str) -> None:
    connection = started(client, id)
    params = returned(connection)
    over = update(OAuthState).where(OAuthState.connection_id == connection["id"])
    ended = utc_now() - timedelta(seconds=1)
    client.server.parts.context.db.write_now(lambda session: session.execute(over.values(expires_at=ended)) and None)
    told = fails(client, id, params, connection, "oauth_state_invalid")
    assert "longer than ten minutes" in told["error"]


@EVERY
def test_a_state_of_one_network_is_none_of_another(client: Client, id: str) -> None:
    connection = started(client, id)
    params = returned(connection)
    other = next(one for one in LOGINS if one != id)
    assert back(client, other, params, headers=JSON).json()["code"] == "oauth_state_invalid"
    assert back(client, id, params, headers=JSON).json()["connection"]["status"] == "connected"


@EVERY
def test_only_the_browser_that_began_a_login_finishes_it(client: Client, id: str) -> None:
    hers, his = client.browser(), client.browser()
    connection = hers.ok("POST", "/v1/dashboard/connections/start", {"provider": id})["connection"]
    params = returned(connection)
    for http in (his.http, client.server.stranger().http):
        page = read(http, id, params)
        says(page, read(http, id, params, headers=JSON).json()["message"])
    nothing_is_connected(client, connection)
    done = read(hers.http, id, params)
    assert (done.status_code, done.headers["location"]) == (302, f"/accounts?connected={connection['id']}")


# --- the network says no ----------------------------------------------------------------------------------------------


@EVERY
def test_somebody_who_says_no_is_told_what_that_means(client: Client, id: str) -> None:
    connection = started(client, id)
    told = fails(client, id, returned(connection, cancel=True), connection, "oauth_denied")
    assert told["error"].startswith("You did not allow the access")


@EVERY
@pytest.mark.parametrize(
    ("error", "target"),
    [
        ("server_error", "/accounts?again={id}"),
        ("invalid_scope", "/settings/networks"),
        ("<b>", "/accounts?again={id}"),
    ],
)
def test_an_error_of_the_network_is_put_into_words(client: Client, id: str, error: str, target: str) -> None:
    connection = started(client, id)
    params = {"state": returned(connection)["state"], "error": error, "error_description": "<script>x</script>"}
    answer = back(client, id, params, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "oauth_failed")
    assert answer.json()["details"]["next"]["path"] == target.format(id=id)
    assert "<" not in answer.text
    assert look(client, connection)["status"] == "failed"
    nothing_is_connected(client, connection)


@EVERY
def test_coming_back_without_a_code_is_no_login(client: Client, id: str) -> None:
    connection = started(client, id)
    told = fails(client, id, {"state": returned(connection)["state"]}, connection, "oauth_failed")
    assert "without a code" in told["error"]


@EVERY
def test_a_code_that_the_network_does_not_know_is_no_login(client: Client, id: str) -> None:
    connection = started(client, id)
    fails(client, id, {**returned(connection), "code": "made-up"}, connection, "oauth_failed")


@EVERY
@pytest.mark.parametrize("kind", ["server_error", "drop_before", "drop_after", "empty"])
def test_no_token_is_no_login(client: Client, id: str, kind: str) -> None:
    """Trouble at the network, no answer at all, or an answer without a token."""
    connection = started(client, id)
    params = returned(connection)
    client.fault(id, kind=kind, times=1, match=how_of(id).token)
    fails(client, id, params, connection, "oauth_failed")


@EVERY
@pytest.mark.parametrize("kind", ["server_error", "unauthorized", "drop_after", "empty"])
def test_a_token_behind_which_nobody_can_be_seen_is_no_login(client: Client, id: str, kind: str) -> None:
    connection = started(client, id)
    params = returned(connection)
    client.fault(id, kind=kind, times=1, match=first_question(id), method="GET")
    nobody = kind == "empty" and how_of(id).no_account and how_of(id).granted is None
    told = back(client, id, params, headers=JSON).json()
    assert told["code"] in ("oauth_failed", *(["no_accounts_found"] if nobody else []))
    assert (look(client, connection)["status"], look(client, connection)["error"]) == ("failed", told["message"])
    nothing_is_connected(client, connection)


def first_question(id: str) -> str:
    how = how_of(id)
    return next(how.granted() if how.granted is not None else how.identify()).request.path.partition("?")[0]


# --- less than what is needed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", [id for id in LOGINS if len(how_of(id).scopes) > 1])
def test_a_login_that_cannot_publish_is_refused_and_names_what_is_missing(client: Client, id: str) -> None:
    """Where there is one permission only, to leave it out is to say no."""
    needed = how_of(id).required_scopes[-1]
    connection = started(client, id)
    told = fails(client, id, returned(connection, without=[needed]), connection, "oauth_scopes_missing")
    assert needed in told["error"]


@pytest.mark.parametrize("id", [id for id, provider in LOGINS.items() if how_of(id).lost_without])
def test_a_login_that_can_publish_names_what_it_cannot(client: Client, id: str) -> None:
    lost = how_of(id).lost_without
    connection = started(client, id)
    page = back(client, id, returned(connection, user=sample_of(id).user, without=lost))
    text = html.unescape(page.text)
    assert (page.status_code, "<h1>Connected</h1>" in text) == (200, True), text
    told = look(client, connection)
    assert {missing["scope"]: missing["lost"] for missing in told["missingScopes"]} == lost
    for sentence in lost.values():
        assert sentence in text
    assert told["account"]["publishable"]


@EVERY
def test_every_permission_is_needed_or_known_to_be_for_something(id: str) -> None:
    """What a person is asked for and leaves out must be told apart."""
    how = how_of(id)
    assert set(how.required_scopes) | set(how.lost_without) == set(how.scopes)
    assert not set(how.required_scopes) & set(how.lost_without)


@pytest.mark.parametrize("id", [id for id in LOGINS if sample_of(id).nobody])
def test_a_login_without_an_account_to_post_to_says_what_to_do(client: Client, id: str) -> None:
    provider: Provider = LOGINS[id]
    connection = started(client, id)
    told = fails(client, id, returned(connection, user=sample_of(id).nobody), connection, "no_accounts_found")
    assert told["error"] == how_of(id).no_account
    assert how_of(id).no_account_next is not None, provider.name
