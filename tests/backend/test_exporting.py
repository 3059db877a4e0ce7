"""The archive of a workspace holds all that is its own, nothing of others, and no secret."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from backend import assets, connections, exporting, importing, runs, schedule_files
from backend.access import Actor
from backend.context import Context
from backend.errors import AppError
from backend.models import Base
from tests.api.files import image

from .fake_network import KEY, FakeNetwork


async def filled(context: Context, actor: Actor, words: str) -> dict[str, Any]:
    async def chunks() -> Any:
        yield image()

    account = (await connections.start(context, actor, {"provider": "pasted", "apiKey": KEY}))["account"]
    asset = await assets.upload(context, actor, chunks(), filename="../sea.png")
    entry = {
        "account": account["handle"],
        "description": words,
        "publish_at": "2036-01-01T00:00:00Z",
        "assets": [{"id": asset["id"]}],
    }
    applied = await runs.apply_once(context, actor, {"posts": [entry]})
    return {"account": account, "asset": asset, "run": applied.run}


def opened(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_everything_is_in_it_and_a_run_can_be_imported_again(
    context: Context, network: FakeNetwork, alice: Actor, bob: Actor
) -> None:
    made = await filled(context, alice, "Told by Alice")
    await filled(context, bob, "Told by Bob")

    found = opened((await exporting.export(context, alice)).path)

    assert image() in found.values()
    assert all(".." not in name for name in found)
    assert "Told by Alice" in found["posts.csv"].decode()
    assert b"Told by Bob" not in b"".join(found.values())
    accounts = [json.loads(line) for line in found["tables/accounts.json"].decode().splitlines()]
    assert [account["handle"] for account in accounts] == [made["account"]["handle"]]
    schedule = schedule_files.read("x.yaml", found[f"schedules/{made['run']['id']}.yaml"], timezone="UTC")
    told = await context.db.read(importing.dry_run, alice, schedule, settings=context.settings, now=context.now())
    assert told["ready"], told
    assert [row["text"] for row in told["rows"]] == ["Told by Alice"]


async def test_no_secret_is_in_it(context: Context, network: FakeNetwork, alice: Actor) -> None:
    made = await filled(context, alice, "Words")
    token = made["asset"]["publicUrl"].rsplit("/", 2)[1]

    found = opened((await exporting.export(context, alice)).path)

    tables = b"".join(content for name, content in found.items() if name.startswith("tables/"))
    for column in exporting.SECRET:
        assert f'"{column}"'.encode() not in tables
    assert KEY.encode() not in tables
    assert token.encode() not in found["tables/files.json"]


def test_no_table_of_a_workspace_is_forgotten() -> None:
    owned = {mapper.class_ for mapper in Base.registry.mappers if "workspace_id" in mapper.columns}

    assert owned == set(exporting.TABLES.values()) | set(exporting.LEFT_OUT)


async def test_only_who_manages_the_workspace_gets_it(context: Context, viewer: Actor) -> None:
    with pytest.raises(AppError) as refused:
        await exporting.export(context, viewer)

    assert refused.value.code == "forbidden"


@pytest.fixture
def viewer(alice: Actor) -> Actor:
    from dataclasses import replace

    from backend.access import Role

    return replace(alice, role=Role.EDITOR)


async def test_archives_that_nobody_fetched_are_swept(context: Context, alice: Actor) -> None:
    import os

    fresh, old = [(await exporting.export(context, alice)).path for _ in range(2)]
    before = (context.now() - exporting.KEPT).timestamp() - 1
    os.utime(old, (before, before))
    os.utime(fresh, (before + 60, before + 60))

    await exporting.sweep(context)

    assert (fresh.exists(), old.exists()) == (True, False)


async def test_rows_that_are_wrong_are_shown_as_they_were_written(
    context: Context, network: FakeNetwork, alice: Actor
) -> None:
    made = await filled(context, alice, "First")
    schedule = {"posts": [{"account": "nowhere:x", "description": "Lost"}, {"account": made["account"]["handle"], "description": "Good"}]}  # fmt: skip

    told = await context.db.read(importing.dry_run, alice, schedule, settings=context.settings, now=context.now())

    assert not told["ready"]
    assert [(row["account"], row["text"], len(row["issues"])) for row in told["rows"]] == [
        ("nowhere:x", "Lost", 1),
        (made["account"]["handle"], "Good", 0),
    ]
