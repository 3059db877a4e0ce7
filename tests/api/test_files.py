"""Files in, files out, and files that are not what they say."""

from __future__ import annotations

import base64
import io
from typing import Any

import httpx2
import pytest
from PIL import Image

from tests.specs.socialclaw import errors

from .conftest import Client, refused
from .files import image, png_of

MEGA = 1024 * 1024


@pytest.fixture
def asset(client: Client) -> dict[str, Any]:
    return client.upload(image(), "Some näme?.png")


def get(url: str, method: str = "GET", **headers: str) -> httpx2.Response:
    return httpx2.request(method, url, headers=headers)


# --- in -------------------------------------------------------------------------------------------------------------


def test_a_form_and_base64_store_the_same_file(client: Client) -> None:
    content = image("JPEG")
    body = {"name": "a.bin", "contentType": "image/jpeg", "content_base64": base64.b64encode(content).decode()}

    answers = [
        client.send("POST", "/v1/assets/upload", body),
        client.send("POST", "/v1/assets/upload", files={"file": ("upload.bin", content)}),
        client.send("POST", "/v1/assets/upload", {**body, "content_base64": "data:image/jpeg;base64," + body["content_base64"]}),
    ]  # fmt: skip

    for answer in answers:
        assert answer.status_code == 201, answer.text
        assert errors("AssetResponse", answer.json()) == []
        found = answer.json()["asset"]
        assert (found["mime"], found["kind"], found["size"], found["width"]) == (
            "image/jpeg",
            "image",
            len(content),
            64,
        )
        assert found["publicUrl"] == found["useAsMediaLink"]
        assert found["publicUrl"].endswith(".jpg"), "networks judge by the extension"
        assert get(found["publicUrl"]).content == content


def test_a_form_without_a_file_is_told(client: Client) -> None:
    answer = client.send("POST", "/v1/assets/upload", files={"other": ("a.png", image())})

    assert refused(answer) == (422, "asset_content_invalid")


def test_a_form_that_is_broken_is_told(client: Client) -> None:
    for content, kind in ((b"nothing of a form", "multipart/form-data; boundary=x"), (b"", "multipart/form-data")):
        answer = client.send("POST", "/v1/assets/upload", content=content, headers={"Content-Type": kind})
        assert answer.status_code in (400, 422), answer.text
        refused(answer)


def _bomb() -> bytes:
    """Some kilobytes that would unpack to 400 megapixels, said only inside the file."""
    return png_of(20_000, 20_000)


BAD: dict[str, tuple[Any, str, tuple[int, str]]] = {
    "empty": (lambda: b"", "image/png", (422, "asset_empty")),
    "text that says it is a picture": (lambda: b"hello there", "image/png", (422, "asset_type_mismatch")),
    "HTML that says it is a picture": (lambda: b"<html><script>1</script>", "image/png", (422, "asset_type_mismatch")),
    "a picture that says it is a video": (image, "video/mp4", (422, "asset_type_mismatch")),
    "a picture cut in half": (lambda: image(size=(300, 300), colour="red")[:120], "image/png", (422, "asset_content_invalid")),
    "only the head of a picture": (lambda: b"\x89PNG\r\n\x1a\n", "image/png", (422, "asset_content_invalid")),
    "only the head of a video": (lambda: b"\0\0\0\x18ftypmp42" + b"\0" * 40, "video/mp4", (422, "asset_content_invalid")),
    "200 megapixels": (lambda: png_of(20_000, 10_000), "image/png", (422, "asset_image_too_large")),
    "a decompression bomb": (_bomb, "image/png", (422, "asset_image_too_large")),
    "larger than may be": (lambda: b"\0" * (2 * MEGA + 1), "application/octet-stream", (413, "asset_too_large")),
}  # fmt: skip


@pytest.mark.parametrize("how", ["form", "base64"])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_a_sentence(client: Client, name: str, how: str) -> None:
    make, mime, expected = BAD[name]
    content = make()

    if how == "form":
        answer = client.send("POST", "/v1/assets/upload", files={"file": ("a.png", content, mime)})
    else:
        answer = client.send(
            "POST", "/v1/assets/upload", {"mime": mime, "contentBase64": base64.b64encode(content).decode()}
        )

    assert refused(answer) == expected
    assert answer.json()["message"].endswith(".")
    assert client.ok("GET", "/v1/workspace/health")["health"]["storage"]["assets"] == 0


def test_nothing_of_a_refused_file_stays_on_disk(client: Client) -> None:
    client.send("POST", "/v1/assets/upload", files={"file": ("a.png", b"hello", "image/png")})

    incoming = client.server.parts.context.settings.data_dir / "media" / "incoming"
    assert list(incoming.iterdir()) == []


def test_a_registered_file_shows_where_it_lies(client: Client) -> None:
    body = {"objectKey": "a/b.mp4", "publicUrl": "https://example.com/b.mp4", "size": 5}

    found = client.ok("POST", "/v1/assets", body)["asset"]

    assert (found["publicUrl"], found["mime"], found["kind"], found["status"]) == (
        "https://example.com/b.mp4", "video/mp4", "video", "draft",
    )  # fmt: skip


# --- out ------------------------------------------------------------------------------------------------------------


