"""The flows by hand and the wording of what WordPress would get. The real server has its own test."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from providers import rules, wordpress
from providers.contract import (
    Absent,
    App,
    AssetBytes,
    Call,
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
    Problem,
    Published,
    PublishedPost,
    Response,
    Scope,
    Verdict,
    WayBack,
    first,
)
from providers.wordpress import PROVIDER, SiteAddress, SiteLogin
from tests.networks.samples import IMAGES, TEXT, VIDEO, Sample, Shape

from .rows import wordpress as wordpress_rows

PAGE = Shape(name="page", title="About us", media=("png",), settings={"postType": "page"})
DRAFT = Shape(name="draft", title="Not yet", media=("png",), settings={"postStatus": "draft"})

ROWS = (wordpress_rows.ROWS,)
SAMPLES = (
    Sample(
        provider="wordpress",
        door="at WordPress.com",
        consent=True,
        handle="wordpress:site:50000001",
        shapes=(TEXT, IMAGES, PAGE),
    ),
    Sample(provider="wordpress", door="own site", handle="wordpress:site:", shapes=(VIDEO, DRAFT)),
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT = JobAccount(
    external_id="abc",
    handle="wordpress:site:abc",
    account_type="wordpress_site",
    meta={"restBase": "https://blog.example/wp-json"},
)
INDEX = {
    "name": "Alice &amp; Bob",
    "home": "https://blog.example",
    "url": "https://blog.example",
    "namespaces": ["wp/v2"],
    "authentication": {"application-passwords": {"endpoints": {"authorization": "https://blog.example/authorize"}}},
}
ME = {"id": 3, "username": "alice", "capabilities": {"edit_posts": True, "publish_posts": True, "upload_files": True}}


def job(**changes: Any) -> Job:
    given: dict[str, Any] = {
        "post_id": "post_1",
        "generation": 1,
        "account": ACCOUNT,
        "title": "A first post",
        "body": "Hello.\n\nSecond <b>paragraph</b>,\nsecond line.",
        "text": "",
        "assets": (),
        "settings": {"postStatus": "publish", "postType": "post", "slug": None},
        "interaction": "post",
        "parent_id": None,
        "started_at": NOW,
    }
    return Job(**(given | changes))


def asset(position: int = 0, **changes: Any) -> JobAsset:
    given: dict[str, Any] = {
        "position": position,
        "kind": "image",
        "mime": "image/jpeg",
        "filename": "Our Café.JPG",
        "size": 10,
        "url": "",
    }
    return JobAsset(**(given | changes))


def answer(body: Any, status: int = 200, **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers=names, json=body, text=json.dumps(body))


def page(status: int, **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers=names, json=None, text="<html>Sorry</html>")


def drive(flow: Generator[Any, Any, Any], *answers: Response) -> tuple[list[Call], Any]:
    """Feed the answers as the runner does: problems end the flow unless the call accepts their code."""
    calls: list[Call] = []
    waiting = list(answers)
    value: Any = None
    while True:
        try:
            call = flow.send(value)
        except StopIteration as stop:
            assert not waiting, "answers left over"
            return calls, stop.value
        calls.append(call)
        response = waiting.pop(0)
        problem = PROVIDER.read_error(response)
        if problem is None:
            value = call.read(response)
            json.dumps(value)  # what is kept must be JSON
        elif problem.code in call.accepts:
            value = {"problem": problem.code, "message": problem.message, "data": problem.data}
        else:
            raise FlowError(problem)


# --- publishing ------------------------------------------------------------------------------------------------------


def test_an_article_without_media_is_one_call() -> None:
    made = {"id": 7, "link": "https://blog.example/a", "status": "publish"}

    calls, published = drive(PROVIDER.publish(job()), answer(made, 201))

    (call,) = calls
    assert call.effect is Effect.ONCE
    assert (call.request.method, call.request.path) == ("POST", "https://blog.example/wp-json/wp/v2/posts")
    assert call.request.json is not None
    assert call.request.json["title"] == "A first post"
    assert call.request.json["status"] == "publish"
    assert call.request.json["slug"].startswith("a-first-post-")
    assert "featured_media" not in call.request.json
    assert published == Published(id="7", url="https://blog.example/a", status="publish", meta={"route": "posts"})


def test_a_page_goes_to_the_pages_and_keeps_the_sites_word_for_its_status() -> None:
    settings = {"postStatus": "draft", "postType": "page", "slug": "about"}

    calls, published = drive(PROVIDER.publish(job(settings=settings)), answer({"id": 7, "link": "", "status": "draft"}))

    assert calls[0].request.path.endswith("/wp/v2/pages")
    assert calls[0].request.json is not None
    assert calls[0].request.json["slug"] == "about"
    assert published == Published(id="7", url=None, status="draft", meta={"route": "pages"})


def test_media_are_uploaded_first_and_embedded() -> None:
    assets = (asset(0, kind="video", mime="video/mp4", filename="clip.mp4"), asset(1, alt_text='A "cat"'))
    flow = PROVIDER.publish(job(assets=assets))

    calls, _ = drive(
        flow,
        answer({"id": 5, "source_url": "https://blog.example/clip.mp4"}, 201),
        answer({"id": 6, "source_url": "https://blog.example/cat.jpg"}, 201),
        answer({"id": 6}),
        answer({"id": 7, "link": "", "status": "publish"}, 201),
    )

    assert [call.name for call in calls] == ["media-0", "media-1", "media-1-alt", "post"]
    assert [call.effect for call in calls] == [Effect.REPEATABLE] * 3 + [Effect.ONCE]
    upload = calls[1].request
    assert upload.body == AssetBytes(1)
    assert upload.headers["Content-Type"] == "image/jpeg"
    assert upload.headers["Content-Disposition"].startswith('attachment; filename="our-cafe-')
    assert upload.headers["Content-Disposition"].endswith('.jpg"')
    assert calls[2].request.json == {"alt_text": 'A "cat"'}
    post = calls[3].request.json
    assert post is not None
    assert post["featured_media"] == 6
    assert '<video controls src="https://blog.example/clip.mp4"></video>' in post["content"]
    assert (
        '<!-- wp:image {"id":6,"sizeSlug":"full"} -->\n<figure class="wp-block-image size-full">'
        '<img src="https://blog.example/cat.jpg" alt="A &quot;cat&quot;" class="wp-image-6"/></figure>'
    ) in post["content"]


def test_an_image_that_was_stored_but_not_resized_is_finished_instead_of_uploaded_again() -> None:
    died = answer({"code": "internal_server_error", "message": "x"}, 500, x_wp_upload_attachment_id="9")

    calls, _ = drive(
        PROVIDER.publish(job(assets=(asset(),))),
        died,
        answer({"id": 9, "source_url": "https://blog.example/a.jpg"}),
        answer({"id": 7, "link": "", "status": "publish"}, 201),
    )

    assert calls[1].request.path.endswith("/wp/v2/media/9/post-process")
    assert calls[1].request.json == {"action": "create-image-subsizes"}
    assert '"id":9' in calls[2].request.json["content"]


def test_what_people_type_stays_text() -> None:
    body = 'Use <script> & [gallery] at https://a.test/x?a=1&b=[2], "now".'

    written = wordpress.content(job(body=body), [])

    assert "<script>" not in written
    assert "[" not in written
    assert "&lt;script&gt; &amp; &#91;gallery]" in written
    assert '<a href="https://a.test/x?a=1&amp;b=&#91;2">https://a.test/x?a=1&amp;b=&#91;2</a>],' in written


def test_paragraphs_and_line_breaks_are_kept() -> None:
    written = wordpress.content(job(), [])

    assert written.startswith("<!-- wp:paragraph -->\n<p>Hello.</p>\n<!-- /wp:paragraph -->\n\n<!-- wp:paragraph -->")
    assert "<p>Second &lt;b&gt;paragraph&lt;/b&gt;,<br>second line.</p>" in written


def test_the_content_ends_with_the_marker() -> None:
    ending = "<!-- wp:html -->\n<!-- socialclaw:post_1 -->\n<!-- /wp:html -->"

    assert wordpress.content(job(), []).endswith(ending)
    assert wordpress.content(job(body=""), []) == ending


@pytest.mark.parametrize(
    ("title", "body", "start"),
    [
        ("Ünïcode & more!", "", "unicode-more-"),
        ("", "Body words", "body-words-"),
        ("Привет", "", "post-"),
        ("word " * 40, "", "word-word-"),
    ],
)
def test_a_slug_is_made_from_the_words_and_is_unique(title: str, body: str, start: str) -> None:
    made = wordpress.slug(job(title=title, body=body))

    assert made.startswith(start)
    assert len(made) <= 70
    assert made != wordpress.slug(job(title=title, body=body, post_id="post_2"))
    assert made == wordpress.slug(job(title=title, body=body))


def test_a_filename_without_an_extension_gets_that_of_its_type() -> None:
    assert wordpress.media_filename(job(), asset(filename="scan")).startswith("scan-")
    assert wordpress.media_filename(job(), asset(filename="scan")).endswith(".jpeg")
    assert '"' not in wordpress.media_filename(job(), asset(filename='a"\r\nX: y.jp"g'))


def test_a_site_without_pretty_addresses_is_asked_through_its_query() -> None:
    account = JobAccount(
        external_id="abc", handle="", account_type="", meta={"restBase": "https://blog.example/sub/?rest_route="}
    )

    call = next(PROVIDER.publish(job(account=account)))

    assert isinstance(call, Call)
    assert call.request.path == "https://blog.example/sub/"
    assert call.request.params == {"rest_route": "/wp/v2/posts"}


# --- reconcile, delete, metrics --------------------------------------------------------------------------------------

DOUBT = Doubt(step="post", intended_at=NOW, answers={})


def listed(post_id: int, marker: str) -> Mapping[str, Any]:
    raw = f"<p>x</p><!-- socialclaw:{marker} -->"
    return {"id": post_id, "link": "https://blog.example/x", "status": "publish", "content": {"raw": raw}}


def reconcile(*answers: Response, **changes: Any) -> tuple[list[Call], Any]:
    assert PROVIDER.reconcile is not None
    return drive(PROVIDER.reconcile(job(**changes), DOUBT), *answers)


def test_a_post_is_found_by_its_slug() -> None:
    calls, found = reconcile(answer([listed(7, "post_1")]))

    assert found == Found((Published(id="7", url="https://blog.example/x", status="publish", meta={"route": "posts"}),))
    assert calls[0].request.params["slug"] == wordpress.slug(job())
    assert calls[0].request.params["context"] == "edit"
    assert "pending" in calls[0].request.params["status"]


def test_somebody_elses_post_with_the_same_slug_is_not_adopted() -> None:
    calls, found = reconcile(answer([listed(7, "post_10")]), answer([]), answer([listed(8, "post_1")]))

    assert [candidate.id for candidate in found.candidates] == ["8"]
    assert calls[1].request.params["search"] == "post_1"


def test_a_post_that_no_list_shows_is_absent() -> None:
    calls, found = reconcile(answer([]), answer([]), answer([listed(7, "post_2")]))

    assert found == Absent()
    assert [call.effect for call in calls] == [Effect.READ] * 3


def test_pages_are_looked_up_among_the_pages() -> None:
    settings = {"postStatus": "publish", "postType": "page", "slug": None}

    calls, found = reconcile(answer([listed(7, "post_1")]), settings=settings)

    assert calls[0].request.path.endswith("/wp/v2/pages")
    assert found.candidates[0].meta == {"route": "pages"}


PUBLISHED = PublishedPost(id="7", url=None, account=ACCOUNT, published_at=NOW, meta={"route": "pages"})


@pytest.mark.parametrize(
    "response",
    [
        answer({"deleted": True}),
        answer({"code": "rest_post_invalid_id"}, 404),
        answer({"code": "rest_already_trashed"}, 410),
    ],
)
def test_a_deleted_post_is_gone_even_if_it_was_gone_before(response: Response) -> None:
    assert PROVIDER.delete is not None
    calls, _ = drive(PROVIDER.delete(PUBLISHED), response)

    assert (calls[0].request.method, calls[0].request.params) == ("DELETE", {"force": "true"})
    assert calls[0].request.path.endswith("/wp/v2/pages/7")


def test_a_404_page_does_not_mean_that_the_post_is_deleted() -> None:
    assert PROVIDER.delete is not None
    with pytest.raises(FlowError):
        drive(PROVIDER.delete(PUBLISHED), page(404))


def test_only_comments_are_counted() -> None:
    assert PROVIDER.post_metrics is not None
    _, metrics = drive(PROVIDER.post_metrics(PUBLISHED), answer([{"id": 1}], x_wp_total="12"))

    assert metrics == {"comments": 12}


# --- connecting ------------------------------------------------------------------------------------------------------


def login(address: str = "https://blog.example/") -> SiteLogin:
    return SiteLogin.model_validate(
        {"siteUrl": address, "username": " alice ", "applicationPassword": "abcd EFGH ijkl"}
    )


def verify(*answers: Response, address: str = "https://blog.example/") -> tuple[list[Call], Any]:
    return drive(wordpress.verify(login(address)), *answers)


def test_connecting_names_the_site_by_its_home_address() -> None:
    calls, (identity,) = verify(answer(INDEX), answer(ME))

    assert [call.request.path for call in calls] == [
        "https://blog.example/wp-json/",
        "https://blog.example/wp-json/wp/v2/users/me",
    ]
    assert identity.handle == f"wordpress:site:{identity.external_id}"
    assert identity.display_name == "Alice & Bob"
    assert identity.account_type == "wordpress_site"
    assert identity.meta["restBase"] == "https://blog.example/wp-json"
    assert identity.meta["capabilities"]["publish_pages"] is False


def test_one_site_has_one_name() -> None:
    same = {
        wordpress.site_hash(home)
        for home in ("http://Blog.example", "https://blog.example/", "https://blog.example:443")
    }

    assert len(same) == 1
    assert wordpress.site_hash("https://blog.example/two") not in same
    assert wordpress.site_hash("https://blog.example:8443") not in same


def test_connecting_follows_a_site_that_moved() -> None:
    moved = page(301, location="https://www.blog.example/wp-json/")

    calls, (identity,) = verify(moved, answer(INDEX), answer(ME), address="http://blog.example")

    assert calls[1].request.path == "https://www.blog.example/wp-json/"
    assert identity.meta["restBase"] == "https://www.blog.example/wp-json"


def test_connecting_tries_the_address_that_needs_no_rewriting() -> None:
    calls, (identity,) = verify(page(404), answer(INDEX), answer(ME))

    assert calls[1].request.path == "https://blog.example/"
    assert calls[1].request.params["rest_route"] == "/"
    assert identity.meta["restBase"] == "https://blog.example/?rest_route="


def test_connecting_works_where_strangers_may_not_read_the_index() -> None:
    _, (identity,) = verify(answer({"code": "rest_not_logged_in"}, 401), answer(ME))

    assert identity.meta["home"] == "https://blog.example"
    assert identity.display_name == "blog.example"


def problem_of(*answers: Response, address: str = "https://blog.example/") -> tuple[Kind, str]:
    with pytest.raises(FlowError) as raised:
        verify(*answers, address=address)
    return raised.value.problem.kind, raised.value.problem.code


def test_connecting_says_when_there_is_no_wordpress() -> None:
    assert problem_of(page(200), answer({"hello": 1})) == (Kind.UNAVAILABLE, "wordpress_rest_unavailable")


def test_the_password_is_not_sent_to_a_site_that_takes_none() -> None:
    assert problem_of(answer(INDEX | {"authentication": []})) == (Kind.AUTH, "application_passwords_unavailable")


@pytest.mark.parametrize("address", ["http://blog.example", "http://93.184.216.34:8080"])
def test_the_password_is_not_sent_where_anyone_can_listen(address: str) -> None:
    assert problem_of(answer(INDEX), address=address) == (Kind.AUTH, "wordpress_https_required")


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", "http://[::1]", "http://localhost", "http://blog.lan"])
def test_a_site_in_the_own_network_needs_no_certificate(address: str) -> None:
    _, (identity,) = verify(answer(INDEX), answer(ME), address=address)

    assert identity.meta["restBase"] == f"{address}/wp-json"


def test_an_open_connection_to_a_closed_site_gets_no_password() -> None:
    closed = answer({"code": "rest_not_logged_in"}, 401)

    assert problem_of(closed, closed, address="http://blog.example") == (Kind.UNAVAILABLE, "wordpress_rest_unavailable")


def test_a_wrong_password_and_a_low_role_are_told_apart() -> None:
    refused = answer({"code": "rest_not_logged_in", "message": "No"}, 401)
    reader = ME | {"capabilities": {"read": True}}

    assert problem_of(answer(INDEX), refused) == (Kind.AUTH, "rest_not_logged_in")
    assert problem_of(answer(INDEX), answer(reader)) == (Kind.PERMISSION, "wordpress_role_too_low")


def test_a_redirect_cannot_lead_to_another_scheme_or_carry_credentials() -> None:
    for location in ("file:///etc/passwd", "https://user@evil.example/wp-json/", ""):
        assert problem_of(page(302, location=location), page(404))[0] is Kind.UNAVAILABLE


@pytest.mark.parametrize(
    ("typed", "front"),
    [
        ("blog.example", "https://blog.example"),
        ("https://Blog.Example/news/", "https://blog.example/news"),
        ("http://blog.example/wp-admin/profile.php?x=1#y", "http://blog.example"),
        ("https://blog.example/sub/wp-json/wp/v2", "https://blog.example/sub"),
        ("https://blog.example:8443/wp-login.php", "https://blog.example:8443"),
    ],
)
def test_any_page_of_the_site_names_it(typed: str, front: str) -> None:
    assert wordpress.front_page(typed) == front


@pytest.mark.parametrize("typed", ["ftp://blog.example", "https://", "https://a:b@blog.example", "file:///etc"])
def test_other_addresses_are_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        login(typed)


def test_both_spellings_of_the_fields_are_taken_and_the_secret_stays_out_of_the_repr() -> None:
    snake = SiteLogin.model_validate(
        {"site_url": "https://blog.example", "username": "alice", "application_password": "abcd EFGH ijkl"}
    )

    assert snake == login()
    assert "abcd" not in repr(snake)


def test_requests_are_signed_but_the_index_is_not() -> None:
    credential = Credential(wordpress.credential(login()))
    index, me = (call.request for call in verify(answer(INDEX), answer(ME))[0])

    signed = PROVIDER.sign(me, credential, App())

    expected = base64.b64encode(b"alice:abcd EFGH ijkl").decode()
    assert signed.headers["Authorization"] == f"Basic {expected}"
    assert "Authorization" not in PROVIDER.sign(index, credential, App()).headers


# --- at WordPress.com ------------------------------------------------------------------------------------------------

AT_COM = JobAccount(
    external_id="5",
    handle="wordpress:site:5",
    account_type="wordpress_site",
    meta={"restBase": "/wp/v2/sites/5", "fileTypes": ["jpg", "png"]},
)
PERSON = {
    "ID": 7,
    "username": "alice",
    "display_name": "Alice",
    "avatar_URL": "https://a.test/7",
    "token_site_id": None,
}


def com_site(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "ID": number,
        "name": "Alice &amp; Bob",
        "URL": "https://alice.wordpress.example",
        "capabilities": {"edit_posts": True, "publish_posts": True},
        "icon": {"img": "https://a.test/icon.png"},
        "options": {"allowed_file_types": ["jpg", "png"]},
        **changes,
    }


def test_a_login_brings_the_sites_that_the_person_writes_on() -> None:
    sites = [com_site(5), com_site(6, capabilities={"edit_posts": False}), com_site(8, icon=None, options=[], name="")]

    calls, found = drive(wordpress.identify(), answer(PERSON), answer({"sites": sites}))

    assert [call.request.path for call in calls] == ["/rest/v1.1/me", "/rest/v1.1/me/sites"]
    assert all(call.effect is Effect.READ and call.request.host == "api" for call in calls)
    assert [identity.handle for identity in found] == ["wordpress:site:5", "wordpress:site:8", "wordpress:user:7"]
    assert [identity.account_type for identity in found] == ["wordpress_site", "wordpress_site", "wordpress_user"]
    assert (found[0].display_name, found[1].display_name) == ("Alice & Bob", "alice.wordpress.example")
    assert found[0].meta["restBase"] == "/wp/v2/sites/5"
    assert (found[0].meta["fileTypes"], found[1].meta["fileTypes"]) == (["jpg", "png"], None)
    assert {identity.credential_key for identity in found} == {"com:7"}


def test_a_token_for_one_site_asks_for_that_one() -> None:
    calls, found = drive(wordpress.identify(), answer(PERSON | {"token_site_id": 5}), answer(com_site(5)))

    assert calls[1].request.path == "/rest/v1.1/sites/5"
    assert [identity.handle for identity in found] == ["wordpress:site:5", "wordpress:user:7"]


def test_somebody_who_writes_nowhere_brings_nothing() -> None:
    _, found = drive(wordpress.identify(), answer(PERSON), answer({"sites": []}))

    assert found == ()


def test_publishing_there_is_the_same_under_another_address() -> None:
    calls, published = drive(
        PROVIDER.publish(job(account=AT_COM, assets=(asset(),))),
        answer({"id": 5, "source_url": "https://a.test/cat.jpg"}, 201),
        answer({"id": 7, "link": "https://alice.wordpress.example/x", "status": "publish"}, 201),
    )
    here, _ = drive(
        PROVIDER.publish(job(assets=(asset(),))),
        answer({"id": 5, "source_url": "https://a.test/cat.jpg"}, 201),
        answer({"id": 7, "link": "", "status": "publish"}, 201),
    )

    assert [call.request.path for call in calls] == ["/wp/v2/sites/5/media", "/wp/v2/sites/5/posts"]
    assert published.meta == {"route": "posts"}
    assert calls[1].request.json is not None
    body = dict(calls[1].request.json)
    assert body.pop("meta") == {"jetpack_publicize_feature_enabled": False}
    assert body == here[1].request.json, "only there somebody else passes posts on"


@pytest.mark.parametrize(
    ("status", "type"), [("draft", "post"), ("pending", "post"), ("private", "post"), ("publish", "page")]
)
def test_what_is_not_passed_on_anyway_is_not_switched_off(status: str, type: str) -> None:
    """Who may not publish may not write that field either, and would be told so after the post was made."""
    settings = {"postStatus": status, "postType": type, "slug": None}

    calls, _ = drive(
        PROVIDER.publish(job(account=AT_COM, settings=settings)), answer({"id": 7, "link": "", "status": status})
    )

    assert "meta" not in (calls[0].request.json or {})


def test_a_lost_answer_and_a_delete_go_to_the_same_routes() -> None:
    asked, found = reconcile(answer([listed(7, "post_1")]), account=AT_COM)
    assert asked[0].request.path == "/wp/v2/sites/5/posts"
    assert found.candidates[0].id == "7"
    assert PROVIDER.delete is not None
    post = PublishedPost(id="7", url=None, account=AT_COM, published_at=NOW, meta={"route": "posts"})
    (call,), _ = drive(PROVIDER.delete(post), answer({"deleted": True}))
    assert (call.request.method, call.request.path) == ("DELETE", "/wp/v2/sites/5/posts/7")


COUNTS = {"ID": 7, "like_count": 4, "discussion": {"comment_count": 2}}


@pytest.mark.parametrize(
    ("views", "told"),
    [
        (answer({"views": 30}), 30),
        (answer({"error": "unauthorized", "message": "user cannot view stats"}, 403), None),
        (answer({"error": "invalid_blog", "message": "no Stats module"}, 404), None),
    ],
)
def test_views_likes_and_comments_are_told_there(views: Response, told: int | None) -> None:
    assert PROVIDER.post_metrics is not None
    post = PublishedPost(id="7", url=None, account=AT_COM, published_at=NOW, meta={"route": "posts"})

    calls, metrics = drive(PROVIDER.post_metrics(post), answer(COUNTS), views)

    assert [call.request.path for call in calls] == [
        "/rest/v1.1/sites/5/posts/7",
        "/rest/v1.1/sites/5/stats/post/7",
    ]
    assert metrics == {"likes": 4, "comments": 2, "views": told}


def test_the_figures_of_a_site_are_those_of_its_whole_life() -> None:
    assert PROVIDER.account_metrics is not None
    calls, metrics = drive(
        PROVIDER.account_metrics(AT_COM), answer({"stats": {"views": 900, "comments": 12, "views_today": 3}})
    )
    assert (calls[0].request.path, metrics) == ("/rest/v1.1/sites/5/stats", {"views": 900, "comments": 12})
    calls, metrics = drive(PROVIDER.account_metrics(ACCOUNT), answer([], x_wp_total="3"))
    assert (calls[0].request.path, metrics) == ("https://blog.example/wp-json/wp/v2/comments", {"comments": 3})
    person = JobAccount(external_id="user:7", handle="wordpress:user:7", account_type="wordpress_user")
    assert drive(PROVIDER.account_metrics(person)) == ([], {})


def test_calls_there_carry_the_token_and_no_password() -> None:
    call = next(PROVIDER.publish(job(account=AT_COM)))
    assert isinstance(call, Call)

    signed = PROVIDER.sign(call.request, Credential({"access_token": "secret"}), App("1", "2"))

    assert signed.headers["Authorization"] == "Bearer secret"


def test_its_login_asks_for_what_publishing_needs_and_for_no_challenge() -> None:
    door = PROVIDER.oauth

    assert door is not None
    assert set(door.required_scopes) <= set(door.scopes)
    assert {"posts", "media", "sites"} <= set(door.required_scopes)
    assert (door.pkce, door.client_auth, door.revoke) == (False, "post", None)
    assert PROVIDER.hosts["auth"] == PROVIDER.hosts["api"] == "https://public-api.wordpress.com"


# --- on a page of one's own site -------------------------------------------------------------------------------------

BACK = WayBack(
    allowed="https://us.example/back?state=s1", denied="https://us.example/back?state=s1&error=access_denied"
)


def find(*answers: Response, address: str = "https://blog.example", back: WayBack = BACK) -> Any:
    return drive(wordpress.find_page(SiteAddress.model_validate({"siteUrl": address}), back), *answers)


def index(page: Any, **changes: Any) -> Response:
    return answer(
        {**INDEX, "authentication": {"application-passwords": {"endpoints": {"authorization": page}}}} | changes
    )


def test_the_page_is_the_one_that_the_site_names() -> None:
    calls, page = find(index("https://blog.example/wp-admin/authorize-application.php"))

    assert [call.name for call in calls] == ["index-0-0"]
    split = urlsplit(page.url)
    assert f"{split.scheme}://{split.netloc}{split.path}" == "https://blog.example/wp-admin/authorize-application.php"
    assert {name: values[0] for name, values in parse_qs(split.query).items()} == {
        "app_name": "SocialClaw",
        "app_id": wordpress.APP_ID,
        "success_url": BACK.allowed,
        "reject_url": BACK.denied,
    }
    assert page.kept["siteUrl"] == "https://blog.example"
    assert page.kept["name"] == "Alice & Bob"


def test_a_page_with_a_query_of_its_own_keeps_it() -> None:
    _, page = find(index("https://blog.example/?authorize=1"))

    assert page.url.startswith("https://blog.example/?authorize=1&app_name=SocialClaw&")


def test_a_site_without_pretty_addresses_is_gone_back_to_by_its_front_page() -> None:
    _, found = find(page(404), index("https://blog.example/authorize"))

    assert found.kept["siteUrl"] == "https://blog.example"


@pytest.mark.parametrize(
    ("answers", "address", "back", "code"),
    [
        ([answer(INDEX | {"authentication": []})], "https://blog.example", BACK, "application_passwords_unavailable"),
        ([index(None)], "https://blog.example", BACK, "wordpress_page_unknown"),
        ([index("javascript:alert(1)")], "https://blog.example", BACK, "wordpress_page_unknown"),
        ([index("https://user:pw@evil.example/")], "https://blog.example", BACK, "wordpress_page_unknown"),
        ([index("https://[half")], "https://blog.example", BACK, "wordpress_page_unknown"),
        ([index(["a", "list"])], "https://blog.example", BACK, "wordpress_page_unknown"),
        ([index("http://blog.example/authorize")], "https://blog.example", BACK, "wordpress_https_required"),
        ([answer(INDEX)], "http://blog.example", BACK, "wordpress_https_required"),
        ([answer({"code": "rest_not_logged_in"}, 401)], "https://blog.example", BACK, "wordpress_page_unknown"),
        ([index("https://blog.example/a", home="http://[", url=None)] * 2, "https://blog.example", BACK, "wordpress_rest_unavailable"),
        ([answer(INDEX)], "https://blog.example", WayBack(allowed="http://us.lan/b", denied=""), "wordpress_return_needs_https"),
        ([answer(INDEX)], "https://blog.example", WayBack(allowed="http://localhost:1/b", denied=""), "wordpress_return_needs_https"),
    ],
)  # fmt: skip
def test_a_site_that_cannot_ask_says_so_before_anybody_goes_there(
    answers: list[Response], address: str, back: WayBack, code: str
) -> None:
    with pytest.raises(FlowError) as raised:
        find(*answers, address=address, back=back)

    assert raised.value.problem.code == code


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://blog.example", "http://127.0.0.1:8765/back"),
        ("https://blog.example", "http://[::1]:8765/back"),
        ("http://blog.lan", "http://us.lan:8765/back"),
    ],
)
def test_a_program_on_the_persons_own_machine_may_be_gone_back_to(address: str, allowed: str) -> None:
    _, page = find(index(f"{address}/authorize"), address=address, back=WayBack(allowed=allowed, denied=allowed))

    assert page.url.startswith(address)


KEPT = {
    "siteUrl": "https://blog.example",
    "name": "Alice's",
    "sites": [wordpress.site_hash("https://blog.example"), wordpress.site_hash("https://wp.blog.example/core")],
}
GIVEN = {"site_url": "https://wp.blog.example/core", "user_login": "alice", "password": "abcdEFGHijklMNOPqrstUVWX"}


@pytest.mark.parametrize("site", ["https://wp.blog.example/core", "http://Blog.example/"])
def test_what_a_site_hands_over_is_what_a_person_would_have_typed(site: str) -> None:
    values = wordpress.came_back(KEPT, GIVEN | {"site_url": site})

    assert values == {
        "siteUrl": "https://blog.example",
        "username": "alice",
        "applicationPassword": "abcdEFGHijklMNOPqrstUVWX",
    }
    SiteLogin.model_validate(values)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"error": "access_denied"}, "access_denied"),
        ({"success": "false"}, "access_denied"),
        ({"error": "disabled"}, "application_passwords_unavailable"),
        ({}, "no_password"),
        (GIVEN | {"password": ""}, "no_password"),
        (GIVEN | {"site_url": "https://evil.example"}, "another_site"),
        (GIVEN | {"site_url": "https://blog.example:port"}, "another_site"),
        ({"user_login": "alice", "password": "x"}, "another_site"),
    ],
)
def test_a_way_back_that_is_no_password_for_this_site_is_told_apart(params: dict[str, str], code: str) -> None:
    problem = wordpress.came_back(KEPT, params)

    assert isinstance(problem, Problem)
    assert problem.code == code
    assert GIVEN["password"] not in problem.message


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (answer({"uuid": "u-1"}), "u-1"),
        (answer({"code": "rest_no_route"}, 404), None),
        (page(403), None),
    ],
)
def test_a_password_that_was_made_for_us_is_known_by_its_number(told: Response, kept: str | None) -> None:
    calls, (identity,) = drive(wordpress.verify_given(login()), answer(INDEX), answer(ME), told)

    assert calls[2].request.path.endswith("/wp/v2/users/me/application-passwords/introspect")
    assert identity.meta["passwordId"] == kept
    assert verify(answer(INDEX), answer(ME))[1][0].meta.get("passwordId") is None


def test_only_that_password_goes_with_the_account() -> None:
    assert PROVIDER.end_login is not None
    given = replace(ACCOUNT, meta={**ACCOUNT.meta, "passwordId": "u-1"})

    (call,), _ = drive(PROVIDER.end_login(given), answer({"deleted": True}))

    assert (call.request.method, call.request.path) == (
        "DELETE",
        "https://blog.example/wp-json/wp/v2/users/me/application-passwords/u-1",
    )
    assert drive(PROVIDER.end_login(ACCOUNT)) == ([], None)
    assert drive(PROVIDER.end_login(AT_COM)) == ([], None)


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "kind", "verdict", "code"),
    [
        (answer({"code": "rest_cannot_create", "message": "No"}, 401), Kind.AUTH, Verdict.REFUSED, "rest_cannot_create"),
        (answer({"code": "rest_cannot_publish"}, 403), Kind.PERMISSION, Verdict.REFUSED, "rest_cannot_publish"),
        (answer({"code": "empty_content"}, 400), Kind.INVALID_CONTENT, Verdict.REFUSED, "empty_content"),
        (answer({"code": "rest_upload_no_data"}, 400), Kind.MEDIA_REJECTED, Verdict.REFUSED, "rest_upload_no_data"),
        (answer({"code": "rest_upload_sideload_error"}, 500), Kind.MEDIA_REJECTED, Verdict.REFUSED, "rest_upload_sideload_error"),
        (answer({"code": "internal_server_error"}, 500), Kind.UNAVAILABLE, Verdict.UNKNOWN, "internal_server_error"),
        (answer({"code": "rest_no_route"}, 404), Kind.NOT_FOUND, Verdict.REFUSED, "rest_no_route"),
        (answer({"code": "rest_trash_not_supported"}, 501), Kind.INVALID_CONTENT, Verdict.REFUSED, "rest_trash_not_supported"),
        (answer({"error": "invalid_token", "message": "No"}, 400), Kind.AUTH, Verdict.REFUSED, "invalid_token"),
        (answer({"error": "authorization_required"}, 403), Kind.AUTH, Verdict.REFUSED, "authorization_required"),
        (answer({"error": "unauthorized", "message": "API calls to this blog have been disabled."}, 403), Kind.PERMISSION, Verdict.REFUSED, "unauthorized"),
        (answer({"error": "unknown_post"}, 404), Kind.NOT_FOUND, Verdict.REFUSED, "unknown_post"),
        (answer({"error": "invalid_input"}, 400), Kind.INVALID_CONTENT, Verdict.REFUSED, "invalid_input"),
        (page(200), Kind.UNAVAILABLE, Verdict.UNKNOWN, "wordpress_rest_unavailable"),
        (page(403), Kind.PERMISSION, Verdict.REFUSED, "wordpress_rest_unavailable"),
        (page(404), Kind.NOT_FOUND, Verdict.REFUSED, "wordpress_rest_unavailable"),
        (page(413), Kind.MEDIA_REJECTED, Verdict.REFUSED, "file_too_large"),
        (page(502), Kind.UNAVAILABLE, Verdict.UNKNOWN, "wordpress_rest_unavailable"),
        (page(301), Kind.UNAVAILABLE, Verdict.UNKNOWN, "wordpress_redirected"),
        (page(408), Kind.UNAVAILABLE, Verdict.UNKNOWN, "wordpress_rest_unavailable"),
    ],
)  # fmt: skip
def test_error_answers_say_whether_the_call_was_done(
    response: Response, kind: Kind, verdict: Verdict, code: str
) -> None:
    problem = PROVIDER.read_error(response)

    assert problem is not None
    assert (problem.kind, problem.verdict, problem.code) == (kind, verdict, code)


def test_good_answers_are_no_errors() -> None:
    assert PROVIDER.read_error(answer({"id": 1}, 201)) is None
    assert PROVIDER.read_error(answer([], 200)) is None


def test_a_site_under_load_says_when_to_come_back() -> None:
    limited = PROVIDER.read_error(page(429, retry_after="30"))
    maintenance = PROVIDER.read_error(page(503, retry_after="600"))

    assert limited is not None
    assert maintenance is not None
    assert (limited.kind, limited.retry_after) == (Kind.RATE_LIMITED, 30)
    assert limited.scope is Scope.ACCOUNT, "other sites are other servers"
    assert maintenance.retry_after == 600


def test_the_sites_own_words_are_shown_without_their_markup() -> None:
    problem = PROVIDER.read_error(answer({"code": "x", "message": "<p>Too &lt;long&gt;</p> <a href='#'>see</a>"}, 400))

    assert problem is not None
    assert problem.message.endswith("Too <long> see")


# --- settings and checks ---------------------------------------------------------------------------------------------


def draft(*assets: DraftAsset, interaction: str = "post") -> Draft:
    return Draft(
        provider="wordpress",
        account_type="wordpress_site",
        handle="wordpress:site:abc",
        title="",
        body="b",
        text="b",
        assets=assets,
        settings={},
        interaction=interaction,
        parent=None,
    )


def attached(kind: Any = "image", extension: str = "jpg") -> DraftAsset:
    return DraftAsset(key="asset_1", url="https://a.test/x", kind=kind, extension=extension)


def test_settings_have_defaults_and_lose_their_spaces() -> None:
    parse = PROVIDER.settings["wordpress_site"].parse

    assert parse({}, draft()) == {"postStatus": "publish", "postType": "post", "slug": None}
    assert parse({"postType": "page", "slug": " about "}, draft()) == {
        "postStatus": "publish",
        "postType": "page",
        "slug": "about",
    }


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"visibility": "x"}, "wordpress_settings_unsupported"),
        ({"postStatus": "future"}, "wordpress_post_status_invalid"),
        ({"postType": "product"}, "wordpress_post_type_invalid"),
        ({"slug": ["a"]}, "wordpress_settings_unsupported"),
    ],
)
def test_bad_settings_are_named(settings: Mapping[str, Any], code: str) -> None:
    issue = PROVIDER.settings["wordpress_site"].parse(settings, draft())

    assert isinstance(issue, Issue)
    assert issue.code == code


@pytest.mark.parametrize(
    ("checked", "code"),
    [
        (draft(attached()), None),
        (draft(*[attached()] * 20), None),
        (draft(attached(), attached("video", "mp4")), None),
        (draft(*[attached()] * 21), "wordpress_media_limit_exceeded"),
        (draft(attached("other", "gif")), "wordpress_media_unsupported"),
        (draft(*[attached("other", "gif")] * 21, interaction="reply"), "wordpress_interaction_unsupported"),
    ],
)
def test_checks_come_in_the_order_of_their_codes(checked: Draft, code: str | None) -> None:
    issue = first(check(checked) for check in PROVIDER.checks)

    assert (issue.code if issue else None) == code


@pytest.mark.parametrize(
    ("extension", "kind", "code"),
    [
        ("jpg", "image", None),
        ("", "image", None),
        ("webp", "image", "wordpress_media_unsupported"),
        ("mp4", "video", "wordpress_media_unsupported"),
    ],
)
def test_a_site_takes_what_it_says_it_takes(extension: str, kind: str, code: str | None) -> None:
    there = replace(draft(attached(kind, extension)), account_meta=AT_COM.meta)

    issue = first(check(there) for check in PROVIDER.checks)

    assert (issue.code if issue else None) == code
    assert first(check(draft(attached(kind, extension))) for check in PROVIDER.checks) is None


def test_handles_tell_sites_from_users() -> None:
    assert PROVIDER.account_type_of("wordpress:site:abc") == "wordpress_site"
    assert PROVIDER.account_type_of("WP:Site:5") == "wordpress_site"
    assert PROVIDER.account_type_of("wordpress:5") == "wordpress_user"


def test_the_accepted_files_are_those_of_the_shared_checks() -> None:
    assert PROVIDER.limits.image is not None
    assert PROVIDER.limits.video is not None
    assert PROVIDER.limits.image.extensions == rules.IMAGE_EXTENSIONS
    assert PROVIDER.limits.video.extensions == rules.VIDEO_EXTENSIONS
