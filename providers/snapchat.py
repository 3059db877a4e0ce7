"""Snapchat: one upright video on a Public Profile, as a Spotlight, a story of a day, or a saved story.

Facts: https://developers.snap.com/api/marketing-api/Public-Profile-API, checked 2026-11-20. The keys of listed items are not
documented: they are read with care.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
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
    Call,
    Done,
    Doubt,
    Draft,
    Effect,
    EncryptedBytes,
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
    Random,
    Reconciled,
    Request,
    Response,
    Scope,
    SettingsRules,
    Verdict,
    Wait,
    Way,
    bearer,
    encrypted_size,
)

MAX_DESCRIPTION, MAX_TITLE = 160, 45
MAX_VIDEO = 1024**3
# https://developers.snap.com/api/marketing-api/Public-Profile-API/ProfileAssetManagement
VIDEO = Media(
    extensions=("mp4",),
    mimes=("video/mp4",),
    max_bytes=MAX_VIDEO,
    min_width=540,
    min_height=960,
    min_seconds=5,
    max_seconds=300,
    video_codecs=("h264",),
    audio_codecs=("aac",),
    advised=Media(min_aspect=9 / 16, max_aspect=9 / 16, max_seconds=60),  # an older text of theirs ends at 60 s
)
CHUNK = 31 * 1024**2
"""Parts of at most 32 MB, of the encrypted file; a multiple of its blocks."""
KEPT_MEDIA = timedelta(hours=20)  # Snapchat keeps them for 24
LISTED = timedelta(hours=24)
"""How long a new story is looked for: as long as it lives."""
SLACK = timedelta(seconds=60)
"""Two clocks may differ by so much."""
ITEMS = {"spotlights": "spotlight", "stories": "story", "saved_stories": "saved_story"}
"""What Snapchat calls lists, in addresses and answers, and each thing in them."""
LISTS = {item: name for name, item in ITEMS.items()}


# --- publishing -------------------------------------------------------------------------------------------------------


def publish(job: Job) -> Flow[Published]:
    kind = LISTS[_mode(job.settings)]
    media = yield from _upload(job, job.assets[0])
    if kind == "stories":
        return (yield from _story(job, media))
    created = yield Call("create", _create(job, kind, media), Effect.ONCE, read=_created)
    # People look at a Spotlight before it is shown; nobody says when they are done
    return Published(id=created["id"], status="submitted" if kind == "spotlights" else "published", meta={"kind": kind})


def _create(job: Job, kind: str, media: str) -> Request:
    return Request("POST", f"{_profile(job.account)}/{kind}", json=_body(job, kind, media))


def _body(job: Job, kind: str, media: str) -> Mapping[str, JSON]:
    if kind == "stories":
        return {"media_id": media}
    if kind == "saved_stories":
        return {"saved_stories": [{"title": job.title, "snap_sources": [{"media_id": media}]}]}
    described = {"description": job.text} if job.text else {}
    return {
        "media_id": media,
        "locale": job.settings.get("locale") or "en_US",
        "skip_save_to_profile": bool(job.settings.get("skipSaveToProfile")),
        **described,
    }


def _created(response: Response) -> JSON:
    """Raises LookupError when there is no id in it."""
    body = _object(response.json)
    if "saved_stories" in body:
        return {"id": _entries(body, "saved_stories")[0]["id"]}
    return {"id": str(body.get("spotlight_id") or body["id"])}


def _story(job: Job, media: str) -> Flow[Published]:
    """Snapchat does not say which story came of it: it is the newest that was not in the list before."""
    listing = _listing(job.account, "stories")
    before = yield Call("before", listing, Effect.READ, read=lambda answer: _entries(answer.json, "stories"))
    yield Call("create", _create(job, "stories", media), Effect.ONCE, read=_taken)
    yield Accepted()

    def newest(response: Response) -> Wait | Done:
        found = _new(_entries(response.json, "stories"), before, job.started_at)
        return Done(found[0]["id"]) if found else Wait(3.0)

    id = yield Poll("found", listing, read=newest, until=job.started_at + LISTED)
    return Published(id=str(id), meta={"kind": "stories"})


def _taken(response: Response) -> JSON:
    """Raises KeyError: what is no answer of Snapchat's says nothing."""
    return {"request": str(cast("Mapping[str, Any]", response.json)["request_id"])}


