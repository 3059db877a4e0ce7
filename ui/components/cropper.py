"""A picture with the part of it that shall stay."""

from __future__ import annotations

from collections.abc import Callable

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from backend.cropping import Bounds, Box

from ..words import _


class Cropper(Element, component="socialclaw_crop.js"):
    def __init__(self, *, src: str, size: tuple[int, int], on_change: Callable[[Box], object]) -> None:
        super().__init__()
        self._props.update(
            src=src,
            size=list(size),
            words={
                "part": _("The part that stays"),
                "size": _("{width} × {height} pixels"),
                "keys": _("Drag it, or use the arrow keys to move it, and + and − to make it larger and smaller."),
            },
        )

        def changed(event: GenericEventArguments) -> None:
            on_change(Box(*(float(side) for side in event.args["box"])))

        self.on("box", changed)

    def show(self, box: Box, bounds: Bounds) -> None:
        self._props.update(box=list(box), bounds=[bounds.least, bounds.most])
        self.update()
