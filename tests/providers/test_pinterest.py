"""Pinterest's flows by hand, judged by its own OpenAPI document."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from providers.contract import Absent, AssetUrl, Doubt, Effect, Found, Kind, PublishedPost, Request, Verdict, Window
from providers.pinterest import PROVIDER, create_board, post_metrics_in, reconcile
from tests.networks.samples import Sample, Shape
from tests.specs import OpenApi, load

from .flows import drive, response
from .jobs import NOW, account, draft, film, image, job, parsed, refused
from .rows import pinterest as pinterest_rows

ROWS = (pinterest_rows.ROWS,)
SAMPLES = (
    Sample(
        provider="pinterest",
        handle="pinterest:board:",
        shapes=(
            Shape(name="image", title="A pin", media=("png",), settings={"link": "https://example.com/shop"}),
            Shape(name="images", title="Some pins", media=("png", "jpg", "jpg")),
            Shape(name="video", title="A film", media=("mp4",), settings={"coverImageKeyFrameTime": 1}),
        ),
    ),
)

DOCUMENT = OpenApi(load("pinterest/openapi.trimmed.json"))
BOARD = account(PROVIDER, "549755813599")
PIN = "813744226420795885"
POST = PublishedPost(id=PIN, url=None, account=BOARD, published_at=NOW)


def judged(request: Request) -> list[str]:
    """The official document's complaints about what would be sent."""
    return DOCUMENT.request_errors(
        request.method, request.path, query=request.params, body=resolved(request.json) if request.json else None
    )


def resolved(value: Any) -> Any:
    if isinstance(value, AssetUrl):
        return "https://me.example/file.jpg"
    if isinstance(value, dict):
        return {name: resolved(one) for name, one in value.items()}
    return [resolved(one) for one in value] if isinstance(value, list) else value


CREATED = response(201, {"id": PIN})
SETTINGS = {
    "link": "https://example.com",
    "altText": "Red",
    "dominantColor": "#aabbcc",
    "boardSectionId": "4929000000001",
}


@pytest.mark.parametrize("settings", [{}, SETTINGS])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_pictures_are_fetched_by_pinterest(count: int, settings: dict[str, Any]) -> None:
    pictures = [image(number) for number in range(count)]
    calls, published = drive(
        PROVIDER.publish(job(PROVIDER, *pictures, of=BOARD, settings=settings)), {"create": CREATED}
    )
    assert [call.effect for call in calls] == [Effect.ONCE]
    assert judged(calls[0].request) == []
    assert published.url == f"https://www.pinterest.com/pin/{PIN}/"


def test_a_planted_wrong_name_is_caught() -> None:
    calls, _ = drive(PROVIDER.publish(job(PROVIDER, image(), of=BOARD)), {"create": CREATED})
    assert judged(Request("POST", "/pins", json={**calls[0].request.json, "boardId": "1"})) != []


def test_a_video_is_uploaded_first_and_waited_for() -> None:
    registered = {
        "media_id": "5",
        "media_type": "video",
        "upload_url": "https://s3.example/up",
        "upload_parameters": {"key": "k", "policy": "p"},
    }
    answers = {
        "video": response(201, registered),
        "video-bytes": response(204),
        "video-ready": (response(200, {"status": "processing"}), response(200, {"status": "succeeded"})),
        "create": CREATED,
    }
    calls, _ = drive(PROVIDER.publish(job(PROVIDER, film(), of=BOARD)), answers, provider=PROVIDER)
    assert [judged(call.request) for call in calls if "://" not in call.request.path] == [[], [], []]
    upload = calls[1].request
    assert [part.name for part in upload.parts] == ["key", "policy", "file"]
    signed = PROVIDER.sign(upload, _credential(), _app())
    assert "Authorization" not in signed.headers
    assert calls[-1].request.json["media_source"]["cover_image_key_frame_time"] == 0


def _credential() -> Any:
    from providers.contract import Credential

    return Credential({"access_token": "secret"})


def _app() -> Any:
    from providers.contract import App

    return App()


def row(**changes: Any) -> dict[str, Any]:
    usual = {
        "id": PIN,
        "title": "",
        "description": "Hello, readers.",
        "link": None,
        "created_at": "2026-11-23T12:00:05",
    }
    return {**usual, "is_owner": True, "parent_pin_id": None, **changes}


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ([row()], True),
        ([row(description="Something else")], False),
        ([row(created_at="2026-11-22T12:00:05")], False),
        ([row(parent_pin_id="1")], False),
        ([], False),
    ],
)
def test_a_lost_answer_is_looked_up_on_the_board(listed: list[Any], found: bool) -> None:
    doubt = Doubt(step="create", intended_at=NOW, answers={})
    calls, outcome = drive(
        reconcile(job(PROVIDER, image(), of=BOARD), doubt), {"pins": response(200, {"items": listed})}
    )
    assert judged(calls[0].request) == []
    assert isinstance(outcome, Found if found else Absent)


