from __future__ import annotations

from typing import Any

from . import BARE, GIF, JPG, MP4, Field, Leading, Rows, Table, refuses, takes

STATUSES, TYPES = ("publish", "draft", "pending", "private"), ("post", "page")
STORED: dict[str, Any] = {"postStatus": "publish", "postType": "post", "slug": None}
REPLY = {"interaction_type": "reply"}

ROWS = Rows(
    tables=(
        Table(
            provider="wordpress",
            account_type="wordpress_site",
            post={"name": "A title", "description": "Hello"},
            publish_shape="article_or_page",
            media_delivery="socialclaw_uploads_media_to_wordpress",
            unknown_setting="wordpress_settings_unsupported",
            no_reply="wordpress_interaction_unsupported",
            fields=(
                Field(id="postStatus", type="enum", default="publish", options=STATUSES),
                Field(id="postType", type="enum", default="post", options=TYPES),
                Field(id="slug", type="string"),
            ),
            taken=(
                takes(STORED),
                takes(STORED, settings=dict.fromkeys(STORED)),
                takes(STORED, settings=dict.fromkeys(STORED, "")),
                *(takes({**STORED, "postStatus": one}, settings={"postStatus": one}) for one in STATUSES),
                *(takes({**STORED, "postType": one}, settings={"postType": one}) for one in TYPES),
                takes({**STORED, "slug": "a-title"}, settings={"slug": " a-title "}),
                takes(STORED, assets=[JPG, MP4] * 10),
                takes(STORED, assets=[{"url": BARE, "kind": "image"}]),
            ),
            refused=(
                refuses("wordpress_post_status_invalid", {"supportedValues": list(STATUSES)}, settings={"postStatus": "future"}),
                refuses("wordpress_post_status_invalid", settings={"postStatus": "Draft", "postType": "attachment"}),
                refuses("wordpress_post_type_invalid", {"supportedValues": list(TYPES)}, settings={"postType": "attachment"}),
                refuses("wordpress_post_type_invalid", settings={"postType": "attachment"}, then=["wordpress_media_unsupported"], assets=[GIF]),
                *(refuses("wordpress_settings_unsupported", settings={"slug": bad}) for bad in ([], {}, True)),
                refuses("wordpress_interaction_unsupported", {"supportedValues": ["post"]}, **REPLY),
                refuses("wordpress_interaction_unsupported", assets=[JPG] * 21, then=["wordpress_media_limit_exceeded"], **REPLY),
                refuses("wordpress_media_limit_exceeded", {"count": 21, "maxCount": 20}, assets=[JPG] * 21),
                refuses("wordpress_media_limit_exceeded", assets=[GIF] * 21, then=["wordpress_media_unsupported"]),
                refuses("wordpress_media_unsupported", {"assetId": "asset_1", "url": GIF}, assets=[GIF]),
                refuses("wordpress_media_unsupported", {"assetId": "asset_2", "url": BARE}, assets=[JPG, BARE]),
            ),
        ),
    ),
    leading=(Leading(provider="wordpress", account_type="wordpress_user", handle="wordpress:7005"),),
)  # fmt: skip
