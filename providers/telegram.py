"""Telegram: a bot posts to a channel, a group or a person through the Bot API.

Facts: https://core.telegram.org/bots/api (Bot API 10.1), checked 2026-11-23.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal, cast

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from . import findings, rules
from .contract import (
    JSON,
    AccountType,
    App,
    AssetBytes,
    AssetUrl,
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
    Shown,
    Verdict,
    Warn,
    first,
)
from .text import utf16_length

MAX_TEXT = 4096  # https://core.telegram.org/bots/api#sendmessage, after entity parsing
MAX_CAPTION = 1024  # https://core.telegram.org/bots/api#sendphoto, after entity parsing
MAX_PHOTO = 10 * 1024**2  # https://core.telegram.org/bots/api#sending-files
MAX_FILE = 50 * 1024**2  # the same page; a Bot API server of one's own takes 2000 MB
PHOTO = Media(  # https://core.telegram.org/bots/api#sendphoto
    extensions=rules.IMAGE_EXTENSIONS,
    max_bytes=MAX_PHOTO,
    max_sides=10_000,
    min_aspect=1 / 20,
    max_aspect=20,
)
VIDEO = Media(  # https://core.telegram.org/bots/api#sendvideo: what is no such MPEG-4 arrives as a file to download
    extensions=rules.VIDEO_EXTENSIONS,
    mimes=("video/mp4",),
    max_bytes=MAX_FILE,
    video_codecs=("h264", "hevc"),
)

RATES = (  # https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
    Rate(count=1, per=timedelta(seconds=1), scope=Scope.ACCOUNT),
    Rate(count=20, per=timedelta(minutes=1), scope=Scope.ACCOUNT),
    Rate(count=30, per=timedelta(seconds=1), scope=Scope.CREDENTIAL),
)


# --- publishing ------------------------------------------------------------------------------------------------------


def publish(job: Job) -> Flow[Published]:
    chat = job.account.external_id
    message = yield Call("message", send(job, chat), Effect.ONCE, read=_message, accepts=("chat_migrated",))
    if message.get("problem"):
        # Nothing was sent: the group has a new id since it became a supergroup, and the answer tells it.
        chat = message["data"]["chatId"]
        message = yield Call("message-migrated", send(job, chat), Effect.ONCE, read=_message)
    if not message["id"]:
        yield Warn(message="Telegram took this post and deleted it at once, because of a rule of the chat.")
        return Published(id="", status="deleted", meta={"chatId": chat})
    return Published(id=message["id"], url=post_url(message["id"], job.account), meta={"chatId": chat})


def send(job: Job, chat: str) -> Request:
    if not job.assets:
        return _method("sendMessage", _text_fields(job, chat))
    asset = job.assets[0]
    name, fields = _media_fields(job, chat, asset)
    method = "sendVideo" if name == "video" else "sendPhoto"
    if asset.sha256 is None:  # we do not have the file: Telegram may still reach its address
        return _method(method, {**fields, name: AssetUrl(asset.position)})
    file = Part(name, AssetBytes(asset.position), filename=asset.filename, content_type=asset.mime)
    return Request("POST", f"/{method}", parts=(*(Part(key, _form(value)) for key, value in fields.items()), file))


def _text_fields(job: Job, chat: str) -> dict[str, JSON]:
    fields = {**_common_fields(job, chat), "text": job.text}
    if job.settings.get("disableLinkPreview"):
        fields["link_preview_options"] = {"is_disabled": True}
    return fields


def _media_fields(job: Job, chat: str, asset: JobAsset) -> tuple[str, dict[str, JSON]]:
    fields = _common_fields(job, chat)
    if job.text:
        fields["caption"] = job.text
    if asset.kind != "video":
        return "photo", fields
    known = {"width": asset.width, "height": asset.height, "duration": asset.duration}
    fields |= {key: round(value) for key, value in known.items() if value}
    return "video", {**fields, "supports_streaming": True}


def _common_fields(job: Job, chat: str) -> dict[str, JSON]:
    fields: dict[str, JSON] = {"chat_id": _chat_id(chat)}
    if job.settings.get("parseMode"):
        fields["parse_mode"] = job.settings["parseMode"]
    if job.settings.get("disableNotification"):
        fields["disable_notification"] = True
    if job.settings.get("protectContent"):
        fields["protect_content"] = True
    return fields


def _method(name: str, fields: Mapping[str, JSON]) -> Request:
    return Request("POST", f"/{name}", json=dict(fields))


def _form(value: JSON) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- after publishing ------------------------------------------------------------------------------------------------


def delete(post: PublishedPost) -> Flow[None]:
    if not post.id:
        return  # Telegram removed it by itself
    chat = post.meta.get("chatId") or post.account.external_id
    request = _method("deleteMessage", {"chat_id": _chat_id(chat), "message_id": int(post.id)})
    yield Call("delete", request, Effect.REPEATABLE, read=_result, accepts=("message_not_found",))


def post_url(post_id: str, account: JobAccount) -> str | None:
    """Only public chats have addresses that everybody can open. A message that still waits for its video has id 0."""
    name = str(account.meta.get("chatUsername") or "").removeprefix("@")
    return f"https://t.me/{name}/{post_id}" if name and post_id not in ("", "0") else None


# --- connecting ------------------------------------------------------------------------------------------------------


class BotLogin(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        str_strip_whitespace=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
    )

    bot_token: str = Field(
        validation_alias=AliasChoices("botToken", "bot_token"),
        title="Bot token",
        description="What @BotFather gave you for your bot, such as 123456789:AAE…",
        repr=False,
        json_schema_extra={"secret": True},
    )
    chat_id: str = Field(
        validation_alias=AliasChoices("chatId", "chat_id"),
        title="Channel or chat",
        description="The @name of a public channel or group, or the number of a chat (it starts with -100 or -).",
    )

    @field_validator("bot_token")
    @classmethod
    def _token_shape(cls, value: str) -> str:
        if not re.fullmatch(r"\d{6,12}:[A-Za-z0-9_-]{30,50}", value):
            raise ValueError(
                "This is not a bot token. Copy the whole line that @BotFather shows, with the number and the colon."
            )
        return value

    @field_validator("chat_id")
    @classmethod
    def _chat_shape(cls, value: str) -> str:
        return chat_reference(value)


def chat_reference(written: str) -> str:
    """``@name`` or a number, from what people paste: a name, a link to the chat, one of our own handles."""
    value = re.sub(r"^(?:telegram|tg):", "", written, flags=re.IGNORECASE)
    value = re.sub(r"^(?:https?://)?(?:www\.)?(?:t|telegram)\.me/(?:s/)?", "", value, flags=re.IGNORECASE)
    private = re.match(r"c/(\d+)(?:/|$)", value)
    if private:
        return f"-100{private[1]}"
    if re.fullmatch(r"-?\d{1,16}", value):
        return value
    name = value.split("/", 1)[0].removeprefix("@")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{3,31}", name) or name.lower() == "joinchat":
        raise ValueError(
            "Write the @name of a public channel or group, or the number of a private one, such as -1001234567890."
        )
    return f"@{name}"


def verify(login: BotLogin) -> Flow[tuple[Identity, ...]]:
    bot = yield Call("bot", _method("getMe", {}), Effect.READ, read=_user)
    chat = yield Call("chat", _method("getChat", {"chat_id": _chat_id(login.chat_id)}), Effect.READ, read=_chat)
    if chat["type"] != "private":
        asked = {"chat_id": int(chat["id"]), "user_id": int(bot["id"])}
        member = yield Call("member", _method("getChatMember", asked), Effect.READ, read=_member)
        refusal = _why_not_post(bot, chat, member)
        if refusal is not None:
            raise FlowError(_refused(Kind.PERMISSION, "telegram_bot_cannot_post", refusal))
    return (_identity(bot, chat),)


def examine(account: JobAccount) -> Flow[tuple[Finding, ...]]:
    bot = yield Call("bot", _method("getMe", {}), Effect.READ, read=_user)
    asked = {"chat_id": _chat_id(account.external_id)}
    chat = yield Call("chat", _method("getChat", asked), Effect.READ, read=_chat)
    if chat["type"] == "private":
        return (findings.account(Level.OK, "Chat with one person"),)
    asked = {"chat_id": int(chat["id"]), "user_id": int(bot["id"])}
    member = yield Call("member", _method("getChatMember", asked), Effect.READ, read=_member)
    refusal = _why_not_post(bot, chat, member)
    if refusal is not None:
        return (findings.account(Level.BAD, "The bot may not post there", refusal),)
    return (findings.account(Level.OK, f"The bot may post in this {chat['type']}"),)


def _why_not_post(bot: Mapping[str, JSON], chat: Mapping[str, JSON], member: Mapping[str, JSON]) -> str | None:
    name, status = f"@{bot['username']}", member["status"]
    if status == "creator":
        return None
    if chat["type"] == "channel":
        if status != "administrator":
            return f"Make {name} an administrator of the channel, with the right to post messages. Then connect again."
        return (
            None if member["canPost"] else f"Give {name} the right to post messages in the channel. Then connect again."
        )
    if status in ("left", "kicked") or not member["isMember"]:
        return f"Add {name} to the group. Then connect again."
    if status == "restricted" and not member["canSend"]:
        return f"{name} may not write in this group. Lift its restriction, then connect again."
    if status == "member" and not chat["membersMaySend"]:
        return f"Members may not write in this group. Make {name} an administrator, then connect again."
    return None


def _identity(bot: Mapping[str, JSON], chat: Mapping[str, JSON]) -> Identity:
    numeric = f"telegram:{chat['id']}"
    return Identity(
        external_id=chat["id"],
        handle=f"telegram:@{chat['username']}" if chat["username"] else numeric,
        display_name=chat["name"],
        account_type="telegram_chat",
        meta={
            "chatUsername": chat["username"],
            "chatType": chat["type"],
            "botId": bot["id"],
            "botUsername": bot["username"],
        },
        aliases=(numeric,) if chat["username"] else (),
        credential_key=bot["id"],
    )


def credential(login: BotLogin) -> Mapping[str, str]:
    return {"bot_token": login.bot_token}


def sign(request: Request, credential: Credential, app: App) -> Request:
    return replace(request, path=f"/bot{credential['bot_token']}{request.path}")


def _chat_id(reference: str) -> int | str:
    return reference if reference.startswith("@") else int(reference)


# --- answers ---------------------------------------------------------------------------------------------------------


def _result(response: Response) -> JSON:
    return cast("Mapping[str, Any]", response.json)["result"]


def _message(response: Response) -> JSON:
    return {"id": str(_result(response)["message_id"])}


def _user(response: Response) -> JSON:
    user = _result(response)
    return {"id": str(user["id"]), "username": user.get("username") or user["first_name"]}


def _chat(response: Response) -> JSON:
    chat = _result(response)
    person = " ".join(part for part in (chat.get("first_name"), chat.get("last_name")) if part)
    return {
        "id": str(chat["id"]),
        "type": chat["type"],
        "username": chat.get("username"),
        "name": chat.get("title") or person or str(chat["id"]),
        "membersMaySend": chat.get("permissions", {}).get("can_send_messages", True),
    }


def _member(response: Response) -> JSON:
    member = _result(response)
    return {
        "status": member["status"],
        "canPost": member.get("can_post_messages", False),
        "canSend": member.get("can_send_messages", True),
        "isMember": member.get("is_member", True),
    }


# --- errors ----------------------------------------------------------------------------------------------------------


def _object(value: JSON) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def read_error(response: Response) -> Problem | None:
    body: Mapping[str, Any] = _object(response.json)
    if 200 <= response.status < 300 and body.get("ok") is True and "result" in body:
        return None
    said = str(body.get("description") or "")
    status = response.status if response.status >= 300 else int(body.get("error_code") or response.status)
    parameters: Mapping[str, Any] = body.get("parameters") or {}
    if status == 429:
        return _slow_down(response, parameters)
    if status < 400 or status in (408, 425, 499) or status >= 500:
        return _perhaps_sent(status, said)
    if "migrate_to_chat_id" in parameters:
        return replace(
            _refused(
                Kind.NOT_FOUND, "chat_migrated", "This group became a supergroup and has a new id. Connect it again."
            ),
            data={"chatId": str(parameters["migrate_to_chat_id"])},
        )
    return _refusal(status, said, is_api=bool(body))


def _slow_down(response: Response, parameters: Mapping[str, Any]) -> Problem:
    """Telegram does not say whose limit it was; nearly always it is the chat's."""
    header = response.headers.get("retry-after", "")
    wait = parameters.get("retry_after") or (int(header) if header.isdecimal() else None)
    return Problem(
        kind=Kind.RATE_LIMITED,
        verdict=Verdict.REFUSED,
        code="too_many_requests",
        message="Telegram asks us to slow down in this chat.",
        retry_after=float(wait) if wait is not None else None,
        scope=Scope.ACCOUNT,
    )


