"""Reddit: self posts and link posts in a subreddit that each post names.

Facts: https://www.reddit.com/dev/api and the recorded exchanges of PRAW 8, checked 2026-11-20.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal, cast
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from . import findings, rules
from .contract import (
    JSON,
    Absent,
    AccountType,
    Action,
    App,
    AppMode,
    AppRules,
    AssetUrl,
    Call,
    Credential,
    Doubt,
    Draft,
    Effect,
    Finding,
    Flow,
    Found,
    Icon,
    Identity,
    Issue,
    Job,
    JobAccount,
    Kind,
    Level,
    Limits,
    Look,
    Metrics,
    OAuth2,
    Problem,
    Provider,
    Published,
    PublishedPost,
    Rate,
    Reconciled,
    Request,
    Response,
    Scope,
    SettingsRules,
    Shown,
    Verdict,
    Way,
    bearer,
    choices,
)

USER_AGENT = "web:socialclaw:v1 (self-hosted publishing workspace)"
"""Reddit slows down whoever does not name itself: https://github.com/reddit-archive/reddit/wiki/API"""
SCOPES = ("identity", "submit", "read", "mysubreddits", "flair", "edit", "history")
MAX_TITLE = 300
MAX_TEXT = 40_000
RAW = {"raw_json": "1"}
"""Without it signs come back escaped."""
PASSING_NAMES = ("ratelimit", "quota_filled")


def sign(request: Request, credential: Credential, app: App) -> Request:
    return bearer(request, credential, app).with_header("User-Agent", USER_AGENT)


# --- publishing -------------------------------------------------------------------------------------------------------


def title_and_text(title: str, body: str) -> tuple[str, str]:
    """Reddit wants a title: without one it is the first line."""
    if title:
        return title, body
    first_line, _, rest = body.strip().partition("\n")
    return (first_line[:MAX_TITLE], rest.strip()) if len(first_line) <= MAX_TITLE else (first_line[:MAX_TITLE], body)


def shown(draft: Draft) -> Shown:
    """A post with a file is a link to it: there is no place for the rest of the text."""
    title, text = title_and_text(draft.title, draft.body)
    name = bare(str(draft.settings.get("subreddit") or ""))
    return Shown(title=title, text="" if draft.assets else text, place=f"r/{name}" if name else "")


def publish(job: Job) -> Flow[Published]:
    title, text = title_and_text(job.title, job.body)
    settings = job.settings
    form: dict[str, Any] = {
        "api_type": "json",
        "sr": str(settings["subreddit"]),
        "title": title,
        "kind": "link" if job.assets else "self",
        "resubmit": "true",
        "validate_on_submit": "true",
        "sendreplies": _word(settings.get("sendReplies", True)),
        "nsfw": _word(settings.get("nsfw")),
        "spoiler": _word(settings.get("spoiler")),
        "raw_json": "1",
    }
    if job.assets:
        form["url"] = AssetUrl(0)
    if text or not job.assets:
        form["text"] = text
    for key, name in (("flairId", "flair_id"), ("flairText", "flair_text")):
        if settings.get(key):
            form[name] = settings[key]
    created = yield Call("submit", Request("POST", "/api/submit", form=form), Effect.ONCE, read=_submitted)
    return Published(id=str(created["id"]), url=created["url"])


def _word(value: Any) -> str:
    return "true" if value else "false"


def _submitted(response: Response) -> JSON:
    """Raises KeyError or TypeError: an answer without a name is an unreadable one."""
    data = _json(response)["data"]
    return {"id": str(data["name"]), "url": data.get("url")}


