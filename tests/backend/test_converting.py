"""Real files made to fit, and looked at afterwards."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from backend import converting, fitting, media
from backend.errors import AppError
from backend.fitting import Fit
from providers.contract import Media, MediaFacts
from tests.api.files import image
from tests.films import film, webm

MOST = 100_000_000
YUV = Media(mimes=("video/mp4",), video_codecs=("h264",), audio_codecs=("aac",), pixel_formats=("yuv420p",))


def never() -> bool:
    return False


class Fitted:
    """A file before and after, as it lies on the disk."""

    def __init__(self, folder: Path, content: bytes, limits: Media) -> None:
        source, self.path = folder / "source", folder / "made"
        source.write_bytes(content)
        self.before = media.probe(source, declared=None, max_pixels=MOST)
        planned = fitting.plan(self.before, limits)
        assert isinstance(planned, Fit), planned
        self.fit = planned
        converting.convert(source, self.path, planned, never)
        self.after: MediaFacts = media.probe(self.path, declared=None, max_pixels=MOST)
        assert list(fitting.breaches(self.after, limits)) == []
        assert fitting.plan(self.after, limits) is None

    @property
    def picture(self) -> Image.Image:
        return Image.open(self.path)


@pytest.fixture
def fitted(tmp_path: Path) -> Callable[..., Fitted]:
    """Takes limits as a whole, or by their names."""
    return lambda content, limits=None, **named: Fitted(tmp_path, content, limits or Media(**named))


def saved(picture: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.effect_noise(size, 90).convert("RGB")


# --- pictures -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
def test_a_picture_becomes_a_jpeg(fitted: Callable[..., Fitted], form: str) -> None:
    made = fitted(image(form, (90, 60)), mimes=("image/jpeg",))

    assert (made.after.mime, made.after.width, made.after.height) == ("image/jpeg", 90, 60)


def test_what_was_transparent_is_white(fitted: Callable[..., Fitted]) -> None:
    clear = Image.new("RGBA", (40, 600), (200, 0, 0, 255))
    clear.paste((0, 0, 0, 0), (0, 300, 40, 600))
    made = fitted(saved(clear), mimes=("image/jpeg",))

    assert made.picture.getpixel((20, 550)) == (255, 255, 255)
    red = made.picture.getpixel((20, 100))
    assert isinstance(red, tuple)
    assert red[0] > 190 > 20 > red[1]
    assert "white behind what was transparent" in fitting.told("X", made.before, made.fit)


def test_a_picture_keeps_its_form_where_only_its_size_is_wrong(fitted: Callable[..., Fitted]) -> None:
    made = fitted(saved(Image.new("RGBA", (400, 300), (1, 2, 3, 0))), max_width=200)

    assert (made.after.mime, made.after.width, made.after.height, made.after.alpha) == ("image/png", 200, 150, True)


@pytest.mark.parametrize(("limits", "size"), [
    ({"max_width": 200, "max_height": 100}, (133, 100)),
    ({"max_pixels": 30_000}, (200, 150)),
    ({"max_sides": 350}, (200, 150)),
    ({"max_width": 100, "max_height": 300, "either_way": True}, (133, 100)),
])  # fmt: skip
def test_a_picture_is_made_smaller(
    fitted: Callable[..., Fitted], limits: dict[str, Any], size: tuple[int, int]
) -> None:
    made = fitted(image("JPEG", (400, 300)), **limits)

    assert (made.after.width, made.after.height) == size


def test_a_picture_taken_upright_stays_upright(fitted: Callable[..., Fitted]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made = fitted(saved(Image.new("RGB", (400, 300)), "JPEG", exif=exif), max_height=200)

    assert (made.after.width, made.after.height) == (150, 200)
    assert made.picture.getexif().get(0x0112) is None


def test_where_a_photo_was_taken_does_not_leave_with_it(fitted: Callable[..., Fitted]) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    made = fitted(saved(Image.new("RGB", (400, 300)), "JPEG", exif=exif), max_width=200)

    assert dict(made.picture.getexif()) == {}


def test_colours_keep_their_meaning(fitted: Callable[..., Fitted]) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = fitted(saved(Image.new("RGB", (40, 30)), icc_profile=profile), mimes=("image/jpeg",))

    assert made.picture.info["icc_profile"] == profile


@pytest.mark.parametrize("most", [60_000, 20_000])
def test_a_picture_gets_as_few_bytes_as_needed(fitted: Callable[..., Fitted], most: int) -> None:
    """A file of noise is the worst there is."""
    made = fitted(saved(noise((300, 300))), mimes=("image/png", "image/jpeg"), max_bytes=most)

    assert made.after.mime == "image/jpeg"
    assert most / 3 < (made.after.size or 0) <= most


def test_a_picture_that_grows_when_it_is_made_smaller_becomes_a_jpeg(fitted: Callable[..., Fitted]) -> None:
    """A PNG of few colours has few bytes, and blending makes many colours of them."""
    content = saved(noise((400, 400)).convert("P", palette=Image.Palette.ADAPTIVE, colors=8))
    made = fitted(content, max_width=360, max_bytes=len(content))

    assert made.after.mime == "image/jpeg"


def test_what_cannot_be_made_small_enough_is_said(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(saved(noise((100, 100))))
    fit = Fit(kind="image", mime="image/jpeg", width=100, height=100, max_bytes=100)

    with pytest.raises(AppError) as caught:
        converting.convert(tmp_path / "source", tmp_path / "made", fit, never)
    assert caught.value.code == "media_fit_failed"


# --- films --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "codec", "sound"),
    [
        ("webm", "libvpx", "libopus"),
        ("webm", "libvpx-vp9", "libopus"),
        ("matroska", "libx265", "libmp3lame"),
        ("mp4", "mpeg4", "libmp3lame"),
        ("avi", "mpeg4", None),
    ],
)
def test_films_of_other_forms_become_mp4(
    fitted: Callable[..., Fitted], form: str, codec: str, sound: str | None
) -> None:
    made = fitted(film(form, codec=codec, sound=sound, seconds=0.6), limits=YUV)

    assert (made.after.mime, made.after.video_codec, made.after.pixel_format) == ("video/mp4", "h264", "yuv420p")
    assert made.after.audio_codec == ("aac" if sound else None)
    assert made.after.duration == pytest.approx(0.6, abs=0.1)
    assert frames_of(made.path) == 15


def test_a_film_that_only_needs_another_container_is_copied(fitted: Callable[..., Fitted]) -> None:
    content = film("mov", sound="aac")
    made = fitted(content, limits=YUV)

    assert made.after.mime == "video/mp4"
    assert packets_of(io.BytesIO(content)) == packets_of(made.path)


def test_only_the_sound_is_encoded_where_only_the_sound_is_wrong(fitted: Callable[..., Fitted]) -> None:
    content = film("mp4", sound="libmp3lame")
    made = fitted(content, limits=YUV)

    assert made.after.audio_codec == "aac"
    assert packets_of(io.BytesIO(content), "video") == packets_of(made.path, "video")


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_a_film_taken_upright_stays_upright(fitted: Callable[..., Fitted], rotation: int) -> None:
    made = fitted(quarters(rotation), max_width=80, max_height=80)
    with av.open(str(made.path)) as container:
        frame = next(container.decode(video=0))

    assert frame.rotation == 0
    assert corners(frame.to_image()) == corners(media_preview(quarters(rotation), made.path.parent))
    assert (made.before.width, made.before.height) == ((96, 128) if rotation % 180 else (128, 96))
    assert (made.after.width, made.after.height) == ((60, 80) if rotation % 180 else (80, 60))


def test_a_copied_film_stays_turned(fitted: Callable[..., Fitted]) -> None:
    made = fitted(film("mov", rotation=-90), limits=YUV)

    assert (made.after.rotation, made.after.width, made.after.height) == (-90, 48, 64)


@pytest.mark.parametrize(
    ("rate", "limits", "expected"),
    [
        (120, {"max_frame_rate": 60}, 60.0),
        (100, {"max_frame_rate": 60}, 50.0),
        (5, {"min_frame_rate": 23, "max_frame_rate": 60}, 25.0),
    ],
)
def test_a_film_gets_another_frame_rate(
    fitted: Callable[..., Fitted], rate: int, limits: dict[str, Any], expected: float
) -> None:
    made = fitted(film(rate=rate, seconds=2, sound="aac"), **limits)

    assert made.after.frame_rate == pytest.approx(expected, rel=0.03)
    assert made.after.duration == pytest.approx(2, abs=0.1)


def test_a_film_of_wide_pixels_gets_square_ones(fitted: Callable[..., Fitted]) -> None:
    made = fitted(film(pixel_aspect=Fraction(4, 3)), square_pixels=True)

    assert (made.before.width, made.before.pixel_aspect) == (85, pytest.approx(4 / 3))
    assert (made.after.width, made.after.height, made.after.pixel_aspect) == (84, 48, 1.0)


def test_a_film_gets_as_few_bytes_as_needed(fitted: Callable[..., Fitted]) -> None:
    made = fitted(noisy_film(), max_bytes=60_000)

    assert 20_000 < (made.after.size or 0) <= 60_000


def test_an_encoded_film_can_be_played_while_it_loads_and_begins_at_zero(fitted: Callable[..., Fitted]) -> None:
    made = fitted(webm(), limits=YUV)
    content = made.path.read_bytes()

    assert content.index(b"moov") < content.index(b"mdat")
    assert b"edts" not in content
    assert content.index(b"avcC")  # the codec's settings stand in the head, not between the frames


def test_sound_that_is_too_fine_or_has_too_many_channels_is_encoded(fitted: Callable[..., Fitted]) -> None:
    made = fitted(film(sound="aac"), max_sample_rate=44_100, max_channels=1)

    assert (made.after.sample_rate, made.after.channels) == (44_100, 1)


def test_a_film_that_breaks_off_is_refused_with_a_sentence(tmp_path: Path) -> None:
    whole = film("mov")
    (tmp_path / "source").write_bytes(whole[: len(whole) // 2])
    fit = Fit(kind="video", mime="video/mp4", width=64, height=48, encode_video=True)

    with pytest.raises(AppError) as caught:
        converting.convert(tmp_path / "source", tmp_path / "made", fit, never)
    assert caught.value.code == "media_fit_failed"
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize("made", [webm, lambda: saved(noise((50, 50)))], ids=["film", "picture"])
def test_a_conversion_ends_when_it_is_told_to(tmp_path: Path, made: Callable[[], bytes]) -> None:
    (tmp_path / "source").write_bytes(made())
    kind = media.probe(tmp_path / "source", declared=None, max_pixels=MOST).kind
    assert kind in ("image", "video")
    fit = Fit(kind=kind, mime=fitting.MP4 if kind == "video" else fitting.JPEG, width=50, height=50, encode_video=True)

    with pytest.raises(converting.Stopped):
        converting.convert(tmp_path / "source", tmp_path / "made", fit, lambda: True)


# --- memory -------------------------------------------------------------------------------------------------------------

MEASURED = """
import re, sys
from pathlib import Path
from backend import converting
from backend.fitting import Fit
kind, source, target, width, height = sys.argv[1:]
fit = Fit(kind=kind, mime="video/mp4" if kind == "video" else "image/jpeg", width=int(width), height=int(height), encode_video=True, bit_rate=1_000_000)
converting.convert(Path(source), Path(target), fit, lambda: False)
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def most_memory(folder: Path, kind: str, content: bytes, width: int, height: int) -> int:
    """MiB that a process of its own has at most while it converts. What the kernel says of children counts their parent."""
    (folder / "source").write_bytes(content)
    arguments = [kind, folder / "source", folder / "made", width, height]
    command = [sys.executable, "-c", MEASURED, *map(str, arguments)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_a_long_film_needs_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    """Were its frames kept, the long one would need 60 MiB more."""
    short, long = film(size=(320, 240), seconds=1), film(size=(320, 240), seconds=20)

    most = [most_memory(tmp_path, "video", content, 160, 120) for content in (short, long)]
    assert most[1] - most[0] < 15


def test_a_large_picture_is_in_memory_once_in_each_form(tmp_path: Path) -> None:
    """Four bytes a pixel for what can be seen through, four for what is put on white, and what Python needs itself."""
    content = saved(Image.new("RGBA", (6000, 5000), (10, 20, 30, 128)), compress_level=1)

    assert most_memory(tmp_path, "image", content, 3000, 2500) < 90 + 8 * 30


# --- looking ------------------------------------------------------------------------------------------------------------


def frames_of(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def packets_of(source: Path | io.BytesIO, kind: str = "") -> list[bytes]:
    with av.open(source if isinstance(source, io.BytesIO) else str(source)) as container:
        streams = [stream for stream in container.streams if kind in ("", stream.type)]
        found = [(packet.stream.type, bytes(packet)) for packet in container.demux(streams) if packet.size]
    return [content for _, content in sorted(found, key=lambda one: one[0])]


def quarters(rotation: int) -> bytes:
    """Four fields of different brightness, so that it can be seen which way up it is."""
    out = io.BytesIO()
    picture = Image.new("RGB", (128, 96))
    for number, place in enumerate(((0, 0), (64, 0), (0, 48), (64, 48))):
        picture.paste((number * 80, number * 80, number * 80), (*place, place[0] + 64, place[1] + 48))
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        stream.set_display_rotation(rotation)
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))
    return out.getvalue()


def corners(picture: Image.Image) -> list[int]:
    """Which of the four brightnesses stands where."""
    grey = picture.convert("L")
    wide, high = grey.size
    places = [
        (wide // 4, high // 4),
        (3 * wide // 4, high // 4),
        (wide // 4, 3 * high // 4),
        (3 * wide // 4, 3 * high // 4),
    ]
    return [round(float(grey.getpixel(place)) / 80) for place in places]  # pyright: ignore[reportArgumentType]


def media_preview(content: bytes, folder: Path) -> Image.Image:
    """As the preview shows it, which is how people see it."""
    (folder / "seen").write_bytes(content)
    return Image.open(io.BytesIO(media.preview(folder / "seen", "video")))


def noisy_film() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "10", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 256, 256, "yuv420p"
        for _ in range(75):
            container.mux(stream.encode(av.VideoFrame.from_image(noise((256, 256)))))
        container.mux(stream.encode(None))
    return out.getvalue()
