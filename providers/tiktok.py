"""TikTok: one video or a gallery of photos, posted directly.

Facts: https://developers.tiktok.com/doc (Content Posting API v2), checked 2026-11-20.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from . import findings, rules
from .contract import (
    JSON,
    Absent,
    Accepted,
    AccountType,
    App,
    AppMode,
    AppRules,
    AssetBytes,
    AssetUrl,
    Call,
    Credential,
    Done,
    Doubt,
    Draft,
    Effect,
    Finding,
    Flow,
    FlowError,
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
    Token,
    Unclear,
    Verdict,
    Wait,
    Way,
    bearer,
)
from .text import utf16_length

SCOPES = ("user.info.basic", "user.info.profile", "user.info.stats", "video.publish", "video.list")
MAX_CAPTION = 2200  # UTF-16 units
MAX_PHOTO_TITLE, MAX_PHOTO_TEXT = 90, 4000
MAX_PHOTOS = 35
MAX_VIDEO = 4 * 1024**3
# https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide
PHOTO = Media(
    extensions=rules.IMAGE_EXTENSIONS,
    mimes=("image/jpeg", "image/webp"),
    max_bytes=20 * 1024**2,
    max_width=1920,  # "maximum 1080p"
    max_height=1080,
    either_way=True,
)
VIDEO = Media(  # the same page
    extensions=("mp4", "mov", "webm"),
    mimes=("video/mp4", "video/quicktime", "video/webm"),
    max_bytes=MAX_VIDEO,
    min_width=360,
    min_height=360,
    max_width=4096,
    max_height=4096,
    max_seconds=600,
    video_codecs=("h264", "hevc", "vp8", "vp9"),
    min_frame_rate=23,
    max_frame_rate=60,
    advised=Media(min_seconds=3),  # shorter ones are reported to fail with duration_check_failed
)
CHUNK = 10_000_000
"""TikTok takes parts of 5 to 64 MB; what is left over goes into the last one."""
SMALL = 5_000_000
UPLOAD = timedelta(minutes=50)  # the upload address lives an hour
PROCESSING = timedelta(minutes=60)
PHOTO_TYPES = ("jpg", "jpeg", "webp")
BASIC_FIELDS = "open_id,union_id,avatar_url,display_name"
NO_SCOPE = "scope_not_authorized"


def sign(request: Request, credential: Credential, app: App) -> Request:
    """An upload address is its own permission and takes no token."""
    return request if "://" in request.path else bearer(request, credential, app)


# --- publishing -------------------------------------------------------------------------------------------------------


def publish(job: Job) -> Flow[Published]:
    creator = yield Call("creator", Request("POST", "/v2/post/publish/creator_info/query/"), Effect.READ, read=_creator)
    _refuse_unfit(job, creator)
    started = yield from (_photos(job, creator) if job.assets[0].kind == "image" else _video(job, creator))
    yield Accepted(id=started)
    done = yield Poll("published", _status(started), read=_ready, until=job.started_at + PROCESSING)
    return _published(job.account, started, str(done["id"]))


def _published(account: JobAccount, publish_id: str, video: str) -> Published:
    """A post that only its owner sees has no public id; then the id of the job names it."""
    return Published(
        id=video or publish_id, url=_link(account, video) if video else None, meta={"publishId": publish_id}
    )


def _creator(response: Response) -> JSON:
    """Asked before each post, because TikTok wants its switches and limits respected as they are then."""
    data = _data(response)
    return {
        "privacy": list(data.get("privacy_level_options") or ()),
        "comment_disabled": bool(data.get("comment_disabled")),
        "duet_disabled": bool(data.get("duet_disabled")),
        "stitch_disabled": bool(data.get("stitch_disabled")),
        "seconds": data.get("max_video_post_duration_sec"),
    }


def _refuse_unfit(job: Job, creator: Mapping[str, Any]) -> None:
    wanted = job.settings.get("privacyLevel")
    if creator["privacy"] and wanted not in creator["privacy"]:
        raise FlowError(
            _problem(
                Kind.INVALID_CONTENT,
                f"This TikTok account does not offer the privacy {wanted}; choose {', '.join(creator['privacy'])}.",
                "privacy_level_option_mismatch",
            )
        )
    longest, length = creator["seconds"], job.assets[0].duration
    if longest and length and job.assets[0].kind == "video" and length > float(longest):
        raise FlowError(
            _problem(
                Kind.MEDIA_REJECTED,
                f"TikTok lets this account post {longest} seconds of video; this one has {length:.0f}.",
                "duration_check_failed",
            )
        )


def _post_info(job: Job, creator: Mapping[str, Any]) -> dict[str, JSON]:
    settings = job.settings
    return {
        "privacy_level": settings.get("privacyLevel"),
        "disable_comment": creator["comment_disabled"] or not settings.get("commentEnabled"),
        "brand_content_toggle": bool(settings.get("brandContentToggle")),
        "brand_organic_toggle": bool(settings.get("brandOrganicToggle")),
    }


def _video(job: Job, creator: Mapping[str, Any]) -> Flow[str]:
    """Nothing is public before the last byte is there: the part that brings it is the ONCE."""
    asset, settings = job.assets[0], job.settings
    chunk, count = parts_of(asset.size, int(job.constants.get("chunk", CHUNK)))
    info = {
        **_post_info(job, creator),
        "title": job.text,
        "disable_duet": creator["duet_disabled"] or not settings.get("duetEnabled"),
        "disable_stitch": creator["stitch_disabled"] or not settings.get("stitchEnabled"),
    }
    source = {"source": "FILE_UPLOAD", "video_size": asset.size, "chunk_size": chunk, "total_chunk_count": count}
    begin = Request("POST", "/v2/post/publish/video/init/", json={"post_info": info, "source_info": source})
    begun = yield Call("start", begin, Effect.REPEATABLE, read=_begun, keep=UPLOAD)
    for number in range(count):
        last = number == count - 1
        stop = asset.size if last else (number + 1) * chunk
        yield Call(
            "create" if last else f"part-{number}",
            _put(asset, str(begun["url"]), number * chunk, stop),
            Effect.ONCE if last else Effect.REPEATABLE,
            read=lambda response: True,
            keep=None if last else UPLOAD,
        )
    return str(begun["id"])


def parts_of(size: int, chunk: int) -> tuple[int, int]:
    """https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide: size of a part, and how many."""
    return (size, 1) if size < SMALL or size < 2 * chunk else (chunk, size // chunk)


def _put(asset: JobAsset, url: str, start: int, stop: int) -> Request:
    headers = {"Content-Type": asset.mime, "Content-Range": f"bytes {start}-{stop - 1}/{asset.size}"}
    return Request("PUT", url, headers=headers, body=AssetBytes(asset.position, start, stop))


def _begun(response: Response) -> JSON:
    data = _data(response)
    return {"id": str(data["publish_id"]), "url": str(data["upload_url"])}


def photo_title(post: Job | Draft) -> str:
    """Without one of its own, as much of the first line as fits; the whole text stands below it."""
    if post.title:
        return post.title
    line = post.body.partition("\n")[0].encode("utf-16-le")[: 2 * MAX_PHOTO_TITLE]
    return line.decode("utf-16-le", "ignore")


def _photos(job: Job, creator: Mapping[str, Any]) -> Flow[str]:
    """TikTok fetches photos itself, as soon as it is told: telling it is the ONCE."""
    info = {
        **_post_info(job, creator),
        "title": photo_title(job),
        "description": job.body,
        "auto_add_music": bool(job.settings.get("autoAddMusic")),
    }
    source = {
        "source": "PULL_FROM_URL",
        "photo_images": [AssetUrl(asset.position, _variant(asset)) for asset in job.assets],
        "photo_cover_index": int(job.settings.get("photoCoverIndex") or 0),
    }
    body = {"media_type": "PHOTO", "post_mode": "DIRECT_POST", "post_info": info, "source_info": source}
    request = Request("POST", "/v2/post/publish/content/init/", json=body)
    return str((yield Call("create", request, Effect.ONCE, read=lambda answer: str(_data(answer)["publish_id"]))))


def shown(draft: Draft) -> Shown:
    """Videos have one text, photos a title and a text."""
    return Shown(title=photo_title(draft), text=draft.body) if has_photos(draft) else Shown(text=draft.text)


def _variant(asset: JobAsset) -> str | None:
    """It takes JPEG and WebP; everything else is asked for as JPEG."""
    return None if asset.mime in ("image/jpeg", "image/webp") else "jpeg"


def _status(publish_id: str) -> Request:
    return Request("POST", "/v2/post/publish/status/fetch/", json={"publish_id": publish_id})


PASSING = ("internal", "video_pull_failed", "photo_pull_failed", "spam_risk_too_many_posts")


def _ready(response: Response) -> Wait | Done | Problem:
    data = _data(response)
    status = data.get("status")
    if status == "PUBLISH_COMPLETE":
        # TikTok's own spelling
        public = cast("Sequence[Any]", data.get("publicaly_available_post_id") or ())
        return Done({"id": str(public[0]) if public else ""})
    if status == "FAILED":
        reason = str(data.get("fail_reason") or "it gave no reason")
        return _problem(
            Kind.UNAVAILABLE if reason in PASSING else Kind.MEDIA_REJECTED,
            f"TikTok could not publish it: {reason.replace('_', ' ')}.",
            _code(reason),
        )
    return Wait(3.0)


# --- what became of it ------------------------------------------------------------------------------------------------


def reconcile(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    """For a video the job itself is asked; photos have none yet, so the newest posts are compared."""
    begun = doubt.answers.get("start")
    if isinstance(begun, Mapping):
        started = str(cast("Mapping[str, Any]", begun)["id"])
        data = yield Call("status", _status(started), Effect.READ, read=_data, accepts=("invalid_publish_id",))
        return _told(job, started, data)
    return (yield from _among_videos(job, doubt))


def _told(job: Job, publish_id: str, data: Mapping[str, Any]) -> Reconciled:
    status = data.get("status")
    if "problem" in data:
        return Absent()
    if status == "PROCESSING_UPLOAD" and int(data.get("uploaded_bytes") or 0) < job.assets[0].size:
        return Absent()
    if status == "FAILED":
        return Absent() if data.get("fail_reason") in PASSING else Unclear(str(data.get("fail_reason")))
    public = cast("Sequence[Any]", data.get("publicaly_available_post_id") or ())
    return Found((_published(job.account, publish_id, str(public[0]) if public else ""),))


FIELDS = "id,title,video_description,create_time,share_url"


def _among_videos(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    if job.settings.get("privacyLevel") != "PUBLIC_TO_EVERYONE":
        return Unclear("TikTok lists public posts only")
    request = Request("POST", "/v2/video/list/", params={"fields": FIELDS}, json={"max_count": 20})
    rows = yield Call("videos", request, Effect.READ, read=lambda answer: list(_data(answer).get("videos") or ()))
    since = (doubt.intended_at - timedelta(seconds=60)).timestamp()
    recent = [
        row
        for row in cast("Sequence[Mapping[str, Any]]", rows)
        if float(row.get("create_time") or 0) >= since and _listed(row.get("title")) == _listed(photo_title(job))
    ]
    found = [row for row in recent if not job.body or _listed(row.get("video_description")) == _listed(job.body)]
    if not found and any(_listed(row.get("video_description")) in ("", _listed(row.get("title"))) for row in recent):
        return Unclear("TikTok shows a post with this title and does not tell its words; look whether it is this one")
    return Found(tuple(_listed_post(job.account, row) for row in found)) if found else Absent()


LISTED = 150
"""https://developers.tiktok.com/doc/tiktok-api-v2-video-object: lists show so much of a title and of a description."""


