"""Where one can go, and the keys that lead there. The navigation, the search and the help sheet read it."""

from __future__ import annotations

from dataclasses import dataclass

from ..words import later


@dataclass(frozen=True, slots=True)
class Place:
    path: str
    icon: str
    name: str
    key: str = ""
    """After ``g``."""
    parts: tuple[str, ...] = ()
    """Beginnings of the paths of pages that belong to it."""

    def holds(self, path: str) -> bool:
        return path == self.path or path.startswith(self.parts)


PLACES = (
    Place("/", "home", later("Home"), "h"),
    Place("/compose", "edit", later("Compose"), "n"),
    Place("/calendar", "calendar_month", later("Calendar"), "c"),
    Place("/posts", "view_list", later("Posts"), "p", ("/posts/", "/runs")),
    Place("/media-library", "perm_media", later("Media library"), "m"),
    Place("/analytics", "insights", later("Analytics"), "f", ("/analytics/",)),
    Place("/accounts", "hub", later("Accounts"), "a"),
    Place("/keys", "key", later("API keys"), "k"),
    Place("/settings", "tune", later("Settings"), "s", ("/settings/", "/billing")),
)
WITHIN_REACH = 4
"""So many places stand in the bar of a phone; the rest is behind its last button."""
