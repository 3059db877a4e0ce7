"""The secrets of connected accounts: opened for a call, renewed ahead of need.

Renewing a token that rotates must not happen twice, and an answer that was lost may have used the old token up. So one
caller wins by a conditional update that is committed before anything is sent; the others wait for its row. When the
winner dies, the next caller tries the old token once more, and only a definite no ends the login.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

import providers
from providers.contract import App, Credential, Kind, Problem, Provider, Request, Token, Verdict

from . import events, oauth, outcomes
from .answers import secrets_in, without_secrets
from .context import Context
from .http import LostAnswer, NotSent
from .models import Account, Connection, ProviderApp
from .sealing import Sealer
from .status import AccountStatus, ConnectionStatus

log = logging.getLogger(__name__)

AHEAD = timedelta(minutes=5)
"""A token that ends within this is renewed before it is used."""
ASK_AGAIN = timedelta(hours=1)
"""After a renewal that did not work out, while the token still works for longer than this."""
REFRESH_SECONDS = 20.0
DEAD_AFTER = timedelta(seconds=REFRESH_SECONDS + 10)
"""A renewal that was begun this long ago and has no outcome died with its process."""
LOOK_EVERY = 0.1
NO_REFRESH = "not_supported"
"""``refresh_error`` of a login that ends and cannot be renewed."""


class Version(NamedTuple):
    """Which token of which login signed a call. A no of the network is about that one, and about no later one."""

    connection_id: str
    number: int


class Access(NamedTuple):
    credential: Credential
    app: App
    version: Version


class NoAccess(Exception):
    """No call can be made for this account now; ``problem`` says why and whether that passes."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class NeedsReconnect(NoAccess):
    """It does not pass by itself: a person has to connect the account again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """An account's rows, as far as a credential needs them."""

    account_id: str
    connection_id: str
    provider_id: str
    environment: str
    client_id: str | None
    sealed: str = field(repr=False)
    sealed_of_account: str | None = field(repr=False)
    version: Version
    expires_at: datetime | None
    refreshing: bool
    apps: tuple[App, ...]
    """Developer apps entered on screen that serve this workspace, nearest first."""


async def access(context: Context, account_id: str) -> Access:
    """What signs a call for this account. Raises NoAccess."""
    return await _access(context, account_id, AHEAD)


async def _access(context: Context, account_id: str, ahead: timedelta) -> Access:
    login = await context.db.read(login_of, context, account_id)
    provider = providers.get(login.provider_id)
    values = _opened(context.sealer, login)
    if login.expires_at is not None and login.expires_at <= context.now() + ahead:
        login = await _renewed_if_possible(context, provider, login, values)
        values = _opened(context.sealer, login)
    return Access(Credential(values), app_for(context, provider, login.apps, login.client_id) or App(), login.version)


async def _renewed_if_possible(context: Context, provider: Provider, login: Login, values: Mapping[str, str]) -> Login:
    """A token that still works may be used when it cannot be renewed just now."""
    still_works = login.expires_at is not None and context.now() < login.expires_at
    try:
        return await _renewed(context, provider, login, values)
    except NeedsReconnect:
        raise
    except NoAccess:
        if still_works:
            return login
        raise


async def refresh_refused(context: Context, account_id: str, refused: Version) -> bool:
    """The network refused this token. True when the next ``access`` gets or tries to get another one."""
    try:
        login = await context.db.read(login_of, context, account_id)
    except NoAccess:
        return False
    if login.version != refused:
        return True
    if "refresh_token" not in _opened(context.sealer, login):
        return False
    await context.db.write(_expire, refused, context.now())
    return True


async def refresh_ahead(context: Context) -> None:
    """Renew what ends soon, so that no post waits for it and a login that was withdrawn is noticed early."""
    for account_id, ahead in await context.db.read(_ending_soon, context.now()):
        try:
            await _access(context, account_id, ahead)
        except NoAccess as failed:
            log.info("the login of %s was not renewed: %s", account_id, failed.problem.code)


