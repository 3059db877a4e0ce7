"""WordPress: sites on WordPress.com by OAuth, and any other site through its own REST API with Application Passwords.

WordPress.com answers the core routes (wp/v2) for its own sites and for those that Jetpack ties to it, so publishing is
the same code for both; only who asks, and the figures, differ.

Facts: https://developer.wordpress.org/rest-api/reference/ and runs against WordPress 6.1.9, checked 2026-11-23;
https://developer.wordpress.com/docs/api/ and https://developer.wordpress.com/docs/oauth2/, checked 2026-11-28.
"""

from __future__ import annotations

import base64
import hashlib
import html
import ipaddress
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, Literal, cast
from urllib.parse import quote, urlencode, urljoin, urlsplit, urlunsplit

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from . import findings, rules
from .contract import (
    JSON,
    Absent,
    AccountType,
    App,
    AppRules,
    AssetBytes,
    Call,
    Credential,
    Doubt,
    Draft,
    Effect,
    Finding,
    Flow,
    FlowError,
    Found,
    Icon,
    Identity,
    Issue,
    Job,
    JobAccount,
    JobAsset,
    Kind,
    Level,
    Limits,
    Look,
    Manual,
    Media,
    Metrics,
    OAuth2,
    Page,
    Problem,
    Provider,
    Published,
    PublishedPost,
    Reconciled,
    Request,
    Response,
    Scope,
    SettingsRules,
    Shown,
    SitePage,
    Verdict,
    Way,
    WayBack,
    bearer,
    first,
)

MAX_ASSETS = 20  # the product's own limit: WordPress has none
ROUTES = {"post": "posts", "page": "pages"}
STATUSES = "publish,future,draft,pending,private,trash"  # trash too: what lies there was out
SLUG_LENGTH = 60  # wp_posts.post_name holds 200 characters; short ones are kinder to readers
COM = "/wp/v2/sites/"
"""What a REST base of WordPress.com starts with; the site's number follows."""


# --- publishing ------------------------------------------------------------------------------------------------------


def publish(job: Job) -> Flow[Published]:
    media: list[Mapping[str, JSON]] = []
    for asset in job.assets:
        media.append((yield from upload(job, asset)))
    route = ROUTES[job.settings["postType"]]
    made = yield Call("post", create_post(job, media), Effect.ONCE, read=_post)
    return _published(made, route)


def upload(job: Job, asset: JobAsset) -> Flow[Mapping[str, JSON]]:
    name = f"media-{asset.position}"
    media = yield Call(name, upload_media(job, asset), Effect.REPEATABLE, read=_medium, accepts=("image_not_resized",))
    if media.get("problem"):
        resized = _request(
            job.account,
            "POST",
            f"/media/{media['data']['id']}/post-process",
            json={"action": "create-image-subsizes"},
        )
        media = yield Call(f"{name}-sizes", resized, Effect.REPEATABLE, read=_medium)
    if asset.alt_text:
        described = _request(job.account, "POST", f"/media/{media['id']}", json={"alt_text": asset.alt_text})
        yield Call(f"{name}-alt", described, Effect.REPEATABLE, read=_nothing)
    return {**media, "kind": asset.kind, "alt": asset.alt_text or ""}


def upload_media(job: Job, asset: JobAsset) -> Request:
    headers = {
        "Content-Type": asset.mime,
        "Content-Disposition": f'attachment; filename="{media_filename(job, asset)}"',
    }
    return _request(job.account, "POST", "/media", headers=headers, body=AssetBytes(asset.position))


def create_post(job: Job, media: Sequence[Mapping[str, JSON]]) -> Request:
    fields: dict[str, JSON] = {
        "title": escape(job.title),
        "content": content(job, media),
        "status": job.settings["postStatus"],
        "slug": slug(job),
    }
    featured = next((medium["id"] for medium in media if medium["kind"] == "image"), None)
    if featured is not None:
        fields["featured_media"] = featured
    if _is_com(job.account) and job.settings["postType"] == "post" and job.settings["postStatus"] == "publish":
        # else WordPress.com posts it to the networks that the person connected there, beside what goes out from here
        fields["meta"] = {"jetpack_publicize_feature_enabled": False}
    return _request(job.account, "POST", f"/{ROUTES[job.settings['postType']]}", json=fields)


def content(job: Job, media: Sequence[Mapping[str, JSON]]) -> str:
    """Blocks as the site's own editor writes them, so that a person can go on editing there."""
    blocks = [_paragraph(paragraph) for paragraph in paragraphs(job.body)]
    blocks += [_embedded(medium) for medium in media]
    return "\n\n".join([*blocks, _block("html", {}, marker(job))])


def paragraphs(body: str) -> list[str]:
    apart = (paragraph.strip("\n") for paragraph in re.split(r"\n\s*\n", body.replace("\r\n", "\n")))
    return [paragraph for paragraph in apart if paragraph.strip()]


def marker(job: Job) -> str:
    """An HTML comment survives the filter for users without ``unfiltered_html`` and is invisible to readers."""
    return f"<!-- socialclaw:{job.post_id} -->"


def escape(text: str) -> str:
    """What a person typed stays text: no markup, and no [shortcode] that the site would run."""
    return html.escape(text, quote=False).replace("[", "&#91;")


