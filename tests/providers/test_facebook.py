"""Facebook's flows by hand, judged by the parameters that Meta's own code generator knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from providers.contract import (
    Absent,
    App,
    Credential,
    Doubt,
    Effect,
    FlowError,
    Found,
    Kind,
    OAuth2,
    PublishedPost,
    Request,
    Unclear,
    Verdict,
)
from providers.facebook import PROVIDER, reconcile
from tests.networks.samples import IMAGE, IMAGES, NO, TEXT, VIDEO, Sample, Shape
from tests.specs import load

from .flows import drive, response
from .jobs import NOW, account, draft, film, image, job, parsed, refused
from .rows import facebook as facebook_rows
from .rows import meta as meta_rows

REMOTE = Shape(name="video by address", media=("mp4",), settings={"facebookVideoUploadMode": "remote_url"})
ROWS = (facebook_rows.ROWS, meta_rows.ROWS)
SAMPLES = (
    Sample(provider="facebook", handle="facebook:page:", shapes=(TEXT, IMAGE, IMAGES, VIDEO, REMOTE)),
    Sample(provider="meta", handle="meta:page:", shapes=(TEXT, IMAGE, VIDEO), account_metrics=NO),
)

EDGES: Mapping[str, Any] = load("meta/graph.trimmed.json")["edges"]
PAGE = account(PROVIDER, "1045")


def judged(request: Request, node: str = "Page") -> list[str]:
    """Names the official document does not know, and values of another type.

    It leaves out the file of a picture (``source``), which only the guides name.
    """
    edge = request.path.rpartition("/")[2]
    document = EDGES.get(f"{node} {request.method} {edge}")
    if document is None:
        return [f"{node} {request.method} {edge} is not in the document"]
    sent = {**request.params, **(request.form or {})}
    sent |= {part.name: part.value for part in request.parts or () if part.name != "source"}
    standard = {"fields", "limit", "since"} if request.method == "GET" else set[str]()
    found = [
        f"{name} is unknown" for name in map(_bare, sent) if name not in document["params"] and name not in standard
    ]
    for name, value in sent.items():
        kind = document["params"].get(_bare(name), {}).get("type", "")
        if kind == "bool" and value not in ("true", "false"):
            found.append(f"{name} is no bool")
        if kind in ("int", "unsigned int") and not str(value).isdigit():
            found.append(f"{name} is no number")
    return found


def _bare(name: str) -> str:
    return name.partition("[")[0]


POSTED = response(200, {"id": "1045_9"})


def test_words_alone_are_one_call() -> None:
    calls, published = drive(PROVIDER.publish(job(PROVIDER, of=PAGE)), {"create": POSTED}, provider=PROVIDER)
    assert [call.effect for call in calls] == [Effect.ONCE]
    assert judged(calls[0].request) == []
    assert published.url == "https://www.facebook.com/1045_9"


@pytest.mark.parametrize(
    "planted",
    [
        Request("POST", "/v25.0/1045/feed", form={"messsage": "x"}),
        Request("POST", "/v25.0/1045/feed", form={"message": "x", "published": "yes"}),
        Request("POST", "/v25.0/1045/videos", form={"upload_phase": "start", "filesize": "10"}),
        Request("GET", "/v25.0/1045/published_posts", params={"with_words": "x"}),
    ],
    ids=lambda request: f"{request.path} {dict(request.form or request.params)}",
)
def test_a_planted_mistake_is_caught(planted: Request) -> None:
    assert judged(planted) != []


def test_one_picture_is_posted_with_its_words() -> None:
    answers = {"create": response(200, {"id": "7", "post_id": "1045_8"})}
    calls, published = drive(PROVIDER.publish(job(PROVIDER, image(alt_text="Sea"), of=PAGE)), answers)
    assert judged(calls[0].request) == []
    assert published.id == "1045_8"


def test_several_pictures_are_staged_and_posted_at_once() -> None:
    answers = {"photo-0": response(200, {"id": "7"}), "photo-1": response(200, {"id": "8"}), "create": POSTED}
    calls, _ = drive(PROVIDER.publish(job(PROVIDER, image(0), image(1), of=PAGE)), answers)
    assert [call.effect for call in calls] == [Effect.REPEATABLE, Effect.REPEATABLE, Effect.ONCE]
    assert [judged(call.request) for call in calls] == [[], [], []]
    assert calls[2].request.form["attached_media[1]"] == '{"media_fbid":"8"}'


def offsets(start: int, end: int) -> Any:
    return response(200, {"start_offset": str(start), "end_offset": str(end)})


READY = response(200, {"status": {"video_status": "ready"}, "permalink_url": "/1045/videos/5/"})


def test_the_parts_of_a_video_are_those_that_facebook_dictates() -> None:
    """Also after a part that it wants in another way."""
    wrong = {"code": 6001, "error_subcode": 1363037, "error_data": {"start_offset": "4", "end_offset": "8"}}
    begun = {"upload_session_id": "s", "video_id": "5", "start_offset": "0", "end_offset": "6"}
    answers = {
        "start": response(200, begun),
        "part-0": response(400, {"error": wrong}),
        "part-1": offsets(8, 10),
        "part-2": offsets(10, 10),
        "create": response(200, {"success": True}),
        "processed": (response(200, {"status": {"video_status": "processing"}}), READY),
    }
    calls, published = drive(PROVIDER.publish(job(PROVIDER, film(10), of=PAGE)), answers, provider=PROVIDER)
    sent = [call.request.parts[3].value for call in calls[1:4]]
    assert [(one.start, one.stop) for one in sent] == [(0, 6), (4, 8), (8, 10)]
    assert [call.effect for call in calls[:5]] == [*[Effect.REPEATABLE] * 4, Effect.ONCE]
    assert [judged(call.request) for call in calls[:5]] == [[]] * 5
    assert (published.id, published.url) == ("5", "https://www.facebook.com/1045/videos/5/")


def test_a_finish_without_success_is_no_published_video() -> None:
    begun = {"upload_session_id": "s", "video_id": "5", "start_offset": "0", "end_offset": "0"}
    answers = {"start": response(200, begun), "create": response(200, {})}
    with pytest.raises(KeyError):
        drive(PROVIDER.publish(job(PROVIDER, film(0), of=PAGE)), answers)


def doubt(**answers: Any) -> Doubt:
    return Doubt(step="create", intended_at=NOW, answers=answers)


def listed(*rows: Mapping[str, Any]) -> dict[str, Any]:
    return {"newest": response(200, {"data": list(rows)})}


ROW = {"id": "1045_9", "message": "Hello, readers.", "created_time": "2026-11-23T12:00:05+0000"}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (ROW, True),
        ({**ROW, "message": "Another"}, False),
        ({**ROW, "created_time": "2026-11-23T11:00:05+0000"}, False),
        ({**ROW, "attachments": {"data": [{"media_type": "photo"}]}}, False),
    ],
)
def test_a_lost_answer_is_looked_up_among_the_newest_posts(row: Mapping[str, Any], found: bool) -> None:
    calls, outcome = drive(reconcile(job(PROVIDER, of=PAGE), doubt()), listed(row))
    assert judged(calls[0].request) == []
    assert isinstance(outcome, Found if found else Absent)


def test_two_pictures_without_words_cannot_be_told_apart() -> None:
    rows = [{**ROW, "id": id, "message": "", "attachments": {"data": [{}]}} for id in ("1045_1", "1045_2")]
    _, outcome = drive(reconcile(job(PROVIDER, image(), of=PAGE, text="", body=""), doubt()), listed(*rows))
    assert isinstance(outcome, Unclear)


@pytest.mark.parametrize(("published", "outcome"), [(True, Found), (False, Absent)])
def test_a_video_is_asked_itself(published: bool, outcome: type) -> None:
    answers = {"video": response(200, {"published": published, "status": {"video_status": "processing"}})}
    flow = reconcile(job(PROVIDER, film(), of=PAGE), doubt(start={"video": "5"}))
    assert isinstance(drive(flow, answers, provider=PROVIDER)[1], outcome)


def test_figures_that_cannot_be_had_are_left_out() -> None:
    assert PROVIDER.post_metrics is not None
    post = PublishedPost(id="1045_9", url=None, account=PAGE, published_at=NOW)
    no = response(400, {"error": {"code": 10, "message": "permission"}})
    answers = {"insights": no, "counts": response(200, {"reactions": {"summary": {"total_count": 3}}})}
    _, figures = drive(PROVIDER.post_metrics(post), answers, provider=PROVIDER)
    assert (figures["impressions"], figures["likes"], figures["shares"]) == (None, 3, 0)


def test_each_call_proves_that_it_knows_the_secret_of_the_app() -> None:
    signed = PROVIDER.sign(Request("GET", "/v25.0/me"), Credential({"access_token": "t"}), App("1", "s"))
    assert signed.headers["Authorization"] == "Bearer t"
    # HMAC-SHA256("s", "t"), made with openssl
    assert len(signed.params["appsecret_proof"]) == 64
    other = PROVIDER.sign(Request("GET", "/v25.0/me"), Credential({"access_token": "u"}), App("1", "s"))
    assert signed.params["appsecret_proof"] != other.params["appsecret_proof"]


def test_a_login_without_a_needed_permission_is_refused_by_name() -> None:
    assert isinstance(PROVIDER.connect, OAuth2)
    rows = [{"permission": "pages_show_list", "status": "granted"}]
    with pytest.raises(FlowError, match="pages_manage_posts"):
        drive(PROVIDER.connect.identify(), {"permissions": response(200, {"data": rows})})


def error(code: int, subcode: int = 0, status: int = 400, **more: Any) -> Any:
    return response(status, {"error": {"code": code, "error_subcode": subcode, "message": "said", **more}})


@pytest.mark.parametrize(
    ("answer", "kind", "verdict"),
    [
        (error(190, 463), Kind.AUTH, Verdict.REFUSED),
        (error(32), Kind.RATE_LIMITED, Verdict.REFUSED),
        (error(80001), Kind.RATE_LIMITED, Verdict.REFUSED),
        (error(368), Kind.QUOTA, Verdict.REFUSED),
        (error(1390, 1390008), Kind.QUOTA, Verdict.REFUSED),
        (error(506), Kind.DUPLICATE, Verdict.UNKNOWN),
        (error(100, 33), Kind.NOT_FOUND, Verdict.REFUSED),
        (error(2), Kind.UNAVAILABLE, Verdict.UNKNOWN),
        (error(100, is_transient=True), Kind.UNAVAILABLE, Verdict.UNKNOWN),
        (error(200), Kind.PERMISSION, Verdict.REFUSED),
        (error(100, 1404078), Kind.PERMISSION, Verdict.REFUSED),
        (error(100), Kind.INVALID_CONTENT, Verdict.REFUSED),
        (error(9007, 2207027), Kind.UNAVAILABLE, Verdict.REFUSED),
        (error(36001, 2207005), Kind.MEDIA_REJECTED, Verdict.REFUSED),
        (error(24, 2207020), Kind.UNAVAILABLE, Verdict.STALE),
        (response(502, text="<html>"), Kind.UNAVAILABLE, Verdict.UNKNOWN),
    ],
)
def test_what_errors_mean(answer: Any, kind: Kind, verdict: Verdict) -> None:
    problem = PROVIDER.read_error(answer)
    assert problem is not None
    assert (problem.kind, problem.verdict) == (kind, verdict)


def test_how_long_to_wait_is_read_from_the_headers() -> None:
    usage = '{"1":[{"type":"pages","estimated_time_to_regain_access":7}]}'
    body = {"error": {"code": 32, "message": "said"}}
    problem = PROVIDER.read_error(response(400, body, headers={"X-Business-Use-Case-Usage": usage}))
    assert problem is not None
    assert problem.retry_after == 420.0


@pytest.mark.parametrize(
    ("drafted", "code"),
    [
        (draft(PROVIDER, *["image"] * 11), "facebook_media_limit_exceeded"),
        (draft(PROVIDER, "image", "video"), "facebook_multi_media_unsupported"),
        (draft(PROVIDER, interaction="reply"), "facebook_interaction_unsupported"),
        (draft(PROVIDER, "image.tif"), "facebook_media_unsupported"),
        (draft(PROVIDER), None),
    ],
)
def test_what_is_refused_before_it_is_sent(drafted: Any, code: str | None) -> None:
    assert refused(PROVIDER, drafted) == code


@pytest.mark.parametrize(
    ("kinds", "mode", "fits"),
    [((), "feed", True), ((), "photo", False), (("image",), "photo", True), (("video",), "photo", False)],
)
def test_the_kind_of_post_fits_its_files(kinds: tuple[str, ...], mode: str, fits: bool) -> None:
    found = parsed(PROVIDER, draft(PROVIDER, *kinds), pagePostMode=mode)
    assert found == ({"pagePostMode": mode} if fits else "facebook_page_mode_mismatch")


def test_settings_that_cannot_be() -> None:
    assert parsed(PROVIDER, draft(PROVIDER), pagePostMode="reel") == "facebook_page_mode_invalid"
    assert parsed(PROVIDER, draft(PROVIDER), facebookVideoUploadMode="x") == "facebook_video_upload_mode_invalid"
    assert parsed(PROVIDER, draft(PROVIDER), link="x") == "facebook_page_settings_unsupported"
