"""A worker process that kills itself at a named point: ``python -m tests.crash.victim DATA_DIR SANDBOX POINT``."""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from backend.settings import load
from backend.worker import WorkerThreads
from socialclaw_app.parts import open_parts
from socialclaw_app.sandboxed import pointed_at

from .world import QUICK


def main(data_dir: str, sandbox: str, point: str, database_url: str = "") -> None:
    settings = replace(
        pointed_at(load(os.environ, data_dir=Path(data_dir)), sandbox),
        database_url=database_url,
        public_base_url="http://127.0.0.1:1",
        **QUICK,
    )

    def at(passed: str, post_id: str) -> None:
        if point and passed.startswith(point):
            os.kill(os.getpid(), signal.SIGKILL)

    with open_parts(settings) as parts:
        WorkerThreads(parts.context, parts.queue, at=at).start()
        print("ready", flush=True)  # the parent waits for it
        threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
