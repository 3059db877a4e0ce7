"""What a file is, told by its bytes: kind, size in pixels, length; and the forms networks and screens need of it.

Pure functions of files, slow ones among them: callers run them in the media threads.
"""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import filetype  # pyright: ignore[reportMissingTypeStubs]
from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import AppError

IMAGES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
VIDEOS = {"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm", "video/x-m4v": "m4v"}
EXTENSIONS = {**IMAGES, **VIDEOS}
BY_EXTENSION = {"jpeg": "image/jpeg", **{extension: mime for mime, extension in EXTENSIONS.items()}}
PREVIEW_PIXELS = 480
_HEAD = 4096
Image.MAX_IMAGE_PIXELS = None  # our own limit is asked before anything is decoded, and says what is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """``duration`` in seconds, ``width`` and ``height`` in pixels as people see them."""

    kind: Literal["image", "video", "audio", "other"]
    mime: str
    extension: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None


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
    with _opened(path) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise AppError(
                "asset_image_too_large",
                f"The image has {width} by {height} pixels; at most {max_pixels // 1_000_000} megapixels are taken. Make it smaller.",
                details={"width": width, "height": height, "maxPixels": max_pixels},
            )
        if image.getexif().get(0x0112) in (5, 6, 7, 8):
            width, height = height, width
        image.load()
    return MediaFacts(kind="image", mime=mime, extension=IMAGES[mime], width=width, height=height)


@contextmanager
def _opened(path: Path) -> Generator[Image.Image]:
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
            stream = container.streams.video[0]
            duration = container.duration / 1_000_000 if container.duration else None
            return MediaFacts(
                kind="video",
                mime=mime,
                extension=VIDEOS.get(mime, "mp4"),
                width=stream.width,
                height=stream.height,
                duration=duration,
            )
    except (FFmpegError, ValueError) as error:
        raise AppError(
            "asset_content_invalid", "The video is broken or not complete. Export it again and choose it once more."
        ) from error


def jpeg(path: Path) -> bytes:
    """Upright, on white: what networks take that know JPEG only."""
    with _opened(path) as image:
        return _encoded(_flat(image))


def preview(path: Path, kind: str, pixels: int = PREVIEW_PIXELS) -> bytes:
    """A small JPEG of an image, or of an early frame of a video."""
    if kind == "video":
        image = _flat(_frame(path))
        image.thumbnail((pixels, pixels))
        return _encoded(image)
    with _opened(path) as opened:
        opened.draft("RGB", (pixels, pixels))
        image = _flat(opened)
        image.thumbnail((pixels, pixels))
        return _encoded(image)


def _frame(path: Path) -> Image.Image:
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                return cast("Image.Image", frame.to_image())  # pyright: ignore[reportUnknownMemberType]
    except FFmpegError as error:
        raise AppError("asset_content_invalid", "No picture could be taken from the video.") from error
    raise AppError("asset_content_invalid", "No picture could be taken from the video.")


def _flat(image: Image.Image) -> Image.Image:
    image = ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(white, clear).convert("RGB")
    return image.convert("RGB")


def _encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88, optimize=True)
    return out.getvalue()
