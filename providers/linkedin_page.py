"""LinkedIn, as a page of an organisation: text, images and a video.

Facts: https://learn.microsoft.com/linkedin/marketing (version 202607), checked 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, cast

from . import _linkedin
from ._linkedin import headers, object_of, urn_path
from .contract import (
    JSON,
    Absent,
    AccountType,
    AppMode,
    Call,
    Doubt,
    Effect,
    Flow,
    Found,
    Identity,
    Job,
    JobAccount,
    Metrics,
    Provider,
    Published,
    PublishedPost,
    Rate,
    Reconciled,
    Request,
    Response,
    Scope,
    Way,
    bearer,
)

# The product that has these stands alone on its app, so nothing of another product is asked for.
SCOPES = ("w_organization_social", "r_organization_social", "rw_organization_admin")
MAY_POST = ("ADMINISTRATOR", "CONTENT_ADMIN", "CONTENT_ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER")
PAGE_OF_ROLES = 100


# --- connecting -------------------------------------------------------------------------------------------------------


def identify() -> Flow[tuple[Identity, ...]]:
    """Every page where this person may post."""
    roles = yield from _roles()
    organizations = list(dict.fromkeys(row["organization"] for row in roles if row["role"] in MAY_POST))
    if not organizations:
        return ()
    ids = ",".join(urn.rpartition(":")[2] for urn in organizations)
    request = Request("GET", f"/rest/organizations?ids=List({ids})", headers=headers())
    named = yield Call("pages", request, Effect.READ, read=_names)
    return tuple(_identity(urn, named.get(urn.rpartition(":")[2], {})) for urn in organizations)


def _roles() -> Flow[list[Any]]:
    found: list[Any] = []
    while True:
        request = Request(
            "GET",
            "/rest/organizationAcls",
            headers=headers(),
            params={
                "q": "roleAssignee",
                "state": "APPROVED",
                "count": str(PAGE_OF_ROLES),
                "start": str(len(found)),
            },
        )
        rows = yield Call(f"roles-{len(found)}", request, Effect.READ, read=_role_rows)
        found += rows
        if len(rows) < PAGE_OF_ROLES:
            return found


def _role_rows(response: Response) -> JSON:
    return [
        {"organization": str(row.get("organization") or row.get("organizationTarget")), "role": str(row.get("role"))}
        for row in _elements(response)
    ]


def _names(response: Response) -> JSON:
    results = object_of(object_of(response.json).get("results"))
    return {str(id): {"name": row.get("localizedName"), "vanity": row.get("vanityName")} for id, row in results.items()}


def _identity(urn: str, named: Mapping[str, Any]) -> Identity:
    id = urn.rpartition(":")[2]
    return Identity(
        external_id=id,
        handle=f"linkedin:page:{id}",
        aliases=(f"linkedin_page:page:{id}",),
        display_name=str(named.get("name") or named.get("vanity") or f"Page {id}"),
        account_type="linkedin_page",
        meta={"urn": urn, "vanityName": named.get("vanity")},
    )


def _elements(response: Response) -> Sequence[Mapping[str, Any]]:
    """Raises KeyError or TypeError when the answer is no list."""
    return cast("Sequence[Mapping[str, Any]]", cast("Mapping[str, Any]", response.json)["elements"])


def _author(account: JobAccount) -> str:
    return str(account.meta.get("urn") or f"urn:li:organization:{account.external_id}")


# --- publishing and after ---------------------------------------------------------------------------------------------


def publish(job: Job) -> Flow[Published]:
    return (yield from _linkedin.publish(_author(job.account), job, may_read=True))


def reconcile(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    """The page's newest posts, compared by their words: LinkedIn knows no key of ours."""
    request = Request(
        "GET",
        f"/rest/posts?q=author&author={urn_path(_author(job.account))}&count=20&sortBy=CREATED",
        headers={**headers(), "X-RestLi-Method": "FINDER"},
    )
    rows = yield Call("posts", request, Effect.READ, read=lambda response: list(_elements(response)))
    since = (doubt.intended_at - timedelta(seconds=60)).timestamp() * 1000
    wanted = _same(_linkedin.little(job.text))
    found = [
        str(row["id"])
        for row in rows
        if _same(str(row.get("commentary") or "")) == wanted and float(row.get("createdAt") or 0) >= since
    ]
    return Found(tuple(Published(id=id, url=_linkedin.post_url(id)) for id in found)) if found else Absent()


