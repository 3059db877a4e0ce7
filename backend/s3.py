"""Media in a bucket of an S3 server. The only module that imports boto3; imported only where a bucket is configured.

Everything here blocks: callers run it in threads. The client may be shared among them.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3  # pyright: ignore[reportMissingTypeStubs]
from boto3.exceptions import Boto3Error  # pyright: ignore[reportMissingTypeStubs]
from boto3.s3.transfer import TransferConfig  # pyright: ignore[reportMissingTypeStubs]
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

from .errors import AppError
from .settings import Settings, SettingsError
from .storage import CHUNK, FileWriter, Kept, Part, PartsRefused, UploadGone, drop_unfinished, incoming, key_of

log = logging.getLogger(__name__)

MEBIBYTE = 1024 * 1024
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
TRIES = 3
MISSING = ("NoSuchKey", "NotFound", "404")
REFUSED = frozenset(
    {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "NoSuchBucket", "403"}
)
"""What only a change of the settings, or of the server's clock, can mend."""
WRONG_PARTS = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall"})
_IN = TransferConfig(multipart_threshold=16 * MEBIBYTE, multipart_chunksize=8 * MEBIBYTE, max_concurrency=2)
_COPY = TransferConfig(multipart_threshold=256 * MEBIBYTE, multipart_chunksize=64 * MEBIBYTE, max_concurrency=4)
_KNOWN = frozenset({"endpoint_url", "public_endpoint_url", "region", "path_style"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    name: str
    prefix: str = ""
    endpoint_url: str | None = None
    public_endpoint_url: str | None = None
    """Where browsers reach the same server: its name is part of what is signed."""
    region: str = "us-east-1"
    path_style: bool = False


def bucket_from_url(url: str) -> Bucket:
    """``s3://bucket/prefix?endpoint_url=…``. Raises SettingsError."""
    parsed = urlsplit(url)
    query = dict(parse_qsl(parsed.query, keep_blank_values=True))
    if "@" in parsed.netloc:
        raise _wrong("must not hold keys: give them in SOCIALCLAW_S3_ACCESS_KEY_ID and SOCIALCLAW_S3_SECRET_ACCESS_KEY")
    if not parsed.netloc:
        raise _wrong("must name the bucket: s3://bucket or s3://bucket/prefix")
    if unknown := sorted(query.keys() - _KNOWN):
        raise _wrong(f"does not know {', '.join(unknown)}; it takes {', '.join(sorted(_KNOWN))}")
    if query.get("path_style", "false") not in ("true", "false"):
        raise _wrong("takes path_style=true or path_style=false")
    for name in ("endpoint_url", "public_endpoint_url"):
        if query.get(name) and not query[name].startswith(("http://", "https://")):
            raise _wrong(f"takes an address as {name} that starts with http:// or https://")
    return Bucket(
        name=parsed.netloc,
        prefix=unquote(parsed.path).strip("/"),
        endpoint_url=query.get("endpoint_url") or None,
        public_endpoint_url=query.get("public_endpoint_url") or None,
        region=query.get("region") or "us-east-1",
        path_style=query.get("path_style") == "true",
    )


def _wrong(what: str) -> SettingsError:
    return SettingsError(f"SOCIALCLAW_STORAGE_URL {what}.")


def s3_storage(settings: Settings) -> S3Storage:
    bucket = bucket_from_url(settings.storage_url)
    if not settings.s3_access_key_id or not settings.s3_secret_access_key:
        raise SettingsError(
            "Media in an S3 bucket need SOCIALCLAW_S3_ACCESS_KEY_ID and SOCIALCLAW_S3_SECRET_ACCESS_KEY."
        )
    return S3Storage(
        bucket,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=settings.s3_secret_access_key,
        scratch=settings.data_dir / "incoming",
    )


class S3Storage:
    """``scratch`` is a folder for files on their way: a whole video never stands in memory."""

    name = "s3"

    def __init__(
        self,
        bucket: Bucket,
        *,
        access_key_id: str,
        secret_access_key: str,
        scratch: Path,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._bucket = bucket
        self._scratch = scratch
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)

        def client(endpoint_url: str | None) -> Any:
            return cast("Any", boto3).client(
                "s3",
                endpoint_url=endpoint_url,
                region_name=bucket.region,
                aws_access_key_id=access_key_id,
                aws_secret_access_key=secret_access_key,
                config=Config(
                    signature_version="s3v4",
                    s3={"addressing_style": "path" if bucket.path_style else "auto"},
                    # Servers other than Amazon's do not know the newer checksums.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    retries={"mode": "standard", "total_max_attempts": TRIES},
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=answer_seconds,
                    max_pool_connections=32,
                ),
            )

        self._client = client(bucket.endpoint_url)
        public = bucket.public_endpoint_url
        self._public = self._client if public in (None, bucket.endpoint_url) else client(public)

    @property
    def parts(self) -> S3Storage:
        return self

    def check(self) -> None:
        with _told_plainly():
            self._client.head_bucket(Bucket=self._bucket.name)

    def writer(self) -> AbstractContextManager[FileWriter]:
        return incoming(self._scratch, self._keep)

    def _keep(self, path: Path, sha256: str) -> None:
        with _told_plainly(), path.open("rb") as file:
            self._client.upload_fileobj(file, self._bucket.name, self._name(key_of(sha256)), Config=_IN)

    @contextmanager
    def as_file(self, key: str) -> Generator[Path]:
        with self.writer() as writer:
            for chunk in self.open_range(key, 0, self.size(key)):
                writer.write(chunk)
            yield writer.path

    def open_range(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        if stop <= start:
            return
        with _told_plainly():
            body = self._client.get_object(**self._at(key), Range=f"bytes={start}-{stop - 1}")["Body"]
            with body:
                yield from body.iter_chunks(CHUNK)

    def size(self, key: str) -> int:
        with _told_plainly():
            return int(self._client.head_object(**self._at(key))["ContentLength"])

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except FileNotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        with _told_plainly():
            self._client.delete_object(**self._at(key))

    def kept(self, place: str) -> Iterator[Kept]:
        with _told_plainly():
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket.name, Prefix=self._name(f"{place}/")):
                for row in page.get("Contents", ()):
                    yield Kept(key=self._key(row["Key"]), at=row["LastModified"])

    def drop_unfinished(self, before: datetime) -> None:
        drop_unfinished(self._scratch, before)

    # --- in parts ----------------------------------------------------------------------------------------------------

    def begin(self, key: str, mime: str) -> str:
        with _told_plainly():
            return str(self._client.create_multipart_upload(**self._at(key), ContentType=mime)["UploadId"])

    def address(self, key: str, upload: str, number: int, *, length: int, seconds: int) -> str:
        """The length is signed too: nobody fills the bucket through an address for one part."""
        params = {**self._at(key), "UploadId": upload, "PartNumber": number, "ContentLength": length}
        return str(self._public.generate_presigned_url("upload_part", Params=params, ExpiresIn=seconds))

    def arrived(self, key: str, upload: str) -> list[Part]:
        with _told_plainly():
            pages = self._client.get_paginator("list_parts").paginate(**self._at(key), UploadId=upload)
            return [
                Part(number=row["PartNumber"], etag=row["ETag"], size=row["Size"])
                for page in pages
                for row in page.get("Parts", ())
            ]

    def join(self, key: str, upload: str, parts: Sequence[Part]) -> None:
        named = {"Parts": [{"PartNumber": part.number, "ETag": part.etag} for part in parts]}
        with _told_plainly():
            self._client.complete_multipart_upload(**self._at(key), UploadId=upload, MultipartUpload=named)

    def drop(self, key: str, upload: str) -> None:
        with _told_plainly():
            self._client.abort_multipart_upload(**self._at(key), UploadId=upload)

    def adopt(self, key: str, sha256: str) -> None:
        source = {"Bucket": self._bucket.name, "Key": self._name(key)}
        with _told_plainly():
            self._client.copy(source, self._bucket.name, self._name(key_of(sha256)), Config=_COPY)

    def unjoined(self, place: str) -> Iterator[tuple[str, str, datetime]]:
        with _told_plainly():
            pages = self._client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self._bucket.name, Prefix=self._name(f"{place}/")):
                for row in page.get("Uploads", ()):
                    yield self._key(row["Key"]), row["UploadId"], row["Initiated"]

    # --- names -------------------------------------------------------------------------------------------------------

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket.name, "Key": self._name(key)}

    def _name(self, key: str) -> str:
        return f"{self._bucket.prefix}/{key}" if self._bucket.prefix else key

    def _key(self, name: str) -> str:
        return name.removeprefix(f"{self._bucket.prefix}/") if self._bucket.prefix else name


@contextmanager
def _told_plainly() -> Generator[None]:
    """boto3's texts can hold addresses and key ids; only the server's code goes further."""
    try:
        yield
    except ClientError as error:
        answered: Any = cast("Any", error).response
        raise _problem(str(answered.get("Error", {}).get("Code", ""))) from None
    except (BotoCoreError, Boto3Error) as error:
        log.warning("the S3 server could not be used: %s", type(error).__name__)
        raise _no_answer() from None


def _problem(code: str) -> Exception:
    if code in MISSING:
        return FileNotFoundError("it is not in the bucket")
    if code == "NoSuchUpload":
        return UploadGone()
    if code in WRONG_PARTS:
        return PartsRefused(code)
    log.warning("the S3 server answered %s", code)
    if code in REFUSED:
        return AppError(
            "storage_unavailable",
            f"The media storage refuses this server ({code}). Whoever runs it must check its S3 keys, bucket and clock.",
        )
    return _no_answer()


def _no_answer() -> AppError:
    return AppError(
        "storage_unavailable", "The media storage does not answer now. Try again in a moment.", retry_after=5
    )
