"""The connection doctor: what is wrong with an app, a login or an account, each finding with the next click.

It changes nothing: rows are read, tokens are used as they are and never renewed, and networks are asked only what may be
asked as often as one likes. What it tells holds no secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

import providers
from providers.contract import (
    App,
    Credential,
    Finding,
    Flow,
    Identity,
    Kind,
    Level,
    OAuth2,
    Problem,
    Provider,
    Request,
    Verdict,
    Way,
)

from . import connections, credentials, findings, limits, oauth, reachability
from .access import Action, Actor, allow, get, scoped
from .calls import CallFailed, run_flow
from .connections import account_json
from .context import Context
from .doors import way_back
from .errors import AppError
from .findings import Refusal
from .http import SendError
from .models import Account, Attempt, Connection, Post, ProviderApp
from .sealing import CannotOpen
from .snapshots import account_of
from .status import AccountStatus, ConnectionStatus, PostStatus

R = TypeVar("R")

LOOKED_BACK = timedelta(days=7)
MOST_ASKED = 10
"""Accounts of one login that are asked about: a person may have hundreds of boards."""
NOBODYS_CODE = "a-code-that-nobody-gave-out"


# --- what can be looked at ----------------------------------------------------------------------------------------------


async def of_app(context: Context, actor: Actor, provider_id: str, *, serving: bool = True) -> list[dict[str, Any]]:
    """The developer app that this workspace's logins at a network are made with; the network is asked whether it knows
    it, and our own redirect address whether it leads here. It need not when nobody knows that a server is ``serving``."""
    allow(actor, Action.CONNECT)
    provider = providers.all_providers().get(provider_id)
    if provider is None or provider.oauth is None:
        raise AppError("provider_unsupported", "This network needs no developer app.")
    look = await context.db.read(_app_of, context, actor, provider)
    found = [*look.findings]
    found += await _asked_about_app(context, provider, look, serving)
    return [findings.finding_json(one) for one in findings.settled(found, context.now())]


async def of_account(context: Context, actor: Actor, account_id: str) -> list[dict[str, Any]]:
    """One account, its login and its app."""
    allow(actor, Action.READ)
    row = await context.db.read(get, actor, Account, account_id)
    if row.status == AccountStatus.DISCONNECTED:
        return [findings.finding_json(findings.ended("The account was disconnected."), account_json(row))]
    return (await _of_login(context, actor, row.connection_id, only=account_id))["findings"]


async def of_connection(context: Context, actor: Actor, connection_id: str) -> dict[str, Any]:
    """``connection``, its ``accounts``, and ``findings``: about the login and its app, and about each account."""
    allow(actor, Action.READ)
    return await _of_login(context, actor, connection_id)


async def everything(context: Context, actor: Actor) -> list[dict[str, Any]]:
    """For whoever runs the server: every app and every login of a workspace, by ``network``."""
    allow(actor, Action.MANAGE_WORKSPACE)
    apps, logins = await context.db.read(_all_of, context, actor)
    found = [
        {"network": provider_id, "account": None, **one}
        for provider_id in apps
        for one in await of_app(context, actor, provider_id, serving=False)
    ]
    for provider_id, connection_id in logins:
        checked = await _of_login(context, actor, connection_id)
        found += [{"network": provider_id, **one} for one in checked["findings"] if one["id"] not in OF_THE_APP]
    return found


OF_THE_APP = frozenset({"redirect", "address", "client_id", "secret", "app"})
"""Told once for an app, however many logins were made with it."""


# --- reading ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _App:
    app: App | None = field(repr=False)
    redirect_uri: str
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Account:
    row: Account
    findings: Sequence[Finding]
    values: Mapping[str, str] | None = field(repr=False)
    """What signs its calls; None when nothing can be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Login:
    provider: Provider
    told: Mapping[str, Any]
    app: App
    how: OAuth2 | None
    """None when it came through another door than a developer app's."""
    findings: Sequence[Finding]
    accounts: Sequence[_Account]
    values: Mapping[str, str] | None = field(repr=False)


