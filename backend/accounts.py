"""Connected accounts: what they are, what they can do, and letting go of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

import providers

from . import assets, checking, connections, events, posts, revocations
from .access import Action, Actor, allow, get, scoped
from .connections import account_json, present_accounts
from .context import Context
from .errors import AppError
from .models import Account, AccountHandle, Connection
from .plans import AccountFacts
from .snapshots import account_of
from .status import AccountStatus


def list_accounts(session: Session, actor: Actor, provider: str | None = None) -> list[dict[str, Any]]:
    """Those that are connected, or were until their login ended; oldest first."""
    allow(actor, Action.READ)
    return [account_json(row) for row, _ in present_accounts(session, actor, provider)]


def detail(session: Session, actor: Actor, account_id: str) -> dict[str, Any]:
    allow(actor, Action.READ)
    return account_json(get(session, actor, Account, account_id))


def resolve(session: Session, actor: Actor, name: str) -> Account:
    """By id, by handle, or by a handle it had before. Of several the connected one is meant, then the oldest."""
    wanted = name.strip()
    named = select(AccountHandle.account_id).where(
        AccountHandle.workspace_id == actor.workspace_id, AccountHandle.handle == wanted.lower()
    )
    rows = session.scalars(
        scoped(actor, Account)
        .where((Account.id == wanted) | Account.id.in_(named))
        .order_by(Account.status == AccountStatus.DISCONNECTED, Account.created_at, Account.id)
    ).all()
    if not rows:
        raise AppError(
            "account_not_found", f"There is no account {wanted!r} in this workspace.", details={"id": wanted}
        )
    return next((row for row in rows if row.handle.lower() == wanted.lower()), rows[0])


def facts(session: Session, actor: Actor) -> list[AccountFacts]:
    """Every account that schedules may name, the disconnected ones too: planning tells why they cannot be used."""
    aliases: dict[str, list[str]] = {}
    for row in session.scalars(scoped(actor, AccountHandle).order_by(AccountHandle.handle)):
        aliases.setdefault(row.account_id, []).append(row.handle)
    rows = session.execute(
        scoped(actor, Account)
        .add_columns(Connection)
        .join(Connection, Connection.id == Account.connection_id)
        .order_by(Account.created_at, Account.id)
    )
    return [facts_of(row, link, aliases.get(row.id, ())) for row, link in rows]


def facts_of(row: Account, connection: Connection, aliases: Sequence[str] = ()) -> AccountFacts:
    return AccountFacts(
        id=row.id,
        provider=row.provider,
        account_type=row.account_type,
        handle=row.handle,
        aliases=tuple(alias for alias in aliases if alias != row.handle.lower()),
        meta=row.meta,
        status=row.status,
        publishable=row.publishable,
        environment=row.environment,
        external_id=row.external_id,
        display_name=row.display_name or "",
        login_ends_at=connections.login_end(connection),
        spacing=None if row.spacing_minutes is None else timedelta(minutes=row.spacing_minutes),
    )


# --- what it can do ---------------------------------------------------------------------------------------------------


def capabilities(session: Session, actor: Actor, provider: str | None = None) -> list[dict[str, Any]]:
    allow(actor, Action.READ)
    return [checking.capability(facts_of(row, link)) for row, link in present_accounts(session, actor, provider)]


def capability(session: Session, actor: Actor, account_id: str) -> dict[str, Any]:
    return checking.capability(_facts(session, actor, account_id))


def publish_settings(session: Session, actor: Actor, account_id: str) -> dict[str, Any]:
    found = _facts(session, actor, account_id)
    return checking.publish_settings(found.account_type, found.provider)


def actions(session: Session, actor: Actor, account_id: str) -> list[dict[str, Any]]:
    return checking.discovery_actions(_facts(session, actor, account_id))


async def run_action(
    context: Context, actor: Actor, account_id: str, action_id: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    """The result of a discovery action. ``publish-preview`` asks nobody; the others ask the network."""
    allow(actor, Action.READ)
    if action_id == checking.PREVIEW_ACTION:
        return await context.db.read(
            _preview, actor, account_id, body, base_url=context.settings.public_base_url, now=context.now()
        )
    row = await context.db.read(get, actor, Account, account_id)
    provider = providers.get(row.provider)
    action = next((action for action in provider.actions if action.id == action_id), None)
    if action is None:
        raise _no_action(action_id, row)
    given = {name: value for name, value in body.items() if value is not None}
    try:
        wanted = action.input.model_validate(given)
    except ValidationError as error:
        raise _input_invalid(error) from None
    result = await posts.ask_network(context, row.id, lambda: action.run(account_of(row), wanted))
    return {**result, "actionId": action_id, "account": _named(row)}


def _preview(
    session: Session, actor: Actor, account_id: str, body: Mapping[str, Any], *, base_url: str, now: datetime
) -> dict[str, Any]:
    found = _facts(session, actor, account_id)
    if not found.publishable:
        raise _no_action(checking.PREVIEW_ACTION, get(session, actor, Account, account_id))
    return checking.publish_preview(
        dict(body),
        found,
        media=lambda reference: assets.managed_media(session, actor.workspace_id, reference, base_url=base_url),
        now=now,
    )


def _facts(session: Session, actor: Actor, account_id: str) -> AccountFacts:
    allow(actor, Action.READ)
    row = get(session, actor, Account, account_id)
    return facts_of(row, session.get_one(Connection, row.connection_id))


def _named(row: Account) -> dict[str, Any]:
    return {"id": row.id, "handle": row.handle, "provider": row.provider, "displayName": row.display_name}


def _no_action(action_id: str, row: Account) -> AppError:
    return AppError(
        "discovery_action_not_found",
        f"{row.handle} has no action {action_id!r}. List its actions to see those it has.",
        details={"actionId": action_id, "account": row.handle},
    )


def _input_invalid(error: ValidationError) -> AppError:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return AppError("action_input_invalid", f"Give a value for {place}.", details={"field": place})
    message = str(first["msg"]).removeprefix("Value error, ")
    return AppError("action_input_invalid", f"{place}: {message}" if place else message, details={"field": place})


# --- letting go -------------------------------------------------------------------------------------------------------


async def disconnect(context: Context, actor: Actor, account_id: str) -> dict[str, Any]:
    """``account`` and its ``connection``. Its posts stay and wait: connected again, the account is the same one. With
    the last account of a connection the login is forgotten here and, where the network can be told, ended there."""
    allow(actor, Action.CONNECT)
    found, ended = await context.db.write(_disconnect, context, actor, account_id, context.now())
    if ended is not None:
        await revocations.tell(context, ended)
    return found


def _disconnect(
    session: Session, context: Context, actor: Actor, account_id: str, now: datetime
) -> tuple[dict[str, Any], str | None]:
    row = get(session, actor, Account, account_id)
    connection = session.get_one(Connection, row.connection_id)
    ended = None
    if row.status != AccountStatus.DISCONNECTED:
        row.status, row.secret, row.disconnected_at, row.updated_at = AccountStatus.DISCONNECTED, None, now, now
        events.record(
            session,
            workspace_id=actor.workspace_id,
            at=now,
            kind="account.disconnected",
            actor=actor.label,
            subject_id=row.id,
            data={"provider": row.provider, "handle": row.handle},
        )
        session.flush()
        if not connections.accounts_of(session, connection.id):
            ended = revocations.owe(session, context, connection, now)
            connections.close(connection, now)
    return connections.told(connection, [row]), ended
