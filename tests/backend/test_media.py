"""What a file is, told by its bytes."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from backend import media
from backend.errors import AppError
from providers.contract import MediaFacts
from tests.api.files import image, png_of
from tests.films import film

MOST = 100_000_000


def probe(folder: Path, content: bytes, declared: str | None = None, max_pixels: int = MOST) -> MediaFacts:
    path = folder / "file"
    path.write_bytes(content)
    return media.probe(path, declared=declared, max_pixels=max_pixels)


def refusal(folder: Path, content: bytes, declared: str | None = None) -> str:
    with pytest.raises(AppError) as caught:
        probe(folder, content, declared)
    assert caught.value.message.endswith(".")
    return caught.value.code


def video(path: Path, frames: int = 10) -> bytes:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", (64, 48), "teal"))))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.mark.parametrize(("form", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")])  # fmt: skip
def test_pictures_are_known_by_their_bytes(tmp_path: Path, form: str, mime: str) -> None:
    facts = probe(tmp_path, image(form, (30, 20)), declared="application/octet-stream")

    assert (facts.kind, facts.mime, facts.width, facts.height) == ("image", mime, 30, 20)


def test_a_picture_taken_upright_is_measured_as_people_see_it(tmp_path: Path) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20)).save(out, "JPEG", exif=exif)

    facts = probe(tmp_path, out.getvalue())

    assert (facts.width, facts.height) == (20, 30)
    assert Image.open(io.BytesIO(media.jpeg(tmp_path / "file"))).size == (20, 30)


def test_a_video_is_measured(tmp_path: Path) -> None:
    facts = probe(tmp_path, video(tmp_path / "made.mp4"), declared="video/mp4")

    assert (facts.kind, facts.mime, facts.width, facts.height) == ("video", "video/mp4", 64, 48)
    assert facts.duration == pytest.approx(1.0, abs=0.2)
    preview = Image.open(io.BytesIO(media.preview(tmp_path / "file", "video")))
    assert (preview.format, preview.size) == ("JPEG", (64, 48))


def test_a_film_is_known_down_to_its_sound(tmp_path: Path) -> None:
    facts = probe(tmp_path, film("mov", sound="aac", rate=30, seconds=2, rotation=-90))

    assert facts == MediaFacts(
        kind="video",
        mime="video/quicktime",
        extension="mov",
        size=facts.size,
        width=48,
        height=64,
        duration=pytest.approx(2.0, abs=0.05),  # pyright: ignore[reportArgumentType]
        container="mov,mp4,m4a,3gp,3g2,mj2",
        video_codec="h264",
        pixel_format="yuv420p",
        pixel_aspect=1.0,
        frame_rate=30.0,
        rotation=-90,
        bit_rate=facts.bit_rate,
        audio_codec="aac",
        sample_rate=48_000,
        channels=2,
    )
    assert facts.size == (tmp_path / "file").stat().st_size
    assert facts.bit_rate == pytest.approx((facts.size or 0) * 8 / 2, rel=0.1)


def test_a_film_without_sound_has_none(tmp_path: Path) -> None:
    facts = probe(tmp_path, film("webm", codec="libvpx-vp9"))

    assert (facts.mime, facts.video_codec) == ("video/webm", "vp9")
    assert (facts.audio_codec, facts.sample_rate, facts.channels) == (None, None, None)


@pytest.mark.parametrize(("form", "frames", "moves"), [("GIF", 3, True), ("WEBP", 3, True), ("GIF", 1, False)])
def test_pictures_that_move_are_told_from_still_ones(tmp_path: Path, form: str, frames: int, moves: bool) -> None:
    out, first, *more = io.BytesIO(), *(Image.new("RGB", (20, 20), (90 * number, 0, 0)) for number in range(frames))
    first.save(out, form, save_all=True, append_images=more)

    assert probe(tmp_path, out.getvalue()).moves is moves


def test_what_can_be_seen_through_is_told(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("LA", (20, 20)).save(out, "PNG")

    assert probe(tmp_path, out.getvalue()).alpha
    assert not probe(tmp_path, image("PNG")).alpha


def test_the_preview_of_a_film_taken_upright_stands(tmp_path: Path) -> None:
    probe(tmp_path, film(rotation=90))

    assert Image.open(io.BytesIO(media.preview(tmp_path / "file", "video"))).size == (48, 64)


@pytest.mark.parametrize(("width", "height"), [(10_001, 10_000), (20_000, 20_000)])
def test_a_picture_over_the_limit_is_refused_without_decoding_it(tmp_path: Path, width: int, height: int) -> None:
    assert refusal(tmp_path, png_of(width, height)) == "asset_image_too_large"


def test_a_picture_at_the_limit_is_taken(tmp_path: Path) -> None:
    assert probe(tmp_path, png_of(100, 100), max_pixels=10_000).width == 100


@pytest.mark.parametrize(
    ("content", "declared", "code"),
    [
        (b"", None, "asset_empty"),
        (b"plain text", "image/png", "asset_type_mismatch"),
        (image(), "video/mp4; codecs=x", "asset_type_mismatch"),
        (image()[:60], "image/png", "asset_content_invalid"),
        (b"GIF89a", None, "asset_content_invalid"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", None, "asset_content_invalid"),
    ],
)
def test_what_is_not_what_it_says_is_refused(tmp_path: Path, content: bytes, declared: str | None, code: str) -> None:
    assert refusal(tmp_path, content, declared) == code


def test_a_picture_of_another_form_than_it_says_is_what_it_is(tmp_path: Path) -> None:
    assert probe(tmp_path, image("JPEG"), declared="image/png").mime == "image/jpeg"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


HEADS = [
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"\xff\xd8\xff\xe0",
    b"GIF89a",
    b"RIFF\0\0\0\0WEBPVP8 ",
    b"\0\0\0\x18ftypmp42",
    b"",
]


@given(head=st.sampled_from(HEADS), rest=st.binary(max_size=200))
def test_whatever_the_bytes_the_answer_is_facts_or_a_sentence(folder: Path, head: bytes, rest: bytes) -> None:
    told = ""
    try:
        told = probe(folder, head + rest).kind
    except AppError as error:
        told = error.code

    assert told.startswith(("image", "video", "audio", "other", "asset_"))
