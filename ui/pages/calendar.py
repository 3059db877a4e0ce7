"""The calendar: what goes out when, in the workspace's zone; drag a post to give it another time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from nicegui import app, ui
from nicegui.events import GenericEventArguments
from sqlalchemy.orm import Session

from backend import accounts, agenda
from backend.access import Action, Actor
from backend.agenda import Changes, Day, Entry, Moved, Quota
from backend.errors import AppError
from backend.status import PostStatus
from backend.times import wall_time

from .. import design
from ..components.board import Board
from ..frame import confirm, heading, html
from ..live import follow
from ..marks import WORDS, network_name, sprite
from ..markup import Markup, tag
from ..parts.calendar_board import DAY, EARLIER, LIST, MONTH, WEEK, Look, draw, quota_mark, quota_owner
from ..parts.calendar_card import Card, moment_named, reading_note
from ..parts.calendar_place import KEYS, STATUSES, Place, within_reach
from ..parts.undo import Undo
from ..run import REFUSED, Screen, refuse
from ..when import local
from ..words import _, later, plural

VIEWS = {MONTH: later("Month"), WEEK: later("Week"), DAY: later("Day"), LIST: later("List")}
PER_DAY = {MONTH: 4, LIST: 8}
PER_HOUR = {WEEK: 3, DAY: 12}
OPENED = 400
"""So many posts of an hour are shown once somebody asks for the rest of it."""
STATUS_WORDS = {**WORDS, "draft": later("Drafts")}
QUOTAS_SHOWN = 6
MORNING = 9


async def calendar(
    screen: Screen, view: str = "", day: str = "", account: str = "", network: str = "", status: str = "",
    campaign: str = "",
) -> None:  # fmt: skip
    asked = {"account": account, "network": network, "status": status, "campaign": campaign}
    names = {key: tuple(filter(None, written.split(","))) for key, written in asked.items()}
    await _Calendar(screen, view, day, names).draw()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    days: list[Day]
    quotas: list[Quota]
    today: list[Quota]
    """The quotas of today, which may lie elsewhere."""

    @property
    def entries(self) -> dict[str, Entry]:
        return {entry.id: entry for day in self.days for slot in day.slots for entry in slot.entries}


class _Calendar:
    """One open calendar."""

    def __init__(self, screen: Screen, view: str, day: str, asked: Mapping[str, tuple[str, ...]]) -> None:
        self.screen = screen
        self.narrow = "Mobi" in ui.context.client.request.headers.get("user-agent", "")
        self.assumed = view not in VIEWS
        """Nobody asked for this view: where it turns out that the window is narrow, another one is better."""
        self._place = Place(view=view if view in VIEWS else self._usual_view(), day=self._day(day))
        self._asked = asked
        self._seen = _Seen(days=[], quotas=[], today=[])
        self._loads = 0
        self._picked: dict[str, int] = {}
        self.picking = False

    @property
    def today(self) -> date:
        return local(self.screen.now(), self.screen.zone).date()

    def _day(self, written: str) -> date:
        try:
            return within_reach(date.fromisoformat(written[:10]))
        except ValueError:
            return self.today

    # --- what is remembered -------------------------------------------------------------------------------------------

    def _usual_view(self) -> str:
        kept = app.storage.user.get("calendar-narrow" if self.narrow else "calendar-wide")
        return kept if kept in VIEWS else LIST if self.narrow else MONTH

    def _remember(self) -> None:
        app.storage.user["calendar-narrow" if self.narrow else "calendar-wide"] = self._place.view
        kept = app.storage.user.get("calendar-filters", {})
        chosen = {key: list(names) for key, names in self._place.chosen.items() if names}
        app.storage.user["calendar-filters"] = {**kept, self.screen.workspace["id"]: chosen}
        ui.navigate.history.replace(self._place.address)

    def _filters_asked_for(self, options: Mapping[str, Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
        """Those of the address; without any, those of the last time. What is not there any more is left out."""
        kept = app.storage.user.get("calendar-filters", {}).get(self.screen.workspace["id"], {})
        wanted = self._asked if any(self._asked.values()) else kept
        return {key: tuple(name for name in wanted.get(key, ()) if name in options[key]) for key in KEYS}

    # --- drawing ------------------------------------------------------------------------------------------------------

    async def draw(self) -> None:
        options = self._options = await self._read_options()
        self._place = replace(self._place, chosen=self._filters_asked_for(options))
        self._seen = await self._read()
        may_write = self.screen.may(Action.PUBLISH)
        with heading(_("Calendar"), _("Times are in {zone}.").format(zone=self.screen.zone)):
            if may_write:
                ui.button(_("New post"), icon="edit", on_click=lambda: ui.navigate.to("/compose")).props(design.BUTTON)
        with ui.element("div").classes(design.CALENDAR):
            html(sprite()).style("position:absolute")
            self._draw_bar()
            with ui.element("div").classes(design.CALENDAR_TOOLS):
                self._draw_filters(options)
                if may_write:
                    self._select = ui.button(_("Select"), icon="checklist", on_click=self._turn_picking, color=None)
                    self._select.props(f'{design.BUTTON_QUIET} aria-pressed="false"').mark("select")
            self.quotas = html("")
            self.note = ui.label().classes(design.NOTE).props('role="status"').mark("note")
            self._show_notes()
            self.board = Board(
                draw(self._look()),
                movable=may_write,
                assumed=self.assumed and not self.narrow,
                words={
                    "several": _("{count} posts to {day}"),
                    "skipped": _("{time} does not exist, it goes out at {to}"),
                    "twice": _("{time} comes twice, it goes out the first time"),
                },
                handlers={
                    "turned": self._turned,
                    "day": self._day_opened,
                    "slot": self._slot,
                    "chosen": self._chosen,
                    "closed": lambda: self.card.close(),
                    "moved": self._moved,
                    "picked": self._picks,
                    "undo": lambda: self.undo.undo(),
                    "narrow": self._found_narrow,
                },
            ).mark("calendar")
        self._draw_bulk()
        with ui.context.client.content:
            self.card = Card(self.screen, on_moved=self._placed, on_closed=self._close_card, late=self._late)
            self.undo = Undo()
        await follow(self.screen, self._look_again)

    def _draw_bar(self) -> None:
        with ui.element("div").classes(design.CALENDAR_BAR):
            with ui.element("div").classes(design.LINE_TIGHT):
                back, on = _("Earlier"), _("Later")
                ui.button(icon="chevron_left", on_click=lambda: self._turn(-1), color=None).props(
                    f'{design.ROUND} aria-label="{back}" data-turn=-1'
                ).mark("earlier")
                ui.button(icon="chevron_right", on_click=lambda: self._turn(1), color=None).props(
                    f'{design.ROUND} aria-label="{on}" data-turn=1'
                ).mark("later")
                ui.button(
                    _("Today"), on_click=lambda: self._go(self._place.at(self.today), self.today.isoformat())
                ).props(design.BUTTON_OUTLINE).mark("today")
            self.title = html(tag("h2", self._place.title)).classes(design.GROW).props('aria-live="polite"')
            with ui.element("div").classes(design.CALENDAR_VIEWS).props(f'role="group" aria-label="{_("View")}"'):
                self.views = {name: self._view_button(name, _(word)) for name, word in VIEWS.items()}
        self._show_view()

    def _view_button(self, name: str, word: str) -> ui.element:
        with ui.element("button").props('type="button"').on("click", lambda: self._change_view(name)) as button:
            ui.label(word)
        return button.mark(f"view-{name}")

    def _show_view(self) -> None:
        self.title.set_content(tag("h2", self._place.title))
        for name, button in self.views.items():
            button.props(f'aria-pressed="{str(name == self._place.view).lower()}"')

    def _draw_filters(self, options: Mapping[str, Mapping[str, str]]) -> None:
        titles = {"account": _("Account"), "network": _("Network"), "status": _("Status"), "campaign": _("Campaign")}
        self.filter_button = ui.button(icon="filter_list", color=None).props(design.BUTTON_OUTLINE).mark("filters")
        self.filter_button.classes(design.CALENDAR_FILTER_BUTTON)
        with ui.element("div").classes(design.CALENDAR_FILTERS) as row:
            self.selects = {
                key: self._filter(key, titles[key], options[key]) for key in KEYS if options[key] or key == "status"
            }
            self.clear = ui.button(_("Clear filters"), icon="filter_list_off", on_click=self._clear, color=None)
            self.clear.props(design.BUTTON_QUIET).mark("clear-filters")

        def turn() -> None:
            is_open = "sc-cal-open" in row.classes
            row.classes(remove="sc-cal-open") if is_open else row.classes(add="sc-cal-open")
            self.filter_button.props(f'aria-expanded="{str(not is_open).lower()}"')

        self.filter_button.props('aria-expanded="false"').on_click(turn)
        self._show_filters()

    def _filter(self, key: str, title: str, options: Mapping[str, str]) -> ui.select:
        chosen = list(self._place.chosen.get(key, ()))
        select = ui.select(
            dict(options), value=chosen, label=title, multiple=True, on_change=lambda: self._filtered(),
            with_input=key in ("account", "campaign") and len(options) > 12,
        )  # fmt: skip
        return select.props(f"{design.INPUT} options-dense").classes(design.CALENDAR_FILTER).mark(f"filter-{key}")

    def _show_filters(self) -> None:
        for key, select in self.selects.items():
            chosen = self._place.chosen.get(key, ())
            shown = plural("{count} chosen", "{count} chosen", len(chosen)) if len(chosen) > 1 else _("All")
            if len(chosen) == 1:
                shown = self._options[key][chosen[0]]
            select.props["display-value"] = shown
            select.update()
        count = sum(bool(names) for names in self._place.chosen.values())
        self.clear.set_visibility(count > 0)
        self.filter_button.set_text(_("Filters ({count})").format(count=count) if count else _("Filters"))

    def _draw_bulk(self) -> None:
        with (
            ui.element("div")
            .classes(design.CALENDAR_BULK)
            .props(f'role="toolbar" aria-label="{_("Chosen posts")}"') as self.bulk
        ):
            self.bulk_count = ui.label().classes(design.STRONG).props('role="status"').mark("chosen")
            self.bulk_days = ui.number(_("Days"), value=1, min=-366, max=366, precision=0, format="%d")
            self.bulk_days.props(design.INPUT).classes("sc-cal-days").mark("bulk-days")
            ui.button(_("Move"), icon="event_repeat", on_click=self._move_picked).props(design.BUTTON).mark("bulk-move")
            ui.button(_("Cancel them"), on_click=self._cancel_picked).props(design.DANGER_QUIET).mark("bulk-cancel")
            ui.button(_("Choose none"), on_click=lambda: self.board.run_method("unchoose"), color=None).props(
                design.BUTTON_QUIET
            ).mark("bulk-none")
        self.bulk.set_visibility(False)

    # --- reading ------------------------------------------------------------------------------------------------------

    async def _read_options(self) -> dict[str, dict[str, str]]:
        found, campaigns = await self.screen.read(_choices, self.screen.actor)
        return {
            "account": {row["id"]: row["displayName"] or row["handle"] for row in found},
            "network": {name: network_name(name) for name in dict.fromkeys(row["provider"] for row in found)},
            "status": {name: _(STATUS_WORDS[name]) for name in STATUSES},
            "campaign": dict(campaigns),
        }

    async def _read(self) -> _Seen:
        return await self.screen.read(
            _look, self.screen.actor, self._place, zone=self.screen.zone, now=self.screen.now()
        )

    def _look(self) -> Look:
        return Look(
            view=self._place.view,
            month=self._place.day.month,
            days=[day for day in self._seen.days if self._place.range[0] <= day.date <= self._place.range[1]],
            quotas=self._seen.quotas,
            zone=self.screen.zone,
            now=self.screen.now(),
            names=self.screen.names,
            may_write=self.screen.may(Action.PUBLISH),
            whole=EARLIER in self._place.opened,
        )

    async def _load(self, *, focus: str | None = None, again: Iterable[str] = ()) -> None:
        """What was asked for last is drawn, whatever is answered first."""
        self._loads += 1
        mine = self._loads
        seen = await self._read()
        if mine != self._loads:
            return
        self._seen = seen
        self.board.draw(draw(self._look()), focus=focus, again=again)
        self._show_notes()

    async def _look_again(self) -> None:
        await self._load()
        try:
            if await self.card.redraw():
                self.board.run_method("redrawn")
        except AppError:
            self._close_card()

    def _show_notes(self) -> None:
        told, note = self._quotas(), self._note()
        self.quotas.set_content(told)
        self.quotas.set_visibility(bool(told))
        self.note.set_text(note)
        self.note.set_visibility(bool(note))

    def _note(self) -> str:
        """Where there is nothing to see: why, and what to do."""
        if any(day.total for day in self._look().days):
            return ""
        if any(self._place.chosen.values()):
            return _("Nothing here fits the filters. Clear them to see everything.")
        if self._place.range[1] < self.today:
            return _("Nothing was planned here.")
        return _("Nothing is planned here. Choose a day to write for it.")

    def _quotas(self) -> Markup:
        """How much of the networks' limits today takes; the fullest first."""
        accounts = self._place.chosen.get("account", ())
        mine = [quota for quota in self._seen.today if not accounts or set(accounts) & set(quota.accounts)]
        if not mine:
            return Markup("")
        mine.sort(key=lambda quota: quota.used.get(self.today, 0) / quota.limit, reverse=True)
        told = [
            tag(
                "li",
                tag("span", quota_owner(quota, self.screen.names), " ", class_="sc-cal-owner", aria_hidden="true"),
                quota_mark(quota, self.today, self.screen.names),
            )
            for quota in mine[:QUOTAS_SHOWN]
        ]
        left = len(mine) - len(told)
        more = tag("li", plural("and {count} more", "and {count} more", left)) if left else None
        return tag("div", tag("span", _("Today")), tag("ul", *told, more), class_="sc-cal-today-quotas")

    # --- looking elsewhere --------------------------------------------------------------------------------------------

    async def _go(self, place: Place, focus: str | None = None) -> None:
        self._place = place
        self._show_view()
        self._remember()
        await self._load(focus=focus)

    async def _turn(self, by: int) -> None:
        await self._go(self._place.turned(by))

    async def _turned(self, event: GenericEventArguments) -> None:
        focus = event.args["focus"]
        place = self._place.turned(int(event.args["by"]))
        await self._go(place.at(self._day(focus)) if focus else place, focus)

    async def _change_view(self, name: str) -> None:
        """The day that was looked at stays in sight: today, where the month or week shows it."""
        first, last = self._place.range
        day = self.today if first <= self.today <= last else self._place.day
        await self._go(replace(self._place.at(day), view=name))

    async def _day_opened(self, event: GenericEventArguments) -> None:
        key: str = event.args["day"]
        if self._place.view == DAY or key == EARLIER:
            self._place = replace(self._place, opened=self._place.opened | {key})
            await self._load()
        else:
            await self._go(replace(self._place.at(self._day(key)), view=DAY), focus=key if "T" in key else None)

    async def _found_narrow(self) -> None:
        self.narrow = True
        await self._go(replace(self._place, view=self._usual_view()))

    async def _filtered(self) -> None:
        chosen = {key: tuple(select.value or ()) for key, select in self.selects.items()}
        if chosen == {key: self._place.chosen.get(key, ()) for key in chosen}:
            return
        self._place = replace(self._place, chosen=chosen)
        self._show_filters()
        self._remember()
        await self._load()

    async def _clear(self) -> None:
        for select in self.selects.values():
            select.value = []

    def _slot(self, event: GenericEventArguments) -> None:
        ui.navigate.to(f"/compose?at={quote(self._free_time(event.args['cell']))}")

    def _free_time(self, cell: str) -> str:
        """In the morning; today, when the next full hour begins."""
        wall = f"{cell}:00" if "T" in cell else f"{cell}T{MORNING:02}:00"
        soonest = wall_time(self.screen.now() + timedelta(hours=1), self.screen.zone)
        return wall if wall > soonest else f"{soonest[:13]}:00" if wall[:10] == soonest[:10] else soonest[:16]

    # --- one post -----------------------------------------------------------------------------------------------------

    async def _chosen(self, event: GenericEventArguments) -> None:
        try:
            await self.card.open(event.args["id"])
        except AppError as error:
            refuse(error.message)
            return
        self.board.run_method("place", self.card.box.html_id)

    def _close_card(self) -> None:
        self.card.close()
        self.board.run_method("closed")

    def _late(self, id: str) -> timedelta | None:
        entry = self._seen.entries.get(id)
        return entry.late if entry else None

    # --- giving other times -------------------------------------------------------------------------------------------

    async def _moved(self, event: GenericEventArguments) -> None:
        posts: dict[str, int] = event.args["posts"]
        cells: list[str] = event.args["cells"]
        await self._shift(posts, days=int(event.args["days"]), hours=int(event.args["hours"]), cells=cells)

    async def _shift(self, posts: Mapping[str, int], *, days: int, hours: int = 0, cells: Sequence[str] = ()) -> None:
        changes = await self.screen.call(
            agenda.shift, dict(posts), days=days, hours=hours, zone=self.screen.zone, now=self.screen.now(),
            nudge=self.screen.context.nudge,
        )  # fmt: skip
        if changes is REFUSED:
            await self._load(again=cells)
            return
        self._follow_moved(changes.moved)
        self.board.run_method("revised", {one.post_id: one.revision for one in changes.moved})
        await self._load(again=cells)
        self.board.run_method("settled")
        self._tell(changes)

    async def _placed(self, moved: Moved) -> None:
        self._close_card()
        self._follow_moved([moved])
        await self._load()
        self._tell(Changes(moved=(moved,)))

    def _follow_moved(self, moved: Sequence[Moved]) -> None:
        """Follow a post that left what is shown."""
        if len(moved) == 1:
            first, last = self._place.range
            day = local(moved[0].at, self.screen.zone).date()
            if not first <= day <= last:
                self._place = self._place.at(day)
                self._show_view()
                self._remember()

    def _tell(self, changes: Changes) -> None:
        refused = changes.refused
        if not changes.moved:
            if refused:
                refuse(" ".join(dict.fromkeys(error.message for _id, error in refused)))
            return
        told = plural("{count} post moved.", "{count} posts moved.", len(changes.moved))
        if len(changes.moved) == 1:
            told = self._told(changes.moved[0])
        if refused:
            left = plural("{count} could not be moved:", "{count} could not be moved:", len(refused))
            told = f"{told} {left} {refused[0][1].message}"
        back = partial(self._put_back, changes.moved)
        self.undo.tell(told, back if self._can_go_back(changes.moved) else None)

    def _told(self, moved: Moved) -> str:
        """Where it stands now, and whatever is not as one would think."""
        told = [_("Moved to {when}.").format(when=moment_named(moved.at, self.screen.zone))]
        asked = datetime.fromisoformat(moved.asked)
        told.append(reading_note(asked, moved.at, moved.asked_in, moved.readings))
        if moved.was_status == PostStatus.FAILED:
            told.append(_("It is tried again then."))
        told.append(self._too_full(moved))
        return " ".join(filter(None, told))

    def _too_full(self, moved: Moved) -> str:
        day = local(moved.at, self.screen.zone).date()
        entry = self._seen.entries.get(moved.post_id)
        for quota in self._seen.quotas:
            if entry and entry.account_id in quota.accounts and quota.used.get(day, 0) > quota.limit:
                told = _("That day has {used} posts, {network} takes {limit}: what is over waits until there is room.")
                return told.format(used=quota.used[day], network=network_name(quota.provider), limit=quota.limit)
        return ""

    def _can_go_back(self, moved: Sequence[Moved]) -> bool:
        return any(one.was_at > self.screen.now() or one.was_status == PostStatus.DRAFT for one in moved)

    async def _put_back(self, moved: Sequence[Moved]) -> None:
        changes = await self.screen.call(agenda.put_back, moved, now=self.screen.now(), nudge=self.screen.context.nudge)
        if changes is REFUSED:
            return
        self._follow_moved(changes.moved)
        await self._load()
        if changes.refused:
            refuse(changes.refused[0][1].message)
        if changes.moved:
            self.undo.tell(
                plural(
                    "{count} post is back where it was.", "{count} posts are back where they were.", len(changes.moved)
                )
            )

    # --- several ------------------------------------------------------------------------------------------------------

    def _turn_picking(self) -> None:
        """For fingers: each touch chooses."""
        self.picking = not self.picking
        self._select.props(f'aria-pressed="{str(self.picking).lower()}"')
        self._select.set_text(_("Done") if self.picking else _("Select"))
        self.board.run_method("picking", self.picking)

    def _picks(self, event: GenericEventArguments) -> None:
        self._picked = dict(event.args["posts"])
        self.bulk.set_visibility(bool(self._picked) and self.screen.may(Action.PUBLISH))
        self.bulk_count.set_text(plural("{count} chosen", "{count} chosen", len(self._picked)))

    async def _move_picked(self) -> None:
        days = int(self.bulk_days.value or 0)
        if not days:
            refuse(_("Say by how many days; a minus sign moves them to earlier ones."))
            return
        await self._shift(self._picked, days=days)

    def _cancel_picked(self) -> None:
        ids = list(self._picked)

        async def go() -> None:
            refused = await self.screen.call(agenda.cancel, ids, now=self.screen.now())
            if refused is REFUSED:
                return
            self.board.run_method("unchoose")
            await self._load()
            done = len(ids) - len(refused)
            if done:
                self.undo.tell(plural("{count} post canceled.", "{count} posts canceled.", done))
            if refused:
                refuse(refused[0][1].message)

        count = plural("Cancel {count} post?", "Cancel {count} posts?", len(ids))
        told = _(
            "They will not go out, and replies that wait for them do not go out either. You can copy each into a new post later."
        )
        confirm(count, told, _("Cancel them"), go)


