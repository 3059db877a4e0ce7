"""Choosing a moment: a day, a time and a zone, with the browser's own fields."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from zoneinfo import available_timezones

from nicegui import ui

from . import design
from .words import _


class TimePicker:
    """What the clock on the wall should show, and in which zone. Reading it is the services' business."""

    def __init__(self, wall: str | None, zone: str, on_change: Callable[[], object] = lambda: None) -> None:
        date, _separator, time = (wall or "").partition("T")
        with ui.element("div").classes(design.LINE):
            self._date = (
                ui.input(_("Day"), value=date, on_change=on_change).props(f"{design.INPUT} type=date").mark("date")
            )
            self._time = (
                ui.input(_("Time"), value=time[:5], on_change=on_change).props(f"{design.INPUT} type=time").mark("time")
            )
            self._zone = zone_select(zone, on_change)

    @property
    def written(self) -> str:
        """ISO without an offset; not a time while something is missing."""
        return f"{self._date.value or ''}T{self._time.value or ''}"

    @property
    def zone(self) -> str:
        return self._zone.value

    def set(self, wall: str, zone: str) -> None:
        self._date.value, _separator, time = wall.partition("T")
        self._time.value, self._zone.value = time[:5], zone


def zone_select(zone: str, on_change: Callable[[], object] = lambda: None) -> ui.select:
    names = zones() if zone in zones() else [zone, *zones()]
    select = ui.select(names, value=zone, label=_("Time zone"), with_input=True, on_change=on_change)
    return select.props(f"{design.INPUT} virtual-scroll-slice-size=20").style("min-width:200px").mark("zone")


@cache
def zones() -> list[str]:
    return sorted(
        name
        for name in available_timezones()
        if ("/" in name and not name.startswith(("Etc/", "posix", "right"))) or name == "UTC"
    )
