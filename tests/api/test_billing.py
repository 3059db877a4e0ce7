"""Plans: sold by two shops that are believed only when they sign, and needed for exactly what costs money."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import appstore, billing, housekeeping, lemonsqueezy, runs, users, workspaces
from backend.access import Actor, Role
from backend.api.operations import OPERATIONS, Auth, Operation, example_of
from backend.billing import APP_STORE, LEMON_SQUEEZY
from backend.context import Context, own_connections, utc_now
from backend.errors import AppError
from backend.models import InstanceSetting, Subscription, WebhookReceipt, Workspace
from backend.settings import SettingsError, load
from socialclaw_app.sandbox import SandboxThread
from ui.run import NEEDS_PLAN, Screen

from . import apple, selling, shop
from .conftest import Client, Server, refused
from .selling import fresh, give, selling_server
from .shop import BEGIN, Shop, message, signature, stamp, subscription
from .test_errors import routes_of

_numbers = itertools.count(1)


@dataclass
class Clock:
    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Somebody with a workspace, its key and a browser."""

    client: Client
    browser: httpx2.Client
    email: str

    @property
    def workspace(self) -> str:
        return self.client.actor.workspace_id

    @property
    def context(self) -> Context:
        return self.client.server.parts.context

    def ok(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.browser.request(method, path, **({} if body is None else {"json": body}))
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        return refused(self.browser.request(method, path, **({} if body is None else {"json": body})))

    def state(self) -> dict[str, Any]:
        return self.ok("GET", "/v1/billing/state")["billing"]

    def plan(self) -> tuple[str, str]:
        """What the workspace's own row says."""
        row = self.context.db.read_now(lambda session: session.get_one(Workspace, self.workspace))
        return row.plan, row.subscription_status

    def rows(self) -> list[Subscription]:
        query = select(Subscription).where(Subscription.workspace_id == self.workspace)
        return self.context.db.read_now(lambda session: list(session.scalars(query)))

    def told(self, resource: dict[str, Any], **options: Any) -> str:
        """Lemon Squeezy tells the server; what became of it."""
        return delivered(self, message(resource, workspace=self.workspace, **options)).json()["outcome"]

    def claim(self, signed: str) -> httpx2.Response:
        path = "/v1/billing/app-store/transactions/claim"
        return self.browser.post(path, json={"signedTransactionInfo": signed})

    def notify(self, signed: str) -> httpx2.Response:
        return self.client.http.post("/v1/billing/app-store/notifications", json={"signedPayload": signed})


def delivered(buyer: Buyer, raw: bytes, signed: str | None = None) -> httpx2.Response:
    headers = {"Content-Type": "application/json", "X-Signature": signature(raw) if signed is None else signed}
    return httpx2.post(f"{buyer.client.server.url}/v1/billing/webhook", content=raw, headers=headers)


def receipts(buyer: Buyer) -> int:
    query = select(func.count()).select_from(WebhookReceipt)
    return buyer.context.db.read_now(lambda session: session.scalar(query) or 0)


@pytest.fixture(scope="module")
def store() -> Iterator[Shop]:
    with shop.running_shop() as running:
        yield running


@pytest.fixture
def authority() -> apple.Authority:
    return selling.authority()


@pytest.fixture(scope="module")
def ticking() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def selling_plans(
    sandbox: SandboxThread,
    store: Shop,
    ticking: Clock,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    with selling_server(tmp_path_factory.mktemp("selling"), sandbox, store.url, now=ticking) as running:
        yield running


@pytest.fixture(scope="module")
def unsure(sandbox: SandboxThread, store: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same, and nobody answers whether Apple's certificates are still good."""
    by, folder = selling.silent_authority(), tmp_path_factory.mktemp("unsure")
    with selling_server(folder, sandbox, store.url, by=by, appstore_online_checks=True) as running:
        yield running


@pytest.fixture
def clock(ticking: Clock) -> Iterator[Clock]:
    yield ticking
    ticking.ahead = timedelta()


def buyer_of(server: Server, name: str, role: Role = Role.OWNER) -> Buyer:
    client = server.workspace(name)
    email = f"buyer{next(_numbers)}@example.com"

    def person(session: Session) -> str:
        found = users.create(session, email=email, password=None, workspace_id=client.actor.workspace_id, role=role, now=utc_now())  # fmt: skip
        return users.make_link(session, user_id=found.id, workspace_id=client.actor.workspace_id, now=utc_now())

    browser = httpx2.Client(base_url=server.url, timeout=30)
    answer = browser.get(f"/auth/link/{server.parts.context.db.write_now(person)}")
    assert answer.status_code == 303, answer.text
    return Buyer(client=client, browser=browser, email=email)


@pytest.fixture
def buyer(selling_plans: Server, store: Shop) -> Buyer:
    store.checkouts.clear()
    store.subscriptions.clear()
    store.fails.clear()
    return buyer_of(selling_plans, "Buying")


@pytest.fixture
def other(selling_plans: Server) -> Buyer:
    return buyer_of(selling_plans, "Other")


# --- what needs a plan ------------------------------------------------------------------------------------------------

PAID = {
    ("POST", "/v1/connections/start"),
    ("POST", "/v1/posts/apply"),
    ("POST", "/v1/runs/{runId}/publish"),
    ("POST", "/v1/posts/{postId}/retry"),
    ("POST", "/v1/assets/upload"),
    ("POST", "/v1/assets"),
    ("POST", "/v1/analytics/refresh"),
    ("POST", "/v1/dashboard/connections/start"),
    ("POST", "/v1/dashboard/assets/upload"),
    ("POST", "/v1/dashboard/assets/upload/initiate"),
    ("POST", "/v1/dashboard/compose"),
}
CLAIM = ("POST", "/v1/billing/app-store/transactions/claim")
"""Not gated; it answers with the same refusals about what was claimed."""


def ask(buyer: Buyer, operation: Operation) -> httpx2.Response:
    path = operation.path
    for name in operation.path_names:
        path = path.replace(f"{{{name}}}", "none")
    http = {Auth.KEY: buyer.client.http, Auth.SESSION: buyer.browser}[operation.auth]
    body = example_of(operation)
    return http.request(operation.method, path, **({} if body is None else {"json": body}))


def served(server: Server) -> set[tuple[str, str]]:
    """Methods and paths of the app, names of ids left out."""
    shape = lambda path: tuple("*" if part.startswith("{") else part for part in path.split("/"))  # noqa: E731
    known = {(operation.method, shape(operation.path)): operation.key for operation in OPERATIONS}
    routes = routes_of(server.app.routes)
    return {known[each] for route in routes for method in route.methods or () if (each := (method, shape(route.path))) in known}  # fmt: skip


def test_the_document_says_paid_of_exactly_what_needs_a_plan() -> None:
    assert {operation.key for operation in OPERATIONS if operation.paid} == PAID


@pytest.mark.parametrize("standing", list(billing.REFUSALS))
def test_what_costs_money_is_refused_with_the_reason_and_the_way_out(buyer: Buyer, standing: billing.Standing) -> None:
    if standing is not billing.Standing.NONE:
        give(buyer.client, standing)
    expected = billing.REFUSALS[standing][0]
    asked = [operation for operation in OPERATIONS if operation.key in PAID & served(buyer.client.server)]
    assert len(asked) >= 10

    for operation in asked:
        answer = ask(buyer, operation)
        assert refused(answer) == (402, expected), operation.key
        assert answer.json()["details"] == {"upgradePath": f"{buyer.client.server.url}/billing"}, operation.key


def test_a_plan_is_asked_for_before_the_body_is_read_and_after_the_key(buyer: Buyer) -> None:
    answer = buyer.client.send("POST", "/v1/posts/apply", content=b"{", headers={"Content-Type": "application/json"})
    assert refused(answer) == (402, "plan_required")

    stranger = httpx2.post(f"{buyer.client.server.url}/v1/posts/apply", json={"posts": []})
    assert refused(stranger) == (401, "auth_missing")


@pytest.mark.parametrize("standing", [billing.Standing.ACTIVE, billing.Standing.TRIALING])
def test_with_a_plan_nothing_is_refused_for_want_of_one(buyer: Buyer, standing: billing.Standing) -> None:
    give(buyer.client, standing)

    for operation in OPERATIONS:
        if operation.key in PAID:
            assert ask(buyer, operation).status_code != 402, operation.key


def test_nothing_else_needs_a_plan(buyer: Buyer) -> None:
    """Who sees that a plan has ended can still look, take posts back and leave."""
    asked = 0
    for operation in OPERATIONS:
        if operation.auth in (Auth.KEY, Auth.SESSION) and operation.key not in {*PAID, CLAIM}:
            asked += 1
            assert ask(buyer, operation).status_code != 402, operation.key
    assert asked > 40


def test_where_nothing_is_sold_everything_is_open(client: Client) -> None:
    seller = buyer_of(client.server, "Free")

    for operation in OPERATIONS:
        if operation.auth in (Auth.KEY, Auth.SESSION):
            assert ask(seller, operation).status_code != 402, operation.key

    seller = buyer_of(client.server, "Free")  # the operations before signed the first one out
    body = seller.ok("GET", "/v1/billing/state")
    assert body["billing"] == {
        "enabled": False, "plan": "self_hosted", "status": "active", "active": True, "entitlements": None,
    }  # fmt: skip
    assert body["plans"] == []
    assert seller.plan() == ("self_hosted", "active")
    assert seller.ok("GET", "/v1/billing/app-store/products")["enabled"] is False
    checkout = {"plan": "pro", "billingInterval": "monthly"}
    assert seller.refused("POST", "/v1/billing/checkout", checkout) == (409, "billing_disabled")
    assert seller.refused("POST", "/v1/billing/manage") == (409, "billing_disabled")
    assert refused(seller.claim("x.y.z")) == (409, "billing_disabled")
    assert refused(seller.notify("x.y.z")) == (409, "billing_disabled")
    assert refused(delivered(seller, b"{}")) == (409, "billing_disabled")


async def test_pages_need_a_plan_for_what_the_api_needs_one_for(buyer: Buyer) -> None:
    assert runs.publish in NEEDS_PLAN
    token = buyer.context.db.write_now(_session_token, buyer)
    screen = Screen(context=buyer.context, actor=buyer.client.actor, token=token, workspace={}, names={})
    found: list[str] = []

    for service in NEEDS_PLAN:
        assert not await screen.call(service, refused=lambda error: found.append(error.code))

    assert found == ["plan_required"] * len(NEEDS_PLAN)


def _session_token(session: Session, buyer: Buyer) -> str:
    user = users.find(session, buyer.email)
    link = users.make_link(session, user_id=user.id if user else None, workspace_id=buyer.workspace, now=utc_now())
    return users._follow(session, buyer.context, link, None).token


# --- buying on the web ------------------------------------------------------------------------------------------------


def test_a_checkout_names_the_workspace_and_sells_only_what_was_chosen(buyer: Buyer, store: Shop) -> None:
    url = buyer.ok("POST", "/v1/billing/checkout", {"plan": "pro", "billing_interval": "yearly"})["url"]

    assert url.startswith("https://shop.example/checkout/custom/")
    (asked,) = store.checkouts
    assert asked["relationships"]["variant"]["data"] == {"type": "variants", "id": str(shop.YEARLY)}
    assert asked["attributes"]["product_options"] == {
        "redirect_url": f"{buyer.client.server.url}/billing",
        "enabled_variants": [shop.YEARLY],
    }
    assert asked["attributes"]["checkout_data"]["email"] == buyer.email
    assert asked["attributes"]["checkout_data"]["custom"]["workspace_id"] == buyer.workspace
    assert asked["attributes"]["test_mode"] is False
    assert buyer.state()["status"] == "none", "going to the payment page buys nothing"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"plan": "gold", "billingInterval": "monthly"}, "plan_unknown"),
        ({"billingInterval": "monthly"}, "plan_unknown"),
        ({"plan": "pro", "billingInterval": "weekly"}, "billing_interval_unknown"),
        ({"plan": "pro"}, "billing_interval_unknown"),
    ],
)
def test_only_what_is_sold_can_be_bought(buyer: Buyer, store: Shop, body: dict[str, Any], code: str) -> None:
    assert buyer.refused("POST", "/v1/billing/checkout", body) == (422, code)
    assert store.checkouts == []