# --- the file ---------------------------------------------------------------------------------------------------------


def _upload(job: Job, asset: JobAsset) -> Flow[str]:
    """Registered, sent in parts and put together; all of it may be done again. Each file has a key of its own."""
    key = str((yield Random("key", 32)))
    iv = str((yield Random("iv", 16)))
    named = {"type": "VIDEO", "name": job.title or asset.filename, "key": key, "iv": iv}
    register = Request("POST", f"{_profile(job.account)}/media", json=named)
    media = yield Call("media", register, Effect.REPEATABLE, read=_registered, keep=KEPT_MEDIA)
    whole, chunk = encrypted_size(asset.size), int(job.constants.get("chunk", CHUNK))
    for number, start in enumerate(range(0, whole, chunk), start=1):
        content = EncryptedBytes(asset.position, key, iv, asset.size, start, min(start + chunk, whole))
        parts = (
            Part("action", "ADD"),
            Part("part_number", str(number)),
            Part("file", content, filename=f"part-{number}"),
        )
        request = Request("POST", media["add"], parts=parts)
        yield Call(f"part-{number}", request, Effect.REPEATABLE, read=lambda response: True, keep=KEPT_MEDIA)
    finalize = Request("POST", media["finalize"], parts=(Part("action", "FINALIZE"),))
    yield Call("finalize", finalize, Effect.REPEATABLE, read=lambda response: True, keep=KEPT_MEDIA)
    return media["id"]


def _registered(response: Response) -> JSON:
    body = cast("Mapping[str, Any]", response.json)
    return {"id": str(body["media_id"]), "add": _path(body["add_path"]), "finalize": _path(body["finalize_path"])}


def _path(written: object) -> str:
    """The token goes along: only paths at Snapchat's own host are followed. Raises ValueError."""
    if not isinstance(written, str) or not written.startswith("/") or written[1:2] in ("/", "\\"):
        raise ValueError("this is no path")
    return written


# --- what became of it ------------------------------------------------------------------------------------------------


def reconcile(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    """By its id where Snapchat told one, else among the newest of its list."""
    kind = LISTS[_mode(job.settings)]
    id = _known(doubt)
    if kind == "spotlights" and id:
        request = Request("GET", f"{_profile(job.account)}/spotlights/{id}")
        answer = yield Call("spotlight", request, Effect.READ, read=_state, accepts=("not_found",))
        return Absent() if "problem" in answer else Found((_found(id, kind, answer["state"]),))
    listed = yield Call(
        "listed", _listing(job.account, kind), Effect.READ, read=lambda answer: _entries(answer.json, kind)
    )
    if id:
        return Found((_found(id, kind),)) if any(one["id"] == id for one in listed) else Absent()
    words = {"spotlights": job.text, "stories": "", "saved_stories": job.title}[kind]
    before = cast("Sequence[Mapping[str, Any]]", doubt.answers.get("before") or ())
    found = [one for one in _new(listed, before, doubt.intended_at) if one["words"] in (None, _same(words))]
    return Found(tuple(_found(one["id"], kind) for one in found)) if found else Absent()


def _known(doubt: Doubt) -> str | None:
    listed = doubt.answers.get("found")
    return str(listed) if listed else _object(doubt.answers.get(doubt.step)).get("id")


def _found(id: str, kind: str, status: str = "published") -> Published:
    return Published(id=id, status=status, meta={"kind": kind})


def _state(response: Response) -> JSON:
    spotlight = _with_id(response.json)
    return {"state": str(spotlight.get("status") or spotlight.get("state") or "published").lower()}


def _listing(account: JobAccount, kind: str) -> Request:
    return Request("GET", f"{_profile(account)}/{kind}", params={"limit": "20"})


def _new(
    listed: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], since: datetime
) -> list[Mapping[str, Any]]:
    """Those that were not there before, newest first."""
    known = {one["id"] for one in before}
    new = [one for one in listed if one["id"] not in known]
    recent = [one for one in new if one["at"] is None or one["at"] >= (since - SLACK).timestamp()]
    return sorted(recent, key=lambda one: one["at"] or 0.0, reverse=True)


