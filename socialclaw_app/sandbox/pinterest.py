"""Pinterest: boards, pins, the storage that videos go to, figures. API v5.23.0, checked 2026-11-20."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from starlette.datastructures import UploadFile
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
from .oauth import Grant, Grants, Rules

SCOPES = (
    "user_accounts:read",
    "boards:read",
    "boards:write",
    "pins:read",
    "pins:write",
    "catalogs:read",
)
USERS: Mapping[str, str] = {"549755885175": "sandbox_studio", "549755885176": "sandbox_kitchen"}
BOARDS: Mapping[str, Mapping[str, str]] = {
    "549755813599": {"name": "Try things", "owner": "549755885175"},
    "549755813600": {"name": "Summer", "owner": "549755885175"},
    "549755813601": {"name": "Recipes", "owner": "549755885176"},
}
SECTIONS: Mapping[str, Mapping[str, str]] = {"549755813600": {"4929000000001": "July"}}
PIN_FIELDS = frozenset(
    {
        "alt_text",
        "board_id",
        "board_section_id",
        "description",
        "dominant_color",
        "link",
        "media_source",
        "note",
        "parent_pin_id",
        "title",
    }
)
PROCESSING = timedelta(milliseconds=500)


@dataclass(slots=True, kw_only=True)
class Medium:
    owner: str
    fields: Mapping[str, str]
    content: bytes = b""
    ready_at: datetime | None = None
    failed: bool = False


@dataclass(slots=True)
class Memory:
    grants: Grants = field(default_factory=Grants)
    media: dict[str, Medium] = field(default_factory=dict[str, Medium])
    boards: dict[str, dict[str, str]] = field(default_factory=lambda: {id: dict(facts) for id, facts in BOARDS.items()})
    buckets: dict[str, Bucket] = field(default_factory=dict[str, Bucket])


def _memory(request: Request) -> Memory:
    return cast("Memory", state_of(request).memory)


RULES = Rules(
    name="Pinterest",
    client_id="1500000",
    client_secret="sandbox-pinterest-secret",
    grants=lambda request: _memory(request).grants,
    people=lambda request: USERS,
    scopes=SCOPES,
    token_life=timedelta(days=30),
    refresh_life=timedelta(days=60),
    rotates=True,
    basic=True,
    separator=",",
    error=lambda refused: JSONResponse(
        {"code": 1 if refused.status == 400 else 2, "message": refused.description}, status_code=refused.status
    ),
)


class Refused(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message}


def refuse(fault: Fault) -> Response:
    status, code = {
        "server_error": (503, 0),
        "rate_limited": (429, 8),
        "unauthorized": (401, 2),
        "refused": (400, 1),
    }[fault.kind]
    headers = {"x-ratelimit-reset": str(max(1, round(fault.seconds)))} if fault.kind == "rate_limited" else {}
    return JSONResponse({"code": code, "message": "Sandbox"}, status_code=status, headers=headers)


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
        raise Refused(401, 2, "Authentication failed.")
    missing = oauth.lacking(grant, scopes)
    if missing:
        raise Refused(403, 3, f"Your token lacks the scope {missing}.")
    return grant


async def authorize(request: Request) -> Response:
    return oauth.authorize(RULES, request)


async def decide(request: Request) -> Response:
    return await oauth.decide(RULES, request)


async def token(request: Request) -> Response:
    return await oauth.token(RULES, request)


async def me(request: Request) -> Response:
    grant = _grant(request, "user_accounts:read")
    pins = sum(not post.deleted for post in state_of(request).posts.values())
    return JSONResponse(
        {
            "id": grant.user_id,
            "username": USERS[grant.user_id],
            "account_type": "BUSINESS",
            "follower_count": 12,
            "monthly_views": 340,
            "pin_count": pins,
            "board_count": len(BOARDS),
        }
    )


# --- boards ----------------------------------------------------------------------------------------------------------


async def boards(request: Request) -> Response:
    grant = _grant(request, "boards:read")
    rows = [
        {"id": id, "name": facts["name"], "privacy": "PUBLIC", "is_ads_only": False}
        for id, facts in _memory(request).boards.items()
        if facts["owner"] == grant.user_id
    ]
    return JSONResponse({"items": rows, "bookmark": None})


async def new_board(request: Request) -> Response:
    grant = _grant(request, "boards:read", "boards:write")
    name = (await _body(request)).get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 180:
        raise Refused(400, 1, "Invalid board name.")
    id = str(549755813700 + state_of(request).number())
    _memory(request).boards[id] = {"name": name, "owner": grant.user_id}
    return JSONResponse({"id": id, "name": name, "privacy": "PUBLIC"}, status_code=201)


def _board(request: Request, grant: Grant, id: str) -> Mapping[str, str]:
    found = _memory(request).boards.get(id)
    if found is None:
        raise Refused(404, 40, "Board not found.")
    if found["owner"] != grant.user_id:
        raise Refused(403, 7, "Not authorized to access board.")
    return found


async def sections(request: Request) -> Response:
    grant = _grant(request, "boards:read")
    _board(request, grant, request.path_params["board"])
    rows = [{"id": id, "name": name} for id, name in SECTIONS.get(request.path_params["board"], {}).items()]
    return JSONResponse({"items": rows, "bookmark": None})


async def board_pins(request: Request) -> Response:
    grant = _grant(request, "boards:read", "pins:read")
    _board(request, grant, request.path_params["board"])
    posts = sorted(state_of(request).posts.values(), key=lambda post: post.at, reverse=True)
    section = request.path_params.get("section")
    rows = [
        _pin(post)
        for post in posts
        if post.account == request.path_params["board"]
        and not post.deleted
        and (section is None or post.shown["section"] == section)
    ]
    return JSONResponse({"items": rows[: int(request.query_params.get("page_size", "25"))], "bookmark": None})


# --- pins ------------------------------------------------------------------------------------------------------------


async def create(request: Request) -> Response:
    grant = _grant(request, "boards:read", "boards:write", "pins:read", "pins:write")
    body = await _body(request)
    unknown = sorted(set(body) - PIN_FIELDS)
    if unknown:
        raise Refused(400, 1, f"Invalid request: {unknown[0]!r} is not allowed")
    board = str(body.get("board_id") or "")
    if not re.fullmatch(r"\d+", board):
        raise Refused(400, 1, "Invalid request: 'board_id' does not match '^\\d+$'")
    _board(request, grant, board)
    _check_texts(body)
    section = body.get("board_section_id")
    if section is not None and section not in SECTIONS.get(board, {}):
        raise Refused(404, 2031, "Board section not found.")
    media = await _media(request, grant, body.get("media_source"))
    state = state_of(request)
    bucket = _memory(request).buckets.setdefault(grant.user_id, Bucket(size=100, seconds=60.0))
    if state.limits_enabled and wait_for_room([bucket], state.now()) > 0:
        raise Refused(429, 8, "You have exceeded your rate limit. Try again later.")
    post = state.show(
        Visible(
            id=str(813744226420795884 + state.number()),
            at=received_at(request),
            account=board,
            text=str(body.get("description") or ""),
            media=media,
            shown={
                "title": str(body.get("title") or ""),
                "link": body.get("link"),
                "section": section,
                "alt": body.get("alt_text"),
            },
        )
    )
    return JSONResponse(_pin(post), status_code=201)


def _check_texts(body: Mapping[str, Any]) -> None:
    for name, longest in (("title", 100), ("description", 800), ("link", 2048), ("alt_text", 500)):
        value = body.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > longest):
            raise Refused(400, 1, f"Invalid request: {name!r} is too long (at most {longest} characters)")
    colour = body.get("dominant_color")
    if colour is not None and not re.fullmatch(r"#[0-9A-Fa-f]{6}", str(colour)):
        raise Refused(400, 1, "Invalid request: 'dominant_color' is not a colour")


async def _media(request: Request, grant: Grant, source: Any) -> list[Mapping[str, JSON]]:
    if not isinstance(source, dict):
        raise Refused(400, 1, "Invalid request: 'media_source' is a required property")
    given = cast("Mapping[str, Any]", source)
    kind = given.get("source_type")
    if kind == "image_url":
        return [await _picture(request, given.get("url"))]
    if kind == "multiple_image_urls":
        items = given.get("items")
        if not isinstance(items, list) or not 2 <= len(cast("list[Any]", items)) <= 5:
            raise Refused(400, 1, "Invalid request: 'items' must have 2 to 5 entries")
        return [
            await _picture(request, cast("Mapping[str, Any]", item).get("url")) for item in cast("list[Any]", items)
        ]
    if kind == "video_id":
        return [_film(request, grant, given)]
    raise Refused(400, 1, "Invalid request: 'source_type' is not one of the allowed values")


async def _picture(request: Request, url: Any) -> Mapping[str, JSON]:
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise Refused(400, 1, "Invalid request: 'url' is not a web address")
    found = await pulled(state_of(request), "image", url)
    if found is None:
        raise Refused(400, 1, "Sorry! We were unable to reach the URL you provided.")
    picture = seen(content_of(state_of(request), found))
    if picture is not None and (picture.form not in ("JPEG", "PNG") or picture.size > 20 * 1024**2):
        raise Refused(400, 1, "Sorry! This image cannot be used: it must be a JPEG or PNG of up to 20 MB.")
    return found


def _film(request: Request, grant: Grant, given: Mapping[str, Any]) -> Mapping[str, JSON]:
    covers = ("cover_image_url", "cover_image_content_type", "cover_image_key_frame_time")
    if not any(given.get(name) is not None for name in covers):
        raise Refused(400, 1, "Missing cover_image_url or cover_image_content_type and cover_image_data")
    medium = _memory(request).media.get(str(given.get("media_id")))
    if medium is None or medium.owner != grant.user_id or medium.failed:
        raise Refused(400, 1, "Invalid media_id.")
    if medium.ready_at is None or medium.ready_at > state_of(request).now():
        raise Refused(400, 1, "The video is still being processed.")
    return state_of(request).keep_file("video", "video/mp4", medium.content)


def _pin(post: Visible) -> dict[str, JSON]:
    return {
        "id": post.id,
        "created_at": post.at.replace(tzinfo=None).isoformat(timespec="seconds"),
        "link": post.shown["link"],
        "title": post.shown["title"],
        "description": post.text,
        "alt_text": post.shown["alt"],
        "board_id": post.account,
        "board_section_id": post.shown["section"],
        "is_owner": True,
        "parent_pin_id": None,
        "creative_type": "VIDEO" if any(one["kind"] == "video" for one in post.media) else "REGULAR",
    }


def _own_pin(request: Request, grant: Grant) -> Visible:
    for post in state_of(request).posts.values():
        if post.id == request.path_params["pin"] and not post.deleted:
            _board(request, grant, post.account)
            return post
    raise Refused(404, 50, "Pin not found.")


async def one(request: Request) -> Response:
    grant = _grant(request, "boards:read", "pins:read")
    body = _pin(_own_pin(request, grant))
    if request.query_params.get("pin_metrics") == "true":
        figures = {"impression": 21, "pin_click": 3, "clickthrough": 2, "save": 1, "reaction": 4, "comment": 0}
        body["pin_metrics"] = {"90d": figures, "lifetime_metrics": figures}
    return JSONResponse(body)


async def remove(request: Request) -> Response:
    grant = _grant(request, "boards:read", "boards:write", "pins:read", "pins:write")
    _own_pin(request, grant).deleted = True
    return Response(status_code=204)


async def analytics(request: Request) -> Response:
    grant = _grant(request, "boards:read", "pins:read")
    _own_pin(request, grant)
    for name in ("start_date", "end_date"):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", request.query_params.get(name, "")):
            raise Refused(400, 1, f"Invalid request: {name!r} is not a date")
    asked = request.query_params.get("metric_types", "").split(",")
    figures = {"IMPRESSION": 11, "OUTBOUND_CLICK": 1, "PIN_CLICK": 2, "SAVE": 1, "VIDEO_MRC_VIEW": 0}
    told = {name: value for name, value in figures.items() if name in asked}
    return JSONResponse(
        {
            "all": {
                "daily_metrics": [],
                "lifetime_metrics": {"TOTAL_COMMENTS": 0, "TOTAL_REACTIONS": 4},
                "summary_metrics": told,
            }
        }
    )


# --- videos ----------------------------------------------------------------------------------------------------------


async def register(request: Request) -> Response:
    grant = _grant(request, "boards:read", "boards:write", "pins:read", "pins:write")
    if (await _body(request)).get("media_type") != "video":
        raise Refused(400, 1, "Invalid request: 'media_type' must be video")
    id = str(5_000_000 + state_of(request).number())
    fields = {"key": f"uploads/{id}", "policy": secrets.token_hex(8), "x-amz-signature": secrets.token_hex(8)}
    _memory(request).media[id] = Medium(owner=grant.user_id, fields=fields, failed=processing_fails(request))
    body = {
        "media_id": id,
        "media_type": "video",
        "upload_url": f"{own_address(request)}/storage/{id}",
        "upload_parameters": fields,
    }
    return JSONResponse(body, status_code=201)


async def store(request: Request) -> Response:
    """The storage behind: it wants every field as it was given, and nobody's token."""
    medium = _memory(request).media.get(request.path_params["id"])
    form = await request.form(max_part_size=1024**2)
    file = form.get("file")
    given = {name: str(value) for name, value in form.items() if name != "file"}
    if medium is None or request.headers.get("authorization") or given != medium.fields:
        return Response("<Error><Code>AccessDenied</Code></Error>", status_code=403, media_type="application/xml")
    if not isinstance(file, UploadFile) or list(form.keys())[-1] != "file":
        return Response("<Error><Code>InvalidArgument</Code></Error>", status_code=400, media_type="application/xml")
    medium.content = await file.read()
    medium.failed = medium.failed or wrong_film(medium.content)
    medium.ready_at = state_of(request).after(PROCESSING)
    return Response(status_code=204)


