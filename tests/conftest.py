"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("socialclaw", deadline=None)  # how long an example takes is measured by `make bench`
settings.load_profile("socialclaw")
