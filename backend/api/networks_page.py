"""What each network takes and can do for programs, as one page made of the networks' own declarations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from typing import Any

import providers
from providers.contract import Door, Draft, Limits, Manual, Media, OAuth2, Provider
from providers.rules import readable_bytes

from ..checking import fields_of
from ..fitting import codec, form

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@cache
def page() -> str:
    known = list(providers.all_providers().values())
    contents = "".join(
        f'<li><a href="#{provider.id}">{_icon(provider)}{escape(provider.name)}</a></li>' for provider in known
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Networks · SocialClaw</title><style>{_CSS}</style></head><body>"
        "<header><h1>The networks</h1><p>What each takes and what it can do for programs. This page is made of the "
        "declarations that publishing itself follows.</p></header>"
        f'<nav aria-label="Networks"><ul>{contents}</ul></nav><main>{"".join(map(_network, known))}</main></body></html>'
    )


def _network(provider: Provider) -> str:
    notes = "".join(f"<li>{escape(one)}</li>" for one in provider.limitations)
    return (
        f'<section id="{provider.id}"><h2>{_icon(provider)}{escape(provider.name)}</h2>{_table(_facts(provider))}'
        f"{f'<ul>{notes}</ul>' if notes else ''}{_settings(provider)}"
        f'<p class="source"><a href="{escape(provider.docs)}" rel="noreferrer">Its documents</a>, read {provider.checked}.</p>'
        "</section>"
    )


def _facts(provider: Provider) -> dict[str, str]:
    limits = provider.limits
    length = limits.text(_empty(provider))
    return {
        "Posts go to": ", ".join(kind.name for kind in provider.accounts if kind.publishable),
        "Connected by": "; ".join(_door(door) for door in provider.doors),
        "Text": f"at most {length:,}" if length else "any length",
        "Files": _files(limits),
        "Pictures": _media(provider, "image"),
        "Videos": _media(provider, "video"),
        "Looked up after a lost answer": _yes(provider.reconcile),
        "Deleted from here": _yes(provider.delete),
        "Figures of posts": _yes(provider.post_metrics or provider.post_metrics_in),
        "Figures of accounts": _yes(provider.account_metrics or provider.account_metrics_in),
        "Posts in a time": "; ".join(
            f"{rate.count} in {_stretch(rate.per.total_seconds())}" for rate in provider.rates
        ),
        "Actions": ", ".join(action.label for action in provider.actions),
    }


def _empty(provider: Provider) -> Draft:
    return Draft(
        provider=provider.id,
        account_type=provider.accounts[0].id,
        handle="",
        title="",
        body="",
        text="",
        assets=(),
        settings={},
        interaction="post",
        parent=None,
    )


def _door(door: Door) -> str:
    if isinstance(door, OAuth2):
        return f"saying yes at {door.title or 'the network'}"
    return "pasted values" if isinstance(door, Manual) else "saying yes on a page of your own site"


def _files(limits: Limits) -> str:
    count = f"up to {limits.max_assets}" if limits.max_assets > 1 else "one"
    return f"{count}, {'needed' if limits.media_required else 'optional'}"


def _media(provider: Provider, kind: str) -> str:
    """What the network's documents say of a kind of file; by kind of account where that makes a difference."""
    accounts = [account for account in provider.accounts if account.publishable]
    found = {account.name: provider.limits_of(account.id).media(kind, {}) for account in accounts}
    told = {name: "; ".join(_limits(media)) or "any" if media else "" for name, media in found.items()}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return ". ".join(f"{name}: {limits}" for name, limits in told.items())


def _limits(media: Media) -> Iterator[str]:
    if media.mimes:
        yield ", ".join(map(form, media.mimes))
    if media.video_codecs:
        sound = f" with {', '.join(map(codec, media.audio_codecs))}" if media.audio_codecs else ""
        yield ", ".join(map(codec, media.video_codecs)) + sound
    if media.max_bytes:
        yield f"at most {readable_bytes(media.max_bytes)}"
    yield from _sizes(media)
    for name, least, most in (
        ("times as wide as high", media.min_aspect, media.max_aspect),
        ("seconds", media.min_seconds, media.max_seconds),
        ("frames a second", media.min_frame_rate, media.max_frame_rate),
    ):
        if least or most:
            yield f"{_between(least, most)} {name}"
    if media.max_bit_rate:
        yield f"at most {media.max_bit_rate / 1_000_000:g} million bits a second"
    if media.advised is not None:
        yield f"advised: {', '.join(_limits(media.advised))}"