@pytest.mark.parametrize("standing", [billing.Standing.ACTIVE, billing.Standing.PAST_DUE, billing.Standing.PAUSED])
def test_nobody_pays_twice(buyer: Buyer, store: Shop, standing: billing.Standing) -> None:
    give(buyer.client, standing)

    answer = buyer.refused("POST", "/v1/billing/checkout", {"plan": "pro", "billingInterval": "monthly"})

    assert answer == (409, "subscription_exists")
    assert store.checkouts == []


def test_only_those_who_run_the_workspace_buy_and_change(selling_plans: Server) -> None:
    editor = buyer_of(selling_plans, "Edited", Role.EDITOR)

    assert editor.state()["plan"] == "none"
    checkout = {"plan": "pro", "billingInterval": "monthly"}
    assert editor.refused("POST", "/v1/billing/checkout", checkout) == (403, "forbidden")
    assert editor.refused("POST", "/v1/billing/manage") == (403, "forbidden")
    assert refused(editor.claim("x.y.z")) == (403, "forbidden")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, (502, "billing_unavailable")),
        (500, (502, "billing_unavailable")),
        (401, (502, "billing_misconfigured")),
        (404, (502, "billing_misconfigured")),
        (422, (502, "billing_misconfigured")),
    ],
)
def test_trouble_at_the_shop_is_told_without_its_words(
    buyer: Buyer, store: Shop, status: int, expected: tuple[int, str]
) -> None:
    store.fails.append(status)

    answer = buyer.browser.post("/v1/billing/checkout", json={"plan": "pro", "billingInterval": "monthly"})

    assert refused(answer) == expected
    assert "As planned" not in answer.text
    assert shop.API_KEY not in answer.text


