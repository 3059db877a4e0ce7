"""Every operation of the API, once: the document, the readable page and the tests read this table.

What follows from an operation's kind is not repeated in its row: see ``errors_of``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from .shapes import SCHEMAS
from .shapes.examples import HANDLE, POST_INPUT, SCHEDULE
from .shapes.schema import Schema, choice, flag, maybe, network, ref, text, time, whole


class Auth(StrEnum):
    NONE = "No auth"
    KEY = "Bearer API key"
    SESSION = "Dashboard session"
    CALLBACK = "OAuth callback"
    LINK = "Delivery token"
    WEBHOOK = "Provider webhook"


REDIRECT = "redirect"
BYTES = "application/octet-stream"
PAGE = "text/html"
DOCUMENT = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    method: str
    path: str
    id: str
    title: str
    says: str
    auth: Auth
    response: str
    """A shape's name, or one of REDIRECT, BYTES, PAGE and DOCUMENT."""
    status: int = 200
    request: str | None = None
    fields: Schema | None = None
    """What the body may hold beside what its shape names, or where it has no shape at all."""
    query: Schema | None = None
    example: Any = None
    """Of the body, where the shape's own would not do."""
    form: Schema | None = None
    """The body as a form, where that is taken too."""
    form_type: str = "multipart/form-data"
    errors: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    """Further answers that are no errors; those below 300 have the same shape."""
    paid: bool = False
    """Refused with 402 where plans are on and the workspace's is not good."""
    sturdy: bool = False
    """Needs neither database nor storage, and so cannot fail by itself."""
    anonymous: bool = False
    """Answered without the session as well."""
    group: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path

    @property
    def path_names(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)


def errors_of(operation: Operation) -> tuple[int, ...]:
    """Every error status that can come back."""
    found = {400, *operation.errors}
    if operation.path != "/health":  # monitors are never told to come later
        found.add(429)
    if not operation.sturdy:
        found.add(500)
    if operation.method != "GET":
        found.add(413)
    if operation.auth in (Auth.KEY, Auth.SESSION) and not operation.anonymous:
        found.add(401)
    if operation.auth is Auth.SESSION and operation.method != "GET":
        found.add(403)
    if operation.path_names:  # a backslash in it leads nowhere, whatever it is the name of
        found.add(404)
    if operation.paid:
        found.add(402)
    return tuple(sorted(found))


ERRORS = {
    400: "The request cannot be read: its JSON, its address or a value in it.",
    401: "Nobody is let in: the key or the session is missing or not valid.",
    402: "The workspace's plan does not cover this.",
    403: "The caller may not do this: the role is too low, or the request came from another site.",
    404: "There is no such thing in this workspace.",
    409: "The thing is in another state than this needs.",
    410: "The link was used, or is too old.",
    413: "The body or the file is too large.",
    416: "The file does not have those bytes.",
    422: "The request was understood, and something in it does not work. details tells where.",
    429: "Too many requests of this kind. Retry-After says when to come back.",
    500: "Something went wrong on the server; its log has the details under the request's id.",
    502: "The network did not do its part, or does not answer.",
    503: "A part of the server does not work now, such as its storage. Try again.",
}


def body_schema(operation: Operation) -> Schema | None:
    if operation.request is not None:
        more = {"properties": operation.fields} if operation.fields else {}
        return {**ref(operation.request), **more}
    if operation.fields is not None:
        return {"type": "object", "properties": operation.fields}
    return None


def example_of(operation: Operation) -> Any:
    """A body to send."""
    if operation.example is not None or operation.request is None:
        return operation.example
    return SCHEMAS[operation.request]["examples"][0]


