"""One field that leads everywhere: places, accounts, posts."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui
from nicegui.events import GenericEventArguments, ValueChangeEventArguments
from sqlalchemy.orm import Session

from backend import accounts, posts
from backend.access import Actor
from backend.posts import Filters

from .. import design
from ..marks import badge, headline, network, status_of
from ..markup import Markup, icon, tag
from ..run import Screen
from ..words import _
from .places import PLACES

MOST = 6
"""Of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    path: str
    mark: Markup
    name: str
    beside: Markup | str = ""


class Palette:
    """Opens over any page. Arrow keys choose, Enter goes."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.found: list[Find] = []
        self.at = 0
        with (
            ui.dialog().props(f'position=top aria-label="{_("Search")}"') as self.dialog,
            ui.element("div").classes(design.PALETTE),
        ):
            self.field = ui.input(placeholder=_("Search posts and accounts, or jump to a page"), on_change=self._typed)
            self.field.props('autofocus borderless role=combobox aria-expanded=true debounce="120"')
            self.field.props(f'aria-label="{_("Search")}" aria-controls="palette-list"').classes(design.FIELD).mark(
                "palette"
            )
            self.field.on("keydown.down.prevent", lambda: self._move(1))
            self.field.on("keydown.up.prevent", lambda: self._move(-1))
            self.field.on("keydown.enter.prevent", self._go)
            self.list = (
                ui.html("", sanitize=False)
                .classes(design.PALETTE_LIST)
                .props(f'role="listbox" id="palette-list" aria-label="{_("Found")}"')
            )
            self.list.on("click", self._clicked, js_handler=_CLICKED)

    async def open(self) -> None:
        self.field.value = ""
        self.dialog.open()
        await self._look("")

    async def _typed(self, event: ValueChangeEventArguments) -> None:
        await self._look(event.value or "")

    async def _look(self, words: str) -> None:
        places = [Find(path=place.path, mark=icon(place.icon), name=_(place.name)) for place in PLACES]
        fitting = [find for find in places if words.lower() in find.name.lower()]
        more = await self.screen.read(_find, self.screen.actor, words) if words.strip() else []
        self.found, self.at = [*fitting, *more], 0
        self._show()

    def _move(self, step: int) -> None:
        if self.found:
            self.at = (self.at + step) % len(self.found)
            self._show()

    def _show(self) -> None:
        if not self.found:
            self.list.set_content(tag("p", _("Nothing fits. Try other words."), class_=design.MUTED))
            return
        rows = [
            tag(
                "a",
                find.mark,
                tag("span", find.name, class_="sc-row-text"),
                tag("span", find.beside),
                href=find.path,
                role="option",
                aria_selected="true" if number == self.at else "false",
                class_="sc-find sc-find-at" if number == self.at else "sc-find",
            )
            for number, find in enumerate(self.found)
        ]
        self.list.set_content("".join(rows))

    def _go(self) -> None:
        if self.found:
            self.dialog.close()
            ui.navigate.to(self.found[self.at].path)

    def _clicked(self, _event: GenericEventArguments) -> None:
        self.dialog.close()


_CLICKED = "(event) => { if (event.target.closest('a')) emit() }"


def _find(session: Session, actor: Actor, words: str) -> list[Find]:
    lower = words.strip().lower()
    fitting = [
        account
        for account in accounts.list_accounts(session, actor)
        if lower in f"{account['displayName']} {account['handle']} {account['provider']}".lower()
    ]
    written, _total = posts.list_posts(session, actor, Filters(search=words.strip(), limit=MOST))
    return [
        *(
            Find(
                path="/accounts",
                mark=network(account["provider"]),
                name=account["displayName"] or account["handle"],
                beside=tag("span", account["handle"], class_=design.SMALL),
            )
            for account in fitting[:MOST]
        ),
        *(
            Find(
                path=f"/posts/{post['id']}",
                mark=network(post["provider"]),
                name=headline(post),
                beside=badge(status_of(post)),
            )
            for post in written
        ),
    ]
