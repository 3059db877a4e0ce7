"""Files: as posts name them, as they are kept, and how large ones come in parts."""

from __future__ import annotations

from .examples import ASSET, ASSET_INPUT
from .schema import Schema, answer, bag, choice, flag, link, many, maybe, number, plain, ref, shape, text, time, whole

KINDS = ["image", "video", "audio", "other"]
_UPLOAD = "up_mq3k8c5d_2f4a"

FILES: dict[str, Schema] = {
    "Asset": shape(
        "A file of the workspace.",
        {
            "id": text("Stays the same for ever."),
            "tenantId": maybe(text("Its workspace.")),
            "storage": maybe(text("Where its bytes are: local, s3, or external for a file that is kept elsewhere.")),
            "objectKey": maybe(text("Its name in that storage.")),
            "originalFilename": maybe(text("What it was called when it came.")),
            "mime": text("Its type, as found in its bytes."),
            "kind": choice("What it is, roughly.", KINDS),
            "size": whole("Its bytes."),
            "status": maybe(text("ready, uploading, draft, or pending_delete until its bytes are cleared.")),
            "publicUrl": maybe(link("Where networks and people get it. Nobody can guess this address.")),
            "preview": maybe(plain("The address of a small picture of it.")),
            "createdAt": maybe(time("When it came.")),
        },
        required="id mime kind",
        example=ASSET,
    ),
    "AssetInput": shape(
        "A file in a post.",
        {
            "id": maybe(text("A file of this workspace, by id.")),
            "url": text("Its address: one of ours, or one on the web, which is fetched in time."),
            "managed": flag("True for files of this workspace."),
            "originalFilename": maybe(text("What to call it.")),
            "mime": maybe(text("Its type, when the address does not tell it.")),
            "kind": maybe(choice("What it is, roughly.", KINDS)),
            "size": maybe(whole("Its bytes.")),
            "duration": maybe(number("Seconds, for video and audio.")),
            "width": maybe(whole("Pixels.")),
            "height": maybe(whole("Pixels.")),
            "altText": maybe(text("What it shows, for people who cannot see it.")),
        },
        required="url",
        example=ASSET_INPUT,
    ),
    "AssetRegistrationRequest": shape(
        "A file that is kept elsewhere already.",
        {
            "objectKey": text("Its name in its storage."),
            "originalFilename": maybe(text("What it is called.")),
            "publicUrl": maybe(text("Where it can be got.")),
            "mime": maybe(text("Its type.")),
            "kind": maybe(choice("What it is, roughly; the type tells it, too.", KINDS)),
            "size": maybe(whole("Its bytes.")),
            "status": maybe(text("draft when left out.")),
        },
        required="objectKey",
        example={"objectKey": "posters/june.png", "publicUrl": "https://files.example.com/posters/june.png"},
    ),
    "AssetUploadRequest": shape(
        "A file inside of JSON. A form with the file in the field file does the same without the third more bytes.",
        {
            "filename": text("What it is called; the ending helps to tell its type."),
            "name": maybe(text("The same as filename.")),
            "mime": maybe(text("Its type; the bytes must agree.")),
            "contentBase64": text("Its bytes in base64, or a data: address."),
            "content_base64": maybe(text("The same as contentBase64.")),
            "duration": maybe(number("Seconds, when the file does not tell.")),
            "width": maybe(whole("Pixels; the file's own count.")),
            "height": maybe(whole("Pixels; the file's own count.")),
            "deleteAfter": maybe(time("When it may be cleared away by itself.")),
        },
        required="filename contentBase64",
        example={
            "filename": "dot.png",
            "mime": "image/png",
            "contentBase64": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
        },
    ),
    "AssetResponse": answer(
        "One file.", {"asset": ref("Asset", "As it is now.")}, required="asset", closed=True, example={"asset": ASSET}
    ),
    "AssetsResponse": answer(
        "A page of files.",
        {
            "total": whole("How many there are."),
            "limit": whole("How many this page may hold."),
            "offset": whole("How many were left out before it."),
            "assets": many(ref("Asset"), "The newest first."),
        },
        required="assets",
        example={"total": 1, "limit": 24, "offset": 0, "assets": [ASSET]},
    ),
}

PARTS: dict[str, Schema] = {
    "MultipartUploadInitiateRequest": shape(
        "A large file that is about to come.",
        {
            "filename": text("What it is called."),
            "size": whole("Its bytes, all parts together."),
            "mime": maybe(text("Its type, when known.")),
        },
        required="filename size",
        closed=True,
        example={"filename": "tour.mp4", "size": 52428800, "mime": "video/mp4"},
    ),
    "MultipartInitiateResponse": answer(
        "How to send it.",
        {
            "mode": text("multipart: sign and send parts. base64: this server's storage takes whole files only."),
            "maxAssetBytes": whole("The largest file that may be sent whole."),
            "asset": ref("Asset", "The file as it is now: uploading."),
            "upload": bag(
                "What the parts need; only with mode multipart.",
                {
                    "uploadId": text("Names this upload in the calls that follow."),
                    "partSize": whole("The bytes of each part but the last."),
                    "totalParts": whole("How many parts there are."),
                },
            ),
        },
        required="mode",
        example={
            "mode": "multipart",
            "asset": {**ASSET, "mime": "video/mp4", "kind": "video", "status": "uploading", "publicUrl": None},
            "upload": {"uploadId": _UPLOAD, "partSize": 8388608, "totalParts": 7},
        },
    ),
    "MultipartPartRequest": shape(
        "Which part is to be sent next.",
        {"uploadId": text("The upload."), "partNumber": whole("Counted from 1.", minimum=1)},
        required="uploadId partNumber",
        closed=True,
        example={"uploadId": _UPLOAD, "partNumber": 1},
    ),
    "MultipartPartResponse": answer(
        "Where a part goes.",
        {
            "assetId": text("The file."),
            "uploadId": text("The upload."),
            "partNumber": whole("The part."),
            "url": link("PUT the bytes of the part to this address and keep the ETag of the answer."),
            "expiresIn": whole("For how many seconds the address is good."),
        },
        required="assetId uploadId partNumber url",
        closed=True,
        example={
            "assetId": ASSET["id"],
            "uploadId": _UPLOAD,
            "partNumber": 1,
            "url": "https://storage.example.com/bucket/tour.mp4?partNumber=1&signature=9f2c",
            "expiresIn": 900,
        },
    ),
    "MultipartCompleteRequest": shape(
        "All parts are there.",
        {
            "uploadId": text("The upload."),
            "parts": many(
                bag("", {"ETag": text("What the storage answered."), "PartNumber": whole("The part.")}),
                "Every part, in order.",
            ),
            "duration": maybe(number("Seconds, when the file does not tell.")),
            "width": maybe(whole("Pixels.")),
            "height": maybe(whole("Pixels.")),
        },
        required="uploadId parts",
        example={"uploadId": _UPLOAD, "parts": [{"ETag": '"9b2cf535f27731c974343645a3985328"', "PartNumber": 1}]},
    ),
}
