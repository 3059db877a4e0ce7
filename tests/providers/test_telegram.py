"""Telegram's flows by hand, its requests against the Bot API's own description, its errors one by one."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from backend import snapshots
from providers import infer, telegram
from providers.contract import (
    App,
    AssetBytes,
    AssetUrl,
    Call,
    Credential,
    Draft,
    DraftAsset,
    Effect,
    FlowError,
    Issue,
    Job,
    JobAccount,
    JobAsset,
    Kind,
    Part,
    Published,
    PublishedPost,
    Request,
    Scope,
    Verdict,
    Warn,
    first,
)
from providers.telegram import PROVIDER, BotLogin
from tests.networks.samples import IMAGE, NO, TEXT, VIDEO, Sample
from tests.providers.flows import drive, response
from tests.specs.telegram import request_errors

from .rows import telegram as telegram_rows

ROWS = (telegram_rows.ROWS,)
SAMPLES = (
    Sample(
        provider="telegram",
        handle="telegram:",
        shapes=(TEXT, IMAGE, VIDEO),
        reconcile=NO,
        post_metrics=NO,
        account_metrics=NO,
    ),
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOKEN = "123456789:AAExample_of_a_token_with_35_letters"
CHANNEL = JobAccount(
    external_id="-1001234567890",
    handle="telegram:@alice_news",
    account_type="telegram_chat",
    meta={"chatUsername": "alice_news", "chatType": "channel"},
)
PLAIN = {"parseMode": None, "disableNotification": False, "protectContent": False, "disableLinkPreview": False}


def job(**changes: Any) -> Job:
    given: dict[str, Any] = {
        "post_id": "post_1",
        "generation": 1,
        "account": CHANNEL,
        "title": "",
        "body": "",
        "text": "Hello, readers.",
        "assets": (),
        "settings": PLAIN,
        "interaction": "post",
        "parent_id": None,
        "started_at": NOW,
    }
    return Job(**(given | changes))


def asset(**changes: Any) -> JobAsset:
    given: dict[str, Any] = {
        "position": 0,
        "kind": "image",
        "mime": "image/jpeg",
        "filename": "cat.jpg",
        "size": 10,
        "url": "https://media.example/cat.jpg",
        "sha256": "ab" * 32,
    }
    return JobAsset(**(given | changes))


def film(**changes: Any) -> JobAsset:
    given: dict[str, Any] = {"kind": "video", "mime": "video/mp4", "filename": "film.mp4"}
    return asset(**(given | changes))


def ok(result: Any) -> Any:
    return response(200, {"ok": True, "result": result})


def refused(status: int, description: str, **parameters: Any) -> Any:
    body = {"ok": False, "error_code": status, "description": description}
    return response(status, {**body, "parameters": parameters} if parameters else body)


def sent(message_id: int = 7, chat_id: int = -1001234567890) -> Any:
    return ok(
        {"message_id": message_id, "date": 1, "chat": {"id": chat_id, "type": "channel", "username": "alice_news"}}
    )


def judged(request: Request) -> list[str]:
    """The official description's complaints about what would be sent."""
    fields: dict[str, Any] = {}
    files: set[str] = set()
    for name, value in (request.json or {}).items():
        fields[name] = "https://media.example/cat.jpg" if isinstance(value, AssetUrl) else value
    for part in request.parts or ():
        if part.filename is not None:
            files.add(part.name)
        else:
            assert isinstance(part.value, str)
            fields[part.name] = _from_form(part.value)
    return request_errors(request.path.removeprefix("/"), fields, frozenset(files))


