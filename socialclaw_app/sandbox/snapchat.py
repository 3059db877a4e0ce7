"""Snapchat: Public Profiles, and videos that arrive encrypted and in parts.

https://developers.snap.com/api/marketing-api/Public-Profile-API, checked 2026-11-20.
"""

from __future__ import annotations

import base64
import html
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
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
    processing_fails,
    received_at,
    state_of,
    wait_for_room,
)
from .files import seen
from .oauth import Grant, Grants, Rules

SCOPE = "snapchat-profile-api"
ORGANIZATIONS: Mapping[str, str] = {"alice": "org-a", "bob": "org-b", "charlie": ""}
PROFILES: Mapping[str, Mapping[str, str]] = {
    "5a1b0000-0000-4000-8000-000000000001": {"owner": "alice", "name": "sandbox_alice", "shown": "Alice's bakery"},
    "5a1b0000-0000-4000-8000-000000000002": {"owner": "alice", "name": "", "shown": "The bakery's garden"},
    "5a1b0000-0000-4000-8000-000000000003": {"owner": "bob", "name": "sandbox_bob", "shown": "Bob's boats"},
}
"""Charlie has none."""
KINDS = {"spotlights": "spotlight", "stories": "story", "saved_stories": "saved_story"}
FIELDS = {
    "spotlights": {"media_id", "locale", "description", "skip_save_to_profile"},
    "stories": {"media_id", "customized_ttl"},
    "saved_stories": {"saved_stories"},
}
LIVES = {"ONE_DAY": 1, "TWO_DAYS": 2, "THREE_DAYS": 3, "ONE_WEEK": 7}
FIGURES: Mapping[str, Mapping[str, int]] = {
    "PROFILE": {"VIEWS": 900, "VIEWERS": 700, "SHARES": 12, "INTERACTIONS": 40},
    "SPOTLIGHT": {"VIEWS": 90, "VIEWERS": 70, "SHARES": 3, "FAVORITES": 8},
    "STORY": {"VIEWS": 30, "VIEWERS": 20, "SHARES": 1},
    "SAVED_STORY": {"VIEWS": 30, "VIEWERS": 20, "SHARES": 1},
}
FOREVER = "9999-12-31T00:00:00+00:00"
PROCESSING, LOOKED_AT = timedelta(milliseconds=150), timedelta(seconds=2)
MIB = 1024**2
LARGEST_PART, MOST_PARTS, LARGEST = 32 * MIB, 35, 1024 * MIB


@dataclass(slots=True, kw_only=True)
class Medium:
    owner: str
    name: str
    key: bytes
    iv: bytes
    expires_at: datetime
    parts: dict[int, bytes] = field(default_factory=dict[int, bytes])
    content: bytes = b""
    ready_at: datetime | None = None
    failed: bool = False


@dataclass(slots=True)
class Memory:
    grants: Grants = field(default_factory=Grants)
    media: dict[str, Medium] = field(default_factory=dict[str, Medium])
    buckets: dict[str, Bucket] = field(default_factory=dict[str, Bucket])


def _memory(request: Request) -> Memory:
    return cast("Memory", state_of(request).memory)


RULES = Rules(
    name="Snapchat",
    client_id="5a1b0000-0000-4000-8000-00000000c11e",
    client_secret="sandbox-snapchat-secret",
    grants=lambda request: _memory(request).grants,
    people=lambda request: dict(zip(ORGANIZATIONS, ("Alice", "Bob", "Charlie, without a profile"), strict=True)),
    scopes=(SCOPE, "snapchat-marketing-api"),
    rotates=True,
)


# --- answers -----------------------------------------------------------------------------------------------------------


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = _error(code, message)


def _error(code: str, message: str) -> dict[str, JSON]:
    return {
        "request_status": "ERROR",
        "request_id": uuid.uuid4().hex,
        "error_code": code,
        "debug_message": message,
        "display_message": message,
    }


def _ok(**more: JSON) -> Response:
    return JSONResponse({"request_status": "SUCCESS", "request_id": uuid.uuid4().hex, **more})


def refuse(fault: Fault) -> Response:
    """What is refused is so with a 200, as happens there."""
    status, code = {
        "server_error": (503, "UNAVAILABLE"),
        "rate_limited": (429, "E1008"),
        "unauthorized": (401, "E1003"),
        "refused": (200, "INVALID_ARGUMENT"),
    }[fault.kind]
    headers = {"Retry-After": str(max(1, round(fault.seconds)))} if fault.kind == "rate_limited" else {}
    return JSONResponse(_error(code, "Sandbox"), status_code=status, headers=headers)


