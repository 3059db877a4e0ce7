"""The sandbox's X over real loopback connections: its logins, its rules, and our own flows against it."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from backend import oauth
from backend.http import LostAnswer
from providers import x
from providers.contract import (
    Absent,
    App,
    Call,
    Doubt,
    Effect,
    FlowError,
    Found,
    Job,
    JobAccount,
    JobAsset,
    Kind,
    OAuth2,
    Poll,
    Problem,
    PublishedPost,
    Verdict,
    Wait,
)
from socialclaw_app.sandbox import SandboxThread, networks
from socialclaw_app.sandbox.x import CLIENT_ID, CLIENT_SECRET, SCOPES
from tests.servers.driver import Driver
from tests.specs import OpenApi, load

APP = App(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
BASIC = httpx2.BasicAuth(CLIENT_ID, CLIENT_SECRET)
BACK = "http://127.0.0.1:9/back?from=x"
STUDIO, PREMIUM = "2244994945", "783214"
VERIFIER = "a-verifier-of-more-than-forty-three-characters-in-all"
DOCUMENT = OpenApi(load("x/openapi.trimmed.json"))
PICTURE = b"\x89PNG\r\n\x1a\n" + b"picture" * 20
FILM = b"\x00\x00\x00\x18ftypmp42" + b"film" * 1000


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
    with httpx2.Client(base_url=running.url, timeout=20) as client:
        client.delete("/_").raise_for_status()
        yield client


def connect() -> OAuth2:
    assert isinstance(x.PROVIDER.connect, OAuth2)
    return x.PROVIDER.connect


def consent_address(url: str = "", **changes: Any) -> str:
    scopes = changes.pop("scopes", connect().scopes)
    given = {"redirect_uri": BACK, "state": "state-1", "code_verifier": VERIFIER} | changes
    return oauth.authorize_url(dataclasses.replace(connect(), scopes=scopes), f"{url}/x", APP, **given)


def decide(client: httpx2.Client, user: str = STUDIO, **changes: Any) -> dict[str, str]:
    """Open the page, press a button of it as a browser does, and read what the way back says."""
    address = consent_address(**changes)
    shown = client.get(address).text
    form = dict(re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', shown))
    assert f'name="user" value="{user}"' in shown
    back = client.post(address, data=form | {"user": user})
    assert back.status_code == 302
    assert back.headers["Location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(back.headers["Location"]).query).items()}


def exchange(client: httpx2.Client, code: str, /, **changes: Any) -> httpx2.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return client.post("/x/2/oauth2/token", data=form | changes, auth=BASIC)


def refresh(client: httpx2.Client, token: str) -> httpx2.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return client.post("/x/2/oauth2/token", data=form, auth=BASIC)


def login(client: httpx2.Client, user: str = STUDIO, **changes: Any) -> dict[str, Any]:
    answer = exchange(client, decide(client, user, **changes)["code"])
    assert answer.status_code == 200
    return answer.json()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def alice(client: httpx2.Client) -> httpx2.Client:
    """Signs everything as the first user."""
    client.headers.update(bearer(login(client)["access_token"]))
    return client


def create(client: httpx2.Client, text: str = "Hello", **more: Any) -> httpx2.Response:
    return client.post("/x/2/tweets", json={"text": text, **more})


def received(client: httpx2.Client) -> list[dict[str, Any]]:
    return client.get("/_/x/received").json()


def fits(method: str, answer: httpx2.Response) -> bool:
    path = urlsplit(str(answer.url)).path.removeprefix("/x")
    return DOCUMENT.answer_errors(method, path, answer.status_code, answer.json()) == []


# --- logins ----------------------------------------------------------------------------------------------------------


def test_the_consent_page_says_what_is_asked_for_and_by_whom(client: httpx2.Client) -> None:
    page = client.get(consent_address(state='"><script>'))

    assert page.status_code == 200
    assert "tweet.write" in page.text
    assert "Authorize as @sandbox_studio" in page.text
    assert "<script>" not in page.text.split("<form", 1)[1].split("</form>")[0]


def test_a_person_who_agrees_comes_back_with_a_code_that_becomes_a_token(client: httpx2.Client) -> None:
    back = decide(client)
    answer = exchange(client, back["code"])

    assert (back["state"], back["from"]) == ("state-1", "x")
    told = answer.json()
    assert (answer.status_code, told["token_type"], told["expires_in"]) == (200, "bearer", 7200)
    assert told["scope"].split() == [*SCOPES]
    me = client.get("/x/2/users/me", headers=bearer(told["access_token"]))
    assert me.json()["data"]["username"] == "sandbox_studio"
    assert fits("GET", me)


def test_a_person_who_refuses_comes_back_with_that(client: httpx2.Client) -> None:
    assert decide(client, user="") == {"from": "x", "error": "access_denied", "state": "state-1"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"response_type": "token"},
        {"client_id": "nobody"},
        {"redirect_uri": "ftp://example.com"},
        {"state": ""},
        {"state": "s" * 501},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
    ],
    ids=str,
)
def test_a_wrong_request_is_told_to_the_person_and_sends_nobody_back(
    client: httpx2.Client, wrong: dict[str, str]
) -> None:
    right = {name: values[0] for name, values in parse_qs(urlsplit(consent_address()).query).items()}

    opened = client.get("/x/i/oauth2/authorize", params=right | wrong)
    pressed = client.post("/x/i/oauth2/authorize", data=right | wrong | {"user": STUDIO})

    assert (opened.status_code, pressed.status_code) == (400, 400)
    assert "Location" not in pressed.headers


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": VERIFIER + "x"},
        {"code_verifier": ""},
        {"redirect_uri": "http://127.0.0.1:9/other"},
        {"code": "unknown"},
        {"grant_type": "password"},
    ],
    ids=str,
)
def test_a_wrong_exchange_gives_nothing(client: httpx2.Client, wrong: dict[str, str]) -> None:
    answer = exchange(client, decide(client)["code"], **wrong)

    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_request", "unsupported_grant_type")
    assert "access_token" not in answer.json()


@pytest.mark.parametrize("wrong", [{"code_verifier": "guess"}, {"redirect_uri": "http://127.0.0.1:9/other"}], ids=str)
def test_whoever_guesses_has_one_try(client: httpx2.Client, wrong: dict[str, str]) -> None:
    code = decide(client)["code"]

    assert [exchange(client, code, **wrong).status_code, exchange(client, code).status_code] == [400, 400]


def test_a_code_works_once(client: httpx2.Client) -> None:
    code = decide(client)["code"]

    assert [exchange(client, code).status_code for _ in range(2)] == [200, 400]


def test_a_code_lives_for_thirty_seconds(client: httpx2.Client, clock: Clock) -> None:
    early, late = decide(client)["code"], decide(client)["code"]
    clock.forward(seconds=30)
    in_time = exchange(client, early)
    clock.forward(seconds=1)

    assert (in_time.status_code, exchange(client, late).status_code) == (200, 400)


@pytest.mark.parametrize(
    "auth", [None, httpx2.BasicAuth(CLIENT_ID, "wrong"), httpx2.BasicAuth("nobody", CLIENT_SECRET)]
)
def test_only_the_app_itself_gets_tokens(client: httpx2.Client, auth: Any) -> None:
    form = {"grant_type": "authorization_code", "code": decide(client)["code"], "redirect_uri": BACK}

    answer = client.post("/x/2/oauth2/token", data=form | {"code_verifier": VERIFIER}, auth=auth)

    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized_client")


def test_a_token_lives_for_two_hours_and_is_renewed(client: httpx2.Client, clock: Clock) -> None:
    old = login(client)
    clock.forward(hours=2, seconds=1)
    over = client.get("/x/2/users/me", headers=bearer(old["access_token"]))
    new = refresh(client, old["refresh_token"]).json()

    assert over.status_code == 401
    assert new["refresh_token"] != old["refresh_token"]
    assert client.get("/x/2/users/me", headers=bearer(new["access_token"])).status_code == 200


def test_a_refresh_token_that_comes_twice_ends_the_whole_login(client: httpx2.Client) -> None:
    old, bystander = login(client), login(client)
    new = refresh(client, old["refresh_token"]).json()

    again = refresh(client, old["refresh_token"])

    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")
    assert client.get("/x/2/users/me", headers=bearer(new["access_token"])).status_code == 401
    assert refresh(client, new["refresh_token"]).status_code == 400
    assert client.get("/x/2/users/me", headers=bearer(bystander["access_token"])).status_code == 200


def test_a_refresh_token_is_over_after_half_a_year(client: httpx2.Client, clock: Clock) -> None:
    old = login(client)
    clock.forward(days=181)

    assert refresh(client, old["refresh_token"]).status_code == 400


def test_without_offline_access_there_is_no_refresh_token(client: httpx2.Client) -> None:
    assert "refresh_token" not in login(client, scopes=("tweet.read", "users.read"))


def test_a_missing_scope_is_named(client: httpx2.Client) -> None:
    client.headers.update(bearer(login(client, scopes=("tweet.read", "users.read"))["access_token"]))

    answer = create(client)

    assert answer.status_code == 403
    assert "tweet.write" in answer.json()["detail"]
    assert received(client) == []


def test_a_revoked_token_is_over(client: httpx2.Client) -> None:
    told = login(client)

    answer = client.post("/x/2/oauth2/revoke", data={"token": told["access_token"]}, auth=BASIC)

    assert answer.json() == {"revoked": True}
    assert client.get("/x/2/users/me", headers=bearer(told["access_token"])).status_code == 401


def test_every_token_can_be_ended_for_trying(client: httpx2.Client) -> None:
    told = login(client)

    client.put("/_/x/expire").raise_for_status()

    assert client.get("/x/2/users/me", headers=bearer(told["access_token"])).status_code == 401
    assert refresh(client, told["refresh_token"]).status_code == 200


# --- posts -----------------------------------------------------------------------------------------------------------


def test_a_post_is_seen_by_the_audience_and_in_the_timeline(alice: httpx2.Client) -> None:
    created = create(alice, "Read example.com & <more>", reply_settings="verified")
    id = created.json()["data"]["id"]
    asked = {"post.fields": "entities,created_at", "max_results": "5"}
    listed = alice.get(f"/x/2/users/{STUDIO}/tweets", params=asked)

    assert created.status_code == 201
    assert fits("POST", created)
    assert [(post["id"], post["text"]) for post in received(alice)] == [(id, "Read example.com & <more>")]
    (row,) = listed.json()["data"]
    assert re.fullmatch(r"Read https://t\.co/\w+ &amp; &lt;more&gt;", row["text"])
    assert row["entities"]["urls"][0]["expanded_url"] == "http://example.com"
    assert "public_metrics" not in row


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "text or media"),
        ({"text": "x", "title": "y"}, 400, "title"),
        ({"text": "x" * 281}, 400, "too long"),
        ({"text": "あ" * 141}, 400, "too long"),
        ({"text": "x", "reply_settings": "everyone"}, 400, "reply_settings"),
        ({"text": "x", "media": {"media_ids": ["1"]}}, 400, "media IDs are invalid"),
        ({"text": "x", "reply": {"in_reply_to_tweet_id": "1"}}, 403, "not visible"),
        ([], 400, "object"),
    ],
)
def test_a_wrong_post_is_refused_in_words(alice: httpx2.Client, body: Any, status: int, said: str) -> None:
    answer = alice.post("/x/2/tweets", json=body)

    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert received(alice) == []


def test_exactly_the_longest_text_is_taken(alice: httpx2.Client) -> None:
    assert create(alice, "あ" * 140).status_code == 201
    assert create(alice, "https://example.com/" + "x" * 300).status_code == 201


def test_subscribers_may_write_more(client: httpx2.Client) -> None:
    client.headers.update(bearer(login(client, PREMIUM)["access_token"]))

    assert create(client, "x" * 25_000).status_code == 201
    assert create(client, "x" * 25_001).status_code == 400


def test_the_same_words_are_refused_until_they_are_deleted(alice: httpx2.Client) -> None:
    first = create(alice).json()["data"]["id"]
    again = create(alice)
    answered = create(alice, reply={"in_reply_to_tweet_id": first})
    alice.delete(f"/x/2/tweets/{first}").raise_for_status()

    assert again.status_code == 403
    assert "duplicate content" in again.json()["detail"]
    assert (answered.status_code, create(alice).status_code) == (201, 201)


def test_a_hundred_posts_fit_into_a_quarter_of_an_hour(alice: httpx2.Client, clock: Clock) -> None:
    statuses = {create(alice, f"Post {number}").status_code for number in range(100)}
    refused = create(alice, "One more")
    clock.forward(seconds=9)

    assert (statuses, refused.status_code) == ({201}, 429)
    assert int(refused.headers["x-rate-limit-reset"]) == int(clock.now.timestamp())
    assert create(alice, "One more").status_code == 201


def test_a_deleted_post_is_gone(alice: httpx2.Client) -> None:
    id = create(alice).json()["data"]["id"]

    deleted = alice.delete(f"/x/2/tweets/{id}")

    assert deleted.json() == {"data": {"deleted": True}}
    assert fits("DELETE", deleted)
    assert alice.delete(f"/x/2/tweets/{id}").status_code == 404
    assert alice.get(f"/x/2/tweets/{id}").json()["errors"][0]["type"].endswith("resource-not-found")
    assert alice.get(f"/x/2/users/{STUDIO}/tweets").json() == {"meta": {"result_count": 0}}
    assert [post["deleted"] for post in received(alice)] == [True]


@pytest.mark.parametrize("count", ["4", "101", "many", "-5"])
def test_a_timeline_has_between_5_and_100_posts(alice: httpx2.Client, count: str) -> None:
    assert alice.get(f"/x/2/users/{STUDIO}/tweets", params={"max_results": count}).status_code == 400


def test_what_was_not_asked_for_is_not_told(alice: httpx2.Client) -> None:
    parent = create(alice).json()["data"]["id"]
    reply = create(alice, "Answer", reply={"in_reply_to_tweet_id": parent}).json()["data"]["id"]

    bare = alice.get("/x/2/tweets", params={"ids": reply, "post.fields": "referenced_posts"})
    whole = alice.get("/x/2/tweets", params={"ids": reply, "expansions": "referenced_posts"})

    assert set(bare.json()["data"][0]) == {"id", "text", "edit_history_post_ids"}
    assert whole.json()["data"][0]["referenced_posts"] == [{"type": "replied_to", "id": parent}]
    assert fits("GET", whole)


# --- media -----------------------------------------------------------------------------------------------------------


def upload(client: httpx2.Client, content: bytes = PICTURE) -> httpx2.Response:
    form = {"media_category": "tweet_image"}
    return client.post("/x/2/media/upload", data=form, files={"media": ("a.png", content, "image/png")})


def test_images_are_posted_with_their_descriptions(alice: httpx2.Client) -> None:
    answers = [upload(alice, PICTURE + bytes([number])) for number in range(5)]
    ids = [answer.json()["data"]["id"] for answer in answers]
    described = alice.post("/x/2/media/metadata", json={"id": ids[0], "metadata": {"alt_text": {"text": "A cat"}}})

    too_many = create(alice, media={"media_ids": ids})
    posted = create(alice, media={"media_ids": ids[:4]})

    assert all(fits("POST", answer) for answer in [*answers, described])
    assert (too_many.status_code, posted.status_code) == (400, 201)
    (post,) = received(alice)
    assert [(file["kind"], file["alt"]) for file in post["media"]] == [("image", "A cat")] + [("image", "")] * 3
    assert post["media"][0]["sha256"] == hashlib.sha256(PICTURE + b"\0").hexdigest()


def test_an_image_has_a_largest_size(alice: httpx2.Client) -> None:
    assert upload(alice, b"x" * 5 * 1024**2).status_code == 200
    assert upload(alice, b"x" * (5 * 1024**2 + 1)).status_code == 413
    assert upload(alice, b"").status_code == 400


def test_an_upload_belongs_to_its_owner_and_to_a_day(alice: httpx2.Client, clock: Clock) -> None:
    id = upload(alice).json()["data"]["id"]
    other = bearer(login(alice, PREMIUM)["access_token"])
    foreign = alice.post("/x/2/tweets", json={"media": {"media_ids": [id]}}, headers=other)
    clock.forward(hours=24, seconds=1)
    alice.headers.update(bearer(login(alice)["access_token"]))

    assert foreign.status_code == 400
    assert create(alice, media={"media_ids": [id]}).status_code == 400


def begin(client: httpx2.Client, size: int = len(FILM), **changes: Any) -> httpx2.Response:
    body = {"media_type": "video/mp4", "total_bytes": size, "media_category": "tweet_video"}
    return client.post("/x/2/media/upload/initialize", json=body | changes)


def append(client: httpx2.Client, id: str, number: Any, content: bytes) -> httpx2.Response:
    return client.post(
        f"/x/2/media/upload/{id}/append", data={"segment_index": str(number)}, files={"media": ("f", content)}
    )


def test_a_video_is_ready_a_moment_after_its_last_part(alice: httpx2.Client, clock: Clock) -> None:
    begun = begin(alice)
    id = begun.json()["data"]["id"]
    parts = [append(alice, id, 1, FILM[9:]), append(alice, id, 0, b"wrong"), append(alice, id, 0, FILM[:9])]
    ended = alice.post(f"/x/2/media/upload/{id}/finalize")
    status = {"command": "STATUS", "media_id": id}
    early, refused = alice.get("/x/2/media/upload", params=status), create(alice, media={"media_ids": [id]})
    clock.forward(seconds=1)
    late, posted = alice.get("/x/2/media/upload", params=status), create(alice, media={"media_ids": [id]})

    assert all(fits("POST", answer) for answer in [begun, *parts, ended])
    assert all(fits("GET", answer) for answer in (early, late))
    states = [answer.json()["data"]["processing_info"]["state"] for answer in (ended, early, late)]
    assert states == ["pending", "in_progress", "succeeded"]
    assert (refused.status_code, posted.status_code) == (400, 201)
    assert received(alice)[0]["media"][0]["sha256"] == hashlib.sha256(FILM).hexdigest()


def test_an_incomplete_video_is_refused(alice: httpx2.Client) -> None:
    id = begin(alice).json()["data"]["id"]
    gap = [append(alice, id, number, part).status_code for number, part in ((0, FILM[:9]), (2, FILM[9:]))]

    assert gap == [200, 200]
    assert alice.post(f"/x/2/media/upload/{id}/finalize").status_code == 400
    assert append(alice, id, 1000, b"x").status_code == 400
    assert append(alice, id, 0, b"x" * (5 * 1024**2 + 1)).status_code == 413


@pytest.mark.parametrize(
    "wrong",
    [{"media_type": "text"}, {"media_category": "film"}, {"total_bytes": 0}, {"total_bytes": 512 * 1024**2 + 1}],
)
def test_a_video_that_cannot_be_is_refused_at_once(alice: httpx2.Client, wrong: dict[str, Any]) -> None:
    assert begin(alice, **wrong).status_code == 400


def test_a_video_goes_alone(alice: httpx2.Client, clock: Clock) -> None:
    id = begin(alice).json()["data"]["id"]
    append(alice, id, 0, FILM)
    alice.post(f"/x/2/media/upload/{id}/finalize").raise_for_status()
    clock.forward(seconds=1)

    assert create(alice, media={"media_ids": [id, upload(alice).json()["data"]["id"]]}).status_code == 400


# --- the provider against it -----------------------------------------------------------------------------------------


def patiently(flow: Generator[Any, Any, Any], clock: Clock) -> Generator[Any, Any, Any]:
    """Polls as calls, with a clock that jumps as far as the network says."""
    value: Any = None
    while True:
        try:
            item = flow.send(value)
        except StopIteration as stop:
            return stop.value
        if not isinstance(item, Poll):
            value = yield item
            continue
        asking = Call(item.name, item.request, Effect.READ, read=item.read)
        while isinstance(outcome := (yield asking), Wait):
            clock.forward(seconds=outcome.seconds)
        if isinstance(outcome, Problem):
            raise FlowError(outcome)
        value = outcome.value


@dataclasses.dataclass(frozen=True)
class Ours:
    """Our own flows, signed by a login of the sandbox."""

    driver: Driver
    clock: Clock

    def run(self, flow: Generator[Any, Any, Any], *files: bytes) -> Any:
        return self.driver.run(patiently(flow, self.clock), files=files)

    def account(self) -> JobAccount:
        (one,) = self.run(x.identify())
        return JobAccount(external_id=one.external_id, handle=one.handle, account_type=one.account_type, meta=one.meta)

    def job(self, text: str, *assets: JobAsset, parent: str | None = None, **settings: Any) -> Job:
        return Job(
            post_id="post_1",
            generation=1,
            account=self.account(),
            title="",
            body=text,
            text=text,
            assets=assets,
            settings=settings,
            interaction="reply" if parent else "post",
            parent_id=parent,
            started_at=self.clock.now,
            constants={"chunk": 1500},
        )

    def reconciled(self, job: Job) -> list[str]:
        answer = self.run(x.reconcile(job, Doubt(step="create", intended_at=self.clock.now, answers={})))
        assert isinstance(answer, Found | Absent)
        return [] if isinstance(answer, Absent) else [candidate.id for candidate in answer.candidates]


@pytest.fixture
def ours(client: httpx2.Client, running: SandboxThread, clock: Clock) -> Ours:
    hosts = {name: running.url + path for name, path in networks()["x"].hosts.items()}
    token = login(client)["access_token"]
    return Ours(Driver(dataclasses.replace(x.PROVIDER, hosts=hosts), {"access_token": token}, private_host=""), clock)


def asset(position: int = 0, kind: Any = "image", mime: str = "image/png", **changes: Any) -> JobAsset:
    size = len(FILM) if kind == "video" else len(PICTURE)
    return JobAsset(
        position=position, kind=kind, mime=mime, filename=f"{position}.png", size=size, url="", sha256="ab", **changes
    )


def test_our_own_token_requests_are_understood(client: httpx2.Client) -> None:
    code = decide(client)["code"]
    asked = oauth.exchange(connect(), APP, code=code, redirect_uri=BACK, code_verifier=VERIFIER)

    answer = client.post(f"/x{asked.path}", data=dict(asked.form or {}), headers=dict(asked.headers))
    renewal = oauth.refresh(connect(), APP, answer.json()["refresh_token"])
    renewed = client.post(f"/x{renewal.path}", data=dict(renewal.form or {}), headers=dict(renewal.headers))

    assert base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode() in asked.headers["Authorization"]
    assert (answer.status_code, renewed.status_code) == (200, 200)


def test_posts_go_all_the_way(client: httpx2.Client, ours: Ours) -> None:
    text = ours.run(x.publish(ours.job("Read example.com", replyControl="following")))
    pictures = asset(0, alt_text="A cat"), asset(1)
    photo = ours.run(x.publish(ours.job("A view", *pictures)), PICTURE, PICTURE + b"2")
    video = ours.run(x.publish(ours.job("", asset(0, "video", "video/mp4"))), FILM)
    reply = ours.run(x.publish(ours.job("More", parent=text.id)))

    posts = received(client)
    assert [post["id"] for post in posts] == [text.id, photo.id, video.id, reply.id]
    assert [file["alt"] for file in posts[1]["media"]] == ["A cat", ""]
    assert posts[2]["media"][0]["sha256"] == hashlib.sha256(FILM).hexdigest()
    assert sum(call.startswith("video-0-part") for call in ours.driver.calls) == 3
    figures = ours.run(x.post_metrics(published(ours, photo.id)))
    assert (figures["impressions"], figures["likes"], figures["shares"], figures["views"]) == (42, 3, 1, 9)
    assert ours.run(x.post_metrics(published(ours, text.id)))["comments"] == 1
    assert ours.run(x.account_metrics(ours.account())) == {"followers": 12, "posts": 4}
    ours.run(x.delete(published(ours, text.id)))
    ours.run(x.delete(published(ours, text.id)))
    assert [post["deleted"] for post in received(client)] == [True, False, False, False]


def published(ours: Ours, id: str) -> PublishedPost:
    return PublishedPost(id=id, url=None, account=ours.account(), published_at=ours.clock.now)


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "Read example.com, then https://example.org/a?b=1&copy=2.",
        "a < b && c > d &amp; &copy;",
        "Line one\n\n  line two 👍🏽",
        "Cafe\u0301 http://example.com/",
    ],
)
def test_a_post_whose_answer_was_lost_is_found_again(client: httpx2.Client, ours: Ours, text: str) -> None:
    plain, pictured = ours.job(text), ours.job(text, asset())
    absent = ours.reconciled(plain)
    first = ours.run(x.publish(plain))
    second = ours.run(x.publish(pictured), PICTURE)
    answering = ours.job(text, parent=first.id)
    third = ours.run(x.publish(answering))

    assert absent == []
    assert ours.reconciled(plain) == [second.id, first.id]
    assert ours.reconciled(answering) == [third.id]


def test_a_dropped_answer_leaves_the_post_to_be_found(client: httpx2.Client, ours: Ours) -> None:
    lost = ours.job("Lost and found")
    client.put("/_/x/fault", json={"kind": "drop_after", "match": "/2/tweets"})

    with pytest.raises(LostAnswer):
        ours.run(x.publish(lost))

    assert ours.reconciled(lost) == [post["id"] for post in received(client)]


def test_the_same_words_again_ask_for_a_look(ours: Ours) -> None:
    ours.run(x.publish(ours.job("Hello")))

    with pytest.raises(FlowError) as raised:
        ours.run(x.publish(ours.job("Hello")))

    assert (raised.value.problem.kind, raised.value.problem.verdict) == (Kind.DUPLICATE, Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("kind", "problem", "verdict"),
    [
        ("server_error", Kind.UNAVAILABLE, Verdict.UNKNOWN),
        ("rate_limited", Kind.RATE_LIMITED, Verdict.REFUSED),
        ("unauthorized", Kind.AUTH, Verdict.REFUSED),
        ("refused", Kind.PERMISSION, Verdict.REFUSED),
    ],
)
def test_planted_trouble_is_understood(
    client: httpx2.Client, ours: Ours, kind: str, problem: Kind, verdict: Verdict
) -> None:
    asked = ours.job("Hello")
    client.put("/_/x/fault", json={"kind": kind, "match": "/2/tweets"})

    with pytest.raises(FlowError) as raised:
        ours.run(x.publish(asked))

    assert (raised.value.problem.kind, raised.value.problem.verdict) == (problem, verdict)
    assert received(client) == []


def test_a_video_that_fails_ends_the_post(client: httpx2.Client, ours: Ours) -> None:
    asked = ours.job("", asset(0, "video", "video/mp4"))
    client.put("/_/x/fault", json={"kind": "processing_failed"})

    with pytest.raises(FlowError, match="Unsupported video format"):
        ours.run(x.publish(asked), FILM)

    assert received(client) == []


def test_a_refused_description_does_not_stop_the_post(client: httpx2.Client, ours: Ours) -> None:
    asked = ours.job("A view", asset(alt_text="A cat"))
    client.put("/_/x/fault", json={"kind": "refused", "match": "/metadata"})

    ours.run(x.publish(asked), PICTURE)

    assert [file["alt"] for file in received(client)[0]["media"]] == [""]
