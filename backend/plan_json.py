"""Plans as JSON: as answers, and as schedules that say the same again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .documents import Object
from .planned_media import AssetSpec
from .plans import Plan, PostSpec
from .wire import iso


def post_json(spec: PostSpec) -> dict[str, Any]:
    """A post as validate and preview answer it: what went in, made explicit."""
    at = iso(spec.publish_at)
    return {
        "index": spec.index,
        "provider": spec.provider,
        "account": spec.account,
        "accountId": spec.account_id,
        "name": spec.name,
        "description": spec.description,
        "publishAt": at,
        "publishAtUtc": at,
        "timezone": spec.timezone,
        "wallTime": spec.wall_time,
        "interactionType": spec.interaction_type,
        "parentStepId": spec.parent_step_id,
        "campaignId": spec.campaign.id if spec.campaign else None,
        "campaignName": spec.campaign.name if spec.campaign else None,
        "campaignIndex": spec.campaign.index if spec.campaign else None,
        "stepId": spec.step_id,
        "stepIndex": spec.step_index,
        "targetIndex": spec.target_index,
        **({"sequencePosition": spec.sequence_position, "stepDelayMs": spec.step_delay_ms} if spec.campaign else {}),
        "assets": [asset_json(asset) for asset in spec.assets],
        "mediaLink": spec.media_link,
        "settings": dict(spec.settings),
    }


def asset_json(asset: AssetSpec) -> dict[str, Any]:
    return {
        "id": asset.key,
        "url": asset.url,
        "managed": asset.managed,
        "originalFilename": asset.original_filename,
        "mime": asset.mime,
        "kind": asset.kind,
        "size": asset.size,
        "duration": asset.duration,
        "width": asset.width,
        "height": asset.height,
        "altText": asset.alt_text,
        **({"fit": False} if asset.as_is else {}),
    }


def normalised_envelope(plan: Plan) -> dict[str, Any]:
    """The schedule that says the same with everything written out; reading it gives the same posts again."""
    posts = [post_json(spec) for spec in plan.posts]
    head = {"timezone": plan.timezone, "mode": plan.mode}
    if plan.campaigns:
        return {**head, "campaigns": campaigns_json(posts)}
    flat = [{"account": post["account"], "timezone": post["timezone"], **input_json(post)} for post in posts]
    return {**head, "posts": flat}


def campaigns_json(posts: Sequence[Object]) -> list[dict[str, Any]]:
    """Posts of a campaign schedule, back in the shape of a schedule."""
    targets: dict[tuple[int, int], dict[str, Any]] = {}
    campaigns: dict[int, dict[str, Any]] = {}
    for post in posts:
        index = post["campaignIndex"]
        campaign = campaigns.setdefault(index, {"id": post["campaignId"], "name": post["campaignName"], "targets": []})
        key = (index, post["targetIndex"])
        if key not in targets:
            targets[key] = {"account": post["account"], "timezone": post["timezone"], "steps": []}
            campaign["targets"].append(targets[key])
        targets[key]["steps"].append({"id": post["stepId"], **input_json(post)})
    return list(campaigns.values())


def input_json(post: Object) -> dict[str, Any]:
    """What a client would send to get this post (its account and step id aside), without what is empty."""
    parent = post["parentStepId"]
    return {
        "provider": post["provider"],
        "name": post["name"],
        "description": post["description"],
        "publish_at": post["publishAtUtc"],
        **({"interaction_type": post["interactionType"]} if post["interactionType"] != "post" else {}),
        **({"reply_to_step_id": parent} if parent else {}),
        **_assets_input(post["assets"]),
        **({"settings": dict(post["settings"])} if post["settings"] else {}),
    }


def _assets_input(assets: Sequence[Object]) -> dict[str, Any]:
    entries = [_asset_input(asset, position) for position, asset in enumerate(assets)]
    if len(entries) == 1 and isinstance(entries[0], str):
        return {"media_link": entries[0]}
    return {"assets": entries} if entries else {}


def _asset_input(asset: Object, position: int) -> dict[str, Any] | str:
    """The bare address when there is nothing else to say."""
    known = {key: value for key, value in asset.items() if value is not None and key != "fitted"}
    plain = {"id": f"asset_{position + 1}", "url": asset["url"], "managed": False, "kind": "other"}
    return str(asset["url"]) if known == plain else known
