"""X's flows by hand, its requests against the official OpenAPI document, its errors one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers import infer, x
from providers.contract import (
    Absent,
    App,
    AssetBytes,
    Credential,
    Doubt,
    Draft,
    DraftAsset,
    Effect,
    FlowError,
    Found,
    Issue,
    Job,
    JobAccount,
    JobAsset,
    Kind,
    OAuth2,
    Poll,
    PublishedPost,
    Request,
    Response,
    Scope,
    Verdict,
    Wait,
    Warn,
    first,
)
from providers.x import PROVIDER
from tests.networks.samples import IMAGE, IMAGES, TEXT, VIDEO, Sample
from tests.providers.flows import drive, response
from tests.specs import OpenApi, load

from .rows import x as x_rows

ROWS = (x_rows.ROWS,)
SAMPLES = (Sample(provider="x", handle="x:@", shapes=(TEXT, IMAGE, IMAGES, VIDEO)),)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOCUMENT = OpenApi(load("x/openapi.trimmed.json"))
ALICE = JobAccount(external_id="2244994945", handle="x:@alice", account_type="x_user", meta={"username": "alice"})
MIB = 1024**2


def job(**changes: Any) -> Job:
    given: dict[str, Any] = {
        "post_id": "post_1",
        "generation": 1,
        "account": ALICE,
        "title": "",
        "body": "",
        "text": "Hello, readers.",
        "assets": (),
        "settings": {},
        "interaction": "post",
        "parent_id": None,
        "started_at": NOW,
        "constants": PROVIDER.constants,
    }
    return Job(**(given | changes))


def image(position: int = 0, **changes: Any) -> JobAsset:
    given: dict[str, Any] = {
        "position": position,
        "kind": "image",
        "mime": "image/png",
        "filename": f"{position}.png",
        "size": 10,
        "url": "",
        "sha256": "ab" * 32,
    }
    return JobAsset(**(given | changes))


def film(size: int = 9 * MIB, **changes: Any) -> JobAsset:
    return image(kind="video", mime="video/mp4", filename="film.mp4", size=size, **changes)


def data(value: Any, status: int = 200) -> Response:
    return response(status, {"data": value})


def problem(status: int, detail: str = "", kind: str = "about:blank", **more: Any) -> Response:
    kind = kind if kind == "about:blank" else f"https://api.x.com/2/problems/{kind}"
    return response(status, {"title": "Error", "detail": detail, "type": kind, "status": status, **more})


CREATED = data({"id": "1860000000000000007", "text": "Hello", "edit_history_post_ids": ["1860000000000000007"]}, 201)


def uploaded(id: str = "77") -> Response:
    return data({"id": id, "media_key": f"3_{id}", "expires_after_secs": 86400})


def processing(state: str, **more: Any) -> Response:
    return data({"id": "77", "processing_info": {"state": state, "check_after_secs": 2, **more}})


FILM_ANSWERS = {
    "video-0-begin": uploaded(),
    "video-0-part-0": data({"expires_at": "1"}),
    "video-0-part-1": data({"expires_at": "1"}),
    "video-0-part-2": data({"expires_at": "1"}),
}


def judged(request: Request) -> list[str]:
    """The official document's complaints about what would be sent."""
    body, content_type = request.json, "application/json"
    if request.parts is not None:
        content_type = "multipart/form-data"
        body = {
            part.name: "bytes" if isinstance(part.value, AssetBytes) else _from_form(part.name, part.value)
            for part in request.parts
        }
    return DOCUMENT.request_errors(
        request.method, request.path, query=request.params, body=body, content_type=content_type
    )


def _from_form(name: str, value: Any) -> Any:
    return int(value) if name == "segment_index" else value


def post(**changes: Any) -> PublishedPost:
    given: dict[str, Any] = {"id": "1860000000000000007", "url": None, "account": ALICE, "published_at": NOW}
    return PublishedPost(**(given | changes))


