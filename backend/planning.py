"""Schedule documents become posts: one reading for validate, preview, apply, compose and clone.

Pure: no database, no network, no clock. What is wrong with a document is collected over all of its posts, so that its
author can correct it in one round; only an envelope that cannot be read at all ends the reading at once.

Clients write the same thing in many ways (``publish_at`` or ``publishAt``, a handle or an account id …), and send back
what they were answered.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import providers
from providers.contract import Draft, Issue, Provider, compose_text

from . import draft_fits
from .documents import Object, TooDeep, first, is_finite, label, list_at, number, object_of, plain, text_of
from .errors import AppError
from .planned_media import Media, read_assets
from .plans import (
    AccountFacts,
    CampaignRef,
    CampaignSummary,
    Directory,
    Finding,
    Plan,
    PostSpec,
    Reading,
    draft_of,
    in_order,
    refusal,
)
from .times import milliseconds, parse_time, wall_time, within_reach, zone_named

MAX_POSTS = 1000
MAX_KEY = 255
"""Characters of an idempotency key: PostgreSQL's index has no place for a very long one."""
MODES = ("scheduled", "draft")
TIME_KEYS = ("publish_at", "publishAt", "scheduled_at", "scheduledAt")

T = TypeVar("T")


def normalise(body: object, *, directory: Directory, media: Media, now: datetime, max_posts: int = MAX_POSTS) -> Plan:
    """The posts a document asks for. Raises the first issue, with all of them in ``details.issues``."""
    reading = read(body, directory=directory, media=media, now=now, max_posts=max_posts)
    if found := in_order([*reading.findings, *reading.unanswered]):
        raise refusal(found)
    return reading.plan


def read(
    body: object, *, directory: Directory, media: Media, now: datetime, max_posts: int = MAX_POSTS, alone: bool = False
) -> Reading:
    """Like ``normalise``, but hands the issues back. Raises only for an envelope that cannot be read. ``alone`` is for
    one post out of a schedule that stands: what it answers was found then."""
    envelope, key = unwrap(body)
    zone = _expect(_zone(envelope.get("timezone"), "UTC"))
    said = _expect(_mode(envelope))
    posts, campaigns = _items(envelope)
    _expect(_few_enough(posts, campaigns, max_posts))
    mode = _expect(_mode_with_hints(said, [*map(_says_draft, posts), *_step_hints(campaigns)]))
    world = World(directory=directory, media=media, now=milliseconds(now))
    specs, findings = _posts(_campaign_places(campaigns, zone) if campaigns else _flat_places(posts, zone), world)
    linked, unanswered = (specs, []) if alone else _answered(specs)
    plan = Plan(
        timezone=zone,
        mode=mode,
        source_model="campaigns_v2" if campaigns else "posts_v1",
        posts=tuple(linked),
        campaigns=_summaries(specs),
        idempotency_key=key,
    )
    return Reading(plan=plan, findings=tuple(findings), unanswered=tuple(unanswered))


def unwrap(body: object) -> tuple[dict[str, Any], str | None]:
    """The envelope, which may stand inside ``schedule``, and the idempotency key, inside or beside it."""
    if isinstance(body, list | tuple):
        body = {}
    if not isinstance(body, Mapping):
        raise _envelope_error("schedule_invalid", "Send a schedule: an object with posts or campaigns.")
    try:
        outer: dict[str, Any] = plain(cast("Object", body))
    except TooDeep:
        raise _envelope_error("schedule_invalid", "This schedule has too many levels of objects and lists.") from None
    inner = outer.get("schedule")
    envelope = cast("dict[str, Any]", inner) if isinstance(inner, dict) else outer
    keys = ("idempotencyKey", "idempotency_key")
    key = label(outer, *keys) or label(envelope, *keys)
    if key and len(key) > MAX_KEY:
        details = {"field": keys[0], "length": len(key), "maxLength": MAX_KEY}
        raise AppError("bad_request", f"An idempotency key has at most {MAX_KEY} characters.", details=details)
    return envelope, key


# --- the envelope -----------------------------------------------------------------------------------------------------


def _envelope_error(code: str, message: str, **details: Any) -> AppError:
    return refusal([Finding(issue=Issue(code=code, message=message, details=details), path="", post=None, at=0)])


