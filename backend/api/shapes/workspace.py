"""The workspace, its keys, and the shapes that every resource shares."""

from __future__ import annotations

from .examples import API_KEY, BASE, POST, TENANT
from .schema import Schema, answer, bag, flag, link, many, maybe, plain, ref, shape, text, time, whole

SHARED: dict[str, Schema] = {
    "OkResponse": answer("It worked; what else is in the answer depends on the address.", {}, example={}),
    "ErrorResponse": shape(
        "What every refusal and failure looks like, at every address. It never comes with a 2xx status.",
        {
            "ok": {"const": False, "description": "Always false."},
            "code": maybe(text("A stable word for programs, such as post_not_found.")),
            "message": text("One sentence for a person: what happened and what to do."),
            "details": {
                "type": ["object", "array", "string", "number", "boolean", "null"],
                "description": "What a program may want to know more exactly: the field, the limit, all issues.",
            },
        },
        required="ok message",
        closed=True,
        example={
            "ok": False,
            "code": "post_not_found",
            "message": "There is no post 'post_1' in this workspace.",
            "details": {"id": "post_1"},
        },
    ),
    "UrlResponse": answer(
        "An address to send the person's browser to.",
        {"url": link("Open it in a browser; it is good for this visit only.")},
        required="url",
        closed=True,
        example={"url": "https://payments.example/session/4f1c"},
    ),
    "WebhookResponse": answer("The message was taken, or had been taken before.", {}, example={}),
}

WORKSPACE: dict[str, Schema] = {
    "Tenant": shape(
        "A workspace: what keys, accounts, files and posts belong to.",
        {
            "id": text("Stays the same for ever."),
            "name": maybe(text("What people call it.")),
            "plan": maybe(text("The plan it is on; self_hosted where nobody pays.")),
            "subscriptionStatus": maybe(
                text("Whether the plan is good: active, past_due, paused, canceled and so on.")
            ),
            "entitlements": maybe(plain("What the plan allows; null when nothing is limited.")),
        },
        required="id",
        example=TENANT,
    ),
    "HealthResponse": answer(
        "How the server is, without a word about any workspace.",
        {
            "service": text("Which program answers."),
            "now": time("The server's clock."),
            "db": bag("Whether the database answers, and of which kind it is."),
            "assetStorage": bag("Whether files can be kept, and where."),
            "maxAssetBytes": whole("The largest file that may be uploaded."),
            "publicBaseUrl": link("Where people and networks reach this server."),
        },
        required="service now",
        example={
            "service": "socialclaw-api",
            "now": "2026-05-23T10:00:00.000Z",
            "db": {"ok": True, "kind": "sqlite"},
            "assetStorage": {"ok": True, "kind": "local"},
            "maxAssetBytes": 536870912,
            "publicBaseUrl": BASE,
        },
    ),
    "UsageResponse": answer(
        "How much the workspace did in the running month.",
        {"usage": bag("Counts by name: posts, published posts, accounts, files and their bytes.")},
        required="usage",
        example={"usage": {"postsThisPeriod": 42, "connectedAccounts": 6, "periodStart": "2026-05-01T00:00:00.000Z"}},
    ),
    "WorkspaceHealthResponse": answer(
        "What needs a look: accounts, runs, posts and the work that is waiting.",
        {"health": bag("Counts of accounts, runs, posts and jobs, with those in trouble apart.")},
        required="health",
        example={
            "health": {
                "connectedAccounts": 6,
                "failingAccounts": 0,
                "jobs": {"total": 4, "ready": 0, "blocked": 0, "failed": 0, "stalled": 0},
            }
        },
    ),
    "JobsResponse": answer(
        "The worker's view of posts: what happens next to each, and when.",
        {
            "jobs": many(bag("One post, with its state in the queue and its latest try."), "The most urgent first."),
            "total": whole("How many there are with these filters, also beyond the limit."),
        },
        example={
            "jobs": [
                {"postId": POST["id"], "status": "scheduled", "jobState": "waiting", "nextAction": "wait"},
            ],
            "total": 1,
        },
    ),
}

KEYS: dict[str, Schema] = {
    "ApiKey": shape(
        "An API key without its secret, which is shown once, when the key is made.",
        {
            "id": text("Names the key when it is revoked or rotated."),
            "prefix": maybe(text("The beginning of the secret, to recognise it by.")),
            "label": maybe(text("What the key is for, in its owner's words.")),
            "kind": maybe(text("A word of its owner's choice, for sorting.")),
            "secret": maybe(
                text("Only in the answer that makes or rotates the key. Keep it: it cannot be read again.")
            ),
            "createdAt": maybe(time("When it was made.")),
            "revokedAt": maybe(time("Since when it is refused; null while it works.")),
            "lastUsedAt": maybe(time("When it was last sent, to the minute.")),
        },
        required="id",
        closed=True,
        example=API_KEY,
    ),
    "KeyCreateRequest": shape(
        "How the new key shall be called. Everything may be left out.",
        {
            "label": maybe(text("What the key is for; at most 200 characters.")),
            "kind": maybe(text("A word for sorting; at most 200 characters.")),
        },
        example={"label": "Newsletter robot"},
    ),
    "KeyCreateResponse": answer(
        "A key after it was made, rotated or revoked.",
        {
            "key": ref("ApiKey", "The key; its secret is in it when it is new."),
            "apiKey": ref("ApiKey", "The same once more, under the name that some clients read."),
            "secret": maybe(text("The secret of a new or rotated key.")),
        },
        example={"key": {**API_KEY, "secret": "sc_live_Tb1jWq0example0example0example00"}},
    ),
    "KeysResponse": answer(
        "All keys of the workspace, the revoked ones too.",
        {"keys": many(ref("ApiKey"), "The oldest first.")},
        required="keys",
        closed=True,
        example={"keys": [API_KEY]},
    ),
    "KeyValidationResponse": answer(
        "Whose key it is.",
        {"tenant": ref("Tenant", "The workspace that the key opens."), "apiKey": ref("ApiKey", "The key that asked.")},
        required="tenant apiKey",
        example={"tenant": TENANT, "apiKey": API_KEY},
    ),
}

