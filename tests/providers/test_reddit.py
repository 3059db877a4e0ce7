"""Reddit's flows by hand."""

from __future__ import annotations

from typing import Any

import pytest

from providers.contract import Absent, App, AssetUrl, Credential, Doubt, Effect, Found, Kind, Request, Verdict
from providers.reddit import PROVIDER, link_flair_options, reconcile, subreddit_targets, title_and_text
from tests.networks.samples import Sample, Shape

from .flows import drive, response
from .jobs import NOW, account, draft, image, job, parsed, refused
from .rows import reddit as reddit_rows

ROWS = (reddit_rows.ROWS,)
SAMPLES = (
    Sample(
        provider="reddit",
        handle="reddit:user:",
        shapes=(
            Shape(name="self post", title="A title", settings={"subreddit": "sandbox"}),
            Shape(name="link post", title="A title", text="", media=("png",), settings={"subreddit": "pictures_only"}),
            Shape(name="with flair", settings={"subreddit": "r/flaired", "flairId": "f1a1r-0001"}),
        ),
    ),
)

WRITER = account(PROVIDER, "2abc", name="writer")
SETTINGS = {"subreddit": "sandbox", "sendReplies": True, "nsfw": False, "spoiler": True, "flairId": None}
DONE = response(200, {"json": {"errors": [], "data": {"id": "x1", "name": "t3_x1", "url": "https://r/x1"}}})


def test_words_become_a_self_post_and_a_file_a_link() -> None:
    flow = PROVIDER.publish(job(PROVIDER, of=WRITER, title="A title", settings=SETTINGS))
    calls, published = drive(flow, {"submit": DONE}, provider=PROVIDER)
    form = calls[0].request.form
    assert calls[0].effect is Effect.ONCE
    assert (form["kind"], form["title"], form["text"], form["spoiler"]) == (
        "self",
        "A title",
        "Hello, readers.",
        "true",
    )
    assert (published.id, published.url) == ("t3_x1", "https://r/x1")
    flow = PROVIDER.publish(job(PROVIDER, image(), of=WRITER, settings={**SETTINGS, "flairId": "f1"}))
    calls, _ = drive(flow, {"submit": DONE}, provider=PROVIDER)
    form = calls[0].request.form
    assert (form["kind"], form["url"], form["flair_id"]) == ("link", AssetUrl(0), "f1")


@pytest.mark.parametrize(
    ("title", "body", "found"),
    [
        ("Given", "Body", ("Given", "Body")),
        ("", "First line\n\nAnd the rest", ("First line", "And the rest")),
        ("", "x" * 400, ("x" * 300, "x" * 400)),
    ],
)
def test_without_a_title_the_first_line_is_it(title: str, body: str, found: tuple[str, str]) -> None:
    assert title_and_text(title, body) == found


def test_who_asks_names_itself_everywhere() -> None:
    signed = PROVIDER.sign(Request("GET", "/api/v1/me"), Credential({"access_token": "t"}), App())
    assert signed.headers["User-Agent"].startswith("web:socialclaw")
    assert PROVIDER.connect.token_headers["User-Agent"] == signed.headers["User-Agent"]  # type: ignore[union-attr]


ROW = {
    "name": "t3_x1",
    "subreddit": "Sandbox",
    "title": "Hello, readers.",
    "created_utc": NOW.timestamp() + 3,
    "author": "writer",
    "permalink": "/r/sandbox/x1",
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, True),
        ({"title": "Another"}, False),
        ({"subreddit": "elsewhere"}, False),
        ({"author": "[deleted]"}, False),
        ({"created_utc": NOW.timestamp() - 3600}, False),
    ],
)
def test_a_lost_answer_is_looked_up_among_the_newest(change: dict[str, Any], found: bool) -> None:
    listing = response(200, {"data": {"children": [{"kind": "t3", "data": {**ROW, **change}}]}})
    flow = reconcile(job(PROVIDER, of=WRITER, settings=SETTINGS), Doubt(step="submit", intended_at=NOW, answers={}))
    calls, outcome = drive(flow, {"submitted": listing})
    assert calls[0].request.path == "/user/writer/submitted"
    assert isinstance(outcome, Found if found else Absent)


