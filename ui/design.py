"""Every colour, space and class of the pages. Names say what a thing is; how it looks stands in ``CSS`` alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

APP = "sc-app"
SIDE = "sc-side"
BRAND = "sc-brand"
NAV = "sc-nav"
NAV_ACTIVE = "sc-nav sc-nav-active"
NAV_BOTTOM = "sc-bottom"
SIDE_HEAD = "sc-side-head"
SIDE_FOOT = "sc-side-foot"
SEARCH = "sc-search"
SKIP = "sc-skip"
TOP_BAR = "sc-top"
PULSE = "sc-pulse"
MENU = "sc-menu"
PALETTE = "sc-palette"
PALETTE_LIST = "sc-palette-list"
DRAWER = "sc-drawer"
STEP = "sc-step"
TOUR = "sc-tour"
RATE = "sc-rate"
TOUR_WORDS = "sc-tour-words"
MENDING = "sc-mending"
MAIN = "sc-main"
HEAD = "sc-head"
TITLE = "sc-title"
SUBTITLE = "sc-subtitle"
SECTION = "sc-section"
SECTION_TITLE = "sc-section-title"
CARD = "sc-card"
CARD_PLAIN = "sc-card sc-card-plain"
CARD_GRID = "sc-grid"
STACK = "sc-stack"
STACK_TIGHT = "sc-stack sc-tight"
LINE = "sc-line"
LINE_SPREAD = "sc-line sc-spread"
LINE_TIGHT = "sc-line sc-nowrap"
BUTTONS = "sc-line sc-end"
MUTED = "sc-muted"
SMALL = "sc-small sc-muted"
STRONG = "sc-strong"
MONO = "sc-mono"
PROSE = "sc-prose"
ISSUE = "sc-issue"
NOTE = "sc-note"
EMPTY = "sc-empty"
EMPTY_ICON = "sc-empty-icon"
BANNER = "sc-banner"
CENTRE = "sc-centre"
CENTRE_CARD = "sc-card sc-centre-card"
ELSEWHERE = "sc-elsewhere"
CHOICE = "sc-choice"
FIELD = "sc-field"
COMPOSE = "sc-compose"
COMPOSE_BAR = "sc-compose-bar"
ACCOUNTS = "sc-accounts"
ACCOUNT = "sc-account"
ACCOUNT_CHOSEN = "sc-account sc-account-chosen"
COUNTERS = "sc-counters"
COUNTER = "sc-counter"
COUNTER_OVER = "sc-counter sc-counter-over"
MEDIA = "sc-media"
MEDIUM = "sc-medium"
THUMB = "sc-thumb"
CHIPS = "sc-line sc-chips"
VOICES = "sc-voices"
VOICE = "sc-voice"
VOICE_CHOSEN = "sc-voice sc-voice-chosen"
LISTENING = "sc-listening"
PART = "sc-part"
PART_END = "sc-part-end"
COMPOSE_SIDE = "sc-stack sc-compose-side"
BEGUN = "sc-line sc-begun"
FOLD = "sc-fold"
LIBRARY = "sc-library"
LIBRARY_GRID = "sc-library-grid"
LIBRARY_FILE = "sc-library-file"
ACCOUNT_FIXED = "sc-account sc-account-chosen sc-account-fixed"
PROSE_SMALL = "sc-prose-small"
UNDO = "sc-line sc-undo"
INERT = "sc-inert"
DRAFT = "sc-draft"
DIALOG = "sc-dialog"
FINDINGS = "sc-findings"
CALENDAR = "sc-calendar"
CALENDAR_BAR = "sc-cal-bar"
CALENDAR_VIEWS = "sc-cal-views"
CALENDAR_TOOLS = "sc-cal-tools"
CALENDAR_FILTERS = "sc-cal-filters"
CALENDAR_FILTER = "sc-cal-filter"
CALENDAR_FILTER_BUTTON = "sc-cal-filter-button"
CALENDAR_BULK = "sc-cal-bulk"
CALENDAR_CARD = "sc-cal-card"
CALENDAR_WHO = "sc-cal-who sc-grow"
TOAST = "sc-toast"
TOAST_THERE = "sc-toast-there"
SPOKEN = "sc-spoken"
GROW = "sc-grow"
FILTERS = "sc-filters"
FILTERS_BUTTON = "sc-filters-button"
FILTERS_END = "sc-filters-end"
FILTER = "sc-filter"
FILTER_WORDS = "sc-filter sc-filter-words"
FILTER_DAYS = "sc-filter-days"
FILTERS_OPEN = "sc-filters-open"
LIST_HEAD = "sc-list-head"
KEYS_HINT = "sc-keys-hint"
BULK_BAR = "sc-bulk"
BULK_ACTS = "sc-bulk-acts"
SHIFT = "sc-shift"
WARNING = "sc-warning"
PLAIN_LIST = "sc-plain-list"
OUTCOMES = "sc-outcomes"
POST = "sc-post"
STANDING = "sc-standing"
SEE = "sc-see"
TOLD = "sc-told"
FIGURES = "sc-figures"
RUN_TABLE = "sc-table sc-run-table"
VIEW = "sc-view"
VIEW_LINK = "sc-view-link"
HIDDEN = "sc-hidden"
LIBRARY_FILTERS = "sc-library-filters"
LIBRARY_CHOSEN = "sc-library-chosen"
LIBRARY_TOLD = "sc-library-told"
DRAWER_WIDE = "sc-drawer sc-drawer-wide"
CHART_HEAD = "sc-line sc-spread sc-chart-head"
CHART_TITLE = "sc-chart-title"
TILES = "sc-tiles"
TILE = "sc-tile"
SEGMENT = "sc-segment"
LOOK_BAR = "sc-look-bar"
RELATED = "sc-related"

BUTTON = "unelevated no-caps"
BUTTON_QUIET = "flat no-caps"
BUTTON_OUTLINE = "outline no-caps"
BUTTON_BIG = "unelevated no-caps size=lg"
DANGER = "unelevated no-caps color=negative"
DANGER_QUIET = "flat no-caps color=negative"
DANGER_ITEM = "text-negative"
INPUT = "outlined dense stack-label hide-bottom-space"
ROUND = "flat round dense"
SEGMENTS = "spread no-caps unelevated toggle-color=primary"
CHIP = "outline no-caps dense rounded padding='4px 12px'"
CHIP_QUIET = "flat no-caps dense rounded padding='4px 12px'"

TONES = {
    "draft": "neutral",
    "scheduled": "info",
    "publishing": "active",
    "published": "good",
    "retry_pending": "warn",
    "failed": "bad",
    "unknown": "bad",
    "canceled": "neutral",
    "deleted": "neutral",
    "connected": "good",
    "needs_reconnect": "bad",
    "disconnected": "neutral",
    "paused": "warn",
    "pending": "info",
    "created": "info",
    "processing": "active",
    "completed": "good",
    "partial_failed": "bad",
}
"""How a status looks. What has no tone here looks neutral."""


def badge(status: str) -> str:
    return f"sc-badge sc-{TONES.get(status, 'neutral')}"


LEVELS = {"bad": "bad", "warn": "warn", "info": "info", "ok": "good"}


def finding(level: str) -> str:
    return f"sc-finding sc-{LEVELS[level]}"


def banner(tone: str) -> str:
    return f"{BANNER} sc-{tone}"


def hue(name: str) -> int:
    """The same name always has the same colour, here and in every other window."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:4], 16) % 360


def brand(colour: str) -> str:
    """A network's colour as a style that can be told from the surface it stands on, light and dark."""
    light, dark = (
        _apart(colour, towards, surface) for towards, surface in (("#000000", "#ffffff"), ("#ffffff", "#181c26"))
    )
    return f"--brand:{light};--brand-dark:{dark}"


GRAPHIC_CONTRAST = 3.0
"""https://www.w3.org/TR/WCAG22/#non-text-contrast"""


@cache
def _apart(colour: str, towards: str, surface: str) -> str:
    """Mixed with as little of ``towards`` as it takes."""
    steps = (
        [round(a + (b - a) * share / 100) for a, b in zip(_rgb(colour), _rgb(towards), strict=True)]
        for share in range(0, 101, 5)
    )
    found = next(rgb for rgb in steps if _contrast(rgb, _rgb(surface)) >= GRAPHIC_CONTRAST)
    return "#{:02x}{:02x}{:02x}".format(*found)


