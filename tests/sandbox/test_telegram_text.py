"""Formatted texts as Telegram reads them: what readers see, or which sentence refuses them."""

from __future__ import annotations

import pytest

from socialclaw_app.sandbox.telegram_text import EntityError, as_html, parse


def shown(text: str, mode: str) -> tuple[str, list[tuple[str, int, int]]]:
    plain, entities = parse(text, mode)
    return plain, [(entity.type, entity.offset, entity.length) for entity in entities]


@pytest.mark.parametrize(
    ("text", "plain", "entities"),
    [
        ("<b>Hi</b>, you", "Hi, you", [("bold", 0, 2)]),
        ("<STRONG>Hi</STRONG>", "Hi", [("bold", 0, 2)]),
        ("a &lt;b&gt; &amp; &quot;c&quot; &#8364; &#x41;", 'a <b> & "c" € A', []),
        ("Fish &chips; &nbsp;", "Fish &chips; &nbsp;", []),
        ("<i>😀 and <u>x</u></i>", "😀 and x", [("italic", 0, 8), ("underline", 7, 1)]),
        ('<a href="https://example.com/?a=1&amp;b=2">x</a>', "x", [("text_link", 0, 1)]),
        ('<span class="tg-spoiler">x</span>', "x", [("spoiler", 0, 1)]),
        ('<pre><code class="language-python">x = 1</code></pre>', "x = 1", [("pre", 0, 5)]),
        ("<blockquote expandable>long</blockquote>", "long", [("expandable_blockquote", 0, 4)]),
        ("  <b> x </b>  ", "x", [("bold", 0, 1)]),
        ("<b></b>x", "x", []),
        ("<b>x</>", "x", [("bold", 0, 1)]),
    ],
)
def test_html_is_read(text: str, plain: str, entities: list[tuple[str, int, int]]) -> None:
    assert shown(text, "HTML") == (plain, entities)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 0'),
        ("é<p>x</p>", 'Unsupported start tag "p" at byte offset 2'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a href="x', "Unclosed start tag at byte offset 0"),
    ],
)
def test_wrong_html_is_refused(text: str, said: str) -> None:
    with pytest.raises(EntityError) as raised:
        parse(text, "HTML")

    assert str(raised.value) == said


@pytest.mark.parametrize(
    ("text", "plain", "entities"),
    [
        ("*bold* _it_ __un__ ~st~ ||sp||", "bold it un st sp", [
            ("bold", 0, 4), ("italic", 5, 2), ("underline", 8, 2), ("strikethrough", 11, 2), ("spoiler", 14, 2),
        ]),
        ("1\\.5 \\> 1\\!", "1.5 > 1!", []),
        ("*_both_*", "both", [("bold", 0, 4), ("italic", 0, 4)]),
        ("[a\\.b](https://example.com/a_b\\)c)", "a.b", [("text_link", 0, 3)]),
        ("`a_b*c`", "a_b*c", [("code", 0, 5)]),
        ("```python\nx = 1\n```", "x = 1", [("pre", 0, 5)]),
        (">one\n>two\nafter", "one\ntwo\nafter", [("blockquote", 0, 7)]),
        ("😀*x*", "😀x", [("bold", 2, 1)]),
    ],
)  # fmt: skip
def test_markdown_is_read(text: str, plain: str, entities: list[tuple[str, int, int]]) -> None:
    assert shown(text, "MarkdownV2") == (plain, entities)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("a-b", "Character '-' is reserved and must be escaped with the preceding '\\'"),
        ("#tag", "Character '#' is reserved and must be escaped with the preceding '\\'"),
        ("a > b", "Character '>' is reserved and must be escaped with the preceding '\\'"),
        ("x)", "Character ')' is reserved and must be escaped with the preceding '\\'"),
        ("é *x", "Can't find end of Bold entity at byte offset 3"),
        ("snake_case", "Can't find end of Italic entity at byte offset 5"),
        ("[x](https://example.com", "Can't find end of a URL at byte offset 3"),
    ],
)
def test_wrong_markdown_is_refused(text: str, said: str) -> None:
    with pytest.raises(EntityError) as raised:
        parse(text, "MarkdownV2")

    assert str(raised.value) == said


def test_the_audience_sees_formats_and_never_foreign_markup() -> None:
    plain, entities = parse('<b>1 &lt; 2 <i>&lt;script&gt;</i></b> <a href="https://e.example/&quot;">x</a>', "HTML")

    assert as_html(plain, entities) == (
        "<b>1 &lt; 2 </b><b><i>&lt;script&gt;</i></b> "
        '<a href="https://e.example/&quot;" rel="noreferrer nofollow">x</a>'
    )


def test_links_to_programs_are_not_shown_as_links() -> None:
    plain, entities = parse('<a href="javascript:alert(1)">x</a>', "HTML")

    assert as_html(plain, entities) == "x"
