"""The workspace: its name, zone, how late is too late, and publishing on hold."""

from __future__ import annotations

from nicegui import ui

from backend import workspaces
from backend.access import Action

from .. import design
from ..frame import heading, html, section
from ..live import follow
from ..markup import tag
from ..pickers import zone_select
from ..run import REFUSED, Screen, say
from ..when import moment, seconds
from ..words import _


async def settings(screen: Screen) -> None:
    heading(_("Settings"))
    if not screen.may(Action.MANAGE_WORKSPACE):
        ui.label(_("Only an admin of the workspace may change these.")).classes(design.MUTED)
    _workspace(screen)
    with section(_("Networks")), ui.element("div").classes(design.CARD):
        ui.label(_("Developer apps let people connect accounts at networks that ask for consent.")).classes(
            design.MUTED
        )
        ui.button(_("Developer apps"), on_click=lambda: ui.navigate.to("/settings/networks")).props(
            design.BUTTON_OUTLINE
        ).mark("networks")
    with section(_("Import and export")), ui.element("div").classes(design.CARD):
        ui.label(_("Schedules from a table or a file, and everything you own as one archive.")).classes(design.MUTED)
        ui.button(_("Import and export"), on_click=lambda: ui.navigate.to("/settings/transfer")).props(
            design.BUTTON_OUTLINE
        ).mark("transfer")
    await _hold(screen)


def _workspace(screen: Screen) -> None:
    row = dict(screen.workspace)
    usual = screen.context.settings.grace_seconds

    async def save() -> None:
        hours = grace.value
        changed = await screen.call(
            workspaces.update_settings,
            name=name.value,
            timezone=zone.value,
            grace_seconds=None if hours in (None, "") else float(hours) * 3600,
            revision=row["revision"],
            now=screen.now(),
        )
        if changed is not REFUSED:
            row.update(await screen.read(workspaces.settings, screen.actor))
            say(_("Saved."))

    with section(_("Workspace")), ui.element("div").classes(design.CARD):
        name = (
            ui.input(_("Name"), value=row["name"])
            .props(f"{design.INPUT} maxlength=200")
            .classes(design.FIELD)
            .mark("name")
        )
        zone = zone_select(row["timezone"])
        ui.label(_("Times on all pages are shown in this zone. Posts keep the moment they were given.")).classes(
            design.NOTE
        )
        hours = None if row["graceSeconds"] is None else round(row["graceSeconds"] / 3600, 2)
        grace = ui.number(_("Hours after which a late post is not sent any more"), value=hours, min=0, max=8760)
        grace.props(f"{design.INPUT} clearable").classes(design.FIELD).mark("grace")
        ui.label(
            _(
                "After a break in service, posts that are later than this fail instead of going out. Empty: {usual}."
            ).format(usual=seconds(usual))
        ).classes(design.NOTE)
        with ui.element("div").classes(design.LINE):
            button = ui.button(_("Save"), on_click=save).props(design.BUTTON).mark("save")
            button.set_enabled(screen.may(Action.MANAGE_WORKSPACE))


async def _hold(screen: Screen) -> None:
    @ui.refreshable
    async def state() -> None:
        row = await screen.read(workspaces.settings, screen.actor)
        paused = row["pausedAt"] is not None

        async def turn() -> None:
            if await screen.call(workspaces.hold, paused=not paused, now=screen.now()) is not REFUSED:
                await state.refresh()

        with ui.element("div").classes(design.LINE_SPREAD):
            if paused:
                since = moment(row["pausedAt"], screen.zone, screen.now())
                html(
                    tag("p", _("On hold since {since}. Nothing goes out.").format(since=since), class_=design.GROW)
                ).mark("held")
            else:
                ui.label(_("Posts go out when they are due.")).classes(design.GROW)
            look = design.BUTTON if paused else design.BUTTON_OUTLINE
            button = (
                ui.button(_("Resume publishing") if paused else _("Put publishing on hold"), on_click=turn)
                .props(look)
                .mark("hold")
            )
            button.set_enabled(screen.may(Action.MANAGE_WORKSPACE))

    with section(_("Publishing")), ui.element("div").classes(design.CARD):
        await state()
    await follow(screen, state.refresh)
