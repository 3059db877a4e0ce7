"""Members are told of what needs them: on screen until they looked, by mail once, and only of what they want."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from backend import events, notices, users
from backend.access import Actor, Role
from backend.context import Context
from backend.db import Database
from backend.errors import AppError

from .conftest import NOON
from .post_office import Offices, Post, mailing, offices

__all__ = ["offices"]


def person(database: Database, workspace: Actor, email: str, role: Role = Role.EDITOR) -> Actor:
    user = database.write_now(
        users.create, email=email, password=None, workspace_id=workspace.workspace_id, role=role, now=NOON
    )
    return replace(workspace, user_id=user.id, label=f"user:{user.id}", role=role)


@pytest.fixture
def anna(database: Database, alice: Actor) -> Actor:
    """A member of the workspace."""
    return person(database, alice, "anna@example.com")


def happens(database: Database, actor: Actor, kind: str = "account.needs_reconnect", **data: Any) -> None:
    database.write_now(
        events.record, workspace_id=actor.workspace_id, at=NOON, kind=kind, actor="worker", subject_id="x", data=data
    )


def test_what_needs_somebody_is_counted_until_they_looked(database: Database, anna: Actor) -> None:
    happens(database, anna)
    happens(database, anna, "post.late", seconds=400)
    happens(database, anna, "post.published")

    assert database.read_now(notices.unseen, anna) == 2
    assert [(told["kind"], told["unseen"]) for told in database.read_now(notices.latest, anna)] == [
        ("late", True),
        ("login", True),
    ]

    database.write_now(notices.look, anna)
    happens(database, anna)

    assert database.read_now(notices.unseen, anna) == 1
    assert [told["unseen"] for told in database.read_now(notices.latest, anna)] == [True, False, False]


def test_one_member_looking_leaves_it_new_for_another(database: Database, alice: Actor, anna: Actor) -> None:
    charlie = person(database, alice, "charlie@example.com")
    happens(database, alice)
    database.write_now(notices.look, anna)

    assert (database.read_now(notices.unseen, anna), database.read_now(notices.unseen, charlie)) == (0, 1)


def test_what_happened_before_somebody_joined_or_elsewhere_is_no_news(
    database: Database, alice: Actor, bob: Actor
) -> None:
    happens(database, alice)
    happens(database, bob)
    late = person(database, alice, "late@example.com")

    assert database.read_now(notices.unseen, late) == 0


async def test_it_is_mailed_once_in_one_message(
    context: Context, database: Database, anna: Actor, offices: Offices
) -> None:
    post = Post()
    context = mailing(context, offices.open(post))
    happens(database, anna)
    happens(database, anna, "post.late", seconds=400)

    await notices.mail_new(context)
    await notices.mail_new(context)

    (mail,) = post.mails
    assert mail["To"] == "anna@example.com"
    assert mail["Subject"] == "Alice: 2 things need you"
    assert "http://127.0.0.1:8765/accounts" in mail.get_content()


async def test_a_mail_server_that_is_down_keeps_it_for_later(
    context: Context, database: Database, anna: Actor, offices: Offices
) -> None:
    from socialclaw_app.serving import free_port

    port = free_port("127.0.0.1", 0)
    context = mailing(context, port)
    happens(database, anna)
    await notices.mail_new(context)

    post = Post()
    offices.open(post, port)
    await notices.mail_new(context)

    assert [mail["Subject"] for mail in post.mails] == ["Alice: The login of an account has ended. Its posts wait until it is connected again."]  # fmt: skip


async def test_a_message_that_is_refused_is_not_sent_again_and_again(
    context: Context, database: Database, anna: Actor, offices: Offices
) -> None:
    post = Post(refuse=lambda mail: True)
    context = mailing(context, offices.open(post))
    happens(database, anna)
    await notices.mail_new(context)
    post.refuse = lambda mail: False
    await notices.mail_new(context)

    assert post.mails == []


async def test_nobody_is_mailed_of_what_they_do_not_want(
    context: Context, database: Database, anna: Actor, offices: Offices
) -> None:
    post = Post()
    context = mailing(context, offices.open(post))
    database.write_now(notices.wish, anna, {"late": False})
    happens(database, anna, "post.late", seconds=400)
    await notices.mail_new(context)
    database.write_now(notices.wish, anna, {"late": True})
    await notices.mail_new(context)

    assert post.mails == []
    assert database.read_now(notices.wishes, anna) == dict.fromkeys(notices.KINDS, True)


def test_a_kind_that_is_not_there_cannot_be_wished_for(database: Database, anna: Actor) -> None:
    with pytest.raises(AppError, match="no notices of the kind weather") as refused:
        database.write_now(notices.wish, anna, {"weather": True})

    assert refused.value.code == "notice_kind_unknown"


async def test_a_name_with_a_line_break_makes_no_header(
    context: Context, database: Database, anna: Actor, offices: Offices
) -> None:
    post = Post()
    context = mailing(context, offices.open(post))
    database.write_now(_rename, anna, "Alice\nBcc: evil@example.com", NOON)
    happens(database, anna)

    await notices.mail_new(context)

    assert post.recipients == [["anna@example.com"]]


def _rename(session: Any, actor: Actor, name: str, now: datetime) -> None:
    from backend.models import Workspace

    session.get_one(Workspace, actor.workspace_id).name = name
