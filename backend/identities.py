"""Whose account a person is that an identity provider vouches for.

The provider's own id of them is the key. An e-mail address joins the two only if both sides know it to be theirs: who
made an account here with somebody else's address must not be sitting in it when that person comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from . import billing, events, users, workspaces
from .access import Role
from .errors import AppError
from .models import ExternalIdentity, User
from .settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a checked identity token says."""

    provider: str
    provider_name: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None = None
    unproved_email: str | None = field(default=None, repr=False)
    """What the app says the address is; good for nothing but writing it down."""


def user_of(session: Session, person: Person, *, settings: Settings, now: datetime) -> User:
    """Raises ``password_needed``, ``sign_up_closed``, ``email_missing``, ``user_exists`` and ``account_disabled``."""
    known = session.get(ExternalIdentity, (person.provider, person.subject))
    if known is not None:
        user = session.get_one(User, known.user_id)
        known.last_used_at, known.email = now, person.email or known.email
    else:
        user = _by_email(session, person) or _new(session, person, settings, now)
        link(session, person.provider, person.subject, person.email, user.id, now)
    if user.disabled_at is not None:
        raise AppError("account_disabled", "This account is switched off. Ask the people who run this SocialClaw.")
    return user


def _by_email(session: Session, person: Person) -> User | None:
    found = users.find(session, person.email) if person.email else None
    if found is None:
        return None
    if not person.email_verified:
        raise AppError(
            "user_exists",
            f"There is an account with your address already, and {person.provider_name} does not know the address to be "
            "yours. Sign in with your password.",
        )
    if found.email_verified_at is None:
        raise AppError(
            "password_needed",
            f"There is an account with your address already. Sign in with its password once; from then on "
            f"{person.provider_name} signs you in to it.",
        )
    return found


def _new(session: Session, person: Person, settings: Settings, now: datetime) -> User:
    if not settings.allow_sign_up:
        raise AppError(
            "sign_up_closed", "There is no account for you here, and strangers cannot make one. Ask for an invitation."
        )
    address = person.email or person.unproved_email
    if not address:
        raise AppError(
            "email_missing",
            f"{person.provider_name} did not tell your e-mail address, and a new account needs one. Allow it, then try again.",
        )
    plan = {"plan": billing.NO_PLAN, "subscription_status": billing.Standing.NONE} if settings.billing_enabled else {}
    name = person.name or address.partition("@")[0]
    workspace = workspaces.create(session, name=name[:200], now=now, **plan)
    return users.create(
        session,
        email=address,
        password=None,
        workspace_id=workspace.id,
        role=Role.OWNER,
        name=person.name,
        verified=person.email is not None and person.email_verified,
        now=now,
    )


def link(session: Session, provider: str, subject: str, email: str | None, user_id: str, now: datetime) -> None:
    session.add(
        ExternalIdentity(
            provider=provider, subject=subject, user_id=user_id, email=email, created_at=now, last_used_at=now
        )
    )
    session.flush()
    events.record(
        session,
        workspace_id=None,
        at=now,
        kind="user.identity_linked",
        actor=f"user:{user_id}",
        subject_id=user_id,
        data={"provider": provider},
    )


def join(session: Session, provider: str, subject: str, email: str, user_id: str, now: datetime) -> bool:
    """After ``password_needed``: the person has proved both halves in one browser. Only for the account of that address."""
    user = session.get_one(User, user_id)
    if user.email != email.strip().lower() or session.get(ExternalIdentity, (provider, subject)) is not None:
        return False
    link(session, provider, subject, email, user_id, now)
    session.execute(
        update(User).where(User.id == user_id, User.email_verified_at.is_(None)).values(email_verified_at=now)
    )
    return True
