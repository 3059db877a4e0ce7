"""X: OAuth 2 with PKCE, posts, media and figures of API v2. https://docs.x.com (OpenAPI 2.167), checked 2026-11-20."""

from __future__ import annotations

import base64
import hashlib
import html
import math
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from providers.text import urls, weighted_length

from . import pages
from .core import JSON, Bucket, Fault, Network, State, Visible, processing_fails, received_at, state_of, wall_clock
from .files import seen

CLIENT_ID, CLIENT_SECRET = "sandbox-x-client", "sandbox-x-secret"
SCOPES = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
CODE_LIFE, TOKEN_LIFE, MEDIA_LIFE = timedelta(seconds=30), timedelta(hours=2), timedelta(hours=24)
PROCESSING = timedelta(seconds=1)
MAX_IMAGE, MAX_VIDEO, MAX_CHUNK = 5 * 1024**2, 512 * 1024**2, 5 * 1024**2
PROBLEMS = "https://api.x.com/2/problems/"
EXPANDED_ONLY = frozenset({"author_id", "referenced_posts"})  # expansions, not fields
BODY_KEYS = frozenset(
    {
        "card_uri",
        "community_id",
        "direct_message_deep_link",
        "edit_options",
        "for_super_followers_only",
        "geo",
        "made_with_ai",
        "media",
        "nullcast",
        "paid_partnership",
        "poll",
        "quote_tweet_id",
        "reply",
        "reply_settings",
        "share_with_followers",
        "text",
    }
)


# --- what is there ---------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class User:
    id: str
    username: str
    name: str
    subscription: str = "None"
    bucket: Bucket = field(default_factory=lambda: Bucket(size=100, seconds=900.0))


@dataclass(slots=True, kw_only=True)
class Grant:
    """A code, an access token or a refresh token."""

    user_id: str
    scopes: tuple[str, ...]
    expires_at: datetime
    challenge: str = ""
    redirect_uri: str = ""
    family: str = ""
    used: bool = False


@dataclass(slots=True, kw_only=True)
class Upload:
    owner: str
    mime: str
    category: str
    expires_at: datetime
    total: int = 0
    chunks: dict[int, bytes] = field(default_factory=dict[int, bytes])
    ready_at: datetime | None = None
    failed: bool = False
    alt: str = ""

    def content(self) -> bytes:
        return b"".join(self.chunks[number] for number in sorted(self.chunks))


@dataclass(slots=True)
class Memory:
    users: dict[str, User] = field(default_factory=lambda: {user.id: user for user in _seeds()})
    codes: dict[str, Grant] = field(default_factory=dict[str, Grant])
    tokens: dict[str, Grant] = field(default_factory=dict[str, Grant])
    refresh: dict[str, Grant] = field(default_factory=dict[str, Grant])
    media: dict[str, Upload] = field(default_factory=dict[str, Upload])
    last_id: int = 1_860_000_000_000_000_000

    def next_id(self) -> str:
        self.last_id += 7
        return str(self.last_id)


def _seeds() -> list[User]:
    return [
        User(id="2244994945", username="sandbox_studio", name="Sandbox Studio"),
        User(id="783214", username="sandbox_premium", name="Sandbox Premium", subscription="Premium"),
    ]


class Refused(Exception):
    def __init__(self, status: int, detail: str, kind: str = "about:blank", title: str = "", **more: JSON) -> None:
        super().__init__(detail)
        self.status = status
        kind = kind if kind == "about:blank" else PROBLEMS + kind
        self.body: dict[str, JSON] = {
            "title": title or "Error",
            "detail": detail,
            "type": kind,
            "status": status,
            **more,
        }


def refuse(fault: Fault) -> Response:
    status, detail, kind, title = {
        "server_error": (503, "Service Unavailable", "about:blank", "Service Unavailable"),
        "rate_limited": (429, "Too Many Requests", "about:blank", "Too Many Requests"),
        "unauthorized": (401, "Unauthorized", "about:blank", "Unauthorized"),
        "refused": (403, "You are not permitted to perform this action.", "about:blank", "Forbidden"),
    }[fault.kind]
    headers = (
        {"x-rate-limit-reset": str(math.ceil(wall_clock().timestamp() + fault.seconds))}
        if fault.kind == "rate_limited"
        else {}
    )
    body = {"title": title, "detail": detail, "type": kind, "status": status}
    return JSONResponse(body, status_code=status, headers=headers)


