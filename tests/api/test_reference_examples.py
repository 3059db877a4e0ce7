"""The examples of the published reference, as written there: only host, key, ids, handles, provider and dates differ.

They are sent by curl's rules: ``--data`` makes a POST unless ``-X`` says another method, and headers are as given.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.specs.socialclaw import OPERATIONS

from .conftest import Client
from .files import image

PICTURE = {"url": "{media}", "managed": True, "kind": "image", "mime": "image/png"}
POST = {
    "account": "{handle}",
    "provider": "telegram",
    "name": "Launch update",
    "description": "We shipped the new SocialClaw workflow.",
    "publish_at": "2036-06-01T14:00:00-04:00",
    "assets": [PICTURE],
}
SCHEDULE = {"timezone": "America/New_York", "mode": "scheduled", "idempotencyKey": "launch-week-001", "posts": [POST]}
STEPS = [{"name": "Announcement", "description": "Shipping today."}]
TARGET = {"account": "{handle}", "publish_at": "2036-06-01T15:00:00Z", "steps": STEPS}
PREVIEW = {"timezone": "UTC", "campaigns": [{"name": "Launch thread", "targets": [TARGET]}]}
SHORT = {
    "account": "{handle}",
    "name": "Launch update",
    "description": "Shipping today.",
    "publish_at": "2036-06-01T18:00:00Z",
}
FIRST = {"timezone": "UTC", "idempotencyKey": "launch-001", "posts": [SHORT]}

NO_BODY = object()
EXAMPLES: list[tuple[str, str, Any]] = [
    ("GET", "/health", NO_BODY),
    ("GET", "/v1/keys/validate", NO_BODY),
    ("POST", "/v1/posts/apply", FIRST),
    ("POST", "/v1/keys/validate", {}),
    ("GET", "/v1/keys", NO_BODY),
    ("POST", "/v1/keys", {"label": "Production scheduler"}),
    ("DELETE", "/v1/keys/{keyId}", NO_BODY),
    ("GET", "/v1/me/usage", NO_BODY),
    ("GET", "/v1/workspace/health", NO_BODY),
    ("GET", "/v1/jobs", NO_BODY),
    ("POST", "/v1/connections/start", {"provider": "x"}),
    ("GET", "/v1/connections", NO_BODY),
    ("GET", "/v1/connections/health", NO_BODY),
    ("GET", "/v1/connections/{connectionId}", NO_BODY),
    ("GET", "/v1/accounts", NO_BODY),
    ("GET", "/v1/accounts/capabilities", NO_BODY),
    ("GET", "/v1/accounts/{accountId}/capabilities", NO_BODY),
    ("GET", "/v1/accounts/{accountId}/settings", NO_BODY),
    ("GET", "/v1/accounts/{accountId}/actions", NO_BODY),
    ("POST", "/v1/accounts/{accountId}/actions/{actionId}", {}),
    ("DELETE", "/v1/accounts/{accountId}", NO_BODY),
    ("GET", "/v1/posts", NO_BODY),
    ("GET", "/v1/posts/{postId}", NO_BODY),
    ("GET", "/v1/posts/{postId}/attempts", NO_BODY),
    ("POST", "/v1/posts/{postId}/reconcile", NO_BODY),
    ("POST", "/v1/posts/validate", SCHEDULE),
    ("POST", "/v1/campaigns/preview", PREVIEW),
    ("POST", "/v1/posts/apply", SCHEDULE),
    ("GET", "/v1/runs/{runId}/status", NO_BODY),
    ("GET", "/v1/runs/{runId}/campaign", NO_BODY),
    ("GET", "/v1/runs/{runId}", NO_BODY),
    ("POST", "/v1/runs/{runId}/publish", {"startAt": "2036-06-01T15:00:00Z"}),
    ("GET", "/v1/runs/{runId}/table", NO_BODY),
    ("POST", "/v1/posts/{postId}/retry", NO_BODY),
    ("POST", "/v1/posts/{postId}/delete", NO_BODY),
    ("DELETE", "/v1/posts/{postId}", NO_BODY),
    ("POST", "/v1/assets/upload", {"filename": "launch.png", "mime": "image/png", "contentBase64": "{base64}"}),
    ("POST", "/v1/assets", {"objectKey": "tenant_123/assets/manual/launch.png", "originalFilename": "launch.png", "mime": "image/png", "kind": "image", "status": "ready"}),
    ("DELETE", "/v1/assets/{assetId}", {"retentionDays": 7}),
    ("GET", "/media/{assetId}/{deliveryToken}/{filename}", NO_BODY),
    ("GET", "/media/{assetId}/{deliveryToken}/previews/{filename}", NO_BODY),
]  # fmt: skip


def _scheduled(client: Client, handle: str) -> dict[str, str]:
    applied = client.apply({"account": handle, "description": "x", "publish_at": "2036-01-01T00:00:00Z"})
    return {"postId": applied["posts"][0]["id"]}


def _published(client: Client, handle: str) -> dict[str, str]:
    post = client.apply({"account": handle, "description": "Out."})["posts"][0]["id"]
    assert client.over(post)["status"] == "published"
    return {"postId": post}


def _failed(client: Client, handle: str) -> dict[str, str]:
    client.fault("telegram", kind="refused", times=1, match="sendMessage")
    post = client.apply({"account": handle, "description": "No."})["posts"][0]["id"]
    assert client.over(post)["status"] == "failed"
    return {"postId": post}


def _run(mode: str) -> Callable[[Client, str], dict[str, str]]:
    def make(client: Client, handle: str) -> dict[str, str]:
        body = json.loads(json.dumps({**PREVIEW, "mode": mode}).replace("{handle}", handle))
        return {"runId": client.ok("POST", "/v1/posts/apply", body)["run"]["id"]}

    return make


def _key(client: Client, handle: str) -> dict[str, str]:
    return {"keyId": client.ok("POST", "/v1/keys", {"label": "Agent key"})["key"]["id"]}


NEEDED: dict[str, Callable[[Client, str], dict[str, str]]] = {
    "DELETE /v1/keys/{keyId}": _key,
    "POST /v1/runs/{runId}/publish": _run("draft"),
    "POST /v1/posts/{postId}/delete": _published,
    "POST /v1/posts/{postId}/retry": _failed,
}


def test_the_table_has_an_example_of_every_route_of_the_reference() -> None:
    ours = ("No auth", "Bearer API key", "Delivery token")
    elsewhere = ("/v1/analytics/", "/v1/support/")  # they have examples of their own
    routes = {
        (row["method"], row["path"])
        for row in OPERATIONS
        if row["auth"] in ours and not row["path"].startswith(elsewhere)
    }

    assert {(method, path) for method, path, _ in EXAMPLES} - {("GET", "/v1/keys/validate")} == routes


@pytest.mark.parametrize(("method", "path", "body"), EXAMPLES, ids=[f"{row[0]} {row[1]}" for row in EXAMPLES])
def test_an_example_of_the_reference_works(client: Client, method: str, path: str, body: Any) -> None:
    account = client.telegram()
    asset = client.upload(image(), "launch.png")
    _, token, filename = asset["publicUrl"].rsplit("/", 2)
    ids = {"accountId": account["id"], "connectionId": account["connectionId"], "assetId": asset["id"],
           "deliveryToken": token, "filename": filename, "actionId": "publish-preview"}  # fmt: skip
    if (make := NEEDED.get(f"{method} {path}")) is not None:
        ids |= make(client, account["handle"])
    elif "{postId}" in path:
        ids |= _scheduled(client, account["handle"])
    elif "{runId}" in path:
        ids |= _run("scheduled")(client, account["handle"])
    headers = {} if method == "GET" else {"Content-Type": "application/json"}
    content = None
    if body is not NO_BODY:
        written = json.dumps(body).replace("{handle}", account["handle"]).replace("{media}", asset["publicUrl"])
        content = written.replace("{base64}", _BASE64).encode()

    answer = client.send(method, path.format(**ids), content=content, headers=headers)

    expected = next((row["status"] for row in OPERATIONS if (row["method"], row["path"]) == (method, path)), 200)
    assert answer.status_code == expected, answer.text[:500]
    if not path.startswith("/media/"):
        assert answer.json()["ok"] is True


_BASE64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
