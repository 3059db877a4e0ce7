"""The documents say what the program does; where they list something, the list is the program's own.

``python -m tests.test_docs`` writes the README's table of settings again.
"""

from __future__ import annotations

import re
from html import escape
from itertools import takewhile
from pathlib import Path

import pytest

import providers
from backend import schedule_files
from backend.access import Action, Actor, Role, may
from backend.api import networks_page
from backend.settings import variables

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
BEGIN, END = "<!-- settings: made from backend/settings.py, held by a test -->\n", "<!-- end of settings -->"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CHANGELOG.md"]


def table() -> str:
    rows = [f"| `{name}` | {default or '–'} | {help} |" for name, default, help in variables()]
    return "\n".join(["", "| Variable | Default | Meaning |", "|---|---|---|", *rows, "", ""])


def test_the_page_of_the_networks_says_what_their_declarations_say() -> None:
    for provider in providers.all_providers().values():
        told = networks_page.page().partition(f'<section id="{provider.id}">')[2].partition("</section>")[0]
        assert escape(provider.name) in told
        for kind in provider.accounts:
            assert not kind.publishable or escape(kind.name) in told
        for limitation in provider.limitations:
            assert escape(limitation) in told
        for rules in provider.settings.values():
            for field in rules.model.model_fields:
                assert f"<code>{field}</code>" in told
        assert escape(provider.docs) in told


def test_the_page_of_the_networks_tells_what_each_takes_of_a_file() -> None:
    told = networks_page.page()

    assert "JPEG, WebP; at most 20 MiB; at most 1920×1080 pixels or turned" in told
    assert "MP4; at most 5 GiB; 0.417 to 2.4 times as wide as high; 3 to 1800 seconds; advised: at most 500 MiB" in told
    assert "Facebook page: JPEG, PNG, GIF" in told, "where kinds of accounts differ, each is named"
    assert "Media(" not in told


def test_the_readme_lists_every_setting() -> None:
    written = README.read_text()
    assert written[written.index(BEGIN) + len(BEGIN) : written.index(END)] == table()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def rows_of(page: str, first: str) -> list[list[str]]:
    """The table of a page that begins with a heading of this name."""
    lines = iter((ROOT / "docs" / page).read_text().replace("\\|", "¦").splitlines())
    assert any(line.startswith(f"| {first} |") for line in lines)
    table = takewhile(lambda line: line.startswith("|"), lines)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table][1:]


def test_the_guide_to_importing_lists_the_columns_and_their_other_names() -> None:
    told = {
        name.strip("`"): set(re.findall(r"`(\w+)`", others)) for name, others, _ in rows_of("importing.md", "Column")
    }
    assert tuple(told) == schedule_files.COLUMNS
    assert told == {name: set(schedule_files.ALIASES[name]) - {name} for name in schedule_files.COLUMNS}


def test_the_guide_to_members_says_what_each_role_may_do() -> None:
    columns = (Action.READ, Action.PUBLISH, Action.CONNECT, Action.MANAGE_KEYS, Action.MANAGE_WORKSPACE)
    assert set(columns) == set(Action)
    told = {role: [cell == "yes" for cell in cells] for role, *cells in rows_of("members.md", "Role")}
    assert set(told) == set(Role)
    for role, allowed in told.items():
        actor = Actor(workspace_id="w", label="test", role=Role(role))
        assert allowed == [may(actor, action) for action in columns], role


def test_every_command_of_the_readme_exists() -> None:
    from socialclaw_app.cli import _parser

    known = set(re.findall(r"^    (\w+)(?:\s|$)", _parser().format_help(), flags=re.MULTILINE))
    named = set(re.findall(r"`socialclaw (\w+)", README.read_text()))
    assert named <= known, named - known
    assert {"serve", "worker", "demo", "backup"} <= named


def main() -> None:
    written = README.read_text()
    head, rest = written.split(BEGIN)
    README.write_text(head + BEGIN + table() + rest[rest.index(END) :])


if __name__ == "__main__":
    main()
