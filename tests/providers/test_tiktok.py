"""TikTok's flows by hand."""

from __future__ import annotations

from typing import Any

import pytest

from providers.contract import (
    Absent,
    App,
    AssetUrl,
    Credential,
    Doubt,
    Effect,
    FlowError,
    Found,
    Kind,
    OAuth2,
    Request,
    Unclear,
    Verdict,
)
from providers.tiktok import PROVIDER, parts_of, photo_title, reconcile
from tests.networks.samples import NO, Sample, Shape

from .flows import drive, response
from .jobs import NOW, account, draft, film, image, job, parsed, refused
from .rows import tiktok as tiktok_rows

ROWS = (tiktok_rows.ROWS,)
SAMPLES = (
    Sample(
        provider="tiktok",
        handle="tiktok:@",
        shapes=(
            Shape(name="video", media=("mp4",), settings={"privacyLevel": "PUBLIC_TO_EVERYONE"}),
            Shape(name="photos", title="Photos", media=("png", "jpg"), settings={"privacyLevel": "PUBLIC_TO_EVERYONE"}),
        ),
        delete=NO,
    ),
)

DANCER = account(PROVIDER, "open-1", username="dancer")
SETTINGS = {"privacyLevel": "PUBLIC_TO_EVERYONE", "commentEnabled": True, "stitchEnabled": True}
MB = 1_000_000


def data(value: Any, code: str = "ok", status: int = 200) -> Any:
    return response(status, {"data": value, "error": {"code": code, "message": "said", "log_id": "1"}})


CREATOR = data(
    {
        "privacy_level_options": ["PUBLIC_TO_EVERYONE", "SELF_ONLY"],
        "stitch_disabled": True,
        "max_video_post_duration_sec": 60,
    }
)
STARTED = data({"publish_id": "v1", "upload_url": "https://up.example/1"})
DONE = data({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [7400000000000000001]})


def test_a_video_goes_up_in_parts_and_what_is_left_over_into_the_last() -> None:
    size = 25 * MB
    answers = {
        "creator": CREATOR,
        "start": STARTED,
        "part-0": response(206),
        "create": response(201),
        "published": (data({"status": "PROCESSING_DOWNLOAD"}), DONE),
    }
    flow = PROVIDER.publish(job(PROVIDER, film(size), of=DANCER, settings=SETTINGS))
    calls, published = drive(flow, answers, provider=PROVIDER)
    source = calls[1].request.json["source_info"]
    assert (source["chunk_size"], source["total_chunk_count"]) == (10 * MB, 2)
    assert calls[3].request.headers["Content-Range"] == f"bytes {10 * MB}-{size - 1}/{size}"
    assert [call.effect for call in calls[1:4]] == [Effect.REPEATABLE, Effect.REPEATABLE, Effect.ONCE]
    info = calls[1].request.json["post_info"]
    assert (info["disable_comment"], info["disable_stitch"], info["disable_duet"]) == (False, True, True)
    assert published.id == "7400000000000000001"


@pytest.mark.parametrize(
    ("size", "chunk", "found"),
    [
        (4 * MB, 10 * MB, (4 * MB, 1)),
        (19 * MB, 10 * MB, (19 * MB, 1)),
        (20 * MB, 10 * MB, (10 * MB, 2)),
        (109 * MB, 10 * MB, (10 * MB, 10)),
    ],
)
def test_the_sizes_of_parts_are_those_of_the_guide(size: int, chunk: int, found: tuple[int, int]) -> None:
    assert parts_of(size, chunk) == found


def test_photos_are_fetched_as_jpeg_and_telling_tiktok_is_the_once() -> None:
    pictures = [image(0), image(1, mime="image/png")]
    answers = {"creator": CREATOR, "create": data({"publish_id": "p1"}), "published": DONE}
    flow = PROVIDER.publish(job(PROVIDER, *pictures, of=DANCER, settings=SETTINGS))
    calls, _ = drive(flow, answers, provider=PROVIDER)
    assert calls[1].effect is Effect.ONCE
    assert calls[1].request.json["source_info"]["photo_images"] == [AssetUrl(0), AssetUrl(1, "jpeg")]