def doubt() -> Doubt:
    return Doubt(step="create", intended_at=NOW, answers={})


# --- publishing ------------------------------------------------------------------------------------------------------


def test_a_text_is_one_call_that_must_not_happen_twice() -> None:
    calls, published = drive(PROVIDER.publish(job()), {"create": CREATED}, provider=PROVIDER)

    (call,) = calls
    assert (call.effect, call.request.method, call.request.path) == (Effect.ONCE, "POST", "/2/tweets")
    assert call.request.json == {"text": "Hello, readers."}
    assert published.id == "1860000000000000007"


def test_a_reply_names_the_post_it_answers() -> None:
    calls, _ = drive(
        PROVIDER.publish(job(interaction="reply", parent_id="186", settings={"replyControl": "following"})),
        {"create": CREATED},
        provider=PROVIDER,
    )

    assert calls[0].request.json == {
        "text": "Hello, readers.",
        "reply": {"in_reply_to_tweet_id": "186"},
        "reply_settings": "following",
    }


def test_images_go_up_first_and_are_described() -> None:
    assets = (image(0, alt_text="A cat"), image(1))
    answers = {"image-0": uploaded("70"), "alt-0": data({"id": "70"}), "image-1": uploaded("71"), "create": CREATED}

    calls, _ = drive(PROVIDER.publish(job(assets=assets)), answers, provider=PROVIDER)

    assert [call.name for call in calls] == ["image-0", "alt-0", "image-1", "create"]
    assert [call.effect for call in calls] == [Effect.REPEATABLE] * 3 + [Effect.ONCE]
    assert calls[1].request.json == {"id": "70", "metadata": {"alt_text": {"text": "A cat"}}}
    assert calls[3].request.json["media"] == {"media_ids": ["70", "71"]}
    assert calls[0].keep == timedelta(hours=23)


@pytest.mark.parametrize(
    "refusal",
    [
        problem(400, "alt_text is not valid", "invalid-request"),
        problem(403, "You are not permitted to perform this action."),
        problem(404, "Not Found"),
        problem(400, "Your media IDs are invalid."),
    ],
)
def test_a_refused_description_is_a_warning_and_the_post_goes_out(refusal: Response) -> None:
    seen: list[Any] = []

    _, published = drive(
        PROVIDER.publish(job(assets=(image(alt_text="A cat"),))),
        {"image-0": uploaded(), "alt-0": refusal, "create": CREATED},
        provider=PROVIDER,
        seen=seen,
    )

    assert [item for item in seen if isinstance(item, Warn)] == [
        Warn(message="X did not take the description of a picture.")
    ]
    assert published.id == "1860000000000000007"


def test_a_description_is_cut_at_what_x_takes() -> None:
    calls, _ = drive(
        PROVIDER.publish(job(assets=(image(alt_text="a" * 1001),))),
        {"image-0": uploaded(), "alt-0": data({}), "create": CREATED},
        provider=PROVIDER,
    )

    assert len(calls[1].request.json["metadata"]["alt_text"]["text"]) == 1000


def test_a_video_goes_up_in_parts_and_is_waited_for() -> None:
    answers = {
        **FILM_ANSWERS,
        "video-0-end": processing("pending"),
        "video-0-ready": (processing("pending"), processing("in_progress"), processing("succeeded")),
        "create": CREATED,
    }

    calls, _ = drive(PROVIDER.publish(job(assets=(film(),))), answers, provider=PROVIDER)

    assert [call.name for call in calls] == [*answers]
    parts = [next(part.value for part in call.request.parts if part.name == "media") for call in calls[1:4]]
    assert parts == [
        AssetBytes(0, 0, 4 * MIB),
        AssetBytes(0, 4 * MIB, 8 * MIB),
        AssetBytes(0, 8 * MIB, 9 * MIB),
    ]
    assert isinstance(calls[5], Poll)
    assert calls[5].until == NOW + timedelta(minutes=10)
    assert calls[5].request.params == {"command": "STATUS", "media_id": "77"}
    assert calls[6].request.json["media"] == {"media_ids": ["77"]}


