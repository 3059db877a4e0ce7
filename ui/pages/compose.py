"""Writing a post for several accounts at once. What is shown as wrong is what publishing would refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from nicegui import background_tasks, ui
from sqlalchemy.orm import Session

import providers
from backend import accounts, choices, composing, compositions, drafts, groups, posts, proofs, runs
from backend.access import Action
from backend.checking import fields_of
from backend.compositions import Change, Composition, When, settings_key
from backend.errors import AppError
from backend.plans import AccountFacts
from backend.status import AccountStatus, PostStatus

from .. import design
from ..forms import Form, settings_form
from ..frame import empty, heading, html, modal, section
from ..live import follow
from ..marks import network, network_name
from ..markup import Markup, joined, tag
from ..parts.compose_accounts import AccountPicker
from ..parts.compose_desk import Desk, show_html
from ..parts.compose_differences import table
from ..parts.compose_previews import previews
from ..parts.compose_time import DRAFT, LATER, NOW, TimeChoice
from ..parts.compose_words import WordsEditor
from ..run import REFUSED, Screen, refuse, say
from ..when import ago, moment
from ..words import _, plural

QUIET = 0.35
"""Seconds without a key press before the checks look again and the draft is kept."""


async def compose(screen: Screen, at: str = "", copy: str = "", draft: str = "", edit: str = "") -> None:
    """``at`` is a wall time to begin with, ``copy`` and ``edit`` name posts, ``draft`` a draft or ``new``."""
    start = await screen.read(_start, screen, at, copy, draft, edit)
    found = await screen.read(accounts.facts, screen.actor)
    known = [account for account in found if account.publishable and account.status == AccountStatus.CONNECTED]
    if not known:
        heading(_("Compose"))
        with ui.element("div").classes(design.CARD):
            empty("hub", _("Connect an account first; then you can write."), _("Connect an account"), "/accounts")
        return
    saved = await screen.read(groups.list_groups, screen.actor)
    ended = sum(account.publishable and account.status == AccountStatus.NEEDS_RECONNECT for account in found)
    await _Composer(screen, known, start, saved, ended).draw()


def _start(session: Session, screen: Screen, at: str, copy: str, draft: str, edit: str) -> dict[str, Any]:
    """What stands on the page at first: a draft (``id``, ``revision``, ``composition``), begun or new."""
    actor = screen.actor
    base_url = screen.context.settings.public_base_url
    new = {"id": drafts.new(screen.now()), "revision": 0, "updatedAt": None, "sent": None}
    if edit:
        begun = drafts.of_post(session, actor, edit)
        stands = composing.composition_of(session, actor, edit, base_url=base_url)
        return {
            **(begun or {**new, "composition": stands}),
            "stands": stands,
            "post": posts.detail(session, actor, edit)["post"],
        }
    if copy:
        stands = composing.composition_of(session, actor, copy, base_url=base_url)
        return {**new, "composition": stands.model_copy(update={"change": None, "when": When()})}
    begun = None
    if draft and draft != "new":
        begun = drafts.find(session, actor, draft)
    elif not draft and not at:
        begun = next(iter(drafts.mine(session, actor)), None)
    if begun is not None and not begun["sent"]:
        return {**begun, "composition": composing.opened(session, actor, begun["composition"], base_url=base_url)}
    when = When(mode="later", wall=at[:16], zone=screen.zone) if at else When()
    return {**new, "composition": Composition(when=when)}


class _Composer:
    """One open composer: the desk, its parts, and the draft that is kept of it."""

    def __init__(
        self,
        screen: Screen,
        known: list[AccountFacts],
        start: Mapping[str, Any],
        saved: list[dict[str, Any]],
        ended: int,
    ) -> None:
        self.screen = screen
        self.start = start
        self.saved, self.ended = saved, ended
        self.draft_id, self.revision = start["id"], start["revision"]
        composition: Composition = start["composition"]
        if not composition.accounts and len(known) == 1:
            composition = composition.model_copy(update={"accounts": (known[0].id,)})
        self.desk = Desk(
            screen=screen,
            composition=composition,
            accounts=known,
            changed=self.changed,
            place=self.draft_id if self.revision else "new",
        )
        self.kept = composition
        self.forms: dict[str, Form] = {}
        self.folds: dict[str, ui.expansion] = {}
        self.waiting: asyncio.Task[None] | None = None
        self.saving = asyncio.Lock()
        self.sent = False

    @property
    def composition(self) -> Composition:
        return self.desk.composition

    @property
    def change(self) -> Change | None:
        return self.composition.change

    # --- drawing ------------------------------------------------------------------------------------------------------

    async def draw(self) -> None:
        self._draw_heading()
        self.root = ui.element("div").classes(design.STACK)
        with self.root:
            self.notices = ui.element("div").classes(design.STACK_TIGHT).props('role="status"')
            self.page = ui.element("div").classes(design.COMPOSE)
            with self.page:
                with ui.element("div").classes(design.STACK):
                    if self.change is None:
                        AccountPicker(self.desk, self.saved, self.ended, self._accounts_changed)
                    else:
                        self._draw_account()
                    self.words = WordsEditor(self.desk)
                    self.settings_box = ui.element("div").classes(design.STACK)
                with ui.element("div").classes(design.COMPOSE_SIDE):
                    self.time = TimeChoice(self.desk)
                    with section(_("How it will look")):
                        self.shown = html("").mark("previews")
            self.general = html("").classes(design.STACK_TIGHT).props('role="alert"').mark("issues")
            self.bar = ui.element("div").classes(design.COMPOSE_BAR)
        self._draw_settings()
        self._draw_bar()
        self._draw_begun()
        ui.timer(0.1, self.look, once=True)
        if self.change is not None:
            await follow(self.screen, self._look_at_post)

    def _draw_heading(self) -> None:
        if self.change is not None:
            post = self.start["post"]
            planned = moment(post["publishAtUtc"], self.screen.zone, self.screen.now())
            told = {
                PostStatus.DRAFT: _("It is a draft."),
                PostStatus.FAILED: _("It failed. Saved, it is sent again at the time that stands here."),
            }.get(post["status"], _("It goes out {time}.").format(time=planned))
            heading(_("Change a post"), told)
            return
        with heading(_("Compose")):
            ui.button(_("Drafts you began"), icon="drafts", on_click=self._list_drafts, color=None).props(
                design.BUTTON_QUIET
            ).mark("drafts")

    def _draw_account(self) -> None:
        with section(_("Account")), ui.element("div").classes(design.LINE):
            for account in self.desk.chosen:
                name = account.display_name or account.handle
                html(tag("div", network(account.provider), tag("span", name), class_=design.ACCOUNT_FIXED))

    def _draw_begun(self) -> None:
        """Somebody who finds their words here should know why, and how to begin anew."""
        if not self.revision:
            return
        when = ago(self.start["updatedAt"], self.screen.now())
        with self.notices, ui.element("div").classes(design.BEGUN):
            if self.change is not None:
                ui.label(_("These are your changes from {when}. They are not saved.").format(when=when))
            else:
                ui.label(_("You began this {when}.").format(when=when))
                ui.link(_("Begin another"), "/compose?draft=new")

    def _draw_bar(self) -> None:
        self.bar.clear()
        with self.bar:
            self.kept_label = ui.label().classes(design.SMALL).mark("kept")
            if self.change is None:
                ui.button(_("Start over"), on_click=self.start_over).props(design.BUTTON_QUIET).mark("start-over")
            else:
                ui.button(_("Discard changes"), on_click=self.start_over).props(design.BUTTON_QUIET).mark("discard")
            self.button = ui.button(on_click=self.send).props(design.BUTTON_BIG).mark("publish")
            self.button.set_enabled(self.screen.may(Action.PUBLISH))
        self._name_button()

    def _name_button(self) -> None:
        names = {NOW: _("Publish now"), LATER: _("Schedule"), DRAFT: _("Save draft")}
        self.button.set_text(_("Save changes") if self.change else names[self.composition.when.mode])

    def _accounts_changed(self) -> None:
        self.words.follow_accounts()
        self._draw_settings()

    # --- settings of the networks ---------------------------------------------------------------------------------------

    def _draw_settings(self) -> None:
        """A form for each kind of account that has settings, drawn from its declaration."""
        wanted: dict[str, AccountFacts] = {}
        for account in self.desk.chosen:
            rules = providers.get(account.provider).settings.get(account.account_type)
            if rules is not None and rules.model.model_fields:
                wanted.setdefault(settings_key(account), account)
        if list(wanted) == list(self.forms):
            return
        self.forms, self.folds = {}, {}
        self.settings_box.clear()
        with self.settings_box:
            for key, account in wanted.items():
                self._draw_form(key, account)

    def _draw_form(self, key: str, account: AccountFacts) -> None:
        rules = providers.get(account.provider).settings[account.account_type]
        own = key == account.id and sum(other.provider == account.provider for other in self.desk.chosen) > 1
        name = network_name(account.provider)
        title = _("Settings for {name}").format(
            name=f"{name} · {account.display_name or account.handle}" if own else name
        )
        given = self.composition.settings.get(key, {})
        required = any(field["required"] for field in fields_of(rules.model))

        async def ask(setting: str, settings: Mapping[str, Any]) -> list[dict[str, str]]:
            return await choices.choices(self.screen.context, self.screen.actor, account.id, setting, settings)

        def changed() -> None:
            values = self.forms[key].values
            settings = {**self.composition.settings, key: values}
            self.desk.put(self.composition.model_copy(update={"settings": settings}))

        with ui.expansion(title, value=required or bool(given)).classes(design.FOLD) as fold:
            with fold.add_slot("header"):
                html(joined(network(account.provider), tag("span", title)), "span").classes(replace="sc-fold-head")
            with ui.element("div").classes(design.STACK):
                self.forms[key] = settings_form(rules.model, given, changed, ask)
        self.folds[key] = fold

    # --- changing -----------------------------------------------------------------------------------------------------

    def changed(self) -> None:
        """Look again and keep the draft, once the keys are quiet."""
        self._name_button()
        if self.screen.may(Action.PUBLISH):
            self.kept_label.set_text(_("Being kept …"))
        if self.waiting is not None:
            self.waiting.cancel()
        self.waiting = background_tasks.create(self._soon(), name="compose")

    async def _soon(self) -> None:
        await asyncio.sleep(QUIET)
        with self.root:
            try:
                await asyncio.shield(self._keep())  # a key pressed meanwhile must not leave it half done
            except Exception:
                self.kept_label.set_text(_("Not kept yet. It is tried again as you type."))
                raise
            await self.look()

    async def _keep(self) -> None:
        """Into the database, and only then out of the browser's tab."""
        async with self.saving:
            with self.root:
                await self._keep_now()

    async def _keep_now(self) -> None:
        composition, told = self.composition, [(box, box.number) for box in self.words.boxes]
        worth = self.revision or not compositions.is_empty(composition)
        if composition == self.kept or not worth or self.sent or not self.screen.may(Action.PUBLISH):
            there = self.revision and composition == self.kept
            self.kept_label.set_text(_("Kept as you type") if there else "")
            return
        kept = await self.screen.call(
            drafts.keep, self.draft_id, composition, revision=self.revision, now=self.screen.now(),
            refused=lambda error: self.kept_label.set_text(_("Not kept: {why}").format(why=error.message)),
        )  # fmt: skip
        if kept is REFUSED:
            return
        self.kept, self.revision = composition, kept["revision"]
        if kept["id"] != self.draft_id or self.desk.place == "new":
            self._settle(kept["id"])
        for box, number in told:
            box.kept(number)
        self.kept_label.set_text(_("Kept as you type"))
        if "changed" in kept:
            self._tell_of_other_window(kept["changed"])

    def _settle(self, draft_id: str) -> None:
        """The draft is in the database: from here on the page's address names it."""
        self.draft_id = self.desk.place = draft_id
        for box in self.words.boxes:
            box.rename(f"{draft_id}/{box.name.partition('/')[2]}")
        if self.change is None:
            ui.navigate.history.replace(f"/compose?draft={draft_id}")

    def _tell_of_other_window(self, other: Mapping[str, Any]) -> None:
        """What this window has is a draft of its own now; nothing was overwritten, here or there."""
        differences = compositions.differences(other["composition"], self.composition)
        self.notices.clear()
        with self.notices, ui.element("div").classes(design.banner("warn")).mark("other-window"):
            ui.label(_("Another window changed this draft, too. What stands here is a draft of its own now.")).classes(
                design.GROW
            )
            if differences:
                ui.button(
                    _("See what differs"), on_click=lambda: self._show_differences(differences), color=None
                ).props(design.BUTTON_QUIET)
            ui.link(_("Open the other one"), f"/compose?draft={other['id']}", new_tab=True)

    def _show_differences(self, differences: list[compositions.Difference]) -> None:
        with modal(_("What differs")) as dialog:
            html(table(differences, self.screen.names))
            with ui.element("div").classes(design.BUTTONS):
                ui.button(_("Close"), on_click=dialog.close).props(design.BUTTON)

    async def start_over(self) -> None:
        change = self.change
        await self._throw_away()
        ui.navigate.to(f"/posts/{change.post_id}" if change else "/compose?draft=new")

    async def _throw_away(self) -> None:
        self.sent = True  # nothing that is still on its way makes the draft anew
        self._forget()
        await self.screen.call(drafts.discard, self.draft_id)

    def _forget(self) -> None:
        for box in self.words.boxes:
            box.forget()

    async def _list_drafts(self) -> None:
        found = await self.screen.read(drafts.mine, self.screen.actor)
        now = self.screen.now()

        async def throw_away(draft_id: str) -> None:
            dialog.close()
            with self.root:
                if draft_id == self.draft_id:
                    await self.start_over()
                else:
                    await self.screen.call(drafts.discard, draft_id)
                    say(_("The draft is gone."))

        with modal(_("Drafts you began")) as dialog:
            if not found:
                ui.label(_("There are none. What you write is kept here as you type.")).classes(design.MUTED)
            for draft in found:
                with ui.element("div").classes(design.LINE_TIGHT):
                    row = _draft_row(draft, self.screen, ago(draft["updatedAt"], now), draft["id"] == self.draft_id)
                    html(row).classes(design.GROW)
                    away = ui.button(icon="delete", on_click=partial(throw_away, draft["id"]), color=None)
                    away.props(f'{design.ROUND} aria-label="{_("Throw this draft away")}"')
            with ui.element("div").classes(design.BUTTONS):
                ui.button(_("Close"), on_click=dialog.close).props(design.BUTTON_QUIET)
                ui.button(_("Begin another"), on_click=lambda: ui.navigate.to("/compose?draft=new")).props(
                    design.BUTTON
                )

    # --- looking ------------------------------------------------------------------------------------------------------

    async def look(self) -> None:
        """The checks of the publisher, at the fields they are about."""
        screen, composition = self.screen, self.composition
        found = await screen.read(
            proofs.proof,
            screen.actor,
            composition,
            settings=screen.context.settings,
            zone=screen.zone,
            now=screen.now(),
        )
        if composition != self.composition:
            return  # somebody typed on; another look is on its way
        if compositions.is_empty(composition):
            found = {**found, "issues": [], "earlier": []}
        left = self.words.show(found)
        self.time.show([issue["message"] for issue in left if issue["field"] == "publishAt"])
        left = self._show_in_forms([issue for issue in left if issue["field"] != "publishAt"])
        sentences = dict.fromkeys(self.words.told(issue) for issue in left)
        warnings = (tag("p", warning["message"], class_=design.WARNING) for warning in found["warnings"])
        show_html(
            self.general, joined(*(tag("div", sentence, class_=design.ISSUE) for sentence in sentences), *warnings)
        )
        show_html(self.shown, previews(found["previews"]))
        await self.time.propose()

    def _show_in_forms(self, issues: list[dict[str, Any]]) -> list[dict[str, Any]]:
        in_forms: dict[str, dict[str, str]] = {key: {} for key in self.forms}
        left: list[dict[str, Any]] = []
        keys = {account.id: settings_key(account) for account in self.desk.chosen}
        for issue in issues:
            field, key = issue["field"].partition("."), keys.get(issue["account"], "")
            if field[0] == "settings" and key in in_forms:
                in_forms[key][field[2]] = issue["message"]
                self.folds[key].open()
            else:
                left.append(issue)
        for key, form in self.forms.items():
            form.show(in_forms[key])
        return left

    # --- sending ------------------------------------------------------------------------------------------------------

    async def send(self) -> None:
        with self.root:  # the bar with the button may be drawn anew meanwhile
            if not self.composition.accounts:
                refuse(_("Choose at least one account."))
                return
            if self.time.is_over() and self.change is None:
                refuse(_("This time is over. Choose a later one, or publish now."))
                return
            self.button.disable()
            await self._keep()
            await (self._save() if self.change else self._apply())
            if not self.sent:
                self.button.enable()

    async def _apply(self) -> None:
        screen, mode = self.screen, self.composition.when.mode
        undo = timedelta(seconds=screen.context.settings.undo_seconds if mode == NOW else 0)
        found = compositions.entries(self.composition, self.desk.accounts)
        document = compositions.document(self.composition, found, zone=screen.zone, now=screen.now(), undo=undo)
        # Pressed again after a lost answer, the same draft makes the same run.
        key = f"{self.draft_id}/{self.revision}" if self.revision else None
        applied = await screen.call(runs.apply_once, document, idempotency_key=key, source="compose")
        if applied is REFUSED:
            await self.look()
            return
        self.sent = True
        self._forget()
        await screen.call(drafts.sent, self.draft_id, applied.run["id"], now=screen.now())
        if undo:
            self._wait(applied, undo)
            return
        say({NOW: _("On its way."), LATER: _("Scheduled."), DRAFT: _("Saved as a draft.")}[mode])
        ui.navigate.to(_where(applied))

    def _wait(self, applied: runs.Applied, undo: timedelta) -> None:
        """Nothing has gone out yet: so long it can be taken back."""
        until = self.screen.now() + undo
        self.page.props("inert").classes(add=design.INERT)
        self.bar.clear()

        async def tick() -> None:
            left = (until - self.screen.now()).total_seconds()
            if left <= 0:
                timer.cancel()
                ui.navigate.to(_where(applied))
                return
            seconds = plural("It goes out in {count} second.", "It goes out in {count} seconds.", int(left) + 1)
            told.set_text(seconds)

        async def take_back() -> None:
            timer.cancel()
            back.disable()
            with self.root:
                await self._take_back(applied)

        with self.bar, ui.element("div").classes(design.UNDO).props('role="status"').mark("undo-bar"):
            told = ui.label().classes(design.GROW)
            back = ui.button(_("Undo"), icon="undo", on_click=take_back).props(design.BUTTON_BIG).mark("undo")
            timer = ui.timer(0.5, tick)

    async def _take_back(self, applied: runs.Applied) -> None:
        screen = self.screen
        taken = await screen.call(runs.take_back, applied.run["id"], now=screen.now())
        if taken is REFUSED or taken["posts"]:
            if taken is not REFUSED:
                names = ", ".join(screen.names.get(post["accountId"], post["account"]) for post in taken["posts"])
                refuse(_("It was too late for: {accounts}. Those posts go out.").format(accounts=names))
            ui.navigate.to(_where(applied))
            return
        await screen.call(drafts.reopen, self.draft_id, now=screen.now())
        again = await screen.read(drafts.find, screen.actor, self.draft_id)
        self.revision, self.sent = (again["revision"] if again else 0), False
        self.page.props(remove="inert").classes(remove=design.INERT)
        self._draw_bar()
        say(_("Taken back. Nothing went out."))

    # --- changing a post that stands -------------------------------------------------------------------------------------

    async def _save(self) -> None:
        screen, change = self.screen, self.change
        assert change is not None
        (entry,) = compositions.entries(self.composition, self.desk.accounts)
        refusal: list[AppError] = []
        saved = await screen.call(
            composing.change, change.post_id, compositions.change_of(entry, self.composition, change),
            settings=screen.context.settings, now=screen.now(), nudge=screen.context.nudge, refused=refusal.append,
        )  # fmt: skip
        if saved is not REFUSED:
            await self._throw_away()
            say(_("Saved."))
            ui.navigate.to(f"/posts/{change.post_id}")
            return
        if refusal and refusal[0].code == "post_changed":
            await self._look_at_post(ask=True)
            return
        if refusal:
            refuse(refusal[0].message)
        await self.look()

    async def _look_at_post(self, ask: bool = False) -> None:
        """Somebody else may change the post while it is being changed here."""
        screen, change = self.screen, self.change
        assert change is not None
        try:
            stands = await screen.read(
                composing.composition_of, screen.actor, change.post_id,
                base_url=screen.context.settings.public_base_url,
            )  # fmt: skip
        except AppError as error:
            refuse(error.message)
            return
        assert stands.change is not None
        if stands.change.revision == change.revision:
            return
        differences = compositions.differences(stands, self.composition)
        self.notices.clear()
        with self.notices, ui.element("div").classes(design.banner("warn")).mark("post-changed"):
            ui.label(_("Somebody changed this post while you were writing. Nothing of yours is lost.")).classes(
                design.GROW
            )
            ui.button(_("See what differs"), on_click=lambda: self._ask(stands, differences), color=None).props(
                design.BUTTON_QUIET
            )
        if ask:
            self._ask(stands, differences)

    def _ask(self, stands: Composition, differences: list[compositions.Difference]) -> None:
        change = stands.change
        assert change is not None

        async def mine() -> None:
            dialog.close()
            self.desk.put(self.composition.model_copy(update={"change": change}))
            await self.send()

        async def theirs() -> None:
            dialog.close()
            with self.root:
                await self._throw_away()
                ui.navigate.to(f"/compose?edit={change.post_id}")

        with modal(_("This post was changed meanwhile")) as dialog:
            if differences:
                html(table(differences, self.screen.names))
            else:
                ui.label(_("It says the same as what stands here.")).classes(design.MUTED)
            with ui.element("div").classes(design.BUTTONS):
                ui.button(_("Go on writing"), on_click=dialog.close).props(design.BUTTON_QUIET)
                ui.button(_("Take what is there"), on_click=theirs).props(design.BUTTON_OUTLINE).mark("take-theirs")
                ui.button(_("Save mine over it"), on_click=mine).props(design.BUTTON).mark("save-mine")


def _where(applied: runs.Applied) -> str:
    return f"/posts/{applied.posts[0]['id']}" if len(applied.posts) == 1 else "/posts"


def _draft_row(draft: Mapping[str, Any], screen: Screen, when: str, here: bool) -> Markup:
    composition: Composition = draft["composition"]
    words = composition.words
    text = " ".join(f"{words.title} {words.parts[0].text}".split())[:120]
    files = any(part.media for part in words.parts)
    names = ", ".join(screen.names[id] for id in composition.accounts if id in screen.names)
    more = " · ".join(part for part in (when, names, _("open here") if here else "") if part)
    return tag(
        "a",
        tag("span", text or (_("Files without a text") if files else _("Nothing yet")), class_="sc-row-text"),
        tag("span", more, class_="sc-row-more"),
        href=f"/compose?draft={draft['id']}",
        class_=design.DRAFT,
    )
