"""What holds for all tests."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# No test reaches another machine, so none needs to know who vouches for them: reading that takes a client 20 ms.
os.environ["SSL_CERT_DIR"] = os.devnull
os.environ.pop("SSL_CERT_FILE", None)

settings.register_profile("socialclaw", deadline=None)  # how long an example takes is measured by `make bench`
settings.load_profile("socialclaw")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long goes first, so that no process of several is left with it at the end."""
    items.sort(key=lambda item: not (item.get_closest_marker("slow") or item.get_closest_marker("crash")))
