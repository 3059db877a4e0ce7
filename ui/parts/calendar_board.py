"""The calendar's month, week, day and list as markup: data in, text out. Nothing here asks or changes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from backend.agenda import Day, Entry, Quota, Slot
from backend.outcomes import UNKNOWN_OUTCOME
from backend.status import PostStatus
from backend.times import change_of_clocks, moments

from .. import design
from ..components.board import Drawn, place
from ..marks import WORDS, badge, network_name, sign
from ..markup import Markup, icon, joined, tag
from ..when import DAYS, MONTHS, day_named, day_short, local, seconds
from ..words import _, plural

MONTH, WEEK, DAY, LIST = "month", "week", "day", "list"
EARLIER = "earlier"
"""What a list opens to show the days before today."""
NEARLY_FULL = 0.8
FIRST_HOUR_SHOWN = 7
STATUS_ICONS = {
    "draft": "edit_note",
    "publishing": "sync",
    "published": "check",
    "retry_pending": "replay",
    "failed": "error",
    "unknown": "help",
    "canceled": "block",
    "deleted": "delete",
}
LATE_ICON = "history_toggle_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is drawn, and for whom."""

    view: str
    month: int
    days: Sequence[Day]
    quotas: Sequence[Quota]
    zone: str
    now: datetime
    names: Mapping[str, str]
    """What people call the accounts."""
    may_write: bool
    whole: bool
    """A list shows the days before today too."""

    @property
    def today(self) -> date:
        return local(self.now, self.zone).date()


def draw(look: Look) -> Drawn:
    return {MONTH: _month, WEEK: _hours, DAY: _hours, LIST: _list}[look.view](look)


def state(entry: Entry) -> str:
    if entry.status == PostStatus.FAILED and entry.error_code == UNKNOWN_OUTCOME:
        return "unknown"
    return "deleted" if entry.deleted else entry.status


# --- month --------------------------------------------------------------------------------------------------------------


def _month(look: Look) -> Drawn:
    parts = {day.date.isoformat(): _day_cell(day, look) for day in look.days}
    weeks = [look.days[start : start + 7] for start in range(0, len(look.days), 7)]
    head = tag("div", *(tag("div", _(name), role="columnheader") for name in DAYS), role="row", class_="sc-cal-head")
    rows = (
        tag("div", *(place(day.date.isoformat()) for day in week), role="row", class_="sc-cal-week") for week in weeks
    )
    frame = tag("div", head, *rows, role="grid", aria_label=_("Posts by day"), class_="sc-cal-month")
    return Drawn(kind=MONTH, columns=7, frame=frame, parts=parts)


def _day_cell(day: Day, look: Look) -> Markup:
    name = day.date.isoformat()
    month = tag("i", " ", _(MONTHS[day.date.month - 1])) if day.date.day == 1 else None
    (slot,) = day.slots
    is_past = day.until <= look.now
    write = None
    if look.may_write and not is_past:
        label = _("Write a post for {day}").format(day=day_named(day.date))
        write = _button(icon("add"), class_="sc-cal-add", data_slot=name, aria_label=label, title=label)
    open_label = _("Open {day}").format(day=day_named(day.date))
    head = tag(
        "div",
        _button(
            tag("span", str(day.date.day), month), class_="sc-cal-number", data_open=name, aria_description=open_label
        ),
        _clocks(day, look),
        _full(day.date, look),
        write,
        class_="sc-cal-day-head",
    )
    posts = tag("div", *_with_now(slot.entries, look, day, _chip), class_="sc-cal-posts", data_posts=True)
    return tag(
        "div",
        head,
        posts,
        _more(slot, name),
        role="gridcell",
        class_=_classes("sc-cal-day", ("sc-cal-out", day.date.month != look.month), ("sc-cal-past", is_past)),
        **_cell(name, day, look, slot.total, slot.failed, day_named(day.date), day.until),
    )


def _more(slot: Slot, day: str) -> Markup | None:
    """What stands there too, and whether something of it failed."""
    if not slot.hidden:
        return None
    failed = slot.failed - sum(entry.status == PostStatus.FAILED for entry in slot.entries)
    worse = tag("span", ", ", plural("{count} failed", "{count} failed", failed), class_="sc-bad") if failed else None
    more = plural("+{count} more", "+{count} more", slot.hidden)
    return _button(more, worse, class_="sc-cal-more", data_open=day)


