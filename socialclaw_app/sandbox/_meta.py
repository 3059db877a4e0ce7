"""The Graph API's copy: logins, pages, photos, phased videos, Instagram's containers, figures, and Meta's errors.

https://developers.facebook.com/docs/graph-api (v25.0), checked 2026-11-20.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from . import oauth, pages
from .core import (
    JSON,
    Bucket,
    Fault,
    Network,
    State,
    Visible,
    content_of,
    processing_fails,
    pulled,
    received_at,
    state_of,
    wait_for_room,
)
from .files import seen
from .oauth import Grant, Grants, OAuthRefused, Rules

VERSIONS = re.compile(r"^v(2[2-7])\.0$")
SHORT, LONG = timedelta(hours=1), timedelta(days=60)
PROCESSING = timedelta(milliseconds=500)
CHUNK = 1024**2
PEOPLE: Mapping[str, str] = {"10220000000000001": "Sandbox Person", "10220000000000002": "Second Person"}
PAGES: Mapping[str, Mapping[str, str]] = {
    "104500000000001": {"name": "Sandbox Bakery", "owner": "10220000000000001", "instagram": "17841400000000001"},
    "104500000000002": {"name": "Sandbox Cinema", "owner": "10220000000000001", "instagram": ""},
    "104500000000003": {"name": "Second Garden", "owner": "10220000000000002", "instagram": "17841400000000003"},
}
INSTAGRAM: Mapping[str, str] = {"17841400000000001": "sandbox_bakery", "17841400000000003": "second_garden"}
STANDALONE: Mapping[str, str] = {"17841400000000011": "sandbox_solo", "17841400000000012": "sandbox_duo"}
FACEBOOK_SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_posts",
    "pages_manage_engagement",
    "read_insights",
    "pages_read_user_content",
    "business_management",
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_insights",
    "instagram_manage_contents",
)
INSTAGRAM_SCOPES = (
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_insights",
)


@dataclass(slots=True, kw_only=True)
class Photo:
    page: str
    medium: Mapping[str, JSON]
    used: bool = False


@dataclass(slots=True, kw_only=True)
class Film:
    page: str
    session: str
    size: int
    content: bytearray = field(default_factory=bytearray)
    ready_at: datetime | None = None
    failed: bool = False


@dataclass(slots=True, kw_only=True)
class Container:
    owner: str
    caption: str
    media: list[Mapping[str, JSON]]
    expires_at: datetime
    ready_at: datetime
    child: bool = False
    failed: str = ""
    published: bool = False


@dataclass(slots=True)
class Memory:
    grants: Grants = field(default_factory=Grants)
    photos: dict[str, Photo] = field(default_factory=dict[str, Photo])
    films: dict[str, Film] = field(default_factory=dict[str, Film])
    containers: dict[str, Container] = field(default_factory=dict[str, Container])
    buckets: dict[str, Bucket] = field(default_factory=dict[str, Bucket])


def _memory(request: Request) -> Memory:
    return cast("Memory", state_of(request).memory)


class Refused(Exception):
    def __init__(self, code: int, message: str, *, subcode: int = 0, status: int = 400, **more: JSON) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_of(code, message, subcode, **more)


def error_of(code: int, message: str, subcode: int = 0, **more: JSON) -> dict[str, JSON]:
    error: dict[str, JSON] = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, **more}
    if subcode:
        error["error_subcode"] = subcode
    return {"error": {**error, "fbtrace_id": secrets.token_hex(6)}}


def refuse(fault: Fault) -> Response:
    code, message, status, more = {
        "server_error": (2, "Service temporarily unavailable", 500, {"is_transient": True}),
        "rate_limited": (32, "Page request limit reached", 400, {}),
        "unauthorized": (190, "Error validating access token: the session has been invalidated", 400, {}),
        "refused": (100, "Invalid parameter", 400, {}),
    }[fault.kind]
    headers = {}
    if fault.kind == "rate_limited":
        usage = {"1": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": fault.seconds / 60}]}
        headers = {"X-Business-Use-Case-Usage": json.dumps(usage)}
    return JSONResponse(error_of(code, message, **cast("Any", more)), status_code=status, headers=headers)


Handler = Callable[[Request], Awaitable[Response]]


def network(id: str, name: str, *, standalone: bool = False) -> Network:
    graph = _Graph(id, name, standalone)
    hosts = {"api": f"/{id}", "auth": f"/{id}"}
    hosts |= {"token": f"/{id}/token"} if standalone else {}
    hosts |= {"video": f"/{id}"} if id in ("facebook", "meta") else {}
    return Network(
        id=id,
        name=name,
        hosts=hosts,
        routes=graph.routes(),
        memory=Memory,
        page=lambda state, request: _page(id, name, state),
        refuse=refuse,
        credentials={"clientId": graph.rules.client_id, "clientSecret": graph.rules.client_secret},
        controls=[Route("/expire", oauth.expire_route(graph.rules), methods=["PUT"])],
    )


def refuse_photo(content: bytes) -> None:
    """https://developers.facebook.com/docs/graph-api/reference/photo"""
    photo = seen(content)
    if photo is not None and (photo.form not in ("JPEG", "BMP", "PNG", "GIF", "TIFF") or photo.size > 10 * 1024**2):
        raise Refused(324, "Missing or invalid image file", subcode=2069019)