def _perhaps_sent(status: int, said: str) -> Problem:
    if "sent message was immediately deleted" in said.lower():
        return Problem(
            kind=Kind.UNKNOWN,
            verdict=Verdict.ALREADY_DONE,
            code="deleted_at_once",
            message="Telegram took this post and deleted it at once.",
            data={"id": ""},
        )
    return Problem(
        kind=Kind.UNAVAILABLE,
        verdict=Verdict.UNKNOWN,
        code=f"http_{status}",
        message=f"Telegram had a problem while it answered (status {status}).",
    )


# Telegram tells errors apart by its sentences only: all of them are 400 or 403.
# https://github.com/tdlib/telegram-bot-api, telegram-bot-api/Client.cpp
SENTENCES: tuple[tuple[str, str, Kind, str], ...] = (
    (
        r"message to (delete|edit) not found|message_id_invalid",
        "message_not_found",
        Kind.NOT_FOUND,
        "This message is not in the chat any more.",
    ),
    (
        r"message can't be deleted",
        "message_cannot_be_deleted",
        Kind.PERMISSION,
        "Telegram does not let the bot delete this message: after 48 hours it needs the right to delete messages.",
    ),
    (
        r"can't parse entities|can't find end of",
        "entities_invalid",
        Kind.INVALID_CONTENT,
        "The formatting of the text is not valid in this parse mode. Correct it, or choose the parse mode none.",
    ),
    (r"text is empty|text must be non-empty", "text_empty", Kind.INVALID_CONTENT, "The text is empty. Write one."),
    (
        r"(message|caption|text) is too long|media_caption_too_long",
        "text_too_long",
        Kind.INVALID_CONTENT,
        f"The text is too long: {MAX_TEXT} characters are taken, {MAX_CAPTION} with a file. Shorten it.",
    ),
    (
        r"chat not found|peer_id_invalid|chat_id is empty",
        "chat_not_found",
        Kind.NOT_FOUND,
        "Telegram does not know this chat. Check its @name or number, and add the bot to the chat.",
    ),
    (
        r"bot was kicked|not a member of|bot was blocked|user is deactivated|chat was deleted|initiate conversation"
        r"|member list is inaccessible|channel_private",
        "bot_not_in_chat",
        Kind.PERMISSION,
        "The bot is not in this chat any more. Add it again, then retry.",
    ),
    (
        r"not enough rights|administrator rights|no rights|chat_write_forbidden|chat_admin_required"
        r"|chat_send_\w+_forbidden|chat_restricted|user_restricted",
        "no_right_to_post",
        Kind.PERMISSION,
        "The bot may not post this in the chat. Give it the right to post messages and media, then retry.",
    ),
    (
        r"failed to get http url|wrong type of the web page|wrong file identifier|wrong http url|wrong remote file"
        r"|webpage_\w+",
        "media_not_fetched",
        Kind.MEDIA_REJECTED,
        "Telegram could not fetch the file from its address. Upload the file instead of linking it.",
    ),
    (
        r"photo_invalid_dimensions",
        "photo_dimensions_invalid",
        Kind.MEDIA_REJECTED,
        "The image is too large or too narrow: width plus height at most 10000, one at most 20 times the other.",
    ),
    (
        r"image_process_failed|photo_ext_invalid|photo_save_file_invalid|video_file_invalid|must be non-empty"
        r"|file is too big|file of size|too big for a photo",
        "media_rejected",
        Kind.MEDIA_REJECTED,
        "Telegram does not take this file. Use a JPEG or PNG of at most 10 MB, or an MP4 of at most 50 MB.",
    ),
)


