"""Snapchat's flows by hand, and against its copy, which opens what it is sent."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from backend.http import LostAnswer
from providers.contract import (
    Absent,
    Accepted,
    Call,
    Doubt,
    Effect,
    EncryptedBytes,
    FlowError,
    Found,
    Kind,
    Level,
    PublishedPost,
    Verdict,
    encrypted_size,
)
from providers.snapchat import PROVIDER, identify, reconcile
from socialclaw_app.sandbox import SandboxThread
from socialclaw_app.sandbox.snapchat import PROFILES, RULES
from tests.films import film as made_film
from tests.networks.consent import leave
from tests.networks.samples import NO, Sample, Shape
from tests.servers.driver import Driver

from .flows import drawn, drive, response
from .jobs import NOW, account, draft, film, job, parsed, refused
from .rows import GIB, JPG, MOV, MP4, Field, Rows, Table, refuses, sized, takes, too_large

SAMPLES = (
    Sample(
        provider="snapchat",
        handle="snapchat:@",
        shapes=(
            Shape(name="spotlight", media=("mp4",), settings={"skipSaveToProfile": True}),
            Shape(
                name="saved story", text="", title="Us", media=("mp4",), settings={"snapchatPublishMode": "saved_story"}
            ),
            Shape(name="story", text="", title="Today", media=("mp4",), settings={"snapchatPublishMode": "story"}),
        ),
        nobody="charlie",
        delete=NO,
    ),
)

PROFILE = "5a1b0000-0000-4000-8000-000000000001"
MINE = f"/v1/public_profiles/{PROFILE}"
ALICE = account(PROVIDER, PROFILE, username="sandbox_alice")
PATH = "/us/v1/media/m1/multipart-upload"
REGISTERED = response(
    200, {"request_status": "SUCCESS", "media_id": "m1", "add_path": PATH, "finalize_path": f"{PATH}?end"}
)
DONE = response(200, {"request_status": "SUCCESS"})
UPLOADED = {"media": REGISTERED, "part-1": DONE, "finalize": DONE}


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_the_file_goes_up_encrypted_in_parts_and_the_post_is_the_once() -> None:
    answers = {**UPLOADED, "part-2": DONE, "create": response(200, {"spotlight_id": "s1"})}
    flow = PROVIDER.publish(job(PROVIDER, film(95), of=ALICE, constants={"chunk": 64}))
    seen: list[Any] = []
    calls, published = drive(flow, answers, provider=PROVIDER, seen=seen)
    assert [call.effect for call in calls] == [Effect.REPEATABLE] * 4 + [Effect.ONCE]

    key, iv = (drawn(one) for one in seen[:2])
    assert (len(base64.b64decode(key)), len(base64.b64decode(iv))) == (32, 16)
    assert calls[0].request.json == {"type": "VIDEO", "name": "film.mp4", "key": key, "iv": iv}
    sent = [{part.name: part.value for part in call.request.parts} for call in calls[1:4]]
    assert sent == [
        {"action": "ADD", "part_number": "1", "file": EncryptedBytes(0, key, iv, 95, 0, 64)},
        {"action": "ADD", "part_number": "2", "file": EncryptedBytes(0, key, iv, 95, 64, 96)},
        {"action": "FINALIZE"},
    ]
    assert [call.request.path for call in calls[1:4]] == [PATH, PATH, f"{PATH}?end"]
    assert (published.id, published.url, published.status) == ("s1", None, "submitted")


def test_the_largest_file_needs_no_more_parts_than_are_taken() -> None:
    chunk = PROVIDER.constants["chunk"]
    assert chunk <= 32 * 1024**2
    assert -(-encrypted_size(1024**3) // chunk) <= 35


@pytest.mark.parametrize(
    ("mode", "settings", "path", "body", "answer"),
    [
        (
            "spotlight",
            {"locale": "de_DE", "skipSaveToProfile": True},
            f"{MINE}/spotlights",
            {"media_id": "m1", "locale": "de_DE", "skip_save_to_profile": True, "description": "Hello, readers."},
            {"request_status": "SUCCESS", "spotlight_id": "x1"},
        ),
        (
            "saved_story",
            {},
            f"{MINE}/saved_stories",
            {"saved_stories": [{"title": "Us", "snap_sources": [{"media_id": "m1"}]}]},
            {"saved_stories": [{"sub_request_status": "SUCCESS", "saved_story": {"id": "x1"}}]},
        ),
    ],
)
def test_each_way_to_show_it_is_a_request_of_its_own(
    mode: str, settings: Mapping[str, Any], path: str, body: Any, answer: Any
) -> None:
    wanted = job(PROVIDER, film(), of=ALICE, title="Us", settings={"snapchatPublishMode": mode, **settings})
    calls, published = drive(PROVIDER.publish(wanted), {**UPLOADED, "create": response(200, answer)}, provider=PROVIDER)
    assert (calls[-1].request.path, calls[-1].request.json, published.id) == (path, body, "x1")


def test_a_spotlight_without_words_has_no_description() -> None:
    answers = {**UPLOADED, "create": response(200, {"spotlight_id": "s1"})}
    calls, _ = drive(PROVIDER.publish(job(PROVIDER, film(), of=ALICE, body="", text="")), answers)
    assert calls[-1].request.json == {"media_id": "m1", "locale": "en_US", "skip_save_to_profile": False}


STORY = {"snapchatPublishMode": "story"}


def stories(*rows: tuple[str, float | str | None]) -> Any:
    """Ids, and when they were made: seconds from now, or as it is written."""
    made = [
        {"id": id, "created_at": at if isinstance(at, str | None) else (NOW + timedelta(seconds=at)).isoformat()}
        for id, at in rows
    ]
    wrapped = [{"sub_request_status": "SUCCESS", "story": one} for one in made]
    return response(200, {"request_status": "SUCCESS", "stories": wrapped})


def test_a_story_is_known_by_being_the_new_one_in_the_list() -> None:
    answers = {
        **UPLOADED,
        "before": stories(("old", -3600), ("recent", -5)),
        "create": response(200, {"request_id": "r"}),
        "found": (
            stories(("recent", -5), ("old", -3600)),
            stories(("mine", 1), ("unlisted before", -900), ("recent", -5)),
        ),
    }
    seen: list[Any] = []
    flow = PROVIDER.publish(job(PROVIDER, film(), of=ALICE, settings=STORY))
    calls, published = drive(flow, answers, provider=PROVIDER, seen=seen)
    assert calls[-2].request.json == {"media_id": "m1"}
    assert Accepted() in seen
    assert published.id == "mine"


@pytest.mark.parametrize(
    "path", ["//elsewhere.example/x", "https://elsewhere.example/x", "/\\elsewhere.example", "x", 7]
)
@pytest.mark.parametrize("which", ["add_path", "finalize_path"])
def test_an_upload_never_leads_elsewhere(which: str, path: Any) -> None:
    answer = response(200, {**REGISTERED.json, which: path})
    with pytest.raises(ValueError, match="no path"):
        drive(PROVIDER.publish(job(PROVIDER, film(), of=ALICE)), {"media": answer}, provider=PROVIDER)


def doubt(**answers: Any) -> Doubt:
    return Doubt(step="create", intended_at=NOW, answers=answers)


def spotlights(*rows: Mapping[str, Any]) -> Any:
    return response(200, {"request_status": "SUCCESS", "spotlights": [{"spotlight": row} for row in rows]})


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([{"id": "s1", "created_at": "2026-11-23T12:00:02.000Z", "description": "Hello,  readers."}], ["s1"]),
        ([{"id": "s1", "created_at": 1795435202000}], ["s1"]),
        ([{"id": "s1", "created_at": "1795435202"}], ["s1"]),
        ([{"id": "s1", "created_at": "2026-11-23T12:00:02", "description": "Other words"}], []),
        ([{"id": "s1", "created_at": "2026-11-23T11:50:00Z", "description": "Hello, readers."}], []),
        ([{"id": "s1", "created_at": 1795435202}, {"id": "s2", "created_at": 1795435203}], ["s2", "s1"]),
        ([{"id": "s1"}], ["s1"]),
        ([], []),
    ],
)
def test_a_lost_answer_is_looked_up_among_the_newest(rows: list[Any], found: list[str]) -> None:
    _, outcome = drive(
        reconcile(job(PROVIDER, film(), of=ALICE), doubt()), {"listed": spotlights(*rows)}, provider=PROVIDER
    )
    ids = [one.id for one in outcome.candidates] if isinstance(outcome, Found) else []
    assert ids == found
    assert isinstance(outcome, Found if found else Absent)


@pytest.mark.parametrize(("listed", "outcome"), [([("old", -5), ("mine", 1)], Found), ([("old", -5)], Absent)])
def test_a_lost_story_is_one_that_was_not_there_before(listed: list[Any], outcome: type) -> None:
    wanted = job(PROVIDER, film(), of=ALICE, settings=STORY)
    answers = doubt(before=[{"id": "old", "at": 0.0, "words": None}])
    _, told = drive(reconcile(wanted, answers), {"listed": stories(*listed)}, provider=PROVIDER)
    assert isinstance(told, outcome)
    assert not isinstance(told, Found) or [one.id for one in told.candidates] == ["mine"]


def test_a_spotlight_that_is_known_is_asked_for_by_its_id() -> None:
    flow = reconcile(job(PROVIDER, film(), of=ALICE), doubt(create={"id": "s1"}))
    calls, told = drive(flow, {"spotlight": spotlights({"id": "s1", "status": "LIVE"})}, provider=PROVIDER)
    assert calls[0].request.path == f"{MINE}/spotlights/s1"
    assert (told.candidates[0].id, told.candidates[0].status) == ("s1", "live")

    gone = response(404, error("NOT_FOUND"))
    flow = reconcile(job(PROVIDER, film(), of=ALICE), doubt(create={"id": "s1"}))
    assert isinstance(drive(flow, {"spotlight": gone}, provider=PROVIDER)[1], Absent)


def error(code: str, **more: Any) -> dict[str, Any]:
    return {"request_status": "ERROR", "request_id": "r", "error_code": code, "debug_message": "said", **more}


@pytest.mark.parametrize(
    ("answer", "kind", "verdict", "code"),
    [
        (response(401, error("E1003")), Kind.AUTH, Verdict.REFUSED, "unauthorized"),
        (response(403, error("AUTHORIZATION_PERMISSION_DENIED")), Kind.PERMISSION, Verdict.REFUSED, "forbidden"),
        (response(200, error("AUTHORIZATION_PERMISSION_DENIED")), Kind.PERMISSION, Verdict.REFUSED, "forbidden"),
        (response(404, error("NOT_FOUND")), Kind.NOT_FOUND, Verdict.REFUSED, "not_found"),
        (response(429), Kind.RATE_LIMITED, Verdict.REFUSED, "rate_limited"),
        (response(400, error("MEDIA_PROCESSING")), Kind.UNAVAILABLE, Verdict.REFUSED, "media_processing"),
        (response(200, error("MEDIA_PROCESSING")), Kind.UNAVAILABLE, Verdict.REFUSED, "media_processing"),
        (response(400, error("MEDIA_EXPIRED")), Kind.MEDIA_REJECTED, Verdict.STALE, "media_gone"),
        (response(404, error("MEDIA_NOT_FOUND")), Kind.MEDIA_REJECTED, Verdict.STALE, "media_gone"),
        (
            response(409, error("MEDIA_POSTING_ALREADY_IN_PROGRESS")),
            Kind.UNAVAILABLE,
            Verdict.UNKNOWN,
            "already_in_progress",
        ),
        (response(400, error("E1001")), Kind.INVALID_CONTENT, Verdict.REFUSED, "invalid_request"),
        (response(200, error("INVALID_ARGUMENT")), Kind.INVALID_CONTENT, Verdict.REFUSED, "invalid_request"),
        (response(200, error("INTERNAL_ERROR")), Kind.UNAVAILABLE, Verdict.UNKNOWN, "unavailable"),
        (response(502, text="<html>"), Kind.UNAVAILABLE, Verdict.UNKNOWN, "unavailable"),
        (response(302), Kind.UNKNOWN, Verdict.UNKNOWN, "unexpected_answer"),
        (
            response(
                200,
                {
                    "request_status": "PARTIAL",
                    "saved_stories": [{"sub_request_status": "ERROR", "sub_request_error_reason": "MEDIA_PROCESSING"}],
                },
            ),
            Kind.UNAVAILABLE,
            Verdict.REFUSED,
            "media_processing",
        ),
    ],
)
def test_what_errors_mean(answer: Any, kind: Kind, verdict: Verdict, code: str) -> None:
    problem = PROVIDER.read_error(answer)
    assert problem is not None
    assert (problem.kind, problem.verdict, problem.code) == (kind, verdict, code)


def test_a_list_of_which_a_part_is_missing_is_still_a_list() -> None:
    rows = [{"sub_request_status": "ERROR"}, {"sub_request_status": "SUCCESS", "spotlight": {"id": "1"}}]
    assert PROVIDER.read_error(response(200, {"request_status": "PARTIAL", "spotlights": rows})) is None


def test_a_pause_that_snapchat_names_is_kept() -> None:
    problem = PROVIDER.read_error(response(429, headers={"Retry-After": "7"}))
    assert problem is not None
    assert problem.retry_after == 7


def figures(**values: Any) -> Any:
    fields = [
        {"field": {"field_name": name}, "stats": [{"dimension_breakdown": "DEFAULT", "value": value}]}
        for name, value in values.items()
    ]
    return response(200, {"request_status": "SUCCESS", "assets": [{"timeseries": [{"fields": fields}]}]})


def test_figures_that_are_not_told_of_a_thing_are_left_out_and_the_others_asked_again() -> None:
    post = PublishedPost(id="s1", url=None, account=ALICE, published_at=NOW, meta={"kind": "stories"})
    assert PROVIDER.post_metrics is not None
    answers = {"figures": response(400, error("E1001")), "common": figures(VIEWS="9", VIEWERS=7, SHARES=None)}
    calls, told = drive(PROVIDER.post_metrics(post), answers, provider=PROVIDER)
    assert calls[1].request.path == f"{MINE}/stories/s1/stats"
    assert calls[1].request.params == {
        "assetType": "STORY",
        "fields": "VIEWS,VIEWERS,SHARES",
        "granularity": "LIFETIME",
    }
    assert (told["views"], told["reach"], told["shares"], told["likes"]) == (9, 7, None, None)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda one: {"public_profile": one},
        lambda one: {"public_profiles": [{"sub_request_status": "SUCCESS", "public_profile": one}]},
        lambda one: {"me": {"id": "somebody", "public_profile": one}},
    ],
)
def test_a_profile_is_found_however_it_is_wrapped(wrapped: Any) -> None:
    mine = {"id": PROFILE, "snap_user_name": "alice", "display_name": "Alice"}
    (found,) = drive(identify(), {"profile": response(200, wrapped(mine))}, provider=PROVIDER)[1]
    assert (found.external_id, found.handle, found.aliases) == (
        PROFILE,
        "snapchat:@alice",
        (f"snapchat:profile:{PROFILE}",),
    )


@pytest.mark.parametrize("answer", [response(200, {"request_status": "SUCCESS"}), response(404, {})])
def test_who_has_no_profile_has_no_account(answer: Any) -> None:
    assert drive(identify(), {"profile": answer}, provider=PROVIDER)[1] == ()


@pytest.mark.parametrize(
    ("answer", "level", "title"),
    [
        (response(200, {"public_profile": {"id": PROFILE}}), Level.OK, "Public Profile"),
        (response(404, {}), Level.BAD, "The Public Profile is gone"),
        (response(403, {}), Level.BAD, "No role on this Public Profile"),
    ],
)
def test_what_keeps_posts_from_a_profile_is_found(answer: Any, level: Level, title: str) -> None:
    assert PROVIDER.examine is not None
    (found,) = drive(PROVIDER.examine(ALICE), {"profile": answer}, provider=PROVIDER)[1]
    assert (found.id, found.level, found.title) == ("account_type", level, title)


@pytest.mark.parametrize(
    ("kinds", "changes", "code"),
    [
        (["video"], {}, None),
        (["video"], {"interaction": "reply"}, "snapchat_interaction_unsupported"),
        ([], {}, "snapchat_media_required"),
        (["video", "video"], {}, "snapchat_media_required"),
        (["image"], {}, "snapchat_video_required"),
        (["video.webm"], {}, "snapchat_video_required"),
        (["video"], {"settings": {"snapchatPublishMode": "saved_story"}}, "snapchat_saved_story_title_required"),
    ],
)
def test_what_is_refused_before_it_is_sent(kinds: list[str], changes: dict[str, Any], code: str | None) -> None:
    assert refused(PROVIDER, draft(PROVIDER, *kinds, **changes)) == code


def test_only_a_spotlight_has_settings_and_a_longest_text() -> None:
    text = PROVIDER.limits.text
    assert text(draft(PROVIDER, "video")) == 160
    assert text(draft(PROVIDER, "video", settings=STORY)) is None
    assert parsed(PROVIDER, draft(PROVIDER, "video"), snapchatPublishMode="Story", locale="de_DE") == STORY
    assert parsed(PROVIDER, draft(PROVIDER, "video"), locale={"to": 1}) == "snapchat_settings_unsupported"
    assert parsed(PROVIDER, draft(PROVIDER, "video"), storyTtl="ONE_WEEK") == "snapchat_settings_unsupported"


# --- against the copy -------------------------------------------------------------------------------------------------


def recorded() -> bytes:
    """Made when it is wanted: others only read what this network's sample is."""
    return made_film(size=(540, 960), seconds=5)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Copy:
    """The sandbox, somebody's login there, and our flows against it."""

    def __init__(self, sandbox: SandboxThread, clock: Clock) -> None:
        self.sandbox, self.clock = sandbox, clock
        self.http = httpx2.Client(base_url=f"{sandbox.url}/snapchat", timeout=20)
        self.http.delete(f"{sandbox.url}/_").raise_for_status()
        self.tokens = self.exchange(grant_type="authorization_code", code=self.code("alice"), redirect_uri=BACK).json()
        self.http.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"

    def code(self, user: str) -> str:
        asked = {"response_type": "code", "client_id": RULES.client_id, "redirect_uri": BACK, "state": "s"}
        query = httpx2.QueryParams({**asked, "scope": "snapchat-profile-api"})
        return httpx2.URL(leave(f"{self.http.base_url}login/oauth2/authorize?{query}", user)).params["code"]

    def exchange(self, **form: str) -> httpx2.Response:
        client = {"client_id": RULES.client_id, "client_secret": RULES.client_secret}
        return self.http.post("/login/oauth2/access_token", data={**client, **form})

    @property
    def driver(self) -> Driver:
        hosts = {"api": str(self.http.base_url), "auth": str(self.http.base_url)}
        provider = dataclasses.replace(PROVIDER, hosts=hosts)
        return Driver(provider, {"access_token": self.tokens["access_token"]}, self.sandbox.url.partition("://")[2])

    def run(self, flow: Any) -> Any:
        return self.driver.run(flow, [recorded()])

    def publish(self, **changes: Any) -> Any:
        given: dict[str, Any] = {"of": ALICE, "constants": {"chunk": 16 * 1024}, **changes}
        return self.run(ready(PROVIDER.publish(job(PROVIDER, film(len(recorded())), **given)), self.clock))

    def received(self) -> list[dict[str, Any]]:
        return self.http.get(f"{self.sandbox.url}/_/snapchat/received").json()

    def fault(self, **fault: Any) -> None:
        self.http.put(f"{self.sandbox.url}/_/snapchat/fault", json=fault).raise_for_status()


