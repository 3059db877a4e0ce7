"""What people are told of their files before a post goes out, and what is refused then and there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from backend import checking, plan_json
from backend.errors import AppError
from backend.planned_media import ManagedMedia
from backend.plans import AccountFacts, Plan
from providers import rules
from providers.contract import Draft, Issue, Media, MediaFacts

from .conftest import NOON
from .strategies import BIRD, CHIRP, DIRECTORY, networks

MIB = 1024**2
PICTURES = Media(
    extensions=rules.IMAGE_EXTENSIONS,
    mimes=("image/jpeg", "image/png"),
    max_bytes=5 * MIB,
    max_width=4096,
    max_height=4096,
    max_aspect=2,
    advised=Media(min_width=100),
)
FILMS = Media(
    extensions=rules.VIDEO_EXTENSIONS,
    mimes=("video/mp4",),
    video_codecs=("h264",),
    min_seconds=1,
    max_seconds=60,
    advised=Media(max_seconds=30),
)
PICKY = replace(
    CHIRP,
    checks=(*CHIRP.checks[:3], rules.max_bytes("image", 5 * MIB, "chirp_image_too_large"), rules.known_extension("chirp_media_unsupported")),
    limits=replace(CHIRP.limits, image=PICTURES, video=FILMS),
)  # fmt: skip


@pytest.fixture(autouse=True)
def picky() -> Iterator[None]:
    with networks(PICKY):
        yield


def picture(mime: str = "image/jpeg", size: int = MIB, width: int = 1000, height: int = 800, **more: Any) -> MediaFacts:
    extension = mime.partition("/")[2]
    return MediaFacts(kind="image", mime=mime, extension=extension, size=size, width=width, height=height, **more)


def film(mime: str = "video/mp4", codec: str = "h264", seconds: float = 10.0) -> MediaFacts:
    return MediaFacts(
        kind="video", mime=mime, extension=mime.partition("/")[2], size=MIB, width=640, height=480, duration=seconds,
        video_codec=codec, pixel_format="yuv420p", frame_rate=30.0,
    )  # fmt: skip


def ours(facts: MediaFacts | None, **changes: Any) -> ManagedMedia:
    """A file of our own, under its id ``mine``."""
    known = facts or picture()
    given: dict[str, Any] = {
        "asset_id": "mine",
        "url": "https://desk.example/media/mine",
        "mime": known.mime,
        "kind": known.kind,
        "extension": known.extension,
        "size": known.size,
        "width": known.width,
        "height": known.height,
        "duration": known.duration,
        "facts": facts,
    }
    return ManagedMedia(**(given | changes))


def entry(**asset: Any) -> dict[str, Any]:
    return {"account": BIRD.handle, "description": "Hello", "assets": [{"id": "mine", **asset}]}


def checked(facts: MediaFacts | None, **asset: Any) -> Plan:
    return checking.checked_plan(
        {"posts": [entry(**asset)]}, directory=DIRECTORY, media=lambda reference: ours(facts), now=NOON
    )


def refused(facts: MediaFacts | None, **asset: Any) -> tuple[str, Mapping[str, Any]]:
    with pytest.raises(AppError) as caught:
        checked(facts, **asset)
    assert caught.value.message.endswith(".")
    return caught.value.code, caught.value.details or {}


def preview(facts: MediaFacts, account: AccountFacts = BIRD, **asset: Any) -> dict[str, Any]:
    return checking.publish_preview(entry(**asset), account, media=lambda reference: ours(facts), now=NOON)


# --- mended -------------------------------------------------------------------------------------------------------------

LARGE = picture("image/png", 9 * MIB, 8000, 6000)


@pytest.mark.parametrize(
    ("facts", "note"),
    [
        (LARGE, "The picture is fitted for Chirp: PNG → JPEG, 8000×6000 → 4096×3072, 9 MiB → at most 5 MiB."),
        (picture("image/webp"), "The picture is fitted for Chirp: WebP → JPEG."),
        (picture("image/gif"), "The picture is fitted for Chirp: GIF → JPEG."),
        (film("video/webm", "vp9"), "The video is fitted for Chirp: WebM → MP4, VP9 → H.264."),
    ],
)
def test_a_file_that_can_be_made_to_fit_is_taken_and_it_is_said_how(facts: MediaFacts, note: str) -> None:
    checked(facts)

    shown = preview(facts)
    assert shown["valid"]
    assert shown["resolved"]["notes"] == [note, *CHIRP.limitations]
    assert shown["resolved"]["warnings"] == []


def test_what_is_advised_is_told_and_keeps_nothing_back() -> None:
    checked(film(seconds=45))

    assert preview(film(seconds=45))["resolved"]["warnings"] == [
        "Chirp advises videos of at most 30 seconds; this one has 45. Cut it, or use another."
    ]


def test_settings_are_judged_beside_the_file_as_it_goes_out() -> None:
    """Some networks' settings begin with a look at the file."""

    def only_mp4(raw: Mapping[str, Any], draft: Draft) -> Mapping[str, Any] | Issue:
        wrong = draft.assets[0].extension != "mp4"
        return Issue(code="chirp_mp4_required", message="Attach an MP4.", where="assets") if wrong else {"audience": ""}

    rules_of = replace(CHIRP.settings["chirp_user"], parse=only_mp4)
    with networks(replace(PICKY, settings={"chirp_user": rules_of})):
        checked(film("video/webm", "vp9"))
        assert refused(film("video/webm", "vp9"), fit=False)[0] == "chirp_mp4_required"


