"""Files come into the library, are described, found, seen in use, deleted and brought back, in a real browser."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import events
from backend.access import Actor
from backend.context import Context
from backend.models import Account, Asset, PostAsset
from tests.api.files import image, png_of
from tests.backend.rows import add_post
from tests.seeds import workspace_of
from tests.servers import free_port, require
from tests.servers.s3 import KEY, S3, SECRET

from .running import CHROMIUM, Demo, demo

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

UPLOAD = "**/v1/dashboard/assets/upload"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def library(folder: Path, running: Demo) -> Iterator[tuple[Context, Actor]]:
    with workspace_of(folder, running.url) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Uploads are cut off and refused here, of which the console tells."""
    return context.new_page()


def choose(page: Page, *files: tuple[str, str, bytes]) -> None:
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": mime, "buffer": content} for name, mime, content in files]
    )


def tile(page: Page, name: str) -> Locator:
    return page.get_by_role("list", name="Files").get_by_role("button", name=name)


def test_three_files_come_in_and_the_one_that_was_cut_off_comes_after_all(page: Page, running: Demo) -> None:
    page.goto(running.url + "/media-library")
    expect(page.get_by_text("No files yet.")).to_be_visible()
    held: list[Route] = []
    seen: list[str] = []

    def cut(route: Route) -> None:
        seen.append(route.request.url)
        if len(seen) == 1:
            route.abort("connectionreset")
        elif len(seen) == 2:
            held.append(route)
        else:
            route.continue_()

    page.route(UPLOAD, cut)
    choose(page, *((f"{name}.png", "image/png", image(colour=name)) for name in ("red", "green", "blue")))

    expect(page.get_by_text("The connection broke. Trying again …")).to_be_visible()
    expect(page.get_by_role("progressbar", name="green.png")).to_be_visible()
    expect(page.get_by_text("0 of 3 uploaded")).to_be_visible()
    held[0].continue_()
    for name in ("red", "green", "blue"):
        expect(tile(page, f"{name}.png")).to_be_visible()
    expect(page.get_by_text("Done. 3 new in the library.")).to_be_visible()
    assert len(seen) == 4
    page.unroute(UPLOAD)


def test_what_is_no_picture_is_refused_with_the_reason_and_the_rest_goes_on(page: Page, running: Demo) -> None:
    page.goto(running.url + "/media-library")
    broken = image(colour="olive")[:60]
    choose(
        page, ("notes.txt", "text/plain", b"words"), ("broken.png", "image/png", broken),
        ("olive.png", "image/png", image(colour="olive")),
    )  # fmt: skip

    expect(page.get_by_text("Only pictures, videos and sound are taken.")).to_be_visible()
    expect(page.get_by_text("The image is broken or not complete.")).to_be_visible()
    expect(tile(page, "olive.png")).to_be_visible()
    expect(page.get_by_text("1 of 3 uploaded, nothing is under way · need a look: 2")).to_be_visible()


def test_a_description_is_kept_as_it_is_typed_and_found_again(page: Page, running: Demo) -> None:
    page.goto(running.url + "/media-library")
    tile(page, "red.png").click()
    page.get_by_label("Description for people").fill("A <b>red</b> boat at dawn")
    expect(page.get_by_text("Kept as you type.")).to_be_visible()
    page.keyboard.press("Escape")

    page.goto(running.url + "/media-library")
    page.get_by_label("Search names and descriptions").fill("boat dawn")
    expect(tile(page, "blue.png")).to_have_count(0)
    tile(page, "red.png").click()
    expect(page.get_by_label("Description for people")).to_have_value("A <b>red</b> boat at dawn")
    page.keyboard.press("Escape")


