"""How a file is made to fit the networks it goes to: under the file while somebody writes, and on the post's page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import ui

from . import design
from .markup import Markup, joined, tag
from .words import _

CHANGED = ("fit", "as_is")
"""Kinds of notes about files that are not as a network takes them: there is something to choose."""


class MediumFit:
    """What is done to one file of a post, and the choice to leave it as it is. ``asset`` carries the choice as ``fit``."""

    def __init__(self, asset: dict[str, Any], position: int, on_change: Callable[[], object]) -> None:
        self._asset = asset
        self._on_change = on_change
        self._choice = ui.switch(_("Make it fit"), value=asset.get("fit") is not False, on_change=self._choose)
        self._choice.props("dense").classes(design.NOTE).mark(f"fit-{position}").set_visibility(False)
        self._told = ui.element("div").classes(design.STACK_TIGHT).props('role="status"').mark(f"fit-notes-{position}")

    def show(self, notes: Sequence[Mapping[str, Any]]) -> None:
        self._choice.set_visibility(any(note["kind"] in CHANGED for note in notes))
        self._told.clear()
        with self._told:
            for message in dict.fromkeys(note["message"] for note in notes):
                ui.label(message).classes(design.NOTE)

    def _choose(self) -> None:
        self._asset["fit"] = bool(self._choice.value)
        self._on_change()


def fitted(asset: Mapping[str, Any]) -> Markup | None:
    """What was done to a file of a post, with the file itself; or why nothing could be done."""
    told = asset.get("fitted")
    if told is None:
        return tag("p", _("It is sent as it is."), class_=design.NOTE) if asset.get("fit") is False else None
    if told["problem"]:
        return tag("p", told["message"], class_=design.ISSUE)
    link = tag("a", _("See what goes out"), href=told["url"], target="_blank", rel="noopener noreferrer")
    return tag("p", joined(told["message"], " ", link), class_=design.NOTE)
