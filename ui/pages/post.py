"""One post: what the row says, everything that was tried, and the next click."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

import providers
from backend import posts
from backend.access import Action, Actor
from backend.status import CANCELABLE, EDITABLE, PostStatus
from backend.times import parse_time

from .. import design
from ..fits import fitted
from ..frame import confirm, heading, html, modal, section
from ..live import follow
from ..marks import badge, facts, headline, network, network_name, status_of
from ..markup import Markup, joined, tag, void
from ..pickers import TimePicker
from ..run import REFUSED, Screen, refuse, say
from ..when import exact, moment
from ..words import _, later

EVENTS = {
    "run.created": later("Created"),
    "post.created": later("Created"),
    "post.edited": later("Changed"),
    "post.canceled": later("Canceled"),
    "post.claimed": later("Taken by the publisher"),
    "post.fitted": later("A file was made to fit"),
    "post.accepted": later("Taken by the network"),
    "post.published": later("Published"),
    "post.retry": later("Failed for now; it is tried again"),
    "post.retried": later("Sent again by a person"),
    "post.failed": later("Failed"),
    "post.unknown": later("The answer got lost"),
    "post.reconciled": later("Somebody looked at the network"),
    "post.deleted": later("Deleted at the network"),
    "post.waiting": later("Waits for its account"),
    "step.intended": later("About to ask: {step}"),
    "step.answered": later("Answered: {step}"),
}


async def post(screen: Screen, post_id: str) -> None:
    first = await screen.read(_look, screen.actor, post_id)
    provider = network_name(first["post"]["provider"])
    title = heading(
        headline(first["post"])[:80], f"{provider} · {first['account']['displayName'] or first['post']['account']}"
    )

    @ui.refreshable
    async def state() -> None:
        seen = await screen.read(_look, screen.actor, post_id)
        _state(screen, seen)

    @ui.refreshable
    async def past() -> None:
        seen = await screen.read(_look, screen.actor, post_id)
        _attempts(screen, seen["attempts"])
        _story(screen, seen["story"])

    @ui.refreshable
    def content(post: dict[str, Any]) -> None:
        _content(post)

    with title:
        html(network(first["post"]["provider"]))
    await state()
    content(first["post"])
    await past()
    drawn = _fits(first["post"])

    async def redraw() -> None:
        nonlocal drawn
        await state.refresh()
        await past.refresh()
        now = (await screen.read(_look, screen.actor, post_id))["post"]
        if _fits(now) != drawn:  # a film that plays is not drawn again for nothing
            drawn = _fits(now)
            content.refresh(now)

    await follow(screen, redraw)


def _fits(post: dict[str, Any]) -> list[Any]:
    return [asset.get("fitted") for asset in post["assets"]]


def _look(session: Session, actor: Actor, post_id: str) -> dict[str, Any]:
    return {
        **posts.detail(session, actor, post_id),
        "attempts": posts.attempts(session, actor, post_id)["attempts"],
        "story": posts.story(session, actor, post_id),
    }


# --- state and what can be done ---------------------------------------------------------------------------------------


def _state(screen: Screen, seen: dict[str, Any]) -> None:
    post = seen["post"]
    status = status_of(post)
    with ui.element("div").classes(design.CARD):
        with ui.element("div").classes(design.LINE_SPREAD):
            html(badge(status)).mark("status")
            if post["providerUrl"]:
                see = _("See it at {network}").format(network=network_name(post["provider"]))
                ui.link(see, post["providerUrl"], new_tab=True).props('rel="noopener noreferrer"')
        if post["error"]:
            ui.label(post["error"]).classes(design.ISSUE).props('role="alert"').mark("error")
        if post["warning"]:
            ui.label(post["warning"]).classes(design.NOTE)
        html(_times(screen, post, status))
        if screen.may(Action.PUBLISH):
            with ui.element("div").classes(design.LINE):
                _actions(screen, post, status, seen["account"])


def _times(screen: Screen, post: dict[str, Any], status: str) -> Markup:
    now, zone = screen.now(), screen.zone
    waits = status in (PostStatus.RETRY_PENDING, PostStatus.PUBLISHING)
    return facts(
        (_("Planned"), tag("time", moment(post["publishAtUtc"], zone, now), title=exact(post["publishAtUtc"], zone))),
        (_("Their time"), f"{post['wallTime']} {post['timezone']}" if post["timezone"] != zone and post["wallTime"] else None),
        (_("Next try"), moment(post["nextAttemptAt"], zone, now) if waits else None),
        (_("Published"), exact(post["publishedAt"], zone) if post["publishedAt"] else None),
        (_("Deleted"), exact(post["deletedAt"], zone) if post["deletedAt"] else None),
        (_("Campaign"), post["campaignName"]),
        (_("Id at the network"), post["providerPostId"]),
    )  # fmt: skip


def _actions(screen: Screen, post: dict[str, Any], status: str, account: dict[str, Any]) -> None:
    id = post["id"]
    if status == "unknown":
        _settle(screen, id)
        return
    if account["status"] != "connected" and status != PostStatus.PUBLISHED:
        ui.button(_("Connect the account again"), on_click=lambda: ui.navigate.to("/accounts")).props(design.BUTTON)
    if status == PostStatus.FAILED:
        _button(screen, _("Retry now"), "retry", posts.retry, id, done=_("It is sent again now."))
    if status == PostStatus.DRAFT:
        _publish_draft(screen, post)
    if status in EDITABLE:
        ui.button(_("Give it another time"), icon="schedule", on_click=lambda: _reschedule(screen, post)).props(
            design.BUTTON_OUTLINE
        ).mark("reschedule")
    ui.button(
        _("Copy into a new post"), icon="content_copy", on_click=lambda: ui.navigate.to(f"/compose?copy={id}")
    ).props(design.BUTTON_QUIET)
    if status in CANCELABLE:
        ui.button(_("Cancel it"), on_click=lambda: _cancel(screen, id)).props(design.DANGER_QUIET).mark("cancel")
    if status == PostStatus.PUBLISHED and providers.get(post["provider"]).delete is not None:
        ui.button(_("Delete it there"), on_click=lambda: _delete(screen, post)).props(design.DANGER_QUIET).mark(
            "delete"
        )


def _button(screen: Screen, title: str, mark: str, service: Any, id: str, *, done: str, **options: Any) -> None:
    async def go() -> None:
        button.props("loading")
        answer = await screen.call(service, id, **options)
        button.props(remove="loading")
        if answer is not REFUSED:
            say(done)

    button = ui.button(title, on_click=go).props(design.BUTTON).mark(mark)


def _settle(screen: Screen, id: str) -> None:
    """Nobody knows whether it is out: a person who looked decides."""

    async def ask() -> None:
        answer = await screen.call(posts.reconcile, id)
        if answer is not REFUSED and answer["status"] != PostStatus.PUBLISHED:
            refuse(
                answer.get("message") or _("The network does not show it. Look there yourself, then say what you saw.")
            )

    async def not_there() -> None:
        if await screen.call(posts.reconcile, id, outcome="absent") is not REFUSED:
            await screen.call(posts.retry, id)

    async def there() -> None:
        await screen.call(posts.reconcile, id, outcome="published")

    ui.button(_("Ask the network"), icon="travel_explore", on_click=ask).props(design.BUTTON).mark("ask")
    ui.button(_("It is there"), icon="check", on_click=there).props(design.BUTTON_OUTLINE).mark("is-there")
    ui.button(_("It is not there, send it"), icon="send", on_click=not_there).props(design.BUTTON_OUTLINE).mark(
        "not-there"
    )


def _publish_draft(screen: Screen, post: dict[str, Any]) -> None:
    from backend import runs

    async def go() -> None:
        if (
            await screen.call(runs.publish, post["runId"], start_at=None, now=screen.now(), nudge=screen.context.nudge)
            is not REFUSED
        ):
            say(_("It is scheduled."))

    ui.button(_("Schedule it"), icon="send", on_click=go).props(design.BUTTON).mark("publish-draft")


def _cancel(screen: Screen, id: str) -> None:
    async def go() -> None:
        await screen.call(posts.cancel, id, now=screen.now())

    confirm(_("Cancel this post?"), _("It will not go out. You can copy it into a new post later."), _("Cancel it"), go)


def _delete(screen: Screen, post: dict[str, Any]) -> None:
    async def go() -> None:
        await screen.call(posts.delete, post["id"])

    name = network_name(post["provider"])
    sentence = _("It is taken off {network} for everybody. That cannot be undone.").format(network=name)
    confirm(_("Delete this post at {network}?").format(network=name), sentence, _("Delete it there"), go)


def _reschedule(screen: Screen, post: dict[str, Any]) -> None:
    async def go() -> None:
        try:
            at = parse_time(picker.written, picker.zone)
        except ValueError:
            refuse(_("Choose a day and a time."))
            return
        answer = await screen.call(
            posts.reschedule, post["id"], publish_at=at, timezone=picker.zone, revision=post["revision"],
            now=screen.now(), nudge=screen.context.nudge,
        )  # fmt: skip
        if answer is not REFUSED:
            dialog.close()

    with modal(_("When should it go out?")) as dialog:
        picker = TimePicker(post["wallTime"], post["timezone"])
        with ui.element("div").classes(design.BUTTONS):
            ui.button(_("Keep it as it is"), on_click=dialog.close).props(design.BUTTON_QUIET)
            ui.button(_("Set the time"), on_click=go).props(design.BUTTON).mark("set-time")


# --- what it says and what happened ---------------------------------------------------------------------------------------


def _content(post: dict[str, Any]) -> None:
    with section(_("Content")), ui.element("div").classes(design.CARD):
        if post["name"]:
            ui.label(post["name"]).classes(design.STRONG)
        if post["description"]:
            html(tag("div", post["description"], class_=design.PROSE))
        if post["assets"]:
            html(tag("div", *(medium(asset) for asset in post["assets"]), class_=design.MEDIA))
        told = {name: value for name, value in post["settings"].items() if value not in (None, "", [], False)}
        if told:
            html(facts(*told.items()))


def medium(asset: dict[str, Any]) -> Markup:
    alt = asset["altText"] or asset["originalFilename"] or ""
    shown = {
        "image": lambda: void("img", src=asset["url"], alt=alt, loading="lazy"),
        "video": lambda: tag("video", src=asset["url"], controls=True, preload="metadata", aria_label=alt),
    }.get(asset["kind"], lambda: tag("span", alt))()
    said = asset["altText"] or _("No description")
    return tag(
        "figure",
        tag("div", shown, class_=design.THUMB),
        tag("figcaption", said, class_=design.SMALL),
        fitted(asset),
        class_=design.MEDIUM,
    )


def _attempts(screen: Screen, attempts: list[dict[str, Any]]) -> None:
    with section(_("Attempts")), ui.element("div").classes(design.CARD):
        if not attempts:
            ui.label(_("Nothing was tried yet.")).classes(design.MUTED)
            return
        head = tag("tr", *(tag("th", name) for name in ("#", _("When"), _("Result"), _("What was said"), _("Late by"))))
        rows = [
            tag(
                "tr",
                tag("td", attempt["attemptNo"]),
                tag("td", exact(attempt["startedAt"], screen.zone)),
                tag("td", _result(attempt)),
                tag(
                    "td",
                    attempt["message"] or "",
                    tag("div", attempt["code"], class_=design.MONO) if attempt["code"] else None,
                ),
                tag("td", f"{attempt['latenessSeconds']:.1f} s" if attempt["latenessSeconds"] is not None else ""),
            )
            for attempt in reversed(attempts[-50:])
        ]
        html(tag("div", tag("table", head, *rows, class_="sc-table"), class_="sc-scroll")).mark("attempts")


def _result(attempt: dict[str, Any]) -> str:
    if attempt["ok"] is None:
        return _("Not finished")
    return _("It worked") if attempt["ok"] else _("It failed")


def _story(screen: Screen, story: list[dict[str, Any]]) -> None:
    if not story:
        return
    with section(_("What happened")), ui.element("div").classes(design.CARD):
        lines = [
            tag("li", tag("time", exact(entry["at"], screen.zone)), tag("span", _told(entry)))
            for entry in reversed(story[-100:])
        ]
        html(tag("ol", *lines, class_="sc-story")).mark("story")


def _told(entry: dict[str, Any]) -> Markup:
    sentence = _(EVENTS.get(str(entry["kind"]), str(entry["kind"]))).format(step=entry.get("step", ""))
    said = entry.get("message") or entry.get("error")
    return joined(sentence, tag("div", said, class_=design.SMALL) if said else None)
