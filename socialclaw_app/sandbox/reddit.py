"""Reddit: submissions to subreddits, with errors inside of 200s as Reddit writes them. Checked 2026-11-20."""

from __future__ import annotations

import html
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import oauth, pages
from .core import JSON, Bucket, Fault, Network, State, Visible, fact, received_at, state_of, wait_for_room
from .oauth import Grant, Grants, Rules

SCOPES = ("identity", "submit", "read", "mysubreddits", "flair", "edit", "history")
USERS: Mapping[str, str] = {"2abcde": "sandbox_writer", "3fghij": "sandbox_guest"}
SUBREDDITS: Mapping[str, Mapping[str, JSON]] = {
    "sandbox": {"title": "Try things here", "subscribers": 4321, "flair": False, "submission": "any"},
    "pictures_only": {"title": "Links only", "subscribers": 88, "flair": False, "submission": "link"},
    "flaired": {"title": "Every post has a flair", "subscribers": 1200, "flair": True, "submission": "any"},
}
FLAIRS = ({"id": "f1a1r-0001", "text": "News", "text_editable": False}, {"id": "f1a1r-0002", "text": "Own", "text_editable": True})  # fmt: skip


@dataclass(slots=True)
class Memory:
    grants: Grants = field(default_factory=Grants)
    buckets: dict[str, Bucket] = field(default_factory=dict[str, Bucket])


def _memory(request: Request) -> Memory:
    return cast("Memory", state_of(request).memory)


RULES = Rules(
    name="Reddit",
    client_id="sandbox-reddit-client",
    client_secret="sandbox-reddit-secret",
    grants=lambda request: _memory(request).grants,
    people=lambda request: {id: f"u/{name}" for id, name in USERS.items()},
    scopes=SCOPES,
    token_life=timedelta(days=1),
    refresh_life=timedelta(days=36500),
    basic=True,
)


class Refused(Exception):
    def __init__(self, status: int, body: Mapping[str, JSON]) -> None:
        super().__init__(str(status))
        self.status = status
        self.body = body


def refuse(fault: Fault) -> Response:
    if fault.kind == "refused":
        return JSONResponse({"json": {"errors": [["SUBREDDIT_NOTALLOWED", "you aren't allowed to post there.", "sr"]]}})
    status = {"server_error": 503, "rate_limited": 429, "unauthorized": 401}[fault.kind]
    headers = {"x-ratelimit-reset": str(math.ceil(fault.seconds))} if fault.kind == "rate_limited" else {}
    return JSONResponse({"message": "Sandbox", "error": status}, status_code=status, headers=headers)


Handler = Callable[[Request], Awaitable[Response]]


