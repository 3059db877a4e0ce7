"""All posts, fifty at a time."""

from __future__ import annotations

from urllib.parse import urlencode

from nicegui import ui

from backend import posts as service
from backend.posts import Filters
from backend.status import PostStatus

from .. import design
from ..frame import empty, heading, html, pager, tabs
from ..live import follow
from ..marks import WORDS, post_rows
from ..run import Screen
from ..words import _, later, plural

PAGE = 50
TABS: tuple[tuple[str, tuple[PostStatus, ...], str], ...] = (
    ("", (), later("All")),
    ("scheduled", (PostStatus.SCHEDULED, PostStatus.RETRY_PENDING, PostStatus.PUBLISHING), WORDS["scheduled"]),
    ("published", (PostStatus.PUBLISHED,), WORDS["published"]),
    ("failed", (PostStatus.FAILED,), WORDS["failed"]),
    ("draft", (PostStatus.DRAFT,), later("Drafts")),
    ("canceled", (PostStatus.CANCELED,), WORDS["canceled"]),
)


async def posts(screen: Screen, status: str = "", q: str = "", page: int = 1) -> None:
    statuses = next((wanted for name, wanted, _title in TABS if name == status), ())
    page = max(1, min(page, 1_000_000))
    filters = Filters(statuses=statuses, search=q.strip() or None, limit=PAGE, offset=(page - 1) * PAGE)
    with heading(_("Posts")):
        ui.button(_("New post"), icon="edit", on_click=lambda: ui.navigate.to("/compose")).props(design.BUTTON)
    with ui.element("div").classes(design.LINE_SPREAD):
        html(tabs([(_(title), _address(name, q), name == status) for name, _statuses, title in TABS]))
        _search(status, q)

    @ui.refreshable
    async def list_() -> None:
        found, total = await screen.read(service.list_posts, screen.actor, filters)
        with ui.element("div").classes(design.CARD_PLAIN):
            if found:
                html(post_rows(found, screen)).mark("posts")
            elif q or status:
                empty("search_off", _("No post fits. Look among all of them."), _("All posts"), "/posts")
            else:
                empty("edit_note", _("No posts yet. Write the first one."), _("New post"), "/compose")
        ui.label(plural("{count} post", "{count} posts", total)).classes(design.SMALL).mark("total")
        html(pager("/posts", {key: value for key, value in (("status", status), ("q", q)) if value}, page, PAGE, total))

    await list_()
    await follow(screen, list_.refresh)


def _search(status: str, q: str) -> None:
    field = ui.input(_("Search"), value=q).props(f"{design.INPUT} clearable type=search").mark("search")
    field.on("keydown.enter", lambda: ui.navigate.to(_address(status, field.value or "")))
    field.on("clear", lambda: ui.navigate.to(_address(status, "")))


def _address(status: str, q: str) -> str:
    query = urlencode({key: value for key, value in (("status", status), ("q", q)) if value})
    return f"/posts?{query}" if query else "/posts"
