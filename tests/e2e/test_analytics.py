"""What came of posts and how accounts grew, in a real browser: compared, drawn, written out, and never a zero made up."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import analytics
from backend.access import Actor
from backend.context import Context
from backend.models import Account
from tests.seeds import add_account, add_published, tell, workspace_of

from .running import Demo, listen, scrolls_sideways

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SPRING, MENU, SILENT = "We are open on Sunday", "=The spring menu", "Nobody tells about this"


@pytest.fixture(scope="module")
def workspace(folder: Path, running: Demo) -> Iterator[tuple[Context, Actor]]:
    with workspace_of(folder, running.url) as opened:
        yield opened


@pytest.fixture(scope="module")
def posts(workspace: tuple[Context, Actor]) -> dict[str, str]:
    context, actor = workspace
    return context.db.write_now(_fill, actor, context)


def _fill(session: Session, actor: Actor, context: Context) -> dict[str, str]:
    """Two posts of these seven days, one of those before that was seen more since, and one of a network that tells nothing."""
    now, day = context.now(), timedelta(days=1)
    account = add_account(session, actor, context.sealer, "x", "x_user", "x:@cafe", "Sandbox Café", now - 20 * day)
    silent = session.scalars(select(Account.id).where(Account.provider == "discord")).first()
    assert silent is not None
    for back, followers in ((14, 980), (8, 990), (7, 1000), (3, 1010), (0, 1030)):
        tell(session, actor, account, now - back * day - timedelta(minutes=1), {"followers": followers})
    spring = add_published(session, actor, account, now - 2 * day, SPRING)
    menu = add_published(session, actor, account, now - 3 * day, MENU)
    older = add_published(session, actor, account, now - 10 * day, "Of the week before")
    for post_id, back, told in (
        (spring, 1.9, {"impressions": 40, "likes": 1}),
        (spring, 1, {"impressions": 100, "likes": 2}),
        (menu, 2, {"impressions": 50, "likes": 9}),
        (older, 9, {"impressions": 60, "likes": 4}),
        (older, 1, {"impressions": 600, "likes": 5}),
    ):
        tell(session, actor, post_id, now - back * day, told)
    return {
        SPRING: spring,
        MENU: menu,
        SILENT: add_published(session, actor, silent, now - 4 * day, SILENT),
    }


def tile(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Figures of posts").get_by_role("button", name=name)


def row(page: Page, table: str, words: str) -> Locator:
    return page.get_by_role("region", name=table).get_by_role("row").filter(has_text=words)


def test_a_workspace_without_posts_is_told_what_to_do_and_what_no_network_tells(page: Page, running: Demo) -> None:
    page.goto(running.url + "/analytics")
    expect(page.get_by_text("Nothing went out in these days. Figures come with the first post.")).to_be_visible()
    expect(page.get_by_role("button", name="New post")).to_be_visible()
    silent = row(page, "Accounts", "Announcements")
    expect(silent).to_contain_text("Figures are not offered by this network")
    expect(silent.get_by_role("cell").nth(1)).to_have_text("–")
    expect(page.get_by_text("Figures of accounts are not offered by Discord.")).to_be_visible()


def test_the_networks_are_asked_at_a_click_and_the_page_says_what_came(page: Page, running: Demo) -> None:
    page.goto(running.url + "/analytics")
    page.get_by_role("button", name="Ask the networks now").click()
    expect(page.get_by_role("status").filter(has_text="1 answer is new.")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("button", name="Ask the networks now")).to_be_visible()


def test_days_stand_beside_the_days_before_as_they_stood_then(page: Page, running: Demo, posts: dict[str, str]) -> None:
    heard = listen(page)
    page.goto(running.url + "/analytics")
    page.get_by_role("group", name="Stretch").get_by_role("button", name="7 days").click()
    expect(page).to_have_url(running.url + "/analytics?days=7&metric=impressions&figure=followers&drawn=gained")
    expect(tile(page, "Impressions")).to_contain_text("150")
    expect(tile(page, "Impressions")).to_contain_text("+150 %")
    expect(tile(page, "Impressions")).to_contain_text("60 before · told of 2 of 3 posts")
    drawn = page.get_by_role("img", name="Impressions by the day posts went out")
    expect(drawn.locator("svg")).to_be_visible()
    expect(page.get_by_role("img", name="Gained: Sandbox Café: +30").locator("svg")).to_be_visible()
    account = row(page, "Accounts", "Sandbox Café").get_by_role("cell")
    expect(account).to_have_text([r"Sandbox CaféX", "1,030", "+30", "+20", "2", "150"])

    tile(page, "Likes").click()
    expect(tile(page, "Likes")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("heading", name="Likes by day")).to_be_visible()
    best = page.get_by_role("region", name="Best posts").get_by_role("row")
    expect(best.nth(1)).to_contain_text(MENU)
    expect(best.nth(3)).to_contain_text("Figures are not offered by this network")
    expect(best.nth(3).get_by_role("cell").nth(2)).to_have_text("–")
    page.get_by_role("region", name="Best posts").get_by_role("button", name="Impressions").press("Enter")
    expect(best.nth(1)).to_contain_text(SPRING)
    expect(page.get_by_role("columnheader", name="Impressions", exact=True).first).to_have_attribute(
        "aria-sort", "descending"
    )
    assert heard == []


def test_a_chart_can_be_read_as_a_table_and_keeps_its_gaps(page: Page, running: Demo, posts: dict[str, str]) -> None:
    page.goto(running.url + "/analytics?days=7&metric=likes")
    page.get_by_role("button", name="Show as table").first.click()
    read = page.get_by_role("region", name="Likes by day")
    expect(read.get_by_role("row")).to_have_count(8)
    told = [read.get_by_role("row").nth(n).get_by_role("cell").first.inner_text() for n in range(1, 8)]
    assert sorted(told) == ["2", "9", "–", "–", "–", "–", "–"]


def test_figures_are_written_out_with_the_reason_where_there_are_none(
    page: Page, running: Demo, posts: dict[str, str]
) -> None:
    page.goto(running.url + "/analytics?days=7")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_text("Posts as CSV").click()
    assert download.value.suggested_filename.startswith("socialclaw-posts-")
    written = list(csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines()))
    assert [(line["text"], line["impressions"], line["figures"]) for line in written] == [
        (SPRING, "100", "told"),
        ("'" + MENU, "50", "told"),
        (SILENT, "", "not offered by this network"),
    ]


def test_one_account_is_chosen_and_stays_chosen(page: Page, running: Demo, posts: dict[str, str]) -> None:
    page.goto(running.url + "/analytics?days=7")
    page.get_by_role("combobox", name="Account").click()
    page.get_by_role("option", name="Announcements").click()
    expect(page.get_by_text("Not offered by Discord: there are no figures of these posts.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Not offered by Discord: there are no figures of these posts.")).to_be_visible()
    expect(page.get_by_role("group", name="Figures of posts").get_by_role("button")).to_have_count(0)


def test_a_post_and_its_run_show_how_their_figures_came(page: Page, running: Demo, posts: dict[str, str]) -> None:
    page.goto(running.url + "/analytics?days=7")
    page.get_by_role("region", name="Best posts").get_by_role("link", name=SPRING).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Figures: {SPRING}")
    line = page.get_by_role("region", name="Figures of the post").get_by_role("row").filter(has_text="Impressions")
    expect(line.get_by_role("cell").first).to_have_text("100")
    expect(page.get_by_role("img", name="At the end Impressions: 100")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert [
        line["impressions"] for line in csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines())
    ] == [
        "40",
        "100",
    ]

    page.get_by_role("link", name="Its run").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Figures of a run")
    expect(page.get_by_role("img", name="At the end Impressions: 100")).to_be_visible()
    expect(row(page, "Posts of the run", SPRING)).to_contain_text("100")

    page.goto(f"{running.url}/analytics/posts/{posts[SILENT]}")
    expect(page.get_by_text("Figures are not offered by this network").first).to_be_visible()


def test_what_another_process_was_told_is_there_at_once_on_a_phone(
    browser: Browser, page: Page, running: Demo, workspace: tuple[Context, Actor], posts: dict[str, str]
) -> None:
    context, actor = workspace
    phone = browser.new_context(storage_state=page.context.storage_state(), viewport={"width": 360, "height": 720})
    small = phone.new_page()
    small.goto(running.url + "/")
    small.get_by_role("button", name="More", exact=True).click()
    small.get_by_role("link", name="Analytics").locator("visible=true").click()
    small.get_by_role("button", name="7 days").click()
    expect(tile(small, "Impressions")).to_contain_text("150")
    assert not scrolls_sideways(small)

    context.db.write_now(tell, actor, posts[SPRING], context.now(), {"impressions": 175, "likes": 2})
    context.db.write_now(analytics.tell_pages, [actor.workspace_id], "worker", context.now())

    expect(tile(small, "Impressions")).to_contain_text("225", timeout=3_000)
    phone.close()
