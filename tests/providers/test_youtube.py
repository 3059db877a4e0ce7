"""YouTube's flows by hand, judged by its discovery document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from providers.contract import Absent, Accepted, Doubt, Effect, FlowError, Found, Kind, PublishedPost, Request, Verdict
from providers.youtube import PROVIDER, UNIT, reconcile
from tests.networks.samples import Sample, Shape
from tests.specs import load

from .flows import drive, response
from .jobs import NOW, account, draft, film, job, parsed, refused
from .rows import youtube as youtube_rows

ROWS = (youtube_rows.ROWS,)
SAMPLES = (
    Sample(
        provider="youtube",
        handle="youtube:channel:",
        shapes=(
            Shape(name="private video", title="A film", media=("mp4",)),
            Shape(name="public video", media=("mp4",), settings={"privacyStatus": "public"}),
        ),
    ),
)

DOCUMENT: Mapping[str, Any] = load("youtube/discovery.trimmed.json")
CHANNEL = account(PROVIDER, "UC1", uploads="UU1")
SESSION = "https://upload.example/session/1"
STARTED = response(200, headers={"Location": SESSION})
MADE = response(200, {"id": "vid1"})
PROCESSED = response(200, {"items": [{"id": "vid1", "status": {"uploadStatus": "processed"}}]})


def more(received: int) -> Any:
    return response(308, headers={"Range": f"bytes=0-{received - 1}"} if received else {})


def judged(request: Request) -> list[str]:
    for method in DOCUMENT["methods"].values():
        path = method.get("mediaUpload") if request.path.startswith("/upload/") else f"/youtube/v3/{_tail(method)}"
        if path == request.path and method["httpMethod"] == request.method:
            return _errors(method, request)
    return [f"{request.method} {request.path} is not in the document"]


def _tail(method: Mapping[str, Any]) -> str:
    return str(method["path"]).removeprefix("youtube/v3/")


def _errors(method: Mapping[str, Any], request: Request) -> list[str]:
    known = {*method["parameters"], "uploadType"}
    found = [f"unknown parameter {name}" for name in request.params if name not in known]
    needed = [name for name, facts in method["parameters"].items() if facts.get("required")]
    found += [f"{name} is missing" for name in needed if name not in request.params]
    schemas = DOCUMENT["schemas"]
    for part, value in (request.json or {}).items():
        schema = schemas.get({"snippet": "VideoSnippet", "status": "VideoStatus"}.get(part, ""))
        if schema is None:
            found.append(f"{part} is not a part of a video")
        else:
            found += [f"{part}.{name} is unknown" for name in value if name not in schema["properties"]]
            found += [
                f"{part}.{name} is no {one!r}"
                for name, one in value.items()
                if "enum" in schema["properties"].get(name, {}) and one not in schema["properties"][name]["enum"]
            ]
    return found


def test_the_document_knows_what_is_asked_and_a_wrong_name_is_caught() -> None:
    answers = {"start": STARTED, "create-0": MADE, "processed": PROCESSED}
    calls, _ = drive(PROVIDER.publish(job(PROVIDER, film(UNIT), of=CHANNEL)), answers, provider=PROVIDER)
    assert [judged(call.request) for call in calls if call.request.path != SESSION] == [[], []]
    start = calls[0].request
    planted = {"snippet": {**start.json["snippet"], "name": "x"}, "status": {"privacyStatus": "hidden"}}
    wrong = judged(Request("POST", start.path, params={**start.params, "notify": "1"}, json=planted))
    assert len(wrong) == 3


def test_parts_follow_what_youtube_says_it_has_and_the_last_is_the_once() -> None:
    """It had only half of the second part: the third begins there."""
    size, chunk = 4 * UNIT, 2 * UNIT
    answers = {"start": STARTED, "part-0": more(chunk - UNIT), "part-1": more(2 * chunk - UNIT), "create-2": MADE}
    seen: list[Any] = []
    flow = PROVIDER.publish(job(PROVIDER, film(size), of=CHANNEL, constants={"chunk": chunk}))
    calls, published = drive(flow, {**answers, "processed": PROCESSED}, provider=PROVIDER, seen=seen)
    ranges = [call.request.headers.get("Content-Range") for call in calls[1:4]]
    assert ranges == [
        f"bytes 0-{chunk - 1}/{size}",
        f"bytes {chunk - UNIT}-{2 * chunk - UNIT - 1}/{size}",
        f"bytes {2 * chunk - UNIT}-{size - 1}/{size}",
    ]
    assert [call.effect for call in calls[:4]] == [Effect.REPEATABLE, Effect.REPEATABLE, Effect.REPEATABLE, Effect.ONCE]
    assert Accepted(id="vid1") in seen
    assert (published.id, published.url) == ("vid1", "https://www.youtube.com/watch?v=vid1")


def test_a_video_that_youtube_cannot_process_is_no_published_one() -> None:
    failed = {"items": [{"status": {"uploadStatus": "failed", "failureReason": "codec"}}]}
    answers = {"start": STARTED, "create-0": MADE, "processed": response(200, failed)}
    with pytest.raises(FlowError, match="codec") as caught:
        drive(PROVIDER.publish(job(PROVIDER, film(UNIT), of=CHANNEL)), answers, provider=PROVIDER)
    assert caught.value.problem.kind is Kind.MEDIA_REJECTED


def doubt(**answers: Any) -> Doubt:
    return Doubt(step="create-0", intended_at=NOW, answers=answers)


def test_the_session_tells_what_became_of_the_last_part() -> None:
    started = {"start": {"url": SESSION}}
    whole = job(PROVIDER, film(UNIT), of=CHANNEL)
    calls, outcome = drive(reconcile(whole, doubt(**started)), {"probe": MADE}, provider=PROVIDER)
    assert calls[0].request.headers["Content-Range"] == f"bytes */{UNIT}"
    assert isinstance(outcome, Found)
    _, outcome = drive(reconcile(whole, doubt(**started)), {"probe": more(0)}, provider=PROVIDER)
    assert isinstance(outcome, Absent)


@pytest.mark.parametrize(("title", "found"), [("Hello, readers.", True), ("Another", False)])
def test_a_forgotten_session_leaves_the_channel_to_look_at(title: str, found: bool) -> None:
    item = {"snippet": {"title": title, "publishedAt": "2026-11-23T12:00:09Z"}, "contentDetails": {"videoId": "vid1"}}
    answers = {"probe": response(404, text="Not Found"), "uploads": response(200, {"items": [item]})}
    flow = reconcile(job(PROVIDER, film(UNIT), of=CHANNEL), doubt(start={"url": SESSION}))
    calls, outcome = drive(flow, answers, provider=PROVIDER)
    assert judged(calls[1].request) == []
    assert isinstance(outcome, Found if found else Absent)


def test_reads_and_deletes_are_in_the_document() -> None:
    post = PublishedPost(id="vid1", url=None, account=CHANNEL, published_at=NOW)
    figures = {"items": [{"statistics": {"viewCount": "7"}}]}
    assert PROVIDER.delete is not None
    assert PROVIDER.post_metrics is not None
    assert PROVIDER.account_metrics is not None
    asked = [
        drive(PROVIDER.delete(post), {"delete": response(204)}),
        drive(PROVIDER.post_metrics(post), {"statistics": response(200, figures)}),
        drive(PROVIDER.account_metrics(CHANNEL), {"channel": response(200, {"items": []})}),
    ]
    assert [judged(calls[0].request) for calls, _ in asked] == [[], [], []]
    assert (asked[1][1]["views"], asked[1][1]["likes"]) == (7.0, None)


def error(status: int, reason: str) -> Any:
    return response(status, {"error": {"code": status, "message": "said", "errors": [{"reason": reason}]}})


@pytest.mark.parametrize(
    ("answer", "kind", "verdict"),
    [
        (error(403, "quotaExceeded"), Kind.QUOTA, Verdict.REFUSED),
        (error(400, "uploadLimitExceeded"), Kind.QUOTA, Verdict.REFUSED),
        (error(429, "rateLimitExceeded"), Kind.RATE_LIMITED, Verdict.REFUSED),
        (error(401, "authError"), Kind.AUTH, Verdict.REFUSED),
        (error(401, "youtubeSignupRequired"), Kind.PERMISSION, Verdict.REFUSED),
        (error(403, "forbidden"), Kind.PERMISSION, Verdict.REFUSED),
        (error(404, "videoNotFound"), Kind.NOT_FOUND, Verdict.REFUSED),
        (error(400, "invalidTitle"), Kind.INVALID_CONTENT, Verdict.REFUSED),
        (response(404, text="Not Found"), Kind.MEDIA_REJECTED, Verdict.STALE),
        (error(503, "backendError"), Kind.UNAVAILABLE, Verdict.UNKNOWN),
    ],
)
def test_what_errors_mean(answer: Any, kind: Kind, verdict: Verdict) -> None:
    problem = PROVIDER.read_error(answer)
    assert problem is not None
    assert (problem.kind, problem.verdict) == (kind, verdict)


@pytest.mark.parametrize(
    ("drafted", "code"),
    [
        (draft(PROVIDER, "video", "video"), "provider_multi_asset_unsupported"),
        (draft(PROVIDER, "video", interaction="reply"), "youtube_interaction_unsupported"),
        (draft(PROVIDER), "youtube_video_required"),
        (draft(PROVIDER, "image"), "youtube_video_required"),
        (draft(PROVIDER, "video", body="a < b"), "youtube_text_invalid"),
        (draft(PROVIDER, "video"), None),
    ],
)
def test_what_is_refused_before_it_is_sent(drafted: Any, code: str | None) -> None:
    assert refused(PROVIDER, drafted) == code


def test_settings() -> None:
    video = draft(PROVIDER, "video")
    assert parsed(PROVIDER, video) == {"privacyStatus": "private", "notifySubscribers": False, "madeForKids": False}
    assert parsed(PROVIDER, video, privacyStatus="PUBLIC")["privacyStatus"] == "public"
    assert parsed(PROVIDER, video, privacyStatus="friends") == "youtube_privacy_status_invalid"
    assert parsed(PROVIDER, draft(PROVIDER, "image")) == "youtube_video_required"
    assert parsed(PROVIDER, video, title="x") == "youtube_settings_unsupported"
