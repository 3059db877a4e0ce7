"""Posts whose files a network fetches are refused while nobody outside can fetch them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from backend import draft_fits, reachability
from backend.context import Context
from backend.http import Outgoing
from providers.contract import Draft, DraftAsset, MediaFacts

PICTURE = DraftAsset(key="a", url="https://me.example/media/a.jpg", kind="image", extension="jpg")


def draft(provider: str, *assets: DraftAsset) -> Draft:
    return Draft(
        provider=provider,
        account_type="",
        handle="",
        title="",
        body="",
        text="",
        assets=assets,
        settings={},
        interaction="post",
        parent=None,
    )


def told(context: Context, address: str, environment: str = "live") -> str | None:
    settings = replace(context.settings, public_base_url=address, environment=environment)
    return context.db.read_now(reachability.reason, settings)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8765", "https://10.0.0.7", "https://desk", "https://nas.local"])
def test_an_address_of_this_network_is_known_to_be_out_of_reach(context: Context, address: str) -> None:
    assert "SOCIALCLAW_PUBLIC_BASE_URL" in (told(context, address) or "")
    assert told(context, address, "sandbox") is None


def test_networks_fetch_over_https_only(context: Context) -> None:
    assert "https" in (told(context, "http://social.example.com") or "")
    assert told(context, "https://social.example.com") is None


def test_only_posts_whose_files_are_fetched_are_refused() -> None:
    assert reachability.issue_of(draft("instagram", PICTURE), None) is None
    found = reachability.issue_of(draft("instagram", PICTURE), "it is hidden.")
    assert found is not None
    assert (found.code, found.details["reason"]) == ("media_not_reachable", "it is hidden.")
    assert reachability.issue_of(draft("linkedin", PICTURE), "it is hidden.") is None


def test_a_file_that_is_made_to_fit_is_fetched_from_here_wherever_it_stood_before() -> None:
    facts = MediaFacts(kind="image", mime="image/webp", extension="webp", width=900, height=900)
    ours = replace(PICTURE, facts=facts, extension="webp")
    elsewhere = replace(PICTURE, url="https://files.example/a.webp", extension="webp")

    for asset in (ours, elsewhere):
        found = reachability.issue_of(draft_fits.sent(draft("instagram", asset)), "it is hidden.")
        assert found is not None
        assert found.code == "media_not_reachable"


@pytest.fixture
def somebody() -> Iterator[str]:
    """A server that is not ours, until it says that it is."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"service": self.server.service}).encode()  # type: ignore[attr-defined]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.service = "another"  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


async def test_what_was_found_out_is_remembered_and_asked_again(
    context: Context, somebody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"http://{somebody}"
    monkeypatch.setattr(reachability, "_hidden", lambda address: None)
    async with Outgoing(allow_private_hosts=[somebody]) as http:
        settings = replace(context.settings, public_base_url=address, environment="live")
        asking = replace(context, settings=settings, http=http)
        await reachability.look(asking)
        assert "not this server" in (told(context, address) or "")
        assert told(context, "https://elsewhere.example.com") is None
    async with Outgoing() as http:
        later = replace(asking, http=http, now=lambda: context.now() + reachability.ASK_FAILED_EVERY)
        await reachability.look(later)
        assert "failed" in (told(context, address) or "")
