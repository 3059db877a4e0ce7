"""Findings that many networks have, in the same words."""

from __future__ import annotations

from collections.abc import Mapping

from .contract import Finding, Level, Way

RECONNECT = Way(label="Reconnect", path="/accounts")
FEW = 0.2
"""Of a quota: less is worth a warning."""


def quota(left: float, of: float, what: str) -> Finding:
    """``what`` names both figures: "posts in 24 hours"."""
    told = f"{_figure(left)} of {_figure(of)} {what} are left."
    if left <= 0:
        return Finding(id="quota", level=Level.BAD, title="Used up", detail=told)
    level = Level.WARN if left < of * FEW else Level.OK
    return Finding(id="quota", level=level, title="Quota", detail=told)


def quota_in(headers: Mapping[str, str], prefix: str, what: str) -> tuple[Finding, ...]:
    """From the headers ``<prefix>-limit`` and ``<prefix>-remaining``; nothing where they are no numbers."""
    try:
        left, of = float(headers[f"{prefix}-remaining"]), float(headers[f"{prefix}-limit"])
    except (KeyError, ValueError):
        return ()
    return (quota(left, of, what),)


def account(level: Level, title: str, detail: str = "", next: Way | None = None) -> Finding:
    """What kind of account it is, and whether posts can go to it."""
    return Finding(id="account_type", level=level, title=title, detail=detail, next=next)


def _figure(value: float) -> str:
    return f"{value:g}" if value < 1e6 else f"{value:.0f}"
