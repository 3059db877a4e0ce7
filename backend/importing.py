"""A schedule from a file, looked at before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from . import runs
from .access import Action, Actor, allow
from .documents import object_of
from .plans import PostSpec
from .settings import Settings
from .wire import iso


def dry_run(
    session: Session, actor: Actor, schedule: Mapping[str, Any], *, settings: Settings, now: datetime
) -> dict[str, Any]:
    """What applying would make, row by row, and all that is wrong: ``rows`` and, about the whole, ``issues``."""
    allow(actor, Action.READ)
    looked = runs.look(session, actor, schedule, settings=settings, now=now)
    told, rows = looked.issues, _rows(schedule, looked.specs)
    by_post: dict[int, list[dict[str, Any]]] = {}
    for issue in told:
        if issue["post"] is not None:
            by_post.setdefault(issue["post"], []).append(issue)
    known = {row["index"] for row in rows}
    general = [issue for issue in told if issue["post"] not in known]
    return {
        "rows": [{**row, "issues": by_post.get(row["index"], [])} for row in rows],
        "issues": general,
        "ready": bool(rows) and not told,
    }


def _rows(schedule: Mapping[str, Any], specs: tuple[PostSpec, ...]) -> list[dict[str, Any]]:
    """Posts that cannot be read are shown as they were written."""
    rows = {index: _written(index, entry) for index, entry in enumerate(schedule.get("posts") or ())}
    rows |= {spec.index: _row(spec) for spec in specs}
    return [rows[index] for index in sorted(rows)]


def _row(spec: PostSpec) -> dict[str, Any]:
    return {
        "index": spec.index,
        "account": spec.account,
        "accountId": spec.account_id,
        "provider": spec.provider,
        "publishAt": iso(spec.publish_at),
        "timezone": spec.timezone,
        "title": spec.name,
        "text": spec.description,
        "assets": len(spec.assets),
    }


def _written(index: int, entry: object) -> dict[str, Any]:
    fields = object_of(entry)
    return {
        "index": index,
        "account": str(fields.get("account") or ""),
        "accountId": None,
        "provider": None,
        "publishAt": None,
        "timezone": None,
        "title": str(fields.get("name") or ""),
        "text": str(fields.get("description") or ""),
        "assets": 0,
    }
