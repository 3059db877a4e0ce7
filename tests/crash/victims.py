"""Worker processes that kill themselves at a named point.

``python -m tests.crash.victims`` reads, a line each, what the next worker is to be, and forks it: all of them are
processes of their own, and only the first pays for the imports.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, NoReturn

import anyio._backends._asyncio  # noqa: F401 - imported when it is first used, like the next: once here is not in each fork
import httpcore2  # noqa: F401

import providers
from backend.settings import load
from backend.worker import WorkerThreads
from socialclaw_app import sandbox
from socialclaw_app.parts import open_parts
from socialclaw_app.sandboxed import pointed_at

from .world import QUICK, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """A worker that runs. ``died`` waits for its end and tells how it came."""

    pid: int
    _told: IO[str]

    def died(self) -> int:
        word, _, status = self._told.readline().partition(" ")
        assert word == "ended", word
        return os.waitstatus_to_exitcode(int(status))

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.died()


@dataclass(frozen=True, slots=True, kw_only=True)
class Victims:
    _process: subprocess.Popen[str]

    def start(self, place: World, point: str = "") -> Victim:
        """One at a time. It dies when it comes to a point that begins like this; never when it is empty. ``point+0.1`` is so
        many seconds later, in the middle of whatever it does then.
        """
        settings = place.context.settings
        asked = [str(settings.data_dir), place.sandbox, point, settings.database_url, settings.public_base_url]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        word, _, pid = self._process.stdout.readline().partition(" ")
        assert word == "ready", word
        return Victim(pid=int(pid), _told=self._process.stdout)


@contextmanager
def victims() -> Iterator[Victims]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALCLAW_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.victims"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    try:
        yield Victims(_process=process)
    finally:
        process.communicate()


def main() -> None:
    providers.all_providers()
    sandbox.networks()
    gc.freeze()  # a fork then shares these pages for as long as it lives
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _work(*json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(f"ended {status}", flush=True)


def _work(data_dir: str, sandbox: str, point: str, database_url: str, public_base_url: str) -> NoReturn:
    settings = replace(
        pointed_at(load(os.environ, data_dir=Path(data_dir)), sandbox),
        database_url=database_url,
        public_base_url=public_base_url,
        **QUICK,
    )

    name, _, seconds = point.partition("+")

    def at(passed: str, post_id: str) -> None:
        if name and passed.startswith(name):
            threading.Timer(float(seconds), _die).start() if seconds else _die()

    with open_parts(settings) as parts:
        WorkerThreads(parts.context, parts.queue, at=at).start()
        print(f"ready {os.getpid()}", flush=True)  # the test waits for it
        threading.Event().wait()
    raise AssertionError("unreachable")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
