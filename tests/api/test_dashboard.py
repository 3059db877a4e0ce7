"""The routes of people at a browser: what they answer, and whom they refuse."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from backend import users, workspaces
from backend.access import Role
from backend.context import utc_now
from backend.models import Membership, Post, SignIn, User
from socialclaw_app.app import create_app
from socialclaw_app.parts import open_parts
from socialclaw_app.sandbox import SandboxThread
from socialclaw_app.serving import ServerThread, free_port
from tests.specs.socialclaw import errors

from .conftest import Client, Server, refused
from .files import image

LATER = "2036-06-01T18:00:00.000Z"
UPLOAD = {"filename": "a.png", "mime": "image/png", "contentBase64": base64.b64encode(image()).decode()}
_chats = itertools.count(800_000)


@pytest.fixture
def browser(client: Client) -> Iterator[Client]:
    """The owner of the workspace, signed in."""
    found = client.browser()
    yield found
    found.http.close()


@pytest.fixture
def viewer(client: Client) -> Iterator[Client]:
    found = client.browser(Role.VIEWER)
    yield found
    found.http.close()


def paste() -> dict[str, Any]:
    token = "110201543:SANDBOX_half_of_a_token_nobody_may_see"
    return {"provider": "telegram", "botToken": token, "chatId": f"@chat_{next(_chats)}"}


def composed(account: str, /, **fields: Any) -> dict[str, Any]:
    return {"text": "Doors open at nine.", "account": account, "publishAt": LATER} | fields


def scheduled(client: Client, account: str, **fields: Any) -> dict[str, Any]:
    return client.apply({"account": account, "description": "Later.", "publish_at": LATER, **fields})["posts"][0]


def doubtful(client: Client, account: str) -> dict[str, Any]:
    """A post of which nobody knows whether it is out."""
    post = scheduled(client, account)
    values = {"status": "failed", "error_code": "publish_outcome_unknown", "error": "Nobody knows."}
    alter(client, Post, post["id"], **values)
    return post


def alter(client: Client, model: Any, id: str, **values: Any) -> None:
    """Put a row into a state that takes long to come by itself."""

    def change(session: Any) -> None:
        session.execute(update(model).where(model.id == id).values(**values))

    client.server.parts.context.db.write_now(change)


# --- every route ------------------------------------------------------------------------------------------------------


Arrange = Callable[[Client], tuple[str, Any]]
"""Makes what the route needs; its address and its body."""


def at(path: str, body: Any = None) -> Arrange:
    return lambda client: (path, body)


def account_id(client: Client) -> str:
    return client.telegram()["id"]


def post_id(client: Client) -> str:
    return scheduled(client, client.telegram()["handle"])["id"]


def key_id(client: Client) -> str:
    return client.ok("POST", "/v1/keys", {"label": "Another"})["key"]["id"]


READS: dict[tuple[str, str], tuple[str, Arrange]] = {
    ("GET", "/accounts"): ("AccountsResponse", lambda client: (account_id(client) and "/accounts", None)),
    ("GET", "/accounts/{account_id}/publish-settings"): (
        "PublishSettingsResponse",
        lambda client: (f"/accounts/{account_id(client)}/publish-settings", None),
    ),
    ("GET", "/connections/{connection_id}"): (
        "ConnectionResponse",
        lambda client: (f"/connections/{client.telegram()['connectionId']}", None),
    ),
    ("GET", "/posts"): ("PostsResponse", lambda client: (post_id(client) and "/posts", None)),
    ("GET", "/assets"): ("AssetsResponse", lambda client: (client.upload(image()) and "/assets", None)),
    ("GET", "/keys"): ("KeysResponse", at("/keys")),
}
PUBLISHES: dict[tuple[str, str], tuple[str, Arrange]] = {
    ("POST", "/compose"): ("RunResponse", lambda client: ("/compose", composed(client.telegram()["handle"]))),
    ("PATCH", "/posts/{post_id}"): ("PostResponse", lambda client: (f"/posts/{post_id(client)}", {"text": "Another."})),
    ("DELETE", "/posts/{post_id}"): ("PostResponse", lambda client: (f"/posts/{post_id(client)}", None)),
    ("POST", "/posts/{post_id}/reconcile"): (
        "PostResponse",
        lambda client: (f"/posts/{post_id(client)}/reconcile", None),
    ),
    ("POST", "/assets/upload"): ("AssetResponse", at("/assets/upload", UPLOAD)),
    ("DELETE", "/assets/{asset_id}"): (
        "AssetResponse",
        lambda client: (f"/assets/{client.upload(image())['id']}", {"retentionDays": 7}),
    ),
}
MANAGES: dict[tuple[str, str], tuple[str, Arrange]] = {
    ("DELETE", "/accounts/{account_id}"): (
        "ConnectionResponse",
        lambda client: (f"/accounts/{account_id(client)}", None),
    ),
    ("POST", "/connections/start"): ("ConnectionResponse", lambda client: ("/connections/start", paste())),
    ("POST", "/keys"): ("KeyCreateResponse", at("/keys", {"label": "Scheduler", "kind": "personal"})),
    ("DELETE", "/keys/{key_id}"): ("KeyCreateResponse", lambda client: (f"/keys/{key_id(client)}", None)),
    ("POST", "/keys/{key_id}/rotate"): ("KeyCreateResponse", lambda client: (f"/keys/{key_id(client)}/rotate", None)),
}
WRITES = {**PUBLISHES, **MANAGES}
ALL = {**READS, **WRITES}
CREATED = {"/compose", "/connections/start", "/assets/upload", "/keys"}


def title(route: tuple[str, str]) -> str:
    return " ".join(route)


@pytest.mark.parametrize("route", ALL, ids=title)
def test_every_route_answers_as_documented(client: Client, browser: Client, route: tuple[str, str]) -> None:
    schema, arrange = ALL[route]
    path, body = arrange(client)

    answer = browser.send(route[0], f"/v1/dashboard{path}", body)

    assert answer.status_code == (201 if route[0] == "POST" and route[1] in CREATED else 200), answer.text
    assert errors(schema, answer.json()) == []


@pytest.mark.parametrize("route", ALL, ids=title)
def test_without_a_session_no_route_tells_or_does_anything(client: Client, route: tuple[str, str]) -> None:
    path, body = ALL[route][1](client)
    nobody = client.server.stranger()

    assert nobody.refused(route[0], f"/v1/dashboard{path}", body) == (401, "session_required")
    assert client.refused(route[0], f"/v1/dashboard{path}", body) == (401, "session_required"), "a key is no session"
    nobody.http.close()


@pytest.mark.parametrize("route", WRITES, ids=title)
def test_a_viewer_changes_nothing(client: Client, viewer: Client, route: tuple[str, str]) -> None:
    path, body = WRITES[route][1](client)

    assert viewer.refused(route[0], f"/v1/dashboard{path}", body) == (403, "forbidden")


@pytest.mark.parametrize("route", READS, ids=title)
def test_a_viewer_reads(client: Client, viewer: Client, route: tuple[str, str]) -> None:
    path, _ = READS[route][1](client)

    assert viewer.ok("GET", f"/v1/dashboard{path}")["ok"] is True


@pytest.mark.parametrize("route", MANAGES, ids=title)
def test_an_editor_manages_neither_keys_nor_connections(client: Client, route: tuple[str, str]) -> None:
    path, body = MANAGES[route][1](client)
    editor = client.browser(Role.EDITOR)

    assert editor.refused(route[0], f"/v1/dashboard{path}", body) == (403, "forbidden")
    editor.http.close()


@pytest.mark.parametrize("route", PUBLISHES, ids=title)
def test_an_editor_publishes(client: Client, route: tuple[str, str]) -> None:
    path, body = PUBLISHES[route][1](client)
    editor = client.browser(Role.EDITOR)

    assert editor.ok(route[0], f"/v1/dashboard{path}", body)["ok"] is True
    editor.http.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://["},
    ],
    ids=str,
)
def test_what_another_site_sends_changes_nothing(client: Client, browser: Client, headers: dict[str, str]) -> None:
    for (method, _), (_, arrange) in WRITES.items():
        path, body = arrange(client)
        answer = browser.refused(method, f"/v1/dashboard{path}", body, headers=headers)
        assert answer == (403, "origin_forbidden"), path


def test_what_our_own_page_sends_is_done(browser: Client) -> None:
    for headers in ({"Origin": browser.server.url}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        browser.ok("POST", "/v1/dashboard/keys", {"label": "Mine"}, headers=headers)


def test_a_session_is_no_key(browser: Client) -> None:
    for method, path in (("GET", "/v1/posts"), ("GET", "/v1/keys"), ("POST", "/v1/posts/apply")):
        assert browser.refused(method, path) == (401, "auth_missing")


# --- the session ------------------------------------------------------------------------------------------------------


def test_the_session_route_tells_who_is_signed_in_and_where(client: Client, viewer: Client) -> None:
    answer = viewer.ok("GET", "/v1/dashboard/session")

    assert answer["authenticated"] is True
    assert answer["user"]["id"] == viewer.actor.user_id
    assert answer["tenant"]["id"] == client.actor.workspace_id
    assert answer["membership"] == {"role": "viewer", "workspaceId": client.actor.workspace_id}
    assert errors("DashboardSessionResponse", answer) == []


def test_a_stranger_is_told_to_be_none(server: Server) -> None:
    nobody = server.stranger()

    answer = nobody.ok("GET", "/v1/dashboard/session")

    assert answer == {"ok": True, "authenticated": False, "user": None, "tenant": None, "membership": None}
    assert errors("DashboardSessionResponse", answer) == []
    nobody.http.close()


def session_row(browser: Client, **values: Any) -> None:
    def change(session: Any) -> None:
        session.execute(update(SignIn).where(SignIn.user_id == browser.actor.user_id).values(**values))

    browser.server.parts.context.db.write_now(change)


def _signed_out(browser: Client) -> None:
    assert browser.send("POST", "/auth/logout", {}).status_code == 200


def _revoked(browser: Client) -> None:
    browser.server.parts.context.db.write_now(users.sign_out_everywhere, browser.actor.user_id or "", utc_now())


def _ran_out(browser: Client) -> None:
    session_row(browser, expires_at=utc_now())


def _idle(browser: Client) -> None:
    session_row(
        browser, last_seen_at=utc_now() - timedelta(days=browser.server.parts.context.settings.session_idle_days)
    )


def _disabled(browser: Client) -> None:
    alter(browser, User, browser.actor.user_id or "", disabled_at=utc_now())


def _removed(browser: Client) -> None:
    def remove(session: Any) -> None:
        session.delete(session.get_one(Membership, (browser.actor.workspace_id, browser.actor.user_id)))

    browser.server.parts.context.db.write_now(remove)


@pytest.mark.parametrize(
    "end", [_signed_out, _revoked, _ran_out, _idle, _disabled, _removed], ids=lambda end: end.__name__.strip("_")
)
def test_a_session_that_ended_ends_with_the_next_request(browser: Client, end: Callable[[Client], None]) -> None:
    kept = dict(browser.http.cookies)
    assert browser.ok("GET", "/v1/dashboard/posts")["posts"] == []

    end(browser)
    browser.http.cookies.update(kept)

    assert browser.refused("GET", "/v1/dashboard/posts") == (401, "session_required")
    assert browser.ok("GET", "/v1/dashboard/session")["authenticated"] is False


def test_a_member_with_a_smaller_role_may_less_with_the_next_request(browser: Client) -> None:
    browser.ok("POST", "/v1/dashboard/keys", {"label": "Still an owner"})

    def demote(session: Any) -> None:
        session.get_one(Membership, (browser.actor.workspace_id, browser.actor.user_id)).role = Role.VIEWER

    browser.server.parts.context.db.write_now(demote)

    assert browser.refused("POST", "/v1/dashboard/keys", {"label": "Not any more"}) == (403, "forbidden")
    assert browser.ok("GET", "/v1/dashboard/session")["membership"]["role"] == "viewer"


def test_a_cookie_that_was_tampered_with_signs_nobody_in(browser: Client) -> None:
    value = browser.http.cookies["socialclaw_session"]
    browser.http.cookies.clear()

    for tampered in (
        value[:-2] + ("aa" if value[-2:] != "aa" else "bb"),
        "x",
        base64.b64encode(b'{"sid": "x"}').decode(),
    ):
        answer = browser.send("GET", "/v1/dashboard/posts", headers={"Cookie": f"socialclaw_session={tampered}"})
        assert refused(answer) == (401, "session_required")


def test_signing_in_again_changes_the_cookie_and_ends_the_session_before(client: Client, browser: Client) -> None:
    before = browser.http.cookies["socialclaw_session"]
    db = client.server.parts.context.db
    link = db.write_now(
        users.make_link, user_id=browser.actor.user_id, workspace_id=client.actor.workspace_id, now=utc_now()
    )

    assert browser.send("GET", f"/auth/link/{link}").status_code == 303

    assert browser.http.cookies["socialclaw_session"] != before
    assert browser.ok("GET", "/v1/dashboard/session")["authenticated"] is True
    nobody = client.server.stranger()
    old = nobody.send("GET", "/v1/dashboard/posts", headers={"Cookie": f"socialclaw_session={before}"})
    assert refused(old) == (401, "session_required")
    nobody.http.close()


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(client: Client, browser: Client) -> None:
    db = client.server.parts.context.db
    link = db.write_now(users.make_link, user_id=browser.actor.user_id, workspace_id=None, now=utc_now())

    cookie = browser.send("GET", f"/auth/link/{link}").headers["set-cookie"].lower()

    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie, "this server speaks plain HTTP"


def test_behind_tls_the_cookie_is_for_tls_only_whatever_the_headers_say(
    server: Server, sandbox: SandboxThread, tmp_path: Any
) -> None:
    port = free_port("127.0.0.1", 0)
    settings = replace(
        server.parts.context.settings,
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'other.db'}",
        public_base_url="https://social.example",
    )
    with open_parts(settings) as parts:
        now, db = utc_now(), parts.context.db
        user = db.write_now(users.create, email="alice@example.com", password="a long enough password", now=now)
        db.write_now(_own_workspace, user.id)
        running = ServerThread(create_app(parts, pages=False, worker=False), host="127.0.0.1", port=port)
        running.start()
        try:
            cookies = [
                _cookie_of(port, {"email": "alice@example.com", "password": "a long enough password"}, headers)
                for headers in ({}, {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Proto": "https"})
            ]
        finally:
            running.stop()

    assert ["secure" in cookie.lower() for cookie in cookies] == [True, True, True]


def _own_workspace(session: Any, user_id: str) -> None:
    row = workspaces.create(session, name="Alice", now=utc_now())
    workspaces.add_member(session, row.id, user_id, Role.OWNER, utc_now())


def _cookie_of(port: int, body: dict[str, str], headers: dict[str, str]) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/auth/login", json.dumps(body), {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    connection.close()
    return answer.headers["set-cookie"]


# --- composing --------------------------------------------------------------------------------------------------------


def test_one_text_goes_to_several_accounts_each_with_settings_of_its_own(client: Client, browser: Client) -> None:
    telegram, discord = client.telegram()["handle"], client.discord()["id"]

    answer = browser.ok(
        "POST",
        "/v1/dashboard/compose",
        {
            "title": "Launch",
            "text": "We are open.",
            "timezone": "Europe/Berlin",
            "publishAt": "2036-06-01T18:00:00",
            "targets": [
                {"account": telegram, "settings": {"disableNotification": True}},
                {"accountHandle": discord},
            ],
        },
    )

    assert answer["duplicate"] is False
    assert (answer["run"]["mode"], answer["run"]["totalPosts"], answer["run"]["source"]) == ("scheduled", 2, "compose")
    first, second = answer["posts"]
    assert (first["account"], second["accountId"]) == (telegram, discord)
    assert {post["publishAtUtc"] for post in answer["posts"]} == {"2036-06-01T16:00:00.000Z"}
    assert {(post["name"], post["description"], post["status"]) for post in answer["posts"]} == {
        ("Launch", "We are open.", "scheduled")
    }
    assert first["settings"]["disableNotification"] is True
    assert "disableNotification" not in second["settings"]


def test_publish_now_sends_it_at_once_whatever_the_time_says(client: Client, browser: Client, telegram: str) -> None:
    answer = browser.ok("POST", "/v1/dashboard/compose", composed(telegram, text="At once.", publishNow=True))

    assert client.over(answer["posts"][0]["id"])["status"] == "published"
    assert len(client.received("telegram", "At once.")) == 1


def test_without_a_time_it_is_a_draft(client: Client, browser: Client, telegram: str) -> None:
    answer = browser.ok("POST", "/v1/dashboard/compose", composed(telegram, publishAt=None))

    assert (answer["run"]["status"], answer["posts"][0]["status"]) == ("draft", "draft")


@pytest.mark.parametrize("when", [{"publishAt": LATER}, {"publishAt": None}, {"publishNow": True}], ids=str)
def test_a_campaign_name_makes_a_campaign_whose_name_is_not_published(
    client: Client, browser: Client, telegram: str, when: dict[str, Any]
) -> None:
    body = composed(
        telegram, campaignName="Launch", targets=[{"account": telegram}, {"account": client.discord()["handle"]}]
    )

    answer = browser.ok("POST", "/v1/dashboard/compose", {**body, **when})

    assert answer["sourceModel"] == "campaigns_v2"
    assert [post["campaignName"] for post in answer["posts"]] == ["Launch", "Launch"]
    graph = client.ok("GET", f"/v1/runs/{answer['run']['id']}/campaign")["campaign"]
    assert (graph["totalCampaigns"], graph["totalTargets"]) == (1, 2)
    if "publishNow" in when:
        assert client.over(answer["posts"][0]["id"])["status"] == "published"
        assert client.received("telegram", "Doors open at nine.")


def test_the_same_key_composes_once(browser: Client, telegram: str) -> None:
    body = composed(telegram, idempotencyKey="launch-1")

    first = browser.ok("POST", "/v1/dashboard/compose", body)
    again = browser.send("POST", "/v1/dashboard/compose", body)

    assert again.status_code == 200
    assert (again.json()["duplicate"], again.json()["run"]["id"]) == (True, first["run"]["id"])


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"account": None}, (422, "account_required")),
        ({"targets": [{}]}, (422, "account_required")),
        ({"targets": ["telegram:@x"]}, (422, "account_required")),
        ({"account": "telegram:@nobody"}, (422, "account_not_connected")),
        ({"text": ""}, (422, "post_content_required")),
        ({"text": "x" * 5000}, (422, "text_too_long")),
        ({"text": {"no": "text"}}, (422, "post_invalid")),
        ({"publishAt": "soon"}, (422, "invalid_publish_time")),
        ({"timezone": "Mars/Olympus"}, (422, "timezone_invalid")),
        ({"assets": "https://example.com/a.png"}, (422, "asset_invalid")),
        ({"assets": [{"id": "asset_of_nobody"}]}, (422, "asset_url_required")),
        ({"settings": {"colour": "red"}}, (422, "telegram_settings_unsupported")),
        ({"publishNow": "yes"}, (400, "bad_request")),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_text_is_told_as_for_schedules(
    client: Client, browser: Client, telegram: str, fields: dict[str, Any], answer: tuple[int, str]
) -> None:
    assert browser.refused("POST", "/v1/dashboard/compose", composed(telegram, **fields)) == answer
    assert client.ok("GET", "/v1/posts")["total"] == 0


def test_an_account_that_stands_there_twice_is_refused_rather_than_posted_to_twice(
    client: Client, browser: Client, telegram: str
) -> None:
    targets = [{"account": telegram}, {"account": telegram.upper()}]

    answer = browser.refused("POST", "/v1/dashboard/compose", composed(telegram, targets=targets))

    assert answer == (422, "campaign_target_invalid")


# --- changing a post --------------------------------------------------------------------------------------------------


def change(browser: Client, post: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return browser.ok("PATCH", f"/v1/dashboard/posts/{post['id']}", fields)["post"]


def refused_change(browser: Client, post: dict[str, Any], **fields: Any) -> tuple[int, str]:
    return browser.refused("PATCH", f"/v1/dashboard/posts/{post['id']}", fields)


def test_a_change_replaces_what_it_names(client: Client, browser: Client, telegram: str) -> None:
    post = scheduled(client, telegram, name="Old", assets=[{"url": client.upload(image())["publicUrl"]}])
    file = client.upload(image(colour="red"), "new.png")

    changed = change(
        browser,
        post,
        title="New",
        text="New text.",
        account=telegram,
        assets=[{"url": file["publicUrl"], "altText": "A red field."}],
        settings={"protectContent": True},
        timezone="Europe/Berlin",
        publishAt="2036-07-01T09:00:00",
    )

    assert (changed["name"], changed["description"]) == ("New", "New text.")
    assert (changed["publishAtUtc"], changed["wallTime"]) == ("2036-07-01T07:00:00.000Z", "2036-07-01T09:00:00")
    assert [(asset["url"], asset["altText"]) for asset in changed["assets"]] == [(file["publicUrl"], "A red field.")]
    assert changed["mediaLink"] == file["publicUrl"]
    assert changed["settings"]["protectContent"] is True
    assert (changed["status"], changed["revision"]) == ("scheduled", post["revision"] + 1)
    assert client.post(post["id"]) == changed


def test_a_change_keeps_what_it_leaves_out(client: Client, browser: Client, telegram: str) -> None:
    url = client.upload(image())["publicUrl"]
    post = scheduled(
        client, telegram, name="Title", assets=[{"url": url}], settings={"protectContent": True}, timezone="Europe/Rome"
    )

    changed = change(browser, post, text="Only the text.", publishAt=None, title=None, assets=None, settings=None)

    moved = {"description": "Only the text.", "revision": post["revision"] + 1, "updatedAt": changed["updatedAt"]}
    assert changed == {**post, **moved}


def test_an_empty_text_or_list_takes_away(client: Client, browser: Client, telegram: str) -> None:
    post = scheduled(client, telegram, name="Title", assets=[{"url": client.upload(image())["publicUrl"]}])

    changed = change(browser, post, title="", assets=[])

    assert (changed["name"], changed["assets"], changed["mediaLink"]) == ("", [], None)


def test_what_goes_out_is_what_was_changed(client: Client, browser: Client, telegram: str) -> None:
    post = scheduled(client, telegram, name="Old")

    change(browser, post, title="", text="Changed before it went out.", publishAt="2026-01-01T00:00:00Z")

    assert client.over(post["id"])["status"] == "published"
    assert len(client.received("telegram", "Changed before it went out.")) == 1


def test_a_failed_post_that_is_changed_is_scheduled_again(client: Client, browser: Client, telegram: str) -> None:
    post = scheduled(client, telegram)
    alter(client, Post, post["id"], status="failed", error_code="content_rejected", error="Too rude.")

    changed = change(browser, post, text="Kinder.", publishAt=LATER)

    assert (changed["status"], changed["error"], changed["errorCode"]) == ("scheduled", None, None)


def test_a_draft_stays_a_draft(client: Client, browser: Client, telegram: str) -> None:
    post = browser.ok("POST", "/v1/dashboard/compose", composed(telegram, publishAt=None))["posts"][0]

    assert change(browser, post, text="Better.", publishAt=LATER)["status"] == "draft"


def test_a_post_moves_to_another_account_without_the_settings_of_the_first(
    client: Client, browser: Client, telegram: str, discord: str
) -> None:
    post = scheduled(client, telegram, settings={"protectContent": True})

    changed = change(browser, post, account=discord, publishAt=LATER)

    assert (changed["account"], changed["provider"]) == (discord, "discord")
    assert "protectContent" not in changed["settings"]


def test_a_step_of_a_campaign_keeps_its_generated_name_unpublished_and_its_account(
    client: Client, browser: Client, telegram: str, discord: str
) -> None:
    steps = [{"description": "One."}, {"description": "Two.", "delay_minutes": 5}]
    target = {"account": telegram, "publish_at": LATER, "steps": steps}
    applied = client.ok("POST", "/v1/posts/apply", {"campaigns": [{"name": "Launch", "targets": [target]}]})
    second = applied["posts"][1]
    assert second["name"] == "Launch Step 2"

    assert refused_change(browser, second, account=discord) == (409, "post_not_editable")
    named = change(browser, second, title="Second")
    unnamed = change(browser, second, title="")
    sent_back = {"account": telegram, "title": unnamed["name"], "text": "Two, better."}
    changed = change(browser, second, **sent_back, publishAt="2026-01-01T00:00:00Z")

    assert (named["name"], unnamed["name"]) == ("Second", "Launch Step 2")
    assert (changed["name"], changed["campaignName"]) == ("Launch Step 2", "Launch")
    assert client.over(second["id"])["status"] == "published"
    assert len(client.received("telegram", "Two, better.")) == 1, "the generated name is no part of the text"


@pytest.mark.parametrize("status", ["published", "publishing", "canceled"])
def test_a_post_that_is_over_or_under_way_is_not_changed(
    client: Client, browser: Client, telegram: str, status: str
) -> None:
    post = scheduled(client, telegram)
    alter(client, Post, post["id"], status=status, lease_owner="a worker" if status == "publishing" else None)

    assert refused_change(browser, post, text="") == (409, "post_not_editable")
    alter(client, Post, post["id"], status="canceled", lease_owner=None)


def test_a_post_that_may_be_out_is_not_changed_before_somebody_looked(
    client: Client, browser: Client, telegram: str
) -> None:
    assert refused_change(browser, doubtful(client, telegram), text="New.") == (409, "post_not_editable")


def test_of_two_people_who_change_one_post_the_second_is_told(client: Client, browser: Client, telegram: str) -> None:
    post = scheduled(client, telegram)
    seen = post["revision"]

    change(browser, post, text="The first.", revision=seen)
    answer = browser.send("PATCH", f"/v1/dashboard/posts/{post['id']}", {"text": "The second.", "revision": seen})

    assert refused(answer) == (409, "post_changed")
    assert answer.json()["details"] == {"revision": seen + 1}
    assert client.post(post["id"])["description"] == "The first."


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"text": "", "title": ""}, (422, "post_content_required")),
        ({"text": "x" * 5000}, (422, "text_too_long")),
        ({"text": ["a"]}, (422, "post_invalid")),
        ({"account": "telegram:@nobody"}, (422, "account_not_connected")),
        ({"publishAt": "tomorrow"}, (422, "invalid_publish_time")),
        ({"timezone": "Mars/Olympus"}, (422, "timezone_invalid")),
        ({"settings": {"colour": "red"}}, (422, "telegram_settings_unsupported")),
        ({"settings": "none"}, (422, "post_settings_invalid")),
        ({"assets": {}}, (422, "asset_invalid")),
        ({"assets": [{"url": "ftp://example.com/a.png"}]}, (422, "asset_invalid")),
        ({"revision": "1"}, (400, "bad_request")),
        ({"revision": True}, (400, "bad_request")),
    ],
    ids=str,
)
def test_a_change_passes_the_checks_of_every_post_or_nothing_changes(
    client: Client, browser: Client, telegram: str, fields: dict[str, Any], answer: tuple[int, str]
) -> None:
    post = scheduled(client, telegram)

    assert refused_change(browser, post, **fields) == answer
    assert client.post(post["id"]) == post


# --- the rest of the posts --------------------------------------------------------------------------------------------


def test_posts_are_filtered(client: Client, browser: Client, telegram: str, discord: str) -> None:
    here = scheduled(client, telegram)["id"]
    there = scheduled(client, discord, publish_at="2037-01-01T00:00:00Z")["id"]

    def found(query: str) -> list[str]:
        return [post["id"] for post in browser.ok("GET", f"/v1/dashboard/posts?{query}")["posts"]]

    assert found("") == [there, here]
    assert found("provider=telegram") == [here]
    assert found(f"account={discord}") == [there]
    assert found("from=2036-12-01T00:00:00Z") == [there]
    assert found("to=2036-12-01T00:00:00Z") == [here]
    assert found("status=draft") == []
    assert found("limit=1&offset=1") == [here]


def test_delete_takes_a_published_post_off_its_network(client: Client, browser: Client, telegram: str) -> None:
    post = client.apply({"account": telegram, "description": "Out, and away."})["posts"][0]
    assert client.over(post["id"])["status"] == "published"

    gone = browser.ok("DELETE", f"/v1/dashboard/posts/{post['id']}")["post"]

    assert (gone["status"], gone["providerStatus"]) == ("published", "deleted")
    assert browser.refused("DELETE", f"/v1/dashboard/posts/{post['id']}") == (409, "post_already_deleted")


def test_delete_cancels_a_post_that_is_not_out(client: Client, browser: Client, telegram: str) -> None:
    post = scheduled(client, telegram)

    assert browser.ok("DELETE", f"/v1/dashboard/posts/{post['id']}")["post"]["status"] == "canceled"
    assert browser.refused("DELETE", f"/v1/dashboard/posts/{post['id']}") == (409, "post_not_cancelable")


def test_a_person_settles_an_unknown_outcome(client: Client, browser: Client, telegram: str) -> None:
    post = doubtful(client, telegram)

    settled = browser.ok(
        "POST", f"/v1/dashboard/posts/{post['id']}/reconcile", {"outcome": "published", "providerPostId": "77"}
    )["post"]

    assert (settled["status"], settled["providerPostId"]) == ("published", "77")


# --- files ------------------------------------------------------------------------------------------------------------


def test_files_come_newest_first_in_pages_of_twenty_four(client: Client, browser: Client) -> None:
    ids = [client.upload(image(colour="red"), f"{number}.png")["id"] for number in range(26)]
    browser.ok("DELETE", f"/v1/dashboard/assets/{ids[0]}")

    first = browser.ok("GET", "/v1/dashboard/assets")
    second = browser.ok("GET", "/v1/dashboard/assets?offset=24&limit=5")

    assert (first["total"], first["limit"], first["offset"]) == (25, 24, 0)
    assert [asset["id"] for asset in [*first["assets"], *second["assets"]]] == ids[:0:-1]
    assert browser.ok("GET", "/v1/dashboard/assets?kind=video")["assets"] == []
    assert browser.refused("GET", "/v1/dashboard/assets?limit=none") == (400, "bad_request")


def test_a_file_comes_as_a_form_as_well_and_may_be_as_large_as_files_may_be(browser: Client) -> None:
    answer = browser.send("POST", "/v1/dashboard/assets/upload", files={"file": ("a.png", image(), "image/png")})

    assert answer.status_code == 201, answer.text
    assert (answer.json()["asset"]["originalFilename"], answer.json()["asset"]["kind"]) == ("a.png", "image")
    too_large = {"file": ("a.bin", b"x" * (2 * 1024 * 1024 + 1), "application/octet-stream")}
    assert browser.refused("POST", "/v1/dashboard/assets/upload", files=too_large) == (413, "asset_too_large")


def test_a_strangers_upload_is_refused_before_the_body_is_read(server: Server) -> None:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    connection.putrequest("POST", "/v1/dashboard/assets/upload")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders()

    assert connection.getresponse().status == 401
    connection.close()


# --- connections ------------------------------------------------------------------------------------------------------


def test_an_account_is_connected_read_and_let_go(browser: Client) -> None:
    started = browser.ok("POST", "/v1/dashboard/connections/start", paste())
    account = started["account"]

    assert browser.ok("GET", f"/v1/dashboard/connections/{started['connection']['id']}")["account"] == account
    assert account in browser.ok("GET", "/v1/dashboard/accounts?provider=telegram")["accounts"]
    assert browser.ok("GET", "/v1/dashboard/accounts?provider=discord")["accounts"] == []
    assert browser.ok("DELETE", f"/v1/dashboard/accounts/{account['id']}")["connection"]["status"] == "disconnected"
    assert browser.ok("GET", "/v1/dashboard/accounts")["accounts"] == []


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_new_key_is_shown_once_and_works(client: Client, browser: Client) -> None:
    answer = browser.ok("POST", "/v1/dashboard/keys", {"label": "Scheduler", "kind": "personal"})
    key = answer["key"]

    assert (key["label"], key["kind"], key["secret"][:12]) == ("Scheduler", "personal", key["prefix"])
    assert works(client, key["secret"])
    listed = browser.ok("GET", "/v1/dashboard/keys")["keys"]
    assert next(one for one in listed if one["id"] == key["id"])["secret"] is None
    assert key["secret"] not in json.dumps(listed)


def test_a_key_with_a_new_secret_is_the_same_key_and_the_old_secret_stops(client: Client, browser: Client) -> None:
    old = browser.ok("POST", "/v1/dashboard/keys", {"label": "Scheduler"})["key"]
    assert works(client, old["secret"])

    new = browser.ok("POST", f"/v1/dashboard/keys/{old['id']}/rotate")["key"]

    assert (new["id"], new["label"], new["createdAt"]) == (old["id"], "Scheduler", old["createdAt"])
    assert new["prefix"] != old["prefix"]
    assert works(client, new["secret"])
    assert not works(client, old["secret"])
    assert browser.ok("GET", "/v1/dashboard/keys")["keys"][-1]["prefix"] == new["prefix"]


def test_a_revoked_key_stops_with_the_next_request_and_gets_no_new_secret(client: Client, browser: Client) -> None:
    key = browser.ok("POST", "/v1/dashboard/keys", {})["key"]
    assert works(client, key["secret"])

    gone = browser.ok("DELETE", f"/v1/dashboard/keys/{key['id']}")["key"]

    assert (gone["id"], gone["secret"]) == (key["id"], None)
    assert gone["revokedAt"]
    assert not works(client, key["secret"])
    assert browser.refused("POST", f"/v1/dashboard/keys/{key['id']}/rotate") == (409, "api_key_revoked")


def works(client: Client, secret: str) -> bool:
    answer = client.send("GET", "/v1/keys/validate", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200 or refused(answer) == (401, "api_key_invalid")
    return answer.status_code == 200
