"""Invented networks, accounts and documents: what tests of planning and checking share.

The rules must hold for any network, so they are tested with networks that do not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Literal

import pytest
from hypothesis import strategies as st
from pydantic import BaseModel, Field

import providers
from backend.planned_media import ManagedMedia
from backend.plans import AccountFacts, Directory
from providers import rules
from providers.contract import (
    AccountType,
    Draft,
    Issue,
    Limits,
    Manual,
    Media,
    Provider,
    SettingsRules,
    first,
)

NOW = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


# --- networks ---------------------------------------------------------------------------------------------------------


class ChirpSettings(BaseModel):
    audience: Literal["", "friends"] = Field(default="", title="Audience", description="Who may read it.")
    quiet: bool = Field(default=False, title="Quiet", description="Without a sound.")


def chirp_settings(raw: Mapping[str, Any], draft: Draft) -> Mapping[str, Any] | Issue:
    issue = first(
        (
            rules.unknown_keys(raw, ("audience", "quiet"), "chirp_settings_unsupported"),
            rules.one_of(raw, "audience", ("", "friends"), "chirp_audience_invalid"),
            rules.boolean(raw, "quiet", "chirp_setting_invalid"),
        )
    )
    return issue or {"audience": raw.get("audience") or "", "quiet": bool(raw.get("quiet"))}


class GazetteSettings(BaseModel):
    visibility: Literal["all", "staff"] = Field(title="Visibility", description="Who may read it.")
    section: str | None = Field(default=None, title="Section", description="Where it stands.")
    column: int = Field(default=0, ge=0, title="Column", description="How far to the right.")


def gazette_settings(raw: Mapping[str, Any], draft: Draft) -> Mapping[str, Any] | Issue:
    if raw.get("visibility") is None:
        message = "Choose a visibility."
        return Issue(code="gazette_visibility_required", message=message, where="settings.visibility")
    issue = rules.one_of(raw, "visibility", ("all", "staff"), "gazette_visibility_invalid")
    return issue or {"visibility": raw["visibility"], "section": raw.get("section"), "column": raw.get("column") or 0}


def reply_needs_parent(draft: Draft) -> Issue | None:
    if draft.interaction != "reply" or draft.parent:
        return None
    return Issue(code="chirp_reply_parent_required", where="parentStepId", message="Say which step this reply answers.")


def _provider(id: str, **declared: Any) -> Provider:
    fixed: dict[str, Any] = {
        "docs": "https://networks.example/",
        "checked": date(2026, 5, 1),
        "hosts": {"api": "https://api.networks.example"},
        "connect": Manual(fields=BaseModel, verify=lambda login: iter(()), credential=lambda login: {}, help=""),  # pyright: ignore[reportArgumentType]
        "sign": lambda request, credential, app: request,
        "publish": lambda job: iter(()),
        "read_error": lambda response: None,
        "unknown_settings_code": f"{id}_settings_unsupported",
        "media_delivery": f"socialclaw_uploads_media_to_{id}",
    }
    return Provider(id=id, **{**fixed, **declared})


PICTURE, FILM = Media(extensions=rules.IMAGE_EXTENSIONS, max_bytes=1000), Media(extensions=rules.VIDEO_EXTENSIONS)

CHIRP = _provider(
    "chirp",
    name="Chirp",
    aliases=("tweety", "ch"),
    accounts=(AccountType(id="chirp_user", publishable=True, name="Chirp account"),),
    account_type_of=lambda handle: "chirp_user",
    limits=Limits(
        text=lambda draft: 40 if draft.settings["audience"] == "friends" else 20 if draft.assets else 60,
        measure=lambda draft: len(draft.text),
        max_assets=4,
        max_images=4,
        image=PICTURE,
        video=FILM,
        alt_text=10,
    ),
    publish_shape="text_with_media",
    settings={"chirp_user": SettingsRules(model=ChirpSettings, parse=chirp_settings)},
    checks=(
        rules.at_most(4, "chirp_media_limit_exceeded"),
        rules.only_images_and_videos("chirp_media_unsupported"),
        rules.one_video_alone("chirp_multi_video_unsupported"),
        rules.max_bytes("image", 1000, "chirp_image_too_large"),
        reply_needs_parent,
        rules.interaction_in(("post", "reply"), "chirp_interaction_unsupported"),
    ),
    interactions=("post", "reply"),
    limitations=("Chirps cannot be edited.",),
)

GAZETTE = _provider(
    "gazette",
    name="Gazette",
    aliases=("gz",),
    accounts=(
        AccountType(id="gazette_page", publishable=True, name="Gazette page"),
        AccountType(id="gazette_reader", publishable=False, name="Gazette reader"),
    ),
    account_type_of=lambda handle: "gazette_page" if ":page:" in handle else "gazette_reader",
    handle_prefixes=("chirp:page:",),
    limits=Limits(
        text=lambda draft: None,
        measure=lambda draft: len(draft.body),
        title=lambda draft: 20,
        media_required=True,
        image=PICTURE,
    ),
    publish_shape="article",
    settings={"gazette_page": SettingsRules(model=GazetteSettings, parse=gazette_settings)},
    checks=(
        rules.interaction_in(("post",), "gazette_interaction_unsupported"),
        rules.media_required("gazette_media_required"),
        rules.known_extension("gazette_media_unsupported", rules.IMAGE_EXTENSIONS),
    ),
)

NOTICE = _provider(
    "notice",
    name="Notice board",
    aliases=(),
    accounts=(AccountType(id="notice_board", publishable=True, name="Notice board"),),
    account_type_of=lambda handle: "notice_board",
    limits=Limits(text=lambda draft: 500, measure=lambda draft: len(draft.text), max_assets=0),
    publish_shape="text",
    settings={},
    checks=(rules.at_most(0, "notice_media_unsupported"),),
)


@contextmanager
def networks(*found: Provider) -> Iterator[None]:
    """Only these networks exist, until the end of the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(providers, "all_providers", lambda: {provider.id: provider for provider in found})
        patch.setattr(providers, "_names", cache(providers._names.__wrapped__))  # pyright: ignore[reportPrivateUsage]
        yield


