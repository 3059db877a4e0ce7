"""LinkedIn's flows by hand, as a member and as a page."""

from __future__ import annotations

from typing import Any

import pytest

from providers import linkedin, linkedin_page
from providers._linkedin import little, plain
from providers.contract import Absent, Doubt, Effect, FlowError, Found, Kind, Provider, PublishedPost, Verdict
from tests.networks.samples import IMAGE, IMAGES, NO, TEXT, VIDEO, Sample

from .flows import drive, response
from .jobs import MIB, NOW, account, draft, film, image, job, parsed, refused
from .rows import linkedin as linkedin_rows
from .rows import linkedin_page as linkedin_page_rows

ROWS = (linkedin_rows.ROWS, linkedin_page_rows.ROWS)
SAMPLES = (
    Sample(
        provider="linkedin",
        handle="linkedin:member:",
        shapes=(TEXT, IMAGE, IMAGES, VIDEO),
        reconcile=NO,
        post_metrics=NO,
        account_metrics=NO,
    ),
    Sample(provider="linkedin_page", handle="linkedin:page:", shapes=(TEXT, IMAGE, IMAGES, VIDEO)),
)

MEMBER, PAGE = linkedin.PROVIDER, linkedin_page.PROVIDER
BOTH = pytest.mark.parametrize("provider", [MEMBER, PAGE], ids=["member", "page"])
URN = "urn:li:share:7300"
CREATED = response(201, headers={"x-restli-id": URN})
AVAILABLE = response(200, {"status": "AVAILABLE"})


def begun(number: int = 0) -> Any:
    return response(200, {"value": {"uploadUrl": f"https://up.example/{number}", "image": f"urn:li:image:{number}"}})


@BOTH
def test_words_alone_are_one_call_without_content(provider: Provider) -> None:
    calls, published = drive(provider.publish(job(provider)), {"create": CREATED}, provider=provider)
    body = calls[0].request.json
    assert calls[0].effect is Effect.ONCE
    assert "content" not in body
    assert calls[0].request.headers["LinkedIn-Version"] == provider.constants["version"]
    assert (published.id, published.url) == (URN, f"https://www.linkedin.com/feed/update/{URN}/")


def test_who_writes_is_the_member_or_the_page() -> None:
    calls, _ = drive(MEMBER.publish(job(MEMBER, of=account(MEMBER, "abc"))), {"create": CREATED})
    assert calls[0].request.json["author"] == "urn:li:person:abc"
    of_page = account(PAGE, "55", urn="urn:li:organization:55")
    calls, _ = drive(PAGE.publish(job(PAGE, of=of_page)), {"create": CREATED})
    assert calls[0].request.json["author"] == "urn:li:organization:55"


def test_pictures_are_uploaded_and_only_pages_may_ask_how_that_goes() -> None:
    pictures = [image(0, alt_text="Sea"), image(1)]
    answers: dict[str, Any] = {"create": CREATED}
    for number in (0, 1):
        answers |= {f"image-{number}-begin": begun(number), f"image-{number}": response(201)}
    calls, _ = drive(MEMBER.publish(job(MEMBER, *pictures)), answers)
    assert calls[-1].request.json["content"]["multiImage"]["images"] == [
        {"id": "urn:li:image:0", "altText": "Sea"},
        {"id": "urn:li:image:1"},
    ]
    answers |= {f"image-{number}-ready": AVAILABLE for number in (0, 1)}
    calls, _ = drive(PAGE.publish(job(PAGE, *pictures)), answers)
    assert len(calls) == 7


def test_a_video_goes_up_in_the_parts_that_linkedin_names() -> None:
    parts = [
        {"uploadUrl": "https://up.example/a", "firstByte": 0, "lastByte": 4 * MIB - 1},
        {"uploadUrl": "https://up.example/b", "firstByte": 4 * MIB, "lastByte": 5 * MIB - 1},
    ]
    value = {"video": "urn:li:video:1", "uploadToken": "", "uploadInstructions": parts}
    answers = {
        "video-0-begin": response(200, {"value": value}),
        "video-0-part-0": response(200, headers={"ETag": '"one"'}),
        "video-0-part-1": response(200, headers={"ETag": '"two"'}),
        "video-0-end": response(200),
        "video-0-ready": (response(200, {"status": "PROCESSING"}), AVAILABLE),
        "create": CREATED,
    }
    calls, _ = drive(PAGE.publish(job(PAGE, film(5 * MIB))), answers, provider=PAGE)
    assert [(call.request.body.start, call.request.body.stop) for call in calls[1:3]] == [
        (0, 4 * MIB),
        (4 * MIB, 5 * MIB),
    ]
    assert calls[3].request.json["finalizeUploadRequest"]["uploadedPartIds"] == ["one", "two"]
    answers["video-0-ready"] = response(200, {"status": "PROCESSING_FAILED", "processingFailureReason": "codec"})
    with pytest.raises(FlowError, match="codec"):
        drive(PAGE.publish(job(PAGE, film(5 * MIB))), answers, provider=PAGE)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain words", "plain words"),
        ("a (b) [c] {d} <e> |f| ~g~ *h* _i_ @j", r"a \(b\) \[c\] \{d\} \<e\> \|f\| \~g\~ \*h\* \_i\_ \@j"),
        ("a \\ b", r"a \\ b"),
        ("a #tag and # alone", r"a #tag and \# alone"),
        ("see https://example.com/a_b_(c) (there)", r"see https://example.com/a_b_(c) \(there\)"),
    ],
)
def test_signs_are_escaped_but_not_in_links_and_hashtags(text: str, written: str) -> None:
    assert little(text) == written
    assert plain(written) == text


