"""What makes the pages a program of their own on a phone or a desktop: a manifest, icons, and a script for all pages."""

from __future__ import annotations

from pathlib import Path

from nicegui import app, ui

from .markup import joined, tag, void

STATIC = Path(__file__).parent / "static"
DAY = 86400


def install() -> None:
    app.add_static_files("/static", STATIC, max_cache_age=DAY)
    ui.add_head_html(
        joined(
            void("link", rel="manifest", href="/static/manifest.json"),
            void("link", rel="icon", href="/static/icon.svg", type="image/svg+xml"),
            void("link", rel="apple-touch-icon", href="/static/icon-180.png"),
            void("meta", name="theme-color", content="#f6f7f9", media="(prefers-color-scheme: light)"),
            void("meta", name="theme-color", content="#10131a", media="(prefers-color-scheme: dark)"),
            tag("script", src="/static/socialclaw.js"),
        ),
        shared=True,
    )
