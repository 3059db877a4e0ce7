"""What a flow is replayed from: the frozen job of a generation, and the digest of each request it builds."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from providers.contract import (
    JSON,
    AssetBytes,
    AssetUrl,
    EncryptedBytes,
    Job,
    JobAccount,
    JobAsset,
    Part,
    Provider,
    Random,
    Request,
    compose_text,
)

from . import fits
from .fits import PostFit
from .models import Account, Post, PostAsset


def freeze(
    post: Post,
    account: Account,
    assets: Sequence[tuple[PostAsset, PostFit | None]],
    parent_id: str | None,
    provider: Provider,
    base_url: str,
    now: datetime,
) -> Job:
    """Each file with what was made of it for this network, which then goes out in its place."""
    return Job(
        post_id=post.id,
        generation=post.generation,
        account=account_of(account),
        title=post.title,
        body=post.description,
        text=compose_text(post.title, post.description),
        assets=tuple(_asset(asset) if fit is None else _fitted(asset, fit, base_url) for asset, fit in assets),
        settings=post.settings,
        interaction="reply" if post.interaction_type == "reply" else "post",
        parent_id=parent_id,
        started_at=now,
        constants=provider.constants,
    )


def account_of(account: Account) -> JobAccount:
    return JobAccount(
        external_id=account.external_id,
        handle=account.handle,
        account_type=account.account_type,
        display_name=account.display_name or "",
        meta=account.meta,
    )


def _asset(asset: PostAsset) -> JobAsset:
    kind = asset.kind if asset.kind in ("image", "video", "audio") else "other"
    return JobAsset(
        position=asset.position,
        kind=kind,  # pyright: ignore[reportArgumentType]  # narrowed by the line above
        mime=asset.mime or "application/octet-stream",
        filename=asset.original_filename or f"file-{asset.position + 1}",
        size=asset.size or 0,
        url=asset.url,
        sha256=asset.sha256,
        alt_text=asset.alt_text,
        width=asset.width,
        height=asset.height,
        duration=asset.duration,
    )


def _fitted(asset: PostAsset, fit: PostFit, base_url: str) -> JobAsset:
    made = fit.made
    assert made is not None
    return dataclasses.replace(
        _asset(asset),
        mime=made.mime,
        filename=fits.filename_of(asset, made),
        size=made.size or 0,
        url=fits.address(base_url, asset, fit),
        sha256=fit.sha256,
        width=made.width,
        height=made.height,
        duration=made.duration,
    )


def to_json(job: Job) -> dict[str, Any]:
    return {**dataclasses.asdict(job), "started_at": job.started_at.isoformat()}


def from_json(data: Mapping[str, Any]) -> Job:
    fields: dict[str, Any] = {
        **data,
        "account": JobAccount(**data["account"]),
        "assets": tuple(JobAsset(**asset) for asset in data["assets"]),
        "started_at": datetime.fromisoformat(data["started_at"]),
    }
    return Job(**fields)


def digest(asked: Request | Random) -> str:
    """The same for the same request, built by another process or a later version: secrets are not part of it."""
    plain = {f.name: _plain(getattr(asked, f.name)) for f in dataclasses.fields(asked)}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _plain(value: Any) -> JSON:
    if isinstance(value, AssetBytes | EncryptedBytes | AssetUrl | Part):
        return {type(value).__name__: {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("Sequence[Any]", value)]
    return value