def test_a_file_is_delivered_whole_with_its_type(asset: dict[str, Any]) -> None:
    answer = get(asset["publicUrl"])

    assert (answer.status_code, answer.content) == (200, image())
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("inline")


def test_head_tells_the_same_without_the_bytes(asset: dict[str, Any]) -> None:
    whole, head = get(asset["publicUrl"]), get(asset["publicUrl"], "HEAD")

    same = ("content-type", "content-length", "etag", "accept-ranges", "cache-control")
    assert {name: head.headers[name] for name in same} == {name: whole.headers[name] for name in same}
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("bytes=0-9", slice(0, 10)), ("bytes=10-", slice(10, None)), ("bytes=-5", slice(-5, None)), ("bytes=5-99999", slice(5, None))],
)  # fmt: skip
def test_a_range_is_delivered_as_asked(asset: dict[str, Any], wanted: str, part: slice) -> None:
    answer = get(asset["publicUrl"], Range=wanted)

    assert (answer.status_code, answer.content) == (206, image()[part])
    assert answer.headers["content-range"].endswith(f"/{len(image())}")
    assert int(answer.headers["content-length"]) == len(image()[part])


def test_a_range_behind_the_end_is_416_and_tells_the_size(asset: dict[str, Any]) -> None:
    answer = get(asset["publicUrl"], Range="bytes=999999-")

    assert refused(answer) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(image())}"


@pytest.mark.parametrize("wanted", ["bytes=5-2", "bytes=0-1,4-5", "lines=0-4", "bytes=-", "bytes=x-3"])
def test_a_range_that_is_none_gives_the_whole_file(asset: dict[str, Any], wanted: str) -> None:
    answer = get(asset["publicUrl"], Range=wanted)

    assert (answer.status_code, len(answer.content)) == (200, len(image()))


def test_a_file_that_is_known_is_not_sent_again(asset: dict[str, Any]) -> None:
    etag = get(asset["publicUrl"]).headers["etag"]

    for known in (etag, f'"x", W/{etag}', "*"):
        answer = get(asset["publicUrl"], **{"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert get(asset["publicUrl"], **{"If-None-Match": '"other"'}).status_code == 200


def test_a_picture_is_delivered_as_jpeg_when_asked(client: Client) -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (20, 10), (0, 0, 0, 0)).save(clear, "PNG")
    url = client.upload(clear.getvalue())["publicUrl"]

    answer = get(url + "?format=jpeg")

    assert answer.headers["content-type"] == "image/jpeg"
    made = Image.open(io.BytesIO(answer.content))
    assert (made.format, made.size, made.getpixel((0, 0))) == ("JPEG", (20, 10), (255, 255, 255))
    assert get(url + "?format=jpeg").content == answer.content
    assert get(url + "?format=jpeg", Range="bytes=0-1").content == b"\xff\xd8"


def test_a_preview_is_a_small_jpeg(client: Client) -> None:
    asset = client.upload(image(size=(2000, 1000)))

    answer = get(asset["preview"]["url"])

    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (480, 240)
    assert get(asset["preview"]["url"], "HEAD").headers["content-length"] == str(len(answer.content))


def test_what_a_browser_could_run_is_a_download(client: Client) -> None:
    url = client.upload(b"<script>alert(1)</script>", "page.html", mime="text/html")["publicUrl"]

    answer = get(url)

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert refused(get(url + "?format=jpeg")) == (404, "asset_not_found")


def test_a_wrong_token_is_answered_like_a_wrong_id(asset: dict[str, Any]) -> None:
    parts = asset["publicUrl"].split("/")
    wrong_token, wrong_id = [*parts], [*parts]
    wrong_token[-2], wrong_id[-3] = "x" * 43, "asset_none"

    answers = [get("/".join(wrong)) for wrong in (wrong_token, wrong_id)]

    assert [refused(answer) for answer in answers] == [(404, "asset_not_found")] * 2
    assert answers[0].text == answers[1].text


# --- away -----------------------------------------------------------------------------------------------------------


def test_a_deleted_file_stays_for_the_days_asked_for(client: Client, asset: dict[str, Any]) -> None:
    gone = client.ok("DELETE", f"/v1/assets/{asset['id']}", {"retentionDays": 3})["asset"]

    assert gone["status"] == "pending_delete"
    assert gone["deleteAfter"] > gone["updatedAt"]
    assert get(asset["publicUrl"]).status_code == 200, "posts that point at it can still be fetched"


@pytest.mark.parametrize("days", [-1, 99999, "many", True])
def test_days_that_are_none_are_refused(client: Client, asset: dict[str, Any], days: object) -> None:
    assert client.refused("DELETE", f"/v1/assets/{asset['id']}", {"retentionDays": days}) == (400, "bad_request")


@pytest.mark.parametrize("url", ["nowhere", "ftp://example.com/a", "javascript:alert(1)", "https://exämple.com/ä", "https://a b", "https://", "https://a:b", "https://a/%zz"])  # fmt: skip
def test_a_file_elsewhere_has_an_address_that_a_network_can_fetch(client: Client, url: str) -> None:
    body = {"objectKey": "a.png", "publicUrl": url}

    assert client.refused("POST", "/v1/assets", body) == (422, "asset_url_invalid")
    assert client.ok("POST", "/v1/assets", {**body, "publicUrl": "https://a.example:8443/%C3%A4?b=c#d"})["asset"]
