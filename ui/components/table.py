"""A table that is sorted where it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nicegui.element import Element

from ..markup import Markup
from ..words import _

STEP = 10


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    name: str
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """``value`` is what is sorted by; None is unknown, and ``why`` says why."""

    text: str
    value: float | str | None = None
    href: str | None = None
    more: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    key: str
    cells: dict[str, Cell]
    mark: Markup | None = None
    """Before the first cell."""
    silent: bool = False
    """No figure of it is known, and its first cell says why: a phone does not repeat that for each."""


class Table(Element, component="socialclaw_table.js"):
    def __init__(self, label: str) -> None:
        super().__init__()
        self._props.update(columns=[], rows=[], sort="", label=label, step=STEP, words={"more": _("Show {count} more")})

    def show(self, columns: Sequence[Column], rows: Sequence[Row], *, sort: str) -> None:
        shown: dict[str, Any] = {
            "columns": [asdict(column) for column in columns],
            "rows": [asdict(row) for row in rows],
            "sort": sort,
        }
        if any(self._props[name] != value for name, value in shown.items()):
            self._props.update(shown)
            self.update()
