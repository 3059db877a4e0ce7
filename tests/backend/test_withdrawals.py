"""The two messages on every database; what they look like from outside stands in the tests of the API."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

import providers
from backend import connections, limits, withdrawals
from backend.access import Actor
from backend.context import Context
from backend.errors import AppError
from backend.models import Account, Connection, DataDeletion, LimitWait, Post, ProviderApp, RateLevel, Run
from backend.status import PostStatus

from .conftest import NOON
from .fake_network import CODE, FakeNetwork, identify, providers_of
from .rows import add_post

PERSON = 4711


def signed(secret: str = "app-secret", **more: Any) -> str:
    payload = json.dumps({"algorithm": "HMAC-SHA256", "user_id": str(PERSON), **more}).encode()
    text = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{base64.urlsafe_b64encode(signature).decode().rstrip('=')}.{text}"


def join_family(network: FakeNetwork, monkeypatch: pytest.MonkeyPatch, user_id: Any = PERSON) -> None:
    def named() -> Any:
        return tuple(replace(one, meta={"user_id": user_id}) for one in (yield from identify()))

    made = providers_of(network)
    how = replace(made["fakebook"].connect, identify=named)  # type: ignore[type-var]
    known = {**made, "fakebook": replace(made["fakebook"], connect=how, grant_family="clan")}
    monkeypatch.setattr(providers, "all_providers", lambda: known)


async def connect(context: Context, actor: Actor) -> list[str]:
    started = await connections.start(context, actor, {"provider": "fakebook"})
    state = started["connection"]["authorizeUrl"].partition("state=")[2].partition("&")[0]
    done = await connections.finish_oauth(context, "fakebook", {"state": state, "code": CODE})
    return [account["id"] for account in done["accounts"]]


async def one(context: Context, model: type[Any], id: Any) -> Any:
    return await context.db.read(lambda session: session.get_one(model, id))


@pytest.mark.parametrize("user_id", [PERSON, str(PERSON), ["1", PERSON]], ids=["number", "text", "one of two"])
async def test_a_person_is_found_by_any_of_their_ids(
    context: Context, alice: Actor, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch, user_id: Any
) -> None:
    join_family(network, monkeypatch, user_id)
    account = (await connect(context, alice))[0]

    await withdrawals.take_back(context, "clan", signed())

    assert (await one(context, Account, account)).status == "needs_reconnect"


async def test_posts_runs_and_limits_of_a_person_who_is_forgotten(
    context: Context, alice: Actor, bob: Actor, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    join_family(network, monkeypatch)
    account, bobs = (await connect(context, alice))[0], (await connect(context, bob))[0]
    moves = {
        PostStatus.DRAFT: PostStatus.CANCELED,
        PostStatus.SCHEDULED: PostStatus.CANCELED,
        PostStatus.RETRY_PENDING: PostStatus.CANCELED,
        PostStatus.PUBLISHING: PostStatus.FAILED,
        PostStatus.PUBLISHED: PostStatus.PUBLISHED,
        PostStatus.FAILED: PostStatus.FAILED,
        PostStatus.CANCELED: PostStatus.CANCELED,
    }
    posts = {status: await context.db.write(add_post, alice, account, NOON, status=status) for status in moves}
    for key in ("account:fakebook:7", "reading:account:fakebook:7", "account:fakebook:77"):
        await context.db.write(limits.wait_until, key, NOON + timedelta(hours=1), "told to")
    for key in ("account:fakebook:7:0", "account:fakebook:77:0"):
        await context.db.write(lambda session, key=key: session.add(RateLevel(key=key, counts={})))

    code = await withdrawals.forget(context, "clan", signed())

    found = {status: await one(context, Post, id) for status, id in posts.items()}
    assert {status: row.status for status, row in found.items()} == moves
    assert {row.account_handle for row in found.values()} == {f"fakebook:deleted:{account.rpartition('_')[2]}"}
    run = await one(context, Run, found[PostStatus.SCHEDULED].run_id)
    assert run.status == "completed"
    waits, levels = [await context.db.read(lambda session, m=m: session.scalars(select(m.key)).all()) for m in (LimitWait, RateLevel)]  # fmt: skip
    assert (waits, levels) == (["account:fakebook:77"], ["account:fakebook:77:0"])
    row = await one(context, DataDeletion, code)
    assert (row.provider, row.state, row.removed["connections"]) == ("clan", "done", 2), "in every workspace"
    assert (await one(context, Account, bobs)).meta == {}


async def test_a_renewal_that_was_under_way_brings_no_login_back(
    context: Context, alice: Actor, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    join_family(network, monkeypatch)
    account = await one(context, Account, (await connect(context, alice))[0])
    before = (await one(context, Connection, account.connection_id)).token_version

    await withdrawals.take_back(context, "clan", signed())

    row = await one(context, Connection, account.connection_id)
    assert (row.credential, row.refresh_owner, row.token_version) == (None, None, before + 1)


async def test_an_app_of_a_workspace_speaks_for_that_workspace(
    context: Context, alice: Actor, bob: Actor, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    join_family(network, monkeypatch)
    mine, theirs = (await connect(context, alice))[0], (await connect(context, bob))[0]

    def enter(session: Any, workspace_id: str, row_id: str, sealed: str) -> None:
        session.add(
            ProviderApp(
                id=row_id,
                workspace_id=workspace_id,
                provider="fakebook",
                environment="live",
                client_id="app-1",
                client_secret=sealed,
                created_at=NOON,
                updated_at=NOON,
            )
        )

    sealed = context.sealer.seal("of alice", table="provider_apps", row="app_1", column="client_secret")
    await context.db.write(enter, alice.workspace_id, "app_1", sealed)
    await context.db.write(enter, bob.workspace_id, "app_2", "cannot be opened")

    await withdrawals.take_back(context, "clan", signed("of alice"))

    assert (await one(context, Account, mine)).status == "needs_reconnect"
    assert (await one(context, Account, theirs)).status == "connected"


async def test_another_family_hears_nothing(
    context: Context, alice: Actor, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    join_family(network, monkeypatch)
    await connect(context, alice)

    with pytest.raises(AppError, match="not valid"):
        await withdrawals.take_back(context, "others", signed())
