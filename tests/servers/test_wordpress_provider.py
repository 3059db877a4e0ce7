"""The WordPress provider against a real WordPress."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from backend.http import LostAnswer
from providers.contract import (
    Absent,
    Doubt,
    FlowError,
    Found,
    Identity,
    Job,
    JobAccount,
    JobAsset,
    Kind,
    PublishedPost,
)
from providers.wordpress import PROVIDER, SiteLogin, credential, verify

from .driver import Driver
from .losing_proxy import LosingProxy, losing_proxy
from .wordpress import Wordpress

pytestmark = pytest.mark.servers

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + b"\x20\x60\xa0" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def connect(site: Wordpress, user: str, password: str, url: str | None = None) -> tuple[Driver, Identity]:
    login = SiteLogin(site_url=url or site.url, username=user, application_password=password)
    driver = Driver(PROVIDER, credential(login), private_host=urlsplit(login.site_url).netloc)
    (identity,) = driver.run(verify(login))
    return driver, identity


def account_of(identity: Identity) -> JobAccount:
    return JobAccount(
        external_id=identity.external_id,
        handle=identity.handle,
        account_type=identity.account_type,
        display_name=identity.display_name,
        meta=identity.meta,
    )


def job(identity: Identity, post_id: str, **changes: Any) -> Job:
    given: dict[str, Any] = {
        "post_id": post_id,
        "generation": 1,
        "account": account_of(identity),
        "title": f"Fish & <Chips> {post_id}",
        "body": "One < two.\n\nSee https://example.com/?a=1&b=2 and [gallery].\nNext line 🐟",
        "text": "",
        "assets": (),
        "settings": {"postStatus": "publish", "postType": "post", "slug": None},
        "interaction": "post",
        "parent_id": None,
        "started_at": NOW,
    }
    return Job(**(given | changes))


def settings(**changes: str) -> dict[str, Any]:
    return {"postStatus": "publish", "postType": "post", "slug": None, **changes}


def with_marker(site: Wordpress, post_id: str) -> list[dict[str, Any]]:
    return [post for post in site.posts() if f"socialclaw:{post_id} " in post["content"]["raw"]]


def reconcile(driver: Driver, asked: Job) -> Any:
    assert PROVIDER.reconcile is not None
    return driver.run(PROVIDER.reconcile(asked, Doubt(step="post", intended_at=NOW, answers={})))


@pytest.fixture(scope="module")
def site(wordpress_server: Wordpress) -> Wordpress:
    return wordpress_server


@pytest.fixture(scope="module")
def author(site: Wordpress) -> tuple[Driver, Identity]:
    return connect(site, "alice", site.add_user("alice", "author"))


@pytest.fixture(scope="module")
def contributor(site: Wordpress) -> tuple[Driver, Identity]:
    return connect(site, "charlie", site.add_user("charlie", "contributor"))


@pytest.fixture
def proxy(site: Wordpress) -> Iterator[LosingProxy]:
    with losing_proxy(site.url) as proxy:
        yield proxy


def test_connecting_tells_the_site_and_what_the_user_may_do(site: Wordpress, author: tuple[Driver, Identity]) -> None:
    _, identity = author

    assert identity.display_name == "Test site"
    assert identity.meta["home"] == site.url
    assert identity.meta["capabilities"] == {
        "edit_posts": True,
        "publish_posts": True,
        "edit_pages": False,
        "publish_pages": False,
        "upload_files": True,
    }


def test_any_page_of_the_site_connects_the_same_account(site: Wordpress) -> None:
    page = f"{site.url}/wp-admin/index.php"

    _, from_page = connect(site, site.user, site.application_password, page)
    _, from_front = connect(site, site.user, site.application_password)

    assert from_page == from_front


def test_an_authors_post_with_an_image_keeps_its_text_and_its_marker(
    site: Wordpress, author: tuple[Driver, Identity]
) -> None:
    driver, identity = author
    image = png(40, 30)
    asset = JobAsset(
        position=0,
        kind="image",
        mime="image/png",
        filename="Fish.png",
        size=len(image),
        url="",
        alt_text='A "fish"',
    )

    published = driver.run(PROVIDER.publish(job(identity, "post_image", assets=(asset,))), [image])

    (post,) = with_marker(site, "post_image")
    assert published.id == str(post["id"])
    assert published.url == post["link"]
    assert published.status == post["status"] == "publish"
    assert post["slug"].startswith("fish-chips-post-image-")
    assert post["featured_media"] > 0
    shown = post["content"]["rendered"]
    assert "<p>One &lt; two.</p>" in shown
    assert '<a href="https://example.com/?a=1&amp;b=2">https://example.com/?a=1&amp;b=2</a>' in shown
    assert "gallery]" in shown
    assert "🐟" in shown
    assert f'class="wp-image-{post["featured_media"]}"' in shown
    assert 'alt="A &quot;fish&quot;"' in shown
    assert "Chips&gt;" in post["title"]["rendered"] or "<Chips>" not in post["title"]["rendered"]


def test_a_lost_answer_is_found_again_and_the_post_is_there_once(site: Wordpress, proxy: LosingProxy) -> None:
    driver, identity = connect(site, site.user, site.application_password, proxy.url)
    asked = job(identity, "post_lost")
    proxy.lose_answers("POST", "/wp/v2/posts")

    with pytest.raises(LostAnswer):
        driver.run(PROVIDER.publish(asked))
    found = reconcile(driver, asked)

    (post,) = with_marker(site, "post_lost")
    assert isinstance(found, Found)
    assert [candidate.id for candidate in found.candidates] == [str(post["id"])]
    assert found.candidates[0].url == post["link"]


def test_a_request_that_never_arrived_is_absent(site: Wordpress, proxy: LosingProxy) -> None:
    driver, identity = connect(site, site.user, site.application_password, proxy.url)
    asked = job(identity, "post_refused")
    proxy.refuse("POST", "/wp/v2/posts")

    with pytest.raises(LostAnswer):
        driver.run(PROVIDER.publish(asked))

    assert reconcile(driver, asked) == Absent()
    assert with_marker(site, "post_refused") == []


def test_a_post_is_found_although_the_site_changed_its_slug(site: Wordpress, author: tuple[Driver, Identity]) -> None:
    driver, identity = author
    first, second = (job(identity, f"post_slug{n}", settings=settings(slug="same")) for n in (1, 2))

    ids = [driver.run(PROVIDER.publish(asked)).id for asked in (first, second)]

    assert [reconcile(driver, asked).candidates[0].id for asked in (first, second)] == ids


@pytest.mark.parametrize("status", ["draft", "pending", "private"])
def test_what_is_not_public_counts_with_the_sites_word(
    site: Wordpress, author: tuple[Driver, Identity], status: str
) -> None:
    driver, identity = author
    asked = job(identity, f"post_{status}", settings=settings(postStatus=status))

    published = driver.run(PROVIDER.publish(asked))

    assert published.status == status
    assert reconcile(driver, asked).candidates[0] == published


def test_a_contributors_pending_post_is_found_although_the_site_drops_its_slug(
    contributor: tuple[Driver, Identity],
) -> None:
    driver, identity = contributor
    asked = job(identity, "post_contributed", settings=settings(postStatus="pending"))

    published = driver.run(PROVIDER.publish(asked))

    assert published.status == "pending"
    assert reconcile(driver, asked).candidates[0].id == published.id


def test_a_contributor_may_not_publish(site: Wordpress, contributor: tuple[Driver, Identity]) -> None:
    driver, identity = contributor

    with pytest.raises(FlowError) as raised:
        driver.run(PROVIDER.publish(job(identity, "post_forbidden")))

    assert raised.value.problem.kind is Kind.PERMISSION
    assert raised.value.problem.code == "rest_cannot_publish"
    assert with_marker(site, "post_forbidden") == []


def test_a_file_that_is_no_image_is_refused_for_good(author: tuple[Driver, Identity]) -> None:
    driver, identity = author
    asset = JobAsset(position=0, kind="image", mime="image/png", filename="a.png", size=4, url="")

    with pytest.raises(FlowError) as raised:
        driver.run(PROVIDER.publish(job(identity, "post_noimage", assets=(asset,))), [b"text"])

    assert raised.value.problem.kind is Kind.MEDIA_REJECTED


def test_a_page_is_published_found_and_deleted(site: Wordpress) -> None:
    driver, identity = connect(site, site.user, site.application_password)
    asked = job(identity, "post_page", settings=settings(postType="page", slug="about-us"))

    published = driver.run(PROVIDER.publish(asked))

    assert published.url == f"{site.url}/about-us/"
    assert reconcile(driver, asked).candidates == (published,)
    delete(driver, identity, published)
    assert reconcile(driver, asked) == Absent()


def test_deleting_twice_is_done_twice(site: Wordpress, author: tuple[Driver, Identity]) -> None:
    driver, identity = author
    published = driver.run(PROVIDER.publish(job(identity, "post_deleted")))

    delete(driver, identity, published)
    delete(driver, identity, published)

    assert with_marker(site, "post_deleted") == []


def delete(driver: Driver, identity: Identity, published: Any) -> None:
    assert PROVIDER.delete is not None
    driver.run(PROVIDER.delete(as_post(identity, published)))


def as_post(identity: Identity, published: Any) -> PublishedPost:
    return PublishedPost(
        id=published.id,
        url=published.url,
        account=account_of(identity),
        published_at=NOW,
        meta=published.meta,
    )


def test_a_post_without_comments_counts_none(author: tuple[Driver, Identity]) -> None:
    driver, identity = author
    published = driver.run(PROVIDER.publish(job(identity, "post_counted")))

    assert PROVIDER.post_metrics is not None
    assert driver.run(PROVIDER.post_metrics(as_post(identity, published))) == {"comments": 0}


def test_a_site_tells_how_many_comments_it_has(author: tuple[Driver, Identity]) -> None:
    driver, identity = author

    assert PROVIDER.account_metrics is not None
    found = driver.run(PROVIDER.account_metrics(account_of(identity)))

    assert found == {"comments": 1}, "a new site comes with one"


def test_a_site_is_also_reached_without_pretty_addresses(site: Wordpress, author: tuple[Driver, Identity]) -> None:
    driver, identity = author
    plain = replace(identity, meta={**identity.meta, "restBase": f"{site.url}/?rest_route="})

    published = driver.run(PROVIDER.publish(job(plain, "post_plain")))

    assert reconcile(driver, job(plain, "post_plain")).candidates == (published,)


def test_a_revoked_password_is_a_login_problem(site: Wordpress) -> None:
    driver, identity = connect(site, "bob", site.add_user("bob", "author"))
    site.revoke_passwords("bob")

    with pytest.raises(FlowError) as raised:
        driver.run(PROVIDER.publish(job(identity, "post_revoked")))

    assert raised.value.problem.kind is Kind.AUTH
    assert with_marker(site, "post_revoked") == []


def test_a_wrong_password_does_not_connect(site: Wordpress) -> None:
    with pytest.raises(FlowError) as raised:
        connect(site, site.user, "abcd efgh ijkl mnop qrst uvwx")

    assert raised.value.problem.kind is Kind.AUTH


def test_something_else_than_wordpress_does_not_connect(site: Wordpress) -> None:
    with pytest.raises(FlowError) as raised:
        connect(site, site.user, site.application_password, f"{site.url}/license.txt")

    assert raised.value.problem.code in ("wordpress_rest_unavailable", "rest_no_route")
