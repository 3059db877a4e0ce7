"""Writing posts in a real browser: for several networks, on a phone, in two windows, through crashes."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page, expect

from tests.servers import free_port

from .running import Demo, demo, enter, listen, scrolls_sideways

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

PUBLISHED_MS = 25_000
PATIENCE_MS = 15_000
"""A machine that does other work as well draws a page slowly."""
ALL_OVER = "<script>window.hacked = 1</script><style>body { display: none }</style>"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def signed_in(running: Demo, browser: Browser) -> Any:
    """The state of a browser whose person has an account at X as well."""

    def connect(page: Page) -> None:
        for network, consent in (("X", "Authorize as @sandbox_studio"), ("Reddit", "Continue as u/sandbox_writer")):
            page.goto(running.url + "/accounts")
            offer = page.locator("article").filter(has=page.get_by_text(network, exact=True))
            offer.get_by_role("button", name="Connect", exact=True).click()
            page.get_by_role("button", name=consent).click()
            page.wait_for_url(f"{running.url}/accounts*")

    return enter(browser, running, leave=connect)


def begin(page: Page, running: Demo, *accounts: str, text: str = "", path: str = "/compose?draft=new") -> Locator:
    """A new composer with these accounts and this text; gives back the box of the text."""
    page.goto(running.url + path)
    for account in accounts:
        page.get_by_role("button", name=account).click()
        expect(page.get_by_role("button", name=account)).to_have_attribute("aria-pressed", "true")
    box = page.get_by_label("Text", exact=True)
    if text:
        box.fill(text)
    return box


def split_off(page: Page, network: str) -> None:
    """The box of the text is another afterwards."""
    page.get_by_role("button", name=f"Write own words for {network}").click()
    voice = page.locator(".sc-voice").filter(has_text=network).filter(has_text="own words")
    expect(voice).to_have_attribute("aria-pressed", "true")


def picture(name: str, colour: str, *, size: tuple[int, int] = (64, 48)) -> FilePayload:
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": content.getvalue()}


def files(page: Page) -> list[str]:
    """The names of the files in their order."""
    names = page.locator(".sc-medium-bar").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    return list(names)


def audience_sees(page: Page, running: Demo, network: str, words: str) -> Locator:
    """The post with these words, once it is there."""
    page.goto(f"{running.sandbox}/_/{network}")
    post = page.locator("article").filter(has_text=words).first
    for _ in range(40):
        if post.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(post).to_be_visible()
    return post


def size_of(post: Locator) -> list[int]:
    """Width and height of its picture."""
    measured = "async img => (await img.decode(), [img.naturalWidth, img.naturalHeight])"
    return list(post.locator("img").last.evaluate(measured))


def kept(page: Page) -> None:
    expect(page.get_by_text("Kept as you type")).to_be_visible()
    page.wait_for_url("**/compose?draft=draft_*")


# --- several networks -------------------------------------------------------------------------------------------------


def test_a_post_for_three_networks_is_mended_on_the_way_and_published(page: Page, running: Demo) -> None:
    long = "Our guide is out. " + "It says how to write for many networks at once. " * 6
    begin(page, running, "Sandbox News", "Announcements", "Sandbox Studio", text=long)
    page.locator("input[type=file]").set_input_files(picture("sea.png", "teal"))
    page.get_by_label("Describe it").fill("The sea")
    expect(page.get_by_text("X 305 / 280")).to_be_visible()
    issue = page.locator(".sc-issue").filter(has_text="X: The text has 305")
    expect(issue).to_be_visible()

    page.get_by_role("button", name="Publish now").click()
    expect(page.locator(".q-notification").filter(has_text="at most 280 fit")).to_be_visible()
    split_off(page, "X")
    page.get_by_label("Text", exact=True).fill("Our guide is out, in short.")
    expect(page.get_by_text("X 27 / 280")).to_be_visible()
    expect(issue).to_have_count(0)
    expect(page.get_by_role("article", name="How it will look: X")).to_contain_text("Our guide is out, in short.")
    expect(page.get_by_role("article", name="How it will look: Discord")).to_contain_text("at once")

    page.get_by_role("button", name="Publish now").click()
    page.wait_for_url(f"{running.url}/posts")
    for network, words in (("x", "Our guide is out, in short."), ("telegram", "at once"), ("discord", "at once")):
        audience_sees(page, running, network, words)
        assert page.locator("article img").count() >= 1, network


def test_a_thread_is_one_post_where_there_are_no_threads_and_splitting_can_be_undone(page: Page, running: Demo) -> None:
    begin(page, running, "Sandbox Studio", "Announcements", text="First")
    page.get_by_role("button", name="Add a post to the thread").click()
    page.get_by_label("Post 2 of the thread").fill("Second")
    expect(page.get_by_text("Discord: no threads there, so all parts become one post.")).to_be_visible()
    thread = page.get_by_role("article", name="How it will look: X").locator(".sc-shown-text")
    expect(thread).to_have_text(["First", "Second"])
    expect(page.get_by_role("article", name="How it will look: Discord").locator(".sc-shown-text")).to_have_text(
        ["First\n\nSecond"]
    )

    page.locator(".sc-voice").filter(has_text="Discord").click()
    split_off(page, "Discord")
    page.get_by_label("Text", exact=True).fill("Discord's own")
    page.get_by_role("button", name="Say what all networks say").click()
    page.get_by_role("button", name="Throw them away").click()
    expect(page.get_by_text("Discord gets what all networks get.")).to_be_visible()
    expect(page.get_by_role("article", name="How it will look: Discord")).to_contain_text("First")


def test_a_picture_is_cropped_for_one_network_with_the_keys_and_goes_out_so(page: Page, running: Demo) -> None:
    begin(page, running, "Sandbox News", "Announcements", text="The sea, in a square")
    page.locator("input[type=file]").set_input_files(picture("sea.png", "navy", size=(640, 320)))
    page.get_by_role("button", name="Crop: sea.png").click()
    page.locator(".q-dialog").get_by_role("button", name="Telegram").click()
    page.get_by_role("button", name="1:1").click()
    part = page.get_by_role("group", name="The part that stays: 320 × 320 pixels")
    expect(part).to_be_visible()
    part.focus()
    for _ in range(3):
        page.keyboard.press("Shift+-")
    expect(page.get_by_role("group", name="The part that stays: 224 × 224 pixels")).to_be_visible()
    page.locator(".q-dialog").get_by_role("button", name="Crop", exact=True).click()
    expect(page.get_by_text("Cropped for Telegram.")).to_be_visible()
    kept(page)
    page.reload()
    expect(page.get_by_text("Cropped for Telegram.")).to_be_visible()

    page.get_by_role("button", name="Publish now").click()
    page.wait_for_url(f"{running.url}/posts")
    assert size_of(audience_sees(page, running, "telegram", "in a square")) == [224, 224]
    assert size_of(audience_sees(page, running, "discord", "in a square")) == [640, 320]


def test_a_part_is_dragged_with_the_pointer_and_given_up_again(page: Page, running: Demo) -> None:
    begin(page, running, "Sandbox News", text="The sea")
    page.locator("input[type=file]").set_input_files(picture("sea.png", "navy", size=(640, 320)))
    page.get_by_role("button", name="Crop: sea.png").click()
    page.locator(".sc-crop-se").hover()  # which waits until the dialog stands still
    page.mouse.down()
    shown = page.locator(".sc-crop-picture").bounding_box()
    corner = page.locator(".sc-crop-se").bounding_box()
    assert shown
    assert corner
    page.mouse.move(corner["x"] + corner["width"] / 2 - shown["width"] / 2, corner["y"] + corner["height"] / 2, steps=4)
    page.mouse.up()
    expect(page.get_by_role("group", name=re.compile("The part that stays: 3[12][0-9] × 320"))).to_be_visible()
    page.locator(".q-dialog").get_by_role("button", name="Crop", exact=True).click()
    expect(page.get_by_text("Cropped.")).to_be_visible()
    page.get_by_role("button", name="Crop: sea.png").click()
    page.get_by_role("button", name="Whole picture").click()
    expect(page.get_by_text("Cropped.")).to_have_count(0)


def test_what_there_is_to_choose_comes_from_the_network(page: Page, running: Demo) -> None:
    begin(page, running, "u/sandbox_writer", text="What do you read?")
    expect(page.get_by_role("alert").filter(has_text="Say which subreddit to post to.")).to_be_visible()
    page.get_by_role("button", name="Choose").click()
    page.get_by_role("listitem").filter(has_text="flaired").click()
    expect(page.get_by_role("article", name="How it will look: Reddit")).to_contain_text("r/flaired")
    flair = page.get_by_label("Flair", exact=True)
    flair.click()
    expect(page.get_by_role("option").first).to_be_visible()
    name = page.get_by_role("option").first.inner_text()
    page.get_by_role("option").first.click()
    expect(flair).to_have_value(name)


def test_a_group_chooses_its_accounts_at_once(page: Page, running: Demo) -> None:
    begin(page, running, "Sandbox News", "Releases")
    page.get_by_role("button", name="Groups", exact=True).click()
    page.get_by_label("Name of the group").fill(f"Morning {ALL_OVER}"[:40])
    page.get_by_role("button", name="Save the chosen accounts").click()
    expect(page.get_by_text("The group is saved.")).to_be_visible()
    begin(page, running, "Sandbox Team")
    page.get_by_role("button", name="Morning").click()
    for name, chosen in (("Sandbox News", "true"), ("Releases", "true"), ("Sandbox Team", "false")):
        expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", chosen)


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def forgiving(context: BrowserContext) -> Page:
    """A page whose console may complain: it says so of each answer that is no success."""
    return context.new_page()


def test_files_are_pasted_cut_off_sent_again_and_put_in_order_with_the_keyboard(forgiving: Page, running: Demo) -> None:
    page = forgiving
    box = begin(page, running, "Sandbox Studio", text="With pictures")
    paste = """async (box) => {
        const canvas = new OffscreenCanvas(40, 30)
        canvas.getContext('2d').fillRect(0, 0, 40, 30)
        const data = new DataTransfer()
        data.items.add(new File([await canvas.convertToBlob()], 'pasted.png', { type: 'image/png' }))
        box.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    }"""
    box.evaluate(paste)
    expect(page.get_by_label("Describe it")).to_have_count(1)
    assert files(page) == ["pasted.png"]

    page.route("**/assets/upload", lambda route: route.abort(), times=1)
    with page.expect_event("requestfailed"):
        page.locator("input[type=file]").set_input_files(picture("sea.png", "teal"))
    expect(page.get_by_text("The upload was cut off.")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_label("Describe it")).to_have_count(2)
    page.locator("input[type=file]").set_input_files(picture("sun.png", "orange"))
    expect(page.get_by_label("Describe it")).to_have_count(3)

    page.get_by_label("Describe it").last.fill("The sun")
    page.get_by_role("group", name="sun.png").get_by_role("button", name="Move forward").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # faster than the server answers
    expect(page.get_by_text("sun.png stands at 1 of 3 now.")).to_be_visible()
    assert files(page) == ["sun.png", "pasted.png", "sea.png"]
    expect(page.get_by_label("Describe it").first).to_have_value("The sun")
    kept(page)
    page.reload()
    expect(page.get_by_label("Describe it").first).to_have_value("The sun")
    assert files(page) == ["sun.png", "pasted.png", "sea.png"]


def test_five_hundred_files_at_once_are_queued_up_to_what_a_post_holds(forgiving: Page, running: Demo) -> None:
    page = forgiving
    begin(page, running, "Sandbox Studio", text="Many")
    drop = """(tray) => {
        const data = new DataTransfer()
        for (let n = 0; n < 500; n++) data.items.add(new File(['no picture'], `f${n}.txt`, { type: 'text/plain' }))
        tray.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))
    }"""
    page.locator(".sc-tray").evaluate(drop)
    expect(page.get_by_text("at most 4 files in a post. Left out: 496.")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="Only pictures and videos can be posted.")).to_have_count(4)
    page.get_by_role("button", name="Leave it out").first.click()
    expect(page.get_by_role("alert").filter(has_text="Only pictures and videos can be posted.")).to_have_count(3)


def test_a_file_is_taken_from_the_library(page: Page, running: Demo) -> None:
    begin(page, running, "Sandbox Studio", text="Again")
    page.locator("input[type=file]").set_input_files(picture("again.png", "navy"))
    expect(page.get_by_label("Describe it")).to_have_count(1)
    page.get_by_role("button", name="From the library").click()
    page.get_by_role("dialog").get_by_role("button", name="again.png").first.click()
    page.get_by_role("button", name="Add 1 file").click()
    expect(page.get_by_label("Describe it")).to_have_count(2)
    assert files(page) == ["again.png", "again.png"]


# --- when -------------------------------------------------------------------------------------------------------------


def test_what_was_published_too_fast_is_taken_back(page: Page, running: Demo) -> None:
    begin(page, running, "Sandbox Team", text="Too fast")
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text(re.compile(r"It goes out in \d seconds?\."))).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back. Nothing went out.")).to_be_visible()
    page.get_by_label("Text", exact=True).fill("Just right")
    page.get_by_role("button", name="Publish now").click()
    page.wait_for_url(f"{running.url}/posts/post_*")
    expect(page.get_by_text("Published", exact=True).first).to_be_visible(timeout=PUBLISHED_MS)
    page.goto(f"{running.sandbox}/_/telegram")
    expect(page.get_by_text("Just right").first).to_be_visible()
    expect(page.get_by_text("Too fast")).to_have_count(0)


def test_the_field_says_what_the_clocks_do(page: Page, running: Demo) -> None:
    begin(page, running, "Sandbox Team", text="At night")
    page.get_by_role("button", name="At a time").click()
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_role("option", name="Europe/Berlin").click()
    page.get_by_label("Time", exact=True).fill("02:30")
    page.get_by_label("Day").fill("2027-03-28")
    expect(
        page.get_by_text("The clocks in Europe/Berlin skip 02:30 on that day: it goes out at 03:30.")
    ).to_be_visible()
    page.get_by_label("Day").fill("2027-10-31")
    expect(page.get_by_text("The clocks in Europe/Berlin show 02:30 twice on that day.")).to_be_visible()
    page.get_by_text("the second (UTC+01:00)").click()
    expect(page.get_by_text("In UTC that is 31 Oct 2027 01:30.")).to_be_visible()
    page.get_by_role("button", name="Schedule").click()
    page.wait_for_url(f"{running.url}/posts/post_*")
    expect(page.get_by_text("2027-10-31 02:30 Europe/Berlin")).to_be_visible()


def test_a_post_is_written_and_scheduled_on_a_phone(browser: Browser, running: Demo, signed_in: Any) -> None:
    size = {"width": 360, "height": 740}
    context = browser.new_context(storage_state=signed_in, viewport=size, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    page = context.new_page()
    heard = listen(page)
    begin(page, running, "Sandbox Updates", text="From the train")
    page.locator("input[type=file]").set_input_files(picture("window.png", "grey"))
    expect(page.get_by_label("Describe it")).to_have_count(1)
    page.get_by_role("button", name="At a time").tap()
    page.get_by_role("button", name="In 2 hours").tap()
    assert not scrolls_sideways(page)
    page.get_by_role("button", name="Schedule").tap()
    page.wait_for_url(f"{running.url}/posts/post_*")
    expect(page.get_by_text("Scheduled", exact=True).first).to_be_visible()
    context.close()
    assert heard == []


def test_the_same_words_again_are_warned_of_with_a_way_to_the_earlier_post(page: Page, running: Demo) -> None:
    begin(page, running, "Sandbox Updates", text="Every Monday: our newsletter")
    page.get_by_role("button", name="At a time").click()
    page.get_by_role("button", name="Schedule").click()
    page.wait_for_url(f"{running.url}/posts/post_*")
    address = page.url
    begin(page, running, "Sandbox Updates", text="EVERY MONDAY – our newsletter!")
    expect(page.get_by_text("Sandbox Updates has the same words in a post of")).to_be_visible()
    expect(page.get_by_role("link", name="See it")).to_have_attribute("href", address.removeprefix(running.url))


# --- bad input ----------------------------------------------------------------------------------------------------------


def test_scripts_and_styles_are_words_everywhere(page: Page, running: Demo) -> None:
    begin(page, running, "Sandbox Studio", "Announcements", text=ALL_OVER)
    page.get_by_role("button", name="Add a title").click()
    page.get_by_label("Title", exact=True).fill(ALL_OVER)
    page.locator("input[type=file]").set_input_files({**picture("sea.png", "teal"), "name": f"{ALL_OVER}.png"})
    page.get_by_label("Describe it").fill(ALL_OVER)
    shown = page.get_by_role("article", name="How it will look: X")
    expect(shown).to_contain_text(f"{ALL_OVER}\n\n{ALL_OVER}")
    page.locator(".sc-voice").filter(has_text="Discord").click()
    expect(page.locator(".sc-listening")).to_contain_text(ALL_OVER)
    kept(page)
    page.get_by_role("button", name="Drafts you began").click()
    expect(page.get_by_role("dialog").get_by_text(ALL_OVER).first).to_be_visible()
    assert page.evaluate("window.hacked") is None
    expect(page.get_by_role("heading", name="Compose")).to_be_visible()


def test_a_paste_of_two_hundred_thousand_characters_is_told_the_limit_and_stays_quick(
    page: Page, running: Demo
) -> None:
    box = begin(page, running, "Sandbox News", "Announcements")
    box.evaluate(
        """(box) => {
            box.focus()
            document.execCommand('insertText', false, 'Words and more words. '.repeat(9091).slice(0, 200000))
        }"""
    )
    expect(page.get_by_text("Discord 200000 / 2000")).to_be_visible(timeout=10_000)
    expect(page.get_by_role("alert").filter(has_text="Telegram counts them; at most 4096 fit")).to_be_visible()
    slowest = box.evaluate(
        """async (box) => {
            let slowest = 0
            for (let n = 0; n < 20; n++) {
                const began = performance.now()
                document.execCommand('insertText', false, 'x')
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
                slowest = Math.max(slowest, performance.now() - began)
            }
            return slowest
        }"""
    )
    assert slowest < 1000
    expect(page.get_by_text("Discord 200020 / 2000")).to_be_visible(timeout=10_000)
    kept(page)
    page.reload()
    expect(page.get_by_label("Text", exact=True)).to_have_value(re.compile(r"^Words and(.|\n)*x{20}$"))


# --- two windows --------------------------------------------------------------------------------------------------------


def test_two_windows_with_one_draft_lose_nothing(context: BrowserContext, page: Page, running: Demo) -> None:
    begin(page, running, "Sandbox News", text="Both see this")
    kept(page)
    address = page.url
    other = context.new_page()
    other.goto(address)
    box = other.get_by_label("Text", exact=True)
    expect(box).to_have_value("Both see this")

    page.get_by_label("Text", exact=True).fill("The first window")
    expect(page.get_by_role("article")).to_contain_text("The first window")
    box.fill("The second window")
    expect(other.get_by_text("Another window changed this draft, too.")).to_be_visible()
    other.get_by_role("button", name="See what differs").click()
    table = other.get_by_role("dialog").get_by_role("table")
    expect(table).to_contain_text("The first window")
    expect(table).to_contain_text("The second window")
    assert other.url != address
    for tab, text in ((page, "The first window"), (other, "The second window")):
        tab.reload()
        expect(tab.get_by_label("Text", exact=True)).to_have_value(text)


def test_the_later_of_two_changes_to_a_post_is_told_what_changed(
    context: BrowserContext, page: Page, running: Demo
) -> None:
    begin(page, running, "Sandbox Team", text="As it was", path="/compose?at=2027-06-01T10:00")
    page.get_by_role("button", name="Schedule").click()
    page.wait_for_url(f"{running.url}/posts/post_*")
    post = page.url.rpartition("/")[2]
    other = context.new_page()
    for tab in (page, other):
        tab.goto(f"{running.url}/compose?edit={post}")
        expect(tab.get_by_label("Text", exact=True)).to_have_value("As it was")

    other.get_by_label("Text", exact=True).fill("What the second window has")
    page.get_by_label("Text", exact=True).fill("What the first window saved")
    page.get_by_role("button", name="Save changes").click()
    page.wait_for_url(f"{running.url}/posts/{post}")

    expect(other.get_by_text("Somebody changed this post while you were writing.")).to_be_visible()
    other.get_by_role("button", name="Save changes").click()
    table = other.get_by_role("dialog").get_by_role("table")
    expect(table).to_contain_text("What the first window saved")
    expect(table).to_contain_text("What the second window has")
    other.get_by_role("button", name="Save mine over it").click()
    other.wait_for_url(f"{running.url}/posts/{post}")
    expect(other.get_by_text("What the second window has").first).to_be_visible()


# --- sessions and crashes -------------------------------------------------------------------------------------------------


def test_nothing_typed_is_lost_when_a_session_ends(browser: Browser, running: Demo, folder: Path) -> None:
    email = "bob@example.com"
    made = [
        sys.executable,
        "-m",
        "socialclaw_app",
        "users",
        "create",
        "--email",
        email,
        "--password-stdin",
        "--data-dir",
    ]
    subprocess.run([*made, str(folder)], input=PASSWORD, text=True, check=True, capture_output=True)
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, f"{running.url}/signin?next=/compose", email)
    begin(page, running, "Sandbox News", text="Half a thought")
    kept(page)
    context.request.post(f"{running.url}/auth/logout", data={})
    page.get_by_label("Text", exact=True).fill("Half a thought, and the other half")
    page.wait_for_url(re.compile(r"/signin\?next="))
    sign_in(page, page.url, email)
    page.wait_for_url("**/compose?draft=draft_*")
    expect(page.get_by_label("Text", exact=True)).to_have_value("Half a thought, and the other half")
    context.close()


def sign_in(page: Page, address: str, email: str) -> None:
    page.goto(address)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_killed_server_and_a_closed_browser_take_nothing_with_them(
    browser: Browser, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    port = free_port()
    context = browser.new_context()
    page = context.new_page()
    with demo(tmp_path, port=port) as first:
        page.goto(first.link)
        begin(page, first, "Sandbox News", text="Before the crash")
        kept(page)
        page.evaluate("window.drawn_before = true")
        os.kill(first.pid, signal.SIGKILL)
        page.get_by_label("Text", exact=True).fill("Before the crash, and after it")
    with demo(tmp_path, port=port) as second:
        page.wait_for_function("!window.drawn_before && document.querySelector('textarea')", timeout=60_000)
        expect(page.get_by_label("Text", exact=True)).to_have_value("Before the crash, and after it")
        kept(page)
        address = page.url
        context.close()
        again = browser.new_context()
        other = again.new_page()
        other.goto(second.link)
        other.goto(address)
        expect(other.get_by_label("Text", exact=True)).to_have_value("Before the crash, and after it")
        again.close()
