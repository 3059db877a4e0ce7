"""The way from an empty workspace to a published post, ticked off by what the rows say."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from .. import design
from ..frame import html, section
from ..markup import icon, joined, tag
from ..run import Screen
from ..words import _
from . import tour


async def first_steps(screen: Screen) -> None:
    """Nothing once all steps are done, or put away."""
    if not tour.offered(screen):
        return
    found = await screen.read(tour.progress, screen.actor)
    if all(found.done):
        return

    def put_away() -> None:
        tour.put_away()
        box.delete()

    with section(_("First steps")) as box, ui.element("div").classes(design.CARD).mark("first-steps"):
        for number, (step, done) in enumerate(zip(tour.STEPS, found.done, strict=True)):
            with ui.element("div").classes(design.STEP):
                mark = icon("check_circle" if done else "radio_button_unchecked", "sc-done" if done else "")
                told = tag(
                    "span",
                    tag("span", _(step.name), class_="sc-row-text"),
                    tag("span", _(step.about), class_="sc-row-more"),
                )
                html(joined(mark, told), "span").classes(replace="sc-nav-parts")
                if number == found.following:
                    ui.button(_("Show me"), on_click=partial(tour.begin, step.path)).props(design.BUTTON)
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Put this away"), on_click=put_away).props(design.BUTTON_QUIET)
