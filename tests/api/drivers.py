"""How to make every operation succeed, and fail in every way it documents: what has to be there first, then the request.

The interface's own table says which operations and errors there are; ``test_contract`` holds both against each other.
"""

from __future__ import annotations

import asyncio
import base64
import html
import itertools
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

import providers
from backend import members, signed_requests, uploads, users
from backend.access import Role
from backend.context import utc_now
from backend.models import User
from providers.contract import Provider
from socialclaw_app.auth_providers import state_cookie
from tests.backend.fake_parts import FolderOfParts
from tests.films import webm

from . import apple, shop
from .conftest import Client, eventually
from .files import image
from .issuer import SCHEME, Issuer
from .shop import Shop

PASSWORD = "four words make a sentence"
LATER = "2036-06-01T18:00:00Z"
CAMPAIGN = {"id": "launch", "name": "Launch"}
UPLOAD = {"filename": "a.png", "mime": "image/png", "contentBase64": base64.b64encode(image()).decode()}
REGISTER = {"objectKey": "elsewhere/a.png", "publicUrl": "https://example.com/a.png", "mime": "image/png"}
_numbers = itertools.count(1)

OUTSIDE = httpx2.Client()
"""A browser that nobody has signed in with. One for all: loading certificates is slow."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    path: str
    body: Any = None
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    signed_in: bool = False
    """With the cookie of a session although the operation asks for none."""


Arrange = Callable[[Client], Ask]


def at(path: str, body: Any = None, *, signed_in: bool = False, **options: Any) -> Ask:
    return Ask(path=path, body=body, signed_in=signed_in, options=options)


def plain(path: str, body: Any = None, **options: Any) -> Arrange:
    return lambda client: at(path, body, **options)


def browser(client: Client) -> httpx2.Client:
    """Somebody of this workspace, signed in."""
    http = httpx2.Client(base_url=client.server.url, timeout=30)
    assert http.get(sign_in_link(client)).status_code == 303
    return http


def person(client: Client, password: str | None = None) -> User:
    return client.server.parts.context.db.write_now(
        users.create,
        email=f"somebody{next(_numbers)}@example.com",
        password=password,
        workspace_id=client.actor.workspace_id,
        role=Role.OWNER,
        now=utc_now(),
    )


def sign_in_link(client: Client) -> str:
    token = client.server.parts.context.db.write_now(
        users.make_link, user_id=person(client).id, workspace_id=client.actor.workspace_id, now=utc_now()
    )
    return f"/auth/link/{token}"


def set_up(client: Client, **changes: str) -> Ask:
    token = client.server.parts.context.db.write_now(
        users.make_link, user_id=None, workspace_id=client.actor.workspace_id, now=utc_now(), purpose=users.SETUP
    )
    return at("/auth/setup", {"token": token, "email": "first@example.com", "password": PASSWORD, "workspace": "Mine", **changes})  # fmt: skip


def invitation(client: Client) -> str:
    actor = replace(client.actor, role=Role.OWNER)
    email = f"invited{next(_numbers)}@example.com"
    return client.server.parts.context.db.write_now(members.invite, actor, email=email, role="editor", now=utc_now())


def join(client: Client, **changes: str) -> Ask:
    return at("/auth/join", {"token": invitation(client), "password": PASSWORD, **changes})


def invited_somebody_known(client: Client) -> Ask:
    token = invitation(client)
    email = client.server.parts.context.db.read_now(members.invited, token, utc_now())["email"]
    client.server.parts.context.db.write_now(users.create, email=email, password=None, now=utc_now())
    return at("/auth/join", {"token": token, "password": PASSWORD})


def sign_in(client: Client) -> Ask:
    return at("/auth/login", {"email": person(client, PASSWORD).email, "password": PASSWORD})


def sign_in_too_often(client: Client) -> Ask:
    wrong = {"email": f"stranger{next(_numbers)}@example.com", "password": "not this one either"}
    for _ in range(users.Tries.MOST["email"]):
        OUTSIDE.post(f"{client.server.url}/auth/login", json=wrong)
    return at("/auth/login", wrong)


# --- what has to be there ----------------------------------------------------------------------------------------------


def single(account: str, **fields: Any) -> dict[str, Any]:
    return {"posts": [{"account": account, "description": "Later.", "publish_at": LATER, **fields}]}


def campaign(account: str) -> dict[str, Any]:
    steps = [{"description": "One."}, {"description": "Two.", "delay_minutes": 5}]
    return {"timezone": "UTC", "campaigns": [{**CAMPAIGN, "targets": [{"account": account, "publish_at": LATER, "steps": steps}]}]}  # fmt: skip


def connection(client: Client) -> str:
    return client.telegram()["connectionId"]


def account(client: Client) -> str:
    return client.telegram()["id"]


def scheduled(client: Client) -> str:
    return client.apply(*single(client.telegram()["handle"])["posts"])["posts"][0]["id"]


def published(client: Client, handle: str | None = None) -> str:
    handle = handle or client.telegram()["handle"]
    post_id = client.apply({"account": handle, "description": "Out."})["posts"][0]["id"]
    assert client.over(post_id)["status"] == "published"
    return post_id


def failed(client: Client) -> str:
    handle = client.telegram()["handle"]
    client.fault("telegram", kind="refused", times=1, match="sendMessage")
    post_id = client.apply({"account": handle, "description": "No."})["posts"][0]["id"]
    assert client.over(post_id)["status"] == "failed"
    return post_id


def run(client: Client, **envelope: Any) -> str:
    schedule = {**campaign(client.telegram()["handle"]), **envelope}
    return client.ok("POST", "/v1/posts/apply", schedule)["run"]["id"]


def single_run(client: Client) -> str:
    return client.apply(*single(client.telegram()["handle"])["posts"])["run"]["id"]


def key(client: Client) -> str:
    return client.ok("POST", "/v1/keys", {"label": "Another"})["key"]["id"]


def own_key(client: Client) -> str:
    return client.ok("GET", "/v1/keys/validate")["apiKey"]["id"]


def asset(client: Client) -> str:
    return client.upload(image())["id"]


PARTS = "/v1/dashboard/assets/upload"
SAME = "the one that was begun"


def sent_in_parts(client: Client) -> tuple[str, dict[str, Any]]:
    """An upload of which everything is sent: its file, and what names its parts."""
    context = client.server.parts.context
    storage = context.storage
    assert isinstance(storage, FolderOfParts)
    storage.down = False
    found = asyncio.run(uploads.initiate(context, client.actor, filename="a.png", size=len(image()), mime="image/png"))
    etag = storage.put(list(storage.arriving)[-1], 1, image())
    named = {"uploadId": found["upload"]["uploadId"], "parts": [{"PartNumber": 1, "ETag": etag}]}
    return found["asset"]["id"], named


def upload_step(step: str, *, then: str = "", **changes: Any) -> Arrange:
    """``then`` is what becomes of the upload, or of the storage, before."""

    def arrange(client: Client) -> Ask:
        asset_id, named = sent_in_parts(client)
        context, upload_id = client.server.parts.context, named["uploadId"]
        if then == "aborted":
            asyncio.run(uploads.abort(context, client.actor, asset_id, upload_id=upload_id))
        elif then == "completed":
            asyncio.run(uploads.complete(context, client.actor, asset_id, **_snake(named)))
        elif then == "down":
            context.storage.down = True  # pyright: ignore[reportAttributeAccessIssue]
        bodies = {
            "initiate": {"filename": "a.png", "size": len(image())},
            "part": {"uploadId": upload_id, "partNumber": 1},
            "complete": named,
            "abort": {"uploadId": upload_id},
        }
        body = {**bodies[step], **changes}
        if body.get("uploadId") == SAME:
            body["uploadId"] = upload_id
        return at(f"{PARTS}/initiate" if step == "initiate" else f"{PARTS}/{asset_id}/{step}", body)

    return arrange


def _snake(named: dict[str, Any]) -> dict[str, Any]:
    return {"upload_id": named["uploadId"], "parts": named["parts"]}


def fitted(client: Client) -> str:
    """The address of a film that Telegram would not have shown as one."""
    film = client.upload(webm(), "film.webm", mime="video/webm")
    post = client.apply({"account": client.telegram()["handle"], "assets": [{"id": film["id"]}]})["posts"][0]
    return str(client.over(post["id"])["assets"][0]["fitted"]["url"])


def media(client: Client, *, preview: bool = False) -> str:
    made = client.upload(image())
    return (made["preview"]["url"] if preview else made["publicUrl"]).removeprefix(client.server.url)


def hook() -> dict[str, Any]:
    """A pasted connection that works."""
    number = next(_numbers)
    return {
        "provider": "telegram",
        "bot_token": f"110201543:SANDBOX_another_half_of_a_token_{number:04}",
        "chat_id": f"@chat_{90_000 + number}",
    }


def leave(client: Client, network: str = "x") -> dict[str, str]:
    """A login is begun and the person has said yes: what the network sends back."""
    url = client.ok("POST", "/v1/connections/start", {"provider": network})["connection"]["authorizeUrl"]
    page = OUTSIDE.get(url).text
    fields = dict(re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', page))
    person = re.findall(r'name="user" value="(.+?)"', page)[0]
    form = {html.unescape(name): html.unescape(value) for name, value in {**fields, "user": person}.items()}
    answer = OUTSIDE.post(url, data=form)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def callback(client: Client, **changes: str) -> Ask:
    return at(f"/oauth/x/callback?{urlencode({**leave(client), **changes})}", headers=JSON)


def connected(client: Client, network: str) -> dict[str, Any]:
    returned = urlencode(leave(client, network))
    return OUTSIDE.get(f"{client.server.url}/oauth/{network}/callback?{returned}", headers=JSON).json()["account"]


def x_account(client: Client) -> str:
    return connected(client, "x")["handle"]


def boards_of_a_silent_network(client: Client) -> Ask:
    found = connected(client, "pinterest")
    client.fault("pinterest", kind="server_error", times=20)
    return at(f"/v1/accounts/{found['id']}/actions/sync_boards", {})


def in_doubt(client: Client) -> str:
    """A post whose outcome nobody knows, and the network that could tell does not answer."""
    handle = x_account(client)
    client.fault("x", kind="drop_after", times=1, match="/2/tweets", method="POST")
    client.fault("x", kind="server_error", times=100_000, match="/tweets", method="GET")
    post_id = client.apply({"account": handle, "description": f"Is it out? {next(_numbers)}"})["posts"][0]["id"]
    eventually(lambda: _asked_about(client) or None)
    return post_id


def _asked_about(client: Client) -> bool:
    """The post was taken and its answer lost; from then on the network is asked about it."""
    return not any(fault.kind == "drop_after" for fault in client.server.sandbox.networks["x"].faults)


def given_up(client: Client) -> str:
    post_id = in_doubt(client)
    assert client.over(post_id)["errorCode"] == "publish_outcome_unknown"
    return post_id


def canceled(client: Client) -> str:
    post_id = scheduled(client)
    client.ok("DELETE", f"/v1/posts/{post_id}")
    return post_id


def refused_deletion(client: Client, kind: str) -> Ask:
    post_id = published(client)
    client.fault("telegram", kind=kind, times=20, match="deleteMessage")
    return at(f"/v1/posts/{post_id}/delete")


def offline_start(client: Client) -> Ask:
    client.fault("telegram", kind="server_error", times=20)
    return at("/v1/connections/start", hook())


def refused_removal(client: Client, kind: str) -> Ask:
    ask = refused_deletion(client, kind)
    return at(ask.path.replace("/v1/", "/v1/dashboard/").removesuffix("/delete"))


def change(client: Client, post_id: str, **changes: Any) -> Ask:
    handle = client.post(post_id)["account"]
    return at(f"/v1/dashboard/posts/{post_id}", {"account": handle, "text": "New.", "publishAt": LATER, **changes})


def unmeasured(client: Client) -> str:
    """Out, at a network that tells figures."""
    applied = client.apply({"account": x_account(client), "description": f"Count me: {next(_numbers)}"})
    return client.over(applied["posts"][0]["id"])["id"]


def measured(client: Client) -> str:
    post_id = unmeasured(client)
    client.ok("POST", "/v1/analytics/refresh", {"postId": post_id})
    return post_id


def silent(client: Client, post_id: str) -> Ask:
    client.fault("x", kind="server_error", times=20, method="GET")
    return at("/v1/analytics/refresh", {"postId": post_id})


# --- people who pay, and the shops ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Shops:
    web: Shop
    phone: apple.Authority


SHOPS: dict[str, Shops] = {}
"""By the address of the server that sells in them."""
MONTH = timedelta(days=30)


def shops_of(client: Client) -> Shops:
    return SHOPS[client.server.url]


def subscribed(client: Client) -> str:
    """The id of the workspace's subscription."""
    resource = shop.subscription(str(next(_numbers)))
    shops_of(client).web.subscriptions[resource["id"]] = resource
    ask = shop_message(client, resource)
    OUTSIDE.post(client.server.url + ask.path, **ask.options).raise_for_status()
    return resource["id"]


