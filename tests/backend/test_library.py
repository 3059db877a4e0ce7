"""The media library: found by name and words, counted once, marked, restored, and never taken from posts that wait."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from backend import assets, connections, events, library
from backend.access import Actor, Role
from backend.context import Context
from backend.errors import AppError
from backend.library import Look
from backend.models import Post, PostAsset
from backend.status import PostStatus
from tests.api.files import image

from .conftest import Clock
from .fake_network import KEY, FakeNetwork
from .rows import add_post

BASE = "http://127.0.0.1:8765"


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def put(context: Context, actor: Actor, name: str, colour: str = "teal", **more: Any) -> str:
    content = image(colour=colour)
    return (await assets.upload(context, actor, _chunks(content), filename=name, **more))["id"]


async def post_with(context: Context, actor: Actor, asset_id: str, **values: Any) -> str:
    """A post that has the file."""
    found = await connections.start(context, actor, {"provider": "pasted", "apiKey": KEY})

    def add(session: Session) -> str:
        post_id = add_post(session, actor, found["account"]["id"], context.now(), **values)
        asset = session.get_one(assets.Asset, asset_id)
        session.add(
            PostAsset(post_id=post_id, position=0, key="asset_1", asset_id=asset_id, sha256=asset.sha256, url="x")
        )
        return post_id

    return await context.db.write(add)


async def names(context: Context, actor: Actor, **wanted: Any) -> list[str]:
    rows, _ = await context.db.read(library.look, actor, Look(**wanted), base_url=BASE)
    return [row["originalFilename"] for row in rows]


async def kinds_told(context: Context, actor: Actor) -> list[str]:
    return [event.kind for event in await context.db.read(events.latest, actor)]


async def test_files_are_found_by_the_words_of_their_names_and_alt_texts(context: Context, alice: Actor) -> None:
    await put(context, alice, "harbour_100%.png", "red", alt_text="A red boat at dawn")
    await put(context, alice, "office.png", "blue")

    assert await names(context, alice, search="BOAT harbour") == ["harbour_100%.png"]
    assert await names(context, alice, search="100%") == ["harbour_100%.png"]
    assert await names(context, alice, search="%") == ["harbour_100%.png"]
    assert await names(context, alice, search="boat office") == []
    assert sorted(await names(context, alice)) == ["harbour_100%.png", "office.png"]


async def test_used_and_unused_files_are_told_apart_and_their_posts_are_named(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    used = await put(context, alice, "used.png", "red")
    await put(context, alice, "unused.png", "blue")
    post = await post_with(context, alice, used)

    assert await names(context, alice, used=True) == ["used.png"]
    assert await names(context, alice, used=False) == ["unused.png"]
    found = await context.db.read(library.detail, alice, used, base_url=BASE)
    assert ([one["id"] for one in found["posts"]], found["uses"], found["waiting"]) == ([post], 1, 1)


async def test_another_workspace_sees_and_changes_none_of_it(context: Context, alice: Actor, bob: Actor) -> None:
    mine = await put(context, alice, "mine.png")

    assert await names(context, bob) == []
    assert await context.db.write(library.delete, bob, [mine], base_url=BASE, now=context.now()) == []
    with pytest.raises(AppError, match="no asset"):
        await context.db.read(library.detail, bob, mine, base_url=BASE)
    assert await names(context, alice) == ["mine.png"]


async def test_somebody_who_only_looks_changes_nothing(context: Context, alice: Actor) -> None:
    mine = await put(context, alice, "mine.png")
    viewer = replace(alice, role=Role.VIEWER)

    for change in (
        lambda session: library.delete(session, viewer, [mine], base_url=BASE, now=context.now()),
        lambda session: library.restore(session, viewer, [mine], now=context.now()),
        lambda session: library.remove_now(session, viewer, mine, now=context.now()),
        lambda session: library.describe(session, viewer, mine, "x", seen=None, base_url=BASE, now=context.now()),
    ):
        with pytest.raises(AppError, match="may not do that"):
            await context.db.write(change)


async def test_a_description_is_kept_and_newer_words_of_somebody_else_are_not_lost(
    context: Context, alice: Actor
) -> None:
    mine = await put(context, alice, "mine.png")

    async def describe(words: str, seen: str | None) -> dict[str, Any]:
        return await context.db.write(library.describe, alice, mine, words, seen=seen, base_url=BASE, now=context.now())

    assert (await describe("  A boat\n at dawn ", None))["altText"] == "A boat at dawn"
    with pytest.raises(AppError) as caught:
        await describe("A ship", None)
    assert (caught.value.code, caught.value.details) == ("asset_changed", {"altText": "A boat at dawn"})
    assert (await describe("A ship", "A boat at dawn"))["altText"] == "A ship"
    assert (await describe("", "A ship"))["altText"] is None
    with pytest.raises(AppError, match="4001 characters"):
        await describe("x" * 4001, None)


async def test_a_deleted_file_can_be_restored_until_its_time_is_over(
    context: Context, alice: Actor, clock: Clock
) -> None:
    mine, other = await put(context, alice, "mine.png", "red"), await put(context, alice, "other.png", "blue")

    told = await context.db.read(library.about_to_delete, alice, [mine, other], now=context.now())
    assert (told["files"], told["days"], told["waiting"]) == (2, 7, 0)
    assert await context.db.write(library.delete, alice, [mine, other], base_url=BASE, now=context.now()) == sorted(
        [mine, other]
    )
    assert await names(context, alice) == []
    assert sorted(await names(context, alice, deleted=True)) == ["mine.png", "other.png"]
    assert (await context.db.read(library.detail, alice, mine, base_url=BASE))["restorable"]

    clock.forward(timedelta(days=6))
    await assets.sweep_storage(context)
    assert await context.db.write(library.restore, alice, [mine], now=context.now()) == [mine]
    clock.forward(timedelta(days=2))
    await assets.sweep_storage(context)

    assert await context.db.write(library.restore, alice, [other], now=context.now()) == []
    assert await names(context, alice) == ["mine.png"]
    with pytest.raises(AppError, match="no longer in the library"):
        await context.db.read(library.detail, alice, other, base_url=BASE)


async def test_a_file_that_a_post_waits_for_is_not_removed_before_its_time(
    context: Context, alice: Actor, network: FakeNetwork
) -> None:
    mine = await put(context, alice, "mine.png")
    post = await post_with(context, alice, mine)
    told = await context.db.read(library.about_to_delete, alice, [mine], now=context.now())
    assert told["waiting"] == 1
    await context.db.write(library.delete, alice, [mine], base_url=BASE, now=context.now())

    with pytest.raises(AppError) as caught:
        await context.db.write(library.remove_now, alice, mine, now=context.now())
    assert caught.value.code == "asset_in_use"

    def over(session: Session) -> None:
        session.get_one(Post, post).status = PostStatus.CANCELED

    await context.db.write(over)
    await context.db.write(library.remove_now, alice, mine, now=context.now())
    assert await names(context, alice, deleted=True) == []


async def test_equal_files_take_their_room_once(context: Context, alice: Actor) -> None:
    first = await put(context, alice, "a.png", "red")
    await put(context, alice, "b.png", "red")
    third = await put(context, alice, "c.png", "blue")
    size, blue = len(image(colour="red")), len(image(colour="blue"))
    await context.db.write(library.delete, alice, [first, third], base_url=BASE, now=context.now())

    used = await context.db.read(library.storage_used, alice)

    assert used == {"files": 1, "bytes": size + blue, "deletedFiles": 2, "deletedBytes": blue}


async def test_a_file_that_was_sent_with_an_end_can_be_kept(context: Context, alice: Actor, clock: Clock) -> None:
    mine = await put(context, alice, "mine.png", delete_after=context.now() + timedelta(days=1))

    await context.db.write(library.keep, alice, mine, base_url=BASE, now=context.now())
    clock.forward(timedelta(days=2))
    await assets.sweep_storage(context)

    assert await names(context, alice) == ["mine.png"]


async def test_open_pages_hear_of_every_change(context: Context, alice: Actor) -> None:
    mine = await put(context, alice, "mine.png")
    now = context.now()
    await context.db.write(library.describe, alice, mine, "A boat", seen=None, base_url=BASE, now=now)
    await context.db.write(library.delete, alice, [mine], base_url=BASE, now=now)
    await context.db.write(library.restore, alice, [mine], now=now)

    assert (await kinds_told(context, alice))[:4] == [
        "asset.restored", "asset.deleted", "asset.described", "asset.added",
    ]  # fmt: skip
