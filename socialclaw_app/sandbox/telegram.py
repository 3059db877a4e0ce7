"""The Bot API as far as a publisher uses it: https://core.telegram.org/bots/api (10.1), checked 2026-11-23."""

from __future__ import annotations

import io
import ipaddress
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import Any, cast
from urllib.parse import urlsplit

from PIL import Image, UnidentifiedImageError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import pages
from .core import JSON, Bucket, Fault, Network, State, Visible, processing_fails, received_at, state_of, wait_for_room
from .files import seen
from .telegram_text import Entity, EntityError, as_html, parse, units

MAX_TEXT, MAX_CAPTION = 4096, 1024
MAX_PHOTO, MAX_FILE = 10 * 1024**2, 50 * 1024**2
DELETABLE_SECONDS = 48 * 3600

TOKEN = "110201543:SANDBOX_token_of_the_publishing_bot_1"
"""Any token of the right shape is taken whose secret half begins with SANDBOX."""


# --- what is there ----------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Chat:
    """``rights`` is what the bot is here: administrator, no_posting (an administrator without that right), member,
    restricted, left or kicked."""

    id: int
    type: str
    title: str
    username: str | None = None
    rights: str = "administrator"
    moved_to: int | None = None
    last_message: int = 0
    bucket: Bucket = field(default_factory=lambda: Bucket(size=20, seconds=60.0))
    burst: Bucket = field(default_factory=lambda: Bucket(size=3, seconds=3.0))

    def buckets(self) -> tuple[Bucket, ...]:
        return (self.burst,) if self.type == "private" else (self.bucket, self.burst)


NUMBERED = -1002000000000
"""@chat_7 has this id minus 7; all of them are there."""


@dataclass(slots=True)
class Memory:
    chats: dict[int, Chat] = field(default_factory=lambda: {chat.id: chat for chat in _seeds()})
    bots: dict[str, Bucket] = field(default_factory=dict[str, Bucket])

    def chat(self, reference: str) -> Chat | None:
        named = re.fullmatch(r"@chat_(\d{1,9})", reference, re.IGNORECASE)
        if named:
            return self._numbered(int(named[1]))
        if reference.startswith("@"):
            name = reference[1:].lower()
            return next((chat for chat in self.chats.values() if (chat.username or "").lower() == name), None)
        if not re.fullmatch(r"-?\d{1,16}", reference):
            return None
        number = NUMBERED - int(reference)
        return self._numbered(number) if 0 <= number < 10**9 else self.chats.get(int(reference))

    def _numbered(self, number: int) -> Chat:
        made = Chat(id=NUMBERED - number, type="channel", title=f"Chat {number}", username=f"chat_{number}")
        return self.chats.setdefault(made.id, made)


def _seeds() -> list[Chat]:
    return [
        Chat(id=-1001000000001, type="channel", title="Sandbox News", username="sandbox_news"),
        Chat(id=-1001000000002, type="channel", title="Sandbox Updates", username="sandbox_updates"),
        Chat(id=-1001000000003, type="supergroup", title="Sandbox Team", rights="member"),
        Chat(
            id=-1001000000004,
            type="channel",
            title="Read-only channel",
            username="sandbox_readonly",
            rights="no_posting",
        ),
        Chat(id=-1001000000005, type="channel", title="Strangers", username="sandbox_strangers", rights="left"),
        Chat(id=-1001000000006, type="supergroup", title="Muted group", username="sandbox_muted", rights="restricted"),
        Chat(id=-4000000001, type="group", title="Old group", rights="member", moved_to=-1001000000003),
        Chat(id=500000001, type="private", title="A reader", rights="member"),
    ]


# --- the door ---------------------------------------------------------------------------------------------------------


class Refused(Exception):
    def __init__(self, status: int, description: str, **parameters: JSON) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


