"""Files that come in parts: every step may be repeated, and nothing stays of what was refused or given up."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import assets, uploads
from backend.access import Actor, Role
from backend.context import Context
from backend.errors import AppError
from backend.models import Asset, Blob, MultipartUpload
from tests.api.files import image

from .conftest import Clock
from .fake_parts import FolderOfParts

PICTURE = image()
PART = 30


@pytest.fixture
def storage(tmp_path: Path) -> FolderOfParts:
    return FolderOfParts(tmp_path / "parts")


@pytest.fixture
def context(context: Context, storage: FolderOfParts, monkeypatch: pytest.MonkeyPatch) -> Context:
    """Parts of thirty bytes: the real least is five megabytes."""
    monkeypatch.setattr(uploads, "PART_BYTES", PART)
    return replace(context, storage=storage)


class Sender:
    """A browser with one file."""

    def __init__(self, context: Context, actor: Actor, content: bytes = PICTURE) -> None:
        self.context, self.actor, self.content = context, actor, content
        self.etags: dict[int, str] = {}

    async def begin(self, *, size: int | None = None, mime: str = "image/png", **more: Any) -> dict[str, Any]:
        found = await uploads.initiate(
            self.context,
            self.actor,
            filename="tour.png",
            size=len(self.content) if size is None else size,
            mime=mime,
            **more,
        )
        self.asset_id = found["asset"]["id"]
        self.upload = found["upload"]
        return found

    async def send(self, *numbers: int) -> None:
        for number in numbers or range(1, self.upload["totalParts"] + 1):
            start = (number - 1) * self.upload["partSize"]
            await self.put(number, self.content[start : start + self.upload["partSize"]])

    async def put(self, number: int, content: bytes) -> None:
        answer = await uploads.part(
            self.context, self.actor, self.asset_id, upload_id=self.upload["uploadId"], number=number
        )
        storage = self.context.storage
        assert isinstance(storage, FolderOfParts)
        self.etags[number] = storage.put(answer["url"].split("uploadId=")[1].split("&")[0], number, content)

    @property
    def named(self) -> list[dict[str, Any]]:
        return [{"PartNumber": number, "ETag": etag} for number, etag in sorted(self.etags.items())]

    async def complete(self, parts: Any = None, **more: Any) -> dict[str, Any]:
        return await uploads.complete(
            self.context,
            self.actor,
            self.asset_id,
            upload_id=self.upload["uploadId"],
            parts=self.named if parts is None else parts,
            **more,
        )

    async def abort(self) -> None:
        await uploads.abort(self.context, self.actor, self.asset_id, upload_id=self.upload["uploadId"])


async def refused(call: Any) -> str:
    with pytest.raises(AppError) as caught:
        await call
    return caught.value.code


@pytest.fixture
async def sender(context: Context, alice: Actor) -> Sender:
    made = Sender(context, alice)
    await made.begin()
    return made


def _status(session: Session, model: type[Asset] | type[MultipartUpload], id: str) -> str:
    return session.get_one(model, id).status


async def states(sender: Sender) -> tuple[str, str]:
    read = sender.context.db.read
    return await read(_status, Asset, sender.asset_id), await read(_status, MultipartUpload, sender.upload["uploadId"])


def files(storage: FolderOfParts) -> int:
    return sum(path.is_file() for path in storage.root.rglob("*"))


def _blobs(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Blob)) or 0


async def test_a_folder_takes_whole_files_only(context: Context, alice: Actor, tmp_path: Path) -> None:
    from backend.storage import FolderStorage

    plain = replace(context, storage=FolderStorage(tmp_path / "plain"))

    found = await uploads.initiate(plain, alice, filename="a.png", size=10)

    assert found == {"mode": "base64", "maxAssetBytes": context.settings.max_asset_bytes}


async def test_a_file_in_parts_becomes_one_that_posts_can_use(
    sender: Sender, context: Context, alice: Actor, storage: FolderOfParts
) -> None:
    assert sender.upload["totalParts"] == -(-len(PICTURE) // PART) > 2
    assert await states(sender) == ("uploading", "open")
    await sender.send()

    asset = await sender.complete()

    assert (asset["status"], asset["kind"], asset["mime"], asset["size"]) == ("ready", "image", "image/png", len(PICTURE))  # fmt: skip
    assert asset["width"] is not None
    listed, _ = await context.db.read(assets.list_assets, alice, base_url="")
    assert [row["id"] for row in listed] == [asset["id"]]
    key = assets.blob_key(hashlib.sha256(PICTURE).hexdigest())
    assert b"".join(storage.open_range(key, 0, len(PICTURE))) == PICTURE
    assert (files(storage), storage.arriving) == (1, {})


async def test_until_then_posts_cannot_use_it(sender: Sender, context: Context, alice: Actor) -> None:
    def look(session: Session) -> object:
        return assets.managed_media(session, alice.workspace_id, sender.asset_id, base_url="")

    assert await context.db.read(look) is None
    listed, total = await context.db.read(assets.list_assets, alice, base_url="")
    assert (listed, total) == ([], 0)


@pytest.mark.parametrize("ask", ["part", "complete", "abort", "resume"])
async def test_another_workspace_sees_no_upload(sender: Sender, bob: Actor, ask: str) -> None:
    await sender.send()
    other = Sender(sender.context, bob)
    other.asset_id, other.upload, other.etags = sender.asset_id, sender.upload, sender.etags
    calls = {
        "part": lambda: other.put(1, b""),
        "complete": other.complete,
        "abort": other.abort,
        "resume": lambda: other.begin(resume=sender.upload["uploadId"]),
    }

    assert await refused(calls[ask]()) in ("asset_not_found", "upload_not_found")
    assert await states(sender) == ("uploading", "open")


async def test_a_viewer_sends_nothing(context: Context, alice: Actor) -> None:
    assert await refused(Sender(context, replace(alice, role=Role.VIEWER)).begin()) == "forbidden"


@pytest.mark.parametrize(("size", "code"), [(0, "asset_empty"), (-1, "asset_empty"), (10**15, "asset_too_large")])
async def test_a_size_that_cannot_be_is_refused_at_once(
    context: Context, alice: Actor, storage: FolderOfParts, size: int, code: str
) -> None:
    assert await refused(Sender(context, alice).begin(size=size)) == code
    assert storage.arriving == {}


@pytest.mark.parametrize("number", [0, -1, 10_001])
async def test_a_part_that_the_upload_does_not_have_gets_no_address(sender: Sender, number: int) -> None:
    assert await refused(sender.put(number, b"")) == "upload_part_invalid"


async def test_etags_are_taken_in_either_spelling_with_quotes_and_without(sender: Sender) -> None:
    await sender.send()
    spelled = [{"partNumber": row["PartNumber"], "etag": row["ETag"].strip('"')} for row in sender.named]

    assert (await sender.complete(spelled))["status"] == "ready"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda parts: parts[:-1],
        lambda parts: parts[::-1],
        lambda parts: [*parts, parts[-1]],
        lambda parts: [*parts, {**parts[-1], "PartNumber": len(parts) + 1}],
        lambda parts: [{**parts[0], "ETag": '"' + "0" * 32 + '"'}, *parts[1:]],
        lambda parts: [{**parts[0], "ETag": ""}, *parts[1:]],
        lambda parts: [{**parts[0], "ETag": None}, *parts[1:]],
        lambda parts: [{**parts[0], "PartNumber": True}, *parts[1:]],
        lambda parts: [{**parts[0], "PartNumber": "1"}, *parts[1:]],
        lambda parts: ["part", *parts[1:]],
        lambda parts: {"1": parts[0]},
        lambda parts: "parts",
    ],
)
async def test_parts_that_are_named_wrongly_are_refused_and_may_be_named_again(sender: Sender, spoil: Any) -> None:
    await sender.send()

    assert await refused(sender.complete(spoil(sender.named))) == "upload_parts_invalid"

    assert await states(sender) == ("uploading", "open")
    assert (await sender.complete())["status"] == "ready"


async def test_completing_again_answers_the_same(sender: Sender) -> None:
    await sender.send()
    first = await sender.complete()

    assert await sender.complete() == first
    assert await refused(sender.abort()) == "upload_ended"


@pytest.mark.parametrize("call", ["join", "adopt"])
async def test_a_lost_answer_of_the_storage_loses_no_file(sender: Sender, storage: FolderOfParts, call: str) -> None:
    await sender.send()
    storage.lose.add(call)
    if call == "adopt":
        assert await refused(sender.complete()) == "storage_unavailable"

    assert (await sender.complete())["status"] == "ready"
    assert files(storage) == 1


async def test_a_storage_that_is_down_is_told_and_asked_again_later(sender: Sender, storage: FolderOfParts) -> None:
    await sender.send()
    storage.down = True
    assert await refused(sender.complete()) == "storage_unavailable"

    storage.down = False
    assert (await sender.complete())["status"] == "ready"


async def test_what_the_storage_lost_is_given_up(sender: Sender, storage: FolderOfParts) -> None:
    await sender.send()
    storage.arriving.clear()

    assert await refused(sender.complete()) == "upload_ended"
    assert await states(sender) == ("deleted", "aborted")


async def test_a_longer_file_than_was_announced_is_removed(sender: Sender, storage: FolderOfParts) -> None:
    await sender.send()
    await sender.put(1, PICTURE)

    assert await refused(sender.complete()) == "asset_size_mismatch"
    assert await states(sender) == ("deleted", "aborted")
    assert (files(storage), await sender.context.db.read(_blobs)) == (0, 0)


async def test_a_file_over_the_limit_is_removed(sender: Sender, storage: FolderOfParts) -> None:
    await sender.send()
    limit = len(PICTURE) - 1
    sender.context = replace(sender.context, settings=replace(sender.context.settings, max_asset_bytes=limit))

    assert await refused(sender.complete()) == "asset_too_large"
    assert files(storage) == 0


@pytest.mark.parametrize(
    ("content", "mime", "code"),
    [
        (PICTURE, "video/mp4", "asset_type_mismatch"),
        (b"no picture at all" * 50, "image/png", "asset_type_mismatch"),
        (PICTURE[: len(PICTURE) // 2], "image/png", "asset_content_invalid"),
    ],
)
async def test_a_file_that_is_not_what_it_says_is_removed(
    context: Context, alice: Actor, storage: FolderOfParts, content: bytes, mime: str, code: str
) -> None:
    sender = Sender(context, alice, content)
    await sender.begin(mime=mime)
    await sender.send()

    assert await refused(sender.complete()) == code
    assert await states(sender) == ("deleted", "aborted")
    assert (files(storage), await context.db.read(_blobs)) == (0, 0)


async def test_the_browser_s_measures_stand_in_where_the_bytes_tell_none(context: Context, alice: Actor) -> None:
    sender = Sender(context, alice, b"notes " * 50)
    await sender.begin(mime="text/plain")
    await sender.send()

    asset = await sender.complete(duration=2.5, width=3, height=4)

    assert [asset[name] for name in ("kind", "duration", "width", "height")] == ["other", 2.5, 3, 4]


async def test_giving_up_clears_everything_and_may_be_repeated(sender: Sender, storage: FolderOfParts) -> None:
    await sender.send()

    await sender.abort()
    await sender.abort()

    assert await states(sender) == ("deleted", "aborted")
    assert storage.arriving == {}
    assert await refused(sender.complete()) == "upload_ended"
    assert await refused(sender.put(1, b"x")) == "upload_ended"


async def test_giving_up_needs_no_storage(sender: Sender, storage: FolderOfParts) -> None:
    storage.down = True

    await sender.abort()

    assert await states(sender) == ("deleted", "aborted")


async def test_an_upload_is_continued_with_the_parts_that_are_there(
    sender: Sender, context: Context, alice: Actor
) -> None:
    await sender.send(1, 3)
    await sender.put(2, b"half a part")
    later = Sender(context, alice)

    found = await later.begin(resume=sender.upload["uploadId"])

    assert found["asset"]["id"] == sender.asset_id
    assert [row["PartNumber"] for row in later.upload["parts"]] == [1, 3]
    later.etags = {row["PartNumber"]: row["ETag"] for row in later.upload["parts"]}
    await later.send(*(set(range(1, later.upload["totalParts"] + 1)) - {1, 3}))
    assert (await later.complete())["status"] == "ready"


async def test_another_file_does_not_continue_an_upload(sender: Sender) -> None:
    upload = sender.upload["uploadId"]
    assert await refused(sender.begin(size=len(PICTURE) + 1, resume=upload)) == "upload_file_changed"
    assert await refused(sender.begin(resume="up_none")) == "upload_not_found"
    await sender.abort()
    assert await refused(sender.begin(resume=upload)) == "upload_ended"


async def test_what_nobody_finishes_in_a_day_is_given_up(sender: Sender, clock: Clock, storage: FolderOfParts) -> None:
    await sender.send(1)
    clock.forward(uploads.LIFE - timedelta(minutes=1))
    await uploads.sweep(sender.context)
    assert await states(sender) == ("uploading", "open")

    clock.forward(timedelta(minutes=2))
    assert await refused(sender.put(2, b"x")) == "upload_ended"
    assert await refused(sender.complete()) == "upload_ended"
    await uploads.sweep(sender.context)

    assert await states(sender) == ("deleted", "aborted")
    assert storage.arriving == {}


async def test_what_crashes_left_in_the_storage_is_cleared_when_old(
    sender: Sender, clock: Clock, storage: FolderOfParts
) -> None:
    clock.at = datetime.now(UTC)
    lost = storage.begin("uploads/lost", "")
    fresh = storage.begin("uploads/fresh", "")
    storage.arriving[lost].at -= timedelta(days=3)
    for running in storage.arriving.values():
        if running.key not in ("uploads/lost", "uploads/fresh"):
            running.at -= timedelta(days=3)
    for name, age in (("old", 3), ("new", 0)):
        path = storage.path(f"uploads/{name}")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        at = clock().timestamp() - age * 86400
        os.utime(path, (at, at))

    await uploads.clear_leftovers(sender.context)

    assert lost not in storage.arriving
    assert fresh in storage.arriving
    assert len(storage.arriving) == 2, "the one that still runs is needed"
    assert [path.name for path in storage.path("uploads").iterdir()] == ["new"]


async def test_the_same_bytes_in_parts_and_whole_are_stored_once(
    sender: Sender, context: Context, bob: Actor, storage: FolderOfParts
) -> None:
    async def whole() -> Any:
        yield PICTURE

    await assets.upload(context, bob, whole(), filename="a.png")
    await sender.send()
    await sender.complete()

    assert (files(storage), await context.db.read(_blobs)) == (1, 1)
