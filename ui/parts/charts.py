"""Charts: drawn in the colours of the page, and the same figures as a table for whoever wants to read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui

from .. import design
from ..markup import Markup, tag
from ..words import _
from .numbers import UNKNOWN, number

HEIGHT = "300px"
SYMBOLS = ("circle", "rect", "triangle", "diamond", "pin", "roundRect", "arrow", "circle")
"""No line is known by its colour alone."""
MANY_POINTS = 40


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    values: Sequence[float | None]
    """None is a gap."""
    bars: bool = False
    outline: bool = False
    """What stood there before: bars without a filling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a chart shows. ``summary`` is what it says in one sentence, for whoever does not see it."""

    title: str
    summary: str
    labels: Sequence[str]
    series: Sequence[Series]
    note: str = ""
    from_zero: bool = True
    notes: Sequence[str] = ()
    """Beside each label, in the table."""

    @property
    def empty(self) -> bool:
        return all(value is None for one in self.series for value in one.values)


class Chart:
    def __init__(self, mark: str) -> None:
        with ui.element("section").classes(design.CARD).mark(mark):
            with ui.element("div").classes(design.CHART_HEAD):
                self.title = ui.html("", sanitize=False, tag="div").classes(design.GROW)
                self.controls = ui.element("div").classes(design.LINE)
                self.button = ui.button(on_click=self._turn, color=None).props(design.BUTTON_QUIET)
            self.figure = ui.element("div").props('role="img"')
            with self.figure:
                self.chart = ui.echart({"series": []}, renderer="svg").style(f"height:{HEIGHT}")
            self.nothing = ui.label().classes(design.MUTED)
            self.table = ui.html("", sanitize=False)
        self.as_table = False
        self.picture: Picture | None = None

    def show(self, picture: Picture) -> None:
        """Only what differs from what is shown is sent."""
        if picture == self.picture:
            return
        self.picture = picture
        note = tag("p", picture.note, class_=design.NOTE) if picture.note else ""
        self.title.set_content(tag("h2", picture.title, class_=design.CHART_TITLE) + note)
        self.figure.props["aria-label"] = picture.summary
        self.figure.update()
        self.chart.options.clear()
        self.chart.options.update(options(picture))
        self.chart.update()
        self.table.set_content(table(picture))
        self._show()

    def _turn(self) -> None:
        self.as_table = not self.as_table
        self._show()

    def _show(self) -> None:
        empty = self.picture is None or self.picture.empty
        self.nothing.set_text(self.picture.summary if self.picture is not None and empty else "")
        self.nothing.set_visibility(empty)
        self.figure.set_visibility(not empty and not self.as_table)
        self.table.set_visibility(not empty and self.as_table)
        self.button.set_visibility(not empty)
        self.button.set_text(_("Show as chart") if self.as_table else _("Show as table"))
        self.button.set_icon("show_chart" if self.as_table else "table_rows")


def options(picture: Picture) -> dict[str, Any]:
    """Without motion, without anything loaded, and with the page's own colours in either theme. What people and networks wrote
    stands in values alone: a key that begins with a colon would be run."""
    many = len(picture.labels) > MANY_POINTS
    axis = {
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {"color": "var(--sc-muted)", "hideOverlap": True},
    }
    return {
        "animation": False,
        "textStyle": {"fontFamily": design.FONT, "fontSize": 13},
        "grid": {
            "left": 4,
            "right": 26,
            "top": 16,
            "bottom": 34 if len(picture.series) > 1 else 6,
            "containLabel": True,
        },
        "legend": {
            "show": len(picture.series) > 1,
            "type": "scroll",
            "bottom": 0,
            "textStyle": {"color": "var(--sc-text)"},
            "inactiveColor": "var(--sc-line)",
            "pageTextStyle": {"color": "var(--sc-muted)"},
        },
        "tooltip": {
            "trigger": "axis",
            "backgroundColor": "var(--sc-raised)",
            "borderColor": "var(--sc-line)",
            "textStyle": {"color": "var(--sc-text)"},
            "axisPointer": {"type": "line", "lineStyle": {"color": "var(--sc-muted)"}},
            "confine": True,
        },
        "xAxis": {"type": "category", "data": list(picture.labels), **axis},
        "yAxis": {
            "type": "value",
            "scale": not picture.from_zero,
            "minInterval": 1,
            "splitLine": {"lineStyle": {"color": "var(--sc-line)"}},
            **axis,
        },
        "series": [_drawn(one, number, many) for number, one in enumerate(picture.series)],
    }


def _drawn(one: Series, place: int, many: bool) -> dict[str, Any]:
    colour = f"var(--sc-chart-{place % len(design.CHART) + 1})"
    drawn: dict[str, Any] = {"name": one.name, "data": list(one.values), "emphasis": {"disabled": True}}
    if one.bars:
        dashed = {"color": "transparent", "borderColor": "var(--sc-muted)", "borderWidth": 1.2, "borderType": "dashed"}
        filled = {"color": colour, "borderRadius": [4, 4, 0, 0]}
        return {
            **drawn,
            "type": "bar",
            "barMaxWidth": 34,
            "barGap": "10%",
            "itemStyle": dashed if one.outline else filled,
        }
    return {
        **drawn,
        "type": "line",
        "itemStyle": {"color": colour},
        "lineStyle": {"color": colour, "width": 2},
        "symbol": SYMBOLS[place % len(SYMBOLS)],
        "symbolSize": 5 if many else 7,
        "showSymbol": not many or _has_points_alone(one.values),
        "connectNulls": False,
    }


def _has_points_alone(values: Sequence[float | None]) -> bool:
    """A point between two gaps is no line, and would not be seen without its symbol."""
    padded = [None, *values, None]
    return any(
        padded[place] is not None and padded[place - 1] is None and padded[place + 1] is None
        for place in range(1, len(padded) - 1)
    )


def table(picture: Picture) -> Markup:
    notes = picture.notes or [""] * len(picture.labels)
    head = tag(
        "tr",
        tag("th", _("Day"), scope="col"),
        *(tag("th", one.name, scope="col", class_="sc-number") for one in picture.series),
        tag("th", _("Posts"), scope="col", class_="sc-number") if picture.notes else None,
    )
    rows = [
        tag(
            "tr",
            tag("th", label, scope="row"),
            *(_cell(one.values[place]) for one in picture.series),
            tag("td", notes[place], class_="sc-number") if picture.notes else None,
        )
        for place, label in enumerate(picture.labels)
    ]
    written = tag(
        "table",
        tag("caption", picture.title, class_="sc-unseen"),
        tag("thead", head),
        tag("tbody", *rows),
        class_="sc-table sc-plain",
    )
    return tag("div", written, class_="sc-scroll", role="region", aria_label=picture.title, tabindex="0")


def _cell(value: float | None) -> Markup:
    if value is None:
        return tag("td", UNKNOWN, class_="sc-number sc-unknown", title=_("Not known"))
    return tag("td", number(value), class_="sc-number")