def _from_form(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


# --- publishing ------------------------------------------------------------------------------------------------------


def test_a_text_is_one_call_that_must_not_happen_twice() -> None:
    calls, published = drive(PROVIDER.publish(job()), {"message": sent(7)}, provider=PROVIDER)

    (call,) = calls
    assert call.effect is Effect.ONCE
    assert call.request.path == "/sendMessage"
    assert call.request.json == {"chat_id": -1001234567890, "text": "Hello, readers."}
    assert published == Published(id="7", url="https://t.me/alice_news/7", meta={"chatId": "-1001234567890"})


def test_every_setting_reaches_the_message() -> None:
    settings = {"parseMode": "HTML", "disableNotification": True, "protectContent": True, "disableLinkPreview": True}

    calls, _ = drive(PROVIDER.publish(job(settings=settings)), {"message": sent()}, provider=PROVIDER)

    assert calls[0].request.json == {
        "chat_id": -1001234567890,
        "text": "Hello, readers.",
        "parse_mode": "HTML",
        "disable_notification": True,
        "protect_content": True,
        "link_preview_options": {"is_disabled": True},
    }
    assert judged(calls[0].request) == []


def test_our_own_image_goes_as_bytes() -> None:
    calls, _ = drive(PROVIDER.publish(job(assets=(asset(),))), {"message": sent()}, provider=PROVIDER)

    request = calls[0].request
    assert request.path == "/sendPhoto"
    assert request.json is None
    assert request.parts[-1] == Part("photo", AssetBytes(0), filename="cat.jpg", content_type="image/jpeg")
    assert Part("caption", "Hello, readers.") in request.parts


def test_a_video_says_what_is_known_about_it() -> None:
    known = film(width=1280, height=720, duration=12.6)

    calls, _ = drive(PROVIDER.publish(job(text="", assets=(known,))), {"message": sent()}, provider=PROVIDER)

    request = calls[0].request
    assert request.path == "/sendVideo"
    assert {part.name: part.value for part in request.parts if part.filename is None} == {
        "chat_id": "-1001234567890",
        "width": "1280",
        "height": "720",
        "duration": "13",
        "supports_streaming": "true",
    }


def test_a_file_that_we_do_not_have_is_named_by_its_address() -> None:
    calls, _ = drive(PROVIDER.publish(job(assets=(asset(sha256=None),))), {"message": sent()}, provider=PROVIDER)

    assert calls[0].request.json["photo"] == AssetUrl(0)
    assert calls[0].request.parts is None


@pytest.mark.parametrize(
    "assets",
    [(), (asset(),), (film(width=640, height=360, duration=3.0),), (asset(sha256=None),), (film(sha256=None),)],
    ids=["text", "image", "video", "image by address", "video by address"],
)
@pytest.mark.parametrize("mode", [None, "HTML", "MarkdownV2"])
def test_the_official_description_takes_every_request(assets: tuple[JobAsset, ...], mode: str | None) -> None:
    settings = {"parseMode": mode, "disableNotification": True, "protectContent": True, "disableLinkPreview": True}

    calls, _ = drive(PROVIDER.publish(job(assets=assets, settings=settings)), {"message": sent()}, provider=PROVIDER)

    assert judged(calls[0].request) == []


@pytest.mark.parametrize(
    "planted",
    [
        {"captoin": "x"},
        {"chat_id": None},
        {"disable_notification": "yes"},
        {"link_preview_options": {"is_disabeld": True}},
    ],
)
def test_the_official_description_catches_a_planted_mistake(planted: Mapping[str, Any]) -> None:
    calls, _ = drive(PROVIDER.publish(job()), {"message": sent()}, provider=PROVIDER)

    wrong = dataclasses.replace(calls[0].request, json={**calls[0].request.json, **planted})

    assert judged(wrong)


def test_a_group_that_moved_is_followed_to_its_new_id() -> None:
    moved = refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1009)
    group = dataclasses.replace(CHANNEL, external_id="-42", meta={})

    calls, published = drive(
        PROVIDER.publish(job(account=group)), {"message": moved, "message-migrated": sent(3, -1009)}, provider=PROVIDER
    )

    assert [call.request.json["chat_id"] for call in calls] == [-42, -1009]
    assert published == Published(id="3", url=None, meta={"chatId": "-1009"})
    calls, _ = drive(
        telegram.delete(PublishedPost(id="3", url=None, account=group, published_at=NOW, meta=published.meta)),
        {"delete": ok(True)},
        provider=PROVIDER,
    )
    assert calls[0].request.json["chat_id"] == -1009


