"""What somebody writes for several accounts at once, and the schedule that it becomes.

Pure. A composition has one text for all networks; a network may be split off and then has words of its own. It is kept
as JSON (``model_dump``) while it is written, and read back with ``read``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

import providers

from .checking import fields_of
from .plans import AccountFacts
from .times import moments
from .wire import iso

EVERYONE = ""
"""The voice of all networks that have no words of their own."""
REPLY = "reply"


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Crop(_Kept):
    """A part of a picture: a file of its own, and which part it is (left, top, width, height, in fractions)."""

    asset_id: str
    url: str
    preview: str = ""
    box: tuple[float, float, float, float]


class Medium(_Kept):
    """A file: one of ours by its id, or the address of one elsewhere."""

    asset_id: str | None = None
    url: str
    kind: str = "other"
    name: str = ""
    alt: str = ""
    as_is: bool = False
    """Not to be made to fit the networks it goes to."""
    preview: str = ""
    crops: dict[str, Crop] = Field(default_factory=dict)
    """What goes out in its place, by network; under EVERYONE to all that have none of their own."""


class Part(_Kept):
    """One post of a thread; most compositions have one alone."""

    text: str = ""
    media: tuple[Medium, ...] = ()


class Words(_Kept):
    title: str = ""
    parts: tuple[Part, ...] = Field(default=(Part(),), min_length=1)


class When(_Kept):
    mode: Literal["now", "later", "draft"] = "now"
    wall: str = ""
    """What the clock on the wall shall show: ``2027-05-12T14:30``."""
    zone: str = ""
    second: bool = False
    """Of the two times that autumn shows it, the second."""


class Change(_Kept):
    """A post that stands and is being changed, as it was seen."""

    post_id: str
    revision: int
    when: When = When()
    """A time that nobody touched stays to the second, which the composer does not show."""


class Composition(_Kept):
    accounts: tuple[str, ...] = ()
    words: Words = Words()
    own: dict[str, Words] = Field(default_factory=dict)
    """Words of a network of its own, by the network's id."""
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By ``settings_key``."""
    when: When = When()
    change: Change | None = None


def read(data: Mapping[str, Any]) -> Composition:
    """What cannot be read is left out: the rest of somebody's work is worth more than a complaint."""
    try:
        return Composition.model_validate(data)
    except ValidationError as error:
        broken = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
        return Composition.model_validate({key: value for key, value in data.items() if key not in broken})


def is_empty(composition: Composition) -> bool:
    """Nothing was written: choosing accounts or a time is not worth keeping."""
    return all(
        not words.title and not any(part.text or part.media for part in words.parts)
        for words in (composition.words, *composition.own.values())
    )


def medium_of(asset: Mapping[str, Any]) -> Medium:
    """From the JSON of an asset, or of a file of a post."""
    preview = cast("Mapping[str, str]", asset.get("preview") or {})
    url: str = asset.get("publicUrl") or asset.get("url") or ""
    kind: str = asset.get("kind") or "other"
    return Medium(
        asset_id=asset.get("id"),
        url=url,
        kind=kind,
        name=asset.get("originalFilename") or "",
        alt=asset.get("altText") or "",
        as_is=asset.get("fit") is False,
        preview=preview.get("url") or (url if kind == "image" else ""),
    )


def shown_to(medium: Medium, network: str) -> Medium:
    """The file as the network gets it."""
    crop = medium.crops.get(network) or medium.crops.get(EVERYONE)
    if crop is None:
        return medium
    return medium.model_copy(update={"asset_id": crop.asset_id, "url": crop.url, "preview": crop.preview})


def cropped(medium: Medium, network: str, crop: Crop | None) -> Medium:
    """None: the whole picture again. What is chosen for everyone takes the place of what was chosen for each."""
    rest = {} if network == EVERYONE else {name: one for name, one in medium.crops.items() if name != network}
    return medium.model_copy(update={"crops": rest if crop is None else {**rest, network: crop}})


# --- one text, and words of their own ---------------------------------------------------------------------------------


def words_of(composition: Composition, voice: str) -> Words:
    return composition.own.get(voice, composition.words)


def with_words(composition: Composition, voice: str, words: Words) -> Composition:
    if voice == EVERYONE:
        return composition.model_copy(update={"words": words})
    return composition.model_copy(update={"own": {**composition.own, voice: words}})


def split(composition: Composition, network: str) -> Composition:
    """The network gets words of its own, which are those of everyone at first."""
    return with_words(composition, network, words_of(composition, network))


def rejoin(composition: Composition, network: str) -> Composition:
    own = {name: words for name, words in composition.own.items() if name != network}
    return composition.model_copy(update={"own": own})


