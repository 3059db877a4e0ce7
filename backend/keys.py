"""API keys. The secret is shown once; the row keeps its hash."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from . import events
from .access import Action, Actor, allow, get, scoped
from .context import Context
from .errors import AppError
from .ids import new_id
from .models import ApiKey
from .sealing import hash_secret
from .wire import iso

BEGINNING = "sc_live_"
SHOWN = 12
"""Characters of a secret that lists show, so that people recognise it."""
LAST_USE_EVERY = timedelta(minutes=1)


def list_keys(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """Oldest first, the revoked ones too."""
    allow(actor, Action.READ)
    rows = session.scalars(scoped(actor, ApiKey).order_by(ApiKey.created_at, ApiKey.id))
    return [key_json(row) for row in rows]


def current(session: Session, actor: Actor) -> dict[str, Any]:
    """The key that asks."""
    return key_json(get(session, actor, ApiKey, actor.key_id or ""))


def create(
    session: Session, actor: Actor, *, label: str | None = None, kind: str | None = None, now: datetime
) -> tuple[dict[str, Any], str]:
    """The key, and the secret that nobody can read again."""
    allow(actor, Action.MANAGE_KEYS)
    secret = _new_secret()
    row = ApiKey(
        id=new_id("key", now),
        workspace_id=actor.workspace_id,
        label=_short(label, "label"),
        kind=_short(kind, "kind"),
        prefix=secret[:SHOWN],
        secret_hash=hash_secret(secret),
        created_by=actor.label,
        created_at=now,
    )
    session.add(row)
    _told(session, actor, "key.created", row, now)
    return key_json(row), secret


def revoke(session: Session, actor: Actor, key_id: str, *, now: datetime) -> dict[str, Any]:
    """Its next request is refused. Revoking it again changes nothing."""
    allow(actor, Action.MANAGE_KEYS)
    row = get(session, actor, ApiKey, key_id)
    if row.id == actor.key_id:
        raise AppError(
            "api_key_self_revoke", "A key cannot revoke itself. Use another key, or revoke it on the screen."
        )
    if row.revoked_at is None:
        row.revoked_at = now
        _told(session, actor, "key.revoked", row, now)
    return key_json(row)


def rotate(session: Session, actor: Actor, key_id: str, *, now: datetime) -> tuple[dict[str, Any], str]:
    """The same key with a new secret; the old one stops working at once."""
    allow(actor, Action.MANAGE_KEYS)
    row = get(session, actor, ApiKey, key_id)
    if row.revoked_at is not None:
        raise AppError("api_key_revoked", "This key was revoked. Create a new one instead.", details={"id": row.id})
    secret = _new_secret()
    row.prefix, row.secret_hash = secret[:SHOWN], hash_secret(secret)
    _told(session, actor, "key.rotated", row, now)
    return key_json(row), secret


def authenticate(session: Session, secret: str) -> tuple[Actor, ApiKey]:
    """Raises ``api_key_invalid``, the same for a wrong key and for a revoked one."""
    row = session.scalar(select(ApiKey).where(ApiKey.secret_hash == hash_secret(secret), ApiKey.revoked_at.is_(None)))
    if row is None:
        raise AppError("api_key_invalid", "This API key is not valid. Create one under Settings, or ask for a new one.")
    return Actor(workspace_id=row.workspace_id, label=f"key:{row.id}", key_id=row.id), row


async def actor(context: Context, secret: str) -> Actor:
    """Who sends this key. Its last use is written down at most once a minute."""
    found, row = await context.db.read(authenticate, secret)
    now = context.now()
    if row.last_used_at is None or row.last_used_at <= now - LAST_USE_EVERY:
        await context.db.write(_used, row.id, now)
    return found


def key_json(row: ApiKey) -> dict[str, Any]:
    return {
        "id": row.id,
        "prefix": row.prefix,
        "label": row.label,
        "kind": row.kind,
        "secret": None,
        "createdAt": iso(row.created_at),
        "revokedAt": iso(row.revoked_at),
        "lastUsedAt": iso(row.last_used_at),
    }


def _new_secret() -> str:
    return BEGINNING + secrets.token_urlsafe(24)


def _short(text: str | None, name: str) -> str | None:
    text = (text or "").strip()
    if len(text) > 200:
        raise AppError(
            "api_key_invalid_input", f"The {name} may be at most 200 characters long.", details={"field": name}
        )
    return text or None


def _used(session: Session, key_id: str, now: datetime) -> None:
    session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now))


def _told(session: Session, actor: Actor, kind: str, row: ApiKey, now: datetime) -> None:
    events.record(
        session,
        workspace_id=actor.workspace_id,
        at=now,
        kind=kind,
        actor=actor.label,
        subject_id=row.id,
        data={"label": row.label, "prefix": row.prefix},
    )
