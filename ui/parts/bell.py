"""What needs somebody, behind a bell that counts it."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from backend import notices

from .. import design
from ..marks import network
from ..markup import Markup, icon, tag
from ..run import Screen
from ..sharing import shared
from ..when import ago, parsed, seconds
from ..words import _, later, plural

EVERY = 2.0
SENTENCES = {
    "failed": later("A post to {account} failed."),
    "unknown": later("Nobody knows whether a post to {account} is out."),
    "login": later("The login of {account} has ended."),
    "late": later("A post to {account} went out {late} late."),
}


class Bell:
    """Counts by itself; open it, and what it shows is seen."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        named = f'aria-label="{_("Notices")}"'
        with (
            ui.dialog().props(f"position=right full-height {named}") as self.dialog,
            ui.element("div").classes(design.DRAWER),
        ):
            self.list = ui.html("", sanitize=False)
        self._buttons: list[tuple[ui.button, ui.badge]] = []
        self.count = 0
        ui.timer(EVERY, self._look)

    def button(self) -> None:
        with ui.button(icon="notifications_none", on_click=self.open, color=None).props(design.ROUND) as button:
            count = ui.badge().props("floating color=negative").mark("unseen")
        button.mark("bell")
        self._buttons.append((button, count))
        self._show()

    async def open(self) -> None:
        told = await self.screen.read(notices.latest, self.screen.actor)
        self.list.set_content(_list(told, self.screen))
        self.dialog.open()
        await self.screen.call(notices.look)
        await self._look(seconds=0)  # an older count would bring back what was just seen, here and on other pages

    async def _look(self, seconds: float = EVERY / 2) -> None:
        actor = self.screen.actor
        if not actor.user_id:
            return
        key = ("notices", actor.workspace_id, actor.user_id)
        count = await shared(self.screen, key, lambda: self.screen.read(notices.unseen, actor), seconds=seconds)
        if count > self.count:
            newest = (await self.screen.read(notices.latest, self.screen.actor))[0]
            ui.run_javascript(f"window.socialclawNotify && window.socialclawNotify({_quoted(sentence(newest))})")
        if count != self.count:
            self.count = count
            self._show()

    def _show(self) -> None:
        name = plural("Notices: {count} new", "Notices: {count} new", self.count) if self.count else _("Notices")
        for button, count in self._buttons:
            button.props(f'aria-label="{name}"')
            count.set_text(str(self.count))
            count.set_visibility(self.count > 0)


def sentence(told: dict[str, Any]) -> str:
    late = seconds(told["seconds"]) if told["seconds"] else ""
    return _(SENTENCES[told["kind"]]).format(account=told["account"] or _("an account"), late=late)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text)


def _list(told: list[dict[str, Any]], screen: Screen) -> Markup:
    head = tag("h2", _("Notices"), class_=design.STRONG)
    if not told:
        calm = tag("p", _("Nothing needs you. Failed posts, lost logins and late posts are told here."))
        return tag("div", head, tag("div", icon("notifications_none", design.EMPTY_ICON), calm, class_=design.EMPTY))
    return tag("div", head, tag("ul", *(tag("li", _row(one, screen)) for one in told), class_="sc-rows"))


def _row(told: dict[str, Any], screen: Screen) -> Markup:
    at = parsed(told["at"])
    mark = network(told["provider"]) if told["provider"] else icon("error")
    words = tag("span", told["message"] or told["words"], class_="sc-row-more")
    return tag(
        "a",
        mark,
        tag("span", tag("span", sentence(told), class_="sc-row-text"), words),
        tag("time", ago(told["at"], screen.now()), datetime=at.isoformat() if at else None, class_=design.SMALL),
        href=notices.path_of(told),
        class_="sc-row sc-row-new" if told["unseen"] else "sc-row",
    )
