"""All posts: narrowed down, gone through with the keyboard, and acted on many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from nicegui import ui
from nicegui.events import ValueChangeEventArguments
from sqlalchemy.orm import Session

from backend import browsing, saved_views
from backend.access import Action, Actor
from backend.bulk import Act
from backend.posts import Filters

from .. import design
from ..components.choices import Choice, Choices
from ..components.post_list import PostList
from ..frame import empty, heading, html, modal
from ..live import follow
from ..marks import WORDS, headline, network_name, row_content
from ..markup import Markup, tag
from ..parts import bulk
from ..run import REFUSED, Screen, refuse, say
from ..when import moment
from ..words import _, later, plural

PAGE = 50
TITLES = {
    "": later("All"),
    "scheduled": WORDS["scheduled"],
    "published": WORDS["published"],
    "failed": WORDS["failed"],
    "draft": later("Drafts"),
    "canceled": WORDS["canceled"],
    "deleted": WORDS["deleted"],
}
"""By the names of ``browsing.GROUPS``; the empty one is everything."""
SELDOM = ("deleted",)
"""Shown only when there is something in them."""
SPANS = {
    "": later("Any time"),
    "today": later("Today"),
    "next-7": later("Next 7 days"),
    "next-30": later("Next 30 days"),
    "past-7": later("Last 7 days"),
    "past-30": later("Last 30 days"),
    "days": later("Between two days"),
}
NARROWING = ("network", "account", "campaign", "run", "when", "from", "to", "q")
"""What of a query hides posts, beside the status."""


async def posts(screen: Screen) -> None:
    given = dict(ui.context.client.request.query_params)
    await _Board(screen, browsing.asked(given), given.get("at", "")).draw()


class _Board:
    """One open list: what it is asked for, and what is selected in it."""

    def __init__(self, screen: Screen, query: dict[str, str], place: str) -> None:
        self.screen, self.query, self.place = screen, query, place
        self.picked: list[str] = []
        self.ids: list[str] = []

    async def draw(self) -> None:
        screen = self.screen
        with heading(_("Posts")):
            ui.button(_("Runs"), icon="playlist_play", on_click=lambda: ui.navigate.to("/runs")).props(
                design.BUTTON_OUTLINE
            )
            ui.button(_("New post"), icon="edit", on_click=lambda: ui.navigate.to("/compose")).props(design.BUTTON)
        offered, views = await screen.read(_offered, screen.actor)
        self.tabs = Choices(_("Status"), self._turn_to)
        with ui.element("div").classes(design.FILTERS) as self.filters:
            self._draw_filters(offered)
            self._draw_views(views)
        self.chips = ui.element("div").classes(design.LINE)
        with ui.element("div").classes(design.CARD_PLAIN):
            self._draw_list_head()
            self.list = PostList([], words=_words(), selectable=self.may_act, on_picked=self._picked)
            self.list.mark("posts")
            self.nothing = ui.element("div")
        self.pager = html("").mark("pager")
        self._draw_bar()
        await follow(screen, self.load)  # before the first look, so that no change falls between them
        await self.load()

    @property
    def may_act(self) -> bool:
        return self.screen.may(Action.PUBLISH)

    # --- what is asked for ------------------------------------------------------------------------------------------------

    def _draw_filters(self, offered: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        query, zone, now = self.query, self.screen.zone, self.screen.now()
        search = ui.input(_("Search"), value=query.get("q", ""), on_change=self._typed)
        search.props(f'{design.INPUT} clearable type=search debounce="300"').classes(design.FILTER_WORDS).mark("search")
        self.more = ui.button(_("Filters"), icon="tune", on_click=self._show_filters).props(design.BUTTON_OUTLINE)
        self.more.classes(design.FILTERS_BUTTON).props("aria-expanded=false")
        networks = {one["id"]: network_name(one["id"]) for one in offered["providers"]}
        accounts = {one["id"]: f"{one['name']} ({network_name(one['provider'])})" for one in offered["accounts"]}
        campaigns = {
            one["id"]: f"{one['name']} ({moment(one['createdAt'], zone, now)})" for one in offered["campaigns"]
        }
        self._select("network", _("Network"), _("All networks"), networks)
        self._select("account", _("Account"), _("All accounts"), accounts)
        self._select("campaign", _("Campaign"), _("All campaigns"), campaigns)
        days = "days" if query.get("from") or query.get("to") else query.get("when", "")
        ui.select(
            {key: _(title) for key, title in SPANS.items()}, value=days, label=_("When"), on_change=self._span
        ).props(design.INPUT).classes(design.FILTER).mark("filter-when")
        with ui.element("div").classes(design.FILTER_DAYS) as self.days:
            for key, label in (("from", _("From")), ("to", _("Until"))):
                field = ui.input(label, value=query.get(key, ""), on_change=self._set(key))
                field.props(f"{design.INPUT} type=date").mark(f"filter-{key}")
        self.days.set_visibility(days == "days")

    def _select(self, key: str, label: str, every: str, options: Mapping[str, str]) -> None:
        given = self.query.get(key, "")
        known = {"": every, **options, **({given: given} if given and given not in options else {})}
        if not options and not given:  # there is nothing to choose
            return
        ui.select(known, value=given, label=label, on_change=self._set(key)).props(design.INPUT).classes(
            design.FILTER
        ).mark(f"filter-{key}")

    def _set(self, key: str) -> Any:
        async def changed(event: ValueChangeEventArguments) -> None:
            await self._ask({**self.query, key: event.value or ""})

        return changed

    async def _typed(self, event: ValueChangeEventArguments) -> None:
        await self._ask({**self.query, "q": event.value or ""})

    async def _span(self, event: ValueChangeEventArguments) -> None:
        self.days.set_visibility(event.value == "days")
        left = {key: value for key, value in self.query.items() if key not in ("when", "from", "to")}
        await self._ask({**left, "when": event.value})

    async def _turn_to(self, status: str) -> None:
        """The order belongs to what is looked at."""
        await self._ask({**self.query, "status": status, "order": ""})

    async def _turn_around(self) -> None:
        await self._ask({**self.query, "order": "latest" if browsing.is_soonest_first(self.query) else "soonest"})

    async def _ask(self, query: Mapping[str, object]) -> None:
        """Another list, from its beginning. The address is that of the list that is seen."""
        asked = browsing.asked(query)
        if asked == self.query:
            return
        self.query, self.place = asked, ""
        self.list.pick([])
        ui.navigate.history.replace(_address(self.query))
        await self.load()

    def _show_filters(self) -> None:
        shown = design.FILTERS_OPEN not in self.filters.classes
        self.filters.classes(toggle=design.FILTERS_OPEN)
        self.more.props(f"aria-expanded={str(shown).lower()}")

    # --- what is there ----------------------------------------------------------------------------------------------------

    async def load(self) -> None:
        page, counts = await self.screen.read(self._look, self.screen.actor, self._filters())
        self.ids = [post["id"] for post in page.posts]
        self.total = page.total
        self.list.show([_row(post, self.screen) for post in page.posts])
        self.tabs.show(_tabs(self.query, counts))
        self.head.set_visibility(bool(page.posts))
        self.span.set_text(
            _("{first} to {last} of {total}").format(
                first=page.first, last=page.first + len(page.posts) - 1, total=page.total
            )
        )
        self.order.set_text(_("Soonest first") if browsing.is_soonest_first(self.query) else _("Latest first"))
        self.pager.set_content(_pager(self.query, page))
        self._show_nothing(not page.posts, sum(counts.values()))
        self._show_chips()

    def _look(self, session: Session, actor: Actor, filters: Filters) -> tuple[browsing.Page, dict[str, int]]:
        soonest = browsing.is_soonest_first(self.query)
        page = browsing.page(session, actor, filters, place=self.place, size=PAGE, soonest=soonest)
        return page, browsing.counts(session, actor, filters)

    def _filters(self) -> Filters:
        return browsing.filters_of(self.query, zone=self.screen.zone, now=self.screen.now())

    def _show_nothing(self, nothing: bool, others: int) -> None:
        narrowed = any(key in self.query for key in NARROWING)
        self.nothing.clear()
        if not nothing:
            return
        with self.nothing:
            if narrowed:
                empty("search_off", _("No post fits. Look among all of them."), _("All posts"), "/posts")
            elif others and self.query.get("status") == "failed":
                empty(
                    "task_alt", _("Nothing failed. When a post does, it stands here with the reason and the way out.")
                )
            elif others:
                empty("inbox", _("No posts here. Look among all of them."), _("All posts"), "/posts")
            else:
                empty("edit_note", _("No posts yet. Write the first one."), _("New post"), "/compose")

    def _show_chips(self) -> None:
        narrowed = [key for key in NARROWING if key in self.query]
        self.more.set_text(_("Filters") + (f" ({len(narrowed)})" if narrowed else ""))
        self.chips.clear()
        with self.chips:
            if "run" in self.query:
                ui.link(_("Only the posts of one run"), f"/runs/{self.query['run']}")
            if narrowed:
                left = {key: value for key, value in self.query.items() if key not in NARROWING}
                ui.button(_("Clear the filters"), icon="close", on_click=lambda: ui.navigate.to(_address(left))).props(
                    f"{design.BUTTON_QUIET} dense"
                ).mark("clear-filters")
        self.chips.set_visibility(bool(narrowed))

    # --- what is selected -------------------------------------------------------------------------------------------------

    def _draw_list_head(self) -> None:
        with ui.element("div").classes(design.LIST_HEAD) as self.head:
            if self.may_act:
                self.all_here = ui.checkbox(_("Select this page"), on_change=self._page_turned).mark("select-page")
            self.span = ui.label().classes(design.SMALL).mark("total")
            self.order = ui.button(icon="swap_vert", on_click=self._turn_around).props(f"{design.BUTTON_QUIET} dense")
            self.order.mark("order")
            if self.may_act:
                ui.label(_("J and K move, X selects, Enter opens")).classes(design.KEYS_HINT)

    def _page_turned(self, event: ValueChangeEventArguments) -> None:
        here = set(self.ids)
        if event.value and not here <= set(self.picked):
            self.list.pick([*self.picked, *(id for id in self.ids if id not in self.picked)])
        elif not event.value and here <= set(self.picked):
            self.list.pick([id for id in self.picked if id not in here])

    def _draw_bar(self) -> None:
        with (
            ui.element("div")
            .classes(design.BULK_BAR)
            .props(f'role="toolbar" aria-label="{_("What to do with the selected posts")}"') as self.bar
        ):
            self.count = ui.label().classes(design.STRONG).props('aria-live="polite"').mark("picked")
            self.every = ui.button(on_click=self._pick_all).props(f"{design.BUTTON_QUIET} dense").mark("select-all")
            with ui.element("div").classes(design.BULK_ACTS):
                for act in (Act.RESCHEDULE, Act.RETRY, Act.CANCEL, Act.DELETE):
                    style = design.DANGER_QUIET if act in (Act.CANCEL, Act.DELETE) else design.BUTTON_QUIET
                    ui.button(bulk.name_of(act), icon=bulk.ICONS[act], on_click=partial(self._act, act)).props(
                        style
                    ).mark(f"bulk-{act}")
            ui.button(icon="close", on_click=lambda: self.list.pick([])).props(
                f'{design.ROUND} aria-label="{_("Select none")}"'
            )
        self.bar.set_visibility(False)

    def _picked(self, ids: list[str]) -> None:
        self.picked = ids[: browsing.MOST_CHOSEN]
        here = bool(self.ids) and set(self.ids) <= set(self.picked)
        self.all_here.set_value(here)
        self.bar.set_visibility(bool(ids))
        self.count.set_text(plural("{count} selected", "{count} selected", len(self.picked)))
        most = min(self.total, browsing.MOST_CHOSEN)
        self.every.set_text(plural("Select all {count}", "Select all {count}", most))
        self.every.set_visibility(here and most > len(self.picked))

    async def _pick_all(self) -> None:
        soonest = browsing.is_soonest_first(self.query)
        found = await self.screen.read(browsing.ids, self.screen.actor, self._filters(), soonest=soonest)
        self.list.pick(found)

    async def _act(self, act: Act) -> None:
        await bulk.ask(self.screen, act, self.picked, done=lambda: self.list.pick([]))

    # --- views ------------------------------------------------------------------------------------------------------------

    def _draw_views(self, views: Sequence[Mapping[str, Any]]) -> None:
        self.views = list(views)
        if self.screen.actor.user_id is None:
            return
        with ui.button(_("Views"), icon="bookmarks").props(design.BUTTON_OUTLINE).classes(design.FILTERS_END) as button:
            button.mark("views")
            with ui.menu().props('anchor="bottom right" self="top right"') as self.views_menu:
                self.menu = ui.element("div").classes(design.MENU)
        self._show_views()

    def _show_views(self) -> None:
        self.menu.clear()
        with self.menu:
            if not self.views:
                ui.label(_("A view keeps what you filter by, under a name.")).classes(design.SMALL)
            for view in self.views:
                with ui.element("div").classes(design.VIEW):
                    ui.link(view["name"], _address(view["query"])).classes(replace=design.VIEW_LINK)
                    ui.button(icon="delete_outline", on_click=partial(self._forget, view["id"]), color=None).props(
                        design.ROUND
                    ).props(f'aria-label="{_("Remove the view")}"').tooltip(_("Remove the view"))
            ui.button(_("Save what you see now"), icon="bookmark_add", on_click=self._name_view).props(
                f"{design.BUTTON_QUIET} align=left"
            ).mark("save-view")

    def _name_view(self) -> None:
        async def keep() -> None:
            kept = await self.screen.call(
                saved_views.keep, name=name.value or "", query=self.query, now=self.screen.now()
            )
            if kept is not REFUSED:
                dialog.close()
                say(_("Saved as {name}.").format(name=kept["name"]))
                await self._read_views()

        if not self.query:
            refuse(_("This is the list of all posts. Choose a filter first, then save it."))
            return
        self.views_menu.close()
        with modal(_("Save this view")) as dialog:
            ui.label(_("Only you see your views. A name that you have already is given the new view."))
            name = ui.input(_("Name")).props(f"{design.INPUT} autofocus maxlength={saved_views.LONGEST_NAME}")
            name.classes(design.FIELD).mark("view-name").on("keydown.enter", keep)
            with ui.element("div").classes(design.BUTTONS):
                ui.button(_("Close"), on_click=dialog.close).props(design.BUTTON_QUIET)
                ui.button(_("Save the view"), on_click=keep).props(design.BUTTON)

    async def _forget(self, id: str) -> None:
        if await self.screen.call(saved_views.remove, id) is not REFUSED:
            await self._read_views()

    async def _read_views(self) -> None:
        self.views = await self.screen.read(saved_views.list_views, self.screen.actor)
        self._show_views()


def _offered(session: Session, actor: Actor) -> tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]]]:
    return browsing.choices(session, actor), saved_views.list_views(session, actor)


def _words() -> dict[str, str]:
    return {"list": _("Posts"), "select": _("Select: {name}")}


def _row(post: Mapping[str, Any], screen: Screen) -> dict[str, Any]:
    name = headline(post)
    return {"id": post["id"], "href": f"/posts/{post['id']}", "name": name, "html": row_content(post, screen)}


def _tabs(query: Mapping[str, str], counts: Mapping[str, int]) -> list[Choice]:
    def tab(key: str) -> Choice:
        states = browsing.GROUPS.get(key, tuple(counts))
        count = sum(counts.get(state, 0) for state in states)
        here = query.get("status", "") == key
        address = _address({**query, "status": key, "order": ""})
        return Choice(key=key, text=_(TITLES[key]), href=address, count=f"{count}", current=here)

    shown = (tab(key) for key in TITLES)
    return [one for one in shown if one.key not in SELDOM or one.current or one.count != "0"]


def _pager(query: Mapping[str, str], page: browsing.Page) -> Markup:
    """The places of the pages around this one. Which of them is newer depends on the order."""
    soonest = browsing.is_soonest_first(query)
    back, on = (_("Sooner"), _("Later")) if soonest else (_("Newer"), _("Older"))
    links = [
        tag("a", name, href=_address({**query, "at": place}))
        for name, place in ((back, page.newer), (on, page.older))
        if place is not None
    ]
    return tag("nav", *links, class_="sc-pager", aria_label=_("Pages")) if links else Markup("")


def _address(query: Mapping[str, str]) -> str:
    written = urlencode({key: value for key, value in query.items() if value})
    return f"/posts?{written}" if written else "/posts"