def slug(job: Job) -> str:
    """The person's own, or a unique one: a lost answer is looked up by it."""
    if job.settings.get("slug"):
        return str(job.settings["slug"])
    words = _ascii_slug(job.title or job.body, SLUG_LENGTH)
    return f"{words or 'post'}-{job.seed('slug')[:8]}"


def media_filename(job: Job, asset: JobAsset) -> str:
    stem, _, extension = asset.filename.rpartition(".")
    known = re.sub(r"[^a-z0-9]", "", extension.lower()) if stem else asset.mime.rpartition("/")[2]
    words = _ascii_slug(stem or asset.filename, 40) or "file"
    return f"{words}-{job.seed(f'media-{asset.position}')[:12]}.{known}"


def _paragraph(text: str) -> str:
    pieces = re.split(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)\]'])", text)  # every second piece is an address
    written = [
        f'<a href="{_attribute(piece)}">{escape(piece)}</a>' if index % 2 else escape(piece)
        for index, piece in enumerate(pieces)
    ]
    return _block("paragraph", {}, f"<p>{''.join(written).replace(chr(10), '<br>')}</p>")


def _embedded(medium: Mapping[str, JSON]) -> str:
    source = _attribute(str(medium["url"]))
    if medium["kind"] == "video":
        figure = f'<figure class="wp-block-video"><video controls src="{source}"></video></figure>'
        return _block("video", {"id": medium["id"]}, figure)
    image = f'<img src="{source}" alt="{_attribute(str(medium["alt"]))}" class="wp-image-{medium["id"]}"/>'
    attributes = {"id": medium["id"], "sizeSlug": "full"}
    return _block("image", attributes, f'<figure class="wp-block-image size-full">{image}</figure>')


def _attribute(text: str) -> str:
    return html.escape(text).replace("[", "&#91;")


def _block(name: str, attributes: Mapping[str, JSON], inner: str) -> str:
    written = f" {json.dumps(attributes, separators=(',', ':'))}" if attributes else ""
    return f"<!-- wp:{name}{written} -->\n{inner}\n<!-- /wp:{name} -->"


def _ascii_slug(text: str, length: int) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:length].rstrip("-")


# --- after publishing ------------------------------------------------------------------------------------------------


def reconcile(job: Job, doubt: Doubt) -> Flow[Reconciled]:
    """By slug, by search, then among the newest: a site may change the slug, and a plugin may replace the search."""
    route = ROUTES[job.settings["postType"]]
    lookups: Mapping[str, Mapping[str, str]] = {
        "find-slug": {"slug": slug(job)},
        "find-search": {"search": job.post_id, "per_page": "20"},
        "find-newest": {"orderby": "id", "order": "desc", "per_page": "50"},
    }
    for name, params in lookups.items():
        asked = _request(
            job.account,
            "GET",
            f"/{route}",
            params={"context": "edit", "status": STATUSES, "_fields": "id,link,status,slug,content", **params},
        )
        posts = yield Call(name, asked, Effect.READ, read=partial(_marked, marker(job)))
        if posts:
            return Found(tuple(_published(post, route) for post in posts))
    return Absent()


def delete(post: PublishedPost) -> Flow[None]:
    gone = ("rest_post_invalid_id", "rest_already_trashed")
    request = _request(post.account, "DELETE", _post_route(post), params={"force": "true"})
    yield Call("delete", request, Effect.REPEATABLE, read=_nothing, accepts=gone)


def post_metrics(post: PublishedPost) -> Flow[Metrics]:
    """Core counts comments only. Who may not see the statistics of a site on WordPress.com gets no views."""
    if not _is_com(post.account):
        asked = _request(post.account, "GET", "/comments", params={"post": post.id, "per_page": "1", "_fields": "id"})
        return {"comments": (yield Call("comments", asked, Effect.READ, read=_total))}
    shown = _com_request(post.account, f"/posts/{post.id}", fields="ID,like_count,discussion")
    counted = yield Call("counts", shown, Effect.READ, read=_counts)
    viewed = _com_request(post.account, f"/stats/post/{post.id}", fields="views")
    views = yield Call("views", viewed, Effect.READ, read=partial(_field, "views"), accepts=NO_STATISTICS)
    return {**counted, "views": views if isinstance(views, int) else None}


def account_metrics(account: JobAccount) -> Flow[Metrics]:
    """Of a site. A person at WordPress.com has none."""
    if account.account_type != "wordpress_site":
        return {}
    if not _is_com(account):
        asked = _request(account, "GET", "/comments", params={"per_page": "1", "_fields": "id"})
        return {"comments": (yield Call("comments", asked, Effect.READ, read=_total))}
    stats = yield Call("stats", _com_request(account, "/stats"), Effect.READ, read=partial(_field, "stats"))
    return {name: _object(stats).get(name) for name in ("views", "comments")}


NO_STATISTICS = ("unauthorized", "invalid_blog")


def _post_route(post: PublishedPost) -> str:
    return f"/{post.meta.get('route', 'posts')}/{post.id}"


def _published(post: Mapping[str, JSON], route: str) -> Published:
    return Published(id=post["id"], url=post["link"] or None, status=post["status"], meta={"route": route})


