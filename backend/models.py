"""The tables. A column that holds a provider is plain text: adding a network is no migration."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC out. SQLAlchemy's own type drops offsets on SQLite without a word."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone reached the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


NULLABLE = JSON(none_as_null=True)
"""For columns where None means that there is nothing: SQL's null, not JSON's."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        str: Text,
    }


def _id() -> Mapped[str]:
    return mapped_column(String(64), primary_key=True)


def _workspace() -> Mapped[str]:
    return mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), index=True)


# --- people and workspaces -------------------------------------------------------------------------------------------


class Workspace(Base):
    __tablename__ = "workspaces"
    id: Mapped[str] = _id()
    name: Mapped[str]
    plan: Mapped[str]
    subscription_status: Mapped[str]
    timezone: Mapped[str] = mapped_column(default="UTC")
    grace_seconds: Mapped[float | None] = mapped_column(Float)
    """How late a post may still go out; the instance's setting when null."""
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    paused_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=1)


class User(Base):
    __tablename__ = "users"
    id: Mapped[str] = _id()
    email: Mapped[str] = mapped_column(unique=True)
    """Lower-case."""
    email_verified_at: Mapped[datetime | None]
    """When somebody whom we trust said that the address is theirs."""
    name: Mapped[str | None]
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Membership(Base):
    __tablename__ = "memberships"
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[str]
    created_at: Mapped[datetime]
    seen_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    """The newest event when this person looked at their notices last."""
    mailed_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    """The newest event that they were mailed of, or wanted no mail of."""
    mailed_kinds: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SignIn(Base):
    """A browser session; the cookie carries the token, the row its hash."""

    __tablename__ = "sessions"
    id: Mapped[str] = _id()
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    workspace_id: Mapped[str | None] = mapped_column(ForeignKey("workspaces.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    user_agent: Mapped[str | None]


class SetupLink(Base):
    """A one-time link: the first set-up of an instance, or a sign-in without a password (demo, desktop)."""

    __tablename__ = "setup_links"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    workspace_id: Mapped[str | None] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    challenge: Mapped[str | None]
    """SHA-256 of a verifier that only the app which asked for the link knows: base64url, no padding."""


class Invitation(Base):
    """Somebody may join a workspace by a link that works once; the link carries the token, the row its hash."""

    __tablename__ = "invitations"
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    email: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    invited_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignInState(Base):
    """A sign-in on its way through an identity provider: usable once, for a few minutes."""

    __tablename__ = "sign_in_states"
    state_hash: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str]
    nonce: Mapped[str]
    code_verifier: Mapped[str | None]
    """Sealed."""
    redirect_uri: Mapped[str]
    next_path: Mapped[str | None]
    client: Mapped[str | None]
    callback_scheme: Mapped[str | None]
    challenge: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ExternalIdentity(Base):
    """Who somebody is at an identity provider. The subject is the key; an e-mail address can change hands."""

    __tablename__ = "external_identities"
    provider: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    email: Mapped[str | None]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]


class SeenToken(Base):
    """An identity token that was accepted once, by its hash, until it expires: it is not accepted again."""

    __tablename__ = "seen_tokens"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


class ApiKey(Base):
    __tablename__ = "api_keys"
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    label: Mapped[str | None]
    kind: Mapped[str | None]
    prefix: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    created_by: Mapped[str | None]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class KeyUsage(Base):
    """Requests made with a key, by UTC day (``2026-11-24``)."""

    __tablename__ = "key_usage"
    key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(default=0)


class InstanceSetting(Base):
    """Settings of the whole instance that are made on screen; the environment wins over them."""

    __tablename__ = "instance_settings"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class ProviderApp(Base):
    """A developer app entered on screen. ``workspace_id`` is null for one that serves the whole instance."""

    __tablename__ = "provider_apps"
    __table_args__ = (UniqueConstraint("workspace_id", "provider", "environment"),)
    id: Mapped[str] = _id()
    workspace_id: Mapped[str | None] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    provider: Mapped[str]
    environment: Mapped[str]
    client_id: Mapped[str]
    client_secret: Mapped[str | None]
    """Sealed."""
    created_by: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


# --- connections and accounts ---------------------------------------------------------------------------------------


