"""WordPress: two sites on WordPress.com behind its OAuth, and a site of one's own with application passwords.

Both answer the core routes (wp/v2) in the same way; WordPress.com adds its own API (rest/v1.1) for people, sites and
figures. https://developer.wordpress.org/rest-api/reference/, https://developer.wordpress.com/docs/api/, and a real
WordPress 6.1.9, checked 2026-11-28.
"""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from . import oauth, pages
from .core import JSON, Fault, Network, State, Visible, own_address, processing_fails, received_at, state_of
from .oauth import Grant, Grants, OAuthRefused, Rules

IMAGES = ("jpg", "jpeg", "png", "gif", "webp")
VIDEOS = ("mp4", "m4v", "mov", "webm")
SCOPES = ("auth", "users", "sites", "posts", "comments", "taxonomy", "stats", "media", "global")
ROLES: Mapping[str, tuple[str, ...]] = {
    "editor": ("read", "edit_posts", "publish_posts", "edit_pages", "publish_pages", "upload_files", "view_stats"),
    "author": ("read", "edit_posts", "publish_posts", "upload_files"),
    "contributor": ("read", "edit_posts"),
    "subscriber": ("read",),
}
STATUSES = ("publish", "future", "draft", "pending", "private")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    id: int
    """At WordPress.com; 0 for a site that is not there."""
    place: str
    name: str
    roles: Mapping[str, str]
    types: tuple[str, ...] = (*IMAGES, *VIDEOS, "pdf", "mp3")


SITES: Mapping[int, Site] = {
    site.id: site
    for site in (
        Site(id=50000001, place="journal", name="Sandbox Journal", roles={"70000001": "editor", "70000002": "contributor"}),
        Site(id=50000002, place="notes", name="Sandbox Notes (free)", roles={"70000001": "editor"}, types=IMAGES),
        Site(id=50000003, place="followed", name="Somebody else's", roles={"70000001": "subscriber", "70000003": "subscriber"}),
    )
}  # fmt: skip
OWN = Site(id=0, place="blog", name="Sandbox Blog", roles={"sandbox_author": "editor"})
PLACES: Mapping[str, Site] = {site.place: site for site in (*SITES.values(), OWN)}
USERS: Mapping[str, str] = {"70000001": "sandbox_editor", "70000002": "sandbox_helper", "70000003": "sandbox_reader"}
PASSWORD = "SbxA Pass Word ForT heBl og42"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppPassword:
    uuid: str
    user: str
    name: str
    app_id: str = ""


@dataclass(slots=True, kw_only=True)
class Medium:
    id: int
    site: Site
    name: str
    shown: dict[str, JSON]
    alt: str = ""


@dataclass(slots=True)
class Memory:
    grants: Grants = field(default_factory=Grants)
    passwords: dict[str, AppPassword] = field(
        default_factory=lambda: {
            _bare(PASSWORD): AppPassword(uuid=str(uuid.UUID(int=1)), user="sandbox_author", name="By hand")
        }
    )
    media: dict[int, Medium] = field(default_factory=dict[int, Medium])


def _memory(request: Request) -> Memory:
    return cast("Memory", state_of(request).memory)


def _bare(password: str) -> str:
    """People type the spaces or leave them out."""
    return password.replace(" ", "")


def _people(request: Request) -> Mapping[str, str]:
    """A token is for all sites of a person, or for the one they chose."""
    return {
        "70000001": "sandbox_editor, all sites",
        "70000001:50000002": "sandbox_editor, only Sandbox Notes",
        "70000002": "sandbox_helper, all sites",
        "70000003": "sandbox_reader, who writes nowhere",
    }


def _refused_token(refused: OAuthRefused) -> Response:
    return JSONResponse({"error": refused.error, "error_description": refused.description}, status_code=400)


RULES = Rules(
    name="WordPress.com",
    client_id="90001",
    client_secret="sandbox-wordpress-secret",
    grants=lambda request: _memory(request).grants,
    people=_people,
    scopes=SCOPES,
    token_life=timedelta(days=36500),
    refresh_life=None,
    error=_refused_token,
)


