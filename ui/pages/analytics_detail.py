"""The figures of one post, or of the posts of one run, and how they came to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from backend import analytics, figures, figures_csv, posts
from backend.access import Actor
from backend.figures import Story
from backend.look_again import Wanted

from .. import design
from ..components.table import Table
from ..frame import heading, html, section
from ..marks import facts, headline, network_name
from ..markup import Markup, tag
from ..parts.analytics_look import LookAgain
from ..parts.charts import Chart, Picture, Series
from ..parts.numbers import name_of, number, signed
from ..run import Screen
from ..when import exact
from ..words import _, plural
from .analytics import PATH, day_name, follow_figures, posts_table, why_unknown

WINDOWS = tuple(analytics.LENGTHS)
ALL = "all"


async def of_post(screen: Screen, post_id: str) -> None:
    first = await screen.read(_post, screen.actor, post_id, screen)
    post = first["post"]
    account = screen.names.get(post["accountId"], post["account"])
    with heading(
        _("Figures: {post}").format(post=headline(post)[:80]), f"{network_name(post['provider'])} · {account}"
    ):
        ui.button(_("Export"), icon="download", color=None, on_click=lambda: export()).props(design.BUTTON_OUTLINE)
    html(
        tag(
            "nav",
            _link(f"/posts/{post_id}", _("The post")),
            _link(f"{PATH}/runs/{post['runId']}", _("Its run")),
            _link(PATH, _("All figures")),
            class_=design.RELATED,
            aria_label=_("Related"),
        )
    )
    look = LookAgain(screen, lambda: Wanted(post_id=post_id), lambda: redraw())
    with ui.element("section").classes(design.CARD):
        now = ui.html("", sanitize=False).mark("windows")
    course = Course(screen)
    seen: dict[str, Any] = first

    async def redraw() -> None:
        nonlocal seen
        seen = await screen.read(_post, screen.actor, post_id, screen)
        draw()

    def draw() -> None:
        story: Story = seen["story"]
        told = story.posts[0].told_at if story.posts else None
        look.show(told)
        now.set_content(_windows(seen, screen))
        course.show(story)

    def export() -> None:
        written = figures_csv.of_history(seen["story"].points.get(post_id, ()), screen.zone)
        ui.download.content(written.encode(), f"socialclaw-{post_id}.csv", "text/csv")

    draw()
    await follow_figures(screen, redraw)


async def of_run(screen: Screen, run_id: str) -> None:
    run, story = await screen.read(_run, screen.actor, run_id, screen)
    with heading(_("Figures of a run"), _about(run, story, screen)):
        ui.button(_("Export"), icon="download", color=None, on_click=lambda: export()).props(design.BUTTON_OUTLINE)
    html(
        tag(
            "nav",
            _link(f"/runs/{run_id}", _("The run")),
            _link(PATH, _("All figures")),
            class_=design.RELATED,
            aria_label=_("Related"),
        )
    )
    look = LookAgain(screen, lambda: Wanted(run_id=run_id), lambda: redraw())
    with ui.element("section").classes(design.CARD):
        sums = ui.html("", sanitize=False).mark("sums")
    course = Course(screen)
    with section(_("Its posts")), ui.element("div").classes(design.CARD):
        table = Table(_("Posts of the run")).mark("posts")

    async def redraw() -> None:
        nonlocal story
        _run_now, story = await screen.read(_run, screen.actor, run_id, screen)
        draw()

    def draw() -> None:
        look.show(max((post.told_at for post in story.posts if post.told_at), default=None))
        sums.set_content(_sums(story))
        course.show(story)
        names = figures.metric_names(figures.sums(story.posts))
        table.show(*posts_table(story.posts, names, screen), sort=names[0] if names else "at")

    def export() -> None:
        written = figures_csv.of_posts(story.posts, screen.zone)
        ui.download.content(written.encode(), f"socialclaw-{run_id}.csv", "text/csv")

    draw()
    await follow_figures(screen, redraw)


def _post(session: Session, actor: Actor, post_id: str, screen: Screen) -> dict[str, Any]:
    now = screen.now()
    windows = {
        window: analytics.of_post(session, actor, post_id, window=window, now=now)["latest"] for window in WINDOWS
    }
    return {
        "post": posts.detail(session, actor, post_id)["post"],
        "story": figures.of_post(session, actor, post_id, zone=screen.zone, now=now),
        "windows": windows,
    }


def _run(session: Session, actor: Actor, run_id: str, screen: Screen) -> tuple[dict[str, Any], Story]:
    return figures.of_run(session, actor, run_id, zone=screen.zone, now=screen.now())


def _link(target: str, name: str) -> Markup:
    return tag("a", name, href=target, class_="sc-link")


def _about(run: dict[str, Any], story: Story, screen: Screen) -> str:
    made = exact(run["createdAt"], screen.zone)
    out = _("Out: {out} of {total}").format(out=len(story.posts), total=story.total)
    return f"{out} · {_('made {at}').format(at=made)}"


def _windows(seen: dict[str, Any], screen: Screen) -> Markup:
    """Totals, and what came in the last day, week and month as far as it is known."""
    story: Story = seen["story"]
    if not story.posts:
        return tag("p", _("This post is not out, so there are no figures of it."), class_=design.MUTED)
    post = story.posts[0]
    if post.metrics is None:
        return tag("p", why_unknown(post), class_=design.MUTED)
    names = figures.metric_names(post.metrics)
    windows = {window: told for window, told in seen["windows"].items() if told is not None}
    heads = {"24h": _("Last 24 hours"), "7d": _("Last 7 days"), "30d": _("Last 30 days")}
    head = tag(
        "tr",
        tag("th", _("Figure"), scope="col"),
        tag("th", _("In all"), scope="col", class_="sc-number"),
        *(tag("th", heads[window], scope="col", class_="sc-number") for window in windows),
    )
    rows = [
        tag(
            "tr",
            tag("th", name_of(name), scope="row"),
            tag("td", number(post.metrics[name]), class_="sc-number"),
            *(_in_window(told, name) for told in windows.values()),
        )
        for name in names
    ]
    caption = tag("caption", _("Figures of the post"), class_="sc-unseen")
    notes = dict.fromkeys(told["message"] for told in windows.values() if told["message"])
    return tag(
        "div",
        tag("table", caption, tag("thead", head), tag("tbody", *rows), class_="sc-table sc-plain"),
        *(tag("p", words, class_=design.NOTE) for words in notes),
        class_="sc-scroll",
        role="region",
        aria_label=_("Figures of the post"),
        tabindex="0",
    )


def _in_window(told: dict[str, Any], name: str) -> Markup:
    value = (told["metrics"] or {}).get(name)
    title = told["message"] or _("Not known") if value is None else None
    return tag("td", signed(value), class_="sc-number" if value is not None else "sc-number sc-unknown", title=title)


def _sums(story: Story) -> Markup:
    found = figures.sums(story.posts)
    if not found:
        if not story.posts:
            return tag("p", _("No post of this run is out yet."), class_=design.MUTED)
        return tag("p", why_unknown(story.posts[0]), class_=design.MUTED)
    told = [
        (name_of(name), _of(found[name].value, found[name].told, len(story.posts)))
        for name in figures.metric_names(found)
    ]
    return facts(*told)


def _of(value: float, told: int, posts: int) -> str:
    if told == posts:
        return number(value)
    return f"{number(value)} · {_('told of {told} of {posts} posts').format(told=told, posts=posts)}"


class Course:
    """One figure from day to day, or all of them."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.chart = Chart("course")
        self.story: Story | None = None
        with self.chart.controls:
            self.which = ui.select({}, label=_("Figure"), on_change=self._draw).props(design.INPUT)
            self.which.style("min-width:150px").mark("figure")

    def show(self, story: Story) -> None:
        self.story = story
        names = _names(story)
        chosen = self.which.value if self.which.value in (ALL, *names) else next(iter(names), None)
        self.which.set_options({**{name: name_of(name) for name in names}, ALL: _("All figures")}, value=chosen)
        self.which.set_visibility(len(names) > 1)
        self._draw()

    def _draw(self) -> None:
        if self.story is not None:
            names = _names(self.story)
            shown = [self.which.value] if self.which.value in names else names
            self.chart.show(_course(self.story, shown, self.screen))


