"""From a schedule to the audience, and every way out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend import workspaces
from backend.context import utc_now

from .conftest import Client, eventually
from .files import image

LATER = "2036-06-01T18:00:00.000Z"
_texts = iter(f"Text number {number}." for number in range(10_000))


@pytest.fixture
def text() -> str:
    """One that no other test sends."""
    return next(_texts)


def campaign(account: str, *texts: str, **envelope: Any) -> dict[str, Any]:
    steps = [{"description": text, "delay_minutes": 10 * (index > 0)} for index, text in enumerate(texts)]
    return {"timezone": "Europe/Berlin", "campaigns": [{"id": "launch", "name": "Launch", "targets": [{"account": account, "publish_at": LATER, "steps": steps}]}], **envelope}  # fmt: skip


def in_doubt(client: Client, account: str, text: str) -> dict[str, Any]:
    """A post that reached the network, whose answer did not come back."""
    client.fault("telegram", kind="drop_after", times=1, match="sendMessage")
    found = client.over(client.apply({"account": account, "description": text})["posts"][0]["id"])
    assert (found["status"], found["errorCode"]) == ("failed", "publish_outcome_unknown")
    assert found["error"]
    return found


# --- apply --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["url", "id", "media_link", "id of the account"])
def test_a_post_with_a_picture_is_published_once(client: Client, telegram: str, text: str, by: str) -> None:
    asset = client.upload(image())
    media = {"media_link": asset["publicUrl"]} if by == "media_link" else {"assets": [{"id": asset["id"]}]}
    if by == "url":
        media = {"assets": [{"url": asset["publicUrl"]}]}
    account = client.ok("GET", "/v1/accounts")["accounts"][0]["id"] if by == "id of the account" else telegram

    applied = client.apply({"account": account, "description": text, **media})
    found = client.over(applied["posts"][0]["id"])

    assert found["status"] == "published", found["error"]
    assert found["assets"][0]["url"].startswith(client.server.url)
    assert found["attempts"] == 1
    (shown,) = client.received("telegram", text)
    assert [medium["size"] for medium in shown["media"]] == [len(image())]
    assert found["providerPostId"]
    assert client.ok("GET", f"/v1/posts/{found['id']}/attempts")["attempts"][0]["ok"] is True


def test_both_networks_get_a_post_of_one_run(client: Client, telegram: str, discord: str, text: str) -> None:
    applied = client.apply({"account": telegram, "description": text}, {"account": discord, "description": text})

    assert [client.over(post["id"])["status"] for post in applied["posts"]] == ["published", "published"]
    assert len(client.received("telegram", text)) == len(client.received("discord", text)) == 1
    run = client.ok("GET", f"/v1/runs/{applied['run']['id']}/status")
    assert run["summary"]["published"] == 2
    assert run["run"]["status"] == "completed"


def test_a_campaign_goes_out_in_its_order(client: Client, telegram: str, text: str) -> None:
    schedule = campaign(telegram, f"{text} one", f"{text} two")
    for step in schedule["campaigns"][0]["targets"][0]["steps"]:
        step["delay_minutes"] = 0
    del schedule["campaigns"][0]["targets"][0]["publish_at"]
    schedule["campaigns"][0]["publish_at"] = datetime.now(UTC).isoformat()

    applied = client.ok("POST", "/v1/posts/apply", schedule)

    assert [client.over(post["id"])["status"] for post in applied["posts"]] == ["published", "published"]
    assert [post["sequencePosition"] for post in applied["posts"]] == [1, 2]


def test_a_schedule_is_applied_whole_or_not_at_all(client: Client, telegram: str) -> None:
    posts = [{"account": telegram, "description": "Good."}, {"account": telegram, "description": "x" * 100_000}]

    status, _ = client.refused("POST", "/v1/posts/apply", {"posts": posts})

    assert status == 422
    assert client.ok("GET", "/v1/posts")["total"] == 0


@pytest.mark.parametrize(("network", "code"), [("telegram", "media_not_fetched"), ("discord", "file_not_fetched")])
def test_a_file_that_cannot_be_fetched_fails_its_post_with_a_sentence(
    client: Client, text: str, network: str, code: str
) -> None:
    account = client.telegram() if network == "telegram" else client.discord()
    post = {"account": account["handle"], "description": text, "assets": [f"{client.server.url}/media/x/y/gone.png"]}

    found = client.over(client.apply(post)["posts"][0]["id"])

    assert (found["status"], found["errorCode"]) == ("failed", code), found["error"]
    assert client.received(network, text) == []


# --- idempotency --------------------------------------------------------------------------------------------------------


def test_ten_parallel_applies_of_one_key_make_one_run(client: Client, telegram: str) -> None:
    body = {"idempotencyKey": "once", "posts": [{"account": telegram, "description": "Once.", "publish_at": LATER}]}

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.send("POST", "/v1/posts/apply", body), range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert sorted(answer.json()["duplicate"] for answer in answers) == [False] + [True] * 9
    assert len({answer.json()["run"]["id"] for answer in answers}) == 1
    assert not any("payloadChanged" in answer.json() for answer in answers)
    assert client.ok("GET", "/v1/posts")["total"] == 1


def test_the_same_key_with_another_schedule_tells_so_and_changes_nothing(client: Client, telegram: str) -> None:
    def apply(words: str, **where: Any) -> dict[str, Any]:
        body = {"posts": [{"account": telegram, "description": words, "publish_at": LATER}]}
        return client.ok("POST", "/v1/posts/apply", {"idempotency_key": "k", "schedule": body})

    first, again = apply("One."), apply("Other.")

    assert (again["duplicate"], again["payloadChanged"]) == (True, True)
    assert again["posts"] == first["posts"]


def test_a_key_of_one_workspace_is_free_in_another(client: Client, stranger: Client) -> None:
    for each in (client, stranger):
        post = {"account": each.telegram()["handle"], "description": "x", "publish_at": LATER}
        assert each.apply(post, idempotencyKey="same")["duplicate"] is False


# --- drafts, campaigns, cancel --------------------------------------------------------------------------------------------


def test_a_draft_waits_until_it_is_published_and_moves_as_one(client: Client, telegram: str, text: str) -> None:
    draft = client.ok("POST", "/v1/posts/apply", campaign(telegram, f"{text} one", f"{text} two", mode="draft"))
    assert (draft["run"]["mode"], draft["run"]["status"]) == ("draft", "draft")
    assert {post["status"] for post in draft["posts"]} == {"draft"}

    moved = client.ok("POST", f"/v1/runs/{draft['run']['id']}/publish", {"startAt": "2037-01-01T09:00:00+01:00"})

    assert [post["publishAtUtc"] for post in moved["posts"]] == ["2037-01-01T08:00:00.000Z", "2037-01-01T08:10:00.000Z"]
    assert [post["wallTime"][:16] for post in moved["posts"]] == ["2037-01-01T09:00", "2037-01-01T09:10"]
    assert {post["status"] for post in moved["posts"]} == {"scheduled"}
    assert client.refused("POST", f"/v1/runs/{draft['run']['id']}/publish", {}) == (409, "run_not_draft")


def test_publishing_a_draft_without_a_time_keeps_its_times(client: Client, telegram: str) -> None:
    draft = client.ok("POST", "/v1/posts/apply", campaign(telegram, "One", mode="draft"))

    found = client.ok("POST", f"/v1/runs/{draft['run']['id']}/publish", {"startAt": None})

    assert [post["publishAtUtc"] for post in found["posts"]] == [LATER]


def test_the_schedule_of_a_campaign_run_is_valid_unchanged(client: Client, telegram: str) -> None:
    asset = client.upload(image(), altText="A square")
    schedule = campaign(telegram, "One", "Two")
    schedule["campaigns"][0]["targets"][0]["steps"][0]["assets"] = [{"id": asset["id"]}]
    applied = client.ok("POST", "/v1/posts/apply", schedule)

    clone = client.ok("GET", f"/v1/runs/{applied['run']['id']}/campaign")["schedule"]
    again = client.ok("POST", "/v1/posts/validate", {"schedule": clone})

    assert (again["mode"], again["sourceModel"]) == ("draft", "campaigns_v2")
    for old, new in zip(applied["posts"], again["posts"], strict=True):
        assert {name: old[name] for name in ("description", "publishAtUtc", "account", "stepId")} == {
            name: new[name] for name in ("description", "publishAtUtc", "account", "stepId")
        }
    assert again["posts"][0]["assets"][0]["altText"] == "A square"
    second = client.ok("POST", "/v1/posts/apply", clone)
    assert client.ok("GET", f"/v1/runs/{second['run']['id']}/campaign")["schedule"] == clone


def test_a_run_of_single_posts_has_no_graph(client: Client, telegram: str) -> None:
    schedule = {"posts": [{"account": telegram, "description": "x", "publish_at": LATER}]}
    run = client.ok("POST", "/v1/posts/apply", schedule)["run"]["id"]

    assert client.refused("GET", f"/v1/runs/{run}/campaign") == (409, "campaign_graph_requires_campaigns")
    assert client.refused("POST", "/v1/campaigns/preview", schedule) == (409, "campaign_graph_requires_campaigns")


def test_a_canceled_post_is_over(client: Client, telegram: str) -> None:
    applied = client.apply({"account": telegram, "description": "x", "publish_at": LATER})
    post = applied["posts"][0]["id"]

    assert client.ok("DELETE", f"/v1/posts/{post}")["post"]["status"] == "canceled"
    assert client.refused("DELETE", f"/v1/posts/{post}") == (409, "post_not_cancelable")
    assert client.refused("POST", f"/v1/posts/{post}/retry") == (409, "post_not_retryable")
    assert client.ok("GET", f"/v1/runs/{applied['run']['id']}/status")["run"]["status"] == "completed"


# --- after the network ------------------------------------------------------------------------------------------------------


def test_a_failed_post_is_retried_and_goes_out(client: Client, telegram: str, text: str) -> None:
    client.fault("telegram", kind="refused", times=1, match="sendMessage")
    failed = client.over(client.apply({"account": telegram, "description": text})["posts"][0]["id"])
    assert failed["status"] == "failed"
    assert failed["error"] == failed["lastError"] != ""

    again = client.ok("POST", f"/v1/posts/{failed['id']}/retry")["post"]

    assert again["status"] in ("scheduled", "publishing", "published")
    assert client.over(failed["id"])["status"] == "published"
    assert len(client.received("telegram", text)) == 1
    attempts = client.ok("GET", f"/v1/posts/{failed['id']}/attempts")["attempts"]
    assert [attempt["ok"] for attempt in attempts] == [False, True]
    assert [attempt["attemptNo"] for attempt in attempts] == [1, 2]


def test_a_post_that_may_be_out_is_not_sent_again_unless_somebody_says_so(client: Client, telegram: str, text: str) -> None:  # fmt: skip
    post = in_doubt(client, telegram, text)["id"]

    for body in ({}, {"sendAgain": False}, {"send_again": False}):
        assert client.refused("POST", f"/v1/posts/{post}/retry", body) == (409, "publish_outcome_unknown")
    assert len(client.received("telegram", text)) == 1

    client.ok("POST", f"/v1/posts/{post}/retry", {"sendAgain": True})

    assert client.over(post)["status"] == "published"
    assert len(client.received("telegram", text)) == 2


def test_somebody_who_found_the_post_says_so(client: Client, telegram: str, text: str) -> None:
    post = in_doubt(client, telegram, text)["id"]
    assert client.refused("POST", f"/v1/posts/{post}/reconcile", {"outcome": "maybe"})[0] == 422

    found = client.ok("POST", f"/v1/posts/{post}/reconcile", {"outcome": "published", "providerPostId": "4711"})["post"]

    assert (found["status"], found["providerPostId"], found["reconciliationStatus"]) == (
        "published",
        "4711",
        "confirmed",
    )
    assert found["providerUrl"].endswith("/4711")
    assert found["error"] is found["errorCode"] is None
    assert client.refused("POST", f"/v1/posts/{post}/reconcile", {"outcome": "absent"})[0] == 422
    assert len(client.received("telegram", text)) == 1


def test_somebody_who_did_not_find_the_post_may_retry_it(client: Client, telegram: str, text: str) -> None:
    post = in_doubt(client, telegram, text)["id"]

    found = client.ok("POST", f"/v1/posts/{post}/reconcile", {"outcome": "absent"})["post"]
    assert (found["status"], found["errorCode"]) == ("failed", "publish_absent")

    client.ok("POST", f"/v1/posts/{post}/retry")
    assert client.over(post)["status"] == "published"


def test_a_published_post_is_deleted_at_the_network_once(client: Client, telegram: str, text: str) -> None:
    post = client.over(client.apply({"account": telegram, "description": text})["posts"][0]["id"])["id"]

    found = client.ok("POST", f"/v1/posts/{post}/delete")["post"]

    assert (found["status"], found["providerStatus"], found["providerUrl"]) == ("published", "deleted", None)
    assert client.received("telegram", text)[0]["deleted"]
    assert client.refused("POST", f"/v1/posts/{post}/delete") == (409, "post_already_deleted")


def test_a_post_that_is_not_out_cannot_be_deleted_there(client: Client, telegram: str) -> None:
    post = client.apply({"account": telegram, "description": "x", "publish_at": LATER})["posts"][0]["id"]

    assert client.refused("POST", f"/v1/posts/{post}/delete") == (409, "post_not_published")


# --- accounts -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"provider": "telegram", "botToken": "110201543:wrong_half_of_a_token_of_the_right_len", "chatId": "@chat_1"}, "credentials_refused"),
        ({"provider": "telegram", "botToken": "short", "chatId": "@chat_1"}, "connection_fields_invalid"),
        ({"provider": "telegram", "chatId": "@chat_1"}, "connection_fields_invalid"),
        ({"provider": "telegram", "botToken": "110201543:SANDBOX_some_half_of_a_token_0000001", "chatId": "true"}, "credentials_refused"),
        ({"provider": "discord", "webhookUrl": "{sandbox}/discord/api/v10/webhooks/700000000000000001/" + "x" * 68}, "credentials_refused"),
        ({"provider": "discord", "webhookUrl": "https://example.com/hook"}, "connection_fields_invalid"),
        ({"provider": "nowhere"}, "provider_unsupported"),
    ],
)  # fmt: skip
def test_what_a_network_refuses_is_not_connected(client: Client, body: dict[str, str], code: str) -> None:
    given = {name: value.replace("{sandbox}", client.server.sandbox.url) for name, value in body.items()}

    assert client.refused("POST", "/v1/connections/start", given) == (422, code)

    assert client.ok("GET", "/v1/connections")["connections"] == []
    assert client.ok("GET", "/v1/accounts")["accounts"] == []


def test_a_disconnected_account_takes_no_posts(client: Client) -> None:
    account = client.telegram()
    client.ok("DELETE", f"/v1/accounts/{account['id']}")

    schedule = {"posts": [{"account": account["handle"], "description": "x"}]}

    for path in ("/v1/posts/validate", "/v1/posts/apply"):
        assert client.refused("POST", path, schedule) == (422, "account_not_connected")
    assert client.ok("GET", "/v1/accounts")["accounts"] == []


def test_a_pause_holds_posts_until_it_ends(client: Client, telegram: str, text: str) -> None:
    db = client.server.parts.context.db
    db.write_now(workspaces.hold, client.actor, paused=True, now=utc_now())
    held = client.apply({"account": telegram, "description": text})["posts"][0]["id"]
    other = client.server.workspace("Not paused")
    passing = other.apply({"account": other.telegram()["handle"], "description": f"{text} passes"})["posts"][0]["id"]
    assert other.over(passing)["status"] == "published", "the worker has been at it since"
    assert client.post(held)["status"] == "scheduled"

    db.write_now(workspaces.hold, client.actor, paused=False, now=utc_now())

    assert client.over(held)["status"] == "published"


# --- lists ----------------------------------------------------------------------------------------------------------------------


def test_posts_are_filtered_and_paged_newest_first(client: Client, telegram: str) -> None:
    start = datetime(2036, 1, 1, tzinfo=UTC)
    posts = [
        {"account": telegram, "description": f"{day}", "publish_at": (start + timedelta(days=day)).isoformat()}
        for day in range(5)
    ]
    run = client.apply(*posts)["run"]["id"]

    def told(query: str) -> list[str]:
        return [post["description"] for post in client.ok("GET", f"/v1/posts?{query}")["posts"]]

    assert told("") == ["4", "3", "2", "1", "0"]
    assert told("limit=2&offset=1") == ["3", "2"]
    assert told("from=2036-01-02&to=2036-01-03T00:00:00Z") == ["2", "1"]
    assert told(f"run_id={run}&status=scheduled,draft&provider=TELEGRAM&limit=1") == ["4"]
    assert told("status=published") == []
    page = client.ok("GET", "/v1/posts?limit=9999")
    assert (page["total"], page["limit"], page["offset"]) == (5, 500, 0)


def test_jobs_tell_what_the_worker_does_next(client: Client) -> None:
    account = client.telegram()
    client.apply({"account": account["handle"], "description": "x", "publish_at": LATER})
    job = client.ok("GET", "/v1/jobs")["jobs"][0]
    assert (job["jobState"], job["nextAction"], job["nextAttemptAt"]) == ("waiting", "publish", LATER)

    client.ok("DELETE", f"/v1/accounts/{account['id']}")

    job = client.ok("GET", "/v1/jobs")["jobs"][0]
    assert (job["jobState"], job["nextAction"]) == ("blocked", "reconnect_account")


def test_usage_counts_what_went_out(client: Client, telegram: str, text: str) -> None:
    client.over(client.apply({"account": telegram, "description": text})["posts"][0]["id"])

    usage = eventually(lambda: client.ok("GET", "/v1/me/usage")["usage"])

    assert (usage["postsThisPeriod"], usage["connectedAccounts"]) == (1, 1)
