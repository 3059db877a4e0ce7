"""The connection doctor before the networks' copies: what is right is found right, what is wrong is found wrong with the
next click, nothing is changed by looking, and no secret is in what it tells."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

import providers
from backend import credentials, diagnosis
from backend.context import own_connections, utc_now
from backend.models import Base, Connection, LimitWait, RateLevel
from socialclaw_app.doctor import examine
from socialclaw_app.sandbox import SandboxThread
from tests.api.conftest import Client
from tests.api.servers import another

from . import media
from .consent import leave
from .samples import Sample, sample_of, samples
from .test_callback import LOGINS, back, how_of, returned, started
from .test_lifecycle import connected

EVERY = pytest.mark.parametrize("sample", samples().values(), ids=samples())
LEVELS = {"ok", "warn", "bad", "info"}


@pytest.fixture(autouse=True)
def as_it_was(client: Client) -> Iterator[None]:
    """Other tests have the same networks."""
    yield
    for state in client.server.sandbox.networks.values():
        limits = state.limits_enabled
        state.reset()
        state.limits_enabled = limits


def doctor(client: Client, account: Mapping[str, Any]) -> list[dict[str, Any]]:
    return client.ok("GET", f"/v1/connections/{account['connectionId']}/doctor")["findings"]


def only(found: list[dict[str, Any]], id: str, account: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The finding of this kind: about the account, where there are several."""
    mine = [one for one in found if one["id"] == id and (account is None or one["account"] in (None, _named(account)))]
    assert len(mine) == 1, (id, found)
    return mine[0]


