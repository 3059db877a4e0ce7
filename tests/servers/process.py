"""Processes that belong to a folder, and that never outlive the test process."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

START_SECONDS = 60
STOP_SECONDS = 10

# Every line it reads names all groups that run now. No more lines: the test process is gone.
_GUARD = """
while read -r line; do groups=$line; done
for group in $groups; do kill -s "${group%:*}" -- "-${group#*:}"; done
sleep 2
for group in $groups; do kill -s KILL -- "-${group#*:}"; done
rm -rf -- "$0"
"""


class Place:
    """A folder, and the process groups started in it.

    A guard stops them and deletes the folder should the test process be killed.
    """

    def __init__(self, folder: Path, guard: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self._guard = guard
        self._groups: dict[int, signal.Signals] = {}

    @contextlib.contextmanager
    def serving(
        self,
        name: str,
        command: Sequence[str],
        *,
        port: int,
        env: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> Iterator[int]:
        """Run a server during the block, which begins once `port` takes connections, with the process's id."""
        log = self.folder / f"{name}.log"
        options = {"env": {**os.environ, **(env or {})}, "stderr": subprocess.STDOUT}
        with (
            log.open("wb") as output,
            self._started(command, stop_signal, stdout=output, **options) as process,
        ):
            _wait_until_listening(process, port, log)
            yield process.pid

    def run(self, command: Sequence[str]) -> str:
        """Run a program to its end; returns what it printed."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with self._started(command, signal.SIGTERM, **pipes) as process:
            output, errors = process.communicate(timeout=START_SECONDS)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{errors or output}")
        return str(output)

    @contextlib.contextmanager
    def _started(
        self, command: Sequence[str], stop_signal: signal.Signals, **options: Any
    ) -> Iterator[subprocess.Popen[Any]]:
        process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, process_group=0, **options)
        self._groups[process.pid] = stop_signal
        try:
            self._tell_guard()
            yield process
        finally:
            _stop(process, stop_signal)
            del self._groups[process.pid]
            self._tell_guard()

    def _tell_guard(self) -> None:
        groups = [f"{how.name.removeprefix('SIG')}:{pid}" for pid, how in self._groups.items()]
        assert self._guard.stdin is not None
        self._guard.stdin.write(f"{' '.join(groups)}\n".encode())
        self._guard.stdin.flush()


@contextlib.contextmanager
def temporary_place(name: str) -> Iterator[Place]:
    """A new folder with a short path, because sockets may live in it; deleted after the block."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=_open_to_all())).resolve()
    guard = subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, folder],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield Place(folder, guard)
    finally:
        guard.kill()
        guard.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def _open_to_all() -> str:
    """Servers run as another user when we are root, who alone can enter some folders."""
    usual = Path(tempfile.gettempdir()).resolve()
    return str(usual) if all(path.stat().st_mode & 0o001 for path in (usual, *usual.parents)) else "/tmp"


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{log.stem} did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[Any], stop_signal: signal.Signals) -> None:
    """Signal the whole group, since workers outlive their parent; then kill what is left of it."""
    for how in (stop_signal, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