def _contrast(one: Sequence[int], other: Sequence[int]) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _rgb(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _luminance(rgb: Sequence[int]) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (one / 255 for one in rgb)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


FONT = 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
CHART = (
    ("#4657cf", "#98a4ff"),
    ("#b35900", "#f0a35e"),
    ("#00796b", "#4fc4b4"),
    ("#b0266f", "#f58fc0"),
    ("#2a7fb8", "#6bb8ee"),
    ("#7a5c00", "#d6bd57"),
    ("#7b3fb5", "#c79bf2"),
    ("#5d6678", "#a7b0c0"),
)
"""Of what is drawn, on light and on dark; symbols tell lines apart as well."""


def _chart_colours() -> str:
    light, dark = (
        "".join(f"--sc-chart-{number}: {pair[theme]}; " for number, pair in enumerate(CHART, 1)) for theme in (0, 1)
    )
    return f"body {{ {light}}}\nbody.body--dark {{ {dark}}}\n"


CSS = """
@layer base {
  *, ::before, ::after { box-sizing: border-box; margin: 0; padding: 0; border: 0 solid; }
  html { line-height: 1.5; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; tab-size: 4; }
  h1, h2, h3, h4, h5, h6 { font-size: inherit; font-weight: inherit; }
  a { color: inherit; text-decoration: inherit; -webkit-text-decoration: inherit; }
  b, strong { font-weight: bolder; }
  small { font-size: 80%; }
  code, kbd, pre, samp { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 1em; }
  ol, ul, menu { list-style: none; }
  table { border-collapse: collapse; border-color: inherit; text-indent: 0; }
  img, svg, video, canvas, audio, iframe { display: block; vertical-align: middle; }
  img, video { max-width: 100%; height: auto; }
  button, input, select, textarea, ::file-selector-button { font: inherit; letter-spacing: inherit; color: inherit; border-radius: 0; background: transparent; opacity: 1; }
  summary { display: list-item; }
  textarea { resize: vertical; }
  [hidden]:not([hidden="until-found"]) { display: none !important; }
}
:root {
  --sc-radius: 12px; --sc-gap: 16px; --sc-side: 228px;
  --sc-font: "Inter", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
body {
  --sc-bg: #f6f7f9; --sc-surface: #ffffff; --sc-raised: #ffffff; --sc-sunken: #eef0f4; --sc-line: #e2e5ec;
  --sc-text: #1a1f2b; --sc-muted: #5d6678; --sc-accent: #4657cf; --sc-accent-soft: #eceefc; --sc-on-accent: #ffffff;
  --sc-shadow: 0 1px 2px rgb(20 28 50 / 5%), 0 1px 10px rgb(20 28 50 / 4%);
  --sc-good: #17704a; --sc-good-soft: #e2f4ea; --sc-info: #2a5aa8; --sc-info-soft: #e5eefb;
  --sc-warn: #855400; --sc-warn-soft: #fdf0d5; --sc-bad: #b0263a; --sc-bad-soft: #fde9ea; --sc-neutral-soft: #eceef2;
  --sc-mark-light: 42%; --sc-mark-soft: 93%;
  --q-primary: #4657cf !important; --q-negative: #b0263a !important; --q-positive: #17704a !important;
  --q-warning: #b06f00 !important; --q-dark-page: #10131a !important; --q-dark: #181c26 !important;
  font-family: var(--sc-font); background: var(--sc-bg); color: var(--sc-text); font-size: 15px; line-height: 1.5;
  -webkit-font-smoothing: antialiased;
}
body.body--dark {
  --sc-bg: #10131a; --sc-surface: #181c26; --sc-raised: #1e2330; --sc-sunken: #141822; --sc-line: #2a3040;
  --sc-text: #e7eaf2; --sc-muted: #9aa4b8; --sc-accent: #98a4ff; --sc-accent-soft: #252b4a; --sc-on-accent: #12152a;
  --sc-shadow: none;
  --sc-good: #6fd6a3; --sc-good-soft: #163328; --sc-info: #8fb9ff; --sc-info-soft: #1a2a45;
  --sc-warn: #f0c069; --sc-warn-soft: #3a2d12; --sc-bad: #ff97a2; --sc-bad-soft: #431d25; --sc-neutral-soft: #262c3a;
  --sc-mark-light: 74%; --sc-mark-soft: 22%;
  --q-primary: #98a4ff !important; --q-negative: #ff97a2 !important; --q-positive: #2fa572 !important;
  background: var(--sc-bg); color: var(--sc-text);
}
html { background: #f6f7f9; color-scheme: light; }
html.sc-dark { background: #10131a; color-scheme: dark; }
.nicegui-content { padding: 0; gap: 0; align-items: stretch; width: 100%; }
.sc-app { display: flex; min-height: 100vh; width: 100%; }
.sc-side { position: fixed; inset: 0 auto 0 0; width: var(--sc-side); padding: 20px 12px; display: flex; flex-direction: column;
  gap: 2px; background: var(--sc-surface); border-right: 1px solid var(--sc-line); z-index: 10; overflow-y: auto; }
.sc-side-head { display: flex; align-items: center; justify-content: space-between; padding-bottom: 10px; }
.sc-brand { display: flex; align-items: center; gap: 10px; padding: 4px 10px; font-weight: 700; font-size: 17px;
  letter-spacing: -.01em; color: var(--sc-text) !important; text-decoration: none; }
.sc-brand svg { flex: none; }
.sc-nav { display: flex; align-items: center; gap: 12px; padding: 9px 12px; border-radius: 9px; color: var(--sc-muted) !important;
  text-decoration: none !important; font-weight: 500; min-height: 40px; }
.sc-nav .q-icon { font-size: 20px; }
.sc-nav-parts { display: contents; }
.sc-side-foot .q-btn, .sc-menu .q-btn, .sc-dialog .sc-signout .q-btn { justify-content: flex-start; width: 100%; color: var(--sc-muted); font-weight: 500; min-height: 40px; }
.sc-side-head .q-btn, .sc-top .q-btn { color: var(--sc-muted); min-height: 40px; min-width: 40px; }
.sc-search { display: flex; align-items: center; gap: 10px; width: 100%; min-height: 38px; padding: 6px 10px; margin-bottom: 8px; border: 1px solid var(--sc-line);
  border-radius: 9px; background: var(--sc-sunken); color: var(--sc-muted); font: inherit; font-size: 14px; cursor: pointer; }
.sc-search:hover { border-color: var(--sc-accent); }
.sc-search .q-icon { font-size: 19px; }
.sc-search kbd { margin-left: auto; }
kbd { font: inherit; font-size: 12px; padding: 1px 6px; border: 1px solid var(--sc-line); border-bottom-width: 2px; border-radius: 5px;
  background: var(--sc-surface); color: var(--sc-muted); }
.sc-skip { position: fixed; left: 12px; top: -60px; z-index: 100; padding: 10px 16px; border-radius: 9px; background: var(--sc-accent); color: var(--sc-on-accent); }
.sc-skip:focus { top: 12px; }
.sc-top { display: none; }
.sc-pulse { display: flex; align-items: center; gap: 9px; padding: 6px 12px; font-size: 13px; color: var(--sc-muted); background: none !important; }
.sc-dot { width: 8px; height: 8px; border-radius: 50%; flex: none; background: currentColor; }
.sc-pulse.sc-good .sc-dot { color: var(--sc-good); } .sc-pulse.sc-warn .sc-dot { color: var(--sc-warn); } .sc-pulse.sc-bad .sc-dot { color: var(--sc-bad); }
.sc-pulse.sc-bad { color: var(--sc-bad); font-weight: 600; }
.sc-menu { padding: 8px; display: flex; flex-direction: column; gap: 2px; min-width: 230px; background: var(--sc-raised); color: var(--sc-text); }
.q-dialog .sc-palette { width: min(640px, 94vw); max-width: none; margin-top: 10vh; background: var(--sc-raised) !important; color: var(--sc-text); border-radius: 14px;
  padding: 6px 10px 10px; box-shadow: 0 20px 60px rgb(0 0 0 / 28%); }
.sc-palette .q-field { font-size: 17px; padding: 0 8px; }
.sc-palette-list { max-height: min(56vh, 460px); overflow-y: auto; border-top: 1px solid var(--sc-line); padding-top: 6px; }
.sc-palette-list .sc-muted { padding: 14px; }
.sc-find { display: grid; grid-template-columns: 34px minmax(0, 1fr) auto; gap: 12px; align-items: center; min-height: 44px; padding: 5px 10px; border-radius: 9px;
  color: var(--sc-text); text-decoration: none; }
.sc-find > .q-icon { font-size: 21px; color: var(--sc-muted); justify-self: center; }
.sc-find .sc-mark { width: 30px; height: 30px; }
.sc-find-at, .sc-find:hover { background: var(--sc-accent-soft); }
.q-dialog .sc-drawer { width: min(440px, 94vw); height: 100%; overflow-y: auto; background: var(--sc-raised) !important; color: var(--sc-text); padding: 20px 0; border-radius: 0; }
.q-dialog__inner--right { padding: 0 !important; }
.q-dialog h2 { font-size: 18px; line-height: 1.3; font-weight: 650; letter-spacing: -.01em; margin: 0; }
.sc-drawer h2 { padding: 0 20px 12px; }
.sc-step { display: grid; grid-template-columns: 28px minmax(0, 1fr) auto; gap: 12px; align-items: center; min-height: 52px; }
.sc-step > .sc-nav-parts > .q-icon { font-size: 24px; color: var(--sc-muted); } .sc-step .q-icon.sc-done { color: var(--sc-good) !important; }
.sc-step .sc-row-more { white-space: normal; }
.sc-tour { display: flex; align-items: center; gap: 10px 14px; flex-wrap: wrap; padding: 12px 16px;
  border-radius: var(--sc-radius); background: var(--sc-accent-soft); color: var(--sc-text); }
.sc-tour-words { display: flex; align-items: center; gap: 14px; flex: 1 1 18rem; min-width: 0; }
.sc-tour-words > .q-icon { font-size: 26px; } .sc-tour-words .q-icon.sc-done { color: var(--sc-good); }
.sc-tour-words > .sc-small { white-space: nowrap; } .sc-tour-words .sc-row-more { white-space: normal; color: var(--sc-text); }
.sc-tour-words strong { display: block; }
.sc-rate progress { appearance: none; width: 100%; height: 8px; border: 0; border-radius: 4px; overflow: hidden; background: var(--sc-line); }
.sc-rate progress::-webkit-progress-bar { background: var(--sc-line); }
.sc-rate progress::-webkit-progress-value { background: var(--sc-accent); }
.sc-rate progress::-moz-progress-bar { background: var(--sc-accent); }
.sc-mending { display: flex; align-items: center; gap: 10px; padding-right: 16px; border-top: 1px solid var(--sc-line); }
.sc-mending:first-child, .sc-mending .sc-row { border-top: 0; }
.sc-row-new { background: var(--sc-accent-soft); }
.sc-keys { display: flex; flex-direction: column; gap: 8px; margin: 0; }
.sc-keys > div { display: flex; justify-content: space-between; gap: 24px; align-items: center; }
.sc-keys dd { display: flex; gap: 5px; margin: 0; }
button.sc-nav { background: none; border: 0; font: inherit; cursor: pointer; }
.sc-nav:hover { background: var(--sc-sunken); color: var(--sc-text) !important; }
.sc-nav-active { background: var(--sc-accent-soft); color: var(--sc-accent) !important; }
.sc-side-foot { margin-top: auto; display: flex; flex-direction: column; gap: 2px; padding-top: 12px; }
.sc-main { flex: 1; min-width: 0; margin-left: var(--sc-side); padding: 30px clamp(16px, 4vw, 48px) 60px; }
.sc-main > .sc-inner { max-width: 1080px; margin: 0 auto; display: flex; flex-direction: column; gap: 22px; }
.sc-main > .sc-wide { max-width: 1360px; }
.sc-main:focus { outline: none; }
@media (min-width: 1800px) { .sc-main > .sc-inner { max-width: 1240px; } .sc-main > .sc-wide { max-width: 1760px; } }
.sc-bottom { display: none; }
.sc-head { display: flex; align-items: flex-start; gap: 12px 16px; flex-wrap: wrap; justify-content: space-between; }
.sc-title { font-size: 26px; font-weight: 700; letter-spacing: -.02em; line-height: 1.2; margin: 0; }
.sc-subtitle { color: var(--sc-muted); margin: 4px 0 0; max-width: 65ch; }
.sc-section { display: flex; flex-direction: column; gap: 10px; }
.sc-section-title { font-size: 13px; font-weight: 600; color: var(--sc-muted); margin: 0; text-transform: none; line-height: 1.4; }
.sc-card { background: var(--sc-surface); border: 1px solid var(--sc-line); border-radius: var(--sc-radius); padding: 18px;
  box-shadow: var(--sc-shadow); display: flex; flex-direction: column; gap: 12px; min-width: 0; }
.sc-card-plain { padding: 0; gap: 0; overflow: hidden; }
.sc-grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 280px), 1fr)); gap: var(--sc-gap); }
.sc-stack { display: flex; flex-direction: column; gap: var(--sc-gap); min-width: 0; }
.sc-tight { gap: 6px; }
.sc-line > * { max-width: 100%; min-width: 0; }
.sc-line { display: flex; align-items: center; gap: 10px; flex-wrap: wrap; min-width: 0; }
.sc-spread { justify-content: space-between; }
.sc-end { justify-content: flex-end; }
.sc-nowrap { flex-wrap: nowrap; }
.sc-muted { color: var(--sc-muted); }
.sc-small { font-size: 13px; }
.sc-strong { font-weight: 600; }
.sc-grow { flex: 1; min-width: 0; }
.sc-hidden { display: none !important; }
.sc-mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 13px; overflow-wrap: anywhere; }
.sc-prose { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 16px; line-height: 1.55; }
.sc-field { width: 100%; }
.sc-issue { display: flex; gap: 8px; align-items: flex-start; color: var(--sc-bad); font-size: 14px; }
.sc-issue .q-icon { font-size: 18px; margin-top: 2px; flex: none; }
.sc-note { color: var(--sc-muted); font-size: 13px; }
.sc-badge { display: inline-flex; align-items: center; gap: 6px; padding: 2px 10px; border-radius: 999px; font-size: 12.5px;
  font-weight: 600; white-space: nowrap; background: var(--sc-neutral-soft); color: var(--sc-muted); }
.sc-badge::before { content: ""; width: 6px; height: 6px; border-radius: 50%; background: currentColor; }
.sc-badge.sc-good { background: var(--sc-good-soft); color: var(--sc-good); }
.sc-badge.sc-info { background: var(--sc-info-soft); color: var(--sc-info); }
.sc-badge.sc-active { background: var(--sc-accent-soft); color: var(--sc-accent); }
.sc-badge.sc-warn { background: var(--sc-warn-soft); color: var(--sc-warn); }
.sc-badge.sc-bad { background: var(--sc-bad-soft); color: var(--sc-bad); }
.sc-banner { display: flex; align-items: center; gap: 10px 14px; flex-wrap: wrap; padding: 12px 16px; border-radius: var(--sc-radius);
  background: var(--sc-neutral-soft); color: var(--sc-text); }
.sc-banner > .sc-grow { min-width: min(100%, 15rem); }
.sc-banner.sc-warn { background: var(--sc-warn-soft); color: var(--sc-warn); }
.sc-banner.sc-bad { background: var(--sc-bad-soft); color: var(--sc-bad); }
.sc-banner.sc-info { background: var(--sc-info-soft); color: var(--sc-info); }
.sc-findings { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: 8px; }
.sc-finding { display: flex; gap: 10px; align-items: flex-start; padding: 10px 12px; border-radius: 10px; border: 1px solid var(--sc-line); }
.sc-finding > .q-icon { font-size: 20px; flex: none; margin-top: 1px; }
.sc-finding.sc-bad > .q-icon { color: var(--sc-bad); } .sc-finding.sc-warn > .q-icon { color: var(--sc-warn); }
.sc-finding.sc-info > .q-icon { color: var(--sc-info); } .sc-finding.sc-good > .q-icon { color: var(--sc-good); }
.sc-finding.sc-good { border: 0; padding: 3px 12px; }
.sc-finding.sc-bad { background: var(--sc-bad-soft); border-color: transparent; }
.sc-finding.sc-warn { background: var(--sc-warn-soft); border-color: transparent; }
.sc-empty { display: flex; flex-direction: column; align-items: center; text-align: center; gap: 10px; padding: 44px 20px; color: var(--sc-muted); }
.sc-empty-icon { font-size: 34px !important; opacity: .55; }
.sc-mark { display: inline-grid; place-items: center; flex: none; width: 32px; height: 32px; border-radius: 9px; font-weight: 700;
  font-size: 13px; background: hsl(var(--hue) 65% var(--sc-mark-soft)); color: hsl(var(--hue) 55% var(--sc-mark-light)); }
.sc-mark svg { width: 58%; height: 58%; display: block; }
.sc-mark[style*="--brand"] { color: var(--brand); background: color-mix(in srgb, var(--brand) 10%, var(--sc-surface)); }
.body--dark .sc-mark[style*="--brand"] { color: var(--brand-dark); background: color-mix(in srgb, var(--brand-dark) 16%, var(--sc-surface)); }
.sc-rows { display: flex; flex-direction: column; list-style: none; margin: 0; padding: 0; }
.sc-row { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 4px 14px; align-items: center; padding: 12px 18px;
  color: inherit; text-decoration: none; border-top: 1px solid var(--sc-line); min-height: 60px; }
li:first-child > .sc-row { border-top: 0; }
.sc-row:hover, .sc-row:focus-visible { background: var(--sc-sunken); }
.sc-row-text { display: block; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-weight: 500; }
.sc-row-more { display: block; font-size: 13px; color: var(--sc-muted); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.sc-row-more.sc-bad { color: var(--sc-bad); white-space: normal; }
.sc-row-end { display: flex; flex-direction: column; align-items: flex-end; gap: 4px; font-size: 13px; color: var(--sc-muted); }
.sc-row-end time { white-space: nowrap; }
.sc-facts { display: grid; grid-template-columns: minmax(0, auto) minmax(0, 1fr); gap: 6px 18px; margin: 0; font-size: 14px; }
.sc-facts dt { color: var(--sc-muted); }
.sc-facts dd { margin: 0; overflow-wrap: anywhere; }
.sc-table { width: 100%; border-collapse: collapse; font-size: 14px; }
.sc-table th { text-align: left; font-weight: 600; color: var(--sc-muted); font-size: 13px; padding: 6px 10px 6px 0; }
.sc-table caption { text-align: left; font-size: 13px; color: var(--sc-muted); padding-bottom: 4px; }
.sc-questions { display: flex; flex-direction: column; gap: 22px; max-height: 62vh; overflow-y: auto; }
.sc-table td.sc-words { overflow-wrap: normal; }
.sc-table td { padding: 8px 10px 8px 0; border-top: 1px solid var(--sc-line); vertical-align: top; overflow-wrap: anywhere; }
.sc-scroll { overflow-x: auto; }
.sc-centre { min-height: 100vh; width: 100%; display: grid; place-items: center; padding: 24px 16px; }
.sc-centre-card { width: min(100%, 400px); padding: 30px; gap: 18px; }
.sc-form { display: flex; flex-direction: column; gap: 14px; }
.sc-form label { display: flex; flex-direction: column; gap: 5px; font-weight: 500; font-size: 14px; }
.sc-form input { font: inherit; padding: 10px 12px; border-radius: 9px; border: 1px solid var(--sc-line); background: var(--sc-bg);
  color: var(--sc-text); width: 100%; }
.sc-form input:focus-visible { outline: 2px solid var(--sc-accent); outline-offset: 1px; }
.sc-form button { font: inherit; font-weight: 600; padding: 11px 16px; border: 0; border-radius: 9px; cursor: pointer;
  background: var(--sc-accent); color: var(--sc-on-accent); }
.sc-elsewhere { display: flex; flex-direction: column; gap: 10px; border-top: 1px solid var(--sc-line); padding-top: 18px; width: 100%; }
.sc-elsewhere a { font-weight: 600; text-align: center; text-decoration: none; padding: 10px 16px; border-radius: 9px;
  border: 1px solid var(--sc-line); color: var(--sc-text); }
.sc-elsewhere a:hover, .sc-elsewhere a:focus-visible { border-color: var(--sc-accent); }
.sc-choice { display: flex; flex-direction: column; gap: 3px; text-align: left; padding: 12px 14px; border-radius: 9px; cursor: pointer;
  border: 1px solid var(--sc-line); background: transparent; color: inherit; font: inherit; width: 100%; min-height: 44px; }
.sc-choice:hover, .sc-choice:focus-visible { border-color: var(--sc-accent); background: var(--sc-accent-soft); }
.sc-compose { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 340px); gap: 20px; align-items: start; }
.sc-compose-bar { position: sticky; bottom: 0; display: flex; gap: 10px; align-items: center; flex-wrap: wrap; justify-content: flex-end;
  padding: 12px 0; background: linear-gradient(transparent, var(--sc-bg) 30%); z-index: 5; }
.sc-accounts { display: flex; flex-wrap: wrap; gap: 8px; }
.sc-account { display: inline-flex; align-items: center; gap: 9px; padding: 5px 13px 5px 5px; border-radius: 12px; cursor: pointer;
  background: transparent; border: 1px solid var(--sc-line); color: var(--sc-muted); font: inherit; font-size: 14px; max-width: 100%; min-height: 44px; }
.sc-account > span:last-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sc-account:hover { border-color: var(--sc-accent); }
.sc-account-chosen { background: var(--sc-accent-soft); border-color: var(--sc-accent); color: var(--sc-text); }
.sc-account .sc-mark { width: 30px; height: 30px; filter: grayscale(1); opacity: .65; }
.sc-account-chosen .sc-mark { filter: none; opacity: 1; }
.sc-counters { display: flex; flex-wrap: wrap; gap: 6px 16px; font-size: 13px; color: var(--sc-muted); font-variant-numeric: tabular-nums; }
.sc-counter-over { color: var(--sc-bad); font-weight: 600; }
.sc-media { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px; }
.sc-medium { display: flex; flex-direction: column; gap: 6px; position: relative; min-width: 0; }
.sc-thumb { width: 100%; aspect-ratio: 4 / 3; object-fit: cover; border-radius: 9px; background: var(--sc-sunken); display: grid;
  place-items: center; overflow: hidden; color: var(--sc-muted); }
.sc-thumb img, .sc-thumb video { width: 100%; height: 100%; object-fit: cover; }
.sc-medium > .q-btn { position: absolute; top: 6px; right: 6px; background: rgb(0 0 0 / 55%); color: #fff; }
.q-uploader { border-radius: 9px; border: 1.5px dashed var(--sc-line) !important; background: transparent !important; color: var(--sc-muted); max-height: none; }
.q-uploader__header { background: transparent !important; color: var(--sc-muted) !important; }
.q-uploader__list { min-height: 0; padding: 0 8px; }
.q-uploader__subtitle { display: none; }
.sc-drop { border: 1.5px dashed var(--sc-line); border-radius: var(--sc-radius); padding: 18px; text-align: center; color: var(--sc-muted); cursor: pointer;
  display: flex; flex-direction: column; gap: 8px; align-items: center; background: transparent; width: 100%; font: inherit; }
.sc-drop:hover, .sc-drop:focus-visible, .sc-drop-over { border-color: var(--sc-accent); color: var(--sc-accent); }
.q-dialog .sc-dialog { background: var(--sc-raised) !important; color: var(--sc-text); border-radius: 14px; padding: 22px; gap: 14px; min-width: min(92vw, 400px);
  max-width: 520px; display: flex; flex-direction: column; box-shadow: 0 20px 60px rgb(0 0 0 / 25%); }
.sc-dialog h2 { font-size: 18px; font-weight: 650; line-height: 1.3; letter-spacing: -.01em; margin: 0; overflow-wrap: anywhere; }
.sc-secret { background: var(--sc-sunken); border-radius: 9px; padding: 12px; user-select: all; }
.sc-pager { display: flex; gap: 10px; align-items: center; justify-content: center; color: var(--sc-muted); font-size: 14px; }
.sc-pager a { padding: 7px 14px; border: 1px solid var(--sc-line); border-radius: 9px; color: inherit; text-decoration: none; }
.sc-pager a:hover { border-color: var(--sc-accent); color: var(--sc-accent); }
.sc-tabs { display: flex; gap: 6px; overflow-x: auto; max-width: 100%; padding-bottom: 2px; scrollbar-width: none; }
.sc-tabs a { padding: 6px 13px; border-radius: 999px; color: var(--sc-muted); text-decoration: none; font-size: 14px; font-weight: 500; white-space: nowrap; }
.sc-tabs a:hover { background: var(--sc-sunken); }
.sc-tabs a[aria-current] { background: var(--sc-accent-soft); color: var(--sc-accent); }
.sc-inner a:not([class]), .nicegui-link:not([class*="sc-"]) { color: var(--sc-accent); }
:focus-visible { outline: 2px solid var(--sc-accent); outline-offset: 2px; }
.q-field__control { border-radius: 9px !important; }
.q-btn { border-radius: 9px; font-weight: 600; }
.q-btn .q-icon.on-left { font-size: 19px; margin-right: 8px; }
.q-btn--round { border-radius: 50%; }
.body--dark .q-btn.bg-primary { --q-primary: #5865d6; }
.body--dark .q-btn.bg-negative { --q-negative: #b93a4e; }
.body--dark .q-notification.bg-negative { --q-negative: #a83347; }
.body--dark .q-notification.bg-positive { --q-positive: #1f7a52; }
.sc-code { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: 12px 14px; border-radius: 9px; background: var(--sc-sunken); font-size: 13px; }
.sc-panels, .sc-panels .q-tab-panel { background: transparent; padding: 8px 0 0; }
.sc-further { display: flex; flex-direction: column; gap: 4px; text-decoration: none; color: inherit; }
.sc-further:hover, .sc-further:focus-visible { border-color: var(--sc-accent); }
.sc-nobreak { white-space: nowrap; }
.q-notification .q-btn { color: inherit !important; }
.sc-compose-side { position: sticky; top: 18px; max-height: calc(100vh - 110px); overflow-y: auto; padding: 2px; }
.sc-chips { gap: 6px; }
.sc-chips .q-btn--outline::before { border-color: var(--sc-line); }
.sc-compose-side .sc-line > .q-select { flex: 1; }
.sc-compose [role=alert]:empty, .sc-compose [role=status]:empty, .sc-compose .sc-counters:empty { position: absolute; }
.sc-fold .q-expansion-item__content > .sc-stack { width: 100%; }
.sc-compose .q-btn-toggle { border: 1px solid var(--sc-line); border-radius: 10px; }
.sc-compose .q-btn-toggle .q-btn { min-height: 40px; font-size: 14px; padding: 4px 8px; }
.sc-begun a { color: var(--sc-accent); font-weight: 600; }
.sc-chips .q-btn { font-weight: 500; font-size: 13px; color: var(--sc-muted); border-radius: 999px; }
.sc-chips .q-btn .q-icon { font-size: 16px; margin-right: 5px; }
.sc-account-fixed { cursor: default; }
.sc-voices { display: flex; gap: 6px; flex-wrap: wrap; margin: -4px 0 2px; }
.sc-voice { display: inline-flex; align-items: center; gap: 7px; padding: 4px 12px 4px 5px; min-height: 40px; border-radius: 999px; cursor: pointer;
  border: 1px solid transparent; background: transparent; color: var(--sc-muted); font: inherit; font-size: 13.5px; font-weight: 500; }
.sc-voice:first-child { padding-left: 14px; }
.sc-voice:hover { background: var(--sc-sunken); }
.sc-voice-chosen { background: var(--sc-accent-soft); color: var(--sc-accent); }
.sc-voice .sc-mark { width: 26px; height: 26px; border-radius: 50%; }
.sc-voice-own { font-size: 11.5px; padding: 1px 8px; border-radius: 999px; background: var(--sc-neutral-soft); color: var(--sc-muted); font-weight: 600; }
.sc-listening { padding: 12px 14px; border-radius: 9px; background: var(--sc-sunken); color: var(--sc-muted); max-height: 300px; overflow: auto; }
.sc-listening p { margin: 0 0 10px; font-size: 15px; }
.sc-part { display: flex; flex-direction: column; gap: 8px; position: relative; min-width: 0; }
.sc-part + .sc-part { border-top: 1px solid var(--sc-line); padding-top: 16px; }
.sc-part-end { position: absolute; right: 0; top: 8px; z-index: 1; }
.sc-text { display: flex; flex-direction: column; gap: 5px; width: 100%; }
.sc-text-label { font-size: 13px; font-weight: 600; color: var(--sc-muted); }
.sc-text-box { font: inherit; font-size: 16px; line-height: 1.55; width: 100%; padding: 11px 13px; border-radius: 9px; border: 1px solid var(--sc-line);
  background: var(--sc-surface); color: var(--sc-text); }
textarea.sc-text-box { field-sizing: content; min-height: 132px; max-height: 60vh; resize: vertical; overflow-wrap: anywhere; }
.sc-part + .sc-part textarea.sc-text-box, .sc-part:has(+ .sc-part) textarea.sc-text-box { min-height: 88px; }
textarea.sc-text-long { field-sizing: fixed; height: 60vh; }
.sc-text-box:hover { border-color: var(--sc-muted); }
.sc-text-box:focus { outline: 2px solid var(--sc-accent); outline-offset: -1px; border-color: transparent; }
.sc-link { background: none; border: 0; font: inherit; font-size: 14px; font-weight: 600; color: var(--sc-accent); cursor: pointer; padding: 6px 8px; border-radius: 7px; min-height: 32px; }
.sc-link:hover { text-decoration: underline; }
.sc-warning { margin: 0; padding: 9px 13px; border-radius: 9px; background: var(--sc-warn-soft); color: var(--sc-warn); font-size: 14px; overflow-wrap: anywhere; }
.sc-warning a { color: inherit; font-weight: 600; text-decoration: underline; }
.sc-tray { display: flex; flex-direction: column; gap: 10px; border: 1.5px dashed transparent; border-radius: 11px; margin: -5px; padding: 5px; }
.sc-tray.sc-drop-over { border-color: var(--sc-accent); background: var(--sc-accent-soft); }
.sc-tray ol { list-style: none; margin: 0; padding: 0; }
.sc-tray p { margin: 0; }
.sc-tray p:empty { display: none; }
.sc-tray-bar { display: flex; align-items: center; gap: 4px 6px; flex-wrap: wrap; }
.sc-tray-button { display: inline-flex; align-items: center; gap: 7px; min-height: 40px; padding: 6px 12px; border-radius: 9px; border: 1px solid var(--sc-line);
  background: transparent; color: var(--sc-text); font: inherit; font-size: 14px; font-weight: 500; cursor: pointer; }
.sc-tray-button .q-icon { font-size: 19px; color: var(--sc-muted); }
.sc-tray-button:hover { border-color: var(--sc-accent); color: var(--sc-accent); }
.sc-tray-hint { margin-left: 4px; }
.sc-tray .sc-thumb { position: relative; }
.sc-tray .sc-thumb span { font-size: 12.5px; padding: 8px; overflow-wrap: anywhere; text-align: center; }
.sc-film { position: absolute; inset: 0; margin: auto; width: 42px; height: 42px; font-size: 42px !important; color: #fff; text-shadow: 0 1px 8px rgb(0 0 0 / 60%); pointer-events: none; }
.sc-medium-crop { position: absolute; right: 6px; bottom: 6px; width: 32px; height: 32px; border-radius: 50%; border: 0; display: grid; place-items: center;
  cursor: pointer; background: rgb(0 0 0 / 62%); color: #fff; font-size: 18px; }
.sc-medium-crop:hover, .sc-medium-crop:focus-visible { background: rgb(0 0 0 / 88%); }
.sc-crop-for { flex-wrap: wrap; }
.sc-crop-for .q-btn { flex: 1 0 auto; white-space: nowrap; }
.sc-crop { display: flex; flex-direction: column; gap: 8px; align-items: center; }
.sc-crop-picture { position: relative; overflow: hidden; border-radius: 9px; line-height: 0; }
.sc-crop-picture img { max-width: 100%; width: auto; max-height: min(46vh, 420px); user-select: none; }
.sc-crop-part { position: absolute; cursor: move; touch-action: none; outline: 2px solid #fff; outline-offset: -2px; box-shadow: 0 0 0 100vmax rgb(0 0 0 / 58%); }
.sc-crop-part:focus-visible { outline: 3px solid var(--sc-accent); outline-offset: -3px; }
.sc-crop-corner { position: absolute; width: 30px; height: 30px; touch-action: none; }
.sc-crop-corner::after { content: ""; position: absolute; inset: 8px; border-radius: 50%; background: #fff; box-shadow: 0 0 0 1px rgb(0 0 0 / 45%); }
.sc-crop-nw { left: -8px; top: -8px; cursor: nwse-resize; }
.sc-crop-ne { right: -8px; top: -8px; cursor: nesw-resize; }
.sc-crop-sw { left: -8px; bottom: -8px; cursor: nesw-resize; }
.sc-crop-se { right: -8px; bottom: -8px; cursor: nwse-resize; }
.sc-chips .q-btn[aria-pressed=true] { color: var(--sc-text); background: var(--sc-accent-soft); }
.sc-medium[draggable=true] .sc-thumb { cursor: grab; }
.sc-medium-dragged { opacity: .45; }
.sc-medium-bar { position: absolute; top: 6px; right: 6px; display: flex; gap: 4px; }
.sc-medium-bar button { width: 32px; height: 32px; border-radius: 50%; border: 0; display: grid; place-items: center; cursor: pointer;
  background: rgb(0 0 0 / 62%); color: #fff; font-size: 19px; }
.sc-medium-bar button:disabled { opacity: .35; cursor: default; }
.sc-medium-bar button:hover:not(:disabled), .sc-medium-bar button:focus-visible { background: rgb(0 0 0 / 88%); }
.sc-medium-alt { display: flex; flex-direction: column; gap: 3px; font-size: 12.5px; color: var(--sc-muted); }
.sc-medium-alt input { font: inherit; font-size: 14px; padding: 7px 9px; border-radius: 8px; border: 1px solid var(--sc-line); background: var(--sc-surface);
  color: var(--sc-text); width: 100%; }
.sc-medium-fit { display: flex; align-items: center; gap: 8px; font-size: 13.5px; cursor: pointer; min-height: 28px; }
.sc-medium-fit input { width: 17px; height: 17px; margin: 0; accent-color: var(--sc-accent); }
.sc-medium-notes { display: flex; flex-direction: column; gap: 4px; }
.sc-medium-notes:not(:has(p)) { margin-top: -6px; }
.sc-medium-actions { display: flex; align-items: center; justify-content: space-between; }
.sc-sending progress { width: 100%; accent-color: var(--sc-accent); }
.sc-fold { background: var(--sc-surface); border: 1px solid var(--sc-line); border-radius: var(--sc-radius); box-shadow: var(--sc-shadow); overflow: hidden; }
.sc-fold .q-expansion-item__content { padding: 4px 18px 18px; }
.sc-fold .q-item { min-height: 52px; padding: 8px 14px 8px 12px; }
.sc-fold-head { display: flex; align-items: center; gap: 10px; flex: 1; font-weight: 600; font-size: 14px; }
.sc-fold-head .sc-mark { width: 28px; height: 28px; }
.sc-begun { font-size: 14px; color: var(--sc-muted); gap: 6px 14px; }
.sc-inert { opacity: .5; pointer-events: none; }
.sc-undo { width: 100%; justify-content: flex-end; padding: 10px 14px; border-radius: var(--sc-radius); background: var(--sc-raised); border: 1px solid var(--sc-line);
  box-shadow: var(--sc-shadow); font-weight: 600; }
.sc-draft { display: block; color: inherit; text-decoration: none; padding: 8px 10px; border-radius: 9px; min-width: 0; }
.sc-draft:hover, .sc-draft:focus-visible { background: var(--sc-sunken); }
.sc-prose-small { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13.5px; }
.sc-card-plain .sc-table :is(th, td):first-child { padding-left: 18px; }
.q-dialog .sc-dialog:has(.sc-library, .sc-table, .sc-questions) { max-width: 760px; width: 92vw; }
.sc-library { max-height: 60vh; overflow-y: auto; }
.sc-library-grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(116px, 1fr)); gap: 10px; }
.sc-library-file { border: 2px solid transparent; border-radius: 11px; padding: 3px; background: transparent; color: inherit; font: inherit; cursor: pointer; text-align: left; min-width: 0; }
.sc-library-file:hover { border-color: var(--sc-line); }
.sc-library-file[aria-pressed=true] { border-color: var(--sc-accent); background: var(--sc-accent-soft); }
.sc-shown { background: var(--sc-surface); border: 1px solid var(--sc-line); border-radius: 14px; padding: 14px; box-shadow: var(--sc-shadow); display: flex;
  flex-direction: column; gap: 10px; min-width: 0; }
.sc-shown-head { display: flex; gap: 10px; align-items: center; min-width: 0; }
.sc-shown-who { display: flex; flex-direction: column; line-height: 1.3; font-size: 14px; min-width: 0; }
.sc-shown-who strong { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sc-shown-who span { color: var(--sc-muted); font-size: 12.5px; }
.sc-shown-post { display: flex; flex-direction: column; gap: 8px; min-width: 0; }
.sc-shown-post + .sc-shown-post { border-top: 1px solid var(--sc-line); padding-top: 10px; }
.sc-shown-text { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 15px; line-height: 1.45; max-height: 380px; overflow-y: auto; }
.sc-shown-title { font-weight: 650; font-size: 16px; line-height: 1.3; overflow-wrap: anywhere; }
.sc-shown-place { font-size: 12.5px; color: var(--sc-muted); font-weight: 600; }
.sc-shown-message { background: transparent; border: 0; box-shadow: none; padding: 0; }
.sc-shown-message .sc-shown-post { background: var(--sc-surface); border: 1px solid var(--sc-line); border-radius: 4px 16px 16px 16px; padding: 11px 13px; margin-left: 42px;
  width: fit-content; max-width: calc(100% - 42px); box-shadow: var(--sc-shadow); }
.sc-shown-article .sc-shown-title { font-size: 19px; }
.sc-shown-picture .sc-shown-files, .sc-shown-film .sc-shown-files { margin: 0 -14px; border-radius: 0; }
.sc-shown-files { display: grid; gap: 2px; border-radius: 12px; overflow: hidden; grid-template-columns: 1fr 1fr; }
.sc-shown-files-1 { grid-template-columns: 1fr; }
.sc-shown-files-3 .sc-shown-file:first-child { grid-row: span 2; }
.sc-shown-file { position: relative; background: var(--sc-sunken); display: grid; place-items: center; min-height: 90px; aspect-ratio: 1; overflow: hidden; font-size: 12.5px; color: var(--sc-muted); }
.sc-shown-files-1 .sc-shown-file { aspect-ratio: auto; max-height: 460px; }
.sc-shown-files-3 .sc-shown-file:first-child { aspect-ratio: auto; }
.sc-shown-framed .sc-shown-files-1 .sc-shown-file { aspect-ratio: var(--frame); }
.sc-shown-file img { width: 100%; height: 100%; object-fit: cover; display: block; }
.sc-shown-files-1 .sc-shown-file img { max-height: 460px; }
.sc-shown-left { position: absolute; inset: 0; display: grid; place-items: center; background: rgb(0 0 0 / 55%); color: #fff; font-size: 24px; font-weight: 650; }
@media (max-width: 899px) {
  .sc-compose-side { position: static; max-height: none; overflow: visible; }
  .sc-compose-bar .sc-small { flex-basis: 100%; text-align: center; order: 3; }
  .sc-tray-hint { display: none; }
  .sc-tray-button { flex: 1 1 auto; justify-content: center; }
  .sc-medium-bar button, .sc-medium-crop { width: 40px; height: 40px; }
  .sc-medium-fit { min-height: 40px; }
  .sc-chips .q-btn, .sc-link { min-height: 40px; }
  .sc-side { display: none; }
  .sc-main { margin-left: 0; padding: 8px 16px 96px; }
  .sc-top { display: flex; align-items: center; gap: 4px; min-height: 48px; }
  .sc-top .sc-brand { padding: 0; }
  .sc-find .sc-small { display: none; }
  .sc-title { font-size: 22px; }
  .sc-bottom { display: grid; grid-template-columns: repeat(5, 1fr); position: fixed; inset: auto 0 0 0; z-index: 20; background: var(--sc-surface);
    border-top: 1px solid var(--sc-line); padding: 4px 4px calc(4px + env(safe-area-inset-bottom)); }
  .sc-bottom .sc-nav { flex-direction: column; gap: 1px; font-size: 11px; padding: 5px 2px; justify-content: center; min-height: 50px; }
  .sc-bottom .sc-nav:hover { background: transparent; }
  .sc-bottom .sc-nav .q-icon { font-size: 23px; }
  .sc-compose { grid-template-columns: minmax(0, 1fr); }
  .sc-compose-bar { bottom: calc(60px + env(safe-area-inset-bottom)); }
  .sc-row { grid-template-columns: auto minmax(0, 1fr); padding: 12px 14px; }
  .sc-row-end { grid-column: 2; flex-direction: row; align-items: center; justify-content: space-between; }
}
.sc-spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.sc-sign { width: 14px; height: 14px; flex: none; fill: currentColor; font-size: 10px; font-style: normal; font-weight: 700; }
.sc-warn-text { color: var(--sc-warn); }
.sc-toast { position: fixed; left: 50%; bottom: 26px; transform: translate(-50%, 20px); opacity: 0; visibility: hidden; z-index: 3000; display: flex; align-items: center;
  gap: 8px; width: max-content; max-width: min(92vw, 720px); padding: 8px 8px 8px 18px; border-radius: 12px; background: var(--sc-text); color: var(--sc-bg);
  box-shadow: 0 10px 40px rgb(0 0 0 / 28%); transition: opacity .15s, transform .15s; }
.sc-toast-there { opacity: 1; visibility: visible; transform: translate(-50%, 0); }
.sc-toast .q-btn { min-height: 40px; color: var(--sc-bg); }
.sc-toast .q-btn .block { text-decoration: underline; text-underline-offset: 3px; }
.sc-calendar { display: flex; flex-direction: column; gap: 12px; min-width: 0; }
.sc-cal-bar, .sc-cal-filters, .sc-cal-today-quotas, .sc-cal-today-quotas ul { display: flex; align-items: center; gap: 10px; flex-wrap: wrap; }
.sc-cal-bar h2 { font-size: 19px; font-weight: 650; line-height: 1.3; margin: 0; letter-spacing: -.01em; }
.sc-cal-bar .q-btn { min-height: 40px; min-width: 40px; color: var(--sc-text); }
.sc-cal-views { display: flex; padding: 3px; border-radius: 10px; background: var(--sc-sunken); border: 1px solid var(--sc-line); }
.sc-cal-views button { font: inherit; font-weight: 550; padding: 5px 14px; min-height: 34px; border: 0; border-radius: 7px; background: none; color: var(--sc-muted); cursor: pointer; }
.sc-cal-views button[aria-pressed="true"] { background: var(--sc-surface); color: var(--sc-text); box-shadow: var(--sc-shadow); }
.body--dark .sc-cal-views button[aria-pressed="true"] { background: var(--sc-accent-soft); color: var(--sc-accent); }
.sc-cal-filter { width: 176px; }
.sc-cal-tools { display: flex; gap: 10px; align-items: flex-start; justify-content: space-between; }
.sc-cal-tools .q-btn { min-height: 40px; }
.sc-cal-filter .q-field__native > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sc-cal-filter-button { display: none; align-self: flex-start; }
.sc-calendar .sc-note:empty { display: none; }
.sc-cal-today-quotas { font-size: 13px; color: var(--sc-muted); }
.sc-cal-today-quotas ul { list-style: none; margin: 0; padding: 0; gap: 6px 14px; }
.sc-cal-today-quotas li { display: inline-flex; align-items: center; gap: 6px; }
.sc-cal-quotas { display: inline-flex; gap: 4px; flex-wrap: wrap; }
.sc-cal-quota { display: inline-flex; align-items: center; gap: 4px; padding: 0 6px; border-radius: 6px; font-size: 12px; font-weight: 600; font-variant-numeric: tabular-nums;
  background: var(--sc-neutral-soft); color: var(--sc-muted); }
.sc-cal-quota .sc-sign { width: 11px; height: 11px; }
.sc-cal-quota.sc-warn { background: var(--sc-warn-soft); color: var(--sc-warn); }
.sc-cal-quota.sc-bad { background: var(--sc-bad-soft); color: var(--sc-bad); }
.sc-board { background: var(--sc-surface); border: 1px solid var(--sc-line); border-radius: var(--sc-radius); box-shadow: var(--sc-shadow); min-width: 0; font-size: 13px;
  line-height: 1.35; overflow: clip; }
.sc-board button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: left; }
.sc-board :focus-visible { outline-offset: -2px; }
.sc-cal-head { display: grid; grid-template-columns: repeat(7, minmax(0, 1fr)); font-weight: 600; color: var(--sc-muted); background: var(--sc-surface); }
.sc-cal-head > div { padding: 8px 10px; border-left: 1px solid var(--sc-line); min-width: 0; }
.sc-cal-head > div:first-child { border-left: 0; }
.sc-cal-week { display: grid; grid-template-columns: repeat(7, minmax(0, 1fr)); border-top: 1px solid var(--sc-line); }
.sc-cal-day { position: relative; min-height: 122px; padding: 4px; border-left: 1px solid var(--sc-line); display: flex; flex-direction: column; gap: 2px; min-width: 0; }
.sc-cal-day:first-child { border-left: 0; }
.sc-cal-out { background: var(--sc-sunken); }
.sc-cal-past { background: color-mix(in srgb, var(--sc-sunken) 55%, var(--sc-surface)); }
.sc-cal-out .sc-cal-number { color: var(--sc-muted); }
.sc-cal-day-head { display: flex; align-items: center; gap: 4px; min-height: 26px; flex-wrap: wrap; }
.sc-board .sc-cal-number { font-weight: 600; padding: 1px 7px; border-radius: 999px; min-height: 24px; color: var(--sc-text); }
.sc-board .sc-cal-number:hover { background: var(--sc-accent-soft); color: var(--sc-accent); }
.sc-cal-number i { font-style: normal; }
.sc-cal-day[aria-current] .sc-cal-number, .sc-cal-today .sc-cal-number b { background: var(--sc-accent); color: var(--sc-on-accent); }
.sc-cal-today .sc-cal-number b { padding: 1px 7px; border-radius: 999px; }
.sc-cal-day[aria-current] { box-shadow: inset 0 2px 0 var(--sc-accent); }
.sc-cal-clocks { color: var(--sc-warn); font-size: 15px; display: inline-flex; }
.sc-board .sc-cal-add { margin-left: auto; width: 24px; height: 24px; border-radius: 7px; display: grid; place-items: center; color: var(--sc-muted); font-size: 18px; opacity: 0; }
.sc-cal-day:hover .sc-cal-add, .sc-cal-section:hover .sc-cal-add, [data-cell]:focus-within .sc-cal-add, .sc-cal-add:focus-visible { opacity: 1; }
.sc-board .sc-cal-add:hover { background: var(--sc-accent-soft); color: var(--sc-accent); }
.sc-cal-posts { display: flex; flex-direction: column; gap: 2px; min-width: 0; }
.sc-board .sc-cal-post { display: flex; align-items: center; gap: 5px; width: 100%; min-height: 22px; padding: 1px 6px; border-radius: 6px; min-width: 0; user-select: none;
  background: var(--sc-neutral-soft); color: var(--sc-muted); }
.sc-cal-post b { font-weight: 600; font-variant-numeric: tabular-nums; flex: none; }
.sc-cal-post > span:not(.sc-spoken) { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 1; min-width: 0; }
.sc-cal-post > .q-icon { font-size: 14px; flex: none; }
.sc-board .sc-cal-post.sc-info { background: var(--sc-info-soft); color: var(--sc-info); }
.sc-board .sc-cal-post.sc-good { background: var(--sc-good-soft); color: var(--sc-good); }
.sc-board .sc-cal-post.sc-bad { background: var(--sc-bad-soft); color: var(--sc-bad); }
.sc-board .sc-cal-post.sc-warn { background: var(--sc-warn-soft); color: var(--sc-warn); }
.sc-board .sc-cal-post.sc-active { background: var(--sc-accent-soft); color: var(--sc-accent); }
.sc-board [data-post]:hover { box-shadow: inset 0 0 0 1px currentColor; }
.sc-board [data-post][aria-pressed="true"] { box-shadow: inset 0 0 0 2px var(--sc-accent); }
.sc-cal-dragged { opacity: .35; }
.sc-cal-waits { animation: sc-waits 1s ease-in-out infinite alternate; }
@keyframes sc-waits { to { opacity: .45; } }
.sc-board .sc-cal-more { padding: 1px 7px; min-height: 22px; border-radius: 6px; font-weight: 600; color: var(--sc-muted); align-self: flex-start; }
.sc-board .sc-cal-more:hover { background: var(--sc-accent-soft); color: var(--sc-accent); }
.sc-cal-more .sc-bad, .sc-cal-head .sc-bad { color: var(--sc-bad); }
.sc-cal-now { height: 0; border-top: 2px solid var(--sc-accent); position: relative; margin: 2px 0; }
.sc-cal-now::before { content: ""; position: absolute; left: -3px; top: -4px; width: 6px; height: 6px; border-radius: 50%; background: var(--sc-accent); }
[data-cell].sc-cal-target, [data-jump].sc-cal-target { box-shadow: inset 0 0 0 2px var(--sc-accent); background: var(--sc-accent-soft); }
.sc-cal-hours { --days: 7; position: relative; max-height: max(420px, calc(100vh - 280px)); overflow: auto; }
.sc-cal-hours.sc-cal-one { --days: 1; }
.sc-cal-hours > [role="row"] { display: grid; grid-template-columns: 58px repeat(var(--days), minmax(116px, 1fr)); }
.sc-cal-hours > [role="row"] + [role="row"] { border-top: 1px solid var(--sc-line); }
.sc-cal-hours > .sc-cal-head { position: sticky; top: 0; z-index: 3; box-shadow: 0 1px 0 var(--sc-line); }
.sc-cal-hours .sc-cal-head > div { display: flex; flex-wrap: wrap; gap: 2px 6px; align-items: center; padding: 6px 8px; }
.sc-cal-head small { font-weight: 500; }
.sc-cal-hour { position: sticky; left: 0; z-index: 2; background: var(--sc-surface); color: var(--sc-muted); font-size: 12px; padding: 5px 8px; text-align: right; font-variant-numeric: tabular-nums; }
.sc-cal-cell { position: relative; min-height: 34px; padding: 3px; border-left: 1px solid var(--sc-line); min-width: 0; display: flex; flex-direction: column; gap: 2px; }
.sc-cal-cell .sc-cal-now { position: absolute; left: 0; right: 0; margin: 0; z-index: 1; pointer-events: none; }
.sc-cal-skip { background: repeating-linear-gradient(135deg, var(--sc-sunken) 0 6px, var(--sc-neutral-soft) 6px 12px); }
.sc-cal-skipped { font-size: 12px; color: var(--sc-muted); padding: 3px 5px; }
.sc-board .sc-cal-row { display: grid; grid-template-columns: auto auto minmax(0, 1fr) auto auto; gap: 10px; align-items: center; width: 100%; min-height: 44px; padding: 5px 10px;
  border-radius: 9px; user-select: none; }
.sc-board .sc-cal-row:hover { background: var(--sc-sunken); box-shadow: none; }
.sc-cal-row > b { font-variant-numeric: tabular-nums; font-weight: 600; min-width: 40px; }
.sc-cal-row > .sc-sign { width: 18px; height: 18px; color: var(--sc-muted); }
.sc-cal-row > .q-icon { font-size: 18px; color: var(--sc-muted); grid-column: 4; }
.sc-cal-said { min-width: 0; }
.sc-cal-said > * { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sc-cal-said > span { font-size: 14px; font-weight: 500; }
.sc-cal-said > small { color: var(--sc-muted); font-size: 12.5px; }
.sc-cal-state { grid-column: 5; display: flex; flex-direction: column; align-items: flex-end; gap: 2px; font-size: 12.5px; }
.sc-board[data-kind="list"] { overflow: visible; }
.sc-cal-strip { display: flex; gap: 2px; overflow-x: auto; padding: 6px; position: sticky; top: 0; z-index: 4; background: var(--sc-surface); border-bottom: 1px solid var(--sc-line);
  border-radius: var(--sc-radius) var(--sc-radius) 0 0; scrollbar-width: none; }
.sc-cal-strip button { flex: 1 0 32px; min-height: 54px; border-radius: 9px; display: flex; flex-direction: column; align-items: center; gap: 1px; padding: 4px 2px; text-align: center; }
.sc-cal-strip button:hover { background: var(--sc-sunken); }
.sc-cal-strip small { color: var(--sc-muted); font-size: 11.5px; }
.sc-cal-strip i { font-style: normal; font-size: 11px; font-weight: 600; min-width: 18px; min-height: 15px; padding: 0 4px; border-radius: 999px; line-height: 15px; }
.sc-cal-strip i.sc-info { background: var(--sc-info-soft); color: var(--sc-info); }
.sc-cal-strip i.sc-bad { background: var(--sc-bad-soft); color: var(--sc-bad); }
.sc-cal-strip .sc-cal-today b { background: var(--sc-accent); color: var(--sc-on-accent); border-radius: 999px; padding: 0 7px; }
.sc-cal-section { padding: 10px 12px; border-top: 1px solid var(--sc-line); scroll-margin-top: 76px; display: flex; flex-direction: column; gap: 4px; }
.sc-cal-strip + .sc-cal-section { border-top: 0; }
.sc-cal-section h3 { font-size: 14px; font-weight: 650; line-height: 1.4; margin: 0; }
.sc-cal-section .sc-cal-more { margin-left: 4px; }
.sc-cal-today-mark { font-size: 12px; font-weight: 600; padding: 0 8px; border-radius: 999px; background: var(--sc-accent); color: var(--sc-on-accent); }
.sc-cal-nothing { display: flex; align-items: center; gap: 8px; margin: 0; padding: 8px 12px; border-top: 1px solid var(--sc-line); color: var(--sc-muted); }
.sc-cal-ghost { position: fixed; left: 0; top: 0; z-index: 4000; pointer-events: none; will-change: transform; }
.sc-cal-ghost p { margin: 4px 0 0; width: max-content; max-width: 300px; padding: 3px 9px; border-radius: 7px; font-size: 12.5px; font-weight: 600; background: var(--sc-text); color: var(--sc-bg); }
.sc-cal-ghost p:empty { display: none; }
.sc-cal-ghost [data-post] { display: flex; gap: 5px; align-items: center;
  padding: 3px 8px; border: 0; border-radius: 6px; font: 13px/1.35 var(--sc-font); background: var(--sc-accent-soft); color: var(--sc-accent);
  overflow: hidden; white-space: nowrap; opacity: 1; box-shadow: 0 6px 16px rgb(0 0 0 / 25%); }
.sc-cal-card { position: fixed; z-index: 2500; width: 340px; max-width: calc(100vw - 20px); padding: 16px; border-radius: 14px; background: var(--sc-raised); color: var(--sc-text);
  border: 1px solid var(--sc-line); box-shadow: 0 16px 50px rgb(0 0 0 / 22%); display: flex; flex-direction: column; gap: 10px; visibility: hidden; left: 10px; top: 10px; }
.sc-cal-card-there { visibility: visible; }
.sc-cal-who > * { display: flex; align-items: center; gap: 10px; }
.sc-cal-who strong, .sc-cal-who small { display: block; line-height: 1.3; }
.sc-cal-who { display: flex; align-items: center; gap: 10px; }
.sc-cal-who > span:last-child { display: block; min-width: 0; overflow-wrap: anywhere; }
.sc-cal-text { margin: 0; display: -webkit-box; -webkit-line-clamp: 4; -webkit-box-orient: vertical; overflow: hidden; overflow-wrap: anywhere; }
.sc-cal-bulk { position: sticky; bottom: 14px; z-index: 6; align-self: center; display: flex; align-items: center; gap: 10px; flex-wrap: wrap; padding: 10px 14px; border-radius: 14px;
  background: var(--sc-raised); border: 1px solid var(--sc-line); box-shadow: 0 10px 40px rgb(0 0 0 / 18%); }
.sc-cal-days { width: 84px; }
@media (max-width: 699px) {
  .sc-log, .sc-log tbody { display: block; }
  .sc-log thead { display: none; }
  .sc-log tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 14px; padding: 10px 16px; border-top: 1px solid var(--sc-line); }
  .sc-log tbody tr:first-child { border-top: 0; }
  .sc-card-plain .sc-log td:nth-child(n) { padding: 0; border: 0; }
  .sc-log td:nth-child(1), .sc-log td:nth-child(2) { grid-column: 2; font-size: 13px; color: var(--sc-muted); text-align: right; }
  .sc-log td:nth-child(3), .sc-log td:nth-child(4) { grid-column: 1; }
  .sc-log td:nth-child(1), .sc-log td:nth-child(3) { grid-row: 1; }
  .sc-log td:nth-child(2), .sc-log td:nth-child(4) { grid-row: 2; }
  .sc-log td:nth-child(2) { max-width: 40vw; }
  .sc-cal-bar { gap: 6px; }
  .sc-cal-strip button { flex: 1 0 44px; }
  .sc-cal-number i { display: none; }
  .sc-cal-bar h2 { font-size: 17px; }
  .sc-cal-views { order: 3; width: 100%; }
  .sc-cal-views button { flex: 1; padding: 5px 4px; min-height: 40px; text-align: center; }
  .sc-cal-tools { flex-wrap: wrap; }
  .sc-cal-filter-button { display: inline-flex; }
  .sc-cal-filters { display: none; }
  .sc-cal-filters.sc-cal-open { order: 3; width: 100%; display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .sc-cal-filter { width: 100%; }
  .sc-cal-day { min-height: 64px; padding: 2px; gap: 3px; }
  .sc-cal-day .sc-cal-add, .sc-cal-day .sc-cal-quotas, .sc-cal-day .sc-cal-clocks { display: none; }
  .sc-cal-month .sc-cal-head > div { padding: 6px 2px; text-align: center; font-size: 12px; }
  .sc-cal-day .sc-cal-day-head { justify-content: center; }
  .sc-board .sc-cal-day .sc-cal-post { min-height: 6px; height: 6px; padding: 0; border-radius: 3px; background: currentColor; overflow: hidden; pointer-events: none; }
  .sc-cal-day .sc-cal-post > * { display: none; }
  .sc-board .sc-cal-day .sc-cal-more { padding: 0; font-size: 11px; min-height: 16px; align-self: center; overflow: hidden; white-space: nowrap; max-width: 100%; }
  .sc-cal-more .sc-bad { display: none; }
  .sc-board .sc-cal-row { min-height: 52px; padding: 6px 4px; gap: 8px; grid-template-columns: auto auto minmax(0, 1fr) auto; }
  .sc-cal-row > .q-icon { display: none; }
  .sc-cal-state { grid-column: 4; }
  .sc-cal-row .sc-badge { font-size: 11.5px; padding: 1px 8px; }
  .sc-board .sc-cal-add { opacity: 1; width: 40px; height: 40px; }
  .sc-cal-hours.sc-cal-one > [role="row"] { grid-template-columns: 46px minmax(0, 1fr); }
  .sc-cal-hour { padding: 5px 4px; }
  .sc-cal-section { padding: 8px; }
  .sc-board .sc-cal-more { min-height: 40px; }
  .sc-cal-card { left: 0 !important; right: 0; top: auto !important; bottom: 0; width: 100%; max-width: none; border-radius: 18px 18px 0 0; padding-bottom: calc(20px + env(safe-area-inset-bottom)); }
  .sc-cal-card .q-btn { min-height: 42px; }
  .sc-cal-bulk { bottom: calc(72px + env(safe-area-inset-bottom)); width: 100%; }
  .sc-toast { bottom: calc(76px + env(safe-area-inset-bottom)); width: 94vw; }
}
.sc-count { margin-left: 2px; font-size: 12px; font-variant-numeric: tabular-nums; opacity: .8; }
.sc-filters { display: flex; flex-wrap: wrap; gap: 10px; align-items: flex-start; }
.sc-filter { width: 172px; }
.sc-filter-words { flex: 1 1 220px; min-width: 180px; max-width: 420px; }
.sc-filter-days { display: flex; gap: 10px; }
.sc-filter-days .q-field { width: 150px; }
.sc-filters > .q-btn { min-height: 40px; }
.sc-filters > .sc-filters-button { display: none; }
.sc-filters-end { margin-left: auto; }
.sc-list-head { display: flex; align-items: center; gap: 4px 16px; flex-wrap: wrap; padding: 4px 18px 4px 10px; border-bottom: 1px solid var(--sc-line); min-height: 44px; }
.sc-list-head .q-btn { font-size: 13px; min-height: 32px; }
.sc-list-head .q-checkbox { font-size: 13px; color: var(--sc-muted); }
.sc-keys-hint { margin-left: auto; font-size: 13px; color: var(--sc-muted); }
.sc-list li { display: grid; grid-template-columns: minmax(0, 1fr); border-top: 1px solid var(--sc-line); }
.sc-list li:has(.sc-pick) { grid-template-columns: 44px minmax(0, 1fr); }
.sc-list li:first-child { border-top: 0; }
.sc-list li > .sc-row { border-top: 0; padding-left: 6px; }
.sc-list li:not(:has(.sc-pick)) > .sc-row { padding-left: 18px; }
.sc-pick { display: grid; place-items: center; cursor: pointer; }
.sc-pick input { width: 18px; height: 18px; accent-color: var(--sc-accent); cursor: pointer; margin: 0; }
.sc-list li.sc-picked { background: var(--sc-accent-soft); }
.sc-list li:focus-within { background: var(--sc-sunken); box-shadow: inset 3px 0 0 var(--sc-accent); }
.sc-list li:focus-within .sc-row { background: transparent; }
.sc-list .sc-row:focus-visible { outline-offset: -3px; border-radius: 8px; }
.sc-bulk { position: sticky; bottom: 14px; z-index: 15; display: flex; align-items: center; gap: 6px; flex-wrap: wrap; padding: 8px 10px 8px 18px;
  background: var(--sc-raised); border: 1px solid var(--sc-line); border-radius: 14px; box-shadow: 0 10px 34px rgb(0 0 0 / 18%); }
.sc-bulk-acts { display: flex; flex-wrap: wrap; gap: 4px; margin-left: auto; }
.sc-shift { display: flex; gap: 10px; flex-wrap: wrap; align-items: center; }
.sc-shift .q-field { width: 92px; }
.sc-plain-list { margin: 0; padding-left: 20px; font-size: 14px; color: var(--sc-text); }
.sc-plain-list .sc-row-text { font-weight: 400; }
.sc-outcomes { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: 10px; max-height: 46vh; overflow-y: auto; }
.sc-outcomes li { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 12px; align-items: start; }
.sc-outcomes li > span:last-child > * { display: block; }
.sc-view { display: flex; align-items: center; gap: 4px; }
.sc-view-link { flex: 1; padding: 9px 12px; border-radius: 9px; color: var(--sc-text); text-decoration: none; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 260px; }
.sc-view-link:hover, .sc-view-link:focus-visible { background: var(--sc-sunken); }
.sc-menu .sc-view .q-btn { width: auto; min-width: 40px; justify-content: center; }
.sc-post { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 330px); gap: 22px; align-items: start; }
.sc-post p { margin: 0; }
.sc-standing { display: flex; flex-direction: column; gap: 10px; }
.sc-standing .sc-badge { font-size: 14px; padding: 4px 13px; }
.sc-standing .sc-issue { font-size: 15px; }
.sc-see { display: inline-flex; align-items: center; gap: 6px; min-height: 40px; font-weight: 600; color: var(--sc-accent); }
.sc-told { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; font-size: 14px; }
.sc-told > li { display: grid; grid-template-columns: 178px minmax(0, 1fr); gap: 2px 30px; padding-bottom: 14px; position: relative; }
.sc-told > li:last-child { padding-bottom: 0; }
.sc-told time { color: var(--sc-muted); font-size: 13px; font-variant-numeric: tabular-nums; padding-top: 1px; }
.sc-told > li::before { content: ""; position: absolute; left: 189px; top: 6px; width: 9px; height: 9px; border-radius: 50%; background: var(--sc-line);
  box-shadow: 0 0 0 3px var(--sc-surface); z-index: 1; }
.sc-told > li:not(:last-child)::after { content: ""; position: absolute; left: 193px; top: 10px; bottom: -6px; width: 1px; background: var(--sc-line); }
.sc-told > li.sc-told-good::before { background: var(--sc-good); }
.sc-told > li.sc-told-bad::before { background: var(--sc-bad); }
.sc-told > li.sc-told-warn::before { background: var(--sc-warn); }
.sc-told-said { color: var(--sc-muted); }
.sc-told-bad .sc-told-said { color: var(--sc-bad); }
.sc-told > li > div { position: relative; }
.sc-told-what { display: block; padding-right: 76px; }
.sc-told details { font-size: 13px; }
.sc-told summary { position: absolute; top: -4px; right: 0; cursor: pointer; color: var(--sc-muted); padding: 3px 8px; border-radius: 7px; list-style: none; }
.sc-told summary::-webkit-details-marker { display: none; }
.sc-told details[open] summary { color: var(--sc-accent); background: var(--sc-accent-soft); }
.sc-told summary:hover { color: var(--sc-accent); }
.sc-record { margin: 4px 0 0; padding: 10px 12px; border-radius: 9px; background: var(--sc-sunken); font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace;
  font-size: 12.5px; line-height: 1.45; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.sc-figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(84px, 1fr)); gap: 12px; margin: 0; }
.sc-figures dt { font-size: 13px; color: var(--sc-muted); }
.sc-figures dd { margin: 0; font-size: 22px; font-weight: 650; letter-spacing: -.01em; font-variant-numeric: tabular-nums; }
.sc-thread li { border-top: 1px solid var(--sc-line); }
.sc-thread li:first-child { border-top: 0; }
.sc-thread .sc-row { border-top: 0; grid-template-columns: auto minmax(0, 1fr); padding: 12px 14px; }
.sc-thread .sc-row-end { grid-column: 2; flex-direction: row; align-items: center; justify-content: space-between; flex-wrap: wrap; }
.sc-thread .sc-row[aria-current] { background: var(--sc-accent-soft); }
.sc-depth-1 { padding-left: 18px; } .sc-depth-2 { padding-left: 34px; } .sc-depth-3 { padding-left: 48px; } .sc-depth-4 { padding-left: 60px; }
.sc-marks { display: flex; }
.sc-marks .sc-mark:not(:first-child) { margin-left: -10px; box-shadow: 0 0 0 2px var(--sc-surface); }
.sc-bar { display: flex; gap: 2px; height: 6px; border-radius: 3px; overflow: hidden; margin-top: 6px; max-width: 420px; }
.sc-bar i { flex: 0 0 4px; min-width: 4px; background: var(--sc-line); }
.sc-bar-good { background: var(--sc-good) !important; } .sc-bar-bad { background: var(--sc-bad) !important; } .sc-bar-warn { background: var(--sc-warn) !important; }
.sc-bar-active { background: var(--sc-accent) !important; } .sc-bar-info { background: var(--sc-info) !important; opacity: .55; }
.sc-bar-plain { background: var(--sc-muted) !important; opacity: .5; }
.sc-standing .sc-bar { height: 9px; max-width: none; margin: 0; }
.sc-run-table th { padding: 10px 14px; }
.sc-run-table td { padding: 10px 14px; }
.sc-run-table tr:hover td { background: var(--sc-sunken); }
.sc-run-table time { white-space: nowrap; }
.sc-cell-account { display: inline-flex; align-items: center; gap: 9px; }
.sc-cell-account .sc-mark { width: 26px; height: 26px; border-radius: 7px; }
.sc-schedule { max-height: 40vh; overflow: auto; white-space: pre; width: min(444px, calc(92vw - 76px)); }
.sc-lanes { display: flex; flex-direction: column; gap: 24px; }
.sc-lane { display: flex; flex-direction: column; gap: 10px; min-width: 0; }
.sc-lane-head { display: flex; align-items: center; flex-wrap: wrap; gap: 4px 10px; margin: 0; font-size: 15px; font-weight: 600; line-height: 1.4; }
.sc-lane-head .sc-small { font-weight: 400; }
.sc-lane-scroll { overflow-x: auto; border-radius: 10px; padding-bottom: 4px; }
.sc-lane-plane { position: relative; width: var(--w); height: var(--h); }
.sc-lane-plane svg { position: absolute; inset: 0; fill: none; stroke-width: 2; }
.sc-edge-answers { stroke: var(--sc-accent); }
.sc-edge-follows { stroke: var(--sc-muted); stroke-dasharray: 3 5; opacity: .7; }
.sc-lane-plane ol { list-style: none; margin: 0; padding: 0; }
.sc-lane-plane li { position: absolute; left: var(--x); top: var(--y); width: 218px; height: 142px; }
.sc-node { display: flex; flex-direction: column; gap: 6px; height: 100%; padding: 10px 12px; border: 1px solid var(--sc-line); border-radius: 11px; background: var(--sc-surface);
  color: var(--sc-text); text-decoration: none; overflow: hidden; }
.sc-node:hover, .sc-node:focus-visible { border-color: var(--sc-accent); }
.sc-node:focus-visible { outline-offset: -2px; }
.sc-node-head { display: flex; align-items: center; justify-content: space-between; gap: 6px; font-size: 12.5px; color: var(--sc-muted); white-space: nowrap; }
.sc-node-number { display: inline-grid; place-items: center; min-width: 20px; height: 20px; padding: 0 5px; border-radius: 6px; background: var(--sc-sunken); color: var(--sc-text); font-size: 12px; }
.sc-node-how { font-size: 12px; color: var(--sc-muted); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; flex: none; }
.sc-node-how .q-icon { font-size: 14px; color: var(--sc-accent); margin-right: 4px; vertical-align: -3px; }
.sc-node-text { font-size: 14px; line-height: 1.35; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; overflow-wrap: anywhere; }
.sc-node-end { margin-top: auto; }
.sc-node-end .sc-badge { font-size: 11.5px; padding: 1px 8px; }
@media (max-width: 1100px) { .sc-post { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 899px) {
  .sc-told > li { grid-template-columns: minmax(0, 1fr); padding-left: 24px; }
  .sc-told > li::before { left: 2px; }
  .sc-told > li:not(:last-child)::after { left: 6px; }
  .sc-told summary { top: -12px; padding: 10px 8px; }
  .sc-lane-plane, .sc-lane-plane li { position: static; width: auto; height: auto; }
  .sc-lane-plane svg { display: none; }
  .sc-lane-plane ol { display: flex; flex-direction: column; gap: 8px; }
  .sc-lane-plane li { margin-left: calc(min(var(--depth), 3) * 18px); }
  .sc-lane-plane li .sc-node { min-height: 96px; }
  .sc-run-table, .sc-run-table tbody, .sc-run-table tr { display: block; }
  .sc-run-table thead, .sc-run-table .sc-cell-wide { display: none; }
  .sc-run-table tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 4px 12px; padding: 12px 14px; border-top: 1px solid var(--sc-line); }
  .sc-run-table tbody tr:first-child { border-top: 0; }
  .sc-run-table td { padding: 0; border: 0; }
  .sc-run-table td:nth-child(2) { grid-row: 1; grid-column: 1; font-size: 13px; color: var(--sc-muted); }
  .sc-run-table td:nth-child(1) { grid-row: 1; grid-column: 2; font-size: 13px; color: var(--sc-muted); }
  .sc-run-table td:nth-child(5) { grid-column: 1 / -1; }
  .sc-run-table td:nth-child(6) { grid-column: 1 / -1; }
  .sc-filters > * { width: 100%; max-width: none; }
  .sc-filters > .sc-filter-words { flex: 1 1 100%; }
  .sc-filters > .sc-filters-button { display: inline-flex; flex: 1; width: auto; }
  .sc-filters > .sc-filters-end { flex: 1; width: auto; }
  .sc-filters:not(.sc-filters-open) > .sc-filter:not(.sc-filter-words), .sc-filters:not(.sc-filters-open) > .sc-filter-days { display: none; }
  .sc-filters.sc-filters-open > .sc-filters-button, .sc-filters > .sc-filters-button, .sc-filters > .sc-filters-end { order: -1; }
  .sc-filters > .sc-filter-words { order: -2; }
  .sc-filter-days .q-field { flex: 1; }
  .sc-keys-hint { display: none; }
  .sc-list li > .sc-row { padding-right: 14px; padding-left: 2px; }
  .sc-pick { align-items: start; padding-top: 18px; min-height: 44px; }
  .sc-pick input { width: 22px; height: 22px; }
  .sc-bulk { bottom: calc(66px + env(safe-area-inset-bottom)); padding: 8px 10px; }
  .sc-bulk .q-btn { min-height: 40px; }
  .sc-bulk > .q-btn--round { margin-left: auto; }
  .sc-bulk-acts { order: 2; display: grid; grid-template-columns: repeat(4, 1fr); width: 100%; }
  .sc-bulk-acts .q-btn { padding: 4px 2px; }
  .sc-bulk-acts .q-btn__content { flex-direction: column; font-size: 12px; gap: 2px; }
  .sc-bulk-acts .q-btn .q-icon.on-left { margin: 0; }
}
/* the media library */
.sc-library-filters { display: grid; grid-template-columns: minmax(220px, 1fr) 170px 170px auto; gap: 10px; align-items: center; }
.sc-library-chosen { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; position: sticky; top: 8px; z-index: 6; padding: 6px 8px 6px 16px; border-radius: var(--sc-radius);
  background: var(--sc-accent-soft); border: 1px solid var(--sc-accent); }
.sc-library-told:empty { margin-bottom: -22px; }
.sc-upload .sc-drop { min-height: 96px; justify-content: center; }
.sc-upload .sc-drop > .q-icon { font-size: 28px; }
.sc-drop-page { position: fixed; inset: 0; z-index: 5000; display: grid; place-items: center; background: color-mix(in srgb, var(--sc-bg) 82%, transparent); pointer-events: none; }
.sc-drop-page span { font-size: 22px; font-weight: 650; color: var(--sc-accent); padding: 34px 60px; border: 2px dashed var(--sc-accent); border-radius: 18px; background: var(--sc-surface); }
.sc-upload { display: flex; flex-direction: column; gap: 12px; width: 100%; }
.sc-upload-head { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; }
.sc-upload-head progress { flex: 1; min-width: 120px; }
.sc-upload-list ul { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; }
.sc-upload-row { display: grid; grid-template-columns: minmax(0, 1.4fr) minmax(90px, 1fr) minmax(0, 190px) auto; gap: 4px 14px;
  align-items: center; padding: 5px 0; border-top: 1px solid var(--sc-line); font-size: 14px; }
.sc-upload-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sc-upload-row > .sc-issue { grid-column: 2 / 4; }
.sc-upload-acts { grid-column: -2; }
.sc-upload progress { appearance: none; height: 8px; width: 100%; border: 0; border-radius: 4px; overflow: hidden; background: var(--sc-line); }
.sc-upload progress::-webkit-progress-bar { background: var(--sc-line); }
.sc-upload progress::-webkit-progress-value { background: var(--sc-accent); }
.sc-upload progress::-moz-progress-bar { background: var(--sc-accent); }
.sc-upload-said:empty { display: none; }
.sc-upload-left { padding: 8px 16px; }
.sc-files { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 14px; }
.sc-file { position: relative; min-width: 0; }
.sc-file-open { display: flex; flex-direction: column; gap: 2px; width: 100%; padding: 6px 6px 8px; border: 1px solid transparent; border-radius: 12px;
  background: none; font: inherit; color: inherit; text-align: left; cursor: pointer; }
.sc-file-open:hover { background: var(--sc-sunken); }
.sc-file-open .sc-thumb { position: relative; margin-bottom: 5px; }
.sc-file-open .sc-thumb > .q-icon { font-size: 40px; opacity: .5; }
.sc-file-chosen .sc-file-open { border-color: var(--sc-accent); background: var(--sc-accent-soft); }
.sc-file-name { font-size: 14px; font-weight: 500; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sc-file-open .sc-note { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sc-file-length { position: absolute; right: 7px; bottom: 7px; padding: 1px 7px; border-radius: 6px; background: rgb(0 0 0 / 72%); color: #fff; font-size: 12px; font-variant-numeric: tabular-nums; }
.sc-file-box { position: absolute; top: 6px; left: 6px; width: 40px; height: 40px; display: grid; place-items: center; cursor: pointer; }
.sc-file-box input { width: 20px; height: 20px; accent-color: var(--sc-accent); cursor: pointer; margin: 0; opacity: .35; }
.sc-file:hover .sc-file-box input, .sc-file-box input:checked, .sc-file-box input:focus-visible, .sc-files:has(input:checked) .sc-file-box input { opacity: 1; }
@media (hover: none) { .sc-file-box input { opacity: .85; } }
.q-dialog .sc-drawer-wide { width: min(520px, 100vw); padding: 16px 20px 28px; display: flex; flex-direction: column; gap: 14px; }
.sc-drawer-wide h2 { padding: 0; overflow-wrap: anywhere; }
.sc-drawer-wide .sc-rows { margin: 6px -20px 0; }
.sc-drawer-wide .sc-row { padding: 10px 20px; }
.sc-drawer-wide .sc-end { justify-content: flex-start; gap: 4px 8px; border-top: 1px solid var(--sc-line); padding-top: 12px; }
.sc-file-shown { display: grid; place-items: center; background: var(--sc-sunken); border-radius: 12px; overflow: hidden; min-height: 120px; }
.sc-file-shown img, .sc-file-shown video { max-width: 100%; max-height: 46vh; display: block; }
.sc-file-shown audio { width: calc(100% - 24px); margin: 24px 12px; }
.sc-act { display: inline-flex; align-items: center; gap: 8px; min-height: 36px; padding: 4px 12px; border-radius: 9px;
  font-weight: 600; font-size: 14px; color: var(--sc-text) !important; text-decoration: none; }
.sc-act:hover { background: var(--sc-sunken); }
.sc-act .q-icon { font-size: 20px; }
@media (max-width: 899px) {
  .sc-library-filters { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .sc-library-filters > :first-child, .sc-library-filters > :last-child { grid-column: 1 / -1; }
  .sc-files { grid-template-columns: repeat(auto-fill, minmax(136px, 1fr)); gap: 8px; }
  .sc-upload-row { grid-template-columns: minmax(0, 1fr) auto; }
  .sc-upload-row > progress, .sc-upload-row > .sc-issue, .sc-upload-row > .sc-note { grid-column: 1; }
  .sc-upload-acts { grid-column: 2; grid-row: 1 / 3; }
  .sc-upload .sc-drop { padding: 10px; min-height: 0; gap: 2px; }
}
/* analytics */
.sc-unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.sc-segment { display: inline-flex; padding: 3px; gap: 2px; border-radius: 11px; background: var(--sc-sunken); border: 1px solid var(--sc-line); }
.sc-segment button { border: 0; background: none; font: inherit; font-size: 14px; font-weight: 500; color: var(--sc-muted); padding: 5px 13px; min-height: 32px; border-radius: 8px; cursor: pointer; }
.sc-segment button:hover { color: var(--sc-text); }
.sc-segment button[aria-pressed="true"] { background: var(--sc-surface); color: var(--sc-accent); font-weight: 600; box-shadow: 0 0 0 1px var(--sc-line); }
.sc-look-bar { width: 120px; }
.sc-tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px; }
.sc-tile { display: flex; flex-direction: column; gap: 2px; align-items: flex-start; text-align: left; padding: 13px 16px; border-radius: var(--sc-radius); border: 1px solid var(--sc-line);
  background: var(--sc-surface); color: var(--sc-text); font: inherit; box-shadow: var(--sc-shadow); min-width: 0; }
button.sc-tile { cursor: pointer; }
button.sc-tile:hover { border-color: var(--sc-accent); }
.sc-tile[aria-pressed="true"] { border-color: var(--sc-accent); box-shadow: inset 0 -3px 0 var(--sc-accent); }
.sc-tile-name { color: var(--sc-muted); font-size: 13px; font-weight: 600; }
.sc-tile-value { font-size: 25px; font-weight: 700; letter-spacing: -.02em; line-height: 1.25; font-variant-numeric: tabular-nums; margin-right: 8px; }
.sc-tile-top { display: flex; flex-wrap: wrap; align-items: baseline; }
.sc-tile-top > span { white-space: nowrap; }
.sc-up { color: var(--sc-good); font-weight: 600; font-size: 14px; } .sc-down { color: var(--sc-muted); font-weight: 600; font-size: 14px; }
.sc-chart-head { align-items: flex-start; }
.sc-chart-title { font-size: 16px; font-weight: 650; margin: 0; line-height: 1.4; letter-spacing: -.01em; }
.sc-chart-head p { margin: 0; }
.sc-number { text-align: right !important; font-variant-numeric: tabular-nums; white-space: nowrap; }
.sc-unknown { color: var(--sc-muted); }
.sc-plain th[scope="row"] { font-weight: 500; color: var(--sc-text); border-top: 1px solid var(--sc-line); font-size: 14px; padding: 8px 10px 8px 0; white-space: nowrap; }
.sc-plain td:last-child, .sc-plain th:last-child, .sc-sorted td:last-child, .sc-sorted th:last-child { padding-right: 0; }
.sc-sorted th button { border: 0; background: none; font: inherit; color: inherit; padding: 4px 0; cursor: pointer; display: inline-flex;
  align-items: center; gap: 3px; min-height: 32px; white-space: nowrap; }
.sc-sorted th button:hover { color: var(--sc-text); }
.sc-sorted th .q-icon { font-size: 15px; opacity: .6; }
.sc-sorted th[aria-sort] { color: var(--sc-accent); } .sc-sorted th[aria-sort] .q-icon { opacity: 1; }
.sc-sorted td { vertical-align: middle; white-space: nowrap; }
.sc-sorted .sc-first { white-space: normal; min-width: 250px; padding-left: 44px; position: relative; }
.sc-sorted .sc-first a { color: inherit; font-weight: 500; text-decoration: none; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; }
.sc-sorted .sc-first a:hover { text-decoration: underline; }
.sc-sorted .sc-first .sc-note { display: block; }
.sc-cell-mark { position: absolute; left: 0; top: 50%; transform: translateY(-50%); }
.sc-cell-mark .sc-mark { width: 30px; height: 30px; }
.sc-related { display: flex; flex-wrap: wrap; margin: -8px; }
.sc-related a { display: inline-flex; align-items: center; text-decoration: none; }
.sc-told-list { margin: 0; padding-left: 20px; color: var(--sc-muted); font-size: 14px; display: flex; flex-direction: column; gap: 4px; }
@media (max-width: 899px) {
  .sc-tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .sc-segment button { min-height: 40px; }
  .sc-chart-head > :first-child { flex-basis: 100%; }
  .sc-plain thead th { white-space: normal; vertical-align: bottom; }
  .sc-sorted thead { display: block; }
  .sc-sorted thead tr { display: flex; gap: 4px 14px; overflow-x: auto; padding-bottom: 4px; }
  .sc-sorted th { padding: 0; }
  .sc-sorted th button { min-height: 40px; }
  .sc-sorted table, .sc-sorted tbody { display: block; }
  .sc-sorted tbody tr { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px 12px; padding: 12px 0; border-top: 1px solid var(--sc-line); }
  .sc-sorted td { border: 0; padding: 0; text-align: left !important; white-space: normal; vertical-align: top; }
  .sc-sorted td::before { content: attr(data-name); display: block; font-size: 12px; color: var(--sc-muted); white-space: normal; }
  .sc-sorted .sc-first { grid-column: 1 / -1; min-width: 0; padding-left: 44px; }
  .sc-sorted .sc-beside { grid-column: 1 / -1; margin-top: -8px; padding-left: 44px; font-size: 13px; color: var(--sc-muted); }
  .sc-sorted .sc-first::before, .sc-sorted .sc-beside::before, .sc-silent .sc-unknown { display: none; }
}
@media (prefers-reduced-motion: reduce) { * { animation-duration: .01ms !important; transition-duration: .01ms !important; } }
"""
CSS += _chart_colours()