def _expect(value: T | Issue) -> T:
    if isinstance(value, Issue):
        raise refusal([Finding(issue=value, path="", post=None, at=0)])
    return value


def _mode(envelope: Object) -> str | Issue:
    """Empty when the envelope does not say."""
    said = first(envelope, "mode", "status")
    mode = "" if said is None else said.strip().lower() if isinstance(said, str) else None
    return mode if mode in ("", *MODES) else _mode_issue("mode must be scheduled or draft.")


def _mode_with_hints(mode: str, drafts: Sequence[bool]) -> str | Issue:
    """Some clients write draft on each campaign or post only. What says draft is never scheduled."""
    if mode == "draft" or (not mode and drafts and all(drafts)):
        return "draft"
    if any(drafts):
        return _mode_issue(
            "Only a part of this schedule says draft. Say mode draft for all of it, or send that part alone."
        )
    return "scheduled"


def _mode_issue(message: str) -> Issue:
    return _issue("schedule_mode_invalid", message, "mode", supportedValues=list(MODES))


def _says_draft(item: object, inherited: bool = False) -> bool:
    said = first(object_of(item), "mode", "status")
    return said.strip().lower() == "draft" if isinstance(said, str) else inherited


def _step_hints(campaigns: Sequence[object]) -> Iterable[bool]:
    for campaign in campaigns:
        of_campaign = _says_draft(campaign)
        for target in list_at(object_of(campaign), "targets"):
            of_target = _says_draft(target, of_campaign)
            for step in list_at(object_of(target), "steps"):
                yield _says_draft(step, of_target)


def _items(envelope: Object) -> tuple[Sequence[object], Sequence[object]]:
    posts, campaigns = list_at(envelope, "posts"), list_at(envelope, "campaigns")
    if posts and campaigns:
        raise _envelope_error("schedule_shape_conflict", "Send posts or campaigns, not both.")
    if not posts and not campaigns:
        raise _envelope_error("schedule_items_required", "This schedule is empty: add posts or campaigns.")
    return posts, campaigns


def _few_enough(posts: Sequence[object], campaigns: Sequence[object], limit: int) -> Issue | None:
    targets = [target for campaign in campaigns for target in list_at(object_of(campaign), "targets")]
    count = len(posts) + sum(len(list_at(object_of(target), "steps")) for target in targets)
    if max(count, len(campaigns), len(targets)) <= limit:
        return None
    message = f"This schedule has {count} posts; at most {limit} are taken at once. Send it in parts."
    return _issue("schedule_too_large", message, "posts", posts=count, maxPosts=limit)


