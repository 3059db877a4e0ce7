"""The pages people see, built with NiceGUI."""

from __future__ import annotations

from backend.context import Context


def register(context: Context) -> None:
    """Declare all pages. Called once, before NiceGUI is put onto the application."""
    from nicegui import ui

    from . import design
    from .pages import entry

    ui.add_head_html(f"<style>{design.CSS}</style>", shared=True)
    entry.register(context)
