"""People: passwords, browser sessions and one-time links.

A password is hashed and checked outside the database threads, because that takes long on purpose. Of session tokens and
links the rows keep hashes only.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from . import events, outcomes, workspaces
from .access import Actor, Role
from .context import Context
from .db import Database
from .errors import AppError
from .ids import new_id
from .models import Membership, SetupLink, SignIn, User
from .oauth import s256
from .sealing import hash_secret, new_token

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 500
"""Hashing time grows with the length: nobody may keep the server busy with a book."""
SEEN_EVERY = timedelta(minutes=5)
SETUP, SIGN_IN, MOBILE = "setup", "sign_in", "mobile"
LINK_LIFE, CODE_LIFE = timedelta(hours=24), timedelta(seconds=120)

_hasher = PasswordHasher()
"""Checked when there is no such user, so that the time of the answer tells nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A browser session that has just begun."""

    token: str = field(repr=False)
    """Goes into the cookie and nowhere else."""
    session_id: str
    user_id: str
    session: dict[str, Any]
    """What the session route answers."""


# --- people -----------------------------------------------------------------------------------------------------------


def create(
    session: Session,
    *,
    email: str,
    password: str | None,
    workspace_id: str | None = None,
    role: Role = Role.EDITOR,
    name: str | None = None,
    verified: bool = False,
    now: datetime,
) -> User:
    """Without a password the user signs in by links and identity providers only. ``verified`` says that somebody whom
    we trust knows the address to be theirs. Hashing is slow: servers use ``set_up``, which does it outside."""
    hashed = None if password is None else hash_password(password)
    return create_hashed(
        session,
        email=email,
        password_hash=hashed,
        workspace_id=workspace_id,
        role=role,
        name=name,
        verified=verified,
        now=now,
    )


def create_hashed(
    session: Session,
    *,
    email: str,
    password_hash: str | None,
    workspace_id: str | None,
    role: Role,
    name: str | None = None,
    verified: bool = False,
    now: datetime,
) -> User:
    """``create`` for whoever has hashed the password outside of the transaction."""
    email = clean_email(email)
    if find(session, email) is not None:
        raise AppError("user_exists", f"There is a user {email} already. Choose another address, or sign in.")
    row = User(
        id=new_id("user", now),
        email=email,
        email_verified_at=now if verified else None,
        name=(name or "").strip() or None,
        password_hash=password_hash,
        created_at=now,
    )
    session.add(row)
    session.flush()
    if workspace_id is not None:
        workspaces.add_member(session, workspace_id, row.id, role, now)
    events.record(session, workspace_id=workspace_id, at=now, kind="user.created", actor="system", subject_id=row.id)
    return row


def find(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def set_password(session: Session, user_id: str, password_hash: str, now: datetime, *, keep: str | None = None) -> None:
    """Ends all sessions of the user but ``keep``."""
    session.get_one(User, user_id).password_hash = password_hash
    sign_out_everywhere(session, user_id, now, keep=keep)
    events.record(
        session, workspace_id=None, at=now, kind="user.password_changed", actor=f"user:{user_id}", subject_id=user_id
    )


def hash_password(password: str) -> str:
    """Slow: call it in a thread. Raises AppError for passwords that are too short or too long."""
    if len(password) < SHORTEST_PASSWORD:
        raise AppError("password_too_short", f"Choose a password of at least {SHORTEST_PASSWORD} characters.")
    if len(password) > LONGEST_PASSWORD:
        raise AppError("password_too_long", f"Choose a password of at most {LONGEST_PASSWORD} characters.")
    return _hasher.hash(password)


def user_json(row: User) -> dict[str, Any]:
    return {"id": row.id, "email": row.email, "name": row.name}


# --- signing in and out -----------------------------------------------------------------------------------------------


async def sign_in(
    context: Context, email: str, password: str, *, address: str = "", user_agent: str | None = None
) -> SignedIn:
    """``address`` is where the request came from. Raises ``sign_in_failed``, the same whatever was wrong."""
    now = context.now()
    tries = _tries_of(context.db)
    keys = [f"email:{email.strip().lower()}:{address}", *([f"address:{address}"] if address else [])]
    tries.refuse_too_many(keys, now)
    user = await context.db.read(find, email)
    right = await asyncio.to_thread(_verify, user.password_hash if user else None, password)
    if user is None or user.disabled_at is not None or not right:
        tries.failed(keys, now)
        raise AppError("sign_in_failed", "The e-mail address or the password is wrong. Try again.")
    tries.forget(keys[0])
    if user.password_hash and _hasher.check_needs_rehash(user.password_hash):
        await context.db.write(_rehashed, user.id, await asyncio.to_thread(_hasher.hash, password))
    return await context.db.write(begin, context, user.id, None, user_agent)


async def set_up(
    context: Context,
    *,
    link: str,
    email: str,
    password: str,
    workspace_name: str = "",
    name: str | None = None,
    user_agent: str | None = None,
) -> SignedIn:
    """The first owner of an instance, by the link that its first start printed."""
    hashed = await asyncio.to_thread(hash_password, password)
    return await context.db.write(_set_up, context, link, email, hashed, workspace_name, name, user_agent)


async def follow_link(context: Context, link: str, *, user_agent: str | None = None) -> SignedIn:
    """A sign-in without a password, once."""
    return await context.db.write(_follow, context, link, user_agent)


async def exchange(
    context: Context, code: str, verifier: str | None = None, *, user_agent: str | None = None
) -> SignedIn:
    """The session of an app that got ``code`` at the end of a sign-in in the phone's browser."""
    return await context.db.write(_exchange, context, code, verifier, user_agent)


