"""LinkedIn, as a member: text, images and a video on one's own profile.

Facts: https://learn.microsoft.com/linkedin/marketing (version 202607), checked 2026-11-20.
"""

from __future__ import annotations

from datetime import date, timedelta

from . import _linkedin, rules
from .contract import (
    AccountType,
    AppMode,
    Call,
    Effect,
    Flow,
    Identity,
    Job,
    Provider,
    Published,
    Rate,
    Request,
    Scope,
    Way,
    bearer,
)

SCOPES = ("openid", "profile", "w_member_social")


def identify() -> Flow[tuple[Identity, ...]]:
    me = yield Call("me", Request("GET", "/v2/userinfo"), Effect.READ, read=lambda response: response.json)
    member = str(me["sub"])
    return (
        Identity(
            external_id=member,
            handle=f"linkedin:member:{member}",
            aliases=(f"linkedin:person:{member}",),
            display_name=str(me.get("name") or member),
            account_type="linkedin_member",
            avatar_url=me.get("picture"),
        ),
    )


def publish(job: Job) -> Flow[Published]:
    return (yield from _linkedin.publish(f"urn:li:person:{job.account.external_id}", job, may_read=False))


PROVIDER = Provider(
    id="linkedin",
    name="LinkedIn",
    aliases=("li",),
    docs=_linkedin.DOCS,
    checked=date(2026, 11, 20),
    icon=_linkedin.ICON,
    hosts=_linkedin.HOSTS,
    accounts=(AccountType(id="linkedin_member", publishable=True, name="LinkedIn profile"),),
    connect=_linkedin.oauth(SCOPES, identify, SCOPES),
    sign=bearer,
    limits=_linkedin.LIMITS,
    publish_shape="text_or_image_post",
    media_delivery="socialclaw_uploads_images_to_linkedin",
    settings={"linkedin_member": _linkedin.no_settings("linkedin_settings_unsupported")},
    unknown_settings_code="linkedin_settings_unsupported",
    checks=_linkedin.checks("linkedin", rules.known_extension("linkedin_media_unsupported", _linkedin.EXTENSIONS)),
    publish=publish,
    read_error=_linkedin.read_error,
    account_type_of=lambda handle: "linkedin_member",
    rates=(
        # https://learn.microsoft.com/linkedin/shared/api-guide/concepts/rate-limits
        Rate(count=150, per=timedelta(hours=24), scope=Scope.ACCOUNT),
    ),
    delete=_linkedin.delete,
    post_url=lambda post_id, account: _linkedin.post_url(post_id),
    constants={"version": _linkedin.VERSION},
    app=_linkedin.app_rules(
        AppMode(
            # https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/share-on-linkedin
            title="Products of the app",
            detail="The app needs the products Sign In with LinkedIn using OpenID Connect and Share on LinkedIn, which "
            "every app gets at once. The tab Products shows which it has.",
            next=Way(label="Your apps at LinkedIn", url="https://www.linkedin.com/developers/apps"),
        )
    ),
    limitations=(
        "LinkedIn does not let apps read a member's own posts: a post whose answer was lost has to be looked up by hand.",
        "Figures of a member's posts need a permission that LinkedIn gives to few apps.",
        "The login ends after 60 days and then has to be made again.",
    ),
)