def reconcile(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    """Our newest submissions, compared by subreddit and title: Reddit knows no key of ours."""
    rows = yield Call("submitted", _submitted_by(job.account), Effect.READ, read=_children)
    title, _ = title_and_text(job.title, job.body)
    since = (doubt.intended_at - timedelta(seconds=60)).timestamp()
    found = [
        Published(id=str(row["name"]), url=_link(row))
        for row in rows
        if str(row.get("subreddit", "")).lower() == str(job.settings["subreddit"]).lower()
        and _same(str(row.get("title"))) == _same(title)
        and float(row.get("created_utc") or 0) >= since
        and row.get("author") != "[deleted]"
    ]
    return Found(tuple(found)) if found else Absent()


def _submitted_by(account: JobAccount) -> Request:
    name = str(account.meta.get("name") or account.external_id)
    return Request("GET", f"/user/{name}/submitted", params={"sort": "new", "limit": "25", **RAW})


def _children(response: Response) -> JSON:
    data = cast("Mapping[str, Any]", cast("Mapping[str, Any]", response.json)["data"])
    return [cast("Mapping[str, Any]", child)["data"] for child in cast("Sequence[Any]", data["children"])]


def _same(text: str) -> str:
    return " ".join(text.split())


def _link(row: Mapping[str, Any]) -> str | None:
    return f"https://www.reddit.com{row['permalink']}" if row.get("permalink") else None


def delete(post: PublishedPost) -> Flow[None]:
    """Reddit answers the same whether something was there or not."""
    request = Request("POST", "/api/del", form={"id": post.id, "raw_json": "1"})
    yield Call("delete", request, Effect.REPEATABLE, read=lambda response: True)


def post_metrics(post: PublishedPost) -> Flow[Metrics]:
    request = Request("GET", "/api/info", params={"id": post.id, **RAW})
    rows = yield Call("info", request, Effect.READ, read=_children)
    if not rows:
        return {}
    row = cast("Mapping[str, Any]", rows[0])
    return {
        "impressions": None,
        "reach": None,
        "views": row.get("view_count"),
        "likes": row.get("score", row.get("ups")),
        "comments": row.get("num_comments"),
        "shares": row.get("num_crossposts"),
        "saves": None,
        "clicks": None,
    }


def account_metrics(account: JobAccount) -> Flow[Metrics]:
    me = yield Call("me", _me(), Effect.READ, read=_object_of)
    return {"linkKarma": me.get("link_karma"), "commentKarma": me.get("comment_karma")}


# --- connecting -------------------------------------------------------------------------------------------------------


def _me() -> Request:
    return Request("GET", "/api/v1/me", params=RAW)


def identify() -> Flow[tuple[Identity, ...]]:
    me = yield Call("me", _me(), Effect.READ, read=_object_of)
    name = str(me["name"])
    identity = Identity(
        external_id=str(me["id"]),
        handle=f"reddit:user:{name}",
        aliases=(f"reddit:@{name}", f"reddit:u/{name}"),
        display_name=f"u/{name}",
        account_type="reddit_user",
        avatar_url=me.get("icon_img") or None,
        meta={"name": name},
    )
    return (identity,)


def examine(account: JobAccount) -> Flow[tuple[Finding, ...]]:
    seen = yield Call("me", _me(), Effect.READ, read=_me_and_quota)
    me = _mapping(seen["me"])
    left, used = seen["left"], seen["used"]
    quota = (
        ()
        if left is None or used is None
        else (findings.quota(left, left + used, "requests of the app in this period"),)
    )
    if me.get("is_suspended"):
        detail = "Reddit has suspended the account; nothing it posts is shown. The message from Reddit says why."
        way = Way(label="Messages at Reddit", url="https://www.reddit.com/message/inbox")
        return (findings.account(Level.BAD, "The account is suspended", detail, way), *quota)
    if me.get("has_verified_email") is False:
        detail = "Many subreddits remove posts of accounts whose e-mail address was never confirmed."
        way = Way(label="Account settings", url="https://www.reddit.com/settings/account")
        return (findings.account(Level.WARN, "E-mail address not confirmed", detail, way), *quota)
    return (findings.account(Level.OK, "Account in good standing"), *quota)


def _me_and_quota(response: Response) -> JSON:
    """https://support.reddithelp.com/hc/en-us/articles/16160319875092-Reddit-Data-API-Wiki"""
    told = {name: _number(response.headers.get(f"x-ratelimit-{name}")) for name in ("remaining", "used")}
    return {"me": _object_of(response), "left": told["remaining"], "used": told["used"]}


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


# --- discovery --------------------------------------------------------------------------------------------------------


class TargetsInput(BaseModel):
    relationship: Literal["subscriber", "contributor", "moderator"] = Field(
        default="subscriber", title="Relationship", description="Which of your subreddits."
    )
    limit: int = Field(default=25, ge=1, le=100, title="Limit", description="How many at once.")
    after: str | None = Field(default=None, title="After", description="Where an earlier answer ended.")


class SubredditInput(BaseModel):
    subreddit: str = Field(min_length=1, title="Subreddit", description="Its name, without r/.")


def subreddit_targets(account: JobAccount, wanted: TargetsInput) -> Flow[Mapping[str, JSON]]:
    params = {"limit": str(wanted.limit), **RAW, **({"after": wanted.after} if wanted.after else {})}
    request = Request("GET", f"/subreddits/mine/{wanted.relationship}", params=params)
    data = yield Call("mine", request, Effect.READ, read=lambda answer: _object_of(answer)["data"])
    rows = [cast("Mapping[str, Any]", child)["data"] for child in cast("Sequence[Any]", data["children"])]
    return {
        "relationship": wanted.relationship,
        "subreddits": [
            {
                "name": row.get("display_name"),
                "title": row.get("title"),
                "subscribers": row.get("subscribers"),
                "linkFlairEnabled": bool(row.get("link_flair_enabled")),
            }
            for row in rows
        ],
        "listing": {"after": data.get("after")},
        "notes": [],
    }


def post_requirements(account: JobAccount, wanted: SubredditInput) -> Flow[Mapping[str, JSON]]:
    name = bare(wanted.subreddit)
    request = Request("GET", f"/api/v1/{quote(name, safe='')}/post_requirements", params=RAW)
    found = yield Call("requirements", request, Effect.READ, read=_object_of)
    return {
        "subreddit": name,
        "summary": {
            "titleMinLength": found.get("title_text_min_length"),
            "titleMaxLength": found.get("title_text_max_length"),
            "bodyRestrictionPolicy": found.get("body_restriction_policy"),
            "isFlairRequired": found.get("is_flair_required"),
        },
        "notes": [str(found["guidelines_text"])] if found.get("guidelines_text") else [],
    }


def link_flair_options(account: JobAccount, wanted: SubredditInput) -> Flow[Mapping[str, JSON]]:
    name = bare(wanted.subreddit)
    request = Request("GET", f"/r/{quote(name, safe='')}/api/link_flair_v2", params=RAW)
    rows = yield Call("flairs", request, Effect.READ, read=lambda response: response.json, accepts=("forbidden",))
    if isinstance(rows, Mapping):
        said = str(cast("Mapping[str, Any]", rows).get("message"))
        return {"subreddit": name, "available": False, "flairOptions": [], "error": {"message": said}, "notes": []}
    options = [
        {
            "id": row.get("id"),
            "text": row.get("text"),
            "textEditable": bool(row.get("text_editable")),
            "modOnly": bool(row.get("mod_only")),
        }
        for row in cast("Sequence[Mapping[str, Any]]", rows)
    ]
    return {"subreddit": name, "available": bool(options), "flairOptions": options, "notes": []}


# --- errors -----------------------------------------------------------------------------------------------------------


def read_error(response: Response) -> Problem | None:
    """Reddit puts what went wrong into a 200 as often as not."""
    if 200 <= response.status < 300:
        return _inside(response)
    status, body = response.status, _mapping(response.json)
    said = str(body.get("explanation") or body.get("message") or body.get("reason") or f"it answered {status}")
    if status == 401:
        return _problem(
            Kind.AUTH, "Reddit does not accept the login any more. Connect the account again.", "unauthorized"
        )
    if status == 403:
        if not body:
            return _problem(
                Kind.UNAVAILABLE, "Reddit blocks this server's address for now.", "blocked", scope=Scope.HOST
            )
        reason = str(body.get("reason") or "")
        return _problem(
            Kind.PERMISSION,
            f"Reddit does not let this account do that here{f' ({reason})' if reason else ''}.",
            "forbidden",
        )
    if status == 429:
        return Problem(
            kind=Kind.RATE_LIMITED,
            verdict=Verdict.REFUSED,
            message="Reddit wants us to slow down.",
            code="rate_limited",
            retry_after=_seconds(response.headers.get("x-ratelimit-reset")),
            scope=Scope.APP,
        )
    if status in (302, 404):
        return _problem(Kind.NOT_FOUND, "Reddit does not know this subreddit or post.", "not_found")
    if status in (400, 413, 422):
        return _problem(Kind.INVALID_CONTENT, f"Reddit refuses the post: {said}", _code(body.get("reason")))
    if status >= 500 or status in (408, 425, 499):
        return _problem(Kind.UNAVAILABLE, "Reddit has trouble.", "unavailable", verdict=Verdict.UNKNOWN)
    return _problem(Kind.UNKNOWN, f"Reddit answered {status}.", "unexpected_answer", verdict=Verdict.UNKNOWN)


def _inside(response: Response) -> Problem | None:
    errors = _mapping(_mapping(response.json).get("json")).get("errors")
    if not isinstance(errors, list) or not errors:
        return None
    entry = [str(one) for one in cast("list[Any]", cast("list[Any]", errors)[0])]
    name, said = entry[0], entry[1] if len(entry) > 1 else entry[0]
    if name.lower() in PASSING_NAMES:
        return Problem(
            kind=Kind.RATE_LIMITED,
            verdict=Verdict.REFUSED,
            message=f"Reddit wants this account to wait: {said}",
            code="rate_limited",
            retry_after=_time_in(said),
        )
    return _problem(Kind.INVALID_CONTENT, f"Reddit refuses the post: {said}", _code(name))


def read_token(response: Response) -> Problem | None:
    """A refusal can come as a 200."""
    error = _mapping(response.json).get("error")
    if response.status != 200 or not isinstance(error, str):
        return None
    return _problem(Kind.AUTH, f"Reddit refused the login ({_code(error)}).", _code(error))


def _time_in(said: str) -> float:
    """ "try again in 5 minutes"; a second more, because Reddit rounds down."""
    found = re.search(r"(\d+) (millisecond|second|minute|hour)", said)
    if found is None:
        return 600.0
    return int(found[1]) * {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0}[found[2]] + 1.0


def _seconds(raw: str | None) -> float | None:
    try:
        return max(1.0, float(raw or ""))
    except ValueError:
        return None


def _code(name: Any) -> str:
    return re.sub(r"[^a-z0-9]+", "_", str(name or "invalid_request").lower()).strip("_")


def _problem(
    kind: Kind, message: str, code: str, *, verdict: Verdict = Verdict.REFUSED, scope: Scope = Scope.ACCOUNT
) -> Problem:
    return Problem(kind=kind, verdict=verdict, message=message, code=code, scope=scope)


def _json(response: Response) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", cast("Mapping[str, Any]", response.json)["json"])


def _object_of(response: Response) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", response.json)


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


# --- settings, limits, declaration ------------------------------------------------------------------------------------


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    subreddit: str = Field(
        title="Subreddit",
        description="Where it is posted, without r/.",
        json_schema_extra=choices("subreddit-targets", "subreddits", value="name", name="name", free=True),
    )
    sendReplies: bool = Field(default=True, title="Send replies", description="Replies come to your inbox.")
    nsfw: bool = Field(default=False, title="NSFW", description="Not safe for work.")
    spoiler: bool = Field(default=False, title="Spoiler", description="The post is blurred until it is opened.")
    flairId: str | None = Field(
        default=None,
        title="Flair",
        description="A flair of this subreddit.",
        json_schema_extra=choices("link-flair-options", "flairOptions", name="text", given={"subreddit": "subreddit"}),
    )
    flairText: str | None = Field(
        default=None, title="Flair text", description="Only for flairs whose text may change."
    )


KEYS, TEXTS = tuple(Settings.model_fields), ("subreddit", "flairId", "flairText")
UNKNOWN_SETTINGS = "reddit_settings_unsupported"


def bare(subreddit: str) -> str:
    return re.sub(r"^/?r/", "", subreddit.strip(), flags=re.IGNORECASE).strip("/")


def parse_settings(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
    issue = rules.unknown_keys(raw, KEYS, UNKNOWN_SETTINGS) or rules.texts(raw, TEXTS, UNKNOWN_SETTINGS)
    if issue is not None:
        return issue
    subreddit = bare(rules.text(raw, "subreddit") or "")
    if not subreddit:
        return Issue(
            code="reddit_subreddit_required", where="settings.subreddit", message="Say which subreddit to post to."
        )
    flair, words = rules.text(raw, "flairId"), rules.text(raw, "flairText")
    if words and not flair:
        return Issue(
            code="reddit_flair_id_required",
            where="settings.flairId",
            message="Choose the flair whose text this is: flairText needs flairId.",
        )
    return {
        "subreddit": subreddit,
        "sendReplies": True if raw.get("sendReplies") is None else bool(raw["sendReplies"]),
        "nsfw": bool(raw.get("nsfw")),
        "spoiler": bool(raw.get("spoiler")),
        "flairId": flair,
        "flairText": words,
    }


# Simple Icons (CC0-1.0), read 2026-11-28.
ICON = Icon(
    colour="#ff4500",
    path="M12 0C5.373 0 0 5.373 0 12c0 3.314 1.343 6.314 3.515 8.485l-2.286 2.286C.775 23.225 1.097 24 1.738 24H12"
    "c6.627 0 12-5.373 12-12S18.627 0 12 0Zm4.388 3.199"
    "c1.104 0 1.999.895 1.999 1.999 0 1.105-.895 2-1.999 2-.946 0-1.739-.657-1.947-1.539v.002"
    "c-1.147.162-2.032 1.15-2.032 2.341v.007"
    "c1.776.067 3.4.567 4.686 1.363.473-.363 1.064-.58 1.707-.58 1.547 0 2.802 1.254 2.802 2.802 0 1.117"
    "-.655 2.081-1.601 2.531-.088 3.256-3.637 5.876-7.997 5.876-4.361 0-7.905-2.617-7.998-5.87-.954-.447"
    "-1.614-1.415-1.614-2.538 0-1.548 1.255-2.802 2.803-2.802.645 0 1.239.218 1.712.585 1.275-.79 2.881"
    "-1.291 4.64-1.365v-.01c0-1.663 1.263-3.034 2.88-3.207.188-.911.993-1.595 1.959-1.595Zm-8.085 8.376"
    "c-.784 0-1.459.78-1.506 1.797-.047 1.016.64 1.429 1.426 1.429.786 0 1.371-.369 1.418-1.385.047"
    "-1.017-.553-1.841-1.338-1.841Zm7.406 0"
    "c-.786 0-1.385.824-1.338 1.841.047 1.017.634 1.385 1.418 1.385.785 0 1.473-.413 1.426-1.429-.046"
    "-1.017-.721-1.797-1.506-1.797Zm-3.703 4.013"
    "c-.974 0-1.907.048-2.77.135-.147.015-.241.168-.183.305.483 1.154 1.622 1.964 2.953 1.964 1.33 0"
    " 2.47-.81 2.953-1.964.057-.137-.037-.29-.184-.305-.863-.087-1.795-.135-2.769-.135Z",
)

PROVIDER = Provider(
    id="reddit",
    name="Reddit",
    aliases=("rd",),
    docs="https://www.reddit.com/dev/api#POST_api_submit",
    checked=date(2026, 11, 20),
    icon=ICON,
    look=Look(layout="article", titled=True),
    shown=shown,
    hosts={"api": "https://oauth.reddit.com", "auth": "https://www.reddit.com"},
    accounts=(AccountType(id="reddit_user", publishable=True, name="Reddit user"),),
    connect=OAuth2(
        authorize="/api/v1/authorize",
        token="/api/v1/access_token",
        revoke="/api/v1/revoke_token",
        token_host="auth",
        pkce=False,
        scopes=SCOPES,
        required_scopes=("identity", "submit", "read", "history"),
        lost_without={
            # https://www.reddit.com/api/v1/scopes
            "mysubreddits": "Your own subreddits cannot be listed; write their names.",
            "flair": "The flair of a subreddit cannot be listed.",
            "edit": "Posts cannot be deleted from here; delete them at Reddit.",
        },
        authorize_params={"duration": "permanent"},  # without it there is no refresh token
        token_headers={"User-Agent": USER_AGENT},
        read_token=read_token,
        identify=identify,
    ),
    sign=sign,
    limits=Limits(
        text=lambda draft: MAX_TEXT,
        measure=lambda draft: len(draft.body),
        title=lambda draft: MAX_TITLE,
        max_assets=1,
        max_images=1,
        max_videos=1,
    ),
    publish_shape="self_or_link_post",
    media_delivery="reddit_links_to_the_supplied_public_url",
    settings={"reddit_user": SettingsRules(model=Settings, parse=parse_settings)},
    unknown_settings_code=UNKNOWN_SETTINGS,
    checks=(
        rules.at_most(1, "provider_multi_asset_unsupported"),
        rules.interaction_in(("post",), "reddit_interaction_unsupported"),
    ),
    publish=publish,
    read_error=read_error,
    account_type_of=lambda handle: "reddit_user",
    rates=(
        # https://support.reddithelp.com/hc/en-us/articles/16160319875092: 100 queries a minute over ten minutes
        Rate(count=900, per=timedelta(minutes=10), scope=Scope.APP),
    ),
    reconcile=reconcile,
    settle=(5.0, 15.0, 40.0),
    delete=delete,
    post_metrics=post_metrics,
    account_metrics=account_metrics,
    actions=(
        Action(
            id="subreddit-targets",
            label="My subreddits",
            description="The subreddits this account reads, may post to or moderates.",
            input=TargetsInput,
            run=subreddit_targets,
        ),
        Action(
            id="post-requirements",
            label="What a subreddit asks for",
            description="Lengths, rules and flairs that a post in this subreddit has to keep.",
            input=SubredditInput,
            run=post_requirements,
        ),
        Action(
            id="link-flair-options",
            label="Flairs of a subreddit",
            description="The flairs that a post in this subreddit can carry.",
            input=SubredditInput,
            run=link_flair_options,
        ),
    ),
    post_url=lambda post_id, account: f"https://www.reddit.com/by_id/{post_id}",
    pulls_media=lambda draft: bool(draft.assets),
    app=AppRules(
        console="https://www.reddit.com/prefs/apps",
        redirects="the app, which must be a web app, redirect uri",
        client_id=r"[A-Za-z0-9_-]{14,30}",
        client_id_looks="the line under the words web app: 14 to 22 letters, digits, - and _",
        loopback=("127.0.0.1", "localhost"),
        plain=True,
        mode=AppMode(
            # https://support.reddithelp.com/hc/en-us/articles/42728983564564-Responsible-Builder-Policy
            title="Approval",
            detail="Reddit lets an app in only after it has approved what it is for, and commercial use takes a contract.",
            next=Way(label="Your apps at Reddit", url="https://www.reddit.com/prefs/apps"),
        ),
    ),
    examine=examine,
    limitations=(
        "A file becomes a link post to its public address; Reddit's own uploads are not used.",
        "Each app needs Reddit's approval.",
    ),
)
