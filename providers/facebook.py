"""Facebook Pages: text, one picture, up to ten, or a video.

Facts: https://developers.facebook.com/docs/pages-api (v25.0), checked 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from . import _meta, findings, rules
from ._meta import id_in, object_in, object_of, path, rows_in, same, when
from .contract import (
    JSON,
    Absent,
    Accepted,
    AccountType,
    AssetBytes,
    AssetUrl,
    Call,
    Check,
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
    Media,
    Metrics,
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
    Shown,
    Unclear,
    Verdict,
    Wait,
    Way,
)

SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_posts",
    "read_insights",
    "pages_read_user_content",
    "business_management",
)
NEEDED = ("pages_show_list", "pages_read_engagement", "pages_manage_posts")
MAX_TEXT = 63_206
MAX_PHOTOS = 10
MAX_VIDEO = 10 * 1024**3
IMAGE = Media(  # https://developers.facebook.com/docs/graph-api/reference/photo
    extensions=rules.IMAGE_EXTENSIONS,
    mimes=("image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"),
    max_bytes=10 * 1024**2,
)
VIDEO = Media(  # https://www.facebook.com/help/218673814818907 lists the forms, https://developers.facebook.com/docs/video-api the rest
    extensions=rules.VIDEO_EXTENSIONS,
    mimes=(
        "video/mp4",
        "video/quicktime",
        "video/x-m4v",
        "video/x-matroska",
        "video/x-msvideo",
        "video/mpeg",
        "video/3gpp",
        "video/x-flv",
        "video/x-ms-wmv",
    ),
    max_bytes=MAX_VIDEO,
    max_seconds=240 * 60,
)
STAGED = timedelta(hours=20)  # unpublished photos and upload sessions live about a day
PROCESSING = timedelta(minutes=30)


# --- publishing -------------------------------------------------------------------------------------------------------


def publish(job: Job) -> Flow[Published]:
    if not job.assets:
        return (yield from _post(job, {}))
    if job.assets[0].kind == "video":
        return (yield from _video(job, job.assets[0]))
    if len(job.assets) == 1:
        return (yield from _photo(job))
    return (yield from _photos(job))


def _post(job: Job, more: Mapping[str, Any]) -> Flow[Published]:
    form = {"message": job.text, "published": "true", **more}
    request = Request("POST", path(f"{job.account.external_id}/feed"), form=form)
    made = yield Call("create", request, Effect.ONCE, read=id_in)
    return _published(str(made["id"]))


def _published(id: str) -> Published:
    return Published(id=id, url=post_url(id))


def post_url(id: str) -> str | None:
    return f"https://www.facebook.com/{id}" if "_" in id else None


def _picture(asset: JobAsset, *fields: Part) -> tuple[Part, ...]:
    described = (Part("alt_text_custom", asset.alt_text),) if asset.alt_text else ()
    file = Part("source", AssetBytes(asset.position), filename=asset.filename, content_type=asset.mime)
    return (*fields, *described, file)


def _photo(job: Job) -> Flow[Published]:
    parts = _picture(job.assets[0], Part("caption", job.text), Part("published", "true"))
    request = Request("POST", path(f"{job.account.external_id}/photos"), parts=parts)
    made = yield Call("create", request, Effect.ONCE, read=_photo_post)
    return _published(str(made["id"]))


def _photo_post(response: Response) -> JSON:
    """The post of the picture rather than the picture itself."""
    body = cast("Mapping[str, Any]", response.json)
    return {"id": str(body.get("post_id") or body["id"])}


def _photos(job: Job) -> Flow[Published]:
    staged: list[str] = []
    for asset in job.assets:
        request = Request(
            "POST", path(f"{job.account.external_id}/photos"), parts=_picture(asset, Part("published", "false"))
        )
        made = yield Call(f"photo-{asset.position}", request, Effect.REPEATABLE, read=id_in, keep=STAGED)
        staged.append(str(made["id"]))
    attached = {f"attached_media[{number}]": f'{{"media_fbid":"{id}"}}' for number, id in enumerate(staged)}
    return (yield from _post(job, attached))


def _video_words(title: str, body: str) -> dict[str, str]:
    return {"description": body, **({"title": title} if title else {})}


def _video(job: Job, asset: JobAsset) -> Flow[Published]:
    """Nothing is public before it is told to finish: that call is the ONCE, and Facebook dictates the parts before it."""
    place = path(f"{job.account.external_id}/videos")
    words = _video_words(job.title, job.body)
    if job.settings.get("facebookVideoUploadMode") == "remote_url":
        form = {"file_url": AssetUrl(asset.position), "published": "true", **words}
        made = yield Call("create", Request("POST", place, host="video", form=form), Effect.ONCE, read=id_in)
        video = str(made["id"])
    else:
        begin = Request("POST", place, host="video", form={"upload_phase": "start", "file_size": str(asset.size)})
        begun = yield Call("start", begin, Effect.REPEATABLE, read=_begun, keep=STAGED)
        yield from _transfer(place, asset, begun)
        form = {"upload_phase": "finish", "upload_session_id": begun["session"], "published": "true", **words}
        finish = Request("POST", place, host="video", form=form)
        yield Call("create", finish, Effect.ONCE, read=_finished)
        video = str(begun["video"])
    yield Accepted(id=video)
    status = Request("GET", path(video), params={"fields": "status,permalink_url,published"})
    ready = yield Poll("processed", status, read=_processed, until=job.started_at + PROCESSING)
    return Published(id=video, url=_whole(ready.get("link")))


def _begun(response: Response) -> JSON:
    body = cast("Mapping[str, Any]", response.json)
    return {"session": str(body["upload_session_id"]), "video": str(body["video_id"]), **_offsets(response)}


def _offsets(response: Response) -> dict[str, JSON]:
    body = cast("Mapping[str, Any]", response.json)
    return {"start": int(body["start_offset"]), "end": int(body["end_offset"])}


def _transfer(place: str, asset: JobAsset, begun: Mapping[str, Any]) -> Flow[None]:
    wanted, number = begun, 0
    while wanted["start"] < wanted["end"]:
        start, stop = int(wanted["start"]), int(wanted["end"])
        parts = (
            Part("upload_phase", "transfer"),
            Part("upload_session_id", str(begun["session"])),
            Part("start_offset", str(start)),
            Part(
                "video_file_chunk",
                AssetBytes(asset.position, start, stop),
                filename=asset.filename,
                content_type="application/octet-stream",
            ),
        )
        request = Request("POST", place, host="video", parts=parts)
        answer = yield Call(
            f"part-{number}", request, Effect.REPEATABLE, read=_offsets, accepts=("resume_at",), keep=STAGED
        )
        wanted, number = answer.get("data", answer), number + 1


def _finished(response: Response) -> JSON:
    """Raises KeyError unless Facebook says that it was done."""
    if cast("Mapping[str, Any]", response.json)["success"] is not True:
        raise KeyError("success")
    return True


def _processed(response: Response) -> Wait | Done | Problem:
    body = object_of(response.json)
    status = object_of(body.get("status"))
    state = status.get("video_status")
    if state == "ready":
        return Done({"link": body.get("permalink_url")})
    if state in ("error", "expired"):
        reason = str(object_of(object_of(status.get("processing_phase")).get("error")).get("message") or state)
        return Problem(
            kind=Kind.MEDIA_REJECTED,
            verdict=Verdict.REFUSED,
            message=f"Facebook could not process the video: {reason}.",
            code="media_processing_failed",
        )
    return Wait(3.0)


def _whole(link: Any) -> str | None:
    """A video's link comes without the host."""
    text = str(link or "")
    return f"https://www.facebook.com{text}" if text.startswith("/") else text or None