SESSION: dict[str, Schema] = {
    "DashboardSessionResponse": answer(
        "Who is signed in with this browser, and in which workspace.",
        {
            "authenticated": flag("False when nobody is signed in; then the rest is null."),
            "user": maybe(bag("The person: id and e-mail address.")),
            "tenant": {"description": "The workspace that is open.", "anyOf": [ref("Tenant"), {"type": "null"}]},
            "membership": maybe(bag("The person's role in it.")),
        },
        example={
            "authenticated": True,
            "user": {"id": "user_mq3k0w9z_1e5d8c73b2a4", "email": "alice@example.com"},
            "tenant": TENANT,
            "membership": {"role": "owner"},
        },
    ),
    "AppleNativeAuthRequest": shape(
        "What Apple's sign-in gave to an app on the device.",
        {
            "identityToken": text("The signed token, as the device got it."),
            "nonceSha256": maybe(text("SHA-256 of the nonce that the app sent to Apple, in hexadecimal digits.")),
            "email": maybe(text("The address, which Apple tells at the first sign-in only.")),
            "givenName": maybe(text("First name, told at the first sign-in only.")),
            "familyName": maybe(text("Last name, told at the first sign-in only.")),
            "name": maybe(text("The whole name, where the app has it in one piece.")),
        },
        required="identityToken",
        example={"identityToken": "eyJraWQiOiJhYmMifQ.eyJzdWIiOiIxIn0.c2ln", "email": "alice@example.com"},
    ),
    "SupportRequest": shape(
        "A question to the people who run this server.",
        {
            "email": maybe(text("Where the reply goes. May be left out when signed in.")),
            "message": text("The question."),
            "pageUrl": maybe(text("The page it was asked on.")),
            "pageTitle": maybe(text("That page's title.")),
            "source": maybe(text("Which form or app sent it.")),
        },
        required="message",
        example={"email": "alice@example.com", "message": "Which networks can post as a page?"},
    ),
    "SupportResponse": answer(
        "The question is kept.",
        {"request": bag("Its id, to name it in a reminder."), "message": text("What to expect now, for the person.")},
        required="request message",
        example={"request": {"id": "support_mq3k9a1b_3d0c7e52f8b6"}, "message": "We have it and will write back."},
    ),
}

BILLING: dict[str, Schema] = {
    "BillingCheckoutRequest": shape(
        "What is to be bought.",
        {"plan": text("The id of a plan."), "billingInterval": text("monthly or yearly.")},
        required="plan billingInterval",
        closed=True,
        example={"plan": "pro", "billingInterval": "monthly"},
    ),
    "BillingStateResponse": answer(
        "The plan of the workspace and where it stands.",
        {
            "billing": maybe(bag("Plan, status, when it renews or ends.")),
            "plans": many(bag("A plan that can be bought, with its prices."), "What can be bought here."),
        },
        example={"billing": {"plan": "pro", "status": "active"}, "plans": []},
    ),
    "AppStoreClaimRequest": shape(
        "A purchase made in Apple's App Store.",
        {"signedTransactionInfo": text("The signed transaction, as StoreKit gave it.")},
        required="signedTransactionInfo",
        closed=True,
        example={"signedTransactionInfo": "eyJhbGciOiJFUzI1NiJ9.eyJpZCI6IjEifQ.c2ln"},
    ),
    "ProductsResponse": answer(
        "What an app can sell through a store.",
        {
            "provider": text("Which store."),
            "enabled": flag("Whether selling through it is set up on this server."),
            "bundleId": maybe(text("The app that the products belong to.")),
            "environment": maybe(text("Production or Sandbox.")),
            "products": many(bag("A product and the plan it stands for."), "Empty when nothing is set up."),
        },
        required="products",
        example={"provider": "app-store", "enabled": False, "bundleId": None, "environment": None, "products": []},
    ),
}

ANALYTICS: dict[str, Schema] = {
    "AnalyticsRefreshRequest": shape(
        "Which post's figures to ask for again.",
        {
            "postId": text("A published post of this workspace."),
            "window": maybe(text("The stretch of time: lifetime when left out.")),
            "metricWindow": maybe(text("The same under its longer name.")),
        },
        required="postId",
        closed=True,
        example={"postId": POST["id"], "window": "lifetime"},
    ),
    "AnalyticsResponse": answer(
        "Figures of a post, an account or a run, as last heard from the network.",
        {
            "analytics": maybe(bag("The figures with when they were heard and from whom.")),
            "metrics": maybe(bag("The figures by name; null when the network was never heard.")),
            "window": maybe(text("The stretch of time they are for.")),
        },
        example={"window": "lifetime", "metrics": {"impressions": 1200, "likes": 43}},
    ),
}
