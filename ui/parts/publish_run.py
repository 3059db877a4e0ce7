"""A draft run on its way out: when it begins, when it ends, and what is in the way, said before it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from nicegui import ui

from backend import runs
from backend.times import parse_time, wall_time

from .. import design
from ..frame import html, modal
from ..markup import Markup, joined, tag
from ..pickers import TimePicker
from ..run import REFUSED, Screen, refuse, say
from ..when import exact, local, moment, parsed
from ..words import _, plural


async def ask(screen: Screen, run_id: str, done: Callable[[], object] = lambda: None) -> None:
    foreseen = await screen.call(runs.foresee_publish, run_id, start_at=None, now=screen.now())
    if foreseen is REFUSED:
        return
    first = parsed(foreseen["first"])
    assert first is not None
    wall = wall_time(first, screen.zone)[:16]

    def start() -> datetime | None:
        """None leaves the times as they are: to the second, which the fields do not show."""
        if picker.written == wall and picker.zone == screen.zone:
            return None
        return parse_time(picker.written, picker.zone)

    async def look() -> None:
        try:
            found = await screen.read(runs.foresee_publish, screen.actor, run_id, start_at=start(), now=screen.now())
        except ValueError:
            told.set_content(tag("p", _("Choose a day and a time."), class_=design.MUTED))
            button.disable()
            return
        told.set_content(_told(found, screen))
        button.enable()

    async def go() -> None:
        try:
            start_at = start()
        except ValueError:
            refuse(_("Choose a day and a time."))
            return
        button.props("loading")
        answer = await screen.call(
            runs.publish, run_id, start_at=start_at, now=screen.now(), nudge=screen.context.nudge
        )
        button.props(remove="loading")
        if answer is not REFUSED:
            dialog.close()
            say(plural("{count} post is scheduled.", "{count} posts are scheduled.", foreseen["posts"]))
            done()

    with modal(plural("Schedule {count} post", "Schedule {count} posts", foreseen["posts"])) as dialog:
        if foreseen["posts"] > 1:
            ui.label(_("The first one goes out then; the others keep their distance to it."))
        else:
            ui.label(_("It goes out then."))
        picker = TimePicker(wall, screen.zone, look)
        told = html(_told(foreseen, screen)).props('aria-live="polite"').mark("foreseen")
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Keep it as a draft"), on_click=dialog.close).props(design.BUTTON_QUIET)
            button = ui.button(
                plural("Schedule {count} post", "Schedule {count} posts", foreseen["posts"]), on_click=go
            )
            button.props(design.BUTTON).mark("publish-run")


def _told(foreseen: dict[str, Any], screen: Screen) -> Markup:
    count = foreseen["posts"]
    ends = (
        [(_("First"), foreseen["first"]), (_("Last"), foreseen["last"])]
        if count > 1
        else [(_("Then"), foreseen["first"])]
    )
    times = tag(
        "dl",
        *(joined(tag("dt", name), tag("dd", _time(at, screen))) for name, at in ends),
        class_="sc-facts",
    )
    notes = (
        (
            foreseen["atOnce"],
            plural(
                "{count} has a time that is over, and goes out at once.",
                "{count} have times that are over, and go out at once.",
                foreseen["atOnce"],
            ),
        ),
        (
            foreseen["held"],
            plural(
                "{count} belongs to an account that has to be connected again: it waits until then.",
                "{count} belong to accounts that have to be connected again: they wait until then.",
                foreseen["held"],
            ),
        ),
    )
    return joined(times, *(tag("p", sentence, class_=design.WARNING) for number, sentence in notes if number))


def _time(written: str, screen: Screen) -> Markup:
    at = parsed(written)
    assert at is not None
    name = local(at, screen.zone).tzname()
    return tag(
        "time",
        f"{moment(written, screen.zone, screen.now())} {name}",
        title=exact(written, screen.zone),
        datetime=written,
    )
