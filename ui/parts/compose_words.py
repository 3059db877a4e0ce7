"""The words and the files: one text for all networks, threads, and networks that have words of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from nicegui import ui

import providers
from backend import assets, compositions
from backend.compositions import (
    EVERYONE,
    Crop,
    Medium,
    Part,
    Words,
    cropped,
    has_threads,
    medium_of,
    moved,
    rejoin,
    shown_to,
    split,
    with_part,
    with_words,
    words_of,
)

from .. import design
from ..components.text_box import TextBox
from ..components.tray import Tray
from ..fits import CHANGED
from ..frame import confirm, html, section
from ..marks import network, network_name
from ..markup import Markup, joined, tag
from ..when import moment
from ..words import _
from .compose_crop import crop_picture
from .compose_desk import Desk, show_html
from .compose_library import pick_files


@dataclass(slots=True, kw_only=True)
class _Drawn:
    """One part on the screen."""

    box: TextBox
    counters: ui.html
    text_issues: ui.html
    tray: Tray
    media_issues: ui.html
    ways_out: ui.element
    """For what only some of the networks refuse: they may have words of their own."""
    on_files: Mapping[str, list[str]] = field(default_factory=dict)
    """What is wrong with each file, by its key: it may stand elsewhere before the checks look again."""
    notes: Mapping[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    """What is done to each file, in the same way."""
    offered: Sequence[str] = ()


class WordsEditor:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.voice = EVERYONE
        self.parts: list[_Drawn] = []
        self.title: TextBox | None = None
        self.title_issues: ui.html | None = None
        self.wants_title = False
        self.shown: dict[str, object] = {}
        with section(_("Post")), ui.element("div").classes(design.CARD):
            self.tabs = ui.element("div").classes(design.VOICES)
            self.title_box = ui.element("div").classes(design.STACK_TIGHT)
            self.parts_box = ui.element("div").classes(design.STACK)
            self.more_box = ui.element("div").classes(design.LINE)
            self.earlier = html("").classes(design.STACK_TIGHT).mark("earlier")
            self.earlier.props('role="status"')
        self.redraw()

    @property
    def words(self) -> Words:
        return words_of(self.desk.composition, self.voice)

    @property
    def boxes(self) -> list[TextBox]:
        return [*([self.title] if self.title else []), *(part.box for part in self.parts)]

    # --- drawing ------------------------------------------------------------------------------------------------------

    def redraw(self) -> None:
        """All of it, for another voice or other parts."""
        if self.voice != EVERYONE and self.voice not in self.desk.networks:
            self.voice = EVERYONE
        self.follow_accounts()
        self.parts = []
        self.parts_box.clear()
        with self.parts_box:
            if self._listens():
                self._draw_listening()
            else:
                for number in range(len(self.words.parts)):
                    self._draw_part(number)

    def follow_accounts(self) -> None:
        """Other accounts are chosen: what is being typed stays as it is."""
        if self.voice != EVERYONE and self.voice not in self.desk.networks:
            self.redraw()
            return
        self._draw_tabs()
        self._draw_title()
        self._draw_more()
        for number, part in enumerate(self.parts):
            part.tray.show(self._items(number), self._room(number))

    def _listens(self) -> bool:
        """The network at hand says what everyone says."""
        return self.voice != EVERYONE and self.voice not in self.desk.composition.own

    def _is_new(self, what: str, shown: object) -> bool:
        """Only what changes is drawn again: a button that somebody is about to press stays where it is."""
        before, self.shown[what] = self.shown.get(what), shown
        return before != shown

    def _draw_tabs(self) -> None:
        networks = self.desk.networks
        if not self._is_new("tabs", (self.voice, networks, list(self.desk.composition.own))):
            return
        self.tabs.clear()
        self.tabs.set_visibility(len(networks) > 1 or bool(self.desk.composition.own))
        with self.tabs:
            self._draw_tab(EVERYONE, tag("span", _("All networks")))
            for name in networks:
                own = name in self.desk.composition.own
                said = tag("span", _("own words"), class_="sc-voice-own") if own else None
                self._draw_tab(name, joined(network(name), tag("span", network_name(name)), said))

    def _draw_tab(self, voice: str, shown: Markup) -> None:
        button = ui.element("button").props(f'type="button" aria-pressed="{str(voice == self.voice).lower()}"')
        button.classes(design.VOICE_CHOSEN if voice == self.voice else design.VOICE).mark(f"voice-{voice or 'all'}")
        button.on("click", lambda: self._speak(voice))
        with button:
            html(shown, "span").classes(replace="sc-nav-parts")

    def _speak(self, voice: str) -> None:
        self.voice = voice
        self.redraw()
        self.desk.changed()

    def _draw_listening(self) -> None:
        name = network_name(self.voice)

        html(_read_only(self.desk.composition.words))
        with ui.element("div").classes(design.LINE_SPREAD):
            ui.label(_("{network} gets what all networks get.").format(network=name)).classes(design.MUTED)
            ui.button(
                _("Write own words for {network}").format(network=name),
                icon="call_split",
                on_click=partial(self._apart, self.voice),
            ).props(design.BUTTON_OUTLINE).mark("split")

    def _draw_title(self) -> None:
        """Only where a title has a place of its own, unless somebody wants one."""
        networks = self.desk.networks_of(self.voice)
        titled = [name for name in networks if providers.get(name).look.titled]
        wanted = not self._listens() and bool(titled or self.words.title or self.wants_title)
        before = [network_name(name) for name in networks if name not in titled]
        note = _("Where there is no place for a title, it is put before the text: {networks}.") if titled else ""
        if not self._is_new("title", (self.voice, self._listens(), wanted, note and before)):
            return
        self.title_box.clear()
        self.title = self.title_issues = None
        if not wanted:
            return
        with self.title_box:
            name = f"{self.desk.place}/{self.voice}/title"
            self.title = TextBox(label=_("Title"), text=self.words.title, name=name, line=True, on_change=self._entitle)
            self.title_issues = html("").classes(design.STACK_TIGHT).props('role="alert"')
            if note and before:
                ui.label(note.format(networks=", ".join(before))).classes(design.NOTE)

    def _draw_more(self) -> None:
        networks = self.desk.networks_of(self.voice)
        threads = [name for name in networks if has_threads(name)]
        several = len(self.words.parts) > 1
        joined_in = ", ".join(network_name(name) for name in networks if several and name not in threads)
        may_add = bool(threads) and self.desk.composition.change is None
        shown = (self._listens(), self.voice, may_add, self.title is None, joined_in)
        if not self._is_new("more", shown):
            return
        self.more_box.clear()
        if self._listens():
            return
        with self.more_box:
            if may_add:
                ui.button(_("Add a post to the thread"), icon="add", on_click=self._add_part).props(
                    design.BUTTON_QUIET
                ).mark("add-part")
            if self.title is None:
                ui.button(_("Add a title"), icon="title", on_click=self._want_title).props(design.BUTTON_QUIET)
            if self.voice != EVERYONE:
                ui.button(_("Say what all networks say"), icon="call_merge", on_click=self._join).props(
                    design.BUTTON_QUIET
                ).mark("rejoin")
            if joined_in:
                sentence = _("{networks}: no threads there, so all parts become one post.")
                ui.label(sentence.format(networks=joined_in)).classes(design.NOTE)

    def _draw_part(self, number: int) -> None:
        words, part = self.words, self.words.parts[number]
        several = len(words.parts) > 1
        with ui.element("div").classes(design.PART):
            label = _("Text") if not number else _("Post {number} of the thread").format(number=number + 1)
            if several and number:
                with ui.element("div").classes(design.PART_END):
                    ui.button(icon="close", on_click=lambda: self._remove_part(number), color=None).props(
                        f'{design.ROUND} aria-label="{_("Remove this post of the thread")}"'
                    )
            box = TextBox(
                label=label,
                text=part.text,
                name=f"{self.desk.place}/{self.voice}/{number}",
                rows=3 if several else 5,
                on_change=lambda text: self._change_part(number, {"text": text}),
            )
            counters = html("").classes(design.COUNTERS).mark(f"counters-{number}")
            text_issues = html("").classes(design.STACK_TIGHT).props('role="alert"')
            tray = Tray(
                items=self._items(number),
                most=self._room(number),
                most_bytes=self.desk.screen.context.settings.max_asset_bytes,
                on_stored=lambda id: self._stored(number, [id]),
                on_describe=lambda key, text: self._say(number, key, {"alt": text}),
                on_fit=lambda key, fit: self._say(number, key, {"as_is": not fit}),
                on_crop=lambda key: self._crop(number, key),
                on_move=lambda key, to: self._move(number, key, to),
                on_remove=lambda key: self._remove_medium(number, key),
                on_library=lambda: pick_files(self.desk.screen, lambda ids: self._stored(number, ids)),
            )
            media_issues = html("").classes(design.STACK_TIGHT).props('role="alert"')
            ways_out = ui.element("div").classes(design.LINE)
        self.parts.append(
            _Drawn(
                box=box,
                counters=counters,
                text_issues=text_issues,
                tray=tray,
                media_issues=media_issues,
                ways_out=ways_out,
            )
        )

    # --- changing -----------------------------------------------------------------------------------------------------

    def _put(self, words: Words) -> None:
        self.desk.put(with_words(self.desk.composition, self.voice, words))

    def _entitle(self, title: str) -> None:
        self._put(self.words.model_copy(update={"title": title}))

    def _want_title(self) -> None:
        self.wants_title = True
        self._draw_title()
        self._draw_more()

    def _change_part(self, number: int, values: Mapping[str, Any]) -> None:
        words = self.words
        if number < len(words.parts):
            self._put(with_part(words, number, words.parts[number].model_copy(update=dict(values))))

    def _add_part(self) -> None:
        words = self.words
        self._put(words.model_copy(update={"parts": (*words.parts, Part())}))
        self.redraw()

    def _remove_part(self, number: int) -> None:
        words = self.words

        async def go() -> None:
            parts = (*words.parts[:number], *words.parts[number + 1 :])
            for drawn in self.parts:
                drawn.box.forget()
            self._put(words.model_copy(update={"parts": parts}))
            self.redraw()

        if words.parts[number] == Part():
            parts = (*words.parts[:number], *words.parts[number + 1 :])
            self._put(words.model_copy(update={"parts": parts}))
            self.redraw()
            return
        confirm(_("Remove this post of the thread?"), _("Its text and its files go with it."), _("Remove it"), go)

    def _join(self) -> None:
        voice = self.voice

        async def go() -> None:
            self.desk.put(rejoin(self.desk.composition, voice))
            self.redraw()

        if self.words == self.desk.composition.words:
            self.desk.put(rejoin(self.desk.composition, voice))
            self.redraw()
            return
        name = network_name(voice)
        sentence = _("The own words for {network} are thrown away; it gets what all networks get.")
        confirm(_("Say what all networks say?"), sentence.format(network=name), _("Throw them away"), go)

    # --- files --------------------------------------------------------------------------------------------------------

    def _media(self, number: int) -> tuple[Medium, ...]:
        parts = self.words.parts
        return parts[number].media if number < len(parts) else ()

    def _set_media(self, number: int, media: Sequence[Medium]) -> None:
        self._change_part(number, {"media": tuple(media)})
        self.parts[number].tray.show(self._items(number), self._room(number))

    async def _stored(self, number: int, ids: Sequence[str]) -> None:
        screen = self.desk.screen
        known = await screen.read(assets.by_ids, screen.actor, ids, base_url=screen.context.settings.public_base_url)
        self._set_media(number, [*self._media(number), *(medium_of(known[id]) for id in ids if id in known)])

    def _say(self, number: int, key: str, values: Mapping[str, Any]) -> None:
        """About one file."""
        media, place = self._media(number), self._place_of(number, key)
        if place is not None:
            said = media[place].model_copy(update=dict(values))
            self._set_media(number, (*media[:place], said, *media[place + 1 :]))

    async def _crop(self, number: int, key: str) -> None:
        place = self._place_of(number, key)
        if place is None:
            return

        def done(network: str, crop: Crop | None) -> None:
            media, place = self._media(number), self._place_of(number, key)
            if place is not None:
                new = cropped(media[place], network, crop)
                self._set_media(number, (*media[:place], new, *media[place + 1 :]))

        accounts = [account for account in self.desk.chosen if account.provider in self.desk.networks_of(self.voice)]
        await crop_picture(self.desk.screen, self._media(number)[place], accounts, done)

    def _move(self, number: int, key: str, to: int) -> None:
        media, place = self._media(number), self._place_of(number, key)
        if place is not None and to < len(media):
            self._set_media(number, moved(media, place, to))

    def _remove_medium(self, number: int, key: str) -> None:
        media, place = self._media(number), self._place_of(number, key)
        if place is not None:
            self._set_media(number, (*media[:place], *media[place + 1 :]))

    def _place_of(self, number: int, key: str) -> int | None:
        """What the browser means, although it may not have heard of the newest order yet."""
        keys = _keys(self._media(number))
        return keys.index(key) if key in keys else None

    def _items(self, number: int) -> list[dict[str, Any]]:
        media, drawn = self._media(number), self.parts[number] if number < len(self.parts) else None
        issues, notes = (drawn.on_files, drawn.notes) if drawn else ({}, {})
        return [
            {
                "key": key,
                "kind": medium.kind,
                "name": medium.name,
                "src": shown_to(medium, self.voice).preview,
                "alt": medium.alt,
                "crop": medium.kind == "image" and bool(medium.asset_id),
                "notes": [*_crops(medium), *(note["message"] for note in notes.get(key, ()))],
                "choice": any(note["kind"] in CHANGED for note in notes.get(key, ())),
                "fit": not medium.as_is,
                "issues": issues.get(key, []),
            }
            for key, medium in zip(_keys(media), media, strict=True)
        ]

    def _room(self, number: int) -> int:
        return compositions.most_files(self.desk.networks_of(self.voice))

    # --- what the checks say --------------------------------------------------------------------------------------------

    def show(self, found: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Counters and issues at their fields; gives back the issues whose field is not on the screen."""
        left: list[dict[str, Any]] = []
        for number, part in enumerate(self.parts):
            counts = [count for count in found["counts"] if (count["voice"], count["part"]) == (self.voice, number)]
            show_html(part.counters, joined(*map(_counter, counts)))
        at: dict[tuple[int, str], list[dict[str, Any]]] = {}
        titled = () if self.title_issues is None else ("title",)
        for issue in found["issues"]:
            here = issue["voice"] == self.voice and issue["part"] < len(self.parts)
            kind = issue["field"].partition(".")[0]
            if here and kind in ("text", "assets", "mediaLink", *titled):
                at.setdefault((issue["part"], kind), []).append(issue)
            else:
                left.append(issue)
        if self.title_issues is not None:
            show_html(self.title_issues, self._issues(at.get((0, "title"), ())))
        for number, part in enumerate(self.parts):
            of_files = [*at.get((number, "assets"), ()), *at.get((number, "mediaLink"), ())]
            part.on_files = self._issues_by_file(number, of_files)
            part.notes = self._by_file(number, [note for note in found["notes"] if note["voice"] == self.voice])
            placed = {issue for issues in part.on_files.values() for issue in issues}
            loose = [issue for issue in of_files if self.told(issue) not in placed]
            show_html(part.text_issues, self._issues(at.get((number, "text"), ())))
            show_html(part.media_issues, self._issues(loose))
            part.tray.show(self._items(number), self._room(number))
            self._offer_ways_out(part, [*at.get((number, "text"), ()), *of_files])
        show_html(self.earlier, self._earlier(found["earlier"]))
        return left

    def _offer_ways_out(self, part: _Drawn, issues: Sequence[Mapping[str, Any]]) -> None:
        """Where some networks take what others refuse, the others are offered words of their own."""
        speaking = self.desk.networks_of(self.voice)
        refusing = dict.fromkeys(issue["network"] for issue in issues)
        names = [name for name in refusing if self.voice == EVERYONE and len(refusing) < len(speaking)]
        if part.offered == names:
            return
        part.offered = names
        part.ways_out.clear()
        with part.ways_out:
            for name in names:
                ui.button(
                    _("Write own words for {network}").format(network=network_name(name)),
                    icon="call_split",
                    on_click=partial(self._apart, name),
                    color=None,
                ).props(design.CHIP)

    def _apart(self, name: str) -> None:
        self.desk.put(split(self.desk.composition, name))
        self._speak(name)

    def _issues_by_file(self, number: int, issues: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
        found = self._by_file(number, issues)
        return {key: list(dict.fromkeys(map(self.told, told))) for key, told in found.items()}

    def _by_file(self, number: int, told: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
        """What is said of the files of a part, by their keys."""
        keys = _keys(self._media(number))
        found: dict[str, list[Mapping[str, Any]]] = {}
        for one in told:
            position = one["field"].partition(".")[2].partition(".")[0]
            if one["part"] == number and position.isdigit() and int(position) < len(keys):
                found.setdefault(keys[int(position)], []).append(one)
        return found

    def _issues(self, issues: Sequence[Mapping[str, Any]]) -> Markup:
        sentences = dict.fromkeys(self.told(issue) for issue in issues)
        return joined(*(tag("div", sentence, class_=design.ISSUE) for sentence in sentences))

    def told(self, issue: Mapping[str, Any]) -> str:
        """With the network's name in front where several are chosen."""
        name = issue["network"]
        several = len(self.desk.networks) > 1 and name
        return f"{network_name(name)}: {issue['message']}" if several else str(issue["message"])

    def _earlier(self, found: Sequence[Mapping[str, Any]]) -> Markup:
        screen = self.desk.screen
        return joined(
            *(
                tag(
                    "div",
                    _("{account} has the same words in a post of {time}.").format(
                        account=screen.names.get(entry["account"], ""),
                        time=moment(entry["at"], screen.zone, screen.now()),
                    ),
                    " ",
                    tag("a", _("See it"), href=f"/posts/{entry['postId']}", target="_blank"),
                    class_=design.WARNING,
                )
                for entry in found
            )
        )


def _keys(media: Sequence[Medium]) -> list[str]:
    """A file may be in a post twice: each has its own key."""
    names = [medium.asset_id or medium.url for medium in media]
    return [f"{name}#{names[:place].count(name)}" for place, name in enumerate(names)]


def _crops(medium: Medium) -> Iterator[str]:
    if EVERYONE in medium.crops:
        yield _("Cropped.")
    names = [network_name(network) for network in medium.crops if network != EVERYONE]
    if names:
        yield _("Cropped for {networks}.").format(networks=", ".join(names))


def _counter(count: Mapping[str, Any]) -> Markup:
    length, limit = count["length"], count["limit"]
    shown = f"{length} / {limit}" if limit is not None else str(length)
    over = limit is not None and length > limit
    return tag(
        "span",
        f"{network_name(count['network'])} {shown}",
        class_=design.COUNTER_OVER if over else design.COUNTER,
    )


def _read_only(words: Words) -> Markup:
    parts = (part.text or (_("Files without a text") if part.media else _("Nothing yet")) for part in words.parts)
    return tag("div", *(tag("p", part, class_=design.PROSE) for part in parts), class_=design.LISTENING)