# --- week and day -------------------------------------------------------------------------------------------------------


def _hours(look: Look) -> Drawn:
    """A row for each hour of the clocks. On a day that skips one its cell says so; one that comes twice holds both."""
    wide = len(look.days) == 1
    by_hour = {day.date: _by_hour(day, look) for day in look.days}
    parts = {f"head-{day.date.isoformat()}": _day_head(day, look) for day in look.days}
    rows: list[Markup] = []
    is_now = look.today in by_hour
    first_shown = max(0, local(look.now, look.zone).hour - 1) if is_now else FIRST_HOUR_SHOWN
    for hour in range(24):
        keys: list[str] = []
        for day in look.days:
            key = f"{day.date.isoformat()}T{hour:02}"
            parts[key] = _hour_cell(key, hour, by_hour[day.date].get(hour, ()), day, look, wide)
            keys.append(key)
        named = tag("div", tag("span", f"{hour:02}:00"), role="rowheader", class_="sc-cal-hour")
        first = hour == first_shown
        rows.append(tag("div", named, *(place(key) for key in keys), role="row", data_first=first))
    heads = (place(f"head-{day.date.isoformat()}") for day in look.days)
    corner = tag("div", tag("span", _("Hour"), class_=design.SPOKEN), role="columnheader")
    head = tag("div", corner, *heads, role="row", class_="sc-cal-head", data_head=True)
    frame = tag(
        "div",
        head,
        *rows,
        role="grid",
        aria_label=_("Posts by hour"),
        class_="sc-cal-hours sc-cal-one" if wide else "sc-cal-hours",
        data_scroller=True,
    )
    return Drawn(kind=look.view, columns=len(look.days), frame=frame, parts=parts)


def _by_hour(day: Day, look: Look) -> dict[int, tuple[Slot, ...]]:
    found = groupby(day.slots, key=lambda slot: local(slot.since, look.zone).hour)
    hours: dict[int, tuple[Slot, ...]] = {}
    for hour, slots in found:
        hours[hour] = (*hours.get(hour, ()), *slots)
    return hours


def _day_head(day: Day, look: Look) -> Markup:
    name = tag("span", _(DAYS[day.date.weekday()]), " ", tag("b", str(day.date.day)))
    count = plural("{count} post", "{count} posts", day.total) if day.total else None
    failed = (
        tag("span", plural("{count} failed", "{count} failed", day.failed), class_="sc-bad") if day.failed else None
    )
    return tag(
        "div",
        _button(name, class_="sc-cal-number", data_open=day.date.isoformat(), aria_label=day_named(day.date)),
        tag("small", joined(count), " ", joined(failed)) if count else None,
        _clocks(day, look),
        _full(day.date, look),
        role="columnheader",
        data_part=f"head-{day.date.isoformat()}",
        class_="sc-cal-today" if day.date == look.today else None,
    )


def _hour_cell(key: str, hour: int, slots: Sequence[Slot], day: Day, look: Look, wide: bool) -> Markup:
    entries = [entry for slot in slots for entry in slot.entries]
    total, failed = sum(slot.total for slot in slots), sum(slot.failed for slot in slots)
    named = f"{day_named(day.date)}, {hour:02}:00"
    if not slots:
        skipped = _("The clocks skip this hour")
        inside: object = tag("div", skipped, class_="sc-cal-skipped", data_posts=True)
        named = f"{named}, {skipped}"
    else:
        inside = tag("div", *(_row(entry, look) if wide else _chip(entry, look) for entry in entries), class_="sc-cal-posts", data_posts=True)  # fmt: skip
    hidden = total - len(entries)
    more = plural("+{count} more", "+{count} more", hidden)
    until = slots[-1].until if slots else day.until
    return tag(
        "div",
        inside,
        _button(more, class_="sc-cal-more", data_open=key) if hidden else None,
        _now_in(slots, hour, look),
        role="gridcell",
        class_=_classes("sc-cal-cell", ("sc-cal-past", bool(slots) and until <= look.now), ("sc-cal-skip", not slots)),
        **_cell(key, day, look, total, failed, named, until),
    )


