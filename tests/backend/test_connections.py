"""Connecting accounts: nothing is kept that the network refused, and a login comes back only where it began."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

import providers
from backend import accounts, connections, credentials, events, runs, users
from backend.access import Actor, Role
from backend.context import Context
from backend.errors import AppError
from backend.models import Account, AccountHandle, Connection, OAuthState, Post
from backend.settings import Settings
from providers.contract import Manual, OAuth2

from .conftest import NOON, Clock
from .fake_network import ALICE, CODE, KEY, FakeNetwork
from .rows import add_post

PASTE = {"provider": "pasted", "apiKey": KEY}


async def refused(coroutine: Any) -> AppError:
    with pytest.raises(AppError) as error:
        await coroutine
    return error.value


async def count(context: Context, model: type[Any]) -> int:
    return await context.db.read(lambda session: session.scalar(select(func.count()).select_from(model)) or 0)


def state_of(started: Mapping[str, Any]) -> str:
    return parse_qs(urlsplit(started["connection"]["authorizeUrl"]).query)["state"][0]


async def connect(context: Context, actor: Actor, session_id: str | None = None) -> dict[str, Any]:
    """The whole way to Fakebook and back."""
    started = await connections.start(context, actor, {"provider": "fakebook"}, session_id)
    return await connections.finish_oauth(context, "fakebook", {"state": state_of(started), "code": CODE})


# --- pasted values ----------------------------------------------------------------------------------------------------


async def test_pasted_values_connect_at_once(context: Context, alice: Actor, network: FakeNetwork) -> None:
    found = await connections.start(context, alice, PASTE)
    assert found["connection"]["status"] == "connected"
    assert found["connection"]["authorizeUrl"] is found["connection"]["authorizationUrl"] is None
    assert found["account"] == found["accounts"][0] == found["connection"]["account"]
    assert {
        name: found["account"][name] for name in ("provider", "handle", "displayName", "accountType", "status")
    } == {
        "provider": "pasted",
        "handle": "pasted:@alice",
        "displayName": "Alice",
        "accountType": "fakebook_user",
        "status": "connected",
    }


async def test_a_key_that_the_network_refuses_leaves_nothing_behind(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    error = await refused(connections.start(context, alice, {**PASTE, "apiKey": "key-wrong"}))
    assert (error.code, error.status) == ("credentials_refused", 422)
    assert error.message == "Fakebook does not know this key."
    assert error.details == {"provider": "pasted", "kind": "auth", "code": "fake_refused"}
    assert await count(context, Connection) == await count(context, Account) == 0


async def test_a_network_that_is_away_is_not_a_wrong_key(context: Context, alice: Actor, network: FakeNetwork) -> None:
    away = {**context.settings.environ, "SOCIALCLAW_PASTED_API_URL": "http://127.0.0.1:9"}
    context = replace(context, settings=replace(context.settings, environ=away))
    error = await refused(connections.start(context, alice, PASTE))
    assert error.code == "provider_unavailable"
    assert await count(context, Connection) == 0


async def test_what_is_missing_is_named_as_clients_send_it(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    error = await refused(connections.start(context, alice, {"provider": "pasted", "apiKey": None, "unknown": 1}))
    assert (error.code, error.status) == ("connection_fields_invalid", 422)
    assert error.message == "To connect Pasted, send also: apiKey. Copy it from the settings."
    assert error.details == {"provider": "pasted", "fields": [{"field": "apiKey", "message": "It is missing."}]}
    assert network.asked_with == []


async def test_a_malformed_secret_is_not_repeated(context: Context, alice: Actor, network: FakeNetwork) -> None:
    error = await refused(connections.start(context, alice, {"provider": "pasted", "apiKey": "hunter2"}))
    assert error.message == "A key starts with key-."
    assert "hunter2" not in json.dumps(error.details)


@pytest.mark.parametrize("name", [None, "", "nobook", 7, ["fakebook"]])
async def test_an_unknown_network_is_refused(context: Context, alice: Actor, network: FakeNetwork, name: Any) -> None:
    error = await refused(connections.start(context, alice, {"provider": name}))
    assert (error.code, error.status) == ("provider_unsupported", 422)


async def test_only_admins_connect(context: Context, alice: Actor, network: FakeNetwork) -> None:
    error = await refused(connections.start(context, replace(alice, role=Role.EDITOR), PASTE))
    assert error.code == "forbidden"
    assert network.asked_with == []


async def test_secrets_are_sealed_and_in_no_answer(context: Context, alice: Actor, network: FakeNetwork) -> None:
    found = await connections.start(context, alice, PASTE)
    row = await context.db.read(lambda session: session.scalars(select(Connection)).one())
    told = await context.db.read(connections.detail, alice, row.id)
    listed = await context.db.read(connections.list_connections, alice)
    health = await context.db.read(connections.health, alice, now=NOON)
    happened = [row.data for row in await context.db.read(events.latest, alice)]
    for place in (found, told, listed, health, happened, vars(row)):
        assert KEY not in repr(place)
    credential = (await credentials.access(context, found["account"]["id"])).credential
    assert credential["access_token"] == KEY
    assert KEY not in repr(credential)


# --- to the network ---------------------------------------------------------------------------------------------------


async def test_the_person_is_sent_to_the_network_with_everything_it_asks_for(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    started = await connections.start(context, alice, {"provider": "FA", "client": "dashboard"})
    connection = started["connection"]
    assert connection["status"] == "pending"
    assert connection["authorizationUrl"] == connection["authorizeUrl"]
    assert "account" not in started
    assert started["accounts"] == []
    url = urlsplit(connection["authorizeUrl"])
    values = {name: found[0] for name, found in parse_qs(url.query).items()}
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{network.url}/authorize"
    assert values["redirect_uri"] == "http://127.0.0.1:8765/oauth/fakebook/callback"
    assert (values["response_type"], values["client_id"], values["scope"]) == ("code", "app-1", "read write")
    assert (values["code_challenge_method"], len(values["code_challenge"])) == ("S256", 43)
    assert len(values["state"]) >= 32
    assert "app-secret" not in connection["authorizeUrl"]


async def test_the_state_and_the_verifier_are_not_readable_at_rest(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    started = await connections.start(context, alice, {"provider": "fakebook"})
    row = await context.db.read(lambda session: session.scalars(select(OAuthState)).one())
    assert state_of(started) not in repr(vars(row))
    await connections.finish_oauth(context, "fakebook", {"state": state_of(started), "code": CODE})
    (exchange,) = network.token_requests
    assert exchange["code_verifier"] not in repr(vars(row))


async def test_without_a_developer_app_both_variables_are_named(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    bare = replace(context, settings=replace(context.settings, environ={}))
    error = await refused(connections.start(bare, alice, {"provider": "fakebook"}))
    assert (error.code, error.status) == ("provider_not_configured", 409)
    assert "SOCIALCLAW_FAKEBOOK_CLIENT_ID" in error.message
    assert "SOCIALCLAW_FAKEBOOK_CLIENT_SECRET" in error.message


@pytest.mark.parametrize("scheme", ["javascript", "https", "data", "my app", "1app"])
async def test_nobody_is_sent_back_to_a_script_or_a_web_page(
    context: Context, alice: Actor, network: FakeNetwork, scheme: str
) -> None:
    error = await refused(connections.start(context, alice, {"provider": "fakebook", "callbackScheme": scheme}))
    assert error.code == "callback_scheme_invalid"


# --- and back ---------------------------------------------------------------------------------------------------------


async def test_every_account_behind_the_login_is_connected(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    found = await connect(context, alice)
    assert found["connection"]["status"] == "connected"
    assert found["connection"]["authorizeUrl"] is None
    assert found["connection"]["scopes"] == ["read", "write"]
    assert found["connection"]["expiresAt"] == "2026-11-23T14:00:00.000Z"
    assert [account["handle"] for account in found["accounts"]] == ["fakebook:@alice", "fakebook:page:71"]
    (exchange,) = network.token_requests
    assert exchange["grant_type"] == "authorization_code"
    assert exchange["redirect_uri"] == "http://127.0.0.1:8765/oauth/fakebook/callback"
    assert exchange["authorization"].startswith("Basic ")
    assert "app-secret" not in json.dumps(exchange)


async def test_an_account_with_a_token_of_its_own_is_signed_with_it(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    found = await connect(context, alice)
    tokens = [(await credentials.access(context, row["id"]))[0]["access_token"] for row in found["accounts"]]
    assert tokens == ["access-1", "page-71"]


async def test_the_way_back_to_an_app_is_told(context: Context, alice: Actor, network: FakeNetwork) -> None:
    started = await connections.start(context, alice, {"provider": "fakebook", "callback_scheme": "myapp://"})
    found = await connections.finish_oauth(context, "fakebook", {"state": state_of(started), "code": CODE})
    assert found["returnTo"] == f"myapp://oauth?connection={started['connection']['id']}"


@pytest.mark.parametrize("params", [{"state": "made-up", "code": CODE}, {"code": CODE}, {}, {"error": "access_denied"}])
async def test_a_state_that_is_not_ours_changes_nothing(
    context: Context, alice: Actor, network: FakeNetwork, params: dict[str, str]
) -> None:
    started = await connections.start(context, alice, {"provider": "fakebook"})
    error = await refused(connections.finish_oauth(context, "fakebook", params))
    assert (error.code, error.status) == ("oauth_state_invalid", 409)
    assert network.token_requests == []
    told = await context.db.read(connections.detail, alice, started["connection"]["id"])
    assert told["connection"]["status"] == "pending"


async def test_a_state_works_once(context: Context, alice: Actor, network: FakeNetwork) -> None:
    started = await connections.start(context, alice, {"provider": "fakebook"})
    params = {"state": state_of(started), "code": CODE}
    await connections.finish_oauth(context, "fakebook", params)
    assert (await refused(connections.finish_oauth(context, "fakebook", params))).code == "oauth_state_invalid"
    assert len(network.token_requests) == 1
    told = await context.db.read(connections.detail, alice, started["connection"]["id"])
    assert told["connection"]["status"] == "connected"


async def test_a_state_of_one_network_is_no_state_of_another(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    started = await connections.start(context, alice, {"provider": "fakebook"})
    params = {"state": state_of(started), "code": CODE}
    for other in ("pasted", "nobook"):
        assert (await refused(connections.finish_oauth(context, other, params))).code == "not_found"
    await connections.finish_oauth(context, "fakebook", params)


async def test_a_state_ends_after_ten_minutes(
    context: Context, alice: Actor, network: FakeNetwork, clock: Clock
) -> None:
    started = await connections.start(context, alice, {"provider": "fakebook"})
    clock.forward(timedelta(minutes=10))
    params = {"state": state_of(started), "code": CODE}
    error = await refused(connections.finish_oauth(context, "fakebook", params))
    assert (error.code, "longer than ten minutes" in error.message) == ("oauth_state_invalid", True)
    told = await context.db.read(connections.detail, alice, started["connection"]["id"])
    assert (told["connection"]["status"], told["connection"]["authorizeUrl"]) == ("failed", None)
    assert network.token_requests == []


async def test_a_login_is_finished_in_the_browser_that_began_it(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    """Else somebody could be made to connect a stranger's account to their workspace."""
    for email in ("alice@example.com", "bob@example.com"):
        await context.db.write(users.create, email=email, password="a long password", now=NOON)
    hers = await users.sign_in(context, "alice@example.com", "a long password")
    his = await users.sign_in(context, "bob@example.com", "a long password")
    started = await connections.start(context, alice, {"provider": "fakebook"}, hers.session_id)
    params = {"state": state_of(started), "code": CODE}
    for token in (None, his.token, "nonsense"):
        error = await refused(connections.finish_oauth(context, "fakebook", params, token))
        assert error.code == "oauth_state_invalid"
    found = await connections.finish_oauth(context, "fakebook", params, hers.token)
    assert found["connection"]["status"] == "connected"