def error(status: int, description: str, **parameters: JSON) -> Response:
    body: dict[str, JSON] = {"ok": False, "error_code": status, "description": description}
    headers: dict[str, str] = {}
    if parameters:
        body["parameters"] = parameters
    if "retry_after" in parameters:
        headers["Retry-After"] = str(parameters["retry_after"])
    return JSONResponse(body, status_code=status, headers=headers)


def refuse(fault: Fault) -> Response:
    seconds = max(1, math.ceil(fault.seconds))
    return {
        "server_error": lambda: error(500, "Internal Server Error"),
        "rate_limited": lambda: error(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds),
        "unauthorized": lambda: error(401, "Unauthorized"),
        "refused": lambda: error(400, "Bad Request: not enough rights to send text messages to the chat"),
    }[fault.kind]()


async def call(request: Request) -> Response:
    token, name = str(request.path_params["token"]), str(request.path_params["method"]).lower()
    if not re.fullmatch(r"\d{6,12}:[A-Za-z0-9_-]{30,50}", token):
        return error(404, "Not Found")
    if not token.partition(":")[2].startswith("SANDBOX"):
        return error(401, "Unauthorized")
    method = METHODS.get(name)
    if method is None:
        return error(404, "Not Found: method not found")
    if int(request.headers.get("content-length") or 0) > MAX_FILE + 64 * 1024:
        return error(413, "Request Entity Too Large")
    try:
        asked = Asked(request, token, await _parameters(request))
        return JSONResponse({"ok": True, "result": await method(asked)})
    except Refused as refused:
        return error(refused.status, refused.description, **refused.parameters)


async def _parameters(request: Request) -> dict[str, Any]:
    values: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "application/json":
        try:
            body = await request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refused(400, "Bad Request: can't parse JSON object")
        return values | cast("dict[str, Any]", body)
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return values | dict(await request.form())
    return values


class Asked:
    """One call's parameters, in the loose types that the real server takes."""

    def __init__(self, request: Request, token: str, values: Mapping[str, Any]) -> None:
        self.request = request
        self.state = state_of(request)
        self.memory = cast("Memory", self.state.memory)
        self.token = token
        self.bot_id = int(token.partition(":")[0])
        self.values = values

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return "" if value is None or isinstance(value, UploadFile | dict | list) else str(value)

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("true", "1", "yes")

    def number(self, name: str) -> int | None:
        written = self.text(name)
        return int(written) if re.fullmatch(r"-?\d{1,18}", written) else None

    def object(self, name: str) -> Mapping[str, Any]:
        value = self.values.get(name)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise Refused(400, f"Bad Request: can't parse {name} JSON object") from None
        return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}

    def chat(self) -> Chat:
        reference = self.text("chat_id")
        if not reference:
            raise Refused(400, "Bad Request: chat_id is empty")
        chat = self.memory.chat(reference)
        if chat is None:
            raise Refused(400, "Bad Request: chat not found")
        return chat


# --- methods ----------------------------------------------------------------------------------------------------------


