"""What is done every minute beside publishing. Each part looks into the rows and may be skipped or run twice."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from . import (
    analytics,
    assets,
    billing,
    connections,
    credentials,
    exporting,
    lemonsqueezy,
    notices,
    post_assets,
    reachability,
    support,
    uploads,
    withdrawals,
)
from .context import Context
from .models import OAuthState, SeenToken, SetupLink, SignIn, SignInState, Worker

log = logging.getLogger(__name__)

KEPT_AFTER_END = timedelta(days=2)


async def every_minute(context: Context) -> None:
    parts: tuple[Callable[[Context], Awaitable[None]], ...] = (
        credentials.refresh_ahead,
        connections.give_up_pending,
        post_assets.pin_ahead,
        assets.sweep_storage,
        assets.collect_orphans,
        uploads.sweep,
        exporting.sweep,
        billing.keep,
        lemonsqueezy.reconcile,
        _forget,
        withdrawals.finish,
        support.mail_waiting,
        notices.mail_new,
        reachability.look,
        analytics.collect,
    )
    for part in parts:
        try:
            await part(context)
        except Exception:
            log.exception("%s failed; it runs again in a minute", part.__name__)


async def _forget(context: Context) -> None:
    await context.db.write(_delete_ended, context.now())


def _delete_ended(session: Session, now: datetime) -> None:
    """Sign-ins, links and workers that ended some days ago."""
    limit = now - KEPT_AFTER_END
    for rows in (
        delete(OAuthState).where(OAuthState.expires_at < limit),
        delete(SetupLink).where(SetupLink.expires_at < limit),
        delete(SignInState).where(SignInState.expires_at < limit),
        delete(SeenToken).where(SeenToken.expires_at < limit),
        delete(SignIn).where(SignIn.expires_at < limit),
        delete(Worker).where(Worker.heartbeat_at < limit),
    ):
        session.execute(rows)