BACK = "http://127.0.0.1:9/back"


def ready(flow: Any, clock: Clock, seconds: float = 1) -> Any:
    """The flow, with so much time before its ONCE."""
    value = None
    while True:
        try:
            item = flow.send(value)
        except StopIteration as stop:
            return stop.value
        if isinstance(item, Call) and item.effect is Effect.ONCE:
            clock.now += timedelta(seconds=seconds)
        value = yield item


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def running(clock: Clock) -> Iterator[SandboxThread]:
    with SandboxThread(now=clock) as sandbox:
        sandbox.networks["snapchat"].limits_enabled = False
        yield sandbox


@pytest.fixture
def copy(running: SandboxThread, clock: Clock) -> Iterator[Copy]:
    copy = Copy(running, clock)
    running.networks["snapchat"].limits_enabled = False
    with closing(copy.http):
        yield copy


@pytest.mark.parametrize(
    ("mode", "title", "shown"),
    [
        ("spotlight", "", {"kind": "spotlights", "text": "Hello, readers."}),
        ("story", "", {"kind": "stories", "text": ""}),
        ("saved_story", "Us", {"kind": "saved_stories", "title": "Us"}),
    ],
)
def test_what_arrives_is_the_film_in_the_place_that_was_chosen(
    copy: Copy, mode: str, title: str, shown: dict[str, Any]
) -> None:
    published = copy.publish(title=title, settings={"snapchatPublishMode": mode})
    (post,) = copy.received()
    assert post["id"] == published.id
    assert post.items() >= shown.items()
    assert copy.http.get(f"{copy.sandbox.url}/_/snapchat/media/{post['media'][0]['sha256']}").content == recorded()

    asked = PublishedPost(id=post["id"], url=None, account=ALICE, published_at=NOW, meta=published.meta)
    assert PROVIDER.post_metrics is not None
    assert copy.run(PROVIDER.post_metrics(asked))["views"] > 0
    assert post["media"][0]["sha256"] in copy.http.get(f"{copy.sandbox.url}/_/snapchat").text


