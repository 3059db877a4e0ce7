"""Drafts: as many as somebody began, and nothing lost when two windows hold the same one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from backend import drafts, users
from backend.access import Actor, Role
from backend.compositions import Change, Composition, Part, Words
from backend.context import Context

from .conftest import NOON, Clock
from .test_connections import refused


@pytest.fixture
async def carol(context: Context, alice: Actor) -> Actor:
    """A person in Alice's workspace."""
    return await context.db.write(person, alice, "carol")


def person(session: Session, actor: Actor, name: str) -> Actor:
    email = f"{name}@example.com"
    row = users.create(
        session, email=email, password=None, workspace_id=actor.workspace_id, role=Role.EDITOR, name=name, now=NOON
    )
    return Actor(workspace_id=actor.workspace_id, label=f"user:{name}", role=Role.EDITOR, user_id=row.id)


def written(text: str, **more: object) -> Composition:
    return Composition(words=Words(parts=(Part(text=text),)), **more)  # type: ignore[arg-type]


async def keep(context: Context, actor: Actor, draft_id: str, text: str, revision: int = 0, **more: object) -> dict:
    return await context.db.write(
        drafts.keep, actor, draft_id, written(text, **more), revision=revision, now=context.now()
    )


def texts(found: list[dict]) -> list[str]:
    return [draft["composition"].words.parts[0].text for draft in found]


async def test_what_was_typed_is_there_again(context: Context, carol: Actor) -> None:
    draft_id = drafts.new(NOON)
    first = await keep(context, carol, draft_id, "Half a")
    second = await keep(context, carol, draft_id, "Half a thought", first["revision"])

    found = await context.db.read(drafts.find, carol, draft_id)

    assert found is not None
    assert (found["composition"], found["revision"]) == (written("Half a thought"), second["revision"])


async def test_the_newest_draft_comes_first(context: Context, carol: Actor, clock: Clock) -> None:
    one = await keep(context, carol, drafts.new(NOON), "One")
    clock.forward(timedelta(minutes=1))
    await keep(context, carol, drafts.new(NOON), "Two")
    assert texts(await context.db.read(drafts.mine, carol)) == ["Two", "One"]

    clock.forward(timedelta(minutes=1))
    await keep(context, carol, one["id"], "One more", one["revision"])

    assert texts(await context.db.read(drafts.mine, carol)) == ["One more", "Two"]


async def test_a_window_that_saves_later_is_told_and_keeps_what_it_has(context: Context, carol: Actor) -> None:
    kept = await keep(context, carol, drafts.new(NOON), "Both see this")
    await keep(context, carol, kept["id"], "The first window", kept["revision"])

    late = await keep(context, carol, kept["id"], "The second window", kept["revision"])

    assert texts([late["changed"]]) == ["The first window"]
    assert late["id"] != kept["id"]
    assert sorted(texts(await context.db.read(drafts.mine, carol))) == ["The first window", "The second window"]


async def test_a_draft_that_was_thrown_away_elsewhere_goes_on_as_another(context: Context, carol: Actor) -> None:
    kept = await keep(context, carol, drafts.new(NOON), "Once")
    await context.db.write(drafts.discard, carol, kept["id"])

    late = await keep(context, carol, kept["id"], "Once more", kept["revision"])

    assert late["id"] != kept["id"]
    assert texts(await context.db.read(drafts.mine, carol)) == ["Once more"]


async def test_nobody_else_sees_or_throws_away_a_draft(
    context: Context, alice: Actor, bob: Actor, carol: Actor
) -> None:
    kept = await keep(context, carol, drafts.new(NOON), "Mine")
    dave = await context.db.write(person, alice, "dave")
    elsewhere = Actor(workspace_id=bob.workspace_id, label="user:carol", role=Role.EDITOR, user_id=carol.user_id)

    for other in (dave, elsewhere):
        assert await context.db.read(drafts.find, other, kept["id"]) is None
        assert await context.db.read(drafts.mine, other) == []
        await context.db.write(drafts.discard, other, kept["id"])
    assert texts(await context.db.read(drafts.mine, carol)) == ["Mine"]


async def test_programs_and_readers_keep_none(context: Context, alice: Actor, carol: Actor) -> None:
    viewer = Actor(workspace_id=carol.workspace_id, label="user:eve", role=Role.VIEWER, user_id=carol.user_id)

    for actor in (alice, viewer):
        assert (await refused(keep(context, actor, drafts.new(NOON), "No"))).code == "forbidden"


async def test_what_went_out_is_out_of_the_list_and_comes_back_when_it_is_taken_back(
    context: Context, carol: Actor
) -> None:
    kept = await keep(context, carol, drafts.new(NOON), "Too fast")
    await context.db.write(drafts.sent, carol, kept["id"], "run_1", now=NOON)
    assert await context.db.read(drafts.mine, carol) == []

    await context.db.write(drafts.reopen, carol, kept["id"], now=NOON)

    (found,) = await context.db.read(drafts.mine, carol)
    assert (texts([found]), found["sent"]) == (["Too fast"], None)
    assert found["revision"] > kept["revision"]


async def test_what_went_out_is_forgotten_later(context: Context, carol: Actor) -> None:
    first = await keep(context, carol, drafts.new(NOON), "One")
    await context.db.write(drafts.sent, carol, first["id"], "run_1", now=NOON)
    second = await keep(context, carol, drafts.new(NOON), "Two")

    await context.db.write(drafts.sent, carol, second["id"], "run_2", now=NOON + drafts.SENT_KEPT * 2)

    assert await context.db.read(drafts.find, carol, first["id"]) is None
    assert await context.db.read(drafts.find, carol, second["id"]) is not None


async def test_a_change_to_a_post_is_found_at_the_post_and_not_among_the_drafts(context: Context, carol: Actor) -> None:
    change = Change(post_id="post_1", revision=2)
    await keep(context, carol, drafts.new(NOON), "Better", change=change)

    assert await context.db.read(drafts.mine, carol) == []
    begun = await context.db.read(drafts.of_post, carol, "post_1")
    assert begun is not None
    assert begun["composition"].change == change
    assert await context.db.read(drafts.of_post, carol, "post_2") is None
