"""When it goes out: now, at a time, or not yet; with proposals, and what the clocks do on that day."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from nicegui import ui

from backend import slots
from backend.compositions import When, written_time
from backend.times import moments, parse_time, wall_time

from .. import design
from ..frame import html, section
from ..markup import Markup, joined, tag
from ..pickers import TimePicker
from ..when import day, local
from ..words import _, plural
from .compose_desk import Desk, show_html

NOW, LATER, DRAFT = "now", "later", "draft"
ROUND_TO = timedelta(minutes=5)


class TimeChoice:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        when = desk.composition.when
        self.changing = desk.composition.change is not None
        zone = when.zone or desk.screen.zone
        self.proposed: tuple[object, ...] = ()
        self.drawing = True
        with section(_("When")), ui.element("div").classes(design.CARD):
            options = {NOW: _("Now"), LATER: _("At a time"), DRAFT: _("Draft")}
            self.mode = ui.toggle(options, value=when.mode, on_change=self._changed).props(design.SEGMENTS).mark("when")
            self.mode.set_visibility(not self.changing)
            with ui.element("div").classes(design.STACK_TIGHT) as self.box:
                self.picker = TimePicker(when.wall or self._in(timedelta(hours=1), zone), zone, self._changed)
                self.proposals = ui.element("div").classes(design.CHIPS).mark("proposals")
                self.warns = html("").classes(design.STACK_TIGHT).props('role="status"').mark("clocks")
                self.twice = ui.radio({False: "", True: ""}, value=when.second, on_change=self._changed)
                self.twice.props("inline dense").mark("which-time")
                self.says = html("").classes(design.STACK_TIGHT)
            self.issues = html("").classes(design.STACK_TIGHT).props('role="alert"')
        self.drawing = False
        self._follow()

    @property
    def value(self) -> When:
        """As it stands on the screen."""
        mode = LATER if self.changing else self.mode.value
        if mode != LATER:
            return When(mode=mode)
        return When(mode=LATER, wall=self.picker.written, zone=self.picker.zone, second=bool(self.twice.value))

    def _changed(self) -> None:
        if self.drawing:
            return
        self.desk.put(self.desk.composition.model_copy(update={"when": self.value}))
        self._follow()

    def set(self, wall: str) -> None:
        self.drawing = True
        self.picker.set(wall, self.picker.zone)
        self.twice.value = False
        self.drawing = False
        self._changed()

    # --- what the clocks do ---------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        self.box.set_visibility(self.value.mode == LATER)
        found = self._moments()
        self.twice.set_visibility(len(found) == 2)
        if len(found) == 2:
            zone = ZoneInfo(self.picker.zone)
            names = [_offset(at.astimezone(zone)) for at in found]
            self.twice.set_options(
                {
                    False: _("the first ({offset})").format(offset=names[0]),
                    True: _("the second ({offset})").format(offset=names[1]),
                },
                value=bool(self.twice.value),
            )
        at = self._at()
        show_html(self.warns, self._warnings(at, found) if at else joined())
        show_html(self.says, self._notes(at) if at else joined())

    def _moments(self) -> tuple[datetime, ...]:
        try:
            return moments(self.picker.written, self.picker.zone)
        except ValueError:
            return ()

    def _warnings(self, at: datetime, found: tuple[datetime, ...]) -> Markup:
        zone, wanted = self.picker.zone, self.picker.written[11:16]
        sentences: list[str] = []
        if not found:
            skipped = _("The clocks in {zone} skip {wanted} on that day: it goes out at {clock}.")
            sentences.append(skipped.format(zone=zone, wanted=wanted, clock=f"{local(at, zone):%H:%M}"))
        if len(found) == 2:
            twice = _("The clocks in {zone} show {wanted} twice on that day. Which one is meant?")
            sentences.append(twice.format(zone=zone, wanted=wanted))
        if at < self.desk.screen.now():
            sentences.append(_("This time is over."))
        return joined(*(tag("div", sentence, class_=design.WARNING) for sentence in sentences))

    def _notes(self, at: datetime) -> Markup:
        screen, zone = self.desk.screen, self.picker.zone
        now = screen.now()
        notes = [f"{self._clock(at, zone)} · {_from_now(at - now)}"] if at >= now else []
        if zone != screen.zone:
            notes.append(_("In {zone} that is {time}.").format(zone=screen.zone, time=self._clock(at, screen.zone)))
        return joined(*(tag("div", note, class_=design.NOTE) for note in notes))

    def _clock(self, at: datetime, zone: str) -> str:
        there = local(at, zone)
        return f"{day(there, local(self.desk.screen.now(), zone))} {there:%H:%M}"

    def _at(self) -> datetime | None:
        try:
            return parse_time(written_time(self.value), self.picker.zone)
        except ValueError:
            return None

    def is_over(self) -> bool:
        at = self._at() if self.value.mode == LATER else None
        return at is not None and at < self.desk.screen.now()

    # --- proposals ------------------------------------------------------------------------------------------------------

    async def propose(self) -> None:
        """The next free slot and the best gap of the chosen accounts, as buttons."""
        desk, zone = self.desk, self.picker.zone
        shown = (desk.composition.accounts, zone, self.value.mode == LATER)
        if shown == self.proposed or self.value.mode != LATER:
            return
        self.proposed = shown
        change = desk.composition.change
        found = await desk.screen.read(
            slots.suggest,
            desk.screen.actor,
            desk.composition.accounts,
            zone=zone,
            now=desk.screen.now(),
            besides=change.post_id if change else None,
        )
        self.proposals.clear()
        with self.proposals:
            self._offer(_("In 2 hours"), self._in(timedelta(hours=2), zone), _("Two hours from now"))
            if desk.composition.accounts:
                why = _("No other post within an hour on these accounts, and no limit of their networks in the way")
                self._offer(_("Next free slot"), found["nextFree"], why)
                if found["bestGap"] != found["nextFree"]:
                    why = _("The farthest from every other post on these accounts in the coming week")
                    self._offer(_("Best gap"), found["bestGap"], why)

    def _offer(self, name: str, wall: str | None, why: str) -> None:
        if wall is None:
            return
        now = local(self.desk.screen.now(), self.picker.zone)
        shown = f"{day(datetime.fromisoformat(wall), now)} {wall[11:16]}"
        button = ui.button(f"{name}: {shown}", on_click=lambda: self.set(wall), color=None).props(design.CHIP)
        button.props["title"] = why

    def _in(self, ahead: timedelta, zone: str) -> str:
        at = self.desk.screen.now() + ahead
        step = ROUND_TO.total_seconds()
        return wall_time(datetime.fromtimestamp(-(-at.timestamp() // step) * step, at.tzinfo), zone)[:16]

    def show(self, sentences: list[str]) -> None:
        told = dict.fromkeys(sentences)
        show_html(self.issues, joined(*(tag("div", sentence, class_=design.ISSUE) for sentence in told)))


def _offset(at: datetime) -> str:
    written = f"{at:%z}"
    return f"UTC{written[:3]}:{written[3:5]}"


def _from_now(ahead: timedelta) -> str:
    minutes = int(ahead.total_seconds() // 60)
    if minutes < 1:
        return _("at once")
    if minutes < 60:
        return plural("in {count} minute", "in {count} minutes", minutes)
    if minutes < 48 * 60:
        return plural("in {count} hour", "in {count} hours", round(minutes / 60))
    return plural("in {count} day", "in {count} days", round(minutes / 1440))
