"""The pages people see, built with NiceGUI."""

from __future__ import annotations

from backend.context import Context


def register(context: Context) -> None:
    """Declare all pages. Called once, before NiceGUI is put onto the application."""
    from nicegui import ui

    from . import design
    from .frame import page
    from .installed import install
    from .pages import (
        accounts,
        activity,
        analytics,
        analytics_detail,
        billing,
        calendar,
        compose,
        entry,
        home,
        keys,
        media_library,
        members,
        networks,
        one_run,
        post,
        posts,
        runs,
        settings,
        transfer,
    )
    from .words import later

    install()
    ui.add_head_html(f"<style>{design.CSS}</style>", shared=True)
    entry.register(context)
    page(context, "/", later("Home"), home.home)
    page(context, "/compose", later("Compose"), compose.compose)
    page(context, "/calendar", later("Calendar"), calendar.calendar)
    page(context, "/posts", later("Posts"), posts.posts)
    page(context, "/posts/{post_id}", later("Post"), post.post)
    page(context, "/runs", later("Runs"), runs.runs)
    page(context, "/runs/{run_id}", later("Run"), one_run.one_run)
    page(context, "/media-library", later("Media library"), media_library.media_library)
    page(context, "/analytics", later("Analytics"), analytics.analytics)
    page(context, "/analytics/posts/{post_id}", later("Analytics"), analytics_detail.of_post)
    page(context, "/analytics/runs/{run_id}", later("Analytics"), analytics_detail.of_run)
    page(context, "/accounts", later("Accounts"), accounts.accounts)
    page(context, "/keys", later("API keys"), keys.keys)
    page(context, "/settings", later("Settings"), settings.settings)
    page(context, "/settings/networks", later("Developer apps"), networks.networks)
    page(context, "/settings/members", later("Members"), members.members)
    page(context, "/settings/activity", later("Activity"), activity.activity)
    page(context, "/settings/transfer", later("Import and export"), transfer.transfer)
    page(context, "/billing", later("Plan"), billing.billing)
