"""The Graph API, as Facebook Pages and Instagram share it: signing, logins, errors, and how Instagram publishes.

Facts: https://developers.facebook.com/docs/graph-api (v25.0) and /docs/instagram-platform, checked 2026-11-20.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from . import rules
from .contract import (
    JSON,
    Absent,
    Action,
    App,
    AssetUrl,
    Call,
    Check,
    Credential,
    Done,
    Doubt,
    Draft,
    Effect,
    Flow,
    FlowError,
    Found,
    Icon,
    Issue,
    Job,
    JobAccount,
    JobAsset,
    Kind,
    Limits,
    Media,
    Metrics,
    OAuth2,
    Poll,
    Problem,
    Published,
    PublishedPost,
    Reconciled,
    Request,
    Response,
    Scope,
    Token,
    Unclear,
    Verdict,
    Wait,
)

VERSION = "v25.0"  # lives until 2028-07-29
GRAPH, DIALOG = "https://graph.facebook.com", "https://www.facebook.com"
LONG_LIFE = 60 * 86400.0
"""Seconds; what a long-lived token lives when its answer does not say."""
RENEW_BEFORE = timedelta(days=10)
PAGE = "100"
TARGET_FIELDS = (
    "id,name,username,access_token,tasks,picture.type(large){url},followers_count,"
    "instagram_business_account{id,username,name,profile_picture_url}"
)


def path(rest: str) -> str:
    return f"/{VERSION}/{rest}"


def proof(token: str, app: App) -> str:
    """https://developers.facebook.com/docs/graph-api/guides/secure-requests"""
    return hmac.new(app.client_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def sign(request: Request, credential: Credential, app: App) -> Request:
    token = credential["access_token"]
    proven = {**request.params, "appsecret_proof": proof(token, app)} if app.client_secret else request.params
    return replace(request, params=proven).with_header("Authorization", f"Bearer {token}")


def sign_without_proof(request: Request, credential: Credential, app: App) -> Request:
    return request.with_header("Authorization", f"Bearer {credential['access_token']}")


# --- logins of Facebook -----------------------------------------------------------------------------------------------


def facebook_login(scopes: Sequence[str], needed: Sequence[str], identify: Callable[[], Flow[Any]]) -> OAuth2:
    """``needed`` is asked about after the login, because the answer with the token does not tell what was allowed."""

    def checked() -> Flow[Any]:
        granted = yield Call("permissions", Request("GET", path("me/permissions")), Effect.READ, read=_granted)
        missing = [scope for scope in needed if scope not in granted]
        if missing:
            said = (
                f"Publishing needs permissions that were not given: {', '.join(missing)}. Connect again and allow them."
            )
            raise FlowError(_problem(Kind.PERMISSION, said, "scopes_missing"))
        return (yield from identify())

    return OAuth2(
        authorize=f"/{VERSION}/dialog/oauth",
        token=f"/{VERSION}/oauth/access_token",
        token_method="GET",
        client_auth="post",
        pkce=False,
        scope_separator=",",
        scopes=tuple(scopes),
        authorize_params={"auth_type": "rerequest"},  # asks again for what was declined once
        identify=checked,
        prolong=lambda app, token: _longer(app, token.access_token),
        renew=lambda app, values: _longer(app, values["access_token"]),
        renew_before=RENEW_BEFORE,
        read_token=read_token,
        revoke_request=_forget_us,
    )


def _granted(response: Response) -> JSON:
    rows = cast("Sequence[Mapping[str, Any]]", cast("Mapping[str, Any]", response.json)["data"])
    return [str(row["permission"]) for row in rows if row.get("status") == "granted"]


def _longer(app: App, token: str) -> Request:
    return Request(
        "GET",
        path("oauth/access_token"),
        params={
            "grant_type": "fb_exchange_token",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "fb_exchange_token": token,
        },
    )


def _forget_us(app: App, values: Mapping[str, str]) -> Request:
    return sign(Request("DELETE", path("me/permissions")), Credential(values), app)


def read_token(response: Response) -> Token | Problem | None:
    body = object_of(response.json)
    error = object_of(body.get("error")) or (body if body.get("error_type") else {})
    if error:
        said = str(error.get("message") or error.get("error_message") or "it gave no reason")[:200]
        passing = response.status >= 500 or error.get("is_transient") or error.get("code") in (1, 2, 4)
        kind = Kind.UNAVAILABLE if passing else Kind.AUTH
        return _problem(kind, f"Meta refused the login: {said}", "login_refused")
    data = body.get("data")
    flat = object_of(cast("list[Any]", data)[0]) if isinstance(data, list) and data else body
    token = flat.get("access_token")
    if response.status != 200 or not isinstance(token, str):
        return None
    seconds = flat.get("expires_in")
    return Token(
        access_token=token,
        expires_in=float(seconds) if isinstance(seconds, int | float) and seconds > 0 else LONG_LIFE,
        scopes=_scopes(flat.get("permissions")),
    )


def _scopes(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split()) or None
    return tuple(str(one) for one in cast("list[Any]", value)) if isinstance(value, list) and value else None


def targets() -> Flow[tuple[str, list[Any]]]:
    """The person's id for this app, and the pages behind the login."""
    me = yield Call("me", Request("GET", path("me"), params={"fields": "id,name"}), Effect.READ, read=object_in)
    rows: list[Any] = []
    after = ""
    for number in range(50):
        params = {"fields": TARGET_FIELDS, "limit": PAGE, **({"after": after} if after else {})}
        request = Request("GET", path("me/accounts"), params=params)
        answer = yield Call(f"pages-{number}", request, Effect.READ, read=_page_of_pages)
        rows += answer["rows"]
        after = str(answer["after"] or "")
        if not after:
            break
    return str(me["id"]), rows


def _page_of_pages(response: Response) -> JSON:
    body = cast("Mapping[str, Any]", response.json)
    paging = object_of(body.get("paging"))
    return {
        "rows": list(body["data"]),
        "after": object_of(paging.get("cursors")).get("after") if paging.get("next") else "",
    }


def may_post(page: Mapping[str, Any]) -> bool:
    return bool({"CREATE_CONTENT", "MANAGE"} & set(cast("Sequence[str]", page.get("tasks") or ())))


def picture(page: Mapping[str, Any]) -> str | None:
    return object_of(object_of(page.get("picture")).get("data")).get("url")


# --- linked targets ---------------------------------------------------------------------------------------------------


class Nothing(BaseModel):
    """No input."""


def linked_targets(page_prefix: str, instagram_prefix: str) -> Action:
    """Which pages and Instagram accounts are behind the login, and which belong together."""

    def run(account: JobAccount, wanted: Nothing) -> Flow[Mapping[str, JSON]]:
        _, rows = yield from targets()
        pairs = [
            (
                {"handle": f"{page_prefix}{row['id']}", "displayName": row.get("name")},
                _instagram_of(row, instagram_prefix),
            )
            for row in cast("list[Mapping[str, Any]]", rows)
        ]
        current = next((pair for pair in pairs if account.handle in _handles(pair)), (None, None))
        return {
            "links": {
                "currentPage": current[0],
                "currentInstagramBusiness": current[1],
                "linkedPages": [page for page, _ in pairs],
                "linkedInstagramAccounts": [instagram for _, instagram in pairs if instagram is not None],
            },
            "notes": [] if pairs else ["This login manages no page."],
        }

    return Action(
        id="linked-targets",
        label="Linked pages and accounts",
        description="The Facebook pages behind this login and the Instagram accounts that belong to them.",
        input=Nothing,
        run=run,
    )


def _instagram_of(page: Mapping[str, Any], prefix: str) -> Mapping[str, JSON] | None:
    found = object_of(page.get("instagram_business_account"))
    return {"handle": f"{prefix}{found['id']}", "displayName": found.get("username")} if found else None


def _handles(pair: tuple[Mapping[str, JSON], Mapping[str, JSON] | None]) -> list[Any]:
    return [one["handle"] for one in pair if one is not None]


# --- Instagram: container, wait, publish ------------------------------------------------------------------------------

MAX_CAPTION, MAX_HASHTAGS, MAX_MENTIONS = 2200, 30, 20
MAX_CAROUSEL = 10
MAX_IMAGE, MAX_REEL = 8 * 1024**2, 300 * 1024**2
# https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
IMAGE = Media(
    extensions=rules.IMAGE_EXTENSIONS,
    mimes=("image/jpeg",),
    max_bytes=MAX_IMAGE,
    min_aspect=3 / 4,  # the page says 4:5; 3:4 is taken since the app shows it
    max_aspect=1.91,
    advised=Media(min_width=320, min_aspect=4 / 5),  # smaller ones are scaled up there, wider ones than 1440 down
)
REEL = Media(  # the same page
    extensions=("mp4", "mov"),
    mimes=("video/mp4", "video/quicktime"),
    max_bytes=MAX_REEL,
    max_width=1920,
    min_aspect=0.01,
    max_aspect=10,
    min_seconds=3,
    max_seconds=15 * 60,
    video_codecs=("h264", "hevc"),
    pixel_formats=("yuv420p", "yuvj420p", "yuv420p10le"),
    min_frame_rate=23,
    max_frame_rate=60,
    max_bit_rate=25_000_000,
    audio_codecs=("aac",),
    max_sample_rate=48_000,
    max_channels=2,
    advised=Media(min_seconds=5, max_seconds=90),  # others are not shown in the tab of reels
)
CONTAINER = timedelta(hours=23)
PROCESSING = timedelta(minutes=20)


def publish_instagram(job: Job) -> Flow[Published]:
    """Nothing is public before ``publish``: a container that nobody publishes is forgotten after a day."""
    owner = job.account.external_id
    if len(job.assets) == 1:
        fields = {**_medium(job, job.assets[0]), "caption": job.text}
    else:
        children: list[str] = []
        for asset in job.assets:
            name, child = f"child-{asset.position}", {**_medium(job, asset), "is_carousel_item": "true"}
            children.append((yield from _container(job, name, child)))
        fields = {"media_type": "CAROUSEL", "children": ",".join(children), "caption": job.text}
    container = yield from _container(job, "container", fields)
    request = Request("POST", path(f"{owner}/media_publish"), form={"creation_id": container})
    made = yield Call("publish", request, Effect.ONCE, read=id_in)
    return Published(id=str(made["id"]))


def _medium(job: Job, asset: JobAsset) -> dict[str, Any]:
    if asset.kind == "video":
        return {"media_type": "REELS", "video_url": AssetUrl(asset.position)}
    described = {"alt_text": asset.alt_text[:1000]} if asset.alt_text else {}
    variant = None if asset.mime == "image/jpeg" else "jpeg"
    return {"image_url": AssetUrl(asset.position, variant), **described}


def _container(job: Job, name: str, fields: Mapping[str, Any]) -> Flow[str]:
    request = Request("POST", path(f"{job.account.external_id}/media"), form=fields)
    made = yield Call(name, request, Effect.REPEATABLE, read=id_in, keep=CONTAINER)
    id = str(made["id"])
    yield Poll(f"{name}-ready", container_status(id), read=_container_ready, until=job.started_at + PROCESSING)
    return id


def container_status(id: str) -> Request:
    return Request("GET", path(id), params={"fields": "status_code,status"})


def _container_ready(response: Response) -> Wait | Done | Problem:
    body = object_of(response.json)
    state = body.get("status_code")
    if state in ("FINISHED", "PUBLISHED"):
        return Done(True)
    if state in ("ERROR", "EXPIRED"):
        said = str(body.get("status") or state)
        found = re.search(r"2207\d{3}", said)
        return of_subcode(int(found[0]), said) if found else _problem(Kind.MEDIA_REJECTED, f"Instagram could not take the file: {said}", "media_rejected")  # fmt: skip
    return Wait(3.0)


def reconcile_instagram(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    """The container knows whether it was published; the newest posts tell as which."""
    container = object_of(doubt.answers.get("container")).get("id")
    if not container:
        return Unclear("the container is not known")
    state = yield Call(
        "container-state",
        container_status(str(container)),
        Effect.READ,
        read=lambda response: str(object_of(response.json).get("status_code")),
        accepts=("not_found",),
    )
    if state != "PUBLISHED":
        return Absent()
    request = Request(
        "GET",
        path(f"{job.account.external_id}/media"),
        params={"fields": "id,caption,timestamp,permalink", "limit": "25"},
    )
    rows = yield Call("newest", request, Effect.READ, read=rows_in)
    since = doubt.intended_at - timedelta(seconds=60)
    found = [
        Published(id=str(row["id"]), url=row.get("permalink"))
        for row in cast("list[Mapping[str, Any]]", rows)
        if same(str(row.get("caption") or "")) == same(job.text) and when(str(row["timestamp"])) >= since
    ]
    return Found(tuple(found)) if found else Unclear("Instagram has published it and does not list it yet")


def instagram_metrics(post: PublishedPost) -> Flow[Metrics]:
    """https://developers.facebook.com/docs/instagram-platform/reference/instagram-media/insights"""
    request = Request("GET", path(f"{post.id}/insights"), params={"metric": "reach,views,likes,comments,saved,shares"})
    figures = yield Call("insights", request, Effect.READ, read=insights_in)
    return {
        "impressions": figures.get("views"),
        "reach": figures.get("reach"),
        "views": figures.get("views"),
        "likes": figures.get("likes"),
        "comments": figures.get("comments"),
        "shares": figures.get("shares"),
        "saves": figures.get("saved"),
        "clicks": None,
    }


def instagram_account_metrics(account: JobAccount) -> Flow[Metrics]:
    request = Request("GET", path(account.external_id), params={"fields": "followers_count,follows_count,media_count"})
    body = yield Call("profile", request, Effect.READ, read=object_in)
    return {
        "followers": body.get("followers_count"),
        "following": body.get("follows_count"),
        "posts": body.get("media_count"),
    }


def delete(post: PublishedPost) -> Flow[None]:
    yield Call(
        "delete",
        Request("DELETE", path(post.id)),
        Effect.REPEATABLE,
        read=lambda response: True,
        accepts=("not_found",),
    )


class InstagramSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    instagramPublishMode: Literal["auto", "image", "reel"] = Field(
        default="auto", title="Publish as", description="Auto: a picture becomes a post, a video becomes a reel."
    )


def parse_instagram_settings(
    raw: Mapping[str, JSON], draft: Draft, *, media_first: bool = True
) -> Mapping[str, JSON] | Issue:
    mode = raw.get("instagramPublishMode") or "auto"
    issue = rules.unknown_keys(raw, ("instagramPublishMode",), "instagram_settings_unsupported") or rules.one_of(
        {"instagramPublishMode": mode},
        "instagramPublishMode",
        ("auto", "image", "reel"),
        "instagram_publish_mode_invalid",
    )
    if issue is None and not draft.assets and media_first:
        issue = Issue(code="instagram_media_required", where="assets", message="Attach a picture or a video.")
    if issue is None and draft.assets and draft.assets[0].kind in ("image", "video"):
        fits = {"image": ("auto", "image"), "video": ("auto", "reel")}[draft.assets[0].kind]
        if mode not in fits:
            issue = Issue(
                code="instagram_publish_mode_mismatch",
                where="settings.instagramPublishMode",
                message=f"This file is a {draft.assets[0].kind}: publish it as {' or '.join(fits)}.",
                details={"supportedValues": list(fits)},
            )
    return issue or {"instagramPublishMode": mode}


def carousel(draft: Draft) -> Issue | None:
    if len(draft.assets) < 2:
        return None
    if len(draft.assets) > MAX_CAROUSEL:
        return Issue(
            code="instagram_carousel_limit_exceeded",
            where="assets",
            message=f"A carousel has at most {MAX_CAROUSEL} pictures; this one has {len(draft.assets)}.",
            details={"count": len(draft.assets), "maxCount": MAX_CAROUSEL},
        )
    if any(asset.kind != "image" for asset in draft.assets):
        return Issue(
            code="instagram_carousel_media_unsupported", where="assets", message="A carousel takes pictures only."
        )
    return None


def few_tags(draft: Draft) -> Issue | None:
    """https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media"""
    for sign_, longest, code, word in (("#", MAX_HASHTAGS, "instagram_hashtag_limit_exceeded", "hashtags"), ("@", MAX_MENTIONS, "instagram_mention_limit_exceeded", "mentions")):  # fmt: skip
        count = len(re.findall(rf"(?<!\w){sign_}\w", draft.text))
        if count > longest:
            return Issue(
                code=code,
                where="text",
                message=f"Instagram takes at most {longest} {word}; this text has {count}.",
                details={"count": count, "maxCount": longest},
            )
    return None


INSTAGRAM_CHECKS: tuple[Check, ...] = (
    carousel,
    rules.interaction_in(("post",), "instagram_interaction_unsupported"),
    rules.media_required("instagram_media_required"),
    rules.known_extension("instagram_media_unsupported"),
    few_tags,
)
INSTAGRAM_LIMITS = Limits(
    text=lambda draft: MAX_CAPTION,
    measure=lambda draft: len(draft.text),
    media_required=True,
    max_assets=MAX_CAROUSEL,
    max_images=MAX_CAROUSEL,
    max_videos=1,
    image=IMAGE,
    video=REEL,
    alt_text=1000,
    codes="instagram",
)


# --- reading ----------------------------------------------------------------------------------------------------------


def object_of(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def object_in(response: Response) -> JSON:
    """Raises TypeError when the answer is no object."""
    return {**cast("Mapping[str, Any]", response.json)}


def id_in(response: Response) -> JSON:
    return {"id": str(cast("Mapping[str, Any]", response.json)["id"])}


def rows_in(response: Response) -> JSON:
    return list(cast("Sequence[Any]", cast("Mapping[str, Any]", response.json)["data"]))


def insights_in(response: Response) -> JSON:
    """Figures by name; an empty list where there is nothing yet."""
    found: dict[str, JSON] = {}
    for row in cast("Sequence[Mapping[str, Any]]", cast("Mapping[str, Any]", response.json)["data"]):
        values = cast("Sequence[Mapping[str, Any]]", row.get("values") or ())
        value: Any = object_of(row.get("total_value")).get("value") if not values else values[0].get("value")
        if isinstance(value, Mapping):
            value = sum(cast("Mapping[str, float]", value).values())
        found[str(row["name"])] = value
    return found


def same(text: str) -> str:
    return " ".join(text.split())


def when(text: str) -> datetime:
    """``2026-11-24T10:00:00+0000``"""
    return datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text.replace("Z", "+00:00")))


# --- errors -----------------------------------------------------------------------------------------------------------

TOO_OFTEN = (4, 17, 32, 341, 613)
RECONNECT = (102, 190)
POSTPONED = {1390008: 3600.0, 2207042: 6 * 3600.0, 2207051: 6 * 3600.0}
STILL_WORKING = (2207027, 2207008)
NEW_CONTAINER = (2207003, 2207020, 2207032, 2207053, 2207082, 2207001)
PERSON_NEEDED = (1404078, 4854002, 1404112, 1404006, 2207050)


def read_error(response: Response) -> Problem | None:
    """https://developers.facebook.com/docs/graph-api/guides/error-handling. The code counts, not the status."""
    status = response.status
    if 200 <= status < 300:
        return None
    error = object_of(object_of(response.json).get("error"))
    if not error:
        return _without_error(status)
    code, subcode = int(error.get("code") or 0), int(error.get("error_subcode") or 0)
    said = str(error.get("error_user_msg") or error.get("message") or f"it answered {status}")
    resume = object_of(error.get("error_data")) or object_of(_json_in(error.get("error_data")))
    if "start_offset" in resume:
        offsets = {"start": int(resume["start_offset"]), "end": int(resume["end_offset"])}
        return _problem(Kind.UNAVAILABLE, "Facebook wants other bytes of the file.", "resume_at", data=offsets)
    if code in RECONNECT or status == 401:
        return _problem(
            Kind.AUTH, "Meta does not accept the login any more. Connect the account again.", "unauthorized"
        )
    if subcode in PERSON_NEEDED:
        return _problem(Kind.PERMISSION, f"Meta asks you to do something first: {said}", "person_needed")
    by_subcode = of_subcode(subcode, said)
    if by_subcode.code != "unknown_subcode":
        return by_subcode
    if code in TOO_OFTEN or 80001 <= code <= 80014 or status == 429:
        return _problem(Kind.RATE_LIMITED, "Meta wants us to slow down.", "rate_limited", pause=_pause(response))
    if code == 368:
        return _problem(Kind.QUOTA, f"Meta blocks this account for some hours: {said}", "blocked", pause=6 * 3600.0)
    if code == 506:
        # the words are there already: perhaps from a try whose answer was lost, so the network is asked which
        sentence = "Facebook has a post with these words already."
        return _problem(Kind.DUPLICATE, sentence, "duplicate", verdict=Verdict.UNKNOWN)
    if (code, subcode) == (100, 33) or code == 803:
        return _problem(Kind.NOT_FOUND, "Meta does not find it, or this login may not see it.", "not_found")
    if error.get("is_transient") or code in (1, 2) or status >= 500:
        return _problem(Kind.UNAVAILABLE, f"Meta has trouble: {said}", "unavailable", verdict=Verdict.UNKNOWN)
    if code in (3, 10) or 200 <= code <= 299:
        return _problem(Kind.PERMISSION, f"Meta does not allow this to the login: {said}", "forbidden")
    return _problem(Kind.INVALID_CONTENT, f"Meta refuses the post: {said}", f"meta_{code}_{subcode}" if subcode else f"meta_{code}")  # fmt: skip


def _without_error(status: int) -> Problem:
    if status >= 500 or status in (408, 425, 499):
        return _problem(Kind.UNAVAILABLE, "Meta has trouble.", "unavailable", verdict=Verdict.UNKNOWN)
    return _problem(Kind.UNKNOWN, f"Meta answered {status}.", "unexpected_answer", verdict=Verdict.UNKNOWN)


def of_subcode(subcode: int, said: str) -> Problem:
    """https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes"""
    if subcode in POSTPONED:
        sentence = f"Meta takes no more posts from this account for now: {said}"
        return _problem(Kind.QUOTA, sentence, f"meta_{subcode}", pause=POSTPONED[subcode])
    if subcode in STILL_WORKING:
        return _problem(Kind.UNAVAILABLE, "Instagram is still working on the file.", "media_not_ready")
    if subcode in NEW_CONTAINER:
        sentence = "Instagram lost the prepared post; it is prepared again."
        return _problem(Kind.UNAVAILABLE, sentence, f"meta_{subcode}", verdict=Verdict.STALE)
    if subcode == 2207052:
        sentence = "Instagram could not fetch the file from this server's public address."
        return _problem(Kind.UNAVAILABLE, sentence, "media_unreachable")
    if 2207000 <= subcode <= 2207099:
        return _problem(Kind.MEDIA_REJECTED, f"Instagram could not take the file: {said}", f"meta_{subcode}")
    return _problem(Kind.UNKNOWN, said, "unknown_subcode")


def _pause(response: Response) -> float:
    """What the headers say, in seconds; https://developers.facebook.com/docs/graph-api/overview/rate-limiting"""
    usage = object_of(_json_in(response.headers.get("x-business-use-case-usage")))
    rows = [
        object_of(row) for several in usage.values() if isinstance(several, list) for row in cast("list[Any]", several)
    ]
    minutes = max((float(row.get("estimated_time_to_regain_access") or 0) for row in rows), default=0.0)
    after = response.headers.get("retry-after", "")
    return minutes * 60 or (float(after) if after.isdigit() else 300.0)


def _json_in(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _problem(
    kind: Kind,
    message: str,
    code: str,
    *,
    verdict: Verdict = Verdict.REFUSED,
    pause: float | None = None,
    data: JSON = None,
) -> Problem:
    return Problem(
        kind=kind, verdict=verdict, message=message, code=code, retry_after=pause, scope=Scope.ACCOUNT, data=data
    )


# Simple Icons (CC0-1.0), read 2026-11-28.
INSTAGRAM_ICON = Icon(
    colour="#ff0069",
    path="M7.0301.084"
    "c-1.2768.0602-2.1487.264-2.911.5634-.7888.3075-1.4575.72-2.1228 1.3877-.6652.6677-1.075 1.3368"
    "-1.3802 2.127-.2954.7638-.4956 1.6365-.552 2.914-.0564 1.2775-.0689 1.6882-.0626 4.947.0062"
    " 3.2586.0206 3.6671.0825 4.9473.061 1.2765.264 2.1482.5635 2.9107.308.7889.72 1.4573 1.388"
    " 2.1228.6679.6655 1.3365 1.0743 2.1285 1.38.7632.295 1.6361.4961 2.9134.552 1.2773.056 1.6884.069"
    " 4.9462.0627 3.2578-.0062 3.668-.0207 4.9478-.0814 1.28-.0607 2.147-.2652 2.9098-.5633.7889-.3086"
    " 1.4578-.72 2.1228-1.3881.665-.6682 1.0745-1.3378 1.3795-2.1284.2957-.7632.4966-1.636.552"
    "-2.9124.056-1.2809.0692-1.6898.063-4.948-.0063-3.2583-.021-3.6668-.0817-4.9465-.0607-1.2797-.264"
    "-2.1487-.5633-2.9117-.3084-.7889-.72-1.4568-1.3876-2.1228"
    "C21.2982 1.33 20.628.9208 19.8378.6165 19.074.321 18.2017.1197 16.9244.0645 15.6471.0093 15.236"
    "-.005 11.977.0014 8.718.0076 8.31.0215 7.0301.0839m.1402 21.6932"
    "c-1.17-.0509-1.8053-.2453-2.2287-.408-.5606-.216-.96-.4771-1.3819-.895-.422-.4178-.6811-.8186-.9"
    "-1.378-.1644-.4234-.3624-1.058-.4171-2.228-.0595-1.2645-.072-1.6442-.079-4.848-.007-3.2037.0053"
    "-3.583.0607-4.848.05-1.169.2456-1.805.408-2.2282.216-.5613.4762-.96.895-1.3816.4188-.4217.8184"
    "-.6814 1.3783-.9003.423-.1651 1.0575-.3614 2.227-.4171 1.2655-.06 1.6447-.072 4.848-.079 3.2033"
    "-.007 3.5835.005 4.8495.0608 1.169.0508 1.8053.2445 2.228.408.5608.216.96.4754"
    " 1.3816.895.4217.4194.6816.8176.9005 1.3787.1653.4217.3617 1.056.4169 2.2263.0602 1.2655.0739"
    " 1.645.0796 4.848.0058 3.203-.0055 3.5834-.061 4.848-.051 1.17-.245 1.8055-.408 2.2294-.216.5604"
    "-.4763.96-.8954 1.3814-.419.4215-.8181.6811-1.3783.9-.4224.1649-1.0577.3617-2.2262.4174-1.2656.0595"
    "-1.6448.072-4.8493.079-3.2045.007-3.5825-.006-4.848-.0608M16.953 5.5864A1.44 1.44 0 1 0 18.39 4.144"
    "a1.44 1.44 0 0 0-1.437 1.4424M5.8385 12.012"
    "c.0067 3.4032 2.7706 6.1557 6.173 6.1493 3.4026-.0065 6.157-2.7701 6.1506-6.1733-.0065-3.4032-2.771"
    "-6.1565-6.174-6.1498-3.403.0067-6.156 2.771-6.1496 6.1738M8 12.0077a4 4 0 1 1 4.008 3.9921"
    "A3.9996 3.9996 0 0 1 8 12.0077",
)