def _listed(words: object) -> str:
    return " ".join(str(words or "")[:LISTED].split())


def _listed_post(account: JobAccount, row: Mapping[str, Any]) -> Published:
    return Published(id=str(row["id"]), url=row.get("share_url") or _link(account, str(row["id"])))


def post_metrics(post: PublishedPost) -> Flow[Metrics]:
    """https://developers.tiktok.com/doc/tiktok-api-v2-video-query. Public posts only."""
    fields = "id,like_count,comment_count,share_count,view_count"
    request = Request("POST", "/v2/video/query/", params={"fields": fields}, json={"filters": {"video_ids": [post.id]}})
    rows = yield Call("figures", request, Effect.READ, read=lambda answer: list(_data(answer).get("videos") or ()))
    row = cast("Mapping[str, Any]", rows[0]) if rows else cast("Mapping[str, Any]", {})
    return {
        "impressions": row.get("view_count"),
        "reach": None,
        "views": row.get("view_count"),
        "likes": row.get("like_count"),
        "comments": row.get("comment_count"),
        "shares": row.get("share_count"),
        "saves": None,
        "clicks": None,
    }


def account_metrics(account: JobAccount) -> Flow[Metrics]:
    request = Request("GET", "/v2/user/info/", params={"fields": "follower_count,likes_count,video_count"})
    user = yield Call("user", request, Effect.READ, read=_user)
    return {"followers": user.get("follower_count"), "likes": user.get("likes_count"), "posts": user.get("video_count")}