def _memory(request: Request) -> Memory:
    return cast("Memory", state_of(request).memory)


# --- OAuth 2 ---------------------------------------------------------------------------------------------------------


async def authorize(request: Request) -> Response:
    """The consent page: whoever clicks chooses the user."""
    query = request.query_params
    wrong = _wrong_request(query)
    if wrong:
        return HTMLResponse(f"<h1>Something went wrong</h1><p>{html.escape(wrong)}</p>", status_code=400)
    asked = query.get("scope", "").split()
    rows = "".join(
        f'<p><button name="user" value="{user.id}">Authorize as @{html.escape(user.username)}</button></p>'
        for user in _memory(request).users.values()
    )
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in query.items()
    )
    body = (
        "<h1>SocialClaw wants to access your X account</h1>"
        f'<p class="note">It asks for: {html.escape(", ".join(asked))}</p>'
        f'<form method="post">{hidden}{rows}<p><button name="user" value="">Cancel</button></p></form>'
    )
    page = pages.document("Authorize", body)
    # the browser counts the way back to whoever asked as a target of this form
    page.headers["Content-Security-Policy"] = pages.HEADERS["Content-Security-Policy"].replace(
        "form-action 'self'", "form-action *"
    )
    return page


def _wrong_request(query: Mapping[str, str]) -> str:
    if query.get("response_type") != "code":
        return "response_type must be code."
    if query.get("client_id") != CLIENT_ID:
        return "There is no such client."
    if not query.get("redirect_uri", "").startswith(("http://127.0.0.1", "http://localhost", "https://")):
        return "The redirect address is not registered."
    if len(query.get("state", "")) > 500 or not query.get("state"):
        return "state is missing or too long."
    if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
        return "A code challenge with S256 is required."
    return ""


async def decide(request: Request) -> Response:
    form = {name: str(value) for name, value in (await request.form()).items()}
    wrong = _wrong_request(form)
    if wrong:
        return HTMLResponse(f"<p>{html.escape(wrong)}</p>", status_code=400)
    memory, now = _memory(request), state_of(request).now()
    if form.get("user") not in memory.users:
        answer = {"error": "access_denied", "state": form["state"]}
    else:
        code = secrets.token_urlsafe(32)
        memory.codes[code] = Grant(
            user_id=form["user"],
            scopes=tuple(scope for scope in form.get("scope", "").split() if scope in SCOPES),
            expires_at=now + CODE_LIFE,
            challenge=form["code_challenge"],
            redirect_uri=form["redirect_uri"],
        )
        answer = {"code": code, "state": form["state"]}
    joined = "&" if "?" in form["redirect_uri"] else "?"
    return RedirectResponse(form["redirect_uri"] + joined + urlencode(answer), status_code=302)


async def token(request: Request) -> Response:
    form = {name: str(value) for name, value in (await request.form()).items()}
    if not _is_client(request):
        return _oauth_error("unauthorized_client", "Missing valid authorization header", 401)
    if form.get("grant_type") == "authorization_code":
        return _from_code(request, form)
    if form.get("grant_type") == "refresh_token":
        return _from_refresh(request, form)
    return _oauth_error("unsupported_grant_type", "Unsupported grant type")


def _is_client(request: Request) -> bool:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        return base64.b64decode(encoded).decode() == f"{CLIENT_ID}:{CLIENT_SECRET}"
    except ValueError:
        return False


def _from_code(request: Request, form: Mapping[str, str]) -> Response:
    memory, now = _memory(request), state_of(request).now()
    grant = memory.codes.pop(form.get("code", ""), None)
    if grant is None or grant.expires_at < now:
        return _oauth_error("invalid_request", "Value passed for the authorization code was invalid.")
    if grant.redirect_uri != form.get("redirect_uri"):
        return _oauth_error("invalid_request", "Value passed for the redirect uri did not match.")
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != grant.challenge:
        return _oauth_error("invalid_request", "Value passed for the code verifier was invalid.")
    return _issue(memory, now, grant.user_id, grant.scopes, family=secrets.token_hex(8))