def _entries(body: object, kind: str) -> list[Mapping[str, Any]]:
    """The id, the time and the words of each, wherever they stand. Raises KeyError when it is no such list."""
    rows = cast("Sequence[Any]", cast("Mapping[str, Any]", body)[kind])
    return [
        {
            "id": str(one["id"]),
            "at": _time(next((one[name] for name in ("created_at", "create_time", "timestamp") if name in one), None)),
            "words": next((_same(str(one[name] or "")) for name in ("description", "title") if name in one), None),
        }
        for one in map(_with_id, rows)
    ]


def _with_id(value: object) -> Mapping[str, Any]:
    """The first object with an id, however deep Snapchat has wrapped it. Raises KeyError."""
    for one in _objects(value):
        if "id" in one:
            return one
    raise KeyError("id")


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        yield given
        for inner in given.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _objects(inner)


def _time(value: object) -> float | None:
    """Seconds since 1970, of an ISO date or of a number of seconds or milliseconds. None: it cannot be told."""
    try:
        number = float(str(value))
    except ValueError:
        pass
    else:
        return number / 1000 if number > 1e11 else number
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _same(text: str) -> str:
    return " ".join(text.split())


# --- figures ----------------------------------------------------------------------------------------------------------

FIGURES = "VIEWS,VIEWERS,SHARES"
ASSETS = {"spotlights": "SPOTLIGHT", "stories": "STORY", "saved_stories": "SAVED_STORY"}


def post_metrics(post: PublishedPost) -> Flow[Metrics]:
    """https://developers.snap.com/api/marketing-api/Public-Profile-API/Metrics"""
    kind = str(post.meta.get("kind") or "spotlights")
    path = f"{_profile(post.account)}/{kind}/{post.id}/stats"
    figures = yield from _figures(path, ASSETS[kind], f"{FIGURES},FAVORITES")
    return {
        "impressions": figures.get("VIEWS"),
        "reach": figures.get("VIEWERS"),
        "views": figures.get("VIEWS"),
        "likes": figures.get("FAVORITES"),
        "comments": None,
        "shares": figures.get("SHARES"),
        "saves": None,
        "clicks": None,
    }


def account_metrics(account: JobAccount) -> Flow[Metrics]:
    profile = yield Call("profile", Request("GET", _profile(account)), Effect.READ, read=_one_profile)
    figures = yield from _figures(f"{_profile(account)}/stats", "PROFILE", f"{FIGURES},INTERACTIONS")
    followers = profile.get("subscriber_count")
    return {
        "followers": None if followers is None else float(followers),
        "views": figures.get("VIEWS"),
        "reach": figures.get("VIEWERS"),
        "shares": figures.get("SHARES"),
    }


def _figures(path: str, asset: str, fields: str) -> Flow[Mapping[str, Any]]:
    """Which fields there are depends on the thing: one that is not taken is an error, and then the common ones are asked."""
    for name, wanted in (("figures", fields), ("common", FIGURES)):
        asked = {"assetType": asset, "fields": wanted, "granularity": "LIFETIME"}
        last = wanted == FIGURES
        answer = yield Call(
            name,
            Request("GET", path, params=asked),
            Effect.READ,
            read=_added_up,
            accepts=() if last else ("invalid_request",),
        )
        if "problem" not in answer:
            return answer
    return {}


def _added_up(response: Response) -> JSON:
    sums: dict[str, float] = {}
    for one in _objects(response.json):
        name = _object(one.get("field")).get("field_name")
        if not name:
            continue
        for stat in cast("Sequence[Mapping[str, Any]]", one.get("stats") or ()):
            if stat.get("dimension_breakdown", "DEFAULT") == "DEFAULT" and stat.get("value") is not None:
                sums[name] = sums.get(name, 0.0) + float(stat["value"])
    return sums


# --- connecting -------------------------------------------------------------------------------------------------------


def identify() -> Flow[tuple[Identity, ...]]:
    """The person's own Public Profile, and the others of its organisation; none for somebody who made none."""
    request = Request("GET", "/v1/public_profiles/my_profile")
    mine = yield Call("profile", request, Effect.READ, read=_one_profile, accepts=("not_found",))
    if not mine.get("id"):
        return ()
    found = {str(mine["id"]): mine}
    if mine.get("organization_id"):
        found |= {str(one["id"]): one for one in (yield from _of_organization(str(mine["organization_id"])))}
    return tuple(_identity(one) for one in found.values())