def test_two_files_never_have_the_same_key(copy: Copy) -> None:
    copy.publish()
    copy.publish()
    media = copy.sandbox.networks["snapchat"].memory.media.values()
    assert len({one.key for one in media}) == len({one.iv for one in media}) == 2


def planted(flow: Any, name: str, change: Any) -> Any:
    """The flow, with one of its requests changed on the way."""
    value = None
    while True:
        try:
            item = flow.send(value)
        except StopIteration as stop:
            return stop.value
        if isinstance(item, Call) and item.name == name:
            item = dataclasses.replace(item, request=change(item.request))
        value = yield item


def with_json(**changes: Any) -> Any:
    def change(request: Any) -> Any:
        fields = {name: value for name, value in {**request.json, **changes}.items() if value is not None}
        return dataclasses.replace(request, json=fields)

    return change


def with_parts(**changes: Any) -> Any:
    def change(request: Any) -> Any:
        kept = [dataclasses.replace(part, value=changes.get(part.name, part.value)) for part in request.parts]
        return dataclasses.replace(request, parts=[part for part in kept if part.value is not None])

    return change


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("media", with_json(type="FILM"), "invalid_request"),
        ("media", with_json(size=1), "invalid_request"),
        ("media", with_json(key="c2hvcnQ="), "invalid_request"),
        ("media", with_json(iv=None), "invalid_request"),
        ("media", with_json(key=base64.b64encode(bytes(32)).decode()), "media_decryption_failed"),
        ("part-1", with_parts(part_number="0"), "invalid_request"),
        ("part-1", with_parts(part_number="3"), "invalid_request"),
        ("part-1", with_parts(part_number=None), "invalid_request"),
        ("part-1", with_parts(file="words"), "media_decryption_failed"),
        ("finalize", with_parts(action="END"), "invalid_request"),
        ("create", with_json(locale=None), "invalid_request"),
        ("create", with_json(description="a" * 161), "invalid_request"),
        ("create", with_json(skip_save_to_profile="yes"), "invalid_request"),
        ("create", with_json(caption="Hello"), "invalid_request"),
        ("create", with_json(media_id="m0"), "media_gone"),
    ],
)
def test_the_copy_refuses_what_the_documents_do_not_name(copy: Copy, name: str, change: Any, code: str) -> None:
    flow = planted(PROVIDER.publish(job(PROVIDER, film(len(recorded())), of=ALICE)), name, change)
    with pytest.raises(FlowError) as refused:
        copy.run(ready(flow, copy.clock))
    assert refused.value.problem.code == code
    assert copy.received() == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/public_profiles", 404),
        ("GET", f"{MINE}/snaps", 404),
        ("DELETE", f"{MINE}/spotlights/1", 405),
        ("GET", f"{MINE}/stories?count=5", 400),
        ("GET", f"{MINE}/stats?assetType=PROFILE&fields=VIEWS&granularity=DAY", 400),
        ("GET", f"{MINE}/stats?assetType=PROFILE&fields=LIKES&granularity=LIFETIME", 400),
        ("GET", "/v1/public_profiles/5a1b0000-0000-4000-8000-000000000003", 403),
        ("GET", "/v1/organizations/org-b/public_profiles", 403),
    ],
)
def test_the_copy_has_nothing_else_and_nobody_elses(copy: Copy, method: str, path: str, status: int) -> None:
    assert copy.http.request(method, path).status_code == status


