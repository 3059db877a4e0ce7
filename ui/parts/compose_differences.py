"""What two windows have written differently, told before one goes over the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from backend.compositions import Difference

from .. import design
from ..marks import network_name
from ..markup import Markup, tag
from ..words import _, later

SHOWN = 600
"""Characters of each side."""
WHAT = {
    "accounts": later("Accounts"),
    "title": later("Title"),
    "text": later("Text"),
    "media": later("Pictures and video"),
    "settings": later("Settings"),
    "time": later("Time"),
    "words": later("Own words"),
}


def table(differences: Sequence[Difference], names: Mapping[str, str]) -> Markup:
    head = tag("tr", tag("th", ""), tag("th", _("There")), tag("th", _("Here")))
    rows = (
        tag(
            "tr",
            tag("td", _where(one)),
            tag("td", _side(one, one.theirs, names)),
            tag("td", _side(one, one.mine, names)),
        )
        for one in differences
    )
    return tag("div", tag("table", head, *rows, class_="sc-table"), class_="sc-scroll")


def _where(one: Difference) -> str:
    what = _(WHAT[one.what])
    if one.part:
        what = f"{what}, {_('post {number}').format(number=one.part + 1)}"
    return f"{network_name(one.voice)}: {what}" if one.voice else what


def _side(one: Difference, said: str, names: Mapping[str, str]) -> Markup:
    shown = _SAID.get(one.what, lambda said, names: said)(said, names)
    cut = shown[:SHOWN] + ("…" if len(shown) > SHOWN else "")
    return tag("span", cut or "–", class_=design.PROSE_SMALL)


def _accounts(said: str, names: Mapping[str, str]) -> str:
    return ", ".join(names.get(id, id) for id in said.split())


def _mode(said: str, names: Mapping[str, str]) -> str:
    return {"now": _("Now"), "draft": _("Keep as a draft")}.get(said, said)


_SAID: Mapping[str, Callable[[str, Mapping[str, str]], str]] = {"accounts": _accounts, "time": _mode}