async def needs_reconnect(context: Context, account_id: str, message: str, refused: Version | None = None) -> None:
    """Nothing goes out for this account, and for those that share its credential, until somebody connects it again.

    Unless there is another token by now than the one that was refused.
    """
    await context.db.write(_mark_needs_reconnect, account_id, message, context.now(), refused=refused)


# --- renewing ----------------------------------------------------------------------------------------------------------


async def _renewed(context: Context, provider: Provider, login: Login, values: Mapping[str, str]) -> Login:
    """The login with a newer token: ours, or the one that another caller got meanwhile. Raises NoAccess."""
    app = app_for(context, provider, login.apps, login.client_id)
    request = oauth.renewal(provider.oauth, app or App(), values) if provider.oauth is not None else None
    if request is None:
        if login.expires_at is not None and context.now() < login.expires_at:
            return login
        raise await _ended(context, login, f"The login at {provider.name} has ended.", "token_expired")
    if app is None:
        raise await _ended(
            context, login, f"The developer app for {provider.name} that made this login is not there.", "app_missing"
        )
    owner = secrets.token_hex(8)
    if not await context.db.write(_begin_refresh, login, owner, context.now()):
        return await _wait_for_other(context, login)
    return await _send_refresh(context, provider, login, request, owner)


async def _send_refresh(context: Context, provider: Provider, login: Login, request: Request, owner: str) -> Login:
    try:
        response = await context.http.send(
            request,
            bases=context.settings.provider_hosts(provider),
            fresh_connection=True,
            timeout=min(REFRESH_SECONDS, context.settings.call_timeout_seconds),
        )
    except (NotSent, LostAnswer) as error:
        code = "not_reachable" if isinstance(error, NotSent) else "answer_lost"
        raise await _not_now(context, provider, login, owner, code) from error
    answer = oauth.read_token(provider, response)
    if isinstance(answer, Problem):
        answer = without_secrets(answer, secrets_in(request))
    if isinstance(answer, Token):
        kept = open_values(context.sealer, login.connection_id, login.sealed)
        sealed = seal_values(context.sealer, login.connection_id, {**kept, **token_values(answer)})
        await context.db.write(_keep_token, login, sealed, answer.expires_in, context.now())
    elif answer.kind is not Kind.AUTH:
        raise await _not_now(context, provider, login, owner, answer.code or "unavailable")
    elif await context.db.write(_refused, login, answer, context.now()):
        raise NeedsReconnect(answer)
    return await context.db.read(login_of, context, login.account_id)


