"""Every sentence a person reads passes through ``_``. Without a catalogue it comes back as it is."""

from __future__ import annotations

from gettext import NullTranslations

_catalogue = NullTranslations()


def _(sentence: str) -> str:
    return _catalogue.gettext(sentence)


def plural(one: str, many: str, count: int) -> str:
    """``{count}`` inside the sentence becomes the number."""
    return _catalogue.ngettext(one, many, count).format(count=count)
