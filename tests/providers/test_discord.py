"""Discord's flows by hand, its requests against Discord's own document, its errors one by one."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from providers import discord, infer
from providers.contract import (
    App,
    AssetBytes,
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
    first,
)
from providers.discord import PROVIDER, WebhookLogin
from tests.networks.samples import IMAGE, NO, TEXT, VIDEO, Sample
from tests.providers.flows import drive, response
from tests.specs import OpenApi, load

from .rows import discord as discord_rows

ROWS = (discord_rows.ROWS,)
SAMPLES = (
    Sample(
        provider="discord",
        handle="discord:webhook:",
        shapes=(TEXT, IMAGE, VIDEO),
        reconcile=NO,
        post_metrics=NO,
        account_metrics=NO,
    ),
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WEBHOOK, TOKEN = "1300000000000000001", "abcDEF-" + "x" * 61
ACCOUNT = JobAccount(
    external_id=WEBHOOK,
    handle=f"discord:webhook:{WEBHOOK}",
    account_type="discord_webhook",
    meta={"guildId": "11", "channelId": "12", "webhookId": WEBHOOK},
)
PLAIN = {"tts": False, "suppressEmbeds": False}
DOCUMENT = OpenApi(load("discord/openapi.trimmed.json"))


def job(**changes: Any) -> Job:
    given: dict[str, Any] = {
        "post_id": "post_1",
        "generation": 1,
        "account": ACCOUNT,
        "title": "",
        "body": "",
        "text": "Hello @everyone",
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


def refused(status: int, code: int = 0, message: str = "No", **more: Any) -> Any:
    return response(status, {"message": message, "code": code, **more})


def sent(**changes: Any) -> Any:
    return response(200, {"id": "77", "channel_id": "12", **changes})


def body_of(request: Request) -> Any:
    if request.json is not None:
        return request.json
    return next((json.loads(str(part.value)) for part in request.parts or () if part.name == "payload_json"), None)


def judged(request: Request) -> list[str]:
    """What Discord's own document says against the request as it would be sent."""
    signed = PROVIDER.sign(request, Credential({"webhook_token": TOKEN}), App())
    kind = "multipart/form-data" if request.parts else "application/json"
    return DOCUMENT.request_errors(
        request.method, signed.path, query=request.params, body=body_of(request), content_type=kind
    )


# --- publishing ------------------------------------------------------------------------------------------------------


def test_a_text_is_one_call_that_waits_for_its_message() -> None:
    calls, published = drive(PROVIDER.publish(job()), {"message": sent()}, provider=PROVIDER)

    (call,) = calls
    assert call.effect is Effect.ONCE
    assert (call.request.method, call.request.path) == ("POST", f"/webhooks/{WEBHOOK}")
    assert call.request.params == {"wait": "true"}
    assert published == Published(id="77", url="https://discord.com/channels/11/12/77", meta={"channelId": "12"})


def test_nobody_is_pinged() -> None:
    calls, _ = drive(PROVIDER.publish(job()), {"message": sent()}, provider=PROVIDER)

    assert calls[0].request.json == {"content": "Hello @everyone", "allowed_mentions": {"parse": []}}


def test_settings_reach_the_message() -> None:
    settings = {"tts": True, "suppressEmbeds": True}

    calls, _ = drive(PROVIDER.publish(job(settings=settings)), {"message": sent()}, provider=PROVIDER)

    assert calls[0].request.json["tts"] is True
    assert calls[0].request.json["flags"] == 4


def test_a_file_goes_beside_its_description() -> None:
    described = asset(alt_text="A cat\non a chair")

    calls, _ = drive(PROVIDER.publish(job(text="", assets=(described,))), {"message": sent()}, provider=PROVIDER)

    payload, file = calls[0].request.parts
    assert (payload.name, payload.content_type) == ("payload_json", "application/json")
    assert json.loads(payload.value) == {
        "allowed_mentions": {"parse": []},
        "attachments": [{"id": "0", "filename": "cat.jpg", "description": "A cat\non a chair"}],
    }
    assert file == Part("files[0]", AssetBytes(0), filename="cat.jpg", content_type="image/jpeg")


def test_a_file_that_could_not_be_fetched_ends_the_try_before_anything_is_sent() -> None:
    with pytest.raises(FlowError, match="could not be fetched") as raised:
        drive(PROVIDER.publish(job(assets=(asset(sha256=None),))), {}, provider=PROVIDER)

    assert raised.value.problem.kind is Kind.MEDIA_REJECTED