def _app_of(
    session: Session, context: Context, actor: Actor, provider: Provider, connection: Connection | None = None
) -> _App:
    environment, settings = context.settings.environment, context.settings
    client_id = connection.client_id if connection is not None else None
    apps = credentials.stored_apps(session, context.sealer, actor.workspace_id, provider.id, environment)
    app = credentials.app_for(context, provider, apps, client_id)
    redirect_uri = way_back(settings, provider)
    found = findings.of_app(
        provider,
        client_id=app.client_id if app else None,
        has_secret=bool(app and app.client_secret),
        redirect_uri=redirect_uri,
        is_copy=environment == "sandbox",
        refusals=_refusals(session, actor, provider, app.client_id, context.now()) if app else (),
    )
    found += findings.media(provider, reachability.reason(session, settings))
    if app is None and client_id is not None:
        detail = (
            f"This login was made with the app {client_id}, which is not here any more. Enter it again, or reconnect."
        )
        found.append(Finding(id="client_id", level=Level.BAD, title="The app is gone", detail=detail, next=findings.APPS))  # fmt: skip
    return _App(app=app, redirect_uri=redirect_uri, findings=found)


def _login_of(session: Session, context: Context, actor: Actor, connection_id: str, only: str | None) -> _Login:
    connection = get(session, actor, Connection, connection_id)
    provider, now = providers.get(connection.provider), context.now()
    how = oauth.made_with(provider, connection.client_id)
    if how is not None:
        app = _app_of(session, context, actor, provider, connection)
    else:
        media = findings.media(provider, reachability.reason(session, context.settings))
        app = _App(app=None, redirect_uri="", findings=media)
    found = [*app.findings, *_login_findings(session, actor, provider, connection, now)]
    rows = [row for row in connections.accounts_of(session, connection.id) if only in (None, row.id)][:MOST_ASKED]
    try:
        values = _values_of(context, connection, now)
    except CannotOpen:
        values = None
        found.append(findings.ended("What it is signed with cannot be opened with this server's key."))
    return _Login(
        provider=provider,
        told=connections.told(connection, rows),
        app=app.app or App(),
        how=how,
        findings=found,
        accounts=[_account(session, context, provider, connection, row, values) for row in rows],
        values=values,
    )


def _login_findings(
    session: Session, actor: Actor, provider: Provider, connection: Connection, now: datetime
) -> list[Finding]:
    how = oauth.made_with(provider, connection.client_id)
    if connection.status == ConnectionStatus.PENDING:
        return [findings.ended("Nobody has finished the login yet.")]
    if connection.status != ConnectionStatus.CONNECTED or connection.credential is None:
        return [findings.ended(connection.error or "There is no login any more.")]
    needy = [row for row in connections.accounts_of(session, connection.id) if row.status != AccountStatus.CONNECTED]
    if needy and connection.error:
        return [findings.ended(connection.error)]
    at_risk = connections.posts_at_risk(session, actor)
    ids = {row.id for row in connections.accounts_of(session, connection.id)}
    trouble = connection.refresh_error if connection.refresh_error != credentials.NO_REFRESH else None
    found = [
        findings.token(
            end=connections.login_end(connection),
            renewable=connection.token_expires_at is not None,
            trouble=trouble,
            at_risk=sum(count for id, count in at_risk.items() if id in ids),
        )
    ]
    if how is not None:
        found.append(findings.scopes(how, connections.missing_scopes(connection), bool(connection.scopes)))
    return found


def _values_of(context: Context, connection: Connection, now: datetime) -> dict[str, str] | None:
    """Not renewed: a token that has ended asks nothing."""
    over = connection.token_expires_at is not None and connection.token_expires_at <= now
    other_place = connection.environment != context.settings.environment
    if connection.credential is None or over or other_place:
        return None
    return credentials.open_values(context.sealer, connection.id, connection.credential)


def _account(
    session: Session,
    context: Context,
    provider: Provider,
    connection: Connection,
    row: Account,
    values: Mapping[str, str] | None,
) -> _Account:
    who = limits.Identity(
        provider=provider.id,
        external_id=row.external_id,
        credential_key=row.credential_key,
        client_id=connection.client_id or "",
    )
    now = context.now()
    found = [
        *findings.counted(limits.standing(session, provider, who, now), limits.waits(session, who, now)),
        *findings.last_post(_latest_refusal(session, row, now)),
    ]
    if not row.publishable:
        found.append(
            Finding(id="account_type", level=Level.INFO, title="Not for posting", detail="It gives access to others.")
        )
    own = credentials.open_of_account(context.sealer, row.id, row.secret) if values and row.secret else {}
    return _Account(row=row, findings=found, values=None if values is None else {**values, **own})