_ONE_NETWORK: Schema = {"provider": network("Only this network.")}
_WINDOW: Schema = {"window": text("The stretch of time, such as 7d; lifetime when left out.")}
_PAGE: Schema = {
    "limit": whole("How many at most; never more than 500.", minimum=1),
    "offset": whole("How many to leave out before.", minimum=0),
}
_POST_FILTERS: Schema = {
    "status": text("Only these statuses, divided by commas."),
    "provider": text("Only this network."),
    "account": text("Only this account, by handle or id."),
    "from": text("Not due before this time, such as 2026-06-01T18:00:00Z. publishFrom and publish_from mean the same."),
    "to": text("Not due after this time. publishTo and publish_to mean the same."),
    **_PAGE,
}
_RUN_FILTER: Schema = {"runId": text("Only this run. run_id means the same.")}
_RETENTION: Schema = {
    "retentionDays": maybe({"type": "number", "description": "After how many days its bytes are cleared; 7 when left out.", "minimum": 0, "maximum": 3650})
}  # fmt: skip
_MEDIA_NOTE = (
    "The token in the address is all that is needed; whoever has the address has the file. Ranges, ETags and HEAD work."
)
_AS_KEY = "For pages in a browser: the session's cookie instead of a key."


def _key(method: str, path: str, id: str, title: str, says: str, response: str, **more: Any) -> Operation:
    facts: dict[str, Any] = {"auth": Auth.KEY, **more}
    return Operation(method=method, path=path, id=id, title=title, says=says, response=response, **facts)


def _session(method: str, path: str, id: str, title: str, says: str, response: str, **more: Any) -> Operation:
    return _key(method, path, id, title, f"{says} {_AS_KEY}", response, auth=Auth.SESSION, **more)


_STATUS = [
    _key("GET", "/health", "getHealth", "Server health",
         "For monitors. 200 while the process is alive; ready says whether it can do its work.",
         "HealthResponse", auth=Auth.NONE, sturdy=True),
    _key("POST", "/v1/keys/validate", "validateKey", "Check a key",
         "Tells which workspace a key opens. A good first call.", "KeyValidationResponse"),
    _key("GET", "/v1/keys", "listKeys", "List keys", "All keys without their secrets, the oldest first.", "KeysResponse"),
    _key("POST", "/v1/keys", "createKey", "Create a key",
         "The secret is in this answer and nowhere else: the server keeps only a hash of it.",
         "KeyCreateResponse", status=201, request="KeyCreateRequest", errors=(422,)),
    _key("DELETE", "/v1/keys/{keyId}", "revokeKey", "Revoke a key",
         "Its next request is refused. A key cannot revoke itself; revoking one twice changes nothing.",
         "KeyCreateResponse", errors=(409,)),
    _key("GET", "/v1/me/usage", "getUsage", "Usage", "What the workspace did in this calendar month (UTC).", "UsageResponse"),
    _key("GET", "/v1/workspace/health", "getWorkspaceHealth", "Workspace health",
         "Accounts, runs, posts and waiting work in numbers: one look tells whether somebody has to act.",
         "WorkspaceHealthResponse"),
    _key("GET", "/v1/jobs", "listJobs", "List jobs",
         "The same posts as the list of posts, seen by the worker: what happens to each next.",
         "JobsResponse", query={"status": text("Only these post statuses, divided by commas."),
                                "provider": text("Only this network."), "account": text("Only this account."),
                                **_RUN_FILTER, "limit": _PAGE["limit"]}),
]  # fmt: skip