def _now_in(slots: Sequence[Slot], hour: int, look: Look) -> Markup | None:
    if not any(slot.since <= look.now < slot.until for slot in slots):
        return None
    return _now_line(look, style=f"top:{local(look.now, look.zone).minute / 60:.0%}")


# --- list ---------------------------------------------------------------------------------------------------------------


def _list(look: Look) -> Drawn:
    """The days with posts, from today on until somebody asks for those before; stretches without are one line."""
    hidden = [] if look.whole else [day for day in look.days if day.date < look.today]
    over = sum(day.total for day in hidden) if len(hidden) < len(look.days) else 0
    days = look.days[len(hidden) :] if over else look.days
    parts: dict[str, Markup] = {
        f"strip-{day.date.isoformat()}": _strip_day(day, look, opens=day not in days) for day in look.days
    }
    strip = tag(
        "div",
        *(place(key) for key in parts),
        class_="sc-cal-strip",
        role="group",
        aria_label=_("Jump to a day"),
        data_strip=True,
    )
    sections: list[Markup] = []
    if over:
        parts["over"] = _over(hidden)
        sections.append(place("over"))
    for filled, run in groupby(days, key=lambda day: day.total > 0):
        stretch = list(run)
        if filled:
            for day in stretch:
                parts[day.date.isoformat()] = _list_day(day, look)
                sections.append(place(day.date.isoformat()))
        elif ahead := [day for day in stretch if day.date >= look.today]:
            sections.append(_nothing(ahead, look))
    frame = tag("div", strip, *sections, class_="sc-cal-list")
    return Drawn(kind=LIST, columns=1, frame=frame, parts=parts)


def _over(days: Sequence[Day]) -> Markup:
    told = plural("{count} earlier post", "{count} earlier posts", sum(day.total for day in days))
    failed = sum(day.failed for day in days)
    bad = tag("span", ", ", plural("{count} failed", "{count} failed", failed), class_="sc-bad") if failed else None
    show = _button(icon("expand_less"), told, bad, class_="sc-cal-more", data_open=EARLIER, tabindex="0")
    return tag("p", show, class_="sc-cal-nothing", data_part="over")


def _strip_day(day: Day, look: Look, *, opens: bool) -> Markup:
    """Leads to the day further down; opens it where it is not there."""
    tone = "bad" if day.failed else "info"
    count = tag("i", str(day.total) if day.total < 100 else "99+", class_=f"sc-{tone}") if day.total else tag("i")
    return _button(
        tag("small", _(DAYS[day.date.weekday()])),
        " ",
        tag("b", str(day.date.day)),
        " ",
        count,
        data_part=f"strip-{day.date.isoformat()}",
        data_jump=None if opens else day.date.isoformat(),
        data_open=day.date.isoformat() if opens else None,
        tabindex="0" if day.date == max(look.today, look.days[0].date) else "-1",
        class_="sc-cal-today" if day.date == look.today else None,
        aria_description=_told(day_named(day.date), day.total, day.failed),
        aria_current="date" if day.date == look.today else None,
        **_drop(day.date.isoformat(), day, look),
    )


def _list_day(day: Day, look: Look) -> Markup:
    name = day.date.isoformat()
    (slot,) = day.slots
    write = None
    if look.may_write and day.until > look.now:
        label = _("Write a post for {day}").format(day=day_named(day.date))
        write = _button(icon("add"), class_="sc-cal-add", data_slot=name, aria_label=label, title=label)
    marks = (
        tag("span", _("Today"), class_="sc-cal-today-mark") if day.date == look.today else None,
        _clocks(day, look),
    )
    head = tag("div", tag("h3", day_named(day.date)), *marks, _full(day.date, look), write, class_="sc-cal-day-head")
    rows = tag("div", *_with_now(slot.entries, look, day, _row), class_="sc-cal-posts", data_posts=True)
    return tag(
        "section",
        head,
        rows,
        _more(slot, name),
        role="group",
        class_=_classes("sc-cal-section", ("sc-cal-past", day.until <= look.now)),
        **_cell(name, day, look, slot.total, slot.failed, day_named(day.date), day.until),
    )