def _latest_refusal(session: Session, row: Account, now: datetime) -> Refusal | None:
    """How its latest post ended, when that was not by going out."""
    latest = session.execute(
        select(Attempt, Post)
        .join(Post, Post.id == Attempt.post_id)
        .where(Post.account_id == row.id, Attempt.finished_at > now - LOOKED_BACK)
        .order_by(Attempt.finished_at.desc())
        .limit(1)
    ).first()
    if latest is None or latest[0].ok or latest[1].status != PostStatus.FAILED:
        return None
    return Refusal(code=latest[0].code or "", message=latest[0].message or "It failed.", post_id=latest[1].id)


def _refusals(session: Session, actor: Actor, provider: Provider, client_id: str, now: datetime) -> list[Refusal]:
    rows = session.scalars(
        scoped(actor, Account)
        .join(Connection, Connection.id == Account.connection_id)
        .where(Account.provider == provider.id, Connection.client_id == client_id)
    )
    return [refusal for row in rows if (refusal := _latest_refusal(session, row, now)) is not None]


def _all_of(session: Session, context: Context, actor: Actor) -> tuple[list[str], list[tuple[str, str]]]:
    """The networks with an app, and the logins that are or should be there."""
    environment = context.settings.environment
    entered = session.scalars(scoped(actor, ProviderApp).where(ProviderApp.environment == environment))
    known = {row.provider for row in entered}
    apps = [
        provider.id
        for provider in providers.all_providers().values()
        if provider.oauth is not None and (provider.id in known or context.settings.provider_app(provider) is not None)
    ]
    logins = session.scalars(
        scoped(actor, Connection)
        .where(Connection.environment == environment, Connection.status == ConnectionStatus.CONNECTED)
        .order_by(Connection.provider, Connection.created_at)
    )
    return apps, [(row.provider, row.id) for row in logins]


# --- asking -------------------------------------------------------------------------------------------------------------


async def _of_login(context: Context, actor: Actor, connection_id: str, only: str | None = None) -> dict[str, Any]:
    login = await context.db.read(_login_of, context, actor, connection_id, only)
    shared = [*login.findings]
    seen = await _identities(context, login, shared)
    goes_on = not _stops(shared)
    now = context.now()
    apart: list[dict[str, Any]] = []
    for account in login.accounts:
        found = [*account.findings, *_still_there(login, account.row, seen)]
        if account.row.publishable and account.values is not None and login.provider.examine is not None and goes_on:
            asked = await _examined(context, login, account)
            goes_on = not _stops(asked)
            found += asked
        of_login = [one for one in found if one.id in OF_THE_LOGIN]
        shared += of_login
        row = account_json(account.row)
        apart += [
            findings.finding_json(one, row)
            for one in findings.settled([one for one in found if one.id not in OF_THE_LOGIN], now)
        ]
    shared += findings.clock(_ahead(context, login.provider))
    together = [findings.finding_json(one) for one in findings.settled(shared, now)]
    ordered = sorted([*together, *apart], key=lambda one: findings.SERIOUS.index(Level(one["level"])))
    return {**login.told, "findings": ordered}


OF_THE_LOGIN = frozenset({"token", "network", "app_mode"})
"""Found by asking about an account, and true of all that share its login."""


def _stops(found: Sequence[Finding]) -> bool:
    """Nothing more is asked of a network that refuses the login, does not answer, or wants us to slow down."""
    return _is_over(found) or any(one.id == "network" and one.level is not Level.OK for one in found)


def _is_over(found: Sequence[Finding]) -> bool:
    return any(one.id == "token" and one.level is Level.BAD for one in found)


async def _identities(context: Context, login: _Login, found: list[Finding]) -> Sequence[Identity] | None:
    """Who the network says is behind the login; None where it was not asked or did not tell."""
    if login.values is None or login.how is None:
        if login.values is None and not _is_over(found):
            detail = "The token has to be renewed first, which the worker does within a minute of its end, if it runs."
            found.append(Finding(id="network", level=Level.INFO, title="The network was not asked", detail=detail))
        return None
    seen = await _ask(context, login, login.how.identify(), login.values)
    if isinstance(seen, Finding):
        found.append(seen)
        return None
    found.append(_answers(login.provider))
    return seen


