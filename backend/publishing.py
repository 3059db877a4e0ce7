"""The publisher: claims due posts, drives their flows, writes down each step, and says how it ended.

One asyncio loop in a thread of its own drives many flows at once. No transaction is open while a request is on its way.
The order around a ONCE is the heart: sign, commit the intent, send on a fresh connection. No commit, no send; and once the
intent is committed, only "never left this machine" or a definite no of the network takes it back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from providers.contract import (
    JSON,
    Absent,
    Accepted,
    Call,
    Done,
    Doubt,
    Effect,
    FlowError,
    Found,
    Kind,
    Poll,
    Problem,
    Provider,
    Published,
    Random,
    Reconciled,
    Request,
    Unclear,
    Verdict,
    Wait,
    Warn,
)

from . import claims, credentials, fits, limits, outcomes, recording, snapshots
from .answers import answer_of, lost_answer, not_sent, secrets_of
from .calls import CallFailed, draw, run_for_account
from .context import Context
from .errors import AppError
from .http import LostAnswer, NotSent
from .ids import new_id
from .models import Account, Attempt, Connection, Post, Worker
from .outcomes import Hold, LeaseLost, Refusal
from .post_assets import PostAssets, pin
from .recording import Recorded, Work
from .status import Reconciliation

log = logging.getLogger(__name__)

INTENT_TO_FIRST_BYTE = 5.0
"""Seconds. A longer pause between the committed intent and the send means the machine slept: the row is given up."""
POLL_AFTER_ERROR = 5.0
TOGETHER = 0.04
"""Seconds. Flows that end within this free their accounts together: each look at the rows costs milliseconds."""
LONGEST_BACKOFF = 900.0
QUOTA_WAIT = 900.0
MOST_RESTARTS = 20

FIT_PATIENCE = 2.0
"""Seconds that a post waits for its files with its account in hand; pictures are done by then."""
FIT_LOOK = 10.0
"""Seconds. Whoever has made a file hastens the posts that wait for it: this is for those whose maker died, and whose
lease may have run out before."""

_GIVEN_UP: JSON = object()

FAILS_AT_ONCE = frozenset({Kind.PERMISSION, Kind.INVALID_CONTENT, Kind.MEDIA_REJECTED, Kind.NOT_FOUND, Kind.DUPLICATE})
COSTS_NO_TRY = frozenset({Kind.RATE_LIMITED, Kind.QUOTA, Kind.UNAVAILABLE, Kind.AUTH})


class Publisher:
    """``run`` until ``stop``. ``at`` is told every point that a crash could separate; tests stop the world there."""

    def __init__(
        self, context: Context, *, concurrency: int | None = None, at: Callable[[str, str], None] | None = None
    ) -> None:
        self.context = context
        self.owner = new_id("worker", context.now())
        self.concurrency = concurrency or context.settings.concurrency
        self.at = at or _nowhere
        self.stopping = False
        self._wake = asyncio.Event()
        self._flows: set[asyncio.Task[None]] = set()
        self._fits: dict[str, asyncio.Task[None]] = {}
        """Posts whose files are being made to fit."""
        self._hastening: set[asyncio.Task[None]] = set()
        self._look_again: asyncio.TimerHandle | None = None
        self._locks = context.settings.data_dir / "workers"

    # --- the loop -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        lock = claims.OwnerLock(self._locks, self.owner)
        await self.context.db.write(_register, self.owner, self.concurrency, self.context.now())
        heartbeat = asyncio.create_task(self._heartbeat())
        try:
            while not self.stopping:
                await self._turn()
            await self._drain()
            await self.context.db.write(claims.free, self.owner, self.context.now())
        finally:
            heartbeat.cancel()
            for making in self._fits.values():
                making.cancel()
            await asyncio.gather(*self._fits.values(), return_exceptions=True)
            lock.release()

    def wake(self) -> None:
        """From the publisher's own loop; other threads use ``loop.call_soon_threadsafe``."""
        self._wake.set()

    def stop(self) -> None:
        """No new claims; what is in flight finishes its present request and is handed back."""
        self.stopping = True
        self._wake.set()

    async def _turn(self) -> None:
        self._wake.clear()
        now = self.context.now()
        try:
            next_at = await self._claim(now)
        except Exception:
            log.exception("claiming failed; the next look is in a moment")
            next_at = None
        wait = self.context.settings.poll_seconds
        if next_at is not None:
            wait = min(wait, max(0.0, (next_at - self.context.now()).total_seconds()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), wait)

    async def _claim(self, now: datetime) -> datetime | None:
        settings = self.context.settings
        slots = self.concurrency - len(self._flows)
        if slots <= 0:
            return None
        found = await self.context.db.write(
            claims.claim,
            owner=self.owner,
            slots=slots,
            now=now,
            lease=timedelta(seconds=settings.lease_seconds),
            grace=timedelta(seconds=settings.grace_seconds),
        )
        for claimed in found.posts:
            hold = Hold(post_id=claimed.post_id, owner=self.owner, fence=claimed.fence)
            task = asyncio.create_task(self._drive(hold), name=claimed.post_id)
            self._flows.add(task)
            task.add_done_callback(self._ended)
        return found.next_at

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._flows.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("driving %s failed", task.get_name(), exc_info=task.exception())
        if self._look_again is None:
            self._look_again = asyncio.get_running_loop().call_later(TOGETHER, self._after_ends)

    def _after_ends(self) -> None:
        self._look_again = None
        self._wake.set()

    async def _drain(self) -> None:
        if self._flows:
            await asyncio.wait(self._flows, timeout=self.context.settings.call_timeout_seconds)

    async def _heartbeat(self) -> None:
        lease = timedelta(seconds=self.context.settings.lease_seconds)
        free_dead = True
        while True:
            try:
                if free_dead:
                    await self.free_dead_owners()
                await self.context.db.write(self._beat, lease)
            except Exception:
                log.exception("the heartbeat could not be written")
            await asyncio.sleep(min(lease.total_seconds() / 3, 5.0))

    def _beat(self, session: Session, lease: timedelta) -> None:
        now = self.context.now()
        settings = self.context.settings
        claims.renew(session, self.owner, now, lease)
        claims.sweep(
            session, now, timedelta(seconds=settings.grace_seconds), timedelta(seconds=settings.follow_seconds)
        )

    async def free_dead_owners(self) -> None:
        """Posts of workers that died are due again; those of a living one are never touched."""
        now = self.context.now()
        for owner, until in await self.context.db.read(claims.owners):
            if owner == self.owner:
                continue
            alive = claims.is_alive(self._locks, owner)
            if alive is False or (alive is None and until < now):
                freed = await self.context.db.write(claims.free, owner, now)
                log.warning("worker %s is gone; %d of its posts go on here", owner, freed)
                self._wake.set()

    # --- one post -----------------------------------------------------------------------------------------------------

    async def _drive(self, hold: Hold) -> None:
        self.at("claimed", hold.post_id)
        try:
            work = await self._begin(hold)
            self.at("begun", hold.post_id)
            if work.unpinned:
                await pin(self.context, hold.post_id)
                work = await self._begin(hold)
            if work.unfitted:
                fitted = await self._fitted(work)
                if fitted is None:
                    return
                work = fitted
            if work.doubted is not None:
                settled = await self._settle(work, work.doubted)
                if settled is None:
                    return
                work = settled
            await _Drive(self, work).run()
        except LeaseLost:
            log.warning("post %s has another owner now", hold.post_id)
        except Exception:
            log.exception("driving %s broke", hold.post_id)
            await self.context.db.write(_broke, self.context, hold)

    async def _begin(self, hold: Hold) -> Work:
        now = self.context.now()
        grace = timedelta(seconds=self.context.settings.grace_seconds)
        base_url = self.context.settings.public_base_url
        return await self.context.db.write(recording.begin, hold, self.context.sealer, now, grace, base_url)

    async def _fitted(self, work: Work) -> Work | None:
        """The work with files as the network takes them; None when the post was handed back until they are there.

        Films take minutes: meanwhile the account is free for other posts. What is being made goes on in a task of its own.
        """
        post_id = work.hold.post_id
        making = self._fits.get(post_id)
        if making is None:
            making = self._fits[post_id] = asyncio.create_task(fits.fit(self.context, post_id, self.at), name=post_id)
            making.add_done_callback(self._fit_ended)
        done, _ = await asyncio.wait({making}, timeout=FIT_PATIENCE)
        if not done:
            await self._look_at_fit_later(work)
            making.add_done_callback(self._waited_for)  # only now: what comes earlier would be written over
            return None
        try:
            making.result()
        except fits.Busy:
            await self._look_at_fit_later(work)
            return None
        except (fits.FitFailed, AppError) as failed:
            await _Drive(self, work).end(_unfit(failed))
            return None
        return await self._begin(work.hold)

    def _fit_ended(self, making: asyncio.Task[None]) -> None:
        """What came of it is in the rows: whoever drives the post next finds it there."""
        self._fits.pop(making.get_name(), None)
        if not making.cancelled():
            making.exception()
        self._wake.set()

    def _waited_for(self, making: asyncio.Task[None]) -> None:
        hastening = asyncio.ensure_future(self._hasten(making.get_name()))
        self._hastening.add(hastening)
        hastening.add_done_callback(self._hastening.discard)

    async def _hasten(self, post_id: str) -> None:
        await self.context.db.write(fits.hasten, [post_id], self.context.now())
        self._wake.set()

    async def _look_at_fit_later(self, work: Work) -> None:
        now = self.context.now()
        wait = timedelta(seconds=min(FIT_LOOK, self.context.settings.lease_seconds))
        await self.context.db.write(outcomes.hand_back, work.hold, now + wait, now)

    async def _settle(self, work: Work, step: Recorded) -> Work | None:
        """A ONCE that nobody knows the outcome of. Returns the work when the flow may go on at its ONCE."""
        now = self.context.now()
        if work.provider.reconcile is None:
            await self.context.db.write(
                outcomes.unknown, work.hold, Reconciliation.UNSUPPORTED, _cannot_ask(work.provider), now
            )
            return None
        try:
            answer = await ask(self.context, work, step)
        except CallFailed as failed:
            await self._asking_failed(work, failed.problem, failed.signed)
            return None
        self.at("asked", work.hold.post_id)
        return await self.context.db.write(_decide, self.context, work, step, answer)

    async def _asking_failed(self, work: Work, problem: Problem, signed: credentials.Version | None) -> None:
        """No answer is not an answer: ask again later, as often as it takes."""
        now = self.context.now()
        if problem.kind is Kind.AUTH and signed is not None:
            await credentials.needs_reconnect(self.context, work.account_id, problem.message, signed)
        later = now + timedelta(seconds=max(problem.retry_after or 0.0, 30.0 * self.context.settings.settle_scale))
        await self.context.db.write(outcomes.ask_again, work.hold, later, work.asked, now)


