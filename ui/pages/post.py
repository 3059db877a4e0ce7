"""One post: how it stands and what can be done about it, what it says, and everything that happened to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from backend import analytics, figures, posts, runs, stories
from backend.access import Action, Actor
from backend.status import CANCELABLE, EDITABLE, AccountStatus, PostStatus

from .. import design
from ..components.lines import Line, Lines
from ..fits import fitted
from ..frame import heading, html, section
from ..live import follow
from ..marks import badge, facts, headline, network, network_name, row_content, see_link, status_of, title
from ..markup import Markup, icon, joined, tag, void
from ..parts import post_acts, post_story, publish_run
from ..parts.numbers import name_of, number
from ..run import REFUSED, Screen, say
from ..when import exact, moment, seconds
from ..words import _, plural

WAITING = (PostStatus.SCHEDULED, PostStatus.RETRY_PENDING, PostStatus.PUBLISHING)


async def post(screen: Screen, post_id: str) -> None:
    await _Page(screen, post_id, await screen.read(_look, screen, post_id)).draw()


def _look(session: Session, screen: Screen, post_id: str) -> dict[str, Any]:
    actor, now = screen.actor, screen.now()
    found = posts.detail(session, actor, post_id)
    return {
        **found,
        "outlook": stories.outlook(session, actor, post_id),
        "story": stories.tell(session, actor, post_id, now=now),
        "thread": stories.thread(session, actor, post_id),
        "figures": _figures_of(session, actor, post_id, screen),
        "run": runs.overview(session, actor, found["post"]["runId"]),
    }


def _figures_of(session: Session, actor: Actor, post_id: str, screen: Screen) -> dict[str, Any] | None:
    return analytics.of_post(session, actor, post_id, window=analytics.LIFETIME, now=screen.now())["snapshot"]


class _Page:
    """One open post. What did not change is not drawn again, so that what was opened stays open."""

    def __init__(self, screen: Screen, post_id: str, seen: dict[str, Any]) -> None:
        self.screen, self.id, self.seen = screen, post_id, seen
        self.drawn: object = None
        """The content that is on the page: a film that plays is not drawn again for nothing."""
        self.network = network_name(seen["post"]["provider"])

    async def draw(self) -> None:
        post = self.seen["post"]
        name = self.seen["account"]["displayName"] or post["account"]
        with heading(headline(post)[:80], f"{self.network} · {name}"):
            html(network(post["provider"]))
        with ui.element("div").classes(design.POST):
            with ui.element("div").classes(design.STACK):
                self._draw_standing()
                self.content = ui.element("div").classes(design.STACK)
                self._draw_story()
            with ui.element("div").classes(design.STACK):
                self._draw_facts()
                self._draw_figures()
                self._draw_thread()
        await follow(self.screen, self.look)  # before the look that counts, so that no change falls between them
        await self.look()

    async def look(self) -> None:
        self.seen = await self.screen.read(_look, self.screen, self.id)
        self._show()

    def _show(self) -> None:
        seen, screen = self.seen, self.screen
        self.standing.set_content(_standing(seen, screen, self.network))
        self._show_acts()
        self._show_content()
        self.facts.set_content(_facts(seen, screen))
        self.story.show(post_story.lines(seen["story"], network=self.network, zone=screen.zone))
        self.figures.set_content(_figures(seen, screen, self.network))
        self.refresh.set_visibility(_may_tell(seen))
        self.thread.show(_thread(seen["thread"], self.id, screen))
        self.thread_box.set_visibility(bool(seen["thread"]))

    def _show_content(self) -> None:
        post = self.seen["post"]
        content = [post[name] for name in ("name", "description", "settings", "assets")]
        if content == self.drawn:
            return
        self.drawn = content
        self.content.clear()
        with self.content:
            _content(post)

    # --- how it stands ----------------------------------------------------------------------------------------------------

    def _draw_standing(self) -> None:
        with ui.element("div").classes(design.CARD):
            self.standing = html("").props('aria-live="polite"').mark("standing")
            self.acts = ui.element("div").classes(design.LINE)
            self.offered: object = None

    def _show_acts(self) -> None:
        """Drawn again only when something else can be done: a button that is being pressed stays."""
        seen, post = self.seen, self.seen["post"]
        offered = (status_of(post), post["errorCode"], post["revision"], seen["account"]["status"], seen["outlook"])
        if offered == self.offered or not self.screen.may(Action.PUBLISH):
            return
        self.offered = offered
        self.acts.clear()
        with self.acts:
            self._draw_acts()

    def _draw_acts(self) -> None:
        seen, post, screen = self.seen, self.seen["post"], self.screen
        status, id = status_of(post), self.id
        if status == posts.UNKNOWN:
            post_acts.settle(screen, post, can_be_asked=seen["outlook"]["canBeAsked"])
            return
        if seen["account"]["status"] != AccountStatus.CONNECTED and status in (*EDITABLE, *WAITING):
            ui.button(_("Connect the account again"), icon="link", on_click=lambda: ui.navigate.to("/accounts")).props(
                design.BUTTON
            )
        movable = post["status"] in EDITABLE and not seen["outlook"]["isOnItsWay"]
        if status == PostStatus.FAILED:
            post_acts.retry(screen, post)
        if status == PostStatus.DRAFT:
            self._draw_publish(seen["run"])
        if movable:
            ui.button(_("Edit"), icon="edit", on_click=lambda: ui.navigate.to(f"/compose?edit={id}")).props(
                design.BUTTON_OUTLINE
            ).mark("edit")
            ui.button(
                _("Give it another time"), icon="schedule", on_click=lambda: post_acts.reschedule(screen, post)
            ).props(design.BUTTON_OUTLINE).mark("reschedule")
        ui.button(
            _("Copy into a new post"), icon="content_copy", on_click=lambda: ui.navigate.to(f"/compose?copy={id}")
        ).props(design.BUTTON_QUIET)
        if post["status"] in CANCELABLE and movable:
            ui.button(_("Cancel it"), icon="cancel", on_click=lambda: post_acts.cancel(screen, post)).props(
                design.DANGER_QUIET
            ).mark("cancel")
        if status == PostStatus.PUBLISHED and seen["outlook"]["canDelete"] and post["providerPostId"]:
            ui.button(_("Delete it there"), icon="delete", on_click=lambda: post_acts.delete(screen, post)).props(
                design.DANGER_QUIET
            ).mark("delete")

    def _draw_publish(self, run: Mapping[str, Any]) -> None:
        if run["mode"] != "draft":
            return
        if run["totalPosts"] == 1:
            ui.button(_("Schedule it"), icon="send", on_click=lambda: publish_run.ask(self.screen, run["id"])).props(
                design.BUTTON
            ).mark("publish-draft")
        else:
            told = plural("Schedule its run of {count} post", "Schedule its run of {count} posts", run["totalPosts"])
            ui.button(told, icon="send", on_click=lambda: ui.navigate.to(f"/runs/{run['id']}")).props(design.BUTTON)

    # --- what happened ----------------------------------------------------------------------------------------------------

    def _draw_story(self) -> None:
        with section(_("What happened")), ui.element("div").classes(design.CARD):
            self.story = Lines(design.TOLD).mark("story")

    def _draw_facts(self) -> None:
        with section(_("Facts")), ui.element("div").classes(design.CARD):
            self.facts = html("").mark("facts")

    def _draw_figures(self) -> None:
        with section(_("Figures")), ui.element("div").classes(design.CARD):
            self.figures = html("").props('aria-live="polite"').mark("figures")
            self.refresh = ui.button(_("Read them now"), icon="refresh", on_click=self._read_figures)
            self.refresh.props(f"{design.BUTTON_QUIET} dense").mark("read-figures")

    async def _read_figures(self) -> None:
        self.refresh.props("loading")
        answer = await self.screen.call(analytics.refresh_post, self.id, window=analytics.LIFETIME)
        self.refresh.props(remove="loading")
        await self.look()
        if answer is not REFUSED:
            say(_("Read just now."))

    def _draw_thread(self) -> None:
        with section(_("Its thread")) as self.thread_box, ui.element("div").classes(design.CARD_PLAIN):
            self.thread = Lines("sc-rows sc-thread").mark("thread")


# --- how it stands ----------------------------------------------------------------------------------------------------


def _standing(seen: Mapping[str, Any], screen: Screen, network: str) -> Markup:
    post = seen["post"]
    status = status_of(post)
    error = post["error"] if status != PostStatus.PUBLISHED else None
    return tag(
        "div",
        tag(
            "div",
            tag("span", badge(status), class_="sc-standing-badge"),
            see_link(post, screen),
            class_=design.LINE_SPREAD,
        ),
        tag("p", _outlook(seen, screen, network), class_="sc-standing-what"),
        tag("p", icon("error"), tag("span", error), class_=design.ISSUE, role="alert") if error else None,
        tag("p", _next_click(seen), class_="sc-standing-what") if _next_click(seen) else None,
        tag("p", post["warning"], class_=design.WARNING) if post["warning"] else None,
        class_=design.STANDING,
    )


def _outlook(seen: Mapping[str, Any], screen: Screen, network: str) -> str:
    """How it stands, in one sentence."""
    post, zone, now = seen["post"], screen.zone, screen.now()
    planned, coming = moment(post["publishAtUtc"], zone, now), moment(post["nextAttemptAt"], zone, now)
    status, waits_for = status_of(post), seen["outlook"]["nextAction"]
    if waits_for == "reconnect_account":
        return _("Planned: {time}. It waits until its account is connected again.").format(time=planned)
    if waits_for == "wait_for_parent":
        return _("Planned: {time}. It waits for the post it answers.").format(time=planned)
    if status == PostStatus.PUBLISHING:
        return _publishing(post, network, coming)
    sentences = {
        PostStatus.DRAFT: _("Planned: {time}. A draft does not go out before it is scheduled."),
        PostStatus.SCHEDULED: _("Goes out: {time}."),
        PostStatus.RETRY_PENDING: _("Next try: {next}. It comes by itself."),
        PostStatus.PUBLISHED: _("Out since: {out}."),
        PostStatus.FAILED: _("Planned: {time}. It did not go out."),
        PostStatus.CANCELED: _("Planned: {time}. It does not go out."),
        posts.UNKNOWN: _("Planned: {time}. Whether it is out is not known, so it is not sent again by itself."),
        posts.DELETED: _("Published: {out}. Deleted: {deleted}."),
    }  # fmt: skip
    out, deleted = moment(post["publishedAt"], zone, now), moment(post["deletedAt"], zone, now)
    return sentences[status].format(time=planned, next=coming, out=out, deleted=deleted)


def _publishing(post: Mapping[str, Any], network: str, coming: str) -> str:
    if post["reconciliationStatus"] == "pending":
        return _("{network} is being asked whether it is there. Next: {time}.").format(network=network, time=coming)
    if post["providerStatus"] == "accepted":
        return _("{network} has it and is still working on it.").format(network=network)
    return _("It is being published now.")


def _is_hopeful(seen: Mapping[str, Any]) -> bool:
    """Whether the same may work another time."""
    latest = seen["latestAttempt"]
    return latest is None or latest["retryable"] is not False or seen["post"]["errorCode"] == "publish_absent"


def _next_click(seen: Mapping[str, Any]) -> str:
    post = seen["post"]
    status = status_of(post)
    if status == posts.UNKNOWN:
        return _("Look at the network, then say what you see there.")
    if status != PostStatus.FAILED or seen["account"]["status"] != AccountStatus.CONNECTED:
        return ""
    return {
        "publish_window_missed": _("Give it another time, or retry to send it now."),
        "parent_not_published": _("See to the post it answers first; it stands in the thread."),
        "publish_absent": "",
    }.get(
        post["errorCode"],
        _("The same may work another time: retry.")
        if _is_hopeful(seen)
        else _("Set right what is said here, or change the post; then retry."),
    )


# --- what it says -----------------------------------------------------------------------------------------------------


def _content(post: Mapping[str, Any]) -> None:
    told = {name: value for name, value in post["settings"].items() if value not in (None, "", [], False)}
    if not (title(post) or post["description"] or post["assets"] or told):
        return
    with section(_("Content")), ui.element("div").classes(design.CARD):
        if title(post):
            ui.label(title(post)).classes(design.STRONG)
        if post["description"]:
            html(tag("div", post["description"], class_=design.PROSE))
        if post["assets"]:
            html(tag("div", *(medium(asset) for asset in post["assets"]), class_=design.MEDIA))
        if told:
            html(facts(*told.items()))


def medium(asset: Mapping[str, Any]) -> Markup:
    """The file, and what was made of it for the network, if anything was."""
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


# --- beside it --------------------------------------------------------------------------------------------------------


def _facts(seen: Mapping[str, Any], screen: Screen) -> Markup:
    post, run, zone, now = seen["post"], seen["run"], screen.zone, screen.now()
    planned = tag("time", moment(post["publishAtUtc"], zone, now), title=exact(post["publishAtUtc"], zone))
    wall = f"{post['wallTime'].replace('T', ' ')[:16]} {post['timezone']}" if post["wallTime"] else None
    attempts = [entry for entry in seen["story"] if entry["kind"] == "attempt.started"]
    late = attempts[-1]["latenessSeconds"] if attempts else None
    many = plural("{count} post", "{count} posts", run["totalPosts"])
    return facts(
        (_("Account"), post["account"]),
        (_("Planned"), planned),
        (_("Their time"), wall if post["timezone"] != zone else None),
        (_("Published"), exact(post["publishedAt"], zone) if post["publishedAt"] else None),
        (_("Late by"), seconds(late) if late is not None and late >= post_story.LATE_SECONDS else None),
        (_("Tries"), post["attemptCount"] or None),
        (_("Deleted"), exact(post["deletedAt"], zone) if post["deletedAt"] else None),
        (_("Campaign"), post["campaignName"]),
        (_("Run"), tag("a", _("A run of {posts}").format(posts=many), href=f"/runs/{run['id']}")),
        (_("Id at the network"), tag("span", post["providerPostId"], class_=design.MONO) if post["providerPostId"] else None),
        (_("Id here"), tag("span", post["id"], class_=design.MONO)),
    )  # fmt: skip


def _figures(seen: Mapping[str, Any], screen: Screen, network: str) -> Markup:
    snapshot, post = seen["figures"], seen["post"]
    if snapshot is not None and not snapshot["supported"]:
        return _muted(_("Not offered by {network}.").format(network=network))
    if snapshot is None:
        if post["status"] == PostStatus.PUBLISHED and not post["providerPostId"]:
            return _muted(_("Nobody knows under which id it is there, so its figures cannot be read."))
        if post["status"] == PostStatus.PUBLISHED:
            return _muted(_("None yet. They are read from time to time."))
        return _muted(_("They come once it is out."))
    when = tag("p", _("Read: {time}.").format(time=moment(snapshot["collectedAt"], screen.zone, screen.now())), class_=design.SMALL)  # fmt: skip
    metrics = snapshot["metrics"]
    if metrics is None:
        return joined(_muted(snapshot["message"] or _("They could not be read.")), when)
    told = [(key, metrics[key]) for key in figures.metric_names(metrics) if metrics[key] is not None]
    missing = [name_of(key) for key in figures.KNOWN if key not in metrics]
    shown = tag("dl", *(_figure(key, value) for key, value in told), class_=design.FIGURES)
    silent = _("Not offered by {network}: {figures}.").format(network=network, figures=", ".join(missing))
    course = tag("a", _("From day to day"), href=f"/analytics/posts/{post['id']}")
    return joined(shown, tag("p", silent, class_=design.SMALL) if missing else None, when, course)


def _figure(key: str, value: float) -> Markup:
    return tag("div", tag("dt", name_of(key)), tag("dd", number(value)))


def _muted(sentence: str) -> Markup:
    return tag("p", sentence, class_=design.MUTED)


def _may_tell(seen: Mapping[str, Any]) -> bool:
    """Whether its network can be asked for figures now."""
    post, snapshot = seen["post"], seen["figures"]
    out = post["status"] == PostStatus.PUBLISHED and post["providerPostId"] and not post["deletedAt"]
    return bool(out) and (snapshot is None or snapshot["supported"])


def _thread(thread: Sequence[Mapping[str, Any]], here: str, screen: Screen) -> list[Line]:
    return [
        Line(
            key=one["id"],
            kind=f"sc-depth-{min(one['depth'], 4)}",
            html=tag(
                "a",
                row_content(one, screen),
                href=f"/posts/{one['id']}",
                class_="sc-row",
                aria_current="page" if one["id"] == here else None,
            ),
        )
        for one in thread
    ]
