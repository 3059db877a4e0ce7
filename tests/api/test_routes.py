"""What a client finds beside the documented shapes: the names that official programs read, and keys at work."""

from __future__ import annotations

import pytest

from tests.specs.socialclaw import errors

from .conftest import Client
from .drivers import campaign


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
