"""The sandbox over real loopback connections: its rules, its planted trouble, and what its pages show."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from PIL import Image

from providers import discord, telegram
from providers.contract import FlowError, Job, JobAccount, JobAsset, Kind, Provider, PublishedPost
from socialclaw_app.sandbox import SandboxThread, core, credentials, environment, networks
from socialclaw_app.sandbox.core import Bucket, State
from socialclaw_app.sandbox.discord import ANNOUNCEMENTS, sandbox_token
from socialclaw_app.sandbox.telegram import NUMBERED, TOKEN
from tests.servers.driver import Driver
from tests.specs import OpenApi, load
from tests.specs.telegram import answer_errors

BOT = f"/telegram/bot{TOKEN}"
HOOK = f"/discord/api/v10/webhooks/{ANNOUNCEMENTS}/{sandbox_token(ANNOUNCEMENTS)}"
DISCORD = OpenApi(load("discord/openapi.trimmed.json"))
NEWS = -1001000000001


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **units: float) -> None:
        self.now += timedelta(**units)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def running(clock: Clock) -> Iterator[SandboxThread]:
    with SandboxThread(now=clock) as sandbox:
        yield sandbox


@pytest.fixture
def client(running: SandboxThread) -> Iterator[httpx2.Client]:
    agent = {"User-Agent": "DiscordBot (https://example.com, 1.0)"}
    with httpx2.Client(base_url=running.url, headers=agent, timeout=20) as client:
        client.delete("/_").raise_for_status()
        yield client


def send(client: httpx2.Client, text: str = "Hello", chat: Any = "@sandbox_news", **more: Any) -> httpx2.Response:
    return client.post(f"{BOT}/sendMessage", json={"chat_id": chat, "text": text, **more})


def execute(client: httpx2.Client, content: str = "Hello", **more: Any) -> httpx2.Response:
    return client.post(HOOK, params={"wait": "true"}, json={"content": content, **more})


def received(client: httpx2.Client, network: str = "telegram") -> list[dict[str, Any]]:
    return client.get(f"/_/{network}/received").json()


def picture(width: int = 40, height: int = 30) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, "PNG")
    return written.getvalue()


FILM = b"\x00\x00\x00\x18ftypmp42" + b"film" * 100


# --- what every network has ------------------------------------------------------------------------------------------


def test_each_network_tells_the_variables_that_point_at_it() -> None:
    told = environment("http://127.0.0.1:8799/")

    assert told["SOCIALCLAW_TELEGRAM_API_URL"] == "http://127.0.0.1:8799/telegram"
    assert told["SOCIALCLAW_DISCORD_API_URL"] == "http://127.0.0.1:8799/discord/api/v10"


def test_the_sandbox_tells_how_to_connect_to_it(client: httpx2.Client, running: SandboxThread) -> None:
    told = client.get("/_").json()

    assert told["environment"] == environment(running.url)
    assert {network["id"] for network in told["networks"]} == set(networks())
    assert credentials("discord", running.url)["webhookUrl"][0] == running.url + HOOK


def test_what_the_audience_sees_is_listed_with_the_moment_it_arrived(client: httpx2.Client, clock: Clock) -> None:
    send(client, "Hello")

    (post,) = received(client)

    assert post["at"] == clock.now.isoformat(timespec="microseconds")
    assert (post["id"], post["account"], post["chat"]) == ("1", str(NEWS), "@sandbox_news")
    assert (post["text"], post["media"], post["deleted"]) == ("Hello", [], False)


def test_calls_are_listed_without_their_tokens(client: httpx2.Client) -> None:
    client.get(f"{BOT}/getMe")
    client.get(HOOK)

    (asked,) = client.get("/_/telegram/calls").json()
    (hooked,) = client.get("/_/discord/calls").json()

    assert (asked["method"], asked["path"]) == ("GET", "/bot110201543/getMe")
    assert hooked["path"] == f"/api/v10/webhooks/{ANNOUNCEMENTS}/…"


def test_a_reset_forgets_everything(client: httpx2.Client) -> None:
    send(client)
    client.put("/_/telegram/fault", json={"kind": "server_error", "times": 9})
    client.put("/_/telegram/latency", json={"seconds": 5})
    client.put("/_/telegram/limits", json={"enabled": False})

    assert client.delete("/_").status_code == 204

    assert (received(client), client.get("/_/telegram/calls").json()) == ([], [])
    assert send(client).json()["result"]["message_id"] == 1


def test_one_network_can_be_reset_alone(client: httpx2.Client) -> None:
    send(client)
    execute(client)

    assert client.delete("/_/telegram").status_code == 204

    assert (len(received(client)), len(received(client, "discord"))) == (0, 1)


# --- faults ----------------------------------------------------------------------------------------------------------


def test_dropping_before_closes_the_connection_and_nothing_happened(client: httpx2.Client) -> None:
    client.put("/_/telegram/fault", json={"kind": "drop_before"})

    with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
        send(client)

    assert received(client) == []
    assert len(client.get("/_/telegram/calls").json()) == 1


def test_dropping_after_closes_the_connection_and_the_post_is_there(client: httpx2.Client) -> None:
    client.put("/_/telegram/fault", json={"kind": "drop_after"})

    with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
        send(client, "Kept")

    assert [post["text"] for post in received(client)] == ["Kept"]


@pytest.mark.parametrize(("kind", "kept"), [("drop_before", 0), ("drop_after", 1)])
def test_an_upload_is_dropped_as_well(client: httpx2.Client, kind: str, kept: int) -> None:
    client.put("/_/discord/fault", json={"kind": kind})

    with pytest.raises(httpx2.TransportError):
        client.post(HOOK, files={"files[0]": ("film.mp4", FILM * 5000, "video/mp4")})

    assert len(received(client, "discord")) == kept


@pytest.mark.parametrize(
    ("kind", "telegram_status", "discord_status"),
    [("server_error", 500, 500), ("rate_limited", 429, 429), ("unauthorized", 401, 401), ("refused", 400, 403)],
)
def test_planted_refusals_look_like_the_networks_own(
    client: httpx2.Client, kind: str, telegram_status: int, discord_status: int
) -> None:
    for network in ("telegram", "discord"):
        client.put(f"/_/{network}/fault", json={"kind": kind, "seconds": 3})

    told, refused = send(client), execute(client)

    assert (told.status_code, refused.status_code) == (telegram_status, discord_status)
    assert told.json()["error_code"] == telegram_status
    assert discord_status == 500 or not DISCORD.answer_errors(
        "POST", HOOK.removeprefix("/discord/api/v10"), discord_status, refused.json()
    )
    if kind == "rate_limited":
        assert told.json()["parameters"] == {"retry_after": 3}
        assert refused.json()["retry_after"] == 3
    assert (received(client), received(client, "discord")) == ([], [])


def test_an_error_can_be_answered_although_the_post_is_there(client: httpx2.Client) -> None:
    client.put("/_/telegram/fault", json={"kind": "server_error", "after": True})

    assert send(client).status_code == 500
    assert len(received(client)) == 1


def test_faults_end_after_their_times_and_follow_one_another(client: httpx2.Client) -> None:
    client.put("/_/telegram/fault", json={"kind": "server_error", "times": 2})
    client.put("/_/telegram/fault", json={"kind": "unauthorized"})

    assert [send(client).status_code for _ in range(4)] == [500, 500, 401, 200]


def test_faults_wait_for_the_call_they_are_meant_for(client: httpx2.Client) -> None:
    client.put("/_/telegram/fault", json=[{"kind": "server_error", "match": "sendMessage", "method": "post"}])

    assert client.post(f"{BOT}/getMe").status_code == 200
    assert client.get(f"{BOT}/sendMessage", params={"chat_id": NEWS, "text": "x"}).status_code == 200
    assert send(client).status_code == 500


def test_waiting_faults_can_be_taken_back(client: httpx2.Client) -> None:
    client.put("/_/telegram/fault", json={"kind": "server_error", "times": 5})

    client.delete("/_/telegram/fault")

    assert send(client).status_code == 200


def test_telegram_can_fail_to_process_a_file(client: httpx2.Client) -> None:
    client.put("/_/telegram/fault", json={"kind": "processing_failed", "match": "sendPhoto"})

    answer = client.post(f"{BOT}/sendPhoto", data={"chat_id": NEWS}, files={"photo": ("a.png", picture())})

    assert answer.json()["description"] == "Bad Request: IMAGE_PROCESS_FAILED"
    assert received(client) == []


@pytest.mark.parametrize("fault", [{"kind": "gremlins"}, {"kind": "slow", "minutes": 1}, {}, "slow", None])
def test_an_unknown_fault_is_refused(client: httpx2.Client, fault: Any) -> None:
    assert client.put("/_/telegram/fault", json=fault).status_code == 422


def test_a_slow_answer_comes_late_but_the_post_is_there_at_once(client: httpx2.Client) -> None:
    client.put("/_/telegram/fault", json={"kind": "slow", "seconds": 0.3})
    began = time.monotonic()

    assert send(client).status_code == 200

    assert time.monotonic() - began >= 0.3
    assert len(received(client)) == 1


def test_latency_holds_every_call_and_several_at_a_time(client: httpx2.Client) -> None:
    client.put("/_/telegram/latency", json={"seconds": 0.5})
    began = time.monotonic()

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda number: send(client, chat=f"@chat_{number}"), range(5)))

    assert [answer.status_code for answer in answers] == [200] * 5
    assert 0.5 <= time.monotonic() - began < 2.4


@pytest.mark.parametrize("seconds", [-1, "1", True, None, 601])
def test_a_latency_that_is_no_number_of_seconds_is_refused(client: httpx2.Client, seconds: Any) -> None:
    assert client.put("/_/telegram/latency", json={"seconds": seconds}).status_code == 422


# --- Telegram --------------------------------------------------------------------------------------------------------

SEEDS = ("@sandbox_news", "-1001000000003", "@sandbox_readonly", "@sandbox_muted", "500000001", "@chat_7")


@pytest.mark.parametrize("chat", SEEDS)
def test_telegrams_answers_have_the_official_shapes(client: httpx2.Client, chat: str) -> None:
    bot = client.get(f"{BOT}/getMe").json()["result"]
    told = client.get(f"{BOT}/getChat", params={"chat_id": chat}).json()["result"]
    member = client.get(f"{BOT}/getChatMember", params={"chat_id": chat, "user_id": bot["id"]}).json()["result"]

    assert answer_errors("getMe", bot) == []
    assert answer_errors("getChat", told) == []
    assert answer_errors("getChatMember", member) == []


def test_telegrams_messages_have_the_official_shapes(client: httpx2.Client) -> None:
    text = send(client, "<b>Hi</b>", parse_mode="HTML", protect_content=True).json()["result"]
    fields = {"chat_id": "-1001000000003", "caption": "A <i>view</i>", "parse_mode": "HTML"}
    photo = client.post(f"{BOT}/sendPhoto", data=fields, files={"photo": ("a.png", picture())}).json()["result"]
    film = client.post(
        f"{BOT}/sendVideo", data={"chat_id": NEWS, "width": 4, "height": 3}, files={"video": ("a.mp4", FILM)}
    ).json()["result"]
    other = client.post(f"{BOT}/sendVideo", data={"chat_id": NEWS}, files={"video": ("a.avi", b"RIFF")}).json()[
        "result"
    ]

    assert [answer_errors("sendMessage", message) for message in (text, photo, film, other)] == [[], [], [], []]
    assert photo["photo"][0]["width"] == 40
    assert photo["caption_entities"] == [{"type": "italic", "offset": 2, "length": 4}]
    assert (film["video"]["width"], other["document"]["file_name"]) == (4, "a.avi")


@pytest.mark.parametrize(
    ("token", "status"),
    [("123456789:AAExample_of_a_token_with_35_letters", 401), ("nonsense", 404), (TOKEN, 200)],
)
def test_telegram_knows_its_tokens(client: httpx2.Client, token: str, status: int) -> None:
    assert client.get(f"/telegram/bot{token}/getMe").status_code == status


@pytest.mark.parametrize(
    ("chat", "status", "said"),
    [
        ("@nobody_here", 400, "chat not found"),
        ("12", 400, "chat not found"),
        ("", 400, "chat_id is empty"),
        ("@sandbox_readonly", 400, "need administrator rights in the channel chat"),
        ("@sandbox_strangers", 403, "bot is not a member of the channel chat"),
        ("@sandbox_muted", 400, "not enough rights to send text messages to the chat"),
    ],
)
def test_telegram_refuses_chats_where_the_bot_may_not_write(
    client: httpx2.Client, chat: str, status: int, said: str
) -> None:
    answer = send(client, chat=chat)

    assert (answer.status_code, answer.json()["description"].partition(": ")[2]) == (status, said)
    assert received(client) == []


def test_a_group_that_became_a_supergroup_tells_its_new_id(client: httpx2.Client) -> None:
    assert send(client, chat=-4000000001).json()["parameters"] == {"migrate_to_chat_id": -1001000000003}


def test_numbered_chats_are_there_by_name_and_by_number(client: httpx2.Client) -> None:
    by_name = send(client, chat="@chat_7").json()["result"]
    by_number = send(client, chat=NUMBERED - 7).json()["result"]

    assert by_name["chat"] == by_number["chat"]
    assert (by_name["message_id"], by_number["message_id"]) == (1, 2)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": "   "}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        (
            {"text": "<p>x</p>", "parse_mode": "HTML"},
            'can\'t parse entities: Unsupported start tag "p" at byte offset 0',
        ),
    ],
)
def test_telegram_refuses_wrong_texts(client: httpx2.Client, fields: Mapping[str, Any], said: str) -> None:
    answer = client.post(f"{BOT}/sendMessage", json={"chat_id": NEWS, **fields})

    assert (answer.status_code, answer.json()["description"]) == (400, f"Bad Request: {said}")


def test_markup_does_not_count_for_the_length(client: httpx2.Client) -> None:
    assert send(client, f"<b>{'x' * 4096}</b>", parse_mode="HTML").status_code == 200


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "file must be non-empty"),
        (b"no picture", "IMAGE_PROCESS_FAILED"),
        (picture(9999, 2), "PHOTO_INVALID_DIMENSIONS"),
        (picture(210, 10), "PHOTO_INVALID_DIMENSIONS"),
        (picture() + b"x" * 10 * 1024**2, "is too big for a photo"),
    ],
    ids=["empty", "no picture", "too large", "too narrow", "too heavy"],
)
def test_telegram_refuses_wrong_pictures(client: httpx2.Client, content: bytes, said: str) -> None:
    answer = client.post(f"{BOT}/sendPhoto", data={"chat_id": NEWS}, files={"photo": ("a.png", content)})

    assert answer.status_code == 400
    assert said in answer.json()["description"]


def test_telegram_takes_no_more_than_50_mb(client: httpx2.Client) -> None:
    heavy = {"video": ("a.mp4", FILM + b"x" * 51 * 1024**2)}

    assert client.post(f"{BOT}/sendVideo", data={"chat_id": NEWS}, files=heavy).status_code == 413


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("https://media.example.com/a.jpg", 200),
        ("http://127.0.0.1:8765/a.jpg", 400),
        ("http://localhost/a.jpg", 400),
        ("file:///etc/passwd", 400),
        ("", 400),
    ],
)
def test_telegram_takes_only_addresses_that_it_could_reach(client: httpx2.Client, address: str, status: int) -> None:
    assert client.post(f"{BOT}/sendPhoto", json={"chat_id": NEWS, "photo": address}).status_code == status


def test_captions_are_shorter_than_texts(client: httpx2.Client) -> None:
    asked = {"chat_id": NEWS, "photo": "https://media.example.com/a.jpg"}

    assert client.post(f"{BOT}/sendPhoto", json={**asked, "caption": "x" * 1024}).status_code == 200
    assert client.post(f"{BOT}/sendPhoto", json={**asked, "caption": "x" * 1025}).status_code == 400


def test_a_chat_takes_bursts_and_twenty_posts_a_minute(client: httpx2.Client, clock: Clock) -> None:
    burst = [send(client).status_code for _ in range(4)]
    answers: list[int] = []
    for _ in range(40):
        clock.forward(seconds=1)
        answers.append(send(client).status_code)
    full = send(client)
    clock.forward(minutes=1)

    assert burst == [200, 200, 200, 429]
    assert 429 in answers
    assert full.status_code == 429
    assert full.headers["Retry-After"] == str(full.json()["parameters"]["retry_after"])
    assert send(client).status_code == 200


def test_a_bot_takes_thirty_posts_at_once(client: httpx2.Client, clock: Clock) -> None:
    statuses = [send(client, chat=f"@chat_{number}").status_code for number in range(31)]
    clock.forward(seconds=1)

    assert statuses == [200] * 30 + [429]
    assert send(client, chat="@chat_99").status_code == 200


def test_limits_can_be_switched_off(client: httpx2.Client) -> None:
    client.put("/_/telegram/limits", json={"enabled": False})

    assert {send(client).status_code for _ in range(40)} == {200}


def test_a_deleted_message_stays_in_the_list_and_is_gone_for_telegram(client: httpx2.Client) -> None:
    send(client)
    asked = {"chat_id": NEWS, "message_id": 1}

    assert client.post(f"{BOT}/deleteMessage", json=asked).json() == {"ok": True, "result": True}
    assert client.post(f"{BOT}/deleteMessage", json=asked).json()["description"].endswith("message to delete not found")
    assert [post["deleted"] for post in received(client)] == [True]


def test_a_member_cannot_delete_what_is_older_than_two_days(client: httpx2.Client, clock: Clock) -> None:
    send(client, chat=-1001000000003)
    clock.forward(hours=49)

    answer = client.post(f"{BOT}/deleteMessage", json={"chat_id": -1001000000003, "message_id": 1})

    assert answer.json()["description"] == "Bad Request: message can't be deleted"


def test_more_chats_can_be_made(client: httpx2.Client) -> None:
    made = {"id": -1005, "type": "channel", "title": "Kicked", "rights": "kicked"}

    assert client.put("/_/telegram/chats", json=made).status_code == 200
    assert send(client, chat=-1005).json()["description"] == "Forbidden: bot was kicked from the channel chat"
    assert client.put("/_/telegram/chats", json={"name": "x"}).status_code == 422


# --- Discord ---------------------------------------------------------------------------------------------------------


def test_discords_answers_have_the_official_shapes(client: httpx2.Client) -> None:
    path = HOOK.removeprefix("/discord/api/v10")
    told = client.get(HOOK)
    text = execute(client, "Hi @everyone")
    body = '{"content": "", "attachments": [{"id": "0", "description": "A view"}]}'
    file = client.post(
        HOOK,
        params={"wait": "true"},
        data={"payload_json": body},
        files={"files[0]": ("a b.png", picture(), "image/png")},
    )
    again = client.get(f"{HOOK}/messages/{text.json()['id']}")

    assert DISCORD.answer_errors("GET", path, 200, told.json()) == []
    for message in (text, file):
        assert DISCORD.answer_errors("POST", path, 200, message.json()) == []
    assert again.json() == text.json()
    (attachment,) = file.json()["attachments"]
    assert (attachment["filename"], attachment["description"]) == ("a_b.png", "A view")
    assert client.get(attachment["url"]).content == picture()
    assert text.headers["X-RateLimit-Remaining"] == "4"


@pytest.mark.parametrize(
    ("id", "token", "status", "code"),
    [
        (ANNOUNCEMENTS, "wrong", 401, 50027),
        ("1300000000000000009", sandbox_token("1300000000000000009"), 404, 10015),
        ("12", "x", 404, 10015),
        ("1300000000000000777", sandbox_token("1300000000000000777"), 200, None),
    ],
)
def test_discord_knows_its_webhooks(client: httpx2.Client, id: str, token: str, status: int, code: int | None) -> None:
    answer = client.get(f"/discord/api/v10/webhooks/{id}/{token}")

    assert (answer.status_code, answer.json().get("code")) == (status, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"content": ""}, 400, 50006),
        ({"content": "x" * 2001}, 400, 50035),
        ({"content": 5}, 400, 50035),
        ({"content": "x", "tts": "yes"}, 400, 50035),
        ({"content": "x", "flags": 1}, 400, 50035),
        ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, 400, 50035),
        ({"content": "x", "attachments": [{"id": "0"}]}, 400, 50035),
        ([], 400, 50035),
    ],
)
def test_discord_refuses_wrong_messages(client: httpx2.Client, body: Any, status: int, code: int) -> None:
    answer = client.post(HOOK, params={"wait": "true"}, json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    # The document says that codes inside ``errors`` are numbers; the real ones are words.
    told = {name: value for name, value in answer.json().items() if name != "errors"}
    assert DISCORD.answer_errors("POST", HOOK.removeprefix("/discord/api/v10"), status, told) == []


def test_discord_takes_no_file_of_more_than_10_mib(client: httpx2.Client) -> None:
    answer = client.post(HOOK, files={"files[0]": ("a.mp4", FILM + b"x" * 10 * 1024**2, "video/mp4")})

    assert (answer.status_code, answer.json()["code"]) == (413, 40005)


def test_a_forum_wants_a_thread(client: httpx2.Client) -> None:
    forum = f"/discord/api/v10/webhooks/1300000000000000005/{sandbox_token('1300000000000000005')}"

    assert client.post(forum, json={"content": "x"}).json()["code"] == 220001
    assert client.post(forum, json={"content": "x", "thread_name": "News"}).status_code == 204


def test_only_a_named_program_reaches_discord(client: httpx2.Client) -> None:
    answer = client.post(HOOK, json={"content": "x"}, headers={"User-Agent": "python"})

    assert (answer.status_code, answer.json()["code"]) == (403, 40333)


def test_discord_takes_five_messages_in_two_seconds(client: httpx2.Client, clock: Clock) -> None:
    statuses = [execute(client).status_code for _ in range(5)]
    refused = execute(client)
    clock.forward(seconds=2)

    assert statuses == [200] * 5
    assert (refused.status_code, refused.headers["X-RateLimit-Scope"]) == (429, "user")
    assert execute(client).status_code == 200


def test_the_webhooks_of_a_channel_share_its_limit(client: httpx2.Client, clock: Clock) -> None:
    made = {"id": "1300000000000000555", "name": "Second"}
    client.put("/_/discord/webhooks", json=made)
    other = f"/discord/api/v10/webhooks/1300000000000000555/{sandbox_token('1300000000000000555')}"
    statuses: list[int] = []
    for _ in range(16):
        clock.forward(seconds=2)
        statuses += [client.post(address, json={"content": "x"}).status_code for address in (HOOK, other) * 2]

    refused = client.post(other, json={"content": "x"})

    assert 429 in statuses
    assert (refused.status_code, refused.headers["X-RateLimit-Scope"]) == (429, "shared")


def test_a_deleted_message_is_unknown_to_discord(client: httpx2.Client) -> None:
    address = f"{HOOK}/messages/{execute(client).json()['id']}"

    assert client.delete(address).status_code == 204
    assert client.delete(address).json()["code"] == 10008
    assert [post["deleted"] for post in received(client, "discord")] == [True]


# --- the pages -------------------------------------------------------------------------------------------------------


def test_the_home_page_names_every_network_and_how_to_connect_it(client: httpx2.Client) -> None:
    page = client.get("/").text

    for network in networks().values():
        assert network.name in page
        assert f'href="/_/{network.id}"' in page
    assert TOKEN in page


def test_posts_are_shown_with_everything_escaped(client: httpx2.Client) -> None:
    send(client, "<script>alert(1)</script> & more")
    execute(client, "<img src=x onerror=alert(1)>", username="<b>Eve</b>")

    pages = [client.get("/_/telegram"), client.get("/_/discord")]

    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in pages[0].text
    assert "&lt;img src=x onerror=alert(1)&gt;" in pages[1].text
    assert "&lt;b&gt;Eve&lt;/b&gt;" in pages[1].text
    assert all("script-src 'self'" in page.headers["Content-Security-Policy"] for page in pages)


def test_the_newest_post_stands_last_and_deleted_ones_say_so(client: httpx2.Client) -> None:
    send(client, "First")
    send(client, "Second")
    client.post(f"{BOT}/deleteMessage", json={"chat_id": NEWS, "message_id": 1})

    page = client.get(f"/_/telegram?chat={NEWS}").text

    assert "First" not in page
    assert page.index("This post was deleted.") < page.index("Second")


def test_pictures_of_posts_are_shown(client: httpx2.Client) -> None:
    client.post(f"{BOT}/sendPhoto", data={"chat_id": NEWS}, files={"photo": ("a.png", picture())})
    name = hashlib.sha256(picture()).hexdigest()

    shown = client.get(f"/_/telegram/media/{name}")

    assert f'<img src="/_/telegram/media/{name}"' in client.get("/_/telegram").text
    assert (shown.headers["Content-Type"], shown.content) == ("image/png", picture())
    assert client.get("/_/telegram/media/none").status_code == 404


def test_films_can_be_asked_for_in_parts(client: httpx2.Client) -> None:
    client.post(f"{BOT}/sendVideo", data={"chat_id": NEWS}, files={"video": ("a.mp4", FILM)})
    address = f"/_/telegram/media/{hashlib.sha256(FILM).hexdigest()}"

    part = client.get(address, headers={"Range": "bytes=4-11"})

    assert (part.status_code, part.content) == (206, b"ftypmp42")
    assert part.headers["Content-Range"] == f"bytes 4-11/{len(FILM)}"


def test_a_file_that_could_run_on_the_page_is_only_handed_out(client: httpx2.Client) -> None:
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    client.post(HOOK, files={"files[0]": ("a.svg", drawing, "image/svg+xml")})

    shown = client.get(f"/_/discord/media/{hashlib.sha256(drawing).hexdigest()}")

    assert shown.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("address", ["/_/page.css", "/_/page.js"])
def test_pages_need_nothing_from_elsewhere(client: httpx2.Client, address: str) -> None:
    assert client.get(address).status_code == 200
    assert "http" not in client.get(address).text


# --- the providers against it ----------------------------------------------------------------------------------------


def at_the_sandbox(provider: Provider, url: str) -> Provider:
    hosts = {name: url + networks()[provider.id].hosts[name] for name in provider.hosts}
    return dataclasses.replace(provider, hosts=hosts)


def job(account: JobAccount, text: str, assets: tuple[JobAsset, ...] = (), **settings: Any) -> Job:
    return Job(
        post_id="post_1",
        generation=1,
        account=account,
        title="",
        body=text,
        text=text,
        assets=assets,
        settings=settings,
        interaction="post",
        parent_id=None,
        started_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
    )


def png(**changes: Any) -> JobAsset:
    given: dict[str, Any] = {
        "position": 0,
        "kind": "image",
        "mime": "image/png",
        "filename": "view.png",
        "size": len(picture()),
        "url": "",
        "sha256": "ab",
    }
    return JobAsset(**(given | changes))


def connected(provider: Provider, driver: Driver, fields: Mapping[str, Any]) -> JobAccount:
    login = provider.connect.fields.model_validate(fields, context={"hosts": provider.hosts})  # type: ignore[union-attr]
    (identity,) = driver.run(provider.connect.verify(login))  # type: ignore[union-attr]
    return JobAccount(
        external_id=identity.external_id,
        handle=identity.handle,
        account_type=identity.account_type,
        display_name=identity.display_name,
        meta=identity.meta,
    )


@pytest.mark.parametrize("chat", ["@sandbox_news", "-1001000000003", "@chat_12"])
def test_a_telegram_post_goes_all_the_way(client: httpx2.Client, running: SandboxThread, chat: str) -> None:
    provider = at_the_sandbox(telegram.PROVIDER, running.url)
    driver = Driver(provider, {"bot_token": TOKEN}, private_host="")
    account = connected(provider, driver, {"botToken": TOKEN, "chatId": chat})

    text = driver.run(
        provider.publish(job(account, "<b>Hello</b> readers", parseMode="HTML", disableNotification=True))
    )
    photo = driver.run(provider.publish(job(account, "A view", (png(),))), files=[picture()])
    film = png(kind="video", mime="video/mp4", filename="film.mp4", width=4, height=3, duration=1.5, size=len(FILM))
    video = driver.run(provider.publish(job(account, "", (film,))), files=[FILM])

    posts = received(client)
    assert [post["id"] for post in posts] == [text.id, photo.id, video.id]
    assert (posts[0]["text"], posts[0]["silent"]) == ("Hello readers", True)
    assert posts[1]["media"][0]["sha256"] == hashlib.sha256(picture()).hexdigest()
    assert (posts[2]["media"][0]["kind"], posts[2]["media"][0]["size"]) == ("video", len(FILM))
    assert text.url == (f"https://t.me/{chat.removeprefix('@')}/{text.id}" if chat.startswith("@") else None)
    driver.run(telegram.delete(PublishedPost(id=text.id, url=None, account=account, published_at=datetime.now(UTC))))
    driver.run(telegram.delete(PublishedPost(id=text.id, url=None, account=account, published_at=datetime.now(UTC))))
    assert [post["deleted"] for post in received(client)] == [True, False, False]


@pytest.mark.parametrize(
    ("chat", "said"),
    [
        ("@sandbox_readonly", "right to post messages"),
        ("@sandbox_strangers", "not in this chat"),
        ("@sandbox_muted", "may not write"),
        ("@nobody_here", "does not know this chat"),
    ],
)
def test_a_telegram_chat_that_cannot_be_used_is_refused_when_connecting(
    client: httpx2.Client, running: SandboxThread, chat: str, said: str
) -> None:
    provider = at_the_sandbox(telegram.PROVIDER, running.url)

    with pytest.raises(FlowError, match=said):
        connected(
            provider, Driver(provider, {"bot_token": TOKEN}, private_host=""), {"botToken": TOKEN, "chatId": chat}
        )


def test_a_telegram_group_that_moved_gets_its_post(client: httpx2.Client, running: SandboxThread) -> None:
    provider = at_the_sandbox(telegram.PROVIDER, running.url)
    driver = Driver(provider, {"bot_token": TOKEN}, private_host="")
    old = JobAccount(external_id="-4000000001", handle="telegram:-4000000001", account_type="telegram_chat")

    published = driver.run(provider.publish(job(old, "Hello")))

    assert [(post["account"], post["text"]) for post in received(client)] == [("-1001000000003", "Hello")]
    assert published.meta == {"chatId": "-1001000000003"}


def test_a_discord_post_goes_all_the_way(client: httpx2.Client, running: SandboxThread) -> None:
    provider = at_the_sandbox(discord.PROVIDER, running.url)
    driver = Driver(provider, {"webhook_token": sandbox_token(ANNOUNCEMENTS)}, private_host="")
    account = connected(provider, driver, {"webhookUrl": running.url + HOOK})

    text = driver.run(provider.publish(job(account, "Hi @everyone", tts=True, suppressEmbeds=True)))
    file = driver.run(provider.publish(job(account, "", (png(alt_text='A "view"\nof é'),))), files=[picture()])

    posts = received(client, "discord")
    assert [post["id"] for post in posts] == [text.id, file.id]
    assert (posts[0]["tts"], posts[0]["flags"], posts[0]["pinged"]) == (True, 4, False)
    assert (posts[1]["media"][0]["alt"], posts[1]["media"][0]["size"]) == ('A "view"\nof é', len(picture()))
    assert text.url == f"https://discord.com/channels/1100000000000000001/1200000000000000001/{text.id}"
    gone = PublishedPost(id=text.id, url=None, account=account, published_at=datetime.now(UTC))
    driver.run(discord.delete(gone))
    driver.run(discord.delete(gone))
    assert [post["deleted"] for post in received(client, "discord")] == [True, False]


@pytest.mark.parametrize(
    ("id", "said"), [("1300000000000000003", "webhook of your own"), ("1300000000000000009", "deleted")]
)
def test_a_discord_webhook_that_cannot_be_used_is_refused_when_connecting(
    client: httpx2.Client, running: SandboxThread, id: str, said: str
) -> None:
    provider = at_the_sandbox(discord.PROVIDER, running.url)
    driver = Driver(provider, {"webhook_token": sandbox_token(id)}, private_host="")

    with pytest.raises(FlowError, match=said) as raised:
        connected(provider, driver, {"webhookUrl": f"{running.url}/discord/api/v10/webhooks/{id}/{sandbox_token(id)}"})

    assert raised.value.problem.kind in (Kind.PERMISSION, Kind.AUTH)


# --- small parts -----------------------------------------------------------------------------------------------------


def test_a_bucket_refills_evenly() -> None:
    clock = Clock()
    bucket = Bucket(size=2, seconds=4)

    def taken() -> bool:
        free = bucket.wait(clock.now) <= 0
        if free:
            bucket.take()
        return free

    first = [taken(), taken(), taken()]
    waiting = bucket.wait(clock.now)
    clock.forward(seconds=2)

    assert (first, waiting) == ([True, True, False], 2.0)
    assert [taken(), taken()] == [True, False]


def test_the_oldest_files_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "KEPT_MEDIA", 10)
    state = State(networks()["telegram"], Clock())

    kept = [
        state.keep_file("photo", "image/png", content)["sha256"] for content in (b"12345", b"abcdef", b"abcdef", b"x")
    ]

    assert list(state.files) == [kept[1], kept[3]]


def test_it_runs_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "socialclaw_app.sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert httpx2.get(f"{url}/_").json()["environment"] == environment(url)
        finally:
            process.terminate()


def test_two_sandboxes_do_not_know_of_each_other(client: httpx2.Client) -> None:
    with SandboxThread() as other:
        httpx2.post(f"{other.url}{BOT}/sendMessage", json={"chat_id": NEWS, "text": "There"}).raise_for_status()

        assert [post.text for post in other.networks["telegram"].posts.values()] == ["There"]
    assert received(client) == []


def test_a_port_that_somebody_has_is_left_to_them() -> None:
    with SandboxThread() as first, SandboxThread(port=urlsplit(first.url).port or 0) as second:
        assert second.url != first.url
        assert [httpx2.get(f"{one.url}/_").json()["environment"] for one in (first, second)] == [
            environment(first.url),
            environment(second.url),
        ]