def test_where_a_file_is_used_is_shown_by_itself_and_deleting_says_what_becomes_of_it(
    page: Page, running: Demo, library: tuple[Context, Actor]
) -> None:
    context, actor = library
    page.goto(running.url + "/media-library")
    tile(page, "green.png").click()
    drawer = page.get_by_role("dialog", name="File")
    expect(drawer.get_by_text("No post uses it yet.")).to_be_visible()

    context.db.write_now(_use, actor, "green.png", "Nobody has seen this yet")

    post = drawer.get_by_role("link", name="Nobody has seen this yet")
    expect(post).to_be_visible(timeout=3_000)
    drawer.get_by_role("button", name="Delete").click()
    asked = page.get_by_role("dialog", name="Delete 1 file?")
    expect(asked).to_contain_text("restored for 7 days")
    expect(asked).to_contain_text("1 post that is not out yet uses this")
    asked.get_by_role("button", name="Delete").click()
    expect(tile(page, "green.png")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(tile(page, "green.png")).to_be_visible()


def test_deleted_files_wait_and_come_back(page: Page, running: Demo) -> None:
    page.goto(running.url + "/media-library")
    for name in ("red.png", "blue.png"):
        page.get_by_label(f"Choose {name}").check()
    page.get_by_role("group", name="Chosen files").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog", name="Delete 2 files?").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Recently deleted (2)").click()
    expect(page).to_have_url(running.url + "/media-library?show=deleted")
    expect(tile(page, "red.png")).to_be_visible()
    tile(page, "blue.png").click()
    page.get_by_role("dialog", name="File").get_by_role("button", name="Restore").click()
    expect(tile(page, "blue.png")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Back to the library").click()
    expect(tile(page, "blue.png")).to_be_visible()
    expect(tile(page, "red.png")).to_have_count(0)


def _use(session: Session, actor: Actor, filename: str, words: str) -> None:
    asset = session.scalars(select(Asset).where(Asset.original_filename == filename)).one()
    account = session.scalars(select(Account.id).where(Account.workspace_id == actor.workspace_id)).first()
    assert account is not None
    later = asset.created_at.replace(year=asset.created_at.year + 1, day=1)
    post_id = add_post(session, actor, account, asset.created_at, description=words, publish_at=later, due_at=later)
    session.add(PostAsset(post_id=post_id, position=0, key="asset_1", asset_id=asset.id, sha256=asset.sha256, url="x"))
    events.record(
        session,
        workspace_id=actor.workspace_id,
        at=asset.created_at,
        kind="post.created",
        actor="test",
        subject_id=post_id,
    )


@pytest.fixture(scope="module")
def with_bucket(s3_server: S3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    require(CHROMIUM)
    bucket, port = s3_server.create_bucket(), free_port()
    rule = {
        "AllowedOrigins": [f"http://127.0.0.1:{port}"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
    }  # fmt: skip
    s3_server.client().put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    variables = {
        "SOCIALCLAW_STORAGE_URL": s3_server.url(bucket),
        "SOCIALCLAW_S3_ACCESS_KEY_ID": KEY,
        "SOCIALCLAW_S3_SECRET_ACCESS_KEY": SECRET,
    }
    with demo(tmp_path_factory.mktemp("bucket"), port=port, variables=variables) as started:
        yield started


@pytest.mark.servers
def test_a_large_file_that_was_cut_off_goes_on_with_the_parts_that_are_missing(
    browser: Browser, with_bucket: Demo, tmp_path: Path
) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(image(size=(2400, 2400), colour="navy") + bytes(20 * MIB))
    context = browser.new_context()
    page = context.new_page()
    page.goto(with_bucket.link)
    page.wait_for_url(with_bucket.url + "/")
    page.goto(with_bucket.url + "/media-library")
    sent: list[str] = []
    page.on("request", lambda request: sent.extend(_part_of(request.url)))
    page.route("**/*partNumber=2&*", lambda route: None)  # no answer comes: the page is left meanwhile
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_request("**/*partNumber=2&*"):
        page.locator("input[type=file]").set_input_files(large)
    page.reload()
    expect(page.get_by_text("The upload of large.png was cut off.")).to_be_visible()
    page.unroute("**/*partNumber=2&*")

    page.locator("input[type=file]").set_input_files(large)

    expect(tile(page, "large.png")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("was cut off")).to_have_count(0)
    assert sent == ["1", "2", "2", "3"]
    context.close()


def _part_of(address: str) -> list[str]:
    return parse_qs(urlsplit(address).query).get("partNumber", [])


def test_five_hundred_files_dropped_at_once_all_come_in(browser: Browser, with_folder: Demo) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(with_folder.link)
    page.wait_for_url(with_folder.url + "/")
    page.goto(with_folder.url + "/media-library")
    expect(page.get_by_role("button", name="Choose files")).to_be_visible()
    page.evaluate(DROP, [base64.b64encode(png_of(1 + n % 25, 1 + n // 25)).decode() for n in range(500)])

    expect(page.get_by_text("of 500 uploaded")).to_be_visible()
    assert page.get_by_role("region", name="Uploads").get_by_role("listitem").count() < 30
    expect(page.get_by_text("Done. 500 new in the library.")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("Page 1 of 9")).to_be_visible()
    context.close()


DROP = """contents => {
  const transfer = new DataTransfer()
  contents.forEach((content, n) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))
    transfer.items.add(new File([bytes], `dropped-${n}.png`, { type: 'image/png' }))
  })
  document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
}"""


@pytest.fixture
def with_folder(tmp_path: Path) -> Iterator[Demo]:
    with demo(tmp_path, port=free_port()) as started:
        yield started
