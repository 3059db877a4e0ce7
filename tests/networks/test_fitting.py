"""Files that no network would take as they are go out everywhere, and arrive as each network's documents want them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

import providers
from backend import fitting, media
from providers.contract import MediaFacts
from tests.api.conftest import Client
from tests.api.files import image
from tests.films import webm

from .samples import Sample, Shape, samples
from .test_lifecycle import connected, received

pytestmark = pytest.mark.slow


def picture() -> bytes:
    """Larger than 1080p, and of a form that few networks take."""
    return image("WEBP", (2400, 1300))


def recording() -> bytes:
    """What a browser records: VP8 and Opus in WebM, at few frames a second."""
    return webm(size=(540, 960), rate=5, seconds=5.2)


UNFIT = {"png": (picture, "large.webp"), "jpg": (picture, "large.webp"), "mp4": (recording, "recording.webm")}


def shapes_with_files(sample: Sample) -> Iterator[Shape]:
    """One with pictures and one with a film, where the network has them."""
    for form in ("png", "mp4"):
        found = [shape for shape in sample.shapes if form in shape.media]
        yield from found[:1]


@pytest.mark.parametrize("name", samples())
def test_what_arrives_is_what_the_network_takes(client: Client, name: str, tmp_path: Path) -> None:
    sample = samples()[name]
    id = sample.provider
    account = connected(client, sample)
    for shape in shapes_with_files(sample):
        made = [UNFIT[form] for form in shape.media]
        assets = [client.upload(content(), file, mime="application/octet-stream") for content, file in made]
        entry = {
            "account": account["handle"],
            "name": shape.title or "Fitted",
            "description": f"Made to fit {id}",
            "settings": dict(shape.settings),
            "assets": [{"id": asset["id"]} for asset in assets],
        }
        [checked] = client.ok("POST", "/v1/posts/validate", {"posts": [entry]})["posts"]
        post = client.over(client.apply(entry)["posts"][0]["id"])
        assert post["status"] == "published", (shape.name, post["errorCode"], post["error"])

        [shown] = [one for one in received(client, id) if one["id"] == post["providerPostId"]]
        for asset, arrived in zip(post["assets"], shown["media"], strict=True):
            limits = providers.get(id).limits_of(account["accountType"]).media(asset["kind"], {})
            if limits is None:  # the network is given an address only
                continue
            facts = measured(client, id, arrived, tmp_path)
            assert list(fitting.breaches(facts, limits)) == []
            told = asset.get("fitted")
            assert (told is not None) == bool(checked.get("notes")), "what was said beforehand was done"
            if told is not None:
                assert told["problem"] is False
                assert (told["size"], told["mime"]) == (facts.size, facts.mime)


def measured(client: Client, network: str, medium: dict[str, Any], folder: Path) -> MediaFacts:
    """What the network has, by its bytes."""
    arrived = httpx2.get(f"{client.server.sandbox.url}/_/{network}/media/{medium['sha256']}").content
    (folder / "arrived").write_bytes(arrived)
    return media.probe(folder / "arrived", declared=None, max_pixels=10**9)