# --- connecting a site on WordPress.com -------------------------------------------------------------------------------


def identify() -> Flow[tuple[Identity, ...]]:
    """Every site that the person may write on. A token that was given for one site tells which, and no others."""
    me = yield Call(
        "me", _com_get("/me", fields="ID,username,display_name,avatar_URL,token_site_id"), Effect.READ, read=_whole
    )
    one = me.get("token_site_id")
    listed = yield from _sites(f"/sites/{one}" if one else "/me/sites")
    sites = [com_identity(site, me) for site in listed if _object(site.get("capabilities")).get("edit_posts")]
    return (*sites, _person(me)) if sites else ()


def _sites(path: str) -> Flow[Sequence[Mapping[str, Any]]]:
    asked = _com_get(path, fields="ID,name,URL,capabilities,icon,options", options="allowed_file_types")
    found = yield Call("sites", asked, Effect.READ, read=_whole)
    return found.get("sites", [found])


def com_identity(site: Mapping[str, Any], me: Mapping[str, Any]) -> Identity:
    home = str(site["URL"])
    return Identity(
        external_id=str(site["ID"]),
        handle=f"wordpress:site:{site['ID']}",
        display_name=html.unescape(str(site.get("name") or "")) or urlsplit(home).netloc,
        account_type="wordpress_site",
        avatar_url=_object(site.get("icon")).get("img"),
        meta={
            "restBase": f"{COM}{site['ID']}",
            "home": home,
            "siteName": site.get("name"),
            "username": me.get("username"),
            "capabilities": _capabilities(site),
            "fileTypes": _object(site.get("options")).get("allowed_file_types"),
        },
        credential_key=f"com:{me['ID']}",
    )


def _person(me: Mapping[str, Any]) -> Identity:
    return Identity(
        external_id=f"user:{me['ID']}",
        handle=f"wordpress:user:{me['ID']}",
        display_name=str(me.get("display_name") or me.get("username") or me["ID"]),
        account_type="wordpress_user",
        avatar_url=me.get("avatar_URL"),
        credential_key=f"com:{me['ID']}",
    )


# --- connecting a site of one's own -----------------------------------------------------------------------------------


class SiteAddress(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, str_strip_whitespace=True)

    site_url: str = Field(
        validation_alias=AliasChoices("siteUrl", "site_url"),
        title="Site address",
        description="The address of your site's front page, such as https://example.com or https://example.com/blog.",
        min_length=1,
        max_length=2000,
    )

    @field_validator("site_url")
    @classmethod
    def _front_page(cls, value: str) -> str:
        return front_page(value)


class SiteLogin(SiteAddress):
    username: str = Field(
        title="User name",
        description="The name (or e-mail address) you sign in to WordPress with.",
        min_length=1,
        max_length=200,
    )
    application_password: str = Field(
        validation_alias=AliasChoices("applicationPassword", "application_password"),
        title="Application password",
        description="Made in WordPress under Users, Profile, Application Passwords. Not your sign-in password.",
        min_length=1,
        max_length=200,
        repr=False,
        json_schema_extra={"secret": True},
    )


def front_page(address: str) -> str:
    """The site's address without a trailing slash, from whatever page of it a person pasted."""
    parts = urlsplit(address if re.match(r"^[A-Za-z][A-Za-z0-9+.-]*://", address) else f"https://{address}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("Write the address of the site, such as https://example.com.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("Leave the user name and password out of the address.")
    path = re.sub(r"/+(wp-admin|wp-json|wp-login\.php|index\.php)(/.*)?$", "", parts.path).rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))


APP_NAME = "SocialClaw"
APP_ID = "bc4d9452-b611-56c8-8914-88c12a07e924"
"""The same for every installation: a site lists the passwords that it gave to one program under it."""


def find_page(address: SiteAddress, back: WayBack) -> Flow[Page]:
    """https://make.wordpress.org/core/2020/11/05/application-passwords-integration-guide/, "Authorization Flow"."""
    base, index = yield from _takes_passwords(address.site_url)
    page = index.get("authorizeUrl")
    if page is None:
        raise FlowError(
            _problem(
                Kind.AUTH,
                "wordpress_page_unknown",
                "This site does not say where its page for letting programs in is. Make an application password there "
                "and connect with that.",
            )
        )
    if not _is_private_talk(page):
        raise FlowError(_https_required())
    if not _may_send_back(back.allowed, base):
        raise FlowError(
            _problem(
                Kind.AUTH,
                "wordpress_return_needs_https",
                "WordPress sends people back to https addresses only, and this server has another. Connect with an "
                "application password instead.",
            )
        )
    asked = {"app_name": APP_NAME, "app_id": APP_ID, "success_url": back.allowed, "reject_url": back.denied}
    url = f"{page}{'&' if '?' in page else '?'}{urlencode(asked, quote_via=quote)}"
    sites = sorted({site_hash(index[name]) for name in ("home", "url")})
    return Page(
        url=url, kept={"siteUrl": _site_of(base), "name": index["name"] or urlsplit(str(page)).netloc, "sites": sites}
    )


