"""Rules of the repository itself: what may be committed and what must stay true of its layout."""

import re
import subprocess
from pathlib import Path

import packaging
import pytest

ROOT = Path(__file__).parent.parent

# Written in two halves, so that this file does not contain what it looks for.
REGISTRIES = [
    "py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js.org", "registry.yarn" + "pkg.com",
    "deb.deb" + "ian.org", "security.deb" + "ian.org", "archive.ubu" + "ntu.com",
]  # fmt: skip
FOLDERS = ["wo" + "rk", "ro" + "ot", r"ho" + r"me/\w[\w-]*", r"Us" + r"ers/\w[\w-]*"]
MACHINE_PATHS = re.compile(rf"(?<![\w.~$}}>/-])/(?:{'|'.join(FOLDERS)})/(?=[\w.])")


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_the_packaging_folder_does_not_hide_the_library() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()
    assert packaging.__file__ is not None
    assert "site-packages" in Path(packaging.__file__).parts


def test_no_committed_file_names_a_registry_or_a_path_of_one_machine() -> None:
    found: list[str] = []
    for path in committed():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # an image, a font, a film
        for number, line in enumerate(lines, 1):
            if any(host in line for host in REGISTRIES) or MACHINE_PATHS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("before", ["", "see ", "'", "=", "file:"])
@pytest.mark.parametrize("path", ["/wo" + "rk/main/x", "/ro" + "ot/.config", "/ho" + "me/ada/x", "/Us" + "ers/ada/x"])
def test_a_path_of_one_machine_is_recognised(before: str, path: str) -> None:
    assert MACHINE_PATHS.search(before + path)


@pytest.mark.parametrize("before", ["a", "https://host.example", "${DATA}", "../.."])
def test_the_same_words_elsewhere_are_left_alone(before: str) -> None:
    assert not MACHINE_PATHS.search(f"{before}/wo" + "rk/x")


def test_every_make_command_in_the_readme_exists() -> None:
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("no README yet")
    # Commands stand in code: after a back-tick, or at the start of a line of a code block.
    told = set(re.findall(r"(?m)(?:`|^\s*(?:\$ )?)make ([a-z][a-z-]*)", readme.read_text(encoding="utf-8")))
    targets = set(re.findall(r"(?m)^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    assert told <= targets, f"not in the Makefile: {sorted(told - targets)}"


def test_browser_tests_stand_where_they_are_looked_for() -> None:
    looked_in = re.search(
        r"(?m)^\t.* -m browser .*?((?: tests/\w+)+)$", (ROOT / "Makefile").read_text(encoding="utf-8")
    )
    assert looked_in is not None
    folders = {ROOT / folder for folder in looked_in[1].split()}
    marked = {path for path in (ROOT / "tests").rglob("test_*.py") if "pytest.mark." + "browser" in path.read_text()}
    assert {path for path in marked if path.parent not in folders} == set()
