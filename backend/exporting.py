"""Everything a workspace owns, in one archive that needs no SocialClaw to be read. Never a secret."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Select, inspect, select
from sqlalchemy.orm import Session

from . import models, runs, schedule_files
from .access import Action, Actor, allow, scoped
from .context import Context
from .errors import AppError
from .ids import new_id
from .models import Account, Asset, Event, Membership, Post, PostAsset, User
from .storage import Storage
from .wire import iso

KEPT = timedelta(hours=24)
PIECE = 500
TABLES: Mapping[str, type[Any]] = {
    "accounts": models.Account,
    "connections": models.Connection,
    "runs": models.Run,
    "campaigns": models.Campaign,
    "posts": models.Post,
    "attempts": models.Attempt,
    "files": models.Asset,
    "figures": models.MetricSnapshot,
    "events": models.Event,
    "keys": models.ApiKey,
    "drafts": models.ComposeDraft,
    "views": models.SavedView,
    "questions": models.SupportRequest,
    "subscriptions": models.Subscription,
    "old_handles": models.AccountHandle,
}
LEFT_OUT: Mapping[type[Any], str] = {
    models.SetupLink: "one-time links are secrets",
    models.Invitation: "the links of invitations are secrets",
    models.EndedLogin: "logins that their networks have still to be told of are secrets",
    models.OAuthState: "logins on their way are secrets",
    models.SignIn: "sessions belong to people, not to the workspace",
    models.MultipartUpload: "uploads that are not finished",
    models.ProviderApp: "developer apps are secrets of whoever entered them",
    models.Membership: "written as members, with names in place of ids",
}
SECRET = frozenset(
    {"credential", "secret", "secret_hash", "token_hash", "delivery_token", "customer_id", "authorize_url"}
)
INSIDE = frozenset(
    {"snapshot", "provider_meta", "meta", "lease_owner", "lease_until", "fence", "intent", "data", "payload_hash"}
)  # fmt: skip
"""What only the engine reads, and may hold more than people should see. Drafts and events are exported with their data."""
POST_COLUMNS = (
    "id", "provider", "account_handle", "status", "publish_at", "timezone", "name", "description", "published_at",
    "provider_post_id", "provider_url", "error", "media", "settings",
)  # fmt: skip
README = """This archive holds everything that the workspace {name!r} owned on {when}.