def _set_up(
    session: Session,
    context: Context,
    link: str,
    email: str,
    password_hash: str,
    workspace_name: str,
    name: str | None,
    user_agent: str | None,
) -> SignedIn:
    if session.scalar(select(func.count()).select_from(User)):
        raise AppError("setup_done", "This SocialClaw is set up already. Sign in instead.")
    now = context.now()
    used = _use(session, link, SETUP, now)
    workspace = workspaces.only(session, used.workspace_id)
    workspaces.rename(workspace, workspace_name)
    user = create_hashed(
        session,
        email=email,
        password_hash=password_hash,
        workspace_id=workspace.id,
        role=Role.OWNER,
        name=name,
        now=now,
    )
    return begin(session, context, user.id, workspace.id, user_agent)


def _follow(session: Session, context: Context, link: str, user_agent: str | None) -> SignedIn:
    used = _use(session, link, SIGN_IN, context.now())
    if used.user_id is None:
        raise _link_invalid()
    return begin(session, context, used.user_id, used.workspace_id, user_agent)


def _exchange(session: Session, context: Context, code: str, verifier: str | None, user_agent: str | None) -> SignedIn:
    challenge = s256(verifier) if verifier else None
    try:
        used = _use(session, code, MOBILE, context.now(), challenge=challenge)
    except AppError as error:
        raise AppError(
            "sign_in_code_invalid", "This code was used already, is too old or belongs to another app. Sign in again."
        ) from error
    if used.user_id is None:
        raise _link_invalid()
    return begin(session, context, used.user_id, used.workspace_id, user_agent)


def begin(
    session: Session, context: Context, user_id: str, workspace_id: str | None, user_agent: str | None
) -> SignedIn:
    """A browser session of somebody who has proved who they are."""
    now, token = context.now(), new_token()
    row = SignIn(
        id=new_id("session", now),
        token_hash=hash_secret(token),
        user_id=user_id,
        workspace_id=workspace_id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(days=context.settings.session_days),
        user_agent=(user_agent or "")[:300] or None,
    )
    session.add(row)
    session.flush()
    events.record(
        session, workspace_id=None, at=now, kind="user.signed_in", actor=f"user:{user_id}", subject_id=user_id
    )
    actor = actor_of(session, row)
    told = session_json(session, actor) if actor else {**NOBODY, "user": user_json(session.get_one(User, user_id))}
    return SignedIn(token=token, session_id=row.id, user_id=user_id, session=told)


NOBODY: Mapping[str, Any] = {"authenticated": False, "user": None, "tenant": None, "membership": None}
"""What the session route answers to a stranger."""


def session_json(session: Session, actor: Actor) -> dict[str, Any]:
    """Who is signed in, for the session route and the page frame."""
    user = session.get_one(User, actor.user_id)
    return {
        "authenticated": True,
        "user": user_json(user),
        "tenant": workspaces.tenant(session, actor),
        "membership": {"role": actor.role, "workspaceId": actor.workspace_id},
    }