def in_a_200(name: str, said: str = "said") -> Any:
    return response(200, {"json": {"errors": [[name, said, "field"]]}})


@pytest.mark.parametrize(
    ("answer", "kind", "verdict"),
    [
        (in_a_200("SUBREDDIT_NOEXIST"), Kind.INVALID_CONTENT, Verdict.REFUSED),
        (in_a_200("RATELIMIT", "try again in 5 minutes."), Kind.RATE_LIMITED, Verdict.REFUSED),
        (response(401, {"message": "Unauthorized"}), Kind.AUTH, Verdict.REFUSED),
        (response(403, {"reason": "private", "message": "Forbidden"}), Kind.PERMISSION, Verdict.REFUSED),
        (response(403, text="<html>blocked</html>"), Kind.UNAVAILABLE, Verdict.REFUSED),
        (response(404, {"message": "Not Found"}), Kind.NOT_FOUND, Verdict.REFUSED),
        (response(429, headers={"x-ratelimit-reset": "30"}), Kind.RATE_LIMITED, Verdict.REFUSED),
        (response(400, {"reason": "SUBMIT_VALIDATION_TITLE"}), Kind.INVALID_CONTENT, Verdict.REFUSED),
        (response(502), Kind.UNAVAILABLE, Verdict.UNKNOWN),
    ],
)
def test_what_errors_mean(answer: Any, kind: Kind, verdict: Verdict) -> None:
    problem = PROVIDER.read_error(answer)
    assert problem is not None
    assert (problem.kind, problem.verdict) == (kind, verdict)


@pytest.mark.parametrize(("said", "seconds"), [("in 5 minutes.", 301.0), ("in 9 seconds.", 10.0), ("later", 600.0)])
def test_how_long_to_wait_is_read_from_the_sentence(said: str, seconds: float) -> None:
    problem = PROVIDER.read_error(in_a_200("RATELIMIT", f"try again {said}"))
    assert problem is not None
    assert problem.retry_after == seconds


def test_discovery() -> None:
    child = {"data": {"display_name": "sandbox", "title": "Try", "subscribers": 4, "link_flair_enabled": True}}
    listing = response(200, {"data": {"after": "t5_x", "children": [child]}})
    _, found = drive(subreddit_targets(WRITER, PROVIDER.actions[0].input()), {"mine": listing})  # type: ignore[arg-type]
    assert found["listing"] == {"after": "t5_x"}
    assert found["subreddits"][0]["name"] == "sandbox"
    wanted = PROVIDER.actions[2].input(subreddit="r/sandbox")
    flow = link_flair_options(WRITER, wanted)  # type: ignore[arg-type]
    _, found = drive(flow, {"flairs": response(403, {"message": "Forbidden"})}, provider=PROVIDER)
    assert (found["available"], found["subreddit"]) == (False, "sandbox")


def test_settings() -> None:
    drafted = draft(PROVIDER)
    assert parsed(PROVIDER, drafted, subreddit="/r/Sandbox/")["subreddit"] == "Sandbox"
    assert parsed(PROVIDER, drafted) == "reddit_subreddit_required"
    assert parsed(PROVIDER, drafted, subreddit="r/") == "reddit_subreddit_required"
    assert parsed(PROVIDER, drafted, subreddit="a", flairText="x") == "reddit_flair_id_required"
    assert parsed(PROVIDER, drafted, subreddit="a", title="x") == "reddit_settings_unsupported"


def test_what_is_refused_before_it_is_sent() -> None:
    assert refused(PROVIDER, draft(PROVIDER, "image", "image")) == "provider_multi_asset_unsupported"
    assert refused(PROVIDER, draft(PROVIDER, interaction="reply")) == "reddit_interaction_unsupported"
    assert refused(PROVIDER, draft(PROVIDER, "other")) is None
