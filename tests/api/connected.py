"""Accounts of every network in one workspace, each connected as a person would; what no copy can give is put into the
database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

import providers
from backend.access import Actor
from backend.context import utc_now
from backend.ids import new_id
from backend.models import Account, AccountHandle, Connection
from socialclaw_app.sandbox import networks
from socialclaw_app.sandboxed import logins
from tests.networks.consent import leave
from tests.providers.rows import Rows, rows

from .conftest import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    client: Client
    accounts: dict[tuple[str, str], dict[str, Any]]
    """By network and account type."""

    def of(self, provider: str, account_type: str) -> dict[str, Any]:
        return self.accounts[provider, account_type]


def everything(client: Client) -> Everything:
    for id in providers.all_providers():
        if id in networks():
            connect(client, id)
    found = _accounts(client)
    for id, said in rows().items():
        for account_type, handle in _types(said):
            if (id, account_type) not in found:
                client.server.parts.context.db.write_now(_plant, client.actor, id, account_type, handle)
    return Everything(client=client, accounts=_accounts(client))


def connect(client: Client, provider: str) -> None:
    pasted = logins(client.server.parts.context.settings).get(provider)
    if pasted:
        client.connect(provider, **pasted[0])
        return
    started = client.ok("POST", "/v1/connections/start", {"provider": provider})["connection"]
    back = urlsplit(leave(started["authorizeUrl"]))
    client.ok("GET", f"{back.path}?{back.query}", headers={"Accept": "application/json"})


def _accounts(client: Client) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for account in client.ok("GET", "/v1/accounts")["accounts"]:
        found.setdefault((account["provider"], account["accountType"]), account)
    return found


def _types(said: Rows) -> list[tuple[str, str]]:
    mine = [(table.account_type, f"{table.provider}:site:planted") for table in said.tables]
    return [*mine, *((one.account_type, one.handle) for one in said.leading)]


def _plant(session: Session, actor: Actor, provider: str, account_type: str, handle: str) -> None:
    now = utc_now()
    kind = providers.get(provider).account_type(account_type)
    assert kind is not None
    connection = Connection(
        id=new_id("conn", now),
        workspace_id=actor.workspace_id,
        provider=provider,
        environment="sandbox",
        status="connected",
        created_at=now,
        updated_at=now,
    )
    session.add(connection)
    session.flush()
    account = Account(
        id=new_id("acct", now),
        workspace_id=actor.workspace_id,
        connection_id=connection.id,
        provider=provider,
        environment="sandbox",
        account_type=account_type,
        external_id=handle,
        credential_key=handle,
        handle=handle,
        status="connected",
        publishable=kind.publishable,
        created_at=now,
        updated_at=now,
    )
    session.add(account)
    session.flush()
    session.add(
        AccountHandle(workspace_id=actor.workspace_id, handle=handle.lower(), account_id=account.id, created_at=now)
    )
