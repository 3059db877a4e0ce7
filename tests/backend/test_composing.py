"""Changing posts that belong together, which only some networks let people make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from backend import composing, posts, runs
from backend.access import Actor, Role
from backend.context import Context
from backend.errors import AppError
from backend.ids import new_id
from backend.models import Account, AccountHandle, Connection

from .conftest import NOON
from .strategies import CHIRP, networks
from .test_connections import refused

STEPS = [{"description": "One."}, {"description": "Two.", "interaction_type": "reply", "delay_minutes": 5}]
LATER = (NOON + timedelta(days=1)).isoformat()


@pytest.fixture(autouse=True)
def invented_networks() -> Iterator[None]:
    with networks(CHIRP):
        yield


def add_account(session: Session, actor: Actor, name: str) -> str:
    """A connected account of the network with replies."""
    row = Connection(
        id=new_id("connection", NOON),
        workspace_id=actor.workspace_id,
        provider="chirp",
        environment="live",
        status="connected",
        created_at=NOON,
        updated_at=NOON,
    )
    session.add(row)
    session.flush()
    account = Account(
        id=new_id("account", NOON),
        workspace_id=actor.workspace_id,
        connection_id=row.id,
        provider="chirp",
        environment="live",
        account_type="chirp_user",
        external_id=name,
        credential_key=name,
        handle=f"chirp:@{name}",
        status="connected",
        publishable=True,
        created_at=NOON,
        updated_at=NOON,
    )
    session.add(account)
    session.flush()
    handle = account.handle.lower()
    session.add(AccountHandle(workspace_id=actor.workspace_id, account_id=account.id, handle=handle, created_at=NOON))
    return account.id


@pytest.fixture
async def bird(context: Context, alice: Actor) -> str:
    return await context.db.write(add_account, alice, "bird")


async def apply(context: Context, actor: Actor, **body: Any) -> list[dict[str, Any]]:
    return (await runs.apply_once(context, actor, body)).posts


async def thread(context: Context, actor: Actor, account: str) -> list[dict[str, Any]]:
    target = {"account": account, "publish_at": LATER, "steps": STEPS}
    return await apply(context, actor, campaigns=[{"name": "Launch", "targets": [target]}])


async def change(context: Context, actor: Actor, post: Mapping[str, Any], **body: Any) -> dict[str, Any]:
    return await context.db.write(
        composing.change, actor, post["id"], body, settings=context.settings, now=context.now(), nudge=context.nudge
    )


async def test_a_reply_is_changed_and_still_answers_the_same_post(context: Context, alice: Actor, bird: str) -> None:
    first, second = await thread(context, alice, bird)

    changed = await change(context, alice, second, text="Two, better.")

    assert (changed["description"], changed["interactionType"]) == ("Two, better.", "reply")
    assert changed["parentStepId"] == first["stepId"] == second["parentStepId"]


async def test_posts_of_one_thread_stay_on_one_account(context: Context, alice: Actor, bird: str) -> None:
    other = await context.db.write(add_account, alice, "crow")
    first, second = await thread(context, alice, bird)

    for post in (first, second):
        error = await refused(change(context, alice, post, account=other))
        assert (error.code, error.status) == ("post_not_editable", 409)


async def test_a_flat_reply_stays_under_its_post_and_others_move(context: Context, alice: Actor, bird: str) -> None:
    other = await context.db.write(add_account, alice, "crow")
    answer = {"account": bird, "text": "Reply.", "interaction_type": "reply", "reply_to_step_id": "post_1"}
    found = await apply(
        context, alice, posts=[{"account": bird, "text": "Post."}, answer, {"account": bird, "text": "Alone."}]
    )

    for post in found[:2]:
        assert (await refused(change(context, alice, post, account=other))).code == "post_not_editable"
    assert (await change(context, alice, found[2], account=other))["account"] == "chirp:@crow"


async def test_a_change_leaves_the_networks_rules_in_force(context: Context, alice: Actor, bird: str) -> None:
    _, second = await thread(context, alice, bird)

    error = await refused(change(context, alice, second, text="x" * 61))

    assert error.code == "text_too_long"


async def test_changes_near_now_wake_the_publisher(
    context: Context, alice: Actor, bird: str, nudges: list[str]
) -> None:
    first, _ = await thread(context, alice, bird)
    assert nudges == []

    await change(context, alice, first, publishAt=NOON.isoformat())

    assert nudges == ["nudge"]


async def test_a_person_whose_role_only_reads_is_refused_before_anything_is_told(
    context: Context, alice: Actor, bird: str
) -> None:
    first, _ = await thread(context, alice, bird)
    viewer = Actor(workspace_id=alice.workspace_id, label="user:bob", role=Role.VIEWER)

    assert (await refused(change(context, viewer, first, text=""))).code == "forbidden"
    assert (await refused(change(context, viewer, {"id": "post_none"}))).code == "forbidden"
    assert (await refused(composing.compose(context, viewer, {}))).code == "forbidden"


async def test_a_change_is_told_in_the_story_of_the_post(context: Context, alice: Actor, bird: str) -> None:
    first, _ = await thread(context, alice, bird)
    await change(context, alice, first, text="Anew.")

    told = await context.db.read(posts.story, alice, first["id"])

    assert [(entry["kind"], entry["actor"]) for entry in told] == [("post.edited", alice.label)]


@pytest.mark.parametrize("body", [{"assets": "a"}, {"revision": 1.5}], ids=str)
async def test_nothing_is_half_changed(context: Context, alice: Actor, bird: str, body: dict[str, Any]) -> None:
    first, _ = await thread(context, alice, bird)

    with pytest.raises(AppError):
        await change(context, alice, first, text="Half.", **body)

    assert (await context.db.read(posts.detail, alice, first["id"]))["post"] == first
