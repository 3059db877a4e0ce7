"""What stands around every page: navigation, banners, headings, and the parts pages share."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from html import escape
from typing import Any, TypeAlias
from urllib.parse import urlencode

from nicegui import app, ui
from nicegui.events import ValueChangeEventArguments
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from backend import accounts, users, workspaces
from backend.access import Actor
from backend.context import Context
from backend.errors import AppError

from . import design
from .components.keys import Keys
from .live import guard
from .markup import Markup, icon, joined, tag
from .parts.bell import Bell
from .parts.palette import Palette
from .parts.places import PLACES, WITHIN_REACH, Place
from .parts.pulse import pulse
from .parts.tour import guide
from .run import REFUSED, Screen, actor_of, broke, sign_in_path
from .words import ENGLISH, _, language, languages, later, speak

LOGO = (
    '<svg width="28" height="28" viewBox="0 0 28 28" fill="none" aria-hidden="true"><rect width="28" height="28" rx="8" '
    'fill="var(--sc-accent)"/><path d="M8 20c0-6 1-10 3.5-13M14 21c0-6 .6-10 2.6-14M20 20c0-5 .2-8 1.6-11" '
    'stroke="var(--sc-on-accent)" stroke-width="2.3" stroke-linecap="round"/></svg>'
)
THEMES = {"system": None, "light": False, "dark": True}
LANGUAGE_NAMES = {"en": "English", "de": "Deutsch"}
"""Each in itself: who cannot read this page must find theirs."""
THEME_ICONS = {"system": "brightness_auto", "light": "light_mode", "dark": "dark_mode"}
THEME_NAMES = {"system": later("Theme: as the system"), "light": later("Theme: light"), "dark": later("Theme: dark")}

Draw: TypeAlias = Callable[..., Awaitable[None]]


def page(context: Context, path: str, title: str, draw: Draw) -> None:
    """Declare a page for people who are signed in; strangers are sent to the sign-in page and back. ``title`` is marked for
    ``later``.

    ``draw(screen, …)`` takes its path and query parameters after the screen.
    """
    parameters = list(inspect.signature(draw, eval_str=True).parameters.values())[1:]

    async def build(**values: Any) -> RedirectResponse | None:
        found = await actor_of(context, ui.context.client.request)
        if found is None:
            return RedirectResponse(sign_in_path(), status_code=303)
        actor, token = found
        greet(title)
        ui.on_exception(broke)
        workspace, names = await context.db.read(_known, actor)
        screen = Screen(context=context, actor=actor, token=token, workspace=workspace, names=names)
        async with frame(screen, path):
            guard(screen)
            try:
                await draw(screen, **values)
            except AppError as error:
                not_there(error.message)
        return None

    build.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    build.__module__, build.__name__ = draw.__module__, draw.__name__
    ui.page(path)(build)


def greet(title: str) -> None:
    """The page speaks its reader's language from here on; ``title`` was marked for ``later``."""
    client = ui.context.client
    speak(client, app.storage.user.get("language"), client.request.headers.get("accept-language", ""))
    ui.page_title(f"{_(title)} · SocialClaw")
    if language() != ENGLISH:
        ui.add_head_html(f"<script>document.documentElement.lang = '{language()}'</script>")


def _known(session: Session, actor: Actor) -> tuple[dict[str, Any], dict[str, str]]:
    found = accounts.list_accounts(session, actor)
    names = {account["id"]: account["displayName"] or account["handle"] for account in found}
    return workspaces.settings(session, actor), names


@asynccontextmanager
async def frame(screen: Screen, path: str) -> AsyncGenerator[None]:
    dark = ui.dark_mode(THEMES[theme()])
    mine = await screen.read(_workspaces, screen.actor)
    palette, bell = Palette(screen), Bell(screen)
    _shortcuts(palette)
    with ui.element("div").classes(design.APP):
        html(tag("a", _("Skip to the page"), href="#page", class_=design.SKIP))
        with ui.element("nav").classes(design.SIDE).props(f'aria-label="{_("Main")}"'):
            with ui.element("div").classes(design.SIDE_HEAD):
                with ui.link(target="/").classes(replace=design.BRAND):
                    html(LOGO + tag("span", "SocialClaw"), "span").classes(replace="sc-nav-parts")
                bell.button()
            _search_button(palette)
            for place in PLACES:
                _place(place, path)
            with ui.element("div").classes(design.SIDE_FOOT):
                await pulse(screen)
                _you(screen, mine, dark)
        wide = "sc-inner sc-wide" if path in ("/calendar", "/compose") else "sc-inner"
        with ui.element("main").classes(design.MAIN).props('id="page" tabindex="-1"'):
            with ui.element("div").classes(design.TOP_BAR):
                with ui.link(target="/").classes(replace=design.BRAND).props('aria-label="SocialClaw"'):
                    html(LOGO, "span").classes(replace="sc-nav-parts")
                ui.element("div").classes(design.GROW)
                ui.button(icon="search", on_click=palette.open, color=None).props(design.ROUND).props(
                    f'aria-label="{_("Search")}"'
                )
                bell.button()
            with ui.element("div").classes(wide):
                await hold_banner(screen)
                await guide(screen, path)
                yield
        with ui.element("nav").classes(design.NAV_BOTTOM).props(f'aria-label="{_("Main, short")}"'):
            for place in PLACES[:WITHIN_REACH]:
                _place(place, path)
            _more(screen, path, mine, dark)


