"""Instagram's flows by hand, with either login and behind the older one, judged by Meta's own document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from providers import instagram, instagram_business, meta
from providers.contract import Absent, AssetUrl, Doubt, Effect, FlowError, Found, Kind, OAuth2, Provider, Unclear
from tests.networks.samples import CAROUSEL, NO, Sample, Shape

from .flows import drive, response
from .jobs import NOW, account, draft, film, image, job, parsed, refused
from .rows import instagram as instagram_rows
from .rows import instagram_business as instagram_business_rows
from .test_facebook import judged

ROWS = (instagram_rows.ROWS, instagram_business_rows.ROWS)
SAMPLES = (
    Sample(
        provider="instagram_business",
        handle="instagram:business:",
        shapes=(Shape(name="picture", media=("jpg",)), CAROUSEL, Shape(name="reel", media=("mp4",))),
    ),
    Sample(
        provider="instagram",
        handle="instagram:standalone:",
        shapes=(Shape(name="picture", media=("png",)), CAROUSEL, Shape(name="reel", media=("mp4",))),
        delete=NO,
    ),
)

BOTH = pytest.mark.parametrize(
    ("provider", "node"),
    [(instagram_business.PROVIDER, "IGUser"), (instagram.PROVIDER, "IGUserForIGOnlyAPI")],
    ids=["business", "standalone"],
)
MADE = response(200, {"id": "77"})
FINISHED = response(200, {"status_code": "FINISHED"})
WORKING = response(200, {"status_code": "IN_PROGRESS"})


@BOTH
@pytest.mark.parametrize("asset", [image(alt_text="Sea"), film()], ids=["picture", "reel"])
def test_a_container_is_made_waited_for_and_published(provider: Provider, node: str, asset: Any) -> None:
    answers = {"container": MADE, "container-ready": (WORKING, FINISHED), "publish": response(200, {"id": "88"})}
    calls, published = drive(provider.publish(job(provider, asset)), answers, provider=provider)
    assert [call.effect for call in (calls[0], calls[2])] == [Effect.REPEATABLE, Effect.ONCE]
    assert judged(calls[0].request, node) == []
    assert judged(calls[2].request, "IGUser") == []
    assert calls[2].request.form == {"creation_id": "77"}
    assert (published.id, published.url) == ("88", None)


@BOTH
def test_a_carousel_is_made_of_its_children(provider: Provider, node: str) -> None:
    answers: dict[str, Any] = {"publish": response(200, {"id": "88"}), "container": MADE, "container-ready": FINISHED}
    for number in (0, 1):
        answers |= {f"child-{number}": response(200, {"id": str(number)}), f"child-{number}-ready": FINISHED}
    pictures = [image(0), image(1, mime="image/png")]
    calls, _ = drive(provider.publish(job(provider, *pictures)), answers, provider=provider)
    made = [call.request for call in calls if call.request.path.endswith("/media")]
    assert [judged(request, node) for request in made] == [[], [], []]
    assert made[1].form["image_url"] == AssetUrl(1, "jpeg")
    assert made[2].form["children"] == "0,1"


@BOTH
@pytest.mark.parametrize("planted", [{"image": "https://me.example/1.jpg"}, {"is_carousel_item": "yes"}])
def test_a_planted_mistake_is_caught(provider: Provider, node: str, planted: dict[str, str]) -> None:
    calls, _ = drive(
        provider.publish(job(provider, image())),
        {"container": MADE, "container-ready": FINISHED, "publish": response(200, {"id": "88"})},
    )
    made = calls[0].request
    assert judged(replace(made, form={**(made.form or {}), **planted}), node) != []


def test_a_file_that_instagram_cannot_take_ends_the_post() -> None:
    answers = {
        "container": MADE,
        "container-ready": response(200, {"status_code": "ERROR", "status": "Error: 2207026"}),
    }
    with pytest.raises(FlowError) as caught:
        drive(instagram.PROVIDER.publish(job(instagram.PROVIDER, film())), answers, provider=instagram.PROVIDER)
    assert (caught.value.problem.kind, caught.value.problem.code) == (Kind.MEDIA_REJECTED, "meta_2207026")


ROW = {"id": "88", "caption": "Hello, readers.", "timestamp": "2026-11-23T12:00:05+0000", "permalink": "https://i/p/1"}


@pytest.mark.parametrize(
    ("state", "rows", "outcome"),
    [
        ("FINISHED", None, Absent),
        ("EXPIRED", None, Absent),
        ("PUBLISHED", [ROW], Found),
        ("PUBLISHED", [], Unclear),
        ("PUBLISHED", [{**ROW, "caption": "Another"}], Unclear),
    ],
)
def test_the_container_knows_whether_it_was_published(state: str, rows: list[Any] | None, outcome: type) -> None:
    assert instagram.PROVIDER.reconcile is not None
    answers = {"container-state": response(200, {"status_code": state})}
    if rows is not None:
        answers["newest"] = response(200, {"data": rows})
    doubt = Doubt(step="publish", intended_at=NOW, answers={"container": {"id": "77"}})
    flow = instagram.PROVIDER.reconcile(job(instagram.PROVIDER, image()), doubt)
    assert isinstance(drive(flow, answers, provider=instagram.PROVIDER)[1], outcome)


def test_tokens_are_made_long_lived_and_renewed_by_themselves() -> None:
    how = instagram.PROVIDER.connect
    assert isinstance(how, OAuth2)
    assert how.read_token is not None
    assert how.renew is not None
    token = how.read_token(
        response(200, {"data": [{"access_token": "short", "user_id": 178414, "permissions": "a,b"}]})
    )
    assert token is not None
    assert (token.access_token, token.scopes) == ("short", ("a", "b"))  # type: ignore[union-attr]
    from providers.contract import App

    assert how.renew(App("1", "s"), {"access_token": "old"}).params["grant_type"] == "ig_refresh_token"


@pytest.mark.parametrize(
    ("kinds", "changes", "code"),
    [
        (["image"] * 11, {}, "instagram_carousel_limit_exceeded"),
        (["image", "video"], {}, "instagram_carousel_media_unsupported"),
        (["image"], {"interaction": "reply"}, "instagram_interaction_unsupported"),
        ([], {}, "instagram_media_required"),
        (["image.tif"], {}, "instagram_media_unsupported"),
        (["image"], {"text": " ".join(["#tag"] * 31)}, "instagram_hashtag_limit_exceeded"),
        (["image"], {"text": " ".join(["@you"] * 21)}, "instagram_mention_limit_exceeded"),
        (["video"], {}, None),
    ],
)
def test_what_is_refused_before_it_is_sent(kinds: list[str], changes: dict[str, Any], code: str | None) -> None:
    for provider in (instagram.PROVIDER, instagram_business.PROVIDER):
        assert refused(provider, draft(provider, *kinds, **changes)) == code


@pytest.mark.parametrize(
    ("kinds", "raw", "found"),
    [
        (["image"], {}, {"instagramPublishMode": "auto"}),
        (["video"], {"instagramPublishMode": "reel"}, {"instagramPublishMode": "reel"}),
        (["image"], {"instagramPublishMode": "reel"}, "instagram_publish_mode_mismatch"),
        (["image"], {"instagramPublishMode": "story"}, "instagram_publish_mode_invalid"),
        ([], {}, "instagram_media_required"),
        (["image"], {"caption": "x"}, "instagram_settings_unsupported"),
    ],
)
def test_settings(kinds: list[str], raw: dict[str, Any], found: Any) -> None:
    assert parsed(instagram.PROVIDER, draft(instagram.PROVIDER, *kinds), **raw) == found


def test_the_older_login_serves_both_kinds_of_account() -> None:
    provider = meta.PROVIDER
    page = draft(provider, *["image"] * 11, account_type="facebook_page")
    assert refused(provider, page) == "facebook_media_limit_exceeded"
    assert refused(provider, draft(provider, account_type="instagram_business")) == "instagram_media_required"
    assert refused(provider, draft(provider, "image.tif", account_type="facebook_page")) == "meta_media_unsupported"
    linked = account(provider, "178414")
    linked = type(linked)(external_id="178414", handle="meta:instagram:178414", account_type="instagram_business")
    answers = {"container": MADE, "container-ready": FINISHED, "publish": response(200, {"id": "88"})}
    _, published = drive(provider.publish(job(provider, image(), of=linked)), answers, provider=provider)
    assert published.id == "88"
    assert [provider.account_type_of(handle) for handle in ("meta:page:1", "meta:instagram:1", "meta:1")] == [
        "facebook_page",
        "instagram_business",
        "meta_user",
    ]
