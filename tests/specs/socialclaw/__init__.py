"""The documented interface: judges what this server answers."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.specs import load

ROUTES: list[dict[str, Any]] = load("socialclaw/routes.json")
SCHEMAS: dict[str, Any] = load("socialclaw/schemas.json")


@cache
def _validator(name: str) -> Draft202012Validator:
    document = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    return Draft202012Validator(document, format_checker=FormatChecker())


def errors(name: str, body: Any) -> list[str]:
    """What a body has against its documented schema; empty when it is as documented."""
    return [f"{error.json_path}: {error.message}"[:300] for error in _validator(name).iter_errors(body)]
