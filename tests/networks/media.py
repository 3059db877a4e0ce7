"""Real small files to post."""

from __future__ import annotations

import io
from functools import cache
from itertools import count

from tests.api.files import image

_numbers = count(1)


def of(kind: str) -> tuple[bytes, str, str]:
    """Bytes that were never sent before, file name and type."""
    if kind == "mp4":
        return film(), "film.mp4", "video/mp4"
    colour = f"#{next(_numbers):06x}"
    form, mime = {"png": ("PNG", "image/png"), "jpg": ("JPEG", "image/jpeg")}[kind]
    return image(form, (1080, 1080), colour), f"picture.{kind}", mime


@cache
def film(seconds: int = 6, width: int = 540, height: int = 960) -> bytes:
    """H.264 in MP4, upright, as phones make it."""
    import av
    from PIL import Image

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(seconds * 5):
            picture = Image.new("RGB", (width, height), (number * 7 % 255, 90, 120))
            for packet in stream.encode(av.VideoFrame.from_image(picture)):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return out.getvalue()
