"""A real OpenID provider on loopback: the certified one that runs on Node. ``tests/deps.sh`` installs it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .. import free_port, installed_from_npm, require
from ..process import temporary_place

HERE = Path(__file__).parent
CLIENT, SECRET = "socialclaw", "a-secret-of-the-tests-and-of-nobody-else"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenID:
    issuer: str


@contextlib.contextmanager
def openid(callback: str) -> Iterator[OpenID]:
    """Sends people back to ``callback``, whose server need not run yet."""
    (node,) = require("node")
    packages, port = installed_from_npm(HERE, "oidc"), free_port()
    with temporary_place("oidc") as place:
        command = [node, str(HERE / "provider.mjs"), str(packages), str(port), callback]
        with place.serving("oidc", command, port=port):
            yield OpenID(issuer=f"http://127.0.0.1:{port}")