def session_actor(session: Session, token: str, now: datetime, *, idle: timedelta) -> Actor | None:
    """Who sits at this browser, in the workspace chosen there. None once the session has ended."""
    row = open_session(session, token, now, idle)
    return None if row is None else actor_of(session, row)


def open_session(session: Session, token: str, now: datetime, idle: timedelta) -> SignIn | None:
    """The session of this token, if it has not ended: also of somebody who belongs to no workspace."""
    row = session.scalar(
        select(SignIn)
        .join(User, User.id == SignIn.user_id)
        .where(SignIn.token_hash == hash_secret(token), SignIn.revoked_at.is_(None), User.disabled_at.is_(None))
    )
    return row if row is not None and now < min(row.expires_at, row.last_seen_at + idle) else None


def actor_of(session: Session, row: SignIn) -> Actor | None:
    memberships = workspaces.of_user(session, row.user_id)
    if not memberships:
        return None
    workspace, role = next((found for found in memberships if found[0].id == row.workspace_id), memberships[0])
    return Actor(
        workspace_id=workspace.id, label=f"user:{row.user_id}", role=role, user_id=row.user_id, session_id=row.id
    )


async def visitor(context: Context, token: str) -> Actor | None:
    """``session_actor``, and the visit is written down every few minutes so that the session does not idle out."""
    now, idle = context.now(), timedelta(days=context.settings.session_idle_days)
    actor = await context.db.read(session_actor, token, now, idle=idle)
    if actor is not None and actor.session_id and await context.db.read(_seen_long_ago, actor.session_id, now):
        await context.db.write(_seen, actor.session_id, now)
    return actor


def choose_workspace(session: Session, actor: Actor, workspace_id: str) -> None:
    """What this browser session looks at from now on."""
    if session.get(Membership, (workspace_id, actor.user_id or "")) is None:
        raise AppError("workspace_not_found", "You are not a member of that workspace.")
    session.execute(update(SignIn).where(SignIn.id == actor.session_id).values(workspace_id=workspace_id))


def sign_out(session: Session, token: str, now: datetime) -> None:
    session.execute(
        update(SignIn)
        .where(SignIn.token_hash == hash_secret(token), SignIn.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def sign_out_everywhere(session: Session, user_id: str, now: datetime, *, keep: str | None = None) -> int:
    """Ends every session of the user but ``keep``, and says how many. Links that would begin another stop working."""
    ended = session.execute(
        update(SignIn)
        .where(SignIn.user_id == user_id, SignIn.revoked_at.is_(None), SignIn.id != (keep or ""))
        .values(revoked_at=now)
    )
    session.execute(
        update(SetupLink).where(SetupLink.user_id == user_id, SetupLink.used_at.is_(None)).values(used_at=now)
    )
    return outcomes.rows(ended)


def sign_out_all(session: Session, token: str, now: datetime, *, idle: timedelta) -> int:
    """``sign_out_everywhere`` for whom this session belongs to, while it is open: an old cookie can end nothing."""
    row = open_session(session, token, now, idle)
    if row is None:
        return 0
    ended = sign_out_everywhere(session, row.user_id, now)
    actor = f"user:{row.user_id}"
    events.record(
        session, workspace_id=None, at=now, kind="user.signed_out_everywhere", actor=actor, subject_id=row.user_id
    )
    return ended


def _seen_long_ago(session: Session, session_id: str, now: datetime) -> bool:
    row = session.get_one(SignIn, session_id)
    return row.last_seen_at <= now - SEEN_EVERY


def _seen(session: Session, session_id: str, now: datetime) -> None:
    session.execute(update(SignIn).where(SignIn.id == session_id).values(last_seen_at=now))


@cache
def _nobodys_hash() -> str:
    """Checked when there is no such user, so that the answer takes as long. Made at the first need: it takes a fifth of a second."""
    return _hasher.hash("the password of nobody")


def _verify(password_hash: str | None, password: str) -> bool:
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def _rehashed(session: Session, user_id: str, password_hash: str) -> None:
    session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))