@pytest.mark.parametrize(
    ("settings", "asset", "said"),
    [
        ({"privacyLevel": "FOLLOWER_OF_CREATOR"}, film(), "privacy"),
        (SETTINGS, film(duration=61.0), "60 seconds"),
    ],
)
def test_what_the_creator_does_not_allow_is_not_sent(settings: dict[str, Any], asset: Any, said: str) -> None:
    with pytest.raises(FlowError, match=said):
        drive(PROVIDER.publish(job(PROVIDER, asset, of=DANCER, settings=settings)), {"creator": CREATOR})


def test_an_upload_address_gets_no_token() -> None:
    given = Credential({"access_token": "secret"})
    assert "Authorization" not in PROVIDER.sign(Request("PUT", "https://up.example/1"), given, App()).headers
    assert "Authorization" in PROVIDER.sign(Request("POST", "/v2/x"), given, App()).headers


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 5}, Absent),
        ({"status": "PROCESSING_DOWNLOAD"}, Found),
        ({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [74]}, Found),
        ({"status": "FAILED", "fail_reason": "internal"}, Absent),
        ({"status": "FAILED", "fail_reason": "spam_risk"}, Unclear),
    ],
)
def test_the_job_of_a_video_is_asked_itself(status: dict[str, Any], outcome: type) -> None:
    doubt = Doubt(step="create", intended_at=NOW, answers={"start": {"id": "v1", "url": "https://up.example/1"}})
    flow = reconcile(job(PROVIDER, film(10), of=DANCER, settings=SETTINGS), doubt)
    assert isinstance(drive(flow, {"status": data(status)}, provider=PROVIDER)[1], outcome)


def listed(title: str, description: str | None, seconds: float = 0) -> dict[str, Any]:
    return {
        "id": "74",
        "title": title,
        "video_description": description,
        "create_time": NOW.timestamp() + seconds,
    }


@pytest.mark.parametrize(
    ("privacy", "rows", "outcome"),
    [
        ("PUBLIC_TO_EVERYONE", [listed("Hello, readers.", "Hello, readers.")], Found),
        ("PUBLIC_TO_EVERYONE", [listed("Hello, readers.", "Other words")], Absent),
        ("PUBLIC_TO_EVERYONE", [listed("Hello, readers.", None)], Unclear),
        ("PUBLIC_TO_EVERYONE", [listed("Another", "Hello, readers.")], Absent),
        ("PUBLIC_TO_EVERYONE", [listed("Hello, readers.", "Hello, readers.", seconds=-90)], Absent),
        ("SELF_ONLY", None, Unclear),
    ],
)
def test_photos_are_looked_up_where_they_can_be_seen(privacy: str, rows: Any, outcome: type) -> None:
    flow = reconcile(
        job(PROVIDER, image(), of=DANCER, settings={"privacyLevel": privacy}),
        Doubt(step="create", intended_at=NOW, answers={}),
    )
    answers = {} if rows is None else {"videos": data({"videos": rows})}
    assert isinstance(drive(flow, answers, provider=PROVIDER)[1], outcome)


@pytest.mark.parametrize(
    ("answer", "kind", "verdict"),
    [
        (data({}, "access_token_invalid", 401), Kind.AUTH, Verdict.REFUSED),
        (data({}, "scope_not_authorized", 401), Kind.AUTH, Verdict.REFUSED),
        (data({}, "rate_limit_exceeded", 429), Kind.RATE_LIMITED, Verdict.REFUSED),
        (data({}, "spam_risk_too_many_posts", 403), Kind.QUOTA, Verdict.REFUSED),
        (data({}, "spam_risk_user_banned_from_posting", 403), Kind.PERMISSION, Verdict.REFUSED),
        (data({}, "url_ownership_unverified", 403), Kind.PERMISSION, Verdict.REFUSED),
        (data({}, "invalid_params", 400), Kind.INVALID_CONTENT, Verdict.REFUSED),
        (data({}, "invalid_params", 200), Kind.INVALID_CONTENT, Verdict.REFUSED),
        (data({}, "internal_error", 500), Kind.UNAVAILABLE, Verdict.UNKNOWN),
        (response(403), Kind.MEDIA_REJECTED, Verdict.STALE),
        (response(502), Kind.UNAVAILABLE, Verdict.UNKNOWN),
    ],
)
def test_what_errors_mean(answer: Any, kind: Kind, verdict: Verdict) -> None:
    problem = PROVIDER.read_error(answer)
    assert problem is not None
    assert (problem.kind, problem.verdict) == (kind, verdict)


