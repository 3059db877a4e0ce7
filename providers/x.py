"""X: posts, threads, images and video through API v2.

Facts: https://docs.x.com (OpenAPI 2.167), checked 2026-11-20.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Generator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from . import rules
from .contract import (
    JSON,
    Absent,
    AccountType,
    AssetBytes,
    Call,
    Done,
    Doubt,
    Draft,
    Effect,
    Flow,
    Found,
    Icon,
    Identity,
    Issue,
    Job,
    JobAccount,
    JobAsset,
    Kind,
    Limits,
    Media,
    Metrics,
    OAuth2,
    Part,
    Poll,
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
    Verdict,
    Wait,
    Warn,
    bearer,
    first,
)
from .text import urls, weighted_length

SHORT_TEXT = 280  # https://docs.x.com/fundamentals/counting-characters
LONG_TEXT = 25_000  # the same page; over the API for these subscriptions
LONG_TEXT_FOR = ("Premium", "PremiumPlus")
MAX_ASSETS = 4  # https://docs.x.com/x-api/media/introduction
MAX_IMAGE = 5 * 1024**2  # https://docs.x.com/x-api/media/quickstart/best-practices
MAX_VIDEO = 512 * 1024**2  # the same page
IMAGE = Media(
    extensions=rules.IMAGE_EXTENSIONS,
    mimes=("image/jpeg", "image/png", "image/webp", "image/gif"),  # the same page
    max_bytes=MAX_IMAGE,
    max_width=8192,  # error 324: "Image dimensions must be >= 4x4 and <= 8192x8192"
    max_height=8192,
    advised=Media(min_width=4, min_height=4),
)
VIDEO = Media(  # the same page, but for the size in pixels
    extensions=rules.VIDEO_EXTENSIONS,
    mimes=("video/mp4", "video/quicktime"),
    max_bytes=MAX_VIDEO,
    min_width=32,
    min_height=32,
    # That page says 1280x1024; https://help.x.com/en/using-x/x-videos says 1920x1200 and 1200x1920, and so it is taken.
    max_width=1920,
    max_height=1200,
    either_way=True,
    min_aspect=1 / 3,
    max_aspect=3,
    min_seconds=0.5,
    max_seconds=140,
    video_codecs=("h264",),
    pixel_formats=("yuv420p", "yuvj420p"),
    square_pixels=True,
    max_frame_rate=60,
    audio_codecs=("aac",),
    max_channels=2,
)
MAX_ALT_TEXT = 1000  # https://docs.x.com/x-api/media/create-media-metadata
CHUNK = 4 * 1024**2  # https://docs.x.com/x-api/media/quickstart/media-upload-chunked
KEPT_MEDIA = timedelta(hours=23)  # an uploaded file can be used for 24 hours
PROCESSING = timedelta(minutes=10)
READ_PAUSE = (1.0, 30.0)
"""X says when to look again; outside these seconds we do not follow."""

VIDEO_TYPES = {"video/mp4": "video/mp4", "video/quicktime": "video/quicktime", "video/webm": "video/webm"}
USER_FIELDS = "username,name,profile_image_url,verified,verified_type,protected,public_metrics,subscription_type"


# --- publishing -------------------------------------------------------------------------------------------------------


def publish(job: Job) -> Flow[Published]:
    media: list[str] = []
    for asset in job.assets:
        media.append((yield from _upload(job, asset)))
    created = yield Call("create", _create(job, media), Effect.ONCE, read=_post_id)
    return Published(id=created["id"])


def _create(job: Job, media: list[str]) -> Request:
    body: dict[str, JSON] = {"text": job.text}
    if media:
        body["media"] = {"media_ids": media}
    if job.interaction == "reply" and job.parent_id:
        body["reply"] = {"in_reply_to_tweet_id": job.parent_id}
    if job.settings.get("replyControl"):
        body["reply_settings"] = job.settings["replyControl"]
    return Request("POST", "/2/tweets", json=body)


def _post_id(response: Response) -> JSON:
    return {"id": str(_data(response)["id"])}


Step = Generator[Call | Poll | Published | Any, JSON, str]


def _upload(job: Job, asset: JobAsset) -> Step:
    media_id = yield from (_video(job, asset) if asset.kind == "video" else _image(asset))
    if asset.alt_text and asset.kind == "image":
        yield from _describe(asset, media_id)
    return media_id


def _image(asset: JobAsset) -> Step:
    request = Request(
        "POST",
        "/2/media/upload",
        parts=(
            Part("media", AssetBytes(asset.position), filename=asset.filename, content_type=asset.mime),
            Part("media_category", "tweet_image"),
        ),
    )
    name = f"image-{asset.position}"
    answer = yield Call(name, request, Effect.REPEATABLE, read=_media_id, keep=KEPT_MEDIA)
    return answer["id"]


def _video(job: Job, asset: JobAsset) -> Step:
    place, chunk = asset.position, int(job.constants.get("chunk", CHUNK))
    begin = Request(
        "POST",
        "/2/media/upload/initialize",
        json={
            "media_type": VIDEO_TYPES.get(asset.mime, "video/mp4"),
            "total_bytes": asset.size,
            "media_category": "tweet_video",
        },
    )
    begun = yield Call(f"video-{place}-begin", begin, Effect.REPEATABLE, read=_media_id, keep=KEPT_MEDIA)
    media_id = str(begun["id"])
    for number, start in enumerate(range(0, asset.size, chunk)):
        append = Request(
            "POST",
            f"/2/media/upload/{media_id}/append",
            parts=(
                Part("segment_index", str(number)),
                Part(
                    "media",
                    AssetBytes(place, start, min(start + chunk, asset.size)),
                    filename=asset.filename,
                    content_type="application/octet-stream",
                ),
            ),
        )
        yield Call(
            f"video-{place}-part-{number}", append, Effect.REPEATABLE, read=lambda response: True, keep=KEPT_MEDIA
        )
    finalize = Request("POST", f"/2/media/upload/{media_id}/finalize")
    ended = yield Call(f"video-{place}-end", finalize, Effect.REPEATABLE, read=_processing, keep=KEPT_MEDIA)
    if ended["state"] not in ("", "succeeded"):
        status = Request("GET", "/2/media/upload", params={"command": "STATUS", "media_id": media_id})
        yield Poll(f"video-{place}-ready", status, read=_ready, until=job.started_at + PROCESSING)
    return media_id


def _media_id(response: Response) -> JSON:
    return {"id": str(_data(response)["id"])}


def _processing(response: Response) -> JSON:
    return {"state": str(_object(_data(response).get("processing_info")).get("state", ""))}


def _ready(response: Response) -> Wait | Done | Problem:
    info = _object(_data(response).get("processing_info"))
    state = info.get("state", "succeeded")
    if state == "succeeded":
        return Done(True)
    if state == "failed":
        error = _object(info.get("error"))
        reason = str(error.get("message") or error.get("name") or "it gave no reason")
        return Problem(
            kind=Kind.MEDIA_REJECTED,
            verdict=Verdict.REFUSED,
            message=f"X could not process the video: {reason}. Export it as H.264 MP4 and try again.",
            code="media_processing_failed",
        )
    least, most = READ_PAUSE
    return Wait(min(most, max(least, float(info.get("check_after_secs") or 5))))


def _describe(asset: JobAsset, media_id: str) -> Generator[Call | Warn, JSON, None]:
    """A picture without its description is better than no post."""
    request = Request(
        "POST",
        "/2/media/metadata",
        json={"id": media_id, "metadata": {"alt_text": {"text": (asset.alt_text or "")[:MAX_ALT_TEXT]}}},
    )
    answer = yield Call(
        f"alt-{asset.position}",
        request,
        Effect.REPEATABLE,
        read=lambda response: True,
        accepts=("invalid_request", "forbidden", "resource_not_found", "invalid_media"),
    )
    if isinstance(answer, Mapping):
        yield Warn(message="X did not take the description of a picture.")


# --- what became of it ------------------------------------------------------------------------------------------------


def reconcile(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    """Our own latest posts, compared by their words: X knows no key of ours."""
    since = (doubt.intended_at - timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
    request = Request(
        "GET",
        f"/2/users/{job.account.external_id}/tweets",
        params={
            "max_results": "20",
            "start_time": since,
            "exclude": "retweets",
            "post.fields": "created_at,entities,attachments,note_post,text",
            "expansions": "referenced_posts",  # no field: without this a reply does not say what it answers
        },
    )
    rows = yield Call("timeline", request, Effect.READ, read=_rows)
    wanted = _comparable(job.text)
    found = [row for row in rows if _comparable(_full_text(row)) == wanted and _answers(row, job.parent_id)]
    return Found(tuple(Published(id=str(row["id"])) for row in found)) if found else Absent()


def _rows(response: Response) -> JSON:
    rows = _object(response.json).get("data")
    return cast("list[JSON]", rows) if isinstance(rows, list) else []


def _answers(row: Mapping[str, Any], parent_id: str | None) -> bool:
    links = cast("list[Mapping[str, Any]]", row.get("referenced_posts") or row.get("referenced_tweets") or [])
    parents = [link.get("id") for link in links if link.get("type") == "replied_to"]
    return parent_id in parents if parent_id else not parents


def _full_text(row: Mapping[str, Any]) -> str:
    """With links as they were written; X shows its own short ones, and one for attached media at the end."""
    note = _object(row.get("note_post") or row.get("note_tweet"))
    text = _as_written(str(note.get("text") or row.get("text") or ""))
    entities = _object(note.get("entities") or row.get("entities"))
    for link in cast("list[Mapping[str, Any]]", entities.get("urls") or []):
        expanded = "" if link.get("media_key") else str(link.get("expanded_url") or link.get("url"))
        text = text.replace(str(link.get("url")), expanded)
    if row.get("attachments"):
        text = re.sub(r"\s*https://t\.co/\w+\s*$", "", text)
    return text


def _as_written(text: str) -> str:
    """X escapes these three and nothing else; whoever writes ``&copy;`` means these letters."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _comparable(text: str) -> str:
    """X adds the protocol to a link that was written without one, and a slash after a bare host."""
    text = unicodedata.normalize("NFC", text)
    compared, position = "", 0
    for start, end in urls(text):
        compared += text[position:start] + re.sub(r"^https?://|/$", "", text[start:end], flags=re.IGNORECASE)
        position = end
    return " ".join((compared + text[position:]).split())


