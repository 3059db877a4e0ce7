"""The way from an empty workspace to a published post, ticked off by what the rows say."""

from __future__ import annotations

from functools import partial

from nicegui import app, ui
from sqlalchemy.orm import Session

from backend import accounts, posts
from backend.access import Action, Actor
from backend.posts import Filters
from backend.status import PostStatus

from .. import design
from ..frame import html, section
from ..markup import icon, joined, tag
from ..run import Screen
from ..words import _, later

DONE_WITH = "first_steps_done_with"
STEPS = (
    (later("Connect an account"), later("Choose a network; nothing is posted by connecting."), "/accounts"),
    (later("Write your first post"), later("Pick accounts, write, and see what the network will show."), "/compose"),
    (later("See it published"), later("Open the post: its page tells the whole story of it."), "/posts"),
    (later("Schedule one for tomorrow"), later("It stands in the calendar; drag it to another day."), "/calendar"),
)  # fmt: skip


async def first_steps(screen: Screen) -> None:
    """Nothing once all steps are done, or put away."""
    if app.storage.user.get(DONE_WITH) or not screen.may(Action.PUBLISH):
        return
    done = await screen.read(_done, screen.actor)
    if all(done):
        return
    following = done.index(False)

    def put_away() -> None:
        app.storage.user[DONE_WITH] = True
        box.delete()

    with section(_("First steps")) as box, ui.element("div").classes(design.CARD).mark("first-steps"):
        for number, (name, about, path) in enumerate(STEPS):
            with ui.element("div").classes(design.STEP):
                mark = icon(
                    "check_circle" if done[number] else "radio_button_unchecked", "sc-done" if done[number] else ""
                )
                told = tag(
                    "span", tag("span", _(name), class_="sc-row-text"), tag("span", _(about), class_="sc-row-more")
                )
                html(joined(mark, told), "span").classes(replace="sc-nav-parts")
                if number == following:
                    ui.button(_("Go"), on_click=partial(ui.navigate.to, path)).props(design.BUTTON)
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Put this away"), on_click=put_away).props(design.BUTTON_QUIET)


def _done(session: Session, actor: Actor) -> list[bool]:
    def any_post(**filters: object) -> bool:
        return posts.list_posts(session, actor, Filters(limit=1, **filters))[1] > 0  # type: ignore[arg-type]

    published = any_post(statuses=(PostStatus.PUBLISHED,))
    return [
        bool(accounts.list_accounts(session, actor)),
        published or any_post(),
        published,
        any_post(statuses=(PostStatus.SCHEDULED,)),
    ]