def _same(commentary: str) -> str:
    return " ".join(_linkedin.plain(commentary).split())


def post_metrics(post: PublishedPost) -> Flow[Metrics]:
    """https://learn.microsoft.com/linkedin/marketing/community-management/organizations/share-statistics"""
    names = "ugcPosts" if ":ugcPost:" in post.id else "shares"
    request = Request(
        "GET",
        "/rest/organizationalEntityShareStatistics?q=organizationalEntity"
        f"&organizationalEntity={urn_path(_author(post.account))}&{names}=List({urn_path(post.id)})",
        headers=headers(),
    )
    rows = yield Call("metrics", request, Effect.READ, read=lambda response: list(_elements(response)))
    # a post that nobody has seen yet is not in the list
    seen = cast("Sequence[Mapping[str, Any]]", rows)
    figures = object_of(seen[0].get("totalShareStatistics")) if seen else cast("Mapping[str, Any]", {})
    return {
        "impressions": figures.get("impressionCount", 0),
        "reach": figures.get("uniqueImpressionsCount", 0),
        "views": None,
        "likes": figures.get("likeCount", 0),
        "comments": figures.get("commentCount", 0),
        "shares": figures.get("shareCount", 0),
        "saves": None,
        "clicks": figures.get("clickCount", 0),
    }


def account_metrics(account: JobAccount) -> Flow[Metrics]:
    request = Request(
        "GET",
        f"/rest/networkSizes/{urn_path(_author(account))}",
        headers=headers(),
        params={"edgeType": "COMPANY_FOLLOWED_BY_MEMBER"},
    )
    found = yield Call("followers", request, Effect.READ, read=lambda response: object_of(response.json))
    return {"followers": found.get("firstDegreeSize")}


PROVIDER = Provider(
    id="linkedin_page",
    name="LinkedIn Page",
    aliases=("linkedin-page", "linkedin-company"),
    docs=_linkedin.DOCS,
    checked=date(2026, 11, 20),
    icon=_linkedin.ICON,
    hosts=_linkedin.HOSTS,
    accounts=(AccountType(id="linkedin_page", publishable=True, name="LinkedIn page"),),
    connect=_linkedin.oauth(
        SCOPES,
        identify,
        SCOPES,
        no_account="You may post as no page: that takes the role of a super admin or content admin of one. Ask an admin "
        "of the page for it, or make a page.",
        no_account_next=Way(label="Make a page", url="https://www.linkedin.com/company/setup/new/"),
    ),
    sign=bearer,
    limits=_linkedin.LIMITS,
    publish_shape="text_or_image_post",
    media_delivery="socialclaw_uploads_images_to_linkedin",
    settings={"linkedin_page": _linkedin.no_settings("linkedin_page_settings_unsupported")},
    unknown_settings_code="linkedin_page_settings_unsupported",
    checks=_linkedin.checks("linkedin_page"),
    publish=publish,
    read_error=_linkedin.read_error,
    account_type_of=lambda handle: "linkedin_page",
    handle_prefixes=("linkedin:page:", "linkedin:page-admin:"),
    rates=(Rate(count=100, per=timedelta(hours=24), scope=Scope.ACCOUNT),),
    reconcile=reconcile,
    settle=(5.0, 15.0, 40.0),
    delete=_linkedin.delete,
    post_metrics=post_metrics,
    account_metrics=account_metrics,
    post_url=lambda post_id, account: _linkedin.post_url(post_id),
    constants={"version": _linkedin.VERSION},
    app=_linkedin.app_rules(
        AppMode(
            # https://learn.microsoft.com/linkedin/marketing/community-management/community-management-overview
            title="Products of the app",
            detail="The app needs the product Community Management API, alone on an app of its own. Its development tier "
            "makes 500 calls a day; the standard tier takes another review. The tab Products shows both.",
            next=Way(label="Your apps at LinkedIn", url="https://www.linkedin.com/developers/apps"),
        )
    ),
    limitations=("Posting as a page needs an app that LinkedIn has approved for the Community Management API.",),
)