def _refusal(status: int, said: str, *, is_api: bool) -> Problem:
    if status == 401 or (status == 404 and is_api):
        return _refused(
            Kind.AUTH,
            "unauthorized",
            "Telegram does not accept the bot token. Copy it again from @BotFather and reconnect.",
        )
    if status == 413:
        return _refused(
            Kind.MEDIA_REJECTED, "file_too_large", "The file is larger than the 50 MB that Telegram takes from bots."
        )
    detail = re.sub(r"^(bad request|forbidden|conflict):\s*", "", said, flags=re.IGNORECASE)
    for pattern, code, kind, message in SENTENCES:
        if re.search(pattern, said, re.IGNORECASE):
            return _refused(kind, code, f"{message} (Telegram: {detail[:200]})")
    if not is_api or status == 409:
        return _refused(
            Kind.UNAVAILABLE, f"http_{status}", f"Something between us and Telegram answered with status {status}."
        )
    kind = Kind.PERMISSION if status == 403 else Kind.INVALID_CONTENT
    return _refused(kind, f"http_{status}", f"Telegram did not accept this: {detail[:200]}")


def _refused(kind: Kind, code: str, message: str) -> Problem:
    return Problem(kind=kind, verdict=Verdict.REFUSED, code=code, message=message)


# --- settings and limits ---------------------------------------------------------------------------------------------


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    parseMode: Literal["none", "HTML", "MarkdownV2"] = Field(
        default="none",
        title="Formatting",
        description="none shows the text exactly as written; HTML and MarkdownV2 are Telegram's own ways to format it.",
    )
    disableNotification: bool = Field(
        default=False, title="Send silently", description="Readers get the message without a sound."
    )
    protectContent: bool = Field(
        default=False, title="Protect content", description="Readers cannot forward or save the message."
    )
    disableLinkPreview: bool = Field(
        default=False, title="No link preview", description="Links in a text without a file show no preview."
    )


