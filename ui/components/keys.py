"""Keyboard shortcuts that work on every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments


class Keys(Element, component="socialclaw_keys.js"):
    """``shortcuts`` names what a key does: ``{"mod+k": "search", "g c": "calendar", "?": "help"}``."""

    def __init__(self, shortcuts: Mapping[str, str], on_pressed: Callable[[str], Any]) -> None:
        super().__init__()
        self._props["shortcuts"] = dict(shortcuts)

        def pressed(event: GenericEventArguments) -> Any:
            return on_pressed(event.args["name"])

        self.on("pressed", pressed)
