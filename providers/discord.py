"""Discord: an incoming webhook posts to one channel.

Facts: https://docs.discord.com/developers/resources/webhook (API v10), checked 2026-11-23.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from . import findings, rules
from .contract import (
    JSON,
    AccountType,
    App,
    AssetBytes,
    Call,
    Credential,
    Draft,
    Effect,
    Finding,
    Flow,
    FlowError,
    Icon,
    Identity,
    Issue,
    Job,
    JobAccount,
    JobAsset,
    Kind,
    Level,
    Limits,
    Look,
    Manual,
    Media,
    Part,
    Problem,
    Provider,
    Published,
    PublishedPost,
    Rate,
    Request,
    Response,
    Scope,
    SettingsRules,
    Verdict,
    first,
)
from .text import utf16_length

API = "https://discord.com/api/v10"
PASTED_FROM = ("discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com")

MAX_TEXT = 2000  # https://docs.discord.com/developers/resources/webhook#execute-webhook
MAX_ALT_TEXT = 1024  # https://docs.discord.com/developers/resources/message#attachment-object
EVERYWHERE = Media(max_bytes=10 * 1024**2)  # https://docs.discord.com/developers/reference#uploading-files
MAX_FILE = 100 * 1024**2  # servers with the highest boost level; others take 10 or 50 MiB and answer 40005 beyond
SUPPRESS_EMBEDS = 1 << 2  # https://docs.discord.com/developers/resources/message#message-object-message-flags

RATES = (  # not documented: seen in the X-RateLimit headers of webhooks, and per channel
    Rate(count=5, per=timedelta(seconds=2), scope=Scope.ACCOUNT),
    Rate(count=30, per=timedelta(minutes=1), scope=Scope.CREDENTIAL),
)
BLOCKED_SECONDS = 600.0
"""A 429 that is not JSON comes from the guard before the API. It lasts."""


# --- publishing ------------------------------------------------------------------------------------------------------


def publish(job: Job) -> Flow[Published]:
    message = yield Call("message", send(job), Effect.ONCE, read=_message)
    guild = job.account.meta.get("guildId")
    return Published(
        id=message["id"],
        url=_address(guild, message["channelId"], message["id"]),
        meta={"channelId": message["channelId"]},
    )


def send(job: Job) -> Request:
    """``wait`` makes Discord answer with the message, and with an error when there is none."""
    request = _request("POST", job.account, params={"wait": "true"})
    if not job.assets:
        return replace(request, json=message(job))
    asset = job.assets[0]
    if asset.sha256 is None:
        raise FlowError(
            _refused(
                Kind.MEDIA_REJECTED,
                "file_not_fetched",
                f"The file at {asset.url} could not be fetched. Upload it instead.",
            )
        )
    body = json.dumps({**message(job), "attachments": [_attachment(asset)]}, ensure_ascii=False)
    return replace(
        request,
        parts=(
            Part("payload_json", body, content_type="application/json"),
            Part("files[0]", AssetBytes(asset.position), filename=asset.filename, content_type=asset.mime),
        ),
    )


def message(job: Job) -> dict[str, JSON]:
    """Nobody is pinged: a text that holds @everyone stays a text."""
    fields: dict[str, JSON] = {"allowed_mentions": {"parse": []}}
    if job.text:
        fields["content"] = job.text
    if job.settings.get("tts"):
        fields["tts"] = True
    if job.settings.get("suppressEmbeds"):
        fields["flags"] = SUPPRESS_EMBEDS
    return fields


def _attachment(asset: JobAsset) -> dict[str, JSON]:
    described = {"description": asset.alt_text[:MAX_ALT_TEXT]} if asset.alt_text else {}
    return {"id": "0", "filename": asset.filename, **described}


# --- after publishing ------------------------------------------------------------------------------------------------


def delete(post: PublishedPost) -> Flow[None]:
    if not post.id:
        raise FlowError(
            _refused(
                Kind.NOT_FOUND,
                "discord_delete_missing_fields",
                "This post has no Discord message id, so it cannot be deleted.",
            )
        )
    request = _request("DELETE", post.account, f"/messages/{post.id}")
    yield Call("delete", request, Effect.REPEATABLE, read=_nothing, accepts=("unknown_message",))


def post_url(post_id: str, account: JobAccount) -> str | None:
    return _address(account.meta.get("guildId"), account.meta.get("channelId"), post_id)


def _address(guild: JSON, channel: JSON, post_id: str) -> str | None:
    return f"https://discord.com/channels/{guild}/{channel}/{post_id}" if guild and channel and post_id else None


# --- connecting ------------------------------------------------------------------------------------------------------


class WebhookLogin(BaseModel):
    model_config = ConfigDict(
        extra="forbid", populate_by_name=True, str_strip_whitespace=True, hide_input_in_errors=True
    )

    webhook_url: str = Field(
        validation_alias=AliasChoices("webhookUrl", "webhook_url"),
        title="Webhook URL",
        description="From the channel's settings: Integrations, Webhooks, Copy Webhook URL. Whoever has it can post.",
        repr=False,
        json_schema_extra={"secret": True},
    )

    @field_validator("webhook_url")
    @classmethod
    def _known_place(cls, value: str, info: ValidationInfo) -> str:
        hosts = cast("Mapping[str, Mapping[str, str]]", info.context or {}).get("hosts", {})
        configured = {_origin(base) for base in hosts.values() if base != API}
        if _parts(value) is None:
            raise ValueError("This is not a webhook URL. It looks like https://discord.com/api/webhooks/123…/abc…")
        if not _is_official(value) and _origin(value) not in configured:
            raise ValueError("This webhook URL does not belong to Discord. Copy it again from the channel's settings.")
        return value

    @property
    def webhook_id(self) -> str:
        return self._known()[0]

    @property
    def webhook_token(self) -> str:
        return self._known()[1]

    def _known(self) -> tuple[str, str]:
        parts = _parts(self.webhook_url)
        assert parts is not None
        return parts


def _parts(address: str) -> tuple[str, str] | None:
    """Id and token. A query, a slash at the end and the endpoints for other programs' formats do not matter."""
    path = urlsplit(address).path
    found = re.search(r"/webhooks/(\d{1,20})/([A-Za-z0-9_-]{1,200})(?:/(?:slack|github))?/?$", path)
    return (found[1], found[2]) if found else None


