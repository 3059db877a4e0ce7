"""TikTok: direct posts of a video or photos, with the part sizes, ranges and switches its documents ask for.

https://developers.tiktok.com/doc, checked 2026-11-20.
"""

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
    content_of,
    own_address,
    processing_fails,
    pulled,
    received_at,
    state_of,
    wait_for_room,
)
from .files import seen
from .oauth import Grant, Grants, OAuthRefused, Rules

SCOPES = ("user.info.basic", "user.info.profile", "user.info.stats", "video.publish", "video.upload", "video.list")
USERS: Mapping[str, str] = {"-000SandboxOpenId0000000000000000001": "sandbox.dancer", "-000SandboxOpenId0000000000000000002": "sandbox.cook"}  # fmt: skip
PRIVACY = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
PROCESSING = timedelta(milliseconds=500)
MB = 1_000_000


@dataclass(slots=True, kw_only=True)
class Job:
    owner: str
    kind: str
    size: int
    chunk: int
    count: int
    caption: str
    body: str
    privacy: str
    expires_at: datetime
    content: bytearray = field(default_factory=bytearray)
    done_at: datetime | None = None
    failed: str = ""
    post: str = ""


@dataclass(slots=True)
class Memory:
    grants: Grants = field(default_factory=Grants)
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    buckets: dict[str, tuple[Bucket, Bucket]] = field(default_factory=dict[str, tuple[Bucket, Bucket]])


def _memory(request: Request) -> Memory:
    return cast("Memory", state_of(request).memory)


def _flat(refused: OAuthRefused) -> Response:
    """A flat body, with a 200 as often as not."""
    body = {"error": refused.error, "error_description": refused.description, "log_id": secrets.token_hex(8)}
    return JSONResponse(body, status_code=200)


RULES = Rules(
    name="TikTok",
    client_id="sandboxtiktokkey",
    client_secret="sandbox-tiktok-secret",
    grants=lambda request: _memory(request).grants,
    people=lambda request: {id: f"@{name}" for id, name in USERS.items()},
    scopes=SCOPES,
    token_life=timedelta(days=1),
    refresh_life=timedelta(days=365),
    rotates=True,
    pkce="hex",
    client_id_name="client_key",
    separator=",",
    error=_flat,
)


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = _error(code, message)


def _error(code: str, message: str) -> dict[str, JSON]:
    return {"data": {}, "error": {"code": code, "message": message, "log_id": secrets.token_hex(8)}}


def _ok(data: JSON) -> Response:
    return JSONResponse({"data": data, "error": {"code": "ok", "message": "", "log_id": secrets.token_hex(8)}})


def refuse(fault: Fault) -> Response:
    status, code = {
        "server_error": (503, "internal_error"),
        "rate_limited": (429, "rate_limit_exceeded"),
        "unauthorized": (401, "access_token_invalid"),
        "refused": (400, "invalid_params"),
    }[fault.kind]
    return JSONResponse(_error(code, "Sandbox"), status_code=status)


Handler = Callable[[Request], Awaitable[Response]]


