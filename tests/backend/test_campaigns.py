"""The graph of a campaign, and the schedule that makes the campaign again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from backend import campaigns, plan_json, planning
from backend.errors import AppError
from backend.plans import Plan
from tests.backend.strategies import (
    CHIRP,
    DIRECTORY,
    GAZETTE,
    NOTICE,
    NOW,
    STORED,
    good_schedules,
    networks,
    stored_media,
)


@pytest.fixture(autouse=True, scope="module")
def invented_networks() -> Iterator[None]:
    with networks(CHIRP, GAZETTE, NOTICE):
        yield


def plan(body: object) -> Plan:
    return planning.normalise(body, directory=DIRECTORY, media=stored_media, now=NOW)


STEPS = [
    {"description": "a"},
    {"description": "b", "interaction_type": "reply", "delay_seconds": 100},
    {"description": "c", "publish_at": "2026-06-01T14:00:00Z"},
]
LAUNCH: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "mode": "scheduled",
    "campaigns": [
        {
            "id": "launch",
            "name": "Launch",
            "targets": [
                {"account": account, "publish_at": "2026-06-01T15:00:00Z", "steps": STEPS}
                for account in ("chirp:@Bird", "chirp:@crow", "account_bird")
            ],
        },
        {"targets": [{"account": "notice:town", "publish_at": "2026-07-01", "steps": [{"text": "d"}]}]},
    ],
}


def stored(found: Plan) -> list[dict[str, Any]]:
    """The posts of a plan as they come back from rows, in no order."""
    rows = [
        {**plan_json.post_json(spec), "id": f"post_{spec.index}", "status": "scheduled", "providerPostId": None}
        for spec in found.posts
    ]
    return rows[::-1]


RUN = {"id": "run_1", "status": "created", "timezone": "Europe/Berlin", "mode": "scheduled"}


def test_the_graph_counts_campaigns_targets_and_steps() -> None:
    graph = campaigns.graph_of_plan(plan(LAUNCH))
    assert (graph["totalCampaigns"], graph["totalTargets"], graph["totalSteps"]) == (2, 4, 10)
    assert (graph["runId"], graph["runStatus"], graph["mode"]) == (None, None, "scheduled")
    assert (graph["timezone"], graph["sourceModel"]) == ("Europe/Berlin", "campaigns_v2")


def test_a_campaign_lists_its_accounts_once_and_its_ends_by_order() -> None:
    first, second = campaigns.graph_of_plan(plan(LAUNCH))["campaigns"]
    assert (first["id"], first["name"], first["campaignIndex"]) == ("launch", "Launch", 0)
    assert (first["targetCount"], first["postCount"]) == (3, 9)
    assert first["accounts"] == ["chirp:@Bird", "chirp:@crow"]
    assert first["firstPublishAtUtc"] == "2026-06-01T15:00:00.000Z"
    assert first["lastPublishAtUtc"] == "2026-06-01T14:00:00.000Z"
    assert (second["id"], second["name"], second["postCount"]) == ("campaign_2", "campaign_2", 1)


def test_a_target_holds_its_steps_in_order() -> None:
    target = campaigns.graph_of_plan(plan(LAUNCH))["campaigns"][0]["targets"][1]
    assert (target["id"], target["targetIndex"], target["stepCount"]) == ("launch_target_2", 1, 3)
    assert (target["account"], target["provider"], target["timezone"]) == ("chirp:@crow", "chirp", "Europe/Berlin")
    steps = target["steps"]
    assert [step["id"] for step in steps] == [f"launch_target_2_step_{number}" for number in (1, 2, 3)]
    assert [step["parentStepId"] for step in steps] == [None, "launch_target_2_step_1", None]
    assert [step["stepDelayMinutes"] for step in steps] == [0, 1.667, -61.667]
    assert [step["postId"] for step in steps] == [None] * 3
    assert set(steps[0]) == {
        "id", "postId", "provider", "account", "interactionType", "name", "description", "mediaLink", "assets",
        "settings", "timezone", "publishAtUtc", "status", "providerPostId", "sequencePosition", "stepIndex",
        "targetIndex", "parentStepId", "stepDelayMs", "stepDelayMinutes",
    }  # fmt: skip


def test_the_graph_of_stored_posts_is_that_of_the_plan_with_ids_and_statuses() -> None:
    found = plan(LAUNCH)
    graph = campaigns.graph_of_posts(RUN, stored(found))
    assert (graph["runId"], graph["runStatus"]) == ("run_1", "created")
    for campaign in graph["campaigns"]:
        for target in campaign["targets"]:
            for step in target["steps"]:
                assert step.pop("postId").startswith("post_")
                assert step.pop("status") == "scheduled"
                step |= {"postId": None, "status": None}
    assert {**graph, "runId": None, "runStatus": None} == campaigns.graph_of_plan(found)


def test_the_delays_of_a_graph_are_those_of_the_times_that_steps_have_now() -> None:
    rows = stored(plan(LAUNCH))
    moved = next(row for row in rows if row["stepId"] == "launch_target_1_step_2")
    moved["publishAtUtc"] = "2026-06-01T15:30:00.000Z"
    graph = campaigns.graph_of_posts(RUN, rows)
    steps = graph["campaigns"][0]["targets"][0]["steps"]
    assert [step["stepDelayMs"] for step in steps] == [0, 1_800_000, -5_400_000]
    assert [step["stepDelayMinutes"] for step in steps] == [0, 30, -90]
    again = plan(campaigns.clone_payload(graph)).posts[:3]
    assert [spec.step_delay_ms for spec in again] == [step["stepDelayMs"] for step in steps]


def test_single_posts_have_no_graph() -> None:
    found = plan({"posts": [{"account": "chirp:@Bird", "description": "a"}]})
    with pytest.raises(AppError) as caught:
        campaigns.graph_of_plan(found)
    assert (caught.value.code, caught.value.status) == ("campaign_graph_requires_campaigns", 409)
    with pytest.raises(AppError, match="single posts"):
        campaigns.graph_of_posts(RUN, stored(found))


def test_a_clone_is_a_draft_that_says_only_what_matters() -> None:
    clone = campaigns.clone_payload(campaigns.graph_of_plan(plan(LAUNCH)))
    assert (clone["mode"], clone["timezone"]) == ("draft", "Europe/Berlin")
    assert clone["campaigns"][1] == {
        "id": "campaign_2",
        "name": "campaign_2",
        "targets": [
            {
                "account": "notice:town",
                "timezone": "Europe/Berlin",
                "steps": [
                    {
                        "id": "campaign_2_target_1_step_1",
                        "provider": "notice",
                        "name": "campaign_2 Step 1",
                        "description": "d",
                        "publish_at": "2026-07-01T00:00:00.000Z",
                    }
                ],
            }
        ],
    }
    reply = clone["campaigns"][0]["targets"][0]["steps"][1]
    assert (reply["interaction_type"], reply["reply_to_step_id"]) == ("reply", "launch_target_1_step_1")
    assert reply["settings"] == {"audience": "", "quiet": False}


@pytest.mark.parametrize(
    ("assets", "shown"),
    [
        (["https://files.example/d"], {"media_link": "https://files.example/d"}),
        (
            ["https://files.example/d", "https://files.example/e"],
            {"assets": ["https://files.example/d", "https://files.example/e"]},
        ),
        (
            [{"url": "https://files.example/a.jpg", "altText": "A hill"}],
            {
                "assets": [
                    {
                        "id": "asset_1", "url": "https://files.example/a.jpg", "managed": False, "mime": "image/jpeg",
                        "kind": "image", "altText": "A hill",
                    }
                ]
            },
        ),
    ],
)  # fmt: skip
def test_a_clone_writes_a_file_as_briefly_as_it_can(assets: list[Any], shown: dict[str, Any]) -> None:
    target = {"account": "chirp:@Bird", "publish_at": "2026-06-01", "steps": [{"assets": assets}]}
    clone = campaigns.clone_payload(campaigns.graph_of_plan(plan({"campaigns": [{"targets": [target]}]})))
    step = clone["campaigns"][0]["targets"][0]["steps"][0]
    assert {key: step[key] for key in ("assets", "media_link") if key in step} == shown


def test_a_clone_finds_our_own_files_again() -> None:
    target = {"account": "chirp:@Bird", "publish_at": "2026-06-01", "steps": [{"assets": [STORED]}]}
    found = plan({"campaigns": [{"targets": [target]}]})
    again = plan(campaigns.clone_payload(campaigns.graph_of_posts(RUN, stored(found))))
    assert again.posts[0].assets == found.posts[0].assets
    assert again.posts[0].assets[0].asset_id == "asset_stored"


@settings(max_examples=80)
@given(body=good_schedules.filter(lambda body: "campaigns" in body))
def test_a_clone_makes_the_same_posts_again(body: dict[str, Any]) -> None:
    first = plan(body)
    clone = campaigns.clone_payload(campaigns.graph_of_posts(RUN | {"timezone": first.timezone}, stored(first)))
    again = planning.normalise(clone, directory=DIRECTORY, media=stored_media, now=NOW + timedelta(days=9))
    assert [plan_json.post_json(spec) for spec in again.posts] == [plan_json.post_json(spec) for spec in first.posts]
    assert [spec.parent_index for spec in again.posts] == [spec.parent_index for spec in first.posts]
    assert (again.mode, again.campaigns) == ("draft", first.campaigns)
