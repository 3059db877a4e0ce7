"""Instagram (with Facebook), as the Graph API shows it."""

from __future__ import annotations

from . import _meta

NETWORK = _meta.network("instagram_business", "Instagram (with Facebook)")
