"""A line that says what was done, and takes it back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from .. import design
from ..words import _

SECONDS = 12


class Undo:
    """One line at a time, at the foot of the page. Screen readers hear it."""

    def __init__(self) -> None:
        self._undo: Callable[[], Awaitable[object]] | None = None
        self._timer: ui.timer | None = None
        with (
            ui.element("div").classes(design.TOAST).props('role="status" aria-live="polite"').mark("told") as self._box
        ):
            self._label = ui.label().classes(design.GROW)
            self._button = ui.button(_("Undo"), on_click=self.undo, color=None).props(design.BUTTON_QUIET).mark("undo")
            self._close = ui.button(icon="close", on_click=self.hide, color=None).props(design.ROUND)
            self._close.props(f'aria-label="{_("Close")}"')
        self.hide()

    def tell(self, sentence: str, undo: Callable[[], Awaitable[object]] | None = None) -> None:
        self._undo = undo
        self._label.set_text(sentence)
        self._button.set_visibility(undo is not None)
        self._close.set_visibility(True)
        self._box.classes(add=design.TOAST_THERE)
        self._wait()

    async def undo(self) -> None:
        """Once, and only what was done last."""
        undo, self._undo = self._undo, None
        if undo is not None:
            self.hide()
            await undo()

    def hide(self) -> None:
        """What was done can be taken back by the keyboard even so, until something else is done."""
        self._box.classes(remove=design.TOAST_THERE)
        self._label.set_text("")
        self._button.set_visibility(False)
        self._close.set_visibility(False)

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._box:
            self._timer = ui.timer(SECONDS, self.hide, once=True)