@pytest.mark.parametrize(
    ("params", "code", "sentence"),
    [
        ({"error": "access_denied"}, "oauth_denied", "You did not allow the access at Fakebook."),
        ({"error": "server_error"}, "oauth_failed", "Fakebook cannot answer at the moment."),
        ({"error": "<script>"}, "oauth_failed", "Fakebook did not connect the account."),
        ({}, "oauth_failed", "Fakebook sent you back without a code."),
        ({"code": "wrong"}, "oauth_failed", "Fakebook says that this login has ended"),
    ],
)
async def test_a_login_that_did_not_work_out_says_why(
    context: Context, alice: Actor, network: FakeNetwork, params: dict[str, str], code: str, sentence: str
) -> None:
    started = await connections.start(context, alice, {"provider": "fakebook"})
    error = await refused(connections.finish_oauth(context, "fakebook", {"state": state_of(started), **params}))
    assert error.code == code
    assert error.message.startswith(sentence)
    assert "script" not in error.message
    told = await context.db.read(connections.detail, alice, started["connection"]["id"])
    assert (told["connection"]["status"], told["connection"]["error"]) == ("failed", error.message)
    assert await count(context, Account) == 0


async def test_fewer_permissions_than_publishing_needs_are_refused(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    network.scope = "read profile"
    error = await refused(connect(context, alice))
    assert error.code == "oauth_scopes_missing"
    assert "publishing needs: write" in error.message
    assert (error.details or {})["missingScopes"] == ["write"]
    assert await count(context, Account) == 0


async def test_what_publishing_can_do_without_is_named_with_what_it_was_for(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    network.scope = "write"
    found = await connect(context, alice)
    missing = [{"scope": "read", "lost": "Nothing can be looked up."}]
    assert (found["connection"]["status"], found["connection"]["missingScopes"]) == ("connected", missing)
    (row, _) = (await context.db.read(connections.health, alice, now=NOON))["connections"]
    assert row["missingScopes"] == missing
    network.scope = None
    assert (await connect(context, alice))["connection"]["missingScopes"] == []


async def test_a_login_without_anything_to_post_to_says_what_to_do_and_where(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    network.person = {"id": "7", "name": "Alice"}
    error = await refused(connect(context, alice))
    assert (error.code, error.message) == ("no_accounts_found", "Make a profile first.")
    assert (error.details or {})["next"] == {"label": "Make one", "url": "https://fakebook.example/new"}
    (told,) = await context.db.read(connections.list_connections, alice)
    assert (told["status"], told["error"]) == ("failed", "Make a profile first.")


async def test_an_answer_that_nobody_can_read_fails_the_connection(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    network.person = {"handle": "alice"}
    error = await refused(connect(context, alice))
    assert (error.code, error.message) == ("oauth_failed", "Fakebook gave an answer that cannot be read.")
    (told,) = await context.db.read(connections.list_connections, alice)
    assert told["status"] == "failed"


async def test_an_app_is_told_that_its_login_did_not_work_out(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    started = await connections.start(context, alice, {"provider": "fakebook", "callbackScheme": "myapp"})
    params = {"state": state_of(started), "error": "access_denied"}
    error = await refused(connections.finish_oauth(context, "fakebook", params))
    back = f"myapp://oauth?connection={started['connection']['id']}&error=oauth_denied"
    assert (error.details or {})["returnTo"] == back


async def test_a_network_that_is_down_during_the_exchange_fails_the_connection(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    for fault in ("down", "lose"):
        network.faults = [fault]
        assert (await refused(connect(context, alice))).code == "oauth_failed"
    assert await count(context, Account) == 0


async def test_a_login_that_nobody_finished_is_given_up(
    context: Context, alice: Actor, network: FakeNetwork, clock: Clock
) -> None:
    async def status() -> str:
        await connections.give_up_pending(context)
        (found,) = await context.db.read(connections.list_connections, alice)
        return found["status"]

    await connections.start(context, alice, {"provider": "fakebook"})
    clock.forward(timedelta(minutes=9))
    assert await status() == "pending"
    clock.forward(timedelta(minutes=1))
    assert await status() == "failed"


async def test_the_app_that_began_a_login_must_still_be_there(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    started = await connections.start(context, alice, {"provider": "fakebook"})
    other = Settings(
        data_dir=context.settings.data_dir,
        environ={**context.settings.environ, "SOCIALCLAW_FAKEBOOK_CLIENT_ID": "app-2"},
    )
    params = {"state": state_of(started), "code": CODE}
    error = await refused(connections.finish_oauth(replace(context, settings=other), "fakebook", params))
    assert error.code == "provider_not_configured"


# --- by a page of one's own site ---------------------------------------------------------------------------------------


def way_back(started: Mapping[str, Any], which: str = "yes") -> dict[str, str]:
    """The query that the site was asked to send people back with."""
    (address,) = parse_qs(urlsplit(started["connection"]["authorizeUrl"]).query)[which]
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def at_the_site(context: Context, actor: Actor, session_id: str | None = None) -> dict[str, Any]:
    return await connections.start(context, actor, {"provider": "housed", "site": "alice.example"}, session_id)


async def test_a_site_is_asked_without_a_credential_where_its_people_say_yes(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    started = await at_the_site(context, alice)
    connection = started["connection"]
    assert (connection["status"], connection["account"]) == ("pending", None)
    assert connection["authorizeUrl"].startswith("https://alice.example/allow?")
    assert len(way_back(started)["state"]) >= 32
    assert way_back(started, "no") == {**way_back(started), "error": "access_denied"}
    assert network.asked_with == [""]
    row = await context.db.read(lambda session: session.scalars(select(OAuthState)).one())
    assert way_back(started)["state"] not in repr(vars(row))


async def test_what_the_site_hands_over_is_tried_and_sealed(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    started = await at_the_site(context, alice)
    found = await connections.finish_oauth(context, "housed", {**way_back(started), "key": KEY})
    assert found["connection"]["id"] == started["connection"]["id"]
    assert (found["connection"]["status"], found["connection"]["authorizeUrl"]) == ("connected", None)
    assert found["account"]["handle"] == "pasted:@alice"
    assert network.asked_with == ["", f"Bearer {KEY}"]
    assert network.token_requests == []
    rows = await context.db.read(lambda session: [vars(row) for row in session.scalars(select(Connection))])
    happened = [row.data for row in await context.db.read(events.latest, alice)]
    assert KEY not in repr((found, rows, happened))
    credential = (await credentials.access(context, found["account"]["id"])).credential
    assert credential["access_token"] == KEY


async def test_a_site_that_lets_nobody_in_begins_nothing(context: Context, alice: Actor, network: FakeNetwork) -> None:
    error = await refused(connections.start(context, alice, {"provider": "housed", "site": "closed"}))
    assert (error.code, error.message) == ("credentials_refused", "This site lets nobody in.")
    assert await count(context, Connection) == await count(context, OAuthState) == 0


@pytest.mark.parametrize(
    ("params", "code", "sentence"),
    [
        ({"error": "access_denied"}, "oauth_denied", "You did not let us in at alice.example."),
        ({"error": "disabled"}, "oauth_failed", "You did not let us in at alice.example."),
        ({}, "oauth_failed", "To connect Housed, send also: apiKey."),
        ({"key": "hunter2"}, "oauth_failed", "A key starts with key-."),
        ({"key": "key-wrong"}, "oauth_failed", "Fakebook does not know this key."),
        ({"code": CODE}, "oauth_failed", "To connect Housed, send also: apiKey."),
    ],
)
async def test_a_way_back_from_a_site_that_did_not_work_out_says_why(
    context: Context, alice: Actor, network: FakeNetwork, params: dict[str, str], code: str, sentence: str
) -> None:
    started = await at_the_site(context, alice)
    error = await refused(connections.finish_oauth(context, "housed", {**way_back(started), **params}))
    assert (error.code, error.status) == (code, 422)
    assert error.message.startswith(sentence)
    assert "hunter2" not in json.dumps([error.message, error.details])
    told = await context.db.read(connections.detail, alice, started["connection"]["id"])
    assert (told["connection"]["status"], told["connection"]["error"]) == ("failed", error.message)
    assert (told["connection"]["errorCode"], told["connection"]["authorizeUrl"]) == (code, None)
    assert await count(context, Account) == 0
    again = await refused(connections.finish_oauth(context, "housed", {**way_back(started), "key": KEY}))
    assert again.code == "oauth_state_invalid"


async def test_a_password_without_our_state_is_not_looked_at(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    started = await at_the_site(context, alice)
    for params in ({"key": KEY}, {"state": "made-up", "key": KEY}):
        assert (await refused(connections.finish_oauth(context, "housed", params))).code == "oauth_state_invalid"
    assert network.asked_with == [""]
    told = await context.db.read(connections.detail, alice, started["connection"]["id"])
    assert told["connection"]["status"] == "pending"


async def test_a_password_that_comes_too_late_is_not_used(
    context: Context, alice: Actor, network: FakeNetwork, clock: Clock
) -> None:
    started = await at_the_site(context, alice)
    clock.forward(timedelta(minutes=10))
    error = await refused(connections.finish_oauth(context, "housed", {**way_back(started), "key": KEY}))
    assert (error.code, "longer than ten minutes" in error.message) == ("oauth_state_invalid", True)
    assert network.asked_with == [""]


async def test_a_site_sends_back_into_the_session_that_began_it_alone(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    """Else a stranger's site could be slipped into somebody's workspace."""
    for email in ("alice@example.com", "bob@example.com"):
        await context.db.write(users.create, email=email, password="a long password", now=NOON)
    hers = await users.sign_in(context, "alice@example.com", "a long password")
    his = await users.sign_in(context, "bob@example.com", "a long password")
    params = {**way_back(await at_the_site(context, alice, hers.session_id)), "key": KEY}
    for token in (None, his.token):
        error = await refused(connections.finish_oauth(context, "housed", params, token))
        assert error.code == "oauth_state_invalid"
    found = await connections.finish_oauth(context, "housed", params, hers.token)
    assert found["connection"]["status"] == "connected"


async def test_one_network_takes_its_own_login_and_that_of_a_site(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    """Each way back belongs to the door it left by."""
    environ = {**context.settings.environ, "SOCIALCLAW_HOUSED_CLIENT_ID": "app-3"}
    context = replace(context, settings=replace(context.settings, environ=environ))
    at_site = way_back(await at_the_site(context, alice))
    at_network = await connections.start(context, alice, {"provider": "housed"})
    assert "client_id=app-3" in at_network["connection"]["authorizeUrl"]
    error = await refused(connections.finish_oauth(context, "housed", {"state": state_of(at_network), "key": KEY}))
    assert error.message == "Housed sent you back without a code. Connect again."
    found = await connections.finish_oauth(context, "housed", {**at_site, "key": KEY})
    assert found["connection"]["status"] == "connected"
    assert network.token_requests == []


async def test_the_door_that_somebody_chose_is_kept_to(context: Context, alice: Actor, network: FakeNetwork) -> None:
    """A form with a value left out is not another form."""
    door = next(door for door in providers.get("housed").doors if isinstance(door, Manual))
    error = await refused(connections.start(context, alice, {"provider": "housed", "site": "alice.example"}, door=door))
    assert error.message.startswith("To connect Housed, send also: apiKey.")


async def test_a_network_with_several_doors_names_the_one_that_needs_an_app(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    error = await refused(connections.start(context, alice, {"provider": "housed"}))
    assert (error.code, error.message.startswith("Housed.com needs a developer app.")) == (
        "provider_not_configured",
        True,
    )


# --- connecting again -------------------------------------------------------------------------------------------------


async def test_connecting_again_keeps_the_account_and_its_posts(
    context: Context, alice: Actor, network: FakeNetwork, clock: Clock, nudges: list[str]
) -> None:
    first = await connect(context, alice)
    account_id = first["account"]["id"]
    held = await context.db.write(
        add_post, alice, account_id, NOON, status="retry_pending", error_code="account_needs_reconnect"
    )
    later = NOON + timedelta(days=3)
    scheduled = await context.db.write(add_post, alice, account_id, NOON, due_at=later, publish_at=later)
    await credentials.needs_reconnect(context, account_id, "The login has ended.")
    with pytest.raises(credentials.NeedsReconnect, match="The login has ended"):
        await credentials.access(context, account_id)

    clock.forward(timedelta(hours=1))
    network.person = {**ALICE, "handle": "alice_writes"}
    nudges.clear()
    second = await connect(context, alice)
    assert [row["id"] for row in second["accounts"]] == [row["id"] for row in first["accounts"]]
    assert second["account"]["handle"] == "fakebook:@alice_writes"
    assert second["account"]["status"] == "connected"
    due = await context.db.read(lambda session: dict(session.execute(select(Post.id, Post.due_at)).all()))
    assert due == {held: NOON, scheduled: later}
    assert nudges == ["nudge"]
    assert (await credentials.access(context, account_id))[0]["access_token"] == "access-2"


async def test_the_login_that_was_replaced_is_forgotten(context: Context, alice: Actor, network: FakeNetwork) -> None:
    first = await connect(context, alice)
    second = await connect(context, alice)
    rows = await context.db.read(
        lambda session: {row.id: (row.status, row.credential is None) for row in session.scalars(select(Connection))}
    )
    assert rows == {first["connection"]["id"]: ("disconnected", True), second["connection"]["id"]: ("connected", False)}
    listed = await context.db.read(connections.list_connections, alice)
    assert [row["id"] for row in listed] == [second["connection"]["id"]]


async def test_old_handles_still_find_the_account(context: Context, alice: Actor, network: FakeNetwork) -> None:
    found = await connect(context, alice)
    network.person = {**ALICE, "handle": "Alice_Writes"}
    await connect(context, alice)
    for name in ("fakebook:@alice", "FAKEBOOK:@ALICE_WRITES", "fakebook:7", found["account"]["id"]):
        row = await context.db.read(accounts.resolve, alice, name)
        assert row.id == found["account"]["id"]
    handles = await context.db.read(lambda session: session.scalars(select(AccountHandle.handle)).all())
    assert set(handles) == {"fakebook:@alice", "fakebook:@alice_writes", "fakebook:7", "fakebook:page:71"}


def with_another_app(context: Context) -> Context:
    other = {**context.settings.environ, "SOCIALCLAW_FAKEBOOK_CLIENT_ID": "app-2"}
    return replace(context, settings=replace(context.settings, environ=other))


async def test_another_developer_app_connects_the_same_account(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    first = await connect(context, alice)
    post = await context.db.write(add_post, alice, first["account"]["id"], NOON)
    second = await connect(with_another_app(context), alice)
    assert [row["id"] for row in second["accounts"]] == [row["id"] for row in first["accounts"]]
    assert await context.db.read(lambda session: session.get_one(Post, post).account_id) == first["account"]["id"]
    kept = await context.db.read(lambda session: {row.id: row.status for row in session.scalars(select(Connection))})
    assert kept == {first["connection"]["id"]: "disconnected", second["connection"]["id"]: "connected"}


@pytest.fixture
def ids_of_apps(network: FakeNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fakebook names a person by another id to each developer app."""
    known = dict(providers.all_providers())
    how = known["fakebook"].connect
    assert isinstance(how, OAuth2)
    known["fakebook"] = replace(known["fakebook"], connect=replace(how, ids_of_app=True))
    monkeypatch.setattr(providers, "all_providers", lambda: known)


@pytest.mark.usefixtures("ids_of_apps")
async def test_where_ids_are_the_apps_own_another_app_finds_the_account_by_its_handle(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    first = await connect(context, alice)
    network.person = {**ALICE, "id": "700"}
    second = await connect(with_another_app(context), alice)
    assert second["account"]["id"] == first["account"]["id"]
    assert second["account"]["externalId"] == "700"


@pytest.mark.usefixtures("ids_of_apps")
async def test_a_stranger_who_took_over_a_handle_is_another_account(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    """The same app: so another id is somebody else."""
    first = await connect(context, alice)
    network.person = {**ALICE, "id": "700", "pages": []}
    second = await connect(context, alice)
    assert second["account"]["id"] not in {row["id"] for row in first["accounts"]}


async def test_a_login_that_fails_leaves_the_one_that_works(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    found = await connect(context, alice)
    network.faults = ["refuse"]
    await refused(connect(context, alice))
    assert (await credentials.access(context, found["account"]["id"]))[0]["access_token"] == "access-1"


# --- workspaces and environments --------------------------------------------------------------------------------------


async def test_two_workspaces_connect_the_same_account_apart(
    context: Context, alice: Actor, bob: Actor, network: FakeNetwork
) -> None:
    hers, his = await connect(context, alice), await connect(context, bob)
    assert {row["id"] for row in hers["accounts"]}.isdisjoint(row["id"] for row in his["accounts"])
    assert [row["id"] for row in await context.db.read(connections.list_connections, bob)] == [his["connection"]["id"]]
    listed = await context.db.read(accounts.list_accounts, bob)
    assert [row["id"] for row in listed] == [row["id"] for row in his["accounts"]]
    assert len((await context.db.read(connections.health, bob, now=NOON))["connections"]) == 2
    for look, id in ((connections.detail, hers["connection"]["id"]), (accounts.detail, hers["account"]["id"])):
        error = await refused(context.db.read(look, bob, id))
        assert error.status == 404
    assert (await context.db.read(accounts.resolve, bob, "fakebook:@alice")).id == his["account"]["id"]
    assert (await refused(context.db.read(accounts.resolve, bob, hers["account"]["id"]))).code == "account_not_found"


async def test_a_sandbox_account_never_gets_a_credential_for_the_live_network(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    sandbox = replace(context, settings=replace(context.settings, environment="sandbox"))
    found = await connect(sandbox, alice)
    assert found["account"]["environment"] == "sandbox"
    await credentials.access(sandbox, found["account"]["id"])
    with pytest.raises(credentials.NoAccess, match="belongs to the sandbox networks") as none:
        await credentials.access(context, found["account"]["id"])
    assert none.value.problem.code == "environment_mismatch"
    assert (await connect(context, alice))["account"]["id"] != found["account"]["id"]


# --- health -----------------------------------------------------------------------------------------------------------


async def test_health_has_a_row_for_each_account_and_counts_them(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    pasted = await connections.start(context, alice, PASTE)
    await connect(context, alice)
    await credentials.needs_reconnect(context, pasted["account"]["id"], "The key was withdrawn.")
    found = await context.db.read(connections.health, alice, now=NOON)
    assert found["tenant"] == {"id": alice.workspace_id, "name": "Alice"}
    assert found["summary"] == {
        "total": 3,
        "publishable": 2,
        "byProvider": {"pasted": 1, "fakebook": 2},
        "tokenHealth": {"expired": 1, "healthy": 2},
        "tokenRefreshStatus": {"not_supported": 1, "never": 2},
    }
    assert (found["health"]["connectedAccounts"], found["health"]["failingAccounts"]) == (3, 1)
    row = next(row for row in found["connections"] if row["handle"] == "fakebook:@alice")
    assert {
        name: row[name] for name in ("provider", "handle", "publishable", "expiresAt", "tokenRefreshFailureCode")
    } == {
        "provider": "fakebook",
        "handle": "fakebook:@alice",
        "publishable": True,
        "expiresAt": "2026-11-23T14:00:00.000Z",
        "tokenRefreshFailureCode": None,
    }
    assert row["supportedInteractionTypes"] == ["post", "reply"]
    only = await context.db.read(connections.health, alice, "fa", now=NOON)
    assert only["summary"]["byProvider"] == {"fakebook": 2}


@pytest.mark.parametrize(
    ("expires_in", "gives_refresh", "later", "health"),
    [
        (None, True, timedelta(days=900), ("healthy", "not_supported")),
        (7200, True, timedelta(days=1), ("healthy", "never")),
        (30 * 86400, False, timedelta(days=1), ("healthy", "not_supported")),
        (30 * 86400, False, timedelta(days=25), ("expiring", "not_supported")),
        (30 * 86400, False, timedelta(days=30), ("expired", "not_supported")),
    ],
)
async def test_token_health_tells_whether_somebody_has_to_act(
    context: Context,
    alice: Actor,
    network: FakeNetwork,
    expires_in: int | None,
    gives_refresh: bool,
    later: timedelta,
    health: tuple[str, str],
) -> None:
    network.expires_in, network.gives_refresh_token = expires_in, gives_refresh
    await connect(context, alice)
    row = (await context.db.read(connections.health, alice, now=NOON + later))["connections"][0]
    assert (row["tokenHealth"], row["tokenRefreshStatus"]) == health


async def test_a_login_that_ends_although_it_is_renewed_is_warned_of(
    context: Context, alice: Actor, network: FakeNetwork, clock: Clock
) -> None:
    network.login_ends_in = 365 * 86400
    account_id = (await connect(context, alice))["accounts"][0]["id"]
    for days in (200, 364, 366):
        await context.db.write(add_post, alice, account_id, NOON, due_at=NOON + timedelta(days=days))

    async def row() -> dict[str, Any]:
        return (await context.db.read(connections.health, alice, now=clock()))["connections"][0]

    found = await row()
    assert (found["tokenHealth"], found["postsAtRisk"]) == ("healthy", 1)
    assert found["loginEndsAt"] == found["expiresAt"] == "2027-11-23T12:00:00.000Z"
    clock.forward(timedelta(days=360))
    network.login_ends_in = 5 * 86400  # what is left of it is told at each renewal
    await credentials.access(context, account_id)
    found = await row()
    assert (found["tokenHealth"], found["loginEndsAt"]) == ("expiring", "2027-11-23T12:00:00.000Z")


async def test_posts_that_will_meet_a_dead_login_are_counted_days_before(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    network.expires_in, network.gives_refresh_token = 30 * 86400, False
    account_id = (await connect(context, alice))["accounts"][0]["id"]
    for days in (29, 31, 40):
        await context.db.write(add_post, alice, account_id, NOON, due_at=NOON + timedelta(days=days))

    async def at_risk() -> int:
        rows = (await context.db.read(connections.health, alice, now=NOON))["connections"]
        return next(row["postsAtRisk"] for row in rows if row["id"] == account_id)

    assert await at_risk() == 2
    await credentials.needs_reconnect(context, account_id, "The login was withdrawn.")
    assert await at_risk() == 3
    network.gives_refresh_token = True
    await connect(context, alice)
    assert await at_risk() == 0


# --- warned in time ----------------------------------------------------------------------------------------------------


async def test_whoever_schedules_past_the_end_of_a_login_is_told_then(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    network.expires_in, network.gives_refresh_token = 30 * 86400, False
    account = (await connect(context, alice))["accounts"][0]
    days = {"posts": [_due(account["handle"], day) for day in (29, 30, 40)]}

    checked = await context.db.read(runs.validate, alice, days, settings=context.settings, now=NOON)
    applied = await runs.apply_once(context, alice, {**days, "mode": "draft"})
    published = await context.db.write(runs.publish, alice, applied.run["id"], start_at=None, now=NOON)
    shown = await accounts.run_action(context, alice, account["id"], "publish-preview", days["posts"][2])

    (warning,) = checked["warnings"]
    assert (warning["code"], warning["posts"]) == ("login_ends_before", [1, 2])
    assert warning["message"] == (
        "The login of fakebook:@alice ends on 2026-12-23 at 12:00 UTC, before 2 posts are due. "
        "Connect it again before then, or posts wait."
    )
    assert list(applied.warnings) == published["warnings"] == checked["warnings"]
    assert "before this post is due" in shown["resolved"]["warnings"][0]


async def test_nothing_is_warned_of_where_logins_are_renewed(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    account = (await connect(context, alice))["accounts"][0]
    days = {"posts": [_due(account["handle"], 900)]}
    assert (await context.db.read(runs.validate, alice, days, settings=context.settings, now=NOON))["warnings"] == []


async def test_an_account_that_needs_a_new_login_is_warned_of(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    account = (await connect(context, alice))["accounts"][0]
    await credentials.needs_reconnect(context, account["id"], "The login was withdrawn.")
    applied = await runs.apply_once(context, alice, {"posts": [_due(account["handle"], 1)]})
    assert [warning["code"] for warning in applied.warnings] == ["account_needs_reconnect"]


def _due(handle: str, days: int) -> dict[str, Any]:
    return {"account": handle, "description": "Hello", "publish_at": (NOON + timedelta(days=days)).isoformat()}
