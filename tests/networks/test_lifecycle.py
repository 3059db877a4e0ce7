"""Connect, look, check, post, ask, measure, delete, disconnect: every network over HTTP, in every shape it takes.

The last test writes what was found as a table to ``build/networks.md``.
"""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

import providers
from backend import analytics
from backend.context import own_connections
from socialclaw_app.sandbox import networks
from socialclaw_app.sandboxed import logins
from tests.api.conftest import Client

from . import media
from .consent import leave
from .samples import NO, YES, Sample, Shape, samples

pytestmark = pytest.mark.slow

TABLE = Path(__file__).resolve().parents[2] / "build" / "networks.md"
FOUND: dict[str, dict[str, str]] = {}


def test_every_network_that_has_a_copy_has_its_sample() -> None:
    assert {sample.provider for sample in samples().values()} == set(providers.all_providers()) & set(networks())


@pytest.mark.parametrize("name", samples())
def test_a_network_does_all_it_offers(client: Client, name: str) -> None:
    sample = samples()[name]
    row = FOUND[sample.name] = {}
    account = connected(client, sample)
    row["connect"] = YES
    assert account["handle"].startswith(sample.handle)
    [capability] = client.ok("GET", f"/v1/accounts/{account['id']}/capabilities")["capabilities"]
    assert "supported" in client.ok("GET", f"/v1/accounts/{account['id']}/settings")["publishSettings"]
    published = [post_one(client, account, sample, shape) for shape in sample.shapes]
    row["published"] = ", ".join(shape.name for shape in sample.shapes)
    row["reconcile"] = reconciled(client, published[0])
    row["delete"] = deleted(client, sample, published[-1])
    row["post metrics"] = measured(client.ok("POST", "/v1/analytics/refresh", {"postId": published[0]["id"]}))
    row["account metrics"] = measured(account_figures(client, account["id"]))
    assert {name: row[name] for name in ("reconcile", "delete", "post metrics", "account metrics")} == {
        "reconcile": sample.reconcile,
        "delete": sample.delete,
        "post metrics": sample.post_metrics,
        "account metrics": sample.account_metrics,
    }
    assert capability["reconcile"]["supported"] is (sample.reconcile == YES)
    assert capability["delete"]["supported"] is (sample.delete == YES)
    client.ok("DELETE", f"/v1/accounts/{account['id']}")
    assert account["id"] not in {one["id"] for one in client.ok("GET", "/v1/accounts")["accounts"]}
    row["disconnect"] = YES


def test_what_was_found_is_written_down() -> None:
    assert set(FOUND) == set(samples()), "run the whole file"
    names = list(next(iter(FOUND.values())))
    rows = [[id, *(row.get(name, "failed") for name in names)] for id, row in sorted(FOUND.items())]
    lines = [f"| {' | '.join(cells)} |" for cells in (["network", *names], ["---"] * (len(names) + 1), *rows)]
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text("\n".join(lines) + "\n")


# --- connecting ------------------------------------------------------------------------------------------------------


def connected(client: Client, sample: Sample) -> dict[str, Any]:
    """The account that posts go to first, connected as a person does it."""
    pasted = logins(client.server.parts.context.settings).get(sample.provider)
    if pasted and not sample.consent:
        return client.connect(sample.provider, **pasted[0])
    started = client.ok("POST", "/v1/connections/start", {"provider": sample.provider})["connection"]
    split = urlsplit(leave(started["authorizeUrl"], sample.user))
    assert f"{split.scheme}://{split.netloc}" == client.server.url
    back = client.http.get(f"{split.path}?{split.query}", headers={"Accept": "application/json"})
    return back.json()["account"]


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
