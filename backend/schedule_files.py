"""Schedules in files that people keep: CSV for flat posts, YAML or JSON for the schedule as programs send it. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import yaml

from .documents import TooDeep, object_of, plain
from .errors import AppError

LARGEST = 4 * 1024 * 1024
COLUMNS = ("account", "publish_at", "timezone", "title", "text", "media", "alt_text")
"""Of a CSV file; ``setting:NAME`` columns hold publish settings. Only account and one of title, text and media are needed."""
ALIASES = {
    "account": ("account", "channel", "handle"),
    "publish_at": ("publish_at", "publishat", "scheduled_at", "date", "time", "when"),
    "timezone": ("timezone", "zone", "tz"),
    "title": ("title", "name"),
    "text": ("text", "description", "content", "message", "post"),
    "media": ("media", "media_link", "image", "images", "media_urls"),
    "alt_text": ("alt_text", "alttext", "alt"),
}
SETTING = "setting:"
SPLIT = "|"
"""Between several files of one row, and between their descriptions."""


def read(filename: str, content: bytes, *, timezone: str) -> dict[str, Any]:
    """The schedule that a file holds, as programs would send it. Raises ``import_file_invalid`` with where it is wrong."""
    if len(content) > LARGEST:
        raise _invalid(f"The file has more than {LARGEST // 1024**2} MiB. Split it into several.")
    text = _text(content)
    kind = PurePath(filename).suffix.lower()
    if kind == ".json":
        return _schedule(_json(text))
    if kind in (".yaml", ".yml"):
        return _schedule(_yaml(text))
    if kind in (".csv", ".tsv", ".txt"):
        return {"timezone": timezone, "posts": list(_rows(text))}
    raise _invalid("Choose a file that ends with .csv, .yaml or .json.")


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _invalid("The file is not written in UTF-8. Save it again as UTF-8 (in Excel: CSV UTF-8).")


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        line = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise _invalid(f"This is no JSON: there is a mistake{line}.") from None


def _no_number(name: str) -> Any:
    raise ValueError(name)


class _Plain(yaml.SafeLoader):
    """Times stay the words that were written; a file cannot blow itself up with references to itself."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("references (*name) are not read")
        return super().compose_node(parent, index)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Plain)  # it is a safe loader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark is not None else ""
        raise _invalid(f"This is no YAML: there is a mistake{line}.") from None


def _schedule(found: Any) -> dict[str, Any]:
    try:
        schedule = object_of(plain(found))
    except TooDeep:
        raise _invalid("The file is nested too deeply to be a schedule.") from None
    inner = object_of(schedule.get("schedule")) or schedule
    if not isinstance(inner.get("posts"), list) and not isinstance(inner.get("campaigns"), list):
        raise _invalid("A schedule has posts or campaigns at its top; this file has neither.")
    return dict(inner)


# --- CSV --------------------------------------------------------------------------------------------------------------


def _rows(text: str) -> Iterable[dict[str, Any]]:
    try:
        dialect = csv.Sniffer().sniff(text[:8192].partition("\n")[0], delimiters=",;\t")
        delimiter = dialect.delimiter
    except csv.Error:
        delimiter = ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        table = [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise _invalid(f"This is no CSV: there is a mistake in line {reader.line_num} ({error}).") from None
    if not table:
        raise _invalid("The file is empty.")
    names = [_column(cell) for cell in table[0]]
    unknown = [cell.strip() for cell, name in zip(table[0], names, strict=True) if not name]
    if unknown:
        raise _invalid(f"Nobody knows what the column {unknown[0]!r} means. Use {', '.join(COLUMNS)} or {SETTING}NAME.")
    if "account" not in names:
        raise _invalid("The first line must name the columns, and one of them must be account.")
    for number, row in enumerate(table[1:], 2):
        if len(row) > len(names):
            raise _invalid(f"Line {number} has more cells than there are columns. Put texts with commas into quotes.")
        yield _entry({name: cell.strip() for name, cell in zip(names, row, strict=False) if cell.strip()})


def _column(cell: str) -> str:
    """What a heading means; empty when nobody knows."""
    written = cell.strip().lower().replace(" ", "_").replace("-", "_")
    if written.startswith(SETTING):
        return SETTING + cell.strip()[len(SETTING) :].strip()
    return next((name for name, spellings in ALIASES.items() if written in spellings), "")


def _entry(cells: Mapping[str, str]) -> dict[str, Any]:
    files, alts = _several(cells.get("media", "")), _several(cells.get("alt_text", ""))
    given = {
        "account": cells.get("account", ""),
        "name": cells.get("title"),
        "description": cells.get("text"),
        "publish_at": cells.get("publish_at"),
        "timezone": cells.get("timezone"),
        "assets": [_file(url, alts[number] if number < len(alts) else "") for number, url in enumerate(files)],
        "settings": {
            name.removeprefix(SETTING): _value(cell) for name, cell in cells.items() if name.startswith(SETTING)
        },
    }
    return {name: value for name, value in given.items() if value not in (None, "", [], {})}


def _several(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(SPLIT) if part.strip()]


def _file(reference: str, alt: str) -> dict[str, str]:
    """A web address, or the id of a file in the library."""
    named = {"url": reference} if "://" in reference else {"id": reference}
    return {**named, "altText": alt} if alt else named


def _value(cell: str) -> Any:
    """Cells are words; what is written as yes, no or a number is one."""
    lower = cell.lower()
    if lower in ("true", "yes"):
        return True
    if lower in ("false", "no"):
        return False
    return int(cell) if cell.isdecimal() and not (len(cell) > 1 and cell.startswith("0")) else cell


def _invalid(sentence: str) -> AppError:
    return AppError("import_file_invalid", sentence)


# --- writing ----------------------------------------------------------------------------------------------------------


def template(handles: Sequence[str]) -> str:
    """A CSV file to begin with: the columns, and a row for each account."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("account", "publish_at", "timezone", "title", "text", "media", "alt_text"))
    for handle in handles or ("telegram:@your_channel",):
        writer.writerow((safe(handle), "2030-01-31 09:00", "Europe/Berlin", "", "What you want to say", "", ""))
    return out.getvalue()


def as_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe(_cell(row.get(column))) for column in columns])
    return out.getvalue()


def safe(cell: str) -> str:
    """Spreadsheets run what begins like a formula: https://owasp.org/www-community/attacks/CSV_Injection."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_yaml(schedule: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(schedule), allow_unicode=True, sort_keys=False, width=110)
