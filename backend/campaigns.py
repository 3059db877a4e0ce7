"""Campaigns as a graph of campaigns, targets and steps, before a run and after, and back as a schedule to send again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from .documents import Object
from .errors import AppError
from .plan_json import campaigns_json, post_json
from .plans import Plan

STEP_KEYS = (
    "provider",
    "account",
    "interactionType",
    "name",
    "description",
    "mediaLink",
    "assets",
    "settings",
    "timezone",
    "publishAtUtc",
    "sequencePosition",
    "stepIndex",
    "targetIndex",
    "parentStepId",
)


def graph_of_plan(plan: Plan) -> dict[str, Any]:
    """The graph before there is a run: no ids of posts and no statuses."""
    head = {"id": None, "status": None, "timezone": plan.timezone, "mode": plan.mode}
    return _graph(head, [post_json(spec) for spec in plan.posts])


def graph_of_posts(run: Object, posts: Sequence[Object]) -> dict[str, Any]:
    """The graph of a stored run. ``posts`` are its posts as JSON, with ``campaignIndex``."""
    return _graph(run, posts)


def clone_payload(graph: Object) -> dict[str, Any]:
    """The schedule that makes the same campaigns again, as a draft, with every time written out."""
    posts = [
        {
            **step,
            "stepId": step["id"],
            "campaignId": campaign["id"],
            "campaignName": campaign["name"],
            "campaignIndex": campaign["campaignIndex"],
        }
        for campaign in graph["campaigns"]
        for target in campaign["targets"]
        for step in target["steps"]
    ]
    return {"timezone": graph["timezone"], "mode": "draft", "campaigns": campaigns_json(posts)}


def _graph(run: Object, posts: Sequence[Object]) -> dict[str, Any]:
    if not posts or any(post["campaignIndex"] is None for post in posts):
        message = "This schedule has single posts; only campaigns have a graph."
        raise AppError("campaign_graph_requires_campaigns", message)
    campaigns = [_campaign(group) for group in _grouped(posts, "campaignIndex")]
    return {
        "runId": run["id"],
        "runStatus": run["status"],
        "timezone": run["timezone"],
        "mode": run["mode"],
        "sourceModel": "campaigns_v2",
        "totalCampaigns": len(campaigns),
        "totalTargets": sum(campaign["targetCount"] for campaign in campaigns),
        "totalSteps": len(posts),
        "campaigns": campaigns,
    }


def _campaign(posts: Sequence[Object]) -> dict[str, Any]:
    targets = [_target(group) for group in _grouped(posts, "targetIndex")]
    return {
        "id": posts[0]["campaignId"],
        "name": posts[0]["campaignName"],
        "campaignIndex": posts[0]["campaignIndex"],
        "targetCount": len(targets),
        "postCount": len(posts),
        "accounts": list(dict.fromkeys(target["account"] for target in targets)),
        "firstPublishAtUtc": targets[0]["firstPublishAtUtc"],
        "lastPublishAtUtc": targets[-1]["lastPublishAtUtc"],
        "targets": targets,
    }


def _target(posts: Sequence[Object]) -> dict[str, Any]:
    ordered = sorted(posts, key=lambda post: (post["sequencePosition"], post["publishAtUtc"]))
    head = ordered[0]
    steps = [_step(post, previous) for previous, post in pairwise([head, *ordered])]
    return {
        "id": f"{head['campaignId']}_target_{head['targetIndex'] + 1}",
        "targetIndex": head["targetIndex"],
        "account": head["account"],
        "provider": head["provider"],
        "timezone": head["timezone"],
        "stepCount": len(steps),
        "firstPublishAtUtc": steps[0]["publishAtUtc"],
        "lastPublishAtUtc": steps[-1]["publishAtUtc"],
        "steps": steps,
    }


def _step(post: Object, previous: Object) -> dict[str, Any]:
    """The delay is that of the times now: a step may have been given another one since."""
    wait = datetime.fromisoformat(post["publishAtUtc"]) - datetime.fromisoformat(previous["publishAtUtc"])
    delay = wait // timedelta(milliseconds=1)
    return {
        "id": post["stepId"],
        "postId": post.get("id"),
        "status": post.get("status"),
        "providerPostId": post.get("providerPostId"),
        **{key: post[key] for key in STEP_KEYS},
        "stepDelayMs": delay,
        "stepDelayMinutes": round(delay / 60_000, 3),
    }


def _grouped(posts: Sequence[Object], key: str) -> list[list[Mapping[str, Any]]]:
    ordered = sorted(posts, key=lambda post: post[key])
    return [list(group) for _, group in groupby(ordered, key=lambda post: post[key])]
