"""What a network is to the rest of the program: frozen declarations and pure functions.

Nothing in this file, and nothing in a provider, sends, sleeps, reads the clock or touches the database. A provider says
*what* to ask and *how to read* the answer; ``backend.publishing`` does the rest, for every network in the same way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar

from pydantic import BaseModel

JSON: TypeAlias = Any
"""Whatever ``json.dumps`` takes: what a step keeps of an answer, and all that a flow ever sees of it."""

R = TypeVar("R")


# --- requests and answers ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AssetBytes:
    """The bytes ``start:stop`` of one asset of the job, read from storage only while they are sent."""

    position: int
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class EncryptedBytes:
    """The bytes ``start:stop`` of what AES-256-CBC with PKCS #7 padding makes of one asset of ``size`` bytes.

    ``key`` and ``iv`` are in base64, as ``Random`` draws them. Made anew while they are sent, and never kept.
    """

    position: int
    key: str = field(repr=False)
    iv: str = field(repr=False)
    size: int
    start: int = 0
    stop: int | None = None


def encrypted_size(size: int) -> int:
    """How long a file of so many bytes is as ``EncryptedBytes``: the padding fills a block, or adds one."""
    return size + 16 - size % 16


FileBytes: TypeAlias = AssetBytes | EncryptedBytes


@dataclass(frozen=True, slots=True)
class AssetUrl:
    """The public address of one asset, for networks that fetch media themselves. Resolved when sent."""

    position: int
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body; ``filename`` makes it a file part."""

    name: str
    value: str | FileBytes | AssetUrl
    filename: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, without a secret in it: ``Provider.sign`` adds the credential just before sending.

    ``path`` is joined to the base URL of ``host`` (a name in ``Provider.hosts``). A ``path`` that is a whole address
    is used as it is; unless its origin is one of the configured hosts, it passes the private-address guard.
    ``AssetUrl`` values may stand anywhere inside ``json`` and ``form``. At most one of the four bodies is set.
    """

    method: str
    path: str
    host: str = "api"
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    json: JSON | None = None
    form: Mapping[str, Any] | None = None
    parts: Sequence[Part] | None = None
    body: FileBytes | None = None

    def with_header(self, name: str, value: str) -> Request:
        return replace(self, headers={**self.headers, name: value})


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, read whole (bounded). ``headers`` has lower-case names; ``json`` is None for anything else than JSON."""

    status: int
    headers: Mapping[str, str]
    json: JSON | None
    text: str


# --- what a flow yields ----------------------------------------------------------------------------------------------


class Effect(StrEnum):
    """What a second run of the same call would do."""

    READ = "read"
    """Nothing: repeat freely."""
    REPEATABLE = "repeatable"
    """No harm anyone sees (an upload, a container)."""
    ONCE = "once"
    """The audience would see it twice. The intent is committed before the first byte leaves."""


class Kind(StrEnum):
    AUTH = "auth"
    PERMISSION = "permission"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    INVALID_CONTENT = "invalid_content"
    MEDIA_REJECTED = "media_rejected"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What an error answer says about the call itself."""

    REFUSED = "refused"
    """Certainly not done."""
    UNKNOWN = "unknown"
    """Perhaps done, perhaps not."""
    ALREADY_DONE = "already_done"
    """Done by an earlier try; ``data`` may carry what ``read`` would have returned."""
    STALE = "stale"
    """Not done, and the recorded steps before it are no longer usable: start the flow again."""


class Scope(StrEnum):
    """Whose limit it is. Waits are stored under the external identity, so that all workers agree."""

    ACCOUNT = "account"
    CREDENTIAL = "credential"
    APP = "app"
    HOST = "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error answer in our words. ``message`` is shown to people; ``code`` is the network's own, snake-cased."""

    kind: Kind
    verdict: Verdict
    message: str
    code: str = ""
    retry_after: float | None = None
    """Seconds the network asks us to wait."""
    scope: Scope = Scope.ACCOUNT
    data: JSON = None


