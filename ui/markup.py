"""HTML that cannot be written unescaped, for lists that would be hundreds of elements otherwise."""

from __future__ import annotations

from html import escape


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """``class_`` is class, ``aria_label`` is aria-label. None and False leave an attribute or a child out."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: object) -> Markup:
    return Markup("".join(_text(child) for child in children if child is not None and child is not False))


def void(name: str, /, **attributes: object) -> Markup:
    """An element without an end, such as an image."""
    return Markup(tag(name, **attributes).removesuffix(f"</{name}>"))


def icon(name: str, class_: str = "") -> Markup:
    return tag("i", name, class_=f"q-icon material-icons {class_}".strip(), aria_hidden="true")


def _text(child: object) -> str:
    return child if isinstance(child, Markup) else escape(str(child))