def test_the_page_to_change_a_subscription_is_fetched_at_the_click(buyer: Buyer, store: Shop) -> None:
    assert buyer.refused("POST", "/v1/billing/manage") == (409, "subscription_missing")
    id = fresh()
    buyer.told(subscription(id))
    assert buyer.refused("POST", "/v1/billing/manage") == (502, "billing_misconfigured"), "the shop knows no such one"

    later = stamp(BEGIN + timedelta(hours=1))
    store.subscriptions[id] = subscription(id, status="paused", pause={"mode": "void"}, updated_at=later)

    assert buyer.ok("POST", "/v1/billing/manage")["url"] == f"https://shop.example/portal/{id}?signature=1"
    assert buyer.state()["status"] == "paused", "what was fetched on the way counts, too"


# --- Lemon Squeezy's messages -----------------------------------------------------------------------------------------


def test_a_signed_message_puts_the_workspace_on_its_plan(buyer: Buyer) -> None:
    assert buyer.client.refused("POST", "/v1/assets", {}) == (402, "plan_required")

    assert buyer.told(subscription(fresh(), variant_id=shop.YEARLY), event="subscription_created") == "applied"

    told = buyer.ok("GET", "/v1/billing/state")
    assert told["plans"] == [
        {
            "id": "pro",
            "name": "Pro",
            "billingIntervals": ["monthly", "yearly"],
            "entitlements": told["billing"]["entitlements"],
        }
    ]
    found = told["billing"]
    assert (found["plan"], found["status"], found["billingInterval"]) == ("pro", "active", "yearly")
    assert (found["source"], found["environment"], found["active"]) == ("lemon_squeezy", "live", True)
    assert found["renewsAt"] == "2026-03-31T09:00:00.000Z"
    assert buyer.plan() == ("pro", "active")
    assert buyer.client.refused("POST", "/v1/assets", {})[0] == 422, "the plan is there; now the body is looked at"


def test_the_key_of_the_workspace_tells_the_plan(buyer: Buyer) -> None:
    buyer.told(subscription(fresh()))

    tenant = buyer.client.ok("POST", "/v1/keys/validate")["tenant"]

    assert (tenant["plan"], tenant["subscriptionStatus"]) == ("pro", "active")


@pytest.mark.parametrize("place", [0, 40, -1])
def test_one_changed_byte_is_one_too_many(buyer: Buyer, place: int) -> None:
    raw = message(subscription(fresh()), workspace=buyer.workspace)
    changed = bytearray(raw)
    changed[place] ^= 1

    assert refused(delivered(buyer, bytes(changed), signature(raw))) == (401, "webhook_signature_invalid")
    assert buyer.rows() == []


@pytest.mark.parametrize("kind", ["none", "empty", "other secret", "cut", "not ASCII", "upper case", "of nothing"])
def test_without_the_right_signature_nothing_is_kept(buyer: Buyer, kind: str) -> None:
    raw = message(subscription(fresh()), workspace=buyer.workspace)
    before = receipts(buyer)
    signed = {
        "none": None,
        "empty": "",
        "other secret": signature(raw, "another secret"),
        "cut": signature(raw)[:-1],
        "not ASCII": "é" * 64,
        "upper case": signature(raw).upper(),
        "of nothing": signature(b""),
    }[kind]
    headers = {} if signed is None else {"X-Signature": signed.encode("latin-1")}

    answer = httpx2.post(f"{buyer.client.server.url}/v1/billing/webhook", content=raw, headers=headers)

    assert refused(answer) == (401, "webhook_signature_invalid")
    assert buyer.rows() == []
    assert receipts(buyer) == before


def test_nobody_signs_with_a_secret_that_is_not_set(client: Client) -> None:
    raw = message(subscription(fresh()))

    assert not lemonsqueezy._is_signed("", raw, signature(raw, ""))
    assert lemonsqueezy._is_signed("x", raw, signature(raw, "x"))


def test_the_same_message_again_has_no_second_effect(buyer: Buyer) -> None:
    id = fresh()
    first = message(subscription(id), workspace=buyer.workspace)
    assert delivered(buyer, first).json()["outcome"] == "applied"
    before = receipts(buyer)
    (row,) = buyer.rows()

    assert delivered(buyer, first).json() == {"ok": True, "outcome": "seen"}

    assert receipts(buyer) == before
    assert [again.updated_at for again in buyer.rows()] == [row.updated_at]


