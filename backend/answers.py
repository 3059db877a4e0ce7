"""What an answer means for the call that was made: pure, the same for recorded flows and for those without steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.contract import JSON, Call, Kind, Problem, Provider, Response, Verdict

from .http import MISSING_FILE


def answer_of(provider: Provider, call: Call, response: Response) -> JSON | Problem:
    """The value for the flow, or why there is none.

    An error the flow accepts is a value. An answer that ``read`` cannot read says nothing about what happened.
    """
    problem = provider.read_error(response)
    if problem is not None:
        if problem.code and problem.code in call.accepts:
            return {"problem": problem.code, "message": problem.message, "data": problem.data}
        return problem
    if not 200 <= response.status < 300:
        return Problem(
            kind=Kind.UNKNOWN,
            verdict=Verdict.UNKNOWN,
            message=f"{provider.name} answered {response.status}.",
            code="unexpected_answer",
        )
    try:
        return call.read(response)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return Problem(
            kind=Kind.UNKNOWN,
            verdict=Verdict.UNKNOWN,
            message=f"{provider.name} gave an answer that cannot be read.",
            code="unreadable_answer",
        )


def not_sent(reason: str) -> Problem:
    if reason == MISSING_FILE:
        return Problem(
            kind=Kind.UNAVAILABLE,
            verdict=Verdict.REFUSED,
            message="A file of this post could not be found. Upload it again, or give another address.",
            code="media_unavailable",
        )
    return Problem(
        kind=Kind.UNAVAILABLE,
        verdict=Verdict.REFUSED,
        message=f"The network could not be reached: {reason}.",
        code="not_reachable",
    )


def lost_answer(reason: str) -> Problem:
    return Problem(
        kind=Kind.UNAVAILABLE,
        verdict=Verdict.UNKNOWN,
        message=f"The answer did not arrive: {reason}.",
        code="answer_lost",
    )


def accepted(value: Any) -> str | None:
    """The code when a value is an accepted problem."""
    if isinstance(value, Mapping) and "problem" in value:
        return str(value["problem"])  # pyright: ignore[reportUnknownArgumentType]
    return None
