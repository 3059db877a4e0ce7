"""What lies on the desk of somebody who writes: the composition, and whom it concerns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nicegui import ui

from backend.compositions import EVERYONE, Composition
from backend.plans import AccountFacts

from ..markup import Markup
from ..run import Screen


@dataclass(slots=True, kw_only=True)
class Desk:
    """The parts of the composer share it. They put a new composition on it, never a piece into the old one."""

    screen: Screen
    composition: Composition
    accounts: Sequence[AccountFacts]
    """All that can be chosen."""
    changed: Callable[[], object]
    place: str
    """Where the tab keeps what was typed: the draft's id once it has one."""

    def put(self, composition: Composition) -> None:
        if composition != self.composition:
            self.composition = composition
            self.changed()

    @property
    def chosen(self) -> list[AccountFacts]:
        known = {account.id: account for account in self.accounts}
        return [known[id] for id in self.composition.accounts if id in known]

    @property
    def networks(self) -> list[str]:
        return list(dict.fromkeys(account.provider for account in self.chosen))

    def networks_of(self, voice: str) -> list[str]:
        """Who speaks with this voice: a network that was split off alone, or all the others."""
        if voice != EVERYONE:
            return [voice]
        return [network for network in self.networks if network not in self.composition.own]


def show_html(element: ui.html, content: Markup) -> None:
    """Only when it is another: whoever listens to the page hears every change of an alert."""
    if element.content != content:
        element.set_content(content)
