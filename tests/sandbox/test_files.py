"""Files that the networks' documents refuse are refused by their copies, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from socialclaw_app.sandbox import _linkedin, _meta, pinterest, tiktok, x
from socialclaw_app.sandbox.files import Seen, seen
from tests.api.files import image, png_of
from tests.films import film, webm

Make = Callable[[], bytes]
"""Made when the test runs: a film takes longer than the whole collection of tests may."""


def good() -> bytes:
    return film(size=(360, 640), rate=25, seconds=4, sound="aac")


def refuses(check: Callable[[bytes], Any]) -> Callable[[bytes], bool]:
    """Some answer why, some raise."""

    def refused(content: bytes) -> bool:
        try:
            return bool(check(content))
        except (x.Refused, _meta.Refused):
            return True

    return refused


def test_a_picture_and_a_film_are_seen_as_they_are() -> None:
    assert seen(image("JPEG", (30, 20))) == Seen(
        kind="image", form="JPEG", size=len(image("JPEG", (30, 20))), width=30, height=20
    )
    found = seen(film("mov", sound="aac", rate=30, rotation=90))
    assert found is not None
    assert (found.width, found.height, found.codec, found.sound, found.rate) == (48, 64, "h264", "aac", 30.0)
    assert found.is_mp4
    assert found.seconds == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("content", [b"", b"neither", b"\x89PNG\r\n\x1a\n", b"\x00\x00\x00\x18ftypmp42film"])
def test_what_is_neither_is_not_judged(content: bytes) -> None:
    """Tests of other things send such bytes."""
    assert seen(content) is None


FILMS = {
    "x": x.wrong_film,
    "tiktok": tiktok.wrong_film,
    "reel": _meta.wrong_reel,
    "linkedin": _linkedin.wrong_film,
    "pinterest": pinterest.wrong_film,
}


@pytest.mark.parametrize("check", FILMS.values(), ids=FILMS)
def test_a_usual_film_is_taken_everywhere(check: Callable[[bytes], Any]) -> None:
    assert not refuses(check)(good())


@pytest.mark.parametrize(
    ("made", "refused_by"),
    [
        (lambda: webm(size=(360, 640), rate=5, seconds=4), {"x", "tiktok", "reel", "linkedin", "pinterest"}),
        (lambda: film(codec="mpeg4", size=(360, 640), seconds=4), {"x", "tiktok", "reel", "pinterest"}),
        (lambda: film("mov", size=(360, 640), seconds=4), {"linkedin"}),
        (lambda: film(size=(64, 48), seconds=4), {"tiktok"}),
        (lambda: film(size=(1930, 1010), rate=1, seconds=4), {"x", "tiktok", "reel"}),
        (lambda: film(size=(360, 640), rate=5, seconds=4), {"tiktok", "reel"}),
        (lambda: film(size=(360, 360), rate=90, seconds=4), {"x", "tiktok", "reel"}),
        (lambda: film(size=(360, 640), seconds=2), {"linkedin", "pinterest", "reel"}),
        (lambda: film(size=(360, 640), seconds=4, pixels="yuv422p"), {"x", "reel"}),
        (lambda: film(size=(800, 200), seconds=4), {"x", "tiktok", "linkedin", "pinterest"}),
    ],
)
def test_a_film_is_refused_by_whose_documents_refuse_it(made: Make, refused_by: set[str]) -> None:
    assert {name for name, check in FILMS.items() if refuses(check)(made())} == refused_by


PICTURES = {
    "x": x.refuse_picture,
    "tiktok": tiktok.wrong_photo,
    "instagram": _meta.refuse_picture,
    "facebook": _meta.refuse_photo,
    "linkedin": _linkedin.wrong_picture,
}


@pytest.mark.parametrize(
    ("content", "refused_by"),
    [
        (image("JPEG", (1000, 800)), set()),
        (image("PNG", (1000, 800)), {"tiktok", "instagram"}),
        (image("WEBP", (1000, 800)), {"instagram", "facebook", "linkedin"}),
        (image("JPEG", (2400, 1300)), {"tiktok"}),
        (image("JPEG", (1080, 1920)), {"instagram"}),
        (png_of(9000, 5000), {"x", "tiktok", "instagram", "linkedin"}),
    ],
)
def test_a_picture_is_refused_by_whose_documents_refuse_it(content: bytes, refused_by: set[str]) -> None:
    assert {name for name, check in PICTURES.items() if refuses(check)(content)} == refused_by
