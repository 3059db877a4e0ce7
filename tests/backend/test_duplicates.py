"""What an account said before is found again, however it is spaced or spelled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import duplicates
from backend.access import Actor
from backend.context import Context
from backend.duplicates import fingerprint
from backend.models import PostAsset

from .conftest import NOON
from .rows import add_post
from .strategies import CHIRP, networks
from .test_composing import add_account

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "same",
    [
        "Our guide is out: https://example.com/guide",
        "  our GUIDE is out –\nhttps://example.com/guide?utm_source=x#top ",
        "Our guide is out!!! 🎉 https://example.com/guide",
    ],
)
def test_case_spaces_marks_and_what_links_carry_do_not_count(same: str) -> None:
    assert fingerprint(same) == "our guide is out https example com guide"


def test_another_word_or_another_page_is_another_post() -> None:
    assert fingerprint("Our guide is out") != fingerprint("Our guide is in")
    assert fingerprint("https://example.com/a") != fingerprint("https://example.com/b")


def test_without_words_the_files_tell() -> None:
    assert fingerprint("🎉", ["b", "a"]) == fingerprint("", ["a", "b"]) != fingerprint("", ["a"])
    assert fingerprint("Words", ["a"]) == fingerprint("Words", ["b"])
    assert fingerprint("") == ""


@given(st.text(max_size=40))
def test_a_text_is_the_same_as_itself_in_other_case(text: str) -> None:
    assert fingerprint(text) == fingerprint(f" {text.casefold()}\n")


# --- from the rows ----------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def invented_networks() -> Iterator[None]:
    with networks(CHIRP):
        yield


async def earlier(context: Context, actor: Actor, account: str, text: str, *files: str, **more: Any) -> list[str]:
    found = await context.db.read(duplicates.earlier, actor, {account: (text, files)}, now=NOON, **more)
    return [entry["postId"] for entry in found]


async def test_the_newest_of_the_last_month_and_of_what_is_planned_is_named(context: Context, alice: Actor) -> None:
    bird = await context.db.write(add_account, alice, "bird")
    for days in (-31, -29, -2):
        await context.db.write(
            add_post, alice, bird, NOON + days * DAY, status="published", description="Good morning!"
        )
    planned = await context.db.write(add_post, alice, bird, NOON + DAY, description="good morning")

    assert await earlier(context, alice, bird, "Good   Morning") == [planned]
    assert len(await earlier(context, alice, bird, "Good Morning", besides=planned)) == 1
    assert await earlier(context, alice, bird, "Good evening") == []
    assert await earlier(context, alice, bird, "") == []


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ({"status": "canceled"}, False),
        ({"status": "draft"}, False),
        ({"status": "failed"}, False),
        ({"status": "failed", "error_code": "publish_outcome_unknown"}, True),
        ({"status": "published", "deleted_at": NOON}, False),
        ({"status": "published", "publish_at": NOON - 31 * DAY}, False),
    ],
)
async def test_only_what_readers_saw_or_will_see_counts(
    context: Context, alice: Actor, values: dict[str, Any], counts: bool
) -> None:
    bird = await context.db.write(add_account, alice, "bird")
    await context.db.write(add_post, alice, bird, NOON - DAY, description="Good morning", **values)

    assert len(await earlier(context, alice, bird, "Good morning")) == counts


async def test_other_accounts_may_say_the_same(context: Context, alice: Actor, bob: Actor) -> None:
    bird, crow = [await context.db.write(add_account, alice, name) for name in ("bird", "crow")]
    theirs = await context.db.write(add_account, bob, "bird")
    await context.db.write(add_post, alice, crow, NOON - DAY, description="Good morning")
    await context.db.write(add_post, bob, theirs, NOON - DAY, description="Good morning")

    assert await earlier(context, alice, bird, "Good morning") == []


async def test_the_same_picture_without_words_is_found(context: Context, alice: Actor) -> None:
    bird = await context.db.write(add_account, alice, "bird")
    id = await context.db.write(add_post, alice, bird, NOON - DAY, description="")
    await context.db.write(
        lambda session: session.add(PostAsset(post_id=id, position=0, key="a", url="u", sha256="f1"))
    )

    assert await earlier(context, alice, bird, "", "f1") == [id]
    assert await earlier(context, alice, bird, "", "f2") == []
