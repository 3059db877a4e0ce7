"""What bounds an account: the limits of its network, and how far apart its people want its posts."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from backend import spacing
from backend.access import Action
from backend.spacing import Standing
from backend.wire import iso
from providers.contract import Rate, Scope

from .. import design
from ..frame import html, modal
from ..marks import network_name
from ..markup import Markup, joined, tag
from ..run import REFUSED, Screen, say
from ..when import moment, seconds
from ..words import _, later

SHARED = {
    Scope.ACCOUNT: later("For this account."),
    Scope.CREDENTIAL: later("For all accounts of the same login together."),
    Scope.APP: later("For all accounts of the developer app together."),
    Scope.HOST: later("For everything that is sent to this network from here."),
}


async def account_limits(screen: Screen, row: dict[str, Any]) -> None:
    found = await screen.read(spacing.standing, screen.actor, row["id"], now=screen.now())
    name = row["displayName"] or row["handle"]
    with modal(_("Limits of {name} at {network}").format(name=name, network=network_name(row["provider"]))) as dialog:
        html(_network(screen, found)).mark("rates")
        # with limits the field would make another number of a wrong one, and save it before anybody has seen it
        wanted = ui.number(_("Minutes between two posts"), value=found.minutes)
        wanted.props(f"{design.INPUT} clearable").props["precision"] = 0
        wanted.classes(design.FIELD).mark("minutes")
        ui.label(
            _(
                "Proposed times keep to it, and you are told before a post comes nearer. "
                "Nothing that is planned is moved. Empty: an hour for proposals, and no word about posts."
            )
        ).classes(design.NOTE)

        async def save() -> None:
            minutes = None if wanted.value is None else int(wanted.value)
            if await screen.call(spacing.keep_apart, row["id"], minutes=minutes, now=screen.now()) is REFUSED:
                return
            dialog.close()
            say(_("Saved."))

        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Close"), on_click=dialog.close).props(design.BUTTON_QUIET)
            if screen.may(Action.CONNECT):
                ui.button(_("Save"), on_click=save).props(design.BUTTON).mark("save")
            else:
                wanted.disable()


STRETCHES = {1: later("second"), 60: later("minute"), 3600: later("hour"), 86400: later("day")}


def _network(screen: Screen, found: Standing) -> Markup:
    rates = [_rate(rate, used) for rate, used in found.rates]
    asked = [
        tag("p", _("The network asked to wait until {when}.").format(when=moment(iso(until), screen.zone, screen.now())), class_=design.ISSUE)
        for _reason, until in found.waits
    ]  # fmt: skip
    if not rates:
        rates = [
            tag(
                "p",
                _("This network declares no limit on posts. When it asks to wait, posts wait."),
                class_=design.MUTED,
            )
        ]
    return tag("div", joined(*rates, *asked), class_=design.STACK)


def _rate(rate: Rate, used: int) -> Markup:
    length = round(rate.per.total_seconds())
    stretch = _(STRETCHES[length]) if length in STRETCHES else seconds(length)
    said = _("{used} of {count} posts in the last {stretch}").format(
        used=min(used, rate.count), count=rate.count, stretch=stretch
    )
    return tag(
        "div",
        tag("div", said),
        tag("progress", value=min(used, rate.count), max=rate.count, aria_label=said),
        tag("div", _(SHARED[rate.scope]), class_=design.SMALL),
        class_=design.RATE,
    )
