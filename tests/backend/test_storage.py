"""Bytes on disk: whole or not at all, once for each content."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from backend.errors import AppError
from backend.settings import SettingsError
from backend.storage import CHUNK, FolderStorage, key_of, storage_from_url


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "media")


def stored(storage: FolderStorage, content: bytes) -> str:
    with storage.writer() as writer:
        writer.write(content)
        sha256, size = writer.commit()
    assert (sha256, size) == (hashlib.sha256(content).hexdigest(), len(content))
    return key_of(sha256)


def files(storage: FolderStorage) -> list[Path]:
    return [path for path in storage.root.rglob("*") if path.is_file()]


def test_the_same_bytes_lie_there_once(storage: FolderStorage) -> None:
    keys = {stored(storage, b"same") for _ in range(3)}

    assert len(keys) == len(files(storage)) == 1


def test_without_commit_nothing_stays(storage: FolderStorage) -> None:
    with storage.writer() as writer:
        writer.write(b"half")

    assert files(storage) == []


def test_an_error_on_the_way_leaves_nothing(storage: FolderStorage) -> None:
    def cut_off() -> None:
        with storage.writer() as writer:
            writer.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cut_off()

    assert files(storage) == []


def test_a_range_is_read_in_pieces(storage: FolderStorage) -> None:
    content = bytes(range(256)) * (CHUNK // 100)
    key = stored(storage, content)

    pieces = list(storage.open_range(key, 7, len(content) - 9))

    assert b"".join(pieces) == content[7:-9]
    assert max(len(piece) for piece in pieces) <= CHUNK


def test_a_deleted_file_is_gone_and_may_be_deleted_again(storage: FolderStorage) -> None:
    key = stored(storage, b"x")
    assert storage.exists(key)
    assert storage.size(key) == 1

    storage.delete(key)
    storage.delete(key)

    assert not storage.exists(key)


def test_a_full_disk_is_told_in_words(storage: FolderStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("backend.storage.os.fsync", full)
    with pytest.raises(AppError, match="disk is full") as caught:
        stored(storage, b"x")

    assert (caught.value.code, caught.value.status) == ("storage_unavailable", 503)
    assert files(storage) == []


def test_a_storage_is_a_folder(tmp_path: Path) -> None:
    assert storage_from_url(f"file://{tmp_path}").root == tmp_path
    with pytest.raises(SettingsError):
        storage_from_url("s3://bucket")
