"""WordPress by its three doors, over HTTP, before its copy in the sandbox; and how strict that copy is."""

from __future__ import annotations

import html
import logging
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from socialclaw_app.sandbox import SandboxThread
from socialclaw_app.sandbox.wordpress import PASSWORD, RULES
from tests.api.conftest import Client, client, eventually, refused, sandbox, server, stranger
from tests.api.files import image
from tests.networks import media
from tests.networks.consent import leave

__all__ = ["client", "sandbox", "server", "stranger"]

JSON = {"Accept": "application/json"}
EVERYTHING = "auth sites posts media stats"


# --- what people do --------------------------------------------------------------------------------------------------


def started(client: Client, **values: str) -> dict[str, Any]:
    return client.ok("POST", "/v1/connections/start", {"provider": "wordpress", **values})["connection"]


def blog(client: Client) -> str:
    return f"{client.server.sandbox.url}/wordpress/blog"


def answer_page(address: str, press: str) -> str:
    """Press a button of the site's page; where it leads."""
    with httpx2.Client(timeout=20) as browser:
        shown = browser.get(address)
        assert shown.status_code == 200, shown.text
        fields = re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', shown.text)
        form = {html.unescape(name): html.unescape(value) for name, value in fields}
        return browser.post(address, data={**form, press: "1"}).headers["location"]


def come_back(client: Client, location: str, **options: Any) -> httpx2.Response:
    assert location.startswith(client.server.url), location
    return client.http.get(location.removeprefix(client.server.url), **options)


def by_page(client: Client) -> dict[str, Any]:
    """A site of one's own, connected on its page."""
    location = answer_page(started(client, siteUrl=blog(client))["authorizeUrl"], "approve")
    return come_back(client, location, headers=JSON).json()["account"]


def by_consent(client: Client, user: str = "70000001") -> list[dict[str, Any]]:
    """Everything behind a login at WordPress.com."""
    location = leave(started(client)["authorizeUrl"], user)
    return come_back(client, location, headers=JSON).json()["accounts"]


def site_of(accounts: list[dict[str, Any]], number: str) -> dict[str, Any]:
    return next(account for account in accounts if account["externalId"] == number)


