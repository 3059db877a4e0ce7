"""Telegram's two ways to format text, read as strictly as its server reads them.

https://core.telegram.org/bots/api#formatting-options. Offsets and lengths are UTF-16 units; errors name byte offsets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None

    def json(self) -> dict[str, str | int]:
        told: dict[str, str | int] = {"type": self.type, "offset": self.offset, "length": self.length}
        if self.url:
            told["url"] = self.url
        if self.language:
            told["language"] = self.language
        return told


class EntityError(Exception):
    """What the server writes after ``can't parse entities:``."""


def parse(text: str, mode: str | None) -> tuple[str, list[Entity]]:
    """What readers see, without the blanks at both ends."""
    if mode is None:
        return text.strip(), []
    reader = _Html(text) if mode.lower() == "html" else _Markdown(text)
    reader.read()
    return _trimmed("".join(reader.out), reader.entities)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _trimmed(text: str, entities: Sequence[Entity]) -> tuple[str, list[Entity]]:
    cut = units(text) - units(text.lstrip())
    end = units(text.strip())
    kept: list[Entity] = []
    # Of two with the same borders, the one that was closed later stands around the other.
    for _, entity in sorted(enumerate(entities), key=lambda one: (one[1].offset, -one[1].length, -one[0])):
        start = max(0, entity.offset - cut)
        stop = min(end, entity.offset - cut + entity.length)
        if stop > start:
            kept.append(replace(entity, offset=start, length=stop - start))
    return text.strip(), kept


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.out: list[str] = []
        self.length = 0
        self.entities: list[Entity] = []

    def add(self, piece: str) -> None:
        self.out.append(piece)
        self.length += units(piece)

    def keep(self, kind: str, start: int, *, url: str | None = None, language: str | None = None) -> None:
        if self.length > start:
            self.entities.append(
                Entity(type=kind, offset=start, length=self.length - start, url=url, language=language)
            )

    def offset(self, at: int | None = None) -> int:
        return len(self.text[: self.at if at is None else at].encode("utf-8", "surrogatepass"))


# --- HTML ------------------------------------------------------------------------------------------------------------

TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler",
    "tg-spoiler": "spoiler", "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji", "tg-time": "date_time",
}  # fmt: skip
_ATTRIBUTES = r"(?:\s+[A-Za-z0-9-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?)*"
_START = re.compile(rf"<([A-Za-z0-9-]*)({_ATTRIBUTES})\s*>")
_END = re.compile(r"</([A-Za-z0-9-]*)\s*>")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));")


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    start: int
    attributes: str


