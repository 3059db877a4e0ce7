"""What people send from a form: one text for several accounts becomes a schedule, and a post that stands is changed.

Both go through the checks that every schedule goes through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from . import accounts, assets, fits, planning, posts, runs
from .access import Action, Actor, allow, get
from .compositions import Change, Composition, Part, When, Words, assets_of, medium_of, settings_key, with_media
from .context import Context
from .documents import Object, first, label, list_at, object_of
from .errors import AppError
from .models import Account, Campaign, Connection, Post, PostAsset
from .plans import PostSpec
from .runs import Applied
from .settings import Settings
from .times import moments, wall_time
from .wire import iso

TITLE, TEXT, ACCOUNT = ("title", "name"), ("text", "description"), ("account", "accountHandle", "accountId")


# --- one text for several accounts ------------------------------------------------------------------------------------


async def compose(context: Context, actor: Actor, body: Object) -> Applied:
    allow(actor, Action.PUBLISH)
    return await runs.apply_once(context, actor, schedule_of(body, now=context.now()), source="compose")


def schedule_of(body: Object, *, now: datetime) -> dict[str, Any]:
    """The schedule that a client of the API would send for the same. With neither a time nor ``publishNow`` it is a
    draft; with ``campaignName`` a campaign of one step for each account."""
    soon = _publish_now(body)
    at = None if soon else first(body, "publishAt", "publish_at")
    head = {
        "mode": "scheduled" if soon or at is not None else "draft",
        "timezone": label(body, "timezone"),
        "idempotencyKey": label(body, "idempotencyKey", "idempotency_key"),
    }
    targets = _targets(body)
    name = label(body, "campaignName", "campaign_name")
    if name is None:
        when = {} if at is None else {"publish_at": at}
        return {**head, "posts": [{**_step(body, target), "account": target["account"], **when} for target in targets]}
    when = {"publish_at": iso(now) if at is None else at}
    steps = [{"account": target["account"], "steps": [{**_step(body, target), **when}]} for target in targets]
    return {**head, "campaigns": [{"name": name, "targets": steps}]}


def _publish_now(body: Object) -> bool:
    said = first(body, "publishNow", "publish_now")
    if said is not None and not isinstance(said, bool):
        raise AppError("bad_request", "publishNow must be true or false.", details={"field": "publishNow"})
    return bool(said)


def _targets(body: Object) -> list[dict[str, Any]]:
    """Each with its ``account`` and ``settings``. Named twice, an account would get the post twice."""
    found = [_target(object_of(item), body, position) for position, item in enumerate(list_at(body, "targets"))]
    if not found:
        found = [_target(body, body, None)]
    accounts = [target["account"].lower() for target in found]
    for position, account in enumerate(accounts):
        if account in accounts[:position]:
            message = f"The account {found[position]['account']} stands here twice; name it once."
            raise AppError("campaign_target_invalid", message, details={"field": f"targets.{position}.account"})
    return found


def _target(item: Object, body: Object, position: int | None) -> dict[str, Any]:
    account = label(item, *ACCOUNT)
    if account is None:
        field = "account" if position is None else f"targets.{position}.account"
        message = "Choose at least one account: give account, or targets with an account each."
        raise AppError("account_required", message, details={"field": field})
    return {"account": account, "settings": first(item, "settings") or first(body, "settings")}


def _step(body: Object, target: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": first(body, *TITLE),
        "description": first(body, *TEXT),
        "assets": _files(body) or [],
        "settings": target["settings"],
    }


def _files(body: Object) -> Sequence[object] | None:
    """None when nothing is said about them."""
    said = body.get("assets")
    if said is None or isinstance(said, list):
        return cast("list[object] | None", said)
    raise AppError("asset_invalid", "assets must be a list of files.", details={"field": "assets"})


# --- changing a post --------------------------------------------------------------------------------------------------


def change(
    session: Session,
    actor: Actor,
    post_id: str,
    body: Object,
    *,
    settings: Settings,
    now: datetime,
    nudge: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """The post with what ``body`` says anew; what it leaves out stays, and an empty text takes one away. ``revision``
    is the one the caller saw. Raises ``post_not_editable``, ``post_changed`` and everything that applying raises."""
    allow(actor, Action.PUBLISH)
    post = get(session, actor, Post, post_id)
    posts.refuse_change(session, post, _revision(body))
    revision = post.revision  # what is left out is written as it was read: nobody's change in between may be lost
    generated = _generated_name(session, post)
    document = {"posts": [_document(session, post, body, generated)]}
    checked = runs.check(session, actor, document, settings=settings, now=now, alone=True)
    spec, account = checked.plan.posts[0], checked.accounts[0]
    if account.id != post.account_id:
        _refuse_apart(session, post)
    values = {
        "account_id": account.id,
        "account_handle": account.handle,
        "provider": spec.provider,
        "name": spec.name or generated,
        "title": spec.title,
        "description": spec.description,
        "settings": dict(spec.settings),
        "media_link": spec.media_link,
        "publish_at": spec.publish_at,
        "timezone": spec.timezone,
        "wall_time": spec.wall_time,
    }
    posts.edit(session, actor, post, values, revision=revision, now=now, nudge=nudge)
    fits.look_again(session, post.id)
    if _files(body) is not None:
        _replace_files(session, post, spec)
    return posts.post_json(session, post)


def composition_of(session: Session, actor: Actor, post_id: str, *, base_url: str) -> Composition:
    """A post that stands, as one would have written it in the composer, with the state in which it was seen."""
    allow(actor, Action.READ)
    post = get(session, actor, Post, post_id)
    row = session.get_one(Account, post.account_id)
    account = accounts.facts_of(row, session.get_one(Connection, row.connection_id))
    rows = session.scalars(select(PostAsset).where(PostAsset.post_id == post.id).order_by(PostAsset.position)).all()
    media = tuple(medium_of({**posts.asset_json(row), "id": row.asset_id}) for row in rows)
    wall = (post.wall_time or wall_time(post.publish_at, post.timezone))[:16]
    shown = moments(wall, post.timezone)
    second = len(shown) == 2 and post.publish_at >= shown[1]
    when = When(mode="later", wall=wall, zone=post.timezone, second=second)
    return opened(
        session,
        actor,
        Composition(
            accounts=(account.id,),
            words=Words(title=post.title, parts=(Part(text=post.description, media=media),)),
            settings={settings_key(account): post.settings},
            when=when,
            change=Change(post_id=post.id, revision=post.revision, when=when),
        ),
        base_url=base_url,
    )


def opened(session: Session, actor: Actor, composition: Composition, *, base_url: str) -> Composition:
    """With our files as they are now: addresses and previews may be others than when it was kept."""
    known = assets.by_ids(session, actor, assets_of(composition), base_url=base_url)
    return with_media(composition, {id: medium_of(asset) for id, asset in known.items()})


def _revision(body: Object) -> int | None:
    said = body.get("revision")
    if said is None or (isinstance(said, int) and not isinstance(said, bool)):
        return said
    raise AppError("bad_request", "revision must be a whole number.", details={"field": "revision"})


def _generated_name(session: Session, post: Post) -> str:
    """What a step without a title is called in lists, and nowhere published."""
    campaign = session.get(Campaign, post.campaign_id) if post.campaign_id else None
    return planning.generated_name(campaign.name, post.step_index) if campaign else ""


def _document(session: Session, post: Post, body: Object, generated: str) -> dict[str, Any]:
    """The post as it shall be, as one would write it into a schedule."""
    account = label(body, *ACCOUNT) or post.account_id
    title = _said(body, TITLE, post.title)
    files = _files(body)
    return {
        "account": account,
        "name": None if generated and title == generated else title,
        "description": _said(body, TEXT, post.description),
        "publish_at": first(body, "publishAt", "publish_at") or iso(post.publish_at),
        "timezone": first(body, "timezone") or post.timezone,
        "interaction_type": post.interaction_type,
        "reply_to_step_id": post.parent_step_id,
        "assets": _kept_files(session, post) if files is None else files,
        "settings": _kept_settings(post, account) if body.get("settings") is None else body["settings"],
    }


def _said(body: Object, names: Sequence[str], kept: str) -> object:
    return next((body[name] for name in names if body.get(name) is not None), kept)


def _kept_settings(post: Post, account: str) -> dict[str, Any]:
    """Another account may be of another network, whose settings are others."""
    stays = account == post.account_id or account.lower() == post.account_handle.lower()
    return post.settings if stays else {}


def _kept_files(session: Session, post: Post) -> list[dict[str, Any]]:
    rows = session.scalars(select(PostAsset).where(PostAsset.post_id == post.id).order_by(PostAsset.position))
    return [posts.asset_json(row) for row in rows]


def _replace_files(session: Session, post: Post, spec: PostSpec) -> None:
    session.execute(delete(PostAsset).where(PostAsset.post_id == post.id))
    session.add_all(runs.asset_rows(post.id, spec))
    session.flush()


def _refuse_apart(session: Session, post: Post) -> None:
    """Replies stand under their post, and the steps of a target go to one account."""
    linked = [Post.id == post.parent_post_id, Post.parent_post_id == post.id]
    if post.campaign_id is not None:
        linked.append((Post.campaign_id == post.campaign_id) & (Post.target_index == post.target_index))
    if session.scalar(select(exists().where(Post.id != post.id, or_(*linked)))):
        raise AppError(
            "post_not_editable",
            "Other posts belong with this one on its account: its account cannot be changed.",
            details={"field": "account"},
        )
