from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from . import bulk, burst, calendar, film, media, memory, pace, pages
from .running import Running, running

CEILINGS = {
    ("pace", "p50"): 0.1,
    ("pace", "p99"): 0.5,
    ("pace", "missing"): 0,
    ("pace", "doubled"): 0,
    ("bulk", "p99"): 2.0,
    ("bulk", "missing"): 0,
    ("bulk", "doubled"): 0,
    ("burst", "ratio to the floor"): 1.5,
    ("burst", "doubled"): 0,
    ("burst", "list p99 ratio"): 5.0,
    ("calendar", "ready ratio"): 1.5,
    ("calendar", "page KB"): 300.0,
    ("calendar", "drag shown s"): 0.1,
    ("calendar", "drag confirmed s"): 0.5,
    ("memory", "resident MiB"): 170.0,
    ("memory", "start s"): 3.0,
    ("memory", "first start s"): 8.0,
    ("film", "upload grows by MiB"): 64.0,
    ("film", "youtube grows by MiB"): 64.0,
    ("film", "facebook grows by MiB"): 64.0,
    ("film", "youtube differs"): 0,
    ("film", "facebook differs"): 0,
    ("media", "picture bytes a pixel"): 9.0,
    ("media", "1080p MiB"): 250.0,
    ("media", "1080p, longer MiB more"): 20.0,
    ("media", "2160p MiB"): 600.0,
}

PARTS: dict[str, Callable[[Running, Path], dict[str, float]]] = {
    "memory": memory.measure,
    "calendar": lambda place, folder: calendar.measure(place, folder / "calendar"),
    "pages": lambda place, folder: pages.measure(place, folder / "pages"),
    "pace": lambda place, folder: pace.measure(place, 20.0),
    "bulk": lambda place, folder: bulk.measure(place, 20.0),
    "burst": lambda place, folder: burst.measure(place),
    "film": film.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=(*PARTS, "media"))
    only = parser.parse_args().only
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, measure in PARTS.items():
            if only in (None, title):
                with running(folder / title) as place:
                    missed += _show(title, measure(place, folder))
        if only in (None, "media"):
            missed += _show("media", media.measure(folder / "media"))
    if only in (None, "memory"):
        for part, size in memory.table():
            print(f"  {part:<34} {size:7.1f} MiB")
    return 1 if missed else 0


def _show(title: str, found: dict[str, float]) -> int:
    missed = 0
    print(title)
    for what, value in found.items():
        ceiling = CEILINGS.get((title, what))
        told = "" if ceiling is None else f"   at most {ceiling:g}" + ("" if value <= ceiling else "   MISSED")
        missed += ceiling is not None and value > ceiling
        print(f"  {what:<34} {value:9.3f}{told}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
