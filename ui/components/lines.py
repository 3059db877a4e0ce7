"""Lines that change one by one: what a reader has opened in another one stays open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from nicegui.element import Element

from ..markup import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    key: str
    """The same line keeps it, whatever stands in it."""
    html: Markup
    kind: str = ""


class Lines(Element, component="socialclaw_lines.js"):
    """``of`` is the element around, ``each`` the element of a line: ``ol`` and ``li``, ``tbody`` and ``tr``."""

    def __init__(self, kind: str, lines: Sequence[Line] = (), *, of: str = "ol", each: str = "li") -> None:
        super().__init__()
        self._props.update(of=of, each=each, kind=kind, lines=[asdict(line) for line in lines])

    def show(self, lines: Sequence[Line]) -> None:
        items = [asdict(line) for line in lines]
        if self._props["lines"] != items:
            self._props["lines"] = items
            self.update()
