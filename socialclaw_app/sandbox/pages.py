"""The look of the sandbox's pages: plain HTML, readable on a phone, in light and dark, without any outside file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, cast

from starlette.responses import HTMLResponse

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self'; "
    "script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def document(title: str, body: str, *, live: bool = False, status: int = 200) -> HTMLResponse:
    """``body`` is HTML already. A ``live`` page fetches itself anew every two seconds."""
    script = '<script src="/_/page.js" defer></script>' if live else ""
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/_/page.css"><link rel="icon" href="data:,">'
        f"{script}</head>"
        f"<body><main>{body}</main></body></html>",
        status_code=status,
        headers=HEADERS,
    )


def heading(title: str, note: str) -> str:
    return (
        f'<p class="back"><a href="/">All sandbox networks</a></p><h1>{escape(title)}</h1>'
        f'<p class="note">{escape(note)}</p>'
    )


def choices(links: Sequence[tuple[str, str, bool]]) -> str:
    """Links in a row: address, label, whether it is the present one."""
    items = [
        f'<a href="{escape(address)}"{" aria-current=page" if here else ""}>{escape(label)}</a>'
        for address, label, here in links
    ]
    return f'<nav class="choices" aria-label="Choose">{"".join(items)}</nav>'


def bubble(*, author: str, text: str, media: str, at: datetime, note: str = "", deleted: bool = False) -> str:
    """One post. ``text`` and ``media`` are HTML already."""
    words = f'<div class="text">{text}</div>' if text else ""
    if deleted:
        media, words = "", '<div class="text note">This post was deleted.</div>'
    marks = f" · {escape(note)}" if note else ""
    return (
        f'<article class="bubble"><div class="author">{escape(author)}</div>{media}{words}'
        f'<footer><time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M:%S} UTC</time>{marks}</footer></article>'
    )


def file_html(network_id: str, medium: Mapping[str, Any]) -> str:
    """An item of ``Visible.media``: shown when we hold it, else named."""
    alt = escape(str(medium.get("alt") or ""))
    if not medium.get("sha256"):
        return f'<div class="file">{escape(str(medium.get("kind")))} from {escape(str(medium.get("url") or ""))}</div>'
    source = escape(f"/_/{network_id}/media/{medium['sha256']}")
    mime = str(medium.get("mime") or "")
    if mime.startswith("image/"):
        return f'<img src="{source}" alt="{alt}" loading="lazy">'
    if mime.startswith("video/"):
        return f'<video src="{source}" controls preload="metadata" aria-label="{alt}"></video>'
    return f'<div class="file"><a href="{source}" download>{escape(str(medium.get("name") or "File"))}</a></div>'


def card(title: str, address: str, note: str, values: Mapping[str, Any]) -> str:
    rows = [
        f"<dt>{escape(name)}</dt>" + "".join(f"<dd><code>{escape(str(one))}</code></dd>" for one in _each(value))
        for name, value in values.items()
    ]
    details = f"<dl>{''.join(rows)}</dl>" if rows else ""
    link = f'<a href="{escape(address)}">{escape(title)}</a>'
    return f'<section class="card"><h2>{link}</h2><p>{escape(note)}</p>{details}</section>'


def _each(value: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, list | tuple) else (value,)


SCRIPT = """\
setInterval(async () => {
  if (document.hidden) return
  try {
    const answer = await fetch(location.href)
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main")
    const main = document.querySelector("main")
    if (answer.ok && fresh && fresh.innerHTML !== main.dataset.seen) {
      if (main.dataset.seen !== undefined) main.innerHTML = fresh.innerHTML
      main.dataset.seen = fresh.innerHTML
    }
  } catch { /* the sandbox is starting again */ }
}, 2000)
"""

STYLE = """\
:root {
  color-scheme: light dark;
  --page: #eef1f4; --paper: #fff; --ink: #16202a; --faint: #56636f; --line: #d5dce3; --link: #0b5cad; --mark: #dbeafe;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10161c; --paper: #1b242d; --ink: #e8edf2; --faint: #a3b0bc; --line: #33404c; --link: #7cb8f5;
    --mark: #1d3a57;
  }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 44rem; margin: 0 auto; padding: 1.25rem 1rem 4rem }
h1 { font-size: 1.5rem; line-height: 1.2; margin: .25rem 0 .5rem }
h2 { font-size: 1.125rem; margin: 0 0 .25rem }
a { color: var(--link) }
a:focus-visible, button:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.note, .back, footer, dt { color: var(--faint) }
.back { margin: 0; font-size: .875rem }
.choices { display: flex; gap: .5rem; overflow-x: auto; padding: .25rem 0 .75rem; margin-bottom: .5rem }
.choices a {
  flex: none; padding: .4rem .75rem; border: 1px solid var(--line); border-radius: 999px; background: var(--paper);
  text-decoration: none; font-size: .9rem
}
.choices a[aria-current] { background: var(--mark); border-color: var(--link); font-weight: 600 }
.bubble, .card {
  background: var(--paper); border: 1px solid var(--line); border-radius: 14px; padding: .75rem .9rem;
  margin: 0 0 .75rem;
  overflow-wrap: anywhere
}
.author { font-weight: 600; color: var(--link); font-size: .9rem }
.text { white-space: pre-wrap; margin: .25rem 0 }
.text pre { white-space: pre-wrap; margin: .25rem 0; padding: .5rem; background: var(--page); border-radius: 8px }
.text blockquote { margin: .25rem 0; padding-left: .6rem; border-left: 3px solid var(--link) }
.spoiler { background: var(--faint); color: transparent; border-radius: 4px }
.spoiler:hover, .spoiler:focus { background: var(--mark); color: inherit }
.bubble img, .bubble video { display: block; max-width: 100%; max-height: 32rem; border-radius: 10px; margin: .4rem 0 }
.file { border: 1px dashed var(--line); border-radius: 8px; padding: .5rem .75rem; margin: .4rem 0; font-size: .9rem }
footer { font-size: .8125rem; margin-top: .25rem }
dl { margin: .5rem 0 0; font-size: .875rem }
dd { margin: 0 0 .35rem }
code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere }
form { display: grid; gap: .75rem; justify-items: start }
fieldset { border: 1px solid var(--line); border-radius: 10px; padding: .5rem .9rem }
fieldset label { display: block; padding: .15rem 0; overflow-wrap: anywhere }
button {
  font: inherit; padding: .6rem 1rem; border-radius: 10px; border: 1px solid var(--link);
  background: var(--mark); color: var(--ink);
  min-height: 44px; cursor: pointer
}
"""
