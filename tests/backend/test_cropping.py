"""A part of a picture as a file of its own, in a shape that the networks take."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import func, select

from backend import assets, cropping
from backend.access import Actor, Role
from backend.context import Context
from backend.cropping import LEAST, WHOLE, Bounds, Box, bounds_of, largest, pixels, within
from backend.errors import AppError
from backend.models import Asset
from backend.plans import AccountFacts
from backend.storage import key_of
from providers.contract import Media

from .strategies import CHIRP, networks

SIDES = st.integers(1, 6000)
RATIOS = st.none() | st.floats(0.2, 5)
PLACES = st.floats(0, 1)


@given(width=SIDES, height=SIDES, least=RATIOS, most=RATIOS, middle=st.tuples(PLACES, PLACES))
def test_the_largest_part_lies_in_the_picture_and_has_an_allowed_shape(
    width: int, height: int, least: float | None, most: float | None, middle: tuple[float, float]
) -> None:
    assume(least is None or most is None or least <= most)
    box = largest(width, height, Bounds(least=least, most=most), Box(*middle, 0, 0))

    assert min(box.left, box.top) >= 0
    assert max(box.left + box.width, box.top + box.height) <= 1 + 1e-9
    shape = box.width * width / (box.height * height)
    assert (least or 0) - 1e-9 <= shape <= (most or shape) + 1e-9
    assert max(box.width, box.height) == pytest.approx(1), "a larger one would fit"


def test_a_part_keeps_its_middle_until_it_meets_an_edge() -> None:
    square = Bounds(least=1, most=1)
    assert largest(200, 100, square, Box(0.5, 0, 0.2, 1)) == pytest.approx((0.35, 0, 0.5, 1))
    assert largest(200, 100, square, Box(0.9, 0, 0.1, 1)) == pytest.approx((0.5, 0, 0.5, 1))


def test_a_part_whose_shape_another_network_does_not_take_is_offered_in_one_that_it_takes() -> None:
    wide = Box(0.1, 0.25, 0.8, 0.5)
    assert within(wide, 200, 100, Bounds(least=1, most=4)) == wide
    assert within(wide, 200, 100, Bounds(most=1)) == pytest.approx((0.25, 0, 0.5, 1))
    assert within(WHOLE, 200, 100, Bounds()) == WHOLE


@pytest.mark.parametrize(
    "box",
    [
        Box(-0.1, 0, 0.5, 0.5),
        Box(0.6, 0, 0.5, 0.5),
        Box(0, 0.6, 0.5, 0.5),
        Box(0, 0, 0.01, 1),
        Box(0, 0, 1, 0),
        Box(0, 0, -1, 1),
    ],
)
def test_what_is_no_part_of_the_picture_is_refused(box: Box) -> None:
    with pytest.raises(AppError) as caught:
        pixels(box, 400, 300)
    assert str(LEAST) in caught.value.message


def account(type: str, least: float | None, most: float | None) -> tuple[AccountFacts, Media]:
    facts = AccountFacts(id=type, provider=type, account_type="fake_account", handle=type)
    return facts, Media(min_aspect=least, max_aspect=most)


def test_for_several_networks_the_shape_has_to_please_all_of_them() -> None:
    wide, (tall, tall_limits), free = account("wide", 1, 2), account("tall", 0.5, 1.2), account("free", None, None)
    flat = account("flat", 3, 4)
    invented = [
        replace(CHIRP, id=facts.provider, limits=replace(CHIRP.limits, image=limits), accounts=())
        for facts, limits in (wide, (tall, tall_limits), free, flat)
    ]
    with networks(*invented):
        assert bounds_of([wide[0], tall, free[0]]) == Bounds(least=1, most=1.2)
        assert bounds_of([free[0]]) == Bounds()
        assert bounds_of([tall, flat[0]]) == Bounds(), "nothing pleases both: each is cropped for alone"


# --- the file ---------------------------------------------------------------------------------------------------------


def halves(form: str = "PNG", *, size: tuple[int, int] = (400, 200), **options: object) -> bytes:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", size, "red")
    picture.paste((0, 0, 255), (size[0] // 2, 0, *size))
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


async def added(context: Context, actor: Actor, content: bytes, name: str = "sea.png") -> str:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return (await assets.upload(context, actor, chunks(), filename=name, alt_text="The sea"))["id"]


def picture_of(context: Context, asset_id: str) -> Image.Image:
    row = context.db.read_now(lambda session: session.get_one(Asset, asset_id))
    with context.storage.as_file(key_of(row.sha256 or "")) as path:
        return Image.open(io.BytesIO(path.read_bytes()))


async def test_the_part_is_a_file_of_its_own_and_the_picture_stays(context: Context, alice: Actor) -> None:
    whole = await added(context, alice, halves())
    part = await cropping.crop(context, alice, whole, Box(0.5, 0, 0.5, 1))

    assert part["id"] != whole
    assert (part["width"], part["height"], part["mime"]) == (200, 200, "image/png")
    assert (part["originalFilename"], part["altText"]) == ("sea (cropped).png", "The sea")
    assert picture_of(context, part["id"]).convert("RGB").getcolors() == [(200 * 200, (0, 0, 255))]
    assert picture_of(context, whole).size == (400, 200)


async def test_the_same_part_is_there_once(context: Context, alice: Actor) -> None:
    whole = await added(context, alice, halves())
    parts = [await cropping.crop(context, alice, whole, Box(0, 0, 0.5, 1)) for _ in range(2)]

    assert parts[0]["id"] == parts[1]["id"]
    assert context.db.read_now(lambda session: session.scalar(select(func.count()).select_from(Asset))) == 2
    assert (await cropping.crop(context, alice, whole, WHOLE))["size"]


async def test_a_photo_taken_upright_is_cut_as_people_see_it(context: Context, alice: Actor) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned to the right: red is above, blue below
    whole = await added(context, alice, halves("JPEG", exif=exif), "sea.jpg")
    part = await cropping.crop(context, alice, whole, Box(0, 0, 1, 0.4))

    made = picture_of(context, part["id"])
    assert (part["mime"], made.size) == ("image/jpeg", (200, 160))
    red, _green, blue = made.convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert red > 240 > 15 > blue
    assert 0x0112 not in made.getexif()


async def test_a_photo_with_others_behind_it_stays_a_photo(context: Context, alice: Actor) -> None:
    behind = [Image.new("RGB", (400, 200), "green")]
    whole = await added(context, alice, halves("MPO", save_all=True, append_images=behind), "sea.jpg")
    part = await cropping.crop(context, alice, whole, Box(0, 0, 0.5, 1))

    assert (part["mime"], part["width"], part["height"]) == ("image/jpeg", 200, 200)


async def test_a_moving_picture_is_not_cropped_to_one_that_stands_still(context: Context, alice: Actor) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    moving = halves("GIF", size=(64, 64), save_all=True, append_images=frames, duration=90)
    whole = await added(context, alice, moving, "sea.gif")
    with pytest.raises(AppError, match="moving picture"):
        await cropping.crop(context, alice, whole, Box(0, 0, 0.5, 1))


async def test_only_who_may_publish_here_crops(context: Context, alice: Actor, bob: Actor) -> None:
    whole = await added(context, alice, halves())
    with pytest.raises(AppError) as caught:
        await cropping.crop(context, replace(alice, role=Role.VIEWER), whole, WHOLE)
    assert caught.value.code == "forbidden"
    with pytest.raises(AppError) as caught:
        await cropping.crop(context, bob, whole, WHOLE)
    assert caught.value.code == "asset_not_found"
