"""Facebook pages and their Instagram accounts behind one login: how older clients connected them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from . import _meta, facebook, instagram_business, rules
from .contract import (
    JSON,
    AccountType,
    Check,
    Doubt,
    Draft,
    Flow,
    Icon,
    Identity,
    Issue,
    Job,
    Metrics,
    Published,
    PublishedPost,
    Reconciled,
    SettingsRules,
)

SCOPES = tuple(dict.fromkeys((*facebook.SCOPES, *instagram_business.SCOPES)))
INSTAGRAM = "instagram_business"


def identify() -> Flow[tuple[Identity, ...]]:
    person, rows = yield from _meta.targets()
    pages = [facebook.page_identity(row, person, "meta:page:") for row in rows if _meta.may_post(row)]
    linked = [
        instagram_business.instagram_identity(row, person, "meta:instagram:", INSTAGRAM)
        for row in rows
        if row.get("instagram_business_account")
    ]
    return (*pages, *linked)


def publish(job: Job) -> Flow[Published]:
    to_instagram = job.account.account_type == INSTAGRAM
    return (yield from (_meta.publish_instagram(job) if to_instagram else facebook.publish(job)))


def reconcile(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    on_instagram = job.account.account_type == INSTAGRAM
    return (yield from (_meta.reconcile_instagram(job, doubt) if on_instagram else facebook.reconcile(job, doubt)))


def post_metrics(post: PublishedPost) -> Flow[Metrics]:
    on_instagram = post.account.account_type == INSTAGRAM
    return (yield from (_meta.instagram_metrics(post) if on_instagram else facebook.post_metrics(post)))


def account_type_of(handle: str) -> str:
    lowered = handle.lower()
    if lowered.startswith("meta:page:"):
        return "facebook_page"
    return INSTAGRAM if lowered.startswith("meta:instagram:") else "meta_user"


def for_type(account_type: str, *checks: Check) -> tuple[Check, ...]:
    """Checks that are meant for one kind of account."""

    def of_type(check: Check) -> Check:
        return lambda draft: check(draft) if draft.account_type == account_type else None

    return tuple(map(of_type, checks))


def parse_instagram(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
    return _meta.parse_instagram_settings(raw, draft, media_first=False)


def pulls_media(draft: Draft) -> bool:
    return draft.account_type == INSTAGRAM or facebook.PROVIDER.pulls_media(draft)


# Simple Icons (CC0-1.0), read 2026-11-28.
ICON = Icon(
    colour="#0467df",
    path="M6.915 4.03c-1.968 0-3.683 1.28-4.871 3.113C.704 9.208 0 11.883 0 14.449c0 .706.07 1.369.21 1.973"
    "a6.624 6.624 0 0 0 .265.86 5.297 5.297 0 0 0 .371.761"
    "c.696 1.159 1.818 1.927 3.593 1.927 1.497 0 2.633-.671 3.965-2.444.76-1.012 1.144-1.626 2.663-4.32"
    "l.756-1.339.186-.325c.061.1.121.196.183.3l2.152 3.595"
    "c.724 1.21 1.665 2.556 2.47 3.314 1.046.987 1.992 1.22 3.06 1.22 1.075 0 1.876-.355 2.455-.843"
    "a3.743 3.743 0 0 0 .81-.973"
    "c.542-.939.861-2.127.861-3.745 0-2.72-.681-5.357-2.084-7.45-1.282-1.912-2.957-2.93-4.716-2.93-1.047"
    " 0-2.088.467-3.053 1.308-.652.57-1.257 1.29-1.82 2.05-.69-.875-1.335-1.547-1.958-2.056-1.182-.966"
    "-2.315-1.303-3.454-1.303zm10.16 2.053"
    "c1.147 0 2.188.758 2.992 1.999 1.132 1.748 1.647 4.195 1.647 6.4 0 1.548-.368 2.9-1.839 2.9-.58 0"
    "-1.027-.23-1.664-1.004-.496-.601-1.343-1.878-2.832-4.358l-.617-1.028a44.908 44.908 0 0 0-1.255-1.98"
    "c.07-.109.141-.224.211-.327 1.12-1.667 2.118-2.602 3.358-2.602zm-10.201.553"
    "c1.265 0 2.058.791 2.675 1.446.307.327.737.871 1.234 1.579l-1.02 1.566"
    "c-.757 1.163-1.882 3.017-2.837 4.338-1.191 1.649-1.81 1.817-2.486 1.817-.524 0-1.038-.237-1.383"
    "-.794-.263-.426-.464-1.13-.464-2.046 0-2.221.63-4.535 1.66-6.088.454-.687.964-1.226 1.533-1.533"
    "a2.264 2.264 0 0 1 1.088-.285z",
)

PROVIDER = replace(
    facebook.PROVIDER,
    id="meta",
    name="Meta",
    aliases=(),
    checked=date(2026, 11, 20),
    icon=ICON,
    accounts=(
        AccountType(id="facebook_page", publishable=True, name="Facebook page"),
        AccountType(
            id=INSTAGRAM,
            publishable=True,
            name="Instagram account",
            limits=_meta.INSTAGRAM_LIMITS,
            publish_shape=instagram_business.PROVIDER.publish_shape,
            media_delivery=instagram_business.PROVIDER.media_delivery,
        ),
        AccountType(id="meta_user", publishable=False, name="Meta user"),
    ),
    connect=_meta.facebook_login(SCOPES, (*facebook.NEEDED, *instagram_business.NEEDED), identify),
    settings={
        "facebook_page": SettingsRules(model=facebook.Settings, parse=facebook.parse_settings),
        INSTAGRAM: SettingsRules(model=_meta.InstagramSettings, parse=parse_instagram),
    },
    checks=(
        *for_type("facebook_page", *facebook.checks("meta_interaction_unsupported", "meta_media_unsupported")),
        *for_type(
            INSTAGRAM,
            _meta.carousel,
            rules.interaction_in(("post",), "meta_interaction_unsupported"),
            rules.media_required("instagram_media_required"),
            rules.known_extension("meta_media_unsupported"),
            _meta.few_tags,
        ),
    ),
    publish=publish,
    account_type_of=account_type_of,
    reconcile=reconcile,
    post_metrics=post_metrics,
    account_metrics=None,
    actions=(_meta.linked_targets("meta:page:", "meta:instagram:"),),
    app_of="facebook",
    pulls_media=pulls_media,
    limitations=("Kept for older clients; connect Facebook and Instagram each for themselves.",),
)
