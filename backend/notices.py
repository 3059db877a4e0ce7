"""What members of a workspace have to know although nobody looks: failed posts, unknown outcomes, logins that ended.

Notices are events; each membership remembers up to which one its person has looked, and up to which one they were mailed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from . import mail
from .access import Action, Actor, allow, scoped
from .context import Context
from .errors import AppError
from .models import Account, Event, Membership, Post, User, Workspace
from .settings import Settings
from .wire import iso

log = logging.getLogger(__name__)

KINDS: Mapping[str, tuple[str, ...]] = {
    "failed": ("post.failed",),
    "unknown": ("post.unknown",),
    "login": ("account.needs_reconnect",),
    "late": ("post.late",),
}
"""What a person can choose to be told of, and the events that say so."""
NOTICED = tuple(kind for kinds in KINDS.values() for kind in kinds)
SHOWN = 30
MAILED_AT_ONCE = 50


def unseen(session: Session, actor: Actor) -> int:
    """How many came since this person looked last."""
    allow(actor, Action.READ)
    since = _membership(session, actor).seen_seq
    return session.scalar(select(func.count()).select_from(_noticed(actor, since).subquery())) or 0


def latest(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """The newest first, with what they are about."""
    allow(actor, Action.READ)
    seen = _membership(session, actor).seen_seq
    rows = session.scalars(_noticed(actor, 0).order_by(Event.seq.desc()).limit(SHOWN)).all()
    return [{**told, "unseen": told["seq"] > seen} for told in _told(session, rows)]


def look(session: Session, actor: Actor) -> None:
    """This person has seen all that there is now."""
    newest = session.scalar(select(func.max(Event.seq)).where(Event.workspace_id == actor.workspace_id)) or 0
    row = _membership(session, actor)
    row.seen_seq = max(row.seen_seq, newest)


def wishes(session: Session, actor: Actor) -> dict[str, bool]:
    """Which kinds are mailed to this person. All of them, until they say otherwise."""
    return _wishes(_membership(session, actor).mailed_kinds)


def wish(session: Session, actor: Actor, kinds: Mapping[str, bool]) -> None:
    """Raises ``notice_kind_unknown``."""
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise AppError(
            "notice_kind_unknown", f"There are no notices of the kind {unknown[0]}. Choose from {', '.join(KINDS)}."
        )
    row = _membership(session, actor)
    row.mailed_kinds = {**row.mailed_kinds, **kinds}


def _wishes(chosen: Mapping[str, Any]) -> dict[str, bool]:
    return {kind: bool(chosen.get(kind, True)) for kind in KINDS}


def _membership(session: Session, actor: Actor) -> Membership:
    return session.get_one(Membership, (actor.workspace_id, actor.user_id or ""))


def _noticed(actor: Actor, since: int) -> Any:
    return scoped(actor, Event).where(Event.kind.in_(NOTICED), Event.seq > since)


def _told(session: Session, rows: Sequence[Event]) -> list[dict[str, Any]]:
    ids = [row.subject_id for row in rows if row.subject_id]
    posts = {post.id: post for post in session.scalars(select(Post).where(Post.id.in_(ids)))}
    account_ids = [*ids, *(post.account_id for post in posts.values())]
    accounts = {account.id: account for account in session.scalars(select(Account).where(Account.id.in_(account_ids)))}
    return [_one(row, posts, accounts) for row in rows]


def _one(row: Event, posts: Mapping[str, Post], accounts: Mapping[str, Account]) -> dict[str, Any]:
    post = posts.get(row.subject_id or "")
    account = accounts.get(post.account_id if post else row.subject_id or "")
    words = " ".join(f"{post.title} {post.description}".split()) if post else ""
    return {
        "seq": row.seq,
        "kind": next(name for name, kinds in KINDS.items() if row.kind in kinds),
        "at": iso(row.at),
        "postId": post.id if post else None,
        "accountId": account.id if account else None,
        "provider": account.provider if account else None,
        "account": (account.display_name or account.handle) if account else None,
        "words": words[:120],
        "message": (post.error if post else None) or "",
        "seconds": row.data.get("seconds"),
    }


# --- mail -------------------------------------------------------------------------------------------------------------


async def mail_new(context: Context) -> None:
    """Every minute: one message for each member who has something new. What cannot be sent now is sent later."""
    if not context.settings.smtp_host or not (context.settings.smtp_from or context.settings.support_email):
        return
    waiting = await context.db.read(_waiting, context.settings)
    if not waiting:
        return
    try:
        async with mail.connected(context.settings) as send:
            for key, seq, message in waiting:
                if message is not None:
                    await _sent(send, message)
                await context.db.write(_mailed, key, seq)
    except mail.MailServerAway as why:
        log.warning("the mail server is away (%s): notices wait", why)


async def _sent(send: Any, message: EmailMessage) -> None:
    try:
        await send(message)
    except mail.MailRefused as why:
        log.warning("a notice was refused by the mail server (%s)", why)


def _waiting(session: Session, settings: Settings) -> list[tuple[tuple[str, str], int, EmailMessage | None]]:
    """Who to tell, up to which event that is then, and what; nothing for those who asked not to be told of it."""
    rows = session.execute(
        select(Membership, User, Workspace)
        .join(User, User.id == Membership.user_id)
        .join(Workspace, Workspace.id == Membership.workspace_id)
        .where(
            User.disabled_at.is_(None),
            select(Event.seq)
            .where(
                Event.workspace_id == Membership.workspace_id,
                Event.seq > Membership.mailed_seq,
                Event.kind.in_(NOTICED),
            )
            .exists(),
        )
        .limit(MAILED_AT_ONCE)
    ).all()
    return [_letter(session, settings, *row) for row in rows]


def _letter(
    session: Session, settings: Settings, member: Membership, user: User, workspace: Workspace
) -> tuple[tuple[str, str], int, EmailMessage | None]:
    new = select(Event).where(
        Event.workspace_id == workspace.id, Event.seq > member.mailed_seq, Event.kind.in_(NOTICED)
    )
    rows = session.scalars(new.order_by(Event.seq).limit(SHOWN)).all()
    wanted = {name for name, yes in _wishes(member.mailed_kinds).items() if yes}
    told = [one for one in _told(session, rows) if one["kind"] in wanted]
    key = (member.workspace_id, member.user_id)
    return key, rows[-1].seq, _message(settings, user, workspace, told, rows[-1].at) if told else None


def _mailed(session: Session, key: tuple[str, str], seq: int) -> None:
    session.execute(
        update(Membership)
        .where(Membership.workspace_id == key[0], Membership.user_id == key[1], Membership.mailed_seq < seq)
        .values(mailed_seq=seq)
    )


def _message(
    settings: Settings, user: User, workspace: Workspace, told: Sequence[Mapping[str, Any]], at: datetime
) -> EmailMessage:
    message = EmailMessage()
    name = " ".join(workspace.name.split())
    message["Subject"] = f"{name}: {_sentence(told[0])}" if len(told) == 1 else f"{name}: {len(told)} things need you"
    message["From"] = settings.smtp_from or settings.support_email
    message["To"] = user.email
    message["Date"] = format_datetime(at)
    base = settings.public_base_url.rstrip("/")
    lines = [line for one in told for line in (_sentence(one), *_more(one), base + path_of(one), "")]
    message.set_content("\n".join([*lines, f"You can choose what is mailed to you: {base}/settings", ""]))
    return message


def path_of(one: Mapping[str, Any]) -> str:
    """The page where the next click is."""
    return f"/posts/{one['postId']}" if one["postId"] else "/accounts"


def _sentence(one: Mapping[str, Any]) -> str:
    who = " ".join(str(one["account"] or "an account").split())
    return {
        "failed": f"A post to {who} failed.",
        "unknown": f"Nobody knows whether a post to {who} is out. Look, and say what you see.",
        "login": f"The login of {who} has ended. Its posts wait until it is connected again.",
        "late": f"A post to {who} went out late.",
    }[one["kind"]]


def _more(one: Mapping[str, Any]) -> list[str]:
    return [f"  {text}" for text in (one["words"], one["message"]) if text]