def _from_refresh(request: Request, form: Mapping[str, str]) -> Response:
    memory, now = _memory(request), state_of(request).now()
    grant = memory.refresh.get(form.get("refresh_token", ""))
    if grant is None or grant.used or grant.expires_at < now:
        if grant is not None and grant.used:
            _end_family(memory, grant.family)
        return _oauth_error("invalid_request", "Value passed for the token was invalid.")
    grant.used = True
    return _issue(memory, now, grant.user_id, grant.scopes, family=grant.family)


def _end_family(memory: Memory, family: str) -> None:
    """A refresh token came twice: whoever has the others may be a thief."""
    for table in (memory.tokens, memory.refresh):
        for key in [key for key, grant in table.items() if grant.family == family]:
            del table[key]


def _issue(memory: Memory, now: datetime, user_id: str, scopes: tuple[str, ...], *, family: str) -> Response:
    access, refresh = secrets.token_urlsafe(40), secrets.token_urlsafe(40)
    memory.tokens[access] = Grant(user_id=user_id, scopes=scopes, expires_at=now + TOKEN_LIFE, family=family)
    body: dict[str, JSON] = {
        "token_type": "bearer",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "access_token": access,
        "scope": " ".join(scopes),
    }
    if "offline.access" in scopes:
        memory.refresh[refresh] = Grant(
            user_id=user_id, scopes=scopes, expires_at=now + timedelta(days=180), family=family
        )
        body["refresh_token"] = refresh
    return JSONResponse(body)


async def revoke(request: Request) -> Response:
    form = await request.form()
    if not _is_client(request):
        return _oauth_error("unauthorized_client", "Missing valid authorization header", 401)
    memory = _memory(request)
    memory.tokens.pop(str(form.get("token", "")), None)
    memory.refresh.pop(str(form.get("token", "")), None)
    return JSONResponse({"revoked": True})


def _oauth_error(error: str, description: str, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status_code=status)


def _user(request: Request, *scopes: str) -> User:
    memory = _memory(request)
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    grant = memory.tokens.get(secret) if scheme.lower() == "bearer" else None
    if grant is None or grant.expires_at < state_of(request).now():
        raise Refused(401, "Unauthorized", title="Unauthorized")
    missing = [scope for scope in scopes if scope not in grant.scopes]
    if missing:
        raise Refused(
            403, f"Your client app is not configured with the scope {missing[0]}.", "client-forbidden", "Forbidden"
        )
    return memory.users[grant.user_id]


# --- posts -----------------------------------------------------------------------------------------------------------


async def me(request: Request) -> Response:
    try:
        user = _user(request, "tweet.read", "users.read")
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    posts = [post for post in state_of(request).posts.values() if post.account == user.id and not post.deleted]
    data = {
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "protected": False,
        "verified": user.subscription != "None",
        "verified_type": "blue" if user.subscription != "None" else "none",
        "subscription_type": user.subscription,
        "public_metrics": {"followers_count": 12, "following_count": 3, "post_count": len(posts), "listed_count": 0},
    }
    return JSONResponse({"data": data})


async def create(request: Request) -> Response:
    try:
        user = _user(request, "tweet.read", "tweet.write", "users.read")
        _count(request, user)
        body = await _json(request)
        post = _create(request, user, body)
    except Refused as refused:
        headers = {"x-rate-limit-reset": str(refused.body.pop("reset"))} if "reset" in refused.body else {}
        return JSONResponse(refused.body, status_code=refused.status, headers=headers)
    data = {"id": post.id, "text": post.shown["rendered"], "edit_history_post_ids": [post.id]}
    return JSONResponse({"data": data}, status_code=201)


def _count(request: Request, user: User) -> None:
    state = state_of(request)
    if not state.limits_enabled:
        return
    wait = user.bucket.wait(state.now())
    if wait > 0:
        reset = math.ceil(state.now().timestamp() + wait)
        raise Refused(429, "Too Many Requests", title="Too Many Requests", reset=reset)
    user.bucket.take()


