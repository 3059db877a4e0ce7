"""Every setting once: its variable, default, type and help. The README's table is made from this file.

Beside these, every base URL that a provider declares can be replaced (``SOCIALCLAW_X_API_URL``) and every developer app
given (``SOCIALCLAW_X_CLIENT_ID``, ``SOCIALCLAW_X_CLIENT_SECRET``); see ``provider_hosts`` and ``provider_app``.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from providers.contract import App, Provider

PREFIX = "SOCIALCLAW_"
LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
NOT_APPS = frozenset(
    {"http", "https", "ws", "wss", "ftp", "file", "data", "blob", "about", "javascript", "vbscript", "intent", "content",
     "mailto", "tel", "sms"}
)  # fmt: skip
"""Schemes that a browser or a phone opens by itself: nobody is sent there with a code."""


def _setting(default: Any, help: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"help": help, "secret": secret}, repr=not secret)


SANDBOX_ADDRESS = "SANDBOX_ADDRESS"
"""Among the variables of a program that is pointed at sandbox networks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Values come from the environment (``SOCIALCLAW_`` and the upper-case name); command-line options win over it."""

    data_dir: Path = _setting(Path(), "The folder that holds everything: database, queue, media, key file.")
    database_url: str = _setting(
        "", "Database address; SQLite in the data folder when empty. PostgreSQL: postgresql://user:password@host/name."
    )
    queue_url: str = _setting(
        "", "Where Huey keeps its queue: a file of its own in the data folder when empty; postgresql:// or redis://."
    )
    storage_url: str = _setting(
        "",
        "Where media go: a folder, or `s3://bucket/prefix?endpoint_url=…` (see docs/storage.md); `media` in the data folder when empty.",
    )
    s3_access_key_id: str = _setting("", "The id of the key for the S3 bucket that `SOCIALCLAW_STORAGE_URL` names.")
    s3_secret_access_key: str = _setting("", "The secret of that key.", secret=True)
    public_base_url: str = _setting(
        "", "The address people and networks reach this server at; http://127.0.0.1 and the port when empty."
    )
    secret_key: str = _setting(
        "",
        "Signs browser sessions and seals tokens. Made and kept in the system keyring or a 0600 file when empty.",
        secret=True,
    )
    hosted: bool = _setting(
        False, "True for a server on the internet: a secret key is then required and cookies need TLS."
    )
    environment: str = _setting("live", "live, or sandbox: accounts of one never publish to networks of the other.")
    billing_enabled: bool = _setting(False, "Plans and payment; without it every workspace may do everything.")
    lemonsqueezy_api_key: str = _setting("", "The key of the Lemon Squeezy API; plans are sold there.", secret=True)
    lemonsqueezy_store_id: str = _setting("", "The number of the store at Lemon Squeezy.")
    lemonsqueezy_variant_pro_monthly: str = _setting(
        "", "The number of the variant that is the plan Pro, by the month."
    )
    lemonsqueezy_variant_pro_yearly: str = _setting("", "The number of the variant that is the plan Pro, by the year.")
    lemonsqueezy_webhook_secret: str = _setting(
        "", "Signs Lemon Squeezy's messages, which go to /v1/billing/webhook.", secret=True
    )
    lemonsqueezy_test_mode: bool = _setting(
        False, "True while the key is one of Lemon Squeezy's test mode; only that mode's messages count then."
    )
    lemonsqueezy_api_url: str = _setting("https://api.lemonsqueezy.com", "Where the Lemon Squeezy API is.")
    appstore_bundle_id: str = _setting("", "The bundle id of the iOS app that sells the plan.")
    appstore_app_id: int = _setting(0, "The app's number in the App Store; needed for the environment Production.")
    appstore_product_pro_monthly: str = _setting("", "The product that is the plan Pro, by the month.")
    appstore_product_pro_yearly: str = _setting("", "The product that is the plan Pro, by the year.")
    appstore_environments: str = _setting(
        "Production",
        "Whose purchases count: Production, Sandbox or both, comma separated. Sandbox purchases cost nothing; App Review makes them.",
    )
    appstore_online_checks: bool = _setting(True, "Ask Apple whether the certificates of a signature were withdrawn.")
    appstore_root_certificate: str = _setting("", "A file with another root certificate than Apple's own, for tests.")
    google_client_id: str = _setting("", "The OAuth client with which people sign in through Google.")
    google_client_secret: str = _setting("", "The secret of that client.", secret=True)
    google_issuer: str = _setting(
        "https://accounts.google.com", "Where Google's sign-in is; another OpenID provider works."
    )
    apple_services_id: str = _setting("", "The Services ID with which people sign in through Apple in a browser.")
    apple_bundle_ids: str = _setting("", "The bundle ids of iOS apps that sign in through Apple, comma separated.")
    apple_team_id: str = _setting("", "The Team ID of the developer account at Apple.")
    apple_key_id: str = _setting("", "The Key ID of the key for Sign in with Apple.")
    apple_private_key: str = _setting(
        "", "That key: what stands in the .p8 file; line breaks may be written as \\n.", secret=True
    )
    apple_auth_url: str = _setting("https://appleid.apple.com", "Where Apple's sign-in is.")
    mobile_callback_schemes: str = _setting(
        "",
        "The address schemes of apps that people may be sent back to after signing in, comma separated; the first is the usual one.",
    )
    allow_sign_up: bool = _setting(
        False,
        "Whether strangers who come through Google or Apple get a workspace of their own; otherwise only people who have an account sign in.",
    )
    support_email: str = _setting("", "Where questions to the people who run this server are sent.")
    smtp_host: str = _setting("", "The mail server that sends; nothing is mailed when empty.")
    smtp_port: int = _setting(587, "The mail server's port: mostly 587 with starttls, 465 with tls.")
    smtp_security: str = _setting("starttls", "starttls, tls (from the first byte), or none.")
    smtp_user: str = _setting("", "The name to log in with at the mail server; no login when empty.")
    smtp_password: str = _setting("", "The password to log in with at the mail server.", secret=True)
    smtp_from: str = _setting("", "The sender of mails; the support address when empty.")
    requests_per_minute_per_key: int = _setting(
        1200, "How many API requests an API key may make in a minute, per process; 0 for any number."
    )
    requests_per_minute_per_address: int = _setting(
        2400, "How many requests may come from one address in a minute, per process; 0 for any number."
    )
    trusted_proxies: frozenset[str] = _setting(
        frozenset[str](),
        "Addresses or networks (10.0.0.0/8) of proxies in front of this server, comma separated. Who a request comes from "
        "is read from X-Forwarded-For and X-Forwarded-Proto of these alone.",
    )
    allow_private_hosts: frozenset[str] = _setting(
        frozenset[str](), "host:port pairs on private networks that may be reached, comma separated."
    )
    max_asset_bytes: int = _setting(512 * 1024 * 1024, "The largest file that may be uploaded, in bytes.")
    max_image_pixels: int = _setting(100_000_000, "The largest image, in pixels.")
    max_posts_per_apply: int = _setting(1000, "The most posts one schedule may hold.")
    concurrency: int = _setting(32, "How many posts one worker publishes at the same time.")
    grace_seconds: float = _setting(
        6 * 3600.0, "How late a post may still go out when nobody set another time for the workspace."
    )
    follow_seconds: float = _setting(24 * 3600.0, "How long a post that may be out already is followed.")
    lease_seconds: float = _setting(30.0, "How long a worker owns a post without a heartbeat.")
    poll_seconds: float = _setting(1.0, "How often an idle worker looks for posts that another process made due.")
    undo_seconds: float = _setting(
        5.0, "How long something that is published at once from the composer can be taken back; it goes out after that."
    )
    retry_base_seconds: float = _setting(15.0, "The first wait before an automatic retry; doubled each time.")
    max_tries: int = _setting(5, "How often a post is tried before it fails.")
    settle_scale: float = _setting(1.0, "Multiplies the waits before a network is asked about an unknown outcome.")
    poll_scale: float = _setting(1.0, "Multiplies the waits between looks at what a network still processes.")
    call_timeout_seconds: float = _setting(60.0, "How long one request to a network may take.")
    session_days: int = _setting(30, "After how many days a browser session ends even when used.")
    session_idle_days: int = _setting(7, "After how many idle days a browser session ends.")
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR.")
    use_keyring: bool = _setting(False, "Keep the data key in the system keyring (the desktop program does).")
    environ: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """The variables that were read, for the per-provider ones."""

    @property
    def resolved_database_url(self) -> str:
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'socialclaw.db'}"
        return self.database_url.replace("postgres://", "postgresql://", 1).replace(
            "postgresql://", "postgresql+psycopg://", 1
        )

    @property
    def apple_bundles(self) -> frozenset[str]:
        return frozenset(_listed(self.apple_bundle_ids))

    @property
    def mobile_schemes(self) -> tuple[str, ...]:
        return tuple(scheme.lower() for scheme in _listed(self.mobile_callback_schemes))

    @property
    def appstore_accepts(self) -> frozenset[str]:
        return frozenset(part.strip().title() for part in self.appstore_environments.split(",") if part.strip())

    def provider_hosts(self, provider: Provider) -> dict[str, str]:
        """Base URLs by host name, with what the environment replaces."""
        return {
            name: self.environ.get(f"{PREFIX}{provider.id.upper()}_{name.upper()}_URL", url).rstrip("/")
            for name, url in provider.hosts.items()
        }

    @property
    def sandbox_address(self) -> str:
        """Where people see what the audience of the sandbox networks sees; empty where those are not used."""
        return self.environ.get(SANDBOX_ADDRESS, "")

    def provider_app(self, provider: Provider) -> App | None:
        """The developer app from the environment; one of another network where the provider says that it serves both."""
        for name in (provider.id, provider.app_of):
            client_id = self.environ.get(f"{PREFIX}{name.upper()}_CLIENT_ID", "") if name else ""
            if name and client_id:
                return App(client_id, self.environ.get(f"{PREFIX}{name.upper()}_CLIENT_SECRET", ""))
        return None


class SettingsError(Exception):
    """A setting that cannot work: the message says which and what to do."""


def load(environ: Mapping[str, str], **options: Any) -> Settings:
    """Raises SettingsError. ``options`` are values from the command line; None means not given."""
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        if setting.name == "environ":
            continue
        raw = environ.get(PREFIX + setting.name.upper())
        if raw:
            values[setting.name] = _parse(setting.name, raw, setting.default)
    values |= {name: value for name, value in options.items() if value is not None}
    values["data_dir"] = Path(values.get("data_dir") or default_data_dir()).expanduser().absolute()
    settings = Settings(**values, environ=dict(environ))
    _refuse_unsafe(settings)
    return settings


def default_data_dir() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "SocialClaw"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "SocialClaw"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "socialclaw"


def variables() -> list[tuple[str, str, str]]:
    """Name, default and help of every variable, for the README."""
    rows: list[tuple[str, str, str]] = []
    for setting in fields(Settings):
        if "help" in setting.metadata:
            default = "" if isinstance(setting.default, Path | frozenset) else str(setting.default)
            rows.append(
                (PREFIX + setting.name.upper(), "" if setting.name == "data_dir" else default, setting.metadata["help"])
            )
    return rows


def _parse(name: str, raw: str, default: Any) -> Any:
    variable = PREFIX + name.upper()
    if isinstance(default, bool):
        if raw.strip().lower() not in ("true", "false", "1", "0", "yes", "no"):
            raise SettingsError(f"{variable} must be true or false, not {raw!r}.")
        return raw.strip().lower() in ("true", "1", "yes")
    if isinstance(default, int | float):
        try:
            value = type(default)(raw)
        except ValueError:
            raise SettingsError(f"{variable} must be a number, not {raw!r}.") from None
        if value < 0:
            raise SettingsError(f"{variable} must not be negative.")
        return value
    if isinstance(default, frozenset):
        return frozenset(part.strip().lower() for part in raw.split(",") if part.strip())
    return Path(raw) if isinstance(default, Path) else raw


def _listed(written: str) -> list[str]:
    return [part.strip() for part in written.split(",") if part.strip()]


def _refuse_unsafe(settings: Settings) -> None:
    if settings.environment not in ("live", "sandbox"):
        raise SettingsError("SOCIALCLAW_ENVIRONMENT must be live or sandbox.")
    if not settings.appstore_accepts <= {"Production", "Sandbox"}:
        # Apple's library takes what Xcode makes on one machine without looking at signatures.
        raise SettingsError("SOCIALCLAW_APPSTORE_ENVIRONMENTS must be Production, Sandbox or both, comma separated.")
    for scheme in settings.mobile_schemes:
        if scheme in NOT_APPS or not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
            raise SettingsError(
                f"SOCIALCLAW_MOBILE_CALLBACK_SCHEMES: {scheme!r} is no scheme of an app. Use one such as com.example.app."
            )
    if settings.smtp_security not in ("starttls", "tls", "none"):
        raise SettingsError("SOCIALCLAW_SMTP_SECURITY must be starttls, tls or none.")
    if settings.smtp_password and settings.smtp_security == "none" and settings.smtp_host not in LOCAL:
        raise SettingsError(
            "SOCIALCLAW_SMTP_SECURITY must be starttls or tls: the password would be readable on its way to the mail server."
        )
    for written in settings.trusted_proxies:
        try:
            ip_network(written, strict=False)
        except ValueError:
            raise SettingsError(f"SOCIALCLAW_TRUSTED_PROXIES: {written!r} is no address or network.") from None
    if settings.hosted and len(settings.secret_key) < 32:
        raise SettingsError("A hosted server needs SOCIALCLAW_SECRET_KEY with at least 32 random characters.")
    if settings.hosted and not settings.public_base_url.startswith("https://"):
        raise SettingsError("A hosted server needs SOCIALCLAW_PUBLIC_BASE_URL, starting with https://.")