_CONNECTIONS = [
    _key("POST", "/v1/connections/start", "startConnection", "Connect an account",
         "Networks with a login page answer a pending connection and the address to open; the others are tried "
         "with what you send and are connected at once. Each network's fields are those of its form on the screen; "
         "where there are several ways in, what you send tells which.",
         "ConnectionResponse", status=201, request="ConnectionStartRequest", errors=(409, 422, 502), paid=True),
    _key("GET", "/v1/connections", "listConnections", "List connections",
         "Logins, whether they are done, pending or failed.", "ConnectionsResponse"),
    _key("GET", "/v1/connections/health", "getConnectionsHealth", "Health of the accounts",
         "Which tokens are good, which run out, and which accounts have to be connected again.",
         "WorkspaceHealthResponse", query=_ONE_NETWORK),
    _key("GET", "/v1/connections/{connectionId}", "getConnection", "One connection",
         "Ask here while a person is at the network: pending turns into connected or failed.", "ConnectionResponse"),
    _key("GET", "/v1/accounts", "listAccounts", "List accounts", "Everything that posts can go to.",
         "AccountsResponse", query=_ONE_NETWORK),
    _key("GET", "/v1/accounts/capabilities", "listCapabilities", "What accounts can do",
         "Lengths, files and settings of every account, from the same figures that the checks use.",
         "CapabilitiesResponse", query=_ONE_NETWORK),
    _key("GET", "/v1/accounts/{accountId}/capabilities", "getCapabilities", "What one account can do",
         "The list has exactly one entry.", "CapabilitiesResponse"),
    _key("GET", "/v1/accounts/{accountId}/settings", "getPublishSettings", "Settings of an account's posts",
         "The fields that settings of a post may have, with defaults and options.", "PublishSettingsResponse"),
    _key("GET", "/v1/accounts/{accountId}/actions", "listActions", "List discovery actions",
         "What can be asked about the account before posting.", "DiscoveryActionsResponse"),
    _key("POST", "/v1/accounts/{accountId}/actions/{actionId}", "runAction", "Run a discovery action",
         "Send what the action's inputSchema names; most take nothing. publish-preview takes a post and asks nobody. "
         "ok may be left out of the body.",
         "ActionResultResponse", request="OkResponse", example={"ok": True, "description": POST_INPUT["description"]},
         errors=(422, 502)),
    _key("DELETE", "/v1/accounts/{accountId}", "disconnectAccount", "Disconnect an account",
         "Its posts stay and wait. Connected again, it is the same account with the same id.", "ConnectionResponse"),
    _key("GET", "/oauth/{provider}/callback", "finishLogin", "Where networks send people back",
         "Programs do not call this. A person gets a page or is sent on to the app; with Accept: application/json it "
         "answers JSON.",
         REDIRECT, auth=Auth.CALLBACK, others=(302,), errors=(409, 422),
         query={"state": text("Ours, from the address the person was sent to."), "code": text("The network's, for a token."),
                "error": text("Why the network gave no code.")}),
]  # fmt: skip

_POSTS = [
    _key("GET", "/v1/posts", "listPosts", "List posts", "The latest publish time first.", "PostsResponse",
         query={**_RUN_FILTER, "campaignId": text("Only this campaign. campaign_id means the same."), **_POST_FILTERS}),
    _key("GET", "/v1/posts/{postId}", "getPost", "One post", "The post with everything that is known about it.", "PostResponse"),
    _key("GET", "/v1/posts/{postId}/attempts", "listAttempts", "Tries of a post",
         "When it was tried, how it ended, and what the network said.", "AttemptsResponse"),
    _key("POST", "/v1/posts/{postId}/reconcile", "reconcilePost", "Settle an unknown outcome",
         "When an answer was lost nobody knows whether the post is out. This asks the network; where that cannot tell, "
         "say it yourself with outcome.",
         "PostResponse",
         fields={"outcome": choice("What you saw at the network.", ["published", "absent"]),
                 "providerPostId": text("The network's id of the post, if it is there.")},
         errors=(422, 502)),
    _key("POST", "/v1/posts/validate", "validateSchedule", "Check a schedule",
         "Every rule that apply knows, without making anything. An error names the first problem and lists all of them "
         "in details.issues.",
         "ValidateResponse", request="ScheduleEnvelope", errors=(422,)),
    _key("POST", "/v1/campaigns/preview", "previewCampaign", "Look at a campaign",
         "Like validate, for campaigns, with the graph of who waits for whom. Single posts have none: 409.",
         "ValidateResponse", request="ScheduleEnvelope",
         example={"timezone": "Europe/Berlin", "campaigns": [
             {"id": "open-day", "name": "Open day", "targets": [
                 {"account": HANDLE, "publish_at": "2026-06-01T09:00:00+02:00",
                  "steps": [{"account": HANDLE, "description": "Doors open at nine."}]}]}]},
         errors=(409, 422)),
    _key("POST", "/v1/posts/apply", "applySchedule", "Plan posts",
         "Makes the whole schedule or nothing of it. With an idempotencyKey a repeated request answers 200 with the run "
         "that is there, and duplicate is true.",
         "RunResponse", status=201, others=(200,), request="ScheduleEnvelope", example=SCHEDULE, errors=(422,), paid=True),
    _key("GET", "/v1/runs/{runId}/status", "getRunStatus", "Where a run stands", "Counts by status, and the posts.",
         "RunStatusResponse"),
    _key("GET", "/v1/runs/{runId}/campaign", "getRunCampaign", "A run's graph",
         "Who waits for whom. A run of single posts has no graph: 409.", "RunResponse", errors=(409,)),
    _key("GET", "/v1/runs/{runId}", "getRun", "One run", "The run, its posts and their tries.", "RunResponse"),
    _key("POST", "/v1/runs/{runId}/publish", "publishRun", "Publish a draft",
         "The posts of a draft become scheduled. startAt moves all of them so that the first goes out then. "
         "ok may be left out of the body.",
         "RunResponse", request="OkResponse", fields={"startAt": maybe(time("When the first post goes out."))},
         example={"ok": True, "startAt": "2026-06-01T15:00:00Z"}, errors=(409,), paid=True),
    _key("GET", "/v1/runs/{runId}/table", "getRunTable", "A run as a table", "One line a post, in order of time.",
         "RunTableResponse"),
    _key("POST", "/v1/posts/{postId}/retry", "retryPost", "Try a post again",
         "For failed posts. One that may be out already is looked for first; sendAgain sends it all the same.",
         "PostResponse", fields={"sendAgain": flag("Send it although it may be out already.")},
         errors=(409, 502), paid=True),
    _key("POST", "/v1/posts/{postId}/delete", "deletePublishedPost", "Delete a post at its network",
         "Takes it down there. It stays here as published, with deletedAt. To stop one that is not out yet, cancel it.",
         "PostResponse", errors=(409, 422, 502)),
    _key("DELETE", "/v1/posts/{postId}", "cancelPost", "Cancel a post",
         "It will not go out. Works until the moment a worker has begun with it.", "PostResponse", errors=(409,)),
]  # fmt: skip