def test_a_message_that_the_chat_deletes_at_once_is_published_with_a_warning_and_not_sent_again() -> None:
    gone = refused(500, "Internal Server Error: sent message was immediately deleted and can't be returned")
    seen: list[Any] = []

    _, published = drive(PROVIDER.publish(job()), {"message": gone}, provider=PROVIDER, seen=seen)

    assert [type(item) for item in seen] == [Call, Warn]
    assert (published.id, published.url, published.status) == ("", None, "deleted")


def test_a_message_that_waits_for_its_film_has_no_address_yet() -> None:
    _, published = drive(PROVIDER.publish(job(assets=(film(),))), {"message": sent(0)}, provider=PROVIDER)

    assert (published.id, published.url) == ("0", None)


def test_a_frozen_job_gives_the_same_request_after_it_was_stored() -> None:
    frozen = job(assets=(film(width=640, height=360, duration=3.0),))
    thawed = snapshots.from_json(json.loads(json.dumps(snapshots.to_json(frozen))))

    digests = [snapshots.digest(next(PROVIDER.publish(one)).request) for one in (frozen, thawed)]

    assert digests[0] == digests[1]


def test_the_token_is_added_to_the_path_and_is_nowhere_before() -> None:
    calls, _ = drive(PROVIDER.publish(job()), {"message": sent()}, provider=PROVIDER)

    signed = PROVIDER.sign(calls[0].request, Credential({"bot_token": TOKEN}), App())

    assert TOKEN not in repr(calls[0].request)
    assert signed.path == f"/bot{TOKEN}/sendMessage"
    assert dataclasses.replace(signed, path=calls[0].request.path) == calls[0].request


@pytest.mark.parametrize(
    ("meta", "address"),
    [
        ({"chatUsername": "alice_news"}, "https://t.me/alice_news/7"),
        ({"chatUsername": "@alice_news"}, "https://t.me/alice_news/7"),
        ({"chatUsername": None}, None),
        ({}, None),
    ],
)
def test_only_public_chats_have_addresses(meta: Mapping[str, Any], address: str | None) -> None:
    assert PROVIDER.post_url("7", dataclasses.replace(CHANNEL, meta=meta)) == address


# --- deleting --------------------------------------------------------------------------------------------------------


def published_post(**changes: Any) -> PublishedPost:
    given: dict[str, Any] = {"id": "7", "url": None, "account": CHANNEL, "published_at": NOW, "meta": {}}
    return PublishedPost(**(given | changes))


def test_deleting_names_the_chat_and_the_message() -> None:
    calls, _ = drive(telegram.delete(published_post()), {"delete": ok(True)}, provider=PROVIDER)

    assert calls[0].request.json == {"chat_id": -1001234567890, "message_id": 7}
    assert judged(calls[0].request) == []


def test_a_message_that_is_already_gone_counts_as_deleted() -> None:
    gone = refused(400, "Bad Request: message to delete not found")

    calls, result = drive(telegram.delete(published_post()), {"delete": gone}, provider=PROVIDER)

    assert (len(calls), result) == (1, None)


def test_a_message_that_the_chat_deleted_itself_needs_no_call() -> None:
    assert drive(telegram.delete(published_post(id="")), {}, provider=PROVIDER) == ([], None)


def test_a_message_that_cannot_be_deleted_any_more_says_so() -> None:
    with pytest.raises(FlowError, match="48 hours"):
        drive(
            telegram.delete(published_post()),
            {"delete": refused(400, "Bad Request: message can't be deleted for everyone")},
            provider=PROVIDER,
        )


# --- connecting ------------------------------------------------------------------------------------------------------

ME = ok({"id": 123456789, "is_bot": True, "first_name": "Alice's bot", "username": "alice_bot"})
PUBLIC = ok({"id": -1001234567890, "type": "channel", "title": "Alice's news", "username": "Alice_News"})
MAY_POST = ok({"status": "administrator", "can_post_messages": True, "user": {}})


def login(**changes: Any) -> BotLogin:
    return BotLogin.model_validate({"botToken": TOKEN, "chatId": "@alice_news", **changes})


