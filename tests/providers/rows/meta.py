from __future__ import annotations

from . import Leading, Rows, refuses
from .facebook import page
from .instagram import REPLY, account

INTERACTION, MEDIA = "meta_interaction_unsupported", "meta_media_unsupported"

ROWS = Rows(
    tables=(
        page("meta", INTERACTION, MEDIA),
        account(
            "meta",
            "instagram_business",
            "meta_fetches_public_media_url",
            INTERACTION,
            MEDIA,
            refuses("instagram_media_required", assets=None),
            # here the settings do not miss a file: the interaction comes before it
            refuses(INTERACTION, assets=None, then=["instagram_media_required"], **REPLY),
        ),
    ),
    leading=(Leading(provider="meta", account_type="meta_user", handle="meta:7003"),),
)
