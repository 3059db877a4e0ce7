"""What LinkedIn members and pages have in common: the Posts API, uploads, errors.

Facts: https://learn.microsoft.com/linkedin/marketing (version 202607), checked 2026-11-20.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from . import rules
from .contract import (
    JSON,
    AssetBytes,
    Call,
    Check,
    Done,
    Draft,
    Effect,
    Flow,
    Icon,
    Issue,
    Job,
    JobAsset,
    Kind,
    Limits,
    Media,
    OAuth2,
    Poll,
    Problem,
    Published,
    PublishedPost,
    Request,
    Response,
    Scope,
    SettingsRules,
    Verdict,
    Wait,
)
from .text import urls

VERSION = "202607"  # a month lives a year at least
HOSTS = {"api": "https://api.linkedin.com", "auth": "https://www.linkedin.com"}
DOCS = "https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api"
MAX_TEXT = 3000
MAX_ASSETS = (
    20  # images; https://learn.microsoft.com/linkedin/marketing/community-management/shares/multiimage-post-api
)
MAX_VIDEO = 5 * 1024**3
MAX_IMAGE_PIXELS = 36_152_319
IMAGE = Media(  # https://learn.microsoft.com/linkedin/marketing/community-management/shares/images-api
    extensions=("jpg", "jpeg", "png", "gif", "webp"),
    mimes=("image/jpeg", "image/png", "image/gif"),
    max_pixels=MAX_IMAGE_PIXELS,
)
VIDEO = Media(  # https://learn.microsoft.com/linkedin/marketing/community-management/shares/videos-api
    extensions=rules.VIDEO_EXTENSIONS,
    mimes=("video/mp4",),
    max_bytes=MAX_VIDEO,
    min_aspect=1 / 2.4,
    max_aspect=2.4,
    min_seconds=3,
    max_seconds=30 * 60,
    advised=Media(max_bytes=500 * 1024**2),  # the page's number; files of up to 5 GB are taken
)
KEPT_MEDIA = timedelta(hours=23)
PROCESSING = timedelta(minutes=10)
EXTENSIONS = ("jpg", "jpeg", "png", "gif", "webp", *rules.VIDEO_EXTENSIONS)
RESERVED = re.compile(r"([\\|{}@\[\]()<>#*_~])")


def headers(version: str = VERSION) -> dict[str, str]:
    return {"LinkedIn-Version": version, "X-Restli-Protocol-Version": "2.0.0"}


def urn_path(urn: str) -> str:
    return quote(urn, safe="")


# --- text -------------------------------------------------------------------------------------------------------------


def little(text: str) -> str:
    """LinkedIn's "little" text: its signs are escaped, or it cuts the post there. Links stay as they are, or it does not
    link them; hashtags keep their sign, or they are none."""
    written, position = "", 0
    for start, end in urls(text):
        written += _escaped(text[position:start]) + text[start:end]
        position = end
    return written + _escaped(text[position:])


def _escaped(text: str) -> str:
    """Every second piece is a hashtag."""
    pieces = re.split(r"(?<!\w)(#\w+)", text)
    return "".join(piece if index % 2 else RESERVED.sub(r"\\\1", piece) for index, piece in enumerate(pieces))


def plain(text: str) -> str:
    """What ``little`` was made of."""
    return re.sub(r"\\([\\|{}@\[\]()<>#*_~])", r"\1", text)


# --- publishing -------------------------------------------------------------------------------------------------------


def publish(author: str, job: Job, *, may_read: bool) -> Flow[Published]:
    """``may_read``: whether this login may ask how an upload goes."""
    content = yield from _content(author, job, may_read)
    body: dict[str, JSON] = {
        "author": author,
        "commentary": little(job.text),
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
        **content,
    }
    request = Request("POST", "/rest/posts", headers=_headers(job), json=body)
    created = yield Call("create", request, Effect.ONCE, read=_created)
    return Published(id=str(created["id"]), url=post_url(str(created["id"])))


def _headers(job: Job) -> dict[str, str]:
    return headers(str(job.constants.get("version", VERSION)))


def _created(response: Response) -> JSON:
    """The body is empty. Raises KeyError: a 201 without the header is an unreadable answer."""
    return {"id": response.headers.get("x-restli-id") or response.headers["x-linkedin-id"]}


Content = Generator[Any, JSON, dict[str, JSON]]


def _content(author: str, job: Job, may_read: bool) -> Content:
    if not job.assets:
        return {}
    found: list[dict[str, JSON]] = []
    for asset in job.assets:
        upload = _video if asset.kind == "video" else _image
        found.append((yield from upload(author, job, asset, may_read)))
    if len(found) == 1:
        return {"content": {"media": found[0]}}
    return {"content": {"multiImage": {"images": found}}}


def _image(author: str, job: Job, asset: JobAsset, may_read: bool) -> Content:
    place = asset.position
    begin = Request(
        "POST",
        "/rest/images",
        params={"action": "initializeUpload"},
        headers=_headers(job),
        json={"initializeUploadRequest": {"owner": author}},
    )
    begun = yield Call(f"image-{place}-begin", begin, Effect.REPEATABLE, read=_begun_image, keep=KEPT_MEDIA)
    put = Request("PUT", begun["url"], headers={"Content-Type": asset.mime}, body=AssetBytes(place))
    yield Call(f"image-{place}", put, Effect.REPEATABLE, read=lambda response: True, keep=KEPT_MEDIA)
    if may_read:
        yield _available(job, f"image-{place}-ready", "/rest/images", begun["urn"])
    described = {"altText": asset.alt_text} if asset.alt_text else {}
    return {"id": begun["urn"], **described}


def _begun_image(response: Response) -> JSON:
    value = _value(response)
    return {"urn": str(value["image"]), "url": str(value["uploadUrl"])}


def _video(author: str, job: Job, asset: JobAsset, may_read: bool) -> Content:
    place = asset.position
    asked = {"owner": author, "fileSizeBytes": asset.size, "uploadCaptions": False, "uploadThumbnail": False}
    begin = Request(
        "POST",
        "/rest/videos",
        params={"action": "initializeUpload"},
        headers=_headers(job),
        json={"initializeUploadRequest": asked},
    )
    begun = yield Call(f"video-{place}-begin", begin, Effect.REPEATABLE, read=_begun_video, keep=KEPT_MEDIA)
    tags: list[str] = []
    for number, part in enumerate(begun["parts"]):
        put = Request(
            "PUT",
            part["url"],
            headers={"Content-Type": "application/octet-stream"},
            body=AssetBytes(place, part["first"], part["last"] + 1),
        )
        name = f"video-{place}-part-{number}"
        tags.append((yield Call(name, put, Effect.REPEATABLE, read=_etag, keep=KEPT_MEDIA)))
    end = Request(
        "POST",
        "/rest/videos",
        params={"action": "finalizeUpload"},
        headers=_headers(job),
        json={
            "finalizeUploadRequest": {
                "video": begun["urn"],
                "uploadToken": begun["token"],
                "uploadedPartIds": tags,
            }
        },
    )
    yield Call(f"video-{place}-end", end, Effect.REPEATABLE, read=lambda response: True, keep=KEPT_MEDIA)
    if may_read:
        yield _available(job, f"video-{place}-ready", "/rest/videos", begun["urn"])
    return {"id": begun["urn"], "title": (job.title or asset.filename)[:200]}


def _begun_video(response: Response) -> JSON:
    value = _value(response)
    parts = [
        {"url": str(one["uploadUrl"]), "first": int(one["firstByte"]), "last": int(one["lastByte"])}
        for one in cast("Sequence[Mapping[str, Any]]", value["uploadInstructions"])
    ]
    return {"urn": str(value["video"]), "token": str(value.get("uploadToken") or ""), "parts": parts}


def _etag(response: Response) -> JSON:
    return response.headers["etag"].strip('"')


def _available(job: Job, name: str, path: str, urn: str) -> Poll:
    request = Request("GET", f"{path}/{urn_path(urn)}", headers=_headers(job))
    return Poll(name, request, read=_ready, until=job.started_at + PROCESSING)


def _ready(response: Response) -> Wait | Done | Problem:
    body = object_of(response.json)
    if body.get("status") == "AVAILABLE":
        return Done(True)
    if body.get("status") == "PROCESSING_FAILED":
        reason = str(body.get("processingFailureReason") or "it gave no reason")
        return Problem(
            kind=Kind.MEDIA_REJECTED,
            verdict=Verdict.REFUSED,
            message=f"LinkedIn could not process the file: {reason}. Export it again and retry.",
            code="media_processing_failed",
        )
    return Wait(3.0)


def delete(post: PublishedPost) -> Flow[None]:
    request = Request("DELETE", f"/rest/posts/{urn_path(post.id)}", headers={**headers(), "X-RestLi-Method": "DELETE"})
    yield Call("delete", request, Effect.REPEATABLE, read=lambda response: True, accepts=("not_found",))


def post_url(urn: str) -> str:
    return f"https://www.linkedin.com/feed/update/{urn}/"


# --- errors -----------------------------------------------------------------------------------------------------------


def read_error(response: Response) -> Problem | None:
    """https://learn.microsoft.com/linkedin/shared/api-guide/concepts/error-handling"""
    if 200 <= response.status < 300:
        return None
    status, body = response.status, object_of(response.json)
    code, message = str(body.get("code") or ""), str(body.get("message") or f"it answered {response.status}")
    if status == 401:
        return _problem(
            Kind.AUTH, "LinkedIn does not accept the login any more. Connect the account again.", "unauthorized"
        )
    if "duplicate" in f"{code} {message} {response.text[:2000]}".lower():
        return _duplicate(message)
    if status == 429:
        return _too_many(response)
    if status == 426:
        sentence = "LinkedIn ended the version of its interface that this program speaks. Update SocialClaw."
        return _problem(Kind.UNAVAILABLE, sentence, "version_ended", scope=Scope.HOST)
    if status == 403:
        sentence = f"LinkedIn does not allow this to the account: {message}"
        return _problem(Kind.PERMISSION, sentence, "forbidden")
    if status == 404:
        return _problem(Kind.NOT_FOUND, f"LinkedIn does not find it: {message}", "not_found")
    if status in (400, 409, 413, 422):
        return _invalid(code, message)
    if status >= 500 or status in (408, 425, 499):
        return _problem(Kind.UNAVAILABLE, f"LinkedIn has trouble: {message}", "unavailable", Verdict.UNKNOWN)
    return _problem(Kind.UNKNOWN, f"LinkedIn answered {status}: {message}", "unexpected_answer", Verdict.UNKNOWN)