# --- where the posts stand --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    directory: Directory
    media: Media
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A post as it stands in the document, and what is settled about it from around it."""

    item: Object
    path: str
    account: str
    provider: object
    timezone: str | Issue
    publish_at: datetime | Issue | None
    """None when nothing says a time, which means now."""
    interaction: object = None
    previous_step_id: str | None = None
    step_id: str
    step_index: int = 0
    target_index: int
    campaign: CampaignRef | None = None
    step_delay_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """What stands where a post, target or campaign should, and is none."""

    issue: Issue
    path: str
    is_post: bool = False


def _posts(places: Iterable[Place | Broken], world: World) -> tuple[list[PostSpec], list[Finding]]:
    specs: list[PostSpec] = []
    findings: list[Finding] = []
    index = 0
    for place in places:
        if isinstance(place, Place):
            spec, issues = _post(place, index, world)
            specs.append(spec)
            findings += (Finding(issue=issue, path=place.path, post=index, at=index) for issue in issues)
        else:
            post = index if place.is_post else None
            findings.append(Finding(issue=place.issue, path=place.path, post=post, at=index))
        index += isinstance(place, Place) or place.is_post
    return specs, findings


def _flat_places(posts: Sequence[object], zone: str) -> Iterator[Place | Broken]:
    for index, item in enumerate(posts):
        path = f"posts.{index}"
        if not isinstance(item, Mapping):
            issue = _issue("post_invalid", f"Post {index + 1} must be an object.", "")
            yield Broken(issue=issue, path=path, is_post=True)
            continue
        post = cast("Object", item)
        own_zone = _zone(post.get("timezone"), zone)
        given = _said_time(post)
        yield Place(
            item=post,
            path=path,
            account=_account_of(post),
            provider=post.get("provider"),
            timezone=own_zone,
            publish_at=None if given is None else _time(given, zone if isinstance(own_zone, Issue) else own_zone),
            step_id=f"post_{index + 1}",
            target_index=index,
        )


def _campaign_places(campaigns: Sequence[object], zone: str) -> Iterator[Place | Broken]:
    for index, item in enumerate(campaigns):
        path = f"campaigns.{index}"
        if not isinstance(item, Mapping):
            issue = _issue("campaign_invalid", f"Campaign {index + 1} must be an object.", "")
            yield Broken(issue=issue, path=path)
            continue
        fields = cast("Object", item)
        id = label(fields, "id") or f"campaign_{index + 1}"
        campaign = CampaignRef(id=id, name=label(fields, "name") or label(fields, "title") or id, index=index)
        yield from _target_places(fields, campaign, path, zone)


def _target_places(item: Object, campaign: CampaignRef, path: str, zone: str) -> Iterator[Place | Broken]:
    targets = list_at(item, "targets")
    if not targets:
        message = f"The campaign {campaign.name} needs at least one target."
        yield Broken(issue=_issue("campaign_targets_required", message, "targets"), path=path)
    for index, target in enumerate(targets):
        target_path = f"{path}.targets.{index}"
        whose = f"Target {index + 1} of {campaign.name}"
        if not isinstance(target, Mapping):
            issue = _issue("campaign_target_invalid", f"{whose} must be an object.", "")
            yield Broken(issue=issue, path=target_path)
            continue
        fields = cast("Object", target)
        if not _account_of(fields):
            issue = _issue("campaign_target_account_required", f"{whose} needs an account.", "account")
            yield Broken(issue=issue, path=target_path)
        if not list_at(fields, "steps"):
            issue = _issue("campaign_steps_required", f"{whose} needs at least one step.", "steps")
            yield Broken(issue=issue, path=target_path)
        target_zone = _zone(first(fields, "timezone") or first(item, "timezone"), zone)
        if isinstance(target_zone, Issue):
            yield Broken(issue=target_zone, path=target_path)
            target_zone = zone
        if _account_of(fields):
            yield from _step_places(fields, item, index, campaign, target_path, target_zone)


def _step_places(
    target: Object, item: Object, target_index: int, campaign: CampaignRef, path: str, zone: str
) -> Iterator[Place | Broken]:
    """The steps of one target. ``cursor`` is the time of the last step that has one; delays count from it."""
    start = _said_time(target, item)
    cursor: datetime | None = None
    previous: str | None = None
    for index, step in enumerate(list_at(target, "steps")):
        step_path = f"{path}.steps.{index}"
        if not isinstance(step, Mapping):
            issue = _issue("campaign_step_invalid", f"Step {index + 1} of {campaign.name} must be an object.", "")
            yield Broken(issue=issue, path=step_path, is_post=True)
            continue
        fields = cast("Object", step)
        at = _step_time(fields, cursor, zone) if index else _start_time(fields, start, zone)
        known = at if isinstance(at, datetime) else cursor
        step_id = label(fields, "id") or f"{campaign.id}_target_{target_index + 1}_step_{index + 1}"
        yield Place(
            item=fields,
            path=step_path,
            account=_account_of(target),
            provider=first(fields, "provider") or first(target, "provider") or item.get("provider"),
            timezone=zone,
            publish_at=at,
            interaction=first(target, "interaction_type", "interactionType"),
            previous_step_id=previous,
            step_id=step_id,
            step_index=index,
            target_index=target_index,
            campaign=campaign,
            step_delay_ms=(known - cursor) // timedelta(milliseconds=1) if known and cursor else 0,
        )
        cursor, previous = known, step_id


def _said_time(*items: Object) -> object:
    """As the innermost of them says it that says any."""
    return next((said for item in items if (said := first(item, *TIME_KEYS)) is not None), None)


def _start_time(step: Object, start: object, zone: str) -> datetime | Issue:
    own = _said_time(step)
    said = start if own is None else own
    if said is not None:
        return _time(said, zone)
    message = "The first step needs a time: give publish_at on the step, the target or the campaign."
    return _issue("campaign_publish_time_required", message, "publishAt")


def _step_time(step: Object, cursor: datetime | None, zone: str) -> datetime | Issue | None:
    """None when the steps before have no time either, which has been said there."""
    own = _said_time(step)
    if own is not None:
        return _time(own, zone)
    delay = _delay(step)
    if isinstance(delay, Issue) or cursor is None:
        return delay if isinstance(delay, Issue) else None
    try:
        return within_reach(cursor + delay)
    except (OverflowError, ValueError):
        return _issue("invalid_step_delay", "The delay of this step is too long.", "delay")


def _delay(step: Object) -> timedelta | Issue:
    for unit, factor in (("ms", 1), ("seconds", 1000), ("minutes", 60_000)):
        value = first(step, f"delay_{unit}", f"delay{unit.capitalize()}")
        if value is not None:
            return _delay_of(value, factor)
    return timedelta(0)


def _delay_of(value: object, factor: int) -> timedelta | Issue:
    count = number(value)
    try:
        if count is not None and count >= 0:
            return timedelta(milliseconds=math.floor(count * factor))
    except OverflowError:
        pass
    return _issue("invalid_step_delay", "The delay of a step must be a number of 0 or more.", "delay")


def _summaries(specs: Sequence[PostSpec]) -> tuple[CampaignSummary, ...]:
    campaigns: dict[CampaignRef, list[PostSpec]] = {}
    for spec in specs:
        if spec.campaign is not None:
            campaigns.setdefault(spec.campaign, []).append(spec)
    return tuple(_summary(campaign, posts) for campaign, posts in campaigns.items())


def _summary(campaign: CampaignRef, posts: Sequence[PostSpec]) -> CampaignSummary:
    accounts = {spec.target_index: spec.account for spec in posts}
    return CampaignSummary(
        id=campaign.id,
        name=campaign.name,
        target_count=len(accounts),
        post_count=len(posts),
        accounts=tuple(accounts.values()),
    )


# --- one post ---------------------------------------------------------------------------------------------------------


def _post(place: Place, index: int, world: World) -> tuple[PostSpec, list[Issue]]:
    """One post, and what is wrong with it in the order that decides which code is reported first."""
    item = place.item
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
    publish_at = sound(place.publish_at, None) or world.now
    interaction = sound(_interaction(first(item, "interaction_type", "interactionType"), place.interaction), "post")
    assets, asset_issues = read_assets(item, world.media)
    issues += asset_issues
    name = sound(_text(item, "name", "title"), "")
    description = sound(_text(item, "description", "text"), "")
    title = name
    if place.campaign is not None:
        generated = generated_name(place.campaign.name, place.step_index)
        name = name or generated
        title = "" if name == generated else name
    spec = PostSpec(
        index=index,
        path=place.path,
        account=handle,
        account_id=account.id if account else None,
        provider=provider_id,
        account_type=_account_type(provider_id, handle, account),
        name=name,
        description=description,
        title=title,
        text=compose_text(title, description),
        publish_at=publish_at,
        publish_at_given=place.publish_at is not None,
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


def generated_name(campaign: str, step_index: int) -> str:
    """What lists call a step without a title. It is not published."""
    return f"{campaign} Step {step_index + 1}"


def _account_of(item: Object) -> str:
    return label(item, "account", "channel", "account_id", "accountId") or ""


def _resolved(name: object) -> str | None:
    return providers.resolve(name) if isinstance(name, str) else None


def _provider(said: object, reference: str, account: AccountFacts | None) -> str | Issue:
    """A name that nobody has is overlooked as long as the handle tells the network."""
    explicit = _resolved(said)
    inferred = account.provider if account else providers.infer(reference)
    if explicit and inferred and explicit != inferred:
        names = providers.get(inferred).name, providers.get(explicit).name
        message = "The account {} belongs to {}, but the post says {}.".format(reference, *names)
        return _issue("provider_account_mismatch", message, "provider", provider=explicit, accountProvider=inferred)
    if explicit or inferred:
        return explicit or inferred or ""
    known = sorted(providers.all_providers())
    if isinstance(said, str) and said.strip():
        message = f"The network {said.strip()[:80]!r} is not known, and the account does not tell which one it is."
        return _issue("provider_unsupported", message, "provider", supportedValues=known)
    message = "Say which network this post is for: give the account's full handle or its id, or a provider."
    return _issue("provider_required", message, "provider", supportedValues=known)


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
    said = label(item, "reply_to_step_id", "replyToStepId", "parent_step_id", "parentStepId")
    if place.campaign is None:
        return said
    return None if interaction == "post" else said or place.previous_step_id


def _raw_settings(item: Object) -> dict[str, Any] | Issue:
    value = item.get("settings")
    if not value:
        return {}
    if isinstance(value, dict) and is_finite(cast("object", value)):
        return cast("dict[str, Any]", value)
    return _issue("post_settings_invalid", "settings must be an object.", "settings")


def effective_settings(provider: Provider, raw: Object, draft: Draft) -> Mapping[str, Any] | Issue:
    """What the account type makes of the settings, beside the files as they go out. Types without settings refuse any."""
    rules = provider.settings.get(draft.account_type)
    if rules is not None:
        return rules.parse(raw, draft_fits.sent(draft))
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


# --- replies ----------------------------------------------------------------------------------------------------------


def _answered(specs: Sequence[PostSpec]) -> tuple[list[PostSpec], list[Finding]]:
    """Each reply with the place of the post it answers."""
    steps: dict[tuple[object, ...], list[int]] = {}
    for position, spec in enumerate(specs):
        for key in (*_step_keys(spec, spec.step_id), (spec.step_id,)):
            steps.setdefault(key, []).append(position)
    parents = [_parent_position(spec, position, steps) for position, spec in enumerate(specs)]
    circular = _in_a_circle([parent if isinstance(parent, int) else None for parent in parents])
    linked: list[PostSpec] = []
    findings: list[Finding] = []
    for position, (spec, parent) in enumerate(zip(specs, parents, strict=True)):
        issue = parent if isinstance(parent, Issue) else None
        if position in circular:
            issue = _reply_issue(spec, "These replies answer each other in a circle.")
        if issue is not None:
            findings.append(Finding(issue=issue, path=spec.path, post=spec.index, at=spec.index))
        linked.append(replace(spec, parent_index=parent) if isinstance(parent, int) else spec)
    return linked, findings


def _step_keys(spec: PostSpec, step_id: str) -> tuple[tuple[object, ...], ...]:
    """Where a step id is looked for: in the target, in the campaign, then anywhere on the same account."""
    on_account = (step_id, _account_key(spec))
    return (*on_account, spec.campaign, spec.target_index), (*on_account, spec.campaign), on_account


def _parent_position(
    spec: PostSpec, position: int, steps: Mapping[tuple[object, ...], Sequence[int]]
) -> int | Issue | None:
    if spec.interaction_type != "reply" or spec.parent_step_id is None:
        return None
    for key in _step_keys(spec, spec.parent_step_id):
        found = _nearest(steps.get(key, ()), position)
        if found is not None:
            return found
    if spec.parent_step_id == spec.step_id:
        return position
    answers = f"This reply answers the step {spec.parent_step_id[:80]!r}, which"
    if (spec.parent_step_id,) in steps:
        return _reply_issue(spec, f"{answers} belongs to another account.")
    return _reply_issue(spec, f"{answers} is not in this schedule.")


def _nearest(positions: Sequence[int], to: int) -> int | None:
    """The last one before, else the first one after."""
    place = bisect_left(positions, to)
    if place > 0:
        return positions[place - 1]
    return next((after for after in positions[place : place + 2] if after != to), None)


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


# --- values -----------------------------------------------------------------------------------------------------------


def _time(raw: object, zone: str) -> datetime | Issue:
    try:
        return parse_time(raw, zone)
    except ValueError:
        message = "publish_at is no time: write it as 2026-06-01T18:00:00Z, or leave it out to publish now."
        return _issue("invalid_publish_time", message, "publishAt")


def _zone(said: object, inherited: str) -> str | Issue:
    if said is None or (isinstance(said, str) and not said.strip()):
        return inherited
    found = zone_named(said) if isinstance(said, str) else None
    message = "timezone must be an IANA name such as Europe/Berlin or UTC."
    return found or _issue("timezone_invalid", message, "timezone")


def _text(item: Object, *keys: str) -> str | Issue:
    value = first(item, *keys)
    text = "" if value is None else text_of(value)
    return _issue("post_invalid", f"{keys[0]} must be a text.", keys[0]) if text is None else text


def _issue(code: str, message: str, where: str, **details: Any) -> Issue:
    return Issue(code=code, message=message, where=where, details=details)