class _Drive:
    """One flow of one post, from its first call to its outcome or to the moment it is handed back."""

    def __init__(self, publisher: Publisher, work: Work) -> None:
        self.publisher = publisher
        self.context = publisher.context
        self.work = work
        self.steps = dict(work.steps)
        self.bases = self.context.settings.provider_hosts(work.provider)
        self.assets = PostAssets(self.context, work.job)
        self.position = 0
        self.refreshed = False
        self.signed: credentials.Version | None = None
        """Which token signed the latest call; None when there was none to sign it with."""
        self.drawn: list[str] = []
        """Random values that the flow was given: secrets, like those that sign."""
        self.published = False
        self.unwritten: Callable[[Session], None] | None = None
        """The answer of a ONCE, not yet committed: it goes into the transaction of the outcome."""

    async def run(self) -> None:
        flow = self.work.provider.publish(self.work.job)
        answer: JSON = None
        while True:
            try:
                item = flow.send(answer)
            except StopIteration as stop:
                await self._finish(stop.value)
                return
            except FlowError as error:
                await self.end(error.problem)
                return
            except Exception:
                log.exception("the flow of %s broke", self.work.provider.id)
                await self.end(_broken(past_once=self._past_once))
                return
            if isinstance(item, Published):
                await self._publish(item, keep_lease=True)
                answer = None
                continue
            await self._flush()
            if isinstance(item, Call | Poll | Random) and self.publisher.stopping and item.name not in self.steps:
                await self._hand_back(self.context.now())
                return
            carry_on, answer = await self._do(item)
            if not carry_on:
                return

    async def _do(self, item: Call | Poll | Random | Accepted | Warn) -> tuple[bool, JSON]:
        """Whether the flow goes on, and with which answer."""
        if isinstance(item, Accepted):
            await self.context.db.write(outcomes.accept, self.work.hold, item.id, self.context.now())
            return True, None
        if isinstance(item, Warn):
            await self.context.db.write(outcomes.warn, self.work.hold.post_id, item.message, self.context.now())
            return True, None
        self.position += 1
        digest = snapshots.digest(item if isinstance(item, Random) else item.request)
        recorded = self.steps.get(item.name)
        if recorded is not None and recorded.answered and recorded.digest != digest:
            await self._changed_underneath()
            return False, None
        usable = recorded is not None and recorded.usable(self.context.now())
        if isinstance(item, Random):
            drawn = str(recorded.answer) if recorded is not None and usable else draw(item)
            self.drawn.append(drawn)
            if not usable:
                await self._keep(item, digest, drawn)
            return True, drawn
        if recorded is not None and usable:
            return True, recorded.answer
        return await (self._poll(item, digest) if isinstance(item, Poll) else self._call(item, digest))

    # --- calls --------------------------------------------------------------------------------------------------------

    async def _call(self, call: Call, digest: str) -> tuple[bool, JSON]:
        while True:
            outcome = (
                await self._send_once(call, digest)
                if call.effect is Effect.ONCE
                else await self._send(call.request, call)
            )
            if outcome is _GIVEN_UP:
                return False, None
            if not isinstance(outcome, Problem):
                await self._keep(call, digest, outcome)
                return True, outcome
            if outcome.verdict is Verdict.ALREADY_DONE:
                await self._keep(call, digest, outcome.data)
                return True, outcome.data
            if outcome.kind is Kind.AUTH and outcome.verdict is Verdict.REFUSED and await self._refresh():
                continue
            if self.published:
                await self._warn_after(outcome)
                return False, None
            if call.effect is Effect.ONCE and outcome.verdict is Verdict.UNKNOWN:
                await self._doubt(call, outcome)
            else:
                await self.end(outcome, withdraw=call.name if call.effect is Effect.ONCE else None)
            return False, None

    async def _send(self, request: Request, call: Call) -> JSON | Problem:
        try:
            signed, secrets = await self._sign(request)
        except credentials.NoAccess as none:
            return none.problem
        self.publisher.at(f"sending:{call.name}", self.work.hold.post_id)
        try:
            response = await self.context.http.send(
                signed, bases=self.bases, assets=self.assets, timeout=self.context.settings.call_timeout_seconds
            )
        except NotSent as error:
            return not_sent(str(error))
        except LostAnswer as error:
            return lost_answer(str(error))
        self.publisher.at(f"answered:{call.name}", self.work.hold.post_id)
        return answer_of(self.work.provider, call, response, secrets)

    async def _send_once(self, call: Call, digest: str) -> JSON | Problem:
        """``_GIVEN_UP``: nothing was sent, and the post was handed back."""
        try:
            signed, secrets = await self._sign(call.request)
        except credentials.NoAccess as none:
            return none.problem
        self.publisher.at(f"intending:{call.name}", self.work.hold.post_id)
        intended_at = self.context.now()
        wall, monotonic = intended_at, time.monotonic()
        await self.context.db.write(recording.intend, self.work, call, digest, self.position, intended_at)
        self.steps[call.name] = _intended(call, digest, intended_at)
        if max((self.context.now() - wall).total_seconds(), time.monotonic() - monotonic) > INTENT_TO_FIRST_BYTE:
            await self.context.db.write(_withdraw_and_hand_back, self.work, call.name, self.context.now())
            return _GIVEN_UP
        self.publisher.at(f"intended:{call.name}", self.work.hold.post_id)
        try:
            response = await self.context.http.send(
                signed,
                bases=self.bases,
                assets=self.assets,
                fresh_connection=True,
                timeout=self.context.settings.call_timeout_seconds,
            )
        except NotSent as error:
            return not_sent(str(error))
        except LostAnswer as error:
            return lost_answer(str(error))
        self.publisher.at(f"answered:{call.name}", self.work.hold.post_id)
        return answer_of(self.work.provider, call, response, secrets)

    async def _keep(self, call: Call | Random, digest: str, answer: JSON) -> None:
        now = self.context.now()
        self.steps[call.name] = _answered(call, digest, answer, now)
        if call.effect is Effect.ONCE:
            work, sealer, position = self.work, self.context.sealer, self.position
            self.unwritten = lambda session: recording.put_answer(
                session, work, sealer, call, digest, position, answer, now
            )
            return
        await self.context.db.write(
            recording.record, self.work, self.context.sealer, call, digest, self.position, answer, now
        )
        self.publisher.at(f"recorded:{call.name}", self.work.hold.post_id)

    async def _flush(self) -> None:
        if self.unwritten is not None:
            await self.context.db.write(_written, self.work.hold, self.unwritten, self.context.now())
            self.unwritten = None
            self.publisher.at("recorded:once", self.work.hold.post_id)

    # --- polls --------------------------------------------------------------------------------------------------------

    async def _poll(self, poll: Poll, digest: str) -> tuple[bool, JSON]:
        probe = Call(poll.name, poll.request, Effect.READ, read=lambda response: poll.read(response))
        outcome = await self._send(poll.request, probe)
        if isinstance(outcome, Problem) and outcome.kind is Kind.AUTH and await self._refresh():
            outcome = await self._send(poll.request, probe)
        if isinstance(outcome, Problem) and outcome.kind in (Kind.RATE_LIMITED, Kind.UNAVAILABLE, Kind.UNKNOWN):
            outcome = Wait(outcome.retry_after or POLL_AFTER_ERROR)
        if isinstance(outcome, Done):
            await self._keep(probe, digest, outcome.value)
            return True, outcome.value
        if isinstance(outcome, Wait):
            await self._wait(poll, outcome.seconds)
        elif isinstance(outcome, Problem):
            await self.end(outcome)
        return False, None

    async def _wait(self, poll: Poll, seconds: float) -> None:
        now = self.context.now()
        at = now + timedelta(seconds=max(seconds * self.context.settings.poll_scale, 0.05))
        if at <= poll.until:
            await self._hand_back(at)
        elif self._past_once:
            message = f"{self.work.provider.name} took the post but did not confirm it in time. Look there and say what you see."
            await self.context.db.write(outcomes.unknown, self.work.hold, Reconciliation.FAILED, message, now)
        else:
            late = Problem(
                kind=Kind.UNAVAILABLE,
                verdict=Verdict.STALE,
                message=f"{self.work.provider.name} did not finish in time.",
                code="processing_timeout",
            )
            await self.end(late)

    # --- ends ---------------------------------------------------------------------------------------------------------

    async def _finish(self, published: Published | None) -> None:
        if published is None or self.published:
            await self._flush()
            await self.context.db.write(outcomes.let_go, self.work.hold, self.context.now())
            return
        await self._publish(published, keep_lease=False)

    async def _publish(self, published: Published, *, keep_lease: bool) -> None:
        url = self.work.provider.post_url(published.id, self.work.job.account)
        now = self.context.now()
        await self.context.db.write(
            _published, self.work.hold, self.unwritten, published, url, now, keep_lease=keep_lease
        )
        self.unwritten = None
        self.published = True
        self.publisher.at("published", self.work.hold.post_id)

    async def _warn_after(self, problem: Problem) -> None:
        now = self.context.now()
        await self.context.db.write(outcomes.warn, self.work.hold.post_id, problem.message, now)
        await self.context.db.write(outcomes.let_go, self.work.hold, now)

    async def _doubt(self, call: Call, problem: Problem) -> None:
        provider, now = self.work.provider, self.context.now()
        if provider.reconcile is None:
            await self.context.db.write(
                outcomes.unknown,
                self.work.hold,
                Reconciliation.UNSUPPORTED,
                _cannot_ask(provider, problem.message),
                now,
            )
            return
        ask_at = now + timedelta(seconds=provider.settle[0] * self.context.settings.settle_scale)
        await self.context.db.write(outcomes.doubt, self.work.hold, problem.message, ask_at, now)

    async def end(self, problem: Problem, withdraw: str | None = None) -> None:
        """The try is over without a post. ``withdraw`` names a ONCE that certainly did not happen."""
        now = self.context.now()
        if problem.kind is Kind.AUTH and self.signed is not None:
            await credentials.needs_reconnect(self.context, self.work.account_id, problem.message, self.signed)
        await self.context.db.write(
            _end, self.context, self.work, problem, withdraw if withdraw in self.steps else None, self._past_once, now
        )
        self.publisher.at("ended", self.work.hold.post_id)

    async def _hand_back(self, at: datetime) -> None:
        await self._flush()
        await self.context.db.write(outcomes.hand_back, self.work.hold, at, self.context.now())

    async def _changed_underneath(self) -> None:
        """The code or its constants changed since a step was recorded."""
        now = self.context.now()
        if any(step.effect is Effect.ONCE for step in self.steps.values()):
            message = "The program changed while this post was on its way. Look at the network and say what you see."
            await self.context.db.write(outcomes.unknown, self.work.hold, Reconciliation.FAILED, message, now)
        else:
            await self.context.db.write(outcomes.start_over, self.work.hold, now)

    # --- credentials ----------------------------------------------------------------------------------------------------

    async def _sign(self, request: Request) -> tuple[Request, tuple[str, ...]]:
        """The request as it goes out, and the secrets in it."""
        self.signed = None
        credential, app, self.signed = await credentials.access(self.context, self.work.account_id)
        signed = self.work.provider.sign(request, credential, app)
        return signed, (*secrets_of(signed, credential, app), *self.drawn)

    async def _refresh(self) -> bool:
        """A new token, once per drive; False when there is none to be had."""
        if self.refreshed or self.signed is None:
            return False
        self.refreshed = True
        return await credentials.refresh_refused(self.context, self.work.account_id, self.signed)

    @property
    def _past_once(self) -> bool:
        return any(step.effect is Effect.ONCE and step.answered for step in self.steps.values())


