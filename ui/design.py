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
WARNING = "sc-warning"
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
CALENDAR = "sc-calendar"
GROW = "sc-grow"
HIDDEN = "sc-hidden"

BUTTON = "unelevated no-caps"
BUTTON_QUIET = "flat no-caps"
BUTTON_OUTLINE = "outline no-caps"
BUTTON_BIG = "unelevated no-caps size=lg"
DANGER = "unelevated no-caps color=negative"
DANGER_QUIET = "flat no-caps color=negative"
INPUT = "outlined dense stack-label hide-bottom-space"
BORDERLESS = "borderless autogrow hide-bottom-space"
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
}
"""How a status looks. What has no tone here looks neutral."""


def badge(status: str) -> str:
    return f"sc-badge sc-{TONES.get(status, 'neutral')}"


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


CSS = """
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
.sc-banner.sc-warn { background: var(--sc-warn-soft); color: var(--sc-warn); }
.sc-banner.sc-bad { background: var(--sc-bad-soft); color: var(--sc-bad); }
.sc-banner.sc-info { background: var(--sc-info-soft); color: var(--sc-info); }
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
.sc-story { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: 10px; font-size: 14px; }
.sc-story li { display: grid; grid-template-columns: 172px minmax(0, 1fr); gap: 2px 14px; }
.sc-story time { color: var(--sc-muted); font-size: 13px; }
.sc-table { width: 100%; border-collapse: collapse; font-size: 14px; }
.sc-table th { text-align: left; font-weight: 600; color: var(--sc-muted); font-size: 13px; padding: 6px 10px 6px 0; }
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
.sc-progress { display: grid; grid-template-columns: minmax(0, 1fr) 90px; gap: 10px; align-items: center; font-size: 13px; width: 100%; text-align: left; }
.sc-progress progress { width: 100%; accent-color: var(--sc-accent); }
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
.q-notification .q-btn { color: inherit !important; }
.sc-calendar { --fc-border-color: var(--sc-line); --fc-page-bg-color: var(--sc-surface); --fc-neutral-bg-color: var(--sc-sunken);
  --fc-today-bg-color: var(--sc-accent-soft); --fc-list-event-hover-bg-color: var(--sc-sunken); --fc-event-border-color: transparent;
  --fc-button-bg-color: var(--sc-surface); --fc-button-border-color: var(--sc-line); --fc-button-text-color: var(--sc-text);
  --fc-button-hover-bg-color: var(--sc-sunken); --fc-button-hover-border-color: var(--sc-line); --fc-button-active-bg-color: var(--sc-accent-soft);
  --fc-button-active-border-color: var(--sc-accent); width: 100%; min-height: 560px; font-size: 14px; }
.sc-calendar .fc { --fc-small-font-size: 13px; }
.sc-calendar .fc-toolbar-title { font-size: 19px; font-weight: 650; }
.sc-calendar .fc-toolbar.fc-header-toolbar { flex-wrap: wrap; gap: 10px; }
.sc-calendar .fc-button { box-shadow: none !important; text-transform: none; font-weight: 500; }
.sc-calendar .fc-button-primary:not(:disabled).fc-button-active { color: var(--sc-accent); }
.sc-calendar .fc-event { border-radius: 6px; padding: 1px 5px; border: 0; cursor: pointer; overflow: hidden; }
.sc-calendar .fc-col-header-cell-cushion, .sc-calendar .fc-daygrid-day-number, .sc-calendar .fc-list-day-text,
.sc-calendar .fc-list-day-side-text, .sc-calendar .fc-list-event-title a { color: inherit; text-decoration: none; }
.sc-calendar .sc-ev-info { background: var(--sc-info-soft); color: var(--sc-info); --fc-event-text-color: var(--sc-info); }
.sc-calendar .sc-ev-good { background: var(--sc-good-soft); color: var(--sc-good); --fc-event-text-color: var(--sc-good); }
.sc-calendar .sc-ev-bad { background: var(--sc-bad-soft); color: var(--sc-bad); --fc-event-text-color: var(--sc-bad); }
.sc-calendar .sc-ev-warn { background: var(--sc-warn-soft); color: var(--sc-warn); --fc-event-text-color: var(--sc-warn); }
.sc-calendar .sc-ev-active { background: var(--sc-accent-soft); color: var(--sc-accent); --fc-event-text-color: var(--sc-accent); }
.sc-calendar .sc-ev-neutral { background: var(--sc-neutral-soft); color: var(--sc-muted); --fc-event-text-color: var(--sc-muted); }
.sc-calendar .fc-list-event { background: transparent; }
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
.q-dialog .sc-dialog:has(.sc-library, .sc-table) { max-width: 760px; width: 92vw; }
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
  .sc-medium-bar button { width: 40px; height: 40px; }
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
  .sc-story li { grid-template-columns: minmax(0, 1fr); }
  .sc-calendar .fc-toolbar-title { font-size: 16px; }
}
@media (prefers-reduced-motion: reduce) { * { animation-duration: .01ms !important; transition-duration: .01ms !important; } }
"""
