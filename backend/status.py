"""Statuses and the moves between them: the one table that services, filters, badges and the API read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class PostStatus(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    RETRY_PENDING = "retry_pending"
    FAILED = "failed"
    CANCELED = "canceled"


class RunStatus(StrEnum):
    DRAFT = "draft"
    CREATED = "created"
    PROCESSING = "processing"
    COMPLETED = "completed"
    PARTIAL_FAILED = "partial_failed"


class ConnectionStatus(StrEnum):
    PENDING = "pending"
    CONNECTED = "connected"
    FAILED = "failed"
    DISCONNECTED = "disconnected"


class AccountStatus(StrEnum):
    CONNECTED = "connected"
    NEEDS_RECONNECT = "needs_reconnect"
    DISCONNECTED = "disconnected"


class Reconciliation(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    UNSUPPORTED = "unsupported"


P = PostStatus

MOVES: Mapping[PostStatus, frozenset[PostStatus]] = {
    P.DRAFT: frozenset({P.SCHEDULED, P.CANCELED}),
    P.SCHEDULED: frozenset({P.PUBLISHING, P.RETRY_PENDING, P.CANCELED, P.FAILED}),
    P.PUBLISHING: frozenset({P.PUBLISHED, P.RETRY_PENDING, P.FAILED}),
    P.RETRY_PENDING: frozenset({P.PUBLISHING, P.CANCELED, P.FAILED}),
    P.FAILED: frozenset({P.SCHEDULED, P.PUBLISHED}),
    P.PUBLISHED: frozenset(),
    P.CANCELED: frozenset(),
}
"""SCHEDULED and RETRY_PENDING may fail without a try (the publish window was missed, the parent never came out), and
SCHEDULED becomes RETRY_PENDING without one while its account waits for a new login; a
failed post with an unknown outcome becomes PUBLISHED when somebody finds it at the network."""

EDITABLE = frozenset({P.DRAFT, P.SCHEDULED, P.RETRY_PENDING, P.FAILED})
CANCELABLE = frozenset({P.DRAFT, P.SCHEDULED, P.RETRY_PENDING})
CLAIMABLE = frozenset({P.SCHEDULED, P.RETRY_PENDING, P.PUBLISHING})
TERMINAL = frozenset({P.PUBLISHED, P.FAILED, P.CANCELED})
STANDING = (P.SCHEDULED, P.RETRY_PENDING, P.PUBLISHING, P.PUBLISHED)
"""These take up their time: they went out at it, or will."""


def may_move(old: PostStatus, new: PostStatus) -> bool:
    return new in MOVES[old]


def run_status(posts: Iterable[str]) -> RunStatus:
    """Derived from the posts after each move; a post whose outcome nobody knows counts as failed."""
    statuses = set(posts)
    if statuses <= {P.DRAFT, P.CANCELED} and P.DRAFT in statuses:
        return RunStatus.DRAFT
    if statuses <= TERMINAL:
        return RunStatus.PARTIAL_FAILED if P.FAILED in statuses else RunStatus.COMPLETED
    if statuses & {P.PUBLISHING, P.PUBLISHED, P.RETRY_PENDING, P.FAILED}:
        return RunStatus.PROCESSING
    return RunStatus.CREATED
