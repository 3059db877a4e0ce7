"""Moving in and out: a schedule from a file, looked at row by row before anything is made of it; everything as an archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import events, ui

from backend import exporting, importing, runs, schedule_files
from backend.access import Action
from backend.errors import AppError

from .. import design
from ..frame import heading, html, section
from ..marks import network
from ..markup import Markup, tag
from ..run import REFUSED, Screen, say
from ..when import moment
from ..words import _, plural

SHOWN = 500


async def transfer(screen: Screen) -> None:
    heading(_("Import and export"))
    if screen.may(Action.PUBLISH):
        _Import(screen).draw()
    if screen.may(Action.MANAGE_WORKSPACE):
        _export(screen)


class _Import:
    """A file, what it would make, and the button that makes it."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.name = ""
        self.schedule: dict[str, Any] = {}

    def draw(self) -> None:
        with section(_("Import a schedule")), ui.element("div").classes(design.CARD):
            ui.label(
                _("A table (CSV) with a row for each post, or a schedule in YAML or JSON as the API takes it. You see what it would make before anything is made.")
            ).classes(design.MUTED)  # fmt: skip
            self.upload = ui.upload(auto_upload=True, on_upload=self.read).classes(design.HIDDEN)
            self.upload.props('accept=".csv,.tsv,.yaml,.yml,.json"')
            with ui.element("div").classes(design.LINE):
                choose = ui.button(_("Choose a file"), icon="upload_file")
                choose.props(design.BUTTON).on("click", js_handler=f"() => getElement({self.upload.id}).pickFiles()")
                ui.button(_("A table to begin with"), icon="download", on_click=self.template).props(
                    design.BUTTON_QUIET
                )
            self.issues = ui.element("div").classes(design.STACK_TIGHT).props('role="alert"').mark("import-issues")
        self.box = ui.element("div").classes(design.STACK)

    async def template(self) -> None:
        handles = await self.screen.read(exporting.account_names, self.screen.actor)
        ui.download.content(schedule_files.template(handles), "schedule.csv", "text/csv")

    async def read(self, event: events.UploadEventArguments) -> None:
        self.upload.run_method("removeUploadedFiles")
        self._show([], {"rows": [], "ready": False})
        content = await event.file.read()
        try:
            self.schedule = schedule_files.read(event.file.name, content, timezone=self.screen.zone)
        except AppError as error:
            self._show([error.message], {"rows": [], "ready": False})
            return
        self.name = event.file.name
        await self.look()

    async def look(self) -> None:
        context = self.screen.context
        told = await self.screen.read(
            importing.dry_run, self.screen.actor, self.schedule, settings=context.settings, now=self.screen.now()
        )
        self._show([issue["message"] for issue in told["issues"]], told)

    def _show(self, sentences: list[str], told: Mapping[str, Any]) -> None:
        self.issues.clear()
        with self.issues:
            for sentence in dict.fromkeys(sentences):
                ui.label(sentence).classes(design.ISSUE)
        self.box.clear()
        if told["rows"]:
            with self.box:
                self._draw_rows(told)

    def _draw_rows(self, told: Mapping[str, Any]) -> None:
        rows = told["rows"]
        wrong = sum(bool(row["issues"]) for row in rows)
        with section(_("What {file} would make").format(file=self.name)):
            with ui.element("div").classes(design.LINE_SPREAD):
                count = plural("{count} post", "{count} posts", len(rows))
                found = plural("{count} row is wrong", "{count} rows are wrong", wrong) if wrong else _("all fine")
                ui.label(f"{count}, {found}").classes(design.STRONG).mark("import-count")
                with ui.element("div").classes(design.LINE):
                    drafts = ui.button(_("Keep as drafts"), on_click=lambda: self.apply("draft"))
                    drafts.props(design.BUTTON_OUTLINE).set_enabled(told["ready"])
                    go = ui.button(_("Schedule them all"), icon="send", on_click=lambda: self.apply("scheduled"))
                    go.props(design.BUTTON).mark("import-apply").set_enabled(told["ready"])
            if wrong:
                ui.label(_("Mend the file and choose it again; nothing was made of it.")).classes(design.NOTE)
            with ui.element("div").classes(design.CARD_PLAIN):
                html(_table(rows[:SHOWN], self.screen)).mark("import-rows")
            if len(rows) > SHOWN:
                ui.label(_("The first {count} are shown.").format(count=SHOWN)).classes(design.SMALL)

    async def apply(self, mode: str) -> None:
        applied = await self.screen.call(runs.apply_once, {**self.schedule, "mode": mode}, source="import")
        if applied is REFUSED:
            await self.look()
            return
        say(plural("{count} post is scheduled.", "{count} posts are scheduled.", len(applied.posts)) if mode == "scheduled"
            else plural("{count} draft is kept.", "{count} drafts are kept.", len(applied.posts)))  # fmt: skip
        ui.navigate.to("/calendar" if mode == "scheduled" else "/posts?status=draft")


def _table(rows: list[Mapping[str, Any]], screen: Screen) -> Markup:
    head = tag("tr", *(tag("th", name) for name in ("#", _("Account"), _("When"), _("Text"), _("Files"), _("Fits"))))
    return tag("div", tag("table", head, *(_row(row, screen) for row in rows), class_="sc-table"), class_="sc-scroll")


def _row(row: Mapping[str, Any], screen: Screen) -> Markup:
    words = " ".join(f"{row['title']} {row['text']}".split())
    issues = [tag("div", issue["message"], class_=design.ISSUE) for issue in row["issues"]]
    when = moment(row["publishAt"], screen.zone, screen.now()) if row["publishAt"] else "–"
    return tag(
        "tr",
        tag("td", row["index"] + 1),
        tag("td", network(row["provider"]) if row["provider"] else None, " ", row["account"]),
        tag("td", when),
        tag("td", words[:160]),
        tag("td", row["assets"] or ""),
        tag("td", *issues) if issues else tag("td", _("yes")),
    )


def _export(screen: Screen) -> None:
    async def go() -> None:
        button.props("loading")
        try:
            found = await screen.call(exporting.export)
        finally:
            button.props(remove="loading")
        if found is not REFUSED:
            ui.download.file(found.path, f"socialclaw-{screen.now():%Y-%m-%d}.zip")
            say(_("The archive is on its way. Keep it safe: it holds all you wrote."))

    with section(_("Export everything")), ui.element("div").classes(design.CARD):
        ui.label(
            _("One archive with all posts, files, figures and events of this workspace, as tables and as schedules that can be imported again. Logins and keys are never in it.")
        ).classes(design.MUTED)  # fmt: skip
        with ui.element("div").classes(design.LINE):
            button = ui.button(_("Export"), icon="archive", on_click=go).props(design.BUTTON_OUTLINE).mark("export")
