"""Normalisation: what clients write, what becomes of it, and which code says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend import plan_json, planning, plans, times
from backend.errors import AppError
from backend.plans import Plan, PostSpec
from tests.backend.strategies import (
    ACCOUNTS,
    BIRD,
    CHIRP,
    DIRECTORY,
    EXPIRED,
    GAZETTE,
    GONE,
    NOTICE,
    NOW,
    STORED,
    broken_schedules,
    good_flat_posts,
    good_schedules,
    networks,
    stored_media,
    written_times,
    zones,
)


@pytest.fixture(autouse=True, scope="module")
def invented_networks() -> Iterator[None]:
    with networks(CHIRP, GAZETTE, NOTICE):
        yield


def plan(body: object, *, now: datetime = NOW, max_posts: int = 1000) -> Plan:
    return planning.normalise(body, directory=DIRECTORY, media=stored_media, now=now, max_posts=max_posts)


def post(**fields: Any) -> PostSpec:
    """The only post of a flat schedule."""
    return plan({"posts": [{"account": "chirp:@Bird", "description": "Hello", **fields}]}).posts[0]


def refused(body: object, **options: Any) -> AppError:
    with pytest.raises(AppError) as caught:
        plan(body, **options)
    return caught.value


def refused_post(**fields: Any) -> AppError:
    return refused({"posts": [{"account": "chirp:@Bird", "description": "Hello", **fields}]})


def campaign(*steps: Any, **fields: Any) -> dict[str, Any]:
    target = {"account": "chirp:@Bird", "publish_at": "2026-06-01T15:00:00Z", "steps": list(steps)}
    return {"campaigns": [{"name": "Launch", "targets": [target], **fields}]}


def issues(error: AppError) -> list[tuple[int | None, str]]:
    assert error.details is not None
    return [(issue["post"], issue["code"]) for issue in error.details["issues"]]


# --- the envelope -----------------------------------------------------------------------------------------------------

HELLO = {"account": "chirp:@Bird", "description": "Hello"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "schedule_invalid"),
        ("posts", "schedule_invalid"),
        (7, "schedule_invalid"),
        ([], "schedule_items_required"),
        ([HELLO], "schedule_items_required"),
        ({}, "schedule_items_required"),
        ({"schedule": None}, "schedule_items_required"),
        ({"schedule": {}}, "schedule_items_required"),
        ({"posts": {"0": HELLO}}, "schedule_items_required"),
        ({"posts": [], "campaigns": []}, "schedule_items_required"),
        ({"posts": [HELLO], "campaigns": [{}]}, "schedule_shape_conflict"),
        ({"posts": [HELLO], "mode": "live"}, "schedule_mode_invalid"),
        ({"posts": [HELLO], "status": 1}, "schedule_mode_invalid"),
        ({"posts": [HELLO], "timezone": "Mars/Olympus"}, "timezone_invalid"),
        ({"posts": [HELLO], "timezone": 5}, "timezone_invalid"),
        ({"posts": [HELLO], "timezone": "../../etc/passwd"}, "timezone_invalid"),
    ],
)
def test_an_envelope_that_cannot_be_read_is_refused_at_once(body: object, code: str) -> None:
    error = refused(body)
    assert (error.code, error.status, len(issues(error))) == (code, 422, 1)


def test_the_envelope_may_stand_inside_schedule_but_only_once() -> None:
    assert plan({"schedule": {"posts": [HELLO]}}).posts == plan({"posts": [HELLO]}).posts
    assert refused({"schedule": {"schedule": {"posts": [HELLO]}}}).code == "schedule_items_required"


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"posts": []}, None),
        ({"idempotencyKey": " a "}, "a"),
        ({"idempotency_key": "b"}, "b"),
        ({"schedule": {"idempotencyKey": "inner"}}, "inner"),
        ({"schedule": {"idempotencyKey": "inner"}, "idempotency_key": "outer"}, "outer"),
        ({"idempotencyKey": 12}, "12"),
        ({"idempotencyKey": ""}, None),
    ],
)
def test_the_idempotency_key_stands_beside_or_inside_the_envelope(body: object, key: str | None) -> None:
    assert planning.unwrap(body)[1] == key


@pytest.mark.parametrize("place", [{}, {"schedule": {"posts": []}}])
def test_an_idempotency_key_too_long_for_an_index_is_refused(place: dict[str, Any]) -> None:
    longest = "🔑" * 255
    assert planning.unwrap({**place, "idempotencyKey": longest})[1] == longest
    with pytest.raises(AppError) as caught:
        planning.unwrap({**place, "idempotencyKey": longest + "k"})
    assert (caught.value.code, caught.value.status) == ("bad_request", 400)
    assert caught.value.details == {"field": "idempotencyKey", "length": 256, "maxLength": 255}


@pytest.mark.parametrize(
    ("envelope", "mode"),
    [
        ({}, "scheduled"),
        ({"mode": " Draft "}, "draft"),
        ({"status": "DRAFT"}, "draft"),
        ({"mode": "scheduled", "status": "draft"}, "scheduled"),
        ({"mode": None}, "scheduled"),
    ],
)
def test_mode_and_its_alias_status_default_to_scheduled(envelope: dict[str, Any], mode: str) -> None:
    assert plan({"posts": [HELLO], **envelope}).mode == mode


def test_what_says_draft_is_never_scheduled() -> None:
    draft = {**HELLO, "status": "draft"}
    assert plan({"posts": [draft, draft]}).mode == "draft"
    assert plan(campaign({"description": "a"}, mode="draft")).mode == "draft"
    assert plan({"posts": [draft, HELLO], "mode": "draft"}).mode == "draft"
    assert refused({"posts": [draft, HELLO]}).code == "schedule_mode_invalid"
    assert refused({"posts": [draft], "mode": "scheduled"}).code == "schedule_mode_invalid"


@pytest.mark.parametrize("body", [{"posts": [HELLO] * 4}, campaign(*[{"description": "a"}] * 4)])
def test_a_schedule_with_too_many_posts_is_refused_with_the_limit_named(body: object) -> None:
    assert len(plan(body, max_posts=4).posts) == 4
    error = refused(body, max_posts=3)
    assert error.code == "schedule_too_large"
    assert error.details is not None
    assert error.details["maxPosts"] == 3
    assert "3" in error.message


# --- accounts and networks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"account": "chirp:@Bird"},
        {"account": " CHIRP:@BIRD "},
        {"account": "account_bird"},
        {"account": "tweety:@bird"},
        {"account": "chirp:@oldbird"},
        {"account": None, "channel": "chirp:@Bird"},
        {"account": "", "account_id": "account_bird"},
        {"account": None, "accountId": "account_bird"},
        {"account": "@bird", "provider": "chirp"},
        {"account": "77", "provider": "TWEETY"},
        {"account": 77, "provider": "chirp"},
        {"account": "chirp:@Bird", "provider": "Ch"},
        {"account": "chirp:@Bird", "provider": "nobody knows"},
        {"account": "account_bird", "provider": 5},
    ],
)
def test_an_account_is_found_by_everything_clients_call_it(fields: dict[str, Any]) -> None:
    found = post(**fields)
    assert (found.account, found.account_id, found.provider) == (BIRD.handle, BIRD.id, "chirp")
    assert found.account_type == "chirp_user"


def test_an_unknown_account_is_echoed_and_judged_by_its_handle() -> None:
    found = post(account=" gazette:page:9 ", settings={"visibility": "all"})
    assert (found.account, found.account_id, found.account_type) == ("gazette:page:9", None, "gazette_page")


def test_a_special_prefix_tells_the_network_before_the_first_colon_does() -> None:
    assert post(account="chirp:page:9", settings={"visibility": "all"}).provider == "gazette"


def test_the_connected_one_of_two_accounts_with_one_handle_is_meant() -> None:
    old = plans.AccountFacts(
        id="old", provider="chirp", account_type="chirp_user", handle="chirp:@Bird", status="disconnected"
    )
    directory = plans.Directory([old, *ACCOUNTS])
    found = directory.find("chirp:@bird", None)
    assert found is not None
    assert found.id == BIRD.id
    assert directory.by_id("old") == old


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"account": "chirp:@Bird", "provider": "gazette"}, "provider_account_mismatch"),
        ({"account": "account_bird", "provider": "gz"}, "provider_account_mismatch"),
        ({"account": "someone"}, "provider_required"),
        ({"account": "nowhere:@a"}, "provider_required"),
        ({"account": None}, "provider_required"),
        ({"account": ["chirp:@Bird"]}, "provider_required"),
        ({"account": "someone", "provider": "nobody"}, "provider_unsupported"),
        ({"account": "", "provider": "chirp"}, "account_required"),
        ({"account": {}, "provider": "chirp"}, "account_required"),
    ],
)
def test_a_post_that_does_not_say_where_it_goes_is_refused(fields: dict[str, Any], code: str) -> None:
    assert refused_post(**fields).code == code


# --- texts ------------------------------------------------------------------------------------------------------------


def test_name_and_description_win_over_their_aliases_when_not_empty() -> None:
    found = post(name=" ", title=" Title ", description="", text=" Text\n")
    assert (found.name, found.description) == ("Title", "Text")
    found = post(name="Name", title="Title", description="Description", text="Text")
    assert (found.name, found.description) == ("Name", "Description")


def test_the_name_of_a_flat_post_is_published_above_its_description() -> None:
    found = post(name="Name", description="Body")
    assert (found.title, found.text) == ("Name", "Name\n\nBody")
    assert post(name="", description="Body").text == "Body"


def test_a_number_is_a_text_and_anything_else_is_refused() -> None:
    assert post(description=12).description == "12"
    assert refused_post(description=["Hello"]).code == "post_invalid"
    assert refused_post(name=True).code == "post_invalid"


@pytest.mark.parametrize("fields", [{"description": ""}, {"description": " \n"}, {"description": None, "name": ""}])
def test_a_post_without_text_and_media_is_refused(fields: dict[str, Any]) -> None:
    assert refused_post(**fields).code == "post_content_required"
    assert post(**fields, media_link="https://files.example/a.jpg").text == ""


def test_halves_of_characters_and_nul_never_get_as_far_as_a_database() -> None:
    found = post(name="a\0b", description="\ud83d!\ud83d\ude42", settings={"audience": "friends"})
    assert (found.name, found.description) == ("ab", "\ufffd!🙂")


# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "zone", "utc"),
    [
        ("2026-06-01T15:00:00Z", "UTC", "2026-06-01T15:00:00.000Z"),
        ("2026-06-01T15:00:00.123456Z", "UTC", "2026-06-01T15:00:00.123Z"),
        ("2026-06-01T15:00:00.5+02:00", "UTC", "2026-06-01T13:00:00.500Z"),
        ("2026-06-01 15:00-0330", "UTC", "2026-06-01T18:30:00.000Z"),
        ("2026-06-01t15:00:00+14", "UTC", "2026-06-01T01:00:00.000Z"),
        ("2026-06-01", "Asia/Tokyo", "2026-06-01T00:00:00.000Z"),
        (1780326000000, "UTC", "2026-06-01T15:00:00.000Z"),
        (1780326000000.9, "UTC", "2026-06-01T15:00:00.000Z"),
        ("2026-06-01T15:00:00", "America/New_York", "2026-06-01T19:00:00.000Z"),
        ("2026-06-01T15:00", "america/new_york", "2026-06-01T19:00:00.000Z"),
        ("2026-01-01T15:00", "Asia/Kathmandu", "2026-01-01T09:15:00.000Z"),
        ("1999-12-31T23:59:59Z", "UTC", "1999-12-31T23:59:59.000Z"),
    ],
)
def test_a_time_is_read_in_the_zone_it_belongs_to(raw: object, zone: str, utc: str) -> None:
    assert plan_json.post_json(post(publish_at=raw, timezone=zone))["publishAtUtc"] == utc


def test_a_time_that_the_clocks_skip_is_moved_on_and_one_they_show_twice_is_the_first() -> None:
    skipped = post(publish_at="2026-03-29T02:30", timezone="Europe/Berlin")
    assert (skipped.publish_at, skipped.wall_time) == (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "2026-03-29T03:30:00")
    twice = post(publish_at="2026-10-25T02:30", timezone="Europe/Berlin")
    assert (twice.publish_at, twice.wall_time) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-25T02:30:00")


@pytest.mark.parametrize("fields", [{}, {"publish_at": None}, {"publish_at": ""}, {"publishAt": " "}])
def test_a_flat_post_without_a_time_is_due_now(fields: dict[str, Any]) -> None:
    found = post(**fields)
    assert found.publish_at == NOW.replace(microsecond=123000)
    assert not found.publish_at_given


@pytest.mark.parametrize("key", ["publish_at", "publishAt", "scheduled_at", "scheduledAt"])
def test_a_time_has_four_names_and_the_first_that_is_not_empty_counts(key: str) -> None:
    found = post(**{"publish_at": None, key: "2026-06-01T15:00:00Z"})
    assert found.publish_at == datetime(2026, 6, 1, 15, tzinfo=UTC)
    assert found.publish_at_given


@pytest.mark.parametrize(
    "raw",
    [
        True, False, "soon", "2026-02-30", "2026-13-01T00:00Z", "2026-06-01T25:00Z", "2026-06-01T15:00:00+25:00",
        "2026-06-01T15:00:00+02:75", "15:00", "1780326000000", float("nan"), float("inf"), 10**400, -(10**400), 1e20,
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", [], {}, ["2026-06-01"], "２０２６-06-01",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(raw: object) -> None:
    assert refused_post(publish_at=raw).code == "invalid_publish_time"


def test_a_post_has_the_zone_of_its_envelope_unless_it_has_its_own() -> None:
    found = plan({"timezone": " europe/berlin ", "posts": [HELLO, {**HELLO, "timezone": "Asia/Tokyo"}]})
    assert [spec.timezone for spec in found.posts] == ["Europe/Berlin", "Asia/Tokyo"]
    assert refused_post(timezone="Nowhere").code == "timezone_invalid"


@given(raw=written_times, zone=zones)
def test_the_wall_time_is_the_same_moment(raw: object, zone: str) -> None:
    at = times.parse_time(raw, zone)
    again = times.parse_time(times.wall_time(at, zone), zone)
    whole = at.replace(microsecond=0)
    assert again in (whole, whole - timedelta(hours=1), whole - timedelta(minutes=30))


shifts = st.integers(0, 3_000_000_000).map(lambda seconds: times.EPOCH + timedelta(seconds=seconds))


@given(at=shifts, zone=zones, days=st.integers(-400, 400), minutes=st.integers(-3000, 3000))
def test_a_shift_moves_the_clock_on_the_wall_by_days_and_then_by_what_passes(
    at: datetime, zone: str, days: int, minutes: int
) -> None:
    moved = times.shifted(at, zone, days=days, minutes=minutes)
    by_days = moved - timedelta(minutes=minutes)
    if days == 0:
        assert by_days == at
        return
    wall = datetime.fromisoformat(times.wall_time(at, zone)) + timedelta(days=days)
    there = datetime.fromisoformat(times.wall_time(by_days, zone))
    assert there == wall or by_days == times.parse_time(wall.isoformat(), zone), "a time that the clocks skip"


def test_nine_stays_nine_when_the_clocks_change() -> None:
    at = datetime(2026, 10, 24, 7, 0, tzinfo=UTC)
    assert times.shifted(at, "Europe/Berlin", days=1) == datetime(2026, 10, 25, 8, 0, tzinfo=UTC)
    assert times.shifted(at, "Europe/Berlin", minutes=24 * 60) == datetime(2026, 10, 25, 7, 0, tzinfo=UTC)
    skipped = datetime(2027, 3, 27, 1, 30, tzinfo=UTC)
    assert times.shifted(skipped, "Europe/Berlin", days=1) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("days", [-400_000, 4_000_000, 10**9])
def test_a_shift_beyond_the_calendar_is_refused(days: int) -> None:
    with pytest.raises(ValueError, match="too far"):
        times.shifted(datetime(2026, 1, 1, tzinfo=UTC), "Asia/Tokyo", days=days)


# --- interactions and replies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["interaction_type", "interactionType"])
def test_the_interaction_is_post_reply_or_comment_in_any_case(key: str) -> None:
    assert post(**{key: " Reply "}).interaction_type == "reply"
    assert post(**{key: "COMMENT"}).interaction_type == "comment"
    assert post(**{key: None}).interaction_type == "post"
    assert refused_post(**{key: "quote"}).code == "interaction_type_invalid"
    assert refused_post(**{key: 5}).code == "interaction_type_invalid"


@pytest.mark.parametrize("key", ["reply_to_step_id", "replyToStepId", "parent_step_id", "parentStepId"])
def test_a_flat_reply_answers_a_post_of_the_same_schedule(key: str) -> None:
    reply = {**HELLO, "interaction_type": "reply", key: " post_1 "}
    found = plan({"posts": [HELLO, reply]}).posts[1]
    assert (found.parent_step_id, found.parent_index) == ("post_1", 0)


def test_a_flat_post_keeps_its_parent_but_is_no_reply() -> None:
    found = post(reply_to_step_id="elsewhere")
    assert (found.parent_step_id, found.parent_index) == ("elsewhere", None)


@pytest.mark.parametrize(
    "posts",
    [
        [{**HELLO, "interaction_type": "reply", "reply_to_step_id": "post_9"}],
        [{**HELLO, "interaction_type": "reply", "reply_to_step_id": "post_1"}],
        [
            {**HELLO, "interaction_type": "reply", "reply_to_step_id": "post_2"},
            {**HELLO, "interaction_type": "reply", "reply_to_step_id": "post_1"},
        ],
        [HELLO, {**HELLO, "account": "chirp:@crow", "interaction_type": "reply", "reply_to_step_id": "post_1"}],
    ],
    ids=["unknown step", "itself", "circle", "another account"],
)
def test_a_reply_that_cannot_have_its_parent_is_refused(posts: list[dict[str, Any]]) -> None:
    assert refused({"posts": posts}).code == "reply_parent_invalid"


def test_only_the_replies_in_a_circle_are_blamed_for_it() -> None:
    def answer(parent: int) -> dict[str, Any]:
        return {**HELLO, "interaction_type": "reply", "reply_to_step_id": f"post_{parent}"}

    error = refused({"posts": [answer(2), answer(3), answer(2)]})
    assert issues(error) == [(1, "reply_parent_invalid"), (2, "reply_parent_invalid")]


def test_a_step_id_that_several_targets_use_means_the_one_of_the_same_target() -> None:
    steps = [{"id": "a", "description": "1"}, {"description": "2", "interaction_type": "reply"}]
    target = {"account": "chirp:@Bird", "publish_at": "2026-06-01", "steps": steps}
    found = plan({"campaigns": [{"targets": [target, target]}, {"targets": [target]}]})
    assert [spec.parent_index for spec in found.posts] == [None, 0, None, 2, None, 4]


# --- media ------------------------------------------------------------------------------------------------------------

A, B = "https://files.example/a.jpg", "https://files.example/b.mp4"


@pytest.mark.parametrize(
    "fields",
    [
        {"media_link": f" {A} "},
        {"mediaLink": A},
        {"assets": [A]},
        {"assets": [{"url": A}]},
        {"assets": [{"media_link": A, "kind": None, "size": None}]},
        {"assets": [{"url": "", "mediaLink": A}]},
        {"assets": [f"{A}#top"], "media_link": A},
        {"assets": [], "media_link": A},
        {"assets": "junk", "media_link": A},
    ],
)
def test_one_file_can_be_named_in_many_ways(fields: dict[str, Any]) -> None:
    found = post(**fields)
    assert [plan_json.asset_json(asset) for asset in found.assets] == [
        {
            "id": "asset_1", "url": A, "managed": False, "originalFilename": None, "mime": "image/jpeg", "kind": "image",
            "size": None, "duration": None, "width": None, "height": None, "altText": None,
        }
    ]  # fmt: skip
    assert found.media_link == A


def test_everything_said_about_a_file_is_kept() -> None:
    said = {
        "id": " one ", "url": "https://files.example/d", "managed": 1, "originalFilename": " d.png ", "kind": "IMAGE",
        "mime": "Image/PNG; q=1", "size": "12", "duration": 1.5, "width": 3, "height": 4.0, "altText": " A hill ",
    }  # fmt: skip
    assert plan_json.asset_json(post(assets=[said]).assets[0]) == {
        "id": "one", "url": "https://files.example/d", "managed": True, "originalFilename": "d.png", "kind": "image",
        "mime": "image/png", "size": 12, "duration": 1.5, "width": 3, "height": 4, "altText": "A hill",
    }  # fmt: skip


@pytest.mark.parametrize("size", [None, "big", -1, True, float("nan"), 1e300, []])
def test_a_size_that_is_none_is_unknown(size: object) -> None:
    assert post(assets=[{"url": A, "size": size}]).assets[0].size is None


@pytest.mark.parametrize("pixels", [2**31, 3e9, "4000000000"])
def test_a_picture_wider_than_a_column_of_the_database_has_an_unknown_width(pixels: object) -> None:
    widest, asset = 2**31 - 1, {"url": A, "size": 2**31}
    assert post(assets=[{**asset, "width": widest, "height": widest}]).assets[0].width == widest
    found = post(assets=[{**asset, "width": pixels, "height": pixels}]).assets[0]
    assert (found.width, found.height, found.size) == (None, None, 2**31)


@pytest.mark.parametrize(
    ("url", "said", "kind", "extension"),
    [
        ("https://f.example/a.JPEG", None, "image", "jpeg"),
        ("https://f.example/a.webp?b=c.mp4", None, "image", "webp"),
        ("https://f.example/a.m4v#x.jpg", None, "video", "m4v"),
        ("https://f.example/a.jpg", "video", "video", "jpg"),
        ("https://f.example/a.jpg", "audio", "image", "jpg"),
        ("https://f.example/a.gif", None, "other", "gif"),
        ("https://f.example/a.gif", "image", "image", "gif"),
        ("https://f.example/a", "image", "image", ""),
        ("https://f.example", None, "other", ""),
        ("https://f.example/v1.2/a", None, "other", ""),
        ("https://f.example/a.mp3", "audio", "audio", "mp3"),
        ("https://f.example/a.mp3", "sculpture", "other", "mp3"),
    ],
)
def test_the_kind_of_a_file_is_what_is_said_or_what_its_address_ends_in(
    url: str, said: str | None, kind: str, extension: str
) -> None:
    asset = post(assets=[{"url": url, "kind": said}]).assets[0]
    assert (asset.kind, asset.extension) == (kind, extension)


@pytest.mark.parametrize("entry", [STORED, f"{STORED}#t=1", {"url": STORED, "kind": "image"}, {"id": "asset_stored"}])
def test_what_we_measured_of_our_own_file_counts(entry: object) -> None:
    asset = post(assets=[entry]).assets[0]
    assert (asset.url, asset.managed, asset.asset_id) == (STORED, True, "asset_stored")
    assert (asset.kind, asset.extension, asset.mime, asset.size) == ("video", "mp4", "video/mp4", 5000)


def test_a_post_describes_our_file_in_its_own_words() -> None:
    assert post(assets=[STORED]).assets[0].alt_text == "A film"
    assert post(assets=[{"url": STORED, "altText": "Rain"}]).assets[0].alt_text == "Rain"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"assets": [""]}, "asset_url_required"),
        ({"assets": [{}]}, "asset_url_required"),
        ({"assets": [{"url": 5}]}, "asset_url_required"),
        ({"assets": [{"id": "asset_unknown"}]}, "asset_url_required"),
        ({"assets": [None]}, "asset_invalid"),
        ({"assets": [7]}, "asset_invalid"),
        ({"assets": [[A]]}, "asset_invalid"),
        ({"assets": ["javascript:alert(1)"]}, "asset_invalid"),
        ({"assets": ["file:///etc/passwd"]}, "asset_invalid"),
        ({"assets": ["a.jpg"]}, "asset_invalid"),
        ({"assets": ["http://["]}, "asset_invalid"),
        ({"assets": ["https://files.example:port/a.jpg"]}, "asset_invalid"),
        ({"assets": ["https://files.example:99999/a.jpg"]}, "asset_invalid"),
        ({"media_link": ["x"]}, "asset_invalid"),
        ({"media_link": B, "assets": [A, B]}, "asset_media_conflict"),
    ],
)
def test_a_file_that_cannot_be_found_is_refused(fields: dict[str, Any], code: str) -> None:
    assert refused_post(**fields).code == code


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [None, {}, "", 0, False, [], {"audience": None}])
def test_settings_that_say_nothing_become_the_defaults(raw: object) -> None:
    assert post(settings=raw).settings == {"audience": "", "quiet": False}


def test_effective_settings_replace_what_was_given() -> None:
    found = post(settings={"audience": "friends"})
    assert found.settings == {"audience": "friends", "quiet": False}
    assert found.raw_settings == {"audience": "friends"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"settings": "friends"}, "post_settings_invalid"),
        ({"settings": [1]}, "post_settings_invalid"),
        ({"settings": {"audience": float("inf")}}, "post_settings_invalid"),
        ({"settings": {"volume": 3}}, "chirp_settings_unsupported"),
        ({"settings": {"audience": "enemies"}}, "chirp_audience_invalid"),
        ({"account": "gazette:page:1"}, "gazette_visibility_required"),
        ({"account": "notice:town", "settings": {"a": 1}}, "notice_settings_unsupported"),
        ({"account": "gazette:reader:1", "settings": {"a": 1}}, "publish_settings_unsupported"),
    ],
)
def test_settings_the_account_does_not_take_are_refused(fields: dict[str, Any], code: str) -> None:
    assert refused_post(**fields).code == code


def test_an_account_without_settings_overlooks_null_ones() -> None:
    assert post(account="notice:town", settings={"a": None}).settings == {}


# --- the order of codes, and all of them ------------------------------------------------------------------------------


def test_the_order_inside_a_post_decides_which_code_is_reported() -> None:
    wrong: dict[str, Any] = {
        "provider": "gazette",
        "publish_at": "soon",
        "interaction_type": "quote",
        "assets": [None],
        "settings": 5,
        "description": "",
    }
    expected = [
        ("provider", "provider_account_mismatch"),
        ("publish_at", "invalid_publish_time"),
        ("interaction_type", "interaction_type_invalid"),
        ("assets", "asset_invalid"),
        ("settings", "post_settings_invalid"),
        ("description", "post_content_required"),
    ]
    for key, code in expected:
        assert refused_post(**wrong).code == code
        del wrong[key]
    assert post(**wrong).text == "Hello"


def test_every_issue_of_every_post_is_listed_with_its_place() -> None:
    error = refused(
        {"posts": [HELLO, {**HELLO, "publish_at": "soon", "settings": {"volume": 1}}, None, {"account": "nowhere"}]}
    )
    assert (error.code, error.status) == ("invalid_publish_time", 422)
    assert issues(error) == [
        (1, "invalid_publish_time"),
        (1, "chirp_settings_unsupported"),
        (2, "post_invalid"),
        (3, "provider_required"),
        (3, "post_content_required"),
    ]
    assert error.details is not None
    assert [issue["path"] for issue in error.details["issues"]] == ["posts.1", "posts.1", "posts.2"] + ["posts.3"] * 2
    assert [issue["field"] for issue in error.details["issues"]][:2] == ["publishAt", "settings.volume"]
    assert all(issue["message"].endswith(".") for issue in error.details["issues"])


def test_the_details_of_the_first_issue_stand_beside_the_list() -> None:
    error = refused_post(settings={"volume": 1})
    assert error.details is not None
    assert error.details["allowedKeys"] == ["audience", "quiet"]


# --- flat posts -------------------------------------------------------------------------------------------------------


def test_flat_posts_are_numbered_and_belong_to_no_campaign() -> None:
    found = plan({"posts": [HELLO, HELLO]})
    assert (found.source_model, found.total_campaigns) == ("posts_v1", 0)
    assert [(spec.step_id, spec.step_index, spec.target_index) for spec in found.posts] == [
        ("post_1", 0, 0),
        ("post_2", 0, 1),
    ]
    shown = plan_json.post_json(found.posts[1])
    assert (shown["campaignId"], shown["campaignName"]) == (None, None)
    assert "sequencePosition" not in shown


def test_posts_of_accounts_that_are_not_connected_can_be_planned() -> None:
    body = {"posts": [{**HELLO, "account": account.handle} for account in (GONE, EXPIRED)]}
    assert [spec.account_id for spec in plan(body).posts] == [GONE.id, EXPIRED.id]


# --- campaigns --------------------------------------------------------------------------------------------------------


def test_the_steps_of_a_campaign_follow_each_other_in_time_and_in_reply() -> None:
    found = plan(
        campaign(
            {"description": "a"},
            {"description": "b", "interaction_type": "reply", "delay_minutes": 5},
            {"id": "custom", "description": "c", "interaction_type": "reply", "delay_seconds": "1.5"},
            {"description": "d", "publish_at": "2026-06-01T14:00:00Z"},
        )
    )
    shown = [plan_json.post_json(spec) for spec in found.posts]
    assert [entry["publishAtUtc"][11:] for entry in shown] == [
        "15:00:00.000Z",
        "15:05:00.000Z",
        "15:05:01.500Z",
        "14:00:00.000Z",
    ]
    assert [entry["parentStepId"] for entry in shown] == [
        None,
        "campaign_1_target_1_step_1",
        "campaign_1_target_1_step_2",
        None,
    ]
    assert [entry["stepId"] for entry in shown][1:] == [
        "campaign_1_target_1_step_2",
        "custom",
        "campaign_1_target_1_step_4",
    ]
    assert [entry["stepDelayMs"] for entry in shown] == [0, 300_000, 1500, -3_901_500]
    assert [entry["name"] for entry in shown] == [f"Launch Step {number}" for number in range(1, 5)]
    assert [entry["sequencePosition"] for entry in shown] == [1, 2, 3, 4]
    assert [spec.title for spec in found.posts] == [""] * 4
    assert (found.source_model, found.total_campaigns) == ("campaigns_v2", 1)


def test_the_generated_name_is_not_published_even_when_it_is_written_out() -> None:
    first, second = plan(campaign({"name": "Launch Step 1", "text": "a"}, {"name": "Two", "text": "b"})).posts
    assert (first.title, first.text) == ("", "a")
    assert (second.title, second.text) == ("Two", "Two\n\nb")


def test_an_empty_campaign_step_is_refused_although_it_has_a_generated_name() -> None:
    assert refused(campaign({})).code == "post_content_required"
    assert plan(campaign({"media_link": A})).posts[0].text == ""


@pytest.mark.parametrize(
    ("fields", "id", "name"),
    [
        ({"name": None}, "campaign_1", "campaign_1"),
        ({"name": "", "title": "Title"}, "campaign_1", "Title"),
        ({"name": " Name ", "title": "Title", "id": " c "}, "c", "Name"),
        ({"name": None, "id": 7}, "7", "7"),
    ],
)
def test_a_campaign_is_named_by_name_title_or_id(fields: dict[str, Any], id: str, name: str) -> None:
    summary = plan(campaign({"text": "a"}, **fields)).campaigns[0]
    assert (summary.id, summary.name) == (id, name)


def test_a_summary_keeps_the_account_of_each_target() -> None:
    steps = [{"text": "a"}, {"text": "b"}]
    targets = [
        {"account": account, "publish_at": "2026-06-01", "steps": steps}
        for account in ("chirp:@Bird", "chirp:@crow", "account_bird")
    ]
    summary = plan({"campaigns": [{"targets": targets}]}).campaigns[0]
    assert (summary.target_count, summary.post_count) == (3, 6)
    assert summary.accounts == ("chirp:@Bird", "chirp:@crow", "chirp:@Bird")


def test_the_zone_of_a_step_is_that_of_its_target_campaign_or_envelope() -> None:
    step = {"text": "a", "timezone": "Asia/Tokyo", "publish_at": "2026-06-01T12:00"}
    targets: list[dict[str, Any]] = [{"account": "chirp:@Bird", "steps": [step]}]
    body: dict[str, Any] = {"timezone": "Europe/Berlin", "campaigns": [{"targets": targets}]}
    assert [(spec.timezone, spec.publish_at.hour) for spec in plan(body).posts] == [("Europe/Berlin", 10)]
    body["campaigns"][0]["timezone"] = "America/New_York"
    assert [spec.timezone for spec in plan(body).posts] == ["America/New_York"]
    targets[0]["timezone"] = "Asia/Kathmandu"
    assert [spec.timezone for spec in plan(body).posts] == ["Asia/Kathmandu"]
    targets[0]["timezone"] = "Nowhere"
    assert refused(body).code == "timezone_invalid"


def test_the_first_step_takes_the_time_of_its_target_or_campaign() -> None:
    body = campaign({"text": "a"}, publish_at="2026-07-01")
    assert plan(body).posts[0].publish_at.month == 6
    body["campaigns"][0]["targets"][0]["publish_at"] = None
    assert plan(body).posts[0].publish_at.month == 7


@pytest.mark.parametrize(
    ("delay", "milliseconds"),
    [
        ({}, 0),
        ({"delay_ms": 1.9}, 1),
        ({"delayMs": "7"}, 7),
        ({"delay_seconds": 2}, 2000),
        ({"delaySeconds": 0.5}, 500),
        ({"delayMinutes": "1"}, 60_000),
        ({"delay_ms": "", "delay_minutes": 1}, 60_000),
        ({"delay_ms": 0, "delay_minutes": 1}, 0),
        ({"publish_at": "2026-06-01T15:00:00.250Z", "delay_ms": "junk"}, 250),
    ],
)
def test_a_delay_counts_from_the_step_before(delay: dict[str, Any], milliseconds: int) -> None:
    found = plan(campaign({"text": "a"}, {"text": "b", **delay})).posts
    assert found[1].step_delay_ms == milliseconds
    assert found[1].publish_at - found[0].publish_at == timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize("delay", [-1, "soon", True, [], float("nan"), float("inf"), 1e30, 10**400, 1e14])
def test_a_delay_that_is_none_is_refused(delay: object) -> None:
    assert refused(campaign({"text": "a"}, {"text": "b", "delay_minutes": delay})).code == "invalid_step_delay"


def test_a_step_inherits_network_and_interaction_from_around_it() -> None:
    body = {
        "campaigns": [
            {
                "provider": "tweety",
                "targets": [
                    {
                        "account": "@bird",
                        "interaction_type": "reply",
                        "publish_at": "2026-06-01",
                        "steps": [{"text": "a", "interaction_type": "post"}, {"text": "b"}],
                    }
                ],
            }
        ]
    }
    found = plan(body).posts
    assert [(spec.provider, spec.account_id, spec.interaction_type) for spec in found] == [
        ("chirp", BIRD.id, "post"),
        ("chirp", BIRD.id, "reply"),
    ]


def test_a_step_that_posts_has_no_parent_and_a_reply_may_choose_another() -> None:
    steps = [
        {"id": "a", "text": "a", "reply_to_step_id": "b"},
        {"id": "b", "text": "b"},
        {"text": "c", "interaction_type": "reply", "parentStepId": "a"},
    ]
    assert [spec.parent_step_id for spec in plan(campaign(*steps)).posts] == [None, None, "a"]


@pytest.mark.parametrize(
    ("campaigns", "codes"),
    [
        ([None], ["campaign_invalid"]),
        ([{}], ["campaign_targets_required"]),
        ([{"targets": [3]}], ["campaign_target_invalid"]),
        ([{"targets": [{"steps": [{}]}]}], ["campaign_target_account_required"]),
        ([{"targets": [{"account": " "}]}], ["campaign_target_account_required", "campaign_steps_required"]),
        ([{"targets": [{"account": "chirp:@Bird"}]}], ["campaign_steps_required"]),
        ([{"targets": [{"account": "chirp:@Bird", "steps": ["a"]}]}], ["campaign_step_invalid"]),
        (
            [{"targets": [{"account": "chirp:@Bird", "steps": [{"text": "a"}, {"text": "b"}]}]}],
            ["campaign_publish_time_required"],
        ),
        (
            [{"targets": [{"account": "chirp:@Bird", "publish_at": "soon", "steps": [{"text": "a"}, {"text": "b"}]}]}],
            ["invalid_publish_time"],
        ),
        (
            [{"targets": [{"account": "chirp:@Bird", "publish_at": False, "steps": [{"text": "a"}]}]}],
            ["invalid_publish_time"],
        ),
    ],
)
def test_a_campaign_with_a_hole_is_refused(campaigns: list[Any], codes: list[str]) -> None:
    error = refused({"campaigns": campaigns})
    assert [code for _, code in issues(error)] == codes
    assert error.code == codes[0]


def test_issues_of_campaigns_are_listed_in_the_order_of_the_document() -> None:
    good = {"account": "chirp:@Bird", "publish_at": "2026-06-01", "steps": [{"text": "a"}]}
    bad = {**good, "steps": [{"text": "a", "interaction_type": "quote"}]}
    error = refused({"campaigns": [{"targets": [good, bad, None]}, 5, {"targets": [bad]}]})
    assert issues(error) == [
        (1, "interaction_type_invalid"),
        (None, "campaign_target_invalid"),
        (None, "campaign_invalid"),
        (2, "interaction_type_invalid"),
    ]
    assert error.details is not None
    assert error.details["issues"][0]["path"] == "campaigns.0.targets.1.steps.0"
    assert error.details["issues"][3]["path"] == "campaigns.2.targets.0.steps.0"


# --- for all documents ------------------------------------------------------------------------------------------------

ALIASES = {
    "account": ("channel", "account_id", "accountId"),
    "description": ("text",),
    "name": ("title",),
    "publish_at": ("publishAt", "scheduled_at", "scheduledAt"),
}


@settings(max_examples=60)
@given(item=good_flat_posts, data=st.data(), zone=zones)
def test_a_post_is_the_same_whatever_names_its_keys_have(item: dict[str, Any], data: st.DataObject, zone: str) -> None:
    renamed = {data.draw(st.sampled_from((key, *ALIASES.get(key, ())))): value for key, value in item.items()}
    envelope = {"timezone": zone, "posts": [item]}
    wrapped = {"schedule": {"timezone": zone.lower(), "posts": [renamed]}}
    assert plan(wrapped) == plan(envelope)


@settings(max_examples=100)
@given(body=good_schedules)
def test_what_is_answered_means_the_same_when_it_is_sent_again(body: dict[str, Any]) -> None:
    first = plan(body)
    again = plan(plan_json.normalised_envelope(first), now=NOW + timedelta(days=1))
    assert [plan_json.post_json(spec) for spec in again.posts] == [plan_json.post_json(spec) for spec in first.posts]
    assert [spec.text for spec in again.posts] == [spec.text for spec in first.posts]
    assert [spec.parent_index for spec in again.posts] == [spec.parent_index for spec in first.posts]
    assert (again.mode, again.timezone, again.campaigns) == (first.mode, first.timezone, first.campaigns)


@settings(max_examples=200)
@given(body=broken_schedules)
def test_no_document_does_worse_than_be_refused(body: object) -> None:
    answer = answered(body)
    assert orjson.loads(orjson.dumps(answer)) is not None
    assert "message" not in answer or answer["message"].endswith(".")


def answered(body: object) -> dict[str, Any]:
    try:
        return plan_json.normalised_envelope(plan(body))
    except AppError as error:
        return {"status": error.status, "message": error.message, "details": error.details}


def test_a_bottomless_document_is_refused() -> None:
    deep: dict[str, Any] = {}
    deep["posts"] = [deep]
    assert refused(deep).code == "schedule_invalid"