@pytest.mark.parametrize("end", [data({"id": "77"}), processing("succeeded")])
def test_a_video_without_processing_is_not_waited_for(end: Response) -> None:
    answers = {**FILM_ANSWERS, "video-0-end": end, "create": CREATED}

    calls, _ = drive(PROVIDER.publish(job(assets=(film(),))), answers, provider=PROVIDER)

    assert "video-0-ready" not in [call.name for call in calls]


def test_a_video_that_x_cannot_process_ends_with_its_reason() -> None:
    failed = processing("failed", error={"code": 1, "name": "InvalidMedia", "message": "Unsupported codec"})

    with pytest.raises(FlowError, match="Unsupported codec") as raised:
        drive(
            PROVIDER.publish(job(assets=(film(),))),
            {**FILM_ANSWERS, "video-0-end": processing("pending"), "video-0-ready": failed},
            provider=PROVIDER,
        )

    said = raised.value.problem
    assert (said.kind, said.verdict, said.code) == (Kind.MEDIA_REJECTED, Verdict.REFUSED, "media_processing_failed")


@pytest.mark.parametrize(("asked", "waits"), [(0, 5.0), (0.2, 1.0), (7, 7.0), (600, 30.0), (None, 5.0)])
def test_x_says_when_to_look_again_within_reason(asked: Any, waits: float) -> None:
    answer = data({"processing_info": {"state": "pending", "check_after_secs": asked}})
    flow = PROVIDER.publish(job(assets=(film(MIB),)))
    next(flow)
    for recorded in ({"id": "77"}, True):
        flow.send(recorded)

    poll = flow.send({"state": "pending"})

    assert poll.read(answer) == Wait(waits)


# --- what would be sent, by the official document --------------------------------------------------------------------


@pytest.mark.parametrize(
    "made",
    [
        (PROVIDER.publish(job(settings={"replyControl": "verified"})), {"create": CREATED}),
        (PROVIDER.publish(job(interaction="reply", parent_id="186")), {"create": CREATED}),
        (
            PROVIDER.publish(job(text="", assets=(image(alt_text="A cat"),))),
            {"image-0": uploaded(), "alt-0": data({}), "create": CREATED},
        ),
        (
            PROVIDER.publish(job(assets=(film(),))),
            {
                **FILM_ANSWERS,
                "video-0-end": processing("pending"),
                "video-0-ready": processing("succeeded"),
                "create": CREATED,
            },
        ),
        (x.delete(post()), {"delete": data({"deleted": True})}),
        (x.post_metrics(post()), {"metrics": data([{}])}),
        (x.account_metrics(ALICE), {"me": data({})}),
        (x.identify(), {"me": data({"id": "1", "username": "alice"})}),
        (x.reconcile(job(), doubt()), {"timeline": response(200, {"meta": {}})}),
    ],
    ids=["text", "reply", "image", "video", "delete", "metrics", "account metrics", "identify", "reconcile"],
)
def test_the_official_document_takes_every_request(made: tuple[Any, dict[str, Any]]) -> None:
    calls, _ = drive(*made, provider=PROVIDER)

    assert {call.name: judged(call.request) for call in calls} == {call.name: [] for call in calls}


@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", "/2/tweets", json={"text": "x", "in_reply_to": "1"}),
        Request("POST", "/2/tweets", json={"text": "x", "reply_settings": "everyone"}),
        Request("POST", "/2/tweets", json={"media": {"media_ids": []}}),
        Request("POST", "/2/media/metadata", json={"id": "7", "metadata": {"alt_text": "A cat"}}),
        Request("POST", "/2/media/upload/initialize", json={"media_type": "video/avi"}),
        Request("GET", "/2/tweets", params={"ids": "7", "tweet.fields": "text"}),
        Request("GET", "/2/users/7/tweets", params={"max_results": "4"}),
        Request("GET", "/2/users/7/tweets", params={"post.fields": "note_tweet"}),
        Request("PUT", "/2/tweets", json={}),
    ],
)
def test_the_official_document_sees_what_is_wrong(request_: Request) -> None:
    assert judged(request_) != []