def test_what_happened_before_never_undoes_what_happened_after(buyer: Buyer) -> None:
    id = fresh()
    later, latest = stamp(BEGIN + timedelta(days=1)), stamp(BEGIN + timedelta(days=2))
    assert buyer.told(subscription(id, status="past_due", updated_at=later)) == "applied"

    buyer.told(subscription(id, status="active", updated_at=stamp(BEGIN)))
    assert buyer.state()["status"] == "past_due"

    buyer.told(subscription(id, status="unpaid", updated_at=later))
    assert buyer.rows()[0].status == "unpaid", "of the same moment, the last one counts"

    buyer.told(subscription(id, status="active", updated_at=latest))
    assert buyer.state()["status"] == "active"
    assert len(buyer.rows()) == 1


@pytest.mark.parametrize(
    "message_of",
    [
        lambda workspace: message(subscription(fresh(), store_id=12), workspace=workspace),
        lambda workspace: message(subscription(fresh(), test_mode=True), workspace=workspace, test_mode=True),
        lambda workspace: message(subscription(fresh()), workspace=workspace, test_mode=True),
        lambda workspace: message(subscription(fresh(), test_mode=True), workspace=workspace),
    ],
    ids=["another store", "test mode", "test mode outside", "test mode inside"],
)
def test_messages_of_another_store_or_mode_are_not_taken(buyer: Buyer, message_of: Any) -> None:
    before = receipts(buyer)

    assert refused(delivered(buyer, message_of(buyer.workspace))) == (409, "webhook_misdirected")

    assert buyer.rows() == []
    assert receipts(buyer) == before


def test_what_is_no_subscription_is_only_noted(buyer: Buyer) -> None:
    id = fresh()
    invoice = {"type": "subscription-invoices", "id": "7", "attributes": {"subscription_id": int(id), "status": "paid"}}

    for event, resource in (
        ("order_created", {"type": "orders", "id": "3", "attributes": {}}),
        ("subscription_payment_failed", invoice),
        ("affiliate_activated", {"type": "affiliates", "id": "4", "attributes": {}}),
        ("what_comes_next_year", {"type": "subscriptions", "id": id, "attributes": {}}),
    ):
        answer = delivered(buyer, message(resource, event=event, workspace=buyer.workspace))
        assert (answer.status_code, answer.json()["outcome"]) == (200, "ignored"), event
    assert buyer.rows() == []


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"meta": {}}', b'{"meta": {"event_name": "x"}, "data": 1}', b"[" * 9999])  # fmt: skip
def test_a_signed_message_that_cannot_be_read_is_refused(buyer: Buyer, raw: bytes) -> None:
    assert refused(delivered(buyer, raw)) == (422, "webhook_unreadable")


def test_a_signed_message_that_says_nothing_is_taken(buyer: Buyer) -> None:
    """The documented example is one."""
    before = receipts(buyer)

    assert delivered(buyer, b"{}").json() == {"ok": True, "outcome": "ignored"}

    assert receipts(buyer) == before
    assert refused(delivered(buyer, b"{}", signature(b"{ }"))) == (401, "webhook_signature_invalid")


def test_a_subscription_without_its_times_is_refused(buyer: Buyer) -> None:
    raw = message(subscription(fresh(), updated_at=None), workspace=buyer.workspace)

    assert refused(delivered(buyer, raw)) == (422, "webhook_unreadable")


@pytest.mark.parametrize(
    ("facts", "status", "code"),
    [
        ({"status": "on_trial", "trial_ends_at": stamp(BEGIN)}, "trialing", None),
        ({"status": "past_due"}, "past_due", "subscription_past_due"),
        ({"status": "unpaid"}, "past_due", "subscription_past_due"),
        ({"status": "paused", "pause": {"mode": "void", "resumes_at": None}}, "paused", "subscription_paused"),
        ({"status": "paused", "pause": {"mode": "free", "resumes_at": None}}, "active", None),
        ({"status": "expired", "ends_at": stamp(BEGIN)}, "inactive", "subscription_inactive"),
        ({"status": "expired", "cancelled": True, "ends_at": stamp(BEGIN)}, "canceled", "subscription_canceled"),
        ({"status": "cancelled", "cancelled": True, "ends_at": stamp(BEGIN)}, "canceled", "subscription_canceled"),
        ({"status": "a new word"}, "inactive", "subscription_inactive"),
        ({"variant_id": shop.OTHER_VARIANT}, "none", "plan_required"),
    ],
    ids=lambda value: str(value.get("status", value)) if isinstance(value, dict) else str(value),
)
def test_each_word_of_the_shop_means_what_the_shop_says(
    buyer: Buyer, facts: dict[str, Any], status: str, code: str | None
) -> None:
    buyer.told(subscription(fresh(), **facts))

    assert buyer.state()["status"] == status
    answer = buyer.client.refused("POST", "/v1/assets", {})
    assert answer == (402, code) if code else answer[0] == 422


def test_what_was_canceled_lasts_as_long_as_it_is_paid(buyer: Buyer, clock: Clock) -> None:
    ends = utc_now() + timedelta(hours=1)
    buyer.told(subscription(fresh(), status="cancelled", cancelled=True, ends_at=stamp(ends)))
    assert buyer.state()["status"] == "active"
    assert buyer.state()["cancelAt"] == ends.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    clock.ahead = timedelta(hours=2)

    assert buyer.client.refused("POST", "/v1/assets", {}) == (402, "subscription_canceled")
    assert buyer.plan() == ("pro", "active"), "the row follows within a minute"
    buyer.context.db.write_now(billing._keep, enabled=True, now=clock())
    assert buyer.plan() == ("pro", "canceled")


def test_the_best_of_several_subscriptions_counts(buyer: Buyer) -> None:
    first, second = fresh(), fresh()
    buyer.told(subscription(first, status="expired", ends_at=stamp(BEGIN)))
    buyer.told(subscription(second))
    assert buyer.state()["status"] == "active"

    buyer.told(subscription(first, status="past_due", updated_at=stamp(BEGIN + timedelta(days=1))))
    assert buyer.state()["status"] == "active"

    buyer.told(subscription(fresh(), status="expired", ends_at=stamp(BEGIN)))
    assert buyer.state()["status"] == "active"


