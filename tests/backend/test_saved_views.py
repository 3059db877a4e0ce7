"""Views that people keep: their own, in their workspace, of what means something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from backend import saved_views, users
from backend.access import Actor, Role
from backend.context import Context
from backend.errors import AppError

from .conftest import NOON


def person(session: Session, name: str, *workspaces: str) -> str:
    found = users.create(session, email=f"{name}@example.com", password=None, workspace_id=workspaces[0], now=NOON)
    return found.id


@pytest.fixture
async def carol(context: Context, alice: Actor) -> Actor:
    """A member who may only look: views change nothing of the workspace."""
    id = await context.db.write(person, "carol", alice.workspace_id)
    return replace(alice, user_id=id, label=f"user:{id}", role=Role.VIEWER)


async def keep(context: Context, actor: Actor, name: str, **query: object) -> dict[str, Any]:
    return await context.db.write(saved_views.keep, actor, name=name, query=query, now=NOON)


async def names(context: Context, actor: Actor) -> list[str]:
    return [view["name"] for view in await context.db.read(saved_views.list_views, actor)]


async def test_a_view_keeps_what_means_something_and_nothing_else(context: Context, carol: Actor) -> None:
    kept = await keep(
        context, carol, "  Failed  this week ", status="failed", when="past-7", page="3", order="", junk="x", q="\0tea "
    )
    assert kept["name"] == "Failed this week"
    assert kept["query"] == {"status": "failed", "when": "past-7", "q": "tea"}
    assert await context.db.read(saved_views.list_views, carol) == [kept]


@pytest.mark.parametrize(
    "query", [{}, {"status": "nonsense"}, {"when": "2026"}, {"q": "   "}, {"q": 7, "account": None}]
)
async def test_the_list_of_everything_is_no_view(context: Context, carol: Actor, query: Mapping[str, Any]) -> None:
    with pytest.raises(AppError) as refused:
        await keep(context, carol, "All", **query)
    assert refused.value.code == "view_empty"


@pytest.mark.parametrize(("name", "code"), [("  ", "view_name_required"), ("x" * 61, "view_name_too_long")])
async def test_a_name_that_is_none_is_refused(context: Context, carol: Actor, name: str, code: str) -> None:
    with pytest.raises(AppError) as refused:
        await keep(context, carol, name, status="draft")
    assert refused.value.code == code


async def test_the_same_name_again_means_the_view_as_it_is_now(context: Context, carol: Actor) -> None:
    first = await keep(context, carol, "Mine", status="draft")
    second = await keep(context, carol, "Mine", status="failed")
    assert second["id"] == first["id"]
    assert await context.db.read(saved_views.list_views, carol) == [second]


async def test_views_belong_to_one_person_in_one_workspace(
    context: Context, alice: Actor, bob: Actor, carol: Actor
) -> None:
    mine = await keep(context, carol, "Mine", status="draft")
    dave = await context.db.write(person, "dave", alice.workspace_id)
    others = [replace(carol, user_id=dave), replace(carol, workspace_id=bob.workspace_id), replace(carol, user_id=None)]
    for other in others:
        assert await names(context, other) == []
        await context.db.write(saved_views.remove, other, mine["id"])
    assert await names(context, carol) == ["Mine"]
    await context.db.write(saved_views.remove, carol, mine["id"])
    await context.db.write(saved_views.remove, carol, mine["id"])
    assert await names(context, carol) == []


async def test_an_api_key_keeps_no_views(context: Context, alice: Actor) -> None:
    with pytest.raises(AppError) as refused:
        await keep(context, replace(alice, user_id=None), "Mine", status="draft")
    assert refused.value.code == "forbidden"


async def test_there_is_an_end_to_them(context: Context, carol: Actor) -> None:
    for number in range(saved_views.MOST):
        await keep(context, carol, f"View {number}", status="draft")
    with pytest.raises(AppError) as refused:
        await keep(context, carol, "One more", status="draft")
    assert refused.value.code == "too_many_views"
    await keep(context, carol, "View 7", status="failed")
