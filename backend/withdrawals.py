"""People who take a login back at their network, or ask to be forgotten.

Such a message is signed with the secret of a developer app, and the person's id in it means something to that app alone:
only logins made with the app are touched, so whoever enters an app of their own reaches nothing but their own.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

import providers
from providers.contract import Provider, Scope

from . import events, limits, outcomes, signed_requests
from .context import Context
from .errors import AppError
from .models import (
    Account,
    AccountHandle,
    Attempt,
    Connection,
    DataDeletion,
    Event,
    LimitWait,
    MetricSnapshot,
    OAuthState,
    Post,
    ProviderApp,
    RateLevel,
    Step,
    WebhookReceipt,
)
from .sealing import CannotOpen, Sealer
from .status import AccountStatus, ConnectionStatus, PostStatus
from .wire import iso

log = logging.getLogger(__name__)

RECEIVED, DONE = "received", "done"
REVOKED = "access_revoked"
OLDEST, AHEAD = timedelta(hours=24), timedelta(minutes=5)
"""How long ago a message may have been made, and how much the network's clock may be ahead of ours."""
KEPT_OF_EVENTS = frozenset({"status", "code", "outcome", "at", "posts", "provider", "step"})
"""What the story of a post still tells afterwards; the rest may name a person or something of theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signer:
    """A developer app. ``workspace_id`` is None for one that serves the whole instance."""

    client_id: str
    secret: str = field(repr=False)
    workspace_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A signed message that is genuine: who wants their logins of these apps back."""

    family: str
    user_id: str
    signers: tuple[_Signer, ...]
    key: str
    """The same for the same message."""


# --- messages ---------------------------------------------------------------------------------------------------------


async def take_back(context: Context, family: str, signed: str, provider_id: str | None = None) -> None:
    """A person removed the app: their logins end here, and posts wait until somebody connects again. An unknown person
    is no error, and the same message again does nothing. Raises ``signed_request_invalid``."""
    message = await context.db.read(_message, context, family, signed, provider_id)
    await context.db.write(_take_back, context, message, context.now())


async def forget(context: Context, family: str, signed: str, provider_id: str | None = None) -> str:
    """A person asked for their data to be deleted. The code under which ``status`` tells what became of it; the same
    for the same person. Raises ``signed_request_invalid``."""
    message = await context.db.read(_message, context, family, signed, provider_id)
    return await context.db.write(_forget, context, message, context.now())


def status(session: Session, code: str) -> dict[str, Any] | None:
    row = session.get(DataDeletion, code)
    if row is None:
        return None
    return {
        "code": row.code,
        "state": row.state,
        "requestedAt": iso(row.requested_at),
        "completedAt": iso(row.completed_at),
        "removed": dict(row.removed),
    }


async def finish(context: Context) -> None:
    """What could not be deleted at once, because a post was on its way."""
    await context.db.write(_finish, context, context.now())


def _message(session: Session, context: Context, family: str, signed: str, provider_id: str | None) -> Message:
    found = [(one, signed_requests.read(signed, one.secret)) for one in _signers(session, context, family, provider_id)]
    now = context.now()
    genuine = [(one, said) for one, said in found if said is not None and _is_recent(said.get("issued_at"), now)]
    user_id = str(genuine[0][1].get("user_id") or "") if genuine else ""
    if not user_id:
        raise AppError("signed_request_invalid", "The signed request is not valid.")
    return Message(
        family=family,
        user_id=user_id,
        signers=tuple(one for one, _ in genuine),
        key=hashlib.sha256(signed.partition(".")[2].encode()).hexdigest(),
    )


def _is_recent(issued_at: object, now: datetime) -> bool:
    """Whoever finds an old message somewhere cannot use it any more. One that does not say when it was made counts."""
    if issued_at is None:
        return True
    if not isinstance(issued_at, int | float) or isinstance(issued_at, bool):
        return False
    return now.timestamp() - OLDEST.total_seconds() <= issued_at <= now.timestamp() + AHEAD.total_seconds()


def _signers(session: Session, context: Context, family: str, provider_id: str | None) -> list[_Signer]:
    networks = [one for one in _family(family) if provider_id in (None, one.id)]
    given = [(context.settings.provider_app(one), None) for one in networks]
    found = {_Signer(client_id=app.client_id, secret=app.client_secret, workspace_id=who) for app, who in given if app}
    rows = session.scalars(
        select(ProviderApp).where(
            ProviderApp.provider.in_([one.id for one in networks]),
            ProviderApp.environment == context.settings.environment,
            ProviderApp.client_secret.is_not(None),
        )
    )
    for row in rows:
        try:
            secret = context.sealer.open(
                row.client_secret or "", table="provider_apps", row=row.id, column="client_secret"
            )
        except CannotOpen:
            log.warning("the secret of the developer app %s cannot be opened; its messages are refused", row.id)
            continue
        found.add(_Signer(client_id=row.client_id, secret=secret, workspace_id=row.workspace_id))
    return list(found)


