"""API keys: made, shown once, renewed, revoked; how much they ask, and how to begin with one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from nicegui import ui

from backend import key_usage
from backend import keys as service
from backend.access import Action
from backend.accounts import list_accounts
from backend.wire import iso

from .. import design
from ..frame import confirm, empty, heading, html, modal, section
from ..live import follow
from ..markup import tag
from ..run import REFUSED, Screen, copy
from ..when import ago, moment
from ..words import _, plural

SHOWN = 50
DAYS = 7


async def keys(screen: Screen) -> None:
    with heading(
        _("API keys"), _("For programs and agents that post for you. Whoever has a key can do what you can here.")
    ):
        if screen.may(Action.MANAGE_KEYS):
            ui.button(_("New key"), icon="add", on_click=lambda: _create(screen, list_.refresh)).props(
                design.BUTTON
            ).mark("new-key")

    @ui.refreshable
    async def list_() -> None:
        found = await screen.read(service.list_keys, screen.actor)
        live = [key for key in found if key["revokedAt"] is None]
        if not live:
            with ui.element("div").classes(design.CARD):
                empty("key", _("No key yet. Make one for the program that should post for you."))
        with ui.element("div").classes(design.CARD_GRID):
            for key in live[:SHOWN]:
                since = (screen.now() - timedelta(days=DAYS - 1)).date()
                asked = await screen.read(key_usage.by_day, screen.actor, key["id"], since=since)
                _key(screen, key, sum(day["requests"] for day in asked), list_.refresh)
        revoked = [key for key in found if key["revokedAt"] is not None]
        if revoked:
            with section(_("Revoked")), ui.element("div").classes(design.CARD):
                lines = [tag("li", _revoked(screen, key)) for key in revoked[-SHOWN:][::-1]]
                html(tag("ul", *lines)).mark("revoked")

    await list_()
    accounts = await screen.read(list_accounts, screen.actor)
    known = next((row["handle"] for row in accounts if row["publishable"]), "telegram:@news")
    _snippets(screen.context.settings.public_base_url.rstrip("/"), known, screen.now() + timedelta(days=1))
    await follow(screen, list_.refresh)


def _revoked(screen: Screen, key: dict[str, Any]) -> str:
    when = moment(key["revokedAt"], screen.zone, screen.now())
    return f"{key['label'] or key['prefix'] + '…'} – {when}"


def _key(screen: Screen, key: dict[str, Any], asked: int, redraw: Any) -> None:
    with ui.element("article").classes(design.CARD).mark(f"key {key['id']}"):
        ui.label(key["label"] or _("Without a name")).classes(design.STRONG)
        ui.label(f"{key['prefix']}…").classes(design.MONO)
        used = ago(key["lastUsedAt"], screen.now())
        ui.label(_("Last used: {when}").format(when=used)).classes(design.SMALL)
        told = plural("{count} request in the last seven days", "{count} requests in the last seven days", asked)
        ui.label(told).classes(f"{design.SMALL} {design.GROW}")
        if screen.may(Action.MANAGE_KEYS):
            with ui.element("div").classes(design.LINE):
                ui.button(_("New secret"), on_click=lambda: _rotate(screen, key, redraw)).props(
                    design.BUTTON_QUIET
                ).mark("rotate")
                ui.button(_("Revoke"), on_click=lambda: _revoke(screen, key, redraw)).props(design.DANGER_QUIET).mark(
                    "revoke"
                )


def _create(screen: Screen, redraw: Any) -> None:
    async def go() -> None:
        made = await screen.call(service.create, label=name.value, now=screen.now())
        if made is not REFUSED:
            dialog.close()
            _show_once(made[1])
            await redraw()

    with modal(_("New key")) as dialog:
        name = (
            ui.input(_("What is it for?"), placeholder=_("Newsletter robot"))
            .props(f"{design.INPUT} maxlength=200 autofocus")
            .mark("label")
        )
        name.on("keydown.enter", go)
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Not now"), on_click=dialog.close).props(design.BUTTON_QUIET)
            ui.button(_("Make the key"), on_click=go).props(design.BUTTON).mark("make-key")


def _show_once(secret: str) -> None:
    with modal(_("Copy it now"), persistent=True) as dialog:
        ui.label(_("It is shown this once. Nobody can read it again, also not you.")).classes(design.MUTED)
        ui.label(secret).classes(f"{design.MONO} sc-secret").mark("secret")
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Copy"), icon="content_copy", on_click=lambda: copy(secret)).props(design.BUTTON_OUTLINE)
            ui.button(_("I have it"), on_click=dialog.close).props(design.BUTTON).mark("have-it")


def _rotate(screen: Screen, key: dict[str, Any], redraw: Any) -> None:
    async def go() -> None:
        made = await screen.call(service.rotate, key["id"], now=screen.now())
        if made is not REFUSED:
            _show_once(made[1])
            await redraw()

    confirm(_("Make a new secret?"), _("The old one stops working at once."), _("New secret"), go)


def _revoke(screen: Screen, key: dict[str, Any], redraw: Any) -> None:
    async def go() -> None:
        if await screen.call(service.revoke, key["id"], now=screen.now()) is not REFUSED:
            await redraw()

    confirm(_("Revoke this key?"), _("Programs that use it are refused from their next request on."), _("Revoke"), go)


SNIPPETS = {
    "curl": """curl {base}/v1/posts/apply \\
  -H "Authorization: Bearer $SOCIALCLAW_API_KEY" -H "Content-Type: application/json" \\
  -d '{{"posts": [{{"account": "{account}", "description": "Hello", "publish_at": "{at}"}}]}}'""",
    "CLI": """SC_BASE_URL={base} socialclaw login --api-key "$SOCIALCLAW_API_KEY"
socialclaw accounts list""",
    "MCP": """"env": {{
  "SOCIALCLAW_BASE_URL": "{base}",
  "SOCIALCLAW_API_KEY": "sc_..."
}}""",
    "n8n": """Credential "SocialClaw API"
Base URL: {base}
API key:  sc_...""",
}
"""The first lines for each kind of program. The names of commands and fields are those of the programs."""


def _snippets(base: str, account: str, at: datetime) -> None:
    values = {"base": base, "account": account, "at": iso(at.replace(minute=0, second=0, microsecond=0))}
    with section(_("Begin with a key")), ui.element("div").classes(design.CARD):
        with ui.tabs().props("dense align=left no-caps inline-label") as tabs:
            for name in SNIPPETS:
                ui.tab(name)
        with ui.tab_panels(tabs, value="curl").classes("sc-panels"):
            for name, text in SNIPPETS.items():
                with ui.tab_panel(name):
                    _snippet(text.format(**values))
        html(tag("a", _("All of the API, with examples"), href="/docs/api", target="_blank", rel="noopener"))


def _snippet(text: str) -> None:
    html(tag("pre", text, class_=f"{design.MONO} sc-code", tabindex=0))
    ui.button(_("Copy"), icon="content_copy", on_click=lambda: copy(text)).props(design.BUTTON_QUIET)
