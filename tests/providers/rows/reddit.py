from __future__ import annotations

from typing import Any

from . import BARE, GIF, JPG, MP4, Field, Rows, Table, refuses, takes

TEA = {"subreddit": "tea"}
STORED: dict[str, Any] = {**TEA, "sendReplies": True, "nsfw": False, "spoiler": False, "flairId": None, "flairText": None}  # fmt: skip
REPLY = {"interaction_type": "reply"}


def stored(**more: Any) -> dict[str, Any]:
    return {**STORED, **more}


ROWS = Rows(
    tables=(
        Table(
            provider="reddit",
            account_type="reddit_user",
            post={"description": "Hello", "settings": TEA},
            publish_shape="self_or_link_post",
            media_delivery="reddit_links_to_the_supplied_public_url",
            unknown_setting="reddit_settings_unsupported",
            no_reply="reddit_interaction_unsupported",
            fields=(
                Field(id="subreddit", type="string", required=True, choices="subreddit-targets"),
                Field(id="sendReplies", type="boolean", default=True),
                Field(id="nsfw", type="boolean", default=False),
                Field(id="spoiler", type="boolean", default=False),
                Field(id="flairId", type="string", choices="link-flair-options"),
                Field(id="flairText", type="string"),
            ),
            taken=(
                takes(STORED),
                takes(STORED, settings={"subreddit": "r/tea"}),
                takes(STORED, settings={"subreddit": " /r/tea/ "}),
                takes(STORED, settings={**dict.fromkeys(STORED), **TEA}),
                takes(stored(sendReplies=False), settings={**TEA, "sendReplies": False}),
                takes(stored(nsfw=True, spoiler=True), settings={**TEA, "nsfw": 1, "spoiler": "yes"}),
                takes(stored(flairId="f1"), settings={**TEA, "flairId": " f1 "}),
                takes(stored(flairId="f1", flairText="Green"), settings={**TEA, "flairId": "f1", "flairText": "Green"}),
                *(takes(STORED, assets=[one]) for one in (JPG, MP4, GIF, BARE)),
                takes(STORED, name="a" * 300),
            ),
            refused=(
                refuses("reddit_subreddit_required", settings={}),
                refuses("reddit_subreddit_required", settings=None),
                refuses("reddit_subreddit_required", settings={"subreddit": "r/"}),
                refuses("reddit_subreddit_required", settings={"flairText": "Green"}),
                refuses("reddit_subreddit_required", settings={}, assets=[JPG, JPG], then=["provider_multi_asset_unsupported"]),
                *(refuses("reddit_settings_unsupported", settings={**TEA, name: bad}) for name in ("subreddit", "flairId", "flairText") for bad in ([], {}, True)),
                refuses("reddit_flair_id_required", settings={**TEA, "flairText": "Green"}),
                refuses("provider_multi_asset_unsupported", {"count": 2, "maxCount": 1}, assets=[JPG, JPG]),
                refuses("provider_multi_asset_unsupported", assets=[JPG, JPG], then=["reddit_interaction_unsupported"], **REPLY),
                refuses("reddit_interaction_unsupported", {"supportedValues": ["post"]}, **REPLY),
                refuses("text_too_long", {"length": 301, "maxLength": 300}, name="a" * 301),
                refuses("text_too_long", {"length": 40_001, "maxLength": 40_000}, description="a" * 40_001),
            ),
        ),
    ),
)  # fmt: skip
