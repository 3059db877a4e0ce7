"""The pages people see, built with NiceGUI."""

from __future__ import annotations

from backend.context import Context


def register(context: Context) -> None:
    """Declare all pages. Called once, before NiceGUI is put onto the application."""
    from nicegui import ui

    from . import design
    from .frame import page
    from .pages import accounts, billing, calendar, compose, entry, home, keys, networks, post, posts, settings
    from .words import _

    ui.add_head_html(f"<style>{design.CSS}</style>", shared=True)
    entry.register(context)
    page(context, "/", _("Home"), home.home)
    page(context, "/compose", _("Compose"), compose.compose)
    page(context, "/calendar", _("Calendar"), calendar.calendar)
    page(context, "/posts", _("Posts"), posts.posts)
    page(context, "/posts/{post_id}", _("Post"), post.post)
    page(context, "/accounts", _("Accounts"), accounts.accounts)
    page(context, "/keys", _("API keys"), keys.keys)
    page(context, "/settings", _("Settings"), settings.settings)
    page(context, "/settings/networks", _("Developer apps"), networks.networks)
    page(context, "/billing", _("Plan"), billing.billing)