def _named(account: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": account["id"], "handle": account["handle"]}


def facts(client: Client, network: str, **changed: Any) -> None:
    httpx2.put(f"{client.server.sandbox.url}/_/{network}/facts", json=changed).raise_for_status()


def rows(client: Client) -> dict[str, list[Any]]:
    """The whole database but what an API key was used for."""
    apart = {"key_usage", "api_keys", "workers", "instance_settings"}

    def read(session: Session) -> dict[str, list[Any]]:
        tables = [table for table in Base.metadata.sorted_tables if table.name not in apart]
        return {table.name: [tuple(row) for row in session.execute(select(table))] for table in tables}

    return client.server.parts.context.db.read_now(read)


# --- nothing is wrong -------------------------------------------------------------------------------------------------


@EVERY
def test_a_fresh_account_is_found_well_and_looking_changes_nothing(client: Client, sample: Sample) -> None:
    account = connected(client, sample)
    state = client.server.sandbox.networks[sample.provider]
    before, memory, shown = rows(client), repr(state.memory), repr(state.posts)

    found = doctor(client, account)

    assert [one for one in found if one["level"] not in ("ok", "info")] == []
    expected = {"token", "network", "clock", "account_type"} | (of_apps(sample.provider) if by_app(sample) else set())
    if sample.provider in ("linkedin", "linkedin_page", "instagram_business"):
        expected -= {"account_type"}  # the networks tell nothing about it that could be wrong
    assert {one["id"] for one in found} >= expected
    assert only(found, "clock")["level"] == only(found, "token")["level"] == "ok"
    assert rows(client) == before, "a doctor run changed a row"
    assert repr(state.memory) == memory, "a doctor run changed something at the network"
    assert repr(state.posts) == shown
    for one in found:
        assert one["level"] in LEVELS
        assert one["title"]
        assert one["next"] is None or ({"label"} < set(one["next"]) and len(one["next"]) == 2)


def by_app(sample: Sample) -> bool:
    """Whether the account is connected at a login page, not by pasted values."""
    return sample.provider in LOGINS and (sample.consent or len(LOGINS[sample.provider].doors) == 1)


def of_apps(id: str) -> set[str]:
    rules = LOGINS[id].app
    told = {"redirect", "client_id", "secret", "scopes", "account"}
    return told | {"app_mode"} if rules is not None and rules.mode is not None else told


@EVERY
def test_no_secret_is_in_what_the_doctor_tells(client: Client, sample: Sample) -> None:
    account = connected(client, sample)
    id, context = sample.provider, client.server.parts.context
    access = asyncio.run(_access(client, account["id"]))
    app = context.settings.provider_app(providers.get(id))
    secrets = {*access.credential.values.values(), *((app.client_secret,) if app else ())}
    secrets -= {access.credential.values.get("username")}
    told = json.dumps(doctor(client, account)) + json.dumps(asyncio.run(_of_app(client, id)) if id in LOGINS else "")
    assert [secret for secret in secrets if secret and secret in told] == []


async def _access(client: Client, account_id: str) -> credentials.Access:
    async with own_connections(client.server.parts.context) as context:
        return await credentials.access(context, account_id)


async def _of_app(client: Client, id: str, **environ: str) -> list[dict[str, Any]]:
    async with own_connections(client.server.parts.context) as context:
        changed = replace(context.settings, environ={**context.settings.environ, **environ})
        return await diagnosis.of_app(replace(context, settings=changed), client.actor, id)


# --- the developer app ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", LOGINS)
def test_a_network_is_asked_whether_it_knows_the_app(client: Client, id: str) -> None:
    before, memory = rows(client), repr(client.server.sandbox.networks[id].memory)
    right = asyncio.run(_of_app(client, id))
    wrong = asyncio.run(_of_app(client, id, **{f"SOCIALCLAW_{id.upper()}_CLIENT_SECRET": "another"}))
    none = asyncio.run(_of_app(client, id, **{f"SOCIALCLAW_{id.upper()}_CLIENT_SECRET": ""}))
    odd = asyncio.run(_of_app(client, id, **{f"SOCIALCLAW_{id.upper()}_CLIENT_ID": "My App"}))

    assert {one["id"]: one["level"] for one in right if one["level"] != "info"} == dict.fromkeys(
        {"redirect", "address", "client_id", "secret", "app", "network", "clock"} | _media(id), "ok"
    )
    assert (only(wrong, "app")["level"], only(wrong, "app")["next"]["path"]) == ("bad", "/settings/networks")
    assert only(none, "secret")["level"] == "bad"
    assert [only(odd, name)["level"] for name in ("client_id", "app")] == ["warn", "bad"]
    assert (rows(client), repr(client.server.sandbox.networks[id].memory)) == (before, memory)


def _media(id: str) -> set[str]:
    return {"media"} if any(one.id == "media" for one in diagnosis.findings.media(LOGINS[id], None)) else set()


@pytest.mark.parametrize("id", LOGINS)
def test_a_network_without_an_app_says_where_to_make_one(client: Client, id: str) -> None:
    found = asyncio.run(_of_app(client, id, **_without_apps(client)))
    finding = only(found, "client_id")
    assert (finding["level"], finding["next"]["url"]) == ("bad", LOGINS[id].app and LOGINS[id].app.console)


def _without_apps(client: Client) -> dict[str, str]:
    known = client.server.parts.context.settings.environ
    return {name: "" for name in known if name.endswith("_CLIENT_ID")}


def test_an_address_that_leads_elsewhere_or_nowhere_is_found(client: Client) -> None:
    async def at(address: str) -> dict[str, Any]:
        async with own_connections(client.server.parts.context) as context:
            changed = replace(context.settings, public_base_url=address)
            return only(await diagnosis.of_app(replace(context, settings=changed), client.actor, "x"), "address")

    assert asyncio.run(at(client.server.url))["level"] == "ok"
    elsewhere = asyncio.run(at(client.server.sandbox.url))
    assert (elsewhere["level"], "not this server" in elsewhere["detail"]) == ("bad", True)
    nowhere = asyncio.run(at("http://127.0.0.1:9"))
    assert (nowhere["level"], "Nobody answers" in nowhere["detail"]) == ("bad", True)


@pytest.mark.parametrize("id", LOGINS)
def test_every_network_with_a_login_page_declares_its_app(id: str) -> None:
    rules = LOGINS[id].app
    assert rules is not None
    assert rules.console.startswith("https://")
    assert rules.mode is None or rules.mode.next.url


# --- something is wrong -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ill:
    network: str
    finding: str
    level: str
    said: str
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    memory: Callable[[Any], None] = lambda memory: None
    user: str = ""

    @property
    def id(self) -> str:
        return f"{self.network}-{self.finding}-{self.level}"


def _rename(memory: Any) -> None:
    memory.users["2244994945"].username = "studio_of_the_sandbox"


def _no_boards(memory: Any) -> None:
    memory.boards.clear()


def _withdraw(memory: Any) -> None:
    memory.tokens.clear()


ILL = (
    Ill(network="x", finding="account_type", level="warn", said="protected", facts={"protected": ["2244994945"]}),
    Ill(network="x", finding="app_mode", level="bad", said="credits", facts={"credits": False}),
    Ill(network="x", finding="account", level="info", said="x:@studio_of_the_sandbox", memory=_rename),
    Ill(network="x", finding="token", level="bad", said="Connect the account again", memory=_withdraw),
    Ill(network="facebook", finding="account_type", level="warn", said="Only its admins", facts={"unpublished": ["104500000000001"]}),
    Ill(network="instagram", finding="account_type", level="bad", said="professional", facts={"personal": ["17841400000000011"]}),
    Ill(network="instagram", finding="quota", level="warn", said="4 of 50 posts", facts={"posted": 46}),
    Ill(network="instagram_business", finding="quota", level="bad", said="0 of 50 posts", facts={"posted": 50}),
    Ill(network="tiktok", finding="account_type", level="warn", said="FOLLOWER_OF_CREATOR", facts={"private": ["-000SandboxOpenId0000000000000000001"]}),
    Ill(network="pinterest", finding="account_type", level="info", said="business accounts only", facts={"pinners": ["549755885175"]}),
    Ill(network="pinterest", finding="account", level="bad", said="does not show it", memory=_no_boards),
    Ill(network="linkedin_page", finding="account", level="bad", said="does not show it", facts={"roles": {"5515715": "ANALYST"}}),
    Ill(network="youtube", finding="account_type", level="info", said="15 minutes", facts={"unverified": ["UCsandbox0000000000000001"]}),
    Ill(network="reddit", finding="account_type", level="bad", said="suspended", facts={"suspended": ["2abcde"]}),
    Ill(network="reddit", finding="account_type", level="warn", said="never confirmed", facts={"unconfirmed": ["2abcde"]}),
    Ill(network="reddit", finding="quota", level="warn", said="16 of 996", facts={"used": 980}),
    Ill(network="wordpress", finding="account_type", level="warn", said="wait for an editor", user="70000002"),
)  # fmt: skip


@pytest.mark.parametrize("ill", ILL, ids=lambda ill: ill.id)
def test_what_is_wrong_with_an_account_is_found(client: Client, ill: Ill) -> None:
    sample = sample_of(ill.network)
    account = connected(client, replace(sample, user=ill.user or sample.user))
    assert ill.finding in ("quota", "account_type") or only(doctor(client, account), ill.finding, account)["level"] in (
        "ok",
        "info",
    )
    if ill.facts:
        facts(client, ill.network, **ill.facts)
    ill.memory(client.server.sandbox.networks[ill.network].memory)

    finding = only(doctor(client, account), ill.finding, account)

    assert finding["level"] == ill.level
    assert ill.said in f"{finding['title']} {finding['detail']}"


def test_a_chat_that_the_bot_may_not_write_to_any_more_is_found(client: Client) -> None:
    account = connected(client, sample_of("telegram"))
    chats = client.server.sandbox.networks["telegram"].memory.chats
    chats[int(account["externalId"])].rights = "no_posting"
    finding = only(doctor(client, account), "account_type", account)
    assert (finding["level"], "the right to post messages" in finding["detail"]) == ("bad", True)


def test_a_webhook_that_is_gone_is_found(client: Client) -> None:
    account = connected(client, sample_of("discord"))
    client.server.sandbox.networks["discord"].memory.webhooks[account["externalId"]].gone = True
    assert [one["id"] for one in doctor(client, account) if one["level"] == "bad"]


@pytest.mark.parametrize(
    ("kind", "level"), [("server_error", "warn"), ("drop_before", "bad"), ("rate_limited", "warn")]
)
@EVERY
def test_a_network_in_trouble_is_told_apart_from_a_login_in_trouble(
    client: Client, sample: Sample, kind: str, level: str
) -> None:
    account = connected(client, sample)
    client.fault(sample.provider, kind=kind, times=50)
    found = doctor(client, account)
    assert only(found, "network")["level"] == level
    assert only(found, "token")["level"] == "ok"
    account_after = client.ok("GET", f"/v1/connections/{account['connectionId']}")["accounts"][0]
    assert account_after["status"] == "connected", "looking ends no login"


@pytest.mark.parametrize("id", [id for id in LOGINS if how_of(id).lost_without])
def test_permissions_that_were_left_out_are_listed(client: Client, id: str) -> None:
    lost = how_of(id).lost_without
    connection = started(client, id)
    back(client, id, returned(connection, user=sample_of(id).user, without=lost))
    found = client.ok("GET", f"/v1/connections/{connection['id']}/doctor")["findings"]
    finding = only(found, "scopes")
    assert (finding["level"], finding["next"]["label"]) == ("warn", "Reconnect")
    assert all(scope in finding["detail"] and sentence in finding["detail"] for scope, sentence in lost.items())


# --- what is known here -----------------------------------------------------------------------------------------------


def change(client: Client, account: Mapping[str, Any], **values: Any) -> None:
    changed = update(Connection).where(Connection.id == account["connectionId"]).values(**values)
    client.server.parts.context.db.write_now(lambda session: session.execute(changed) and None)


def test_a_token_that_has_ended_is_not_renewed_by_looking(client: Client) -> None:
    account = connected(client, sample_of("x"))
    change(client, account, token_expires_at=utc_now() - timedelta(minutes=1))
    calls = client.server.sandbox.networks["x"].calls
    calls.clear()
    found = doctor(client, account)
    assert list(calls) == []
    assert only(found, "network")["level"] == "info"


def test_a_login_that_ends_soon_is_warned_of_with_its_posts(client: Client) -> None:
    account = connected(client, sample_of("linkedin"))
    far = doctor(client, account)
    assert (only(far, "token")["level"], only(far, "token")["endsAt"] is not None) == ("ok", True)
    end = utc_now() + timedelta(days=3)
    change(client, account, token_expires_at=end)
    client.apply(
        {"account": account["handle"], "description": "Later", "publish_at": (end + timedelta(days=1)).isoformat()}
    )
    finding = only(doctor(client, account), "token")
    assert (finding["level"], f"{end:%Y-%m-%d}" in finding["detail"]) == ("warn", True)
    assert "1 post is at risk" in finding["detail"]


def test_an_app_that_is_still_tested_ends_its_logins_after_a_week(client: Client) -> None:
    facts(client, "youtube", testing=True)
    account = connected(client, sample_of("youtube"))
    finding = only(doctor(client, account), "token")
    assert (finding["level"], "Only connecting again" in finding["detail"]) == ("warn", True)


def test_a_renewal_that_does_not_work_out_is_told(client: Client) -> None:
    account = connected(client, sample_of("x"))
    change(client, account, refresh_error="unavailable")
    assert only(doctor(client, account), "token")["level"] == "warn"


def test_a_login_that_has_ended_says_so_and_where_to_go(client: Client) -> None:
    account = connected(client, sample_of("x"))
    context = client.server.parts.context
    asyncio.run(credentials.needs_reconnect(context, account["id"], "X does not accept the login any more."))
    finding = only(doctor(client, account), "token")
    assert (finding["level"], finding["next"]) == ("bad", {"label": "Reconnect", "path": "/accounts"})
    assert "does not accept" in finding["detail"]


def test_what_went_out_from_here_is_counted_where_the_network_does_not_tell(client: Client) -> None:
    account = connected(client, sample_of("x"))
    assert only(doctor(client, account), "quota", account)["detail"].startswith("0 of 100 posts in 15 minutes")

    def used(session: Session) -> None:
        tenth = str(int(utc_now().timestamp() // 90))
        session.add(RateLevel(key=f"account:x:{account['externalId']}:0", counts={tenth: 100}))

    client.server.parts.context.db.write_now(used)
    assert only(doctor(client, account), "quota", account)["level"] == "bad"


def test_a_network_that_asked_to_wait_is_told(client: Client) -> None:
    account = connected(client, sample_of("x"))
    until = utc_now() + timedelta(minutes=5)
    wait = LimitWait(key=f"account:x:{account['externalId']}", until=until, reason="X wants us to slow down.")
    client.server.parts.context.db.write_now(lambda session: session.add(wait))
    finding = only(doctor(client, account), "quota", account)
    assert (finding["level"], f"{until:%H:%M}" in finding["detail"]) == ("warn", True)


def test_the_app_that_made_a_login_must_still_be_there(client: Client) -> None:
    account = connected(client, sample_of("x"))
    change(client, account, client_id="an-app-of-yesterday")
    assert only(doctor(client, account), "client_id")["title"] == "The app is gone"


@pytest.mark.parametrize(
    ("network", "facts_", "settings"),
    [
        ("pinterest", {"access": "trial"}, {}),
        ("tiktok", {"audited": False}, {"privacyLevel": "PUBLIC_TO_EVERYONE"}),
    ],
)
def test_an_app_that_may_not_post_publicly_is_known_by_the_posts_it_was_refused(
    client: Client, network: str, facts_: dict[str, Any], settings: dict[str, Any]
) -> None:
    account = connected(client, sample_of(network))
    assert only(doctor(client, account), "app_mode")["level"] == "info"
    facts(client, network, **facts_)
    content, name, mime = media.of("mp4" if network == "tiktok" else "png")
    asset = client.upload(content, name, mime=mime)
    entry = {
        "account": account["handle"],
        "description": "Hello",
        "settings": settings,
        "assets": [{"id": asset["id"]}],
    }
    post = client.over(client.apply(entry)["posts"][0]["id"])
    assert post["status"] == "failed"

    found = doctor(client, account)

    assert only(found, "app_mode")["level"] == "bad"
    assert only(found, "app_mode")["next"]["url"]
    last = only(found, "last_post", account)
    assert (last["level"], last["next"]["path"]) == ("warn", f"/posts/{post['id']}")


def test_files_that_a_network_cannot_fetch_are_found(client: Client) -> None:
    async def look(environment: str) -> dict[str, Any]:
        async with own_connections(client.server.parts.context) as context:
            live = replace(context, settings=replace(context.settings, environment=environment))
            return only(await diagnosis.of_app(live, client.actor, "instagram"), "media")

    assert asyncio.run(look("sandbox"))["level"] == "ok"
    hidden = asyncio.run(look("live"))
    assert (hidden["level"], "SOCIALCLAW_PUBLIC_BASE_URL" in hidden["next"]["command"]) == ("bad", True)


def test_an_account_that_was_disconnected_is_told_as_that(client: Client) -> None:
    account = connected(client, sample_of("x"))
    client.ok("DELETE", f"/v1/accounts/{account['id']}")
    context = client.server.parts.context
    (finding,) = asyncio.run(diagnosis.of_account(context, client.actor, account["id"]))
    assert (finding["id"], finding["level"]) == ("token", "bad")


def test_a_login_that_nobody_finished_is_told_as_that(client: Client) -> None:
    connection = started(client, "x")
    found = client.ok("GET", f"/v1/connections/{connection['id']}/doctor")["findings"]
    assert only(found, "token")["level"] == "bad"
    assert leave(connection["authorizeUrl"], cancel=True)


# --- for whoever runs the server --------------------------------------------------------------------------------------


def test_the_command_looks_at_every_login_of_every_workspace(tmp_path: Path) -> None:
    with SandboxThread() as own, another(tmp_path, own) as client:
        settings = client.server.parts.context.settings
        connected(client, sample_of("reddit"))
        pasted = connected(client, sample_of("telegram"))
        assert [one.sentence for one in examine(settings) if not one.ok] == []

        facts(client, "reddit", suspended=["2abcde"])
        found = examine(settings)
        (bad,) = [one for one in found if not one.ok]
        assert (bad.mark, bad.what) == ("MEND", "Reddit, Another, reddit:user:sandbox_writer")
        assert "Messages at Reddit: https://www.reddit.com/message/inbox" in bad.sentence
        told = bad.as_json()
        assert (told["network"], told["workspace"], told["id"], told["level"]) == (
            "reddit",
            "Another",
            "account_type",
            "bad",
        )
        assert {one.network["id"] for one in found if one.network and one.network["account"]} >= {"account_type"}
        assert any(one.network.get("account", {}) == _named(pasted) for one in found if one.network)
        assert {one.mark for one in found} == {"ok  ", "note", "MEND"}
