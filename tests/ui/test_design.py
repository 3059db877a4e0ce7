"""A rule that is left open would take all that stand behind it along, without a word."""

from __future__ import annotations

from ui import design


def test_every_rule_of_the_style_sheet_is_closed_before_the_next_begins() -> None:
    depth, wrong = 0, list[str]()
    for line in design.CSS.splitlines():
        inside = line.startswith((" ", "}")) or not line
        if depth and not inside:
            wrong.append(line)
        depth += line.count("{") - line.count("}")
    assert (wrong, depth) == ([], 0)