Handler = Callable[[Request], Awaitable[Response]]


def answering(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as refused:
            return JSONResponse(refused.body, status_code=refused.status)

    return answer


def _grant(request: Request) -> Grant:
    grant = oauth.holder(RULES, request)
    if grant is None:
        raise Refused(401, "E1003", "The access token is missing or has expired.")
    if oauth.lacking(grant, (SCOPE,)):
        raise Refused(403, "AUTHORIZATION_PERMISSION_DENIED", "The token lacks the scope.")
    state = state_of(request)
    bucket = _memory(request).buckets.setdefault(grant.family, Bucket(size=10, seconds=1.0))
    if state.limits_enabled and wait_for_room([bucket], state.now()) > 0:
        raise Refused(429, "E1008", "Too many requests.")
    return grant


def _profile(request: Request) -> str:
    """The id of the profile in the address, which must be one of whoever asks."""
    grant, id = _grant(request), str(request.path_params["profile"])
    if id not in PROFILES:
        raise Refused(404, "NOT_FOUND", "There is no such profile.")
    if PROFILES[id]["owner"] != grant.user_id:
        raise Refused(403, "AUTHORIZATION_PERMISSION_DENIED", "You have no role on this profile.")
    return id


async def _body(request: Request, known: set[str]) -> Mapping[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise Refused(400, "E1001", "The body is not JSON.") from None
    return _known(body, known)


def _known(body: object, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise Refused(400, "E1001", "An object was expected.")
    given = cast("Mapping[str, Any]", body)
    unknown = sorted(set(given) - known)
    if unknown:
        raise Refused(400, "E1001", f"There is no field {unknown[0]}.")
    return given


def _query(request: Request, *known: str) -> Mapping[str, str]:
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        raise Refused(400, "E1001", f"There is no parameter {unknown[0]}.")
    return request.query_params


# --- OAuth and profiles ------------------------------------------------------------------------------------------------


async def authorize(request: Request) -> Response:
    return oauth.authorize(RULES, request)


async def decide(request: Request) -> Response:
    return await oauth.decide(RULES, request)


async def token(request: Request) -> Response:
    return await oauth.token(RULES, request)


def _shown(id: str) -> dict[str, JSON]:
    facts = PROFILES[id]
    named = {"snap_user_name": facts["name"]} if facts["name"] else {}
    return {
        "id": id,
        "organization_id": ORGANIZATIONS[facts["owner"]],
        "display_name": facts["shown"],
        "profile_type": "BUSINESS",
        "profile_tier": "TIER_PUBLIC",
        "subscriber_count": "321",
        **named,
    }


def _of(user: str) -> list[str]:
    return [id for id, facts in PROFILES.items() if facts["owner"] == user]


async def my_profile(request: Request) -> Response:
    mine = _of(_grant(request).user_id)
    return _ok(public_profile=_shown(mine[0])) if mine else _ok()


async def organization_profiles(request: Request) -> Response:
    """One to a page, so that pages are turned."""
    grant = _grant(request)
    if request.path_params["organization"] != ORGANIZATIONS[grant.user_id]:
        raise Refused(403, "AUTHORIZATION_PERMISSION_DENIED", "You have no role in this organization.")
    query, ids = _query(request, "limit", "cursor"), _of(grant.user_id)
    at = ids.index(query["cursor"]) if query.get("cursor") in ids else 0
    rows = [{"sub_request_status": "SUCCESS", "public_profile": _shown(ids[at])}]
    return _ok(public_profiles=rows, paging={"next_page_id": ids[at + 1]} if at + 1 < len(ids) else {})


async def one_profile(request: Request) -> Response:
    return _ok(public_profiles=[{"sub_request_status": "SUCCESS", "public_profile": _shown(_profile(request))}])


# --- media ------------------------------------------------------------------------------------------------------------


async def register(request: Request) -> Response:
    profile = _profile(request)
    body = await _body(request, {"type", "name", "key", "iv"})
    if body.get("type") not in ("VIDEO", "IMAGE") or not isinstance(body.get("name"), str) or not body["name"]:
        raise Refused(400, "E1001", "type and name are required.")
    id = str(uuid.uuid4())
    _memory(request).media[id] = Medium(
        owner=profile,
        name=body["name"],
        key=_secret(body.get("key"), 32, "key"),
        iv=_secret(body.get("iv"), 16, "iv"),
        expires_at=state_of(request).now() + timedelta(hours=24),
        failed=processing_fails(request),
    )
    path = f"/us/v1/media/{id}/multipart-upload"
    return _ok(media_id=id, add_path=path, finalize_path=path)


def _secret(written: object, size: int, name: str) -> bytes:
    try:
        found = base64.b64decode(str(written), validate=True)
    except ValueError:
        found = b""
    if len(found) != size:
        raise Refused(400, "E1001", f"{name} must be {size} bytes in base64.")
    return found


async def upload(request: Request) -> Response:
    grant = _grant(request)
    medium = _memory(request).media.get(request.path_params["media"])
    if medium is None or medium.owner not in _of(grant.user_id):
        raise Refused(404, "MEDIA_NOT_FOUND", "There is no such media.")
    if medium.expires_at < state_of(request).now():
        raise Refused(400, "MEDIA_EXPIRED", "The media has expired.")
    form = await request.form(max_part_size=MIB)
    action, wanted = form.get("action"), {"ADD": {"action", "part_number", "file"}, "FINALIZE": {"action"}}
    if not isinstance(action, str) or set(form) != wanted.get(action):
        raise Refused(400, "E1001", "action must be ADD with part_number and file, or FINALIZE alone.")
    if action == "FINALIZE":
        _finalize(request, medium)
        return _ok()
    number, file = str(form["part_number"]), form["file"]
    if not number.isdecimal() or not 1 <= int(number) <= MOST_PARTS or not isinstance(file, UploadFile):
        raise Refused(400, "E1001", f"part_number must be 1 to {MOST_PARTS}, and file a file.")
    content = await file.read()
    if not content or len(content) > LARGEST_PART or medium.ready_at is not None:
        raise Refused(400, "E1001", "A part has 1 byte to 32 MB, and comes before the media is finalized.")
    medium.parts[int(number)] = content
    return _ok()


def _finalize(request: Request, medium: Medium) -> None:
    if medium.ready_at is not None:
        return
    if not medium.parts or sorted(medium.parts) != list(range(1, len(medium.parts) + 1)):
        raise Refused(400, "E1001", "Parts are missing.")
    sealed = b"".join(medium.parts[number] for number in sorted(medium.parts))
    if len(sealed) > LARGEST:
        raise Refused(400, "E1001", "The media is too large.")
    medium.content = _opened(sealed, medium)
    medium.failed = medium.failed or processing_fails(request) or wrong_film(medium.content)
    medium.ready_at = state_of(request).after(PROCESSING)
    medium.parts.clear()


def _opened(sealed: bytes, medium: Medium) -> bytes:
    """AES-256-CBC with PKCS #7 padding, and really so."""
    cipher, padding = Cipher(AES256(medium.key), CBC(medium.iv)).decryptor(), PKCS7(128).unpadder()
    try:
        return padding.update(cipher.update(sealed) + cipher.finalize()) + padding.finalize()
    except ValueError:
        raise Refused(400, "MEDIA_DECRYPTION_FAILED", "The media cannot be decrypted with its key and iv.") from None


def wrong_film(content: bytes) -> bool:
    """https://developers.snap.com/api/marketing-api/Public-Profile-API/ProfileAssetManagement"""
    film = seen(content)
    if film is None:
        return False
    plays = film.is_mp4 and film.codec == "h264" and film.sound in ("", "aac")
    return not (plays and 5 <= film.seconds <= 300.5 and film.width >= 540 and film.height >= 960)


def _usable(request: Request, profile: str, id: object) -> Medium:
    medium = _memory(request).media.get(id) if isinstance(id, str) else None
    if medium is None or medium.owner != profile or medium.ready_at is None:
        raise Refused(404, "MEDIA_NOT_FOUND", "There is no such media, or it is not finalized.")
    if medium.expires_at < state_of(request).now():
        raise Refused(400, "MEDIA_EXPIRED", "The media has expired.")
    if medium.ready_at > state_of(request).now():
        raise Refused(400, "MEDIA_PROCESSING", "The media is being processed.")
    if medium.failed:
        raise Refused(400, "MEDIA_TRANSCODING_FAILED", "The media could not be processed.")
    return medium


# --- posts ------------------------------------------------------------------------------------------------------------


async def create_spotlight(request: Request) -> Response:
    profile = _profile(request)
    body = await _body(request, FIELDS["spotlights"])
    if not isinstance(body.get("locale"), str) or not body["locale"]:
        raise Refused(400, "E1001", "locale is required.")
    described = body.get("description", "")
    if not isinstance(described, str) or len(described) > 160:
        raise Refused(400, "E1001", "description has at most 160 characters.")
    if not isinstance(body.get("skip_save_to_profile", False), bool):
        raise Refused(400, "E1001", "skip_save_to_profile is true or false.")
    medium = _usable(request, profile, body.get("media_id"))
    shown = {"rejected": processing_fails(request), "onProfile": not body.get("skip_save_to_profile")}
    return _ok(spotlight_id=_show(request, profile, "spotlights", medium, described, **shown).id)


async def create_story(request: Request) -> Response:
    profile = _profile(request)
    body = await _body(request, FIELDS["stories"])
    if body.get("customized_ttl", "ONE_DAY") not in LIVES:
        raise Refused(400, "E1001", "There is no such customized_ttl.")
    medium = _usable(request, profile, body.get("media_id"))
    days = LIVES[body.get("customized_ttl", "ONE_DAY")]
    ends = (received_at(request) + timedelta(days=days)).isoformat()
    _show(request, profile, "stories", medium, "", ends=ends)
    return JSONResponse({"request_id": uuid.uuid4().hex})


async def create_saved_story(request: Request) -> Response:
    profile = _profile(request)
    rows = (await _body(request, FIELDS["saved_stories"])).get("saved_stories")
    if not isinstance(rows, list) or len(cast("list[Any]", rows)) != 1:
        raise Refused(400, "E1001", "saved_stories has one story.")
    story = _known(cast("list[Any]", rows)[0], {"title", "snap_sources"})
    title, sources = story.get("title"), story.get("snap_sources")
    if not isinstance(title, str) or not 1 <= len(title) <= 45:
        raise Refused(400, "E1001", "title has 1 to 45 characters.")
    if not isinstance(sources, list) or len(cast("list[Any]", sources)) != 1:
        raise Refused(400, "E1001", "snap_sources has one source.")
    source = _known(cast("list[Any]", sources)[0], {"media_id"})
    medium = _usable(request, profile, source.get("media_id"))
    made = _show(request, profile, "saved_stories", medium, "", title=title)
    return _ok(saved_stories=[{"sub_request_status": "SUCCESS", "saved_story": {"id": made.id, "title": title}}])


def _show(request: Request, profile: str, kind: str, medium: Medium, text: str, **shown: JSON) -> Visible:
    state = state_of(request)
    film = state.keep_file("video", "video/mp4", medium.content)
    return state.show(
        Visible(
            id=str(uuid.uuid4()),
            at=received_at(request),
            account=profile,
            text=text,
            media=[film],
            shown={"kind": kind, "name": medium.name, **shown},
        )
    )


def _row(state: State, post: Visible) -> dict[str, JSON]:
    row: dict[str, JSON] = {"id": post.id, "created_at": post.at.isoformat(timespec="milliseconds")}
    if post.shown["kind"] == "spotlights":
        live = post.at + LOOKED_AT * state.pace <= state.now()
        status = "SUBMITTED" if not live else "REJECTED" if post.shown["rejected"] else "LIVE"
        return {**row, "description": post.text, "status": status}
    return {**row, "title": post.shown["title"]} if "title" in post.shown else row


def _listed(state: State, profile: str, kind: str) -> list[Visible]:
    return [post for post in _living(state) if post.account == profile and post.shown["kind"] == kind]


def _living(state: State) -> list[Visible]:
    """Newest first; a story that has ended is gone."""
    posts = sorted(state.posts.values(), key=lambda post: post.at, reverse=True)
    return [post for post in posts if state.now() < datetime.fromisoformat(str(post.shown.get("ends", FOREVER)))]


def _kind(request: Request) -> str:
    kind = request.path_params["kind"]
    if kind not in KINDS:
        raise Refused(404, "NOT_FOUND", "There is no such list.")
    return kind


async def listing(request: Request) -> Response:
    profile, kind, state = _profile(request), _kind(request), state_of(request)
    limit = _query(request, "limit", "cursor").get("limit", "20")
    if not limit.isdecimal() or not 1 <= int(limit) <= 50:
        raise Refused(400, "E1001", "limit is 1 to 50.")
    found = _listed(state, profile, kind)[: int(limit)]
    rows = [{"sub_request_status": "SUCCESS", KINDS[kind]: _row(state, post)} for post in found]
    return _ok(**{kind: rows, "paging": {}})


def _post(request: Request, kind: str) -> Visible:
    for post in _listed(state_of(request), _profile(request), kind):
        if post.id == request.path_params["id"]:
            return post
    raise Refused(404, "NOT_FOUND", "It is not there.")


async def spotlight(request: Request) -> Response:
    row = _row(state_of(request), _post(request, "spotlights"))
    return _ok(spotlights=[{"sub_request_status": "SUCCESS", "spotlight": row}])


# --- figures ----------------------------------------------------------------------------------------------------------


async def profile_stats(request: Request) -> Response:
    _profile(request)
    return _figures(request, "PROFILE")


async def stats(request: Request) -> Response:
    post = _post(request, _kind(request))
    return _figures(request, KINDS[str(post.shown["kind"])].upper())


def _figures(request: Request, asset: str) -> Response:
    query = _query(request, "assetType", "fields", "granularity", "startTime", "endTime")
    if query.get("assetType") != asset or query.get("granularity") not in ("DAY", "TOTAL", "LIFETIME"):
        raise Refused(400, "E1001", "assetType or granularity is wrong.")
    timed = "startTime" in query and "endTime" in query
    if timed == (query["granularity"] == "LIFETIME"):
        raise Refused(400, "E1001", "startTime and endTime go with DAY and TOTAL, and only with these.")
    asked = query.get("fields", "").split(",")
    unknown = [name for name in asked if name not in FIGURES[asset]]
    if unknown:
        raise Refused(400, "E1001", f"There is no field {unknown[0]} for {asset}.")
    told = [
        {
            "field": {"field_name": name},
            "stats": [{"dimension_breakdown": "DEFAULT", "value": str(FIGURES[asset][name])}],
        }
        for name in asked
    ]
    return _ok(assets=[{"asset_type": asset, "timeseries": [{"fields": told}]}])


# --- what the audience sees -------------------------------------------------------------------------------------------


def page(state: State, request: Request) -> str:
    bubbles = "".join(
        pages.bubble(
            author=f"{PROFILES[post.account]['shown']} · {KINDS[str(post.shown['kind'])].replace('_', ' ').capitalize()}",
            text=html.escape(str(post.shown.get("title") or post.text)),
            media="".join(pages.file_html("snapchat", medium) for medium in post.media),
            at=post.at,
            note=str(_row(state, post).get("status") or "").lower(),
            deleted=post.deleted,
        )
        for post in _living(state)
    )
    return pages.heading("Snapchat", "What the audience sees") + (bubbles or '<p class="note">Nothing yet.</p>')


_MINE = "/v1/public_profiles/{profile}"
_TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/login/oauth2/authorize", authorize),
    ("POST", "/login/oauth2/authorize", decide),
    ("POST", "/login/oauth2/access_token", token),
    ("GET", "/v1/public_profiles/my_profile", my_profile),
    ("GET", "/v1/organizations/{organization}/public_profiles", organization_profiles),
    ("GET", _MINE, one_profile),
    ("GET", f"{_MINE}/stats", profile_stats),
    ("POST", f"{_MINE}/media", register),
    ("POST", "/us/v1/media/{media}/multipart-upload", upload),
    ("POST", f"{_MINE}/spotlights", create_spotlight),
    ("POST", f"{_MINE}/stories", create_story),
    ("POST", f"{_MINE}/saved_stories", create_saved_story),
    ("GET", f"{_MINE}/spotlights/{{id}}", spotlight),
    ("GET", f"{_MINE}/{{kind}}", listing),
    ("GET", f"{_MINE}/{{kind}}/{{id}}/stats", stats),
)

NETWORK = Network(
    id="snapchat",
    name="Snapchat",
    hosts={"api": "/snapchat", "auth": "/snapchat"},
    routes=[Route(path, answering(handler), methods=[method]) for method, path, handler in _TABLE],
    memory=Memory,
    page=page,
    refuse=refuse,
    credentials={"clientId": RULES.client_id, "clientSecret": RULES.client_secret},
    controls=[Route("/expire", oauth.expire_route(RULES), methods=["PUT"])],
)
