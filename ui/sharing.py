"""Open pages ask the same things of the database again and again: who asks first asks for all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from .run import Screen

R = TypeVar("R")
KEPT = 60.0
"""Seconds after which nobody asks for an answer any more."""


class _Answer(NamedTuple):
    at: float
    """By the loop's clock: when it was asked for."""
    coming: asyncio.Future[Any]


_answers: WeakKeyDictionary[Any, dict[Hashable, _Answer]] = WeakKeyDictionary()
"""By database. Its answers belong to the one loop on which pages live."""


async def shared(screen: Screen, key: Hashable, ask: Callable[[], Awaitable[R]], *, seconds: float) -> R:
    """What ``ask`` answers, or answered another page with this ``key`` less than so many seconds ago; 0 asks anew, for
    all. The key has to name everything that the answer depends on, the workspace or the person among it."""
    known = _answers.setdefault(screen.context.db, {})
    now = asyncio.get_running_loop().time()
    found = known.get(key)
    if found is None or found.at + seconds <= now or _failed(found):
        for old in [old for old, answer in known.items() if answer.coming.done() and answer.at + KEPT < now]:
            del known[old]
        found = known[key] = _Answer(now, asyncio.ensure_future(ask()))
    return await asyncio.shield(found.coming)


def _failed(answer: _Answer) -> bool:
    return answer.coming.done() and (answer.coming.cancelled() or answer.coming.exception() is not None)
