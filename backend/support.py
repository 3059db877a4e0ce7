"""Questions to the people who run this server. Kept first and mailed later: a mail server that is down loses nothing."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from . import mail
from .access import Actor
from .buckets import Buckets
from .context import Context
from .db import Database
from .errors import AppError
from .ids import new_id
from .models import SupportRequest, User
from .settings import Settings
from .users import clean_email

log = logging.getLogger(__name__)

MOST_AN_HOUR = 10
"""From one address."""
LONGEST = 10_000
MAILED_AT_ONCE = 100


async def ask(
    context: Context, actor: Actor | None, fields: Mapping[str, str | None], *, address: str
) -> dict[str, Any]:
    """``fields``: email, message, page_url, page_title, source. Without a session an e-mail address is needed."""
    row = await context.db.read(_checked, actor, fields, context.now())
    level = _buckets_of(context.db).take(address, context.now().timestamp())
    if not level.allowed:
        raise AppError(
            "rate_limited",
            "Too many messages came from your address. Wait a while, then send it again.",
            retry_after=level.next_in,
        )
    await context.db.write(_keep, row)
    log.info("a support request came in: %s", row.id)
    return {"request": {"id": row.id}, "message": f"Thank you, we have your message. The answer goes to {row.email}."}


def _checked(session: Session, actor: Actor | None, fields: Mapping[str, str | None], now: datetime) -> SupportRequest:
    message = (fields.get("message") or "").strip()
    if not message:
        raise AppError("message_required", "Write your question.", details={"field": "message"})
    if len(message) > LONGEST:
        raise AppError(
            "message_too_long",
            f"A message may have at most {LONGEST} characters; this one has {len(message)}.",
            details={"field": "message", "length": len(message), "maxLength": LONGEST},
        )
    return SupportRequest(
        id=new_id("support", now),
        workspace_id=actor.workspace_id if actor else None,
        user_id=actor.user_id if actor else None,
        email=_email(session, actor, fields.get("email") or ""),
        message=message,
        page_url=_short(fields.get("page_url"), 2000),
        page_title=_short(fields.get("page_title"), 300),
        source=_short(fields.get("source"), 100),
        created_at=now,
    )


def _email(session: Session, actor: Actor | None, given: str) -> str:
    if given.strip():
        return clean_email(given)
    user = session.get(User, actor.user_id) if actor and actor.user_id else None
    if user is None:
        raise AppError(
            "email_required", "Write your e-mail address, so that we can answer.", details={"field": "email"}
        )
    return user.email


def _short(text: str | None, length: int) -> str | None:
    return (text or "").strip()[:length] or None


def _keep(session: Session, row: SupportRequest) -> None:
    session.add(row)


_buckets: WeakKeyDictionary[Database, Buckets] = WeakKeyDictionary()


def _buckets_of(database: Database) -> Buckets:
    return _buckets.setdefault(database, Buckets(MOST_AN_HOUR, 3600.0))


# --- mailing ----------------------------------------------------------------------------------------------------------


async def mail_waiting(context: Context) -> None:
    """Every minute. A message is marked after the mail server took it: one may arrive twice, none is lost."""
    settings = context.settings
    if not settings.smtp_host or not settings.support_email:
        return
    waiting = await context.db.read(_waiting)
    if not waiting:
        return
    try:
        async with mail.connected(settings) as send:
            for row in waiting:
                try:
                    await send(message_of(row, settings))
                except mail.MailRefused as refused:
                    log.warning("the mail server refused %s (%s); it is tried again in a minute", row.id, refused)
                else:
                    await context.db.write(_mailed, row.id, context.now())
    except mail.MailServerAway as away:
        log.warning("the mail server cannot be used (%s); %d messages wait for it", away, len(waiting))


def message_of(row: SupportRequest, settings: Settings) -> EmailMessage:
    """The same id each time, so that a mail server can tell that it has the message already."""
    mailed = EmailMessage()
    mailed["Subject"] = f"Question {row.id}"
    mailed["From"] = settings.smtp_from or settings.support_email
    mailed["To"] = settings.support_email
    mailed["Date"] = format_datetime(row.created_at)
    mailed["Message-ID"] = f"<{row.id}@{urlsplit(settings.public_base_url).hostname or 'localhost'}>"
    if re.fullmatch(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)*", row.email, re.ASCII):
        mailed["Reply-To"] = row.email
    about = {
        "From": row.email,
        "Page": " ".join(part for part in (row.page_title, row.page_url) if part),
        "Source": row.source,
        "Workspace": row.workspace_id,
        "User": row.user_id,
    }
    told = "\n".join(f"{name}: {value}" for name, value in about.items() if value)
    mailed.set_content(f"{row.message}\n\n-- \n{told}\n")
    return mailed


def _waiting(session: Session) -> list[SupportRequest]:
    return list(
        session.scalars(
            select(SupportRequest)
            .where(SupportRequest.mailed_at.is_(None))
            .order_by(SupportRequest.created_at)
            .limit(MAILED_AT_ONCE)
        )
    )


def _mailed(session: Session, request_id: str, now: datetime) -> None:
    session.execute(update(SupportRequest).where(SupportRequest.id == request_id).values(mailed_at=now))
