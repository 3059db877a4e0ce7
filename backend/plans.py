"""What a schedule document becomes: posts with every default filled in, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import providers
from providers.contract import Draft, Issue

from .errors import AppError
from .planned_media import AssetSpec, draft_asset

# --- what goes in -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """A connected account, as far as planning and checking care."""

    id: str
    provider: str
    account_type: str
    handle: str
    aliases: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict[str, Any])
    status: str = "connected"
    publishable: bool = True
    environment: str = "live"
    external_id: str = ""
    display_name: str = ""
    login_ends_at: datetime | None = None
    """When its login is over unless somebody connects again; None while it is renewed by itself, or lasts."""
    spacing: timedelta | None = None
    """How far apart its people want its posts."""


class Directory:
    """The accounts of a workspace by everything that clients call them.

    Of several with one name the connected one is meant, then the one that was given first.
    """

    def __init__(self, accounts: Iterable[AccountFacts]) -> None:
        ordered = sorted(accounts, key=lambda account: account.status == "disconnected")
        self._ids: dict[str, AccountFacts] = {}
        self._handles: dict[str, AccountFacts] = {}
        self._external: dict[tuple[str, str], AccountFacts] = {}
        for account in ordered:
            self._ids.setdefault(account.id, account)
            self._handles.setdefault(account.handle.lower(), account)
            if account.external_id:
                self._external.setdefault((account.provider, account.external_id), account)
        for account in ordered:
            for alias in account.aliases:
                self._handles.setdefault(alias.lower(), account)

    def by_id(self, id: str) -> AccountFacts | None:
        return self._ids.get(id)

    def by_handle(self, handle: str) -> AccountFacts | None:
        """Also through an alias of the network: ``tg:@news`` is ``telegram:@news``."""
        lowered = handle.lower()
        prefix, colon, rest = lowered.partition(":")
        found = self._handles.get(lowered)
        return found or (self._handles.get(f"{providers.resolve(prefix)}:{rest}") if colon else None)

    def by_external_id(self, provider: str, external_id: str) -> AccountFacts | None:
        return self._external.get((provider, external_id))

    def find(self, reference: str, provider: str | None) -> AccountFacts | None:
        """By id, handle or alias; with the network known also by the bare handle and by the network's own id."""
        found = self.by_id(reference) or self.by_handle(reference)
        if found is not None or provider is None:
            return found
        return self.by_handle(f"{provider}:{reference}") or self.by_external_id(provider, reference)


# --- what comes out ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRef:
    id: str
    name: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSpec:
    """Everything a post needs, with every default filled in."""

    index: int
    path: str
    """Where it stands in the document: ``posts.0``, ``campaigns.0.targets.1.steps.2``."""
    account: str
    """The handle as the account has it, or as it was written when no account has it."""
    account_id: str | None
    provider: str
    account_type: str
    name: str
    description: str
    title: str
    """The name as it is published: empty when it is only the generated one of a campaign step."""
    text: str
    publish_at: datetime
    publish_at_given: bool
    """False when the document says no time, which means now."""
    timezone: str
    wall_time: str
    interaction_type: str
    parent_step_id: str | None
    parent_index: int | None = None
    """Where in the plan the post that a reply answers stands."""
    step_id: str
    step_index: int
    target_index: int
    campaign: CampaignRef | None = None
    sequence_position: int | None = None
    step_delay_ms: int | None = None
    assets: tuple[AssetSpec, ...] = ()
    media_link: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The effective ones, with defaults."""
    raw_settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSummary:
    id: str
    name: str
    target_count: int
    post_count: int
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    timezone: str
    mode: str
    source_model: str
    posts: tuple[PostSpec, ...]
    campaigns: tuple[CampaignSummary, ...] = ()
    idempotency_key: str | None = None

    @property
    def total_campaigns(self) -> int:
        return len(self.campaigns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An issue and where in the document it is. ``post`` is None for what is wrong around the posts."""

    issue: Issue
    path: str
    post: int | None
    at: int
    """The number of the post that was read then: findings are reported in the document's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A plan to be trusted only when there are no findings."""

    plan: Plan
    findings: tuple[Finding, ...]
    unanswered: tuple[Finding, ...]
    """Replies without the post they answer. All else that is wrong with them is told first: a network that knows no
    replies has nothing to do with their parents."""


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Those of one post stay as they were found."""
    return sorted(findings, key=lambda finding: finding.at)


def refusal(findings: Sequence[Finding]) -> AppError:
    first = findings[0].issue
    listed = [
        {
            "post": finding.post,
            "path": finding.path,
            "field": finding.issue.where,
            "code": finding.issue.code,
            "message": finding.issue.message,
            "details": dict(finding.issue.details),
        }
        for finding in findings
    ]
    return AppError(first.code, first.message, details={**first.details, "issues": listed})


def draft_of(spec: PostSpec, account: AccountFacts | None) -> Draft:
    """The post as checks, counters and previews see it."""
    return Draft(
        provider=spec.provider,
        account_type=account.account_type if account else spec.account_type,
        handle=account.handle if account else spec.account,
        title=spec.title,
        body=spec.description,
        text=spec.text,
        assets=tuple(draft_asset(asset) for asset in spec.assets),
        settings=spec.settings,
        interaction=spec.interaction_type,
        parent=spec.parent_step_id,
        account_meta=account.meta if account else {},
    )
