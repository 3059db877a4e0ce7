"""Which of several ways to connect somebody means is told by what they send."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import providers
from backend.doors import door_for, read_fields
from backend.errors import AppError
from providers import wordpress
from providers.contract import Manual, OAuth2, Provider, SitePage

from .fake_network import FakeNetwork, providers_of

HOUSED = providers_of(FakeNetwork())["housed"]
ONE_DOOR = [provider for provider in providers_of(FakeNetwork()).values() if len(provider.doors) == 1]


@pytest.mark.parametrize(
    ("sent", "door"),
    [
        ({}, OAuth2),
        ({"siteUrl": ""}, OAuth2),
        ({"siteUrl": None}, OAuth2),
        ({"username": "alice"}, Manual),
        ({"site_url": "https://blog.example"}, SitePage),
        ({"siteUrl": "https://blog.example", "client": "cli", "callbackScheme": "myapp"}, SitePage),
        ({"siteUrl": "https://blog.example", "username": "alice"}, Manual),
        ({"siteUrl": "https://blog.example", "applicationPassword": "abcd"}, Manual),
        ({"siteUrl": "https://blog.example", "username": "alice", "application_password": "abcd"}, Manual),
    ],
)
def test_what_is_sent_tells_the_door(sent: dict[str, Any], door: type[Any]) -> None:
    assert isinstance(door_for(wordpress.PROVIDER, {"provider": "wordpress", **sent}), door)


@given(
    st.dictionaries(
        st.sampled_from(["apiKey", "api_key", "site", "provider", "other"]), st.sampled_from(["", None, "x"])
    )
)
def test_one_door_is_the_door_whatever_is_sent(sent: dict[str, Any]) -> None:
    for provider in ONE_DOOR:
        assert door_for(provider, sent) is provider.connect


@given(st.dictionaries(st.sampled_from(["apiKey", "api_key", "site", "client", "other"]), st.just("x")))
def test_a_door_is_never_passed_over_for_one_that_fewer_values_are_for(sent: dict[str, Any]) -> None:
    door = door_for(HOUSED, sent)
    if "apiKey" in sent or "api_key" in sent:
        assert isinstance(door, Manual)
    else:
        assert isinstance(door, SitePage if "site" in sent else OAuth2)


def test_the_order_of_declaration_does_not_decide() -> None:
    turned = replace(HOUSED, connect=HOUSED.doors[2], other_doors=(HOUSED.doors[1], HOUSED.doors[0]))
    for sent, door in (({}, OAuth2), ({"site": "alice.example"}, SitePage), ({"apiKey": "key-1"}, Manual)):
        assert isinstance(door_for(turned, sent), door)


@pytest.mark.parametrize("provider", providers.all_providers().values(), ids=lambda provider: provider.id)
def test_people_can_tell_the_doors_of_a_network_apart(provider: Provider) -> None:
    doors = provider.doors
    assert len({type(door) for door in doors}) == len(doors), "a way back belongs to the one door of its kind"
    if len(doors) > 1:
        assert len({door.title for door in doors}) == len(doors)
        assert all(door.title and door.about for door in doors)


def test_what_is_missing_is_named_for_the_door_that_was_meant() -> None:
    sent = {"siteUrl": "https://blog.example", "username": "alice"}
    door = door_for(wordpress.PROVIDER, sent)
    assert isinstance(door, Manual)
    with pytest.raises(AppError, match="send also: applicationPassword") as refused:
        read_fields(wordpress.PROVIDER, door, sent, {})
    assert refused.value.code == "connection_fields_invalid"