def _sizes(media: Media) -> Iterator[str]:
    turned = " or turned" if media.either_way else ""
    for word, width, height in (
        ("at least", media.min_width, media.min_height),
        ("at most", media.max_width, media.max_height),
    ):
        if width and height:
            yield f"{word} {width}×{height} pixels{turned}"
        elif width or height:
            yield f"{word} {width or height} pixels {'wide' if width else 'high'}"
    if media.max_pixels:
        yield f"at most {media.max_pixels / 1_000_000:.3g} megapixels"
    if media.max_sides:
        yield f"at most {media.max_sides} pixels of width and height together"


def _between(least: float | None, most: float | None) -> str:
    if least and most:
        return f"{_number(least)} to {_number(most)}"
    return f"at least {_number(least)}" if least else f"at most {_number(most or 0)}"


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _stretch(seconds: float) -> str:
    for name, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            count = int(seconds // length)
            return f"a {name}" if count == 1 else f"{count} {name}s"
    return f"{seconds:g} s"


def _yes(flow: object) -> str:
    return "no" if flow is None else "yes"


def _settings(provider: Provider) -> str:
    """What may be chosen for a post; once where all kinds of accounts have the same."""
    seen: dict[str, str] = {}
    for kind in provider.accounts:
        rules = provider.settings.get(kind.id)
        rows = "" if rules is None else "".join(map(_setting, fields_of(rules.model)))
        if rows:
            seen.setdefault(rows, kind.name)
    return "".join(
        f"<details><summary>Settings of a post{f' ({escape(name)})' if len(seen) > 1 else ''}</summary>"
        f"<table><tr><th>Name</th><th>Values</th><th>Default</th><th>Meaning</th></tr>{rows}</table></details>"
        for rows, name in seen.items()
    )


def _setting(field: Mapping[str, Any]) -> str:
    options = ", ".join(str(option) or "(empty)" for option in field.get("options") or ()) or str(field["type"])
    default = field.get("default")
    needed = " (needed)" if field["required"] else ""
    cells: Iterable[str] = (
        f"<code>{escape(field['id'])}</code>{needed}",
        escape(options),
        "" if default in (None, "", []) else escape(str(default)),
        escape(field.get("description") or ""),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _table(rows: Mapping[str, str]) -> str:
    told = "".join(
        f"<tr><th scope=row>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows.items() if value
    )
    return f"<table>{told}</table>"


def _icon(provider: Provider) -> str:
    if provider.icon is None:
        return ""
    return f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{escape(provider.icon.path)}"/></svg>'


_CSS = """
:root { color-scheme: light dark; --bg: #f6f7f9; --surface: #fff; --line: #e2e5ec; --text: #1a1f2b; --muted: #596274; --accent: #4657cf; }
@media (prefers-color-scheme: dark) { :root { --bg: #10131a; --surface: #181c26; --line: #2a3040; --text: #e7eaf2; --muted: #9aa4b8; --accent: #98a4ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 900px; padding: 32px 18px 80px; background: var(--bg); color: var(--text);
  font: 15px/1.55 "Inter", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
a { color: var(--accent); } header p, .source { color: var(--muted); }
nav ul { display: flex; flex-wrap: wrap; gap: 8px; padding: 0; list-style: none; }
nav a { display: flex; align-items: center; gap: 8px; padding: 6px 12px; border: 1px solid var(--line); border-radius: 9px; background: var(--surface); text-decoration: none; }
svg { width: 18px; height: 18px; fill: currentColor; flex: none; }
section { margin-top: 22px; padding: 6px 20px 12px; background: var(--surface); border: 1px solid var(--line); border-radius: 12px; overflow-x: auto; }
h2 { display: flex; align-items: center; gap: 10px; font-size: 20px; } h2 svg { width: 22px; height: 22px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 6px 10px 6px 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--muted); font-weight: 500; } th[scope=row] { width: 34%; }
summary { cursor: pointer; padding: 8px 0; font-weight: 600; }
"""
