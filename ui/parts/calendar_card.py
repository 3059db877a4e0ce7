"""What the calendar shows of one post, and the clicks that go with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from nicegui import ui

from backend import agenda, posts
from backend.access import Action
from backend.status import CANCELABLE, EDITABLE
from backend.times import moments, parse_time, wall_time

from .. import design
from ..frame import confirm, html, modal
from ..marks import badge, facts, headline, network, network_name, status_of
from ..markup import Markup, joined, tag
from ..pickers import TimePicker
from ..run import REFUSED, Screen
from ..when import day_short, local, parsed, seconds
from ..words import _

Placed: TypeAlias = Callable[[agenda.Moved], Awaitable[object]]
Seen: TypeAlias = tuple[dict[str, Any], timedelta | None]
"""A post with its account, and its lateness."""


class Card:
    """One open card at most. ``on_moved`` hears of another time that was given here; ``late`` tells what the calendar
    knows of a post's lateness."""

    def __init__(
        self,
        screen: Screen,
        *,
        on_moved: Placed,
        on_closed: Callable[[], object],
        late: Callable[[str], timedelta | None],
    ) -> None:
        self.screen = screen
        self.post_id: str | None = None
        self._seen: Seen | None = None
        self._moved, self._closed, self._late = on_moved, on_closed, late
        self.box = ui.element("div").classes(design.CALENDAR_CARD).props('role="dialog"')
        self.box.set_visibility(False)

    async def open(self, post_id: str) -> None:
        """Raises AppError when it is not there any more."""
        seen = await self._read(post_id)
        self.post_id = post_id
        self._draw(seen)
        self.box.set_visibility(True)

    async def redraw(self) -> bool:
        """Whether there was anything new to show. Raises AppError when it is not there any more."""
        if self.post_id is None or (seen := await self._read(self.post_id)) == self._seen:
            return False
        self._draw(seen)
        return True

    async def _read(self, post_id: str) -> Seen:
        return await self.screen.read(posts.detail, self.screen.actor, post_id), self._late(post_id)

    def close(self) -> None:
        self.post_id = self._seen = None
        self.box.set_visibility(False)
        self.box.clear()

    def _draw(self, seen: Seen) -> None:
        self._seen = seen
        told, late = seen
        post, account = told["post"], told["account"]
        status = status_of(post)
        self.box.clear()
        self.box.props(f'aria-label="{_("Post")}"')
        with self.box:
            with ui.element("div").classes(design.LINE_TIGHT):
                who = tag("strong", account["displayName"] or account["handle"])
                where = tag("small", network_name(post["provider"]))
                html(joined(network(post["provider"]), tag("span", who, where))).classes(design.CALENDAR_WHO)
                ui.button(icon="close", on_click=self._closed, color=None).props(
                    f'{design.ROUND} aria-label="{_("Close")}"'
                )
            html(tag("p", headline(post), class_="sc-cal-text"))
            html(badge(status))
            if post["error"]:
                ui.label(post["error"]).classes(design.ISSUE)
            html(_times(post, self.screen, late))
            with ui.element("div").classes(design.LINE):
                self._actions(post, status)

    def _actions(self, post: dict[str, Any], status: str) -> None:
        id = post["id"]
        ui.button(_("Open"), icon="open_in_full", on_click=lambda: ui.navigate.to(f"/posts/{id}")).props(
            design.BUTTON
        ).mark("open")
        if not self.screen.may(Action.PUBLISH):
            return
        if status in EDITABLE:
            ui.button(_("Another time"), icon="schedule", on_click=lambda: self._another_time(post)).props(
                design.BUTTON_OUTLINE
            ).mark("another-time")
        ui.button(_("Duplicate"), icon="content_copy", on_click=lambda: ui.navigate.to(f"/compose?copy={id}")).props(
            design.BUTTON_QUIET
        )
        if status in CANCELABLE:
            ui.button(_("Cancel it"), on_click=lambda: self._cancel(id)).props(design.DANGER_QUIET).mark("cancel")

    def _cancel(self, id: str) -> None:
        async def go() -> None:
            await self.screen.call(posts.cancel, id, now=self.screen.now())

        told = _("It will not go out. You can copy it into a new post later.")
        confirm(_("Cancel this post?"), told, _("Cancel it"), go)

    def _another_time(self, post: dict[str, Any]) -> None:
        async def go() -> None:
            moved = await self.screen.call(
                agenda.place, post["id"], wall=picker.written, zone=picker.zone, revision=post["revision"],
                now=self.screen.now(), nudge=self.screen.context.nudge, keep_zone=False,
            )  # fmt: skip
            if moved is not REFUSED:
                dialog.close()
                await self._moved(moved)

        def foretell() -> None:
            note.set_text(clock_note(picker.written, picker.zone))

        with modal(_("When should it go out?")) as dialog:
            wall = wall_time(at, post["timezone"]) if (at := parsed(post["publishAtUtc"])) else None
            picker = TimePicker(wall, post["timezone"], foretell)
            note = ui.label().classes(design.NOTE).props('role="status"').mark("clock-note")
            with ui.element("div").classes(design.BUTTONS):
                ui.button(_("Keep it as it is"), on_click=dialog.close).props(design.BUTTON_QUIET)
                ui.button(_("Set the time"), on_click=go).props(design.BUTTON).mark("set-time")


def _times(post: dict[str, Any], screen: Screen, late: timedelta | None) -> Markup:
    at, published = parsed(post["publishAtUtc"]), parsed(post["publishedAt"])
    assert at is not None
    by = seconds(late.total_seconds()) if late else None
    return facts(
        (_("Planned"), moment_named(at, screen.zone)),
        (_("Their time"), moment_named(at, post["timezone"]) if post["timezone"] != screen.zone else None),
        (_("Went out"), moment_named(published, screen.zone) if published else None),
        (_("Late by") if published else _("Overdue by"), by),
        (_("Campaign"), post["campaignName"]),
    )


def moment_named(at: datetime, zone: str) -> str:
    """``Sun 28 Mar 2027, 03:30 Europe/Berlin``; where the clocks show it twice, which of the two is meant."""
    there = local(at, zone)
    wall = there.replace(tzinfo=None, second=0, microsecond=0).isoformat()
    which = f" {there:%Z}" if len(moments(wall, zone)) > 1 else ""
    return f"{day_short(there.date())} {there.year}, {there:%H:%M}{which} {zone}"


def clock_note(wall: str, zone: str) -> str:
    """What a reading of the clocks means that they skip or repeat; empty for all others."""
    try:
        at = parse_time(wall, zone)
    except ValueError:
        return ""
    asked = datetime.fromisoformat(wall)
    return reading_note(asked, at, zone, len(moments(wall, zone)))


def reading_note(asked: datetime, at: datetime, zone: str, readings: int) -> str:
    if readings == 1:
        return ""
    day, time = day_short(asked.date()), f"{asked:%H:%M}"
    if readings == 0:
        told = _("{time} does not exist on {day} in {zone}, the clocks go forward: it goes out at {to}.")
        return told.format(time=time, day=day, zone=zone, to=f"{local(at, zone):%H:%M}")
    told = _("{time} comes twice on {day} in {zone}, the clocks go back: it goes out the first time.")
    return told.format(time=time, day=day, zone=zone)
