"""Every documented route answers its documented status with a body that is valid against its documented schema."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tests.specs.socialclaw import ROUTES, errors

from .conftest import Client
from .files import image

LATER = "2036-06-01T18:00:00Z"
CAMPAIGN = {"id": "launch", "name": "Launch"}

Arrange = Callable[[Client], tuple[str, Any]]
"""Makes what the route needs; its address and its body."""


def documented(method: str, path: str) -> dict[str, Any]:
    return next(route for route in ROUTES if (route["method"], route["path"]) == (method, path))


def campaign(account: str) -> dict[str, Any]:
    steps = [{"description": "One."}, {"description": "Two.", "delay_minutes": 5}]
    return {"timezone": "UTC", "campaigns": [{**CAMPAIGN, "targets": [{"account": account, "publish_at": LATER, "steps": steps}]}]}  # fmt: skip


def single(account: str, **fields: Any) -> dict[str, Any]:
    return {"posts": [{"account": account, "description": "Later.", "publish_at": LATER, **fields}]}


def _connection(client: Client) -> str:
    return client.telegram()["connectionId"]


def _account(client: Client) -> str:
    return client.telegram()["id"]


def _scheduled(client: Client) -> str:
    return client.apply(*single(client.telegram()["handle"])["posts"])["posts"][0]["id"]


def _published(client: Client) -> str:
    post_id = client.apply({"account": client.telegram()["handle"], "description": "Out."})["posts"][0]["id"]
    assert client.over(post_id)["status"] == "published"
    return post_id


def _failed(client: Client) -> str:
    account = client.telegram()
    client.fault("telegram", kind="refused", times=1, match="sendMessage")
    post_id = client.apply({"account": account["handle"], "description": "No."})["posts"][0]["id"]
    assert client.over(post_id)["status"] == "failed"
    return post_id


def _run(client: Client, **envelope: Any) -> str:
    schedule = {**campaign(client.telegram()["handle"]), **envelope}
    return client.ok("POST", "/v1/posts/apply", schedule)["run"]["id"]


def _key(client: Client) -> str:
    return client.ok("POST", "/v1/keys", {"label": "Another"})["key"]["id"]


def _nothing(path: str) -> Arrange:
    return lambda client: (path, None)


UPLOAD = {"filename": "a.png", "mime": "image/png", "contentBase64": base64.b64encode(image()).decode()}
REGISTER = {"objectKey": "elsewhere/a.png", "publicUrl": "https://example.com/a.png", "mime": "image/png"}

ANSWERS: dict[tuple[str, str], Arrange] = {
    ("GET", "/health"): _nothing("/health"),
    ("POST", "/v1/keys/validate"): _nothing("/v1/keys/validate"),
    ("GET", "/v1/keys"): _nothing("/v1/keys"),
    ("POST", "/v1/keys"): lambda client: ("/v1/keys", {"label": "Scheduler", "kind": "agent"}),
    ("DELETE", "/v1/keys/{keyId}"): lambda client: (f"/v1/keys/{_key(client)}", None),
    ("GET", "/v1/me/usage"): _nothing("/v1/me/usage"),
    ("GET", "/v1/workspace/health"): lambda client: (_published(client) and "/v1/workspace/health", None),
    ("GET", "/v1/jobs"): lambda client: (_published(client) and "/v1/jobs", None),
    ("POST", "/v1/connections/start"): lambda client: (
        "/v1/connections/start",
        {"provider": "telegram", "bot_token": "110201543:SANDBOX_another_half_of_a_token_0001", "chat_id": "@chat_900"},
    ),
    ("GET", "/v1/connections"): lambda client: (_connection(client) and "/v1/connections", None),
    ("GET", "/v1/connections/health"): lambda client: (_connection(client) and "/v1/connections/health", None),
    ("GET", "/v1/connections/{connectionId}"): lambda client: (f"/v1/connections/{_connection(client)}", None),
    ("GET", "/v1/accounts"): lambda client: (_account(client) and "/v1/accounts?provider=telegram", None),
    ("GET", "/v1/accounts/capabilities"): lambda client: (_account(client) and "/v1/accounts/capabilities", None),
    ("GET", "/v1/accounts/{accountId}/capabilities"): lambda client: (
        f"/v1/accounts/{_account(client)}/capabilities",
        None,
    ),
    ("GET", "/v1/accounts/{accountId}/settings"): lambda client: (f"/v1/accounts/{_account(client)}/settings", None),
    ("GET", "/v1/accounts/{accountId}/actions"): lambda client: (f"/v1/accounts/{_account(client)}/actions", None),
    ("POST", "/v1/accounts/{accountId}/actions/{actionId}"): lambda client: (
        f"/v1/accounts/{_account(client)}/actions/publish-preview",
        {"description": "How will it look?"},
    ),
    ("DELETE", "/v1/accounts/{accountId}"): lambda client: (f"/v1/accounts/{_account(client)}", None),
    ("GET", "/v1/posts"): lambda client: (_scheduled(client) and "/v1/posts?status=scheduled&limit=5", None),
    ("GET", "/v1/posts/{postId}"): lambda client: (f"/v1/posts/{_published(client)}", None),
    ("GET", "/v1/posts/{postId}/attempts"): lambda client: (f"/v1/posts/{_published(client)}/attempts", None),
    ("POST", "/v1/posts/{postId}/reconcile"): lambda client: (f"/v1/posts/{_published(client)}/reconcile", None),
    ("POST", "/v1/posts/validate"): lambda client: ("/v1/posts/validate", single(client.telegram()["handle"])),
    ("POST", "/v1/campaigns/preview"): lambda client: (
        "/v1/campaigns/preview",
        {"schedule": campaign(client.telegram()["handle"])},
    ),
    ("POST", "/v1/posts/apply"): lambda client: ("/v1/posts/apply", single(client.telegram()["handle"])),
    ("GET", "/v1/runs/{runId}/status"): lambda client: (f"/v1/runs/{_run(client)}/status", None),
    ("GET", "/v1/runs/{runId}/campaign"): lambda client: (f"/v1/runs/{_run(client)}/campaign", None),
    ("GET", "/v1/runs/{runId}"): lambda client: (f"/v1/runs/{_run(client)}", None),
    ("POST", "/v1/runs/{runId}/publish"): lambda client: (f"/v1/runs/{_run(client, mode='draft')}/publish", None),
    ("GET", "/v1/runs/{runId}/table"): lambda client: (f"/v1/runs/{_run(client)}/table", None),
    ("POST", "/v1/posts/{postId}/retry"): lambda client: (f"/v1/posts/{_failed(client)}/retry", None),
    ("POST", "/v1/posts/{postId}/delete"): lambda client: (f"/v1/posts/{_published(client)}/delete", None),
    ("DELETE", "/v1/posts/{postId}"): lambda client: (f"/v1/posts/{_scheduled(client)}", None),
    ("POST", "/v1/assets/upload"): lambda client: ("/v1/assets/upload", UPLOAD),
    ("POST", "/v1/assets"): lambda client: ("/v1/assets", REGISTER),
    ("DELETE", "/v1/assets/{assetId}"): lambda client: (
        f"/v1/assets/{client.upload(image())['id']}",
        {"retentionDays": 7},
    ),
}


def test_the_table_names_every_documented_json_route() -> None:
    expected = {(route["method"], route["path"]) for route in ROUTES if route["path"].startswith(("/v1/", "/health"))}

    assert set(ANSWERS) == expected


@pytest.mark.parametrize("route", ANSWERS, ids=lambda route: f"{route[0]} {route[1]}")
def test_a_route_answers_as_documented(client: Client, route: tuple[str, str]) -> None:
    path, body = ANSWERS[route](client)

    answer = client.send(route[0], path, body)

    expected = documented(*route)
    assert answer.status_code == expected["status"], answer.text[:500]
    assert answer.headers["content-type"] == "application/json"
    assert errors(expected["response"], answer.json()) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_key_is_validated_with_and_without_a_body(client: Client, method: str) -> None:
    answer = client.ok(method, "/v1/keys/validate", headers={"Content-Type": "application/json"})

    assert errors("KeyValidationResponse", answer) == []
    assert answer["tenant"]["id"] == client.actor.workspace_id


def test_a_created_key_works_until_it_is_revoked(client: Client) -> None:
    made = client.ok("POST", "/v1/keys", {"label": "New"})["key"]
    asks = {"headers": {"Authorization": f"Bearer {made['secret']}"}}
    assert client.ok("GET", "/v1/keys/validate", **asks)["apiKey"]["id"] == made["id"]

    client.ok("DELETE", f"/v1/keys/{made['id']}")

    assert client.refused("GET", "/v1/keys/validate", **asks) == (401, "api_key_invalid")
    assert all(key["secret"] is None for key in client.ok("GET", "/v1/keys")["keys"])


def test_a_key_does_not_revoke_itself(client: Client) -> None:
    own = client.ok("GET", "/v1/keys/validate")["apiKey"]["id"]

    assert client.refused("DELETE", f"/v1/keys/{own}") == (409, "api_key_self_revoke")


def test_clients_find_every_name_they_read(client: Client) -> None:
    """Official programs end with an error where one of these is missing."""
    account = client.telegram()
    connection = client.ok("GET", f"/v1/connections/{account['connectionId']}")
    assert connection["connection"]["authorizationUrl"] is None
    assert connection["accounts"][0]["displayName"] == connection["account"]["displayName"]

    health = client.ok("GET", "/v1/workspace/health")["health"]
    assert {"total", "publishable", "revoked", "tokenRefreshStatus"} <= set(health["connections"])
    assert {"total", "ready", "blocked", "failed", "stalled"} <= set(health["jobs"])
    assert {"assets", "analyticsSnapshots"} <= set(health["storage"])
    assert {"id", "name"} <= set(health["tenant"])

    logins = client.ok("GET", "/v1/connections/health")
    assert {"tenant", "summary", "connections", "health"} <= set(logins)
    assert logins["connections"][0]["handle"] == account["handle"]

    applied = client.ok("POST", "/v1/posts/apply", campaign(account["handle"]))
    assert applied["run"]["sourceModel"] == applied["sourceModel"] == "campaigns_v2"
    run = applied["run"]["id"]
    assert {"rows", "run"} <= set(client.ok("GET", f"/v1/runs/{run}/table"))
    assert {"campaign", "schedule", "run", "posts"} <= set(client.ok("GET", f"/v1/runs/{run}/campaign"))
    assert client.ok("GET", f"/v1/runs/{run}")["summary"]["total"] == 2
    assert "post" in client.ok("GET", f"/v1/posts/{applied['posts'][0]['id']}/attempts")
    gone = client.ok("DELETE", f"/v1/accounts/{account['id']}")
    assert gone["account"]["id"] == account["id"]
    assert gone["connection"]["status"] == "disconnected"
