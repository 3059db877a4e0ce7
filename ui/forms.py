"""Forms drawn from the fields that a pydantic model declares: settings of a network, values to connect with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from nicegui import background_tasks, ui
from pydantic import BaseModel

from backend.checking import fields_of
from backend.errors import AppError

from . import design
from .words import _

Ask: TypeAlias = Callable[[str, Mapping[str, Any]], Awaitable[list[dict[str, str]]]]
"""What a field can be, while the others are as given: ``value`` and ``name`` of each. Raises AppError."""
QUIET = 0.6
"""Seconds without a key press before the network is asked again what there is to choose."""


class Form:
    """What a person filled in, by the names of the fields. Fields left as they were are not in ``values``.

    ``ask`` tells what there is to choose for fields that declare ``choices``; without it they are plain texts.
    """

    def __init__(
        self,
        fields: Sequence[Mapping[str, Any]],
        given: Mapping[str, Any],
        on_change: Callable[[], object],
        ask: Ask | None = None,
    ) -> None:
        self._fields = fields
        self._given = dict(given)
        self._inputs: dict[str, Any] = {}
        self._issues: dict[str, ui.label] = {}
        self._choices: list[_Choices] = []
        self._told = on_change
        self._ask = ask
        for field in fields:
            self._draw(field)
        for choices in self._choices:
            choices.follow(self._known)

    def _on_change(self, *_event: object) -> None:
        for choices in self._choices:
            choices.follow(self._known)
        self._told()

    @property
    def values(self) -> dict[str, Any]:
        known = self._known
        drawn = {
            field["id"]: known[field["id"]]
            for field in self._fields
            if field["id"] in known
            and known[field["id"]] not in (None, "", [])
            and known[field["id"]] != field.get("default")
        }
        kept = {id: value for id, value in self._given.items() if id not in self._inputs}
        return {**kept, **drawn}

    @property
    def _known(self) -> dict[str, Any]:
        return {field["id"]: self._value(field) for field in self._fields if field["id"] in self._inputs}

    def show(self, issues: Mapping[str, str]) -> None:
        """Put each sentence at its field; fields without one are cleared."""
        for id, label in self._issues.items():
            label.set_text(issues.get(id, ""))
            label.set_visibility(id in issues)

    def _value(self, field: Mapping[str, Any]) -> Any:
        value = self._inputs[field["id"]].value
        if field["type"] == "number" and isinstance(value, float) and value.is_integer():
            return int(value)
        return value

    def _draw(self, field: Mapping[str, Any]) -> None:
        draw = _DRAWN.get(field["type"])
        if draw is None:  # a shape that no form can hold; programs may still send it
            return
        value = self._given.get(field["id"], field.get("default"))
        with ui.element("div").classes(design.STACK_TIGHT):
            if self._ask is not None and field.get("choices"):
                self._choices.append(_Choices(field, value, self._on_change, self._ask))
                self._inputs[field["id"]] = self._choices[-1].box
            else:
                self._inputs[field["id"]] = draw(field, value, self._on_change).mark(f"field-{field['id']}")
            if field["description"]:
                ui.label(field["description"]).classes(design.NOTE)
            issue = ui.label().classes(design.ISSUE).props('role="alert"').mark(f"issue-{field['id']}")
            issue.set_visibility(False)
            self._issues[field["id"]] = issue


class _Choices:
    """A field whose values the network knows. What cannot be asked can still be typed."""

    def __init__(self, field: Mapping[str, Any], value: Any, on_change: Callable[[], object], ask: Ask) -> None:
        self.field, self.ask = field, ask
        self.given: dict[str, Any] | None = None
        self.waiting: asyncio.Task[None] | None = None
        if field["choices"]["free"]:
            self.box: Any = ui.input(field["label"], value=value or "", on_change=on_change)
            self.box.props(f"{design.INPUT} autocomplete=off").classes(design.FIELD)
            with self.box.add_slot("append"), ui.button(icon="expand_more", color=None) as button:
                button.props(f'{design.ROUND} size=sm aria-label="{_("Choose")}"')
                self.menu = ui.menu().props("max-height=320px")
        else:
            self.menu = None
            options = {value: str(value)} if value else {}
            self.box = ui.select(
                options, value=value or None, label=field["label"], with_input=True, on_change=on_change
            )
            self.box.props(f"{design.INPUT} clearable").classes(design.FIELD)
        self.box.mark(f"field-{field['id']}")
        self.note = ui.label().classes(design.NOTE)

    def follow(self, known: Mapping[str, Any]) -> None:
        """Ask again when what the choices depend on is another."""
        given = {other: known.get(other) for other in self.field["choices"]["given"].values()}
        if given == self.given:
            return
        first, self.given = self.given is None, given
        if self.waiting is not None:
            self.waiting.cancel()
        self.waiting = background_tasks.create(self._load(0 if first else QUIET, dict(known)), name="choices")

    async def _load(self, pause: float, known: Mapping[str, Any]) -> None:
        await asyncio.sleep(pause)
        with self.box.client:
            self.box.props("loading")
            note, found = "", list[dict[str, str]]()
            try:
                found = await self.ask(self.field["id"], known)
                if not found and all((self.given or {}).values()):
                    note = _("The network names nothing to choose from here.")
            except AppError as error:
                note = error.message
            self.box.props(remove="loading")
            self.note.set_text(note)
            self.note.set_visibility(bool(note))
            self._offer(found)

    def _offer(self, found: Sequence[Mapping[str, str]]) -> None:
        if self.menu is None:
            value = self.box.value
            options = {option["value"]: option["name"] for option in found}
            self.box.set_options({**({value: value} if value and value not in options else {}), **options})
            return
        self.menu.clear()
        with self.menu:
            for option in found:
                ui.menu_item(option["name"], on_click=lambda value=option["value"]: self.box.set_value(value))
            if not found:
                ui.menu_item(_("Nothing to choose: type it")).props("disable")


def settings_form(
    model: type[BaseModel],
    given: Mapping[str, Any],
    on_change: Callable[[], object] = lambda: None,
    ask: Ask | None = None,
) -> Form:
    return Form(fields_of(model), given, on_change, ask)


def login_form(model: type[BaseModel]) -> Form:
    """Like ``settings_form``, and what is secret is not readable over a shoulder."""
    fields = [{**field, "secret": _is_secret(model, field["id"])} for field in fields_of(model)]
    return Form(fields, {}, lambda: None)


def _is_secret(model: type[BaseModel], name: str) -> bool:
    extra = model.model_fields[name].json_schema_extra if name in model.model_fields else None
    return isinstance(extra, dict) and bool(extra.get("secret"))


def _text(field: Mapping[str, Any], value: Any, on_change: Callable[[], object]) -> Any:
    if field.get("secret"):
        # new-password keeps browsers from filling in the password of this very site
        box = ui.input(field["label"], password=True, password_toggle_button=True, on_change=on_change)
        return box.props(f"{design.INPUT} autocomplete=new-password").classes(design.FIELD)
    box = ui.input(field["label"], value=value or "", on_change=on_change)
    return box.props(f"{design.INPUT} autocomplete=off").classes(design.FIELD)


def _number(field: Mapping[str, Any], value: Any, on_change: Callable[[], object]) -> Any:
    box = ui.number(field["label"], value=value, min=field.get("min"), on_change=on_change)
    return box.props(design.INPUT).classes(design.FIELD)


def _switch(field: Mapping[str, Any], value: Any, on_change: Callable[[], object]) -> Any:
    return ui.switch(field["label"], value=bool(value), on_change=on_change)


def _choice(field: Mapping[str, Any], value: Any, on_change: Callable[[], object]) -> Any:
    options = [option for option in field["options"] if option is not None]
    select = ui.select(options, value=value if value in options else None, label=field["label"], on_change=on_change)
    return select.props(design.INPUT + ("" if field.get("default") is not None else " clearable")).classes(design.FIELD)


def _list(field: Mapping[str, Any], value: Any, on_change: Callable[[], object]) -> Any:
    hint = _("Press Enter after each")
    chips = ui.input_chips(field["label"], value=list(value or []), on_change=on_change, new_value_mode="add-unique")
    return chips.props(f'{design.INPUT} hint="{hint}"').classes(design.FIELD)


_DRAWN = {"string": _text, "number": _number, "boolean": _switch, "enum": _choice, "list": _list}
