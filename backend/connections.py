"""Connecting accounts: by values a person pastes, or by sending them to the network, or to a site of theirs, and back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

import providers
from providers.contract import (
    App,
    Credential,
    Door,
    Flow,
    Identity,
    Kind,
    Manual,
    OAuth2,
    Problem,
    Provider,
    Request,
    SitePage,
    Token,
    WayBack,
)

from . import credentials, events, oauth, outcomes
from .access import Action, Actor, allow, get, scoped
from .answers import secrets_in, without_secrets
from .calls import CallFailed, run_flow
from .context import Context
from .db import after_commit
from .doors import door_for, read_fields, way_back
from .errors import AppError
from .http import SendError
from .ids import new_id
from .models import Account, AccountHandle, Connection, OAuthState, Post, SignIn, Workspace
from .sealing import hash_secret, new_token
from .settings import PREFIX
from .status import AccountStatus, ConnectionStatus, PostStatus
from .wire import iso

R = TypeVar("R")

STATE_LIFE = timedelta(minutes=10)
EXPIRES_SOON = timedelta(days=7)
PASSING = frozenset({Kind.UNAVAILABLE, Kind.RATE_LIMITED, Kind.QUOTA, Kind.UNKNOWN})
DENIED = "access_denied"


# --- starting ----------------------------------------------------------------------------------------------------------


async def start(
    context: Context,
    actor: Actor,
    body: Mapping[str, Any],
    session_id: str | None = None,
    *,
    door: Door | None = None,
) -> dict[str, Any]:
    """``connection``, its ``accounts`` and the first as ``account``. Pasted values are tried at the network first, and
    nothing is kept when it refuses them. ``session_id`` is the browser session that alone may finish the login;
    ``door`` is the way to connect where somebody chose one, else what they sent tells it."""
    allow(actor, Action.CONNECT)
    provider = _provider_of(body)
    door = door or door_for(provider, body)
    if isinstance(door, Manual):
        grant = await _tried(context, provider, door, body)
        return await context.db.write(_connect, context, actor, provider, grant, None)
    state = new_token()
    if isinstance(door, OAuth2):
        leaving = await _to_network(context, actor, provider, door, state)
    else:
        leaving = await _to_site(context, provider, door, body, state)
    leaving = replace(
        leaving,
        session_id=session_id or actor.session_id,
        client=_short(body.get("client")),
        callback_scheme=_scheme(body.get("callbackScheme") or body.get("callback_scheme")),
    )
    return await context.db.write(_begin, context, actor, leaving)


def _provider_of(body: Mapping[str, Any]) -> Provider:
    name = body.get("provider")
    found = providers.resolve(name) if isinstance(name, str) else None
    if found is None:
        known = ", ".join(providers.all_providers())
        raise AppError("provider_unsupported", f"Say which network to connect: {known}.", details={"provider": name})
    return providers.get(found)


async def _tried(context: Context, provider: Provider, door: Manual, values: Mapping[str, Any]) -> Grant:
    """What a person pasted, or a site of theirs sent for them, if it works."""
    hosts = context.settings.provider_hosts(provider)
    fields = read_fields(provider, door, values, hosts)
    secret = dict(door.credential(fields))
    found = await _asked(context, provider, door.verify(fields), Credential(secret))
    if not found:
        raise AppError("no_accounts_found", f"{provider.name} shows no account that posts can go to.")
    return Grant(values=secret, identities=found)


async def _asked(context: Context, provider: Provider, flow: Flow[R], credential: Credential) -> R:
    """Raises ``credentials_refused`` or ``provider_unavailable``."""
    bases = context.settings.provider_hosts(provider)
    try:
        return await run_flow(context, provider, flow, credential=credential, app=App(), bases=bases)
    except CallFailed as failed:
        problem = failed.problem
        raise AppError(
            "provider_unavailable" if problem.kind in PASSING else "credentials_refused",
            problem.message,
            details={"provider": provider.id, "kind": problem.kind, "code": problem.code},
            retry_after=problem.retry_after,
        ) from failed


# --- away, to say yes there -------------------------------------------------------------------------------------------


async def _to_network(context: Context, actor: Actor, provider: Provider, door: OAuth2, state: str) -> _Leaving:
    app = await context.db.read(_app, context, actor, provider)
    if app is None:
        raise _not_configured(provider, door)
    redirect_uri, verifier = way_back(context.settings, provider), new_token()
    url = oauth.authorize_url(
        door,
        context.settings.provider_hosts(provider)[door.authorize_host],
        app,
        redirect_uri=redirect_uri,
        state=state,
        code_verifier=verifier,
    )
    return _Leaving(
        provider_id=provider.id,
        client_id=app.client_id,
        url=url,
        state_hash=hash_secret(state),
        code_verifier=verifier if door.pkce else None,
        redirect_uri=redirect_uri,
    )


async def _to_site(
    context: Context, provider: Provider, door: SitePage, body: Mapping[str, Any], state: str
) -> _Leaving:
    """The state travels in the addresses that the site is given: nothing else of ours comes back with the person."""
    fields = read_fields(provider, door, body, context.settings.provider_hosts(provider))
    redirect_uri = way_back(context.settings, provider)
    allowed = f"{redirect_uri}?{urlencode({'state': state})}"
    back = WayBack(allowed=allowed, denied=f"{allowed}&error=access_denied")
    page = await _asked(context, provider, door.find(fields, back), Credential({}))
    return _Leaving(
        provider_id=provider.id,
        url=page.url,
        state_hash=hash_secret(state),
        redirect_uri=redirect_uri,
        kept=page.kept,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaving:
    """Somebody on the way to a network, and what must come back with them."""

    provider_id: str
    url: str
    state_hash: str
    redirect_uri: str
    client_id: str | None = None
    code_verifier: str | None = field(default=None, repr=False)
    kept: Mapping[str, Any] | None = None
    session_id: str | None = None
    client: str | None = None
    callback_scheme: str | None = None


def _not_configured(provider: Provider, door: OAuth2) -> AppError:
    variables = [f"{PREFIX}{provider.id.upper()}_CLIENT_ID", f"{PREFIX}{provider.id.upper()}_CLIENT_SECRET"]
    return AppError(
        "provider_not_configured",
        f"{door.title or provider.name} needs a developer app. Set {variables[0]} and {variables[1]}, or enter both under Settings, "
        "Networks.",
        details={"provider": provider.id, "variables": variables, "settingsPath": "/settings/networks"},
    )


def _scheme(value: Any) -> str | None:
    """The app that a phone or desktop goes back to afterwards; never a web address or a script."""
    if value is None or value == "":
        return None
    scheme = str(value).removesuffix("://").lower()
    if not re.fullmatch(r"[a-z][a-z0-9+.-]{1,60}", scheme) or scheme in ("http", "https", "javascript", "data", "file"):
        raise AppError("callback_scheme_invalid", "callbackScheme must be the scheme of your app, such as myapp.")
    return scheme


def _short(value: Any) -> str | None:
    return value[:60] if isinstance(value, str) and value else None


def _begin(session: Session, context: Context, actor: Actor, leaving: _Leaving) -> dict[str, Any]:
    now = context.now()
    row = Connection(
        id=new_id("conn", now),
        workspace_id=actor.workspace_id,
        provider=leaving.provider_id,
        environment=context.settings.environment,
        status=ConnectionStatus.PENDING,
        client_id=leaving.client_id,
        scopes=[],
        token_version=0,
        authorize_url=leaving.url,
        created_by=actor.label,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    verifier = leaving.code_verifier
    session.add(
        OAuthState(
            state_hash=leaving.state_hash,
            workspace_id=actor.workspace_id,
            connection_id=row.id,
            provider=leaving.provider_id,
            code_verifier=verifier and context.sealer.seal(verifier, **_verifier_place(leaving.state_hash)),
            kept=None if leaving.kept is None else dict(leaving.kept),
            redirect_uri=leaving.redirect_uri,
            session_id=leaving.session_id,
            client=leaving.client,
            callback_scheme=leaving.callback_scheme,
            created_at=now,
            expires_at=now + STATE_LIFE,
        )
    )
    return told(row, ())


def _verifier_place(state_hash: str) -> dict[str, str]:
    return {"table": "oauth_states", "row": state_hash, "column": "code_verifier"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a network gave: secret values and the accounts behind them."""

    values: Mapping[str, str] = field(repr=False)
    identities: Sequence[Identity]
    client_id: str | None = None
    scopes: Sequence[str] = ()
    expires_in: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Somebody is back from the network, with a state that was ours."""

    actor: Actor
    connection_id: str
    client_id: str
    redirect_uri: str
    code_verifier: str | None = field(repr=False)
    kept: Mapping[str, Any] | None
    callback_scheme: str | None


async def finish_oauth(
    context: Context, provider_id: str, params: Mapping[str, str], session_token: str | None = None
) -> dict[str, Any]:
    """The callback. ``session_token`` is the browser's, when it has one. Raises AppError; when the login was ours and
    did not work out, its connection is failed and says why."""
    provider = _sends_people_back(provider_id)
    returned = await _check_state(context, provider, params.get("state", ""), session_token)
    try:
        if returned.kept is None:
            grant = await _granted_by_network(context, provider, returned, params)
        else:
            grant = await _granted_by_site(context, provider, returned.kept, params)
    except _Failed as failed:
        await context.db.write(_fail, returned.connection_id, failed.code, failed.message, context.now())
        details = {"provider": provider.id, "connectionId": returned.connection_id}
        raise AppError(failed.code, failed.message, details=details) from failed
    found = await context.db.write(_connect, context, returned.actor, provider, grant, returned.connection_id)
    if returned.callback_scheme:
        found["returnTo"] = f"{returned.callback_scheme}://oauth?connection={returned.connection_id}"
    return found


def _sends_people_back(provider_id: str) -> Provider:
    found = providers.resolve(provider_id)
    if found is None or all(isinstance(door, Manual) for door in providers.get(found).doors):
        raise AppError("not_found", "No network sends people back to this address.")
    return providers.get(found)


class _Failed(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class _TooLate(Exception):
    def __init__(self, connection_id: str) -> None:
        super().__init__(connection_id)
        self.connection_id = connection_id


async def _check_state(context: Context, provider: Provider, state: str, session_token: str | None) -> Returned:
    now = context.now()
    try:
        return await context.db.write(_take_state, context, provider.id, state, session_token, now)
    except _TooLate as late:
        message = "The login took longer than ten minutes. Connect again."
        await context.db.write(_fail, late.connection_id, "oauth_state_invalid", message, now)
        raise AppError("oauth_state_invalid", message) from late


def _take_state(
    session: Session, context: Context, provider_id: str, state: str, session_token: str | None, now: datetime
) -> Returned:
    """Uses the state up. A browser that did not start this login learns nothing and uses nothing up."""
    row = session.get(OAuthState, hash_secret(state))
    if row is None or row.provider != provider_id or row.used_at is not None:
        raise _state_invalid()
    if row.session_id is not None and row.session_id != _session_of(session, session_token):
        raise _state_invalid()
    if row.expires_at <= now:
        raise _TooLate(row.connection_id)
    taken = session.execute(
        update(OAuthState)
        .where(OAuthState.state_hash == row.state_hash, OAuthState.used_at.is_(None))
        .values(used_at=now)
    )
    if not outcomes.rows(taken):
        raise _state_invalid()
    connection = session.get_one(Connection, row.connection_id)
    sealed = row.code_verifier
    return Returned(
        actor=Actor(workspace_id=row.workspace_id, label=connection.created_by or "callback"),
        connection_id=row.connection_id,
        client_id=connection.client_id or "",
        redirect_uri=row.redirect_uri,
        code_verifier=None if sealed is None else context.sealer.open(sealed, **_verifier_place(row.state_hash)),
        kept=row.kept,
        callback_scheme=row.callback_scheme,
    )


def _session_of(session: Session, token: str | None) -> str | None:
    if not token:
        return None
    return session.scalar(select(SignIn.id).where(SignIn.token_hash == hash_secret(token), SignIn.revoked_at.is_(None)))


def _state_invalid() -> AppError:
    return AppError("oauth_state_invalid", "This login was not started here, or was finished already. Connect again.")


async def _granted_by_site(
    context: Context, provider: Provider, kept: Mapping[str, Any], params: Mapping[str, str]
) -> Grant:
    door = next(door for door in provider.doors if isinstance(door, SitePage))
    values = door.returned(kept, params)
    if isinstance(values, Problem):
        raise _Failed("oauth_denied" if values.code == DENIED else "oauth_failed", values.message)
    try:
        return await _tried(context, provider, door.then, values)
    except AppError as refused:
        raise _Failed("oauth_failed", refused.message) from refused


async def _granted_by_network(
    context: Context, provider: Provider, returned: Returned, params: Mapping[str, str]
) -> Grant:
    how = provider.oauth
    assert how is not None
    if params.get("error"):
        code = "oauth_denied" if params["error"] == DENIED else "oauth_failed"
        raise _Failed(code, oauth.why_denied(provider, params["error"]))
    if not params.get("code"):
        raise _Failed("oauth_failed", f"{provider.name} sent you back without a code. Connect again.")
    app = await context.db.read(_app, context, returned.actor, provider, returned.client_id)
    if app is None:
        raise _Failed("provider_not_configured", f"The developer app for {provider.name} was changed meanwhile.")
    token = await _exchange(context, provider, how, app, returned, params["code"])
    granted = token.scopes or how.scopes
    missing = [scope for scope in how.required_scopes if scope not in granted]
    if missing:
        raise _Failed(
            "oauth_scopes_missing",
            f"{provider.name} was not allowed everything that publishing needs: {', '.join(missing)}. "
            "Connect again and leave all boxes ticked.",
        )
    values = credentials.token_values(token)
    try:
        found = await run_flow(
            context,
            provider,
            how.identify(),
            credential=Credential(values),
            app=app,
            bases=context.settings.provider_hosts(provider),
        )
    except CallFailed as failed:
        raise _Failed("oauth_failed", failed.problem.message) from failed
    if not found:
        raise _Failed("no_accounts_found", f"{provider.name} shows no account that posts can go to.")
    return Grant(values=values, identities=found, client_id=app.client_id, scopes=granted, expires_in=token.expires_in)


async def _exchange(
    context: Context, provider: Provider, how: OAuth2, app: App, returned: Returned, code: str
) -> Token:
    request = oauth.exchange(
        how, app, code=code, redirect_uri=returned.redirect_uri, code_verifier=returned.code_verifier
    )
    token = await _ask_for_token(context, provider, request)
    if how.prolong is None:
        return token
    longer = await _ask_for_token(context, provider, how.prolong(app, token))
    return replace(longer, scopes=longer.scopes or token.scopes)


async def _ask_for_token(context: Context, provider: Provider, request: Request) -> Token:
    try:
        response = await context.http.send(
            request, bases=context.settings.provider_hosts(provider), fresh_connection=True
        )
    except SendError as error:
        raise _Failed("oauth_failed", f"{provider.name} could not be reached. Connect again.") from error
    answer = oauth.read_token(provider, response)
    if isinstance(answer, Problem):
        raise _Failed("oauth_failed", without_secrets(answer, secrets_in(request)).message)
    return answer


async def give_up_pending(context: Context) -> None:
    """Whoever went to a network and did not come back in time."""
    await context.db.write(_fail_pending, context.now())


def _fail_pending(session: Session, now: datetime) -> None:
    started = select(OAuthState.connection_id).where(OAuthState.expires_at > now)
    waiting = select(Connection.id).where(Connection.status == ConnectionStatus.PENDING, Connection.id.not_in(started))
    for connection_id in session.scalars(waiting).all():
        _fail(session, connection_id, "oauth_not_finished", "The login was not finished. Connect again.", now)


def _fail(session: Session, connection_id: str, code: str, message: str, now: datetime) -> None:
    row = session.get_one(Connection, connection_id)
    if row.status != ConnectionStatus.PENDING:
        return
    row.status, row.error, row.error_code, row.updated_at = ConnectionStatus.FAILED, message, code, now
    row.authorize_url = None
    events.record(
        session,
        workspace_id=row.workspace_id,
        at=now,
        kind="connection.failed",
        actor=row.created_by or "callback",
        subject_id=row.id,
        data={"provider": row.provider, "code": code},
    )


def _app(
    session: Session, context: Context, actor: Actor, provider: Provider, client_id: str | None = None
) -> App | None:
    stored = credentials.stored_apps(
        session, context.sealer, actor.workspace_id, provider.id, context.settings.environment
    )
    return credentials.app_for(context, provider, stored, client_id)


# --- connected -----------------------------------------------------------------------------------------------------------


def _connect(
    session: Session, context: Context, actor: Actor, provider: Provider, grant: Grant, connection_id: str | None
) -> dict[str, Any]:
    """Seal the values and put every account behind them in its place. An account that was there before keeps its id and
    its posts, and those that waited for it are due."""
    now = context.now()
    row = session.get(Connection, connection_id) if connection_id else None
    if row is None:
        row = Connection(
            id=connection_id or new_id("conn", now),
            workspace_id=actor.workspace_id,
            provider=provider.id,
            environment=context.settings.environment,
            created_by=actor.label,
            created_at=now,
            token_version=0,
        )
        session.add(row)
    row.status, row.error, row.error_code, row.authorize_url = ConnectionStatus.CONNECTED, None, None, None
    row.client_id, row.scopes, row.updated_at = grant.client_id, list(grant.scopes), now
    row.credential = credentials.seal_values(context.sealer, row.id, grant.values)
    row.token_version += 1
    row.token_expires_at = None if grant.expires_in is None else now + timedelta(seconds=grant.expires_in)
    row.refresh_error = _why_no_refresh(provider, row, grant)
    session.flush()
    for identity in grant.identities:
        _put_account(session, context, actor, provider, row, identity)
    _close_empty(session, actor, provider.id, row.environment, now)
    after_commit(session, context.nudge)
    return told(row, accounts_of(session, row.id))


def _why_no_refresh(provider: Provider, row: Connection, grant: Grant) -> str | None:
    renewable = provider.oauth is not None and provider.oauth.renew is not None
    ends = row.token_expires_at is not None
    return credentials.NO_REFRESH if ends and not renewable and "refresh_token" not in grant.values else None


def _put_account(
    session: Session, context: Context, actor: Actor, provider: Provider, connection: Connection, identity: Identity
) -> None:
    now = context.now()
    row = session.scalar(
        scoped(actor, Account).where(
            Account.provider == provider.id,
            Account.environment == connection.environment,
            Account.external_id == identity.external_id,
        )
    )
    if row is None:
        row = Account(
            id=new_id("acct", now),
            workspace_id=actor.workspace_id,
            provider=provider.id,
            environment=connection.environment,
            external_id=identity.external_id,
            created_at=now,
        )
        session.add(row)
    kind = provider.account_type(identity.account_type)
    row.connection_id = connection.id
    row.account_type, row.publishable = identity.account_type, kind is not None and kind.publishable
    row.credential_key = identity.credential_key or identity.external_id
    row.handle, row.display_name, row.avatar_url = identity.handle, identity.display_name, identity.avatar_url
    row.meta = dict(identity.meta)
    row.secret = None if not identity.secret else credentials.seal_of_account(context.sealer, row.id, identity.secret)
    row.status, row.disconnected_at, row.updated_at = AccountStatus.CONNECTED, None, now
    session.flush()
    for handle in {name.lower() for name in (identity.handle, *identity.aliases)}:
        session.merge(AccountHandle(workspace_id=actor.workspace_id, handle=handle, account_id=row.id, created_at=now))
    _wake_posts(session, row.id, now)
    events.record(
        session,
        workspace_id=actor.workspace_id,
        at=now,
        kind="account.connected",
        actor=actor.label,
        subject_id=row.id,
        data={"provider": provider.id, "handle": row.handle, "connectionId": connection.id},
    )


def _wake_posts(session: Session, account_id: str, now: datetime) -> None:
    """Those that were due while nobody was logged in, in the order of their times."""
    session.execute(
        update(Post)
        .where(
            Post.account_id == account_id,
            Post.status == PostStatus.RETRY_PENDING,
            Post.error_code == "account_needs_reconnect",
            Post.lease_owner.is_(None),
        )
        .values(due_at=Post.publish_at, updated_at=now)
    )


def _close_empty(session: Session, actor: Actor, provider_id: str, environment: str, now: datetime) -> None:
    """Connections whose accounts have all moved to a newer one: their secrets are of no use to anybody."""
    rows = session.scalars(
        scoped(actor, Connection).where(
            Connection.provider == provider_id,
            Connection.environment == environment,
            Connection.status == ConnectionStatus.CONNECTED,
        )
    ).all()
    for row in rows:
        if not accounts_of(session, row.id):
            close(row, now)


def close(row: Connection, now: datetime) -> None:
    row.status, row.credential, row.token_expires_at, row.updated_at = ConnectionStatus.DISCONNECTED, None, None, now
    row.refresh_owner, row.error, row.error_code = None, None, None


def accounts_of(session: Session, connection_id: str) -> list[Account]:
    """Those that posts can go to come first."""
    return list(
        session.scalars(
            select(Account)
            .where(Account.connection_id == connection_id, Account.status != AccountStatus.DISCONNECTED)
            .order_by(Account.publishable.desc(), Account.created_at, Account.handle)
        )
    )


# --- reading -------------------------------------------------------------------------------------------------------------


def list_connections(session: Session, actor: Actor, provider: str | None = None) -> list[dict[str, Any]]:
    """Oldest first; those that were disconnected are left out."""
    allow(actor, Action.READ)
    query = scoped(actor, Connection).where(Connection.status != ConnectionStatus.DISCONNECTED)
    if provider:
        query = query.where(Connection.provider == (providers.resolve(provider) or provider))
    rows = session.scalars(query.order_by(Connection.created_at, Connection.id)).all()
    return [connection_json(row, accounts_of(session, row.id)) for row in rows]


def detail(session: Session, actor: Actor, connection_id: str) -> dict[str, Any]:
    allow(actor, Action.READ)
    row = get(session, actor, Connection, connection_id)
    return told(row, accounts_of(session, row.id))


def present_accounts(session: Session, actor: Actor, provider: str | None = None) -> list[tuple[Account, Connection]]:
    """What is connected, or was until its login ended; oldest first."""
    query = (
        scoped(actor, Account)
        .add_columns(Connection)
        .join(Connection, Connection.id == Account.connection_id)
        .where(Account.status != AccountStatus.DISCONNECTED)
    )
    if provider:
        query = query.where(Account.provider == (providers.resolve(provider) or provider))
    return [(account, link) for account, link in session.execute(query.order_by(Account.created_at, Account.handle))]


def health(session: Session, actor: Actor, provider: str | None = None, *, now: datetime) -> dict[str, Any]:
    """How the logins are: one row for each account, and the counts of them."""
    allow(actor, Action.READ)
    workspace = session.get_one(Workspace, actor.workspace_id)
    at_risk = _posts_at_risk(session, actor)
    rows = [
        {**_health_row(account, link, now), "postsAtRisk": at_risk.get(account.id, 0)}
        for account, link in present_accounts(session, actor, provider)
    ]
    summary = {
        "total": len(rows),
        "publishable": sum(row["publishable"] for row in rows),
        "byProvider": dict(Counter(row["provider"] for row in rows)),
        "tokenHealth": dict(Counter(row["tokenHealth"] for row in rows)),
        "tokenRefreshStatus": dict(Counter(row["tokenRefreshStatus"] for row in rows)),
    }
    failing = sum(row["status"] == AccountStatus.NEEDS_RECONNECT for row in rows)
    return {
        "tenant": {"id": workspace.id, "name": workspace.name},
        "summary": summary,
        "connections": rows,
        "health": {"connectedAccounts": len(rows), "failingAccounts": failing, "connections": summary},
    }


def _posts_at_risk(session: Session, actor: Actor) -> dict[str, int]:
    """By account: how many waiting posts will find a login that is over by then and that nobody but a person renews."""
    over = and_(
        Connection.token_expires_at.is_not(None),
        Connection.refresh_error.is_not(None),
        Post.due_at >= Connection.token_expires_at,
    )
    rows = session.execute(
        select(Post.account_id, func.count())
        .join(Account, Account.id == Post.account_id)
        .join(Connection, Connection.id == Account.connection_id)
        .where(
            Post.workspace_id == actor.workspace_id,
            Post.status.in_((PostStatus.SCHEDULED, PostStatus.RETRY_PENDING)),
            or_(Account.status == AccountStatus.NEEDS_RECONNECT, over),
        )
        .group_by(Post.account_id)
    )
    return dict(rows.all())


def _health_row(account: Account, connection: Connection, now: datetime) -> dict[str, Any]:
    known = providers.all_providers().get(account.provider)
    return {
        "id": account.id,
        "connectionId": connection.id,
        "provider": account.provider,
        "handle": account.handle,
        "displayName": account.display_name,
        "status": account.status,
        "publishable": account.publishable and account.status == AccountStatus.CONNECTED,
        **token_health(account, connection, now),
        "supportedInteractionTypes": list(known.interactions) if known else [],
        "expiresAt": iso(connection.token_expires_at),
        "error": connection.error,
    }


def token_health(account: Account, connection: Connection, now: datetime) -> dict[str, Any]:
    """``tokenHealth``, ``tokenRefreshStatus`` and ``tokenRefreshFailureCode`` of one account."""
    return {
        "tokenHealth": _health_of(account, connection, now),
        "tokenRefreshStatus": _refresh_of(connection),
        "tokenRefreshFailureCode": connection.refresh_error if _refresh_of(connection) == "failed" else None,
    }


def _health_of(account: Account, connection: Connection, now: datetime) -> str:
    if account.status == AccountStatus.NEEDS_RECONNECT:
        return "expired"
    if connection.credential is None:
        return "missing"
    if connection.token_expires_at is None:
        return "healthy" if connection.scopes else "not_applicable"
    if connection.refresh_error is None:
        return "healthy"  # it is renewed before it is used
    if connection.token_expires_at <= now:
        return "expired"
    return "expiring" if connection.token_expires_at <= now + EXPIRES_SOON else "healthy"


def _refresh_of(connection: Connection) -> str:
    if connection.refresh_error == credentials.NO_REFRESH or connection.token_expires_at is None:
        return "not_supported"
    if connection.refresh_error is not None:
        return "failed"
    return "never" if connection.refreshed_at is None else "ok"


# --- shapes --------------------------------------------------------------------------------------------------------------


def told(row: Connection, accounts: Sequence[Account]) -> dict[str, Any]:
    found = [account_json(account) for account in accounts]
    told: dict[str, Any] = {"connection": connection_json(row, accounts), "accounts": found}
    return {**told, "account": found[0]} if found else told


def connection_json(row: Connection, accounts: Sequence[Account]) -> dict[str, Any]:
    found = [account_json(account) for account in accounts]
    return {
        "id": row.id,
        "provider": row.provider,
        "status": row.status,
        "environment": row.environment,
        "authorizeUrl": row.authorize_url,
        "authorizationUrl": row.authorize_url,
        "account": found[0] if found else None,
        "accounts": found,
        "scopes": list(row.scopes),
        "error": row.error,
        "errorCode": row.error_code,
        "expiresAt": iso(row.token_expires_at),
        "createdAt": iso(row.created_at),
        "updatedAt": iso(row.updated_at),
    }


def account_json(row: Account) -> dict[str, Any]:
    """Flat: clients print one column for each key."""
    return {
        "id": row.id,
        "provider": row.provider,
        "handle": row.handle,
        "displayName": row.display_name,
        "accountType": row.account_type,
        "status": row.status,
        "publishable": row.publishable,
        "externalId": row.external_id,
        "avatarUrl": row.avatar_url,
        "environment": row.environment,
        "connectionId": row.connection_id,
        "pausedAt": iso(row.paused_at),
        "createdAt": iso(row.created_at),
        "updatedAt": iso(row.updated_at),
    }
