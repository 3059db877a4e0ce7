"""Analytics: what came of the posts and how the accounts grew, beside the stretch before. Nothing unknown is a zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from nicegui import ui
from sqlalchemy.orm import Session

from backend import accounts, events, figures, figures_csv
from backend.access import Actor
from backend.figures import AccountFigures, Overview, PostFigures, Stretch
from backend.look_again import Wanted
from backend.wire import iso

from .. import design
from ..components.table import Cell, Column, Row, Table
from ..frame import empty, heading, html, section
from ..marks import network, network_name
from ..markup import tag
from ..parts.analytics_look import LookAgain
from ..parts.charts import Chart, Picture, Series
from ..parts.numbers import UNKNOWN, name_of, number, percent, signed
from ..parts.segment import Segment
from ..run import Screen
from ..when import DAYS, MONTHS, exact, moment
from ..words import _, plural

PATH = "/analytics"
KINDS = ("figures.collected", "post.published", "post.deleted", "account.connected", "account.disconnected")
EVERY = 1.5
MOST_LINES = 8
SHOWN_TEXT = 120
GAINED, TOTAL = "gained", "total"


async def analytics(
    screen: Screen, days: int = 30, account: str = "", metric: str = "", figure: str = "", drawn: str = ""
) -> None:
    shown = _Analytics(screen, days=days, account=account, metric=metric, figure=figure, drawn=drawn)
    await shown.draw()
    await follow_figures(screen, shown.redraw)


async def follow_figures(screen: Screen, redraw: Any) -> None:
    """These pages read more than others do: they are drawn again for what changes figures, not for everything."""
    seen = await screen.read(events.last_seq, screen.actor.workspace_id)

    async def look() -> None:
        nonlocal seen
        newest = await screen.read(events.newest_of, screen.actor.workspace_id, KINDS, after=seen)
        if newest != seen:
            seen = newest
            await redraw()

    ui.timer(EVERY, look)


class _Analytics:
    def __init__(self, screen: Screen, *, days: int, account: str, metric: str, figure: str, drawn: str) -> None:
        self.screen = screen
        self.days = days if days in figures.STRETCHES else 30
        self.account, self.metric, self.figure = account, metric, figure
        self.drawn = drawn if drawn in (GAINED, TOTAL) else GAINED
        self.tiles: dict[str, _Tile] = {}
        self.seen: Overview | None = None

    async def draw(self) -> None:
        screen = self.screen
        known = await screen.read(_choices, screen.actor)
        zone = _("As the networks told it. Days are those of {zone}.").format(zone=screen.zone)
        with heading(_("Analytics"), zone), ui.button(_("Export"), icon="download", color=None) as button, ui.menu():
            ui.menu_item(_("Posts as CSV"), lambda: self._export("posts"))
            ui.menu_item(_("Accounts over time as CSV"), lambda: self._export("accounts"))
        button.props(design.BUTTON_OUTLINE)
        with ui.element("div").classes(design.LINE_SPREAD):
            with ui.element("div").classes(design.LINE):
                names = {count: plural("{count} day", "{count} days", count) for count in figures.STRETCHES}
                Segment(_("Stretch"), names, self.days, lambda value: self._choose(days=value))
                if self.account and self.account not in known:  # let go of, but its posts are there
                    known = {**known, self.account: screen.names.get(self.account, self.account)}
                select = ui.select(
                    {"": _("All accounts"), **known},
                    value=self.account,
                    label=_("Account"),
                    on_change=lambda event: self._choose(account=event.value),
                )
                select.props(design.INPUT).style("min-width:190px").mark("account")
            self.look = LookAgain(screen, self._wanted, self.redraw)
        self.nothing = ui.element("div").classes(design.CARD)
        with ui.element("div").classes(design.STACK) as self.of_posts:
            self.note = ui.label().classes(design.NOTE)
            self.row = (
                ui.element("div").classes(design.TILES).props(f'role="group" aria-label="{_("Figures of posts")}"')
            )
            self.by_day = Chart("by-day")
            with section(_("Best posts")) as self.best_posts, ui.element("div").classes(design.CARD):
                self.best = Table(_("Best posts")).mark("best")
        with ui.element("div").classes(design.STACK) as self.of_accounts:
            self.growth = Chart("growth")
            with self.growth.controls:
                ways = {GAINED: _("Gained"), TOTAL: _("In all")}
                Segment(_("What is drawn"), ways, self.drawn, lambda value: self._choose(drawn=value))
                self.which = ui.select({}, label=_("Figure"), on_change=lambda event: self._choose(figure=event.value))
                self.which.props(design.INPUT).style("min-width:150px").mark("figure")
            with section(_("Accounts")), ui.element("div").classes(design.CARD):
                self.accounts = Table(_("Accounts")).mark("accounts")
        self.unknown = ui.html("", sanitize=False).mark("unknown")
        await self.redraw()

    # --- reading ------------------------------------------------------------------------------------------------------

    async def redraw(self) -> None:
        screen = self.screen
        seen = await screen.read(
            figures.overview,
            screen.actor,
            days=self.days,
            zone=screen.zone,
            now=screen.now(),
            account_id=self.account or None,
        )
        self.seen = seen
        self.look.show(seen.last_look)
        some_posts = bool(seen.posts or seen.posts_before)
        self._say_nothing(some_posts, seen)
        self.of_posts.set_visibility(some_posts)
        self.of_accounts.set_visibility(bool(seen.accounts))
        if some_posts:
            self._show_posts(seen)
        if seen.accounts:
            self._show_growth(seen)
            self._show_accounts(seen)
        self.unknown.set_content(_unknown(seen))

    def _say_nothing(self, some_posts: bool, seen: Overview) -> None:
        self.nothing.clear()
        self.nothing.set_visibility(not some_posts)
        if some_posts:
            return
        with self.nothing:
            if not seen.accounts:
                empty(
                    "hub",
                    _("Connect an account first; its figures are shown here."),
                    _("Connect an account"),
                    "/accounts",
                )
            else:
                empty(
                    "insights",
                    _("Nothing went out in these days. Figures come with the first post."),
                    _("New post"),
                    "/compose",
                )

    def _show_posts(self, seen: Overview) -> None:
        now, before = figures.sums(seen.posts), figures.sums(seen.posts_before)
        names = figures.metric_names([*now, *before])
        if self.metric not in names:
            self.metric = max(now, key=lambda name: (now[name].told, -names.index(name)), default=next(iter(names), ""))
        self.note.set_text(_about(seen))
        self._show_tiles(seen, names)
        metric = self.metric
        self.by_day.show(_by_day(seen, metric) if metric else _no_figures(seen))
        ranked = figures.best(seen.posts, metric) if metric else seen.posts
        self.best.show(*posts_table(ranked, names, self.screen), sort=metric)
        self.best_posts.set_visibility(bool(seen.posts))

    def _show_tiles(self, seen: Overview, names: Sequence[str]) -> None:
        now, before = figures.sums(seen.posts), figures.sums(seen.posts_before)
        if list(self.tiles) != ["", *names]:
            self.row.clear()
            self.tiles = {}
            with self.row:
                self.tiles[""] = _Tile(None)
                for name in names:
                    self.tiles[name] = _Tile(lambda name=name: self._choose(metric=name))
        count, then = len(seen.posts) + seen.left_out, len(seen.posts_before)
        change = figures.change(count, then)
        self.tiles[""].show(
            _("Posts"), number(count), percent(change), _("{count} before").format(count=number(then)), False
        )
        for name in names:
            here, there = now.get(name), before.get(name)
            change = figures.change(here.value if here else None, there.value if there else None)
            note = _("{count} before").format(count=number(there.value)) if there else _("before: not known")
            if here is not None and here.told < len(seen.posts):
                note += " · " + _("told of {told} of {posts} posts").format(told=here.told, posts=len(seen.posts))
            self.tiles[name].show(
                name_of(name), number(here.value if here else None), percent(change), note, name == self.metric
            )

    def _show_growth(self, seen: Overview) -> None:
        names = figures.metric_names({name for one in seen.accounts for point in one.points for name in point.metrics})
        if self.figure not in names:
            self.figure = "followers" if "followers" in names else next(iter(names), "")
        self.which.set_options({name: name_of(name) for name in names}, value=self.figure or None)
        self.which.set_visibility(len(names) > 1)
        self.growth.show(_growth(seen, self.figure, self.drawn))

    def _show_accounts(self, seen: Overview) -> None:
        columns, rows = _accounts_table(seen, self.figure, self.metric)
        self.accounts.show(columns, rows, sort="now")

    # --- choosing -----------------------------------------------------------------------------------------------------

    async def _choose(self, **values: Any) -> None:
        if all(getattr(self, name) == (value or "") for name, value in values.items()):
            return
        for name, value in values.items():
            setattr(self, name, value or "")
        query = {
            "days": self.days,
            "account": self.account,
            "metric": self.metric,
            "figure": self.figure,
            "drawn": self.drawn,
        }
        ui.navigate.history.replace(f"{PATH}?{urlencode({name: value for name, value in query.items() if value})}")
        await self.redraw()

    def _wanted(self) -> Wanted:
        here, _before = figures.stretches(self.days, self.screen.zone, self.screen.now())
        return Wanted(since=here.since, account_id=self.account or None)

    def _export(self, what: str) -> None:
        if self.seen is None:
            return
        zone = self.screen.zone
        written = (
            figures_csv.of_posts(self.seen.posts, zone)
            if what == "posts"
            else figures_csv.of_accounts(self.seen.accounts, zone)
        )
        name = f"socialclaw-{what}-{self.seen.now.days[0]}-{self.seen.now.days[-1]}.csv"
        ui.download.content(written.encode(), name, "text/csv")


def _choices(session: Session, actor: Actor) -> dict[str, str]:
    return {
        account["id"]: f"{account['displayName'] or account['handle']} · {network_name(account['provider'])}"
        for account in accounts.list_accounts(session, actor)
    }


class _Tile:
    """A figure of the stretch. Pressing it draws it by day."""

    def __init__(self, press: Any) -> None:
        self.press = press
        with ui.element("button" if press else "div").classes(design.TILE) as self.box:
            self.words = html("", "span").classes(replace="sc-nav-parts")
        if press:
            self.box.props('type="button"').on("click", press)

    def show(self, name: str, value: str, change: str, note: str, pressed: bool) -> None:
        tone = "sc-up" if change.startswith("+") else "sc-down" if change.startswith("−") else ""
        words = (
            tag("span", name, class_="sc-tile-name"),
            tag(
                "span",
                tag("span", value, class_="sc-tile-value"),
                tag("span", change, class_=tone) if change else None,
                class_="sc-tile-top",
            ),
            tag("span", note, class_=design.NOTE),
        )
        self.words.set_content("".join(words))
        if self.press:
            self.box.props(f'aria-pressed="{str(pressed).lower()}"')


# --- what is drawn ----------------------------------------------------------------------------------------------------


def day_name(day: date) -> str:
    return f"{_(DAYS[day.weekday()])} {day.day} {_(MONTHS[day.month - 1])}"


def span(stretch: Stretch) -> str:
    return f"{day_name(stretch.days[0])} – {day_name(stretch.days[-1])}"


def _about(seen: Overview) -> str:
    words = _(
        "Posts that went out {now}, beside those of {before}: each as it stood at the end of its stretch, so that both had the same time."
    ).format(now=span(seen.now), before=span(seen.before))
    if seen.left_out:
        words += " " + _("Only the newest {count} posts are counted in the figures.").format(
            count=number(len(seen.posts))
        )
    return words


def _by_day(seen: Overview, metric: str) -> Picture:
    here = figures.by_day(seen.posts, metric, seen.now, seen.zone)
    there = figures.by_day(seen.posts_before, metric, seen.before, seen.zone)
    name = name_of(metric)
    highest = max((day for day in here if day.value is not None), key=lambda day: day.value or 0, default=None)
    summary = _("No post of these days has told {metric} yet.").format(metric=name)
    if highest is not None:
        summary = _("{metric} by the day posts went out, {span}. Highest: {value} on {day}.").format(
            metric=name, span=span(seen.now), value=number(highest.value), day=day_name(highest.day)
        )
    return Picture(
        title=_("{metric} by day").format(metric=name),
        summary=summary,
        note=_("By the day the posts went out. A gap: nothing went out, or nothing is known."),
        labels=[day_name(day.day) for day in here],
        series=[
            Series(_("These {count} days").format(count=len(here)), [day.value for day in here], bars=True),
            Series(
                _("The {count} days before").format(count=len(here)),
                [day.value for day in there],
                bars=True,
                outline=True,
            ),
        ],
        notes=[
            number(day.posts)
            if day.told == day.posts
            else _("{posts}, {told} told").format(posts=day.posts, told=day.told)
            for day in here
        ],
    )


def _no_figures(seen: Overview) -> Picture:
    summary = _(
        "No network has told a figure of these posts yet. First figures come about ten minutes after a post went out."
    )
    if not seen.posts:
        summary = _("Nothing went out in these days.")
    elif not any(post.offered for post in seen.posts):
        names = ", ".join(sorted({network_name(post.provider) for post in seen.posts}))
        summary = _("Not offered by {networks}: there are no figures of these posts.").format(networks=names)
    return Picture(title=_("By day"), summary=summary, labels=(), series=())


def _growth(seen: Overview, metric: str, drawn: str) -> Picture:
    name = name_of(metric) if metric else _("Accounts")
    lines = [(one, figures.daily(one.points, metric, seen.now.days, seen.zone)) for one in seen.accounts if metric]
    least = 2 if drawn == GAINED else 1
    known = [(one, values) for one, values in lines if sum(value is not None for value in values) >= least]
    known.sort(key=lambda line: -max(value for value in line[1] if value is not None))
    shown = known[:MOST_LINES]
    summary = _no_growth(seen, metric)
    if shown:
        gains = "; ".join(
            f"{one.name}: {signed(figures.gained(one.points, metric, seen.now))}" for one, _values in shown
        )
        summary = _("{metric} of the accounts, {span}. Gained: {gains}.").format(
            metric=name, span=span(seen.now), gains=gains
        )
    note = _("A gap: on that day nobody asked, or the network did not tell.")
    if drawn == GAINED:
        note = _("Counted from the first day that is known.") + " " + note
    if len(known) > len(shown):
        note += " " + _("The {count} largest are drawn; all are in the table below.").format(count=len(shown))
    return Picture(
        title=_("{metric} over time").format(metric=name),
        summary=summary,
        note=note if shown else "",
        labels=[day_name(day) for day in seen.now.days],
        series=[Series(one.name, figures.since_first(values) if drawn == GAINED else values) for one, values in shown],
        from_zero=False,
    )


def _no_growth(seen: Overview, metric: str) -> str:
    if any(figures.value_at(one.points, metric, seen.now.until) is not None for one in seen.accounts):
        return _("Only one day is known so far. Growth is drawn from the second on.")
    if any(one.offered for one in seen.accounts):
        return _("No account has told a figure in these days yet. They are asked once a day.")
    names = ", ".join(sorted({network_name(one.provider) for one in seen.accounts}))
    return _("Not offered by {networks}: there are no figures of these accounts.").format(networks=names)


def posts_table(posts: Sequence[PostFigures], names: Sequence[str], screen: Screen) -> tuple[list[Column], list[Row]]:
    columns = [Column("post", _("Post")), Column("at", _("Went out"))]
    columns += [Column(name, name_of(name), number=True) for name in names]
    return columns, [_post_row(post, names, screen) for post in posts]


def _post_row(post: PostFigures, names: Sequence[str], screen: Screen) -> Row:
    words = post.text[:SHOWN_TEXT] or _("Media without text")
    about = [screen.names.get(post.account_id, post.handle)]
    if post.deleted:
        about.append(_("deleted there since"))
    if post.metrics is None:
        about.append(why_unknown(post))
    cells = {
        "post": Cell(
            text=words,
            value=words,
            href=f"{PATH}/posts/{post.id}",
            more=" · ".join(about),
        ),
        "at": Cell(
            text=moment(iso(post.published_at), screen.zone, screen.now()),
            value=post.published_at.isoformat(),
            why=exact(iso(post.published_at), screen.zone),
        ),
    }
    known: Mapping[str, float] = post.metrics or {}
    for metric in names:
        value = known.get(metric)
        cells[metric] = Cell(text=number(value), value=value, why=None if value is not None else why_unknown(post))
    return Row(key=post.id, cells=cells, mark=network(post.provider), silent=post.metrics is None)


def why_unknown(post: PostFigures) -> str:
    if not post.offered:
        return _("Figures are not offered by this network")
    if post.metrics is not None:
        return _("{network} did not tell this figure").format(network=network_name(post.provider))
    return post.message or _("No figures yet: the first come about ten minutes after it went out")


def _accounts_table(seen: Overview, figure: str, metric: str) -> tuple[list[Column], list[Row]]:
    name = name_of(figure) if figure else _("Followers")
    columns = [
        Column("account", _("Account")),
        Column("now", name, number=True),
        Column("gained", _("In these days"), number=True),
        Column("before", _("In those before"), number=True),
        Column("posts", _("Posts"), number=True),
    ]
    if metric:
        columns.append(Column("sum", _("{metric} of its posts").format(metric=name_of(metric)), number=True))
    return columns, [_account_row(one, seen, figure, metric) for one in seen.accounts]


def _account_row(one: AccountFigures, seen: Overview, figure: str, metric: str) -> Row:
    why = _why_unknown(one, figure)
    newest = figures.value_at(one.points, figure, seen.now.until)
    gained, before = figures.gained(one.points, figure, seen.now), figures.gained(one.points, figure, seen.before)
    mine = [post for post in seen.posts if post.account_id == one.id]
    total = figures.sums(mine).get(metric)
    about = [network_name(one.provider)]
    if not one.connected:
        about.append(_("its login has ended"))
    if not any(figure in point.metrics for point in one.points):
        about.append(why)
    return Row(
        key=one.id,
        mark=network(one.provider),
        silent=newest is None and total is None,
        cells={
            "account": Cell(
                text=one.name,
                value=one.name,
                href=f"{PATH}?{urlencode({'days': len(seen.now.days), 'account': one.id})}",
                more=" · ".join(about),
            ),
            "now": Cell(text=number(newest), value=newest, why=why if newest is None else None),
            "gained": Cell(text=signed(gained), value=gained, why=why if gained is None else None),
            "before": Cell(text=signed(before), value=before, why=why if before is None else None),
            "posts": Cell(text=number(len(mine)), value=len(mine)),
            "sum": Cell(
                text=number(total.value) if total else UNKNOWN,
                value=total.value if total else None,
                why=None if total or not mine else why_unknown(mine[0]),
            ),
        },
    )


def _why_unknown(one: AccountFigures, figure: str) -> str:
    if not one.offered:
        return _("Figures are not offered by this network")
    if one.message:
        return one.message
    if not one.points:
        return _("Not asked yet: accounts are asked once a day")
    if not any(figure in point.metrics for point in one.points):
        return _("{figure}: not offered by this network").format(figure=name_of(figure))
    return _("Not known: nobody had asked at the time")


def _unknown(seen: Overview) -> str:
    """What is missing on this page, and why."""
    silent = sorted({network_name(post.provider) for post in seen.posts if not post.offered})
    told = [_("Figures of posts are not offered by {network}.").format(network=name) for name in silent]
    silent = sorted({network_name(one.provider) for one in seen.accounts if not one.offered})
    told += [_("Figures of accounts are not offered by {network}.").format(network=name) for name in silent]
    told += [
        _("{network} does not tell: {figures}.").format(network=name, figures=", ".join(map(name_of, names)))
        for name, names in _never_told(seen.posts)
    ]
    told += [f"{one.name}: {one.message}" for one in seen.accounts if one.offered and one.message]
    failed = sum(1 for post in seen.posts if post.offered and post.metrics is None and post.message)
    if failed:
        told.append(
            plural(
                "{count} post could not be asked about; its row says why.",
                "{count} posts could not be asked about; their rows say why.",
                failed,
            )
        )
    waiting = sum(1 for post in seen.posts if post.offered and post.metrics is None and not post.message)
    if waiting:
        told.append(plural("{count} post has no figures yet.", "{count} posts have no figures yet.", waiting))
    if not told:
        return ""
    return tag(
        "section",
        tag("h2", _("What is not known"), class_=design.SECTION_TITLE),
        tag("ul", *(tag("li", words) for words in told), class_="sc-told-list"),
        class_=design.SECTION,
    )


def _never_told(posts: Sequence[PostFigures]) -> list[tuple[str, list[str]]]:
    """Networks that tell figures of posts, but not all that others tell."""
    of_network: dict[str, set[str]] = {}
    for post in posts:
        if post.metrics is not None:
            of_network.setdefault(network_name(post.provider), set()).update(post.metrics)
    every = set[str]().union(*of_network.values())
    return [(name, figures.metric_names(every - told)) for name, told in sorted(of_network.items()) if every - told]