def with_part(words: Words, number: int, part: Part) -> Words:
    parts = (*words.parts[:number], part, *words.parts[number + 1 :])
    return words.model_copy(update={"parts": parts})


def moved(media: Sequence[Medium], start: int, to: int) -> tuple[Medium, ...]:
    """The medium at ``start`` stands at ``to``, the others keep their order."""
    rest = [*media[:start], *media[start + 1 :]]
    return (*rest[:to], media[start], *rest[to:])


def with_media(composition: Composition, known: Mapping[str, Medium]) -> Composition:
    """Our files as they are now, by their ids; what was said about them stays as it was said."""

    def now(medium: Medium) -> Medium:
        crops = {network: cut(crop) for network, crop in medium.crops.items()}
        found = known.get(medium.asset_id or "", medium)
        return found.model_copy(
            update={"alt": medium.alt or found.alt, "as_is": medium.as_is, "crops": crops},
        )

    def cut(crop: Crop) -> Crop:
        found = known.get(crop.asset_id)
        return crop if found is None else crop.model_copy(update={"url": found.url, "preview": found.preview})

    def anew(words: Words) -> Words:
        parts = tuple(Part(text=part.text, media=tuple(map(now, part.media))) for part in words.parts)
        return words.model_copy(update={"parts": parts})

    own = {network: anew(words) for network, words in composition.own.items()}
    return composition.model_copy(update={"words": anew(composition.words), "own": own})


def assets_of(composition: Composition) -> list[str]:
    """The ids of our files in it, parts of them among these."""
    words = (composition.words, *composition.own.values())
    media = [medium for some in words for part in some.parts for medium in part.media]
    found = [id for medium in media for id in (medium.asset_id, *(crop.asset_id for crop in medium.crops.values()))]
    return [id for id in found if id]


# --- two windows ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that stands differently in two compositions."""

    what: Literal["accounts", "title", "text", "media", "settings", "time", "words"]
    voice: str = EVERYONE
    part: int = 0
    theirs: str = ""
    mine: str = ""


def differences(theirs: Composition, mine: Composition) -> list[Difference]:
    """What somebody has to know before one of the two goes over the other."""
    found: list[Difference] = []
    for voice in dict.fromkeys([EVERYONE, *theirs.own, *mine.own]):
        if voice and (voice in theirs.own) != (voice in mine.own):
            found.append(Difference(what="words", voice=voice))
        else:
            found += _other_words(voice, words_of(theirs, voice), words_of(mine, voice))
    pairs = (
        Difference(what="accounts", theirs=" ".join(theirs.accounts), mine=" ".join(mine.accounts)),
        Difference(what="settings", theirs=_flat(theirs.settings), mine=_flat(mine.settings)),
        Difference(what="time", theirs=_time(theirs.when), mine=_time(mine.when)),
    )
    return found + [pair for pair in pairs if pair.theirs != pair.mine]


def _other_words(voice: str, theirs: Words, mine: Words) -> Iterator[Difference]:
    if theirs.title != mine.title:
        yield Difference(what="title", voice=voice, theirs=theirs.title, mine=mine.title)
    for number, (one, other) in enumerate(zip_longest(theirs.parts, mine.parts, fillvalue=Part())):
        if one.text != other.text:
            yield Difference(what="text", voice=voice, part=number, theirs=one.text, mine=other.text)
        files = _files(one), _files(other)
        if files[0] != files[1]:
            yield Difference(what="media", voice=voice, part=number, theirs=files[0], mine=files[1])


def _files(part: Part) -> str:
    return ", ".join(f"{medium.name or medium.url} ({_said_of(medium)})" for medium in part.media)


def _said_of(medium: Medium) -> str:
    crops = [f"cropped {' '.join(f'{side:.0%}' for side in crop.box)}" for crop in medium.crops.values()]
    return "; ".join(said for said in (medium.alt, "sent as it is" if medium.as_is else "", *crops) if said)


def _flat(settings: Mapping[str, Mapping[str, Any]]) -> str:
    said = ((name, value) for values in settings.values() for name, value in sorted(values.items()))
    return ", ".join(f"{name}: {value}" for name, value in said if value not in (None, "", [], False))


def _time(when: When) -> str:
    return f"{when.wall.replace('T', ' ')} {when.zone}" if when.mode == "later" else when.mode


# --- accounts ---------------------------------------------------------------------------------------------------------


def has_threads(network: str) -> bool:
    return REPLY in providers.get(network).interactions


def most_files(networks: Sequence[str]) -> int:
    """As many as the most generous of these networks takes in one post; of all networks when none is chosen yet."""
    asked = networks or list(providers.all_providers())
    return max((providers.get(network).limits.max_assets for network in asked), default=0)


