from __future__ import annotations

from . import Leading, Rows
from .instagram import CODES, account, without_media

ROWS = Rows(
    tables=(
        account(
            "instagram_business",
            "instagram_business_linked",
            "meta_fetches_public_media_url",
            *CODES,
            *without_media(*CODES),
        ),
    ),
    leading=(
        Leading(
            provider="instagram_business",
            account_type="instagram_business_identity",
            handle="instagram:business-user:7002",
        ),
    ),
)
