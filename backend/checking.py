"""Whether a post can go out as it is, and what an account can do: both told from the network's declaration.

Pure, like planning. ``check`` is what validate, preview, apply, the composer and the publish-preview action agree on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import providers
from providers.contract import Check, Draft, DraftAsset, Issue, Provider
from providers.contract import Media as MediaLimits

from . import draft_fits
from .documents import Object
from .plan_json import asset_json
from .planned_media import Media
from .planning import MAX_POSTS, effective_settings, read
from .plans import AccountFacts, Directory, Finding, Plan, PostSpec, draft_of, in_order, refusal
from .status import AccountStatus
from .wire import iso

PREVIEW_ACTION = "publish-preview"


# --- can it go out? ---------------------------------------------------------------------------------------------------


def checked_plan(
    body: object,
    *,
    directory: Directory,
    media: Media,
    now: datetime,
    max_posts: int = MAX_POSTS,
    alone: bool = False,
    more: Check = lambda draft: None,
) -> Plan:
    """A plan that may be applied. Raises the first issue of document and networks, with all in ``details.issues``.

    ``more`` is checked last of every post: what only the server can know.
    """
    reading = read(body, directory=directory, media=media, now=now, max_posts=max_posts, alone=alone)
    findings = [*reading.findings]
    for spec in reading.plan.posts:
        known = [finding.issue for finding in reading.findings if finding.post == spec.index]
        account = directory.by_id(spec.account_id) if spec.account_id else None
        findings += (
            Finding(issue=issue, path=spec.path, post=spec.index, at=spec.index)
            for issue in _more(spec, account, known, more)
        )
    findings += reading.unanswered
    if findings:
        raise refusal(in_order(findings))
    return reading.plan


def check(spec: PostSpec, account: AccountFacts | None, more: Check = lambda draft: None) -> list[Issue]:
    """What is wrong with a post, in the order in which the codes are reported."""
    provider = providers.get(spec.provider)
    draft = draft_of(spec, account)
    issues: list[Issue] = []
    settings = effective_settings(provider, spec.raw_settings, draft)
    if isinstance(settings, Issue):
        issues += _settings_issues(provider, settings, draft)
        settings = usual_settings(provider, draft.account_type)
    draft = replace(draft, settings=settings)
    issues += _network_issues(provider, draft_fits.sent(draft))
    issues += draft_fits.issues(draft)
    found = more(draft)
    issues += [] if found is None else [found]
    issues += _account_issues(spec, account)
    told: dict[tuple[str, str], Issue] = {}
    for issue in issues:
        told.setdefault((issue.code, issue.where), issue)
    return list(told.values())


def _settings_issues(provider: Provider, issue: Issue, draft: Draft) -> Iterator[Issue]:
    """Reading settings ends at the first that is wrong. What it would have said of the files is said too."""
    yield issue
    further = effective_settings(provider, {}, draft)
    if isinstance(further, Issue) and not further.where.startswith("settings"):
        yield further


def usual_settings(provider: Provider, account_type: str) -> dict[str, Any]:
    """Those of somebody who says nothing."""
    rules = provider.settings.get(account_type)
    return {field["id"]: field.get("default") for field in fields_of(rules.model)} if rules else {}


UNREAD = frozenset(
    {
        "account_required",
        "asset_invalid",
        "asset_media_conflict",
        "asset_url_required",
        "interaction_type_invalid",
        "post_content_required",
        "post_invalid",
        "post_settings_invalid",
        "provider_account_mismatch",
        "provider_required",
        "provider_unsupported",
    }
)
"""What could not be read cannot be checked: the network's complaints would be about the gap that reading left."""


def _more(
    spec: PostSpec, account: AccountFacts | None, known: Sequence[Issue], more: Check = lambda draft: None
) -> list[Issue]:
    """What checking adds to the issues of reading."""
    if any(issue.code in UNREAD for issue in known):
        return []
    said = {(issue.code, issue.where) for issue in known}
    return [issue for issue in check(spec, account, more) if (issue.code, issue.where) not in said]


