"""Files made to fit, from one file to another: pictures by Pillow, films by FFmpeg (through PyAV).

Slow, and bounded in memory: a picture is held decoded once in each of its two forms, a film a few frames at a time. Callers run
this in threads of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from . import media
from .errors import AppError
from .fitting import JPEG, PNG, SOUND_BITS, WRITTEN, Fit

FINE = 95
"""Of JPEGs that are encoded once more and shall not show it."""
QUALITIES = (90, 84, 78, 70)
"""Below, fewer pixels look better than coarser ones."""
SMALLEST_PICTURE = 64
"""Pixels of the shorter side: what has more bytes than allowed even so is no picture of this world."""
LEAST_SHRINK = 0.9
CRF, PRESET = 20, "veryfast"
KEYFRAME_SECONDS = 2
LIMITED = 1
"""Brightness from 16 to 235, as players expect it: FFmpeg's number for it."""
TRIES = 3
"""How often a film is encoded again with fewer bits when it came out too large."""
THREADS = 4


class Stopped(Exception):
    """Somebody wanted the conversion to end before it was done."""


def convert(source: Path, target: Path, fit: Fit, stopped: Callable[[], bool]) -> None:
    """Write what ``fit`` says to ``target``. Raises AppError for what cannot be made, and Stopped."""
    if fit.kind == "image":
        _picture(source, target, fit, stopped)
    else:
        _film(source, target, fit, stopped)


# --- pictures -----------------------------------------------------------------------------------------------------------


def _picture(source: Path, target: Path, fit: Fit, stopped: Callable[[], bool]) -> None:
    with media.opened(source) as image:
        wanted = (fit.width or image.width, fit.height or image.height)
        # A JPEG is decoded at a half, a quarter or an eighth where that is enough.
        image.draft("RGB", (wanted[1], wanted[0]) if media.is_turned(image) else wanted)
        icc = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA", "P") else None
        made = media.upright(image)
        if fit.mime == JPEG:
            # Before it is made smaller: blending needs a copy of what can be seen through.
            made = media.on_white(made)
        if made is not image:
            image.close()  # its pixels; there is room for one large picture, not for two
        if made.size != wanted:
            made = resized(made, wanted)
        if fit.mime != JPEG:
            _save(made, target, fit.mime, 90, icc)
            if fit.max_bytes is None or target.stat().st_size <= fit.max_bytes:
                return
            made = media.on_white(made)
        _within(made, target, fit.max_bytes, icc, stopped)


def cut(source: Path, target: Path, place: Callable[[int, int], tuple[int, int, int, int]]) -> None:
    """A part of a picture, in its form where we write that. ``place`` tells left, top, right and bottom from the sides of
    the picture as people see it. Raises AppError for what moves."""
    with media.opened(source) as image:
        several = image.format == "MPO"  # a JPEG with other pictures behind it, as phones make them
        if getattr(image, "n_frames", 1) > 1 and not several:
            raise _impossible("A moving picture cannot be cropped here. Crop it where it was made.")
        mime = JPEG if several else Image.MIME.get(image.format or "", PNG)
        icc = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA", "P") else None
        image.load()
        made = media.upright(image)
        part = made.crop(place(*made.size))
        _save(part, target, mime if mime in WRITTEN else PNG, FINE, icc)


def _within(image: Image.Image, target: Path, most: int | None, icc: bytes | None, stopped: Callable[[], bool]) -> None:
    """A JPEG as good as the bytes allow: coarser first, then smaller."""
    while True:
        size = 0
        for quality in QUALITIES:
            if stopped():
                raise Stopped
            _save(image, target, JPEG, quality, icc)
            size = target.stat().st_size
            if most is None or size <= most:
                return
        factor = min(LEAST_SHRINK, math.sqrt((most or size) / size))
        smaller = (max(1, int(image.width * factor)), max(1, int(image.height * factor)))
        if min(smaller) < min(SMALLEST_PICTURE, *image.size):
            raise _impossible("The picture has too many bytes however small it is made. Export it anew.")
        image = resized(image, smaller)