def _create(request: Request, user: User, body: Mapping[str, Any]) -> Visible:
    state, memory = state_of(request), _memory(request)
    unknown = sorted(set(body) - BODY_KEYS)
    if unknown:
        raise _invalid(f"The JSON body has properties that are not allowed: {unknown[0]}")
    text = str(body.get("text") or "")
    media_ids = cast("list[str]", _object(body.get("media")).get("media_ids") or [])
    if not text and not media_ids:
        raise _invalid("text or media is required")
    limit = 25_000 if user.subscription in ("Premium", "PremiumPlus") else 280
    if weighted_length(text) > limit:
        raise Refused(400, "Your Tweet text is too long. For more information see the docs.", "invalid-request")
    if body.get("reply_settings", "following") not in ("following", "mentionedUsers", "subscribers", "verified"):
        raise _invalid("reply_settings is not one of the allowed values")
    parent = _object(body.get("reply")).get("in_reply_to_tweet_id")
    if parent is not None and not any(post.id == parent and not post.deleted for post in state.posts.values()):
        raise Refused(
            403, "You attempted to reply to a Tweet that is deleted or not visible to you.", title="Forbidden"
        )
    media = [_attached(memory, state, user, str(id)) for id in media_ids]
    kinds = [upload.category for upload in media]
    if len(media) > 4 or (len(media) > 1 and any(kind != "tweet_image" for kind in kinds)):
        raise _invalid("A post takes up to 4 images, or one video")
    _refuse_duplicate(state, user, text, parent, media_ids)
    kept = [_kept(state, upload) for upload in media]
    rendered, links = _shortened(text)
    return state.show(
        Visible(
            id=memory.next_id(),
            at=received_at(request),
            account=user.id,
            text=text,
            media=kept,
            shown={
                "username": user.username,
                "parent": parent,
                "rendered": rendered + (" https://t.co/media" if kept else ""),
                "links": links,
                "reply_settings": body.get("reply_settings", "everyone"),
            },
        )
    )


def _attached(memory: Memory, state: State, user: User, id: str) -> Upload:
    upload = memory.media.get(id)
    if upload is None or upload.owner != user.id or upload.expires_at < state.now():
        raise _invalid("Your media IDs are invalid.")
    if upload.failed or upload.ready_at is None or upload.ready_at > state.now():
        raise _invalid("Your media IDs are invalid: a file is not ready.")
    return upload


def _kept(state: State, upload: Upload) -> Mapping[str, JSON]:
    kind = "video" if upload.category == "tweet_video" else "image"
    return {**state.keep_file(kind, upload.mime, upload.content()), "alt": upload.alt}


def _refuse_duplicate(state: State, user: User, text: str, parent: JSON, media_ids: Sequence[str]) -> None:
    """The same words soon after each other; a picture makes them another post."""
    recent = [post for post in state.posts.values() if post.account == user.id and not post.deleted][-20:]
    same = any(post.text == text and post.shown["parent"] == parent and not post.media for post in recent)
    if same and not media_ids:
        raise Refused(403, "You are not allowed to create a Tweet with duplicate content.", title="Forbidden")


def _shortened(text: str) -> tuple[str, list[JSON]]:
    """Links as X stores them: its own short ones, with what was written beside them."""
    links: list[JSON] = []
    shown, position = "", 0
    for number, (start, end) in enumerate(urls(text)):
        written = text[start:end]
        short = f"https://t.co/{hashlib.sha256(written.encode()).hexdigest()[:8]}{number}"
        expanded = written if "://" in written else f"http://{written}"
        links.append({"url": short, "expanded_url": expanded, "display_url": written[:30]})
        shown += text[position:start] + short
        position = end
    return html.escape(shown + text[position:], quote=False), links


