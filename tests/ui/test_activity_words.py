"""The log of activity says in words what happened, whatever it was."""

from __future__ import annotations

import re
from pathlib import Path

from backend import audit
from ui.pages.activity import DONE

BACKEND = Path(audit.__file__).parent
STARTS = [start.rstrip(".") for starts in audit.GROUPS.values() for start in starts]
KIND = re.compile(rf'"((?:{"|".join(STARTS)})\.[a-z_]+)"')
OF_A_FILE = re.compile(r'\brecord\(session, actor, "([a-z_]+)"')


def recorded() -> set[str]:
    """Every name of an event in the services, but for those of the story of one post, which makes some of its own."""
    told = "".join(path.read_text() for path in BACKEND.rglob("*.py") if path.name != "stories.py")
    return {*KIND.findall(told), *(f"asset.{what}" for what in OF_A_FILE.findall(told))}


def test_all_that_is_recorded_has_words() -> None:
    found = recorded()
    assert {"asset.restored", "connection.revoked", "member.invited", "post.published"} <= found
    assert found - set(DONE) == set()
