"""What an answer means for the call that was made: pure, the same for recorded flows and for those without steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from providers.contract import JSON, App, Call, Credential, Kind, Problem, Provider, Request, Response, Verdict

from .http import MISSING_FILE


def answer_of(provider: Provider, call: Call, response: Response, secrets: Iterable[str] = ()) -> JSON | Problem:
    """The value for the flow, or why there is none. ``secrets`` are those that signed the request.

    An error the flow accepts is a value. An answer that ``read`` cannot read says nothing about what happened.
    """
    problem = provider.read_error(response)
    if problem is not None:
        problem = without_secrets(problem, secrets)
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
        value = call.read(response)
    except UNREADABLE:
        return unreadable(provider)
    return without_secrets(value, secrets) if isinstance(value, Problem) else value


# --- what nobody may read ---------------------------------------------------------------------------------------------

SHORTEST, LONGEST_CODE = 8, 80
SHORTEST_IN_ADDRESS = 24
"""Ids of posts and files are shorter."""


def secrets_of(signed: Request, credential: Credential, app: App) -> tuple[str, ...]:
    """What a request carries that must not come back in a sentence."""
    return (*credential.values.values(), app.client_secret, *_authorization(signed), *_address(signed))


def secrets_in(request: Request) -> tuple[str, ...]:
    """The same of a request for a token, whose values are all secrets or known to everybody."""
    values: Iterable[Any] = (*(request.form or {}).values(), *request.params.values())
    return (*(value for value in values if isinstance(value, str)), *_authorization(request))


def _authorization(request: Request) -> tuple[str, ...]:
    return tuple(value.rpartition(" ")[2] for name, value in request.headers.items() if name.lower() == "authorization")


def _address(request: Request) -> Iterable[str]:
    """An address that a network gave out for an upload lets whoever knows it write there: its long parts are secrets."""
    if not request.path.startswith(("https:", "http:")):
        return ()
    address = urlsplit(request.path)
    parts = (*address.path.split("/"), *(value for _, value in parse_qsl(address.query)))
    return (part for part in parts if len(part) >= SHORTEST_IN_ADDRESS)


def without_secrets(problem: Problem, secrets: Iterable[str]) -> Problem:
    """Some networks, and some proxies before them, repeat in an error what they were told. It is kept and shown."""
    forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    hidden = sorted(forms, key=len, reverse=True)

    def clean(value: JSON) -> JSON:
        if isinstance(value, str):
            for secret in hidden:
                value = value.replace(secret, "…")
            return value
        if isinstance(value, Mapping):
            return {clean(name): clean(one) for name, one in cast("Mapping[JSON, JSON]", value).items()}
        return [clean(one) for one in cast("list[JSON]", value)] if isinstance(value, list) else value

    # a code is a word; what is longer was taken from somewhere else
    code = problem.code if len(problem.code) <= LONGEST_CODE else "unexpected_answer"
    return replace(problem, message=clean(problem.message), code=clean(code), data=clean(problem.data))


def _forms(secret: str) -> tuple[str, ...]:
    return secret, quote(secret, safe=""), quote_plus(secret)


UNREADABLE = (KeyError, TypeError, ValueError, IndexError, AttributeError)
"""What reading an answer of another shape than expected comes to."""


def unreadable(provider: Provider) -> Problem:
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
