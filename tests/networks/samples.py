"""What is posted to each network, and what each network is expected to be able to do.

The expectations are written from the networks' own documents: a cell that says something else, also something better,
fails until this table says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
    user: str = ""
    """Who to be on the consent page: the first when empty."""
    reconcile: str = YES
    delete: str = YES
    post_metrics: str = YES
    account_metrics: str = YES


TEXT = Shape(name="text")
IMAGE = Shape(name="image", media=("png",))
IMAGES = Shape(name="images", media=("png", "jpg"))
VIDEO = Shape(name="video", media=("mp4",))

REMOTE = Shape(name="video by address", media=("mp4",), settings={"facebookVideoUploadMode": "remote_url"})
CAROUSEL = Shape(name="carousel", media=("jpg", "png", "jpg"))

SAMPLES = (
    Sample(provider="x", handle="x:@", shapes=(TEXT, IMAGE, IMAGES, VIDEO)),
    Sample(
        provider="linkedin",
        handle="linkedin:member:",
        shapes=(TEXT, IMAGE, IMAGES, VIDEO),
        reconcile=NO,
        post_metrics=NO,
        account_metrics=NO,
    ),
    Sample(provider="linkedin_page", handle="linkedin:page:", shapes=(TEXT, IMAGE, IMAGES, VIDEO)),
    Sample(
        provider="reddit",
        handle="reddit:user:",
        shapes=(
            Shape(name="self post", title="A title", settings={"subreddit": "sandbox"}),
            Shape(name="link post", title="A title", text="", media=("png",), settings={"subreddit": "pictures_only"}),
            Shape(name="with flair", settings={"subreddit": "r/flaired", "flairId": "f1a1r-0001"}),
        ),
    ),
    Sample(
        provider="youtube",
        handle="youtube:channel:",
        shapes=(
            Shape(name="private video", title="A film", media=("mp4",)),
            Shape(name="public video", media=("mp4",), settings={"privacyStatus": "public"}),
        ),
    ),
    Sample(
        provider="pinterest",
        handle="pinterest:board:",
        shapes=(
            Shape(name="image", title="A pin", media=("png",), settings={"link": "https://example.com/shop"}),
            Shape(name="images", title="Some pins", media=("png", "jpg", "jpg")),
            Shape(name="video", title="A film", media=("mp4",), settings={"coverImageKeyFrameTime": 1}),
        ),
    ),
    Sample(
        provider="tiktok",
        handle="tiktok:@",
        shapes=(
            Shape(name="video", media=("mp4",), settings={"privacyLevel": "PUBLIC_TO_EVERYONE"}),
            Shape(name="photos", title="Photos", media=("png", "jpg"), settings={"privacyLevel": "PUBLIC_TO_EVERYONE"}),
        ),
        delete=NO,
    ),
    Sample(provider="facebook", handle="facebook:page:", shapes=(TEXT, IMAGE, IMAGES, VIDEO, REMOTE)),
    Sample(
        provider="instagram_business",
        handle="instagram:business:",
        shapes=(Shape(name="picture", media=("jpg",)), CAROUSEL, Shape(name="reel", media=("mp4",))),
    ),
    Sample(
        provider="instagram",
        handle="instagram:standalone:",
        shapes=(Shape(name="picture", media=("png",)), CAROUSEL, Shape(name="reel", media=("mp4",))),
        delete=NO,
    ),
    Sample(provider="meta", handle="meta:page:", shapes=(TEXT, IMAGE, VIDEO), account_metrics=NO),
)
