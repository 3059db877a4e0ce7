"""Media in a bucket, and files in parts, before a real S3 server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend import assets, uploads, workspaces
from backend.access import Actor, Role
from backend.context import Context, utc_now
from backend.errors import AppError
from backend.s3 import S3Storage, bucket_from_url
from backend.settings import load
from backend.storage import CHUNK, Part, PartsRefused, Storage, UploadGone, key_of
from socialclaw_app.parts import Parts, open_parts
from tests.api.files import image

from .s3 import KEY, S3, SECRET

pytestmark = pytest.mark.servers

MEBIBYTE = 1024 * 1024
# A picture with something behind its end, which everybody ignores: as long as a film, and quick to make.
LARGE = image() + bytes(range(256)) * (12 * MEBIBYTE // 256)


def storage_of(server: S3, folder: Path, bucket: str, *, secret: str = SECRET, answer_seconds: float = 10) -> S3Storage:
    return S3Storage(
        bucket_from_url(server.url(bucket)),
        access_key_id=KEY,
        secret_access_key=secret,
        scratch=folder / "scratch",
        answer_seconds=answer_seconds,
    )


@pytest.fixture(scope="module")
def bucket(s3_server: S3) -> str:
    return s3_server.create_bucket()


@pytest.fixture
def storage(s3_server: S3, bucket: str, tmp_path: Path) -> S3Storage:
    return storage_of(s3_server, tmp_path, bucket)


@pytest.fixture(scope="module")
def parts(s3_server: S3, bucket: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """The program as its settings make it."""
    variables = {
        "SOCIALCLAW_STORAGE_URL": s3_server.url(bucket),
        "SOCIALCLAW_S3_ACCESS_KEY_ID": KEY,
        "SOCIALCLAW_S3_SECRET_ACCESS_KEY": SECRET,
        "SOCIALCLAW_PUBLIC_BASE_URL": "http://127.0.0.1:8765",
    }
    with open_parts(load(variables, data_dir=tmp_path_factory.mktemp("data"))) as made:
        yield made


@pytest.fixture
def context(parts: Parts) -> Context:
    return parts.context


@pytest.fixture(scope="module")
def alice(parts: Parts) -> Actor:
    row = parts.context.db.write_now(workspaces.create, name="Alice", now=utc_now())
    return Actor(workspace_id=row.id, label="user:alice", role=Role.OWNER)


def keep(storage: Storage, content: bytes) -> str:
    with storage.writer() as writer:
        writer.write(content)
        sha256, size = writer.commit()
    assert (sha256, size) == (hashlib.sha256(content).hexdigest(), len(content))
    return key_of(sha256)


def scratch(storage: S3Storage) -> list[Path]:
    return list(storage._scratch.iterdir())


# --- the storage -----------------------------------------------------------------------------------------------------


def test_bytes_are_kept_read_in_ranges_and_deleted(storage: S3Storage) -> None:
    content = bytes(range(256)) * 2048
    key = keep(storage, content)

    assert storage.exists(key)
    assert storage.size(key) == len(content)
    pieces = list(storage.open_range(key, 7, len(content) - 9))
    assert b"".join(pieces) == content[7:-9]
    assert max(len(piece) for piece in pieces) <= CHUNK
    assert list(storage.open_range(key, 5, 5)) == []
    with storage.as_file(key) as path:
        assert path.read_bytes() == content
    assert scratch(storage) == []

    storage.delete(key)
    storage.delete(key)
    assert not storage.exists(key)
    with pytest.raises(FileNotFoundError):
        list(storage.open_range(key, 0, 1))


def test_a_large_file_goes_in_whole(storage: S3Storage) -> None:
    content = LARGE + bytes(8 * MEBIBYTE)
    key = keep(storage, content)

    seen = hashlib.sha256()
    for piece in storage.open_range(key, 0, len(content)):
        seen.update(piece)
    assert key.endswith(seen.hexdigest())


def test_what_is_kept_is_listed_by_place_with_its_time(storage: S3Storage) -> None:
    key = keep(storage, b"listed")

    found = {thing.key: thing.at for thing in storage.kept(key[:2])}

    assert abs(found[key] - utc_now()) < timedelta(minutes=1)
    assert all(other.startswith(f"{key[:2]}/") for other in found)


def test_the_bucket_holds_no_name_of_a_person_s_file(s3_server: S3, storage: S3Storage, bucket: str) -> None:
    keep(storage, b"anything")
    names = [row["Key"] for row in s3_server.client().list_objects_v2(Bucket=bucket)["Contents"]]
    assert names
    assert all(name.startswith("media/") for name in names)


def test_without_commit_nothing_stays(storage: S3Storage) -> None:
    with storage.writer() as writer:
        writer.write(b"never finished")
        key = key_of(writer.sha256)

    assert not storage.exists(key)
    assert scratch(storage) == []


def ways_to_use(storage: S3Storage) -> dict[str, Callable[[], Any]]:
    return {
        "check": storage.check,
        "keep": lambda: keep(storage, b"x"),
        "read": lambda: list(storage.open_range("aa/x", 0, 1)),
        "size": lambda: storage.size("aa/x"),
        "delete": lambda: storage.delete("aa/x"),
        "list": lambda: list(storage.kept("aa")),
        "begin": lambda: storage.begin("uploads/x", "image/png"),
    }


@pytest.mark.parametrize("way", ["check", "keep", "read", "size", "delete", "list", "begin"])
def test_a_wrong_secret_is_told_as_one_and_not_shown(
    s3_server: S3, bucket: str, tmp_path: Path, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    storage = storage_of(s3_server, tmp_path, bucket, secret="wrong-and-hidden")

    with pytest.raises(AppError, match="must check its S3 keys") as caught:
        ways_to_use(storage)[way]()

    assert caught.value.code == "storage_unavailable"
    assert "wrong-and-hidden" not in str(caught.value) + caplog.text
    assert KEY not in str(caught.value) + caplog.text


def test_a_bucket_that_is_not_there_is_told(s3_server: S3, tmp_path: Path) -> None:
    with pytest.raises(AppError, match="NoSuchBucket") as caught:
        keep(storage_of(s3_server, tmp_path, "nowhere"), b"x")

    assert caught.value.status == 503
    with pytest.raises((AppError, FileNotFoundError)):
        storage_of(s3_server, tmp_path, "nowhere").check()


def test_parts_are_joined_or_refused(storage: S3Storage) -> None:
    key = "uploads/joined"
    upload = storage.begin(key, "image/png")
    pieces = [LARGE[: 5 * MEBIBYTE], LARGE[5 * MEBIBYTE : 6 * MEBIBYTE]]
    etags = [put(storage.address(key, upload, n, length=len(p), seconds=60), p) for n, p in enumerate(pieces, 1)]
    named = [Part(number=number, etag=etag) for number, etag in enumerate(etags, 1)]

    with pytest.raises(PartsRefused, match="InvalidPart"):
        storage.join(key, upload, [named[0], Part(number=2, etag='"' + "0" * 32 + '"')])
    with pytest.raises(PartsRefused, match="InvalidPart"):
        storage.join(key, upload, [*named, Part(number=3, etag=etags[0])])
    assert [(part.number, part.etag, part.size) for part in storage.arrived(key, upload)] == [
        (1, etags[0], 5 * MEBIBYTE),
        (2, etags[1], MEBIBYTE),
    ]
    assert (key, upload) in [(row[0], row[1]) for row in storage.unjoined("uploads")]
    storage.join(key, upload, named)
    with suppress(UploadGone):  # servers differ: this one may say that it is done
        storage.join(key, upload, named)
    assert storage.size(key) == 6 * MEBIBYTE


def test_parts_that_are_too_small_are_refused(storage: S3Storage) -> None:
    key = "uploads/small"
    upload = storage.begin(key, "image/png")
    etags = [put(storage.address(key, upload, number, length=4, seconds=60), b"part") for number in (1, 2)]

    with pytest.raises(PartsRefused, match="EntityTooSmall"):
        storage.join(key, upload, [Part(number=number, etag=etag) for number, etag in enumerate(etags, 1)])


def put(url: str, content: bytes) -> str:
    answer = httpx.put(url, content=content)
    assert answer.status_code == 200, answer.text
    return answer.headers["etag"]


# --- what an address allows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("signed", "status"), [(-30, 200), (-90, 403)])
def test_an_address_is_good_for_its_time_only(
    storage: S3Storage, monkeypatch: pytest.MonkeyPatch, signed: int, status: int
) -> None:
    """Signed a minute ago, as far as the signer knows: no waiting for its end."""
    upload = storage.begin("uploads/late", "image/png")
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: _naive(signed))
    url = storage.address("uploads/late", upload, 1, length=4, seconds=60)

    assert httpx.put(url, content=b"part").status_code == status


def _naive(seconds: float) -> Any:
    return (utc_now() + timedelta(seconds=seconds)).replace(tzinfo=None)


@pytest.mark.parametrize(
    "change",
    [
        lambda url, content: (url.replace("partNumber=1", "partNumber=2"), content),
        lambda url, content: (url.replace("uploads/mine", "uploads/yours"), content),
        lambda url, content: (url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"), content),
        lambda url, content: (url, content * 2),
        lambda url, content: (url, content[:-1]),
    ],
    ids=["part", "name", "time", "longer", "shorter"],
)
def test_an_address_is_good_for_one_part_of_one_length_only(storage: S3Storage, change: Any) -> None:
    upload = storage.begin("uploads/mine", "image/png")
    url, content = change(storage.address("uploads/mine", upload, 1, length=4, seconds=60), b"part")

    assert httpx.put(url, content=content).status_code == 403
    assert storage.arrived("uploads/mine", upload) == []


# --- whole uploads ---------------------------------------------------------------------------------------------------


@dataclass
class Sender:
    """A browser with one file."""

    context: Context
    actor: Actor
    content: bytes = LARGE

    async def begin(self, *, mime: str = "image/png", **more: Any) -> None:
        found = await uploads.initiate(
            self.context, self.actor, filename="tour.png", size=len(self.content), mime=mime, **more
        )
        self.upload, self.asset_id = found["upload"], found["asset"]["id"]
        self.etags = {row["PartNumber"]: row["ETag"] for row in self.upload["parts"]}

    async def send(self, *numbers: int) -> None:
        size = self.upload["partSize"]
        for number in numbers or range(1, self.upload["totalParts"] + 1):
            self.etags[number] = put(await self.address(number), self.content[(number - 1) * size : number * size])

    async def address(self, number: int) -> str:
        id = self.upload["uploadId"]
        return (await uploads.part(self.context, self.actor, self.asset_id, upload_id=id, number=number))["url"]

    async def complete(self) -> dict[str, Any]:
        return await uploads.complete(
            self.context,
            self.actor,
            self.asset_id,
            upload_id=self.upload["uploadId"],
            parts=[{"PartNumber": number, "ETag": etag} for number, etag in sorted(self.etags.items())],
        )

    async def abort(self) -> None:
        await uploads.abort(self.context, self.actor, self.asset_id, upload_id=self.upload["uploadId"])


@pytest.fixture
async def sender(context: Context, alice: Actor) -> Sender:
    made = Sender(context, alice)
    await made.begin()
    return made


async def refused(call: Any) -> str:
    with pytest.raises(AppError) as caught:
        await call
    return caught.value.code


def leftovers(context: Context) -> list[str]:
    return [thing.key for thing in context.storage.kept(uploads.PLACE)]


async def test_a_file_of_twelve_megabytes_arrives_in_parts(sender: Sender, context: Context) -> None:
    assert sender.upload["totalParts"] == 2
    await sender.send(2, 1)
    before = leftovers(context)

    asset = await sender.complete()

    sha256 = hashlib.sha256(LARGE).hexdigest()
    assert (asset["status"], asset["storage"], asset["mime"], asset["size"]) == ("ready", "s3", "image/png", len(LARGE))
    assert asset["objectKey"] == key_of(sha256)
    seen = hashlib.sha256()
    for piece in context.storage.open_range(key_of(sha256), 0, len(LARGE)):
        seen.update(piece)
    assert seen.hexdigest() == sha256
    assert leftovers(context) == before
    assert await sender.complete() == asset


async def test_a_wrong_etag_is_refused_and_the_right_one_taken_afterwards(sender: Sender) -> None:
    await sender.send()
    right, sender.etags[2] = sender.etags[2], sender.etags[1]
    assert await refused(sender.complete()) == "upload_parts_invalid"

    sender.etags[2] = right
    assert (await sender.complete())["status"] == "ready"


async def test_a_part_that_was_never_sent_is_missed(sender: Sender) -> None:
    await sender.send(1)
    assert await refused(sender.complete()) == "upload_parts_invalid"

    sender.etags[2] = sender.etags[1]
    assert await refused(sender.complete()) == "upload_parts_invalid"


async def test_what_was_given_up_cannot_be_completed_or_sent_to(sender: Sender) -> None:
    await sender.send(1)
    url = await sender.address(2)

    await sender.abort()
    await sender.abort()

    assert await refused(sender.complete()) == "upload_ended"
    assert httpx.put(url, content=LARGE[sender.upload["partSize"] :]).status_code == 404


async def test_an_upload_that_the_server_dropped_is_ended(sender: Sender, storage: S3Storage) -> None:
    await sender.send()
    for key, upload, _ in storage.unjoined(uploads.PLACE):
        storage.drop(key, upload)

    assert await refused(sender.complete()) == "upload_ended"


async def test_half_of_a_file_is_not_sent_twice(sender: Sender, context: Context, alice: Actor) -> None:
    await sender.send(1)
    later = Sender(context, alice)

    await later.begin(resume=sender.upload["uploadId"])

    assert later.etags == sender.etags
    await later.send(2)
    assert (await later.complete())["id"] == sender.asset_id


async def test_a_file_larger_than_announced_is_removed(context: Context, alice: Actor, storage: S3Storage) -> None:
    """The signed length keeps browsers from it; a server that does not look at it would let it in."""
    sender = Sender(context, alice, LARGE[: 6 * MEBIBYTE])
    await sender.begin()
    key, upload, _ = max(storage.unjoined(uploads.PLACE), key=lambda row: row[2])
    sender.etags[1] = put(storage.address(key, upload, 1, length=len(LARGE), seconds=60), LARGE)

    assert await refused(sender.complete()) == "asset_size_mismatch"
    assert key not in leftovers(context)


async def test_a_picture_that_says_it_is_a_film_is_removed(context: Context, alice: Actor) -> None:
    before = leftovers(context)
    sender = Sender(context, alice, image())
    await sender.begin(mime="video/mp4")
    await sender.send()

    assert await refused(sender.complete()) == "asset_type_mismatch"
    assert leftovers(context) == before


async def test_a_server_that_stops_in_the_middle_loses_nothing(
    s3_server: S3, sender: Sender, tmp_path: Path, bucket: str, context: Context
) -> None:
    await sender.send()
    hasty = storage_of(s3_server, tmp_path, bucket, answer_seconds=0.3)
    patient, sender.context = sender.context, replace(context, storage=hasty)
    with s3_server.paused():
        assert await refused(sender.complete()) == "storage_unavailable"

    sender.context = patient
    assert (await sender.complete())["status"] == "ready"


async def test_a_server_that_is_gone_is_told(s3_server: S3, alice: Actor, tmp_path: Path, context: Context) -> None:
    gone = replace(s3_server, endpoint="http://127.0.0.1:1")
    elsewhere = replace(context, storage=storage_of(gone, tmp_path, "any"))

    assert await refused(Sender(elsewhere, alice).begin()) == "storage_unavailable"
    assert await refused(assets.upload(elsewhere, alice, _chunks(), filename="a.png")) == "storage_unavailable"


async def _chunks() -> Any:
    yield image()


async def test_files_that_come_whole_go_into_the_bucket_and_out_of_it(context: Context, alice: Actor) -> None:
    asset = await assets.upload(context, alice, _chunks(), filename="a.png")
    file = await context.db.read(assets.deliverable, asset["id"], asset["publicUrl"].split("/")[-2])
    assert b"".join(context.storage.open_range(file.key, 0, file.size)) == image()

    preview = await assets.variant(context, file, "preview")

    assert b"".join(context.storage.open_range(preview.key, 0, preview.size)).startswith(b"\xff\xd8")
    await context.db.write(assets.delete, alice, asset["id"], retention_days=0, base_url="", now=utc_now())
    later = replace(context, now=lambda: utc_now() + timedelta(days=1))
    await assets.sweep_storage(later)
    await assets.sweep_storage(later)
    assert not context.storage.exists(file.key)
    assert not context.storage.exists(preview.key)