def _nowhere(point: str, post_id: str) -> None:
    pass


# --- asking the network ------------------------------------------------------------------------------------------------


async def ask(context: Context, work: Work, step: Recorded) -> Reconciled:
    """What the network shows of a post whose outcome is unknown. Raises CallFailed."""
    reconcile = work.provider.reconcile
    assert reconcile is not None
    doubt = Doubt(
        step=step.name,
        intended_at=step.intended_at or work.job.started_at,
        answers={name: other.answer for name, other in work.steps.items() if other.answered},
    )
    return await run_for_account(context, work.account_id, work.provider, lambda: reconcile(work.job, doubt))


def _decide(session: Session, context: Context, work: Work, step: Recorded, answer: Reconciled) -> Work | None:
    """Found counts at once, absent only at the last ask."""
    now, settle = context.now(), work.provider.settle
    if isinstance(answer, Found):
        free = [candidate for candidate in answer.candidates if not owned(session, work, candidate.id)]
        if free:
            url = work.provider.post_url(free[0].id, work.job.account)
            outcomes.publish(session, work.hold, free[0], url, now, keep_lease=False)
            return None
        answer = Absent()
    if work.asked + 1 < len(settle):
        intended = step.intended_at or now
        at = max(now, intended + timedelta(seconds=settle[work.asked + 1] * context.settings.settle_scale))
        outcomes.ask_again(session, work.hold, at, work.asked + 1, now)
        return None
    if isinstance(answer, Unclear):
        outcomes.unknown(session, work.hold, Reconciliation.FAILED, answer.reason, now)
        return None
    recording.withdraw(session, work, step.name, now)
    if work.tries + 1 >= context.settings.max_tries:
        refusal = Refusal(
            code="publish_absent", message="It was sent several times and never appeared.", retryable=True
        )
        outcomes.fail(session, work.hold, refusal, now)
        return None
    outcomes.proven_absent(session, work.hold, now)
    remaining = {name: other for name, other in work.steps.items() if name != step.name}
    return replace(work, steps=remaining, intent=None, tries=work.tries + 1)


