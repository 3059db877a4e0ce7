"""One act on many posts: says what will happen, does it in sight, and says what became of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui

from backend import billing, browsing, bulk
from backend.bulk import Act, Foresight, Outcome, Shift

from .. import design
from ..frame import html, modal
from ..marks import headline, network
from ..markup import Markup, tag
from ..run import REFUSED, Screen
from ..when import moment
from ..words import _, plural

SHOWN = 50
"""Posts told one by one; of more, the number."""
SAMPLE = 3
"""Posts whose new times are shown before they get them."""

ICONS = {Act.CANCEL: "cancel", Act.RESCHEDULE: "schedule", Act.RETRY: "replay", Act.DELETE: "delete"}


def name_of(act: Act) -> str:
    return {
        Act.CANCEL: _("Cancel"),
        Act.RESCHEDULE: _("Move"),
        Act.RETRY: _("Retry"),
        Act.DELETE: _("Delete there"),
    }[act]


async def ask(screen: Screen, act: Act, ids: Sequence[str], done: Callable[[], object] = lambda: None) -> None:
    """A dialog that ends with what happened. ``done`` is told when something may have."""
    chosen = list(ids)[: browsing.MOST_CHOSEN]
    shift = Shift(days=1) if act is Act.RESCHEDULE else None
    foresight = await screen.read(bulk.foresee, screen.actor, act, chosen, now=screen.now(), shift=shift)
    with modal(_title(act, len(foresight.will))) as dialog:
        box = ui.element("div").classes(design.STACK_TIGHT)
    with box:
        _Asking(screen, act, chosen, foresight, box, dialog, done).draw()


class _Asking:
    """The dialog: first what would happen, then how it goes, then what became of it."""

    def __init__(
        self,
        screen: Screen,
        act: Act,
        ids: list[str],
        foresight: Foresight,
        box: ui.element,
        dialog: ui.dialog,
        done: Callable[[], object],
    ) -> None:
        self.screen, self.act, self.ids, self.foresight = screen, act, ids, foresight
        self.box, self.dialog, self.done = box, dialog, done
        self.shift = Shift(days=1)

    # --- before -------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        if self.act is Act.RESCHEDULE and self.foresight.will:
            self._draw_shift()
        self.told = ui.element("div").classes(design.STACK_TIGHT).props('aria-live="polite"').mark("foresight")
        with ui.element("div").classes(design.BUTTONS):
            leave = _("Leave them as they are") if self.foresight.will else _("Close")
            ui.button(leave, on_click=self.dialog.close).props(design.BUTTON_QUIET)
            self.button = ui.button(on_click=self.go)
            self.button.props(design.DANGER if self.act in (Act.CANCEL, Act.DELETE) else design.BUTTON).mark("confirm")
            self.button.set_visibility(bool(self.foresight.will))
        self._tell()

    def _draw_shift(self) -> None:
        with ui.element("div").classes(design.SHIFT):
            self.way = ui.toggle({1: _("Later"), -1: _("Earlier")}, value=1, on_change=self._shifted).props(
                "unelevated no-caps"
            )
            self.days = self._number(_("Days"), 1)
            self.hours = self._number(_("Hours"), 0)
            self.minutes = self._number(_("Minutes"), 0)

    def _number(self, label: str, value: int) -> ui.number:
        field = ui.number(label, value=value, min=0, max=3660, precision=0, on_change=self._shifted)
        return field.props(f'{design.INPUT} debounce="200"').mark(f"shift-{label.lower()}")

    async def look(self) -> None:
        self.foresight = await self.screen.read(
            bulk.foresee, self.screen.actor, self.act, self.ids, now=self.screen.now(), shift=self.shift
        )
        self._tell()

    async def _shifted(self) -> None:
        way = int(self.way.value)
        days, hours, minutes = (int(field.value or 0) for field in (self.days, self.hours, self.minutes))
        self.shift = Shift(days=way * days, minutes=way * (hours * 60 + minutes))
        await self.look()

    def _tell(self) -> None:
        foresight, count = self.foresight, len(self.foresight.will)
        self.button.set_text(_button(self.act, count))
        self.button.set_enabled(count > 0 and (self.act is not Act.RESCHEDULE or self.shift != Shift()))
        self.told.clear()
        with self.told:
            if count:
                ui.label(_will(self.act, count))
            if self.act is Act.RESCHEDULE and count:
                html(self._times()).mark("new-times")
            for sentence in _notes(self.act, foresight):
                html(tag("p", sentence, class_=design.WARNING))
            if foresight.wont:
                ui.label(_("Left as they are:") if count else _("None of these can be changed this way:"))
                reasons = [tag("li", _reason(reason, number)) for reason, number in sorted(foresight.wont.items())]
                html(tag("ul", *reasons, class_=design.PLAIN_LIST)).mark("wont")

    def _times(self) -> Markup:
        zone, now = self.screen.zone, self.screen.now()
        rows = [
            tag(
                "li",
                tag("span", headline(post), class_="sc-row-text"),
                tag("span", f"{moment(post['publishAtUtc'], zone, now)} → ", class_=design.MUTED),
                tag("strong", moment(post.get("newPublishAtUtc") or post["publishAtUtc"], zone, now)),
            )
            for post in self.foresight.will[:SAMPLE]
        ]
        more = len(self.foresight.will) - SAMPLE
        rest = (
            tag("li", plural("and {count} more", "and {count} more", more), class_=design.MUTED) if more > 0 else None
        )
        return tag("ul", *rows, rest, class_=design.PLAIN_LIST)

    # --- doing it -----------------------------------------------------------------------------------------------------

    async def go(self) -> None:
        if self.act is Act.RETRY and await self.screen.call(billing.require) is REFUSED:
            return
        self.dialog.props("persistent")
        posts = list(self.foresight.will)
        self.box.clear()
        with self.box:
            progress = ui.label().classes(design.MUTED).props('aria-live="polite"')
            bar = ui.linear_progress(0, show_value=False).props("instant-feedback rounded aria-hidden=true")
        finished = 0

        def told(_outcome: Outcome) -> None:
            nonlocal finished
            finished += 1
            bar.set_value(finished / len(posts))
            progress.set_text(_("{done} of {all}").format(done=finished, all=len(posts)))

        outcomes = await self._act(posts, told)
        self.dialog.props(remove="persistent")
        self.done()
        if outcomes is REFUSED:
            self.dialog.close()
            return
        self.box.clear()
        with self.box:
            self._draw_outcomes(posts, outcomes)

    async def _act(self, posts: Sequence[dict[str, Any]], told: Callable[[Outcome], None]) -> Any:
        ids = [post["id"] for post in posts]
        if self.act is Act.RESCHEDULE:
            revisions = {post["id"]: post["revision"] for post in posts}
            return await self.screen.call(bulk.reschedule, revisions, shift=self.shift, told=told)
        service = {Act.CANCEL: bulk.cancel, Act.RETRY: bulk.retry, Act.DELETE: bulk.delete}[self.act]
        return await self.screen.call(service, ids, told=told)

    # --- afterwards ---------------------------------------------------------------------------------------------------

    def _draw_outcomes(self, posts: Sequence[dict[str, Any]], outcomes: Sequence[Outcome]) -> None:
        names = {post["id"]: post for post in posts}
        done = [outcome for outcome in outcomes if outcome.done]
        failed = [outcome for outcome in outcomes if not outcome.done]
        with ui.element("div").classes(design.STACK_TIGHT).props('role="status"').mark("outcome"):
            ui.label(_did(self.act, len(done))).classes(design.STRONG)
            found = sum(self.act is Act.RETRY and (outcome.post or {}).get("status") == "published" for outcome in done)
            if found:
                ui.label(plural("{count} of them was at the network already.", "{count} of them were at the network already.", found))  # fmt: skip
            if failed:
                ui.label(plural("{count} could not be done:", "{count} could not be done:", len(failed)))
                rows = [_failed(names[outcome.post_id], outcome) for outcome in failed[:SHOWN]]
                more = len(failed) - SHOWN
                if more > 0:
                    rows.append(tag("li", plural("and {count} more", "and {count} more", more)))
                html(tag("ul", *rows, class_=design.OUTCOMES)).mark("not-done")
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Close"), on_click=self.dialog.close).props(design.BUTTON).mark("close")


def _failed(post: dict[str, Any], outcome: Outcome) -> Markup:
    return tag(
        "li",
        network(post["provider"]),
        tag(
            "span",
            tag("a", headline(post), href=f"/posts/{post['id']}"),
            tag("span", outcome.message, class_="sc-row-more sc-bad"),
        ),
    )


# --- words ------------------------------------------------------------------------------------------------------------


def _title(act: Act, count: int) -> str:
    if not count:
        return {
            Act.CANCEL: _("Nothing to cancel"),
            Act.RESCHEDULE: _("Nothing to move"),
            Act.RETRY: _("Nothing to retry"),
            Act.DELETE: _("Nothing to delete"),
        }[act]
    return {
        Act.CANCEL: plural("Cancel {count} post?", "Cancel {count} posts?", count),
        Act.RESCHEDULE: plural("Move {count} post to another time", "Move {count} posts to another time", count),
        Act.RETRY: plural("Send {count} post again?", "Send {count} posts again?", count),
        Act.DELETE: plural("Delete {count} post at its network?", "Delete {count} posts at their networks?", count),
    }[act]


def _button(act: Act, count: int) -> str:
    return {
        Act.CANCEL: plural("Cancel {count} post", "Cancel {count} posts", count),
        Act.RESCHEDULE: plural("Move {count} post", "Move {count} posts", count),
        Act.RETRY: plural("Send {count} post again", "Send {count} posts again", count),
        Act.DELETE: plural("Delete {count} post there", "Delete {count} posts there", count),
    }[act]


def _will(act: Act, count: int) -> str:
    return {
        Act.CANCEL: plural(
            "It will not go out. It stays here, and can be copied into a new post.",
            "They will not go out. They stay here, and can be copied into new posts.",
            count,
        ),
        Act.RESCHEDULE: _("Days keep the hour on the clock, also when the clocks change meanwhile."),
        Act.RETRY: plural("It goes out now, from the beginning.", "They go out now, from the beginning.", count),
        Act.DELETE: plural(
            "It is taken off its network for everybody. That cannot be undone.",
            "They are taken off their networks for everybody. That cannot be undone.",
            count,
        ),
    }[act]


def _did(act: Act, count: int) -> str:
    return {
        Act.CANCEL: plural("{count} post was canceled.", "{count} posts were canceled.", count),
        Act.RESCHEDULE: plural("{count} post has a new time.", "{count} posts have a new time.", count),
        Act.RETRY: plural("{count} post is on its way again.", "{count} posts are on their way again.", count),
        Act.DELETE: plural("{count} post was deleted at its network.", "{count} posts were deleted at their networks.", count),
    }[act]  # fmt: skip


def _notes(act: Act, foresight: Foresight) -> list[str]:
    held = (
        plural(
            "{count} belongs to an account that has to be connected again: it waits until then.",
            "{count} belong to accounts that have to be connected again: they wait until then.",
            foresight.held,
        )
        if act is Act.RETRY
        else plural(
            "{count} belongs to an account that has to be connected again: it cannot be deleted before.",
            "{count} belong to accounts that have to be connected again: they cannot be deleted before.",
            foresight.held,
        )
    )
    notes = (
        (
            foresight.doubtful,
            plural(
                "{count} may be out already. Its network is asked first, and it is only sent again when it is not there.",
                "{count} may be out already. Their networks are asked first, and only what is not there is sent again.",
                foresight.doubtful,
            ),
        ),
        (
            foresight.at_once,
            plural(
                "{count} gets a time that is over, and goes out at once.",
                "{count} get times that are over, and go out at once.",
                foresight.at_once,
            ),
        ),
        (
            foresight.orphaned,
            plural(
                "{count} other post answers one of these, and cannot go out without it.",
                "{count} other posts answer these, and cannot go out without them.",
                foresight.orphaned,
            ),
        ),
        (foresight.held, held),
    )
    return [sentence for number, sentence in notes if number]


def _reason(reason: str, count: int) -> str:
    words = {
        "draft": lambda: plural("{count} is a draft", "{count} are drafts", count),
        "scheduled": lambda: plural("{count} is scheduled", "{count} are scheduled", count),
        "publishing": lambda: plural("{count} is being published", "{count} are being published", count),
        "on_its_way": lambda: plural("{count} is on its way", "{count} are on their way", count),
        "published": lambda: plural("{count} is out", "{count} are out", count),
        "retry_pending": lambda: plural("{count} waits to be tried again", "{count} wait to be tried again", count),
        "failed": lambda: plural("{count} failed", "{count} failed", count),
        "unknown": lambda: plural(
            "{count} may be out: say first whether it is", "{count} may be out: say first whether they are", count
        ),
        "canceled": lambda: plural("{count} is canceled", "{count} are canceled", count),
        "deleted": lambda: plural("{count} is deleted already", "{count} are deleted already", count),
        "delete_unsupported": lambda: plural(
            "{count} is at a network that does not let programs delete: delete it there",
            "{count} are at networks that do not let programs delete: delete them there",
            count,
        ),
        "id_unknown": lambda: plural(
            "{count} has no known id at its network: delete it there",
            "{count} have no known id at their network: delete them there",
            count,
        ),
        "out_of_reach": lambda: plural(
            "{count} would get a time that is too far away", "{count} would get times that are too far away", count
        ),
    }
    return words[reason]()
