"""What the server costs: resident memory after a page load, what each part adds, and how long a start takes."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import httpx2

from .running import Running, running

QUIET_SECONDS = 30
STARTS = 5
PARTS = (
    ("Python", "pass"),
    ("fastapi, uvicorn", "import fastapi, uvicorn"),
    ("sqlalchemy, alembic", "import sqlalchemy.orm, alembic.command"),
    ("nicegui", "import nicegui.ui"),
    ("pillow", "import PIL.Image"),
    ("av", "import av"),
    ("keyring, cryptography, argon2", "import keyring, argon2, cryptography.hazmat.primitives.ciphers.aead"),
    ("httpx2", "import httpx2"),
    ("our own code", "import socialclaw_app.cli, ui"),
)


def of_process(pid: int) -> float:
    """Resident MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def table() -> list[tuple[str, float]]:
    """Resident MiB of an interpreter that imports one part more at a time."""
    code, rows, before = "", [], 0.0
    for name, line in PARTS:
        code += line + "\n"
        printed = subprocess.run(
            [sys.executable, "-c", code + _SELF], check=True, capture_output=True, text=True
        ).stdout
        size = float(printed.split()[-1])
        rows.append((name, size - before))
        before = size
    return rows


_SELF = "import re; print(int(re.search(r'VmRSS:\\s+(\\d+)', open('/proc/self/status').read())[1]) / 1024)"


def measure(place: Running, folder: Path) -> dict[str, float]:
    httpx2.get(f"{place.url}/signin").raise_for_status()
    time.sleep(QUIET_SECONDS)
    resident = of_process(place.process.pid)
    with running(folder / "first") as fresh:
        first = fresh.started_after
    return {"resident MiB": resident, "first start s": first, "start s": _median_start(folder / "first")}


def _median_start(folder: Path) -> float:
    """One start alone tells more about what else the machine does."""
    found: list[float] = []
    for _ in range(STARTS):
        with running(folder) as again:
            found.append(again.started_after)
    return median(found)
