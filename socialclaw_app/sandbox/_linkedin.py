"""LinkedIn's copy, for members and for pages: the Posts API with its version header, uploads, roles and figures.

https://learn.microsoft.com/linkedin/marketing (version 202607), checked 2026-11-20.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

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
    own_address,
    processing_fails,
    received_at,
    state_of,
    wait_for_room,
)
from .files import seen
from .oauth import Grant, Grants, Rules

VERSIONS = frozenset(f"{year}{month:02}" for year in (2025, 2026) for month in range(1, 13)) - {"202501"}
MAX_TEXT = 3000
MAX_VIDEO = 5 * 1024**3
PART = 4 * 1024**2
PROCESSING = timedelta(seconds=1)
UNESCAPED = re.compile(r"(?<!\\)(?:\\\\)*[|{}@\[\]()<>*_~]")
POST_FIELDS = frozenset(
    {
        "author",
        "commentary",
        "content",
        "distribution",
        "isReshareDisabledByAuthor",
        "lifecycleState",
        "reshareContext",
        "visibility",
    }
)


@dataclass(slots=True, kw_only=True)
class Upload:
    owner: str
    kind: str
    total: int = 0
    parts: dict[int, bytes] = field(default_factory=dict[int, bytes])
    tags: dict[int, str] = field(default_factory=dict[int, str])
    ready_at: datetime | None = None
    failed: bool = False

    def content(self) -> bytes:
        return b"".join(self.parts[number] for number in sorted(self.parts))


@dataclass(slots=True)
class Memory:
    grants: Grants = field(default_factory=Grants)
    uploads: dict[str, Upload] = field(default_factory=dict[str, Upload])
    buckets: dict[str, Bucket] = field(default_factory=dict[str, Bucket])


MEMBERS: Mapping[str, str] = {"sandboxAb12": "Sandbox Person", "sandboxCd34": "Second Person"}
PAGES: Mapping[str, Mapping[str, str]] = {
    "5515715": {"name": "Sandbox Works", "vanity": "sandbox-works", "admin": "sandboxAb12", "role": "ADMINISTRATOR"},
    "2414183": {"name": "Sandbox Labs", "vanity": "sandbox-labs", "admin": "sandboxAb12", "role": "CONTENT_ADMIN"},
    "1337": {"name": "Only Watched", "vanity": "only-watched", "admin": "sandboxAb12", "role": "ANALYST"},
}


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str, **more: JSON) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, JSON] = {"status": status, "code": code, "message": message, **more}


def refuse(fault: Fault) -> Response:
    status, code, message = {
        "server_error": (503, "SERVICE_UNAVAILABLE", "Service temporarily unavailable"),
        "rate_limited": (
            429,
            "TOO_MANY_REQUESTS",
            "Resource level throttle APPLICATION DAY limit for calls is reached",
        ),
        "unauthorized": (401, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user"),
        "refused": (422, "UNPROCESSABLE_ENTITY", "ERROR :: /commentary :: this field is not valid"),
    }[fault.kind]
    headers = {"Retry-After": str(math.ceil(fault.seconds))} if fault.kind == "rate_limited" else {}
    return JSONResponse({"status": status, "code": code, "message": message}, status_code=status, headers=headers)


Handler = Callable[[Request], Awaitable[Response]]


def answering(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as refused:
            return JSONResponse(refused.body, status_code=refused.status)

    return answer


def _memory(request: Request) -> Memory:
    return cast("Memory", state_of(request).memory)


def network(id: str, name: str, scopes: tuple[str, ...]) -> Network:
    """The copy for one of the two ways to connect: they are two products with an app each."""
    rules = Rules(
        name=name,
        client_id=f"sandbox-{id}-client",
        client_secret=f"sandbox-{id}-secret",
        grants=lambda request: _memory(request).grants,
        people=lambda request: MEMBERS,
        scopes=scopes,
        code_life=timedelta(minutes=30),
        token_life=timedelta(days=60),
        refresh_life=timedelta(days=365) if "w_organization_social" in scopes else None,
        cancelled="user_cancelled_login",
    )
    return Network(
        id=id,
        name=name,
        hosts={"api": f"/{id}", "auth": f"/{id}"},
        routes=_routes(rules),
        memory=Memory,
        page=lambda state, request: _page(id, name, state),
        refuse=refuse,
        credentials={"clientId": rules.client_id, "clientSecret": rules.client_secret},
        controls=[Route("/expire", oauth.expire_route(rules), methods=["PUT"])],
    )


def _routes(rules: Rules) -> Sequence[BaseRoute]:
    linkedin = _LinkedIn(rules)

    async def authorize(request: Request) -> Response:
        return oauth.authorize(rules, request)

    async def decide(request: Request) -> Response:
        return await oauth.decide(rules, request)

    async def token(request: Request) -> Response:
        return await oauth.token(rules, request)

    table: Sequence[tuple[str, str, Handler]] = (
        ("GET", "/oauth/v2/authorization", authorize),
        ("POST", "/oauth/v2/authorization", decide),
        ("POST", "/oauth/v2/accessToken", token),
        ("POST", "/oauth/v2/revoke", linkedin.revoke),
        ("GET", "/v2/userinfo", linkedin.userinfo),
        ("POST", "/rest/posts", linkedin.create),
        ("GET", "/rest/posts", linkedin.by_author),
        ("DELETE", "/rest/posts/{urn}", linkedin.remove),
        ("POST", "/rest/images", linkedin.begin_image),
        ("GET", "/rest/images/{urn}", linkedin.look_at_upload),
        ("POST", "/rest/videos", linkedin.video),
        ("GET", "/rest/videos/{urn}", linkedin.look_at_upload),
        ("PUT", "/dms-uploads/{urn}/{part:int}", linkedin.put),
        ("GET", "/rest/organizationAcls", linkedin.roles),
        ("GET", "/rest/organizations", linkedin.organizations),
        ("GET", "/rest/organizationalEntityShareStatistics", linkedin.statistics),
        ("GET", "/rest/networkSizes/{urn}", linkedin.followers),
    )
    return [Route(path, answering(handler), methods=[method]) for method, path, handler in table]


def wrong_picture(content: bytes) -> bool:
    """https://learn.microsoft.com/linkedin/marketing/community-management/shares/images-api"""
    picture = seen(content)
    if picture is None:
        return False
    return picture.form not in ("JPEG", "PNG", "GIF") or picture.width * picture.height >= 36_152_320


