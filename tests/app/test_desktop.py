"""The native window, opened on a virtual screen: it shows the program, signed in."""

from __future__ import annotations

import io
import os
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from tests.servers import require, unavailable

ROOT = Path(__file__).resolve().parents[2]
SYSTEM_PYTHON = "/usr/bin/python3"
"""The system's own Python sees the system's GTK and WebKit; others do not."""
CHOSEN_PLACE = (0xEC, 0xEE, 0xFC)
"""Behind the chosen place in the navigation, which only people who are signed in see."""
SHOWN_SECONDS = 90

pytestmark = [pytest.mark.servers, pytest.mark.timeout(150)]


@pytest.fixture
def display() -> Iterator[str]:
    xvfb, _ = require("Xvfb", "import")
    read, write = os.pipe()
    screen = subprocess.Popen(
        [xvfb, "-displayfd", str(write), "-screen", "0", "1280x900x24"], pass_fds=(write,), stderr=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read) as told:
        yield f":{told.readline().strip()}"
    screen.terminate()
    screen.wait(timeout=20)


@pytest.fixture
def system_python() -> str:
    """Has to be of the minor version that the dependencies were installed for."""
    require(SYSTEM_PYTHON)
    check = "import gi, sys; gi.require_version('WebKit2', '4.1'); print(sys.version_info[:2])"
    found = subprocess.run([SYSTEM_PYTHON, "-c", check], capture_output=True, text=True, check=False)
    ours = f"({sysconfig.get_python_version().replace('.', ', ')})"
    if found.stdout.strip() != ours:
        unavailable(f"the system's Python has no GTK with WebKit, or is not {ours}")
    return SYSTEM_PYTHON


def test_the_window_shows_the_program_signed_in(display: str, system_python: str, tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SOCIALCLAW_")},
        "DISPLAY": display,
        "HOME": str(tmp_path / "home"),
        "PYTHONPATH": f"{sysconfig.get_paths()['purelib']}{os.pathsep}{ROOT}",
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # its sandbox does not start for root
    }
    (tmp_path / "home").mkdir()
    command = [system_python, "-m", "socialclaw_app", "desktop", "--sandbox", "--data-dir", str(tmp_path / "data")]
    window = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + SHOWN_SECONDS
        while _pixels(display, CHOSEN_PLACE) < 4000:
            assert window.poll() is None, "the window closed by itself"
            assert time.monotonic() < deadline, "the program was never shown"
            time.sleep(0.5)
    finally:
        window.terminate()
        with suppress(subprocess.TimeoutExpired):
            window.wait(timeout=30)
        window.kill()


def _pixels(display: str, wanted: tuple[int, int, int]) -> int:
    taken = subprocess.run(
        ["import", "-display", display, "-window", "root", "png:-"], capture_output=True, check=False
    )
    if taken.returncode:
        return 0
    with Image.open(io.BytesIO(taken.stdout)) as picture:
        colours = picture.convert("RGB").getcolors(maxcolors=2**24) or []
    return sum(count for count, colour in colours if colour == wanted)
