"""Flows without recorded steps: verify, identify, delete, metrics, questions. Repeating them does no harm."""

from __future__ import annotations

import asyncio
import base64
import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from providers.contract import (
    JSON,
    App,
    Call,
    Credential,
    Done,
    Effect,
    Flow,
    FlowError,
    Kind,
    Poll,
    Problem,
    Provider,
    Random,
    Request,
    Verdict,
    Wait,
)

from . import credentials
from .answers import UNREADABLE, answer_of, lost_answer, not_sent, secrets_of, unreadable
from .context import Context
from .http import AssetSource, LostAnswer, NotSent

R = TypeVar("R")

log = logging.getLogger(__name__)

MOST_CALLS = 200


class CallFailed(Exception):
    """``signed``: which token signed the call that failed, where an account's did."""

    def __init__(self, problem: Problem, signed: credentials.Version | None = None) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.signed = signed


async def run_flow(
    context: Context,
    provider: Provider,
    flow: Flow[R],
    *,
    credential: Credential,
    app: App,
    bases: Mapping[str, str],
    assets: AssetSource | None = None,
) -> R:
    """Drive a flow to its end. Raises CallFailed."""
    answer: JSON = None
    for _ in range(MOST_CALLS):
        try:
            item = flow.send(answer)
        except StopIteration as stop:
            return stop.value
        except FlowError as error:
            raise CallFailed(error.problem) from error
        except UNREADABLE as error:
            log.warning("a flow of %s could not read an answer", provider.id, exc_info=True)
            raise CallFailed(unreadable(provider)) from error
        if isinstance(item, Call):
            answer = await _call(context, provider, item, credential, app, bases, assets)
        elif isinstance(item, Poll):
            answer = await _poll(context, provider, item, credential, app, bases)
        elif isinstance(item, Random):
            answer = draw(item)
        else:
            answer = None
    raise CallFailed(
        Problem(kind=Kind.UNKNOWN, verdict=Verdict.UNKNOWN, message=f"{provider.name} did not come to an end.")
    )


def draw(wanted: Random) -> str:
    return base64.b64encode(secrets.token_bytes(wanted.size)).decode()


async def _call(
    context: Context,
    provider: Provider,
    call: Call,
    credential: Credential,
    app: App,
    bases: Mapping[str, str],
    assets: AssetSource | None,
) -> Any:
    outcome = await _send(context, provider, call.request, call, credential, app, bases, assets)
    if isinstance(outcome, Problem):
        if outcome.verdict is Verdict.ALREADY_DONE:
            return outcome.data
        raise CallFailed(outcome)
    return outcome


async def _poll(
    context: Context, provider: Provider, poll: Poll, credential: Credential, app: App, bases: Mapping[str, str]
) -> Any:
    probe = Call(poll.name, poll.request, Effect.READ, read=lambda response: poll.read(response))
    while context.now() < poll.until:
        outcome = await _send(context, provider, poll.request, probe, credential, app, bases, None)
        if isinstance(outcome, Done):
            return outcome.value
        if isinstance(outcome, Problem):
            raise CallFailed(outcome)
        await asyncio.sleep(outcome.seconds if isinstance(outcome, Wait) else 1.0)
    raise CallFailed(
        Problem(kind=Kind.UNAVAILABLE, verdict=Verdict.UNKNOWN, message=f"{provider.name} did not finish in time.")
    )


async def _send(
    context: Context,
    provider: Provider,
    request: Request,
    call: Call,
    credential: Credential,
    app: App,
    bases: Mapping[str, str],
    assets: AssetSource | None,
) -> Any:
    try:
        signed = provider.sign(request, credential, app)
        response = await context.http.send(
            signed, bases=bases, assets=assets, timeout=context.settings.call_timeout_seconds
        )
    except NotSent as error:
        return not_sent(error.reason)
    except LostAnswer as error:
        return lost_answer(error.reason)
    return answer_of(provider, call, response, secrets_of(signed, credential, app))


async def run_for_account(context: Context, account_id: str, provider: Provider, make: Callable[[], Flow[R]]) -> R:
    """A flow signed by an account. A login that the network refuses is renewed once, and the flow made anew.

    Raises CallFailed.
    """
    renewed = False
    while True:
        try:
            credential, app, signed = await credentials.access(context, account_id)
        except credentials.NoAccess as none:
            raise CallFailed(none.problem) from none
        try:
            bases = context.settings.provider_hosts(provider)
            return await run_flow(context, provider, make(), credential=credential, app=app, bases=bases)
        except CallFailed as failed:
            signed_failure = CallFailed(failed.problem, signed)
            if failed.problem.kind is not Kind.AUTH or renewed:
                raise signed_failure from failed
            renewed = True
            if not await credentials.refresh_refused(context, account_id, signed):
                raise signed_failure from failed
