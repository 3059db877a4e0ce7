"""Pinterest: pins on a board, with one image, up to five, or a video.

Facts: https://developers.pinterest.com/docs/api/v5 (v5.23.0), checked 2026-11-20.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, cast

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
    Verdict,
    Wait,
    Way,
    Window,
    bearer,
    choices,
)

SCOPES = ("user_accounts:read", "boards:read", "boards:write", "pins:read", "pins:write")
MAX_TITLE, MAX_TEXT, MAX_ALT_TEXT = 100, 800, 500
MAX_ASSETS = 5
MAX_IMAGE, MAX_VIDEO = 20 * 1024**2, 2 * 1024**3
# https://help.pinterest.com/en/business/article/pinterest-product-specs
IMAGE = Media(
    extensions=rules.IMAGE_EXTENSIONS,
    mimes=("image/jpeg", "image/png"),
    max_bytes=MAX_IMAGE,
    advised=Media(min_width=200, min_height=300),
)
VIDEO = Media(  # the same page
    extensions=("mp4", "mov", "m4v"),
    mimes=("video/mp4", "video/quicktime", "video/x-m4v"),
    max_bytes=MAX_VIDEO,
    min_aspect=1 / 2,
    max_aspect=1.91,
    min_seconds=4,
    max_seconds=15 * 60,
    video_codecs=("h264", "hevc"),
)
KEPT_MEDIA = timedelta(hours=12)
PROCESSING = timedelta(minutes=15)
PAGE = 250


def sign(request: Request, credential: Credential, app: App) -> Request:
    """Uploads go to Pinterest's storage, which has a signature of its own and must not see the token."""
    return request if "://" in request.path else bearer(request, credential, app)


# --- publishing -------------------------------------------------------------------------------------------------------


def publish(job: Job) -> Flow[Published]:
    source = yield from _media_source(job)
    created = yield Call("create", _create(job, source), Effect.ONCE, read=_pin)
    return Published(id=created["id"], url=_link(created["id"]))


def _create(job: Job, source: Mapping[str, JSON]) -> Request:
    settings = job.settings
    alt_text = settings.get("altText") or (job.assets[0].alt_text if job.assets else None)
    body: dict[str, JSON] = {
        "board_id": job.account.external_id,
        "title": job.title,
        "description": job.body,
        "media_source": source,
    }
    given = {
        "board_section_id": settings.get("boardSectionId"),
        "link": settings.get("link"),
        "alt_text": alt_text,
        "dominant_color": settings.get("dominantColor"),
    }
    return Request("POST", "/pins", json={**body, **{name: value for name, value in given.items() if value}})


def shown(draft: Draft) -> Shown:
    return Shown(title=draft.title, text=draft.body)


def _pin(response: Response) -> JSON:
    return {"id": str(cast("Mapping[str, Any]", response.json)["id"])}


def _media_source(job: Job) -> Flow[Mapping[str, JSON]]:
    first = job.assets[0]
    if first.kind == "video":
        return (yield from _video(job, first))
    if len(job.assets) == 1:
        return {"source_type": "image_url", "url": AssetUrl(0)}
    items = [{"url": AssetUrl(asset.position)} for asset in job.assets]
    return {"source_type": "multiple_image_urls", "items": items}


def _video(job: Job, asset: JobAsset) -> Flow[Mapping[str, JSON]]:
    registered = yield Call(
        "video",
        Request("POST", "/media", json={"media_type": "video"}),
        Effect.REPEATABLE,
        _registered,
        keep=KEPT_MEDIA,
    )
    fields = tuple(Part(str(name), str(value)) for name, value in registered["fields"].items())
    file = Part("file", AssetBytes(asset.position), filename=asset.filename, content_type=asset.mime)
    upload = Request("POST", registered["url"], parts=(*fields, file))
    yield Call("video-bytes", upload, Effect.REPEATABLE, read=lambda response: True, keep=KEPT_MEDIA)
    status = Request("GET", f"/media/{registered['id']}")
    yield Poll("video-ready", status, read=_ready, until=job.started_at + PROCESSING)
    return {"source_type": "video_id", "media_id": registered["id"], **_cover(job.settings)}