def _workspaces(session: Session, actor: Actor) -> list[tuple[str, str]]:
    return [(row.id, row.name) for row, _role in workspaces.of_user(session, actor.user_id or "")]


def _shortcuts(palette: Palette) -> None:
    """Two keys lead to each place, and the browser's own search key to ours."""
    sheet = help_sheet()
    leads = {f"g {place.key}": place.path for place in PLACES if place.key}

    async def pressed(name: str) -> None:
        if name == "search":
            await palette.open()
        elif name == "help":
            sheet.open()
        else:
            ui.navigate.to(name)

    Keys({"mod+k": "search", "/": "search", "?": "help", "n": "/compose", **leads}, pressed)


def help_sheet() -> ui.dialog:
    rows = [
        (_("Search, or jump to a page"), ("Ctrl", "K")),
        (_("Search"), ("/",)),
        (_("Write a new post"), ("N",)),
        *((_("Go to: {place}").format(place=_(place.name)), ("G", place.key.upper())) for place in PLACES if place.key),
        (_("This list"), ("?",)),
    ]
    title = _("Keyboard shortcuts")
    with ui.dialog().props(f'aria-label="{title}"') as sheet, ui.element("div").classes(design.DIALOG):
        html(tag("h2", title))
        html(
            tag(
                "dl",
                *(tag("div", tag("dt", name), tag("dd", *(tag("kbd", key) for key in keys))) for name, keys in rows),
                class_="sc-keys",
            )
        )
    return sheet


def _search_button(palette: Palette) -> None:
    with ui.element("button").classes(design.SEARCH).props('type="button"').on("click", palette.open) as button:
        html(joined(icon("search"), tag("span", _("Search")), tag("kbd", "Ctrl K")), "span").classes(
            replace="sc-nav-parts"
        )
    button.mark("search-button")


def _you(screen: Screen, mine: list[tuple[str, str]], dark: ui.dark_mode) -> None:
    """The workspace, and what belongs to the person."""
    with ui.button(screen.workspace["name"], icon="workspaces", color=None) as button:
        button.props(f"{design.BUTTON_QUIET} align=left no-wrap icon-right=unfold_more").classes(design.FIELD)
        button.mark("you")
        with ui.menu().props('anchor="top left" self="bottom left"'), ui.element("div").classes(design.MENU):
            _yours(screen, mine, dark)


def _yours(screen: Screen, mine: list[tuple[str, str]], dark: ui.dark_mode) -> None:
    if len(mine) > 1:
        ui.label(_("Workspaces")).classes(design.SMALL)
        for id, name in mine:
            _switch(screen, id, name)
    _theme_button(dark)
    _languages()
    _sign_out()


def _switch(screen: Screen, id: str, name: str) -> None:
    async def go() -> None:
        if await screen.call(_choose, id) is not REFUSED:
            ui.navigate.to("/")

    here = id == screen.workspace["id"]
    ui.button(name, icon="check" if here else "swap_horiz", on_click=go, color=None).props(
        f"{design.BUTTON_QUIET} align=left no-wrap"
    ).mark(f"workspace-{id}")


def _choose(session: Session, actor: Actor, workspace_id: str) -> None:
    users.choose_workspace(session, actor, workspace_id)


def _languages() -> None:
    if len(languages()) == 1:
        return

    def choose(event: ValueChangeEventArguments) -> None:
        app.storage.user["language"] = event.value
        ui.navigate.reload()

    ui.select(
        {code: LANGUAGE_NAMES.get(code, code) for code in languages()},
        value=language(),
        label=_("Language"),
        on_change=choose,
    ).props(design.INPUT).classes(design.FIELD).mark("language")


def html(content: str, name: str = "div") -> ui.html:
    """For ``Markup`` only, which is escaped where it is made."""
    return ui.html(content, sanitize=False, tag=name)


def theme() -> str:
    chosen = app.storage.user.get("theme", "system")
    return chosen if chosen in THEMES else "system"


def _place(place: Place, path: str) -> None:
    active = place.holds(path)
    with ui.link(target=place.path).classes(replace=design.NAV_ACTIVE if active else design.NAV) as link:
        if active:
            link.props('aria-current="page"')
        html(icon(place.icon) + tag("span", _(place.name)), "span").classes(replace="sc-nav-parts")


def _theme_button(dark: ui.dark_mode) -> None:
    button = (
        ui.button(on_click=lambda: turn(), color=None).props(f"{design.BUTTON_QUIET} align=left no-wrap").mark("theme")
    )

    def show() -> None:
        button.set_text(_(THEME_NAMES[theme()]))
        button.set_icon(THEME_ICONS[theme()])

    def turn() -> None:
        names = list(THEMES)
        app.storage.user["theme"] = names[(names.index(theme()) + 1) % len(names)]
        dark.set_value(THEMES[theme()])
        ui.run_javascript(f"socialclawTheme('{theme()}')")
        show()

    show()


