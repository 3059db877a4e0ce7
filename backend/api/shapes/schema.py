"""Words to write JSON Schemas with. Each call gives a new dictionary; ``text("…")`` reads as what it means."""

from __future__ import annotations

from typing import Any

import providers

Schema = dict[str, Any]


def shape(description: str, fields: Schema, *, required: str = "", closed: bool = False, example: Any) -> Schema:
    """A component. ``required`` names fields, divided by spaces; a closed shape has no others than its own."""
    return {
        "type": "object",
        "description": description,
        "additionalProperties": not closed,
        "properties": fields,
        **({"required": required.split()} if required else {}),
        "examples": [example],
    }


def answer(description: str, fields: Schema, *, required: str = "", closed: bool = False, example: Schema) -> Schema:
    """The body of a success: ``ok`` is always there and true."""
    return shape(
        description,
        {"ok": {"const": True, "description": "Always true; an error says false."}, **fields},
        required=f"ok {required}".strip(),
        closed=closed,
        example={"ok": True, **example},
    )


def ref(name: str, description: str = "") -> Schema:
    return {"$ref": f"#/components/schemas/{name}", **({"description": description} if description else {})}


def text(description: str, **facts: Any) -> Schema:
    return {"type": "string", "description": description, **facts}


def time(description: str) -> Schema:
    return text(description, format="date-time")


def link(description: str) -> Schema:
    return text(description, format="uri")


def whole(description: str, **facts: Any) -> Schema:
    return {"type": "integer", "description": description, **facts}


def number(description: str) -> Schema:
    return {"type": "number", "description": description}


def flag(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def choice(description: str, names: list[str]) -> Schema:
    return {"type": "string", "description": description, "enum": names}


def network(description: str) -> Schema:
    """The networks are those that the program knows; a new one appears here by itself."""
    return choice(description, list(providers.all_providers()))


def many(items: Schema, description: str) -> Schema:
    return {"type": "array", "description": description, "items": items}


def bag(description: str = "", fields: Schema | None = None) -> Schema:
    """An object that may hold more than is named here."""
    named = {"properties": fields} if fields else {}
    return {**plain(description), "additionalProperties": True, **named}


def plain(description: str = "") -> Schema:
    """An object of which nothing is said."""
    return {"type": "object", **({"description": description} if description else {})}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    found = {**schema, "type": [schema["type"], "null"]}
    return {**found, "enum": [*schema["enum"], None]} if "enum" in schema else found


def either(description: str, *schemas: Schema) -> Schema:
    return {"description": description, "anyOf": list(schemas)}


NULL: Schema = {"type": "null"}
