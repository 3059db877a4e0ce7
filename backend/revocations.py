"""Telling networks that a login is over here. What was disconnected is gone from this server at once; a network that
does not answer is told later, and nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import providers
from providers.contract import App, Credential, JobAccount, Kind, Provider, Request

from . import credentials, events, oauth, outcomes
from .calls import CallFailed, run_flow
from .context import Context
from .http import SendError
from .ids import new_id
from .models import Account, Connection, EndedLogin
from .sealing import CannotOpen
from .snapshots import account_of
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
    provider = providers.get(connection.provider)
    how = oauth.made_with(provider, connection.client_id)
    accounts = [account_of(account) for account in _accounts(session, connection.id)]
    by_app = how is not None and (how.revoke or how.revoke_request)
    if not by_app and not any(_ends_itself(provider, account) for account in accounts):
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
            accounts=[_kept(account) for account in accounts],
            credential=credentials.seal_values(context.sealer, id, values, table="ended_logins"),
            tries=0,
            next_at=now,
            created_at=now,
        )
    )
    return id


def _ends_itself(provider: Provider, account: JobAccount) -> bool:
    """Whether there is a request for this account that its own login signs."""
    return provider.end_login is not None and next(provider.end_login(account), None) is not None


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


def people_of(accounts: Iterable[Account | JobAccount]) -> set[str]:
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
    """Either may be missing: what the app asks for, and what is asked with the login itself."""

    provider: Provider
    app: App = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    accounts: Sequence[JobAccount]
    request: Request | None = field(repr=False)


async def _tell(context: Context, id: str) -> None:
    message = await context.db.write(_begin, context, id, context.now())
    if message is None:
        return
    if await _asked(context, message) and await _ended(context, message):
        await context.db.write(_done, id, "connection.revoked", context.now())


async def _asked(context: Context, message: _Message) -> bool:
    """Whether that needs no other try. A definite no is about a token that is over already."""
    if message.request is None:
        return True
    hosts = context.settings.provider_hosts(message.provider)
    try:
        response = await context.http.send(message.request, bases=hosts, timeout=10.0)
    except SendError as error:
        log.info("%s could not be told of an ended login: %s", message.provider.id, error.reason)
        return False
    problem = message.provider.read_error(response)
    return problem is None or problem.kind not in LATER


async def _ended(context: Context, message: _Message) -> bool:
    """The same where the network takes it back by a request that the login itself signs."""
    provider = message.provider
    hosts = context.settings.provider_hosts(provider)
    credential = Credential(message.values)
    if provider.end_login is None:
        return True
    for account in message.accounts:
        try:
            flow = provider.end_login(account)
            await run_flow(context, provider, flow, credential=credential, app=message.app, bases=hosts)
        except CallFailed as failed:
            if failed.problem.kind in LATER:
                return False
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            log.exception("%s answered something that its flow cannot read", provider.id)
    return True


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
    message = _message(session, context, row)
    if message is None or now > row.created_at + GIVEN_UP_AFTER:
        _done(session, id, "connection.not_revoked", now)
        return None
    return message


def _message(session: Session, context: Context, row: EndedLogin) -> _Message | None:
    """None when it cannot be said any more, or would end a login that somebody still uses."""
    provider = providers.all_providers().get(row.provider)
    if provider is None:
        return None
    how = oauth.made_with(provider, row.client_id)
    if how is not None and how.revokes == "grant" and _in_use(session, provider, row):
        return None
    apps = credentials.stored_apps(session, context.sealer, row.workspace_id, row.provider, row.environment)
    app = credentials.app_for(context, provider, apps, row.client_id) or App()
    try:
        values = credentials.open_values(context.sealer, row.id, row.credential, table="ended_logins")
    except CannotOpen:
        return None
    return _Message(
        provider=provider,
        app=app,
        values=values,
        accounts=_accounts_then(row),
        request=None if how is None else oauth.revoke(how, app, values),
    )


def _kept(account: JobAccount) -> dict[str, Any]:
    return {
        "externalId": account.external_id,
        "handle": account.handle,
        "accountType": account.account_type,
        "meta": dict(account.meta),
    }


def _accounts_then(row: EndedLogin) -> list[JobAccount]:
    """They may have another login by now."""
    return [
        JobAccount(
            external_id=kept["externalId"],
            handle=kept["handle"],
            account_type=kept["accountType"],
            meta=kept["meta"],
        )
        for kept in cast("list[dict[str, Any]]", row.accounts)
    ]


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
    mine = people_of(_accounts_then(ended))
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