def test_a_subscription_stays_with_its_workspace(buyer: Buyer, other: Buyer) -> None:
    id = fresh()
    buyer.told(subscription(id))

    other.told(subscription(id, updated_at=stamp(BEGIN + timedelta(days=1))))

    assert len(buyer.rows()) == 1
    assert other.rows() == []
    assert other.state()["status"] == "none"


def test_a_subscription_of_nobody_waits_for_its_owner(buyer: Buyer) -> None:
    id = fresh()
    assert delivered(buyer, message(subscription(id))).json()["outcome"] == "applied"
    assert delivered(buyer, message(subscription(id), workspace="ws_that_was_deleted")).json()["outcome"] == "applied"
    assert buyer.rows() == []

    buyer.told(subscription(id))

    assert buyer.state()["status"] == "active"


async def test_a_daily_look_makes_good_for_lost_messages(buyer: Buyer, store: Shop, clock: Clock) -> None:
    buyer.context.db.write_now(_forget_looks)
    later = stamp(BEGIN + timedelta(days=40))
    kept, lost, foreign = fresh(), fresh(), fresh()
    buyer.told(subscription(kept))
    buyer.told(subscription(lost))
    store.subscriptions = {
        kept: subscription(kept, status="expired", ends_at=later, updated_at=later),
        foreign: subscription(foreign, store_id=12),
        lost: subscription(lost, status="past_due", updated_at=later),
    }
    store.largest_page = 1
    async with own_connections(buyer.context) as context:
        await lemonsqueezy.reconcile(context)
        assert {row.external_id: row.status for row in buyer.rows()} == {kept: "expired", lost: "past_due"}
        assert buyer.plan() == ("pro", "past_due")

        newer = stamp(BEGIN + timedelta(days=41))
        store.subscriptions[lost] = subscription(lost, updated_at=newer)
        clock.ahead = timedelta(hours=23)
        await lemonsqueezy.reconcile(context)
        assert buyer.plan() == ("pro", "past_due"), "not again on the same day"

        clock.ahead = timedelta(hours=25)
        await lemonsqueezy.reconcile(context)
    assert buyer.plan() == ("pro", "active")
    store.largest_page = 100


async def test_a_daily_look_that_failed_is_taken_again_in_an_hour(buyer: Buyer, store: Shop, clock: Clock) -> None:
    buyer.context.db.write_now(_forget_looks)
    id = fresh()
    buyer.told(subscription(id))
    store.subscriptions[id] = subscription(id, status="past_due", updated_at=stamp(BEGIN + timedelta(days=1)))
    store.fails.append(500)
    async with own_connections(buyer.context) as context:
        with pytest.raises(AppError, match="does not answer"):
            await lemonsqueezy.reconcile(context)
        clock.ahead = timedelta(minutes=61)
        await lemonsqueezy.reconcile(context)

    assert buyer.state()["status"] == "past_due"


def _forget_looks(session: Session) -> None:
    row = session.get(InstanceSetting, lemonsqueezy.LAST_LOOK)
    if row is not None:
        session.delete(row)


def test_selling_can_be_switched_on_and_off(selling_plans: Server) -> None:
    """On: those who never bought have no plan. Off: everybody has all of it again."""
    db = selling_plans.parts.context.db
    row = db.write_now(workspaces.create, name="Switched", now=utc_now())
    assert (row.plan, row.subscription_status) == ("self_hosted", "active")
    looked = lambda: db.read_now(lambda session: session.get_one(Workspace, row.id))  # noqa: E731

    db.write_now(billing._keep, enabled=True, now=utc_now())
    assert (looked().plan, looked().subscription_status) == ("none", "none")

    db.write_now(billing._keep, enabled=False, now=utc_now())
    assert (looked().plan, looked().subscription_status) == ("self_hosted", "active")


async def test_the_housekeeper_does_both(buyer: Buyer, store: Shop, clock: Clock) -> None:
    buyer.context.db.write_now(_forget_looks)
    id = fresh()
    delivered(buyer, message(subscription(id), workspace=buyer.workspace))
    store.subscriptions[id] = subscription(id, status="unpaid", updated_at=stamp(BEGIN + timedelta(days=1)))
    idle = buyer_of(buyer.client.server, "Idle")
    assert idle.plan() == ("self_hosted", "active")

    async with own_connections(buyer.context) as context:
        await housekeeping.every_minute(context)

    assert idle.plan() == ("none", "none")
    assert buyer.plan() == ("pro", "past_due")


def test_receipts_are_forgotten_when_nobody_repeats_them_any_more(buyer: Buyer) -> None:
    raw = message(subscription(fresh()), workspace=buyer.workspace)
    delivered(buyer, raw)
    key = (LEMON_SQUEEZY, hashlib.sha256(raw).hexdigest())
    db = buyer.context.db
    db.write_now(billing._keep, enabled=True, now=utc_now() + timedelta(days=89))
    assert db.read_now(lambda session: session.get(WebhookReceipt, key)) is not None

    db.write_now(billing._keep, enabled=True, now=utc_now() + timedelta(days=91))

    assert db.read_now(lambda session: session.get(WebhookReceipt, key)) is None


# --- the App Store ----------------------------------------------------------------------------------------------------


def bought(buyer: Buyer | None, original: str | None = None, **changes: Any) -> dict[str, Any]:
    return selling.bought(buyer.client.actor if buyer else None, original, **changes)


def test_the_root_that_is_trusted_is_apples_own() -> None:
    der = appstore._certificate(appstore.APPLE_ROOT)

    assert x509.load_der_x509_certificate(der).fingerprint(hashes.SHA256()).hex(":").upper() == (
        "63:34:3A:BF:B8:9A:6A:03:EB:B5:7E:9B:3F:5F:A7:BE:7C:4F:5C:75:6F:30:17:B3:A8:C4:88:C3:65:3E:91:79"
    )


def test_purchases_made_by_xcode_never_count() -> None:
    with pytest.raises(SettingsError, match="Production, Sandbox or both"):
        load({"SOCIALCLAW_APPSTORE_ENVIRONMENTS": "Production,Xcode"})
    both = load({"SOCIALCLAW_APPSTORE_ENVIRONMENTS": "production, SANDBOX"})
    assert both.appstore_accepts == {"Production", "Sandbox"}