def wrong_film(content: bytes) -> bool:
    """https://help.pinterest.com/en/business/article/pinterest-product-specs"""
    film = seen(content)
    if film is None:
        return False
    plays = film.is_mp4 and film.codec in ("h264", "hevc")
    return not (plays and 4 <= film.seconds <= 900 and 0.5 <= film.aspect <= 1.92)


async def medium_status(request: Request) -> Response:
    _grant(request, "boards:read", "pins:read")
    medium = _memory(request).media.get(request.path_params["id"])
    if medium is None:
        raise Refused(404, 50, "Media not found.")
    medium.failed = medium.failed or processing_fails(request)
    status = "registered" if medium.ready_at is None else "processing"
    if medium.failed:
        status = "failed"
    elif medium.ready_at is not None and medium.ready_at <= state_of(request).now():
        status = "succeeded"
    return JSONResponse({"media_id": request.path_params["id"], "media_type": "video", "status": status})


async def _body(request: Request) -> Mapping[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise Refused(400, 1, "Invalid request: the body is not JSON") from None
    return cast("Mapping[str, Any]", body) if isinstance(body, dict) else {}


def page(state: State, request: Request) -> str:
    known = cast("Memory", state.memory).boards
    shown = sorted(state.posts.values(), key=lambda post: post.at, reverse=True)
    bubbles = "".join(
        pages.bubble(
            author=f"Board {known[post.account]['name']}",
            text=f"<strong>{html.escape(str(post.shown['title']))}</strong>\n{html.escape(post.text)}",
            media="".join(pages.file_html("pinterest", medium) for medium in post.media),
            at=post.at,
            deleted=post.deleted,
        )
        for post in shown
    )
    return pages.heading("Pinterest", "What the audience sees") + (bubbles or '<p class="note">Nothing yet.</p>')


_TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/oauth/", authorize),
    ("POST", "/oauth/", decide),
    ("POST", "/v5/oauth/token", token),
    ("GET", "/v5/user_account", me),
    ("GET", "/v5/boards", boards),
    ("POST", "/v5/boards", new_board),
    ("GET", "/v5/boards/{board}/sections", sections),
    ("GET", "/v5/boards/{board}/pins", board_pins),
    ("GET", "/v5/boards/{board}/sections/{section}/pins", board_pins),
    ("POST", "/v5/pins", create),
    ("GET", "/v5/pins/{pin}", one),
    ("DELETE", "/v5/pins/{pin}", remove),
    ("GET", "/v5/pins/{pin}/analytics", analytics),
    ("POST", "/v5/media", register),
    ("GET", "/v5/media/{id}", medium_status),
    ("POST", "/storage/{id}", store),
)

NETWORK = Network(
    id="pinterest",
    name="Pinterest",
    hosts={"api": "/pinterest/v5", "auth": "/pinterest"},
    routes=[Route(path, answering(handler), methods=[method]) for method, path, handler in _TABLE],
    memory=Memory,
    page=page,
    refuse=refuse,
    credentials={"clientId": RULES.client_id, "clientSecret": RULES.client_secret},
    controls=[Route("/expire", oauth.expire_route(RULES), methods=["PUT"])],
)
