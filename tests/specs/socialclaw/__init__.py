"""The documented interface: judges what this server answers."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from tests.specs import load

OPERATIONS: list[dict[str, Any]] = load("socialclaw/operations.json")
SCHEMAS: dict[str, Any] = load("socialclaw/schemas.json")
CODES: dict[str, dict[str, int]] = load("socialclaw/codes.json")
FORMATS = FormatChecker()


@FORMATS.checks("uri")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


@cache
def _validator(name: str) -> Draft202012Validator:
    document = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    return Draft202012Validator(document, format_checker=FORMATS)


def errors(name: str, body: Any) -> list[str]:
    """What a body has against its documented schema; empty when it is as documented."""
    return [f"{error.json_path}: {error.message}"[:300] for error in _validator(name).iter_errors(body)]
