"""Schedule documents become posts: one reading for validate, preview, apply, compose and clone.

Pure: no database, no network, no clock. What is wrong with a document is collected over all of its posts, so that its
author can correct it in one round; only an envelope that cannot be read at all ends the reading at once.

Clients write the same thing in many ways (``publish_at`` or ``publishAt``, a handle or an account id …). Null, an empty
text and an absent key always mean the same, so that what we answer can be sent back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import providers
from providers.contract import Draft, DraftAsset, Issue, Provider, compose_text
from providers.rules import IMAGE_EXTENSIONS, VIDEO_EXTENSIONS

from .errors import AppError
from .wire import iso

MAX_POSTS = 1000
MAX_DEPTH = 32
"""Levels of objects and lists in a document. A real one has about ten."""

Object: TypeAlias = Mapping[str, Any]
T = TypeVar("T")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedMedia:
    """One of our own files, found by its address or its id."""

    id: str
    url: str
    mime: str
    kind: str
    extension: str
    size: int | None = None
    sha256: str | None = None
    original_filename: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    alt_text: str | None = None


Media: TypeAlias = Callable[[str], ManagedMedia | None]


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
        return self._handles.get(lowered) or (self._handles.get(f"{providers.resolve(prefix)}:{rest}") if colon else None)

    def by_external_id(self, provider: str, external_id: str) -> AccountFacts | None:
        return self._external.get((provider, external_id))

    def find(self, reference: str, provider: str | None) -> AccountFacts | None:
        """By id, handle or alias; with the network known also by the handle without its prefix and by the outside id."""
        found = self.by_id(reference) or self.by_handle(reference)
        if found is not None or provider is None:
            return found
        return self.by_handle(f"{provider}:{reference}") or self.by_external_id(provider, reference)


# --- what comes out ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetSpec:
    key: str
    """The document's own id for it, else ``asset_<n>``."""
    url: str
    managed: bool = False
    asset_id: str | None = None
    sha256: str | None = None
    original_filename: str | None = None
    mime: str | None = None
    kind: str = "other"
    """image, video, audio or other; guessed from the address when nobody said."""
    extension: str = ""
    size: int | None = None
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    alt_text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRef:
    id: str
    name: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSpec:
    """Everything a post needs, with every default filled in."""

    index: int
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


# --- reading a document -----------------------------------------------------------------------------------------------


def normalise(body: object, *, directory: Directory, media: Media, now: datetime, max_posts: int = MAX_POSTS) -> Plan:
    """The posts a document asks for. Raises the first issue, with all of them in ``details.issues``."""
    reading = read(body, directory=directory, media=media, now=now, max_posts=max_posts)
    if reading.findings:
        raise refusal(reading.findings)
    return reading.plan


def read(body: object, *, directory: Directory, media: Media, now: datetime, max_posts: int = MAX_POSTS) -> Reading:
    """Like ``normalise``, but hands the issues back. Raises only for an envelope that cannot be read."""
    envelope, key = unwrap(body)
    zone = _expect(_zone(envelope.get("timezone"), "UTC"))
    mode = _expect(_mode(envelope))
    posts, campaigns = _items(envelope)
    _expect(_count(posts, campaigns, max_posts))
    mode = _expect(_mode_with_hints(mode, [*map(_says_draft, posts), *(hint for item in campaigns for hint in _step_hints(item))]))
    world = World(directory=directory, media=media, now=_milliseconds(now))
    if campaigns:
        reader = _Campaigns(world, zone)
        reader.read(campaigns)
        specs, findings, summaries = reader.specs, reader.findings, tuple(reader.summaries)
    else:
        specs, findings = _flat(posts, zone, world)
        summaries = ()
    specs, unanswered = _answered(specs)
    plan = Plan(
        timezone=zone,
        mode=mode,
        source_model="campaigns_v2" if campaigns else "posts_v1",
        posts=tuple(specs),
        campaigns=summaries,
        idempotency_key=key,
    )
    return Reading(plan=plan, findings=tuple(sorted([*findings, *unanswered], key=lambda finding: finding.at)))


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


def unwrap(body: object) -> tuple[dict[str, Any], str | None]:
    """The envelope, which may stand inside ``schedule``, and the idempotency key, which may stand inside or beside it."""
    if isinstance(body, list | tuple):
        body = {}
    if not isinstance(body, Mapping):
        raise _envelope_error("schedule_invalid", "Send a schedule: an object with posts or campaigns.")
    outer: dict[str, Any] = _plain(cast("Object", body), 0)
    inner = outer.get("schedule")
    envelope = cast("dict[str, Any]", inner) if isinstance(inner, dict) else outer
    return envelope, _label(outer, "idempotencyKey", "idempotency_key") or _label(envelope, "idempotencyKey", "idempotency_key")


