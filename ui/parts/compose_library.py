"""Files that are in the library already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nicegui import ui

from backend import assets

from .. import design
from ..frame import html, modal
from ..markup import joined, tag, void
from ..run import Screen
from ..words import _, plural

AT_ONCE = 24


async def pick_files(screen: Screen, on_picked: Callable[[Sequence[str]], Awaitable[object]]) -> None:
    """A dialog with the newest pictures and videos; those that are chosen are added in the order of choosing."""
    chosen: list[str] = []
    shown = 0

    async def more() -> None:
        nonlocal shown
        found, total = await screen.read(
            assets.list_assets,
            screen.actor,
            base_url=screen.context.settings.public_base_url,
            limit=AT_ONCE,
            offset=shown,
        )
        shown += len(found)
        with grid:
            for asset in found:
                if asset["kind"] in ("image", "video"):
                    _draw(asset, chosen, name_button)
        more_button.set_visibility(shown < total)
        nothing.set_visibility(total == 0)

    def name_button() -> None:
        button.set_enabled(bool(chosen))
        button.set_text(plural("Add {count} file", "Add {count} files", len(chosen)) if chosen else _("Add"))

    async def add() -> None:
        dialog.close()
        await on_picked(chosen)

    with modal(_("From the library")) as dialog:
        nothing = ui.label(_("There are no files yet. What you upload here stays in the library.")).classes(
            design.MUTED
        )
        with ui.element("div").classes(design.LIBRARY):
            grid = ui.element("div").classes(design.LIBRARY_GRID)
            more_button = ui.button(_("Show more"), on_click=more).props(design.BUTTON_QUIET)
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Close"), on_click=dialog.close).props(design.BUTTON_QUIET)
            button = ui.button(on_click=add).props(design.BUTTON).mark("add-from-library")
    name_button()
    await more()


def _draw(asset: dict[str, Any], chosen: list[str], on_change: Callable[[], object]) -> None:
    preview = (asset["preview"] or {}).get("url") or (asset["publicUrl"] if asset["kind"] == "image" else "")
    name = asset["originalFilename"] or asset["id"]
    button = ui.element("button").props('type="button" aria-pressed="false"').classes(design.LIBRARY_FILE)

    def turn() -> None:
        if asset["id"] in chosen:
            chosen.remove(asset["id"])
        else:
            chosen.append(asset["id"])
        button.props(f'aria-pressed="{str(asset["id"] in chosen).lower()}"')
        on_change()

    button.on("click", turn)
    button.props["title"] = name
    with button:
        picture = void("img", src=preview, alt="", loading="lazy") if preview else None
        html(joined(tag("span", picture, class_=design.THUMB), tag("span", name, class_="sc-row-more")), "span")
