"""Asking the networks now: how far it is, when somebody looked last, and what could not be told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from nicegui import background_tasks, ui

from backend.look_again import Looked, Wanted, look_again
from backend.wire import iso

from .. import design
from ..run import REFUSED, Screen
from ..when import ago, exact
from ..words import _, plural


class LookAgain:
    def __init__(self, screen: Screen, wanted: Callable[[], Wanted], on_news: Callable[[], Awaitable[object]]) -> None:
        self.screen, self.wanted, self.on_news = screen, wanted, on_news
        self.task: asyncio.Task[None] | None = None
        with ui.element("div").classes(design.LINE) as self.box:
            self.last = ui.label().classes(design.SMALL).mark("last-look")
            self.step = ui.label().classes(design.SMALL).props('role="status"').mark("look-step")
            self.bar = ui.linear_progress(0, show_value=False, size="6px").props("rounded").classes(design.LOOK_BAR)
            self.bar.props(f'aria-label="{_("Asking the networks")}"')
            self.stop = ui.button(_("Stop"), on_click=self._stop, color=None).props(design.BUTTON_QUIET)
            self.button = ui.button(_("Ask the networks now"), icon="refresh", on_click=self._start, color=None)
            self.button.props(design.BUTTON_OUTLINE).mark("look-again")
        self._under_way(False)
        ui.context.client.on_delete(self._stop)

    def show(self, at: datetime | None) -> None:
        now, zone = self.screen.now(), self.screen.zone
        told = _("Last figures: {ago}").format(ago=ago(iso(at), now)) if at else _("No figures yet")
        self.last.set_text(told)
        self.last.props["title"] = exact(iso(at), zone) if at else ""

    def _start(self) -> None:
        self._under_way(True)
        self.step.set_text(_("Asking …"))
        self.task = background_tasks.create(self._look(), name="look again")

    def _stop(self) -> None:
        if self.task is not None:
            self.task.cancel()

    async def _look(self) -> None:
        with self.box:
            try:
                looked = await self.screen.call(look_again, self.wanted(), on_step=self._stepped)
                self.step.set_text("" if looked is REFUSED else _result(looked))
            except asyncio.CancelledError:
                self.step.set_text(_("Stopped. What was told until then is kept."))
            finally:
                self._under_way(False)
            await self.on_news()

    def _stepped(self, done: int, of: int) -> None:
        self.bar.set_value(done / of if of else 1)
        self.step.set_text(_("{done} of {of} asked").format(done=done, of=of))

    def _under_way(self, now: bool) -> None:
        self.bar.set_visibility(now)
        self.stop.set_visibility(now)
        self.button.set_visibility(not now)
        self.last.set_visibility(not now)


def _result(looked: Looked) -> str:
    if not looked.asked:
        return _("There is nobody to ask: no post or account here is of a network that tells figures.")
    words = [plural("{count} answer is new.", "{count} answers are new.", looked.new)]
    if looked.left_out:
        words.append(_("Only the newest posts were asked about; the others are looked at once a day."))
    words += [f"{name}: {message}" for name, message in list(looked.failures.items())[:3]]
    return " ".join(words)