def shop_message(client: Client, resource: dict[str, Any] | None = None) -> Ask:
    made = resource or shop.subscription(str(next(_numbers)))
    return signed_by_the_shop(shop.message(made, workspace=client.actor.workspace_id))


def signed_by_the_shop(raw: bytes, signature: str | None = None) -> Ask:
    headers = {"Content-Type": "application/json", "X-Signature": signature or shop.signature(raw)}
    return at("/v1/billing/webhook", content=raw, headers=headers)


def failing_shop(client: Client, path: str, body: Any = None) -> Ask:
    shops_of(client).web.fails.append(500)
    return at(path, body)


def managed(client: Client, *, fails: bool = False) -> Ask:
    subscribed(client)
    return failing_shop(client, "/v1/billing/manage") if fails else at("/v1/billing/manage")


def purchase(client: Client, *, ended: bool = False) -> str:
    now = utc_now()
    signed_at = now - 2 * MONTH if ended else now
    bought = apple.transaction(str(next(_numbers)), signed_at=signed_at, expires_at=signed_at + MONTH)
    return shops_of(client).phone.sign(bought)


def claim(signed: str) -> Ask:
    return at("/v1/billing/app-store/transactions/claim", {"signedTransactionInfo": signed})


def notification(client: Client, **changes: Any) -> Ask:
    by, now = shops_of(client).phone, utc_now()
    bought = apple.transaction(str(next(_numbers)), signed_at=now, expires_at=now + MONTH)
    told = {**apple.notification(by, "SUBSCRIBED", bought, signed_at=now), **changes}
    return at("/v1/billing/app-store/notifications", {"signedPayload": by.sign(told)})


