"""Meta, as the Graph API shows it."""

from __future__ import annotations

from . import _meta

NETWORK = _meta.network("meta", "Meta")