def test_what_is_asked_afterwards_is_in_the_document() -> None:
    assert PROVIDER.delete is not None
    assert PROVIDER.post_metrics is not None
    window = Window(name="7d", since=NOW - timedelta(days=7), until=NOW)
    summary = {"all": {"summary_metrics": {"IMPRESSION": 4, "SAVE": 1}}}
    asked = [
        drive(PROVIDER.delete(POST), {"delete": response(204)}),
        drive(PROVIDER.post_metrics(POST), {"metrics": response(200, {"pin_metrics": {}})}),
        drive(post_metrics_in(POST, window), {"analytics": response(200, summary)}),
        drive(create_board(BOARD, PROVIDER.actions[1].input(name="New")), {"board": response(201, {"id": "1"})}),
    ]
    assert [judged(calls[0].request) for calls, _ in asked] == [[], [], [], []]
    assert asked[2][1]["impressions"] == 4


@pytest.mark.parametrize(
    ("status", "body", "kind", "verdict"),
    [
        (401, {"code": 2, "message": "Authentication failed."}, Kind.AUTH, Verdict.REFUSED),
        (403, {"code": 29, "message": "Trial"}, Kind.PERMISSION, Verdict.REFUSED),
        (404, {"code": 50, "message": "Pin not found."}, Kind.NOT_FOUND, Verdict.REFUSED),
        (429, {"code": 8, "message": "Slow down"}, Kind.RATE_LIMITED, Verdict.REFUSED),
        (400, {"code": 1, "message": "Unable to reach the URL"}, Kind.UNAVAILABLE, Verdict.REFUSED),
        (400, {"code": 1, "message": "title is too long"}, Kind.INVALID_CONTENT, Verdict.REFUSED),
        (503, None, Kind.UNAVAILABLE, Verdict.UNKNOWN),
        (302, None, Kind.UNKNOWN, Verdict.UNKNOWN),
    ],
)
def test_what_errors_mean(status: int, body: Any, kind: Kind, verdict: Verdict) -> None:
    problem = PROVIDER.read_error(response(status, body))
    assert problem is not None
    assert (problem.kind, problem.verdict) == (kind, verdict)


@pytest.mark.parametrize(
    ("drafted", "code"),
    [
        (draft(PROVIDER, "image", interaction="reply"), "pinterest_interaction_unsupported"),
        (draft(PROVIDER, *["image"] * 6), "pinterest_media_limit_exceeded"),
        (draft(PROVIDER, "video", "image"), "pinterest_multi_video_unsupported"),
        (draft(PROVIDER, "other"), "pinterest_media_unsupported"),
        (draft(PROVIDER), "pinterest_media_required"),
        (draft(PROVIDER, *["image"] * 5), None),
        (draft(PROVIDER, "image", settings={"altText": "a" * 501}), "alt_text_too_long"),
    ],
)
def test_what_is_refused_before_it_is_sent(drafted: Any, code: str | None) -> None:
    assert refused(PROVIDER, drafted) == code


@pytest.mark.parametrize(
    ("kinds", "raw", "code"),
    [
        (("image",), {"pinMode": "poster"}, "pinterest_pin_mode_invalid"),
        (("image",), {"pinMode": "product"}, "pinterest_product_pin_beta_required"),
        (("image",), {"pinMode": "video"}, "pinterest_video_required"),
        (("video",), {"pinMode": "MULTI_IMAGE"}, "pinterest_multi_image_required"),
        (("video",), {"coverImageKeyFrameTime": "soon"}, "pinterest_cover_keyframe_invalid"),
        (("video",), {"coverImageKeyFrameTime": "nan"}, "pinterest_cover_keyframe_invalid"),
        (("image",), {"colour": "red"}, "pinterest_settings_unsupported"),
        (("image",), {"link": {"to": "https://a.example"}}, "pinterest_settings_unsupported"),
    ],
)
def test_settings_that_cannot_be(kinds: tuple[str, ...], raw: dict[str, Any], code: str) -> None:
    assert parsed(PROVIDER, draft(PROVIDER, *kinds), **raw) == code


def test_both_names_of_the_link_are_taken() -> None:
    assert (
        parsed(PROVIDER, draft(PROVIDER, "image"), destinationLink="https://a.example")["link"] == "https://a.example"
    )
