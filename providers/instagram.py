"""Instagram accounts with a login of their own, without a Facebook page.

Facts: https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login, checked 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from . import _meta, findings
from ._meta import object_in, path
from .contract import (
    AccountType,
    App,
    Call,
    Effect,
    Finding,
    Flow,
    Identity,
    JobAccount,
    Level,
    Look,
    OAuth2,
    Provider,
    Rate,
    Request,
    Scope,
    SettingsRules,
    Token,
    Way,
)

SCOPES = ("instagram_business_basic", "instagram_business_content_publish", "instagram_business_manage_insights")
NO_ACCOUNT = (
    "Programs cannot post to a personal Instagram account. Make it a professional one in the app, under Settings, Account "
    "type and tools; then connect again."
)
PROFESSIONAL = Way(label="How that is done", url="https://help.instagram.com/502981923235522")
PROFILE = "id,user_id,username,name,account_type,profile_picture_url"


def identify() -> Flow[tuple[Identity, ...]]:
    request = Request("GET", path("me"), params={"fields": PROFILE})
    me = yield Call("me", request, Effect.READ, read=object_in)
    if not professional(me):
        return ()
    id = str(me.get("user_id") or me["id"])
    identity = Identity(
        external_id=id,
        handle=f"instagram:standalone:{id}",
        aliases=(f"instagram:@{me['username']}",) if me.get("username") else (),
        display_name=str(me.get("name") or me.get("username") or id),
        account_type="instagram_standalone",
        avatar_url=me.get("profile_picture_url"),
        # what is sent when somebody takes the login back names one or the other
        meta={"user_id": [str(me["id"]), id], "username": me.get("username")},
    )
    return (identity,)


def professional(me: Mapping[str, Any]) -> bool:
    """Only these may be published to; an answer without the field is believed."""
    return str(me.get("account_type") or "BUSINESS").upper() in ("BUSINESS", "MEDIA_CREATOR", "CREATOR")


def examine(account: JobAccount) -> Flow[tuple[Finding, ...]]:
    request = Request("GET", path("me"), params={"fields": PROFILE})
    me = yield Call("me", request, Effect.READ, read=object_in)
    if not professional(me):
        return (findings.account(Level.BAD, "This is a personal account", NO_ACCOUNT, PROFESSIONAL),)
    kind = findings.account(Level.OK, "Professional account")
    return (kind, *(yield from _meta.posts_left(account.external_id)))


def longer(app: App, token: Token) -> Request:
    return Request(
        "GET",
        "/access_token",
        params={
            "grant_type": "ig_exchange_token",
            "client_secret": app.client_secret,
            "access_token": token.access_token,
        },
    )


PROVIDER = Provider(
    id="instagram",
    name="Instagram",
    aliases=("ig",),
    docs="https://developers.facebook.com/docs/instagram-platform/content-publishing",
    checked=date(2026, 11, 20),
    icon=_meta.INSTAGRAM_ICON,
    look=Look(layout="picture"),
    hosts={
        "api": "https://graph.instagram.com",
        "auth": "https://www.instagram.com",
        "token": "https://api.instagram.com",
    },
    accounts=(AccountType(id="instagram_standalone", publishable=True, name="Instagram account"),),
    connect=OAuth2(
        authorize="/oauth/authorize",
        token="/oauth/access_token",
        token_host="token",
        client_auth="post",
        pkce=False,
        scope_separator=",",
        scopes=SCOPES,
        required_scopes=("instagram_business_basic", "instagram_business_content_publish"),
        lost_without={"instagram_business_manage_insights": "There are no figures of posts and accounts."},
        identify=identify,
        no_account=NO_ACCOUNT,
        no_account_next=PROFESSIONAL,
        read_token=_meta.read_token,
        prolong=longer,
        renew=lambda app, values: Request(
            "GET",
            "/refresh_access_token",
            params={"grant_type": "ig_refresh_token", "access_token": values["access_token"]},
        ),
        renew_before=_meta.RENEW_BEFORE,
    ),
    sign=_meta.sign_without_proof,
    limits=_meta.INSTAGRAM_LIMITS,
    publish_shape="single_media_post",
    media_delivery="instagram_fetches_public_media_url",
    settings={
        "instagram_standalone": SettingsRules(model=_meta.InstagramSettings, parse=_meta.parse_instagram_settings)
    },
    unknown_settings_code="instagram_settings_unsupported",
    checks=_meta.INSTAGRAM_CHECKS,
    publish=_meta.publish_instagram,
    read_error=_meta.read_error,
    account_type_of=lambda handle: "instagram_standalone",
    rates=(Rate(count=50, per=timedelta(hours=24), scope=Scope.ACCOUNT),),
    reconcile=_meta.reconcile_instagram,
    settle=(5.0, 15.0, 40.0),
    post_metrics=_meta.instagram_metrics,
    account_metrics=_meta.instagram_account_metrics,
    app=_meta.app_rules(
        "Instagram, API setup with Instagram login, Business login settings, OAuth redirect URIs",
        "Instagram app ID, which is not the App ID of Meta",
    ),
    examine=examine,
    grant_family="meta",
    pulls_media=lambda draft: bool(draft.assets),
    limitations=(
        "Instagram has no way to delete a post for programs with this login: delete it in the app.",
        "Pictures and videos are fetched by Instagram from this server's public address.",
    ),
)
