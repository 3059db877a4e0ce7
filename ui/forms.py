"""Forms drawn from the fields that a pydantic model declares: settings of a network, values to connect with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import ui
from pydantic import BaseModel

from backend.checking import fields_of

from . import design
from .words import _


class Form:
    """What a person filled in, by the names of the fields. Fields left as they were are not in ``values``."""

    def __init__(
        self, fields: Sequence[Mapping[str, Any]], given: Mapping[str, Any], on_change: Callable[[], object]
    ) -> None:
        self._fields = fields
        self._given = dict(given)
        self._inputs: dict[str, Any] = {}
        self._issues: dict[str, ui.label] = {}
        self._on_change = on_change
        for field in fields:
            self._draw(field)

    @property
    def values(self) -> dict[str, Any]:
        known = {field["id"]: self._value(field) for field in self._fields if field["id"] in self._inputs}
        drawn = {
            field["id"]: known[field["id"]]
            for field in self._fields
            if field["id"] in known
            and known[field["id"]] not in (None, "", [])
            and known[field["id"]] != field.get("default")
        }
        kept = {id: value for id, value in self._given.items() if id not in self._inputs}
        return {**kept, **drawn}

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
            self._inputs[field["id"]] = draw(field, value, self._on_change).mark(f"field-{field['id']}")
            if field["description"]:
                ui.label(field["description"]).classes(design.NOTE)
            issue = ui.label().classes(design.ISSUE).props('role="alert"').mark(f"issue-{field['id']}")
            issue.set_visibility(False)
            self._issues[field["id"]] = issue


def settings_form(
    model: type[BaseModel], given: Mapping[str, Any], on_change: Callable[[], object] = lambda: None
) -> Form:
    return Form(fields_of(model), given, on_change)


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
