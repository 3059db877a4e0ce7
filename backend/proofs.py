"""What the composer shows while somebody writes: what is wrong, how long it is, how it will look, what was said before.

All of it comes from the code that publishing runs; nothing is refused here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

import providers
from providers.contract import Draft, Issue, Provider

from . import accounts, assets, checking, compositions, duplicates, planning, reachability
from .access import Action, Actor, allow
from .compositions import Composition, Entry, words_of
from .errors import AppError
from .planned_media import ManagedMedia
from .plans import Directory, PostSpec, draft_of
from .settings import Settings

MOST_SHOWN = 4000
"""Characters of a preview. Nobody reads more there, and it is sent again at every pause of the keys."""


def proof(
    session: Session, actor: Actor, composition: Composition, *, settings: Settings, zone: str, now: datetime
) -> dict[str, Any]:
    """``issues``, ``counts``, ``previews`` and what was said ``earlier``, each with its place in the composition."""
    allow(actor, Action.READ)
    directory = Directory(accounts.facts(session, actor))
    found = compositions.entries(composition, accounts.facts(session, actor))
    if not found:
        return {"issues": [], "counts": [], "previews": [], "earlier": []}

    def media(reference: str) -> ManagedMedia | None:
        return assets.managed_media(session, actor.workspace_id, reference, base_url=settings.public_base_url)

    document = compositions.document(composition, found, zone=zone, now=now)
    alone = composition.change is not None
    issues: list[dict[str, Any]] = []
    try:
        why = reachability.reason(session, settings)
        checking.checked_plan(
            document,
            directory=directory,
            media=media,
            now=now,
            max_posts=settings.max_posts_per_apply,
            alone=alone,
            more=lambda draft: reachability.issue_of(draft, why),
        )
    except AppError as error:
        told: list[dict[str, Any]] = (error.details or {}).get("issues") or [{"message": error.message}]
        issues = [_placed(issue, found, composition) for issue in told]
    try:
        specs = planning.read(document, directory=directory, media=media, now=now, alone=alone).plan.posts
    except AppError:  # an envelope that cannot be read; the issues say why
        return {"issues": issues, "counts": [], "previews": [], "earlier": []}
    drafts = [_countable(spec, directory) for spec in specs]
    wanted = {
        spec.account_id: (spec.text, [asset.sha256 or asset.url for asset in spec.assets])
        for spec in reversed(specs)
        if spec.account_id
    }
    besides = composition.change.post_id if composition.change else None
    return {
        "issues": issues,
        "counts": _counts(found, drafts),
        "previews": _previews(found, drafts),
        "earlier": duplicates.earlier(session, actor, wanted, now=now, besides=besides),
    }


def _placed(issue: Mapping[str, Any], found: Sequence[Entry], composition: Composition) -> dict[str, Any]:
    """The issue with the place that a person would look at: a voice, a part, a field of it."""
    post: int | None = issue.get("post")
    told = {"code": issue.get("code", ""), "message": issue["message"], "field": issue.get("field") or ""}
    if post is None or post >= len(found):
        return {**told, "voice": None, "network": "", "account": "", "part": 0}
    entry = found[post]
    part, field = entry.part, told["field"]
    if field.startswith("assets."):
        position = int(field.partition(".")[2].partition(".")[0])
        part, position = entry.place_of(position, words_of(composition, entry.voice))
        field = f"assets.{position}"
    place = {"voice": entry.voice, "network": entry.account.provider, "account": entry.account.id, "part": part}
    return {**told, **place, "field": field}


def _countable(spec: PostSpec, directory: Directory) -> Draft:
    """Counters and previews may depend on the settings; while those are wrong, the usual ones stand in for them."""
    draft = draft_of(spec, directory.by_id(spec.account_id or ""))
    provider = providers.get(spec.provider)
    effective = planning.effective_settings(provider, spec.raw_settings, draft)
    if not isinstance(effective, Issue):
        return replace(draft, settings=effective)
    rules = provider.settings.get(draft.account_type)
    usual = {field["id"]: field.get("default") for field in checking.fields_of(rules.model)} if rules else {}
    return replace(draft, settings=usual)


def _counts(found: Sequence[Entry], drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    """One for each network and part: of several accounts the one with the least room."""
    tightest: dict[tuple[str, int], dict[str, Any]] = {}
    for entry, draft in zip(found, drafts, strict=True):
        length, limit = checking.text_length(draft), checking.text_limit(draft)
        key = (entry.account.provider, entry.part)
        place = {"voice": entry.voice, "network": entry.account.provider, "part": entry.part}
        count = {**place, "length": length, "limit": limit}
        known = tightest.get(key)
        if known is None or (limit is not None and (known["limit"] is None or limit < known["limit"])):
            tightest[key] = count
    return list(tightest.values())


def _previews(found: Sequence[Entry], drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    """What readers will see, post after post; accounts of a network that show the same share one."""
    threads: dict[str, list[tuple[Entry, Draft]]] = {}
    for entry, draft in zip(found, drafts, strict=True):
        threads.setdefault(entry.account.id, []).append((entry, draft))
    previews: list[dict[str, Any]] = []
    for thread in threads.values():
        account = thread[0][0].account
        preview = _preview(thread)
        same = next((other for other in previews if {**other, "accounts": []} == {**preview, "accounts": []}), None)
        if same is None:
            previews.append(preview)
            same = preview
        same["accounts"].append({"id": account.id, "name": account.display_name or account.handle})
    return previews


def _preview(thread: Sequence[tuple[Entry, Draft]]) -> dict[str, Any]:
    provider = providers.get(thread[0][0].account.provider)
    return {
        "network": provider.id,
        "layout": provider.look.layout,
        "frame": provider.look.frame,
        "joined": thread[0][0].joined,
        "accounts": [],
        "posts": [_shown(provider, entry, draft) for entry, draft in thread],
    }


def _shown(provider: Provider, entry: Entry, draft: Draft) -> dict[str, Any]:
    shown = provider.shown(draft)
    media = [{"kind": file.kind, "preview": file.preview, "alt": file.alt, "name": file.name} for file in entry.media]
    return {
        "title": shown.title,
        "text": shown.text[:MOST_SHOWN],
        "more": max(0, len(shown.text) - MOST_SHOWN),
        "place": shown.place,
        "media": media,
    }