# --- accounts and files -----------------------------------------------------------------------------------------------

BIRD = AccountFacts(
    id="account_bird",
    provider="chirp",
    account_type="chirp_user",
    handle="chirp:@Bird",
    aliases=("chirp:@oldbird",),
    external_id="77",
    display_name="Bird",
)
CROW = AccountFacts(id="account_crow", provider="chirp", account_type="chirp_user", handle="chirp:@crow")
GONE = AccountFacts(
    id="account_gone", provider="chirp", account_type="chirp_user", handle="chirp:@gone", status="disconnected"
)
EXPIRED = AccountFacts(
    id="account_late", provider="chirp", account_type="chirp_user", handle="chirp:@late", status="needs_reconnect"
)
PAGE = AccountFacts(id="account_page", provider="gazette", account_type="gazette_page", handle="gazette:page:1")
READER = AccountFacts(
    id="account_reader",
    provider="gazette",
    account_type="gazette_reader",
    handle="gazette:reader:1",
    publishable=False,
)
BOARD = AccountFacts(id="account_board", provider="notice", account_type="notice_board", handle="notice:town")
ACCOUNTS = (BIRD, CROW, GONE, EXPIRED, PAGE, READER, BOARD)
DIRECTORY = Directory(ACCOUNTS)

STORED = "https://desk.example/media/asset_1/token/upload.bin"


def stored_media(reference: str) -> ManagedMedia | None:
    """One film of our own, known by its address and its id."""
    if reference not in (STORED, "asset_stored"):
        return None
    return ManagedMedia(
        asset_id="asset_stored",
        url=STORED,
        mime="video/mp4",
        kind="video",
        extension="mp4",
        size=5000,
        sha256="ab" * 32,
        original_filename="film.mp4",
        width=640,
        height=480,
        duration=12.5,
        alt_text="A film",
    )


# --- documents --------------------------------------------------------------------------------------------------------

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**18, max_value=10**400)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text()
    | st.text(alphabet=st.characters(categories=["Cs"]), max_size=3)
    | st.sampled_from(["\0", "http://[", "2026-02-30", "0001-01-01T00:00:00-23:59", "9999-12-31T23:59:59", "../UTC"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
"""Anything that JSON can say, and a little more."""

POST_KEYS = (
    "account", "channel", "account_id", "provider", "name", "title", "description", "text", "publish_at", "publishAt",
    "scheduled_at", "timezone", "interaction_type", "interactionType", "reply_to_step_id", "parentStepId", "assets",
    "media_link", "mediaLink", "settings", "status", "id", "delay_ms", "delaySeconds", "delay_minutes",
)  # fmt: skip
ASSET_KEYS = (
    "id", "url", "media_link", "managed", "originalFilename", "mime", "kind", "size", "duration", "width", "height",
    "altText", "fit",
)  # fmt: skip


def _some(keys: tuple[str, ...], values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(keys), values, max_size=8)


times = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2080, 1, 1))  # noqa: DTZ001
zones = st.sampled_from(["UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"])
written_times = st.one_of(
    times.map(lambda at: at.isoformat()),
    times.map(lambda at: at.isoformat(timespec="milliseconds") + "Z"),
    st.tuples(times, st.sampled_from(["+02:00", "-0330", "+14"])).map(lambda pair: pair[0].isoformat() + pair[1]),
    times.map(lambda at: int((at - datetime(1970, 1, 1)) / timedelta(milliseconds=1))),  # noqa: DTZ001
    st.dates(min_value=date(1990, 1, 1), max_value=date(2080, 1, 1)).map(str),
)
words = st.text(alphabet="abc é🙂", max_size=6)