def test_the_app_learns_what_to_sell_and_for_whom(buyer: Buyer, other: Buyer) -> None:
    token = buyer.ok("GET", "/v1/billing/app-store/account-token")["accountToken"]

    assert str(UUID(token)) == token
    assert buyer.ok("GET", "/v1/billing/app-store/account-token")["accountToken"] == token
    assert other.ok("GET", "/v1/billing/app-store/account-token")["accountToken"] != token
    assert buyer.ok("GET", "/v1/billing/app-store/products") == {
        "ok": True,
        "provider": "app-store",
        "enabled": True,
        "bundleId": apple.BUNDLE,
        "environment": "Production",
        "products": [
            {"productId": apple.MONTHLY, "plan": "pro", "billingInterval": "monthly"},
            {"productId": apple.YEARLY, "plan": "pro", "billingInterval": "yearly"},
        ],
    }


@pytest.mark.parametrize("name", ["signedTransactionInfo", "signed_transaction_info", "transactionJws"])
def test_a_purchase_puts_the_workspace_on_its_plan(buyer: Buyer, authority: apple.Authority, name: str) -> None:
    path = "/v1/billing/app-store/transactions/claim"

    answer = buyer.ok("POST", path, {name: authority.sign(bought(buyer, productId=apple.YEARLY))})

    found = answer["billing"]
    assert (found["plan"], found["status"], found["billingInterval"]) == ("pro", "active", "yearly")
    assert (found["source"], found["environment"]) == ("app_store", "live")
    assert buyer.plan() == ("pro", "active")
    assert buyer.client.refused("POST", "/v1/assets", {})[0] == 422
    assert buyer.ok("POST", "/v1/billing/manage")["url"].startswith("https://apps.apple.com/")
    checkout = {"plan": "pro", "billingInterval": "monthly"}
    assert buyer.refused("POST", "/v1/billing/checkout", checkout) == (409, "subscription_exists")


def test_claiming_again_changes_nothing(buyer: Buyer, authority: apple.Authority) -> None:
    signed = authority.sign(bought(buyer))

    answers = [buyer.claim(signed).json() for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert len(buyer.rows()) == 1


def forged(authority: apple.Authority, buyer: Buyer) -> dict[str, str]:
    good = authority.sign(bought(buyer))
    head, body, tail = good.split(".")
    longer = json.dumps({**bought(buyer), "expiresDate": 9_999_999_999_999}).encode()
    return {
        "nothing": "",
        "no JWS": "x.y.z",
        "payload exchanged": f"{head}.{apple.base64.urlsafe_b64encode(longer).decode().rstrip('=')}.{tail}",
        "payload changed": f"{head}.{body[:-4]}AAAA.{tail}",
        "no signature": f"{head}.{body}.",
        "another root": apple.authority().sign(bought(buyer)),
        "a leaf without the mark": replace(apple.authority(leaf_mark=None)).sign(bought(buyer)),
        "our chain, another key": replace(authority, key=apple.authority().key).sign(bought(buyer)),
        "a chain of two": replace(authority, chain=authority.chain[:2]).sign(bought(buyer)),
        "no chain": replace(authority, chain=[]).sign(bought(buyer)),
        "another bundle": authority.sign(bought(buyer, bundleId="com.example.other")),
        "the sandbox": authority.sign(bought(buyer, environment="Sandbox")),
        "Xcode, unsigned": apple.jwt.encode(bought(buyer, environment="Xcode"), "", algorithm="none"),
        "long ago, before the certificates": authority.sign(bought(buyer, signed_at=datetime(2015, 1, 1, tzinfo=UTC))),
    }


FORGED = (
    "nothing", "no JWS", "payload exchanged", "payload changed", "no signature", "another root",
    "a leaf without the mark", "our chain, another key", "a chain of two", "no chain", "another bundle", "the sandbox",
    "Xcode, unsigned", "long ago, before the certificates",
)  # fmt: skip


@pytest.mark.parametrize("kind", FORGED)
def test_what_apple_did_not_sign_for_this_app_is_not_claimed(
    buyer: Buyer, authority: apple.Authority, kind: str
) -> None:
    answer = buyer.claim(forged(authority, buyer)[kind])

    assert refused(answer) == (422, "app_store_transaction_invalid")
    assert buyer.rows() == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"productId": "coins.100"}, "app_store_product_unknown"),
        ({"type": "Consumable"}, "app_store_product_unknown"),
        ({"expiresDate": None}, "app_store_product_unknown"),
        ({"isUpgraded": True}, "app_store_transaction_replaced"),
    ],
    ids=str,
)
def test_what_is_no_plan_is_not_claimed(
    buyer: Buyer, authority: apple.Authority, facts: dict[str, Any], code: str
) -> None:
    assert refused(buyer.claim(authority.sign(bought(buyer, **facts)))) == (422, code)
    assert buyer.rows() == []


def test_a_purchase_that_has_expired_is_kept_and_of_no_use(buyer: Buyer, authority: apple.Authority) -> None:
    """Its signature is as good as ever: what counts is the clock."""
    then = utc_now() - timedelta(days=60)

    answer = buyer.claim(authority.sign(bought(buyer, signed_at=then, expires_at=then + timedelta(days=30))))

    assert refused(answer) == (402, "subscription_inactive")
    assert answer.json()["details"]["upgradePath"].endswith("/billing")
    assert len(buyer.rows()) == 1
    assert buyer.plan() == ("pro", "inactive")


def test_a_purchase_ends_when_its_time_is_over(buyer: Buyer, authority: apple.Authority, clock: Clock) -> None:
    signed = authority.sign(bought(buyer, expires_at=utc_now() + timedelta(hours=1)))
    assert buyer.claim(signed).status_code == 200

    clock.ahead = timedelta(hours=2)

    assert refused(buyer.claim(signed)) == (402, "subscription_inactive")
    assert buyer.client.refused("POST", "/v1/assets", {}) == (402, "subscription_inactive")