def delete(post: PublishedPost) -> Flow[None]:
    request = Request("DELETE", f"/2/tweets/{post.id}")
    yield Call("delete", request, Effect.REPEATABLE, read=lambda response: True, accepts=("resource_not_found",))


def post_metrics(post: PublishedPost) -> Flow[Metrics]:
    """Public figures, which cost least: https://docs.x.com/x-api/fundamentals/metrics"""
    request = Request(
        "GET",
        "/2/tweets",
        params={
            "ids": post.id,
            "post.fields": "created_at,public_metrics",
            "expansions": "attachments.media_keys",
            "media.fields": "public_metrics",
        },
    )
    body = yield Call("metrics", request, Effect.READ, read=lambda response: response.json)
    rows = cast("list[Mapping[str, Any]]", body.get("data") or [{}])
    public = _object(rows[0].get("public_metrics"))
    media = cast("list[Mapping[str, Any]]", _object(body.get("includes")).get("media") or [])
    views = [_object(item.get("public_metrics")).get("view_count") for item in media]
    shared = [public.get("repost_count", public.get("retweet_count")), public.get("quote_count")]
    return {
        "impressions": public.get("impression_count"),
        "reach": None,
        "views": _sum(views),
        "likes": public.get("like_count"),
        "comments": public.get("reply_count"),
        "shares": _sum(shared),
        "saves": public.get("bookmark_count"),
        "clicks": None,
    }