def _told(post: Visible, request: Request) -> dict[str, JSON]:
    data: dict[str, JSON] = {
        "id": post.id,
        "text": post.shown["rendered"],
        "created_at": post.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "author_id": post.account,
        "edit_history_post_ids": [post.id],
        "public_metrics": {
            "repost_count": 1,
            "reply_count": sum(other.shown["parent"] == post.id for other in state_of(request).posts.values()),
            "like_count": 3,
            "quote_count": 0,
            "bookmark_count": 0,
            "impression_count": 42,
        },
    }
    links = [*cast("list[JSON]", post.shown["links"])]
    if post.media:
        data["attachments"] = {"media_keys": [f"3_{post.id}"]}
        links.append(
            {
                "url": "https://t.co/media",
                "expanded_url": f"https://x.com/i/status/{post.id}/photo/1",
                "media_key": f"3_{post.id}",
            }
        )
    if links:
        data["entities"] = {"urls": links}
    if post.shown["parent"]:
        data["referenced_posts"] = [{"type": "replied_to", "id": post.shown["parent"]}]
    asked = _asked(request)
    return {name: value for name, value in data.items() if name in asked}


def _asked(request: Request) -> set[str]:
    """What was not asked for is not told, and nobody complains about a wrong name: X does neither."""
    fields = request.query_params.get("post.fields", "").split(",")
    expansions = [name.partition(".")[0] for name in request.query_params.get("expansions", "").split(",")]
    return {"id", "text", "edit_history_post_ids"} | (set(fields) - EXPANDED_ONLY) | set(expansions)


async def timeline(request: Request) -> Response:
    try:
        user = _user(request, "tweet.read", "users.read")
        if request.path_params["id"] != user.id:
            raise Refused(403, "Only the own timeline is here.", title="Forbidden")
        count = request.query_params.get("max_results", "10")
        if not count.isdecimal() or not 5 <= int(count) <= 100:
            raise _invalid("max_results must be between 5 and 100")
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    since = datetime.fromisoformat(request.query_params.get("start_time", "2000-01-01T00:00:00Z"))
    rows = [
        post
        for post in state_of(request).posts.values()
        if post.account == user.id and not post.deleted and post.at >= since
    ]
    found = [_told(post, request) for post in reversed(rows)][: int(count)]
    return JSONResponse({**({"data": found} if found else {}), "meta": {"result_count": len(found)}})


async def one(request: Request) -> Response:
    try:
        user = _user(request, "tweet.read", "users.read")
        post = state_of(request).post(user.id, request.path_params["id"])
        if request.method == "DELETE":
            user = _user(request, "tweet.read", "tweet.write", "users.read")
            if post is None:
                raise Refused(
                    404,
                    f"Could not find tweet with id: [{request.path_params['id']}].",
                    "resource-not-found",
                    "Not Found Error",
                )
            post.deleted = True
            return JSONResponse({"data": {"deleted": True}})
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    if post is None:
        return JSONResponse({"errors": [_not_found(request.path_params["id"])]})
    return JSONResponse({"data": _told(post, request)})


async def several(request: Request) -> Response:
    try:
        user = _user(request, "tweet.read", "users.read")
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    ids = [id for id in request.query_params.get("ids", "").split(",") if id]
    posts = {id: state_of(request).post(user.id, id) for id in ids}
    data = [_told(post, request) for post in posts.values() if post is not None]
    errors = [_not_found(id) for id, post in posts.items() if post is None]
    media = [
        {"media_key": f"3_{post.id}", "public_metrics": {"view_count": 9}}
        for post in posts.values()
        if post is not None and post.media
    ]
    return JSONResponse(
        {
            **({"data": data} if data else {}),
            **({"errors": errors} if errors else {}),
            **({"includes": {"media": media}} if media else {}),
        }
    )


def _not_found(id: str) -> JSON:
    return {
        "value": id,
        "detail": f"Could not find tweet with ids: [{id}].",
        "title": "Not Found Error",
        "resource_type": "tweet",
        "parameter": "ids",
        "resource_id": id,
        "type": PROBLEMS + "resource-not-found",
    }


# --- media -----------------------------------------------------------------------------------------------------------


async def upload(request: Request) -> Response:
    """One shot for images; with ``command=STATUS`` how the processing of a video goes."""
    try:
        user = _user(request, "media.write")
        if request.method == "GET":
            return _status(request, user)
        form = await request.form(max_part_size=1024**2)
        file, category = form.get("media"), form.get("media_category")
        if not isinstance(file, UploadFile) or category not in ("tweet_image", "tweet_gif"):
            raise _invalid("media and media_category are required")
        content = await file.read()
        if not content:
            raise _invalid("The file is empty")
        if len(content) > MAX_IMAGE:
            raise Refused(413, "Payload Too Large", title="Payload Too Large")
        refuse_picture(content)
        made = Upload(
            owner=user.id,
            mime=file.content_type or "image/jpeg",
            category=str(category),
            expires_at=state_of(request).now() + MEDIA_LIFE,
            total=len(content),
            chunks={0: content},
            ready_at=state_of(request).now(),
        )
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    return JSONResponse({"data": {**_begun(request, made), "size": len(content)}})