def wrong_film(content: bytes) -> bool:
    """https://learn.microsoft.com/linkedin/marketing/community-management/shares/videos-api"""
    film = seen(content)
    if film is None:
        return False
    return not (
        content[4:11] != b"ftypqt " and film.is_mp4 and 3 <= film.seconds <= 1800 and 1 / 2.4 <= film.aspect <= 2.4
    )


class _LinkedIn:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    # --- who asks ---

    def grant(self, request: Request, *scopes: str) -> Grant:
        grant = oauth.holder(self.rules, request)
        if grant is None:
            raise Refused(401, "INVALID_ACCESS_TOKEN", "Invalid access token", serviceErrorCode=65600)
        missing = oauth.lacking(grant, scopes)
        if missing:
            raise Refused(403, "ACCESS_DENIED", f"Not enough permissions to access: {missing}", serviceErrorCode=100)
        return grant

    def versioned(self, request: Request) -> None:
        version = request.headers.get("linkedin-version", "")
        if version not in VERSIONS:
            raise Refused(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
        if request.headers.get("x-restli-protocol-version") != "2.0.0":
            raise Refused(400, "ILLEGAL_ARGUMENT", "X-Restli-Protocol-Version must be 2.0.0")

    def author(self, request: Request, urn: Any) -> Grant:
        """Whether this login may act as that author."""
        kind, _, id = str(urn).removeprefix("urn:li:").partition(":")
        if kind == "person":
            grant = self.grant(request, "w_member_social")
            allowed = id == grant.user_id
        else:
            grant = self.grant(request, "w_organization_social")
            page = PAGES.get(id) if kind == "organization" else None
            allowed = page is not None and page["admin"] == grant.user_id and page["role"] != "ANALYST"
        if not allowed:
            raise Refused(403, "ACCESS_DENIED", "Field Value validation failed in REQUEST_BODY: /author")
        return grant

    async def revoke(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            oauth.check_client(self.rules, request, form)
        except oauth.OAuthRefused as refused:
            return self.rules.error(refused)
        grant = self.rules.grants(request).tokens.get(form.get("token", ""))
        if grant is not None:
            self.rules.grants(request).end_user(grant.user_id)
        return JSONResponse({})

    async def userinfo(self, request: Request) -> Response:
        grant = self.grant(request, "openid", "profile")
        return JSONResponse({"sub": grant.user_id, "name": MEMBERS[grant.user_id], "locale": {"country": "US"}})

    # --- posts ---

    async def create(self, request: Request) -> Response:
        self.versioned(request)
        body = await _body(request)
        self.author(request, body.get("author"))
        author, text = str(body["author"]), body.get("commentary")
        unknown = sorted(set(body) - POST_FIELDS)
        if unknown:
            raise _invalid(f"/{unknown[0]} :: unrecognized field found but not allowed")
        if not isinstance(text, str) or len(_plain(text)) > MAX_TEXT:
            raise _invalid(f"/commentary :: length {len(str(text))} is over {MAX_TEXT}")
        if body.get("visibility") not in ("PUBLIC", "CONNECTIONS", "LOGGED_IN"):
            raise _invalid("/visibility :: is not an enum symbol")
        if body.get("lifecycleState") != "PUBLISHED":
            raise _invalid("/lifecycleState :: must be PUBLISHED")
        if _object(body.get("distribution")).get("feedDistribution") not in ("MAIN_FEED", "NONE"):
            raise _invalid("/distribution/feedDistribution :: field is required but not found")
        media = self.media(request, author, body)
        self.room(request, author)
        self.refuse_repeat(request, author, text, media)
        number = 7_300_000_000_000_000_000 + state_of(request).number()
        urn = f"urn:li:{'ugcPost' if any(one['kind'] == 'video' for one in media) else 'share'}:{number}"
        shown = _plain(_cut(text))
        state_of(request).show(
            Visible(id=urn, at=received_at(request), account=author, text=shown, media=media, shown={"raw": text})
        )
        return Response(status_code=201, headers={"x-restli-id": urn, "x-linkedin-id": urn})

    def room(self, request: Request, author: str) -> None:
        state = state_of(request)
        bucket = _memory(request).buckets.setdefault(author, Bucket(size=150, seconds=86400.0))
        if state.limits_enabled and wait_for_room([bucket], state.now()) > 0:
            raise Refused(429, "TOO_MANY_REQUESTS", "Resource level throttle MEMBER DAY limit for calls is reached")

    def refuse_repeat(self, request: Request, author: str, text: str, media: Sequence[Mapping[str, JSON]]) -> None:
        same = [
            post.id
            for post in state_of(request).posts.values()
            if post.account == author
            and not post.deleted
            and post.shown.get("raw") == text
            and [one["sha256"] for one in post.media] == [one["sha256"] for one in media]
        ]
        if same:
            raise Refused(
                422,
                "DUPLICATE_POST",
                f"Content is a duplicate of {same[0]}",
                errorDetails={"inputErrors": [{"code": "DUPLICATE_POST"}]},
            )

    def media(self, request: Request, author: str, body: Mapping[str, Any]) -> list[Mapping[str, JSON]]:
        if "content" not in body:
            return []
        content = _object(body["content"])
        several = _object(content.get("multiImage")).get("images")
        if content.get("media"):
            wanted = [_object(content["media"])]
        elif isinstance(several, list) and 2 <= len(cast("list[Any]", several)) <= 20:
            wanted = [_object(one) for one in cast("list[Any]", several)]
        else:
            raise _invalid("/content :: union type is not backed by a DataMap or null")
        return [self.one_medium(request, author, item) for item in wanted]

    def one_medium(self, request: Request, author: str, item: Mapping[str, Any]) -> Mapping[str, JSON]:
        upload = _memory(request).uploads.get(str(item.get("id")))
        if upload is None or upload.owner != author:
            raise _invalid("/content/media/id :: does not belong to the author")
        if upload.failed:
            raise Refused(400, "MEDIA_ASSET_PROCESSING_FAILED", "Media asset processing failed")
        if upload.ready_at is None or upload.ready_at > state_of(request).now():
            raise Refused(400, "MEDIA_ASSET_WAITING_UPLOAD", "Media asset is waiting for its upload or processing")
        mime = "video/mp4" if upload.kind == "video" else _image_type(upload.content())
        return {
            **state_of(request).keep_file(upload.kind, mime, upload.content()),
            "alt": str(item.get("altText") or ""),
        }

    async def by_author(self, request: Request) -> Response:
        self.versioned(request)
        self.grant(request, "r_organization_social")
        query = request.query_params
        if query.get("q") != "author" or request.headers.get("x-restli-method") != "FINDER":
            raise Refused(400, "ILLEGAL_ARGUMENT", "Only the finder author is there")
        posts = [
            {
                "id": post.id,
                "author": post.account,
                "commentary": post.shown["raw"],
                "createdAt": int(post.at.timestamp() * 1000),
                "publishedAt": int(post.at.timestamp() * 1000),
                "lifecycleState": "PUBLISHED",
            }
            for post in sorted(state_of(request).posts.values(), key=lambda post: post.at, reverse=True)
            if post.account == query.get("author") and not post.deleted
        ]
        return JSONResponse({"elements": posts[: int(query.get("count", "10"))], "paging": {"links": []}})

    async def remove(self, request: Request) -> Response:
        self.versioned(request)
        self.grant(request)
        urn = request.path_params["urn"]
        for post in state_of(request).posts.values():
            if post.id == urn:
                self.author(request, post.account)
                post.deleted = True
        return Response(status_code=204)

    # --- uploads ---

    async def begin_image(self, request: Request) -> Response:
        self.versioned(request)
        asked = await self.asked(request, "initializeUpload")
        urn = f"urn:li:image:C{state_of(request).number()}"
        _memory(request).uploads[urn] = Upload(owner=str(asked["owner"]), kind="image")
        value = {"uploadUrl": self.upload_url(request, urn, 0), "uploadUrlExpiresAt": 0, "image": urn}
        return JSONResponse({"value": value})

    async def asked(self, request: Request, action: str) -> Mapping[str, Any]:
        if request.query_params.get("action") != action:
            raise Refused(400, "ILLEGAL_ARGUMENT", "There is no such action")
        asked = _object((await _body(request)).get(f"{action}Request"))
        self.author(request, asked.get("owner"))
        return asked

    def upload_url(self, request: Request, urn: str, part: int) -> str:
        return f"{own_address(request)}/dms-uploads/{urn}/{part}"

    async def video(self, request: Request) -> Response:
        self.versioned(request)
        if request.query_params.get("action") == "finalizeUpload":
            return await self.end_video(request)
        asked = await self.asked(request, "initializeUpload")
        size = asked.get("fileSizeBytes")
        if not isinstance(size, int) or not 0 < size <= MAX_VIDEO:
            raise _invalid("/initializeUploadRequest/fileSizeBytes :: is out of range")
        urn = f"urn:li:video:C{state_of(request).number()}"
        failed = processing_fails(request)
        _memory(request).uploads[urn] = Upload(owner=str(asked["owner"]), kind="video", total=size, failed=failed)
        parts = [
            {
                "uploadUrl": self.upload_url(request, urn, number),
                "firstByte": first,
                "lastByte": min(first + PART, size) - 1,
            }
            for number, first in enumerate(range(0, size, PART))
        ]
        return JSONResponse({"value": {"video": urn, "uploadInstructions": parts, "uploadToken": ""}})

    async def put(self, request: Request) -> Response:
        self.grant(request)
        upload = _memory(request).uploads.get(request.path_params["urn"])
        if upload is None:
            raise Refused(404, "NOT_FOUND", "There is no such upload")
        number, content = int(request.path_params["part"]), await request.body()
        if upload.kind == "image" and not _image_type(content):
            raise Refused(400, "ILLEGAL_ARGUMENT", "The image format is not supported")
        upload.parts[number] = content
        upload.tags[number] = f"/ambry-video/signedId/{request.path_params['urn'][-6:]}-{number}"
        upload.failed = upload.failed or processing_fails(request)
        if upload.kind == "image":
            upload.failed = upload.failed or wrong_picture(content)
            upload.ready_at = state_of(request).now()
            return Response(status_code=201)
        return Response(status_code=200, headers={"ETag": f'"{upload.tags[number]}"'})

    async def end_video(self, request: Request) -> Response:
        self.grant(request)
        asked = _object((await _body(request)).get("finalizeUploadRequest"))
        upload = _memory(request).uploads.get(str(asked.get("video")))
        if upload is None:
            raise _invalid("/finalizeUploadRequest/video :: is not known")
        self.author(request, upload.owner)
        wanted = [upload.tags[number] for number in sorted(upload.tags)]
        if asked.get("uploadedPartIds") != wanted or len(upload.content()) != upload.total:
            raise _invalid("/finalizeUploadRequest/uploadedPartIds :: parts are missing or in another order")
        upload.failed = upload.failed or wrong_film(upload.content())
        upload.ready_at = state_of(request).after(PROCESSING)
        return Response(status_code=200)

    async def look_at_upload(self, request: Request) -> Response:
        self.versioned(request)
        self.grant(request, "r_organization_social")  # members' logins may not look
        upload = _memory(request).uploads.get(request.path_params["urn"])
        if upload is None:
            raise Refused(404, "NOT_FOUND", "There is no such upload")
        status = "WAITING_UPLOAD" if upload.ready_at is None else "PROCESSING"
        if upload.failed:
            status = "PROCESSING_FAILED"
        elif upload.ready_at is not None and upload.ready_at <= state_of(request).now():
            status = "AVAILABLE"
        return JSONResponse({"id": request.path_params["urn"], "owner": upload.owner, "status": status})

    # --- pages ---

    async def roles(self, request: Request) -> Response:
        self.versioned(request)
        grant = self.grant(request, "rw_organization_admin")
        if request.query_params.get("q") != "roleAssignee":
            raise Refused(400, "ILLEGAL_ARGUMENT", "Only the finder roleAssignee is there")
        rows = [
            {
                "organization": f"urn:li:organization:{id}",
                "role": page["role"],
                "roleAssignee": f"urn:li:person:{grant.user_id}",
                "state": "APPROVED",
            }
            for id, page in PAGES.items()
            if page["admin"] == grant.user_id
        ]
        start = int(request.query_params.get("start", "0"))
        return JSONResponse({"elements": rows[start:], "paging": {"start": start, "count": 100, "links": []}})

    async def organizations(self, request: Request) -> Response:
        self.versioned(request)
        self.grant(request, "rw_organization_admin")
        listed = re.fullmatch(r"List\(([\d,]+)\)", request.query_params.get("ids", ""))
        if listed is None:
            raise Refused(400, "ILLEGAL_ARGUMENT", "ids must be List(…)")
        found = {id: PAGES[id] for id in listed[1].split(",") if id in PAGES}
        results = {
            id: {"id": int(id), "localizedName": page["name"], "vanityName": page["vanity"]}
            for id, page in found.items()
        }
        return JSONResponse({"results": results, "statuses": {}, "errors": {}})

    async def statistics(self, request: Request) -> Response:
        self.versioned(request)
        self.grant(request, "r_organization_social")
        wanted = re.findall(r"urn:li:(?:share|ugcPost):\d+", request.url.query.replace("%3A", ":"))
        figures = {
            "impressionCount": 42,
            "uniqueImpressionsCount": 30,
            "clickCount": 5,
            "likeCount": 4,
            "commentCount": 1,
            "shareCount": 2,
            "engagement": 0.28,
        }
        posts = [post for post in state_of(request).posts.values() if post.id in wanted and not post.deleted]
        return JSONResponse({"elements": [{"share": post.id, "totalShareStatistics": figures} for post in posts]})

    async def followers(self, request: Request) -> Response:
        self.versioned(request)
        self.grant(request)
        return JSONResponse({"firstDegreeSize": 1234})


async def _body(request: Request) -> Mapping[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise Refused(400, "ILLEGAL_ARGUMENT", "The body is not JSON") from None
    return _object(body)


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _invalid(message: str) -> Refused:
    return Refused(422, "UNPROCESSABLE_ENTITY", f"ERROR :: {message}")


def _cut(text: str) -> str:
    """An unescaped sign ends the text there, without a word. Inside links it does not."""
    bare = re.sub(r"https?://\S+", lambda link: "x" * len(link[0]), text)
    found = UNESCAPED.search(bare)
    return text if found is None else text[: found.end() - 1]


def _plain(text: str) -> str:
    return re.sub(r"\\([\\|{}@\[\]()<>#*_~])", r"\1", text)


def _image_type(content: bytes) -> str:
    signs = {b"\xff\xd8": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif", b"RIFF": "image/webp"}
    return next((mime for sign, mime in signs.items() if content.startswith(sign)), "")


def _page(id: str, name: str, state: State) -> str:
    names = {f"urn:li:person:{member}": shown for member, shown in MEMBERS.items()}
    names |= {f"urn:li:organization:{page}": facts["name"] for page, facts in PAGES.items()}
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
