"""Bytes on disk: whole or not at all, once for each content."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.errors import AppError
from backend.s3 import Bucket, bucket_from_url, s3_storage
from backend.settings import Settings, SettingsError
from backend.storage import CHUNK, FolderStorage, key_of, open_storage


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


def settings(folder: Path, **values: str) -> Settings:
    return Settings(data_dir=folder, **values)


def test_media_go_to_the_folder_that_is_named(tmp_path: Path) -> None:
    for url, folder in (("", "media"), (str(tmp_path / "a"), "a"), (f"file://{tmp_path}/b", "b")):
        opened = open_storage(settings(tmp_path, storage_url=url))
        assert isinstance(opened, FolderStorage)
        assert opened.root == tmp_path / folder


KEYS = {"s3_access_key_id": "id-1", "s3_secret_access_key": "hidden"}


@pytest.mark.parametrize(
    ("url", "values", "sentence"),
    [
        ("gs://bucket", KEYS, "a folder or an s3:// address"),
        ("s3://bucket", {}, "SOCIALCLAW_S3_ACCESS_KEY_ID and SOCIALCLAW_S3_SECRET_ACCESS_KEY"),
        ("s3://bucket", {"s3_access_key_id": "id-1"}, "SOCIALCLAW_S3_SECRET_ACCESS_KEY"),
        ("s3:///prefix", KEYS, "must name the bucket"),
        ("s3://id:key@bucket", KEYS, "must not hold keys"),
        ("s3://bucket?pathstyle=true", KEYS, "does not know pathstyle"),
        ("s3://bucket?path_style=yes", KEYS, "path_style=true"),
        ("s3://bucket?endpoint_url=127.0.0.1:9000", KEYS, "endpoint_url that starts with http://"),
    ],
)
def test_an_address_that_cannot_work_is_refused_with_a_reason(
    tmp_path: Path, url: str, values: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        open_storage(settings(tmp_path, storage_url=url, **values))


def test_a_bucket_is_described_by_its_address() -> None:
    url = (
        "s3://media/a/b/?endpoint_url=http://in:9000&public_endpoint_url=https%3A%2F%2Fout&region=eu-1&path_style=true"
    )

    assert bucket_from_url(url) == Bucket(
        name="media",
        prefix="a/b",
        endpoint_url="http://in:9000",
        public_endpoint_url="https://out",
        region="eu-1",
        path_style=True,
    )


def test_without_its_library_a_bucket_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "backend.s3")
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(SettingsError, match=r"socialclaw\[s3\]"):
        open_storage(settings(tmp_path, storage_url="s3://bucket", **KEYS))


def test_a_folder_needs_no_library_of_s3(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from backend.settings import Settings
from backend.storage import open_storage
open_storage(Settings(data_dir=Path({str(tmp_path)!r})))
print("boto3" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_a_signed_address_names_the_public_server_and_holds_no_secret(tmp_path: Path) -> None:
    url = "s3://media/a?endpoint_url=http://inside:9000&public_endpoint_url=https://files.example.com&path_style=true"
    storage = s3_storage(settings(tmp_path, storage_url=url, **KEYS))

    address = storage.address("uploads/x", "u-1", 2, length=7, seconds=60)

    assert address.startswith("https://files.example.com/media/a/uploads/x?")
    assert "partNumber=2" in address
    assert "content-length" in address
    assert "hidden" not in address + repr(storage) + repr(settings(tmp_path, **KEYS))


def test_what_a_crash_cut_off_is_dropped_when_it_is_old(storage: FolderStorage) -> None:
    for name, age in (("old", 2), ("new", 0)):
        path = storage.root / "incoming" / name
        path.write_bytes(b"half")
        at = time.time() - age * 86400
        os.utime(path, (at, at))

    storage.drop_unfinished(datetime.now(UTC) - timedelta(days=1))

    assert [path.name for path in files(storage)] == ["new"]
