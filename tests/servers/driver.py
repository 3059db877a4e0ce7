"""Runs a provider's flow against a real server: what the publisher does, without a database and without retries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.calls import draw
from backend.http import Outgoing
from providers.contract import (
    App,
    Call,
    Credential,
    Done,
    Effect,
    FlowError,
    Poll,
    Provider,
    Random,
    Request,
    Response,
)


@dataclass(frozen=True)
class Files:
    """Assets in memory."""

    contents: Sequence[bytes] = ()

    def size(self, position: int) -> int:
        return len(self.contents[position])

    async def read(self, position: int, start: int, stop: int) -> AsyncIterator[bytes]:
        yield self.contents[position][start:stop]

    def url(self, position: int, variant: str | None) -> str:
        raise NotImplementedError("these files have no address")


@dataclass(frozen=True)
class Driver:
    """Problems that a call does not accept are raised as FlowError, transport errors as the client raises them."""

    provider: Provider
    credential: Mapping[str, str]
    private_host: str
    calls: list[str] = field(default_factory=list)

    def run(self, flow: Generator[Any, Any, Any], files: Sequence[bytes] = ()) -> Any:
        value: Any = None
        while True:
            try:
                call = flow.send(value)
            except StopIteration as stop:
                return stop.value
            if isinstance(call, Call):
                self.calls.append(call.name)
                value = self._answer(call, Files(tuple(files)))
            elif isinstance(call, Poll):
                self.calls.append(call.name)
                value = self._looked(call)
            elif isinstance(call, Random):
                value = draw(call)

    def _answer(self, call: Call, files: Files) -> Any:
        response = self._send(call.request, files)
        problem = self.provider.read_error(response)
        if problem is None:
            return call.read(response)
        if problem.code in call.accepts:
            return {"problem": problem.code, "message": problem.message, "data": problem.data}
        raise FlowError(problem)

    def _looked(self, poll: Poll) -> Any:
        """Once: what is not done then is a mistake of the test."""
        done = self._answer(Call(poll.name, poll.request, Effect.READ, read=lambda answer: poll.read(answer)), Files())
        assert isinstance(done, Done), f"{poll.name} is not done: {done}"
        return done.value

    def _send(self, request: Request, files: Files) -> Response:
        async def sent() -> Response:
            async with Outgoing(allow_private_hosts=[self.private_host]) as outgoing:
                signed = self.provider.sign(request, Credential(self.credential), App())
                return await outgoing.send(signed, bases=self.provider.hosts, assets=files, fresh_connection=True)

        return asyncio.run(sent())