def test_a_video_is_posted_only_once_it_is_prepared_and_only_for_a_day(copy: Copy) -> None:
    for seconds, code in ((0, "media_processing"), (24 * 3600 + 1, "media_gone")):
        flow = PROVIDER.publish(job(PROVIDER, film(len(recorded())), of=ALICE))
        if seconds:
            copy.sandbox.networks["snapchat"].memory.grants.tokens[copy.tokens["access_token"]].expires_at += timedelta(
                days=2
            )
        with pytest.raises(FlowError) as early:
            copy.run(ready(flow, copy.clock, seconds))
        assert early.value.problem.code == code


def test_what_cannot_be_prepared_is_never_shown(copy: Copy) -> None:
    copy.fault(kind="processing_failed", match="/media")
    with pytest.raises(FlowError) as failed:
        copy.publish()
    assert failed.value.problem.kind is Kind.MEDIA_REJECTED


@pytest.mark.parametrize("mode", ["spotlight", "story", "saved_story"])
@pytest.mark.parametrize(("fault", "outcome"), [("drop_before", Absent), ("drop_after", Found)])
def test_the_copy_tells_what_became_of_a_post_whose_answer_was_lost(
    copy: Copy, mode: str, fault: str, outcome: type
) -> None:
    settings = {"snapchatPublishMode": mode}
    wanted = job(PROVIDER, film(len(recorded())), of=ALICE, title="Us", settings=settings)
    earlier = copy.publish(title="Them", body="Else", text="Else", settings=settings)
    listed = {"stories": {"before": [{"id": earlier.id, "at": 0.0, "words": None}]}}.get(earlier.meta["kind"], {})
    copy.fault(kind=fault, method="POST", match=earlier.meta["kind"])
    with pytest.raises(LostAnswer):
        copy.run(ready(PROVIDER.publish(wanted), copy.clock))

    told = copy.run(reconcile(wanted, Doubt(step="create", intended_at=copy.clock.now, answers=listed)))
    assert isinstance(told, outcome)
    if isinstance(told, Found):
        assert [one.id for one in told.candidates] == [copy.received()[-1]["id"]]


