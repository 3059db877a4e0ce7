"""What has to be done to a file so that a network takes it: rules that hold for every file and every limits."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import providers
from backend import fitting
from backend.fitting import Fit, Unfit, What
from providers.contract import Media, MediaFacts

MIB = 1024**2
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
FILMS = ("video/mp4", "video/quicktime", "video/webm", "video/x-m4v", "video/x-matroska", "video/x-msvideo")
CODECS = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "prores", "mjpeg")
SOUNDS = ("aac", "mp3", "opus", "vorbis", "pcm_s16le", "ac3")


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.just(()) | st.lists(st.sampled_from(values), min_size=1, unique=True).map(tuple)


sides = st.integers(1, 20_000)
pictures = st.builds(
    MediaFacts,
    kind=st.just("image"),
    mime=st.sampled_from(PICTURES),
    extension=st.just("x"),
    size=maybe(st.integers(1, 500 * MIB)),
    width=maybe(sides),
    height=maybe(sides),
    moves=st.booleans(),
    alpha=st.booleans(),
)
films = st.builds(
    MediaFacts,
    kind=st.just("video"),
    mime=st.sampled_from(FILMS),
    extension=st.just("x"),
    size=maybe(st.integers(1, 20_000 * MIB)),
    width=maybe(sides),
    height=maybe(sides),
    duration=maybe(st.floats(0.04, 20_000)),
    container=st.just("whatever"),
    video_codec=maybe(st.sampled_from(CODECS)),
    pixel_format=maybe(st.sampled_from(("yuv420p", "yuv422p", "yuv420p10le", "rgb24"))),
    pixel_aspect=maybe(st.sampled_from((1.0, 4 / 3, 0.9))),
    frame_rate=maybe(st.floats(0.5, 1000)),
    rotation=maybe(st.sampled_from((0, 90, -90, 180))),
    bit_rate=maybe(st.integers(1000, 10**9)),
    audio_codec=maybe(st.sampled_from(SOUNDS)),
    sample_rate=maybe(st.sampled_from((8000, 44_100, 48_000, 96_000))),
    channels=maybe(st.integers(1, 8)),
)
of_pictures = st.builds(
    Media,
    mimes=some(PICTURES),
    max_bytes=maybe(st.integers(1000, 100 * MIB)),
    min_width=maybe(st.integers(1, 800)),
    min_height=maybe(st.integers(1, 800)),
    max_width=maybe(st.integers(50, 9000)),
    max_height=maybe(st.integers(50, 9000)),
    either_way=st.booleans(),
    max_pixels=maybe(st.integers(1000, 10**8)),
    max_sides=maybe(st.integers(100, 20_000)),
    min_aspect=maybe(st.floats(0.01, 1)),
    max_aspect=maybe(st.floats(1, 20)),
)
of_films = st.builds(
    lambda media, **more: replace(media, **more),
    of_pictures,
    mimes=some(FILMS),
    max_bytes=maybe(st.integers(1000, 5000 * MIB)),
    min_seconds=maybe(st.floats(0.1, 10)),
    max_seconds=maybe(st.floats(10, 5000)),
    video_codecs=some(CODECS),
    pixel_formats=st.sampled_from(((), ("yuv420p",), ("yuv420p", "yuv420p10le"))),
    square_pixels=st.booleans(),
    min_frame_rate=maybe(st.floats(1, 30)),
    max_frame_rate=maybe(st.floats(30, 120)),
    max_bit_rate=maybe(st.integers(300_000, 50_000_000)),
    audio_codecs=some(SOUNDS),
    max_sample_rate=maybe(st.sampled_from((44_100, 48_000))),
    max_channels=maybe(st.integers(1, 6)),
)
any_file = st.tuples(pictures, of_pictures) | st.tuples(films, of_films)


@given(any_file)
def test_a_file_is_made_to_fit_or_it_is_said_what_is_in_the_way(given: tuple[MediaFacts, Media]) -> None:
    facts, limits = given
    planned = fitting.plan(facts, limits)
    if planned is None:
        assert list(fitting.breaches(facts, limits)) == []
    elif isinstance(planned, Unfit):
        assert planned.breaches
        for breach in planned.breaches:
            assert fitting.sentence(breach, "Chirper", facts.kind).endswith(".")
    else:
        made = fitting.after(facts, planned)
        assert list(fitting.breaches(made, limits)) == []
        assert fitting.plan(made, limits) is None, "a fitted file is left alone"
        shows_the_same(facts, made, 2 if planned.encode_video else 1)
        told = fitting.told("Chirper", facts, planned)
        assert re.fullmatch(r"The (picture|video) is fitted for Chirper: \S.*\.", told), told
    assert fitting.facts_of(fitting.facts_json(facts)) == facts


def shows_the_same(facts: MediaFacts, made: MediaFacts, step: int) -> None:
    """Never cropped but for the rounding to whole steps of pixels, never larger, never shorter, never still."""
    assert not facts.moves
    assert made.duration == facts.duration
    if facts.width and facts.height and made.width and made.height:
        assert made.width <= max(step, facts.width)
        assert made.height <= max(step, facts.height)
        least = max((made.width - step) / facts.width, (made.height - step) / facts.height)
        most = min((made.width + 2 * step) / facts.width, (made.height + 2 * step) / facts.height)
        assert least <= most, "both sides were made smaller by the same"


@given(pictures, of_pictures, of_pictures)
def test_the_same_work_has_one_name_and_other_work_another(facts: MediaFacts, one: Media, other: Media) -> None:
    a, b = fitting.plan(facts, one), fitting.plan(facts, other)
    if isinstance(a, Fit) and isinstance(b, Fit):
        assert (a.key == b.key) == (replace(a, reasons=()) == replace(b, reasons=()))


# --- examples -----------------------------------------------------------------------------------------------------------


def picture(mime: str = "image/png", size: int = MIB, width: int = 1000, height: int = 1000, **more: Any) -> MediaFacts:
    return MediaFacts(kind="image", mime=mime, extension="x", size=size, width=width, height=height, **more)


def film(**changes: Any) -> MediaFacts:
    given: dict[str, Any] = {
        "kind": "video",
        "mime": "video/mp4",
        "extension": "mp4",
        "size": MIB,
        "width": 1280,
        "height": 720,
        "duration": 10.0,
        "video_codec": "h264",
        "pixel_format": "yuv420p",
        "pixel_aspect": 1.0,
        "frame_rate": 30.0,
        "audio_codec": "aac",
        "sample_rate": 48_000,
        "channels": 2,
    }
    return MediaFacts(**(given | changes))


def fit_for(network: str, facts: MediaFacts) -> Fit | Unfit | None:
    limits = providers.get(network).limits.media(facts.kind, {})
    assert limits is not None
    return fitting.plan(facts, limits)


def test_a_large_photo_is_told_with_its_numbers() -> None:
    facts = picture("image/png", 9 * MIB + 100 * 1024, 9000, 6750)
    planned = fit_for("x", facts)
    assert isinstance(planned, Fit)
    made = replace(fitting.after(facts, planned), size=3 * MIB)

    assert fitting.told("X", facts, planned) == (
        "The picture is fitted for X: PNG → JPEG, 9000×6750 → 8192×6144, 9.1 MiB → at most 5 MiB."
    )
    assert fitting.told("X", facts, planned, made) == (
        "The picture was fitted for X: PNG → JPEG, 9000×6750 → 8192×6144, 9.1 MiB → 3 MiB."
    )


@pytest.mark.parametrize(
    ("network", "facts", "key"),
    [
        ("tiktok", picture("image/png"), "fit1-jpeg-1000x1000-b20971520"),
        ("tiktok", picture("image/jpeg"), None),
        ("tiktok", picture("image/webp", width=4000, height=3000), "fit1-webp-1440x1080-b20971520"),
        ("tiktok", picture("image/jpeg", width=3000, height=4000), "fit1-jpeg-1080x1440-b20971520"),
        ("instagram", picture("image/png"), "fit1-jpeg-1000x1000-b8388608"),
        ("instagram", picture("image/gif"), "fit1-jpeg-1000x1000-b8388608"),
        ("linkedin", picture("image/png", width=8000, height=6000), "fit1-png-6942x5207"),
        ("telegram", picture("image/jpeg", width=8000, height=6000), "fit1-jpeg-5714x4285-b10485760"),
        ("telegram", film(mime="video/webm", video_codec="vp9", audio_codec="opus"), "fit1-mp4-1280x720-b52428800-h264-r4147200-aac48000x2"),
        ("telegram", film(mime="video/quicktime"), "fit1-mp4-1280x720-copy"),
        ("x", film(mime="video/quicktime"), None),
        ("x", film(width=3840, height=2160), "fit1-mp4-1920x1080-b536870912-h264-r9331200"),
        ("x", film(width=2160, height=3840), "fit1-mp4-1080x1920-b536870912-h264-r9331200"),
        ("x", film(channels=6), "fit1-mp4-1280x720-copy-aac48000x2"),
        ("instagram", film(frame_rate=120.0), "fit1-mp4-1280x720-b314572800-h264-60fps-r8294400"),
        ("tiktok", film(frame_rate=10.0), "fit1-mp4-1280x720-b4294967296-h264-30fps-r4147200"),
        ("youtube", film(mime="video/x-matroska", video_codec="prores", width=7680, height=4320), None),
        ("wordpress", picture("image/gif", moves=True), None),
    ],
)  # fmt: skip
def test_each_network_gets_what_it_takes(network: str, facts: MediaFacts, key: str | None) -> None:
    planned = fit_for(network, facts)

    assert (planned and getattr(planned, "key", planned)) == key


@pytest.mark.parametrize(
    ("network", "facts", "what", "told"),
    [
        ("tiktok", picture("image/gif", moves=True), What.MOVES, "Use a video or a still picture."),
        ("instagram", picture(width=3000, height=1000), What.ASPECT, "Instagram takes pictures that are between 0.75 and 1.91 times as wide as high; this one has 3000×1000 pixels. Crop it."),
        ("x", film(duration=300.0), What.DURATION, "X takes videos of 0.5 to 140 seconds; this one has 300. Cut it, or use another."),
        ("tiktok", film(width=320, height=240), What.SMALL, "TikTok takes videos at least 360 pixels wide and at least 360 pixels high; this one has 320×240 pixels. Use a larger one."),
        ("discord", film(size=9000 * MIB, duration=36_000.0), What.BYTES, "Discord takes videos of at most 100 MiB; this one has 8.8 GiB. Use a smaller one."),
    ],
)  # fmt: skip
def test_what_would_change_the_picture_is_left_to_people(
    network: str, facts: MediaFacts, what: What, told: str
) -> None:
    planned = fit_for(network, facts)

    assert isinstance(planned, Unfit)
    assert [breach.what for breach in planned.breaches] == [what]
    assert fitting.sentence(planned.breaches[0], providers.get(network).name, facts.kind).endswith(told)


def test_a_film_with_too_many_bytes_gets_fewer_bits_and_fewer_pixels_where_that_looks_better() -> None:
    planned = fit_for("telegram", film(size=400 * MIB, width=1920, height=1080, duration=600.0))

    assert isinstance(planned, Fit)
    assert planned.width is not None
    assert planned.width < 1920
    assert planned.bit_rate is not None
    assert planned.bit_rate * 600 / 8 < 50 * MIB


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (film(width=540, height=960, duration=5.0), None),
        (film(width=539, height=960), "resolution_invalid"),
        (film(width=960, height=540), "resolution_invalid"),
        (film(width=540, height=960, duration=4.9), "duration_invalid"),
        (film(width=540, height=960, duration=301.0), "duration_invalid"),
        (film(width=540, height=960, duration=300.0, mime="video/quicktime"), None),
    ],
)
def test_a_network_of_upright_films_is_declared_with_the_same_few_words(facts: MediaFacts, code: str | None) -> None:
    """The ends of the codes are those that clients know from such a network."""
    upright = Media(
        extensions=("mp4",),
        mimes=("video/mp4",),
        max_bytes=1024**3,
        min_width=540,
        min_height=960,
        min_seconds=5,
        max_seconds=300,
        video_codecs=("h264",),
        audio_codecs=("aac",),
        advised=Media(min_aspect=9 / 16, max_aspect=9 / 16, max_seconds=60),
    )
    planned = fitting.plan(facts, upright)

    found = fitting.CODES[planned.breaches[0].what] if isinstance(planned, Unfit) else None
    assert found == code


@pytest.mark.parametrize("kind", ["other", "audio"])
def test_what_is_neither_picture_nor_film_is_made_into_none(kind: Any) -> None:
    facts = MediaFacts(kind=kind, mime="application/zip", extension="bin", size=10)

    for limits in (Media(mimes=("image/jpeg",)), Media(mimes=("video/mp4",))):
        assert isinstance(fitting.plan(facts, limits), Unfit)
    assert fitting.plan(facts, Media(max_width=10)) is None


def test_upright_limits_hold_for_pictures_that_lie_only_where_the_network_says_so() -> None:
    stands, lies = Media(max_width=100, max_height=200), Media(max_width=100, max_height=200, either_way=True)

    assert fitting.plan(picture(width=200, height=100), lies) is None
    assert isinstance(fitting.plan(picture(width=200, height=100), stands), Fit)


@pytest.mark.parametrize("network", sorted(providers.all_providers()))
def test_what_networks_declare_can_be_met(network: str) -> None:
    """A plain photo and a plain film go everywhere that takes their kind, one of them lying or upright; a declaration that
    nothing meets is a slip."""
    provider = providers.get(network)
    recorded = {"mime": "video/x-matroska", "video_codec": "vp9", "audio_codec": "opus"}
    plain = [[picture("image/png")], [film(**recorded), film(**recorded, width=720, height=1280)]]
    for kind in provider.accounts:
        for either in plain:
            limits = provider.limits_of(kind.id).media(either[0].kind, {})
            assert limits is None or not all(isinstance(fitting.plan(facts, limits), Unfit) for facts in either)


def test_advice_is_one_step_deep() -> None:
    """What is advised is said as it stands: limits inside of it would be said nowhere."""
    for provider in providers.all_providers().values():
        for media in (provider.limits.image, provider.limits.video):
            advised = media.advised if media else None
            assert advised is None or advised.advised is None
            assert advised is None or any(getattr(advised, field.name) for field in fields(advised))
