"""Import rules that import-linter cannot hold: it sees neither the standard library nor how an import is written."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# A provider says what to send and reads what came back. Time, chance and the outside world are handed to it,
# so that one and the same input always gives one and the same request.
CLOSED_TO_PROVIDERS = {
    "asyncio", "http", "multiprocessing", "os", "random", "secrets", "shutil", "socket", "sqlite3",
    "ssl", "subprocess", "tempfile", "threading", "time", "urllib.request", "uuid",
    "backend", "socialclaw_app", "ui",
}  # fmt: skip


def imports(source: str) -> Iterator[str]:
    """The dotted names of a source's absolute imports; `from a import b` gives both `a` and `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def closed(source: str) -> set[str]:
    return {name for name in imports(source) if any(f"{name}.".startswith(f"{c}.") for c in CLOSED_TO_PROVIDERS)}


def files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", files("providers"), ids=lambda path: path.name)
def test_providers_do_without_clock_chance_and_outside_world(path: Path) -> None:
    assert not closed(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time", {"time"}),
        ("def f():\n    from os import path", {"os", "os.path"}),
        ("from urllib import request", {"urllib.request"}),
        ("from urllib.parse import quote\nfrom datetime import time\nimport timeit", set[str]()),
        ("from .time import x", set[str]()),
    ],
)
def test_the_rule_for_providers_bites(source: str, found: set[str]) -> None:
    assert closed(source) == found


@pytest.mark.parametrize("path", files("ui"), ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_import_their_own_package_relatively(path: Path) -> None:
    """Inside `ui` the bare word belongs to NiceGUI: `from nicegui import ui`."""
    assert not [name for name in imports(path.read_text(encoding="utf-8")) if name.split(".")[0] == "ui"]
