"""Where bytes live, named by their sha256: a folder here, a bucket in ``s3``. Another store needs the same few functions."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol

from .errors import AppError
from .settings import Settings, SettingsError

CHUNK = 256 * 1024


class Writer(Protocol):
    """Bytes on their way in. Without ``commit`` nothing of them stays."""

    @property
    def path(self) -> Path: ...

    @property
    def sha256(self) -> str:
        """Of what was written so far."""
        ...

    @property
    def size(self) -> int: ...

    def write(self, chunk: bytes) -> None: ...

    def commit(self) -> tuple[str, int]:
        """The sha256 and the size, once the bytes are on disk under their name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Something in the storage, and when it was written."""

    key: str
    at: datetime


class Storage(Protocol):
    """Raises AppError where it cannot be reached, and FileNotFoundError for what is not there."""

    @property
    def name(self) -> str: ...

    @property
    def parts(self) -> Parts | None:
        """How browsers send large files past this server; None where they cannot."""
        ...

    def check(self) -> None:
        """Whether it can be used at all."""
        ...

    def writer(self) -> AbstractContextManager[Writer]: ...

    def as_file(self, key: str) -> AbstractContextManager[Path]:
        """For libraries that want a path; it is good during the block."""
        ...

    def open_range(self, key: str, start: int, stop: int) -> Iterator[bytes]: ...

    def size(self, key: str) -> int: ...

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None: ...

    def kept(self, place: str) -> Iterator[Kept]:
        """Everything whose key begins with ``place/``."""
        ...

    def drop_unfinished(self, before: datetime) -> None:
        """What a crash left of files that were on their way in."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    number: int
    etag: str
    """With its quotes, as the storage gives it."""
    size: int = 0


class PartsRefused(Exception):
    """The storage does not have the parts as they were named; ``code`` is its own word for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class UploadGone(Exception):
    """The storage does not know this upload: it was joined, or dropped."""


class Parts(Protocol):
    """Files that arrive in parts, each by an address that allows just that."""

    def begin(self, key: str, mime: str) -> str:
        """The storage's own id of the upload."""
        ...

    def address(self, key: str, upload: str, number: int, *, length: int, seconds: int) -> str: ...

    def arrived(self, key: str, upload: str) -> list[Part]:
        """Raises UploadGone."""
        ...

    def join(self, key: str, upload: str, parts: Sequence[Part]) -> None:
        """Raises PartsRefused or UploadGone; any other error leaves open whether it happened."""
        ...

    def drop(self, key: str, upload: str) -> None: ...

    def adopt(self, key: str, sha256: str) -> None:
        """Give what was joined the name of its content. The old name stays until it is deleted."""
        ...

    def unjoined(self, place: str) -> Iterator[tuple[str, str, datetime]]:
        """Key, upload and beginning of everything that is neither joined nor dropped."""
        ...


def fill(writer: Writer, path: Path) -> None:
    """With the bytes of a file, a little at a time."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            writer.write(chunk)


def key_of(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def open_storage(settings: Settings) -> Storage:
    """Raises SettingsError."""
    url = settings.storage_url or str(settings.data_dir / "media")
    if url.startswith("s3://"):
        try:
            from .s3 import s3_storage  # its library takes 35 MB, which servers with a folder need not spend
        except ModuleNotFoundError as error:
            raise SettingsError(
                "SOCIALCLAW_STORAGE_URL names an S3 bucket, which needs the extra s3: pip install 'socialclaw[s3]'."
            ) from error
        return s3_storage(settings)
    if "://" in url and not url.startswith("file://"):
        raise SettingsError("SOCIALCLAW_STORAGE_URL must be a folder or an s3:// address.")
    return FolderStorage(Path(url.removeprefix("file://")))


class FolderStorage:
    name = "local"
    parts = None

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    def check(self) -> None:
        with self.writer() as writer:
            writer.write(b"x")

    def writer(self) -> AbstractContextManager[FileWriter]:
        return incoming(self._incoming, self._keep)

    def _keep(self, path: Path, sha256: str) -> None:
        target = self.path(key_of(sha256))
        target.parent.mkdir(parents=True, exist_ok=True)
        _sync(path)
        path.replace(target)
        _sync_folder(target.parent)

    def path(self, key: str) -> Path:
        return self.root / key

    @contextmanager
    def as_file(self, key: str) -> Generator[Path]:
        self.size(key)  # media libraries cannot tell a missing file from a broken one
        yield self.path(key)

    def open_range(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        with self.path(key).open("rb") as file:
            file.seek(start)
            missing = stop - start
            while missing > 0 and (chunk := file.read(min(CHUNK, missing))):
                missing -= len(chunk)
                yield chunk

    def size(self, key: str) -> int:
        return self.path(key).stat().st_size

    def exists(self, key: str) -> bool:
        return self.path(key).exists()

    def delete(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def kept(self, place: str) -> Iterator[Kept]:
        for path in (self.root / place).rglob("*"):
            if path.is_file():
                yield Kept(key=path.relative_to(self.root).as_posix(), at=_written_at(path))

    def drop_unfinished(self, before: datetime) -> None:
        drop_unfinished(self._incoming, before)


class FileWriter:
    """Gathers bytes in a file of its own; ``keep`` brings the file to where it stays."""

    def __init__(self, path: Path, file: IO[bytes], keep: Callable[[Path, str], None]) -> None:
        self.path = path
        self.size = 0
        self._file = file
        self._keep = keep
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        with _told_plainly():
            self._file.write(chunk)
            self._file.flush()
        self._hash.update(chunk)
        self.size += len(chunk)

    def commit(self) -> tuple[str, int]:
        with _told_plainly():
            self._file.close()
            self._keep(self.path, self.sha256)
        return self.sha256, self.size

    def discard(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def incoming(folder: Path, keep: Callable[[Path, str], None]) -> Generator[FileWriter]:
    with _told_plainly():
        descriptor, name = tempfile.mkstemp(dir=folder)
    writer = FileWriter(Path(name), os.fdopen(descriptor, "wb"), keep)
    try:
        yield writer
    finally:
        writer.discard()


def drop_unfinished(folder: Path, before: datetime) -> None:
    for path in folder.iterdir():
        if path.is_file() and _written_at(path) < before:
            path.unlink(missing_ok=True)


@contextmanager
def _told_plainly() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise AppError(
            "storage_unavailable",
            "The file could not be stored: the disk is full or cannot be written. Nothing was kept of it.",
        ) from error


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _sync(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """A rename is on disk when its folder is; Windows has no such thing."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
