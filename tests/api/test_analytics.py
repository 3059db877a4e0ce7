"""Figures over HTTP: what clients read, and what is said where there is nothing to tell."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.specs.socialclaw import errors

from .conftest import Client
from .drivers import LATER, x_account

TOLD = {"impressions": 42, "likes": 3, "comments": 0, "shares": 1, "saves": 0}
"""What the network's copy says of every post; it says nothing of reach, views and clicks."""


@pytest.fixture
def x(client: Client) -> str:
    return x_account(client)


_numbers = itertools.count(1)


def published(client: Client, handle: str | None = None) -> str:
    """In words that no other post has: some networks refuse the same twice."""
    handle = handle or client.telegram()["handle"]
    words = f"Figures, please: {next(_numbers)}"
    found = client.over(client.apply({"account": handle, "description": words})["posts"][0]["id"])
    assert found["status"] == "published", found
    return found["id"]


def valid(body: dict[str, Any]) -> dict[str, Any]:
    assert errors("AnalyticsResponse", body) == []
    return body


def test_figures_that_were_asked_for_are_told_and_kept(client: Client, x: str) -> None:
    post_id = published(client, x)
    assert client.ok("GET", f"/v1/analytics/posts/{post_id}")["latest"] is None

    asked = valid(client.ok("POST", "/v1/analytics/refresh", {"postId": post_id}))

    assert asked["post"]["id"] == post_id
    assert asked["metrics"] == TOLD
    assert (asked["window"], asked["metricWindow"]) == ("lifetime", "lifetime")
    assert asked["snapshot"] == asked["analytics"]
    assert {
        name: asked["snapshot"][name] for name in ("status", "supported", "metricWindow", "metrics", "message")
    } == {
        "status": "collected",
        "supported": True,
        "metricWindow": "lifetime",
        "metrics": TOLD,
        "message": None,
    }
    kept = valid(client.ok("GET", f"/v1/analytics/posts/{post_id}"))
    assert kept["latest"] == asked["snapshot"]
    assert kept["post"]["id"] == post_id


@pytest.mark.parametrize("window", ["lifetime", "24h", "7d", "30d"])
def test_a_post_that_is_younger_than_the_window_has_all_its_figures_in_it(client: Client, x: str, window: str) -> None:
    post_id = published(client, x)

    asked = valid(client.ok("POST", "/v1/analytics/refresh", {"post_id": post_id, "metricWindow": window}))
    kept = client.ok("GET", f"/v1/analytics/posts/{post_id}?window={window}")

    assert asked["metrics"] == kept["metrics"] == TOLD
    assert asked["window"] == asked["snapshot"]["metricWindow"] == kept["window"] == window


@pytest.mark.parametrize(
    "path", ["/v1/analytics/posts/{post}", "/v1/analytics/accounts/{account}", "/v1/analytics/runs/{run}"]
)
def test_an_unknown_window_is_refused_with_the_list_of_those_there_are(client: Client, path: str) -> None:
    account = client.telegram()
    applied = client.apply({"account": account["handle"], "description": "Later.", "publish_at": LATER})
    ids = {"post": applied["posts"][0]["id"], "account": account["id"], "run": applied["run"]["id"]}

    answer = client.send("GET", path.format(**ids) + "?window=1y")

    assert answer.status_code == 422
    assert answer.json()["code"] == "metric_window_invalid"
    assert answer.json()["details"]["supportedValues"] == ["lifetime", "24h", "7d", "30d"]
    assert client.ok("GET", path.format(**ids) + "?window=7d")["window"] == "7d"