class Refused(Exception):
    def __init__(self, status: int, body: Mapping[str, JSON]) -> None:
        super().__init__(str(status))
        self.status = status
        self.body = body


def _core(status: int, code: str, message: str, **data: JSON) -> Refused:
    """An error as WordPress itself writes it."""
    return Refused(status, {"code": code, "message": message, "data": {"status": status, **data}})


def _com(status: int, error: str, message: str) -> Refused:
    """An error as WordPress.com's own API writes it."""
    return Refused(status, {"error": error, "message": message})


def refuse(fault: Fault) -> Response:
    status, code = {
        "server_error": (503, "internal_server_error"),
        "rate_limited": (429, "too_many_requests"),
        "unauthorized": (401, "rest_cannot_create"),
        "refused": (403, "rest_cannot_create"),
    }[fault.kind]
    headers = {"Retry-After": str(round(fault.seconds))} if fault.kind == "rate_limited" else {}
    return JSONResponse(dict(_core(status, code, "Sandbox").body), status_code=status, headers=headers)


Handler = Callable[[Request], Awaitable[Response]]


def answering(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as refused:
            return JSONResponse(dict(refused.body), status_code=refused.status)

    return answer


# --- who asks --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    site: Site
    user: str
    """Empty for a stranger."""

    def can(self, capability: str) -> bool:
        return capability in ROLES.get(self.site.roles.get(self.user, ""), ())


def _who(request: Request, *scopes: str) -> Who:
    """Of a core route. A login that is none makes a stranger, as WordPress has it."""
    number = request.path_params.get("site")
    if number is None:
        password = _password_of(request)
        return Who(site=OWN, user=password.user if password else "")
    site = SITES.get(number)
    if site is None:
        raise _com(404, "unknown_blog", "Unknown blog")
    grant = oauth.holder(RULES, request)
    if grant is None or not _covers(grant, site) or oauth.lacking(grant, scopes):
        return Who(site=site, user="")
    return Who(site=site, user=grant.user_id.partition(":")[0])


def _covers(grant: Grant, site: Site) -> bool:
    _, _, only = grant.user_id.partition(":")
    return only in ("", str(site.id))


def _password_of(request: Request) -> AppPassword | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
    except ValueError:
        return None
    found = _memory(request).passwords.get(_bare(secret)) if scheme.lower() == "basic" else None
    return found if found is not None and found.user == name else None


def _member(request: Request, *scopes: str) -> tuple[Grant, str]:
    """Of one of WordPress.com's own routes: the grant and the number of the person."""
    grant = oauth.holder(RULES, request)
    if grant is None:
        given = bool(oauth.bearer_of(request))
        raise (
            _com(400, "invalid_token", "The OAuth2 token is invalid.")
            if given
            else _com(403, "authorization_required", "An active access token must be used.")
        )
    if oauth.lacking(grant, scopes):
        raise _com(403, "unauthorized", f"The token does not have the scope {oauth.lacking(grant, scopes)}.")
    return grant, grant.user_id.partition(":")[0]


def _their_site(request: Request, *scopes: str) -> tuple[Site, str]:
    grant, user = _member(request, *scopes)
    site = SITES.get(request.path_params["site"])
    if site is None:
        raise _com(404, "unknown_blog", "Unknown blog")
    if user not in site.roles or not _covers(grant, site):
        raise _com(403, "unauthorized", "User cannot access this private blog.")
    return site, user


# --- WordPress.com: OAuth, people, sites, figures ---------------------------------------------------------------------


async def authorize(request: Request) -> Response:
    return oauth.authorize(RULES, request)


async def decide(request: Request) -> Response:
    return await oauth.decide(RULES, request)


async def token(request: Request) -> Response:
    """Without an end and without a refresh token, and it names a site."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        oauth.check_client(RULES, request, form)
        if form.get("grant_type") != "authorization_code":
            raise OAuthRefused("unsupported_grant_type", "grant_type must be authorization_code.")
        grant = oauth.redeem_code(RULES, request, form)
    except OAuthRefused as refused:
        return _refused_token(refused)
    issued = oauth.issue(RULES, request, grant, form)
    user, _, only = grant.user_id.partition(":")
    site = SITES[int(only)] if only else next(site for site in SITES.values() if user in site.roles)
    named = {"blog_id": str(site.id), "blog_url": _address(request, site)}
    return JSONResponse({"access_token": issued["access_token"], "token_type": "bearer", **named, "scope": issued["scope"]})  # fmt: skip


async def token_info(request: Request) -> Response:
    grant = oauth.holder(RULES, request, request.query_params.get("token", ""))
    if grant is None or request.query_params.get("client_id") != RULES.client_id:
        return _refused_token(OAuthRefused("invalid_request", "The specified token is invalid."))
    user, _, only = grant.user_id.partition(":")
    body = {"client_id": RULES.client_id, "user_id": user, "blog_id": only or "0", "scope": " ".join(grant.scopes)}
    return JSONResponse(body)


async def me(request: Request) -> Response:
    grant, user = _member(request, "auth")
    _, _, only = grant.user_id.partition(":")
    return _chosen(
        request,
        {
            "ID": int(user),
            "display_name": USERS[user].replace("_", " ").title(),
            "username": USERS[user],
            "email": f"{USERS[user]}@example.com",
            "primary_blog": next(site.id for site in SITES.values() if user in site.roles),
            "token_site_id": int(only) if only else None,
            "token_scope": list(grant.scopes),
            "avatar_URL": "",
        },
    )


async def my_sites(request: Request) -> Response:
    grant, user = _member(request, "sites")
    found = [site for site in SITES.values() if user in site.roles and _covers(grant, site)]
    return JSONResponse({"sites": [_picked(request, _site_json(request, site, user)) for site in found]})


async def one_site(request: Request) -> Response:
    site, user = _their_site(request, "sites")
    return _chosen(request, _site_json(request, site, user))


def _site_json(request: Request, site: Site, user: str) -> dict[str, JSON]:
    who = Who(site=site, user=user)
    options: dict[str, JSON] = {"allowed_file_types": list(site.types), "unmapped_url": _address(request, site)}
    wanted = request.query_params.get("options")
    return {
        "ID": site.id,
        "name": site.name,
        "URL": _address(request, site),
        "jetpack": False,
        "capabilities": {name: who.can(name) for name in ROLES["editor"]},
        "icon": None,
        "is_private": False,
        "is_multisite": True,
        "plan": {"product_slug": "free_plan" if site.types == IMAGES else "business-bundle"},
        "options": {name: value for name, value in options.items() if not wanted or name in wanted.split(",")},
    }


async def one_post_of_com(request: Request) -> Response:
    site, _ = _their_site(request, "posts")
    post = _post(request, site, request.path_params["id"])
    if post is None:
        raise _com(404, "unknown_post", "Unknown post")
    counts = {"like_count": 0, "discussion": {"comments_open": True, "comment_count": 0}}
    return _chosen(request, {"ID": int(post.id), "site_ID": site.id, "status": post.shown["status"], **counts})


async def stats(request: Request) -> Response:
    site = _with_statistics(request)
    posts = [post for post in _posts(request, site) if not post.deleted]
    figures = {"visitors": 2, "views": 3 * len(posts), "comments": 0, "posts": len(posts), "followers_blog": 0}
    return _chosen(request, {"date": f"{state_of(request).now():%Y-%m-%d}", "stats": figures, "visits": {}})


async def post_stats(request: Request) -> Response:
    site = _with_statistics(request)
    if _post(request, site, request.path_params["id"]) is None:
        raise _com(404, "unknown_post", "Unknown post")
    return _chosen(request, {"date": f"{state_of(request).now():%Y-%m-%d}", "views": 3, "years": {}, "data": []})


def _with_statistics(request: Request) -> Site:
    site, user = _their_site(request, "stats")
    if not Who(site=site, user=user).can("view_stats"):
        raise _com(403, "unauthorized", "user cannot view stats")
    return site


def _chosen(request: Request, body: Mapping[str, JSON]) -> Response:
    return JSONResponse(_picked(request, body))


def _picked(request: Request, body: Mapping[str, JSON]) -> dict[str, JSON]:
    """``fields`` at WordPress.com, ``_fields`` in core: only these, separated by commas."""
    wanted = request.query_params.get("fields") or request.query_params.get("_fields")
    return {name: value for name, value in body.items() if not wanted or name in wanted.split(",")}


# --- a site of one's own ---------------------------------------------------------------------------------------------


def _address(request: Request, site: Site) -> str:
    return f"{own_address(request)}/{site.place}"


async def index(request: Request) -> Response:
    home = _address(request, OWN)
    page = f"{home}/wp-admin/authorize-application.php"
    return _chosen(
        request,
        {
            "name": OWN.name,
            "description": "",
            "url": home,
            "home": home,
            "namespaces": ["oembed/1.0", "wp/v2"],
            "authentication": {"application-passwords": {"endpoints": {"authorization": page}}},
            "site_icon_url": "",
        },
    )


async def authorize_application(request: Request) -> Response:
    """Somebody is signed in as sandbox_author already."""
    query = request.query_params
    wrong = _not_allowed(query)
    if wrong:
        return pages.document("Cannot Authorize Application", f"<h1>Error</h1><p>{html.escape(wrong)}</p>", status=500)
    fields = ("app_name", "app_id", "success_url", "reject_url")
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(query.get(name, ""))}">' for name in fields
    )
    page = pages.document(
        "Authorize Application",
        f"<h1>Authorize Application</h1><p>An application would like to connect to your account on {html.escape(OWN.name)}."
        f'</p><form method="post">{hidden}<p>Name: <strong>{html.escape(query.get("app_name", ""))}</strong></p>'
        '<button name="approve" value="1">Yes, I approve of this connection</button>'
        '<button name="reject" value="1">No, I do not approve of this connection</button></form>',
    )
    # the browser counts the way back to whoever asked as a target of this form
    page.headers["Content-Security-Policy"] = pages.HEADERS["Content-Security-Policy"].replace(
        "form-action 'self'", "form-action *"
    )
    return page


def _not_allowed(asked: Mapping[str, str]) -> str:
    """The site calls itself local, so http is good enough for it."""
    for name in ("success_url", "reject_url"):
        parts = urlsplit(asked.get(name, ""))
        if asked.get(name) and (not parts.hostname or parts.scheme in ("javascript", "data", "")):
            return "The Authorize Application request is not allowed. Invalid URL format."
    if asked.get("app_id") and not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", asked["app_id"]):
        return "The Authorize Application request is not allowed. The application ID must be a UUID."
    return ""


async def answer_application(request: Request) -> Response:
    form = {name: str(value) for name, value in (await request.form()).items()}
    wrong = _not_allowed(form)
    if wrong or not form.get("app_name"):
        return pages.document("Error", f"<h1>Error</h1><p>{html.escape(wrong or 'No name.')}</p>", status=500)
    if "approve" not in form:
        return RedirectResponse(form.get("reject_url") or _address(request, OWN), status_code=302)
    secret = "".join(secrets.choice("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(24))
    _memory(request).passwords[secret] = AppPassword(
        uuid=str(uuid.uuid4()), user="sandbox_author", name=form["app_name"], app_id=form.get("app_id", "")
    )
    back = {"site_url": _address(request, OWN), "user_login": "sandbox_author", "password": secret}
    target = form.get("success_url", "")
    if not target:
        return pages.document("Authorize Application", f"<p>Your new password is: <code>{secret}</code></p>")
    return RedirectResponse(target + ("&" if "?" in target else "?") + urlencode(back), status_code=302)


async def user_me(request: Request) -> Response:
    who = _who(request)
    if not who.user:
        raise _core(401, "rest_not_logged_in", "You are not currently logged in.")
    body: dict[str, JSON] = {"id": 1, "name": who.user, "slug": who.user, "avatar_urls": {}}
    if request.query_params.get("context") == "edit":
        capabilities = dict.fromkeys(ROLES[who.site.roles[who.user]], True)
        body |= {"username": who.user, "email": f"{who.user}@example.com", "capabilities": capabilities}
    return _chosen(request, body)


async def introspect(request: Request) -> Response:
    password = _password_of(request)
    if password is None:
        raise _core(401, "rest_not_logged_in", "You are not currently logged in.")
    return _chosen(request, {"uuid": password.uuid, "app_id": password.app_id, "name": password.name})


async def delete_password(request: Request) -> Response:
    password = _password_of(request)
    if password is None:
        raise _core(401, "rest_not_logged_in", "You are not currently logged in.")
    known = _memory(request).passwords
    doomed = [secret for secret, one in known.items() if one.uuid == request.path_params["uuid"]]
    if not doomed:
        raise _core(404, "rest_application_password_not_found", "Application password not found.")
    for secret in doomed:
        del known[secret]
    return JSONResponse({"deleted": True, "previous": {"uuid": request.path_params["uuid"]}})


# --- core: media -----------------------------------------------------------------------------------------------------


async def upload(request: Request) -> Response:
    who = _who(request, "media")
    _must(who, "upload_files", "rest_cannot_create", "Sorry, you are not allowed to create posts as this user.")
    named = re.search(r'filename="?([^";]+)', request.headers.get("content-disposition", ""))
    if named is None:
        raise _core(400, "rest_upload_no_content_disposition", "No Content-Disposition supplied.")
    content = await request.body()
    if not content:
        raise _core(400, "rest_upload_no_data", "No data supplied.")
    extension = named[1].rpartition(".")[2].lower()
    if extension not in who.site.types or _is_something_else(extension, content):
        raise _core(500, "rest_upload_sideload_error", "Sorry, you are not allowed to upload this file type.")
    state, memory = state_of(request), _memory(request)
    kind = "image" if extension in IMAGES else "video" if extension in VIDEOS else "file"
    mime = request.headers.get("content-type") or "application/octet-stream"
    shown = state.keep_file(kind, mime, content)
    medium = Medium(id=state.number(), site=who.site, name=named[1], shown=shown)
    memory.media[medium.id] = medium
    if kind == "image" and processing_fails(request):  # PHP ran out of memory over the smaller sizes
        died = _core(500, "internal_server_error", "<p>There has been a critical error on this website.</p>")
        headers = {"X-WP-Upload-Attachment-ID": str(medium.id)}
        return JSONResponse(dict(died.body), status_code=500, headers=headers)
    return JSONResponse(_medium_json(request, medium), status_code=201)


SIGNATURES: Mapping[str, bytes] = {"png": b"\x89PNG", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8"}


def _is_something_else(extension: str, content: bytes) -> bool:
    return not content.startswith(SIGNATURES.get(extension, b""))


async def describe(request: Request) -> Response:
    who = _who(request, "media")
    medium = _medium(request, who)
    body = await _json(request)
    medium.alt = str(body.get("alt_text", medium.alt))
    return JSONResponse(_medium_json(request, medium))


async def post_process(request: Request) -> Response:
    medium = _medium(request, _who(request, "media"))
    if (await _json(request)).get("action") != "create-image-subsizes":
        raise _core(400, "rest_invalid_param", "Invalid parameter(s): action")
    return JSONResponse(_medium_json(request, medium))


def _medium(request: Request, who: Who) -> Medium:
    medium = _memory(request).media.get(request.path_params["id"])
    if medium is None or medium.site is not who.site:
        raise _core(404, "rest_post_invalid_id", "Invalid post ID.")
    _must(who, "upload_files", "rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
    return medium


def _medium_json(request: Request, medium: Medium) -> dict[str, JSON]:
    return {
        "id": medium.id,
        "source_url": f"{request.url.scheme}://{request.url.netloc}/_/wordpress/media/{medium.shown['sha256']}",
        "media_type": "image" if medium.shown["kind"] == "image" else "file",
        "mime_type": medium.shown["mime"],
        "alt_text": medium.alt,
        "slug": medium.name.rpartition(".")[0],
    }


# --- core: posts and pages -------------------------------------------------------------------------------------------


async def create(request: Request) -> Response:
    who, body = _who(request, "posts"), await _json(request)
    what = request.path_params["collection"]
    status = str(body.get("status") or "draft")
    if status not in STATUSES:
        raise _core(400, "rest_invalid_param", "Invalid parameter(s): status", params={"status": "not one of them"})
    _must(who, f"edit_{what}", "rest_cannot_create", "Sorry, you are not allowed to create posts as this user.")
    if status in ("publish", "private", "future"):
        _must(who, f"publish_{what}", "rest_cannot_publish", "Sorry, you are not allowed to publish posts in this post type.")  # fmt: skip
    title, content = str(body.get("title") or ""), str(body.get("content") or "")
    if not title.strip() and not content.strip():
        raise _core(400, "empty_content", "Content, title, and excerpt are empty.")
    post = _kept(request, who, what, title, content, status, body)
    return JSONResponse(_post_json(request, who.site, post), status_code=201)


def _kept(
    request: Request, who: Who, what: str, title: str, content: str, status: str, body: Mapping[str, JSON]
) -> Visible:
    state, memory = state_of(request), _memory(request)
    featured = body.get("featured_media")
    meta = cast("Mapping[str, JSON]", body.get("meta") or {})
    asked = str(body.get("slug") or "")
    if status == "pending" and not who.can(f"publish_{what}"):
        asked = ""
    nameless = status in ("draft", "pending") and not asked
    public = what == "posts" and status == "publish" and who.site.id != 0
    return state.show(
        Visible(
            id=str(state.number()),
            at=received_at(request),
            account=who.site.place,
            text=_plain(content),
            media=[{**medium.shown, "alt": medium.alt} for medium in _embedded(memory, who.site, content)],
            shown={
                "title": html.unescape(title),
                "content": content,
                "status": status,
                "type": what,
                "slug": "" if nameless else _free_slug(request, who.site, asked or title),
                "author": who.user,
                "featured": featured if featured in memory.media else 0,
                "passedOn": public and meta.get("jetpack_publicize_feature_enabled") is not False,
            },
        )
    )


def _embedded(memory: Memory, site: Site, content: str) -> list[Medium]:
    numbers = re.findall(r'<!-- wp:(?:image|video) \{"id":(\d+)', content)
    found = [memory.media.get(int(number)) for number in numbers]
    return [medium for medium in found if medium is not None and medium.site is site]


def _plain(content: str) -> str:
    spaced = re.sub(r"<br>|</p>", "\n", re.sub(r"<!--.*?-->", "", content, flags=re.DOTALL))
    return re.sub(r"\n{2,}", "\n\n", html.unescape(re.sub(r"<[^>]*>", "", spaced))).strip()


def _free_slug(request: Request, site: Site, wanted: str) -> str:
    """One that is taken gets a number."""
    slug = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-") or "post"
    taken = {post.shown["slug"] for post in _posts(request, site) if not post.deleted}
    names = (slug if number == 1 else f"{slug}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


async def listing(request: Request) -> Response:
    who, query = _who(request, "posts"), request.query_params
    statuses = query.get("status", "publish").split(",")
    if any(status not in (*STATUSES, "trash", "any") for status in statuses):
        raise _core(400, "rest_invalid_param", "Invalid parameter(s): status")
    edits = who.can("edit_posts")
    if not edits and (statuses != ["publish"] or query.get("context") == "edit"):
        if query.get("context") == "edit":
            raise _core(401, "rest_forbidden_context", "Sorry, you are not allowed to edit posts in this post type.")
        raise _core(
            400, "rest_invalid_param", "Invalid parameter(s): status", params={"status": "Status is forbidden."}
        )
    amount = query.get("per_page", "10")
    if not amount.isdecimal() or not 1 <= int(amount) <= 100:
        raise _core(400, "rest_invalid_param", "Invalid parameter(s): per_page")
    rows = [
        post
        for post in _posts(request, who.site)
        if post.shown["type"] == request.path_params["collection"]
        and (post.shown["status"] in statuses or "any" in statuses)
        and (not query.get("slug") or post.shown["slug"] in query["slug"].split(","))
        and query.get("search", "").lower() in f"{post.shown['title']} {post.shown['content']}".lower()
    ]
    rows.sort(key=lambda post: int(post.id), reverse=query.get("order", "desc") == "desc")
    return _page_of([_post_json(request, who.site, post) for post in rows], int(amount), request)


def _page_of(rows: Sequence[Mapping[str, JSON]], amount: int, request: Request) -> Response:
    headers = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(-(-len(rows) // amount))}
    return JSONResponse([_picked(request, row) for row in rows[:amount]], headers=headers)


async def one(request: Request) -> Response:
    who = _who(request, "posts")
    post = _post(request, who.site, request.path_params["id"])
    if post is None:
        raise _core(404, "rest_post_invalid_id", "Invalid post ID.")
    return _chosen(request, _post_json(request, who.site, post))


async def remove(request: Request) -> Response:
    who, id = _who(request, "posts"), str(request.path_params["id"])
    post = state_of(request).posts.get((who.site.place, id))
    if post is None or post.shown["status"] == "gone":
        raise _core(404, "rest_post_invalid_id", "Invalid post ID.")
    _must(who, "edit_posts", "rest_cannot_delete", "Sorry, you are not allowed to delete this post.")
    forced = request.query_params.get("force") in ("true", "1")
    if not forced and post.shown["status"] == "trash":
        raise _core(410, "rest_already_trashed", "The post has already been deleted.")
    previous = _post_json(request, who.site, post)
    post.deleted, post.shown = True, {**post.shown, "status": "gone" if forced else "trash"}
    return JSONResponse({"deleted": True, "previous": previous} if forced else {**previous, "status": "trash"})


async def comments(request: Request) -> Response:
    """Nobody comments here."""
    _who(request, "comments")
    return _page_of([], 10, request)


def _posts(request: Request, site: Site) -> list[Visible]:
    return [post for post in state_of(request).posts.values() if post.account == site.place]


def _post(request: Request, site: Site, id: int) -> Visible | None:
    return state_of(request).post(site.place, str(id))


def _post_json(request: Request, site: Site, post: Visible) -> dict[str, JSON]:
    slug, public = post.shown["slug"], post.shown["status"] == "publish"
    home = _address(request, site)
    return {
        "id": int(post.id),
        "date_gmt": f"{post.at:%Y-%m-%dT%H:%M:%S}",
        "link": f"{home}/{slug}/" if public else f"{home}/?p={post.id}",
        "slug": slug,
        "status": post.shown["status"],
        "type": str(post.shown["type"]).removesuffix("s"),
        "title": {"raw": post.shown["title"], "rendered": html.escape(str(post.shown["title"]))},
        "content": {"raw": post.shown["content"], "rendered": post.shown["content"], "protected": False},
        "featured_media": post.shown["featured"],
    }


def _must(who: Who, capability: str, code: str, message: str) -> None:
    if not who.can(capability):
        raise _core(403 if who.user else 401, code, message)


async def _json(request: Request) -> Mapping[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        raise _core(400, "rest_invalid_json", "Invalid JSON body passed.") from None
    return cast("Mapping[str, Any]", body) if isinstance(body, dict) else {}


# --- for people ------------------------------------------------------------------------------------------------------


async def read(request: Request) -> Response:
    """An article as its readers have it."""
    site = PLACES.get(request.path_params["place"])
    posts = [] if site is None else _posts(request, site)
    found = [post for post in posts if post.shown["slug"] == request.path_params["slug"] and not post.deleted]
    if site is None or not found or found[0].shown["status"] != "publish":
        return pages.document("Not found", "<h1>There is nothing here</h1>", status=404)
    back = f'<p class="back"><a href="/_/wordpress?site={site.place}">{html.escape(site.name)}</a></p>'
    return pages.document(str(found[0].shown["title"]) or site.name, back + _bubble(site, found[0]))


def page(state: State, request: Request) -> str:
    here = PLACES.get(request.query_params.get("site", ""), OWN)
    sites = [site for site in (OWN, *SITES.values()) if "editor" in site.roles.values()]
    links = [(f"/_/wordpress?site={site.place}", site.name, site is here) for site in sites]
    posts = sorted((post for post in state.posts.values() if post.account == here.place), key=lambda post: post.at)
    bubbles = "".join(_bubble(here, post) for post in reversed(posts))
    return (
        pages.heading("WordPress", "What the readers of each site see, and the drafts that only its people see")
        + pages.choices(links)
        + (bubbles or '<p class="note">Nothing yet.</p>')
    )


def _bubble(site: Site, post: Visible) -> str:
    title, status = str(post.shown["title"]), str(post.shown["status"])
    notes = (
        "page" if post.shown["type"] == "pages" else "",
        status if status in ("draft", "pending", "private") else "",
        "passed on to other networks" if post.shown["passedOn"] else "",
    )
    return pages.bubble(
        author=site.name,
        text=(f"<strong>{html.escape(title)}</strong>\n\n" if title else "") + html.escape(post.text),
        media="".join(pages.file_html("wordpress", medium) for medium in post.media),
        at=post.at,
        note=" · ".join(note for note in notes if note),
        deleted=post.deleted,
    )


def end_logins(request: Request) -> Response:
    """A control: people take back every token and every application password."""
    memory = _memory(request)
    ended = memory.grants.expire(state_of(request).now()) + len(memory.passwords)
    memory.passwords.clear()
    return JSONResponse({"ended": ended})


_COM: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/oauth2/authorize", authorize),
    ("POST", "/oauth2/authorize", decide),
    ("POST", "/oauth2/token", token),
    ("GET", "/oauth2/token-info", token_info),
    ("GET", "/rest/v1.1/me", me),
    ("GET", "/rest/v1.1/me/sites", my_sites),
    ("GET", "/rest/v1.1/sites/{site:int}", one_site),
    ("GET", "/rest/v1.1/sites/{site:int}/posts/{id:int}", one_post_of_com),
    ("GET", "/rest/v1.1/sites/{site:int}/stats", stats),
    ("GET", "/rest/v1.1/sites/{site:int}/stats/post/{id:int}", post_stats),
)
_BLOG: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/blog/wp-json/", index),
    ("GET", "/blog/wp-admin/authorize-application.php", authorize_application),
    ("POST", "/blog/wp-admin/authorize-application.php", answer_application),
    ("GET", "/blog/wp-json/wp/v2/users/me", user_me),
    ("GET", "/blog/wp-json/wp/v2/users/me/application-passwords/introspect", introspect),
    ("DELETE", "/blog/wp-json/wp/v2/users/me/application-passwords/{uuid}", delete_password),
)
_SITE: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/media", upload),
    ("POST", "/media/{id:int}", describe),
    ("POST", "/media/{id:int}/post-process", post_process),
    ("GET", "/comments", comments),
    ("POST", "/{collection}", create),
    ("GET", "/{collection}", listing),
    ("GET", "/{collection}/{id:int}", one),
    ("DELETE", "/{collection}/{id:int}", remove),
)


def _core_routes(base: str) -> Iterable[Route]:
    for method, path, handler in _SITE:
        for what in ("posts", "pages") if "{collection}" in path else ("",):
            yield Route(base + path.replace("{collection}", what), _about(what, answering(handler)), methods=[method])


def _about(what: str, handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        request.path_params["collection"] = what
        return await handler(request)

    return answer


NETWORK = Network(
    id="wordpress",
    name="WordPress",
    hosts={"api": "/wordpress", "auth": "/wordpress"},
    routes=[
        *(Route(path, answering(handler), methods=[method]) for method, path, handler in (*_COM, *_BLOG)),
        *_core_routes("/wp/v2/sites/{site:int}"),
        *_core_routes("/blog/wp-json/wp/v2"),
        Route("/{place}/{slug}/", read, methods=["GET"]),
    ],
    memory=Memory,
    page=page,
    refuse=refuse,
    credentials={
        "clientId": RULES.client_id,
        "clientSecret": RULES.client_secret,
        "siteUrl": "/wordpress/blog",
        "username": "sandbox_author",
        "applicationPassword": PASSWORD,
    },
    controls=[Route("/expire", end_logins, methods=["PUT"])],
)