def examine(account: JobAccount) -> Flow[tuple[Finding, ...]]:
    request = Request("GET", _profile(account))
    found = yield Call("profile", request, Effect.READ, read=_one_profile, accepts=("not_found", "forbidden"))
    if found.get("problem") == "forbidden":
        detail = "Ask an admin of its organisation for a role on it, or connect as somebody who has one."
        return (findings.account(Level.BAD, "No role on this Public Profile", detail),)
    if not found.get("id"):
        detail = "Make one in the app, then connect again."
        return (findings.account(Level.BAD, "The Public Profile is gone", detail),)
    return (findings.account(Level.OK, "Public Profile"),)


def _of_organization(organization: str) -> Flow[list[Mapping[str, Any]]]:
    rows: list[Mapping[str, Any]] = []
    cursor, number = "", 0
    while True:
        params = {"limit": "50", **({"cursor": cursor} if cursor else {})}
        answer = yield Call(
            f"profiles-{number}",
            Request("GET", f"/v1/organizations/{organization}/public_profiles", params=params),
            Effect.READ,
            read=_page,
            accepts=("forbidden", "not_found"),
        )
        rows += answer.get("rows") or []
        cursor, number = str(answer.get("next") or ""), number + 1
        if not cursor:
            return rows


def _page(response: Response) -> JSON:
    body = cast("Mapping[str, Any]", response.json)
    rows = [_object(row.get("public_profile")) for row in cast("Sequence[Any]", body["public_profiles"])]
    return {
        "rows": [dict(row) for row in rows if row.get("id")],
        "next": _object(body.get("paging")).get("next_page_id"),
    }


def _one_profile(response: Response) -> JSON:
    """It is wrapped in several ways; empty when there is none."""
    found = (_object(one.get("public_profile")) for one in _objects(response.json))
    return next((dict(profile) for profile in found if profile.get("id")), dict[str, Any]())


def _identity(row: Mapping[str, Any]) -> Identity:
    id, name = str(row["id"]), row.get("snap_user_name")
    by_id = f"snapchat:profile:{id}"
    logos = _object(row.get("logo_urls"))
    return Identity(
        external_id=id,
        handle=f"snapchat:@{name}" if name else by_id,
        aliases=(by_id,) if name else (),
        display_name=str(row.get("display_name") or name or id),
        account_type="snapchat_public_profile",
        avatar_url=logos.get("manage_profile_logo_url") or logos.get("original_logo_url"),
        meta={"username": name, "organization": row.get("organization_id")},
    )


def _profile(account: JobAccount) -> str:
    return f"/v1/public_profiles/{account.external_id}"


# --- errors -----------------------------------------------------------------------------------------------------------

GONE = ("MEDIA_EXPIRED", "MEDIA_NOT_FOUND")
PASSING = ("INTERNAL", "UNAVAILABLE", "TIMEOUT", "DEADLINE_EXCEEDED")


def read_error(response: Response) -> Problem | None:
    """An error can come with a 200; what it says inside counts, of the whole and of each thing that was asked for."""
    status, body = response.status, _object(response.json)
    wrong = _wrong(body)
    if 200 <= status < 300 and wrong is None:
        return None
    code = str((wrong or body).get("error_code") or "").upper()
    said = next((str(text) for text in _said(wrong or body) if text), f"it answered {status}")
    return _of_media(code, said) or _of_status(status, code, said, response)


