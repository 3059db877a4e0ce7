"""The shapes of requests and answers, by name: the components of the API's document."""

from __future__ import annotations

from .accounts import ABILITIES, ACCOUNTS
from .assets import FILES, PARTS
from .posts import INPUT, POSTS, RUNS
from .schema import Schema
from .workspace import ANALYTICS, BILLING, KEYS, SESSION, SHARED, WORKSPACE

_GROUPS = (SHARED, WORKSPACE, KEYS, ACCOUNTS, ABILITIES, INPUT, POSTS, RUNS, FILES, PARTS, ANALYTICS, SESSION, BILLING)

SCHEMAS: dict[str, Schema] = {name: group[name] for group in _GROUPS for name in group}
