"""Rows that tests of services need and no service under test makes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from backend.access import Actor
from backend.ids import new_id
from backend.models import Account, LimitWait, Post, RateLevel, Run
from backend.status import PostStatus, RunStatus


def add_post(session: Session, actor: Actor, account_id: str, now: datetime, **values: Any) -> str:
    """A scheduled post, due now."""
    account = session.get_one(Account, account_id)
    run = Run(
        id=new_id("run", now),
        workspace_id=actor.workspace_id,
        status=RunStatus.CREATED,
        mode="scheduled",
        source_model="posts_v1",
        source="api",
        timezone="UTC",
        payload_hash="",
        total_posts=1,
        created_at=now,
        updated_at=now,
    )
    session.add(run)
    session.flush()
    post = Post(
        **{
            "id": new_id("post", now),
            "workspace_id": actor.workspace_id,
            "run_id": run.id,
            "account_id": account.id,
            "provider": account.provider,
            "account_handle": account.handle,
            "status": PostStatus.SCHEDULED,
            "description": "Hello",
            "timezone": "UTC",
            "publish_at": now,
            "due_at": now,
            "schedulable_at": now,
            "step_id": "step_1",
            "created_at": now,
            "updated_at": now,
            **values,
        }
    )
    session.add(post)
    session.flush()
    return post.id


def forget_limits(session: Session) -> None:
    """Tests make more posts a minute for one account than its network declares that it takes."""
    session.execute(delete(RateLevel))
    session.execute(delete(LimitWait))