_FILES = [
    _key("POST", "/v1/assets/upload", "uploadAsset", "Upload a file",
         "As a form with the file in the field file, or as JSON with base64. The bytes decide what it is, not the name.",
         "AssetResponse", status=201, request="AssetUploadRequest",
         form={"type": "object", "required": ["file"], "properties": {
             "file": {"type": "string", "format": "binary", "description": "The file."},
             "mime": text("Its type; the bytes must agree."),
             "altText": text("What it shows, for people who cannot see it."),
             "deleteAfter": time("When it may be cleared away by itself.")}},
         errors=(422, 503), paid=True),
    _key("POST", "/v1/assets", "registerAsset", "Register a file",
         "Names a file that is kept elsewhere, so that posts can use it.",
         "AssetResponse", status=201, request="AssetRegistrationRequest", errors=(422,), paid=True),
    _key("DELETE", "/v1/assets/{assetId}", "deleteAsset", "Delete a file",
         "Its bytes are cleared after some days, and not before planned posts that need them are out. "
         "ok may be left out of the body.",
         "AssetResponse", request="OkResponse", fields=_RETENTION, example={"ok": True, "retentionDays": 7}),
    _key("GET", "/media/{assetId}/{deliveryToken}/{filename}", "getMedia", "Get a file", _MEDIA_NOTE, BYTES,
         auth=Auth.LINK, others=(206, 304), errors=(416,), query={"format": choice("A JPEG of a picture of another type.", ["jpeg"])}),
    _key("GET", "/media/{assetId}/{deliveryToken}/previews/{filename}", "getMediaPreview", "Get a preview",
         f"A small picture of the file. {_MEDIA_NOTE}", BYTES, auth=Auth.LINK, others=(206, 304), errors=(416,)),
]  # fmt: skip

_FIGURES = [
    _key("GET", "/v1/analytics/posts/{postId}", "getPostAnalytics", "Figures of a post",
         "As last heard from the network.", "AnalyticsResponse", query=_WINDOW, errors=(422,)),
    _key("GET", "/v1/analytics/accounts/{accountId}", "getAccountAnalytics", "Figures of an account",
         "As last heard from the network.", "AnalyticsResponse", query=_WINDOW, errors=(422,)),
    _key("GET", "/v1/analytics/runs/{runId}", "getRunAnalytics", "Figures of a run", "The figures of its posts, added up.",
         "AnalyticsResponse", query=_WINDOW, errors=(422,)),
    _key("POST", "/v1/analytics/refresh", "refreshAnalytics", "Ask for figures again",
         "Asks the network now instead of waiting for the next round.",
         "AnalyticsResponse", request="AnalyticsRefreshRequest", errors=(404, 409, 422, 502), paid=True),
]  # fmt: skip

