"""YouTube: one video a post, uploaded in parts that can be gone on with.

Facts: https://developers.google.com/youtube/v3 (discovery revision 20261104), checked 2026-11-20.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from . import findings, rules
from .contract import (
    JSON,
    Absent,
    Accepted,
    AccountType,
    AppMode,
    AppRules,
    AssetBytes,
    Call,
    Done,
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
    JobAsset,
    Kind,
    Level,
    Limits,
    Look,
    Media,
    Metrics,
    OAuth2,
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
    Shown,
    Unclear,
    Verdict,
    Wait,
    Way,
    bearer,
)

SCOPE = "https://www.googleapis.com/auth/"
SCOPES = (f"{SCOPE}youtube.upload", f"{SCOPE}youtube.force-ssl", f"{SCOPE}youtube.readonly")
MAX_TITLE = 100
MAX_DESCRIPTION = 5000  # bytes
MAX_VIDEO = 256 * 1024**3
VIDEO = Media(  # https://support.google.com/youtube/answer/71673; all common forms are taken
    extensions=rules.VIDEO_EXTENSIONS, max_bytes=MAX_VIDEO, max_seconds=12 * 3600
)
UNVERIFIED = 15 * 60  # seconds, for channels that did not verify their phone; the same page
UNIT = 256 * 1024
"""All parts but the last are a multiple of this."""
CHUNK = 32 * UNIT
SESSION = timedelta(days=6)
PROCESSING = timedelta(hours=12)
CATEGORY = "22"  # people and blogs: what YouTube itself takes when nobody chooses


# --- publishing -------------------------------------------------------------------------------------------------------


def title_and_description(title: str, body: str) -> tuple[str, str]:
    if title:
        return title, body
    return body.strip().partition("\n")[0][:MAX_TITLE] or "Untitled", body


def shown(draft: Draft) -> Shown:
    title, description = title_and_description(draft.title, draft.body)
    return Shown(title=title, text=description)


def publish(job: Job) -> Flow[Published]:
    asset = job.assets[0]
    session = yield Call("start", _start(job, asset), Effect.REPEATABLE, read=_session, keep=SESSION)
    created = yield from _send(job, asset, str(session["url"]))
    video = str(created["id"])
    yield Accepted(id=video)
    status = Request("GET", "/youtube/v3/videos", params={"part": "status,processingDetails", "id": video})
    yield Poll("processed", status, read=_processed, until=job.started_at + PROCESSING)
    return Published(id=video, url=_link(video), status=str(job.settings.get("privacyStatus", "private")))


def _start(job: Job, asset: JobAsset) -> Request:
    title, description = title_and_description(job.title, job.body)
    return Request(
        "POST",
        "/upload/youtube/v3/videos",
        params={
            "uploadType": "resumable",
            "part": "snippet,status",
            "notifySubscribers": "true" if job.settings.get("notifySubscribers") else "false",
        },
        headers={"X-Upload-Content-Type": asset.mime, "X-Upload-Content-Length": str(asset.size)},
        json={
            "snippet": {"title": title, "description": description, "categoryId": CATEGORY},
            "status": {
                "privacyStatus": job.settings.get("privacyStatus", "private"),
                "selfDeclaredMadeForKids": bool(job.settings.get("madeForKids")),
            },
        },
    )


def _session(response: Response) -> JSON:
    return {"url": response.headers["location"]}


def _send(job: Job, asset: JobAsset, url: str) -> Flow[Mapping[str, Any]]:
    """YouTube says after each part how much it has. The part that ends the file makes the video: that one is the ONCE."""
    chunk, start, number = int(job.constants.get("chunk", CHUNK)), 0, 0
    while True:
        stop = min(start + chunk, asset.size)
        last = stop == asset.size
        request = Request(
            "PUT",
            url,
            headers={"Content-Type": asset.mime, "Content-Range": f"bytes {start}-{stop - 1}/{asset.size}"},
            body=AssetBytes(asset.position, start, stop),
        )
        name = f"create-{number}" if last else f"part-{number}"
        effect = Effect.ONCE if last else Effect.REPEATABLE
        answer = yield Call(name, request, effect, read=_video, accepts=("more",), keep=None if last else SESSION)
        if "problem" not in answer:
            return answer
        start, number = int(answer["data"]["next"]), number + 1


def _video(response: Response) -> JSON:
    return {"id": str(cast("Mapping[str, Any]", response.json)["id"])}


def _processed(response: Response) -> Wait | Done | Problem:
    rows = _items(response)
    if not rows:
        return Problem(
            kind=Kind.NOT_FOUND,
            verdict=Verdict.REFUSED,
            message="YouTube removed the video while it was being processed.",
            code="video_removed",
        )
    status, details = _object(rows[0].get("status")), _object(rows[0].get("processingDetails"))
    state = status.get("uploadStatus")
    if state == "processed":
        return Done(True)
    if state in ("failed", "rejected", "deleted"):
        reason = str(status.get("failureReason") or status.get("rejectionReason") or state)
        return Problem(
            kind=Kind.MEDIA_REJECTED,
            verdict=Verdict.REFUSED,
            message=f"YouTube could not take the video: {reason}.",
            code=f"video_{re.sub(r'[^a-z]', '', reason.lower())}",
        )
    left = _object(details.get("processingProgress")).get("timeLeftMs")
    return Wait(min(120.0, max(1.0, float(left) / 1000)) if left is not None else 20.0)


def _link(video: str) -> str:
    return f"https://www.youtube.com/watch?v={video}"


# --- what became of it ------------------------------------------------------------------------------------------------


def reconcile(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    """The upload session itself knows. Only when it has forgotten, the newest uploads of the channel are compared."""
    url = _object(doubt.answers.get("start")).get("url")
    size = job.assets[0].size
    if url:
        probe = Request("PUT", str(url), headers={"Content-Range": f"bytes */{size}"})
        answer = yield Call("probe", probe, Effect.READ, read=_video, accepts=("more", "session_gone"))
        if "id" in answer:
            return Found((Published(id=str(answer["id"]), url=_link(str(answer["id"]))),))
        if answer["problem"] == "more":
            return Absent()
    return (yield from _among_uploads(job, doubt))


def _among_uploads(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    playlist = job.account.meta.get("uploads")
    if not playlist:
        return Unclear("the channel's list of uploads is not known")
    request = Request(
        "GET",
        "/youtube/v3/playlistItems",
        params={"part": "snippet,contentDetails", "playlistId": str(playlist), "maxResults": "10"},
    )
    rows = yield Call("uploads", request, Effect.READ, read=lambda response: list(_items(response)))
    title, _ = title_and_description(job.title, job.body)
    since = doubt.intended_at - timedelta(minutes=2)
    found = [
        str(_object(row.get("contentDetails")).get("videoId"))
        for row in rows
        if _object(row.get("snippet")).get("title") == title and _at(_object(row.get("snippet"))) >= since
    ]
    return Found(tuple(Published(id=id, url=_link(id)) for id in found)) if found else Absent()


def _at(snippet: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(snippet["publishedAt"]).replace("Z", "+00:00"))


def delete(post: PublishedPost) -> Flow[None]:
    request = Request("DELETE", "/youtube/v3/videos", params={"id": post.id})
    yield Call("delete", request, Effect.REPEATABLE, read=lambda response: True, accepts=("not_found",))


def post_metrics(post: PublishedPost) -> Flow[Metrics]:
    """https://developers.google.com/youtube/v3/docs/videos#statistics. Hidden figures are left out of the answer."""
    request = Request("GET", "/youtube/v3/videos", params={"part": "statistics", "id": post.id})
    rows = yield Call("statistics", request, Effect.READ, read=lambda response: list(_items(response)))
    figures = _object(rows[0].get("statistics")) if rows else cast("Mapping[str, Any]", {})
    return {
        "impressions": None,
        "reach": None,
        "views": _number(figures.get("viewCount")),
        "likes": _number(figures.get("likeCount")),
        "comments": _number(figures.get("commentCount")),
        "shares": None,
        "saves": None,
        "clicks": None,
    }