def answering(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        agent = request.headers.get("user-agent", "")
        if not agent or agent.lower().startswith(("python", "curl", "socialclaw")):
            return Response("<html>blocked</html>", status_code=403, media_type="text/html")
        try:
            return await handler(request)
        except Refused as refused:
            return JSONResponse(dict(refused.body), status_code=refused.status)

    return answer


def _grant(request: Request, *scopes: str) -> Grant:
    grant = oauth.holder(RULES, request)
    if grant is None:
        raise Refused(401, {"message": "Unauthorized", "error": 401})
    if oauth.lacking(grant, scopes):
        raise Refused(403, {"message": "Forbidden", "error": 403, "reason": "insufficient_scope"})
    return grant


def _errors(*errors: tuple[str, str, str]) -> Response:
    return JSONResponse({"json": {"errors": [list(error) for error in errors]}})


# --- OAuth -----------------------------------------------------------------------------------------------------------


async def authorize(request: Request) -> Response:
    if request.query_params.get("duration") not in ("permanent", "temporary"):
        return pages.document("Reddit", "<h1>bad request (reddit.com)</h1><p>duration is missing</p>", status=400)
    return oauth.authorize(RULES, request)


async def decide(request: Request) -> Response:
    return await oauth.decide(RULES, request)


async def token(request: Request) -> Response:
    answer = await oauth.token(RULES, request)
    if answer.status_code == 400:  # Reddit says so in a 200
        answer.status_code = 200
    return answer


async def revoke(request: Request) -> Response:
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        oauth.check_client(RULES, request, form)
    except oauth.OAuthRefused as refused:
        return RULES.error(refused)
    grants = RULES.grants(request)
    grant = grants.refresh.get(form.get("token", "")) or grants.tokens.get(form.get("token", ""))
    if grant is not None:
        grants.end_user(grant.user_id)
    return Response(status_code=204)


async def me(request: Request) -> Response:
    grant = _grant(request, "identity")
    told = {
        "id": grant.user_id,
        "name": USERS[grant.user_id],
        "link_karma": 12,
        "comment_karma": 34,
        "icon_img": "",
        "is_suspended": grant.user_id in fact(request, "suspended"),
        "has_verified_email": grant.user_id not in fact(request, "unconfirmed"),
    }
    used = float(fact(request, "used"))
    return JSONResponse(
        told,
        headers={"x-ratelimit-used": f"{used:g}", "x-ratelimit-remaining": f"{996 - used}", "x-ratelimit-reset": "300"},
    )


# --- submissions -----------------------------------------------------------------------------------------------------


async def submit(request: Request) -> Response:
    grant = _grant(request, "submit")
    form = {name: str(value) for name, value in (await request.form()).items()}
    if form.get("api_type") != "json":
        raise Refused(400, {"message": "Bad Request", "explanation": "api_type must be json", "error": 400})
    community = SUBREDDITS.get(form.get("sr", "").lower())
    if community is None:
        return _errors(("SUBREDDIT_NOEXIST", "that subreddit doesn't exist", "sr"))
    kind, title = form.get("kind"), form.get("title", "")
    if not title.strip():
        return _errors(("NO_TEXT", "we need something here", "title"))
    if len(title) > 300:
        return _errors(("TOO_LONG", "this is too long (max: 300)", "title"))
    if len(form.get("text", "")) > 40_000:
        return _errors(("TOO_LONG", "this is too long (max: 40000)", "text"))
    if kind not in ("self", "link"):
        return _errors(("INVALID_OPTION", "that option is not valid", "kind"))
    if kind == "self" and community["submission"] == "link":
        return _errors(("NO_SELFS", "that subreddit doesn't allow text posts", "sr"))
    if kind == "link" and not form.get("url", "").startswith(("http://", "https://")):
        return _errors(("BAD_URL", "you should check that url", "url"))
    if community["flair"] and form.get("flair_id") not in {flair["id"] for flair in FLAIRS}:
        return _errors(("SUBMIT_VALIDATION_FLAIR_REQUIRED", "Your post must contain post flair.", "flair"))
    state = state_of(request)
    bucket = _memory(request).buckets.setdefault(grant.user_id, Bucket(size=1000, seconds=600.0))
    if state.limits_enabled and wait_for_room([bucket], state.now()) > 0:
        return _errors(("RATELIMIT", "you are doing that too much. try again in 1 minute.", "ratelimit"))
    return _accepted(request, grant, form)


def _accepted(request: Request, grant: Grant, form: Mapping[str, str]) -> Response:
    state = state_of(request)
    id = f"t3_sb{state.number():x}"
    link = f"/r/{form['sr']}/comments/{id[3:]}/post/"
    media = [{"kind": "link", "url": form["url"]}] if form["kind"] == "link" else []
    shown = {"title": form["title"], "subreddit": form["sr"], "permalink": link, "url": form.get("url", "")}
    state.show(
        Visible(
            id=id, at=received_at(request), account=grant.user_id, text=form.get("text", ""), media=media, shown=shown
        )
    )
    data = {"url": f"https://www.reddit.com{link}", "id": id[3:], "name": id, "drafts_count": 0}
    return JSONResponse({"json": {"errors": [], "data": data}})


def _thing(post: Visible) -> dict[str, JSON]:
    return {
        "kind": "t3",
        "data": {
            "id": post.id[3:],
            "name": post.id,
            "title": post.shown["title"],
            "selftext": post.text,
            "subreddit": post.shown["subreddit"],
            "permalink": post.shown["permalink"],
            "url": post.shown["url"],
            "author": "[deleted]" if post.deleted else USERS[post.account],
            "created_utc": post.at.timestamp(),
            "score": 1,
            "ups": 1,
            "num_comments": 0,
            "num_crossposts": 0,
            "view_count": None,
        },
    }


def _listing(things: list[dict[str, JSON]]) -> Response:
    return JSONResponse({"kind": "Listing", "data": {"after": None, "children": things}})


async def submitted(request: Request) -> Response:
    _grant(request, "history")
    posts = sorted(state_of(request).posts.values(), key=lambda post: post.at, reverse=True)
    own = [post for post in posts if USERS[post.account] == request.path_params["name"] and not post.deleted]
    return _listing([_thing(post) for post in own[: int(request.query_params.get("limit", "25"))]])


async def info(request: Request) -> Response:
    _grant(request, "read")
    wanted = request.query_params.get("id", "").split(",")
    return _listing([_thing(post) for post in state_of(request).posts.values() if post.id in wanted])


async def remove(request: Request) -> Response:
    grant = _grant(request, "edit")
    post = state_of(request).post(grant.user_id, str((await request.form()).get("id")))
    if post is not None:
        post.deleted = True
    return JSONResponse({})


# --- subreddits ------------------------------------------------------------------------------------------------------


async def mine(request: Request) -> Response:
    _grant(request, "mysubreddits")
    rows = [
        {
            "kind": "t5",
            "data": {
                "display_name": name,
                "title": facts["title"],
                "subscribers": facts["subscribers"],
                "link_flair_enabled": facts["flair"],
                "submission_type": facts["submission"],
            },
        }
        for name, facts in SUBREDDITS.items()
    ]
    return _listing(rows)


async def requirements(request: Request) -> Response:
    _grant(request, "submit")
    community = _community(request)
    return JSONResponse(
        {
            "title_text_min_length": 3,
            "title_text_max_length": 300,
            "body_restriction_policy": "notAllowed" if community["submission"] == "link" else "none",
            "is_flair_required": community["flair"],
            "guidelines_text": None,
        }
    )


async def flairs(request: Request) -> Response:
    _grant(request, "flair")
    if not _community(request)["flair"]:
        raise Refused(403, {"message": "Forbidden", "error": 403})
    return JSONResponse([{**flair, "type": "text", "mod_only": False} for flair in FLAIRS])


def _community(request: Request) -> Mapping[str, JSON]:
    found = SUBREDDITS.get(request.path_params["sr"].lower())
    if found is None:
        raise Refused(404, {"message": "Not Found", "error": 404})
    return found


# --- for people ------------------------------------------------------------------------------------------------------


def page(state: State, request: Request) -> str:
    shown = sorted(state.posts.values(), key=lambda post: post.at, reverse=True)
    bubbles = "".join(
        pages.bubble(
            author=f"r/{post.shown['subreddit']} · u/{USERS[post.account]}",
            text=f"<strong>{html.escape(str(post.shown['title']))}</strong>\n{html.escape(post.text)}",
            media="".join(pages.file_html("reddit", medium) for medium in post.media),
            at=post.at,
            deleted=post.deleted,
        )
        for post in shown
    )
    return pages.heading("Reddit", "What the audience sees") + (bubbles or '<p class="note">Nothing yet.</p>')


_TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/api/v1/access_token", token),
    ("POST", "/api/v1/revoke_token", revoke),
    ("GET", "/api/v1/me", me),
    ("POST", "/api/submit", submit),
    ("GET", "/user/{name}/submitted", submitted),
    ("GET", "/api/info", info),
    ("POST", "/api/del", remove),
    ("GET", "/subreddits/mine/{relationship}", mine),
    ("GET", "/api/v1/{sr}/post_requirements", requirements),
    ("GET", "/r/{sr}/api/link_flair_v2", flairs),
)

NETWORK = Network(
    id="reddit",
    name="Reddit",
    hosts={"api": "/reddit", "auth": "/reddit"},
    routes=[
        Route("/api/v1/authorize", authorize, methods=["GET"]),
        Route("/api/v1/authorize", decide, methods=["POST"]),
        *(Route(path, answering(handler), methods=[method]) for method, path, handler in _TABLE),
    ],
    memory=Memory,
    page=page,
    refuse=refuse,
    credentials={"clientId": RULES.client_id, "clientSecret": RULES.client_secret},
    controls=[Route("/expire", oauth.expire_route(RULES), methods=["PUT"])],
    # who is suspended, whose address was never confirmed, and how many requests the app has made
    facts={"suspended": [], "unconfirmed": [], "used": 4},
)
