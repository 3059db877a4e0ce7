"""What is told about an app and a login without asking anybody."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import providers
from backend import diagnosis, findings
from backend.access import Actor
from backend.context import Context
from backend.findings import Refusal
from backend.http import Outgoing
from providers.contract import (
    AppMode,
    AppRules,
    Finding,
    Kind,
    Level,
    OAuth2,
    Problem,
    Provider,
    Response,
    Verdict,
    Way,
)

from .conftest import NOON
from .fake_network import FakeNetwork, providers_of
from .test_connections import connect

MODE = AppMode(title="Mode", detail="Look there.", next=Way(label="There", url="https://x.example"), codes=("trial",))
RULES = AppRules(
    console="https://fakebook.example/apps",
    redirects="Settings, Redirects",
    client_id=r"\d{6}",
    client_id_looks="the App id: six digits",
    mode=MODE,
)


def provider(**rules: Any) -> Provider:
    known = providers_of(FakeNetwork(url="https://fakebook.example"))["fakebook"]
    return replace(known, app=replace(RULES, **rules))


def told(network: Provider, address: str, *, is_copy: bool = False) -> Finding:
    return findings.redirect(network, f"{address}/oauth/fakebook/callback", is_copy)


# --- the redirect address ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "address", "level"),
    [
        ({}, "https://social.example.com", Level.OK),
        ({}, "http://social.example.com", Level.BAD),
        ({"plain": True}, "http://social.example.com", Level.OK),
        ({}, "http://127.0.0.1:8765", Level.BAD),
        ({"loopback": ("127.0.0.1", "localhost")}, "http://127.0.0.1:8765", Level.OK),
        ({"loopback": ("127.0.0.1", "localhost")}, "http://localhost:8765", Level.OK),
        ({"loopback": ("localhost",)}, "http://127.0.0.1:8765", Level.BAD),
        ({"loopback": ("127.0.0.1",)}, "http://localhost:8765", Level.BAD),
        ({"plain": True}, "http://127.0.0.1:8765", Level.BAD),
    ],
)
def test_an_address_that_the_network_refuses_is_known_before_anybody_goes_there(
    rules: dict[str, Any], address: str, level: Level
) -> None:
    finding = told(provider(**rules), address)
    assert finding.level is level
    assert finding.next is not None
    assert (finding.next.command is None) == (level is Level.OK)
    assert told(provider(**rules), address, is_copy=True).level is Level.OK


def test_what_has_to_be_entered_and_where_is_told_to_the_letter() -> None:
    finding = told(provider(), "https://social.example.com")
    assert "https://social.example.com/oauth/fakebook/callback" in finding.detail
    assert "Settings, Redirects" in finding.detail
    assert finding.next is not None
    assert finding.next.url == "https://fakebook.example/apps"


def test_the_name_that_the_network_takes_for_this_machine_comes_with_the_command() -> None:
    finding = told(provider(loopback=("localhost",)), "http://127.0.0.1:8765")
    assert finding.next is not None
    assert finding.next.command == "SOCIALCLAW_PUBLIC_BASE_URL=http://localhost:8765 socialclaw serve"


# --- client id, secret, mode -------------------------------------------------------------------------------------------


def of_app(client_id: str | None, *, has_secret: bool = True, refusals: tuple[Refusal, ...] = ()) -> dict[str, Finding]:
    found = findings.of_app(
        provider(),
        client_id=client_id,
        has_secret=has_secret,
        redirect_uri="https://social.example.com/oauth/fakebook/callback",
        is_copy=False,
        refusals=refusals,
    )
    return {one.id: one for one in found}


def test_an_app_that_is_complete_is_well() -> None:
    found = of_app("123456")
    assert {id: one.level for id, one in found.items()} == {
        "redirect": Level.OK,
        "client_id": Level.OK,
        "secret": Level.OK,
        "app_mode": Level.INFO,
    }


@pytest.mark.parametrize("client_id", ["12345", "1234567", "12345a", " 123456"])
def test_a_client_id_of_another_shape_is_doubted(client_id: str) -> None:
    finding = of_app(client_id)["client_id"]
    assert (finding.level, "six digits" in finding.detail) == (Level.WARN, True)


def test_without_a_secret_nobody_logs_in() -> None:
    assert of_app("123456", has_secret=False)["secret"].level is Level.BAD


def test_without_an_app_the_first_click_is_to_make_one() -> None:
    found = of_app(None)
    assert set(found) == {"client_id", "redirect"}
    assert found["client_id"].level is Level.BAD


def test_a_mode_is_known_by_the_posts_that_were_refused_for_it() -> None:
    other, trial = (
        Refusal(code="other", message="No.", post_id="1"),
        Refusal(code="trial", message="Trial.", post_id="2"),
    )
    assert of_app("123456", refusals=(other,))["app_mode"].level is Level.INFO
    finding = of_app("123456", refusals=(other, trial))["app_mode"]
    assert (finding.level, finding.detail.startswith("A post was refused because of it: Trial.")) == (Level.BAD, True)


def answer(status: int, **body: Any) -> Response:
    return Response(status, {}, body, json.dumps(body))


@pytest.mark.parametrize(
    ("response", "found"),
    [
        (answer(401, error="invalid_client"), ("app", Level.BAD)),
        (answer(400, error="unauthorized_client"), ("app", Level.BAD)),
        (answer(200, error="invalid_client"), ("app", Level.BAD)),
        (answer(400, error="invalid_grant"), ("app", Level.OK)),
        (answer(400, error="invalid_request"), ("app", Level.OK)),
        (answer(400, error="redirect_uri_mismatch"), ("redirect", Level.BAD)),
        (answer(503), ("app", Level.INFO)),
        (Response(200, {}, None, "<html>"), ("app", Level.INFO)),
    ],
)
def test_the_answer_to_a_made_up_code_tells_whether_the_app_is_known(
    response: Response, found: tuple[str, Level]
) -> None:
    (finding,) = findings.knows_app(provider(), response)
    assert (finding.id, finding.level) == found


def test_a_network_may_read_that_answer_in_its_own_way() -> None:
    (finding,) = findings.knows_app(provider(known=lambda response: response.status == 418), answer(418))
    assert finding.level is Level.OK


# --- logins, limits, trouble -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "level"), [(30, Level.OK), (8, Level.OK), (7, Level.WARN), (0, Level.BAD), (-1, Level.BAD)]
)
def test_how_soon_something_ends_decides_how_bad_it_is(days: int, level: Level) -> None:
    end = NOON + timedelta(days=days)
    (finding,) = findings.settled([findings.token(end=end, renewable=True, trouble=None, at_risk=0)], NOON)
    assert finding.level is level
    assert f"{end:%Y-%m-%d}" in finding.detail


def test_posts_at_risk_are_worth_a_warning_long_before() -> None:
    end = NOON + timedelta(days=50)
    (finding,) = findings.settled([findings.token(end=end, renewable=False, trouble=None, at_risk=3)], NOON)
    assert (finding.level, "3 posts are at risk" in finding.detail) == (Level.WARN, True)


def test_the_worst_that_is_known_counts_and_stands_first() -> None:
    def one(id: str, level: Level, title: str) -> Finding:
        return Finding(id=id, level=level, title=title)

    found = findings.settled(
        [
            one("a", Level.OK, "told"),
            one("b", Level.INFO, "a note"),
            one("a", Level.OK, "asked"),
            one("b", Level.OK, "known"),
            one("c", Level.BAD, "first"),
            one("c", Level.OK, "second"),
        ],
        NOON,
    )
    assert [(finding.id, finding.title) for finding in found] == [("c", "first"), ("a", "asked"), ("b", "known")]


@pytest.mark.parametrize(
    ("kind", "code", "id", "level"),
    [
        (Kind.AUTH, "", "token", Level.BAD),
        (Kind.PERMISSION, "", "account", Level.BAD),
        (Kind.NOT_FOUND, "", "account", Level.BAD),
        (Kind.RATE_LIMITED, "", "network", Level.WARN),
        (Kind.UNAVAILABLE, "unavailable", "network", Level.WARN),
        (Kind.UNAVAILABLE, "not_reachable", "network", Level.BAD),
        (Kind.QUOTA, "trial", "app_mode", Level.BAD),
    ],
)
def test_a_refused_question_is_put_where_it_belongs(kind: Kind, code: str, id: str, level: Level) -> None:
    problem = Problem(kind=kind, verdict=Verdict.REFUSED, message="Said.", code=code)
    finding = findings.trouble(provider(), problem)
    assert (finding.id, finding.level) == (id, level)


# --- the clock ---------------------------------------------------------------------------------------------------------


class Wrong:
    """Every network says that it is five minutes later than here."""

    def note(self, host: str, date: str | None, now: Any) -> None:
        pass

    def of(self, host: str) -> timedelta:
        return timedelta(minutes=5)


async def test_a_clock_that_is_wrong_is_found(context: Context, alice: Actor, network: FakeNetwork) -> None:
    account = (await connect(context, alice))["account"]
    levels: list[str] = []
    for clocks in (Wrong(), None):
        async with Outgoing(**({"clocks": clocks} if clocks else {})) as http:  # type: ignore[arg-type]
            found = await diagnosis.of_account(replace(context, http=http), alice, account["id"])
        levels += [one["level"] for one in found if one["id"] == "clock"]
    assert levels == ["bad", "ok"]


async def test_nobody_looks_into_another_workspace(
    context: Context, alice: Actor, bob: Actor, network: FakeNetwork
) -> None:
    account = (await connect(context, alice))["account"]
    for look, id in ((diagnosis.of_account, account["id"]), (diagnosis.of_connection, account["connectionId"])):
        with pytest.raises(Exception, match="There is no"):
            await look(context, bob, id)
    assert await diagnosis.everything(context, bob) != []
    assert {one["network"] for one in await diagnosis.everything(context, bob)} == {"fakebook"}
    assert all(one["account"] is None for one in await diagnosis.everything(context, bob))


async def test_everything_of_a_workspace_is_told_once(context: Context, alice: Actor, network: FakeNetwork) -> None:
    await connect(context, alice)
    found = await diagnosis.everything(context, alice)
    assert isinstance(providers.get("fakebook").connect, OAuth2)
    of_apps = [one["id"] for one in found if one["id"] in diagnosis.OF_THE_APP]
    assert sorted(of_apps) == sorted(set(of_apps))
    assert {one["id"] for one in found} >= {"redirect", "client_id", "secret", "app", "token", "scopes", "account"}
