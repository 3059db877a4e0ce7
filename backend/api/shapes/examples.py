"""The one workspace that all examples tell of. Examples need some network: the shortest name reads best."""

from __future__ import annotations

from typing import Any

import providers

NETWORK = min(providers.all_providers(), key=len)
HANDLE = f"{NETWORK}:@acme"
BASE = "https://social.example.com"

TENANT: dict[str, Any] = {
    "id": "ws_mq3k1x0a_5f0d7c2b9a41",
    "name": "Acme Studio",
    "plan": "self_hosted",
    "subscriptionStatus": "active",
    "entitlements": None,
}
API_KEY: dict[str, Any] = {
    "id": "key_mq3k2b7c_0c9e4d71a6f3",
    "prefix": "sc_live_Tb1j",
    "label": "Newsletter robot",
    "kind": None,
    "secret": None,
    "createdAt": "2026-05-20T08:30:00.000Z",
    "revokedAt": None,
    "lastUsedAt": "2026-05-23T10:00:00.000Z",
}
ACCOUNT: dict[str, Any] = {
    "id": "acct_mq3k4d2e_7b1c0e93d5a8",
    "provider": NETWORK,
    "handle": HANDLE,
    "displayName": "Acme Studio",
    "accountType": f"{NETWORK}_user",
    "externalId": "2244994945",
    "status": "connected",
    "createdAt": "2026-05-20T08:35:00.000Z",
    "updatedAt": "2026-05-20T08:35:00.000Z",
}
CONNECTION: dict[str, Any] = {
    "id": "conn_mq3k3c1d_2a8f6b04c7e9",
    "provider": NETWORK,
    "status": "connected",
    "authorizeUrl": None,
    "account": ACCOUNT,
    "error": None,
    "createdAt": "2026-05-20T08:34:00.000Z",
}
PENDING: dict[str, Any] = {
    **CONNECTION,
    "status": "pending",
    "account": None,
    "authorizeUrl": "https://network.example/authorize?client_id=acme&state=9f2c",
}
POST_INPUT: dict[str, Any] = {
    "account": HANDLE,
    "provider": NETWORK,
    "description": "Doors open at nine. Come early, the first fifty get a print.",
    "publish_at": "2026-06-01T09:00:00+02:00",
}
SCHEDULE: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "mode": "scheduled",
    "idempotencyKey": "open-day-2026",
    "posts": [POST_INPUT],
}
CAMPAIGN: dict[str, Any] = {
    "id": "open-day",
    "name": "Open day",
    "targets": [
        {
            "account": HANDLE,
            "publish_at": "2026-06-01T09:00:00+02:00",
            "steps": [
                {"account": HANDLE, "description": "Doors open at nine."},
                {"account": HANDLE, "description": "Last chance: we close at six.", "delay_minutes": 480},
            ],
        }
    ],
}
POST: dict[str, Any] = {
    "id": "post_mq3k6f4a_9d3e1b58c0f2",
    "runId": "run_mq3k6f4a_4c7a2e90b1d6",
    "provider": NETWORK,
    "account": HANDLE,
    "accountId": ACCOUNT["id"],
    "status": "scheduled",
    "name": "",
    "description": POST_INPUT["description"],
    "publishAtUtc": "2026-06-01T07:00:00.000Z",
    "providerPostId": None,
    "providerUrl": None,
    "error": None,
    "attempts": 0,
}
RUN: dict[str, Any] = {
    "id": POST["runId"],
    "status": "created",
    "mode": "scheduled",
    "source": "api",
    "totalPosts": 1,
    "createdAt": "2026-05-23T10:00:00.000Z",
    "updatedAt": "2026-05-23T10:00:00.000Z",
}
ASSET: dict[str, Any] = {
    "id": "asset_mq3k5e3f_6e2b9c47d1a0",
    "tenantId": TENANT["id"],
    "storage": "local",
    "objectKey": "56/6b/566baaa8e2052c63",
    "originalFilename": "poster.png",
    "mime": "image/png",
    "kind": "image",
    "size": 48213,
    "status": "ready",
    "publicUrl": f"{BASE}/media/asset_mq3k5e3f_6e2b9c47d1a0/oee_CougKj9GFw1h9HK43WuB/poster.png",
    "preview": {"url": f"{BASE}/media/asset_mq3k5e3f_6e2b9c47d1a0/oee_CougKj9GFw1h9HK43WuB/previews/preview.jpg"},
    "createdAt": "2026-05-23T09:58:00.000Z",
}
ASSET_INPUT: dict[str, Any] = {"url": ASSET["publicUrl"], "managed": True, "kind": "image", "altText": "The poster"}
