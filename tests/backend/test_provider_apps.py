"""Developer apps that are entered on screen serve their workspace; their secrets are never told again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from backend import connections, provider_apps
from backend.access import Actor, Role
from backend.context import Context
from backend.errors import AppError
from backend.models import ProviderApp

from .fake_network import FakeNetwork


async def rows(context: Context, actor: Actor) -> dict[str, dict[str, object]]:
    found = await context.db.read(provider_apps.list_apps, actor, context=context)
    return {str(row["provider"]): row for row in found}


async def save(context: Context, actor: Actor, client_id: str, client_secret: str) -> None:
    await context.db.write(
        provider_apps.save, actor, "fakebook", client_id=client_id, client_secret=client_secret, context=context
    )


@pytest.fixture
def bare(context: Context, network: FakeNetwork) -> Context:
    """Without apps in the environment."""
    environ = {name: value for name, value in context.settings.environ.items() if "_CLIENT_" not in name}
    return replace(context, settings=replace(context.settings, environ=environ))


async def test_an_app_that_is_entered_lets_people_connect(bare: Context, alice: Actor, bob: Actor) -> None:
    with pytest.raises(AppError, match="needs a developer app"):
        await connections.start(bare, alice, {"provider": "fakebook"})
    await save(bare, alice, " app-7 ", "very-secret")
    started = await connections.start(bare, alice, {"provider": "fakebook"})
    assert "client_id=app-7" in started["connection"]["authorizeUrl"]
    row = (await rows(bare, alice))["fakebook"]
    assert (row["clientId"], row["source"]) == ("app-7", "workspace")
    assert str(row["redirectUri"]).endswith("/oauth/fakebook/callback")
    assert (await rows(bare, bob))["fakebook"]["source"] is None
    with pytest.raises(AppError):
        await connections.start(bare, bob, {"provider": "fakebook"})


async def test_the_secret_is_sealed_and_told_to_nobody(bare: Context, alice: Actor) -> None:
    await save(bare, alice, "app-7", "very-secret")
    assert "very-secret" not in str(await rows(bare, alice))
    stored = await bare.db.read(lambda session: session.scalars(select(ProviderApp.client_secret)).all())
    assert all("very-secret" not in str(value) for value in stored)


async def test_a_changed_id_needs_its_secret_and_an_empty_one_keeps_the_old(bare: Context, alice: Actor) -> None:
    with pytest.raises(AppError, match="client secret"):
        await save(bare, alice, "app-7", "")
    await save(bare, alice, "app-7", "very-secret")
    await save(bare, alice, "app-7", "")
    with pytest.raises(AppError, match="another secret"):
        await save(bare, alice, "app-8", "")
    with pytest.raises(AppError, match="client id"):
        await save(bare, alice, "  ", "x")


async def test_an_app_is_removed_and_editors_may_do_neither(bare: Context, alice: Actor) -> None:
    await save(bare, alice, "app-7", "very-secret")
    editor = replace(alice, role=Role.EDITOR)
    with pytest.raises(AppError, match="role"):
        await save(bare, editor, "app-7", "other")
    with pytest.raises(AppError, match="role"):
        await bare.db.write(provider_apps.remove, editor, "fakebook", context=bare)
    await bare.db.write(provider_apps.remove, alice, "fakebook", context=bare)
    assert (await rows(bare, alice))["fakebook"]["source"] is None