class FlowError(Exception):
    """Raised by a flow that cannot go on; ends the attempt with this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a flow. ``name`` is unique within the flow and is the key of its recorded answer.

    ``read`` is pure and returns JSON: that value alone is stored (sealed) and sent into the generator. ``accepts`` names
    problem codes that the flow handles itself: it then receives ``{"problem": code, "message": …, "data": …}``.
    ``keep`` is how long the answer stays usable; afterwards the call is made again (never for ONCE).
    """

    name: str
    request: Request
    effect: Effect
    read: Callable[[Response], JSON]
    accepts: tuple[str, ...] = ()
    keep: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Random:
    """So many random bytes, in base64, for flows that have to make a key. Drawn once: recorded and sealed like an
    answer, the same at every replay, and blotted out of what the network says. ``Job.seed`` is no secret.
    """

    name: str
    size: int
    effect: ClassVar[Effect] = Effect.READ
    keep: ClassVar[timedelta | None] = None


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Done:
    value: JSON


@dataclass(frozen=True, slots=True)
class Poll:
    """Ask until done; the slot is handed back while it waits. ``until`` is absolute."""

    name: str
    request: Request
    read: Callable[[Response], Wait | Done | Problem]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The post is out. Yielded early by flows that go on (a first comment), returned by all."""

    id: str
    url: str | None = None
    status: str = "published"
    """The network's own word, shown as providerStatus."""
    meta: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """What delete and metrics need beside the id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Taken by the network but not out yet: yielded after the ONCE, before polling for the confirmation."""

    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn:
    """Something after the post went wrong (a first comment, an alt text): kept as a warning, never a failure."""

    message: str


Flow: TypeAlias = Generator[Call | Poll | Random | Published | Accepted | Warn, JSON, R]


