"""Telling networks that a login is over here. What was disconnected is gone from this server at once; a network that
does not answer is told later, and nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import providers
from providers.contract import App, Kind, OAuth2, Provider, Request

from . import credentials, events, oauth, outcomes
from .context import Context
from .http import SendError
from .ids import new_id
from .models import Account, Connection, EndedLogin
from .sealing import CannotOpen
from .status import ConnectionStatus

log = logging.getLogger(__name__)

PATIENCE = 3.0
"""Seconds that somebody who disconnects waits for the network's answer."""
AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3))
"""After the first tries; from then on the last of these."""
GIVEN_UP_AFTER = timedelta(days=7)
LATER = frozenset({Kind.UNAVAILABLE, Kind.RATE_LIMITED, Kind.QUOTA, Kind.UNKNOWN})


def owe(session: Session, context: Context, connection: Connection, now: datetime) -> str | None:
    """Keep what it takes to end this login at its network, before its secrets are wiped. The id to ``tell`` with; None
    when there is nothing that the network could be told."""
    if connection.credential is None:
        return None
    try:
        values = credentials.open_values(context.sealer, connection.id, connection.credential)
    except CannotOpen:  # what cannot be opened cannot be ended, and may go all the same
        return None
    return owe_values(session, context, connection, values, now)


def owe_values(
    session: Session, context: Context, connection: Connection, values: Mapping[str, str], now: datetime
) -> str | None:
    """The same for a login that did not come about although the network gave a token."""
    how = providers.get(connection.provider).connect
    if not isinstance(how, OAuth2) or not (how.revoke or how.revoke_request):
        return None
    id = new_id("ended", now)
    session.add(
        EndedLogin(
            id=id,
            workspace_id=connection.workspace_id,
            connection_id=connection.id,
            provider=connection.provider,
            environment=connection.environment,
            client_id=connection.client_id,
            people=sorted(people_of(_accounts(session, connection.id))),
            credential=credentials.seal_values(context.sealer, id, values, table="ended_logins"),
            tries=0,
            next_at=now,
            created_at=now,
        )
    )
    return id


async def tell(context: Context, id: str) -> None:
    """The first try, right after the disconnect. What the network answers changes nothing here."""
    try:
        async with asyncio.timeout(PATIENCE):
            await _tell(context, id)
    except TimeoutError:
        log.info("the network of the ended login %s did not answer in time; it is told later", id)


async def tell_later(context: Context) -> None:
    """Housekeeping: what was not said yet."""
    for id in await context.db.read(_due, context):
        await _tell(context, id)


def people_of(accounts: Iterable[Account]) -> set[str]:
    """The network's ids of the person behind these accounts, where it tells them."""
    found: set[str] = set()
    for account in accounts:
        value: Any = account.meta.get("user_id")
        values = cast("list[Any]", value) if isinstance(value, list) else [value]
        found |= {str(one) for one in values if one not in (None, "")}
    return found


# --- telling ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    provider: Provider
    request: Request = field(repr=False)


async def _tell(context: Context, id: str) -> None:
    message = await context.db.write(_begin, context, id, context.now())
    if message is None:
        return
    try:
        response = await context.http.send(
            message.request, bases=context.settings.provider_hosts(message.provider), timeout=10.0
        )
    except SendError as error:
        log.info("the ended login %s could not be told: %s", id, error.reason)
        return
    problem = message.provider.read_error(response)
    if problem is None or problem.kind not in LATER:
        # a definite no is about a token that is over already
        await context.db.write(_done, id, "connection.revoked", context.now())


def _begin(session: Session, context: Context, id: str, now: datetime) -> _Message | None:
    """One caller wins each try; the others, and this one after a crash, come back when the next is due."""
    row = session.get(EndedLogin, id)
    if row is None or row.next_at > now:
        return None
    pause = AGAIN_AFTER[min(row.tries, len(AGAIN_AFTER) - 1)]
    begun = session.execute(
        update(EndedLogin)
        .where(EndedLogin.id == id, EndedLogin.tries == row.tries)
        .values(tries=row.tries + 1, next_at=now + pause)
    )
    if not outcomes.rows(begun):
        return None
    request = _request(session, context, row)
    if request is None or now > row.created_at + GIVEN_UP_AFTER:
        _done(session, id, "connection.not_revoked", now)
        return None
    return _Message(provider=providers.get(row.provider), request=request)


def _request(session: Session, context: Context, row: EndedLogin) -> Request | None:
    """None when it cannot be said any more, or would end a login that somebody still uses."""
    provider = providers.all_providers().get(row.provider)
    how = provider.connect if provider is not None else None
    if provider is None or not isinstance(how, OAuth2) or (how.revokes == "grant" and _in_use(session, provider, row)):
        return None
    apps = credentials.stored_apps(session, context.sealer, row.workspace_id, row.provider, row.environment)
    app = credentials.app_for(context, provider, apps, row.client_id)
    try:
        values = credentials.open_values(context.sealer, row.id, row.credential, table="ended_logins")
    except CannotOpen:
        return None
    return oauth.revoke(how, app or App(), values)


def _in_use(session: Session, provider: Provider, ended: EndedLogin) -> bool:
    """Whether another login, of any workspace, was made by the same person with the same app, as far as can be told."""
    family = [one.id for one in providers.all_providers().values() if _shares(one, provider)]
    others = session.scalars(
        select(Connection).where(
            Connection.provider.in_(family),
            Connection.environment == ended.environment,
            Connection.client_id == ended.client_id,
            Connection.status == ConnectionStatus.CONNECTED,
            Connection.id != ended.connection_id,
        )
    ).all()
    mine = set(cast("list[str]", ended.people))
    theirs = [people_of(_accounts(session, other.id)) for other in others]
    return any(not mine or not people or mine & people for people in theirs)


def _shares(one: Provider, other: Provider) -> bool:
    return one.id == other.id or (one.grant_family is not None and one.grant_family == other.grant_family)


def _accounts(session: Session, connection_id: str) -> list[Account]:
    return list(session.scalars(select(Account).where(Account.connection_id == connection_id)))


def _due(session: Session, context: Context) -> list[str]:
    return list(
        session.scalars(
            select(EndedLogin.id)
            .where(EndedLogin.environment == context.settings.environment, EndedLogin.next_at <= context.now())
            .order_by(EndedLogin.next_at)
            .limit(50)
        )
    )


def _done(session: Session, id: str, kind: str, now: datetime) -> None:
    row = session.get(EndedLogin, id)
    if row is None:
        return
    session.delete(row)
    events.record(
        session,
        workspace_id=row.workspace_id,
        at=now,
        kind=kind,
        actor="worker",
        subject_id=row.connection_id,
        data={"provider": row.provider},
    )