def _wrong(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The answer itself when it is an error, or else the one thing that it was about."""
    if body.get("request_status") == "ERROR":
        return body
    for name in ITEMS:
        rows = cast("Sequence[Any]", body.get(name) or ())
        alone = _object(rows[0]) if len(rows) == 1 else _object(None)
        if alone.get("sub_request_status") == "ERROR":
            return {**body, "error_code": alone.get("sub_request_error_reason")}
    return body if body.get("request_status") == "PARTIAL" and body.get("error_code") else None


def _said(body: Mapping[str, Any]) -> Iterable[Any]:
    return (body.get(name) for name in ("display_message", "debug_message", "error_code"))


def _of_media(code: str, said: str) -> Problem | None:
    if code == "MEDIA_PROCESSING":
        sentence = "Snapchat still prepares the video; it is posted as soon as that is done."
        return _problem(Kind.UNAVAILABLE, sentence, "media_processing")
    if code == "MEDIA_POSTING_ALREADY_IN_PROGRESS":
        sentence = "Snapchat says that this video is being posted already."
        return _problem(Kind.UNAVAILABLE, sentence, "already_in_progress", verdict=Verdict.UNKNOWN)
    if code in GONE:
        sentence = "Snapchat has forgotten the video; it is uploaded again."
        return _problem(Kind.MEDIA_REJECTED, sentence, "media_gone", verdict=Verdict.STALE)
    if code.startswith(("MEDIA_", "INVALID_MEDIA")):
        return _problem(Kind.MEDIA_REJECTED, f"Snapchat does not take the video: {said}", code.lower())
    return None


def _of_status(status: int, code: str, said: str, response: Response) -> Problem:
    if status == 401:
        sentence = "Snapchat does not accept the login any more. Connect the account again."
        return _problem(Kind.AUTH, sentence, "unauthorized")
    if status == 429:
        pause = response.headers.get("retry-after", "")
        wait = float(pause) if pause.isdecimal() else 30.0
        return _problem(Kind.RATE_LIMITED, "Snapchat wants us to slow down.", "rate_limited", pause=max(1.0, wait))
    if status == 403 or code == "AUTHORIZATION_PERMISSION_DENIED":
        sentence = f"Snapchat does not allow this to the developer app, or to you on this profile: {said}"
        return _problem(Kind.PERMISSION, sentence, "forbidden")
    if status == 404 or code == "NOT_FOUND":
        return _problem(Kind.NOT_FOUND, f"Snapchat does not find it: {said}", "not_found")
    if status >= 500 or status in (408, 425, 499) or code.startswith(PASSING):
        return _problem(Kind.UNAVAILABLE, "Snapchat has trouble.", "unavailable", verdict=Verdict.UNKNOWN)
    if 400 <= status < 500 or 200 <= status < 300:
        return _problem(Kind.INVALID_CONTENT, f"Snapchat refuses it: {said}", "invalid_request")
    return _problem(Kind.UNKNOWN, f"Snapchat answered {status}.", "unexpected_answer", verdict=Verdict.UNKNOWN)


def _problem(
    kind: Kind, message: str, code: str, *, verdict: Verdict = Verdict.REFUSED, pause: float | None = None
) -> Problem:
    scope = Scope.CREDENTIAL if kind is Kind.RATE_LIMITED else Scope.ACCOUNT
    return Problem(kind=kind, verdict=verdict, message=message, code=code, retry_after=pause, scope=scope)


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


# --- settings, limits, declaration ------------------------------------------------------------------------------------

MODES = ("spotlight", "story", "saved_story")
UNKNOWN_SETTINGS = "snapchat_settings_unsupported"


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    snapchatPublishMode: Literal["spotlight", "story", "saved_story"] = Field(
        default="spotlight",
        title="Where it is shown",
        description="In Spotlight, as a story for a day, or as a saved story that stays on the profile.",
    )
    locale: str = Field(default="en_US", title="Language", description="Of a Spotlight, like en_US.")
    skipSaveToProfile: bool = Field(
        default=False, title="Keep off the profile", description="A Spotlight is shown in Spotlight only."
    )


def parse_settings(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
    mode = (rules.text(raw, "snapchatPublishMode") or "spotlight").lower()
    issue = (
        rules.unknown_keys(raw, tuple(Settings.model_fields), UNKNOWN_SETTINGS)
        or rules.texts(raw, ("snapchatPublishMode",), "snapchat_publish_mode_invalid")
        or rules.texts(raw, ("locale",), UNKNOWN_SETTINGS)
        or rules.one_of({"snapchatPublishMode": mode}, "snapchatPublishMode", MODES, "snapchat_publish_mode_invalid")
        or (None if draft.assets else _media_required())
        or (None if _is_mp4(draft) else _video_required())
    )
    if issue is not None:
        return issue
    if mode != "spotlight":
        return {"snapchatPublishMode": mode}
    return {
        "snapchatPublishMode": mode,
        "locale": rules.text(raw, "locale") or "en_US",
        "skipSaveToProfile": bool(raw.get("skipSaveToProfile")),
    }


def _mode(settings: Mapping[str, JSON]) -> str:
    return str(settings.get("snapchatPublishMode") or "spotlight")


def _is_mp4(draft: Draft) -> bool:
    return draft.assets[0].kind == "video" and draft.assets[0].extension in VIDEO.extensions


def _media_required() -> Issue:
    return Issue(
        code="snapchat_media_required", where="assets", message="Attach one video: Snapchat takes exactly one."
    )


def _video_required() -> Issue:
    return Issue(
        code="snapchat_video_required", where="assets", message="Attach an MP4 video: Snapchat takes no other."
    )


def one_file(draft: Draft) -> Issue | None:
    return None if len(draft.assets) == 1 else _media_required()


def is_mp4(draft: Draft) -> Issue | None:
    return None if not draft.assets or _is_mp4(draft) else _video_required()


def saved_story_has_title(draft: Draft) -> Issue | None:
    if _mode(draft.settings) != "saved_story":
        return None
    if not draft.title:
        return Issue(code="snapchat_saved_story_title_required", where="title", message="Give the saved story a title.")
    if len(draft.title) <= MAX_TITLE:
        return None
    return Issue(
        code="snapchat_saved_story_title_too_long",
        where="title",
        message=f"The title of a saved story has at most {MAX_TITLE} characters; this one has {len(draft.title)}.",
        details={"length": len(draft.title), "maxLength": MAX_TITLE},
    )


def lasts_as_long_as_is_taken(draft: Draft) -> Issue | None:
    seconds = draft.assets[0].duration if draft.assets else None
    if not seconds or 5 <= seconds <= 300:
        return None
    return Issue(
        code="snapchat_video_duration_invalid",
        where="assets.0",
        message=f"The video lasts {seconds:g} seconds; Snapchat takes 5 to 300.",
        details={"duration": seconds, "minSeconds": 5, "maxSeconds": 300},
    )


def is_large_enough(draft: Draft) -> Issue | None:
    width, height = (draft.assets[0].width, draft.assets[0].height) if draft.assets else (None, None)
    if not width or not height or (width >= 540 and height >= 960):
        return None
    return Issue(
        code="snapchat_video_resolution_invalid",
        where="assets.0",
        message=f"The video has {width}×{height} pixels; Snapchat takes upright ones of at least 540×960.",
        details={"width": width, "height": height, "minWidth": 540, "minHeight": 960},
    )


# Simple Icons (CC0-1.0), read 2026-11-29.
ICON = Icon(
    colour="#fffc00",
    path="M12.206.793c.99 0 4.347.276 5.93 3.821.529 1.193.403 3.219.299 4.847l-.003.06"
    "c-.012.18-.022.345-.03.51.075.045.203.09.401.09.3-.016.659-.12 1.033-.301.165-.088.344-.104.464"
    "-.104.182 0 .359.029.509.09.45.149.734.479.734.838.015.449-.39.839-1.213 1.168-.089.029-.209.075"
    "-.344.119-.45.135-1.139.36-1.333.81-.09.224-.061.524.12.868"
    "l.015.015"
    "c.06.136 1.526 3.475 4.791 4.014.255.044.435.27.42.509 0 .075-.015.149-.045.225-.24.569-1.273.988-3.146"
    " 1.271-.059.091-.12.375-.164.57-.029.179-.074.36-.134.553-.076.271-.27.405-.555.405"
    "h-.03"
    "c-.135 0-.313-.031-.538-.074-.36-.075-.765-.135-1.273-.135-.3 0-.599.015-.913.074-.6.104-1.123.464"
    "-1.723.884-.853.599-1.826 1.288-3.294 1.288-.06 0-.119-.015-.18-.015"
    "h-.149"
    "c-1.468 0-2.427-.675-3.279-1.288-.599-.42-1.107-.779-1.707-.884-.314-.045-.629-.074-.928-.074-.54 0"
    "-.958.089-1.272.149-.211.043-.391.074-.54.074-.374 0-.523-.224-.583-.42-.061-.192-.09-.389-.135-.567"
    "-.046-.181-.105-.494-.166-.57-1.918-.222-2.95-.642-3.189-1.226-.031-.063-.052-.15-.055-.225-.015"
    "-.243.165-.465.42-.509 3.264-.54 4.73-3.879 4.791-4.02"
    "l.016-.029"
    "c.18-.345.224-.645.119-.869-.195-.434-.884-.658-1.332-.809-.121-.029-.24-.074-.346-.119-1.107-.435"
    "-1.257-.93-1.197-1.273.09-.479.674-.793 1.168-.793.146 0 .27.029.383.074.42.194.789.3 1.104.3.234 0"
    " .384-.06.465-.105"
    "l-.046-.569c-.098-1.626-.225-3.651.307-4.837C7.392 1.077 10.739.807 11.727.807l.419-.015h.06z",
)

PROVIDER = Provider(
    id="snapchat",
    name="Snapchat",
    aliases=("snap",),
    docs="https://developers.snap.com/api/marketing-api/Public-Profile-API/Introduction",
    checked=date(2026, 11, 20),
    icon=ICON,
    hosts={"api": "https://businessapi.snapchat.com", "auth": "https://accounts.snapchat.com"},
    accounts=(AccountType(id="snapchat_public_profile", publishable=True, name="Snapchat Public Profile"),),
    connect=OAuth2(
        authorize="/login/oauth2/authorize",
        token="/login/oauth2/access_token",
        token_host="auth",
        client_auth="post",
        pkce=False,
        scopes=("snapchat-profile-api",),
        required_scopes=("snapchat-profile-api",),
        identify=identify,
        no_account="This Snapchat account has no Public Profile. Make one in the app, then connect again.",
        no_account_next=Way(label="Snapchat for business", url="https://business.snapchat.com/"),
        rotates_refresh_token=True,
    ),
    sign=bearer,
    limits=Limits(
        text=lambda draft: MAX_DESCRIPTION if _mode(draft.settings) == "spotlight" else None,
        measure=lambda draft: len(draft.text),
        media_required=True,
        max_assets=1,
        max_images=0,
        max_videos=1,
        video=VIDEO,
    ),
    look=Look(layout="film", frame=9 / 16),
    publish_shape="single_video_post",
    media_delivery="socialclaw_fetches_encrypts_and_uploads_video_to_snapchat",
    settings={"snapchat_public_profile": SettingsRules(model=Settings, parse=parse_settings)},
    unknown_settings_code=UNKNOWN_SETTINGS,
    checks=(
        rules.interaction_in(("post",), "snapchat_interaction_unsupported"),
        one_file,
        is_mp4,
        saved_story_has_title,
        rules.max_bytes("video", MAX_VIDEO, "snapchat_video_too_large"),
        lasts_as_long_as_is_taken,
        is_large_enough,
    ),
    publish=publish,
    read_error=read_error,
    account_type_of=lambda handle: "snapchat_public_profile",
    reconcile=reconcile,
    settle=(5.0, 20.0, 60.0),
    post_metrics=post_metrics,
    account_metrics=account_metrics,
    constants={"chunk": CHUNK},
    app=AppRules(
        console="https://business.snapchat.com/",
        redirects="Business Details, OAuth Apps, Redirect URI: an https address",
        client_id=r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        client_id_looks="the Client ID of the OAuth app: a UUID, 36 characters with four dashes",
        mode=AppMode(
            # https://developers.snap.com/api/marketing-api/Public-Profile-API/GetStarted
            title="Approval",
            detail="Snap lets an app use the Public Profile API only after it has put it on its list; until then every post "
            "is refused.",
            next=Way(
                label="How to ask for it",
                url="https://developers.snap.com/api/marketing-api/Public-Profile-API/GetStarted",
            ),
        ),
    ),
    examine=examine,
    limitations=(
        "Snapchat has no way to delete a post for programs: remove it in the app. Stories end after a day.",
        "A story is shown without words, and a saved story with its title only.",
        "Snapchat looks at each Spotlight before it shows it, which can take hours.",
        "Snap has to approve the developer app for the Public Profile API.",
    ),
)