def test_a_bot_that_may_post_connects_its_channel() -> None:
    calls, found = drive(telegram.verify(login()), {"bot": ME, "chat": PUBLIC, "member": MAY_POST}, provider=PROVIDER)

    (identity,) = found
    assert [judged(call.request) for call in calls] == [[], [], []]
    assert [call.effect for call in calls] == [Effect.READ] * 3
    assert (identity.external_id, identity.handle, identity.account_type) == (
        "-1001234567890",
        "telegram:@Alice_News",
        "telegram_chat",
    )
    assert identity.display_name == "Alice's news"
    assert identity.aliases == ("telegram:-1001234567890",)
    assert identity.credential_key == "123456789"
    assert (identity.meta["chatUsername"], identity.meta["chatType"]) == ("Alice_News", "channel")
    assert TOKEN not in repr(identity)


def test_a_chat_without_a_name_is_known_by_its_number() -> None:
    group = ok({"id": -1009, "type": "supergroup", "title": "Team", "permissions": {"can_send_messages": True}})

    _, (identity,) = drive(
        telegram.verify(login(chatId="-1009")),
        {"bot": ME, "chat": group, "member": ok({"status": "member", "user": {}})},
        provider=PROVIDER,
    )

    assert (identity.handle, identity.aliases, identity.meta["chatUsername"]) == ("telegram:-1009", (), None)


def test_a_person_has_no_rights_to_ask_for() -> None:
    person = ok({"id": 5, "type": "private", "first_name": "Bob", "last_name": "Brown"})

    calls, (identity,) = drive(telegram.verify(login(chatId=5)), {"bot": ME, "chat": person}, provider=PROVIDER)

    assert [call.name for call in calls] == ["bot", "chat"]
    assert (identity.handle, identity.display_name) == ("telegram:5", "Bob Brown")


@pytest.mark.parametrize(
    ("chat_type", "member", "said"),
    [
        ("channel", {"status": "member"}, "administrator"),
        ("channel", {"status": "administrator", "can_post_messages": False}, "right to post"),
        ("channel", {"status": "left"}, "administrator"),
        ("supergroup", {"status": "left"}, "Add @alice_bot"),
        ("supergroup", {"status": "kicked"}, "Add @alice_bot"),
        ("supergroup", {"status": "restricted", "is_member": True, "can_send_messages": False}, "may not write"),
        ("supergroup", {"status": "restricted", "is_member": False, "can_send_messages": True}, "Add @alice_bot"),
    ],
)
def test_a_bot_that_may_not_post_is_told_what_to_do(chat_type: str, member: Mapping[str, Any], said: str) -> None:
    chat = ok({"id": -1009, "type": chat_type, "title": "Team"})

    with pytest.raises(FlowError, match=said) as raised:
        drive(telegram.verify(login()), {"bot": ME, "chat": chat, "member": ok(member)}, provider=PROVIDER)

    assert raised.value.problem.kind is Kind.PERMISSION


def test_a_group_where_members_may_not_write_wants_an_administrator() -> None:
    muted = ok({"id": -1009, "type": "supergroup", "title": "Team", "permissions": {"can_send_messages": False}})
    answers = {"bot": ME, "chat": muted}

    with pytest.raises(FlowError, match="an administrator"):
        drive(telegram.verify(login()), {**answers, "member": ok({"status": "member"})}, provider=PROVIDER)
    _, found = drive(
        telegram.verify(login()), {**answers, "member": ok({"status": "administrator"})}, provider=PROVIDER
    )

    assert len(found) == 1


def test_a_wrong_token_is_refused_in_a_sentence() -> None:
    with pytest.raises(FlowError, match="does not accept the bot token") as raised:
        drive(telegram.verify(login()), {"bot": refused(401, "Unauthorized")}, provider=PROVIDER)

    assert raised.value.problem.kind is Kind.AUTH


@pytest.mark.parametrize("token", ["", "abc", "123456789", "123456789:short", f"{TOKEN} and more"])
def test_what_is_no_token_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(ValidationError, match="not a bot token") as raised:
        login(botToken=token)

    assert not token or f"input_value='{token}" not in str(raised.value)


