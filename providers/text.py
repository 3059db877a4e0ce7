"""How networks measure text. Pure and quick: the composer asks at every key press."""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from typing import Any

import regex

from ._tlds import TLDS

URL_WEIGHT = 23
"""X counts every link as one of its own short links, however long it is."""


def utf16_length(text: str) -> int:
    """UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def grapheme_length(text: str) -> int:
    """What a reader calls characters: an emoji of several code points is one."""
    return len(_GRAPHEME.findall(text))


_GRAPHEME = regex.compile(r"\X")


@lru_cache(maxsize=16)
def weighted_length(text: str) -> int:
    """The length that X counts: 1 for most alphabets, 2 for the rest and for any emoji, 23 for a link. The last few are
    remembered: checks and counters ask for the same text, and one of 200,000 characters takes half a second.

    Source: twitter-text, configuration 3 (github.com/twitter/twitter-text, checked 2026-11-20).
    """
    text = unicodedata.normalize("NFC", text)
    if text.isascii() and "." not in text:
        return len(text)
    length, position = 0, 0
    for start, end in urls(text):
        length += _plain_weight(text[position:start]) + URL_WEIGHT
        position = end
    return length + _plain_weight(text[position:])


def _plain_weight(text: str) -> int:
    if text.isascii():
        return len(text)
    emoji = 0
    if _MAYBE_EMOJI.search(text):
        text, emoji = _EMOJI.subn("", text)
    heavy = len(_HEAVY.findall(text))
    return 2 * emoji + len(text) + heavy


_HEAVY = regex.compile("[^\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")

_MAYBE_EMOJI = regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3]")
_EMOJI = regex.compile(
    r"\p{Regional_Indicator}{2}"
    r"|[0-9#*]\uFE0F?\u20E3"
    r"|(?:\p{Extended_Pictographic}(?<![\u00A9\u00AE\u203C\u2049\u2122](?!\uFE0F)))"
    r"(?:\uFE0F|\p{Emoji_Modifier})?[\U000E0020-\U000E007F]*"
    r"(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)*"
)


# --- links --------------------------------------------------------------------------------------------------------------
#
# The same links that twitter-text finds, but in a time that grows with the text and not with its square: one expression
# for all of it takes minutes for a long line of dots or hyphens.

_DIRECTION = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_LABEL_CHARACTER = (
    r"[^\s\p{Z}\p{Cc}!-/:-@\[-`{-~\u2000-\u206f\u3000-\u3002\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
    rf"\ufffe\uffff\ufeff{_DIRECTION}]"
)
_LABEL = f"{_LABEL_CHARACTER}++(?:[-_]++{_LABEL_CHARACTER}++)*+"
_CHAIN = regex.compile(rf"{_LABEL}(?:\.{_LABEL})*+")
"""Labels with single dots between them: every domain is part of one."""


def _any_of(words: Collection[str]) -> str:
    """As a tree of their letters, longest first: a list of words is tried one by one, and there is a dot to try often."""
    branches: dict[str, list[str]] = {}
    for word in sorted(filter(None, words)):
        branches.setdefault(word[0], []).append(word[1:])
    tree = "|".join(f"{regex.escape(letter)}{_any_of(rest)}" for letter, rest in branches.items())
    return f"(?:{tree})" + ("?" if "" in words else "") if tree else ""


@cache
def _with_top(before: str) -> Any:
    """A pattern that ends with a top-level domain. All of those take a tenth of a second to compile, and most processes
    never look for one."""
    return regex.compile(rf"{before}(?:{_any_of(TLDS)}|xn--[-0-9a-z]+)(?=[^0-9a-zA-Z@+-]|$)", regex.IGNORECASE)


_DOT_AND_TOP = rf"(?<={_LABEL_CHARACTER})\."

_NOT_AFTER = "(?<![A-Za-z0-9@\uff20$#\uff03\ufffe\uffff\ufeff])"
_START = regex.compile(_NOT_AFTER + _LABEL_CHARACTER)
_PROTOCOL = regex.compile(rf"{_NOT_AFTER}https?://\Z", regex.IGNORECASE)
_LONGEST_PROTOCOL = len("https://")

_LATIN = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
_PATH_CHARACTER = rf"[a-z\p{{Cyrillic}}0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_LATIN}]"
_BALANCED = rf"\((?:{_PATH_CHARACTER}+|(?:{_PATH_CHARACTER}*\({_PATH_CHARACTER}+\){_PATH_CHARACTER}*))\)"
_PATH_END = rf"(?:[+\-a-z\p{{Cyrillic}}0-9=_#/{_LATIN}]|{_BALANCED})"
_PATH = f"(?:(?:{_PATH_CHARACTER}*(?:{_BALANCED}{_PATH_CHARACTER}*)*{_PATH_END})|(?:@{_PATH_CHARACTER}+/))"
_QUERY = r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/]"
_TAIL = regex.compile(rf"(?::[0-9]+)?(?P<path>/{_PATH}*)?(?:{_QUERY})?", regex.IGNORECASE)

_LATIN_NAME = f"[-a-z0-9{_LATIN}]"
_LATIN_DOMAIN = rf"(?<!{_LATIN_NAME})(?<!{_LATIN_NAME}\.)(?:{_LATIN_NAME}++\.)+"
_SHORT_LINK = regex.compile(rf"https?://t\.co/([a-z0-9]+)(?:{_QUERY})?", regex.IGNORECASE)
_LONGEST_SHORT = 40
_LONGEST_LABEL = 63
_LONGEST_URL = 4096


def urls(text: str) -> Iterator[tuple[int, int]]:
    """Where links stand, with or without a protocol, as X finds them."""
    ended = -1
    for earliest, dot, top_end in _possible_domains(text):
        found = _START.search(text, max(earliest, ended + 1), dot)
        if found is None:
            continue
        if found.start() == 0:  # at the very beginning, a letter like é counts as what stands before the link
            found = _START.match(text, 1, dot) or found
        start = found.start()
        tail = _TAIL.match(text, top_end)
        assert tail is not None, "everything in it is optional"
        protocol = _PROTOCOL.search(text, max(ended + 1, start - _LONGEST_PROTOCOL), start)
        ended = tail.end()
        url_start = start if protocol is None else protocol.start()
        if ended - start + _LONGEST_PROTOCOL > _LONGEST_URL or not _can_be_written(text[start:top_end]):
            continue
        if protocol is not None:
            short = _SHORT_LINK.match(text, url_start, ended)
            if short is None or len(short[1]) <= _LONGEST_SHORT:
                yield url_start, ended if short is None else short.end()
        elif start == 0 or text[start - 1] not in "-_./":
            yield from _without_protocol(text, start, top_end, ended if tail["path"] else top_end)


def _possible_domains(text: str) -> Iterator[tuple[int, int, int]]:
    """Where a domain may start at the earliest, its last dot, and its end. At most one link starts in each."""
    tops = deque((found.start(), found.end()) for found in _with_top(_DOT_AND_TOP).finditer(text))
    if not tops:
        return
    for chain in _CHAIN.finditer(text):
        start, end = chain.span()
        found: list[tuple[int, int, int]] = []
        while tops and tops[0][0] < end:
            dot, top_end = tops.popleft()
            name = max(start, text.rfind(".", start, dot) + 1)
            underscore = text.rfind("_", name, dot)
            if underscore < 0:
                found = [(start, dot, top_end)]  # the longest domain wins
            else:
                found.append((underscore + 1, dot, top_end))  # the name before the last dot has no underscore
        yield from found


def _without_protocol(text: str, start: int, end: int, path_end: int) -> Iterator[tuple[int, int]]:
    """Only domains in Latin letters; what follows belongs to the last of them."""
    places = [
        (start + found.start(), start + found.end()) for found in _with_top(_LATIN_DOMAIN).finditer(text[start:end])
    ]
    yield from places[:-1]
    if places:
        yield places[-1][0], max(places[-1][1], path_end if path_end > end else 0)


def _can_be_written(domain: str) -> bool:
    """Every label may have 63 characters as it is written on the wire, and says so only if it is."""
    return all(_is_label(label) for label in domain.split("."))


def _is_label(label: str) -> bool:
    if label.isascii():
        return len(label) <= _LONGEST_LABEL
    if len(label) > _LONGEST_LABEL or label[:4].lower() == "xn--":
        return False
    return len("xn--") + len(label.encode("punycode")) <= _LONGEST_LABEL