def refuse_picture(content: bytes) -> None:
    """https://docs.x.com/x-api/media/quickstart/best-practices, and the words of error 324."""
    picture = seen(content)
    if picture is None:
        return
    if picture.form not in ("JPEG", "PNG", "WEBP", "GIF"):
        raise _invalid("media type unrecognized.")
    if picture.longer > 8192:
        raise _invalid("Image dimensions must be >= 4x4 and <= 8192x8192")


def wrong_film(content: bytes) -> bool:
    """The same page; https://help.x.com/en/using-x/x-videos for the size in pixels."""
    film = seen(content)
    if film is None:
        return False
    fits = 32 <= film.shorter <= 1200 and film.longer <= 1920 and 1 / 3 <= film.aspect <= 3
    plays = film.codec == "h264" and film.pixels in ("yuv420p", "yuvj420p") and film.sound in ("", "aac")
    return not (film.is_mp4 and fits and plays and 0.5 <= film.seconds <= 140.5 and film.rate <= 60.5)


def _begun(request: Request, made: Upload) -> dict[str, JSON]:
    memory = _memory(request)
    id = memory.next_id()
    memory.media[id] = made
    return {"id": id, "media_key": f"3_{id}", "expires_after_secs": int(MEDIA_LIFE.total_seconds())}


async def initialize(request: Request) -> Response:
    try:
        user = _user(request, "media.write")
        body = await _json(request)
        total = body.get("total_bytes")
        if body.get("media_category") not in ("tweet_video", "tweet_image", "tweet_gif", "amplify_video"):
            raise _invalid("media_category is not one of the allowed values")
        if not isinstance(total, int) or total <= 0 or total > MAX_VIDEO:
            raise _invalid("total_bytes must be between 1 and 536870912")
        if not re.fullmatch(r"(video|image|text|model)/[\w.+-]+", str(body.get("media_type"))):
            raise _invalid("media_type is not one of the allowed values")
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    made = Upload(
        owner=user.id,
        mime=str(body["media_type"]),
        category=str(body["media_category"]),
        expires_at=state_of(request).now() + MEDIA_LIFE,
        total=total,
        failed=processing_fails(request),
    )
    return JSONResponse({"data": _begun(request, made)})


async def append(request: Request) -> Response:
    try:
        target = _own_upload(request)
        form = await request.form(max_part_size=1024**2)
        file, number = form.get("media"), str(form.get("segment_index"))
        if not isinstance(file, UploadFile) or not number.isdigit() or int(number) > 999:
            raise _invalid("media and segment_index (0 to 999) are required")
        content = await file.read()
        if len(content) > MAX_CHUNK:
            raise Refused(413, "Payload Too Large", title="Payload Too Large")
        target.chunks[int(number)] = content
        target.failed = target.failed or processing_fails(request)
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    return JSONResponse({"data": {"expires_at": int(target.expires_at.timestamp())}})


async def finalize(request: Request) -> Response:
    try:
        target = _own_upload(request)
        size = len(target.content())
        if size != target.total or sorted(target.chunks) != list(range(len(target.chunks))):
            raise _invalid(f"{size} of {target.total} bytes arrived")
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    target.ready_at = state_of(request).after(PROCESSING)
    target.failed = target.failed or processing_fails(request) or wrong_film(target.content())
    data = {
        "id": request.path_params["id"],
        "size": size,
        "processing_info": {"state": "pending", "check_after_secs": 1},
    }
    return JSONResponse({"data": data})


