"""Writing a post for several accounts at once. What is shown as wrong is what publishing would refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from nicegui import background_tasks, events, ui

import providers
from backend import accounts, assets, drafts, posts, runs
from backend.access import Action
from backend.status import AccountStatus
from backend.times import parse_time, wall_time

from .. import design
from ..fits import MediumFit
from ..forms import Form, settings_form
from ..frame import banner, empty, heading, html, section
from ..marks import network, network_name
from ..markup import joined, tag
from ..pickers import TimePicker
from ..run import REFUSED, Screen, refuse, say
from ..words import _

NOW, LATER, DRAFT = "now", "later", "draft"
QUIET = 0.35
"""Seconds without a key press before the checks look again and the draft is kept."""


async def compose(screen: Screen, at: str = "", copy: str = "") -> None:
    known = [
        account
        for account in await screen.read(accounts.list_accounts, screen.actor)
        if account["publishable"] and account["status"] == AccountStatus.CONNECTED
    ]
    heading(_("Compose"))
    if not known:
        with ui.element("div").classes(design.CARD):
            empty("hub", _("Connect an account first; then you can write."), _("Connect an account"), "/accounts")
        return
    kept = await _start(screen, at, copy)
    _Composer(screen, known, kept, at).draw()


async def _start(screen: Screen, at: str, copy: str) -> Mapping[str, Any]:
    """What stands on the page at first: a copied post, or what was being written."""
    if copy:
        post = (await screen.read(posts.detail, screen.actor, copy))["post"]
        return {
            "accounts": [post["accountId"]],
            "title": post["name"],
            "text": post["description"],
            "media": [{**asset, "publicUrl": asset["url"]} for asset in post["assets"]],
            "settings": {post["provider"]: post["settings"]},
        }
    found = await screen.read(drafts.latest, screen.actor)
    return found or {}


class _Composer:
    """One open composer: what was chosen and written so far."""

    def __init__(self, screen: Screen, known: list[dict[str, Any]], kept: Mapping[str, Any], at: str) -> None:
        self.screen = screen
        self.known = known
        self.chosen = [id for id in kept.get("accounts", []) if any(account["id"] == id for account in known)]
        if not self.chosen and len(known) == 1:
            self.chosen = [known[0]["id"]]
        self.kept = kept
        self.media: list[dict[str, Any]] = list(kept.get("media", []))
        self.settings: dict[str, Any] = dict(kept.get("settings", {}))
        self.forms: dict[str, Form] = {}
        self.wall = at[:16] if at else wall_time(screen.now() + timedelta(hours=1), screen.zone)[:16]
        self.start_later = bool(at)
        self.fits: list[MediumFit] = []
        """Under each medium, in their order."""
        self._waiting: asyncio.Task[None] | None = None

    # --- drawing ------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        with ui.element("div").classes(design.COMPOSE):
            with ui.element("div").classes(design.STACK):
                self._draw_accounts()
                self._draw_words()
                self._draw_media()
            with ui.element("div").classes(design.STACK):
                self._draw_time()
                self.warned = ui.element("div").classes(design.STACK_TIGHT)
                self.settings_box = ui.element("div").classes(design.STACK)
        self.general = ui.element("div").classes(design.STACK_TIGHT).props('role="alert"').mark("issues")
        with ui.element("div").classes(design.COMPOSE_BAR):
            self.kept_label = ui.label().classes(design.SMALL)
            ui.button(_("Start over"), on_click=self.start_over).props(design.BUTTON_QUIET).mark("start-over")
            self.button = ui.button(on_click=self.send).props(design.BUTTON_BIG).mark("publish")
            self.button.set_enabled(self.screen.may(Action.PUBLISH))
        self._draw_settings()
        self._name_button()
        ui.timer(0.1, self.look, once=True)

    def _draw_accounts(self) -> None:
        with section(_("Accounts")):
            row = ui.element("div").classes(design.ACCOUNTS).props(f'role="group" aria-label="{_("Accounts")}"')
        with row:
            for account in self.known:
                self._draw_account(account)

    def _draw_account(self, account: Mapping[str, Any]) -> None:
        chosen = account["id"] in self.chosen
        button = ui.element("button").props(f'type="button" aria-pressed="{str(chosen).lower()}"')
        button.classes(replace=design.ACCOUNT_CHOSEN if chosen else design.ACCOUNT).mark(f"account-{account['handle']}")

        def turn() -> None:
            now_chosen = account["id"] not in self.chosen
            self.chosen = (
                [*self.chosen, account["id"]] if now_chosen else [i for i in self.chosen if i != account["id"]]
            )
            button.classes(replace=design.ACCOUNT_CHOSEN if now_chosen else design.ACCOUNT)
            button.props(f'aria-pressed="{str(now_chosen).lower()}"')
            self._draw_settings()
            self.changed()

        button.on("click", turn)
        with button:
            html(
                joined(network(account["provider"]), tag("span", account["displayName"] or account["handle"])), "span"
            ).classes(replace="sc-nav-parts")

    def _draw_words(self) -> None:
        with section(_("Post")), ui.element("div").classes(design.CARD):
            self.title = ui.input(_("Title (optional)"), value=self.kept.get("title", ""), on_change=self.changed)
            self.title.props(f"{design.INPUT} maxlength=300").classes(design.FIELD).mark("title")
            self.text = ui.textarea(_("Text"), value=self.kept.get("text", ""), on_change=self.changed)
            self.text.props("outlined autogrow stack-label hide-bottom-space input-style=min-height:130px")
            self.text.classes(design.FIELD).mark("text")
            self.counters = ui.element("div").classes(design.COUNTERS).mark("counters")
            self.text_issues = ui.element("div").classes(design.STACK_TIGHT).props('role="alert"')

    def _draw_media(self) -> None:
        with section(_("Pictures and video")), ui.element("div").classes(design.CARD):
            self.media_box = ui.element("div").classes(design.MEDIA)
            self.media_issues = ui.element("div").classes(design.STACK_TIGHT).props('role="alert"')
            self.upload = ui.upload(
                label=_("Drop files here, or press + to choose"), multiple=True, auto_upload=True, on_upload=self.uploaded,
                on_rejected=lambda: refuse(_("This file is too large.")), max_file_size=self.screen.context.settings.max_asset_bytes,
            )  # fmt: skip
            self.upload.props('flat bordered accept="image/*,video/*"').classes(design.FIELD).mark("upload")
        self._show_media()

    def _show_media(self) -> None:
        self.media_box.clear()
        self.fits.clear()
        with self.media_box:
            for position, asset in enumerate(self.media):
                self._draw_medium(position, asset)
        self.media_box.set_visibility(bool(self.media))

    def _draw_medium(self, position: int, asset: dict[str, Any]) -> None:
        def remove() -> None:
            self.media = [other for other in self.media if other is not asset]
            self._show_media()
            self.changed()

        def describe(event: events.ValueChangeEventArguments) -> None:
            asset["altText"] = event.value
            self.changed()

        with ui.element("div").classes(design.MEDIUM):
            with ui.element("div").classes(design.THUMB):
                shown = (asset.get("preview") or {}).get("url") or (
                    asset["publicUrl"] if asset.get("kind") == "image" else ""
                )
                html(
                    tag("img", src=shown, alt=asset.get("altText") or "")
                    if shown
                    else tag("span", asset.get("originalFilename") or "")
                )
            ui.button(icon="close", on_click=remove, color=None).props(
                f'{design.ROUND} size=sm aria-label="{_("Remove")}"'
            )
            field = ui.input(_("Describe it"), value=asset.get("altText") or "", on_change=describe)
            field.props(design.INPUT).mark(f"alt-{position}")
            self.fits.append(MediumFit(asset, position, self.changed))

    def _draw_time(self) -> None:
        with section(_("When")), ui.element("div").classes(design.CARD):
            options = {NOW: _("Now"), LATER: _("At a time"), DRAFT: _("Keep as a draft")}
            self.when = ui.radio(options, value=LATER if self.start_later else NOW, on_change=self._when_changed).mark(
                "when"
            )
            self.time_box = ui.element("div").classes(design.STACK_TIGHT)
            with self.time_box:
                self.time = TimePicker(self.wall, self.screen.zone, self.changed)
            self.time_issues = ui.element("div").classes(design.STACK_TIGHT).props('role="alert"')
            self.time_box.set_visibility(self.start_later)

    def _when_changed(self) -> None:
        self.time_box.set_visibility(self.when.value == LATER)
        self._name_button()
        self.changed()

    def _name_button(self) -> None:
        self.button.set_text({NOW: _("Publish now"), LATER: _("Schedule"), DRAFT: _("Save draft")}[self.when.value])

    def _draw_settings(self) -> None:
        """A form for each chosen network that has settings, drawn from its declaration."""
        self._remember_settings()
        self.forms = {}
        self.settings_box.clear()
        with self.settings_box:
            for provider_id, account_type in self._chosen_types():
                rules = providers.get(provider_id).settings.get(account_type)
                if rules is None or not rules.model.model_fields:
                    continue
                with section(network_name(provider_id)), ui.element("div").classes(design.CARD):
                    self.forms[provider_id] = settings_form(
                        rules.model, self.settings.get(provider_id, {}), self.changed
                    )

    def _chosen_types(self) -> list[tuple[str, str]]:
        found: dict[str, str] = {}
        for account in self._accounts():
            found.setdefault(account["provider"], account["accountType"])
        return list(found.items())

    def _accounts(self) -> list[dict[str, Any]]:
        return [account for id in self.chosen for account in self.known if account["id"] == id]

    def _remember_settings(self) -> None:
        for provider_id, form in self.forms.items():
            self.settings[provider_id] = form.values

    # --- changing -----------------------------------------------------------------------------------------------------

    def changed(self, *_event: object) -> None:
        """Look again and keep the draft, once the keys are quiet."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = background_tasks.create(self._soon(), name="compose")

    async def _soon(self) -> None:
        await asyncio.sleep(QUIET)
        await self.look()
        if self.screen.may(Action.PUBLISH) and (self.text.value or self.title.value or self.media):
            kept = await self.screen.call(
                drafts.keep, self._written(), now=self.screen.now(), refused=lambda error: None
            )
            if kept is not REFUSED:
                self.kept_label.set_text(_("Kept as you type"))

    async def uploaded(self, event: events.UploadEventArguments) -> None:
        file = event.file
        stored = await self.screen.call(
            assets.upload, file.iterate(), filename=file.name, declared_mime=file.content_type or None
        )
        if stored is not REFUSED:
            self.media.append(stored)
            self._show_media()
            self.changed()
        self.upload.run_method("removeUploadedFiles")

    async def start_over(self) -> None:
        await self.screen.call(drafts.discard)
        ui.navigate.to("/compose")

    def _written(self) -> dict[str, Any]:
        self._remember_settings()
        return {
            "accounts": self.chosen,
            "title": self.title.value or "",
            "text": self.text.value or "",
            "media": self.media,
            "settings": self.settings,
        }

    def document(self) -> dict[str, Any]:
        """The schedule that a client of the API would send for the same."""
        written = self._written()
        when: dict[str, Any] = {}
        if self.when.value == LATER:
            when = {"publish_at": self.time.written, "timezone": self.time.zone}
        entries = [
            {
                "account": account["id"],
                "name": written["title"],
                "description": written["text"],
                "assets": [
                    {"url": asset["publicUrl"], "altText": asset.get("altText"), "fit": asset.get("fit")}
                    for asset in self.media
                ],
                "settings": written["settings"].get(account["provider"], {}),
                "timezone": self.screen.zone,
                **when,
            }
            for account in self._accounts()
        ]
        return {
            "timezone": self.screen.zone,
            "mode": "draft" if self.when.value == DRAFT else "scheduled",
            "posts": entries,
        }

    async def look(self) -> None:
        """The checks of the publisher, at the fields they are about."""
        found: dict[str, Any] = {"issues": [], "counts": [], "notes": [], "warnings": []}
        if self.chosen:
            context = self.screen.context
            found = await self.screen.read(
                runs.look, self.screen.actor, self.document(), settings=context.settings, now=self.screen.now()
            )
        started = bool(self.text.value or self.title.value or self.media)
        self._show_counts(found["counts"])
        for position, fit in enumerate(self.fits):
            fit.show([note for note in found["notes"] if note["field"] == f"assets.{position}"])
        self._show_issues(found["issues"] if started else [])
        self._show_warnings(found["warnings"])

    def _show_counts(self, counts: list[dict[str, Any]]) -> None:
        told: dict[str, dict[str, Any]] = {}
        for count in counts:
            told.setdefault(self._accounts()[count["post"]]["provider"], count)
        self.counters.clear()
        with self.counters:
            for provider_id, count in told.items():
                over = count["limit"] is not None and count["length"] > count["limit"]
                shown = f"{count['length']} / {count['limit']}" if count["limit"] is not None else str(count["length"])
                ui.label(f"{network_name(provider_id)} {shown}").classes(
                    design.COUNTER_OVER if over else design.COUNTER
                )

    def _show_issues(self, issues: list[dict[str, Any]]) -> None:
        places = {
            "title": self.text_issues,
            "text": self.text_issues,
            "assets": self.media_issues,
            "publishAt": self.time_issues,
        }
        for box in {*places.values(), self.general}:
            box.clear()
        in_forms: dict[str, dict[str, str]] = {provider_id: {} for provider_id in self.forms}
        for sentence, issue in self._told(issues).items():
            field, provider_id = issue["field"].partition("."), self._provider_of(issue)
            if field[0] == "settings" and provider_id in in_forms:
                in_forms[provider_id][field[2]] = issue["message"]
                continue
            with places.get(field[0], self.general):
                ui.label(sentence).classes(design.ISSUE)
        for provider_id, form in self.forms.items():
            form.show(in_forms[provider_id])

    def _show_warnings(self, warnings: list[dict[str, Any]]) -> None:
        """What keeps nothing from being scheduled, but should be seen to before the time comes."""
        self.warned.clear()
        with self.warned:
            for warning in warnings:
                with banner("warn", warning["message"]).mark("warning"):
                    ui.link(_("Accounts"), "/accounts")

    def _told(self, issues: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Each sentence once, with the network's name in front where several are chosen."""
        told: dict[str, dict[str, Any]] = {}
        for issue in issues:
            provider_id = self._provider_of(issue)
            several = len(self._chosen_types()) > 1 and provider_id
            told.setdefault(f"{network_name(provider_id)}: {issue['message']}" if several else issue["message"], issue)
        return told

    def _provider_of(self, issue: Mapping[str, Any]) -> str:
        return "" if issue["post"] is None else self._accounts()[issue["post"]]["provider"]

    # --- sending ------------------------------------------------------------------------------------------------------

    async def send(self) -> None:
        if not self.chosen:
            refuse(_("Choose at least one account."))
            return
        if self.when.value == LATER and self._is_past():
            refuse(_("This time is over. Choose a later one, or publish now."))
            return
        self.button.disable()
        try:
            applied = await self.screen.call(runs.apply_once, self.document(), source="compose")
        finally:
            self.button.enable()
        if applied is REFUSED:
            await self.look()
            return
        if self._waiting is not None:
            self._waiting.cancel()
        await self.screen.call(drafts.discard)
        say({NOW: _("On its way."), LATER: _("Scheduled."), DRAFT: _("Saved as a draft.")}[self.when.value])
        only = applied.posts[0]["id"] if len(applied.posts) == 1 else None
        ui.navigate.to(f"/posts/{only}" if only else "/posts")

    def _is_past(self) -> bool:
        try:
            return parse_time(self.time.written, self.time.zone) < self.screen.now()
        except ValueError:
            return False
