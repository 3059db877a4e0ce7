"""The address of a post at its network, as people copy it from there, read back into the post's id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from .errors import AppError

LONGEST = 1000
SAME_PLACE = ("www.", "m.", "mobile.", "web.", "old.", "new.")
"""Beginnings of hosts that show the same post as the host without them."""
SAMPLES = ("0", "0_0")
"""Ids as the networks have them, to learn on which host they show posts."""

Address: TypeAlias = Callable[[str], str | None]
"""The address of the post with an id, as the network declares it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """``id`` is None when the address does not tell it."""

    id: str | None
    url: str | None


def read(written: str, address: Address, *, network: str, bases: Mapping[str, str]) -> Link:
    """An id, or an address on the network or on one of its configured ``bases``. Raises ``provider_link_invalid``."""
    text = written.strip()
    if not text or len(text) > LONGEST or any(letter.isspace() or not letter.isprintable() for letter in text):
        raise _invalid("Paste the post's address at {network}, or its id there.", network)
    if "://" not in text:
        return Link(id=text, url=address(text))
    parts = _parts(text)
    if parts is None:
        raise _invalid("This is not an address. Paste the post's address at {network}, or its id there.", network)
    shown = _hosts(map(address, SAMPLES))
    if shown and _host(parts) not in shown | _hosts(bases.values()):
        raise _invalid("This is not an address at {network}.", network)
    for candidate in _candidates(parts):
        own = _parts(address(candidate) or "")
        if own is not None and _same(own, parts):
            return Link(id=candidate, url=address(candidate))
    return Link(id=None, url=text)


def _parts(text: str) -> SplitResult | None:
    """Of an address that a browser may be sent to."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname and not parts.username else None


def _candidates(parts: SplitResult) -> Iterable[str]:
    """What could be the id, the last part of the path first."""
    yield from reversed(_segments(parts))
    yield from (value for _, value in parse_qsl(parts.query))


def _same(own: SplitResult, pasted: SplitResult) -> bool:
    """They end alike: whatever else the pasted one says of who wrote it, who shared it, and from where."""
    end = _segments(own)[-2:]
    if _host(own) != _host(pasted) or _segments(pasted)[-len(end) :] != end:
        return False
    return set(parse_qsl(own.query)) <= set(parse_qsl(pasted.query))


def _segments(parts: SplitResult) -> list[str]:
    return [unquote(part) for part in parts.path.split("/") if part]


def _hosts(addresses: Iterable[str | None]) -> set[str]:
    return {_host(parts) for parts in map(_parts, filter(None, addresses)) if parts is not None}


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    start = next((start for start in SAME_PLACE if host.startswith(start)), "")
    return host.removeprefix(start) + (f":{parts.port}" if parts.port else "")


def _invalid(sentence: str, network: str) -> AppError:
    return AppError("provider_link_invalid", sentence.format(network=network))