@pytest.mark.parametrize(
    "assets",
    [(), (asset(),), (asset(kind="video", mime="video/mp4", filename="a.mp4", alt_text="x" * 2000),)],
    ids=["text", "image", "video"],
)
@pytest.mark.parametrize("settings", [PLAIN, {"tts": True, "suppressEmbeds": True}], ids=["plain", "all settings"])
def test_discords_own_document_takes_every_request(assets: tuple[JobAsset, ...], settings: Mapping[str, Any]) -> None:
    calls, _ = drive(PROVIDER.publish(job(assets=assets, settings=settings)), {"message": sent()}, provider=PROVIDER)

    assert judged(calls[0].request) == []


@pytest.mark.parametrize(
    "planted",
    [
        {"contents": "x"},
        {"content": 5},
        {"content": "x" * 2001},
        {"allowed_mentions": {"parse": ["all"]}},
        {"attachments": [{"id": 0}]},
        {"attachments": [{"id": "0", "descripton": "x"}]},
    ],
)
def test_discords_own_document_catches_a_planted_mistake(planted: Mapping[str, Any]) -> None:
    calls, _ = drive(PROVIDER.publish(job()), {"message": sent()}, provider=PROVIDER)

    assert judged(dataclasses.replace(calls[0].request, json={**calls[0].request.json, **planted}))


@pytest.mark.parametrize(
    "planted",
    [{"params": {"wait": "perhaps"}}, {"params": {"waits": "true"}}, {"path": "/webhook/1"}, {"method": "PUT"}],
)
def test_discords_own_document_catches_a_planted_mistake_in_the_address(planted: Mapping[str, Any]) -> None:
    calls, _ = drive(PROVIDER.publish(job()), {"message": sent()}, provider=PROVIDER)

    assert judged(dataclasses.replace(calls[0].request, **planted))


def test_the_token_is_added_behind_the_id_and_is_nowhere_before() -> None:
    credential = Credential({"webhook_token": TOKEN})
    paths = {"": "", "/messages/77": "/messages/77"}

    for tail, rest in paths.items():
        request = Request("POST", f"/webhooks/{WEBHOOK}{tail}")
        signed = PROVIDER.sign(request, credential, App())
        assert signed.path == f"/webhooks/{WEBHOOK}/{TOKEN}{rest}"
        assert TOKEN not in repr(request)
    assert TOKEN not in repr(credential)


def test_discord_is_told_which_program_asks() -> None:
    calls, _ = drive(PROVIDER.publish(job()), {"message": sent()}, provider=PROVIDER)

    assert calls[0].request.headers["User-Agent"].startswith("DiscordBot (https://")


def test_an_answer_without_an_id_cannot_be_read() -> None:
    call = next(PROVIDER.publish(job()))
    assert isinstance(call, Call)

    with pytest.raises(KeyError):
        call.read(response(204))


@pytest.mark.parametrize(
    ("meta", "address"),
    [
        ({"guildId": "11", "channelId": "12"}, "https://discord.com/channels/11/12/77"),
        ({"guildId": "11"}, None),
        ({"channelId": "12"}, None),
        ({}, None),
    ],
)
def test_an_address_needs_server_and_channel(meta: Mapping[str, Any], address: str | None) -> None:
    assert PROVIDER.post_url("77", dataclasses.replace(ACCOUNT, meta=meta)) == address


# --- deleting --------------------------------------------------------------------------------------------------------


def published_post(**changes: Any) -> PublishedPost:
    given: dict[str, Any] = {"id": "77", "url": None, "account": ACCOUNT, "published_at": NOW}
    return PublishedPost(**(given | changes))


def test_deleting_uses_the_webhooks_own_endpoint() -> None:
    calls, _ = drive(discord.delete(published_post()), {"delete": response(204)}, provider=PROVIDER)

    assert (calls[0].request.method, calls[0].request.path) == ("DELETE", f"/webhooks/{WEBHOOK}/messages/77")
    assert judged(calls[0].request) == []


def test_the_account_s_own_id_names_the_webhook_when_nothing_else_does() -> None:
    bare = dataclasses.replace(ACCOUNT, meta={})

    calls, _ = drive(discord.delete(published_post(account=bare)), {"delete": response(204)}, provider=PROVIDER)

    assert calls[0].request.path == f"/webhooks/{WEBHOOK}/messages/77"


def test_a_message_that_is_already_gone_counts_as_deleted() -> None:
    calls, result = drive(
        discord.delete(published_post()), {"delete": refused(404, 10008, "Unknown Message")}, provider=PROVIDER
    )

    assert (len(calls), result) == (1, None)


