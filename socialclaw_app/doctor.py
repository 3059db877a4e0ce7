"""``socialclaw doctor``: every part that the program leans on, and what to do about those that do not hold."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import providers
from backend import diagnosis, health, workspaces
from backend.access import Actor, Role
from backend.claims import is_paused
from backend.context import own_connections, utc_now
from backend.errors import AppError
from backend.models import Account, Worker
from backend.settings import Settings
from backend.status import AccountStatus

from .parts import Parts, open_parts

LEAST_FREE = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    what: str
    ok: bool
    sentence: str
    network: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the connection doctor found, in full, where it did."""

    @property
    def mark(self) -> str:
        return "MEND" if not self.ok else {"warn": "look", "info": "note"}.get(self.network.get("level", ""), "ok  ")

    def as_json(self) -> dict[str, Any]:
        return {**self.network, "what": self.what, "ok": self.ok, "message": self.sentence}


def examine(settings: Settings) -> list[Finding]:
    findings = [_folder(settings), _space(settings)]
    if not all(finding.ok for finding in findings):
        return findings
    try:
        with open_parts(settings) as parts:
            return [*findings, *_inside(parts), *asyncio.run(_networks(parts))]
    except Exception as error:  # whatever keeps the parts from opening is the finding
        return [*findings, Finding(what="start", ok=False, sentence=str(error))]


def _folder(settings: Settings) -> Finding:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
    except OSError as error:
        return Finding(
            what="data folder",
            ok=False,
            sentence=f"{settings.data_dir} cannot be written ({error.strerror}). Name another with --data-dir.",
        )
    return Finding(what="data folder", ok=True, sentence=str(settings.data_dir))


def _space(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data_dir).free
    if free < LEAST_FREE:
        return Finding(
            what="disk",
            ok=False,
            sentence=f"Only {free // 1024**2} MiB are free. Make room, or uploads and posts will fail.",
        )
    return Finding(what="disk", ok=True, sentence=f"{free // 1024**3} GiB free")


def _inside(parts: Parts) -> Iterator[Finding]:
    read = parts.context.db.read_now
    kind = "SQLite" if parts.context.db.is_sqlite else "PostgreSQL"
    read(lambda session: session.execute(text("SELECT 1")))
    yield Finding(what="database", ok=True, sentence=f"{kind}, up to date")
    yield Finding(what="data key", ok=True, sentence="tokens can be sealed and opened")
    yield _media(parts)
    yield read(_worker)
    yield read(_accounts)
    yield read(_hold)
    yield read(_clock)
    yield _apps(parts.context.settings)


async def _networks(parts: Parts) -> list[Finding]:
    """Every developer app and login of every workspace: see ``backend.diagnosis``."""
    found: list[Finding] = []
    async with own_connections(parts.context) as context:
        for workspace in await context.db.read(workspaces.all_workspaces):
            actor = Actor(workspace_id=workspace.id, label="doctor", role=Role.OWNER)
            found += [_told(workspace.name, one) for one in await diagnosis.everything(context, actor)]
    return found


def _told(workspace: str, one: Mapping[str, Any]) -> Finding:
    whose = one["account"]["handle"] if one["account"] else "app or login"
    next: Mapping[str, str] = one["next"] or {}
    click = next.get("url") or next.get("command") or (f"open {next['path']}" if "path" in next else "")
    sentence = f"{one['title']}. {one['detail']}" + (
        f" {next['label']}: {click}" if click and one["level"] != "ok" else ""
    )
    return Finding(
        what=f"{providers.get(one['network']).name}, {workspace}, {whose}",
        ok=one["level"] != "bad",
        sentence=sentence,
        network={**one, "workspace": workspace},
    )


def _media(parts: Parts) -> Finding:
    try:
        parts.context.storage.check()
    except (AppError, FileNotFoundError) as error:
        return Finding(what="media", ok=False, sentence=f"{parts.context.storage.name} storage: {error}")
    return Finding(what="media", ok=True, sentence=f"kept in {parts.context.storage.name} storage")


def _worker(session: Session) -> Finding:
    heartbeat = session.scalar(select(func.max(Worker.heartbeat_at)).where(Worker.stopped_at.is_(None)))
    if heartbeat is None or utc_now() - heartbeat > timedelta(minutes=1):
        return Finding(
            what="worker", ok=True, sentence="none runs now; `socialclaw serve` or `socialclaw worker` starts one"
        )
    return Finding(what="worker", ok=True, sentence=f"alive, last seen {heartbeat:%H:%M:%S} UTC")


def _accounts(session: Session) -> Finding:
    broken = session.scalars(select(Account.handle).where(Account.status == AccountStatus.NEEDS_RECONNECT)).all()
    if broken:
        return Finding(what="accounts", ok=False, sentence=f"Connect again: {', '.join(broken)}.")
    count = session.scalar(select(func.count()).select_from(Account).where(Account.status == AccountStatus.CONNECTED))
    return Finding(what="accounts", ok=True, sentence=f"{count} connected")


def _hold(session: Session) -> Finding:
    if is_paused(session):
        return Finding(what="publishing", ok=False, sentence="It is on hold. Run `socialclaw resume`.")
    return Finding(what="publishing", ok=True, sentence="not on hold")


def _clock(session: Session) -> Finding:
    told = health.clock(session, utc_now())
    if not told["ok"]:
        return Finding(what="clock", ok=False, sentence=told["message"])
    known = told["aheadSeconds"] is not None
    return Finding(what="clock", ok=True, sentence="right, as the networks say" if known else "no network has told yet")


def _apps(settings: Settings) -> Finding:
    missing = [
        provider.oauth.title or provider.name
        for provider in providers.all_providers().values()
        if provider.oauth is not None and settings.provider_app(provider) is None
    ]
    if missing:
        return Finding(
            what="developer apps",
            ok=True,
            sentence=f"none yet for {', '.join(missing)}: accounts there cannot be connected",
        )
    return Finding(what="developer apps", ok=True, sentence="all set")
