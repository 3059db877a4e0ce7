"""Who belongs to a workspace, in which role, and how others come in: by a link that works once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from . import events, outcomes, users, workspaces
from .access import Action, Actor, Role, allow, may, scoped
from .context import Context
from .errors import AppError
from .ids import new_id
from .models import Invitation, Membership, SignIn, User
from .sealing import hash_secret, new_token
from .users import SignedIn
from .wire import iso

LASTS = timedelta(days=7)
MOST_INVITATIONS = 100


def members(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """In the order in which they came. ``mayChange`` says whether this actor may give them a role or take them out."""
    allow(actor, Action.READ)
    seen = (
        select(SignIn.user_id, func.max(SignIn.last_seen_at).label("at"))
        .where(SignIn.workspace_id == actor.workspace_id)
        .group_by(SignIn.user_id)
        .subquery()
    )
    rows = session.execute(
        select(Membership, User, seen.c.at)
        .join(User, User.id == Membership.user_id)
        .outerjoin(seen, seen.c.user_id == User.id)
        .where(Membership.workspace_id == actor.workspace_id)
        .order_by(Membership.created_at, User.id)
    )
    return [
        {
            "id": user.id,
            "email": user.email,
            "name": user.name,
            "role": row.role,
            "since": iso(row.created_at),
            "seenAt": iso(at),
            "isYou": user.id == actor.user_id,
            "mayChange": _may_change(actor, Role(row.role)),
        }
        for row, user, at in rows
    ]


def grantable(actor: Actor) -> list[Role]:
    """The roles that this actor may give. Only owners make owners."""
    return [role for role in Role if _may_change(actor, role)]


def set_role(session: Session, actor: Actor, user_id: str, role: str, *, now: datetime) -> None:
    """From the person's next request on. Raises ``member_not_found``, ``role_invalid``, ``last_owner``, ``forbidden``."""
    wanted = _role(actor, role)
    row = _changeable(session, actor, user_id)
    if row.role == wanted:
        return
    _keep_an_owner(session, row, wanted)
    before, row.role = row.role, wanted
    _record(session, actor, "member.role_changed", user_id, now, {"from": before, "to": wanted})


def remove(session: Session, actor: Actor, user_id: str, *, now: datetime) -> None:
    """Takes somebody out; everybody may take out themselves. What they made stays. Raises as ``set_role`` does."""
    row = _row(session, actor, user_id) if user_id == actor.user_id else _changeable(session, actor, user_id)
    _keep_an_owner(session, row, None)
    session.delete(row)
    session.flush()
    _record(session, actor, "member.removed", user_id, now, {})


def _row(session: Session, actor: Actor, user_id: str) -> Membership:
    row = session.scalar(scoped(actor, Membership).where(Membership.user_id == user_id))
    if row is None:
        raise AppError("member_not_found", "There is no such member in this workspace.", details={"id": user_id})
    return row


def _changeable(session: Session, actor: Actor, user_id: str) -> Membership:
    allow(actor, Action.MANAGE_WORKSPACE)
    row = _row(session, actor, user_id)
    if not _may_change(actor, Role(row.role)):
        raise AppError("forbidden", "Only an owner may change what an owner is.")
    return row


def _may_change(actor: Actor, role: Role) -> bool:
    """Give this role, or change who has it."""
    return may(actor, Action.MANAGE_WORKSPACE) and (role is not Role.OWNER or actor.role is Role.OWNER)


def _role(actor: Actor, written: str) -> Role:
    """Raises ``role_invalid``, and ``forbidden`` for a role above the actor's own."""
    allow(actor, Action.MANAGE_WORKSPACE)
    if written not in tuple(Role):
        raise AppError("role_invalid", f"A role is one of {', '.join(Role)}.", details={"supportedValues": list(Role)})
    role = Role(written)
    if role not in grantable(actor):
        raise AppError("forbidden", "Only an owner may make somebody an owner.")
    return role


def _keep_an_owner(session: Session, row: Membership, wanted: Role | None) -> None:
    if row.role != Role.OWNER or wanted is Role.OWNER:
        return
    others = select(func.count()).where(
        Membership.workspace_id == row.workspace_id, Membership.role == Role.OWNER, Membership.user_id != row.user_id
    )
    if not session.scalar(others):
        raise AppError("last_owner", "This is the only owner. Make somebody else an owner first.")


# --- invitations ------------------------------------------------------------------------------------------------------


def invitations(session: Session, actor: Actor, *, now: datetime) -> list[dict[str, Any]]:
    """Those that still work, the newest first."""
    allow(actor, Action.MANAGE_WORKSPACE)
    rows: Sequence[Invitation] = session.scalars(
        scoped(actor, Invitation).where(Invitation.expires_at > now).order_by(Invitation.created_at.desc())
    ).all()
    return [
        {
            "id": row.id,
            "email": row.email,
            "role": row.role,
            "createdAt": iso(row.created_at),
            "expiresAt": iso(row.expires_at),
        }
        for row in rows
    ]


