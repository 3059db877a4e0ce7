"""Signed requests: ``<signature>.<payload>``, both base64url without padding, signed with a developer app's secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from typing import Any, cast

LONGEST = 8 * 1024


def read(signed: str, secret: str) -> dict[str, Any] | None:
    """What it says; None unless it was signed with this secret. An empty secret signs nothing."""
    encoded_signature, dot, payload = signed.partition(".")
    if not secret or not dot or len(signed) > LONGEST:
        return None
    signature = _decoded(encoded_signature)
    if signature is None or not hmac.compare_digest(signature, sign(payload, secret)):
        return None
    return _object(_decoded(payload))


def sign(payload: str, secret: str) -> bytes:
    """Of the encoded text as it is sent."""
    return hmac.digest(secret.encode(), payload.encode(), hashlib.sha256)


def _object(raw: bytes | None) -> dict[str, Any] | None:
    try:
        value: Any = json.loads(raw) if raw is not None else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    found = cast("dict[str, Any]", value)
    return found if str(found.get("algorithm", "")).upper() == "HMAC-SHA256" else None


def _decoded(text: str) -> bytes | None:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        return None
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return None