# --- connecting -------------------------------------------------------------------------------------------------------


def identify() -> Flow[tuple[Identity, ...]]:
    user = yield Call("user", _user_info(f"{BASIC_FIELDS},username"), Effect.READ, read=_user, accepts=(NO_SCOPE,))
    if user.get("problem"):  # the name is a permission of its own, and one field too many refuses them all
        user = yield Call("user-basic", _user_info(BASIC_FIELDS), Effect.READ, read=_user)
    name = str(user.get("username") or user["open_id"])
    return (
        Identity(
            external_id=str(user["open_id"]),
            handle=f"tiktok:@{name}",
            display_name=str(user.get("display_name") or name),
            account_type="tiktok_user",
            avatar_url=user.get("avatar_url"),
            meta={"username": name, "user_id": str(user["open_id"])},
        ),
    )


def examine(account: JobAccount) -> Flow[tuple[Finding, ...]]:
    creator = yield Call("creator", Request("POST", "/v2/post/publish/creator_info/query/"), Effect.READ, read=_creator)
    offered = creator["privacy"]
    if "PUBLIC_TO_EVERYONE" in offered or not offered:
        return (findings.account(Level.OK, "Public account"),)
    shown = ", ".join(offered)
    detail = f"TikTok offers these privacy levels only: {shown}. Make the account public in the app to reach everybody."
    return (findings.account(Level.WARN, "Not everybody can be reached", detail),)


