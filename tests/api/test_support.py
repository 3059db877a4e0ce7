"""Questions to the people who run the server: anybody may ask, not too often, and nobody in another's name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from backend import support
from backend.models import SupportRequest
from tests.specs.socialclaw import errors

from .conftest import Client, refused
from .drivers import browser

QUESTION = {
    "email": "Somebody@Example.com",
    "message": "Wie verbindet man eine Seite? Grüße",
    "pageUrl": "https://example.com/accounts",
    "pageTitle": "Accounts",
    "source": "help",
}


@pytest.fixture(autouse=True)
def forgetful(request: pytest.FixtureRequest) -> None:
    """The server is shared by all tests, and so is the address they come from."""
    support._buckets.clear()  # pyright: ignore[reportPrivateUsage]


@pytest.fixture
def anybody(client: Client) -> Iterator[httpx2.Client]:
    """Without a key and without a session."""
    with httpx2.Client(base_url=client.server.url, timeout=30) as http:
        yield http


def ask(http: httpx2.Client, **changes: Any) -> httpx2.Response:
    return http.post("/v1/support/request", json={**QUESTION, **changes})


def kept(client: Client, request_id: str) -> SupportRequest:
    return client.server.parts.context.db.read_now(lambda session: session.get_one(SupportRequest, request_id))


# --- asking -----------------------------------------------------------------------------------------------------------


def test_anybody_may_ask(client: Client, anybody: httpx2.Client) -> None:
    answer = ask(anybody)

    assert answer.status_code == 201
    assert errors("SupportResponse", answer.json()) == []
    assert answer.json()["request"]["id"].startswith("support_")
    assert "somebody@example.com" in answer.json()["message"]
    row = kept(client, answer.json()["request"]["id"])
    assert (row.email, row.message, row.mailed_at) == ("somebody@example.com", QUESTION["message"], None)
    assert (row.page_url, row.page_title, row.source) == (QUESTION["pageUrl"], "Accounts", "help")
    assert (row.workspace_id, row.user_id) == (None, None)


def test_without_an_address_and_a_session_there_is_no_way_to_answer(anybody: httpx2.Client) -> None:
    assert refused(ask(anybody, email=None)) == (422, "email_required")
    assert refused(ask(anybody, email="  ")) == (422, "email_required")
    assert refused(ask(anybody, email="nobody")) == (422, "email_invalid")
    assert refused(ask(anybody, email="a@b.example\nBcc: c@d.example")) == (422, "email_invalid")


def test_a_message_has_words_and_an_end(anybody: httpx2.Client) -> None:
    assert refused(ask(anybody, message=" \n ")) == (422, "message_required")
    assert refused(ask(anybody, message=None)) == (422, "message_required")
    assert refused(ask(anybody, message="x" * 10_001)) == (422, "message_too_long")
    assert refused(ask(anybody, message=3)) == (400, "bad_request")
    assert ask(anybody, message="x" * 10_000).status_code == 201


def test_who_is_signed_in_needs_no_address(client: Client) -> None:
    http = browser(client)

    answer = ask(http, email=None)

    row = kept(client, answer.json()["request"]["id"])
    assert row.workspace_id == client.actor.workspace_id
    assert row.user_id is not None
    assert row.email.startswith("somebody")


def test_another_site_cannot_ask_in_the_name_of_who_is_signed_in(client: Client) -> None:
    http = browser(client)
    elsewhere = {"Origin": "https://elsewhere.example"}

    unnamed = http.post("/v1/support/request", json={**QUESTION, "email": None}, headers=elsewhere)
    named = http.post("/v1/support/request", json=QUESTION, headers=elsewhere)

    assert refused(unnamed) == (422, "email_required")
    assert kept(client, named.json()["request"]["id"]).user_id is None


def test_too_many_questions_from_one_address_are_refused(anybody: httpx2.Client) -> None:
    answers = [ask(anybody) for _ in range(support.MOST_AN_HOUR)]
    assert {answer.status_code for answer in answers} == {201}
    assert refused(ask(anybody, email="")) == (422, "email_required"), "what is wrong anyway is told first"

    late = ask(anybody)

    assert refused(late) == (429, "rate_limited")
    assert 300 < int(late.headers["Retry-After"]) <= 360