# --- people who leave -------------------------------------------------------------------------------------------------


def member_of_the_family() -> Provider:
    """A network whose messages about people who leave come signed."""
    return next(one for one in providers.all_providers().values() if one.grant_family == "meta")


def leaving(client: Client, path: str) -> Ask:
    app = client.server.parts.context.settings.provider_app(member_of_the_family())
    assert app is not None
    said = {"algorithm": "HMAC-SHA256", "issued_at": int(time.time()), "user_id": f"10{next(_numbers)}"}
    payload = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    signature = base64.urlsafe_b64encode(signed_requests.sign(payload, app.client_secret)).decode().rstrip("=")
    return at(path.format(network=member_of_the_family().id), data={"signed_request": f"{signature}.{payload}"})


def forgotten(client: Client) -> Ask:
    ask = leaving(client, "/webhooks/meta/data-deletion")
    code = OUTSIDE.post(client.server.url + ask.path, **ask.options).json()["confirmation_code"]
    return at(f"/data-deletion/{code}")


# --- people who sign in elsewhere -------------------------------------------------------------------------------------

ISSUERS: dict[str, Issuer] = {}
"""By the address of the server that believes it."""
NOBODY = {"code": "any", "state": "never-begun"}


def issuer_of(client: Client) -> Issuer:
    return ISSUERS[client.server.url]


def come_back(client: Client, *, begun: bool = True, broken: int | None = None, **claims: Any) -> Ask:
    """Somebody left for Google, and said yes or no there; ``broken`` is what the provider answers from then on."""
    returned, state = dict(NOBODY), NOBODY["state"]
    if begun:
        left = OUTSIDE.get(f"{client.server.url}/auth/google/start", headers=JSON)
        refusal = claims.pop("error", None)
        returned = issuer_of(client).consent(left.json()["url"], **{"email": new_address(), **claims})
        if refusal:
            returned = {"state": returned["state"], "error": refusal}
        state = returned["state"]
        issuer_of(client).broken = broken
    cookie = f"{state_cookie(client.server.parts.context, state)}={state}"
    return at(f"/auth/google/callback?{urlencode(returned)}", headers={**JSON, "Cookie": cookie})


def new_address() -> str:
    return f"newcomer{next(_numbers)}@example.com"


def native(client: Client, *, token: str | None = None, **claims: Any) -> Ask:
    """What an app on a phone got from Apple."""
    made = token if token is not None else issuer_of(client).token(**{"email": new_address(), **claims})
    return at("/auth/mobile/apple/native", {"identityToken": made}, headers=JSON)


def taken_to_the_app(client: Client) -> Ask:
    left = OUTSIDE.get(f"{client.server.url}/auth/mobile/google/start?callbackScheme={SCHEME}", headers=JSON)
    returned = issuer_of(client).consent(left.json()["url"], email=new_address())
    cookie = f"{state_cookie(client.server.parts.context, returned['state'])}={returned['state']}"
    came = OUTSIDE.get(f"{client.server.url}/auth/google/callback?{urlencode(returned)}", headers={"Cookie": cookie})
    OUTSIDE.cookies.clear()
    return at("/auth/mobile/exchange", {"code": parse_qs(urlsplit(came.headers["location"]).query)["code"][0]})


