from __future__ import annotations

from . import GIB, Rows, _linkedin, refuses, sized

ODD = "https://files.example/c.pdf"
CODE = "linkedin_interaction_unsupported"
UNSUPPORTED, LARGE = "linkedin_media_unsupported", "linkedin_video_too_large"

ROWS = Rows(
    tables=(
        _linkedin.table(
            "linkedin",
            "linkedin_member",
            "linkedin_settings_unsupported",
            CODE,
            taken=_linkedin.taken(),
            refused=(
                *_linkedin.refused(CODE),
                # the address itself is looked at, whatever the file is said to be
                refuses(UNSUPPORTED, {"assetId": "asset_1", "url": ODD}, assets=[{"url": ODD, "kind": "image"}]),
                refuses(UNSUPPORTED, assets=[sized(ODD, 5 * GIB + 1, kind="video")], then=[LARGE]),
            ),
        ),
    )
)