# --- refused ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "code", "details"),
    [
        (picture(width=3000, height=1000), "chirp_image_aspect_invalid", {"width": 3000, "height": 1000, "aspect": 3.0, "maxAspect": 2}),
        (picture("image/gif", moves=True), "chirp_media_unsupported", {}),
        (picture("image/webp", moves=True), "chirp_image_animation_unsupported", {}),
        (film(seconds=300), "chirp_video_duration_invalid", {"duration": 300, "minSeconds": 1, "maxSeconds": 60}),
    ],
)  # fmt: skip
def test_a_file_of_ours_that_nothing_makes_fit_is_refused_with_its_numbers(
    facts: MediaFacts, code: str, details: dict[str, Any]
) -> None:
    found, told = refused(facts)

    assert found == code
    named = {"assetId": "mine", "url": "https://desk.example/media/mine"}
    assert {key: told[key] for key in (*details, *named)} == details | named
    assert preview(facts)["error"]["code"] == code


def test_the_codes_of_a_family_of_networks_begin_alike() -> None:
    family = replace(PICKY, limits=replace(PICKY.limits, codes="birds"))
    with networks(family):
        assert refused(film(seconds=300))[0] == "birds_video_duration_invalid"


def test_the_networks_own_checks_come_first() -> None:
    """Their order is what clients know."""
    with pytest.raises(AppError) as caught:
        checking.checked_plan(
            {"posts": [{**entry(), "assets": [{"id": "mine"}, {"id": "mine"}]}]},
            directory=DIRECTORY, media=lambda reference: ours(film(seconds=300)), now=NOON,
        )  # fmt: skip
    assert [issue["code"] for issue in (caught.value.details or {})["issues"]] == [
        "chirp_multi_video_unsupported",
        "chirp_video_duration_invalid",
        "chirp_video_duration_invalid",
    ]


def test_what_somebody_says_of_a_file_elsewhere_changes_nothing_but_the_size() -> None:
    """Nobody measured it: only the documented checks look at it."""
    plan = checking.checked_plan(
        {"posts": [{"account": BIRD.handle, "assets": [
            {"url": "https://files.example/a.webm", "kind": "video", "duration": 900, "width": 1, "height": 1}]}]},
        directory=DIRECTORY, media=lambda reference: None, now=NOON,
    )  # fmt: skip
    assert plan.posts[0].assets[0].facts is None

    with pytest.raises(AppError) as caught:
        checking.checked_plan(
            {"posts": [{"account": BIRD.handle, "assets": [{"url": "https://files.example/a.png", "size": 6 * MIB}]}]},
            directory=DIRECTORY, media=lambda reference: None, now=NOON,
        )  # fmt: skip
    assert caught.value.code == "chirp_image_too_large"


def test_a_file_of_ours_that_was_never_measured_is_checked_by_what_is_known() -> None:
    checked(None)

    with pytest.raises(AppError) as caught:
        checking.checked_plan(
            {"posts": [entry()]}, directory=DIRECTORY, media=lambda reference: ours(None, size=6 * MIB), now=NOON
        )
    assert caught.value.code == "chirp_image_too_large"


# --- as it is -----------------------------------------------------------------------------------------------------------


def test_a_file_is_sent_as_it_is_where_somebody_wants_that_and_it_is_said_what_may_come_of_it() -> None:
    webm = film("video/webm", "vp9")
    plan = checked(webm, fit=False)

    assert plan.posts[0].assets[0].as_is
    assert preview(webm, fit=False)["resolved"]["warnings"] == [
        "Chirp takes MP4; this video is WebM. Save it in another form. "
        "Chirp does not take the codec of this video (vp9). Export it as H.264 with AAC. "
        "It is sent as it is; Chirp may refuse it.",
    ]


def test_what_the_network_itself_refuses_is_refused_as_it_is() -> None:
    assert refused(LARGE, fit=False)[0] == "chirp_image_too_large"


def test_the_choice_survives_a_round_trip() -> None:
    plan = checked(film("video/webm", "vp9"), fit=False)
    envelope = plan_json.normalised_envelope(plan)
    again = checking.checked_plan(
        envelope, directory=DIRECTORY, media=lambda reference: ours(film("video/webm", "vp9")), now=NOON
    )

    assert again.posts[0].assets == plan.posts[0].assets
    assert "fit" not in plan_json.asset_json(checked(film()).posts[0].assets[0])


# --- what accounts can do ---------------------------------------------------------------------------------------------


def test_an_account_tells_what_its_network_takes() -> None:
    shown = checking.capability(BIRD)["media"]

    assert shown["image"] == {
        "extensions": ["jpg", "jpeg", "png", "webp"],
        "mimes": ["image/jpeg", "image/png"],
        "maxBytes": 5 * MIB,
        "maxWidth": 4096,
        "maxHeight": 4096,
        "maxAspect": 2,
        "minSeconds": None,
        "maxSeconds": None,
        "advised": {"minWidth": 100},
    }
    assert shown["fitted"] is True
    assert (shown["video"]["videoCodecs"], shown["video"]["maxSeconds"]) == (["h264"], 60)


def test_limits_that_differ_by_account_are_those_of_the_account() -> None:
    def for_account(meta: Mapping[str, Any]) -> Mapping[str, Media]:
        return {"video": replace(FILMS, max_seconds=600)} if meta.get("pays") else {}

    paying = replace(BIRD, meta={"pays": True})
    with networks(replace(PICKY, limits=replace(PICKY.limits, for_account=for_account))):
        assert checking.capability(BIRD)["media"]["video"]["maxSeconds"] == 60
        assert checking.capability(paying)["media"]["video"]["maxSeconds"] == 600
        assert preview(film(seconds=300))["error"]["code"] == "chirp_video_duration_invalid"
        assert preview(film(seconds=300), paying)["valid"]
