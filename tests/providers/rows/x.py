from __future__ import annotations

from . import BARE, GIF, JPG, MIB, MP4, PNG, Field, Rows, Table, refuses, sized, takes, too_large

IMAGE, VIDEO = 5 * MIB, 512 * MIB
CONTROLS = ("", "following", "mentionedUsers", "subscribers", "verified")
REPLY = {"interaction_type": "reply"}

ROWS = Rows(
    tables=(
        Table(
            provider="x",
            account_type="x_user",
            post={"description": "Hello"},
            publish_shape="text_with_optional_native_media_upload",
            media_delivery="socialclaw_uploads_media_to_x",
            unknown_setting="x_settings_unsupported",
            no_reply=None,
            fields=(Field(id="replyControl", type="enum", default="", options=CONTROLS),),
            taken=(
                takes({}),
                takes({}, settings={"replyControl": ""}),
                takes({}, settings={"replyControl": None}),
                takes({}, settings={"replyControl": "everyone"}),
                *(takes({"replyControl": one}, settings={"replyControl": one}) for one in CONTROLS[1:]),
                takes({}, assets=[JPG] * 4),
                takes({}, assets=[MP4]),
                takes({}, description=None, assets=[PNG]),
                takes({}, assets=[sized(JPG, IMAGE)]),
                takes({}, assets=[sized(JPG, 0)]),
                takes({}, assets=[sized(MP4, VIDEO)]),
                takes({}, assets=[{"url": BARE, "kind": "image"}]),
                takes({}, description="a" * 280),
            ),
            refused=(
                refuses("x_reply_control_invalid", {"supportedValues": list(CONTROLS)}, settings={"replyControl": "friends"}),
                refuses("x_reply_control_invalid", settings={"replyControl": "Following"}),
                refuses("x_reply_control_invalid", settings={"replyControl": "all"}, then=["x_media_unsupported"], assets=[GIF]),
                refuses("x_media_limit_exceeded", {"count": 5, "maxCount": 4}, assets=[JPG] * 5),
                refuses("x_media_limit_exceeded", then=["x_media_unsupported"], assets=[GIF] * 5),
                refuses("x_media_unsupported", {"assetId": "asset_1", "url": GIF}, assets=[GIF]),
                refuses("x_media_unsupported", {"assetId": "asset_2", "url": BARE}, assets=[JPG, BARE]),
                refuses("x_media_unsupported", then=["x_multi_video_unsupported"], assets=[MP4, GIF]),
                refuses("x_multi_video_unsupported", assets=[MP4, MP4]),
                refuses("x_multi_video_unsupported", assets=[JPG, MP4]),
                refuses("x_multi_video_unsupported", then=["x_image_too_large"], assets=[sized(JPG, IMAGE + 1), MP4]),
                refuses("x_image_too_large", too_large(JPG, IMAGE), assets=[sized(JPG, IMAGE + 1)]),
                refuses("x_image_too_large", then=["x_reply_parent_required"], assets=[sized(JPG, IMAGE + 1)], **REPLY),
                refuses("x_video_too_large", too_large(MP4, VIDEO), assets=[sized(MP4, VIDEO + 1)]),
                refuses("x_video_too_large", then=["x_reply_parent_required"], assets=[sized(MP4, VIDEO + 1)], **REPLY),
                refuses("x_reply_parent_required", **REPLY),
                refuses("x_reply_parent_required", then=["x_media_unsupported"], assets=[{"url": GIF, "kind": "image"}], **REPLY),
                refuses("x_media_unsupported", {"url": GIF}, assets=[{"url": GIF, "kind": "image"}]),
                refuses("x_media_unsupported", then=["text_too_long"], assets=[{"url": GIF, "kind": "image"}], description="a" * 281),
                refuses("reply_parent_invalid", {"parentStepId": "post_7"}, reply_to_step_id="post_7", **REPLY),
                refuses("reply_parent_invalid", {"parentStepId": "post_1"}, reply_to_step_id="post_1", **REPLY),
                refuses("text_too_long", then=["reply_parent_invalid"], description="a" * 281, reply_to_step_id="post_7", **REPLY),
                refuses("text_too_long", {"length": 281, "maxLength": 280}, description="a" * 281),
            ),
        ),
    ),
)  # fmt: skip
