"""What goes wrong is told in one shape, with a stable code, and without telling who else is there."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi.routing import APIRoute

from .conftest import BOT_TOKEN, Client, Server, refused

LATER = "2036-06-01T18:00:00Z"
NOT_FOUND = {
    "key_id": "api_key_not_found",
    "connection_id": "connection_not_found",
    "account_id": "account_not_found",
    "post_id": "post_not_found",
    "run_id": "run_not_found",
    "asset_id": "asset_not_found",
}
UNKNOWN = {
    "key_id": "key_none",
    "connection_id": "conn_none",
    "account_id": "acct_none",
    "post_id": "post_none",
    "run_id": "run_none",
    "asset_id": "asset_none",
}
REST = {"action_id": "publish-preview"}


def routes_of(routes: Any) -> Iterator[APIRoute]:
    """All of the app, also those behind included routers."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif inner := getattr(getattr(route, "original_router", None) or getattr(route, "app", None), "routes", None):
            yield from routes_of(inner)


def with_ids(server: Server) -> list[tuple[str, str, str]]:
    """Method, path and name of the id of every route of a key that takes one."""
    found: list[tuple[str, str, str]] = []
    for route in routes_of(server.app.routes):
        names = [name for name in re.findall(r"{(\w+)}", route.path) if name in NOT_FOUND]
        if route.path.startswith("/v1/") and not route.path.startswith("/v1/dashboard") and names:
            found += [(method, route.path, names[0]) for method in sorted(route.methods - {"HEAD"})]
    return found


def test_an_unknown_id_is_not_found_on_every_route_that_takes_one(client: Client) -> None:
    routes = with_ids(client.server)
    assert len(routes) >= 19, routes

    answers = {
        (method, path): client.refused(method, path.format(**UNKNOWN, **REST), {} if method == "POST" else None)
        for method, path, _ in routes
    }

    assert answers == {(method, path): (404, NOT_FOUND[name]) for method, path, name in routes}


BODIES: dict[str, bytes] = {
    "malformed": b'{"posts": [',
    "not a number": b'{"posts": NaN}',
    "infinite": b'{"posts": -Infinity}',
    "a number too large": b'{"posts": 1e999}',
    "a whole number of 5000 digits": b'{"posts": ' + b"9" * 5000 + b"}",
    "the same key twice": b'{"posts": [], "posts": [1]}',
    "not UTF-8": b'{"posts": "\xff\xfe"}',
    "nested deeply": b"[" * 100_000,
    "nested deeply and closed": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["/v1/posts/validate", "/v1/posts/apply"])
def test_a_body_that_is_no_json_is_refused(client: Client, name: str, path: str) -> None:
    answer = client.send("POST", path, content=BODIES[name], headers={"Content-Type": "application/json"})

    assert refused(answer) == (400, "json_invalid")


def test_json_that_is_nested_below_the_parsers_limit_is_refused_in_words(client: Client) -> None:
    deep: Any = "x"
    for _ in range(400):
        deep = [deep]

    status, _ = client.refused("POST", "/v1/posts/apply", {"posts": [{"account": "a:b", "description": deep}]})

    assert status == 422


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        3,
        True,
        None,
        {"posts": {}},
        {"posts": [None]},
        {"posts": "x"},
        {"campaigns": [1]},
        {"posts": [{"account": 5, "description": {}}]},
        {"schedule": {"schedule": 1}},
    ],
)
@pytest.mark.parametrize("path", ["/v1/posts/validate", "/v1/posts/apply", "/v1/campaigns/preview"])
def test_wrong_types_in_a_schedule_are_told_never_a_server_error(client: Client, path: str, body: Any) -> None:
    answer = client.send("POST", path, content=json.dumps(body).encode())

    status, code = refused(answer)
    assert status in (400, 422)
    assert code != "internal_error"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/keys", {"label": 3}),
        ("POST", "/v1/keys", {"label": "x" * 300}),
        ("POST", "/v1/connections/start", {"provider": ["telegram"]}),
        ("POST", "/v1/connections/start", {"provider": "telegram", "botToken": {}, "chatId": []}),
        ("POST", "/v1/assets", {"objectKey": 3}),
        ("POST", "/v1/assets", {}),
        ("POST", "/v1/assets/upload", {"contentBase64": 3}),
        ("POST", "/v1/assets/upload", {"contentBase64": "***"}),
        ("POST", "/v1/assets/upload", {}),
        ("POST", "/v1/assets/upload", {"contentBase64": "aGk=", "deleteAfter": "soon"}),
        ("POST", "/v1/assets/upload", {"contentBase64": "aGk=", "duration": "long"}),
        ("GET", "/v1/posts?limit=-1", None),
        ("GET", "/v1/posts?limit=9999999999999999999", None),
        ("GET", "/v1/posts?offset=x", None),
        ("GET", "/v1/posts?from=yesterday", None),
        ("GET", "/v1/jobs?limit=0", None),
    ],
)
def test_wrong_values_elsewhere_are_told(client: Client, method: str, path: str, body: Any) -> None:
    status, code = client.refused(method, path, body)

    assert status in (400, 422)
    assert code != "internal_error"