def _save(image: Image.Image, target: Path, mime: str, quality: int, icc: bytes | None) -> None:
    form = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}[mime]
    options: dict[str, Any] = {"icc_profile": icc} if icc else {}
    if form != "PNG":
        options["quality"] = quality
    image.save(target, form, **options)


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Modes with a palette or a single bit cannot be blended."""
    if image.mode in ("P", "1"):
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)  # pyright: ignore[reportUnknownMemberType]


# --- films --------------------------------------------------------------------------------------------------------------


def _film(source: Path, target: Path, fit: Fit, stopped: Callable[[], bool]) -> None:
    from av.error import FFmpegError

    rate = fit.bit_rate
    try:
        for _ in range(TRIES):
            _write_film(source, target, fit, rate, stopped)
            size = target.stat().st_size
            if not fit.encode_video or fit.max_bytes is None or rate is None or size <= fit.max_bytes:
                return
            rate = int(rate * 0.95 * fit.max_bytes / size)
    except (FFmpegError, ValueError) as error:
        raise _impossible("The video could not be converted. Export it as MP4 with H.264 and AAC.") from error
    raise _impossible("The video could not be made small enough. Export it with fewer bits a second.")


def _write_film(source: Path, target: Path, fit: Fit, rate: int | None, stopped: Callable[[], bool]) -> None:
    import av  # as in ``media``: a server that never sees a video need not spend the memory

    # Edit lists are what some networks do not take; our own encodings begin at zero and need none.
    options = {"movflags": "+faststart", **({"use_editlist": "0"} if fit.encode_video else {})}
    with av.open(str(source)) as origin, av.open(str(target), "w", format="mp4", options=options) as out:
        lanes = _lanes(origin, out, fit, rate)
        for packet in origin.demux([lane.stream for lane in lanes.values()]):
            if stopped():
                raise Stopped
            for made in lanes[packet.stream.index].take(packet):
                out.mux(made)  # pyright: ignore[reportUnknownMemberType]
        for lane in lanes.values():
            for made in lane.rest():
                out.mux(made)  # pyright: ignore[reportUnknownMemberType]


class Lane(Protocol):
    """One stream on its way from one file to the other: packets in, packets out."""

    stream: Any

    def take(self, packet: Any) -> Iterator[Any]: ...

    def rest(self) -> Iterator[Any]:
        """What is still inside at the end."""
        ...


def _lanes(origin: Any, out: Any, fit: Fit, rate: int | None) -> dict[int, Lane]:
    """By the number of the stream they take. Subtitles and data stay behind."""
    picture, sound = origin.streams.best("video"), origin.streams.best("audio")
    picture.thread_type = "AUTO"
    lanes: dict[int, Lane] = {}
    lanes[picture.index] = _Picture(picture, out, fit, rate) if fit.encode_video else _Copy(picture, out)
    if sound is not None:
        lanes[sound.index] = _Sound(sound, out, fit) if fit.encode_audio else _Copy(sound, out)
    return lanes


class _Copy:
    def __init__(self, stream: Any, out: Any) -> None:
        self.stream = stream
        self.made = out.add_stream_from_template(stream)

    def take(self, packet: Any) -> Iterator[Any]:
        if packet.dts is not None:  # the last one is empty: it only says that there are no more
            packet.stream = self.made
            yield packet

    def rest(self) -> Iterator[Any]:
        yield from ()


class _Picture:
    """Decoded, turned upright, scaled, evened in time, encoded."""

    def __init__(self, stream: Any, out: Any, fit: Fit, rate: int | None) -> None:
        self.stream = stream
        self.fit = fit
        frames = Fraction(fit.frame_rate).limit_denominator(1001) if fit.frame_rate else _rate_of(stream)
        self.frames = frames
        self.made = out.add_stream("libx264", rate=frames, options=self._options(rate))
        self.made.width, self.made.height, self.made.pix_fmt = fit.width, fit.height, "yuv420p"
        codec = self.made.codec_context
        codec.thread_count = THREADS
        codec.time_base = 1 / frames
        codec.gop_size = max(1, round(frames * KEYFRAME_SECONDS))
        codec.sample_aspect_ratio = Fraction(1, 1)
        codec.color_range = LIMITED
        for name in ("colorspace", "color_primaries", "color_trc"):
            setattr(codec, name, getattr(stream.codec_context, name))
        self.graph: Any = None
        self.like: tuple[Any, ...] = ()

    def _options(self, rate: int | None) -> dict[str, str]:
        limited = {} if rate is None else {"maxrate": str(rate), "bufsize": str(rate * 2)}
        # Without B-frames the first picture is shown at zero, so that no edit list has to say so.
        return {"preset": PRESET, "crf": str(CRF), "profile": "high", "bf": "0", "rc-lookahead": "5", **limited}

    def take(self, packet: Any) -> Iterator[Any]:
        for frame in packet.decode():
            yield from self._encode(self._filtered(frame))

    def rest(self) -> Iterator[Any]:
        if self.graph is not None:
            yield from self._encode(self._flushed())
        yield from self.made.encode(None)

    def _encode(self, frames: Iterator[Any]) -> Iterator[Any]:
        for frame in frames:
            frame.pict_type = 0  # the encoder chooses
            yield from self.made.encode(frame)

    def _filtered(self, frame: Any) -> Iterator[Any]:
        like = (frame.width, frame.height, frame.format.name)
        if like != self.like:  # the first one, or a stream that changes its size on the way
            if self.graph is not None:
                yield from self._flushed()
            self.graph, self.like = self._graph(frame), like
        self.graph.push(frame)
        yield from self._ready()

    def _ready(self) -> Iterator[Any]:
        from av.error import BlockingIOError, EOFError

        while True:
            try:
                yield self.graph.pull()
            except (BlockingIOError, EOFError):
                return

    def _flushed(self) -> Iterator[Any]:
        self.graph.push(None)
        yield from self._ready()

    def _graph(self, frame: Any) -> Any:
        import av.filter

        graph = av.filter.Graph()
        steps = [graph.add_buffer(template=self.stream, width=frame.width, height=frame.height, format=frame.format)]
        steps += [graph.add(name, arguments) for name, arguments in self._steps(frame.rotation)]
        steps.append(graph.add("buffersink"))
        graph.link_nodes(*steps).configure()
        return graph

    def _steps(self, rotation: int) -> Iterator[tuple[str, str]]:
        quarter = round(rotation / 90) % 4
        turn = {1: "cclock", 3: "clock"}.get(quarter)
        if turn:
            yield "transpose", turn
        elif quarter == 2:
            yield from (("hflip", ""), ("vflip", ""))
        yield "scale", f"{self.fit.width}:{self.fit.height}:flags=bicubic:out_range=limited"
        yield "setsar", "1"
        yield "fps", f"fps={self.frames.numerator}/{self.frames.denominator}"
        yield "format", "yuv420p"


class _Sound:
    def __init__(self, stream: Any, out: Any, fit: Fit) -> None:
        from av import AudioResampler

        self.stream = stream
        layout = "mono" if fit.channels == 1 else "stereo"
        self.made = out.add_stream("aac", rate=fit.sample_rate, layout=layout)
        self.made.bit_rate = SOUND_BITS
        self.resampler = AudioResampler(
            format=self.made.format, layout=layout, rate=fit.sample_rate, frame_size=self.made.frame_size or 1024
        )

    def take(self, packet: Any) -> Iterator[Any]:
        for frame in packet.decode():
            for even in self.resampler.resample(frame):
                yield from self.made.encode(even)

    def rest(self) -> Iterator[Any]:
        for even in self.resampler.resample(None):
            yield from self.made.encode(even)
        yield from self.made.encode(None)


def _rate_of(stream: Any) -> Fraction:
    """Screens are recorded at thousands of moments a second; players take what they can show."""
    rate = stream.average_rate or stream.guessed_rate or Fraction(30)
    return Fraction(rate).limit_denominator(1001) if 1 <= rate <= 240 else Fraction(30)


def _impossible(message: str) -> AppError:
    return AppError("media_fit_failed", message)
