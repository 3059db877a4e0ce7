"""Files that are still being made to fit when their post is due: the post waits, and nobody else does."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from backend import assets, publishing
from providers.contract import Media
from tests.api.files import image
from tests.films import webm

from .scripted import CHIRPER, NOON, Place, only_known, until

PICKY = replace(
    CHIRPER,
    limits=replace(
        CHIRPER.limits,
        max_assets=4,
        image=Media(mimes=("image/jpeg",)),
        video=Media(mimes=("video/mp4",), video_codecs=("h264",)),
    ),
)
LATER = (NOON + timedelta(hours=1)).isoformat()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "FIT_PATIENCE", 0.02)


@pytest.fixture
def films() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
async def picky(either: Place, films: ThreadPoolExecutor) -> AsyncIterator[Place]:
    with only_known(PICKY):
        made = replace(either, context=replace(either.context, film_executor=films))
        await made.connect()
        yield made


@pytest.fixture
def busy(films: ThreadPoolExecutor) -> Iterator[threading.Event]:
    """Something else is being converted until the event is set."""
    over = threading.Event()
    films.submit(over.wait, 60)
    yield over
    over.set()


async def upload(place: Place, content: bytes) -> dict[str, Any]:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    made = await assets.upload(place.context, place.actor, chunks(), filename="a")
    return {"id": made["id"]}


async def test_a_post_with_a_picture_goes_out_with_what_was_made(picky: Place) -> None:
    post = await picky.post("chirper:one", "With a picture", assets=[await upload(picky, image("PNG", (20, 20)))])

    async with picky.working():
        await picky.published(post)

    assert (await picky.read(post))["assets"][0]["fitted"]["mime"] == "image/jpeg"


async def test_a_film_that_takes_long_keeps_no_other_post_of_the_account(picky: Place, busy: threading.Event) -> None:
    film = await picky.post("chirper:one", "With a film", assets=[await upload(picky, webm())])
    async with picky.working():
        await until(lambda: _is(picky, film, "publishing"))
        word = await picky.post("chirper:one", "Only words")
        await picky.published(word)
        assert await picky.status(film) == "publishing"

        busy.set()
        await picky.published(film)

    assert picky.network.texts == ["Only words", "With a film"]
    assert (await picky.read(film))["attempts"] == 1, "waiting for a file is no try"


async def test_a_worker_that_is_killed_while_it_makes_a_film_leaves_the_post_to_another(
    picky: Place, busy: threading.Event
) -> None:
    film = await picky.post("chirper:one", "With a film", assets=[await upload(picky, webm())])
    async with picky.working() as first:
        await until(lambda: bool(first.publisher._fits))  # pyright: ignore[reportPrivateUsage]
        await first.kill()
    busy.set()

    picky.clock.forward(minutes=1)
    async with picky.working():
        await picky.published(film)

    assert picky.network.texts == ["With a film"]


async def test_a_worker_that_stops_does_not_wait_for_a_film(picky: Place, busy: threading.Event) -> None:
    film = await picky.post("chirper:one", "With a film", assets=[await upload(picky, webm())])
    async with picky.working() as first:
        await until(lambda: bool(first.publisher._fits))  # pyright: ignore[reportPrivateUsage]
        busy.set()  # what was begun is told to end
    assert picky.network.texts in ([], ["With a film"])

    picky.clock.forward(minutes=1)
    async with picky.working():
        await picky.published(film)


async def test_a_file_that_cannot_be_made_ends_the_post_before_anything_is_sent(picky: Place) -> None:
    large = image("PNG", (400, 300))
    with only_known(replace(PICKY, limits=replace(PICKY.limits, image=Media(mimes=("image/jpeg",), max_bytes=100)))):
        post = await picky.post("chirper:one", "Too much", assets=[await upload(picky, large)])
        async with picky.working():
            await picky.until("failed", post)

    failed = await picky.read(post)
    assert (failed["errorCode"], picky.network.calls("POST /drafts")) == ("media_fit_failed", [])
    assert failed["error"].endswith("Export it anew.")


async def test_a_post_whose_files_were_made_ahead_waits_for_nothing(picky: Place, busy: threading.Event) -> None:
    from backend import fits

    busy.set()
    post = await picky.post("chirper:one", "Planned", assets=[await upload(picky, webm())], publish_at=LATER)
    assert await fits.fit_next(picky.context)
    passed: list[str] = []

    picky.clock.forward(hours=1)
    async with picky.working(at=lambda point, id: passed.append(point)):
        await picky.published(post)

    assert "fitting" not in passed


async def _is(place: Place, post_id: str, status: str) -> bool:
    return await place.status(post_id) == status
