"""Ids: ``<prefix>_<base36 milliseconds>_<12 hex>``. They sort by time and are safe inside a URL."""

from __future__ import annotations

import secrets
from datetime import datetime

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def new_id(prefix: str, now: datetime) -> str:
    return f"{prefix}_{_base36(int(now.timestamp() * 1000))}_{secrets.token_hex(6)}"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
