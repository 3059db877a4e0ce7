"""Files with schedules are read as they were meant, or refused with the place where they are wrong."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import schedule_files
from backend.errors import AppError
from backend.schedule_files import read

ROW = {"account": "telegram:@a", "description": "Hello, readers", "publish_at": "2030-01-31 09:00"}


def of(text: str, name: str = "plan.csv") -> dict[str, object]:
    return read(name, text.encode(), timezone="Europe/Berlin")


def refused(text: str | bytes, name: str = "plan.csv") -> str:
    with pytest.raises(AppError) as error:
        read(name, text if isinstance(text, bytes) else text.encode(), timezone="UTC")
    assert error.value.code == "import_file_invalid"
    return error.value.message


def test_a_table_becomes_posts_in_the_workspaces_zone() -> None:
    found = of('account,publish_at,text\ntelegram:@a,2030-01-31 09:00,"Hello, readers"\n')

    assert found == {"timezone": "Europe/Berlin", "posts": [ROW]}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_spreadsheets_write_is_read(delimiter: str, encoding: str) -> None:
    text = (
        delimiter.join(("Account", "When", "Post"))
        + "\r\n"
        + delimiter.join(("telegram:@a", "2030-01-31 09:00", "Grüße"))
    )

    found = read("x.csv", text.encode(encoding), timezone="UTC")

    assert found["posts"] == [{**ROW, "description": "Grüße"}]


def test_files_descriptions_and_settings_have_columns() -> None:
    found = of(
        "account,media,alt_text,setting:parseMode,setting:disableNotification,setting:photoCoverIndex\n"
        "telegram:@a,https://example.com/1.png | asset_2,One|Two,HTML,yes,3\n"
    )

    assert found["posts"] == [
        {
            "account": "telegram:@a",
            "assets": [{"url": "https://example.com/1.png", "altText": "One"}, {"id": "asset_2", "altText": "Two"}],
            "settings": {"parseMode": "HTML", "disableNotification": True, "photoCoverIndex": 3},
        }
    ]


@pytest.mark.parametrize("name", ["plan.yaml", "plan.yml", "plan.json"])
def test_a_schedule_as_programs_send_it_is_read_as_it_is(name: str) -> None:
    schedule = {"timezone": "UTC", "campaigns": [{"name": "Launch", "targets": [{"account": "x:@a", "steps": [ROW]}]}]}
    text = json.dumps({"schedule": schedule}) if name.endswith("json") else schedule_files.as_yaml(schedule)

    assert of(text, name) == schedule


def test_times_in_yaml_stay_the_words_that_were_written() -> None:
    assert of("posts: [{account: 'x:@a', publish_at: 2030-01-31 09:00:00}]", "p.yaml")["posts"] == [
        {"account": "x:@a", "publish_at": "2030-01-31 09:00:00"}
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("account,text,mood\nx:@a,Hi,good", "'mood'"),
        ("text\nHi", "account"),
        ("account,text\nx:@a,Hi,there", "Line 2"),
        ('account,text\nx:@a,"Hi', "line 2"),
    ],
)
def test_a_table_that_is_wrong_says_where(text: str, said: str) -> None:
    assert said in refused(text)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ('{"posts": [}', "p.json", "line 1"),
        ('{"posts": [NaN]}', "p.json", "JSON"),
        ("posts: [", "p.yaml", "line 1"),
        ("a: &a [1]\nposts: [*a, *a]", "p.yaml", "YAML"),
        ("!!python/object/apply:os.system ['true']", "p.yaml", "YAML"),
        ("[1, 2]", "p.json", "posts or campaigns"),
        ("[" * 10_000, "p.json", "JSON"),
        ("posts: " + "[" * 40 + "]" * 40, "p.yaml", "nested"),
        ("x", "p.exe", ".csv"),
    ],
)
def test_a_schedule_that_is_wrong_says_what(text: str, name: str, said: str) -> None:
    assert said in refused(text, name)


def test_a_file_in_another_writing_and_a_large_one_are_refused() -> None:
    assert "UTF-8" in refused("Grüße".encode("latin-1"))
    assert "MiB" in refused(b"x" * (schedule_files.LARGEST + 1))


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.yaml", "a.json"]))
def test_no_file_breaks_the_reader(content: bytes, name: str) -> None:
    with suppress(AppError):
        assert isinstance(read(name, content, timezone="UTC"), dict)


@given(st.lists(st.fixed_dictionaries({"a": st.text(max_size=20), "b": st.text(max_size=20)}), max_size=5))
def test_nothing_written_for_a_spreadsheet_is_a_formula(rows: list[dict[str, str]]) -> None:
    table = list(csv.reader(io.StringIO(schedule_files.as_csv(rows, ("a", "b")), newline="")))

    assert all(cell[:1] not in ("=", "+", "-", "@", "\t", "\r") for row in table for cell in row)


def test_the_template_can_be_read_again() -> None:
    found = of(schedule_files.template(["telegram:@a", "discord:webhook:1"]))

    assert [post["account"] for post in found["posts"]] == ["telegram:@a", "discord:webhook:1"]  # type: ignore[index, attr-defined]