def _choices(session: Session, actor: Actor) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    return accounts.list_accounts(session, actor), agenda.campaigns(session, actor)


def _look(session: Session, actor: Actor, place: Place, *, zone: str, now: datetime) -> _Seen:
    first, last = place.range
    by_hour = place.view in PER_HOUR
    per_slot = (PER_HOUR if by_hour else PER_DAY)[place.view]
    options: dict[str, Any] = {"zone": zone, "now": now, "filters": place.filters, "by_hour": by_hour}
    days = agenda.between(session, actor, first, last, per_slot=per_slot, **options)
    if place.opened and place.view == DAY:
        (whole,) = agenda.between(session, actor, first, last, per_slot=OPENED, **options)
        days = [_with_hours(days[0], whole, {int(key[11:13]) for key in place.opened}, zone)]
    today = local(now, zone).date()
    quotas = agenda.quotas(session, actor, first, last, zone=zone)
    is_shown = first <= today <= last
    return _Seen(
        days=days,
        quotas=quotas,
        today=quotas if is_shown else agenda.quotas(session, actor, today, today, zone=zone),
    )


def _with_hours(day: Day, whole: Day, opened: set[int], zone: str) -> Day:
    """The hours that somebody opened with everything in them."""
    slots = (
        more if local(less.since, zone).hour in opened else less
        for less, more in zip(day.slots, whole.slots, strict=True)
    )
    return replace(day, slots=tuple(slots))
