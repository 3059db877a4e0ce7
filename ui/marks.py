"""Small marks that say what something is: networks, statuses, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import providers
from backend.outcomes import UNKNOWN_OUTCOME
from backend.planning import generated_name
from backend.status import PostStatus
from providers.contract import Icon

from . import design
from .markup import Markup, icon, joined, tag
from .run import Screen
from .when import exact, moment
from .words import _, later

WORDS = {
    "draft": later("Draft"),
    "scheduled": later("Scheduled"),
    "publishing": later("Publishing"),
    "published": later("Published"),
    "retry_pending": later("Waiting to retry"),
    "failed": later("Failed"),
    "canceled": later("Canceled"),
    "unknown": later("Outcome unknown"),
    "deleted": later("Deleted"),
    "connected": later("Connected"),
    "needs_reconnect": later("Needs a new login"),
    "disconnected": later("Disconnected"),
    "paused": later("Paused"),
    "created": later("Scheduled"),
    "processing": later("Under way"),
    "completed": later("Done"),
    "partial_failed": later("Some failed"),
}


def see_link(post: Mapping[str, Any], screen: Screen) -> Markup | None:
    """Where everybody can see the post. The links of sandbox networks name the real ones, which have no such post."""
    settings, address = screen.context.settings, str(post["providerUrl"] or "")
    words = _("See it at {network}").format(network=network_name(str(post["provider"])))
    if settings.environment == "sandbox" and settings.sandbox_address and post["status"] == PostStatus.PUBLISHED:
        address, words = f"{settings.sandbox_address}/_/{post['provider']}", _("See what the audience sees")
    if not address.startswith(("https://", "http://")):
        return None
    return tag(
        "a", words, icon("open_in_new"), href=address, target="_blank", rel="noopener noreferrer", class_=design.SEE
    )


def status_of(post: Mapping[str, Any]) -> str:
    """The row's status, and the two conditions that a person must not mistake for it."""
    if post["status"] == PostStatus.FAILED and post["errorCode"] == UNKNOWN_OUTCOME:
        return "unknown"
    if post["status"] == PostStatus.PUBLISHED and post["deletedAt"]:
        return "deleted"
    return post["status"]


def badge(status: str) -> Markup:
    return tag("span", _(WORDS.get(status, status)), class_=design.badge(status))


def network(provider_id: str) -> Markup:
    """The network's own sign in its colours, or letters; screen readers hear its name."""
    name = network_name(provider_id)
    known = providers.all_providers().get(provider_id)
    named: dict[str, object] = {"class_": "sc-mark", "role": "img", "aria_label": name, "title": name}
    if known is None or known.icon is None:
        return tag("span", _letters(name), style=f"--hue:{design.hue(provider_id)}", **named)
    return tag("span", _sign(known.icon), style=design.brand(known.icon.colour), **named)


def _sign(icon: Icon) -> Markup:
    return tag("svg", tag("path", d=icon.path), viewBox="0 0 24 24", fill="currentColor", aria_hidden="true")


def sprite() -> Markup:
    """All networks' signs once, for pages that show hundreds of them with ``sign``."""
    drawn = (
        tag("symbol", tag("path", d=known.icon.path), id=f"sc-sign-{known.id}", viewBox="0 0 24 24")
        for known in providers.all_providers().values()
        if known.icon
    )
    return tag("svg", *drawn, width="0", height="0", style="position:absolute", aria_hidden="true")


def sign(provider_id: str) -> Markup:
    """The network's sign in the colour of the text around it, without a name: that has to stand beside it."""
    known = providers.all_providers().get(provider_id)
    if known is None or known.icon is None:
        return tag("em", _letters(network_name(provider_id)), class_="sc-sign", aria_hidden="true")
    return tag("svg", tag("use", href=f"#sc-sign-{provider_id}"), class_="sc-sign", aria_hidden="true")


def network_name(provider_id: str) -> str:
    known = providers.all_providers().get(provider_id)
    return known.name if known else provider_id


def _letters(name: str) -> str:
    capitals = "".join(letter for letter in name if letter.isupper())
    return (capitals if len(capitals) > 1 else name)[:2]


def headline(post: Mapping[str, Any]) -> str:
    text = " ".join(f"{title(post)} {post['description']}".split())
    if text:
        return text[:200]
    return _("Media without text") if post["assets"] else _("Empty")


def title(post: Mapping[str, Any]) -> str:
    """Of the post itself: what lists call a step of a campaign is none."""
    campaign = post["campaignName"]
    return "" if campaign and post["name"] == generated_name(campaign, post["stepIndex"]) else post["name"]


def post_rows(posts: Sequence[Mapping[str, Any]], screen: Screen) -> Markup:
    return tag("ul", *(tag("li", post_row(post, screen)) for post in posts), class_="sc-rows")


def post_row(post: Mapping[str, Any], screen: Screen) -> Markup:
    return tag("a", row_content(post, screen), href=f"/posts/{post['id']}", class_="sc-row")


def row_content(post: Mapping[str, Any], screen: Screen) -> Markup:
    """Where it goes, what it says, what is wrong with it, when and how it stands."""
    name, zone = screen.names.get(post["accountId"], post["account"]), screen.zone
    status = status_of(post)
    at = post["publishedAt"] if status in ("published", "deleted") and post["publishedAt"] else post["publishAtUtc"]
    wrong = post["error"] if status in ("failed", "unknown", "retry_pending") else None
    where = f"{name} · {post['campaignName']}" if post["campaignName"] else name
    more = tag("span", wrong, class_="sc-row-more sc-bad") if wrong else tag("span", where, class_="sc-row-more")
    when = tag("time", moment(at, zone, screen.now()), datetime=at, title=exact(at, zone))
    return joined(
        network(post["provider"]),
        tag("span", tag("span", headline(post), class_="sc-row-text"), more),
        tag("span", when, badge(status), class_="sc-row-end"),
    )


def facts(*pairs: tuple[str, object]) -> Markup:
    """A list of names and values; pairs without a value are left out."""
    given = [(name, value) for name, value in pairs if value not in (None, "")]
    return tag("dl", joined(*(joined(tag("dt", name), tag("dd", value)) for name, value in given)), class_="sc-facts")
