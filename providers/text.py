"""How networks measure text. Pure and quick: the composer asks at every key press."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator

import regex

from ._tlds import TLDS

URL_WEIGHT = 23
"""X counts every link as one of its own short links, however long it is."""


def utf16_length(text: str) -> int:
    """UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def weighted_length(text: str) -> int:
    """The length that X counts: 1 for most alphabets, 2 for the rest and for any emoji, 23 for a link.

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

_DIRECTION = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_NO_LABEL = (
    r"\s\p{Z}\p{Cc}!-/:-@\[-`{-~\u2000-\u206f\u3000-\u3002\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufffe\uffff\ufeff"
    + _DIRECTION
)
_LABEL = f"[^{_NO_LABEL}]"
_MOST_NAMES = 8


def _any_of(words: Collection[str]) -> str:
    """As a tree of their letters, longest first: a list of words is tried one by one, and there is a dot to try often."""
    branches: dict[str, list[str]] = {}
    for word in sorted(filter(None, words)):
        branches.setdefault(word[0], []).append(word[1:])
    tree = "|".join(f"{regex.escape(letter)}{_any_of(rest)}" for letter, rest in branches.items())
    return f"(?:{tree})" + ("?" if "" in words else "") if tree else ""


_TLD = rf"(?:{_any_of(TLDS)}|xn--[-0-9a-z]+)(?=[^0-9a-zA-Z@+-]|$)"
_SHORT = r"(?=[^.]{1,63}\.)"  # no label is longer: a long line of dashes must not take minutes
_NAME = f"{_SHORT}(?>{_LABEL}+(?:[_-]+{_LABEL}+)*+)"  # one way to match it, nor a long line of dots
_LAST_NAME = f"{_SHORT}(?>{_LABEL}+(?:-+{_LABEL}+)*+)"
_DOMAIN = f"(?:{_NAME}\\.){{0,{_MOST_NAMES}}}{_LAST_NAME}\\.(?:{_TLD})"
_LATIN = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
_PATH_CHARACTER = rf"[a-z\p{{Cyrillic}}0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_LATIN}]"
_BALANCED = rf"\((?:{_PATH_CHARACTER}+|(?:{_PATH_CHARACTER}*\({_PATH_CHARACTER}+\){_PATH_CHARACTER}*))\)"
_PATH_END = rf"(?:[+\-a-z\p{{Cyrillic}}0-9=_#/{_LATIN}]|{_BALANCED})"
_PATH = f"(?:(?:{_PATH_CHARACTER}*(?:{_BALANCED}{_PATH_CHARACTER}*)*{_PATH_END})|(?:@{_PATH_CHARACTER}+/))"
_QUERY = r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/]"

_URL = regex.compile(
    rf"(?P<before>[^A-Za-z0-9@\uff20$#\uff03{_DIRECTION}\ufffe\uffff\ufeff]|[{_DIRECTION}]|^)"
    rf"(?P<url>(?P<protocol>https?://)?(?P<domain>{_DOMAIN})(?P<port>:[0-9]+)?(?P<path>/{_PATH}*)?(?P<query>{_QUERY})?)",
    regex.IGNORECASE,
)
_ASCII_DOMAIN = regex.compile(rf"(?:[-a-z0-9{_LATIN}]+\.)+{_TLD}", regex.IGNORECASE)
_SHORT_LINK = regex.compile(
    r"https?://t\.co/([a-z0-9]+)(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?", regex.IGNORECASE
)
_LONGEST_LABEL = 63
_LONGEST_URL = 4096


def urls(text: str) -> Iterator[tuple[int, int]]:
    """Where links stand, with or without a protocol, as X finds them."""
    if "." not in text:
        return
    position = 0
    while (found := _URL.search(text, position)) is not None:
        position = found.end()
        if not _fits(found["domain"], found["url"], found["protocol"]):
            continue
        if found["protocol"]:
            short = _SHORT_LINK.match(text, found.start("url"))
            end = found.end("url")
            if short is not None:
                if len(short[1]) > 40:
                    continue
                end = position = short.end()
            yield found.start("url"), end
        elif found["before"] not in ("-", "_", ".", "/"):
            yield from _without_protocol(found)


def _without_protocol(found: regex.Match[str]) -> Iterator[tuple[int, int]]:
    """Only domains in Latin letters; a path belongs to the last of them."""
    offset = found.start("domain")
    places = [(offset + part.start(), offset + part.end()) for part in _ASCII_DOMAIN.finditer(found["domain"])]
    if places and found["path"]:
        places[-1] = (places[-1][0], found.end("url"))
    yield from places


def _fits(domain: str, url: str, protocol: str | None) -> bool:
    """Every label may have 63 characters as it is written on the wire."""
    if len(url) + (0 if protocol else len("https://")) > _LONGEST_URL:
        return False
    for label in domain.split("."):
        if label[:4].lower() == "xn--" and not label.isascii():
            return False  # says that it is encoded and is not
        try:
            written = label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        except UnicodeError:
            return False
        if len(written) > _LONGEST_LABEL:
            return False
    return True
