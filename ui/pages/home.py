"""What goes out next, what went wrong, and what needs a person."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from backend import accounts, connections, health, posts
from backend.access import Actor
from backend.posts import Filters
from backend.status import PostStatus

from .. import design
from ..frame import banner, empty, heading, html, section
from ..live import follow
from ..marks import network_name, post_rows
from ..run import Screen
from ..when import moment, seconds
from ..words import _, plural

NEXT = 8
SHOWN_FAILED = 6
SHOWN_PUBLISHED = 5
LATE_SECONDS = 30.0
WAITING = (PostStatus.SCHEDULED, PostStatus.RETRY_PENDING, PostStatus.PUBLISHING)
NEEDY = {
    "expired": _("its login has ended. Connect it again."),
    "expiring": _("its login ends soon. Connect it again before then."),
    "missing": _("its login is missing. Connect it again."),
}


async def home(screen: Screen) -> None:
    with heading(_("Home")):
        ui.button(_("New post"), icon="edit", on_click=lambda: ui.navigate.to("/compose")).props(design.BUTTON)

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
        sentence = NEEDY.get(login["tokenHealth"], _("its login ends before its last posts go out. Connect it again."))
        risk = plural("{count} post is at risk.", "{count} posts are at risk.", login["postsAtRisk"])
        told = f"{sentence}{ends} {risk if login['postsAtRisk'] else ''}".strip()
        with banner("warn", f"{network_name(login['provider'])}, {name}: {told}"):
            ui.link(_("Accounts"), "/accounts")
    if seen["failed"]:
        with section(plural("{count} post failed", "{count} posts failed", seen["failures"])):
            with ui.element("div").classes(design.CARD_PLAIN):
                html(post_rows(seen["failed"], screen)).mark("failed")
            if seen["failures"] > len(seen["failed"]):
                ui.link(_("All failed posts"), "/posts?status=failed")


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
