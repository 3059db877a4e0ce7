"""Random bytes that a flow asks for: drawn once, the same after a crash, and a secret."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

from providers.contract import Call, Effect, Flow, Job, Kind, Problem, Published, Random, Request, Response, Verdict

from .problems import body
from .scripted import CHIRPER, Place, only_known, read_error, response, until


def publish(job: Job) -> Flow[Published]:
    key = yield Random("key", 32)
    said = {"account": job.account.external_id, "text": job.text, "parent": None, "key": key}
    yield Call(
        "draft", Request("POST", "/drafts", json=said), Effect.REPEATABLE, read=lambda answer: body(answer)["id"]
    )
    made = Request("POST", "/posts", json=said)
    return Published(id=(yield Call("create", made, Effect.ONCE, read=lambda answer: body(answer)["id"])))


def repeating(answer: Response) -> Problem | None:
    said = body(answer).get("said")
    if said is None:
        return read_error(answer)
    return Problem(kind=Kind.UNKNOWN, verdict=Verdict.REFUSED, message=f"I do not like {said}.", code="disliked")


DRAWING = replace(CHIRPER, publish=publish, read_error=repeating)


def keys(place: Place) -> list[str]:
    return [call.values["key"] for call in place.network.seen if "key" in call.values]


async def test_what_was_drawn_is_the_same_after_a_crash_and_another_for_another_post(either: Place) -> None:
    (handle,) = await either.connect()

    async def repeats_what_it_was_told(do: Callable[[], Response]) -> Response:
        return response(400, said=keys(either)[-1])

    either.network.next("POST /posts", repeats_what_it_was_told)
    with only_known(DRAWING):
        first = await either.post(handle, "Hello")
        async with either.working() as dying:
            await either.until("retry_pending", first)
            await dying.kill()
        refused = await either.read(first)
        either.clock.forward(hours=1)
        async with either.working():
            await either.published(first)
            second = await either.post(handle, "Later")
            await either.published(second)

    assert len(keys(either)) == 5
    assert len(set(keys(either)[:3])) == 1
    assert len(set(keys(either))) == 2
    assert [len(base64.b64decode(key)) for key in set(keys(either))] == [32, 32]
    assert refused["error"] == "I do not like …."


async def test_nothing_that_was_drawn_stands_in_the_database(place: Place) -> None:
    (handle,) = await place.connect()
    with only_known(DRAWING):
        post_id = await place.post(handle, "Hello")
        async with place.working():
            await place.published(post_id)
            await until(lambda: len(keys(place)) == 2)

    folder = place.context.settings.data_dir
    written = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert b"Hello" in written
    assert keys(place)[0].encode() not in written
    assert base64.b64decode(keys(place)[0]) not in written