def _network_issues(provider: Provider, draft: Draft) -> Iterator[Issue]:
    comment = draft.interaction == "comment"
    if comment:
        yield Issue(
            code="provider_comment_unsupported",
            where="interactionType",
            message="Comments cannot be published here; use post.",
            details={"interactionType": "comment", "supportedValues": list(provider.interactions)},
        )
    for network_check in provider.checks:
        issue = network_check(draft)
        if issue is not None and not (comment and issue.where == "interactionType"):
            yield issue
    yield from _length_issues(provider, draft)


def _length_issues(provider: Provider, draft: Draft) -> Iterator[Issue]:
    limits = provider.limits_of(draft.account_type)
    for what, length, limit in (
        ("title", limits.measure_title(draft), limits.title(draft)),
        ("text", limits.measure(draft), limits.text(draft)),
    ):
        if limit is not None and length > limit:
            yield Issue(
                code="text_too_long",
                where=what,
                message=f"The {what} has {length} characters as {provider.name} counts them; at most {limit} fit.",
                details={"length": length, "maxLength": limit},
            )
    most = limits.alt_text
    for position, asset in enumerate(draft.assets):
        if most is not None and asset.alt_text and len(asset.alt_text) > most:
            yield Issue(
                code="alt_text_too_long",
                where=f"assets.{position}",
                message=f"The description of this file has {len(asset.alt_text)} characters; at most {most} fit.",
                details={"length": len(asset.alt_text), "maxLength": most, "assetId": asset.key},
            )


def _account_issues(spec: PostSpec, account: AccountFacts | None) -> Iterator[Issue]:
    """An expired login is no issue: its posts wait for the new one. ``login_warnings`` tells of it."""
    if account is None or account.status == AccountStatus.DISCONNECTED:
        yield Issue(
            code="account_not_connected",
            where="account",
            message=f"The account {spec.account} is not connected. Connect it, or choose another.",
            details={"account": spec.account},
        )
    elif not account.publishable:
        yield Issue(
            code="account_not_publishable",
            where="account",
            message=f"Nothing can be published as {account.handle}; choose one of the accounts it gives access to.",
            details={"account": account.handle, "accountType": account.account_type},
        )


def login_warnings(posts: Iterable[tuple[int, AccountFacts, datetime]]) -> list[dict[str, Any]]:
    """One for each account whose login is over before posts of it are due (given by their number and their time). No
    reason to refuse them: they wait for the new login. But somebody should make it before."""
    at_risk: dict[str, list[int]] = {}
    named: dict[str, AccountFacts] = {}
    for index, account, publish_at in posts:
        ended = account.status == AccountStatus.NEEDS_RECONNECT
        if ended or (account.login_ends_at is not None and publish_at >= account.login_ends_at):
            at_risk.setdefault(account.id, []).append(index)
            named[account.id] = account
    return [_login_warning(named[id], numbers) for id, numbers in at_risk.items()]


def _login_warning(account: AccountFacts, numbers: Sequence[int]) -> dict[str, Any]:
    what = "this post is" if len(numbers) == 1 else f"{len(numbers)} posts are"
    details = {"account": account.handle, "accountId": account.id, "loginEndsAt": iso(account.login_ends_at)}
    if account.status == AccountStatus.NEEDS_RECONNECT or account.login_ends_at is None:
        code = "account_needs_reconnect"
        message = f"The login of {account.handle} has expired: posts wait until it is connected again."
    else:
        code, end = "login_ends_before", f"on {account.login_ends_at:%Y-%m-%d} at {account.login_ends_at:%H:%M} UTC"
        message = (
            f"The login of {account.handle} ends {end}, before {what} due. Connect it again before then, or posts wait."
        )
    return {"code": code, "message": message, "posts": list(numbers), "details": details}


def text_length(draft: Draft) -> int:
    """As the network counts."""
    return providers.get(draft.provider).limits_of(draft.account_type).measure(draft)


def text_limit(draft: Draft) -> int | None:
    """None means that any length goes."""
    return providers.get(draft.provider).limits_of(draft.account_type).text(draft)


# --- preview ----------------------------------------------------------------------------------------------------------


