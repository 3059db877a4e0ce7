"""Tiles of files, and the way of new ones into the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from backend import uploads
from backend.context import Context
from providers.rules import readable_bytes

from ..words import _

UPLOAD = "/v1/dashboard/assets/upload"


class Files(Element, component="socialclaw_files.js"):
    """``items`` have id, name, label (for screen readers), facts, src, icon and length."""

    def __init__(
        self,
        *,
        choosable: bool,
        on_open: Callable[[str], Any],
        on_chosen: Callable[[list[str]], Any],
    ) -> None:
        super().__init__()
        self._props.update(
            items=[],
            choosable=choosable,
            words={"files": _("Files"), "choose": _("Choose {name}")},
        )
        _listen(self, "open", lambda args: on_open(str(args["id"])))
        _listen(self, "chosen", lambda args: on_chosen([str(id) for id in args["ids"]]))

    def show(self, items: Sequence[dict[str, Any]]) -> None:
        if self._props["items"] != list(items):
            self._props["items"] = list(items)
            self.update()

    def choose_all(self) -> None:
        self.run_method("choose_all")

    def choose_none(self) -> None:
        self.run_method("choose_none")


class Upload(Element, component="socialclaw_upload.js"):
    """Sends what is chosen, dropped anywhere on the page or pasted. The events of the workspace tell what has come.

    ``scope`` keeps apart what was cut off in one workspace and in another.
    """

    def __init__(self, context: Context, *, scope: str) -> None:
        super().__init__()
        most = context.settings.max_asset_bytes
        self._props.update(
            url=UPLOAD,
            parts=context.storage.parts is not None,
            parts_from=uploads.PART_BYTES,
            most_bytes=most,
            scope=scope,
            words=_words(readable_bytes(most)),
        )


def _listen(element: Element, name: str, handle: Callable[[dict[str, Any]], Any]) -> None:
    def heard(event: GenericEventArguments) -> Any:
        return handle(event.args)

    element.on(name, heard)


def _words(most: str) -> dict[str, str]:
    return {
        "choose": _("Choose files, or drop them anywhere"),
        "hint": _("Pictures, videos and sound up to {size} each. Pasting works, too.").format(size=most),
        "let_go": _("Let go to upload"),
        "uploads": _("Uploads"),
        "all": _("All uploads"),
        "progress": _("{done} of {all} uploaded"),
        "ended": _("{done} of {all} uploaded, nothing is under way"),
        "wrong": _("need a look: {count}"),
        "said": _("Done. {done} new in the library."),
        "more": _("And {count} more."),
        "waits": _("Waits"),
        "looks": _("Is being looked at"),
        "stop": _("Stop"),
        "stop_all": _("Stop all"),
        "close": _("Close"),
        "leave": _("Leave it out"),
        "go_on": _("Go on"),
        "retry_all": _("Go on with all"),
        "again": _("The connection broke. Trying again …"),
        "cut": _("The upload was cut off. Look at your connection, then go on."),
        "cut_storage": _(
            "The file store could not be reached from this browser. Look at your connection; if it stays so, "
            "the bucket does not allow this page to send files (see docs/storage.md)."
        ),
        "storage": _("The file store did not take the file. Go on; if it stays so, look at the bucket's settings."),
        "empty": _("The file is empty."),
        "large": _("The file is too large: at most {size} are taken.").format(size=most),
        "kind": _("Only pictures, videos and sound are taken."),
        "cut_before": _("The upload of {name} was cut off. Choose the file again and it goes on where it stopped."),
        "choose_again": _("Choose it"),
        "give_up": _("Give it up"),
    }