def _is_official(address: str) -> bool:
    parts = urlsplit(address)
    official = parts.scheme == "https" and parts.netloc.lower() in PASTED_FROM
    return official and re.match(r"/api(/v\d+)?/webhooks/", parts.path) is not None


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()


def verify(login: WebhookLogin) -> Flow[tuple[Identity, ...]]:
    account = JobAccount(external_id=login.webhook_id, handle="", account_type="discord_webhook")
    webhook = yield Call("webhook", _request("GET", account), Effect.READ, read=_webhook)
    if webhook["type"] != 1:
        raise FlowError(
            _refused(
                Kind.PERMISSION,
                "discord_webhook_type_unsupported",
                "This webhook follows another channel or belongs to an app. Make a webhook of your own in the channel's settings.",
            )
        )
    return (_identity(webhook),)


def examine(account: JobAccount) -> Flow[tuple[Finding, ...]]:
    webhook = yield Call("webhook", _request("GET", account), Effect.READ, read=_webhook)
    if webhook["channelId"] and webhook["channelId"] != account.meta.get("channelId"):
        detail = (
            "The webhook posts to another channel now than when it was connected. Connect it again if that is meant."
        )
        return (findings.account(Level.WARN, "The channel has changed", detail, findings.RECONNECT),)
    return (findings.account(Level.OK, "The webhook is there"),)


def _identity(webhook: Mapping[str, JSON]) -> Identity:
    id, avatar = webhook["id"], webhook["avatar"]
    return Identity(
        external_id=id,
        handle=f"discord:webhook:{id}",
        display_name=webhook["name"] or "Discord webhook",
        account_type="discord_webhook",
        avatar_url=f"https://cdn.discordapp.com/avatars/{id}/{avatar}.png" if avatar else None,
        meta={"guildId": webhook["guildId"], "channelId": webhook["channelId"], "webhookId": id},
        # Webhooks of one channel share its limit.
        credential_key=f"channel:{webhook['channelId']}" if webhook["channelId"] else None,
    )


