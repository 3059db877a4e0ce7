"""Every sentence a person reads passes through ``_``, which knows in whose language.

``locale/<language>.po`` holds a translation; a sentence that is not in it is said in English. What stands in a module's
constants is marked with ``later`` and translated where it is shown.
"""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from weakref import WeakKeyDictionary

from nicegui import Client, ui

LOCALE = Path(__file__).parent / "locale"
ENGLISH = "en"
_readers: WeakKeyDictionary[Client, str] = WeakKeyDictionary()


def _(sentence: str) -> str:
    return catalogue(language()).gettext(sentence)


def plural(one: str, many: str, count: int) -> str:
    """``{count}`` inside the sentence becomes the number."""
    return catalogue(language()).ngettext(one, many, count).format(count=count)


def later(sentence: str) -> str:
    """Marks a sentence for the catalogue; whoever shows it passes it through ``_``."""
    return sentence


def language() -> str:
    """Of the person whose page is being drawn."""
    try:
        return _readers.get(ui.context.client, ENGLISH)
    except RuntimeError:  # no page is being drawn
        return ENGLISH


def languages() -> tuple[str, ...]:
    return (ENGLISH, *sorted(file.stem for file in LOCALE.glob("*.po")))


def speak(client: Client, chosen: str | None, accepted: str) -> None:
    """From here on this page is in the language that was ``chosen``, else the first known one of Accept-Language."""
    wanted = [chosen or "", *(part.partition(";")[0].strip() for part in accepted.split(","))]
    known = (name.lower().partition("-")[0] for name in wanted)
    _readers[client] = next((name for name in known if name in languages()), ENGLISH)


@cache
def catalogue(name: str) -> NullTranslations:
    if name == ENGLISH:
        return NullTranslations()
    from babel.messages.mofile import write_mo  # only who reads another language pays for it
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with (LOCALE / f"{name}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=name))
    compiled.seek(0)
    return GNUTranslations(compiled)
