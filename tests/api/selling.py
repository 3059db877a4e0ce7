"""A server that sells plans in both shops, and what those shops say to it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from backend import appstore, billing
from backend.access import Actor
from backend.billing import News
from backend.context import utc_now
from backend.settings import load
from socialclaw_app.app import create_app
from socialclaw_app.parts import open_parts
from socialclaw_app.sandbox import SandboxThread
from socialclaw_app.serving import ServerThread, free_port

from . import apple, shop
from .conftest import Client, Server

_numbers = itertools.count(1_000_000)  # drivers count from 1, and their subscriptions are others


def fresh() -> str:
    """The id of a subscription that no shop has used before."""
    return str(next(_numbers))


@cache
def authority() -> apple.Authority:
    """Apple, as far as these servers know."""
    return apple.authority()


@cache
def silent_authority() -> apple.Authority:
    """One whose register of withdrawn certificates does not answer."""
    return apple.authority(ocsp=f"http://127.0.0.1:{free_port('127.0.0.1', 0)}")


@contextmanager
def selling_server(
    folder: Path,
    sandbox: SandboxThread,
    store_url: str,
    *,
    now: Callable[[], datetime] = utc_now,
    by: apple.Authority | None = None,
    **changes: Any,
) -> Iterator[Server]:
    (folder / "root.cer").write_bytes((by or authority()).root)
    port = free_port("127.0.0.1", 0)
    sold: dict[str, Any] = {
        "public_base_url": f"http://127.0.0.1:{port}",
        "requests_per_minute_per_address": 0,  # all tests come from one
        "billing_enabled": True,
        "lemonsqueezy_api_key": shop.API_KEY,
        "lemonsqueezy_store_id": str(shop.STORE),
        "lemonsqueezy_variant_pro_monthly": str(shop.MONTHLY),
        "lemonsqueezy_variant_pro_yearly": str(shop.YEARLY),
        "lemonsqueezy_webhook_secret": shop.SECRET,
        "lemonsqueezy_api_url": store_url,
        "appstore_bundle_id": apple.BUNDLE,
        "appstore_app_id": apple.APP_ID,
        "appstore_product_pro_monthly": apple.MONTHLY,
        "appstore_product_pro_yearly": apple.YEARLY,
        "appstore_online_checks": False,
        "appstore_root_certificate": str(folder / "root.cer"),
    }
    with open_parts(replace(load({}, data_dir=folder), **{**sold, **changes})) as opened:
        parts = replace(opened, context=replace(opened.context, now=now))
        app = create_app(parts, worker=False, pages=False)
        running = ServerThread(app, host="127.0.0.1", port=port)
        running.start()
        try:
            yield Server(parts=parts, app=app, url=sold["public_base_url"], sandbox=sandbox)
        finally:
            running.stop()


STANDS = {
    billing.Standing.ACTIVE: ("active", False),
    billing.Standing.TRIALING: ("on_trial", False),
    billing.Standing.PAST_DUE: ("past_due", False),
    billing.Standing.PAUSED: ("paused", False),
    billing.Standing.CANCELED: ("expired", True),
    billing.Standing.INACTIVE: ("expired", False),
}


def give(client: Client, standing: billing.Standing, source: str = billing.LEMON_SQUEEZY) -> None:
    """A subscription in this state, without the way there."""
    word, canceled = STANDS[standing]
    now = utc_now()
    news = News(
        source=source, external_id=fresh(), status=word, plan="pro", interval="monthly", environment="live",
        changed_at=now, workspace_id=client.actor.workspace_id, cancel_at=now if canceled else None,
    )  # fmt: skip
    client.server.parts.context.db.write_now(billing.take, news, now=now)


def bought(actor: Actor | None, original: str | None = None, **changes: Any) -> dict[str, Any]:
    """A purchase in the App Store, made for this workspace or for nobody."""
    now = utc_now()
    token = None if actor is None else appstore.account_token(actor.workspace_id)
    facts: dict[str, Any] = {"signed_at": now, "expires_at": now + timedelta(days=20), "appAccountToken": token}
    return apple.transaction(original or f"2000{fresh()}", **{**facts, **changes})