def _status(request: Request, user: User) -> Response:
    id = request.query_params.get("media_id", "")
    target = _memory(request).media.get(id)
    if request.query_params.get("command") != "STATUS" or target is None or target.owner != user.id:
        raise _invalid("Your media IDs are invalid.")
    target.failed = target.failed or processing_fails(request)
    ready = target.ready_at is not None and target.ready_at <= state_of(request).now()
    info: dict[str, JSON] = {"state": "in_progress", "check_after_secs": 1, "progress_percent": 50}
    if target.failed:
        info = {"state": "failed", "error": {"code": 1, "name": "InvalidMedia", "message": "Unsupported video format"}}
    elif ready:
        info = {"state": "succeeded", "progress_percent": 100}
    return JSONResponse({"data": {"id": id, "size": target.total, "processing_info": info}})


def _own_upload(request: Request) -> Upload:
    user = _user(request, "media.write")
    target = _memory(request).media.get(request.path_params["id"])
    if target is None or target.owner != user.id:
        raise _invalid("Your media IDs are invalid.")
    return target


async def metadata(request: Request) -> Response:
    try:
        user = _user(request, "media.write")
        body = await _json(request)
        target = _memory(request).media.get(str(body.get("id")))
        text = _object(_object(body.get("metadata")).get("alt_text")).get("text")
        if target is None or target.owner != user.id:
            raise _invalid("Your media IDs are invalid.")
        if not isinstance(text, str) or not 1 <= len(text) <= 1000:
            raise _invalid("alt_text.text must have 1 to 1000 characters")
        target.alt = text
    except Refused as refused:
        return JSONResponse(refused.body, status_code=refused.status)
    return JSONResponse({"data": {"id": body["id"], "associated_metadata": {"alt_text": {"text": text}}}})


async def _json(request: Request) -> Mapping[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise _invalid("The body is not JSON") from None
    if not isinstance(body, dict):
        raise _invalid("The body must be an object")
    return cast("Mapping[str, Any]", body)


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _invalid(message: str) -> Refused:
    return Refused(400, message, "invalid-request", "Invalid Request", errors=[{"message": message}])


# --- for people and tests --------------------------------------------------------------------------------------------


async def expire(request: Request) -> Response:
    """Every access token is over; refresh tokens stay."""
    memory = _memory(request)
    for grant in memory.tokens.values():
        grant.expires_at = state_of(request).now() - timedelta(seconds=1)
    return JSONResponse({"expired": len(memory.tokens)})


def page(state: State, request: Request) -> str:
    users = cast("Memory", state.memory).users
    shown = sorted(state.posts.values(), key=lambda post: post.at, reverse=True)
    bubbles = "".join(
        pages.bubble(
            author=f"{users[post.account].name} @{users[post.account].username}",
            text=unicodedata.normalize("NFC", post.text),
            media="".join(pages.file_html("x", medium) for medium in post.media),
            at=post.at,
            note=f"answers {post.shown['parent']}" if post.shown["parent"] else "",
            deleted=post.deleted,
        )
        for post in shown
    )
    return pages.heading("X", "What the audience sees") + (bubbles or '<p class="note">Nothing yet.</p>')


NETWORK = Network(
    id="x",
    name="X",
    hosts={"api": "/x", "auth": "/x"},
    routes=[
        Route("/i/oauth2/authorize", authorize, methods=["GET"]),
        Route("/i/oauth2/authorize", decide, methods=["POST"]),
        Route("/2/oauth2/token", token, methods=["POST"]),
        Route("/2/oauth2/revoke", revoke, methods=["POST"]),
        Route("/2/users/me", me, methods=["GET"]),
        Route("/2/users/{id}/tweets", timeline, methods=["GET"]),
        Route("/2/tweets", create, methods=["POST"]),
        Route("/2/tweets", several, methods=["GET"]),
        Route("/2/tweets/{id}", one, methods=["GET", "DELETE"]),
        Route("/2/media/upload", upload, methods=["GET", "POST"]),
        Route("/2/media/upload/initialize", initialize, methods=["POST"]),
        Route("/2/media/upload/{id}/append", append, methods=["POST"]),
        Route("/2/media/upload/{id}/finalize", finalize, methods=["POST"]),
        Route("/2/media/metadata", metadata, methods=["POST"]),
    ],
    memory=Memory,
    page=page,
    refuse=refuse,
    credentials={"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET},
    controls=[Route("/expire", expire, methods=["PUT"])],
)