def _sign_out() -> None:
    with ui.element("form").props('action="/auth/logout" method="post"').classes("sc-signout"):
        ui.button(_("Sign out"), icon="logout", color=None).props(f"{design.BUTTON_QUIET} align=left type=submit")


def _more(screen: Screen, path: str, mine: list[tuple[str, str]], dark: ui.dark_mode) -> None:
    with (
        ui.dialog().props(f'position=bottom aria-label="{_("More")}"') as sheet,
        ui.element("div").classes(design.DIALOG),
    ):
        ui.label(screen.workspace["name"]).classes(design.STRONG)
        for place in PLACES[WITHIN_REACH:]:
            _place(place, path)
        _yours(screen, mine, dark)
    with ui.element("button").classes(design.NAV).props('type="button"').on("click", sheet.open):
        html(icon("menu") + tag("span", _("More")), "span").classes(replace="sc-nav-parts")


# --- parts that pages share ---------------------------------------------------------------------------------------------


def heading(title: str, subtitle: str = "") -> ui.element:
    """The page's title; what is put into it stands at its right."""
    with ui.element("header").classes(design.HEAD):
        with ui.element("div").classes(design.GROW):
            html(
                tag("h1", title, class_=design.TITLE) + (tag("p", subtitle, class_=design.SUBTITLE) if subtitle else "")
            )
        return ui.element("div").classes(design.LINE)


def section(title: str) -> ui.element:
    with ui.element("section").classes(design.SECTION) as found:
        html(tag("h2", title, class_=design.SECTION_TITLE))
    return found


def empty(symbol: str, sentence: str, action: str = "", target: str = "") -> None:
    """Nothing here, and what to do next."""
    with ui.element("div").classes(design.EMPTY):
        ui.icon(symbol).classes(design.EMPTY_ICON)
        ui.label(sentence)
        if action:
            ui.button(action, on_click=lambda: ui.navigate.to(target)).props(design.BUTTON)


def not_there(sentence: str) -> None:
    with ui.element("div").classes(design.CARD):
        empty("search_off", sentence, _("Go home"), "/")


async def hold_banner(screen: Screen) -> None:
    """Publishing on hold is said on every page."""
    held = await screen.read(workspaces.holds, screen.actor)
    if held["instance"]:
        said = _("The operator has put publishing on hold. Nothing goes out until it is resumed.")
        banner("warn", said, "pause_circle")
    elif held["workspace"]:
        said = _("Publishing is on hold in this workspace. Posts wait until you resume it.")
        with banner("warn", said, "pause_circle"):
            ui.link(_("Settings"), "/settings")


def banner(tone: str, sentence: str, symbol: str = "") -> ui.element:
    with ui.element("div").classes(design.banner(tone)).props('role="status"') as found:
        ui.icon(symbol or {"bad": "error", "warn": "warning"}.get(tone, "info"), size="22px")
        ui.label(sentence).classes(design.GROW)
    return found


def confirm(title: str, sentence: str, action: str, on_confirm: Callable[[], Awaitable[object]]) -> None:
    """Ask before something that cannot be taken back."""

    async def go() -> None:
        button.disable()
        await on_confirm()
        dialog.close()

    with modal(title) as dialog:
        ui.label(sentence).classes(design.MUTED)
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Keep it as it is"), on_click=dialog.close).props(design.BUTTON_QUIET)
            button = ui.button(action, on_click=go).props(design.DANGER).mark("confirm")


@contextmanager
def modal(title: str, *, persistent: bool = False) -> Generator[ui.dialog]:
    """An open dialog. It belongs to the page, not to the part that opened it: that may be drawn again meanwhile."""
    with ui.context.client.content:
        dialog = ui.dialog().props("persistent" if persistent else "").props(f'aria-label="{escape(title)}"')
    with dialog, ui.element("div").classes(design.DIALOG):
        html(tag("h2", title))
        yield dialog
    dialog.on("hide", dialog.delete)
    dialog.open()


def pager(path: str, query: dict[str, str], page: int, size: int, total: int) -> Markup:
    """Links to the pages before and after; nothing when all fits on one."""
    last = max(1, -(-total // size))
    if last == 1:
        return Markup("")

    def link(name: str, to: int) -> Markup:
        return tag("a", name, href=f"{path}?{urlencode({**query, 'page': to})}")

    return tag(
        "nav",
        link(_("Newer"), page - 1) if page > 1 else None,
        tag("span", _("Page {page} of {last}").format(page=page, last=last)),
        link(_("Older"), page + 1) if page < last else None,
        class_="sc-pager",
        aria_label=_("Pages"),
    )


def tabs(items: list[tuple[str, str, bool]]) -> Markup:
    links = [tag("a", name, href=target, aria_current="page" if active else None) for name, target, active in items]
    return tag("nav", *links, class_="sc-tabs", aria_label=_("Filter"))
