"""Choosing the part of a picture that goes out, for all networks or for one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from nicegui import ui

from backend import cropping, library
from backend.compositions import EVERYONE, Crop, Medium, medium_of
from backend.cropping import SHAPES, WHOLE, Bounds, Box
from backend.errors import AppError
from backend.plans import AccountFacts

from .. import design
from ..components.cropper import Cropper
from ..frame import modal
from ..marks import network_name
from ..run import REFUSED, Screen, refuse
from ..words import _

FREE = ""

Done = Callable[[str, Crop | None], object]
"""Hears for which network (or everyone) and which part; None for the whole picture."""


async def crop_picture(screen: Screen, medium: Medium, accounts: Sequence[AccountFacts], done: Done) -> None:
    try:
        base = screen.context.settings.public_base_url
        asset = await screen.read(library.detail, screen.actor, medium.asset_id or "", base_url=base)
    except AppError as error:
        refuse(error.message)
        return
    if not asset["width"] or not asset["height"]:
        refuse(_("The size of this picture is not known, so it cannot be cropped here."))
        return
    _Cropping(screen, medium, accounts, (asset["width"], asset["height"]), done)


class _Cropping:
    def __init__(
        self, screen: Screen, medium: Medium, accounts: Sequence[AccountFacts], size: tuple[int, int], done: Done
    ) -> None:
        self.screen, self.medium, self.accounts, self.size, self.done = screen, medium, accounts, size, done
        networks = list(dict.fromkeys(account.provider for account in accounts))
        self.network, self.shape, self.box = EVERYONE, FREE, WHOLE
        with modal(_("Crop {name}").format(name=medium.name or _("the picture"))) as self.dialog:
            if len(networks) > 1:
                options = {EVERYONE: _("All networks"), **{name: network_name(name) for name in networks}}
                chosen = ui.toggle(options, value=EVERYONE, on_change=lambda e: self._turn_to(e.value))
                chosen.classes("sc-crop-for").props(design.SEGMENTS).props["aria-label"] = _("For")
            self.shapes = ui.element("div").classes(design.CHIPS).props('role="group"')
            self.shapes.props["aria-label"] = _("Shape")
            self.cropper = Cropper(src=medium.preview, size=size, on_change=self._moved)
            with ui.element("div").classes(design.BUTTONS):
                ui.button(_("Cancel"), on_click=self.dialog.close, color=None).props(design.BUTTON_QUIET)
                ui.button(_("Whole picture"), on_click=self._whole, color=None).props(design.BUTTON_QUIET)
                self.button = ui.button(_("Crop"), on_click=self._crop).props(design.BUTTON).mark("crop")
            self._turn_to(EVERYONE)

    @property
    def bounds(self) -> Bounds:
        """Of the shape that was chosen, or of the networks it is for."""
        if self.shape:
            wide, high = map(int, self.shape.split(":"))
            return Bounds(least=wide / high, most=wide / high)
        return self._allowed()

    def _allowed(self) -> Bounds:
        return cropping.bounds_of([one for one in self.accounts if self.network in (EVERYONE, one.provider)])

    def _turn_to(self, network: str) -> None:
        self.network, self.shape = network, FREE
        known = self.medium.crops.get(network) or self.medium.crops.get(EVERYONE)
        self.box = cropping.within(Box(*known.box) if known else WHOLE, *self.size, self._allowed())
        self._draw_shapes()
        self.cropper.show(self.box, self.bounds)

    def _draw_shapes(self) -> None:
        allowed = self._allowed()
        names = [f"{wide}:{high}" for wide, high in SHAPES if allowed.takes(wide / high)]
        self.shapes.clear()
        with self.shapes:
            for name in (FREE, *names):
                button = ui.button(name or _("Free"), on_click=partial(self._shape_to, name), color=None)
                button.props(f'{design.CHIP} aria-pressed="{str(name == self.shape).lower()}"')

    def _shape_to(self, name: str) -> None:
        self.shape = name
        self.box = cropping.largest(*self.size, self.bounds, self.box)
        self._draw_shapes()
        self.cropper.show(self.box, self.bounds)

    def _moved(self, box: Box) -> None:
        self.box = box

    def _whole(self) -> None:
        """For a network that is to have it although the others get a part, the whole is a part like any other."""
        self.dialog.close()
        apart = self.network != EVERYONE and EVERYONE in self.medium.crops
        self.done(self.network, self._kept(self.medium, WHOLE) if apart else None)

    async def _crop(self) -> None:
        self.button.props("loading")
        made = await self.screen.call(cropping.crop, self.medium.asset_id or "", self.box)
        self.button.props(remove="loading")
        if made is REFUSED:
            return
        self.dialog.close()
        self.done(self.network, self._kept(medium_of(made), self.box))

    @staticmethod
    def _kept(part: Medium, box: Box) -> Crop:
        return Crop(asset_id=part.asset_id or "", url=part.url, preview=part.preview, box=box)
