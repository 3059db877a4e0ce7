"""Chains of posts as lanes, with lines from each to what follows it or answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nicegui.element import Element


class Lanes(Element, component="socialclaw_lanes.js"):
    """``lanes`` come from ``parts.campaign_graph``, which escapes what people wrote."""

    def __init__(self) -> None:
        super().__init__()
        self._props["lanes"] = []

    def show(self, lanes: Sequence[dict[str, Any]]) -> None:
        if self._props["lanes"] != list(lanes):
            self._props["lanes"] = list(lanes)
            self.update()
