"""A workspace as it looks after some months, in the data folder of a running demo: for pictures of its screens."""

from __future__ import annotations

import asyncio
import io
import math
import random
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import assets, library
from backend.access import Actor, Role
from backend.context import Context
from backend.credentials import seal_values
from backend.ids import new_id
from backend.models import Account, Asset, Connection, Membership, MetricSnapshot, PostAsset
from backend.sealing import Sealer
from backend.settings import load
from socialclaw_app.parts import open_parts

from .backend.rows import add_post
from .networks.media import film

PICTURES = (
    ("harbour-at-dawn.jpg", 1600, 1067, (28, 92, 140), (250, 176, 110), "Fishing boats in a calm harbour at dawn"),
    ("spring-menu.png", 1080, 1350, (245, 238, 220), (120, 150, 90), "The spring menu, hand-written on a board"),
    ("team-photo.jpg", 2000, 1333, (70, 60, 100), (210, 180, 200), None),
    ("product-front.webp", 1200, 1200, (236, 239, 244), (70, 87, 207), "The new bottle, seen from the front"),
    ("product-back.webp", 1200, 1200, (228, 232, 240), (40, 50, 90), None),
    ("conference-stage.jpg", 1920, 1080, (20, 16, 40), (200, 60, 120), "An empty stage in purple light"),
    ("quote-card-a-very-long-name-that-does-not-fit-anywhere-final-v3.png", 1080, 1080, (255, 220, 200), (180, 60, 40), None),
    ("mountain-hut.jpg", 1500, 1000, (120, 160, 190), (240, 245, 250), "A wooden hut above the clouds"),
    ("logo.png", 512, 512, (255, 255, 255), (70, 87, 207), "Our logo"),
    ("panorama.jpg", 2400, 800, (40, 110, 90), (230, 220, 160), None),
    ("story-background.png", 1080, 1920, (60, 40, 120), (240, 120, 160), None),
    ("infographic.png", 1000, 1600, (250, 250, 252), (23, 112, 74), "How a post travels, in five steps"),
)  # fmt: skip


@contextmanager
def workspace_of(folder: Path, url: str) -> Generator[tuple[Context, Actor]]:
    """The demo's own workspace, opened by another process: this one."""
    settings = load({}, data_dir=folder, public_base_url=url, environment="sandbox")
    with open_parts(settings) as parts:
        member = parts.context.db.read_now(lambda session: session.scalars(select(Membership)).one())
        label = f"user:{member.user_id}"
        yield parts.context, Actor(workspace_id=member.workspace_id, label=label, role=Role.OWNER)


def seed(folder: Path, url: str) -> None:
    with workspace_of(folder, url) as (context, actor):
        asyncio.run(_seed_media(context, actor))
        context.db.write_now(_seed_figures, actor, context.sealer, context.now())


async def _seed_media(context: Context, actor: Actor) -> None:
    drawn = random.Random(7)
    ids: list[str] = []
    for name, width, height, sky, ground, words in PICTURES:
        content = picture(drawn, width, height, sky, ground, name.rpartition(".")[2])
        ids.append((await assets.upload(context, actor, _chunks(content), filename=name, alt_text=words))["id"])
    ids.append((await assets.upload(context, actor, _chunks(film()), filename="six-seconds-of-colour.mp4"))["id"])
    base, now = context.settings.public_base_url, context.now()
    await context.db.write(_use, actor, ids[:5])
    await context.db.write(library.delete, actor, ids[9:10], base_url=base, now=now)


def _use(session: Session, actor: Actor, ids: list[str]) -> None:
    """Some posts have files."""
    account = session.scalars(select(Account.id).where(Account.workspace_id == actor.workspace_id)).first()
    assert account is not None
    for number, asset_id in enumerate([*ids, ids[0], ids[0]]):
        asset = session.get_one(Asset, asset_id)
        at = asset.created_at + timedelta(days=number - 2, hours=number)
        states = {"status": "published", "published_at": at} if number < 2 else {"status": "scheduled"}
        words = f"Number {number + 1}: {asset.alt_text or asset.original_filename}"
        post_id = add_post(
            session, actor, account, asset.created_at, description=words, publish_at=at, due_at=at, **states
        )
        session.add(
            PostAsset(
                post_id=post_id, position=0, key="asset_1", asset_id=asset_id, sha256=asset.sha256, kind=asset.kind,
                url=assets.delivery_url(asset, "") or "", managed=True, original_filename=asset.original_filename,
            )
        )  # fmt: skip


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


