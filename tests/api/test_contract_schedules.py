"""Every documented rule of schedules that holds for all networks, over HTTP: envelope, post and campaign, each with its
code and status, on every address that takes a schedule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.specs.socialclaw import CODES

from .conftest import Client, Server, refused

VALIDATE, PREVIEW, APPLY = "/v1/posts/validate", "/v1/campaigns/preview", "/v1/posts/apply"
LATER = "2036-06-01T18:00:00Z"
CHAT, HOOK = "{telegram}", "{discord}"
"""What stands for the handles of connected accounts, and ``{telegramId}`` for an account's id."""
POST = {"account": CHAT, "description": "Hello", "publish_at": LATER}
OTHER = {"account": HOOK, "description": "Hello", "publish_at": LATER}
JPG, GIF = "https://files.example/a.jpg", "https://files.example/a.gif"
OURS = dict.fromkeys(("account_not_connected", "post_invalid", "text_too_long", "timezone_invalid"), 422)
"""Codes for what the documented ones leave open."""
STATUS = {**OURS, **CODES["schedule"], **CODES["telegram"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    code: str
    body: Any
    details: dict[str, Any]
    then: tuple[str, ...]
    """Codes that must stand behind the first in the list of what is wrong."""


def row(code: str, body: Any, *, then: tuple[str, ...] = (), **details: Any) -> Row:
    return Row(code=code, body=body, details=details, then=then)


def posts(*items: Any, **envelope: Any) -> dict[str, Any]:
    return {"posts": list(items), **envelope}


def post(**changes: Any) -> dict[str, Any]:
    """The only post of a schedule. None takes a key away."""
    return posts({name: value for name, value in {**POST, **changes}.items() if value is not None})


def campaign(*steps: Any, target: Any = None, **fields: Any) -> dict[str, Any]:
    """One campaign with one target of these steps. ``target`` changes the target."""
    made = {"account": CHAT, "publish_at": LATER, "steps": list(steps), **(target or {})}
    return {"campaigns": [{"name": "Launch", "targets": [without_none(made)], **fields}]}


def without_none(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if value is not None}


STEP = {"description": "One."}

ENVELOPE = (
    *(row("schedule_invalid", body) for body in (None, "posts", 7, True)),
    *(row("schedule_items_required", body) for body in ([], [POST], {}, {"schedule": {}}, {"schedule": None})),
    *(row("schedule_items_required", body) for body in ({"schedule": "posts"}, {"schedule": [POST]}, {"schedule": {"schedule": post()}})),
    *(row("schedule_items_required", {"posts": other}) for other in ({"0": POST}, "x", 3, [])),
    row("schedule_items_required", {"posts": [], "campaigns": []}),
    row("schedule_items_required", {"campaigns": {"0": {}}}),
    row("schedule_shape_conflict", {**post(), **campaign(STEP)}),
    row("schedule_shape_conflict", {"posts": [None], "campaigns": [None]}),
    *(row("schedule_mode_invalid", {**post(), "mode": mode}, supportedValues=["scheduled", "draft"]) for mode in ("live", "drafts", 1, True, {})),
    row("schedule_mode_invalid", {**post(), "status": "published"}),
    row("schedule_mode_invalid", {**post(), "mode": "live", "status": "draft"}),
    row("schedule_mode_invalid", {"mode": "live", **post(), **campaign(STEP)}),
    row("schedule_mode_invalid", {"mode": "live"}),
    *(row("timezone_invalid", {**post(), "timezone": zone}) for zone in ("Mars/Olympus", 5, "Europe/Berlin ; x")),
    row("timezone_invalid", {**post(), "timezone": "Mars/Olympus", "mode": "live"}),
)  # fmt: skip

SINGLE = (
    row("post_invalid", posts(None)),
    row("post_invalid", posts("Hello")),
    row("post_invalid", posts(POST, [POST])),
    row("post_invalid", post(description={})),
    row("provider_account_mismatch", post(provider="discord"), provider="discord", accountProvider="telegram"),
    row("provider_account_mismatch", post(provider="DC")),
    row("provider_account_mismatch", post(account="{telegramId}", provider="x")),
    row("provider_account_mismatch", post(account="x:@nobody", provider="tg")),
    row("provider_account_mismatch", post(provider="x", publish_at="soon"), then=("invalid_publish_time",)),
    *(row("provider_required", post(account=account)) for account in (None, "", "  ", "nobody")),
    row("provider_required", post(account="nowhere:nobody")),
    row("provider_required", post(account=None, publish_at="soon"), then=("invalid_publish_time",)),
    row("provider_unsupported", post(account="nobody", provider="myspace")),
    row("provider_unsupported", post(account=None, provider="myspace")),
    *(row("invalid_publish_time", post(publish_at=time)) for time in ("soon", "2036-13-01", "2036-02-30T10:00:00Z", True, {}, [LATER])),
    row("invalid_publish_time", post(publish_at=None, publishAt="18:00")),
    row("invalid_publish_time", post(publish_at="soon", publishAt=LATER)),
    row("invalid_publish_time", post(publish_at="soon", interaction_type="story"), then=("interaction_type_invalid",)),
    *(row("interaction_type_invalid", post(interaction_type=word), supportedValues=["post", "reply", "comment"]) for word in ("story", 1, ["post"])),
    row("interaction_type_invalid", post(interactionType="story")),
    row("interaction_type_invalid", post(interaction_type="story", assets=[None]), then=("asset_invalid",)),
    *(row("asset_url_required", post(assets=[asset])) for asset in ("", "  ", {}, {"url": ""}, {"url": None, "kind": "image"}, {"media_link": " "})),
    *(row("asset_invalid", post(assets=[asset])) for asset in (None, 5, True, [JPG])),
    row("asset_invalid", post(assets=[JPG, None])),
    row("asset_media_conflict", post(media_link=JPG, assets=[GIF])),
    row("asset_media_conflict", post(mediaLink=JPG, assets=[f"{JPG}?size=2", JPG])),
    row("asset_media_conflict", post(media_link=JPG, assets=[GIF], settings="auto"), then=("post_settings_invalid",)),
    *(row("post_settings_invalid", post(settings=settings)) for settings in ("auto", 1, [1], True)),
    row("post_settings_invalid", post(settings="auto", description=None), then=("post_content_required",)),
    row("telegram_settings_unsupported", post(settings={"x": 1}, description=None), then=("post_content_required",)),
    row("account_required", post(account=None, provider="telegram")),
    row("account_required", post(account=None, provider="telegram", description=None), then=("post_content_required",)),
    row("post_content_required", post(description=None)),
    row("post_content_required", post(description="  ", name="", text="", title=" ", assets=[], media_link="")),
    row("account_not_connected", post(account="telegram:@nobody"), account="telegram:@nobody"),
    row("account_not_connected", post(account="{gone}")),
    row("text_too_long", post(account="telegram:@nobody", description="a" * 4097), then=("account_not_connected",)),
    row("telegram_media_unsupported", post(account="telegram:@nobody", assets=[GIF]), then=("account_not_connected",)),
    row("provider_comment_unsupported", post(interaction_type="comment")),
    row("timezone_invalid", post(timezone="Mars/Olympus")),
    # the first post that is wrong decides, whatever is wrong with those after it
    row("text_too_long", posts({**POST, "description": "a" * 4097}, {**POST, "provider": "x"}), then=("provider_account_mismatch",)),
    row("invalid_publish_time", posts(OTHER, {**POST, "publish_at": "soon"}, None), then=("post_invalid",)),
    row("account_not_connected", post(account="x:@nobody", interaction_type="reply", reply_to_step_id="post_7"), then=("reply_parent_invalid",)),
)  # fmt: skip

CAMPAIGNS = (
    row("campaign_invalid", {"campaigns": [None]}),
    row("campaign_invalid", {"campaigns": ["Launch", {}]}, then=("campaign_targets_required",)),
    *(row("campaign_targets_required", {"campaigns": [{"name": "Launch", "targets": targets}]}) for targets in (None, [], {}, "x")),
    row("campaign_targets_required", {"campaigns": [{}]}),
    *(row("campaign_target_invalid", {"campaigns": [{"targets": [target]}]}) for target in (None, CHAT, 5, [])),
    *(row("campaign_target_account_required", campaign(STEP, target={"account": account})) for account in (None, "", " ")),
    row("campaign_target_account_required", campaign(target={"account": None}), then=("campaign_steps_required",)),
    row("campaign_steps_required", campaign()),
    row("campaign_steps_required", campaign(target={"steps": {"0": STEP}})),
    *(row("campaign_step_invalid", campaign(step)) for step in (None, "One.", 5, [STEP])),
    row("campaign_step_invalid", campaign(STEP, None)),
    row("campaign_publish_time_required", campaign(STEP, target={"publish_at": None})),
    row("campaign_publish_time_required", campaign({**STEP, "delay_minutes": 5}, target={"publish_at": None})),
    row("campaign_publish_time_required", campaign(STEP, STEP, target={"publish_at": ""}, publish_at=None)),
    row("invalid_publish_time", campaign({**STEP, "publish_at": "soon"})),
    row("invalid_publish_time", campaign(STEP, target={"publish_at": "soon"})),
    row("invalid_publish_time", campaign(STEP, target={"publish_at": None}, publish_at="soon")),
    *(row("invalid_step_delay", campaign(STEP, {**STEP, name: delay}))
      for name in ("delay_ms", "delayMs", "delay_seconds", "delaySeconds", "delay_minutes", "delayMinutes")
      for delay in (-1, "soon", {}, True)),
    row("post_content_required", campaign({})),
    row("post_content_required", campaign({"name": "Launch Step 1"})),
    row("provider_account_mismatch", campaign({**STEP, "provider": "x"})),
    row("provider_account_mismatch", campaign(STEP, target={"provider": "x"})),
    row("provider_account_mismatch", campaign(STEP, provider="x")),
    row("interaction_type_invalid", campaign(STEP, target={"interaction_type": "story"})),
    row("provider_comment_unsupported", campaign(STEP, target={"interactionType": "comment"})),
    row("telegram_interaction_unsupported", campaign(STEP, {**STEP, "interaction_type": "reply"})),
    row("telegram_interaction_unsupported", campaign({**STEP, "interaction_type": "reply"})),
    row("asset_url_required", campaign({**STEP, "assets": [""]})),
    row("post_settings_invalid", campaign({**STEP, "settings": 3})),
    row("timezone_invalid", campaign(STEP, timezone="Mars/Olympus")),
    row("timezone_invalid", campaign(STEP, target={"timezone": "Mars/Olympus"})),
)  # fmt: skip

ROWS = {"envelope": ENVELOPE, "single": SINGLE, "campaigns": CAMPAIGNS}


def driven() -> set[str]:
    """The codes that these tests come to."""
    return {row.code for rows in ROWS.values() for row in rows} | {"campaign_graph_requires_campaigns"}


@pytest.fixture(scope="module")
def member(server: Server) -> Iterator[Client]:
    client = server.workspace("Scheduling")
    yield client
    client.http.close()


@pytest.fixture(scope="module")
def names(member: Client) -> dict[str, str]:
    chat, gone = member.telegram(), member.telegram()
    member.ok("DELETE", f"/v1/accounts/{gone['id']}")
    discord = member.discord()["handle"]
    return {"{telegram}": chat["handle"], "{telegramId}": chat["id"], "{discord}": discord, "{gone}": gone["handle"]}


def written(body: Any, names: dict[str, str]) -> bytes:
    text = json.dumps(body)
    for name, value in names.items():
        text = text.replace(name, value)
    return text.encode()


@pytest.mark.parametrize("path", [VALIDATE, APPLY, PREVIEW])
@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"{name}-{row.code}-{number}")
        for name, rows in ROWS.items()
        for number, row in enumerate(rows)
    ],
)
def test_a_schedule_that_breaks_a_rule_is_refused_for_the_first_reason(
    member: Client, names: dict[str, str], row: Row, path: str
) -> None:
    answer = member.send("POST", path, content=written(row.body, names))

    assert refused(answer) == (STATUS[row.code], row.code)
    details = json.loads(written(row.details, names))
    told = answer.json()["details"]
    assert {name: told.get(name) for name in details} == details
    listed = [issue["code"] for issue in told["issues"]]
    places = [listed.index(one) for one in (row.code, *row.then)]
    assert places == sorted(set(places)), listed
    assert places[0] == 0