class Connection(Base):
    """One credential at one network, and every account behind it."""

    __tablename__ = "connections"
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    provider: Mapped[str]
    environment: Mapped[str]
    status: Mapped[str]
    error: Mapped[str | None]
    error_code: Mapped[str | None]
    client_id: Mapped[str | None]
    scopes: Mapped[list[Any]] = mapped_column(default=list)
    credential: Mapped[str | None]
    """Sealed JSON of secret values."""
    token_version: Mapped[int] = mapped_column(default=0)
    token_expires_at: Mapped[datetime | None]
    login_ends_at: Mapped[datetime | None]
    """When it is over although its token can be renewed until then."""
    refresh_started_at: Mapped[datetime | None]
    refresh_owner: Mapped[str | None]
    refreshed_at: Mapped[datetime | None]
    refresh_error: Mapped[str | None]
    authorize_url: Mapped[str | None]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class EndedLogin(Base):
    """A login that is over here and that its network has still to be told of."""

    __tablename__ = "ended_logins"
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    connection_id: Mapped[str]
    provider: Mapped[str]
    environment: Mapped[str]
    client_id: Mapped[str | None]
    accounts: Mapped[list[Any]] = mapped_column(default=list)
    """The accounts it was for, as they were then: whoever made it, and what its network is told of."""
    credential: Mapped[str]
    """Sealed."""
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]


class OAuthState(Base):
    """One authorisation on its way: usable once, for a few minutes, from the browser session that began it if one did."""

    __tablename__ = "oauth_states"
    state_hash: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = _workspace()
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    provider: Mapped[str]
    code_verifier: Mapped[str | None]
    """Sealed."""
    kept: Mapped[dict[str, Any] | None]
    """What is known of the site whose page the person is at; None when they are at the network itself."""
    redirect_uri: Mapped[str]
    session_id: Mapped[str | None]
    client: Mapped[str | None]
    callback_scheme: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Account(Base):
    """A place posts go to. Kept after a disconnect while posts point at it."""

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("workspace_id", "provider", "environment", "external_id"),
        Index("ix_accounts_connection", "connection_id"),
    )
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id"))
    provider: Mapped[str]
    environment: Mapped[str]
    account_type: Mapped[str]
    external_id: Mapped[str]
    credential_key: Mapped[str]
    """Names what shares a credential's limits at the network."""
    handle: Mapped[str]
    display_name: Mapped[str | None]
    avatar_url: Mapped[str | None]
    status: Mapped[str]
    publishable: Mapped[bool]
    meta: Mapped[dict[str, Any]] = mapped_column(default=dict)
    secret: Mapped[str | None]
    """Sealed JSON: what this account adds to its connection's credential."""
    spacing_minutes: Mapped[int | None]
    """How far apart its people want its posts; None for no wish."""
    paused_at: Mapped[datetime | None]
    disconnected_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class AccountHandle(Base):
    """Every handle an account ever had, lower-case, so that old schedules still find it."""

    __tablename__ = "account_handles"
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    handle: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime]


class LimitWait(Base):
    """Until when a network asked us to wait, by external identity (``account:telegram:-100123``), for all workers."""

    __tablename__ = "limit_waits"
    key: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    reason: Mapped[str | None]


class RateLevel(Base):
    """How full a declared limit is: posts started per tenth of its window, by the tenth's number since the epoch."""

    __tablename__ = "rate_levels"
    key: Mapped[str] = mapped_column(primary_key=True)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)


# --- runs and posts --------------------------------------------------------------------------------------------------


class Run(Base):
    __tablename__ = "runs"
    __table_args__ = (UniqueConstraint("workspace_id", "idempotency_key"),)
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    status: Mapped[str]
    mode: Mapped[str]
    source_model: Mapped[str]
    source: Mapped[str]
    """Who made it: api, compose."""
    timezone: Mapped[str]
    idempotency_key: Mapped[str | None]
    payload_hash: Mapped[str]
    total_posts: Mapped[int]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Campaign(Base):
    __tablename__ = "campaigns"
    __table_args__ = (UniqueConstraint("run_id", "campaign_index"),)
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    campaign_index: Mapped[int]
    key: Mapped[str]
    """The id given in the schedule."""
    name: Mapped[str]