def clean_email(written: str) -> str:
    """Lower-case. Raises ``email_invalid``."""
    email = written.strip().lower()
    if len(email) > 254 or not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise AppError("email_invalid", "Write an e-mail address, such as name@example.com.")
    return email


# --- one-time links ---------------------------------------------------------------------------------------------------


def make_link(
    session: Session,
    *,
    user_id: str | None,
    workspace_id: str | None,
    now: datetime,
    lasts: timedelta = LINK_LIFE,
    purpose: str = SIGN_IN,
    challenge: str | None = None,
) -> str:
    """The token of a link that works once. With ``challenge``, only for who knows what it is the SHA-256 of."""
    token = new_token()
    session.add(
        SetupLink(
            token_hash=hash_secret(token),
            purpose=purpose,
            user_id=user_id,
            workspace_id=workspace_id,
            created_at=now,
            expires_at=now + lasts,
            challenge=challenge,
        )
    )
    return token


def first_link(session: Session, *, now: datetime) -> str | None:
    """At every start of a server: makes the first workspace. While there is no user it returns the token of a set-up
    link, and those of earlier starts stop working."""
    workspace = workspaces.first(session, now=now)
    if session.scalar(select(func.count()).select_from(User)):
        return None
    session.execute(
        update(SetupLink).where(SetupLink.purpose == SETUP, SetupLink.used_at.is_(None)).values(used_at=now)
    )
    return make_link(session, user_id=None, workspace_id=workspace.id, now=now, purpose=SETUP)


def link_works(session: Session, token: str, purpose: str, now: datetime) -> bool:
    """For the page that the link opens: looking at it does not use it up."""
    row = session.get(SetupLink, hash_secret(token))
    return row is not None and row.purpose == purpose and row.used_at is None and now < row.expires_at


def _use(session: Session, token: str, purpose: str, now: datetime, *, challenge: str | None = None) -> SetupLink:
    used = session.execute(
        update(SetupLink)
        .where(
            SetupLink.token_hash == hash_secret(token),
            SetupLink.purpose == purpose,
            SetupLink.used_at.is_(None),
            SetupLink.expires_at > now,
            # A verifier where none was announced is refused as well: somebody took the challenge off on the way.
            SetupLink.challenge.is_(None) if challenge is None else SetupLink.challenge == challenge,
        )
        .values(used_at=now)
    )
    if not outcomes.rows(used):
        raise _link_invalid()
    return session.get_one(SetupLink, hash_secret(token))


def _link_invalid() -> AppError:
    return AppError(
        "link_invalid", "This link was used already or is too old. Ask for a new one, or start the program again."
    )


# --- too many tries ---------------------------------------------------------------------------------------------------


class Tries:
    """Failed sign-ins of the last minutes, in this process: a server with several has that many times the tries."""

    WINDOW = timedelta(minutes=15)
    MOST: ClassVar = {"email": 8, "address": 50}
    """A wrong password is typed by one person a few times, from behind one address by many."""
    MOST_KEYS = 10_000

    def __init__(self) -> None:
        self._failed: OrderedDict[str, list[datetime]] = OrderedDict()

    def refuse_too_many(self, keys: Sequence[str], now: datetime) -> None:
        """Raises ``rate_limited``."""
        for key in keys:
            recent = self._recent(key, now)
            if len(recent) >= self.MOST[key.split(":", 1)[0]]:
                wait = (recent[0] + self.WINDOW - now).total_seconds()
                raise AppError(
                    "rate_limited",
                    f"Too many failed sign-ins. Wait {max(1, round(wait / 60))} minutes, then try again.",
                    retry_after=wait,
                )

    def failed(self, keys: Sequence[str], now: datetime) -> None:
        for key in keys:
            self._failed[key] = [*self._recent(key, now), now]
            self._failed.move_to_end(key)
        while len(self._failed) > self.MOST_KEYS:
            self._failed.popitem(last=False)

    def forget(self, key: str) -> None:
        self._failed.pop(key, None)

    def _recent(self, key: str, now: datetime) -> list[datetime]:
        return [at for at in self._failed.get(key, ()) if at > now - self.WINDOW]


_tries: WeakKeyDictionary[Database, Tries] = WeakKeyDictionary()


def _tries_of(database: Database) -> Tries:
    return _tries.setdefault(database, Tries())
