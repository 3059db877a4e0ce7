"""What the connection doctor found, as a list with the next click of each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from nicegui import ui

from . import design
from .frame import modal
from .words import _, later, plural

ICONS = {"bad": "error", "warn": "warning", "info": "info", "ok": "check_circle"}
NAMES = {
    "bad": later("To mend"),
    "warn": later("To look at"),
    "info": later("Cannot be told from here"),
    "ok": later("In order"),
}


def show(found: Sequence[Mapping[str, Any]], actions: Mapping[str, Callable[[], Awaitable[object]]]) -> None:
    """``actions`` are what this page can do itself where a finding leads to it: by path."""
    several = len({one["account"]["id"] for one in found if one["account"]}) > 1
    for level, name in NAMES.items():
        of_level = [one for one in found if one["level"] == level]
        if not of_level:
            continue
        with ui.element("section").classes(design.STACK_TIGHT):
            ui.label(_(name)).classes(design.SECTION_TITLE).props('role="heading" aria-level="3"')
            with ui.element("ul").classes(design.FINDINGS):
                for one in of_level:
                    _finding(one, several, actions)


def _finding(one: Mapping[str, Any], several: bool, actions: Mapping[str, Callable[[], Awaitable[object]]]) -> None:
    with ui.element("li").classes(design.finding(one["level"])).mark(f"finding {one['id']} {one['level']}"):
        ui.icon(ICONS[one["level"]]).props('aria-hidden="true"')
        with ui.element("div").classes(f"{design.STACK_TIGHT} {design.GROW}"):
            title = f"{one['title']} · {one['account']['handle']}" if several and one["account"] else one["title"]
            ui.label(title).classes(design.STRONG)
            if one["detail"]:
                ui.label(one["detail"]).classes(design.SMALL).style("overflow-wrap:anywhere")
            if one["next"] and one["level"] != "ok":
                _next(one["next"], actions)


def _next(way: Mapping[str, str], actions: Mapping[str, Callable[[], Awaitable[object]]]) -> None:
    with ui.element("div").classes(design.LINE):
        if "command" in way:
            ui.label(way["command"]).classes(design.MONO)
            ui.button(_("Copy"), on_click=lambda: ui.clipboard.write(way["command"])).props(design.BUTTON_QUIET)
        elif way.get("path") in actions:
            action = actions[way["path"]]
            ui.button(way["label"], on_click=action).props(design.BUTTON_OUTLINE).mark("next")
        else:
            ui.link(way["label"], way.get("url") or way["path"], new_tab="url" in way).mark("next")


async def dialog(
    title: str,
    look: Callable[[], Awaitable[Sequence[Mapping[str, Any]] | None]],
    actions: Mapping[str, Callable[[], Awaitable[object]]] | None = None,
) -> None:
    """Open at once, and filled in when the network has answered. ``look`` gives None when it was refused."""
    with modal(title) as shown:
        box = ui.element("div").classes(design.STACK).props('aria-live="polite"')
        with box, ui.element("div").classes(design.LINE):
            ui.spinner(size="1.5em")
            ui.label(_("Asking the network …")).classes(design.MUTED)
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Close"), on_click=shown.close).props(design.BUTTON_QUIET).mark("close")
    found = await look()
    if found is None:
        shown.close()
        return
    box.clear()
    wrong = sum(one["level"] in ("bad", "warn") for one in found)
    with box:
        ui.label(
            plural("{count} thing needs a look.", "{count} things need a look.", wrong)
            if wrong
            else _("Nothing is wrong.")
        ).classes(design.MUTED).mark("verdict")
        show(found, actions or {})
