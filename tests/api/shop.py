"""A strict little Lemon Squeezy on loopback: it takes what its documentation describes, and nothing else.

https://docs.lemonsqueezy.com/api/checkouts, …/api/subscriptions and …/help/webhooks/signing-requests, read 2026-10.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from socialclaw_app.serving import ServerThread, free_port

JSON_API = "application/vnd.api+json"
API_KEY = "shop-key-that-nobody-may-see"
SECRET = "shop-signs-with-this"
STORE = 11
MONTHLY, YEARLY, OTHER_VARIANT = 501, 502, 999
BEGIN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

_CHECKOUT = {"custom_price", "product_options", "checkout_options", "checkout_data", "expires_at", "preview", "test_mode"}  # fmt: skip
_PRODUCT = {"name", "description", "media", "redirect_url", "receipt_button_text", "receipt_link_url", "receipt_thank_you_note", "enabled_variants"}  # fmt: skip
_BUYER = {"email", "name", "billing_address", "tax_number", "discount_code", "custom", "variant_quantities"}


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def subscription(id: str = "1", **changes: Any) -> dict[str, Any]:
    """The whole resource, as it stands in messages and answers."""
    attributes: dict[str, Any] = {
        "store_id": STORE,
        "customer_id": 21,
        "order_id": 31,
        "order_item_id": 41,
        "product_id": 51,
        "variant_id": MONTHLY,
        "product_name": "SocialClaw Pro",
        "variant_name": "Monthly",
        "user_name": "Alice",
        "user_email": "alice@example.com",
        "status": "active",
        "status_formatted": "Active",
        "card_brand": "visa",
        "card_last_four": "4242",
        "pause": None,
        "cancelled": False,
        "trial_ends_at": None,
        "billing_anchor": 1,
        "first_subscription_item": {"id": 1, "subscription_id": int(id), "price_id": 1, "quantity": 1},
        "urls": {
            "update_payment_method": "https://shop.example/pay?signature=1",
            "customer_portal": f"https://shop.example/portal/{id}?signature=1",
        },
        "renews_at": stamp(BEGIN + timedelta(days=30)),
        "ends_at": None,
        "created_at": stamp(BEGIN),
        "updated_at": stamp(BEGIN),
        "test_mode": False,
        **changes,
    }
    return {"type": "subscriptions", "id": id, "attributes": attributes}


def message(
    resource: dict[str, Any],
    *,
    event: str = "subscription_updated",
    workspace: str | None = None,
    test_mode: bool = False,
) -> bytes:
    custom = {} if workspace is None else {"custom_data": {"workspace_id": workspace, "user_id": "user_1"}}
    meta = {"event_name": event, "test_mode": test_mode, "webhook_id": "w1", **custom}
    return json.dumps({"meta": meta, "data": resource}).encode()


def signature(raw: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


@dataclass
class Shop:
    url: str = ""
    checkouts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    fails: list[int] = field(default_factory=list[int])
    """Statuses of the next answers."""
    largest_page: int = 100

    def routes(self) -> list[Route]:
        return [
            Route("/v1/checkouts", self._guarded(self._checkout), methods=["POST"]),
            Route("/v1/subscriptions", self._guarded(self._list), methods=["GET"]),
            Route("/v1/subscriptions/{id}", self._guarded(self._one), methods=["GET"]),
        ]

    def _guarded(self, answer: Callable[[Request, Any], Response]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {API_KEY}":
                return _error(401, "Unauthorized", "Unauthenticated.")
            if request.headers.get("accept") != JSON_API:
                return _error(406, "Not Acceptable", "The Accept header must be application/vnd.api+json.")
            if self.fails:
                return _error(self.fails.pop(0), "Error", "As planned.")
            raw = await request.body()
            if raw and request.headers.get("content-type") != JSON_API:
                return _error(415, "Unsupported Media Type", "The Content-Type must be application/vnd.api+json.")
            return answer(request, json.loads(raw) if raw else None)

        return endpoint

    def _checkout(self, request: Request, body: Any) -> Response:
        wrong = _what_is_wrong(body)
        if wrong:
            return _error(422, "Unprocessable Entity", wrong)
        if body["data"]["relationships"]["store"]["data"]["id"] != str(STORE):
            return _error(404, "Not Found", "There is no such store.")
        if body["data"]["relationships"]["variant"]["data"]["id"] not in (str(MONTHLY), str(YEARLY)):
            return _error(404, "Not Found", "There is no such variant.")
        self.checkouts.append(body["data"])
        id = str(uuid4())
        made = {**body["data"]["attributes"], "url": f"https://shop.example/checkout/custom/{id}?signature=1"}
        return _answer({"data": {"type": "checkouts", "id": id, "attributes": made}}, 201)

    def _one(self, request: Request, body: Any) -> Response:
        found = self.subscriptions.get(request.path_params["id"])
        return _answer({"data": found}) if found else _error(404, "Not Found", "There is no such subscription.")

    def _list(self, request: Request, body: Any) -> Response:
        query = request.query_params
        unknown = set(query) - {"filter[store_id]", "filter[status]", "page[number]", "page[size]"}
        size = min(int(query.get("page[size]", "10")), self.largest_page)
        if unknown or int(query.get("page[size]", "10")) > 100:
            return _error(400, "Bad Request", f"Not taken: {unknown or 'page[size]'}")
        number = int(query.get("page[number]", "1"))
        rows = [row for row in self.subscriptions.values() if str(row["attributes"]["store_id"]) == query["filter[store_id]"]]  # fmt: skip
        last = max(1, -(-len(rows) // size))
        page = {"currentPage": number, "lastPage": last, "perPage": size, "total": len(rows)}
        return _answer({"meta": {"page": page}, "data": rows[(number - 1) * size : number * size]})


def _what_is_wrong(body: Any) -> str:
    try:
        data = body["data"]
        attributes, relationships = data["attributes"], data["relationships"]
        options, buyer = attributes.get("product_options", {}), attributes.get("checkout_data", {})
        known = (
            (body, {"data"}),
            (data, {"type", "attributes", "relationships"}),
            (attributes, _CHECKOUT),
            (options, _PRODUCT),
            (buyer, _BUYER),
            (relationships, {"store", "variant"}),
        )
        for part, names in known:
            if set(part) - names:
                return f"Not known: {set(part) - names}"
        for name, kind in (("store", "stores"), ("variant", "variants")):
            related = relationships[name]["data"]
            if related["type"] != kind or not isinstance(related["id"], str):
                return f"The {name} must be named by a text."
        if data["type"] != "checkouts" or not all(
            isinstance(each, int) for each in options.get("enabled_variants", [])
        ):
            return "The type or the variants are wrong."
        if not all(isinstance(value, str) for value in buyer.get("custom", {}).values()):
            return "Custom data must be texts."
        if datetime.fromisoformat(attributes["expires_at"]) < datetime.now(UTC):
            return "It has expired."
    except (KeyError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse({"jsonapi": {"version": "1.0"}, **content}, status, media_type=JSON_API)


def _error(status: int, title: str, detail: str) -> Response:
    return _answer({"errors": [{"status": str(status), "title": title, "detail": detail}]}, status)


@contextmanager
def running_shop() -> Iterator[Shop]:
    shop = Shop()
    port = free_port("127.0.0.1", 0)
    thread = ServerThread(cast("FastAPI", Starlette(routes=shop.routes())), host="127.0.0.1", port=port)
    thread.start()
    shop.url = f"http://127.0.0.1:{port}"
    try:
        yield shop
    finally:
        thread.stop()