async def get_me(asked: Asked) -> JSON:
    return {
        **_bot(asked.bot_id),
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def get_chat(asked: Asked) -> JSON:
    chat = asked.chat()
    if chat.rights in ("left", "kicked") and chat.username is None:
        raise Refused(400, "Bad Request: chat not found")
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    told: dict[str, JSON] = {
        **_chat(chat),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }
    if chat.username:
        told["active_usernames"] = [chat.username]
    if chat.type in ("group", "supergroup"):
        told["permissions"] = dict.fromkeys(_MEMBER_RIGHTS, True)
    return told


async def get_chat_member(asked: Asked) -> JSON:
    chat, user = asked.chat(), asked.number("user_id")
    if user is None:
        raise Refused(400, "Bad Request: invalid user_id specified")
    if chat.type == "channel" and chat.rights in ("left", "kicked"):
        raise Refused(400, "Bad Request: member list is inaccessible")
    if user != asked.bot_id:
        raise Refused(400, "Bad Request: PARTICIPANT_ID_INVALID")
    return _member(chat, _bot(user))


async def get_chat_member_count(asked: Asked) -> JSON:
    asked.chat()
    return 42


async def send_message(asked: Asked) -> JSON:
    chat = _open_chat(asked)
    text, entities = _formatted(asked, "text")
    if not text:
        raise Refused(400, "Bad Request: message text is empty")
    if units(text) > MAX_TEXT:
        raise Refused(400, "Bad Request: message is too long")
    preview = not asked.object("link_preview_options").get("is_disabled", False)
    return _send(asked, chat, "text", text, entities, shown={"linkPreview": preview})


async def send_file(kind: str, asked: Asked) -> JSON:
    chat = _open_chat(asked)
    caption, entities = _formatted(asked, "caption")
    if units(caption) > MAX_CAPTION:
        raise Refused(400, "Bad Request: message caption is too long")
    if processing_fails(asked.request):
        raise Refused(400, f"Bad Request: {'IMAGE_PROCESS_FAILED' if kind == 'photo' else 'VIDEO_FILE_INVALID'}")
    value = asked.values.get(kind)
    if isinstance(value, UploadFile):
        taken = _photo_file if kind == "photo" else _video_file
        medium, described = await taken(asked, value)
    else:
        medium, described = _by_address(kind, asked.text(kind)), None
    return _send(asked, chat, "caption", caption, entities, medium=medium, described=described)


async def delete_message(asked: Asked) -> JSON:
    chat, number = asked.chat(), asked.number("message_id")
    post = asked.state.post(str(chat.id), str(number))
    if post is None:
        raise Refused(400, "Bad Request: message to delete not found")
    too_old = (asked.state.now() - post.at).total_seconds() > DELETABLE_SECONDS
    if chat.rights not in ("administrator", "member") or (too_old and chat.rights != "administrator"):
        raise Refused(400, "Bad Request: message can't be deleted")
    post.deleted = True
    return True


METHODS = {
    "getme": get_me,
    "getchat": get_chat,
    "getchatmember": get_chat_member,
    "getchatmembercount": get_chat_member_count,
    "sendmessage": send_message,
    "sendphoto": partial(send_file, "photo"),
    "sendvideo": partial(send_file, "video"),
    "deletemessage": delete_message,
}


# --- rules ------------------------------------------------------------------------------------------------------------


def _open_chat(asked: Asked) -> Chat:
    """The chat, if this bot may write there now."""
    chat = asked.chat()
    if chat.moved_to is not None:
        raise Refused(
            400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.moved_to
        )
    if chat.rights == "kicked":
        raise Refused(403, f"Forbidden: bot was kicked from the {chat.type} chat")
    if chat.rights == "left":
        raise Refused(403, f"Forbidden: bot is not a member of the {chat.type} chat")
    if chat.type == "channel" and chat.rights != "administrator":
        raise Refused(400, "Bad Request: need administrator rights in the channel chat")
    if chat.rights == "restricted":
        raise Refused(400, "Bad Request: not enough rights to send text messages to the chat")
    if asked.state.limits_enabled:
        bot = asked.memory.bots.setdefault(asked.token, Bucket(size=30, seconds=1.0))
        wait = wait_for_room((bot, *chat.buckets()), asked.state.now())
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            raise Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
    return chat


def _formatted(asked: Asked, name: str) -> tuple[str, list[Entity]]:
    mode = asked.text("parse_mode") or None
    if mode is not None and mode.lower() not in ("html", "markdownv2"):
        raise Refused(400, "Bad Request: unsupported parse_mode")
    try:
        return parse(asked.text(name), mode)
    except EntityError as problem:
        raise Refused(400, f"Bad Request: can't parse entities: {problem}") from None


async def _uploaded(upload: UploadFile) -> bytes:
    content = await upload.read()
    if not content:
        raise Refused(400, "Bad Request: file must be non-empty")
    if len(content) > MAX_FILE:
        raise Refused(413, "Request Entity Too Large")
    return content


async def _photo_file(asked: Asked, upload: UploadFile) -> tuple[JSON, JSON]:
    content = await _uploaded(upload)
    if len(content) > MAX_PHOTO:
        told = f"file of size {len(content)} bytes is too big for a photo; the maximum size is {MAX_PHOTO} bytes"
        raise Refused(400, f"Bad Request: {told}")
    try:
        with Image.open(io.BytesIO(content)) as image:  # reads the header only
            (width, height), mime = image.size, Image.MIME.get(image.format or "", "")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED") from None
    if width + height > 10000 or max(width, height) > 20 * min(width, height):
        raise Refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
    medium = asked.state.keep_file("photo", mime, content)
    return medium, {"photo": [{**_file(medium), "width": width, "height": height}]}


async def _video_file(asked: Asked, upload: UploadFile) -> tuple[JSON, JSON]:
    content = await _uploaded(upload)
    name = upload.filename or "file"
    film = seen(content)
    plays = film is None or (film.codec in ("h264", "hevc") and content[4:11] != b"ftypqt ")
    if content[4:8] != b"ftyp" or not plays:  # anything else than an MP4 arrives as a file to download
        medium = {**asked.state.keep_file("document", _film(content), content), "name": name}
        return medium, {"document": {**_file(medium), "file_name": name}}
    medium = asked.state.keep_file("video", "video/mp4", content)
    size = {key: asked.number(key) or 0 for key in ("width", "height", "duration")}
    return medium, {"video": {**_file(medium), **size, "file_name": name, "mime_type": "video/mp4"}}


def _film(content: bytes) -> str:
    return "video/webm" if content.startswith(b"\x1a\x45\xdf\xa3") else "application/octet-stream"


def _by_address(kind: str, value: str) -> JSON:
    """An address that the real server would fetch. This one fetches nothing, and says what it was given."""
    if not value:
        raise Refused(400, f"Bad Request: there is no {kind} in the request")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
    if not _reachable(parts.hostname):
        raise Refused(400, "Bad Request: failed to get HTTP URL content")
    return {"kind": kind, "sha256": None, "size": None, "url": value}


def _reachable(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))


