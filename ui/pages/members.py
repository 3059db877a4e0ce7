"""Who belongs to the workspace, in which role, and who is invited."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from nicegui import ui
from sqlalchemy.orm import Session

from backend import members as service
from backend.access import Action, Actor, Role
from backend.settings import Settings

from .. import design
from ..frame import confirm, heading, html, modal, section
from ..live import follow
from ..markup import joined, tag
from ..run import REFUSED, Screen, copy, say
from ..when import ago, moment
from ..words import _, later

ROLES = {
    Role.OWNER: later("Owner"),
    Role.ADMIN: later("Admin"),
    Role.EDITOR: later("Editor"),
    Role.VIEWER: later("Viewer"),
}
MEANINGS = {
    Role.OWNER: later("Everything, and may delete the workspace and make other owners."),
    Role.ADMIN: later("Accounts, keys, settings and members, and all that editors may."),
    Role.EDITOR: later("Writes, schedules and publishes posts."),
    Role.VIEWER: later("Sees everything and changes nothing."),
}


async def members(screen: Screen) -> None:
    with heading(_("Members"), _("Who belongs to this workspace, and what they may do in it.")):
        if screen.may(Action.MANAGE_WORKSPACE):
            ui.button(_("Invite somebody"), icon="person_add", on_click=lambda: _invite(screen)).props(
                design.BUTTON
            ).mark("invite")
    with section(_("Members")):
        box = ui.element("div").classes(design.CARD_GRID).mark("members")
    with section(_("Invited")) as waiting:
        invited = ui.element("div").classes(design.CARD_GRID).mark("invited")
    with section(_("Roles")), ui.element("div").classes(design.CARD):
        rows = (tag("li", tag("b", _(ROLES[role])), " – ", _(MEANINGS[role])) for role in ROLES)
        html(tag("ul", *rows, class_=design.PLAIN_LIST))
    drawn: object = None

    async def look() -> None:
        nonlocal drawn
        seen = await screen.read(_look, screen)
        if seen == drawn:
            return
        drawn = seen
        box.clear()
        with box:
            for member in seen["members"]:
                _member(screen, member)
        invited.clear()
        waiting.set_visibility(bool(seen["invitations"]))
        with invited:
            for invitation in seen["invitations"]:
                _invitation(screen, invitation)

    await follow(screen, look)
    await look()


def _look(session: Session, screen: Screen) -> dict[str, Any]:
    actor: Actor = screen.actor
    manages = screen.may(Action.MANAGE_WORKSPACE)
    return {
        "members": service.members(session, actor),
        "invitations": service.invitations(session, actor, now=screen.now()) if manages else [],
    }


def _member(screen: Screen, member: dict[str, Any]) -> None:
    name = member["name"] or member["email"]

    async def give(event: Any) -> None:
        if await screen.call(service.set_role, member["id"], event.value, now=screen.now()) is REFUSED:
            choice.value = member["role"]
        else:
            say(_("{name} is {role} now.").format(name=name, role=_(ROLES[Role(event.value)])))

    async def go() -> None:
        gone = await screen.call(service.remove, member["id"], now=screen.now())
        if gone is not REFUSED and member["isYou"]:
            ui.navigate.to("/")

    def remove() -> None:
        title, button = (
            (_("Leave this workspace?"), _("Leave"))
            if member["isYou"]
            else (_("Take {name} out?").format(name=name), _("Take out"))
        )
        confirm(title, _("It holds from the next click on. What was made stays; keys keep working until they are revoked."), button, go)  # fmt: skip

    with ui.element("article").classes(design.CARD).mark(f"member {member['id']}"):
        html(joined(tag("b", name), tag("span", _("you"), class_="sc-badge sc-neutral") if member["isYou"] else None))
        if member["name"]:
            ui.label(member["email"]).classes(design.SMALL)
        seen = ago(member["seenAt"], screen.now())
        ui.label(_("Last seen: {when}").format(when=seen)).classes(f"{design.SMALL} {design.GROW}")
        with ui.element("div").classes(design.LINE_SPREAD):
            if member["mayChange"]:
                choice = ui.select(
                    {role: _(ROLES[role]) for role in service.grantable(screen.actor)},
                    value=member["role"],
                    label=_("Role"),
                    on_change=give,
                )
                choice.props(design.INPUT).classes(design.GROW).mark("role")
            else:
                ui.label(_(ROLES[Role(member["role"])])).classes(design.GROW)
            if member["mayChange"] or member["isYou"]:
                ui.button(_("Leave") if member["isYou"] else _("Take out"), on_click=remove).props(design.DANGER_QUIET)


def _invitation(screen: Screen, row: dict[str, Any]) -> None:
    async def take_back() -> None:
        if await screen.call(service.take_back, row["id"], now=screen.now()) is not REFUSED:
            say(_("The invitation is taken back. Its link does not work any more."))

    with ui.element("article").classes(design.CARD):
        ui.label(row["email"]).classes(design.STRONG)
        until = moment(row["expiresAt"], screen.zone, screen.now())
        told = _("{role}, until {when}").format(role=_(ROLES[Role(row["role"])]), when=until)
        ui.label(told).classes(f"{design.SMALL} {design.GROW}")
        with ui.element("div").classes(design.LINE):
            ui.button(_("Take back"), on_click=take_back).props(design.DANGER_QUIET)


def _invite(screen: Screen) -> None:
    async def go() -> None:
        token = await screen.call(service.invite, email=email.value, role=role.value, now=screen.now())
        if token is not REFUSED:
            dialog.close()
            _show_link(address(screen.context.settings, token), str(email.value))

    with modal(_("Invite somebody")) as dialog:
        email = ui.input(_("E-mail"), placeholder="name@example.com").props(f"{design.INPUT} type=email autofocus")
        email.mark("invite-email").on("keydown.enter", go)
        role = ui.select(
            {one: _(ROLES[one]) for one in service.grantable(screen.actor)}, value=Role.EDITOR, label=_("Role")
        )
        role.props(design.INPUT)
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Not now"), on_click=dialog.close).props(design.BUTTON_QUIET)
            ui.button(_("Make the link"), on_click=go).props(design.BUTTON).mark("make-invite")


def address(settings: Settings, token: str) -> str:
    return f"{settings.public_base_url.rstrip('/')}/join?{urlencode({'token': token})}"


def _show_link(link: str, email: str) -> None:
    with modal(_("Send this link to {email}").format(email=email), persistent=True) as dialog:
        ui.label(_("It works once, for seven days, and is shown this once.")).classes(design.MUTED)
        ui.label(link).classes(f"{design.MONO} sc-secret").mark("invite-link")
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Copy"), icon="content_copy", on_click=lambda: copy(link)).props(design.BUTTON_OUTLINE)
            ui.button(_("I have it"), on_click=dialog.close).props(design.BUTTON)
