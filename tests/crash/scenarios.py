"""Accounts and posts to crash with: every network, in every shape that its sample names."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from backend import assets, connections
from socialclaw_app.sandboxed import logins
from tests.networks import media
from tests.networks.consent import leave
from tests.networks.samples import YES, Sample, Shape, samples
from tests.servers.wordpress import Wordpress

from .world import World

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """``new`` makes a post that is due and returns its id and its words; ``shown`` counts what the audience sees."""

    new: Callable[[], tuple[str, str]]
    shown: Callable[[str], int]
    can_be_asked: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A sample and one way to post to its network."""

    sample: str
    shape: Shape

    def __str__(self) -> str:
        return f"{self.sample} {self.shape.name}"

    def at(self, place: World) -> Scenario:
        sample = samples()[self.sample]
        handle = handle_of(place, sample)

        def new() -> tuple[str, str]:
            words = f"number {next(_numbers)} of {place.actor.workspace_id}"
            return place.apply(_entry(place, handle, self.shape, words))[0], words

        def shown(words: str) -> int:
            return sum(f"{words}." in json.dumps(post) for post in place.received(sample.provider))

        return Scenario(new=new, shown=shown, can_be_asked=sample.reconcile == YES)


FILM = Named("telegram", Shape(name="film of a form that is not shown", media=("webm",)))
"""It is made another before it is sent."""
ALL = [Named(name, shape) for name, sample in samples().items() for shape in sample.shapes]


def _entry(place: World, handle: str, shape: Shape, words: str) -> dict[str, Any]:
    """The words end with a full stop, so that number 1 is not found in number 10. Titles have them as well: where a
    network can only be asked by title, posts of another world on the same account must not pass for ours."""
    text = f"{shape.text} {words}." if shape.text else ""
    title = f"{shape.title} {words}." if shape.title or not shape.text else ""
    files = [_upload(place, *media.of(kind)) for kind in shape.media]
    return {
        "account": handle,
        "name": title,
        "description": text,
        "settings": dict(shape.settings),
        "assets": [{"id": file["id"], "altText": "A picture"} for file in files],
    }


def _upload(place: World, content: bytes, filename: str, mime: str) -> dict[str, Any]:
    async def chunks() -> Any:
        yield content

    return place.alone(lambda context: assets.upload(context, place.actor, chunks(), filename=filename))


def handle_of(place: World, sample: Sample) -> str:
    """The account that posts go to, connected when it is first asked for."""
    if sample.name not in place.handles:
        pasted = logins(place.context.settings).get(sample.provider)
        place.handles[sample.name] = (
            place.connect(sample.provider, **pasted[0]) if pasted and not sample.consent else _consent(place, sample)
        )
    return place.handles[sample.name]


def _consent(place: World, sample: Sample) -> str:
    asked: Mapping[str, Any] = {"provider": sample.provider}
    started = place.alone(lambda context: connections.start(context, place.actor, asked))
    location = leave(started["connection"]["authorizeUrl"], sample.user)
    returned = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    found = place.alone(lambda context: connections.finish_oauth(context, sample.provider, returned, None))
    return found["connection"]["account"]["handle"]


def on_a_real_site(place: World, request: pytest.FixtureRequest) -> Scenario:
    """WordPress, which nobody here wrote."""
    site: Wordpress = request.getfixturevalue("wordpress_server")
    handle = place.connect(
        "wordpress", siteUrl=site.url, username=site.user, applicationPassword=site.application_password
    )
    shape = Shape(name="post with an image", media=("png",))

    def new() -> tuple[str, str]:
        words = f"number {next(_numbers)} of {place.actor.workspace_id}"
        return place.apply({**_entry(place, handle, shape, words), "name": f"{words}."})[0], words

    def shown(words: str) -> int:
        return sum(f"{words}." in post["title"]["rendered"] for post in site.posts())

    return Scenario(new=new, shown=shown, can_be_asked=True)
