"""Connect, look, check, post, ask, measure, delete, disconnect: every network over HTTP, in every shape it takes."""

from __future__ import annotations

import asyncio
import html
import re
import uuid
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

import providers
from backend import analytics
from backend.context import own_connections
from providers.contract import OAuth2
from tests.api.conftest import Client

from . import media
from .samples import NO, SAMPLES, YES, Sample, Shape

BY_ID = {sample.provider: sample for sample in SAMPLES}
MANUAL = {id for id, provider in providers.all_providers().items() if not isinstance(provider.connect, OAuth2)}


def test_every_network_that_is_connected_by_consent_has_its_samples() -> None:
    assert set(BY_ID) == set(providers.all_providers()) - MANUAL


@pytest.mark.parametrize("id", BY_ID)
def test_a_network_does_all_it_offers(client: Client, id: str) -> None:
    sample = BY_ID[id]
    account = consent(client, sample)
    assert account["handle"].startswith(sample.handle)
    [capability] = client.ok("GET", f"/v1/accounts/{account['id']}/capabilities")["capabilities"]
    assert "supported" in client.ok("GET", f"/v1/accounts/{account['id']}/settings")["publishSettings"]
    published = [post_one(client, account, sample, shape) for shape in sample.shapes]
    row = {
        "reconcile": reconciled(client, published[0]),
        "delete": deleted(client, sample, published[-1]),
        "post metrics": measured(client.ok("POST", "/v1/analytics/refresh", {"postId": published[0]["id"]})),
        "account metrics": measured(account_figures(client, account["id"])),
    }
    assert row == {
        "reconcile": sample.reconcile,
        "delete": sample.delete,
        "post metrics": sample.post_metrics,
        "account metrics": sample.account_metrics,
    }
    assert capability["reconcile"]["supported"] is (sample.reconcile == YES)
    assert capability["delete"]["supported"] is (sample.delete == YES)
    client.ok("DELETE", f"/v1/accounts/{account['id']}")
    assert account["id"] not in {one["id"] for one in client.ok("GET", "/v1/accounts")["accounts"]}


# --- connecting ------------------------------------------------------------------------------------------------------


def consent(client: Client, sample: Sample, press: str | None = None) -> dict[str, Any]:
    """The account that posts go to first, connected as a person does it in a browser."""
    return returned(client, sample, press)["account"]


def returned(client: Client, sample: Sample, press: str | None = None) -> dict[str, Any]:
    started = client.ok("POST", "/v1/connections/start", {"provider": sample.provider})["connection"]
    return come_back(client, leave(started["authorizeUrl"], sample.user if press is None else press)).json()


def leave(address: str, user: str) -> str:
    """Open the network's page, press a button of it, and tell where that leads."""
    with httpx2.Client(timeout=20) as browser:
        shown = browser.get(address)
        assert shown.status_code == 200, shown.text
        fields = re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', shown.text)
        form = {html.unescape(name): html.unescape(value) for name, value in fields}
        people = [html.unescape(name) for name in re.findall(r'name="user" value="(.*?)"', shown.text)]
        back = browser.post(address, data={**form, "user": user or people[0]})
        assert back.status_code in (302, 303), back.text
        return back.headers["location"]


def come_back(client: Client, location: str) -> httpx2.Response:
    assert location.startswith(client.server.url)
    split = urlsplit(location)
    return client.http.get(f"{split.path}?{split.query}", headers={"Accept": "application/json"})


# --- posting ---------------------------------------------------------------------------------------------------------


def entry_of(client: Client, account: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """What is sent to the API: a text nobody wrote before, and files."""
    text = f"{shape.text} {uuid.uuid4().hex[:8]}" if shape.text else ""
    assets = [client.upload(content, name, mime=mime) for content, name, mime in map(media.of, shape.media)]
    return {
        "account": account["handle"],
        "name": shape.title,
        "description": text,
        "settings": dict(shape.settings),
        "assets": [{"id": asset["id"], "altText": "A picture"} for asset in assets],
    }


def post_one(client: Client, account: dict[str, Any], sample: Sample, shape: Shape) -> dict[str, Any]:
    entry = entry_of(client, account, shape)
    checked = client.ok("POST", "/v1/posts/validate", {"posts": [entry]})
    assert checked["ok"] is True, (shape.name, checked)
    applied = client.apply(entry)["posts"][0]
    post = client.over(applied["id"])
    assert post["status"] == "published", (shape.name, post["status"], post.get("errorCode"), post.get("error"))
    seen = [one for one in received(client, sample.provider) if one["id"] == post["providerPostId"]]
    assert len(seen) == 1, (shape.name, post["providerPostId"])
    assert len(seen[0]["media"]) == len(shape.media)
    if shape.text:
        assert entry["description"] in f"{seen[0]['text']} {seen[0].get('body', '')} {seen[0].get('title', '')}"
    return post


def received(client: Client, network: str) -> list[dict[str, Any]]:
    return httpx2.get(f"{client.server.sandbox.url}/_/{network}/received").json()


# --- afterwards ------------------------------------------------------------------------------------------------------


def reconciled(client: Client, post: dict[str, Any]) -> str:
    found = client.ok("POST", f"/v1/posts/{post['id']}/reconcile")["post"]
    assert found["status"] == "published"
    return {"confirmed": YES, "unsupported": NO}.get(found["reconciliationStatus"], str(found["reconciliationStatus"]))


def deleted(client: Client, sample: Sample, post: dict[str, Any]) -> str:
    answer = client.send("POST", f"/v1/posts/{post['id']}/delete")
    if not answer.is_success:
        return NO if answer.json()["code"] == "provider_delete_unsupported" else answer.text
    gone = [one for one in received(client, sample.provider) if one["id"] == post["providerPostId"]]
    return YES if all(one["deleted"] for one in gone) else "the post is still there"


def account_figures(client: Client, account_id: str) -> dict[str, Any]:
    """No route asks for these; the program does so by itself once a day."""
    context = client.server.parts.context

    async def ask() -> dict[str, Any]:
        async with own_connections(context) as own:
            return await analytics.refresh_account(own, client.actor, account_id, window="lifetime")

    asyncio.run(ask())
    return client.ok("GET", f"/v1/analytics/accounts/{account_id}")


def measured(answer: dict[str, Any]) -> str:
    found = answer["analytics"]
    if not found["supported"]:
        assert found["message"]
        return NO
    known = [value for value in found["metrics"].values() if value is not None]
    return YES if known else "supported, but no figure"
