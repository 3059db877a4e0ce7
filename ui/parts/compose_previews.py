"""How the posts will look: words and files as the networks' own code arranges them, in a frame like each network's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import design
from ..marks import network, network_name
from ..markup import Markup, tag, void
from ..words import _, plural

MOST_FILES = 4
"""Of one post; more are a number on the last of them, as the networks do it."""


def previews(found: Sequence[Mapping[str, Any]]) -> Markup:
    if not found:
        return tag("p", _("Choose an account, and see here how the post will look."), class_=design.NOTE)
    return tag("div", *map(_preview, found), class_=design.STACK)


def _preview(preview: Mapping[str, Any]) -> Markup:
    names = [account["name"] for account in preview["accounts"]]
    more = plural("and {count} more account", "and {count} more accounts", len(names) - 1) if len(names) > 1 else ""
    head = tag(
        "div",
        network(preview["network"]),
        tag(
            "span",
            tag("strong", names[0]),
            tag("span", more or network_name(preview["network"])),
            class_="sc-shown-who",
        ),
        class_="sc-shown-head",
    )
    posts = [_post(post, preview) for post in preview["posts"]]
    frame = f"--frame:{preview['frame']:.4f}" if preview["frame"] else None
    classes = f"sc-shown sc-shown-{preview['layout']}" + (" sc-shown-framed" if frame else "")
    label = _("How it will look: {network}").format(network=network_name(preview["network"]))
    return tag("article", head, *posts, class_=classes, style=frame, aria_label=label)


def _post(post: Mapping[str, Any], preview: Mapping[str, Any]) -> Markup:
    place = tag("div", post["place"], class_="sc-shown-place") if post["place"] else None
    title = tag("div", post["title"], class_="sc-shown-title") if post["title"] else None
    more = plural("… and {count} more character", "… and {count} more characters", post["more"]) if post["more"] else ""
    text = tag("div", post["text"], more, class_="sc-shown-text") if post["text"] else None
    files = _files(post["media"])
    empty = tag("div", _("Nothing yet"), class_=design.NOTE) if not (title or text or files) else None
    order = {
        "article": (place, title, files, text),
        "picture": (files, title, text),
        "film": (files, title, text),
    }.get(preview["layout"], (place, title, text, files))
    return tag("div", *order, empty, class_="sc-shown-post")


def _files(media: Sequence[Mapping[str, Any]]) -> Markup | None:
    if not media:
        return None
    shown = media[:MOST_FILES]
    left = len(media) - len(shown)
    pictures = [_file(file, left if number == len(shown) - 1 else 0) for number, file in enumerate(shown)]
    return tag("div", *pictures, class_=f"sc-shown-files sc-shown-files-{len(shown)}")


def _file(file: Mapping[str, Any], left: int) -> Markup:
    picture = (
        void("img", src=file["preview"], alt=file["alt"] or "", loading="lazy")
        if file["preview"]
        else tag("span", file["name"])
    )
    film = tag("i", "play_circle", class_="q-icon material-icons sc-film", aria_hidden="true")
    return tag(
        "div",
        picture,
        film if file["kind"] == "video" else None,
        tag("span", f"+{left}", class_="sc-shown-left") if left else None,
        class_="sc-shown-file",
    )