def _cover(settings: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """A video pin must have one."""
    if settings.get("coverImageUrl"):
        return {"cover_image_url": settings["coverImageUrl"]}
    return {"cover_image_key_frame_time": int(settings.get("coverImageKeyFrameTime") or 0)}


def _registered(response: Response) -> JSON:
    body = cast("Mapping[str, Any]", response.json)
    return {"id": str(body["media_id"]), "url": str(body["upload_url"]), "fields": dict(body["upload_parameters"])}


def _ready(response: Response) -> Wait | Done | Problem:
    status = _object(response.json).get("status")
    if status == "succeeded":
        return Done(True)
    if status == "failed":
        return Problem(
            kind=Kind.MEDIA_REJECTED,
            verdict=Verdict.REFUSED,
            message="Pinterest could not process the video. Export it as H.264 MP4 and try again.",
            code="media_processing_failed",
        )
    return Wait(2.0)


# --- what became of it ------------------------------------------------------------------------------------------------


def reconcile(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    """The newest pins of the board, compared by their words: Pinterest knows no key of ours."""
    board, section = job.account.external_id, job.settings.get("boardSectionId")
    path = f"/boards/{board}/sections/{section}/pins" if section else f"/boards/{board}/pins"
    request = Request("GET", path, params={"page_size": "50"})
    rows = yield Call("pins", request, Effect.READ, read=_items)
    since = doubt.intended_at - timedelta(minutes=2)
    wanted = (job.title, _same(job.body), str(job.settings.get("link") or ""))
    found = [
        Published(id=str(row["id"]), url=_link(str(row["id"])))
        for row in cast("Sequence[Mapping[str, Any]]", rows)
        if _words(row) == wanted and row.get("is_owner", True) and not row.get("parent_pin_id") and _at(row) >= since
    ]
    return Found(tuple(found)) if found else Absent()


def _words(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(row.get("title") or ""), _same(str(row.get("description") or "")), str(row.get("link") or "")


def _same(text: str) -> str:
    return " ".join(text.split())


def _at(row: Mapping[str, Any]) -> datetime:
    """In UTC, with or without saying so."""
    return datetime.fromisoformat(re.sub(r"(Z|\+00:00)$", "", str(row["created_at"])) + "+00:00")


def delete(post: PublishedPost) -> Flow[None]:
    request = Request("DELETE", f"/pins/{post.id}")
    yield Call("delete", request, Effect.REPEATABLE, read=lambda response: True, accepts=("not_found",))


FIGURES = "IMPRESSION,OUTBOUND_CLICK,PIN_CLICK,SAVE,TOTAL_COMMENTS,TOTAL_REACTIONS,VIDEO_MRC_VIEW"


def post_metrics(post: PublishedPost) -> Flow[Metrics]:
    """Lifetime figures, which are those of the last 90 days where a pin is older."""
    request = Request("GET", f"/pins/{post.id}", params={"pin_metrics": "true"})
    body = yield Call("metrics", request, Effect.READ, read=lambda response: response.json)
    metrics = _object(_object(body).get("pin_metrics"))
    figures = _object(metrics.get("lifetime_metrics"))
    return {
        "impressions": figures.get("impression"),
        "reach": None,
        "views": figures.get("video_mrc_view"),
        "likes": figures.get("reaction"),
        "comments": figures.get("comment"),
        "shares": None,
        "saves": figures.get("save"),
        "clicks": figures.get("clickthrough"),
    }


def post_metrics_in(post: PublishedPost, window: Window) -> Flow[Metrics]:
    request = Request(
        "GET",
        f"/pins/{post.id}/analytics",
        params={
            "start_date": f"{window.since:%Y-%m-%d}",
            "end_date": f"{window.until:%Y-%m-%d}",
            "metric_types": FIGURES,
        },
    )
    body = yield Call("analytics", request, Effect.READ, read=lambda response: response.json)
    whole = _object(_object(body).get("all"))
    figures = _object(whole.get("summary_metrics"))
    return {
        "impressions": figures.get("IMPRESSION"),
        "views": figures.get("VIDEO_MRC_VIEW"),
        "saves": figures.get("SAVE"),
        "clicks": figures.get("OUTBOUND_CLICK"),
    }


def account_metrics(account: JobAccount) -> Flow[Metrics]:
    me = yield Call("me", Request("GET", "/user_account"), Effect.READ, read=lambda response: response.json)
    body = _object(me)
    return {
        "followers": body.get("follower_count"),
        "views": body.get("monthly_views"),
        "posts": body.get("pin_count"),
    }


# --- connecting -------------------------------------------------------------------------------------------------------


def identify() -> Flow[tuple[Identity, ...]]:
    """The person, who is no target, and every board that pins can go to."""
    me = yield Call("me", Request("GET", "/user_account"), Effect.READ, read=lambda response: response.json)
    user = _object(me)
    boards = yield from _boards()
    person = Identity(
        external_id=f"user:{user['id']}",
        handle=f"pinterest:user:{user['id']}",
        display_name=str(user.get("username") or user["id"]),
        account_type="pinterest_user",
        avatar_url=user.get("profile_image"),
        credential_key=str(user["id"]),
    )
    return (*(_board(row, user) for row in boards if not row.get("is_ads_only")), person)


def examine(account: JobAccount) -> Flow[tuple[Finding, ...]]:
    me = yield Call("me", Request("GET", "/user_account"), Effect.READ, read=lambda response: response.json)
    if account.account_type == "pinterest_board":
        board = Request("GET", f"/boards/{account.external_id}")
        found = yield Call("board", board, Effect.READ, read=_object_of, accepts=("not_found",))
        if found.get("problem"):
            detail = "The board is not there any more. Run the action sync_boards, and choose another for its posts."
            return (findings.account(Level.BAD, "The board is gone", detail),)
    if str(_object(me).get("account_type")) == "PINNER":
        detail = "Figures of the account are told for business accounts only. Changing to one is free."
        way = Way(label="Account management at Pinterest", url="https://www.pinterest.com/settings/account-settings")
        return (findings.account(Level.INFO, "Personal account", detail, way),)
    return (findings.account(Level.OK, "Business account"),)


def _object_of(response: Response) -> JSON:
    return dict(_object(response.json))


def _boards() -> Flow[list[Any]]:
    rows: list[Any] = []
    bookmark, number = "", 0
    while True:
        params = {"page_size": str(PAGE), **({"bookmark": bookmark} if bookmark else {})}
        answer = yield Call(
            f"boards-{number}",
            Request("GET", "/boards", params=params),
            Effect.READ,
            read=lambda response: {"rows": _items(response), "bookmark": _object(response.json).get("bookmark")},
        )
        rows += answer["rows"]
        bookmark, number = str(answer["bookmark"] or ""), number + 1
        if not bookmark:
            return rows


def _board(row: Mapping[str, Any], user: Mapping[str, Any]) -> Identity:
    return Identity(
        external_id=str(row["id"]),
        handle=f"pinterest:board:{row['id']}",
        display_name=str(row.get("name") or row["id"]),
        account_type="pinterest_board",
        avatar_url=_object(row.get("media")).get("image_cover_url"),
        meta={"username": user.get("username"), "privacy": row.get("privacy")},
        credential_key=str(user["id"]),
    )


# --- discovery --------------------------------------------------------------------------------------------------------


class Nothing(BaseModel):
    """No input."""


class BoardInput(BaseModel):
    name: str = Field(min_length=1, max_length=180, title="Name", description="What the board is called.")
    description: str | None = Field(default=None, title="Description", description="What it is about.")
    privacy: Literal["PUBLIC", "PROTECTED", "SECRET"] = Field(
        default="PUBLIC", title="Privacy", description="Who can see it."
    )


def sync_boards(account: JobAccount, wanted: Nothing) -> Flow[Mapping[str, JSON]]:
    rows = yield from _boards()
    boards = [{"id": row["id"], "name": row.get("name"), "privacy": row.get("privacy")} for row in rows]
    return {"synced": True, "boards": boards, "notes": ["Connect Pinterest again to post to a board that is new."]}


def create_board(account: JobAccount, wanted: BoardInput) -> Flow[Mapping[str, JSON]]:
    request = Request("POST", "/boards", json=wanted.model_dump(exclude_none=True))
    made = yield Call("board", request, Effect.REPEATABLE, read=lambda response: response.json)
    return {"board": {"id": made["id"], "name": made.get("name"), "privacy": made.get("privacy")}, "notes": []}


def board_sections(account: JobAccount, wanted: Nothing) -> Flow[Mapping[str, JSON]]:
    request = Request("GET", f"/boards/{account.external_id}/sections", params={"page_size": str(PAGE)})
    rows = yield Call("sections", request, Effect.READ, read=_items)
    return {"sections": [{"id": row["id"], "name": row.get("name")} for row in rows], "notes": []}


# --- errors -----------------------------------------------------------------------------------------------------------


def read_error(response: Response) -> Problem | None:
    """https://developers.pinterest.com/docs/api/v5/#section/Responses"""
    status = response.status
    if 200 <= status < 300:
        return None
    body = _object(response.json)
    code, said = body.get("code"), str(body.get("message") or f"it answered {status}")
    if status == 401:
        sentence = "Pinterest does not accept the login any more. Connect the account again."
        return _problem(Kind.AUTH, sentence, "unauthorized")
    if status == 403 and code == 29:
        sentence = (
            "The developer app has only trial access at Pinterest, which cannot make pins. Ask for standard access."
        )
        return _problem(Kind.PERMISSION, sentence, "trial_access", scope=Scope.APP)
    if status == 403:
        return _problem(Kind.PERMISSION, f"Pinterest does not allow this to the account: {said}", "forbidden")
    if status == 404:
        return _problem(Kind.NOT_FOUND, f"Pinterest does not find it: {said}", "not_found")
    if status == 429:
        return _problem(
            Kind.RATE_LIMITED, "Pinterest wants us to slow down.", "rate_limited", retry_after=_pause(response)
        )
    if status in (400, 409, 413, 422):
        return _invalid(said)
    if status >= 500 or status in (408, 425, 499):
        return _problem(Kind.UNAVAILABLE, "Pinterest has trouble.", "unavailable", verdict=Verdict.UNKNOWN)
    return _problem(Kind.UNKNOWN, f"Pinterest answered {status}.", "unexpected_answer", verdict=Verdict.UNKNOWN)


def _invalid(said: str) -> Problem:
    if "unable to reach" in said.lower():
        sentence = "Pinterest could not fetch the picture from this server's public address."
        return _problem(Kind.UNAVAILABLE, sentence, "media_unreachable")
    return _problem(Kind.INVALID_CONTENT, f"Pinterest refuses the pin: {said}", "invalid_request")


def _pause(response: Response) -> float:
    for name in ("retry-after", "x-ratelimit-reset"):
        if response.headers.get(name, "").isdigit():
            return max(1.0, float(response.headers[name]))
    return 60.0


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


def _items(response: Response) -> JSON:
    """Raises KeyError or TypeError when the answer is no list."""
    return list(cast("Sequence[Any]", cast("Mapping[str, Any]", response.json)["items"]))


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _link(pin: str) -> str:
    return f"https://www.pinterest.com/pin/{pin}/"


# --- settings, limits, declaration ------------------------------------------------------------------------------------

MODES = ("auto", "standard", "video", "multi_image", "product")


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    pinMode: Literal["auto", "standard", "video", "multi_image", "product"] = Field(
        default="auto", title="Kind of pin", description="Auto: the files decide. Product pins are not open yet."
    )
    link: str | None = Field(default=None, title="Link", description="Where a click on the pin leads.")
    altText: str | None = Field(
        default=None, title="Description for blind readers", description="What is in the picture."
    )
    boardSectionId: str | None = Field(
        default=None,
        title="Section",
        description="A section of the board.",
        json_schema_extra=choices("board-sections", "sections"),
    )
    dominantColor: str | None = Field(default=None, title="Colour", description="#RRGGBB, shown while it loads.")
    coverImageUrl: str | None = Field(default=None, title="Cover", description="Address of a picture for a video.")
    coverImageKeyFrameTime: float | None = Field(
        default=None, title="Cover second", description="Which second of the video is its cover."
    )
    isAffiliateLink: bool = Field(default=False, title="Affiliate link", description="You earn from the link.")


KEYS = (*Settings.model_fields, "destinationLink")
TEXTS = ("link", "destinationLink", "altText", "boardSectionId", "dominantColor", "coverImageUrl")
UNKNOWN_SETTINGS = "pinterest_settings_unsupported"


def parse_settings(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
    mode = str(raw.get("pinMode") or "auto").strip().lower()
    issue = (
        rules.unknown_keys(raw, KEYS, UNKNOWN_SETTINGS)
        or rules.texts(raw, TEXTS, UNKNOWN_SETTINGS)
        or rules.one_of({"pinMode": mode}, "pinMode", MODES, "pinterest_pin_mode_invalid")
        or _mode_fits(mode, draft)
    )
    if issue is not None:
        return issue
    second = rules.text(raw, "coverImageKeyFrameTime")
    cover = None if second is None else _number(second)
    if raw.get("coverImageKeyFrameTime") not in (None, "") and cover is None:
        return Issue(
            code="pinterest_cover_keyframe_invalid",
            where="settings.coverImageKeyFrameTime",
            message="Give the second of the video as a number.",
        )
    return {
        "pinMode": mode,
        "link": rules.text(raw, "link", "destinationLink"),
        "altText": rules.text(raw, "altText"),
        "boardSectionId": rules.text(raw, "boardSectionId"),
        "dominantColor": rules.text(raw, "dominantColor"),
        "coverImageUrl": rules.text(raw, "coverImageUrl"),
        "coverImageKeyFrameTime": cover,
        "isAffiliateLink": bool(raw.get("isAffiliateLink")),
    }


def _number(written: str) -> float | None:
    try:
        found = float(written)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _mode_fits(mode: str, draft: Draft) -> Issue | None:
    kinds = [asset.kind for asset in draft.assets]
    if mode == "product":
        return _mode_issue("pinterest_product_pin_beta_required", "Product pins are not open yet. Choose another kind.")
    if mode == "video" and kinds and kinds[0] != "video":
        return _mode_issue("pinterest_video_required", "A video pin needs a video as its first file.")
    if mode == "multi_image" and any(kind != "image" for kind in kinds):
        return _mode_issue("pinterest_multi_image_required", "A pin with several pictures takes pictures only.")
    return None


def _mode_issue(code: str, message: str) -> Issue:
    return Issue(code=code, where="settings.pinMode", message=message)


def alt_text_fits(draft: Draft) -> Issue | None:
    """The one of the settings, which stands in for that of the file."""
    length = len(draft.settings.get("altText") or "")
    if length <= MAX_ALT_TEXT:
        return None
    return Issue(
        code="alt_text_too_long",
        where="settings.altText",
        message=f"This description has {length} characters; at most {MAX_ALT_TEXT} fit.",
        details={"length": length, "maxLength": MAX_ALT_TEXT},
    )


# Simple Icons (CC0-1.0), read 2026-11-28.
ICON = Icon(
    colour="#bd081c",
    path="M12.017 0C5.396 0 .029 5.367.029 11.987"
    "c0 5.079 3.158 9.417 7.618 11.162-.105-.949-.199-2.403.041-3.439.219-.937 1.406-5.957 1.406-5.957"
    "s-.359-.72-.359-1.781"
    "c0-1.663.967-2.911 2.168-2.911 1.024 0 1.518.769 1.518 1.688 0 1.029-.653 2.567-.992 3.992-.285"
    " 1.193.6 2.165 1.775 2.165 2.128 0 3.768-2.245 3.768-5.487 0-2.861-2.063-4.869-5.008-4.869-3.41 0"
    "-5.409 2.562-5.409 5.199 0 1.033.394 2.143.889 2.741.099.12.112.225.085.345-.09.375-.293 1.199-.334"
    " 1.363-.053.225-.172.271-.401.165-1.495-.69-2.433-2.878-2.433-4.646 0-3.776 2.748-7.252 7.92-7.252"
    " 4.158 0 7.392 2.967 7.392 6.923 0 4.135-2.607 7.462-6.233 7.462-1.214 0-2.354-.629-2.758-1.379"
    "l-.749 2.848"
    "c-.269 1.045-1.004 2.352-1.498 3.146 1.123.345 2.306.535 3.55.535 6.607 0 11.985-5.365 11.985-11.987"
    "C23.97 5.39 18.592.026 11.985.026L12.017 0z",
)

PROVIDER = Provider(
    id="pinterest",
    name="Pinterest",
    aliases=("pin",),
    docs="https://developers.pinterest.com/docs/api/v5/pins-create",
    checked=date(2026, 11, 20),
    icon=ICON,
    look=Look(layout="picture", titled=True),
    shown=shown,
    hosts={"api": "https://api.pinterest.com/v5", "auth": "https://www.pinterest.com"},
    accounts=(
        AccountType(id="pinterest_board", publishable=True, name="Pinterest board"),
        AccountType(id="pinterest_user", publishable=False, name="Pinterest user"),
    ),
    connect=OAuth2(
        authorize="/oauth/",
        token="/oauth/token",
        pkce=False,
        scope_separator=",",
        token_params={"continuous_refresh": "true"},
        scopes=SCOPES,
        required_scopes=SCOPES,
        identify=identify,
        rotates_refresh_token=True,
        renew_before=timedelta(days=5),
    ),
    sign=sign,
    limits=Limits(
        text=lambda draft: MAX_TEXT,
        measure=lambda draft: len(draft.body),
        title=lambda draft: MAX_TITLE,
        media_required=True,
        max_assets=MAX_ASSETS,
        max_images=MAX_ASSETS,
        max_videos=1,
        image=IMAGE,
        video=VIDEO,
        alt_text=MAX_ALT_TEXT,
    ),
    publish_shape="board_scoped_pin",
    media_delivery="pinterest_fetches_images_or_socialclaw_uploads_video_to_pinterest",
    settings={"pinterest_board": SettingsRules(model=Settings, parse=parse_settings)},
    unknown_settings_code=UNKNOWN_SETTINGS,
    checks=(
        rules.interaction_in(("post",), "pinterest_interaction_unsupported"),
        rules.at_most(MAX_ASSETS, "pinterest_media_limit_exceeded"),
        rules.one_video_alone("pinterest_multi_video_unsupported"),
        rules.only_images_and_videos("pinterest_media_unsupported"),
        rules.media_required("pinterest_media_required"),
        alt_text_fits,
    ),
    publish=publish,
    read_error=read_error,
    account_type_of=lambda handle: (
        "pinterest_user" if handle.lower().startswith("pinterest:user:") else "pinterest_board"
    ),
    rates=(
        # https://developers.pinterest.com/docs/reference/rate-limits
        Rate(count=100, per=timedelta(minutes=1), scope=Scope.CREDENTIAL),
    ),
    reconcile=reconcile,
    settle=(10.0, 60.0, 120.0),
    delete=delete,
    post_metrics=post_metrics,
    post_metrics_in=post_metrics_in,
    account_metrics=account_metrics,
    actions=(
        Action(
            id="sync_boards",
            label="Boards",
            description="The boards of this account as they are at Pinterest now.",
            input=Nothing,
            run=sync_boards,
        ),
        Action(
            id="create-board",
            label="New board",
            description="Make a board at Pinterest.",
            input=BoardInput,
            run=create_board,
        ),
        Action(
            id="board-sections",
            label="Sections",
            description="The sections of this board, for the setting boardSectionId.",
            input=Nothing,
            run=board_sections,
        ),
    ),
    post_url=lambda post_id, account: _link(post_id),
    pulls_media=lambda draft: any(asset.kind == "image" for asset in draft.assets),
    app=AppRules(
        console="https://developers.pinterest.com/apps/",
        redirects="the app's page, Configure, Redirect URIs",
        client_id=r"\d{7,20}",
        client_id_looks="the App id: digits only",
        loopback=("127.0.0.1", "localhost"),  # https://github.com/pinterest/api-quickstart
        mode=AppMode(
            # https://developers.pinterest.com/docs/getting-started/access-tiers/
            title="Access of the app",
            detail="An app with trial access cannot make pins that others see, and makes 1,000 calls a day. Standard "
            "access is asked for on the app's page, with a film of the whole login.",
            next=Way(label="Your apps at Pinterest", url="https://developers.pinterest.com/apps/"),
            codes=("trial_access",),
        ),
        known=lambda response: {401: False, 400: True}.get(response.status),
    ),
    examine=examine,
    limitations=("Pictures are fetched by Pinterest: this server needs a public address for them.",),
)