def publish_preview(item: object, account: AccountFacts, *, media: Media, now: datetime) -> dict[str, Any]:
    """What would become of a post on this account; never raises for what is wrong with it."""
    entry = {**cast("Object", item), "account": account.id, "provider": None} if isinstance(item, Mapping) else item
    reading = read({"posts": [entry]}, directory=Directory([account]), media=media, now=now)
    if not reading.plan.posts:
        raise refusal(reading.findings)
    spec = reading.plan.posts[0]
    # A reply is looked at without the schedule that holds its parent: unanswered ones do not count.
    known = [finding.issue for finding in reading.findings]
    return _preview(spec, account, [*known, *_more(spec, account, known)])


def preview(spec: PostSpec, account: AccountFacts) -> dict[str, Any]:
    """The result of the publish-preview action."""
    return _preview(spec, account, check(spec, account))


def _preview(spec: PostSpec, account: AccountFacts, issues: Sequence[Issue]) -> dict[str, Any]:
    provider = providers.get(account.provider)
    draft = draft_of(spec, account)
    notes = list(draft_fits.notes(draft))
    return {
        "actionId": PREVIEW_ACTION,
        "account": {
            "id": account.id,
            "handle": account.handle,
            "provider": account.provider,
            "displayName": account.display_name or None,
        },
        "valid": not issues,
        "input": {
            "name": spec.name,
            "description": spec.description,
            "interactionType": spec.interaction_type,
            "mediaLink": spec.media_link,
            "assets": [asset_json(asset) for asset in spec.assets],
            "settings": dict(spec.raw_settings),
        },
        "resolved": {
            "targetMode": draft.account_type,
            "mediaKind": _media_kind(draft),
            "publishShape": provider.publish_shape_of(draft.account_type),
            "mediaDelivery": provider.media_delivery_of(draft.account_type),
            "effectiveSettings": dict(spec.settings),
            "text": spec.text,
            **_counted(draft, issues),
            "warnings": [*_warnings(spec, account), *(note.message for note in notes if note.kind != "fit")],
            "notes": [*(note.message for note in notes if note.kind == "fit"), *provider.limitations],
        },
        "error": {"code": issues[0].code, "message": issues[0].message} if issues else None,
        "issues": [{"field": issue.where, "code": issue.code, "message": issue.message} for issue in issues],
    }


def _counted(draft: Draft, issues: Sequence[Issue]) -> dict[str, int | None]:
    """Counting may depend on the settings, so it waits until they are right."""
    if any(issue.where.startswith("settings") for issue in issues):
        return {"textLength": None, "maxTextLength": None}
    return {"textLength": text_length(draft), "maxTextLength": text_limit(draft)}


def _media_kind(draft: Draft) -> str:
    kinds = {asset.kind for asset in draft.assets}
    return "none" if not kinds else kinds.pop() if len(kinds) == 1 else "mixed"


def _warnings(spec: PostSpec, account: AccountFacts) -> Iterator[str]:
    yield from (warning["message"] for warning in login_warnings([(spec.index, account, spec.publish_at)]))
    if spec.title and spec.description:
        yield "The name is published with the text; leave it out if it is only a label."


# --- what an account can do -------------------------------------------------------------------------------------------


def capability(account: AccountFacts) -> dict[str, Any]:
    provider = providers.get(account.provider)
    settings = publish_settings(account.account_type, account.provider)
    actions = discovery_actions(account)
    media = _media_input(provider, account)
    return {
        "provider": provider.id,
        "accountId": account.id,
        "handle": account.handle,
        "accountType": account.account_type,
        "canPublish": account.publishable,
        "publishable": account.publishable,
        "summary": _summary(provider, account, media),
        "workflow": {
            "currentPostModel": "single_post" if "reply" not in provider.interactions else "post_or_reply",
            "executionModel": "scheduled_worker",
            "supportedInteractionTypes": list(provider.interactions) if account.publishable else [],
            "draftSupport": True,
            "campaignSupport": True,
        },
        "input": {
            "text": _text_input(provider, account),
            "media": media,
        },
        "media": media,
        "settings": settings["fields"],
        "publishSettings": settings,
        "discoveryActions": {"supported": bool(actions), "actions": actions},
        "postLimits": [
            {"count": rate.count, "seconds": int(rate.per.total_seconds()), "scope": rate.scope}
            for rate in provider.rates
        ],
        "reconcile": {"supported": provider.reconcile is not None},
        "delete": {"supported": provider.delete is not None},
        "analytics": {
            "post": provider.post_metrics is not None or provider.post_metrics_in is not None,
            "account": provider.account_metrics is not None or provider.account_metrics_in is not None,
        },
        "limitations": list(provider.limitations),
        "nextRecommendedActions": list(_recommended(account)),
    }