ROW = {"id": URN, "commentary": "Hello, readers.", "createdAt": NOW.timestamp() * 1000 + 5000}


@pytest.mark.parametrize(
    ("row", "found"),
    [(ROW, True), ({**ROW, "commentary": "Another"}, False), ({**ROW, "createdAt": ROW["createdAt"] - 10**8}, False)],
)
def test_a_lost_answer_is_looked_up_on_the_page(row: dict[str, Any], found: bool) -> None:
    assert PAGE.reconcile is not None
    assert MEMBER.reconcile is None
    doubt = Doubt(step="create", intended_at=NOW, answers={})
    _, outcome = drive(PAGE.reconcile(job(PAGE), doubt), {"posts": response(200, {"elements": [row]})})
    assert isinstance(outcome, Found if found else Absent)


def test_only_pages_where_one_may_post_are_connected() -> None:
    roles = [
        {"organization": "urn:li:organization:1", "role": "ADMINISTRATOR"},
        {"organization": "urn:li:organization:2", "role": "ANALYST"},
    ]
    named = {"results": {"1": {"localizedName": "Works", "vanityName": "works"}}}
    answers = {"roles-0": response(200, {"elements": roles}), "pages": response(200, named)}
    _, found = drive(linkedin_page.identify(), answers)
    assert [(one.handle, one.display_name) for one in found] == [("linkedin:page:1", "Works")]


def test_a_post_nobody_has_seen_yet_has_zeros_and_not_nothing() -> None:
    assert PAGE.post_metrics is not None
    post = PublishedPost(id=URN, url=None, account=account(PAGE, "55"), published_at=NOW)
    _, figures = drive(PAGE.post_metrics(post), {"metrics": response(200, {"elements": []})})
    assert (figures["impressions"], figures["views"]) == (0, None)


@pytest.mark.parametrize(
    ("status", "body", "kind", "verdict"),
    [
        (401, {"message": "expired"}, Kind.AUTH, Verdict.REFUSED),
        (403, {"message": "ACCESS_DENIED"}, Kind.PERMISSION, Verdict.REFUSED),
        (422, {"message": f"Content is a duplicate of {URN}"}, Kind.DUPLICATE, Verdict.REFUSED),
        (400, {"code": "MEDIA_ASSET_WAITING_UPLOAD", "message": "wait"}, Kind.UNAVAILABLE, Verdict.REFUSED),
        (400, {"code": "MEDIA_ASSET_PROCESSING_FAILED", "message": "no"}, Kind.MEDIA_REJECTED, Verdict.REFUSED),
        (422, {"message": "ERROR :: /commentary"}, Kind.INVALID_CONTENT, Verdict.REFUSED),
        (426, {"message": "NONEXISTENT_VERSION"}, Kind.UNAVAILABLE, Verdict.REFUSED),
        (429, {"message": "throttled"}, Kind.RATE_LIMITED, Verdict.REFUSED),
        (503, None, Kind.UNAVAILABLE, Verdict.UNKNOWN),
        (301, None, Kind.UNKNOWN, Verdict.UNKNOWN),
    ],
)
def test_what_errors_mean(status: int, body: Any, kind: Kind, verdict: Verdict) -> None:
    problem = MEMBER.read_error(response(status, body))
    assert problem is not None
    assert (problem.kind, problem.verdict) == (kind, verdict)


def test_a_repeat_names_the_post_that_is_there() -> None:
    problem = MEMBER.read_error(response(422, {"message": f"Content is a duplicate of {URN}"}))
    assert problem is not None
    assert URN in problem.message


@pytest.mark.parametrize(
    ("kinds", "changes", "member", "page"),
    [
        ([], {"interaction": "reply"}, "linkedin_interaction_unsupported", "linkedin_page_interaction_unsupported"),
        (["image"] * 21, {}, "linkedin_media_limit_exceeded", "linkedin_media_limit_exceeded"),
        (["video", "image"], {}, "linkedin_multi_video_unsupported", "linkedin_multi_video_unsupported"),
        (["other"], {}, "linkedin_media_unsupported", "linkedin_media_unsupported"),
        (["image.tif"], {}, "linkedin_media_unsupported", None),
        ([], {}, None, None),
    ],
)
def test_what_is_refused_before_it_is_sent(
    kinds: list[str], changes: dict[str, Any], member: str | None, page: str | None
) -> None:
    assert refused(MEMBER, draft(MEMBER, *kinds, **changes)) == member
    assert refused(PAGE, draft(PAGE, *kinds, **changes)) == page


def test_there_are_no_settings() -> None:
    assert parsed(MEMBER, draft(MEMBER)) == {}
    assert parsed(MEMBER, draft(MEMBER), visibility="PUBLIC") == "linkedin_settings_unsupported"
    assert parsed(PAGE, draft(PAGE), visibility="PUBLIC") == "linkedin_page_settings_unsupported"
