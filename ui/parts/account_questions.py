"""What a network can be asked about an account, and told by it: its boards, its subreddits and their rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from nicegui import ui

import providers
from backend import accounts
from backend.errors import AppError
from providers.contract import Action

from .. import design
from ..forms import settings_form
from ..frame import html, modal
from ..marks import facts, network_name
from ..markup import Markup, joined, tag
from ..run import REFUSED, Screen
from ..words import _

COLUMNS, ROWS = 5, 200
OURS = ("actionId", "account")
"""Of an answer: what was asked, which is on the screen already."""


def ask_the_network(screen: Screen, row: Mapping[str, Any]) -> None:
    network, name = network_name(row["provider"]), row["displayName"] or row["handle"]
    with modal(_("Ask {network} about {name}").format(network=network, name=name)) as dialog:
        with ui.element("div").classes("sc-questions"):
            for action in providers.get(row["provider"]).actions:
                _question(screen, row["id"], action)
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Close"), on_click=dialog.close).props(design.BUTTON_QUIET)


def _question(screen: Screen, account_id: str, action: Action) -> None:
    async def ask() -> None:
        button.props("loading")
        form.show({})
        found = await screen.call(accounts.run_action, account_id, action.id, form.values, refused=refused)
        button.props(remove="loading")
        if found is not REFUSED:
            answer.set_content(_answer(found))

    def refused(error: AppError) -> None:
        field = (error.details or {}).get("field")
        form.show({str(field): error.message} if field else {})
        answer.set_content(Markup("") if field else tag("p", error.message, class_=design.ISSUE))

    with ui.element("section").classes(design.STACK_TIGHT) as section:
        section.props["aria-label"] = action.label
        html(tag("h3", action.label, class_=design.SECTION_TITLE))
        ui.label(action.description).classes(design.NOTE)
        form = settings_form(action.input, {}, lambda: None)
        with ui.element("div").classes(design.LINE):
            button = ui.button(_("Go"), on_click=ask).props(design.BUTTON_OUTLINE)
        answer = html("").props('aria-live="polite"')


def _answer(found: Mapping[str, Any]) -> Markup:
    said = {name: value for name, value in found.items() if name not in OURS and value not in (None, "", [], {})}
    error = cast("Mapping[str, Any]", said.pop("error", None) or {}).get("message")
    for name in [name for name, value in said.items() if isinstance(value, dict)]:
        said |= cast("Mapping[str, Any]", said.pop(name))
    single = [(_named(name), _shown(value)) for name, value in said.items() if _is_plain(value)]
    lists = [
        _list(name, cast("Sequence[Any]", value)) for name, value in said.items() if value and isinstance(value, list)
    ]
    parts = [tag("p", error, class_=design.ISSUE)] if error else []
    parts += [facts(*single)] if single else []
    return joined(*parts, *lists) if parts or lists else tag("p", _("There is nothing."), class_=design.MUTED)


def _list(name: str, rows: Sequence[Any]) -> Markup:
    tables = [row for row in rows if isinstance(row, dict)]
    if not tables:
        return tag("ul", *(tag("li", str(row)) for row in rows[:ROWS]), aria_label=_named(name))
    columns = [
        column
        for column in dict.fromkeys(key for row in tables for key in row)
        if any(_is_plain(row.get(column)) for row in tables)
    ][:COLUMNS]
    head = tag("tr", *(tag("th", _named(column), scope="col") for column in columns))
    body = (
        tag("tr", *(tag("td", _shown(row[column]) if _is_plain(row.get(column)) else "") for column in columns))
        for row in tables[:ROWS]
    )
    return tag("div", tag("table", tag("caption", _named(name)), head, *body, class_="sc-table"), class_="sc-scroll")


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and value != ""


def _shown(value: str | float) -> str:
    return (_("Yes") if value else _("No")) if isinstance(value, bool) else str(value)


def _named(key: str) -> str:
    """``boardId`` and ``board_id`` as people write it."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", key).lower()
    return words[:1].upper() + words[1:]