class _Html(_Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.stack: list[_Open] = []

    def read(self) -> None:
        while self.at < len(self.text):
            if self.text.startswith("</", self.at):
                self._end()
            elif self.text[self.at] == "<":
                self._start()
            elif self.text[self.at] == "&":
                self._reference()
            else:
                self.add(self.text[self.at])
                self.at += 1
        if self.stack:
            raise EntityError(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')

    def _reference(self) -> None:
        found = _REFERENCE.match(self.text, self.at)
        number = 0 if found is None else int(found[2] or 0) or int(found[3] or "0", 16)
        if found is None or not (found[1] or 0 < number < 0x110000):
            self.add("&")
            self.at += 1
            return
        self.add(_NAMED[found[1]] if found[1] else chr(number))
        self.at = found.end()

    def _start(self) -> None:
        name = re.compile(r"<([^\s>/]*)").match(self.text, self.at)
        tag = "" if name is None else name[1].lower()
        if tag not in TAGS:
            raise EntityError(f'Unsupported start tag "{tag}" at byte offset {self.offset()}')
        found = _START.match(self.text, self.at)
        if found is None:
            raise EntityError(f"Unclosed start tag at byte offset {self.offset()}")
        if tag == "span" and "tg-spoiler" not in found[2]:
            raise EntityError(f'Tag "span" must have class "tg-spoiler" at byte offset {self.offset()}')
        self.stack.append(_Open(tag, self.length, found[2]))
        self.at = found.end()

    def _end(self) -> None:
        found = _END.match(self.text, self.at)
        if found is None:
            raise EntityError(f"Unclosed end tag at byte offset {self.offset()}")
        if not self.stack:
            raise EntityError(f"Unexpected end tag at byte offset {self.offset()}")
        opened = self.stack.pop()
        if found[1] and found[1].lower() != opened.tag:
            told = f'expected "</{opened.tag}>", found "</{found[1].lower()}>"'
            raise EntityError(f"Unmatched end tag at byte offset {self.offset()}, {told}")
        self.at = found.end()
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        kind = TAGS[opened.tag]
        if kind == "text_link":
            address = _attribute(opened.attributes, "href")
            if address:
                self.keep(kind, opened.start, url=address)
        elif kind == "blockquote" and re.search(r"\bexpandable\b", opened.attributes):
            self.keep("expandable_blockquote", opened.start)
        elif kind == "code" and self.stack and self.stack[-1].tag == "pre":
            self.keep("pre", self.stack[-1].start, language=_language(opened.attributes))
        elif kind == "pre" and any(one.type == "pre" and one.offset >= opened.start for one in self.entities):
            return  # its code element stands for both
        else:
            self.keep(kind, opened.start)


def _attribute(attributes: str, name: str) -> str:
    found = re.search(rf"\s{name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", attributes)
    value = "" if found is None else found[1] or found[2] or found[3] or ""
    return _REFERENCE.sub(lambda named: _NAMED.get(named[1] or "", named[0]), value)


def _language(attributes: str) -> str | None:
    return _attribute(attributes, "class").removeprefix("language-") or None


# --- MarkdownV2 ------------------------------------------------------------------------------------------------------

RESERVED = "_*[]()~`>#+-=|{}.!"
MARKS = {
    "```": "pre",
    "`": "code",
    "__": "underline",
    "_": "italic",
    "*": "bold",
    "~": "strikethrough",
    "||": "spoiler",
}
_NAMES = {
    "pre": "Pre", "code": "Code", "underline": "Underline", "italic": "Italic", "bold": "Bold",
    "strikethrough": "Strikethrough", "spoiler": "Spoiler", "text_link": "TextUrl",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Mark:
    mark: str
    kind: str
    start: int
    offset: int
    language: str | None = None


class _Markdown(_Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.stack: list[_Mark] = []
        self.quote: int | None = None

    def read(self) -> None:
        while self.at < len(self.text):
            self._one()
        self._end_quote()
        if self.stack:
            opened = self.stack[-1]
            raise EntityError(f"Can't find end of {_NAMES[opened.kind]} entity at byte offset {opened.offset}")

    def _one(self) -> None:
        letter = self.text[self.at]
        following = self.text[self.at + 1 : self.at + 2]
        top = self.stack[-1] if self.stack else None
        if letter == "\\" and following and ord(following) <= 126:
            self._plain(following, 2)
        elif top is not None and top.kind in ("pre", "code"):
            self._close(top) if self.text.startswith(top.mark, self.at) else self._plain(letter, 1)
        elif letter == "\n":
            self._line_ends()
        elif letter not in RESERVED:
            self._plain(letter, 1)
        elif self._at_line_start() and re.compile(r"(\*\*)?>").match(self.text, self.at):
            self._quote()
        elif top is not None and self._closes(top):
            self._close(top)
        else:
            self._open()

    def _plain(self, letter: str, width: int) -> None:
        self.add(letter)
        self.at += width

    def _at_line_start(self) -> bool:
        return self.at == 0 or self.text[self.at - 1] == "\n"

    def _line_ends(self) -> None:
        if not self.text.startswith(">", self.at + 1):
            self._end_quote()
        self._plain("\n", 1)

    def _quote(self) -> None:
        if self.text[self.at] == "*":
            self._end_quote()
            self.at += 2
        if self.quote is None:
            self.quote = self.length
        self.at += 1

    def _end_quote(self) -> None:
        if self.quote is not None:
            self.keep("blockquote", self.quote)
        self.quote = None

    def _closes(self, top: _Mark) -> bool:
        if top.mark == "_":
            return self.text[self.at] == "_" and not self.text.startswith("__", self.at)
        return self.text.startswith("]" if top.kind == "text_link" else top.mark, self.at)

    def _close(self, top: _Mark) -> None:
        self.stack.pop()
        if top.kind != "text_link":
            self.at += len(top.mark)
            self.keep(top.kind, top.start, language=top.language)
            return
        self.at += 1
        found = re.compile(r"\(((?:\\.|[^)\\])*)\)").match(self.text, self.at)
        if self.text.startswith("(", self.at) and found is None:
            raise EntityError(f"Can't find end of a URL at byte offset {self.offset()}")
        if found is not None:
            self.at = found.end()
            self.keep(
                "custom_emoji" if top.mark == "![" else "text_link", top.start, url=re.sub(r"\\(.)", r"\1", found[1])
            )

    def _open(self) -> None:
        mark = next((mark for mark in (*MARKS, "![", "[") if self.text.startswith(mark, self.at)), None)
        if mark is None:
            letter = self.text[self.at]
            raise EntityError(f"Character '{letter}' is reserved and must be escaped with the preceding '\\'")
        if mark == "||" and self.quote is not None and self.text[self.at + 2 : self.at + 3] in ("", "\n"):
            self.at += 2  # the end of a quotation that readers can unfold
            return
        opened = _Mark(mark, MARKS.get(mark, "text_link"), self.length, self.offset())
        self.at += len(mark)
        if mark == "```":
            language = re.compile(r"([A-Za-z0-9+#-]*)\n").match(self.text, self.at)
            if language is not None:
                self.at = language.end()
                opened = replace(opened, language=language[1] or None)
        self.stack.append(opened)


# --- for the audience's page -----------------------------------------------------------------------------------------

_SHOWN = {
    "bold": ("<b>", "</b>"), "italic": ("<i>", "</i>"), "underline": ("<u>", "</u>"), "strikethrough": ("<s>", "</s>"),
    "spoiler": ('<span class="spoiler" tabindex="0">', "</span>"), "code": ("<code>", "</code>"),
    "pre": ("<pre>", "</pre>"), "blockquote": ("<blockquote>", "</blockquote>"),
    "expandable_blockquote": ("<blockquote>", "</blockquote>"),
}  # fmt: skip


def as_html(text: str, entities: Sequence[Entity]) -> str:
    encoded = text.encode("utf-16-le", "surrogatepass")
    borders = sorted({0, len(encoded) // 2, *(e.offset for e in entities), *(e.offset + e.length for e in entities)})
    written: list[str] = []
    for start, stop in pairwise(borders):
        # Each stretch is wrapped on its own: crossing entities then stay well-formed.
        inside = [e for e in entities if e.offset <= start and stop <= e.offset + e.length]
        tags = [_tags(entity) for entity in inside]
        piece = escape(encoded[start * 2 : stop * 2].decode("utf-16-le", "replace"))
        written.append(
            "".join(opening for opening, _ in tags) + piece + "".join(closing for _, closing in reversed(tags))
        )
    return "".join(written)


def _tags(entity: Entity) -> tuple[str, str]:
    if entity.type == "text_link" and re.match(r"https?://", entity.url or ""):
        return f'<a href="{escape(entity.url or "")}" rel="noreferrer nofollow">', "</a>"
    return _SHOWN.get(entity.type, ("", ""))