# --- errors ----------------------------------------------------------------------------------------------------------

REFUSED, UNKNOWN, STALE = Verdict.REFUSED, Verdict.UNKNOWN, Verdict.STALE
NO_REPLY = "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged"


@pytest.mark.parametrize(
    ("answer", "kind", "verdict", "code"),
    [
        (problem(429, "Too Many Requests"), Kind.RATE_LIMITED, REFUSED, "rate_limited"),
        (problem(429, "Monthly cap", "usage-capped"), Kind.QUOTA, REFUSED, "usage_capped"),
        (response(429, {"title": "UsageCapExceeded"}), Kind.QUOTA, REFUSED, "usage_capped"),
        (problem(500, "Internal"), Kind.UNAVAILABLE, UNKNOWN, "unavailable"),
        (response(502, None, text="<html>Bad gateway</html>"), Kind.UNAVAILABLE, UNKNOWN, "unavailable"),
        (problem(503), Kind.UNAVAILABLE, UNKNOWN, "unavailable"),
        (problem(504), Kind.UNAVAILABLE, UNKNOWN, "unavailable"),
        (problem(408), Kind.UNAVAILABLE, UNKNOWN, "unavailable"),
        (problem(401, "Unauthorized"), Kind.AUTH, REFUSED, "unauthorized"),
        (problem(402, "No credits"), Kind.QUOTA, REFUSED, "credits_exhausted"),
        (
            problem(403, "You are not allowed to create a Tweet with duplicate content."),
            Kind.DUPLICATE,
            UNKNOWN,
            "duplicate_content",
        ),
        (problem(403, NO_REPLY), Kind.PERMISSION, REFUSED, "forbidden"),
        (problem(403, "Quoting this post is not allowed"), Kind.PERMISSION, REFUSED, "forbidden"),
        (problem(403, "You are not permitted to perform this action."), Kind.PERMISSION, REFUSED, "forbidden"),
        (problem(403, "You have been blocked from replying by the author"), Kind.PERMISSION, REFUSED, "forbidden"),
        (
            problem(403, "This user is not allowed to post a video longer than 2 minutes"),
            Kind.PERMISSION,
            REFUSED,
            "forbidden",
        ),
        (problem(403, "You do not have access to this feature"), Kind.PERMISSION, REFUSED, "forbidden"),
        (problem(403, "Only one cashtag"), Kind.PERMISSION, REFUSED, "forbidden"),
        (problem(403, "Not enrolled", "client-not-enrolled"), Kind.PERMISSION, REFUSED, "forbidden"),
        (problem(403, "Missing scope media.write", "client-forbidden"), Kind.PERMISSION, REFUSED, "forbidden"),
        (problem(403, "Gone", "user-suspended"), Kind.AUTH, REFUSED, "account_blocked"),
        (problem(403, "Your account is suspended"), Kind.AUTH, REFUSED, "account_blocked"),
        (problem(403, "Your account is temporarily locked."), Kind.AUTH, REFUSED, "account_blocked"),
        (problem(400, "Your media IDs are invalid."), Kind.MEDIA_REJECTED, STALE, "invalid_media"),
        (problem(400, "Too many media"), Kind.INVALID_CONTENT, REFUSED, "invalid_request"),
        (problem(400, "The URL is malicious"), Kind.INVALID_CONTENT, REFUSED, "invalid_request"),
        (problem(400, "Your Tweet text is too long."), Kind.INVALID_CONTENT, REFUSED, "invalid_request"),
        (response(400, {"error": "invalid_request"}), Kind.INVALID_CONTENT, REFUSED, "invalid_request"),
        (problem(404, "Not Found"), Kind.NOT_FOUND, REFUSED, "resource_not_found"),
        (problem(413), Kind.MEDIA_REJECTED, REFUSED, "file_too_large"),
        (problem(418), Kind.UNKNOWN, UNKNOWN, "unexpected_answer"),
    ],
)
def test_each_error_is_told_apart(answer: Response, kind: Kind, verdict: Verdict, code: str) -> None:
    said = PROVIDER.read_error(answer)

    assert said is not None
    assert (said.kind, said.verdict, said.code) == (kind, verdict, code)
    assert said.message.endswith((".", answer.json["detail"] if answer.json and "detail" in answer.json else ""))


