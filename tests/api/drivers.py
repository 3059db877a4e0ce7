"""How to make every operation succeed, and fail in every way it documents: what has to be there first, then the request.

The interface's own table says which operations and errors there are; ``test_contract`` holds both against each other.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from backend import users
from backend.access import Role
from backend.context import utc_now

from .conftest import Client
from .files import image

LATER = "2036-06-01T18:00:00Z"
CAMPAIGN = {"id": "launch", "name": "Launch"}
UPLOAD = {"filename": "a.png", "mime": "image/png", "contentBase64": base64.b64encode(image()).decode()}
REGISTER = {"objectKey": "elsewhere/a.png", "publicUrl": "https://example.com/a.png", "mime": "image/png"}
_numbers = itertools.count(1)

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    path: str
    body: Any = None
    options: dict[str, Any] = field(default_factory=dict[str, Any])


Arrange = Callable[[Client], Ask]


def at(path: str, body: Any = None, **options: Any) -> Ask:
    return Ask(path=path, body=body, options=options)


def plain(path: str, body: Any = None, **options: Any) -> Arrange:
    return lambda client: at(path, body, **options)


def browser(client: Client, role: Role = Role.OWNER) -> httpx2.Client:
    """Somebody of this workspace, signed in."""
    db, now = client.server.parts.context.db, utc_now()
    email = f"somebody{next(_numbers)}@example.com"
    workspace = client.actor.workspace_id
    user = db.write_now(users.create, email=email, password=None, workspace_id=workspace, role=role, now=now)
    token = db.write_now(users.make_link, user_id=user.id, workspace_id=workspace, now=now)
    http = httpx2.Client(base_url=client.server.url, timeout=30, verify=False)
    assert http.get(f"/auth/link/{token}").status_code == 303
    return http


# --- what has to be there ----------------------------------------------------------------------------------------------


def single(account: str, **fields: Any) -> dict[str, Any]:
    return {"posts": [{"account": account, "description": "Later.", "publish_at": LATER, **fields}]}


def campaign(account: str) -> dict[str, Any]:
    steps = [{"description": "One."}, {"description": "Two.", "delay_minutes": 5}]
    return {"timezone": "UTC", "campaigns": [{**CAMPAIGN, "targets": [{"account": account, "publish_at": LATER, "steps": steps}]}]}  # fmt: skip


def connection(client: Client) -> str:
    return client.telegram()["connectionId"]


def account(client: Client) -> str:
    return client.telegram()["id"]


def scheduled(client: Client) -> str:
    return client.apply(*single(client.telegram()["handle"])["posts"])["posts"][0]["id"]


def published(client: Client, handle: str | None = None) -> str:
    handle = handle or client.telegram()["handle"]
    post_id = client.apply({"account": handle, "description": "Out."})["posts"][0]["id"]
    assert client.over(post_id)["status"] == "published"
    return post_id


def failed(client: Client) -> str:
    handle = client.telegram()["handle"]
    client.fault("telegram", kind="refused", times=1, match="sendMessage")
    post_id = client.apply({"account": handle, "description": "No."})["posts"][0]["id"]
    assert client.over(post_id)["status"] == "failed"
    return post_id


def run(client: Client, **envelope: Any) -> str:
    schedule = {**campaign(client.telegram()["handle"]), **envelope}
    return client.ok("POST", "/v1/posts/apply", schedule)["run"]["id"]


def single_run(client: Client) -> str:
    return client.apply(*single(client.telegram()["handle"])["posts"])["run"]["id"]


def key(client: Client) -> str:
    return client.ok("POST", "/v1/keys", {"label": "Another"})["key"]["id"]


def own_key(client: Client) -> str:
    return client.ok("GET", "/v1/keys/validate")["apiKey"]["id"]


def asset(client: Client) -> str:
    return client.upload(image())["id"]


def media(client: Client, *, preview: bool = False) -> str:
    made = client.upload(image())
    return (made["preview"]["url"] if preview else made["publicUrl"]).removeprefix(client.server.url)


def hook() -> dict[str, Any]:
    """A pasted connection that works."""
    number = next(_numbers)
    return {
        "provider": "telegram",
        "bot_token": f"110201543:SANDBOX_another_half_of_a_token_{number:04}",
        "chat_id": f"@driver_{number}",
    }


# --- successes ---------------------------------------------------------------------------------------------------------

SUCCESSES: dict[Key, Arrange] = {
    ("GET", "/health"): plain("/health"),
    ("POST", "/v1/keys/validate"): plain("/v1/keys/validate"),
    ("GET", "/v1/keys"): plain("/v1/keys"),
    ("POST", "/v1/keys"): plain("/v1/keys", {"label": "Scheduler", "kind": "agent"}),
    ("DELETE", "/v1/keys/{keyId}"): lambda client: at(f"/v1/keys/{key(client)}"),
    ("GET", "/v1/me/usage"): plain("/v1/me/usage"),
    ("GET", "/v1/workspace/health"): lambda client: at(published(client) and "/v1/workspace/health"),
    ("GET", "/v1/jobs"): lambda client: at(published(client) and "/v1/jobs"),
    ("POST", "/v1/connections/start"): lambda client: at("/v1/connections/start", hook()),
    ("GET", "/v1/connections"): lambda client: at(connection(client) and "/v1/connections"),
    ("GET", "/v1/connections/health"): lambda client: at(connection(client) and "/v1/connections/health"),
    ("GET", "/v1/connections/{connectionId}"): lambda client: at(f"/v1/connections/{connection(client)}"),
    ("GET", "/v1/accounts"): lambda client: at(account(client) and "/v1/accounts?provider=telegram"),
    ("GET", "/v1/accounts/capabilities"): lambda client: at(account(client) and "/v1/accounts/capabilities"),
    ("GET", "/v1/accounts/{accountId}/capabilities"): lambda client: at(f"/v1/accounts/{account(client)}/capabilities"),
    ("GET", "/v1/accounts/{accountId}/settings"): lambda client: at(f"/v1/accounts/{account(client)}/settings"),
    ("GET", "/v1/accounts/{accountId}/actions"): lambda client: at(f"/v1/accounts/{account(client)}/actions"),
    ("POST", "/v1/accounts/{accountId}/actions/{actionId}"): lambda client: at(
        f"/v1/accounts/{account(client)}/actions/publish-preview", {"description": "How will it look?"}
    ),
    ("DELETE", "/v1/accounts/{accountId}"): lambda client: at(f"/v1/accounts/{account(client)}"),
    ("GET", "/oauth/{provider}/callback"): lambda client: callback(client),
    ("GET", "/v1/posts"): lambda client: at(scheduled(client) and "/v1/posts?status=scheduled&limit=5"),
    ("GET", "/v1/posts/{postId}"): lambda client: at(f"/v1/posts/{published(client)}"),
    ("GET", "/v1/posts/{postId}/attempts"): lambda client: at(f"/v1/posts/{published(client)}/attempts"),
    ("POST", "/v1/posts/{postId}/reconcile"): lambda client: at(f"/v1/posts/{published(client)}/reconcile"),
    ("POST", "/v1/posts/validate"): lambda client: at("/v1/posts/validate", single(client.telegram()["handle"])),
    ("POST", "/v1/campaigns/preview"): lambda client: at(
        "/v1/campaigns/preview", {"schedule": campaign(client.telegram()["handle"])}
    ),
    ("POST", "/v1/posts/apply"): lambda client: at("/v1/posts/apply", single(client.telegram()["handle"])),
    ("GET", "/v1/runs/{runId}/status"): lambda client: at(f"/v1/runs/{run(client)}/status"),
    ("GET", "/v1/runs/{runId}/campaign"): lambda client: at(f"/v1/runs/{run(client)}/campaign"),
    ("GET", "/v1/runs/{runId}"): lambda client: at(f"/v1/runs/{run(client)}"),
    ("POST", "/v1/runs/{runId}/publish"): lambda client: at(f"/v1/runs/{run(client, mode='draft')}/publish"),
    ("GET", "/v1/runs/{runId}/table"): lambda client: at(f"/v1/runs/{run(client)}/table"),
    ("POST", "/v1/posts/{postId}/retry"): lambda client: at(f"/v1/posts/{failed(client)}/retry"),
    ("POST", "/v1/posts/{postId}/delete"): lambda client: at(f"/v1/posts/{published(client)}/delete"),
    ("DELETE", "/v1/posts/{postId}"): lambda client: at(f"/v1/posts/{scheduled(client)}"),
    ("POST", "/v1/assets/upload"): plain("/v1/assets/upload", UPLOAD),
    ("POST", "/v1/assets"): plain("/v1/assets", REGISTER),
    ("DELETE", "/v1/assets/{assetId}"): lambda client: at(f"/v1/assets/{asset(client)}", {"retentionDays": 7}),
    ("GET", "/media/{assetId}/{deliveryToken}/{filename}"): lambda client: at(media(client)),
    ("GET", "/media/{assetId}/{deliveryToken}/previews/{filename}"): lambda client: at(media(client, preview=True)),
}

X_USER = "2244994945"
"""Somebody who has an account at the copy of the network with a login page."""


def leave(client: Client) -> tuple[str, dict[str, str]]:
    """A login is begun and the person has said yes: the network's name and what it sends back."""
    url = client.ok("POST", "/v1/connections/start", {"provider": "x"})["connection"]["authorizeUrl"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    answer = httpx2.post(url.partition("?")[0], data={**asked, "user": X_USER})
    returned = parse_qs(urlsplit(answer.headers["location"]).query)
    return "x", {name: values[0] for name, values in returned.items()}


def callback(client: Client, **changes: str) -> Ask:
    network, returned = leave(client)
    values = {**returned, **changes}
    return at(f"/oauth/{network}/callback?{urlencode(values)}", headers=JSON)


def x_account(client: Client) -> str:
    network, returned = leave(client)
    answer = httpx2.get(f"{client.server.url}/oauth/{network}/callback?{urlencode(returned)}", headers=JSON)
    return answer.json()["account"]["handle"]


def in_doubt(client: Client, *, network_answers: bool = False) -> str:
    """A post whose outcome nobody knows. The network that could tell does not answer; or there is none that could."""
    if network_answers:
        handle = client.telegram()["handle"]
        client.fault("telegram", kind="drop_after", times=1, match="sendMessage")
    else:
        handle = x_account(client)
        client.fault("x", kind="drop_after", times=1, match="/2/tweets", method="POST")
        client.fault("x", kind="server_error", times=1000, match="/tweets", method="GET")
    post_id = client.apply({"account": handle, "description": f"Is it out? {next(_numbers)}"})["posts"][0]["id"]
    assert client.over(post_id)["errorCode"] == "publish_outcome_unknown"
    return post_id


def with_fault(client: Client, network: str, kind: str, match: str) -> bool:
    client.fault(network, kind=kind, times=20, match=match)
    return True


def canceled(client: Client) -> str:
    post_id = scheduled(client)
    client.ok("DELETE", f"/v1/posts/{post_id}")
    return post_id


def refused_deletion(client: Client, kind: str) -> Ask:
    post_id = published(client)
    client.fault("telegram", kind=kind, times=20, match="deleteMessage")
    return at(f"/v1/posts/{post_id}/delete")


def offline_start(client: Client) -> Ask:
    client.fault("telegram", kind="server_error", times=20)
    return at("/v1/connections/start", hook())


NOWHERE = {"posts": [{"account": "nowhere:nobody", "description": "x", "publish_at": LATER}]}
NO_IMAGE = {**UPLOAD, "contentBase64": base64.b64encode(b"no picture at all").decode()}
JSON = {"Accept": "application/json"}

# What follows from an operation's kind has no row here: see ``test_contract``.
ERRORS: dict[tuple[str, str, int], Arrange] = {
    ("POST", "/v1/keys", 422): plain("/v1/keys", {"label": "x" * 201}),
    ("DELETE", "/v1/keys/{keyId}", 409): lambda client: at(f"/v1/keys/{own_key(client)}"),
    ("POST", "/v1/connections/start", 422): plain("/v1/connections/start", {"provider": "nowhere"}),
    ("POST", "/v1/connections/start", 502): offline_start,
    ("POST", "/v1/accounts/{accountId}/actions/{actionId}", 422): lambda client: at(
        f"/v1/accounts/{account(client)}/actions/publish-preview", {"assets": 3}
    ),
    ("GET", "/oauth/{provider}/callback", 409): plain("/oauth/x/callback?state=unknown&code=1", headers=JSON),
    ("GET", "/oauth/{provider}/callback", 422): lambda client: callback(client, error="access_denied"),
    ("POST", "/v1/posts/{postId}/reconcile", 422): lambda client: at(
        f"/v1/posts/{scheduled(client)}/reconcile", {"outcome": "maybe"}
    ),
    ("POST", "/v1/posts/{postId}/reconcile", 502): lambda client: at(f"/v1/posts/{in_doubt(client)}/reconcile"),
    ("POST", "/v1/posts/validate", 422): plain("/v1/posts/validate", NOWHERE),
    ("POST", "/v1/campaigns/preview", 409): lambda client: at(
        "/v1/campaigns/preview", single(client.telegram()["handle"])
    ),
    ("POST", "/v1/campaigns/preview", 422): plain("/v1/campaigns/preview", campaign("nowhere:nobody")),
    ("POST", "/v1/posts/apply", 422): plain("/v1/posts/apply", NOWHERE),
    ("GET", "/v1/runs/{runId}/campaign", 409): lambda client: at(f"/v1/runs/{single_run(client)}/campaign"),
    ("POST", "/v1/runs/{runId}/publish", 409): lambda client: at(f"/v1/runs/{run(client)}/publish"),
    ("POST", "/v1/posts/{postId}/retry", 409): lambda client: at(f"/v1/posts/{scheduled(client)}/retry"),
    ("POST", "/v1/posts/{postId}/retry", 502): lambda client: at(f"/v1/posts/{in_doubt(client)}/retry"),
    ("POST", "/v1/posts/{postId}/delete", 409): lambda client: at(f"/v1/posts/{scheduled(client)}/delete"),
    ("POST", "/v1/posts/{postId}/delete", 422): lambda client: refused_deletion(client, "unauthorized"),
    ("POST", "/v1/posts/{postId}/delete", 502): lambda client: refused_deletion(client, "server_error"),
    ("DELETE", "/v1/posts/{postId}", 409): lambda client: at(f"/v1/posts/{canceled(client)}"),
    ("POST", "/v1/assets/upload", 422): plain("/v1/assets/upload", NO_IMAGE),
    ("POST", "/v1/assets", 422): plain("/v1/assets", {"publicUrl": "https://example.com/a.png"}),
    ("GET", "/media/{assetId}/{deliveryToken}/{filename}", 416): lambda client: at(
        media(client), headers={"Range": "bytes=999999-"}
    ),
    ("GET", "/media/{assetId}/{deliveryToken}/previews/{filename}", 416): lambda client: at(
        media(client, preview=True), headers={"Range": "bytes=999999-"}
    ),
}
