"""The examples of the published reference, as written there: only host, key, ids, handles, provider, tokens and dates
differ. They are sent by curl's rules: ``--data`` makes a POST unless ``-X`` says another method, and headers are as given.

What has to be there first is arranged by the drivers of the operations; a name in braces is taken from what they made.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from backend.api.operations import DOCUMENTED, Auth, Operation
from socialclaw_app.sandbox import SandboxThread
from tests.networks.media import film
from tests.specs import socialclaw as reference

from . import drivers, shop
from .conftest import Client, Server, refused
from .drivers import LATER, Ask
from .files import image
from .whole import member, whole_server

NO_BODY = object()
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
REGISTERED = {
    "objectKey": "tenant_123/assets/manual/launch.png",
    "originalFilename": "launch.png",
    "mime": "image/png",
    "kind": "image",
    "status": "ready",
}
QUESTION = {
    "email": "operator@example.com",
    "message": "Can you review our LinkedIn connection?",
    "pageUrl": "https://social.example.com/dashboard",
}
CHANGED = {"account": "{account}", "title": "Updated launch update", "text": "Updated copy.", "publishAt": LATER}
COMPOSED = {
    "title": "Launch update",
    "text": "Shipping today.",
    "account": "{account}",
    "publishAt": "2036-06-01T14:00:00Z",
    "timezone": "UTC",
}
COMPLETED = {"uploadId": "{uploadId}", "parts": "{parts}", "duration": 24.5, "width": 1080, "height": 1920}
ONE_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/keys/validate"): {},
    ("POST", "/v1/keys"): {"label": "Production scheduler"},
    ("POST", "/v1/connections/start"): {"provider": "x"},
    ("POST", "/v1/accounts/{accountId}/actions/{actionId}"): {},
    ("POST", "/v1/posts/validate"): SCHEDULE,
    ("POST", "/v1/campaigns/preview"): PREVIEW,
    ("POST", "/v1/posts/apply"): SCHEDULE,
    ("POST", "/v1/runs/{runId}/publish"): {"startAt": "2036-06-01T15:00:00Z"},
    ("POST", "/v1/assets/upload"): {"filename": "launch.png", "mime": "image/png", "contentBase64": ONE_PIXEL},
    ("POST", "/v1/assets"): REGISTERED,
    ("DELETE", "/v1/assets/{assetId}"): {"retentionDays": 7},
    ("POST", "/v1/analytics/refresh"): {"postId": "{postId}", "window": "lifetime"},
    ("POST", "/v1/support/request"): QUESTION,
    ("POST", "/v1/billing/checkout"): {"plan": "pro", "billingInterval": "monthly"},
    ("POST", "/v1/billing/app-store/transactions/claim"): {"signedTransactionInfo": "{signedTransactionInfo}"},
    ("POST", "/v1/dashboard/connections/start"): {"provider": "instagram_business"},
    ("PATCH", "/v1/dashboard/posts/{postId}"): CHANGED,
    ("DELETE", "/v1/dashboard/assets/{assetId}"): {"retentionDays": 7},
    ("POST", "/v1/dashboard/assets/upload"): {"filename": "clip.mp4", "mime": "video/mp4", "contentBase64": "{film}"},
    ("POST", "/v1/dashboard/assets/upload/initiate"): {
        "filename": "launch-video.mp4",
        "size": 52428800,
        "mime": "video/mp4",
    },
    ("POST", "/v1/dashboard/assets/upload/{assetId}/part"): {"uploadId": "{uploadId}", "partNumber": 1},
    ("POST", "/v1/dashboard/assets/upload/{assetId}/complete"): COMPLETED,
    ("POST", "/v1/dashboard/assets/upload/{assetId}/abort"): {"uploadId": "{uploadId}"},
    ("POST", "/v1/dashboard/compose"): COMPOSED,
    ("POST", "/v1/dashboard/keys"): {"label": "Agent key", "kind": "personal"},
    ("POST", "/auth/mobile/apple/native"): {"identityToken": "{identityToken}"},
    ("POST", "/v1/billing/webhook"): {},
    ("POST", "/v1/billing/app-store/notifications"): {"signedPayload": "{signedPayload}"},
    ("POST", "/webhooks/meta/deauthorize"): {},
    ("POST", "/webhooks/meta/data-deletion"): {},
}
"""Of the examples that have one."""

REFUSED: dict[tuple[str, str], tuple[int, str]] = {
    # Meta signs its messages inside the form field signed_request; the examples have none, and so prove nothing.
    ("POST", "/webhooks/meta/deauthorize"): (400, "signed_request_invalid"),
    ("POST", "/webhooks/meta/data-deletion"): (400, "signed_request_invalid"),
}
"""The examples that cannot work as they stand, and what they are answered."""


@pytest.fixture(scope="module")
def whole(sandbox: SandboxThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with whole_server(tmp_path_factory.mktemp("whole"), sandbox) as server:
        yield server


def test_every_documented_operation_has_its_example() -> None:
    documented = {(row["method"], row["path"]) for row in reference.OPERATIONS}

    assert {operation.key for operation in DOCUMENTED} == documented
    assert set(BODIES) <= documented
    without = {key for key in documented if key[0] in ("POST", "PATCH")} - set(BODIES)
    assert without == {
        ("POST", "/v1/posts/{postId}/reconcile"),
        ("POST", "/v1/posts/{postId}/retry"),
        ("POST", "/v1/posts/{postId}/delete"),
        ("POST", "/v1/billing/manage"),
        ("POST", "/v1/dashboard/posts/{postId}/reconcile"),
        ("POST", "/v1/dashboard/keys/{keyId}/rotate"),
    }, "these are sent without a body"


@pytest.mark.parametrize("operation", DOCUMENTED, ids=lambda one: f"{one.method} {one.path}")
def test_an_example_of_the_reference_works(whole: Server, operation: Operation) -> None:
    client = member(whole, paying="/billing/" not in operation.path)
    answer = sent(client, operation, drivers.SUCCESSES[operation.key](client))

    if operation.key in REFUSED:
        assert refused(answer) == REFUSED[operation.key]
        return
    # without asking for JSON, whoever begins a sign-in is sent on
    expected = 302 if operation.path.endswith("/start") and operation.path.startswith("/auth/") else operation.status
    assert answer.status_code == expected, answer.text[:500]
    if operation.response in reference.SCHEMAS:
        assert reference.errors(operation.response, answer.json()) == []


def test_the_first_schedule_of_the_reference_is_applied(whole: Server) -> None:
    client = member(whole)
    handle = client.telegram()["handle"]

    answer = client.send("POST", "/v1/posts/apply", json.loads(filled(FIRST, {"handle": handle})))

    assert (answer.status_code, len(answer.json()["posts"])) == (201, 1)


def test_a_key_is_validated_by_get_too(whole: Server) -> None:
    assert member(whole).ok("GET", "/v1/keys/validate")["tenant"]["plan"] == "pro"


def sent(client: Client, operation: Operation, ask: Ask) -> httpx2.Response:
    """The example's request to the address that the driver made ready."""
    body = BODIES.get(operation.key, NO_BODY)
    path = ask.path.partition("?")[0] if operation.auth is not Auth.LINK else ask.path
    headers = {} if operation.method == "GET" else {"Content-Type": "application/json"}
    if operation.key == ("POST", "/v1/billing/webhook"):
        headers["x-signature"] = shop.signature(b"{}")
    content = None if body is NO_BODY else filled(body, names(client, ask, json.dumps(body)))
    http = client.http if operation.auth is Auth.KEY else httpx2.Client(base_url=client.server.url)
    if operation.auth is Auth.SESSION:
        http = drivers.browser(client)
    return http.request(operation.method, path, content=content, headers=headers)


def names(client: Client, ask: Ask, wanted: str) -> dict[str, Any]:
    makers = {
        "{handle}": lambda: client.telegram()["handle"],
        "{media}": lambda: client.upload(image(), "launch.png")["publicUrl"],
        "{film}": lambda: base64.b64encode(film()).decode(),
    }
    made = ask.body if isinstance(ask.body, dict) else {}
    found = {name: value for name, value in made.items() if isinstance(value, str | list)}
    return {**found, **{name.strip("{}"): make() for name, make in makers.items() if name in wanted}}


def filled(body: Any, values: dict[str, Any]) -> bytes:
    text = json.dumps(body)
    for name, value in values.items():
        whole = json.dumps(value)
        text = text.replace(f'"{{{name}}}"', whole)
    return text.encode()
