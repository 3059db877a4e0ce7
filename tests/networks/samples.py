"""What is posted to each network, and what each network is expected to be able to do.

A network's own test file says it, as ``SAMPLES``; nothing lists them. The expectations are written from the networks'
documents: a cell that says something else, also something better, fails until the sample says so.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import tests.providers

YES, NO = "yes", "not offered by the network"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One way to post: ``media`` names files of tests.networks.media."""

    name: str
    text: str = "Hello from the whole length of it"
    title: str = ""
    media: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    provider: str
    handle: str
    """How the handle of the account begins."""
    shapes: tuple[Shape, ...]
    door: str = ""
    """Names the way to connect, where a network has samples for several."""
    consent: bool = False
    """Whether to go to the network's consent page although values could be pasted."""
    user: str = ""
    """Who to be on the consent page: the first when empty."""
    nobody: str = ""
    """Who on the consent page has nothing that can be posted to; empty where everybody has."""
    reconcile: str = YES
    delete: str = YES
    post_metrics: str = YES
    account_metrics: str = YES

    @property
    def name(self) -> str:
        return f"{self.provider} ({self.door})" if self.door else self.provider


TEXT = Shape(name="text")
IMAGE = Shape(name="image", media=("png",))
IMAGES = Shape(name="images", media=("png", "jpg"))
VIDEO = Shape(name="video", media=("mp4",))
CAROUSEL = Shape(name="carousel", media=("jpg", "png", "jpg"))


@cache
def samples() -> Mapping[str, Sample]:
    """By the name of the sample: the id of the network, and the door where there are several."""
    names = [f"tests.providers.{module.name}" for module in pkgutil.iter_modules(tests.providers.__path__)]
    modules = [importlib.import_module(name) for name in names if ".test_" in name]
    return {sample.name: sample for module in modules for sample in getattr(module, "SAMPLES", ())}


def sample_of(provider: str) -> Sample:
    """The first of them, where a network has several doors: the one with a login page."""
    return next(sample for sample in samples().values() if sample.provider == provider)
