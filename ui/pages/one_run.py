"""One run: how it stands, what can be done about all of it, its campaigns as graphs, and its posts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from backend import browsing
from backend import runs as service
from backend.access import Action, Actor
from backend.bulk import Act
from backend.posts import UNKNOWN, Filters
from backend.status import CANCELABLE, PostStatus

from .. import design
from ..components.lanes import Lanes
from ..components.lines import Line, Lines
from ..frame import heading, html, modal, section
from ..live import follow
from ..marks import badge, network, status_of, title
from ..markup import Markup, joined, tag
from ..parts import bulk, campaign_graph, publish_run
from ..run import REFUSED, Screen, say
from ..when import exact, moment
from ..words import _, plural
from .runs import bar, counted, name_of, span_of

FAILED = (PostStatus.FAILED, UNKNOWN)


async def one_run(screen: Screen, run_id: str) -> None:
    await _Page(screen, run_id, await screen.read(_look, screen.actor, run_id)).draw()


def _look(session: Session, actor: Actor, run_id: str) -> dict[str, Any]:
    run = service.overview(session, actor, run_id)
    with_graph = run["sourceModel"] == "campaigns_v2"
    table = service.table(session, actor, run_id)["rows"]
    found = (service.campaign if with_graph else service.status)(session, actor, run_id)
    return {"run": run, "table": table, "posts": found["posts"], "campaign": found if with_graph else None}


class _Page:
    def __init__(self, screen: Screen, run_id: str, seen: dict[str, Any]) -> None:
        self.screen, self.id, self.seen = screen, run_id, seen

    async def draw(self) -> None:
        run = self.seen["run"]
        made = moment(run["createdAt"], self.screen.zone, self.screen.now())
        with heading(name_of(run)[:80], _("A run. Made: {time}").format(time=made)):
            ui.button(
                _("Figures"), icon="insights", on_click=lambda: ui.navigate.to(f"/analytics/runs/{run['id']}")
            ).props(design.BUTTON_OUTLINE)
            ui.button(_("All runs"), icon="playlist_play", on_click=lambda: ui.navigate.to("/runs")).props(
                design.BUTTON_OUTLINE
            )
        with ui.element("div").classes(design.CARD):
            self.standing = html("").props('aria-live="polite"').mark("standing")
            self.acts = ui.element("div").classes(design.LINE)
            self.offered: object = None
        self.graphs = [self._draw_graph(campaign) for campaign in self._campaigns()]
        self._draw_table()
        await follow(self.screen, self.look)  # before the look that counts, so that no change falls between them
        await self.look()

    def _campaigns(self) -> Sequence[Mapping[str, Any]]:
        return self.seen["campaign"]["campaign"]["campaigns"] if self.seen["campaign"] else []

    def _draw_graph(self, campaign: Mapping[str, Any]) -> Lanes:
        with section(_("Campaign: {name}").format(name=campaign["name"])), ui.element("div").classes(design.CARD):
            return Lanes().mark("graph")

    def _draw_table(self) -> None:
        head = (_("Time"), _("Account"), _("Campaign"), _("Step"), _("Post"), _("Status"))
        with (
            section(_("Posts")),
            ui.element("div").classes(design.CARD_PLAIN),
            ui.element("div").classes("sc-scroll"),
            ui.element("table").classes(design.RUN_TABLE),
        ):
            html(tag("tr", *(tag("th", name, scope="col") for name in head)), "thead")
            self.table = Lines("", of="tbody", each="tr").mark("table")

    async def look(self) -> None:
        self.seen = await self.screen.read(_look, self.screen.actor, self.id)
        self._show()

    def _show(self) -> None:
        seen = self.seen
        self.standing.set_content(_standing(seen["run"], self.screen))
        self._show_acts()
        if seen["campaign"]:
            drawn = campaign_graph.lanes(seen["campaign"], self.screen)
            for graph, lanes in zip(self.graphs, drawn, strict=True):
                graph.show(lanes)
        self.table.show(_rows(seen, self.screen))

    # --- what can be done -------------------------------------------------------------------------------------------------

    def _show_acts(self) -> None:
        run = self.seen["run"]
        offered = (run["status"], run["mode"], sorted(run["counts"].items()))
        if offered == self.offered:
            return
        self.offered = offered
        self.acts.clear()
        with self.acts:
            self._draw_acts(run)

    def _draw_acts(self, run: Mapping[str, Any]) -> None:
        counts: Mapping[str, int] = run["counts"]
        if self.screen.may(Action.PUBLISH):
            drafts = counts.get(PostStatus.DRAFT, 0)
            if run["mode"] == "draft" and drafts:
                told = plural("Schedule {count} post", "Schedule {count} posts", drafts)
                ui.button(told, icon="send", on_click=lambda: publish_run.ask(self.screen, self.id)).props(
                    design.BUTTON
                ).mark("publish")
            failed = sum(counts.get(state, 0) for state in FAILED)
            if failed:
                told = plural("Retry what failed ({count})", "Retry what failed ({count})", failed)
                ui.button(told, icon="replay", on_click=partial(self._act, Act.RETRY, FAILED)).props(
                    design.BUTTON
                ).mark("retry-failed")
        ui.button(_("Clone"), icon="content_copy", on_click=self._clone).props(design.BUTTON_OUTLINE).mark("clone")
        ui.button(_("Its posts in the list"), icon="view_list", on_click=lambda: ui.navigate.to(f"/posts?run={self.id}")).props(design.BUTTON_QUIET)  # fmt: skip
        left = sum(counts.get(state, 0) for state in CANCELABLE)
        if self.screen.may(Action.PUBLISH) and left:
            told = plural("Cancel what is not out ({count})", "Cancel what is not out ({count})", left)
            ui.button(told, icon="cancel", on_click=partial(self._act, Act.CANCEL, tuple(CANCELABLE))).props(
                design.DANGER_QUIET
            ).mark("cancel-rest")

    async def _act(self, act: Act, states: Sequence[str]) -> None:
        filters = Filters(run_id=self.id, states=tuple(states))
        ids = await self.screen.read(browsing.ids, self.screen.actor, filters, soonest=True)
        await bulk.ask(self.screen, act, ids)

    async def _clone(self) -> None:
        schedule = await self.screen.read(service.schedule, self.screen.actor, self.id)
        written = json.dumps(schedule, indent=2, ensure_ascii=False)

        async def make() -> None:
            button.props("loading")
            applied = await self.screen.call(service.apply_once, schedule, source="clone")
            button.props(remove="loading")
            if applied is not REFUSED:
                ui.navigate.to(f"/runs/{applied.run['id']}")

        def copy() -> None:
            ui.clipboard.write(written)
            say(_("Copied."))

        with modal(_("Make these posts again")) as dialog:
            ui.label(_("As a draft with the same times. Nothing goes out before you schedule it, and then you can shift its start."))  # fmt: skip
            with ui.expansion(_("The schedule, to change it or send it with a program")).classes(design.FIELD):
                html(tag("pre", written, class_="sc-record sc-schedule", tabindex="0")).mark("schedule")
                ui.button(_("Copy"), icon="content_copy", on_click=copy).props(f"{design.BUTTON_QUIET} dense")
            with ui.element("div").classes(design.BUTTONS):
                ui.button(_("Close"), on_click=dialog.close).props(design.BUTTON_QUIET)
                if self.screen.may(Action.PUBLISH):
                    button = ui.button(_("Make the draft"), on_click=make).props(design.BUTTON).mark("make-draft")


def _standing(run: Mapping[str, Any], screen: Screen) -> Markup:
    return tag(
        "div",
        tag("div", badge(run["status"]), tag("span", span_of(run, screen), class_=design.MUTED), class_=design.LINE),
        bar(run["counts"]),
        tag("p", counted(run), class_="sc-standing-what"),
        class_=design.STANDING,
    )


def _rows(seen: Mapping[str, Any], screen: Screen) -> list[Line]:
    posts = {post["id"]: post for post in seen["posts"]}
    return [Line(key=row["postId"], html=_row(row, posts[row["postId"]], screen)) for row in seen["table"]]


def _row(row: Mapping[str, Any], post: Mapping[str, Any], screen: Screen) -> Markup:
    when = tag("time", moment(row["time"], screen.zone, screen.now()), datetime=row["time"], title=exact(row["time"], screen.zone))  # fmt: skip
    words = " ".join(f"{title(post)} {row['description']}".split())[:140] or _("Media without text")
    wrong = tag("span", post["error"], class_="sc-row-more sc-bad") if status_of(post) in (*FAILED, "retry_pending") else None  # fmt: skip
    name = screen.names.get(post["accountId"], row["account"])
    return joined(
        tag("td", when),
        tag("td", tag("span", network(post["provider"]), tag("span", name), class_="sc-cell-account")),
        tag("td", row["campaign"] or "", class_="sc-cell-wide"),
        tag("td", row["step"] or "", class_="sc-cell-wide"),
        tag("td", tag("a", words, href=f"/posts/{row['postId']}"), wrong),
        tag("td", badge(status_of(post))),
    )
