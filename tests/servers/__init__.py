"""Real servers on loopback, started by the tests that need them and gone when those end."""

import hashlib
import os
import random
import shutil
import socket
from pathlib import Path
from typing import NoReturn

import pytest

# Below the range from which kernels take the ports of outgoing connections, so that a port
# found free is not taken by some client before its server gets up.
_PORTS = range(20_000, 32_000)
# Servers live in sbin, which is not on every user's search path.
_SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


def free_port() -> int:
    """A TCP port of 127.0.0.1 on which nobody listens."""
    # Not the seeded generator: parallel test processes would all look at the same ports.
    for port in random.SystemRandom().sample(_PORTS, 100):
        with socket.socket() as probe:
            # As servers do: a port whose last connections are still fading out counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free port found on 127.0.0.1")


def require(*programs: str) -> list[str]:
    """The programs' paths in the order asked for; skips the test when one is missing."""
    paths = {program: shutil.which(program, path=_SEARCH_PATH) for program in programs}
    missing = [program for program, path in paths.items() if path is None]
    if missing:
        unavailable(f"not installed: {', '.join(missing)}")
    return [path for path in paths.values() if path is not None]


def installed_from_npm(source: Path, name: str) -> Path:
    """The folder where ``tests/deps.sh`` put what the lock in ``source`` names; skips the test when it did not."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    lock = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()
    folder = cache / "socialclaw-tests" / f"{name}-{lock[:12]}"
    if not (folder / "complete").exists():
        unavailable(f"not installed: {name} (make test-deps)")
    return folder


def unavailable(reason: str) -> NoReturn:
    """Skip the test, or fail it where REQUIRE_SERVERS=1 says that every server must be there."""
    if os.environ.get("REQUIRE_SERVERS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