def settings_key(account: AccountFacts) -> str:
    """Accounts of a kind share their settings, unless a setting is chosen from what the account itself has."""
    rules = providers.get(account.provider).settings.get(account.account_type)
    own = rules is not None and any("choices" in field for field in fields_of(rules.model))
    return account.id if own else account.account_type


# --- the schedule -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A post of the schedule, and where in the composition it was written."""

    account: AccountFacts
    voice: str
    part: int
    joined: bool
    """The whole thread is in it: its network has no threads."""
    media: tuple[Medium, ...]
    item: Mapping[str, Any]

    def place_of(self, position: int, words: Words) -> tuple[int, int]:
        """The part and the place in it of the file at ``position`` of this post."""
        if not self.joined:
            return self.part, position
        for number, part in enumerate(words.parts):
            if position < len(part.media):
                return number, position
            position -= len(part.media)
        return 0, 0


def entries(composition: Composition, accounts: Sequence[AccountFacts]) -> list[Entry]:
    """A post for each chosen account, or several where the network has threads: then each answers the one before."""
    known = {account.id: account for account in accounts}
    found: list[Entry] = []
    for account in (known[id] for id in composition.accounts if id in known):
        found += _entries_of(composition, account, len(found))
    return found


def _entries_of(composition: Composition, account: AccountFacts, before: int) -> Iterator[Entry]:
    voice = account.provider if account.provider in composition.own else EVERYONE
    words = words_of(composition, voice)
    parts = _written(words.parts)
    settings = composition.settings.get(settings_key(account), {})
    if len(parts) > 1 and not has_threads(account.provider):
        media = tuple(shown_to(medium, account.provider) for part in parts for medium in part.media)
        text = "\n\n".join(part.text.strip() for part in parts if part.text.strip())
        item = _item(account, words.title, text, media, settings)
        yield Entry(account=account, voice=voice, part=0, joined=True, media=media, item=item)
        return
    for number, part in enumerate(parts):
        # A thread is asked about once, at its beginning: who may answer, say.
        media = tuple(shown_to(medium, account.provider) for medium in part.media)
        item = _item(account, "" if number else words.title, part.text, media, {} if number else settings)
        if number:
            item |= {"interaction_type": REPLY, "reply_to_step_id": f"post_{before + number}"}
        yield Entry(account=account, voice=voice, part=number, joined=False, media=media, item=item)


def _written(parts: Sequence[Part]) -> Sequence[Part]:
    """Without the empty ones at the end: somebody began another post and wrote nothing."""
    last = max((number for number, part in enumerate(parts) if part.text.strip() or part.media), default=0)
    return parts[: last + 1]


def _item(
    account: AccountFacts, title: str, text: str, media: Sequence[Medium], settings: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "account": account.id,
        "name": title,
        "description": text,
        "assets": [file_json(medium) for medium in media],
        "settings": dict(settings),
    }


def file_json(medium: Medium) -> dict[str, Any]:
    said = {"id": medium.asset_id, "url": medium.url, "kind": medium.kind, "altText": medium.alt or None}
    return {**said, **({"fit": False} if medium.as_is else {})}


def document(
    composition: Composition, found: Sequence[Entry], *, zone: str, now: datetime, undo: timedelta = timedelta(0)
) -> dict[str, Any]:
    """The schedule that a client of the API would send for the same. ``undo`` is how long "now" can be taken back."""
    when = composition.when
    at: dict[str, Any] = {}
    if when.mode == "now":
        at = {"publish_at": iso(now + undo), "timezone": zone}
    elif when.mode == "later":
        at = {"publish_at": written_time(when), "timezone": when.zone or zone}
    return {
        "timezone": zone,
        "mode": "draft" if when.mode == "draft" else "scheduled",
        "posts": [{**entry.item, **at} for entry in found],
    }


def change_of(entry: Entry, composition: Composition, change: Change) -> dict[str, Any]:
    """What to say anew of a post that stands: all of it, as it was written, and which state of it was seen."""
    when = composition.when
    return {
        "title": entry.item["name"],
        "text": entry.item["description"],
        "assets": entry.item["assets"],
        "settings": entry.item["settings"],
        **({} if when == change.when else {"publishAt": written_time(when), "timezone": when.zone}),
        "revision": change.revision,
    }


def written_time(when: When) -> str:
    """With an offset only where the clocks show the time twice and the second is meant."""
    if not when.second or not when.zone:
        return when.wall
    try:
        found = moments(when.wall, when.zone)
    except ValueError:
        return when.wall
    return found[1].astimezone(ZoneInfo(when.zone)).isoformat(timespec="seconds") if len(found) == 2 else when.wall
