"""Instagram accounts that belong to a Facebook page.

Facts: https://developers.facebook.com/docs/instagram-platform (v25.0), checked 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from . import _meta
from ._meta import object_of
from .contract import (
    AccountType,
    Finding,
    Flow,
    Identity,
    JobAccount,
    Look,
    Provider,
    Rate,
    Scope,
    SettingsRules,
    Way,
)

SCOPES = (
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_insights",
    "instagram_manage_contents",
    "pages_show_list",
    "pages_read_engagement",
    "business_management",
)
NEEDED = ("instagram_basic", "instagram_content_publish", "pages_show_list", "pages_read_engagement")


def identify() -> Flow[tuple[Identity, ...]]:
    person, rows = yield from _meta.targets()
    return tuple(
        instagram_identity(row, person, "instagram:business:", "instagram_business_linked")
        for row in rows
        if row.get("instagram_business_account")
    )


def instagram_identity(row: Mapping[str, Any], person: str, prefix: str, account_type: str) -> Identity:
    """Publishes with the token of the page it belongs to."""
    found = object_of(row.get("instagram_business_account"))
    return Identity(
        external_id=str(found["id"]),
        handle=f"{prefix}{found['id']}",
        aliases=(f"instagram:@{found['username']}",) if found.get("username") else (),
        display_name=str(found.get("name") or found.get("username") or found["id"]),
        account_type=account_type,
        avatar_url=found.get("profile_picture_url"),
        meta={"user_id": person, "username": found.get("username"), "page": str(row["id"])},
        secret={"access_token": str(row["access_token"])},
    )


def examine(account: JobAccount) -> Flow[tuple[Finding, ...]]:
    token = yield from _meta.inspect()
    return (token, *(yield from _meta.posts_left(account.external_id)))


PROVIDER = Provider(
    id="instagram_business",
    name="Instagram (with Facebook)",
    aliases=("instagram-business", "instagram-linked"),
    docs="https://developers.facebook.com/docs/instagram-platform/content-publishing",
    checked=date(2026, 11, 20),
    icon=_meta.INSTAGRAM_ICON,
    look=Look(layout="picture"),
    hosts={"api": _meta.GRAPH, "auth": _meta.DIALOG},
    accounts=(
        AccountType(id="instagram_business_linked", publishable=True, name="Instagram account"),
        AccountType(id="instagram_business_identity", publishable=False, name="Facebook user"),
    ),
    connect=_meta.facebook_login(
        SCOPES,
        NEEDED,
        identify,
        no_account="None of your pages has a professional Instagram account linked to it. Link one in the settings of "
        "the page, and tick the page when Facebook asks.",
        no_account_next=Way(
            label="How to link one",
            url="https://developers.facebook.com/docs/instagram-platform/instagram-api-with-facebook-login/get-started",
        ),
    ),
    sign=_meta.sign,
    limits=_meta.INSTAGRAM_LIMITS,
    publish_shape="single_media_post",
    media_delivery="meta_fetches_public_media_url",
    settings={
        "instagram_business_linked": SettingsRules(model=_meta.InstagramSettings, parse=_meta.parse_instagram_settings)
    },
    unknown_settings_code="instagram_settings_unsupported",
    checks=_meta.INSTAGRAM_CHECKS,
    publish=_meta.publish_instagram,
    read_error=_meta.read_error,
    account_type_of=lambda handle: (
        "instagram_business_identity"
        if handle.lower().startswith("instagram:business-user:")
        else "instagram_business_linked"
    ),
    handle_prefixes=("instagram:business:", "instagram:business-user:"),
    rates=(
        # https://developers.facebook.com/docs/instagram-platform/content-publishing: 50 in some places, 100 in others
        Rate(count=50, per=timedelta(hours=24), scope=Scope.ACCOUNT),
    ),
    reconcile=_meta.reconcile_instagram,
    settle=(5.0, 15.0, 40.0),
    delete=_meta.delete,
    post_metrics=_meta.instagram_metrics,
    account_metrics=_meta.instagram_account_metrics,
    actions=(_meta.linked_targets("facebook:page:", "instagram:business:"),),
    app=_meta.FACEBOOK_APP,
    examine=examine,
    app_of="facebook",
    grant_family="meta",
    pulls_media=lambda draft: bool(draft.assets),
    limitations=("Pictures and videos are fetched by Instagram from this server's public address.",),
)