class Post(Base):
    """The schedule of record. Who may touch a row while it is being published: the holder of its lease and fence."""

    __tablename__ = "posts"
    __table_args__ = (
        Index("ix_posts_due", "status", "due_at"),
        Index("ix_posts_agenda", "workspace_id", "publish_at", "status", "account_id"),
        Index("ix_posts_account_provider_post", "account_id", "provider_post_id"),
        Index(
            "ix_posts_lease",
            "account_id",
            "lease_owner",
            sqlite_where=text("lease_owner IS NOT NULL"),
            postgresql_where=text("lease_owner IS NOT NULL"),
        ),
        Index("ix_posts_parent", "parent_post_id"),
        Index("ix_posts_run", "run_id"),
    )
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    campaign_id: Mapped[str | None] = mapped_column(ForeignKey("campaigns.id", ondelete="SET NULL"))
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    provider: Mapped[str]
    account_handle: Mapped[str]
    status: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    """Rises with every change a person makes; edits name the one they saw."""
    generation: Mapped[int] = mapped_column(default=1)

    name: Mapped[str] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")
    """The part of ``name`` that is published: empty for a generated step name."""
    description: Mapped[str] = mapped_column(default="")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    media_link: Mapped[str | None]
    timezone: Mapped[str]
    wall_time: Mapped[str | None]
    """What the clock on the wall showed: ISO without offset, in ``timezone``."""
    publish_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """When the engine looks at the row next: publish_at, a retry's time, the next poll or question."""
    schedulable_at: Mapped[datetime]
    """When it became schedulable: lateness counts from the later of this and publish_at."""

    interaction_type: Mapped[str] = mapped_column(default="post")
    step_id: Mapped[str]
    step_index: Mapped[int] = mapped_column(default=0)
    target_index: Mapped[int] = mapped_column(default=0)
    campaign_index: Mapped[int | None]
    sequence_position: Mapped[int | None]
    step_delay_ms: Mapped[int | None] = mapped_column(BigInteger)
    parent_step_id: Mapped[str | None]
    parent_post_id: Mapped[str | None] = mapped_column(ForeignKey("posts.id", ondelete="SET NULL"))
    parent_provider_post_id: Mapped[str | None]

    lease_owner: Mapped[str | None]
    """The worker whose flow is making requests now, at most one per account; a waiting poll has none."""
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    snapshot: Mapped[dict[str, Any] | None]
    intent: Mapped[str | None]
    """The ONCE that was intended and is not answered yet, or the last one answered."""
    tries: Mapped[int] = mapped_column(default=0)
    """Tries that count towards giving up, in this generation."""
    attempt_count: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)
    """How often the network was asked about an unknown outcome."""

    error_code: Mapped[str | None]
    error: Mapped[str | None]
    warning: Mapped[str | None]
    provider_status: Mapped[str | None]
    reconciliation_status: Mapped[str | None]
    provider_post_id: Mapped[str | None]
    provider_url: Mapped[str | None]
    provider_meta: Mapped[dict[str, Any] | None]
    published_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PostAsset(Base):
    __tablename__ = "post_assets"
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    """The id given in the schedule."""
    asset_id: Mapped[str | None] = mapped_column(ForeignKey("assets.id"), index=True)
    sha256: Mapped[str | None] = mapped_column(index=True)
    url: Mapped[str]
    managed: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str | None]
    mime: Mapped[str | None]
    original_filename: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    duration: Mapped[float | None] = mapped_column(Float)
    alt_text: Mapped[str | None]
    as_is: Mapped[bool] = mapped_column(default=False)
    """Somebody wants it sent as it is, whatever the network's documents say."""
    fit: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE)
    """``PostFit``: how the file was made to fit the network. Null: nobody looked yet."""


class Attempt(Base):
    """One try from claim to outcome. Polls, a token refresh and a takeover after a crash continue it."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("post_id", "attempt_no"),)
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    generation: Mapped[int]
    attempt_no: Mapped[int]
    stage: Mapped[str]
    worker_id: Mapped[str | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    ok: Mapped[bool | None]
    code: Mapped[str | None]
    message: Mapped[str | None]
    retryable: Mapped[bool | None]
    provider_post_id: Mapped[str | None]
    lateness: Mapped[float | None] = mapped_column(Float)
    """Seconds between the moment the post was due and the first request."""


class Step(Base):
    """What one named call of a flow was asked and answered: a replay is fed from here."""

    __tablename__ = "steps"
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    effect: Mapped[str]
    digest: Mapped[str]
    intended_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    """Sealed JSON: what ``read`` took from the answer."""
    usable_until: Mapped[datetime | None]


class Event(Base):
    """Append-only: audit, live screens of other processes and outgoing notices all read it."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_workspace", "workspace_id", "seq"),
        Index("ix_events_subject", "subject_id", "seq"),
    )
    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    workspace_id: Mapped[str | None] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str]
    """``post.published``, ``account.connected`` …"""
    actor: Mapped[str]
    subject_id: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


# --- media -----------------------------------------------------------------------------------------------------------


class Blob(Base):
    """Bytes in storage, once per content, and what was measured of them."""

    __tablename__ = "blobs"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    storage: Mapped[str]
    object_key: Mapped[str]
    created_at: Mapped[datetime]
    facts: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE)
    """``MediaFacts``. Null: nobody looked yet; empty: nothing could be measured."""