def revoked_key(client: Client) -> str:
    key_id = key(client)
    client.ok("DELETE", f"/v1/keys/{key_id}")
    return key_id


NOWHERE = {"posts": [{"account": "nowhere:nobody", "description": "x", "publish_at": LATER}]}
PLAN = {"plan": "pro", "billingInterval": "monthly"}
QUESTION = {"email": "somebody@example.com", "message": "Which networks can post as a page?"}
NO_IMAGE = {**UPLOAD, "contentBase64": base64.b64encode(b"no picture at all").decode()}
JSON = {"Accept": "application/json"}

SUCCESSES: dict[Key, Arrange] = {
    ("GET", "/health"): plain("/health"),
    ("POST", "/v1/keys/validate"): plain("/v1/keys/validate"),
    ("GET", "/v1/keys"): plain("/v1/keys"),
    ("POST", "/v1/keys"): plain("/v1/keys", {"label": "Scheduler", "kind": "agent"}),
    ("DELETE", "/v1/keys/{keyId}"): lambda client: at(f"/v1/keys/{key(client)}"),
    ("GET", "/v1/me/usage"): plain("/v1/me/usage"),
    ("GET", "/v1/workspace/health"): lambda client: at(published(client) and "/v1/workspace/health"),
    ("GET", "/v1/jobs"): lambda client: at(published(client) and "/v1/jobs"),
    ("POST", "/v1/connections/start"): lambda client: at("/v1/connections/start", hook()),
    ("GET", "/v1/connections"): lambda client: at(connection(client) and "/v1/connections"),
    ("GET", "/v1/connections/health"): lambda client: at(connection(client) and "/v1/connections/health"),
    ("GET", "/v1/connections/{connectionId}"): lambda client: at(f"/v1/connections/{connection(client)}"),
    ("GET", "/v1/connections/{connectionId}/doctor"): lambda client: at(f"/v1/connections/{connection(client)}/doctor"),
    ("GET", "/v1/accounts"): lambda client: at(account(client) and "/v1/accounts?provider=telegram"),
    ("GET", "/v1/accounts/capabilities"): lambda client: at(account(client) and "/v1/accounts/capabilities"),
    ("GET", "/v1/accounts/{accountId}/capabilities"): lambda client: at(f"/v1/accounts/{account(client)}/capabilities"),
    ("GET", "/v1/accounts/{accountId}/settings"): lambda client: at(f"/v1/accounts/{account(client)}/settings"),
    ("GET", "/v1/accounts/{accountId}/actions"): lambda client: at(f"/v1/accounts/{account(client)}/actions"),
    ("POST", "/v1/accounts/{accountId}/actions/{actionId}"): lambda client: at(
        f"/v1/accounts/{account(client)}/actions/publish-preview", {"description": "How will it look?"}
    ),
    ("DELETE", "/v1/accounts/{accountId}"): lambda client: at(f"/v1/accounts/{account(client)}"),
    ("GET", "/oauth/{provider}/callback"): lambda client: callback(client),
    ("GET", "/v1/posts"): lambda client: at(scheduled(client) and "/v1/posts?status=scheduled&limit=5"),
    ("GET", "/v1/posts/{postId}"): lambda client: at(f"/v1/posts/{published(client)}"),
    ("GET", "/v1/posts/{postId}/attempts"): lambda client: at(f"/v1/posts/{published(client)}/attempts"),
    ("POST", "/v1/posts/{postId}/reconcile"): lambda client: at(f"/v1/posts/{published(client)}/reconcile"),
    ("POST", "/v1/posts/validate"): lambda client: at("/v1/posts/validate", single(client.telegram()["handle"])),
    ("POST", "/v1/campaigns/preview"): lambda client: at(
        "/v1/campaigns/preview", {"schedule": campaign(client.telegram()["handle"])}
    ),
    ("POST", "/v1/posts/apply"): lambda client: at("/v1/posts/apply", single(client.telegram()["handle"])),
    ("GET", "/v1/runs/{runId}/status"): lambda client: at(f"/v1/runs/{run(client)}/status"),
    ("GET", "/v1/runs/{runId}/campaign"): lambda client: at(f"/v1/runs/{run(client)}/campaign"),
    ("GET", "/v1/runs/{runId}"): lambda client: at(f"/v1/runs/{run(client)}"),
    ("POST", "/v1/runs/{runId}/publish"): lambda client: at(f"/v1/runs/{run(client, mode='draft')}/publish"),
    ("GET", "/v1/runs/{runId}/table"): lambda client: at(f"/v1/runs/{run(client)}/table"),
    ("POST", "/v1/posts/{postId}/retry"): lambda client: at(f"/v1/posts/{failed(client)}/retry"),
    ("POST", "/v1/posts/{postId}/delete"): lambda client: at(f"/v1/posts/{published(client)}/delete"),
    ("DELETE", "/v1/posts/{postId}"): lambda client: at(f"/v1/posts/{scheduled(client)}"),
    ("POST", "/v1/assets/upload"): plain("/v1/assets/upload", UPLOAD),
    ("POST", "/v1/assets"): plain("/v1/assets", REGISTER),
    ("DELETE", "/v1/assets/{assetId}"): lambda client: at(f"/v1/assets/{asset(client)}", {"retentionDays": 7}),
    ("GET", "/media/{assetId}/{deliveryToken}/{filename}"): lambda client: at(media(client)),
    ("GET", "/media/{assetId}/{deliveryToken}/previews/{filename}"): lambda client: at(media(client, preview=True)),
    ("GET", "/media/posts/{postId}/{position}/{deliveryToken}/{filename}"): lambda client: at(fitted(client)),
    ("GET", "/v1/analytics/posts/{postId}"): lambda client: at(f"/v1/analytics/posts/{measured(client)}"),
    ("GET", "/v1/analytics/accounts/{accountId}"): lambda client: at(f"/v1/analytics/accounts/{account(client)}"),
    ("GET", "/v1/analytics/runs/{runId}"): lambda client: at(
        f"/v1/analytics/runs/{client.post(measured(client))['runId']}"
    ),
    ("POST", "/v1/analytics/refresh"): lambda client: at("/v1/analytics/refresh", {"postId": unmeasured(client)}),
    ("GET", "/v1/dashboard/session"): plain("/v1/dashboard/session"),
    ("GET", "/v1/dashboard/accounts"): lambda client: at(account(client) and "/v1/dashboard/accounts"),
    ("DELETE", "/v1/dashboard/accounts/{accountId}"): lambda client: at(f"/v1/dashboard/accounts/{account(client)}"),
    ("GET", "/v1/dashboard/accounts/{accountId}/publish-settings"): lambda client: at(
        f"/v1/dashboard/accounts/{account(client)}/publish-settings"
    ),
    ("POST", "/v1/dashboard/connections/start"): lambda client: at("/v1/dashboard/connections/start", hook()),
    ("GET", "/v1/dashboard/connections/{connectionId}"): lambda client: at(
        f"/v1/dashboard/connections/{connection(client)}"
    ),
    ("GET", "/v1/dashboard/posts"): lambda client: at(scheduled(client) and "/v1/dashboard/posts?limit=5"),
    ("POST", "/v1/dashboard/posts/{postId}/reconcile"): lambda client: at(
        f"/v1/dashboard/posts/{published(client)}/reconcile"
    ),
    ("PATCH", "/v1/dashboard/posts/{postId}"): lambda client: change(client, scheduled(client)),
    ("DELETE", "/v1/dashboard/posts/{postId}"): lambda client: at(f"/v1/dashboard/posts/{scheduled(client)}"),
    ("GET", "/v1/dashboard/assets"): lambda client: at(asset(client) and "/v1/dashboard/assets"),
    ("DELETE", "/v1/dashboard/assets/{assetId}"): lambda client: at(
        f"/v1/dashboard/assets/{asset(client)}", {"retentionDays": 7}
    ),
    ("POST", "/v1/dashboard/assets/upload"): plain("/v1/dashboard/assets/upload", UPLOAD),
    ("POST", "/v1/dashboard/assets/upload/initiate"): upload_step("initiate"),
    ("POST", "/v1/dashboard/assets/upload/{assetId}/part"): upload_step("part"),
    ("POST", "/v1/dashboard/assets/upload/{assetId}/complete"): upload_step("complete"),
    ("POST", "/v1/dashboard/assets/upload/{assetId}/abort"): upload_step("abort"),
    ("POST", "/v1/dashboard/compose"): lambda client: at(
        "/v1/dashboard/compose", {"account": client.telegram()["handle"], "text": "Composed.", "publishAt": LATER}
    ),
    ("GET", "/v1/dashboard/keys"): plain("/v1/dashboard/keys"),
    ("POST", "/v1/dashboard/keys"): plain("/v1/dashboard/keys", {"label": "Agent key", "kind": "personal"}),
    ("DELETE", "/v1/dashboard/keys/{keyId}"): lambda client: at(f"/v1/dashboard/keys/{key(client)}"),
    ("POST", "/v1/dashboard/keys/{keyId}/rotate"): lambda client: at(f"/v1/dashboard/keys/{key(client)}/rotate"),
    ("POST", "/v1/support/request"): plain("/v1/support/request", QUESTION),
    ("GET", "/v1/billing/state"): plain("/v1/billing/state"),
    ("POST", "/v1/billing/checkout"): plain("/v1/billing/checkout", PLAN),
    ("POST", "/v1/billing/manage"): managed,
    ("GET", "/v1/billing/app-store/account-token"): plain("/v1/billing/app-store/account-token"),
    ("GET", "/v1/billing/app-store/products"): plain("/v1/billing/app-store/products"),
    ("POST", "/v1/billing/app-store/transactions/claim"): lambda client: claim(purchase(client)),
    ("POST", "/v1/billing/webhook"): shop_message,
    ("POST", "/v1/billing/app-store/notifications"): notification,
    ("POST", "/webhooks/meta/deauthorize"): lambda client: leaving(client, "/webhooks/meta/deauthorize"),
    ("POST", "/webhooks/meta/data-deletion"): lambda client: leaving(client, "/webhooks/meta/data-deletion"),
    ("POST", "/webhooks/meta/{network}/deauthorize"): lambda client: leaving(
        client, "/webhooks/meta/{network}/deauthorize"
    ),
    ("POST", "/webhooks/meta/{network}/data-deletion"): lambda client: leaving(
        client, "/webhooks/meta/{network}/data-deletion"
    ),
    ("GET", "/data-deletion/{code}"): forgotten,
    ("GET", "/v1/keys/validate"): plain("/v1/keys/validate"),
    ("POST", "/auth/login"): sign_in,
    ("POST", "/auth/logout"): plain("/auth/logout", signed_in=True),
    ("POST", "/auth/setup"): set_up,
    ("POST", "/auth/join"): join,
    ("GET", "/auth/link/{link}"): lambda client: at(sign_in_link(client)),
    ("GET", "/auth/mobile/google/start"): plain("/auth/mobile/google/start", headers=JSON),
    ("GET", "/auth/mobile/apple/start"): plain("/auth/mobile/apple/start", headers=JSON),
    ("POST", "/auth/mobile/apple/native"): native,
    ("POST", "/auth/mobile/exchange"): taken_to_the_app,
    ("GET", "/auth/{provider}/start"): plain("/auth/google/start", headers=JSON),
    ("GET", "/auth/{provider}/callback"): come_back,
    ("POST", "/auth/{provider}/callback"): plain("/auth/apple/callback", data=NOBODY),
    ("GET", "/openapi.json"): plain("/openapi.json"),
    ("GET", "/schemas/{name}.json"): plain("/schemas/Post.json"),
    ("GET", "/docs/api"): plain("/docs/api"),
    ("GET", "/docs/networks"): plain("/docs/networks"),
}