def answering(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as refused:
            return JSONResponse(refused.body, status_code=refused.status)

    return answer


def _grant(request: Request, *scopes: str) -> Grant:
    grant = oauth.holder(RULES, request)
    if grant is None:
        raise Refused(401, "access_token_invalid", "The access token is invalid or not found in the request.")
    if oauth.lacking(grant, scopes):
        raise Refused(401, "scope_not_authorized", "The user did not authorize the scope required.")
    return grant


async def _body(request: Request) -> Mapping[str, Any]:
    raw = await request.body()
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise Refused(400, "invalid_params", "The body is not JSON") from None
    return cast("Mapping[str, Any]", body) if isinstance(body, dict) else {}


# --- OAuth -----------------------------------------------------------------------------------------------------------


async def authorize(request: Request) -> Response:
    return oauth.authorize(RULES, request)


async def decide(request: Request) -> Response:
    return await oauth.decide(RULES, request)


async def token(request: Request) -> Response:
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        oauth.check_client(RULES, request, form)
        renews = form.get("grant_type") == "refresh_token"
        grant = (oauth.redeem_refresh if renews else oauth.redeem_code)(RULES, request, form)
    except OAuthRefused as refused:
        return _flat(refused)
    body = oauth.issue(RULES, request, grant, form)
    return JSONResponse({**body, "open_id": grant.user_id, "refresh_expires_in": 31_536_000, "token_type": "Bearer"})


async def revoke(request: Request) -> Response:
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        oauth.check_client(RULES, request, form)
    except OAuthRefused as refused:
        return _flat(refused)
    grant = RULES.grants(request).tokens.get(form.get("token", ""))
    if grant is not None:
        RULES.grants(request).end_user(grant.user_id)
    return Response(status_code=200)


FIELDS = {
    "open_id": "user.info.basic",
    "union_id": "user.info.basic",
    "avatar_url": "user.info.basic",
    "display_name": "user.info.basic",
    "username": "user.info.profile",
    "follower_count": "user.info.stats",
    "likes_count": "user.info.stats",
    "video_count": "user.info.stats",
}


async def user_info(request: Request) -> Response:
    wanted = request.query_params.get("fields", "").split(",")
    unknown = [name for name in wanted if name not in FIELDS]
    if unknown:
        raise Refused(400, "invalid_params", f"Invalid fields: {unknown[0]}")
    grant = _grant(request, *(FIELDS[name] for name in wanted))
    name = USERS[grant.user_id]
    user: dict[str, JSON] = {
        "open_id": grant.user_id,
        "union_id": f"u{grant.user_id}",
        "avatar_url": "",
        "display_name": name,
        "username": name,
        "follower_count": 99,
        "likes_count": 1000,
        "video_count": 5,
    }
    return _ok({"user": {key: user[key] for key in wanted}})


# --- posting ---------------------------------------------------------------------------------------------------------


async def creator_info(request: Request) -> Response:
    grant = _grant(request, "video.publish")
    return _ok(
        {
            "creator_username": USERS[grant.user_id],
            "creator_nickname": USERS[grant.user_id],
            "privacy_level_options": list(PRIVACY),
            "comment_disabled": False,
            "duet_disabled": False,
            "stitch_disabled": True,
            "max_video_post_duration_sec": 600,
        }
    )


def _room(request: Request, grant: Grant) -> None:
    state = state_of(request)
    fresh = (Bucket(size=6, seconds=60.0), Bucket(size=15, seconds=86400.0))
    minute, day = _memory(request).buckets.setdefault(grant.user_id, fresh)
    if not state.limits_enabled:
        return
    if minute.wait(state.now()) > 0:
        raise Refused(429, "rate_limit_exceeded", "The API rate limit was exceeded. Please try again later.")
    if wait_for_room([minute, day], state.now()) > 0:
        raise Refused(403, "spam_risk_too_many_posts", "The daily post cap from the API is reached for the user.")


def _info(body: Mapping[str, Any], *, stitches: bool) -> Mapping[str, Any]:
    info = cast("Mapping[str, Any]", body.get("post_info") or {})
    if info.get("privacy_level") not in PRIVACY:
        raise Refused(403, "privacy_level_option_mismatch", "privacy_level is not among the creator's options")
    if stitches and info.get("disable_stitch") is not True:
        raise Refused(400, "invalid_params", "The creator has turned stitches off")
    return info


async def video_init(request: Request) -> Response:
    grant = _grant(request, "video.publish")
    body = await _body(request)
    info = _info(body, stitches=True)
    if len(str(info.get("title") or "").encode("utf-16-le")) // 2 > 2200:
        raise Refused(400, "invalid_params", "title is too long")
    source = cast("Mapping[str, Any]", body.get("source_info") or {})
    size, chunk, count = (source.get(name) for name in ("video_size", "chunk_size", "total_chunk_count"))
    if source.get("source") != "FILE_UPLOAD" or not all(
        isinstance(one, int) and one > 0 for one in (size, chunk, count)
    ):
        raise Refused(400, "invalid_params", "source_info is not complete")
    size, chunk, count = cast("int", size), cast("int", chunk), cast("int", count)
    whole = count == 1 and chunk == size <= 64 * MB
    in_parts = 5 * MB <= chunk <= 64 * MB and count == size // chunk and count <= 1000
    if size > 4 * 1024**3 or not (whole or in_parts):
        raise Refused(400, "invalid_params", "The chunk size is invalid")
    _room(request, grant)
    id = f"v_pub_file~v2-1.{7_000_000 + state_of(request).number()}"
    _memory(request).jobs[id] = _job(request, grant, "video", info, str(info.get("title") or ""), size, chunk, count)
    return _ok({"publish_id": id, "upload_url": f"{own_address(request)}/upload/{id}"})


def _job(
    request: Request, grant: Grant, kind: str, info: Mapping[str, Any], caption: str, size: int, chunk: int, count: int
) -> Job:
    return Job(
        owner=grant.user_id,
        kind=kind,
        size=size,
        chunk=chunk,
        count=count,
        caption=caption,
        body=str(info.get("description") or ""),
        privacy=str(info["privacy_level"]),
        expires_at=state_of(request).now() + timedelta(hours=1),
        failed="file_format_check_failed" if processing_fails(request) else "",
    )


async def upload(request: Request) -> Response:
    job = _memory(request).jobs.get(request.path_params["id"])
    if job is None:
        return Response(status_code=404)
    if job.expires_at < state_of(request).now() or request.headers.get("authorization"):
        return Response(status_code=403)
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request.headers.get("content-range", ""))
    content = await request.body()
    if found is None or int(found[3]) != job.size or len(content) != int(found[2]) - int(found[1]) + 1:
        return Response(status_code=400)
    first, last = int(found[1]), int(found[2])
    whole_part = last + 1 == job.size or len(content) == job.chunk
    if not job.post and (first != len(job.content) or not whole_part):
        held = {"Content-Range": f"bytes 0-{len(job.content) - 1}/{job.size}"}
        return Response(status_code=416, headers=held)
    if not job.post:
        job.content += content
    if len(job.content) < job.size and not job.post:
        return Response(status_code=206)
    if not job.post:
        medium = state_of(request).keep_file("video", request.headers.get("content-type", ""), bytes(job.content))
        job.failed = job.failed or wrong_film(bytes(job.content))
        _publish(request, job, [medium])
    return Response(status_code=201)


