"""What a file is, told by its bytes: kind, size in pixels, length; and the forms networks and screens need of it.

Pure functions of files, slow ones among them: callers run them in the media threads.
"""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import filetype  # pyright: ignore[reportMissingTypeStubs]
from PIL import Image, ImageOps, UnidentifiedImageError

from providers.contract import MediaFacts

from .errors import AppError

IMAGES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
VIDEOS = {"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm", "video/x-m4v": "m4v"}
EXTENSIONS = {**IMAGES, **VIDEOS}
BY_EXTENSION = {"jpeg": "image/jpeg", **{extension: mime for mime, extension in EXTENSIONS.items()}}
PREVIEW_PIXELS = 480
EVEN = 0.05
STRIP = 256
"""Rows that are put on white at a time."""
_HEAD = 4096
Image.MAX_IMAGE_PIXELS = None  # our own limit is asked before anything is decoded, and says what is wrong


def sniff(head: bytes) -> str | None:
    found: Any = filetype.guess(head)  # pyright: ignore[reportUnknownMemberType]
    return None if found is None else str(found.mime)


def probe(path: Path, *, declared: str | None, max_pixels: int) -> MediaFacts:
    """Raises AppError for files that are empty, broken, too large in pixels, or other than they say."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise AppError("asset_empty", "The file is empty. Choose another one.")
    mime = sniff(head)
    refuse_lie(declared, mime)
    return replace(_measured(path, mime, max_pixels), size=path.stat().st_size)


def _measured(path: Path, mime: str | None, max_pixels: int) -> MediaFacts:
    if mime in IMAGES:
        return _image(path, mime, max_pixels)
    if mime is not None and mime.startswith("video/"):
        return _video(path, mime)
    if mime is not None and mime.startswith("audio/"):
        return MediaFacts(kind="audio", mime=mime, extension=mime.partition("/")[2])
    return MediaFacts(kind="other", mime=mime or "application/octet-stream", extension="bin")


def refuse_lie(declared: str | None, found: str | None) -> None:
    claimed = (declared or "").partition(";")[0].strip().lower().partition("/")[0]
    if claimed in ("image", "video") and (found or "").partition("/")[0] != claimed:
        what = found or "something that is no picture or video"
        raise AppError("asset_type_mismatch", f"The file says it is {declared}, but it is {what}. Choose the right file.", details={"declared": declared, "found": found})  # fmt: skip


def _image(path: Path, mime: str, max_pixels: int) -> MediaFacts:
    with opened(path) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise AppError(
                "asset_image_too_large",
                f"The image has {width} by {height} pixels; at most {max_pixels // 1_000_000} megapixels are taken. Make it smaller.",
                details={"width": width, "height": height, "maxPixels": max_pixels},
            )
        if is_turned(image):
            width, height = height, width
        moves = mime != "image/jpeg" and getattr(image, "n_frames", 1) > 1
        alpha = has_alpha(image)
        image.load()
    extension = IMAGES[mime]
    return MediaFacts(
        kind="image", mime=mime, extension=extension, width=width, height=height, moves=moves, alpha=alpha
    )


def is_turned(image: Image.Image) -> bool:
    """The camera was held upright: what is stored lies on its side."""
    return image.getexif().get(0x0112) in (5, 6, 7, 8)


def has_alpha(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info


@contextmanager
def opened(path: Path) -> Generator[Image.Image]:
    try:
        with Image.open(path) as image:
            yield image
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise AppError(
            "asset_content_invalid", "The image is broken or not complete. Export it again and choose it once more."
        ) from error


def _video(path: Path, mime: str) -> MediaFacts:
    import av  # 16 MB of memory, which a server that never sees a video need not spend
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise AppError("asset_content_invalid", "The video has no picture. Choose another file.")
            return _film_facts(container, mime)
    except (FFmpegError, ValueError) as error:
        raise AppError(
            "asset_content_invalid", "The video is broken or not complete. Export it again and choose it once more."
        ) from error


def _film_facts(container: Any, mime: str) -> MediaFacts:
    stream, sound = container.streams.best("video"), container.streams.best("audio")
    rate, square = _frame_rate(stream), float(stream.sample_aspect_ratio or 1) or 1.0
    duration, bit_rate, format_name = container.duration, container.bit_rate, container.format.name
    width, height, codec = stream.width, stream.height, stream.codec.canonical_name
    pixel_format, rotation = stream.pix_fmt, _rotation(container)  # decoding comes last: it moves on in the file
    width = round(width * square)
    if rotation % 180:
        width, height = height, width
    return MediaFacts(
        kind="video",
        mime=mime,
        extension=VIDEOS.get(mime, "mp4"),
        width=width,
        height=height,
        duration=duration / 1_000_000 if duration else None,
        container=format_name,
        video_codec=codec,
        pixel_format=pixel_format,
        pixel_aspect=square,
        frame_rate=rate,
        rotation=rotation,
        bit_rate=bit_rate or None,
        audio_codec=None if sound is None else sound.codec.canonical_name,
        sample_rate=None if sound is None else sound.rate,
        channels=None if sound is None else sound.channels,
    )


def _frame_rate(stream: Any) -> float | None:
    """The rate a film was made at, where the frames come evenly: an average counts what stands still at either end."""
    average, even = float(stream.average_rate or 0), float(stream.base_rate or 0)
    rate = even if even and abs(average / even - 1) < EVEN else average
    return round(rate, 3) if rate else None


def _rotation(container: Any) -> int:
    """Degrees, to the left. Only pictures know it; those of some films cannot be had, which others say in time."""
    from av.error import FFmpegError

    try:
        for frame in container.decode(container.streams.best("video")):
            return int(frame.rotation)
    except (FFmpegError, ValueError):
        pass
    return 0


def jpeg(path: Path) -> bytes:
    """Upright, on white: what networks take that know JPEG only."""
    with opened(path) as image:
        return _encoded(_flat(image))


def preview(path: Path, kind: str, pixels: int = PREVIEW_PIXELS) -> bytes:
    """A small JPEG of an image, or of an early frame of a video."""
    if kind == "video":
        image = _flat(_frame(path))
        image.thumbnail((pixels, pixels))
        return _encoded(image)
    with opened(path) as large:
        large.draft("RGB", (pixels, pixels))
        image = _flat(large)
        image.thumbnail((pixels, pixels))
        return _encoded(image)


def _frame(path: Path) -> Image.Image:
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                shown = cast("Image.Image", frame.to_image())  # pyright: ignore[reportUnknownMemberType]
                return shown.rotate(frame.rotation, expand=True) if frame.rotation else shown
    except FFmpegError as error:
        raise AppError("asset_content_invalid", "No picture could be taken from the video.") from error
    raise AppError("asset_content_invalid", "No picture could be taken from the video.")


def _flat(image: Image.Image) -> Image.Image:
    return on_white(upright(image))


def upright(image: Image.Image) -> Image.Image:
    """The image itself, turned: a copy of a large one would be one too many."""
    ImageOps.exif_transpose(image, in_place=True)
    return image


def on_white(image: Image.Image) -> Image.Image:
    """What JPEG can hold. Strip by strip: several whole copies of a large picture would not fit into a small server."""
    if not has_alpha(image):
        return image if image.mode == "RGB" else image.convert("RGB")
    flat = Image.new("RGB", image.size, "white")
    for top in range(0, image.height, STRIP):
        strip = image.crop((0, top, image.width, min(image.height, top + STRIP))).convert("RGBA")
        flat.paste(strip, (0, top), strip)
    return flat


def _encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88, optimize=True)
    return out.getvalue()