def _media_input(provider: Provider, account: AccountFacts) -> dict[str, Any]:
    limits = provider.limits_of(account.account_type)
    delivery = provider.media_delivery_of(account.account_type)
    kinds = {kind: limits.media(kind, account.meta) for kind in ("image", "video")}
    return {
        "supported": limits.max_assets > 0 and any(kinds.values()),
        "required": limits.media_required,
        "maxItems": limits.max_assets,
        "acceptsMultiple": limits.max_assets > 1,
        "maxImages": limits.max_images,
        "maxVideos": limits.max_videos,
        "mixed": limits.mix,
        "transport": delivery,
        "nativeUpload": "socialclaw_" in delivery,
        "acceptedKinds": [kind for kind, media in kinds.items() if media is not None],
        "fitted": True,
        **{kind: _media_json(media) for kind, media in kinds.items() if media is not None},
        "altTextMaxLength": limits.alt_text,
    }


ALWAYS_TOLD = ("extensions", "max_bytes", "min_seconds", "max_seconds")


def _media_json(media: MediaLimits) -> dict[str, Any]:
    """What the network's documents say of this kind of file. Uploaded files are made to fit most of it before they go out."""
    named = {name: value for name, value in _limits_of(media) if value or name in ALWAYS_TOLD}
    told: dict[str, Any] = {_camel(name): value for name, value in named.items()}
    return (
        told
        if media.advised is None
        else {**told, "advised": {_camel(n): v for n, v in _limits_of(media.advised) if v}}
    )


def _limits_of(media: MediaLimits) -> Iterator[tuple[str, Any]]:
    for field in fields(media):
        value: Any = getattr(media, field.name)
        if field.name != "advised":
            yield field.name, list(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownArgumentType]


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _text_input(provider: Provider, account: AccountFacts) -> dict[str, Any]:
    """With default settings. Some networks take less text beside a file."""
    limits = provider.limits_of(account.account_type)
    bare = Draft(
        provider=provider.id,
        account_type=account.account_type,
        handle=account.handle,
        title="",
        body="",
        text="",
        assets=(),
        settings=usual_settings(provider, account.account_type),
        interaction="post",
        parent=None,
        account_meta=account.meta,
    )
    file = DraftAsset(key="asset_1", url="", kind="video" if limits.image is None else "image", extension="")
    with_file = replace(bare, assets=(file,))
    alone, beside, title = limits.text(bare), limits.text(with_file), limits.title(with_file)
    return {
        "supported": True,
        "maxLength": alone,
        **({"maxLengthWithMedia": beside} if alone != beside else {}),
        **({"maxTitleLength": title} if title is not None else {}),
    }


def _summary(provider: Provider, account: AccountFacts, media: Mapping[str, Any]) -> str:
    kind = provider.account_type(account.account_type)
    name = kind.name if kind else f"{provider.name} account"
    if not account.publishable:
        return f"{name}: gives access to other accounts; nothing is published as it."
    if not media["supported"]:
        return f"{name}: publishes text."
    files = " and ".join(f"{accepted}s" for accepted in media["acceptedKinds"])
    count = "one file" if media["maxItems"] == 1 else f"up to {media['maxItems']} files"
    need = "needs" if media["required"] else "publishes text with"
    return f"{name}: {need} {count} ({files}) a post."


