"""Reading JSON that strangers wrote: what is there, what is text, what is a number.

Null, an empty text and an absent key mean the same everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

Object: TypeAlias = Mapping[str, Any]

MAX_DEPTH = 32
"""Levels of objects and lists. A real schedule has about ten."""


class TooDeep(ValueError):
    """Nested more than ``MAX_DEPTH`` levels."""


def plain(value: object, depth: int = 0) -> Any:
    """The document as JSON that a database and UTF-8 can hold. Numbers beyond 64 bits become what JavaScript reads."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else _double(value)
    if not isinstance(value, Mapping | list | tuple):
        return None
    if depth == MAX_DEPTH:
        raise TooDeep
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {_storable(key): plain(item, depth + 1) for key, item in items if isinstance(key, str)}
    return [plain(item, depth + 1) for item in cast("Sequence[object]", value)]


def _storable(text: str) -> str:
    """Without NUL, which PostgreSQL refuses, and halves of surrogate pairs, which UTF-8 cannot write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "")


def _double(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def object_of(value: object) -> Object:
    """Empty for anything else than an object."""
    return cast("Object", value) if isinstance(value, Mapping) else {}


def list_at(item: Object, key: str) -> Sequence[object]:
    """Empty for anything else than a list."""
    value = item.get(key)
    return cast("list[object]", value) if isinstance(value, list) else []


def first(item: Object, *keys: str) -> Any:
    """The first value that is there: not absent, not null, not an empty text."""
    for key in keys:
        value = item.get(key)
        if value is not None and not (isinstance(value, str) and not value.strip()):
            return value
    return None


def text_of(value: object) -> str | None:
    """Trimmed; clients write numbers where a text is meant. None for what is neither."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def label(item: Object, *keys: str) -> str | None:
    """The first of the keys that names something; what is no text is passed over."""
    return next((text for key in keys if (text := text_of(item.get(key)))), None)


def number(value: object) -> float | None:
    """Finite numbers, also written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def measure(value: object) -> float | None:
    found = number(value)
    return found if found is not None and found >= 0 else None


def whole(value: object, below: int = 2**53) -> int | None:
    found = measure(value)
    return int(found) if found is not None and found < below else None


def is_finite(value: object) -> bool:
    """No infinity or NaN anywhere inside."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(is_finite, cast("dict[str, object]", value).values()))
    return all(map(is_finite, cast("list[object]", value))) if isinstance(value, list) else True
