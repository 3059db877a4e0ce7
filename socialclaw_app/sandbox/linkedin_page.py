"""LinkedIn for pages: the Community Management API, which LinkedIn gives to apps it has looked at."""

from __future__ import annotations

from . import _linkedin

NETWORK = _linkedin.network(
    "linkedin_page",
    "LinkedIn Page",
    "77sandboxpage1",
    ("openid", "profile", "w_organization_social", "r_organization_social", "rw_organization_admin"),
)