def picture(
    drawn: random.Random, width: int, height: int, sky: tuple[int, int, int], ground: tuple[int, int, int], form: str
) -> bytes:
    """Hills before a sky."""
    small = Image.new("RGB", (width // 4, height // 4))
    canvas = ImageDraw.Draw(small)
    wide, high = small.size
    for y in range(high):
        share = y / high
        colour = tuple(round(a + (255 - a) * share * 0.45) for a in sky)
        canvas.line([(0, y), (wide, y)], fill=colour)  # type: ignore[arg-type]
    canvas.ellipse([wide * 0.62, high * 0.12, wide * 0.62 + high * 0.2, high * 0.32], fill=(255, 244, 214))
    for layer in range(3):
        phase, tall = drawn.random() * 6, high * (0.62 + layer * 0.12)
        line = [(x, tall + math.sin(x / wide * (5 + layer) + phase) * high * 0.07) for x in range(0, wide + 4, 4)]
        colour = tuple(round(value * (1 - layer * 0.2)) for value in ground)
        canvas.polygon([*line, (wide, high), (0, high)], fill=colour)  # type: ignore[arg-type]
    out = io.BytesIO()
    small.resize((width, height), Image.Resampling.BICUBIC).save(out, {"jpg": "JPEG", "png": "PNG"}.get(form, "WEBP"))
    return out.getvalue()


# --- figures ----------------------------------------------------------------------------------------------------------

ACCOUNTS = (
    ("x", "x_user", "x:@sandboxcafe", "Sandbox Café", 4210, 9),
    ("instagram_business", "instagram_business", "instagram:@sandbox.cafe", "sandbox.cafe", 12840, 31),
    ("linkedin_page", "linkedin_page", "linkedin:page:sandbox", "Sandbox Inc.", 930, 2),
)
"""Network, type, handle, name, followers at first and how many come in a day."""
WORDS = (
    "We are open on Sunday. Come by for the new spring menu!",
    "Behind the scenes: how a post travels from draft to published.",
    "Thank you for 10,000 readers. Here is what we learned this year.",
    "Five mistakes we made with our newsletter, and how you can avoid them",
    "New in the shop: the blue bottle",
    "Our harbour, early in the morning",
    "We are looking for a second pair of hands in the kitchen.",
    "What would you like to see next? Tell us below.",
)


def _seed_figures(session: Session, actor: Actor, sealer: Sealer, now: datetime) -> None:
    """Three months of posts and figures, with days on which nobody looked."""
    drawn = random.Random(11)
    for place, (network, kind, handle, name, followers, growth) in enumerate(ACCOUNTS):
        account = add_account(session, actor, sealer, network, kind, handle, name, now - timedelta(days=100))
        count = followers
        for back in range(75, -1, -1):
            count += round(drawn.gauss(growth, growth * 0.7))
            if back not in (19, 20, 21) or place:  # the first account's login had ended for three days
                told = {"followers": count, "posts": 300 + (75 - back) // 2}
                tell(session, actor, account, now - timedelta(days=back, minutes=25), told)
        for number in range(26 - place * 5):
            at = now - timedelta(days=number * (2.4 + place), hours=drawn.uniform(1, 9))
            _post_with_figures(session, actor, drawn, account, network, at, followers / 40, now)
    silent = session.scalars(select(Account.id).where(Account.handle.not_in([one[2] for one in ACCOUNTS]))).first()
    assert silent is not None
    for number in range(4):
        at = now - timedelta(days=number * 6 + 1)
        add_published(session, actor, silent, at, WORDS[number])


def add_account(
    session: Session, actor: Actor, sealer: Sealer, network: str, kind: str, handle: str, name: str, at: datetime
) -> str:
    id = new_id("conn", at)
    connection = Connection(
        id=id, workspace_id=actor.workspace_id, provider=network, environment="sandbox", status="connected", scopes=[],
        credential=seal_values(sealer, id, {"access_token": "of nobody"}), created_at=at, updated_at=at,
    )  # fmt: skip
    session.add(connection)
    session.flush()
    row = Account(
        id=new_id("acc", at), workspace_id=actor.workspace_id, connection_id=connection.id, provider=network,
        environment="sandbox", account_type=kind, external_id=handle, credential_key=handle, handle=handle,
        display_name=name, status="connected", publishable=True, created_at=at, updated_at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def add_published(session: Session, actor: Actor, account_id: str, at: datetime, words: str) -> str:
    known = {"status": "published", "published_at": at, "provider_post_id": new_id("p", at)}
    return add_post(session, actor, account_id, at, description=words, **known)


def _post_with_figures(
    session: Session, actor: Actor, drawn: random.Random, account_id: str, network: str, at: datetime, size: float,
    now: datetime,
) -> None:  # fmt: skip
    post_id = add_published(session, actor, account_id, at, drawn.choice(WORDS))
    reach = size * drawn.lognormvariate(1.5, 0.7)
    for hours in (*range(1, 25, 3), *range(48, 24 * 31, 24)):
        asked = at + timedelta(hours=hours)
        if asked > now:
            return
        seen = round(reach * (1 - math.exp(-hours / 40)))
        told = {"impressions": seen, "likes": seen // 18, "comments": seen // 160, "shares": seen // 220}
        if network != "x":
            told |= {"reach": seen * 4 // 5, "saves": seen // 120}
        tell(session, actor, post_id, asked, told)


def tell(session: Session, actor: Actor, subject: str, at: datetime, told: dict[str, int]) -> None:
    session.add(
        MetricSnapshot(
            id=new_id("metric", at), workspace_id=actor.workspace_id, subject_id=subject, metric_window="lifetime",
            status="collected", supported=True, metrics=told, collected_at=at,
        )
    )  # fmt: skip