def test_errors_of_the_app_stop_every_account() -> None:
    said = [PROVIDER.read_error(problem(*one)) for one in ((402, ""), (429, "", "usage-capped"), (429, ""))]

    assert [one and one.scope for one in said] == [Scope.APP, Scope.APP, Scope.ACCOUNT]


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"Date": "Mon, 23 Nov 2026 12:00:00 GMT", "x-rate-limit-reset": "1795435260"}, 60.0),
        ({"Date": "Mon, 23 Nov 2026 12:00:00 GMT", "x-rate-limit-reset": "1795435100"}, 1.0),
        ({"x-rate-limit-reset": "1795435260"}, None),
        ({"Date": "Mon, 23 Nov 2026 12:00:00 GMT"}, None),
        ({"Date": "soon", "x-rate-limit-reset": "later"}, None),
    ],
)
def test_the_wait_is_taken_from_the_clock_of_x(headers: Mapping[str, str], waits: float | None) -> None:
    said = PROVIDER.read_error(response(429, {}, headers=headers))

    assert said is not None
    assert said.retry_after == waits


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"errors": [{"code": 1, "message": "Old words"}]}, "Old words"),
        ({"code": 1, "message": "Bare words"}, "Bare words"),
        ({"error": "invalid_grant", "error_description": "Token words"}, "Token words"),
        ({"errors": []}, "400"),
        (["no object"], "400"),
    ],
)
def test_every_dialect_of_errors_is_understood(body: Any, said: str) -> None:
    found = PROVIDER.read_error(response(400, body))

    assert found is not None
    assert said in found.message


def test_an_answer_with_data_is_no_error_although_it_lists_some() -> None:
    gone = {"type": "https://api.x.com/2/problems/resource-not-found", "detail": "Gone"}

    assert PROVIDER.read_error(response(201, {"data": {"id": "1"}, "errors": [gone]})) is None
    assert PROVIDER.read_error(response(200, {})) is None
    said = PROVIDER.read_error(response(200, {"errors": [gone]}))
    assert said is not None
    assert (said.kind, said.code) == (Kind.NOT_FOUND, "resource_not_found")


# --- what became of it -----------------------------------------------------------------------------------------------


def row(text: str, id: str = "186", **more: Any) -> dict[str, Any]:
    return {"id": id, "text": text, **more}


def link(url: str, expanded: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "expanded_url": expanded, **more}


def found(rows: list[dict[str, Any]], **changes: Any) -> list[str]:
    _, answer = drive(PROVIDER.reconcile(job(**changes), doubt()), {"timeline": data(rows)}, provider=PROVIDER)  # type: ignore[misc]
    if isinstance(answer, Absent):
        return []
    assert isinstance(answer, Found)
    return [candidate.id for candidate in answer.candidates]


def test_the_own_posts_since_shortly_before_are_asked_for() -> None:
    calls, answer = drive(x.reconcile(job(), doubt()), {"timeline": response(200, {"meta": {}})}, provider=PROVIDER)

    assert calls[0].effect is Effect.READ
    assert calls[0].request.path == "/2/users/2244994945/tweets"
    assert calls[0].request.params["start_time"] == "2026-11-23T11:59:00Z"
    assert answer == Absent()