def _user_info(fields: str) -> Request:
    return Request("GET", "/v2/user/info/", params={"fields": fields})


def _user(response: Response) -> JSON:
    return _data(response)["user"]


def read_token(response: Response) -> Token | Problem | None:
    """Scopes are separated by commas, and a refusal can come as a 200."""
    body = _object(response.json)
    if not isinstance(body.get("error"), str):
        return None
    said = str(body.get("error_description") or body["error"])
    return _problem(Kind.AUTH, f"TikTok refused the login: {said[:200]}", _code(str(body["error"])))


def revoke(app: App, values: Mapping[str, str]) -> Request:
    form = {"client_key": app.client_id, "client_secret": app.client_secret, "token": values["access_token"]}
    return Request("POST", "/v2/oauth/revoke/", form=form)


# --- errors -----------------------------------------------------------------------------------------------------------

POSTPONE = ("spam_risk_too_many_posts", "spam_risk_too_many_pending_share", "reached_active_user_cap")
BLOCKED = ("spam_risk_user_banned_from_posting", "spam_risk")
CONFIGURATION = (
    "privacy_level_option_mismatch",
    "unaudited_client_can_only_post_to_private_accounts",
    "url_ownership_unverified",
)


def read_error(response: Response) -> Problem | None:
    """https://developers.tiktok.com/doc/tiktok-api-v2-error-handling. The code counts, also in a 200."""
    error = _object(_object(response.json).get("error"))
    code, status = str(error.get("code") or ""), response.status
    if 200 <= status < 300 and code in ("", "ok"):
        return None
    said = str(error.get("message") or code or f"it answered {status}")
    if code in POSTPONE:
        return _problem(Kind.QUOTA, f"TikTok takes no more posts from this account today: {said}", code, pause=6 * 3600)
    if code in BLOCKED:
        return _problem(Kind.PERMISSION, f"TikTok does not let this account post: {said}", code)
    if code in ("scope_not_authorized", "scope_permission_missed"):
        return _problem(Kind.AUTH, "This login may not post to TikTok. Connect again and leave all boxes ticked.", code)
    if code in CONFIGURATION:
        return _problem(Kind.PERMISSION, f"TikTok does not allow this post: {said}", code)
    if code == "rate_limit_exceeded" or status == 429:
        return _problem(Kind.RATE_LIMITED, "TikTok wants us to slow down.", "rate_limited", pause=60)
    if status == 401:
        sentence = "TikTok does not accept the login any more. Connect the account again."
        return _problem(Kind.AUTH, sentence, code or "unauthorized")
    if not error and status in (403, 404):
        sentence = "TikTok has forgotten the upload; it is begun again."
        return _problem(Kind.MEDIA_REJECTED, sentence, "upload_gone", verdict=Verdict.STALE)
    if status >= 500 or status in (408, 425, 499) or code == "internal_error":
        return _problem(Kind.UNAVAILABLE, f"TikTok has trouble: {said}", "unavailable", verdict=Verdict.UNKNOWN)
    if 400 <= status < 500 or code:
        return _problem(Kind.INVALID_CONTENT, f"TikTok refuses the post: {said}", _code(code or "invalid_request"))
    return _problem(Kind.UNKNOWN, f"TikTok answered {status}.", "unexpected_answer", verdict=Verdict.UNKNOWN)


