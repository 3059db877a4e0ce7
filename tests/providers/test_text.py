"""The lengths that networks count, against X's own vectors."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from providers.text import URL_WEIGHT, grapheme_length, urls, utf16_length, weighted_length
from tests.specs import load

VECTORS = load("x/twitter-text.json")
SECOND_CONFIGURATION = {
    "Count a mix of single byte single word, and double word unicode characters",
    "Count unicode emoji chars outside the basic multilingual plane with skin tone modifiers",
}
"""These two count every character of an emoji: configuration 2. The discounted ones follow configuration 3, as X does."""


def vectors(*groups: str) -> list[Any]:
    return [
        pytest.param(vector, id=f"{group}-{number}-{vector['description']}")
        for group in groups
        for number, vector in enumerate(VECTORS[group])
        if not (group == "WeightedTweetsCounterTest" and vector["description"] in SECOND_CONFIGURATION)
    ]


@pytest.mark.parametrize(
    "vector",
    vectors(
        "WeightedTweetsCounterTest",
        "WeightedTweetsWithDiscountedEmojiCounterTest",
        "UnicodeDirectionalMarkerCounterTest",
    ),
)
def test_a_text_is_as_long_as_x_counts_it(vector: dict[str, Any]) -> None:
    assert weighted_length(vector["text"]) == vector["weightedLength"]


def test_only_the_two_vectors_of_the_second_configuration_are_left_out() -> None:
    every = [vector["description"] for vector in VECTORS["WeightedTweetsCounterTest"]]

    assert len([one for one in every if one in SECOND_CONFIGURATION]) == 2
    assert len(vectors("WeightedTweetsCounterTest")) == len(every) - 2 == 18


@pytest.mark.parametrize("vector", vectors("urls"))
def test_links_are_found_where_x_finds_them(vector: dict[str, Any]) -> None:
    text = vector["text"]

    assert [text[start:end] for start, end in urls(text)] == vector["expected"]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("a" * 280, 280),
        ("あ" * 140, 280),
        ("\u10ff\u1100", 3),
        ("\u200d\u200e\u200f\u2010\u201f\u2020", 1 + 2 + 2 + 1 + 1 + 2),
        ("\u2031\u2032\u2037\u2038", 2 + 1 + 1 + 2),
        ("e\u0301", 1),
        ("👨‍👩‍👧‍👦", 2),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("🇩🇪🇫🇷", 4),
        ("1️⃣#️⃣", 4),
        ("👍🏽", 2),
        ("http://a.com/" + "x" * 500, URL_WEIGHT),
        ("see a.com, b.org.", 4 + URL_WEIGHT + 2 + URL_WEIGHT + 1),
        ("me@example.com", 14),
        ("étwitter.com", 1 + URL_WEIGHT),
        (" étwitter.com", 1 + URL_WEIGHT),
        ("a.b.c.d.e.f.g.h.i.j.k.l.com", URL_WEIGHT),
        ("foo_bar.com/a,b.com", 19),
        ("v1.2.3 and file.nosuchtld", 25),
        ("http://xn--ああ.com", 15 + 2 * 2),
        ("http://" + "a" * 63 + ".com", URL_WEIGHT),
        ("http://" + "a" * 64 + ".com", 75),
    ],
)
def test_lengths_at_the_edges_of_the_rules(text: str, length: int) -> None:
    assert weighted_length(text) == length


def test_utf16_counts_characters_beyond_the_first_plane_twice() -> None:
    assert [utf16_length(text) for text in ("", "aé漢", "👍🏽")] == [0, 3, 4]


def test_graphemes_are_what_a_reader_counts() -> None:
    assert [grapheme_length(text) for text in ("", "e\u0301a", "👨‍👩‍👧‍👦👍🏽🇩🇪")] == [0, 2, 3]


def seconds(work: Callable[[], object]) -> float:
    taken: list[float] = []
    for _ in range(3):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return min(taken)


@pytest.mark.parametrize(
    "piece",
    ["hello world. ", ".", "ab.", "a-", "_a.", "あ.", "a.com", "e.com ", "http://a.", "a.com/(", "!(b", "👨‍", "🇩"],
)
@pytest.mark.parametrize("beginning", ["", "http://e.com/", "http://e.com/?"])
def test_the_longest_text_is_measured_about_as_quickly_as_it_is_read(piece: str, beginning: str) -> None:
    """The composer asks at every key press. What grows with the square of the length takes tens of thousands here."""
    text = (beginning + piece * 25_000)[:24_999] + "."

    reading = seconds(lambda: sum(character > "\u10ff" for character in text))
    measuring = seconds(lambda: weighted_length(text))

    assert measuring < 800 * reading


LIKE_LINKS = st.lists(
    st.sampled_from(
        [
            *"a.-_/:?#@()!&= ",
            "http://",
            "https://",
            "t.co/",
            ".com",
            ".みんな",
            "あ",
            "xn--",
            "👍",
            "\u200d",
            "🏽",
            "\ufe0f",
        ]
    )
).map("".join)
ANY_TEXT = st.one_of(st.text(), st.text(st.characters()), LIKE_LINKS)


@given(ANY_TEXT)
def test_any_text_has_a_length_and_links_in_order_inside_it(text: str) -> None:
    places = [place for pair in urls(text) for place in pair]

    assert weighted_length(text) >= 0
    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)


@given(ANY_TEXT)
def test_texts_that_are_equal_once_composed_have_the_same_length(text: str) -> None:
    composed, taken_apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))

    assert weighted_length(text) == weighted_length(composed) == weighted_length(taken_apart)


@given(st.text(st.characters(max_codepoint=0x10FF, exclude_characters=".", exclude_categories=["Cs"])))
def test_without_links_and_emoji_every_letter_of_these_alphabets_counts_one(text: str) -> None:
    text = unicodedata.normalize("NFC", text.replace("\u00a9", "").replace("\u00ae", ""))
    assume(max(map(ord, text), default=0) <= 0x10FF)  # a letter and its mark may be one of another alphabet together

    assert weighted_length(text) == len(text)