def test_deleting_without_a_message_id_says_what_is_missing() -> None:
    with pytest.raises(FlowError) as raised:
        drive(discord.delete(published_post(id="")), {}, provider=PROVIDER)

    assert raised.value.problem.code == "discord_delete_missing_fields"


# --- connecting ------------------------------------------------------------------------------------------------------

ADDRESS = f"https://discord.com/api/webhooks/{WEBHOOK}/{TOKEN}"
INCOMING = {
    "id": WEBHOOK,
    "type": 1,
    "name": "Announcements",
    "avatar": "a1",
    "channel_id": "12",
    "guild_id": "11",
    "application_id": None,
    "token": TOKEN,
}


def login(address: str = ADDRESS, hosts: Mapping[str, str] | None = None) -> WebhookLogin:
    return WebhookLogin.model_validate({"webhookUrl": address}, context={"hosts": hosts or PROVIDER.hosts})


def test_a_webhook_connects_its_channel() -> None:
    calls, found = drive(discord.verify(login()), {"webhook": response(200, INCOMING)}, provider=PROVIDER)

    (identity,) = found
    assert judged(calls[0].request) == []
    assert calls[0].effect is Effect.READ
    assert (identity.external_id, identity.handle) == (WEBHOOK, f"discord:webhook:{WEBHOOK}")
    assert (identity.account_type, identity.display_name) == ("discord_webhook", "Announcements")
    assert identity.meta == {"guildId": "11", "channelId": "12", "webhookId": WEBHOOK}
    assert identity.avatar_url == f"https://cdn.discordapp.com/avatars/{WEBHOOK}/a1.png"
    assert identity.credential_key == "channel:12"
    assert TOKEN not in repr(identity)


@pytest.mark.parametrize("kind", [2, 3])
def test_webhooks_of_channels_and_applications_are_refused(kind: int) -> None:
    with pytest.raises(FlowError, match="webhook of your own") as raised:
        drive(discord.verify(login()), {"webhook": response(200, {**INCOMING, "type": kind})}, provider=PROVIDER)

    assert raised.value.problem.code == "discord_webhook_type_unsupported"


@pytest.mark.parametrize(
    ("answer", "said"),
    [(refused(404, 10015, "Unknown Webhook"), "was deleted"), (refused(401, 50027, "Invalid"), "does not accept")],
)
def test_a_webhook_that_is_not_there_is_refused_in_a_sentence(answer: Any, said: str) -> None:
    with pytest.raises(FlowError, match=said):
        drive(discord.verify(login()), {"webhook": answer}, provider=PROVIDER)


@pytest.mark.parametrize(
    "address",
    [
        ADDRESS,
        f"https://discord.com/api/v10/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://discordapp.com/api/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://ptb.discord.com/api/v9/webhooks/{WEBHOOK}/{TOKEN}/",
        f"https://canary.discord.com/api/webhooks/{WEBHOOK}/{TOKEN}?wait=true&thread_id=1",
        f" https://DISCORD.com/api/webhooks/{WEBHOOK}/{TOKEN}/slack ",
        f"https://discord.com/api/webhooks/{WEBHOOK}/{TOKEN}/github",
    ],
)
def test_webhook_urls_are_taken_in_every_shape_that_discord_has(address: str) -> None:
    parsed = login(address)

    assert (parsed.webhook_id, parsed.webhook_token) == (WEBHOOK, TOKEN)
    assert discord.credential(parsed) == {"webhook_token": TOKEN}


@pytest.mark.parametrize(
    "address",
    [
        f"http://discord.com/api/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://discord.com.evil.example/api/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://evil.example/api/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://discord.com@evil.example/api/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://discord.com:8443/api/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://127.0.0.1/api/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://discord.com/other/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://discord.com/api/webhooks/{WEBHOOK}",
        f"https://discord.com/api/webhooks/abc/{TOKEN}",
        "https://discord.com/api/webhooks/",
        "discord",
        "",
    ],
)
def test_other_addresses_are_refused_without_repeating_the_token(address: str) -> None:
    with pytest.raises(ValidationError, match="webhook URL") as raised:
        login(address)

    assert TOKEN not in str(raised.value)


def test_a_configured_host_is_taken_as_well() -> None:
    hosts = {"api": "http://127.0.0.1:8799/discord/api/v10"}
    address = f"http://127.0.0.1:8799/discord/api/v10/webhooks/{WEBHOOK}/{TOKEN}"

    assert login(address, hosts).webhook_id == WEBHOOK
    with pytest.raises(ValidationError, match="does not belong"):
        login(address.replace("8799", "8800"), hosts)