@pytest.mark.parametrize(
    ("kinds", "changes", "code"),
    [
        (["video"], {"interaction": "reply"}, "tiktok_interaction_unsupported"),
        ([], {}, "tiktok_media_required"),
        (["other"], {}, "tiktok_media_unsupported"),
        (["video", "video"], {}, "tiktok_mixed_media_unsupported"),
        (["image", "video"], {}, "tiktok_mixed_media_unsupported"),
        (["image"] * 36, {}, "tiktok_photo_limit_exceeded"),
        (["image"], {"settings": {"photoCoverIndex": 1}}, "tiktok_photo_cover_index_invalid"),
        (["image"] * 35, {}, None),
    ],
)
def test_what_is_refused_before_it_is_sent(kinds: list[str], changes: dict[str, Any], code: str | None) -> None:
    assert refused(PROVIDER, draft(PROVIDER, *kinds, **changes)) == code


@pytest.mark.parametrize(
    ("title", "body", "shown"),
    [
        ("Given", "Body", "Given"),
        ("", "First line\nand more", "First line"),
        ("", "😀" * 50, "😀" * 45),
        ("", "a" + "😀" * 50, "a" + "😀" * 44),
    ],
)
def test_photos_have_as_much_of_the_first_line_as_title_as_fits(title: str, body: str, shown: str) -> None:
    assert photo_title(job(PROVIDER, image(), title=title, body=body)) == shown
    previewed = PROVIDER.shown(draft(PROVIDER, "image", title=title, body=body))
    assert (previewed.title, previewed.text) == (shown, body)


def test_photos_are_measured_by_title_and_text_and_a_video_by_both_together() -> None:
    limits = PROVIDER.limits
    photo = draft(PROVIDER, "image", title="😀" * 46, body="ab", text="😀😀\n\nab")
    assert (limits.measure_title(photo), limits.title(photo)) == (92, 90)
    assert (limits.measure(photo), limits.text(photo)) == (2, 4000)
    film = draft(PROVIDER, "video", title="😀", body="ab", text="😀\n\nab")
    assert limits.title(film) is None
    assert (limits.measure(film), limits.text(film)) == (6, 2200)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({}, "tiktok_privacy_level_required"),
        ({"privacyLevel": "public_to_everyone"}, "tiktok_privacy_level_invalid"),
        ({"privacyLevel": "SELF_ONLY", "photoCoverIndex": 1.5}, "tiktok_photo_cover_index_invalid"),
        ({"privacyLevel": "SELF_ONLY", "photoCoverIndex": 1e300}, "tiktok_photo_cover_index_invalid"),
        ({"privacyLevel": "SELF_ONLY", "commercialContentToggle": True}, "tiktok_commercial_content_required"),
        ({"privacyLevel": "SELF_ONLY", "brandContentToggle": True}, "tiktok_brand_content_private_invalid"),
        ({"privacyLevel": "SELF_ONLY", "title": "x"}, "tiktok_settings_unsupported"),
    ],
)
def test_settings_that_cannot_be(raw: dict[str, Any], code: str) -> None:
    assert parsed(PROVIDER, draft(PROVIDER, "video"), **raw) == code


def test_a_brand_makes_it_commercial() -> None:
    found = parsed(PROVIDER, draft(PROVIDER, "video"), privacyLevel="SELF_ONLY", brandOrganicToggle=1)
    assert (found["commercialContentToggle"], found["brandOrganicToggle"]) == (True, True)


# --- who it is ---------------------------------------------------------------------------------------------------------


def test_the_name_is_a_permission_of_its_own_and_the_account_connects_without_it() -> None:
    assert isinstance(PROVIDER.connect, OAuth2)
    basic = {"open_id": "open-1", "display_name": "Dancer"}
    answers = {"user": data({}, "scope_not_authorized", 401), "user-basic": data({"user": basic})}
    calls, (found,) = drive(PROVIDER.connect.identify(), answers, provider=PROVIDER)
    assert "username" in calls[0].request.params["fields"]
    assert "username" not in calls[1].request.params["fields"]
    assert (found.external_id, found.handle, found.display_name) == ("open-1", "tiktok:@open-1", "Dancer")