def _plain(value: object, depth: int) -> Any:
    """The document as JSON that a database and UTF-8 can hold. Numbers beyond 64 bits become what JavaScript reads."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else _double(value)
    if not isinstance(value, Mapping | list | tuple):
        return None
    if depth == MAX_DEPTH:
        raise _envelope_error("schedule_invalid", f"This schedule is nested more than {MAX_DEPTH} levels deep.")
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {_storable(key): _plain(item, depth + 1) for key, item in items if isinstance(key, str)}
    return [_plain(item, depth + 1) for item in cast("Sequence[object]", value)]


def _storable(text: str) -> str:
    """Without NUL, which PostgreSQL refuses, and halves of surrogate pairs, which UTF-8 cannot write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "")


def _double(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


# --- the envelope -----------------------------------------------------------------------------------------------------


def _envelope_error(code: str, message: str, **details: Any) -> AppError:
    return refusal([Finding(issue=Issue(code=code, message=message, details=details), path="", post=None, at=0)])


def _expect(value: T | Issue) -> T:
    if isinstance(value, Issue):
        raise refusal([Finding(issue=value, path="", post=None, at=0)])
    return value


def _mode(envelope: Object) -> str | Issue:
    """Empty when the envelope does not say."""
    said = _first(envelope, "mode", "status")
    mode = said.strip().lower() if isinstance(said, str) else "" if said is None else "?"
    if mode in ("", "scheduled", "draft"):
        return mode
    return _issue("schedule_mode_invalid", "mode must be scheduled or draft.", "mode", supportedValues=["scheduled", "draft"])


def _mode_with_hints(mode: str, drafts: Sequence[bool]) -> str | Issue:
    """Some clients write draft on each campaign or post only. What says draft is never scheduled."""
    if mode == "draft" or (not mode and drafts and all(drafts)):
        return "draft"
    if any(drafts):
        message = "A part of this schedule says draft and the rest does not. Say mode draft for all, or send the drafts on their own."
        return _issue("schedule_mode_invalid", message, "mode", supportedValues=["scheduled", "draft"])
    return "scheduled"


def _says_draft(item: object, inherited: bool = False) -> bool:
    said = _first(_object(item), "mode", "status")
    return said.strip().lower() == "draft" if isinstance(said, str) else inherited


def _step_hints(campaign: object) -> Iterable[bool]:
    of_campaign = _says_draft(campaign)
    for target in _list(_object(campaign), "targets"):
        of_target = _says_draft(target, of_campaign)
        for step in _list(_object(target), "steps"):
            yield _says_draft(step, of_target)


def _items(envelope: Object) -> tuple[Sequence[object], Sequence[object]]:
    posts, campaigns = _list(envelope, "posts"), _list(envelope, "campaigns")
    if posts and campaigns:
        raise _envelope_error("schedule_shape_conflict", "Send posts or campaigns, not both.")
    if not posts and not campaigns:
        raise _envelope_error("schedule_items_required", "This schedule is empty: add posts or campaigns.")
    return posts, campaigns


def _count(posts: Sequence[object], campaigns: Sequence[object], limit: int) -> None | Issue:
    targets = [target for campaign in campaigns for target in _list(_object(campaign), "targets")]
    count = len(posts) + sum(len(_list(_object(target), "steps")) for target in targets)
    if max(count, len(campaigns), len(targets)) <= limit:
        return None
    message = f"This schedule has {count} posts; at most {limit} are taken at once. Send it in parts."
    return _issue("schedule_too_large", message, "posts", posts=count, maxPosts=limit)


# --- posts[] ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    directory: Directory
    media: Media
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a post stands in the document, and what is settled about it before it is read."""

    index: int
    path: str
    account: str
    provider: object
    timezone: str | Issue
    publish_at: datetime | Issue
    publish_at_given: bool = True
    interaction: object = None
    previous_step_id: str | None = None
    step_id: str
    step_index: int = 0
    target_index: int
    campaign: CampaignRef | None = None
    step_delay_ms: int | None = None


def _flat(posts: Sequence[object], zone: str, world: World) -> tuple[list[PostSpec], list[Finding]]:
    specs: list[PostSpec] = []
    findings: list[Finding] = []
    for index, item in enumerate(posts):
        path = f"posts.{index}"
        if not isinstance(item, Mapping):
            issue = _issue("post_invalid", f"Post {index + 1} must be an object.", "")
            findings.append(Finding(issue=issue, path=path, post=index, at=index))
            continue
        post = cast("Object", item)
        own_zone = _zone(post.get("timezone"), zone)
        given = _first(post, *TIME_KEYS)
        place = Place(
            index=index,
            path=path,
            account=_account_of(post),
            provider=post.get("provider"),
            timezone=own_zone,
            publish_at=world.now if given is None else _time(given, zone if isinstance(own_zone, Issue) else own_zone),
            publish_at_given=given is not None,
            step_id=f"post_{index + 1}",
            target_index=index,
        )
        spec, issues = _post(post, place, world)
        specs.append(spec)
        findings += (Finding(issue=issue, path=path, post=index, at=index) for issue in issues)
    return specs, findings


def _post(item: Object, place: Place, world: World) -> tuple[PostSpec, list[Issue]]:
    """One post, and what is wrong with it in the order that decides which code is reported first."""
    issues: list[Issue] = []

    def sound(value: T | Issue, otherwise: T) -> T:
        if not isinstance(value, Issue):
            return value
        issues.append(value)
        return otherwise

    account = world.directory.find(place.account, _resolved(place.provider))
    handle = account.handle if account else place.account
    provider_id = sound(_provider(place.provider, place.account, account), "")
    zone = sound(place.timezone, "UTC")
    publish_at = sound(place.publish_at, world.now)
    interaction = sound(_interaction(_first(item, "interaction_type", "interactionType"), place.interaction), "post")
    assets, asset_issues = _assets(item, world.media)
    issues += asset_issues
    name = sound(_text(item, "name", "title"), "")
    description = sound(_text(item, "description", "text"), "")
    title = name
    if place.campaign is not None:
        generated = f"{place.campaign.name} Step {place.step_index + 1}"
        name = name or generated
        title = "" if name == generated else name
    spec = PostSpec(
        index=place.index,
        account=handle,
        account_id=account.id if account else None,
        provider=provider_id,
        account_type=_account_type(provider_id, handle, account),
        name=name,
        description=description,
        title=title,
        text=compose_text(title, description),
        publish_at=publish_at,
        publish_at_given=place.publish_at_given,
        timezone=zone,
        wall_time=wall_time(publish_at, zone),
        interaction_type=interaction,
        parent_step_id=_parent(item, interaction, place),
        step_id=place.step_id,
        step_index=place.step_index,
        target_index=place.target_index,
        campaign=place.campaign,
        sequence_position=place.step_index + 1 if place.campaign else None,
        step_delay_ms=place.step_delay_ms,
        assets=assets,
        media_link=assets[0].url if assets else None,
        raw_settings=sound(_raw_settings(item), {}),
    )
    if provider_id:
        effective = effective_settings(providers.get(provider_id), spec.raw_settings, draft_of(spec, account))
        spec = replace(spec, settings=sound(effective, {}))
    if not handle:
        issues.append(_issue("account_required", "Say which account this post is for.", "account"))
    if not spec.text and not assets and not asset_issues:
        issues.append(_issue("post_content_required", "Write a text or attach a file.", "text"))
    return spec, issues


def _account_of(item: Object) -> str:
    return _label(item, "account", "channel", "account_id", "accountId") or ""


def _resolved(name: object) -> str | None:
    return providers.resolve(name) if isinstance(name, str) else None


def _provider(said: object, reference: str, account: AccountFacts | None) -> str | Issue:
    """A name that nobody has is overlooked as long as the handle tells the network."""
    explicit = _resolved(said)
    inferred = account.provider if account else providers.infer(reference)
    if explicit and inferred and explicit != inferred:
        message = f"The account {reference} belongs to {_provider_name(inferred)}, but the post says {_provider_name(explicit)}."
        return _issue("provider_account_mismatch", message, "provider", provider=explicit, accountProvider=inferred)
    if explicit or inferred:
        return explicit or inferred or ""
    known = sorted(providers.all_providers())
    if isinstance(said, str) and said.strip():
        message = f"The network {said.strip()[:80]!r} is not known, and the account does not tell which one it is."
        return _issue("provider_unsupported", message, "provider", supportedValues=known)
    message = "Say which network this post is for: give the account's full handle or its id, or a provider."
    return _issue("provider_required", message, "provider", supportedValues=known)


def _provider_name(id: str) -> str:
    return providers.get(id).name


def _account_type(provider_id: str, handle: str, account: AccountFacts | None) -> str:
    if account is not None:
        return account.account_type
    return providers.get(provider_id).account_type_of(handle) if provider_id else ""


def _interaction(said: Any, inherited: object) -> str | Issue:
    value = said if said is not None else inherited
    word = "post" if value is None else value.strip().lower() if isinstance(value, str) else ""
    if word in ("post", "reply", "comment"):
        return word
    return _issue(
        "interaction_type_invalid",
        "interaction_type must be post or reply.",
        "interactionType",
        supportedValues=["post", "reply", "comment"],
    )


def _parent(item: Object, interaction: str, place: Place) -> str | None:
    """A step that replies answers the step before it unless it says otherwise. A flat post keeps what it says."""
    said = _label(item, "reply_to_step_id", "replyToStepId", "parent_step_id", "parentStepId")
    if place.campaign is None:
        return said
    return None if interaction == "post" else said or place.previous_step_id


def _raw_settings(item: Object) -> dict[str, Any] | Issue:
    value = item.get("settings")
    if not value:
        return {}
    if isinstance(value, dict) and _finite_all(cast("object", value)):
        return cast("dict[str, Any]", value)
    return _issue("post_settings_invalid", "settings must be an object.", "settings")


def _finite_all(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(_finite_all, cast("dict[str, object]", value).values()))
    return all(map(_finite_all, cast("list[object]", value))) if isinstance(value, list) else True


def effective_settings(provider: Provider, raw: Object, draft: Draft) -> Mapping[str, Any] | Issue:
    """What the account type makes of the settings. Types without settings refuse any."""
    rules = provider.settings.get(draft.account_type)
    if rules is not None:
        return rules.parse(raw, draft)
    given = sorted(key for key, value in raw.items() if value is not None)
    if not given:
        return {}
    kind = provider.account_type(draft.account_type)
    return _issue(
        provider.unknown_settings_code if kind and kind.publishable else "publish_settings_unsupported",
        "This account takes no settings: leave them out.",
        f"settings.{given[0]}",
        unsupportedKeys=given,
        allowedKeys=[],
    )


def draft_of(spec: PostSpec, account: AccountFacts | None) -> Draft:
    """The post as checks, counters and previews see it."""
    return Draft(
        provider=spec.provider,
        account_type=account.account_type if account else spec.account_type,
        handle=account.handle if account else spec.account,
        title=spec.title,
        body=spec.description,
        text=spec.text,
        assets=tuple(_draft_asset(asset) for asset in spec.assets),
        settings=spec.settings,
        interaction=spec.interaction_type,
        parent=spec.parent_step_id,
        account_meta=account.meta if account else {},
    )


def _draft_asset(asset: AssetSpec) -> DraftAsset:
    return DraftAsset(
        key=asset.key,
        url=asset.url,
        kind="image" if asset.kind == "image" else "video" if asset.kind == "video" else "other",
        extension=asset.extension,
        mime=asset.mime,
        size=asset.size,
        width=asset.width,
        height=asset.height,
        duration=asset.duration,
        alt_text=asset.alt_text,
    )


# --- campaigns[] ------------------------------------------------------------------------------------------------------


class _Campaigns:
    """Goes through campaigns, targets and steps in the document's order."""

    def __init__(self, world: World, zone: str) -> None:
        self.world = world
        self.zone = zone
        self.specs: list[PostSpec] = []
        self.findings: list[Finding] = []
        self.summaries: list[CampaignSummary] = []
        self._index = 0

    def read(self, campaigns: Sequence[object]) -> None:
        for number, campaign in enumerate(campaigns):
            path = f"campaigns.{number}"
            if not isinstance(campaign, Mapping):
                self._found(path, "campaign_invalid", f"Campaign {number + 1} must be an object.")
                continue
            self._campaign(cast("Object", campaign), number, path)

    def _campaign(self, item: Object, number: int, path: str) -> None:
        id = _label(item, "id") or f"campaign_{number + 1}"
        campaign = CampaignRef(id=id, name=_label(item, "name") or _label(item, "title") or id, index=number)
        targets = _list(item, "targets")
        before = len(self.specs)
        if not targets:
            self._found(path, "campaign_targets_required", f"The campaign {campaign.name} needs at least one target.", "targets")
        for position, target in enumerate(targets):
            target_path = f"{path}.targets.{position}"
            if not isinstance(target, Mapping):
                self._found(target_path, "campaign_target_invalid", f"Target {position + 1} of {campaign.name} must be an object.")
                continue
            self._target(cast("Object", target), position, target_path, item, campaign)
        specs = self.specs[before:]
        accounts = {spec.target_index: spec.account for spec in specs}
        self.summaries.append(
            CampaignSummary(
                id=campaign.id,
                name=campaign.name,
                target_count=len(targets),
                post_count=len(specs),
                accounts=tuple(accounts.values()),
            )
        )

    def _target(self, target: Object, position: int, path: str, item: Object, campaign: CampaignRef) -> None:
        account = _account_of(target)
        if not account:
            message = f"Target {position + 1} of {campaign.name} needs an account."
            self._found(path, "campaign_target_account_required", message, "account")
        zone = _zone(_first(target, "timezone"), "") if _first(target, "timezone") else _zone(_first(item, "timezone"), self.zone)
        if isinstance(zone, Issue):
            self._found(path, zone.code, zone.message, zone.where, zone.details)
            zone = self.zone
        steps = _list(target, "steps")
        if not steps:
            self._found(path, "campaign_steps_required", f"Target {position + 1} of {campaign.name} needs at least one step.", "steps")
        start = _first(target, *TIME_KEYS)
        start = _first(item, *TIME_KEYS) if start is None else start
        cursor: datetime | None = None
        previous_step_id: str | None = None
        for number, step in enumerate(steps):
            index, self._index = self._index, self._index + 1
            step_path = f"{path}.steps.{number}"
            if not isinstance(step, Mapping):
                issue = _issue("campaign_step_invalid", f"Step {number + 1} of {campaign.name} must be an object.", "")
                self.findings.append(Finding(issue=issue, path=step_path, post=index, at=index))
                continue
            fields = cast("Object", step)
            at = _step_time(fields, start, cursor, first=number == 0, zone=zone)
            known = cursor if isinstance(at, Issue) else at
            place = Place(
                index=index,
                path=step_path,
                account=account,
                provider=_first(fields, "provider") or _first(target, "provider") or item.get("provider"),
                timezone=zone,
                publish_at=known or self.world.now if at is None else at,
                interaction=_first(target, "interaction_type", "interactionType"),
                previous_step_id=previous_step_id,
                step_id=_label(fields, "id") or f"{campaign.id}_target_{position + 1}_step_{number + 1}",
                step_index=number,
                target_index=position,
                campaign=campaign,
                step_delay_ms=_between(cursor, known) if number else 0,
            )
            cursor, previous_step_id = known, place.step_id
            if not account:
                continue
            spec, issues = _post(fields, place, self.world)
            self.specs.append(spec)
            self.findings += (Finding(issue=issue, path=step_path, post=index, at=index) for issue in issues)

    def _found(self, path: str, code: str, message: str, where: str = "", details: Object | None = None) -> None:
        issue = Issue(code=code, message=message, where=where, details=details or {})
        self.findings.append(Finding(issue=issue, path=path, post=None, at=self._index))


def _step_time(step: Object, start: object, cursor: datetime | None, *, first: bool, zone: str) -> datetime | Issue | None:
    """None when the steps before have no time either, which has been said there."""
    own = _first(step, *TIME_KEYS)
    if own is not None:
        return _time(own, zone)
    if first:
        if start is not None:
            return _time(start, zone)
        message = "The first step needs a time: give publish_at on the step, the target or the campaign."
        return _issue("campaign_publish_time_required", message, "publishAt")
    delay = _delay(step)
    if isinstance(delay, Issue) or cursor is None:
        return delay if isinstance(delay, Issue) else None
    try:
        return _within_reach(cursor + delay)
    except (OverflowError, ValueError):
        return _issue("invalid_step_delay", "The delay of this step is too long.", "delay")


def _delay(step: Object) -> timedelta | Issue:
    for unit, milliseconds in (("ms", 1), ("seconds", 1000), ("minutes", 60_000)):
        value = _first(step, f"delay_{unit}", f"delay{unit.capitalize()}")
        if value is not None:
            return _delay_of(value, milliseconds)
    return timedelta(0)


def _delay_of(value: object, unit: int) -> timedelta | Issue:
    number = _number(value)
    try:
        if number is not None and number >= 0:
            return timedelta(milliseconds=math.floor(number * unit))
    except OverflowError:
        pass
    return _issue("invalid_step_delay", "The delay of a step must be a number of 0 or more.", "delay")


def _between(earlier: datetime | None, later: datetime | None) -> int:
    return (later - earlier) // timedelta(milliseconds=1) if earlier and later else 0


# --- replies ----------------------------------------------------------------------------------------------------------


def _answered(specs: Sequence[PostSpec]) -> tuple[list[PostSpec], list[Finding]]:
    """Each reply with the place of the post it answers."""
    by_step: dict[str, list[int]] = {}
    for position, spec in enumerate(specs):
        by_step.setdefault(spec.step_id, []).append(position)
    parents = [_parent_position(spec, position, specs, by_step) for position, spec in enumerate(specs)]
    circular = _in_a_circle([parent if isinstance(parent, int) else None for parent in parents])
    linked: list[PostSpec] = []
    findings: list[Finding] = []
    for position, (spec, parent) in enumerate(zip(specs, parents, strict=True)):
        issue = parent if isinstance(parent, Issue) else None
        if position in circular:
            issue = _reply_issue(spec, "These replies answer each other in a circle.")
        if issue is not None:
            findings.append(Finding(issue=issue, path=_path_of(spec), post=spec.index, at=spec.index))
        linked.append(replace(spec, parent_index=parent) if isinstance(parent, int) else spec)
    return linked, findings


def _parent_position(spec: PostSpec, position: int, specs: Sequence[PostSpec], by_step: Mapping[str, list[int]]) -> int | Issue | None:
    """Of several steps with that id, the nearest before it in the same target is meant, then in the same campaign."""
    if spec.interaction_type != "reply" or spec.parent_step_id is None:
        return None
    named = by_step.get(spec.parent_step_id, [])
    if not named:
        return _reply_issue(spec, f"This reply answers the step {spec.parent_step_id[:80]!r}, which is not in this schedule.")
    same = [other for other in named if _account_key(specs[other]) == _account_key(spec)]
    if not same:
        return _reply_issue(spec, f"This reply answers the step {spec.parent_step_id[:80]!r}, which belongs to another account.")

    def nearness(other: int) -> tuple[bool, bool, bool, bool, int]:
        candidate = specs[other]
        campaign = candidate.campaign == spec.campaign
        before = other < position
        return other != position, campaign and candidate.target_index == spec.target_index, campaign, before, other if before else -other

    return max(same, key=nearness)


def _account_key(spec: PostSpec) -> str:
    return spec.account_id or f"{spec.provider} {spec.account.lower()}"


def _in_a_circle(parents: Sequence[int | None]) -> set[int]:
    found: set[int] = set()
    seen_in: dict[int, int] = {}
    for start in range(len(parents)):
        at: int | None = start
        while at is not None and at not in seen_in:
            seen_in[at] = start
            at = parents[at]
        if at is not None and seen_in[at] == start:
            circle = at
            while circle not in found:
                found.add(circle)
                circle = parents[circle] or 0
    return found


def _reply_issue(spec: PostSpec, message: str) -> Issue:
    return _issue("reply_parent_invalid", message, "parentStepId", parentStepId=spec.parent_step_id)


def _path_of(spec: PostSpec) -> str:
    if spec.campaign is None:
        return f"posts.{spec.index}"
    return f"campaigns.{spec.campaign.index}.targets.{spec.target_index}.steps.{spec.step_index}"


# --- media ------------------------------------------------------------------------------------------------------------

MIME_OF = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "m4v": "video/x-m4v",
}


