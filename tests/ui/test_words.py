"""Every text of the pages is in every catalogue, with what is put into it."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from ui.words import ENGLISH, LOCALE, catalogue, languages

TRANSLATIONS = [name for name in languages() if name != ENGLISH]
KEYWORDS = {"_": None, "later": None, "plural": (1, 2)}


def spoken() -> set[tuple[str, ...]]:
    """What the pages say: one form, or that for one and that for many."""
    found = extract_from_dir(str(LOCALE.parent), method_map=[("**.py", "python")], keywords=KEYWORDS)
    return {(said,) if isinstance(said, str) else tuple(said) for _, _, said, _, _ in found}


def translated(language: str) -> dict[tuple[str, ...], Message]:
    messages = read_po(BytesIO((LOCALE / f"{language}.po").read_bytes()), locale=language, abort_invalid=True)
    return {(m.id,) if isinstance(m.id, str) else tuple(m.id): m for m in messages if m.id}


def test_there_is_a_language_beside_english() -> None:
    assert TRANSLATIONS


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_catalogue_has_what_the_pages_say_and_nothing_else(language: str) -> None:
    known = {forms[0] for forms in translated(language)}
    said = {forms[0] for forms in spoken()}
    assert said - known == set(), "say it in this language, too"
    assert known - said == set(), "no page says it any more"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_what_is_put_into_a_text_is_put_into_its_translation(language: str) -> None:
    wrong: list[str] = []
    for forms, message in translated(language).items():
        put = set(re.findall(r"\{\w+\}", " ".join(forms)))
        answers = [message.string] if isinstance(message.string, str) else list(message.string)
        for answer in answers:
            got = set(re.findall(r"\{\w+\}", answer))
            if not answer.strip() or not got <= put or (got != put and got != put - {"{count}"}):
                wrong.append(f"{forms[0]!r}: {answer!r}")
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_what_is_read_is_the_translation(language: str) -> None:
    assert catalogue(language).gettext("Calendar") != "Calendar"
    assert "2" in catalogue(language).ngettext("{count} post", "{count} posts", 2).format(count=2)