def wrong_film(content: bytes) -> str:
    """https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide"""
    film = seen(content)
    if film is None:
        return ""
    if not (film.is_mp4 or "webm" in film.form) or film.codec not in ("h264", "hevc", "vp8", "vp9"):
        return "file_format_check_failed"
    if not 22.5 <= film.rate <= 60.5:
        return "frame_rate_check_failed"
    if film.shorter < 360 or film.longer > 4096:
        return "picture_size_check_failed"
    return "duration_check_failed" if film.seconds > 600.5 else ""


def wrong_photo(content: bytes) -> str:
    """The same page: 1080p at most, and 20 MB."""
    photo = seen(content)
    if photo is None:
        return ""
    if photo.form not in ("JPEG", "WEBP"):
        return "file_format_check_failed"
    too_large = photo.longer > 1920 or photo.shorter > 1080 or photo.size > 20 * 1024**2
    return "picture_size_check_failed" if too_large else ""


def _publish(request: Request, job: Job, media: list[Mapping[str, JSON]]) -> None:
    state = state_of(request)
    job.post, job.done_at = str(7_400_000_000_000_000_000 + state.number()), state.after(PROCESSING)
    if job.failed:
        return
    shown = {"title": job.caption, "body": job.body, "privacy": job.privacy}
    state.show(
        Visible(id=job.post, at=received_at(request), account=job.owner, text=job.caption, media=media, shown=shown)
    )


async def content_init(request: Request) -> Response:
    grant = _grant(request, "video.publish")
    body = await _body(request)
    info = _info(body, stitches=False)
    source = cast("Mapping[str, Any]", body.get("source_info") or {})
    photos = source.get("photo_images")
    if body.get("media_type") != "PHOTO" or body.get("post_mode") not in ("DIRECT_POST", "MEDIA_UPLOAD"):
        raise Refused(400, "invalid_params", "media_type or post_mode is wrong")
    if not isinstance(photos, list) or not 1 <= len(cast("list[Any]", photos)) <= 35:
        raise Refused(400, "invalid_params", "photo_images must have 1 to 35 entries")
    urls = [str(url) for url in cast("list[Any]", photos)]
    cover = source.get("photo_cover_index")
    if not isinstance(cover, int) or not 0 <= cover < len(urls):
        raise Refused(400, "invalid_params", "photo_cover_index is out of range")
    if len(str(info.get("title") or "")) > 90 or len(str(info.get("description") or "")) > 4000:
        raise Refused(400, "invalid_params", "title or description is too long")
    _room(request, grant)
    id = f"p_pub_url~v2.{8_000_000 + state_of(request).number()}"
    job = _job(request, grant, "photo", info, str(info.get("title") or ""), 0, 0, 0)
    _memory(request).jobs[id] = job
    media = [await pulled(state_of(request), "image", url) for url in urls]
    if any(one is None for one in media):
        job.failed = "photo_pull_failed"
    elif any(one and one.get("mime") not in (None, "image/jpeg", "image/webp") for one in media):
        job.failed = "file_format_check_failed"
    else:
        wrong = [wrong_photo(content_of(state_of(request), one)) for one in media if one is not None]
        job.failed = job.failed or next((reason for reason in wrong if reason), "")
    _publish(request, job, [one for one in media if one is not None])
    return _ok({"publish_id": id})