FLAGS = ("disableNotification", "protectContent", "disableLinkPreview")
UNKNOWN_SETTINGS = "telegram_settings_unsupported"
MEDIA_UNSUPPORTED = "telegram_media_unsupported"


def parse_settings(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
    issue = first(
        (
            rules.unknown_keys(raw, tuple(Settings.model_fields), UNKNOWN_SETTINGS),
            rules.one_of(raw, "parseMode", ("none", "HTML", "MarkdownV2"), "telegram_parse_mode_invalid"),
            *(rules.boolean(raw, flag, "telegram_setting_invalid") for flag in FLAGS),
            rules.known_extension(MEDIA_UNSUPPORTED)(draft),
        )
    )
    if issue is not None:
        return issue
    mode = raw.get("parseMode")
    return {"parseMode": None if mode in ("", "none") else mode, **{flag: bool(raw.get(flag)) for flag in FLAGS}}


def text_limit(draft: Draft) -> int:
    return MAX_CAPTION if draft.assets else MAX_TEXT


def shown_length(draft: Draft) -> int:
    """UTF-16 units of what readers see: markup does not count."""
    return utf16_length(shown(draft).text)


def shown(draft: Draft) -> Shown:
    mode = draft.settings.get("parseMode")
    return Shown(text={"HTML": _without_tags, "MarkdownV2": _without_marks}.get(str(mode), str)(draft.text))


def _without_tags(text: str) -> str:
    named = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
    plain = re.sub(r"<[^<>]*>", "", text)
    return re.sub(
        r"&(?:(lt|gt|amp|quot)|#\d{1,7}|#x[\da-fA-F]{1,6});", lambda found: named.get(found[1] or "", "?"), plain
    )


_MARKS = re.compile(
    r"\\([\x01-\x7e])"  # an escaped character shows as itself
    r"|^(?:\*\*)?>"  # a quotation
    r"|```(?:[A-Za-z0-9+#-]+\n)?"
    r"|\]\((?:\\.|[^)\\])*\)|!?\["  # a link keeps its words only
    r"|\|\||[*_~`]",
    re.MULTILINE,
)


def _without_marks(text: str) -> str:
    return _MARKS.sub(lambda found: found[1] or "", text)


# Simple Icons (CC0-1.0), read 2026-11-28.
ICON = Icon(
    colour="#26a5e4",
    path="M11.944 0A12 12 0 0 0 0 12a12 12 0 0 0 12 12 12 12 0 0 0 12-12A12 12 0 0 0 12 0a12 12 0 0 0-.056 0z"
    "m4.962 7.224c.1-.002.321.023.465.14a.506.506 0 0 1 .171.325"
    "c.016.093.036.306.02.472-.18 1.898-.962 6.502-1.36 8.627-.168.9-.499 1.201-.82 1.23-.696.065-1.225"
    "-.46-1.9-.902-1.056-.693-1.653-1.124-2.678-1.8-1.185-.78-.417-1.21.258-1.91.177-.184 3.247-2.977"
    " 3.307-3.23.007-.032.014-.15-.056-.212s-.174-.041-.249-.024"
    "c-.106.024-1.793 1.14-5.061 3.345-.48.33-.913.49-1.302.48-.428-.008-1.252-.241-1.865-.44-.752-.245"
    "-1.349-.374-1.297-.789.027-.216.325-.437.893-.663 3.498-1.524 5.83-2.529 6.998-3.014 3.332-1.386"
    " 4.025-1.627 4.476-1.635z",
)

PROVIDER = Provider(
    id="telegram",
    name="Telegram",
    aliases=("tg",),
    docs="https://core.telegram.org/bots/api",
    checked=date(2026, 11, 23),
    icon=ICON,
    look=Look(layout="message"),
    shown=shown,
    hosts={"api": "https://api.telegram.org"},
    accounts=(AccountType(id="telegram_chat", publishable=True, name="Telegram chat"),),
    connect=Manual(
        fields=BotLogin,
        verify=verify,
        credential=credential,
        help="Write /newbot to @BotFather in Telegram and copy the token it gives you. Add the bot to your channel as "
        "an administrator who may post messages, or to your group as a member.",
    ),
    sign=sign,
    limits=Limits(
        text=text_limit,
        measure=shown_length,
        image=PHOTO,
        video=VIDEO,
    ),
    publish_shape="text_message_with_optional_single_media",
    media_delivery="telegram_fetches_public_media_url",
    settings={"telegram_chat": SettingsRules(model=Settings, parse=parse_settings)},
    unknown_settings_code=UNKNOWN_SETTINGS,
    checks=(
        rules.at_most(1, "provider_multi_asset_unsupported"),
        rules.interaction_in(("post",), "telegram_interaction_unsupported"),
        rules.text_or_media("telegram_text_or_media_required"),
        rules.only_images_and_videos(MEDIA_UNSUPPORTED),
        rules.known_extension(MEDIA_UNSUPPORTED),
        rules.max_bytes("image", MAX_PHOTO, "telegram_image_too_large"),
        rules.max_bytes("video", MAX_FILE, "telegram_video_too_large"),
    ),
    publish=publish,
    read_error=read_error,
    account_type_of=lambda handle: "telegram_chat",
    rates=RATES,
    delete=delete,
    post_url=post_url,
    examine=examine,
    limitations=(
        "Bots see no views, reactions or comments of channel posts, so there are no figures.",
        "When an answer is lost, nobody can ask Telegram whether the post is there; you will be asked to look.",
        "A bot deletes its own messages for 48 hours, later only with the right to delete messages.",
        "Telegram has no alternative text for images.",
    ),
)