def _family(family: str) -> list[Provider]:
    return [provider for provider in providers.all_providers().values() if provider.grant_family == family]


# --- whose logins -----------------------------------------------------------------------------------------------------


def _logins(session: Session, context: Context, family: str) -> dict[str, list[Account]]:
    """Every account of these networks, by its connection. Accounts that were disconnected count: their rows are kept."""
    rows = session.scalars(
        select(Account)
        .where(
            Account.provider.in_([provider.id for provider in _family(family)]),
            Account.environment == context.settings.environment,
        )
        .order_by(Account.id)
    )
    found: dict[str, list[Account]] = {}
    for row in rows:
        found.setdefault(row.connection_id, []).append(row)
    return found


def _people(accounts: Sequence[Account]) -> set[str]:
    """The ids that a signed message may name the person of these accounts by."""
    found: set[str] = set()
    for account in accounts:
        value: Any = account.meta.get("user_id")
        values = cast("list[Any]", value) if isinstance(value, list) else [value]
        found |= {str(one) for one in values if one not in (None, "")}
    return found


def _connections_of(session: Session, context: Context, message: Message) -> list[tuple[Connection, list[Account]]]:
    found: list[tuple[Connection, list[Account]]] = []
    for connection_id, accounts in _logins(session, context, message.family).items():
        connection = session.get_one(Connection, connection_id)
        signed_for = any(
            one.client_id == connection.client_id and one.workspace_id in (None, connection.workspace_id)
            for one in message.signers
        )
        if signed_for and message.user_id in _people(accounts):
            found.append((connection, accounts))
    return found


def _first_time(session: Session, message: Message, kind: str, now: datetime) -> bool:
    key = f"{kind}:{message.key}"
    if session.get(WebhookReceipt, (message.family, key)) is not None:
        return False
    session.add(WebhookReceipt(source=message.family, key=key, kind=kind, outcome="done", received_at=now))
    return True


# --- a login ends -----------------------------------------------------------------------------------------------------


def _take_back(session: Session, context: Context, message: Message, now: datetime) -> None:
    if _first_time(session, message, "deauthorize", now):
        for connection, accounts in _connections_of(session, context, message):
            _end_login(session, connection, accounts, now)


def _end_login(session: Session, connection: Connection, accounts: Iterable[Account], now: datetime) -> None:
    name = providers.get(connection.provider).name
    reason = f"Access was withdrawn at {name}."
    connection.status, connection.credential = ConnectionStatus.DISCONNECTED, None
    connection.token_version += 1  # a renewal that is on its way brings nothing back
    connection.token_expires_at, connection.refresh_owner, connection.refresh_error = None, None, None
    connection.error, connection.error_code, connection.authorize_url = reason, REVOKED, None
    connection.updated_at = now
    for account in accounts:
        account.secret = None
        if account.status == AccountStatus.CONNECTED:
            account.status, account.updated_at = AccountStatus.NEEDS_RECONNECT, now
            events.record(
                session,
                workspace_id=account.workspace_id,
                at=now,
                kind="account.needs_reconnect",
                actor="network",
                subject_id=account.id,
                data={"handle": account.handle, "reason": reason},
            )
    session.flush()


# --- a person is forgotten --------------------------------------------------------------------------------------------


def _forget(session: Session, context: Context, message: Message, now: datetime) -> str:
    subject = subject_hash(context.sealer, message.family, message.signers[0].client_id, message.user_id)
    row = session.scalar(
        select(DataDeletion)
        .where(DataDeletion.subject_hash == subject)
        .order_by(DataDeletion.requested_at.desc())
        .limit(1)
    )
    if not _first_time(session, message, "data-deletion", now) and row is not None:
        return row.code
    if row is None:
        row = DataDeletion(
            code=secrets.token_hex(10),
            provider=message.family,
            subject_hash=subject,
            state=RECEIVED,
            removed={},
            requested_at=now,
        )
        session.add(row)
    row.state, row.completed_at = RECEIVED, None
    _carry_out(session, row, _connections_of(session, context, message), now)
    return row.code


def _finish(session: Session, context: Context, now: datetime) -> None:
    waiting = session.scalars(select(DataDeletion).where(DataDeletion.state == RECEIVED)).all()
    for row in waiting:
        found: list[tuple[Connection, list[Account]]] = []
        for connection_id, accounts in _logins(session, context, row.provider).items():
            connection = session.get_one(Connection, connection_id)
            people = {
                subject_hash(context.sealer, row.provider, connection.client_id or "", user_id)
                for user_id in _people(accounts)
            }
            if row.subject_hash in people:
                found.append((connection, accounts))
        _carry_out(session, row, found, now)


def subject_hash(sealer: Sealer, family: str, client_id: str, user_id: str) -> str:
    """Keyed: ids are short numbers, and a plain hash of one is soon guessed."""
    about = f"{family}\n{client_id}\n{user_id}".encode()
    return hmac.new(sealer.derive("data-deletion"), about, hashlib.sha256).hexdigest()


