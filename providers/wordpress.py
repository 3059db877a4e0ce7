"""Self-hosted WordPress (or any site that speaks its REST API) with Application Passwords.

Facts: https://developer.wordpress.org/rest-api/reference/ and runs against WordPress 6.1.9, checked 2026-11-23.
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
from datetime import date
from functools import partial
from typing import Any, Literal, cast
from urllib.parse import urljoin, urlsplit, urlunsplit

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from . import findings, rules
from .contract import (
    JSON,
    Absent,
    AccountType,
    App,
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
    Identity,
    Issue,
    Job,
    JobAccount,
    JobAsset,
    Kind,
    Level,
    Limits,
    Manual,
    Media,
    Metrics,
    Problem,
    Provider,
    Published,
    PublishedPost,
    Reconciled,
    Request,
    Response,
    Scope,
    SettingsRules,
    Verdict,
    first,
)

MAX_ASSETS = 20  # the product's own limit: WordPress has none
ROUTES = {"post": "posts", "page": "pages"}
STATUSES = "publish,future,draft,pending,private,trash"  # trash too: what lies there was out
SLUG_LENGTH = 60  # wp_posts.post_name holds 200 characters; short ones are kinder to readers


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
            f"/wp/v2/media/{media['data']['id']}/post-process",
            json={"action": "create-image-subsizes"},
        )
        media = yield Call(f"{name}-sizes", resized, Effect.REPEATABLE, read=_medium)
    if asset.alt_text:
        described = _request(job.account, "POST", f"/wp/v2/media/{media['id']}", json={"alt_text": asset.alt_text})
        yield Call(f"{name}-alt", described, Effect.REPEATABLE, read=_nothing)
    return {**media, "kind": asset.kind, "alt": asset.alt_text or ""}


def upload_media(job: Job, asset: JobAsset) -> Request:
    headers = {
        "Content-Type": asset.mime,
        "Content-Disposition": f'attachment; filename="{media_filename(job, asset)}"',
    }
    return _request(job.account, "POST", "/wp/v2/media", headers=headers, body=AssetBytes(asset.position))


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
    return _request(job.account, "POST", f"/wp/v2/{ROUTES[job.settings['postType']]}", json=fields)


def content(job: Job, media: Sequence[Mapping[str, JSON]]) -> str:
    """Blocks as the site's own editor writes them, so that a person can go on editing there."""
    paragraphs = [paragraph.strip("\n") for paragraph in re.split(r"\n\s*\n", job.body.replace("\r\n", "\n"))]
    blocks = [_paragraph(paragraph) for paragraph in paragraphs if paragraph.strip()]
    blocks += [_embedded(medium) for medium in media]
    return "\n\n".join([*blocks, _block("html", {}, marker(job))])


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
            f"/wp/v2/{route}",
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
    params = {"post": post.id, "per_page": "1", "_fields": "id"}
    request = _request(post.account, "GET", "/wp/v2/comments", params=params)
    comments = yield Call("comments", request, Effect.READ, read=_total)
    return {"comments": comments}


def _post_route(post: PublishedPost) -> str:
    return f"/wp/v2/{post.meta.get('route', 'posts')}/{post.id}"


def _published(post: Mapping[str, JSON], route: str) -> Published:
    return Published(id=post["id"], url=post["link"] or None, status=post["status"], meta={"route": route})


# --- connecting ------------------------------------------------------------------------------------------------------


class SiteLogin(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, str_strip_whitespace=True)

    site_url: str = Field(
        validation_alias=AliasChoices("siteUrl", "site_url"),
        title="Site address",
        description="The address of your site's front page, such as https://example.com or https://example.com/blog.",
        min_length=1,
        max_length=2000,
    )
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

    @field_validator("site_url")
    @classmethod
    def _front_page(cls, value: str) -> str:
        return front_page(value)


def front_page(address: str) -> str:
    """The site's address without a trailing slash, from whatever page of it a person pasted."""
    parts = urlsplit(address if re.match(r"^[A-Za-z][A-Za-z0-9+.-]*://", address) else f"https://{address}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("Write the address of the site, such as https://example.com.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("Leave the user name and password out of the address.")
    path = re.sub(r"/+(wp-admin|wp-json|wp-login\.php|index\.php)(/.*)?$", "", parts.path).rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))