def _assets(item: Object, media: Media) -> tuple[tuple[AssetSpec, ...], list[Issue]]:
    read = [_asset(entry, position, media) for position, entry in enumerate(_list(item, "assets"))]
    issues = [asset for asset in read if isinstance(asset, Issue)]
    assets = tuple(asset for asset in read if isinstance(asset, AssetSpec))
    link = _first(item, "media_link", "mediaLink")
    if link is None or issues:
        return assets, issues
    only = _asset(link if isinstance(link, str) else 0, 0, media, where="mediaLink")
    if isinstance(only, Issue):
        return assets, [only]
    if assets and assets[0].url != only.url:
        message = "media_link and the first of assets must be the same address; leave one of them out."
        return assets, [_issue("asset_media_conflict", message, "mediaLink")]
    return assets or (only,), []


def _asset(entry: object, position: int, media: Media, where: str = "") -> AssetSpec | Issue:
    where = where or f"assets.{position}"
    if isinstance(entry, str):
        entry = {"url": entry}
    if not isinstance(entry, Mapping):
        return _issue("asset_invalid", "A file must be an address or an object with a url.", where)
    fields = cast("Object", entry)
    said = _first(fields, "url", "media_link", "mediaLink")
    reference = said.strip() if isinstance(said, str) else "" if said is None else None
    ours = media(_label(fields, "id") or "") if reference == "" else media(_without_fragment(reference)) if reference else None
    if reference is None or not (reference or ours):
        return _issue("asset_url_required", "This file needs a url.", where)
    if ours is None and not _web_address(reference):
        return _issue("asset_invalid", "The address of a file must start with https:// or http://.", where)
    key = _label(fields, "id") or f"asset_{position + 1}"
    url = _without_fragment(reference) if _web_address(reference) or reference.startswith("/") else ours.url if ours else reference
    return _ours(fields, key, url, ours) if ours else _foreign(fields, key, url)