def account_metrics(account: JobAccount) -> Flow[Metrics]:
    rows = yield Call("channel", _channel(), Effect.READ, read=lambda response: list(_items(response)))
    figures = _object(rows[0].get("statistics")) if rows else cast("Mapping[str, Any]", {})
    followers = None if figures.get("hiddenSubscriberCount") else _number(figures.get("subscriberCount"))
    return {
        "followers": followers,
        "views": _number(figures.get("viewCount")),
        "posts": _number(figures.get("videoCount")),
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


# --- connecting -------------------------------------------------------------------------------------------------------


def _channel() -> Request:
    return Request(
        "GET", "/youtube/v3/channels", params={"part": "snippet,contentDetails,statistics,status", "mine": "true"}
    )


def identify() -> Flow[tuple[Identity, ...]]:
    """None for a Google account without a channel."""
    rows = yield Call("channel", _channel(), Effect.READ, read=lambda response: list(_items(response)))
    return tuple(_identity(cast("Mapping[str, Any]", row)) for row in rows)


def examine(account: JobAccount) -> Flow[tuple[Finding, ...]]:
    rows = yield Call("channel", _channel(), Effect.READ, read=lambda response: list(_items(response)))
    channel = next((row for row in rows if str(row["id"]) == account.external_id), None)
    if channel is None:
        return ()  # that the login does not show it is found anyway
    if _object(channel.get("status")).get("longUploadsStatus") == "allowed":
        return (findings.account(Level.OK, "Verified channel", "Videos may be up to twelve hours long."),)
    detail = "Videos may be at most 15 minutes long until the channel is verified by telephone."
    way = Way(label="Verify the channel", url="https://www.youtube.com/verify")
    return (findings.account(Level.INFO, "Channel that is not verified", detail, way),)


def _identity(row: Mapping[str, Any]) -> Identity:
    snippet, id = _object(row.get("snippet")), str(row["id"])
    lists = _object(_object(row.get("contentDetails")).get("relatedPlaylists"))
    picture = _object(_object(snippet.get("thumbnails")).get("default"))
    return Identity(
        external_id=id,
        handle=f"youtube:channel:{id}",
        aliases=(f"youtube:{snippet['customUrl']}",) if snippet.get("customUrl") else (),
        display_name=str(snippet.get("title") or id),
        account_type="youtube_channel",
        avatar_url=picture.get("url"),
        meta={
            "uploads": lists.get("uploads"),
            "longUploads": _object(row.get("status")).get("longUploadsStatus") == "allowed",
        },
    )


# --- errors -----------------------------------------------------------------------------------------------------------

QUOTA = ("quotaExceeded", "dailyLimitExceeded")
SLOW_DOWN = ("rateLimitExceeded", "userRateLimitExceeded")


def read_error(response: Response) -> Problem | None:
    """https://developers.google.com/youtube/v3/docs/errors"""
    status = response.status
    if 200 <= status < 300:
        return None
    if status == 308:
        return _more(response)
    error = _object(_object(response.json).get("error"))
    reason = str(_first(error.get("errors")).get("reason") or error.get("status") or "")
    said = str(error.get("message") or f"it answered {status}")
    if reason in QUOTA:
        sentence = "The developer app has used up its day at YouTube; it begins again at midnight Pacific time."
        return _problem(Kind.QUOTA, sentence, "quota_exceeded", scope=Scope.APP, retry_after=3600.0)
    if reason in SLOW_DOWN or status == 429:
        return _problem(Kind.RATE_LIMITED, "YouTube wants us to slow down.", "rate_limited", retry_after=60.0)
    if reason == "uploadLimitExceeded":
        sentence = "This channel has uploaded as much as YouTube lets it in a day."
        return _problem(Kind.QUOTA, sentence, "upload_limit_exceeded", retry_after=6 * 3600.0)
    if reason == "youtubeSignupRequired":
        return _problem(Kind.PERMISSION, "This Google account has no YouTube channel. Make one first.", "no_channel")
    if status == 401:
        sentence = "YouTube does not accept the login any more. Connect the account again."
        return _problem(Kind.AUTH, sentence, "unauthorized")
    if status == 403:
        return _problem(Kind.PERMISSION, f"YouTube does not allow this to the account: {said}", "forbidden")
    if status in (404, 410) and not error:
        # an upload session that is over: no video came of it, and a new one can be begun
        sentence = "YouTube has forgotten the upload; it is begun again."
        return _problem(Kind.MEDIA_REJECTED, sentence, "session_gone", verdict=Verdict.STALE)
    if status in (404, 410):
        return _problem(Kind.NOT_FOUND, f"YouTube does not find it: {said}", "not_found")
    if status in (400, 411, 413):
        return _problem(Kind.INVALID_CONTENT, f"YouTube refuses the video: {said}", _code(reason))
    if status >= 500 or status in (408, 425, 499):
        return _problem(Kind.UNAVAILABLE, "YouTube has trouble.", "unavailable", verdict=Verdict.UNKNOWN)
    return _problem(Kind.UNKNOWN, f"YouTube answered {status}.", "unexpected_answer", verdict=Verdict.UNKNOWN)


def _more(response: Response) -> Problem:
    """Not an error: YouTube has so much of the file and waits for the rest."""
    found = re.fullmatch(r"bytes=0-(\d+)", response.headers.get("range", ""))
    return Problem(
        kind=Kind.UNAVAILABLE,
        verdict=Verdict.REFUSED,
        message="YouTube has not got the whole file yet.",
        code="more",
        data={"next": int(found[1]) + 1 if found else 0},
    )


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


def _code(reason: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", reason).lower() or "invalid_request"


def _items(response: Response) -> Sequence[Mapping[str, Any]]:
    """Raises TypeError when the answer is no list; one without items is empty."""
    return cast("Sequence[Mapping[str, Any]]", cast("Mapping[str, Any]", response.json).get("items") or ())


def _first(value: Any) -> Mapping[str, Any]:
    return _object(cast("list[Any]", value)[0]) if isinstance(value, list) and value else {}


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


# --- settings, limits, declaration ------------------------------------------------------------------------------------

PRIVACY = ("private", "unlisted", "public")


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    privacyStatus: Literal["private", "unlisted", "public"] = Field(
        default="private", title="Who can see it", description="Private, everyone with the link, or everyone."
    )
    notifySubscribers: bool = Field(default=False, title="Tell subscribers", description="They get a notification.")
    madeForKids: bool = Field(
        default=False, title="Made for kids", description="The law wants this said of every video."
    )


def parse_settings(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
    privacy = str(raw.get("privacyStatus") or "private").strip().lower()
    issue = rules.unknown_keys(raw, tuple(Settings.model_fields), "youtube_settings_unsupported") or rules.one_of(
        {"privacyStatus": privacy}, "privacyStatus", PRIVACY, "youtube_privacy_status_invalid"
    )
    if issue is None and draft.assets and draft.assets[0].kind != "video":
        issue = _video_required()
    return issue or {
        "privacyStatus": privacy,
        "notifySubscribers": bool(raw.get("notifySubscribers")),
        "madeForKids": bool(raw.get("madeForKids")),
    }


def _video_required() -> Issue:
    return Issue(code="youtube_video_required", where="assets", message="Attach a video: YouTube takes nothing else.")


def needs_video(draft: Draft) -> Issue | None:
    taken = (
        draft.assets and draft.assets[0].kind == "video" and draft.assets[0].extension in ("", *rules.VIDEO_EXTENSIONS)
    )
    return None if taken else _video_required()


def media_of(meta: Mapping[str, JSON]) -> Mapping[str, Media]:
    """What the channel was allowed when it was connected; somebody may have verified it since."""
    return (
        {} if meta.get("longUploads") is not False else {"video": replace(VIDEO, advised=Media(max_seconds=UNVERIFIED))}
    )


def without_brackets(draft: Draft) -> Issue | None:
    """https://developers.google.com/youtube/v3/docs/videos#snippet.title"""
    if not re.search(r"[<>]", draft.title + draft.body):
        return None
    return Issue(
        code="youtube_text_invalid",
        where="text",
        message="YouTube takes no < and > in titles and descriptions. Write it without them.",
    )


# Simple Icons (CC0-1.0), read 2026-11-28.
ICON = Icon(
    colour="#ff0000",
    path="M23.498 6.186a3.016 3.016 0 0 0-2.122-2.136C19.505 3.545 12 3.545 12 3.545s-7.505 0-9.377.505"
    "A3.017 3.017 0 0 0 .502 6.186C0 8.07 0 12 0 12s0 3.93.502 5.814a3.016 3.016 0 0 0 2.122 2.136"
    "c1.871.505 9.376.505 9.376.505s7.505 0 9.377-.505a3.015 3.015 0 0 0 2.122-2.136C24 15.93 24 12 24 12"
    "s0-3.93-.502-5.814zM9.545 15.568V8.432L15.818 12l-6.273 3.568z",
)

PROVIDER = Provider(
    id="youtube",
    name="YouTube",
    aliases=("yt",),
    docs="https://developers.google.com/youtube/v3/docs/videos/insert",
    checked=date(2026, 11, 20),
    icon=ICON,
    look=Look(layout="film", frame=16 / 9, titled=True),
    shown=shown,
    hosts={
        "api": "https://www.googleapis.com",
        "auth": "https://accounts.google.com",
        "token": "https://oauth2.googleapis.com",
    },
    accounts=(AccountType(id="youtube_channel", publishable=True, name="YouTube channel"),),
    connect=OAuth2(
        authorize="/o/oauth2/v2/auth",
        token="/token",
        token_host="token",
        revoke="/revoke",
        client_auth="post",
        scopes=SCOPES,
        required_scopes=(f"{SCOPE}youtube.upload", f"{SCOPE}youtube.readonly"),
        lost_without={f"{SCOPE}youtube.force-ssl": "Posts cannot be deleted from here; delete them in YouTube Studio."},
        no_account="This Google account has no YouTube channel. Make one, then connect again.",
        no_account_next=Way(label="Make a channel", url="https://www.youtube.com/create_channel"),
        revokes="grant",
        # told by apps that are still being tested, whose logins end after a week:
        # https://developers.google.com/identity/protocols/oauth2#expiration
        login_end="refresh_token_expires_in",
        authorize_params={"access_type": "offline", "prompt": "consent"},  # or there is no refresh token
        identify=identify,
    ),
    sign=bearer,
    limits=Limits(
        text=lambda draft: MAX_DESCRIPTION,
        measure=lambda draft: len(draft.body.encode()),
        title=lambda draft: MAX_TITLE,
        media_required=True,
        max_assets=1,
        max_images=0,
        max_videos=1,
        video=VIDEO,
        for_account=media_of,
    ),
    publish_shape="video_upload",
    media_delivery="socialclaw_uploads_video_to_youtube",
    settings={"youtube_channel": SettingsRules(model=Settings, parse=parse_settings)},
    unknown_settings_code="youtube_settings_unsupported",
    checks=(
        rules.at_most(1, "provider_multi_asset_unsupported"),
        rules.interaction_in(("post",), "youtube_interaction_unsupported"),
        needs_video,
        rules.max_bytes("video", MAX_VIDEO, "youtube_video_too_large"),
        without_brackets,
    ),
    publish=publish,
    read_error=read_error,
    account_type_of=lambda handle: "youtube_channel",
    rates=(
        # https://developers.google.com/youtube/v3/determine_quota_cost: 100 uploads a day for the whole app
        Rate(count=100, per=timedelta(hours=24), scope=Scope.APP),
    ),
    reconcile=reconcile,
    settle=(5.0, 15.0, 40.0),
    delete=delete,
    post_metrics=post_metrics,
    account_metrics=account_metrics,
    post_url=lambda post_id, account: _link(post_id),
    constants={"chunk": CHUNK},
    app=AppRules(
        console="https://console.cloud.google.com/auth/clients",
        redirects="Google Auth Platform, Clients, Authorized redirect URIs",
        client_id=r"\d+-[a-z0-9]+\.apps\.googleusercontent\.com",
        client_id_looks="the Client ID: a number, a dash, letters, and .apps.googleusercontent.com",
        # https://developers.google.com/identity/protocols/oauth2/web-server#uri-validation
        loopback=("127.0.0.1", "localhost"),
        mode=AppMode(
            # https://developers.google.com/identity/protocols/oauth2#expiration,
            # https://developers.google.com/youtube/v3/guides/quota_and_compliance_audits
            title="Publishing status and audit",
            detail="Logins of an app in the status Testing end after seven days: set it to In production. Videos of a "
            "project that YouTube has not audited may stay private, whatever was asked for.",
            next=Way(label="Audience of the app at Google", url="https://console.cloud.google.com/auth/audience"),
        ),
    ),
    examine=examine,
    limitations=("An app that is still being tested at Google has to be connected again every seven days.",),
)