MEDIA = {"attachments": {"media_keys": ["3_1"]}}
PICTURE = link("https://t.co/pic", "https://x.com/alice/status/1/photo/1", media_key="3_1")
LONG = "word " * 100 + "https://example.com/a?b=1&copy=2"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hello", row("Hello")),
        ("Hello  there\n", row("Hello there")),
        ("Cafe\u0301", row("Café")),
        ("a < b && c > d", row("a &lt; b &amp;&amp; c &gt; d")),
        ("write &amp; or &copy;", row("write &amp;amp; or &amp;copy;")),
        (
            "See https://example.com/a and https://example.com/b.",
            row(
                "See https://t.co/one and https://t.co/two.",
                entities={
                    "urls": [
                        link("https://t.co/one", "https://example.com/a"),
                        link("https://t.co/two", "https://example.com/b"),
                    ]
                },
            ),
        ),
        (
            "See example.com!",
            row("See https://t.co/one!", entities={"urls": [link("https://t.co/one", "http://example.com")]}),
        ),
        (
            "See https://example.com.",
            row("See https://t.co/one.", entities={"urls": [link("https://t.co/one", "https://example.com/")]}),
        ),
        (
            "https://example.com/?a=1&copy=2",
            row("https://t.co/one", entities={"urls": [link("https://t.co/one", "https://example.com/?a=1&copy=2")]}),
        ),
        ("A view", row("A view https://t.co/pic", entities={"urls": [PICTURE]}, **MEDIA)),
        ("A view", row("A view https://t.co/pic", **MEDIA)),
        ("", row("https://t.co/pic", entities={"urls": [PICTURE]}, **MEDIA)),
        (
            LONG,
            row(
                LONG[:200] + "… https://t.co/more",
                note_post={
                    "text": "word " * 100 + "https://t.co/one",
                    "entities": {"urls": [link("https://t.co/one", "https://example.com/a?b=1&copy=2")]},
                },
            ),
        ),
        ("word " * 100, row("word word…", note_tweet={"text": ("word " * 100).strip()})),
    ],
    ids=str,
)
def test_a_post_is_known_by_its_words_however_x_shows_them(text: str, shown: dict[str, Any]) -> None:
    assert found([row("Something else", "1"), shown], text=text) == ["186"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hello", row("Hello there")),
        ("Hello", row("Hello https://t.co/pic")),
        ("write &copy;", row("write ©")),
        (
            "See https://example.com/a",
            row("See https://t.co/one", entities={"urls": [link("https://t.co/one", "https://example.com/b")]}),
        ),
    ],
)
def test_other_words_are_another_post(text: str, shown: dict[str, Any]) -> None:
    assert found([shown], text=text) == []


def test_replies_are_told_from_posts_and_by_what_they_answer() -> None:
    rows = [
        row("Hello", "1"),
        row("Hello", "2", referenced_posts=[{"type": "replied_to", "id": "50"}]),
        row("Hello", "3", referenced_tweets=[{"type": "replied_to", "id": "51"}]),
        row("Hello", "4", referenced_posts=[{"type": "quoted", "id": "50"}]),
    ]

    assert found(rows, text="Hello") == ["1", "4"]
    assert found(rows, text="Hello", interaction="reply", parent_id="50") == ["2"]
    assert found(rows, text="Hello", interaction="reply", parent_id="51") == ["3"]


@pytest.mark.parametrize(
    "gone",
    [
        problem(404, "Could not find tweet", "resource-not-found"),
        response(200, {"errors": [{"type": "https://api.x.com/2/problems/resource-not-found"}]}),
    ],
)
def test_a_post_that_is_already_gone_counts_as_deleted(gone: Response) -> None:
    calls, result = drive(x.delete(post()), {"delete": gone}, provider=PROVIDER)

    assert (calls[0].request.method, calls[0].request.path) == ("DELETE", "/2/tweets/1860000000000000007")
    assert result is None


