"""A native window: the same app on this machine alone, with its worker inside."""

from __future__ import annotations

import importlib
import json
import logging
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from backend import users, workspaces
from backend.access import Role
from backend.context import utc_now
from backend.settings import Settings, SettingsError

from .app import create_app
from .parts import Parts, open_parts
from .sandboxed import sandboxed
from .serving import ServerThread, free_port, with_address

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
PREFERRED_PORT = 8765
OWNER = "owner@desktop.local"


def run(settings: Settings, *, with_sandbox: bool = False) -> None:
    """Blocks until the window is closed; then what is in flight finishes and the server ends."""
    webview = _webview()
    settings = replace(settings, use_keyring=True)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = _port(settings.data_dir)
    settings = with_address(settings, HOST, port)
    with sandboxed(settings, start=with_sandbox, url=None) as settings, open_parts(settings) as parts:
        server = ServerThread(create_app(parts), host=HOST, port=port)
        server.start()
        try:
            webview.create_window(
                "SocialClaw",
                f"{settings.public_base_url}/auth/link/{_link(parts)}",
                width=1280,
                height=860,
                min_size=(380, 560),
            )
            webview.start(private_mode=False, storage_path=str(settings.data_dir / "window"))
        finally:
            server.stop()


def _webview() -> Any:
    try:
        return importlib.import_module("webview")
    except ImportError as error:
        raise SettingsError(
            "The window needs pywebview: install SocialClaw with its desktop extra, or use `socialclaw serve`."
        ) from error


def _port(data_dir: Path) -> int:
    """The same at every start, so that addresses registered with networks stay right."""
    kept = data_dir / "desktop.json"
    preferred = PREFERRED_PORT
    with suppress(OSError, ValueError, KeyError):
        preferred = int(json.loads(kept.read_text())["port"])
    port = free_port(HOST, preferred)
    if not kept.exists():
        kept.write_text(json.dumps({"port": port}))
    return port


def _link(parts: Parts) -> str:
    workspace_id, user_id = parts.context.db.write_now(_owner)
    return parts.context.db.write_now(
        users.make_link,
        user_id=user_id,
        workspace_id=workspace_id,
        now=utc_now(),
        lasts=timedelta(minutes=5),
    )


def _owner(session: Session) -> tuple[str, str]:
    """The one person of a desktop: whoever opened the window on this machine."""
    known = users.find(session, OWNER)
    if known is not None:
        return workspaces.of_user(session, known.id)[0][0].id, known.id
    workspace = workspaces.create(session, name="My workspace", now=utc_now())
    user = users.create(
        session, email=OWNER, password=None, workspace_id=workspace.id, role=Role.OWNER, name="You", now=utc_now()
    )
    return workspace.id, user.id
