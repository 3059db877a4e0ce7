"""Answers in which the network says exactly what is wrong, and the providers that take it at its word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from providers.contract import Flow, Identity, Kind, OAuth2, Problem, Provider, Response, Scope, Verdict

from .scripted import CHIRPER, MUTE, Behaviour, answering, read_error


def saying(
    kind: Kind,
    *,
    verdict: Verdict = Verdict.REFUSED,
    scope: Scope = Scope.ACCOUNT,
    retry_after: float | None = None,
    code: str = "",
) -> Behaviour:
    told: dict[str, Any] = {"kind": kind, "verdict": verdict, "scope": scope, "after": retry_after, "code": code}
    return answering(400, problem=told)


def read_problem(answer: Response) -> Problem | None:
    told = body(answer).get("problem")
    if told is None:
        return read_error(answer)
    return Problem(
        kind=told["kind"],
        verdict=told["verdict"],
        message="The network gave its reason.",
        code=told["code"],
        retry_after=told["after"],
        scope=told["scope"],
    )


def body(answer: Response) -> Any:
    return answer.json


def with_bots(provider: Provider) -> Provider:
    """Of the account ``red.one``, ``red`` is the bot: its accounts share the limits of one credential."""

    login = cast("OAuth2", provider.connect)

    def identify() -> Flow[tuple[Identity, ...]]:
        found = yield from login.identify()
        return tuple(replace(one, credential_key=one.external_id.partition(".")[0]) for one in found)

    return replace(provider, connect=replace(login, identify=identify))


OUTSPOKEN = replace(CHIRPER, read_error=read_problem)
OUTSPOKEN_MUTE = replace(MUTE, read_error=read_problem)
