"""A few choices side by side, of which one holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui

from .. import design


class Segment:
    def __init__(
        self, label: str, options: Mapping[Any, str], value: Any, on_change: Callable[[Any], Awaitable[object]]
    ) -> None:
        self.value = value
        self._buttons: dict[Any, ui.element] = {}
        with ui.element("div").classes(design.SEGMENT).props(f'role="group" aria-label="{label}"'):
            for option, name in options.items():
                self._draw(option, name, on_change)

    def _draw(self, option: Any, name: str, on_change: Callable[[Any], Awaitable[object]]) -> None:
        async def choose() -> None:
            if option != self.value:
                self.value = option
                self._show()
                await on_change(option)

        with ui.element("button").props('type="button"').on("click", choose) as button:
            ui.label(name)
        self._buttons[option] = button
        self._show()

    def _show(self) -> None:
        for option, button in self._buttons.items():
            button.props(f'aria-pressed="{str(option == self.value).lower()}"')
