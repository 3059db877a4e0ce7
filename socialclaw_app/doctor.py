"""``socialclaw doctor``: every part that the program leans on, and what to do about those that do not hold."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import providers
from backend.claims import is_paused
from backend.context import utc_now
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

    def as_json(self) -> dict[str, Any]:
        return {"what": self.what, "ok": self.ok, "message": self.sentence}


def examine(settings: Settings) -> list[Finding]:
    findings = [_folder(settings), _space(settings)]
    if not all(finding.ok for finding in findings):
        return findings
    try:
        with open_parts(settings) as parts:
            return [*findings, *_inside(parts)]
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
    yield _apps(parts.context.settings)


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