def entry(account: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {"account": account["handle"], "name": "A title", "description": f"Words {uuid.uuid4().hex}", **fields}


def posted(client: Client, account: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return client.over(client.apply(entry(account, **fields))["posts"][0]["id"])


def seen(client: Client, post: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = httpx2.get(f"{client.server.sandbox.url}/_/wordpress/received").json()
    return [one for one in found if one["text"] == post["description"]]


def passwords(client: Client) -> set[str]:
    return set(client.server.sandbox.networks["wordpress"].memory.passwords)


# --- a page of one's own site ----------------------------------------------------------------------------------------


def test_a_site_of_ones_own_is_connected_without_typing_a_password(client: Client) -> None:
    before = passwords(client)
    connection = started(client, siteUrl=f"{blog(client)}/wp-admin/")
    page = urlsplit(connection["authorizeUrl"])
    asked = {name: values[0] for name, values in parse_qs(page.query).items()}
    assert page.path == "/wordpress/blog/wp-admin/authorize-application.php"
    assert asked["app_name"] == "SocialClaw"
    uuid.UUID(asked["app_id"])
    assert asked["success_url"].startswith(f"{client.server.url}/oauth/wordpress/callback?state=")
    assert asked["reject_url"] == f"{asked['success_url']}&error=access_denied"

    location = answer_page(connection["authorizeUrl"], "approve")
    (secret,) = passwords(client) - before
    answer = come_back(client, location, headers=JSON)

    assert answer.json()["connection"]["id"] == connection["id"]
    assert answer.json()["account"]["displayName"] == "Sandbox Blog"
    assert answer.headers["cache-control"] == "no-store"
    assert secret not in answer.text
    assert secret not in client.send("GET", f"/v1/connections/{connection['id']}").text
    post = posted(client, answer.json()["account"])
    assert (post["status"], len(seen(client, post))) == ("published", 1)
    assert httpx2.get(post["providerUrl"]).status_code == 200
    client.ok("DELETE", f"/v1/accounts/{answer.json()['account']['id']}")
    assert passwords(client) == before, "the password that was made for us is gone with the account"


def test_a_password_that_a_person_made_stays_when_the_account_goes(client: Client) -> None:
    account = client.connect("wordpress", siteUrl=blog(client), username="sandbox_author", applicationPassword=PASSWORD)
    client.ok("DELETE", f"/v1/accounts/{account['id']}")
    assert PASSWORD.replace(" ", "") in passwords(client)


def test_all_doors_to_one_site_lead_to_one_account(client: Client) -> None:
    typed = client.connect("wordpress", siteUrl=blog(client), username="sandbox_author", applicationPassword=PASSWORD)
    assert by_page(client)["id"] == typed["id"]


def test_the_password_stays_in_no_address_page_cookie_or_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """A browser keeps what stands in its bar, and tells it to the next server."""
    caplog.set_level(logging.DEBUG)
    before = passwords(client)
    location = answer_page(started(client, siteUrl=blog(client))["authorizeUrl"], "approve")
    (secret,) = passwords(client) - before
    answer = come_back(client, location, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (302, "callback")
    assert (answer.headers["referrer-policy"], answer.headers["cache-control"]) == ("no-referrer", "no-store")
    page = client.http.get("/oauth/wordpress/callback")
    assert (page.status_code, "<h1>Connected</h1>" in page.text) == (200, True)
    again = client.http.get("/oauth/wordpress/callback")
    assert "<h1>Connected</h1>" in again.text, "who looks again is told the same"
    kept = [dict(answer.headers), answer.text, dict(page.headers), page.text, again.text, dict(client.http.cookies)]
    assert secret not in repr(kept)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert secret not in "\n".join(ours)


def test_somebody_who_is_signed_in_goes_back_to_their_accounts(client: Client) -> None:
    browser = client.browser()
    body = {"provider": "wordpress", "siteUrl": blog(client)}
    connection = browser.ok("POST", "/v1/dashboard/connections/start", body)["connection"]
    location = answer_page(connection["authorizeUrl"], "approve")
    elsewhere = come_back(client, location, headers=JSON)
    assert refused(elsewhere) == (409, "oauth_state_invalid"), "another browser learns nothing and uses nothing up"
    answer = come_back(browser, location)
    assert answer.headers["location"] == f"/accounts?connected={connection['id']}"
    assert refused(come_back(browser, location, headers=JSON)) == (409, "oauth_state_invalid")
    assert client.ok("GET", f"/v1/connections/{connection['id']}")["connection"]["status"] == "connected"


@pytest.mark.parametrize(
    ("press", "change", "code", "sentence"),
    [
        ("reject", {}, "oauth_denied", "You did not let SocialClaw in at Sandbox Blog."),
        ("reject", {"error": "disabled"}, "oauth_failed", "Sandbox Blog gives your user no application passwords."),
        ("approve", {"success": "false"}, "oauth_denied", "You did not let SocialClaw in at Sandbox Blog."),
        ("approve", {"password": ""}, "oauth_failed", "Sandbox Blog sent you back without a password."),
        ("approve", {"password": "abcd efgh ijkl mnop"}, "oauth_failed", "The site did not accept the login."),
        ("approve", {"site_url": "https://evil.example"}, "oauth_failed", "Another site than Sandbox Blog"),
        ("approve", {"site_url": "http://["}, "oauth_failed", "Another site than Sandbox Blog"),
    ],
)
def test_a_site_that_did_not_let_us_in_leaves_a_failed_connection_and_nothing_else(
    client: Client, press: str, change: dict[str, str], code: str, sentence: str
) -> None:
    connection = started(client, siteUrl=blog(client))
    split = urlsplit(answer_page(connection["authorizeUrl"], press))
    query = {name: values[0] for name, values in parse_qs(split.query).items()} | change
    answer = client.http.get(split.path, params=query, headers=JSON)
    assert refused(answer) == (422, code)
    assert answer.json()["message"].startswith(sentence)
    told = client.ok("GET", f"/v1/connections/{connection['id']}")["connection"]
    assert (told["status"], told["error"], told["errorCode"]) == ("failed", answer.json()["message"], code)
    assert (told["accounts"], told["authorizeUrl"]) == ([], None)
    assert client.ok("GET", "/v1/accounts")["accounts"] == []
    assert refused(client.http.get(split.path, params=query, headers=JSON)) == (409, "oauth_state_invalid")


@pytest.mark.parametrize("state", ["", "made-up"])
def test_a_password_that_nobody_asked_for_is_refused(client: Client, state: str) -> None:
    query = {"site_url": blog(client), "user_login": "sandbox_author", "password": PASSWORD, "state": state}
    answer = client.http.get("/oauth/wordpress/callback", params=query, headers=JSON)
    assert refused(answer) == (409, "oauth_state_invalid")
    assert PASSWORD not in answer.text
    assert client.ok("GET", "/v1/accounts")["accounts"] == []


def test_an_address_without_a_site_is_told_at_once(client: Client) -> None:
    nowhere = {"provider": "wordpress", "siteUrl": f"{client.server.sandbox.url}/reddit"}
    answer = client.send("POST", "/v1/connections/start", nowhere)
    assert refused(answer) == (502, "provider_unavailable")
    assert "connected through WordPress.com" in answer.json()["message"]
    assert client.ok("GET", "/v1/connections")["connections"] == []


# --- WordPress.com ---------------------------------------------------------------------------------------------------


def test_a_login_at_wordpress_com_brings_every_site_the_person_writes_on(client: Client) -> None:
    asked = parse_qs(urlsplit(started(client)["authorizeUrl"]).query)
    assert asked["scope"] == ["auth sites posts media taxonomy stats"]
    assert "code_challenge" not in asked
    accounts = by_consent(client)
    assert [(one["externalId"], one["handle"], one["publishable"]) for one in accounts] == [
        ("50000001", "wordpress:site:50000001", True),
        ("50000002", "wordpress:site:50000002", True),
        ("user:70000001", "wordpress:user:70000001", False),
    ]
    row = client.ok("GET", "/v1/connections/health")["connections"][0]
    assert (row["tokenHealth"], row["tokenRefreshStatus"], row["expiresAt"]) == ("healthy", "not_supported", None)


def test_a_login_for_one_site_brings_that_one(client: Client) -> None:
    accounts = by_consent(client, "70000001:50000002")
    assert [one["externalId"] for one in accounts if one["publishable"]] == ["50000002"]
    assert posted(client, accounts[0])["status"] == "published"


def test_a_denied_consent_and_a_code_that_is_none_leave_nothing(client: Client) -> None:
    denied = started(client)
    answer = come_back(client, leave(denied["authorizeUrl"], "nobody"), headers=JSON)
    assert refused(answer) == (422, "oauth_denied")
    state = parse_qs(urlsplit(started(client)["authorizeUrl"]).query)["state"][0]
    answer = client.http.get("/oauth/wordpress/callback", params={"state": state, "code": "made-up"}, headers=JSON)
    assert refused(answer) == (422, "oauth_failed")
    assert client.ok("GET", "/v1/accounts")["accounts"] == []
    told = {one["status"] for one in client.ok("GET", "/v1/connections")["connections"]}
    assert told == {"failed"}


def test_what_goes_out_from_here_is_not_passed_on_from_there(client: Client) -> None:
    post = posted(client, by_consent(client)[0])
    assert [one["passedOn"] for one in seen(client, post)] == [False]


def test_what_the_plan_of_a_site_does_not_take_is_refused_before_anything_is_sent(client: Client) -> None:
    accounts = by_consent(client)
    film, picture = (client.upload(*media.of(kind)[:2], mime=media.of(kind)[2]) for kind in ("mp4", "png"))
    free, paid = site_of(accounts, "50000002"), site_of(accounts, "50000001")
    film_there = {"posts": [entry(free, assets=[{"id": film["id"]}])]}
    assert client.refused("POST", "/v1/posts/validate", film_there) == (422, "wordpress_media_unsupported")
    assert client.ok("POST", "/v1/posts/validate", {"posts": [entry(paid, assets=[{"id": film["id"]}])]})["ok"]
    assert posted(client, free, assets=[{"id": picture["id"]}])["status"] == "published"


def test_a_contributor_hands_in_for_review_and_cannot_publish(client: Client) -> None:
    account = by_consent(client, "70000002")[0]
    handed_in = posted(client, account, settings={"postStatus": "pending"})
    assert (handed_in["status"], handed_in["providerStatus"]) == ("published", "pending")
    found = client.ok("POST", f"/v1/posts/{handed_in['id']}/reconcile")["post"]
    assert found["reconciliationStatus"] == "confirmed"
    failed = posted(client, account)
    assert (failed["status"], failed["errorCode"]) == ("failed", "rest_cannot_publish")
    assert seen(client, failed) == []


def test_a_contributor_sees_comments_and_likes_but_no_views(client: Client) -> None:
    post = posted(client, by_consent(client, "70000002")[0], settings={"postStatus": "draft"})
    told = client.ok("POST", "/v1/analytics/refresh", {"postId": post["id"]})
    assert told["metrics"] == {"likes": 0, "comments": 0}
    post = posted(client, by_consent(client)[0])
    told = client.ok("POST", "/v1/analytics/refresh", {"postId": post["id"]})
    assert told["metrics"] == {"likes": 0, "comments": 0, "views": 3}


# --- trouble, by either door -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["page", "consent"])
def test_a_lost_answer_is_found_again_and_nothing_is_there_twice(client: Client, door: str) -> None:
    account = by_page(client) if door == "page" else by_consent(client)[0]
    client.fault("wordpress", kind="drop_after", method="POST", match="/posts")
    post = posted(client, account)
    assert (post["status"], post["reconciliationStatus"]) == ("published", "confirmed")
    assert [one["id"] for one in seen(client, post)] == [post["providerPostId"]]


def test_a_picture_that_was_stored_but_not_resized_is_not_stored_again(client: Client) -> None:
    account, picture = by_page(client), client.upload(image(), "sea.png")
    stored = client.server.sandbox.networks["wordpress"].memory.media
    before = len(stored)
    client.fault("wordpress", kind="processing_failed", method="POST", match="/media")
    post = posted(client, account, assets=[{"id": picture["id"]}])
    assert (post["status"], len(seen(client, post)[0]["media"]), len(stored) - before) == ("published", 1, 1)


@pytest.mark.parametrize("door", ["page", "consent"])
def test_a_login_that_was_taken_back_holds_posts_until_somebody_connects_again(client: Client, door: str) -> None:
    def connect() -> dict[str, Any]:
        return by_page(client) if door == "page" else by_consent(client)[0]

    account = connect()
    httpx2.put(f"{client.server.sandbox.url}/_/wordpress/expire").raise_for_status()
    network = client.server.sandbox.networks["wordpress"]
    network.memory.passwords.update(network.network.memory().passwords)  # the one that other tests paste
    id = client.apply(entry(account))["posts"][0]["id"]

    def held() -> dict[str, Any] | None:
        found = client.post(id)
        return found if found["status"] == "retry_pending" else None

    post = eventually(held)
    assert post["errorCode"] == "account_needs_reconnect"
    [job] = [one for one in client.ok("GET", "/v1/jobs")["jobs"] if one["postId"] == id]
    assert job["nextAction"] == "reconnect_account"
    told = {one["id"]: one["status"] for one in client.ok("GET", "/v1/accounts")["accounts"]}
    assert told[account["id"]] == "needs_reconnect"
    assert connect()["id"] == account["id"]
    assert client.over(id)["status"] == "published"
    assert len(seen(client, post)) == 1


# --- how strict the copy is --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def there() -> Iterator[httpx2.Client]:
    """A copy that nobody else uses."""
    with SandboxThread() as alone, httpx2.Client(base_url=f"{alone.url}/wordpress", timeout=20) as asking:
        yield asking


def code_of(there: httpx2.Client, user: str = "70000001", scope: str = EVERYTHING) -> str:
    asked = {"response_type": "code", "client_id": RULES.client_id, "redirect_uri": "https://us.example/back"}
    query = httpx2.QueryParams({**asked, "scope": scope, "state": "s"})
    location = leave(f"{there.base_url}oauth2/authorize?{query}", user)
    return parse_qs(urlsplit(location).query)["code"][0]


def exchange(there: httpx2.Client, code: str, changes: Mapping[str, str] | None = None) -> httpx2.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "https://us.example/back",
        "client_id": RULES.client_id,
        "client_secret": RULES.client_secret,
    }
    return there.post("/oauth2/token", data={**form, **(changes or {})})


def token(there: httpx2.Client, user: str = "70000001", scope: str = EVERYTHING) -> dict[str, str]:
    return {"Authorization": f"Bearer {exchange(there, code_of(there, user, scope)).json()['access_token']}"}


def error_of(answer: httpx2.Response) -> tuple[int, str]:
    body = answer.json()
    return answer.status_code, body.get("code") or body["error"]


def test_a_token_names_one_site_and_has_neither_end_nor_renewal(there: httpx2.Client) -> None:
    body = exchange(there, code_of(there)).json()
    assert set(body) == {"access_token", "token_type", "blog_id", "blog_url", "scope"}
    assert (body["token_type"], body["blog_id"], body["scope"]) == ("bearer", "50000001", EVERYTHING)
    told = there.get("/oauth2/token-info", params={"client_id": RULES.client_id, "token": body["access_token"]})
    assert told.json()["user_id"] == "70000001"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"redirect_uri": "https://us.example/other"}, "invalid_grant"),
        ({"code": "made-up"}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
    ],
)
def test_a_wrong_exchange_is_refused_with_400(there: httpx2.Client, changes: dict[str, str], error: str) -> None:
    assert error_of(exchange(there, code_of(there), changes)) == (400, error)


