"""Everything of a data folder in one file, and back."""

from __future__ import annotations

import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from .settings import Settings, SettingsError

DATABASE = "socialclaw.db"
FOLDERS = ("media", "keys")


def backup(settings: Settings, file: Path) -> None:
    """While the program runs, too. The file holds the key that opens the tokens: keep it as safe as them.

    Raises SettingsError; an existing file is never overwritten.
    """
    if settings.database_url:
        raise SettingsError(
            "This command copies SQLite data folders. For PostgreSQL use pg_dump, and copy the media folder and the secret key."
        )
    source = settings.data_dir / DATABASE
    if not source.exists():
        raise SettingsError(f"There is nothing to back up in {settings.data_dir}.")
    if file.exists():
        raise SettingsError(f"{file} is there already. Name another file.")
    with tempfile.TemporaryDirectory(dir=settings.data_dir) as folder:
        copy = Path(folder) / DATABASE
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(copy)) as target:
            live.backup(target)
        partial = file.with_name(file.name + ".partial")
        partial.touch(mode=0o600)
        with tarfile.open(partial, "w:gz") as archive:
            archive.add(copy, DATABASE)
            for name in FOLDERS:
                if (settings.data_dir / name).exists():
                    archive.add(settings.data_dir / name, name, filter=_without_unfinished)
        partial.replace(file)


def _without_unfinished(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if member.name.startswith("media/incoming/") else member


def restore(settings: Settings, file: Path) -> None:
    """Into a data folder without a database. Raises SettingsError and changes nothing when there is one."""
    if (settings.data_dir / DATABASE).exists():
        raise SettingsError(
            f"{settings.data_dir} has a database already. Restore into an empty folder with --data-dir."
        )
    if not file.exists():
        raise SettingsError(f"There is no file {file}.")
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with tarfile.open(file) as archive:
            if DATABASE not in archive.getnames():
                raise SettingsError(f"{file} is not a SocialClaw backup.")
            archive.extractall(settings.data_dir, filter="data")
    except (tarfile.TarError, EOFError) as error:
        raise SettingsError(f"{file} is not a SocialClaw backup, or it is damaged.") from error
    for key in (settings.data_dir / "keys").glob("*"):
        key.chmod(0o600)
    if (settings.data_dir / "keys").exists():
        (settings.data_dir / "keys").chmod(0o700)
