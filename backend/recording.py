"""What a flow has recorded: the transactions between two of its calls. All are fenced by the holder of the post."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

import providers
from providers.contract import JSON, Call, Effect, Job, Provider, Random

from . import fits, outcomes, snapshots
from .models import Account, Post, PostAsset, Step, Workspace
from .outcomes import Hold, LeaseLost
from .sealing import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A named call of this generation: intended, perhaps answered."""

    name: str
    effect: Effect
    digest: str
    intended_at: datetime | None
    answered: bool
    answer: JSON
    usable_until: datetime | None

    def usable(self, now: datetime) -> bool:
        return self.answered and (self.usable_until is None or now < self.usable_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A claimed post, with all that driving its flow needs."""

    hold: Hold
    workspace_id: str
    account_id: str
    generation: int
    provider: Provider
    job: Job
    steps: Mapping[str, Recorded]
    intent: str | None
    asked: int
    tries: int
    give_up_at: datetime
    unpinned: bool
    """Some media stand at foreign addresses and were not fetched yet."""
    unfitted: bool
    """Some media are not as the network takes them, and were not made so yet."""

    @property
    def doubted(self) -> Recorded | None:
        """The ONCE that was intended and never answered."""
        step = self.steps.get(self.intent) if self.intent else None
        return step if step is not None and not step.answered else None

    @property
    def past_once(self) -> bool:
        return any(step.effect is Effect.ONCE and step.answered for step in self.steps.values())


def begin(session: Session, hold: Hold, sealer: Sealer, now: datetime, grace: timedelta, base_url: str) -> Work:
    """Open or continue the attempt; freeze the job of a generation that has none. Raises LeaseLost."""
    post = session.scalar(
        select(Post).where(Post.id == hold.post_id, Post.lease_owner == hold.owner, Post.fence == hold.fence)
    )
    if post is None:
        raise LeaseLost(hold.post_id)
    account = session.get_one(Account, post.account_id)
    provider = providers.get(post.provider)
    assets = session.scalars(select(PostAsset).where(PostAsset.post_id == post.id).order_by(PostAsset.position)).all()
    unpinned = post.snapshot is None and any(asset.sha256 is None for asset in assets)
    unfitted = post.snapshot is None and any(fits.is_open(session, provider, account, asset) for asset in assets)
    outcomes.open_attempt(session, post, hold.owner, now)
    if post.snapshot is not None:
        job = snapshots.from_json(post.snapshot)
    else:
        parent = session.get(Post, post.parent_post_id) if post.parent_post_id else None
        fitted = [(asset, fits.usable(session, provider, account, asset)) for asset in assets]
        job = snapshots.freeze(
            post, account, fitted, parent.provider_post_id if parent else None, provider, base_url, now
        )
        post.parent_provider_post_id = job.parent_id
        if not unpinned and not unfitted:
            post.snapshot = snapshots.to_json(job)
    workspace = session.get_one(Workspace, post.workspace_id)
    allowed = timedelta(seconds=workspace.grace_seconds) if workspace.grace_seconds is not None else grace
    return Work(
        hold=hold,
        workspace_id=post.workspace_id,
        account_id=post.account_id,
        generation=post.generation,
        provider=provider,
        job=job,
        steps=_recorded(session, sealer, post.id, post.generation),
        intent=post.intent,
        asked=post.asked,
        tries=post.tries,
        give_up_at=max(post.publish_at, post.schedulable_at) + allowed,
        unpinned=unpinned,
        unfitted=unfitted,
    )


def look(session: Session, post_id: str, sealer: Sealer) -> Work | None:
    """A post as the questions about its outcome need it, without holding it; None when there was no ONCE to ask about."""
    post = session.get_one(Post, post_id)
    if post.snapshot is None or post.intent is None:
        return None
    steps = _recorded(session, sealer, post.id, post.generation)
    if post.intent not in steps:
        return None
    return Work(
        hold=Hold(post_id=post.id, owner="", fence=-1),
        workspace_id=post.workspace_id,
        account_id=post.account_id,
        generation=post.generation,
        provider=providers.get(post.provider),
        job=snapshots.from_json(post.snapshot),
        steps=steps,
        intent=post.intent,
        asked=post.asked,
        tries=post.tries,
        give_up_at=post.due_at,
        unpinned=False,
        unfitted=False,
    )


def _recorded(session: Session, sealer: Sealer, post_id: str, generation: int) -> dict[str, Recorded]:
    rows = session.scalars(
        select(Step).where(Step.post_id == post_id, Step.generation == generation).order_by(Step.position)
    )
    return {
        row.name: Recorded(
            name=row.name,
            effect=Effect(row.effect),
            digest=row.digest,
            intended_at=row.intended_at,
            answered=row.answered_at is not None,
            answer=None
            if row.answer is None
            else json.loads(sealer.open(row.answer, **_place(post_id, generation, row.name))),
            usable_until=row.usable_until,
        )
        for row in rows
    }


def intend(session: Session, work: Work, call: Call, digest: str, position: int, now: datetime) -> None:
    """From here on the ONCE may have happened. No commit of this, no send."""
    outcomes.keep(session, work.hold, now, intent=call.name)
    _put(session, work, call.name, Effect.ONCE, digest, position, intended_at=now)


def record(
    session: Session,
    work: Work,
    sealer: Sealer,
    call: Call | Random,
    digest: str,
    position: int,
    answer: JSON,
    now: datetime,
) -> None:
    outcomes.keep(session, work.hold, now)
    put_answer(session, work, sealer, call, digest, position, answer, now)


def put_answer(
    session: Session,
    work: Work,
    sealer: Sealer,
    call: Call | Random,
    digest: str,
    position: int,
    answer: JSON,
    now: datetime,
) -> None:
    """Without a fence of its own: part of a transaction that has one."""
    place = _place(work.hold.post_id, work.generation, call.name)
    sealed = sealer.seal(json.dumps(answer, separators=(",", ":")), **place)
    keep = None if call.keep is None or call.effect is Effect.ONCE else now + call.keep
    _put(session, work, call.name, call.effect, digest, position, answered_at=now, answer=sealed, usable_until=keep)


def withdraw(session: Session, work: Work, name: str, now: datetime) -> None:
    """The ONCE certainly did not happen: nothing was sent, or the network said no."""
    session.execute(
        delete(Step).where(Step.post_id == work.hold.post_id, Step.generation == work.generation, Step.name == name)
    )
    outcomes.keep(session, work.hold, now, intent=_last_once(work, name))


def _last_once(work: Work, without: str) -> str | None:
    names = [
        step.name
        for step in work.steps.values()
        if step.effect is Effect.ONCE and step.answered and step.name != without
    ]
    return names[-1] if names else None


def _put(session: Session, work: Work, name: str, effect: Effect, digest: str, position: int, **values: Any) -> None:
    key = (work.hold.post_id, work.generation, name)
    changed = session.execute(
        update(Step)
        .where(Step.post_id == key[0], Step.generation == key[1], Step.name == key[2])
        .values(digest=digest, effect=effect, position=position, **values),
        execution_options={"synchronize_session": False},
    )
    if not outcomes.rows(changed):
        session.add(
            Step(
                post_id=key[0], generation=key[1], name=name, effect=effect, digest=digest, position=position, **values
            )
        )


def _place(post_id: str, generation: int, name: str) -> dict[str, str]:
    return {"table": "steps", "row": f"{post_id}/{generation}/{name}", "column": "answer"}