def test_a_network_without_figures_says_so_and_shows_no_zeros(client: Client) -> None:
    account = client.telegram()
    post_id = published(client, account["handle"])

    asked = valid(client.ok("POST", "/v1/analytics/refresh", {"postId": post_id}))
    kept = valid(client.ok("GET", f"/v1/analytics/posts/{post_id}"))
    of_account = valid(client.ok("GET", f"/v1/analytics/accounts/{account['id']}?window=7d"))

    for snapshot in (asked["snapshot"], kept["latest"], of_account["snapshot"]):
        assert snapshot["supported"] is False
        assert snapshot["status"] == "unsupported"
        assert snapshot["metrics"] is None
        assert snapshot["message"] == "Telegram does not tell programs these figures."
    assert asked["metrics"] is kept["metrics"] is of_account["metrics"] is None
    assert of_account["account"]["handle"] == account["handle"]


def test_a_post_that_is_not_out_has_no_figures_and_cannot_be_asked_about(client: Client, telegram: str) -> None:
    later = client.apply({"account": telegram, "description": "Later.", "publish_at": LATER})["posts"][0]["id"]

    found = valid(client.ok("GET", f"/v1/analytics/posts/{later}"))

    assert (found["post"]["id"], found["latest"], found["metrics"]) == (later, None, None)
    assert client.refused("POST", "/v1/analytics/refresh", {"postId": later}) == (409, "post_not_published")


def test_a_post_that_was_deleted_keeps_its_last_figures_and_is_not_asked_about(client: Client, x: str) -> None:
    post_id = published(client, x)
    client.ok("POST", "/v1/analytics/refresh", {"postId": post_id})
    client.ok("POST", f"/v1/posts/{post_id}/delete")

    assert client.refused("POST", "/v1/analytics/refresh", {"postId": post_id}) == (409, "post_already_deleted")
    assert client.ok("GET", f"/v1/analytics/posts/{post_id}")["metrics"] == TOLD


def test_a_run_adds_up_the_posts_that_have_figures(client: Client, x: str) -> None:
    posts = [{"account": x, "description": f"Added up: {next(_numbers)}"} for number in range(2)]
    applied = client.apply(*posts, {"account": client.telegram()["handle"], "description": "Without."})
    first, second, _ = [client.over(post["id"])["id"] for post in applied["posts"]]
    path = f"/v1/analytics/runs/{applied['run']['id']}"
    empty = valid(client.ok("GET", path))
    assert empty["metrics"] is None
    assert empty["summary"] == {"contributingPostCount": 0, "totalPosts": 3, "metrics": {}}

    for post_id in (first, second):
        client.ok("POST", "/v1/analytics/refresh", {"postId": post_id})
    found = valid(client.ok("GET", path))

    assert (found["run"]["id"], found["run"]["status"]) == (applied["run"]["id"], "completed")
    doubled = {name: 2 * value for name, value in TOLD.items()}
    assert found["summary"] == {"contributingPostCount": 2, "totalPosts": 3, "metrics": doubled}
    assert found["metrics"] == doubled
    assert {one["id"]: one["snapshot"]["supported"] for one in found["posts"]}[first] is True


def test_a_refresh_names_a_post_of_this_workspace(client: Client, stranger: Client) -> None:
    theirs = published(stranger)

    assert client.refused("POST", "/v1/analytics/refresh", {"postId": theirs}) == (404, "post_not_found")
    assert client.refused("POST", "/v1/analytics/refresh", {}) == (422, "post_id_required")
    assert client.refused("POST", "/v1/analytics/refresh", {"postId": theirs, "window": "1y"}) == (422, "metric_window_invalid")  # fmt: skip


def test_a_network_that_does_not_answer_is_told_and_what_was_known_stays(client: Client, x: str) -> None:
    post_id = published(client, x)
    client.ok("POST", "/v1/analytics/refresh", {"postId": post_id})
    client.fault("x", kind="server_error", times=1, match="/2/tweets", method="GET")

    assert client.refused("POST", "/v1/analytics/refresh", {"postId": post_id}) == (502, "provider_error")

    latest = client.ok("GET", f"/v1/analytics/posts/{post_id}")["latest"]
    assert latest["metrics"] == TOLD
    assert latest["message"].startswith("The last try to get newer figures failed: ")