async def _examined(context: Context, login: _Login, account: _Account) -> Sequence[Finding]:
    assert login.provider.examine is not None
    assert account.values is not None
    told = await _ask(context, login, login.provider.examine(account_of(account.row)), account.values)
    return [told] if isinstance(told, Finding) else [_answers(login.provider), *told]


async def _ask(context: Context, login: _Login, flow: Flow[R], values: Mapping[str, str]) -> R | Finding:
    hosts = context.settings.provider_hosts(login.provider)
    try:
        return await run_flow(context, login.provider, flow, credential=Credential(values), app=login.app, bases=hosts)
    except CallFailed as failed:
        return findings.trouble(login.provider, failed.problem)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return findings.trouble(login.provider, _unreadable(login.provider))


def _unreadable(provider: Provider) -> Problem:
    message = f"{provider.name} gave an answer that cannot be read."
    return Problem(kind=Kind.UNKNOWN, verdict=Verdict.UNKNOWN, message=message)


def _answers(provider: Provider) -> Finding:
    return Finding(id="network", level=Level.OK, title=f"{provider.name} answers", detail="It accepts the login.")


def _still_there(login: _Login, row: Account, seen: Sequence[Identity] | None) -> list[Finding]:
    """Whether the login still shows the account, under which name."""
    if seen is None:
        return []
    found = next((one for one in seen if one.external_id == row.external_id), None)
    if found is None:
        detail = f"{login.provider.name} does not show it to this login any more: it is gone, or the right to post was."
        return [Finding(id="account", level=Level.BAD, title="Account", detail=detail, next=findings.RECONNECT)]
    if found.handle.lower() != row.handle.lower():
        detail = (
            f"It is called {found.handle} now. Reconnect to take the new name over; posts for the old one still arrive."
        )
        return [Finding(id="account", level=Level.INFO, title="Renamed", detail=detail, next=findings.RECONNECT)]
    return [Finding(id="account", level=Level.OK, title="Account", detail=f"{row.handle} is behind this login.")]


async def _asked_about_app(context: Context, provider: Provider, look: _App, serving: bool) -> list[Finding]:
    found = [await _leads_here(context, look.redirect_uri, serving)]
    how = provider.oauth
    if look.app is None or not look.app.client_secret or how is None:
        return found
    verifier = NOBODYS_CODE if how.pkce else None
    request = oauth.exchange(how, look.app, code=NOBODYS_CODE, redirect_uri=look.redirect_uri, code_verifier=verifier)
    bases = context.settings.provider_hosts(provider)
    try:
        response = await context.http.send(request, bases=bases, timeout=15.0)
    except SendError as error:
        detail = f"{provider.name} could not be reached: {error.reason}."
        return [*found, Finding(id="network", level=Level.BAD, title="Network", detail=detail)]
    found += findings.knows_app(provider, response)
    found.append(Finding(id="network", level=Level.OK, title=f"{provider.name} answers"))
    return [*found, *findings.clock(_ahead(context, provider, how.token_host))]


async def _leads_here(context: Context, address: str, serving: bool) -> Finding:
    """As a browser on this machine would: people have to arrive, networks need not."""
    request = Request("GET", address, headers={"Accept": "application/json"})
    way = Way(label="Open it", url=address)
    try:
        answer = await context.http.send(request, bases={"own": address}, timeout=10.0)
    except SendError as error:
        detail = f"Nobody answers at {address}: {error.reason}. Is the server running there?"
        level = Level.BAD if serving else Level.WARN
        return Finding(id="address", level=level, title="Way back", detail=detail, next=way)
    code = answer.json.get("code") if isinstance(answer.json, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if code != "oauth_state_invalid":
        detail = f"{address} answers, but it is not this server. Look at SOCIALCLAW_PUBLIC_BASE_URL and the proxy."
        return Finding(id="address", level=Level.BAD, title="Way back", detail=detail, next=way)
    return Finding(id="address", level=Level.OK, title="Way back", detail="The redirect address leads to this server.")


def _ahead(context: Context, provider: Provider, host: str = "api") -> timedelta | None:
    base = context.settings.provider_hosts(provider).get(host, "")
    return context.http.clocks.of(urlsplit(base).hostname or "")
