"""The files of a post, with everything that can be done to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from providers.rules import readable_bytes

from ..words import _, plural

UPLOAD = "/v1/dashboard/assets/upload"


class Tray(Element, component="socialclaw_tray.js"):
    """``items`` have key, kind, name, src, alt, crop (whether it can be cropped), notes (what is done to the file), choice
    (whether that may be chosen), fit (what was chosen) and issues (what is wrong with it)."""

    def __init__(
        self,
        *,
        items: Sequence[dict[str, Any]],
        most: int,
        most_bytes: int,
        on_stored: Callable[[str], Any],
        on_describe: Callable[[str, str], Any],
        on_fit: Callable[[str, bool], Any],
        on_crop: Callable[[str], Any],
        on_move: Callable[[str, int], Any],
        on_remove: Callable[[str], Any],
        on_library: Callable[[], Any],
    ) -> None:
        super().__init__()
        self._props.update(items=list(items), bytes=most_bytes, url=UPLOAD)
        self._room(most, most_bytes)

        def listen(name: str, handle: Callable[[dict[str, Any]], Any]) -> None:
            def heard(event: GenericEventArguments) -> Any:
                return handle(event.args)

            self.on(name, heard)

        listen("stored", lambda args: on_stored(args["id"]))
        listen("describe", lambda args: on_describe(args["key"], args["text"]))
        listen("fit", lambda args: on_fit(args["key"], args["fit"]))
        listen("crop", lambda args: on_crop(args["key"]))
        listen("move", lambda args: on_move(args["key"], args["to"]))
        listen("remove", lambda args: on_remove(args["key"]))
        self.on("library", on_library, args=[])

    def show(self, items: Sequence[dict[str, Any]], most: int) -> None:
        if self._props["items"] != list(items) or self._props["most"] != most:
            self._props["items"] = list(items)
            self._room(most, self._props["bytes"])
            self.update()

    def _room(self, most: int, most_bytes: int) -> None:
        self._props["most"] = most
        self._props["words"] = {
            "files": _("Pictures and videos"),
            "choose": _("Add pictures or a video"),
            "library": _("From the library"),
            "hint": _("or drop or paste them here"),
            "describe": _("Describe it"),
            "fit": _("Make it fit"),
            "crop": _("Crop"),
            "earlier": _("Move forward"),
            "later": _("Move back"),
            "remove": _("Remove"),
            "moved": _("{name} stands at {place} of {count} now."),
            "waits": _("Waits"),
            "looks": _("Is being looked at"),
            "stop": _("Stop"),
            "leave": _("Leave it out"),
            "again": _("Try again"),
            "cut": _("The upload was cut off."),
            "large": _("This file is too large: at most {size} are taken.").format(size=readable_bytes(most_bytes)),
            "kind": _("Only pictures and videos can be posted."),
            "one": _("The chosen networks take one file in a post. Left out: {left}."),
            "full": plural(
                "The chosen networks take at most {count} file in a post. Left out: {{left}}.",
                "The chosen networks take at most {count} files in a post. Left out: {{left}}.",
                most,
            ),
        }
