from __future__ import annotations

from . import Rows, _linkedin, takes

CODE = "linkedin_page_interaction_unsupported"

ROWS = Rows(
    tables=(
        _linkedin.table(
            "linkedin_page",
            "linkedin_page",
            "linkedin_page_settings_unsupported",
            CODE,
            taken=(
                *_linkedin.taken(),
                # unlike a member's: what a file is said to be is believed
                takes({}, assets=[{"url": "https://files.example/c.pdf", "kind": "image"}]),
            ),
            refused=_linkedin.refused(CODE),
        ),
    )
)