def test_a_code_works_once(there: httpx2.Client) -> None:
    code = code_of(there)
    assert exchange(there, code).status_code == 200
    assert error_of(exchange(there, code)) == (400, "invalid_grant")


def test_tokens_and_scopes_are_asked_for(there: httpx2.Client) -> None:
    assert error_of(there.get("/rest/v1.1/me")) == (403, "authorization_required")
    assert error_of(there.get("/rest/v1.1/me", headers={"Authorization": "Bearer x"})) == (400, "invalid_token")
    narrow = token(there, scope="auth")
    assert there.get("/rest/v1.1/me", headers=narrow).json()["token_scope"] == ["auth"]
    assert error_of(there.get("/rest/v1.1/me/sites", headers=narrow)) == (403, "unauthorized")
    assert error_of(there.post("/wp/v2/sites/50000001/posts", json={"title": "x"}, headers=narrow)) == (
        401,
        "rest_cannot_create",
    )
    assert error_of(there.get("/rest/v1.1/sites/1", headers=token(there))) == (404, "unknown_blog")


def test_a_token_for_one_site_opens_no_other(there: httpx2.Client) -> None:
    one = token(there, "70000001:50000002")
    assert there.get("/rest/v1.1/me", headers=one).json()["token_site_id"] == 50000002
    assert error_of(there.get("/rest/v1.1/sites/50000001", headers=one)) == (403, "unauthorized")
    assert error_of(there.post("/wp/v2/sites/50000001/posts", json={"title": "x"}, headers=one))[0] == 401