async def status(request: Request) -> Response:
    grant = _grant(request, "video.publish")
    job = _memory(request).jobs.get(str((await _body(request)).get("publish_id")))
    if job is None or job.owner != grant.user_id:
        raise Refused(400, "invalid_publish_id", "The publish_id does not exist.")
    if job.done_at is None:
        return _ok({"status": "PROCESSING_UPLOAD", "uploaded_bytes": len(job.content)})
    if job.failed:
        return _ok({"status": "FAILED", "fail_reason": job.failed, "uploaded_bytes": job.size})
    if job.done_at > state_of(request).now():
        return _ok({"status": "PROCESSING_DOWNLOAD", "uploaded_bytes": job.size})
    public = [int(job.post)] if job.privacy == "PUBLIC_TO_EVERYONE" else []
    return _ok({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": public, "uploaded_bytes": job.size})


def _row(post: Visible) -> dict[str, JSON]:
    return {
        "id": post.id,
        "title": str(post.shown["title"])[:150],
        "video_description": str(post.shown["body"] or post.shown["title"])[:150],
        "create_time": int(post.at.timestamp()),
        "share_url": f"https://www.tiktok.com/@{USERS[post.account]}/video/{post.id}",
        "like_count": 3,
        "comment_count": 1,
        "share_count": 0,
        "view_count": 50,
    }


def _public(request: Request, grant: Grant) -> list[Visible]:
    posts = sorted(state_of(request).posts.values(), key=lambda post: post.at, reverse=True)
    return [post for post in posts if post.account == grant.user_id and post.shown["privacy"] == PRIVACY[0]]


async def video_list(request: Request) -> Response:
    grant = _grant(request, "video.list")
    count = (await _body(request)).get("max_count", 10)
    if not isinstance(count, int) or not 1 <= count <= 20:
        raise Refused(400, "invalid_params", "max_count is out of range")
    return _ok({"videos": [_row(post) for post in _public(request, grant)[:count]], "cursor": 0, "has_more": False})


async def video_query(request: Request) -> Response:
    grant = _grant(request, "video.list")
    filters = cast("Mapping[str, Any]", (await _body(request)).get("filters") or {})
    ids = cast("list[Any]", filters.get("video_ids") or [])
    return _ok({"videos": [_row(post) for post in _public(request, grant) if post.id in ids]})


def page(state: State, request: Request) -> str:
    shown = sorted(state.posts.values(), key=lambda post: post.at, reverse=True)
    bubbles = "".join(
        pages.bubble(
            author=f"@{USERS[post.account]}",
            text=html.escape("\n\n".join(filter(None, (str(post.shown["title"]), str(post.shown["body"]))))),
            media="".join(pages.file_html("tiktok", medium) for medium in post.media),
            at=post.at,
            note=str(post.shown["privacy"]).replace("_", " ").lower(),
            deleted=post.deleted,
        )
        for post in shown
    )
    return pages.heading("TikTok", "What the audience sees") + (bubbles or '<p class="note">Nothing yet.</p>')


_TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/v2/auth/authorize/", authorize),
    ("POST", "/v2/auth/authorize/", decide),
    ("POST", "/v2/oauth/token/", token),
    ("POST", "/v2/oauth/revoke/", revoke),
    ("GET", "/v2/user/info/", user_info),
    ("POST", "/v2/post/publish/creator_info/query/", creator_info),
    ("POST", "/v2/post/publish/video/init/", video_init),
    ("PUT", "/upload/{id}", upload),
    ("POST", "/v2/post/publish/content/init/", content_init),
    ("POST", "/v2/post/publish/status/fetch/", status),
    ("POST", "/v2/video/list/", video_list),
    ("POST", "/v2/video/query/", video_query),
)

NETWORK = Network(
    id="tiktok",
    name="TikTok",
    hosts={"api": "/tiktok", "auth": "/tiktok"},
    routes=[Route(path, answering(handler), methods=[method]) for method, path, handler in _TABLE],
    memory=Memory,
    page=page,
    refuse=refuse,
    credentials={"clientId": RULES.client_id, "clientSecret": RULES.client_secret},
    controls=[Route("/expire", oauth.expire_route(RULES), methods=["PUT"])],
)
