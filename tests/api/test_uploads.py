"""Large files from a browser to a bucket, and from there to a network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import httpx
import pytest

from socialclaw_app.sandbox import SandboxThread
from tests.servers.s3 import KEY, S3, SECRET

from .conftest import Client
from .files import image
from .servers import another

UPLOAD = "/v1/dashboard/assets/upload"
LARGE = image() + bytes(range(256)) * (9 * 1024 * 1024 // 256)


@pytest.fixture(scope="module")
def with_a_bucket(s3_server: S3, sandbox: SandboxThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    values = {
        "storage_url": s3_server.url(s3_server.create_bucket()),
        "s3_access_key_id": KEY,
        "s3_secret_access_key": SECRET,
        "poll_seconds": 0.05,
    }
    with another(tmp_path_factory.mktemp("bucket"), sandbox, worker=True, **values) as client:
        yield client


def test_a_server_with_a_folder_takes_whole_files(client: Client) -> None:
    begun = client.browser().ok("POST", f"{UPLOAD}/initiate", {"filename": "a.png", "size": 10})

    assert begun == {"ok": True, "mode": "base64", "maxAssetBytes": 2 * 1024 * 1024}


@pytest.mark.parametrize(
    "body",
    [
        {"filename": "a.png"},
        {"filename": "a.png", "size": "10"},
        {"filename": "a.png", "size": True},
        {"filename": 5, "size": 10},
        {"filename": "a.png", "size": 10.5},
        {"filename": "a.png", "size": 10**300},
    ],
)
def test_a_beginning_that_says_nothing_is_refused(client: Client, body: object) -> None:
    assert client.browser().refused("POST", f"{UPLOAD}/initiate", body) == (400, "bad_request")


@pytest.mark.servers
def test_a_file_sent_in_parts_is_published(with_a_bucket: Client) -> None:
    client, browser = with_a_bucket, with_a_bucket.browser()
    begun = browser.ok("POST", f"{UPLOAD}/initiate", {"filename": "tour.png", "size": len(LARGE), "mime": "image/png"})
    asset_id, upload_id, size = begun["asset"]["id"], begun["upload"]["uploadId"], begun["upload"]["partSize"]
    assert begun["asset"]["status"] == "uploading"
    parts = []
    for number in range(1, begun["upload"]["totalParts"] + 1):
        signed = browser.ok("POST", f"{UPLOAD}/{asset_id}/part", {"uploadId": upload_id, "partNumber": number})
        answer = httpx.put(signed["url"], content=LARGE[(number - 1) * size : number * size])
        parts.append({"partNumber": number, "etag": answer.headers["etag"]})

    asset = browser.ok("POST", f"{UPLOAD}/{asset_id}/complete", {"uploadId": upload_id, "parts": parts})["asset"]

    assert asset["status"] == "ready"
    served = httpx.get(asset["publicUrl"])
    assert hashlib.sha256(served.content).digest() == hashlib.sha256(LARGE).digest()
    cut = httpx.get(asset["publicUrl"], headers={"Range": "bytes=100-199"})
    assert (cut.status_code, cut.content) == (206, LARGE[100:200])
    account = client.discord()["handle"]
    applied = client.apply({"account": account, "description": "From a bucket.", "assets": [{"id": asset_id}]})
    assert client.over(applied["posts"][0]["id"])["status"] == "published"
    [shown] = client.received("discord", "From a bucket.")
    assert [medium["size"] for medium in shown["media"]] == [len(LARGE)]


@pytest.mark.parametrize("address", ["publicUrl", "preview"])
def test_a_file_whose_bytes_are_gone_is_told_as_missing(client: Client, address: str) -> None:
    asset = client.upload(image(colour="red"))
    url = asset["preview"]["url"] if address == "preview" else asset["publicUrl"]
    client.server.parts.context.storage.delete(asset["objectKey"])

    assert client.refused("GET", url.removeprefix(client.server.url)) == (404, "asset_not_found")