def _recommended(account: AccountFacts) -> Iterator[str]:
    if account.status == AccountStatus.DISCONNECTED:
        yield "Connect this account again."
        return
    if account.status == AccountStatus.NEEDS_RECONNECT:
        yield "Connect this account again: its login has expired and its posts wait."
    if account.publishable:
        yield f"Run the action {PREVIEW_ACTION} with a post to see what would become of it."
        yield "Validate a schedule before you apply it."
    else:
        yield "Publish with one of the accounts that this one gives access to."


def discovery_actions(account: AccountFacts) -> list[dict[str, Any]]:
    """The actions of an account. Every account that publishes has publish-preview."""
    provider = providers.get(account.provider)
    listed = [
        _action_json(provider, action.id, action.label, action.description, action.input) for action in provider.actions
    ]
    return [_preview_action(provider), *listed] if account.publishable else listed


class PreviewInput(BaseModel):
    """What the publish-preview action takes: a post without its account."""

    name: str | None = None
    description: str | None = None
    mediaLink: str | None = None
    assets: list[dict[str, Any] | str] | None = None
    settings: dict[str, Any] | None = None
    interactionType: Literal["post", "reply"] | None = None


def _preview_action(provider: Provider) -> dict[str, Any]:
    description = "Shows what would become of a post on this account, and what is wrong with it, without publishing it."
    return _action_json(provider, PREVIEW_ACTION, "Preview a post", description, PreviewInput)


def _action_json(provider: Provider, id: str, label: str, description: str, model: type[BaseModel]) -> dict[str, Any]:
    return {
        "id": id,
        "label": label,
        "description": description,
        "provider": provider.id,
        "inputSchema": model.model_json_schema(),
        "input": {"fields": fields_of(model)},
    }


def publish_settings(account_type: str, provider: str) -> dict[str, Any]:
    """The settings that posts of this kind of account take, for forms and agents."""
    declared = providers.get(provider)
    rules = declared.settings.get(account_type)
    fields = fields_of(rules.model) if rules is not None else []
    kind = declared.account_type(account_type)
    if kind is None or not kind.publishable:
        return {
            "supported": False,
            "target": {"provider": provider, "accountType": account_type},
            "fields": [],
            "discovery": {},
            "publishShape": None,
            "mediaDelivery": None,
        }
    return {
        "supported": bool(fields),
        "target": {"provider": provider, "accountType": account_type},
        "fields": fields,
        "discovery": {"actions": [PREVIEW_ACTION, *(action.id for action in declared.actions)]},
        "publishShape": declared.publish_shape_of(account_type),
        "mediaDelivery": declared.media_delivery_of(account_type),
    }


def fields_of(model: type[BaseModel]) -> list[dict[str, Any]]:
    return [_field(field.alias or name, field) for name, field in model.model_fields.items()]


def _field(id: str, field: FieldInfo) -> dict[str, Any]:
    type_name, options = _type_of(field.annotation)
    default = field.get_default(call_default_factory=False)
    least = next((entry.ge for entry in field.metadata if hasattr(entry, "ge")), None)
    extra = extra_of(field)
    return {
        "id": id,
        "type": type_name,
        "required": field.is_required(),
        **({} if default is PydanticUndefined or default is None else {"default": default}),
        **({"options": options} if options else {}),
        **({"min": least} if least is not None else {}),
        **({"choices": extra["choices"]} if "choices" in extra else {}),
        "label": field.title or id,
        "description": field.description or "",
    }


def extra_of(field: FieldInfo) -> Mapping[str, Any]:
    """What a declaration says of a field beside its type."""
    extra = field.json_schema_extra
    return cast("Mapping[str, Any]", extra) if isinstance(extra, dict) else {}


def _type_of(annotation: Any) -> tuple[str, list[Any]]:
    """In the words of forms: enum with its options, boolean, number, string, list or object."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next((part for part in get_args(annotation) if part is not type(None)), annotation)
    if get_origin(annotation) is Literal:
        return "enum", list(get_args(annotation))
    base: Any = get_origin(annotation) or annotation
    names = {bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}
    return names.get(base, "string"), []