def _names(story: Story) -> list[str]:
    return figures.metric_names(
        {name for points in story.points.values() for point in points for name in point.metrics}
    )


def _course(story: Story, names: Sequence[str], screen: Screen) -> Picture:
    """The last that was told on each day."""
    series = [Series(name_of(name), _values(story, name, screen.zone)) for name in names]
    labels = [day_name(day) for day in story.days]
    summary = _("There is no course to draw yet.")
    if len(story.posts) > figures.MOST_FOLLOWED:
        summary = plural(
            "The course is drawn for runs of up to {count} post; the table has the figures of all.",
            "The course is drawn for runs of up to {count} posts; the table has the figures of all.",
            figures.MOST_FOLLOWED,
        )
    elif series:
        last = "; ".join(f"{one.name}: {number(_last(one.values))}" for one in series)
        summary = _("From {first} to {day}. At the end {figures}.").format(
            first=labels[0], day=labels[-1], figures=last
        )
    return Picture(
        title=_("From day to day"),
        summary=summary,
        note=_("All that had come until the end of each day. A gap: nobody had asked yet.") if series else "",
        labels=labels if series else (),
        series=series,
    )


def _values(story: Story, name: str, zone: str) -> Sequence[float | None]:
    if len(story.points) == 1:
        (points,) = story.points.values()
        return figures.daily(points, name, story.days, zone)
    return [value for value, _told in figures.running_total(story.points.values(), name, story.days, zone)]


def _last(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)
