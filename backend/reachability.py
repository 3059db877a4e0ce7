"""Whether the networks that fetch media themselves can fetch ours: asked from outside in, and remembered for all processes."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

import providers
from providers.contract import Draft, Issue, Request

from .context import Context
from .http import SendError, is_public
from .models import InstanceSetting
from .settings import Settings

KEY = "public_address"
ASK_EVERY = timedelta(minutes=10)
ASK_FAILED_EVERY = timedelta(minutes=1)


def reason(session: Session, settings: Settings) -> str | None:
    """Why nobody outside can fetch our files; None when they can, or when nobody has asked yet.

    The copies of the networks run on this machine and reach what people outside do not.
    """
    if settings.environment == "sandbox":
        return None
    told = _hidden(settings.public_base_url)
    if told is not None:
        return told
    row = session.get(InstanceSetting, KEY)
    if row is None or row.value.get("address") != settings.public_base_url:
        return None
    return row.value.get("reason")


def issue_of(draft: Draft, why: str | None) -> Issue | None:
    """For posts whose files the network fetches from here."""
    provider = providers.get(draft.provider)
    if why is None or not draft.assets or not provider.pulls_media(draft):
        return None
    return Issue(
        code="media_not_reachable",
        where="assets",
        message=f"{provider.name} fetches files itself and cannot reach this server: {why}",
        details={"reason": why},
    )


def _hidden(address: str) -> str | None:
    """What the address itself tells."""
    split = urlsplit(address)
    host = split.hostname or ""
    try:
        private = not is_public(str(ipaddress.ip_address(host)))
    except ValueError:
        private = "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan", ".home.arpa"))
    if private:
        return f"{host or 'its address'} is known on this machine or network only. Set SOCIALCLAW_PUBLIC_BASE_URL."
    if split.scheme != "https":
        return "networks fetch over https only. Put a certificate before the server."
    return None


async def look(context: Context) -> None:
    """Housekeeping: ask for our own health at the public address, as somebody outside would."""
    if context.settings.environment == "sandbox" or _hidden(context.settings.public_base_url) is not None:
        return
    if await context.db.read(_is_time, context):
        await context.db.write(_remember, context, await _fetched_back(context))


def _is_time(session: Session, context: Context) -> bool:
    row = session.get(InstanceSetting, KEY)
    if row is None or row.value.get("address") != context.settings.public_base_url:
        return True
    pause = ASK_EVERY if row.value.get("reason") is None else ASK_FAILED_EVERY
    return row.updated_at <= context.now() - pause


async def _fetched_back(context: Context) -> str | None:
    try:
        answer = await context.http.send(Request("GET", f"{context.settings.public_base_url}/health"), bases={})
    except SendError as error:
        return f"asking for {context.settings.public_base_url}/health failed: {error.reason}."
    body: Any = answer.json
    if answer.status != 200 or not isinstance(body, dict) or body.get("service") != "socialclaw-api":  # pyright: ignore[reportUnknownMemberType]
        return f"{context.settings.public_base_url} answers, but it is not this server."
    return None


def _remember(session: Session, context: Context, why: str | None) -> None:
    row = session.get(InstanceSetting, KEY)
    if row is None:
        row = InstanceSetting(key=KEY, value={}, updated_at=context.now())
        session.add(row)
    row.value, row.updated_at = {"address": context.settings.public_base_url, "reason": why}, context.now()
