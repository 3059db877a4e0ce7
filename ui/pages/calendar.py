"""The calendar: what goes out when, in the workspace's zone; drag a post to give it another time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from nicegui import app, ui
from nicegui.events import GenericEventArguments

from backend import posts as service
from backend.access import Action
from backend.errors import AppError
from backend.posts import MOST_LISTED, Filters
from backend.status import EDITABLE
from backend.times import parse_time, wall_time

from .. import design
from ..components.calendar import Calendar
from ..frame import heading
from ..live import follow
from ..marks import status_of
from ..run import REFUSED, Screen, refuse, say
from ..when import parsed
from ..words import _

VIEWS = ("dayGridMonth", "timeGridWeek", "listMonth")
EDGE = timedelta(days=1)
"""Asked for around what is shown: the shown days are the workspace's, the question is in UTC."""


async def calendar(screen: Screen) -> None:
    shown: dict[str, datetime] = {}
    with heading(_("Calendar"), _("Times are in {zone}.").format(zone=screen.zone)):
        ui.button(_("New post"), icon="edit", on_click=lambda: ui.navigate.to("/compose")).props(design.BUTTON)
    too_many = ui.label().classes(design.NOTE)

    async def load() -> None:
        if not shown:
            return
        filters = Filters(since=shown["start"] - EDGE, until=shown["end"] + EDGE, limit=MOST_LISTED)
        found, total = await screen.read(service.list_posts, screen.actor, filters)
        board.show([_event(post, screen) for post in found])
        more = _("{count} posts stand here; the newest {most} are shown.").format(count=total, most=MOST_LISTED)
        too_many.set_text(more if total > MOST_LISTED else "")

    async def turned(event: GenericEventArguments) -> None:
        shown.update(start=_day(event.args["start"], screen), end=_day(event.args["end"], screen))
        app.storage.user["calendar_view"] = event.args["view"]
        await load()

    async def moved(event: GenericEventArguments) -> None:
        id, wall = event.args["id"], event.args["at"]
        publish_at = parse_time(wall, screen.zone)

        def back(error: AppError) -> None:
            board.revert(id)
            refuse(error.message)

        changed = await screen.call(
            service.reschedule,
            id,
            publish_at=publish_at,
            timezone=screen.zone,
            revision=event.args["revision"],
            now=screen.now(),
            nudge=screen.context.nudge,
            refused=back,
        )
        if changed is not REFUSED:
            say(_("Moved to {wall}.").format(wall=changed["wallTime"].replace("T", " ")[:16]))
            await load()

    def slot(event: GenericEventArguments) -> None:
        at: str = event.args["at"][:16]
        ui.navigate.to(f"/compose?at={quote(at if 'T' in at else at[:10] + 'T09:00')}")

    view = app.storage.user.get("calendar_view")
    with ui.element("div").classes(design.CARD):
        board = Calendar(
            view=view if view in VIEWS else "",
            day=wall_time(screen.now(), screen.zone)[:10],
            words={"today": _("Today"), "month": _("Month"), "week": _("Week"), "list": _("List")},
            movable=screen.may(Action.PUBLISH),
            on_range=turned,
            on_slot=slot,
            on_chosen=lambda event: ui.navigate.to(f"/posts/{event.args['id']}"),
            on_moved=moved,
        )
    board.classes(design.CALENDAR).mark("calendar")
    await follow(screen, load)


def _event(post: Mapping[str, Any], screen: Screen) -> dict[str, Any]:
    at = parsed(post["publishAtUtc"])
    assert at is not None
    status = status_of(post)
    words = post["description"] or post["name"] or _("(no text)")
    return {
        "id": post["id"],
        "title": f"{screen.names.get(post['accountId'], post['account'])}: {words[:80]}",
        "start": wall_time(at, screen.zone),
        "className": f"sc-ev-{design.TONES.get(status, 'neutral')}",
        "editable": post["status"] in EDITABLE and status != "unknown",
        "revision": post["revision"],
    }


def _day(written: str, screen: Screen) -> datetime:
    return parse_time(written[:10] + "T00:00", screen.zone)
