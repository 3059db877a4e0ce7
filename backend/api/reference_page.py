"""The interface as one page for people. Nothing is loaded from anywhere, and it can be read without its script."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from itertools import groupby
from textwrap import indent
from typing import Any, cast

from .operations import (
    BYTES,
    ERRORS,
    OPERATIONS,
    PAGE,
    REDIRECT,
    Auth,
    Operation,
    body_schema,
    errors_of,
    example_of,
)
from .shapes import SCHEMAS
from .shapes.examples import ACCOUNT, API_KEY, ASSET, CONNECTION, NETWORK, POST, RUN
from .shapes.schema import Schema

_BY_ID = {operation.id: operation for operation in OPERATIONS}
LANGUAGES = {"curl": "curl", "python": "Python", "javascript": "JavaScript"}
KEY_VARIABLE = "SOCIALCLAW_API_KEY"
SESSION_VARIABLE = "SOCIALCLAW_SESSION"
COOKIE = "socialclaw_session"
IDS: Mapping[str, str] = {
    "keyId": API_KEY["id"],
    "connectionId": CONNECTION["id"],
    "accountId": ACCOUNT["id"],
    "postId": POST["id"],
    "runId": RUN["id"],
    "assetId": ASSET["id"],
    "actionId": "publish-preview",
    "provider": NETWORK,
    "deliveryToken": "oee_CougKj9GFw1h9HK43WuB",
    "position": "0",
    "filename": "poster.png",
    "network": NETWORK,
    "code": "9f2c4b",
    "link": "9f2c4b",
    "name": "Post",
}


@cache
def page(base_url: str) -> str:
    groups = [(name, list(rows)) for name, rows in groupby(OPERATIONS, key=lambda operation: operation.group)]
    radios = "".join(
        f'<input class="pick" type="radio" name="language" id="pick-{name}"{" checked" if name == "curl" else ""}>'
        for name in LANGUAGES
    )
    labels = "".join(f'<label for="pick-{name}">{label}</label>' for name, label in LANGUAGES.items())
    body = "".join(_group(name, rows, base_url) for name, rows in groups)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>SocialClaw API</title><style>{_CSS}</style></head><body>{radios}"
        '<a class="skip" href="#main">To the content</a>'
        f'<header><a class="brand" href="#top">{_MARK}<span>SocialClaw <b>API</b></span></a>'
        '<input id="find" type="search" placeholder="Find an operation or a shape" '
        'aria-label="Find an operation or a shape" autocomplete="off" hidden>'
        f'<div class="pick-bar" role="group" aria-label="Language of the examples">{labels}</div></header>'
        f'<div class="page"><nav aria-label="Contents"><details class="fold" open><summary>Contents</summary>{_contents(groups)}</details></nav>'
        f'<main id="main"><section class="intro" id="top">{_intro(base_url)}</section>{body}{_shapes()}'
        f'<p id="nothing" hidden>Nothing here has that name.</p></main></div><script>{_SCRIPT}</script></body></html>'
    )


def _contents(groups: Iterable[tuple[str, list[Operation]]]) -> str:
    def entry(operation: Operation) -> str:
        return (
            f'<li data-find="{escape(_words(operation))}"><a href="#{operation.id}">{_badge(operation.method)}'
            f"<span>{escape(operation.title)}</span></a></li>"
        )

    parts = [
        f'<p class="nav-title"><a href="#{_anchor(name)}">{escape(name)}</a></p><ul>{"".join(map(entry, rows))}</ul>'
        for name, rows in groups
    ]
    shapes = "".join(
        f'<li data-find="{name.lower()}"><a href="#{name}"><span>{name}</span></a></li>' for name in sorted(SCHEMAS)
    )
    return f'{"".join(parts)}<p class="nav-title"><a href="#shapes">Shapes</a></p><ul>{shapes}</ul>'


def _intro(base_url: str) -> str:
    first = "".join(_examples(_BY_ID[id], base_url) for id in ("validateKey", "applySchedule"))
    return (
        "<h1>SocialClaw API</h1>"
        '<p class="lead">Connect accounts, check a schedule, plan posts and see what became of them, over plain HTTP '
        f'and JSON. This server is <code>{escape(base_url)}</code>.</p><div class="two"><div>'
        "<h2>How to begin</h2><ol><li>Create a key under Settings and keep it in "
        f"<code>{KEY_VARIABLE}</code>.</li><li>Send it as <code>Authorization: Bearer</code> and the key.</li>"
        '<li>Check a schedule with <a href="#validateSchedule">validate</a>, then plan it with '
        '<a href="#applySchedule">apply</a>, with an <code>idempotencyKey</code> so that a repeated request '
        "plans nothing twice.</li></ol>"
        "<h2>What holds everywhere</h2><ul><li>A 2xx status means that it worked. Every other answer is an "
        '<a href="#ErrorResponse">ErrorResponse</a>: <code>code</code> for programs, <code>message</code> for people.</li>'
        "<li>Each answer carries <code>X-Request-Id</code>; the server's log names it, too.</li>"
        "<li>Times are ISO 8601. Ids are opaque.</li>"
        "<li>Open shapes may grow: pass over what you do not know.</li></ul>"
        '<p>For programs: <a href="/openapi.json">OpenAPI 3.1</a> and one JSON Schema a shape, such as '
        '<a href="/schemas/Post.json">Post</a>.</p></div>'
        f'<div class="side">{first}</div></div>'
    )


# --- operations ---------------------------------------------------------------------------------------------------------


def _group(name: str, rows: Iterable[Operation], base_url: str) -> str:
    inner = "".join(_operation(operation, base_url) for operation in rows)
    return f'<section class="group"><h2 id="{_anchor(name)}">{escape(name)}</h2>{inner}</section>'


def _operation(operation: Operation, base_url: str) -> str:
    path = re.sub(r"({\w+})", r"<i>\1</i>", escape(operation.path).replace("/", "/<wbr>"))
    chips = f'<span class="chip">{escape(operation.auth)}</span>'
    if operation.paid:
        chips += '<span class="chip">needs a plan where plans are on</span>'
    return (
        f'<article id="{operation.id}" data-find="{escape(_words(operation))}"><div class="head">'
        f'<h3><a class="anchor" href="#{operation.id}">{escape(operation.title)}</a></h3>{chips}</div>'
        f'<p class="path">{_badge(operation.method)}<code>{path}</code></p>'
        f'<div class="two"><div><p>{escape(operation.says)}</p>{_takes(operation)}{_answers(operation)}</div>'
        f'<div class="side">{_examples(operation, base_url)}{_example_answer(operation)}</div></div></article>'
    )


def _takes(operation: Operation) -> str:
    parts: list[str] = []
    if operation.path_names:
        rows = [
            _row(name, "string", True, f"Such as {IDS[name]}.")
            for name in operation.path_names
        ]  # fmt: skip
        parts.append(_table("In the address", rows))
    if operation.query:
        parts.append(_table("Query", [_field(name, one, False) for name, one in operation.query.items()]))
    schema = body_schema(operation)
    if schema is not None:
        shape = f" {_link(operation.request)}" if operation.request else ""
        whole: Schema = SCHEMAS[operation.request] if operation.request not in (None, "OkResponse") else {}
        fields: Schema = {**whole.get("properties", {}), **(operation.fields or {})}
        required = whole.get("required", [])
        rows = [_field(name, one, name in required) for name, one in fields.items()]
        parts.append(
            _table(f"Body{shape}", rows) if rows else f'<h4>Body{shape}</h4><p class="quiet">Nothing is needed.</p>'
        )
    return "".join(parts)


def _answers(operation: Operation) -> str:
    name = operation.response
    said = _link(name) if name in SCHEMAS else escape({REDIRECT: "a page or a redirection", BYTES: "the bytes", PAGE: "a page"}.get(name, "JSON"))  # fmt: skip
    rows = [
        f'<li><b class="good">{status}</b> {said}</li>'
        for status in (operation.status, *operation.others)
        if status < 300
    ]
    rows += [f'<li><b class="info">{status}</b></li>' for status in operation.others if status >= 300]
    errors = "".join(
        f'<li title="{escape(ERRORS[status])}"><b class="bad">{status}</b></li>' for status in errors_of(operation)
    )
    return (
        f'<h4>Answers</h4><ul class="answers">{"".join(rows)}</ul>'
        f'<details class="errors"><summary><ul class="answers">{errors}</ul></summary><dl>'
        + "".join(f"<dt>{status}</dt><dd>{escape(ERRORS[status])}</dd>" for status in errors_of(operation))
        + f"</dl><p>Each is an {_link('ErrorResponse')}.</p></details>"
    )


def _example_answer(operation: Operation) -> str:
    if operation.response not in SCHEMAS:
        return ""
    example = SCHEMAS[operation.response]["examples"][0]
    return f'<details class="answer"><summary>Answer</summary>{_code(_json(example))}</details>'


# --- shapes ---------------------------------------------------------------------------------------------------------------


def _shapes() -> str:
    return f'<section class="group"><h2 id="shapes">Shapes</h2>{"".join(map(_shape, sorted(SCHEMAS)))}</section>'


def _shape(name: str) -> str:
    schema = SCHEMAS[name]
    rows = [_field(field, one, field in schema.get("required", [])) for field, one in schema["properties"].items()]
    more = "may hold more" if schema["additionalProperties"] else "holds nothing else"
    return (
        f'<article id="{name}" class="shape" data-find="{name.lower()}"><div class="head">'
        f'<h3><a class="anchor" href="#{name}">{name}</a></h3><span class="chip">{more}</span>'
        f'<a class="chip" href="/schemas/{name}.json">JSON Schema</a></div>'
        f'<div class="two"><div><p>{escape(schema["description"])}</p>{_table("", rows)}</div>'
        f'<div class="side">{_code(_json(schema["examples"][0]))}</div></div></article>'
    )


def _field(name: str, schema: Schema, required: bool) -> str:
    return _row(name, _type(schema), required, schema.get("description", ""), schema.get("enum", ()))


def _row(name: str, kind: str, required: bool, says: str, choices: Iterable[Any] = ()) -> str:
    must = '<em class="must">required</em>' if required else ""
    named = ", ".join(f"<code>{escape(str(one))}</code>" for one in choices if one is not None)
    said = " ".join(part for part in (escape(says), f"One of {named}." if named else "") if part)
    return f"<tr><th scope=row><code>{escape(name)}</code>{must}<span>{kind}</span></th><td>{said}</td></tr>"


def _table(title: str, rows: Iterable[str]) -> str:
    return f"{f'<h4>{title}</h4>' if title else ''}<table>{''.join(rows)}</table>"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return _link(schema["$ref"].rsplit("/", 1)[1])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "const" in schema:
        return json.dumps(schema["const"])
    kinds = schema.get("type", "any")
    words = [kinds] if isinstance(kinds, str) else [str(one) for one in kinds]
    if words[0] == "array" and "items" in schema:
        words[0] = f"list of {_type(schema['items'])}"
    if "format" in schema and schema["format"] in ("date-time", "uri"):
        words[0] = {"date-time": "time", "uri": "address"}[schema["format"]]
    return " or ".join(words)


# --- examples ------------------------------------------------------------------------------------------------------------


def _examples(operation: Operation, base_url: str) -> str:
    written = examples(operation, base_url)
    return "".join(f'<div class="lang lang-{name}">{_code(written[name])}</div>' for name in LANGUAGES)


def examples(operation: Operation, base_url: str) -> dict[str, str]:
    """How to call it, by language."""
    url = base_url.rstrip("/") + operation.path.format(**IDS)
    body = example_of(operation)
    return {"curl": _curl(operation, url, body), "python": _python(operation, url, body), "javascript": _javascript(operation, url, body)}  # fmt: skip


def _curl(operation: Operation, url: str, body: Any) -> str:
    lines = [f"curl -sS '{url}'", *([] if operation.method == "GET" else [f"-X {operation.method}"])]
    if operation.auth is Auth.KEY:
        lines.append(f'-H "Authorization: Bearer ${KEY_VARIABLE}"')
    if operation.auth is Auth.SESSION:
        lines.append(f'--cookie "{COOKIE}=${SESSION_VARIABLE}"')
    if body is not None:
        quoted = _json(body).replace("'", "'\\''")
        lines += ["-H 'Content-Type: application/json'", f"--data '{quoted}'"]
    return " \\\n  ".join(lines)


def _python(operation: Operation, url: str, body: Any) -> str:
    lines = [f'"{operation.method}",', f'"{url}",']
    if operation.auth is Auth.KEY:
        lines.append(f'headers={{"Authorization": f"Bearer {{os.environ[\'{KEY_VARIABLE}\']}}"}},')
    if operation.auth is Auth.SESSION:
        lines.append(f'cookies={{"{COOKIE}": os.environ["{SESSION_VARIABLE}"]}},')
    if body is not None:
        lines.append(f"json={_python_literal(body)},")
    inner = indent("\n".join(lines), "    ")
    first = "import os\n\n" if "os.environ" in inner else ""
    result = {BYTES: "len(answer.content)", PAGE: "answer.text", REDIRECT: "answer.text"}.get(
        operation.response, "answer.json()"
    )
    return f"{first}import httpx\n\nanswer = httpx.request(\n{inner}\n)\nanswer.raise_for_status()\nprint({result})"


def _python_literal(value: Any) -> str:
    """JSON's layout with Python's words."""
    if isinstance(value, dict):
        fields = [f"{json.dumps(name)}: {_python_literal(one)}," for name, one in cast("Schema", value).items()]
        return _within("{", fields, "}")
    if isinstance(value, list):
        return _within("[", [f"{_python_literal(one)}," for one in cast("list[Any]", value)], "]")
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


def _within(opening: str, lines: list[str], closing: str) -> str:
    return f"{opening}\n{indent(chr(10).join(lines), '    ')}\n{closing}" if lines else opening + closing


def _javascript(operation: Operation, url: str, body: Any) -> str:
    headers: list[str] = []
    if operation.auth is Auth.KEY:
        headers.append(f"Authorization: `Bearer ${{process.env.{KEY_VARIABLE}}}`,")
    if body is not None:
        headers.append('"Content-Type": "application/json",')
    options = [f'method: "{operation.method}",']
    if headers:
        options.append("headers: {\n" + indent("\n".join(headers), "  ") + "\n},")
    if operation.auth is Auth.SESSION:
        options.append('credentials: "include",')
    if body is not None:
        options.append(f"body: JSON.stringify({_json(body)}),")
    inner = indent("\n".join(options), "  ")
    result = {BYTES: "blob", PAGE: "text", REDIRECT: "text"}.get(operation.response, "json")
    return (
        f'const answer = await fetch("{url}", {{\n{inner}\n}});\n'
        f"if (!answer.ok) throw new Error(await answer.text());\nconsole.log(await answer.{result}());"
    )


# --- pieces --------------------------------------------------------------------------------------------------------------


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _code(content: str) -> str:
    return f'<div class="code"><pre tabindex="0"><code>{escape(content, quote=False)}</code></pre></div>'


def _badge(method: str) -> str:
    return f'<span class="method {method.lower()}">{method}</span>'


def _link(name: str) -> str:
    return f'<a href="#{name}">{name}</a>'


def _anchor(name: str) -> str:
    return "group-" + re.sub(r"\W+", "-", name.lower())


def _words(operation: Operation) -> str:
    return f"{operation.method} {operation.path} {operation.title} {operation.id} {operation.group}".lower()


_MARK = (
    '<svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true"><rect width="26" height="26" rx="7" '
    'fill="var(--accent)"/><path d="M8 17c0-5 2-9 4-10M13 18c0-5 1.5-9 3.5-10.5M18 17.5c0-4 .5-7 2-9" '
    'fill="none" stroke="var(--on-accent)" stroke-width="2.2" stroke-linecap="round"/></svg>'
)

_CSS = """
:root { color-scheme: light dark;
  --bg: #f6f7f9; --surface: #fff; --sunken: #eef0f4; --line: #e2e5ec; --text: #1a1f2b; --muted: #596274;
  --accent: #4657cf; --accent-soft: #eceefc; --on-accent: #fff; --code: #161b26; --code-text: #e6eaf4; --code-line: #161b26;
  --good: #17704a; --info: #2a5aa8; --warn: #855400; --bad: #b0263a; --good-soft: #e2f4ea; --info-soft: #e5eefb;
  --warn-soft: #fdf0d5; --bad-soft: #fde9ea; --top: 60px; }
@media (prefers-color-scheme: dark) { :root {
  --bg: #10131a; --surface: #181c26; --sunken: #222835; --line: #2a3040; --text: #e7eaf2; --muted: #9aa4b8;
  --accent: #98a4ff; --accent-soft: #252b4a; --on-accent: #12152a; --code: #0b0e14; --code-text: #dfe5f2; --code-line: #2a3040;
  --good: #6fd6a3; --info: #8fb9ff; --warn: #f0c069; --bad: #ff97a2; --good-soft: #163328; --info-soft: #1a2a45;
  --warn-soft: #3a2d12; --bad-soft: #431d25; } }
* { box-sizing: border-box; }
html { scroll-padding-top: calc(var(--top) + 16px); scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.55 "Inter", ui-sans-serif, system-ui, -apple-system,
  "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; -webkit-font-smoothing: antialiased; }
code, pre, .method { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { font-size: .9em; overflow-wrap: anywhere; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 2px; }
a:focus-visible, summary:focus-visible, pre:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 12px; top: 12px; z-index: 9; background: var(--surface); padding: 8px 12px; }
.pick { position: fixed; opacity: 0; pointer-events: none; }
header { position: sticky; top: 0; z-index: 5; height: var(--top); display: flex; align-items: center; gap: 20px; padding: 0 24px;
  background: var(--surface); border-bottom: 1px solid var(--line); }
.brand { display: flex; align-items: center; gap: 10px; color: var(--text); text-decoration: none; font-size: 16px; letter-spacing: -.01em; white-space: nowrap; }
.brand b { color: var(--muted); font-weight: 500; }
#find { flex: 0 1 340px; margin-left: auto; min-width: 0; height: 36px; padding: 0 12px; border: 1px solid var(--line); border-radius: 9px;
  background: var(--bg); color: var(--text); font: inherit; font-size: 14px; }
.pick-bar { display: flex; background: var(--sunken); border-radius: 9px; padding: 3px; }
#find[hidden] + .pick-bar { margin-left: auto; }
.pick-bar label { padding: 4px 12px; border-radius: 7px; font-size: 13px; font-weight: 500; color: var(--muted); cursor: pointer; white-space: nowrap; }
body:has(#pick-curl:checked) [for=pick-curl], body:has(#pick-python:checked) [for=pick-python],
body:has(#pick-javascript:checked) [for=pick-javascript] { background: var(--surface); color: var(--text); box-shadow: 0 1px 2px rgb(20 28 50 / 12%); }
body:has(#pick-curl:focus-visible) [for=pick-curl], body:has(#pick-python:focus-visible) [for=pick-python],
body:has(#pick-javascript:focus-visible) [for=pick-javascript] { outline: 2px solid var(--accent); }
.lang { display: none; }
body:has(#pick-curl:checked) .lang-curl, body:has(#pick-python:checked) .lang-python,
body:has(#pick-javascript:checked) .lang-javascript { display: block; }
.page { display: grid; grid-template-columns: 272px minmax(0, 1fr); max-width: 1500px; margin: 0 auto; }
nav { position: sticky; top: var(--top); height: calc(100vh - var(--top)); overflow-y: auto; padding: 20px 12px 40px 20px; font-size: 13.5px;
  border-right: 1px solid var(--line); scrollbar-width: thin; }
nav ul { list-style: none; margin: 0 0 8px; padding: 0; }
nav li a { display: flex; align-items: baseline; gap: 8px; padding: 4px 8px; border-radius: 7px; color: var(--muted); text-decoration: none; }
nav li a:hover { background: var(--sunken); color: var(--text); }
nav li span:last-child { overflow: hidden; text-overflow: ellipsis; }
nav .method { min-width: 44px; padding: 0; background: none; font-size: 10px; text-align: left; }
.nav-title { margin: 18px 8px 4px; font-weight: 600; } .nav-title a { color: var(--text); text-decoration: none; }
.fold > summary { display: none; }
main { padding: 36px clamp(16px, 3vw, 44px) 100px; min-width: 0; }
h1 { font-size: 32px; line-height: 1.15; letter-spacing: -.025em; margin: 0 0 10px; }
.lead { font-size: 17px; color: var(--muted); max-width: 65ch; margin: 0 0 22px; }
.intro h2 { font-size: 16px; margin: 22px 0 6px; } .intro h2:first-child { margin-top: 0; }
.intro li { margin: 4px 0; } .intro ol, .intro ul { padding-left: 20px; margin: 0; }
.group > h2 { font-size: 23px; letter-spacing: -.02em; margin: 56px 0 16px; }
article, .intro .two { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: 22px; margin: 0 0 18px; }
article:target { border-color: var(--accent); }
.head { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; }
h3 { margin: 0 auto 0 0; font-size: 17px; letter-spacing: -.01em; } .anchor { color: inherit; text-decoration: none; }
.anchor:hover::after { content: " #"; color: var(--muted); }
.chip { font-size: 12px; font-weight: 500; color: var(--muted); background: var(--sunken); padding: 2px 9px; border-radius: 99px; text-decoration: none; }
a.chip { color: var(--accent); background: var(--accent-soft); }
.path { display: flex; align-items: baseline; gap: 10px; margin: 8px 0 0; } .path code { font-size: 14px; } .path i { color: var(--accent); font-style: normal; }
.method { font-size: 11px; font-weight: 700; letter-spacing: .02em; padding: 2px 7px; border-radius: 6px; flex: none; }
.get { color: var(--info); background: var(--info-soft); } .post { color: var(--good); background: var(--good-soft); }
.patch { color: var(--warn); background: var(--warn-soft); } .delete { color: var(--bad); background: var(--bad-soft); }
.two { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 12px 28px; align-items: start; }
article > .two { margin-top: 12px; } .two > div > p:first-child { margin-top: 0; }
h4 { margin: 18px 0 4px; font-size: 13px; font-weight: 600; color: var(--muted); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
tr { border-top: 1px solid var(--line); } tr:first-child { border-top: 0; }
th, td { text-align: left; vertical-align: top; padding: 8px 0; font-weight: 400; }
th { width: 42%; padding-right: 14px; overflow-wrap: anywhere; } th code { font-weight: 600; font-size: 13px; }
th span { display: block; font-size: 12.5px; color: var(--muted); }
td { color: var(--text); overflow-wrap: anywhere; }
.must { font-size: 11px; font-style: normal; font-weight: 600; color: var(--warn); margin-left: 8px; }
.quiet { color: var(--muted); margin: 0; }
.answers { list-style: none; display: flex; flex-wrap: wrap; gap: 6px 12px; margin: 4px 0; padding: 0; font-size: 14px; }
.answers b { font-size: 12px; padding: 2px 7px; border-radius: 6px; font-variant-numeric: tabular-nums; }
b.good { color: var(--good); background: var(--good-soft); } b.info { color: var(--info); background: var(--info-soft); }
b.bad { color: var(--bad); background: var(--bad-soft); }
summary { cursor: pointer; } .errors summary { display: flex; align-items: center; gap: 8px; list-style: none; }
.errors .answers { gap: 6px; } .errors summary::-webkit-details-marker { display: none; }
.errors summary::after { content: "What they mean"; font-size: 12.5px; color: var(--accent); white-space: nowrap; }
.errors dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 12px; font-size: 14px; margin: 10px 0 0; } .errors dd { margin: 0; color: var(--muted); }
.errors dt { font-variant-numeric: tabular-nums; } .errors p { font-size: 14px; margin: 8px 0 0; }
.code { position: relative; margin: 0 0 10px; }
pre { margin: 0; padding: 14px 16px; background: var(--code); color: var(--code-text); border: 1px solid var(--code-line); border-radius: 10px;
  overflow: auto; max-height: 580px; font-size: 12.5px; line-height: 1.55; tab-size: 2; scrollbar-width: thin; }
pre code { font-size: inherit; overflow-wrap: anywhere; white-space: pre-wrap; }
.copy { position: absolute; top: 7px; right: 7px; border: 0; border-radius: 7px; padding: 4px 9px; font: 500 12px/1.4 inherit; font-family: inherit;
  color: var(--code-text); background: rgb(255 255 255 / 12%); cursor: pointer; opacity: 0; transition: opacity .12s; }
.code:hover .copy, .copy:focus-visible { opacity: 1; } @media (hover: none) { .copy { opacity: 1; } }
.answer > summary { font-size: 13px; font-weight: 500; color: var(--muted); padding: 4px 0 8px; }
#nothing { text-align: center; color: var(--muted); padding: 60px 0; }
[hidden] { display: none !important; }
@media (max-width: 1180px) { article > .two, .intro .two { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 860px) {
  :root { --top: 104px; }
  header { flex-wrap: wrap; align-content: center; gap: 8px 12px; padding: 8px 16px; }
  #find { flex: 1 1 130px; } .pick-bar { width: 100%; } .pick-bar label { flex: 1; text-align: center; padding: 6px 4px; }
  .page { display: block; }
  nav { position: static; height: auto; padding: 10px 16px 0; border: 0; } nav li a { padding: 8px; }
  .fold { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 10px 12px; }
  .fold > summary { display: list-item; font-weight: 600; }
  main { padding: 20px 16px 80px; } h1 { font-size: 27px; } .lead { font-size: 16px; } .group > h2 { margin-top: 40px; }
  article, .intro .two { padding: 16px; border-radius: 12px; }
  table, tbody, tr, th, td { display: block; width: auto; } th { padding: 10px 0 0; } td { padding: 2px 0 10px; color: var(--muted); }
  th span { display: inline; margin-left: 8px; } pre { max-height: 320px; }
}
@media print { header, nav { display: none; } .page { display: block; } pre { max-height: none; } }
"""

_SCRIPT = """
for (const block of document.querySelectorAll('.code')) {
  const button = document.createElement('button');
  button.className = 'copy'; button.type = 'button'; button.textContent = 'Copy';
  button.onclick = async () => {
    await navigator.clipboard.writeText(block.querySelector('code').textContent);
    button.textContent = 'Copied'; setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  };
  block.append(button);
}
if (matchMedia('(max-width: 860px)').matches) document.querySelector('.fold').open = false;
const find = document.getElementById('find');
find.hidden = false;
find.oninput = () => {
  const words = find.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const one of document.querySelectorAll('[data-find]')) {
    one.hidden = !words.every((word) => one.dataset.find.includes(word));
    if (!one.hidden && one.tagName === 'ARTICLE') shown += 1;
  }
  for (const group of document.querySelectorAll('.group')) group.hidden = !group.querySelector('article:not([hidden])');
  for (const list of document.querySelectorAll('nav ul')) {
    list.hidden = list.previousElementSibling.hidden = !list.querySelector('li:not([hidden])');
  }
  document.getElementById('top').hidden = words.length > 0;
  document.getElementById('nothing').hidden = shown > 0;
};
for (const pick of document.querySelectorAll('.pick')) {
  if (sessionStorage.getItem('language') === pick.id) pick.checked = true;
  pick.onchange = () => sessionStorage.setItem('language', pick.id);
}
"""


def _allowed(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {_allowed(_CSS)}; script-src {_allowed(_SCRIPT)}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page may run its own style and script and nothing else."""
