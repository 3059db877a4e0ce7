"""The API's server and client, for tests of whole networks."""

from __future__ import annotations

from tests.api.conftest import client, sandbox, server

__all__ = ["client", "sandbox", "server"]
