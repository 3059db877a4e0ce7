"""``make chaos``: workers are killed at moments drawn from a seed, while posts go out; then everything is counted.

Not part of the suite: it runs for minutes. The seed is printed; ``make chaos SEED=7`` repeats a run.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from socialclaw_app.sandbox import SandboxThread
from tests.crash.scenarios import connect_x, login
from tests.crash.world import OVER, World, world

ROUNDS = 12
POSTS_A_ROUND = 8
TERMINAL_SECONDS = 60.0
"""After the last restart every post has to be over within this."""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder, SandboxThread() as sandbox:
        for state in sandbox.networks.values():
            state.limits_enabled = False
        with world(Path(folder), sandbox.url) as place:
            # several chats: Telegram allows twenty posts a minute in one
            chats = [place.connect("telegram", **{**login("telegram"), "chatId": f"@chat_{n}"}) for n in range(ROUNDS)]
            handles = [*(("telegram", chat) for chat in chats), *[("x", connect_x(place))] * len(chats)]
            posts = _disturbed(place, Path(folder), handles, dice, options.rounds)
            return _counted(place, posts)


def _disturbed(
    place: World, folder: Path, handles: list[tuple[str, str]], dice: random.Random, rounds: int
) -> dict[str, tuple[str, str]]:
    """Post ids with their network and words, after as many killed workers as rounds and one that may finish."""
    posts: dict[str, tuple[str, str]] = {}
    for number in range(rounds):
        worker = _worker(folder, place.sandbox)
        for index in range(POSTS_A_ROUND):
            network, handle = dice.choice(handles)
            text = f"Round {number} post {index}"
            posts[place.apply({"account": handle, "description": text})[0]] = network, text
        time.sleep(dice.uniform(0.0, 0.6))
        worker.kill()
        worker.wait()
    worker = _worker(folder, place.sandbox)
    try:
        deadline = time.monotonic() + TERMINAL_SECONDS
        while any(place.post(id)["status"] not in OVER for id in posts) and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        worker.terminate()
        worker.wait()
    return posts


def _worker(folder: Path, sandbox: str) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALCLAW_")}
    command = [sys.executable, "-m", "tests.crash.victim", str(folder), sandbox, ""]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)


def _counted(place: World, posts: dict[str, tuple[str, str]]) -> int:
    lost = doubled = unknown = open_still = 0
    for id, (network, text) in posts.items():
        post, shown = place.post(id), len(place.received(network, text))
        doubled += shown > 1
        open_still += post["status"] not in OVER
        lost += post["status"] == "published" and shown == 0
        unknown += post["errorCode"] == "publish_outcome_unknown"
    print(f"{len(posts)} posts: doubled {doubled}, lost {lost}, not over {open_still}, unknown {unknown}")
    return 1 if doubled or lost or open_still else 0


if __name__ == "__main__":
    sys.exit(main())