def credential(login: WebhookLogin) -> Mapping[str, str]:
    return {"webhook_token": login.webhook_token}


def sign(request: Request, credential: Credential, app: App) -> Request:
    """The token stands after the id in the path."""
    start, webhooks, rest = request.path.partition("/webhooks/")
    id, slash, tail = rest.partition("/")
    return replace(request, path=f"{start}{webhooks}{id}/{credential['webhook_token']}{slash}{tail}")


# --- requests and answers --------------------------------------------------------------------------------------------

# Requests of programs that do not name themselves in this form are turned away before they reach the API.
# https://docs.discord.com/developers/reference#user-agent
NAMED = {"User-Agent": "DiscordBot (https://getsocialclaw.com, 1.0)"}


def _request(method: str, account: JobAccount, tail: str = "", params: Mapping[str, str] | None = None) -> Request:
    webhook = account.meta.get("webhookId") or account.external_id
    return Request(method, f"/webhooks/{webhook}{tail}", params=params or {}, headers=NAMED)


def _object(value: JSON) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _message(response: Response) -> JSON:
    made = _object(response.json)
    return {"id": str(made["id"]), "channelId": made.get("channel_id")}


def _webhook(response: Response) -> JSON:
    webhook = _object(response.json)
    return {
        "id": str(webhook["id"]),
        "type": webhook["type"],
        "name": webhook.get("name") or "",
        "avatar": webhook.get("avatar"),
        "guildId": webhook.get("guild_id"),
        "channelId": webhook.get("channel_id"),
    }


def _nothing(response: Response) -> JSON:
    return None


# --- errors ----------------------------------------------------------------------------------------------------------

# https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
CODES: Mapping[int, tuple[Kind, str, str]] = {
    10003: (
        Kind.AUTH,
        "unknown_channel",
        "The channel of this webhook was deleted. Make a webhook elsewhere and connect it.",
    ),
    10008: (Kind.NOT_FOUND, "unknown_message", "This message is not in the channel any more."),
    10015: (
        Kind.AUTH,
        "unknown_webhook",
        "This webhook was deleted. Make a new one in the channel's settings and connect it.",
    ),
    40005: (
        Kind.MEDIA_REJECTED,
        "file_too_large",
        "The file is larger than this server takes: 10 MiB, or more when it is boosted.",
    ),
    40333: (Kind.UNAVAILABLE, "blocked", "Discord's guard turned the request away."),
    50001: (Kind.PERMISSION, "missing_access", "The webhook may not use this channel."),
    50006: (Kind.INVALID_CONTENT, "empty_message", "The post is empty. Write a text or attach a file."),
    50013: (Kind.PERMISSION, "missing_permissions", "The webhook may not post this in the channel."),
    50027: (
        Kind.AUTH,
        "invalid_webhook_token",
        "Discord does not accept this webhook URL. Copy it again and reconnect.",
    ),
    50035: (Kind.INVALID_CONTENT, "invalid_form_body", "Discord does not accept a part of this post."),
    50083: (Kind.INVALID_CONTENT, "thread_archived", "The thread is archived."),
    160005: (Kind.INVALID_CONTENT, "thread_locked", "The thread is locked."),
    220001: (
        Kind.INVALID_CONTENT,
        "forum_channel",
        "This is a forum channel, which takes threads only. Use a webhook of a text channel.",
    ),
    240000: (Kind.INVALID_CONTENT, "harmful_link", "Discord considers a link of this post harmful."),
    400001: (Kind.PERMISSION, "uploads_limited", "Discord does not take files from this webhook at present."),
}


def read_error(response: Response) -> Problem | None:
    if 200 <= response.status < 300:
        return None
    body = _object(response.json)
    code = body.get("code")
    if response.status == 429:
        return _slow_down(response, body)
    if response.status < 400 or response.status in (408, 425, 499) or response.status >= 500 or code == 130000:
        return Problem(
            kind=Kind.UNAVAILABLE,
            verdict=Verdict.UNKNOWN,
            code=f"http_{response.status}",
            message=f"Discord had a problem while it answered (status {response.status}).",
        )
    known = CODES.get(code) if isinstance(code, int) else None
    if known is not None:
        kind, name, sentence = known
        details = "; ".join(_details(body.get("errors")))
        return _refused(kind, name, f"{sentence} ({details[:300]})" if details else sentence)
    return _by_status(response.status, str(body.get("message") or ""), is_api="code" in body)


