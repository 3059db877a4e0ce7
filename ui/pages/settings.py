"""The workspace: its name, zone, how late is too late, publishing on hold, what is told to whom, and its end."""

from __future__ import annotations

from nicegui import ui

from backend import closing, notices, workspaces
from backend.access import Action, Role

from .. import design
from ..frame import heading, html, modal, section
from ..live import follow
from ..markup import tag
from ..pickers import zone_select
from ..run import REFUSED, Screen, say
from ..when import moment, seconds
from ..words import _, later, plural

NOTICES = {
    "failed": later("A post failed"),
    "unknown": later("Nobody knows whether a post is out"),
    "login": later("A login has ended"),
    "late": later("A post went out late"),
}


async def settings(screen: Screen) -> None:
    heading(_("Settings"))
    if not screen.may(Action.MANAGE_WORKSPACE):
        ui.label(_("Only an admin of the workspace may change these.")).classes(design.MUTED)
    _workspace(screen)
    await _notices(screen)
    with section(_("More")), ui.element("div").classes(design.CARD_GRID):
        _further("/settings/members", _("Members"), _("Who belongs to this workspace, and what they may do in it."))
        _further(
            "/settings/networks",
            _("Developer apps"),
            _("Let people connect accounts at networks that ask for consent."),
        )
        _further(
            "/settings/transfer",
            _("Import and export"),
            _("Schedules from a table or a file, and everything you own as one archive."),
        )
        _further("/settings/activity", _("Activity"), _("Who did what in this workspace, the newest first."))
        _further("/billing", _("Plan"), _("What this workspace may use."))
    await _hold(screen)
    if screen.actor.role is Role.OWNER:
        _end(screen)


def _further(path: str, name: str, sentence: str) -> None:
    html(
        tag(
            "a",
            tag("b", name),
            tag("span", sentence, class_=design.SMALL),
            href=path,
            class_=f"{design.CARD} sc-further",
        )
    )


async def _notices(screen: Screen) -> None:
    """Mail follows the person, notices of the system the browser."""
    if screen.actor.user_id is None:
        return
    wanted = await screen.read(notices.wishes, screen.actor)
    can_mail = bool(screen.context.settings.smtp_host)

    async def wish(kind: str, yes: bool) -> None:
        await screen.call(notices.wish, {kind: yes})

    async def ask(yes: bool) -> None:
        if await ui.run_javascript(f"socialclawAskToNotify({'true' if yes else 'false'})", timeout=120) is not yes:
            desktop.set_value(False)
            say(_("This browser does not allow notices. Allow them in its settings for this site, then try again."))

    with section(_("What you are told")), ui.element("div").classes(design.CARD):
        ui.label(
            _("The bell shows all of it. Mail goes to you as well:")
            if can_mail
            else _(
                "The bell shows all of it. Mail needs a mail server: whoever runs this program sets SOCIALCLAW_SMTP_HOST."
            )
        ).classes(design.MUTED)
        with ui.element("div").classes(design.STACK_TIGHT):
            for kind, name in NOTICES.items():
                switch = ui.switch(
                    _(name), value=wanted[kind], on_change=lambda e, kind=kind: wish(kind, bool(e.value))
                )
                switch.mark(f"mail-{kind}").set_enabled(can_mail)
        desktop = ui.switch(_("Notices of this computer, while a page is open"), on_change=lambda e: ask(bool(e.value)))
        desktop.mark("desktop-notices")
        ui.timer(0.1, lambda: _show_desktop(desktop), once=True)


async def _show_desktop(desktop: ui.switch) -> None:
    if await ui.run_javascript("localStorage.getItem('sc-notify') === 'yes'", timeout=10):
        desktop.set_value(True)


def _end(screen: Screen) -> None:
    async def ask() -> None:
        told = await screen.read(closing.what_goes, screen.actor)

        async def go() -> None:
            button.props("loading")
            gone = await screen.call(closing.delete_workspace, name.value)
            button.props(remove="loading")
            if gone is not REFUSED:
                ui.navigate.to("/")

        with modal(_("Delete this workspace?")) as dialog:
            ui.label(_("Nobody can bring it back. These go with it:")).classes(design.MUTED)
            html(tag("ul", *(tag("li", line) for line in _lines(told))))
            ui.label(_("What is published stays at the networks.")).classes(design.MUTED)
            name = ui.input(_("Type {name} to go on").format(name=screen.workspace["name"])).props(design.INPUT)
            with ui.element("div").classes(design.BUTTONS):
                ui.button(_("Keep it"), on_click=dialog.close).props(design.BUTTON_QUIET)
                button = ui.button(_("Delete everything"), on_click=go).props(design.DANGER).mark("delete-for-good")

    with (
        section(_("Danger zone")),
        ui.element("div").classes(design.CARD),
        ui.element("div").classes(design.LINE_SPREAD),
    ):
        ui.label(_("Delete the workspace with all that is in it. Export it first if you may want it again.")).classes(
            f"{design.MUTED} {design.GROW}"
        )
        ui.button(_("Delete workspace"), on_click=ask).props(design.DANGER_QUIET).mark("delete-workspace")


def _lines(told: dict[str, int]) -> list[str]:
    return [
        plural(
            "{count} scheduled post that will not go out",
            "{count} scheduled posts that will not go out",
            told["scheduled"],
        ),
        plural("{count} post with its story", "{count} posts with their stories", told["posts"]),
        plural("the login of {count} account", "the logins of {count} accounts", told["accounts"]),
        plural("{count} file", "{count} files", told["files"]),
        plural("{count} API key", "{count} API keys", told["keys"]),
        plural("the membership of {count} person", "the memberships of {count} people", told["members"]),
    ]


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
        grace = ui.number(_("Hours after which a late post is not sent any more"), value=hours)
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