def owned(session: Session, work: Work, provider_post_id: str) -> bool:
    return is_owned(session, session.get_one(Account, work.account_id), provider_post_id, work.hold.post_id)


def is_owned(session: Session, account: Account, provider_post_id: str, post_id: str) -> bool:
    """Another row than ``post_id`` already stands for this post at the network."""
    return (
        session.scalar(
            select(Post.id)
            .join(Account, Account.id == Post.account_id)
            .where(
                Account.provider == account.provider,
                Account.external_id == account.external_id,
                Post.provider_post_id == provider_post_id,
                Post.id != post_id,
            )
            .limit(1)
        )
        is not None
    )


# --- transactions --------------------------------------------------------------------------------------------------------


def _register(session: Session, owner: str, concurrency: int, now: datetime) -> None:
    session.add(
        Worker(
            id=owner,
            host=socket.gethostname(),
            pid=os.getpid(),
            concurrency=concurrency,
            started_at=now,
            heartbeat_at=now,
        )
    )


def _published(
    session: Session,
    hold: Hold,
    unwritten: Callable[[Session], None] | None,
    published: Published,
    url: str | None,
    now: datetime,
    *,
    keep_lease: bool,
) -> None:
    if unwritten is not None:
        unwritten(session)
    outcomes.publish(session, hold, published, url, now, keep_lease=keep_lease)