def test_a_text_with_a_nul_or_a_lone_surrogate_is_no_server_error(client: Client, telegram: str) -> None:
    for text in ("a\\u0000b", "\\ud800"):
        body = f'{{"idempotencyKey": "{text}", "posts": [{{"account": "{telegram}", "description": "{text}", "publish_at": "{LATER}"}}]}}'
        answer = client.send("POST", "/v1/posts/apply", content=body.encode())
        assert refused(answer) == (400, "json_invalid")
        assert client.send("POST", "/v1/keys", content=f'{{"label": "{text}"}}'.encode()).status_code < 500
        register = f'{{"objectKey": "{text}", "originalFilename": "{text}"}}'
        assert client.send("POST", "/v1/assets", content=register.encode()).status_code < 500
        assert client.ok("GET", "/v1/posts")["total"] >= 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v1/posts"), ("GET", "/v1/posts/apply/x/y"), ("PATCH", "/v1/keys"), ("POST", "/health"), ("PUT", "/media/a/b/c")],
)  # fmt: skip
def test_a_wrong_method_or_address_is_answered_in_json(client: Client, method: str, path: str) -> None:
    answer = client.refused(method, path)

    assert answer in ((405, "method_not_allowed"), (404, "not_found"))


def test_a_method_an_address_does_not_take_is_405_and_tells_those_it_takes(client: Client) -> None:
    answer = client.send("PUT", "/v1/posts")

    assert refused(answer) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/v1/posts/x/y/z", "/health/deep", "/media/x"])
def test_an_unknown_address_is_404_in_json(client: Client, path: str) -> None:
    assert client.refused("GET", path) == (404, "not_found")


def test_a_body_over_the_limit_is_413(client: Client) -> None:
    content = b'{"a": "' + b"x" * (5 * 1024 * 1024) + b'"}'

    assert client.refused("POST", "/v1/posts/apply", content=content) == (413, "request_too_large")


def test_a_body_over_the_limit_that_does_not_say_its_length_is_413(client: Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(5):
            yield b"x" * 1024 * 1024

    assert client.refused("POST", "/v1/posts/apply", content=chunks()) == (413, "request_too_large")


def test_without_a_key_nothing_is_told(server: Server) -> None:
    with httpx2.Client(base_url=server.url) as nobody:
        for headers in ({}, {"Authorization": ""}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}):
            answer = nobody.get("/v1/posts", headers=headers)
            assert refused(answer) == (401, "auth_missing")
            assert answer.headers["www-authenticate"] == "Bearer"


def test_every_route_of_a_key_wants_one(server: Server) -> None:
    with httpx2.Client(base_url=server.url) as nobody:
        for method, path, _ in with_ids(server):
            assert refused(nobody.request(method, path.format(**UNKNOWN, **REST))) == (401, "auth_missing")


