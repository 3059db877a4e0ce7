"""Open pages follow what happens: the events of the workspace tell them when to look again.

And they are closed when their session is: a page may be open for longer than that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from backend import events, users
from backend.access import Actor

from .run import Screen
from .sharing import shared

EVERY = 1.0
FRESH = 0.4
"""Seconds. All open pages of a workspace or a session share a look: together with EVERY well below two seconds."""
ANYWAY = 30
"""After so many quiet looks a page is drawn again even so: ``in 5 minutes`` becomes ``in 4 minutes``."""


async def follow(screen: Screen, redraw: Callable[[], Awaitable[object]]) -> None:
    """Call ``redraw`` whenever something changed in the workspace, and now and then."""
    seen = await screen.read(events.last_seq, screen.actor.workspace_id)
    quiet = 0

    async def newest() -> int:
        return await screen.read(events.last_seq, screen.actor.workspace_id)

    async def look() -> None:
        nonlocal seen, quiet
        latest = await shared(screen, ("events", screen.actor.workspace_id), newest, seconds=FRESH)
        quiet += 1
        if latest > seen or quiet >= ANYWAY:
            seen, quiet = latest, 0
            await redraw()

    ui.timer(EVERY, look)


def guard(screen: Screen) -> None:
    """A page shows what its visitor may see only as long as they may: signed out, removed or with another role they
    get the page anew, which is the sign-in page for strangers."""

    async def who() -> Actor | None:
        return await screen.read(users.session_actor, screen.token, screen.now(), idle=screen.idle)

    async def look() -> None:
        key = ("session", screen.token)
        if await shared(screen, key, who, seconds=FRESH) == screen.actor:
            return
        # it may be older than this page: somebody has just gone to another workspace
        if await shared(screen, key, who, seconds=0) != screen.actor:
            ui.navigate.reload()
            ui.context.client.content.clear()  # with its timers: nothing more is told to a browser that stays

    ui.timer(EVERY, look)
