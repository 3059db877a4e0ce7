"""Every documented rule of every network, over HTTP: what is taken and what is stored of it, what is refused with which
code, and which of several codes comes first. The rows stand in ``tests/providers/rows``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import providers
from tests.providers.rows import Field, Leading, Refused, Table, Taken, rows
from tests.specs.socialclaw import CODES

from . import test_contract_schedules as schedules
from .conftest import Client, Server, refused
from .connected import Everything, everything

LATER = "2036-06-01T18:00:00Z"
TABLES = [table for said in rows().values() for table in said.tables]
LEADING = [one for said in rows().values() for one in said.leading]


@pytest.fixture(scope="module")
def connected(server: Server) -> Iterator[Everything]:
    client = server.workspace("Everything")
    yield everything(client)
    client.http.close()


def named(table: Table) -> str:
    return f"{table.provider}-{table.account_type}"


def each(name: str) -> list[Any]:
    """The rows of all tables as parameters, each beside its table."""
    return [
        pytest.param(table, row, id=f"{named(table)}-{getattr(row, 'code', name)}-{number}")
        for table in TABLES
        for number, row in enumerate(getattr(table, name))
    ]


def post_of(connected: Everything, table: Table, changes: Mapping[str, Any]) -> dict[str, Any]:
    account = connected.of(table.provider, table.account_type)
    post = {"account": account["handle"], "publish_at": LATER, **table.post, **changes}
    return {name: value for name, value in post.items() if value is not None}


def refusal(client: Client, path: str, post: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The first code and the details of a post that is refused with 422."""
    answer = client.send("POST", path, {"posts": [post]})
    status, code = refused(answer)
    assert status == 422
    return code, answer.json()["details"]


# --- what is taken ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "row"), each("taken"))
def test_what_is_taken_is_stored_and_told_with_its_defaults(connected: Everything, table: Table, row: Taken) -> None:
    client, post = connected.client, post_of(connected, table, row.post)

    told = client.ok("POST", "/v1/posts/validate", {"posts": [post]})
    made = client.ok("POST", "/v1/posts/apply", {"mode": "draft", "posts": [post]})["posts"][0]

    assert told["posts"][0]["settings"] == row.stored
    assert client.post(made["id"])["settings"] == row.stored
    again = client.ok("POST", "/v1/posts/validate", told["schedule"])
    assert again["posts"][0]["settings"] == row.stored, "what was answered means the same when it is sent again"


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "row"), each("refused"))
def test_what_is_refused_is_refused_for_the_first_reason(connected: Everything, table: Table, row: Refused) -> None:
    post = post_of(connected, table, row.post)

    code, details = refusal(connected.client, "/v1/posts/validate", post)

    assert code == row.code
    assert {name: details.get(name) for name in row.details} == row.details
    listed = [issue["code"] for issue in details["issues"]]
    assert listed[0] == row.code
    places = [listed.index(one) for one in (row.code, *row.then)]
    assert places == sorted(set(places)), listed


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_what_is_refused_is_not_applied_either(connected: Everything, table: Table) -> None:
    """One row of each code."""
    client = connected.client
    before = client.ok("GET", "/v1/posts?limit=1")["total"]
    for code, row in {row.code: row for row in table.refused}.items():
        assert refusal(client, "/v1/posts/apply", post_of(connected, table, row.post))[0] == code
    assert client.ok("GET", "/v1/posts?limit=1")["total"] == before


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_an_unknown_setting_is_refused_with_those_that_there_are(connected: Everything, table: Table) -> None:
    settings = {**(table.post.get("settings") or {}), "visibility": "PUBLIC", "anything": None}
    post = post_of(connected, table, {"settings": settings})

    code, details = refusal(connected.client, "/v1/posts/validate", post)

    assert code == table.unknown_setting
    assert set(details["allowedKeys"]) == {*table.unlisted, *(field.id for field in table.fields)}
    assert details["unsupportedKeys"] == ["anything", "visibility"]


@pytest.mark.parametrize("table", TABLES, ids=named)
@pytest.mark.parametrize("settings", ["auto", 3, [1], True])
def test_settings_that_are_no_object_are_refused(connected: Everything, table: Table, settings: Any) -> None:
    post = post_of(connected, table, {"settings": settings})

    assert refusal(connected.client, "/v1/posts/validate", post)[0] == "post_settings_invalid"


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_a_comment_is_possible_nowhere(connected: Everything, table: Table) -> None:
    for word in ("comment", " Comment "):
        post = post_of(connected, table, {"interaction_type": word})
        code, details = refusal(connected.client, "/v1/posts/validate", post)
        assert code == "provider_comment_unsupported"
        assert [issue["code"] for issue in details["issues"]] == [code], "said once"


@pytest.mark.parametrize("table", TABLES, ids=named)
@pytest.mark.parametrize("parent", [None, "post_2", "post_9"])
def test_a_reply_is_possible_where_it_is_said(connected: Everything, table: Table, parent: str | None) -> None:
    """Whether it names a post of the schedule, none, or one that is not there."""
    client = connected.client
    reply = post_of(connected, table, {"interaction_type": "REPLY", "reply_to_step_id": parent})
    answer = client.send("POST", "/v1/posts/validate", {"posts": [reply, post_of(connected, table, {})]})

    if table.no_reply is not None:
        assert refused(answer) == (422, table.no_reply)
    elif parent == "post_2":
        assert answer.json()["posts"][0]["interactionType"] == "reply"
        assert answer.json()["posts"][0]["parentStepId"] == "post_2"
    else:
        assert answer.status_code == 422