def _duplicate(message: str) -> Problem:
    """LinkedIn names the post that has these words already; only a person can tell whether it is this one."""
    found = re.search(r"urn:li:(?:share|ugcPost|activity):\d+", message)
    named = f" It is {post_url(found[0])}" if found else ""
    return Problem(
        kind=Kind.DUPLICATE,
        verdict=Verdict.REFUSED,
        message=f"LinkedIn has a post with these words already.{named}",
        code="duplicate_post",
        data={"id": found[0]} if found else None,
    )


def _too_many(response: Response) -> Problem:
    """Daily limits end at midnight UTC; LinkedIn does not always say when."""
    after = response.headers.get("retry-after", "")
    return Problem(
        kind=Kind.RATE_LIMITED,
        verdict=Verdict.REFUSED,
        message="LinkedIn wants us to slow down.",
        code="rate_limited",
        retry_after=float(after) if after.isdigit() else 900.0,
    )


def _invalid(code: str, message: str) -> Problem:
    lowered = f"{code} {message}".lower()
    still_working = any(sign in lowered for sign in ("waiting_upload", "media_asset_processing", "obtain activity"))
    if still_working and "failed" not in lowered:
        return _problem(Kind.UNAVAILABLE, "LinkedIn is still working on the uploaded file.", "media_not_ready")
    if "processing_failed" in lowered:
        return _problem(Kind.MEDIA_REJECTED, f"LinkedIn could not process the file: {message}", "media_rejected")
    return _problem(Kind.INVALID_CONTENT, f"LinkedIn refuses the post: {message}", "invalid_request")


