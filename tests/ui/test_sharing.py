"""Fifty open pages look at the database about as often as one."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from ui.sharing import shared


class Looks:
    """A question of a page, with how often it was really asked."""

    def __init__(self) -> None:
        self.count = 0
        self.screen: Any = SimpleNamespace(context=SimpleNamespace(db=Looks))
        self.wrong: Exception | None = None

    async def ask(self) -> int:
        self.count += 1
        await asyncio.sleep(0)
        if self.wrong:
            raise self.wrong
        return self.count


async def test_pages_that_ask_at_the_same_time_ask_once() -> None:
    looks = Looks()
    answers = await asyncio.gather(*(shared(looks.screen, "a", looks.ask, seconds=60) for _ in range(50)))
    assert (set(answers), looks.count) == ({1}, 1)
    assert await shared(looks.screen, "another", looks.ask, seconds=60) == 2


async def test_an_answer_that_is_too_old_for_somebody_is_asked_for_again() -> None:
    looks = Looks()
    assert await shared(looks.screen, "b", looks.ask, seconds=60) == 1
    assert await shared(looks.screen, "b", looks.ask, seconds=60) == 1
    assert await shared(looks.screen, "b", looks.ask, seconds=0) == 2
    assert await shared(looks.screen, "b", looks.ask, seconds=60) == 2, "and all hear the new one"


async def test_databases_are_told_apart() -> None:
    looks = Looks()
    await shared(looks.screen, "c", looks.ask, seconds=60)
    looks.screen.context.db = SimpleNamespace
    assert await shared(looks.screen, "c", looks.ask, seconds=60) == 2


async def test_whoever_leaves_takes_no_answer_from_the_others() -> None:
    looks = Looks()
    leaving = asyncio.create_task(shared(looks.screen, "d", looks.ask, seconds=60))
    await asyncio.sleep(0)
    staying = asyncio.create_task(shared(looks.screen, "d", looks.ask, seconds=60))
    leaving.cancel()
    assert await staying == 1


async def test_what_went_wrong_is_wrong_for_all_who_asked_and_for_nobody_later() -> None:
    looks = Looks()
    looks.wrong = RuntimeError("the database is away")
    found = await asyncio.gather(
        *(shared(looks.screen, "e", looks.ask, seconds=60) for _ in range(2)), return_exceptions=True
    )
    assert found == [looks.wrong, looks.wrong]
    looks.wrong = None
    assert await shared(looks.screen, "e", looks.ask, seconds=60) == 2
