"""The ``socialclaw`` program. What is imported is never garbage: without the collector it starts a fifth sooner."""

from __future__ import annotations

import gc
import sys

gc.disable()
from .cli import main as run  # noqa: E402 - the line above is the point


def main() -> int:
    gc.freeze()
    gc.enable()
    return run()


if __name__ == "__main__":
    sys.exit(main())
