"""What goes out next, what went wrong, and what needs a person."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from backend import accounts, connections, health, posts, punctuality
from backend.access import Action, Actor
from backend.posts import Filters
from backend.punctuality import Punctuality
from backend.status import PostStatus

from .. import design
from ..frame import banner, empty, heading, html, section
from ..live import follow
from ..marks import network_name, post_row, post_rows, status_of
from ..parts.first_steps import first_steps
from ..run import REFUSED, Screen, say
from ..when import moment, seconds
from ..words import _, later, plural

NEXT = 8
SHOWN_FAILED = 6
SHOWN_PUBLISHED = 5
LATE_SECONDS = 30.0
WAITING = (PostStatus.SCHEDULED, PostStatus.RETRY_PENDING, PostStatus.PUBLISHING)
NEEDY = {
    "expired": later("its login has ended. Connect it again."),
    "expiring": later("its login ends soon. Connect it again before then."),
    "missing": later("its login is missing. Connect it again."),
}


ENDS_TOO_SOON = later("its login ends before its last posts go out. Connect it again.")


async def home(screen: Screen) -> None:
    with heading(_("Home")):
        ui.button(_("New post"), icon="edit", on_click=lambda: ui.navigate.to("/compose")).props(design.BUTTON)

    await first_steps(screen)

    @ui.refreshable
    async def news() -> None:
        service = await health.service(screen.context)
        seen = await screen.read(_look, screen.actor, screen.now())
        _worker(service["worker"])
        if not service["clock"]["ok"]:
            banner("bad", service["clock"]["message"]).mark("clock")
        if not seen["accounts"]:
            with ui.element("div").classes(design.CARD):
                empty(
                    "hub",
                    _("Connect the first account, then write a post for it."),
                    _("Connect an account"),
                    "/accounts",
                )
            return
        _attention(screen, seen)
        _next(screen, seen)
        _on_time(seen["punctuality"])
        if seen["published"]:
            with section(_("Just published")), ui.element("div").classes(design.CARD_PLAIN):
                html(post_rows(seen["published"], screen))

    await news()
    await follow(screen, news.refresh)


def _look(session: Session, actor: Actor, now: Any) -> dict[str, Any]:
    upcoming, waiting = _soonest(session, actor)
    failed, failures = posts.list_posts(session, actor, Filters(statuses=(PostStatus.FAILED,), limit=SHOWN_FAILED))
    published, _ = posts.list_posts(session, actor, Filters(statuses=(PostStatus.PUBLISHED,), limit=SHOWN_PUBLISHED))
    logins = connections.health(session, actor, now=now)["connections"]
    return {
        "accounts": accounts.list_accounts(session, actor),
        "next": upcoming,
        "waiting": waiting,
        "failed": failed,
        "failures": failures,
        "published": published,
        "punctuality": punctuality.of_late(session, actor, now=now),
        "needy": [login for login in logins if login["tokenHealth"] in NEEDY or login["postsAtRisk"]],
    }


def _soonest(session: Session, actor: Actor) -> tuple[list[dict[str, Any]], int]:
    """Lists begin with the latest time: the soonest are their last."""
    _first, total = posts.list_posts(session, actor, Filters(statuses=WAITING, limit=1))
    last, _total = posts.list_posts(session, actor, Filters(statuses=WAITING, limit=NEXT, offset=max(0, total - NEXT)))
    return last[::-1], total


def _worker(worker: dict[str, Any]) -> None:
    if not worker["alive"]:
        banner("bad", _("The publisher is not running: nothing goes out. Start the worker.")).mark("worker")
    elif not worker["paused"] and (worker["oldestDueSeconds"] or 0) > LATE_SECONDS:
        late = seconds(worker["oldestDueSeconds"])
        banner("warn", _("The publisher is late by {late}.").format(late=late)).mark("worker")


def _attention(screen: Screen, seen: dict[str, Any]) -> None:
    for login in seen["needy"]:
        name = login["displayName"] or login["handle"]
        ends = f" ({moment(login['expiresAt'], screen.zone, screen.now())})" if login["expiresAt"] else ""
        sentence = _(NEEDY.get(login["tokenHealth"], ENDS_TOO_SOON))
        risk = plural("{count} post is at risk.", "{count} posts are at risk.", login["postsAtRisk"])
        told = f"{sentence}{ends} {risk if login['postsAtRisk'] else ''}".strip()
        with banner("warn", f"{network_name(login['provider'])}, {name}: {told}"):
            ui.link(_("Accounts"), "/accounts")
    if seen["failed"]:
        with section(plural("{count} post failed", "{count} posts failed", seen["failures"])):
            with ui.element("ul").classes(f"{design.CARD_PLAIN} sc-rows").mark("failed"):
                for post in seen["failed"]:
                    _failed(screen, post)
            if seen["failures"] > len(seen["failed"]):
                ui.link(_("All failed posts"), "/posts?status=failed")


def _failed(screen: Screen, post: dict[str, Any]) -> None:
    """What went wrong, and the one click that mends it."""

    async def again() -> None:
        button.props("loading")
        if await screen.call(posts.retry, post["id"]) is not REFUSED:
            say(_("It is sent again now."))
        button.props(remove="loading")

    def look() -> None:
        ui.navigate.to(f"/posts/{post['id']}")

    with ui.element("li").classes(design.MENDING):
        html(post_row(post, screen)).classes(design.GROW)
        if not screen.may(Action.PUBLISH):
            return
        unknown = status_of(post) == "unknown"
        button = ui.button(_("Look") if unknown else _("Retry"), on_click=look if unknown else again)
        button.props(design.BUTTON_OUTLINE).mark(f"mend-{post['id']}")


def _on_time(found: Punctuality | None) -> None:
    """The publisher about itself."""
    if found is None:
        return
    told = plural(
        "{count} post went out in the last 24 hours", "{count} posts went out in the last 24 hours", found.posts
    )
    late = _("{told}, usually {usual} s after its time, at worst {worst} s.").format(
        told=told, usual=f"{found.usual:.1f}", worst=f"{found.worst:.1f}"
    )
    ui.label(late).classes(design.SMALL).mark("on-time")


def _next(screen: Screen, seen: dict[str, Any]) -> None:
    with section(_("Goes out next")):
        with ui.element("div").classes(design.CARD_PLAIN):
            if seen["next"]:
                html(post_rows(seen["next"], screen)).mark("next")
            else:
                empty(
                    "event_available",
                    _("Nothing is scheduled. Write something, or pick a day in the calendar."),
                    _("New post"),
                    "/compose",
                )
        if seen["waiting"] > len(seen["next"]):
            more = plural("{count} post is scheduled", "{count} posts are scheduled", seen["waiting"])
            ui.link(more, "/posts?status=scheduled")
