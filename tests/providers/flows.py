"""Drives a provider's flow by hand: what the publisher does, without sending anything."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Mapping
from typing import Any, TypeAlias

from providers.contract import Call, Done, FlowError, Poll, Problem, Provider, Random, Response, Verdict, Wait

Answer: TypeAlias = Any
"""A Response (the flow's own ``read`` reads it), a Problem, a tuple of these (a poll asked again), or plain JSON."""


def drive(
    flow: Generator[Any, Any, Any],
    answers: Mapping[str, Answer],
    *,
    provider: Provider | None = None,
    seen: list[Any] | None = None,
) -> tuple[list[Any], Any]:
    """Feed each step the answer of its name. Returns the calls and polls in order, and what the flow returned.

    With a ``provider``, its ``read_error`` looks at every Response first; a problem that the call does not accept ends
    the flow with FlowError, as in the publisher. ``seen`` collects everything that was yielded (Published, Warn …).
    """
    calls: list[Any] = []
    value: Any = None
    while True:
        try:
            item = flow.send(value)
        except StopIteration as stop:
            unused = set(answers) - {call.name for call in calls}
            assert not unused, f"the flow never asked for {sorted(unused)}"
            return calls, stop.value
        if seen is not None:
            seen.append(item)
        value = None
        if isinstance(item, Call | Poll):
            assert item.name not in {call.name for call in calls}, f"{item.name} is not unique in the flow"
            assert item.name in answers, f"no answer was prepared for {item.name}: {item.request}"
            calls.append(item)
            value = (
                _polled(item, answers[item.name], provider)
                if isinstance(item, Poll)
                else _called(item, answers[item.name], provider)
            )
            json.dumps(value)  # what a step keeps must be JSON
        elif isinstance(item, Random):
            value = drawn(item)


def drawn(wanted: Random) -> str:
    """Not random, so that tests know it: the bytes of the name, over and over."""
    return base64.b64encode((wanted.name.encode() * wanted.size)[: wanted.size]).decode()


def response(
    status: int = 200, body: Any = None, *, headers: Mapping[str, str] | None = None, text: str | None = None
) -> Response:
    """An answer as the HTTP client gives it. Without a body, ``text`` is what came instead of JSON."""
    written = text if text is not None else ("" if body is None else json.dumps(body))
    return Response(
        status=status, headers={name.lower(): value for name, value in (headers or {}).items()}, json=body, text=written
    )


def _called(call: Call, answer: Answer, provider: Provider | None) -> Any:
    if isinstance(answer, Response):
        problem = provider.read_error(answer) if provider else None
        if problem is None:
            return call.read(answer)
        answer = problem
    if not isinstance(answer, Problem):
        return answer
    if answer.code in call.accepts:
        return {"problem": answer.code, "message": answer.message, "data": answer.data}
    if answer.verdict is Verdict.ALREADY_DONE:
        return answer.data
    raise FlowError(answer)


def _polled(poll: Poll, answer: Answer, provider: Provider | None) -> Any:
    for one in answer if isinstance(answer, tuple) else (answer,):
        if not isinstance(one, Response):
            return one
        outcome = (provider.read_error(one) if provider else None) or poll.read(one)
        if isinstance(outcome, Problem):
            raise FlowError(outcome)
        if isinstance(outcome, Done):
            return outcome.value
        assert isinstance(outcome, Wait)
    raise AssertionError(f"{poll.name} still waits after the last prepared answer")