def _may_send_back(address: str, base: str) -> bool:
    """https; this very machine (by number, since WordPress 7.0); anything for a site in the own network, which may
    call itself local: https://core.trac.wordpress.org/ticket/57809. What the site thinks of it, it says itself."""
    parts = urlsplit(address)
    return parts.scheme != "http" or parts.hostname in ("127.0.0.1", "::1") or urlsplit(base).scheme == "http"


def came_back(kept: Mapping[str, JSON], params: Mapping[str, str]) -> Mapping[str, JSON] | Problem:
    name = kept["name"]
    if params.get("error") == "disabled":
        return _problem(
            Kind.PERMISSION,
            "application_passwords_unavailable",
            f"{name} gives your user no application passwords. Ask whoever looks after the site.",
        )
    if params.get("error") or params.get("success") == "false":
        return _problem(
            Kind.PERMISSION,
            "access_denied",
            f"You did not let {APP_NAME} in at {name}. Connect again when you want to.",
        )
    if not params.get("password") or not params.get("user_login"):
        return _problem(Kind.AUTH, "no_password", f"{name} sent you back without a password. Connect again.")
    site = _web_address(params.get("site_url"))
    if site is None or site_hash(site) not in kept["sites"]:
        return _problem(
            Kind.AUTH, "another_site", f"Another site than {name} sent you back. Connect again, with its address."
        )
    return {
        "siteUrl": kept["siteUrl"],
        "username": params["user_login"],
        "applicationPassword": params["password"],
    }


def verify_given(login: SiteLogin) -> Flow[tuple[Identity, ...]]:
    """A password that the site made for us alone is named, so that it can go when the account does."""
    found = yield from verify(login)
    (site,) = found
    account = JobAccount(external_id="", handle="", account_type=site.account_type, meta=site.meta)
    asked = _request(account, "GET", f"{PASSWORDS}/introspect", params={"_fields": "uuid"})
    uuid = yield Call("password", asked, Effect.READ, read=partial(_field, "uuid"), accepts=INDEX_ANSWERS)
    return (replace(site, meta={**site.meta, "passwordId": uuid if isinstance(uuid, str) else None}),)


PASSWORDS = "/users/me/application-passwords"


def end_login(account: JobAccount) -> Flow[None]:
    """Only a password that was made for us. WordPress.com has no request for it: people take a token back there."""
    if account.meta.get("passwordId"):
        asked = _request(account, "DELETE", f"{PASSWORDS}/{account.meta['passwordId']}")
        yield Call("password", asked, Effect.REPEATABLE, read=_nothing)


def verify(login: SiteLogin) -> Flow[tuple[Identity, ...]]:
    base, index = yield from _takes_passwords(login.site_url)
    site = JobAccount(external_id="", handle="", account_type="wordpress_site", meta={"restBase": base})
    me = yield Call("me", _request(site, "GET", "/users/me", params={"context": "edit"}), Effect.READ, read=_user)
    if not me["capabilities"].get("edit_posts"):
        raise FlowError(
            _problem(
                Kind.PERMISSION,
                "wordpress_role_too_low",
                f"The user {me['username']} may not write posts on this site. Use one with the role author or higher.",
            )
        )
    return (identity(base, index, me),)


def examine(account: JobAccount) -> Flow[tuple[Finding, ...]]:
    able, who = yield from _abilities(account)
    if not able.get("publish_posts"):
        detail = f"{who} may write posts but not publish them: they wait for an editor of the site."
        return (findings.account(Level.WARN, "Posts wait for approval", detail),)
    if not able.get("upload_files"):
        detail = f"{who} may not upload files: posts with pictures fail. Give them the role author."
        return (findings.account(Level.WARN, "No uploads", detail),)
    return (findings.account(Level.OK, f"{who} may publish and upload"),)


def _abilities(account: JobAccount) -> Flow[tuple[Mapping[str, bool], str]]:
    """What may be done on the site, and by whom."""
    if _is_com(account):
        (site,) = yield from _sites(f"/sites/{account.external_id}")
        return _capabilities(site), str(account.meta.get("username") or "Your user")
    asked = _request(account, "GET", "/users/me", params={"context": "edit"})
    me = yield Call("me", asked, Effect.READ, read=_user)
    return me["capabilities"], f"The user {me['username']}"


def _takes_passwords(site_url: str) -> Flow[tuple[str, Mapping[str, JSON]]]:
    """The REST base and the index of a site that application passwords can be sent to."""
    base, index = yield from discover(site_url)
    if not _is_private_talk(base):
        raise FlowError(_https_required())
    if not index["applicationPasswords"]:
        raise FlowError(
            _problem(
                Kind.AUTH,
                "application_passwords_unavailable",
                "This site does not take application passwords. It needs WordPress 5.6 or newer and an https address, "
                "and no security plugin that switches them off.",
            )
        )
    return base, index


def _https_required() -> Problem:
    return _problem(
        Kind.AUTH,
        "wordpress_https_required",
        "Use the https address of the site: anyone on the way could read the password otherwise.",
    )


CLOSED = ("rest_not_logged_in", "rest_login_required", "rest_cannot_access", "rest_forbidden")
"""What plugins answer that close the REST API to strangers. With a password it may well be open."""
INDEX_ANSWERS = ("wordpress_redirected", "wordpress_rest_unavailable", "rest_no_route", *CLOSED)


