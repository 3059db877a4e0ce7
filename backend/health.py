"""How the service is: alive, able to do its work, and how late it runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from . import clocks
from .claims import WAITING, is_paused
from .context import Context
from .models import Account, InstanceSetting, Post, Worker, Workspace
from .status import AccountStatus, PostStatus
from .wire import iso

WORKER_SILENT = timedelta(seconds=60)
CLOCK = "clock"
CLOCK_KEPT = timedelta(minutes=10)
"""How often what the networks' clocks say is written down while nothing about it changes."""


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


async def note_clock(context: Context) -> None:
    """Housekeeping: what this process has heard of the networks' clocks is kept for those that show it."""
    ahead = context.http.clocks.ahead(context.now())
    if ahead is not None:
        await context.db.write(_keep_clock, ahead, context.now())


def _keep_clock(session: Session, ahead: timedelta, now: datetime) -> None:
    row = session.get(InstanceSetting, CLOCK)
    if row is None:
        row = InstanceSetting(key=CLOCK, value={"aheadSeconds": 0.0}, updated_at=now - CLOCK_KEPT)
        session.add(row)
    known = timedelta(seconds=row.value["aheadSeconds"])
    if now - row.updated_at >= CLOCK_KEPT or clocks.is_wrong(ahead) != clocks.is_wrong(known):
        row.value, row.updated_at = {"aheadSeconds": round(ahead.total_seconds(), 1)}, now


def clock(session: Session, now: datetime) -> dict[str, Any]:
    """By how many seconds the networks' clocks are ahead of ours; null when none of them has answered lately."""
    row = session.get(InstanceSetting, CLOCK)
    if row is None or abs(now - row.updated_at) > clocks.REMEMBERED + CLOCK_KEPT:
        return {"ok": True, "aheadSeconds": None, "message": None}
    ahead = timedelta(seconds=row.value["aheadSeconds"])
    wrong = clocks.is_wrong(ahead)
    return {
        "ok": not wrong,
        "aheadSeconds": row.value["aheadSeconds"],
        "message": clocks.sentence(ahead) if wrong else None,
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
        },
        "clock": clock(session, now),
    }


def _unknown_work() -> dict[str, Any]:
    return {
        "worker": {"alive": False, "heartbeatAt": None, "paused": None, "oldestDueSeconds": None},
        "clock": {"ok": True, "aheadSeconds": None, "message": None},
    }
