"""Accounts: connecting, how they are, pausing, letting go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

import providers
from backend import accounts as service
from backend import connections, diagnosis, workspaces
from backend.access import Action, Actor
from backend.errors import AppError
from providers.contract import Door, Manual, OAuth2, Provider, SitePage

from .. import check, design
from ..forms import login_form
from ..frame import banner, confirm, empty, heading, html, modal, section
from ..live import follow
from ..marks import badge, network, network_name
from ..parts.account_limits import account_limits
from ..parts.account_questions import ask_the_network
from ..run import REFUSED, Screen, say
from ..when import moment
from ..words import _, later, plural

HEALTH = {
    "expired": later("Its login has ended. Posts wait until you connect it again."),
    "expiring": later("Its login ends {when} and cannot be renewed. Connect it again before then."),
    "missing": later("Its login is missing. Connect it again."),
}
SHOWN = 60
SEARCHED = 12
"""With more accounts than this there is a field to search them."""


async def accounts(screen: Screen, connected: str = "", again: str = "") -> None:
    """``connected`` is the login that somebody comes back with, ``again`` the network of one that did not work out."""
    heading(_("Accounts"), _("The places your posts go to."))
    if connected:
        await _connected(screen, connected)
    elif again in providers.all_providers():
        await _not_connected(screen, providers.get(again))

    shown = SHOWN

    @ui.refreshable
    async def list_() -> None:
        rows = await screen.read(_look, screen.actor, screen.now())
        search.set_visibility(len(rows) > SEARCHED)
        found = [row for row in rows if _named(row, search.value or "")]
        if not rows:
            with ui.element("div").classes(design.CARD):
                empty("hub", _("No account is connected yet. Choose a network below."))
        elif not found:
            ui.label(_("No account is called that.")).classes(design.MUTED)
        with ui.element("div").classes(design.CARD_GRID):
            for row in found[:shown]:
                _account(screen, row)
        if len(found) > shown:
            left = _("Show {count} more").format(count=min(SHOWN, len(found) - shown))
            ui.button(left, on_click=show_more).props(design.BUTTON_OUTLINE).mark("more-accounts")

    async def show_more() -> None:
        nonlocal shown
        shown += SHOWN
        await list_.refresh()

    search = ui.input(_("Search accounts"), on_change=lambda: list_.refresh()).props(
        f"{design.INPUT} debounce=200 clearable"
    )
    search.classes(design.FIELD).mark("search")
    await list_()
    if screen.may(Action.CONNECT):
        with section(_("Connect another")), ui.element("div").classes(design.CARD_GRID):
            for provider in providers.all_providers().values():
                _offer(screen, provider)
    await follow(screen, list_.refresh)


async def _connected(screen: Screen, connection_id: str) -> None:
    try:
        found = await screen.read(connections.detail, screen.actor, connection_id)
    except AppError:  # an old address of this page
        return
    lost = [missing["lost"] for missing in found["connection"]["missingScopes"]]
    if not lost:
        banner("info", _("Connected. Write a post for it whenever you like.")).mark("connected")
        return
    told = _("Connected, but not everything was allowed. {lost} Reconnect and leave all boxes ticked to change that.")
    banner("warn", told.format(lost=" ".join(lost))).mark("connected")


async def _not_connected(screen: Screen, provider: Provider) -> None:
    latest = await screen.read(_latest_failed, screen.actor, provider.id)
    reason = f" {latest['error']}" if latest and latest["error"] else ""
    with banner("warn", _("{network} is not connected.").format(network=provider.name) + reason).mark("again"):
        if screen.may(Action.CONNECT):
            ui.button(_("Connect again"), on_click=lambda: _connect(screen, provider)).props(design.BUTTON).mark(
                "connect-again"
            )


def _latest_failed(session: Session, actor: Actor, provider_id: str) -> dict[str, Any] | None:
    failed = [row for row in connections.list_connections(session, actor, provider_id) if row["status"] == "failed"]
    return failed[-1] if failed else None


def _look(session: Session, actor: Actor, now: Any) -> list[dict[str, Any]]:
    health = {row["id"]: row for row in connections.health(session, actor, now=now)["connections"]}
    return [{**row, "health": health[row["id"]]} for row in service.list_accounts(session, actor)]


def _named(row: Mapping[str, Any], words: str) -> bool:
    told = f"{row['displayName'] or ''} {row['handle']} {network_name(row['provider'])}".casefold()
    return all(word in told for word in words.casefold().split())


# --- one account ----------------------------------------------------------------------------------------------------------


def _account(screen: Screen, row: dict[str, Any]) -> None:
    paused = row["pausedAt"] is not None
    with ui.element("article").classes(design.CARD).mark(f"account {row['id']}"):
        with ui.element("div").classes(design.LINE_TIGHT):
            html(network(row["provider"]))
            with ui.element("div").classes(design.GROW):
                ui.label(row["displayName"] or row["handle"]).classes(design.STRONG)
                ui.label(row["handle"]).classes(design.SMALL).style("overflow-wrap:anywhere")
        with ui.element("div").classes(design.LINE):
            html(badge(row["status"]))
            if paused:
                html(badge("paused"))
            if row["environment"] == "sandbox":
                ui.label(_("Sandbox")).classes(design.SMALL)
        _health(screen, row)
        with ui.element("div").classes(design.LINE_TIGHT):
            _acts(screen, row)


def _acts(screen: Screen, row: dict[str, Any]) -> None:
    """What is wanted most stands in the open, the rest behind three dots."""
    provider = providers.all_providers().get(row["provider"])
    needs = row["health"]["tokenHealth"] in HEALTH
    paused = row["pausedAt"] is not None
    may = screen.may(Action.CONNECT)
    if may and needs and provider is not None:
        ui.button(_("Reconnect"), on_click=lambda: _connect(screen, provider)).props(design.BUTTON).mark("reconnect")
    if may and paused:
        ui.button(_("Resume"), on_click=lambda: _hold(screen, row["id"], False)).props(design.BUTTON).mark("resume")
    ui.button(_("Limits"), on_click=lambda: account_limits(screen, row)).props(design.BUTTON_QUIET).mark("limits")
    ui.button(_("Check"), on_click=lambda: _check(screen, row)).props(design.BUTTON_QUIET).mark("check")
    if not may:
        return
    ui.space()
    with (
        ui.button(icon="more_vert", color=None).props(f'{design.ROUND} aria-label="{_("More")}"').mark("more"),
        ui.menu(),
    ):
        if not needs and provider is not None:
            ui.menu_item(_("Reconnect"), lambda: _connect(screen, provider))
        if provider is not None and provider.actions and not needs:
            ui.menu_item(_("Ask the network"), lambda: ask_the_network(screen, row))
        if not paused:
            ui.menu_item(_("Pause"), lambda: _hold(screen, row["id"], True))
        ui.menu_item(_("Disconnect"), lambda: _disconnect(screen, row)).classes(design.DANGER_ITEM)


async def _check(screen: Screen, row: dict[str, Any]) -> None:
    provider = providers.get(row["provider"])

    async def look() -> list[dict[str, Any]] | None:
        found = await screen.call(diagnosis.of_account, row["id"])
        return None if found is REFUSED else found

    name = row["displayName"] or row["handle"]
    reconnect = {"/accounts": lambda: _connect(screen, provider)} if screen.may(Action.CONNECT) else {}
    await check.dialog(_("{name} at {network}").format(name=name, network=provider.name), look, reconnect)


def _health(screen: Screen, row: dict[str, Any]) -> None:
    health = row["health"]
    sentence = HEALTH.get(health["tokenHealth"])
    if sentence:
        when = moment(health["expiresAt"], screen.zone, screen.now())
        ui.label(_(sentence).format(when=when)).classes(design.ISSUE).mark("health")
    if health["postsAtRisk"]:
        risk = plural("{count} post is at risk.", "{count} posts are at risk.", health["postsAtRisk"])
        ui.label(risk).classes(design.ISSUE).mark("risk")
    if health["missingScopes"]:
        lost = " ".join(missing["lost"] for missing in health["missingScopes"])
        ui.label(_("Not everything was allowed: {lost}").format(lost=lost)).classes(design.NOTE).mark("lost")
    if health["error"]:
        ui.label(health["error"]).classes(design.NOTE)
    if not row["publishable"]:
        ui.label(_("Nothing is published as this one; it gives access to others.")).classes(design.NOTE)


async def _hold(screen: Screen, id: str, paused: bool) -> None:
    await screen.call(workspaces.hold_account, id, paused=paused, now=screen.now())


def _disconnect(screen: Screen, row: dict[str, Any]) -> None:
    async def go() -> None:
        await screen.call(service.disconnect, row["id"])

    confirm(
        _("Disconnect {name}?").format(name=row["displayName"] or row["handle"]),
        _("Its scheduled posts stay and wait: connect it again and they go out."),
        _("Disconnect"),
        go,
    )


# --- connecting -----------------------------------------------------------------------------------------------------------


def _offer(screen: Screen, provider: Provider) -> None:
    with ui.element("article").classes(design.CARD).mark(f"offer {provider.id}"):
        with ui.element("div").classes(design.LINE):
            html(network(provider.id))
            ui.label(provider.name).classes(design.STRONG)
        kinds = [kind.name for kind in provider.accounts if kind.publishable]
        ui.label(", ".join(kinds)).classes(f"{design.SMALL} {design.GROW}")
        ui.button(_("Connect"), icon="add", on_click=lambda: _connect(screen, provider)).props(
            design.BUTTON_OUTLINE
        ).mark("connect")


async def _connect(screen: Screen, provider: Provider) -> None:
    if len(provider.doors) == 1:
        await _through(screen, provider, provider.connect)
    else:
        _choose(screen, provider)


def _choose(screen: Screen, provider: Provider) -> None:
    """Several ways to connect: which one depends on where the account lives."""

    async def take(door: Door) -> None:
        dialog.close()
        await _through(screen, provider, door)

    with modal(_("Connect {network}").format(network=provider.name)) as dialog:
        for number, door in enumerate(provider.doors):
            with (
                ui.element("button")
                .classes(design.CHOICE)
                .props('type="button"')
                .mark(f"door-{number}")
                .on("click", lambda event, door=door: take(door))
            ):
                ui.label(door.title).classes(design.STRONG)
                ui.label(door.about).classes(design.NOTE)
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Not now"), on_click=dialog.close).props(design.BUTTON_QUIET)


async def _through(screen: Screen, provider: Provider, door: Door) -> None:
    if not isinstance(door, OAuth2):
        _ask(screen, provider, door)
        return
    started = await screen.call(connections.start, {"provider": provider.id}, door=door)
    if started is not REFUSED:
        ui.navigate.to(started["connection"]["authorizeUrl"])


def _ask(screen: Screen, provider: Provider, door: Manual | SitePage) -> None:
    """The values a person types. The network itself, or their site, is asked whether they work."""

    async def go() -> None:
        form.show({})
        problem.set_visibility(False)
        button.props("loading")
        answer = await screen.call(connections.start, {"provider": provider.id, **form.values}, door=door, refused=show)
        button.props(remove="loading")
        if answer is REFUSED:
            return
        dialog.close()
        if answer["connection"]["authorizeUrl"]:
            ui.navigate.to(answer["connection"]["authorizeUrl"])
        else:
            names = [account["displayName"] or account["handle"] for account in answer["accounts"]]
            say(_("Connected: {names}").format(names=", ".join(names)))

    def show(error: AppError) -> None:
        problem.set_text(error.message)
        problem.set_visibility(True)

    with modal(_("Connect {network}").format(network=provider.name)) as dialog:
        ui.label(door.help).classes(design.MUTED)
        form = login_form(door.fields)
        problem = ui.label().classes(design.ISSUE).props('role="alert"').mark("problem")
        problem.set_visibility(False)
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Not now"), on_click=dialog.close).props(design.BUTTON_QUIET)
            name = _("Connect") if isinstance(door, Manual) else _("Go on at the site")
            button = ui.button(name, on_click=go).props(design.BUTTON).mark("connect-go")
