"""The audit log: who did what, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from backend import audit
from backend.access import Action

from .. import design
from ..frame import heading, html
from ..markup import Markup, tag
from ..run import Screen
from ..when import moment
from ..words import _, later

GROUPS = {
    "": later("Everything"),
    "posts": later("Posts"),
    "accounts": later("Accounts"),
    "files": later("Files"),
    "people": later("People"),
    "workspace": later("Workspace and keys"),
}
DONE = {
    "account.connected": later("Account connected"),
    "account.disconnected": later("Account disconnected"),
    "account.needs_reconnect": later("Login ended"),
    "account.data_deleted": later("Data of a person deleted, as they asked the network"),
    "account.paused": later("Account put on hold"),
    "account.resumed": later("Account resumed"),
    "account.spaced": later("Time between posts changed"),
    "asset.added": later("File added"),
    "asset.deleted": later("File deleted"),
    "asset.described": later("File described"),
    "asset.kept": later("File kept for good"),
    "asset.removed": later("File removed for good"),
    "asset.restored": later("File restored"),
    "figures.collected": later("Figures collected"),
    "key.created": later("Key made"),
    "key.revoked": later("Key revoked"),
    "key.rotated": later("Key given a new secret"),
    "connection.failed": later("Connecting failed"),
    "connection.not_revoked": later("The network did not take the login back"),
    "connection.revoked": later("Login taken back at the network"),
    "member.invited": later("Invited"),
    "member.joined": later("Joined"),
    "member.removed": later("Taken out"),
    "member.role_changed": later("Given another role"),
    "member.uninvited": later("Invitation taken back"),
    "post.accepted": later("Taken by the network"),
    "post.canceled": later("Post canceled"),
    "post.deleted": later("Post deleted at the network"),
    "post.edited": later("Post changed"),
    "post.failed": later("Post failed"),
    "post.fitted": later("File made to fit"),
    "post.held": later("Post waits for its account"),
    "post.in_doubt": later("Answer lost"),
    "post.late": later("Post went out late"),
    "post.published": later("Post published"),
    "post.reconciled": later("Outcome settled"),
    "post.retried": later("Post sent again"),
    "post.retry": later("Post failed for now"),
    "post.unknown": later("Outcome unknown"),
    "run.created": later("Posts scheduled"),
    "run.published": later("Draft published"),
    "user.created": later("Account made"),
    "user.identity_linked": later("Sign-in through a provider joined"),
    "user.password_changed": later("Password changed"),
    "user.signed_in": later("Signed in"),
    "user.signed_out_everywhere": later("Signed out everywhere"),
    "workspace.changed": later("Settings changed"),
    "workspace.created": later("Workspace made"),
    "workspace.deleted": later("Workspace deleted"),
    "workspace.paused": later("Publishing put on hold"),
    "workspace.plan_changed": later("Plan changed"),
    "workspace.resumed": later("Publishing resumed"),
}
BY = {"worker": later("the publisher"), "cli": later("the command line"), "system": later("the program"), "user": later("somebody who left"), "key": later("a key")}  # fmt: skip


async def activity(screen: Screen) -> None:
    heading(_("Activity"), _("Who did what in this workspace, the newest first."))
    if not screen.may(Action.MANAGE_WORKSPACE):
        ui.label(_("Only an admin of the workspace may see this.")).classes(design.MUTED)
        return
    log = _Log(screen)
    await log.draw()


class _Log:
    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.entries: list[dict[str, Any]] = []

    async def draw(self) -> None:
        names = {group: _(name) for group, name in GROUPS.items()}
        self.group = ui.select(names, value="", label=_("Show"), on_change=self.look)
        self.group.props(design.INPUT).classes(design.FIELD).mark("group")
        with ui.element("div").classes(design.CARD_PLAIN):
            self.table = html("").props('aria-live="polite"').mark("log")
        self.more = ui.button(_("Show older"), on_click=self.older).props(design.BUTTON_OUTLINE)
        await self.look()

    async def look(self) -> None:
        self.entries = []
        await self.older()

    async def older(self) -> None:
        last = self.entries[-1]["seq"] if self.entries else None
        found = await self.screen.read(audit.entries, self.screen.actor, group=self.group.value, before=last)
        self.entries += found
        self.more.set_visibility(len(found) == audit.SHOWN)
        self.table.set_content(_table(self.entries, self.screen))


def _table(entries: list[dict[str, Any]], screen: Screen) -> Markup:
    if not entries:
        return tag("p", _("Nothing of this kind has happened yet."), class_=design.EMPTY)
    names = (_("When"), _("Who"), _("What"), _("About"))
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in names)))
    rows = tag("tbody", *(_row(entry, screen) for entry in entries))
    return tag("div", tag("table", head, rows, class_="sc-table sc-log"), class_="sc-scroll")


def _row(entry: Mapping[str, Any], screen: Screen) -> Markup:
    data: Mapping[str, Any] = entry["data"]
    said = [str(data[key]) for key in ("email", "handle", "code") if data.get(key)]
    about = entry["subject"] or ", ".join(said)
    linked = tag("a", about or _("the post"), href=f"/posts/{entry['postId']}") if entry["postId"] else about
    return tag(
        "tr",
        tag("td", moment(entry["at"], screen.zone, screen.now()), class_="sc-nobreak"),
        tag("td", _(BY[entry["by"]]) if entry["by"] in BY else entry["by"], class_="sc-words"),
        tag("td", _(DONE[entry["kind"]]) if entry["kind"] in DONE else entry["kind"], _change(data), class_="sc-words"),
        tag("td", linked),
    )


def _change(data: Mapping[str, Any]) -> str:
    if "from" in data and "to" in data:
        return f": {data['from']} → {data['to']}"
    return f": {data['role']}" if "role" in data else ""