def discover(site_url: str) -> Flow[tuple[str, Mapping[str, JSON]]]:
    """The REST base and the index of a site. ``?rest_route=`` works where pretty addresses are off.

    Redirects (to https, to www) are followed here, one by one: the sender follows none.
    """
    for attempt, suffix in enumerate(("/wp-json", "/?rest_route=")):
        site = site_url
        for hop in range(3):
            base = site + suffix
            index = yield Call(
                f"index-{attempt}-{hop}", _index_request(base), Effect.READ, read=_index, accepts=INDEX_ANSWERS
            )
            if not index.get("problem"):
                return base, index
            if index["problem"] in CLOSED and site.startswith("https://"):
                return base, {"name": "", "home": site, "url": site, "icon": None, "applicationPasswords": True}
            moved = _moved(base, index)
            if moved is None:
                break
            site = moved
    raise FlowError(
        _problem(
            Kind.UNAVAILABLE,
            "wordpress_rest_unavailable",
            "No WordPress REST API answers at this address. Check the address, and that no security plugin or "
            "firewall blocks /wp-json/. A site that is hosted at WordPress.com is connected through WordPress.com.",
        )
    )


def identity(base: str, index: Mapping[str, JSON], me: Mapping[str, JSON]) -> Identity:
    home = str(index["home"])
    site_id = site_hash(home)
    return Identity(
        external_id=site_id,
        handle=f"wordpress:site:{site_id}",
        display_name=index["name"] or urlsplit(home).netloc,
        account_type="wordpress_site",
        avatar_url=index["icon"],
        meta={
            "restBase": base,
            "home": home,
            "siteName": index["name"],
            "username": me["username"],
            "capabilities": me["capabilities"],
        },
        credential_key=f"{site_id}:{me['id']}",
    )


def site_hash(home: str) -> str:
    """Names a site by its home address; http and https, and upper-case host names, are the same site."""
    parts = urlsplit(home)
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    return hashlib.sha256(f"{parts.hostname}{port}{parts.path.rstrip('/')}".encode()).hexdigest()[:16]


def _web_address(value: JSON) -> str | None:
    """What a site writes, if it is an address that can be gone to."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
        good = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:  # a port that is none, half an IPv6 address
        return None
    return parts.geturl() if good else None


def _site_of(base: str) -> str:
    return base.removesuffix("/wp-json").removesuffix("/?rest_route=")


def credential(login: SiteLogin) -> Mapping[str, str]:
    return {"username": login.username, "application_password": login.application_password}


def sign(request: Request, credential: Credential, app: App) -> Request:
    """Bearer at WordPress.com. Elsewhere Basic, but not for the index: the password leaves only for a site that says it
    takes application passwords."""
    if credential.get("access_token"):
        return bearer(request, credential, app)
    if "/wp/v2/" not in request.path + request.params.get("rest_route", ""):
        return request
    pair = f"{credential['username']}:{credential['application_password']}"
    return request.with_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")


def _is_private_talk(base: str) -> bool:
    """TLS, or a site in the own network, where WordPress may take application passwords without it."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    try:
        return parts.scheme == "https" or not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".lan", ".home.arpa", ".internal", ".test"))


def _moved(base: str, index: Mapping[str, JSON]) -> str | None:
    """The site that a redirect of the index points to, if it is one: same page, other origin or folder."""
    location = _object(index.get("data")).get("location")
    if index["problem"] != "wordpress_redirected" or not location:
        return None
    parts = urlsplit(urljoin(base, str(location)))
    folder = parts.path.rstrip("/").removesuffix("/wp-json")
    moved = urlunsplit((parts.scheme, parts.netloc, folder, "", ""))
    return moved if parts.scheme in ("http", "https") and "@" not in parts.netloc else None


# --- requests --------------------------------------------------------------------------------------------------------


def _request(
    account: JobAccount,
    method: str,
    route: str,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    json: JSON | None = None,
    body: AssetBytes | None = None,
) -> Request:
    """``route`` is one of wp/v2."""
    base = str(account.meta["restBase"])
    path, query = (base + route, {}) if _is_com(account) else _address(base, f"/wp/v2{route}")
    return Request(
        method,
        path,
        params={**query, **(params or {})},
        headers={**JSON_WANTED, **(headers or {})},
        json=json,
        body=body,
    )


JSON_WANTED = {"Accept": "application/json"}


def _is_com(account: JobAccount) -> bool:
    return str(account.meta["restBase"]).startswith(COM)


def _com_request(account: JobAccount, route: str, **params: str) -> Request:
    """What only WordPress.com's own API tells of a site."""
    return _com_get(f"/sites/{account.external_id}{route}", **params)


def _com_get(path: str, **params: str) -> Request:
    return Request("GET", f"/rest/v1.1{path}", params=params, headers=JSON_WANTED)


def _index_request(base: str) -> Request:
    path, query = _address(base, "/")
    fields = "name,url,home,namespaces,authentication,site_icon_url"  # the whole index can be half a megabyte
    return Request("GET", path, params={**query, "_fields": fields}, headers=JSON_WANTED)