def verify(login: SiteLogin) -> Flow[tuple[Identity, ...]]:
    base, index = yield from discover(login.site_url)
    if not _is_private_talk(base):
        raise FlowError(
            _problem(
                Kind.AUTH,
                "wordpress_https_required",
                "Use the https address of the site: anyone on the way could read the password otherwise.",
            )
        )
    if not index["applicationPasswords"]:
        raise FlowError(
            _problem(
                Kind.AUTH,
                "application_passwords_unavailable",
                "This site does not take application passwords. It needs WordPress 5.6 or newer and an https address, "
                "and no security plugin that switches them off.",
            )
        )
    site = JobAccount(external_id="", handle="", account_type="wordpress_site", meta={"restBase": base})
    me = yield Call("me", _request(site, "GET", "/wp/v2/users/me", params={"context": "edit"}), Effect.READ, read=_user)
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
    me = yield Call(
        "me", _request(account, "GET", "/wp/v2/users/me", params={"context": "edit"}), Effect.READ, read=_user
    )
    able = me["capabilities"]
    if not able.get("publish_posts"):
        detail = f"The user {me['username']} may write posts but not publish them: they wait for an editor of the site."
        return (findings.account(Level.WARN, "Posts wait for approval", detail),)
    if not able.get("upload_files"):
        detail = f"The user {me['username']} may not upload files: posts with pictures fail. Give them the role author."
        return (findings.account(Level.WARN, "No uploads", detail),)
    return (findings.account(Level.OK, f"{me['username']} may publish and upload"),)


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
                return base, {"name": "", "home": site, "icon": None, "applicationPasswords": True}
            moved = _moved(base, index)
            if moved is None:
                break
            site = moved
    raise FlowError(
        _problem(
            Kind.UNAVAILABLE,
            "wordpress_rest_unavailable",
            "No WordPress REST API answers at this address. Check the address, and that no security plugin or "
            "firewall blocks /wp-json/.",
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


def credential(login: SiteLogin) -> Mapping[str, str]:
    return {"username": login.username, "application_password": login.application_password}


def sign(request: Request, credential: Credential, app: App) -> Request:
    """Basic, but not for the index: the password leaves only for a site that says it takes application passwords."""
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
    path, query = _address(str(account.meta["restBase"]), route)
    return Request(
        method,
        path,
        params={**query, **(params or {})},
        headers={**JSON_WANTED, **(headers or {})},
        json=json,
        body=body,
    )


JSON_WANTED = {"Accept": "application/json"}


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
    if "wp/v2" not in body.get("namespaces", ()):
        return {"problem": "wordpress_rest_unavailable", "message": "This is not a WordPress REST index.", "data": None}
    passwords = _object(_object(body.get("authentication")).get("application-passwords"))
    return {
        "name": html.unescape(body.get("name") or ""),
        "home": body.get("home") or body["url"],
        "icon": body.get("site_icon_url") or None,
        "applicationPasswords": bool(passwords),
        "authorizeUrl": _object(passwords.get("endpoints")).get("authorization"),
    }


def _user(response: Response) -> JSON:
    body = _object(response.json)
    granted = _object(body.get("capabilities"))
    wanted = ("edit_posts", "publish_posts", "edit_pages", "publish_pages", "upload_files")
    return {
        "id": body["id"],
        "username": body.get("username") or body.get("name") or "",
        "capabilities": {name: bool(granted.get(name)) for name in wanted},
    }


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
            scope=Scope.HOST,
        )
    body = _object(response.json)
    if not isinstance(body.get("code"), str):
        return _no_rest(response, Verdict.UNKNOWN if _may_have_run(response.status) else Verdict.REFUSED)
    return _said(response, _snake(body["code"]), str(body.get("message") or ""))


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
    if response.status == 401:
        return _problem(
            Kind.AUTH,
            code,
            "The site did not accept the user name and application password. Make a new application password there "
            "and connect again; if it was right, the server drops the Authorization header.",
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
            _slug_is_text(raw),
        )
    )
    if issue is not None:
        return issue
    return {
        "postStatus": raw.get("postStatus") or "publish",
        "postType": raw.get("postType") or "post",
        "slug": (raw.get("slug") or "").strip() or None,
    }


def _slug_is_text(raw: Mapping[str, JSON]) -> Issue | None:
    if raw.get("slug") is None or isinstance(raw["slug"], str):
        return None
    return Issue(code=UNKNOWN_SETTINGS, where="settings.slug", message="slug must be text.", details={"key": "slug"})


UNKNOWN_SETTINGS = "wordpress_settings_unsupported"


def account_type_of(handle: str) -> str:
    return "wordpress_site" if handle.lower().partition(":")[2].startswith("site:") else "wordpress_user"


PROVIDER = Provider(
    id="wordpress",
    name="WordPress",
    aliases=("wp",),
    docs="https://developer.wordpress.org/rest-api/reference/posts/",
    checked=date(2026, 11, 23),
    # Sites have addresses of their own. One configured here passes the private-address guard.
    hosts={"api": "https://public-api.wordpress.com"},
    accounts=(
        AccountType(id="wordpress_site", publishable=True, name="WordPress site"),
        AccountType(id="wordpress_user", publishable=False, name="WordPress user"),
    ),
    connect=Manual(
        fields=SiteLogin,
        verify=verify,
        credential=credential,
        help="In WordPress open Users, Profile, scroll to Application Passwords, write a name such as SocialClaw and "
        "press Add. Copy the 24 characters it shows. The site needs an https address.",
    ),
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
    ),
    publish=publish,
    read_error=read_error,
    account_type_of=account_type_of,
    reconcile=reconcile,
    delete=delete,
    post_metrics=post_metrics,
    examine=examine,
    limitations=(
        "WordPress itself counts comments only; views and likes need a plugin that its REST API does not show.",
        "Deleting a post leaves its images and videos in the site's media library.",
        "How large a file may be is the server's own setting and is only known once it refuses one.",
    ),
)
