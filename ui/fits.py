"""How a file is made to fit the networks it goes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import design
from .markup import Markup, joined, tag
from .words import _

CHANGED = ("fit", "as_is")
"""Kinds of notes about files that are not as a network takes them: there is something to choose."""


def fitted(asset: Mapping[str, Any]) -> Markup | None:
    """What was done to a file of a post, with the file itself; or why nothing could be done."""
    told = asset.get("fitted")
    if told is None:
        return tag("p", _("It is sent as it is."), class_=design.NOTE) if asset.get("fit") is False else None
    if told["problem"]:
        return tag("p", told["message"], class_=design.ISSUE)
    link = tag("a", _("See what goes out"), href=told["url"], target="_blank", rel="noopener noreferrer")
    return tag("p", joined(told["message"], " ", link), class_=design.NOTE)
