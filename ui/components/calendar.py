"""A month, a week or a list of posts, with drag and drop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments, handle_event


class Calendar(Element, component="socialclaw_calendar.js", esm={"socialclaw-fullcalendar": "fullcalendar"}):
    """``events`` are FullCalendar's, with wall times of the workspace's zone and without an offset."""

    def __init__(
        self,
        *,
        view: str,
        day: str,
        words: dict[str, str],
        movable: bool,
        on_range: Callable[..., Any],
        on_slot: Callable[..., Any],
        on_chosen: Callable[..., Any],
        on_moved: Callable[..., Any],
    ) -> None:
        super().__init__()
        self._props.update(events=[], view=view, day=day, words=words, movable=movable)
        for name, handler in (("range", on_range), ("slot", on_slot), ("chosen", on_chosen), ("moved", on_moved)):
            self.on(name, self._told(handler))

    @staticmethod
    def _told(handler: Callable[..., Any]) -> Callable[[GenericEventArguments], Any]:
        return lambda event: handle_event(handler, event)

    def show(self, events: Sequence[dict[str, Any]]) -> None:
        if self._props["events"] != list(events):
            self._props["events"] = list(events)
            self.update()

    def revert(self, id: str) -> None:
        """Put a dragged post back where it was."""
        self.run_method("revertMove", id)
