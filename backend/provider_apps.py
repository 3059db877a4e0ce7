"""Developer apps at the networks that are entered on screen. Those of the environment are there too and win."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

import providers
from providers.contract import OAuth2, Provider

from . import events, findings
from .access import Action, Actor, allow, scoped
from .context import Context
from .doors import way_back
from .errors import AppError
from .ids import new_id
from .models import ProviderApp
from .settings import PREFIX


def list_apps(session: Session, actor: Actor, *, context: Context) -> list[dict[str, Any]]:
    """Every network that wants an app: the address it sends people back to, and whose app serves this workspace."""
    allow(actor, Action.READ)
    environment = context.settings.environment
    rows = session.scalars(scoped(actor, ProviderApp).where(ProviderApp.environment == environment)).all()
    entered = {row.provider: row for row in rows}
    return [
        _told(provider, provider.oauth, context, entered.get(provider.id))
        for provider in providers.all_providers().values()
        if provider.oauth is not None
    ]


def _told(provider: Provider, door: OAuth2, context: Context, entered: ProviderApp | None) -> dict[str, Any]:
    settings = context.settings
    given = settings.provider_app(provider)
    client_id = given.client_id if given is not None else entered.client_id if entered is not None else None
    has_secret = bool(given.client_secret) if given is not None else bool(entered and entered.client_secret)
    redirect_uri = way_back(settings, provider)
    found = findings.of_app(
        provider,
        client_id=client_id,
        has_secret=has_secret,
        redirect_uri=redirect_uri,
        is_copy=settings.environment == "sandbox",
    )
    rules = provider.app
    return {
        "provider": provider.id,
        "name": door.title or provider.name,
        "docs": provider.docs,
        "console": rules.console if rules else provider.docs,
        "redirects": rules.redirects if rules else None,
        "clientIdLooks": rules.client_id_looks if rules else None,
        "redirectUri": redirect_uri,
        "clientId": client_id,
        "source": "environment" if given is not None else "workspace" if entered else None,
        "variables": [f"{PREFIX}{provider.id.upper()}_{name}" for name in ("CLIENT_ID", "CLIENT_SECRET")],
        "findings": [findings.finding_json(one) for one in findings.settled(found, context.now())],
    }


def save(
    session: Session, actor: Actor, provider_id: str, *, client_id: str, client_secret: str, context: Context
) -> None:
    """The secret is sealed and never shown again; an empty one keeps what is there. Raises ``provider_app_invalid``."""
    allow(actor, Action.MANAGE_WORKSPACE)
    provider, now = _oauth(provider_id), context.now()
    client_id, client_secret = client_id.strip(), client_secret.strip()
    row = _row(session, actor, provider, context)
    if not client_id or len(client_id) > 500 or len(client_secret) > 2000:
        raise AppError("provider_app_invalid", "Enter the client id as the network shows it.")
    if row is None and not client_secret:
        raise AppError("provider_app_invalid", "Enter the client secret, too.")
    if row is None:
        row = ProviderApp(
            id=new_id("app", now),
            workspace_id=actor.workspace_id,
            provider=provider.id,
            environment=context.settings.environment,
            created_by=actor.label,
            created_at=now,
        )
        session.add(row)
    elif row.client_id != client_id and not client_secret:
        raise AppError("provider_app_invalid", "Another client id has another secret: enter it, too.")
    row.client_id, row.updated_at = client_id, now
    if client_secret:
        row.client_secret = context.sealer.seal(
            client_secret, table="provider_apps", row=row.id, column="client_secret"
        )
    _note(session, actor, provider, "provider_app.saved", now)


def remove(session: Session, actor: Actor, provider_id: str, *, context: Context) -> None:
    """Logins that were made with it can no longer be renewed."""
    allow(actor, Action.MANAGE_WORKSPACE)
    provider = _oauth(provider_id)
    row = _row(session, actor, provider, context)
    if row is not None:
        session.delete(row)
        _note(session, actor, provider, "provider_app.removed", context.now())


def _oauth(provider_id: str) -> Provider:
    provider = providers.all_providers().get(provider_id)
    if provider is None or provider.oauth is None:
        raise AppError("provider_unsupported", "This network needs no developer app.")
    return provider


def _row(session: Session, actor: Actor, provider: Provider, context: Context) -> ProviderApp | None:
    return session.scalar(
        scoped(actor, ProviderApp).where(
            ProviderApp.provider == provider.id, ProviderApp.environment == context.settings.environment
        )
    )


def _note(session: Session, actor: Actor, provider: Provider, kind: str, now: datetime) -> None:
    events.record(
        session,
        workspace_id=actor.workspace_id,
        at=now,
        kind=kind,
        actor=actor.label,
        subject_id=provider.id,
        data={"provider": provider.id},
    )