def test_the_address_is_secret_in_the_form_and_in_print() -> None:
    schema = WebhookLogin.model_json_schema(by_alias=True)

    assert schema["properties"]["webhookUrl"]["secret"] is True
    assert TOKEN not in repr(login())
    assert WebhookLogin.model_validate({"webhook_url": ADDRESS}).webhook_id == WEBHOOK


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "kind", "verdict", "name"),
    [
        (400, 50006, Kind.INVALID_CONTENT, Verdict.REFUSED, "empty_message"),
        (400, 50035, Kind.INVALID_CONTENT, Verdict.REFUSED, "invalid_form_body"),
        (400, 220001, Kind.INVALID_CONTENT, Verdict.REFUSED, "forum_channel"),
        (400, 240000, Kind.INVALID_CONTENT, Verdict.REFUSED, "harmful_link"),
        (400, 160005, Kind.INVALID_CONTENT, Verdict.REFUSED, "thread_locked"),
        (400, 50083, Kind.INVALID_CONTENT, Verdict.REFUSED, "thread_archived"),
        (400, 99999, Kind.INVALID_CONTENT, Verdict.REFUSED, "http_400"),
        (401, 50027, Kind.AUTH, Verdict.REFUSED, "invalid_webhook_token"),
        (401, 0, Kind.AUTH, Verdict.REFUSED, "http_401"),
        (403, 50013, Kind.PERMISSION, Verdict.REFUSED, "missing_permissions"),
        (403, 50001, Kind.PERMISSION, Verdict.REFUSED, "missing_access"),
        (403, 400001, Kind.PERMISSION, Verdict.REFUSED, "uploads_limited"),
        (403, 40333, Kind.UNAVAILABLE, Verdict.REFUSED, "blocked"),
        (404, 10015, Kind.AUTH, Verdict.REFUSED, "unknown_webhook"),
        (404, 10003, Kind.AUTH, Verdict.REFUSED, "unknown_channel"),
        (404, 10008, Kind.NOT_FOUND, Verdict.REFUSED, "unknown_message"),
        (413, 40005, Kind.MEDIA_REJECTED, Verdict.REFUSED, "file_too_large"),
        (400, 130000, Kind.UNAVAILABLE, Verdict.UNKNOWN, "http_400"),
        (500, 0, Kind.UNAVAILABLE, Verdict.UNKNOWN, "http_500"),
        (503, 0, Kind.UNAVAILABLE, Verdict.UNKNOWN, "http_503"),
    ],
)
def test_errors_are_told_apart(status: int, code: int, kind: Kind, verdict: Verdict, name: str) -> None:
    problem = PROVIDER.read_error(refused(status, code))

    assert problem is not None
    assert (problem.kind, problem.verdict, problem.code) == (kind, verdict, name)


