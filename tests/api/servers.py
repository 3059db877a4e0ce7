"""Servers of their own, for what the shared one cannot show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from backend.settings import load
from socialclaw_app.app import create_app
from socialclaw_app.parts import open_parts
from socialclaw_app.sandbox import SandboxThread
from socialclaw_app.sandboxed import pointed_at
from socialclaw_app.serving import ServerThread, free_port

from .conftest import OPEN, Client, Server


@contextmanager
def another(
    folder: Path, sandbox: SandboxThread, *, apps: bool = True, worker: bool = False, **changes: Any
) -> Iterator[Client]:
    """One with a workspace; without ``apps`` nobody registered it at a network."""
    port = free_port("127.0.0.1", 0)
    settings = load({}, data_dir=folder)
    if apps:
        settings = pointed_at(settings, sandbox.url)
    wanted = {"public_base_url": f"http://127.0.0.1:{port}", **OPEN, **changes}
    settings = replace(settings, **wanted)
    with open_parts(settings) as parts:
        app = create_app(parts, worker=worker, pages=False)
        running = ServerThread(app, host="127.0.0.1", port=port)
        running.start()
        try:
            yield Server(parts=parts, app=app, url=settings.public_base_url, sandbox=sandbox).workspace("Another")
        finally:
            running.stop()
