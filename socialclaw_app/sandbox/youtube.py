"""YouTube: resumable uploads, processing, figures. Developer documents of API v3, checked 2026-11-20."""

from __future__ import annotations

import html
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import oauth, pages
from .core import (
    JSON,
    Bucket,
    Fault,
    Network,
    State,
    Visible,
    fact,
    own_address,
    processing_fails,
    received_at,
    state_of,
    wait_for_room,
)
from .oauth import Grant, Grants, Rules

AUTH = "https://www.googleapis.com/auth/"
SCOPES = tuple(f"{AUTH}{name}" for name in ("youtube.upload", "youtube.force-ssl", "youtube.readonly", "yt-analytics.readonly"))  # fmt: skip
CHANNELS: Mapping[str, Mapping[str, str]] = {
    "UCsandbox0000000000000001": {"title": "Sandbox Films", "url": "@sandboxfilms", "uploads": "UUsandbox0000000000000001"},
    "UCsandbox0000000000000002": {"title": "Sandbox Shorts", "url": "@sandboxshorts", "uploads": "UUsandbox0000000000000002"},
}  # fmt: skip
NO_CHANNEL = "117000000000000000003"
"""A Google account that never made a channel."""
UNIT = 256 * 1024
PROCESSING = timedelta(milliseconds=400)
SESSION = timedelta(days=7)
TESTED = timedelta(days=7)
"""How long a login lasts while the app is in the status Testing."""


@dataclass(slots=True, kw_only=True)
class Upload:
    owner: str
    size: int
    mime: str
    snippet: Mapping[str, Any]
    status: Mapping[str, Any]
    expires_at: datetime
    content: bytearray = field(default_factory=bytearray)
    video: str = ""


@dataclass(slots=True, kw_only=True)
class Video:
    ready_at: datetime
    failed: bool


@dataclass(slots=True)
class Memory:
    grants: Grants = field(default_factory=Grants)
    uploads: dict[str, Upload] = field(default_factory=dict[str, Upload])
    videos: dict[str, Video] = field(default_factory=dict[str, Video])
    quota: Bucket = field(default_factory=lambda: Bucket(size=100, seconds=86400.0))


def _memory(request: Request) -> Memory:
    return cast("Memory", state_of(request).memory)


RULES = Rules(
    name="YouTube",
    client_id="110000000001-sandboxyoutubeclient.apps.googleusercontent.com",
    client_secret="sandbox-youtube-secret",
    grants=lambda request: _memory(request).grants,
    people=lambda request: {**{id: facts["title"] for id, facts in CHANNELS.items()}, NO_CHANNEL: "without a channel"},
    scopes=SCOPES,
    token_life=timedelta(hours=1),
    refresh_life=timedelta(days=180),
    pkce="base64url",
)


class Refused(Exception):
    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = _error(status, reason, message)


def _error(status: int, reason: str, message: str) -> dict[str, JSON]:
    return {
        "error": {
            "code": status,
            "message": message,
            "errors": [{"domain": "youtube.api", "reason": reason, "message": message}],
        }
    }


def refuse(fault: Fault) -> Response:
    status, reason = {
        "server_error": (503, "backendError"),
        "rate_limited": (429, "rateLimitExceeded"),
        "unauthorized": (401, "authError"),
        "refused": (400, "invalidTitle"),
    }[fault.kind]
    return JSONResponse(_error(status, reason, "Sandbox"), status_code=status)


Handler = Callable[[Request], Awaitable[Response]]