@pytest.mark.parametrize("shared", ["repost_count", "retweet_count"])
def test_figures_are_read_in_both_dialects(shared: str) -> None:
    public = {
        shared: 2,
        "quote_count": 3,
        "reply_count": 4,
        "like_count": 5,
        "bookmark_count": 0,
        "impression_count": 70,
    }
    body = {
        "data": [{"id": "1", "public_metrics": public}],
        "includes": {"media": [{"public_metrics": {"view_count": 8}}, {"media_key": "x"}]},
    }

    calls, figures = drive(x.post_metrics(post()), {"metrics": response(200, body)}, provider=PROVIDER)

    assert calls[0].request.params["post.fields"] == "created_at,public_metrics"
    assert figures == {
        "impressions": 70,
        "reach": None,
        "views": 8,
        "likes": 5,
        "comments": 4,
        "shares": 5,
        "saves": 0,
        "clicks": None,
    }


def test_figures_that_x_does_not_give_are_unknown_and_not_zero() -> None:
    _, figures = drive(x.post_metrics(post()), {"metrics": data([{"id": "1"}])}, provider=PROVIDER)

    assert set(figures.values()) == {None}


@pytest.mark.parametrize("posts", ["post_count", "tweet_count"])
def test_figures_of_the_account_are_read_in_both_dialects(posts: str) -> None:
    me = data({"id": "1", "public_metrics": {"followers_count": 12, posts: 9}})

    _, figures = drive(x.account_metrics(ALICE), {"me": me}, provider=PROVIDER)

    assert figures == {"followers": 12, "posts": 9}


# --- connecting ------------------------------------------------------------------------------------------------------


def test_the_person_behind_a_token_is_the_account() -> None:
    me = data({"id": "7", "username": "Alice", "name": "Alice B", "protected": True, "subscription_type": "Premium"})

    calls, (identity,) = drive(x.identify(), {"me": me}, provider=PROVIDER)

    assert calls[0].request.path == "/2/users/me"
    assert (identity.external_id, identity.handle, identity.account_type) == ("7", "x:@Alice", "x_user")
    assert (identity.meta["protected"], identity.meta["subscriptionType"]) == (True, "Premium")


def test_connecting_insists_on_what_publishing_needs() -> None:
    connect = PROVIDER.connect

    assert isinstance(connect, OAuth2)
    assert set(connect.required_scopes) >= {"tweet.read", "tweet.write", "users.read", "media.write", "offline.access"}
    assert (connect.pkce, connect.rotates_refresh_token, connect.client_auth) == (True, True, "basic")
    assert (PROVIDER.hosts["auth"] + connect.authorize, PROVIDER.hosts["api"] + connect.token) == (
        "https://x.com/i/oauth2/authorize",
        "https://api.x.com/2/oauth2/token",
    )


def test_the_token_is_added_when_sending() -> None:
    signed = PROVIDER.sign(Request("GET", "/2/users/me"), Credential({"access_token": "example"}), App())

    assert signed.headers == {"Authorization": "Bearer example"}


def test_x_is_known_by_its_names_and_handles() -> None:
    assert infer("x:@alice") == infer("Twitter:@alice") == "x"
    assert PROVIDER.account_type_of("x:@alice") == "x_user"
    assert PROVIDER.post_url("186", ALICE) == "https://x.com/i/web/status/186"


# --- settings and checks ---------------------------------------------------------------------------------------------


def draft(**changes: Any) -> Draft:
    given: dict[str, Any] = {
        "provider": "x",
        "account_type": "x_user",
        "handle": "x:@alice",
        "title": "",
        "body": "Hello",
        "text": "Hello",
        "assets": (),
        "settings": {},
        "interaction": "post",
        "parent": None,
    }
    return Draft(**(given | changes))


def attached(kind: Any = "image", extension: str = "jpg", **changes: Any) -> DraftAsset:
    return DraftAsset(
        key="asset_1", url=f"https://media.example/a.{extension}", kind=kind, extension=extension, **changes
    )


