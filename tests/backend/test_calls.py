"""What answers mean, and flows that are driven to their end in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from backend.answers import answer_of, secrets_in, secrets_of, without_secrets
from backend.calls import CallFailed, run_flow
from backend.context import Context
from providers.contract import (
    App,
    Call,
    Credential,
    Done,
    Effect,
    Flow,
    FlowError,
    Kind,
    Poll,
    Problem,
    Provider,
    Request,
    Response,
    Verdict,
    Wait,
)

from .conftest import NOON, Clock
from .fake_network import KEY, FakeNetwork, providers_of

CALL = Call("make", Request("POST", "/x"), Effect.ONCE, read=lambda response: {"id": response.json["id"]})


@pytest.fixture
def provider(network: FakeNetwork) -> Provider:
    return providers_of(network)["pasted"]


def response(status: int, body: Any) -> Response:
    return Response(status, {}, body, "")


async def run(context: Context, provider: Provider, flow: Flow[Any], key: str = KEY) -> Any:
    hosts = context.settings.provider_hosts(provider)
    return await run_flow(context, provider, flow, credential=Credential({"access_token": key}), app=App(), bases=hosts)


# --- one answer -------------------------------------------------------------------------------------------------------


def test_an_answer_becomes_what_read_takes_from_it(provider: Provider) -> None:
    assert answer_of(provider, CALL, response(201, {"id": "9", "more": "not kept"})) == {"id": "9"}


@pytest.mark.parametrize("body", [None, {}, [], "text", 7])
def test_a_success_that_cannot_be_read_says_nothing_about_what_happened(provider: Provider, body: Any) -> None:
    problem = answer_of(provider, CALL, response(200, body))
    assert isinstance(problem, Problem)
    assert (problem.kind, problem.verdict) == (Kind.UNKNOWN, Verdict.UNKNOWN)


@pytest.mark.parametrize("status", [100, 301, 302, 307])
def test_a_redirect_says_nothing_about_what_happened(provider: Provider, status: int) -> None:
    problem = answer_of(provider, CALL, response(status, {"id": "9"}))
    assert isinstance(problem, Problem)
    assert problem.verdict is Verdict.UNKNOWN


TOKEN = "1//se+cret of=the account"


def repeating(text: str, **more: Any) -> Problem:
    return Problem(kind=Kind.UNKNOWN, verdict=Verdict.UNKNOWN, message=text, **more)


@pytest.mark.parametrize("written", [TOKEN, quote(TOKEN, safe=""), quote_plus(TOKEN)])
def test_a_secret_that_a_network_repeats_is_not_kept(provider: Provider, written: str) -> None:
    said = repeating(
        f"Not found: /bot{written}/send", code="gone", data={"asked": [f"token {written}", 3], written: None}
    )
    for problem in (
        answer_of(replace(provider, read_error=lambda response: said), CALL, response(404, None), [TOKEN]),
        answer_of(provider, replace(CALL, read=lambda response: said), response(200, {}), [TOKEN]),
    ):
        assert problem == repeating("Not found: /bot…/send", code="gone", data={"asked": ["token …", 3], "…": None})


def test_an_error_that_is_accepted_repeats_no_secret_either(provider: Provider) -> None:
    strict = replace(provider, read_error=lambda response: repeating(f"No {TOKEN}", code="gone"))
    answer = answer_of(strict, replace(CALL, accepts=("gone",)), response(404, None), [TOKEN])
    assert answer == {"problem": "gone", "message": "No …", "data": None}


def test_what_is_too_short_for_a_secret_stays_and_what_is_too_long_for_a_code_goes(provider: Provider) -> None:
    said = repeating("alice may not", code="x" * 81)
    assert without_secrets(said, ["alice", ""]) == repeating("alice may not", code="unexpected_answer")


def test_an_address_that_was_given_out_for_an_upload_is_a_secret() -> None:
    session = "AHxI1nMdUnnYaDMXRtqx3oOz"
    given_out = Request("PUT", f"https://upload.example/v3/{session}/parts?upload_id={session[::-1]}&part=1")
    of_ours = Request("GET", f"/posts/{session}")
    assert secrets_of(given_out, Credential({}), App()) == ("", session, session[::-1])
    assert session not in secrets_of(of_ours, Credential({}), App())


def test_the_secrets_of_a_request_are_those_that_sign_it() -> None:
    signed = Request("POST", "/x", headers={"authorization": "Basic YWxpY2U6c2VjcmV0"}, form={"code": "c0de", "n": 1})
    credential, app = Credential({"access_token": TOKEN}), App("mine", "its secret")
    assert set(secrets_of(signed, credential, app)) == {TOKEN, "its secret", "YWxpY2U6c2VjcmV0"}
    assert set(secrets_in(signed)) == {"c0de", "YWxpY2U6c2VjcmV0"}


def test_an_error_is_the_networks_verdict_even_in_a_success(provider: Provider) -> None:
    refusal = Problem(kind=Kind.DUPLICATE, verdict=Verdict.REFUSED, message="Again?", code="again", data={"id": "8"})
    strict = replace(provider, read_error=lambda response: refusal)
    assert answer_of(strict, CALL, response(200, {"id": "9"})) == refusal
    accepting = replace(CALL, accepts=("again",))
    assert answer_of(strict, accepting, response(400, None)) == {
        "problem": "again",
        "message": "Again?",
        "data": {"id": "8"},
    }


def test_a_problem_without_a_code_is_never_accepted(provider: Provider) -> None:
    nameless = Problem(kind=Kind.UNKNOWN, verdict=Verdict.UNKNOWN, message="?")
    strict = replace(provider, read_error=lambda response: nameless)
    assert answer_of(strict, replace(CALL, accepts=("",)), response(500, None)) == nameless


# --- whole flows ------------------------------------------------------------------------------------------------------


def ask_me(name: str = "me") -> Call:
    return Call(name, Request("GET", "/me"), Effect.READ, read=lambda answer: answer.json)


async def test_a_flow_is_fed_its_answers_and_signed(context: Context, provider: Provider, network: FakeNetwork) -> None:
    def flow() -> Flow[str]:
        first = yield ask_me("first")
        second = yield ask_me("second")
        return f"{first['name']} {second['id']}"

    assert await run(context, provider, flow()) == "Alice 7"
    assert network.asked_with == [f"Bearer {KEY}"] * 2


async def test_a_refusal_ends_the_flow(context: Context, provider: Provider, network: FakeNetwork) -> None:
    def flow() -> Flow[Any]:
        yield ask_me("first")
        return (yield ask_me("second"))

    with pytest.raises(CallFailed) as failed:
        await run(context, provider, flow(), "wrong")
    assert (failed.value.problem.kind, failed.value.problem.code) == (Kind.AUTH, "fake_refused")
    assert len(network.asked_with) == 1


async def test_a_refusal_that_the_flow_accepts_is_an_answer(context: Context, provider: Provider) -> None:
    def flow() -> Flow[Any]:
        return (yield replace(ask_me(), accepts=("fake_refused",)))

    answer: Mapping[str, Any] = await run(context, provider, flow(), "wrong")
    assert answer["problem"] == "fake_refused"


async def test_a_flow_may_end_itself(context: Context, provider: Provider) -> None:
    problem = Problem(kind=Kind.PERMISSION, verdict=Verdict.REFUSED, message="Not an admin.")

    def flow() -> Flow[Any]:
        yield ask_me()
        raise FlowError(problem)

    with pytest.raises(CallFailed) as failed:
        await run(context, provider, flow())
    assert failed.value.problem == problem


async def test_a_network_that_is_away_is_told_apart_from_one_that_refuses(context: Context, provider: Provider) -> None:
    def flow() -> Flow[Any]:
        return (yield ask_me())

    away = replace(provider, hosts={"api": "http://127.0.0.1:9"})
    with pytest.raises(CallFailed) as failed:
        await run(context, away, flow())
    assert (failed.value.problem.kind, failed.value.problem.verdict) == (Kind.UNAVAILABLE, Verdict.REFUSED)


async def test_a_poll_asks_until_it_is_done(context: Context, provider: Provider, network: FakeNetwork) -> None:
    answers = [Wait(0.0), Wait(0.0), Done("ready")]

    def flow() -> Flow[Any]:
        return (
            yield Poll(
                "state", Request("GET", "/me"), read=lambda answer: answers.pop(0), until=NOON + timedelta(hours=1)
            )
        )

    assert await run(context, provider, flow()) == "ready"
    assert len(network.asked_with) == 3


async def test_a_poll_ends_at_its_deadline(context: Context, provider: Provider, clock: Clock) -> None:
    def read(answer: Response) -> Wait:
        clock.forward(timedelta(minutes=30))
        return Wait(0.0)

    def flow() -> Flow[Any]:
        return (yield Poll("state", Request("GET", "/me"), read=read, until=NOON + timedelta(hours=1)))

    with pytest.raises(CallFailed, match="did not finish in time"):
        await run(context, provider, flow())


async def test_a_flow_without_an_end_is_ended(context: Context, provider: Provider, network: FakeNetwork) -> None:
    def flow() -> Flow[Any]:
        while True:
            yield ask_me()

    with pytest.raises(CallFailed, match="did not come to an end"):
        await run(context, provider, flow())
    assert len(network.asked_with) == 200


async def test_a_flow_that_cannot_read_what_it_was_answered_fails_as_if_the_answer_could_not_be_read(
    context: Context, provider: Provider
) -> None:
    def flow() -> Flow[Any]:
        found = yield Call("me", Request("GET", "/me"), Effect.READ, read=lambda response: {})
        return found["nothing"]

    with pytest.raises(CallFailed) as caught:
        await run(context, provider, flow())
    assert caught.value.problem.code == "unreadable_answer"