def _written(session: Session, hold: Hold, unwritten: Callable[[Session], None], now: datetime) -> None:
    outcomes.keep(session, hold, now)
    unwritten(session)


def _withdraw_and_hand_back(session: Session, work: Work, name: str, now: datetime) -> None:
    recording.withdraw(session, work, name, now)
    outcomes.hand_back(session, work.hold, now, now)


def _end(
    session: Session,
    context: Context,
    work: Work,
    problem: Problem,
    withdraw: str | None,
    past_once: bool,
    now: datetime,
) -> None:
    if withdraw is not None:
        recording.withdraw(session, work, withdraw, now)
    if problem.verdict is Verdict.STALE and not past_once and work.tries < MOST_RESTARTS:
        outcomes.start_over(session, work.hold, now)
        return
    refusal = Refusal(
        code=problem.code or str(problem.kind), message=problem.message, retryable=problem.kind not in FAILS_AT_ONCE
    )
    if problem.kind is Kind.AUTH:
        refusal = replace(refusal, code="account_needs_reconnect")
        outcomes.retry(session, work.hold, refusal, now, now, counts=False)
        return
    counts = problem.kind not in COSTS_NO_TRY
    at = now + timedelta(seconds=_backoff(context, problem, _earlier(session, work)))
    if problem.kind in (Kind.RATE_LIMITED, Kind.QUOTA):
        limits.wait_until(session, _limits_of(session, work).key(problem.scope), at, refusal.code)
    given_up = problem.kind in FAILS_AT_ONCE or (counts and work.tries + 1 >= context.settings.max_tries)
    if given_up and past_once and problem.kind not in FAILS_AT_ONCE:
        outcomes.unknown(session, work.hold, Reconciliation.FAILED, refusal.message, now)
    elif given_up or (at > work.give_up_at and not past_once):
        outcomes.fail(session, work.hold, refusal, now)
    else:
        outcomes.retry(session, work.hold, refusal, at, now, counts=counts)