def _problem(
    kind: Kind, message: str, code: str, verdict: Verdict = Verdict.REFUSED, scope: Scope = Scope.ACCOUNT
) -> Problem:
    return Problem(kind=kind, verdict=verdict, message=message, code=code, scope=scope)


def object_of(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _value(response: Response) -> Mapping[str, Any]:
    """Raises KeyError or TypeError: an answer without a value is an unreadable one."""
    return cast("Mapping[str, Any]", cast("Mapping[str, Any]", response.json)["value"])


# --- limits and settings ----------------------------------------------------------------------------------------------


class NoSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")


def no_settings(code: str) -> SettingsRules:
    def parse(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
        return rules.unknown_keys(raw, (), code) or {}

    return SettingsRules(model=NoSettings, parse=parse)


def checks(provider: str, *more: Check) -> tuple[Check, ...]:
    return (
        rules.interaction_in(("post",), f"{provider}_interaction_unsupported"),
        rules.at_most(MAX_ASSETS, "linkedin_media_limit_exceeded"),
        rules.one_video_alone("linkedin_multi_video_unsupported"),
        rules.only_images_and_videos("linkedin_media_unsupported"),
        *more,
        rules.max_bytes("video", MAX_VIDEO, "linkedin_video_too_large"),
    )


LIMITS = Limits(
    text=lambda draft: MAX_TEXT,
    measure=lambda draft: len(draft.text),
    max_assets=MAX_ASSETS,
    max_images=MAX_ASSETS,
    max_videos=1,
    image=IMAGE,
    video=VIDEO,
    alt_text=4086,
    codes="linkedin",
)


def oauth(scopes: tuple[str, ...], identify: Callable[[], Flow[Any]], required: tuple[str, ...]) -> OAuth2:
    return OAuth2(
        authorize="/oauth/v2/authorization",
        token="/oauth/v2/accessToken",
        revoke="/oauth/v2/revoke",
        token_host="auth",
        client_auth="post",
        pkce=False,
        scopes=scopes,
        required_scopes=required,
        identify=identify,
        renew_before=timedelta(days=7),
    )


# Simple Icons (CC0-1.0), read 2026-11-28.
ICON = Icon(
    colour="#0a66c2",
    path="M20.447 20.452h-3.554v-5.569c0-1.328-.027-3.037-1.852-3.037-1.853 0-2.136 1.445-2.136 2.939v5.667H9.351"
    "V9h3.414v1.561h.046c.477-.9 1.637-1.85 3.37-1.85 3.601 0 4.267 2.37 4.267 5.455v6.286zM5.337 7.433"
    "c-1.144 0-2.063-.926-2.063-2.065 0-1.138.92-2.063 2.063-2.063 1.14 0 2.064.925 2.064 2.063 0 1.139"
    "-.925 2.065-2.064 2.065zm1.782 13.019H3.555V9h3.564v11.452zM22.225 0H1.771C.792 0 0 .774 0 1.729v20.542"
    "C0 23.227.792 24 1.771 24h20.451C23.2 24 24 23.227 24 22.271V1.729C24 .774 23.2 0 22.222 0h.003z",
)
