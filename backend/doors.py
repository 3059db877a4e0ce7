"""The ways to connect an account that a network declares: which one somebody means, and what they gave for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import AliasChoices, BaseModel, ValidationError

from providers.contract import Door, Manual, OAuth2, Provider, SitePage

from .errors import AppError
from .settings import Settings

NOT_FIELDS = frozenset({"provider", "client", "callbackScheme", "callback_scheme"})


def door_for(provider: Provider, body: Mapping[str, Any]) -> Door:
    """The door that most of the given values are for; of several, the one that then lacks the fewest."""

    def fit(door: Door) -> tuple[int, int]:
        if isinstance(door, OAuth2):
            return 0, 0
        given = _given(door.fields, body)
        needed = [name for name, info in door.fields.model_fields.items() if info.is_required()]
        there = [name for name in door.fields.model_fields if given.keys() & _spellings(door.fields, name)]
        return -len(there), len(set(needed) - set(there))

    return min(provider.doors, key=fit)


def read_fields(
    provider: Provider, door: Manual | SitePage, body: Mapping[str, Any], hosts: Mapping[str, str]
) -> BaseModel:
    """Raises ``connection_fields_invalid``. What was typed is not repeated: half of it is secret."""
    try:
        return door.fields.model_validate(_given(door.fields, body), context={"hosts": hosts})
    except ValidationError as error:
        problems = [
            _field_problem(door.fields, detail) for detail in error.errors(include_input=False, include_url=False)
        ]
        details = [{"field": title, "message": sentence or "It is missing."} for title, sentence in problems]
        raise AppError(
            "connection_fields_invalid",
            _first_problem(provider, door.help, problems),
            details={"provider": provider.id, "fields": details},
        ) from None


def way_back(settings: Settings, provider: Provider) -> str:
    """Where networks send people back to: what has to be entered at the network, to the letter."""
    return f"{settings.public_base_url.rstrip('/')}/oauth/{provider.id}/callback"


def _given(model: type[BaseModel], body: Mapping[str, Any]) -> dict[str, Any]:
    known = {spelling for name in model.model_fields for spelling in _spellings(model, name)}
    return {name: value for name, value in body.items() if name in known - NOT_FIELDS and value not in (None, "")}


def _spellings(model: type[BaseModel], name: str) -> set[str]:
    return {name, *_names(model.model_fields[name])}


def _first_problem(provider: Provider, help: str, problems: Sequence[tuple[str, str]]) -> str:
    missing = [name for name, sentence in problems if not sentence]
    if missing:
        return f"To connect {provider.name}, send also: {', '.join(missing)}. {help}"
    return problems[0][1]


def _names(info: Any) -> Iterable[str]:
    alias = info.validation_alias
    if isinstance(alias, AliasChoices):
        return [choice for choice in alias.choices if isinstance(choice, str)]
    return [name for name in (alias, info.alias) if isinstance(name, str)]


def _field_problem(model: type[BaseModel], error: Mapping[str, Any]) -> tuple[str, str]:
    """The field's name for clients, and a sentence; none when the field is just missing."""
    place = str(error["loc"][0]) if error["loc"] else ""
    info = next((info for name, info in model.model_fields.items() if place == name or place in _names(info)), None)
    name = next(iter(_names(info)), place) if info is not None else place
    if error["type"] == "missing":
        return name, ""
    if error["type"] == "value_error":
        return name, str(error["msg"]).removeprefix("Value error, ")
    return name, f"{(info.title if info else None) or name}: {error['msg']}."
