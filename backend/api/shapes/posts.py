"""Schedules as they are sent, posts and runs as they are kept."""

from __future__ import annotations

from ...status import PostStatus, RunStatus
from .examples import ASSET_INPUT, CAMPAIGN, HANDLE, POST, POST_INPUT, RUN, SCHEDULE, TENANT
from .schema import (
    NULL,
    Schema,
    answer,
    bag,
    choice,
    either,
    flag,
    link,
    many,
    maybe,
    network,
    plain,
    ref,
    shape,
    text,
    time,
    whole,
)

_SUMMARY = "How many posts there are in each status."

INPUT: dict[str, Schema] = {
    "PostInput": shape(
        "A post as it is planned. Of two names for the same thing the first that holds something counts.",
        {
            "provider": maybe(network("The network; the handle tells it as well.")),
            "account": text("The handle or the id of a connected account."),
            "name": maybe(text("A title, for networks whose posts have one.")),
            "title": maybe(text("The same as name.")),
            "description": maybe(text("The text of the post.")),
            "text": maybe(text("The same as description.")),
            "publish_at": maybe(time("When it goes out. Without an offset it is in the schedule's time zone; left out it is now.")),
            "publishAt": maybe(time("The same as publish_at.")),
            "media_link": maybe(text("The address of one file.")),
            "mediaLink": maybe(text("The same as media_link.")),
            "assets": many(either("A file, or just its address.", ref("AssetInput"), text("Its address.", format="uri")),
                           "The files of the post, in order."),
            "settings": plain("Settings of the network; the account's settings address lists them."),
            "interaction_type": maybe(choice("A post of its own, or an answer to the step before.",
                                             ["post", "reply", "comment"])),
            "parent_step_id": maybe(text("Which step is answered, inside a campaign.")),
        },
        required="account",
        example=POST_INPUT,
    ),
    "CampaignInput": shape(
        "Posts that belong together: for each account a row of steps, one after the other.",
        {
            "id": maybe(text("Your own name for it.")),
            "name": text("What people call it."),
            "targets": many(
                bag(
                    "One account and what goes out there.",
                    {
                        "account": text("The handle or the id of a connected account."),
                        "publish_at": maybe(time("When its first step goes out.")),
                        "steps": many(ref("PostInput"), "Posts in order; each has the target's account by itself."),
                    },
                ),
                "The accounts it goes to.",
            ),
        },
        required="name targets",
        example=CAMPAIGN,
    ),
    "ScheduleEnvelope": shape(
        "A schedule: single posts or campaigns. It may also stand whole inside of schedule.",
        {
            "timezone": text("The zone of times without an offset, such as Europe/Berlin; UTC when left out."),
            "mode": choice("A draft waits until its run is published.", ["scheduled", "draft"]),
            "idempotencyKey": maybe(text("The same key again gives the run that is there instead of a second one.")),
            "posts": many(ref("PostInput"), "Single posts."),
            "campaigns": many(ref("CampaignInput"), "Campaigns; a schedule has these or posts."),
            "schedule": bag("The whole schedule, for clients that wrap it."),
        },
        example=SCHEDULE,
    ),
    "DashboardComposeRequest": shape(
        "One text for one or several accounts, as the composer sends it.",
        {
            "title": maybe(text("A title, for networks whose posts have one.")),
            "text": maybe(text("The text.")),
            "account": maybe(text("The account, when there is only one.")),
            "accountHandle": maybe(text("The same as account.")),
            "targets": many(
                bag(
                    "",
                    {
                        "account": text("The handle or the id of a connected account."),
                        "accountHandle": maybe(text("The same as account.")),
                        "settings": plain("Settings of its network."),
                    },
                ),
                "The accounts, when there are several.",
            ),
            "assets": many(ref("AssetInput"), "The files, in order."),
            "timezone": maybe(text("The zone of publishAt when it has no offset.")),
            "publishAt": maybe(time("When it goes out. Without this and publishNow it is kept as a draft.")),
            "publishNow": flag("True sends it at once, whatever publishAt says."),
            "campaignName": maybe(text("What the posts are called together.")),
        },
        example={"text": "Doors open at nine.", "account": HANDLE, "publishAt": "2026-06-01T09:00:00+02:00"},
    ),
    "DashboardPostUpdateRequest": shape(
        "A post as it shall be from now on. What is left out stays.",
        {
            "title": maybe(text("The new title.")),
            "text": maybe(text("The new text.")),
            "account": text("The account it goes to."),
            "assets": many(ref("AssetInput"), "All its files, in order."),
            "settings": plain("All its settings."),
            "timezone": maybe(text("The zone of publishAt when it has no offset.")),
            "publishAt": time("When it goes out."),
        },
        required="account publishAt",
        example={"account": HANDLE, "text": "Doors open at ten.", "publishAt": "2026-06-01T10:00:00+02:00",
                 "assets": [ASSET_INPUT]},
    ),
}  # fmt: skip

