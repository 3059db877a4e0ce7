"""What the composer shows while somebody writes is what publishing would do."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from backend import assets, composing, posts, proofs, runs
from backend.access import Actor
from backend.compositions import (
    Change,
    Composition,
    Medium,
    Part,
    When,
    Words,
    change_of,
    document,
    entries,
    medium_of,
    split,
    with_words,
)
from backend.context import Context
from backend.models import Account
from backend.plans import AccountFacts
from providers import rules
from providers.contract import Look, Media, Shown

from .conftest import NOON, Clock
from .rows import add_post
from .strategies import CHIRP, NOTICE, networks
from .test_composing import add_account
from .test_connections import refused

SHOUT = replace(
    NOTICE,
    look=Look(layout="article", frame=1.5, titled=True),
    shown=lambda draft: Shown(title=draft.title.upper(), text=draft.body, place="the square"),
)


@pytest.fixture(autouse=True)
def invented_networks() -> Iterator[None]:
    with networks(CHIRP, SHOUT):
        yield


@pytest.fixture
async def bird(context: Context, alice: Actor) -> str:
    return await context.db.write(add_account, alice, "bird")


@pytest.fixture
async def board(context: Context, alice: Actor) -> str:
    """An account of the network without threads and files."""

    def add(session: Any) -> str:
        id = add_account(session, alice, "town")
        row = session.get(Account, id)
        row.provider, row.account_type, row.handle = "notice", "notice_board", "notice:town"
        return id

    return await context.db.write(add)


def written(*accounts: str, text: str = "Hello", **more: Any) -> Composition:
    words = more.pop("words", Words(parts=(Part(text=text),)))
    return Composition(accounts=accounts, words=words, **more)


async def proof(context: Context, actor: Actor, composition: Composition) -> dict[str, Any]:
    return await context.db.read(
        proofs.proof, actor, composition, settings=context.settings, zone="UTC", now=context.now()
    )


async def facts(context: Context, actor: Actor) -> list[AccountFacts]:
    from backend import accounts

    return await context.db.read(accounts.facts, actor)


def places(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (issue["voice"], issue["network"], issue["part"], issue["field"], issue["code"]) for issue in found["issues"]
    ]


async def test_nothing_chosen_has_nothing_to_show(context: Context, alice: Actor) -> None:
    assert not any((await proof(context, alice, written())).values())


async def test_an_issue_stands_where_its_words_were_written(
    context: Context, alice: Actor, bird: str, board: str
) -> None:
    thread = Words(parts=(Part(text="One"), Part(text="x" * 61)))
    composition = with_words(written(bird, board, words=thread), "notice", Words(parts=(Part(),)))

    found = await proof(context, alice, composition)

    assert places(found) == [
        ("", "chirp", 1, "text", "text_too_long"),
        ("notice", "notice", 0, "text", "post_content_required"),
    ]


async def test_an_issue_of_a_file_finds_its_part_in_a_joined_thread(
    context: Context, alice: Actor, bird: str, board: str
) -> None:
    file = Medium(url="https://files.example/a.jpg", kind="image", alt="x" * 11)
    thread = Words(parts=(Part(text="One", media=(file,)), Part(text="Two", media=(file, file))))

    found = await proof(context, alice, written(bird, board, words=thread))

    assert [place for place in places(found) if place[1] == "chirp"] == [
        ("", "chirp", 0, "assets.0", "alt_text_too_long"),
        ("", "chirp", 1, "assets.0", "alt_text_too_long"),
        ("", "chirp", 1, "assets.1", "alt_text_too_long"),
    ]
    assert ("", "notice", 0, "assets", "notice_media_unsupported") in places(found)


async def test_a_wrong_setting_is_told_and_the_rest_is_counted_anyway(
    context: Context, alice: Actor, bird: str
) -> None:
    composition = written(bird, text="Hi", settings={"chirp_user": {"audience": "nobody"}})

    found = await proof(context, alice, composition)

    assert places(found) == [("", "chirp", 0, "settings.audience", "chirp_audience_invalid")]
    assert found["counts"] == [{"voice": "", "network": "chirp", "part": 0, "length": 2, "limit": 60}]


async def test_settings_decide_about_the_limit(context: Context, alice: Actor, bird: str) -> None:
    found = await proof(context, alice, written(bird, settings={"chirp_user": {"audience": "friends"}}))

    assert found["counts"][0]["limit"] == 40


async def test_each_network_and_part_has_one_count(context: Context, alice: Actor, bird: str, board: str) -> None:
    crow = await context.db.write(add_account, alice, "crow")
    thread = Words(parts=(Part(text="One"), Part(text="Three")))

    found = await proof(context, alice, written(bird, crow, board, words=thread))

    counts = [(count["network"], count["part"], count["length"], count["limit"]) for count in found["counts"]]
    assert counts == [("chirp", 0, 3, 60), ("chirp", 1, 5, 60), ("notice", 0, 10, 500)]


async def test_the_preview_is_made_by_the_networks_own_words(
    context: Context, alice: Actor, bird: str, board: str
) -> None:
    crow = await context.db.write(add_account, alice, "crow")
    words = Words(title="News", parts=(Part(text="<b>One</b>"), Part(text="Two")))

    chirp, notice = (await proof(context, alice, written(bird, crow, board, words=words)))["previews"]

    assert [post["text"] for post in chirp["posts"]] == ["News\n\n<b>One</b>", "Two"]
    assert [account["id"] for account in chirp["accounts"]] == [bird, crow]
    assert (chirp["layout"], chirp["joined"]) == ("post", False)
    (shown,) = notice["posts"]
    assert (shown["title"], shown["text"], shown["place"]) == ("NEWS", "<b>One</b>\n\nTwo", "the square")
    assert (notice["layout"], notice["frame"], notice["joined"]) == ("article", 1.5, True)


async def test_accounts_that_will_show_the_same_share_a_preview(context: Context, alice: Actor) -> None:
    accounts = [await context.db.write(add_account, alice, name) for name in ("bird", "crow")]
    composition = split(written(*accounts), "chirp")

    (together,) = (await proof(context, alice, composition))["previews"]

    assert [account["id"] for account in together["accounts"]] == accounts


async def test_a_preview_of_a_very_long_text_is_cut_and_says_by_how_much(
    context: Context, alice: Actor, bird: str
) -> None:
    found = await proof(context, alice, written(bird, text="x" * 200_000))

    (shown,) = found["previews"][0]["posts"]
    assert (len(shown["text"]), shown["more"]) == (proofs.MOST_SHOWN, 200_000 - proofs.MOST_SHOWN)
    assert found["counts"][0]["length"] == 200_000


async def test_what_an_account_said_before_is_named(context: Context, alice: Actor, bird: str, board: str) -> None:
    id = await context.db.write(
        add_post, alice, bird, NOON - timedelta(days=2), description="hello!", status="published"
    )

    found = await proof(context, alice, written(bird, board))

    assert [(entry["account"], entry["postId"]) for entry in found["earlier"]] == [(bird, id)]


async def test_a_time_that_is_none_is_told(context: Context, alice: Actor, bird: str) -> None:
    found = await proof(context, alice, written(bird, when=When(mode="later", wall="T14:30", zone="UTC")))

    assert places(found) == [("", "chirp", 0, "publishAt", "invalid_publish_time")]


# --- files that are made to fit -----------------------------------------------------------------------------------------

PICKY = replace(
    CHIRP,
    limits=replace(CHIRP.limits, image=Media(extensions=rules.IMAGE_EXTENSIONS, mimes=("image/jpeg", "image/png"))),
)


@pytest.fixture
def picky() -> Iterator[None]:
    with networks(PICKY, SHOUT):
        yield


async def uploaded(context: Context, actor: Actor, form: str = "WEBP") -> Medium:
    content = io.BytesIO()
    Image.new("RGB", (30, 20), "teal").save(content, form)

    async def chunks() -> AsyncGenerator[bytes]:
        yield content.getvalue()

    name = f"sea.{form.lower()}"
    return medium_of(await assets.upload(context, actor, chunks(), filename=name, declared_mime=None))


def notes(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(note["voice"], note["network"], note["part"], note["field"], note["kind"]) for note in found["notes"]]


@pytest.mark.usefixtures("picky")
async def test_what_is_done_to_a_file_is_told_where_the_file_stands(context: Context, alice: Actor, bird: str) -> None:
    crow = await context.db.write(add_account, alice, "crow")
    fits, other = await uploaded(context, alice, "PNG"), await uploaded(context, alice)
    thread = Words(parts=(Part(text="One", media=(fits,)), Part(text="Two", media=(fits, other))))

    found = await proof(context, alice, written(bird, crow, words=thread))

    assert notes(found) == [("", "chirp", 1, "assets.1", "fit")]
    assert "WebP" in found["notes"][0]["message"]
    assert found["issues"] == []


@pytest.mark.usefixtures("picky")
async def test_a_network_with_its_own_words_has_its_own_choice_for_a_file(
    context: Context, alice: Actor, bird: str
) -> None:
    file = await uploaded(context, alice)
    own = Words(parts=(Part(text="Hi", media=(file.model_copy(update={"as_is": True}),)),))
    composition = with_words(written(bird, words=Words(parts=(Part(text="Hi", media=(file,)),))), "chirp", own)

    found = await proof(context, alice, composition)

    assert notes(found) == [("chirp", "chirp", 0, "assets.0", "as_is")]


@pytest.mark.usefixtures("picky")
async def test_the_choice_to_leave_a_file_as_it_is_outlives_sending_opening_and_saving(
    context: Context, alice: Actor, bird: str
) -> None:
    file = (await uploaded(context, alice)).model_copy(update={"as_is": True})
    before = written(bird, words=Words(parts=(Part(text="Hi", media=(file,)),)), when=LATER)
    (post,) = (await applied(context, alice, before)).posts
    assert post["assets"][0]["fit"] is False

    composition = await opened(context, alice, post["id"])
    assert composition.words.parts[0].media[0].as_is
    assert (await save(context, alice, composition))["assets"][0]["fit"] is False

    fitting = file.model_copy(update={"as_is": False})
    again = composition.model_copy(update={"words": Words(parts=(Part(text="Hi", media=(fitting,)),))})
    change = (await opened(context, alice, post["id"])).change
    assert "fit" not in (await save(context, alice, again.model_copy(update={"change": change})))["assets"][0]


# --- a post that stands -----------------------------------------------------------------------------------------------


async def applied(context: Context, actor: Actor, composition: Composition, **options: Any) -> runs.Applied:
    found = entries(composition, await facts(context, actor))
    return await runs.apply_once(context, actor, document(composition, found, zone="UTC", now=context.now(), **options))


async def opened(context: Context, actor: Actor, post_id: str) -> Composition:
    return await context.db.read(composing.composition_of, actor, post_id, base_url=context.settings.public_base_url)


async def save(context: Context, actor: Actor, composition: Composition) -> dict[str, Any]:
    change = composition.change
    assert change is not None
    (entry,) = entries(composition, await facts(context, actor))
    return await context.db.write(
        composing.change,
        actor,
        change.post_id,
        change_of(entry, composition, change),
        settings=context.settings,
        now=context.now(),
        nudge=context.nudge,
    )


LATER = When(mode="later", wall="2026-11-25T09:15", zone="Europe/Berlin")


async def test_a_post_is_opened_as_it_was_written_and_saved_anew(context: Context, alice: Actor, bird: str) -> None:
    file = Medium(url="https://files.example/a.jpg", kind="image", name="a.jpg", alt="A hill")
    words = Words(title="News", parts=(Part(text="Hello", media=(file,)),))
    before = written(bird, words=words, when=LATER, settings={"chirp_user": {"quiet": True}})
    (post,) = (await applied(context, alice, before)).posts

    composition = await opened(context, alice, post["id"])

    assert composition.accounts == (bird,)
    assert (composition.words.title, composition.words.parts[0].text) == ("News", "Hello")
    assert composition.words.parts[0].media[0].alt == "A hill"
    assert composition.when == LATER
    assert composition.settings["chirp_user"]["quiet"] is True
    assert (await proof(context, alice, composition))["issues"] == []

    unchanged = await save(context, alice, composition)
    assert {**unchanged, "revision": 0, "updatedAt": ""} == {**post, "revision": 0, "updatedAt": ""}


async def test_a_second_window_that_saves_the_same_post_later_is_refused(
    context: Context, alice: Actor, bird: str
) -> None:
    (post,) = (await applied(context, alice, written(bird, when=LATER))).posts
    first = await opened(context, alice, post["id"])
    second = first.model_copy(update={"words": Words(parts=(Part(text="Mine"),))})
    await save(context, alice, first.model_copy(update={"words": Words(parts=(Part(text="Theirs"),))}))

    error = await refused(save(context, alice, second))

    assert error.code == "post_changed"
    seen = await opened(context, alice, post["id"])
    assert seen.words.parts[0].text == "Theirs"
    assert seen.change is not None
    change = Change(post_id=post["id"], revision=seen.change.revision, when=seen.change.when)
    saved = await save(context, alice, second.model_copy(update={"change": change}))
    assert saved["description"] == "Mine"


async def test_the_second_of_two_equal_times_is_kept_when_the_post_is_changed(
    context: Context, alice: Actor, bird: str
) -> None:
    twice = When(mode="later", wall="2027-10-31T02:30", zone="Europe/Berlin", second=True)
    (post,) = (await applied(context, alice, written(bird, when=twice))).posts
    assert post["publishAtUtc"] == "2027-10-31T01:30:00.000Z"

    composition = await opened(context, alice, post["id"])

    assert composition.when == twice
    assert (await save(context, alice, composition))["publishAtUtc"] == post["publishAtUtc"]


async def test_files_are_opened_with_the_addresses_they_have_now(context: Context, alice: Actor, bird: str) -> None:
    row = await context.db.write(
        assets.register,
        alice,
        {"objectKey": "a", "publicUrl": "https://files.example/a.png", "kind": "image", "status": "ready"},
        base_url=context.settings.public_base_url,
        now=NOON,
    )
    stale = medium_of(row).model_copy(update={"url": "http://127.0.0.1:1/old", "alt": "As written"})
    composition = written(bird, words=Words(parts=(Part(media=(stale,)),)))

    now = await context.db.read(composing.opened, alice, composition, base_url=context.settings.public_base_url)

    (file,) = now.words.parts[0].media
    assert (file.url, file.alt) == ("https://files.example/a.png", "As written")


# --- taking back --------------------------------------------------------------------------------------------------------


async def test_what_goes_out_now_can_be_taken_back_until_it_does(
    context: Context, alice: Actor, bird: str, clock: Clock
) -> None:
    made = await applied(context, alice, written(bird), undo=timedelta(seconds=5))
    assert made.posts[0]["publishAtUtc"] == "2026-11-23T12:00:05.000Z"

    back = await context.db.write(runs.take_back, alice, made.run["id"], now=clock.forward(timedelta(seconds=3)))

    assert back == {"canceled": 1, "posts": []}
    (post,) = (await context.db.read(runs.status, alice, made.run["id"]))["posts"]
    assert post["status"] == "canceled"


async def test_what_it_was_too_late_for_is_named(context: Context, alice: Actor, bird: str) -> None:
    crow = await context.db.write(add_account, alice, "crow")
    made = await applied(context, alice, written(bird, crow), undo=timedelta(seconds=5))
    gone = made.posts[0]["id"]
    await context.db.write(lambda session: setattr(session.get(posts.Post, gone), "status", "publishing"))

    back = await context.db.write(runs.take_back, alice, made.run["id"], now=NOON)

    assert (back["canceled"], [post["id"] for post in back["posts"]]) == (1, [gone])


async def test_nobody_takes_back_what_another_workspace_sends(
    context: Context, alice: Actor, bob: Actor, bird: str
) -> None:
    made = await applied(context, alice, written(bird), undo=timedelta(seconds=5))

    assert (await refused(context.db.write(runs.take_back, bob, made.run["id"], now=NOON))).code == "run_not_found"
