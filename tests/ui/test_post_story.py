"""What happened to a post, as a person reads it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ui.components.lines import Line
from ui.parts import post_story

BACKEND = Path(__file__).parent.parent.parent / "backend"


def told(kind: str, *, by: str | None = None, **more: Any) -> Line:
    entry = {"at": "2026-11-28T10:00:00.000Z", "kind": kind, "by": by, "raw": {"event": kind}, **more}
    return post_story.lines([entry], network="Chirper", zone="Europe/Berlin")[0]


def sentence(line: Line) -> str:
    found = re.search(r'class="sc-told-what">(.*?)</span>', line.html)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"kind": "post.made"}, "Made."),
        ({"kind": "post.made", "by": "Alice"}, "Made by Alice."),
        ({"kind": "attempt.started", "attemptNo": 2, "latenessSeconds": 0.4}, "Try 2: the publisher took it, on time."),
        (
            {"kind": "attempt.started", "attemptNo": 1, "latenessSeconds": 90.0},
            "Try 1: the publisher took it, 90 seconds after it was due.",
        ),
        (
            {"kind": "step", "step": "create", "effect": "once", "answered": True},
            "Sent, and Chirper answered that it is done (create).",
        ),
        (
            {"kind": "step", "step": "create", "effect": "once", "answered": False},
            "Sent, and no answer came (create). From here on it may be out.",
        ),
        (
            {"kind": "step", "step": "video-1-part-3", "effect": "repeatable", "answered": True},
            "Prepared at Chirper (video 1 part 3).",
        ),
        ({"kind": "step", "step": "limits", "effect": "read", "answered": True}, "Asked Chirper (limits)."),
        (
            {"kind": "post.edited", "by": "Alice", "publishAtUtc": "2026-12-01T08:00:00.000Z"},
            "Changed by Alice. Its time: 2026-12-01 09:00:00 CET.",
        ),
        ({"kind": "post.reconciled", "by": "Bob", "outcome": "published"}, "Bob looked: it is there."),
        ({"kind": "post.reconciled", "outcome": "absent"}, "Somebody looked: it is not there."),
        (
            {"kind": "figures.read", "metrics": {"likes": 3.0, "views": 1200.0}},
            "Figures were read: Views 1,200, Likes 3.",
        ),
        ({"kind": "post.of_a_later_version"}, "post.of_a_later_version"),
    ],
)
def test_what_happened_is_one_sentence(entry: dict[str, Any], words: str) -> None:
    assert sentence(told(**entry)) == words


def test_every_event_of_a_post_that_the_program_records_has_a_sentence() -> None:
    recorded = {
        kind for file in BACKEND.rglob("*.py") for kind in re.findall(r'"(post\.[a-z_]+)"', file.read_text("utf-8"))
    }
    assert {"post.published", "post.held", "post.late"} <= recorded
    for kind in sorted(recorded):
        assert sentence(told(kind, seconds=400)) != kind, kind


def test_what_a_network_said_and_the_record_are_shown_as_text() -> None:
    line = told("post.failed", message="<script>alert(1)</script>", by="<b>Mallory</b>")
    assert "<script>" not in line.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in line.html
    record = told("post.made", by="<b>Mallory</b>")
    assert "<b>" not in record.html
    assert "&quot;event&quot;: &quot;post.made&quot;" in record.html


def test_a_line_keeps_its_key_when_others_come() -> None:
    first = {"at": "2026-11-28T10:00:00.000Z", "kind": "post.made", "by": None, "raw": {}}
    second = {**first, "at": "2026-11-28T10:00:01.000Z", "kind": "post.due"}
    third = {**first, "at": "2026-11-28T10:00:02.000Z", "kind": "post.published"}
    before = post_story.lines([first, second], network="Chirper", zone="UTC")
    after = post_story.lines([first, second, third], network="Chirper", zone="UTC")
    assert after[:2] == before
    assert len({line.key for line in after}) == 3
