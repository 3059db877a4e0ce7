"""``make chaos``: workers are killed at moments drawn from a seed, while posts go out; then everything is counted.

Not part of the suite: it runs for minutes. The seed is printed; ``make chaos SEED=7`` repeats a run.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from socialclaw_app.sandbox import SandboxThread
from tests.crash.scenarios import ALL, Scenario
from tests.crash.victims import Victims, victims
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
    with tempfile.TemporaryDirectory() as folder, SandboxThread() as sandbox, victims() as processes:
        for state in sandbox.networks.values():
            state.limits_enabled, state.pace = False, 0.2
        with world(Path(folder), sandbox.url) as place:
            made = [named.at(place) for named in ALL]
            posts = _disturbed(place, processes, made, dice, options.rounds)
            return _counted(place, posts)


def _disturbed(
    place: World, processes: Victims, made: Sequence[Scenario], dice: random.Random, rounds: int
) -> dict[str, tuple[Scenario, str]]:
    """Post ids with their words, after as many killed workers as rounds and one that may finish."""
    posts: dict[str, tuple[Scenario, str]] = {}
    for _ in range(rounds):
        place.forget_limits()
        for scenario in dice.sample(made, POSTS_A_ROUND):
            post_id, words = scenario.new()
            posts[post_id] = scenario, words
        worker = processes.start(place)
        time.sleep(dice.uniform(0.0, 0.8))
        worker.kill()
    worker = processes.start(place)
    deadline = time.monotonic() + TERMINAL_SECONDS
    while any(place.post(id)["status"] not in OVER for id in posts) and time.monotonic() < deadline:
        place.forget_limits()
        time.sleep(0.2)
    worker.kill()
    return posts


def _counted(place: World, posts: dict[str, tuple[Scenario, str]]) -> int:
    lost = doubled = unknown = open_still = 0
    for id, (scenario, words) in posts.items():
        post, shown = place.post(id), scenario.shown(words)
        doubled += shown > 1
        open_still += post["status"] not in OVER
        lost += post["status"] == "published" and shown == 0
        unknown += post["errorCode"] == "publish_outcome_unknown"
        if post["errorCode"] == "publish_outcome_unknown" and scenario.can_be_asked:
            print(f"unknown, though the network can be asked: {post['provider']}: {post['error']}")
    print(f"{len(posts)} posts: doubled {doubled}, lost {lost}, not over {open_still}, unknown {unknown}")
    return 1 if doubled or lost or open_still else 0


if __name__ == "__main__":
    sys.exit(main())
