"""Judges by the Bot API's own description, which is no JSON Schema: a list of fields with type names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.specs import load

API = load("telegram/api.trimmed.json")
PLAIN = {"Integer": int, "String": str, "Boolean": bool, "True": bool, "Float": float}


def request_errors(method: str, fields: Mapping[str, Any], files: frozenset[str] = frozenset()) -> list[str]:
    """``fields`` as JSON; ``files`` are the names of multipart files. Empty when all is well."""
    if method not in API["methods"]:
        return [f"{method} is no method"]
    declared = {field["name"]: field for field in API["methods"][method]["fields"]}
    found = [f"{method} has no field {name}" for name in [*fields, *files] if name not in declared]
    found += [
        f"{name} takes no file" for name in files if name in declared and "InputFile" not in declared[name]["types"]
    ]
    given = {*fields, *files}
    found += [f"{name} is missing" for name, field in declared.items() if field["required"] and name not in given]
    for name, value in fields.items():
        if name in declared and not any(_fits(kind, value) for kind in declared[name]["types"]):
            found.append(f"{name}: {value!r} is not {' or '.join(declared[name]['types'])}")
    return found


def answer_errors(method: str, result: Any) -> list[str]:
    kinds = API["methods"][method]["returns"]
    return [] if any(_fits(kind, result) for kind in kinds) else [f"{method} does not return {result!r} but {kinds}"]


def type_errors(kind: str, value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"{value!r} is no {kind}"]
    declared = {field["name"]: field for field in API["types"][kind]["fields"]}
    found = [f"{kind} has no field {name}" for name in value if name not in declared]
    found += [
        f"{kind}.{name} is missing" for name, field in declared.items() if field["required"] and name not in value
    ]
    for name, inner in value.items():
        if name in declared and not any(_fits(one, inner) for one in declared[name]["types"]):
            found.append(f"{kind}.{name}: {inner!r} is not {' or '.join(declared[name]['types'])}")
    return found


def _fits(kind: str, value: Any) -> bool:
    if kind in PLAIN:
        return isinstance(value, PLAIN[kind]) and (PLAIN[kind] is not int or not isinstance(value, bool))
    if kind.startswith("Array of "):
        return isinstance(value, list) and all(_fits(kind.removeprefix("Array of "), one) for one in value)
    if kind not in API["types"]:
        return False  # trimmed away: we neither send nor answer it
    subtypes = API["types"][kind].get("subtypes")
    return any(_fits(one, value) for one in subtypes) if subtypes else not type_errors(kind, value)
