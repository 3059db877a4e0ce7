"""All runs: what was sent at once, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from backend import runs as service
from backend.status import RunStatus

from .. import design
from ..components.lines import Line, Lines
from ..frame import empty, heading, html, pager, tabs
from ..live import follow
from ..marks import WORDS, badge, network
from ..markup import Markup, joined, tag
from ..run import Screen
from ..when import exact, moment
from ..words import _, later, plural

PAGE = 50
TABS: tuple[tuple[str, tuple[RunStatus, ...], str], ...] = (
    ("", (), later("All")),
    ("draft", (RunStatus.DRAFT,), later("Drafts")),
    ("going", (RunStatus.CREATED, RunStatus.PROCESSING), later("Under way")),
    ("done", (RunStatus.COMPLETED,), later("Done")),
    ("failed", (RunStatus.PARTIAL_FAILED,), later("With failures")),
)
BARS = {
    "published": "good",
    "deleted": "gone",
    "failed": "bad",
    "unknown": "bad",
    "retry_pending": "warn",
    "publishing": "active",
    "scheduled": "info",
    "draft": "plain",
    "canceled": "gone",
}
"""How the states of a run's posts look in its bar, in their order there."""


async def runs(screen: Screen, status: str = "", page: int = 1) -> None:
    statuses = next((wanted for name, wanted, _title in TABS if name == status), ())
    page = max(1, min(page, 1_000_000))
    with heading(_("Runs"), _("What was sent at once: by Compose, by an import, or by a program.")):
        ui.button(_("Posts"), icon="view_list", on_click=lambda: ui.navigate.to("/posts")).props(design.BUTTON_OUTLINE)
    html(tabs([(_(title), f"/runs?status={name}" if name else "/runs", name == status) for name, _s, title in TABS]))
    with ui.element("div").classes(design.CARD_PLAIN):
        rows = Lines("sc-rows", of="ul").mark("runs")
        nothing = ui.element("div")
    turn = html("")

    async def load() -> None:
        found, total = await screen.read(
            service.list_runs, screen.actor, statuses=statuses, limit=PAGE, offset=(page - 1) * PAGE
        )
        rows.show([Line(key=run["id"], html=_row(run, screen)) for run in found])
        turn.set_content(pager("/runs", {"status": status} if status else {}, page, PAGE, total))
        nothing.clear()
        if not found:
            with nothing:
                if status:
                    empty("inbox", _("No runs here. Look among all of them."), _("All runs"), "/runs")
                else:
                    empty("playlist_play", _("Nothing was sent yet. Write the first post."), _("New post"), "/compose")

    await follow(screen, load)  # before the first look, so that no change falls between them
    await load()


def _row(run: Mapping[str, Any], screen: Screen) -> Markup:
    now, zone = screen.now(), screen.zone
    made = tag(
        "time", moment(run["createdAt"], zone, now), datetime=run["createdAt"], title=exact(run["createdAt"], zone)
    )
    return tag(
        "a",
        tag("span", *(network(id) for id in run["providers"][:3]), class_="sc-marks"),
        tag(
            "span",
            tag("span", name_of(run), class_="sc-row-text"),
            tag("span", f"{counted(run)} · {span_of(run, screen)}", class_="sc-row-more"),
            bar(run["counts"]),
        ),
        tag("span", made, badge(run["status"]), class_="sc-row-end"),
        href=f"/runs/{run['id']}",
        class_="sc-row",
    )


def name_of(run: Mapping[str, Any]) -> str:
    """Its campaigns, or the words of its first post."""
    words = ", ".join(run["campaigns"]) or " ".join(run["words"].split())
    return words[:140] or _("Media without text")


def counted(run: Mapping[str, Any]) -> str:
    """``12 posts: 9 published, 3 failed``; ``1 post: draft``."""
    many = plural("{count} post", "{count} posts", run["totalPosts"])
    states = [state for state in BARS if run["counts"].get(state)]
    if len(states) == 1 and run["totalPosts"] > 1:
        return _("{posts}, all of them: {state}").format(posts=many, state=_(WORDS[states[0]]).lower())
    alone = len(states) == 1
    told = (
        _(WORDS[state]).lower() if alone else f"{run['counts'][state]} {_(WORDS[state]).lower()}" for state in states
    )
    return f"{many}: {', '.join(told)}"


def span_of(run: Mapping[str, Any], screen: Screen) -> str:
    first, last = (moment(run[key], screen.zone, screen.now()) for key in ("firstPublishAtUtc", "lastPublishAtUtc"))
    return first if first == last else f"{first} – {last}"


def bar(counts: Mapping[str, int]) -> Markup:
    """The words beside it say the same."""
    parts = [
        tag("i", style=f"flex-grow:{counts[state]}", class_=f"sc-bar-{look}")
        for state, look in BARS.items()
        if counts.get(state)
    ]
    return tag("span", joined(*parts), class_="sc-bar", aria_hidden="true")