def test_the_token_is_secret_in_the_form_and_in_print() -> None:
    schema = BotLogin.model_json_schema(by_alias=True)

    assert schema["properties"]["botToken"]["secret"] is True
    assert TOKEN not in repr(login())
    assert telegram.credential(login()) == {"bot_token": TOKEN}


@pytest.mark.parametrize(
    ("written", "reference"),
    [
        ("@alice_news", "@alice_news"),
        ("alice_news", "@alice_news"),
        (" https://t.me/alice_news ", "@alice_news"),
        ("t.me/s/alice_news/15", "@alice_news"),
        ("https://t.me/c/1234567890/15", "-1001234567890"),
        ("-1001234567890", "-1001234567890"),
        (-1001234567890, "-1001234567890"),
        ("telegram:@alice_news", "@alice_news"),
        ("telegram:-100123", "-100123"),
    ],
)
def test_a_chat_may_be_named_in_many_ways(written: Any, reference: str) -> None:
    assert login(chatId=written).chat_id == reference
    assert BotLogin.model_validate({"bot_token": TOKEN, "chat_id": written}).chat_id == reference


@pytest.mark.parametrize("written", ["", "https://t.me/+AbCdEf", "https://t.me/joinchat/AbC", "a b", "@1abc", "x"])
def test_what_names_no_chat_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match="@name"):
        login(chatId=written)


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "description", "kind", "verdict", "code"),
    [
        (401, "Unauthorized", Kind.AUTH, Verdict.REFUSED, "unauthorized"),
        (404, "Not Found", Kind.AUTH, Verdict.REFUSED, "unauthorized"),
        (403, "Forbidden: bot was kicked from the channel chat", Kind.PERMISSION, Verdict.REFUSED, "bot_not_in_chat"),
        (
            403,
            "Forbidden: bot is not a member of the channel chat",
            Kind.PERMISSION,
            Verdict.REFUSED,
            "bot_not_in_chat",
        ),
        (403, "Forbidden: bot was blocked by the user", Kind.PERMISSION, Verdict.REFUSED, "bot_not_in_chat"),
        (403, "Forbidden: user is deactivated", Kind.PERMISSION, Verdict.REFUSED, "bot_not_in_chat"),
        (403, "Forbidden: the group chat was deleted", Kind.PERMISSION, Verdict.REFUSED, "bot_not_in_chat"),
        (403, "Forbidden: something new", Kind.PERMISSION, Verdict.REFUSED, "http_403"),
        (400, "Bad Request: chat not found", Kind.NOT_FOUND, Verdict.REFUSED, "chat_not_found"),
        (
            400,
            "Bad Request: not enough rights to send text messages to the chat",
            Kind.PERMISSION,
            Verdict.REFUSED,
            "no_right_to_post",
        ),
        (
            400,
            "Bad Request: need administrator rights in the channel chat",
            Kind.PERMISSION,
            Verdict.REFUSED,
            "no_right_to_post",
        ),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", Kind.PERMISSION, Verdict.REFUSED, "no_right_to_post"),
        (400, "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN", Kind.PERMISSION, Verdict.REFUSED, "no_right_to_post"),
        (400, "Bad Request: message text is empty", Kind.INVALID_CONTENT, Verdict.REFUSED, "text_empty"),
        (400, "Bad Request: message is too long", Kind.INVALID_CONTENT, Verdict.REFUSED, "text_too_long"),
        (400, "Bad Request: message caption is too long", Kind.INVALID_CONTENT, Verdict.REFUSED, "text_too_long"),
        (
            400,
            'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 3',
            Kind.INVALID_CONTENT,
            Verdict.REFUSED,
            "entities_invalid",
        ),
        (
            400,
            "Bad Request: wrong type of the web page content",
            Kind.MEDIA_REJECTED,
            Verdict.REFUSED,
            "media_not_fetched",
        ),
        (
            400,
            "Bad Request: failed to get HTTP URL content",
            Kind.MEDIA_REJECTED,
            Verdict.REFUSED,
            "media_not_fetched",
        ),
        (
            400,
            "Bad Request: PHOTO_INVALID_DIMENSIONS",
            Kind.MEDIA_REJECTED,
            Verdict.REFUSED,
            "photo_dimensions_invalid",
        ),
        (400, "Bad Request: file must be non-empty", Kind.MEDIA_REJECTED, Verdict.REFUSED, "media_rejected"),
        (400, "Bad Request: something new", Kind.INVALID_CONTENT, Verdict.REFUSED, "http_400"),
        (409, "Conflict: terminated by other getUpdates request", Kind.UNAVAILABLE, Verdict.REFUSED, "http_409"),
        (413, "Request Entity Too Large", Kind.MEDIA_REJECTED, Verdict.REFUSED, "file_too_large"),
        (500, "Internal Server Error", Kind.UNAVAILABLE, Verdict.UNKNOWN, "http_500"),
        (502, "Bad Gateway", Kind.UNAVAILABLE, Verdict.UNKNOWN, "http_502"),
    ],
)
def test_errors_are_told_apart(status: int, description: str, kind: Kind, verdict: Verdict, code: str) -> None:
    problem = PROVIDER.read_error(refused(status, description))

    assert problem is not None
    assert (problem.kind, problem.verdict, problem.code) == (kind, verdict, code)
    assert problem.message[0].isupper()