_BROWSER = [
    _session("GET", "/v1/dashboard/session", "getSession", "Who is signed in",
             "200 also when nobody is: authenticated is false then.", "DashboardSessionResponse", anonymous=True),
    _key("POST", "/v1/support/request", "askSupport", "Ask for help",
         "Reaches the people who run this server. Without a session an e-mail address is needed.",
         "SupportResponse", status=201, request="SupportRequest", auth=Auth.NONE, errors=(422,)),
    _session("GET", "/v1/billing/state", "getBilling", "The plan", "Plan, status and what can be bought.", "BillingStateResponse"),
    _session("POST", "/v1/billing/checkout", "startCheckout", "Buy a plan", "Answers the address of the payment page.",
             "UrlResponse", request="BillingCheckoutRequest", errors=(409, 422, 502)),
    _session("POST", "/v1/billing/manage", "manageBilling", "Change or end the plan",
             "Answers the address of the payment service's own page.", "UrlResponse", errors=(409, 502)),
    _session("GET", "/v1/billing/app-store/account-token", "getAppStoreToken", "Token for App Store purchases",
             "Ties a purchase in the app to this workspace.", "OkResponse"),
    _session("GET", "/v1/billing/app-store/products", "listAppStoreProducts", "App Store products",
             "What the app can sell. Nothing where the store is not set up.", "ProductsResponse"),
    _session("POST", "/v1/billing/app-store/transactions/claim", "claimAppStoreTransaction", "Claim a purchase",
             "Checks a signed purchase and puts the workspace on its plan.",
             "BillingStateResponse", request="AppStoreClaimRequest", errors=(402, 409, 422, 502)),
    _session("GET", "/v1/dashboard/accounts", "browserListAccounts", "List accounts", "Everything that posts can go to.",
             "AccountsResponse", query=_ONE_NETWORK),
    _session("DELETE", "/v1/dashboard/accounts/{accountId}", "browserDisconnectAccount", "Disconnect an account",
             "Its posts stay and wait.", "ConnectionResponse"),
    _session("GET", "/v1/dashboard/accounts/{accountId}/publish-settings", "browserGetPublishSettings",
             "Settings of an account's posts", "The fields that settings of a post may have.", "PublishSettingsResponse"),
    _session("POST", "/v1/dashboard/connections/start", "browserStartConnection", "Connect an account",
             "Only the browser that started a login can finish it.", "ConnectionResponse", status=201,
             request="ConnectionStartRequest", errors=(409, 422, 502), paid=True),
    _session("GET", "/v1/dashboard/connections/{connectionId}", "browserGetConnection", "One connection",
             "Pending turns into connected or failed.", "ConnectionResponse"),
    _session("GET", "/v1/dashboard/posts", "browserListPosts", "List posts", "The latest publish time first.",
             "PostsResponse", query=_POST_FILTERS),
    _session("POST", "/v1/dashboard/posts/{postId}/reconcile", "browserReconcilePost", "Settle an unknown outcome",
             "Asks the network whether the post is out.", "PostResponse", errors=(422, 502)),
    _session("PATCH", "/v1/dashboard/posts/{postId}", "browserUpdatePost", "Change a post",
             "Works until a worker has begun with it.",
             "PostResponse", request="DashboardPostUpdateRequest", errors=(409, 422)),
    _session("DELETE", "/v1/dashboard/posts/{postId}", "browserDeletePost", "Delete a post",
             "Cancels a post that is not out, and takes one that is out off its network.", "PostResponse", errors=(409, 422, 502)),
    _session("GET", "/v1/dashboard/assets", "browserListAssets", "List files", "The newest first.", "AssetsResponse", query=_PAGE),
    _session("DELETE", "/v1/dashboard/assets/{assetId}", "browserDeleteAsset", "Delete a file",
             "Its bytes are cleared after some days. ok may be left out of the body.",
             "AssetResponse", request="OkResponse", fields=_RETENTION, example={"ok": True, "retentionDays": 7}),
    _session("POST", "/v1/dashboard/assets/upload", "browserUploadAsset", "Upload a file",
             "As JSON with base64; large files come in parts.",
             "AssetResponse", status=201, request="AssetUploadRequest", errors=(422, 503), paid=True),
    _session("POST", "/v1/dashboard/assets/upload/initiate", "startUpload", "Begin an upload in parts",
             "Answers how many parts there are, or mode base64 where the storage takes whole files only. Send the uploadId of "
             "an upload that was cut off as well to continue it: upload.parts then names the parts that have arrived.",
             "MultipartInitiateResponse", status=201, request="MultipartUploadInitiateRequest",
             errors=(404, 409, 422, 503), paid=True),
    _session("POST", "/v1/dashboard/assets/upload/{assetId}/part", "signUploadPart", "Get the address of a part",
             "The bytes go straight to the storage.", "MultipartPartResponse", request="MultipartPartRequest", errors=(409, 422)),
    _session("POST", "/v1/dashboard/assets/upload/{assetId}/complete", "completeUpload", "Finish an upload",
             "Puts the parts together and looks at what the file is.",
             "AssetResponse", request="MultipartCompleteRequest", errors=(409, 422, 503)),
    _session("POST", "/v1/dashboard/assets/upload/{assetId}/abort", "abortUpload", "Give an upload up",
             "What was sent is cleared away. ok may be left out of the body.",
             "OkResponse", request="OkResponse", fields={"uploadId": text("The upload.")},
             example={"ok": True, "uploadId": "up_mq3k8c5d_2f4a"}, errors=(409,)),
    _session("POST", "/v1/dashboard/compose", "compose", "Write a post",
             "One text for one or several accounts, now or later.",
             "RunResponse", status=201, others=(200,), request="DashboardComposeRequest", errors=(422,), paid=True),
    _session("GET", "/v1/dashboard/keys", "browserListKeys", "List keys", "All keys, without their secrets.", "KeysResponse"),
    _session("POST", "/v1/dashboard/keys", "browserCreateKey", "Create a key", "The secret is in this answer only.",
             "KeyCreateResponse", status=201, request="KeyCreateRequest", errors=(422,)),
    _session("DELETE", "/v1/dashboard/keys/{keyId}", "browserRevokeKey", "Revoke a key", "Its next request is refused.",
             "KeyCreateResponse"),
    _session("POST", "/v1/dashboard/keys/{keyId}/rotate", "rotateKey", "Give a key a new secret",
             "Same key, same id; the old secret stops working at once.", "KeyCreateResponse", errors=(409,)),
]  # fmt: skip