# --- what a flow is given ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAsset:
    """One medium of the post. ``size`` is in bytes, ``duration`` in seconds; ``sha256`` names the pinned bytes."""

    position: int
    kind: Literal["image", "video", "audio", "other"]
    mime: str
    filename: str
    size: int
    url: str
    sha256: str | None = None
    alt_text: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAccount:
    """The account as it was when the job was frozen. ``meta`` is what ``identify`` or ``verify`` kept; no secrets."""

    external_id: str
    handle: str
    account_type: str
    display_name: str = ""
    meta: Mapping[str, JSON] = field(default_factory=dict[str, JSON])


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The frozen snapshot of a post, the same at every replay."""

    post_id: str
    generation: int
    account: JobAccount
    title: str
    """The post's name, empty when it is only the generated campaign step name."""
    body: str
    """The post's description."""
    text: str
    """What the network shows: ``compose_text`` of title and body."""
    assets: tuple[JobAsset, ...]
    settings: Mapping[str, JSON]
    interaction: Literal["post", "reply"]
    parent_id: str | None
    started_at: datetime
    constants: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    """``Provider.constants`` at the time of freezing (chunk sizes, API versions)."""

    def seed(self, name: str) -> str:
        """32 hex digits, the same for the same post, generation and name: in place of random numbers."""
        return hashlib.sha256(f"{self.post_id}/{self.generation}/{name}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A ONCE whose outcome nobody knows: which, when it was sent, and what the steps before it answered."""

    step: str
    intended_at: datetime
    answers: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Found:
    """The network shows posts that match, best first; the runner adopts the first that no other post owns."""

    candidates: tuple[Published, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """The network was asked and does not show the post."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """The answer cannot tell."""

    reason: str


Reconciled: TypeAlias = Found | Absent | Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPost:
    """A post that is out, as delete, metrics and lookups need it."""

    id: str
    url: str | None
    account: JobAccount
    published_at: datetime
    meta: Mapping[str, JSON] = field(default_factory=dict[str, JSON])


Metrics: TypeAlias = Mapping[str, float | None]
"""Keys: impressions, reach, views, likes, comments, shares, saves, clicks. None means the network does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time that figures are asked for, where the network can tell them for one."""

    name: str
    """24h, 7d or 30d."""
    since: datetime
    until: datetime


# --- connecting --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Credential:
    """The secret values of a connection (``access_token``, ``bot_token`` …) and those an account adds to them."""

    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def __repr__(self) -> str:
        return f"Credential({', '.join(sorted(self.values))})"


@dataclass(frozen=True, slots=True)
class App:
    """The developer app in use. Both are empty for networks without one."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)


Sign: TypeAlias = Callable[[Request, Credential, App], Request]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One account found behind a credential. ``secret`` holds values of its own (a page token)."""

    external_id: str
    handle: str
    display_name: str
    account_type: str
    avatar_url: str | None = None
    meta: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    secret: Mapping[str, str] | None = field(default=None, repr=False)
    aliases: tuple[str, ...] = ()
    """Other handles that name the same account."""
    credential_key: str | None = None
    """Names what shares a credential's limits (a bot id); the external id when None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a person goes next: a page of the network (``url``), one of this program (``path``), or a command."""

    label: str
    url: str | None = None
    path: str | None = None
    command: str | None = None


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    INFO = "info"
    """Nothing can be told from here; the sentence says where to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check of an app, a login or an account found. ``id`` names what was looked at, whatever was found."""

    id: str
    level: Level
    title: str
    detail: str = ""
    next: Way | None = None
    ends_at: datetime | None = None
    """When what is good now is over. How soon that is, whoever has a clock tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a network gives for a code, or for a renewal. ``expires_in`` is in seconds."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_in: float | None = None
    scopes: tuple[str, ...] | None = None
    """None when the answer does not say: then it is what was asked for (RFC 6749, 5.1)."""
    login_ends_in: float | None = None
    """Seconds until the login is over, however often its token is renewed; None where no such end is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """Authorisation code flow. ``authorize`` and ``token`` are paths on the hosts ``auth`` and ``api``.

    ``identify`` is a flow run with the fresh token; it returns every account the person may publish to. What departs
    from RFC 6749 is declared: the fields from ``client_id_name`` on are for networks with habits of their own.
    """

    authorize: str
    token: str
    scopes: tuple[str, ...]
    identify: Callable[[], Flow[tuple[Identity, ...]]]
    title: str = ""
    """What people choose, where a network has several doors; ``about`` says in a sentence who it is for."""
    about: str = ""
    required_scopes: tuple[str, ...] = ()
    """Without one of these nothing can be published, and the login is refused."""
    lost_without: Mapping[str, str] = field(default_factory=dict[str, str])
    """By permission that publishing can do without: what does not work when a person did not allow it, in a sentence."""
    granted: Callable[[], Flow[tuple[str, ...]]] | None = None
    """Asks what was allowed, where the answer with the token does not tell."""
    no_account: str = ""
    """Why nothing behind a login can be posted to, and what to do, in a sentence or two."""
    no_account_next: Way | None = None
    pkce: bool = True
    client_auth: Literal["basic", "post"] = "basic"
    authorize_host: str = "auth"
    token_host: str = "api"
    revoke: str | None = None
    authorize_params: Mapping[str, str] = field(default_factory=dict[str, str])
    rotates_refresh_token: bool = False
    client_id_name: str = "client_id"
    scope_separator: str = " "
    challenge: Literal["base64url", "hex"] = "base64url"
    """How the SHA-256 of the code verifier is written."""
    token_method: Literal["GET", "POST"] = "POST"
    """GET sends the values of the code exchange as query parameters."""
    token_headers: Mapping[str, str] = field(default_factory=dict[str, str])
    token_params: Mapping[str, str] = field(default_factory=dict[str, str])
    """Sent with every code exchange and renewal beside the standard values."""
    read_token: Callable[[Response], Token | Problem | None] | None = None
    """For token answers of a shape of their own; None from it means: read it as the RFC says."""
    prolong: Callable[[App, Token], Request] | None = None
    """A second exchange right after the first: the short-lived token for a long-lived one."""
    renew: Callable[[App, Mapping[str, str]], Request] | None = None
    """Where the access token itself is exchanged for a newer one, in place of a refresh token."""
    renew_before: timedelta = timedelta(minutes=10)
    """How long before its end a token is renewed without being asked for."""
    login_end: str | None = None
    """The field of a token answer that tells in how many seconds the login is over, whatever is renewed until then."""
    revoke_request: Callable[[App, Mapping[str, str]], Request] | None = None
    """In place of ``revoke`` where withdrawing a login is no RFC 7009 request. Both get the credential's values."""
    revokes: Literal["token", "grant"] = "token"
    """What withdrawing ends: this login, or every login that the person made with the app."""
    ids_of_app: bool = False
    """Whether external ids mean something to one developer app only. With another app an account is then known by its
    handle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """Connected by values a person pastes. ``credential`` picks the secret ones; ``verify`` asks the network.

    ``fields`` is validated with ``context={"hosts": …}``, the configured base URLs: a pasted address must be on one.
    """

    fields: type[BaseModel]
    verify: Callable[[Any], Flow[tuple[Identity, ...]]]
    credential: Callable[[Any], Mapping[str, str]]
    help: str
    """Where a person finds these values, in a sentence or two."""
    title: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """The addresses that a person's own site sends them to: one of a kind, and good for one use."""

    allowed: str
    denied: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a person goes to say yes, and what has to be known again when they are back (no secrets)."""

    url: str
    kept: Mapping[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePage:
    """Connected on a page of the person's own site, which sends them back with what they would else have to paste.

    ``find`` asks the site, without any credential, for its page. ``returned`` makes values for the fields of ``then``
    out of the query that the person came back with; the code ``access_denied`` means that they said no.
    """

    fields: type[BaseModel]
    find: Callable[[Any, WayBack], Flow[Page]]
    returned: Callable[[Mapping[str, JSON], Mapping[str, str]], Mapping[str, JSON] | Problem]
    then: Manual
    help: str
    title: str = ""
    about: str = ""


Door: TypeAlias = OAuth2 | Manual | SitePage


@dataclass(frozen=True, slots=True, kw_only=True)
class AppMode:
    """A state of a developer app that decides who sees its posts, and that no answer tells of. Where it can be told
    after all, ``Provider.examine`` finds ``app_mode``."""

    title: str
    detail: str
    next: Way
    codes: tuple[str, ...] = ()
    """Refusals of posts that show that an app is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRules:
    """What a network wants of a developer app."""

    console: str
    """Where apps are made and changed."""
    redirects: str
    """Where in there the redirect address is entered, in the network's own words."""
    client_id: str
    """A pattern that the whole of a client id fits."""
    client_id_looks: str
    """The same in words, with the network's name for it."""
    loopback: tuple[str, ...] = ()
    """Names of this very machine that people may be sent back to, without https."""
    plain: bool = False
    """Whether people may be sent back to any address without https."""
    mode: AppMode | None = None
    known: Callable[[Response], bool | None] | None = None
    """Whether the answer to a code that nobody gave out shows that client id and secret are right; None when it cannot
    tell. As RFC 6749 says (5.2) when not given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountType:
    id: str
    publishable: bool
    name: str
    """What people call it: X account, Telegram chat."""
    limits: Limits | None = None
    publish_shape: str | None = None
    media_delivery: str | None = None
    """These three where they are not those of the network."""


# --- limits, settings and checks ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """What a file is, measured by its bytes. None: it does not say, or it is not known.

    ``width`` and ``height`` are in pixels as people see the picture, upright; ``duration`` is in seconds.
    """

    kind: Literal["image", "video", "audio", "other"]
    mime: str
    extension: str
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    moves: bool = False
    """A picture of several frames."""
    alpha: bool = False
    """A picture that may be seen through."""
    container: str | None = None
    video_codec: str | None = None
    """As FFmpeg calls it: h264, hevc, vp9, av1 …"""
    pixel_format: str | None = None
    pixel_aspect: float | None = None
    """Width of a pixel through its height: 1.0 for square ones."""
    frame_rate: float | None = None
    """Frames a second, on average."""
    rotation: int | None = None
    """Degrees by which players turn the stored picture."""
    bit_rate: int | None = None
    """Bits a second, of the whole file."""
    audio_codec: str | None = None
    """None for a video without sound."""
    sample_rate: int | None = None
    channels: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftAsset:
    """An asset of a post being checked. ``kind`` is already decided (ours, or by the address's extension)."""

    key: str
    url: str
    kind: Literal["image", "video", "other"]
    extension: str
    """Lower-case, without the dot; empty when the address has none. Managed assets: the extension of their type."""
    mime: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    alt_text: str | None = None
    facts: MediaFacts | None = None
    """What we measured. None for files elsewhere: of those we only know what somebody said."""
    as_is: bool = False
    """Somebody wants it sent as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A post as the checks, the counter in the composer and the preview see it."""

    provider: str
    account_type: str
    handle: str
    title: str
    body: str
    text: str
    assets: tuple[DraftAsset, ...]
    settings: Mapping[str, JSON]
    interaction: str
    parent: str | None
    account_meta: Mapping[str, JSON] = field(default_factory=dict[str, JSON])


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Why a post cannot go out as it is: one sentence that says what to do."""

    code: str
    message: str
    where: str = ""
    """The part of the post it is about: ``text``, ``assets``, ``assets.2``, ``settings.parseMode``, ``account`` …"""
    details: Mapping[str, JSON] = field(default_factory=dict[str, JSON])


Check: TypeAlias = Callable[[Draft], Issue | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """Limits of one kind of medium, as the network's documents name them; each has its source beside it in the
    provider's file. Empty or None: the documents name none.

    A file of ours that is over one of these is made to fit before it is sent, or refused where that would change what
    it shows. Pixels are those of the picture as people see it, an aspect is its width through its height, codecs and
    pixel formats have FFmpeg's names.
    """

    extensions: tuple[str, ...] = ()
    """Of files that validation lets through."""
    mimes: tuple[str, ...] = ()
    """What the network itself takes."""
    max_bytes: int | None = None
    min_width: int | None = None
    min_height: int | None = None
    max_width: int | None = None
    max_height: int | None = None
    either_way: bool = False
    """Width and height may be swapped: a picture that stands is measured like one that lies."""
    max_pixels: int | None = None
    max_sides: int | None = None
    """Of width and height together."""
    min_aspect: float | None = None
    max_aspect: float | None = None
    min_seconds: float | None = None
    max_seconds: float | None = None
    video_codecs: tuple[str, ...] = ()
    pixel_formats: tuple[str, ...] = ()
    square_pixels: bool = False
    min_frame_rate: float | None = None
    max_frame_rate: float | None = None
    max_bit_rate: int | None = None
    audio_codecs: tuple[str, ...] = ()
    max_sample_rate: int | None = None
    max_channels: int | None = None
    advised: Media | None = None
    """What the network advises, or others report: said to people, never enforced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``text`` gives the longest text for this draft in units of ``measure``; None means no limit. ``title`` is the same
    for networks where a title is a field of its own."""

    text: Callable[[Draft], int | None]
    measure: Callable[[Draft], int]
    title: Callable[[Draft], int | None] = lambda draft: None
    measure_title: Callable[[Draft], int] = lambda draft: len(draft.title)
    media_required: bool = False
    max_assets: int = 1
    max_images: int = 1
    max_videos: int = 1
    mix: bool = False
    image: Media | None = None
    video: Media | None = None
    alt_text: int | None = None
    codes: str = ""
    """How the codes about media begin; the network's id when empty."""
    for_account: Callable[[Mapping[str, JSON]], Mapping[str, Media]] | None = None
    """For networks whose media limits differ by what the account's ``meta`` says: the limits that
    stand in place of ``image`` and ``video`` there, by these names."""

    def media(self, kind: str, account_meta: Mapping[str, JSON]) -> Media | None:
        """The limits that hold for this kind of medium on this account."""
        own = None if self.for_account is None else self.for_account(account_meta).get(kind)
        return own or {"image": self.image, "video": self.video}.get(kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most ``count`` posts in ``per``; honoured before the wall."""

    count: int
    per: timedelta
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsRules:
    """The publish settings of one account type.

    ``parse`` takes the raw settings and the draft (with its assets) and returns the effective ones with defaults, or
    the first issue. ``model`` describes the fields for forms and capabilities.
    """

    model: type[BaseModel]
    parse: Callable[[Mapping[str, JSON], Draft], Mapping[str, JSON] | Issue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A discovery action. ``run`` gets the account and the input; its result is merged with actionId and account."""

    id: str
    label: str
    description: str
    input: type[BaseModel]
    run: Callable[[JobAccount, Any], Flow[Mapping[str, JSON]]]


def choices(
    action: str,
    at: str,
    *,
    value: str = "id",
    name: str = "name",
    given: Mapping[str, str] | None = None,
    free: bool = False,
) -> dict[str, JSON]:
    """``json_schema_extra`` of a setting whose values a discovery action knows.

    The action's answer lists them under ``at``; ``value`` and ``name`` are keys of each. ``given`` are inputs of the
    action by the setting that holds them: without a value there, nothing is asked. ``free``: other values go, too.
    """
    said = {"action": action, "at": at, "value": value, "name": name, "given": dict(given or {}), "free": free}
    return {"choices": said}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How posts look at the network, roughly: for previews."""

    layout: Literal["post", "message", "article", "picture", "film"] = "post"
    """Words above the files; words below them in one bubble; title, files, words; files above the words; one film."""
    frame: float | None = None
    """Width through height of the window that files are shown in; None: as they are."""
    titled: bool = False
    """The title has a place of its own. Elsewhere it is the beginning of the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A post in the words that its readers will see."""

    title: str = ""
    text: str = ""
    place: str = ""
    """Where at the network it will stand, if a setting decides that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Icon:
    """The network's own sign: an SVG path in a field of 24 by 24, and the colour it is known by, ``#rrggbb``."""

    colour: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Everything the program knows about one network."""

    id: str
    name: str
    aliases: tuple[str, ...]
    docs: str
    checked: date
    hosts: Mapping[str, str]
    accounts: tuple[AccountType, ...]
    connect: Door
    """The usual way to connect an account."""
    sign: Sign
    limits: Limits
    publish_shape: str
    media_delivery: str
    settings: Mapping[str, SettingsRules]
    """By account type."""
    unknown_settings_code: str
    checks: tuple[Check, ...]
    """In the order their codes are reported."""
    publish: Callable[[Job], Flow[Published]]
    read_error: Callable[[Response], Problem | None]
    """None when the answer is no error. Asked for every answer: some networks put errors into a 200."""
    account_type_of: Callable[[str], str]
    """The account type that a handle alone tells (client-side inference)."""
    icon: Icon | None = None
    """Without one, letters of the name stand for the network."""
    look: Look = Look()
    shown: Callable[[Draft], Shown] = lambda draft: Shown(text=draft.text)
    """For previews. It stands on the functions that ``publish`` stands on: a preview that guesses is worse than none."""
    handle_prefixes: tuple[str, ...] = ()
    """Lower-case handle beginnings that mean this network although they start with another one's name."""
    other_doors: tuple[Door, ...] = ()
    """More ways to connect one, for accounts that live elsewhere. At most one of each kind in all."""
    end_login: Callable[[JobAccount], Flow[None]] | None = None
    """Takes a login back at the network, where that is no OAuth request. Signed with the login itself."""
    interactions: tuple[str, ...] = ("post",)
    rates: tuple[Rate, ...] = ()
    reconcile: Callable[[Job, Doubt], Flow[Reconciled]] | None = None
    settle: tuple[float, ...] = (5.0, 15.0, 40.0)
    delete: Callable[[PublishedPost], Flow[None]] | None = None
    post_metrics: Callable[[PublishedPost], Flow[Metrics]] | None = None
    account_metrics: Callable[[JobAccount], Flow[Metrics]] | None = None
    """Both tell the figures of a whole life; those of a stretch are then the difference of two."""
    post_metrics_in: Callable[[PublishedPost, Window], Flow[Metrics]] | None = None
    account_metrics_in: Callable[[JobAccount, Window], Flow[Metrics]] | None = None
    """For networks that tell the figures of a stretch of time themselves."""
    actions: tuple[Action, ...] = ()
    post_url: Callable[[str, JobAccount], str | None] = lambda post_id, account: None
    constants: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    limitations: tuple[str, ...] = ()
    app: AppRules | None = None
    examine: Callable[[JobAccount], Flow[tuple[Finding, ...]]] | None = None
    """Asks about a connected account whatever keeps posts from going out, and how much it may still post. READ calls only."""
    app_of: str | None = None
    """The network whose developer app serves this one too when it has none of its own."""
    grant_family: str | None = None
    """Names the networks whose users can take a login back by a signed message (``meta``). Accounts of these keep the
    id, or the list of ids, that such a message names as ``user_id`` in their ``meta``."""
    pulls_media: Callable[[Draft], bool] = lambda draft: False
    """Whether the network fetches this post's media from their public addresses."""

    @property
    def doors(self) -> tuple[Door, ...]:
        return (self.connect, *self.other_doors)

    @property
    def oauth(self) -> OAuth2 | None:
        """The door that needs a developer app, if there is one."""
        return next((door for door in self.doors if isinstance(door, OAuth2)), None)

    def account_type(self, id: str) -> AccountType | None:
        return next((kind for kind in self.accounts if kind.id == id), None)

    def limits_of(self, account_type: str) -> Limits:
        kind = self.account_type(account_type)
        return (kind.limits if kind else None) or self.limits

    def publish_shape_of(self, account_type: str) -> str:
        kind = self.account_type(account_type)
        return (kind.publish_shape if kind else None) or self.publish_shape

    def media_delivery_of(self, account_type: str) -> str:
        kind = self.account_type(account_type)
        return (kind.media_delivery if kind else None) or self.media_delivery


def compose_text(title: str, body: str) -> str:
    """Title, an empty line, body; empty ones left out. The same for checks, preview and publishing."""
    return "\n\n".join(part for part in (title, body) if part)


def bearer(request: Request, credential: Credential, app: App) -> Request:
    return request.with_header("Authorization", f"Bearer {credential['access_token']}")


def first(checks: Iterable[Issue | None]) -> Issue | None:
    return next((issue for issue in checks if issue is not None), None)
