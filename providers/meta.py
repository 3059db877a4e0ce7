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
    Finding,
    Flow,
    Identity,
    Issue,
    Job,
    JobAccount,
    Metrics,
    Published,
    PublishedPost,
    Reconciled,
    SettingsRules,
    Way,
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


def examine(account: JobAccount) -> Flow[tuple[Finding, ...]]:
    of = instagram_business if account.account_type == INSTAGRAM else facebook
    return (yield from of.examine(account))


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


def for_type(account_type: str, *checks: Check) -> Check:
    """The first issue of checks that are meant for one kind of account."""

    def check(draft: Draft) -> Issue | None:
        if draft.account_type != account_type:
            return None
        return next((issue for one in checks if (issue := one(draft)) is not None), None)

    return check


def parse_instagram(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
    return _meta.parse_instagram_settings(raw, draft, media_first=False)


def text_limit(draft: Draft) -> int | None:
    limits = _meta.INSTAGRAM_LIMITS if draft.account_type == INSTAGRAM else facebook.LIMITS
    return limits.text(draft)


def pulls_media(draft: Draft) -> bool:
    return draft.account_type == INSTAGRAM or facebook.PROVIDER.pulls_media(draft)


PROVIDER = replace(
    facebook.PROVIDER,
    id="meta",
    name="Meta",
    aliases=(),
    checked=date(2026, 11, 20),
    accounts=(
        AccountType(id="facebook_page", publishable=True, name="Facebook page"),
        AccountType(id=INSTAGRAM, publishable=True, name="Instagram account"),
        AccountType(id="meta_user", publishable=False, name="Meta user"),
    ),
    connect=_meta.facebook_login(
        SCOPES,
        tuple(dict.fromkeys((*facebook.NEEDED, *instagram_business.NEEDED))),
        identify,
        no_account="You manage no page that this login may post to. Make one, or tick it when Facebook asks which pages "
        "to share.",
        no_account_next=Way(label="Make a page", url="https://www.facebook.com/pages/create"),
    ),
    limits=replace(facebook.LIMITS, text=text_limit),
    settings={
        "facebook_page": SettingsRules(model=facebook.Settings, parse=facebook.parse_settings),
        INSTAGRAM: SettingsRules(model=_meta.InstagramSettings, parse=parse_instagram),
    },
    checks=(
        for_type("facebook_page", *facebook.checks("meta_interaction_unsupported", "meta_media_unsupported")),
        for_type(
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
    examine=examine,
    app_of="facebook",
    pulls_media=pulls_media,
    limitations=("Kept for older clients; connect Facebook and Instagram each for themselves.",),
)