_SCHEME: Schema = {"callbackScheme": text("The scheme of the app to go back to.")}

_PHONE = (
    "There it arrives at scheme://auth/callback with a code for /auth/mobile/exchange, or with an error. With challenge, the "
    "SHA-256 of a verifier in base64url, the code is good only together with that. callback_scheme means the same as callbackScheme."
)

_SIGNED: Schema = {"signed_request": text("The network's signed message; nothing is believed without it.")}
_LEAVING: dict[str, Any] = {
    "auth": Auth.WEBHOOK,
    "request": "OkResponse",
    "fields": _SIGNED,
    "form": {"type": "object", "required": ["signed_request"], "properties": _SIGNED},
    "form_type": "application/x-www-form-urlencoded",
}

_OUTSIDE = [
    _key("GET", "/auth/mobile/google/start", "startGoogleSignIn", "Sign in with Google",
         f"Sends the person to Google and back to the app. {_PHONE}", REDIRECT, others=(302,), auth=Auth.CALLBACK, query=_SCHEME,
         errors=(409, 422, 503)),
    _key("GET", "/auth/mobile/apple/start", "startAppleSignIn", "Sign in with Apple",
         f"Sends the person to Apple and back to the app. {_PHONE}", REDIRECT, others=(302,), auth=Auth.CALLBACK, query=_SCHEME, errors=(409, 422)),
    _key("POST", "/auth/mobile/apple/native", "signInWithApple", "Sign in with Apple on the device",
         "Takes the token that the device got from Apple and starts a session.",
         "DashboardSessionResponse", auth=Auth.CALLBACK, request="AppleNativeAuthRequest", errors=(401, 403, 409, 422, 503)),
    _key("POST", "/v1/billing/webhook", "receiveBillingWebhook", "Messages of the payment service",
         "Signed by the payment service in X-Signature; anything else is refused. ok may be left out of the body.",
         "WebhookResponse", auth=Auth.WEBHOOK, request="OkResponse", errors=(401, 409, 422)),
    _key("POST", "/v1/billing/app-store/notifications", "receiveAppStoreNotification", "Messages of the App Store",
         "Signed by Apple; anything else is refused. ok may be left out of the body.",
         "WebhookResponse", auth=Auth.WEBHOOK, request="OkResponse", fields={"signedPayload": text("Apple's signed message.")},
         errors=(401, 409, 422, 502)),
    _key("POST", "/webhooks/meta/deauthorize", "receiveDeauthorization", "A person removed the app",
         "Their logins end here. ok may be left out of the body.", "WebhookResponse", **_LEAVING),
    _key("POST", "/webhooks/meta/data-deletion", "receiveDataDeletion", "A person asks to be forgotten",
         "Answers a code, and the address of a page that tells what became of it. ok may be left out of the body.",
         "WebhookResponse", **_LEAVING),
]  # fmt: skip

