"""Signing in and out, one-time links, and who sits at a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from backend import users, workspaces
from backend.access import Actor, Role
from backend.context import Context
from backend.errors import AppError
from backend.models import SetupLink, SignIn, User

from .conftest import NOON, Clock

EMAIL, PASSWORD = "alice@example.com", "a long enough password"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cost would make these tests take minutes."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(users, "_hasher", quick)
    monkeypatch.setattr(users, "_nobodys_hash", lambda: quick.hash("the password of nobody"))


@pytest.fixture
async def member(context: Context, alice: Actor) -> User:
    """Alice, who owns her workspace."""
    return await context.db.write(
        users.create, email=EMAIL, password=PASSWORD, workspace_id=alice.workspace_id, role=Role.OWNER, now=NOON
    )


async def code_of(coroutine: object) -> str:
    with pytest.raises(AppError) as refused:
        await coroutine  # type: ignore[misc]
    return refused.value.code


async def test_the_right_password_signs_in(context: Context, member: User, alice: Actor) -> None:
    visit = await users.sign_in(context, "  Alice@Example.com ", PASSWORD)
    actor = await users.visitor(context, visit.token)
    assert actor is not None
    assert (actor.workspace_id, actor.role, actor.user_id) == (alice.workspace_id, Role.OWNER, member.id)
    assert actor.session_id == visit.session_id


@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, "another password"), ("bob@example.com", PASSWORD), ("", ""), (EMAIL, "x" * 100_000)],
)
async def test_wrong_ones_get_the_same_answer(context: Context, member: User, email: str, password: str) -> None:
    assert await code_of(users.sign_in(context, email, password)) == "sign_in_failed"


async def test_the_rows_hold_no_password_and_no_token(context: Context, member: User) -> None:
    visit = await users.sign_in(context, EMAIL, PASSWORD)
    user = await context.db.read(lambda session: session.scalars(select(User)).one())
    row = await context.db.read(lambda session: session.scalars(select(SignIn)).one())
    assert PASSWORD not in repr(vars(user))
    assert visit.token not in repr(vars(row))
    assert visit.token not in repr(visit)


@pytest.mark.parametrize(("password", "code"), [("short", "password_too_short"), ("x" * 501, "password_too_long")])
async def test_a_password_has_a_sensible_length(context: Context, alice: Actor, password: str, code: str) -> None:
    assert await code_of(context.db.write(users.create, email=EMAIL, password=password, now=NOON)) == code


async def test_an_address_belongs_to_one_user(context: Context, member: User) -> None:
    again = context.db.write(users.create, email="ALICE@example.com", password=None, now=NOON)
    assert await code_of(again) == "user_exists"


@pytest.mark.parametrize("email", ["", "alice", "a b@example.com", "@", "a" * 250 + "@example.com"])
async def test_what_is_no_address_is_refused(context: Context, email: str) -> None:
    assert await code_of(context.db.write(users.create, email=email, password=None, now=NOON)) == "email_invalid"


async def test_a_user_without_a_password_cannot_sign_in_with_one(context: Context) -> None:
    await context.db.write(users.create, email=EMAIL, password=None, now=NOON)
    assert await code_of(users.sign_in(context, EMAIL, "")) == "sign_in_failed"


# --- the end of a session ---------------------------------------------------------------------------------------------


async def test_signing_out_ends_this_session_only(context: Context, member: User) -> None:
    here = await users.sign_in(context, EMAIL, PASSWORD)
    there = await users.sign_in(context, EMAIL, PASSWORD)
    await context.db.write(users.sign_out, here.token, NOON)
    assert await users.visitor(context, here.token) is None
    assert await users.visitor(context, there.token) is not None


async def test_signing_out_everywhere_can_keep_this_session(context: Context, member: User) -> None:
    here = await users.sign_in(context, EMAIL, PASSWORD)
    there = await users.sign_in(context, EMAIL, PASSWORD)
    assert await context.db.write(users.sign_out_everywhere, member.id, NOON, keep=here.session_id) == 1
    assert await users.visitor(context, here.token) is not None
    assert await users.visitor(context, there.token) is None


async def test_a_new_password_ends_the_sessions_of_the_old_one(context: Context, member: User) -> None:
    visit = await users.sign_in(context, EMAIL, PASSWORD)
    await context.db.write(users.set_password, member.id, users.hash_password("another long password"), NOON)
    assert await users.visitor(context, visit.token) is None
    assert await code_of(users.sign_in(context, EMAIL, PASSWORD)) == "sign_in_failed"
    await users.sign_in(context, EMAIL, "another long password")


async def test_a_session_ends_after_idle_days(context: Context, member: User, clock: Clock) -> None:
    visit = await users.sign_in(context, EMAIL, PASSWORD)
    clock.forward(timedelta(days=7) - timedelta(seconds=1))
    assert await users.visitor(context, visit.token) is not None
    clock.forward(timedelta(days=7) - timedelta(seconds=1))
    assert await users.visitor(context, visit.token) is not None
    clock.forward(timedelta(days=7))
    assert await users.visitor(context, visit.token) is None


async def test_a_session_ends_at_last_even_when_used(context: Context, member: User, clock: Clock) -> None:
    visit = await users.sign_in(context, EMAIL, PASSWORD)
    for _ in range(29):
        clock.forward(timedelta(days=1))
        assert await users.visitor(context, visit.token) is not None
    clock.forward(timedelta(days=1))
    assert await users.visitor(context, visit.token) is None


async def test_a_disabled_user_is_out_at_once(context: Context, member: User) -> None:
    visit = await users.sign_in(context, EMAIL, PASSWORD)
    await context.db.write(lambda session: session.execute(update(User).values(disabled_at=NOON)) and None)
    assert await users.visitor(context, visit.token) is None
    assert await code_of(users.sign_in(context, EMAIL, PASSWORD)) == "sign_in_failed"


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 500])
async def test_an_unknown_token_is_nobody(context: Context, member: User, token: str) -> None:
    assert await users.visitor(context, token) is None


# --- workspaces of a person -------------------------------------------------------------------------------------------


async def test_a_session_looks_at_the_workspace_that_was_chosen(
    context: Context, member: User, alice: Actor, bob: Actor
) -> None:
    visit = await users.sign_in(context, EMAIL, PASSWORD)
    actor = await users.visitor(context, visit.token)
    assert actor is not None
    assert await code_of(context.db.write(users.choose_workspace, actor, bob.workspace_id)) == "workspace_not_found"
    await context.db.write(workspaces.add_member, bob.workspace_id, member.id, Role.VIEWER, NOON)
    await context.db.write(users.choose_workspace, actor, bob.workspace_id)
    chosen = await users.visitor(context, visit.token)
    assert chosen is not None
    assert (chosen.workspace_id, chosen.role) == (bob.workspace_id, Role.VIEWER)


async def test_a_person_without_a_workspace_sees_nothing(context: Context) -> None:
    await context.db.write(users.create, email=EMAIL, password=PASSWORD, now=NOON)
    visit = await users.sign_in(context, EMAIL, PASSWORD)
    assert await users.visitor(context, visit.token) is None


# --- too many tries ---------------------------------------------------------------------------------------------------


async def test_guessing_is_stopped_for_a_while(context: Context, member: User, clock: Clock) -> None:
    for _ in range(users.Tries.MOST["email"]):
        assert await code_of(users.sign_in(context, EMAIL, "guess", address="10.0.0.9")) == "sign_in_failed"
    with pytest.raises(AppError, match="Wait 15 minutes") as refused:
        await users.sign_in(context, EMAIL, PASSWORD, address="10.0.0.9")
    assert (refused.value.status, refused.value.retry_after) == (429, 900.0)
    await users.sign_in(context, EMAIL, PASSWORD, address="10.0.0.7")
    clock.forward(timedelta(minutes=15))
    await users.sign_in(context, EMAIL, PASSWORD, address="10.0.0.9")


async def test_trying_many_addresses_from_one_place_is_stopped_too(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(users.Tries.MOST, "address", 3)
    for number in range(3):
        failed = users.sign_in(context, f"user{number}@example.com", "guess", address="10.0.0.9")
        assert await code_of(failed) == "sign_in_failed"
    assert await code_of(users.sign_in(context, "user4@example.com", "guess", address="10.0.0.9")) == "rate_limited"


async def test_a_right_password_forgets_the_wrong_ones(context: Context, member: User) -> None:
    for _ in range(3):
        for _ in range(users.Tries.MOST["email"] - 1):
            await code_of(users.sign_in(context, EMAIL, "guess"))
        await users.sign_in(context, EMAIL, PASSWORD)


# --- one-time links ---------------------------------------------------------------------------------------------------


async def test_the_first_start_makes_a_workspace_and_its_link_the_owner(context: Context) -> None:
    link = await context.db.write(users.first_link, now=NOON)
    assert link is not None
    assert await context.db.read(users.link_works, link, users.SETUP, NOON)
    visit = await users.set_up(context, link=link, email=EMAIL, password=PASSWORD, workspace_name="Acme")
    assert visit.session["tenant"]["name"] == "Acme"
    assert visit.session["membership"]["role"] == "owner"
    assert await context.db.write(users.first_link, now=NOON) is None
    assert len(await context.db.read(workspaces.all_workspaces)) == 1


async def test_a_set_up_link_works_once(context: Context) -> None:
    link = await context.db.write(users.first_link, now=NOON) or ""
    await users.set_up(context, link=link, email=EMAIL, password=PASSWORD)
    assert await code_of(users.set_up(context, link=link, email="b@example.com", password=PASSWORD)) == "setup_done"


async def test_a_later_start_replaces_the_link_of_an_earlier_one(context: Context) -> None:
    earlier = await context.db.write(users.first_link, now=NOON) or ""
    later = await context.db.write(users.first_link, now=NOON) or ""
    assert await code_of(users.set_up(context, link=earlier, email=EMAIL, password=PASSWORD)) == "link_invalid"
    await users.set_up(context, link=later, email=EMAIL, password=PASSWORD)


async def test_a_password_that_is_too_short_does_not_use_the_link_up(context: Context) -> None:
    link = await context.db.write(users.first_link, now=NOON) or ""
    assert await code_of(users.set_up(context, link=link, email=EMAIL, password="short")) == "password_too_short"
    assert await code_of(users.set_up(context, link=link, email="nobody", password=PASSWORD)) == "email_invalid"
    await users.set_up(context, link=link, email=EMAIL, password=PASSWORD)


async def test_a_sign_in_link_works_once_and_in_time(
    context: Context, member: User, alice: Actor, clock: Clock
) -> None:
    def make() -> object:
        return context.db.write(
            users.make_link, user_id=member.id, workspace_id=alice.workspace_id, now=clock(), lasts=timedelta(minutes=5)
        )

    link = await make()  # type: ignore[misc]
    visit = await users.follow_link(context, link)
    assert visit.user_id == member.id
    assert await code_of(users.follow_link(context, link)) == "link_invalid"
    late = await make()  # type: ignore[misc]
    clock.forward(timedelta(minutes=5))
    assert await code_of(users.follow_link(context, late)) == "link_invalid"


async def test_a_link_serves_its_purpose_only(context: Context, member: User, alice: Actor) -> None:
    setup = await context.db.write(
        users.make_link, user_id=None, workspace_id=alice.workspace_id, now=NOON, purpose=users.SETUP
    )
    assert await code_of(users.follow_link(context, setup)) == "link_invalid"
    stored = await context.db.read(lambda session: session.scalars(select(SetupLink)).one())
    assert setup not in repr(vars(stored))