def _broke(session: Session, context: Context, hold: Hold) -> None:
    """Something nobody expected. The post is not kept by a worker that does nothing for it."""
    now = context.now()
    post = session.get_one(Post, hold.post_id)
    if post.lease_owner != hold.owner or post.fence != hold.fence:
        return
    later = now + timedelta(seconds=context.settings.retry_base_seconds)
    if post.intent is not None:
        outcomes.hand_back(session, hold, later, now)
        return
    refusal = Refusal(code="internal_error", message=_broken(past_once=False).message, retryable=True)
    if post.tries + 1 >= context.settings.max_tries:
        outcomes.fail(session, hold, refusal, now)
    else:
        outcomes.retry(session, hold, refusal, later, now, counts=True)


def _limits_of(session: Session, work: Work) -> limits.Identity:
    account = session.get_one(Account, work.account_id)
    connection = session.get_one(Connection, account.connection_id)
    return limits.Identity(
        provider=account.provider,
        external_id=account.external_id,
        credential_key=account.credential_key,
        client_id=connection.client_id or "",
    )


def _earlier(session: Session, work: Work) -> int:
    """How many attempts of this generation are over, those that cost no try as well: waits grow with them."""
    over = select(func.count()).where(
        Attempt.post_id == work.hold.post_id,
        Attempt.generation == work.generation,
        Attempt.finished_at.is_not(None),
    )
    return session.scalar(over) or 0