def own(password: str = PASSWORD) -> dict[str, Any]:
    return {"auth": ("sandbox_author", password)}


def write(there: httpx2.Client, **fields: Any) -> httpx2.Response:
    return there.post("/blog/wp-json/wp/v2/posts", json=fields, **own())


def test_wordpress_has_its_silent_traps(there: httpx2.Client) -> None:
    slug = f"same-{uuid.uuid4().hex[:6]}"
    first, second = (write(there, title="x", status="publish", slug=slug, featured_media=99999) for _ in "12")
    assert (first.status_code, first.json()["slug"], first.json()["featured_media"]) == (201, slug, 0)
    assert second.json()["slug"] == f"{slug}-2"
    assert write(there, title="x").json()["slug"] == "", "a draft without a slug has none"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, (400, "empty_content")),
        ({"title": " ", "content": ""}, (400, "empty_content")),
        ({"title": "x", "status": "published"}, (400, "rest_invalid_param")),
    ],
)
def test_a_post_that_wordpress_would_refuse_is_refused(
    there: httpx2.Client, fields: dict[str, str], error: tuple[int, str]
) -> None:
    assert error_of(write(there, **fields)) == error


def test_deleting_goes_by_way_of_the_trash(there: httpx2.Client) -> None:
    address = f"/blog/wp-json/wp/v2/posts/{write(there, title='x', status='publish').json()['id']}"
    assert there.delete(address, **own()).json()["status"] == "trash"
    assert error_of(there.delete(address, **own())) == (410, "rest_already_trashed")
    assert there.delete(f"{address}?force=true", **own()).json()["deleted"] is True
    assert error_of(there.delete(f"{address}?force=true", **own())) == (404, "rest_post_invalid_id")