def _ours(fields: Object, key: str, url: str, media: ManagedMedia) -> AssetSpec:
    """What we measured counts, not what the document says."""
    return AssetSpec(
        key=key,
        url=url,
        managed=True,
        asset_id=media.id,
        sha256=media.sha256,
        original_filename=_label(fields, "originalFilename") or media.original_filename,
        mime=media.mime,
        kind=media.kind,
        extension=media.extension,
        size=media.size,
        duration=media.duration,
        width=media.width,
        height=media.height,
        alt_text=_label(fields, "altText", "alt_text") or media.alt_text,
    )


def _foreign(fields: Object, key: str, url: str) -> AssetSpec:
    extension = _extension(url)
    mime = (_label(fields, "mime") or "").partition(";")[0].strip().lower()
    return AssetSpec(
        key=key,
        url=url,
        managed=bool(fields.get("managed")),
        original_filename=_label(fields, "originalFilename"),
        mime=mime or MIME_OF.get(extension),
        kind=_kind((_label(fields, "kind") or "").lower(), extension),
        extension=extension,
        size=_whole(fields.get("size")),
        duration=_measure(fields.get("duration")),
        width=_whole(fields.get("width")),
        height=_whole(fields.get("height")),
        alt_text=_label(fields, "altText", "alt_text"),
    )


