"""How the service is: alive, able to do its work, and how late it runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .claims import WAITING, is_paused
from .context import Context
from .models import Account, Post, Worker, Workspace
from .status import AccountStatus, PostStatus
from .wire import iso

WORKER_SILENT = timedelta(seconds=60)


async def service(context: Context) -> dict[str, Any]:
    settings = context.settings
    try:
        work = await context.db.read(_work, context.now())
        database = {"ok": True, "kind": "sqlite" if context.db.is_sqlite else "postgresql"}
    except Exception as error:  # any failure of the database is what this route is there to tell
        work, database = _unknown_work(), {"ok": False, "error": type(error).__name__}
    return {
        "ready": bool(database["ok"]) and bool(work["worker"]["alive"]),
        "db": database,
        "assetStorage": {"ok": True, "kind": context.storage.name},
        "maxAssetBytes": settings.max_asset_bytes,
        "publicBaseUrl": settings.public_base_url,
        "billing": {"enabled": settings.billing_enabled},
        "environment": settings.environment,
        **work,
    }


def _work(session: Session, now: datetime) -> dict[str, Any]:
    heartbeat = session.scalar(select(func.max(Worker.heartbeat_at)).where(Worker.stopped_at.is_(None)))
    oldest = session.scalar(
        select(func.min(Post.due_at))
        .join(Account, Account.id == Post.account_id)
        .join(Workspace, Workspace.id == Post.workspace_id)
        .where(
            Post.status.in_(WAITING),
            Post.status != PostStatus.PUBLISHING,
            Post.due_at <= now,
            Post.lease_owner.is_(None),
            Post.parent_post_id.is_(None),
            Account.status == AccountStatus.CONNECTED,
            Account.paused_at.is_(None),
            Workspace.paused_at.is_(None),
        )
    )
    return {
        "worker": {
            "alive": heartbeat is not None and now - heartbeat < WORKER_SILENT,
            "heartbeatAt": iso(heartbeat),
            "paused": is_paused(session),
            "oldestDueSeconds": round((now - oldest).total_seconds(), 3) if oldest else 0.0,
        }
    }


def _unknown_work() -> dict[str, Any]:
    return {"worker": {"alive": False, "heartbeatAt": None, "paused": None, "oldestDueSeconds": None}}