@pytest.mark.parametrize(
    ("headers", "content", "error"),
    [
        ({}, b"\x89PNG", (400, "rest_upload_no_content_disposition")),
        ({"Content-Disposition": 'attachment; filename="a.png"'}, b"", (400, "rest_upload_no_data")),
        ({"Content-Disposition": 'attachment; filename="a.png"'}, b"text", (500, "rest_upload_sideload_error")),
        ({"Content-Disposition": 'attachment; filename="a.svg"'}, b"<svg/>", (500, "rest_upload_sideload_error")),
    ],
)
def test_an_upload_that_wordpress_would_refuse_is_refused(
    there: httpx2.Client, headers: dict[str, str], content: bytes, error: tuple[int, str]
) -> None:
    answer = there.post("/blog/wp-json/wp/v2/media", content=content, headers=headers, **own())
    assert error_of(answer) == error


def test_strangers_see_what_is_public_and_no_more(there: httpx2.Client) -> None:
    public, draft = (write(there, title=status, status=status).json()["id"] for status in ("publish", "draft"))
    listed = there.get("/blog/wp-json/wp/v2/posts", params={"per_page": "100"})
    ids = [row["id"] for row in listed.json()]
    assert (public in ids, draft in ids, listed.headers["x-wp-total"]) == (True, False, str(len(ids)))
    edit = there.get("/blog/wp-json/wp/v2/posts", params={"context": "edit"})
    assert error_of(edit) == (401, "rest_forbidden_context")
    drafts = there.get("/blog/wp-json/wp/v2/posts", params={"status": "draft"})
    assert error_of(drafts) == (400, "rest_invalid_param")
    assert error_of(there.get("/blog/wp-json/wp/v2/users/me", **own("wrong"))) == (401, "rest_not_logged_in")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"app_id": "1234"}, "must be a UUID"),
        ({"success_url": "javascript:alert(1)"}, "Invalid URL format"),
        ({"reject_url": "nowhere"}, "Invalid URL format"),
    ],
)
def test_the_sites_page_refuses_what_wordpress_refuses(
    there: httpx2.Client, changes: dict[str, str], said: str
) -> None:
    asked = {"app_name": "x", "app_id": str(uuid.uuid4()), "success_url": "https://us.example/back?state=s", **changes}
    assert said in there.get("/blog/wp-admin/authorize-application.php", params=asked).text
    assert said in there.post("/blog/wp-admin/authorize-application.php", data={**asked, "approve": "1"}).text


def test_what_readers_see_is_a_page_and_drafts_are_none(client: Client, sandbox: SandboxThread) -> None:
    account = by_page(client)
    post = posted(client, account, name="Fish & <Chips>")
    page = httpx2.get(post["providerUrl"]).text
    assert "<strong>Fish &amp; &lt;Chips&gt;</strong>" in page
    draft = posted(client, account, name="Not yet", settings={"postStatus": "draft", "slug": "not-yet"})
    assert draft["providerStatus"] == "draft"
    assert httpx2.get(f"{blog(client)}/not-yet/").status_code == 404
    audience = httpx2.get(f"{sandbox.url}/_/wordpress").text
    assert "Not yet" in audience
    assert "draft</footer>" in audience