def _nothing(days: Sequence[Day], look: Look) -> Markup:
    first, last = days[0].date, days[-1].date
    stretch = day_short(first) if first == last else f"{day_short(first)} – {day_short(last)}"
    write = None
    if look.may_write:
        label = _("Write a post for {day}").format(day=day_named(first))
        write = _button(_("Write"), class_="sc-cal-more", data_slot=first.isoformat(), aria_label=label, tabindex="0")
    return tag("p", tag("span", stretch, ": ", _("nothing planned")), write, class_="sc-cal-nothing")


# --- posts --------------------------------------------------------------------------------------------------------------


def _chip(entry: Entry, look: Look) -> Markup:
    """One line: when, where, what, and what is special about it."""
    return _button(
        sign(entry.provider),
        tag("b", time_of(entry.at, look.zone)),
        tag("span", _words(entry)),
        _special(entry),
        tag("span", ", ", _spoken(entry, look), class_=design.SPOKEN),
        class_=f"sc-cal-post sc-{design.TONES.get(state(entry), 'neutral')}",
        **_handle(entry, look),
    )


def _row(entry: Entry, look: Look) -> Markup:
    late = _late_words(entry)
    return _button(
        tag("b", time_of(entry.at, look.zone)),
        sign(entry.provider),
        tag("span", tag("span", _words(entry)), tag("small", look.names.get(entry.account_id, entry.handle)), class_="sc-cal-said"),
        icon("image") if entry.media else None,
        tag("span", badge(state(entry)), tag("small", late, class_="sc-warn-text") if late else None, class_="sc-cal-state"),
        tag("span", ", ", network_name(entry.provider), class_=design.SPOKEN),
        class_="sc-cal-row",
        **_handle(entry, look),
    )  # fmt: skip


def _handle(entry: Entry, look: Look) -> dict[str, object]:
    """What hands and keys need to know of a post."""
    at = local(entry.at, look.zone)
    return {
        "data_post": entry.id,
        "data_revision": entry.revision,
        "data_minute": at.hour * 60 + at.minute,
        "data_fixed": not entry.movable,
        "data_zone": entry.timezone != look.zone,
    }


def _words(entry: Entry) -> str:
    if entry.text:
        return entry.text
    return _("Media without text") if entry.media else _("Empty")


def _special(entry: Entry) -> Markup:
    found = STATUS_ICONS.get(state(entry))
    return joined(icon(LATE_ICON, "sc-warn-text") if entry.late else None, icon(found) if found else None)


def _spoken(entry: Entry, look: Look) -> str:
    said = [look.names.get(entry.account_id, entry.handle), _(WORDS.get(state(entry), state(entry)))]
    late = _late_words(entry)
    return ", ".join([*said, late] if late else said)


def _late_words(entry: Entry) -> str | None:
    if entry.late is None:
        return None
    late = seconds(entry.late.total_seconds())
    return (_("{late} late") if entry.status == PostStatus.PUBLISHED else _("{late} overdue")).format(late=late)


def time_of(at: datetime, zone: str) -> str:
    """What the clocks show. Where they show it twice that day, with the name that tells which of the two."""
    there = local(at, zone)
    wall = there.replace(tzinfo=None, second=0, microsecond=0).isoformat()
    return f"{there:%H:%M %Z}" if len(moments(wall, zone)) > 1 else f"{there:%H:%M}"


# --- days ---------------------------------------------------------------------------------------------------------------


def _cell(key: str, day: Day, look: Look, total: int, failed: int, named: str, until: datetime) -> dict[str, object]:
    """Attributes of a day or an hour that can be walked to and dropped on."""
    return {
        "data_part": key,
        "data_cell": key,
        "data_past": until <= look.now,
        "tabindex": "-1",
        "aria_description": _told(named, total, failed),
        "aria_current": "date" if day.date == look.today and len(key) == len("2027-03-28") else None,
        **_drop(key, day, look),
    }


