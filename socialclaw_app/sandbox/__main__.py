"""``python -m socialclaw_app.sandbox --port 8799``: the sandbox networks as a process of their own."""

import argparse
import sys

from . import serve


def _ready(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m socialclaw_app.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8799)
    given = parser.parse_args()
    serve(given.host, given.port, _ready)