SERVERS: dict[tuple[str, str, int], str] = {
    ("POST", "/v1/dashboard/assets/upload/initiate", 201): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/initiate", 404): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/initiate", 409): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/initiate", 422): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/initiate", 503): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/{assetId}/part", 200): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/{assetId}/part", 409): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/{assetId}/part", 422): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/{assetId}/complete", 200): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/{assetId}/complete", 409): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/{assetId}/complete", 422): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/{assetId}/complete", 503): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/{assetId}/abort", 200): "taking_parts",
    ("POST", "/v1/dashboard/assets/upload/{assetId}/abort", 409): "taking_parts",
    ("POST", "/auth/setup", 201): "without_people",
    ("POST", "/auth/setup", 410): "without_people",
    ("POST", "/v1/posts/{postId}/retry", 502): "impatient",
    ("POST", "/v1/connections/start", 409): "without_apps",
    ("POST", "/v1/dashboard/connections/start", 409): "without_apps",
    ("POST", "/v1/support/request", 201): "selling",
    ("GET", "/v1/billing/state", 200): "selling",
    ("POST", "/v1/billing/checkout", 200): "selling",
    ("POST", "/v1/billing/checkout", 422): "selling",
    ("POST", "/v1/billing/checkout", 502): "selling",
    ("POST", "/v1/billing/manage", 200): "selling",
    ("POST", "/v1/billing/manage", 502): "selling",
    ("GET", "/v1/billing/app-store/products", 200): "selling",
    ("POST", "/v1/billing/app-store/transactions/claim", 200): "selling",
    ("POST", "/v1/billing/app-store/transactions/claim", 402): "selling",
    ("POST", "/v1/billing/app-store/transactions/claim", 422): "selling",
    ("POST", "/v1/billing/webhook", 200): "selling",
    ("POST", "/v1/billing/webhook", 401): "selling",
    ("POST", "/v1/billing/webhook", 422): "selling",
    ("POST", "/v1/billing/app-store/notifications", 200): "selling",
    ("POST", "/v1/billing/app-store/notifications", 401): "selling",
    ("POST", "/v1/billing/app-store/notifications", 422): "selling",
    ("POST", "/v1/billing/app-store/notifications", 502): "unsure",
    ("POST", "/v1/billing/app-store/transactions/claim", 502): "unsure",
    ("GET", "/auth/mobile/google/start", 200): "open_door",
    ("GET", "/auth/mobile/google/start", 422): "open_door",
    ("GET", "/auth/mobile/google/start", 503): "doubted_door",
    ("GET", "/auth/mobile/apple/start", 200): "open_door",
    ("GET", "/auth/mobile/apple/start", 422): "open_door",
    ("POST", "/auth/mobile/apple/native", 200): "open_door",
    ("POST", "/auth/mobile/apple/native", 401): "open_door",
    ("POST", "/auth/mobile/apple/native", 403): "closed_door",
    ("POST", "/auth/mobile/apple/native", 422): "open_door",
    ("POST", "/auth/mobile/apple/native", 503): "doubted_door",
    ("POST", "/auth/mobile/exchange", 200): "open_door",
    ("GET", "/auth/{provider}/start", 200): "open_door",
    ("GET", "/auth/{provider}/start", 503): "doubted_door",
    ("GET", "/auth/{provider}/callback", 200): "open_door",
    ("GET", "/auth/{provider}/callback", 401): "open_door",
    ("GET", "/auth/{provider}/callback", 403): "closed_door",
    ("GET", "/auth/{provider}/callback", 422): "open_door",
    ("GET", "/auth/{provider}/callback", 502): "open_door",
    ("GET", "/auth/{provider}/callback", 503): "open_door",
}
"""What can be seen only at a server of its own: the fixture that starts it."""

