"""The documents say what the program does; where they list something, the list is the program's own.

``python -m tests.test_docs`` writes the README's table of settings and the page of the networks again.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import providers
from backend.settings import variables
from providers.contract import Door, Draft, Manual, OAuth2, Provider

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
BEGIN, END = "<!-- settings: made from backend/settings.py, held by a test -->\n", "<!-- end of settings -->"
NETWORKS = ROOT / "docs" / "networks.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CHANGELOG.md"]


def table() -> str:
    rows = [f"| `{name}` | {default or '–'} | {help} |" for name, default, help in variables()]
    return "\n".join(["", "| Variable | Default | Meaning |", "|---|---|---|", *rows, "", ""])


NETWORKS_HEAD = """# The networks

What each network takes and what it can do for programs, as SocialClaw's own declarations say it (`providers/`). A test
keeps this page equal to them.
"""


def networks() -> str:
    return NETWORKS_HEAD + "".join(_network(provider) for provider in providers.all_providers().values())


def _network(provider: Provider) -> str:
    limits = provider.limits
    draft = Draft(
        provider=provider.id,
        account_type=provider.accounts[0].id,
        handle="",
        title="",
        body="",
        text="",
        assets=(),
        settings={},
        interaction="post",
        parent=None,
    )
    kinds = [kind.name for kind in provider.accounts if kind.publishable]
    files = f"up to {limits.max_assets}" if limits.max_assets > 1 else "one"
    rows = {
        "Posts go to": ", ".join(kinds),
        "Connected by": "; ".join(_door(provider, door) for door in provider.doors),
        "Text": f"at most {limits.text(draft)}" if limits.text(draft) else "any length",
        "Files": f"{files}, {'needed' if limits.media_required else 'optional'}",
        "Looked up after a lost answer": _yes(provider.reconcile),
        "Deleted from here": _yes(provider.delete),
        "Figures of posts": _yes(provider.post_metrics or provider.post_metrics_in),
        "Figures of accounts": _yes(provider.account_metrics or provider.account_metrics_in),
        "Actions": ", ".join(f"`{action.id}`" for action in provider.actions) or "–",
    }
    lines = [
        "",
        f"## {provider.name}",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows.items()),
    ]
    notes = ["", *(f"- {limitation}" for limitation in provider.limitations)] if provider.limitations else []
    return "\n".join([*lines, *notes, "", f"[Its documents]({provider.docs}), read {provider.checked}.", ""])


def _door(provider: Provider, door: Door) -> str:
    if isinstance(door, OAuth2):
        return f"saying yes at {door.title or 'the network'}"
    return "pasted values" if isinstance(door, Manual) else "saying yes on a page of your own site"


def _yes(flow: object) -> str:
    return "no" if flow is None else "yes"


def test_the_page_of_the_networks_says_what_their_declarations_say() -> None:
    assert NETWORKS.read_text() == networks()


def test_the_readme_lists_every_setting() -> None:
    written = README.read_text()
    assert written[written.index(BEGIN) + len(BEGIN) : written.index(END)] == table()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


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
    NETWORKS.write_text(networks())


if __name__ == "__main__":
    main()
