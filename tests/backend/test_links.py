"""Addresses that people copy from a network, read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import providers
from backend import links
from backend.errors import AppError
from backend.links import Link
from providers.contract import JobAccount

BASES = {"api": "http://127.0.0.1:8766/chirp", "auth": "https://login.chirp.example"}


def address(id: str) -> str | None:
    return f"https://chirp.example/i/status/{id}" if id.isdigit() else None


def watched(id: str) -> str:
    return f"https://films.example/watch?v={id}"


def read(written: str, address: links.Address = address) -> Link:
    return links.read(written, address, network="Chirp", bases=BASES)


@pytest.mark.parametrize(
    "written",
    [
        "77",
        "  77 ",
        "https://chirp.example/i/status/77",
        "http://www.chirp.example/i/status/77/",
        "https://mobile.chirp.example/alice/status/77?s=20#top",
        "https://CHIRP.example/alice/status/77",
    ],
)
def test_what_names_the_post_gives_its_id_and_the_networks_own_address(written: str) -> None:
    assert read(written) == Link(id="77", url="https://chirp.example/i/status/77")


def test_an_id_may_stand_behind_a_question_mark() -> None:
    found = read("https://films.example/watch?t=9&v=abc", watched)
    assert found == Link(id="abc", url="https://films.example/watch?v=abc")


@pytest.mark.parametrize(
    "written", ["https://chirp.example/alice/posts/77", "https://chirp.example/", "http://127.0.0.1:8766/chirp/77"]
)
def test_an_address_that_does_not_tell_the_id_is_kept_as_it_is(written: str) -> None:
    assert read(written) == Link(id=None, url=written)


def test_any_host_may_show_the_posts_of_a_network_that_has_no_address_for_them() -> None:
    written = "https://blog.example/2026/tea"
    assert read(written, lambda id: None) == Link(id=None, url=written)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "Paste"),
        ("two words", "Paste"),
        ("x" * 1001, "Paste"),
        ("https://elsewhere.example/i/status/77", "not an address at Chirp"),
        ("https://chirp.example.evil.example/i/status/77", "not an address at Chirp"),
        ("javascript://chirp.example/%0aalert(1)", "not an address"),
        ("https://user:secret@chirp.example/i/status/77", "not an address"),
        ("https://[", "not an address"),
        ("https://chirp.example:port/i/status/77", "not an address"),
    ],
)
def test_what_is_no_address_at_the_network_is_refused(written: str, said: str) -> None:
    with pytest.raises(AppError, match=said) as refused:
        read(written)
    assert refused.value.code == "provider_link_invalid"


@given(st.text(max_size=60) | st.text(max_size=40).map("https://chirp.example/{}".format))
def test_whatever_is_pasted_only_an_address_on_the_web_is_ever_kept(written: str) -> None:
    try:
        found = read(written)
    except AppError:
        return
    assert found.url is None or found.url.startswith(("https://", "http://"))


@pytest.mark.parametrize("name", sorted(providers.all_providers()))
def test_the_address_that_a_network_declares_is_read_back_to_the_id(name: str) -> None:
    provider = providers.get(name)
    meta = {"guildId": "1", "channelId": "2", "username": "alice"}
    account = JobAccount(external_id="1", handle=f"{name}:@alice", account_type=provider.accounts[0].id, meta=meta)
    for id in ("77", "1_77", "urn:li:share:77"):
        own = provider.post_url(id, account)
        if own is not None:
            found = links.read(own, lambda id: provider.post_url(id, account), network=provider.name, bases={})
            assert found == Link(id=id, url=own)
