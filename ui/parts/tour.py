"""The first steps of somebody new: what they are, how far the rows say they got, and a guide that goes along."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import app, ui
from sqlalchemy.orm import Session

from backend import accounts, posts, runs
from backend.access import Action, Actor
from backend.posts import Filters
from backend.status import PostStatus

from .. import design
from ..live import follow
from ..marks import see_link
from ..markup import Markup, icon, joined, tag
from ..run import Screen
from ..words import _, later

DONE_WITH = "first_steps_done_with"
ON_TOUR = "on_tour"


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    about: str
    path: str
    on_the_spot: str
    """What to do once one is there."""


STEPS = (
    Step(later("Connect an account"), later("Choose a network; nothing is posted by connecting."), "/accounts",
         later("Press Connect at any network below. Nothing is posted by connecting.")),
    Step(later("Write your first post"), later("Pick accounts, write, and see what the network will show."), "/compose",
         later("Choose an account, write a sentence, then press Publish now.")),
    Step(later("See it published"), later("Open the post: its page tells the whole story of it."), "/posts",
         later("It is on its way. Wait a moment: this page follows it by itself.")),
    Step(later("Schedule one for tomorrow"), later("It stands in the calendar; drag it to another day."), "/calendar",
         later("Click a day that is still ahead, and write the post for it.")),
)  # fmt: skip
PUBLISHING = 3
"""So many steps lead to a published post, which is where the tour ends."""
IN_THE_SANDBOX = later(
    "Press Connect at any network below. Each is a copy that runs here for trying out: nothing leaves this SocialClaw."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    done: tuple[bool, ...]
    """For each of ``STEPS``."""
    published: dict[str, object] | None
    """The newest post that is out."""

    @property
    def following(self) -> int:
        """The number of the first step that is not done; one more than there are when all are."""
        return self.done.index(False) if False in self.done else len(self.done)


def progress(session: Session, actor: Actor) -> Progress:
    published = runs.any_planned(session, actor, PostStatus.PUBLISHED)
    done = (
        bool(accounts.list_accounts(session, actor)),
        published or runs.any_planned(session, actor),
        published,
        runs.any_planned(session, actor, PostStatus.SCHEDULED),
    )
    newest = (
        posts.list_posts(session, actor, Filters(statuses=(PostStatus.PUBLISHED,), limit=1))[0] if published else []
    )
    return Progress(done=done, published=newest[0] if newest else None)


def offered(screen: Screen) -> bool:
    return not app.storage.user.get(DONE_WITH) and screen.may(Action.PUBLISH)


def put_away() -> None:
    app.storage.user[DONE_WITH] = True
    app.storage.user.pop(ON_TOUR, None)


def begin(path: str) -> None:
    app.storage.user[ON_TOUR] = True
    ui.navigate.to(path)


async def guide(screen: Screen, path: str) -> None:
    """The tour on the pages it leads through: what to do here, then where to go on; last, that the post is out."""
    if path == "/" or not app.storage.user.get(ON_TOUR) or not offered(screen):
        return
    shown: Progress | None = None
    name = _("Tour")
    bar = ui.element("div").classes(design.TOUR).props(f'role="status" aria-label="{name}"').mark("tour")

    async def draw() -> None:
        nonlocal shown
        now = await screen.read(progress, screen.actor)
        if now == shown or bar.is_deleted:
            return
        shown = now
        bar.clear()
        with bar:
            if now.published is None:
                _step(screen, min(now.following, PUBLISHING - 1), path)
            else:
                _arrived(screen, bar, now.published)

    await draw()
    await follow(screen, draw)


def _step(screen: Screen, number: int, path: str) -> None:
    step = STEPS[number]
    there = path == step.path or path.startswith(step.path + "/")
    words = step.on_the_spot if there else step.about
    if number == 0 and there and screen.context.settings.environment == "sandbox":
        words = IN_THE_SANDBOX
    where = _("Step {number} of {count}").format(number=number + 1, count=PUBLISHING)
    _said(tag("span", where, class_=design.SMALL), _(step.name), _(words))
    if not there:
        ui.button(_("Go"), on_click=lambda: ui.navigate.to(step.path)).props(design.BUTTON)
    ui.button(_("End the tour"), on_click=_end).props(design.BUTTON_QUIET)


def _arrived(screen: Screen, bar: ui.element, post: dict[str, object]) -> None:
    seen = see_link(post, screen)
    hint = _("Next, plan one for another day: it stands in the calendar, and can be dragged.")
    _said(icon("check_circle", "sc-done"), _("Your first post is published"), joined(hint, " ", seen) if seen else hint)

    def schedule() -> None:
        put_away()
        ui.navigate.to("/calendar")

    def finish() -> None:
        put_away()
        bar.delete()

    ui.button(_("Plan one"), on_click=schedule).props(design.BUTTON_OUTLINE)
    ui.button(_("Finish"), on_click=finish).props(design.BUTTON)


def _said(mark: Markup, name: str, words: str) -> None:
    told = tag("span", tag("strong", name), tag("span", words, class_="sc-row-more"), class_=design.GROW)
    ui.html(joined(mark, told), sanitize=False, tag="span").classes(design.TOUR_WORDS)


def _end() -> None:
    """The list of the first steps stays on the home page."""
    app.storage.user.pop(ON_TOUR, None)
    ui.navigate.reload()