# --- what became of it ------------------------------------------------------------------------------------------------


def reconcile(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    begun = object_of(doubt.answers.get("start"))
    if begun:
        return (yield from _video_state(str(begun["video"])))
    request = Request(
        "GET",
        path(f"{job.account.external_id}/published_posts"),
        params={
            "fields": "id,message,created_time,permalink_url,attachments{media_type}",
            "since": str(int((doubt.intended_at - timedelta(seconds=60)).timestamp())),
            "limit": "25",
        },
    )
    rows = yield Call("newest", request, Effect.READ, read=rows_in)
    found = [
        Published(id=str(row["id"]), url=row.get("permalink_url") or post_url(str(row["id"])))
        for row in cast("Sequence[Mapping[str, Any]]", rows)
        if same(str(row.get("message") or "")) == same(job.text)
        and when(str(row["created_time"])) >= doubt.intended_at - timedelta(seconds=60)
        and bool(row.get("attachments")) == bool(job.assets)
    ]
    if len(found) > 1 and not job.text:
        return Unclear("there are several pictures without words")
    return Found(tuple(found)) if found else Absent()


def _video_state(video: str) -> Flow[Reconciled]:
    request = Request("GET", path(video), params={"fields": "status,permalink_url,published"})
    body = yield Call("video", request, Effect.READ, read=object_in, accepts=("not_found",))
    phase = object_of(object_of(body.get("status")).get("publishing_phase")).get("status")
    if "problem" in body or not (body.get("published") or phase == "complete"):
        return Absent()
    return Found((Published(id=video, url=_whole(body.get("permalink_url"))),))


FIGURES = "post_media_view,post_total_media_view_unique,post_clicks,post_reactions_by_type_total"


def post_metrics(post: PublishedPost) -> Flow[Metrics]:
    """https://developers.facebook.com/docs/platforminsights/page. One name it does not know fails the whole question,
    and some figures need permissions of their own: what cannot be had is left out."""
    request = Request("GET", path(f"{post.id}/insights"), params={"metric": FIGURES, "period": "lifetime"})
    accepts = ("not_found", "forbidden", "meta_100", "meta_3001")
    figures = yield Call("insights", request, Effect.READ, read=_meta.insights_in, accepts=accepts)
    fields = "shares,comments.limit(0).summary(true),reactions.limit(0).summary(total_count)"
    asked = Request("GET", path(post.id), params={"fields": fields})
    counts = yield Call("counts", asked, Effect.READ, read=object_in, accepts=accepts)
    return {
        "impressions": figures.get("post_media_view"),
        "reach": figures.get("post_total_media_view_unique"),
        "views": figures.get("post_media_view"),
        "likes": _total(counts, "reactions", figures.get("post_reactions_by_type_total")),
        "comments": _total(counts, "comments", None),
        "shares": object_of(counts.get("shares")).get("count", None if "problem" in counts else 0),
        "saves": None,
        "clicks": figures.get("post_clicks"),
    }


def _total(counts: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    return object_of(object_of(counts.get(name)).get("summary")).get("total_count", otherwise)


def account_metrics(account: JobAccount) -> Flow[Metrics]:
    request = Request("GET", path(account.external_id), params={"fields": "followers_count,fan_count"})
    body = yield Call("page", request, Effect.READ, read=object_in)
    return {"followers": body.get("followers_count"), "likes": body.get("fan_count")}


# --- connecting -------------------------------------------------------------------------------------------------------


def identify() -> Flow[tuple[Identity, ...]]:
    person, rows = yield from _meta.targets()
    return tuple(page_identity(row, person, "facebook:page:") for row in rows if _meta.may_post(row))


def page_identity(row: Mapping[str, Any], person: str, prefix: str) -> Identity:
    """A page posts with a token of its own."""
    instagram = object_of(row.get("instagram_business_account"))
    return Identity(
        external_id=str(row["id"]),
        handle=f"{prefix}{row['id']}",
        display_name=str(row.get("name") or row["id"]),
        account_type="facebook_page",
        avatar_url=_meta.picture(row),
        meta={"user_id": person, "username": row.get("username"), "instagram": instagram.get("id")},
        secret={"access_token": str(row["access_token"])},
    )


def examine(account: JobAccount) -> Flow[tuple[Finding, ...]]:
    token = yield from _meta.inspect()
    page = yield Call(
        "page",
        Request("GET", path(account.external_id), params={"fields": "id,name,is_published"}),
        Effect.READ,
        read=object_in,
    )
    if page.get("is_published") is False:
        detail = "Only its admins see it and its posts. Publish the page in its settings."
        way = Way(label="Page settings", url="https://www.facebook.com/settings/?tab=profile_access")
        return (token, findings.account(Level.WARN, "The page is not published", detail, way))
    return (token, findings.account(Level.OK, "Published page"))


# --- settings, limits, declaration ------------------------------------------------------------------------------------


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    pagePostMode: Literal["auto", "feed", "photo", "video"] = Field(
        default="auto", title="Publish as", description="Auto: the files decide."
    )
    facebookVideoUploadMode: Literal["auto", "native", "remote_url"] = Field(
        default="native",
        title="How videos get there",
        description="Native: we upload them. Remote: Facebook fetches them from this server's public address.",
    )


FITS = {"": ("auto", "feed"), "video": ("auto", "video"), "image": ("auto", "photo")}


def parse_settings(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
    mode, upload = raw.get("pagePostMode") or "auto", raw.get("facebookVideoUploadMode")
    issue = (
        rules.unknown_keys(raw, tuple(Settings.model_fields), "facebook_page_settings_unsupported")
        or rules.one_of(
            {"pagePostMode": mode}, "pagePostMode", ("auto", "feed", "photo", "video"), "facebook_page_mode_invalid"
        )
        or rules.one_of(
            raw, "facebookVideoUploadMode", ("auto", "native", "remote_url"), "facebook_video_upload_mode_invalid"
        )
        or _mode_fits(mode, draft)
    )
    return issue or {"pagePostMode": mode, **({"facebookVideoUploadMode": upload} if upload else {})}


def _mode_fits(mode: str, draft: Draft) -> Issue | None:
    kind = draft.assets[0].kind if draft.assets else ""
    fits = FITS.get(kind, ("auto",))
    if mode in fits:
        return None
    what = f"a post with {'an image' if kind == 'image' else 'a video'}" if kind else "a post without files"
    return Issue(
        code="facebook_page_mode_mismatch",
        where="settings.pagePostMode",
        message=f"This is {what}: publish it as {' or '.join(fits)}.",
        details={"supportedValues": list(fits)},
    )


def shown(draft: Draft) -> Shown:
    """Only videos have a title apart."""
    if not draft.assets or draft.assets[0].kind != "video":
        return Shown(text=draft.text)
    words = _video_words(draft.title, draft.body)
    return Shown(title=words.get("title", ""), text=words["description"])


LIMITS = Limits(
    text=lambda draft: MAX_TEXT,
    measure=lambda draft: len(draft.text),
    max_assets=MAX_PHOTOS,
    max_images=MAX_PHOTOS,
    max_videos=1,
    image=IMAGE,
    video=VIDEO,
    codes="facebook",
)


def checks(interaction: str, media: str) -> tuple[Check, ...]:
    return (
        rules.at_most(MAX_PHOTOS, "facebook_media_limit_exceeded"),
        rules.images_only_when_several("facebook_multi_media_unsupported"),
        rules.interaction_in(("post",), interaction),
        rules.known_extension(media),
    )


RATES = (
    # https://developers.facebook.com/docs/graph-api/overview/rate-limiting; dozens a day raise the spam alarm
    Rate(count=100, per=timedelta(hours=24), scope=Scope.ACCOUNT),
)

# Simple Icons (CC0-1.0), read 2026-11-28.
ICON = Icon(
    colour="#0866ff",
    path="M9.101 23.691v-7.98H6.627v-3.667h2.474v-1.58c0-4.085 1.848-5.978 5.858-5.978.401 0 .955.042 1.468.103"
    "a8.68 8.68 0 0 1 1.141.195v3.325a8.623 8.623 0 0 0-.653-.036 26.805 26.805 0 0 0-.733-.009"
    "c-.707 0-1.259.096-1.675.309a1.686 1.686 0 0 0-.679.622c-.258.42-.374.995-.374 1.752v1.297h3.919"
    "l-.386 2.103-.287 1.564h-3.246v8.245C19.396 23.238 24 18.179 24 12.044c0-6.627-5.373-12-12-12"
    "s-12 5.373-12 12c0 5.628 3.874 10.35 9.101 11.647Z",
)

PROVIDER = Provider(
    id="facebook",
    name="Facebook",
    aliases=("fb",),
    docs="https://developers.facebook.com/docs/pages-api/posts",
    checked=date(2026, 11, 20),
    icon=ICON,
    shown=shown,
    hosts={"api": _meta.GRAPH, "auth": _meta.DIALOG, "video": "https://graph-video.facebook.com"},
    accounts=(
        AccountType(id="facebook_page", publishable=True, name="Facebook page"),
        AccountType(id="facebook_user", publishable=False, name="Facebook user"),
    ),
    connect=_meta.facebook_login(
        SCOPES,
        NEEDED,
        identify,
        no_account="You manage no page that this login may post to. Make one, or tick it when Facebook asks which pages "
        "to share.",
        no_account_next=Way(label="Make a page", url="https://www.facebook.com/pages/create"),
    ),
    sign=_meta.sign,
    limits=LIMITS,
    publish_shape="single_page_post",
    media_delivery="socialclaw_uploads_facebook_videos_natively",
    settings={"facebook_page": SettingsRules(model=Settings, parse=parse_settings)},
    unknown_settings_code="facebook_page_settings_unsupported",
    checks=checks("facebook_interaction_unsupported", "facebook_media_unsupported"),
    publish=publish,
    read_error=_meta.read_error,
    account_type_of=lambda handle: "facebook_page" if handle.lower().startswith("facebook:page:") else "facebook_user",
    rates=RATES,
    reconcile=reconcile,
    settle=(5.0, 15.0, 40.0),
    delete=_meta.delete,
    post_metrics=post_metrics,
    account_metrics=account_metrics,
    actions=(_meta.linked_targets("facebook:page:", "instagram:business:"),),
    post_url=lambda post_id, account: post_url(post_id),
    app=_meta.FACEBOOK_APP,
    examine=examine,
    grant_family="meta",
    pulls_media=lambda draft: draft.settings.get("facebookVideoUploadMode") == "remote_url",
    limitations=("Programs can post to pages only, not to profiles and groups.",),
)