def invite(session: Session, actor: Actor, *, email: str, role: str, now: datetime) -> str:
    """The token of the link, which is told this once. An earlier invitation of the same address stops working.

    Raises ``email_invalid``, ``role_invalid``, ``member_exists``, ``too_many_invitations``, ``forbidden``.
    """
    wanted, address = _role(actor, role), users.clean_email(email)
    known = users.find(session, address)
    if known is not None and session.get(Membership, (actor.workspace_id, known.id)) is not None:
        raise AppError("member_exists", f"{address} is a member already. Change their role in the list.")
    session.execute(
        delete(Invitation).where(
            Invitation.workspace_id == actor.workspace_id,
            (Invitation.email == address) | (Invitation.expires_at <= now),
        )
    )
    if len(invitations(session, actor, now=now)) >= MOST_INVITATIONS:
        raise AppError("too_many_invitations", f"{MOST_INVITATIONS} invitations are open. Take one back first.")
    token, id = new_token(), new_id("inv", now)
    session.add(
        Invitation(
            id=id,
            workspace_id=actor.workspace_id,
            email=address,
            role=wanted,
            token_hash=hash_secret(token),
            invited_by=actor.label,
            created_at=now,
            expires_at=now + LASTS,
        )
    )
    _record(session, actor, "member.invited", id, now, {"email": address, "role": wanted})
    return token


def take_back(session: Session, actor: Actor, invitation_id: str, *, now: datetime) -> None:
    """Its link stops working. Raises ``invitation_not_found``."""
    allow(actor, Action.MANAGE_WORKSPACE)
    row = session.scalar(scoped(actor, Invitation).where(Invitation.id == invitation_id))
    if row is None:
        raise AppError("invitation_not_found", "This invitation was used or taken back already.")
    session.delete(row)
    _record(session, actor, "member.uninvited", invitation_id, now, {"email": row.email})


def invited(session: Session, token: str, now: datetime) -> dict[str, Any] | None:
    """What the page of the link says; None once it does not work any more."""
    row = _open(session, token, now)
    if row is None:
        return None
    workspace = workspaces.only(session, row.workspace_id)
    known = users.find(session, row.email) is not None
    return {"workspace": workspace.name, "email": row.email, "role": row.role, "isKnown": known}


async def join(
    context: Context, token: str, password: str, name: str | None = None, *, user_agent: str | None = None
) -> SignedIn:
    """For somebody new: an account for the invited address. Raises ``link_invalid``, ``user_exists``, and what
    ``users.hash_password`` raises."""
    hashed = await asyncio.to_thread(users.hash_password, password)
    return await context.db.write(_join_anew, context, token, hashed, name, user_agent)


def join_as(session: Session, context: Context, sign_in: str, token: str) -> dict[str, Any] | None:
    """For whoever this browser session belongs to, whatever their address: who was given the link may use it. What the
    session route answers then; None where nobody is signed in. Raises ``link_invalid``."""
    now = context.now()
    visit = users.open_session(session, sign_in, now, timedelta(days=context.settings.session_idle_days))
    if visit is None:
        return None
    row = _use(session, token, now)
    if session.get(Membership, (row.workspace_id, visit.user_id)) is None:
        workspaces.add_member(session, row.workspace_id, visit.user_id, Role(row.role), now)
        _joined(session, row, visit.user_id, now)
    visit.workspace_id = row.workspace_id
    session.flush()
    actor = users.actor_of(session, visit)
    return None if actor is None else users.session_json(session, actor)


def _join_anew(
    session: Session, context: Context, token: str, password_hash: str, name: str | None, user_agent: str | None
) -> SignedIn:
    now = context.now()
    row = _use(session, token, now)
    user = users.create_hashed(
        session,
        email=row.email,
        password_hash=password_hash,
        workspace_id=row.workspace_id,
        role=Role(row.role),
        name=name,
        now=now,
    )
    _joined(session, row, user.id, now)
    return users.begin(session, context, user.id, row.workspace_id, user_agent)


def _open(session: Session, token: str, now: datetime) -> Invitation | None:
    query = select(Invitation).where(Invitation.token_hash == hash_secret(token), Invitation.expires_at > now)
    return session.scalar(query)


def _use(session: Session, token: str, now: datetime) -> Invitation:
    row = _open(session, token, now)
    if row is None or not outcomes.rows(session.execute(delete(Invitation).where(Invitation.id == row.id))):
        raise AppError("link_invalid", "This invitation was used, taken back or is too old. Ask for a new one.")
    return row


def _joined(session: Session, row: Invitation, user_id: str, now: datetime) -> None:
    events.record(
        session,
        workspace_id=row.workspace_id,
        at=now,
        kind="member.joined",
        actor=f"user:{user_id}",
        subject_id=user_id,
        data={"role": row.role},
    )


def _record(session: Session, actor: Actor, kind: str, subject_id: str, now: datetime, data: dict[str, Any]) -> None:
    events.record(
        session,
        workspace_id=actor.workspace_id,
        at=now,
        kind=kind,
        actor=actor.label,
        subject_id=subject_id,
        data=data,
    )
