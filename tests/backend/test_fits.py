"""The files of posts made to fit: once per content, before the time of the post, and nothing half when a process dies."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backend import assets, composing, converting, fits, fitting, post_assets, posts, recording, runs
from backend.access import Actor
from backend.context import Context
from backend.errors import AppError
from backend.models import Blob, BlobVariant, Conversion, Post
from backend.outcomes import Hold
from backend.storage import key_of
from providers.contract import Job, Media, MediaFacts
from tests.api.files import image
from tests.films import film, webm

from .conftest import NOON, Clock
from .strategies import CHIRP, networks
from .test_composing import add_account

PICTURES = Media(
    extensions=("jpg", "png"), mimes=("image/jpeg",), max_bytes=20_000, max_width=200, min_aspect=0.5, max_aspect=2
)
FILMS = Media(extensions=("mp4", "webm"), mimes=("video/mp4",), video_codecs=("h264",), max_seconds=60)
PICKY = replace(CHIRP, checks=(), limits=replace(CHIRP.limits, image=PICTURES, video=FILMS, text=lambda draft: 500))
LATER = (NOON + timedelta(days=1)).isoformat()


@pytest.fixture(autouse=True)
def picky() -> Iterator[None]:
    with networks(PICKY):
        yield


@dataclass
class Desk:
    """Somebody who posts files to a picky network."""

    context: Context
    actor: Actor
    account: str

    async def upload(self, content: bytes, filename: str = "a.png") -> dict[str, Any]:
        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return await assets.upload(self.context, self.actor, chunks(), filename=filename)

    async def post(self, *files: bytes, **entry: Any) -> str:
        given = [{"id": (await self.upload(content))["id"], **entry} for content in files]
        return await self.apply({"assets": given})

    async def apply(self, entry: dict[str, Any]) -> str:
        body = {"posts": [{"account": self.account, "description": "Hello", "publish_at": LATER, **entry}]}
        return (await runs.apply_once(self.context, self.actor, body)).posts[0]["id"]

    async def ahead(self) -> int:
        """How many posts were worked on until nothing was left to do."""
        count = 0
        while await fits.fit_next(self.context):
            count += 1
            assert count < 20, "it never comes to an end"
        return count

    async def read(self, post_id: str) -> dict[str, Any]:
        return (await self.context.db.read(posts.detail, self.actor, post_id))["post"]

    async def job(self, post_id: str) -> tuple[Job, bool]:
        """What is frozen when the post is begun, and whether its files are still to be made."""
        work = await self.context.db.write(_begin, self.context, post_id)
        return work.job, work.unfitted

    async def rows(self, model: Any) -> int:
        return await self.context.db.read(lambda session: session.scalar(select(func.count()).select_from(model)) or 0)

    def files(self) -> int:
        return sum(path.is_file() for path in self.context.storage.path("").rglob("*"))

    async def bytes_of(self, sha256: str | None) -> bytes:
        key = key_of(sha256 or "")
        return b"".join(self.context.storage.open_range(key, 0, self.context.storage.size(key)))


def _begin(session: Session, context: Context, post_id: str) -> recording.Work:
    session.execute(update(Post).where(Post.id == post_id).values(lease_owner="w", fence=1, status="publishing"))
    hold = Hold(post_id=post_id, owner="w", fence=1)
    return recording.begin(session, hold, context.sealer, context.now(), timedelta(hours=6), "https://here.example")


@pytest.fixture
async def desk(context: Context, alice: Actor) -> Desk:
    return Desk(context=context, actor=alice, account=await context.db.write(add_account, alice, "bird"))


def noise(size: tuple[int, int] = (300, 300)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(out, "PNG")
    return out.getvalue()


# --- ahead of time ------------------------------------------------------------------------------------------------------


async def test_a_waiting_post_has_its_file_made_and_says_so(desk: Desk) -> None:
    post_id = await desk.post(webm())

    assert await desk.ahead() == 1

    [asset] = (await desk.read(post_id))["assets"]
    told = asset["fitted"]["message"]
    assert told.startswith("The video was fitted for Chirp: WebM → MP4, VP8 → H.264, sound Opus → AAC, ")
    assert (asset["mime"], asset["fitted"]["mime"], asset["fitted"]["problem"]) == ("video/webm", "video/mp4", False)
    kinds = [entry["kind"] for entry in await desk.context.db.read(posts.story, desk.actor, post_id)]
    assert kinds.count("post.fitted") == 1


async def test_what_fits_is_left_alone(desk: Desk) -> None:
    post_id = await desk.post(image("JPEG"))

    assert await desk.ahead() == 1

    assert "fitted" not in (await desk.read(post_id))["assets"][0]
    assert await desk.rows(BlobVariant) == 0


async def test_one_content_is_made_once_for_one_fit(desk: Desk) -> None:
    ids = [await desk.post(image("PNG")) for _ in range(3)]

    assert await desk.ahead() == 3

    assert await desk.rows(BlobVariant) == 1
    assert await desk.rows(Conversion) == 0
    fitted = [(await desk.read(id))["assets"][0]["fitted"] for id in ids]
    assert len({one["url"] for one in fitted}) == 3, "an address belongs to one post"


async def test_the_job_carries_what_was_made(desk: Desk) -> None:
    post_id = await desk.post(image("PNG", (400, 300)), webm(), altText="A square")
    await desk.ahead()

    job, unfitted = await desk.job(post_id)

    assert unfitted is False
    picture, video = job.assets
    assert (picture.mime, picture.filename, picture.width, picture.height) == ("image/jpeg", "a.jpg", 200, 150)
    assert (picture.alt_text, picture.position) == ("A square", 0)
    content = await desk.bytes_of(picture.sha256)
    assert (len(content), Image.open(io.BytesIO(content)).size) == (picture.size, (200, 150))
    assert (video.mime, video.filename, video.kind) == ("video/mp4", "a.mp4", "video")
    assert picture.url.startswith(f"https://here.example/media/posts/{post_id}/0/")
    assert picture.url.endswith("/file-1.jpg")
    kinds = [entry["kind"] for entry in await desk.context.db.read(posts.story, desk.actor, post_id)]
    assert kinds.count("post.fitted") == 2, "each file once"


async def test_the_address_gives_what_was_made_to_whoever_has_all_of_it(desk: Desk) -> None:
    post_id = await desk.post(image("PNG"))
    await desk.ahead()
    [asset] = (await desk.read(post_id))["assets"]
    *_, token, _ = asset["fitted"]["url"].split("/")

    found = await desk.context.db.read(fits.deliverable, post_id, "0", token)
    assert (found.mime, found.size, found.filename) == ("image/jpeg", asset["fitted"]["size"], "file-1.jpg")
    for wrong in ((post_id, "0", "other"), (post_id, "1", token), (post_id, "x", token), ("post_other", "0", token)):
        with pytest.raises(AppError) as caught:
            await desk.context.db.read(fits.deliverable, *wrong)
        assert caught.value.code == "asset_not_found"


async def test_a_file_that_is_sent_as_it_is_is_sent_as_it_is(desk: Desk) -> None:
    post_id = await desk.post(image("PNG"), fit=False)
    await desk.ahead()

    job, unfitted = await desk.job(post_id)

    assert (job.assets[0].mime, unfitted) == ("image/png", False)
    assert (await desk.read(post_id))["assets"][0]["fit"] is False
    assert await desk.rows(BlobVariant) == 0


async def test_an_edit_has_the_files_looked_at_again(desk: Desk) -> None:
    post_id = await desk.post(image("PNG"))
    await desk.ahead()
    other = await desk.upload(image("PNG", (90, 90)))

    await desk.context.db.write(
        composing.change, desk.actor, post_id, {"assets": [{"id": other["id"]}]},
        settings=desk.context.settings, now=desk.context.now(),
    )  # fmt: skip
    assert "fitted" not in (await desk.read(post_id))["assets"][0]

    assert await desk.ahead() == 1
    assert (await desk.read(post_id))["assets"][0]["fitted"]["width"] == 90


async def test_what_is_kept_for_another_fit_is_not_used(desk: Desk) -> None:
    """The network takes other files than when they were made: its declaration changed with the program."""
    post_id = await desk.post(image("PNG", (400, 300)))
    await desk.ahead()

    smaller = replace(PICKY, limits=replace(PICKY.limits, image=replace(PICTURES, max_width=100)))
    with networks(smaller):
        _, unfitted = await desk.job(post_id)
        assert unfitted is True
        await fits.fit(desk.context, post_id)
        job, unfitted = await desk.job(post_id)

    assert (job.assets[0].width, unfitted) == (100, False)


# --- what cannot be made ------------------------------------------------------------------------------------------------


async def test_a_file_that_cannot_be_made_is_told_before_its_time_and_keeps_no_other_from_being_made(
    desk: Desk,
) -> None:
    impossible = replace(PICKY, limits=replace(PICKY.limits, image=replace(PICTURES, max_bytes=200)))
    with networks(impossible):
        post_id = await desk.post(noise(), webm())
        assert await desk.ahead() > 0
        post = await desk.read(post_id)
        with pytest.raises(fits.FitFailed):
            await fits.fit(desk.context, post_id)

    assert post["warning"] == "The picture has too many bytes however small it is made. Export it anew."
    first, second = post["assets"]
    assert (first["fitted"]["problem"], second["fitted"]["problem"]) == (True, False)


async def test_what_failed_is_tried_again_after_a_while_and_the_warning_goes_with_it(desk: Desk, clock: Clock) -> None:
    """As when the program has learnt a new form, or a disk was mended."""
    post_id = await desk.post(image("PNG"))
    path = desk.context.storage.path((await desk.upload(image("PNG")))["objectKey"])
    kept = path.read_bytes()
    path.unlink()
    await desk.ahead()
    assert "no longer in the storage" in (await desk.read(post_id))["warning"]

    path.write_bytes(kept)
    with pytest.raises(fits.FitFailed):
        await fits.fit(desk.context, post_id)
    clock.forward(fits.NOT_AGAIN)
    await fits.fit(desk.context, post_id)

    post = await desk.read(post_id)
    assert (post["warning"], post["assets"][0]["fitted"]["mime"]) == (None, "image/jpeg")


async def test_a_foreign_file_that_nothing_makes_fit_is_told_once_it_was_fetched(desk: Desk) -> None:
    """Nobody knows what it is when the post is made, so nothing is refused then."""
    post_id = await desk.apply({"assets": [{"url": "https://files.example/wide.jpg"}]})
    stored = await assets.store(desk.context, _once(image("JPEG", (400, 100))), declared=None)
    await desk.context.db.write(post_assets._pin, post_id, 0, stored)  # pyright: ignore[reportPrivateUsage]

    assert await desk.ahead() == 1

    post = await desk.read(post_id)
    assert post["warning"].startswith("Chirp takes pictures that are between 0.5 and 2 times as wide as high")
    job, unfitted = await desk.job(post_id)
    assert (job.assets[0].sha256, unfitted) == (stored.sha256, False)


async def test_a_foreign_file_is_made_to_fit_once_it_was_fetched(desk: Desk) -> None:
    post_id = await desk.apply({"assets": [{"url": "https://files.example/a.png"}]})
    stored = await assets.store(desk.context, _once(image("PNG", (400, 300))), declared=None)
    await desk.context.db.write(post_assets._pin, post_id, 0, stored)  # pyright: ignore[reportPrivateUsage]

    await desk.ahead()

    job, _ = await desk.job(post_id)
    assert (job.assets[0].mime, job.assets[0].width) == ("image/jpeg", 200)
    assert job.assets[0].url.startswith("https://here.example/media/posts/"), "the network fetches it from here"


async def test_a_file_of_before_is_measured_first(desk: Desk) -> None:
    """Stored by a program that measured less."""
    post_id = await desk.post(image("PNG"))
    await desk.context.db.write(lambda session: session.execute(update(Blob).values(facts=None)))

    await desk.ahead()

    assert (await desk.read(post_id))["assets"][0]["fitted"]["mime"] == "image/jpeg"


async def test_a_file_of_before_that_is_gone_keeps_no_other_post_waiting(desk: Desk) -> None:
    gone, other = await desk.post(image("PNG")), await desk.post(image("PNG", (90, 90)))
    await desk.context.db.write(lambda session: session.execute(update(Blob).values(facts=None)))
    desk.context.storage.path((await desk.upload(image("PNG")))["objectKey"]).unlink()
    await desk.context.db.write(lambda session: session.execute(update(Blob).values(facts=None)))

    await desk.ahead()

    assert "no longer in the storage" in (await desk.read(gone))["warning"]
    assert (await desk.read(other))["assets"][0]["fitted"]["width"] == 90


async def test_what_fails_is_not_told_of_another_file_that_took_its_place(desk: Desk) -> None:
    impossible = replace(PICKY, limits=replace(PICKY.limits, image=replace(PICTURES, max_bytes=200)))
    other = await desk.upload(webm(), "a.webm")

    def at(passed: str, post_id: str) -> None:
        if passed == "fitting" and not changed:
            options = {"settings": desk.context.settings, "now": desk.context.now()}
            changed.append(
                desk.context.db.write_now(
                    composing.change, desk.actor, post_id, {"assets": [{"id": other["id"]}]}, **options
                )
            )

    changed: list[Any] = []
    with networks(impossible):
        post_id = await desk.post(noise())
        with pytest.raises(fits.FitFailed):
            await fits.fit(desk.context, post_id, at)

    post = await desk.read(post_id)
    assert (post["assets"][0]["mime"], post["warning"]) == ("video/webm", None)


async def test_a_file_that_nothing_is_known_of_is_sent_as_it_is(desk: Desk) -> None:
    post_id = await desk.apply({"assets": [{"url": "https://files.example/a.jpg"}]})
    stored = await assets.store(desk.context, _once(b"no picture at all"), declared=None)
    await desk.context.db.write(post_assets._pin, post_id, 0, stored)  # pyright: ignore[reportPrivateUsage]

    assert await desk.ahead() == 1
    assert (await desk.job(post_id))[1] is False


# --- many at once, and crashes -------------------------------------------------------------------------------------------


async def test_two_that_want_the_same_at_once_make_it_once(desk: Desk) -> None:
    one, other = await desk.post(image("PNG")), await desk.post(image("PNG"))

    outcomes = await asyncio.gather(fits.fit(desk.context, one), fits.fit(desk.context, other), return_exceptions=True)

    assert all(outcome is None or isinstance(outcome, fits.Busy) for outcome in outcomes)
    assert await desk.rows(BlobVariant) == 1
    await fits.fit(desk.context, other)
    assert (await desk.read(other))["assets"][0]["fitted"]["mime"] == "image/jpeg"


@pytest.mark.parametrize("point", ["fitting", "converted", "converted-kept"])
async def test_a_process_that_dies_on_the_way_leaves_nothing_half(desk: Desk, clock: Clock, point: str) -> None:
    post_id = await desk.post(image("PNG"))
    before = desk.files()

    class Died(BaseException):
        pass

    def at(passed: str, id: str) -> None:
        if passed == point:
            raise Died

    dead = _Dying(desk.context)
    with pytest.raises(Died):
        await fits.fit(replace(desk.context, db=dead), post_id, at)  # pyright: ignore[reportArgumentType]
    assert desk.files() - before <= (1 if point == "converted-kept" else 0)
    assert "fitted" not in (await desk.read(post_id))["assets"][0]
    with pytest.raises(fits.Busy):
        await fits.fit(desk.context, post_id)  # nobody knows yet that the other one is gone

    clock.forward(timedelta(seconds=desk.context.settings.lease_seconds))
    await fits.fit(desk.context, post_id)

    assert (await desk.read(post_id))["assets"][0]["fitted"]["mime"] == "image/jpeg"
    assert await desk.rows(Conversion) == 0
    clock.forward(timedelta(days=2))
    await assets.sweep_storage(desk.context)
    assert desk.files() == before + 1


async def test_a_file_that_ends_its_process_each_time_is_given_up(desk: Desk, clock: Clock) -> None:
    post_id = await desk.post(image("PNG"))

    class Died(BaseException):
        pass

    def at(passed: str, id: str) -> None:
        raise Died

    for _ in range(fits.MOST_TRIES):
        with pytest.raises(Died):
            await fits.fit(replace(desk.context, db=_Dying(desk.context)), post_id, at)  # pyright: ignore[reportArgumentType]
        clock.forward(timedelta(seconds=desk.context.settings.lease_seconds))

    with pytest.raises(fits.FitFailed, match="ended each time"):
        await fits.fit(desk.context, post_id)
    assert "ended each time" in (await desk.read(post_id))["warning"]


async def test_a_conversion_that_is_stopped_leaves_nothing_and_goes_on_later(desk: Desk) -> None:
    post_id = await desk.post(film("webm", codec="libvpx", size=(320, 240), seconds=4))
    before = desk.files()
    making: list[asyncio.Task[None]] = []

    def at(passed: str, id: str) -> None:
        if passed == "fitting":
            asyncio.get_running_loop().call_soon(making[0].cancel)

    with Watched(1) as executor:
        making.append(asyncio.create_task(fits.fit(replace(desk.context, film_executor=executor), post_id, at)))
        with pytest.raises(asyncio.CancelledError):
            await making[0]
    assert isinstance(executor.works[0].exception(), converting.Stopped), "it did not go on to the end of the film"

    assert (desk.files(), await desk.rows(BlobVariant), await desk.rows(Conversion)) == (before, 0, 0)
    await fits.fit(desk.context, post_id)
    assert (await desk.read(post_id))["assets"][0]["fitted"]["mime"] == "video/mp4"


async def test_a_conversion_that_was_not_begun_is_stopped_at_once(desk: Desk) -> None:
    """It stands behind a long one, which somebody else has to end."""
    post_id = await desk.post(webm())
    over = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        executor.submit(over.wait, 30)
        making = asyncio.create_task(fits.fit(replace(desk.context, film_executor=executor), post_id))
        while not await desk.rows(Conversion):
            await asyncio.sleep(0.01)
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(making, 10)
        assert not over.is_set()
        over.set()


async def test_what_was_made_goes_with_the_file_it_was_made_of(desk: Desk, clock: Clock) -> None:
    upload = await desk.upload(image("PNG"))
    post_id = await desk.apply({"assets": [{"id": upload["id"]}]})
    await desk.ahead()
    await desk.context.db.write(assets.delete, desk.actor, upload["id"], retention_days=0, base_url="", now=clock())
    clock.forward(timedelta(days=1))
    await assets.sweep_storage(desk.context)
    assert desk.files() == 2, "the post still needs both"

    await desk.context.db.write(posts.cancel, desk.actor, post_id, now=clock())
    for _ in range(2):
        clock.forward(timedelta(hours=2))
        await assets.sweep_storage(desk.context)

    assert (desk.files(), await desk.rows(Blob), await desk.rows(BlobVariant)) == (0, 0, 0)


async def test_what_is_made_is_measured(desk: Desk) -> None:
    await desk.post(webm())
    await desk.ahead()

    def measured(session: Session) -> list[Any]:
        return [fitting.facts_of(blob.facts) for blob in session.scalars(select(Blob))]

    facts = await desk.context.db.read(measured)
    assert {one.mime for one in facts} == {"video/webm", "video/mp4"}
    assert next(one for one in facts if one.mime == "video/mp4").video_codec == "h264"


async def test_posts_that_are_over_or_not_due_at_all_are_not_looked_at(desk: Desk) -> None:
    canceled = await desk.post(image("PNG"))
    await desk.context.db.write(posts.cancel, desk.actor, canceled, now=desk.context.now())
    body = {
        "mode": "draft",
        "posts": [{"account": desk.account, "assets": [{"id": (await desk.upload(webm()))["id"]}]}],
    }
    await runs.apply_once(desk.context, desk.actor, body)

    assert await desk.ahead() == 0


def test_every_fit_is_kept_as_it_is() -> None:
    facts = MediaFacts(kind="image", mime="image/jpeg", extension="jpg", size=5, width=3, height=4)
    full = fits.PostFit(variant="v", made=facts, sha256="s", token="t", said="It was.", problem=True)

    for fit in (fits.PostFit(), full, fits.PostFit(said="It cannot.", problem=True)):
        assert fits.post_fit(fit.json()) == fit
    assert fits.post_fit(None) is None


# --- parts --------------------------------------------------------------------------------------------------------------


class Watched(ThreadPoolExecutor):
    works: list[Future[Any]]

    def submit(self, fn: Any, /, *args: Any, **options: Any) -> Future[Any]:
        self.works = [super().submit(fn, *args, **options)]
        return self.works[0]


class _Dying:
    """The database of a process that has begun to convert, and is then gone: what it would tidy up stays."""

    def __init__(self, context: Context) -> None:
        self._db = context.db

    async def read(self, fn: Any, *args: Any, **options: Any) -> Any:
        return await self._db.read(fn, *args, **options)

    async def write(self, fn: Any, *args: Any, **options: Any) -> Any:
        if fn.__name__ == "_let_go":
            return None
        return await self._db.write(fn, *args, **options)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
