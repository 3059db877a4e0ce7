"""What happened: append-only, in order, and each workspace's own."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backend import events
from backend.access import Actor
from backend.context import Context

from .conftest import NOON


def note(session: Session, actor: Actor, subject: str, number: int) -> None:
    events.record(
        session,
        workspace_id=actor.workspace_id,
        at=NOON,
        kind="post.created",
        actor=actor.label,
        subject_id=subject,
        data={"number": number},
    )


async def test_the_story_of_a_subject_is_told_in_order(context: Context, alice: Actor) -> None:
    for number in range(3):
        await context.db.write(note, alice, "post_1", number)
        await context.db.write(note, alice, "post_2", number)
    told = await context.db.read(events.of_subject, alice, "post_1")
    assert [row.data["number"] for row in told] == [0, 1, 2]
    assert {(row.kind, row.actor, row.at) for row in told} == {("post.created", "user:alice", NOON)}


async def test_the_latest_come_first(context: Context, alice: Actor) -> None:
    for number in range(5):
        await context.db.write(note, alice, "post_1", number)
    assert [row.data["number"] for row in await context.db.read(events.latest, alice, 2)] == [4, 3]


async def test_the_last_number_rises_with_every_change_of_the_workspace(
    context: Context, alice: Actor, bob: Actor
) -> None:
    before = await context.db.read(events.last_seq, alice.workspace_id)
    await context.db.write(note, bob, "post_1", 0)
    assert await context.db.read(events.last_seq, alice.workspace_id) == before
    await context.db.write(note, alice, "post_1", 0)
    assert await context.db.read(events.last_seq, alice.workspace_id) > before


async def test_workspaces_do_not_see_each_others_events(context: Context, alice: Actor, bob: Actor) -> None:
    await context.db.write(note, alice, "post_1", 0)
    assert await context.db.read(events.of_subject, bob, "post_1") == []
    assert all(row.workspace_id == bob.workspace_id for row in await context.db.read(events.latest, bob))