def test_nothing_that_was_refused_was_stored(member: Client, names: dict[str, str]) -> None:
    assert member.ok("GET", "/v1/posts?limit=1")["total"] == 0


def test_single_posts_have_no_graph(member: Client, names: dict[str, str]) -> None:
    answer = member.send("POST", PREVIEW, content=written(post(), names))

    assert refused(answer) == (
        CODES["schedule"]["campaign_graph_requires_campaigns"],
        "campaign_graph_requires_campaigns",
    )


@pytest.mark.parametrize("path", [VALIDATE, APPLY, PREVIEW])
def test_an_empty_body_is_an_empty_schedule(member: Client, path: str) -> None:
    answer = member.send("POST", path, content=b"", headers={"Content-Type": "application/json"})

    assert refused(answer) == (422, "schedule_items_required")


@pytest.mark.parametrize(
    "body",
    [
        post(),
        {"schedule": post()},
        {"schedule": post(), "mode": "live", "posts": "not looked at"},
        {**post(), "mode": " Draft "},
        {**post(), "status": "SCHEDULED"},
        post(account="{telegramId}"),
        post(account=None, channel=CHAT),
        post(account=None, account_id="{telegramId}"),
        post(provider="TG"),
        post(provider="myspace"),
        post(publish_at="2001-01-01T00:00:00Z"),
        post(publish_at=None, publishAt=2_100_000_000_000),
        post(publish_at="2036-06-01"),
        post(publish_at="", publishAt=None),
        post(interaction_type=" POST "),
        post(interaction_type="", interactionType=None),
        post(description=None, name="Only a title"),
        post(description=None, text="Another name for it"),
        post(description=None, assets=[JPG]),
        post(assets={"0": JPG}, unheard=[1]),
        post(media_link=JPG, assets=[JPG]),
        post(media_link=JPG, assets=[{"mediaLink": f"{JPG}#top"}]),
        post(settings=None, timezone="Europe/Berlin"),
        post(settings=""),
        post(settings=0),
        post(settings=[]),
        campaign(STEP, {**STEP, "delay_minutes": "1.5"}, {**STEP, "publish_at": "2036-01-01"}),
        campaign(STEP, target={"publish_at": None}, publishAt=LATER),
        campaign({"name": "Its own title"}),
        campaign({"assets": [JPG]}),
    ],
    ids=range(30),
)  # fmt: skip
def test_what_clients_write_is_taken(member: Client, names: dict[str, str], body: Any) -> None:
    told = json.loads(member.send("POST", VALIDATE, content=written(body, names)).text)

    assert told["ok"] is True, told
    assert {each["account"] for each in told["posts"]} == {names[CHAT]}


def test_every_code_is_documented_with_its_status() -> None:
    assert driven() <= set(STATUS)
