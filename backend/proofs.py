"""What the composer shows while somebody writes: what is wrong, how long it is, what is done to files,
how it will look, what was said before.

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

from . import accounts, checking, compositions, draft_fits, duplicates, planning, runs
from .access import Action, Actor, allow
from .compositions import Composition, Entry, words_of
from .plans import AccountFacts, PostSpec, draft_of
from .settings import Settings

MOST_SHOWN = 4000
"""Characters of a preview. Nobody reads more there, and it is sent again at every pause of the keys."""

NOTHING: Mapping[str, list[Any]] = {
    name: [] for name in ("issues", "counts", "notes", "previews", "earlier", "warnings")
}


def proof(
    session: Session, actor: Actor, composition: Composition, *, settings: Settings, zone: str, now: datetime
) -> Mapping[str, Any]:
    """``issues``, ``counts``, ``notes`` about files, ``previews``, what was said ``earlier`` and ``warnings`` about logins
    that end before, each with its place in the composition."""
    allow(actor, Action.READ)
    found = compositions.entries(composition, accounts.facts(session, actor))
    if not found:
        return NOTHING
    document = compositions.document(composition, found, zone=zone, now=now)
    alone = composition.change is not None
    looked = runs.look(session, actor, document, settings=settings, now=now, alone=alone)
    issues = [_placed_issue(issue, found, composition) for issue in looked.issues]
    if not looked.specs:
        return {**NOTHING, "issues": issues}
    drafts = [_countable(spec, entry.account) for entry, spec in zip(found, looked.specs, strict=True)]
    wanted = {
        spec.account_id: (spec.text, [asset.sha256 or asset.url for asset in spec.assets])
        for spec in reversed(looked.specs)
        if spec.account_id
    }
    besides = composition.change.post_id if composition.change else None
    return {
        "issues": issues,
        "counts": _counts(found, drafts),
        "notes": _notes(found, drafts, composition),
        "previews": _previews(found, drafts),
        "earlier": duplicates.earlier(session, actor, wanted, now=now, besides=besides),
        "warnings": runs.warnings(
            session,
            actor,
            [
                (spec, entry.account)
                for entry, spec in zip(found, looked.specs, strict=True)
                if not alone  # a post that stands is counted already
            ],
            zone=zone,
        ),
    }


def _placed_issue(issue: Mapping[str, Any], found: Sequence[Entry], composition: Composition) -> dict[str, Any]:
    post: int | None = issue.get("post")
    told = {"code": issue["code"], "message": issue["message"]}
    if post is None or post >= len(found):
        return {**told, "field": issue["field"], "voice": None, "network": "", "account": "", "part": 0}
    return {**told, **_place(found[post], issue["field"], composition)}


def _place(entry: Entry, field: str, composition: Composition) -> dict[str, Any]:
    """Where a person would look for it: a voice, a part, a field of it."""
    part = entry.part
    if field.startswith("assets."):
        position = int(field.partition(".")[2].partition(".")[0])
        part, position = entry.place_of(position, words_of(composition, entry.voice))
        field = f"assets.{position}"
    place = {"voice": entry.voice, "network": entry.account.provider, "account": entry.account.id}
    return {**place, "part": part, "field": field}


def _countable(spec: PostSpec, account: AccountFacts) -> Draft:
    """Counters and previews may depend on the settings; while those are wrong, the usual ones stand in for them."""
    draft, provider = draft_of(spec, account), providers.get(account.provider)
    effective = planning.effective_settings(provider, spec.raw_settings, draft)
    usual = isinstance(effective, Issue)
    return replace(draft, settings=checking.usual_settings(provider, draft.account_type) if usual else effective)


def _notes(found: Sequence[Entry], drafts: Sequence[Draft], composition: Composition) -> list[dict[str, Any]]:
    """What becomes of the files at each network: accounts that say the same of a file say it once."""
    told: dict[tuple[Any, ...], dict[str, Any]] = {}
    for entry, draft in zip(found, drafts, strict=True):
        for note in draft_fits.notes(draft):
            place = _place(entry, note.where, composition)
            key = (place["voice"], place["part"], place["field"], note.message)
            told.setdefault(key, {"kind": note.kind, "message": note.message, **place})
    return list(told.values())


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