# --- what is listed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_the_settings_of_an_account_are_listed(connected: Everything, table: Table) -> None:
    client, account = connected.client, connected.of(table.provider, table.account_type)

    told = client.ok("GET", f"/v1/accounts/{account['id']}/settings")["publishSettings"]

    assert told["supported"] is bool(table.fields)
    assert told["target"] == {"provider": table.provider, "accountType": table.account_type}
    assert (told["publishShape"], told["mediaDelivery"]) == (table.publish_shape, table.media_delivery)
    assert {field["id"]: facts(field) for field in told["fields"]} == {
        field.id: facts_of(field) for field in table.fields
    }
    [capability] = client.ok("GET", f"/v1/accounts/{account['id']}/capabilities")["capabilities"]
    assert capability["publishSettings"] == told
    assert capability["settings"] == told["fields"]


def facts(field: dict[str, Any]) -> dict[str, Any]:
    assert field["label"]
    assert field["description"]
    told = {name: value for name, value in field.items() if name not in ("id", "label", "description")}
    return {**told, "choices": told["choices"]["action"]} if "choices" in told else told


def facts_of(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"type": field.type, "required": field.required}
    options = list(field.options) or None
    more = {"default": field.default, "options": options, "min": field.min, "choices": field.choices}
    return {**found, **{name: value for name, value in more.items() if value is not None}}


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_what_an_account_can_do_agrees_with_its_rows(connected: Everything, table: Table) -> None:
    client, account = connected.client, connected.of(table.provider, table.account_type)

    [capability] = client.ok("GET", f"/v1/accounts/{account['id']}/capabilities")["capabilities"]

    assert capability["canPublish"] is True
    assert capability["workflow"]["supportedInteractionTypes"] == (["post"] if table.no_reply else ["post", "reply"])
    media = capability["input"]["media"]
    assert media["required"] is table.media_required
    assert media["transport"] == table.media_delivery
    most = max(len(row.post.get("assets") or ()) for row in table.taken)
    assert media["maxItems"] == max(most, 1)


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_a_preview_tells_how_it_is_published(connected: Everything, table: Table) -> None:
    client, account = connected.client, connected.of(table.provider, table.account_type)
    post = {name: value for name, value in post_of(connected, table, {}).items() if name != "account"}

    told = client.ok("POST", f"/v1/accounts/{account['id']}/actions/publish-preview", post)["result"]

    assert told["valid"], told["issues"]
    assert (told["resolved"]["publishShape"], told["resolved"]["mediaDelivery"]) == (
        table.publish_shape,
        table.media_delivery,
    )


@pytest.mark.parametrize("one", LEADING, ids=lambda one: one.account_type)
def test_an_account_that_only_leads_to_others_has_no_settings(connected: Everything, one: Leading) -> None:
    client, account = connected.client, connected.of(one.provider, one.account_type)

    told = client.ok("GET", f"/v1/accounts/{account['id']}/settings")["publishSettings"]

    assert (told["supported"], told["fields"], told["discovery"]) == (False, [], {})
    assert told["target"] == {"provider": one.provider, "accountType": one.account_type}
    for handle in (account["handle"], f"{one.handle}9"):  # connected, and told from the handle alone
        post = {"account": handle, "description": "Hello", "settings": {"anything": 1}}
        code, details = refusal(client, "/v1/posts/validate", post)
        assert (code, details["allowedKeys"]) == ("publish_settings_unsupported", [])


# --- the tables themselves --------------------------------------------------------------------------------------------


def test_every_account_type_that_publishes_has_its_table() -> None:
    published = {
        (id, kind.id) for id, one in providers.all_providers().items() for kind in one.accounts if kind.publishable
    }
    leading = {(id, kind.id) for id, one in providers.all_providers().items() for kind in one.accounts if not kind.publishable}  # fmt: skip

    assert {(table.provider, table.account_type) for table in TABLES} == published
    assert {(one.provider, one.account_type) for one in LEADING} == leading


UNREACHABLE = {
    ("schedule", "campaign_graph_post_invalid"): "no stored graph can be inconsistent: it is made from the posts",
    ("schedule", "campaign_graph_required"): "the same",
    ("telegram", "telegram_text_or_media_required"): "post_content_required says it first, also of a campaign's step",
    ("discord", "discord_text_or_media_required"): "post_content_required says it first, also of a campaign's step",
}


def test_every_documented_code_is_driven() -> None:
    driven = {("schedule", code) for code in schedules.driven()} | {("schedule", "publish_settings_unsupported")}
    for table in TABLES:
        codes = {row.code for row in table.refused} | {table.unknown_setting, table.no_reply}
        driven |= {(table.provider, code) for code in codes if code}
    known = {"schedule", *providers.all_providers()}
    documented = {(owner, code) for owner, codes in CODES.items() if owner in known for code in codes}

    assert documented - driven == set(UNREACHABLE)


def test_every_network_of_the_documented_codes_is_one() -> None:
    assert set(providers.all_providers()) <= set(CODES)