def _send(
    asked: Asked,
    chat: Chat,
    key: str,
    text: str,
    entities: list[Entity],
    *,
    medium: JSON = None,
    described: Mapping[str, JSON] | None = None,
    shown: Mapping[str, JSON] | None = None,
) -> JSON:
    chat.last_message += 1
    told_entities = [entity.json() for entity in entities]
    asked.state.show(
        Visible(
            id=str(chat.last_message),
            at=received_at(asked.request),
            account=str(chat.id),
            text=text,
            media=() if medium is None else (medium,),
            shown={
                "chat": f"@{chat.username}" if chat.username else str(chat.id),
                "bot": asked.bot_id,
                "entities": told_entities,
                "silent": asked.flag("disable_notification"),
                "protected": asked.flag("protect_content"),
                **(shown or {}),
            },
        )
    )
    message: dict[str, JSON] = {
        "message_id": chat.last_message,
        "date": int(asked.state.now().timestamp()),
        "chat": _chat(chat),
        **(described or {}),
    }
    if chat.type == "channel":
        message["sender_chat"] = _chat(chat)
    else:
        message["from"] = _bot(asked.bot_id)
    if text:
        message[key] = text
    if entities:
        message["entities" if key == "text" else "caption_entities"] = told_entities
    if asked.flag("protect_content"):
        message["has_protected_content"] = True
    return message


# --- shapes -----------------------------------------------------------------------------------------------------------


def _bot(id: int) -> dict[str, JSON]:
    return {"id": id, "is_bot": True, "first_name": "Sandbox Publisher", "username": f"sandbox_{id}_bot"}


def _chat(chat: Chat) -> dict[str, JSON]:
    named = {"first_name" if chat.type == "private" else "title": chat.title}
    return {"id": chat.id, "type": chat.type, **named, **({"username": chat.username} if chat.username else {})}