# What follows from an operation's kind has no row here: see ``test_contract``.
ERRORS: dict[tuple[str, str, int], Arrange] = {
    ("POST", "/v1/keys", 422): plain("/v1/keys", {"label": "x" * 201}),
    ("DELETE", "/v1/keys/{keyId}", 409): lambda client: at(f"/v1/keys/{own_key(client)}"),
    ("POST", "/v1/connections/start", 422): plain("/v1/connections/start", {"provider": "nowhere"}),
    ("POST", "/v1/connections/start", 502): offline_start,
    ("POST", "/v1/accounts/{accountId}/actions/{actionId}", 422): lambda client: at(
        f"/v1/accounts/{connected(client, 'pinterest')['id']}/actions/create-board", {"name": 5}
    ),
    ("POST", "/v1/accounts/{accountId}/actions/{actionId}", 502): boards_of_a_silent_network,
    ("GET", "/auth/link/{link}", 404): plain("/auth/link/%5C"),
    ("GET", "/oauth/{provider}/callback", 409): plain("/oauth/x/callback?state=unknown&code=1", headers=JSON),
    ("GET", "/oauth/{provider}/callback", 422): lambda client: callback(client, error="access_denied"),
    ("POST", "/v1/posts/{postId}/reconcile", 422): lambda client: at(
        f"/v1/posts/{scheduled(client)}/reconcile", {"outcome": "maybe"}
    ),
    ("POST", "/v1/posts/{postId}/reconcile", 502): lambda client: at(f"/v1/posts/{in_doubt(client)}/reconcile"),
    ("POST", "/v1/posts/validate", 422): plain("/v1/posts/validate", NOWHERE),
    ("POST", "/v1/campaigns/preview", 409): lambda client: at(
        "/v1/campaigns/preview", single(client.telegram()["handle"])
    ),
    ("POST", "/v1/campaigns/preview", 422): plain("/v1/campaigns/preview", campaign("nowhere:nobody")),
    ("POST", "/v1/posts/apply", 422): plain("/v1/posts/apply", NOWHERE),
    ("GET", "/v1/runs/{runId}/campaign", 409): lambda client: at(f"/v1/runs/{single_run(client)}/campaign"),
    ("POST", "/v1/runs/{runId}/publish", 409): lambda client: at(f"/v1/runs/{run(client)}/publish"),
    ("POST", "/v1/posts/{postId}/retry", 409): lambda client: at(f"/v1/posts/{scheduled(client)}/retry"),
    ("POST", "/v1/posts/{postId}/retry", 502): lambda client: at(f"/v1/posts/{given_up(client)}/retry"),
    ("POST", "/v1/posts/{postId}/delete", 409): lambda client: at(f"/v1/posts/{scheduled(client)}/delete"),
    ("POST", "/v1/posts/{postId}/delete", 422): lambda client: refused_deletion(client, "unauthorized"),
    ("POST", "/v1/posts/{postId}/delete", 502): lambda client: refused_deletion(client, "server_error"),
    ("DELETE", "/v1/posts/{postId}", 409): lambda client: at(f"/v1/posts/{canceled(client)}"),
    ("POST", "/v1/assets/upload", 422): plain("/v1/assets/upload", NO_IMAGE),
    ("POST", "/v1/assets", 422): plain("/v1/assets", {"publicUrl": "https://example.com/a.png"}),
    ("GET", "/media/{assetId}/{deliveryToken}/{filename}", 416): lambda client: at(
        media(client), headers={"Range": "bytes=999999-"}
    ),
    ("GET", "/media/{assetId}/{deliveryToken}/previews/{filename}", 416): lambda client: at(
        media(client, preview=True), headers={"Range": "bytes=999999-"}
    ),
    ("GET", "/media/posts/{postId}/{position}/{deliveryToken}/{filename}", 416): lambda client: at(
        fitted(client), headers={"Range": "bytes=999999-"}
    ),
    ("GET", "/v1/analytics/posts/{postId}", 422): lambda client: at(
        f"/v1/analytics/posts/{scheduled(client)}?window=1h"
    ),
    ("GET", "/v1/analytics/accounts/{accountId}", 422): lambda client: at(
        f"/v1/analytics/accounts/{account(client)}?window=1h"
    ),
    ("GET", "/v1/analytics/runs/{runId}", 422): lambda client: at(f"/v1/analytics/runs/{run(client)}?window=1h"),
    ("POST", "/v1/analytics/refresh", 404): plain("/v1/analytics/refresh", {"postId": "none"}),
    ("POST", "/v1/analytics/refresh", 409): lambda client: at("/v1/analytics/refresh", {"postId": scheduled(client)}),
    ("POST", "/v1/analytics/refresh", 422): plain("/v1/analytics/refresh", {"postId": "any", "window": "1h"}),
    ("POST", "/v1/analytics/refresh", 502): lambda client: silent(client, unmeasured(client)),
    ("GET", "/oauth/{provider}/callback", 500): plain("/oauth/x/callback?state=any&code=1", headers=JSON),
    ("POST", "/v1/connections/start", 409): plain("/v1/connections/start", {"provider": "x"}),
    ("POST", "/v1/dashboard/connections/start", 409): plain("/v1/dashboard/connections/start", {"provider": "x"}),
    ("POST", "/v1/dashboard/connections/start", 422): plain("/v1/dashboard/connections/start", {"provider": "nowhere"}),
    ("POST", "/v1/dashboard/connections/start", 502): lambda client: replace(
        offline_start(client), path="/v1/dashboard/connections/start"
    ),
    ("POST", "/v1/dashboard/posts/{postId}/reconcile", 422): lambda client: at(
        f"/v1/dashboard/posts/{scheduled(client)}/reconcile", {"outcome": "maybe"}
    ),
    ("POST", "/v1/dashboard/posts/{postId}/reconcile", 502): lambda client: at(
        f"/v1/dashboard/posts/{in_doubt(client)}/reconcile"
    ),
    ("PATCH", "/v1/dashboard/posts/{postId}", 409): lambda client: change(client, canceled(client)),
    ("PATCH", "/v1/dashboard/posts/{postId}", 422): lambda client: change(
        client, scheduled(client), account="nowhere:nobody"
    ),
    ("DELETE", "/v1/dashboard/posts/{postId}", 409): lambda client: at(f"/v1/dashboard/posts/{canceled(client)}"),
    ("DELETE", "/v1/dashboard/posts/{postId}", 422): lambda client: refused_removal(client, "unauthorized"),
    ("DELETE", "/v1/dashboard/posts/{postId}", 502): lambda client: refused_removal(client, "server_error"),
    ("POST", "/v1/dashboard/assets/upload", 422): plain("/v1/dashboard/assets/upload", NO_IMAGE),
    ("POST", "/v1/dashboard/assets/upload/initiate", 404): upload_step("initiate", uploadId="up_none"),
    ("POST", "/v1/dashboard/assets/upload/initiate", 409): upload_step("initiate", then="aborted", uploadId=SAME),
    ("POST", "/v1/dashboard/assets/upload/initiate", 422): upload_step("initiate", size=0),
    ("POST", "/v1/dashboard/assets/upload/initiate", 503): upload_step("initiate", then="down"),
    ("POST", "/v1/dashboard/assets/upload/{assetId}/part", 409): upload_step("part", then="aborted"),
    ("POST", "/v1/dashboard/assets/upload/{assetId}/part", 422): upload_step("part", partNumber=2),
    ("POST", "/v1/dashboard/assets/upload/{assetId}/complete", 409): upload_step("complete", then="aborted"),
    ("POST", "/v1/dashboard/assets/upload/{assetId}/complete", 422): upload_step("complete", parts=[]),
    ("POST", "/v1/dashboard/assets/upload/{assetId}/complete", 503): upload_step("complete", then="down"),
    ("POST", "/v1/dashboard/assets/upload/{assetId}/abort", 409): upload_step("abort", then="completed"),
    ("POST", "/v1/dashboard/compose", 422): plain(
        "/v1/dashboard/compose", {"account": "nowhere:nobody", "text": "x", "publishAt": LATER}
    ),
    ("POST", "/v1/dashboard/keys", 422): plain("/v1/dashboard/keys", {"label": "x" * 201}),
    ("POST", "/v1/dashboard/keys/{keyId}/rotate", 409): lambda client: at(
        f"/v1/dashboard/keys/{revoked_key(client)}/rotate"
    ),
    ("POST", "/v1/support/request", 422): plain("/v1/support/request", {**QUESTION, "email": None}),
    ("POST", "/v1/billing/checkout", 409): plain("/v1/billing/checkout", PLAN),
    ("POST", "/v1/billing/checkout", 422): plain("/v1/billing/checkout", {**PLAN, "plan": "golden"}),
    ("POST", "/v1/billing/checkout", 502): lambda client: failing_shop(client, "/v1/billing/checkout", PLAN),
    ("POST", "/v1/billing/manage", 409): plain("/v1/billing/manage"),
    ("POST", "/v1/billing/manage", 502): lambda client: managed(client, fails=True),
    ("POST", "/v1/billing/app-store/transactions/claim", 402): lambda client: claim(purchase(client, ended=True)),
    ("POST", "/v1/billing/app-store/transactions/claim", 409): lambda client: claim("any"),
    ("POST", "/v1/billing/app-store/transactions/claim", 422): lambda client: claim("nothing that Apple signed"),
    ("POST", "/v1/billing/webhook", 401): lambda client: signed_by_the_shop(b"{}", "0" * 64),
    ("POST", "/v1/billing/webhook", 409): lambda client: signed_by_the_shop(b"{}"),
    ("POST", "/v1/billing/webhook", 422): lambda client: signed_by_the_shop(b"[]"),
    ("POST", "/v1/billing/webhook", 500): shop_message,
    ("POST", "/v1/billing/app-store/notifications", 401): plain(
        "/v1/billing/app-store/notifications", {"signedPayload": "nothing that Apple signed"}
    ),
    ("POST", "/v1/billing/app-store/notifications", 409): plain("/v1/billing/app-store/notifications", {}),
    ("POST", "/v1/billing/app-store/notifications", 422): lambda client: notification(client, notificationUUID=None),
    ("POST", "/v1/billing/app-store/notifications", 500): notification,
    ("POST", "/v1/billing/app-store/notifications", 502): notification,
    ("POST", "/v1/billing/app-store/transactions/claim", 502): lambda client: claim(purchase(client)),
    ("POST", "/webhooks/meta/{network}/deauthorize", 500): lambda client: leaving(
        client, "/webhooks/meta/{network}/deauthorize"
    ),
    ("POST", "/webhooks/meta/{network}/data-deletion", 500): lambda client: leaving(
        client, "/webhooks/meta/{network}/data-deletion"
    ),
    ("GET", "/auth/mobile/google/start", 409): plain(
        "/auth/mobile/google/start?callbackScheme=socialclaw", headers=JSON
    ),
    ("GET", "/auth/mobile/google/start", 422): plain("/auth/mobile/google/start?callbackScheme=https", headers=JSON),
    ("GET", "/auth/mobile/google/start", 500): plain("/auth/mobile/google/start", headers=JSON),
    ("GET", "/auth/mobile/google/start", 503): plain("/auth/mobile/google/start", headers=JSON),
    ("GET", "/auth/mobile/apple/start", 409): plain("/auth/mobile/apple/start?callbackScheme=socialclaw", headers=JSON),
    ("GET", "/auth/mobile/apple/start", 422): plain("/auth/mobile/apple/start?callbackScheme=https", headers=JSON),
    ("GET", "/auth/mobile/apple/start", 500): plain("/auth/mobile/apple/start", headers=JSON),
    ("POST", "/auth/mobile/apple/native", 401): lambda client: native(client, token="nothing that Apple signed"),
    ("POST", "/auth/mobile/apple/native", 403): native,
    ("POST", "/auth/mobile/apple/native", 409): lambda client: native(client, token="any"),
    ("POST", "/auth/mobile/apple/native", 422): lambda client: native(client, token=""),
    ("POST", "/auth/mobile/apple/native", 500): native,
    ("POST", "/auth/mobile/apple/native", 503): native,
    ("POST", "/auth/mobile/exchange", 401): plain("/auth/mobile/exchange", {"code": "made-up"}),
    ("GET", "/auth/{provider}/start", 409): plain("/auth/google/start", headers=JSON),
    ("GET", "/auth/{provider}/start", 500): plain("/auth/google/start", headers=JSON),
    ("GET", "/auth/{provider}/start", 503): plain("/auth/google/start", headers=JSON),
    ("GET", "/auth/{provider}/callback", 401): lambda client: come_back(client, nonce="of another sign-in"),
    ("GET", "/auth/{provider}/callback", 403): come_back,
    ("GET", "/auth/{provider}/callback", 409): lambda client: come_back(client, begun=False),
    ("GET", "/auth/{provider}/callback", 422): lambda client: come_back(client, email=None),
    ("GET", "/auth/{provider}/callback", 500): lambda client: come_back(client, begun=False),
    ("GET", "/auth/{provider}/callback", 502): lambda client: come_back(client, error="server_error"),
    ("GET", "/auth/{provider}/callback", 503): lambda client: come_back(client, broken=500),
    ("POST", "/auth/login", 401): plain("/auth/login", {"email": "nobody@example.com", "password": PASSWORD}),
    ("POST", "/auth/login", 429): sign_in_too_often,
    ("POST", "/auth/logout", 500): plain("/auth/logout", signed_in=True),
    ("POST", "/auth/join", 409): invited_somebody_known,
    ("POST", "/auth/join", 410): lambda client: join(client, token="made-up"),
    ("POST", "/auth/join", 422): lambda client: join(client, password="short"),
    ("POST", "/auth/setup", 409): lambda client: person(client) and set_up(client),
    ("POST", "/auth/setup", 410): lambda client: set_up(client, token="made-up"),
    ("POST", "/auth/setup", 422): lambda client: set_up(client, password="short"),
}
