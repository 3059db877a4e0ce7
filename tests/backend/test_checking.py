"""Checks, previews and capabilities, all told from a network's declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

import providers
from backend import checking, planning
from backend.errors import AppError
from backend.plans import AccountFacts, Directory, Plan
from providers.contract import AccountType, Draft, Issue, Rate, Scope, SettingsRules
from tests.backend.strategies import (
    BIRD,
    BOARD,
    CHIRP,
    DIRECTORY,
    EXPIRED,
    GAZETTE,
    GONE,
    NOTICE,
    NOW,
    PAGE,
    READER,
    STORED,
    GazetteSettings,
    broken_posts,
    networks,
    stored_media,
)

PHOTO, FILM = "https://files.example/a.jpg", "https://files.example/b.mp4"


@pytest.fixture(autouse=True)
def invented_networks(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.function.__name__.startswith("test_real_networks"):
        yield
        return
    with networks(CHIRP, GAZETTE, NOTICE):
        yield


def codes(account: AccountFacts | None = BIRD, **fields: Any) -> list[str]:
    """What checking says about one post of an account."""
    item = {"account": (account or BIRD).handle, "description": "Hello", **fields}
    directory = Directory([account] if account else [])
    plan = planning.normalise({"posts": [item]}, directory=directory, media=stored_media, now=NOW)
    return [issue.code for issue in checking.check(plan.posts[0], account)]


def checked(body: object) -> Plan:
    return checking.checked_plan(body, directory=DIRECTORY, media=stored_media, now=NOW)


def refused(body: object) -> AppError:
    with pytest.raises(AppError) as caught:
        checked(body)
    return caught.value


# --- one post ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "fields", "expected"),
    [
        (BIRD, {}, []),
        (BIRD, {"assets": [PHOTO] * 4}, []),
        (BIRD, {"assets": [PHOTO] * 5}, ["chirp_media_limit_exceeded"]),
        (BIRD, {"assets": ["https://files.example/a.gif"]}, ["chirp_media_unsupported"]),
        (BIRD, {"assets": [PHOTO, FILM]}, ["chirp_multi_video_unsupported"]),
        (BIRD, {"assets": [{"url": PHOTO, "size": 1000}]}, []),
        (BIRD, {"assets": [{"url": PHOTO, "size": 1001}]}, ["chirp_image_too_large"]),
        (BIRD, {"assets": [STORED]}, []),
        (BIRD, {"interaction_type": "reply"}, ["chirp_reply_parent_required"]),
        (BIRD, {"interaction_type": "comment"}, ["provider_comment_unsupported"]),
        (PAGE, {"settings": {"visibility": "all"}, "media_link": PHOTO}, []),
        (PAGE, {"settings": {"visibility": "all"}}, ["gazette_media_required"]),
        (
            PAGE,
            {"settings": {"visibility": "all"}, "interaction_type": "comment"},
            ["provider_comment_unsupported", "gazette_media_required"],
        ),
        (
            PAGE,
            {"settings": {"visibility": "all"}, "interaction_type": "reply", "media_link": FILM},
            ["gazette_interaction_unsupported", "gazette_media_unsupported"],
        ),
        (BIRD, {"description": "a" * 60}, []),
        (BIRD, {"description": "a" * 61}, ["text_too_long"]),
        (BIRD, {"description": "a" * 41, "settings": {"audience": "friends"}}, ["text_too_long"]),
        (BIRD, {"name": "a" * 30, "description": "b" * 28}, []),
        (BIRD, {"name": "a" * 30, "description": "b" * 29}, ["text_too_long"]),
        (BIRD, {"assets": [{"url": PHOTO, "altText": "a" * 10}]}, []),
        (BIRD, {"assets": [{"url": PHOTO, "altText": "a" * 11}]}, ["alt_text_too_long"]),
        (PAGE, {"description": "a" * 9999, "settings": {"visibility": "all"}, "media_link": PHOTO}, []),
        (PAGE, {"name": "a" * 20, "settings": {"visibility": "all"}, "media_link": PHOTO}, []),
        (PAGE, {"name": "a" * 21, "settings": {"visibility": "all"}, "media_link": PHOTO}, ["text_too_long"]),
        (None, {}, ["account_not_connected"]),
        (GONE, {}, ["account_not_connected"]),
        (EXPIRED, {}, []),
        (READER, {"media_link": PHOTO}, ["account_not_publishable"]),
        (
            GONE,
            {"assets": [PHOTO, FILM], "description": "a" * 61},
            ["chirp_multi_video_unsupported", "text_too_long", "account_not_connected"],
        ),
    ],
)
def test_a_post_is_held_against_its_network_and_its_account(
    account: AccountFacts | None, fields: dict[str, Any], expected: list[str]
) -> None:
    assert codes(account, **fields) == expected


def test_a_text_that_is_too_long_tells_by_how_much() -> None:
    error = refused({"posts": [{"account": BIRD.id, "description": "a" * 70}]})
    assert (error.code, error.status) == ("text_too_long", 422)
    assert error.details is not None
    assert (error.details["length"], error.details["maxLength"]) == (70, 60)
    assert "70" in error.message
    assert "60" in error.message


def test_settings_that_are_wrong_do_not_hide_what_else_is() -> None:
    plan = checked({"posts": [{"account": BIRD.id, "description": "Hello"}]})
    spec = replace(plan.posts[0], raw_settings={"volume": 1}, text="a" * 70)
    assert [issue.code for issue in checking.check(spec, BIRD)] == ["chirp_settings_unsupported", "text_too_long"]


def test_what_settings_miss_among_the_files_is_told_once_and_where_the_settings_stand() -> None:
    def parse(raw: Mapping[str, Any], draft: Draft) -> Mapping[str, Any] | Issue:
        missing = Issue(code="gazette_media_required", where="assets", message="Attach a picture.")
        wrong = Issue(code="gazette_visibility_invalid", where="settings.visibility", message="Choose one.")
        return wrong if raw.get("visibility") == "nobody" else missing

    rules = {"gazette_page": SettingsRules(model=GazetteSettings, parse=parse)}
    with networks(replace(GAZETTE, settings=rules)):
        item = {"account": PAGE.id, "description": "Hello", "interaction_type": "reply"}
        for visibility, before in (("all", []), ("nobody", ["gazette_visibility_invalid"])):
            error = refused({"posts": [{**item, "settings": {"visibility": visibility}}]})
            assert error.details is not None
            expected = [*before, "gazette_media_required", "gazette_interaction_unsupported"]
            assert [issue["code"] for issue in error.details["issues"]] == expected


def test_what_two_checks_say_stands_where_the_first_said_it() -> None:
    plan = checked({"posts": [{"account": BIRD.id, "description": "Hello"}]})
    spec = replace(plan.posts[0], raw_settings={"volume": 1})
    said = iter([Issue(code="twice", message="x"), Issue(code="other", message="x"), Issue(code="twice", message="y")])
    with networks(replace(CHIRP, checks=(lambda draft: next(said),) * 3)):
        found = checking.check(spec, BIRD)
    assert [(issue.code, issue.message) for issue in found[1:]] == [("twice", "x"), ("other", "x")]


def test_a_reply_is_told_last_that_its_parent_is_not_there() -> None:
    reply = {"description": "a" * 61, "interaction_type": "reply", "reply_to_step_id": "post_9"}
    for account, code in ((BIRD, "text_too_long"), (PAGE, "gazette_visibility_required")):
        error = refused({"posts": [{"account": account.id, **reply}, {"account": BIRD.id}]})
        assert error.details is not None
        listed = [(issue["post"], issue["code"]) for issue in error.details["issues"]]
        assert listed[0] == (0, code)
        assert listed[-2:] == [(0, "reply_parent_invalid"), (1, "post_content_required")]


def test_an_account_type_may_have_limits_and_a_shape_of_its_own() -> None:
    small = AccountType(
        id="chirp_user",
        publishable=True,
        name="Chirp account",
        limits=replace(CHIRP.limits, text=lambda draft: 3, max_assets=1, media_required=True),
        publish_shape="one_file",
        media_delivery="chirp_fetches_it",
    )
    with networks(replace(CHIRP, accounts=(small,))):
        assert codes(BIRD, description="1234") == ["text_too_long"]
        media = checking.capability(BIRD)["media"]
        assert (media["maxItems"], media["required"], media["transport"]) == (1, True, "chirp_fetches_it")
        assert checking.capability(BIRD)["input"]["text"]["maxLength"] == 3
        told = checking.publish_settings("chirp_user", "chirp")
        assert (told["publishShape"], told["mediaDelivery"]) == ("one_file", "chirp_fetches_it")
        shown = preview(BIRD, {"description": "1"})["resolved"]
        assert (shown["publishShape"], shown["maxTextLength"]) == ("one_file", 3)


def test_the_counter_counts_as_the_check_does() -> None:
    spec = checked({"posts": [{"account": BIRD.id, "name": "Hi", "description": "you", "media_link": PHOTO}]}).posts[0]
    draft = checking.draft_of(spec, BIRD)
    assert (checking.text_length(draft), checking.text_limit(draft)) == (7, 20)


# --- a whole schedule -------------------------------------------------------------------------------------------------


def test_issues_of_document_network_and_account_are_listed_together_in_order() -> None:
    error = refused(
        {
            "posts": [
                {"account": "chirp:@gone", "description": "a" * 61},
                {"account": BIRD.id, "publish_at": "soon", "description": "a" * 61},
                {"account": PAGE.id, "description": "Hello", "publish_at": "soon"},
                {"account": BIRD.id},
                {"account": BIRD.id, "description": "Hello"},
                {"account": "chirp:@nobody", "description": "Hello"},
            ]
        }
    )
    assert error.code == "text_too_long"
    assert error.details is not None
    assert [(issue["post"], issue["code"]) for issue in error.details["issues"]] == [
        (0, "text_too_long"),
        (0, "account_not_connected"),
        (1, "invalid_publish_time"),
        (1, "text_too_long"),
        (2, "invalid_publish_time"),
        (2, "gazette_visibility_required"),
        (2, "gazette_media_required"),
        (3, "post_content_required"),
        (5, "account_not_connected"),
    ]
    assert error.details["issues"][-1]["details"] == {"account": "chirp:@nobody"}


def test_a_schedule_without_issues_is_the_plan() -> None:
    body = {"posts": [{"account": BIRD.id, "description": "Hello"}]}
    assert checked(body) == planning.normalise(body, directory=DIRECTORY, media=stored_media, now=NOW)


def test_what_could_not_be_read_is_not_checked_again() -> None:
    error = refused({"posts": [{"account": PAGE.id, "settings": {"visibility": "all"}, "assets": [None]}]})
    assert error.details is not None
    assert [issue["code"] for issue in error.details["issues"]] == ["asset_invalid"]


# --- preview ----------------------------------------------------------------------------------------------------------


def preview(account: AccountFacts, item: object) -> dict[str, Any]:
    return checking.publish_preview(item, account, media=stored_media, now=NOW)


def test_a_preview_shows_what_would_be_published() -> None:
    shown = preview(BIRD, {"name": "Hi", "description": "you", "mediaLink": PHOTO, "settings": {"audience": "friends"}})
    assert shown["actionId"] == "publish-preview"
    assert shown["account"] == {
        "id": BIRD.id, "handle": "chirp:@Bird", "provider": "chirp", "displayName": "Bird",
    }  # fmt: skip
    assert (shown["valid"], shown["error"], shown["issues"]) == (True, None, [])
    assert shown["input"]["interactionType"] == "post"
    assert shown["input"]["mediaLink"] == PHOTO
    assert [asset["kind"] for asset in shown["input"]["assets"]] == ["image"]
    assert shown["resolved"] == {
        "targetMode": "chirp_user",
        "mediaKind": "image",
        "publishShape": "text_with_media",
        "mediaDelivery": "socialclaw_uploads_media_to_chirp",
        "effectiveSettings": {"audience": "friends", "quiet": False},
        "text": "Hi\n\nyou",
        "textLength": 7,
        "maxTextLength": 40,
        "warnings": ["The name is published with the text; leave it out if it is only a label."],
        "notes": ["Chirps cannot be edited."],
    }


@pytest.mark.parametrize(
    ("account", "item", "code"),
    [
        (BIRD, {}, "post_content_required"),
        (BIRD, {"description": "a" * 61}, "text_too_long"),
        (BIRD, {"description": "a", "settings": {"volume": 1}}, "chirp_settings_unsupported"),
        (BIRD, {"description": "a", "interactionType": "reply"}, "chirp_reply_parent_required"),
        (BIRD, {"description": "a", "publish_at": "soon"}, "invalid_publish_time"),
        (PAGE, {"description": "a"}, "gazette_visibility_required"),
        (GONE, {"description": "a"}, "account_not_connected"),
    ],
)
def test_a_preview_of_a_post_that_cannot_go_out_says_why(account: AccountFacts, item: object, code: str) -> None:
    shown = preview(account, item)
    assert (shown["valid"], shown["error"]["code"]) == (False, code)
    assert shown["error"]["message"] == shown["issues"][0]["message"]


def test_a_preview_is_always_of_the_account_that_was_asked() -> None:
    shown = preview(BIRD, {"description": "a", "account": "gazette:page:1", "provider": "gazette"})
    assert (shown["valid"], shown["account"]["id"]) == (True, BIRD.id)


def test_a_reply_is_previewed_without_the_schedule_of_its_parent() -> None:
    assert preview(BIRD, {"description": "a", "interactionType": "reply", "parentStepId": "step_7"})["valid"]


def test_a_preview_warns_of_an_expired_login() -> None:
    shown = preview(EXPIRED, {"description": "a"})
    assert shown["valid"]
    assert "expired" in shown["resolved"]["warnings"][0]


def test_a_preview_of_a_plan_is_the_same_as_one_of_its_input() -> None:
    item = {"description": "Hello", "mediaLink": FILM}
    spec = checked({"posts": [{"account": BIRD.id, **item}]}).posts[0]
    assert checking.preview(spec, BIRD) == preview(BIRD, item)


# --- what accounts can do ---------------------------------------------------------------------------------------------


def test_the_settings_of_an_account_are_its_pydantic_fields() -> None:
    shown = checking.publish_settings("gazette_page", "gazette")
    assert shown["supported"]
    assert shown["target"] == {"provider": "gazette", "accountType": "gazette_page"}
    assert (shown["publishShape"], shown["mediaDelivery"]) == ("article", "socialclaw_uploads_media_to_gazette")
    assert shown["fields"] == [
        {
            "id": "visibility", "type": "enum", "required": True, "options": ["all", "staff"],
            "label": "Visibility", "description": "Who may read it.",
        },
        {
            "id": "section", "type": "string", "required": False,
            "label": "Section", "description": "Where it stands.",
        },
        {
            "id": "column", "type": "number", "required": False, "default": 0, "min": 0,
            "label": "Column", "description": "How far to the right.",
        },
    ]  # fmt: skip
    assert checking.publish_settings("chirp_user", "chirp")["fields"][0] == {
        "id": "audience", "type": "enum", "required": False, "default": "", "options": ["", "friends"],
        "label": "Audience", "description": "Who may read it.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("account_type", "provider", "shape"),
    [("notice_board", "notice", "text"), ("gazette_reader", "gazette", None), ("unheard_of", "gazette", None)],
)
def test_an_account_without_settings_says_so(account_type: str, provider: str, shape: str | None) -> None:
    shown = checking.publish_settings(account_type, provider)
    assert (shown["supported"], shown["fields"], shown["publishShape"]) == (False, [], shape)


def test_a_capability_says_all_that_clients_print() -> None:
    shown = checking.capability(BIRD)
    assert (shown["provider"], shown["accountId"], shown["handle"]) == ("chirp", BIRD.id, BIRD.handle)
    assert (shown["canPublish"], shown["publishable"], shown["accountType"]) == (True, True, "chirp_user")
    assert shown["summary"] == "Chirp account: publishes text with up to 4 files (images and videos) a post."
    assert shown["workflow"]["supportedInteractionTypes"] == ["post", "reply"]
    assert shown["input"]["text"] == {"supported": True, "maxLength": 60, "maxLengthWithMedia": 20}
    assert shown["media"] == shown["input"]["media"]
    assert (shown["media"]["maxItems"], shown["media"]["acceptsMultiple"], shown["media"]["required"]) == (
        4,
        True,
        False,
    )
    assert shown["media"]["acceptedKinds"] == ["image", "video"]
    assert shown["media"]["image"]["maxBytes"] == 1000
    assert shown["settings"] == shown["publishSettings"]["fields"]
    assert shown["publishSettings"] == checking.publish_settings("chirp_user", "chirp")
    assert [action["id"] for action in shown["discoveryActions"]["actions"]] == ["publish-preview"]
    assert shown["limitations"] == ["Chirps cannot be edited."]
    assert shown["nextRecommendedActions"]


def test_an_account_that_only_leads_to_others_publishes_nothing() -> None:
    shown = checking.capability(READER)
    assert (shown["canPublish"], shown["publishSettings"]["supported"]) == (False, False)
    assert shown["workflow"]["supportedInteractionTypes"] == []
    assert shown["discoveryActions"] == {"supported": False, "actions": []}


def test_a_network_without_media_says_so() -> None:
    media = checking.capability(BOARD)["media"]
    assert (media["supported"], media["acceptedKinds"], media["maxItems"]) == (False, [], 0)


def test_a_capability_says_how_many_posts_the_network_takes() -> None:
    with networks(replace(CHIRP, rates=(Rate(count=25, per=timedelta(days=1), scope=Scope.ACCOUNT),))):
        told = checking.capability(BIRD)
    assert told["postLimits"] == [{"count": 25, "seconds": 86400, "scope": "account"}]


@pytest.mark.parametrize("account", [GONE, EXPIRED])
def test_a_capability_advises_to_connect_again_first(account: AccountFacts) -> None:
    assert "again" in checking.capability(account)["nextRecommendedActions"][0]


def test_an_action_describes_its_input_for_both_kinds_of_client() -> None:
    action = checking.discovery_actions(BIRD)[0]
    assert action["provider"] == "chirp"
    assert action["inputSchema"]["type"] == "object"
    assert {field["id"] for field in action["input"]["fields"]} == set(action["inputSchema"]["properties"])


# --- the real networks ------------------------------------------------------------------------------------------------


def accounts_of_real_networks() -> list[AccountFacts]:
    return [
        AccountFacts(
            id=f"account_{provider.id}_{kind.id}",
            provider=provider.id,
            account_type=kind.id,
            handle=f"{provider.id}:{kind.id}",
            publishable=kind.publishable,
        )
        for provider in providers.all_providers().values()
        for kind in provider.accounts
    ]


@pytest.mark.parametrize("account", accounts_of_real_networks(), ids=lambda account: account.account_type)
def test_real_networks_have_a_capability_that_can_be_sent(account: AccountFacts) -> None:
    shown = orjson.loads(orjson.dumps(checking.capability(account)))
    assert shown["provider"] == account.provider
    assert all(field["label"] and field["description"] for field in shown["publishSettings"]["fields"])


@pytest.mark.parametrize("account", accounts_of_real_networks(), ids=lambda account: account.account_type)
@settings(max_examples=30)
@given(item=broken_posts)
def test_real_networks_judge_any_post_without_falling_over(account: AccountFacts, item: dict[str, Any]) -> None:
    shown = preview(account, {**item, "settings": renamed(account, item.get("settings"))})
    assert shown["valid"] == (shown["error"] is None)
    assert orjson.dumps(shown)


def renamed(account: AccountFacts, raw: object) -> object:
    """Junk under the keys that the account's settings really have."""
    keys = [field["id"] for field in checking.publish_settings(account.account_type, account.provider)["fields"]]
    values = list(raw.values()) if isinstance(raw, dict) else [raw]
    return dict(zip(keys, values * len(keys), strict=False)) if keys else raw