_CREDENTIALS: Schema = {"email": text("The address."), "password": text("The password.")}

_BESIDES = [
    _key("GET", "/v1/keys/validate", "validateKeyByGet", "Check a key",
         "The same as with POST, for programs that only read.", "KeyValidationResponse"),
    _key("GET", "/v1/connections/{connectionId}/doctor", "checkConnection", "Check a connection",
         "Asks the network and looks at what is known here: findings about the developer app, the login and each of its "
         "accounts, the worst first, each with level (ok, warn, bad or info), a sentence, and next, which is where to "
         "click. Nothing is changed by it.", "ConnectionResponse"),
    _key("POST", "/auth/login", "signIn", "Sign in",
         "With e-mail address and password; the answer sets the cookie of the session. A form is answered with a page.",
         "DashboardSessionResponse", auth=Auth.NONE, fields=_CREDENTIALS,
         example={"email": "alice@example.com", "password": "a long sentence of words"}, errors=(401, 403)),
    _key("POST", "/auth/logout", "signOut", "Sign out", "The session ends, also for copies of its cookie.", "OkResponse",
         auth=Auth.NONE, fields={"everywhere": flag("End the sessions of all browsers and apps of this person.")},
         example={"everywhere": True}, errors=(403,)),
    _key("POST", "/auth/setup", "setUp", "Make the first owner",
         "Once, with the link that the first start printed.", "DashboardSessionResponse", status=201, auth=Auth.NONE,
         fields={"token": text("From the printed link."), **_CREDENTIALS, "workspace": text("The name of the workspace.")},
         example={"token": "9f2c4b", "email": "alice@example.com", "password": "a long sentence of words",
                  "workspace": "Acme Studio"},
         errors=(403, 409, 410, 422)),
    _key("POST", "/auth/join", "joinWorkspace", "Join a workspace by an invitation",
         "Once. Somebody new gives a password, and the account has the invited address; with a session, whoever it belongs to joins.",
         "DashboardSessionResponse", status=201, auth=Auth.NONE,
         fields={"token": text("From the link of the invitation."), "password": _CREDENTIALS["password"], "name": text("What to call the person.")},
         example={"token": "9f2c4b", "password": "a long sentence of words"}, errors=(403, 409, 410, 422)),
    _key("GET", "/auth/link/{link}", "followLink", "Follow a one-time link",
         "Signs in and sends the browser on; a used link leads to the sign-in page.", REDIRECT, status=303, auth=Auth.NONE),
    _key("GET", "/auth/{provider}/start", "startSignIn", "Sign in through google or apple",
         "Sends the browser there. JSON with the address for those who ask for JSON.", REDIRECT, others=(302,), auth=Auth.CALLBACK,
         query={"next": text("The page to open afterwards, such as /posts.")}, errors=(409, 503)),
    _key("GET", "/auth/{provider}/callback", "finishSignIn", "Where google and apple send people back",
         "Starts the session, in the browser that began, and opens a page. JSON for those who ask for JSON.", REDIRECT, others=(302,),
         auth=Auth.CALLBACK, errors=(401, 403, 409, 422, 502, 503),
         query={"state": text("From the start, once."), "code": text("The provider's code."), "error": text("Why there is none.")}),
    _key("POST", "/auth/{provider}/callback", "takeSignInForm", "Where apple posts its answer",
         "Sends the browser on to the address for reading, because a form from another site comes without cookies.", REDIRECT,
         status=303, auth=Auth.NONE, form={"type": "object", "properties": {
             "state": text("From the start, once."), "code": text("The provider's code."), "error": text("Why there is none."),
             "user": text("The name, told at the first sign-in only, as JSON.")}},
         form_type="application/x-www-form-urlencoded", sturdy=True),
    _key("POST", "/auth/mobile/exchange", "exchangeSignInCode", "Take the session to the app",
         "With the code that the app was called with; it works once, for two minutes. The answer sets the cookie of the session.",
         "DashboardSessionResponse", auth=Auth.NONE, fields={"code": text("The code."), "verifier": text("What challenge was made of.")},
         example={"code": "9f2c4b", "verifier": "a-long-random-text-that-only-the-app-knows"}, errors=(401, 403)),
    _key("POST", "/webhooks/meta/{network}/deauthorize", "receiveDeauthorizationOfOne", "A person removed one app",
         "The same for the app of one network. ok may be left out of the body.", "WebhookResponse", **_LEAVING),
    _key("POST", "/webhooks/meta/{network}/data-deletion", "receiveDataDeletionOfOne", "A person asks one app to forget",
         "The same for the app of one network. ok may be left out of the body.", "WebhookResponse", **_LEAVING),
    _key("GET", "/data-deletion/{code}", "getDeletionStatus", "What became of a deletion",
         "The page whose address the network shows to the person.", PAGE, auth=Auth.NONE),
    _key("GET", "/media/posts/{postId}/{position}/{deliveryToken}/{filename}", "getFittedMedia", "Get a file as it goes out",
         f"A file of a post after it was made to fit its network. {_MEDIA_NOTE}", BYTES,
         auth=Auth.LINK, others=(206, 304), errors=(416,)),
    _key("GET", "/openapi.json", "getDocument", "This interface as OpenAPI 3.1", "For generators and checks.", DOCUMENT,
         auth=Auth.NONE, sturdy=True),
    _key("GET", "/schemas/{name}.json", "getSchema", "One shape as JSON Schema",
         "With everything it refers to, so that it can be used alone.", DOCUMENT, auth=Auth.NONE, sturdy=True),
    _key("GET", "/docs/api", "getReference", "The readable reference", "This interface as a page for people.", PAGE,
         auth=Auth.NONE, sturdy=True),
    _key("GET", "/docs/networks", "getNetworks", "The networks", "What each takes and can do, as a page for people.", PAGE,
         auth=Auth.NONE, sturdy=True),
]  # fmt: skip


def _grouped(name: str, rows: list[Operation]) -> tuple[Operation, ...]:
    return tuple(replace(row, group=name) for row in rows)


DOCUMENTED: tuple[Operation, ...] = (
    *_grouped("Status and keys", _STATUS),
    *_grouped("Accounts", _CONNECTIONS),
    *_grouped("Posts and runs", _POSTS),
    *_grouped("Files", _FILES),
    *_grouped("Figures", _FIGURES),
    *_grouped("Signed-in browser", _BROWSER),
    *_grouped("Sign-in, payment and networks", _OUTSIDE),
)
"""The operations that clients of the documented interface rely on."""

OPERATIONS: tuple[Operation, ...] = (*DOCUMENTED, *_grouped("Also here", _BESIDES))


def methods_at(path: str) -> list[str]:
    """What an address takes. Of templates that fit, the one with the fewest open places is meant."""
    fitting = [one for one in OPERATIONS if re.fullmatch(re.sub(r"{\w+}", "[^/]+", one.path), path)]
    if not fitting:
        return []
    meant = min(fitting, key=lambda one: len(one.path_names)).path
    here = [one for one in OPERATIONS if one.path == meant]
    return [*(one.method for one in here), *(["HEAD"] if here[0].response == BYTES else [])]
