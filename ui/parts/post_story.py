"""What happened to a post, in words, and the record of it one click away."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backend.figures import metric_names

from ..components.lines import Line
from ..markup import Markup, joined, tag
from ..when import exact, seconds
from ..words import _, later
from .numbers import name_of, number

LATE_SECONDS = 2.0
"""Earlier than this is on time."""
MOST = 200
"""Lines: the last ones."""

TONES = {
    "post.published": "good",
    "post.failed": "bad",
    "post.unknown": "bad",
    "post.in_doubt": "warn",
    "post.retry": "warn",
    "post.held": "warn",
    "post.late": "warn",
}


def lines(story: Sequence[Mapping[str, Any]], *, network: str, zone: str) -> list[Line]:
    seen: Counter[str] = Counter()
    found: list[Line] = []
    for entry in story:
        name = f"{entry['at']}/{entry['kind']}/{entry.get('step', '')}"
        seen[name] += 1
        tone = TONES.get(entry["kind"], "plain")
        found.append(Line(key=f"{name}/{seen[name]}", kind=f"sc-told-{tone}", html=_line(entry, network, zone)))
    return found[-MOST:]


def _line(entry: Mapping[str, Any], network: str, zone: str) -> Markup:
    said = entry.get("message")
    record = json.dumps(entry["raw"], indent=2, ensure_ascii=False)
    return joined(
        tag("time", exact(entry["at"], zone), datetime=entry["at"]),
        tag(
            "div",
            tag("span", _told(entry, network, zone), class_="sc-told-what"),
            tag("p", said, class_="sc-told-said") if said else None,
            tag("details", tag("summary", _("Record")), tag("pre", record, class_="sc-record")),
        ),
    )


def _told(entry: Mapping[str, Any], network: str, zone: str) -> str:
    """One sentence."""
    kind, by = entry["kind"], entry["by"]
    tell = _SENTENCES.get(kind)
    if tell is not None:
        return tell(entry, network, zone)
    named = _BY.get(kind)
    if named is None:
        return str(kind)  # of a later version
    alone, with_name = named
    return _(with_name).format(name=by) if by else _(alone)


_BY: Mapping[str, tuple[str, str]] = {
    "post.made": (later("Made."), later("Made by {name}.")),
    "post.canceled": (later("Canceled."), later("Canceled by {name}.")),
    "post.retried": (later("Sent again."), later("Sent again by {name}.")),
    "post.deleted": (later("Deleted at the network."), later("Deleted at the network by {name}.")),
}
"""What people do: without a name, and with one."""


def _started(entry: Mapping[str, Any], network: str, zone: str) -> str:
    late = entry["latenessSeconds"] or 0.0
    when = _("on time") if late < LATE_SECONDS else _("{time} after it was due").format(time=seconds(late))
    return _("Try {number}: the publisher took it, {when}.").format(number=entry["attemptNo"], when=when)


def _step(entry: Mapping[str, Any], network: str, zone: str) -> str:
    step = str(entry["step"]).replace("-", " ").replace("_", " ")
    sentences = {
        ("once", True): _("Sent, and {network} answered that it is done ({step})."),
        ("once", False): _("Sent, and no answer came ({step}). From here on it may be out."),
        ("repeatable", True): _("Prepared at {network} ({step})."),
        ("repeatable", False): _("Preparing at {network} ({step})."),
    }
    sentence = sentences.get((str(entry["effect"]), bool(entry["answered"])), _("Asked {network} ({step})."))
    return sentence.format(network=network, step=step)


def _edited(entry: Mapping[str, Any], network: str, zone: str) -> str:
    at = entry.get("publishAtUtc")
    planned = _("Its time: {time}.").format(time=exact(at, zone)) if at else ""
    changed = _("Changed by {name}.").format(name=entry["by"]) if entry["by"] else _("Changed.")
    return f"{changed} {planned}".strip()


def _reconciled(entry: Mapping[str, Any], network: str, zone: str) -> str:
    there = entry.get("outcome") == "published"
    if entry["by"]:
        sentence = _("{name} looked: it is there.") if there else _("{name} looked: it is not there.")
        return sentence.format(name=entry["by"])
    return _("Somebody looked: it is there.") if there else _("Somebody looked: it is not there.")


def _figures(entry: Mapping[str, Any], network: str, zone: str) -> str:
    told = ", ".join(f"{name_of(key)} {number(entry['metrics'][key])}" for key in metric_names(entry["metrics"]))
    return _("Figures were read: {figures}.").format(figures=told or _("none"))


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any], str, str], str]] = {
    "attempt.started": _started,
    "step": _step,
    "post.edited": _edited,
    "post.reconciled": _reconciled,
    "figures.read": _figures,
    "post.due": lambda entry, network, zone: _("Due."),
    "post.fitted": lambda entry, network, zone: _("A file was made to fit."),
    "post.accepted": lambda entry, network, zone: _("{network} took it and is still working on it.").format(network=network),
    "post.published": lambda entry, network, zone: _("It is out."),
    "post.retry": lambda entry, network, zone: _("It did not work this time. It is tried again by itself."),
    "post.failed": lambda entry, network, zone: _("It failed."),
    "post.in_doubt": lambda entry, network, zone: _(
        "The answer got lost. {network} is asked whether the post is there."
    ).format(network=network),
    "post.unknown": lambda entry, network, zone: _("Nobody knows whether it is out. A person has to look."),
    "post.held": lambda entry, network, zone: _("It waits until its account is connected again."),
    "post.late": lambda entry, network, zone: _("It went out {time} late.").format(time=seconds(entry.get("seconds") or 0)),
}  # fmt: skip
"""What the program tells, by kind."""
