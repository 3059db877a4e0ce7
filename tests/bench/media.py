"""What it costs to make a file fit: memory that a process of its own has at most, and time, for the largest there are."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.films import film

PICTURE = (9000, 9000)
LONG, SHORT = 40, 10
"""Seconds of a film at 30 frames a second."""

_CONVERT = """
import re, sys, time
from pathlib import Path
from backend import converting, media
from backend.fitting import Fit
kind, source, target, width, height = sys.argv[1:]
mime = "video/mp4" if kind == "video" else "image/jpeg"
fit = Fit(kind=kind, mime=mime, width=int(width), height=int(height), encode_video=True, bit_rate=8_000_000)
media.probe(Path(source), declared=None, max_pixels=10**9) if kind == "video" else None
before = time.monotonic()
converting.convert(Path(source), Path(target), fit, lambda: False)
status = Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024, time.monotonic() - before)
"""


def measure(folder: Path) -> dict[str, float]:
    folder.mkdir(parents=True, exist_ok=True)
    picture, seconds = _converted(folder, "image", _picture(), (4096, 4096))
    found = {"picture bytes a pixel": picture * 1024**2 / (PICTURE[0] * PICTURE[1]), "picture s": seconds}
    short, _ = _converted(folder, "video", film(size=(1920, 1080), rate=30, seconds=SHORT), (1280, 720))
    long, seconds = _converted(folder, "video", film(size=(1920, 1080), rate=30, seconds=LONG), (1280, 720))
    found |= {"1080p MiB": long, "1080p, longer MiB more": long - short, "1080p ratio to its length": seconds / LONG}
    large, _ = _converted(folder, "video", film(size=(3840, 2160), rate=30, seconds=2), (3840, 2160))
    return {**found, "2160p MiB": large}


def _picture() -> bytes:
    """With transparency everywhere: the most that a picture can need."""
    out = io.BytesIO()
    Image.new("RGBA", PICTURE, (10, 20, 30, 128)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _converted(folder: Path, kind: str, content: bytes, size: tuple[int, int]) -> tuple[float, float]:
    """MiB and seconds."""
    (folder / "source").write_bytes(content)
    arguments = [kind, folder / "source", folder / "made", *size]
    command = [sys.executable, "-c", _CONVERT, *map(str, arguments)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(told[0]), float(told[1])