def _address(base: str, route: str) -> tuple[str, dict[str, str]]:
    if base.endswith("/?rest_route="):
        return base.removesuffix("?rest_route="), {"rest_route": route}
    return base + route, {}


# --- answers ---------------------------------------------------------------------------------------------------------


def _object(value: JSON) -> Mapping[str, Any]:
    """The value if it is an object; PHP writes an empty one as ``[]``."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _index(response: Response) -> JSON:
    body = _object(response.json)
    home, url = _web_address(body.get("home")), _web_address(body.get("url"))
    if "wp/v2" not in body.get("namespaces", ()) or (home or url) is None:
        return {"problem": "wordpress_rest_unavailable", "message": "This is not a WordPress REST index.", "data": None}
    passwords = _object(_object(body.get("authentication")).get("application-passwords"))
    return {
        "name": html.unescape(str(body.get("name") or ""))[:100],
        "home": home or url,
        "url": url or home,
        "icon": body.get("site_icon_url") or None,
        "applicationPasswords": bool(passwords),
        "authorizeUrl": _web_address(_object(passwords.get("endpoints")).get("authorization")),
    }


def _user(response: Response) -> JSON:
    body = _object(response.json)
    return {
        "id": body["id"],
        "username": body.get("username") or body.get("name") or "",
        "capabilities": _capabilities(body),
    }


def _capabilities(body: Mapping[str, Any]) -> dict[str, bool]:
    granted = _object(body.get("capabilities"))
    wanted = ("edit_posts", "publish_posts", "edit_pages", "publish_pages", "upload_files")
    return {name: bool(granted.get(name)) for name in wanted}


def _medium(response: Response) -> JSON:
    body = _object(response.json)
    return {"id": body["id"], "url": body["source_url"]}


def _post(response: Response) -> JSON:
    return _summary(_object(response.json))


def _summary(body: Mapping[str, Any]) -> dict[str, JSON]:
    return {"id": str(body["id"]), "link": body.get("link") or "", "status": body.get("status") or "published"}


def _marked(wanted: str, response: Response) -> JSON:
    posts = cast("Sequence[Mapping[str, Any]]", response.json)
    return [_summary(post) for post in posts if wanted in post["content"]["raw"]]


def _total(response: Response) -> JSON:
    total = response.headers.get("x-wp-total", "")
    return int(total) if total.isdecimal() else None


def _whole(response: Response) -> JSON:
    return _object(response.json)


def _field(name: str, response: Response) -> JSON:
    return _object(response.json).get(name)


def _counts(response: Response) -> JSON:
    body = _object(response.json)
    return {"likes": body.get("like_count"), "comments": _object(body.get("discussion")).get("comment_count")}


def _nothing(response: Response) -> JSON:
    return None


# --- errors ----------------------------------------------------------------------------------------------------------


def read_error(response: Response) -> Problem | None:
    if 200 <= response.status < 300:
        return None if isinstance(response.json, dict | list) else _no_rest(response, Verdict.UNKNOWN)
    if 300 <= response.status < 400:
        return Problem(
            kind=Kind.UNAVAILABLE,
            verdict=Verdict.UNKNOWN,
            code="wordpress_redirected",
            message="The site sends us to another address. Connect it again with the address it has now.",
            data={"location": response.headers.get("location")},
        )
    if response.status == 429:
        return Problem(
            kind=Kind.RATE_LIMITED,
            verdict=Verdict.REFUSED,
            code="rate_limited",
            message="The site asks us to slow down.",
            retry_after=_retry_after(response),
            scope=Scope.ACCOUNT,  # each site is a server of its own
        )
    body = _object(response.json)
    code = body.get("code") or body.get("error")  # core's word for it, and that of WordPress.com's own API
    if not isinstance(code, str):
        return _no_rest(response, Verdict.UNKNOWN if _may_have_run(response.status) else Verdict.REFUSED)
    return _said(response, _snake(code), str(body.get("message") or ""))


NO_TOKEN = ("invalid_token", "authorization_required")
"""WordPress.com says so with 400 or 403."""


def _said(response: Response, code: str, said: str) -> Problem:
    """An error in the site's own words: status first, then the few codes that say more."""
    said = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", said)).split())[:300]
    if response.status >= 500 and code.startswith("rest_upload_"):
        # A forbidden file type is answered with 500. It stays forbidden.
        return _problem(Kind.MEDIA_REJECTED, code, f"The site does not take this file: {said}")
    half_done = response.headers.get("x-wp-upload-attachment-id", "")
    if response.status >= 500 and half_done.isdecimal():
        return Problem(
            kind=Kind.UNAVAILABLE,
            verdict=Verdict.UNKNOWN,
            code="image_not_resized",
            message="The site stored the image but could not make its sizes.",
            data={"id": int(half_done)},
        )
    if response.status == 501:
        return _problem(Kind.INVALID_CONTENT, code, f"The site cannot do this: {said}")
    if _may_have_run(response.status):
        return Problem(
            kind=Kind.UNAVAILABLE,
            verdict=Verdict.UNKNOWN,
            code=code,
            message=f"The site failed while it answered: {said}",
            retry_after=_retry_after(response),
        )
    if response.status == 401 or code in NO_TOKEN:
        return _problem(
            Kind.AUTH,
            code,
            "The site did not accept the login. Connect it again. If that was by an application password, make a new "
            "one there first; was it right, the site's server drops the Authorization header.",
        )
    if response.status == 403:
        return _problem(Kind.PERMISSION, code, f"The WordPress user may not do this: {said}")
    if response.status in (404, 410):
        return _problem(Kind.NOT_FOUND, code, f"The site does not have this: {said}")
    if response.status == 413 or code.startswith("rest_upload_"):
        return _problem(Kind.MEDIA_REJECTED, code, f"The site does not take this file: {said}")
    return _problem(Kind.INVALID_CONTENT, code, f"The site does not accept this post: {said}")


