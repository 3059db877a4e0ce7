"""Whether posts go out at this moment: always in sight, always from the rows."""

from __future__ import annotations

from nicegui import ui

from backend import health, workspaces

from .. import design
from ..run import Screen
from ..sharing import shared
from ..when import seconds
from ..words import _

EVERY = 5.0
LATE_SECONDS = 30.0


async def pulse(screen: Screen) -> None:
    with ui.element("div").classes(design.PULSE).props('role="status"').mark("pulse") as line:
        ui.element("span").classes("sc-dot")
        words = ui.label()

    async def look() -> None:
        tone, sentence = await _state(screen)
        line.classes(replace=f"{design.PULSE} sc-{tone}")
        words.set_text(sentence)

    await look()
    ui.timer(EVERY, look)


async def _state(screen: Screen) -> tuple[str, str]:
    service = await shared(screen, "health", lambda: health.service(screen.context), seconds=EVERY / 2)
    worker = service["worker"]
    if not worker["alive"]:
        return "bad", _("The publisher is not running")
    held = await screen.read(workspaces.holds, screen.actor)
    if held["instance"] or held["workspace"]:
        return "warn", _("Publishing is on hold")
    late = worker["oldestDueSeconds"] or 0.0
    if late > LATE_SECONDS:
        return "warn", _("The publisher is {late} late").format(late=seconds(late))
    return "good", _("Publishing on time")