def parsed(raw: Mapping[str, Any]) -> Any:
    return PROVIDER.settings["x_user"].parse(raw, draft())


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ({}, {}),
        ({"replyControl": ""}, {}),
        ({"replyControl": "everyone"}, {}),
        ({"replyControl": None}, {}),
        *[({"replyControl": one}, {"replyControl": one}) for one in x.REPLY_CONTROLS if one],
    ],
)
def test_settings_are_kept_only_if_they_say_something(raw: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    assert parsed(raw) == kept


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"replyControl": "friends"}, "x_reply_control_invalid"),
        ({"replyControl": "Following"}, "x_reply_control_invalid"),
        ({"replyControl": []}, "x_reply_control_invalid"),
        ({"replyControl": True}, "x_reply_control_invalid"),
        ({"privacy": "x"}, "x_settings_unsupported"),
        ({"privacy": "x", "replyControl": "friends"}, "x_settings_unsupported"),
    ],
)
def test_wrong_settings_are_refused(raw: Mapping[str, Any], code: str) -> None:
    issue = parsed(raw)

    assert isinstance(issue, Issue)
    assert issue.code == code
    wanted = {"allowedKeys": ["replyControl"]} if "unsupported" in code else {"supportedValues": [*x.REPLY_CONTROLS]}
    assert wanted.items() <= issue.details.items()


OTHER, IMAGE, VIDEO = attached("other", "pdf"), attached(), attached("video", "mp4")
TOO_LARGE = attached(size=5 * MIB + 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"assets": (IMAGE,) * 4}, None),
        ({"assets": (VIDEO,)}, None),
        ({"assets": (attached(size=5 * MIB),)}, None),
        ({"assets": (attached("video", "mp4", size=512 * MIB),)}, None),
        ({"assets": (attached(extension=""),)}, None),
        ({"interaction": "reply", "parent": "step_1"}, None),
        ({"assets": (OTHER,) * 5}, "x_media_limit_exceeded"),
        ({"assets": (VIDEO, VIDEO, OTHER)}, "x_media_unsupported"),
        ({"assets": (VIDEO, TOO_LARGE)}, "x_multi_video_unsupported"),
        ({"assets": (VIDEO, VIDEO)}, "x_multi_video_unsupported"),
        ({"assets": (IMAGE, TOO_LARGE), "interaction": "reply"}, "x_image_too_large"),
        ({"assets": (attached("video", "mp4", size=512 * MIB + 1),), "interaction": "reply"}, "x_video_too_large"),
        ({"assets": (attached(extension="tiff"),), "interaction": "reply"}, "x_reply_parent_required"),
        ({"assets": (attached(extension="tiff"),)}, "x_media_unsupported"),
    ],
)
def test_checks_speak_in_their_order(changes: Mapping[str, Any], code: str | None) -> None:
    issue = first(check(draft(**changes)) for check in PROVIDER.checks)

    assert (issue and issue.code) == code


def test_a_size_that_is_too_large_is_told_in_figures() -> None:
    issue = first(check(draft(assets=(TOO_LARGE,))) for check in PROVIDER.checks)

    assert issue is not None
    assert issue.details == {
        "size": 5 * MIB + 1,
        "maxBytes": 5_242_880,
        "assetId": "asset_1",
        "url": "https://media.example/a.jpg",
    }


@pytest.mark.parametrize(
    ("subscription", "limit"),
    [(None, 280), ("None", 280), ("Basic", 280), ("Premium", 25_000), ("PremiumPlus", 25_000)],
)
def test_subscribers_may_write_more(subscription: str | None, limit: int) -> None:
    assert PROVIDER.limits.text(draft(account_meta={"subscriptionType": subscription})) == limit


def test_the_text_is_measured_as_x_does() -> None:
    assert PROVIDER.limits.measure(draft(text="See https://example.com/a/long/way 👍🏽")) == 4 + 23 + 1 + 2
