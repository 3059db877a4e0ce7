"""The media library: what there is, found and described, new files in, old ones away and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from nicegui import ui
from nicegui.events import ValueChangeEventArguments

from backend import library as service
from backend.access import Action
from backend.library import Look
from providers.rules import readable_bytes

from .. import design
from ..components.files import Files, Upload
from ..frame import empty, heading
from ..live import follow
from ..parts.media_details import Details, ask_to_delete, length
from ..run import REFUSED, Screen
from ..when import moment
from ..words import _, later, plural

PATH = "/media-library"
ICONS = {"image": "image", "video": "movie", "audio": "audiotrack"}
KINDS = {
    "": later("All kinds"),
    "image": later("Pictures"),
    "video": later("Videos"),
    "audio": later("Sound"),
    "other": later("Other"),
}
USED = {"": later("Used or not"), "yes": later("Used in posts"), "no": later("Not used yet")}
LIBRARY, DELETED = "", "deleted"


async def media_library(
    screen: Screen, q: str = "", kind: str = "", used: str = "", show: str = "", page: int = 1, file: str = ""
) -> None:
    shown = _Library(screen, q=q, kind=kind, used=used, show=show, page=page)
    await shown.draw()
    if file:
        await shown.details.open(file)
    await follow(screen, shown.redraw)


class _Library:
    def __init__(self, screen: Screen, *, q: str, kind: str, used: str, show: str, page: int) -> None:
        self.screen = screen
        self.q, self.kind = q[:200], kind if kind in KINDS else ""
        self.used, self.show = used if used in USED else "", DELETED if show == DELETED else LIBRARY
        self.page = max(1, min(page, 1_000_000))
        self.chosen: list[str] = []
        self.may_change = screen.may(Action.PUBLISH)

    async def draw(self) -> None:
        heading(_("Media library"), _("Every picture and video of this workspace, ready for posts."))
        if self.may_change:
            Upload(self.screen.context, scope=self.screen.workspace["id"]).mark("upload")
        self._draw_filters()
        self.told = ui.element("div").classes(design.LIBRARY_TOLD).props('role="status"')
        self._draw_choice()
        self.grid = Files(choosable=self.may_change, on_open=self._open, on_chosen=self._choose).mark("files")
        self.nothing = ui.element("div").classes(design.CARD)
        with ui.element("div").classes(design.LINE_SPREAD):
            self.used_label = ui.label().classes(design.SMALL).mark("storage-used")
            self.pages = ui.element("nav").classes("sc-pager").props(f'aria-label="{_("Pages")}"')
        self.details = Details(self.screen, on_changed=self.redraw, on_deleted=self._say_deleted)
        await self.redraw()

    def _draw_filters(self) -> None:
        with ui.element("div").classes(design.LIBRARY_FILTERS):
            search = ui.input(_("Search names and descriptions"), value=self.q, on_change=self._searched)
            search.props(f"{design.INPUT} clearable type=search debounce=250").classes(design.GROW).mark("search")
            _choice(_("Kind"), KINDS, self.kind, lambda value: self._filter(kind=value)).mark("kind")
            _choice(_("Use"), USED, self.used, lambda value: self._filter(used=value)).mark("used")
            self.switch = ui.button(on_click=self._switch, color=None).props(design.BUTTON_QUIET).mark("deleted")

    def _draw_choice(self) -> None:
        with (
            ui.element("div")
            .classes(design.LIBRARY_CHOSEN)
            .props(f'role="group" aria-label="{_("Chosen files")}"') as self.bar
        ):
            self.count = ui.label().classes(design.STRONG)
            ui.button(_("Choose all here"), on_click=lambda: self.grid.choose_all(), color=None).props(
                design.BUTTON_QUIET
            )
            ui.button(_("Choose none"), on_click=lambda: self.grid.choose_none(), color=None).props(design.BUTTON_QUIET)
            ui.element("div").classes(design.GROW)
            self.delete = ui.button(_("Delete"), icon="delete", on_click=self._ask, color=None).props(
                design.DANGER_QUIET
            )
            self.restore = ui.button(_("Restore"), icon="undo", on_click=self._restore_chosen).props(design.BUTTON)
        self.bar.set_visibility(False)

    # --- showing ------------------------------------------------------------------------------------------------------

    def _look(self) -> Look:
        return Look(
            search=self.q,
            kind=self.kind or None,
            used={"yes": True, "no": False}.get(self.used),
            deleted=self.show == DELETED,
            offset=(self.page - 1) * service.PAGE,
        )

    async def redraw(self) -> None:
        screen, base = self.screen, self.screen.context.settings.public_base_url
        found, total = await screen.read(service.look, screen.actor, self._look(), base_url=base)
        if not found and total and self.page > 1:  # the last of this page went
            self.page = -(-total // service.PAGE)
            found, total = await screen.read(service.look, screen.actor, self._look(), base_url=base)
        room = await screen.read(service.storage_used, screen.actor)
        self.grid.show([_tile(asset, screen) for asset in found])
        self.grid.set_visibility(bool(found))
        self._say_nothing(bool(found))
        self.used_label.set_text(_room(room, total))
        deleted = _("Recently deleted ({count})").format(count=room["deletedFiles"])
        self.switch.set_text(_("Back to the library") if self.show == DELETED else deleted)
        self.switch.set_icon("arrow_back" if self.show == DELETED else "delete_outline")
        self._draw_pages(total)
        await self.details.redraw()

    def _say_nothing(self, some: bool) -> None:
        self.nothing.clear()
        self.nothing.set_visibility(not some)
        if some:
            return
        with self.nothing:
            if self.q or self.kind or self.used:
                empty("search_off", _("No file fits. Look among all of them."), _("All files"), PATH)
            elif self.show == DELETED:
                empty(
                    "delete_outline", _("Nothing was deleted lately. Deleted files wait here before they go for good.")
                )
            else:
                empty("photo_library", _("No files yet. Drop some on this page; posts can use them then."))

    def _draw_pages(self, total: int) -> None:
        last = max(1, -(-total // service.PAGE))
        self.pages.clear()
        if last == 1:
            return
        with self.pages:
            newer = ui.button(_("Newer"), on_click=lambda: self._turn(-1), color=None).props(design.BUTTON_OUTLINE)
            ui.label(_("Page {page} of {last}").format(page=self.page, last=last))
            older = ui.button(_("Older"), on_click=lambda: self._turn(1), color=None).props(design.BUTTON_OUTLINE)
        newer.set_enabled(self.page > 1)
        older.set_enabled(self.page < last)

    async def _turn(self, by: int) -> None:
        self.page += by
        await self._changed()

    async def _searched(self, event: ValueChangeEventArguments) -> None:
        await self._filter(q=event.value or "")

    async def _filter(self, **values: str) -> None:
        for name, value in values.items():
            setattr(self, name, value)
        self.page = 1
        await self._changed()

    async def _switch(self) -> None:
        self.grid.choose_none()
        await self._filter(show=LIBRARY if self.show == DELETED else DELETED)

    async def _changed(self) -> None:
        """The address follows, so that it can be kept and sent; an upload goes on meanwhile."""
        query = {"q": self.q, "kind": self.kind, "used": self.used, "show": self.show, "page": str(self.page)}
        given = {name: value for name, value in query.items() if value and (name, value) != ("page", "1")}
        ui.navigate.history.replace(f"{PATH}?{urlencode(given)}" if given else PATH)
        self.told.clear()
        await self.redraw()

    async def _open(self, asset_id: str) -> None:
        await self.details.open(asset_id)

    # --- choosing, deleting, restoring --------------------------------------------------------------------------------

    def _choose(self, ids: list[str]) -> None:
        self.chosen = ids
        self.count.set_text(plural("{count} file chosen", "{count} files chosen", len(ids)))
        self.bar.set_visibility(bool(ids))
        self.delete.set_visibility(self.show == LIBRARY)
        self.restore.set_visibility(self.show == DELETED)

    async def _ask(self) -> None:
        await ask_to_delete(self.screen, self.chosen, self._say_deleted)

    async def _say_deleted(self, ids: Sequence[str]) -> None:
        self.grid.choose_none()
        await self.redraw()
        words = plural("{count} file is deleted.", "{count} files are deleted.", len(ids))
        self._tell(words, _("Undo"), lambda: self._restore(ids))

    async def _restore_chosen(self) -> None:
        await self._restore(self.chosen)

    async def _restore(self, ids: Sequence[str]) -> None:
        back = await self.screen.call(service.restore, list(ids), now=self.screen.now())
        if back is REFUSED:
            return
        self.grid.choose_none()
        await self.redraw()
        words = plural("{count} file is back in the library.", "{count} files are back in the library.", len(back))
        gone = len(ids) - len(back)
        self._tell(
            words + (" " + plural("{count} was gone already.", "{count} were gone already.", gone) if gone else "")
        )

    def _tell(self, words: str, action: str = "", act: Any = None) -> None:
        self.told.clear()
        with self.told, ui.element("div").classes(design.banner("info")):
            ui.label(words).classes(design.GROW)
            if action:
                ui.button(action, on_click=act, color=None).props(design.BUTTON_QUIET).mark("undo")


def _choice(label: str, options: Mapping[str, str], value: str, chosen: Any) -> ui.select:
    named = {key: _(words) for key, words in options.items()}
    select = ui.select(named, value=value, label=label, on_change=lambda event: chosen(event.value))
    return select.props(design.INPUT)


def _tile(asset: Mapping[str, Any], screen: Screen) -> dict[str, Any]:
    name = asset["originalFilename"] or _("Without a name")
    notes: list[str] = []
    if asset["status"] == service.DELETED:
        notes.append(_("Goes {when}").format(when=moment(asset["deleteAfter"], screen.zone, screen.now())))
    else:
        notes.append(plural("{count} post", "{count} posts", asset["uses"]) if asset["uses"] else _("Unused"))
        if asset["kind"] == "image" and not asset["altText"]:
            notes.append(_("no alt text"))
    return {
        "id": asset["id"],
        "name": name,
        "kind": _(KINDS.get(asset["kind"], KINDS["other"])),
        "facts": " · ".join(notes),
        "src": urlsplit(asset["preview"]["url"]).path if asset["preview"] else "",
        "icon": ICONS.get(asset["kind"], "insert_drive_file"),
        "length": length(asset["duration"]) if asset["kind"] in ("video", "audio") else "",
    }


def _room(room: Mapping[str, int], total: int) -> str:
    words = [
        plural("{count} file shown here", "{count} files shown here", total),
        _("{size} in use").format(size=readable_bytes(room["bytes"])),
    ]
    if room["deletedBytes"]:
        words.append(_("{size} of it goes with what was deleted").format(size=readable_bytes(room["deletedBytes"])))
    return " · ".join(words)
