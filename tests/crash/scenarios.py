"""Accounts and posts to crash with: each network built so far, with and without files."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from PIL import Image

from backend import assets, connections
from socialclaw_app.sandbox import networks

from .world import World

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """``new`` makes a post that is due and returns its id and its words; ``shown`` counts what the audience sees."""

    new: Callable[[], tuple[str, str]]
    shown: Callable[[str], int]
    can_be_asked: bool


def telegram_text(place: World, request: pytest.FixtureRequest) -> Scenario:
    handle = place.connect("telegram", **login("telegram"))
    return _sandboxed(place, "telegram", handle, can_be_asked=False)


def telegram_photo(place: World, request: pytest.FixtureRequest) -> Scenario:
    handle = place.connect("telegram", **login("telegram"))
    return _sandboxed(place, "telegram", handle, can_be_asked=False, files=1)


def discord_file(place: World, request: pytest.FixtureRequest) -> Scenario:
    handle = place.connect("discord", webhookUrl=place.sandbox + login("discord")["webhookUrl"])
    return _sandboxed(place, "discord", handle, can_be_asked=False, files=1)


def x_text(place: World, request: pytest.FixtureRequest) -> Scenario:
    return _sandboxed(place, "x", connect_x(place), can_be_asked=True)


def x_images(place: World, request: pytest.FixtureRequest) -> Scenario:
    return _sandboxed(place, "x", connect_x(place), can_be_asked=True, files=2)


def wordpress_post(place: World, request: pytest.FixtureRequest) -> Scenario:
    """A real server, which nobody here wrote."""
    site = request.getfixturevalue("wordpress_server")
    handle = place.connect(
        "wordpress", siteUrl=site.url, username=site.user, applicationPassword=site.application_password
    )

    def new() -> tuple[str, str]:
        text = f"Crash number {next(_numbers)} on {place.actor.workspace_id}"
        return place.apply({"account": handle, "title": text, "description": text, "assets": [_picture(place)]})[
            0
        ], text

    def shown(text: str) -> int:
        return sum(text in post["title"]["rendered"] for post in site.posts())

    return Scenario(new=new, shown=shown, can_be_asked=True)


def _sandboxed(place: World, network: str, handle: str, *, can_be_asked: bool, files: int = 0) -> Scenario:
    def new() -> tuple[str, str]:
        text = f"Post number {next(_numbers)}"
        pictures = [_picture(place) for _ in range(files)]
        return place.apply({"account": handle, "description": text, "assets": pictures})[0], text

    return Scenario(new=new, shown=lambda text: len(place.received(network, text)), can_be_asked=can_be_asked)


def login(network: str) -> dict[str, Any]:
    """What a person would paste, for the first of the accounts."""
    credentials: Mapping[str, Any] = networks()[network].credentials
    return {name: value[0] if isinstance(value, list) else value for name, value in credentials.items()}


def connect_x(place: World) -> str:
    """Through the consent page, as a person's browser would."""
    started = place.alone(lambda context: connections.start(context, place.actor, {"provider": "x"}))
    url = started["connection"]["authorizeUrl"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    answer = httpx2.post(url.partition("?")[0], data={**asked, "user": "2244994945"})
    returned = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    found = place.alone(lambda context: connections.finish_oauth(context, "x", returned, None))
    return found["connection"]["account"]["handle"]


def _picture(place: World) -> dict[str, str]:
    out = io.BytesIO()
    Image.new("RGB", (32, 32), (next(_numbers) % 256, 80, 80)).save(out, "PNG")

    async def chunks() -> Any:
        yield out.getvalue()

    asset = place.alone(lambda context: assets.upload(context, place.actor, chunks(), filename="red.png"))
    return {"url": asset["publicUrl"], "altText": "A red square"}
