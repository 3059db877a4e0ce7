"""What a network sees of a file that it was sent: enough to refuse what its documents refuse.

Bytes that are no picture or film at all are None: they stand for files in tests that are about other things.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Literal

from PIL import Image, UnidentifiedImageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    kind: Literal["image", "video"]
    form: str
    """Pillow's or FFmpeg's name of it: JPEG, PNG, ``mov,mp4,m4a,3gp,3g2,mj2``, ``matroska,webm``."""
    size: int
    width: int
    height: int
    seconds: float = 0.0
    codec: str = ""
    pixels: str = ""
    sound: str = ""
    rate: float = 0.0

    @property
    def longer(self) -> int:
        return max(self.width, self.height)

    @property
    def shorter(self) -> int:
        return min(self.width, self.height)

    @property
    def aspect(self) -> float:
        return self.width / self.height

    @property
    def is_mp4(self) -> bool:
        return "mp4" in self.form


def seen(content: bytes) -> Seen | None:
    if not content:
        return None
    return _film(content) if _looks_like_film(content) else _picture(content)


def _looks_like_film(content: bytes) -> bool:
    return content[4:8] == b"ftyp" or (content.startswith((b"\x1a\x45\xdf\xa3", b"RIFF")) and content[8:12] != b"WEBP")


def _picture(content: bytes) -> Seen | None:
    try:
        with Image.open(io.BytesIO(content)) as image:  # reads the header only
            return Seen(
                kind="image", form=image.format or "", size=len(content), width=image.width, height=image.height
            )
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None


def _film(content: bytes) -> Seen | None:
    import av  # 16 MB of memory, which a demo without films need not spend
    from av.error import FFmpegError

    try:
        with av.open(io.BytesIO(content)) as container:
            return _measured(container, len(content)) if container.streams.video else None
    except (FFmpegError, ValueError):
        return None


def _measured(container: Any, size: int) -> Seen:
    stream, sound = container.streams.video[0], container.streams.best("audio")
    first = next(iter(container.decode(stream)), None)
    turned = first is not None and first.rotation % 180
    width, height = (stream.height, stream.width) if turned else (stream.width, stream.height)
    return Seen(
        kind="video",
        form=container.format.name,
        size=size,
        width=width,
        height=height,
        seconds=(container.duration or 0) / 1_000_000,
        codec=stream.codec.canonical_name,
        pixels=stream.pix_fmt or "",
        sound=sound.codec.canonical_name if sound is not None else "",
        rate=float(stream.average_rate or 0),
    )