def test_the_field_that_discord_complains_about_is_named() -> None:
    errors = {"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}]}}

    problem = PROVIDER.read_error(refused(400, 50035, "Invalid Form Body", errors=errors))

    assert problem is not None
    assert "content: Must be 2000 or fewer in length." in problem.message


@pytest.mark.parametrize(
    ("body", "headers", "wait", "scope"),
    [
        ({"message": "", "retry_after": 1.5, "global": False}, {"Retry-After": "2"}, 1.5, Scope.ACCOUNT),
        ({"message": "", "retry_after": 0.3, "global": True}, {}, 0.3, Scope.HOST),
        ({"message": "", "retry_after": 3, "global": False}, {"X-RateLimit-Scope": "shared"}, 3.0, Scope.CREDENTIAL),
        ({"message": "", "retry_after": 3, "global": False}, {"X-RateLimit-Scope": "global"}, 3.0, Scope.HOST),
        ({"message": "", "global": False}, {"Retry-After": "7"}, 7.0, Scope.ACCOUNT),
        (None, {"Retry-After": "3600"}, 3600.0, Scope.HOST),
        (None, {}, 600.0, Scope.HOST),
    ],
)
def test_slowing_down_knows_how_long_and_whose_limit_it_is(
    body: Any, headers: Mapping[str, str], wait: float, scope: Scope
) -> None:
    problem = PROVIDER.read_error(response(429, body, headers=headers, text=None if body else "<html>"))

    assert problem is not None
    assert (problem.kind, problem.verdict) == (Kind.RATE_LIMITED, Verdict.REFUSED)
    assert (problem.retry_after, problem.scope) == (wait, scope)


@pytest.mark.parametrize(
    ("status", "kind", "verdict"),
    [
        (302, Kind.UNAVAILABLE, Verdict.UNKNOWN),
        (408, Kind.UNAVAILABLE, Verdict.UNKNOWN),
        (502, Kind.UNAVAILABLE, Verdict.UNKNOWN),
        (403, Kind.UNAVAILABLE, Verdict.REFUSED),
        (413, Kind.MEDIA_REJECTED, Verdict.REFUSED),
    ],
)
def test_a_page_instead_of_an_answer_is_judged_by_its_status(status: int, kind: Kind, verdict: Verdict) -> None:
    problem = PROVIDER.read_error(response(status, text="<html></html>"))

    assert problem is not None
    assert (problem.kind, problem.verdict) == (kind, verdict)


@pytest.mark.parametrize("answer", [sent(), response(204)])
def test_a_good_answer_is_no_error(answer: Any) -> None:
    assert PROVIDER.read_error(answer) is None


# --- settings and checks ---------------------------------------------------------------------------------------------


def draft(**changes: Any) -> Draft:
    given: dict[str, Any] = {
        "provider": "discord",
        "account_type": "discord_webhook",
        "handle": f"discord:webhook:{WEBHOOK}",
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
    return PROVIDER.settings["discord_webhook"].parse(raw, draft(**changes))


@pytest.mark.parametrize(
    ("raw", "effective"),
    [({}, PLAIN), ({"tts": None}, PLAIN), ({"tts": True}, {"tts": True, "suppressEmbeds": False})],
)
def test_settings_have_their_defaults(raw: Mapping[str, Any], effective: Mapping[str, Any]) -> None:
    assert parsed(raw) == effective


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"silent": True}, "discord_settings_unsupported"),
        ({"silent": True, "tts": "yes"}, "discord_settings_unsupported"),
        ({"tts": "yes"}, "discord_setting_invalid"),
        ({"suppressEmbeds": 1}, "discord_setting_invalid"),
    ],
)
def test_wrong_settings_are_refused_with_their_code(raw: Mapping[str, Any], code: str) -> None:
    issue = parsed(raw)

    assert isinstance(issue, Issue)
    assert issue.code == code


def test_unknown_settings_name_the_allowed_ones() -> None:
    assert parsed({"silent": True}).details["allowedKeys"] == ["tts", "suppressEmbeds"]


def test_a_file_of_an_unknown_kind_is_found_with_the_settings() -> None:
    issue = parsed({}, assets=(attached("other", "pdf"),))

    assert isinstance(issue, Issue)
    assert issue.code == "discord_media_unsupported"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        (
            {"assets": (attached(), attached("other", "pdf")), "interaction": "reply"},
            "provider_multi_asset_unsupported",
        ),
        ({"assets": (attached("other", "pdf"),), "interaction": "reply"}, "discord_interaction_unsupported"),
        ({"text": ""}, "discord_text_or_media_required"),
        ({"assets": (attached("other", "pdf"),)}, "discord_media_unsupported"),
        ({"assets": (attached("image", "gif"),)}, "discord_media_unsupported"),
        ({"text": "", "assets": (attached("video", "webm"),)}, None),
        ({"assets": (attached(size=100 * 1024**2),)}, None),
        ({"assets": (attached(size=100 * 1024**2 + 1),)}, "discord_image_too_large"),
    ],
)
def test_checks_report_in_their_order(changes: Mapping[str, Any], code: str | None) -> None:
    issue = first(check(draft(**changes)) for check in PROVIDER.checks)

    assert (issue.code if issue else None) == code


@pytest.mark.parametrize(("text", "length"), [("Hello", 5), ("é", 1), ("😀", 2), ("a" * 2000, 2000)])
def test_length_is_the_larger_of_characters_and_utf16_units(text: str, length: int) -> None:
    assert PROVIDER.limits.measure(draft(text=text)) == length
    assert PROVIDER.limits.text(draft()) == 2000


def test_handles_are_recognised() -> None:
    assert infer(f"discord:webhook:{WEBHOOK}") == infer("dc:webhook:1") == "discord"
    assert PROVIDER.account_type_of("discord:webhook:1") == "discord_webhook"


def test_what_cannot_be_asked_is_declared_as_such() -> None:
    assert PROVIDER.reconcile is None
    assert PROVIDER.post_metrics is None


def test_every_field_of_the_forms_has_a_title_and_a_description() -> None:
    models = (discord.Settings, WebhookLogin)

    assert all(field.title and field.description for model in models for field in model.model_fields.values())