def _backoff(context: Context, problem: Problem, earlier: int) -> float:
    """Seconds. What the network asks for counts; else doubling with jitter, so that many posts do not come back at once."""
    if problem.retry_after is not None:
        return problem.retry_after + random.uniform(0, 0.1 * problem.retry_after)
    if problem.kind is Kind.QUOTA:
        return QUOTA_WAIT
    doubled = context.settings.retry_base_seconds * 2 ** min(earlier, 10)
    return min(doubled, LONGEST_BACKOFF) * random.uniform(0.75, 1.25)


# --- words ---------------------------------------------------------------------------------------------------------------


def _cannot_ask(provider: Provider, reason: str = "The program stopped while the post was being sent.") -> str:
    return f"{reason} {provider.name} cannot be asked whether the post is there. Look, and say what you see."


def _unfit(failed: Exception) -> Problem:
    """The storage may come back; a file that could not be made today cannot be made in a minute either."""
    away = isinstance(failed, AppError) and failed.code == "storage_unavailable"
    return Problem(
        kind=Kind.UNAVAILABLE if away else Kind.MEDIA_REJECTED,
        verdict=Verdict.REFUSED,
        message=str(failed),
        code="storage_unavailable" if away else "media_fit_failed",
    )


def _broken(*, past_once: bool) -> Problem:
    return Problem(
        kind=Kind.UNKNOWN,
        verdict=Verdict.UNKNOWN if past_once else Verdict.REFUSED,
        message="The program met something it did not expect while publishing. The log has the details.",
        code="internal_error",
    )


def _intended(call: Call, digest: str, now: datetime) -> Recorded:
    return Recorded(
        name=call.name,
        effect=call.effect,
        digest=digest,
        intended_at=now,
        answered=False,
        answer=None,
        usable_until=None,
    )


def _answered(call: Call | Random, digest: str, answer: JSON, now: datetime) -> Recorded:
    keep = None if call.keep is None or call.effect is Effect.ONCE else now + call.keep
    return Recorded(
        name=call.name,
        effect=call.effect,
        digest=digest,
        intended_at=None,
        answered=True,
        answer=answer,
        usable_until=keep,
    )