posts.csv            all posts, for a spreadsheet
tables/*.json        all rows, one object a line
schedules/*.yaml     each run as a schedule that can be imported again
media/               the files, by their ids
Secrets (logins, keys) are never exported: connect accounts again where you import this.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    path: Path
    size: int


async def export(context: Context, actor: Actor) -> Export:
    """Takes as long as there are files. Raises ``export_failed`` when the disk is full; nothing half is left."""
    allow(actor, Action.MANAGE_WORKSPACE)
    rows = await context.db.read(_collect, actor, context.now())
    folder = context.settings.data_dir / "exports"
    path = folder / f"{new_id('export', context.now())}.zip"
    try:
        await asyncio.get_running_loop().run_in_executor(
            context.media_executor, _write, path, rows, context.storage, context.now()
        )
    except OSError as error:
        path.unlink(missing_ok=True)
        raise AppError("export_failed", "The archive could not be written. Is the disk full?") from error
    return Export(path=path, size=path.stat().st_size)


async def sweep(context: Context) -> None:
    """Housekeeping: archives that nobody fetched within a day."""
    folder, limit = context.settings.data_dir / "exports", context.now() - KEPT
    for path in folder.glob("*.zip") if folder.is_dir() else ():
        if path.stat().st_mtime < limit.timestamp():
            path.unlink(missing_ok=True)


# --- rows -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    name: str
    tables: Mapping[str, list[dict[str, Any]]]
    posts: list[dict[str, Any]]
    schedules: Mapping[str, Mapping[str, Any]]
    files: list[tuple[str, str]]
    """Object key and name in the archive."""


def _collect(session: Session, actor: Actor, now: datetime) -> _Rows:
    tables = {name: [_row(one) for one in session.scalars(scoped(actor, model))] for name, model in TABLES.items()}
    tables["members"] = list(_members(session, actor))
    media = _media(session, actor)
    posts = [{**one, "media": schedule_files.SPLIT.join(media.get(one["id"], ()))} for one in tables["posts"]]
    workspace = session.get_one(models.Workspace, actor.workspace_id)
    return _Rows(
        name=workspace.name,
        tables=tables,
        posts=posts,
        schedules={run["id"]: _schedule(session, actor, run["id"]) for run in tables["runs"]},
        files=[
            (row.object_key, f"media/{row.id}-{Path(row.original_filename or 'file').name}")
            for row in session.scalars(_stored(actor))
            if row.object_key
        ],
    )


def _stored(actor: Actor) -> Select[Asset]:
    return scoped(actor, Asset).where(Asset.sha256.is_not(None), Asset.status.not_in(("deleted", "uploading")))


def _row(one: Any) -> dict[str, Any]:
    kept = (Event, models.ComposeDraft)
    columns: list[str] = [column.key for column in cast("Any", inspect(cast("type[Any]", type(one)))).column_attrs]
    hidden = SECRET | (INSIDE - {"data"} if isinstance(one, kept) else INSIDE)
    return {name: _plain(getattr(one, name)) for name in columns if name not in hidden}


def _plain(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value


def _members(session: Session, actor: Actor) -> Iterator[dict[str, Any]]:
    rows = session.execute(
        select(User.email, User.name, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.workspace_id == actor.workspace_id)
    )
    for email, name, role in rows:
        yield {"email": email, "name": name, "role": role}


def _media(session: Session, actor: Actor) -> dict[str, list[str]]:
    rows = session.execute(
        select(PostAsset.post_id, PostAsset.url)
        .join(Post, Post.id == PostAsset.post_id)
        .where(Post.workspace_id == actor.workspace_id)
        .order_by(PostAsset.post_id, PostAsset.position)
    )
    found: dict[str, list[str]] = {}
    for post_id, url in rows:
        found.setdefault(post_id, []).append(url)
    return found


def _schedule(session: Session, actor: Actor, run_id: str) -> Mapping[str, Any]:
    found = runs.detail(session, actor, run_id)
    if found["run"]["sourceModel"] == "campaigns_v2":
        return runs.campaign(session, actor, run_id)["schedule"]
    return {
        "timezone": found["run"]["timezone"],
        "posts": [
            {
                name: value
                for name, value in {
                    "account": post["account"],
                    "name": post["name"],
                    "description": post["description"],
                    "publish_at": post["publishAtUtc"],
                    "timezone": post["timezone"],
                    "assets": [
                        {key: asset[key] for key in ("id", "url", "altText") if asset.get(key)}
                        for asset in post["assets"]
                    ],
                    "settings": post["settings"],
                }.items()
                if value not in (None, "", [], {})
            }
            for post in found["posts"]
        ],
    }


# --- the archive ------------------------------------------------------------------------------------------------------


def _write(path: Path, rows: _Rows, storage: Storage, now: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        path.chmod(0o600)
        archive.writestr("README.txt", README.format(name=rows.name, when=f"{now:%Y-%m-%d}"))
        archive.writestr("posts.csv", schedule_files.as_csv(rows.posts, POST_COLUMNS))
        for name, table in rows.tables.items():
            lines = "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in table)
            archive.writestr(f"tables/{name}.json", lines)
        for run_id, schedule in rows.schedules.items():
            archive.writestr(f"schedules/{run_id}.yaml", schedule_files.as_yaml(_simple(schedule)))
        for key, name in rows.files:
            _add_file(archive, storage, key, name)


def _add_file(archive: zipfile.ZipFile, storage: Storage, key: str, name: str) -> None:
    """Pictures and films do not get smaller; what the storage has lost is left out, as everywhere."""
    try:
        size = storage.size(key)
    except FileNotFoundError:
        return
    entry = zipfile.ZipInfo(name)
    with archive.open(entry, "w", force_zip64=True) as out:
        for chunk in storage.open_range(key, 0, size):
            out.write(chunk)


def _simple(value: Any) -> Any:
    """Mappings and lists of YAML's own kinds."""
    if isinstance(value, Mapping):
        return {str(key): _simple(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_simple(item) for item in cast("list[Any]", value)]
    return value


def account_names(session: Session, actor: Actor) -> list[str]:
    """Handles to begin a file with."""
    allow(actor, Action.READ)
    return list(
        session.scalars(
            scoped(actor, Account).where(Account.disconnected_at.is_(None)).with_only_columns(Account.handle)
        )
    )
