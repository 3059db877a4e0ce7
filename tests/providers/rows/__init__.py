"""What each network takes and refuses, row by row: the documented rules, as requests and what they must be answered.

A network's own test file says them, as ``ROWS``; nothing lists them. ``tests/api/test_contract_rows.py`` sends them.
The facts are those of the public rule library (see ``tests/specs/socialclaw/SOURCE.md``), not read from our code.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import tests.providers

Post = Mapping[str, Any]

JPG, PNG, WEBP, GIF = (f"https://files.example/a.{name}" for name in ("jpg", "png", "webp", "gif"))
MP4, MOV, WEBM, M4V = (f"https://files.example/b.{name}" for name in ("mp4", "mov", "webm", "m4v"))
BARE = "https://files.example/a"
"""An address without an extension."""

MIB, GIB = 1024**2, 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One setting as it is listed. ``default`` None means that none is."""

    id: str
    type: str
    default: Any = None
    options: tuple[str, ...] = ()
    required: bool = False
    min: int | None = None
    choices: str | None = None
    """The discovery action that knows its values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A post that is taken, and the settings that are stored and told for it."""

    post: Post
    stored: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    code: str
    post: Post
    details: Mapping[str, Any]
    then: tuple[str, ...]
    """Codes of what else is wrong with the post, which must stand behind in the list: the first one wins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of one account type."""

    provider: str
    account_type: str
    post: Post
    """A post that is taken as it is. What a row says is put over it; None takes a key away."""
    publish_shape: str
    media_delivery: str
    unknown_setting: str
    """The code for a key that is no setting."""
    no_reply: str | None
    """The code for a reply; None where replies are possible."""
    media_required: bool = False
    fields: tuple[Field, ...] = ()
    unlisted: tuple[str, ...] = ()
    """Settings that are taken beside those that are listed."""
    taken: tuple[Taken, ...] = ()
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leading:
    """An account type that only leads to others: nothing is published as it, and it has no settings."""

    provider: str
    account_type: str
    handle: str


def takes(stored: Mapping[str, Any], **post: Any) -> Taken:
    return Taken(post=post, stored=stored)


def refuses(code: str, details: Mapping[str, Any] | None = None, *, then: Sequence[str] = (), **post: Any) -> Refused:
    return Refused(code=code, post=post, details=details or {}, then=tuple(then))


def sized(url: str, size: int, **more: Any) -> dict[str, Any]:
    return {"url": url, "size": size, **more}


def too_large(url: str, limit: int) -> dict[str, Any]:
    """The details that tell of the first file being one byte over a limit."""
    return {"size": limit + 1, "maxBytes": limit, "assetId": "asset_1", "url": url}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    tables: tuple[Table, ...]
    leading: tuple[Leading, ...] = ()


@cache
def rows() -> Mapping[str, Rows]:
    """Of every network, by its id."""
    names = [f"tests.providers.{module.name}" for module in pkgutil.iter_modules(tests.providers.__path__)]
    modules = [importlib.import_module(name) for name in names if ".test_" in name]
    return {said.tables[0].provider: said for module in modules for said in getattr(module, "ROWS", ())}