class BlobVariant(Base):
    """A derived form of a blob (``jpeg``, ``preview``, or the key of a ``Fit``), made once."""

    __tablename__ = "blob_variants"
    sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256", ondelete="CASCADE"), primary_key=True)
    variant: Mapped[str] = mapped_column(primary_key=True)
    object_key: Mapped[str]
    mime: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime]


class Conversion(Base):
    """A variant that somebody is making now, or that could not be made. The row goes when the variant is there."""

    __tablename__ = "conversions"
    sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256", ondelete="CASCADE"), primary_key=True)
    variant: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    until: Mapped[datetime]
    """Nobody else begins before."""
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]


class Asset(Base):
    __tablename__ = "assets"
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    sha256: Mapped[str | None] = mapped_column(ForeignKey("blobs.sha256"), index=True)
    storage: Mapped[str]
    object_key: Mapped[str | None]
    external_url: Mapped[str | None]
    delivery_token: Mapped[str] = mapped_column(unique=True)
    original_filename: Mapped[str | None]
    mime: Mapped[str]
    kind: Mapped[str]
    size: Mapped[int | None] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    duration: Mapped[float | None] = mapped_column(Float)
    alt_text: Mapped[str | None]
    status: Mapped[str]
    """draft, ready, pending_delete, deleted."""
    delete_after: Mapped[datetime | None]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MultipartUpload(Base):
    """A file that a browser sends in parts straight to the storage server."""

    __tablename__ = "multipart_uploads"
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"), unique=True)
    storage_upload_id: Mapped[str]
    object_key: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    """What the client announced, in bytes."""
    part_size: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]
    """open, completing, completed, aborted."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


# --- money -----------------------------------------------------------------------------------------------------------


class Subscription(Base):
    """What a shop says about a subscription; the workspace's plan follows from its rows."""

    __tablename__ = "subscriptions"
    __table_args__ = (UniqueConstraint("source", "external_id"),)
    id: Mapped[str] = _id()
    workspace_id: Mapped[str | None] = mapped_column(ForeignKey("workspaces.id", ondelete="SET NULL"), index=True)
    """Null until somebody claims it."""
    source: Mapped[str]
    """lemon_squeezy, app_store."""
    external_id: Mapped[str]
    user_id: Mapped[str | None]
    plan: Mapped[str | None]
    interval: Mapped[str | None]
    status: Mapped[str]
    """The shop's own word."""
    customer_id: Mapped[str | None]
    product_id: Mapped[str | None]
    environment: Mapped[str]
    """live or test."""
    renews_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    cancel_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    """The shop's time of the newest change that was taken in: older ones are not."""
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WebhookReceipt(Base):
    """A call from outside that was taken in: the same one again has no second effect."""

    __tablename__ = "webhook_receipts"
    source: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    outcome: Mapped[str]
    received_at: Mapped[datetime]


# --- the rest --------------------------------------------------------------------------------------------------------


class ComposeDraft(Base):
    """What somebody is writing, saved as they type."""

    __tablename__ = "compose_drafts"
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SavedView(Base):
    """What somebody looks at often: a name for what a list of posts is asked for."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("workspace_id", "user_id", "name"),)
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    query: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class MetricSnapshot(Base):
    __tablename__ = "metric_snapshots"
    __table_args__ = (Index("ix_metric_snapshots_subject", "subject_id", "metric_window", "collected_at"),)
    id: Mapped[str] = _id()
    workspace_id: Mapped[str] = _workspace()
    subject_id: Mapped[str]
    """A post or an account."""
    metric_window: Mapped[str]
    status: Mapped[str]
    supported: Mapped[bool]
    metrics: Mapped[dict[str, Any] | None]
    message: Mapped[str | None]
    collected_at: Mapped[datetime]


class SupportRequest(Base):
    __tablename__ = "support_requests"
    id: Mapped[str] = _id()
    workspace_id: Mapped[str | None] = mapped_column(ForeignKey("workspaces.id", ondelete="SET NULL"))
    user_id: Mapped[str | None]
    email: Mapped[str]
    message: Mapped[str]
    page_url: Mapped[str | None]
    page_title: Mapped[str | None]
    source: Mapped[str | None]
    mailed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class DataDeletion(Base):
    """A person at a network asked to be forgotten. Only the code, what it was about, hashed, and the times are kept."""

    __tablename__ = "data_deletions"
    code: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str]
    subject_hash: Mapped[str] = mapped_column(index=True)
    state: Mapped[str]
    """received, done."""
    removed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How many rows of each kind."""
    requested_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]


class Worker(Base):
    """A publisher that is or was alive."""

    __tablename__ = "workers"
    id: Mapped[str] = _id()
    host: Mapped[str]
    pid: Mapped[int]
    concurrency: Mapped[int]
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
