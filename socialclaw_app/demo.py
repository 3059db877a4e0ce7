"""The main job without a single credential: sandbox networks, a sample workspace, a link to walk in."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from backend import accounts, connections, runs, users, workspaces
from backend.access import Actor, Role
from backend.context import Context, own_connections, utc_now
from backend.settings import Settings, default_data_dir

from .app import create_app
from .parts import open_parts
from .sandboxed import logins, sandboxed
from .serving import serve, with_address

log = logging.getLogger(__name__)

NAME = "Demo workspace"
EMAIL = "demo@localhost.example"


def run(settings: Settings, *, data_dir_given: bool, host: str, port: int) -> None:
    """Blocks until the server is stopped. Keeps its own data folder, so that trying it out touches nothing real."""
    settings = replace(
        with_address(settings, host, port), data_dir=settings.data_dir if data_dir_given else demo_folder(settings)
    )
    with sandboxed(settings, start=True, url=None) as settings, open_parts(settings) as parts:
        link = prepare(parts.context)
        print(f"\nSocialClaw demo\n\n  Open this once:  {settings.public_base_url}/auth/link/{link}", file=sys.stderr)
        print(f"  What the audience sees:  {settings.sandbox_address}\n", file=sys.stderr)
        serve(create_app(parts), host=host, port=port)


def demo_folder(settings: Settings) -> Path:
    return (settings.data_dir if settings.data_dir != default_data_dir() else default_data_dir()) / "demo"


def prepare(context: Context) -> str:
    """The workspace and its accounts, made at the first start; a fresh sign-in link every time."""
    workspace_id, user_id = context.db.write_now(_workspace)
    actor = Actor(workspace_id=workspace_id, label="demo", role=Role.OWNER, user_id=user_id)
    asyncio.run(_connect_all(context, actor))
    return context.db.write_now(
        users.make_link,
        user_id=user_id,
        workspace_id=workspace_id,
        now=utc_now(),
        lasts=timedelta(days=1),
    )


def _workspace(session: Session) -> tuple[str, str]:
    known = users.find(session, EMAIL)
    if known is not None:
        return workspaces.of_user(session, known.id)[0][0].id, known.id
    workspace = workspaces.create(session, name=NAME, now=utc_now())
    user = users.create(
        session, email=EMAIL, password=None, workspace_id=workspace.id, role=Role.OWNER, name="You", now=utc_now()
    )
    return workspace.id, user.id


async def _connect_all(context: Context, actor: Actor) -> None:
    """Every account that a person could connect by pasting values; sandbox networks keep what they hand out for this."""
    async with own_connections(context) as context:
        connected = {account["provider"] for account in await context.db.read(accounts.list_accounts, actor, None)}
        for provider_id, seeds in logins(context.settings).items():
            if provider_id in connected:
                continue
            for values in seeds:
                await connections.start(context, actor, {"provider": provider_id, **values})
        if not connected:
            await _sample_posts(context, actor)


async def _sample_posts(context: Context, actor: Actor) -> None:
    found = await context.db.read(accounts.list_accounts, actor, None)
    now = context.now()
    entries: list[Mapping[str, Any]] = [
        {"account": account["handle"], "description": text, "publish_at": (now + timedelta(hours=hours)).isoformat()}
        for account, text, hours in zip(found, _TEXTS, (4, 26, 50), strict=False)
    ]
    if entries:
        await runs.apply_once(context, actor, {"posts": entries}, source=runs.SAMPLES)


_TEXTS = (
    "Good morning! This one is scheduled; drag it to another day in the calendar.",
    "Our new guide is out this week. Open this post to see what happens to it, step by step.",
    "Thank you for reading along. Write your own with Compose.",
)
