"""Files of a workspace: stored once, kept while posts need them, removed afterwards."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import assets
from backend.access import Actor
from backend.context import Context
from backend.errors import AppError
from backend.ids import new_id
from backend.models import Account, Asset, Blob, Connection, Post, PostAsset
from backend.storage import FileWriter, FolderStorage, key_of
from tests.api.files import image

from .conftest import Clock
from .rows import add_post

SIZES = st.integers(1, 10_000)
PLACES = st.integers(0, 20_000)


@given(size=SIZES, first=PLACES, last=PLACES)
def test_a_range_from_a_place_to_a_place_lies_in_the_file(size: int, first: int, last: int) -> None:
    content = bytes(size)
    if last < first:
        assert assets.parse_range(f"bytes={first}-{last}", size) is None
    elif first >= size:
        with pytest.raises(AppError) as caught:
            assets.parse_range(f"bytes={first}-{last}", size)
        assert caught.value.status == 416
    else:
        found = assets.parse_range(f"bytes={first}-{last}", size)
        assert found is not None
        assert len(content[found[0] : found[1]]) == found[1] - found[0] == min(last + 1, size) - first


@given(size=SIZES, count=PLACES)
def test_a_range_counted_from_the_end_is_the_end(size: int, count: int) -> None:
    if count == 0:
        with pytest.raises(AppError):
            assets.parse_range("bytes=-0", size)
    else:
        assert assets.parse_range(f"bytes=-{count}", size) == (max(0, size - count), size)


@given(header=st.text(max_size=40) | st.from_regex(r"bytes=[0-9,\- ]{0,30}", fullmatch=True), size=st.integers(0, 1000))
def test_whatever_the_header_the_range_lies_in_the_file_or_is_none(header: str, size: int) -> None:
    found = None
    with suppress(AppError):
        found = assets.parse_range(header, size)

    assert found is None or 0 <= found[0] < found[1] <= size


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 100):
        yield content[start : start + 100]


async def upload(context: Context, actor: Actor, content: bytes, **options: Any) -> dict[str, Any]:
    return await assets.upload(context, actor, _chunks(content), filename="a.png", **options)


def _count(session: Session, model: type[Asset] | type[Blob]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def _files(context: Context) -> int:
    return sum(path.is_file() for path in context.storage.path("").rglob("*"))


def _account(session: Session, actor: Actor, clock: Clock) -> str:
    now = clock()
    times = {"created_at": now, "updated_at": now}
    connection = Connection(
        id=new_id("conn", now),
        workspace_id=actor.workspace_id,
        provider="telegram",
        environment="live",
        status="connected",
        scopes=[],
        token_version=1,
        **times,
    )
    session.add(connection)
    session.flush()
    account = Account(
        id=new_id("acct", now),
        workspace_id=actor.workspace_id,
        connection_id=connection.id,
        provider="telegram",
        environment="live",
        external_id="1",
        credential_key="1",
        handle="telegram:@a",
        display_name="A",
        account_type="telegram_chat",
        publishable=True,
        status="connected",
        meta={},
        **times,
    )
    session.add(account)
    session.flush()
    return account.id


def _post_with(session: Session, actor: Actor, clock: Clock, asset_id: str, **values: Any) -> str:
    asset = session.get_one(Asset, asset_id)
    post_id = add_post(session, actor, _account(session, actor, clock), clock(), **values)
    session.add(PostAsset(post_id=post_id, position=0, key="a", asset_id=asset.id, sha256=asset.sha256, url="http://x/a.png", managed=True, kind="image", mime="image/png"))  # fmt: skip
    return post_id


def _published(session: Session, post_id: str) -> None:
    post = session.get_one(Post, post_id)
    post.status, post.error_code = "published", None


async def test_the_same_bytes_are_one_blob_of_two_workspaces(context: Context, alice: Actor, bob: Actor) -> None:
    first, second = await upload(context, alice, image()), await upload(context, bob, image())

    assert first["id"] != second["id"]
    assert first["publicUrl"] != second["publicUrl"]
    assert (await context.db.read(_count, Asset), await context.db.read(_count, Blob), _files(context)) == (2, 1, 1)


async def test_bytes_stay_while_one_of_two_files_needs_them(
    context: Context, clock: Clock, alice: Actor, bob: Actor
) -> None:
    gone, kept = await upload(context, alice, image()), await upload(context, bob, image())
    await context.db.write(assets.delete, alice, gone["id"], retention_days=0, base_url="", now=clock())
    clock.forward(timedelta(days=1))

    await assets.sweep_storage(context)

    assert _files(context) == 1
    await context.db.write(assets.delete, bob, kept["id"], retention_days=0, base_url="", now=clock())
    clock.forward(timedelta(days=1))
    await assets.sweep_storage(context)
    assert (_files(context), await context.db.read(_count, Blob)) == (0, 0)


@pytest.mark.parametrize(
    "values",
    [{"status": "scheduled"}, {"status": "retry_pending"}, {"status": "draft"}, {"status": "failed", "error_code": "publish_outcome_unknown"}],
)  # fmt: skip
async def test_the_sweep_keeps_bytes_that_a_post_may_still_need(
    context: Context, clock: Clock, alice: Actor, values: dict[str, str]
) -> None:
    asset = await upload(context, alice, image())
    post = await context.db.write(_post_with, alice, clock, asset["id"], **values)
    await context.db.write(assets.delete, alice, asset["id"], retention_days=0, base_url="", now=clock())
    clock.forward(timedelta(days=30))

    await assets.sweep_storage(context)
    assert _files(context) == 1

    await context.db.write(_published, post)
    await assets.sweep_storage(context)
    assert _files(context) == 0


async def test_a_file_stays_for_its_retention(context: Context, clock: Clock, alice: Actor) -> None:
    asset = await upload(context, alice, image())
    await context.db.write(assets.delete, alice, asset["id"], retention_days=None, base_url="", now=clock())

    clock.forward(timedelta(days=7, seconds=-1))
    await assets.sweep_storage(context)
    assert _files(context) == 1

    clock.forward(timedelta(seconds=2))
    await assets.sweep_storage(context)
    assert _files(context) == 0


async def test_bytes_that_a_crash_left_without_a_file_are_removed_when_old(context: Context, clock: Clock) -> None:
    await assets.store(context, _chunks(image()), declared=None)

    await assets.sweep_storage(context)
    assert _files(context) == 1, "it may be an upload that is not finished"

    clock.forward(timedelta(hours=2))
    await assets.sweep_storage(context)
    assert _files(context) == 0


async def test_a_row_stands_before_its_bytes_do(
    context: Context, alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: FileWriter) -> None:
        raise RuntimeError

    monkeypatch.setattr(FileWriter, "commit", crash)
    with pytest.raises(RuntimeError):
        await upload(context, alice, image())

    assert (await context.db.read(_count, Blob), _files(context)) == (1, 0)


async def test_an_upload_again_keeps_old_bytes_from_the_sweep(context: Context, clock: Clock, alice: Actor) -> None:
    first = await upload(context, alice, image())
    await context.db.write(assets.delete, alice, first["id"], retention_days=0, base_url="", now=clock())
    clock.forward(timedelta(days=1))
    await assets.store(context, _chunks(image()), declared=None)

    await assets.sweep_storage(context)

    assert _files(context) == 1


async def test_bytes_that_are_being_removed_are_not_taken_again_until_they_are_gone(
    context: Context, clock: Clock, alice: Actor
) -> None:
    asset = await upload(context, alice, image())
    await context.db.write(assets.delete, alice, asset["id"], retention_days=0, base_url="", now=clock())
    clock.forward(timedelta(days=1))
    seen: list[str] = []
    real = context.storage

    class Slow(FolderStorage):
        def delete(self, key: str) -> None:
            """In a thread of its own, as a storage server would be asked."""
            try:
                asyncio.run(upload(context, alice, image()))
            except AppError as error:
                seen.append(error.code)
            real.delete(key)

    await assets.sweep_storage(replace(context, storage=Slow(real.path(""))))

    assert seen == ["storage_unavailable"]
    assert (_files(context), await context.db.read(_count, Blob)) == (0, 0)
    assert (await upload(context, alice, image()))["status"] == "ready"


async def test_a_preview_goes_with_its_picture(context: Context, clock: Clock, alice: Actor) -> None:
    asset = await upload(context, alice, image())
    token = asset["publicUrl"].split("/")[-2]
    file = await context.db.read(assets.deliverable, asset["id"], token)
    await assets.variant(context, file, "preview")
    assert _files(context) == 2
    clock.forward(timedelta(days=1))
    await assets.sweep_storage(context)
    assert _files(context) == 2, "the picture is still there"

    await context.db.write(assets.delete, alice, asset["id"], retention_days=0, base_url="", now=clock())
    clock.forward(timedelta(days=1))
    await assets.sweep_storage(context)
    await assets.sweep_storage(context)

    assert (_files(context), await context.db.read(_count, Blob)) == (0, 0)


def _orphan(context: Context, clock: Clock, content: bytes, age: timedelta) -> Path:
    """A file that no row knows."""
    with context.storage.writer() as writer:
        writer.write(content)
        sha256, _ = writer.commit()
    path = context.storage.path(key_of(sha256))
    at = (clock() - age).timestamp()
    os.utime(path, (at, at))
    return path


async def _around_the_clock(context: Context, clock: Clock) -> None:
    for _ in range(256):
        clock.forward(timedelta(minutes=1))
        await assets.collect_orphans(context)


async def test_files_without_a_row_are_removed_when_older_than_a_day_and_younger_than_the_database(
    context: Context, clock: Clock, alice: Actor
) -> None:
    known = await upload(context, alice, image())
    os.utime(context.storage.path(known["objectKey"]), ((clock() + timedelta(hours=1)).timestamp(),) * 2)
    clock.forward(timedelta(days=3))
    lost = _orphan(context, clock, b"lost", timedelta(days=2))
    fresh = _orphan(context, clock, b"fresh", timedelta(hours=1))
    older_than_the_database = _orphan(context, clock, b"of another", timedelta(days=9))
    foreign = context.storage.path(lost.relative_to(context.storage.path("")).parts[0]) / "notes.txt"
    foreign.write_text("ours?")

    await _around_the_clock(context, clock)

    assert [path.exists() for path in (lost, fresh, older_than_the_database, foreign)] == [False, True, True, True]
    assert context.storage.exists(known["objectKey"])
    assert await context.db.read(_count, Blob) == 1


async def test_a_file_over_the_limit_is_refused_while_it_comes(context: Context, alice: Actor) -> None:
    small = replace(context, settings=replace(context.settings, max_asset_bytes=1000))
    seen = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal seen
        while True:
            seen += 1
            yield b"\0" * 300

    with pytest.raises(AppError) as caught:
        await assets.upload(small, alice, endless(), filename="a")

    assert (caught.value.code, caught.value.status) == ("asset_too_large", 413)
    assert seen == 4
    assert _files(context) == 0


async def test_a_file_is_found_by_id_and_by_its_address_on_any_host_never_by_a_wrong_token(
    context: Context, alice: Actor, bob: Actor
) -> None:
    asset = await upload(context, alice, image())
    url = asset["publicUrl"]

    def look(session: Session, actor: Actor, reference: str) -> str | None:
        found = assets.managed_media(session, actor.workspace_id, reference, base_url="https://here")
        return found and found.url

    path = url[url.index("/media/") :]
    assert await context.db.read(look, alice, asset["id"]) == f"https://here{path}"
    assert await context.db.read(look, alice, f"https://other{path}") == f"https://other{path}"
    assert await context.db.read(look, alice, path.replace("/media/", "https://x/media/")[:-20] + "/a.png") is None
    assert await context.db.read(look, bob, asset["id"]) is None
    assert await context.db.read(look, bob, url) is None
