"""Developer apps: what the networks want before anybody can say yes there."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from backend import diagnosis
from backend import provider_apps as service
from backend.access import Action

from .. import check, design
from ..frame import confirm, heading, html, modal
from ..marks import network
from ..run import REFUSED, Screen, say
from ..words import _


async def networks(screen: Screen) -> None:
    heading(
        _("Developer apps"),
        _("Most networks let programs in only through an app that you make there, once, and enter here."),
    )

    @ui.refreshable
    async def rows() -> None:
        found = await screen.read(service.list_apps, screen.actor, context=screen.context)
        with ui.element("div").classes(design.CARD_GRID):
            for row in found:
                _one(screen, row, rows.refresh)

    await rows()


def _one(screen: Screen, row: dict[str, Any], redraw: Any) -> None:
    with ui.element("article").classes(design.CARD).mark(f"app {row['provider']}"):
        with ui.element("div").classes(design.LINE_TIGHT):
            html(network(row["provider"]))
            ui.label(row["name"]).classes(f"{design.STRONG} {design.GROW}")
        ui.label(_state(row)).classes(design.SMALL).style("overflow-wrap:anywhere")
        _redirect(row)
        for one in row["findings"]:
            if one["level"] in ("bad", "warn") and row["source"]:
                ui.label(f"{one['title']}: {one['detail']}").classes(design.ISSUE).mark(f"issue {one['id']}")
        with ui.element("div").classes(design.LINE):
            ui.link(_("Its apps"), row["console"], new_tab=True)
            ui.link(_("Its documents"), row["docs"], new_tab=True)
        if not screen.may(Action.CONNECT):
            return
        with ui.element("div").classes(design.LINE):
            test = ui.button(_("Test"), on_click=lambda: _test(screen, row)).props(design.BUTTON_QUIET).mark("test")
            test.set_enabled(row["source"] is not None)
            if row["source"] == "environment" or not screen.may(Action.MANAGE_WORKSPACE):
                return
            label = _("Change") if row["source"] else _("Enter the app")
            ui.button(label, on_click=lambda: _ask(screen, row, redraw)).props(design.BUTTON_OUTLINE).mark("enter")
            if row["source"]:
                ui.button(_("Remove"), on_click=lambda: _remove(screen, row, redraw)).props(design.DANGER_QUIET)


def _redirect(row: dict[str, Any]) -> None:
    """What has to be registered at the network."""
    ui.label(_("Redirect address")).classes(design.NOTE)
    with ui.element("div").classes(design.LINE_TIGHT):
        ui.label(row["redirectUri"]).classes(f"{design.MONO} {design.GROW}").mark("redirect")
        ui.button(icon="content_copy", on_click=lambda: ui.clipboard.write(row["redirectUri"])).props(
            f'{design.ROUND} size=sm aria-label="{_("Copy the redirect address")}"'
        ).mark("copy")


async def _test(screen: Screen, row: dict[str, Any]) -> None:
    async def look() -> list[dict[str, Any]] | None:
        found = await screen.call(diagnosis.of_app, row["provider"])
        return None if found is REFUSED else found

    await check.dialog(_("The app at {network}").format(network=row["name"]), look)


def _state(row: dict[str, Any]) -> str:
    if row["source"] == "environment":
        return _("Set for the whole server: {id}").format(id=row["clientId"])
    return _("Client id {id}").format(id=row["clientId"]) if row["source"] else _("Not entered yet.")


def _ask(screen: Screen, row: dict[str, Any], redraw: Any) -> None:
    async def go() -> None:
        saved = await screen.call(
            service.save,
            row["provider"],
            client_id=client_id.value or "",
            client_secret=secret.value or "",
            context=screen.context,
        )
        if saved is not REFUSED:
            dialog.close()
            say(_("Saved. You can connect accounts now."))
            await redraw()

    with modal(_("The app at {network}").format(network=row["name"])) as dialog:
        where = _("Enter this redirect address at the network, to the letter, under: {where}")
        ui.label(where.format(where=row["redirects"]) if row["redirects"] else _("Enter this redirect address at the network, to the letter:")).classes(design.MUTED)  # fmt: skip
        with ui.element("div").classes(design.LINE_TIGHT):
            ui.label(row["redirectUri"]).classes(f"{design.MONO} {design.GROW}").mark("redirect")
            ui.button(_("Copy"), on_click=lambda: ui.clipboard.write(row["redirectUri"])).props(design.BUTTON_QUIET)
        ui.link(_("Open the network's apps"), row["console"], new_tab=True)
        client_id = ui.input(_("Client id"), value=row["clientId"] or "").props(design.INPUT).classes(design.FIELD)
        if row["clientIdLooks"]:
            ui.label(_("It is {looks}.").format(looks=row["clientIdLooks"])).classes(design.NOTE)
        secret = (
            ui.input(_("Client secret"), password=True)
            .props(f'{design.INPUT} autocomplete="off"')
            .classes(design.FIELD)
            .mark("secret")
        )
        if row["source"]:
            ui.label(_("Empty: the secret stays as it is.")).classes(design.NOTE)
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Not now"), on_click=dialog.close).props(design.BUTTON_QUIET)
            ui.button(_("Save"), on_click=go).props(design.BUTTON).mark("save")


def _remove(screen: Screen, row: dict[str, Any], redraw: Any) -> None:
    async def go() -> None:
        if await screen.call(service.remove, row["provider"], context=screen.context) is not REFUSED:
            await redraw()

    confirm(
        _("Remove the app at {network}?").format(network=row["name"]),
        _("Logins that were made with it cannot be renewed any more."),
        _("Remove"),
        go,
    )
