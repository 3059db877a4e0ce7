"""One file of the library, at the side of the page: how it looks, what it is, where it is used, what can be done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from nicegui import background_tasks, ui

from backend import library as service
from backend.access import Action
from backend.errors import AppError
from providers.rules import readable_bytes

from .. import design
from ..frame import confirm, html
from ..marks import facts, post_rows
from ..markup import Markup, icon, tag, void
from ..run import REFUSED, Screen, refuse
from ..when import exact, moment
from ..words import _, plural

QUIET = 0.7
"""Seconds without a key press before a description is kept."""


class Details:
    """Follows what happens to the file while it is open, without touching a description that is being written."""

    def __init__(
        self,
        screen: Screen,
        *,
        on_changed: Callable[[], Awaitable[object]],
        on_deleted: Callable[[Sequence[str]], Awaitable[object]],
    ) -> None:
        self.screen, self.on_changed, self.on_deleted = screen, on_changed, on_deleted
        self.id, self.seen = "", ""
        self._keeping: asyncio.Task[None] | None = None
        title = _("File")
        with (
            ui.dialog().props(f'position=right full-height aria-label="{title}"') as self.dialog,
            ui.element("div").classes(design.DRAWER_WIDE),
        ):
            with ui.element("div").classes(design.LINE_SPREAD):
                self.title = ui.html("", sanitize=False, tag="div").classes(design.GROW)
                ui.button(icon="close", on_click=self.dialog.close, color=None).props(
                    f'{design.ROUND} aria-label="{_("Close")}"'
                )
            self.picture = ui.html("", sanitize=False)
            self.alt = ui.textarea(_("Description for people who cannot see it (alt text)"), on_change=self._typed)
            self.alt.props(f"outlined autogrow stack-label hide-bottom-space maxlength={service.LONGEST_ALT_TEXT}")
            self.alt.classes(design.FIELD).on("blur", self._keep_now).mark("alt-text")
            self.alt_note = ui.label().classes(design.NOTE).props('role="status"').mark("alt-note")
            self.facts = ui.html("", sanitize=False).mark("facts")
            self.uses = ui.html("", sanitize=False).mark("uses")
            self.acts = ui.element("div").classes(design.BUTTONS)
        self.dialog.on("hide", self._closed)

    async def open(self, asset_id: str) -> None:
        await self._keep_now()
        self.id = asset_id
        found = await self._load()
        if found is None:
            self.id = ""
            return
        self.seen = found["altText"] or ""
        self.alt.set_value(self.seen)
        self._say_default()
        self._show(found)
        self.dialog.open()

    async def redraw(self) -> None:
        if not self.id:
            return
        found = await self._load()
        if found is None:
            self.dialog.close()
            return
        newest = found["altText"] or ""
        if newest != self.seen and self.alt.value == self.seen:  # somebody else wrote, and nobody is writing here
            self.seen = newest
            self.alt.set_value(newest)
        self._show(found)

    async def _load(self) -> dict[str, Any] | None:
        base = self.screen.context.settings.public_base_url
        try:
            return await self.screen.read(service.detail, self.screen.actor, self.id, base_url=base)
        except AppError as error:
            refuse(error.message)
            return None

    def _show(self, asset: Mapping[str, Any]) -> None:
        name = asset["originalFilename"] or _("Without a name")
        self.title.set_content(tag("h2", name))
        self.picture.set_content(_picture(asset))
        self.facts.set_content(_facts(asset, self.screen))
        self.uses.set_content(_posts(asset, self.screen))
        may = self.screen.may(Action.PUBLISH) and not asset["restorable"]
        self.alt.set_enabled(may)
        self._draw_acts(asset)

    def _draw_acts(self, asset: Mapping[str, Any]) -> None:
        self.acts.clear()
        link = asset["publicUrl"]
        with self.acts:
            if link and asset["storage"] != "external":
                html(_download(asset), "span")
            if link and not asset["restorable"]:
                ui.button(_("Copy the link"), icon="link", on_click=lambda: self._copy(link), color=None).props(
                    design.BUTTON_QUIET
                )
            if not self.screen.may(Action.PUBLISH):
                return
            if asset["restorable"]:
                ui.button(_("Remove now"), on_click=self._ask_to_remove, color=None).props(design.DANGER_QUIET)
                ui.button(_("Restore"), icon="undo", on_click=self._restore).props(design.BUTTON).mark("restore")
            else:
                if asset["deleteAfter"]:
                    ui.button(_("Keep it for good"), on_click=self._keep_file, color=None).props(design.BUTTON_QUIET)
                ui.button(_("Delete"), icon="delete", on_click=self._ask_to_delete, color=None).props(
                    design.DANGER_QUIET
                ).mark("delete")

    # --- the description ----------------------------------------------------------------------------------------------

    def _say_default(self) -> None:
        self.alt_note.set_text(_("Posts that use the file from now on get these words; others keep theirs."))

    def _typed(self) -> None:
        if (self.alt.value or "") == self.seen:
            return
        if self._keeping is not None:
            self._keeping.cancel()
        self._keeping = background_tasks.create(self._keep_soon(), name="alt text")

    async def _keep_soon(self) -> None:
        await asyncio.sleep(QUIET)
        self._keeping = None
        await self._keep()

    async def _keep_now(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            self._keeping = None
        await self._keep()

    async def _keep(self) -> None:
        words, seen = self.alt.value or "", self.seen
        if not self.id or words == seen or not self.alt.enabled:
            return
        kept = await self.screen.call(
            service.describe,
            self.id,
            words,
            seen=seen,
            base_url=self.screen.context.settings.public_base_url,
            now=self.screen.now(),
            refused=self._not_kept,
        )
        if kept is not REFUSED:
            self.seen = words
            self.alt_note.set_text(_("Kept as you type."))
            await self.on_changed()

    def _not_kept(self, error: AppError) -> None:
        if error.code != "asset_changed":
            self.alt_note.set_text(error.message)
            return
        theirs = (error.details or {}).get("altText") or ""
        self.seen = theirs  # what is written here stays; the next key press or leaving the field keeps it
        told = _("Somebody else wrote meanwhile: “{words}”. Yours is kept when you go on.")
        self.alt_note.set_text(told.format(words=theirs))

    async def _closed(self) -> None:
        await self._keep_now()
        self.id = ""

    # --- what can be done ---------------------------------------------------------------------------------------------

    def _copy(self, link: str) -> None:
        ui.clipboard.write(link)
        ui.notify(_("Copied. Whoever has this link can see the file."), type="positive", position="top")

    async def _ask_to_delete(self) -> None:
        async def deleted(ids: Sequence[str]) -> None:
            self.dialog.close()
            await self.on_deleted(ids)

        await ask_to_delete(self.screen, [self.id], deleted)

    async def _restore(self) -> None:
        back = await self.screen.call(service.restore, [self.id], now=self.screen.now())
        if back is not REFUSED:
            await self.on_changed()

    async def _keep_file(self) -> None:
        base = self.screen.context.settings.public_base_url
        if await self.screen.call(service.keep, self.id, base_url=base, now=self.screen.now()) is not REFUSED:
            await self.on_changed()

    def _ask_to_remove(self) -> None:
        asset_id = self.id

        async def go() -> None:
            if await self.screen.call(service.remove_now, asset_id, now=self.screen.now()) is not REFUSED:
                self.dialog.close()
                await self.on_changed()

        confirm(_("Remove the file now?"), _("It cannot be restored afterwards."), _("Remove now"), go)


async def ask_to_delete(screen: Screen, ids: Sequence[str], deleted: Any) -> None:
    """What will happen is said first; ``deleted`` hears the ids afterwards."""
    told = await screen.call(service.about_to_delete, list(ids), now=screen.now())
    if told is REFUSED or not told["files"]:
        return
    base = screen.context.settings.public_base_url

    async def go() -> None:
        gone = await screen.call(service.delete, list(ids), base_url=base, now=screen.now())
        if gone is not REFUSED:
            await deleted(gone)

    sentences = [
        plural(
            "It can be restored for {{days}} days, until {{until}}; then it is gone for good.",
            "They can be restored for {{days}} days, until {{until}}; then they are gone for good.",
            told["files"],
        ).format(days=told["days"], until=moment(told["until"], screen.zone, screen.now()))
    ]
    if told["waiting"]:
        sentences.append(
            plural(
                "{count} post that is not out yet uses this: it goes out as planned, and its files are kept until then.",
                "{count} posts that are not out yet use this: they go out as planned, and their files are kept until then.",
                told["waiting"],
            )
        )
    title = plural("Delete {count} file?", "Delete {count} files?", told["files"])
    confirm(title, " ".join(sentences), _("Delete"), go)


def _picture(asset: Mapping[str, Any]) -> Markup:
    """Only what this server serves: a file that lies elsewhere is told, not loaded."""
    path = urlsplit(asset["publicUrl"] or "").path if asset["objectKey"] and asset["storage"] != "external" else ""
    poster = urlsplit(asset["preview"]["url"]).path if asset["preview"] else None
    if asset["kind"] == "video" and path:
        shown = tag("video", src=path, poster=poster, controls=True, preload="none", playsinline=True)
    elif asset["kind"] == "audio" and path:
        shown = tag("audio", src=path, controls=True, preload="none")
    elif poster:
        shown = void("img", src=path or poster, alt=asset["altText"] or "")
    else:
        shown = icon("insert_drive_file", design.EMPTY_ICON)
    return tag("div", shown, class_="sc-file-shown")


def _facts(asset: Mapping[str, Any], screen: Screen) -> Markup:
    pixels = f"{asset['width']} × {asset['height']}" if asset["width"] and asset["height"] else None
    ends = moment(asset["deleteAfter"], screen.zone, screen.now()) if asset["deleteAfter"] else None
    by = (asset["createdBy"] or "").partition(":")[0]
    return facts(
        (_("Type"), asset["mime"]),
        (_("Size"), readable_bytes(asset["size"]) if asset["size"] else None),
        (_("Pixels"), pixels),
        (_("Length"), length(asset["duration"]) or None),
        (_("Added"), exact(asset["createdAt"], screen.zone)),
        (_("Added by"), {"key": _("an API key"), "user": _("a person")}.get(by)),
        (_("Goes for good"), ends),
        (
            _("Lies"),
            _("at another server: {url}").format(url=asset["publicUrl"]) if asset["storage"] == "external" else None,
        ),
    )


def _posts(asset: Mapping[str, Any], screen: Screen) -> Markup:
    count = asset["uses"]
    if not count:
        return tag("p", _("No post uses it yet."), class_=design.NOTE)
    head = tag("h3", plural("Used in {count} post", "Used in {count} posts", count), class_=design.SECTION_TITLE)
    more = count - len(asset["posts"])
    rest = tag("p", _("And {count} older ones.").format(count=more), class_=design.NOTE) if more else None
    return tag("section", head, post_rows(asset["posts"], screen), rest)


def _download(asset: Mapping[str, Any]) -> Markup:
    path, name = urlsplit(asset["publicUrl"] or "").path, asset["originalFilename"] or ""
    return tag("a", icon("download"), tag("span", _("Download")), href=path, download=name, class_="sc-act")


def length(seconds: float | None) -> str:
    if not seconds:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
