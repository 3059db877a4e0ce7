"""The calendar's board: drawn as markup, sent again part by part, and what hands and keys did with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments, handle_event

from ..markup import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """``frame`` holds a place for each part. Parts that changed are sent alone while the frame stays the same."""

    kind: str
    columns: int
    """So many cells stand beside each other."""
    frame: Markup
    parts: Mapping[str, Markup]

    @property
    def html(self) -> str:
        pieces = self.frame.split(PLACE)
        return "".join(self.parts[piece] if number % 2 else piece for number, piece in enumerate(pieces))


PLACE = "\x00"


def place(key: str) -> Markup:
    """Where a part stands in the frame."""
    return Markup(f"{PLACE}{key}{PLACE}")


class Board(Element, component="socialclaw_board.js"):
    """``handlers`` by the name of what happened: turned, day, slot, chosen, closed, moved, picked, undo, narrow."""

    def __init__(
        self,
        drawn: Drawn,
        *,
        words: Mapping[str, str],
        movable: bool,
        assumed: bool,
        handlers: Mapping[str, Callable[..., Any]],
    ) -> None:
        super().__init__()
        self._drawn = drawn
        self._props.update(
            html=drawn.html,
            kind=drawn.kind,
            columns=drawn.columns,
            words=dict(words),
            movable=movable,
            assumed=assumed,
        )
        for name, handler in handlers.items():
            self.on(name, self._heard(handler))

    @staticmethod
    def _heard(handler: Callable[..., Any]) -> Callable[[GenericEventArguments], Any]:
        return lambda event: handle_event(handler, event)

    def draw(self, drawn: Drawn, *, focus: str | None = None, again: Iterable[str] = ()) -> None:
        """``again`` are parts that the browser changed by itself: they are sent even if they are as before."""
        before, self._drawn = self._drawn, drawn
        if (before.kind, before.frame) != (drawn.kind, drawn.frame) or focus:
            self.run_method("show", drawn.html, drawn.kind, drawn.columns, focus)
            return
        sent = set(again)
        changed = {key: part for key, part in drawn.parts.items() if key in sent or before.parts.get(key) != part}
        if changed:
            self.run_method("patch", changed)