def answering(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as refused:
            return JSONResponse(refused.body, status_code=refused.status)

    return answer


def _grant(request: Request, *names: str) -> Grant:
    grant = oauth.holder(RULES, request)
    if grant is None:
        raise Refused(401, "authError", "Invalid Credentials")
    if not any(f"{AUTH}{name}" in grant.scopes for name in names):
        raise Refused(403, "insufficientPermissions", "Request had insufficient authentication scopes.")
    return grant


async def authorize(request: Request) -> Response:
    return oauth.authorize(RULES, request)


async def decide(request: Request) -> Response:
    return await oauth.decide(RULES, request)


async def token(request: Request) -> Response:
    answer = await oauth.token(RULES, request)
    if not fact(request, "testing"):
        return answer
    given = json.loads(bytes(answer.body)).get("refresh_token")
    grant = RULES.grants(request).refresh.get(str(given))
    if grant is not None:
        grant.expires_at = min(grant.expires_at, grant.issued_at + TESTED)
    return oauth.with_life_of_refresh(RULES, request, answer)


async def revoke(request: Request) -> Response:
    secret, grants = str((await request.form()).get("token")), RULES.grants(request)
    grant = grants.refresh.get(secret) or grants.tokens.get(secret)
    if grant is None:
        return JSONResponse({"error": "invalid_token"}, status_code=400)
    grants.end_user(grant.user_id)
    return JSONResponse({})


async def channels(request: Request) -> Response:
    grant = _grant(request, "youtube.readonly", "youtube.force-ssl")
    facts = CHANNELS.get(grant.user_id)
    if facts is None:
        return JSONResponse({"items": []})
    item: dict[str, JSON] = {
        "id": grant.user_id,
        "snippet": {"title": facts["title"], "customUrl": facts["url"], "thumbnails": {}},
        "contentDetails": {"relatedPlaylists": {"uploads": facts["uploads"]}},
        "statistics": {
            "viewCount": "1000",
            "subscriberCount": "25",
            "hiddenSubscriberCount": False,
            "videoCount": "3",
        },
        "status": {
            "longUploadsStatus": "eligible" if grant.user_id in fact(request, "unverified") else "allowed",
            "madeForKids": False,
        },
    }
    return JSONResponse({"items": [item]})


# --- uploading -------------------------------------------------------------------------------------------------------


async def start(request: Request) -> Response:
    grant = _grant(request, "youtube.upload", "youtube.force-ssl")
    if request.query_params.get("uploadType") != "resumable":
        raise Refused(400, "badRequest", "uploadType must be resumable")
    body = cast("Mapping[str, Any]", await request.json())
    snippet, status = cast("Mapping[str, Any]", body.get("snippet") or {}), cast("Mapping[str, Any]", body.get("status") or {})  # fmt: skip
    title, description = str(snippet.get("title") or ""), str(snippet.get("description") or "")
    if not title or len(title) > 100 or re.search(r"[<>]", title):
        raise Refused(400, "invalidTitle", "The request metadata specifies an invalid or empty video title.")
    if len(description.encode()) > 5000 or re.search(r"[<>]", description):
        raise Refused(400, "invalidDescription", "The request metadata specifies an invalid video description.")
    if not str(snippet.get("categoryId") or "").isdigit():
        raise Refused(400, "invalidCategoryId", "The snippet.categoryId property specifies an invalid category ID.")
    if status.get("privacyStatus") not in ("private", "unlisted", "public"):
        raise Refused(400, "invalidVideoMetadata", "status.privacyStatus is not valid")
    size, mime = request.headers.get("x-upload-content-length", ""), request.headers.get("x-upload-content-type", "")
    if not size.isdigit() or not 0 < int(size) <= 256 * 1024**3 or not mime.startswith(("video/", "application/octet")):
        raise Refused(400, "mediaBodyRequired", "The request does not include the video content.")
    state = state_of(request)
    if state.limits_enabled and wait_for_room([_memory(request).quota], state.now()) > 0:
        raise Refused(403, "quotaExceeded", "The request cannot be completed because you have exceeded your quota.")
    id = secrets.token_urlsafe(24)
    _memory(request).uploads[id] = Upload(
        owner=grant.user_id,
        size=int(size),
        mime=mime,
        snippet=snippet,
        status=status,
        expires_at=state.now() + SESSION,
    )
    return Response(status_code=200, headers={"Location": f"{own_address(request)}/upload/session/{id}"})


async def put(request: Request) -> Response:
    upload = _memory(request).uploads.get(request.path_params["id"])
    if upload is None or upload.expires_at < state_of(request).now():
        return Response("Not Found", status_code=404, media_type="text/plain")
    given = request.headers.get("content-range", "")
    if given == f"bytes */{upload.size}":
        return _standing(request, upload)
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", given)
    if found is None or int(found[3]) != upload.size:
        raise Refused(400, "badContentRange", "Content-Range is missing or wrong")
    first, last = int(found[1]), int(found[2])
    content = await request.body()
    if first != len(upload.content) and not upload.video:
        return _standing(request, upload)  # it tells where to go on
    if len(content) != last - first + 1:
        raise Refused(400, "badContentRange", "The body is not as long as Content-Range says")
    if last + 1 < upload.size and len(content) % UNIT:
        raise Refused(400, "badRequest", "Parts must be multiples of 262144 bytes")
    if not upload.video:
        upload.content += content
    return _standing(request, upload)


def _standing(request: Request, upload: Upload) -> Response:
    if len(upload.content) < upload.size:
        headers = {"Range": f"bytes=0-{len(upload.content) - 1}"} if upload.content else {}
        return Response(status_code=308, headers=headers)
    if not upload.video:
        upload.video = _make(request, upload)
    return JSONResponse({"id": upload.video, "snippet": upload.snippet, "status": {"uploadStatus": "uploaded"}})


def _make(request: Request, upload: Upload) -> str:
    state = state_of(request)
    id = f"sbx{state.number():08d}"
    _memory(request).videos[id] = Video(ready_at=state.after(PROCESSING), failed=processing_fails(request))
    state.show(
        Visible(
            id=id,
            at=received_at(request),
            account=upload.owner,
            text=str(upload.snippet.get("description") or ""),
            media=[state.keep_file("video", upload.mime, bytes(upload.content))],
            shown={"title": upload.snippet["title"], "privacy": upload.status["privacyStatus"]},
        )
    )
    return id


# --- videos ----------------------------------------------------------------------------------------------------------


async def videos(request: Request) -> Response:
    _grant(request, "youtube.readonly", "youtube.force-ssl")
    state, memory = state_of(request), _memory(request)
    wanted = request.query_params.get("id", "").split(",")
    items = [
        _item(memory.videos[post.id], post, state.now(), processing_fails(request))
        for post in state.posts.values()
        if post.id in wanted and not post.deleted
    ]
    return JSONResponse({"items": items})


def _item(video: Video, post: Visible, now: datetime, fails: bool) -> dict[str, JSON]:
    video.failed = video.failed or fails
    state = "failed" if video.failed else "processed" if video.ready_at <= now else "uploaded"
    return {
        "id": post.id,
        "snippet": {"title": post.shown["title"], "description": post.text},
        "status": {
            "uploadStatus": state,
            "privacyStatus": post.shown["privacy"],
            **({"failureReason": "codec"} if state == "failed" else {}),
        },
        "processingDetails": {
            "processingStatus": "processing" if state == "uploaded" else "succeeded",
            "processingProgress": {"timeLeftMs": 500},
        },
        "statistics": {"viewCount": "7", "likeCount": "2", "commentCount": "1", "favoriteCount": "0"},
    }


async def remove(request: Request) -> Response:
    grant = _grant(request, "youtube.force-ssl")
    post = state_of(request).post(grant.user_id, request.query_params.get("id", ""))
    if post is None:
        raise Refused(404, "videoNotFound", "The video that you are trying to delete cannot be found.")
    post.deleted = True
    return Response(status_code=204)


async def playlist_items(request: Request) -> Response:
    grant = _grant(request, "youtube.readonly", "youtube.force-ssl")
    if request.query_params.get("playlistId") != CHANNELS[grant.user_id]["uploads"]:
        raise Refused(404, "playlistNotFound", "The playlist cannot be found.")
    posts = sorted(state_of(request).posts.values(), key=lambda post: post.at, reverse=True)
    items = [
        {
            "snippet": {"title": post.shown["title"], "publishedAt": post.at.isoformat().replace("+00:00", "Z")},
            "contentDetails": {"videoId": post.id},
        }
        for post in posts
        if post.account == grant.user_id and not post.deleted
    ]
    return JSONResponse({"items": items[: int(request.query_params.get("maxResults", "5"))]})


def page(state: State, request: Request) -> str:
    shown = sorted(state.posts.values(), key=lambda post: post.at, reverse=True)
    bubbles = "".join(
        pages.bubble(
            author=CHANNELS[post.account]["title"],
            text=f"<strong>{html.escape(str(post.shown['title']))}</strong>\n{html.escape(post.text)}",
            media="".join(pages.file_html("youtube", medium) for medium in post.media),
            at=post.at,
            note=str(post.shown["privacy"]),
            deleted=post.deleted,
        )
        for post in shown
    )
    return pages.heading("YouTube", "What the audience sees") + (bubbles or '<p class="note">Nothing yet.</p>')


_TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/o/oauth2/v2/auth", authorize),
    ("POST", "/o/oauth2/v2/auth", decide),
    ("POST", "/token", token),
    ("POST", "/revoke", revoke),
    ("GET", "/youtube/v3/channels", channels),
    ("POST", "/upload/youtube/v3/videos", start),
    ("PUT", "/upload/session/{id}", put),
    ("GET", "/youtube/v3/videos", videos),
    ("DELETE", "/youtube/v3/videos", remove),
    ("GET", "/youtube/v3/playlistItems", playlist_items),
)

NETWORK = Network(
    id="youtube",
    name="YouTube",
    hosts={"api": "/youtube", "auth": "/youtube", "token": "/youtube"},
    routes=[Route(path, answering(handler), methods=[method]) for method, path, handler in _TABLE],
    memory=Memory,
    page=page,
    refuse=refuse,
    credentials={"clientId": RULES.client_id, "clientSecret": RULES.client_secret},
    controls=[Route("/expire", oauth.expire_route(RULES), methods=["PUT"])],
    # whether the app is still being tested, and whose channels nobody has verified
    facts={"testing": False, "unverified": []},
)
