"""Choosing accounts: one by one, by a search, or as a group that was saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from nicegui import ui

from backend import groups
from backend.access import Action
from backend.plans import AccountFacts

from .. import design
from ..frame import html, modal, section
from ..marks import network, network_name
from ..markup import joined, tag
from ..run import REFUSED, say
from ..words import _, plural
from .compose_desk import Desk

MANY = 8
"""From so many accounts on there is something to search."""


class AccountPicker:
    """``ended`` is how many accounts cannot be chosen because their login has ended."""

    def __init__(
        self, desk: Desk, saved: Sequence[dict[str, Any]], ended: int, on_chosen: Callable[[], object]
    ) -> None:
        self.desk = desk
        self.on_chosen = on_chosen
        self.buttons: dict[str, ui.element] = {}
        with section(_("Accounts")):
            if len(desk.accounts) > MANY:
                search = ui.input(_("Search accounts"), on_change=lambda event: self.search(event.value or ""))
                search.props(f"{design.INPUT} clearable debounce=150").classes(design.FIELD).mark("search-accounts")
            self.row = ui.element("div").classes(design.ACCOUNTS).props(f'role="group" aria-label="{_("Accounts")}"')
            if ended:
                with ui.element("div").classes(design.BEGUN):
                    ui.label(plural("{count} account needs a new login.", "{count} accounts need a new login.", ended))
                    ui.link(_("Accounts"), "/accounts")
            self.groups_box = ui.element("div").classes(design.CHIPS)
        with self.row:
            for account in desk.accounts:
                self._draw(account)
        self._show_groups(saved)

    def _draw(self, account: AccountFacts) -> None:
        button = ui.element("button").props('type="button"').mark(f"account-{account.handle}")
        button.on("click", lambda: self._turn(account.id))
        name = account.display_name or account.handle
        button.props["title"] = account.handle
        with button:
            html(joined(network(account.provider), tag("span", name)), "span").classes(replace="sc-nav-parts")
        self.buttons[account.id] = button
        self._mark(account.id)

    def _mark(self, id: str) -> None:
        chosen = id in self.desk.composition.accounts
        self.buttons[id].classes(replace=design.ACCOUNT_CHOSEN if chosen else design.ACCOUNT)
        self.buttons[id].props(f'aria-pressed="{str(chosen).lower()}"')

    def _turn(self, id: str) -> None:
        accounts = self.desk.composition.accounts
        self._choose([*accounts, id] if id not in accounts else [other for other in accounts if other != id])

    def _choose(self, ids: Sequence[str]) -> None:
        self.desk.put(self.desk.composition.model_copy(update={"accounts": tuple(ids)}))
        for id in self.buttons:
            self._mark(id)
        self.on_chosen()

    def _chooser(self, ids: Sequence[str]) -> Callable[[], None]:
        return lambda: self._choose(ids)

    def search(self, wanted: str) -> None:
        """What is chosen stays in sight: nobody posts to an account that they do not see."""
        words = wanted.casefold().split()
        for account in self.desk.accounts:
            said = f"{account.display_name} {account.handle} {network_name(account.provider)}".casefold()
            hidden = not all(word in said for word in words) and account.id not in self.desk.composition.accounts
            self.buttons[account.id].set_visibility(not hidden)

    # --- groups -------------------------------------------------------------------------------------------------------

    def _show_groups(self, saved: Sequence[dict[str, Any]]) -> None:
        self.groups_box.clear()
        shown = bool(saved) or len(self.desk.accounts) > 2
        self.groups_box.set_visibility(shown and self.desk.screen.may(Action.PUBLISH))
        with self.groups_box:
            for group in saved:
                ids = [id for id in group["accounts"] if id in self.buttons]
                ui.button(group["name"], icon="group_work", on_click=self._chooser(ids), color=None).props(design.CHIP)
            ui.button(_("Groups"), icon="bookmark_add", on_click=lambda: self._manage(saved), color=None).props(
                design.CHIP_QUIET
            )

    def _manage(self, saved: Sequence[dict[str, Any]]) -> None:
        """Save the chosen accounts by a name, or remove a group."""
        screen = self.desk.screen

        async def again() -> None:
            self._show_groups(await screen.read(groups.list_groups, screen.actor))

        async def save() -> None:
            kept = await screen.call(groups.save, name.value or "", list(self.desk.composition.accounts))
            if kept is not REFUSED:
                dialog.close()
                say(_("The group is saved."))
                await again()

        async def remove(group: str) -> None:
            await screen.call(groups.remove, group)
            dialog.close()
            await again()

        with modal(_("Groups of accounts")) as dialog:
            ui.label(_("Choose accounts, give them a name, and choose all of them at once next time.")).classes(
                design.MUTED
            )
            name = ui.input(_("Name of the group")).props(f"{design.INPUT} maxlength=60").classes(design.FIELD)
            name.on("keydown.enter", save)
            with ui.element("div").classes(design.BUTTONS):
                ui.button(_("Save the chosen accounts"), on_click=save).props(design.BUTTON).mark("save-group")
            for group in saved:
                with ui.element("div").classes(design.LINE_SPREAD):
                    ui.label(group["name"]).classes(design.STRONG)
                    away = ui.button(icon="delete", on_click=partial(remove, group["name"]), color=None)
                    away.props(design.ROUND)
                    away.props["aria-label"] = _("Remove {name}").format(name=group["name"])