def test_a_purchase_that_was_paid_back_is_of_no_use(buyer: Buyer, authority: apple.Authority) -> None:
    original = f"2000{fresh()}"
    early, ends = utc_now() - timedelta(minutes=5), utc_now() + timedelta(days=9)
    signed_before = authority.sign(bought(buyer, original, signed_at=early, expires_at=ends))
    assert buyer.claim(signed_before).status_code == 200

    paid_back = {"revocationDate": apple.ms(utc_now()), "revocationReason": 0}
    after = bought(buyer, original, expires_at=ends, **paid_back)
    assert refused(buyer.claim(authority.sign(after))) == (402, "subscription_canceled")

    assert refused(buyer.claim(signed_before)) == (402, "subscription_canceled"), "the older paper tells nothing new"


def test_a_purchase_belongs_to_the_workspace_it_was_made_for(
    buyer: Buyer, other: Buyer, authority: apple.Authority
) -> None:
    signed = authority.sign(bought(buyer, appAccountToken=appstore.account_token(buyer.workspace).upper()))

    assert refused(other.claim(signed)) == (409, "app_store_transaction_taken")
    assert other.rows() == []
    assert buyer.claim(signed).status_code == 200


def test_a_purchase_made_for_nobody_belongs_to_who_claims_it_first(
    buyer: Buyer, other: Buyer, authority: apple.Authority
) -> None:
    signed = authority.sign(bought(None))
    assert buyer.claim(signed).status_code == 200

    assert refused(other.claim(signed)) == (409, "app_store_transaction_taken")

    assert buyer.claim(signed).status_code == 200
    assert other.state()["status"] == "none"


# --- Apple's messages -------------------------------------------------------------------------------------------------


def noted(buyer: Buyer, authority: apple.Authority, kind: str, facts: dict[str, Any] | None, **options: Any) -> str:
    """Apple tells the server; what became of it."""
    options = {"signed_at": utc_now(), **options}
    answer = buyer.notify(authority.sign(apple.notification(authority, kind, facts, **options)))
    assert answer.status_code == 200, answer.text
    return answer.json()["outcome"]


def test_a_message_finds_the_workspace_by_its_token(buyer: Buyer, authority: apple.Authority) -> None:
    assert noted(buyer, authority, "SUBSCRIBED", bought(buyer), subtype="INITIAL_BUY") == "applied"

    assert buyer.state()["status"] == "active"
    assert buyer.state()["renewsAt"] is not None


def test_a_message_about_nobodys_purchase_waits_for_the_claim(
    buyer: Buyer, other: Buyer, authority: apple.Authority
) -> None:
    facts = bought(None)
    noted(buyer, authority, "DID_CHANGE_RENEWAL_STATUS", facts, renews={"autoRenewStatus": 0})
    assert buyer.rows() == []

    assert buyer.claim(authority.sign(facts)).status_code == 200

    assert buyer.state()["cancelAt"] is not None, "what Apple said before is not lost"
    assert refused(other.claim(authority.sign(facts))) == (409, "app_store_transaction_taken")


@pytest.mark.parametrize("kind", [name for name in FORGED if name != "long ago, before the certificates"])
def test_a_message_that_apple_did_not_sign_for_this_app_is_refused(
    buyer: Buyer, authority: apple.Authority, kind: str
) -> None:
    """Outside, inside, or both."""
    before = receipts(buyer)
    inner = apple.notification(authority, "SUBSCRIBED", bought(buyer), signed_at=utc_now())
    inner["data"]["signedTransactionInfo"] = forged(authority, buyer)[kind] or "x"

    assert refused(buyer.notify(authority.sign(inner))) == (401, "webhook_signature_invalid")
    assert refused(buyer.notify(forged(authority, buyer)[kind])) == (401, "webhook_signature_invalid")

    assert buyer.rows() == []
    assert receipts(buyer) == before


@pytest.mark.parametrize(
    "changes", [{"bundleId": "com.example.other"}, {"appAppleId": 99}, {"appAppleId": None}, {"environment": "Sandbox"}], ids=str
)  # fmt: skip
def test_a_message_for_another_app_is_refused(
    buyer: Buyer, authority: apple.Authority, changes: dict[str, Any]
) -> None:
    payload = apple.notification(authority, "TEST", signed_at=utc_now(), **changes)

    assert refused(buyer.notify(authority.sign(payload))) == (401, "webhook_signature_invalid")


def test_the_same_message_of_apple_again_has_no_second_effect(buyer: Buyer, authority: apple.Authority) -> None:
    signed = authority.sign(apple.notification(authority, "SUBSCRIBED", bought(buyer), signed_at=utc_now()))

    outcomes = [buyer.notify(signed).json()["outcome"] for _ in range(3)]

    assert outcomes == ["applied", "seen", "seen"]
    assert len(buyer.rows()) == 1


def test_what_apple_signed_too_long_ago_is_refused(buyer: Buyer, authority: apple.Authority) -> None:
    """Apple tries again for six and a half days."""
    before = receipts(buyer)
    ago = [utc_now() - timedelta(days=days) for days in (9, 6)]
    old, late = (authority.sign(apple.notification(authority, "SUBSCRIBED", bought(buyer), signed_at=at)) for at in ago)

    assert refused(buyer.notify(old)) == (401, "webhook_signature_invalid")
    assert (buyer.rows(), receipts(buyer)) == ([], before)

    assert buyer.notify(late).json()["outcome"] == "applied"


def test_what_apple_said_before_never_undoes_what_it_said_after(buyer: Buyer, authority: apple.Authority) -> None:
    original = f"2000{fresh()}"
    now = utc_now()
    noted(buyer, authority, "DID_FAIL_TO_RENEW", bought(buyer, original), status=3, signed_at=now)

    noted(buyer, authority, "SUBSCRIBED", bought(buyer, original), signed_at=now - timedelta(hours=1))

    assert buyer.state()["status"] == "past_due"
    noted(buyer, authority, "DID_RENEW", bought(buyer, original), subtype="BILLING_RECOVERY", signed_at=now + timedelta(hours=1))  # fmt: skip
    assert buyer.state()["status"] == "active"


AGO = timedelta(days=-2)