POSTS: dict[str, Schema] = {
    "Post": shape(
        "A post as it is kept: planned, under way, out or failed.",
        {
            "id": text("Stays the same for ever."),
            "runId": maybe(text("The run that made it.")),
            "provider": network("The network it goes to."),
            "account": text("The handle of its account."),
            "accountId": maybe(text("The id of its account.")),
            "status": choice("Where it stands.", list(PostStatus)),
            "name": maybe(text("Its title.")),
            "description": maybe(text("Its text.")),
            "publishAtUtc": maybe(time("When it goes out.")),
            "providerPostId": maybe(text("The network's id of it, once it is out.")),
            "providerUrl": maybe(link("Where people see it.")),
            "error": maybe(text("Why the last try failed, in a sentence.")),
            "attempts": whole("How often it was tried."),
        },
        required="id provider account status",
        example=POST,
    ),
    "PostResponse": answer(
        "One post.", {"post": ref("Post", "As it is now.")}, required="post", example={"post": POST}
    ),
    "PostsResponse": answer(
        "A page of posts.",
        {
            "posts": many(ref("Post"), "The latest publish time first."),
            "total": whole("How many there are with these filters."),
            "limit": whole("How many this page may hold."),
            "offset": whole("How many were left out before it."),
        },
        required="posts",
        example={"posts": [POST], "total": 1, "limit": 100, "offset": 0},
    ),
    "AttemptsResponse": answer(
        "Every try to publish a post.",
        {
            "post": ref("Post", "The post that was tried."),
            "attempts": many(bag("When it was, how it ended, and the network's own words."), "The first try first."),
        },
        example={
            "post": POST,
            "attempts": [
                {"attemptNo": 1, "stage": "failed", "ok": False, "code": "rate_limited", "retryable": True},
            ],
        },
    ),
}

RUNS: dict[str, Schema] = {
    "Run": shape(
        "What one schedule became.",
        {
            "id": text("Stays the same for ever."),
            "status": choice("Where its posts stand together.", list(RunStatus)),
            "mode": maybe(text("scheduled, or draft while it waits for its publication.")),
            "source": maybe(text("What sent the schedule, such as api or compose.")),
            "totalPosts": whole("How many posts it has."),
            "createdAt": maybe(time("When the schedule came in.")),
            "updatedAt": maybe(time("When its status changed last.")),
        },
        required="id status",
        example=RUN,
    ),
    "RunResponse": answer(
        "A run with its posts.",
        {
            "duplicate": flag("True when the idempotency key was known: nothing new was made."),
            "mode": maybe(text("scheduled or draft.")),
            "sourceModel": maybe(text("posts_v1 for single posts, campaigns_v2 for campaigns.")),
            "run": ref("Run", "The run."),
            "posts": many(ref("Post"), "All its posts."),
            "summary": maybe(bag(_SUMMARY)),
        },
        example={"duplicate": False, "mode": "scheduled", "sourceModel": "posts_v1", "run": RUN, "posts": [POST]},
    ),
    "RunStatusResponse": answer(
        "Where a run stands.",
        {
            "run": ref("Run", "The run."),
            "posts": many(ref("Post"), "All its posts."),
            "summary": maybe(bag(_SUMMARY)),
        },
        required="run posts",
        example={"run": RUN, "posts": [POST], "summary": {"scheduled": 1, "total": 1}},
    ),
    "RunTableResponse": answer(
        "A run as a table: one line a post.",
        {
            "run": ref("Run", "The run."),
            "rows": many(bag("Time, account, step, text, status and id of a post."), "In order of time."),
        },
        required="rows",
        example={
            "run": RUN,
            "rows": [
                {"time": POST["publishAtUtc"], "account": HANDLE, "status": "scheduled", "postId": POST["id"]},
            ],
        },
    ),
    "ValidateResponse": answer(
        "A schedule as it would be kept, with every default and time filled in. Nothing was made.",
        {
            "tenantId": text("The workspace it was checked for."),
            "timezone": text("The zone that was used."),
            "mode": text("scheduled or draft."),
            "sourceModel": text("posts_v1 for single posts, campaigns_v2 for campaigns."),
            "totalCampaigns": whole("How many campaigns there are."),
            "totalPosts": whole("How many posts there are, those of campaigns too."),
            "posts": many(ref("PostInput"), "Every post."),
            "campaign": {"description": "Who waits for whom, in campaigns; else null.",
                         "anyOf": [bag(), NULL]},
            "schedule": {"description": "The whole schedule, ready to be applied.", "anyOf": [bag(), NULL]},
        },
        required="tenantId timezone mode totalPosts posts",
        example={
            "tenantId": TENANT["id"],
            "timezone": "Europe/Berlin",
            "mode": "scheduled",
            "sourceModel": "posts_v1",
            "totalCampaigns": 0,
            "totalPosts": 1,
            "posts": [POST_INPUT],
            "campaign": None,
            "schedule": SCHEDULE,
        },
    ),
}  # fmt: skip
