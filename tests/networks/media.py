"""Real small files to post."""

from __future__ import annotations

from itertools import count

from tests.api.files import image
from tests.films import film, webm

_numbers = count(1)


def of(kind: str) -> tuple[bytes, str, str]:
    """Bytes, file name and type. Only the film that every network takes was sent before."""
    if kind == "mp4":
        return film(size=(540, 960), seconds=6), "film.mp4", "video/mp4"
    if kind == "webm":
        return webm(seconds=0.2, colour=next(_numbers) % 256), "film.webm", "video/webm"
    colour = f"#{next(_numbers):06x}"
    form, mime = {"png": ("PNG", "image/png"), "jpg": ("JPEG", "image/jpeg")}[kind]
    return image(form, (1080, 1080), colour), f"picture.{kind}", mime
