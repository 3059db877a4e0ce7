"""A box for text of any length that loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from ..words import _

UTF16 = "utf-16-le"
"""Browsers count in its units."""


class TextBox(Element, component="socialclaw_text.js"):
    """``text`` is what stands in it, as far as the server was told. ``name`` is where the tab keeps what was not."""

    def __init__(
        self, *, label: str, text: str, name: str, on_change: Callable[[str], Any], line: bool = False, rows: int = 5
    ) -> None:
        super().__init__()
        self.text = text
        self.number = 0
        """Of the last edit that the browser told."""
        self._on_change = on_change
        words = {
            "found": _("Found in this tab what had not been kept."),
            "other": _("Other words had been typed in this tab. The draft went on elsewhere."),
            "restore": _("Put them here"),
        }
        self._props.update(value=text, label=label, line=line, rows=rows, name=name, words=words)
        self.on("edit", self._edited)
        self.on("clear", self._cleared)

    def kept(self, number: int) -> None:
        """The tab may forget everything up to this edit: it is in the database."""
        if number:
            self.run_method("kept", number)

    def forget(self) -> None:
        self.run_method("forget")

    @property
    def name(self) -> str:
        return self._props["name"]

    def rename(self, name: str) -> None:
        self._props["name"] = name

    def _cleared(self) -> None:
        self.text = ""

    def _edited(self, event: GenericEventArguments) -> None:
        units = self.text.encode(UTF16, "surrogatepass")
        start, stop = 2 * event.args["start"], 2 * event.args["stop"]
        after = units[:start] + event.args["insert"].encode(UTF16, "surrogatepass") + units[stop:]
        if len(after) != 2 * event.args["length"]:  # a message got lost: ask for all of it
            self.run_method("whole")
            return
        self.text = after.decode(UTF16, "surrogatepass")
        if event.args["number"]:
            self.number = event.args["number"]
            self._on_change(self.text)