async def _wait_for_other(context: Context, login: Login) -> Login:
    """Somebody else is renewing. What they get, or do not get, is our answer too."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        found = await context.db.read(login_of, context, login.account_id)
        if found.version != login.version:
            return found
        if not found.refreshing:
            raise NoAccess(_unavailable(providers.get(login.provider_id), "not_renewed"))
        if await context.db.read(_is_dead, login.connection_id, context.now()):
            return await _renewed(context, providers.get(login.provider_id), found, _opened(context.sealer, found))


async def _not_now(context: Context, provider: Provider, login: Login, owner: str, code: str) -> NoAccess:
    await context.db.write(_let_go, login, owner, code)
    return NoAccess(_unavailable(provider, code))


async def _ended(context: Context, login: Login, message: str, code: str) -> NeedsReconnect:
    problem = Problem(kind=Kind.AUTH, verdict=Verdict.REFUSED, message=message, code=code)
    await context.db.write(_refused, login, problem, context.now())
    return NeedsReconnect(problem)


def _unavailable(provider: Provider, code: str) -> Problem:
    return Problem(
        kind=Kind.UNAVAILABLE,
        verdict=Verdict.REFUSED,
        message=f"The login at {provider.name} could not be renewed just now.",
        code=code,
    )


# --- transactions ------------------------------------------------------------------------------------------------------


def login_of(session: Session, context: Context, account_id: str) -> Login:
    account = session.get_one(Account, account_id)
    connection = session.get_one(Connection, account.connection_id)
    if account.environment != context.settings.environment:
        raise NoAccess(_other_environment(account.environment, context.settings.environment))
    if account.status != AccountStatus.CONNECTED or connection.credential is None:
        message = connection.error or "The account is not connected any more."
        raise NeedsReconnect(
            Problem(kind=Kind.AUTH, verdict=Verdict.REFUSED, message=message, code="account_needs_reconnect")
        )
    return Login(
        account_id=account.id,
        connection_id=connection.id,
        provider_id=account.provider,
        environment=account.environment,
        client_id=connection.client_id,
        sealed=connection.credential,
        sealed_of_account=account.secret,
        version=Version(connection.id, connection.token_version),
        expires_at=connection.token_expires_at,
        refreshing=connection.refresh_owner is not None,
        apps=stored_apps(session, context.sealer, account.workspace_id, account.provider, account.environment),
    )


def _other_environment(theirs: str, ours: str) -> Problem:
    return Problem(
        kind=Kind.PERMISSION,
        verdict=Verdict.REFUSED,
        message=f"This account belongs to the {theirs} networks, and this server talks to the {ours} ones.",
        code="environment_mismatch",
    )


def _begin_refresh(session: Session, login: Login, owner: str, now: datetime) -> bool:
    """The intent. Whoever changes the row sends; a winner that died is replaced."""
    begun = session.execute(
        update(Connection)
        .where(
            *_still(login.version),
            Connection.credential.is_not(None),
            or_(Connection.refresh_owner.is_(None), Connection.refresh_started_at < now - DEAD_AFTER),
        )
        .values(refresh_owner=owner, refresh_started_at=now)
    )
    return outcomes.rows(begun) == 1


def _keep_token(session: Session, login: Login, sealed: str, expires_in: float | None, now: datetime) -> None:
    """Even when another caller has taken over by now: the network has just given this token out."""
    session.execute(
        update(Connection)
        .where(*_still(login.version), Connection.credential.is_not(None))
        .values(
            credential=sealed,
            token_version=login.version.number + 1,
            token_expires_at=None if expires_in is None else now + timedelta(seconds=expires_in),
            refreshed_at=now,
            refresh_owner=None,
            refresh_error=None,
            updated_at=now,
        )
    )


def _refused(session: Session, login: Login, problem: Problem, now: datetime) -> bool:
    """False when another caller got a token meanwhile: then the no was only about the old one."""
    ended = session.execute(
        update(Connection)
        .where(*_still(login.version))
        .values(refresh_owner=None, refresh_error=problem.code, updated_at=now)
    )
    if not outcomes.rows(ended):
        return False
    _mark_needs_reconnect(session, login.account_id, problem.message, now, refused=login.version, shared_only=False)
    return True


def _let_go(session: Session, login: Login, owner: str, code: str) -> None:
    session.execute(
        update(Connection)
        .where(Connection.id == login.connection_id, Connection.refresh_owner == owner)
        .values(refresh_owner=None, refresh_error=code)
    )


def _is_dead(session: Session, connection_id: str, now: datetime) -> bool:
    started = session.get_one(Connection, connection_id).refresh_started_at
    return started is None or started < now - DEAD_AFTER


def _expire(session: Session, version: Version, now: datetime) -> None:
    session.execute(update(Connection).where(*_still(version)).values(token_expires_at=now))


def _still(version: Version) -> tuple[ColumnElement[bool], ...]:
    return (Connection.id == version.connection_id, Connection.token_version == version.number)


def _ending_soon(session: Session, now: datetime) -> list[tuple[str, timedelta]]:
    """One account of each connection whose time has come, with how far ahead its network is asked."""
    ahead = {
        provider.id: provider.oauth.renew_before
        for provider in providers.all_providers().values()
        if provider.oauth is not None
    }
    rows = session.execute(
        select(func.min(Account.id), Connection.provider, Connection.token_expires_at, Connection.refresh_started_at)
        .join(Connection, Connection.id == Account.connection_id)
        .where(
            Connection.status == ConnectionStatus.CONNECTED,
            Connection.credential.is_not(None),
            Connection.token_expires_at < now + max(ahead.values(), default=timedelta()),
            or_(Connection.refresh_error.is_(None), Connection.refresh_error != NO_REFRESH),
            Account.status == AccountStatus.CONNECTED,
        )
        .group_by(Connection.id)
        .order_by(Connection.token_expires_at)
    )
    return [
        (account_id, ahead[provider])
        for account_id, provider, expires_at, asked_at in rows
        if provider in ahead and expires_at is not None and _is_time(now, expires_at, asked_at, ahead[provider])
    ]


def _is_time(now: datetime, expires_at: datetime, asked_at: datetime | None, ahead: timedelta) -> bool:
    if expires_at >= now + ahead:
        return False
    asked_lately = asked_at is not None and asked_at > now - ASK_AGAIN
    return not asked_lately or expires_at < now + ASK_AGAIN


def _mark_needs_reconnect(
    session: Session,
    account_id: str,
    message: str,
    now: datetime,
    *,
    refused: Version | None = None,
    shared_only: bool = True,
) -> None:
    """An account with a secret of its own may go on without the others, unless the whole login has ended."""
    account = session.get_one(Account, account_id)
    there = (Connection.id == account.connection_id, *(_still(refused) if refused else ()))
    told = session.execute(update(Connection).where(*there).values(error=message, updated_at=now))
    if not outcomes.rows(told):
        return
    siblings = session.scalars(
        select(Account).where(Account.connection_id == account.connection_id, Account.status == AccountStatus.CONNECTED)
    )
    for row in siblings:
        if row.id != account_id and shared_only and (row.secret is not None or account.secret is not None):
            continue
        row.status, row.updated_at = AccountStatus.NEEDS_RECONNECT, now
        events.record(
            session,
            workspace_id=row.workspace_id,
            at=now,
            kind="account.needs_reconnect",
            actor="worker",
            subject_id=row.id,
            data={"handle": row.handle, "reason": message},
        )


# --- sealed values and developer apps ----------------------------------------------------------------------------------


def token_values(token: Token) -> dict[str, str]:
    values = {"access_token": token.access_token}
    return {**values, "refresh_token": token.refresh_token} if token.refresh_token else values


def seal_values(sealer: Sealer, connection_id: str, values: Mapping[str, str]) -> str:
    return sealer.seal(json.dumps(dict(values)), table="connections", row=connection_id, column="credential")


def open_values(sealer: Sealer, connection_id: str, sealed: str) -> dict[str, str]:
    return json.loads(sealer.open(sealed, table="connections", row=connection_id, column="credential"))


def seal_of_account(sealer: Sealer, account_id: str, values: Mapping[str, str]) -> str:
    return sealer.seal(json.dumps(dict(values)), table="accounts", row=account_id, column="secret")


def _opened(sealer: Sealer, login: Login) -> dict[str, str]:
    """The connection's values, with what the account adds to them."""
    values = open_values(sealer, login.connection_id, login.sealed)
    if login.sealed_of_account is None:
        return values
    own = sealer.open(login.sealed_of_account, table="accounts", row=login.account_id, column="secret")
    return {**values, **json.loads(own)}


def stored_apps(
    session: Session, sealer: Sealer, workspace_id: str, provider_id: str, environment: str
) -> tuple[App, ...]:
    """Entered on screen: the workspace's own before the instance's."""
    rows = session.scalars(
        select(ProviderApp).where(
            ProviderApp.provider == provider_id,
            ProviderApp.environment == environment,
            or_(ProviderApp.workspace_id == workspace_id, ProviderApp.workspace_id.is_(None)),
        )
    ).all()
    ordered = sorted(rows, key=lambda row: row.workspace_id is None)
    return tuple(App(row.client_id, _secret_of(sealer, row)) for row in ordered)


def _secret_of(sealer: Sealer, row: ProviderApp) -> str:
    if row.client_secret is None:
        return ""
    return sealer.open(row.client_secret, table="provider_apps", row=row.id, column="client_secret")


def app_for(context: Context, provider: Provider, stored: tuple[App, ...], client_id: str | None) -> App | None:
    """The app that made a login; the one to use for a new login when ``client_id`` is None. The environment wins."""
    given = context.settings.provider_app(provider)
    apps = (given, *stored) if given is not None else stored
    return next((app for app in apps if client_id is None or app.client_id == client_id), None)
