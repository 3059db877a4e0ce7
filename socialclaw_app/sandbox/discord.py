"""Discord's incoming webhooks: https://docs.discord.com/developers/resources/webhook (API v10), checked 2026-11-23."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any, cast

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import pages
from .core import JSON, Bucket, Fault, Network, State, Visible, received_at, state_of, wait_for_room

MAX_TEXT, MAX_DESCRIPTION, MAX_FILES, MAX_EMBEDS = 2000, 1024, 10, 10
MAX_FILE, MAX_REQUEST = 10 * 1024**2, 25 * 1024**2
FLAGS = 4 | 4096 | 32768
EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
AUTHOR = {
    "avatar": None,
    "discriminator": "0000",
    "public_flags": 0,
    "flags": 0,
    "bot": True,
    "global_name": None,
    "primary_guild": None,
}


# --- what is there ---------------------------------------------------------------------------------------------------


def sandbox_token(webhook_id: str) -> str:
    """Every webhook id has this token here; ids of 17 to 20 digits all exist."""
    return f"SANDBOX_{webhook_id}_webhook-token".ljust(68, "x")


@dataclass(slots=True, kw_only=True)
class Webhook:
    """``type``: 1 incoming, 2 follows another channel, 3 of an application. ``channel_type`` 15 is a forum."""

    id: str
    name: str
    type: int = 1
    channel_id: str = "1200000000000000001"
    guild_id: str = "1100000000000000001"
    channel_type: int = 0
    gone: bool = False
    bucket: Bucket = field(default_factory=lambda: Bucket(size=5, seconds=2.0))


ANNOUNCEMENTS, RELEASES = "1300000000000000001", "1300000000000000002"


@dataclass(slots=True)
class Memory:
    webhooks: dict[str, Webhook] = field(default_factory=lambda: {hook.id: hook for hook in _seeds()})
    channels: dict[str, Bucket] = field(default_factory=dict[str, Bucket])
    last_id: int = 0

    def webhook(self, id: str) -> Webhook | None:
        if not re.fullmatch(r"\d{17,20}", id):
            return None
        made = Webhook(id=id, name=f"Webhook {id[-4:]}", channel_id=f"12{id[-16:]:0>17}")
        found = self.webhooks.setdefault(id, made)
        return None if found.gone else found

    def channel(self, id: str) -> Bucket:
        return self.channels.setdefault(id, Bucket(size=30, seconds=60.0))

    def snowflake(self, now: datetime) -> str:
        """Ids grow with time, and are never given twice."""
        self.last_id = max(self.last_id + 1, int((now - EPOCH).total_seconds() * 1000) << 22)
        return str(self.last_id)


def _seeds() -> list[Webhook]:
    return [
        Webhook(id=ANNOUNCEMENTS, name="Announcements"),
        Webhook(id=RELEASES, name="Releases", channel_id="1200000000000000002"),
        Webhook(id="1300000000000000003", name="Follower", type=2, channel_id="1200000000000000003"),
        Webhook(id="1300000000000000004", name="Application", type=3, channel_id="1200000000000000004"),
        Webhook(id="1300000000000000005", name="Forum", channel_id="1200000000000000005", channel_type=15),
        Webhook(id="1300000000000000009", name="Deleted", gone=True),
    ]


# --- the door --------------------------------------------------------------------------------------------------------


class Refused(Exception):
    def __init__(self, status: int, code: int, message: str, errors: JSON = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "code": code, **({"errors": errors} if errors else {})}


def invalid(path: str, code: str, message: str) -> Refused:
    """Invalid Form Body, with the tree of errors down to the field ``a.b``."""
    errors: JSON = {"_errors": [{"code": code, "message": message}]}
    for name in reversed(path.split(".")):
        errors = {name: errors}
    return Refused(400, 50035, "Invalid Form Body", errors)


def refuse(fault: Fault) -> Response:
    if fault.kind == "rate_limited":
        return _slow_down(fault.seconds)
    status, code, message = {
        "server_error": (500, 0, "500: Internal Server Error"),
        "unauthorized": (401, 50027, "Invalid Webhook Token"),
        "refused": (403, 50013, "Missing Permissions"),
    }[fault.kind]
    return JSONResponse({"message": message, "code": code}, status_code=status)


def _slow_down(seconds: float, *, scope: str = "user") -> Response:
    headers = {"Retry-After": str(max(1, math.ceil(seconds))), "X-RateLimit-Scope": scope}
    body = {"message": "You are being rate limited.", "code": 0, "retry_after": round(seconds, 3), "global": False}
    return JSONResponse(body, status_code=429, headers=headers)


async def webhook(request: Request) -> Response:
    try:
        _of_a_known_program(request)
        hook = _webhook(request)
        return JSONResponse(_told(hook)) if request.method == "GET" else await _execute(request, hook)
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)


async def one_message(request: Request) -> Response:
    try:
        _of_a_known_program(request)
        hook = _webhook(request)
        post = state_of(request).post(hook.id, str(request.path_params["message"]))
        if post is None:
            raise Refused(404, 10008, "Unknown Message")
        if request.method == "GET":
            return JSONResponse(_message(request, hook, post))
        post.deleted = True
        return Response(status_code=204)
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)


def _of_a_known_program(request: Request) -> None:
    if not request.headers.get("user-agent", "").startswith("DiscordBot ("):
        raise Refused(403, 40333, "internal network error")


def _webhook(request: Request) -> Webhook:
    memory = cast("Memory", state_of(request).memory)
    hook = memory.webhook(str(request.path_params["webhook"]))
    if hook is None:
        raise Refused(404, 10015, "Unknown Webhook")
    if request.path_params["token"] != sandbox_token(hook.id):
        raise Refused(401, 50027, "Invalid Webhook Token")
    return hook


# --- posting ---------------------------------------------------------------------------------------------------------


async def _execute(request: Request, hook: Webhook) -> Response:
    state = state_of(request)
    memory = cast("Memory", state.memory)
    if hook.type != 1:
        raise Refused(400, 50035, "Invalid Form Body")
    if int(request.headers.get("content-length") or 0) > MAX_REQUEST:
        raise Refused(413, 40005, "Request entity too large")
    if state.limits_enabled:
        now = state.now()
        wait = wait_for_room((hook.bucket, memory.channel(hook.channel_id)), now)
        if wait > 0:
            return _slow_down(wait, scope="user" if hook.bucket.wait(now) else "shared")
    body, files = await _parts(request)
    _check(body, files)
    if hook.channel_type == 15 and not (body.get("thread_name") or request.query_params.get("thread_id")):
        raise Refused(400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id")
    post = state.show(_post(request, hook, body, await _attachments(state, body, files)))
    if request.query_params.get("wait", "").lower() != "true":
        return Response(status_code=204)
    left = max(0, math.floor(hook.bucket.size - hook.bucket.spent))
    reset = hook.bucket.spent * hook.bucket.seconds / hook.bucket.size
    headers = {
        "X-RateLimit-Limit": str(hook.bucket.size),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": f"{state.now().timestamp() + reset:.3f}",
        "X-RateLimit-Reset-After": f"{reset:.3f}",
        "X-RateLimit-Bucket": "sandbox",
    }
    return JSONResponse(_message(request, hook, post), headers=headers)


async def _parts(request: Request) -> tuple[Mapping[str, Any], Mapping[str, UploadFile]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "application/json":
        return _object(await request.body()), {}
    if kind not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise Refused(400, 50035, "Invalid Form Body")
    form = await request.form(max_part_size=1024**2)
    files = {name: value for name, value in form.items() if isinstance(value, UploadFile)}
    plain: dict[str, Any] = {name: value for name, value in form.items() if isinstance(value, str)}
    written = plain.pop("payload_json", None)
    return (_object(written) if written is not None else plain), files


def _object(written: str | bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(written)
    except ValueError:
        raise Refused(400, 50109, "The request body contains invalid JSON.") from None
    if not isinstance(body, dict):
        raise Refused(400, 50035, "Invalid Form Body")
    return cast("Mapping[str, Any]", body)


def _check(body: Mapping[str, Any], files: Mapping[str, UploadFile]) -> None:
    content = body.get("content")
    if content is not None and not isinstance(content, str):
        raise invalid("content", "STRING_TYPE_CONVERT", f'Could not interpret "{content}" as string.')
    if len(content or "") > MAX_TEXT:
        raise invalid("content", "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_TEXT} or fewer in length.")
    for name in ("embeds", "attachments"):
        if not isinstance(body.get(name) or [], list) or len(body.get(name) or []) > MAX_EMBEDS:
            raise invalid(name, "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_EMBEDS} or fewer in length.")
    if not isinstance(body.get("tts") or False, bool):
        raise invalid("tts", "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
    flags = body.get("flags") or 0
    if not isinstance(flags, int) or flags & ~FLAGS:
        raise invalid("flags", "MESSAGE_FLAGS_INVALID", "These flags cannot be set on messages.")
    _check_mentions(body.get("allowed_mentions") or {})
    if len(files) > MAX_FILES:
        raise invalid("files", "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_FILES} or fewer in length.")
    if not ((content or "").strip() or files or body.get("embeds") or body.get("poll") or body.get("components")):
        raise Refused(400, 50006, "Cannot send an empty message")


def _check_mentions(allowed: JSON) -> None:
    parse = cast("Mapping[str, Any]", allowed).get("parse") if isinstance(allowed, dict) else ""
    if parse is not None and (
        not isinstance(parse, list) or not set(cast("list[Any]", parse)) <= {"users", "roles", "everyone"}
    ):
        raise invalid(
            "allowed_mentions.parse.0", "BASE_TYPE_CHOICES", "Value must be one of ('users', 'roles', 'everyone')."
        )


NOTHING: Mapping[str, Any] = {}


async def _attachments(
    state: State, body: Mapping[str, Any], files: Mapping[str, UploadFile]
) -> list[Mapping[str, JSON]]:
    attachments = cast("list[Mapping[str, Any]]", body.get("attachments") or [])
    told: dict[str, Mapping[str, Any]] = {str(one.get("id")): one for one in attachments}
    unmatched = [id for id in told if f"files[{id}]" not in files]
    if unmatched:
        raise invalid("attachments.0", "ATTACHMENT_NOT_FOUND", f"No file was sent for the attachment {unmatched[0]}.")
    kept: list[Mapping[str, JSON]] = []
    for name, upload in files.items():
        number = re.fullmatch(r"files?\[(\d+)\]|file", name)
        described = told.get((number[1] if number else None) or "0")
        kept.append(await _attachment(state, upload, described or NOTHING))
    return kept


async def _attachment(state: State, upload: UploadFile, described: Mapping[str, Any]) -> Mapping[str, JSON]:
    if len(str(described.get("description") or "")) > MAX_DESCRIPTION:
        raise invalid("attachments.0.description", "BASE_TYPE_MAX_LENGTH", "Must be 1024 or fewer in length.")
    content = await upload.read()
    if len(content) > MAX_FILE:
        raise Refused(413, 40005, "Request entity too large")
    mime = upload.content_type or "application/octet-stream"
    kind = mime.partition("/")[0] if mime.startswith(("image/", "video/")) else "file"
    name = re.sub(r"[^\w.-]+", "_", str(described.get("filename") or upload.filename or "unknown"))
    return {**state.keep_file(kind, mime, content), "name": name, "alt": described.get("description") or ""}


def _post(request: Request, hook: Webhook, body: Mapping[str, Any], media: Sequence[Mapping[str, JSON]]) -> Visible:
    state = state_of(request)
    allowed = cast("Mapping[str, Any]", body.get("allowed_mentions") or NOTHING)
    parse = cast("list[str]", allowed.get("parse", ["users"]) or [])
    text = str(body.get("content") or "").strip()
    return Visible(
        id=cast("Memory", state.memory).snowflake(state.now()),
        at=received_at(request),
        account=hook.id,
        text=text,
        media=media,
        shown={
            "channel": hook.channel_id,
            "author": body.get("username") or hook.name,
            "tts": bool(body.get("tts")),
            "flags": body.get("flags") or 0,
            "pinged": "everyone" in parse and re.search(r"@(everyone|here)\b", text) is not None,
        },
    )


# --- shapes ----------------------------------------------------------------------------------------------------------


def _told(hook: Webhook) -> JSON:
    return {
        "id": hook.id,
        "type": hook.type,
        "name": hook.name,
        "avatar": None,
        "channel_id": hook.channel_id,
        "guild_id": hook.guild_id,
        "application_id": "1400000000000000001" if hook.type == 3 else None,
        **({"token": sandbox_token(hook.id)} if hook.type == 1 else {}),
    }


def _message(request: Request, hook: Webhook, post: Visible) -> JSON:
    files = f"{request.url.scheme}://{request.url.netloc}/_/discord/media"
    return {
        "id": post.id,
        "type": 0,
        "channel_id": hook.channel_id,
        "webhook_id": hook.id,
        "author": {**AUTHOR, "id": hook.id, "username": post.shown["author"]},
        "content": post.text,
        "timestamp": post.at.isoformat(),
        "edited_timestamp": None,
        "tts": post.shown["tts"],
        "flags": post.shown["flags"],
        "pinned": False,
        "mention_everyone": post.shown["pinged"],
        "mentions": [],
        "mention_roles": [],
        "embeds": [],
        "components": [],
        "attachments": [
            {
                "id": str(int(post.id) + number + 1),
                "filename": medium["name"],
                "size": medium["size"],
                "url": f"{files}/{medium['sha256']}",
                "proxy_url": f"{files}/{medium['sha256']}",
                "content_type": medium["mime"],
                **({"description": medium["alt"]} if medium["alt"] else {}),
            }
            for number, medium in enumerate(post.media)
        ],
    }


# --- control and page ------------------------------------------------------------------------------------------------


async def put_webhook(request: Request) -> Response:
    """``PUT /_/discord/webhooks`` with the fields of Webhook makes one, replaces one, or lets one be gone."""
    memory = cast("Memory", state_of(request).memory)
    try:
        hook = Webhook(**await request.json())
    except (TypeError, ValueError) as problem:
        return JSONResponse({"error": str(problem)}, status_code=422)
    memory.webhooks[hook.id] = hook
    return JSONResponse({"id": hook.id, "token": sandbox_token(hook.id)})


def page(state: State, request: Request) -> str:
    memory = cast("Memory", state.memory)
    posts = list(state.posts.values())
    used = {post.account for post in posts} | {ANNOUNCEMENTS, RELEASES}
    shown = [hook for hook in list(memory.webhooks.values()) if hook.id in used]
    wanted = request.query_params.get("webhook") or (posts[-1].account if posts else ANNOUNCEMENTS)
    here = next((hook for hook in shown if hook.id == wanted), shown[0])
    links = [(f"?webhook={hook.id}", hook.name, hook.id == here.id) for hook in shown]
    bubbles = [
        pages.bubble(
            author=str(post.shown["author"]),
            text=escape(post.text),
            media="".join(pages.file_html("discord", medium) for medium in post.media),
            at=post.at,
            note=_notes(post),
            deleted=post.deleted,
        )
        for post in posts
        if post.account == here.id
    ]
    nothing = '<p class="note">Nothing was posted here yet.</p>'
    return (
        pages.heading("Discord", "What the members of these channels see, newest last.")
        + pages.choices(links)
        + f"<h2>{escape(here.name)} <code>{escape(here.channel_id)}</code></h2>"
        + ("".join(bubbles) or nothing)
    )


def _notes(post: Visible) -> str:
    notes = ((bool(post.shown["tts"]), "read aloud"), (bool(int(str(post.shown["flags"])) & 4), "no link previews"))
    return ", ".join(words for said, words in notes if said)


def without_token(path: str) -> str:
    return re.sub(r"(/webhooks/[^/]*/)[^/]+", r"\1…", path)


NETWORK = Network(
    id="discord",
    name="Discord",
    hosts={"api": "/discord/api/v10"},
    routes=[
        Route("/api/v10/webhooks/{webhook}/{token}", webhook, methods=["GET", "POST"]),
        Route("/api/v10/webhooks/{webhook}/{token}/messages/{message}", one_message, methods=["GET", "DELETE"]),
    ],
    memory=Memory,
    page=page,
    refuse=refuse,
    credentials={
        "webhookUrl": [
            f"/discord/api/v10/webhooks/{ANNOUNCEMENTS}/{sandbox_token(ANNOUNCEMENTS)}",
            f"/discord/api/v10/webhooks/{RELEASES}/{sandbox_token(RELEASES)}",
        ]
    },
    controls=[Route("/webhooks", put_webhook, methods=["PUT"])],
    without_secrets=without_token,
)