def _slow_down(response: Response, body: Mapping[str, Any]) -> Problem:
    header = response.headers.get("retry-after", "")
    wait = float(header) if re.fullmatch(r"\d+(\.\d+)?", header) else None
    wait = float(body["retry_after"]) if "retry_after" in body else wait
    whose = "global" if body.get("global") else response.headers.get("x-ratelimit-scope", "user")
    scope = {"global": Scope.HOST, "shared": Scope.CREDENTIAL}.get(whose, Scope.ACCOUNT)
    if not body:  # the guard before the API, which counts by our address
        wait, scope = max(wait or 0.0, BLOCKED_SECONDS), Scope.HOST
    return Problem(
        kind=Kind.RATE_LIMITED,
        verdict=Verdict.REFUSED,
        code="rate_limited",
        message="Discord asks us to slow down.",
        retry_after=wait,
        scope=scope,
    )


def _by_status(status: int, said: str, *, is_api: bool) -> Problem:
    if not is_api:
        if status == 413:
            return _refused(*CODES[40005])
        return _refused(
            Kind.UNAVAILABLE, f"http_{status}", f"Something between us and Discord answered with status {status}."
        )
    kinds = {401: Kind.AUTH, 403: Kind.PERMISSION, 404: Kind.NOT_FOUND, 413: Kind.MEDIA_REJECTED}
    return _refused(
        kinds.get(status, Kind.INVALID_CONTENT), f"http_{status}", f"Discord did not accept this: {said[:200]}"
    )


def _details(errors: JSON, path: str = "") -> Iterator[str]:
    """``{"content": {"_errors": [{"message": …}]}}`` as sentences with their place."""
    for name, inner in _object(errors).items():
        if name == "_errors":
            yield from (f"{path}: {_object(error).get('message')}" for error in inner)
        else:
            yield from _details(inner, f"{path}.{name}" if path else name)


def _refused(kind: Kind, code: str, message: str) -> Problem:
    return Problem(kind=kind, verdict=Verdict.REFUSED, code=code, message=message)


# --- settings and limits ---------------------------------------------------------------------------------------------


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tts: bool = Field(
        default=False, title="Read aloud", description="Discord speaks the text to those who have the channel open."
    )
    suppressEmbeds: bool = Field(
        default=False, title="No link previews", description="Links in the text show no preview."
    )


UNKNOWN_SETTINGS = "discord_settings_unsupported"
MEDIA_UNSUPPORTED = "discord_media_unsupported"


