"""What a person does about one post, with what will happen said first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from backend import billing, posts
from backend.status import PostStatus
from backend.times import parse_time

from .. import design
from ..frame import confirm, modal
from ..marks import network_name
from ..pickers import TimePicker
from ..run import REFUSED, Screen, refuse, say
from ..words import _


def retry(screen: Screen, post: Mapping[str, Any]) -> None:
    """The button."""

    async def go() -> None:
        button.props("loading")
        answer = await screen.call(posts.retry, post["id"])
        button.props(remove="loading")
        if answer is not REFUSED:
            say(_("It is sent again now."))

    button = ui.button(_("Retry now"), icon="replay", on_click=go)
    button.props(design.BUTTON).mark("retry")


def settle(screen: Screen, post: Mapping[str, Any], *, can_be_asked: bool) -> None:
    """Buttons for a post of which nobody knows whether it is out: a person who looked decides."""
    name = network_name(post["provider"])

    async def ask() -> None:
        button.props("loading")
        answer = await screen.call(posts.reconcile, post["id"])
        button.props(remove="loading")
        if answer is REFUSED:
            return
        if answer["status"] == PostStatus.PUBLISHED:
            say(_("It is there."))
        else:
            refuse(
                answer.get("message")
                or _("{network} does not show it. Look there yourself, then say what you saw.").format(network=name)
            )

    if can_be_asked:
        button = ui.button(_("Ask {network}").format(network=name), icon="travel_explore", on_click=ask)
        button.props(design.BUTTON).mark("ask")
    ui.button(_("It is there"), icon="check", on_click=lambda: _it_is_there(screen, post, name)).props(
        design.BUTTON_OUTLINE
    ).mark("is-there")
    ui.button(_("It is not there, send it"), icon="send", on_click=lambda: _send_again(screen, post, name)).props(
        design.BUTTON_OUTLINE
    ).mark("not-there")


def _it_is_there(screen: Screen, post: Mapping[str, Any], name: str) -> None:
    async def go() -> None:
        answer = await screen.call(
            posts.reconcile, post["id"], outcome="published", pasted=(pasted.value or "").strip() or None
        )
        if answer is not REFUSED:
            dialog.close()
            say(_("Noted: it is out."))

    with modal(_("It is there")) as dialog:
        asked = _(
            "Paste its address at {network}, or its id there. Without it, it cannot be deleted from here, and its figures cannot be read."
        )
        ui.label(asked.format(network=name)).classes(design.MUTED)
        pasted = ui.input(_("Address or id (optional)")).props(f"{design.INPUT} autofocus autocomplete=off")
        pasted.classes(design.FIELD).mark("pasted").on("keydown.enter", go)
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Keep it as it is"), on_click=dialog.close).props(design.BUTTON_QUIET)
            ui.button(_("It is out"), on_click=go).props(design.BUTTON).mark("settled")


def _send_again(screen: Screen, post: Mapping[str, Any], name: str) -> None:
    async def go() -> None:
        if await screen.call(billing.require) is REFUSED:
            return
        if await screen.call(posts.reconcile, post["id"], outcome="absent") is REFUSED:
            return
        if await screen.call(posts.retry, post["id"]) is not REFUSED:
            say(_("It is sent again now."))

    sentence = _("It goes out now. If it is at {network} after all, people see it twice.").format(network=name)
    confirm(_("Send it again?"), sentence, _("It is not there, send it"), go)


def cancel(screen: Screen, post: Mapping[str, Any]) -> None:
    async def go() -> None:
        await screen.call(posts.cancel, post["id"], now=screen.now())

    confirm(_("Cancel this post?"), _("It will not go out. You can copy it into a new post later."), _("Cancel it"), go)


def delete(screen: Screen, post: Mapping[str, Any]) -> None:
    async def go() -> None:
        if await screen.call(posts.delete, post["id"]) is not REFUSED:
            say(_("It is deleted there."))

    name = network_name(post["provider"])
    sentence = _("It is taken off {network} for everybody. That cannot be undone.").format(network=name)
    confirm(_("Delete this post at {network}?").format(network=name), sentence, _("Delete it there"), go)


def reschedule(screen: Screen, post: Mapping[str, Any]) -> None:
    async def go() -> None:
        try:
            at = parse_time(picker.written, picker.zone)
        except ValueError:
            refuse(_("Choose a day and a time."))
            return
        answer = await screen.call(
            posts.reschedule, post["id"], publish_at=at, timezone=picker.zone, revision=post["revision"],
            now=screen.now(), nudge=screen.context.nudge,
        )  # fmt: skip
        if answer is not REFUSED:
            dialog.close()

    with modal(_("When should it go out?")) as dialog:
        picker = TimePicker(post["wallTime"], post["timezone"])
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Keep it as it is"), on_click=dialog.close).props(design.BUTTON_QUIET)
            ui.button(_("Set the time"), on_click=go).props(design.BUTTON).mark("set-time")