def test_too_many_requests_says_how_long_to_wait_and_that_it_is_the_chat() -> None:
    problem = PROVIDER.read_error(refused(429, "Too Many Requests: retry after 17", retry_after=17))

    assert problem is not None
    assert (problem.kind, problem.verdict, problem.retry_after, problem.scope) == (
        Kind.RATE_LIMITED,
        Verdict.REFUSED,
        17.0,
        Scope.ACCOUNT,
    )


@pytest.mark.parametrize("status", [200, 204, 302, 408, 499, 502, 504])
def test_a_page_instead_of_an_answer_leaves_the_outcome_open(status: int) -> None:
    problem = PROVIDER.read_error(response(status, text="<html>Bad gateway</html>"))

    assert problem is not None
    assert problem.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("status", [403, 404])
def test_a_page_that_refuses_is_no_word_about_the_token(status: int) -> None:
    problem = PROVIDER.read_error(response(status, text="<html>Blocked</html>"))

    assert problem is not None
    assert (problem.kind, problem.verdict) == (Kind.UNAVAILABLE, Verdict.REFUSED)


def test_an_error_inside_a_200_is_an_error() -> None:
    problem = PROVIDER.read_error(
        response(200, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"})
    )

    assert problem is not None
    assert problem.code == "chat_not_found"


def test_a_good_answer_is_no_error() -> None:
    assert PROVIDER.read_error(sent()) is None


# --- settings and checks ---------------------------------------------------------------------------------------------


def draft(**changes: Any) -> Draft:
    given: dict[str, Any] = {
        "provider": "telegram",
        "account_type": "telegram_chat",
        "handle": "telegram:@alice_news",
        "title": "",
        "body": "",
        "text": "Hello",
        "assets": (),
        "settings": {},
        "interaction": "post",
        "parent": None,
    }
    return Draft(**(given | changes))


def attached(kind: Any = "image", extension: str = "jpg", **changes: Any) -> DraftAsset:
    return DraftAsset(
        key="asset_1", url=f"https://media.example/a.{extension}", kind=kind, extension=extension, **changes
    )


def parsed(raw: Mapping[str, Any], **changes: Any) -> Any:
    return PROVIDER.settings["telegram_chat"].parse(raw, draft(**changes))


def test_settings_have_their_defaults() -> None:
    assert parsed({}) == PLAIN


@pytest.mark.parametrize(
    ("mode", "stored"), [("none", None), (None, None), ("HTML", "HTML"), ("MarkdownV2", "MarkdownV2")]
)
def test_no_parse_mode_is_stored_as_null(mode: str | None, stored: str | None) -> None:
    assert parsed({"parseMode": mode})["parseMode"] == stored


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"colour": "red"}, "telegram_settings_unsupported"),
        ({"colour": "red", "parseMode": "html"}, "telegram_settings_unsupported"),
        ({"parseMode": "html"}, "telegram_parse_mode_invalid"),
        ({"parseMode": "Markdown"}, "telegram_parse_mode_invalid"),
        ({"parseMode": ["HTML"]}, "telegram_parse_mode_invalid"),
        ({"disableNotification": "yes"}, "telegram_setting_invalid"),
        ({"protectContent": 1}, "telegram_setting_invalid"),
        ({"disableLinkPreview": "false"}, "telegram_setting_invalid"),
    ],
)
def test_wrong_settings_are_refused_with_their_code(raw: Mapping[str, Any], code: str) -> None:
    issue = parsed(raw)

    assert isinstance(issue, Issue)
    assert issue.code == code


