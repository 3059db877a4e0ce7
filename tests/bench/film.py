"""A film of one gibibyte goes out in parts: what the server's memory grows by meanwhile, and whether every byte arrives.

The film is a few seconds long and padded with a box that players skip.
"""

from __future__ import annotations

import hashlib
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tests.networks import media
from tests.networks.consent import leave

from .memory import of_process
from .running import Running

GIBIBYTE = 1024**3
PIECE = 1024**2
NETWORKS = ("youtube", "facebook")
OVER = ("published", "failed")
SECONDS = 600.0


def measure(place: Running, folder: Path) -> dict[str, float]:
    path, sha256 = _padded(folder / "film.mp4")
    found: dict[str, float] = {}
    with watched(place.process.pid) as grown:
        asset = _uploaded(place, path)
    found["upload grows by MiB"] = grown()
    for network in NETWORKS:
        account = _connected(place, network)
        began = time.monotonic()
        with watched(place.process.pid) as grown:
            post = _published(place, account, asset)
        found[f"{network} grows by MiB"] = grown()
        found[f"{network} seconds"] = time.monotonic() - began
        found[f"{network} differs"] = float(sha256 not in _received(place, network, post))
    path.unlink()
    return found


def _padded(path: Path) -> tuple[Path, str]:
    """Sparse, so that it costs no disk here."""
    start, _, _ = media.of("mp4")
    padding = GIBIBYTE - len(start)
    with path.open("wb") as file:
        file.write(start + struct.pack(">I4s", padding, b"free"))
        file.truncate(GIBIBYTE)
    summed = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            summed.update(piece)
    return path, summed.hexdigest()


@contextmanager
def watched(pid: int) -> Iterator[Any]:
    """Gives what tells, afterwards, by how many MiB the process was larger at most than at the beginning."""
    over, before, most = threading.Event(), of_process(pid), [0.0]

    def watch() -> None:
        while not over.wait(0.05):
            most[0] = max(most[0], of_process(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: max(0.0, most[0] - before)
    finally:
        over.set()
        thread.join()


def _uploaded(place: Running, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        answer = place.client.post(
            "/v1/assets/upload", files={"file": ("film.mp4", file, "video/mp4")}, timeout=SECONDS
        )
    answer.raise_for_status()
    return answer.json()["asset"]


def _connected(place: Running, network: str) -> str:
    started = place.client.post("/v1/connections/start", json={"provider": network})
    started.raise_for_status()
    split = urlsplit(leave(started.json()["connection"]["authorizeUrl"]))
    back = place.client.get(f"{split.path}?{split.query}", headers={"Accept": "application/json"})
    back.raise_for_status()
    return back.json()["account"]["handle"]


def _published(place: Running, account: str, asset: dict[str, Any]) -> dict[str, Any]:
    (post_id,) = place.apply({"account": account, "name": "A long film", "assets": [{"id": asset["id"]}]})
    deadline = time.monotonic() + SECONDS
    while (post := place.client.get(f"/v1/posts/{post_id}").json()["post"])["status"] not in OVER:
        if time.monotonic() > deadline:
            raise TimeoutError(post)
        time.sleep(0.2)
    if post["status"] != "published":
        raise RuntimeError(post["error"])
    return post


def _received(place: Running, network: str, post: dict[str, Any]) -> set[str]:
    rows = httpx2.get(f"{place.sandbox}/_/{network}/received").json()
    return {medium["sha256"] for row in rows if row["id"] == post["providerPostId"] for medium in row["media"]}