@pytest.mark.parametrize(
    ("kind", "subtype", "status", "ends", "renews", "standing"),
    [
        ("DID_RENEW", None, 1, timedelta(days=9), {}, "active"),
        ("DID_CHANGE_RENEWAL_STATUS", "AUTO_RENEW_DISABLED", 1, timedelta(days=9), {"autoRenewStatus": 0}, "active"),
        ("DID_FAIL_TO_RENEW", "GRACE_PERIOD", 4, AGO, {"gracePeriodExpiresDate": timedelta(days=3)}, "active"),
        ("DID_FAIL_TO_RENEW", "GRACE_PERIOD", 4, AGO, {"gracePeriodExpiresDate": timedelta(days=-1)}, "past_due"),
        ("DID_FAIL_TO_RENEW", None, 3, AGO, {}, "past_due"),
        ("GRACE_PERIOD_EXPIRED", None, 3, AGO, {}, "past_due"),
        ("EXPIRED", "VOLUNTARY", 2, AGO, {"expirationIntent": 1}, "canceled"),
        ("EXPIRED", "BILLING_RETRY", 2, AGO, {"expirationIntent": 2}, "inactive"),
        ("REFUND", None, 5, timedelta(days=9), {}, "canceled"),
        ("REVOKE", None, 5, timedelta(days=9), {}, "canceled"),
        ("REFUND", None, 1, AGO, {"renewalDate": timedelta(days=9)}, "active"),
        ("A_TYPE_OF_NEXT_YEAR", "WITH_A_SUBTYPE", 1, timedelta(days=9), {}, "active"),
        ("EXPIRED", None, 1, AGO, {"autoRenewStatus": 0}, "canceled"),
    ],
)
def test_each_state_of_apple_means_what_apple_says(
    buyer: Buyer,
    authority: apple.Authority,
    kind: str,
    subtype: str | None,
    status: int,
    ends: timedelta,
    renews: dict[str, Any],
    standing: str,
) -> None:
    now = utc_now()
    moments = {name: apple.ms(now + value) if isinstance(value, timedelta) else value for name, value in renews.items()}
    refunded: dict[str, Any] = {"revocationDate": apple.ms(now)} if kind in ("REFUND", "REVOKE") else {}
    facts = bought(buyer, expires_at=now + ends, **refunded)

    assert noted(buyer, authority, kind, facts, subtype=subtype, status=status, renews=moments) == "applied"

    assert buyer.state()["status"] == standing
    assert buyer.plan() == ("pro", standing)


def test_a_grace_period_ends_by_itself(buyer: Buyer, authority: apple.Authority, clock: Clock) -> None:
    now = utc_now()
    grace = {"gracePeriodExpiresDate": apple.ms(now + timedelta(hours=1))}
    facts = bought(buyer, expires_at=now - timedelta(days=1))
    noted(buyer, authority, "DID_FAIL_TO_RENEW", facts, subtype="GRACE_PERIOD", status=4, renews=grace)
    assert buyer.claim(authority.sign(facts)).status_code == 200, "a claim of the old purchase does not end it early"

    clock.ahead = timedelta(hours=2)

    assert buyer.state()["status"] == "past_due"


def test_a_change_of_the_plan_counts_when_it_is_in_force(buyer: Buyer, authority: apple.Authority) -> None:
    original = f"2000{fresh()}"
    noted(buyer, authority, "DID_CHANGE_RENEWAL_PREF", bought(buyer, original), subtype="DOWNGRADE", renews={"autoRenewProductId": apple.YEARLY})  # fmt: skip
    assert buyer.state()["billingInterval"] == "monthly"

    facts = bought(buyer, original, productId=apple.YEARLY)
    noted(buyer, authority, "DID_CHANGE_RENEWAL_PREF", facts, subtype="UPGRADE")
    assert buyer.state()["billingInterval"] == "yearly"

    noted(buyer, authority, "REFUND_DECLINED", bought(buyer, original), renews={"productId": apple.YEARLY})
    assert buyer.state()["billingInterval"] == "yearly", "the message is about what was bought before"


def test_messages_that_are_about_no_subscription_are_only_noted(buyer: Buyer, authority: apple.Authority) -> None:
    assert noted(buyer, authority, "TEST", None, status=None) == "ignored"
    assert noted(buyer, authority, "ONE_TIME_CHARGE", bought(buyer, type="Consumable"), status=None) == "ignored"
    assert buyer.rows() == []


def test_a_product_that_is_no_plan_gives_none(buyer: Buyer, authority: apple.Authority) -> None:
    facts = bought(buyer, productId="gold")

    assert noted(buyer, authority, "SUBSCRIBED", facts) == "applied"
    assert buyer.state()["status"] == "none"


def test_sandbox_purchases_count_where_they_are_let_in(buyer: Buyer, authority: apple.Authority) -> None:
    settings = replace(buyer.context.settings, appstore_environments="Production,Sandbox")
    read = lambda facts: appstore._read_by_any(settings, lambda by: by.verify_and_decode_signed_transaction(authority.sign(facts)))  # noqa: E731  # fmt: skip

    assert read(bought(buyer, environment="Sandbox")).rawEnvironment == "Sandbox"
    assert read(bought(buyer)).rawEnvironment == "Production"
    purchase = appstore._purchase(settings, read(bought(buyer, environment="Sandbox")))
    assert purchase is not None
    assert purchase.environment == "test"


def test_a_certificate_that_nobody_vouches_for_now_may_be_good_in_a_minute(unsure: Server) -> None:
    buyer = buyer_of(unsure, "Unsure")

    answer = buyer.claim(selling.silent_authority().sign(bought(buyer)))

    assert refused(answer) == (502, "billing_unavailable")
    assert answer.headers["Retry-After"] == "60"
    assert buyer.rows() == []


def test_the_shop_in_the_app_needs_its_settings(buyer: Buyer) -> None:
    settings = replace(buyer.context.settings, appstore_app_id=0)
    assert not appstore._is_set_up(settings), "Apple's library needs the number for purchases that cost money"
    assert appstore._is_set_up(replace(settings, appstore_environments="Sandbox"))
    actor = Actor(workspace_id=buyer.workspace, label="test")
    told = buyer.context.db.read_now(appstore.products, actor, settings=settings)
    assert (told["enabled"], told["products"]) == (False, [])
    assert APP_STORE == "app_store"