def test_unknown_settings_name_the_allowed_ones() -> None:
    issue = parsed({"colour": "red"})

    assert issue.details["allowedKeys"] == ["parseMode", "disableNotification", "protectContent", "disableLinkPreview"]


def test_the_parse_modes_are_named_when_one_is_wrong() -> None:
    assert parsed({"parseMode": "BBCode"}).details["supportedValues"] == ["none", "HTML", "MarkdownV2"]


def test_a_file_of_an_unknown_kind_is_found_with_the_settings() -> None:
    issue = parsed({}, assets=(attached("other", "pdf"), attached()))

    assert isinstance(issue, Issue)
    assert issue.code == "telegram_media_unsupported"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        (
            {"assets": (attached(), attached("other", "pdf")), "interaction": "reply"},
            "provider_multi_asset_unsupported",
        ),
        ({"assets": (attached("other", "pdf"),), "interaction": "reply"}, "telegram_interaction_unsupported"),
        ({"text": "", "interaction": "reply"}, "telegram_interaction_unsupported"),
        ({"text": ""}, "telegram_text_or_media_required"),
        ({"assets": (attached("other", "pdf"),)}, "telegram_media_unsupported"),
        ({"assets": (attached("image", "gif"),)}, "telegram_media_unsupported"),
        ({"text": "", "assets": (attached("video", "mov"),)}, None),
        ({"assets": (attached("image", ""),)}, None),
        ({"assets": (attached(size=10 * 1024**2),)}, None),
        ({"assets": (attached(size=10 * 1024**2 + 1),)}, "telegram_image_too_large"),
        ({"assets": (attached("video", "mp4", size=50 * 1024**2 + 1),)}, "telegram_video_too_large"),
    ],
)
def test_checks_report_in_their_order(changes: Mapping[str, Any], code: str | None) -> None:
    issue = first(check(draft(**changes)) for check in PROVIDER.checks)

    assert (issue.code if issue else None) == code


def test_a_caption_is_shorter_than_a_text() -> None:
    assert PROVIDER.limits.text(draft()) == 4096
    assert PROVIDER.limits.text(draft(assets=(attached(),))) == 1024


@pytest.mark.parametrize(
    ("text", "mode", "length"),
    [
        ("Hello", None, 5),
        ("😀", None, 2),
        ("<b>Hello</b>", None, 12),
        ("<b>Hello</b>", "none", 12),
        ('<b>He</b><a href="https://example.com">llo</a> &amp; &lt;&#8364;', "HTML", 10),
        ("*He*llo \\! ||no|| [x](https://example.com)", "MarkdownV2", 12),
        ("```python\nx=1\n```", "MarkdownV2", 4),
        (">quote\n__u__", "MarkdownV2", 7),
    ],
)
def test_length_is_counted_in_what_readers_see(text: str, mode: str | None, length: int) -> None:
    assert PROVIDER.limits.measure(draft(text=text, settings={"parseMode": mode})) == length


def test_handles_are_recognised() -> None:
    assert infer("telegram:@alice_news") == infer("tg:-1001") == "telegram"
    assert PROVIDER.account_type_of("telegram:-1001") == "telegram_chat"


def test_what_cannot_be_asked_is_declared_as_such() -> None:
    assert PROVIDER.reconcile is None
    assert PROVIDER.post_metrics is None
    assert PROVIDER.account_metrics is None


def test_every_setting_of_the_form_has_a_title_and_a_description() -> None:
    models = (telegram.Settings, BotLogin)

    assert all(field.title and field.description for model in models for field in model.model_fields.values())
