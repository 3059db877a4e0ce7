"""No workspace reaches into another: told by the routes the app has, so that a new one is tried without being listed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from backend import users, workspaces
from backend.access import Role
from backend.api.edge import session_actor
from backend.context import utc_now

from .conftest import Client, Server, refused
from .files import image
from .test_errors import NOT_FOUND, REST, UNKNOWN, routes_of

LATER = "2036-06-01T18:00:00Z"
PASSING = re.compile(r'"(collectedAt|lastUsedAt)":"[^"]*"')
"""What changes while one looks."""
PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    path: str
    names: tuple[str, ...]
    """Of what stands in its address."""
    of_browser: bool
    """Whether it takes a session; else a key."""

    def at(self, ids: dict[str, str]) -> str:
        return PARAMETER.sub(lambda found: (REST | ids)[found[1]], self.path)

    @property
    def id(self) -> str:
        return next(name for name in self.names if name in NOT_FOUND)


def routes(server: Server) -> list[Route]:
    """Everything a key or a session opens."""
    found = [
        Route(
            method=method,
            path=route.path,
            names=tuple(PARAMETER.findall(route.path)),
            of_browser=asks_for_session(route.dependant),
        )
        for route in routes_of(server.app.routes)
        for method in sorted(route.methods - {"HEAD"})
    ]
    return [route for route in found if route.path.startswith("/v1/")]


def asks_for_session(dependant: Any) -> bool:
    return dependant.call is session_actor or any(asks_for_session(inner) for inner in dependant.dependencies)


def with_id(server: Server) -> list[Route]:
    return [route for route in routes(server) if route.names]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """With something of everything, and a word in each of its texts that no other has."""

    key: Client
    browser: Client
    word: str
    ids: dict[str, str]
    secret: str
    """Of one of its keys."""

    def asker(self, route: Route) -> Client:
        return self.browser if route.of_browser else self.key


def furnish(client: Client, word: str) -> Workspace:
    account = client.telegram()
    posts = [{"account": account["handle"], "name": word, "description": f"{word} {number}", "publish_at": LATER} for number in (1, 2)]  # fmt: skip
    applied = client.apply(*posts, idempotencyKey="the same in both")
    key = client.ok("POST", "/v1/keys", {"label": word})["key"]
    ids = {
        "key_id": key["id"],
        "connection_id": account["connectionId"],
        "account_id": account["id"],
        "post_id": applied["posts"][0]["id"],
        "run_id": applied["run"]["id"],
        "asset_id": client.upload(image(), f"{word}.png")["id"],
    }
    return Workspace(key=client, browser=client.browser(), word=word, ids=ids, secret=key["secret"])


@pytest.fixture
def ours(client: Client) -> Iterator[Workspace]:
    found = furnish(client, "Aardvark")
    yield found
    found.browser.http.close()


@pytest.fixture
def theirs(stranger: Client) -> Iterator[Workspace]:
    found = furnish(stranger, "Zebra")
    yield found
    found.browser.http.close()


def test_every_name_in_an_address_is_known_here(server: Server) -> None:
    """Whoever adds a kind of thing with ids of its own says above what belongs to it."""
    names = {name for route in with_id(server) for name in route.names}

    assert names <= NOT_FOUND.keys() | REST.keys()
    assert len([route for route in with_id(server) if route.of_browser]) >= 9
    assert len([route for route in with_id(server) if not route.of_browser]) >= 19


def body_of(route: Route) -> dict[str, Any]:
    """Uploads in parts say what is wrong with their body before they look for the file."""
    part = {"uploadId": "upload-1", "partNumber": 1, "parts": [{"ETag": "x", "PartNumber": 1}]}
    return part if "/upload/" in route.path else {}


def test_the_id_of_another_workspace_is_not_found_and_nothing_happens_to_it(ours: Workspace, theirs: Workspace) -> None:
    before = told(theirs)

    for route in with_id(ours.key.server):
        body = body_of(route) if route.method in ("POST", "PATCH", "PUT") else None
        answer = ours.asker(route).send(route.method, route.at(theirs.ids), body)
        assert refused(answer) == (404, NOT_FOUND[route.id]), (route, answer.text)
        unknown = ours.asker(route).send(route.method, route.at(UNKNOWN), body)
        told_apart = unknown.text.replace(UNKNOWN[route.id], "")
        assert answer.text.replace(theirs.ids[route.id], "") == told_apart, "the same words as for what never was"

    assert told(theirs) == before
    assert theirs.key.send("GET", "/v1/keys/validate", headers={"Authorization": f"Bearer {theirs.secret}"}).is_success


def test_the_id_of_another_workspace_is_found_by_its_own(theirs: Workspace) -> None:
    """Else the test above would be true of a server that finds nothing."""
    for route in with_id(theirs.key.server):
        if route.method == "GET":
            answer = theirs.asker(route).send("GET", route.at(theirs.ids))
            assert answer.status_code in (200, 409), (route, answer.text)


def test_nothing_that_is_read_holds_anything_of_another_workspace(ours: Workspace, theirs: Workspace) -> None:
    names = {theirs.word, theirs.key.actor.workspace_id, *theirs.ids.values()}

    for path, text in told(ours).items():
        assert [name for name in names if name in text] == [], path
    shown = "".join(told(ours).values())
    assert ours.word in shown
    assert [name for name in ours.ids if ours.ids[name] not in shown] == [], "lists show what is there"


def told(workspace: Workspace) -> dict[str, str]:
    """What every address that reads answers, ids put in."""
    found: dict[str, str] = {}
    for route in routes(workspace.key.server):
        if route.method == "GET":
            answer = workspace.asker(route).send("GET", route.at(workspace.ids))
            assert answer.status_code < 500, (route, answer.text)
            found[route.path] = PASSING.sub("", answer.text)
    return found


@pytest.mark.parametrize("name", ["run_id", "post_id", "account_id"])
def test_filters_find_nothing_of_another_workspace(ours: Workspace, theirs: Workspace, name: str) -> None:
    parameter = {"run_id": "runId", "post_id": "campaignId", "account_id": "account"}[name]

    for client, path, list_of in (
        (ours.key, "/v1/posts", "posts"),
        (ours.key, "/v1/jobs", "jobs"),
        (ours.browser, "/v1/dashboard/posts", "posts"),
    ):
        assert client.ok("GET", f"{path}?{parameter}={theirs.ids[name]}")[list_of] == []


def test_what_a_body_names_is_looked_for_in_the_own_workspace_only(ours: Workspace, theirs: Workspace) -> None:
    theirs_asset = {"text": "x", "assets": [{"id": theirs.ids["asset_id"]}]}
    account, own_account = theirs.ids["account_id"], ours.ids["account_id"]
    handle = theirs.key.ok("GET", "/v1/accounts")["accounts"][0]["handle"]

    for client, method, path, body, code in (
        (ours.key, "POST", "/v1/posts/apply", {"posts": [{"account": account, "text": "x", "provider": "telegram"}]}, "account_not_connected"),
        (ours.key, "POST", "/v1/posts/validate", {"posts": [{"account": handle, "text": "x"}]}, "account_not_connected"),
        (ours.key, "POST", "/v1/posts/apply", {"posts": [{"account": own_account, **theirs_asset}]}, "asset_url_required"),
        (ours.browser, "POST", "/v1/dashboard/compose", {"text": "x", "account": account}, "provider_required"),
        (ours.browser, "POST", "/v1/dashboard/compose", {"account": own_account, **theirs_asset}, "asset_url_required"),
        (ours.browser, "PATCH", f"/v1/dashboard/posts/{ours.ids['post_id']}", {"account": account}, "provider_required"),
        (ours.browser, "PATCH", f"/v1/dashboard/posts/{ours.ids['post_id']}", theirs_asset, "asset_url_required"),
    ):  # fmt: skip
        assert client.refused(method, path, body) == (422, code), (path, body)


def test_one_idempotency_key_is_another_one_in_another_workspace(ours: Workspace, theirs: Workspace) -> None:
    assert ours.ids["run_id"] != theirs.ids["run_id"]


def test_a_person_of_two_workspaces_sees_the_chosen_one_only(ours: Workspace, theirs: Workspace) -> None:
    db, user_id = ours.key.server.parts.context.db, ours.browser.actor.user_id or ""
    theirs_id = theirs.key.actor.workspace_id
    db.write_now(workspaces.add_member, theirs_id, user_id, Role.VIEWER, utc_now())
    path = f"/v1/dashboard/posts/{theirs.ids['post_id']}"

    assert ours.browser.refused("DELETE", path) == (404, "post_not_found")
    link = db.write_now(users.make_link, user_id=user_id, workspace_id=theirs_id, now=utc_now())
    assert ours.browser.send("GET", f"/auth/link/{link}").status_code == 303
    assert ours.browser.refused("DELETE", path) == (403, "forbidden"), "with the role of there"
    shown: dict[str, Any] = ours.browser.ok("GET", "/v1/dashboard/posts")
    assert {post["runId"] for post in shown["posts"]} == {theirs.ids["run_id"]}
