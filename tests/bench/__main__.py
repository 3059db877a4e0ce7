from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from . import burst, calendar, memory, pace
from .running import Running, running

CEILINGS = {
    ("pace", "p50"): 0.1,
    ("pace", "p99"): 0.5,
    ("pace", "missing"): 0,
    ("pace", "doubled"): 0,
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
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=("memory", "calendar", "pace", "burst"))
    only = parser.parse_args().only
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title in ("memory", "calendar", "pace", "burst"):
            if only and title != only:
                continue
            with running(folder / title) as place:
                found = _measure(title, place, folder)
            missed += _show(title, found)
    if only in (None, "memory"):
        for part, size in memory.table():
            print(f"  {part:<34} {size:7.1f} MiB")
    return 1 if missed else 0


def _measure(title: str, place: Running, folder: Path) -> dict[str, float]:
    if title == "memory":
        return memory.measure(place, folder)
    if title == "calendar":
        return calendar.measure(place, folder / title)
    return pace.measure(place, 20.0) if title == "pace" else burst.measure(place)


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
