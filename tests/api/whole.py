"""A server on which everything is switched on: networks, both shops, sign-in, mail. For what drives all operations."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from backend import billing
from backend.settings import load
from socialclaw_app.app import create_app
from socialclaw_app.parts import open_parts
from socialclaw_app.sandbox import SandboxThread
from socialclaw_app.sandboxed import pointed_at
from socialclaw_app.serving import ServerThread, free_port
from tests.backend.fake_parts import FolderOfParts

from . import apple, drivers, selling, shop
from .conftest import Client, Server
from .issuer import Issuer, running_issuer
from .selling import give
from .shop import Shop, running_shop

_numbers = itertools.count(1)
PREFIX = "SOCIALCLAW_"
IMPATIENT = {"SETTLE_SCALE": "0.002", "RETRY_BASE_SECONDS": "0.02", "POLL_SECONDS": "0.05", "MAX_TRIES": "3"}
OPEN = {"REQUESTS_PER_MINUTE_PER_ADDRESS": "0", "REQUESTS_PER_MINUTE_PER_KEY": "0"}  # all tests come from one address


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What stands around the server, the networks aside."""

    shop: Shop
    issuer: Issuer
    root: Path
    """The certificate that Apple's signatures lead to."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make a server believe in it."""
        sold = {
            "BILLING_ENABLED": "true",
            "LEMONSQUEEZY_API_KEY": shop.API_KEY,
            "LEMONSQUEEZY_STORE_ID": str(shop.STORE),
            "LEMONSQUEEZY_VARIANT_PRO_MONTHLY": str(shop.MONTHLY),
            "LEMONSQUEEZY_VARIANT_PRO_YEARLY": str(shop.YEARLY),
            "LEMONSQUEEZY_WEBHOOK_SECRET": shop.SECRET,
            "LEMONSQUEEZY_API_URL": self.shop.url,
            "APPSTORE_BUNDLE_ID": apple.BUNDLE,
            "APPSTORE_APP_ID": str(apple.APP_ID),
            "APPSTORE_PRODUCT_PRO_MONTHLY": apple.MONTHLY,
            "APPSTORE_PRODUCT_PRO_YEARLY": apple.YEARLY,
            "APPSTORE_ONLINE_CHECKS": "false",
            "APPSTORE_ROOT_CERTIFICATE": str(self.root),
        }
        people = {name.upper(): str(value).lower() if isinstance(value, bool) else value for name, value in self.issuer.settings.items()}  # fmt: skip
        return {PREFIX + name: value for name, value in {**sold, **people, **IMPATIENT, **OPEN}.items()}


@contextmanager
def around(folder: Path) -> Iterator[Around]:
    (folder / "root.cer").write_bytes(selling.authority().root)
    with running_shop() as store, running_issuer() as issuer:
        yield Around(shop=store, issuer=issuer, root=folder / "root.cer")


def known_to_drivers(url: str, found: Around) -> None:
    drivers.SHOPS[url] = drivers.Shops(web=found.shop, phone=selling.authority())
    drivers.ISSUERS[url] = found.issuer


@contextmanager
def whole_server(folder: Path, sandbox: SandboxThread) -> Iterator[Server]:
    """In this process; its storage takes files in parts."""
    with ExitStack() as stack:
        found = stack.enter_context(around(folder))
        port = free_port("127.0.0.1", 0)
        settings = pointed_at(load(found.environment, data_dir=folder / "data"), sandbox.url)
        settings = replace(settings, public_base_url=f"http://127.0.0.1:{port}")
        parts = stack.enter_context(open_parts(settings))
        parts = replace(parts, context=replace(parts.context, storage=FolderOfParts(folder / "data" / "media")))
        app = create_app(parts, pages=False)
        running = ServerThread(app, host="127.0.0.1", port=port)
        running.start()
        stack.callback(running.stop)
        known_to_drivers(settings.public_base_url, found)
        yield Server(parts=parts, app=app, url=settings.public_base_url, sandbox=sandbox)


def member(server: Server, *, paying: bool = True) -> Client:
    """Of a workspace of its own, with a plan unless plans are what it is about."""
    client = server.workspace(f"Whole {next(_numbers)}")
    if paying:
        give(client, billing.Standing.ACTIVE)
    return client