def test_a_story_ends_after_a_day(copy: Copy) -> None:
    copy.publish(settings=STORY)
    assert len(copy.http.get(f"{MINE}/stories").json()["stories"]) == 1
    copy.clock.now += timedelta(hours=24)
    renewed = copy.exchange(grant_type="refresh_token", refresh_token=copy.tokens["refresh_token"]).json()
    head = {"Authorization": f"Bearer {renewed['access_token']}"}
    assert copy.http.get(f"{MINE}/stories", headers=head).json()["stories"] == []


def test_a_spotlight_is_looked_at_before_it_is_shown(copy: Copy) -> None:
    id = copy.publish().id
    shown = f"{MINE}/spotlights/{id}"
    assert copy.http.get(shown).json()["spotlights"][0]["spotlight"]["status"] == "SUBMITTED"
    copy.clock.now += timedelta(seconds=3)
    assert copy.http.get(shown).json()["spotlights"][0]["spotlight"]["status"] == "LIVE"


def test_a_refresh_token_works_once_and_an_access_token_for_an_hour(copy: Copy) -> None:
    renewal = {"grant_type": "refresh_token", "refresh_token": copy.tokens["refresh_token"]}
    copy.clock.now += timedelta(hours=1)
    assert copy.http.get(MINE).status_code == 401
    fresh = copy.exchange(**renewal).json()
    assert fresh["refresh_token"] != copy.tokens["refresh_token"]
    assert copy.http.get(MINE, headers={"Authorization": f"Bearer {fresh['access_token']}"}).status_code == 200
    assert copy.exchange(**renewal).status_code == 400


