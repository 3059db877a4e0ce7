"""Where bytes live, named by their sha256. A folder here; another store needs the same few functions."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Protocol

from .errors import AppError
from .settings import SettingsError

CHUNK = 256 * 1024


class Writer(Protocol):
    """Bytes on their way in. Without ``commit`` nothing of them stays."""

    @property
    def path(self) -> Path: ...

    def write(self, chunk: bytes) -> None: ...

    def commit(self) -> tuple[str, int]:
        """The sha256 and the size, once the bytes are on disk under their name."""
        ...


class Storage(Protocol):
    @property
    def name(self) -> str: ...

    def writer(self) -> AbstractContextManager[Writer]: ...

    def path(self, key: str) -> Path: ...

    def open_range(self, key: str, start: int, stop: int) -> Iterator[bytes]: ...

    def size(self, key: str) -> int: ...

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None: ...


def key_of(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


class FolderStorage:
    name = "local"

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def writer(self) -> Generator[FolderWriter]:
        with _told_plainly():
            descriptor, name = tempfile.mkstemp(dir=self._incoming)
        writer = FolderWriter(self, Path(name), os.fdopen(descriptor, "wb"))
        try:
            yield writer
        finally:
            writer.discard()

    def path(self, key: str) -> Path:
        return self.root / key

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


class FolderWriter:
    def __init__(self, storage: FolderStorage, path: Path, file: IO[bytes]) -> None:
        self.path = path
        self._storage = storage
        self._file = file
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, chunk: bytes) -> None:
        with _told_plainly():
            self._file.write(chunk)
            self._file.flush()
        self._hash.update(chunk)
        self._size += len(chunk)

    def commit(self) -> tuple[str, int]:
        sha256 = self._hash.hexdigest()
        target = self._storage.path(key_of(sha256))
        with _told_plainly():
            os.fsync(self._file.fileno())
            self._file.close()
            target.parent.mkdir(parents=True, exist_ok=True)
            self.path.replace(target)
            _sync_folder(target.parent)
        return sha256, self._size

    def discard(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def _told_plainly() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise AppError(
            "storage_unavailable",
            "The file could not be stored: the disk is full or cannot be written. Nothing was kept of it.",
        ) from error


def _sync_folder(folder: Path) -> None:
    """A rename is on disk when its folder is; Windows has no such thing."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def storage_from_url(url: str) -> FolderStorage:
    if "://" in url and not url.startswith("file://"):
        raise SettingsError("SOCIALCLAW_STORAGE_URL must be a folder.")
    return FolderStorage(Path(url.removeprefix("file://")))
