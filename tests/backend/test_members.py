"""Who comes into a workspace, what they are there, and how they leave it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import assets, audit, closing, members, users, workspaces
from backend.access import Actor, Role
from backend.context import Context
from backend.errors import AppError
from backend.models import Account, Event, Post, Workspace
from backend.status import AccountStatus, PostStatus
from tests.api.files import image

from .conftest import NOON
from .rows import add_post
from .strategies import CHIRP, networks
from .test_composing import add_account

PASSWORD = "a long sentence of words"


def somebody(session: Session, name: str, workspace_id: str | None, role: Role) -> Actor:
    row = users.create(
        session, email=f"{name}@example.com", password=None, workspace_id=workspace_id, role=role, now=NOON
    )
    return Actor(workspace_id=workspace_id or "", label=f"user:{row.id}", role=role, user_id=row.id)


@pytest.fixture
async def owner(context: Context, alice: Actor) -> Actor:
    return await context.db.write(somebody, "olivia", alice.workspace_id, Role.OWNER)


async def code_of(doing: Coroutine[Any, Any, object]) -> str:
    with pytest.raises(AppError) as refused:
        await doing
    return refused.value.code


async def invite(context: Context, actor: Actor, email: str = "new@example.com", role: str = "editor") -> str:
    return await context.db.write(members.invite, actor, email=email, role=role, now=context.now())


async def roles(context: Context, actor: Actor) -> dict[str, str]:
    return {row["email"]: row["role"] for row in await context.db.read(members.members, actor)}


async def test_who_is_invited_joins_once_with_an_account_of_the_invited_address(context: Context, owner: Actor) -> None:
    token = await invite(context, owner, "New@Example.com")
    told = await context.db.read(members.invited, token, NOON)
    assert told is not None
    assert (told["email"], told["role"], told["isKnown"]) == ("new@example.com", "editor", False)

    signed_in = await members.join(context, token, PASSWORD, "Bob")

    assert signed_in.session["membership"]["role"] == "editor"
    assert (await roles(context, owner))["new@example.com"] == "editor"
    assert await context.db.read(members.invitations, owner, now=NOON) == []
    assert await code_of(members.join(context, token, PASSWORD)) == "link_invalid"


async def test_who_is_signed_in_joins_as_who_they_are(context: Context, owner: Actor) -> None:
    def elsewhere(session: Session) -> str:
        other = workspaces.create(session, name="Elsewhere", now=NOON)
        person = somebody(session, "bob", other.id, Role.OWNER)
        return users.begin(session, context, person.user_id or "", other.id, None).token

    sid = await context.db.write(elsewhere)
    token = await invite(context, owner, role="viewer")

    assert await context.db.write(members.join_as, context, "nobody's", token) is None
    told = await context.db.write(members.join_as, context, sid, token)

    assert told is not None
    assert told["membership"] == {"role": "viewer", "workspaceId": owner.workspace_id}
    assert (await roles(context, owner))["bob@example.com"] == "viewer"


async def test_a_refused_password_does_not_use_the_invitation_up(context: Context, owner: Actor) -> None:
    token = await invite(context, owner)
    assert await code_of(members.join(context, token, "short")) == "password_too_short"
    assert await context.db.read(members.invited, token, NOON) is not None


async def test_an_invitation_ends_when_it_is_old_taken_back_or_made_again(context: Context, owner: Actor) -> None:
    first, second = await invite(context, owner), await invite(context, owner)
    (row,) = await context.db.read(members.invitations, owner, now=NOON)
    assert await context.db.read(members.invited, first, NOON) is None
    assert await context.db.read(members.invited, second, NOON + members.LASTS - timedelta(seconds=1)) is not None
    assert await context.db.read(members.invited, second, NOON + members.LASTS) is None

    await context.db.write(members.take_back, owner, row["id"], now=NOON)
    assert await context.db.read(members.invited, second, NOON) is None
    assert await code_of(context.db.write(members.take_back, owner, row["id"], now=NOON)) == "invitation_not_found"


@pytest.mark.parametrize(
    ("email", "role", "code"),
    [
        ("nobody", "editor", "email_invalid"),
        ("new@example.com", "king", "role_invalid"),
        ("olivia@example.com", "editor", "member_exists"),
    ],
)
async def test_what_is_no_invitation_is_refused(
    context: Context, owner: Actor, email: str, role: str, code: str
) -> None:
    assert await code_of(invite(context, owner, email, role)) == code
    assert await context.db.read(members.invitations, owner, now=NOON) == []


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
async def test_who_manages_nothing_invites_and_changes_nobody(context: Context, owner: Actor, role: Role) -> None:
    other = await context.db.write(somebody, "eve", owner.workspace_id, role)
    assert await code_of(invite(context, other)) == "forbidden"
    assert await code_of(context.db.write(members.set_role, other, owner.user_id, "viewer", now=NOON)) == "forbidden"
    assert await code_of(context.db.write(members.remove, other, owner.user_id, now=NOON)) == "forbidden"
    assert await code_of(context.db.read(members.invitations, other, now=NOON)) == "forbidden"


async def test_admins_make_no_owners_and_change_none(context: Context, owner: Actor) -> None:
    admin = await context.db.write(somebody, "adam", owner.workspace_id, Role.ADMIN)
    assert await code_of(invite(context, admin, role="owner")) == "forbidden"
    assert await code_of(context.db.write(members.set_role, admin, admin.user_id, "owner", now=NOON)) == "forbidden"
    assert await code_of(context.db.write(members.set_role, admin, owner.user_id, "viewer", now=NOON)) == "forbidden"
    assert await code_of(context.db.write(members.remove, admin, owner.user_id, now=NOON)) == "forbidden"


async def test_one_owner_always_stays(context: Context, owner: Actor) -> None:
    assert await code_of(context.db.write(members.set_role, owner, owner.user_id, "editor", now=NOON)) == "last_owner"
    assert await code_of(context.db.write(members.remove, owner, owner.user_id, now=NOON)) == "last_owner"

    second = await context.db.write(somebody, "oscar", owner.workspace_id, Role.EDITOR)
    await context.db.write(members.set_role, owner, second.user_id, "owner", now=NOON)
    await context.db.write(members.remove, owner, owner.user_id, now=NOON)
    assert (await roles(context, second)).get("olivia@example.com") is None


async def test_members_of_other_workspaces_are_not_there(context: Context, owner: Actor, bob: Actor) -> None:
    stranger = await context.db.write(somebody, "sam", bob.workspace_id, Role.EDITOR)
    assert "sam@example.com" not in await roles(context, owner)
    assert await code_of(context.db.write(members.set_role, owner, stranger.user_id, "viewer", now=NOON)) == "member_not_found"  # fmt: skip
    assert await code_of(context.db.write(members.remove, owner, stranger.user_id, now=NOON)) == "member_not_found"


async def test_the_log_says_who_did_what_without_what_was_answered(context: Context, owner: Actor) -> None:
    await invite(context, owner)

    def secretive(session: Session) -> None:
        session.add(
            Event(
                workspace_id=owner.workspace_id,
                at=NOON,
                kind="account.connected",
                actor=owner.label,
                subject_id=None,
                data={"handle": "telegram:@news", "token": "hush"},
            )
        )

    await context.db.write(secretive)
    found = await context.db.read(audit.entries, owner)

    assert [entry["kind"] for entry in found[:2]] == ["account.connected", "member.invited"]
    assert {entry["by"] for entry in found[:2]} == {"olivia@example.com"}
    assert "hush" not in repr(found)
    people = await context.db.read(audit.entries, owner, group="people", before=found[0]["seq"])
    assert [entry["kind"] for entry in people][:1] == ["member.invited"]
    assert all(entry["kind"].startswith(("member.", "user.")) for entry in people)
    viewer = replace(owner, role=Role.EDITOR)
    assert await code_of(context.db.read(audit.entries, viewer)) == "forbidden"


async def test_the_log_names_the_files_and_can_be_narrowed_to_them(context: Context, owner: Actor) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield image()

    await invite(context, owner)
    await assets.upload(context, owner, chunks(), filename="sea.png")
    found = await context.db.read(audit.entries, owner, group="files")

    assert [(entry["kind"], entry["subject"], entry["postId"]) for entry in found] == [("asset.added", "sea.png", None)]


async def test_a_workspace_ends_with_everything_in_it_and_no_other(context: Context, owner: Actor, bob: Actor) -> None:
    name = await context.db.read(lambda session: session.get_one(Workspace, owner.workspace_id).name)
    admin = replace(owner, role=Role.ADMIN)
    assert await code_of(closing.delete_workspace(context, admin, name)) == "forbidden"
    assert await code_of(closing.delete_workspace(context, owner, "Another")) == "workspace_name_wrong"

    await closing.delete_workspace(context, owner, f" {name} ")

    left = await context.db.read(lambda session: [row.id for row in workspaces.all_workspaces(session)])
    assert owner.workspace_id not in left
    assert bob.workspace_id in left
    assert await context.db.read(lambda session: session.scalars(select(Post)).all()) == []
    gone = await context.db.read(lambda session: session.scalars(select(Event.kind)).all())
    assert "workspace.deleted" in gone


async def test_a_workspace_with_a_post_on_its_way_stays_as_it_is(context: Context, owner: Actor) -> None:
    def busy(session: Session) -> tuple[str, str]:
        account = add_account(session, owner, "bird")
        add_post(session, owner, account, NOON, status=PostStatus.PUBLISHING)
        return account, session.get_one(Workspace, owner.workspace_id).name

    with networks(CHIRP):
        account, name = await context.db.write(busy)
        assert await code_of(closing.delete_workspace(context, owner, name)) == "workspace_busy"

    assert (await context.db.read(workspaces.settings, owner))["pausedAt"] is None
    assert await context.db.read(lambda session: session.get_one(Account, account).status) == AccountStatus.CONNECTED