def _carry_out(
    session: Session, row: DataDeletion, logins: Sequence[tuple[Connection, list[Account]]], now: datetime
) -> None:
    removed, complete = Counter(cast("Mapping[str, int]", row.removed)), True
    for connection, accounts in logins:
        _end_login(session, connection, accounts, now)
        if _is_publishing(session, accounts, now):
            complete = False
        else:
            removed.update(_erase(session, connection, accounts, now))
    row.removed = dict(removed)
    if complete:
        row.state, row.completed_at = DONE, now
    session.flush()


def _is_publishing(session: Session, accounts: Sequence[Account], now: datetime) -> bool:
    """A flow that has the row would write the post's id into it afterwards. Claims lock accounts, too."""
    ids = [account.id for account in accounts]
    session.scalars(select(Account.id).where(Account.id.in_(ids)).order_by(Account.id).with_for_update()).all()
    held = select(Post.id).where(Post.account_id.in_(ids), Post.lease_owner.is_not(None), Post.lease_until > now)
    return session.scalar(held.limit(1)) is not None


def _erase(session: Session, connection: Connection, accounts: Sequence[Account], now: datetime) -> Counter[str]:
    """Everything about the person and their accounts. What the workspace wrote stays, without where it went."""
    post_ids: list[str] = []
    for account in accounts:
        ids = list(session.scalars(select(Post.id).where(Post.account_id == account.id)))
        _erase_posts(session, account, ids, now)
        post_ids += ids
    subjects = [connection.id, *post_ids, *(account.id for account in accounts)]
    snapshots = session.execute(delete(MetricSnapshot).where(MetricSnapshot.subject_id.in_(subjects)))
    _erase_events(session, subjects)
    for account in accounts:
        _erase_account(session, account, now)
    session.execute(delete(OAuthState).where(OAuthState.connection_id == connection.id))
    connection.scopes, connection.updated_at = [], now
    session.flush()
    return Counter(connections=1, accounts=len(accounts), posts=len(post_ids), snapshots=outcomes.rows(snapshots))


def _erase_account(session: Session, account: Account, now: datetime) -> None:
    for scope, name in ((Scope.ACCOUNT, account.external_id), (Scope.CREDENTIAL, account.credential_key)):
        key = limits.limit_key(account.provider, scope, name)
        session.execute(delete(LimitWait).where(LimitWait.key.endswith(key, autoescape=True)))
        session.execute(delete(RateLevel).where(RateLevel.key.startswith(f"{key}:", autoescape=True)))
    session.execute(delete(AccountHandle).where(AccountHandle.account_id == account.id))
    account.external_id = account.credential_key = f"deleted:{account.id}"
    account.handle, account.display_name, account.avatar_url = _nameless(account), None, None
    account.meta, account.secret, account.publishable = {}, None, False
    account.status, account.disconnected_at, account.updated_at = AccountStatus.DISCONNECTED, now, now
    events.record(
        session,
        workspace_id=account.workspace_id,
        at=now,
        kind="account.data_deleted",
        actor="network",
        subject_id=account.id,
        data={"provider": account.provider},
    )


def _nameless(account: Account) -> str:
    return f"{account.provider}:deleted:{account.id.rpartition('_')[2]}"


def _erase_posts(session: Session, account: Account, ids: Sequence[str], now: datetime) -> None:
    """Posts that have not gone out never will: there is nobody to publish them as."""
    mine = Post.account_id == account.id
    moved = (
        ((PostStatus.DRAFT, PostStatus.SCHEDULED, PostStatus.RETRY_PENDING), PostStatus.CANCELED, None),
        ((PostStatus.PUBLISHING,), PostStatus.FAILED, "account_data_deleted"),
    )
    for old, new, code in moved:
        session.execute(update(Post).where(mine, Post.status.in_(old)).values(status=new, error_code=code))
    session.execute(
        update(Post)
        .where(mine)
        .values(
            account_handle=_nameless(account),
            provider_post_id=None,
            provider_url=None,
            provider_meta=None,
            parent_provider_post_id=None,
            snapshot=None,
            intent=None,
            error=None,
            warning=None,
            lease_owner=None,
            lease_until=None,
            fence=Post.fence + 1,
            revision=Post.revision + 1,
            updated_at=now,
        ),
        execution_options={"synchronize_session": False},
    )
    session.execute(delete(Step).where(Step.post_id.in_(ids)))
    session.execute(update(Attempt).where(Attempt.post_id.in_(ids)).values(provider_post_id=None, message=None))
    for run_id in session.scalars(select(Post.run_id).where(mine).distinct()).all():
        outcomes.refresh_run(session, run_id, now)


def _erase_events(session: Session, subjects: Sequence[str]) -> None:
    for event in session.scalars(select(Event).where(Event.subject_id.in_(subjects))):
        event.data = {name: value for name, value in event.data.items() if name in KEPT_OF_EVENTS}
