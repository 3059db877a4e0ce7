"""LinkedIn for members: "Sign In with LinkedIn" and "Share on LinkedIn", which every app may have."""

from __future__ import annotations

from . import _linkedin

NETWORK = _linkedin.network("linkedin", "LinkedIn", "77sandboxlink1", ("openid", "profile", "email", "w_member_social"))