def parse_settings(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
    flags = tuple(Settings.model_fields)
    issue = first(
        (
            rules.unknown_keys(raw, flags, UNKNOWN_SETTINGS),
            *(rules.boolean(raw, flag, "discord_setting_invalid") for flag in flags),
            rules.known_extension(MEDIA_UNSUPPORTED)(draft),
        )
    )
    return issue if issue is not None else {flag: bool(raw.get(flag)) for flag in flags}


def text_length(draft: Draft) -> int:
    """UTF-16 units, of which there are never fewer than characters: whichever Discord counts, the text fits."""
    return utf16_length(draft.text)


# Simple Icons (CC0-1.0), read 2026-11-28.
ICON = Icon(
    colour="#5865f2",
    path="M20.317 4.3698a19.7913 19.7913 0 00-4.8851-1.5152.0741.0741 0 00-.0785.0371"
    "c-.211.3753-.4447.8648-.6083 1.2495-1.8447-.2762-3.68-.2762-5.4868 0-.1636-.3933-.4058-.8742-.6177"
    "-1.2495a.077.077 0 00-.0785-.037 19.7363 19.7363 0 00-4.8852 1.515.0699.0699 0 00-.0321.0277"
    "C.5334 9.0458-.319 13.5799.0992 18.0578a.0824.0824 0 00.0312.0561"
    "c2.0528 1.5076 4.0413 2.4228 5.9929 3.0294a.0777.0777 0 00.0842-.0276"
    "c.4616-.6304.8731-1.2952 1.226-1.9942a.076.076 0 00-.0416-.1057c-.6528-.2476-1.2743-.5495-1.8722-.8923"
    "a.077.077 0 01-.0076-.1277c.1258-.0943.2517-.1923.3718-.2914a.0743.0743 0 01.0776-.0105"
    "c3.9278 1.7933 8.18 1.7933 12.0614 0a.0739.0739 0 01.0785.0095c.1202.099.246.1981.3728.2924"
    "a.077.077 0 01-.0066.1276 12.2986 12.2986 0 01-1.873.8914.0766.0766 0 00-.0407.1067"
    "c.3604.698.7719 1.3628 1.225 1.9932a.076.076 0 00.0842.0286c1.961-.6067 3.9495-1.5219 6.0023-3.0294"
    "a.077.077 0 00.0313-.0552c.5004-5.177-.8382-9.6739-3.5485-13.6604a.061.061 0 00-.0312-.0286z"
    "M8.02 15.3312"
    "c-1.1825 0-2.1569-1.0857-2.1569-2.419 0-1.3332.9555-2.4189 2.157-2.4189 1.2108 0 2.1757 1.0952"
    " 2.1568 2.419 0 1.3332-.9555 2.4189-2.1569 2.4189zm7.9748 0"
    "c-1.1825 0-2.1569-1.0857-2.1569-2.419 0-1.3332.9554-2.4189 2.1569-2.4189 1.2108 0 2.1757 1.0952"
    " 2.1568 2.419 0 1.3332-.946 2.4189-2.1568 2.4189Z",
)

PROVIDER = Provider(
    id="discord",
    name="Discord",
    aliases=("dc",),
    docs="https://docs.discord.com/developers/resources/webhook",
    checked=date(2026, 11, 23),
    icon=ICON,
    look=Look(layout="message"),
    hosts={"api": API},
    accounts=(AccountType(id="discord_webhook", publishable=True, name="Discord webhook"),),
    connect=Manual(
        fields=WebhookLogin,
        verify=verify,
        credential=credential,
        help="In Discord open the channel's settings, then Integrations, Webhooks, New Webhook, and press Copy Webhook URL.",
    ),
    sign=sign,
    limits=Limits(
        text=lambda draft: MAX_TEXT,
        measure=text_length,
        image=Media(extensions=rules.IMAGE_EXTENSIONS, max_bytes=MAX_FILE, advised=EVERYWHERE),
        video=Media(extensions=rules.VIDEO_EXTENSIONS, max_bytes=MAX_FILE, advised=EVERYWHERE),
        alt_text=MAX_ALT_TEXT,
    ),
    publish_shape="text_message_with_optional_single_media_upload",
    media_delivery="socialclaw_fetches_media_and_uploads_to_discord_webhook",
    settings={"discord_webhook": SettingsRules(model=Settings, parse=parse_settings)},
    unknown_settings_code=UNKNOWN_SETTINGS,
    checks=(
        rules.at_most(1, "provider_multi_asset_unsupported"),
        rules.interaction_in(("post",), "discord_interaction_unsupported"),
        rules.text_or_media("discord_text_or_media_required"),
        rules.only_images_and_videos(MEDIA_UNSUPPORTED),
        rules.known_extension(MEDIA_UNSUPPORTED),
        rules.max_bytes("image", MAX_FILE, "discord_image_too_large"),
        rules.max_bytes("video", MAX_FILE, "discord_video_too_large"),
    ),
    publish=publish,
    read_error=read_error,
    account_type_of=lambda handle: "discord_webhook",
    rates=RATES,
    delete=delete,
    post_url=post_url,
    examine=examine,
    limitations=(
        "Webhooks get no figures about their messages.",
        "When an answer is lost, nobody can ask Discord whether the post is there; you will be asked to look.",
        "Files may have 10 MiB; on boosted servers 50 or 100 MiB.",
        "Nobody is notified by @everyone, role or user names in a post.",
    ),
)
