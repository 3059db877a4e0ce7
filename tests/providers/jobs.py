"""Jobs and files for driving flows by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from providers.contract import Draft, DraftAsset, Issue, Job, JobAccount, JobAsset, Provider, Request, first

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MIB = 1024**2


def account(provider: Provider, external_id: str = "1", **meta: Any) -> JobAccount:
    kind = provider.accounts[0]
    return JobAccount(external_id=external_id, handle=f"{provider.id}:{external_id}", account_type=kind.id, meta=meta)


def job(provider: Provider, *assets: JobAsset, of: JobAccount | None = None, **changes: Any) -> Job:
    given: dict[str, Any] = {
        "post_id": "post_1",
        "generation": 1,
        "account": of or account(provider),
        "title": "",
        "body": "Hello, readers.",
        "text": "Hello, readers.",
        "assets": assets,
        "settings": {},
        "interaction": "post",
        "parent_id": None,
        "started_at": NOW,
        "constants": provider.constants,
    }
    return Job(**(given | changes))


def image(position: int = 0, **changes: Any) -> JobAsset:
    given: dict[str, Any] = {
        "position": position,
        "kind": "image",
        "mime": "image/jpeg",
        "filename": f"{position}.jpg",
        "size": 10,
        "url": f"https://me.example/{position}.jpg",
        "sha256": "ab" * 32,
    }
    return JobAsset(**(given | changes))


def film(size: int = 9 * MIB, **changes: Any) -> JobAsset:
    return image(**({"kind": "video", "mime": "video/mp4", "filename": "film.mp4", "size": size} | changes))


def draft(provider: Provider, *kinds: str, **changes: Any) -> Draft:
    """``kinds`` are like ``image`` or ``video.webm``."""
    usual = {"image": "jpg", "video": "mp4", "other": "pdf"}
    assets = [
        DraftAsset(
            key=f"asset_{number}",
            url="https://me.example/file",
            kind=kind.partition(".")[0],  # type: ignore[arg-type]
            extension=kind.partition(".")[2] or usual[kind.partition(".")[0]],
        )
        for number, kind in enumerate(kinds)
    ]
    given: dict[str, Any] = {
        "provider": provider.id,
        "account_type": provider.accounts[0].id,
        "handle": "",
        "title": "",
        "body": "Hello",
        "text": "Hello",
        "assets": tuple(assets),
        "settings": {},
        "interaction": "post",
        "parent": None,
    }
    return Draft(**(given | changes))


def refused(provider: Provider, drafted: Draft) -> str | None:
    """The code of the first complaint of the checks."""
    issue = first(check(drafted) for check in provider.checks)
    return issue.code if issue else None


def parsed(provider: Provider, drafted: Draft, **raw: Any) -> Any:
    """The effective settings, or the code of what is wrong with them."""
    found = provider.settings[drafted.account_type].parse(raw, drafted)
    return found.code if isinstance(found, Issue) else dict(found)


def written(request: Request) -> str:
    return f"{request.method} {request.path}"