def refuse_picture(content: bytes) -> None:
    """https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media"""
    picture = seen(content)
    if picture is None:
        return
    if picture.size > 8 * 1024**2:
        raise Refused(36000, "The image is too large to download.", subcode=2207004)
    if picture.form != "JPEG":
        raise Refused(36001, "The image format is not supported.", subcode=2207005)
    if not 0.74 <= picture.aspect <= 1.92:
        raise Refused(36003, "The aspect ratio is not supported.", subcode=2207009)


def wrong_reel(content: bytes) -> str:
    """The same page. Instagram takes any address and finds out afterwards."""
    film = seen(content)
    if film is None:
        return ""
    plays = film.is_mp4 and film.codec in ("h264", "hevc") and film.sound in ("", "aac")
    fits = film.width <= 1920 and 3 <= film.seconds <= 900.5 and film.size <= 300 * 1024**2
    even = 22.5 <= film.rate <= 60.5 and film.pixels in ("yuv420p", "yuvj420p", "yuv420p10le")
    return "" if plays and fits and even else "2207026: the video format is not supported"


class _Graph:
    def __init__(self, id: str, name: str, standalone: bool) -> None:
        self.standalone = standalone
        self.rules = Rules(
            name=name,
            client_id=str(int(hashlib.sha256(id.encode()).hexdigest()[:12], 16)),
            client_secret=f"sandbox-{id}-secret",
            grants=lambda request: _memory(request).grants,
            people=lambda request: STANDALONE if standalone else PEOPLE,
            scopes=INSTAGRAM_SCOPES if standalone else FACEBOOK_SCOPES,
            code_life=timedelta(minutes=10),
            token_life=SHORT,
            refresh_life=None,
            separator=",",
        )

    def routes(self) -> Sequence[BaseRoute]:
        graph: Sequence[tuple[str, str, Handler]] = (
            ("GET", "/{v}/me", self.me),
            ("GET", "/{v}/me/accounts", self.accounts),
            ("GET", "/{v}/me/permissions", self.permissions),
            ("DELETE", "/{v}/me/permissions", self.forget),
            ("POST", "/{v}/{id}/feed", self.feed),
            ("POST", "/{v}/{id}/photos", self.photo),
            ("POST", "/{v}/{id}/videos", self.video),
            ("GET", "/{v}/{id}/published_posts", self.published_posts),
            ("POST", "/{v}/{id}/media", self.container),
            ("GET", "/{v}/{id}/media", self.own_media),
            ("POST", "/{v}/{id}/media_publish", self.publish),
            ("GET", "/{v}/{id}/insights", self.insights),
            ("GET", "/{v}/{id}", self.node),
            ("DELETE", "/{v}/{id}", self.remove),
        )
        dialog: Sequence[tuple[str, str, Handler]]
        if self.standalone:
            dialog = (
                ("GET", "/oauth/authorize", self.authorize),
                ("POST", "/oauth/authorize", self.decide),
                ("POST", "/token/oauth/access_token", self.short_token),
                ("GET", "/access_token", self.long_token),
                ("GET", "/refresh_access_token", self.long_token),
            )
        else:
            dialog = (
                ("GET", "/{v}/dialog/oauth", self.authorize),
                ("POST", "/{v}/dialog/oauth", self.decide),
                ("GET", "/{v}/oauth/access_token", self.token),
            )
        return [Route(path, self.answering(handler), methods=[method]) for method, path, handler in (*dialog, *graph)]

    def answering(self, handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            try:
                version = request.path_params.get("v")
                if version is not None and not VERSIONS.match(version):
                    raise Refused(2635, "You are calling a deprecated version of the Ads API.")
                return await handler(request)
            except Refused as refused:
                return JSONResponse(refused.body, status_code=refused.status)

        return answer

    # --- logins ---

    async def authorize(self, request: Request) -> Response:
        return oauth.authorize(self.rules, request)

    async def decide(self, request: Request) -> Response:
        return await oauth.decide(self.rules, request)

    async def token(self, request: Request) -> Response:
        """Facebook: a code for a short token, a short or a long one for a long one."""
        query = request.query_params
        try:
            oauth.check_client(self.rules, request, query)
            if query.get("grant_type") == "fb_exchange_token":
                return JSONResponse(self.prolonged(request, query.get("fb_exchange_token", "")))
            grant = oauth.redeem_code(self.rules, request, query)
        except OAuthRefused as refused:
            raise Refused(100 if refused.status == 400 else 101, refused.description) from None
        body = oauth.issue(self.rules, request, grant, {})
        return JSONResponse({name: body[name] for name in ("access_token", "token_type", "expires_in")})

    def prolonged(self, request: Request, token: str) -> dict[str, JSON]:
        grant = oauth.holder(self.rules, request, token)
        if grant is None:
            raise Refused(190, "Error validating access token.", subcode=463)
        now, fresh = state_of(request).now(), secrets.token_urlsafe(40)
        longer = Grant(user_id=grant.user_id, scopes=grant.scopes, issued_at=now, expires_at=now + LONG)
        self.rules.grants(request).tokens[fresh] = longer
        return {"access_token": fresh, "token_type": "bearer", "expires_in": int(LONG.total_seconds())}

    async def short_token(self, request: Request) -> Response:
        """Instagram's own login."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            oauth.check_client(self.rules, request, form)
            grant = oauth.redeem_code(self.rules, request, form)
        except OAuthRefused as refused:
            body = {"error_type": "OAuthException", "code": 400, "error_message": refused.description}
            return JSONResponse(body, status_code=400)
        issued = oauth.issue(self.rules, request, grant, {})
        one = {
            "access_token": issued["access_token"],
            "user_id": int(grant.user_id),
            "permissions": ",".join(grant.scopes),
        }
        return JSONResponse({"data": [one]})

    async def long_token(self, request: Request) -> Response:
        query = request.query_params
        renews = request.url.path.endswith("/refresh_access_token")
        if query.get("grant_type") != ("ig_refresh_token" if renews else "ig_exchange_token"):
            raise Refused(100, "Unsupported grant type")
        if not renews and query.get("client_secret") != self.rules.client_secret:
            raise Refused(101, "Error validating client secret.")
        grant = oauth.holder(self.rules, request, query.get("access_token", ""))
        if renews and grant is not None and grant.issued_at > state_of(request).now() - timedelta(hours=24):
            raise Refused(100, "The access token must be at least 24 hours old to be refreshed")
        return JSONResponse(self.prolonged(request, query.get("access_token", "")))

    def who(self, request: Request) -> Grant:
        """The person or page behind a token; a page's token starts with its id."""
        secret = oauth.bearer_of(request) or request.query_params.get("access_token", "")
        page, _, rest = secret.partition("|")
        grant = oauth.holder(self.rules, request, rest if rest else page)
        if grant is None:
            raise Refused(190, "Error validating access token: the session has expired", subcode=463)
        proof = request.query_params.get("appsecret_proof")
        right = hmac.new(self.rules.client_secret.encode(), secret.encode(), hashlib.sha256).hexdigest()
        if not self.standalone and proof != right:
            raise Refused(100, "Invalid appsecret_proof provided in the API argument", type="GraphMethodException")
        return grant

    def as_page(self, request: Request, page: str, *scopes: str) -> None:
        grant = self.who(request)
        missing = oauth.lacking(grant, scopes)
        if missing:
            raise Refused(200, f"Requires {missing} permission to manage the object")
        secret = oauth.bearer_of(request)
        if page not in PAGES or PAGES[page]["owner"] != grant.user_id or not secret.startswith(f"{page}|"):
            raise Refused(200, "A page access token is required")

    def as_instagram(self, request: Request, owner: str) -> None:
        grant = self.who(request)
        owners = {page["instagram"]: page["owner"] for page in PAGES.values()}
        allowed = grant.user_id == (owner if self.standalone else owners.get(owner))
        needed = "instagram_business_content_publish" if self.standalone else "instagram_content_publish"
        if not allowed or needed not in grant.scopes:
            raise Refused(10, "Application does not have permission for this action")

    async def me(self, request: Request) -> Response:
        grant = self.who(request)
        if self.standalone:
            name = STANDALONE[grant.user_id]
            app_scoped = f"2{grant.user_id[1:]}"
            return JSONResponse({"id": app_scoped, "user_id": grant.user_id, "username": name, "name": name})
        return JSONResponse({"id": grant.user_id, "name": PEOPLE[grant.user_id]})

    async def accounts(self, request: Request) -> Response:
        grant, secret = self.who(request), oauth.bearer_of(request)
        rows = [
            {
                "id": id,
                "name": page["name"],
                "access_token": f"{id}|{secret.rpartition('|')[2]}",
                "tasks": ["CREATE_CONTENT", "MANAGE", "ANALYZE"],
                "followers_count": 321,
                **(
                    {"instagram_business_account": {"id": page["instagram"], "username": INSTAGRAM[page["instagram"]]}}
                    if page["instagram"]
                    else {}
                ),
            }
            for id, page in PAGES.items()
            if page["owner"] == grant.user_id
        ]
        return JSONResponse({"data": rows, "paging": {"cursors": {"before": "a", "after": "z"}}})

    async def permissions(self, request: Request) -> Response:
        grant = self.who(request)
        rows = [
            {"permission": scope, "status": "granted" if scope in grant.scopes else "declined"}
            for scope in self.rules.scopes
        ]
        return JSONResponse({"data": rows})

    async def forget(self, request: Request) -> Response:
        self.rules.grants(request).end_user(self.who(request).user_id)
        return JSONResponse({"success": True})

    # --- pages ---

    def room(self, request: Request, account: str) -> None:
        state = state_of(request)
        bucket = _memory(request).buckets.setdefault(account, Bucket(size=100, seconds=86400.0))
        if state.limits_enabled and wait_for_room([bucket], state.now()) > 0:
            raise Refused(32, "Page request limit reached")

    def refuse_repeat(self, request: Request, page: str, message: str) -> None:
        same = (
            post
            for post in state_of(request).posts.values()
            if post.account == page and post.text == message and message and not post.deleted and not post.media
        )
        if next(same, None) is not None:
            raise Refused(506, "Duplicate status message")

    def show(
        self, request: Request, account: str, text: str, media: Sequence[Mapping[str, JSON]], id: str = ""
    ) -> Visible:
        state = state_of(request)
        id = id or f"{account}_{122_000_000 + state.number()}"
        return state.show(Visible(id=id, at=received_at(request), account=account, text=text, media=list(media)))

    async def feed(self, request: Request) -> Response:
        page = request.path_params["id"]
        self.as_page(request, page, "pages_manage_posts")
        form = {name: str(value) for name, value in (await request.form()).items()}
        message = form.get("message", "")
        if len(message) > 63_206:
            raise Refused(100, "message is too long")
        photos = self.attached(request, page, form)
        if not message.strip() and not photos:
            raise Refused(100, "The post is empty. Please enter a message to share.", subcode=1366026)
        if not photos:
            self.refuse_repeat(request, page, message)
        self.room(request, page)
        for photo in photos:
            photo.used = True
        return JSONResponse({"id": self.show(request, page, message, [photo.medium for photo in photos]).id})

    def attached(self, request: Request, page: str, form: Mapping[str, str]) -> list[Photo]:
        found: list[Photo] = []
        for name in sorted(key for key in form if key.startswith("attached_media[")):
            photo = _memory(request).photos.get(str(json.loads(form[name]).get("media_fbid")))
            if photo is None or photo.page != page:
                raise Refused(100, "Invalid attached media")
            if photo.used:
                raise Refused(100, "This photo was already posted.", subcode=1366051)
            found.append(photo)
        return found

    async def photo(self, request: Request) -> Response:
        page = request.path_params["id"]
        self.as_page(request, page, "pages_manage_posts")
        form = await request.form(max_part_size=1024**2)
        file, url = form.get("source"), form.get("url")
        if isinstance(file, UploadFile):
            content = await file.read()
            if not content.startswith((b"\xff\xd8", b"\x89PNG", b"GIF8", b"BM", b"RIFF")):
                raise Refused(324, "Missing or invalid image file", subcode=2069019)
            refuse_photo(content)
            medium = state_of(request).keep_file("image", file.content_type or "image/jpeg", content)
        else:
            fetched = await pulled(state_of(request), "image", str(url or ""))
            if fetched is None:
                raise Refused(324, "Missing or invalid image file", subcode=2069019)
            medium = fetched
        medium = {**medium, "alt": str(form.get("alt_text_custom") or "")}
        id = str(322_000_000 + state_of(request).number())
        if form.get("published") == "false":
            _memory(request).photos[id] = Photo(page=page, medium=medium)
            return JSONResponse({"id": id})
        self.room(request, page)
        post = self.show(request, page, str(form.get("caption") or form.get("message") or ""), [medium])
        return JSONResponse({"id": id, "post_id": post.id})

    async def video(self, request: Request) -> Response:
        page = request.path_params["id"]
        self.as_page(request, page, "pages_manage_posts")
        form = await request.form(max_part_size=64 * 1024**2)
        phase = form.get("upload_phase")
        if phase == "start":
            return self.start_film(request, page, str(form.get("file_size")))
        if phase is None:
            return await self.fetch_film(request, page, form)
        session = str(form.get("upload_session_id"))
        found = next(((id, film) for id, film in _memory(request).films.items() if film.session == session), None)
        if found is None or found[1].page != page:
            raise Refused(100, "Invalid upload session", subcode=1363041)
        if phase == "transfer":
            return await self.take_part(request, found[1], form)
        if phase != "finish":
            raise Refused(100, "upload_phase is not valid")
        return self.finish_film(request, *found, form)

    def start_film(self, request: Request, page: str, size: str) -> Response:
        if not size.isdigit() or not 0 < int(size) <= 10 * 1024**3:
            raise Refused(100, "file_size is not valid")
        id, session = str(522_000_000 + state_of(request).number()), secrets.token_hex(8)
        failed = processing_fails(request)
        _memory(request).films[id] = Film(page=page, session=session, size=int(size), failed=failed)
        end = str(min(CHUNK, int(size)))
        body = {"upload_session_id": session, "video_id": id, "start_offset": "0", "end_offset": end}
        return JSONResponse(body)

    async def take_part(self, request: Request, film: Film, form: Mapping[str, Any]) -> Response:
        """The parts are as large as this side says; a wrong one is answered with where to go on."""
        part, start = form.get("video_file_chunk"), str(form.get("start_offset"))
        wanted = {
            "start_offset": str(len(film.content)),
            "end_offset": str(min(film.size, len(film.content) + 4 * CHUNK)),
        }
        if not isinstance(part, UploadFile) or not start.isdigit() or int(start) != len(film.content):
            raise Refused(6001, "There was a problem uploading your video file.", subcode=1363037, error_data=wanted)
        film.content += await part.read()
        if len(film.content) > film.size:
            raise Refused(6000, "There was a problem uploading your video file.", subcode=1363030)
        end = min(film.size, len(film.content) + 4 * CHUNK)
        return JSONResponse({"start_offset": str(len(film.content)), "end_offset": str(end)})

    def finish_film(self, request: Request, id: str, film: Film, form: Mapping[str, Any]) -> Response:
        if len(film.content) != film.size:
            raise Refused(6000, "The video is not complete.", subcode=1363033)
        if film.ready_at is None:
            self.room(request, film.page)
            medium = state_of(request).keep_file("video", "video/mp4", bytes(film.content))
            self.show_film(request, id, film, form, medium)
        return JSONResponse({"success": True})

    async def fetch_film(self, request: Request, page: str, form: Mapping[str, Any]) -> Response:
        medium = await pulled(state_of(request), "video", str(form.get("file_url") or ""))
        if medium is None:
            raise Refused(389, "Unable to fetch video file from URL.")
        self.room(request, page)
        id = str(522_000_000 + state_of(request).number())
        film = Film(page=page, session="", size=0)
        _memory(request).films[id] = film
        self.show_film(request, id, film, form, medium)
        return JSONResponse({"id": id})

    def show_film(
        self, request: Request, id: str, film: Film, form: Mapping[str, Any], medium: Mapping[str, JSON]
    ) -> None:
        film.ready_at = state_of(request).after(PROCESSING)
        words = [str(form.get(name)) for name in ("title", "description") if form.get(name)]
        self.show(request, film.page, "\n\n".join(words), [medium], id=id)

    async def published_posts(self, request: Request) -> Response:
        page = request.path_params["id"]
        self.as_page(request, page, "pages_read_engagement")
        since = float(request.query_params.get("since") or 0)
        posts = sorted(state_of(request).posts.values(), key=lambda post: post.at, reverse=True)
        rows = [
            {
                "id": post.id,
                **({"message": post.text} if post.text else {}),
                "created_time": _time(post.at),
                "permalink_url": f"https://www.facebook.com/{post.id}",
                **({"attachments": {"data": [{"media_type": "photo"}]}} if post.media else {}),
            }
            for post in posts
            if post.account == page and not post.deleted and post.at.timestamp() >= since
        ]
        return JSONResponse({"data": rows[: int(request.query_params.get("limit", "25"))]})

    # --- Instagram ---

    async def container(self, request: Request) -> Response:
        owner = request.path_params["id"]
        self.as_instagram(request, owner)
        form = {name: str(value) for name, value in (await request.form()).items()}
        state, child = state_of(request), form.get("is_carousel_item") == "true"
        caption = form.get("caption", "")
        if len(caption) > 2200 or len(re.findall(r"(?<!\w)#\w", caption)) > 30:
            raise Refused(100, "The caption is too long or has too many hashtags", subcode=2207010)
        media, failed = await self.container_media(request, owner, form)
        id = str(179_000_000 + state.number())
        _memory(request).containers[id] = Container(
            owner=owner,
            caption=caption,
            media=media,
            child=child,
            expires_at=state.now() + timedelta(hours=24),
            ready_at=state.after(PROCESSING if form.get("video_url") else timedelta()),
            failed="2207026: the video could not be processed" if processing_fails(request) else failed,
        )
        return JSONResponse({"id": id})

    async def container_media(
        self, request: Request, owner: str, form: Mapping[str, str]
    ) -> tuple[list[Mapping[str, JSON]], str]:
        if form.get("media_type") == "CAROUSEL":
            return self.carousel(request, owner, form.get("children", "")), ""
        kind = "video" if form.get("video_url") else "image"
        if kind == "video" and form.get("media_type") not in ("REELS", "STORIES", "VIDEO"):
            raise Refused(100, "media_type must be REELS", subcode=2207023)
        url = form.get("video_url") or form.get("image_url") or ""
        if not url.startswith(("http://", "https://")):
            raise Refused(100, "The parameter image_url is required")
        medium = await pulled(state_of(request), kind, url)
        if medium is None:
            raise Refused(9004, "Only photo or video can be accepted as media type.", subcode=2207052)
        if kind == "image" and medium.get("mime") not in (None, "image/jpeg"):
            raise Refused(36001, "The image format is not supported.", subcode=2207005)
        content = content_of(state_of(request), medium)
        if kind == "image":
            refuse_picture(content)
        return [{**medium, "alt": form.get("alt_text", "")}], wrong_reel(content) if kind == "video" else ""

    def carousel(self, request: Request, owner: str, children: str) -> list[Mapping[str, JSON]]:
        ids = [id for id in children.split(",") if id]
        found = [_memory(request).containers.get(id) for id in ids]
        if not 2 <= len(ids) <= 10 or any(one is None or not one.child or one.owner != owner for one in found):
            raise Refused(100, "The carousel children are not valid", subcode=2207028)
        return [medium for one in found if one is not None for medium in one.media]

    async def publish(self, request: Request) -> Response:
        owner = request.path_params["id"]
        self.as_instagram(request, owner)
        id = str((await request.form()).get("creation_id"))
        found = _memory(request).containers.get(id)
        if found is None or found.owner != owner or found.child:
            raise Refused(24, "The requested resource does not exist", subcode=2207008)
        if found.published or found.expires_at < state_of(request).now():
            raise Refused(9, "The media was already published or has expired", subcode=2207020)
        if found.failed or found.ready_at > state_of(request).now():
            raise Refused(9007, "Media ID is not available", subcode=2207027)
        self.room(request, owner)
        found.published = True
        media_id = str(180_000_000_000 + state_of(request).number())
        return JSONResponse({"id": self.show(request, owner, found.caption, found.media, id=media_id).id})

    async def own_media(self, request: Request) -> Response:
        owner = request.path_params["id"]
        self.as_instagram(request, owner)
        posts = sorted(state_of(request).posts.values(), key=lambda post: post.at, reverse=True)
        rows = [
            {
                "id": post.id,
                "caption": post.text,
                "timestamp": _time(post.at),
                "permalink": f"https://www.instagram.com/p/{post.id}/",
            }
            for post in posts
            if post.account == owner and not post.deleted
        ]
        return JSONResponse({"data": rows[: int(request.query_params.get("limit", "25"))]})

    # --- single objects ---

    async def node(self, request: Request) -> Response:
        self.who(request)
        id = request.path_params["id"]
        memory, now = _memory(request), state_of(request).now()
        if id in memory.containers:
            return JSONResponse(_container_json(id, memory.containers[id], now))
        if id in memory.films:
            film = memory.films[id]
            film.failed = film.failed or (film.ready_at is not None and processing_fails(request))
            return JSONResponse(_film_json(id, film, now))
        if id in PAGES:
            return JSONResponse({"id": id, "followers_count": 321, "fan_count": 300})
        if id in (*INSTAGRAM, *STANDALONE):
            return JSONResponse({"id": id, "followers_count": 77, "follows_count": 8, "media_count": 9})
        self.living(request, id)
        summary: dict[str, JSON] = {"data": [], "summary": {"total_count": 1}}
        return JSONResponse({"id": id, "shares": {"count": 2}, "comments": summary, "reactions": summary})

    def living(self, request: Request, id: str) -> Visible:
        for post in state_of(request).posts.values():
            if post.id == id and not post.deleted:
                return post
        message = f"Unsupported request. Object with ID '{id}' does not exist"
        raise Refused(100, message, subcode=33, type="GraphMethodException")

    async def insights(self, request: Request) -> Response:
        self.who(request)
        post = self.living(request, request.path_params["id"])
        instagram = post.account in (*INSTAGRAM, *STANDALONE)
        known = (
            ("reach", "views", "likes", "comments", "saved", "shares")
            if instagram
            else (
                "post_media_view",
                "post_total_media_view_unique",
                "post_clicks",
                "post_reactions_by_type_total",
            )
        )
        asked = request.query_params.get("metric", "").split(",")
        if any(name not in known for name in asked):
            raise Refused(100, "The value must be a valid insights metric")
        values = {name: {"like": 3} if name.endswith("_total") else 12 for name in asked}
        rows = [{"name": name, "period": "lifetime", "values": [{"value": values[name]}]} for name in asked]
        return JSONResponse({"data": rows})

    async def remove(self, request: Request) -> Response:
        grant, id = self.who(request), request.path_params["id"]
        if self.standalone:
            raise Refused(3, "Application does not have the capability to make this API call.")
        post = self.living(request, id)
        if post.account in INSTAGRAM and "instagram_manage_contents" not in grant.scopes:
            raise Refused(10, "Application does not have permission for this action")
        post.deleted = True
        return JSONResponse({"success": True})


def _container_json(id: str, container: Container, now: datetime) -> dict[str, JSON]:
    if container.published:
        code = "PUBLISHED"
    elif container.failed:
        code = "ERROR"
    elif container.expires_at < now:
        code = "EXPIRED"
    else:
        code = "FINISHED" if container.ready_at <= now else "IN_PROGRESS"
    return {"id": id, "status_code": code, "status": container.failed or code.title()}


def _film_json(id: str, film: Film, now: datetime) -> dict[str, JSON]:
    state = "uploading" if film.ready_at is None else "ready" if film.ready_at <= now else "processing"
    status: dict[str, JSON] = {"video_status": "error" if film.failed and film.ready_at else state}
    if film.failed and film.ready_at:
        status["processing_phase"] = {"status": "error", "error": {"message": "The codec is not supported"}}
    status["publishing_phase"] = {"status": "complete" if film.ready_at else "not_started"}
    link = f"/{film.page}/videos/{id}/"
    return {"id": id, "status": status, "permalink_url": link, "published": film.ready_at is not None}


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}+0000"


def _page(id: str, name: str, state: State) -> str:
    names = {page: facts["name"] for page, facts in PAGES.items()} | dict(INSTAGRAM) | dict(STANDALONE)
    shown = sorted(state.posts.values(), key=lambda post: post.at, reverse=True)
    bubbles = "".join(
        pages.bubble(
            author=names.get(post.account, post.account),
            text=html.escape(post.text),
            media="".join(pages.file_html(id, medium) for medium in post.media),
            at=post.at,
            deleted=post.deleted,
        )
        for post in shown
    )
    return pages.heading(name, "What the audience sees") + (bubbles or '<p class="note">Nothing yet.</p>')
