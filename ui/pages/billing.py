"""The plan of the workspace, where plans are sold."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from backend import billing as service
from backend import lemonsqueezy
from backend.access import Action

from .. import design
from ..frame import heading, section
from ..run import REFUSED, Screen
from ..when import moment
from ..words import _, later

STATES = {
    "active": later("Active."),
    "trialing": later("On trial."),
    "past_due": later("The last payment did not go through. Publishing waits until it is paid."),
    "paused": later("Paused. Publishing waits until it is resumed."),
    "canceled": later("Canceled, and over."),
    "inactive": later("Over."),
    "none": later("No plan yet. Choose one to publish."),
}
INTERVALS = {"monthly": later("Pay by the month"), "yearly": later("Pay by the year")}


async def billing(screen: Screen) -> None:
    heading(_("Plan"))
    told = await screen.read(service.state, screen.actor, settings=screen.context.settings, now=screen.now())
    held: dict[str, Any] = told["billing"]
    with section(_("This workspace")), ui.element("div").classes(design.CARD):
        if not held["enabled"]:
            ui.label(_("Nothing is sold on this server: everything may be used.")).mark("free")
            return
        ui.label(_(STATES.get(held["status"], str(held["status"])))).classes(design.STRONG).mark("standing")
        for name, sentence in (("renewsAt", _("Renews {when}.")), ("endsAt", _("Ends {when}."))):
            if held[name]:
                ui.label(sentence.format(when=moment(held[name], screen.zone, screen.now()))).classes(design.MUTED)
        if held["source"] == "lemon_squeezy" and screen.may(Action.MANAGE_WORKSPACE):
            ui.button(_("Manage the subscription"), on_click=lambda: _go(screen, lemonsqueezy.manage)).props(
                design.BUTTON_OUTLINE
            )
    if not held["active"] and screen.may(Action.MANAGE_WORKSPACE):
        _offers(screen, told["plans"])


def _offers(screen: Screen, plans: list[dict[str, Any]]) -> None:
    for plan in plans:
        with section(plan["name"]), ui.element("div").classes(design.CARD), ui.element("div").classes(design.LINE):
            for interval in plan["billingIntervals"]:
                _offer(screen, plan["id"], interval)


def _offer(screen: Screen, plan: str, interval: str) -> None:
    async def buy() -> None:
        await _go(screen, lemonsqueezy.checkout, plan=plan, interval=interval)

    ui.button(_(INTERVALS[interval]), on_click=buy).props(design.BUTTON)


async def _go(screen: Screen, service: Any, **values: Any) -> None:
    """The shop's own page."""
    address = await screen.call(service, **values)
    if address is not REFUSED:
        ui.navigate.to(address)
