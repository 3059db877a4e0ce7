"""What is written for several accounts becomes posts, and two windows that hold different words can be told apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import checking, compositions
from backend.compositions import (
    EVERYONE,
    Change,
    Composition,
    Crop,
    Entry,
    Medium,
    Part,
    When,
    Words,
    assets_of,
    change_of,
    cropped,
    differences,
    document,
    entries,
    moved,
    read,
    rejoin,
    split,
    with_media,
    with_words,
    words_of,
)
from backend.plans import AccountFacts

from .strategies import BIRD, BOARD, CHIRP, CROW, DIRECTORY, GAZETTE, NOTICE, NOW, PAGE, STORED, networks, stored_media

FILM = Medium(asset_id="asset_stored", url=STORED, kind="video", name="film.mp4", alt="A film")
PICTURE = Medium(url="https://files.example/a.jpg", kind="image", name="a.jpg")


@pytest.fixture(autouse=True)
def invented_networks() -> Iterator[None]:
    with networks(CHIRP, GAZETTE, NOTICE):
        yield


def written(*texts: str, accounts: tuple[AccountFacts, ...] = (BIRD,), **more: Any) -> Composition:
    parts = tuple(Part(text=text) for text in texts)
    return Composition(accounts=tuple(account.id for account in accounts), words=Words(parts=parts), **more)


def found(composition: Composition) -> list[Entry]:
    return entries(composition, [BIRD, CROW, PAGE, BOARD])


def posts_of(composition: Composition, **options: Any) -> list[dict[str, Any]]:
    return document(composition, found(composition), zone="Europe/Berlin", now=NOW, **options)["posts"]


def plan_of(composition: Composition) -> Any:
    body = document(composition, found(composition), zone="UTC", now=NOW)
    return checking.checked_plan(body, directory=DIRECTORY, media=stored_media, now=NOW)


# --- accounts and voices ----------------------------------------------------------------------------------------------


def test_every_chosen_account_gets_the_one_text() -> None:
    said = [(post["account"], post["description"]) for post in posts_of(written("Hello", accounts=(BIRD, BOARD)))]

    assert said == [(BIRD.id, "Hello"), (BOARD.id, "Hello")]


def test_a_network_that_is_split_off_has_words_of_its_own_until_it_is_joined_again() -> None:
    both = written("Hello", accounts=(BIRD, BOARD))
    apart = with_words(split(both, "notice"), "notice", Words(parts=(Part(text="Dear neighbours"),)))
    apart = with_words(apart, EVERYONE, Words(parts=(Part(text="Hello again"),)))

    assert [post["description"] for post in posts_of(apart)] == ["Hello again", "Dear neighbours"]
    assert [entry.voice for entry in found(apart)] == [EVERYONE, "notice"]
    assert [post["description"] for post in posts_of(rejoin(apart, "notice"))] == ["Hello again", "Hello again"]


def test_a_network_begins_apart_with_what_everyone_says() -> None:
    assert words_of(split(written("Hello"), "chirp"), "chirp") == Words(parts=(Part(text="Hello"),))


def test_accounts_that_are_gone_are_left_out() -> None:
    assert found(Composition(accounts=("account_none",))) == []


def test_settings_belong_to_a_kind_of_account() -> None:
    composition = written("Hello", accounts=(BIRD, CROW, BOARD), settings={"chirp_user": {"quiet": True}})

    assert [post["settings"] for post in posts_of(composition)] == [{"quiet": True}, {"quiet": True}, {}]


# --- threads ----------------------------------------------------------------------------------------------------------


def test_where_there_are_threads_each_part_answers_the_one_before() -> None:
    plan = plan_of(written("One", "Two", "Three", accounts=(BIRD, CROW)))

    said = [(post.account_id, post.text, post.interaction_type, post.parent_index) for post in plan.posts]
    assert said == [
        (BIRD.id, "One", "post", None),
        (BIRD.id, "Two", "reply", 0),
        (BIRD.id, "Three", "reply", 1),
        (CROW.id, "One", "post", None),
        (CROW.id, "Two", "reply", 3),
        (CROW.id, "Three", "reply", 4),
    ]


def test_where_there_are_none_the_parts_are_one_post() -> None:
    parts = (Part(text="One ", media=(PICTURE,)), Part(text=""), Part(text="Two", media=(FILM,)))
    composition = Composition(accounts=(BOARD.id,), words=Words(title="News", parts=parts))

    (post,) = found(composition)

    assert (post.item["name"], post.item["description"], post.joined) == ("News", "One\n\nTwo", True)
    assert [file["url"] for file in post.item["assets"]] == [PICTURE.url, FILM.url]
    assert post.place_of(0, composition.words) == (0, 0)
    assert post.place_of(1, composition.words) == (2, 0)


def test_a_part_that_was_begun_and_left_empty_is_no_post() -> None:
    assert len(found(written("One", "  "))) == 1
    assert len(found(written("One", "", "Three"))) == 3
    assert len(found(written("", ""))) == 1


def test_title_and_settings_stand_at_the_beginning_of_a_thread() -> None:
    composition = written("One", "Two", settings={"chirp_user": {"quiet": True}})
    composition = with_words(composition, EVERYONE, composition.words.model_copy(update={"title": "News"}))

    assert [(post["name"], post["settings"]) for post in posts_of(composition)] == [("News", {"quiet": True}), ("", {})]


# --- when -------------------------------------------------------------------------------------------------------------


def test_now_is_as_much_later_as_it_can_be_taken_back() -> None:
    (post,) = posts_of(written("Hello"), undo=timedelta(seconds=5))

    assert post["publish_at"] == "2026-05-01T12:00:05.123Z"


def test_a_time_is_that_of_the_wall_in_its_zone() -> None:
    (post,) = posts_of(written("Hello", when=When(mode="later", wall="2027-05-12T14:30", zone="Asia/Tokyo")))

    assert (post["publish_at"], post["timezone"]) == ("2027-05-12T14:30", "Asia/Tokyo")


@pytest.mark.parametrize(("second", "utc"), [(False, "2026-10-25T00:30:00+00:00"), (True, "2026-10-25T01:30:00+00:00")])
def test_of_a_time_that_comes_twice_either_can_be_meant(second: bool, utc: str) -> None:
    when = When(mode="later", wall="2026-10-25T02:30", zone="Europe/Berlin", second=second)

    (post,) = plan_of(written("Hello", when=when)).posts

    assert post.publish_at == datetime.fromisoformat(utc)
    assert post.wall_time == "2026-10-25T02:30:00"


def test_a_second_time_that_does_not_come_is_the_only_one() -> None:
    when = When(mode="later", wall="2026-10-26T02:30", zone="Europe/Berlin", second=True)

    assert posts_of(written("Hello", when=when))[0]["publish_at"] == "2026-10-26T02:30"


def test_a_time_without_a_day_is_left_to_the_checks() -> None:
    when = When(mode="later", wall="T14:30", zone="Europe/Berlin", second=True)

    assert posts_of(written("Hello", when=when))[0]["publish_at"] == "T14:30"


def test_a_draft_says_no_time() -> None:
    composition = written("Hello", when=When(mode="draft"))

    body = document(composition, found(composition), zone="UTC", now=NOW, undo=timedelta(seconds=5))

    assert (body["mode"], "publish_at" in body["posts"][0]) == ("draft", False)


# --- changing a post that stands --------------------------------------------------------------------------------------


def test_a_time_that_nobody_touched_is_not_said_anew() -> None:
    when = When(mode="later", wall="2027-05-12T14:30", zone="UTC")
    change = Change(post_id="post_1", revision=3, when=when)
    composition = written("Hello", when=when, change=change)

    kept = change_of(found(composition)[0], composition, change)
    later = composition.model_copy(update={"when": When(mode="later", wall="2027-05-12T15:00", zone="UTC")})
    moved_on = change_of(found(later)[0], later, change)

    assert (kept["text"], kept["revision"], "publishAt" in kept) == ("Hello", 3, False)
    assert moved_on["publishAt"] == "2027-05-12T15:00"


# --- kept and read again ----------------------------------------------------------------------------------------------

medium = st.builds(Medium, url=st.text(max_size=8), alt=st.text(max_size=8), as_is=st.booleans())
media = st.lists(medium, max_size=3).map(tuple)
words = st.builds(
    Words,
    title=st.text(max_size=8),
    parts=st.lists(st.builds(Part, text=st.text(max_size=8), media=media), min_size=1, max_size=3).map(tuple),
)
some = st.builds(Composition, words=words, own=st.dictionaries(st.sampled_from(["chirp", "notice"]), words, max_size=2))


@given(some)
def test_what_was_kept_is_read_as_it_was(composition: Composition) -> None:
    assert read(composition.model_dump(mode="json")) == composition


def test_what_cannot_be_read_takes_nothing_else_with_it() -> None:
    kept = {**written("Hello").model_dump(mode="json"), "when": {"mode": "whenever"}, "own": [1], "odd": True}

    assert read(kept) == written("Hello")


@given(some, some)
def test_only_what_differs_is_told(one: Composition, other: Composition) -> None:
    assert differences(one, one) == []
    assert (differences(one, other) == []) == (as_it_goes_out(one) == as_it_goes_out(other))


def as_it_goes_out(composition: Composition) -> Composition:
    """A post of a thread that was begun at its end and left empty is none."""

    def filled(words: Words) -> Words:
        parts = list(words.parts)
        while len(parts) > 1 and parts[-1] == Part():
            parts.pop()
        return words.model_copy(update={"parts": tuple(parts)})

    own = {network: filled(words) for network, words in composition.own.items()}
    return composition.model_copy(update={"words": filled(composition.words), "own": own})


def test_a_difference_says_where_it_stands_and_both_sides() -> None:
    mine = written("One", "Two", when=When(mode="later", wall="2027-05-12T14:30", zone="UTC"))
    theirs = written("One", "2")

    told = differences(theirs, mine)

    assert [(diff.what, diff.part, diff.theirs, diff.mine) for diff in told] == [
        ("text", 1, "2", "Two"),
        ("time", 0, "now", "2027-05-12 14:30 UTC"),
    ]


@given(st.lists(st.integers(), min_size=1, max_size=6, unique=True), st.data())
def test_a_medium_moves_and_the_others_keep_their_order(numbers: list[int], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(numbers) - 1))
    to = data.draw(st.integers(0, len(numbers) - 1))
    files = [Medium(url=str(number)) for number in numbers]

    after = moved(files, start, to)

    assert after[to] == files[start]
    assert [file for file in after if file != files[start]] == [file for file in files if file != files[start]]


def test_as_many_files_go_in_as_the_most_generous_chosen_network_takes() -> None:
    assert compositions.most_files(["notice", "chirp"]) == 4
    assert compositions.most_files(["notice"]) == 0
    assert compositions.most_files([]) == 4


def test_a_composition_without_a_word_or_a_file_is_empty() -> None:
    assert compositions.is_empty(written("", accounts=(BIRD,)))
    assert not compositions.is_empty(split(written("x"), "chirp"))
    assert not compositions.is_empty(Composition(words=Words(parts=(Part(media=(FILM,)),))))


def test_the_clocks_show_a_time_never_once_or_twice() -> None:
    from backend.times import moments

    assert moments("2027-03-28T02:30", "Europe/Berlin") == ()
    assert moments("2027-03-28T03:30", "Europe/Berlin") == (datetime(2027, 3, 28, 1, 30, tzinfo=UTC),)
    assert len(moments("2026-10-25T02:30", "Europe/Berlin")) == 2
    assert len(moments("2026-04-05T01:45", "Australia/Lord_Howe")) == 2


# --- parts of pictures ------------------------------------------------------------------------------------------------

LEFT = Crop(asset_id="asset_left", url="https://files.example/left.jpg", box=(0, 0, 0.5, 1))
RIGHT = Crop(asset_id="asset_right", url="https://files.example/right.jpg", box=(0.5, 0, 0.5, 1))
WHOLE = Crop(asset_id="asset_sea", url="https://files.example/sea.jpg", box=(0, 0, 1, 1))
SEA = Medium(asset_id="asset_sea", url=WHOLE.url, kind="image", name="sea.jpg", alt="The sea")


def sent(medium: Medium) -> dict[str, list[Any]]:
    """Which files each network gets, with the words for each."""
    composition = Composition(accounts=(BIRD.id, PAGE.id), words=Words(parts=(Part(media=(medium,)),)))
    return {
        entry.account.provider: [(file["id"], file["url"], file["altText"]) for file in entry.item["assets"]]
        for entry in found(composition)
    }


def test_each_network_gets_the_part_that_was_chosen_for_it() -> None:
    bird, page = BIRD.provider, PAGE.provider
    both = cropped(cropped(SEA, EVERYONE, LEFT), bird, RIGHT)

    assert sent(both) == {
        bird: [("asset_right", RIGHT.url, "The sea")],
        page: [("asset_left", LEFT.url, "The sea")],
    }
    assert sent(cropped(both, bird, None)) == {name: [("asset_left", LEFT.url, "The sea")] for name in (bird, page)}
    assert sent(cropped(both, bird, WHOLE))[bird] == [("asset_sea", SEA.url, "The sea")]
    assert sent(cropped(both, EVERYONE, None)) == sent(SEA)


def test_parts_are_kept_with_the_picture_and_follow_their_files() -> None:
    medium = cropped(SEA, BIRD.provider, LEFT)
    composition = read(Composition(words=Words(parts=(Part(media=(medium,)),))).model_dump())
    assert assets_of(composition) == ["asset_sea", "asset_left"]

    moved_on = Medium(asset_id="asset_left", url="https://new.example/left.jpg", kind="image", alt="Not this")
    (file,) = with_media(composition, {"asset_left": moved_on}).words.parts[0].media
    assert (file.url, file.alt) == (SEA.url, "The sea")
    assert file.crops[BIRD.provider].url == "https://new.example/left.jpg"
    assert file.crops[BIRD.provider].box == LEFT.box


def test_another_part_is_a_difference_that_people_are_told() -> None:
    def of(crop: Crop) -> Composition:
        return Composition(words=Words(parts=(Part(media=(cropped(SEA, EVERYONE, crop),)),)))

    (one,) = differences(of(LEFT), of(RIGHT))
    assert one.what == "media"
    assert "cropped" in one.theirs
