"""Small films of every form, made when they are wanted: some milliseconds each."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import cache

import av
from PIL import Image

SOUND_RATE = 48_000
QUICK = {name: {"deadline": "realtime", "cpu-used": "8"} for name in ("libvpx", "libvpx-vp9")}


@cache
def film(
    form: str = "mp4",
    *,
    codec: str = "libx264",
    size: tuple[int, int] = (64, 48),
    rate: int = 25,
    seconds: float = 1.0,
    pixels: str = "yuv420p",
    sound: str | None = None,
    rotation: int = 0,
    pixel_aspect: Fraction | None = None,
    colour: int = 90,
) -> bytes:
    """``codec`` and ``sound`` are names of FFmpeg's encoders; ``rotation`` is how players shall turn it, to the left."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        picture = container.add_stream(codec, rate=rate, options=QUICK.get(codec, {}))
        picture.width, picture.height, picture.pix_fmt = *size, pixels
        if pixel_aspect is not None:
            picture.codec_context.sample_aspect_ratio = pixel_aspect
        if rotation:
            picture.set_display_rotation(rotation)
        track = container.add_stream(sound, rate=SOUND_RATE, layout="stereo") if sound else None
        shown = [
            av.VideoFrame.from_image(Image.new("RGB", size, (number * 40, colour, 120))).reformat(format=pixels)
            for number in range(6)
        ]
        for number in range(round(rate * seconds)):
            frame = shown[number % len(shown)]
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        if track is not None:
            for start in range(0, round(SOUND_RATE * seconds), 960):
                container.mux(track.encode(_silence(track.format.name, start)))
            container.mux(track.encode(None))
    return out.getvalue()


def webm(**changes: object) -> bytes:
    """What browsers record: VP8 with Opus."""
    return film(**{"form": "webm", "codec": "libvpx", "sound": "libopus", **changes})  # pyright: ignore[reportArgumentType]


def _silence(form: str, start: int) -> av.AudioFrame:
    frame = av.AudioFrame(format=form, layout="stereo", samples=960)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate, frame.pts = SOUND_RATE, start
    return frame
