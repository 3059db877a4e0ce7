"""Links of which one is chosen, without leaving the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments, handle_event


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    key: str
    text: str
    href: str
    """Where the same is chosen, for other windows."""
    count: str | None = None
    current: bool = False


class Choices(Element, component="socialclaw_choices.js"):
    def __init__(self, label: str, on_chosen: Callable[[str], Any]) -> None:
        super().__init__()
        self._props.update(items=[], label=label)

        def chosen(event: GenericEventArguments) -> None:
            handle_event(lambda: on_chosen(str(event.args["key"])), event)

        self.on("chosen", chosen)

    def show(self, choices: Sequence[Choice]) -> None:
        items = [asdict(choice) for choice in choices]
        if self._props["items"] != items:
            self._props["items"] = items
            self.update()
