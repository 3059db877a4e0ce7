"""Figures as people read them, and what they are called."""

from __future__ import annotations

import re

from backend.figures import Change

from ..words import _, later

NAMES = {
    "impressions": later("Impressions"),
    "reach": later("Reach"),
    "views": later("Views"),
    "likes": later("Likes"),
    "comments": later("Comments"),
    "shares": later("Shares"),
    "saves": later("Saves"),
    "clicks": later("Clicks"),
    "followers": later("Followers"),
    "following": later("Following"),
    "posts": later("Posts at the network"),
}
THOUSANDS, POINT = later(","), later(".")
UNKNOWN = "–"


def name_of(metric: str) -> str:
    """A figure that nobody has named yet is called by its own words: ``linkKarma`` is Link karma."""
    known = NAMES.get(metric)
    if known is not None:
        return _(known)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", metric).lower()
    return words[:1].upper() + words[1:]


def number(value: float | None) -> str:
    if value is None:
        return UNKNOWN
    whole = float(value).is_integer() or abs(value) >= 100
    written = f"{value:,.0f}" if whole else f"{value:,.1f}"
    return written.replace(",", "\0").replace(".", _(POINT)).replace("\0", _(THOUSANDS)).replace("-", "−")


def signed(value: float | None) -> str:
    if value is None:
        return UNKNOWN
    return f"+{number(value)}" if value > 0 else number(value)


def percent(change: Change | None) -> str:
    """``+12 %``; nothing where there is no beginning to compare with."""
    if change is None or change.percent is None:
        return ""
    rounded = round(change.percent, 1 if abs(change.percent) < 10 else 0)
    return f"{signed(rounded)} %"