def _sum(values: list[Any]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def account_metrics(account: JobAccount) -> Flow[Metrics]:
    me = yield Call("me", _me(), Effect.READ, read=_data)
    public = _object(me.get("public_metrics"))
    return {"followers": public.get("followers_count"), "posts": public.get("post_count", public.get("tweet_count"))}


# --- connecting -------------------------------------------------------------------------------------------------------


def identify() -> Flow[tuple[Identity, ...]]:
    me = yield Call("me", _me(), Effect.READ, read=_data)
    username = str(me["username"])
    identity = Identity(
        external_id=str(me["id"]),
        handle=f"x:@{username}",
        display_name=str(me.get("name") or username),
        account_type="x_user",
        avatar_url=me.get("profile_image_url"),
        meta={
            "username": username,
            "protected": bool(me.get("protected")),
            "subscriptionType": me.get("subscription_type"),
            "verifiedType": me.get("verified_type"),
        },
    )
    return (identity,)


def _me() -> Request:
    return Request("GET", "/2/users/me", params={"user.fields": USER_FIELDS})


# --- errors -----------------------------------------------------------------------------------------------------------


def read_error(response: Response) -> Problem | None:
    """https://docs.x.com/x-api/fundamentals/response-codes-and-errors"""
    if 200 <= response.status < 300:
        return _missing(response)
    status, body = response.status, _object(response.json)
    detail = _detail(body) or f"it answered {status}"
    kind_of = str(body.get("type") or "").rpartition("/")[2]
    if status == 401:
        return _problem(Kind.AUTH, "X does not accept the login any more. Connect the account again.", "unauthorized")
    if status == 402:
        return _problem(Kind.QUOTA, "The developer app has no credits left at X.", "credits_exhausted", scope=Scope.APP)
    if status == 429:
        return _too_many(response, body, kind_of)
    if status == 403:
        return _forbidden(detail, kind_of)
    if status == 404:
        return _problem(Kind.NOT_FOUND, f"X does not find it: {detail}", "resource_not_found")
    if status == 413:
        return _problem(Kind.MEDIA_REJECTED, "X takes no file of this size. Use a smaller one.", "file_too_large")
    if status == 400:
        return _invalid(detail)
    if status >= 500 or status in (408, 425, 499):
        return _problem(Kind.UNAVAILABLE, f"X has trouble: {detail}", "unavailable", verdict=Verdict.UNKNOWN)
    return _problem(Kind.UNKNOWN, f"X answered {status}: {detail}", "unexpected_answer", verdict=Verdict.UNKNOWN)


def _missing(response: Response) -> Problem | None:
    """A 200 about something that is not there has errors and no data."""
    body = _object(response.json)
    errors = body.get("errors")
    if "data" in body or not isinstance(errors, list) or not errors:
        return None
    entry = _object(cast("list[Any]", errors)[0])
    if str(entry.get("type", "")).endswith("resource-not-found"):
        return _problem(Kind.NOT_FOUND, f"X does not find it: {_detail(entry)}", "resource_not_found")
    return None


def _too_many(response: Response, body: Mapping[str, Any], kind_of: str) -> Problem:
    if kind_of == "usage-capped" or body.get("title") == "UsageCapExceeded":
        return _problem(Kind.QUOTA, "The developer app has used up its month at X.", "usage_capped", scope=Scope.APP)
    return _problem(
        Kind.RATE_LIMITED,
        "X wants us to slow down.",
        "rate_limited",
        retry_after=_seconds_until_reset(response.headers),
    )


def _seconds_until_reset(headers: Mapping[str, str]) -> float | None:
    """By the clock of X: its answers carry both the time and the time of the reset."""
    try:
        answered = parsedate_to_datetime(headers["date"])
        return max(1.0, float(headers["x-rate-limit-reset"]) - answered.timestamp())
    except (KeyError, ValueError, TypeError):
        return None


def _forbidden(detail: str, kind_of: str) -> Problem:
    lowered = detail.lower()
    if "duplicate content" in lowered:
        # The words are there already: perhaps from a try whose answer was lost, so X is asked which.
        return _problem(
            Kind.DUPLICATE, "X has a post with these words already.", "duplicate_content", verdict=Verdict.UNKNOWN
        )
    if kind_of in ("user-suspended",) or re.search(r"\b(suspended|locked)\b", lowered):
        return _problem(Kind.AUTH, f"X blocks this account: {detail}", "account_blocked")
    if kind_of in ("client-forbidden", "client-not-enrolled") or "scope" in lowered:
        return _problem(Kind.PERMISSION, f"The developer app may not do this at X: {detail}", "forbidden")
    return _problem(Kind.PERMISSION, f"X does not allow this post: {detail}", "forbidden")


def _invalid(detail: str) -> Problem:
    lowered = detail.lower()
    if "media" in lowered and ("invalid" in lowered or "expired" in lowered or "not found" in lowered):
        # Uploads live for a day: without them the flow starts again.
        return _problem(
            Kind.MEDIA_REJECTED, f"X does not know the uploaded file: {detail}", "invalid_media", verdict=Verdict.STALE
        )
    return _problem(Kind.INVALID_CONTENT, f"X refuses the post: {detail}", "invalid_request")


def _problem(
    kind: Kind,
    message: str,
    code: str,
    *,
    verdict: Verdict = Verdict.REFUSED,
    scope: Scope = Scope.ACCOUNT,
    retry_after: float | None = None,
) -> Problem:
    return Problem(kind=kind, verdict=verdict, message=message, code=code, scope=scope, retry_after=retry_after)


def _detail(body: Mapping[str, Any]) -> str:
    errors = body.get("errors")
    if isinstance(errors, list) and errors:
        entry = _object(cast("list[Any]", errors)[0])
        return str(entry.get("message") or entry.get("detail") or "")
    return str(body.get("detail") or body.get("message") or body.get("error_description") or "")


def _data(response: Response) -> Mapping[str, Any]:
    """Raises KeyError or TypeError: an answer without data is an unreadable one."""
    return cast("Mapping[str, Any]", cast("Mapping[str, Any]", response.json)["data"])


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


# --- settings, limits, declaration ------------------------------------------------------------------------------------

REPLY_CONTROLS = ("", "following", "mentionedUsers", "subscribers", "verified")


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    replyControl: Literal["", "following", "mentionedUsers", "subscribers", "verified"] = Field(
        default="", title="Who can reply", description="Empty: everyone."
    )


def parse_settings(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
    chosen = {**raw, "replyControl": ""} if raw.get("replyControl") == "everyone" else raw
    issue = first(
        (
            rules.unknown_keys(chosen, ("replyControl",), "x_settings_unsupported"),
            rules.one_of(chosen, "replyControl", REPLY_CONTROLS, "x_reply_control_invalid"),
        )
    )
    if issue is not None:
        return issue
    return {"replyControl": chosen["replyControl"]} if chosen.get("replyControl") else {}


def reply_has_parent(draft: Draft) -> Issue | None:
    if draft.interaction != "reply" or draft.parent:
        return None
    return Issue(
        code="x_reply_parent_required",
        where="parentStepId",
        message="Say which post of this schedule the reply answers.",
    )


def text_limit(draft: Draft) -> int:
    return LONG_TEXT if draft.account_meta.get("subscriptionType") in LONG_TEXT_FOR else SHORT_TEXT


def media_of(meta: Mapping[str, JSON]) -> Mapping[str, Media]:
    """Subscribers may send longer videos; how much longer over the API, X does not say."""
    longer = replace(VIDEO, max_seconds=None, advised=Media(max_seconds=VIDEO.max_seconds))
    return {"video": longer} if meta.get("subscriptionType") in LONG_TEXT_FOR else {}


def post_url(post_id: str, account: JobAccount) -> str:
    return f"https://x.com/i/web/status/{post_id}"


# Simple Icons (CC0-1.0), read 2026-11-28.
ICON = Icon(
    colour="#000000",
    path="M18.901 1.153h3.68l-8.04 9.19L24 22.846h-7.406l-5.8-7.584-6.638 7.584H.474l8.6-9.83L0 1.154h7.594"
    "l5.243 6.932ZM17.61 20.644h2.039L6.486 3.24H4.298Z",
)

PROVIDER = Provider(
    id="x",
    name="X",
    aliases=("twitter", "x-twitter"),
    docs="https://docs.x.com/x-api/posts/create-post",
    checked=date(2026, 11, 20),
    icon=ICON,
    hosts={"api": "https://api.x.com", "auth": "https://x.com"},
    accounts=(AccountType(id="x_user", publishable=True, name="X account"),),
    connect=OAuth2(
        authorize="/i/oauth2/authorize",
        token="/2/oauth2/token",
        revoke="/2/oauth2/revoke",
        scopes=("tweet.read", "tweet.write", "users.read", "media.write", "offline.access"),
        required_scopes=("tweet.read", "tweet.write", "users.read", "media.write", "offline.access"),
        identify=identify,
        rotates_refresh_token=True,
    ),
    sign=bearer,
    limits=Limits(
        text=text_limit,
        measure=lambda draft: weighted_length(draft.text),
        max_assets=MAX_ASSETS,
        max_images=MAX_ASSETS,
        max_videos=1,
        image=IMAGE,
        video=VIDEO,
        alt_text=MAX_ALT_TEXT,
        for_account=media_of,
    ),
    publish_shape="text_with_optional_native_media_upload",
    media_delivery="socialclaw_uploads_media_to_x",
    settings={"x_user": SettingsRules(model=Settings, parse=parse_settings)},
    unknown_settings_code="x_settings_unsupported",
    checks=(
        rules.at_most(MAX_ASSETS, "x_media_limit_exceeded"),
        rules.only_images_and_videos("x_media_unsupported"),
        rules.one_video_alone("x_multi_video_unsupported"),
        rules.max_bytes("image", MAX_IMAGE, "x_image_too_large"),
        rules.max_bytes("video", MAX_VIDEO, "x_video_too_large"),
        reply_has_parent,
        rules.known_extension("x_media_unsupported"),
    ),
    publish=publish,
    read_error=read_error,
    account_type_of=lambda handle: "x_user",
    interactions=("post", "reply"),
    rates=(
        # https://docs.x.com/x-api/fundamentals/rate-limits
        Rate(count=100, per=timedelta(minutes=15), scope=Scope.ACCOUNT),
        Rate(count=10_000, per=timedelta(hours=24), scope=Scope.APP),
    ),
    reconcile=reconcile,
    settle=(5.0, 15.0, 40.0),
    delete=delete,
    post_metrics=post_metrics,
    account_metrics=account_metrics,
    post_url=post_url,
    constants={"chunk": CHUNK},
    limitations=(
        "Replies to other people's posts work only where they mentioned or quoted this account.",
        "Reading figures costs credits of the developer app.",
    ),
)