def test_a_wrong_key_is_refused_before_the_body_is_read(server: Server) -> None:
    """The head announces a body that never comes; an answer can only mean that nobody waited for it."""
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    connection.putrequest("POST", "/v1/posts/apply")
    connection.putheader("Authorization", "Bearer sc_live_wrong")
    connection.putheader("Content-Length", "1000")
    connection.endheaders()

    answer = connection.getresponse()

    assert answer.status == 401
    assert json.loads(answer.read())["code"] == "api_key_invalid"
    connection.close()


def test_an_upload_with_a_wrong_key_is_refused_before_the_body_is_read(server: Server) -> None:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    connection.putrequest("POST", "/v1/assets/upload")
    connection.putheader("Authorization", "Bearer sc_live_wrong")
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders()

    assert connection.getresponse().status == 401
    connection.close()


def test_ten_thousand_posts_are_refused_with_the_limit_in_the_sentence(client: Client, telegram: str) -> None:
    posts = [{"account": telegram, "description": f"{number}"} for number in range(10_000)]

    answer = client.send("POST", "/v1/posts/apply", {"posts": posts})

    assert answer.status_code == 422
    assert "1000" in answer.json()["message"].replace(",", "").replace("\N{NO-BREAK SPACE}", "")
    assert client.ok("GET", "/v1/posts")["total"] == 0


@pytest.mark.parametrize("path", ["/v1/keys/validate", "/v1/posts/{post}/reconcile"])
def test_an_empty_body_with_a_json_type_is_accepted(client: Client, telegram: str, path: str) -> None:
    post = client.apply({"account": telegram, "description": "x", "publish_at": LATER})["posts"][0]["id"]

    answer = client.send("POST", path.format(post=post), content=b"", headers={"Content-Type": "application/json"})

    assert answer.status_code == 200, answer.text


def test_a_nul_in_an_address_is_refused(client: Client) -> None:
    for path in ("/v1/posts/a%00b", "/v1/posts?account=a%00b", "/media/a%00b/c/d.png"):
        assert client.refused("GET", path) == (400, "bad_request"), path


def test_a_backslash_before_u0000_is_just_text(client: Client) -> None:
    answer = client.send("POST", "/v1/keys", content=rb'{"label": "\\u0000 \ud83d\ude00"}')

    assert answer.json()["key"]["label"] == "\\u0000 \N{GRINNING FACE}"


def test_every_answer_carries_a_request_id(client: Client) -> None:
    assert client.send("GET", "/health", headers={"X-Request-Id": "mine-1"}).headers["x-request-id"] == "mine-1"
    assert len(client.send("GET", "/v1/nothing").headers["x-request-id"]) == 16


def test_no_answer_and_no_log_holds_a_secret(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    account = client.telegram()
    handle = account["handle"]
    client.fault("telegram", kind="unauthorized", times=1, match="sendMessage")
    post = client.apply({"account": handle, "description": "Told to nobody."})["posts"][0]["id"]
    ask: list[Callable[[], httpx2.Response]] = [
        lambda: client.send("POST", "/v1/connections/start", {"provider": "telegram", "botToken": BOT_TOKEN, "chatId": "@no such chat"}),
        lambda: client.send("POST", "/v1/connections/start", {"provider": "telegram", "botToken": BOT_TOKEN + "!!", "chatId": "@chat_1"}),
        lambda: client.send("POST", "/v1/connections/start", {"provider": "discord", "webhookUrl": "https://example.com/" + BOT_TOKEN}),
        *(lambda path=path: client.send("GET", path) for path in (
            "/v1/accounts", "/v1/connections", f"/v1/connections/{account['connectionId']}", "/v1/connections/health",
            f"/v1/posts/{post}", f"/v1/posts/{post}/attempts", "/v1/jobs", "/v1/accounts/capabilities", "/health",
            f"/v1/accounts/{account['id']}/settings", f"/v1/accounts/{account['id']}/actions", "/v1/keys")),
    ]  # fmt: skip

    told = [question().text for question in ask]

    for text in (*told, caplog.text):
        assert "SANDBOX_marked" not in text
        assert client.secret not in text