def _problem(
    kind: Kind, message: str, code: str, *, verdict: Verdict = Verdict.REFUSED, pause: float | None = None
) -> Problem:
    return Problem(kind=kind, verdict=verdict, message=message, code=code, retry_after=pause)


def _code(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "invalid_request"


def _data(response: Response) -> Mapping[str, Any]:
    """Raises KeyError or TypeError: an answer without data is an unreadable one."""
    return cast("Mapping[str, Any]", cast("Mapping[str, Any]", response.json)["data"])


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _link(account: JobAccount, video: str) -> str:
    return f"https://www.tiktok.com/@{account.handle.removeprefix('tiktok:').removeprefix('@')}/video/{video}"


# --- settings, limits, declaration ------------------------------------------------------------------------------------

PRIVACY = ("PUBLIC_TO_EVERYONE", "FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    privacyLevel: Literal["PUBLIC_TO_EVERYONE", "FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"] = Field(
        title="Who can see it", description="TikTok wants this chosen for every post."
    )
    commentEnabled: bool = Field(default=False, title="Allow comments", description="Others may comment.")
    duetEnabled: bool = Field(default=False, title="Allow duets", description="Others may film beside it.")
    stitchEnabled: bool = Field(default=False, title="Allow stitches", description="Others may use a piece of it.")
    commercialContentToggle: bool = Field(
        default=False, title="Commercial content", description="It promotes a brand, a product or a service."
    )
    brandOrganicToggle: bool = Field(default=False, title="Your brand", description="It promotes yourself.")
    brandContentToggle: bool = Field(default=False, title="Paid partnership", description="It promotes somebody else.")
    autoAddMusic: bool = Field(default=False, title="Add music", description="TikTok chooses music for photos.")
    photoCoverIndex: int = Field(default=0, ge=0, title="Cover", description="Which photo is the cover, from 0.")


SWITCHES = (
    "duetEnabled",
    "commentEnabled",
    "stitchEnabled",
    "brandOrganicToggle",
    "brandContentToggle",
    "autoAddMusic",
)


def parse_settings(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
    issue = rules.unknown_keys(raw, tuple(Settings.model_fields), "tiktok_settings_unsupported")
    if issue is not None:
        return issue
    if raw.get("privacyLevel") in (None, ""):
        return _settings_issue("tiktok_privacy_level_required", "privacyLevel", "Choose who can see the post.")
    issue = rules.one_of(raw, "privacyLevel", PRIVACY, "tiktok_privacy_level_invalid")
    cover = raw.get("photoCoverIndex")
    cover = 0 if cover is None else cover
    is_number = isinstance(cover, int | float) and not isinstance(cover, bool)
    whole = is_number and 0 <= cover < 2**31 and float(cover).is_integer()
    if issue is None and not whole:
        issue = _settings_issue(
            "tiktok_photo_cover_index_invalid", "photoCoverIndex", "Say which photo is the cover: 0, 1, 2 …"
        )
    if issue is not None:
        return issue
    switches = {name: bool(raw.get(name)) for name in SWITCHES}
    branded = switches["brandOrganicToggle"] or switches["brandContentToggle"]
    commercial = branded if raw.get("commercialContentToggle") is None else bool(raw["commercialContentToggle"])
    return _brand_issue(raw, switches, commercial, branded) or {
        "privacyLevel": raw["privacyLevel"],
        **switches,
        "commercialContentToggle": commercial,
        "photoCoverIndex": int(cast("float", cover)),
    }


def _brand_issue(
    raw: Mapping[str, JSON], switches: Mapping[str, bool], commercial: bool, branded: bool
) -> Issue | None:
    if commercial and not branded:
        return _settings_issue(
            "tiktok_commercial_content_required",
            "commercialContentToggle",
            "Say whose brand it promotes: your own or a partner's.",
        )
    if switches["brandContentToggle"] and raw["privacyLevel"] == "SELF_ONLY":
        return _settings_issue(
            "tiktok_brand_content_private_invalid", "privacyLevel", "A paid partnership cannot be private."
        )
    return None


def _settings_issue(code: str, key: str, message: str) -> Issue:
    return Issue(code=code, where=f"settings.{key}", message=message)


def one_video_or_photos(draft: Draft) -> Issue | None:
    kinds = [asset.kind for asset in draft.assets]
    if kinds == ["video"] or all(kind == "image" for kind in kinds):
        return None
    return Issue(
        code="tiktok_mixed_media_unsupported", where="assets", message="Attach one video, or photos, but not both."
    )


def photos_at_most(draft: Draft) -> Issue | None:
    count = sum(asset.kind == "image" for asset in draft.assets)
    if count <= MAX_PHOTOS:
        return None
    return Issue(
        code="tiktok_photo_limit_exceeded",
        where="assets",
        message=f"Attach at most {MAX_PHOTOS} photos; this post has {count}.",
        details={"count": count, "maxCount": MAX_PHOTOS},
    )


def cover_is_there(draft: Draft) -> Issue | None:
    photos, cover = sum(asset.kind == "image" for asset in draft.assets), draft.settings.get("photoCoverIndex") or 0
    if not photos or int(cover) < photos:
        return None
    return Issue(
        code="tiktok_photo_cover_index_invalid",
        where="settings.photoCoverIndex",
        message=f"There is no photo {cover}: the first is 0 and the last {photos - 1}.",
        details={"photoCount": photos},
    )


def has_photos(draft: Draft) -> bool:
    return any(asset.kind == "image" for asset in draft.assets)


# Simple Icons (CC0-1.0), read 2026-11-28.
ICON = Icon(
    colour="#000000",
    path="M12.525.02c1.31-.02 2.61-.01 3.91-.02.08 1.53.63 3.09 1.75 4.17 1.12 1.11 2.7 1.62 4.24 1.79v4.03"
    "c-1.44-.05-2.89-.35-4.2-.97-.57-.26-1.1-.59-1.62-.93-.01 2.92.01 5.84-.02 8.75-.08 1.4-.54 2.79"
    "-1.35 3.94-1.31 1.92-3.58 3.17-5.91 3.21-1.43.08-2.86-.31-4.08-1.03-2.02-1.19-3.44-3.37-3.65-5.71"
    "-.02-.5-.03-1-.01-1.49.18-1.9 1.12-3.72 2.58-4.96 1.66-1.44 3.98-2.13 6.15-1.72.02 1.48-.04 2.96"
    "-.04 4.44-.99-.32-2.15-.23-3.02.37-.63.41-1.11 1.04-1.36 1.75-.21.51-.15 1.07-.14 1.61.24 1.64 1.82"
    " 3.02 3.5 2.87 1.12-.01 2.19-.66 2.77-1.61.19-.33.4-.67.41-1.06.1-1.79.06-3.57.07-5.36.01-4.03-.01"
    "-8.05.02-12.07z",
)

PROVIDER = Provider(
    id="tiktok",
    name="TikTok",
    aliases=(),
    docs="https://developers.tiktok.com/doc/content-posting-api-get-started",
    checked=date(2026, 11, 20),
    icon=ICON,
    look=Look(layout="film", frame=9 / 16),
    shown=shown,
    hosts={"api": "https://open.tiktokapis.com", "auth": "https://www.tiktok.com"},
    accounts=(AccountType(id="tiktok_user", publishable=True, name="TikTok account"),),
    connect=OAuth2(
        authorize="/v2/auth/authorize/",
        token="/v2/oauth/token/",
        client_auth="post",
        client_id_name="client_key",
        scope_separator=",",
        challenge="hex",
        scopes=SCOPES,
        required_scopes=("user.info.basic", "video.publish"),
        lost_without={
            # https://developers.tiktok.com/doc/scopes-overview
            "user.info.profile": "The account is known by a code instead of its @name.",
            "user.info.stats": "There are no figures of the account.",
            "video.list": "There are no figures of posts, and a post whose answer was lost cannot be looked up.",
        },
        read_token=read_token,
        revoke_request=revoke,
        revokes="grant",
        ids_of_app=True,  # open_id; https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info
        identify=identify,
        rotates_refresh_token=True,
    ),
    sign=sign,
    limits=Limits(
        # photos have a title beside the text; with a video all of it is the caption
        text=lambda draft: MAX_PHOTO_TEXT if has_photos(draft) else MAX_CAPTION,
        measure=lambda draft: utf16_length(draft.body if has_photos(draft) else draft.text),
        title=lambda draft: MAX_PHOTO_TITLE if has_photos(draft) else None,
        measure_title=lambda draft: utf16_length(draft.title),
        media_required=True,
        max_assets=MAX_PHOTOS,
        max_images=MAX_PHOTOS,
        max_videos=1,
        image=PHOTO,
        video=VIDEO,
    ),
    publish_shape="single_video_or_photo_gallery",
    media_delivery="tiktok_pulls_public_media_url",
    settings={"tiktok_user": SettingsRules(model=Settings, parse=parse_settings)},
    unknown_settings_code="tiktok_settings_unsupported",
    checks=(
        rules.interaction_in(("post",), "tiktok_interaction_unsupported"),
        rules.media_required("tiktok_media_required"),
        rules.only_images_and_videos("tiktok_media_unsupported"),
        one_video_or_photos,
        photos_at_most,
        cover_is_there,
        rules.max_bytes("video", MAX_VIDEO, "tiktok_video_too_large"),
    ),
    publish=publish,
    read_error=read_error,
    account_type_of=lambda handle: "tiktok_user",
    rates=(
        # https://developers.tiktok.com/doc/content-posting-api-reference-direct-post: 6 starts a minute for each login
        Rate(count=6, per=timedelta(minutes=1), scope=Scope.ACCOUNT),
        Rate(count=15, per=timedelta(hours=24), scope=Scope.ACCOUNT),
    ),
    reconcile=reconcile,
    settle=(5.0, 20.0, 60.0),
    post_metrics=post_metrics,
    account_metrics=account_metrics,
    post_url=lambda post_id, account: _link(account, post_id) if post_id.isdigit() else None,
    constants={"chunk": CHUNK},
    app=AppRules(
        console="https://developers.tiktok.com/apps/",
        redirects="Login Kit, Redirect URI: under Web for an https address, under Desktop for an address of this machine",
        client_id=r"[a-z0-9]{12,24}",
        client_id_looks="the Client key: 16 to 18 small letters and digits",
        # https://developers.tiktok.com/doc/login-kit-desktop and /doc/login-kit-web
        loopback=("127.0.0.1", "localhost"),
        mode=AppMode(
            # https://developers.tiktok.com/doc/content-sharing-guidelines
            title="Audit",
            detail="Until TikTok has audited the app, posts can only be private (SELF_ONLY), from private accounts, by at "
            "most five people in 24 hours. The app's page shows whether it was audited.",
            next=Way(label="Your apps at TikTok", url="https://developers.tiktok.com/apps/"),
            codes=("unaudited_client_can_only_post_to_private_accounts", "reached_active_user_cap"),
        ),
    ),
    examine=examine,
    pulls_media=has_photos,
    limitations=(
        "TikTok has no way to delete a post for programs: delete it in the app.",
        "Photos are fetched by TikTok from this server's public address, whose domain has to be verified there.",
        "Until TikTok has looked at the developer app, posts can only be private.",
    ),
)