def _no_rest(response: Response, verdict: Verdict) -> Problem:
    """A page instead of JSON: a maintenance notice, a firewall, a theme's 404, or a server's own limit."""
    if response.status == 413:
        return _problem(Kind.MEDIA_REJECTED, "file_too_large", "The file is larger than the site's server takes.")
    kinds = {401: Kind.AUTH, 403: Kind.PERMISSION, 404: Kind.NOT_FOUND, 410: Kind.NOT_FOUND}
    return Problem(
        kind=kinds.get(response.status, Kind.UNAVAILABLE),
        verdict=verdict,
        code="wordpress_rest_unavailable",
        message=f"The site answered with a page (status {response.status}) instead of its REST API. It may be in "
        "maintenance, or a security plugin or firewall blocks /wp-json/.",
        retry_after=_retry_after(response),
    )


def _problem(kind: Kind, code: str, message: str) -> Problem:
    return Problem(kind=kind, verdict=Verdict.REFUSED, code=code, message=message)


def _may_have_run(status: int) -> bool:
    return status >= 500 or status in (408, 425, 499)


def _retry_after(response: Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else None


def _snake(code: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", code.lower()).strip("_")


# --- settings --------------------------------------------------------------------------------------------------------


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    postStatus: Literal["publish", "draft", "pending", "private"] = Field(
        default="publish",
        title="Status",
        description="Publish at once, or leave it as a draft, for review, or private.",
    )
    postType: Literal["post", "page"] = Field(
        default="post", title="Type", description="An article in the blog, or a page of its own."
    )
    slug: str | None = Field(
        default=None, title="Slug", description="The last part of the address. Made from the title when empty."
    )


def parse_settings(raw: Mapping[str, JSON], draft: Draft) -> Mapping[str, JSON] | Issue:
    issue = first(
        (
            rules.unknown_keys(raw, tuple(Settings.model_fields), UNKNOWN_SETTINGS),
            rules.one_of(
                raw, "postStatus", ("publish", "draft", "pending", "private"), "wordpress_post_status_invalid"
            ),
            rules.one_of(raw, "postType", ("post", "page"), "wordpress_post_type_invalid"),
            rules.texts(raw, ("slug",), UNKNOWN_SETTINGS),
        )
    )
    if issue is not None:
        return issue
    return {
        "postStatus": raw.get("postStatus") or "publish",
        "postType": raw.get("postType") or "post",
        "slug": rules.text(raw, "slug"),
    }


UNKNOWN_SETTINGS = "wordpress_settings_unsupported"


def _taken_by_this_site(draft: Draft) -> Issue | None:
    """WordPress.com tells of each site which files it takes: free ones take no videos."""
    taken = cast("Sequence[str]", draft.account_meta.get("fileTypes") or ())
    for position, asset in enumerate(draft.assets):
        if taken and asset.extension and asset.extension not in taken:
            return Issue(
                code="wordpress_media_unsupported",
                where=f"assets.{position}",
                message=f"This site takes no .{asset.extension} files; its plan at WordPress.com decides which.",
                details={"assetId": asset.key, "url": asset.url, "extension": asset.extension},
            )
    return None


def account_type_of(handle: str) -> str:
    return "wordpress_site" if handle.lower().partition(":")[2].startswith("site:") else "wordpress_user"


# Simple Icons (CC0-1.0), read 2026-11-28.
ICON = Icon(
    colour="#21759b",
    path="M21.469 6.825c.84 1.537 1.318 3.3 1.318 5.175 0 3.979-2.156 7.456-5.363 9.325l3.295-9.527"
    "c.615-1.54.82-2.771.82-3.864 0-.405-.026-.78-.07-1.11m-7.981.105"
    "c.647-.03 1.232-.105 1.232-.105.582-.075.514-.93-.067-.899 0 0-1.755.135-2.88.135-1.064 0-2.85-.15"
    "-2.85-.15-.585-.03-.661.855-.075.885 0 0 .54.061 1.125.09l1.68 4.605-2.37 7.08L5.354 6.9"
    "c.649-.03 1.234-.1 1.234-.1.585-.075.516-.93-.065-.896 0 0-1.746.138-2.874.138-.2 0-.438-.008-.69-.015"
    "C4.911 3.15 8.235 1.215 12 1.215"
    "c2.809 0 5.365 1.072 7.286 2.833-.046-.003-.091-.009-.141-.009-1.06 0-1.812.923-1.812 1.914 0"
    " .89.513 1.643 1.06 2.531.411.72.89 1.643.89 2.977 0 .915-.354 1.994-.821 3.479"
    "l-1.075 3.585-3.9-11.61.001.014zM12 22.784c-1.059 0-2.081-.153-3.048-.437l3.237-9.406 3.315 9.087"
    "c.024.053.05.101.078.149-1.12.393-2.325.609-3.582.609M1.211 12c0-1.564.336-3.05.935-4.39L7.29 21.709"
    "C3.694 19.96 1.212 16.271 1.211 12M12 0C5.385 0 0 5.385 0 12s5.385 12 12 12 12-5.385 12-12S18.615 0 12 0",
)

PASTED = Manual(
    title="An application password",
    about="For a site of your own where you made one already, or that cannot send you back here.",
    fields=SiteLogin,
    verify=verify,
    credential=credential,
    help="In WordPress open Users, Profile, scroll to Application Passwords, write a name such as SocialClaw and "
    "press Add. Copy the 24 characters it shows. The site needs an https address.",
)

AT_SITE = SitePage(
    title="A site of your own",
    about="You say yes on a page of your site; there is nothing to copy.",
    fields=SiteAddress,
    find=find_page,
    returned=came_back,
    then=replace(PASTED, verify=verify_given),
    help="Your site will ask you whether SocialClaw may post there, and send you back. Before WordPress 7.0 it sends "
    "people to https addresses only: if it refuses, connect with an application password.",
)

PROVIDER = Provider(
    id="wordpress",
    name="WordPress",
    aliases=("wp",),
    docs="https://developer.wordpress.org/rest-api/reference/posts/",
    checked=date(2026, 11, 28),
    icon=ICON,
    look=Look(layout="article", titled=True),
    shown=lambda draft: Shown(title=draft.title, text="\n\n".join(paragraphs(draft.body))),
    # Sites have addresses of their own. One configured here passes the private-address guard.
    hosts={"api": "https://public-api.wordpress.com", "auth": "https://public-api.wordpress.com"},
    accounts=(
        AccountType(id="wordpress_site", publishable=True, name="WordPress site"),
        AccountType(id="wordpress_user", publishable=False, name="WordPress user"),
    ),
    connect=OAuth2(
        title="WordPress.com",
        about="For sites hosted there, and for others that Jetpack ties to your account there.",
        authorize="/oauth2/authorize",
        token="/oauth2/token",
        client_auth="post",
        pkce=False,  # not documented for these addresses
        scopes=("auth", "sites", "posts", "media", "taxonomy", "stats"),
        required_scopes=("auth", "sites", "posts", "media"),
        lost_without={
            "taxonomy": "Categories and tags of the site cannot be read.",
            "stats": "The numbers of views and visitors are not shown.",
        },
        no_account="This WordPress.com account may write on no site. Connect as somebody who may, or make a site first.",
        no_account_next=Way(label="Your sites at WordPress.com", url="https://wordpress.com/sites"),
        identify=identify,
    ),
    app=AppRules(
        # https://developer.wordpress.com/docs/oauth2/; addresses of apps on phones are taken as well
        # (https://github.com/wordpress-mobile/WordPress-Android/blob/trunk/docs/wpcom-authentication.md)
        console="https://developer.wordpress.com/apps/",
        redirects="the app's page, Manage Settings, Redirect URLs",
        client_id=r"\d{1,12}",
        client_id_looks="the Client ID: digits only",
        loopback=("127.0.0.1", "localhost"),
        plain=True,
    ),
    other_doors=(AT_SITE, PASTED),
    end_login=end_login,
    sign=sign,
    limits=Limits(
        text=lambda draft: None,  # wp_posts.post_content is a LONGTEXT
        measure=lambda draft: len(draft.body),
        max_assets=MAX_ASSETS,
        max_images=MAX_ASSETS,
        max_videos=MAX_ASSETS,
        mix=True,
        image=Media(extensions=rules.IMAGE_EXTENSIONS),  # size: the server's upload_max_filesize, which no route tells
        video=Media(extensions=rules.VIDEO_EXTENSIONS),
    ),
    publish_shape="article_or_page",
    media_delivery="socialclaw_uploads_media_to_wordpress",
    settings={"wordpress_site": SettingsRules(model=Settings, parse=parse_settings)},
    unknown_settings_code=UNKNOWN_SETTINGS,
    checks=(
        rules.interaction_in(("post",), "wordpress_interaction_unsupported"),
        rules.at_most(MAX_ASSETS, "wordpress_media_limit_exceeded"),
        rules.only_images_and_videos("wordpress_media_unsupported"),
        _taken_by_this_site,
    ),
    publish=publish,
    read_error=read_error,
    account_type_of=account_type_of,
    reconcile=reconcile,
    delete=delete,
    post_metrics=post_metrics,
    examine=examine,
    account_metrics=account_metrics,
    limitations=(
        "Sites of your own count comments only; WordPress.com also tells views and likes.",
        "Posts to WordPress.com are not passed on to the networks that you connected there.",
        "Deleting a post leaves its images and videos in the site's media library.",
        "How large a file may be is the server's own setting and is only known once it refuses one.",
    ),
)
