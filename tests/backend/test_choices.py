"""Settings that are chosen from what the network tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel, Field

import providers
from backend import choices, compositions, connections
from backend.access import Actor
from backend.checking import extra_of, fields_of
from backend.context import Context
from providers.contract import Action, Call, Effect, Flow, JobAccount, Provider, Request, SettingsRules
from providers.contract import choices as declared

from .fake_network import KEY, FakeNetwork
from .test_connections import refused


class Shelf(BaseModel):
    town: str


def shelves(account: JobAccount, wanted: Shelf) -> Flow[Mapping[str, Any]]:
    person = yield Call("me", Request("GET", "/me"), Effect.READ, read=lambda response: response.json)
    if wanted.town == "Closed":
        return {"rows": [], "error": {"message": "nobody is there"}}
    return {"rows": [{"id": 7, "label": f"{person['name']} in {wanted.town}"}, {"id": "8", "label": None}]}


class Settings(BaseModel):
    town: str | None = Field(default=None, title="Town")
    shelf: str | None = Field(
        default=None,
        title="Shelf",
        json_schema_extra=declared("shelves", "rows", name="label", given={"town": "town"}),
    )


@pytest.fixture
async def account(context: Context, alice: Actor, network: FakeNetwork) -> str:
    known = providers.all_providers()
    rules = SettingsRules(model=Settings, parse=lambda raw, draft: dict(raw))
    action = Action(id="shelves", label="Shelves", description="Lists them.", input=Shelf, run=shelves)
    known["pasted"] = replace(known["pasted"], settings={"fakebook_user": rules}, actions=(action,))  # type: ignore[index]
    started = await connections.start(context, alice, {"provider": "pasted", "apiKey": KEY})
    return started["accounts"][0]["id"]


async def test_the_network_says_what_there_is_to_choose(context: Context, alice: Actor, account: str) -> None:
    found = await choices.choices(context, alice, account, "shelf", {"town": "Paris"})

    assert found == [{"value": "7", "name": "Alice in Paris"}, {"value": "8", "name": "8"}]


async def test_nothing_is_asked_before_what_it_depends_on_is_known(
    context: Context, alice: Actor, account: str, network: FakeNetwork
) -> None:
    asked = len(network.asked_with)

    assert await choices.choices(context, alice, account, "shelf", {"town": ""}) == []
    assert len(network.asked_with) == asked


async def test_what_the_network_says_against_it_is_said(context: Context, alice: Actor, account: str) -> None:
    error = await refused(choices.choices(context, alice, account, "shelf", {"town": "Closed"}))

    assert (error.code, "nobody is there" in error.message) == ("choices_unavailable", True)


async def test_only_declared_settings_of_ones_own_accounts_are_asked_for(
    context: Context, alice: Actor, bob: Actor, account: str
) -> None:
    for setting in ("town", "none"):
        assert (await refused(choices.choices(context, alice, account, setting, {}))).code == "setting_unknown"
    assert (await refused(choices.choices(context, bob, account, "shelf", {}))).code == "account_not_found"


async def test_accounts_that_choose_from_what_is_theirs_have_settings_of_their_own(
    context: Context, alice: Actor, account: str
) -> None:
    from backend import accounts

    (found,) = [facts for facts in await context.db.read(accounts.facts, alice) if facts.id == account]

    assert compositions.settings_key(found) == account
    assert next(field for field in fields_of(Settings) if field["id"] == "shelf")["choices"]["action"] == "shelves"


# --- what the networks declare ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", providers.all_providers().values(), ids=lambda provider: provider.id)
def test_every_declared_choice_names_an_action_its_inputs_and_settings_that_are_there(provider: Provider) -> None:
    actions = {action.id: action for action in provider.actions}
    for rules in provider.settings.values():
        for field in rules.model.model_fields.values():
            choice = extra_of(field).get("choices")
            if choice is None:
                continue
            inputs = actions[choice["action"]].input.model_fields
            assert set(choice["given"]) <= set(inputs)
            assert {name for name, field in inputs.items() if field.is_required()} <= set(choice["given"])
            assert set(choice["given"].values()) <= set(rules.model.model_fields)