def _drop(key: str, day: Day, look: Look) -> dict[str, object]:
    found = change_of_clocks(day.since, day.until, look.zone)
    if found is None:
        return {"data_drop": key, "data_name": day_short(day.date)}
    at, moved = found
    start = local(at, look.zone).replace(tzinfo=None) - max(moved, timedelta(0))
    stretch = f"{start.hour * 60 + start.minute},{abs(moved) // timedelta(minutes=1)}"
    which = "data_skips" if moved > timedelta(0) else "data_repeats"
    return {"data_drop": key, "data_name": day_short(day.date), which: stretch}


def _clocks(day: Day, look: Look) -> Markup | None:
    """Says on which day the clocks change, and how."""
    sentence = clocks_sentence(day.since, day.until, look.zone)
    if sentence is None:
        return None
    return tag(
        "span", icon("schedule"), tag("span", sentence, class_=design.SPOKEN), title=sentence, class_="sc-cal-clocks"
    )


def clocks_sentence(since: datetime, until: datetime, zone: str) -> str | None:
    found = change_of_clocks(since, until, zone)
    if found is None:
        return None
    at, moved = found
    after = local(at, zone).replace(tzinfo=None)
    if moved > timedelta(0):
        told = _("The clocks go forward: {start} to {end} is skipped.")
        return told.format(start=f"{after - moved:%H:%M}", end=f"{after:%H:%M}")
    told = _("The clocks go back: {start} to {end} comes twice.")
    return told.format(start=f"{after:%H:%M}", end=f"{after - moved:%H:%M}")


def _full(day: date, look: Look) -> Markup | None:
    """The limits of the networks that are reached that day, or nearly."""
    near = [quota for quota in look.quotas if quota.used.get(day, 0) >= quota.limit * NEARLY_FULL]
    if not near:
        return None
    return tag("span", *(quota_mark(quota, day, look.names) for quota in near[:2]), class_="sc-cal-quotas")


def quota_mark(quota: Quota, day: date, names: Mapping[str, str]) -> Markup:
    used = quota.used.get(day, 0)
    tone = "bad" if used > quota.limit else "warn" if used >= quota.limit * NEARLY_FULL else "neutral"
    told = quota_sentence(quota, day, names)
    return tag(
        "span",
        sign(quota.provider),
        tag("span", f"{used}/{quota.limit}", aria_hidden="true"),
        tag("span", told, class_=design.SPOKEN),
        title=told,
        class_=f"sc-cal-quota sc-{tone}",
    )


def quota_sentence(quota: Quota, day: date, names: Mapping[str, str]) -> str:
    told = _("{who}: {used} of {limit} posts that {network} takes in a day")
    return told.format(
        who=quota_owner(quota, names), used=quota.used.get(day, 0), limit=quota.limit, network=network_name(quota.provider)
    )  # fmt: skip


def quota_owner(quota: Quota, names: Mapping[str, str]) -> str:
    if len(quota.accounts) == 1:
        return names.get(quota.accounts[0], quota.accounts[0])
    return plural("{count} account together", "{count} accounts together", len(quota.accounts))


def _told(named: str, total: int, failed: int) -> str:
    count = plural("{count} post", "{count} posts", total) if total else _("no posts")
    bad = plural("{count} failed", "{count} failed", failed) if failed else None
    return ", ".join(filter(None, (named, count, bad)))


def _with_now(entries: Iterable[Entry], look: Look, day: Day, draw: Callable[[Entry, Look], Markup]) -> list[Markup]:
    """Today has a line between what is over and what is to come."""
    drawn = [(entry.at, draw(entry, look)) for entry in entries]
    if day.date != look.today:
        return [markup for _at, markup in drawn]
    before = [markup for at, markup in drawn if at <= look.now]
    return [*before, _now_line(look), *(markup for at, markup in drawn if at > look.now)]


def _now_line(look: Look, **attributes: object) -> Markup:
    told = _("Now: {time}").format(time=f"{local(look.now, look.zone):%H:%M}")
    return tag("div", tag("span", told, class_=design.SPOKEN), class_="sc-cal-now", title=told, **attributes)


def _button(*children: object, **attributes: object) -> Markup:
    return tag("button", *children, **{"type": "button", "tabindex": "-1", **attributes})


def _classes(always: str, *sometimes: tuple[str, bool]) -> str:
    return " ".join([always, *(name for name, wanted in sometimes if wanted)])