def _file(medium: Mapping[str, JSON]) -> dict[str, JSON]:
    name = str(medium["sha256"])
    return {"file_id": f"SANDBOX{name}", "file_unique_id": name[:16], "file_size": medium["size"]}


_MEMBER_RIGHTS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info", "can_invite_users",
    "can_pin_messages", "can_manage_topics",
)  # fmt: skip
_ADMINISTRATOR_RIGHTS = (
    "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
    "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
    "can_edit_stories", "can_delete_stories",
)  # fmt: skip


def _member(chat: Chat, user: JSON) -> JSON:
    if chat.rights in ("administrator", "no_posting"):
        rights: dict[str, JSON] = dict.fromkeys(_ADMINISTRATOR_RIGHTS, True)
        if chat.type == "channel":
            rights["can_post_messages"] = chat.rights == "administrator"
            rights["can_edit_messages"] = chat.rights == "administrator"
        return {"status": "administrator", "user": user, **rights}
    if chat.rights == "restricted":
        return {
            "status": "restricted",
            "user": user,
            "is_member": True,
            "until_date": 0,
            **dict.fromkeys(_MEMBER_RIGHTS, False),
        }
    return {"status": chat.rights, "user": user, **({"until_date": 0} if chat.rights == "kicked" else {})}


# --- control and page -------------------------------------------------------------------------------------------------


async def put_chat(request: Request) -> Response:
    """``PUT /_/telegram/chats`` with the fields of Chat makes a chat or replaces one."""
    memory = cast("Memory", state_of(request).memory)
    try:
        chat = Chat(**await request.json())
    except (TypeError, ValueError) as problem:
        return JSONResponse({"error": str(problem)}, status_code=422)
    memory.chats[chat.id] = chat
    return JSONResponse(_chat(chat))


def page(state: State, request: Request) -> str:
    memory = cast("Memory", state.memory)
    posts = list(state.posts.values())
    used = {post.account for post in posts}
    shown = [chat for chat in list(memory.chats.values()) if _is_seed(chat) or str(chat.id) in used]
    wanted = request.query_params.get("chat") or (posts[-1].account if posts else str(shown[0].id))
    chat = memory.chat(wanted) or shown[0]
    links = [(f"?chat={other.id}", other.title, other.id == chat.id) for other in shown]
    mine = [post for post in posts if post.account == str(chat.id)]
    bubbles = [
        pages.bubble(
            author=chat.title,
            text=as_html(post.text, [Entity(**entity) for entity in post.shown["entities"]]),
            media="".join(pages.file_html("telegram", medium) for medium in post.media),
            at=post.at,
            note=_notes(post),
            deleted=post.deleted,
        )
        for post in mine
    ]
    name = f"@{chat.username}" if chat.username else str(chat.id)
    nothing = '<p class="note">Nothing was posted here yet.</p>'
    return (
        pages.heading("Telegram", "What readers of these chats see, newest last.")
        + pages.choices(links)
        + f"<h2>{escape(chat.title)} <code>{escape(name)}</code></h2>"
        + ("".join(bubbles) or nothing)
    )


def _is_seed(chat: Chat) -> bool:
    return chat.rights in ("administrator", "member") and chat.moved_to is None and chat.id > NUMBERED


def _notes(post: Visible) -> str:
    notes = (("silent", "without a sound"), ("protected", "protected"))
    return ", ".join(words for key, words in notes if post.shown.get(key))


def without_token(path: str) -> str:
    return re.sub(r"/bot(\d*)[^/]*", r"/bot\1", path)


NETWORK = Network(
    id="telegram",
    name="Telegram",
    hosts={"api": "/telegram"},
    routes=[Route("/bot{token}/{method}", call, methods=["GET", "POST"])],
    memory=Memory,
    page=page,
    refuse=refuse,
    credentials={"botToken": TOKEN, "chatId": ["@sandbox_news", "@sandbox_updates", "-1001000000003"]},
    controls=[Route("/chats", put_chat, methods=["PUT"])],
    without_secrets=without_token,
)