broken_assets = _some(ASSET_KEYS, junk | st.sampled_from([STORED, "https://files.example/a.jpg"])) | junk
broken_posts = _some(
    POST_KEYS,
    junk
    | written_times
    | st.lists(broken_assets, max_size=3)
    | st.sampled_from(["chirp:@Bird", "account_bird", "gazette:page:1", "chirp", "reply", "post_1", "draft"]),
)
broken_campaigns = _some(
    ("id", "name", "title", "timezone", "publish_at", "provider", "mode", "targets"),
    junk
    | written_times
    | st.lists(
        _some(
            ("account", "channel", "timezone", "publish_at", "interaction_type", "provider", "steps"),
            junk | st.just("chirp:@Bird") | st.lists(broken_posts | junk, max_size=3),
        )
        | junk,
        max_size=2,
    ),
)
broken_schedules = st.one_of(
    junk,
    _some(
        ("schedule", "timezone", "mode", "status", "posts", "campaigns", "idempotencyKey"),
        junk | st.lists(broken_posts | junk, max_size=4) | st.lists(broken_campaigns | junk, max_size=3),
    ),
    st.lists(broken_posts, min_size=1, max_size=4).map(lambda posts: {"posts": posts}),
    st.lists(broken_campaigns, min_size=1, max_size=3).map(lambda campaigns: {"campaigns": campaigns}),
)
"""Almost a schedule: the right keys with the wrong values."""

good_assets = st.one_of(
    st.sampled_from(["https://files.example/a.jpg", "https://files.example/b.PNG?x=1#top"]),
    st.fixed_dictionaries(
        {"url": st.sampled_from(["https://files.example/c.webp", "https://files.example/d", STORED])},
        optional={
            "kind": st.sampled_from(["image", "Image", "other", None]),
            "id": st.sampled_from(["first", 7, None]),
            "mime": st.sampled_from(["image/png; x=1", None]),
            "size": st.sampled_from([10, None, "12", 0]),
            "altText": st.sampled_from([" a hill ", "", None]),
            "originalFilename": st.sampled_from(["hill.png", None]),
            "width": st.sampled_from([3, None]),
            "duration": st.sampled_from([1.5, None]),
        },
    ),
)
good_settings = st.sampled_from([None, {}, {"audience": "friends"}, {"audience": None, "quiet": True}])
good_handles = st.sampled_from(["chirp:@Bird", "CHIRP:@bird", "account_bird", "tweety:@bird", "chirp:@oldbird"])

good_flat_posts = st.fixed_dictionaries(
    {"account": good_handles, "description": words.map(lambda text: text + "x")},
    optional={
        "name": words,
        "publish_at": written_times | st.none(),
        "timezone": zones,
        "assets": st.lists(good_assets, max_size=3),
        "settings": good_settings,
        "provider": st.sampled_from(["Chirp", "tweety", "nobody", None]),
    },
)
good_steps = st.fixed_dictionaries(
    {"description": words.map(lambda text: text + "x")},
    optional={
        "id": st.sampled_from(["hello", 5, ""]),
        "name": words,
        "publish_at": written_times | st.none(),
        "delay_minutes": st.sampled_from([0, 1.5, "2", None]),
        "interaction_type": st.sampled_from(["post", "Reply", None]),
        "assets": st.lists(good_assets, max_size=2),
        "settings": good_settings,
    },
)
good_targets = st.fixed_dictionaries(
    {
        "account": good_handles,
        "publish_at": written_times,
        "steps": st.lists(good_steps, min_size=1, max_size=4),
    },
    optional={"timezone": zones},
)
good_campaigns = st.fixed_dictionaries(
    {"targets": st.lists(good_targets, min_size=1, max_size=2)},
    optional={"id": words, "name": words, "title": words, "timezone": zones},
)
good_schedules = st.one_of(
    st.fixed_dictionaries({"posts": st.lists(good_flat_posts, min_size=1, max_size=4), "timezone": zones}),
    st.fixed_dictionaries({"campaigns": st.lists(good_campaigns, min_size=1, max_size=2), "timezone": zones}),
)