def test_ten_requests_a_second_are_taken_and_no_more(copy: Copy) -> None:
    copy.sandbox.networks["snapchat"].limits_enabled = True
    assert [copy.http.get(MINE).status_code for _ in range(11)] == [200] * 10 + [429]


def test_all_profiles_of_an_organisation_are_found_page_by_page(copy: Copy) -> None:
    found = copy.run(identify())
    assert [one.external_id for one in found] == [id for id, facts in PROFILES.items() if facts["owner"] == "alice"]
    assert [one.handle for one in found][1].startswith("snapchat:profile:")
    assert PROVIDER.account_metrics is not None
    told = copy.run(PROVIDER.account_metrics(ALICE))
    assert (told["followers"], told["views"]) == (321, 900)


# --- what is taken and refused over HTTP --------------------------------------------------------------------------------

LARGEST = 1 * GIB
MODES = ("spotlight", "story", "saved_story")
STORED: dict[str, Any] = {"snapchatPublishMode": "spotlight", "locale": "en_US", "skipSaveToProfile": False}
REPLY = {"interaction_type": "reply"}
SAVED = {"snapchatPublishMode": "saved_story"}


def said(**facts: Any) -> list[dict[str, Any]]:
    return [{"url": MP4, **facts}]


TABLE = Table(
    provider="snapchat",
    account_type="snapchat_public_profile",
    post={"description": "Hello", "assets": [MP4]},
    publish_shape="single_video_post",
    media_delivery="socialclaw_fetches_encrypts_and_uploads_video_to_snapchat",
    unknown_setting="snapchat_settings_unsupported",
    no_reply="snapchat_interaction_unsupported",
    media_required=True,
    fields=(
        Field(id="snapchatPublishMode", type="enum", default="spotlight", options=MODES),
        Field(id="locale", type="string", default="en_US"),
        Field(id="skipSaveToProfile", type="boolean", default=False),
    ),
    taken=(
        takes(STORED),
        takes(STORED, settings=dict.fromkeys(STORED)),
        takes({**STORED, "locale": "de_DE", "skipSaveToProfile": True}, settings={"snapchatPublishMode": "Spotlight", "locale": "de_DE", "skipSaveToProfile": 1}),
        takes(STORY, settings={"snapchatPublishMode": "STORY", "locale": "de_DE", "skipSaveToProfile": True}),
        takes(SAVED, name="a" * 45, settings={**SAVED, "locale": "de_DE"}),
        takes(STORED, description=None),
        takes(STORED, assets=said(size=LARGEST)),
        takes(STORED, assets=said(duration=5)),
        takes(STORED, assets=said(duration=300)),
        takes(STORED, assets=said(width=540, height=960)),
        takes(STORED, assets=said(width=320)),
    ),
    refused=(
        refuses("snapchat_publish_mode_invalid", {"supportedValues": list(MODES)}, settings={"snapchatPublishMode": "snap"}),
        refuses("snapchat_publish_mode_invalid", settings={"snapchatPublishMode": "snap"}, assets=None, then=["snapchat_media_required"]),
        refuses("snapchat_media_required", assets=None),
        refuses("snapchat_media_required", assets=None, then=["snapchat_interaction_unsupported"], **REPLY),
        refuses("snapchat_media_required", assets=[MP4, MP4]),
        refuses("snapchat_video_required", assets=[JPG]),
        refuses("snapchat_video_required", assets=[MOV]),
        refuses("snapchat_video_required", assets=[JPG], then=["snapchat_interaction_unsupported"], **REPLY),
        refuses("snapchat_interaction_unsupported", {"supportedValues": ["post"]}, **REPLY),
        refuses("snapchat_interaction_unsupported", assets=[MP4, MP4], then=["snapchat_media_required"], **REPLY),
        refuses("snapchat_saved_story_title_required", settings=SAVED),
        refuses("snapchat_saved_story_title_required", settings=SAVED, assets=said(size=LARGEST + 1), then=["snapchat_video_too_large"]),
        refuses("snapchat_saved_story_title_too_long", {"maxLength": 45}, name="a" * 46, settings=SAVED),
        refuses("snapchat_video_too_large", too_large(MP4, LARGEST), assets=[sized(MP4, LARGEST + 1)]),
        refuses("snapchat_video_too_large", assets=said(size=LARGEST + 1, duration=301), then=["snapchat_video_duration_invalid"]),
        refuses("snapchat_video_duration_invalid", {"duration": 4.5, "minSeconds": 5, "maxSeconds": 300}, assets=said(duration=4.5)),
        refuses("snapchat_video_duration_invalid", {"duration": 301}, assets=said(duration=301)),
        refuses("snapchat_video_duration_invalid", assets=said(duration=1, width=320, height=480), then=["snapchat_video_resolution_invalid"]),
        refuses("snapchat_video_resolution_invalid", {"width": 539, "height": 960, "minWidth": 540, "minHeight": 960}, assets=said(width=539, height=960)),
        refuses("snapchat_video_resolution_invalid", {"height": 959}, assets=said(width=540, height=959)),
    ),
)  # fmt: skip

ROWS = (Rows(tables=(TABLE,)),)