def _kind(said: str, extension: str) -> str:
    if said in ("image", "video"):
        return said
    if extension in IMAGE_EXTENSIONS:
        return "image"
    if extension in VIDEO_EXTENSIONS:
        return "video"
    return "audio" if said == "audio" else "other"


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]


def _web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:
        return False


def _extension(url: str) -> str:
    name = url.partition("?")[0].rpartition("/")[2] if url.count("/") > 2 else ""
    found = re.search(r"\.([a-z0-9]{1,12})$", name.lower(), re.ASCII)
    return found[1] if found else ""


# --- times ------------------------------------------------------------------------------------------------------------

TIME_KEYS = ("publish_at", "publishAt", "scheduled_at", "scheduledAt")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Far enough from the ends of Python's calendar that offsets and delays can be added."""

_WRITTEN_TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[ T](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
    r" ?(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)


def parse_time(raw: object, zone: str) -> datetime:
    """ISO 8601, or a number of milliseconds since 1970. Raises ValueError.

    A date alone is midnight UTC. A time without offset is one of ``zone``: one that the clocks skip in spring is moved
    on by what they skip, one that they show twice in autumn is the first.
    """
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise ValueError("not a time")
    try:
        if isinstance(raw, str):
            return _within_reach(_parse_written(raw.strip(), zone))
        return _within_reach(EPOCH + timedelta(milliseconds=math.floor(raw)))
    except OverflowError as error:
        raise ValueError("too far away") from error


def _parse_written(text: str, zone: str) -> datetime:
    found = _WRITTEN_TIME.fullmatch(text)
    if found is None:
        raise ValueError("not a time")
    day = datetime.strptime(found["date"], "%Y-%m-%d").replace(tzinfo=UTC)
    if found["hour"] is None:
        return day
    at = day.replace(
        hour=int(found["hour"]),
        minute=int(found["minute"]),
        second=int(found["second"] or 0),
        microsecond=int((found["fraction"] or "").ljust(3, "0")[:3]) * 1000,
    )
    offset = (found["offset"] or "").upper()
    if offset == "Z":
        return at
    if not offset:
        return at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    hours, minutes = int(offset[1:3]), int(offset[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError("not an offset")
    ahead = timedelta(hours=hours, minutes=minutes)
    return at + ahead if offset[0] == "-" else at - ahead


def _within_reach(at: datetime) -> datetime:
    if not EARLIEST <= at <= LATEST:
        raise ValueError("too far away")
    return at


def _time(raw: object, zone: str) -> datetime | Issue:
    try:
        return parse_time(raw, zone)
    except ValueError:
        message = "publish_at is no time: write it as 2026-06-01T18:00:00Z, or leave it out to publish now."
        return _issue("invalid_publish_time", message, "publishAt")


def _milliseconds(at: datetime) -> datetime:
    """What is answered has milliseconds, so that is what is kept: it must be the same when it comes back."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def wall_time(at: datetime, zone: str) -> str:
    """What the clock on the wall shows there, without an offset."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(timespec="seconds")


@cache
def _zones() -> Mapping[str, str]:
    """The IANA names by their lower-case form."""
    return {name.lower(): name for name in available_timezones() if name not in ("Factory", "localtime")}


def zone_named(name: str) -> str | None:
    """The IANA name in its own spelling; None when there is no such zone."""
    return _zones().get(name.strip().lower())


def _zone(said: object, inherited: str) -> str | Issue:
    if said is None or (isinstance(said, str) and not said.strip()):
        return inherited
    found = zone_named(said) if isinstance(said, str) else None
    return found or _issue("timezone_invalid", "timezone must be an IANA name such as Europe/Berlin or UTC.", "timezone")


# --- values -----------------------------------------------------------------------------------------------------------


def _issue(code: str, message: str, where: str, **details: Any) -> Issue:
    return Issue(code=code, message=message, where=where, details=details)


def _object(value: object) -> Object:
    return cast("Object", value) if isinstance(value, Mapping) else {}


def _list(item: Object, key: str) -> Sequence[object]:
    value = item.get(key)
    return cast("list[object]", value) if isinstance(value, list) else []


def _first(item: Object, *keys: str) -> Any:
    """The first value that is there: not absent, not null, not an empty text."""
    for key in keys:
        value = item.get(key)
        if value is not None and not (isinstance(value, str) and not value.strip()):
            return value
    return None


def _written(value: object) -> str | None:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _label(item: Object, *keys: str) -> str | None:
    """The first of the keys that names something. Clients write ids as numbers, too."""
    return next((text for key in keys if (text := _written(item.get(key)))), None)


def _text(item: Object, *keys: str) -> str | Issue:
    value = _first(item, *keys)
    text = "" if value is None else _written(value)
    return _issue("post_invalid", f"{keys[0]} must be a text.", keys[0]) if text is None else text


def _number(value: object) -> float | None:
    """Finite numbers, also written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _measure(value: object) -> float | None:
    number = _number(value)
    return number if number is not None and number >= 0 else None


def _whole(value: object) -> int | None:
    number = _measure(value)
    return int(number) if number is not None and number < 2**53 else None


# --- shapes -----------------------------------------------------------------------------------------------------------


def post_json(spec: PostSpec) -> dict[str, Any]:
    """A post as validate and preview answer it: what went in, made explicit."""
    at = iso(spec.publish_at)
    return {
        "index": spec.index,
        "provider": spec.provider,
        "account": spec.account,
        "accountId": spec.account_id,
        "name": spec.name,
        "description": spec.description,
        "publishAt": at,
        "publishAtUtc": at,
        "timezone": spec.timezone,
        "wallTime": spec.wall_time,
        "interactionType": spec.interaction_type,
        "parentStepId": spec.parent_step_id,
        "campaignId": spec.campaign.id if spec.campaign else None,
        "campaignName": spec.campaign.name if spec.campaign else None,
        "campaignIndex": spec.campaign.index if spec.campaign else None,
        "stepId": spec.step_id,
        "stepIndex": spec.step_index,
        "targetIndex": spec.target_index,
        **({"sequencePosition": spec.sequence_position, "stepDelayMs": spec.step_delay_ms} if spec.campaign else {}),
        "assets": [asset_json(asset) for asset in spec.assets],
        "mediaLink": spec.media_link,
        "settings": dict(spec.settings),
    }


def asset_json(asset: AssetSpec) -> dict[str, Any]:
    return {
        "id": asset.key,
        "url": asset.url,
        "managed": asset.managed,
        "originalFilename": asset.original_filename,
        "mime": asset.mime,
        "kind": asset.kind,
        "size": asset.size,
        "duration": asset.duration,
        "width": asset.width,
        "height": asset.height,
        "altText": asset.alt_text,
    }


def normalised_envelope(plan: Plan) -> dict[str, Any]:
    """The schedule that says the same with everything written out; reading it gives the same posts again."""
    posts = [post_json(spec) for spec in plan.posts]
    head = {"timezone": plan.timezone, "mode": plan.mode}
    if not plan.campaigns:
        return {**head, "posts": [{"account": post["account"], "timezone": post["timezone"], **input_json(post)} for post in posts]}
    return {**head, "campaigns": campaigns_json(posts)}


def campaigns_json(posts: Sequence[Object]) -> list[dict[str, Any]]:
    """Posts of a campaign schedule, back in the shape of a schedule."""
    targets: dict[tuple[int, int], dict[str, Any]] = {}
    campaigns: dict[int, dict[str, Any]] = {}
    for post in posts:
        index = post["campaignIndex"]
        campaign = campaigns.setdefault(index, {"id": post["campaignId"], "name": post["campaignName"], "targets": []})
        key = (index, post["targetIndex"])
        if key not in targets:
            targets[key] = {"account": post["account"], "timezone": post["timezone"], "steps": []}
            campaign["targets"].append(targets[key])
        targets[key]["steps"].append({"id": post["stepId"], **input_json(post)})
    return list(campaigns.values())


def input_json(post: Object) -> dict[str, Any]:
    """What a client would send to get this post (its account and step id aside), without what is empty."""
    parent = post["parentStepId"]
    return {
        "provider": post["provider"],
        "name": post["name"],
        "description": post["description"],
        "publish_at": post["publishAtUtc"],
        **({"interaction_type": post["interactionType"]} if post["interactionType"] != "post" else {}),
        **({"reply_to_step_id": parent} if parent else {}),
        **_assets_input(post["assets"]),
        **({"settings": dict(post["settings"])} if post["settings"] else {}),
    }


def _assets_input(assets: Sequence[Object]) -> dict[str, Any]:
    entries = [_asset_input(asset, position) for position, asset in enumerate(assets)]
    if len(entries) == 1 and isinstance(entries[0], str):
        return {"media_link": entries[0]}
    return {"assets": entries} if entries else {}


def _asset_input(asset: Object, position: int) -> dict[str, Any] | str:
    """The bare address when there is nothing else to say."""
    known = {key: value for key, value in asset.items() if value is not None}
    plain = {"id": f"asset_{position + 1}", "url": asset["url"], "managed": False, "kind": "other"}
    return str(asset["url"]) if known == plain else known
