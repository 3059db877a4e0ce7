"""A folder that takes files in parts, as a storage server would: for tests of what stands in front of one."""

from __future__ import annotations

import hashlib
import itertools
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from backend.errors import AppError
from backend.storage import FolderStorage, Part, PartsRefused, UploadGone, key_of


@dataclass
class Arriving:
    key: str
    at: datetime
    parts: dict[int, bytes] = field(default_factory=dict[int, bytes])


class FolderOfParts(FolderStorage):
    """``down`` makes everything fail; ``lose`` names the calls whose answers are lost after they were done."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.arriving: dict[str, Arriving] = {}
        self.down = False
        self.lose: set[str] = set()
        self._numbers = itertools.count(1)

    @property
    def parts(self) -> FolderOfParts:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self

    def put(self, storage_id: str, number: int, content: bytes) -> str:
        """What a browser does with an address; the ETag it is answered."""
        self.arriving[storage_id].parts[number] = content
        return _etag(content)

    def begin(self, key: str, mime: str) -> str:
        self._work()
        id = f"s3-{next(self._numbers)}"
        self.arriving[id] = Arriving(key, datetime.now(UTC))
        return id

    def address(self, key: str, upload: str, number: int, *, length: int, seconds: int) -> str:
        return f"https://storage.example.com/{key}?uploadId={upload}&partNumber={number}&length={length}"

    def arrived(self, key: str, upload: str) -> list[Part]:
        self._work()
        parts = self._of(upload).parts
        return [Part(number=number, etag=_etag(content), size=len(content)) for number, content in parts.items()]

    def join(self, key: str, upload: str, parts: Sequence[Part]) -> None:
        self._work()
        there = self._of(upload).parts
        if any(part.number not in there or _etag(there[part.number]) != part.etag for part in parts):
            raise PartsRefused("InvalidPart")
        path = self.path(key)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"".join(there[part.number] for part in parts))
        del self.arriving[upload]
        self._answer("join")

    def drop(self, key: str, upload: str) -> None:
        self._work()
        self._of(upload)
        del self.arriving[upload]

    def adopt(self, key: str, sha256: str) -> None:
        self._work()
        target = self.path(key_of(sha256))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.path(key), target)
        self._answer("adopt")

    def unjoined(self, place: str) -> Iterator[tuple[str, str, datetime]]:
        for id, arriving in list(self.arriving.items()):
            yield arriving.key, id, arriving.at

    def exists(self, key: str) -> bool:
        self._work()
        return super().exists(key)

    def delete(self, key: str) -> None:
        self._work()
        super().delete(key)

    def _of(self, upload: str) -> Arriving:
        if upload not in self.arriving:
            raise UploadGone
        return self.arriving[upload]

    def _work(self) -> None:
        if self.down:
            raise AppError("storage_unavailable", "The media storage does not answer now. Try again in a moment.")

    def _answer(self, call: str) -> None:
        if call in self.lose:
            self.lose.remove(call)
            raise AppError("storage_unavailable", "The media storage does not answer now. Try again in a moment.")


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'
